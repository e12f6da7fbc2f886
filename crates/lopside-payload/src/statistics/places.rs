//! How often each symbol stands at each place of every few, for every period at once.

/// Counts of symbols at one place of every few.
pub(crate) type FewCounts = [u16; 256];

/// The counts of one or several texts, by period and place. They hold up to 65,535 symbols in all.
pub(crate) struct Places {
    /// For each period from 2 on one table for each of its places.
    tables: Vec<FewCounts>,
    widest: usize,
}

impl Places {
    /// No text yet, for the periods from 2 up to the widest.
    pub(crate) fn new(widest: usize) -> Places {
        Places { tables: vec![[0; 256]; start(widest + 1)], widest }
    }

    /// Of one text.
    pub(crate) fn of(text: &[u8], widest: usize) -> Places {
        let mut places = Places::new(widest);
        places.put(&[text]);
        places
    }

    /// Takes all texts: once for each period that is no half of another one.
    pub(crate) fn put<T: AsRef<[u8]>>(&mut self, texts: &[T]) {
        for period in (2..=self.widest).rev() {
            if 2 * period <= self.widest {
                self.halve(period);
                continue;
            }
            let tables = self.tables.get_mut(start(period)..start(period + 1)).unwrap_or_default();
            texts.iter().for_each(|text| count(text.as_ref(), tables));
        }
    }

    /// The counts of a period are those of its double.
    fn halve(&mut self, period: usize) {
        let (narrow, wide) = self.tables.split_at_mut(start(2 * period));
        let narrow = narrow.get_mut(start(period)..start(period + 1)).unwrap_or_default();
        let (first, second) = wide.get(..2 * period).unwrap_or_default().split_at(period);
        for (sums, (first, second)) in narrow.iter_mut().zip(first.iter().zip(second)) {
            for (sum, (first, second)) in sums.iter_mut().zip(first.iter().zip(second)) {
                *sum = first + second;
            }
        }
    }

    /// The counts at each place of a period.
    pub(crate) fn at(&self, period: usize) -> &[FewCounts] {
        self.tables.get(start(period)..start(period + 1)).unwrap_or_default()
    }
}

/// Adds the symbols of a text to the counts at the places of a period.
pub(crate) fn count(text: &[u8], tables: &mut [FewCounts]) {
    for part in text.chunks(tables.len().max(1)) {
        for (counts, symbol) in tables.iter_mut().zip(part) {
            counts[usize::from(*symbol)] += 1;
        }
    }
}

/// Where the tables of a period start: behind 2 of the first, 3 of the second and so on.
fn start(period: usize) -> usize {
    (period * period.saturating_sub(1) / 2).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Chance;

    #[test]
    fn each_place_has_its_symbols() {
        let mut chance = Chance::new(23);
        let texts = [chance.bytes(301), chance.bytes(40), chance.bytes(7)];
        let mut places = Places::new(16);
        places.put(&texts);
        for period in 2..=16 {
            assert_eq!(places.at(period).len(), period);
            for (place, counts) in places.at(period).iter().enumerate() {
                let mut expected = [0; 256];
                for symbol in texts.iter().flat_map(|text| text.iter().skip(place).step_by(period)) {
                    expected[usize::from(*symbol)] += 1;
                }
                assert_eq!(*counts, expected, "{period} {place}");
            }
        }
        assert!(places.at(17).is_empty());
        assert_eq!(Places::of(b"abab", 2).at(2)[0][usize::from(b'a')], 2);
    }
}
