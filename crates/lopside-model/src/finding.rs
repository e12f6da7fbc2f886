//! Findings: the keys of the interface, `lopside.finding/1`.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::bytes::{Layer, Quality, Wire};
use crate::net::Scope;
use crate::process::Process;
use crate::time::Micros;

/// The name of the shape of a finding.
pub const SCHEMA: &str = "lopside.finding/1";

/// How rare a finding is among ordinary channel-days, against the alert budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Within ten times the budget.
    Low,
    /// Within the budget.
    Medium,
    /// Within a tenth of it.
    High,
    /// Within a hundredth of it.
    Critical,
}

impl Severity {
    /// All, lowest first.
    pub const ALL: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// The word of the interface.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// One scored channel over one spell, with its factors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Stable: made of the channel's keys and the first day of the spell.
    pub id: String,
    /// The analytic, `AN0030`.
    pub analytic: String,
    /// How rare.
    pub severity: Severity,
    /// 0 to 100: 10·log10(1/p), capped.
    pub score: f64,
    /// Sum of the factors' points, in decibans.
    pub total: f64,
    /// Join, history and measurement, 0 to 1; apart from the score.
    pub confidence: f64,
    /// A few words.
    pub title: String,
    /// One sentence: process, user, host, bytes each way, ratio, destination, time.
    pub reason: String,
    /// First packet.
    pub first_seen: Micros,
    /// Last packet.
    pub last_seen: Micros,
    /// The sending host.
    pub host: FindingHost,
    /// The process that sent most; `None` when no process could be attached.
    pub process: Option<Process>,
    /// Where it sent to.
    pub destination: Destination,
    /// Bytes of the evidence that the host sent; absent where not counted.
    pub bytes_out: Option<u64>,
    /// Bytes of the evidence that it received.
    pub bytes_in: Option<u64>,
    /// `bytes_out / bytes_in`, only where both were measured in one layer.
    pub ratio: Option<f64>,
    /// Quality of `bytes_out`.
    pub bytes_out_quality: Quality,
    /// Quality of `bytes_in`.
    pub bytes_in_quality: Quality,
    /// Layer of both.
    pub byte_layer: Layer,
    /// Flows of the evidence.
    pub flows: u64,
    /// Bytes that the whole channel sent in the spell.
    pub channel_bytes_out: Option<u64>,
    /// Bytes that the whole channel received in the spell.
    pub channel_bytes_in: Option<u64>,
    /// The whole channel by day of the spell, for scripts and for whoever writes an envelope; empty where a direction was not measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<FindingDay>,
    /// The whole channel in the spell below the payload; absent where a flow of it was not counted there.
    #[serde(default)]
    pub wire: Option<Wire>,
    /// How the process was attached.
    pub attribution: Attribution,
    /// Every factor, in the order they are told.
    pub factors: Vec<Factor>,
    /// What would make it less than it is.
    pub counterfactual: String,
    /// What was not seen or not measured.
    pub not_seen: Vec<String>,
    /// What it is compared with beside these data, where that is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests_on: Option<String>,
    /// The records behind it.
    pub evidence: Vec<Evidence>,
    /// The business owner, where known.
    pub owner: Option<String>,
    /// How much depends on what the owner answers for, where known.
    #[serde(default)]
    pub criticality: Option<String>,
    /// The envelope of a sanctioned sender that has to do with it.
    #[serde(default)]
    pub envelope: Option<EnvelopeNote>,
    /// What a person decided of it.
    #[serde(default)]
    pub decision: Option<Decision>,
    /// Techniques that evidence in the finding itself supports; usually none.
    pub techniques: Vec<Technique>,
    /// True where a direction was not measured: ranked apart.
    #[serde(default)]
    pub unmeasured: bool,
}

/// A day of a finding: the whole channel, as an envelope judges it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingDay {
    /// The UTC day, `2026-03-05`.
    pub date: String,
    /// Bytes that the host sent, as far as they were counted: those of flows that were not measured both ways too.
    pub bytes_out: u64,
    /// Bytes that it received in flows that were measured both ways.
    pub bytes_in: u64,
    /// Sent to received, of flows that were measured both ways.
    pub ratio: f64,
    /// UTC hours in which it sent, ascending.
    pub hours: Vec<u8>,
}

/// How a finding stands to the envelope of a sanctioned sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvelopeNote {
    /// The entry.
    pub entry: String,
    /// `outside`, `unproven`, `contradicted`, `expired` or `elsewhere`.
    pub standing: String,
    /// Who answers for the sender.
    pub owner: String,
    /// Why it is expected.
    pub reason: String,
}

/// What a person decided of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// `true_positive`, `benign_expected`, `false_positive` or `undetermined`.
    pub verdict: String,
    /// Why.
    pub note: Option<String>,
    /// Who decided.
    pub author: Option<String>,
    /// When.
    pub time: Micros,
}

/// The host of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingHost {
    /// Its name, or its address where no name is known.
    pub name: Option<String>,
    /// Its addresses in the finding.
    pub ips: Vec<IpAddr>,
    /// Whether endpoint events of it were read.
    pub monitored: bool,
}

/// The destination of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The name most bytes went to; absent where no name is known.
    pub domain: Option<String>,
    /// Where that name came from: a name of `NameSource`.
    #[serde(default)]
    pub domain_source: Option<String>,
    /// All addresses of the group.
    pub ips: Vec<IpAddr>,
    /// The port most bytes went to.
    pub port: Option<u16>,
    /// All ports.
    pub ports: Vec<u16>,
    /// `tcp`, `udp`, `icmp`.
    pub transport: Option<String>,
    /// Application protocol by content, where a sensor knew it.
    pub app_protocol: Option<String>,
    /// Where the destination stands.
    pub scope: Scope,
}

/// How a process was attached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// A name of `Method`.
    pub method: String,
    /// 0 to 1.
    pub confidence: f64,
    /// In words.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What a factor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorState {
    /// Evidence.
    Unusual,
    /// Nothing out of the ordinary.
    Usual,
    /// Could not be measured; the text says why.
    NotMeasured,
}

/// One piece of evidence as it is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Factor {
    /// Its name: `volume`, `asymmetry`, `destination_rarity` …
    pub name: String,
    /// What it says.
    pub state: FactorState,
    /// The value, in words.
    pub value: Option<String>,
    /// What is usual, and against whom, in words.
    pub usual: Option<String>,
    /// Decibans.
    pub points: f64,
    /// A sentence.
    pub text: String,
    /// A few bytes of content that it rests on, escaped to printable ASCII; only where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}

impl Factor {
    /// Its sentence, with the bytes that it rests on where they were kept.
    pub fn sentence(&self) -> Cow<'_, str> {
        match &self.excerpt {
            Some(excerpt) => Cow::Owned(format!("{}; content: {excerpt}", self.text)),
            None => Cow::Borrowed(&self.text),
        }
    }
}

/// A record behind a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// The input.
    pub file: String,
    /// Line or record number.
    pub record: String,
    /// What it shows: `flow`, `connection`, `process`, `access`.
    #[serde(default)]
    pub kind: String,
    /// When, where one moment can be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Micros>,
    /// Bytes of the flow that the host sent, where it is a flow and they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_out: Option<u64>,
    /// Bytes of the flow that it received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_in: Option<u64>,
}

/// A technique that the evidence supports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Technique {
    /// ATT&CK id.
    pub id: String,
    /// `candidate` until a person decides.
    pub status: String,
    /// Why.
    pub because: String,
}
