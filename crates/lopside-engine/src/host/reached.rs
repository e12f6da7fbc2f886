//! Which addresses any host reached without a name of its own: lookups of others need not be kept. A resolver asks for far more
//! addresses than its hosts ever reach.
//!
//! In: peers of transfers and contacts. Out: [`Reached`], which merges by union, and says of an address that was reached always that it
//! was, and of one in some that was not.

use hashbrown::HashSet;
use lopside_model::net::StableHash;
use lopside_model::table::RowBatch;
use lopside_model::tables::Lookup;

/// Bits in all: 2 MiB, of which a million addresses set one in seventeen.
const BITS: u64 = 1 << 24;

/// Addresses that were reached, each by one bit of its hash.
#[derive(Clone, Debug)]
pub struct Reached {
    words: Vec<u64>,
}

impl Default for Reached {
    fn default() -> Self {
        // The bits of a word, in a machine of 32 bits or more.
        Reached { words: vec![0; (BITS / 64) as usize] }
    }
}

impl Reached {
    /// Adds an address as tables hold it.
    pub fn add(&mut self, address: u128) {
        let (word, bit) = place(address);
        if let Some(word) = self.words.get_mut(word) {
            *word |= bit;
        }
    }

    /// Adds those of another worker.
    pub fn merge(&mut self, other: &Reached) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Whether an address may have been reached.
    pub fn holds(&self, address: u128) -> bool {
        let (word, bit) = place(address);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }
}

/// Word and bit of an address.
fn place(address: u128) -> (usize, u64) {
    let bit = StableHash::of(&address.to_le_bytes()) % BITS;
    ((bit / 64) as usize, 1 << (bit % 64))
}

/// Passes over lookups of addresses that nobody reached. One of each host stays, since a host that only asks is a host too.
pub(crate) struct Asked<'r> {
    reached: &'r Reached,
    hosts: HashSet<Box<str>>,
}

impl<'r> Asked<'r> {
    pub(crate) fn new(reached: &'r Reached) -> Asked<'r> {
        Asked { reached, hosts: HashSet::new() }
    }

    /// Whether a lookup is needed.
    pub(crate) fn needs(&mut self, host: &str, lookup: &Lookup<'_>) -> bool {
        self.reached.holds(lookup.answer) || !self.hosts.contains(host) && self.hosts.insert(host.into())
    }

    /// Those of a batch that are needed; `None` where all are.
    pub(crate) fn part(&mut self, batch: &RowBatch<Lookup<'static>>) -> Option<RowBatch<Lookup<'static>>> {
        let mut needs = |lookup: &Lookup<'_>| self.needs(lookup.host.unwrap_or_default(), lookup);
        let first = batch.iter().position(|lookup| !needs(&lookup))?;
        let mut part = RowBatch::default();
        for (row, (place, lookup)) in batch.places().iter().zip(batch.iter()).enumerate() {
            if row < first || row > first && needs(&lookup) {
                part.push(place.key, &lookup);
            }
        }
        part.shrink();
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(host: &'static str, answer: u128) -> Lookup<'static> {
        Lookup {
            host: Some(host),
            client_ip: None,
            class: 0,
            time: 1,
            name: "a.example",
            answer,
            ttl: None,
            pid: None,
            guid: None,
        }
    }

    #[test]
    fn lookups_of_reached_addresses_stay_and_one_of_each_host() {
        let (mut reached, mut other) = (Reached::default(), Reached::default());
        reached.add(7);
        other.add(8);
        reached.merge(&other);
        let mut batch = RowBatch::default();
        for (host, answer) in [("a", 7), ("a", 9), ("a", 10), ("b", 11), ("b", 8), ("b", 12)] {
            batch.push(answer as u64, &lookup(host, answer));
        }
        let part = Asked::new(&reached).part(&batch).unwrap();
        let kept: Vec<u128> = part.iter().map(|lookup| lookup.answer).collect();
        assert_eq!(kept, [7, 9, 11, 8]);
        assert_eq!(part.places().iter().map(|place| place.key).collect::<Vec<_>>(), [7, 9, 11, 8]);
        assert!(Asked::new(&reached).part(&part).is_none(), "nothing is left to pass over");
    }
}
