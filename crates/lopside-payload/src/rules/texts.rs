//! The texts of one direction that something may run through from start to end.

use std::collections::BTreeMap;

use super::Look;
use crate::content::encoding::percent;
use crate::reading::Value;

/// Bytes of a unit that are looked at, where a rule does not say how many.
const USUAL: usize = 4096;

/// All texts of one direction that noise may run through.
pub(super) struct AllTexts<'a> {
    units: Vec<&'a [u8]>,
    paths: Vec<Vec<u8>>,
    /// Noise that runs through a whole query stands in its names and between its marks too: it is one text before it is parameters.
    queries: Vec<Vec<u8>>,
    slots: &'a BTreeMap<String, Vec<Value>>,
}

impl<'a> AllTexts<'a> {
    pub(super) fn of(look: &Look<'a>) -> AllTexts<'a> {
        AllTexts::up_to(look, USUAL)
    }

    /// The same with more or fewer bytes of each unit.
    pub(super) fn up_to(look: &Look<'a>, most: usize) -> AllTexts<'a> {
        let reading = look.reading;
        let units = reading.units.iter().filter(|unit| {
            // A document that reads to its end is what it is.
            let read = unit.document.is_some_and(|found| !found.broken && found.end * 2 > unit.bytes.len());
            !read && !unit.headless
        });
        let paths = reading.slots.get("path").into_iter().flatten();
        AllTexts {
            units: units
                .map(|unit| unit.bytes.get(..unit.bytes.len().min(most)).unwrap_or(&unit.bytes))
                .collect(),
            paths: paths.map(|value| percent(last_part(&value.bytes), false)).collect(),
            queries: reading.exchanges.iter().filter_map(|exchange| query(&exchange.target)).collect(),
            slots: &reading.slots,
        }
    }

    /// Texts of one kind together.
    pub(super) fn groups(&self) -> impl Iterator<Item = Vec<&[u8]>> {
        let named = self.slots.iter().filter(|(name, _)| *name != "path");
        let slots = named.map(|(_, values)| values.iter().map(|value| value.bytes.as_slice()).collect());
        let paths = self.paths.iter().map(Vec::as_slice).collect();
        let queries = self.queries.iter().map(Vec::as_slice).collect();
        [self.units.clone(), paths, queries].into_iter().chain(slots)
    }
}

/// What follows the last slash of a path.
fn last_part(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// What follows the question mark of a request's target, its escapes undone.
fn query(target: &[u8]) -> Option<Vec<u8>> {
    let at = memchr::memchr(b'?', target)?;
    Some(percent(target.get(at + 1..)?, false))
}
