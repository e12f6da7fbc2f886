//! Noise joined to encoded text without a dot between, blocks that are repeated as labels, and labels of nothing but letters around data.

use std::collections::{BTreeMap, BTreeSet};

use super::words::is_drawn;
use super::{CODES, Decoder, NAMES, Names, base32_value, unpack};
use crate::class::text_runs;
use crate::content::encoding;
use crate::evidence::Evidence;
use crate::rules::periods::from_start;
use crate::rules::short_values::varied;
use crate::statistics::{Alphabet, even};

/// The fewest bytes of a text in a name: noise of its length reads as such far less than once in ten names.
const TEXT: usize = 10;
/// The fewest symbols of noise in a name, and in all.
const NOISE: usize = 6;
const ALL: usize = 64;
/// The fewest symbols before a short text.
const SHORTEST: usize = 8;
/// The fewest names of labels of letters, such labels in each, and their letters.
const LETTERED: usize = 16;
const LABELS: usize = 3;
const LETTERS: usize = 20;

impl Names<'_> {
    /// Names in which noise follows or precedes encoded text inside a label: of another alphabet, or of lengths to which no bytes encode.
    pub(super) fn joined(&self) -> Option<Evidence> {
        let texts: Vec<Text> = self.0.iter().filter_map(|name| Text::longest(name)).collect();
        if texts.len() < NAMES || texts.len() * 2 < self.0.len() {
            return None;
        }
        [Text::behind as fn(&Text) -> Option<&[u8]>, Text::before].into_iter().find_map(|side| {
            let noise: Vec<(&Text, &[u8])> =
                texts.iter().filter_map(|text| Some((text, side(text)?))).collect();
            let symbols: Vec<u8> = noise.iter().flat_map(|(_, noise)| noise.iter().copied()).collect();
            if noise.len() < NAMES
                || noise.len() * 5 < texts.len() * 2
                || symbols.len() < ALL
                || !is_drawn(&symbols)
                || !is_foreign(&noise, &symbols)
            {
                return None;
            }
            let all: usize = noise.iter().map(|(text, _)| text.symbols.len()).sum();
            let share = symbols.len() as f64 / all as f64;
            let told = format!(
                "{} names go on in noise, joined to encoded text, that decodes to nothing: {} symbols, {:.0} % of them",
                noise.len(),
                symbols.len(),
                share * 100.0
            );
            Some(Evidence::contradiction(noise.len(), share, told))
        })
    }

    /// Names that begin in noise of one encoding and end in a short text of the other, inside one label.
    pub(super) fn switched(&self) -> Option<Evidence> {
        let ways = [
            (switch_to_base32 as fn(&[&[u8]]) -> Option<(Vec<u8>, usize)>, Alphabet::Hex, "hex", "base32"),
            (switch_to_hex, Alphabet::Base32, "base32", "hex"),
        ];
        ways.into_iter().find_map(|(switch, alphabet, first, second)| {
            let found: Vec<(Vec<u8>, usize)> = self.0.iter().filter_map(|name| switch(name)).collect();
            let noise: Vec<u8> =
                found.iter().flat_map(|(symbols, at)| symbols.iter().take(*at).copied()).collect();
            // Base32 ends in symbols of hex now and then.
            let both = |(symbols, _): &&(Vec<u8>, usize)| symbols.iter().any(|byte| base32_value(*byte).is_none());
            if found.len() < NAMES
                || found.iter().filter(both).count() * 4 < found.len()
                || found.len() * 5 < self.0.len() * 3
                || noise.len() < ALL
                || even(&noise, 5.0).is_none_or(|drawn| drawn.alphabet != alphabet)
            {
                return None;
            }
            let all: usize = found.iter().map(|(symbols, _)| symbols.len()).sum();
            let share = noise.len() as f64 / all as f64;
            let told = format!(
                "{} names begin in {first} that is noise and end in {second} of a text: {} symbols, {:.0} % of them",
                found.len(),
                noise.len(),
                share * 100.0
            );
            Some(Evidence::contradiction(found.len(), share, told))
        })
    }

    /// One block again and again as labels.
    pub(super) fn blocks(&self) -> Option<Evidence> {
        let mut names: BTreeMap<Vec<u8>, BTreeSet<usize>> = BTreeMap::new();
        for (index, name) in self.0.iter().enumerate() {
            for block in name.iter().filter_map(|label| block(label)) {
                names.entry(block).or_default().insert(index);
            }
        }
        let (block, names) = names.into_iter().max_by_key(|(_, names)| names.len())?;
        if names.len() < NAMES || names.len() * 5 < self.0.len() * 3 {
            return None;
        }
        let of_block =
            |label: &[u8]| label.iter().zip(block.iter().cycle()).all(|(a, b)| a.eq_ignore_ascii_case(b));
        let labels = self.0.iter().flatten();
        let all: usize = labels.clone().map(|label| label.len()).sum();
        let filled: usize = labels.filter(|label| of_block(label)).map(|label| label.len()).sum();
        let share = filled as f64 / all as f64;
        let told = format!(
            "{} names have labels that are one block again and again: {filled} symbols, {:.0} % of them",
            names.len(),
            share * 100.0
        );
        Some(Evidence::contradiction(names.len(), share, told))
    }

    /// Several labels of letters alone in each name, drawn evenly and of many lengths, beside others.
    pub(super) fn of_letters(&self, limit: f64) -> Option<Evidence> {
        let of_letters = |label: &&[u8]| label.len() >= 3 && label.iter().all(u8::is_ascii_alphabetic);
        let (mut labels, mut names): (Vec<&[u8]>, usize) = (Vec::new(), 0);
        for name in &self.0 {
            let found: Vec<&[u8]> = name.iter().copied().filter(of_letters).collect();
            if found.len() >= LABELS {
                names += 1;
                labels.extend(found);
            }
        }
        let symbols = labels.concat().to_ascii_lowercase();
        if names < LETTERED
            || names * 5 < self.0.len() * 3
            || symbols.len() < names * LETTERS
            || !varied(&labels)
        {
            return None;
        }
        let drawn = even(&symbols, limit).filter(|drawn| drawn.alphabet == Alphabet::Letters)?;
        let told = format!(
            "{names} names have labels of letters alone, drawn evenly ({:.1} standard deviations) and of many lengths: {} symbols",
            drawn.deviations,
            symbols.len()
        );
        Some(Evidence::statistic(names, 0.5, 0.6, told).with_deviations(drawn.deviations))
    }
}

/// The longest text that is encoded in a name.
#[derive(Debug)]
pub(super) struct Text {
    /// The labels of the name, joined and in small letters.
    symbols: Vec<u8>,
    /// Where labels end.
    dots: Vec<usize>,
    from: usize,
    until: usize,
    code: (Decoder, usize),
}

impl Text {
    pub(super) fn longest(name: &[&[u8]]) -> Option<Text> {
        let symbols = name.concat().to_ascii_lowercase();
        let spans =
            CODES.iter().flat_map(|code| spans(&symbols, *code).into_iter().map(move |span| (span, *code)));
        let ((from, until), code) = spans.max_by_key(|((from, until), (_, bits))| (until - from) * bits)?;
        Some(Text { dots: dots(name), from, until, code, symbols })
    }

    /// Whether half of the name or more is the text.
    pub(super) fn is_most(&self) -> bool {
        (self.until - self.from) * 2 >= self.symbols.len()
    }

    /// What follows the text inside a label.
    fn behind(&self) -> Option<&[u8]> {
        let joined =
            !self.dots.iter().any(|dot| (self.until.saturating_sub(NOISE)..=self.until + 2).contains(dot));
        self.symbols.get(self.until..).filter(|noise| joined && noise.len() >= NOISE)
    }

    /// What precedes it.
    fn before(&self) -> Option<&[u8]> {
        let joined =
            !self.dots.iter().any(|dot| (self.from.saturating_sub(2)..=self.from + NOISE).contains(dot));
        self.symbols.get(..self.from).filter(|noise| joined && noise.len() >= NOISE)
    }
}

/// Where labels end in a name without its dots, but for the last.
fn dots(name: &[&[u8]]) -> Vec<usize> {
    let ends = name.iter().scan(0, |end, label| {
        *end += label.len();
        Some(*end)
    });
    ends.take(name.len().saturating_sub(1)).collect()
}

/// Where some symbols decode to text with a code, from any of them on.
fn spans(symbols: &[u8], (value, bits): (Decoder, usize)) -> Vec<(usize, usize)> {
    let (mut found, mut start) = (Vec::new(), 0);
    for run in symbols.chunk_by(|a, b| value(*a).is_some() == value(*b).is_some()) {
        let values: Vec<u8> = run.iter().filter_map(|byte| value(*byte)).collect();
        for offset in (0..8).take(if bits == 4 { 2 } else { 8 }) {
            let decoded = unpack(values.get(offset..).unwrap_or_default(), bits);
            let place = |byte: usize| start + offset + byte * 8 / bits;
            found.extend(text_runs(&decoded, TEXT).into_iter().map(|(from, until)| {
                (place(from), (start + offset + (until * 8).div_ceil(bits)).min(start + run.len()))
            }));
        }
        start += run.len();
    }
    found
}

/// Whether noise cannot be of the encoding of the texts it is joined to.
fn is_foreign(noise: &[(&Text, &[u8])], symbols: &[u8]) -> bool {
    let strange = |(text, noise): &&(&Text, &[u8])| noise.iter().any(|byte| text.code.0(*byte).is_none());
    if noise.iter().filter(strange).count() * 2 >= noise.len() {
        return true;
    }
    let base32 = noise.iter().filter(|(text, _)| text.code.1 == 5).count() * 10 >= noise.len() * 9;
    if base32 && symbols.iter().all(u8::is_ascii_alphabetic) {
        return true;
    }
    // Whole bytes give lengths that leave out a half, or three in eight; marks before the data shift all of them by as many.
    let (group, whole): (usize, &[usize]) = if base32 { (8, &[0, 2, 4, 5, 7]) } else { (2, &[0]) };
    let fits = |shift: &usize| {
        let fit = noise.iter().filter(|(text, _)| whole.contains(&((text.symbols.len() + shift) % group)));
        fit.count() * 20 >= noise.len() * 17
    };
    !(0..group).any(|shift| fits(&shift))
}

/// The symbols of a name, and where hex gives way to base32 of a short text at its end, inside a label.
fn switch_to_base32(name: &[&[u8]]) -> Option<(Vec<u8>, usize)> {
    const LONGEST: usize = 26;
    let symbols = name.concat().to_ascii_lowercase();
    let hex = symbols.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let ends = dots(name);
    let starts = symbols.len().saturating_sub(LONGEST).max(SHORTEST)..=hex.min(symbols.len().checked_sub(4)?);
    let at = starts.rev().find(|at| !ends.contains(at) && symbols.get(*at..).is_some_and(is_whole_text))?;
    let before = symbols.get(..at)?;
    before.iter().any(|byte| base32_value(*byte).is_none()).then_some((symbols, at))
}

/// The same where base32 gives way to hex, which is of digits that base32 does not have.
fn switch_to_hex(name: &[&[u8]]) -> Option<(Vec<u8>, usize)> {
    let symbols = name.concat().to_ascii_lowercase();
    let base32 = symbols.iter().take_while(|byte| base32_value(**byte).is_some()).count();
    let hex = symbols.iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let ends = dots(name);
    let starts = symbols.len().saturating_sub(hex & !1).max(SHORTEST)..=base32;
    let reads = |at: &usize| {
        let bytes = symbols.get(*at..).and_then(encoding::hex).unwrap_or_default();
        bytes.len() >= 2 && bytes.iter().all(|byte| matches!(byte, 32..=126))
    };
    let at = starts.rev().find(|at| !ends.contains(at) && reads(at))?;
    Some((symbols, at))
}

/// Whether symbols are base32 of all of a printable text, with the bits that are left over unset, and are no hex.
fn is_whole_text(symbols: &[u8]) -> bool {
    let Some(values) = symbols.iter().map(|byte| base32_value(*byte)).collect::<Option<Vec<u8>>>() else {
        return false;
    };
    let text = unpack(&values, 5);
    let left = values.len() * 5 - text.len() * 8;
    let unset = values.last().is_some_and(|last| left < 5 && last & ((1 << left) - 1) == 0);
    unset
        && text.len() >= 2
        && text.iter().all(|byte| matches!(byte, 32..=126))
        && !symbols.iter().all(u8::is_ascii_hexdigit)
}

/// The block that a label repeats.
fn block(label: &[u8]) -> Option<Vec<u8>> {
    let label = label.to_ascii_lowercase();
    let period = (3..=16.min(label.len() / 2)).find(|period| from_start(&label, *period) == label.len())?;
    let block = label.get(..period)?;
    let kinds: BTreeSet<&u8> = block.iter().collect();
    (kinds.len() >= 3).then(|| block.to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{hex, judged};
    use crate::testing::Chance;
    use lopside_model::payload::Verdict;

    const HEX: &[u8] = b"0123456789abcdef";
    const BASE32: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

    fn base32(text: &str) -> String {
        let bits: Vec<u8> =
            text.bytes().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
        let value =
            |group: &[u8]| (0..5).fold(0, |value, bit| value << 1 | group.get(bit).copied().unwrap_or(0));
        bits.chunks(5).map(|group| char::from(BASE32[usize::from(value(group))])).collect()
    }

    fn noise(chance: &mut Chance, symbols: &[u8], length: usize) -> String {
        String::from_utf8(chance.of(symbols, length)).unwrap()
    }

    /// Labels of sixty symbols.
    fn cut(symbols: &str) -> String {
        let labels: Vec<&str> =
            symbols.as_bytes().chunks(60).map(|label| std::str::from_utf8(label).unwrap()).collect();
        labels.join(".")
    }

    fn text(chance: &mut Chance, number: usize) -> String {
        let words = [
            "pump", "of the", "order", "late", "shipping", "is", "a", "budget", "was", "again", "with",
            "night",
        ];
        let count = 4 + chance.below(6);
        let words: Vec<&str> = (0..count).map(|_| words[chance.below(words.len())]).collect();
        format!("{} {number}", words.join(" "))
    }

    #[test]
    fn noise_joined_to_text_is_junk() {
        let behind = |encode: fn(&str) -> String, symbols: &'static [u8], vary: usize| {
            judged(move |chance, number| {
                let length = 12 + chance.below(vary);
                let text = encode(&text(chance, number));
                cut(&format!("{text}{}", noise(chance, symbols, length)))
            })
        };
        assert_eq!(behind(hex, BASE32, 1), Verdict::Junk);
        assert_eq!(behind(hex, HEX, 20), Verdict::Junk);
        assert_eq!(behind(base32, HEX, 1), Verdict::Junk);
        assert_eq!(behind(base32, LETTERS, 1), Verdict::Junk);
        assert_eq!(behind(base32, BASE32, 20), Verdict::Junk);
        let before = judged(|chance, number| {
            let length = 12 + chance.below(20);
            let noise = noise(chance, HEX, length);
            cut(&format!("{noise}{}", base32(&text(chance, number))))
        });
        assert_eq!(before, Verdict::Junk);
        let short = judged(|chance, number| {
            let length = 12 + chance.below(20);
            let noise = noise(chance, HEX, length);
            format!("{noise}{}", base32(["id", "ls", "dir", "net", "set", "tree"][number % 6]))
        });
        assert_eq!(short, Verdict::Junk);
        let short = judged(|chance, number| {
            let length = 12 + chance.below(20);
            let noise = noise(chance, BASE32, length);
            format!("{noise}{}", hex(["id", "ls -l", "dir", "net 1", "set 0", "9 of"][number % 6]))
        });
        assert_eq!(short, Verdict::Junk);
    }

    #[test]
    fn tunnels_that_only_encode_are_not() {
        for encode in [hex, base32] {
            // Two bytes of a session, a counter and a text.
            let tunnel = |chance: &mut Chance, number: usize| {
                let header: String = chance.bytes(5).iter().map(|byte| char::from(byte % 32)).collect();
                cut(&encode(&format!("{header}{}", text(chance, number))))
            };
            assert!(!judged(tunnel).is_junk());
            // A mark and a letter of the user before the data, and each label encoded by itself.
            assert!(!judged(|chance, number| cut(&format!("pa{}", encode(&text(chance, number))))).is_junk());
            let parts = |chance: &mut Chance, number: usize| {
                let text = text(chance, number);
                let (first, second) = text.split_at(17);
                format!("{}.{}", encode(first), cut(&encode(second)))
            };
            assert!(!judged(parts).is_junk());
            // A check of one length as a label of its own.
            let checked = |chance: &mut Chance, number: usize| {
                let text = encode(&text(chance, number));
                format!("{}.{}", cut(&text), noise(chance, HEX, 16))
            };
            assert!(!judged(checked).is_junk());
        }
        assert!(!judged(|chance, _| noise(chance, HEX, 32)).is_junk());
        assert!(!judged(|chance, _| noise(chance, BASE32, 26)).is_junk());
    }

    #[test]
    fn blocks_and_labels_of_letters_are_told() {
        let blocks = |chance: &mut Chance, number: usize| {
            let fill: String = "2sody7lq".chars().cycle().take(16 + chance.below(20)).collect();
            format!("{fill}.{}", base32(&text(chance, number)))
        };
        assert_eq!(judged(blocks), Verdict::Junk);
        let letters = |chance: &mut Chance, number: usize| {
            let mut label = || {
                let length = 5 + chance.below(20);
                noise(chance, LETTERS, length)
            };
            format!("{}.{}.{}.{}", label(), base32(["id", "ls", "ps"][number % 3]), label(), label())
        };
        assert_ne!(judged(letters), Verdict::Structured);
        let hosts = |_: &mut Chance, number: usize| {
            let words = ["static", "images", "north", "cache", "shop", "mail", "central", "europe"];
            let word = |place: usize| words[(number * 3 + place * 5 + number / 8) % 8];
            format!("{}{number}.{}.{}", word(0), word(1), word(2))
        };
        assert_eq!(judged(hosts), Verdict::Structured);
    }
}
