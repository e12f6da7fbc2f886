//! Texts that repeat, as small numbers: so that tables keyed by hosts hash and copy each name once.

use hashbrown::HashMap;

/// Numbers for texts, from 0 in the order in which they came. That order depends on the threads: numbers never reach the output.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    numbers: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
    /// Rows that follow each other mostly speak of the same, so that the last one is tried before the table.
    last: u32,
}

impl Numbers {
    /// The number of a text.
    pub(crate) fn of(&mut self, text: &str) -> u32 {
        if !self.texts.is_empty() && self.text(self.last) == text {
            return self.last;
        }
        if let Some(number) = self.numbers.get(text) {
            self.last = *number;
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.numbers.insert(text.into(), number);
        self.texts.push(text.into());
        number
    }

    /// The text of a number.
    pub(crate) fn text(&self, number: u32) -> &str {
        usize::try_from(number).ok().and_then(|number| self.texts.get(number)).map_or("", |text| text)
    }

    /// The numbers here of all texts there, by their numbers there.
    pub(crate) fn translation(&mut self, other: &Numbers) -> Vec<u32> {
        other.texts.iter().map(|text| self.of(text)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_number() {
        let mut numbers = Numbers::default();
        assert_eq!(["a", "b", "a"].map(|text| numbers.of(text)), [0, 1, 0]);
        assert_eq!((numbers.text(1), numbers.text(9)), ("b", ""));
        let mut other = Numbers::default();
        assert_eq!(["c", "b"].map(|text| other.of(text)), [0, 1]);
        assert_eq!(numbers.translation(&other), [2, 1]);
    }
}
