//! A flow as the interface tells it: one row of `lopside flows`.

use std::borrow::Cow;
use std::net::IpAddr;

use lopside_model::bytes::{Layer, Quality, Wire};
use lopside_model::channel::Origin;
use lopside_model::net::{Direction, Protocol, Scope, from_bits};
use lopside_model::payload::Payload;
use lopside_model::process::{file_name, format_guid};
use lopside_model::record::{Method, NameSource};
use lopside_model::tables::Transfer;
use lopside_model::time::SECOND;
use lopside_model::{Micros, process::Process};
use lopside_sources::report::ReadReport;
use serde::Serialize;

use crate::redact::{Kind, Redactor};

/// One flow.
#[derive(Debug, Serialize)]
pub(crate) struct FlowRow<'t> {
    /// First packet.
    pub(crate) start: Micros,
    /// Last packet.
    pub(crate) end: Micros,
    /// The host that the row is told from.
    pub(crate) host: Option<Cow<'t, str>>,
    /// The initiator, as far as it is known.
    pub(crate) src_ip: IpAddr,
    /// Its port; absent where the protocol has none.
    pub(crate) src_port: Option<u16>,
    /// The responder.
    pub(crate) dst_ip: IpAddr,
    /// Its port.
    pub(crate) dst_port: Option<u16>,
    /// `tcp`, `udp` …
    pub(crate) transport: String,
    /// By content.
    pub(crate) app_protocol: Option<&'t str>,
    /// Name of the peer.
    pub(crate) domain: Option<Cow<'t, str>>,
    /// Where the name came from.
    pub(crate) domain_source: Option<&'static str>,
    /// What the host sent.
    pub(crate) bytes_out: Option<u64>,
    /// What it received.
    pub(crate) bytes_in: Option<u64>,
    /// Quality of `bytes_out`.
    pub(crate) bytes_out_quality: Quality,
    /// Quality of `bytes_in`.
    pub(crate) bytes_in_quality: Quality,
    /// Layer of both.
    pub(crate) byte_layer: Layer,
    /// `both`, `out`, `in`, `none`: exact and lower bounds only.
    pub(crate) measured: &'static str,
    /// Packets, and bytes below the payload, where a sensor counted any.
    pub(crate) wire: Option<Wire>,
    /// Why a direction was not measured.
    pub(crate) unmeasured_why: Option<&'t str>,
    /// Who opened it.
    pub(crate) direction: Direction,
    /// Where the peer stands.
    pub(crate) scope: Scope,
    /// The process, where one could be attached.
    pub(crate) process: Option<Process>,
    /// How it was attached, or why not.
    pub(crate) attribution: Attribution<'t>,
    /// The other end, where it is a monitored host.
    pub(crate) peer: Option<Peer<'t>>,
    /// What its content looked like, where it was seen.
    pub(crate) payload: Option<Payload>,
    /// Files and bodies that a sensor's logs tell of it, in words: their content was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<&'t str>,
    /// `file:line` of each record.
    pub(crate) sources: Vec<String>,
}

/// How a process was attached.
#[derive(Debug, Serialize)]
pub(crate) struct Attribution<'t> {
    /// A name of `Method`.
    pub(crate) method: &'static str,
    /// 0 to 1.
    pub(crate) confidence: f64,
    /// The clock offset that was used, host minus sensor.
    pub(crate) offset_seconds: f64,
    /// In words.
    pub(crate) reason: Option<&'t str>,
    /// Which processes it may have been.
    pub(crate) candidates: Vec<Cow<'t, str>>,
    /// `file:line` of the connection that gave the process.
    pub(crate) source: Option<String>,
}

/// The other end of a flow between monitored hosts.
#[derive(Debug, Serialize)]
pub(crate) struct Peer<'t> {
    /// Its host.
    pub(crate) host: Cow<'t, str>,
    /// Its process.
    pub(crate) process: Option<Process>,
    /// How that was attached.
    pub(crate) attribution: PeerAttribution<'t>,
}

/// How a peer's process was attached.
#[derive(Debug, Serialize)]
pub(crate) struct PeerAttribution<'t> {
    /// A name of `Method`.
    pub(crate) method: &'static str,
    /// 0 to 1.
    pub(crate) confidence: f64,
    /// In words.
    pub(crate) reason: Option<&'t str>,
}

impl<'t> FlowRow<'t> {
    /// Tells a transfer; `report` names its inputs.
    pub(crate) fn new(row: &Transfer<'t>, report: &ReadReport, redact: Option<&Redactor>) -> FlowRow<'t> {
        let protocol = Protocol(row.protocol);
        // Port 0 stands for none.
        let port = |port: u16| (protocol.has_ports() && port != 0).then_some(port);
        let (out, received) = (Quality::from_code(row.out_quality), Quality::from_code(row.in_quality));
        FlowRow {
            start: Micros(row.start),
            end: Micros(row.end),
            host: row.host.map(|host| host_name(host, redact)),
            src_ip: from_bits(row.source_ip),
            src_port: port(row.source_port),
            dst_ip: from_bits(row.destination_ip),
            dst_port: port(row.destination_port),
            transport: protocol.name(),
            app_protocol: row.service,
            domain: row.domain.map(|name| match redact {
                Some(redact) => Cow::Owned(redact.domain(name, Scope::from_code(row.scope))),
                None => Cow::Borrowed(name),
            }),
            domain_source: row.domain.and(row.domain_source).map(|code| NameSource::from_code(code).name()),
            bytes_out: row.bytes_out,
            bytes_in: row.bytes_in,
            bytes_out_quality: out,
            bytes_in_quality: received,
            byte_layer: Layer::from_code(row.layer),
            measured: match (out.measured(), received.measured()) {
                (true, true) => "both",
                (true, false) => "out",
                (false, true) => "in",
                (false, false) => "none",
            },
            wire: row.wire().if_any(),
            unmeasured_why: row.unmeasured_why,
            direction: Direction::from_code(row.direction),
            scope: Scope::from_code(row.scope),
            process: process(row, redact),
            attribution: Attribution {
                method: Method::from_code(row.method).name(),
                confidence: row.confidence,
                offset_seconds: row.offset as f64 / SECOND as f64,
                reason: Some(row.reason).filter(|reason| !reason.is_empty()),
                candidates: candidates(row, redact),
                source: row.connection_origin().and_then(|origin| place(origin, report, redact)),
            },
            peer: peer(row, redact),
            payload: row.payload.and_then(Payload::decode),
            files: row.files,
            sources: sources(row, report, redact),
        }
    }

    /// The peer's address and port, seen from the host.
    pub(crate) fn peer_end(&self, row: &Transfer<'_>) -> (IpAddr, Option<u16>) {
        if row.host_is_source { (self.dst_ip, self.dst_port) } else { (self.src_ip, self.src_port) }
    }
}

fn host_name<'t>(host: &'t str, redact: Option<&Redactor>) -> Cow<'t, str> {
    redact.map_or(Cow::Borrowed(host), |redact| Cow::Owned(redact.host(host)))
}

fn process(row: &Transfer<'_>, redact: Option<&Redactor>) -> Option<Process> {
    let attached = !matches!(Method::from_code(row.method), Method::None | Method::Ambiguous);
    if !attached || (row.image.is_none() && row.pid.is_none() && row.guid.is_none()) {
        return None;
    }
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let services = row.services.into_iter().flat_map(|list| list.split(',')).filter(|name| !name.is_empty());
    let mut process = Process {
        image: owned(row.image),
        name: row.image.map(|image| file_name(image).to_owned()),
        pid: row.pid,
        guid: row.guid.map(format_guid),
        user: owned(row.user),
        command_line: owned(row.command_line),
        parent_image: owned(row.parent_image),
        services: services.map(str::to_owned).collect(),
        instances: 1,
        ..Process::default()
    };
    if let Some(redact) = redact {
        redact.process(&mut process);
    }
    Some(process)
}

fn peer<'t>(row: &Transfer<'t>, redact: Option<&Redactor>) -> Option<Peer<'t>> {
    let host = row.peer_host?;
    let known = row.peer_image.is_some() || row.peer_pid.is_some() || row.peer_guid.is_some();
    let process = known.then(|| {
        let mut process = Process {
            image: row.peer_image.map(str::to_owned),
            name: row.peer_image.map(|image| file_name(image).to_owned()),
            pid: row.peer_pid,
            guid: row.peer_guid.map(format_guid),
            user: row.peer_user.map(str::to_owned),
            instances: 1,
            ..Process::default()
        };
        if let Some(redact) = redact {
            redact.process(&mut process);
        }
        process
    });
    Some(Peer {
        host: host_name(host, redact),
        process,
        attribution: PeerAttribution {
            method: Method::from_code(row.peer_method).name(),
            confidence: row.peer_confidence,
            reason: row.peer_reason,
        },
    })
}

fn candidates<'t>(row: &Transfer<'t>, redact: Option<&Redactor>) -> Vec<Cow<'t, str>> {
    let lines = row.candidates.into_iter().flat_map(|lines| lines.split('\n'));
    // A candidate is told in words that hold its host and path.
    lines
        .map(|line| match redact {
            Some(redact) => Cow::Owned(redact.candidate(line)),
            None => Cow::Borrowed(line),
        })
        .collect()
}

/// Each record of the flow, as `file:line`.
fn sources(row: &Transfer<'_>, report: &ReadReport, redact: Option<&Redactor>) -> Vec<String> {
    row.flow_origins().filter_map(|origin| place(origin, report, redact)).collect()
}

/// A record as `file:line`.
fn place(origin: Origin, report: &ReadReport, redact: Option<&Redactor>) -> Option<String> {
    let name = report.input_name(origin.input)?;
    Some(match redact {
        Some(redact) => format!("{}:{}", redact.file(name), origin.record),
        None => format!("{name}:{}", origin.record),
    })
}

impl Redactor {
    /// A candidate as the join describes it, `IMAGE pid N {GUID} on HOST`.
    fn candidate(&self, line: &str) -> String {
        let (process, host) = line.rsplit_once(" on ").unwrap_or((line, ""));
        let (image, rest) = match process.find(" pid ").or_else(|| process.find(" {")) {
            Some(at) => process.split_at(at),
            None => (process, ""),
        };
        let image = self.path(image);
        if host.is_empty() {
            self.token(Kind::Path, line)
        } else {
            format!("{image}{rest} on {}", self.host(host))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_name_nobody() {
        let redact = Redactor::new(None);
        let told = redact.candidate(r"C:\Users\jo\a.exe pid 4 {x} on ws-17");
        assert!(told.starts_with(r"C:\Users\path-") && told.contains(" pid 4 {x} on host-"), "{told}");
        assert!(!redact.candidate("jo").contains("jo"));
    }
}
