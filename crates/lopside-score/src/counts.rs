//! Counts by key, in a sorted list: small, in one piece, merged by addition.

use std::borrow::Borrow;

/// Counts by key, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts<K>(Vec<(K, u32)>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Counts(Vec::new())
    }
}

impl<K: Ord + Clone> Counts<K> {
    /// The count of a key, where there is one.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&u32>
    where
        K: Borrow<Q>,
    {
        let place = self.0.binary_search_by(|(known, _)| known.borrow().cmp(key)).ok()?;
        self.0.get(place).map(|(_, count)| count)
    }

    /// Adds to the count of a key.
    pub fn add<Q: Ord + ToOwned<Owned = K> + ?Sized>(&mut self, key: &Q, more: u32)
    where
        K: Borrow<Q>,
    {
        match self.0.binary_search_by(|(known, _)| known.borrow().cmp(key)) {
            Ok(place) => {
                if let Some((_, count)) = self.0.get_mut(place) {
                    *count = count.saturating_add(more);
                }
            }
            Err(place) => self.0.insert(place, (key.to_owned(), more)),
        }
    }

    /// The sum of the counts of this key and those above.
    pub fn from(&self, key: &K) -> u32 {
        let place = self.0.partition_point(|(known, _)| known < key);
        self.0.iter().skip(place).fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Keys and counts, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, u32)> {
        self.0.iter().map(|(key, count)| (key, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_and_added_up() {
        let mut counts: Counts<u8> = Counts::default();
        for key in [9, 3, 9, 7] {
            counts.add(&key, 1);
        }
        assert_eq!(
            counts.iter().map(|(key, count)| (*key, count)).collect::<Vec<_>>(),
            [(3, 1), (7, 1), (9, 2)]
        );
        assert_eq!(
            (counts.from(&7), counts.from(&10), counts.get(&3), counts.get(&4)),
            (3, 0, Some(&1), None)
        );
    }

    #[test]
    fn keys_of_text_are_asked_without_a_copy() {
        let mut counts: Counts<String> = Counts::default();
        counts.add("b", u32::MAX);
        counts.add("b", 1);
        assert_eq!((counts.get("b"), counts.get("a")), (Some(&u32::MAX), None));
    }
}
