//! The content of a conversation while somebody looks at it: the probe for names, and the sampler for the profile.

use lopside_model::Protocol;
use lopside_model::payload::Payload;
use lopside_model::record::NameSource;
use lopside_payload::{Context, Direction, Sampler, Settings};

use super::names::Probe;
use super::names::dns::Answer;
use super::stream::{InOrder, Piece};

/// Protocols whose content is encrypted by design: a profile of it says nothing.
const ENCRYPTED: [&str; 4] = ["ssl", "quic", "ssh", "dtls"];

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
    /// The profile, with the first end as the one that sends.
    pub(super) payload: Option<Box<Payload>>,
}

/// The content of both directions.
#[derive(Debug, Default)]
pub(super) struct Content {
    probe: Probe,
    /// What the probe told went to what was found.
    probed: bool,
    order: [InOrder; 2],
    /// Of each end whether its start was seen, or has been said to be missing.
    started: [bool; 2],
    sampler: Option<Sampler>,
}

/// A segment of a stream: where it stands, and how much of it was captured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) offset: i64,
    pub(super) length: u32,
    pub(super) bytes: &'a [u8],
}

/// Who looks at a packet's content, and when it was captured.
pub(super) struct Watch<'a> {
    /// How content is sampled, where it is.
    pub(super) settings: Option<&'a Settings>,
    /// Microseconds.
    pub(super) time: i64,
    /// Takes answers of the domain name system.
    pub(super) answers: &'a mut dyn FnMut(&Answer),
}

/// What is known of a conversation when its content is judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) protocol: u8,
    /// Port of each end.
    pub(super) ports: [u16; 2],
}

impl Looking {
    /// A segment from one end. `opened` tells of each end whether its start was seen.
    pub(super) fn segment(&mut self, from: usize, opened: [bool; 2], part: Part<'_>, watch: &mut Watch<'_>) {
        if part.length == 0 {
            return;
        }
        let Some(content) = self.content(opened, watch) else { return };
        let Content { probe, order, sampler, started, .. } = content;
        let (Some(order), Some(started)) = (order.get_mut(from), started.get_mut(from)) else { return };
        if let Some(sampler) = sampler
            && !std::mem::replace(started, true)
        {
            sampler.gap(direction(from), 0);
        }
        order
            .add(part.offset, part.length, part.bytes, &mut |piece| take(probe, sampler, from, piece, watch));
    }

    /// The other end has all that one end sent before this offset.
    pub(super) fn acknowledged(&mut self, from: usize, offset: i64, watch: &mut Watch<'_>) {
        let Looking::Now(content) = self else { return };
        let Content { probe, order, sampler, .. } = content.as_mut();
        if let Some(order) = order.get_mut(from) {
            order.acknowledged(offset, &mut |piece| take(probe, sampler, from, piece, watch));
        }
    }

    /// A datagram of so many bytes from one end; `named` where it may be of a protocol that has a name in it.
    pub(super) fn datagram(
        &mut self,
        from: usize,
        bytes: &[u8],
        length: u32,
        named: bool,
        watch: &mut Watch<'_>,
    ) {
        let Some(content) = self.content([true; 2], watch) else { return };
        if !named {
            content.probe.finish();
        }
        if !content.probe.is_done() {
            content.probe.datagram(from, bytes, watch.answers);
        }
        if let (Some(sampler), Some(settings)) = (&mut content.sampler, watch.settings) {
            sampler.datagram(settings, direction(from), watch.time, bytes, length as usize);
        }
    }

    /// Ends what is over, and says what was found. With `finish` everything is.
    pub(super) fn settle(
        &mut self,
        found: &mut Found,
        settings: Option<&Settings>,
        ends: Ends,
        finish: bool,
    ) {
        let Looking::Now(content) = self else { return };
        if finish {
            content.probe.finish();
        }
        if content.probe.is_done() && !content.probed {
            content.probed = true;
            found.service = content.probe.service;
            found.name = content.probe.name.take().map(Box::new);
            found.client = content.probe.client;
            found.looked_at = content.probe.has_looked();
        }
        let encrypted = content.probed && found.service.is_some_and(|service| ENCRYPTED.contains(&service));
        if content.probed && (finish || encrypted || content.sampler.is_none()) {
            found.payload = content.judge(settings, ends, found.service);
            *self = Looking::Over;
        }
    }

    /// Judges what was sampled so far and samples no more.
    pub(super) fn stop_sampling(&mut self, found: &mut Found, settings: Option<&Settings>, ends: Ends) {
        if let Looking::Now(content) = self {
            let service = content.probe.service;
            found.payload = content.judge(settings, ends, service);
        }
    }

    /// Bytes of memory beside the structure itself, without the sample.
    pub(super) fn heap(&self) -> usize {
        let Looking::Now(content) = self else { return 0 };
        size_of::<Content>() + content.probe.heap() + content.order.iter().map(InOrder::heap).sum::<usize>()
    }

    /// Bytes of memory of the sample.
    pub(super) fn sampled(&self) -> usize {
        let Looking::Now(content) = self else { return 0 };
        content.sampler.as_ref().map_or(0, Sampler::memory)
    }

    fn content(&mut self, opened: [bool; 2], watch: &Watch<'_>) -> Option<&mut Content> {
        if matches!(self, Looking::NotYet) {
            let order =
                opened.map(|opened| if opened { InOrder::starting_at(0) } else { InOrder::default() });
            let sampler = watch.settings.map(|_| Sampler::new());
            *self = Looking::Now(Box::new(Content { order, sampler, started: opened, ..Content::default() }));
        }
        match self {
            Looking::Now(content) => Some(content),
            Looking::NotYet | Looking::Over => None,
        }
    }
}

impl Content {
    fn judge(
        &mut self,
        settings: Option<&Settings>,
        ends: Ends,
        service: Option<&str>,
    ) -> Option<Box<Payload>> {
        let [source_port, destination_port] = ends.ports;
        let context = Context { transport: Protocol(ends.protocol), source_port, destination_port, service };
        self.sampler.take()?.finish(settings?, &context).map(Box::new)
    }
}

fn direction(from: usize) -> Direction {
    if from == 0 { Direction::Out } else { Direction::In }
}

fn take(
    probe: &mut Probe,
    sampler: &mut Option<Sampler>,
    from: usize,
    piece: Piece<'_>,
    watch: &mut Watch<'_>,
) {
    match piece {
        Piece::Bytes(bytes) => {
            if !probe.is_done() {
                probe.stream(from, bytes, watch.answers);
            }
            if let (Some(sampler), Some(settings)) = (sampler, watch.settings) {
                sampler.push(settings, direction(from), watch.time, bytes);
            }
        }
        Piece::Gap(missing) => {
            probe.gap();
            if let Some(sampler) = sampler {
                sampler.gap(direction(from), missing);
            }
        }
    }
}
