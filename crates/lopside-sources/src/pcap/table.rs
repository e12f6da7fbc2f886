//! The conversations that are watched: found by their ends, closed when they are over, idle for long, or too many.

use std::collections::HashMap;

use lopside_model::Micros;
use lopside_model::time::SECOND;

use super::content::{Found, Looking, Watch};
use super::conversation::{Conversation, Opener, Side, Weight};
use super::names::dns::Answer;
use super::sampling::Sampling;
use super::transport::{Datagram, Segment};

/// A conversation of datagrams is over after this pause, and so is one over TCP that nobody answered.
const QUIET: i64 = 60 * SECOND;
/// Late packets of a closed one are waited for so long.
const LINGER: i64 = 60 * SECOND;
/// A conversation is put at the end of its line at most this often: the line is in order to that precision.
const LINE_STEP: i64 = SECOND;
/// Bytes that the table of places takes for each conversation.
const INDEX_BYTES: usize = 2 * size_of::<(Key, u32)>();

/// Where conversations go that are over.
pub(super) trait Over {
    /// One that is over.
    fn over(&mut self, conversation: &Conversation);
    /// An answer of the domain name system that this client got.
    fn answer(&mut self, client: u128, time: i64, answer: &Answer);
}

/// Both ends without order, and the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    low: (u128, u16),
    high: (u128, u16),
    protocol: u8,
}

/// Whose packet it is and when it was captured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope {
    pub(super) source: u128,
    pub(super) destination: u128,
    pub(super) protocol: u8,
    pub(super) time: Micros,
    /// Number of the packet.
    pub(super) number: u64,
    /// The conversation that is the tunnel around it.
    pub(super) tunnel: Option<u64>,
    pub(super) weight: Weight,
}

/// The conversations of one capture.
#[derive(Debug)]
pub(super) struct Table {
    places: HashMap<Key, u32>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    lines: [Line; 3],
    /// The conversation of the last packet.
    last: Option<(Key, u32)>,
    /// The time by which conversations are idle.
    now: i64,
    before: i64,
    budget: usize,
    used: usize,
    sampling: Sampling,
    count: u64,
    /// Conversations that were closed before they were over, to stay within the budget.
    pub(super) pressed_out: u64,
}

#[derive(Debug)]
struct Slot {
    conversation: Option<Box<Conversation>>,
    key: Key,
    line: usize,
    /// When it was last put at the end of its line.
    lined: i64,
    /// The latest packet.
    touched: i64,
    previous: u32,
    next: u32,
    heap: usize,
    sampled: usize,
}

/// Conversations that wait for the same pause, the one that is idle for longest first.
#[derive(Clone, Copy, Debug)]
struct Line {
    first: u32,
    last: u32,
    /// After which pause one is over; without, only the budget ends it.
    pause: Option<i64>,
}

/// Conversations of datagrams, and those that nobody answered.
const SHORT: usize = 0;
const CLOSED: usize = 1;
const OPEN: usize = 2;
const NOBODY: u32 = u32::MAX;

impl Table {
    /// A table that keeps conversations of about so many bytes, beside what is sampled of them.
    pub(super) fn new(budget: usize, sampling: Sampling) -> Table {
        let line = |pause| Line { first: NOBODY, last: NOBODY, pause };
        Table {
            places: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            lines: [line(Some(QUIET)), line(Some(LINGER)), line(None)],
            last: None,
            now: i64::MIN,
            before: i64::MIN,
            budget,
            used: 0,
            sampling,
            count: 0,
            pressed_out: 0,
        }
    }

    /// Counts a segment of TCP.
    pub(super) fn segment(
        &mut self,
        envelope: &Envelope,
        segment: &Segment<'_>,
        over: &mut impl Over,
    ) -> u64 {
        let ports = (segment.source_port, segment.destination_port);
        let mut place = self.place(envelope, ports, over);
        let reopened = conversation(&mut self.slots, place)
            .is_some_and(|known| known.is_over(known.end_of(envelope.source, segment.source_port), segment));
        if reopened {
            self.close(place, over);
            place = self.place(envelope, ports, over);
        }
        let mut number = 0;
        if let Some(conversation) = conversation(&mut self.slots, place) {
            let from = conversation.end_of(envelope.source, segment.source_port);
            conversation.weigh(from, envelope.weight, envelope.time.0);
            let mut answers = |answer: &Answer| over.answer(envelope.destination, envelope.time.0, answer);
            let settings = self.sampling.settings();
            let mut watch = Watch { settings, time: envelope.time.0, answers: &mut answers };
            conversation.add_segment(from, segment, &mut watch);
            number = conversation.number;
        }
        self.settle(place, envelope, over);
        number
    }

    /// Counts a datagram of which `lost` bytes are missing.
    pub(super) fn datagram(
        &mut self,
        envelope: &Envelope,
        datagram: &Datagram<'_>,
        lost: u32,
        over: &mut impl Over,
    ) -> u64 {
        let ports = (datagram.source_port, datagram.destination_port);
        let mut place = self.place(envelope, ports, over);
        let idle = conversation(&mut self.slots, place).is_some_and(|known| {
            known.sides.iter().any(|side| side.packets > 0)
                && (envelope.time.0.saturating_sub(known.end) > QUIET
                    || known.start.saturating_sub(envelope.time.0) > QUIET)
        });
        if idle {
            self.close(place, over);
            place = self.place(envelope, ports, over);
        }
        let mut number = 0;
        if let Some(conversation) = conversation(&mut self.slots, place) {
            let from = conversation.end_of(envelope.source, datagram.source_port);
            if datagram.answers && conversation.opener.is_none() {
                conversation.opener = Some(Opener { end: 1 - from, seen: false });
            }
            conversation.weigh(from, envelope.weight, envelope.time.0);
            let mut answers = |answer: &Answer| over.answer(envelope.destination, envelope.time.0, answer);
            let settings = self.sampling.settings();
            let mut watch = Watch { settings, time: envelope.time.0, answers: &mut answers };
            conversation.add_datagram(from, datagram, lost, &mut watch);
            number = conversation.number;
        }
        self.settle(place, envelope, over);
        number
    }

    /// Closes all that are left, those that are idle for longest first.
    pub(super) fn finish(&mut self, over: &mut impl Over) {
        while let Some(place) = self.oldest() {
            self.close(place, over);
        }
    }

    /// The place of a packet's conversation, which may be a new one.
    fn place(&mut self, envelope: &Envelope, ports: (u16, u16), over: &mut impl Over) -> u32 {
        let source = (envelope.source, ports.0);
        let destination = (envelope.destination, ports.1);
        let (low, high) = if source <= destination { (source, destination) } else { (destination, source) };
        let key = Key { low, high, protocol: envelope.protocol };
        if let Some((_, place)) = self.last.filter(|(last, _)| *last == key) {
            return place;
        }
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None => self.begin(key, [source, destination], envelope, over),
        };
        self.last = Some((key, place));
        place
    }

    fn begin(&mut self, key: Key, ends: [(u128, u16); 2], envelope: &Envelope, over: &mut impl Over) -> u32 {
        while self.used + COST > self.budget {
            let Some(oldest) = self.oldest() else { break };
            self.pressed_out += 1;
            self.close(oldest, over);
        }
        self.count += 1;
        let conversation = Conversation {
            protocol: envelope.protocol,
            ends,
            start: envelope.time.0,
            end: envelope.time.0,
            first: envelope.number,
            number: self.count,
            tunnel: envelope.tunnel,
            sides: [Side::default(), Side::default()],
            opener: None,
            looking: Looking::default(),
            found: Found::default(),
        };
        let slot = Slot {
            conversation: Some(Box::new(conversation)),
            key,
            line: SHORT,
            lined: envelope.time.0,
            touched: envelope.time.0,
            previous: NOBODY,
            next: NOBODY,
            heap: 0,
            sampled: 0,
        };
        let place = match self.free.pop() {
            Some(place) => place,
            None => u32::try_from(self.slots.len()).unwrap_or(NOBODY),
        };
        match self.slots.get_mut(place as usize) {
            Some(free) => *free = slot,
            None => self.slots.push(slot),
        }
        self.used += COST;
        self.places.insert(key, place);
        self.append(place, SHORT);
        place
    }

    /// After a packet was counted: its conversation goes to the end of the line where it now belongs, and what is idle for
    /// too long is closed.
    fn settle(&mut self, place: u32, envelope: &Envelope, over: &mut impl Over) {
        let time = envelope.time.0;
        // One packet with a wrong time must not end everything: two have to agree.
        self.now = self.before.min(time);
        self.before = time;
        if let Some(slot) = self.slots.get_mut(place as usize) {
            slot.touched = time;
            let Some(conversation) = &mut slot.conversation else { return };
            let line = match conversation.protocol {
                6 if conversation.is_closed() => CLOSED,
                6 if !conversation.is_unanswered() => OPEN,
                _ => SHORT,
            };
            let heap = conversation.heap();
            self.used = (self.used + heap).saturating_sub(slot.heap);
            slot.heap = heap;
            self.sampling.settle(conversation, &mut slot.sampled);
            if line != slot.line || time.saturating_sub(slot.lined).abs() > LINE_STEP {
                slot.lined = time;
                self.unlink(place);
                self.append(place, line);
            }
        }
        self.close_idle(over);
    }

    fn close_idle(&mut self, over: &mut impl Over) {
        for line in 0..self.lines.len() {
            let Some(Line { first, pause: Some(pause), .. }) = self.lines.get(line).copied() else {
                continue;
            };
            let mut place = first;
            while let Some(slot) = self.slots.get(place as usize) {
                if self.now.saturating_sub(slot.touched) <= pause + LINE_STEP {
                    break;
                }
                self.close(place, over);
                place = self.lines.get(line).map_or(NOBODY, |line| line.first);
            }
        }
    }

    /// The conversation that is idle for longest.
    fn oldest(&self) -> Option<u32> {
        let firsts = self.lines.iter().map(|line| line.first);
        let waiting = firsts.filter_map(|place| Some((self.slots.get(place as usize)?.touched, place)));
        waiting.min().map(|(_, place)| place)
    }

    fn close(&mut self, place: u32, over: &mut impl Over) {
        self.unlink(place);
        let Some(slot) = self.slots.get_mut(place as usize) else { return };
        let Some(mut conversation) = slot.conversation.take() else { return };
        self.used = self.used.saturating_sub(COST + slot.heap);
        self.sampling.forget(slot.sampled);
        let key = slot.key;
        self.places.remove(&key);
        self.free.push(place);
        if self.last.is_some_and(|(_, last)| last == place) {
            self.last = None;
        }
        conversation.finish(self.sampling.settings());
        over.over(&conversation);
    }

    fn append(&mut self, place: u32, line: usize) {
        let Some(known) = self.lines.get_mut(line) else { return };
        let last = std::mem::replace(&mut known.last, place);
        if last == NOBODY {
            known.first = place;
        }
        if let Some(slot) = self.slots.get_mut(place as usize) {
            (slot.line, slot.previous, slot.next) = (line, last, NOBODY);
        }
        if let Some(before) = self.slots.get_mut(last as usize) {
            before.next = place;
        }
    }

    fn unlink(&mut self, place: u32) {
        let Some(slot) = self.slots.get(place as usize) else { return };
        let (line, previous, next) = (slot.line, slot.previous, slot.next);
        match self.slots.get_mut(previous as usize) {
            Some(before) => before.next = next,
            None => {
                if let Some(line) = self.lines.get_mut(line) {
                    line.first = next;
                }
            }
        }
        match self.slots.get_mut(next as usize) {
            Some(after) => after.previous = previous,
            None => {
                if let Some(line) = self.lines.get_mut(line) {
                    line.last = previous;
                }
            }
        }
    }
}

/// Bytes that one conversation takes at least.
const COST: usize = size_of::<Conversation>() + size_of::<Slot>() + INDEX_BYTES + 32;

fn conversation(slots: &mut [Slot], place: u32) -> Option<&mut Conversation> {
    slots.get_mut(place as usize)?.conversation.as_deref_mut()
}
