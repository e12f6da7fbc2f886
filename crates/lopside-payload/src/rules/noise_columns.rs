//! A block of noise of one odd length at one place of texts.
//!
//! Codes, keys and nonces have whole words: 4, 8, 12, 16, 20 bytes and so on; and where a text is sealed there is no text. A block of as
//! many bytes as none of them has, new in each message, with text right behind it, and right before it where it does not begin the
//! message, is none of these.
//!
//! Speaks for: bodies, raw messages and what encoded values hold, of which all but a few have bytes drawn evenly in the same columns,
//! from the first on or behind a text that is cut there, and text behind them. Silent for: blocks of whole words, and of 10 bytes,
//! headers (columns of a few values), texts of other code pages. Minimum: 12 messages, blocks of 9 to 47 bytes, 160 bytes in all.

use std::collections::BTreeSet;

use super::Look;
use crate::evidence::Evidence;
use crate::reading::Carrier;
use crate::statistics::{Alphabet, even};

/// The fewest messages, and how many are looked at.
const MESSAGES: usize = 12;
const MOST: usize = 256;
/// The lengths of blocks, and the fewest bytes of all.
const BLOCK: std::ops::RangeInclusive<usize> = 9..=47;
const BYTES: usize = 160;
/// The longest header before a text.
const HEADER: usize = 16;
/// The farthest place at which a block begins, and the columns of text right before and behind it.
const FARTHEST: usize = 64;
const BEFORE: usize = 4;
const BEHIND: usize = 6;
/// Columns at the ends of a block that are judged by themselves.
const EDGE: usize = 3;
/// Of a hundred messages so many have text in a column of text; noise has a third.
const TEXT: usize = 88;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let carriers = [Carrier::Http, Carrier::Layer, Carrier::Stream, Carrier::Datagram, Carrier::Part];
    carriers.into_iter().find_map(|carrier| told(look, carrier)).into_iter().collect()
}

fn told(look: &Look<'_>, carrier: Carrier) -> Option<Evidence> {
    let fits = |length: usize| length > BLOCK.start() + 2 * BEHIND;
    let units = look.reading.units.iter().filter(|unit| {
        unit.carrier == carrier && unit.document.is_none() && !unit.headless && fits(unit.bytes.len())
    });
    // What a body holds under base64 may be a value of its form too.
    let different: BTreeSet<&[u8]> = units.take(MOST).map(|unit| unit.bytes.as_ref()).collect();
    let messages: Vec<&[u8]> = different.into_iter().collect();
    if messages.len() < MESSAGES {
        return None;
    }
    let columns = Columns::of(&messages);
    let odd = |(from, to): &(usize, usize)| BLOCK.contains(&(to - from)) && !is_of_words(to - from);
    columns.blocks().filter(odd).find_map(|block| noise(&messages, block, look.limit))
}

/// What is told of noise in some columns of messages.
fn noise(messages: &[&[u8]], (from, to): (usize, usize), limit: f64) -> Option<Evidence> {
    let length = to - from;
    let piece = |from: usize, to: usize| -> Vec<u8> {
        messages.iter().filter_map(|message| message.get(from..to)).flatten().copied().collect()
    };
    let block = piece(from, to);
    let is_drawn = |bytes: &[u8]| even(bytes, limit).filter(|drawn| drawn.alphabet == Alphabet::Bytes);
    let drawn = is_drawn(&block).filter(|_| block.len() >= BYTES)?;
    let width = EDGE.max((48 / messages.len()).max(1)).min(length);
    is_drawn(&piece(from, from + width))?;
    is_drawn(&piece(to - width, to))?;
    let around: usize = messages.iter().map(|message| message.len()).sum();
    let text = format!(
        "{} texts have {length} bytes of noise each at their byte {}, as long as no code or key is, with text right behind",
        messages.len(),
        from + 1
    );
    let share = block.len() as f64 / around.max(1) as f64;
    Some(
        Evidence::statistic(messages.len(), share, 0.65, text)
            .with_deviations(drawn.deviations)
            .with_example(&block),
    )
}

/// Whether a block has a length of codes, keys or nonces.
fn is_of_words(length: usize) -> bool {
    length.is_multiple_of(4) || length == 10
}

/// How many messages of a hundred have text in each of the first columns.
struct Columns(Vec<usize>);

impl Columns {
    fn of(messages: &[&[u8]]) -> Columns {
        let width = FARTHEST + BLOCK.end() + BEHIND;
        let column = |place: usize| {
            let here = messages.iter().filter_map(|message| message.get(place));
            let (text, all) = here.fold((0, 0), |(text, all), byte| {
                (text + usize::from(matches!(byte, b'\t' | b'\r' | b'\n' | 32..=126)), all + 1)
            });
            // Shorter messages end before.
            (all * 2 >= messages.len()).then_some(text * 100 / all.max(1))
        };
        Columns((0..width).map_while(column).collect())
    }

    fn is_text(&self, place: usize) -> bool {
        self.0.get(place).is_some_and(|share| *share >= TEXT)
    }

    /// The blocks of columns that are no text, before columns that are: from the first on, and behind the first text, which may have a
    /// header before it.
    fn blocks(&self) -> impl Iterator<Item = (usize, usize)> {
        let is_run = |place: &usize| (0..BEFORE).all(|next| self.is_text(place + next));
        let text = (0..=HEADER).find(is_run);
        let behind = text.and_then(|text| (text..FARTHEST).find(|place| !self.is_text(*place)));
        [Some(0).filter(|_| !self.is_text(0)), behind].into_iter().flatten().filter_map(|from| {
            let to = (from..self.0.len()).find(|place| (0..BEHIND).all(|next| self.is_text(place + next)))?;
            let noisy =
                (from..to).all(|place| self.0.get(place).is_some_and(|share| (5..80).contains(share)));
            noisy.then_some((from, to))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    fn text(chance: &mut Chance, number: usize) -> String {
        let words = ["the pump", "the valve", "the gate", "the lamp"];
        let word = |chance: &mut Chance| words[chance.below(4)];
        format!(
            "{} of hall {} is quiet, and so is {}, says {number}",
            word(chance),
            chance.below(90),
            word(chance)
        )
    }

    fn is_junk(make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(137);
        let mut talk = Talk::default();
        for number in 0..24 {
            let text = text(&mut chance, number);
            talk.datagram(&make(&mut chance, &text));
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("as long as no code"))
    }

    #[test]
    fn blocks_of_odd_lengths_before_and_inside_texts_are_told() {
        for length in [15, 31, 11] {
            assert!(
                is_junk(|chance, text| [chance.bytes(length).as_slice(), text.as_bytes()].concat()),
                "{length}"
            );
            assert!(
                is_junk(|chance, text| {
                    let (before, behind) = text.split_at(14);
                    [before.as_bytes(), &chance.bytes(length), behind.as_bytes()].concat()
                }),
                "{length}"
            );
        }
    }

    #[test]
    fn a_header_may_stand_before_the_text() {
        assert!(is_junk(|chance, text| {
            let (before, behind) = text.split_at(8);
            let header = [7, 1, 0, 0, chance.below(9) as u8, 0, 3];
            [&header, before.as_bytes(), &chance.bytes(23), behind.as_bytes()].concat()
        }));
    }

    #[test]
    fn blocks_under_base64_are_told() {
        let mut chance = Chance::new(139);
        let mut talk = Talk::default();
        for number in 0..24 {
            let text = text(&mut chance, number).repeat(3);
            let value =
                String::from_utf8(encode(&[chance.bytes(15).as_slice(), text.as_bytes()].concat())).unwrap();
            talk.post(
                "application/x-www-form-urlencoded",
                format!("p={}", value.replace('+', "%2B").replace('=', "%3D")).as_bytes(),
            );
            talk.answer(b"ok");
        }
        assert!(talk.judge().reasons.iter().any(|reason| reason.contains("as long as no code")));
    }

    #[test]
    fn codes_headers_and_texts_alone_are_not() {
        assert!(!is_junk(|chance, text| [chance.bytes(16).as_slice(), text.as_bytes()].concat()));
        assert!(!is_junk(|chance, text| [chance.bytes(20).as_slice(), text.as_bytes()].concat()));
        assert!(!is_junk(|chance, text| [
            b"\x01\x02\0\0\0\0\0",
            chance.bytes(2).as_slice(),
            b"\0\0",
            text.as_bytes()
        ]
        .concat()));
        assert!(!is_junk(|_, text| text.as_bytes().to_vec()));
        assert!(!is_junk(|chance, text| {
            let length = 15 + chance.below(20);
            [chance.bytes(length).as_slice(), text.as_bytes()].concat()
        }));
    }

    #[test]
    fn a_few_messages_are_not() {
        // A nonce and a sealed name of 18 bytes before the text.
        let mut chance = Chance::new(140);
        let mut talk = Talk::default();
        for number in 0..11 {
            let text = text(&mut chance, number);
            talk.datagram(&[chance.bytes(30).as_slice(), text.as_bytes()].concat());
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("as long as no code")));
    }
}
