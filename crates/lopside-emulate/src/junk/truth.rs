//! The truth about a set of captures, as `truth.json` holds it.

use serde::{Deserialize, Serialize};

/// What the captures hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JunkTruth {
    /// Always `junk`: what kind of truth this is.
    pub kind: String,
    /// The seed that everything was drawn from.
    pub seed: u64,
    /// Whether it is the harder set.
    pub hard: bool,
    /// The captures, below the folder of `truth.json`.
    pub captures: Vec<String>,
    /// Every conversation in them, by start.
    pub conversations: Vec<JunkConversation>,
}

/// One conversation: who, when, and what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JunkConversation {
    /// The capture that holds it.
    pub capture: String,
    /// First packet, RFC 3339 in UTC.
    pub start: String,
    /// Last packet, RFC 3339 in UTC.
    pub end: String,
    /// `tcp` or `udp`.
    pub transport: String,
    /// The initiator.
    pub src_ip: String,
    /// Its port.
    pub src_port: u16,
    /// The other one.
    pub dst_ip: String,
    /// Its port.
    pub dst_port: u16,
    /// What carries it: `http`, `tcp`, `udp` or `dns`.
    pub carrier: String,
    /// The family of junk, or the control.
    pub name: String,
    /// Which variant of it.
    pub variant: String,
    /// The class that the family or the control belongs to.
    pub class: String,
    /// Whether junk is in it.
    pub junk: bool,
    /// Whether anybody could tell from the content.
    pub decidable: bool,
    /// Junk bytes by payload bytes, over the sides that carry junk; 0 for a control.
    pub share: f64,
    /// Which side carries the junk, or what matters of a control: `out`, `in` or `both`.
    pub side: String,
    /// Messages of both sides.
    pub messages: u32,
    /// Payload bytes that the initiator sent.
    pub bytes_out: u64,
    /// Payload bytes that the other one sent.
    pub bytes_in: u64,
    /// Verdicts of a payload profile that are right.
    pub expected: Vec<String>,
}
