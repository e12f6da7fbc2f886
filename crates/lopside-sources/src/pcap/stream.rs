//! The content of one direction of TCP in its order, for those who look at it.

/// Segments that came early and bytes of them that are kept until what is missing comes.
const MOST_HELD: usize = 64;
const MOST_HELD_BYTES: usize = 128 << 10;

/// What comes next of a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Content.
    Bytes(&'a [u8]),
    /// So many bytes were sent and not captured.
    Gap(u64),
}

/// Puts the segments of one direction in order. Copies only those that come early.
#[derive(Clone, Debug, Default)]
pub(super) struct InOrder {
    /// Offset of the byte that comes next, once the first is known.
    next: Option<i64>,
    held: Vec<Held>,
    held_bytes: usize,
}

#[derive(Clone, Debug)]
struct Held {
    offset: i64,
    length: u32,
    content: Vec<u8>,
}

impl InOrder {
    /// Starts at this offset rather than at the first segment.
    pub(super) fn starting_at(offset: i64) -> InOrder {
        InOrder { next: Some(offset), ..InOrder::default() }
    }

    /// A segment: `length` bytes from `offset`, of which `content` was captured.
    pub(super) fn add(&mut self, offset: i64, length: u32, content: &[u8], give: &mut impl FnMut(Piece<'_>)) {
        if length == 0 {
            return;
        }
        let next = *self.next.get_or_insert(offset);
        if offset > next {
            self.hold(offset, length, content);
            if self.held.len() > MOST_HELD || self.held_bytes > MOST_HELD_BYTES {
                self.leap(give);
            }
            return;
        }
        self.deliver(offset, length, content, give);
        self.give_held(give);
    }

    /// The other end has everything before this offset: what is missing of it was lost on the way to the capture.
    pub(super) fn acknowledged(&mut self, offset: i64, give: &mut impl FnMut(Piece<'_>)) {
        while self.held.first().is_some_and(|held| held.offset < offset) {
            self.leap(give);
        }
    }

    /// Bytes of memory beside the structure itself.
    pub(super) fn heap(&self) -> usize {
        self.held_bytes + self.held.capacity() * size_of::<Held>()
    }

    fn hold(&mut self, offset: i64, length: u32, content: &[u8]) {
        let at = self.held.partition_point(|held| held.offset <= offset);
        self.held_bytes += content.len();
        self.held.insert(at, Held { offset, length, content: content.to_vec() });
    }

    /// Gives up what is missing before the first held segment.
    fn leap(&mut self, give: &mut impl FnMut(Piece<'_>)) {
        if let (Some(held), Some(next)) = (self.held.first(), self.next) {
            if held.offset > next {
                give(Piece::Gap((held.offset - next).unsigned_abs()));
                self.next = Some(held.offset);
            }
            self.give_held(give);
        }
    }

    fn give_held(&mut self, give: &mut impl FnMut(Piece<'_>)) {
        while self.held.first().is_some_and(|held| self.next.is_some_and(|next| held.offset <= next)) {
            let held = self.held.remove(0);
            self.held_bytes -= held.content.len();
            self.deliver(held.offset, held.length, &held.content, give);
        }
    }

    fn deliver(&mut self, offset: i64, length: u32, content: &[u8], give: &mut impl FnMut(Piece<'_>)) {
        let Some(next) = self.next else { return };
        let end = offset + i64::from(length);
        if end <= next {
            return;
        }
        let known = usize::try_from(next - offset).unwrap_or(usize::MAX);
        let content = content.get(..length as usize).unwrap_or(content);
        let fresh = content.get(known..).unwrap_or_default();
        if !fresh.is_empty() {
            give(Piece::Bytes(fresh));
        }
        let missing = (end - next).unsigned_abs() - fresh.len() as u64;
        if missing > 0 {
            // The snap length cut it.
            give(Piece::Gap(missing));
        }
        self.next = Some(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(segments: &[(i64, &[u8], u32)]) -> Vec<String> {
        let mut told = Vec::new();
        let mut order = InOrder::default();
        let mut give = |piece: Piece<'_>| {
            told.push(match piece {
                Piece::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Piece::Gap(missing) => format!("gap {missing}"),
            });
        };
        for (offset, content, length) in segments {
            order.add(*offset, *length, content, &mut give);
        }
        order.acknowledged(i64::MAX, &mut give);
        told
    }

    #[test]
    fn content_comes_once_and_in_order() {
        assert_eq!(
            told(&[(0, b"ab", 2), (4, b"ef", 2), (0, b"ab", 2), (1, b"bcd", 3), (6, b"g", 1)]),
            ["ab", "cd", "ef", "g"]
        );
    }

    #[test]
    fn what_never_comes_is_a_gap() {
        assert_eq!(told(&[(0, b"ab", 2), (4, b"ef", 2)]), ["ab", "gap 2", "ef"]);
    }

    #[test]
    fn what_the_snap_length_cut_is_a_gap() {
        assert_eq!(told(&[(0, b"ab", 10), (10, b"k", 1)]), ["ab", "gap 8", "k"]);
    }

    #[test]
    fn early_segments_are_bounded() {
        let mut order = InOrder::starting_at(0);
        for number in 0..10_000_i64 {
            order.add(1_000 + number * 2_000, 1_000, &[0; 1_000], &mut |_| {});
            assert!(order.heap() < MOST_HELD_BYTES + (64 << 10));
        }
    }
}
