//! The content of a conversation while somebody looks at it.

use lopside_model::record::NameSource;

use super::names::Probe;
use super::names::dns::Answer;
use super::stream::{InOrder, Piece};

/// Whether the content of a conversation is looked at.
#[derive(Debug, Default)]
pub(super) enum Looking {
    /// None has come yet.
    #[default]
    NotYet,
    /// It is.
    Now(Box<Content>),
    /// All that is wanted is known: content passes by.
    Over,
}

/// What content told.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// The protocol.
    pub(super) service: Option<&'static str>,
    /// The name of the destination.
    pub(super) name: Option<Box<(NameSource, String)>>,
    /// The end that asked.
    pub(super) client: Option<usize>,
    /// Whether enough was looked at to say that it is of no known protocol.
    pub(super) looked_at: bool,
}

/// The content of both directions.
#[derive(Debug, Default)]
pub(super) struct Content {
    probe: Probe,
    order: [InOrder; 2],
}

/// A segment of a stream: where it stands, and how much of it was captured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) offset: i64,
    pub(super) length: u32,
    pub(super) bytes: &'a [u8],
}

impl Looking {
    /// A segment from one end. `opened` tells of each end whether its start was seen.
    pub(super) fn segment(
        &mut self,
        from: usize,
        opened: [bool; 2],
        part: Part<'_>,
        answers: &mut dyn FnMut(&Answer),
    ) {
        if part.length == 0 {
            return;
        }
        let Some(content) = self.content(opened) else { return };
        let Content { probe, order } = content;
        if let Some(order) = order.get_mut(from) {
            order.add(part.offset, part.length, part.bytes, &mut |piece| take(probe, from, piece, answers));
        }
    }

    /// The other end has all that one end sent before this offset.
    pub(super) fn acknowledged(&mut self, from: usize, offset: i64, answers: &mut dyn FnMut(&Answer)) {
        let Looking::Now(content) = self else { return };
        let Content { probe, order } = content.as_mut();
        if let Some(order) = order.get_mut(from) {
            order.acknowledged(offset, &mut |piece| take(probe, from, piece, answers));
        }
    }

    /// A datagram from one end.
    pub(super) fn datagram(&mut self, from: usize, bytes: &[u8], answers: &mut dyn FnMut(&Answer)) {
        if let Some(content) = self.content([false; 2]) {
            content.probe.datagram(from, bytes, answers);
        }
    }

    /// Ends what is over, and says what was found.
    pub(super) fn settle(&mut self, found: &mut Found, finish: bool) {
        let Looking::Now(content) = self else { return };
        if finish {
            content.probe.finish();
        }
        if content.probe.is_done() {
            found.service = content.probe.service;
            found.name = content.probe.name.take().map(Box::new);
            found.client = content.probe.client;
            found.looked_at = content.probe.has_looked();
            *self = Looking::Over;
        }
    }

    /// Bytes of memory beside the structure itself.
    pub(super) fn heap(&self) -> usize {
        let Looking::Now(content) = self else { return 0 };
        size_of::<Content>() + content.probe.heap() + content.order.iter().map(InOrder::heap).sum::<usize>()
    }

    fn content(&mut self, opened: [bool; 2]) -> Option<&mut Content> {
        if matches!(self, Looking::NotYet) {
            let order =
                opened.map(|opened| if opened { InOrder::starting_at(0) } else { InOrder::default() });
            *self = Looking::Now(Box::new(Content { order, ..Content::default() }));
        }
        match self {
            Looking::Now(content) => Some(content),
            Looking::NotYet | Looking::Over => None,
        }
    }
}

fn take(probe: &mut Probe, from: usize, piece: Piece<'_>, answers: &mut dyn FnMut(&Answer)) {
    match piece {
        Piece::Bytes(bytes) => probe.stream(from, bytes, answers),
        Piece::Gap(_) => probe.gap(),
    }
}
