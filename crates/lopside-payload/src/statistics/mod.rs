//! Statistics of bytes and of sizes, each against what chance gives at exactly that length.

mod alphabet;
mod collision;
mod entropy;
mod language;
mod places;
mod profile;
mod shape;
mod sizes;
mod tally;

pub(crate) use alphabet::{Alphabet, Even, even, even_among, even_tally, without_own, without_stand_ins};
pub(crate) use collision::{Counts, collision, pair_collision};
pub(crate) use entropy::{entropy_bits, entropy_of_random};
pub(crate) use language::{Before, letter_bits};
pub(crate) use places::{FewCounts, Places, count};
pub(crate) use profile::along;
pub(crate) use shape::shape;
pub(crate) use sizes::{SizeLaw, size_law, size_law_from};
pub(crate) use tally::{Tally, sort};

/// A mean and a standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Null {
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
}

/// How often each byte value occurs.
pub(crate) fn histogram(bytes: &[u8]) -> Counts {
    // Four tables, so that a run of one value does not wait for its own counter.
    let mut tables = [[0u32; 256]; 4];
    let mut quads = bytes.chunks_exact(4);
    for quad in &mut quads {
        for (table, byte) in tables.iter_mut().zip(quad) {
            table[usize::from(*byte)] += 1;
        }
    }
    let mut counts = [0u32; 256];
    for (value, count) in counts.iter_mut().enumerate() {
        *count = tables.iter().map(|table| table[value]).sum();
    }
    for byte in quads.remainder() {
        counts[usize::from(*byte)] += 1;
    }
    counts
}
