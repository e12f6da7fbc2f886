//! Zeek: what a network sensor saw of each conversation, with its bytes.
//!
//! Read are `conn`, `conn_long`, `dns`, `ssl`, `quic`, `http`, `files` and `dhcp`, as TSV ([`tsv`]) and as JSON ([`json`]); `conn` as Filebeat renders it, too ([`ecs`]). Other logs
//! are counted by name. Each log has a file of its own that turns a record into the model's rows.

mod conn;
mod dhcp;
mod dns;
pub mod ecs;
mod field;
mod files;
mod header;
mod history;
mod http;
pub mod json;
mod log;
#[cfg(test)]
mod mutations;
mod names;
mod quality;
mod quic;
mod read;
mod seen;
mod sensor;
mod ssl;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod tsv;

pub use sensor::sensor_of;
