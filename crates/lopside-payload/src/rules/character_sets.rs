//! Bodies of requests that are declared as plain text in a character set and are no characters of it.
//!
//! Who names a set of characters has written characters: libraries name one where they are given a string, and then write it in that set,
//! ciphertext too. Speaks for: requests with bodies of any type of text with UTF-8 or ASCII that are drawn evenly from all bytes, from
//! the first to the last. Silent for: answers (servers name sets for all that they send), other types (stores and reporters that encrypt
//! keep the label of what they encrypted), sets in which any byte is a character, cut bodies, lengths of cipher blocks, one length.
//! Minimum: 3 bodies of 64 bytes with 3 lengths.

use std::collections::{BTreeMap, BTreeSet};

use super::{Look, Pool};
use crate::class::Class;
use crate::content::find as find_bytes;
use crate::evidence::Evidence;
use crate::reading::Carrier;
use crate::statistics::Alphabet;

/// The fewest bodies, which is how many lengths they have, and the fewest bytes of one.
const LEAST: usize = 3;
const BYTES: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let Some(types) = look.reading.slots.get("header.content-type") else { return Vec::new() };
    let named: BTreeSet<u32> =
        types.iter().filter(|value| names_set(&value.bytes)).map(|value| value.turn).collect();
    let asked: BTreeMap<u32, bool> =
        look.reading.exchanges.iter().map(|exchange| (exchange.turn, exchange.request)).collect();
    let (mut pool, mut bodies) = (Pool::default(), 0);
    for unit in look.reading.units.iter().filter(|unit| unit.carrier == Carrier::Http && !unit.undecoded) {
        let request = asked.get(&unit.turn).copied().unwrap_or(false);
        if !request
            || !named.contains(&unit.turn)
            || !unit.declared.starts_with("text/")
            || unit.partial
            || !unit.whole
        {
            continue;
        }
        bodies += 1;
        let drawn = matches!(unit.class, Class::Random(even) if even.alphabet == Alphabet::Bytes);
        if drawn && unit.bytes.len() >= BYTES {
            pool.put(&unit.bytes, unit.bytes.len(), true);
        }
    }
    if !pool.is_unsealed_noise(LEAST, look.limit) {
        return Vec::new();
    }
    let text = format!(
        "{} of {bodies} bodies are declared as text in a set of characters of which they hold none: {} bytes that are drawn evenly",
        pool.count, pool.total
    );
    vec![Evidence::contradiction(pool.count, 1.0, text).with_example(&pool.first)]
}

/// Whether a type names UTF-8 or ASCII, in which most bytes above 127 are no characters.
fn names_set(value: &[u8]) -> bool {
    let value = value.to_ascii_lowercase();
    let Some(place) = find_bytes(&value, b"charset=", 0) else { return false };
    let set = value.get(place + 8..).unwrap_or_default();
    let set = set.strip_prefix(b"\"").unwrap_or(set);
    [b"utf-8".as_slice(), b"utf8", b"us-ascii", b"ascii"].iter().any(|name| set.starts_with(name))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_junk(declared: &str, mut body: impl FnMut(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(41);
        let mut talk = Talk::default();
        for _ in 0..8 {
            talk.post(declared, &body(&mut chance));
            talk.answer(b"thanks");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("set of characters"))
    }

    fn drawn(chance: &mut Chance) -> Vec<u8> {
        let length = 300 + chance.below(900);
        chance.bytes(length)
    }

    #[test]
    fn bytes_that_are_declared_as_characters_are_junk() {
        for declared in
            ["text/plain; charset=utf-8", "text/plain;charset=\"UTF-8\"", "Text/Plain; charset=us-ascii"]
        {
            assert!(is_junk(declared, drawn), "{declared}");
        }
    }

    #[test]
    fn other_labels_blocks_and_characters_are_not() {
        for declared in [
            "text/plain",
            "text/plain; charset=iso-8859-1",
            "application/json; charset=utf-8",
            "application/octet-stream",
        ] {
            assert!(!is_junk(declared, drawn), "{declared}");
        }
        assert!(!is_junk("text/plain; charset=utf-8", |chance| {
            let blocks = 20 + chance.below(40);
            chance.bytes(16 * blocks)
        }));
        assert!(!is_junk("text/plain; charset=utf-8", |chance| chance.bytes(333)));
        // Ciphertext that a library took for characters.
        assert!(!is_junk("text/plain; charset=utf-8", |chance| {
            drawn(chance).into_iter().map(char::from).collect::<String>().into_bytes()
        }));
        let mut talk = Talk::default();
        let mut chance = Chance::new(42);
        for number in 0..8 {
            talk.page(&format!("/{number}"), "text/plain; charset=utf-8", &drawn(&mut chance));
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("set of characters")));
    }
}
