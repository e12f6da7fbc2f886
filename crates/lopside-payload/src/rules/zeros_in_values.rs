//! Zeros in the values of text formats.
//!
//! Speaks for: values of JSON, XML, forms, cookies and lines of text that end in zeros of many lengths, or are nothing but zeros: texts
//! end where they end, and a reader of these formats would show the zeros. Silent for: names with one zero between parts, buffers of one
//! size that were written out whole, records of binary formats, where zeros fill what a record has room for. Minimum: 6 values with 4
//! zeros at their ends, 4 lengths of these, 96 zeros; 6 values of 16 zeros and more and nothing else.

use std::collections::BTreeSet;

use super::Look;
use crate::evidence::Evidence;
use crate::reading::Value;

/// The fewest values, zeros at the end of one, lengths of these, and zeros in all.
const LEAST: usize = 6;
const ZEROS: usize = 4;
const LENGTHS: usize = 4;
const ALL: usize = 96;
/// The fewest zeros of a value that has nothing else.
const WHOLE: usize = 16;
/// A zero as it is written in JSON.
const ESCAPE: &[u8] = b"\\u0000";

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let formats = ["json", "xml.", "form.", "cookie.", "query.", "line."];
    let slots =
        look.reading.slots.iter().filter(|(name, _)| formats.iter().any(|format| name.starts_with(format)));
    let mut ends = Found::default();
    let mut whole = Found::default();
    for (_, values) in slots {
        let (mut own_ends, mut own_whole) = (Found::default(), Found::default());
        for value in values {
            let Some((zeros, length)) = zeros(value) else { continue };
            if zeros == length {
                own_whole.put(zeros, length);
            }
            own_ends.put(zeros, length);
        }
        // A buffer that was written out whole has one size, whatever stands in it.
        let sizes: BTreeSet<usize> = own_ends.sizes.iter().copied().collect();
        if sizes.len() >= LENGTHS {
            ends.add(own_ends);
        }
        whole.add(own_whole);
    }
    let lengths: BTreeSet<usize> = ends.zeros.iter().copied().collect();
    let all: usize = ends.zeros.iter().sum();
    if ends.zeros.len() >= LEAST && lengths.len() >= LENGTHS && all >= ALL {
        let text = format!(
            "{} values of text formats end in {all} zeros of {} lengths, which their readers would show",
            ends.zeros.len(),
            lengths.len()
        );
        return vec![Evidence::contradiction(ends.zeros.len(), ends.share(), text)];
    }
    let long = whole.zeros.iter().filter(|zeros| **zeros >= WHOLE).count();
    if long < LEAST {
        return Vec::new();
    }
    let text =
        format!("{long} values of text formats are nothing but zeros: {}", whole.zeros.iter().sum::<usize>());
    vec![Evidence::statistic(long, whole.share(), 0.65, text)]
}

/// Values with zeros at their ends: how many zeros, and how many characters.
#[derive(Default)]
struct Found {
    zeros: Vec<usize>,
    sizes: Vec<usize>,
}

impl Found {
    fn put(&mut self, zeros: usize, size: usize) {
        self.zeros.push(zeros);
        self.sizes.push(size);
    }

    fn add(&mut self, other: Found) {
        self.zeros.extend(other.zeros);
        self.sizes.extend(other.sizes);
    }

    fn share(&self) -> f64 {
        self.zeros.iter().sum::<usize>() as f64 / self.sizes.iter().sum::<usize>().max(1) as f64
    }
}

/// How many zeros a value ends in, as they are or escaped, and how many characters it has; `None` for few zeros.
fn zeros(value: &Value) -> Option<(usize, usize)> {
    let bytes = value.bytes.as_slice();
    let (mut rest, mut count) = (bytes, 0);
    while let Some(before) = rest.strip_suffix(b"\0").or_else(|| rest.strip_suffix(ESCAPE)) {
        rest = before;
        count += 1;
    }
    (count >= ZEROS).then(|| (count, rest.len() + count))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    fn judged(make: impl Fn(&mut Chance) -> String) -> Verdict {
        let mut chance = Chance::new(3);
        let mut talk = Talk::default();
        for _ in 0..12 {
            let name = make(&mut chance);
            talk.post("application/json", format!(r#"{{"name":"{name}","state":"ready"}}"#).as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().verdict
    }

    fn word(chance: &mut Chance) -> &'static str {
        ["desk", "a longer name", "laptop of the lab", "shop"][chance.below(4)]
    }

    #[test]
    fn zeros_behind_and_instead_of_values_are_found() {
        let behind = judged(|chance| {
            let zeros = 4 + chance.below(40);
            format!("{}{}", word(chance), "\\u0000".repeat(zeros))
        });
        assert_eq!(behind, Verdict::Junk);
        assert_eq!(judged(|_| "\\u0000".repeat(40)), Verdict::Suspect);
    }

    #[test]
    fn buffers_of_one_size_and_single_zeros_are_left_alone() {
        let buffer = judged(|chance| {
            let name = word(chance);
            format!("{name}{}", "\\u0000".repeat(32 - name.len()))
        });
        assert_eq!(buffer, Verdict::Structured);
        assert_eq!(judged(|chance| format!("\\u0000{}\\u0000id", word(chance))), Verdict::Structured);
    }
}
