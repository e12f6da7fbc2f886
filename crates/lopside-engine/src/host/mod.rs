//! The second exchange: everything that concerns one host meets, transfers get the rest of their process and the name of their
//! destination, and channels are summed.

mod access;
pub mod addresses;
pub mod contacts;
pub mod coverage;
pub mod elsewhere;
mod keys;
pub mod names;
pub mod of_host;
mod parts;
mod ports;
pub mod preludes;
pub mod processes;
pub mod reached;
pub mod resolve;
pub mod sum;
pub mod tables;
pub mod usage;
