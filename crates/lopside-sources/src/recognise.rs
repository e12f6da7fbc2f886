//! Which source an input belongs to, by its content.
//!
//! The two lists here are where a new source is added: one line in the one that fits.

use memchr::memmem;

use crate::fields::Fields;
use crate::input::InputStream;
use crate::job::Job;
use crate::source::{InputInfo, Outcome, Sink};
use crate::{elastic, evtx, objects, pcap, streams, vmconnection, windows, winjson, winxml, zeek};

/// A format that fills a whole stream.
pub(crate) struct StreamSource {
    /// What the report calls it.
    pub(crate) name: &'static str,
    /// Whether a stream that begins so is one. Gets the first 64 KiB, or all of a shorter stream.
    pub(crate) recognise: fn(&[u8]) -> bool,
    /// Reads it to its end.
    pub(crate) read: fn(InputStream<'_>, &Job<'_>),
}

/// A format of single JSON objects, which may be mixed with others in one stream.
pub(crate) struct ObjectSource {
    /// What the report calls it.
    pub(crate) name: &'static str,
    /// Room for one record.
    pub(crate) fields: fn() -> Fields,
    /// Reads one object, or says that it is not its own.
    pub(crate) read: fn(&InputInfo<'_>, &mut Fields, &[u8], u64, &mut dyn Sink) -> Outcome,
}

/// The formats that fill a stream, in the order in which they are asked.
pub(crate) const STREAMS: [StreamSource; 5] = [
    StreamSource { name: "zeek-tsv", recognise: zeek::tsv::recognise, read: zeek::tsv::read },
    StreamSource { name: "evtx", recognise: evtx::recognise, read: streams::read_evtx },
    StreamSource { name: "capture", recognise: pcap::recognise, read: pcap::read },
    StreamSource { name: "windows-xml", recognise: winxml::recognise, read: streams::read_xml },
    StreamSource { name: "json", recognise: objects::recognise, read: objects::read },
];

/// The formats of JSON objects, in the order in which they are asked.
pub(crate) const OBJECTS: [ObjectSource; 5] = [
    ObjectSource { name: "zeek-json", fields: zeek::json::fields, read: zeek::json::read_object },
    ObjectSource { name: "elastic", fields: elastic::new_fields, read: elastic::read_object },
    ObjectSource { name: "zeek-ecs", fields: zeek::ecs::fields, read: zeek::ecs::read_object },
    ObjectSource { name: "vmconnection", fields: vmconnection::new_fields, read: vmconnection::read_object },
    ObjectSource { name: "windows-json", fields: windows::new_fields, read: winjson::read_object },
];

/// What the report calls an input that holds nothing.
pub(crate) const EMPTY: &str = "empty";

/// The source that reads a stream which begins so.
pub(crate) fn stream_source(head: &[u8]) -> Option<&'static StreamSource> {
    STREAMS.iter().find(|source| (source.recognise)(head))
}

/// The name of a format that is known and not read, by the first bytes of a stream.
pub(crate) fn unsupported(head: &[u8]) -> Option<&'static str> {
    const MAGICS: [(usize, &[u8], &str); 8] = [
        (0, b"PAR1", "parquet"),
        (0, b"LfLe", "evt"),
        (4, b"\xef\xcd\xab\x89", "ese (srum)"),
        (0, b"\x0c\xa5", "nfcapd"),
        (0, b"\xa5\x0c", "nfcapd"),
        (0, b"#Version:", "w3c log (windows firewall, proxy)"),
        (0, b"#Software: SGOS", "w3c log (windows firewall, proxy)"),
        (0, b"cnt,af,firstSeen", "nfdump csv"),
    ];
    let magic =
        MAGICS.iter().find(|(at, magic, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    magic.map(|(_, _, name)| *name).or_else(|| unsupported_export(head)).or_else(|| unsupported_text(head))
}

/// NetFlow export packets, and event traces.
fn unsupported_export(head: &[u8]) -> Option<&'static str> {
    let word = |at: usize| head.get(at..at + 2)?.first_chunk::<2>().map(|bytes| u16::from_be_bytes(*bytes));
    let size = head.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))?;
    // The first buffer of a trace: its size, and after 72 bytes the header event, of a kind that only traces have.
    let header_event = head.get(72..76).is_some_and(|bytes| matches!(bytes, [_, _, 1 | 2, 0xc0]));
    if size.is_power_of_two() && (512..=16 << 20).contains(&size) && header_event {
        return Some("event trace (etl)");
    }
    match (word(0)?, word(2)?) {
        (5, 1..=30) if head.len() >= 24 + 48 => Some("netflow v5"),
        (9, 1..=512) if head.len() >= 24 => Some("netflow v9"),
        (10, length) if usize::from(length) >= 20 && usize::from(length) <= head.len() => Some("ipfix"),
        _ => None,
    }
}

fn unsupported_text(head: &[u8]) -> Option<&'static str> {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let has = |needle: &[u8]| memmem::find(line, needle).is_some();
    let priority = line.strip_prefix(b"<").and_then(|rest| {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        ((1..=3).contains(&digits) && rest.get(digits) == Some(&b'>')).then_some(())
    });
    if has(b"Linux-Sysmon") {
        Some("sysmon for linux")
    } else if has(b"CEF:0|") || has(b"LEEF:") {
        Some("cef or leef")
    } else if has(b",TRAFFIC,") {
        Some("pan-os traffic log")
    } else if has(b"logid=") && has(b"type=") {
        Some("fortinet log")
    } else if priority.is_some() {
        Some("syslog")
    } else if line.starts_with(b"Timestamp,DeviceId") {
        Some("defender csv")
    } else if line.starts_with(b"TimeGenerated [UTC]") {
        Some("sentinel csv")
    } else {
        None
    }
}

/// The name of a format that is known and not read, by one object.
pub(crate) fn unsupported_object(object: &[u8]) -> Option<&'static str> {
    let has = |needle: &[u8]| memmem::find(object, needle).is_some();
    if has(b"\"event_type\"") && (has(b"\"flow_id\"") || has(b"\"src_ip\"") || has(b"\"stats\"")) {
        Some("suricata eve")
    } else if has(b"\"class_uid\"") {
        Some("ocsf")
    } else if has(b"Linux-Sysmon") {
        Some("sysmon for linux")
    } else if has(b"\"SyslogMessage\"") {
        Some("syslog")
    } else if has(b"\"ActionType\"") && has(b"\"DeviceId\"") {
        Some("defender")
    } else if has(b"\"event_simpleName\"") {
        Some("crowdstrike")
    } else if has(b"\"src4_addr\"") || has(b"\"in_bytes\"") {
        Some("nfdump json")
    } else if has(b"\"hostIdentifier\"") && has(b"\"columns\"") {
        Some("osquery")
    } else if has(b"FlowLogFlowEvent") || has(b"NetworkSecurityGroupFlowEvent") {
        Some("azure flow log")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_formats_are_named() {
        assert_eq!(unsupported(b"\x00\x00\x00\x00\xef\xcd\xab\x89rest"), Some("ese (srum)"));
        assert_eq!(unsupported(b"<13>Oct  3 17:10:35 host sshd[1]: x\n"), Some("syslog"));
        assert_eq!(unsupported(b"# Notes\n"), None);
        assert_eq!(unsupported(b""), None);
        assert_eq!(unsupported_object(br#"{"event_type":"flow","flow_id":1}"#), Some("suricata eve"));
        assert_eq!(unsupported_object(br#"{"a":1}"#), None);
    }
}
