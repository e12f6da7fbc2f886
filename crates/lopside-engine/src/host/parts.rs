//! A channel-day that is summed in parts, because the host has too many transfers that day to hold together.
//!
//! Sums, addresses, ports, processes and the largest flows come out as from one piece. Told from a part are: the layer and the reasons of
//! what was not measured (the part that sent most), and a process access (the first part: it has to be before
//! the sending).

use std::cmp::Reverse;

use lopside_model::bytes::Wire;
use lopside_model::channel::{ChannelDay, FlowNote, PayloadSum, PortSum, Sender, Sum};

use super::sum::{DETAILED, KEPT_FLOWS, KEPT_IPS, KEPT_IPS_BRIEF, KEPT_SENDERS};

/// Adds a later part of the same day. Both keep all their processes.
pub(super) fn merge(day: &mut ChannelDay, part: ChannelDay) {
    attribution(day, &part);
    let more = sent(&part) > sent(day);
    if day.layer == part.layer || part.sum.flows == 0 {
        wire(day, &part);
        day.sum.merge(&part.sum);
        day.lopsided.merge(&part.lopsided);
        day.hours.merge(&part.hours);
        day.unmeasured.merge(&part.unmeasured);
    } else if day.sum.flows == 0 || part.sum.bytes_out > day.sum.bytes_out {
        // Counts of another layer cannot stand in one ratio.
        day.unmeasured.merge(&std::mem::replace(&mut day.sum, part.sum));
        day.unmeasured.merge(&part.unmeasured);
        (day.layer, day.lopsided, day.hours) = (part.layer, part.lopsided, part.hours);
        day.wire = part.wire;
    } else {
        day.unmeasured.merge(&part.sum);
        day.unmeasured.merge(&part.unmeasured);
    }
    if day.unmeasured_why.is_none() || (more && part.unmeasured_why.is_some()) {
        day.unmeasured_why = part.unmeasured_why;
    }
    day.quality = (day.quality.0.worse(part.quality.0), day.quality.1.worse(part.quality.1));
    if part.last >= day.last {
        day.installed = part.installed;
    }
    (day.first, day.last) = (day.first.min(part.first), day.last.max(part.last));
    day.ips.extend(part.ips);
    day.ips.sort_unstable();
    day.ips.dedup();
    day.ips.truncate(KEPT_IPS);
    ports(&mut day.ports, part.ports);
    largest(&mut day.largest, part.largest);
    senders(&mut day.senders, part.senders);
    payload(&mut day.payload, part.payload);
}

/// Counts below the payload of the flows that are summed: known of the whole where every part knows them.
fn wire(day: &mut ChannelDay, part: &ChannelDay) {
    if part.sum.flows == 0 {
        return;
    }
    if day.sum.flows == 0 {
        day.wire.clone_from(&part.wire);
        return;
    }
    let sum = day.wire.as_deref().zip(part.wire.as_deref()).map(|(known, more)| known.plus(*more));
    day.wire = sum.and_then(Wire::if_any).map(Box::new);
}

/// Cuts a day that is complete to what is kept of it.
pub(super) fn close(day: &mut ChannelDay) {
    day.instances = u32::try_from(day.senders.len()).unwrap_or(u32::MAX);
    if sent(day) < DETAILED {
        day.ips.truncate(KEPT_IPS_BRIEF);
        (day.largest, day.senders, day.packed, day.installed) = (Vec::new(), Vec::new(), None, None);
        (day.reason, day.unmeasured_why) = (String::new(), None);
        day.wire = None;
    }
    day.senders.sort_by_key(|sender| Reverse(sender.bytes_out));
    day.senders.truncate(KEPT_SENDERS);
}

fn sent(day: &ChannelDay) -> u64 {
    day.sum.bytes_out.saturating_add(day.unmeasured.bytes_out)
}

/// Method and reason are the largest flow's, the earlier one's where two are as large; confidence is weighed by bytes.
fn attribution(day: &mut ChannelDay, part: &ChannelDay) {
    let weight = |day: &ChannelDay| {
        let flows = day.sum.flows.saturating_add(day.unmeasured.flows);
        u128::from(sent(day)) + u128::from(flows)
    };
    let (own, other) = (weight(day), weight(part));
    let weighed = own * u128::from(day.confidence) + other * u128::from(part.confidence);
    day.confidence = u32::try_from(weighed / (own + other).max(1)).unwrap_or(day.confidence);
    let most = |day: &ChannelDay| day.largest.first().and_then(|flow| flow.bytes_out);
    if most(part) > most(day) {
        day.method = part.method;
        day.reason.clone_from(&part.reason);
    }
}

fn ports(known: &mut Vec<PortSum>, part: Vec<PortSum>) {
    for port in part {
        match known.binary_search_by_key(&(port.port, port.protocol), |known| (known.port, known.protocol)) {
            Ok(place) => {
                if let Some(known) = known.get_mut(place) {
                    let mut sum =
                        Sum { flows: known.flows, bytes_out: known.bytes_out, bytes_in: known.bytes_in };
                    sum.merge(&Sum { flows: port.flows, bytes_out: port.bytes_out, bytes_in: port.bytes_in });
                    (known.flows, known.bytes_out, known.bytes_in) = (sum.flows, sum.bytes_out, sum.bytes_in);
                    known.service = known.service.take().or(port.service);
                }
            }
            Err(place) => known.insert(place, port),
        }
    }
}

/// Both are sorted, and the known ones are earlier.
fn largest(known: &mut Vec<FlowNote>, part: Vec<FlowNote>) {
    known.extend(part);
    known.sort_by_key(|flow| (Reverse(flow.bytes_out), flow.start));
    known.truncate(KEPT_FLOWS);
}

/// Sums by process, in the order of their keys.
fn senders(known: &mut Vec<Sender>, part: Vec<Sender>) {
    let key = |sender: &Sender| (sender.process.guid.clone(), sender.process.pid, sender.started);
    known.extend(part);
    known.sort_by_cached_key(key);
    known.dedup_by(|later, earlier| {
        let same = key(later) == key(earlier);
        if same {
            earlier.bytes_out = earlier.bytes_out.saturating_add(later.bytes_out);
        }
        same
    });
}

fn payload(known: &mut Option<Box<PayloadSum>>, part: Option<Box<PayloadSum>>) {
    match (known.as_deref_mut(), part) {
        (Some(known), Some(part)) => known.merge(*part),
        (None, part) => *known = part,
        (Some(_), None) => {}
    }
}
