//! What is known of the terminal: how wide it is, whether it shows colour, and where messages go.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use lopside_model::Micros;
use lopside_model::finding::Severity;
use lopside_model::time::SECOND;

/// Columns where nothing says how many there are.
const PIPED: usize = 100;
/// Fewest and most columns that are used.
const COLUMNS: std::ops::RangeInclusive<usize> = 80..=200;

/// The terminal, or what stands in its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// Columns of the result.
    pub(crate) width: usize,
    /// Whether standard output shows colour.
    pub(crate) colour: bool,
    /// Whether standard error is a terminal, so that progress is seen.
    pub(crate) watched: bool,
}

impl Terminal {
    /// Looks at standard output, standard error and the environment (`COLUMNS`, `NO_COLOR`, `TERM`).
    pub(crate) fn detect() -> Terminal {
        let shown = io::stdout().is_terminal();
        let measured =
            || terminal_size::terminal_size().filter(|_| shown).map(|(width, _)| usize::from(width.0));
        let width = variable("COLUMNS").and_then(|text| text.parse().ok()).or_else(measured).unwrap_or(PIPED);
        let plain = variable("NO_COLOR").is_some() || variable("TERM").as_deref() == Some("dumb");
        Terminal {
            width: width.clamp(*COLUMNS.start(), *COLUMNS.end()),
            colour: shown && !plain,
            watched: io::stderr().is_terminal(),
        }
    }

    /// The same terminal for a result that goes into a file.
    pub(crate) fn for_file(self) -> Terminal {
        Terminal { colour: false, ..self }
    }

    /// Writes one line to standard error. Nobody can be told when that fails.
    pub(crate) fn note(&self, line: &str) {
        drop(writeln!(io::stderr().lock(), "{line}"));
    }

    /// A text in a style, where colour is shown. Colour only repeats what the words say.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// The style of a severity.
    pub(crate) fn severity(severity: Severity) -> Style {
        let colour = match severity {
            Severity::Low => AnsiColor::Cyan,
            Severity::Medium => AnsiColor::Yellow,
            Severity::High | Severity::Critical => AnsiColor::Red,
        };
        colour.on_default().bold()
    }

    /// The style of headings.
    pub(crate) fn heading() -> Style {
        Style::new().bold()
    }
}

/// The present moment: for dates that people keep, and for nothing that is judged.
#[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
pub(crate) fn now() -> Micros {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    Micros(i64::try_from(seconds).unwrap_or(0).saturating_mul(SECOND))
}

/// A variable of the environment, where it is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the binary is where the environment is read")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
