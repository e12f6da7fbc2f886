//! `lopside evaluate --fit`: fits the weights of the score anew on labelled fleets.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use lopside_model::channel::Channel;
use lopside_score::{Context, Fragment, Sample, Settings, Usual, evidence, weigh};

use super::claim::Claim;
use super::truth::{Attack, Truth};
use crate::args::Common;
use crate::terminal::Terminal;

/// Fits on all fleets together and writes the weights.
pub(super) fn run(
    fleets: &[PathBuf],
    truths: &[Truth],
    common: &Common,
    terminal: &Terminal,
) -> anyhow::Result<ExitCode> {
    if common.output.is_none() {
        bail!("--fit needs a file for the weights: -o WEIGHTS");
    }
    let mut samples = Vec::new();
    for (fleet, truth) in fleets.iter().zip(truths) {
        let run = super::hunted(fleet, common, terminal)?;
        samples.extend(of_fleet(&run.outcome.channels, truth, common.settings()));
    }
    let positive = samples.iter().filter(|sample| sample.positive).count();
    if positive == 0 {
        bail!("no channel-day of these fleets is an attack of their truth: there is nothing to fit on");
    }
    let names: Vec<String> = fleets.iter().map(|fleet| name(fleet)).collect();
    let provenance = format!(
        "fitted on {} channel-days, {positive} of them of planted senders, of {} labelled fleets: {}",
        samples.len(),
        fleets.len(),
        names.join(", ")
    );
    let weights = lopside_score::fit(&samples, &provenance);
    let mut results = common.results()?;
    results.write_all(weights.save()?.as_bytes())?;
    results.finish()?;
    terminal.note(&provenance);
    Ok(ExitCode::SUCCESS)
}

fn name(fleet: &Path) -> String {
    fleet.file_name().unwrap_or(fleet.as_os_str()).to_string_lossy().into_owned()
}

/// Every channel-day that passes the gate at all, with its label.
fn of_fleet(partitions: &[Vec<Channel>], truth: &Truth, settings: &Settings) -> Vec<Sample> {
    let mut fragment = Fragment::default();
    for channels in partitions {
        fragment.merge(Fragment::of(channels));
    }
    let usual = Usual::from(fragment, Context::default());
    let mut samples = Vec::new();
    for channel in partitions.iter().flatten() {
        for (day, score) in channel.days.iter().zip(weigh(channel, &usual, settings)) {
            let claim = Claim::of_day(channel, day, 0.0);
            let is = |attack: &Attack| {
                (attack.start.day()..=attack.end.day()).contains(&day.day) && claim.matches(attack)
            };
            samples.push(Sample {
                evidence: evidence(channel, &score, &usual, settings),
                positive: truth.attacks.iter().any(is),
                weight: 1.0,
            });
        }
    }
    samples
}
