//! Printable noise glued to plain text, at its head, its tail or inside.
//!
//! Speaks for: text with one long run of characters that are drawn evenly, with nothing between it and the words, and a length that
//! varies as glued words make it, or is flat, or is odd, or one to which no bytes encode. Silent for: tokens behind `=`, `:` and the
//! like, addresses, runs as long as signatures and identifiers, and text with many runs (encoded attachments). Minimum: 6 messages and 64
//! characters of noise.

use super::{Look, Pool, is_signature};
use crate::class::{behind_header, is_text};
use crate::evidence::Evidence;
use crate::noise::runs;
use crate::statistics::{Alphabet, SizeLaw, even, size_law};

/// The shortest run.
const RUN: usize = 20;
/// What of a run may belong to the words beside it.
const GLUE: usize = 12;
/// The fewest messages.
const MESSAGES: usize = 6;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let texts =
        look.reading.units.iter().filter(|unit| !unit.headless && unit.whole && unit.document.is_none());
    let mut pool = Pool::default();
    let mut cores: Vec<u8> = Vec::new();
    let (mut units, mut heads) = (0, 0);
    for unit in texts {
        let bytes = behind_header(unit.bytes.get(..unit.bytes.len().min(16 << 10)).unwrap_or(&unit.bytes));
        if bytes.len() < 2 * RUN || !is_text(bytes) {
            continue;
        }
        units += 1;
        if let Some((run, core)) = run(bytes, look.limit) {
            heads += usize::from(bytes.trim_ascii().starts_with(run));
            pool.put(run, bytes.len(), false);
            cores.extend_from_slice(core);
        }
    }
    if pool.count < MESSAGES || pool.count * 10 < units * 6 || pool.same || cores.len() < 64 {
        return Vec::new();
    }
    let Some(found) = even(&cores, look.limit) else { return Vec::new() };
    let letters = matches!(found.alphabet, Alphabet::Letters | Alphabet::BothCases) && cores.len() >= 128;
    let law = law(&pool.lengths, heads * 10 >= pool.count * 9)
        .or_else(|| impossible(found.alphabet, &pool.lengths))
        .or_else(|| letters.then(|| "no encoding has this alphabet".to_owned()));
    let Some(law) = law else { return Vec::new() };
    let text = format!(
        "{} of {units} texts have {} characters of noise glued to them ({}, {:.1} standard deviations), {:.0} % of them; {law}",
        pool.count,
        pool.total,
        found.alphabet.name(),
        found.deviations,
        pool.share() * 100.0
    );
    vec![
        Evidence::statistic(pool.count, pool.share(), 0.65, text)
            .with_deviations(found.deviations)
            .with_example(&pool.first),
    ]
}

/// The one long run of a text that is drawn evenly, and the part of it that cannot belong to words.
fn run(text: &[u8], limit: f64) -> Option<(&[u8], &[u8])> {
    let trimmed = text.trim_ascii();
    let (run, core) = run_at_end(trimmed, limit).or_else(|| run_between(trimmed, limit))?;
    (run.len() + 16 <= text.len()).then_some((run, core))
}

/// The letters, digits and marks of base64 with which a text starts or ends, where they are drawn evenly and no others in it are.
fn run_at_end(text: &[u8], limit: f64) -> Option<(&[u8], &[u8])> {
    let symbol = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'+' | b'/');
    let head = text.iter().take_while(symbol).count();
    let tail = text.len() - text.iter().rev().take_while(symbol).count();
    let start = (text.get(..head)?, text.get(..head.saturating_sub(GLUE))?, text.get(head..)?);
    let end = (text.get(tail..)?, text.get(tail + GLUE..).unwrap_or_default(), text.get(..tail)?);
    [start, end].into_iter().find_map(|(run, core, rest)| {
        let marked = [text.get(head), tail.checked_sub(1).and_then(|last| text.get(last))]
            .into_iter()
            .flatten()
            .any(|byte| b"=:?&@\"<>;_-.".contains(byte));
        let noise = core.len() >= 16 && even(core, limit).is_some() && !marked;
        (noise && runs(rest, limit).is_empty()).then_some((run, core))
    })
}

/// The one long run between white space, or between the marks of a form or a table.
fn run_between(text: &[u8], limit: f64) -> Option<(&[u8], &[u8])> {
    // A form has no spaces: its words are joined by its own marks.
    let form = !text.iter().any(u8::is_ascii_whitespace);
    let between = |byte: &u8| byte.is_ascii_whitespace() || form && b"&=+;,".contains(byte);
    let mut found = text.split(between).filter(|run| run.len() >= RUN).filter_map(|run| {
        let first = run.get(..run.len().min(16))?;
        let last = run.get(run.len() - 2..)?;
        // A mark that a form escapes is one all the same.
        if form && first.contains(&b'%') {
            return None;
        }
        // An address, of a message or of a call, has an identifier before its host.
        if is_named_hash(run)
            || run.contains(&b'@')
            || first.iter().any(|byte| b"=:?&@\"<".contains(byte))
            || last.iter().any(|byte| b"\">;".contains(byte))
        {
            return None;
        }
        let from = if text.starts_with(run) { 0 } else { GLUE.min(run.len()) };
        let until = if text.ends_with(run) { run.len() } else { run.len() - GLUE.min(run.len()) };
        let core = run.get(from..until).filter(|core| core.len() >= 8)?;
        // The mark of a sentence or a list behind it is none of it.
        let whole = run.strip_suffix(b",").or_else(|| run.strip_suffix(b".")).unwrap_or(run);
        (core.len() < 16 || even(core, limit).is_some()).then_some((whole, core))
    });
    let run = found.next()?;
    found.next().is_none().then_some(run)
}

/// Whether one of the few parts of a run is a hash in hex: a key of a cache, a name of an object.
fn is_named_hash(run: &[u8]) -> bool {
    let mut parts = run.split(|byte| b"_:.-/".contains(byte));
    run.iter().any(|byte| b"_:.-/".contains(byte))
        && parts.any(|part| {
            matches!(part.len(), 32 | 40 | 56 | 64 | 96 | 128) && part.iter().all(u8::is_ascii_hexdigit)
        })
}

/// What the lengths of runs say; `None` where tokens have such lengths.
fn law(lengths: &[u32], heads: bool) -> Option<String> {
    let (least, most) = (lengths.iter().min().copied()?, lengths.iter().max().copied()?);
    if least == most {
        return (!is_signature(most as usize) && most > 24)
            .then(|| format!("always {most}, which is no length of a token"));
    }
    if let SizeLaw::Flat { advantage, .. } = size_law(lengths)
        && advantage > 3.0
    {
        return Some(format!("lengths flat from {least} to {most}"));
    }
    if heads && most - least >= 8 {
        return Some(format!("lengths from {least} to {most} before the first word"));
    }
    (most - least <= 18 && most >= 2 * GLUE as u32 + 4)
        .then(|| format!("lengths from {least} to {most}, as words beside a constant piece give"))
}

/// In words, where runs have lengths that no encoder gives: hex of an odd length, base64 of one symbol more than a group.
fn impossible(alphabet: Alphabet, lengths: &[u32]) -> Option<String> {
    let (step, rest, least) = match alphabet {
        Alphabet::Hex => (2, 1, 4),
        Alphabet::Base64 => (4, 1, 8),
        _ => return None,
    };
    let odd = lengths.iter().filter(|length| *length % step == rest).count();
    (odd >= 3 && odd * least >= lengths.len())
        .then(|| format!("{odd} of {} have lengths to which no bytes encode", lengths.len()))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    const WORDS: [&str; 8] = ["report", "everything", "is", "quiet", "in", "the", "building", "tonight"];

    fn judged(make: impl Fn(&mut Chance, &str) -> String) -> Verdict {
        let mut chance = Chance::new(21);
        let mut talk = Talk::default();
        for n in 0..24 {
            let text: Vec<&str> = (0..8 + n % 5).map(|_| WORDS[chance.below(8)]).collect();
            talk.post("text/plain", make(&mut chance, &text.join(" ")).as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().verdict
    }

    fn noise(chance: &mut Chance, length: usize) -> String {
        String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz0123456789", length)).unwrap()
    }

    #[test]
    fn identifiers_of_calls_are_addresses() {
        let with = |behind: &str| {
            judged(|chance, words| {
                let identifier = String::from_utf8(chance.of(b"0123456789abcdef", 24)).unwrap();
                format!("{words}\r\nCall-ID: {identifier}{behind}\r\nCSeq 7")
            })
        };
        assert_ne!(with("@10.2.3.4"), Verdict::Suspect);
        assert_eq!(with("_10.2.3.4"), Verdict::Suspect);
    }

    #[test]
    fn names_with_a_hash_and_codes_before_a_comma_are_left_alone() {
        let hex =
            |chance: &mut Chance, length| String::from_utf8(chance.of(b"0123456789abcdef", length)).unwrap();
        assert_eq!(judged(|c, text| format!("set wp_{}:0 600 {text}", hex(c, 32))), Verdict::Structured);
        let code = |c: &mut Chance| String::from_utf8(crate::testing::encode(&c.bytes(32))).unwrap();
        assert_eq!(judged(|c, text| format!("{text}; received {}, sha256", code(c))), Verdict::Structured);
    }

    #[test]
    fn twenty_bytes_of_a_state_in_a_form_are_a_token() {
        const SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let with = |length: usize| {
            judged(|chance, words| {
                let state = String::from_utf8(chance.of(SYMBOLS, length)).unwrap();
                format!("note={}&RelayState={state}", words.replace(' ', "+"))
            })
        };
        assert_eq!((with(27), with(29)), (Verdict::Structured, Verdict::Suspect));
    }

    #[test]
    fn noise_glued_to_words_is_suspect() {
        assert_eq!(judged(|c, text| format!("{}{text}", noise(c, 40))), Verdict::Suspect);
        assert_eq!(judged(|c, text| format!("{text}{}", noise(c, 61))), Verdict::Suspect);
    }

    #[test]
    fn noise_glued_to_a_table_or_behind_the_header_of_a_frame_is_suspect() {
        let table = |c: &mut Chance, text: &str| {
            let rows: Vec<String> =
                (0..4).map(|n| format!("{n},2026-10-12T01:15:10.161Z,{}", text.replace(' ', ","))).collect();
            format!("{}id,date,name\r\n{}", noise(c, 61), rows.join("\r\n"))
        };
        assert_eq!(judged(table), Verdict::Suspect);
        let mut chance = Chance::new(22);
        let mut talk = Talk::default();
        for n in 0..24 {
            let text: Vec<&str> = (0..8 + n % 5).map(|_| WORDS[chance.below(8)]).collect();
            let length = 30 + chance.below(90);
            talk.datagram(
                &[&[1, 0xD0], noise(&mut chance, length).as_bytes(), text.join(" ").as_bytes()].concat(),
            );
        }
        assert!(talk.judge().junk);
    }

    #[test]
    fn lengths_that_no_encoder_gives_are_suspect() {
        const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let piece = |chance: &mut Chance, bytes: bool| {
            let skewed = (chance.unit() * chance.unit() * 160.0) as usize;
            let length = if bytes { ((30 + skewed) * 4).div_ceil(3) } else { 40 + skewed };
            String::from_utf8(chance.of(BASE64, length)).unwrap()
        };
        assert_eq!(judged(|c, text| format!("{text}. {}", piece(c, false))), Verdict::Suspect);
        assert_eq!(judged(|c, text| format!("{text}. {}", piece(c, true))), Verdict::Structured);
    }

    #[test]
    fn a_token_behind_an_escaped_mark_of_a_form_is_not() {
        let form = |chance: &mut Chance, text: &str| {
            let state = String::from_utf8(chance.of(b"0123456789abcdef", 64)).unwrap();
            format!("Answer={}&RelayState=ss%3Amem%3A{state}", text.replace(' ', "+"))
        };
        assert_eq!(judged(form), Verdict::Structured);
    }

    #[test]
    fn tokens_in_text_are_not() {
        assert!(!judged(|_, text| text.to_owned()).is_junk());
        assert_eq!(judged(|c, text| format!("{} {text}", noise(c, 32))), Verdict::Structured);
        assert_eq!(
            judged(|c, text| {
                let length = 20 + c.below(40);
                format!("{text} token={}", noise(c, length))
            }),
            Verdict::Structured
        );
    }
}
