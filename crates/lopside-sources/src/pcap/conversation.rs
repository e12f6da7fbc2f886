//! One conversation while it is watched: what each end sent, at each layer.

use lopside_model::bytes;
use lopside_payload::Settings;

use super::content::{Ends, Found, Looking, Part, Watch};
use super::sequence::{Added, Sequence};
use super::transport::{Datagram, Flags, Segment};

const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMP_SIX: u8 = 58;

/// One conversation. Its first end is the one that sent the first packet seen.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) protocol: u8,
    /// Address and port of each end.
    pub(super) ends: [(u128, u16); 2],
    /// Time of the earliest and of the latest packet, microseconds.
    pub(super) start: i64,
    pub(super) end: i64,
    /// Number of the first packet.
    pub(super) first: u64,
    /// Number of this conversation in its capture.
    pub(super) number: u64,
    /// Number of the conversation that is the tunnel of this one.
    pub(super) tunnel: Option<u64>,
    pub(super) sides: [Side; 2],
    /// Which end asked, where something shows it.
    pub(super) opener: Option<Opener>,
    pub(super) looking: Looking,
    pub(super) found: Found,
}

/// Who opened a conversation, and whether the opening itself was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opener {
    /// The end.
    pub(super) end: usize,
    /// Whether the opening was seen, rather than guessed from what came after.
    pub(super) seen: bool,
}

/// What one end sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    pub(super) packets: u64,
    /// Bytes of IP packets, headers included.
    pub(super) ip_bytes: u64,
    /// Bytes of frames on the wire, by the container's word where it can be believed.
    pub(super) frame_bytes: u64,
    /// Bytes of content in datagrams.
    pub(super) datagram_bytes: u64,
    /// Bytes of datagrams that never became whole.
    pub(super) lost_bytes: u64,
    /// Bytes of content in TCP.
    pub(super) sequence: Option<Sequence>,
    /// What the other end acknowledged of it.
    pub(super) acknowledged: Option<Acknowledged>,
    /// The sequence number of its opening.
    pub(super) opened: Option<u32>,
    /// Whether the other end agreed to its opening.
    pub(super) agreed: bool,
    pub(super) finished: bool,
    pub(super) reset: bool,
    /// Packets that do more than reset.
    pub(super) spoke: bool,
}

impl Side {
    /// What it came to below the payload.
    pub(super) fn weight(&self) -> bytes::Weight {
        bytes::Weight {
            packets: Some(self.packets),
            ip_bytes: Some(self.ip_bytes),
            frame_bytes: Some(self.frame_bytes),
        }
    }
}

/// What was acknowledged of a direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acknowledged {
    /// The first acknowledgement that was seen: what stands before it was sent before.
    pub(super) first: u32,
    /// The furthest.
    pub(super) last: u32,
    /// Bytes between the two.
    pub(super) span: u64,
}

/// How much a packet weighs beside its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight {
    pub(super) packets: u32,
    pub(super) ip: u32,
    pub(super) frame: u32,
}

impl Conversation {
    /// Which end an address and port are.
    pub(super) fn end_of(&self, address: u128, port: u16) -> usize {
        let [(first, first_port), _] = self.ends;
        usize::from(!(first == address && first_port == port))
    }

    /// Whether a segment opens another conversation between the same ends.
    pub(super) fn is_over(&self, from: usize, segment: &Segment<'_>) -> bool {
        let Some(side) = self.sides.get(from) else { return false };
        match side.opened {
            // The same opening again is a repetition.
            Some(known) => segment.flags.syn && known != segment.sequence,
            // An answer, or both opening at once, belongs to this one; an opening after content does not.
            None => {
                segment.flags.syn
                    && !segment.flags.ack
                    && (self.sides.iter().any(|side| side.finished || side.reset)
                        || side.sequence.as_ref().is_some_and(|sequence| sequence.seen() > 0))
            }
        }
    }

    /// Whether nothing but late packets is to be expected.
    pub(super) fn is_closed(&self) -> bool {
        self.sides.iter().all(|side| side.finished) || self.sides.iter().any(|side| side.reset)
    }

    /// Whether nobody answered yet.
    pub(super) fn is_unanswered(&self) -> bool {
        self.sides.iter().any(|side| side.packets == 0)
    }

    /// Counts a packet of any kind.
    pub(super) fn weigh(&mut self, from: usize, weight: Weight, time: i64) {
        self.start = self.start.min(time);
        self.end = self.end.max(time);
        if let Some(side) = self.sides.get_mut(from) {
            side.packets += u64::from(weight.packets);
            side.ip_bytes += u64::from(weight.ip);
            side.frame_bytes += u64::from(weight.frame);
        }
    }

    /// Counts a datagram of which `lost` bytes are missing, and looks at it.
    pub(super) fn add_datagram(
        &mut self,
        from: usize,
        datagram: &Datagram<'_>,
        lost: u32,
        watch: &mut Watch<'_>,
    ) {
        let message = matches!(self.protocol, ICMP | ICMP_SIX) && watch.settings.is_some();
        if (self.protocol == UDP || message) && !matches!(self.looking, Looking::Over) {
            self.looking.datagram(from, datagram.content, datagram.length, !message, watch);
            let known = self.known();
            self.looking.settle(&mut self.found, watch.settings, known, false);
        }
        if let Some(side) = self.sides.get_mut(from) {
            side.datagram_bytes += u64::from(datagram.length.saturating_sub(lost));
            side.lost_bytes += u64::from(lost);
            side.spoke = true;
        }
    }

    /// Counts a segment, and looks at its content.
    pub(super) fn add_segment(&mut self, from: usize, segment: &Segment<'_>, watch: &mut Watch<'_>) {
        let Flags { syn, ack, fin, rst } = segment.flags;
        if syn && self.opener.is_none_or(|opener| !opener.seen) {
            self.opener = Some(Opener { end: if ack { 1 - from } else { from }, seen: true });
        }
        let [one, other] = &mut self.sides;
        let (side, peer) = if from == 0 { (one, other) } else { (other, one) };
        if rst {
            // What a reset carries is a word of diagnosis (RFC 9293), no content: it has no sequence numbers.
            side.reset = true;
            return;
        }
        side.spoke = true;
        side.finished |= fin;
        if ack {
            peer.acknowledge(segment.acknowledged);
        }
        let Added { offset, .. } = side.add(segment);
        if !matches!(self.looking, Looking::Over) {
            let acknowledged =
                peer.sequence.as_ref().filter(|_| ack).map(|sent| sent.offset(segment.acknowledged));
            self.look(from, segment, offset, acknowledged, watch);
        }
    }

    /// Ends the looking, and says what is known.
    pub(super) fn finish(&mut self, settings: Option<&Settings>) {
        let known = self.known();
        self.looking.settle(&mut self.found, settings, known, true);
    }

    /// Judges what was sampled so far, and frees its memory.
    pub(super) fn stop_sampling(&mut self, settings: Option<&Settings>) {
        let known = self.known();
        self.looking.stop_sampling(&mut self.found, settings, known);
    }

    /// Bytes of memory beside the structure itself.
    pub(super) fn heap(&self) -> usize {
        let sequences: usize =
            self.sides.iter().filter_map(|side| side.sequence.as_ref()).map(Sequence::heap).sum();
        sequences
            + self.looking.heap()
            + self.found.name.as_ref().map_or(0, |name| 64 + name.1.len())
            + self.found.payload.as_ref().map_or(0, |_| 512)
    }

    fn look(
        &mut self,
        from: usize,
        segment: &Segment<'_>,
        offset: i64,
        acknowledged: Option<i64>,
        watch: &mut Watch<'_>,
    ) {
        if let Some(acknowledged) = acknowledged {
            self.looking.acknowledged(1 - from, acknowledged, watch);
        }
        let opened = [0, 1].map(|end: usize| self.sides.get(end).is_some_and(|side| side.opened.is_some()));
        let part = Part { offset, length: segment.length, bytes: segment.content };
        self.looking.segment(from, opened, part, watch);
        let known = self.known();
        self.looking.settle(&mut self.found, watch.settings, known, false);
    }

    fn known(&self) -> Ends {
        Ends { protocol: self.protocol, ports: self.ends.map(|(_, port)| port) }
    }
}

impl Side {
    fn add(&mut self, segment: &Segment<'_>) -> Added {
        let mut first = segment.sequence;
        if segment.flags.syn {
            first = first.wrapping_add(1);
            if self.opened.is_none() {
                self.opened = Some(segment.sequence);
                self.sequence.get_or_insert_with(|| Sequence::opened(first));
            }
        }
        let floor = self.acknowledged.map(|acknowledged| acknowledged.first);
        let sequence = self.sequence.get_or_insert_with(|| match floor {
            // What was acknowledged before the first of it was seen had been sent before the capture began.
            Some(floor) if (floor.wrapping_sub(first) as i32) > 0 => Sequence::opened(floor),
            _ => Sequence::joined(first),
        });
        sequence.add(first, segment.length)
    }

    fn acknowledge(&mut self, number: u32) {
        match &mut self.acknowledged {
            Some(known) => {
                let step = number.wrapping_sub(known.last);
                if step < 1 << 30 {
                    known.last = number;
                    known.span += u64::from(step);
                }
            }
            None => self.acknowledged = Some(Acknowledged { first: number, last: number, span: 0 }),
        }
        self.agreed = true;
    }
}
