//! `cargo xtask bench`: the micro benchmarks of every crate, then the comparison with DuckDB on an emulated fleet.

use anyhow::{Context, Result};

use crate::command;

/// Runs both. `arguments` go to `bench/compare.py`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    for package in packages_with_benches()? {
        command::run(command::cargo(&["bench", "--locked", "--package", &package, "--bench", "*"]))?;
    }
    let python = if cfg!(windows) { "python" } else { "python3" };
    let mut compare = vec!["bench/compare.py"];
    compare.extend(arguments.iter().map(String::as_str));
    command::run(command::program(python, &compare))
}

/// The crates that have a folder of benchmarks, in order.
fn packages_with_benches() -> Result<Vec<String>> {
    let folder = command::root().join("crates");
    let mut packages = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        if entry.path().join("benches").is_dir() {
            packages.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    packages.sort();
    Ok(packages)
}
