//! From what happened to files: what endpoints and sensors record, and how it is written.

mod buckets;
mod event;
mod names;
mod recorder;
mod render;
mod run;
mod security;
mod sysmon;
mod wire;
mod zeek;

pub use run::write_fleet;

pub(crate) use recorder::Recorder;
pub(crate) use sysmon::Connection;
pub(crate) use wire::{Accept, Ends, Wire};
