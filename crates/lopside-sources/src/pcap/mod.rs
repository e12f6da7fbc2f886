//! Packet captures: pcap and pcapng to measured conversations.
//!
//! In: the bytes of a capture. Out: a flow for each conversation.
//!
//! A container reader (`classic`, `ng`) gives frames; `link`, `ip` and `transport` find what they carry, through tags and
//! tunnels; `fragments` puts packets together; `table` keeps the conversations that go on, in bounded memory; `sequence` counts
//! each byte of TCP once; `judge` says what a count is worth and `row` writes it.

mod classic;
#[cfg(test)]
mod container_tests;
mod content;
mod conversation;
mod fragments;
mod frame;
mod ip;
mod judge;
mod link;
#[cfg(test)]
mod mutation_tests;
mod names;
mod ng;
#[cfg(test)]
mod packet_tests;
mod reader;
mod row;
mod sampling;
mod sensor;
mod sequence;
mod stream;
mod table;
#[cfg(test)]
mod tcp_tests;
#[cfg(test)]
mod testing;
mod transport;
#[cfg(test)]
mod truth_tests;
#[cfg(test)]
mod tshark_tests;
mod window;

pub(crate) use reader::{read, recognise};
