//! What a family or a control is asked for, and what it gives: the messages of one conversation.
//!
//! Everything that must not tell junk from a control (how many messages, how large, which side, which host) is drawn
//! before it is known which of the two will be made, and is asked for in the [`Order`].

use crate::chance::Chance;

/// What carries a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Carrier {
    /// Requests and responses of HTTP/1.1.
    Http,
    /// Another protocol over TCP, or none.
    Tcp,
    /// Datagrams.
    Udp,
    /// Queries and answers of DNS over UDP.
    Dns,
}

impl Carrier {
    /// The word in the truth.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Dns => "dns",
        }
    }

    /// Whether packets are TCP segments.
    pub(crate) fn over_tcp(self) -> bool {
        matches!(self, Self::Http | Self::Tcp)
    }
}

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The initiator.
    Out,
    /// The other one.
    In,
}

/// Which side sends what matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bulk {
    /// The initiator.
    Out,
    /// The other one.
    In,
    /// Both, in turns.
    Both,
}

/// One message: what an application hands to its socket at once.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Who sends it.
    pub(crate) side: Side,
    /// Its content; never empty.
    pub(crate) bytes: Vec<u8>,
    /// How many of its bytes are junk.
    pub(crate) junk: usize,
}

/// What was made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Talk {
    /// The messages in order.
    pub(crate) messages: Vec<Message>,
    /// Which variant of the family or control, in a word or two.
    pub(crate) variant: String,
    /// Whether anybody could tell from the content that it is junk, or that it is not.
    pub(crate) undecidable: bool,
    /// Verdicts that are right here, where they differ from those of the family or control.
    pub(crate) expected: Option<&'static [&'static str]>,
}

impl Talk {
    /// The initiator sends.
    pub(crate) fn out(&mut self, bytes: Vec<u8>) {
        self.say(Side::Out, bytes, 0);
    }

    /// The other side sends.
    pub(crate) fn back(&mut self, bytes: Vec<u8>) {
        self.say(Side::In, bytes, 0);
    }

    /// One side sends bytes, of which some are junk.
    pub(crate) fn say(&mut self, side: Side, bytes: Vec<u8>, junk: usize) {
        if !bytes.is_empty() {
            self.messages.push(Message { side, junk: junk.min(bytes.len()), bytes });
        }
    }

    /// Turns all messages around where the other side spoke first: over UDP, who speaks first is the initiator.
    pub(crate) fn initiator_first(&mut self) {
        if self.messages.first().is_some_and(|message| message.side == Side::In) {
            for message in &mut self.messages {
                message.side = if message.side == Side::In { Side::Out } else { Side::In };
            }
        }
    }

    /// Adds to the variant's name.
    pub(crate) fn mark(&mut self, word: &str) {
        if !self.variant.is_empty() {
            self.variant.push(' ');
        }
        self.variant.push_str(word);
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// Where everything else is drawn from.
    pub(crate) chance: Chance,
    /// Exchanges, roughly: messages of the side that matters.
    pub(crate) messages: usize,
    /// The median of what a message holds, in bytes.
    pub(crate) median: f64,
    /// The deviation of its logarithm.
    pub(crate) spread: f64,
    /// The most that a message may hold.
    pub(crate) limit: usize,
    /// The share of a message that is junk, where there is junk.
    pub(crate) share: f64,
    /// Which side matters.
    pub(crate) bulk: Bulk,
    /// The server's name.
    pub(crate) host: String,
    /// Whether the harder parameters are asked for.
    pub(crate) hard: bool,
}

impl Order {
    /// The size of the next message.
    pub(crate) fn size(&mut self) -> usize {
        let size = self.chance.spread(self.median, self.spread);
        (size as usize).clamp(24, self.limit)
    }

    /// The size of the next message, as what means something and what does not.
    pub(crate) fn split(&mut self) -> (usize, usize) {
        let size = self.size() as f64;
        let share = (self.share * self.chance.real(0.8, 1.2)).clamp(0.005, 0.97);
        let junk = (size * share).max(4.0);
        ((size - junk).max(12.0) as usize, junk as usize)
    }

    /// The mean number of junk bytes in a message.
    pub(crate) fn junk_median(&self) -> f64 {
        (self.median * self.share).clamp(6.0, self.limit as f64 * 0.9)
    }

    /// Who sends what matters in exchange `number`.
    pub(crate) fn sender(&self, number: usize) -> Side {
        match self.bulk {
            Bulk::Out => Side::Out,
            Bulk::In => Side::In,
            Bulk::Both if number.is_multiple_of(2) => Side::Out,
            Bulk::Both => Side::In,
        }
    }
}
