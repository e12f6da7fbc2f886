//! The shape of the repository: which crate may use which, and that no file holds a path of the machine on which it
//! was made.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The crates in the order of the data. A crate uses only crates named above it.
const ORDER: &[&str] = &[
    "lopside-model",
    "lopside-payload",
    "lopside-sources",
    "lopside-score",
    "lopside-engine",
    "lopside-emulate",
    "lopside",
];

/// Crates that may use fewer than those above them.
const NARROWER: &[(&str, &[&str])] = &[
    // What it writes has to be read as a stranger's telemetry is, not with the readers' own types.
    ("lopside-emulate", &["lopside-model"]),
    // It is built before every task.
    ("xtask", &[]),
];

#[test]
fn arrows_between_crates_go_one_way() {
    let crates = dependencies_within_the_workspace();
    let wrong = wrong_arrows(&crates);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_arrow_the_wrong_way_is_seen() {
    let crates = |from: &str, to: &str| BTreeMap::from([(from.to_owned(), vec![to.to_owned()])]);
    assert!(wrong_arrows(&crates("lopside-engine", "lopside-sources")).is_empty());
    assert_eq!(wrong_arrows(&crates("lopside-sources", "lopside-engine")).len(), 1);
    assert_eq!(wrong_arrows(&crates("lopside-model", "lopside-model")).len(), 1);
    assert_eq!(wrong_arrows(&crates("lopside-emulate", "lopside-sources")).len(), 1);
    assert_eq!(wrong_arrows(&crates("xtask", "lopside-model")).len(), 1);
    assert_eq!(wrong_arrows(&crates("lopside-new", "lopside-model")).len(), 1);
}

#[test]
fn no_file_holds_a_path_of_this_machine() {
    let root = root();
    let needle = root.to_string_lossy().into_owned();
    let Some(files) = tracked_files(&root) else {
        println!("skipped: not a git checkout");
        return;
    };
    // A short path, as in a container (`/src`), stands in texts for other reasons.
    if needle.len() < 9 || Path::new(&needle).components().count() < 3 {
        println!("skipped: the checkout lies at {needle}, which other texts may hold");
        return;
    }
    let with_path: Vec<String> = files
        .into_iter()
        .filter(|file| std::fs::read(root.join(file)).is_ok_and(|bytes| contains(&bytes, needle.as_bytes())))
        .collect();
    assert!(with_path.is_empty(), "{needle} stands in {}", with_path.join(", "));
}

/// Each arrow that the order forbids, as a sentence.
fn wrong_arrows(crates: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, used) in crates {
        let Some(allowed) = allowed(name) else {
            wrong.push(format!("{name} has no place in the order: name it in {}", file!()));
            continue;
        };
        for other in used.iter().filter(|other| !allowed.contains(&other.as_str())) {
            wrong.push(format!("{name} uses {other}, but may use only: {}", allowed.join(", ")));
        }
    }
    wrong
}

/// The crates that a crate may use; `None` for a crate that nobody placed.
fn allowed(name: &str) -> Option<&'static [&'static str]> {
    if let Some((_, narrower)) = NARROWER.iter().find(|(narrow, _)| *narrow == name) {
        return Some(narrower);
    }
    let place = ORDER.iter().position(|placed| *placed == name)?;
    ORDER.get(..place)
}

/// Each crate of the workspace with the crates of the workspace that it uses, for whatever purpose.
fn dependencies_within_the_workspace() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");

    let packages = metadata["packages"].as_array().expect("metadata lists packages");
    let name = |package: &Value| package["name"].as_str().expect("a package has a name").to_owned();
    let names: Vec<String> = packages.iter().map(name).collect();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("a package lists its dependencies");
            (name(package), dependencies.iter().map(name).filter(|used| names.contains(used)).collect())
        })
        .collect()
}

/// The files that git keeps, where this is a checkout and git is there.
fn tracked_files(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output().ok()?;
    output.status.success().then(|| {
        String::from_utf8_lossy(&output.stdout)
            .split('\0')
            .filter(|file| !file.is_empty())
            .map(str::to_owned)
            .collect()
    })
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_path_buf()
}
