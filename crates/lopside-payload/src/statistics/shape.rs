//! What content looks like beside how evenly its bytes are drawn: printable, compressible, repeating, alike from message to message.

use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress};
use lopside_model::payload::Shape;

use super::{Counts, SizeLaw, size_law};
use crate::class::printable_share;

/// What is compressed and looked through for runs, and what of it for a period.
const LOOKED: usize = 4 << 10;
const LOOKED_FOR_PERIOD: usize = 1 << 10;
/// The fewest bytes that are.
const LEAST: usize = 64;
/// The longest period.
const PERIOD: usize = 64;
/// The places at the start of messages that are compared, and the fewest messages.
const PLACES: usize = 32;
const MESSAGES: usize = 4;

/// The shape of one direction.
///
/// In: its messages as far as they were kept, how often each byte occurs in them, and the sizes of messages, or of frames, in bytes.
pub(crate) fn shape(messages: &[&[u8]], counts: &Counts, sizes: &[u32]) -> Shape {
    let mut looked = Vec::with_capacity(LOOKED);
    for message in messages {
        let room = LOOKED - looked.len();
        looked.extend_from_slice(message.get(..room.min(message.len())).unwrap_or_default());
    }
    Shape {
        printable: printable_share(counts),
        compressed: compressed(&looked),
        longest_run: longest_run(&looked),
        period: period(looked.get(..LOOKED_FOR_PERIOD).unwrap_or(&looked)),
        steady_places: steady_places(messages),
        sizes: law(sizes),
    }
}

thread_local! {
    /// Setting up the tables of deflate takes longer than deflating what is looked at.
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// The share of its length that deflate leaves at its fastest; over 1 for random bytes.
fn compressed(bytes: &[u8]) -> Option<f64> {
    if bytes.len() < LEAST {
        return None;
    }
    let mut packed = vec![0; bytes.len() + bytes.len() / 8 + LEAST];
    DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        deflate.compress(bytes, &mut packed, FlushCompress::Finish).ok()?;
        Some(deflate.total_out() as f64 / bytes.len() as f64)
    })
}

/// The longest run of one value, in bytes.
fn longest_run(bytes: &[u8]) -> u64 {
    bytes.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0) as u64
}

/// The shortest distance at which more than half of the bytes come again, where runs of one value are left out.
fn period(bytes: &[u8]) -> Option<u64> {
    if bytes.len() < 4 * PERIOD {
        return None;
    }
    let changes: Vec<u8> =
        bytes.iter().zip(bytes.iter().skip(1)).map(|(byte, next)| u8::from(byte != next)).collect();
    (2..=PERIOD).find_map(|period| {
        let (same, all) = again(bytes, bytes.get(period..).unwrap_or_default(), &changes);
        (all >= PERIOD && same * 2 > all).then_some(period as u64)
    })
}

/// How many bytes are the ones at the same place of `later`, and of how many, where only places with a change count.
fn again(bytes: &[u8], later: &[u8], changes: &[u8]) -> (usize, usize) {
    // Sums of one byte for as many places as it can count: so they are summed up many at a time.
    const PART: usize = 128;
    let (mut same, mut all) = (0, 0);
    for ((bytes, later), changes) in bytes.chunks(PART).zip(later.chunks(PART)).zip(changes.chunks(PART)) {
        let (mut same_here, mut all_here) = (0u8, 0u8);
        for ((byte, later), change) in bytes.iter().zip(later).zip(changes) {
            all_here += change;
            same_here += u8::from(byte == later) & change;
        }
        same += usize::from(same_here);
        all += usize::from(all_here);
    }
    (same, all)
}

/// The share of the first places of messages that hold one value in nine of ten of them.
fn steady_places(messages: &[&[u8]]) -> Option<f64> {
    let long: Vec<&&[u8]> = messages.iter().filter(|message| message.len() >= 8).collect();
    let shortest = long.iter().map(|message| message.len()).min()?.min(PLACES);
    if long.len() < MESSAGES {
        return None;
    }
    let steady = (0..shortest).filter(|place| {
        let mut counts = [0usize; 256];
        for byte in long.iter().filter_map(|message| message.get(*place)) {
            counts[usize::from(*byte)] += 1;
        }
        counts.iter().any(|count| count * 10 >= long.len() * 9)
    });
    Some(steady.count() as f64 / shortest as f64)
}

/// The law of sizes in words, where they follow one.
fn law(sizes: &[u32]) -> Option<String> {
    match size_law(sizes) {
        SizeLaw::Constant(size) => Some(format!("always {size}")),
        SizeLaw::Quantised(step) => Some(format!("multiples of {step}")),
        SizeLaw::Flat { least, most, .. } => Some(format!("flat from {least} to {most}")),
        SizeLaw::TooFew | SizeLaw::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::histogram;
    use crate::testing::Chance;

    fn of(messages: &[Vec<u8>]) -> Shape {
        let slices: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let sizes: Vec<u32> = messages.iter().map(|message| message.len() as u32).collect();
        shape(&slices, &histogram(&messages.concat()), &sizes)
    }

    #[test]
    fn text_noise_and_blocks_have_their_shapes() {
        let mut chance = Chance::new(3);
        let text: Vec<Vec<u8>> = (0..8)
            .map(|n| format!("GET /item/{n} of the list that is there, and no more\n").into_bytes())
            .collect();
        let told = of(&text);
        assert_eq!((told.printable, told.longest_run, told.period.is_some()), (1.0, 1, true));
        assert!(told.compressed.unwrap() < 0.4 && told.steady_places.unwrap() > 0.9);
        assert_eq!(told.sizes.as_deref(), Some("always 51"));

        let noise: Vec<Vec<u8>> = (0..8).map(|_| chance.bytes(300)).collect();
        let told = of(&noise);
        assert!(told.compressed.unwrap() > 0.99 && told.printable < 0.5 && told.steady_places.unwrap() < 0.1);
        assert_eq!(told.period, None);

        let block = chance.bytes(7);
        let told = of(&[block.repeat(90)]);
        assert_eq!((told.period, told.steady_places, told.sizes), (Some(7), None, None));
        let told = of(&[vec![0; 400]]);
        assert_eq!((told.period, told.longest_run), (None, 400));
    }

    #[test]
    fn too_little_has_no_shape() {
        let told = of(&[b"abc".to_vec()]);
        assert_eq!((told.compressed, told.period, told.steady_places, told.sizes), (None, None, None, None));
    }
}
