//! Azure VM insights: `VMConnection` rows, process and bytes of one minute in one record.
//!
//! In: one object a row, as Log Analytics exports it. Out: flows of kind native.
//!
//! A row sums, for one minute from `TimeGenerated`, the conversations of one process with one peer and port: the port of the
//! client is not told. `BytesSent` is what the monitored machine sent, whoever opened the conversation; measured
//! against a capture of the same minute, both counts are the payload to the byte.

use std::net::IpAddr;

use lopside_model::bytes::{Layer, Quality};
use lopside_model::net::{self, Protocol};
use lopside_model::record::{EventClass, FlowKind, Record};
use lopside_model::tables::Flow;
use lopside_model::{Micros, name, time};

use crate::fields::{Fields, Shape, Slot, Step};
use crate::source::{InputInfo, Outcome, Sink};
use crate::windows::{host_key, is_null};

/// Seconds that a row stands for, in microseconds.
const SPAN: i64 = 60 * time::SECOND;

macro_rules! columns {
    ($( $slot:ident = $name:literal; )*) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "the variants are numbers for constants of the same names")]
        enum Place { $( $slot, )* END }
        $( const $slot: Slot = Slot(Place::$slot as u16); )*
        const COUNT: usize = Place::END as usize;

        /// The columns of a row.
        struct Columns;

        impl Shape for Columns {
            type State = ();
            fn root(&self) {}
            fn step(&self, (): (), key: &[u8]) -> Step<()> {
                // Exports of tables write columns as they are named; a search wraps them.
                $( if key == $name.as_bytes() { return Step::Take($slot); } )*
                if key == b"_source" { Step::Enter(()) } else { Step::Skip }
            }
        }
    };
}

columns! {
    TYPE = "Type";
    TIME_GENERATED = "TimeGenerated";
    COMPUTER = "Computer";
    DIRECTION = "Direction";
    PROCESS_NAME = "ProcessName";
    SOURCE_IP = "SourceIp";
    DESTINATION_IP = "DestinationIp";
    DESTINATION_PORT = "DestinationPort";
    PROTOCOL = "Protocol";
    REMOTE_IP = "RemoteIp";
    BYTES_SENT = "BytesSent";
    BYTES_RECEIVED = "BytesReceived";
    LINKS_ESTABLISHED = "LinksEstablished";
    RESPONSES = "Responses";
    QUESTIONS = "RemoteDnsQuestions";
    CANONICAL_NAMES = "RemoteDnsCanonicalNames";
}

/// Room for one row.
#[must_use]
pub fn new_fields() -> Fields {
    Fields::new(COUNT)
}

/// Whether an object is such a row. `head_object` is the first object of an input.
#[must_use]
pub fn recognise(head_object: &[u8]) -> bool {
    let mut fields = new_fields();
    fields.read_json(&Columns, head_object).is_ok() && is_mine(&fields)
}

/// Reads one object and hands its flow to the sink. `fields` comes from [`new_fields`]; `place` is the line or the number
/// of the object.
///
/// `NotMine` where the object is no such row.
pub fn read_object(
    info: &InputInfo<'_>,
    fields: &mut Fields,
    object: &[u8],
    place: u64,
    sink: &mut dyn Sink,
) -> Outcome {
    match fields.read_json(&Columns, object) {
        Err(error) => sink.skipped(place, &error.to_string()),
        Ok(()) if !is_mine(fields) => return Outcome::NotMine,
        Ok(()) => {
            if let Err(reason) = map(info, fields, place, sink) {
                sink.skipped(place, reason);
            }
        }
    }
    Outcome::Done
}

/// By its type, else by the columns that no other table has together.
fn is_mine(fields: &Fields) -> bool {
    match text(fields, TYPE) {
        Some(kind) => kind == "VMConnection",
        None => [REMOTE_IP, SOURCE_IP, DESTINATION_IP, PROCESS_NAME, DIRECTION, COMPUTER]
            .iter()
            .all(|slot| text(fields, *slot).is_some()),
    }
}

fn map(info: &InputInfo<'_>, fields: &Fields, place: u64, sink: &mut dyn Sink) -> Result<(), &'static str> {
    let host = text(fields, COMPUTER).and_then(host_key).ok_or("row names no computer")?;
    let start = text(fields, TIME_GENERATED).and_then(Micros::parse_iso).ok_or("row has no readable time")?;
    let protocol = text(fields, PROTOCOL).and_then(Protocol::parse).ok_or("row has no readable protocol")?;
    let source_ip = address(fields, SOURCE_IP).ok_or("row has no readable source address")?;
    let destination_ip = address(fields, DESTINATION_IP).ok_or("row has no readable destination address")?;
    let destination_port = match text(fields, DESTINATION_PORT) {
        Some(port) => port.parse().map_err(|_| "row has a destination port that is not 0 to 65535")?,
        None => 0,
    };
    let outbound = is_outbound(fields, source_ip, destination_ip).ok_or("row has no readable direction")?;
    let (sent, received) = (count(fields, BYTES_SENT)?, count(fields, BYTES_RECEIVED)?);
    let (source_bytes, destination_bytes) = if outbound { (sent, received) } else { (received, sent) };
    let quality = |bytes: Option<u64>| bytes.map_or(Quality::Unmeasured, |_| Quality::Exact).code();
    let remote_name = first_name(fields, QUESTIONS).or_else(|| first_name(fields, CANONICAL_NAMES));
    let links = fields.uint(LINKS_ESTABLISHED).unwrap_or_default();
    let came_back = destination_bytes.unwrap_or_default() > 0;
    sink.seen(EventClass::VmConnection.name(), Some(start));
    sink.put(&Record::Flow(Flow {
        // Both ends of a conversation may write rows of it: each machine is a sensor of its own.
        sensor: &host,
        kind: FlowKind::Native.code(),
        start: start.0,
        end: Some(start.plus(SPAN).0),
        protocol: protocol.0,
        source_ip: net::bits(source_ip),
        source_port: 0,
        destination_ip: net::bits(destination_ip),
        destination_port,
        initiator_known: true,
        opening: links > 0,
        answered: came_back || links > 0 || fields.uint(RESPONSES).unwrap_or_default() > 0,
        source_bytes,
        source_quality: quality(source_bytes),
        destination_bytes,
        destination_quality: quality(destination_bytes),
        layer: Layer::Payload.code(),
        unmeasured_why: (sent.is_none() || received.is_none()).then_some("the row has no byte count"),
        source_local: outbound.then_some(1),
        destination_local: (!outbound).then_some(1),
        host: Some(&host),
        image: text(fields, PROCESS_NAME),
        remote_name: remote_name.as_deref(),
        input: info.input,
        record: place,
        ..Flow::default()
    }));
    Ok(())
}

fn text(fields: &Fields, slot: Slot) -> Option<&str> {
    fields.scalar(slot).map(str::trim).filter(|text| !is_null(text))
}

fn address(fields: &Fields, slot: Slot) -> Option<IpAddr> {
    text(fields, slot).and_then(net::parse_ip)
}

/// A count; absent stays absent, and what is none is damage.
fn count(fields: &Fields, slot: Slot) -> Result<Option<u64>, &'static str> {
    match text(fields, slot) {
        Some(_) => fields.uint(slot).map(Some).ok_or("row has a byte count that is none"),
        None => Ok(None),
    }
}

fn is_outbound(fields: &Fields, source: IpAddr, destination: IpAddr) -> Option<bool> {
    match text(fields, DIRECTION) {
        Some(direction) if direction.eq_ignore_ascii_case("outbound") => Some(true),
        Some(direction) if direction.eq_ignore_ascii_case("inbound") => Some(false),
        _ => match address(fields, REMOTE_IP)? {
            remote if remote == destination => Some(true),
            remote if remote == source => Some(false),
            _ => None,
        },
    }
}

/// The first name of a list, which may be written as one string: `["drop.example"]`.
fn first_name(fields: &Fields, slot: Slot) -> Option<String> {
    let first = fields.list(slot).next()?;
    first.split(['[', ']', '"', ',', ' ']).find(|piece| !piece.is_empty()).and_then(name::clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::testing::{Counts, Dice, INPUT, Kept, capture};

    const ROW: &str = r#"{"TimeGenerated":"2026-03-11T09:14:00.868Z","Computer":"WS-0417.corp.example","Direction":"outbound","ProcessName":"syncd","SourceIp":"10.20.30.41","DestinationIp":"203.0.113.77","DestinationPort":8443,"Protocol":"tcp","RemoteIp":"203.0.113.77","BytesSent":184219870,"BytesReceived":38190,"LinksTerminated":1,"LinksEstablished":1,"RemoteDnsQuestions":"[\"Drop.Example\"]","Type":"VMConnection"}"#;

    fn read(object: &str) -> Kept {
        let mut kept = Kept::default();
        assert_eq!(read_object(&INPUT, &mut new_fields(), object.as_bytes(), 7, &mut kept), Outcome::Done);
        kept
    }

    #[test]
    fn a_row_is_a_flow_of_one_minute() {
        let kept = read(ROW);
        let row = &kept.rows[0];
        for text in [
            r#"host: Some("ws-0417")"#,
            "start: 1773220440868000",
            "end: Some(1773220500868000)",
            "source_port: 0",
            "source_bytes: Some(184219870)",
            "destination_bytes: Some(38190)",
            "source_local: Some(1)",
            "opening: true",
            r#"remote_name: Some("drop.example")"#,
            r#"image: Some("syncd")"#,
        ] {
            assert!(row.contains(text), "{text}: {row}");
        }
    }

    #[test]
    fn sent_is_what_the_machine_sent_whoever_opened() {
        let row = &read(&ROW.replace("outbound", "inbound")).rows[0];
        assert!(
            row.contains("source_bytes: Some(38190)") && row.contains("destination_local: Some(1)"),
            "{row}"
        );
        let silent = ROW.replace(r#""Direction":"outbound","#, "");
        assert_eq!(read(&silent).rows, read(ROW).rows);
    }

    #[test]
    fn a_missing_count_is_not_zero() {
        let row = &read(&ROW.replace(r#""BytesSent":184219870,"#, "")).rows[0];
        assert!(row.contains("source_bytes: None, source_quality: 3"), "{row}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (from, to, reason) in [
            ("8443", "65536", "row has a destination port that is not 0 to 65535"),
            ("184219870", "-1", "row has a byte count that is none"),
            ("10.20.30.41", "here", "row has no readable source address"),
            ("WS-0417.corp.example", "", "row names no computer"),
        ] {
            assert_eq!(read(&ROW.replace(from, to)).skipped, [(7, reason.to_owned())]);
        }
    }

    #[test]
    fn other_tables_are_not_mine() {
        assert!(recognise(ROW.as_bytes()));
        assert!(!recognise(ROW.replace("VMConnection", "VMBoundPort").as_bytes()));
        assert!(!recognise(br#"{"Computer":"x"}"#));
    }

    #[test]
    fn mutations_never_panic() {
        let mut dice = Dice(0x5eed_0001);
        let mut fields = new_fields();
        for _ in 0..5_000 {
            read_object(&INPUT, &mut fields, &dice.damage(ROW.as_bytes()), 1, &mut Counts::default());
        }
    }

    /// Payload bytes by conversation, counted in the capture of the same minute by another program.
    #[test]
    fn bytes_equal_the_payload_of_the_capture() {
        let Some(path) =
            capture("log4shell/vminsights_vmconnection_log4shell_cve2021_44228_jndi_reference.zip")
        else {
            return;
        };
        let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
        let mut lines = String::new();
        std::io::Read::read_to_string(&mut archive.by_index(0).unwrap(), &mut lines).unwrap();
        let rows: Vec<String> = lines.lines().flat_map(|line| read(line).rows).collect();
        assert_eq!(rows.len(), 5);
        for (port, source, destination) in
            [(8888, 218, 1220), (1389, 129, 196), (8080, 137, 333), (443, 183, 8)]
        {
            let wanted = format!("destination_port: {port}, ");
            let row = rows.iter().find(|row| row.contains(&wanted)).unwrap();
            assert!(row.contains(&format!("source_bytes: Some({source})")), "{row}");
            assert!(row.contains(&format!("destination_bytes: Some({destination})")), "{row}");
        }
    }
}
