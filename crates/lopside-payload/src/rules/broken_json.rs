//! Bodies that begin as the JSON that they are declared to be and go on as noise.
//!
//! Speaks for: bodies of requests that break the grammar of JSON within their first name and value, the rest drawn evenly from all that can be printed.
//! Silent for: ciphertext and tokens under that label, which do not begin as JSON, bodies that were cut, text. Minimum: 4 bodies with 20 symbols of
//! noise, 192 in all.

use super::{Look, Pool};
use crate::evidence::Evidence;
use crate::reading::Carrier;
use crate::statistics::{Alphabet, even};

/// The fewest bodies.
const LEAST: usize = 4;
/// The fewest symbols of noise in one, and in all.
const NOISE: usize = 20;
const ALL: usize = 192;
/// The longest start that reads.
const START: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pool = Pool::default();
    let bodies = look.reading.units.iter().filter(|unit| {
        unit.carrier == Carrier::Http && unit.whole && !unit.partial && unit.declared.contains("json")
    });
    for unit in bodies {
        if let Some(rest) = behind_start(&unit.bytes).filter(|rest| rest.len() >= NOISE) {
            pool.put(rest, unit.bytes.len(), true);
        }
    }
    let noise = even(&pool.bytes, look.limit).filter(|even| even.alphabet == Alphabet::Printable);
    let Some(noise) = noise.filter(|_| pool.count >= LEAST && pool.total >= ALL && !pool.same) else {
        return Vec::new();
    };
    let text = format!(
        "{} bodies begin as JSON and go on as noise: {} symbols, {:.0} % of them",
        pool.count,
        pool.total,
        pool.share() * 100.0
    );
    vec![
        Evidence::contradiction(pool.count, pool.share(), text)
            .with_deviations(noise.deviations)
            .with_example(&pool.first),
    ]
}

/// What follows the first name of an object and the colon behind it, where it has nothing of a text.
fn behind_start(body: &[u8]) -> Option<&[u8]> {
    let start = body.get(..body.len().min(START))?;
    let named = start.strip_prefix(b"{\"")?;
    let colon = memchr::memmem::find(named, b"\":")?;
    let rest = body.get(colon + 4..)?;
    rest.iter().all(u8::is_ascii_graphic).then_some(rest)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    fn is_junk(body: impl Fn(&mut Chance, usize) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(44);
        let mut talk = Talk::default();
        for number in 0..12 {
            let body = body(&mut chance, number);
            talk.post("application/json", &body);
            talk.answer(b"{}");
        }
        talk.judge().junk
    }

    #[test]
    fn json_that_goes_on_as_noise_is_junk() {
        assert!(is_junk(|chance, _| {
            let symbols: Vec<u8> = (b'!'..=b'~').filter(|byte| !b"\"\\<>&'".contains(byte)).collect();
            let length = 30 + chance.below(300);
            [b"{\"kqzx\":".to_vec(), chance.of(&symbols, length)].concat()
        }));
    }

    #[test]
    fn json_and_ciphertext_under_its_label_are_not() {
        assert!(!is_junk(|chance, number| {
            let value = String::from_utf8(encode(&chance.bytes(90))).unwrap();
            format!("{{\"number\":{number},\"data\":\"{value}\"}}").into_bytes()
        }));
        assert!(!is_junk(|chance, _| encode(&chance.bytes(120))));
        assert!(!is_junk(|chance, _| chance.bytes(160)));
    }
}
