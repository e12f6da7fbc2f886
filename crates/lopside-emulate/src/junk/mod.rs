//! Captures of conversations with junk in them and without, and the truth about each.
//!
//! ```text
//! plan ──> for each conversation: carrier, how many messages, how large, which side, which hosts and ports
//!      ──> a family of junk or a control makes the messages ──> packets ──> OUT/captures/*.pcap, OUT/truth.json
//! ```
//!
//! What must not give junk away is drawn before a family or a control is chosen, from one distribution for both
//! ([`order`], [`scene`]). Within a carrier, families come in turns, and so do controls.

mod carry;
mod controls;
mod dns;
mod encode;
mod families;
mod formats;
mod kind;
mod noise;
mod order;
mod plan;
mod prose;
mod run;
mod scene;
mod truth;
mod web;
mod wire;

pub use plan::JunkPlan;
pub use run::write_junk;
pub use truth::{JunkConversation, JunkTruth};
pub use wire::PcapWriter;
