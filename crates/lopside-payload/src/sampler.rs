//! A bounded, deterministic sample of what one conversation carries.
//!
//! A message is what one direction sends until the other speaks or falls silent for a while; a datagram is a message. Of the first
//! messages and of an even, deterministic choice of later ones the start and the end are kept, of many more the size. A
//! conversation without content costs one pointer.

use crate::sample::{Message, Sample, Side};
use crate::settings::Settings;

/// Which end sent something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The end that is told as the source of the flow: normally the initiator.
    Out,
    /// The other end.
    In,
}

/// Takes the content of one conversation in order and keeps a bounded part of it.
#[derive(Debug, Default)]
pub struct Sampler(Option<Box<Sides>>);

#[derive(Debug, Default)]
struct Sides {
    out: Taking,
    back: Taking,
    /// Messages of both directions so far.
    turns: u32,
}

/// One direction while it is taken.
#[derive(Debug, Default)]
struct Taking {
    side: Side,
    /// A message is under way.
    open: bool,
    /// The message under way is the last one kept.
    keeping: bool,
    /// Bytes of the message under way.
    length: u64,
    /// When content of this direction was last seen.
    last: i64,
    /// Every how many messages one is kept, once the first are; 0 stands for 1.
    stride: u64,
    /// Bytes kept.
    held: usize,
    /// How many of the kept messages are first ones, and their bytes.
    first: usize,
    first_held: usize,
}

impl Sampler {
    /// An empty sampler; it allocates with the first byte of content.
    pub fn new() -> Sampler {
        Sampler(None)
    }

    /// The next bytes of a stream, in order and without repeats. `time` is in microseconds.
    pub fn push(&mut self, settings: &Settings, direction: Direction, time: i64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let (taking, other, turns) = self.ends(direction);
        other.close(settings);
        if taking.open && time.saturating_sub(taking.last) > settings.pause_micros {
            taking.close(settings);
        }
        if !taking.open {
            *turns = turns.saturating_add(1);
            taking.start(settings, *turns, false);
        }
        taking.take(settings, bytes, bytes.len() as u64);
        taking.last = time;
    }

    /// A datagram: `bytes` of it were captured, `full_length` were sent.
    pub fn datagram(
        &mut self,
        settings: &Settings,
        direction: Direction,
        time: i64,
        bytes: &[u8],
        full_length: usize,
    ) {
        if full_length == 0 && bytes.is_empty() {
            return;
        }
        let (taking, _, turns) = self.ends(direction);
        taking.close(settings);
        *turns = turns.saturating_add(1);
        taking.start(settings, *turns, true);
        taking.take(settings, bytes, full_length.max(bytes.len()) as u64);
        if full_length > bytes.len() {
            taking.side.missing += (full_length - bytes.len()) as u64;
            taking.mark_gap();
        }
        taking.close(settings);
        taking.last = time;
    }

    /// Bytes of a direction that were sent and not captured. What comes next belongs to a new message.
    pub fn gap(&mut self, direction: Direction, missing: u64) {
        let (taking, _, turns) = self.ends(direction);
        taking.side.missing = taking.side.missing.saturating_add(missing);
        taking.side.bytes = taking.side.bytes.saturating_add(missing);
        taking.mark_gap();
        taking.length = taking.length.saturating_add(missing);
        taking.end();
        // What follows the hole has no known start.
        taking.side.after_gap = true;
        *turns = turns.saturating_add(1);
    }

    /// Bytes of memory that this sampler holds, about.
    pub fn memory(&self) -> usize {
        let sides = self.0.as_deref().map_or(0, |sides| {
            let of = |taking: &Taking| {
                taking.held
                    + taking.side.sizes.capacity() * 4
                    + taking.side.messages.capacity() * size_of::<Message>()
            };
            size_of::<Sides>() + of(&sides.out) + of(&sides.back)
        });
        size_of::<Sampler>() + sides
    }

    /// Ends the sampling. `None` where nothing was seen.
    pub(crate) fn into_sample(self, settings: &Settings) -> Option<Sample> {
        let mut sides = self.0?;
        sides.out.close(settings);
        sides.back.close(settings);
        Some(Sample { out: sides.out.side, back: sides.back.side })
    }

    fn ends(&mut self, direction: Direction) -> (&mut Taking, &mut Taking, &mut u32) {
        let sides = self.0.get_or_insert_default();
        let Sides { out, back, turns } = sides.as_mut();
        match direction {
            Direction::Out => (out, back, turns),
            Direction::In => (back, out, turns),
        }
    }
}

impl Taking {
    fn start(&mut self, settings: &Settings, turn: u32, datagram: bool) {
        self.open = true;
        self.length = 0;
        let index = self.side.count;
        self.side.count += 1;
        self.keeping = self.wanted(settings, index);
        if self.keeping {
            self.side.messages.push(Message {
                index,
                turn,
                datagram,
                cut_start: self.side.after_gap,
                ..Message::default()
            });
        }
        self.side.after_gap = false;
    }

    /// Whether the message with this index is to be kept. Makes room where it is.
    fn wanted(&mut self, settings: &Settings, index: u64) -> bool {
        let half = settings.side_bytes / 2;
        if index == self.first as u64 && self.first < settings.first_messages && self.first_held < half {
            self.first += 1;
            return true;
        }
        let stride = self.stride.max(1);
        if !index.is_multiple_of(stride) || settings.later_messages == 0 {
            return false;
        }
        let later = self.side.messages.len() - self.first.min(self.side.messages.len());
        if later >= settings.later_messages || self.held - self.first_held >= half {
            self.thin(stride.saturating_mul(2));
        }
        index.is_multiple_of(self.stride.max(1))
    }

    /// Keeps later messages at a wider stride only.
    fn thin(&mut self, stride: u64) {
        self.stride = stride;
        let first = self.first;
        let mut place = 0;
        self.side.messages.retain(|message| {
            place += 1;
            place <= first || message.index.is_multiple_of(stride)
        });
        self.held = self.side.messages.iter().map(Message::held).sum();
    }

    fn take(&mut self, settings: &Settings, bytes: &[u8], length: u64) {
        self.length = self.length.saturating_add(length);
        self.side.bytes = self.side.bytes.saturating_add(length);
        if !self.keeping {
            return;
        }
        let is_first = self.side.messages.len() <= self.first;
        let room = settings.side_bytes.saturating_sub(self.held);
        if let Some(message) = self.side.messages.last_mut() {
            let before = message.held();
            message.append(bytes, settings.message_head.min(before + room), settings.message_tail);
            let after = message.held();
            self.held = (self.held + after).saturating_sub(before);
            if is_first {
                self.first_held = (self.first_held + after).saturating_sub(before);
            }
        }
    }

    fn mark_gap(&mut self) {
        if self.open
            && self.keeping
            && let Some(message) = self.side.messages.last_mut()
        {
            message.cut_end = true;
        }
    }

    fn close(&mut self, settings: &Settings) {
        if !self.open {
            return;
        }
        if self.side.sizes.len() < settings.sizes {
            self.side.sizes.push(u32::try_from(self.length).unwrap_or(u32::MAX));
        }
        self.end();
    }

    fn end(&mut self) {
        if self.open
            && self.keeping
            && let Some(message) = self.side.messages.last_mut()
        {
            message.length = self.length;
        }
        self.open = false;
        self.keeping = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Settings {
        Settings {
            message_head: 8,
            message_tail: 4,
            first_messages: 3,
            later_messages: 4,
            side_bytes: 96,
            sizes: 50,
            ..Settings::default()
        }
    }

    #[test]
    fn nothing_seen_gives_nothing_and_costs_a_pointer() {
        assert_eq!(size_of::<Sampler>(), size_of::<usize>());
        assert!(Sampler::new().into_sample(&small()).is_none());
    }

    #[test]
    fn a_message_ends_when_the_other_end_speaks_or_after_a_silence() {
        let settings = small();
        let mut sampler = Sampler::new();
        sampler.push(&settings, Direction::Out, 0, b"ab");
        sampler.push(&settings, Direction::Out, 10, b"cd");
        sampler.push(&settings, Direction::In, 20, b"yes");
        sampler.push(&settings, Direction::Out, 30, b"ef");
        sampler.push(&settings, Direction::Out, 10_000_000, b"g");
        let sample = sampler.into_sample(&settings).unwrap();
        assert_eq!(sample.out.sizes, [4, 2, 1]);
        assert_eq!(sample.back.sizes, [3]);
        assert_eq!(sample.out.messages[0].head, b"abcd");
        assert!(sample.out.messages[1].turn > sample.back.messages[0].turn);
    }

    #[test]
    fn the_start_and_the_end_of_a_long_message_are_kept() {
        let settings = small();
        let mut sampler = Sampler::new();
        for chunk in (0..100u8).collect::<Vec<_>>().chunks(7) {
            sampler.push(&settings, Direction::Out, 0, chunk);
        }
        let sample = sampler.into_sample(&settings).unwrap();
        let message = &sample.out.messages[0];
        assert_eq!(message.length, 100);
        assert_eq!(message.head, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(message.tail(4), [96, 97, 98, 99]);
        assert!(!message.complete());
    }

    #[test]
    fn a_message_of_head_and_tail_is_whole() {
        let settings = small();
        let mut sampler = Sampler::new();
        sampler.push(&settings, Direction::Out, 0, b"0123456789ab");
        let sample = sampler.into_sample(&settings).unwrap();
        assert!(sample.out.messages[0].complete());
        assert_eq!(sample.out.messages[0].bytes().as_ref(), b"0123456789ab");
    }

    #[test]
    fn later_messages_are_spread_evenly_and_bounded() {
        let settings = small();
        let mut sampler = Sampler::new();
        for index in 0..1000u32 {
            sampler.datagram(&settings, Direction::Out, 0, &index.to_be_bytes(), 4);
        }
        assert!(sampler.memory() < 4096, "{}", sampler.memory());
        let sample = sampler.into_sample(&settings).unwrap();
        let kept: Vec<u64> = sample.out.messages.iter().map(|message| message.index).collect();
        assert_eq!(kept, [0, 1, 2, 256, 512, 768]);
        assert_eq!(sample.out.count, 1000);
        assert_eq!(sample.out.sizes.len(), 50);
    }

    #[test]
    fn memory_stays_bounded_whatever_comes() {
        let settings = Settings::default();
        let mut sampler = Sampler::new();
        for round in 0..400i64 {
            sampler.push(&settings, Direction::Out, round * 1_000_000, &vec![7; 90_000]);
            sampler.push(&settings, Direction::In, round * 1_000_000, &vec![7; 3_000]);
        }
        assert!(sampler.memory() < 2 * settings.side_bytes + (64 << 10), "{}", sampler.memory());
    }

    #[test]
    fn a_gap_cuts_the_message_and_is_counted() {
        let settings = small();
        let mut sampler = Sampler::new();
        sampler.push(&settings, Direction::Out, 0, b"ab");
        sampler.gap(Direction::Out, 1000);
        sampler.push(&settings, Direction::Out, 1, b"cd");
        sampler.datagram(&settings, Direction::In, 1, b"cd", 10);
        let sample = sampler.into_sample(&settings).unwrap();
        assert_eq!(sample.out.missing, 1000);
        assert!(sample.out.messages[0].cut_end && sample.out.messages[1].cut_start);
        assert_eq!(sample.back.missing, 8);
        assert!(sample.back.messages[0].cut_end);
    }
}
