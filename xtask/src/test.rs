//! `cargo xtask test`: every test of the workspace, and a last line that says how many passed, failed and were
//! skipped.

use anyhow::{Result, bail};

use crate::command::{cargo, lines, succeeds};
use crate::counts::{Counts, Libtest, Nextest, Runner};
use crate::fuzz;

/// Runs all tests to the end, whatever fails in between. Returns whether none failed; the line of counts is then the
/// last that was printed, in either case.
pub(crate) fn run() -> Result<bool> {
    fuzz::check()?;

    let counts = if succeeds(cargo(&["nextest", "--version"])) {
        let nextest = [
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--no-fail-fast",
            "--no-tests=pass",
            "--color=never",
            "--success-output=immediate",
        ];
        // nextest does not run the examples in documentation.
        let documentation = [
            "test",
            "--workspace",
            "--locked",
            "--no-fail-fast",
            "--doc",
            "--color=never",
            "--",
            "--show-output",
        ];
        follow(&nextest, Nextest::default())?.plus(follow(&documentation, Libtest::default())?)
    } else {
        let all =
            ["test", "--workspace", "--locked", "--no-fail-fast", "--color=never", "--", "--show-output"];
        follow(&all, Libtest::default())?
    };

    println!("{counts}");
    Ok(counts.failed == 0)
}

/// Runs a test runner and shows what a developer should see of it.
fn follow(arguments: &[&str], mut runner: impl Runner) -> Result<Counts> {
    let succeeded = lines(cargo(arguments), |line| {
        if runner.line(line) {
            println!("{line}");
        }
    })?;
    let counts = runner.counts().unwrap_or_default();
    if !succeeded && counts.failed == 0 {
        bail!("`cargo {}` could not run the tests: see above", arguments.join(" "));
    }
    Ok(counts)
}
