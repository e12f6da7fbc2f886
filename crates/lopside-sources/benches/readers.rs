//! How fast each reader is, in bytes a second, on small telemetry that is made here. Reading from memory, on one thread.

#![expect(clippy::expect_used, reason = "a benchmark that cannot start has nothing to do")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Cursor;
use std::path::PathBuf;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lopside_model::Micros;
use lopside_model::record::Record;
use lopside_sources::input::Limits;
use lopside_sources::read::{Progress, ReadOptions, read_paths};
use lopside_sources::source::Sink;

/// Records of each benchmark.
const RECORDS: u32 = 5_000;

/// Counts, and lets nothing be optimised away.
#[derive(Default)]
struct Counting(u64);

impl Sink for Counting {
    fn seen(&mut self, _kind: &'static str, time: Option<Micros>) {
        self.0 += 1;
        black_box(time);
    }

    fn put(&mut self, record: &Record<'_>) {
        black_box(record);
    }

    fn ignored(&mut self, kind: &str) {
        black_box(kind);
    }

    fn skipped(&mut self, _place: u64, reason: &str) {
        black_box(reason);
    }
}

/// Reads a stream as the product does; how many records it had.
fn read(bytes: &[u8]) -> u64 {
    let options = ReadOptions {
        threads: 1,
        limits: Limits::default(),
        hash: false,
        temporary: PathBuf::from("."),
        payload: None,
    };
    let mut records = 0;
    let stdin = Box::new(Cursor::new(bytes.to_vec()));
    read_paths(
        &["-".into()],
        Some(stdin),
        &options,
        &Counting::default,
        &mut |sink: Counting| records += sink.0,
        &Progress::default(),
    )
    .expect("one thread can be started");
    records
}

fn zeek_tsv() -> String {
    let mut text = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\n".to_owned();
    for number in 0..RECORDS {
        let (ip, port, bytes) =
            (number % 200, 49_152 + number % 16_000, number.wrapping_mul(2_654_435_761) >> 8);
        let line = writeln!(
            text,
            "{}.{:06}\tC{number}x\t10.20.1.{ip}\t{port}\t203.0.113.{}\t443\ttcp\tssl\t{}.{:06}\t{bytes}\t{}\tSF\t-\t-\t0\tShADadFf\t{}\t{}\t33\t7895\t-",
            1_783_728_000 + number,
            number % 1_000_000,
            number % 250,
            number % 90,
            number % 1_000_000,
            bytes / 9,
            bytes / 1_400 + 4,
            bytes + 2_000,
        );
        line.expect("a string can be written to");
    }
    text
}

fn zeek_json() -> String {
    let mut text = String::new();
    for number in 0..RECORDS {
        let (ip, port, bytes) =
            (number % 200, 49_152 + number % 16_000, number.wrapping_mul(2_654_435_761) >> 8);
        let line = writeln!(
            text,
            r#"{{"ts":{}.{:06},"uid":"C{number}x","id.orig_h":"10.20.1.{ip}","id.orig_p":{port},"id.resp_h":"203.0.113.{}","id.resp_p":443,"proto":"tcp","service":"ssl","duration":{}.5,"orig_bytes":{bytes},"resp_bytes":{},"conn_state":"SF","missed_bytes":0,"history":"ShADadFf","orig_pkts":{},"orig_ip_bytes":{},"resp_pkts":33,"resp_ip_bytes":7895}}"#,
            1_783_728_000 + number,
            number % 1_000_000,
            number % 250,
            number % 90,
            bytes / 9,
            bytes / 1_400 + 4,
            bytes + 2_000,
        );
        line.expect("a string can be written to");
    }
    text
}

fn winjson() -> String {
    let mut text = String::new();
    for number in 0..RECORDS {
        let (second, port) = (number % 60, 49_152 + number % 16_000);
        let line = writeln!(
            text,
            r#"{{"@timestamp":"2026-03-11T09:14:{second:02}.960Z","event":{{"code":"3","provider":"Microsoft-Windows-Sysmon"}},"host":{{"name":"WS-0417.corp.example"}},"winlog":{{"event_id":"3","record_id":{number},"channel":"Microsoft-Windows-Sysmon/Operational","provider_name":"Microsoft-Windows-Sysmon","provider_guid":"{{5770385F-C22A-43E0-BF4C-06F5698FFBD9}}","computer_name":"WS-0417.corp.example","api":"wineventlog","event_data":{{"RuleName":"-","UtcTime":"2026-03-11 09:14:{second:02}.118","ProcessGuid":"{{7b1f22c0-3256-69b1-4e02-0000{number:08x}}}","ProcessId":"{}","Image":"C:\\Program Files\\Kestrel\\syncd.exe","User":"CORP\\m.ito","Protocol":"tcp","Initiated":"true","SourceIsIpv6":"false","SourceIp":"10.20.30.41","SourceHostname":"-","SourcePort":"{port}","SourcePortName":"-","DestinationIsIpv6":"false","DestinationIp":"203.0.113.{}","DestinationHostname":"drop.example","DestinationPort":"443","DestinationPortName":"https"}}}},"agent":{{"type":"winlogbeat","version":"8.15.3"}}}}"#,
            number % 9_000,
            number % 250,
        );
        line.expect("a string can be written to");
    }
    text
}

/// An upload, frame by frame, with the acknowledgements that come back.
fn capture() -> Vec<u8> {
    let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
    for number in 0..RECORDS {
        let back = number % 3 == 2;
        let content: &[u8] = if back { &[] } else { &[7; 1_448] };
        let (from, to) =
            if back { ([203, 0, 113, 77], [10, 20, 30, 41]) } else { ([10, 20, 30, 41], [203, 0, 113, 77]) };
        let (source, destination) = if back { (8_443_u16, 51_544_u16) } else { (51_544, 8_443) };
        let seq = (number - number.div_ceil(3)) * 1_448;
        let (seq, ack) = if back { (1, seq) } else { (seq, 1) };
        let mut frame = vec![2; 12];
        frame.extend([8, 0, 0x45, 0]);
        frame.extend((content.len() as u16 + 40).to_be_bytes());
        frame.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        frame.extend([from, to].concat());
        frame.extend([source.to_be_bytes(), destination.to_be_bytes()].concat());
        frame.extend([seq.to_be_bytes(), ack.to_be_bytes()].concat());
        frame.extend([0x50, 16, 0x20, 0, 0, 0, 0, 0]);
        frame.extend(content);
        for word in [1_773_220_440, number, frame.len() as u32, frame.len() as u32] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(frame);
    }
    bytes
}

/// A real log, where the environment names one: none can be made here.
fn evtx() -> Option<Vec<u8>> {
    std::fs::read(std::env::var_os("LOPSIDE_EVTX")?).ok()
}

fn readers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("readers");
    let made = [
        ("zeek tsv", zeek_tsv().into_bytes()),
        ("zeek json", zeek_json().into_bytes()),
        ("winlogbeat json", winjson().into_bytes()),
        ("capture", capture()),
    ];
    for (name, bytes) in made {
        assert_eq!(read(&bytes), u64::from(RECORDS), "{name}");
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| read(&bytes)));
    }
    if let Some(bytes) = evtx() {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function("evtx", |bencher| bencher.iter(|| read(&bytes)));
    }
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);
