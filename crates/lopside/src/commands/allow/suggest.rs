//! `lopside allow suggest`: narrow entries learned from history, with the evidence and what each would have hidden.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use lopside_engine::sanctioned::under;
use lopside_engine::stages::Ask;
use lopside_engine::usual::{self, Scored};
use lopside_model::finding::Severity;
use lopside_score::envelope::{
    Date, Envelope, Envelopes, Standing, Suggestion, Verdicts, Wanted, Written, date_of, suggest,
};
use lopside_score::{Context, DayScore};
use serde::Serialize;

use crate::allow_file;
use crate::args::Common;
use crate::commands::allow::add;
use crate::engine::{self, Run};
use crate::output::{Format, json, safe, units};
use crate::scoring::ScoringArgs;
use crate::terminal::{self, Terminal};

/// Suggestions that are made.
const TOLD: usize = 50;

const EXAMPLES: &str = r#"
What sent much on several days is suggested as narrowly as it was seen. Days of findings of medium or above teach nothing, and what is inside of
an envelope already is left out. Nothing is sanctioned before a person has looked and named an owner.

Examples:
  lopside allow suggest collected/                                    as TOML, to review and to paste
  lopside allow suggest collected/ --min-bytes 1GB --min-days 5       only what sends more and more often
  lopside allow suggest collected/ --accept agent-backup.example --owner backup@corp.example --reason "nightly backup"
  lopside allow suggest collected/ --format jsonl                     with the findings that each would have hidden"#;

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Files and folders to learn from; - is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Only what sent as much in all
    #[arg(long, value_name = "SIZE", default_value = "50MB")]
    min_bytes: String,
    /// Only what sent on as many days
    #[arg(long, value_name = "N", default_value_t = 3)]
    min_days: usize,
    /// Keep the suggestion with this id; may be repeated
    #[arg(long, value_name = "ID", requires = "owner")]
    accept: Vec<String>,
    /// Who answers for what is accepted
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,
    /// Why it is expected
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who made the image of what is accepted, where the telemetry does not say
    #[arg(long, value_name = "NAME")]
    signer: Option<String>,
    #[command(flatten)]
    scoring: ScoringArgs,
}

/// A suggestion as the interface tells it.
#[derive(Serialize)]
struct Row {
    entry: Written,
    evidence: String,
    bytes_out: u64,
    hidden: Vec<Hidden>,
}

#[derive(Serialize)]
struct Hidden {
    id: String,
    severity: Severity,
    score: f64,
    title: String,
}

/// Suggests entries, or keeps some of them.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Jsonl])?;
    let known = common.allow.envelopes_to_change()?;
    let Some(bytes) = lopside_score::envelope::size(&args.min_bytes) else {
        bail!("--min-bytes {} is no size; write it like 50MB", args.min_bytes)
    };
    let wanted = Wanted { bytes, days: args.min_days, ..Wanted::default() };
    let context = args.scoring.context(common)?;
    let mut results = common.results()?;
    let run = engine::run(&args.paths, common, Ask { findings: true, ..Ask::default() }, terminal)?;
    let rows = rows(&run, common, (&context, &known), wanted)?;
    if !args.accept.is_empty() {
        let entries = accepted(args, &rows, &known)?;
        common.allow.add(&entries)?;
        for entry in &entries {
            terminal.note(&format!("added {} to {}", safe::text(&entry.id), common.allow.path()?.display()));
        }
    } else if format == Format::Jsonl {
        rows.iter().try_for_each(|row| json::line(&mut results, row))?;
    } else {
        results.write_all(text(&rows, &run, terminal)?.as_bytes())?;
    }
    results.finish()?;
    run.tell_cost(terminal);
    Ok(ExitCode::SUCCESS)
}

fn rows(
    run: &Run,
    common: &Common,
    (context, known): (&Context, &Envelopes),
    wanted: Wanted,
) -> anyhow::Result<Vec<Row>> {
    let outcome = &run.outcome;
    let scored = usual::score_within(outcome, common.settings(), context, known)?;
    let partitions = outcome.all_channels()?;
    let verdicts: Vec<Verdicts> = partitions.iter().map(|channels| known.judge(channels)).collect();
    let [low, medium] = [Severity::Low, Severity::Medium].map(|least| scored.calibration.total_for(least));
    let left_out = |partition: usize, channel: usize, day: usize| {
        let judged =
            verdicts.get(partition).and_then(|verdicts| verdicts.get(channel)).and_then(|days| days.get(day));
        let inside =
            judged.and_then(Option::as_ref).is_some_and(|verdict| verdict.standing == Standing::Inside);
        let scores = scored.scores.get(partition).and_then(|scores| scores.get(channel));
        inside || scores.is_some_and(|scores| in_a_finding(scores, day, low, medium))
    };
    let suggestions = suggest(&partitions, &left_out, wanted);
    let mut named = known.clone();
    let mut made: Vec<(Suggestion, Envelope)> = Vec::new();
    for mut suggestion in suggestions {
        suggestion.written.id = add::free_id(&suggestion.written, &named);
        if let Some(envelope) = usable(&suggestion.written, &named) {
            named.list.push(envelope.clone());
            made.push((suggestion, envelope));
        }
        if made.len() >= TOLD {
            break;
        }
    }
    told(run, common, &scored, made)
}

/// An envelope for trial: what a person has to add stands as a question mark.
fn usable(written: &Written, known: &Envelopes) -> Option<Envelope> {
    let mut trial = written.clone();
    (trial.owner, trial.reason) = ("?".into(), "?".into());
    if trial.signer.is_empty() && trial.product.is_empty() {
        trial.product = vec!["?".to_owned()].into();
    }
    Envelope::new(trial, &known.groups, 0).ok()
}

/// Suggestions with the findings that each would have hidden.
fn told(
    run: &Run,
    common: &Common,
    scored: &Scored,
    made: Vec<(Suggestion, Envelope)>,
) -> anyhow::Result<Vec<Row>> {
    let list = made.iter().map(|(_, envelope)| envelope.clone()).collect();
    let trial = Envelopes { list, ..Envelopes::default() };
    let sanctioned = under(&run.outcome, scored, &trial, common.settings())?;
    let hidden = |entry: usize| {
        let own = sanctioned.hidden.iter().filter(|(hidden, _)| *hidden == entry);
        own.map(|(_, finding)| Hidden {
            id: finding.id.clone(),
            severity: finding.severity,
            score: finding.score,
            title: finding.title.clone(),
        })
        .collect()
    };
    let rows = made
        .into_iter()
        .enumerate()
        .map(|(entry, (suggestion, _))| Row {
            entry: suggestion.written,
            evidence: suggestion.evidence,
            bytes_out: suggestion.bytes_out,
            hidden: hidden(entry),
        })
        .collect();
    Ok(rows)
}

/// The entries that are accepted, with owner, reason and dates.
fn accepted(args: &Args, rows: &[Row], known: &Envelopes) -> anyhow::Result<Vec<Written>> {
    let today = terminal::now().day();
    let mut entries = Vec::new();
    for id in &args.accept {
        let Some(row) = rows.iter().find(|row| row.entry.id.eq_ignore_ascii_case(id)) else {
            bail!("no suggestion has the id {id:?}; lopside allow suggest PATH without --accept shows them");
        };
        let mut entry = row.entry.clone();
        entry.owner = args.owner.clone().unwrap_or_default();
        entry.reason = args.reason.clone().unwrap_or_else(|| format!("learned: {}", row.evidence));
        if let Some(signer) = &args.signer {
            entry.signer = vec![signer.clone()].into();
        }
        if entry.signer.is_empty() && entry.product.is_empty() {
            bail!(
                "the telemetry does not say who made the image of {id}; add --signer NAME as its file says"
            );
        }
        entry.created = Some(Date::Text(date_of(today)));
        entry.expires = Some(Date::Text(date_of(today.saturating_add(add::HOLDS))));
        Envelope::new(entry.clone(), &known.groups, 0).map_err(|error| anyhow::anyhow!("{error}"))?;
        entries.push(entry);
    }
    Ok(entries)
}

/// The suggestions as TOML with comments, to be reviewed and pasted.
fn text(rows: &[Row], run: &Run, terminal: &Terminal) -> anyhow::Result<String> {
    if rows.is_empty() {
        let days = run.outcome.report.span().map_or(0, |(first, last)| last.day() - first.day() + 1);
        return Ok(format!(
            "nothing to suggest: no process sent much, lopsidedly and on several days ({} were read)\n",
            units::counted(u64::try_from(days).unwrap_or(0), "day")
        ));
    }
    let mut told =
        String::from("# Suggestions: review each, name an owner, and keep it with --accept ID --owner WHO\n");
    for row in rows {
        told.push('\n');
        let mut comment = |text: &str| {
            for line in crate::output::layout::wrap(&safe::text(text), terminal.width.saturating_sub(2)) {
                told.push_str(&format!("# {line}\n"));
            }
        };
        comment(&format!("seen {}", row.evidence));
        match row.hidden.len() {
            0 => comment("would have hidden no finding"),
            count => comment(&format!("would have hidden {}:", units::counted(count as u64, "finding"))),
        }
        for hidden in row.hidden.iter().take(5) {
            comment(&format!(
                "  {} {} {}",
                hidden.severity.name(),
                hidden.id.get(..8).unwrap_or(&hidden.id),
                hidden.title
            ));
        }
        let missing = row.entry.signer.is_empty() && row.entry.product.is_empty();
        if missing {
            comment("signer or product is to be added: the telemetry does not name it");
        }
        told.push_str(&entry_text(&row.entry)?);
    }
    Ok(told)
}

/// Whether a day, by its place in the channel, belongs to a spell that reaches medium: days of it that are only low are no habit either.
fn in_a_finding(scores: &[DayScore], day: usize, low: f64, medium: f64) -> bool {
    let goes_on = |one: &DayScore, next: &DayScore| {
        next.day == one.day.saturating_add(1) && one.total >= low && next.total >= low
    };
    scores.chunk_by(goes_on).any(|spell| {
        spell.iter().any(|score| score.index == day) && spell.iter().any(|score| score.total >= medium)
    })
}

fn entry_text(entry: &Written) -> anyhow::Result<String> {
    let mut list = toml_edit::ArrayOfTables::new();
    list.push(allow_file::table(entry)?);
    let mut document = toml_edit::DocumentMut::new();
    document.insert("allow", toml_edit::Item::ArrayOfTables(list));
    Ok(document.to_string().trim_start().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_days_of_a_medium_finding_are_no_habit() {
        let days = [(1, 5.0), (2, 50.0), (3, 35.0), (4, 34.0), (6, 36.0), (7, 2.0)];
        let scores: Vec<DayScore> = days
            .iter()
            .enumerate()
            .map(|(index, (day, total))| DayScore { day: *day, index, total: *total, ..DayScore::default() })
            .collect();
        let taught: Vec<usize> =
            (0..days.len()).filter(|day| !in_a_finding(&scores, *day, 30.0, 45.0)).collect();
        // The day before the spell, the low day after a gap, and the quiet one.
        assert_eq!(taught, [0, 4, 5]);
    }
}
