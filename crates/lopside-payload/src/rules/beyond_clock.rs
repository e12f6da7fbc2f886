//! Media packets with more bytes than the clock they carry leaves room for.
//!
//! Speaks for: RTP of a payload type that fixes how many bytes a tick of its clock takes (G.711, G.722, L16, GSM, G.728, G.729), whose
//! clock advances by one step, and that goes on with evenly drawn bytes in many lengths behind as many as are due. Silent for: declared
//! padding (the P bit), authentication tags, which have one length, changes of the step, silence, types that are agreed on by signalling.
//! Minimum: 12 packets with surplus, a third of all, 4 lengths, 128 bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::{Look, Pool};
use crate::content::{big, place};
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest packets with surplus, lengths of it, and bytes.
const PACKETS: usize = 12;
const LENGTHS: usize = 4;
const BYTES: usize = 128;
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
    judge(&packets, look.limit).into_iter().collect()
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

fn judge(packets: &[Packet<'_>], limit: f64) -> Option<Evidence> {
    let step = step(packets)?;
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
        talk.judge().reasons.iter().any(|reason| reason.contains("their clock advances"))
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
