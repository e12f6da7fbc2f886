//! Public captures with known truths, and the program that is held against them.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// A file or folder of public captures, or a line that says why the test is skipped.
pub(crate) fn capture(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let found = std::env::var_os("LOPSIDE_DATA").map_or(beside, PathBuf::from).join(name);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: the capture {name} is not here (set LOPSIDE_DATA)");
    None
}

/// What a run writes to standard output.
pub(crate) fn lopside(arguments: &[&str], stdin: Vec<u8>) -> String {
    let state = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_lopside"))
        .env("XDG_STATE_HOME", state.path())
        .args(arguments)
        .write_stdin(stdin)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Lines of JSON.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The flows of these paths.
pub(crate) fn flows(paths: &[&Path]) -> Vec<Value> {
    lines(&of("flows", paths))
}

/// The findings in these paths.
pub(crate) fn findings(paths: &[&Path]) -> Vec<Value> {
    lines(&of("hunt", paths))
}

fn of(command: &str, paths: &[&Path]) -> String {
    let paths = paths.iter().map(|path| path.to_str().unwrap());
    lopside(&[command, "--format", "jsonl"].into_iter().chain(paths).collect::<Vec<_>>(), Vec::new())
}
