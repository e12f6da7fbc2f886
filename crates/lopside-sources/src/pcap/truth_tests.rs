//! Figures of public captures that were counted by others. Skipped where a capture is missing.

use std::io::Read as _;

use lopside_model::bytes::Quality;
use lopside_model::net;

use super::testing::{Told, read, read_file};
use crate::windows::testing::capture;

/// Bytes each way of the flows to a port, by size.
fn to_port(told: &Told, port: u16) -> Vec<(u64, u64)> {
    let flows = told.flows.iter().filter(|flow| flow.destination_port == port);
    let mut bytes: Vec<_> =
        flows.map(|flow| (flow.source_bytes.unwrap(), flow.destination_bytes.unwrap())).collect();
    bytes.sort_unstable();
    bytes
}

fn zipped(path: &str) -> Option<Told> {
    let file = std::fs::File::open(capture(path)?).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut bytes = Vec::new();
    archive.by_index(0).unwrap().read_to_end(&mut bytes).unwrap();
    Some(read(&bytes))
}

#[test]
fn putty_upload() {
    let Some(path) = capture("pcaps/putty-upload.pcap") else { return };
    assert_eq!(to_port(&read_file(&path), 8_080).last(), Some(&(82_789, 93)));
}

#[test]
fn smb_two() {
    let Some(path) = capture("pcaps/smb2.pcap") else { return };
    let told = read_file(&path);
    assert_eq!(to_port(&told, 445), [(1_516_006, 6_125)]);
    assert_eq!(told.flows[0].service, Some("smb"));
}

/// The forwarder of the log was opened before the capture: 0 back, and nothing is missing of it. In the second capture tshark's lengths come to
/// 2,502,961: four of these bytes are keep-alives, which repeat the last byte.
#[test]
fn log_forwarders() {
    for (folder, sent) in [("capattack-hh", 2_596_029), ("capattack-procdump", 2_502_957)] {
        let Some(path) = capture(&format!("{folder}/win-host-mhaag-attack-range-117.pcapng")) else { return };
        let told = read_file(&path);
        assert_eq!(to_port(&told, 9_997), [(sent, 0)]);
        let flow = told.flows.iter().find(|flow| flow.destination_port == 9_997).unwrap();
        assert_eq!(flow.source_ip, net::bits("10.0.1.15".parse().unwrap()));
        assert_eq!((flow.initiator_known, flow.missed_bytes), (false, Some(0)));
    }
}

/// Bytes of the rows that the endpoint itself wrote about the same conversations.
#[test]
fn log4shell_equals_what_the_endpoint_counted() {
    let Some(told) = zipped("log4shell/pcap_log4shell_cve2021_44228_jndi_reference.zip") else { return };
    for (port, out, back) in [(8_888, 218, 1_220), (1_389, 129, 196), (8_080, 137, 333), (443, 183, 8)] {
        assert_eq!(to_port(&told, port), [(out, back)], "{port}");
    }
}

/// The length on the wire is rubbish in some frames: 454 million bytes of an ARP request.
#[test]
fn lengths_of_the_frame_are_not_believed() {
    let Some(told) = zipped("lsass-c01/metasploit_logonpasswords_lsass_memory_dump_pcapng.zip") else {
        return;
    };
    assert_eq!(told.skipped, []);
    let all = told.flows.iter().flat_map(|flow| [flow.source_bytes, flow.destination_bytes]).flatten().max();
    assert!(all < Some(10_000_000), "{all:?}");
    assert!(told.flows.iter().all(|flow| Quality::from_code(flow.source_quality) == Quality::Exact));
}
