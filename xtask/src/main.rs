//! What developers run: `cargo xtask test`, `cargo xtask lint`, `cargo xtask bench`.
//!
//! Every task runs from the root of the workspace, never asks a question, and ends with a status that is not 0
//! where something is wrong.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer reads the output of these tasks")]

mod bench;
mod command;
mod counts;
mod fuzz;
mod lint;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask TASK

  test            runs every test of the workspace and ends with a line of counts
  lint            checks format, clippy, documentation and, where its data is reachable, the dependencies
  bench [ARG...]  runs the micro benchmarks, then bench/compare.py with these arguments";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let outcome = match arguments.next().as_deref() {
        Some("test") => test::run(),
        Some("lint") => lint::run().map(|()| true),
        Some("bench") => bench::run(&arguments.collect::<Vec<_>>()).map(|()| true),
        Some("help" | "--help" | "-h") => {
            println!("{HELP}");
            Ok(true)
        }
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
