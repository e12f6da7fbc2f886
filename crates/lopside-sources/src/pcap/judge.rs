//! What the counts of one end of a conversation are worth.

use lopside_model::bytes::{Bytes, Quality};

use super::conversation::{Conversation, Side};

const TCP: u8 = 6;

/// The counts of a conversation, by its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    pub(super) bytes: [Bytes; 2],
    /// Bytes that are known to be missing.
    pub(super) missed: u64,
    /// Why an end is not measured.
    pub(super) why: Option<&'static str>,
}

/// Judges a conversation that is over.
pub(super) fn judge(conversation: &Conversation) -> Judged {
    let [one, other] = &conversation.sides;
    let missed = [missed(one), missed(other)];
    let bytes = if conversation.protocol == TCP {
        [stream(one, other, missed[0]), stream(other, one, missed[1])]
    } else {
        [datagrams(one), datagrams(other)]
    };
    let unmeasured = bytes.iter().any(|bytes| !bytes.quality.measured());
    Judged {
        bytes,
        missed: missed.iter().sum(),
        why: unmeasured.then_some("the capture holds one direction only"),
    }
}

/// What one end sent over TCP.
fn stream(side: &Side, peer: &Side, missed: u64) -> Bytes {
    let seen = side.sequence.as_ref().map_or(0, |sequence| sequence.seen());
    if side.packets == 0 {
        let span = side.acknowledged.map_or(0, |acknowledged| acknowledged.span);
        // Nothing but openings and resets: nobody was there to answer.
        let spoke = peer.acknowledged.is_some() || side.agreed || peer.finished;
        let sent = peer.sequence.as_ref().is_some_and(|sequence| sequence.seen() > 0);
        return match (span, spoke || sent) {
            (0, false) => Bytes::new(Some(0), Quality::Exact),
            (0, true) => Bytes::UNMEASURED,
            (span, _) => Bytes::new(Some(span), Quality::SequenceOnly),
        };
    }
    match (missed, seen) {
        (0, _) => Bytes::new(Some(seen), Quality::Exact),
        (missed, 0) => Bytes::new(Some(missed), Quality::SequenceOnly),
        _ => Bytes::new(Some(seen), Quality::LowerBound),
    }
}

fn datagrams(side: &Side) -> Bytes {
    let quality = if side.lost_bytes > 0 { Quality::LowerBound } else { Quality::Exact };
    Bytes::new(Some(side.datagram_bytes), quality)
}

fn missed(side: &Side) -> u64 {
    let last = side.acknowledged.map(|acknowledged| acknowledged.last);
    side.sequence.as_ref().map_or(0, |sequence| sequence.missed(last)) + side.lost_bytes
}

/// The state in the words of Zeek, which are those that analysts know. `opener` is the end that opened.
pub(super) fn state(conversation: &Conversation, opener: usize) -> Option<&'static str> {
    if conversation.protocol != TCP {
        return None;
    }
    let (source, destination) = match (&conversation.sides, opener) {
        ([one, other], 0) => (one, other),
        ([one, other], _) => (other, one),
    };
    let established = source.opened.is_some() && destination.opened.is_some();
    Some(match () {
        () if source.opened.is_none() && destination.opened.is_none() => "OTH",
        () if source.opened.is_some() && destination.reset && !destination.spoke => "REJ",
        () if established && source.reset => "RSTO",
        () if established && destination.reset => "RSTR",
        () if established && source.finished && destination.finished => "SF",
        () if established && source.finished => "S2",
        () if established && destination.finished => "S3",
        () if established => "S1",
        () if source.opened.is_some() && source.reset => "RSTOS0",
        () if source.opened.is_some() && source.finished => "SH",
        () if source.opened.is_some() => "S0",
        () if destination.reset => "RSTRH",
        () => "SHR",
    })
}
