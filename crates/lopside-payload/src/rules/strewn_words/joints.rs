//! Letters on both sides of strangers, and whether they go together as letters side by side do.

use std::collections::BTreeSet;

use crate::statistics::{Before, Counts, letter_bits};

/// Sorts of characters that are no small letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sort(u8);

impl Sort {
    pub(super) const DIGIT: Sort = Sort(1);
    pub(super) const MARK: Sort = Sort(2);
    pub(super) const CAPITAL: Sort = Sort(4);
    /// Characters beyond ASCII, and bytes that are no part of one.
    pub(super) const BEYOND: Sort = Sort(8);
    /// Those of them that are signs of no script.
    pub(super) const SIGN: Sort = Sort(16);

    pub(super) const fn or(self, other: Sort) -> Sort {
        Sort(self.0 | other.0)
    }

    const fn has(self, other: Sort) -> bool {
        self.0 & other.0 != 0
    }
}

/// Kinds of letters: 26, and 128 for those beyond ASCII.
const KINDS: usize = 26 + 128;
/// The longest run of strangers.
const RUN: usize = 3;
/// The fewest kinds of letters beside strangers: hex has six.
const LETTERS: usize = 12;
/// What is known of pairs before any are seen counts as so many.
const KNOWN: f64 = 16.0;

/// A letter, strangers, and a letter, with the letter before these: each is counted once.
type Joint = (u8, u8, [u8; RUN], u8);

/// What stands beside and between the letters of texts.
pub(super) struct Joints {
    joints: BTreeSet<Joint>,
    /// How often each letter stands right before each other.
    pairs: Vec<u32>,
    pub(super) letters: usize,
    /// Strangers, each as often as it comes.
    pub(super) all: usize,
    /// Texts with strangers.
    pub(super) texts: usize,
}

/// What a character is for strangers of some sorts.
#[derive(Clone, Copy)]
enum Part {
    Letter(u8),
    Stranger(u8),
    Other,
}

impl Joints {
    pub(super) fn of(texts: &[&[u8]], sort: Sort) -> Joints {
        let mut joints =
            Joints { joints: BTreeSet::new(), pairs: vec![0; KINDS * KINDS], letters: 0, all: 0, texts: 0 };
        for text in texts {
            let before = joints.all;
            let mut state = State::default();
            for chunk in text.utf8_chunks() {
                chunk.valid().chars().for_each(|c| joints.take(&mut state, part(c, sort)));
                let broken = |byte: &u8| {
                    if sort.has(Sort::BEYOND) { Part::Stranger(*byte) } else { Part::Other }
                };
                chunk.invalid().iter().for_each(|byte| joints.take(&mut state, broken(byte)));
            }
            joints.texts += usize::from(joints.all > before);
        }
        joints
    }

    fn take(&mut self, state: &mut State, part: Part) {
        match part {
            Part::Letter(letter) => {
                self.letters += 1;
                if let Some(last) = state.last {
                    if state.length == 0 {
                        self.pairs[usize::from(last) * KINDS + usize::from(letter)] += 1;
                    } else {
                        self.joints.insert((state.before, last, state.run, letter));
                        self.all += state.length;
                    }
                }
                *state =
                    State { before: state.last.unwrap_or(u8::MAX), last: Some(letter), ..State::default() };
            }
            Part::Stranger(symbol) if state.last.is_some() && state.length < RUN => {
                state.run[state.length] = symbol;
                state.length += 1;
            }
            Part::Stranger(_) | Part::Other => *state = State::default(),
        }
    }

    /// How often each stranger stands at different joints.
    pub(super) fn strangers(&self) -> Counts {
        let mut counts = [0; 256];
        for (_, _, run, _) in &self.joints {
            run.iter().filter(|symbol| **symbol != 0).for_each(|symbol| counts[usize::from(*symbol)] += 1);
        }
        counts
    }

    /// By how many bits the second letter of a joint with nothing but such strangers is better foretold by the first than by any first
    /// letter, and that in standard deviations. `None` for few kinds of letters.
    pub(super) fn go_together(&self, drawn: impl Fn(u8) -> bool) -> Option<(f64, f64)> {
        let strange = |run: &[u8; RUN]| run.iter().all(|symbol| *symbol == 0 || drawn(*symbol));
        let joints: Vec<(usize, usize)> = self
            .joints
            .iter()
            .filter(|(_, _, run, _)| strange(run))
            .map(|(_, left, _, right)| (usize::from(*left), usize::from(*right)))
            .collect();
        let (mut lefts, mut rights) = ([0.0; KINDS], [0.0; KINDS]);
        for (left, right) in &joints {
            lefts[*left] += 1.0;
            rights[*right] += 1.0;
        }
        let kinds = |counts: &[f64; KINDS]| counts.iter().filter(|count| **count > 0.0).count();
        if kinds(&lefts) < LETTERS || kinds(&rights) < LETTERS {
            return None;
        }
        let n = joints.len() as f64;
        let bits = self.bits();
        let bits = |left: usize, right: usize| bits[left * KINDS + right];
        let (sum, squares) = joints.iter().fold((0.0, 0.0), |(sum, squares), (left, right)| {
            let bits = bits(*left, *right);
            (sum + bits, squares + bits * bits)
        });
        let any: f64 = (0..KINDS)
            .filter(|left| lefts[*left] > 0.0)
            .flat_map(|left| (0..KINDS).map(move |right| (left, right)))
            .filter(|(_, right)| rights[*right] > 0.0)
            .map(|(left, right)| lefts[left] * rights[right] * bits(left, right))
            .sum::<f64>()
            / (n * n);
        let (mean, deviation) = (sum / n, (squares / n - (sum / n).powi(2)).max(0.01).sqrt());
        Some((any - mean, (any - mean) / deviation * n.sqrt()))
    }

    /// The bits of each letter behind each other by the pairs that stand side by side.
    fn bits(&self) -> Vec<f64> {
        let mut bits = vec![0.0; KINDS * KINDS];
        for (left, (bits, row)) in bits.chunks_mut(KINDS).zip(self.pairs.chunks(KINDS)).enumerate() {
            let all = f64::from(row.iter().sum::<u32>());
            for (right, (bits, count)) in bits.iter_mut().zip(row).enumerate() {
                let known = KNOWN * known(left, right);
                *bits = -((f64::from(*count) + known) / (all + KNOWN)).log2();
            }
        }
        bits
    }
}

/// The last letters of a word, and the strangers behind them.
#[derive(Default)]
struct State {
    before: u8,
    last: Option<u8>,
    run: [u8; RUN],
    length: usize,
}

/// What a character is.
fn part(c: char, strangers: Sort) -> Part {
    let sort = match c {
        'a'..='z' => return Part::Letter(c as u8 - b'a'),
        'A'..='Z' => Sort::CAPITAL,
        '0'..='9' => Sort::DIGIT,
        '!'..='~' => Sort::MARK,
        c if c.is_ascii() => return Part::Other,
        c if is_sign(c) => Sort::BEYOND.or(Sort::SIGN),
        _ => Sort::BEYOND,
    };
    if strangers.has(sort) {
        return Part::Stranger(folded(c));
    }
    let small = c.to_lowercase().next().unwrap_or(c);
    match small {
        'a'..='z' => Part::Letter(small as u8 - b'a'),
        small if small.is_alphabetic() => Part::Letter(26 + (u32::from(small) & 127) as u8),
        _ => Part::Other,
    }
}

/// A number for a stranger.
pub(super) fn folded(c: char) -> u8 {
    if c.is_ascii() { c as u8 } else { 128 | (u32::from(c) & 127) as u8 }
}

/// Whether a character beyond ASCII is a sign of no script: others than letters stand inside the words of many.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{a0}'..='\u{bf}' | '×' | '÷' | '\u{2000}'..='\u{2bff}' | '\u{3000}'..='\u{303f}' | '\u{feff}')
        && !c.is_alphabetic()
}

/// How likely a letter is behind another before any text is seen.
fn known(left: usize, right: usize) -> f64 {
    const BEYOND: f64 = 1.0 / 64.0;
    let letter = |kind: usize| u8::try_from(kind).ok().filter(|kind| *kind < 26).map(|kind| b'a' + kind);
    let bits =
        letter(left).zip(letter(right)).and_then(|(left, right)| letter_bits(Before::Letter(left), right));
    bits.map_or(BEYOND, |bits| 0.5f64.powf(bits))
}
