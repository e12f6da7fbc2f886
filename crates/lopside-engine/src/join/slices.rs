//! Slices of a conversation that has very many flows: where they end, and which names belong to them.
//!
//! What holds of a slice holds whether its rows are held in memory or sorted on disk.

use lopside_model::tables::FlowName;
use lopside_model::time::SECOND;

use crate::error::EngineError;
use crate::join::conversation::name_order;
use crate::order::merge::{Merge, Taken};

/// Flows of a conversation that are folded at once, at most.
pub(super) const SLICE: usize = 65_536;
/// Among the last flows of a slice its end is looked for.
const BORDER: usize = 4_096;
/// Names that are seen this long before and after a slice are looked at with it: a conversation is named when it begins.
const NAMED: i64 = 60 * SECOND;
/// Names that are looked at with a slice, or with a whole conversation: the first by time.
const NAMES: usize = 262_144;

/// A slice of a conversation, by start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Starts before this belong to slices before it.
    pub from: i64,
    /// Starts from here on belong to slices after it.
    pub until: i64,
}

impl Slice {
    /// The slice from a start on to that of the next slice; `None` where it is the whole conversation.
    pub(super) fn between(from: i64, next: Option<i64>) -> Option<Slice> {
        let whole = from == i64::MIN && next.is_none();
        (!whole).then(|| Slice { from, until: next.unwrap_or(i64::MAX) })
    }
}

/// How many of the flows that were taken belong to a slice, when more of the conversation begin at `next`: as many as come before the
/// widest gap between two starts near its end, so that records of one flow stay together.
pub(super) fn cut(starts: impl ExactSizeIterator<Item = i64>, next: i64) -> usize {
    let (count, mut before, mut best) = (starts.len(), None, (i64::MIN, 0));
    for (place, start) in starts.chain([next]).enumerate() {
        if let Some(before) = before.replace(start)
            && place + BORDER >= count
        {
            best = best.max((start.saturating_sub(before), place));
        }
    }
    best.1
}

/// The time in which names of a slice are seen.
fn named(slice: Option<Slice>) -> std::ops::RangeInclusive<i64> {
    let from = slice.map_or(i64::MIN, |slice| slice.from.saturating_sub(NAMED));
    let until = slice.map_or(i64::MAX, |slice| slice.until.saturating_add(NAMED));
    from..=until
}

/// Brings the names of a slice, by trust, out of those of the conversation, which come by time.
pub(super) fn names_of<'t>(slice: Option<Slice>, by_time: &[FlowName<'t>], into: &mut Vec<FlowName<'t>>) {
    let named = named(slice);
    let from = by_time.partition_point(|name| name.time < *named.start());
    let until = by_time.partition_point(|name| name.time <= *named.end());
    into.clear();
    into.extend(by_time.get(from..until).unwrap_or_default().iter().take(NAMES));
    into.sort_by(name_order);
}

/// The names of a slice after the other, on disk: those in memory were seen in the time of the slice.
#[derive(Default)]
pub(super) struct NameWindow {
    taken: Vec<Taken<FlowName<'static>>>,
}

impl NameWindow {
    /// Goes on to the next slice of the conversation with this hash.
    pub(super) fn go_on(
        &mut self,
        names: &mut Merge<FlowName<'static>>,
        hash: u64,
        slice: Option<Slice>,
    ) -> Result<(), EngineError> {
        let named = named(slice);
        self.taken.retain(|taken| taken.last_moment().is_some_and(|last| last >= *named.start()));
        let known = self.times().filter(|time| named.contains(time)).count();
        let fits = |key, time| key == hash && time <= *named.end();
        names.skip_while(|key, time| key == hash && time < *named.start())?;
        self.taken.push(names.take_while(NAMES.saturating_sub(known), fits)?);
        // The next slice may need what was seen near its beginning.
        let until = slice.map_or(i64::MAX, |slice| slice.until);
        names.skip_while(|key, time| key == hash && time < until.saturating_sub(NAMED))
    }

    fn times(&self) -> impl Iterator<Item = i64> {
        self.taken.iter().flat_map(Taken::moments)
    }

    /// The names of the slice, by trust.
    pub(super) fn names(&self, slice: Option<Slice>) -> Vec<FlowName<'_>> {
        let by_time: Vec<FlowName<'_>> = self.taken.iter().flat_map(Taken::rows).collect();
        let mut names = Vec::new();
        names_of(slice, &by_time, &mut names);
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_ends_where_the_gap_is_widest_near_its_end() {
        // Pairs a hundredth of a second apart, a pair each second; the slice would end between two of a pair.
        let starts = (0..9_999_i64).map(|number| number / 2 * SECOND + number % 2 * SECOND / 100);
        let mut starts: Vec<i64> = starts.collect();
        assert_eq!(cut(starts.iter().copied(), 4_999 * SECOND + SECOND / 100), 9_998);
        // The last of the widest gaps, and none before the last few thousand flows.
        assert_eq!(cut([0, 5, 10].into_iter(), 15), 3);
        starts.iter_mut().take(100).for_each(|start| *start -= 1_000 * SECOND);
        assert_eq!(cut(starts.into_iter(), 4_999 * SECOND + SECOND / 100), 9_998);
    }
}
