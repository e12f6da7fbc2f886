//! Values of several names that all go on, behind the same mark, with a token that never comes again.
//!
//! Speaks for: fields of messages of which three names or more have values made of something that comes again or reads, one mark that is the same for all, and symbols that are
//! drawn evenly, new in each and of many lengths: no record signs each of its fields anew, and no signature has many lengths. Silent for: one or two such names (keys, caches,
//! entity tags), tokens of one length or two, parts that come again. Minimum: 3 names, 6 values each, 4 lengths, 192 symbols in all.

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
/// The marks.
const MARKS: &[u8] = b"#|;~!@$^,&";

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let formats = ["json", "xml.", "form.", "query.", "cookie.", "line.", "part."];
    let slots: Vec<(&String, &Vec<Value>)> = look
        .reading
        .slots
        .iter()
        .filter(|(name, values)| {
            values.len() >= VALUES && formats.iter().any(|format| name.starts_with(format))
        })
        .collect();
    if slots.len() < NAMES {
        return Vec::new();
    }
    MARKS.iter().find_map(|mark| judge(&slots, *mark, look.limit)).into_iter().collect()
}

fn judge(slots: &[(&String, &Vec<Value>)], mark: u8, limit: f64) -> Option<Evidence> {
    let tagged: Vec<Tagged<'_>> = slots.iter().filter_map(|(_, values)| Tagged::of(values, mark)).collect();
    let again = tagged.iter().filter(|tagged| tagged.heads_come_again).count();
    if tagged.len() < NAMES || tagged.len() * 2 < slots.len() || again < 2 {
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
    /// What stands before the tokens is often the same.
    heads_come_again: bool,
    around: usize,
}

impl<'a> Tagged<'a> {
    /// `None` where few values are made so, or their tokens come again or have one length or two.
    fn of(values: &'a [Value], mark: u8) -> Option<Tagged<'a>> {
        let parted = |value: &'a Value| {
            let place = value.bytes.iter().rposition(|byte| *byte == mark)?;
            let (head, token) = (value.bytes.get(..place)?, value.bytes.get(place + 1..)?);
            let symbols = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte);
            (!head.is_empty() && token.len() >= TOKEN && token.iter().all(symbols)).then_some((head, token))
        };
        let parts: Vec<(&[u8], &[u8])> = values.iter().filter_map(parted).collect();
        if parts.len() < VALUES || parts.len() * 10 < values.len() * 8 {
            return None;
        }
        let heads: BTreeSet<&[u8]> = parts.iter().map(|(head, _)| *head).collect();
        let tokens: BTreeSet<&[u8]> = parts.iter().map(|(_, token)| *token).collect();
        let lengths: BTreeSet<usize> = parts.iter().map(|(_, token)| token.len()).collect();
        (tokens.len() * 10 >= parts.len() * 9 && lengths.len() >= LENGTHS).then(|| Tagged {
            heads_come_again: heads.len() * 2 <= parts.len(),
            around: parts.iter().map(|(head, token)| head.len() + token.len() + 1).sum(),
            tokens: parts.into_iter().map(|(_, token)| token).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
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
        // Versions and numbers.
        assert_eq!(
            judged(|chance, place| format!(";v{}", chance.below(10_usize.pow(place as u32 + 1)))),
            Verdict::Structured
        );
    }
}
