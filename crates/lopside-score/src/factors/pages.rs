//! The page of the factors, `docs/factors.md`: made of their own documentation, their terms and the shipped weights, and compared with
//! what stands there. `LOPSIDE_SNAPSHOTS=write cargo test -p lopside-score pages` writes it anew.

use std::fmt::Write;
use std::path::Path;

use super::{ALL, Factor};
use crate::evidence::Term;
use crate::weights::{DECIBANS, Weights};

const HEAD: &str = "\
# Factors

What each measures, what is usual, when it is silent and where it ends. The sentences are those of the factors' own documentation in
`crates/lopside-score/src/factors/`; weights are those shipped, in decibans for full evidence, with the sign of their meaning. A test
compares this page with both; `LOPSIDE_SNAPSHOTS=write cargo test -p lopside-score pages` writes it anew.
";

/// The parts of a factor's documentation, in their order.
const PARTS: [&str; 5] = ["Measures", "Usual", "Silent when", "Limits", "Source of the formula"];

/// The `//!` comment of a source file as one line a paragraph.
fn comment(source: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    for line in source.lines().map_while(|line| line.strip_prefix("//!")) {
        match (line.trim(), paragraphs.last_mut()) {
            ("", _) => paragraphs.push(String::new()),
            (text, Some(last)) if last.is_empty() => last.push_str(text),
            (text, Some(last)) => write!(last, " {text}").unwrap(),
            (_, None) => {}
        }
    }
    paragraphs
}

/// A paragraph cut where its parts begin: `Measures: …`, `Usual: …`.
fn parts(paragraph: &str) -> Vec<(&'static str, String)> {
    let mut starts: Vec<(usize, &'static str)> =
        PARTS.iter().filter_map(|part| Some((paragraph.find(&format!("{part}: "))?, *part))).collect();
    starts.sort_unstable();
    let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([paragraph.len()]);
    let text = |((at, part), end): (&(usize, &'static str), usize)| {
        (*part, paragraph.get(at + part.len() + 2..end).unwrap().trim().to_owned())
    };
    starts.iter().zip(ends).map(text).collect()
}

/// What the list of terms says of one.
fn meaning(term: Term) -> String {
    let source = include_str!("../evidence.rs");
    let at = source.find(&format!("\"{}\", ", term.name())).unwrap();
    let line =
        source.get(..at).unwrap().lines().rev().find_map(|line| line.trim().strip_prefix("/// ")).unwrap();
    line.to_owned()
}

/// The documentation of a factor, from its source file.
fn words(name: &str, source: &str) -> String {
    let paragraphs = comment(source);
    let mut page = format!("\n## {name}\n\n{}\n\n", paragraphs[0]);
    let parts = parts(&paragraphs[1]);
    let named: Vec<&str> = parts.iter().map(|(part, _)| *part).collect();
    assert_eq!(named, PARTS, "the documentation of {name}");
    for (part, text) in parts {
        writeln!(page, "- **{part}:** {text}").unwrap();
    }
    page
}

/// The factor that is no evidence of its own: a sanctioned sender that left its envelope.
fn envelope() -> String {
    let mut page = words("envelope", include_str!("../envelope/breach.rs"));
    let points = crate::envelope::WHOLE_POINTS;
    writeln!(page, "\nNo term and no fitted weight: {points:+.1} decibans of a whole breach, set by hand.")
        .unwrap();
    page
}

fn page(factor: &dyn Factor, folder: &Path, weights: &Weights) -> String {
    let name = factor.name();
    let source = std::fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
    let mut page = words(name, &source);
    if !factor.terms().is_empty() {
        page.push_str("\n| term | weight | speaks for or against |\n|---|---|---|\n");
    }
    for term in factor.terms() {
        let points = DECIBANS * weights.values[*term as usize] * term.sign();
        writeln!(page, "| `{}` | {points:+.1} | {} |", term.name(), meaning(*term)).unwrap();
    }
    page
}

#[test]
fn the_page_says_what_the_factors_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let weights = Weights::default();
    let pages: String = ALL.iter().map(|factor| page(*factor, &root.join("src/factors"), &weights)).collect();
    let made = format!("{HEAD}{pages}{}", envelope());
    let path = root.join("../../docs/factors.md");
    if std::env::var_os("LOPSIDE_SNAPSHOTS").is_some_and(|wish| wish == "write") {
        std::fs::write(&path, &made).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == made, "docs/factors.md is not what the factors say: {HEAD}");
}
