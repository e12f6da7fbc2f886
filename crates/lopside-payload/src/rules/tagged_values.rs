//! Values of several names that all go on, behind the same mark, with a token that never comes again.
//!
//! Speaks for: fields of messages of which three names or more have values made of something that comes again or reads, one mark that is
//! the same for all, and symbols that are drawn evenly, new in each and of many lengths: no record signs each of its fields anew, and no
//! signature has many lengths. Silent for: one or two such names (keys, caches, entity tags), tokens of one length or two, parts that
//! come again. Minimum: 3 names, 6 values each (4 of 128 symbols), 4 lengths, 192 symbols in all.

use std::collections::BTreeSet;

use super::Look;
use crate::evidence::Evidence;
use crate::reading::Value;
use crate::statistics::even;

/// The fewest names, values of one, lengths, symbols of a token and of all.
const NAMES: usize = 3;
const VALUES: usize = 6;
const LENGTHS: usize = 4;
const TOKEN: usize = 4;
const ALL: usize = 192;
/// Of tokens so long and of many lengths fewer values say enough: long messages are kept but few.
const LONG: usize = 128;
const VALUES_LONG: usize = 4;
/// The marks.
const MARKS: &[u8] = b"#|;~!@$^,&*?<>({[ \t";

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let formats = ["json", "xml.", "form.", "query.", "cookie.", "line.", "part."];
    let slots: Vec<(&String, &Vec<Value>)> = look
        .reading
        .slots
        .iter()
        .filter(|(name, values)| {
            values.len() >= VALUES_LONG && formats.iter().any(|format| name.starts_with(format))
        })
        .collect();
    if slots.len() < NAMES {
        return Vec::new();
    }
    MARKS.iter().find_map(|mark| judge(&slots, *mark, look.limit)).into_iter().collect()
}

fn judge(slots: &[(&String, &Vec<Value>)], mark: u8, limit: f64) -> Option<Evidence> {
    let tagged: Vec<Tagged<'_>> =
        slots.iter().filter_map(|(_, values)| Tagged::of(values, mark, limit)).collect();
    let again = tagged.iter().filter(|tagged| tagged.heads_mean_something).count();
    let least = if tagged.iter().all(Tagged::is_long) { 0 } else { 2 };
    // What says of each field how it was sealed is the same for all.
    let heads: BTreeSet<&[u8]> = tagged.iter().flat_map(|tagged| tagged.heads.iter().copied()).collect();
    if heads.len() < NAMES || tagged.len() < NAMES || tagged.len() * 2 < slots.len() || again < least {
        return None;
    }
    let tokens: Vec<u8> = tagged.iter().flat_map(|tagged| tagged.tokens.concat()).collect();
    let count: usize = tagged.iter().map(|tagged| tagged.tokens.len()).sum();
    let lengths: BTreeSet<usize> =
        tagged.iter().flat_map(|tagged| tagged.tokens.iter().map(|token| token.len())).collect();
    let drawn = even(&tokens, limit).filter(|_| tokens.len() >= ALL && lengths.len() >= LENGTHS)?;
    let around: usize = tagged.iter().map(|tagged| tagged.around).sum();
    let share = tokens.len() as f64 / around.max(1) as f64;
    let text = format!(
        "values of {} names go on with {} behind the same mark, new in each: {} symbols in {count} values ({:.1} standard deviations), {:.0} % of them",
        tagged.len(),
        drawn.alphabet.name(),
        tokens.len(),
        drawn.deviations,
        share * 100.0
    );
    Some(Evidence::contradiction(count, share, text).with_deviations(drawn.deviations).with_example(&tokens))
}

/// The values of one name that end in tokens.
struct Tagged<'a> {
    tokens: Vec<&'a [u8]>,
    /// What stands before them.
    heads: BTreeSet<&'a [u8]>,
    /// What stands before them is often the same, or reads.
    heads_mean_something: bool,
    around: usize,
}

impl<'a> Tagged<'a> {
    fn is_long(&self) -> bool {
        self.tokens.iter().all(|token| token.len() >= LONG)
    }

    /// `None` where few values are made so, or their tokens come again or have one length or two.
    fn of(values: &'a [Value], mark: u8, limit: f64) -> Option<Tagged<'a>> {
        let parted = |value: &'a Value| {
            let place = value.bytes.iter().rposition(|byte| *byte == mark)?;
            let (head, token) = (value.bytes.get(..place)?, value.bytes.get(place + 1..)?);
            let symbols = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte);
            (!head.is_empty() && !token.is_empty() && token.iter().all(symbols)).then_some((head, token))
        };
        let mut parts: Vec<(&[u8], &[u8])> = values.iter().filter_map(parted).collect();
        if parts.len() * 10 < values.len() * 8 {
            return None;
        }
        // Of tokens of many lengths some are too short to say that they are new.
        parts.retain(|(_, token)| token.len() >= TOKEN);
        let long = parts.iter().all(|(_, token)| token.len() >= LONG);
        let least = if long { VALUES_LONG } else { VALUES };
        if parts.len() < least {
            return None;
        }
        let heads: BTreeSet<&[u8]> = parts.iter().map(|(head, _)| *head).collect();
        let tokens: BTreeSet<&[u8]> = parts.iter().map(|(_, token)| *token).collect();
        let lengths: BTreeSet<usize> = parts.iter().map(|(_, token)| token.len()).collect();
        (tokens.len() * 10 >= parts.len() * 9 && lengths.len() >= LENGTHS).then(|| Tagged {
            heads_mean_something: heads.len() * 2 <= parts.len() || read(&heads, limit),
            around: parts.iter().map(|(head, token)| head.len() + token.len() + 1).sum(),
            tokens: parts.into_iter().map(|(_, token)| token).collect(),
            heads,
        })
    }
}

/// Whether values are made of letters of some language.
fn read(values: &BTreeSet<&[u8]>, limit: f64) -> bool {
    const LEAST: usize = 48;
    let symbols: Vec<u8> = values.iter().flat_map(|value| value.iter().copied()).collect();
    let letters = symbols.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    symbols.len() >= LEAST && letters * 2 > symbols.len() && even(&symbols, limit).is_none()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};
    use lopside_model::payload::Verdict;

    const SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    fn judged(token: impl Fn(&mut Chance, usize) -> String) -> Verdict {
        let mut chance = Chance::new(23);
        let mut talk = Talk::default();
        for _ in 0..16 {
            let user = ["jo", "an", "mika"][chance.below(3)];
            let fields =
                [("id", "desk-17"), ("os", "Windows 10 Pro 19045"), ("user", user), ("state", "ready")];
            let told: Vec<String> = fields
                .iter()
                .enumerate()
                .map(|(place, (name, value))| format!(r#""{name}":"{value}{}""#, token(&mut chance, place)))
                .collect();
            talk.post("application/json", format!("{{{}}}", told.join(",")).as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().verdict
    }

    fn drawn(chance: &mut Chance, length: usize) -> String {
        String::from_utf8(chance.of(SYMBOLS, length)).unwrap()
    }

    #[test]
    fn tokens_behind_the_same_mark_in_each_field_are_junk() {
        let verdict = judged(|chance, _| {
            let length = 5 + chance.below(20);
            format!("#{}", drawn(chance, length))
        });
        assert_eq!(verdict, Verdict::Junk);
        for mark in ["*", "?", "(", " "] {
            let verdict = judged(|chance, _| {
                let length = 1 + chance.below(20);
                format!("{mark}{}", drawn(chance, length))
            });
            assert_eq!(verdict, Verdict::Junk, "{mark}");
        }
    }

    #[test]
    fn what_stands_before_the_tokens_may_differ_where_it_reads() {
        let told = |head: &dyn Fn(&mut Chance) -> String| {
            let mut chance = Chance::new(27);
            let mut talk = Talk::default();
            for _ in 0..16 {
                let mut field = |name: &str| {
                    let (head, length) = (head(&mut chance), 8 + chance.below(30));
                    format!("\"{name}\":\"{head}~{}\"", drawn(&mut chance, length))
                };
                let fields = [field("title"), field("owner"), field("place")].join(",");
                talk.post("application/json", format!("{{{fields}}}").as_bytes());
                talk.answer(b"ok");
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("behind the same mark"))
        };
        let words = ["report", "pump", "meeting", "hall", "order", "letter", "invoice", "plan"];
        assert!(told(&|chance| {
            [words[chance.below(8)], words[chance.below(8)], words[chance.below(8)]].join(" ")
        }));
        // Two tokens.
        assert!(!told(&|chance| drawn(chance, 12)));
        assert!(!told(&|chance| chance.below(9_000_000).to_string()));
    }

    #[test]
    fn a_few_long_tokens_are_enough() {
        let judged = |count: usize, most: usize| {
            let mut chance = Chance::new(25);
            let mut talk = Talk::default();
            for number in 0..count {
                let mut field = |name: &str, value: &str| {
                    let length = if most == 0 { 132 } else { 132 + chance.below(most) };
                    let token = drawn(&mut chance, length);
                    format!("\"{name}\":\"{value}|{token}\"")
                };
                let state = ["ready", "idle"][number % 2];
                let fields =
                    [field("task", &format!("task {number}")), field("state", state), field("arch", "x64")];
                talk.post("application/json", format!("{{{}}}", fields.join(",")).as_bytes());
                talk.answer(b"ok");
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("behind the same mark"))
        };
        assert!(judged(5, 4_000));
        assert!(!judged(5, 0) && !judged(3, 4_000));
    }

    #[test]
    fn fields_of_multipart_forms_are_judged_too() {
        let mut chance = Chance::new(24);
        let mut talk = Talk::default();
        for _ in 0..16 {
            let mut body = String::new();
            for (name, value) in [("task", "718"), ("arch", "x64"), ("user", "mika")] {
                let length = 20 + chance.below(200);
                let token = String::from_utf8(chance.of(b"0123456789abcdef", length)).unwrap();
                body += &format!(
                    "--b17\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value};{token}\r\n"
                );
            }
            talk.post("multipart/form-data; boundary=b17", format!("{body}--b17--\r\n").as_bytes());
            talk.answer(b"ok");
        }
        assert!(talk.judge().reasons.iter().any(|reason| reason.contains("behind the same mark")));
    }

    #[test]
    fn tokens_of_one_length_and_of_one_field_are_left_alone() {
        assert_eq!(judged(|chance, _| format!("#{}", drawn(chance, 16))), Verdict::Structured);
        let one = judged(|chance, place| {
            let length = 5 + chance.below(20);
            if place == 0 { format!("#{}", drawn(chance, length)) } else { String::new() }
        });
        assert_ne!(one, Verdict::Junk);
        // Fields that say how they are sealed.
        let mut chance = Chance::new(26);
        let mut talk = Talk::default();
        for _ in 0..12 {
            let mut field = |name: &str| {
                let length = 3 * (14 + chance.below(60));
                let sealed = encode(&chance.bytes(length));
                format!("\"{name}\":\"v2|{}\"", String::from_utf8(sealed).unwrap())
            };
            let fields = [field("name"), field("login"), field("notes")].join(",");
            talk.post("application/json", format!("{{{fields}}}").as_bytes());
            talk.answer(b"ok");
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("behind the same mark")));
        // Versions and numbers.
        assert_eq!(
            judged(|chance, place| format!(";v{}", chance.below(10_usize.pow(place as u32 + 1)))),
            Verdict::Structured
        );
    }
}
