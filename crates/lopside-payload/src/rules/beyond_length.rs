//! Printable noise or short noise behind the document whose length a datagram says.
//!
//! Speaks for: datagrams with a number before a document that is its length, and evenly drawn bytes behind its end that nothing counts,
//! of many lengths. Silent for: bytes as long as a nonce and a code or longer, unless they can be printed and no encoder gives them;
//! codes of one length; a number that goes with their length. Minimum: 12 datagrams, nine tenths of them with 4 bytes and more behind the
//! end, 4 lengths, 96 bytes.

use super::Look;
use crate::content::{big, decimal, little, place};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::{Alphabet, even};

/// The fewest datagrams, and the fewest bytes of noise.
const LEAST: usize = 12;
const LEAST_NOISE: usize = 96;
/// The longest header.
const HEADER: usize = 24;
/// A nonce and a code have as many bytes or more.
const SEALED: usize = 20;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let datagrams = look.reading.units.iter().filter(|unit| unit.carrier == Carrier::Datagram && unit.whole);
    let (mut noise, mut lengths, mut totals, mut around, mut count) = (Vec::new(), Vec::new(), 0, 0, 0);
    for unit in datagrams {
        count += 1;
        let Some((start, end)) = counted(unit) else { continue };
        let bytes = unit.bytes.as_ref();
        let tail = bytes.get(end..).unwrap_or_default();
        if tail.len() >= 4 {
            totals +=
                usize::from(is_counted(bytes.get(..start).unwrap_or_default(), tail.len(), bytes.len()));
            noise.extend_from_slice(tail);
            lengths.push(tail.len());
            around += bytes.len();
        }
    }
    let tails = lengths.len();
    let shortest = lengths.iter().min().copied().unwrap_or(0);
    let odd = lengths.iter().filter(|length| *length % 4 == 1).count();
    lengths.sort_unstable();
    lengths.dedup();
    let enough =
        count >= LEAST && tails * 10 >= count * 9 && noise.len() >= LEAST_NOISE && lengths.len() >= 4;
    if !enough || totals * 4 > tails {
        return Vec::new();
    }
    let Some(found) = even(&noise, look.limit) else { return Vec::new() };
    let plausible = match found.alphabet {
        Alphabet::Bytes => shortest >= SEALED,
        Alphabet::Base62 | Alphabet::Base64 => odd * 8 < tails,
        Alphabet::Hex | Alphabet::Digits => true,
        _ => false,
    };
    if plausible {
        return Vec::new();
    }
    let share = noise.len() as f64 / around as f64;
    let text = format!(
        "{tails} of {count} datagrams say how long their document is and have noise behind it ({}): {} bytes of {} lengths, {:.0} % of them",
        found.alphabet.name(),
        noise.len(),
        lengths.len(),
        share * 100.0
    );
    vec![Evidence::statistic(tails, share, 0.65, text).with_deviations(found.deviations).with_example(&noise)]
}

/// Where the document of a datagram starts and ends, where a number before it is its length.
fn counted(unit: &Unit<'_>) -> Option<(usize, usize)> {
    let bytes = unit.bytes.as_ref();
    let head = bytes.get(..bytes.len().min(HEADER))?;
    let start = head.iter().position(|byte| matches!(byte, b'{' | b'[' | b'<'))?;
    let document = crate::content::document::at_start(bytes.get(start..)?, true)?;
    let said = is_counted(bytes.get(..start)?, document.end, document.end);
    (document.complete && document.end >= 16 && said).then_some((start, start + document.end))
}

/// Whether a number in a header, in bytes or in digits, is one of two lengths, or counts the header too.
fn is_counted(header: &[u8], one: usize, other: usize) -> bool {
    let is_length = |number: u64| {
        let number = place(number);
        [one, other, one + header.len()].contains(&number)
    };
    let binary = (0..header.len()).any(|at| {
        [2, 4].into_iter().any(|width| {
            [big(header, at, width), little(header, at, width)].into_iter().flatten().any(is_length)
        })
    });
    let digits = || header.split(|byte| !byte.is_ascii_digit()).filter_map(decimal).any(is_length);
    binary || digits()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_junk(tail: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(49);
        let mut talk = Talk::default();
        for number in 0..30u16 {
            let document =
                format!("{{\"t\":{number},\"state\":\"{}\"}}", "quiet ".repeat(2 + chance.below(6)));
            let length = u16::try_from(document.len()).unwrap().to_be_bytes();
            let tail = tail(&mut chance);
            let head = [b"TELM".as_slice(), &number.to_be_bytes(), &length].concat();
            talk.datagram(&[head.as_slice(), document.as_bytes(), &tail].concat());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("say how long their document is"))
    }

    const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    #[test]
    fn short_and_printable_noise_behind_the_end_is_suspect() {
        assert!(is_junk(|chance| {
            let length = 6 + chance.below(8);
            chance.bytes(length)
        }));
        assert!(is_junk(|chance| {
            let length = 9 + chance.below(14);
            chance.of(BASE62, length)
        }));
    }

    #[test]
    fn codes_and_sealed_parts_are_not() {
        assert!(!is_junk(|chance| chance.bytes(32)));
        assert!(!is_junk(|chance| {
            let length = 28 + chance.below(200);
            chance.bytes(length)
        }));
        assert!(!is_junk(|chance| {
            let length = 8 + chance.below(90);
            crate::testing::encode(&chance.bytes(length))
        }));
        assert!(!is_junk(|_| Vec::new()));
    }
}
