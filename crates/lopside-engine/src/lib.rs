//! The stages read → join → sum → usual → score, and the driver that takes partitions through them.
//!
//! In: paths and [`driver::Options`]. Out: a [`driver::Outcome`]: findings, transfers, usage, coverage, clocks and the report of what
//! was read. A stage is a pure function from the tables of one partition to tables ([`stages`]); two exchanges
//! ([`exchange`]) bring rows to their partitions, in memory or on disk. Nothing in a stage knows where it runs.

pub mod driver;
pub mod error;
pub mod exchange;
pub mod host;
pub mod intake;
pub mod join;
pub mod kept;
mod numbers;
pub mod order;
pub mod sanctioned;
pub mod spill;
pub mod stages;
pub mod usual;
