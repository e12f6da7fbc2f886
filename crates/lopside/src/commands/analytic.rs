//! `lopside analytic`: the analytic itself, each part with its origin, and what answers each clause.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use lopside_score::Settings;
use serde::{Deserialize, Serialize};

use crate::args::Common;
use crate::output::layout::hang;
use crate::output::{Format, json};
use crate::terminal::Terminal;

const FACTS: &str = include_str!("../../data/an0030.toml");

const EXAMPLES: &str = "\
Examples:
  lopside analytic                 the analytic, its tunables and what answers it
  lopside analytic --format json   the same for scripts";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

/// The analytic with the present values of its tunables; this is what is written as JSON.
#[derive(Debug, Deserialize, Serialize)]
struct Facts {
    attack_release: String,
    attack_source: String,
    notice: String,
    analytic: Analytic,
    strategy: Object,
    technique: Object,
    #[serde(rename(deserialize = "log_source", serialize = "log_sources"))]
    log_sources: Vec<LogSource>,
    #[serde(rename(deserialize = "tunable", serialize = "tunables"))]
    tunables: Vec<Tunable>,
    #[serde(rename(deserialize = "clause", serialize = "clauses"))]
    clauses: Vec<Clause>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Analytic {
    id: String,
    stix_id: String,
    name: String,
    version: String,
    created: String,
    modified: String,
    platform: String,
    url: String,
    text: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Object {
    id: String,
    stix_id: String,
    name: String,
    version: String,
    url: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct LogSource {
    name: String,
    channel: String,
    data_component: String,
    gives: String,
    #[serde(skip_deserializing)]
    origin: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Tunable {
    name: String,
    /// MITRE's words; empty for Lopside's own.
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    unit: String,
    range: String,
    effect: String,
    /// The present value.
    #[serde(skip_deserializing)]
    value: serde_json::Value,
    /// Where the present value comes from.
    #[serde(skip_deserializing)]
    value_from: String,
    /// Where the tunable comes from.
    #[serde(skip_deserializing)]
    origin: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Clause {
    quote: String,
    answered_by: String,
    factors: Vec<String>,
    commands: Vec<String>,
}

/// Tells the analytic.
pub(crate) fn run(_args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Json])?;
    let facts = facts(common.settings(), common.config.path.as_deref())?;
    let mut results = common.results()?;
    if format == Format::Json {
        json::pretty(&mut results, &facts)?;
    } else {
        results.write_all(render(&facts, terminal.width).as_bytes())?;
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// The shipped facts with the present values of the tunables.
fn facts(settings: &Settings, configured: Option<&Path>) -> anyhow::Result<Facts> {
    let mut facts: Facts = toml::from_str(FACTS)?;
    let stix = format!("STIX object {}, ATT&CK {}", facts.analytic.stix_id, facts.attack_release);
    for source in &mut facts.log_sources {
        source.origin.clone_from(&stix);
    }
    let present = serde_json::to_value(settings)?;
    let usual = serde_json::to_value(Settings::default())?;
    for tunable in &mut facts.tunables {
        let of = |settings: &serde_json::Value| settings.get(&tunable.name).cloned().unwrap_or_default();
        tunable.value = of(&present);
        tunable.value_from = match configured {
            Some(path) if of(&present) != of(&usual) => format!("configuration {}", path.display()),
            _ => "default".to_owned(),
        };
        tunable.origin = if tunable.text.is_empty() { "Lopside".to_owned() } else { stix.clone() };
    }
    Ok(facts)
}

fn render(facts: &Facts, columns: usize) -> String {
    let mut out = head(facts, columns);
    log_sources(&mut out, facts, columns);
    tunables(&mut out, facts, columns);
    clauses(&mut out, facts, columns);
    out.push('\n');
    out.push_str(&hang("Notice      ", &format!("{} The licence stands in NOTICE.", facts.notice), columns));
    out
}

/// The analytic, its strategy and its technique, and where they come from.
fn head(facts: &Facts, columns: usize) -> String {
    let analytic = &facts.analytic;
    let mut out = String::new();
    let mut line = |label: &str, text: &str| out.push_str(&hang(&format!("{label:<12}"), text, columns));
    let head = format!(
        "{} {} (version {}, modified {})",
        analytic.id, analytic.platform, analytic.version, analytic.modified
    );
    line("Analytic", &format!("{head}, ATT&CK {}", facts.attack_release));
    line("", &format!("\"{}\"", analytic.text));
    line(
        "Strategy",
        &format!("{} {} (version {})", facts.strategy.id, facts.strategy.name, facts.strategy.version),
    );
    line(
        "Technique",
        &format!("{} {} (version {})", facts.technique.id, facts.technique.name, facts.technique.version),
    );
    line("", "A finding names a behaviour, never an intrusion; unusual volume alone supports no technique.");
    line("Origin", &format!("{}; {}", analytic.url, facts.attack_source));
    for (label, id) in
        [("", &analytic.stix_id), ("", &facts.strategy.stix_id), ("", &facts.technique.stix_id)]
    {
        line(label, id);
    }
    out
}

fn log_sources(out: &mut String, facts: &Facts, columns: usize) {
    out.push_str("\nLog sources (from the analytic's STIX object)\n");
    for source in &facts.log_sources {
        let text = format!("{}: {}", source.data_component, source.gives);
        out.push_str(&hang(
            &format!("  {:<36}  ", format!("{} {}", source.name, source.channel)),
            &text,
            columns,
        ));
    }
}

fn tunables(out: &mut String, facts: &Facts, columns: usize) {
    out.push_str("\nTunables ([analytic] in the configuration)\n");
    for tunable in &facts.tunables {
        let origin = if tunable.text.is_empty() {
            "Lopside's own:".to_owned()
        } else {
            format!("ATT&CK: \"{}\"", tunable.text)
        };
        let value = value(&tunable.value);
        let text = format!("{value} ({}; {}; {})", tunable.value_from, tunable.unit, tunable.range);
        out.push_str(&hang(&format!("  {:<25}", tunable.name), &text, columns));
        out.push_str(&hang(&" ".repeat(27), &format!("{origin} {}.", tunable.effect), columns));
    }
}

fn clauses(out: &mut String, facts: &Facts, columns: usize) {
    out.push_str("\nWhat answers each clause\n");
    for clause in &facts.clauses {
        out.push_str(&hang("  ", &format!("\"{}\"", clause.quote), columns));
        out.push_str(&hang("      ", &format!("{}.", clause.answered_by), columns));
        if !clause.factors.is_empty() {
            out.push_str(&hang("      factors   ", &clause.factors.join(", "), columns));
        }
        if !clause.commands.is_empty() {
            out.push_str(&hang("      commands  ", &clause.commands.join("; "), columns));
        }
    }
}

fn value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Array(items) => {
            items.iter().map(|item| item.as_str().unwrap_or("?").to_owned()).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::output::layout::width;

    fn told() -> Facts {
        facts(&Settings::default(), None).unwrap()
    }

    #[test]
    fn the_text_is_whole_and_reads_at_eighty_columns() {
        let text = render(&told(), 80);
        // Identifiers and addresses have no place to break.
        let breakable = |line: &&str| line.contains(' ') && !line.contains("--") && !line.contains("https:");
        for line in text.lines().filter(breakable) {
            assert!(width(line) <= 80, "{line}");
        }
        for part in [
            "AN0030",
            "DET0011",
            "T1001.001",
            "EventCode=3, 22",
            "EventCode=10",
            "TCP/UDP",
            "The MITRE Corporation",
        ] {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn every_tunable_has_a_value_and_an_origin() {
        let facts = told();
        let names: Vec<&str> = facts.tunables.iter().map(|tunable| tunable.name.as_str()).collect();
        assert_eq!(names, ["TimeWindow", "UserContext", "PayloadEntropyThreshold", "alert_budget"]);
        for tunable in &facts.tunables {
            assert!(!tunable.value.is_null() && !tunable.origin.is_empty() && !tunable.value_from.is_empty());
        }
        assert_eq!(facts.tunables[3].origin, "Lopside");
    }

    #[test]
    fn a_configured_value_says_where_it_comes_from() {
        let settings = Settings { time_window: 24, ..Settings::default() };
        let facts = facts(&settings, Some(Path::new("c.toml"))).unwrap();
        assert_eq!(
            (facts.tunables[0].value.as_u64(), facts.tunables[0].value_from.as_str()),
            (Some(24), "configuration c.toml")
        );
        assert_eq!(facts.tunables[1].value_from, "default");
    }

    #[test]
    fn every_factor_answers_a_clause_and_what_answers_it_is_a_factor() {
        let facts = told();
        let named: BTreeSet<&str> =
            facts.clauses.iter().flat_map(|clause| &clause.factors).map(String::as_str).collect();
        assert_eq!(named, lopside_score::factor_names().collect());
    }

    #[test]
    fn no_tunable_says_its_origin_twice_or_that_content_is_never_read() {
        let text = render(&told(), 200);
        assert!(!text.contains("own: Lopside's") && !text.contains("no source does"), "{text}");
        assert!(text.contains("takes more content for random"));
    }

    #[test]
    fn each_clause_is_a_part_of_the_text_and_is_answered() {
        let facts = told();
        for clause in &facts.clauses {
            let tunable = facts.tunables.iter().any(|tunable| tunable.name == clause.quote);
            assert!(tunable || facts.analytic.text.contains(&clause.quote), "{}", clause.quote);
            assert!(!clause.answered_by.is_empty() && !clause.factors.is_empty());
        }
    }
}
