//! Noise in the middle of words.
//!
//! Speaks for: runs of noise that were put into text wherever it was: word goes on into noise and out of it, and the words differ. In
//! prose, in values of JSON, in the text and the tags of XML and HTML. Silent for: tokens with something between them and the words;
//! prefixes that name a kind of token, which come again; names of things that end with a hash of one length. Minimum: 2 texts, 3
//! different pieces of words, odds of 2^24 to 1, 64 symbols of noise. On one side of words only: lengths that vary by 6.

use std::collections::BTreeSet;

use super::Look;
use crate::class::{Class, is_text};
use crate::evidence::Evidence;
use crate::noise::{Glue, Run, runs};
use crate::reading::Unit;
use crate::statistics::even;

/// The odds, as a logarithm to base 2.
const ODDS: f64 = 24.0;
/// Evidence of one piece that counts as one.
const PIECE: f64 = 2.0;
/// Different pieces of words.
const PIECES: usize = 3;
/// Symbols of noise.
const SYMBOLS: usize = 64;
/// What is looked at of a text.
const LENGTH: usize = 16 << 10;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Found::default();
    for unit in look.reading.units.iter().filter(|unit| is_readable(unit)) {
        let text = unit.bytes.get(..unit.bytes.len().min(LENGTH)).unwrap_or(&unit.bytes);
        let seen = found.pieces;
        for run in runs(text, look.limit) {
            found.put(&run);
        }
        if found.pieces > seen {
            found.texts += 1;
            found.around += text.len();
        }
    }
    found.told(look.limit).into_iter().collect()
}

/// Whether there is text to be read in a unit.
fn is_readable(unit: &Unit<'_>) -> bool {
    let text = match unit.class {
        Class::Document(kind) => kind.text(),
        Class::Text | Class::Random(_) => true,
        Class::Short | Class::Fill(_) | Class::Binary => false,
    };
    text && is_text(unit.bytes.get(..unit.bytes.len().min(512)).unwrap_or(&unit.bytes))
}

/// One side of all runs.
#[derive(Default)]
struct Side {
    /// The pieces of words, each once.
    seen: BTreeSet<Vec<u8>>,
    /// Log odds that this side holds pieces of words, if one end in two does, and if one in twenty does.
    often: f64,
    seldom: f64,
}

impl Side {
    /// Takes one end; whether it is a piece of a word.
    fn put(&mut self, glue: Glue, piece: &[u8]) -> bool {
        // A prefix that comes again names a kind of token: it is evidence once.
        if glue.bits > PIECE && !self.seen.insert(piece.to_ascii_lowercase()) {
            return true;
        }
        let ratio = glue.bits.exp2();
        self.often += (0.5 + 0.5 * ratio).log2();
        self.seldom += (0.95 + 0.05 * ratio).log2();
        glue.bits > PIECE
    }

    fn odds(&self) -> f64 {
        self.often.max(self.seldom) - 1.0
    }
}

#[derive(Default)]
struct Found {
    left: Side,
    right: Side,
    /// Runs with a piece of a word at an end, their cores, and the lengths of these.
    pieces: usize,
    cores: Vec<u8>,
    lengths: Vec<usize>,
    texts: usize,
    around: usize,
}

impl Found {
    fn put(&mut self, run: &Run<'_>) {
        let right = run.token.len() - run.right.length;
        let left = self.left.put(run.left, run.token.get(..run.left.length).unwrap_or_default());
        if self.right.put(run.right, run.token.get(right..).unwrap_or_default()) | left {
            self.pieces += 1;
            self.cores.extend_from_slice(run.core);
            self.lengths.push(run.core.len());
        }
    }

    fn told(&self, limit: f64) -> Option<Evidence> {
        let (left, right) = (self.left.odds(), self.right.odds());
        let different = self.left.seen.len() + self.right.seen.len();
        if self.texts < 2
            || different < PIECES
            || self.cores.len() < SYMBOLS
            || left.max(right).max(left + right) < ODDS
        {
            return None;
        }
        let noise = even(&self.cores, limit)?;
        let share = self.cores.len() as f64 / self.around.max(1) as f64;
        let told = format!(
            "{} runs of noise stand within words, {different} different ones ({}, {:.1} standard deviations; odds of 2^{:.0} to 1), {:.0} % of {} texts",
            self.pieces,
            noise.alphabet.name(),
            noise.deviations,
            left.max(right).max(left + right),
            share * 100.0,
            self.texts
        );
        let evidence = if left.min(right) >= ODDS / 3.0 {
            Evidence::contradiction(self.pieces, share, told).with_example(&self.cores)
        } else {
            // Names that end with a hash: these are of one length.
            let (least, most) = (self.lengths.iter().min()?, self.lengths.iter().max()?);
            if most - least < 6 {
                return None;
            }
            Evidence::statistic(self.pieces, share, 0.65, format!("{told}, {least} to {most} symbols"))
        };
        Some(evidence.with_deviations(noise.deviations))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const WORDS: [&str; 12] = [
        "report",
        "everything",
        "quiet",
        "building",
        "tonight",
        "invoice",
        "customer",
        "delivery",
        "and",
        "the",
        "meeting",
        "october",
    ];

    fn words(chance: &mut Chance, count: usize) -> String {
        (0..count).map(|_| WORDS[chance.below(12)]).collect::<Vec<_>>().join(" ")
    }

    fn judged(kind: &str, make: impl Fn(&mut Chance) -> String) -> Verdict {
        let mut chance = Chance::new(11);
        let mut talk = Talk::default();
        for _ in 0..10 {
            talk.post(kind, make(&mut chance).as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().verdict
    }

    fn noise(chance: &mut Chance, symbols: &[u8], length: usize) -> String {
        String::from_utf8(chance.of(symbols, length)).unwrap()
    }

    fn document(chance: &mut Chance, kind: &str) -> String {
        let (first, second) = (words(chance, 9), words(chance, 7));
        match kind {
            "text/xml" => format!(
                "<?xml version=\"1.0\"?><orders><order id=\"7\"><note>{first}</note></order><order><note>{second}</note></order></orders>"
            ),
            "text/html" => format!(
                "<!DOCTYPE html><html><head><title>{first}</title></head><body><p class=\"note\">{second}</p></body></html>"
            ),
            _ => format!("{{\"title\":\"{first}\",\"note\":\"{second}\"}}"),
        }
    }

    #[test]
    fn noise_put_into_documents_at_any_place_is_junk() {
        for kind in ["text/xml", "text/html", "application/json"] {
            for symbols in [BASE62, b"abcdefghijklmnopqrstuvwxyz", b"0123456789abcdef"] {
                let verdict = judged(kind, |chance| {
                    let text = document(chance, kind);
                    let (at, length) = (40 + chance.below(text.len() - 60), 30 + chance.below(40));
                    let (before, behind) = text.split_at(at);
                    format!("{before}{}{behind}", noise(chance, symbols, length))
                });
                assert!(verdict.is_junk(), "{kind}");
            }
        }
    }

    #[test]
    fn rests_that_have_grown_onto_values_are_suspect() {
        let verdict = judged("application/json", |chance| {
            let length = 18 + chance.below(30);
            format!("{{\"owner\":\"{}{}\",\"id\":7}}", WORDS[chance.below(12)], noise(chance, BASE62, length))
        });
        assert!(verdict.is_junk());
    }

    #[test]
    fn tokens_names_and_hashes_are_not() {
        let token = |chance: &mut Chance| {
            let length = 20 + chance.below(30);
            format!(
                "{{\"note\":\"{}\",\"key\":\"sk_live_{}\"}}",
                words(chance, 9),
                noise(chance, BASE62, length)
            )
        };
        assert_eq!(judged("application/json", token), Verdict::Structured);
        let prefixed = |chance: &mut Chance| {
            format!("{{\"note\":\"{}\",\"key\":\"token{}\"}}", words(chance, 9), noise(chance, BASE62, 40))
        };
        assert_eq!(judged("application/json", prefixed), Verdict::Structured);
        let named = |chance: &mut Chance| {
            format!(
                "<html><body><img src=\"/img/{}{}.png\"><p>{}</p></body></html>",
                WORDS[chance.below(12)],
                noise(chance, b"0123456789abcdef", 32),
                words(chance, 9)
            )
        };
        assert_eq!(judged("text/html", named), Verdict::Structured);
        let quoted = |chance: &mut Chance| {
            let length = 20 + chance.below(40);
            format!(
                "the {} of \"{}\" is ({}) and {}",
                WORDS[chance.below(12)],
                noise(chance, BASE62, length),
                noise(chance, BASE62, 22),
                words(chance, 6)
            )
        };
        assert!(!judged("text/plain", quoted).is_junk());
    }
}
