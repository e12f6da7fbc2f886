//! A run of days that make one finding, and what is summed over it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use lopside_model::bytes::{Quality, Wire, ratio};
use lopside_model::channel::{Channel, ChannelDay, PortSum, Sender, Sum};
use lopside_model::finding::FindingDay;
use lopside_model::words;

use crate::calibration::Calibration;
use crate::case::{Basis, sum_of};
use crate::weigh::DayScore;

/// Runs of consecutive days that reach low, measured and unmeasured apart.
pub(super) fn spells<'a>(scores: &'a [DayScore], calibration: &Calibration) -> Vec<&'a [DayScore]> {
    let reaches: Vec<bool> = scores.iter().map(|score| calibration.severity(score.total).is_some()).collect();
    let mut spells = Vec::new();
    let mut start = 0;
    while start < scores.len() {
        if !reaches.get(start).copied().unwrap_or(false) {
            start += 1;
            continue;
        }
        let mut end = start + 1;
        while let (Some(last), Some(next), Some(true)) =
            (scores.get(end - 1), scores.get(end), reaches.get(end))
        {
            if next.day != last.day.saturating_add(1) || next.unmeasured() != last.unmeasured() {
                break;
            }
            end += 1;
        }
        spells.extend(scores.get(start..end));
        start = end;
    }
    spells
}

/// A spell with what is summed over it.
pub(super) struct Spell<'a> {
    pub(super) channel: &'a Channel,
    pub(super) days: Vec<&'a ChannelDay>,
    basis: Basis,
    /// The evidence, over the spell.
    pub(super) sum: Sum,
    /// All that was measured, over the spell.
    pub(super) whole: Sum,
    pub(super) quality: (Quality, Quality),
    pub(super) ports: Vec<PortSum>,
    pub(super) ips: Vec<IpAddr>,
}

impl<'a> Spell<'a> {
    pub(super) fn new(channel: &'a Channel, scores: &[DayScore], basis: Basis) -> Spell<'a> {
        let days: Vec<&ChannelDay> =
            scores.iter().filter_map(|score| channel.days.get(score.index)).collect();
        let mut spell = Spell {
            channel,
            basis,
            sum: Sum::default(),
            whole: Sum::default(),
            quality: (Quality::Exact, Quality::Exact),
            ports: Vec::new(),
            ips: Vec::new(),
            days,
        };
        let mut ports: BTreeMap<_, PortSum> = BTreeMap::new();
        let mut ips = BTreeSet::new();
        for day in &spell.days {
            spell.sum.merge(&sum_of(day, basis));
            spell.whole.merge(&day.sum);
            spell.quality = (spell.quality.0.worse(day.quality.0), spell.quality.1.worse(day.quality.1));
            ips.extend(day.ips.iter().copied());
            for port in &day.ports {
                let mut none = port.clone();
                (none.flows, none.bytes_out, none.bytes_in) = (0, 0, 0);
                let slot = ports.entry((port.port, port.protocol)).or_insert(none);
                slot.flows = slot.flows.saturating_add(port.flows);
                slot.bytes_out = slot.bytes_out.saturating_add(port.bytes_out);
                slot.bytes_in = slot.bytes_in.saturating_add(port.bytes_in);
                slot.service = slot.service.take().or_else(|| port.service.clone());
            }
        }
        spell.ips = ips.into_iter().collect();
        spell.ports = ports.into_values().collect();
        spell.ports.sort_by(|a, b| (b.bytes_out, a.port, a.protocol).cmp(&(a.bytes_out, b.port, b.protocol)));
        if basis == Basis::Unmeasured {
            spell.quality = unmeasured_quality(&spell.days);
        }
        spell
    }

    pub(super) fn measured(&self) -> bool {
        self.basis != Basis::Unmeasured
    }

    /// Packets, and bytes below the payload, of all that was measured: known where they are of every day.
    pub(super) fn wire(&self) -> Option<Wire> {
        let counted = self.days.iter().filter(|day| self.measured() && day.sum.flows > 0);
        let days: Option<Vec<Wire>> = counted.map(|day| day.wire.as_deref().copied()).collect();
        days?.into_iter().reduce(Wire::plus).and_then(Wire::if_any)
    }

    /// The whole channel by day; none where a direction was not measured.
    pub(super) fn by_day(&self) -> Vec<FindingDay> {
        let counted = self.days.iter().filter(|day| self.measured() && day.sum.flows > 0);
        let told = |day: &&ChannelDay| FindingDay {
            date: words::day(day.day),
            bytes_out: day.sum.bytes_out.saturating_add(day.unmeasured.bytes_out),
            bytes_in: day.sum.bytes_in,
            ratio: ratio(day.sum.bytes_out, day.sum.bytes_in),
            hours: day.hours.iter().map(|(hour, _)| hour).collect(),
        };
        counted.map(told).collect()
    }

    /// Bytes each way: absent where they were not counted.
    pub(super) fn bytes(&self) -> (Option<u64>, Option<u64>) {
        let counted = |count, quality| (quality != Quality::Unmeasured).then_some(count);
        (counted(self.sum.bytes_out, self.quality.0), counted(self.sum.bytes_in, self.quality.1))
    }

    /// Bytes of the whole channel each way, where any flow was measured both ways; else those of the evidence.
    pub(super) fn channel_bytes(&self) -> (Option<u64>, Option<u64>) {
        if self.whole.flows == 0 {
            return self.bytes();
        }
        (Some(self.whole.bytes_out), Some(self.whole.bytes_in))
    }

    /// The process that sent most, where one is known.
    pub(super) fn sender(&self) -> Option<&'a Sender> {
        self.channel.key.identity.as_ref()?;
        let senders = self.days.iter().flat_map(|day| &day.senders);
        senders.reduce(|best, next| if next.bytes_out > best.bytes_out { next } else { best })
    }

    pub(super) fn destination_words(&self) -> String {
        let place = match &self.channel.name {
            Some((name, source)) if source.is_relied_on() => name.clone(),
            _ => self.channel.key.destination.clone(),
        };
        match self.ports.first().filter(|port| port.protocol.has_ports()) {
            Some(port) if place.contains(':') => format!("[{place}]:{}", port.port),
            Some(port) => format!("{place}:{}", port.port),
            None => place,
        }
    }
}

/// The quality of each direction where one was not measured: what the largest flows say, else that it is not known.
fn unmeasured_quality(days: &[&ChannelDay]) -> (Quality, Quality) {
    let flows = days.iter().flat_map(|day| &day.largest);
    let unmeasured = flows.filter(|flow| !flow.quality.0.measured() || !flow.quality.1.measured());
    let largest = unmeasured.reduce(|best, next| if next.bytes_out > best.bytes_out { next } else { best });
    largest.map_or((Quality::Unmeasured, Quality::Unmeasured), |flow| flow.quality)
}
