//! The nouns of Lopside and the schemas of its tables.
//!
//! In: nothing; this crate reads no file, no clock and no environment.
//! Out: typed rows and their Arrow schemas ([`tables`]), times ([`time`]), addresses and names ([`net`], [`name`]), byte counts
//! with quality and layer ([`bytes`]), processes and their identity ([`process`], [`identity`]), channels ([`channel`]) and
//! findings ([`finding`]). The vocabulary is that of `ARCHITECTURE.md`: one word, one meaning.

pub mod bytes;
pub mod channel;
pub mod finding;
pub mod identity;
pub mod name;
pub mod net;
pub mod payload;
pub mod process;
pub mod record;
pub mod table;
pub mod tables;
pub mod time;
pub mod words;

pub use bytes::{Bytes, Layer, Quality};
pub use net::{Endpoint, Protocol, Scope};
pub use time::Micros;
