//! Real logs, whole and damaged.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use super::*;
use crate::windows;
use crate::windows::testing::{Counts, Dice, INPUT, Kept, capture};

fn read_all(bytes: &[u8], sink: &mut dyn Sink) -> Result<(), EvtxError> {
    read(&INPUT, Cursor::new(bytes), &mut windows::new_fields(), sink)
}

/// What the crate alone reads: records, and failures.
fn bare(bytes: &[u8]) -> Option<(u64, u64)> {
    let settings = ParserSettings::new().num_threads(1).indent(false);
    let mut parser = EvtxParser::from_read_seek(Cursor::new(bytes)).ok()?.with_configuration(settings);
    let mut counts = (0, 0);
    for record in parser.records_json_bytes() {
        match record {
            Ok(_) => counts.0 += 1,
            Err(_) => counts.1 += 1,
        }
    }
    Some(counts)
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names.retain(|path| path.extension().is_some_and(|ending| ending == "evtx"));
    names.into_iter().map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

fn add(total: &mut BTreeMap<&'static str, u64>, counts: &Counts) {
    for (kind, count) in &counts.seen {
        *total.entry(kind).or_default() += count;
    }
}

#[test]
fn the_attack_samples_count_as_they_should() {
    let Some(path) = capture("evtx-attack-samples/evtx-attack-samples.tar.gz") else { return };
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(File::open(path).unwrap()));
    let (mut total, mut logs) = (BTreeMap::new(), 0);
    for entry in archive.entries().unwrap() {
        let mut bytes = Vec::new();
        entry.unwrap().read_to_end(&mut bytes).unwrap();
        if !recognise(&bytes) {
            continue;
        }
        logs += 1;
        let mut counts = Counts::default();
        read_all(&bytes, &mut counts).unwrap();
        let read = counts.seen.values().sum::<u64>() + counts.ignored;
        let (records, failed) = bare(&bytes).unwrap();
        assert_eq!((read, counts.skipped.len() as u64), (records, failed));
        add(&mut total, &counts);
    }
    let expected = [
        ("security-4688", 42),
        ("security-5156", 92),
        ("security-5158", 14),
        ("sysmon-1", 1_491),
        ("sysmon-10", 157),
        ("sysmon-22", 1),
        ("sysmon-3", 164),
        ("sysmon-5", 46),
    ];
    assert_eq!(logs, 277);
    assert_eq!(total, BTreeMap::from(expected));
}

#[test]
fn damaged_logs_lose_only_what_the_parser_cannot_read() {
    for folder in ["evtx-damaged", "evtx"] {
        let Some(folder) = capture(folder) else { return };
        for (name, bytes) in files(&folder) {
            let mut counts = Counts::default();
            let result = read_all(&bytes, &mut counts);
            let Some((records, failed)) = bare(&bytes) else {
                assert!(result.is_err(), "{name}");
                continue;
            };
            result.unwrap();
            let read = counts.seen.values().sum::<u64>() + counts.ignored;
            let told =
                counts.skipped.iter().filter(|(_, reason)| !reason.contains("ends inside")).count() as u64;
            println!("{name}: {read} records, {:?}", counts.skipped);
            assert_eq!((read, told), (records, failed), "{name}: {:?}", counts.skipped);
        }
    }
}

#[test]
fn parts_together_are_the_whole() {
    let Some(path) = capture("capattack-hh/Security.evtx") else { return };
    let bytes = std::fs::read(path).unwrap();
    let mut whole = Kept::default();
    read_all(&bytes, &mut whole).unwrap();
    assert!(!whole.rows.is_empty());
    let mut pieces = Kept::default();
    for part in parts(bytes.len() as u64, 3) {
        read_part(&INPUT, Cursor::new(&bytes), part, &mut windows::new_fields(), &mut pieces).unwrap();
    }
    whole.rows.sort_unstable();
    pieces.rows.sort_unstable();
    assert_eq!(whole.rows, pieces.rows);
    assert_eq!((whole.ignored, whole.seen), (pieces.ignored, pieces.seen));
}

#[test]
fn a_log_that_ends_early_says_so() {
    let Some(path) = capture("evtx/DE_RDP_Tunnel_5156.evtx") else { return };
    let bytes = std::fs::read(path).unwrap();
    let mut counts = Counts::default();
    read_all(&bytes[..bytes.len() - 30_000], &mut counts).unwrap();
    assert!(counts.skipped.iter().any(|(_, reason)| reason.contains("ends inside")), "{:?}", counts.skipped);
}

#[test]
fn what_is_no_log_is_an_error() {
    for bytes in [&b""[..], b"ElfFile\0", b"ElfFile\0 and nothing more", &[0; 70_000]] {
        assert!(read_all(bytes, &mut Counts::default()).is_err());
    }
    assert!(!recognise(b"ElfFil"));
}

#[test]
fn mutations_never_panic() {
    let Some(path) = capture("evtx/mitre_psexec_sysmon22.evtx") else { return };
    let sample = std::fs::read(path).unwrap();
    let sample = &sample[..sample.len().min(4_096 + 65_536)];
    let mut dice = Dice(0x5eed_e47c);
    for _ in 0..1_500 {
        let mut bytes = sample.to_vec();
        for _ in 0..1 + dice.below(40) {
            // Mostly where records are, sometimes the headers.
            let at = if dice.below(8) == 0 { dice.below(5_120) } else { 4_096 + dice.below(20_000) };
            bytes[at] = dice.below(256) as u8;
        }
        if dice.below(10) == 0 {
            bytes.truncate(dice.below(bytes.len()));
        }
        drop(read_all(&bytes, &mut Counts::default()));
    }
}
