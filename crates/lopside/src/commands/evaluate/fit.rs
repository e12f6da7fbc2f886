//! `lopside evaluate --fit`: fits the weights of the score anew on labelled fleets, and the reference distribution with them.
//!
//! Evidence depends on what is usual, and that on what the weights flag: so two rounds, each from the evidence under the weights
//! before. Weights and reference belong together and are written together.

mod material;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use lopside_engine::usual;
use lopside_model::Micros;
use lopside_score::{Context, Reference, Sample, Settings, Term, Totals, Weights, references_text};

use self::material::{Fleet, Material};
use self::trial::Trial;
use super::truth::Truth;
use crate::args::Common;
use crate::terminal::Terminal;

/// Rounds of evidence and fit.
const ROUNDS: usize = 2;
/// Hosts from which a reference of its own is made.
const SIZES: [u32; 4] = [0, 5, 20, 300];

/// Fits on all fleets together; writes the weights to the file of `-o`, and `reference.toml` beside it.
pub(super) fn run(
    fleets: &[PathBuf],
    truths: &[Truth],
    samples: Option<&Path>,
    common: &Common,
    terminal: &Terminal,
) -> anyhow::Result<ExitCode> {
    let Some(output) = common.output.clone() else {
        bail!("--fit needs a file for the weights: -o WEIGHTS");
    };
    let mut read = Vec::new();
    for (path, truth) in fleets.iter().zip(truths) {
        let run = super::hunted(path, common, terminal)?;
        read.push(Fleet { path: name(path), truth: truth.clone(), run });
    }
    let settings = common.settings();
    let mut context = Context::default();
    let mut materials = Vec::new();
    for _ in 0..ROUNDS {
        materials = read
            .iter()
            .map(|fleet| Material::of(fleet, &context, settings))
            .collect::<anyhow::Result<_>>()?;
        if materials.iter().all(|material: &Material| material.rows.iter().all(|row| row.attack.is_none())) {
            bail!("no channel-day of these fleets is an attack of their truth: there is nothing to fit on");
        }
        context.weights = fitted(&materials, None, &provenance(&read, &materials));
    }
    if let Some(path) = samples {
        write_samples(path, &read, &materials, &context, settings)?;
    }
    let references = references(&materials, &context.weights);
    let mut results = common.results()?;
    results.write_all(context.weights.save()?.as_bytes())?;
    results.finish()?;
    let beside = output.with_file_name("reference.toml");
    std::fs::write(&beside, references_text(&references)?)
        .with_context(|| format!("cannot write {}", beside.display()))?;
    tell(&materials, &context.weights, &references, settings, terminal);
    Ok(ExitCode::SUCCESS)
}

/// Weights fitted on all but one kind of attack.
fn fitted(materials: &[Material], without: Option<&str>, provenance: &str) -> Weights {
    let mut samples: Vec<Sample> = Vec::new();
    for material in materials {
        for row in &material.rows {
            let kind = row.attack.and_then(|attack| material.kinds.get(attack)).map(String::as_str);
            if kind.is_none() || kind != without {
                samples.push(row.sample);
            }
        }
    }
    lopside_score::fit(&samples, provenance)
}

/// One reference for each size of fleet that there is.
fn references(materials: &[Material], weights: &Weights) -> Vec<Reference> {
    let mut references = Vec::new();
    for (place, from) in SIZES.iter().enumerate() {
        let until = SIZES.get(place + 1).copied().unwrap_or(u32::MAX);
        let sized = |material: &&Material| (*from..until).contains(&material.hosts);
        let mut totals = Totals::default();
        let (mut host_days, mut hosts, mut count) = (0, BTreeSet::new(), 0);
        for material in materials.iter().filter(sized) {
            totals.merge(&material.ordinary(weights));
            host_days += material.host_days;
            hosts.insert(material.hosts);
            count += 1;
        }
        if count > 0 {
            let sizes = match (hosts.first(), hosts.last()) {
                (Some(least), Some(most)) if least != most => format!("{least} to {most}"),
                (least, _) => least.map_or_else(String::new, u32::to_string),
            };
            let name = format!("{count} emulated fleets of {sizes} hosts, {}", today());
            references.push(Reference::from_totals(&name, *from, &totals, host_days));
        }
    }
    // Single hosts are no fleets: where none were given, what is shipped for them stays.
    if references.first().is_none_or(|first| first.hosts > 0) {
        references.insert(0, Reference::shipped(0));
    }
    references
}

fn reference_for(references: &[Reference], hosts: u32) -> Option<&Reference> {
    references.iter().filter(|reference| reference.hosts <= hosts).max_by_key(|reference| reference.hosts)
}

fn trial(materials: &[Material], weights: &Weights, references: &[Reference], settings: &Settings) -> Trial {
    let mut trial = Trial::default();
    for material in materials {
        if let Some(reference) = reference_for(references, material.hosts) {
            trial.add(material, weights, reference, settings);
        }
    }
    trial
}

/// In-sample results, and each kind when it was left out of the fit.
fn tell(
    materials: &[Material],
    weights: &Weights,
    references: &[Reference],
    settings: &Settings,
    terminal: &Terminal,
) {
    terminal.note(&weights.provenance);
    for (term, value) in Term::ALL.iter().zip(weights.values) {
        terminal.note(&format!("  {:<22} {value:.2}", term.name()));
    }
    let sample = trial(materials, weights, references, settings);
    terminal.note(&format!(
        "in sample, by channel-days: recall {:.3}, {:.1} false per 1,000 host-days, average precision {:.3}",
        sample.recall(),
        sample.false_per_1000(),
        sample.average_precision()
    ));
    terminal.note("kind: at medium, at low, of; at medium, at low when it was left out of the fit");
    let mut left_out = [0_u64; 3];
    for (kind, [medium, low, of]) in &sample.kinds {
        let without = fitted(materials, Some(kind), "");
        let apart: Vec<Reference> = references
            .iter()
            .map(|reference| {
                let mut totals = Totals::default();
                let mut host_days = 0;
                for material in materials {
                    if reference_for(references, material.hosts)
                        .is_some_and(|own| own.hosts == reference.hosts)
                    {
                        totals.merge(&material.ordinary(&without));
                        host_days += material.host_days;
                    }
                }
                Reference::from_totals("", reference.hosts, &totals, host_days)
            })
            .collect();
        let trial = trial(materials, &without, &apart, settings);
        let [medium_left, low_left, _] = trial.kinds.get(kind).copied().unwrap_or_default();
        for (sum, count) in left_out.iter_mut().zip([medium_left, low_left, *of]) {
            *sum += count;
        }
        terminal.note(&format!("  {kind:<22} {medium} {low} {of}; {medium_left} {low_left}"));
    }
    let [medium, low, of] = left_out;
    terminal.note(&format!("  kinds left out of the fit: {medium} at medium, {low} at low, of {of}"));
}

fn provenance(fleets: &[Fleet], materials: &[Material]) -> String {
    let rows: usize = materials.iter().map(|material| material.rows.len()).sum();
    let attacks: usize = fleets.iter().map(|fleet| fleet.truth.attacks.len()).sum();
    let mut settings: BTreeMap<(u64, u64), Vec<String>> = BTreeMap::new();
    for fleet in fleets {
        let seed = fleet.truth.seed.map_or_else(|| fleet.path.clone(), |seed| seed.to_string());
        let seed = fleet.truth.generator.as_ref().map_or(seed.clone(), |by| format!("{seed} of {by}"));
        settings.entry((fleet.truth.hosts, fleet.truth.days)).or_default().push(seed);
    }
    let settings: Vec<String> = settings
        .iter()
        .map(|((hosts, days), seeds)| format!("{hosts} hosts, {days} days: seeds {}", seeds.join(", ")))
        .collect();
    format!(
        "fitted by lopside {} on {} on {rows} channel-days within the gate and {attacks} planted senders of {} labelled fleets ({})",
        env!("CARGO_PKG_VERSION"),
        today(),
        fleets.len(),
        settings.join("; ")
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "weights say when they were fitted; nothing else depends on it"
)]
fn today() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |passed| passed.as_micros());
    Micros(i64::try_from(now).unwrap_or(0)).to_string().chars().take(10).collect()
}

fn name(fleet: &Path) -> String {
    fleet.file_name().unwrap_or(fleet.as_os_str()).to_string_lossy().into_owned()
}

/// Writes the evidence as a table: one line a channel-day within the gate.
fn write_samples(
    path: &Path,
    fleets: &[Fleet],
    materials: &[Material],
    context: &Context,
    settings: &Settings,
) -> anyhow::Result<()> {
    let mut text =
        "fleet\tchannel\tkind\tattack\thost\timage\tdestination\tday\tbytes_out\tbasis\tgate".to_owned();
    for term in Term::ALL {
        text.push('\t');
        text.push_str(term.name());
    }
    text.push('\n');
    for (fleet, _) in fleets.iter().zip(materials) {
        let material = Material::of(fleet, context, settings)?;
        let scores = usual::score(&fleet.run.outcome, settings, context)?.scores;
        material.write(fleet, &scores, &mut text)?;
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
