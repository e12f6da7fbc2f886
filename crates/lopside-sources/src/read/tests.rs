//! Whole folders: real captures, archives, damage, and the same report whatever the number of threads.

use std::io::Write;
use std::path::Path;

use lopside_model::Quality;
use lopside_model::net;

use super::*;
use crate::zeek::testing::{Kept, OwnedFlow};

const CONN: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_bytes\tresp_bytes\thistory\torig_pkts\tresp_pkts\tmissed_bytes\n";
const ROW: &str =
    "1773220442.091862\tC1\t10.20.30.41\t51544\t203.0.113.77\t8443\ttcp\t100\t200\tShADadFf\t5\t5\t0\n";

fn read(paths: &[PathBuf], threads: usize) -> (Kept, ReadReport) {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().to_owned();
    let options = ReadOptions { threads, limits: Limits::default(), hash: true, temporary, payload: None };
    let mut all = Kept::default();
    let report =
        read_paths(paths, None, &options, &Kept::default, &mut |kept| all.absorb(kept), &Progress::default());
    all.sort();
    (all, report.unwrap())
}

/// A folder of the real captures; says so where there is none.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where captures lie")]
fn capture(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var("LOPSIDE_DATA").map_or(beside, PathBuf::from);
    let path = data.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no capture {name} in {}; set LOPSIDE_DATA", data.display());
    None
}

fn to_port(kept: &Kept, port: u16) -> Vec<&OwnedFlow> {
    kept.flows.iter().filter(|flow| flow.destination.1 == port).collect()
}

fn records(report: &ReadReport, kind: &str) -> u64 {
    report.kinds.iter().find(|known| known.kind == kind).map_or(0, |known| known.records)
}

#[test]
fn outbound_bytes_of_lsass_c02_were_not_measured() {
    let Some(path) = capture("lsass-c02/metasploit_procdump_lsass_memory_dump_zeek_logs.zip") else { return };
    let (kept, report) = read(&[path], 2);
    assert_eq!((records(&report, "zeek-conn"), records(&report, "zeek-dns"), report.skipped), (119, 147, 0));
    let shell = to_port(&kept, 4_433);
    assert_eq!(shell.len(), 2);
    for flow in shell {
        assert_eq!(flow.out, (None, Quality::Unmeasured.code()));
        assert_eq!(flow.back.1, Quality::Exact.code());
        assert!(flow.flags[2] && flow.why.as_deref().unwrap().contains("one-sided"));
    }
}

#[test]
fn the_shell_of_lsass_c06_is_sequence_only() {
    let Some(path) = capture("lsass-c06/metasploit_outflank-dumpert_lsass_memory_dump_zeek_logs.zip") else {
        return;
    };
    let (kept, report) = read(&[path], 2);
    assert_eq!((records(&report, "zeek-conn"), report.skipped), (777, 0));
    let shell = to_port(&kept, 6_666);
    let out: Vec<_> = shell.iter().map(|flow| flow.out).collect();
    assert_eq!(out, [(None, Quality::Unmeasured.code()), (Some(26_310_415), Quality::SequenceOnly.code())]);
    assert_eq!(shell.iter().filter_map(|flow| flow.back.0).sum::<u64>(), 748_459);
    let both = kept.flows.iter().filter(|flow| flow.out.1 < 2 && flow.back.1 < 2 && flow.flags[2]);
    assert_eq!(both.count(), 0, "no conversation at this sensor was measured both ways");
}

#[test]
fn two_sensors_of_apt29_are_told_apart() {
    let Some(path) = capture("apt29-day1/zeek") else { return };
    let (kept, report) = read(&[path], 2);
    let counts = ["conn", "dns", "ssl", "http", "files"].map(|log| records(&report, &format!("zeek-{log}")));
    assert_eq!((counts, report.skipped), ([613, 53, 378, 62, 448], 0));
    let sensors: std::collections::BTreeSet<_> = kept.flows.iter().map(|flow| flow.sensor.as_str()).collect();
    assert_eq!(
        sensors.into_iter().collect::<Vec<_>>(),
        ["bobs.bigwheel.local", "simplerockbuild.simplerock.lan"]
    );
    let upload = |flow: &&OwnedFlow| flow.source == (net::bits(net::parse_ip("10.0.1.4").unwrap()), 60_760);
    let upload: Vec<_> = kept.flows.iter().filter(upload).map(|flow| (flow.out, flow.back.0)).collect();
    assert!(!upload.is_empty());
    for (out, back) in upload {
        assert_eq!((out.0, back), (Some(2_181_167), Some(27_238)));
        assert!(out.1 < Quality::SequenceOnly.code());
    }
    let ignored: Vec<_> =
        report.ignored.iter().map(|left| (left.kind.as_str(), left.files, left.records)).collect();
    assert!(
        ignored.contains(&("zeek-weird", 2, 12)) && ignored.contains(&("zeek-x509", 2, 378)),
        "{ignored:?}"
    );
}

#[test]
fn labelled_logs_and_json_of_strato() {
    for (name, conn) in [
        ("strato-001-zeek-scenario-malicious/conn.log", 992),
        ("strato-001-zeek-scenario-malicious/labeled-conn.log", 992),
        ("strato-002-zeek-scenario-port-scanning", 4_504),
        ("strato-008-zeek-mixed", 5_663),
        ("strato-012-zeek-mixed", 4_740),
    ] {
        let Some(path) = capture(name) else { return };
        let (kept, report) = read(&[path], 2);
        assert_eq!(
            (records(&report, "zeek-conn"), kept.flows.len() as u64, report.skipped),
            (conn, conn, 0),
            "{name}"
        );
        let sensors: std::collections::BTreeSet<_> =
            kept.flows.iter().map(|flow| flow.sensor.as_str()).collect();
        assert_eq!(sensors.len(), 1, "{name}");
    }
}

#[test]
fn the_report_does_not_depend_on_threads() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("conn.log"), format!("{CONN}{}", ROW.repeat(30_000))).unwrap();
    let mut json = String::new();
    for place in 0..20_000 {
        json.push_str(&format!("{{\"_path\":\"conn\",\"ts\":{place},\"id.orig_h\":\"10.0.0.1\",\"id.orig_p\":{},\"id.resp_h\":\"x{}\",\"id.resp_p\":1,\"proto\":\"udp\"}}\n", place % 70_000, place % 3));
        json.push_str(
            ["{\"a\":1}\n", "{\"event_type\":\"flow\",\"flow_id\":1}\n", "{\"a\":\n", "nonsense\n"]
                [place % 4],
        );
    }
    std::fs::write(at("mixed.json"), json).unwrap();
    let paths = [folder.path().to_owned()];
    let (rows, report) = read(&paths, 1);
    assert_eq!(report.skipped, 30_000);
    assert_eq!((report.unrecognised.records, report.unsupported[0].records), (5_000, 5_000));
    for threads in [2, 8] {
        let (other_rows, other) = read(&paths, threads);
        assert_eq!(other, report);
        assert!(other_rows == rows, "{threads} threads gave other rows");
    }
}

#[test]
fn every_input_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("empty.log"), "").unwrap();
    std::fs::write(at("notes.txt"), "just notes\n").unwrap();
    std::fs::write(at("capture.pcap"), b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00").unwrap();
    std::fs::write(at("eve.json"), "{\"event_type\":\"flow\",\"flow_id\":1}\n").unwrap();
    std::fs::write(at("other.json"), "{\"a\":1}\n{\"a\":2}\n").unwrap();
    std::fs::write(at("weird.log"), format!("{}x\n", CONN.replace("\tconn\n", "\tweird\n"))).unwrap();
    let mut gzip = Vec::new();
    for part in [format!("{CONN}{ROW}"), ROW.to_owned()] {
        let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        member.write_all(part.as_bytes()).unwrap();
        gzip.extend(member.finish().unwrap());
    }
    std::fs::write(at("conn.log.gz"), &gzip).unwrap();
    std::fs::write(at("cut.log.gz"), gzip.get(..gzip.len() - 20).unwrap()).unwrap();
    let (kept, report) = read(&[folder.path().to_owned(), PathBuf::from("/nowhere/at-all")], 2);
    let kinds: Vec<_> = report.inputs.iter().map(|input| (input.kind.as_str(), input.recognised)).collect();
    assert_eq!(
        kinds,
        [
            ("capture", true),
            ("zeek-tsv", true),
            ("zeek-tsv", true),
            ("empty", false),
            ("suricata eve", false),
            ("unrecognised", false),
            ("unrecognised", false),
            ("zeek-tsv", true),
        ]
    );
    assert!(kept.flows.len() >= 3);
    assert_eq!((report.unrecognised.files, report.unrecognised.records), (2, 2));
    let unsupported: Vec<_> =
        report.unsupported.iter().map(|left| (left.kind.as_str(), left.files, left.records)).collect();
    assert_eq!(unsupported, [("suricata eve", 1, 1)]);
    let errors: Vec<_> = report.errors.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(report.error_count, 2, "{errors:?}");
    assert!(report.inputs.iter().all(|input| input.sha256.as_ref().is_some_and(|hash| hash.len() == 64)));
    let gz = report.inputs.iter().find(|input| input.path.ends_with("conn.log.gz")).unwrap();
    assert_eq!((report.input_name(gz.number), gz.records), (Some(gz.path.as_str()), 2));
    assert!(report.recognised_anything());
    serde_json::to_string(&report).unwrap();
}

#[test]
fn an_archive_of_many_unknown_files_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.tar");
    let mut archive = tar::Builder::new(std::fs::File::create(&path).unwrap());
    for place in 0..1_500 {
        let mut header = tar::Header::new_gnu();
        header.set_size(6);
        header.set_cksum();
        archive.append_data(&mut header, format!("note-{place}.txt"), &b"a note"[..]).unwrap();
    }
    archive.into_inner().unwrap();
    let (_, report) = read(&[path], 2);
    assert_eq!((report.inputs.len(), report.unrecognised.files, report.error_count), (1_000, 1_500, 0));
}

#[test]
fn standard_input_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().to_owned();
    let options =
        ReadOptions { threads: 1, limits: Limits::default(), hash: false, temporary, payload: None };
    let stdin = Box::new(std::io::Cursor::new(format!("{CONN}{ROW}").into_bytes()));
    let mut all = Kept::default();
    let progress = Progress::default();
    let report = read_paths(
        &[PathBuf::from("-")],
        Some(stdin),
        &options,
        &Kept::default,
        &mut |kept| all.absorb(kept),
        &progress,
    );
    assert_eq!((report.unwrap().records, all.flows.len()), (1, 1));
    assert_eq!(progress.files.into_inner(), 1);
}

#[test]
fn numbers_ascend_with_file_and_stream() {
    let options = ReadOptions {
        threads: 1,
        limits: Limits::default(),
        hash: false,
        temporary: PathBuf::new(),
        payload: None,
    };
    let make = Kept::default;
    let sinks = Sinks::new(&make);
    let progress = Progress::default();
    for count in [1, 2, 3, 10_000, 70_000] {
        let file = InputFile { index: 0, name: String::new(), place: Place::StandardInput, bytes: 0 };
        let inputs = Inputs { files: vec![file; count], ..Inputs::default() };
        let reading = Reading::new(&inputs, &options, &sinks, &progress, None);
        let mut numbers = Vec::new();
        for index in std::collections::BTreeSet::from([0, 1, count / 2, count - 1])
            .into_iter()
            .filter(|index| *index < count)
        {
            numbers.extend([0, 1, 2, u64::MAX].map(|ordinal| reading.number(index, ordinal)));
        }
        numbers.dedup_by(|one, other| one == other);
        assert!(numbers.is_sorted() && numbers.first() == Some(&0), "{count}: {numbers:?}");
    }
}
