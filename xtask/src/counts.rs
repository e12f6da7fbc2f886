//! What a test runner says, line by line: how many tests passed, failed and were skipped.
//!
//! A test that needs a capture which is not there prints a line `skipped: why` and returns. Runners call that
//! passed; here it counts as skipped, since nothing was tested.

use std::fmt;

/// How a line of a test that found nothing to work on begins.
const SKIPPED: &str = "skipped: ";

/// How many tests passed, failed and were skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Counts {
    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }

    /// Moves tests that said that they skipped from the passed to the skipped ones.
    fn with_skips_told(mut self, told: u64) -> Self {
        let moved = told.min(self.passed);
        self.passed -= moved;
        self.skipped += moved;
        self
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// Follows the output of a test runner.
pub(crate) trait Runner {
    /// Takes the next line; returns whether a developer should see it.
    fn line(&mut self, line: &str) -> bool;

    /// The counts, once the runner has told them.
    fn counts(&self) -> Option<Counts>;
}

/// The output of `cargo nextest run --success-output immediate`.
#[derive(Debug, Default)]
pub(crate) struct Nextest {
    counts: Option<Counts>,
    told: u64,
    /// Within what a passed test printed, and whether that test has told a skip.
    passed_test: Option<bool>,
}

impl Runner for Nextest {
    fn line(&mut self, line: &str) -> bool {
        let text = line.trim_start();
        if is_status(text) || line.starts_with('─') {
            self.passed_test = text.starts_with("PASS [").then_some(false);
            if text.starts_with("Summary [") {
                self.counts = Some(summary(text));
            }
            return true;
        }
        let Some(has_told) = self.passed_test else { return true };
        if !text.starts_with(SKIPPED) {
            return false;
        }
        if !has_told {
            self.told += 1;
            self.passed_test = Some(true);
        }
        true
    }

    fn counts(&self) -> Option<Counts> {
        self.counts.map(|counts| counts.with_skips_told(self.told))
    }
}

/// Whether a line is `WORD [   0.005s] …`, with which nextest tells how a test went.
fn is_status(text: &str) -> bool {
    let Some((word, rest)) = text.split_once(" [") else { return false };
    let Some((time, _)) = rest.split_once("s]") else { return false };
    !word.is_empty() && time.trim_start_matches([' ', '>']).chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Reads `Summary [ 0.1s] 9 tests run: 5 passed (1 slow), 1 failed, 1 timed out, 2 skipped`.
fn summary(text: &str) -> Counts {
    let mut counts = Counts::default();
    let told = text.rsplit_once("run: ").map_or(text, |(_, told)| told);
    for part in told.split(", ") {
        let mut words = part.split_whitespace();
        let (Some(number), Some(kind)) = (words.next(), words.next()) else { continue };
        // What is not a number is a note in brackets, as in `(1 slow, 2 flaky)`.
        let Ok(number) = number.parse::<u64>() else { continue };
        match kind {
            "passed" => counts.passed += number,
            "skipped" => counts.skipped += number,
            "failed" | "exec" | "timed" => counts.failed += number,
            _ => {}
        }
    }
    counts
}

/// The output of `cargo test -- --show-output`.
#[derive(Debug, Default)]
pub(crate) struct Libtest {
    counts: Option<Counts>,
    told: u64,
    /// Within what passed tests printed, and whether the present one has told a skip.
    successes: Option<bool>,
}

impl Runner for Libtest {
    fn line(&mut self, line: &str) -> bool {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.successes = None;
            self.counts = Some(self.counts.unwrap_or_default().plus(test_result(result)));
            return true;
        }
        match line {
            "successes:" => self.successes = Some(false),
            "failures:" => self.successes = None,
            _ => {}
        }
        let Some(has_told) = self.successes else { return true };
        if line.starts_with("---- ") {
            self.successes = Some(false);
        }
        if !line.starts_with(SKIPPED) {
            return false;
        }
        if !has_told {
            self.told += 1;
            self.successes = Some(true);
        }
        true
    }

    fn counts(&self) -> Option<Counts> {
        self.counts.map(|counts| counts.with_skips_told(self.told))
    }
}

/// Reads `FAILED. 3 passed; 1 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.08s`.
fn test_result(text: &str) -> Counts {
    let mut counts = Counts::default();
    for part in text.split([';', '.']) {
        let mut words = part.split_whitespace();
        let (Some(Ok(number)), Some(kind)) = (words.next().map(str::parse::<u64>), words.next()) else {
            continue;
        };
        match kind {
            "passed" => counts.passed += number,
            "failed" => counts.failed += number,
            "ignored" => counts.skipped += number,
            _ => {}
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::{Counts, Libtest, Nextest, Runner};

    fn shown(runner: &mut dyn Runner, output: &str) -> Vec<String> {
        output.lines().filter(|line| runner.line(line)).map(str::to_owned).collect()
    }

    const NEXTEST: &str = "\
    Starting 4 tests across 1 binary (1 test skipped)
        PASS [   0.005s] (1/4) crate a
  stdout ───

    running 1 test
    skipped: no captures
    skipped: nor others
    test a ... ok

        PASS [   0.007s] (3/4) crate e
  stdout ───

    test e ... ok

        SLOW [> 60.000s] (─────) crate c
        FAIL [  61.088s] (4/4) crate c
  stdout ───

    skipped: said by a test that failed
    no

────────────
     Summary [   0.094s] 5 tests run: 3 passed (1 slow, 1 flaky), 1 failed, 1 timed out, 1 skipped
        FAIL [   0.088s] (4/4) crate c
error: test run failed";

    #[test]
    fn nextest_is_counted_and_what_passed_tests_print_is_dropped_but_for_skips() {
        let mut runner = Nextest::default();
        let lines = shown(&mut runner, NEXTEST);
        assert_eq!(runner.counts(), Some(Counts { passed: 2, failed: 2, skipped: 2 }));
        assert!(lines.iter().any(|line| line.contains("skipped: no captures")));
        assert!(lines.iter().any(|line| line.trim() == "no"));
        assert!(!lines.iter().any(|line| line.contains("running 1 test")));
    }

    const LIBTEST: &str = "\
running 4 tests
test a ... ok
test b ... ok
test d ... ignored, slow
test c ... FAILED

successes:

---- a stdout ----
skipped: no captures

---- b stdout ----
something

successes:
    a
    b

failures:

---- c stdout ----
no

failures:
    c

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.08s
test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s";

    #[test]
    fn libtest_is_counted_over_all_binaries() {
        let mut runner = Libtest::default();
        let lines = shown(&mut runner, LIBTEST);
        assert_eq!(runner.counts(), Some(Counts { passed: 8, failed: 1, skipped: 2 }));
        assert!(lines.iter().any(|line| line == "no"));
        assert!(!lines.iter().any(|line| line == "something"));
    }

    #[test]
    fn a_runner_that_told_nothing_has_no_counts() {
        assert_eq!(Nextest::default().counts(), None);
        assert_eq!(Libtest::default().counts(), None);
    }
}
