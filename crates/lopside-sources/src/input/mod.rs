//! From paths to decoded byte streams: the first step of every source.
//!
//! [`walk()`] finds the files below the given paths in a fixed order. [`Opening::open`] takes one of them through
//! its containers (gzip, zstd, zip, tar, nested) and its text encoding, and calls a visitor with each
//! [`InputStream`]. [`for_each_block`] cuts such a stream into line-aligned blocks that are parsed on all
//! threads; [`LineBlocks`] does the same on one.
//!
//! Nothing here fails as a whole: what cannot be read is an [`InputError`] with the name of the input, and what
//! stands before the damage is delivered. Memory is bounded by [`Limits`], whatever the input.

mod container;
mod error;
mod guard;
mod limits;
mod lines;
mod open;
mod parallel;
mod stream;
mod text;
mod walk;

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod tests;

pub use container::Container;
#[cfg(test)]
pub(crate) use damage_tests::Numbers;
pub use error::{Fault, InputError};
pub use limits::Limits;
pub use lines::{Block, Line, LineBlocks, Lines, LongLine, LongLines};
pub use open::{Opened, Opening};
pub use parallel::{BlockCounts, for_each_block, for_each_block_with};
pub use stream::{InputStream, SNIFF_BYTES};
pub use walk::{InputFile, Inputs, Place, walk};
