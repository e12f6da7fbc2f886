//! How much a baseline may remember of where a process sends to: what one host can fill it with is bounded.

use std::cmp::Reverse;

use super::Baseline;
use crate::fragment::{HostHabits, Place, ProcessHabits};
use crate::names::Names;

/// Destinations that are remembered of one process on one host. A browser reaches a few hundred a month; a crawler, a scanner or a
/// flood of made-up names reaches any number.
pub const REMEMBERED: usize = 2_048;

impl Baseline {
    /// Forgets destinations of which a process on a host has more than [`REMEMBERED`]: those first that tell least, which are those that
    /// it sent little to, on few days, the last by name. They stay in its count of places, as places of that host alone.
    ///
    /// What is left does not depend on the order in which things were learned or merged. To be called before a baseline is written.
    pub fn bound(&mut self) {
        self.bound_to(REMEMBERED);
    }

    pub(super) fn bound_to(&mut self, most: usize) {
        let fragment = &mut self.fragment;
        let names = &fragment.names.destinations;
        let mut forgot = false;
        for habits in fragment.habits.iter_mut().flat_map(|host| &mut host.processes) {
            forgot |= forget(habits, names, most);
        }
        if !forgot {
            return;
        }
        let mut kept = Names::default();
        for host in &mut fragment.habits {
            host.forget_places_of_users();
            for place in host.destinations_mut() {
                *place = kept.number(fragment.names.destinations.text(*place));
            }
        }
        fragment.names.destinations = kept;
        fragment.habits.iter_mut().for_each(HostHabits::settle);
    }
}

/// Whether anything was forgotten.
fn forget(habits: &mut ProcessHabits, names: &Names, most: usize) -> bool {
    let over = habits.places.len().saturating_sub(most);
    if over == 0 {
        return false;
    }
    let worth = |place: &Place| (Reverse(place.heavy), Reverse(place.used));
    habits.places.sort_by(|a, b| {
        worth(a).cmp(&worth(b)).then_with(|| names.text(a.destination).cmp(names.text(b.destination)))
    });
    habits.places.truncate(most);
    habits.forgotten = habits.forgotten.saturating_add(u32::try_from(over).unwrap_or(u32::MAX));
    true
}
