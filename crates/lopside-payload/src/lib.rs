//! What the content of a conversation says: structure, randomness, padding and junk.
//!
//! In: the content of one conversation, in order, as a reader of captures assembles it ([`Sampler`]).
//! Out: one [`lopside_model::payload::Payload`]: a verdict with reasons in words and numbers.
//! May not: read, write, look at a clock, or keep more of a conversation than [`Settings`] allow.
//!
//! Structure against content is evidence: bytes behind the end of a document, content that belies its declared type, an encoding that
//! decodes only after cleaning. Randomness alone is not: ciphertext, signatures and tokens look the same, and are `opaque`.

mod class;
mod content;
mod evidence;
mod excerpt;
mod judge;
mod noise;
mod peel;
mod reading;
mod rules;
mod sample;
mod sampler;
mod settings;
mod spans;
mod statistics;
#[cfg(test)]
mod testing;

pub use judge::{Context, LEAST_BYTES};
pub use sampler::{Direction, Sampler};
pub use settings::{EntropyThreshold, Settings};
