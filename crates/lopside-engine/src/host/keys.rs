//! What sums of a host are kept by while its parts come and go: keys that own their texts, and are looked for by borrowed ones.

use hashbrown::Equivalent;
use lopside_model::record::NameSource;

/// Where a transfer went, before it is known what that is grouped under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Destination<S> {
    Name(S),
    Address(u128),
}

/// A process, by the number of its note, and where it sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pair<S> {
    pub(super) note: Option<u32>,
    pub(super) destination: Destination<S>,
}

impl Equivalent<Pair<Box<str>>> for Pair<&str> {
    fn equivalent(&self, known: &Pair<Box<str>>) -> bool {
        let same = match (self.destination, &known.destination) {
            (Destination::Name(own), Destination::Name(name)) => own == &**name,
            (Destination::Address(own), Destination::Address(address)) => own == *address,
            _ => false,
        };
        same && self.note == known.note
    }
}

impl From<&Pair<&str>> for Pair<Box<str>> {
    fn from(pair: &Pair<&str>) -> Self {
        let destination = match pair.destination {
            Destination::Name(name) => Destination::Name(name.into()),
            Destination::Address(address) => Destination::Address(address),
        };
        Pair { note: pair.note, destination }
    }
}

/// A name of a destination, and who gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Named<S> {
    pub(super) name: S,
    pub(super) source: NameSource,
}

impl Equivalent<Named<Box<str>>> for Named<&str> {
    fn equivalent(&self, known: &Named<Box<str>>) -> bool {
        self.source == known.source && self.name == &*known.name
    }
}

impl From<&Named<&str>> for Named<Box<str>> {
    fn from(named: &Named<&str>) -> Self {
        Named { name: named.name.into(), source: named.source }
    }
}
