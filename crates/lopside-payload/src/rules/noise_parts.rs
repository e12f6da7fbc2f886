//! Parts of a multipart body that are declared as text in a character set, and are noise.
//!
//! Speaks for: parts with a type of text and a character set, and no name of a file, whose bytes are no text in any set and are drawn
//! evenly. Silent for: files, whose type is guessed by their names, parts without a character set, codes and keys of one length. Minimum:
//! 3 parts of 24 bytes, an eighth of all such parts, 128 bytes.

use super::{Look, Pool, is_signature};
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even};

/// The fewest parts, the shortest, and the fewest bytes.
const PARTS: usize = 3;
const SHORTEST: usize = 24;
const BYTES: usize = 128;
/// One of so many such parts at least: a form has other fields beside.
const SHARE: usize = 8;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut pool, mut count) = (Pool::default(), 0);
    for unit in look.reading.units.iter().filter(|unit| unit.says_text && unit.whole) {
        count += 1;
        if unit.bytes.len() >= SHORTEST && !is_text(&unit.bytes) {
            pool.put(&unit.bytes, unit.bytes.len(), true);
        }
    }
    if pool.count < PARTS || pool.count * SHARE < count || pool.total < BYTES || pool.same {
        return Vec::new();
    }
    let one_length = pool.lengths.iter().all(|length| Some(length) == pool.lengths.first());
    if one_length && pool.lengths.first().is_some_and(|length| is_signature(*length as usize)) {
        return Vec::new();
    }
    let Some(drawn) = even(&pool.bytes, look.limit).filter(|drawn| drawn.alphabet == Alphabet::Bytes) else {
        return Vec::new();
    };
    let around: usize = look.reading.units.iter().map(|unit| unit.bytes.len()).sum();
    let text = format!(
        "{} of {count} parts that are declared as text in a character set are {} bytes drawn evenly ({:.1} standard deviations), which no text is",
        pool.count, pool.total, drawn.deviations
    );
    let found = Evidence::contradiction(pool.count, pool.total as f64 / around.max(1) as f64, text);
    vec![found.with_deviations(drawn.deviations).with_example(&pool.first)]
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_junk(head: &str, make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(66);
        let mut talk = Talk::default();
        for number in 0..8 {
            let part = make(&mut chance);
            let body = [
                format!("--bd\r\nContent-Disposition: form-data; name=\"comment\"{head}\r\n\r\n").as_bytes(),
                &part,
                format!(
                    "\r\n--bd\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n{number}\r\n--bd--\r\n"
                )
                .as_bytes(),
            ]
            .concat();
            talk.post("multipart/form-data; boundary=bd", &body);
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("in a character set"))
    }

    #[test]
    fn one_part_of_noise_among_several_that_read_is_junk() {
        let mut chance = Chance::new(67);
        let mut talk = Talk::default();
        for _ in 0..8 {
            let length = 40 + chance.below(300);
            let noise = chance.bytes(length);
            let head = |name: &str| {
                format!(
                    "--bd\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
                )
            };
            let texts: String = ["title", "who", "where"]
                .map(|name| format!("{}as it was written down\r\n", head(name)))
                .concat();
            talk.post(
                "multipart/form-data; boundary=bd",
                &[texts.as_bytes(), head("more").as_bytes(), &noise, b"\r\n--bd--\r\n"].concat(),
            );
            talk.answer(b"ok");
        }
        assert!(talk.judge().reasons.iter().any(|reason| reason.contains("in a character set")));
    }

    #[test]
    fn parts_declared_as_text_that_are_noise_are_junk() {
        let noise = |chance: &mut Chance| {
            let length = 40 + chance.below(300);
            chance.bytes(length)
        };
        assert!(is_junk("\r\nContent-Type: text/plain; charset=utf-8", noise));
        assert!(!is_junk("; filename=\"a.txt\"\r\nContent-Type: text/plain; charset=utf-8", noise));
        assert!(!is_junk("\r\nContent-Type: application/octet-stream", noise));
        assert!(!is_junk("\r\nContent-Type: text/plain; charset=utf-8", |chance| chance.bytes(32)));
        assert!(!is_junk("\r\nContent-Type: text/plain; charset=utf-8", |_| "größer als üblich, und länger"
            .repeat(3)
            .into_bytes()));
    }

    #[test]
    fn a_few_parts_that_are_sealed_are_not() {
        // One form of many has a sealed note; and the same sealed note stands in each.
        let told = |note: &dyn Fn(usize) -> Vec<u8>| {
            let mut talk = Talk::default();
            for number in 0..30 {
                let head = "--bd\r\nContent-Disposition: form-data; name=\"note\"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";
                let body = [head.as_bytes(), &note(number), b"\r\n--bd--\r\n"].concat();
                talk.post("multipart/form-data; boundary=bd", &body);
                talk.answer(b"ok");
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("in a character set"))
        };
        let sealed = |number: usize| Chance::new(number as u64).bytes(150 + 7 * number);
        assert!(told(&sealed));
        assert!(!told(&|number| if number % 10 == 0 {
            sealed(number)
        } else {
            b"all is quiet in the hall".to_vec()
        }));
        assert!(!told(&|_| sealed(3)));
    }
}
