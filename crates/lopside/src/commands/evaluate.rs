//! `lopside evaluate`: hunts labelled fleets and prints how much was found, how much of it was false, and how well it is ranked;
//! beside it, on the same joined data, the rules that people use today.

mod claim;
mod fit;
mod junk;
mod matching;
mod misses;
mod plot;
mod report;
mod rules;
mod svg;
mod truth;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use lopside_engine::stages::Ask;
use lopside_engine::usual;
use lopside_model::finding::Severity;
use lopside_score::envelope::Envelopes;
use lopside_score::{Context, Settings};
use serde::Serialize;

use crate::args::Common;
use crate::baseline_file;
use crate::engine::{self, Run};
use crate::output::{Format, json};
use crate::scoring::{self, WeightsArg};
use crate::terminal::Terminal;

pub(crate) use claim::Claim;
pub(crate) use matching::{Measures, Verdicts, measure, verdicts};
pub(crate) use truth::{Attack, Truth};

const EXAMPLES: &str = "\
Examples:
  lopside emulate fleet fleet1 --hosts 200 --days 7 --seed 1
  lopside evaluate fleet1                        recall, false findings, average precision
  lopside evaluate fleet1 fleet2 --format json   several fleets, for scripts
  lopside evaluate fleet1 --plot fleet1.svg      curves, and other budgets
  lopside evaluate fleet1 --misses               each sender that was missed, and how near it came
  lopside evaluate --fit fleet1 fleet2 -o weights.toml
  lopside evaluate fleet3 --weights weights.toml
  lopside evaluate junk1                         captures of `emulate junk`: which junk was marked, which controls
  lopside evaluate junk1 --plot junk1.svg        the profile of each family and control, and its verdicts

How it counts:
  A finding is right on a day when its host, destination and image are those of an attack of that
  day. Recall and false findings are those of medium and above; average precision is over all.";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Folders of labelled fleets: telemetry below FLEET/telemetry, truth in FLEET/truth.json; or captures of `emulate junk`
    #[arg(required = true, value_name = "FLEET")]
    fleets: Vec<PathBuf>,
    /// Fit weights on the fleets and write them to the file of -o, and reference.toml beside it
    #[arg(long)]
    fit: bool,
    /// With --fit: also write the evidence of each channel-day to FILE, tab-separated, for other tools
    #[arg(long, value_name = "FILE", requires = "fit")]
    samples: Option<PathBuf>,
    #[command(flatten)]
    weights: WeightsArg,
    /// Also judge at other budgets: nominal against achieved rates of false findings
    #[arg(long)]
    calibration: bool,
    /// List each planted sender that no finding of medium or above tells: kind, host, image, destination, and the best total (in
    /// decibans) that any of its days reached, with its severity
    #[arg(long, conflicts_with = "fit")]
    misses: bool,
    /// Draw as SVG: precision against recall and nominal against achieved rates; of captures, the profile of each family and control
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    past: baseline_file::BaselineArgs,
}

/// Budgets at which nominal and achieved rates are compared.
const BUDGETS: [f64; 6] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0];

/// What a budget came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Achieved {
    /// The nominal rate.
    pub(crate) budget: f64,
    /// False findings of medium and above per 1,000 host-days.
    pub(crate) false_per_1000_host_days: f64,
    /// The share of attacks found.
    pub(crate) recall: f64,
}

/// What came out for one fleet.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FleetReport {
    /// The fleet's folder.
    pub(crate) path: String,
    /// Host-days of the truth.
    pub(crate) host_days: u64,
    /// The findings.
    pub(crate) lopside: Measures,
    /// The rules of today.
    pub(crate) rules: Vec<RuleReport>,
    /// What other budgets came to, where that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) calibration: Vec<Achieved>,
    /// The senders that were missed, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) misses: Option<Vec<misses::Miss>>,
    /// Recall and precision down the ranking.
    #[serde(skip)]
    pub(crate) curve: Vec<(f64, f64)>,
}

/// What came out for one rule.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RuleReport {
    /// In words.
    pub(crate) name: String,
    /// How it did.
    #[serde(flatten)]
    pub(crate) measures: Measures,
    /// Recall and precision of all its hits.
    #[serde(skip)]
    pub(crate) point: Option<(f64, f64)>,
}

/// What is written as JSON.
#[derive(Serialize)]
struct Written<'r> {
    /// The nominal rate of false findings.
    alert_budget: f64,
    fleets: &'r [FleetReport],
}

/// Hunts each fleet and compares.
pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let with_junk = args.fleets.iter().filter(|folder| junk::recognise(folder)).count();
    if with_junk == args.fleets.len() && !args.fit {
        return junk::run(&args.fleets, args.plot.as_deref(), common, terminal);
    }
    if with_junk > 0 {
        bail!(
            "captures with junk are evaluated on their own; name them in a run without fleets and without --fit"
        );
    }
    let truths = args.fleets.iter().map(|fleet| Truth::load(fleet)).collect::<anyhow::Result<Vec<_>>>()?;
    if args.fit && args.past.named() {
        bail!("weights are fitted on what fleets show by themselves; leave out --baseline or --fit");
    }
    if args.fit {
        return fit::run(&args.fleets, &truths, args.samples.as_deref(), common, terminal);
    }
    let format = common.format(&[Format::Table, Format::Json])?;
    let context = Context { baseline: args.past.load(common)?, ..args.weights.context()? };
    let budgets = if args.calibration || args.plot.is_some() { &BUDGETS[..] } else { &[] };
    let mut fleets = Vec::new();
    for (fleet, truth) in args.fleets.iter().zip(&truths) {
        let ask = Wanted { budgets, misses: args.misses };
        fleets.push(evaluate(fleet, truth, &context, ask, common, terminal)?);
    }
    if let Some(path) = &args.plot {
        std::fs::write(path, plot::render(&fleets))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let mut results = common.results()?;
    let budget = common.settings().alert_budget;
    if format == Format::Json {
        json::pretty(&mut results, &Written { alert_budget: budget, fleets: &fleets })?;
    } else {
        std::io::Write::write_all(&mut results, report::render(&fleets, budget, terminal.width).as_bytes())?;
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// What is asked for beside the measures.
#[derive(Clone, Copy)]
struct Wanted {
    /// Other budgets to judge at.
    budgets: &'static [f64],
    /// The senders that were missed.
    misses: bool,
}

fn evaluate(
    fleet: &Path,
    truth: &Truth,
    context: &Context,
    wanted: Wanted,
    common: &Common,
    terminal: &Terminal,
) -> anyhow::Result<FleetReport> {
    let run = hunted(fleet, common, terminal)?;
    let settings = Settings { min_severity: Severity::Low, ..common.settings().clone() };
    let scored = scoring::score(&run.outcome, &settings, context, &Envelopes::default())?;
    let claims: Vec<Claim> = scored.findings.iter().map(Claim::of_finding).collect();
    let achieved = |budget: &f64| -> anyhow::Result<Achieved> {
        let settings = Settings { alert_budget: *budget, ..settings.clone() };
        let scored = scoring::score(&run.outcome, &settings, context, &Envelopes::default())?;
        let told = measure(&scored.findings.iter().map(Claim::of_finding).collect::<Vec<_>>(), truth);
        Ok(Achieved {
            budget: *budget,
            false_per_1000_host_days: told.false_per_1000_host_days,
            recall: told.found as f64 / told.of.max(1) as f64,
        })
    };
    let channels = run.outcome.all_channels()?;
    let missed = || {
        let scored = usual::score(&run.outcome, &settings, context)?;
        anyhow::Ok(misses::misses(&channels, &scored, &verdicts(&claims, truth), truth))
    };
    let rules = rules::apply(&channels);
    Ok(FleetReport {
        path: fleet.display().to_string(),
        host_days: truth.host_days,
        lopside: measure(&claims, truth),
        misses: wanted.misses.then(missed).transpose()?,
        calibration: wanted.budgets.iter().map(achieved).collect::<anyhow::Result<_>>()?,
        curve: matching::curve(&claims, truth),
        rules: rules
            .into_iter()
            .map(|rule| RuleReport {
                name: rule.name.to_owned(),
                measures: measure(&rule.claims, truth),
                point: matching::point(&rule.claims, truth),
            })
            .collect(),
    })
}

/// The telemetry of a labelled fleet, joined and summed.
///
/// # Errors
/// When the fleet has no telemetry, or it cannot be read.
fn hunted(fleet: &Path, common: &Common, terminal: &Terminal) -> anyhow::Result<Run> {
    let telemetry = fleet.join("telemetry");
    if !telemetry.exists() {
        bail!(
            "{} has no folder `telemetry`; name a folder that `lopside emulate fleet` wrote",
            fleet.display()
        );
    }
    engine::run(&[telemetry], common, Ask { findings: true, ..Ask::default() }, terminal)
}
