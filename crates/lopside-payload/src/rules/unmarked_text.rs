//! Noise joined to text where nothing says where the text ends.
//!
//! A reader of text and bytes in one message finds the place where they meet by a delimiter, by a length, or because one of them has
//! always the same length. Speaks for: messages of text and evenly drawn bytes with none of these. Silent for: any string of one to four
//! bytes that comes first at that place, numbers before or in the text that grow with it or with the rest, constant lengths, lengths in
//! blocks. Minimum: 6 messages with 16 bytes of noise on average, lengths of both that vary by 8.

use super::beside_text::{Parts, parts};
use super::said_lengths::are_said;
use super::{Look, Pool};
use crate::class::text_mask;
use crate::content::{big, find as find_bytes, little};
use crate::evidence::Evidence;
use crate::reading::Unit;
use crate::statistics::even;

/// The fewest messages.
const LEAST: usize = 6;
/// Bytes on each side of the seam in which a delimiter may stand: noise that can be printed counts with the text.
const SEAM: usize = 12;
/// Messages in which a delimiter is looked for.
const MESSAGES: usize = 48;

/// A message of text and noise.
struct Joined<'a> {
    bytes: &'a [u8],
    /// Where the text starts, where text and noise meet, and the lengths of text, of noise, and of text behind it.
    start: usize,
    seam: usize,
    text: usize,
    noise: usize,
    behind: usize,
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let units: Vec<&Unit<'_>> = look.reading.whole_raw(24).collect();
    let mut places = [Place::new("behind"), Place::new("before"), Place::new("inside")];
    let texts = units.iter().filter(|unit| unit.document.is_none());
    let texts: Vec<(&Unit<'_>, Parts)> =
        texts.filter_map(|unit| parts(&unit.bytes).map(|parts| (*unit, parts))).collect();
    if are_said(texts.iter().map(|(unit, parts)| (unit.bytes.as_ref(), parts))) {
        return Vec::new();
    }
    for (unit, Parts { start, end, hole, .. }) in texts {
        let bytes = unit.bytes.as_ref();
        let (head, tail) = (bytes.get(..start).unwrap_or_default(), bytes.get(end..).unwrap_or_default());
        let [behind, before, inside] = &mut places;
        let joined = |seam, text, noise, behind| Joined { bytes, start, seam, text, noise, behind };
        if hole.len() >= 8 {
            if head.len() <= 8 && tail.len() <= 8 {
                let (from, to) = hole_of(bytes, start, end);
                inside.put(joined(from, from - start, to - from, end - to), &hole);
            }
        } else if head.len() <= 8 && tail.len() >= 4 {
            behind.put(joined(end, end - start, tail.len(), 0), tail);
        } else if tail.is_empty() && head.len() >= 4 {
            // A reader that looks for the end of the noise begins with it.
            before.put(Joined { start: 0, ..joined(start, end - start, head.len(), 0) }, head);
        }
    }
    places.iter().filter_map(|place| judge(place, units.len(), look.limit)).collect()
}

/// Where the bytes inside a text begin and end.
fn hole_of(bytes: &[u8], start: usize, end: usize) -> (usize, usize) {
    let text = bytes.get(start..end).unwrap_or_default();
    let mask = text_mask(text);
    let first = mask.iter().position(|text| !text).unwrap_or(0);
    let last = mask.iter().rposition(|text| !text).unwrap_or(0);
    (start + first, start + last + 1)
}

/// Messages with noise at one place.
struct Place<'a> {
    name: &'static str,
    joined: Vec<Joined<'a>>,
    pool: Pool,
}

impl<'a> Place<'a> {
    fn new(name: &'static str) -> Place<'a> {
        Place { name, joined: Vec::new(), pool: Pool::default() }
    }

    fn put(&mut self, joined: Joined<'a>, noise: &[u8]) {
        self.pool.put(noise, joined.bytes.len(), false);
        self.joined.push(joined);
    }
}

fn judge(place: &Place<'_>, units: usize, limit: f64) -> Option<Evidence> {
    let Place { name, joined, pool } = place;
    if joined.len() < LEAST || joined.len() * 10 < units * 7 || pool.total < 16 * joined.len() {
        return None;
    }
    // A code whose first bytes happen to be text is a few bytes shorter, and now and then many.
    let varies = |length: fn(&Joined<'_>) -> usize| {
        let most = joined.iter().map(length).max().unwrap_or(0);
        let shorter = |least: usize| joined.iter().filter(|message| length(message) + least <= most).count();
        shorter(8) > 0 && shorter(4) * 6 >= joined.len()
    };
    // Blocks of a cipher, of which the text may have taken up to three bytes.
    let blocks = joined.iter().all(|message| message.noise % 8 == 0 || message.noise % 8 >= 5);
    let noise = even(&pool.bytes, limit)?;
    // From its end, a reader finds noise behind text by its length alone.
    if !varies(|message| message.text)
        || !varies(|message| message.noise) && !varies(|message| message.behind)
        || blocks
        || is_told(joined)
        || is_delimited(joined)
    {
        return None;
    }
    let text = format!(
        "{} of {units} messages have {} bytes of noise {name} text ({:.1} standard deviations), {:.0} % of them, and nothing says where the text ends",
        joined.len(),
        pool.total,
        noise.deviations,
        pool.share() * 100.0
    );
    let found = Evidence::statistic(joined.len(), pool.share(), 0.6, text);
    Some(found.with_deviations(noise.deviations).with_example(&pool.first))
}

/// Whether a number among the first bytes goes with the length of the text or of the noise; it may pass for a letter of the text. Noise
/// that can be printed counts with the text: in every third message the seam is a little off.
fn is_told(joined: &[Joined<'_>]) -> bool {
    (0..16).any(|at| {
        [1, 2, 4].into_iter().any(|width| {
            [big, little].into_iter().any(|read| {
                let said: Vec<(i64, &Joined<'_>)> = joined
                    .iter()
                    .filter_map(|message| {
                        Some((i64::try_from(read(message.bytes, at, width)?).ok()?, message))
                    })
                    .collect();
                let lengths: [fn(&Joined<'_>) -> usize; 3] =
                    [|message| message.text, |message| message.noise, |message| message.behind];
                lengths
                    .iter()
                    .any(|length| goes_with(said.iter().map(|(said, message)| (*said, length(message)))))
            })
        })
    })
}

/// Whether numbers and lengths have one difference in three of five messages, or up to three more, and the numbers do not stay the same.
fn goes_with(pairs: impl Iterator<Item = (i64, usize)>) -> bool {
    let mut pairs: Vec<(i64, i64)> =
        pairs.map(|(said, length)| (said - i64::try_from(length).unwrap_or(0), said)).collect();
    pairs.sort_unstable();
    (0..pairs.len()).any(|from| {
        let near: Vec<i64> = pairs
            .iter()
            .skip(from)
            .take_while(|pair| pairs.get(from).is_some_and(|first| pair.0 - first.0 <= 3))
            .map(|pair| pair.1)
            .collect();
        near.len() * 5 >= pairs.len() * 3
            && near.iter().max().zip(near.iter().min()).is_some_and(|(most, least)| most - least >= 8)
    })
}

/// Whether some string comes in every message for the first time at the seam.
fn is_delimited(joined: &[Joined<'_>]) -> bool {
    let window = |message: &Joined<'_>| {
        (message.seam.saturating_sub(SEAM).max(message.start), (message.seam + SEAM).min(message.bytes.len()))
    };
    let Some(first) = joined.first() else { return false };
    let (from, to) = window(first);
    (1..=4).any(|length| {
        (from..to.saturating_sub(length - 1)).any(|at| {
            first.bytes.get(at..at + length).is_some_and(|mark| {
                joined.iter().take(MESSAGES).all(|message| {
                    let (from, to) = window(message);
                    find_bytes(message.bytes, mark, message.start.min(from))
                        .is_some_and(|place| (from..to).contains(&place))
                })
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn judged(make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> bool {
        sent(make).judge().junk
    }

    fn told(make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> bool {
        sent(make).judge().reasons.iter().any(|reason| reason.contains("says where the text ends"))
    }

    fn sent(make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> Talk {
        let mut chance = Chance::new(21);
        let mut talk = Talk::default();
        for n in 0..10 {
            let text =
                format!("report of host {n}; all is quiet. {}", "Nothing new; ".repeat(1 + chance.below(5)));
            talk.datagram(&make(&mut chance, &text));
        }
        talk
    }

    fn noise(chance: &mut Chance) -> Vec<u8> {
        let length = 21 + (chance.unit() * chance.unit() * 150.0) as usize;
        chance.bytes(length)
    }

    #[test]
    fn noise_that_nothing_divides_from_text_is_suspect() {
        assert!(judged(|chance, text| [text.as_bytes(), &noise(chance)].concat()));
        assert!(judged(|chance, text| [noise(chance).as_slice(), text.as_bytes()].concat()));
        // A line end behind the noise stands in it as well.
        assert!(judged(|chance, text| [noise(chance).as_slice(), b"\n", text.as_bytes()].concat()));
    }

    /// Bytes inside a text, at any place of it.
    fn inside(chance: &mut Chance, text: &str, bytes: &[u8]) -> Vec<u8> {
        let (before, behind) = text.split_at(12 + chance.below(text.len() - 24));
        [before.as_bytes(), bytes, behind.as_bytes()].concat()
    }

    #[test]
    fn noise_inside_text_is_suspect_though_its_length_is_always_the_same() {
        assert!(judged(|chance, text| {
            let bytes = noise(chance);
            inside(chance, text, &bytes)
        }));
        assert!(judged(|chance, text| {
            let bytes = chance.bytes(50);
            inside(chance, text, &bytes)
        }));
        // Its length and that of the rest are told at the seams.
        assert!(!judged(|chance, text| {
            let bytes = noise(chance);
            let (before, behind) = text.split_at(12 + chance.below(text.len() - 24));
            let first = &[0x12, bytes.len() as u8][..];
            [before.as_bytes(), first, &bytes, &[0x1A, behind.len() as u8], behind.as_bytes()].concat()
        }));
    }

    #[test]
    fn what_a_reader_can_divide_is_not() {
        assert!(!judged(|chance, text| [text.as_bytes(), b"\n", &noise(chance)].concat()));
        assert!(!judged(|chance, text| [text.as_bytes(), b"\0", &noise(chance)].concat()));
        assert!(!judged(|chance, text| [text.as_bytes(), b"||", &noise(chance)].concat()));
        assert!(!judged(|chance, text| [&[text.len() as u8], text.as_bytes(), &noise(chance)].concat()));
        assert!(!judged(|chance, text| {
            let rest = noise(chance);
            [&[1, 0, rest.len() as u8], text.as_bytes(), &rest].concat()
        }));
        assert!(!judged(|chance, text| [text.as_bytes(), &chance.bytes(32)].concat()));
        assert!(!judged(|chance, text| [&text.as_bytes()[..24], &noise(chance)].concat()));
        assert!(!judged(|chance, text| {
            let blocks = 16 * (1 + chance.below(6));
            [text.as_bytes(), &chance.bytes(blocks)].concat()
        }));
    }

    #[test]
    fn texts_of_which_a_few_go_on_are_not() {
        let mut chance = Chance::new(22);
        let mut talk = Talk::default();
        for number in 0..30 {
            let text =
                format!("report of host {number}; all is quiet. {}", "Nothing new; ".repeat(1 + number % 5));
            let rest = if number % 2 == 0 { noise(&mut chance) } else { Vec::new() };
            talk.datagram(&[text.as_bytes(), &rest].concat());
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("says where the text ends")));
        // The length of the rest stands in the text.
        assert!(!told(|chance, text| {
            let rest = noise(chance);
            [format!("rest={}; {text}", rest.len()).as_bytes(), &rest].concat()
        }));
    }
}
