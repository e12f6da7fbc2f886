//! From the scores of a channel's days to findings: spells, evidence, words.

use std::collections::BTreeSet;

use lopside_model::Micros;
use lopside_model::bytes::{Quality, ratio};
use lopside_model::channel::{AccessNote, Channel, ChannelDay, Origin, Sender};
use lopside_model::finding::{
    Attribution, Destination, Evidence as Record, Factor as ToldFactor, FactorState, Finding, FindingHost,
    SCHEMA, Severity, Technique,
};
use lopside_model::net::StableHash;
use lopside_model::process::Process;

use crate::calibration::Calibration;
use crate::case::Case;
use crate::counterfactual::counterfactual;
use crate::envelope::Sanction;
use crate::factors::payload::NAME;
use crate::factors::{self, Told, Weighed};
use crate::fragment::hash_of_key;
use crate::past::with_past;
use crate::seen::Seen;
use crate::settings::Settings;
use crate::usual::Usual;
use crate::weigh::{DayScore, evidence_of};
use crate::words;

mod not_seen;
mod spell;

use not_seen::not_seen;
use spell::{Spell, spells};

/// Points from which a factor is called unusual.
const UNUSUAL: f64 = 0.5;
/// At most so many records are named.
const RECORDS: usize = 64;

/// A finding whose records are still numbers of inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct RawFinding {
    /// The finding, without its records.
    pub finding: Finding,
    /// The records behind it, with what each shows, sorted.
    pub origins: Vec<(Origin, Trace)>,
}

/// What a record shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trace {
    /// `flow`, `connection`, `process` or `access`.
    pub kind: &'static str,
    /// When.
    pub time: Option<Micros>,
    /// Bytes each way of a flow, where counted.
    pub bytes: (Option<u64>, Option<u64>),
}

impl RawFinding {
    /// The finding with its records, named by `name` (the file of an input and the record's line or number).
    pub fn complete(self, name: &dyn Fn(Origin) -> Option<(String, String)>) -> Finding {
        let mut finding = self.finding;
        let named = |(origin, trace): &(Origin, Trace)| {
            let (file, record) = name(*origin)?;
            let (bytes_out, bytes_in) = trace.bytes;
            Some(Record { file, record, kind: trace.kind.to_owned(), time: trace.time, bytes_out, bytes_in })
        };
        finding.evidence = self.origins.iter().filter_map(named).collect();
        finding
    }
}

/// The findings of one channel: each run of consecutive days that reach low.
pub fn findings(
    channel: &Channel,
    scores: &[DayScore],
    usual: &Usual,
    calibration: &Calibration,
    settings: &Settings,
) -> Vec<RawFinding> {
    findings_within(channel, scores, Sanction::NONE, usual, calibration, settings)
}

/// The same under envelopes: days inside of one are no findings, days outside are weighed against it.
pub fn findings_within(
    channel: &Channel,
    scores: &[DayScore],
    sanction: Sanction<'_>,
    usual: &Usual,
    calibration: &Calibration,
    settings: &Settings,
) -> Vec<RawFinding> {
    let scores = sanction.adjust(channel, scores, usual, settings);
    spells(&scores, calibration)
        .iter()
        .filter_map(|spell| finding(channel, spell, sanction, usual, calibration, settings))
        .filter(|raw| raw.finding.severity >= settings.min_severity)
        .collect()
}

fn finding(
    channel: &Channel,
    scores: &[DayScore],
    sanction: Sanction<'_>,
    usual: &Usual,
    calibration: &Calibration,
    settings: &Settings,
) -> Option<RawFinding> {
    let best = scores.iter().reduce(|best, next| if next.total > best.total { next } else { best })?;
    let (long, earlier) = with_past(channel, usual);
    let case = Case::new(Seen::new(&long, usual), best.index + earlier, best.basis, settings)?;
    let spell = Spell::new(channel, scores, best.basis);
    let reached = calibration.severity(best.total)?;
    let severity = if spell.measured() { reached } else { Severity::Low };
    let (factors, techniques) = evidence(&case, sanction, best.index);
    let counterfactual =
        sanction.counterfactual(best.index).unwrap_or_else(|| counterfactual(&case, severity, calibration));
    let (bytes_out, bytes_in) = spell.bytes();
    let (channel_bytes_out, channel_bytes_in) = spell.channel_bytes();
    let finding = Finding {
        schema: SCHEMA.into(),
        id: id(channel, scores, spell.measured()),
        analytic: crate::ANALYTIC.into(),
        severity,
        score: calibration.score(best.total),
        total: factors.iter().map(|factor| factor.points).sum(),
        confidence: confidence(&case, &spell),
        title: title(&spell),
        reason: reason(&spell),
        first_seen: spell.days.iter().map(|day| day.first).min()?,
        last_seen: spell.days.iter().map(|day| day.last).max()?,
        host: host(channel),
        process: process(&spell),
        destination: destination(&spell),
        bytes_out,
        bytes_in,
        ratio: spell.measured().then(|| ratio(spell.sum.bytes_out, spell.sum.bytes_in)),
        bytes_out_quality: spell.quality.0,
        bytes_in_quality: spell.quality.1,
        byte_layer: case.day.layer,
        flows: spell.sum.flows,
        channel_bytes_out,
        channel_bytes_in,
        days: spell.by_day(),
        wire: spell.wire(),
        attribution: attribution(case.day),
        factors,
        counterfactual,
        not_seen: not_seen(&case, &spell, calibration),
        rests_on: usual.rests_on(channel),
        evidence: Vec::new(),
        owner: None,
        criticality: None,
        envelope: sanction.note(best.index),
        decision: None,
        techniques,
        unmeasured: !spell.measured(),
    };
    Some(RawFinding { finding, origins: origins(&spell) })
}

/// The factors of a day with what an envelope says of them, and the techniques that they support by themselves.
fn evidence(case: &Case<'_>, sanction: Sanction<'_>, index: usize) -> (Vec<ToldFactor>, Vec<Technique>) {
    let mut factors = told(case);
    let techniques = techniques(&factors);
    sanction.tell(index, &mut factors);
    (factors, techniques)
}

/// Every factor of a case, told.
pub(crate) fn told(case: &Case<'_>) -> Vec<ToldFactor> {
    let evidence = evidence_of(case);
    let tell = |factor: &&dyn factors::Factor| {
        let points = factor.terms().iter().map(|term| case.usual.weights().points(&evidence, *term)).sum();
        let name = factor.name().to_owned();
        match factor.weigh(case) {
            Weighed::NotMeasured(why) => {
                let text = format!("not measured: {why}");
                let state = FactorState::NotMeasured;
                ToldFactor { name, state, value: None, usual: None, points, text, excerpt: None }
            }
            Weighed::Usual | Weighed::Evidence(_) => {
                let told = factor.tell(case);
                let state = if points >= UNUSUAL { FactorState::Unusual } else { FactorState::Usual };
                let excerpt = factor.excerpt(case);
                let Told { value, usual, text } = told;
                ToldFactor { name, state, value, usual, points, text, excerpt }
            }
        }
    };
    factors::ALL.iter().map(tell).collect()
}

/// The techniques that evidence in the finding itself supports: meaningless data in payloads is Junk Data.
fn techniques(factors: &[ToldFactor]) -> Vec<Technique> {
    let junk = factors.iter().filter(|factor| factor.name == NAME && factor.state == FactorState::Unusual);
    junk.map(|factor| Technique {
        id: "T1001.001".into(),
        status: "candidate".into(),
        because: factor.text.clone(),
    })
    .collect()
}

/// Twelve hexadecimal digits made of the channel's keys and the first day.
fn id(channel: &Channel, scores: &[DayScore], measured: bool) -> String {
    let mut hash = StableHash::default();
    hash.write(&hash_of_key(&channel.key).to_le_bytes());
    hash.write(&scores.first().map_or(0, |score| score.day).to_le_bytes());
    hash.write(&[u8::from(measured)]);
    format!("{:012x}", hash.finish() >> 16)
}

/// Join, history and measurement, 0 to 1.
fn confidence(case: &Case<'_>, spell: &Spell<'_>) -> f64 {
    let join = if case.has_process() { f64::from(case.day.confidence) / 1_000.0 } else { 0.5 };
    let days = case.host().map_or(0, |host| host.days.len()) as f64;
    let hosts = f64::from(case.usual.hosts());
    let history = 0.5 + 0.25 * days / (days + 3.0) + 0.25 * hosts / (hosts + 10.0);
    let measurement = match spell.quality.0.worse(spell.quality.1) {
        Quality::Exact => 1.0,
        Quality::LowerBound => 0.8,
        Quality::SequenceOnly => 0.4,
        Quality::Unmeasured => 0.3,
    };
    let confidence: f64 = join * history * measurement;
    (confidence * 100.0).round() / 100.0
}

fn title(spell: &Spell<'_>) -> String {
    let who = spell
        .sender()
        .and_then(|sender| sender.process.name.clone())
        .unwrap_or_else(|| "an unknown process".into());
    let much = spell.bytes().0.map_or("an unmeasured amount".into(), words::bytes);
    format!("{who} on {} sent {much} to {}", spell.channel.key.host, spell.destination_words())
}

/// One sentence: process, user, host, bytes each way, ratio, destination, time.
fn reason(spell: &Spell<'_>) -> String {
    let sender = spell.sender();
    let who = sender
        .and_then(|sender| sender.process.image.clone().or_else(|| sender.process.name.clone()))
        .unwrap_or_else(|| "A process that is not known".into());
    let user = spell.channel.key.user.as_ref();
    let user = sender
        .and_then(|sender| sender.process.user.as_ref())
        .or(user)
        .map_or(String::new(), |user| format!(" as {user}"));
    let sent = spell.bytes().0.map_or("an amount that was not measured".into(), words::bytes);
    let back = match spell.bytes() {
        (_, None) => "what came back was not measured".to_owned(),
        (_, Some(0)) => "received nothing".to_owned(),
        (_, Some(received)) if spell.measured() => {
            format!("received {} ({})", words::bytes(received), words::ratio(spell.sum.bytes_out, received))
        }
        (_, Some(received)) => {
            format!("received {}, no ratio: a direction was not measured", words::bytes(received))
        }
    };
    let first = spell.days.iter().map(|day| day.first).min().unwrap_or_default();
    let last = spell.days.iter().map(|day| day.last).max().unwrap_or_default();
    format!(
        "{who}{user} on {} sent {sent} to {} and {back}, in {} from {} to {} UTC.",
        spell.channel.key.host,
        spell.destination_words(),
        words::count(usize::try_from(spell.sum.flows).unwrap_or(usize::MAX), "flow"),
        words::minute(first),
        words::minute(last),
    )
}

fn host(channel: &Channel) -> FindingHost {
    FindingHost {
        name: Some(channel.key.host.clone()),
        ips: channel.host_ips.clone(),
        monitored: channel.monitored,
    }
}

fn attribution(day: &ChannelDay) -> Attribution {
    Attribution {
        method: day.method.name().into(),
        confidence: f64::from(day.confidence) / 1_000.0,
        reason: (!day.reason.is_empty()).then(|| day.reason.clone()),
    }
}

fn process(spell: &Spell<'_>) -> Option<Process> {
    let sender = spell.sender()?;
    let mut process = sender.process.clone();
    let most = spell.days.iter().map(|day| day.instances).max().unwrap_or(1);
    process.instances = most.max(1);
    Some(process)
}

fn destination(spell: &Spell<'_>) -> Destination {
    let name = spell.channel.name.as_ref().filter(|(_, source)| source.is_relied_on());
    let mut ports: Vec<u16> =
        spell.ports.iter().filter(|port| port.protocol.has_ports()).map(|port| port.port).collect();
    let first = spell.ports.first();
    let port = first.filter(|port| port.protocol.has_ports()).map(|port| port.port);
    ports.sort_unstable();
    ports.dedup();
    Destination {
        domain: name.map(|(name, _)| name.clone()),
        domain_source: name.map(|(_, source)| source.name().to_owned()),
        ips: spell.ips.clone(),
        port,
        ports,
        transport: first.map(|port| port.protocol.name()),
        app_protocol: first.and_then(|port| port.service.clone()),
        scope: spell.channel.scope,
    }
}

fn origins(spell: &Spell<'_>) -> Vec<(Origin, Trace)> {
    let mut origins = BTreeSet::new();
    for day in &spell.days {
        let start = |sender: &Sender| {
            Some((sender.origin?, Trace { kind: "process", time: sender.started, ..Trace::default() }))
        };
        origins.extend(day.senders.iter().filter_map(start));
        let access = |access: &AccessNote| {
            (access.origin, Trace { kind: "access", time: Some(access.time), ..Trace::default() })
        };
        origins.extend(day.access.as_deref().map(access));
    }
    let flows = spell.days.iter().flat_map(|day| &day.largest);
    let records = flows.flat_map(|flow| {
        let time = Some(flow.start);
        let opened = Trace { kind: "connection", time, ..Trace::default() };
        let measured = Trace { kind: "flow", time, bytes: (flow.bytes_out, flow.bytes_in) };
        let connection = flow.connection.map(|origin| (origin, opened));
        flow.origins.iter().map(move |origin| (*origin, measured)).chain(connection)
    });
    for record in records {
        if origins.len() >= RECORDS {
            break;
        }
        origins.insert(record);
    }
    origins.into_iter().collect()
}

#[cfg(test)]
mod tests;
