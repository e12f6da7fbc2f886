//! The fast way from JSON to the few fields that a source wants.
//!
//! A source describes what it wants as a [`Shape`]; [`Fields::read_json`] walks one object and keeps those
//! scalars. [`Framing`] tells whether a file holds one object a line; where it does not, [`DocumentLines`] makes
//! it so, and [`Documents`] streams the objects themselves.

mod documents;
mod framing;
mod layout;
mod names;
mod scan;
mod shape;
mod strings;
mod values;

#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod tests;

pub use documents::{BadDocument, Document, Documents, Problem, WRAPPERS};
pub use framing::{DocumentLines, Framing};
pub use names::Names;
pub use scan::JsonError;
pub use shape::{Shape, Slot, Step};
pub use values::{Fields, Kind};
