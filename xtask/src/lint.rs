//! `cargo xtask lint`: format, clippy, documentation, and an audit of the dependencies where its data is reachable.

use anyhow::{Context, Result};

use crate::command::{cargo, lines, program, run as run_command, succeeds};

/// Runs every check. The first that fails ends the task.
pub(crate) fn run() -> Result<()> {
    need_component("rustfmt", &["fmt", "--version"])?;
    need_component("clippy", &["clippy", "--version"])?;

    run_command(cargo(&["fmt", "--all", "--check"])).context("`cargo fmt --all` puts this right")?;
    run_command(cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    let mut documentation =
        cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"]);
    documentation.env("RUSTDOCFLAGS", "-Dwarnings");
    run_command(documentation)?;

    audit()
}

/// Installs a part of the toolchain that is missing, where rustup is there to do it.
fn need_component(name: &str, probe: &[&str]) -> Result<()> {
    if succeeds(cargo(probe)) {
        return Ok(());
    }
    run_command(program("rustup", &["component", "add", name]))
        .with_context(|| format!("{name} is missing: install it with your toolchain"))
}

/// Checks the dependencies against known advisories, and their licences and origins against `deny.toml`.
fn audit() -> Result<()> {
    if succeeds(cargo(&["deny", "--version"])) {
        run_command(cargo(&["deny", "--locked", "--offline", "check", "licenses", "bans", "sources"]))?;
        return advisories("cargo deny", &["deny", "--locked", "check", "advisories"]);
    }
    if succeeds(cargo(&["audit", "--version"])) {
        return advisories("cargo audit", &["audit"]);
    }
    skipped("neither cargo-deny nor cargo-audit is installed (`cargo install --locked cargo-deny`)");
    Ok(())
}

/// Looks for known advisories. That the database of advisories cannot be fetched is no fault of the code.
fn advisories(tool: &str, arguments: &[&str]) -> Result<()> {
    let mut unreachable = false;
    let succeeded = lines(cargo(arguments), |line| {
        println!("{line}");
        unreachable |= says_unreachable(line);
    })?;
    match (succeeded, unreachable) {
        (true, _) => Ok(()),
        (false, true) => {
            skipped(&format!("{tool} could not fetch the database of advisories"));
            Ok(())
        }
        (false, false) => anyhow::bail!("{tool} found something: see above"),
    }
}

/// Whether a line of an audit tool says that the database of advisories could not be fetched or opened.
fn says_unreachable(line: &str) -> bool {
    [
        "failed to fetch advisory database",
        "couldn't fetch advisory database",
        "failed to load advisory database",
    ]
    .iter()
    .any(|sentence| line.contains(sentence))
}

fn skipped(why: &str) {
    println!("skipped: the audit of the dependencies: {why}");
}

#[cfg(test)]
mod tests {
    use super::says_unreachable;

    #[test]
    fn a_database_out_of_reach_is_told_from_an_advisory() {
        assert!(says_unreachable(
            "2026-11-24 10:00:00 [ERROR] failed to fetch advisory database https://github.com/…"
        ));
        assert!(says_unreachable("error: couldn't fetch advisory database: git operation failed"));
        assert!(!says_unreachable("error[vulnerability]: segfault in the time crate"));
    }
}
