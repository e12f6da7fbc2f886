//! Captures with junk: the same plan writes the same bytes, every family and control comes, the truth fits the files.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use lopside_emulate::{EmulateError, JunkPlan, JunkTruth, write_junk};

fn written(folder: &Path, seed: u64, conversations: u32, hard: bool) -> JunkTruth {
    write_junk(&JunkPlan { seed, conversations, hard }, folder, &mut |_| {}).expect("captures")
}

#[test]
fn the_same_plan_writes_the_same_bytes() {
    let [a, b] = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let truth = written(a.path(), 5, 40, false);
    assert_eq!(truth, written(b.path(), 5, 40, false));
    for capture in truth.captures.iter().map(String::as_str).chain(["truth.json"]) {
        let [a, b] = [&a, &b].map(|folder| fs::read(folder.path().join(capture)).expect("a file"));
        assert!(a == b, "{capture} differs");
    }
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("mine"), "").expect("a file");
    let plan = JunkPlan::default();
    assert!(matches!(write_junk(&plan, folder.path(), &mut |_| {}), Err(EmulateError::NotEmpty(_))));
    let none = JunkPlan { conversations: 0, ..plan };
    assert!(matches!(write_junk(&none, folder.path(), &mut |_| {}), Err(EmulateError::Plan(_))));
}

/// Payload bytes and packets by client and server, as a reader counts them that knows nothing of sequence numbers.
fn packets(file: &[u8]) -> BTreeMap<(String, u16), usize> {
    let mut counts = BTreeMap::new();
    let mut at = 24;
    while at < file.len() {
        let length = u32::from_le_bytes(file[at + 8..at + 12].try_into().expect("four bytes")) as usize;
        let frame = &file[at + 16..at + 16 + length];
        at += 16 + length;
        let ip = if frame[12..14] == [0x81, 0] { &frame[18..] } else { &frame[14..] };
        let (from, ports) = if ip[0] >> 4 == 4 {
            (std::net::IpAddr::from(<[u8; 4]>::try_from(&ip[12..16]).expect("four bytes")), &ip[20..])
        } else {
            (std::net::IpAddr::from(<[u8; 16]>::try_from(&ip[8..24]).expect("sixteen bytes")), &ip[40..])
        };
        *counts.entry((from.to_string(), u16::from_be_bytes([ports[0], ports[1]]))).or_default() += 1;
    }
    counts
}

#[test]
fn the_truth_fits_the_files() {
    for (seed, hard) in [(11, false), (12, true)] {
        let folder = tempfile::tempdir().expect("a folder");
        let truth = written(folder.path(), seed, 90, hard);
        let text = fs::read_to_string(folder.path().join("truth.json")).expect("the truth");
        assert_eq!(serde_json::from_str::<JunkTruth>(&text).expect("JSON"), truth);
        for capture in &truth.captures {
            let counts = packets(&fs::read(folder.path().join(capture)).expect("a capture"));
            for conversation in
                truth.conversations.iter().filter(|conversation| &conversation.capture == capture)
            {
                let seen = counts.get(&(conversation.src_ip.clone(), conversation.src_port)).copied();
                assert!(seen.is_some(), "no packet of {conversation:?}");
            }
        }
        for conversation in &truth.conversations {
            assert!(conversation.bytes_out + conversation.bytes_in > 0, "{conversation:?}");
            assert!(conversation.start <= conversation.end, "{conversation:?}");
            assert!(conversation.junk || conversation.share == 0.0, "{conversation:?}");
            assert!((0.0..=1.0).contains(&conversation.share), "{conversation:?}");
            assert!(!conversation.expected.is_empty(), "{conversation:?}");
        }
    }
}

#[test]
fn families_and_many_more_controls() {
    let (mut families, mut controls) = (BTreeSet::new(), BTreeSet::new());
    let (mut harder, mut junk) = (BTreeSet::new(), 0);
    for (seed, hard) in [(21, false), (22, false), (23, true), (24, true)] {
        let folder = tempfile::tempdir().expect("a folder");
        for conversation in written(folder.path(), seed, 500, hard).conversations {
            junk += usize::from(conversation.junk);
            let known = if conversation.junk { &mut families } else { &mut controls };
            if hard && !known.contains(&conversation.name) {
                harder.insert(conversation.name);
            } else if !hard {
                known.insert(conversation.name);
            }
        }
    }
    println!(
        "{} families, {} controls, {} more in the harder set, {junk} of 2000 junk",
        families.len(),
        controls.len(),
        harder.len()
    );
    assert!(families.len() >= 24, "{families:?}");
    assert!(controls.len() >= 3 * families.len(), "{controls:?}");
    assert!(harder.len() >= 15, "{harder:?}");
    assert!((500..1_000).contains(&junk), "{junk}");
}
