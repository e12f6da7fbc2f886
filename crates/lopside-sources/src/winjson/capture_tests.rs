//! The real captures.

use std::io::{BufRead, BufReader, Read};

use super::*;
use crate::windows::testing::{Counts, INPUT, Kept, capture};

fn count_lines(reader: impl Read) -> Counts {
    let mut counts = Counts::default();
    let mut fields = windows::new_fields();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if reader.read_until(b'\n', &mut line).unwrap() == 0 {
            break;
        }
        if read_object(&INPUT, &mut fields, &line, number, &mut counts) == Outcome::NotMine {
            counts.skipped(number, "not mine");
        }
    }
    counts
}

#[test]
fn the_lsass_captures_count_as_they_should() {
    for (path, expected) in [
        (
            "lsass-c01/metasploit_logonpasswords_lsass_memory_dump.zip",
            [269, 140, 252, 30_414, 51, 53, 46, 177, 0, 195],
        ),
        (
            "lsass-c02/metasploit_procdump_lsass_memory_dump.zip",
            [138, 135, 121, 26_468, 28, 66, 55, 158, 1, 258],
        ),
        (
            "lsass-c06/metasploit_outflank-dumpert_lsass_memory_dump.zip",
            [77, 772, 81, 31_522, 400, 0, 0, 0, 0, 0],
        ),
    ] {
        let Some(path) = capture(path) else { return };
        let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
        let counts = count_lines(archive.by_index(0).unwrap());
        let kinds = [
            "sysmon-1",
            "sysmon-3",
            "sysmon-5",
            "sysmon-10",
            "sysmon-22",
            "security-4688",
            "security-4689",
            "security-5156",
            "security-5157",
            "security-5158",
        ];
        let found = kinds.map(|kind| counts.seen.get(kind).copied().unwrap_or_default());
        assert_eq!(found, expected);
        assert_eq!(counts.skipped, []);
    }
}

#[test]
fn the_log4shell_tables_are_read() {
    for (path, expected) in [
        (
            "log4shell/sysmon_log4shell_cve2021_44228_java_serialized_object.zip",
            [2_u64, 5, 2, 12, 2, 0, 0, 0, 0],
        ),
        (
            "log4shell/securityauditing_log4shell_cve2021_44228_java_serialized_object.zip",
            [0, 0, 0, 0, 0, 2, 2, 5, 9],
        ),
    ] {
        let Some(path) = capture(path) else { return };
        let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
        let counts = count_lines(archive.by_index(0).unwrap());
        let kinds = [
            "sysmon-1",
            "sysmon-3",
            "sysmon-5",
            "sysmon-10",
            "sysmon-22",
            "security-4688",
            "security-4689",
            "security-5156",
            "security-5158",
        ];
        assert_eq!(kinds.map(|kind| counts.seen.get(kind).copied().unwrap_or_default()), expected);
        assert_eq!(counts.skipped, []);
    }
}

/// In old NXLog exports the header's process id stands in the event's place; whatever is said of a process must be true.
#[test]
fn the_atomic_captures_never_name_the_kernel_for_others() {
    let Some(folder) = capture("atomic-pairs") else { return };
    let (mut connections, mut without_process) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        for file in std::fs::read_dir(entry.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "gz") {
                continue;
            }
            let mut kept = Kept::default();
            let mut fields = windows::new_fields();
            let lines = BufReader::new(flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()));
            for (line, number) in lines.split(b'\n').zip(1..) {
                let outcome = read_object(&INPUT, &mut fields, &line.unwrap(), number, &mut kept);
                assert_eq!(outcome, Outcome::Done);
            }
            assert_eq!(kept.skipped, []);
            for row in kept.rows.iter().filter(|row| row.starts_with("Connection(")) {
                connections += 1;
                without_process += u64::from(row.contains("pid: None"));
                assert!(!row.contains("pid: Some(4),") || row.contains(r#"image: Some("System")"#), "{row}");
                assert!(!row.contains(r#"host: "wec""#));
            }
        }
    }
    println!("{connections} connections, {without_process} without a process id");
    assert!(connections > 1_000);
}
