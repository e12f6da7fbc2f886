//! The stage sum: the sending transfers of one host, by channel, day and hour.
//!
//! In: the [`HostView`]s of a host, day by day; a day in parts is summed part by part. Out: channels in the order of their keys. Sending is what the host initiated to a peer of any scope and what
//! was answered or at least carried something: scans, and answers of a server to its callers, are not sending.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hashbrown::HashMap;
use lopside_model::Micros;
use lopside_model::bytes::{Layer, Quality, Wire, log_ratio};
use lopside_model::channel::{
    Channel, ChannelDay, ChannelKey, FlowNote, Hours, Origin, PayloadSum, PortSum, Sender, Sum,
};
use lopside_model::identity::Place;
use lopside_model::name::registrable;
use lopside_model::net::{Protocol, Scope, from_bits};
use lopside_model::payload::Payload;
use lopside_model::record::Method;

use super::access::opened;
use super::keys::{Destination, Named, Pair};
use super::parts;
use crate::host::resolve::{HostView, ProcessNote, Resolved};

/// An unanswered flow that carried less than this is a probe.
const PROBE: u64 = 4_096;
/// A flow is lopsided from four times (2 bits) and this many bytes on.
const LOPSIDED_BYTES: u64 = 65_536;
/// Kept of each list of a channel-day.
pub(super) const KEPT_IPS: usize = 64;
pub(super) const KEPT_FLOWS: usize = 16;
pub(super) const KEPT_SENDERS: usize = 4;
/// Days that sent less than this cannot be findings: flows, processes and reasons are not kept for them, which is most of the memory.
pub(super) const DETAILED: u64 = 131_072;
pub(super) const KEPT_IPS_BRIEF: usize = 4;

/// The channels of one host while its days are summed.
#[derive(Debug, Default)]
pub struct Channels {
    by_key: BTreeMap<ChannelKey, usize>,
    /// Channels by the process and the destination: keys are made once for each pair and not for each transfer.
    by_pair: HashMap<Pair<Box<str>>, usize>,
    summing: Vec<Summing>,
    /// Whether the day that is summed comes in parts.
    in_parts: bool,
}

/// One channel while its days are summed.
#[derive(Debug, Default)]
struct Summing {
    host_ips: BTreeSet<IpAddr>,
    /// Bytes sent by name, and one for each flow.
    names: HashMap<Named<Box<str>>, u64>,
    monitored: bool,
    place: Place,
    scope: Scope,
    days: Vec<ChannelDay>,
    /// Whether the last day comes in parts and is not complete.
    open: bool,
}

impl Channels {
    /// Adds the transfers of a day or of a part of it; days come ascending.
    pub fn add(&mut self, view: &HostView<'_, '_>) {
        self.in_parts |= !view.day_ends;
        let mut own: Vec<(usize, usize)> = Vec::with_capacity(view.transfers.len());
        for (index, transfer) in view.transfers.iter().enumerate().filter(|(_, transfer)| sending(transfer)) {
            own.push((self.of(view.host, transfer), index));
        }
        own.sort_unstable();
        let mut transfers: Vec<&Resolved<'_>> = Vec::with_capacity(own.len());
        for same in own.chunk_by(|a, b| a.0 == b.0) {
            transfers.clear();
            transfers.extend(same.iter().filter_map(|(_, index)| view.transfers.get(*index)));
            if let Some(summing) = same.first().and_then(|(number, _)| self.summing.get_mut(*number)) {
                summing.add(view, &transfers, self.in_parts);
            }
        }
        if self.in_parts && view.day_ends {
            self.in_parts = false;
            self.summing.iter_mut().for_each(Summing::close);
        }
    }

    /// The number of a transfer's channel.
    fn of(&mut self, host: &str, transfer: &Resolved<'_>) -> usize {
        let destination = match transfer.name() {
            Some((name, _)) => Destination::Name(name),
            None => Destination::Address(transfer.peer().0),
        };
        let note = transfer.note.as_deref();
        let pair = Pair { note: note.map(|note| note.number), destination };
        if let Some(number) = self.by_pair.get(&pair) {
            return *number;
        }
        let number = *self.by_key.entry(key(host, note, destination)).or_insert_with(|| {
            self.summing.push(Summing::default());
            self.summing.len() - 1
        });
        self.by_pair.insert(Pair::from(&pair), number);
        number
    }

    /// The channels in the order of their keys.
    pub fn finish(mut self) -> impl Iterator<Item = Channel> {
        let by_key = std::mem::take(&mut self.by_key);
        by_key
            .into_iter()
            .filter_map(move |(key, number)| Some(std::mem::take(self.summing.get_mut(number)?).finish(key)))
    }
}

impl Summing {
    fn add(&mut self, view: &HostView<'_, '_>, transfers: &[&Resolved<'_>], in_parts: bool) {
        let Some(first) = transfers.first() else { return };
        if self.days.is_empty() {
            self.monitored = first.row.monitored;
            self.scope = Scope::from_code(first.row.scope);
            let identity = first.note.as_deref().and_then(|note| note.identity.as_ref());
            self.place = identity.map_or(Place::Unknown, |identity| identity.place);
        }
        let mut last_ip = None;
        for transfer in transfers {
            if last_ip.replace(transfer.row.source_ip) != Some(transfer.row.source_ip) {
                self.host_ips.insert(from_bits(transfer.row.source_ip));
            }
            if let Some((name, source)) = transfer.name() {
                let sent = transfer.row.bytes_out.unwrap_or(0).saturating_add(1);
                self.named(&Named { name, source }, sent);
            }
        }
        let day = channel_day(view, Micros(first.row.start).day(), transfers, in_parts);
        match self.days.last_mut().filter(|known| in_parts && known.day == day.day) {
            Some(known) => parts::merge(known, day),
            None => {
                // Most channels have one day.
                if self.days.is_empty() {
                    self.days.reserve_exact(1);
                }
                self.days.push(day);
            }
        }
        self.open = in_parts;
    }

    /// Adds what was sent under a name.
    fn named(&mut self, named: &Named<&str>, sent: u64) {
        match self.names.get_mut(named) {
            Some(sum) => *sum = sum.saturating_add(sent),
            None => drop(self.names.insert(named.into(), sent)),
        }
    }

    /// The day that came in parts is complete.
    fn close(&mut self) {
        if std::mem::take(&mut self.open)
            && let Some(day) = self.days.last_mut()
        {
            parts::close(day);
        }
    }

    fn finish(mut self, key: ChannelKey) -> Channel {
        // All of them are kept until the end.
        self.days.shrink_to_fit();
        let names = self.names.into_iter().map(|(named, sent)| ((named.name, named.source), sent));
        let name = names.max_by(|(a, sent), (b, more)| (sent, b).cmp(&(more, a)));
        Channel {
            key,
            host_ips: self.host_ips.into_iter().collect(),
            monitored: self.monitored,
            place: self.place,
            scope: self.scope,
            name: name.map(|((name, source), _)| (name.into_string(), source)),
            days: self.days,
        }
    }
}

/// Whether a transfer is sending.
pub fn sending(transfer: &Resolved<'_>) -> bool {
    let row = &transfer.row;
    let sent = row.bytes_out.unwrap_or(0);
    row.host.is_some()
        && row.host_is_source
        && Scope::from_code(row.scope) != Scope::Local
        && (row.answered || sent >= PROBE)
}

fn key(host: &str, sender: Option<&ProcessNote>, destination: Destination<&str>) -> ChannelKey {
    ChannelKey {
        host: host.to_owned(),
        identity: sender.and_then(|note| note.identity.as_ref()).map(|identity| identity.key.clone()),
        user: sender.and_then(|note| note.process.user.as_deref()).map(str::to_lowercase),
        destination: match destination {
            Destination::Name(name) => registrable(name).to_owned(),
            Destination::Address(ip) => from_bits(ip).to_string(),
        },
    }
}

/// The transfers of one day, or of a part of it, of which everything is kept that the whole may need.
fn channel_day(view: &HostView<'_, '_>, day: i32, transfers: &[&Resolved<'_>], is_part: bool) -> ChannelDay {
    let layer = main_layer(transfers);
    let mut result = ChannelDay {
        day,
        layer,
        quality: (Quality::Exact, Quality::Exact),
        first: Micros(i64::MAX),
        last: Micros(i64::MIN),
        ..ChannelDay::default()
    };
    let mut why: BTreeMap<&str, u64> = BTreeMap::new();
    for transfer in transfers {
        add(&mut result, transfer, &mut why);
    }
    if result.sum.flows == 0 {
        result.quality = (Quality::Unmeasured, Quality::Unmeasured);
    }
    let sent = result.sum.bytes_out.saturating_add(result.unmeasured.bytes_out);
    let detailed = is_part || sent >= DETAILED;
    result.ips = ips(transfers, if detailed { KEPT_IPS } else { KEPT_IPS_BRIEF });
    result.ports = ports(transfers);
    let instances = instances(transfers);
    result.instances = u32::try_from(instances.len()).unwrap_or(u32::MAX);
    let reason;
    (result.method, result.confidence, reason) = attribution(transfers);
    if detailed {
        result.wire = wire(transfers, layer);
        result.largest = largest(transfers);
        result.senders = senders(instances, if is_part { usize::MAX } else { KEPT_SENDERS });
        result.reason = reason.to_owned();
        let why = why.into_iter().max_by(|(a, count), (b, more)| (count, b).cmp(&(more, a)));
        result.unmeasured_why = why.map(|(why, _)| why.to_owned());
    }
    result.access = opened(view, transfers).map(Box::new);
    result.payload = payload(transfers);
    if detailed {
        result.packed = view.preludes.packed(result.first.0).map(Box::new);
        result.installed = view.preludes.installed(result.last.0).map(Box::new);
    }
    result
}

/// The layer that most bytes of measured flows were counted in: others cannot be put into one ratio with it.
fn main_layer(transfers: &[&Resolved<'_>]) -> Layer {
    let mut sums = [0_u64; 4];
    for transfer in transfers {
        if let (Some(out), _) = measured(transfer)
            && let Some(sum) = sums.get_mut(usize::from(transfer.row.layer.min(3)))
        {
            *sum = sum.saturating_add(out.saturating_add(1));
        }
    }
    let best = (0..4_u8).max_by_key(|code| (sums.get(usize::from(*code)).copied(), std::cmp::Reverse(*code)));
    Layer::from_code(best.unwrap_or(0))
}

/// The flows that are summed in a layer, below their payload.
fn wire(transfers: &[&Resolved<'_>], layer: Layer) -> Option<Box<Wire>> {
    let summed = transfers.iter().filter(|transfer| in_sum(transfer, layer).is_some());
    let sum = summed.map(|transfer| transfer.row.wire()).reduce(Wire::plus);
    sum.and_then(Wire::if_any).map(Box::new)
}

/// What a transfer adds to the sum of a layer: nothing where a direction is not measured, or in another layer.
fn in_sum(transfer: &Resolved<'_>, layer: Layer) -> Option<(u64, u64)> {
    let (out, received) = measured(transfer);
    (Layer::from_code(transfer.row.layer) == layer).then_some((out?, received?))
}

/// What may take part in a ratio, each way.
fn measured(transfer: &Resolved<'_>) -> (Option<u64>, Option<u64>) {
    let row = &transfer.row;
    let usable = |count: Option<u64>, code| count.filter(|_| Quality::from_code(code).measured());
    (usable(row.bytes_out, row.out_quality), usable(row.bytes_in, row.in_quality))
}

fn add<'t>(day: &mut ChannelDay, transfer: &Resolved<'t>, why: &mut BTreeMap<&'t str, u64>) {
    let row = &transfer.row;
    day.first = day.first.min(Micros(row.start));
    day.last = day.last.max(Micros(row.end));
    match in_sum(transfer, day.layer) {
        Some((out, received)) => {
            day.sum.add(out, received);
            if out >= LOPSIDED_BYTES && log_ratio(out, received) >= lopsided_bits(out) {
                day.lopsided.add(out, received);
            }
            day.quality.0 = day.quality.0.worse(Quality::from_code(row.out_quality));
            day.quality.1 = day.quality.1.worse(Quality::from_code(row.in_quality));
            spread(&mut day.hours, row.start, row.end, out);
        }
        None => {
            day.unmeasured.add(row.bytes_out.unwrap_or(0), row.bytes_in.unwrap_or(0));
            *why.entry(row.unmeasured_why.unwrap_or("counted in another layer")).or_insert(0) += 1;
        }
    }
}

/// How many bits of log ratio make a flow of this size lopsided: the constant in the log ratio takes some from small flows.
fn lopsided_bits(out: u64) -> f64 {
    if out < 4 * LOPSIDED_BYTES { 1.0 } else { 2.0 }
}

/// Spreads the bytes of a flow evenly over the hours of its first day that it lasted.
fn spread(hours: &mut Hours, start: i64, end: i64, bytes: u64) {
    let first = Micros(start).hour();
    let last_moment = end.min(Micros::of_day(Micros(start).day() + 1).0 - 1).max(start);
    let last = Micros(last_moment).hour().max(first);
    let count = u64::from(last - first) + 1;
    for hour in first..=last {
        let share = bytes / count + if hour == first { bytes % count } else { 0 };
        hours.add(hour, share);
    }
}

/// The first addresses of the destination, sorted.
fn ips(transfers: &[&Resolved<'_>], kept: usize) -> Vec<IpAddr> {
    let mut ips: Vec<IpAddr> =
        transfers.iter().map(|transfer| from_bits(transfer.row.destination_ip)).collect();
    ips.sort_unstable();
    ips.dedup();
    ips.truncate(kept);
    ips.shrink_to_fit();
    ips
}

fn ports(transfers: &[&Resolved<'_>]) -> Vec<PortSum> {
    let mut own: Vec<((u16, u8), usize)> = transfers
        .iter()
        .enumerate()
        .map(|(index, transfer)| ((transfer.row.destination_port, transfer.row.protocol), index))
        .collect();
    own.sort_unstable();
    let ports = own.chunk_by(|a, b| a.0 == b.0).filter_map(|same| {
        let ((port, protocol), _) = *same.first()?;
        let mut sum = Sum::default();
        let mut service = None;
        for row in same.iter().filter_map(|(_, index)| transfers.get(*index)).map(|transfer| &transfer.row) {
            sum.add(row.bytes_out.unwrap_or(0), row.bytes_in.unwrap_or(0));
            service = service.or(row.service);
        }
        Some(PortSum {
            port,
            protocol: Protocol(protocol),
            service: service.map(str::to_owned),
            flows: sum.flows,
            bytes_out: sum.bytes_out,
            bytes_in: sum.bytes_in,
        })
    });
    let mut ports: Vec<PortSum> = ports.collect();
    ports.shrink_to_fit();
    ports
}

fn largest(transfers: &[&Resolved<'_>]) -> Vec<FlowNote> {
    let mut sorted: Vec<&&Resolved<'_>> = transfers.iter().collect();
    sorted.sort_by_key(|transfer| {
        (std::cmp::Reverse(transfer.row.bytes_out), transfer.row.start, transfer.row.source_port)
    });
    sorted.into_iter().take(KEPT_FLOWS).map(|transfer| flow_note(transfer)).collect()
}

fn flow_note(transfer: &Resolved<'_>) -> FlowNote {
    let row = &transfer.row;
    FlowNote {
        start: Micros(row.start),
        end: Micros(row.end),
        ip: from_bits(row.destination_ip),
        port: row.destination_port,
        bytes_out: row.bytes_out,
        bytes_in: row.bytes_in,
        quality: (Quality::from_code(row.out_quality), Quality::from_code(row.in_quality)),
        origins: row.flow_origins().collect(),
        connection: row.connection_origin(),
        files: row.files.map(str::to_owned),
    }
}

/// A process by GUID, id and start.
type Instance<'n> = (Option<&'n str>, Option<u32>, Option<i64>);

/// The processes behind a channel-day in the order of their keys: what each sent, and what is known of it.
fn instances<'n>(transfers: &[&'n Resolved<'_>]) -> Vec<(u64, &'n ProcessNote)> {
    let mut notes: Vec<(u32, usize, &ProcessNote)> = transfers
        .iter()
        .enumerate()
        .filter_map(|(index, transfer)| {
            let note = transfer.note.as_deref()?;
            Some((note.number, index, note))
        })
        .collect();
    notes.sort_unstable_by_key(|(number, index, _)| (*number, *index));
    // One process may have several notes: connections tell its user, or do not.
    let mut sums: Vec<(Instance<'_>, usize, u64, &ProcessNote)> = notes
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|same| {
            let (_, first, note) = *same.first()?;
            let sent = same.iter().filter_map(|(_, index, _)| transfers.get(*index));
            let sent =
                sent.fold(0_u64, |sum, transfer| sum.saturating_add(transfer.row.bytes_out.unwrap_or(0)));
            Some(((note.process.guid.as_deref(), note.process.pid, note.started), first, sent, note))
        })
        .collect();
    sums.sort_unstable_by_key(|(instance, first, ..)| (*instance, *first));
    sums.chunk_by(|a, b| a.0 == b.0)
        .filter_map(|same| {
            let sent = same.iter().fold(0_u64, |sum, (_, _, sent, _)| sum.saturating_add(*sent));
            same.first().map(|(.., note)| (sent, *note))
        })
        .collect()
}

/// Those that sent most, first.
fn senders(mut instances: Vec<(u64, &ProcessNote)>, kept: usize) -> Vec<Sender> {
    instances.sort_by_key(|(sent, _)| std::cmp::Reverse(*sent));
    let senders = instances.into_iter().take(kept).map(|(sent, note)| Sender {
        process: note.process.clone(),
        started: note.started.map(Micros),
        parent_command_line: note.parent_command_line.clone(),
        original_name: note.original_name.clone(),
        company: note.company.clone(),
        bytes_out: sent,
        origin: note.origin,
    });
    senders.collect()
}

/// How the processes were attached: the largest flow's method, the mean confidence by bytes, the largest flow's reason.
fn attribution<'t>(transfers: &[&Resolved<'t>]) -> (Method, u32, &'t str) {
    let (mut weighed, mut weight) = (0_u128, 0_u128);
    for transfer in transfers {
        let bytes = u128::from(transfer.row.bytes_out.unwrap_or(0).saturating_add(1));
        weighed += bytes * (transfer.row.confidence * 1_000.0).round().clamp(0.0, 1_000.0) as u128;
        weight += bytes;
    }
    let largest = transfers.iter().max_by_key(|transfer| {
        (transfer.row.bytes_out, std::cmp::Reverse((transfer.row.start, transfer.row.source_port)))
    });
    let confidence = u32::try_from(weighed / weight.max(1)).unwrap_or(0);
    match largest {
        Some(transfer) => (Method::from_code(transfer.row.method), confidence, transfer.row.reason),
        None => (Method::None, 0, ""),
    }
}

/// What the content of the flows looked like.
fn payload(transfers: &[&Resolved<'_>]) -> Option<Box<PayloadSum>> {
    let mut sum = None;
    for transfer in transfers {
        let row = &transfer.row;
        if let Some(payload) = row.payload.and_then(Payload::decode) {
            let origin = Origin { input: row.input, record: row.record };
            let sum: &mut Box<PayloadSum> = sum.get_or_insert_default();
            sum.add(payload, row.bytes_out.unwrap_or(0), origin);
        }
    }
    sum
}
