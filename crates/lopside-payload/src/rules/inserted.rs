//! The same text again and again, each time with other characters among its own.
//!
//! Speaks for: messages and values that begin alike, or have the same text somewhere in their beginning, once single characters are taken
//! out that stand at other places in each. Silent for: templates with numbers, names and codes, which change at the same places; texts
//! that are typed or edited, which change at few. Minimum: 6 texts, 20 symbols that they share, 24 strangers among them.

use super::Look;
use super::texts::AllTexts;
use crate::evidence::Evidence;

/// The fewest texts beside the first, and how many are looked at.
const TEXTS: usize = 5;
const LOOKED_AT: usize = 24;
/// Bytes of a text that are looked at.
const MOST: usize = 128;
/// The fewest symbols that two texts share in one chain.
const SHARED: usize = 20;
/// The fewest strangers, and kinds of them.
const STRANGERS: usize = 24;
const KINDS: usize = 6;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    AllTexts::of(look).groups().filter_map(|group| in_group(group)).take(1).collect()
}

fn in_group(mut texts: Vec<&[u8]>) -> Option<Evidence> {
    texts.retain(|text| text.len() >= 2 * SHARED);
    texts.dedup();
    let (first, others) = texts.split_first()?;
    let first = first.get(..first.len().min(MOST)).unwrap_or(first);
    let mut found = Strangers {
        held: vec![0; first.len()],
        touched: vec![false; first.len()],
        counts: [0; 256],
        texts: 0,
        shared: 0,
    };
    for (tried, other) in others.iter().take(LOOKED_AT).enumerate() {
        // Texts that have nothing in common, or all, say so soon.
        if tried == 3 && found.texts < 2 {
            return None;
        }
        let other = other.get(..other.len().min(MOST)).unwrap_or(other);
        found.take(first, other);
    }
    found.told(others.len().min(LOOKED_AT), first)
}

/// What stands among the symbols of a text in others.
struct Strangers {
    /// In how many others each symbol of the first text is.
    held: Vec<usize>,
    /// Behind which of its symbols others have a stranger.
    touched: Vec<bool>,
    counts: [usize; 256],
    texts: usize,
    shared: usize,
}

impl Strangers {
    fn take(&mut self, first: &[u8], other: &[u8]) {
        let chain = chain(first, other);
        let new = chain.iter().filter(|(at, _)| *at == 0 || first[*at] != first[*at - 1]).count();
        if new < SHARED || !is_text(first, &chain) {
            return;
        }
        let gaps = chain.windows(2).filter_map(|pair| match pair {
            [a, b] => (b.0 - a.0 > 1 || b.1 - a.1 > 1).then_some((*a, *b)),
            _ => None,
        });
        let mut strangers = 0;
        for (a, b) in gaps {
            let beside = [first[a.0], first[b.0]];
            let between = first.get(a.0 + 1..b.0).into_iter().chain(other.get(a.1 + 1..b.1)).flatten();
            for stranger in between {
                // Numbers change in every message.
                if stranger.is_ascii_digit() && beside.iter().any(u8::is_ascii_digit) || *stranger == b' ' {
                    continue;
                }
                strangers += 1;
                self.counts[usize::from(*stranger)] += 1;
                self.touched[a.0] = true;
            }
        }
        chain.iter().for_each(|(at, _)| self.held[*at] += 1);
        self.texts += usize::from(strangers > 0);
        self.shared += chain.len();
    }

    fn told(&self, tried: usize, first: &[u8]) -> Option<Evidence> {
        let strangers: usize = self.counts.iter().sum();
        if self.texts < TEXTS || self.texts * 10 < tried * 6 || strangers < STRANGERS {
            return None;
        }
        let common: Vec<bool> = self
            .held
            .iter()
            .zip(&self.touched)
            .filter(|(held, _)| **held * 2 >= self.texts)
            .map(|(_, touched)| *touched)
            .collect();
        let touched = common.iter().filter(|touched| **touched).count();
        let kinds = self.counts.iter().filter(|count| **count > 0).count();
        let most = (0..=255u8).max_by_key(|byte| self.counts[usize::from(*byte)])?;
        let often = self.counts[usize::from(most)];
        let many = kinds >= KINDS && often * 5 <= strangers * 2;
        // One and the same stranger stands in all of them, and what is left and right of it is now and then taken for one.
        let one = often * 10 >= strangers * 6 && most.is_ascii_alphanumeric();
        if common.len() < SHARED || touched * 3 < common.len() || !(many || one) {
            return None;
        }
        let words = format!(
            "{} texts are the same with other characters among theirs: {strangers} strangers of {kinds} kinds behind {touched} of {} symbols that they share",
            self.texts + 1,
            common.len()
        );
        let share = strangers as f64 / (2 * self.shared + strangers) as f64;
        Some(Evidence::contradiction(self.texts, share, words).with_example(first))
    }
}

/// Whether a chain is of the symbols of text: few that cannot be printed, letters and digits, of many kinds.
fn is_text(text: &[u8], chain: &[(usize, usize)]) -> bool {
    let symbols = || chain.iter().filter_map(|(at, _)| text.get(*at));
    let odd = symbols().filter(|byte| !matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n')).count();
    let letters = symbols().filter(|byte| byte.is_ascii_alphanumeric()).count();
    let kinds = symbols().collect::<std::collections::BTreeSet<_>>().len();
    odd * 20 <= chain.len() && letters * 3 >= chain.len() && kinds >= 10
}

/// The longest chain of symbols that two texts have in the same order with at most one stranger in each between two of them: their places.
fn chain(a: &[u8], b: &[u8]) -> Vec<(usize, usize)> {
    let width = b.len();
    let mut scores = vec![0i32; a.len() * width];
    let mut best = (0, 0);
    for (i, symbol) in a.iter().enumerate() {
        for j in (0..width).filter(|j| b[*j] == *symbol) {
            let before = before(i, j).filter_map(|(x, y, cost)| {
                Some((scores.get(x * width + y)? - cost, x)).filter(|(score, _)| *score > 0)
            });
            let from = before.max().map_or(0, |(score, _)| score);
            // Runs of one symbol are the same everywhere.
            let repeated = i > 0 && a[i - 1] == *symbol && j > 0 && b[j - 1] == *symbol;
            let score = from + if repeated { 1 } else { 4 };
            scores[i * width + j] = score;
            best = best.max((score, i * width + j));
        }
    }
    let mut chain = Vec::new();
    let (mut score, mut at) = best;
    while score > 0 && chain.len() < a.len() {
        let (i, j) = (at / width, at % width);
        chain.push((i, j));
        let before = before(i, j).map(|(x, y, cost)| (scores[x * width + y] - cost, x * width + y));
        let Some(next) = before.filter(|(score, _)| *score > 0).max() else { break };
        (score, at) = (scores[next.1], next.1);
    }
    chain.reverse();
    chain
}

/// The places from which a chain may come to these, and what each costs.
fn before(i: usize, j: usize) -> impl Iterator<Item = (usize, usize, i32)> {
    [(1, 1, 0), (2, 1, 2), (1, 2, 2), (2, 2, 3)]
        .into_iter()
        .filter_map(move |(x, y, cost)| Some((i.checked_sub(x)?, j.checked_sub(y)?, cost)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_told(messages: usize, make: impl Fn(&mut Chance, usize) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(92);
        let mut talk = Talk::default();
        for number in 0..messages {
            talk.send(&make(&mut chance, number));
            talk.reply(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("other characters among"))
    }

    fn report(chance: &mut Chance, number: usize) -> Vec<u8> {
        let time = format!("{:02}:{:02}:{:02}", chance.below(24), chance.below(60), chance.below(60));
        let free = chance.below(900_000);
        format!(
            "host: PC-MEYER\nuser: jmeyer\nstamp: 2026-04-1{} {time}\nstate: idle\nfree: {free}\n",
            number % 9
        )
        .into_bytes()
    }

    /// A stranger behind about one in so many characters.
    fn strewn(chance: &mut Chance, text: &[u8], every: usize, symbols: &[u8]) -> Vec<u8> {
        let mut mixed = Vec::new();
        for byte in text {
            mixed.push(*byte);
            if chance.below(every) == 0 {
                mixed.extend(chance.of(symbols, 1));
            }
        }
        mixed
    }

    #[test]
    fn strangers_at_other_places_in_each_are_junk() {
        for every in [3, 9] {
            for symbols in [b"abcdefghijklmnopqrstuvwxyz".as_slice(), b"0123456789abcdef", b"A"] {
                let told = is_told(16, |chance, number| {
                    let text = report(chance, number);
                    strewn(chance, &text, every, symbols)
                });
                assert!(told, "{every} {symbols:?}");
            }
        }
        let few = |chance: &mut Chance, number| {
            let text = report(chance, number);
            strewn(chance, &text, 4, b"abcdefghijklmnopqrstuvwxyz")
        };
        assert!(!is_told(5, few));
    }

    #[test]
    fn templates_codes_edits_and_line_ends_are_not() {
        assert!(!is_told(20, report));
        let code = |chance: &mut Chance, number: usize| {
            let (key, item) =
                (chance.of(b"0123456789abcdef", 6), chance.of(b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 4));
            let (key, item) = (String::from_utf8(key).unwrap(), String::from_utf8(item).unwrap());
            format!("order {number} of {key} was packed as {item} and is on its way to the customer\n")
                .into_bytes()
        };
        assert!(!is_told(20, code));
        let text =
            b"the text that somebody types letter by letter, with a program that sends all of it each time";
        assert!(!is_told(20, |_, number| text[..40 + 2 * number].to_vec()));
        let edited = |chance: &mut Chance, _| {
            let mut text = text.to_vec();
            let place = chance.below(80);
            text.insert(place, b'a' + chance.below(26) as u8);
            text
        };
        assert!(!is_told(20, edited));
        let wrapped = |chance: &mut Chance, _| strewn(chance, text, 8, b"\n");
        assert!(!is_told(20, wrapped));
    }
}
