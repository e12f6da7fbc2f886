//! Noise behind the text of DNS answers.
//!
//! Speaks for: TXT answers that read and then end in a part of varying length that is drawn evenly and has no name; texts that are bytes
//! drawn evenly beside others of the same answer that read. Silent for: keys and tokens, which have a name (`p=`), parts of one length,
//! answers with nothing that reads. Minimum: 4 answers with parts of 3 lengths, 32 symbols together; 6 answers with bytes of 4 lengths, 128
//! together.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest answers with bytes beside a text, and the fewest bytes of all.
const ANSWERS: usize = 6;
const BYTES: usize = 128;
/// The shortest bytes.
const SHORTEST: usize = 16;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    [behind(look), beside(look)].into_iter().flatten().collect()
}

/// Texts that are bytes beside others that read.
fn beside(look: &Look<'_>) -> Option<Evidence> {
    let mut pool = Pool::default();
    for answer in look.reading.dns.iter().filter(|dns| dns.response && dns.texts.len() > 1) {
        let (texts, bytes): (Vec<&Vec<u8>>, Vec<&Vec<u8>>) =
            answer.texts.iter().partition(|text| is_text(text));
        let around = answer.texts.iter().map(Vec::len).sum();
        if texts.iter().any(|text| text.len() >= 8) {
            let long = bytes.into_iter().filter(|bytes| bytes.len() >= SHORTEST);
            long.for_each(|bytes| pool.put(bytes, around, false));
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    if pool.count < ANSWERS || lengths.len() < 4 || pool.total < BYTES {
        return None;
    }
    let drawn = even(&pool.bytes, look.limit)?;
    let text = format!(
        "{} answers of DNS hold {} bytes drawn evenly ({:.1} standard deviations) beside a text that reads",
        pool.count, pool.total, drawn.deviations
    );
    let found = Evidence::statistic(pool.count, pool.share(), 0.65, text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

/// Texts that end in noise.
fn behind(look: &Look<'_>) -> Option<Evidence> {
    let mut pool = Pool::default();
    let mut parts: BTreeSet<&[u8]> = BTreeSet::new();
    for text in look.reading.dns.iter().filter(|dns| dns.response).flat_map(|dns| &dns.texts) {
        let Some((head, part)) = last_part(text) else { continue };
        if head.len() >= 8 && is_text(head) && part.len() >= 2 && !is_named(part) && !reads(part) {
            pool.put(part, text.len(), false);
            parts.insert(part);
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let fresh = parts.len() * 10 >= pool.count * 9 && lengths.len() >= 3;
    if pool.count < 4 || pool.total < 32 || !fresh || !is_drawn(&parts, &pool.bytes, look.limit) {
        return None;
    }
    let text = format!(
        "{} answers of DNS read and then end in noise without a name: {} bytes, {:.0} % of them",
        pool.count,
        pool.total,
        pool.share() * 100.0
    );
    Some(Evidence::statistic(pool.count, pool.share(), 0.65, text).with_example(&pool.first))
}

/// Whether parts are drawn evenly, all or those of letters alone and the others.
fn is_drawn(parts: &BTreeSet<&[u8]>, all: &[u8], limit: f64) -> bool {
    let (letters, others): (Vec<&[u8]>, Vec<&[u8]>) =
        parts.iter().partition(|part| part.iter().all(u8::is_ascii_alphabetic));
    let drawn = |parts: Vec<&[u8]>| parts.is_empty() || even(&parts.concat(), limit).is_some();
    even(all, limit).is_some() || drawn(letters) && drawn(others)
}

/// What stands before and behind the last separator that still leaves a text before it.
fn last_part(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let readable = text.iter().position(|byte| !matches!(byte, 32..=126)).unwrap_or(text.len());
    let at = memchr::memrchr(b';', text.get(..readable)?)?;
    Some((text.get(..at)?, text.get(at + 1..)?.trim_ascii()))
}

/// `name=value`.
fn is_named(part: &[u8]) -> bool {
    let name = memchr::memchr(b'=', part).and_then(|equals| part.get(..equals)).unwrap_or_default();
    !name.is_empty()
        && name.len() < part.len() - 1
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
}

/// Several words.
fn reads(part: &[u8]) -> bool {
    is_text(part) && part.contains(&b' ')
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn judged(part: impl Fn(&mut Chance, usize) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(9);
        let mut talk = Talk::default();
        for n in 0..12_usize {
            let name = format!("\u{5}ask{n:02}\u{7}example\u{3}com");
            let question = [name.as_bytes(), b"\0\0\x10\0\x01"].concat();
            let head = |flags: &[u8; 2], answers: u8| {
                [&[7, n as u8], &flags[..], &[0, 1, 0, answers, 0, 0, 0, 0]].concat()
            };
            talk.datagram(&[head(&[1, 0], 0), question.clone()].concat());
            let text = [format!("v=cfg1; call your office on day {n}; ").into_bytes(), part(&mut chance, n)]
                .concat();
            let data = [vec![text.len() as u8], text].concat();
            let record =
                [b"\xc0\x0c\0\x10\0\x01\0\0\x01\x2c\0".to_vec(), vec![data.len() as u8], data].concat();
            talk.datagram(&[head(&[0x81, 0x80], 1), question, record].concat());
        }
        talk.judge().junk
    }

    #[test]
    fn noise_behind_an_answer_is_suspect_and_keys_and_words_are_not() {
        let symbols = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let some = |chance: &mut Chance| {
            let length = 4 + chance.below(40);
            chance.of(symbols, length)
        };
        assert!(judged(|chance, _| some(chance)));
        assert!(judged(|chance, n| chance.bytes(9 + n)));
        assert!(judged(|chance, n| {
            let length = 14 + chance.below(40);
            let symbols = if n % 2 == 0 { &symbols[26..52] } else { &symbols[..62] };
            chance.of(symbols, length)
        }));
        assert!(!judged(|chance, _| [b"p=".to_vec(), some(chance)].concat()));
        assert!(!judged(|_, n| format!("and come at {n} in the morning").into_bytes()));
    }

    /// Answers of several texts.
    fn told(count: usize, texts: impl Fn(&mut Chance, usize) -> Vec<Vec<u8>>) -> bool {
        let mut chance = Chance::new(19);
        let mut talk = Talk::default();
        for n in 0..count {
            let texts = texts(&mut chance, n);
            let head = [n as u8, 7, 0x81, 0x80, 0, 1, 0, texts.len() as u8, 0, 0, 0, 0];
            let mut answer = [head.as_slice(), b"\x04mail\x07example\0\0\x10\0\x01"].concat();
            for text in texts {
                let size = text.len() as u8;
                answer.extend(b"\xc0\x0c\0\x10\0\x01\0\0\x01\x2c\0");
                answer.extend([&[size + 1, size], text.as_slice()].concat());
            }
            talk.datagram(&answer);
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("beside a text that reads"))
    }

    #[test]
    fn bytes_beside_a_text_are_suspect_and_keys_and_bytes_alone_are_not() {
        let text = |n: usize| format!("v=spf1 include:mail.example ip4:198.51.100.{n} -all").into_bytes();
        let noise = |chance: &mut Chance| {
            let length = 20 + chance.below(150);
            chance.bytes(length)
        };
        assert!(told(12, |chance, n| vec![text(n), noise(chance)]));
        assert!(!told(5, |chance, n| vec![text(n), noise(chance)]));
        assert!(!told(12, |chance, n| vec![text(n), chance.bytes(64)]));
        assert!(!told(12, |chance, n| vec![
            text(n),
            text(n),
            chance.of(b"ABCDEFGHabcdefgh0123456789", 40 + n)
        ]));
        assert!(!told(12, |chance, _| vec![noise(chance), noise(chance)]));
        assert!(!told(7, |chance, n| vec![text(n), chance.bytes(16 + n % 4)]));
        assert!(!told(12, |_, n| vec![text(n), b"\0\x01\x02\x03".repeat(9 + n)]));
        assert!(!told(12, |chance, n| vec![text(n), chance.bytes(4 + n % 6)]));
    }
}
