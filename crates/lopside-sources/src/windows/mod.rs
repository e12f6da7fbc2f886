//! Windows events of Sysmon and of security auditing, whatever they were written in.
//!
//! In: the wanted values of one event, put into [`Fields`] at the places of [`slots`] by a reader of EVTX, XML or JSON.
//! Out: rows of the model. [`EventFields`] is the view that hides spellings; [`sysmon`] and [`security`] hold one
//! mapping for each event.

mod event;
mod provider;
pub mod security;
pub mod slots;
pub mod sysmon;
#[cfg(test)]
pub(crate) mod testing;
mod values;

pub use event::{EventFields, Refusal};
pub use provider::Provider;
pub use values::{dos_tail, guid, host_key, is_null, process_id};

use crate::fields::Fields;
use crate::source::{InputInfo, Outcome, Sink};

/// Room for one event.
#[must_use]
pub fn new_fields() -> Fields {
    Fields::new(slots::COUNT)
}

/// Maps the event that the fields hold to rows. `place` is its line or record number.
///
/// Events of other providers, and other events of these two, are told to the sink as ignored. `NotMine` where there
/// is no event id at all.
pub fn map_event(info: &InputInfo<'_>, fields: &Fields, place: u64, sink: &mut dyn Sink) -> Outcome {
    let event = EventFields::new(fields);
    let Some(id) = event.id() else { return Outcome::NotMine };
    let mapped = match (event.provider(), id) {
        (Provider::Sysmon, 1) => sysmon::process_start(info, event, place, sink),
        (Provider::Sysmon, 3) => sysmon::connection(info, event, place, sink),
        (Provider::Sysmon, 5) => sysmon::process_end(info, event, place, sink),
        (Provider::Sysmon, 10) => sysmon::access(info, event, place, sink),
        (Provider::Sysmon, 22) => sysmon::lookup(event, sink),
        (Provider::Security, 4688) => security::process_start(info, event, place, sink),
        (Provider::Security, 4689) => security::process_end(info, event, place, sink),
        (Provider::Security, 5156) => {
            security::connection(info, event, place, security::Verdict::Permitted, sink)
        }
        (Provider::Security, 5157) => {
            security::connection(info, event, place, security::Verdict::Blocked, sink)
        }
        (Provider::Security, 5158) => security::bind(info, event, place, sink),
        (provider, id) => {
            provider.ignore(id, sink);
            Ok(())
        }
    };
    if let Err(refusal) = mapped {
        sink.skipped(place, &refusal.to_string());
    }
    Outcome::Done
}

/// Whether events of this number can become rows, whoever wrote them. For readers that look before they read.
#[must_use]
pub fn is_wanted(id: u32) -> bool {
    matches!(id, 1 | 3 | 5 | 10 | 22 | 4688 | 4689 | 5156 | 5157 | 5158)
}
