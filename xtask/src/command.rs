//! Running other programs: from the root of the workspace, without standard input, shown before they start.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The cargo that runs this task, so that all of its commands use one toolchain.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    program_at_root(Command::new(program), arguments)
}

/// Any other program.
pub(crate) fn program(name: &str, arguments: &[&str]) -> Command {
    program_at_root(Command::new(name), arguments)
}

fn program_at_root(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    // Variables that `cargo run` sets for this package would make cargo build dependents anew.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        command.env_remove(name);
    }
    command
}

/// Whether a command can be run and succeeds. What it prints is dropped.
pub(crate) fn succeeds(mut command: Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Runs a command to its end; anything but success is an error.
pub(crate) fn run(mut command: Command) -> Result<()> {
    let shown = show(&command);
    println!("$ {shown}");
    let status = command.status().with_context(|| format!("cannot start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs a command and hands each line of its standard output and standard error, in one stream, to `line`.
/// Returns whether it succeeded.
pub(crate) fn lines(mut command: Command, mut line: impl FnMut(&str)) -> Result<bool> {
    let shown = show(&command);
    println!("$ {shown}");
    let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
    command.stdout(writer.try_clone().context("cannot share a pipe")?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("cannot start `{shown}`"))?;
    // The command holds the writing end of the pipe; as long as it lives here, reading would not end.
    drop(command);
    for bytes in BufReader::new(reader).split(b'\n') {
        let bytes = bytes.with_context(|| format!("cannot read what `{shown}` says"))?;
        line(String::from_utf8_lossy(&bytes).trim_end_matches('\r'));
    }
    Ok(child.wait().with_context(|| format!("cannot wait for `{shown}`"))?.success())
}

fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let mut words = vec![program.to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}
