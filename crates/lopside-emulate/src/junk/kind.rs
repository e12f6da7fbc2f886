//! A family of junk or a control: its name, what can carry it, and the function that makes its messages.

use super::order::{Carrier, Order, Talk};

/// A family of junk, or a control.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// Its name in the truth.
    pub(crate) name: &'static str,
    /// The class it belongs to.
    pub(crate) class: &'static str,
    /// What can carry it.
    pub(crate) carriers: &'static [Carrier],
    /// Whether only the harder set has it.
    pub(crate) hard: bool,
    /// Verdicts that are right, unless a variant says otherwise.
    pub(crate) expected: &'static [&'static str],
    /// Makes the messages.
    pub(crate) make: fn(&mut Order, Carrier) -> Talk,
}

impl Kind {
    /// One that every set has.
    pub(crate) const fn new(
        name: &'static str,
        class: &'static str,
        carriers: &'static [Carrier],
        expected: &'static [&'static str],
        make: fn(&mut Order, Carrier) -> Talk,
    ) -> Self {
        Self { name, class, carriers, hard: false, expected, make }
    }

    /// The same, but for the harder set alone.
    pub(crate) const fn hard(mut self) -> Self {
        self.hard = true;
        self
    }
}

/// Cards that are dealt in random order, each once before any comes again.
#[derive(Debug, Clone)]
pub(crate) struct Deck {
    cards: Vec<usize>,
    left: Vec<usize>,
}

impl Deck {
    /// A deck of these cards.
    pub(crate) fn new(cards: Vec<usize>) -> Self {
        Self { cards, left: Vec::new() }
    }

    /// The next card; `None` where the deck has none.
    pub(crate) fn deal(&mut self, chance: &mut crate::chance::Chance) -> Option<usize> {
        if self.left.is_empty() {
            self.left.clone_from(&self.cards);
            chance.shuffle(&mut self.left);
        }
        self.left.pop()
    }
}
