//! One file a command, all of one shape:
//!
//! - `pub(crate) struct Args` (derives [`clap::Args`] and `Debug`): what was typed after the command's name; its help ends with
//!   examples (`#[command(after_help = EXAMPLES)]`).
//! - `pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode>`: does it.
//!
//! What commands share:
//!
//! - [`Common`](crate::args::Common) holds the validated common options. `common.format(&[Format::Table, …])` chooses among the
//!   formats that a command has (the first is its default); `common.results()` opens `-o` or standard output.
//! - [`engine::run`](crate::engine::run) reads, joins and sums paths with progress on standard error; it fails where nothing is
//!   recognised. `hunt::hunt` adds the findings.
//! - [`Terminal`](crate::terminal::Terminal) knows the width and whether to use colour; `terminal.note(text)` writes a message to
//!   standard error.
//! - Every text from telemetry goes through [`output::safe::text`](crate::output::safe::text) before it reaches a person, and through
//!   `common.redact` where that is set.
//! - Errors are `anyhow`: one lower-case line that says what to do; `main` prints it and exits with 2. A broken pipe ends a
//!   command quietly with success.

pub(crate) mod allow;
pub(crate) mod analytic;
pub(crate) mod baseline;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod egress;
pub(crate) mod emulate;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod findings;
pub(crate) mod flows;
pub(crate) mod hunt;
pub(crate) mod usage;
