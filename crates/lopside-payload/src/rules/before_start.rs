//! Noise before the first line of a protocol of text, in datagrams.
//!
//! Speaks for: evenly drawn bytes of many lengths before a priority of syslog (RFC 3164 and 5424), or the first line of SIP, SSDP, RTSP
//! or HTTP. A datagram begins with its message: no receiver of these looks for it further on. Silent for: headers and codes of few
//! lengths, headers of packets in packets, which are not drawn evenly, words, and streams, where the end of something else may stand
//! there. Minimum: 6 datagrams, two thirds of all, 4 lengths that lie 8 apart, 96 bytes.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::reading::Carrier;
use crate::statistics::even;

/// The fewest datagrams, lengths, bytes, and bytes from the shortest to the longest.
const LEAST: usize = 6;
const LENGTHS: usize = 4;
const BYTES: usize = 96;
const APART: u32 = 8;
/// Bytes before the first line at most, and the longest first line looked at.
const MOST: usize = 4096;
const LINE: usize = 512;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let datagrams = || look.reading.whole_raw(24).filter(|unit| unit.carrier == Carrier::Datagram);
    if datagrams().nth(LEAST - 1).is_none() {
        return Vec::new();
    }
    let mut pool = Pool::default();
    for unit in datagrams() {
        if let Some(start) = start(&unit.bytes).filter(|start| *start > 0) {
            pool.put(unit.bytes.get(..start).unwrap_or_default(), unit.bytes.len(), false);
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let apart = lengths.last().zip(lengths.first()).is_some_and(|(most, least)| most - least >= APART);
    let enough = pool.count >= LEAST && pool.count * 3 >= datagrams().count() * 2 && pool.total >= BYTES;
    if !enough || lengths.len() < LENGTHS || !apart {
        return Vec::new();
    }
    let Some(noise) = even(&pool.bytes, look.limit) else { return Vec::new() };
    let text = format!(
        "{} datagrams have {} {} of noise in {} lengths before the first line of their protocol, which no receiver looks for there",
        pool.count,
        pool.total,
        noise.alphabet.name(),
        lengths.len()
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    vec![found.with_deviations(noise.deviations).with_example(&pool.first)]
}

/// Where the first line of a protocol of text begins that goes on as text.
fn start(bytes: &[u8]) -> Option<usize> {
    let goes_on = |start: &usize| bytes.get(*start..).is_some_and(is_text);
    let looked = bytes.get(..bytes.len().min(MOST))?;
    let priorities = memchr::memchr_iter(b'<', looked).filter(|at| bytes.get(*at..).is_some_and(is_priority));
    priorities.chain(start_line(looked)).find(goes_on)
}

/// Whether bytes begin with a priority of syslog and its time.
fn is_priority(bytes: &[u8]) -> bool {
    const MONTHS: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let behind = bytes.strip_prefix(b"<").unwrap_or_default();
    let digits = behind.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    let Some(rest) = behind.get(digits..).and_then(|rest| rest.strip_prefix(b">")) else { return false };
    let year = |rest: &[u8]| matches!(rest, [a, b, c, d, b'-', ..] if [a, b, c, d].into_iter().all(|byte| byte.is_ascii_digit()));
    (1..=3).contains(&digits)
        && (rest.strip_prefix(b"1 ").is_some_and(year) || MONTHS.iter().any(|month| rest.starts_with(month)))
}

/// Where the line begins that names its protocol and is a request or a status.
fn start_line(bytes: &[u8]) -> Option<usize> {
    const PROTOCOLS: [&[u8]; 3] = [b"HTTP/1.", b"SIP/2.0", b"RTSP/1.0"];
    let end = crate::content::find(bytes, b"\r\n", 0)?;
    let line = bytes.get(end.saturating_sub(LINE)..end)?;
    let from = end - line.len();
    let place = PROTOCOLS.iter().find_map(|protocol| crate::content::find(line, protocol, 0))?;
    // A status stands behind the protocol, the method and the target of a request before it.
    let behind = line.get(place..)?.iter().position(|byte| *byte == b' ');
    let status = |space: usize| {
        line.get(place + space + 1..).is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
    };
    if behind.is_some_and(status) {
        return Some(from + place);
    }
    let target = line.get(..place)?.strip_suffix(b" ")?;
    let method = target.get(..target.iter().rposition(|byte| *byte == b' ')?)?;
    let letters = method.iter().rev().take_while(|byte| byte.is_ascii_uppercase() || **byte == b'-').count();
    (letters >= 3).then(|| from + method.len() - letters)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn judged(count: usize, message: &str, before: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(71);
        let mut talk = Talk::default();
        for number in 0..count {
            let words = "all is quiet in the yard ".repeat(1 + chance.below(6));
            let noise = before(&mut chance);
            talk.datagram(
                &[noise.as_slice(), message.as_bytes(), format!("{number} {words}").as_bytes()].concat(),
            );
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("before the first line of their protocol"))
    }

    fn noise(chance: &mut Chance) -> Vec<u8> {
        let length = 12 + chance.below(90);
        chance.bytes(length)
    }

    const NEW: &str = "<134>1 2026-03-17T20:35:53Z yard agent 7 - - ";

    #[test]
    fn noise_before_messages_is_junk() {
        for message in [
            NEW,
            "<34>Oct 11 22:14:15 yard su: ",
            "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: ",
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP yard\r\nSubject: ",
        ] {
            assert!(judged(8, message, noise), "{message}");
            assert!(!judged(8, message, |_| Vec::new()), "{message}");
            assert!(!judged(5, message, noise), "{message}");
        }
        assert!(judged(24, NEW, |chance| {
            let length = 4 + chance.below(20);
            chance.of(b"abcdefghijklmnopqrstuvwxyz", length)
        }));
    }

    #[test]
    fn headers_codes_and_words_before_them_are_not() {
        // A code of one length, or of two, and one of a few bytes more or less.
        assert!(!judged(24, NEW, |chance| chance.bytes(32)));
        assert!(!judged(24, NEW, |chance| {
            let length = [32, 64][chance.below(2)];
            chance.bytes(length)
        }));
        assert!(!judged(24, NEW, |chance| {
            let length = 64 + chance.below(7);
            chance.bytes(length)
        }));
        // Packets in packets, and texts.
        assert!(!judged(24, NEW, |chance| {
            let options = chance.below(10);
            [b"\x45\0\0\x80\0\0\x40\0\x40\x11\0\0\x0A\0\0\x07\x0A\0\0\x09".as_slice(), &vec![1; options]]
                .concat()
        }));
        assert!(!judged(24, NEW, |chance| "gate of the yard ".repeat(1 + chance.below(5)).into_bytes()));
        // A few bytes in all.
        assert!(!judged(12, NEW, |chance| {
            let length = 1 + chance.below(9);
            chance.bytes(length)
        }));
        // A text that only looks like one, and another that something follows.
        assert!(!judged(24, "<134 degrees> ", noise));
        assert!(!judged(24, "<134>1 2026-03-17T20:35:53Z yard \x01\x02\x03 ", noise));
    }
}
