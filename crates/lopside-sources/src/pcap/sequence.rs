//! Which bytes of one direction of TCP were seen, by their sequence numbers: each counts once, however often it was sent.

/// Stretches of seen bytes with holes between them that are kept apart; more are joined, and the hole stays missed.
const MOST_STRETCHES: usize = 64;
/// No window reaches further than this (RFC 7323), so no content and no acknowledgement does.
const FARTHEST: i64 = 1 << 30;

/// The bytes of one direction that were seen. Offsets count from the first byte that is known of; they go beyond the 32 bits of
/// sequence numbers, and below 0 where an earlier byte comes later.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    /// Whether the beginning of the direction was seen: nothing stands before offset 0.
    opened: bool,
    /// The sequence number that stands at offset `high`.
    edge: u32,
    /// The last stretch.
    low: i64,
    high: i64,
    /// The stretches before it, in order.
    earlier: Vec<(i64, i64)>,
    /// Bytes in holes that were given up.
    given_up: u64,
    /// Bytes of segments that no window reaches: nobody took them for content.
    stray: u64,
}

/// Where the content of a segment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Added {
    /// Offset of its first byte.
    pub(super) offset: i64,
    /// Bytes of it that were not seen before.
    pub(super) fresh: u64,
}

impl Sequence {
    /// A direction whose opening was seen: its first byte has this sequence number.
    pub(super) fn opened(first: u32) -> Sequence {
        Sequence { opened: true, edge: first, low: 0, high: 0, earlier: Vec::new(), given_up: 0, stray: 0 }
    }

    /// A direction that was joined in its middle.
    pub(super) fn joined(first: u32) -> Sequence {
        Sequence { opened: false, ..Sequence::opened(first) }
    }

    /// Offset of a sequence number: the one nearest to the end of what was seen.
    pub(super) fn offset(&self, sequence: u32) -> i64 {
        self.high + i64::from(sequence.wrapping_sub(self.edge) as i32)
    }

    /// Counts a segment.
    pub(super) fn add(&mut self, sequence: u32, length: u32) -> Added {
        let offset = self.offset(sequence);
        let end = offset + i64::from(length);
        let from = if self.opened { offset.max(0) } else { offset };
        let fresh = if end <= from {
            0
        } else if (offset - self.high).abs() > FARTHEST {
            self.stray += u64::from(length);
            0
        } else if from >= self.low && from <= self.high {
            let fresh = (end - self.high).max(0);
            self.raise(end);
            fresh
        } else if from > self.high {
            self.leap(from, end);
            end - from
        } else {
            self.fill(from, end)
        };
        Added { offset, fresh: fresh.unsigned_abs() }
    }

    /// Bytes that were seen.
    pub(super) fn seen(&self) -> u64 {
        let earlier: i64 = self.earlier.iter().map(|(low, high)| high - low).sum();
        ((self.high - self.low + earlier).unsigned_abs()).saturating_sub(self.given_up)
    }

    /// Bytes of which it is known that they were sent and not seen: holes, and what was acknowledged beyond the end.
    pub(super) fn missed(&self, acknowledged: Option<u32>) -> u64 {
        let first = self.earlier.first().map_or(self.low, |(low, _)| *low);
        let holes = (self.high - first).unsigned_abs().saturating_sub(self.seen());
        let beyond = acknowledged.map_or(0, |sequence| self.offset(sequence) - self.high);
        // The end of the direction takes a number too.
        let beyond = if (2..FARTHEST).contains(&beyond) { beyond.unsigned_abs() } else { 0 };
        holes + beyond + self.stray
    }

    /// Bytes of memory beside the structure itself.
    pub(super) fn heap(&self) -> usize {
        self.earlier.capacity() * size_of::<(i64, i64)>()
    }

    fn raise(&mut self, to: i64) {
        if to > self.high {
            // Offsets differ by less than 2^32 here.
            self.edge = self.edge.wrapping_add((to - self.high) as u32);
            self.high = to;
        }
    }

    /// A segment after a hole.
    fn leap(&mut self, from: i64, end: i64) {
        let probe = !self.opened && self.earlier.is_empty() && self.low == self.high && from - self.high == 1;
        if !probe {
            self.earlier.push((self.low, self.high));
        }
        self.raise(end);
        self.low = from;
        if self.earlier.len() > MOST_STRETCHES {
            self.give_up_a_hole();
        }
    }

    /// A segment that begins before the last stretch.
    fn fill(&mut self, from: i64, end: i64) -> i64 {
        let (mut low, mut high) = (from, end);
        let mut seen_before = 0;
        let mut at = self.earlier.partition_point(|(_, known_high)| *known_high < from);
        let first = at;
        while let Some((known_low, known_high)) =
            self.earlier.get(at).copied().filter(|(known_low, _)| *known_low <= end)
        {
            seen_before += (end.min(known_high) - from.max(known_low)).max(0);
            low = low.min(known_low);
            high = high.max(known_high);
            at += 1;
        }
        if high >= self.low {
            seen_before += (end.min(self.high) - from.max(self.low)).max(0);
            self.earlier.truncate(first);
            self.low = low;
            self.raise(high);
        } else {
            self.earlier.splice(first..at, [(low, high)]);
            if self.earlier.len() > MOST_STRETCHES {
                self.give_up_a_hole();
            }
        }
        end - from - seen_before
    }

    /// Joins the first two stretches: the bytes between them stay missed, also if they come after all.
    fn give_up_a_hole(&mut self) {
        if let [(low, first_high), (second_low, high), ..] = *self.earlier.as_slice() {
            self.given_up += (second_low - first_high).unsigned_abs();
            self.earlier.splice(..2, [(low, high)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(sequence: &Sequence) -> (u64, u64) {
        (sequence.seen(), sequence.missed(None))
    }

    #[test]
    fn each_byte_counts_once() {
        let mut sequence = Sequence::opened(1_000);
        assert_eq!(sequence.add(1_000, 100), Added { offset: 0, fresh: 100 });
        assert_eq!(sequence.add(1_000, 100).fresh, 0);
        assert_eq!(sequence.add(1_050, 100), Added { offset: 50, fresh: 50 });
        assert_eq!(sequence.add(900, 120).fresh, 0);
        assert_eq!(counted(&sequence), (150, 0));
    }

    #[test]
    fn out_of_order_fills_the_hole() {
        let mut sequence = Sequence::opened(0);
        sequence.add(300, 100);
        sequence.add(100, 100);
        assert_eq!(counted(&sequence), (200, 200));
        assert_eq!(sequence.add(50, 300).fresh, 150);
        assert_eq!(counted(&sequence), (350, 50));
        assert_eq!(sequence.add(0, 500).fresh, 150);
        assert_eq!(counted(&sequence), (500, 0));
    }

    #[test]
    fn numbers_wrap() {
        let mut sequence = Sequence::opened(u32::MAX - 9);
        let mut at = u32::MAX - 9;
        for _ in 0..90_000 {
            sequence.add(at, 60_000);
            at = at.wrapping_add(60_000);
        }
        assert_eq!(counted(&sequence), (5_400_000_000, 0));
        assert_eq!(sequence.add(at.wrapping_sub(60_000), 60_000).fresh, 0);
    }

    #[test]
    fn an_earlier_byte_may_come_later_where_the_start_was_not_seen() {
        let mut sequence = Sequence::joined(1_000);
        sequence.add(1_000, 10);
        assert_eq!(sequence.add(980, 20), Added { offset: -20, fresh: 20 });
        assert_eq!(counted(&sequence), (30, 0));
        let mut opened = Sequence::opened(1_000);
        opened.add(1_000, 10);
        assert_eq!(opened.add(980, 25).fresh, 0);
    }

    #[test]
    fn what_was_acknowledged_and_not_seen_is_missed() {
        let mut sequence = Sequence::opened(0);
        sequence.add(0, 10);
        assert_eq!(sequence.missed(Some(11)), 0);
        assert_eq!(sequence.missed(Some(110)), 100);
        assert_eq!(sequence.missed(Some(0x8000_0000)), 0);
    }

    #[test]
    fn a_segment_that_no_window_reaches_moves_nothing() {
        let mut sequence = Sequence::opened(0);
        sequence.add(0, 10);
        assert_eq!(sequence.add(0x7000_0000, 10).fresh, 0);
        assert_eq!(sequence.add(10, 10).fresh, 10);
        assert_eq!(counted(&sequence), (20, 10));
    }

    #[test]
    fn many_holes_stay_few_and_missed() {
        let mut sequence = Sequence::opened(0);
        for number in 0..10_000_u32 {
            sequence.add(number * 20, 10);
        }
        assert!(sequence.earlier.len() <= MOST_STRETCHES + 1);
        assert_eq!(counted(&sequence), (100_000, 99_990));
    }

    /// Against the plainest way to count: a mark for each byte.
    #[test]
    fn counts_equal_those_of_marks() {
        let mut dice = crate::windows::testing::Dice(0x5eed_0002);
        for _ in 0..300 {
            let mut marks = vec![false; 4_000];
            let first = dice.below(1 << 31) as u32 * 2;
            let mut sequence = Sequence::opened(first);
            for _ in 0..60 {
                let (from, length) = (dice.below(3_800), dice.below(200));
                let fresh = marks[from..from + length]
                    .iter_mut()
                    .map(|mark| !std::mem::replace(mark, true))
                    .filter(|fresh| *fresh)
                    .count();
                assert_eq!(sequence.add(first.wrapping_add(from as u32), length as u32).fresh, fresh as u64);
            }
            let seen = marks.iter().filter(|mark| **mark).count() as u64;
            let end = marks.iter().rposition(|mark| *mark).map_or(0, |at| at as u64 + 1);
            assert_eq!(counted(&sequence), (seen, end - seen));
        }
    }
}
