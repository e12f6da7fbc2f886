//! What every source has in common: where it puts records, and how it says what it could not read.

use lopside_model::Micros;
use lopside_model::record::Record;

/// Takes what a reader finds. One sink serves one worker; the engine sends records on to their partitions.
pub trait Sink {
    /// One source record of this kind was read (`sysmon-3`, `zeek-conn`), written at this time where it has one.
    /// Called once for each, however many rows [`Sink::put`] gets from it.
    fn seen(&mut self, kind: &'static str, time: Option<Micros>);

    /// A row made from the record just seen.
    fn put(&mut self, record: &Record<'_>);

    /// A record of a kind that is known but not used (`sysmon-7`, `zeek-weird`).
    fn ignored(&mut self, kind: &str);

    /// A record that could not be read: its line or record number, and why.
    fn skipped(&mut self, place: u64, reason: &str);
}

/// What a reader needs to know about the input that it reads.
#[derive(Clone, Copy, Debug)]
pub struct InputInfo<'a> {
    /// Number of the input, in the order of the run's inputs.
    pub input: u32,
    /// Its display name, `folder/archive.zip!inner/conn.log`.
    pub name: &'a str,
    /// Which sensor wrote it, where records do not say (inputs of one sensor share this).
    pub sensor: &'a str,
}

/// What a reader made of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was read, ignored or skipped, and the sink knows.
    Done,
    /// It belongs to another source: ask again.
    NotMine,
}
