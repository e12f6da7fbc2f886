//! The same input gives the same bytes, however many partitions and threads.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

mod support;

use support::Case;

#[test]
fn partitions_and_threads_do_not_show() {
    let case = Case::sample();
    for arguments in [
        vec!["hunt", "in", "--format", "jsonl"],
        vec!["hunt", "in"],
        vec!["flows", "in", "--format", "jsonl"],
        vec!["usage", "in", "--format", "csv"],
        vec!["check", "in", "--format", "json"],
    ] {
        let mut first: Option<String> = None;
        for partitions in ["1", "2", "7", "64"] {
            for threads in ["1", "2", "8"] {
                let mut arguments = arguments.clone();
                arguments.extend(["--partitions", partitions, "--threads", threads]);
                let told = case.told(&arguments);
                let kept = first.get_or_insert_with(|| told.clone());
                assert!(*kept == told, "{arguments:?} differs:\n{kept}\n{told}");
            }
        }
    }
}

#[test]
fn spilling_does_not_show() {
    let case = Case::sample();
    for arguments in [["hunt", "in", "--format", "jsonl"], ["flows", "in", "--format", "jsonl"]] {
        let ample = case.told(&arguments);
        let mut scarce = arguments.to_vec();
        scarce.extend(["--memory", "1K"]);
        assert!(ample == case.told(&scarce), "{arguments:?}");
        case.assert_tidy();
    }
}
