//! Event data that stand as one string inside of the object: XML in Azure's `Event` and `SecurityEvent`, JSON in
//! `WindowsEvent`.

use crate::fields::{Fields, Shape, Step};
use crate::windows::{self, slots};
use crate::winxml;

/// Unpacks such a string into the fields; columns that say the same are kept where they say more than nothing.
pub(super) fn unpack(fields: &mut Fields) {
    let Some(text) = fields.text(slots::EVENT_DATA) else { return };
    let text = text.trim_start();
    let mut inner = windows::new_fields();
    if text.starts_with('{') {
        if inner.read_json(&DataShape, text.as_bytes()).is_err() {
            return;
        }
    } else if text.starts_with('<') {
        winxml::read_event_data(text.as_bytes(), &mut inner);
    }
    for slot in slots::data_slots() {
        if let Some(value) = inner.scalar(slot) {
            fields.set_text(slot, value);
        }
    }
}

/// An object of event data.
struct DataShape;

impl Shape for DataShape {
    type State = ();

    fn root(&self) {}

    fn step(&self, (): (), key: &[u8]) -> Step<()> {
        slots::data(key).map_or(Step::Skip, |named| Step::Take(named.slot))
    }
}
