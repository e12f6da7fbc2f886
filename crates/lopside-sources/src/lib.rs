//! Telemetry formats: files to records.
//!
//! In: paths, or standard input. Out: rows of the model's tables, put into a [`source::Sink`], and a [`report::ReadReport`] of what was
//! read, left out and damaged.
//!
//! [`read::read_paths`] does the whole: [`input`] opens each file through its containers, the source of each stream is found by its
//! content, and streams are read side by side, large ones in stretches. JSON goes object by object to the source that it
//! belongs to, by way of [`fields`].
//!
//! Each source is a folder. A new one adds its folder, a line here and a line in `recognise.rs`.

pub mod fields;
pub mod input;
mod job;
mod objects;
pub mod read;
mod recognise;
pub mod report;
pub mod source;
mod streams;

pub mod elastic;
pub mod evtx;
pub mod pcap;
pub mod vmconnection;
pub mod windows;
pub mod winjson;
pub mod winxml;
pub mod zeek;
