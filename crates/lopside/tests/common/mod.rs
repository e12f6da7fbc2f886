//! What the tests of commands share: the binary, small fleets.
#![allow(dead_code, reason = "not every test uses all of it")]
#![allow(clippy::unwrap_used, reason = "tests say so where they fail")]

use std::path::Path;

use assert_cmd::Command;

/// The binary, without a configuration of the user's.
pub(crate) fn lopside() -> Command {
    let mut command = Command::cargo_bin("lopside").unwrap();
    let nowhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-configuration");
    command
        .env("XDG_CONFIG_HOME", &nowhere)
        .env("XDG_STATE_HOME", nowhere.join("state"))
        .env("COLUMNS", "80");
    command
}

/// Runs to a good end and gives what was written to standard output.
pub(crate) fn stdout(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

/// A temporary folder with a labelled fleet in `fleet`.
pub(crate) fn fleet(hosts: u32, days: u32, seed: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let numbers = [hosts.to_string(), days.to_string(), seed.to_string()];
    lopside()
        .args(["emulate", "fleet"])
        .arg(folder.path().join("fleet"))
        .args([
            "--hosts",
            &numbers[0],
            "--days",
            &numbers[1],
            "--seed",
            &numbers[2],
            "--flows-per-host",
            "60",
        ])
        .assert()
        .success();
    folder
}
