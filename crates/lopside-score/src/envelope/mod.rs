//! Envelopes: the expected use of sanctioned senders, and what becomes of a channel inside and outside of one.
//!
//! In: the text of the file that people keep ([`Envelopes::parse`]), channels of a partition ([`Envelopes::judge`]), their scores. Out: a
//! verdict a day, scores without what is inside and with the points of what left its limits ([`Sanction`]), and counts ([`tally()`]).
//! Pure: no file, no clock; days count by their own date.

mod apply;
mod audit;
mod breach;
mod entry;
mod file;
mod judge;
pub mod pattern;
pub mod place;
mod propose;
mod reading;
mod suggest;
mod tally;
#[cfg(test)]
mod testing;
mod written;

pub use apply::Sanction;
pub use audit::{Remark, RemarkKind, audit};
pub use breach::{Breach, Left, WHOLE_POINTS};
pub use entry::{Envelope, image_and_runs};
pub use file::{Envelopes, FileError, VERSION, line_of};
pub use judge::{Standing, Verdict, Verdicts};
pub use propose::{hides, propose};
pub use reading::{EntryError, date_of, day_of, size};
pub use suggest::{Suggestion, Wanted, suggest};
pub use tally::{Tally, tally};
pub use written::{Amount, Date, Texts, Written};
