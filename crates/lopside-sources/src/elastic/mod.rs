//! Elastic Defend: connections with their process, and bytes when they end.
//!
//! In: one event an object, nested or with dotted keys, bare or under `_source` or `fields`. Out: flows of kind native for
//! the ends of connections, connections for their beginnings, lookups, and starts and ends of processes.
//!
//! Here `host` is the endpoint itself. Only the end of a connection carries bytes, only TCP is told, and the sensor
//! by default does not repeat similar connections, so that the sums of a process are lower bounds.

mod network;
mod process;
pub(crate) mod shape;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use lopside_model::Micros;
use lopside_model::net::StableHash;

use crate::fields::{Fields, Slot};
use crate::source::{InputInfo, Outcome, Sink};
use crate::windows::{host_key, is_null, process_id};

use shape::EcsShape;

/// Why an event does not become rows.
type Refusal = &'static str;

/// Room for one event.
#[must_use]
pub fn new_fields() -> Fields {
    Fields::new(shape::COUNT)
}

/// Whether an object is an event of Elastic Defend. `head_object` is the first object of an input.
#[must_use]
pub fn recognise(head_object: &[u8]) -> bool {
    let mut fields = new_fields();
    fields.read_json(&EcsShape, head_object).is_ok() && Event(&fields).is_mine()
}

/// Reads one object and hands its rows to the sink. `fields` comes from [`new_fields`]; `place` is the line or the number
/// of the object.
///
/// `NotMine` where the object is no such event.
pub fn read_object(
    info: &InputInfo<'_>,
    fields: &mut Fields,
    object: &[u8],
    place: u64,
    sink: &mut dyn Sink,
) -> Outcome {
    if let Err(error) = fields.read_json(&EcsShape, object) {
        sink.skipped(place, &error.to_string());
        return Outcome::Done;
    }
    let event = Event(fields);
    if !event.is_mine() {
        return Outcome::NotMine;
    }
    let action = event.text(shape::ACTION).unwrap_or_default();
    let mapped = match action {
        "disconnect_received" | "disconnected" => network::flow(info, event, place, sink),
        "connection_attempted" | "connection_accepted" | "reconnection_attempted" | "http_request" => {
            network::connection(info, event, place, sink)
        }
        "lookup_result" => network::lookup(event, sink),
        "start" if event.is_about("process") => process::start(info, event, place, sink),
        "end" if event.is_about("process") => process::end(info, event, place, sink),
        _ => {
            let dataset = event.text(shape::DATASET).unwrap_or("endpoint");
            // What is in the file must not make names without end.
            let known = ["process", "network", "file", "registry", "library", "security", "api", "alerts"];
            let about = known.iter().find(|about| dataset.ends_with(**about));
            sink.ignored(&format!("elastic-{}", about.unwrap_or(&"event")));
            Ok(())
        }
    };
    if let Err(refusal) = mapped {
        sink.skipped(place, refusal);
    }
    Outcome::Done
}

/// A view of one event: null spellings are absent.
#[derive(Clone, Copy)]
struct Event<'a>(&'a Fields);

impl<'a> Event<'a> {
    fn is_mine(self) -> bool {
        self.text(shape::DATASET).is_some_and(|dataset| dataset.starts_with("endpoint."))
            || self.text(shape::MODULE) == Some("endpoint")
            || self.text(shape::AGENT_TYPE) == Some("endpoint")
    }

    /// Whether the event is of this category.
    fn is_about(self, category: &str) -> bool {
        self.text(shape::DATASET).is_some_and(|dataset| dataset.ends_with(category))
            || self.0.list(shape::CATEGORY).any(|text| text == category)
    }

    /// A scalar, or the first of a list.
    fn text(self, slot: Slot) -> Option<&'a str> {
        let scalar = self.0.scalar(slot).or_else(|| self.0.list(slot).next());
        scalar.filter(|text| !is_null(text))
    }

    fn host(self) -> Result<Cow<'a, str>, Refusal> {
        let name = self.text(shape::HOST_NAME).or_else(|| self.text(shape::HOST_HOSTNAME));
        name.and_then(host_key).ok_or("event names no host")
    }

    fn time(self, slot: Slot) -> Option<Micros> {
        self.text(slot).and_then(Micros::parse_iso)
    }

    /// When the event happened.
    fn happened(self) -> Result<Micros, Refusal> {
        self.time(shape::TIMESTAMP).or_else(|| self.time(shape::CREATED)).ok_or("event has no readable time")
    }

    fn process_id(self, slot: Slot) -> Option<u32> {
        self.text(slot).and_then(process_id)
    }

    /// The entity id is a text of any length; its hash stands for it wherever processes are told apart.
    fn entity(self, slot: Slot) -> Option<u128> {
        let id = self.text(slot)?;
        let mut salted = StableHash::default();
        salted.write(b"elastic entity");
        salted.write(id.as_bytes());
        Some(u128::from(StableHash::of(id.as_bytes())) << 64 | u128::from(salted.finish()))
    }

    /// `DOMAIN\name`, else the name, else the SID.
    fn user(self) -> Option<Cow<'a, str>> {
        match (self.text(shape::USER_DOMAIN), self.text(shape::USER_NAME)) {
            (Some(domain), Some(name)) => Some(Cow::Owned(format!("{domain}\\{name}"))),
            (None, Some(name)) => Some(Cow::Borrowed(name)),
            (_, None) => self.text(shape::USER_ID).map(Cow::Borrowed),
        }
    }

    /// The image: its path, else its name.
    fn image(self) -> Option<&'a str> {
        self.text(shape::EXECUTABLE).or_else(|| self.text(shape::PROCESS_NAME))
    }
}
