//! One event's XML to fields, and to rows.

use std::borrow::Cow;

use lopside_model::Micros;
use memchr::memmem;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::fields::{Fields, Kind, Slot};
use crate::source::{InputInfo, Outcome, Sink};
use crate::windows::{self, Provider, slots, sysmon};

/// Elements in one another that are followed; deeper ones are damage.
const DEPTH: usize = 64;

/// Reads one event, from `<Event` through `</Event>`, and hands its rows to the sink. `fields` comes from
/// [`windows::new_fields`].
pub fn read_event(info: &InputInfo<'_>, fields: &mut Fields, xml: &[u8], place: u64, sink: &mut dyn Sink) {
    match glance(xml) {
        Some(Glance::Useless(provider, id)) => return provider.ignore(id, sink),
        Some(Glance::HarmlessAccess(time)) => return sink.seen("sysmon-10", Some(time)),
        None => {}
    }
    fields.clear();
    if let Err(reason) = walk(&String::from_utf8_lossy(xml), fields) {
        return sink.skipped(place, &reason);
    }
    if windows::map_event(info, fields, place, sink) == Outcome::NotMine {
        sink.skipped(place, "event has no readable id");
    }
}

/// Reads event data alone: `<EventData>` or `<DataItem>` as Azure keeps them. Damage ends it early.
pub fn read_event_data(xml: &[u8], fields: &mut Fields) {
    fields.clear();
    // What stands before damage is kept: the columns beside it may hold the rest.
    walk(&String::from_utf8_lossy(xml), fields).unwrap_or_default();
}

enum Glance {
    Useless(Provider, u32),
    HarmlessAccess(Micros),
}

/// Most events are of no use: their number and log, or the rights of a Sysmon 10, tell so without parsing. In XML a `<` is
/// markup wherever it stands (but for CDATA, which no exporter writes before `System`), so the first match is the right one.
fn glance(xml: &[u8]) -> Option<Glance> {
    let after = |text: &'_ [u8], needle: &[u8]| -> Option<usize> {
        memmem::find(text, needle).map(|at| at + needle.len())
    };
    let content = |from: usize| -> Option<&str> {
        let rest = xml.get(from..)?;
        let rest = rest.get(memchr::memchr(b'>', rest)? + 1..)?;
        str::from_utf8(rest.get(..memchr::memchr(b'<', rest)?)?).ok()
    };
    if memmem::find(xml, b"<![CDATA[").is_some() {
        return None;
    }
    let id = windows::process_id(content(after(xml, b"<EventID")?)?)?;
    if windows::is_wanted(id) && id != 10 {
        return None;
    }
    let provider = Provider::of_channel(content(after(xml, b"<Channel")?)?.trim());
    if id != 10 {
        return Some(Glance::Useless(provider, id));
    }
    let granted = windows::process_id(content(after(xml, b"GrantedAccess")?)?)?;
    if provider != Provider::Sysmon || sysmon::is_intrusive(granted) {
        return None;
    }
    let time = Micros::parse_iso(content(after(xml, b"UtcTime")?)?.trim())?;
    Some(Glance::HarmlessAccess(time))
}

/// Walks through the elements and puts what is wanted into the fields.
fn walk(xml: &str, fields: &mut Fields) -> Result<(), String> {
    let mut reader = Reader::from_str(xml);
    let mut open = 0_usize;
    // The slot that the present element's text goes to, and how deep it is.
    let mut wanted: Option<(Slot, usize)> = None;
    let mut text = String::new();
    loop {
        match reader.read_event().map_err(|error| damaged(&reader, &error))? {
            Event::Start(element) => {
                open += 1;
                if open > DEPTH {
                    return Err("xml is nested too deep".to_owned());
                }
                text.clear();
                attributes(&element, fields);
                wanted = slot_of(&element).map(|slot| (slot, open));
            }
            Event::Empty(element) => attributes(&element, fields),
            Event::End(_) => {
                if let Some((slot, _)) = wanted.take_if(|(_, depth)| *depth == open) {
                    set_first(slot, &text, fields);
                }
                open = open.saturating_sub(1);
            }
            Event::Text(piece) if wanted.is_some() => text.push_str(&piece.xml10_content()),
            Event::CData(piece) if wanted.is_some() => text.push_str(&piece.xml10_content()),
            Event::GeneralRef(reference) if wanted.is_some() => match reference.resolve_char_ref() {
                Ok(Some(character)) => text.push(character),
                Ok(None) => text.push_str(resolve_predefined_entity(&reference).unwrap_or("\u{fffd}")),
                Err(_) => text.push('\u{fffd}'),
            },
            Event::Eof if open > 0 => return Err("xml ends early".to_owned()),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn damaged(reader: &Reader<&[u8]>, error: &quick_xml::Error) -> String {
    format!("xml is damaged at byte {}: {error}", reader.error_position())
}

/// What the header keeps in attributes.
fn attributes(element: &BytesStart<'_>, fields: &mut Fields) {
    match element.local_name().as_ref() {
        "Provider" => {
            put(element, "Guid", slots::PROVIDER_GUID, fields);
            put(element, "Name", slots::PROVIDER_NAME, fields);
        }
        "TimeCreated" => put(element, "SystemTime", slots::TIME_CREATED, fields),
        _ => {}
    }
}

fn put(element: &BytesStart<'_>, name: &str, slot: Slot, fields: &mut Fields) {
    if let Some(value) = attribute(element, name) {
        set_first(slot, &value, fields);
    }
}

/// The header comes first, and nothing in the data may pass for it.
fn set_first(slot: Slot, text: &str, fields: &mut Fields) {
    if fields.kind(slot) == Kind::Absent {
        fields.set_text(slot, text);
    }
}

/// The slot that an element's text goes to. Data without a name are not read: their order differs between versions.
fn slot_of(element: &BytesStart<'_>) -> Option<Slot> {
    match element.local_name().as_ref() {
        "EventID" => Some(slots::EVENT_ID),
        "Channel" => Some(slots::CHANNEL),
        "Computer" => Some(slots::COMPUTER),
        "Data" => slots::data(attribute(element, "Name")?.as_bytes()).map(|named| named.slot),
        _ => None,
    }
}

fn attribute<'a>(element: &BytesStart<'a>, name: &str) -> Option<Cow<'a, str>> {
    let found =
        element.attributes().with_checks(false).flatten().find(|attribute| attribute.key.as_ref() == name)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(|value| Cow::Owned(value.into_owned()))
}
