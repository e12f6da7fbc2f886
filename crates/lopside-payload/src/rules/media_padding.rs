//! Noise that fills packets of media whose sound and pictures are in clear.
//!
//! Padding of RTP is zeros, or part of what is encrypted, and encoders fill the packets of MPEG-TS that carry nothing with one value.
//! Nobody draws bytes for what each receiver throws away.
//!
//! Speaks for: padding that packets of RTP declare behind media in clear, and packets of MPEG-TS that carry nothing (number 0x1FFF) among
//! others in clear, that are drawn evenly, RTP's in many lengths. Silent for: zeros and other values, media that are encrypted (drawn
//! evenly too), packets of nothing but padding, padding up to blocks. Minimum: 12 packets with padding, 4 lengths, 128 bytes; 6 packets
//! that carry nothing and 6 others.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::content::big;
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest packets, lengths of padding, and bytes of it.
const PADDED: usize = 12;
const LENGTHS: usize = 4;
const BYTES: usize = 128;
/// The head of RTP, and the least media behind it.
const HEAD: usize = 12;
const MEDIA: usize = 16;
/// Padding that fills blocks of an older cipher.
const BLOCK: usize = 8;
/// A packet of MPEG-TS, its head, its first byte, the number of those that carry nothing, and the fewest of either kind.
const PACKET: usize = 188;
const PACKET_HEAD: usize = 4;
const SYNC: u8 = 0x47;
const NOTHING: u64 = 0x1FFF;
const PACKETS: usize = 6;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    [padding(look), packets_of_nothing(look)].into_iter().flatten().collect()
}

fn padding(look: &Look<'_>) -> Option<Evidence> {
    let datagrams = look.reading.stretches.iter().filter(|stretch| stretch.datagram);
    let (mut pool, mut media, mut all, mut blocks) = (Pool::default(), Vec::new(), 0, 0);
    for packet in datagrams.map(|stretch| stretch.bytes.as_ref()) {
        // A datagram may hold nothing.
        let Some(first) = packet.first() else { continue };
        all += usize::from(first >> 6 == 2);
        let Some((content, padding)) = padded(packet).filter(|_| first >> 6 == 2 && first & 0x20 != 0) else {
            continue;
        };
        pool.put(padding, packet.len(), true);
        media.extend_from_slice(content);
        blocks += usize::from((content.len() + padding.len() + 1).is_multiple_of(BLOCK));
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let few = pool.count < PADDED || pool.count * 3 < all || lengths.len() < LENGTHS || pool.total < BYTES;
    if few || blocks == pool.count || even(&media, look.limit).is_some() {
        return None;
    }
    let drawn = even(&pool.bytes, look.limit)?;
    let text = format!(
        "{} of {all} packets of RTP are padded behind media in clear with {} {} in {} lengths ({:.1} standard deviations)",
        pool.count,
        pool.total,
        drawn.alphabet.name(),
        lengths.len(),
        drawn.deviations
    );
    let found = Evidence::statistic(pool.count, pool.share(), 0.65, text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

/// The media of a packet of RTP and what its last byte says is padding, without that byte.
fn padded(packet: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = HEAD + 4 * usize::from(packet.first()? & 15);
    let count = usize::from(*packet.last()?);
    let end = packet.len().checked_sub(count).filter(|end| count > 0 && *end >= start + MEDIA)?;
    Some((packet.get(start..end)?, packet.get(end..packet.len() - 1)?))
}

fn packets_of_nothing(look: &Look<'_>) -> Option<Evidence> {
    let (mut pool, mut others, mut count) = (Pool::default(), Vec::new(), 0);
    let is_packets = |bytes: &[u8]| {
        bytes.len() >= PACKET && bytes.chunks_exact(PACKET).all(|packet| packet.first() == Some(&SYNC))
    };
    for unit in look.reading.units.iter().filter(|unit| is_packets(&unit.bytes)) {
        for packet in unit.bytes.chunks_exact(PACKET) {
            let (Some(number), Some(content)) = (big(packet, 1, 2), packet.get(PACKET_HEAD..)) else {
                continue;
            };
            if number & NOTHING == NOTHING {
                pool.put(content, 0, true);
            } else if others.len() < 1 << 14 {
                others.extend_from_slice(content);
                count += 1;
            }
        }
        pool.around += unit.bytes.len();
    }
    if pool.count < PACKETS || count < PACKETS || even(&others, look.limit).is_some() {
        return None;
    }
    let drawn = even(&pool.bytes, look.limit)?;
    let text = format!(
        "{} packets of MPEG-TS that carry nothing are {} {} ({:.1} standard deviations) among others in clear",
        pool.count,
        pool.total,
        drawn.alphabet.name(),
        drawn.deviations
    );
    let found = Evidence::statistic(pool.count, pool.share(), 0.65, text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn told(count: usize, mut make: impl FnMut(&mut Chance, usize) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(43);
        let mut talk = Talk::default();
        for number in 0..count {
            let packet = make(&mut chance, number);
            talk.datagram(&packet);
        }
        let reasons = talk.judge().reasons;
        reasons
            .iter()
            .any(|reason| reason.contains("behind media in clear") || reason.contains("that carry nothing"))
    }

    fn sound(number: usize, length: usize) -> Vec<u8> {
        (0..length)
            .map(|place| 0xD5 ^ ((40.0 + 35.0 * ((number * 160 + place) as f64 * 0.07).sin()) as u8))
            .collect()
    }

    fn rtp(number: usize, first: u8, media: &[u8], padding: &[u8]) -> Vec<u8> {
        let sequence = (number as u16).to_be_bytes();
        let clock = (number as u32 * 160).to_be_bytes();
        let count = padding.len() as u8 + 1;
        [&[first, 8], sequence.as_slice(), &clock, b"abcd", media, padding, &[count]].concat()
    }

    fn noise(chance: &mut Chance) -> Vec<u8> {
        let length = 8 + chance.below(200);
        chance.bytes(length)
    }

    #[test]
    fn drawn_padding_behind_sound_is_suspect() {
        assert!(told(30, |chance, n| rtp(n, 0xA0, &sound(n, 160), &noise(chance))));
        assert!(!told(10, |chance, n| rtp(n, 0xA0, &sound(n, 160), &noise(chance))));
        // Every fourth packet is not enough.
        assert!(!told(60, |chance, n| {
            let first = if n % 4 == 0 { 0xA0 } else { 0x80 };
            rtp(n, first, &sound(n, 160), &noise(chance))
        }));
    }

    #[test]
    fn zeros_one_length_blocks_and_what_is_encrypted_are_not() {
        assert!(!told(30, |chance, n| rtp(n, 0xA0, &sound(n, 160), &vec![0; 8 + chance.below(200)])));
        assert!(!told(30, |chance, n| rtp(n, 0xA0, &sound(n, 160), &chance.bytes(20))));
        assert!(!told(30, |chance, n| rtp(n, 0xA0, &chance.bytes(160), &noise(chance))));
        assert!(!told(30, |chance, n| {
            let length = 8 * chance.below(9) + 7;
            rtp(n, 0xA0, &sound(n, 160), &chance.bytes(length))
        }));
        assert!(!told(30, |chance, n| rtp(n, 0xA0, &[], &noise(chance))));
        // Padding that is short in all.
        assert!(!told(13, |chance, n| rtp(n, 0xA0, &sound(n, 160), &chance.bytes(8 + n % 4))));
    }

    #[test]
    fn packets_that_carry_nothing_hold_no_noise() {
        let packets =
            |chance: &mut Chance, n: usize, filler: &dyn Fn(&mut Chance) -> Vec<u8>, clear: bool| {
                let mut all = Vec::new();
                for place in 0..7 {
                    let is_nothing = chance.below(3) == 0;
                    let content = match (is_nothing, clear) {
                        (true, _) => filler(chance),
                        (_, true) => sound(n * 7 + place, 184),
                        _ => chance.bytes(184),
                    };
                    let head = if is_nothing { [0x47, 0x1F, 0xFF, 0x10] } else { [0x47, 0x41, 0, 0x10] };
                    all.extend([head.as_slice(), &content].concat());
                }
                all
            };
        assert!(told(9, |chance, n| packets(chance, n, &|chance| chance.bytes(184), true)));
        assert!(!told(1, |chance, n| packets(chance, n, &|chance| chance.bytes(184), true)));
        assert!(!told(9, |chance, n| packets(chance, n, &|_| vec![0xFF; 184], true)));
        assert!(!told(9, |chance, _| [[0x47, 0x1F, 0xFF, 0x10].as_slice(), &chance.bytes(184)].concat()));
        assert!(!told(9, |chance, n| packets(chance, n, &|chance| chance.bytes(184), false)));
    }
}
