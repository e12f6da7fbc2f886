//! Texts kept once and numbered, so that what is counted by them is counted by small numbers.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Texts by number, in the order in which they came. That order depends on partitions and never reaches a result.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    texts: Vec<Box<str>>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

/// The names of all that is counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    /// Process identities; [`NO_PROCESS`](crate::NO_PROCESS) or [`UNMONITORED`](crate::UNMONITORED) where there is none.
    pub(crate) processes: Names,
    /// Destination groups.
    pub(crate) destinations: Names,
    /// Hosts.
    pub(crate) hosts: Names,
}

impl Names {
    /// The number of a text, which is kept where it is new.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text);
        if let Some(known) = self.index.find(hash, |number| at(&self.texts, *number) == text) {
            return *known;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.into());
        let (texts, hasher) = (&self.texts, &self.hasher);
        self.index.insert_unique(hash, number, |number| hasher.hash_one(at(texts, *number)));
        number
    }

    /// The number of a text that is known.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        self.index.find(self.hasher.hash_one(text), |number| at(&self.texts, *number) == text).copied()
    }

    /// The text of a number; empty where there is none.
    pub(crate) fn text(&self, number: u32) -> &str {
        at(&self.texts, number)
    }

    /// All texts, by number.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.texts.iter().map(AsRef::as_ref)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Takes in other names: their numbers here, by their numbers there.
    pub(crate) fn take_in(&mut self, other: &Names) -> Vec<u32> {
        other.iter().map(|text| self.number(text)).collect()
    }
}

fn at(texts: &[Box<str>], number: u32) -> &str {
    texts.get(number as usize).map_or("", AsRef::as_ref)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_one_number() {
        let mut names = Names::default();
        let numbers: Vec<u32> = ["a", "b", "a", ""].iter().map(|text| names.number(text)).collect();
        assert_eq!(numbers, [0, 1, 0, 2]);
        assert_eq!(
            (names.find("b"), names.find("c"), names.text(1), names.text(9)),
            (Some(1), None, "b", "")
        );
        let mut others = Names::default();
        others.number("c");
        others.number("a");
        assert_eq!(names.take_in(&others), [3, 0]);
    }
}
