//! Bytes behind datagrams of protocols that say themselves how long they are: STUN and NTP.
//!
//! Speaks for: more bytes than the length field of STUN says, and bytes behind the 48 of NTP that are neither a chain of extension fields nor an
//! authenticator. Silent for: NTP with keys and cookies. Minimum: 3 datagrams, 48 bytes in all, lengths that vary by 4 or more.

use super::{Look, Pool};
use crate::content::{big, place};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};

/// Where a message of a protocol ends; `None` where it is none.
type End = fn(&[u8]) -> Option<usize>;

/// The fewest datagrams.
const LEAST: usize = 3;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let protocols: [(&str, End); 2] = [("STUN", stun), ("NTP", ntp)];
    let datagrams: Vec<&Unit<'_>> =
        look.reading.units.iter().filter(|unit| unit.carrier == Carrier::Datagram && unit.whole).collect();
    protocols.into_iter().filter_map(|(name, end)| judge(name, &datagrams, end)).collect()
}

fn judge(name: &str, datagrams: &[&Unit<'_>], end: End) -> Option<Evidence> {
    let (mut pool, mut speak) = (Pool::default(), 0);
    for unit in datagrams {
        let Some(end) = end(&unit.bytes) else { continue };
        speak += 1;
        let rest = unit.bytes.get(end..).unwrap_or_default();
        if rest.len() >= 4 {
            pool.put(rest, unit.bytes.len(), true);
        }
    }
    let varied = pool.lengths.iter().max()? - pool.lengths.iter().min()? >= 4;
    let enough = pool.count >= LEAST && pool.total >= 48 && speak * 10 >= datagrams.len() * 8;
    (enough && varied).then(|| {
        let text = format!(
            "{} of {speak} datagrams of {name} have undeclared bytes behind their end: {} bytes, {:.0} % of them",
            pool.count,
            pool.total,
            pool.share() * 100.0
        );
        Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)
    })
}

/// The end of a message of STUN, by its length field (RFC 8489).
fn stun(bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    let length = place(big(bytes, 2, 2)?);
    let fits = first & 0xC0 == 0 && big(bytes, 4, 4)? == 0x2112_A442 && length.is_multiple_of(4);
    (fits && length + 20 <= bytes.len()).then_some(length + 20)
}

/// The end of a message of NTP (RFC 5905 and 7822): 48 bytes, extension fields, an authenticator.
fn ntp(bytes: &[u8]) -> Option<usize> {
    const HEADER: usize = 48;
    let [first, stratum, poll, precision, ..] = bytes else { return None };
    let (version, mode) = (first >> 3 & 7, first & 7);
    // Stratum up to 16; poll and precision are powers of two, of seconds, up to 2^17 and down to 2^-32.
    let plausible = matches!(version, 3 | 4) && (1..=5).contains(&mode) && *stratum <= 16 && *poll <= 17;
    // Half of a second of 1968 to 2104 and more: the transmit time is set, the delay and the dispersion are small.
    let small = big(bytes, 4, 2)? < 64 && big(bytes, 8, 2)? < 64;
    let precise = *precision == 0 || *precision >= 0xE0;
    if !plausible || !small || !precise || big(bytes, 40, 4)? < 1 << 31 || bytes.len() < HEADER {
        return None;
    }
    let mut at = HEADER;
    while bytes.len() - at >= 28
        && let Some(length) = big(bytes, at + 2, 2).map(place)
        && length >= 16
        && length.is_multiple_of(4)
        && at + length <= bytes.len()
    {
        at += length;
    }
    // A key identifier alone, or with a digest.
    let left = bytes.len() - at;
    Some(if matches!(left, 4 | 20 | 24 | 36 | 52 | 68) { bytes.len() } else { at })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn judged(make: impl Fn(&mut Chance, u32) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(3);
        let mut talk = Talk::default();
        for n in 0..12 {
            talk.datagram(&make(&mut chance, n));
        }
        talk.judge().junk
    }

    fn stun(chance: &mut Chance, length: u8) -> Vec<u8> {
        [&[0, 1, 0, length, 0x21, 0x12, 0xA4, 0x42], chance.bytes(12).as_slice()].concat()
    }

    fn ntp(chance: &mut Chance, n: u32) -> Vec<u8> {
        [&[0x23, 0, 6, 0xE9][..], &[0; 36], &(3_981_506_400 + n * 64).to_be_bytes(), &chance.bytes(4)]
            .concat()
    }

    #[test]
    fn bytes_behind_the_end_are_junk() {
        let law = |chance: &mut Chance| 10 + chance.below(60);
        assert!(judged(|c, _| {
            let n = law(c);
            [stun(c, 0), c.bytes(n)].concat()
        }));
        assert!(judged(|c, n| {
            let length = law(c);
            [ntp(c, n), c.of(b"abcdefghijklmnopqrstuvwxyz", length)].concat()
        }));
    }

    #[test]
    fn attributes_extensions_and_authenticators_are_not() {
        assert!(!judged(|c, _| [stun(c, 12), vec![0, 0x20, 0, 8], c.bytes(8)].concat()));
        assert!(!judged(ntp));
        assert!(!judged(|c, n| [ntp(c, n), vec![0, 0, 0, 1], c.bytes(16)].concat()));
        let extended = |c: &mut Chance, n: u32| {
            let length = 4 * (4 + c.below(9));
            [ntp(c, n), vec![1, 4, 0, length as u8], c.bytes(length - 4), vec![2, 4, 0, 32], c.bytes(28)]
                .concat()
        };
        assert!(!judged(extended));
    }
}
