//! Noise at the head or the tail of plain text in messages of a stream, a datagram, or a body declared as text.
//!
//! Speaks for: text that every message holds whole, with bytes beside it that are drawn evenly and whose lengths no nonce, signature or
//! ciphertext has: constant and odd while the text varies, or flat. Where the body is declared as text, bytes that text cannot hold are a
//! contradiction. Silent for: framings with lengths, numbers in the text that say the length, and signatures. Minimum: 4 messages with 24
//! bytes of noise each (constant lengths) or 24 (flat lengths).

use super::said_lengths::are_said;
use super::{Look, Pool, is_signature};
use crate::class::text_runs;
use crate::evidence::{Evidence, Weight};
use crate::reading::{Carrier, Unit};
use crate::statistics::{SizeLaw, even, size_law_from};

/// The shortest text that counts as such.
const TEXT: usize = 16;
/// How much likelier a flat law has to be than the best other, as a natural logarithm: lengths of ciphertext behind a line of text seem
/// flat now and then.
const ADVANTAGE: f64 = 4.0;
/// The shortest noise.
const NOISE: usize = 8;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    // Among bodies that are declared as text, what is told of them: commands around them may be many.
    let found = find_among(look, says_text);
    if found.iter().any(|found| found.weight == Weight::Contradiction) {
        found
    } else {
        find_among(look, |_| true)
    }
}

/// Whether content is declared as text, or is it by its protocol.
fn says_text(unit: &Unit<'_>) -> bool {
    let kinds = ["text/", "json", "xml", "javascript", "urlencoded"];
    unit.carrier == Carrier::Text || kinds.iter().any(|kind| unit.declared.contains(kind))
}

fn find_among(look: &Look<'_>, chosen: fn(&Unit<'_>) -> bool) -> Vec<Evidence> {
    let (mut tails, mut heads, mut holes) = (Pool::default(), Pool::default(), Pool::default());
    let (mut texts, mut units, mut declared, mut seen) = (Vec::new(), 0, 0, 0);
    let (own, other) = (&look.reading.units, &look.other.units);
    let mut joined = Vec::new();
    let both = own.iter().map(|unit| (true, unit)).chain(other.iter().map(|unit| (false, unit)));
    for (mine, unit) in both.filter(|(_, unit)| chosen(unit)) {
        if unit.headless || unit.partial || unit.wraps || unit.document.is_some() {
            continue;
        }
        units += usize::from(unit.bytes.len() >= 24);
        joined.extend(parts(&unit.bytes).map(|parts| (mine, unit, parts)));
    }
    if are_said(joined.iter().map(|(_, unit, parts)| (unit.bytes.as_ref(), parts))) {
        return Vec::new();
    }
    for (mine, unit, Parts { start, end, text, hole }) in joined {
        let says = says_text(unit);
        let bytes = unit.bytes.as_ref();
        let (head, tail) = (bytes.get(..start).unwrap_or_default(), bytes.get(end..).unwrap_or_default());
        texts.push(text.len());
        seen += usize::from(mine);
        if tail.len() >= NOISE && unit.whole {
            tails.put(tail, bytes.len(), says);
            declared += usize::from(says && tail.len() >= 24);
        }
        if hole.len() >= NOISE {
            holes.put(&hole, bytes.len(), says);
            declared += usize::from(says && hole.len() >= 24);
        }
        if head.len() >= NOISE {
            heads.put(head, bytes.len(), says);
            declared += usize::from(says && head.len() >= 24);
        }
    }
    let mut found = Vec::new();
    // Both ends speak one protocol: their lengths are one law. The end that holds none is not told.
    if seen == 0 {
        return found;
    }
    for (place, pool) in [("behind", &tails), ("before", &heads), ("inside", &holes)] {
        found.extend(judge(look, place, pool, units, declared, &texts));
    }
    found
}

fn judge(
    look: &Look<'_>,
    place: &str,
    pool: &Pool,
    units: usize,
    declared: usize,
    texts: &[usize],
) -> Option<Evidence> {
    // A noise byte that can be printed counts with the text: the longest is the true length.
    let most = pool.lengths.iter().max().copied()? as usize;
    let noise = even(&pool.bytes, look.limit)?;
    if pool.count * 2 < units || pool.same {
        return None;
    }
    let share = pool.share();
    let told = format!(
        "{} of {units} messages hold text and {} bytes of noise {place} it ({:.1} standard deviations), {:.0} % of them",
        pool.count,
        pool.total,
        noise.deviations,
        share * 100.0
    );
    if declared >= 2 && pool.declared {
        return Some(
            Evidence::contradiction(pool.count, share, format!("{told}; the type declared is text"))
                .with_deviations(noise.deviations)
                .with_example(&pool.first),
        );
    }
    let statistic = |confidence, text| {
        Evidence::statistic(pool.count, share, confidence, text)
            .with_deviations(noise.deviations)
            .with_example(&pool.first)
    };
    let varied = texts.iter().any(|length| Some(length) != texts.first());
    let usual = usual(&pool.lengths);
    let near =
        pool.lengths.iter().filter(|length| (usual.saturating_sub(6)..=usual).contains(&(**length as usize)));
    // The noise may cut a character of the text in two, which then counts with it.
    let constant = near.count() * 10 >= pool.count * 9 && most <= usual + 3;
    let most = if constant { usual } else { most };
    // A nonce or a code stands at an end.
    let shortest = if place == "inside" { 20 } else { 24 };
    if constant && varied && pool.count >= 4 && most >= shortest && !is_signature(most) {
        let text = format!("{told}; always {most} bytes, which is no length of a nonce or a signature");
        return Some(statistic(0.7, text));
    }
    if let SizeLaw::Flat { least, most, advantage } = size_law_from(&pool.lengths, 24)
        && advantage > ADVANTAGE
    {
        let text =
            format!("{told}; lengths flat from {least} to {most}, as no ciphertext of real messages has");
        return Some(statistic(0.65, text));
    }
    None
}

/// The length that comes most often, the longest of several.
fn usual(lengths: &[u32]) -> usize {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let most = sorted.chunk_by(|a, b| a == b).max_by_key(|run| run.len());
    most.and_then(|run| run.first()).map_or(0, |length| *length as usize)
}

/// A message of text and bytes.
pub(super) struct Parts {
    /// Where its text begins and ends.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Its text, and the bytes inside it.
    pub(super) text: Vec<u8>,
    pub(super) hole: Vec<u8>,
}

/// The text in a message of text and bytes, and the bytes inside it. `None` where there is no text, or nothing else.
pub(super) fn parts(bytes: &[u8]) -> Option<Parts> {
    let runs = text_runs(bytes, 10);
    let runs = without_chance(&runs, bytes.len());
    let (start, end) = (runs.first()?.0, runs.last()?.1);
    let text: Vec<u8> =
        runs.iter().filter_map(|(from, to)| bytes.get(*from..*to)).flatten().copied().collect();
    let hole: Vec<u8> = runs
        .windows(2)
        .filter_map(|pair| match pair {
            [(_, end), (next, _)] => bytes.get(*end..*next),
            _ => None,
        })
        .flatten()
        .copied()
        .collect();
    // What a form escapes is text too.
    let escapes = text.iter().filter(|byte| **byte == b'%').count();
    let is_letter = |byte: &&u8| byte.is_ascii_alphabetic() || !byte.is_ascii() || **byte == b' ';
    let letters = text.iter().filter(is_letter).count() + escapes;
    let reads = text.len() >= TEXT
        && letters * 2 > text.len()
        && text.len() < bytes.len()
        && even(&text, 3.0).is_none();
    reads.then_some(Parts { start, end, text, hole })
}

/// Runs of text without the shortest ones at the ends that have noise on both sides: one in fifteen stretches of a thousand random bytes
/// has ten in a row that pass for text.
fn without_chance(mut runs: &[(usize, usize)], length: usize) -> &[(usize, usize)] {
    const CHANCE: usize = 16;
    while let [(start, end), rest @ ..] = runs
        && let Some((next, _)) = rest.first()
        && end - start < CHANCE
        && *start >= CHANCE
        && next - end >= CHANCE
    {
        runs = rest;
    }
    while let [rest @ .., (start, end)] = runs
        && let Some((_, last)) = rest.last()
        && end - start < CHANCE
        && length - end >= CHANCE
        && start - last >= CHANCE
    {
        runs = rest;
    }
    runs
}

/// Whether a byte is printable ASCII, a line end or a tab.
pub(super) fn is_printable(byte: u8) -> bool {
    matches!(byte, 32..=126 | b'\n' | b'\r' | b'\t')
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};
    use lopside_model::payload::Verdict;

    fn judged(count: usize, make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> Verdict {
        sent(count, make).judge().verdict
    }

    fn told(count: usize, make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> bool {
        sent(count, make).judge().reasons.iter().any(|reason| reason.contains("hold text and"))
    }

    fn sent(count: usize, make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> Talk {
        let mut chance = Chance::new(21);
        let mut talk = Talk::default();
        for n in 0..count {
            let text = format!("report host WKS-00{n} state idle since {}", "noon ".repeat(1 + n % 5));
            talk.send(&make(&mut chance, &text));
            talk.answer(b"ok");
        }
        talk
    }

    #[test]
    fn noise_of_flat_or_odd_length_is_suspect() {
        let flat = |c: &mut Chance, text: &str| {
            let n = 20 + c.below(230);
            [text.as_bytes(), &c.bytes(n)].concat()
        };
        assert_eq!(judged(64, flat), Verdict::Suspect);
        assert_eq!(judged(12, |c, text| [&c.bytes(137), text.as_bytes()].concat()), Verdict::Suspect);
        // Some of it passes for text.
        let lucky = |c: &mut Chance, text: &str| {
            let word = if c.below(2) == 0 { c.bytes(12) } else { c.of(b"k,Zq;0)w", 12) };
            [&c.bytes(300), &word, &c.bytes(309), text.as_bytes()].concat()
        };
        assert_eq!(judged(16, lucky), Verdict::Suspect);
    }

    #[test]
    fn noise_behind_the_text_of_mails_is_junk_whatever_commands_stand_around_them() {
        let told = |noise: usize| {
            let mut chance = Chance::new(22);
            let mut talk = Talk::default();
            for n in 0..8 {
                for command in
                    ["MAIL FROM:<anna.otto@mail.example>", "RCPT TO:<otto.anna@mail.example>", "DATA"]
                {
                    talk.send(format!("{command}\r\n").as_bytes());
                    talk.reply(b"250 ok\r\n");
                }
                let length = noise + chance.below(noise + 1);
                let table = format!("at {n},desk 17,idle\n").repeat(9);
                let content = encode(&[table.as_bytes(), &chance.bytes(length)].concat());
                let head = "MIME-Version: 1.0\r\nContent-Type: text/csv\r\nContent-Transfer-Encoding: base64\r\n\r\n";
                talk.send(&[head.as_bytes(), &content, b"\r\n.\r\n"].concat());
                talk.reply(b"250 queued\r\n");
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("the type declared is text"))
        };
        assert!(told(60));
        assert!(!told(0));
    }

    #[test]
    fn signatures_and_declared_lengths_are_not() {
        assert_ne!(judged(12, |c, text| [text.as_bytes(), &c.bytes(32)].concat()), Verdict::Suspect);
        let declared = |c: &mut Chance, text: &str| {
            let n = 20 + c.below(230);
            [format!("{text} {n}\r\n").as_bytes(), &c.bytes(n)].concat()
        };
        assert!(!told(64, declared));
        // The end of the line may count too.
        let counted = |c: &mut Chance, text: &str| {
            let n = 20 + c.below(230);
            [format!("{text} {}\n", n + 1).as_bytes(), &c.bytes(n)].concat()
        };
        assert!(!told(64, counted));
    }

    #[test]
    fn noise_in_what_is_declared_as_text_is_junk() {
        let mut chance = Chance::new(22);
        let mut talk = Talk::default();
        for number in 0..6 {
            let length = 60 + chance.below(90);
            let text = format!("report {number} of the host: all is quiet since noon");
            talk.post("text/plain", &[text.as_bytes(), &chance.bytes(length)].concat());
            talk.answer(b"ok");
        }
        assert_eq!(talk.judge().verdict, Verdict::Junk);
    }

    #[test]
    fn what_a_few_of_many_texts_have_behind_them_is_not() {
        // Now and then a record comes with a text.
        let mut chance = Chance::new(23);
        let mut talk = Talk::default();
        for number in 0..30 {
            let text =
                format!("report host WKS-00{number} state idle since {}", "noon ".repeat(1 + number % 5));
            let length = if number % 3 == 0 { 137 } else { 0 };
            talk.send(&[text.as_bytes(), &chance.bytes(length)].concat());
            talk.answer(b"ok");
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("hold text and")));
    }
}
