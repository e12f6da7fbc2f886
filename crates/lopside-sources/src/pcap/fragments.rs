//! Fragments of IP packets, put together again.

use std::collections::{BTreeMap, VecDeque};

use lopside_model::time::SECOND;

use super::ip::{Fragment, Packet};

/// Packets whose fragments are waited for, bytes of their content that are held, and for how long.
const MOST_WAITING: usize = 1_024;
const MOST_BYTES: usize = 8 << 20;
const PATIENCE: i64 = 30 * SECOND;
/// Fragments of a packet that is whole are repetitions for so long; then its number may come again.
const LINGER: i64 = SECOND;
/// Fragments of one packet.
const MOST_PIECES: usize = 512;
/// Bytes of the longest packet.
const LONGEST: u32 = 65_535;

/// What all fragments of a packet share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    source: u128,
    destination: u128,
    identification: u32,
    protocol: u8,
}

/// A packet that was put together, as far as its fragments came.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) source: u128,
    pub(super) destination: u128,
    pub(super) protocol: u8,
    /// The content that was captured of it from its start on, without a gap.
    pub(super) content: Vec<u8>,
    /// How long it is.
    pub(super) length: u32,
    /// Bytes of it that never came.
    pub(super) lost: u32,
    /// Fragments of it, and bytes of their packets and frames.
    pub(super) packets: u32,
    pub(super) ip_bytes: u32,
    pub(super) frame_bytes: u32,
}

#[derive(Debug)]
struct Waiting {
    first_seen: i64,
    pieces: Vec<Piece>,
    /// Where the packet ends, once the last fragment came.
    length: Option<u32>,
    packets: u32,
    ip_bytes: u32,
    frame_bytes: u32,
    held: usize,
    turn: u64,
    /// It was whole, at this time, and is kept to know repetitions by.
    whole: Option<i64>,
}

#[derive(Debug)]
struct Piece {
    offset: u32,
    length: u32,
    content: Vec<u8>,
}

/// The packets whose fragments are waited for.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    waiting: BTreeMap<Key, Waiting>,
    /// In order of their first fragment; one that is done leaves its turn behind.
    turns: VecDeque<(u64, Key)>,
    turn: u64,
    held: usize,
}

impl Fragments {
    /// Adds a fragment; gives the packet when it is whole, and those before it that are waited for no longer.
    pub(super) fn add(
        &mut self,
        packet: &Packet<'_>,
        fragment: Fragment,
        frame_bytes: u32,
        time: i64,
        done: &mut impl FnMut(&Whole),
    ) {
        self.give_up(time, done);
        let key = Key {
            source: packet.source,
            destination: packet.destination,
            identification: fragment.identification,
            protocol: if fragment.offset == 0 { packet.protocol } else { self.protocol_of(packet, fragment) },
        };
        match self.waiting.get(&key).map(|waiting| waiting.whole) {
            Some(Some(whole)) if time.saturating_sub(whole).abs() <= LINGER => return,
            Some(None) => {}
            Some(Some(_)) | None => {
                self.turn += 1;
                self.turns.push_back((self.turn, key));
                self.waiting.insert(key, Waiting::new(time, self.turn));
            }
        }
        let Some(waiting) = self.waiting.get_mut(&key) else { return };
        self.held += waiting.add(packet, fragment, frame_bytes);
        if waiting.is_whole() {
            self.held -= waiting.held;
            let mark = Waiting { whole: Some(time), ..Waiting::new(time, waiting.turn) };
            done(&std::mem::replace(waiting, mark).into_whole(&key));
        }
        while self.waiting.len() > MOST_WAITING || self.held > MOST_BYTES {
            if !self.give_up_oldest(done) {
                break;
            }
        }
    }

    /// Gives all that is left.
    pub(super) fn finish(&mut self, done: &mut impl FnMut(&Whole)) {
        while self.give_up_oldest(done) {}
    }

    /// In IPv6 only the first fragment tells the protocol of the content for sure: the others are its companions.
    fn protocol_of(&self, packet: &Packet<'_>, fragment: Fragment) -> u8 {
        let low = Key {
            source: packet.source,
            destination: packet.destination,
            identification: fragment.identification,
            protocol: 0,
        };
        let high = Key { protocol: u8::MAX, ..low };
        self.waiting.range(low..=high).next().map_or(packet.protocol, |(key, _)| key.protocol)
    }

    fn give_up(&mut self, time: i64, done: &mut impl FnMut(&Whole)) {
        while let Some((turn, key)) = self.turns.front().copied() {
            match self.waiting.get(&key).filter(|waiting| waiting.turn == turn) {
                Some(waiting) if time.saturating_sub(waiting.first_seen).abs() <= PATIENCE => return,
                Some(_) => {
                    self.give_up_oldest(done);
                }
                None => {
                    self.turns.pop_front();
                }
            }
        }
    }

    /// False where none is left.
    fn give_up_oldest(&mut self, done: &mut impl FnMut(&Whole)) -> bool {
        while let Some((turn, key)) = self.turns.pop_front() {
            if self.waiting.get(&key).is_some_and(|waiting| waiting.turn == turn)
                && let Some(waiting) = self.waiting.remove(&key)
            {
                self.held -= waiting.held;
                if waiting.whole.is_none() {
                    done(&waiting.into_whole(&key));
                }
                return true;
            }
        }
        false
    }
}

impl Waiting {
    fn new(time: i64, turn: u64) -> Waiting {
        Waiting {
            first_seen: time,
            pieces: Vec::new(),
            length: None,
            packets: 0,
            ip_bytes: 0,
            frame_bytes: 0,
            held: 0,
            turn,
            whole: None,
        }
    }

    /// Adds a fragment; how many bytes of memory it takes.
    fn add(&mut self, packet: &Packet<'_>, fragment: Fragment, frame_bytes: u32) -> usize {
        self.packets += 1;
        self.ip_bytes = self.ip_bytes.saturating_add(packet.total);
        self.frame_bytes = self.frame_bytes.saturating_add(frame_bytes);
        let end = fragment.offset.saturating_add(packet.length);
        if end > LONGEST || self.pieces.len() >= MOST_PIECES {
            return 0;
        }
        if !fragment.more {
            // Where two fragments end the packet, the first one counts.
            self.length.get_or_insert(end);
        }
        let at = self.pieces.partition_point(|piece| piece.offset <= fragment.offset);
        let piece =
            Piece { offset: fragment.offset, length: packet.length, content: packet.content.to_vec() };
        let held = size_of::<Piece>() + piece.content.len();
        self.pieces.insert(at, piece);
        self.held += held;
        held
    }

    /// Bytes from the start that came without a gap.
    fn together(&self) -> u32 {
        self.pieces.iter().fold(0, |end, piece| {
            if piece.offset <= end { end.max(piece.offset + piece.length) } else { end }
        })
    }

    fn is_whole(&self) -> bool {
        self.length.is_some_and(|length| self.together() >= length)
    }

    fn into_whole(self, key: &Key) -> Whole {
        let far = self.pieces.iter().map(|piece| piece.offset + piece.length).max().unwrap_or(0);
        let length = self.length.unwrap_or(far);
        let mut content: Vec<u8> = Vec::new();
        let (mut end, mut came) = (0_u32, 0_u32);
        for piece in &self.pieces {
            let known = piece.offset.max(end).min(length);
            let piece_end = (piece.offset + piece.length).min(length);
            came += piece_end.saturating_sub(known);
            end = end.max(piece_end);
            // The first to come is kept where fragments overlap.
            if piece.offset as usize <= content.len() {
                let from = content.len() - piece.offset as usize;
                content.extend_from_slice(piece.content.get(from..).unwrap_or_default());
            }
        }
        content.truncate(length as usize);
        Whole {
            source: key.source,
            destination: key.destination,
            protocol: key.protocol,
            content,
            length,
            lost: length - came.min(length),
            packets: self.packets,
            ip_bytes: self.ip_bytes,
            frame_bytes: self.frame_bytes,
        }
    }
}
