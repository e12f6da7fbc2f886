//! Protocols whose messages say themselves where they end: by a length, by a count, by the grammar of what they hold.
//!
//! Each reader is given bytes that may start a message and answers how far it goes; `None` where they are no message of its protocol. A
//! message may be cut, so that its end lies behind the bytes that are there; all that is there has to fit. Readers are kept strict: what
//! they take for a message decides what counts as a stranger behind it.

mod asn1;
mod brokers;
mod databases;
mod industrial;
mod media;
mod networks;
mod packed;
mod texts;
mod windows;

use std::ops::Range;

pub(crate) use packed::fields_of;

/// How far a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Bytes inside the message that belong to nothing that it holds; empty where it holds what it says.
    pub(crate) hole: Range<usize>,
    /// Where the next message may begin.
    pub(crate) end: usize,
}

impl Extent {
    /// A message that is full.
    fn to(end: usize) -> Extent {
        Extent { hole: end..end, end }
    }

    /// A message whose content ends, by its own rules, before the message does.
    fn with_rest(content: usize, end: usize) -> Extent {
        Extent { hole: content..end, end }
    }
}

/// Where the messages of a protocol are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// In datagrams.
    Datagrams,
    /// In streams.
    Streams,
    /// In both.
    Both,
    /// In both, in frames that others put around them, and in bodies.
    Anything,
    /// In streams that were upgraded from HTTP.
    Upgraded,
}

/// A protocol.
pub(crate) struct Protocol {
    pub(crate) name: &'static str,
    pub(crate) over: Over,
    /// It is a way to write values and no protocol: a sender may put ciphertext behind such a header and know its length from elsewhere.
    pub(crate) bare: bool,
    /// Both ends send such messages.
    pub(crate) mutual: bool,
    pub(crate) extent: fn(&[u8]) -> Option<Extent>,
}

const fn protocol(name: &'static str, over: Over, extent: fn(&[u8]) -> Option<Extent>) -> Protocol {
    Protocol { name, over, bare: false, mutual: false, extent }
}

const fn mutual(name: &'static str, over: Over, extent: fn(&[u8]) -> Option<Extent>) -> Protocol {
    Protocol { name, over, bare: false, mutual: true, extent }
}

const fn bare(name: &'static str, extent: fn(&[u8]) -> Option<Extent>) -> Protocol {
    Protocol { name, over: Over::Anything, bare: true, mutual: false, extent }
}

/// All that are known, those that prove most first.
pub(crate) fn all() -> impl Iterator<Item = &'static Protocol> {
    let families: [&[Protocol]; 9] = [
        networks::ALL,
        asn1::ALL,
        industrial::ALL,
        databases::ALL,
        brokers::ALL,
        windows::ALL,
        texts::ALL,
        media::ALL,
        packed::ALL,
    ];
    families.into_iter().flatten()
}

/// The name of a protocol and what makes a message of it.
#[cfg(test)]
type Sample = (&'static str, fn() -> Vec<u8>);

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::Chance;

    /// Whole messages, one or more of each protocol.
    pub(crate) fn samples() -> Vec<(&'static str, Vec<u8>)> {
        let families = [
            networks::tests::SAMPLES,
            asn1::tests::SAMPLES,
            industrial::tests::SAMPLES,
            databases::tests::SAMPLES,
            brokers::tests::SAMPLES,
            windows::tests::SAMPLES,
            texts::tests::SAMPLES,
            media::tests::SAMPLES,
            packed::tests::SAMPLES,
        ];
        families.into_iter().flatten().map(|(name, make)| (*name, make())).collect()
    }

    fn named(name: &str) -> &'static Protocol {
        all().find(|protocol| protocol.name == name).unwrap()
    }

    #[test]
    fn every_protocol_ends_its_message_where_it_ends() {
        let samples = samples();
        for protocol in all() {
            assert!(samples.iter().any(|(name, _)| *name == protocol.name), "{}", protocol.name);
        }
        for (name, message) in samples {
            let found = (named(name).extent)(&message);
            assert_eq!(found, Some(Extent::to(message.len())), "{name}");
            // What follows moves nothing: it begins with what begins no message.
            for tail in [&[0xFF, 0x97, 0xB3, 0xE1, 0xFF, 0xFF, 0x81][..], b"~kRmshcXq9v6n"] {
                let longer = [&message, tail].concat();
                let found = (named(name).extent)(&longer).unwrap();
                assert!(found.end == message.len() || found.hole.start == message.len(), "{name}");
            }
        }
    }

    #[test]
    fn noise_is_no_message() {
        let mut chance = Chance::new(71);
        for protocol in all().filter(|protocol| protocol.over != Over::Upgraded) {
            let taken = (0..4000).filter(|_| (protocol.extent)(&chance.bytes(64)).is_some()).count();
            assert!(taken <= 12, "{} takes {taken} of 4000", protocol.name);
        }
    }

    #[test]
    fn damaged_messages_are_survived() {
        let mut chance = Chance::new(72);
        for (_, message) in samples() {
            for _ in 0..400 {
                let mut damaged = message.clone();
                for _ in 0..=chance.below(3) {
                    let place = chance.below(damaged.len());
                    match chance.below(4) {
                        0 => damaged.truncate(place.max(1)),
                        1 => damaged.insert(place, 0xFF),
                        _ => damaged[place] = chance.next() as u8,
                    }
                }
                for protocol in all() {
                    if let Some(extent) = (protocol.extent)(&damaged) {
                        assert!(extent.end > 0 && extent.hole.start <= extent.hole.end, "{}", protocol.name);
                    }
                }
            }
        }
        for length in 0..80 {
            for byte in [0, 0x30, 0x7F, 0x80, 0xFF] {
                let bytes = vec![byte; length];
                assert!(all().filter_map(|protocol| (protocol.extent)(&bytes)).all(|extent| extent.end > 0));
            }
        }
    }
}
