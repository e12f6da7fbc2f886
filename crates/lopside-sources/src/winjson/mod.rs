//! Windows events as JSON, one object an event, in every rendering that exporters have.
//!
//! In: one object, as `evtx_dump`, Winlogbeat (nested or dotted, 6 and later), NXLog, PowerShell, HELK, Velociraptor or
//! an Azure table writes it, bare or under `_source`. Out: rows, through [`crate::windows`].
//!
//! Most events of a real log are of no use here, so [`read_object`] first takes a glance at the bytes, and walks
//! through an object only where that does not settle it.

#[cfg(test)]
mod capture_tests;
mod glance;
mod inner;
#[cfg(test)]
mod security_tests;
mod shape;
#[cfg(test)]
mod tests;
mod unnamed;

use crate::fields::Fields;
use crate::source::{InputInfo, Outcome, Sink};
use crate::windows;

use glance::Glance;
use shape::EventShape;

/// Whether an object is a Windows event. `head_object` is the first object of an input.
#[must_use]
pub fn recognise(head_object: &[u8]) -> bool {
    let mut fields = windows::new_fields();
    if fields.read_json(&EventShape, head_object).is_err() {
        return false;
    }
    let event = windows::EventFields::new(&fields);
    let has_id = event.id().is_some() || unnamed::is_there(&fields);
    has_id && is_from_windows(event)
}

/// Reads one object and hands its rows to the sink. `fields` comes from [`windows::new_fields`]; `place` is the line or
/// the number of the object.
///
/// `NotMine` where the object is no Windows event.
pub fn read_object(
    info: &InputInfo<'_>,
    fields: &mut Fields,
    object: &[u8],
    place: u64,
    sink: &mut dyn Sink,
) -> Outcome {
    match glance::glance(object) {
        Glance::Useless(provider, id) => {
            provider.ignore(id, sink);
            return Outcome::Done;
        }
        Glance::HarmlessAccess(time) => {
            sink.seen("sysmon-10", time);
            return Outcome::Done;
        }
        Glance::Unsettled => {}
    }
    if let Err(error) = fields.read_json(&EventShape, object) {
        sink.skipped(place, &error.to_string());
        return Outcome::Done;
    }
    if !is_from_windows(windows::EventFields::new(fields)) {
        return Outcome::NotMine;
    }
    if let Err(reason) = unnamed::name_values(fields, object) {
        sink.skipped(place, &reason.to_string());
        return Outcome::Done;
    }
    inner::unpack(fields);
    windows::map_event(info, fields, place, sink)
}

/// An id alone says little; a log, a provider or a computer beside it makes it an event of Windows.
fn is_from_windows(event: windows::EventFields<'_>) -> bool {
    use windows::slots;
    [slots::CHANNEL, slots::PROVIDER_GUID, slots::PROVIDER_NAME]
        .iter()
        .any(|slot| event.text(*slot).is_some())
}
