//! Messages whose sizes are flat between two bounds.
//!
//! Speaks for: messages that are random through and through, or in all that they have beyond the shortest of them, so that a random tail
//! of random length is behind the rest or hidden with it. Silent for: a framing with lengths, counters in a header, sizes in blocks or as
//! real messages have them, sizes that differ by less than half of the smallest. Minimum: 30 messages of one end, or of both together;
//! 512 bytes beyond the shortest.
//!
//! In a simulation (3,000 draws each), e⁶ is reached by 17, 47 and 83 in a hundred lists of 30, 40 and 60 even draws; by at most 2 in a
//! thousand of normal, log-normal and gamma ones.

use super::Look;
use crate::class::Class;
use crate::evidence::Evidence;
use crate::reading::Unit;
use crate::statistics::{Alphabet, SizeLaw, even, size_law_from};

/// The fewest messages.
const LEAST: usize = 30;
/// The fewest bytes beyond the shortest message.
const BEYOND: usize = 512;
/// How much likelier a flat law has to be than the best other, as a natural logarithm.
const ADVANTAGE: f64 = 6.0;

/// Whether messages are those of WebSocket, each of which says its length.
fn frames_messages(look: &Look<'_>) -> bool {
    [look.reading, look.other]
        .into_iter()
        .filter_map(|reading| reading.slots.get("header.upgrade"))
        .flatten()
        .any(|value| value.bytes.eq_ignore_ascii_case(b"websocket"))
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    if look.counted {
        return Vec::new();
    }
    if look.sizes.len() < 8 {
        return Vec::new();
    }
    if frames_messages(look) {
        return Vec::new();
    }
    let raw: Vec<_> = look.reading.units.iter().filter(|unit| unit.is_raw()).collect();
    if raw.len() < 8 || raw.len() * 10 < look.reading.messages * 8 {
        return Vec::new();
    }
    // Sequences of ASN.1 hold what their lengths say.
    if raw.iter().filter(|unit| is_sequence(&unit.bytes)).count() * 10 >= raw.len() * 9 {
        return Vec::new();
    }
    let opaque = raw.iter().filter(|unit| matches!(unit.class, Class::Random(_))).count();
    if opaque * 10 < raw.len() * 9 && !random_beyond_shortest(&raw, look.limit) {
        return Vec::new();
    }
    // One end may have a law of its own; or both speak one protocol, and their sizes are one law.
    let both = [look.sizes, look.other_sizes].concat();
    let Some((count, least, most, advantage)) =
        [look.sizes, &both].into_iter().find_map(|sizes| flat(sizes, look.framed))
    else {
        return Vec::new();
    };
    let share = f64::from(most - least) / 2.0 / (f64::from(most + least) / 2.0).max(1.0);
    let text = format!(
        "{count} messages with sizes flat from {least} to {most} (likelihood ratio e^{advantage:.0}), as a random tail of random length gives"
    );
    vec![Evidence::statistic(count, share.min(1.0), 0.55, text)]
}

/// Whether a message is one sequence of ASN.1, whose length accounts for all of it.
fn is_sequence(bytes: &[u8]) -> bool {
    let [0x30, first, rest @ ..] = bytes else { return false };
    let wide = usize::from(first & 0x7F);
    let length = match first {
        0..=0x7F => Some(wide),
        _ if wide > 4 => None,
        _ => crate::content::big(rest, 0, wide).map(crate::content::place),
    };
    let header = if *first < 0x80 { 2 } else { 2 + wide };
    length == bytes.len().checked_sub(header)
}

/// How many sizes, the smallest, the largest and the advantage of the flat law, where it is far enough ahead and wide enough for padding.
fn flat(sizes: &[u32], framed: bool) -> Option<(usize, u32, u32, f64)> {
    let SizeLaw::Flat { least, most, advantage } = size_law_from(sizes, LEAST) else { return None };
    let wide = most - least <= 600 && 2 * most >= 3 * least;
    let asked = if framed { 1.5 * ADVANTAGE } else { ADVANTAGE };
    (wide && advantage >= asked).then_some((sizes.len(), least, most, advantage))
}

/// Whether what messages have beyond the shortest of them is drawn evenly: all of it, and the last part alone.
fn random_beyond_shortest(raw: &[&Unit<'_>], limit: f64) -> bool {
    let whole = || raw.iter().filter(|unit| unit.whole && !unit.headless);
    let Some(shortest) = whole().map(|unit| unit.bytes.len()).min() else { return false };
    let beyond: Vec<u8> = whole().filter_map(|unit| unit.bytes.get(shortest..)).flatten().copied().collect();
    beyond.len() >= BEYOND
        && whole().count() * 10 >= raw.len() * 9
        && even(&beyond, limit).is_some_and(|even| even.alphabet == Alphabet::Bytes)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    #[test]
    fn random_tails_behind_text_are_suspect_and_text_of_flat_length_is_not() {
        let mut chance = Chance::new(33);
        let (mut noise, mut text) = (Talk::default(), Talk::default());
        for n in 0..90 {
            let head = format!("\x02\x01 status of sensor {n:04} is good; ").into_bytes();
            let length = chance.below(200);
            noise.datagram(&[head.as_slice(), &chance.bytes(length)].concat());
            let words =
                "all is quiet in the building tonight and there is nothing to be told of it ".repeat(4);
            text.datagram(&[head.as_slice(), &words.as_bytes()[..length]].concat());
        }
        assert!(noise.judge().junk);
        assert!(!text.judge().junk);
    }

    #[test]
    fn sequences_of_asn1_account_for_their_lengths() {
        let mut chance = Chance::new(33);
        let mut talk = Talk::default();
        for _ in 0..120 {
            let length = 60 + chance.below(300);
            let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
            let head: &[u8] = match length {
                ..0x80 => &[0x30, low],
                0x80..0x100 => &[0x30, 0x81, low],
                _ => &[0x30, 0x82, high, low],
            };
            talk.datagram(&[head, &chance.bytes(length)].concat());
        }
        assert!(!talk.judge().junk);
    }

    #[test]
    fn messages_of_web_socket_say_their_lengths() {
        let mut chance = Chance::new(35);
        let mut talk = Talk::default();
        talk.send(b"GET /s HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
        talk.reply(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
        for _ in 0..90 {
            let length = 126 + chance.below(400);
            let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
            talk.reply(&[&[0x82, 126, high, low], chance.bytes(length).as_slice()].concat());
            let length = 126 + chance.below(400);
            let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
            talk.send(&[&[0x82, 254, high, low], chance.bytes(4 + length).as_slice()].concat());
        }
        assert!(!talk.judge().junk);
    }

    #[test]
    fn random_tails_of_random_length_are_suspect() {
        let mut chance = Chance::new(31);
        let (mut flat, mut real) = (Talk::default(), Talk::default());
        for _ in 0..120 {
            let length = 44 + chance.below(256);
            flat.datagram(&chance.bytes(length));
            let length = 44 + (chance.unit() * chance.unit() * 600.0) as usize;
            real.datagram(&chance.bytes(length));
        }
        assert_eq!(flat.judge().verdict, Verdict::Suspect);
        assert_eq!(real.judge().verdict, Verdict::Opaque);
    }

    #[test]
    fn datagrams_with_counters_are_not() {
        let mut chance = Chance::new(36);
        let mut talk = Talk::default();
        for number in 0..120u32 {
            let length = 44 + chance.below(256);
            talk.datagram(&[&number.to_be_bytes(), chance.bytes(length).as_slice()].concat());
        }
        assert!(!talk.judge().junk);
    }
}
