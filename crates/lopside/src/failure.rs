//! How a command ends when it could not do its work: one line, and the exit status.

use std::io;
use std::process::ExitCode;

use crate::output::safe;
use crate::terminal::Terminal;

/// The exit status of a command that found what `--fail-on` names.
pub(crate) const FOUND: u8 = 1;
/// The exit status of a command that could not do its work.
const COULD_NOT: u8 = 2;

/// Why a command ended.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Who reads the output has seen enough: no failure.
    BrokenPipe,
    /// What is wrong and what to do, in one line.
    CouldNot(String),
}

impl Failure {
    /// Sorts an error.
    pub(crate) fn of(error: &anyhow::Error) -> Failure {
        let broken = |cause: &(dyn std::error::Error + 'static)| {
            cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
                || cause.downcast_ref::<csv::Error>().is_some_and(
                    |error| matches!(error.kind(), csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::BrokenPipe),
                )
        };
        if error.chain().any(broken) {
            return Failure::BrokenPipe;
        }
        let full = |cause: &(dyn std::error::Error + 'static)| {
            cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::StorageFull)
        };
        let told = format!("{error:#}");
        if error.chain().any(full) && !told.contains("free some") {
            return Failure::CouldNot(format!(
                "cannot write the result: {told}; free some space, or name a file on another disk with -o"
            ));
        }
        Failure::CouldNot(told)
    }

    /// Sorts what the arguments came to: help and version are no failure, the rest is told in one line.
    pub(crate) fn of_arguments(error: &clap::Error) -> Failure {
        use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
        if matches!(error.kind(), DisplayHelp | DisplayVersion) {
            // Whoever reads the help may stop before its end.
            drop(error.print());
            return Failure::BrokenPipe;
        }
        let told = error.render().to_string();
        let lines = told.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
        let words: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let words = words.join(" ");
        let words = words
            .strip_prefix("error: ")
            .unwrap_or(&words)
            .replace("For more information, try '--help'.", "");
        Failure::CouldNot(format!("{}; lopside --help shows how", words.trim()))
    }

    /// Says so, and gives the exit status.
    pub(crate) fn tell(&self, terminal: &Terminal) -> ExitCode {
        match self {
            Failure::BrokenPipe => ExitCode::SUCCESS,
            Failure::CouldNot(message) => {
                terminal.note(&format!("lopside: {}", safe::text(message)));
                ExitCode::from(COULD_NOT)
            }
        }
    }
}
