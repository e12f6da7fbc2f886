//! Media packets with more bytes than the clock they carry leaves room for.
//!
//! Speaks for: RTP of a payload type that fixes how many bytes a tick of its clock takes (G.711, G.722, L16, GSM, G.728, G.729), whose
//! clock advances by one step, and that goes on with evenly drawn bytes in many lengths behind as many as are due; and for such bytes
//! that are declared as padding (the P bit), which fills blocks of a cipher where there is one, and is zeros where there is none, so that
//! noise in the clear behind sound in the clear is for nothing. Silent for: padding of zeros or of few bytes, authentication tags, which
//! have one length, changes of the step, silence, types that are agreed on by signalling. Minimum: 12 packets with surplus, a third of
//! all, 4 lengths, 128 bytes; of padding 4 lengths over 16.

use std::collections::{BTreeMap, BTreeSet};

use super::{Look, Pool};
use crate::content::{big, place};
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest packets with surplus, lengths of it, and bytes.
const PACKETS: usize = 12;
const LENGTHS: usize = 4;
const BYTES: usize = 128;
/// The bytes of a block of a cipher, which padding fills.
const BLOCK: u32 = 16;
/// Packets between two that are sampled, at most.
const APART: u64 = 64;

/// A packet of RTP.
struct Packet<'a> {
    kind: u8,
    sequence: u64,
    clock: u64,
    source: u64,
    media: &'a [u8],
    padded: bool,
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let datagrams = look.reading.stretches.iter().filter(|stretch| stretch.datagram && stretch.whole);
    let mut packets: Vec<Packet<'_>> = datagrams.filter_map(|stretch| packet(&stretch.bytes)).collect();
    if packets.len() < PACKETS || packets.len() * 2 < look.reading.stretches.len() {
        return Vec::new();
    }
    packets.retain(|packet| due(packet.kind, 480).is_some());
    let Some(step) = step(&packets) else { return Vec::new() };
    judge(&packets, step, look.limit).or_else(|| padded(&packets, step, look.limit)).into_iter().collect()
}

fn packet(bytes: &[u8]) -> Option<Packet<'_>> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let mut start = 12 + 4 * usize::from(first & 15);
    if first & 0x10 != 0 {
        start += 4 + 4 * place(big(bytes, start + 2, 2)?);
    }
    (first >> 6 == 2).then_some(Packet {
        kind: second & 0x7F,
        sequence: big(bytes, 2, 2)?,
        clock: big(bytes, 4, 4)?,
        source: big(bytes, 8, 4)?,
        media: bytes.get(start..)?,
        padded: first & 0x20 != 0,
    })
}

/// How many bytes so many ticks of the clock take (RFC 3551); `None` for types that do not say.
fn due(kind: u8, ticks: u64) -> Option<usize> {
    let (bytes, every) = match kind {
        0 | 8 | 9 => (1, 1),
        3 => (33, 160),
        10 => (4, 1),
        11 => (2, 1),
        15 => (1, 4),
        18 => (10, 80),
        _ => return None,
    };
    ticks.is_multiple_of(every).then(|| place(ticks / every * bytes))
}

/// The step by which the clock advances from packet to packet, where it is nearly always the same.
fn step(packets: &[Packet<'_>]) -> Option<u64> {
    let mut steps: BTreeMap<u64, usize> = BTreeMap::new();
    let mut pairs = 0;
    for pair in packets.windows(2) {
        let [one, other] = pair else { continue };
        let between = other.sequence.wrapping_sub(one.sequence) & 0xFFFF;
        let ticks = other.clock.wrapping_sub(one.clock) & 0xFFFF_FFFF;
        if (one.source, one.kind) != (other.source, other.kind) || !(1..=APART).contains(&between) {
            continue;
        }
        pairs += 1;
        if ticks.is_multiple_of(between) {
            *steps.entry(ticks / between).or_default() += 1;
        }
    }
    let (step, count) = steps.into_iter().max_by_key(|(_, count)| *count)?;
    (pairs >= PACKETS - 2 && count * 10 >= pairs * 8 && (40..=1920).contains(&step)).then_some(step)
}

/// Noise that is declared as padding behind as many bytes as are due.
fn padded(packets: &[Packet<'_>], step: u64, limit: f64) -> Option<Evidence> {
    let (mut pool, mut sound) = (Pool::default(), Vec::new());
    for packet in packets.iter().filter(|packet| packet.padded) {
        let (Some(due), Some(count)) = (due(packet.kind, step), packet.media.last()) else { continue };
        let Some((media, padding)) = packet.media.split_at_checked(due) else { continue };
        if let Some((_, noise)) = padding.split_last().filter(|_| padding.len() == usize::from(*count)) {
            pool.put(noise, packet.media.len() + 12, true);
            sound.extend_from_slice(media);
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().filter(|length| *length > BLOCK).collect();
    let enough = pool.count >= PACKETS && pool.total >= BYTES && lengths.len() >= LENGTHS;
    let drawn = even(&pool.bytes, limit).filter(|_| enough && even(&sound, limit).is_none())?;
    let text = format!(
        "{} of {} packets of RTP declare padding that is {} drawn evenly ({:.1} standard deviations), in {} lengths, behind sound in the clear",
        pool.count,
        packets.len(),
        drawn.alphabet.name(),
        drawn.deviations,
        lengths.len()
    );
    let found = Evidence::statistic(pool.count, pool.share(), 0.65, text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

fn judge(packets: &[Packet<'_>], step: u64, limit: f64) -> Option<Evidence> {
    let mut pool = Pool::default();
    for packet in packets.iter().filter(|packet| !packet.padded) {
        let surplus = due(packet.kind, step).and_then(|due| packet.media.get(due..));
        if let Some(surplus) = surplus.filter(|surplus| !surplus.is_empty()) {
            pool.put(surplus, packet.media.len() + 12, true);
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let enough = pool.count >= PACKETS && pool.count * 3 >= packets.len() && pool.total >= BYTES;
    if !enough || lengths.len() < LENGTHS || pool.same {
        return None;
    }
    let drawn = even(&pool.bytes, limit)?;
    let text = format!(
        "{} of {} packets of RTP hold more than the {step} ticks take by which their clock advances: {} {} ({:.1} standard deviations) in {} lengths, and no padding is declared",
        pool.count,
        packets.len(),
        pool.total,
        drawn.alphabet.name(),
        drawn.deviations,
        lengths.len()
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    /// Packets of a type, each with `more` behind 160 bytes of sound.
    fn is_junk(kind: u8, first: u8, more: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(31);
        let mut talk = Talk::default();
        for n in 0..40u16 {
            let sound: Vec<u8> =
                (0..160).map(|_| 0x70 + chance.below(9) as u8 + chance.below(9) as u8).collect();
            let clock = (90_000 + u32::from(n) * 160).to_be_bytes();
            let head = [&[first, kind][..], &(700 + n).to_be_bytes(), &clock, &[1, 2, 3, 4]].concat();
            let more = more(&mut chance);
            talk.datagram(&[head, sound, more].concat());
        }
        let reasons = talk.judge().reasons;
        let is_told =
            |reason: &String| reason.contains("their clock advances") || reason.contains("declare padding");
        reasons.iter().any(is_told)
    }

    /// Padding as it is declared: the last byte counts all of it.
    fn padding(noise: Vec<u8>) -> Vec<u8> {
        let count = u8::try_from(noise.len() + 1).unwrap();
        [noise, vec![count]].concat()
    }

    #[test]
    fn noise_that_is_declared_as_padding_is_suspect_and_zeros_and_blocks_are_not() {
        let of = |least: usize, width: usize| {
            is_junk(0, 0xA0, move |chance| {
                let length = least + chance.below(width);
                padding(chance.bytes(length))
            })
        };
        assert!(of(3, 90));
        assert!(!of(3, 13));
        assert!(!of(40, 3));
        assert!(!is_junk(0, 0xA0, |chance| padding(vec![0; chance.below(90)])));
        assert!(!is_junk(0, 0xA0, |chance| {
            let length = 3 + chance.below(90);
            [chance.bytes(length), vec![200]].concat()
        }));
    }

    #[test]
    fn padding_of_sound_that_is_sealed_itself_is_not() {
        let mut chance = Chance::new(32);
        let mut talk = Talk::default();
        for n in 0..40u16 {
            let clock = (90_000 + u32::from(n) * 160).to_be_bytes();
            let head = [&[0xA0, 0][..], &(700 + n).to_be_bytes(), &clock, &[1, 2, 3, 4]].concat();
            let length = 3 + chance.below(90);
            talk.datagram(&[head, chance.bytes(160), padding(chance.bytes(length))].concat());
        }
        assert!(!talk.judge().junk);
    }

    fn drawn(chance: &mut Chance) -> Vec<u8> {
        let length = chance.below(50);
        chance.bytes(length)
    }

    #[test]
    fn more_bytes_than_are_due_are_junk() {
        for kind in [0, 8, 9] {
            assert!(is_junk(kind, 0x80, drawn));
        }
        assert!(is_junk(0x80, 0x80, |chance| {
            let length = 4 + chance.below(50);
            chance.of(b"0123456789abcdef", length)
        }));
    }

    #[test]
    fn tags_padding_sound_and_types_of_any_size_are_not() {
        assert!(!is_junk(0, 0x80, |chance| chance.bytes(10)));
        assert!(!is_junk(0, 0xA0, drawn));
        assert!(!is_junk(96, 0x80, drawn));
        assert!(!is_junk(0, 0x80, |chance| vec![0; chance.below(50)]));
        assert!(!is_junk(0, 0x80, |chance| {
            let length = 40 * chance.below(3);
            (0..length).map(|_| 0x70 + chance.below(9) as u8 + chance.below(9) as u8).collect()
        }));
    }
}
