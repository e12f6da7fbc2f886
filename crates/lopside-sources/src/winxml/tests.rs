//! Every quirk by name, with invented hosts.

use super::*;
use crate::windows;
use crate::windows::testing::{Counts, Dice, INPUT, Kept, capture};

fn event(id: &str, data: &str) -> String {
    format!(
        r#"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Sysmon' Guid='{{5770385f-c22a-43e0-bf4c-06f5698ffbd9}}'/><EventID>{id}</EventID><Version>5</Version><TimeCreated SystemTime='2026-03-11T09:14:04.2210000Z'/><EventRecordID>901</EventRecordID><Execution ProcessID='2204' ThreadID='3'/><Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>WS-0417.corp.example</Computer><Security UserID='S-1-5-18'/></System><EventData>{data}</EventData></Event>"#
    )
}

const DATA: &str = "<Data Name='RuleName'>-</Data><Data Name='UtcTime'>2026-03-11 09:14:02.118</Data><Data Name='ProcessGuid'>{7b1f22c0-3256-69b1-4e02-000000001f00}</Data><Data Name='ProcessId'>6120</Data><Data Name='Image'>C:\\ProgramData\\R&amp;D\\&lt;x&gt;&#x41;&#66;.exe</Data><Data Name='User'>CORP\\m.ito</Data><Data Name='Protocol'>tcp</Data><Data Name='Initiated'>true</Data><Data Name='SourceIp'>10.20.30.41</Data><Data Name='SourcePort'>51544</Data><Data Name='DestinationIp'>203.0.113.77</Data><Data Name='DestinationHostname'>-</Data><Data Name='DestinationPort'>8443</Data>";

fn read_text(text: &str) -> Kept {
    let mut kept = Kept::default();
    read(&INPUT, text.as_bytes(), &mut windows::new_fields(), &mut kept).unwrap();
    kept
}

#[test]
fn an_event_is_read_with_its_entities() {
    let kept = read_text(&event("3", DATA));
    assert_eq!((kept.rows.len(), kept.skipped.len()), (1, 0), "{kept:?}");
    for text in [
        r#"host: "ws-0417""#,
        "time: 1773220442118000",
        "logged: Some(1773220444221000)",
        r#"image: Some("C:\\ProgramData\\R&D\\<x>AB.exe")"#,
        "pid: Some(6120)",
        "local_end: 1",
        "record: 1",
    ] {
        assert!(kept.rows[0].contains(text), "{text}: {}", kept.rows[0]);
    }
}

#[test]
fn lines_concatenation_a_root_and_a_declaration_are_all_one() {
    let one = event("3", DATA);
    for text in [
        format!("{one}\n{one}\r\n"),
        format!("{one}{one}"),
        format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Events>\n{one}\n{one}\n</Events>"),
        format!("{}\n{}", one.replace('\'', "\""), one.replace("><", ">\r\n  <")),
    ] {
        assert!(recognise(text.as_bytes()), "{text}");
        let kept = read_text(&text);
        assert_eq!((kept.rows.len(), kept.skipped.len()), (2, 0), "{text} {kept:?}");
    }
}

/// What libraries write that keep the namespace of the root as a prefix.
#[test]
fn a_prefix_of_the_namespace_is_no_hindrance() {
    let prefixed = event("3", DATA).replace("</", "</@").replace('<', "<ns0:").replace("<ns0:/@", "</ns0:");
    let prefixed = prefixed.replace("xmlns=", "xmlns:ns0=");
    assert!(
        prefixed.starts_with("<ns0:Event xmlns:ns0=") && prefixed.ends_with("</ns0:Event>"),
        "{prefixed}"
    );
    let text =
        format!("<?xml version='1.0'?>\n<ns0:Events>{prefixed}{}{prefixed}</ns0:Events>", "<ns0:Event>");
    assert!(recognise(text.as_bytes()));
    let kept = read_text(&text);
    assert_eq!((kept.rows.len(), kept.skipped.len()), (2, 1), "{kept:?}");
    assert_eq!(kept.rows[0], read_text(&event("3", DATA)).rows[0]);
}

#[test]
fn unnamed_data_are_not_guessed() {
    let kept = read_text(&event("3", &DATA.replace(" Name='SourceIp'", "")));
    assert_eq!(kept.skipped, [(1, "event has no readable source address".to_owned())]);
}

#[test]
fn cdata_is_text() {
    let kept = read_text(&event("3", &DATA.replace("CORP\\m.ito", "<![CDATA[CORP\\</Event><Event >]]>")));
    // An end inside of CDATA ends the event early: damage that is told, and nothing else is lost.
    assert!(kept.rows.len() + kept.skipped.len() >= 1);
    let kept = read_text(&event("3", &DATA.replace("CORP\\m.ito", "<![CDATA[CORP\\a<b]]>")));
    assert!(kept.rows[0].contains(r#"user: Some("CORP\\a<b")"#), "{kept:?}");
}

#[test]
fn data_cannot_pass_for_the_header() {
    let kept = read_text(&event("3", &format!("{DATA}<EventID>7</EventID><Computer>other</Computer>")));
    assert!(kept.rows[0].contains(r#"host: "ws-0417""#), "{kept:?}");
}

#[test]
fn damage_costs_only_its_own_event() {
    let one = event("3", DATA);
    let cut = one.get(..one.len() - 200).unwrap();
    let kept =
        read_text(&format!("{one}\n{cut}\n{one}\n{}\n{one}\n{cut}", one.replace("</EventData>", "</Wrong>")));
    assert_eq!(kept.rows.len(), 3, "{kept:?}");
    let places: Vec<u64> = kept.skipped.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, [2, 4, 6], "{:?}", kept.skipped);
}

#[test]
fn an_event_without_end_is_bounded() {
    let endless = format!("<Event>{}", "x".repeat(3 * LIMIT));
    let kept = read_text(&format!("{endless}{}", event("3", DATA)));
    assert_eq!(kept.rows.len(), 1);
    assert!(!kept.skipped.is_empty());
}

#[test]
fn other_events_are_ignored_by_name() {
    assert_eq!(read_text(&event("7", "")).ignored.keys().next().unwrap(), "sysmon-7");
    let other = event("4624", "").replace("Microsoft-Windows-Sysmon/Operational", "Security");
    assert_eq!(read_text(&other).ignored.keys().next().unwrap(), "security-4624");
    let access = event(
        "10",
        "<Data Name='UtcTime'>2026-03-11 09:14:02.118</Data><Data Name='GrantedAccess'>0x1000</Data>",
    );
    assert_eq!(read_text(&access).seen.get("sysmon-10"), Some(&1));
    let linux = event("3", DATA)
        .replace("5770385f-c22a-43e0-bf4c-06f5698ffbd9", "ff032593-a8d3-4f13-b0d6-01fc615a0f97");
    assert_eq!(read_text(&linux).ignored.keys().next().unwrap(), "windows-event");
}

#[test]
fn other_xml_is_not_mine() {
    assert!(!recognise(b"<Events><Event><Name>x</Name></Event></Events>"));
    assert!(!recognise(b"{\"EventID\":3}"));
    assert!(!recognise(b""));
}

#[test]
fn small_reads_give_the_same() {
    struct Small<'a>(&'a [u8]);
    impl Read for Small<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let wanted = buffer.len().min(7);
            self.0.read(&mut buffer[..wanted])
        }
    }
    let text = format!("<Events>{0}\n{0}{1}</Events>", event("3", DATA), event("7", ""));
    let mut kept = Kept::default();
    read(&INPUT, Small(text.as_bytes()), &mut windows::new_fields(), &mut kept).unwrap();
    assert_eq!(kept, read_text(&text));
}

#[test]
fn mutations_never_panic() {
    let mut dice = Dice(0x5eed_0003);
    let sample = format!("<Events>{0}\n{0}</Events>", event("3", DATA));
    let mut fields = windows::new_fields();
    for _ in 0..6_000 {
        let damaged = dice.damage(sample.as_bytes());
        read(&INPUT, &damaged[..], &mut fields, &mut Counts::default()).unwrap();
    }
}

/// The same logs as EVTX and as the XML that the crate renders of them give the same rows.
#[test]
fn real_logs_are_the_same_in_xml() {
    let Some(folder) = capture("evtx") else { return };
    let mut rows = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let mut xml = String::new();
        let mut parser = evtx::EvtxParser::from_buffer(bytes.clone()).unwrap();
        for record in parser.records().flatten() {
            xml += &record.data;
        }
        let (mut from_xml, mut from_log) = (Kept::default(), Kept::default());
        read(&INPUT, xml.as_bytes(), &mut windows::new_fields(), &mut from_xml).unwrap();
        let source = io::Cursor::new(&bytes);
        crate::evtx::read(&INPUT, source, &mut windows::new_fields(), &mut from_log).unwrap();
        let numbered = |rows: Vec<String>| -> Vec<String> {
            rows.into_iter().map(|row| row.split(", record: ").next().unwrap().to_owned()).collect()
        };
        rows += from_log.rows.len();
        assert_eq!((from_xml.seen, from_xml.ignored), (from_log.seen, from_log.ignored));
        assert_eq!(numbered(from_xml.rows), numbered(from_log.rows));
    }
    assert!(rows > 0);
}
