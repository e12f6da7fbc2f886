//! Counts against those of tshark, conversation by conversation. Skipped where there is no tshark or no capture.
//!
//! tshark is asked for the fields of each packet; the sums are made here in the plainest way, so that only the dissection is tshark's: of
//! TCP the sequence numbers that were seen in each of its streams, of UDP the lengths.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use lopside_model::net;

use super::testing::{Told, read_file};
use crate::windows::testing::capture;

/// Both ends with their ports, the smaller one first, and what each sent; with it packets.
type Sums = BTreeMap<(u8, (IpAddr, u16), (IpAddr, u16)), Vec<[u64; 4]>>;

/// What was seen of one end of a stream.
#[derive(Default)]
struct Seen {
    end: Option<(IpAddr, u16)>,
    places: BTreeSet<u32>,
    packets: u64,
    acknowledged: Option<u32>,
    start: Option<u32>,
}

fn tshark(path: &Path, filter: &str, fields: &[&str]) -> Option<Vec<Vec<String>>> {
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(path).args(["-Y", filter, "-T", "fields", "-E", "occurrence=l"]);
    for preference in [
        "tcp.desegment_tcp_streams:FALSE",
        "tcp.analyze_sequence_numbers:TRUE",
        "tcp.relative_sequence_numbers:FALSE",
    ] {
        command.args(["-o", preference]);
    }
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

fn addresses(row: &[String]) -> Option<(IpAddr, IpAddr)> {
    let either = |four: usize, six: usize| row[four].parse().or_else(|_| row[six].parse()).ok();
    Some((either(0, 2)?, either(1, 3)?))
}

const FIELDS: [&str; 14] = [
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.stream",
    "tcp.seq_raw",
    "tcp.len",
    "tcp.flags",
    "tcp.ack_raw",
    "udp.srcport",
    "udp.dstport",
    "udp.length",
];

/// Bytes by sequence number in each stream of tshark.
fn tcp(rows: &[Vec<String>]) -> Option<Sums> {
    let mut streams: BTreeMap<u64, [Seen; 2]> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row[4].is_empty()) {
        let (source, destination) = addresses(row)?;
        let number = |place: usize| row[place].parse::<u64>().unwrap_or(0);
        let (source, destination) = ((source, number(4) as u16), (destination, number(5) as u16));
        let flags = u32::from_str_radix(row[9].trim_start_matches("0x"), 16).ok()?;
        let sides = streams.entry(number(6)).or_default();
        if sides[0].end.is_none() {
            (sides[0].end, sides[1].end) = (Some(source), Some(destination));
        }
        let from = usize::from(sides[0].end != Some(source));
        sides[from].packets += 1;
        let reset = flags & 4 > 0;
        if flags & 0x10 > 0 && !reset {
            let acknowledged = number(10) as u32;
            sides[1 - from].acknowledged.get_or_insert(acknowledged);
        }
        if reset {
            continue;
        }
        let first = (number(7) as u32).wrapping_add(u32::from(flags & 2 > 0));
        // What had been acknowledged before its first byte was seen was sent before the capture.
        let side = &mut sides[from];
        let floor = side.acknowledged;
        let start = *side.start.get_or_insert_with(|| match floor {
            Some(floor) if (floor.wrapping_sub(first) as i32) > 0 => floor,
            _ => first,
        });
        for step in 0..number(8) as u32 {
            let place = first.wrapping_add(step);
            if (place.wrapping_sub(start) as i32) >= 0 {
                side.places.insert(place);
            }
        }
    }
    let mut sums = Sums::new();
    for [one, other] in streams.into_values() {
        let (first, second) = (one.end?, other.end?);
        let counts = [one.places.len() as u64, other.places.len() as u64, one.packets, other.packets];
        add(&mut sums, 6, (first, second), counts);
    }
    Some(sums)
}

fn udp(rows: &[Vec<String>]) -> Option<Sums> {
    let mut sums = Sums::new();
    for row in rows.iter().filter(|row| !row[11].is_empty()) {
        let (source, destination) = addresses(row)?;
        let number = |place: usize| row[place].parse::<u64>().unwrap_or(0);
        let ends = ((source, number(11) as u16), (destination, number(12) as u16));
        add(&mut sums, 17, ends, [number(13) - 8, 0, 1, 0]);
    }
    Some(together(sums))
}

fn add(sums: &mut Sums, protocol: u8, (first, second): ((IpAddr, u16), (IpAddr, u16)), counts: [u64; 4]) {
    let [a, b, c, d] = counts;
    let (key, counts) = if first <= second {
        ((protocol, first, second), counts)
    } else {
        ((protocol, second, first), [b, a, d, c])
    };
    sums.entry(key).or_default().push(counts);
}

/// One sum for each pair of ends: time-outs may differ.
fn together(sums: Sums) -> Sums {
    sums.into_iter()
        .map(|(key, counts)| {
            let sum = counts
                .iter()
                .fold([0; 4], |sum: [u64; 4], counts| std::array::from_fn(|at| sum[at] + counts[at]));
            (key, vec![sum])
        })
        .collect()
}

fn ours(told: &Told, protocol: u8) -> Sums {
    let mut sums = Sums::new();
    for flow in told.flows.iter().filter(|flow| flow.protocol == protocol) {
        let end = |ip, port| (net::from_bits(ip), port);
        let ends = (end(flow.source_ip, flow.source_port), end(flow.destination_ip, flow.destination_port));
        // A direction of which nothing was seen has a count from acknowledgements, or none.
        let seen = |bytes: Option<u64>, packets: Option<u64>| {
            if packets == Some(0) { 0 } else { bytes.unwrap_or(0) }
        };
        let counts = [
            seen(flow.source_bytes, flow.source_packets),
            seen(flow.destination_bytes, flow.destination_packets),
            flow.source_packets.unwrap_or(0),
            flow.destination_packets.unwrap_or(0),
        ];
        add(&mut sums, protocol, ends, counts);
    }
    sums
}

fn compare(path: &Path) -> Option<usize> {
    let told = read_file(path);
    let sorted = |sums: Sums| -> Sums {
        sums.into_iter()
            .map(|(key, mut counts)| {
                counts.sort_unstable();
                (key, counts)
            })
            .collect()
    };
    // Messages of ICMP quote packets; those in a Teredo tunnel are its content.
    let rows = tshark(path, "(tcp || udp) && !icmp && (!icmpv6 || teredo)", &FIELDS)?;
    let (theirs, mine) = (sorted(tcp(&rows)?), sorted(ours(&told, 6)));
    differ(path, &theirs, &mine);
    let (datagrams, my_datagrams) = (udp(&rows)?, together(ours(&told, 17)));
    differ(path, &datagrams, &my_datagrams);
    Some(theirs.values().map(Vec::len).sum::<usize>() + datagrams.len())
}

fn differ(path: &Path, theirs: &Sums, mine: &Sums) {
    for key in theirs.keys().chain(mine.keys()) {
        assert_eq!(theirs.get(key), mine.get(key), "{}: {key:?}: tshark, lopside", path.display());
    }
}

fn is_capture(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("pcap" | "pcapng" | "cap"))
}

/// The captures of a folder; those in archives are unpacked.
fn captures(folder: &Path, unpacked: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            captures(&path, unpacked, found);
        } else if path.extension().is_some_and(|extension| extension == "zip") {
            unpack(&path, unpacked, found);
        } else if is_capture(&path) {
            found.push(path);
        }
    }
}

fn unpack(archive: &Path, unpacked: &Path, found: &mut Vec<PathBuf>) {
    let mut archive = zip::ZipArchive::new(File::open(archive).unwrap()).unwrap();
    for entry in 0..archive.len() {
        let mut entry = archive.by_index(entry).unwrap();
        let Some(name) = entry.enclosed_name().filter(|name| is_capture(name)) else { continue };
        let path = unpacked.join(name.file_name().unwrap());
        std::io::copy(&mut entry, &mut File::create(&path).unwrap()).unwrap();
        found.push(path);
    }
}

#[test]
fn every_capture_counts_as_tshark_does() {
    let Some(root) = capture("") else { return };
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("skipped: tshark is not installed");
        return;
    }
    let unpacked = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    captures(&root, unpacked.path(), &mut paths);
    paths.sort();
    let mut conversations = 0;
    for path in &paths {
        conversations += compare(path).unwrap_or_else(|| panic!("tshark reads {}", path.display()));
    }
    println!("{} captures, {conversations} conversations", paths.len());
    assert!(paths.is_empty() || conversations > 0);
}
