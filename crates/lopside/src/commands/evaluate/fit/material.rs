//! What a fit learns from: the evidence of each channel-day of labelled fleets that passes the gate, with its label.

use std::collections::BTreeMap;

use lopside_engine::usual;
use lopside_model::channel::{Channel, ChannelDay};
use lopside_score::{Context, DayScore, Sample, Settings, Term, Totals, Weights, evidence};

use super::super::claim::Claim;
use super::super::truth::{Attack, Truth};
use crate::engine::Run;

/// A labelled fleet, joined and summed.
pub(super) struct Fleet {
    /// Its folder.
    pub(super) path: String,
    /// What was planted.
    pub(super) truth: Truth,
    /// What was read.
    pub(super) run: Run,
}

/// A channel-day.
pub(super) struct Row {
    /// Its evidence; positive only on the days of an attack.
    pub(super) sample: Sample,
    /// The attack of its fleet that it belongs to.
    pub(super) attack: Option<usize>,
    /// The place of its channel in the fleet.
    pub(super) channel: usize,
    /// Whether both directions were measured.
    pub(super) measured: bool,
}

/// The evidence of one fleet.
pub(super) struct Material {
    /// Kinds of the attacks.
    pub(super) kinds: Vec<String>,
    /// Channel-days that pass the gate.
    pub(super) rows: Vec<Row>,
    /// Channel-days in all, and host-days.
    pub(super) channel_days: u64,
    /// Host-days with sending.
    pub(super) host_days: u64,
    /// Hosts with sending.
    pub(super) hosts: u32,
}

impl Material {
    /// Scores a fleet under `weights` and keeps the evidence. What is flagged under them teaches nothing.
    ///
    /// # Errors
    /// When channels that were put aside cannot be read back.
    pub(super) fn of(fleet: &Fleet, context: &Context, settings: &Settings) -> anyhow::Result<Material> {
        let scored = usual::score(&fleet.run.outcome, settings, context)?;
        let channels = fleet.run.outcome.all_channels()?;
        let mut rows = Vec::new();
        let mut channel_days = 0;
        let scores = scored.scores.iter().flatten();
        for (place, (channel, scores)) in channels.iter().flatten().zip(scores).enumerate() {
            channel_days += scores.len() as u64;
            for score in scores.iter().filter(|score| score.gate > 0.0) {
                let Some(day) = channel.days.get(score.index) else { continue };
                let attack = attack_of(channel, day, &fleet.truth.attacks);
                rows.push(Row {
                    sample: Sample {
                        evidence: evidence(channel, score, &scored.usual, settings),
                        positive: attack.is_some(),
                        weight: 1.0,
                    },
                    attack,
                    channel: place,
                    measured: !score.unmeasured(),
                });
            }
        }
        let mut material = Material {
            kinds: fleet.truth.attacks.iter().map(|attack| attack.scenario.clone()).collect(),
            rows,
            channel_days,
            host_days: scored.host_days,
            hosts: scored.usual.hosts(),
        };
        material.weigh(&context.weights);
        Ok(material)
    }

    /// An attack counts by the day that tells most, so that each counts the same.
    pub(super) fn weigh(&mut self, weights: &Weights) {
        let mut best: BTreeMap<usize, (f64, usize)> = BTreeMap::new();
        for (place, row) in self.rows.iter().enumerate() {
            if let Some(attack) = row.attack {
                let total = weights.total(&row.sample.evidence);
                let entry = best.entry(attack).or_insert((total, place));
                if total > entry.0 {
                    *entry = (total, place);
                }
            }
        }
        for (place, row) in self.rows.iter_mut().enumerate() {
            if let Some(attack) = row.attack {
                row.sample.weight =
                    f64::from(u8::from(best.get(&attack).is_some_and(|best| best.1 == place)));
            }
        }
    }

    /// The totals of channel-days that are no attack.
    pub(super) fn ordinary(&self, weights: &Weights) -> Totals {
        self.totals(weights, |row| row.attack.is_none())
    }

    /// The totals of the channel-days that `keep` says, and of those that the gate stops.
    pub(super) fn totals(&self, weights: &Weights, keep: impl Fn(&Row) -> bool) -> Totals {
        let mut totals = Totals::default();
        for _ in self.rows.len() as u64..self.channel_days {
            totals.add_total(0.0);
        }
        for row in self.rows.iter().filter(|row| keep(row)) {
            totals.add_total(if row.measured { weights.total(&row.sample.evidence) } else { 0.0 });
        }
        totals
    }

    /// The rows as lines of a table for other tools.
    ///
    /// # Errors
    /// As [`Material::of`].
    pub(super) fn write(
        &self,
        fleet: &Fleet,
        scores: &[Vec<Vec<DayScore>>],
        out: &mut String,
    ) -> anyhow::Result<()> {
        let mut rows = self.rows.iter();
        let channels = fleet.run.outcome.all_channels()?;
        for (channel, scores) in channels.iter().flatten().zip(scores.iter().flatten()) {
            for score in scores.iter().filter(|score| score.gate > 0.0) {
                let (Some(day), Some(row)) = (channel.days.get(score.index), rows.next()) else { continue };
                let kind = row.attack.and_then(|attack| self.kinds.get(attack));
                let image = day.senders.first().and_then(|sender| sender.process.image.as_deref());
                out.push_str(&format!(
                    "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{:?}\t{:.4}",
                    fleet.path,
                    row.channel,
                    kind.map_or("", String::as_str),
                    row.attack.map_or(-1, |attack| attack as i64),
                    channel.key.host,
                    image.unwrap_or(""),
                    channel.key.destination,
                    day.day,
                    day.sum.bytes_out,
                    score.basis,
                    score.gate,
                ));
                for term in Term::ALL {
                    out.push_str(&format!("\t{:.4}", row.sample.evidence.get(*term)));
                }
                out.push('\n');
            }
        }
        Ok(())
    }
}

fn attack_of(channel: &Channel, day: &ChannelDay, attacks: &[Attack]) -> Option<usize> {
    let claim = Claim::of_day(channel, day, 0.0);
    let on = |attack: &Attack| (attack.start.day()..=attack.end.day()).contains(&day.day);
    attacks.iter().position(|attack| on(attack) && claim.matches(attack))
}
