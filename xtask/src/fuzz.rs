//! The crate of fuzz targets lies outside the workspace (it needs a nightly compiler to run), so that nothing else
//! would notice when it breaks.

use anyhow::{Context, Result};

use crate::command;

const MANIFEST: &str = "fuzz/Cargo.toml";

/// Checks that the manifest of the fuzz crate can be read and that each of its targets is Rust.
/// Without a fuzz crate there is nothing to check.
pub(crate) fn check() -> Result<()> {
    if !command::root().join(MANIFEST).exists() {
        return Ok(());
    }
    let manifest = [
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
        "--quiet",
        "--manifest-path",
        MANIFEST,
    ];
    let mut read = command::cargo(&manifest);
    read.stdout(std::process::Stdio::null());
    command::run(read).context("the manifest of the fuzz crate cannot be read")?;

    for target in targets()? {
        let mut parse =
            command::program("rustfmt", &["--edition", "2024", "--emit", "stdout", "--quiet", &target]);
        parse.stdout(std::process::Stdio::null());
        command::run(parse).with_context(|| format!("{target} is not Rust"))?;
    }
    Ok(())
}

/// The source files of the fuzz targets, below the root, in order.
fn targets() -> Result<Vec<String>> {
    let folder = command::root().join("fuzz/fuzz_targets");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rs") {
            files.push(format!("fuzz/fuzz_targets/{name}"));
        }
    }
    files.sort();
    Ok(files)
}
