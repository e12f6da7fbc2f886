//! Channels: host × process identity × user × destination group, summed by hour and day. What is compared and scored.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::bytes::{Layer, Quality, Wire};
use crate::identity::Place;
use crate::net::{Protocol, Scope};
use crate::payload::{Payload, Verdict};
use crate::process::Process;
use crate::record::{Method, NameSource};
use crate::time::Micros;

/// Where a row was written: the input's number and the line or record in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Number of the input, in the order of the run's inputs.
    pub input: u32,
    /// Line or record number.
    pub record: u64,
}

impl Origin {
    /// Reads `input:record`.
    pub fn parse(text: &str) -> Option<Origin> {
        let (input, record) = text.split_once(':')?;
        Some(Origin { input: input.parse().ok()?, record: record.parse().ok()? })
    }
}

/// What a channel is summed by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChannelKey {
    /// The sending host.
    pub host: String,
    /// The process identity; absent where no process could be attached.
    pub identity: Option<String>,
    /// The user as `DOMAIN\name`, lower-case; absent where unknown.
    pub user: Option<String>,
    /// The destination group.
    pub destination: String,
}

/// A channel over the days that were read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Channel {
    /// Its key.
    pub key: ChannelKey,
    /// Addresses of the host in it, sorted.
    pub host_ips: Vec<IpAddr>,
    /// Whether any endpoint event of this host was read.
    pub monitored: bool,
    /// Where the image lies.
    pub place: Place,
    /// Where the peer stands.
    pub scope: Scope,
    /// The full name most bytes were sent to, and where it came from.
    pub name: Option<(String, NameSource)>,
    /// The days on which it sent or received, ascending.
    pub days: Vec<ChannelDay>,
}

/// Sent and received over some flows that were measured in both directions, in one layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Flows.
    pub flows: u64,
    /// Bytes that the host sent.
    pub bytes_out: u64,
    /// Bytes that it received.
    pub bytes_in: u64,
}

impl Sum {
    /// Adds one flow, saturating.
    pub fn add(&mut self, bytes_out: u64, bytes_in: u64) {
        self.flows = self.flows.saturating_add(1);
        self.bytes_out = self.bytes_out.saturating_add(bytes_out);
        self.bytes_in = self.bytes_in.saturating_add(bytes_in);
    }

    /// Adds another sum, saturating.
    pub fn merge(&mut self, other: &Sum) {
        self.flows = self.flows.saturating_add(other.flows);
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
        self.bytes_in = self.bytes_in.saturating_add(other.bytes_in);
    }
}

/// One UTC day of a channel. What few days have is boxed: days are most of the memory that channels take.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ChannelDay {
    /// Days since 1970-01-01 UTC.
    pub day: i32,
    /// All sending flows that were measured both ways in `layer`.
    pub sum: Sum,
    /// The layer of `sum` and `lopsided`.
    pub layer: Layer,
    /// The flows of `sum` below the payload; none for a day that sent less than 128 KiB.
    pub wire: Option<Box<Wire>>,
    /// The worst quality in `sum`, sent and received.
    pub quality: (Quality, Quality),
    /// Of them, the flows that sent at least four times what they received and at least 64 KiB: a large upload must not hide in a
    /// day of downloads from the same address.
    pub lopsided: Sum,
    /// Flows of which a direction was not measured (or only by sequence numbers): what was counted of each direction.
    pub unmeasured: Sum,
    /// Why they were not measured, most frequent first; absent for a day that sent less than 128 KiB.
    pub unmeasured_why: Option<String>,
    /// Bytes sent by UTC hour (measured flows).
    pub hours: Hours,
    /// Sums by port and transport, sorted.
    pub ports: Vec<PortSum>,
    /// Addresses of the destination, sorted, at most 64 (4 for a day that sent less than 128 KiB).
    pub ips: Vec<IpAddr>,
    /// First packet of the day's flows.
    pub first: Micros,
    /// Last packet of the day's flows.
    pub last: Micros,
    /// The processes behind it that sent most, at most 4, by bytes sent; none for a day that sent less than 128 KiB.
    pub senders: Vec<Sender>,
    /// How many different processes there were.
    pub instances: u32,
    /// The largest flows, at most 16, by bytes sent; none for a day that sent less than 128 KiB.
    pub largest: Vec<FlowNote>,
    /// Weakest attribution of the day's bytes.
    pub method: Method,
    /// Mean confidence of the attribution, weighed by bytes sent, in thousandths.
    pub confidence: u32,
    /// Why a process is or is not known, for the largest flow; empty for a day that sent less than 128 KiB.
    pub reason: String,
    /// A process that opened one of the senders with rights to write into it, within the hour before it sent.
    pub access: Option<Box<AccessNote>>,
    /// What the content of its flows looked like; absent where none was seen.
    pub payload: Option<Box<PayloadSum>>,
    /// The last archiver that started on the host within two hours before the day's first flow.
    pub packed: Option<Box<StartNote>>,
    /// The last installer that started on the host within a day before the day's last flow.
    pub installed: Option<Box<StartNote>>,
}

/// Bytes by UTC hour. Only hours with bytes are kept: most days have few, and days are most of the memory that channels take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours(Vec<(u8, u64)>);

impl Hours {
    /// Adds bytes to an hour (0 to 23), saturating.
    pub fn add(&mut self, hour: u8, bytes: u64) {
        if bytes == 0 {
            return;
        }
        match self.0.binary_search_by_key(&hour, |(known, _)| *known) {
            Ok(place) => {
                if let Some((_, sum)) = self.0.get_mut(place) {
                    *sum = sum.saturating_add(bytes);
                }
            }
            Err(place) => {
                self.0.reserve_exact(1);
                self.0.insert(place, (hour, bytes));
            }
        }
    }

    /// Adds the bytes of other flows.
    pub fn merge(&mut self, other: &Hours) {
        other.iter().for_each(|(hour, bytes)| self.add(hour, bytes));
    }

    /// The hours with bytes, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u8, u64)> {
        self.0.iter().copied()
    }
}

/// What the content that a channel sent in a day looked like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PayloadSum {
    /// Flows by the verdict on what was sent in them.
    pub verdicts: BTreeMap<Verdict, u64>,
    /// Bytes sent in flows that are marked as meaningless.
    pub junk_bytes_out: u64,
    /// The clearest mark, and the flow that it stands for.
    pub clearest: Option<(Payload, Origin)>,
}

impl PayloadSum {
    /// Adds what is known of one flow that sent `bytes_out`.
    pub fn add(&mut self, payload: Payload, bytes_out: u64, origin: Origin) {
        // What came back is not sending, whatever it looks like.
        let verdict = if payload.side.sent() { payload.verdict } else { Verdict::TooLittle };
        *self.verdicts.entry(verdict).or_insert(0) += 1;
        if !verdict.is_junk() {
            return;
        }
        self.junk_bytes_out = self.junk_bytes_out.saturating_add(bytes_out);
        self.take_clearer(payload, origin);
    }

    /// Adds what is known of other flows.
    pub fn merge(&mut self, other: PayloadSum) {
        for (verdict, flows) in other.verdicts {
            *self.verdicts.entry(verdict).or_insert(0) += flows;
        }
        self.junk_bytes_out = self.junk_bytes_out.saturating_add(other.junk_bytes_out);
        if let Some((payload, origin)) = other.clearest {
            self.take_clearer(payload, origin);
        }
    }

    /// Keeps the clearer mark; the earlier record where two are as clear.
    fn take_clearer(&mut self, payload: Payload, origin: Origin) {
        let clearer = |(known, place): &(Payload, Origin)| {
            payload.confidence.total_cmp(&known.confidence).then(place.cmp(&origin)).is_gt()
        };
        if self.clearest.as_ref().is_none_or(clearer) {
            self.clearest = Some((payload, origin));
        }
    }

    /// Flows that are marked.
    pub fn marked(&self) -> u64 {
        self.verdicts.iter().filter(|(verdict, _)| verdict.is_junk()).map(|(_, flows)| flows).sum()
    }

    /// Flows whose content could be judged at all.
    pub fn judged(&self) -> u64 {
        let judged = |verdict: &Verdict| !matches!(verdict, Verdict::NotApplicable | Verdict::TooLittle);
        self.verdicts.iter().filter(|(verdict, _)| judged(verdict)).map(|(_, flows)| flows).sum()
    }
}

/// A channel's bytes over one port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PortSum {
    /// Port of the responder.
    pub port: u16,
    /// Transport.
    pub protocol: Protocol,
    /// Application protocol, where the sensor knew it.
    pub service: Option<String>,
    /// Flows.
    pub flows: u64,
    /// Bytes sent (measured flows; else the unmeasured count).
    pub bytes_out: u64,
    /// Bytes received.
    pub bytes_in: u64,
}

/// A process behind a channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sender {
    /// The process.
    pub process: Process,
    /// When it started, where an event says so.
    pub started: Option<Micros>,
    /// Its parent's command line, where known.
    pub parent_command_line: Option<String>,
    /// Original file name of the version resource, where known.
    pub original_name: Option<String>,
    /// Company of the version resource, where known.
    pub company: Option<String>,
    /// Bytes it sent on this channel and day.
    pub bytes_out: u64,
    /// Where its start was written.
    pub origin: Option<Origin>,
}

/// One flow worth naming.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowNote {
    /// First packet.
    pub start: Micros,
    /// Last packet.
    pub end: Micros,
    /// The peer's address.
    pub ip: IpAddr,
    /// The responder's port.
    pub port: u16,
    /// Bytes sent, where counted.
    pub bytes_out: Option<u64>,
    /// Bytes received, where counted.
    pub bytes_in: Option<u64>,
    /// Quality of both.
    pub quality: (Quality, Quality),
    /// Where the flow was written, by each sensor.
    pub origins: Vec<Origin>,
    /// Where the connection was written that gave the process.
    pub connection: Option<Origin>,
    /// The files or bodies that a sensor's logs tell of it, in words; absent where they tell none.
    pub files: Option<String>,
}

/// A process access before the sending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessNote {
    /// When.
    pub time: Micros,
    /// The image that opened the sender.
    pub source_image: String,
    /// The rights it got.
    pub granted: u32,
    /// Where it was written.
    pub origin: Origin,
}

/// A process that started on the host before the sending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartNote {
    /// When.
    pub time: Micros,
    /// Its image.
    pub image: String,
    /// Where it was written.
    pub origin: Origin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hours_with_bytes_are_kept_in_their_order() {
        let mut hours = Hours::default();
        for (hour, bytes) in [(22, 5), (3, 7), (9, 0), (22, 1), (3, u64::MAX)] {
            hours.add(hour, bytes);
        }
        assert_eq!(hours.iter().collect::<Vec<_>>(), [(3, u64::MAX), (22, 6)]);
        let mut other = Hours::default();
        other.add(0, 2);
        other.merge(&hours);
        assert_eq!(other.iter().collect::<Vec<_>>(), [(0, 2), (3, u64::MAX), (22, 6)]);
    }
}
