//! What was kept of a conversation.

use std::borrow::Cow;

/// Both directions of a conversation.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    pub(crate) out: Side,
    pub(crate) back: Side,
}

/// One direction.
#[derive(Debug, Default)]
pub(crate) struct Side {
    /// The messages of which content was kept, in order.
    pub(crate) messages: Vec<Message>,
    /// Sizes of messages, from the first on; those cut by a gap are left out.
    pub(crate) sizes: Vec<u32>,
    /// How many messages there were.
    pub(crate) count: u64,
    /// Bytes sent, those not captured included.
    pub(crate) bytes: u64,
    /// Bytes not captured.
    pub(crate) missing: u64,
    /// The next message follows a hole.
    pub(crate) after_gap: bool,
}

/// One sampled message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// Its place among the messages of its direction.
    pub(crate) index: u64,
    /// Its place among the messages of both directions.
    pub(crate) turn: u32,
    /// Its whole length.
    pub(crate) length: u64,
    /// Its first bytes.
    pub(crate) head: Vec<u8>,
    /// What follows the head, or the last bytes of it: see [`Message::tail`].
    pub(crate) rest: Vec<u8>,
    /// Bytes after the head that were seen.
    pub(crate) rest_seen: u64,
    /// It came as a datagram.
    pub(crate) datagram: bool,
    /// Something before it was not captured: its start may lie in the hole.
    pub(crate) cut_start: bool,
    /// Its end was not captured.
    pub(crate) cut_end: bool,
}

impl Message {
    /// Bytes of memory its content takes.
    pub(crate) fn held(&self) -> usize {
        self.head.len() + self.rest.len()
    }

    /// Takes more of the message: up to `head` bytes at its start and the last `tail` bytes.
    pub(crate) fn append(&mut self, bytes: &[u8], head: usize, tail: usize) {
        let into_head =
            if self.rest_seen == 0 { head.saturating_sub(self.head.len()).min(bytes.len()) } else { 0 };
        let (first, more) = bytes.split_at(into_head);
        self.head.extend_from_slice(first);
        if more.is_empty() {
            return;
        }
        self.rest_seen += more.len() as u64;
        let last = more.get(more.len().saturating_sub(tail)..).unwrap_or(more);
        if self.rest.len() + last.len() > 2 * tail {
            let keep = tail.saturating_sub(last.len()).min(self.rest.len());
            self.rest.drain(..self.rest.len() - keep);
        }
        self.rest.extend_from_slice(last);
    }

    /// The last bytes of a message that is longer than its head; `limit` is the one it was taken with.
    pub(crate) fn tail(&self, limit: usize) -> &[u8] {
        self.rest.get(self.rest.len().saturating_sub(limit)..).unwrap_or_default()
    }

    /// Whether every byte of it is there.
    pub(crate) fn complete(&self) -> bool {
        !self.cut_end && self.rest_seen == self.rest.len() as u64
    }

    /// All of it where it is complete, else its head.
    pub(crate) fn bytes(&self) -> Cow<'_, [u8]> {
        if self.rest.is_empty() || !self.complete() {
            Cow::Borrowed(&self.head)
        } else {
            Cow::Owned([self.head.as_slice(), self.rest.as_slice()].concat())
        }
    }
}
