//! A sink that keeps what it gets, as plain text, for tests.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lopside_model::Micros;
use lopside_model::record::Record;

use crate::source::{InputInfo, Sink};

/// What a reader said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Records by kind.
    pub(crate) seen: BTreeMap<String, u64>,
    /// Their times, in order.
    pub(crate) times: Vec<Option<Micros>>,
    /// Rows as `{:?}` of their tables.
    pub(crate) rows: Vec<String>,
    /// Ignored records by kind.
    pub(crate) ignored: BTreeMap<String, u64>,
    /// Places and reasons.
    pub(crate) skipped: Vec<(u64, String)>,
}

impl Sink for Kept {
    fn seen(&mut self, kind: &'static str, time: Option<Micros>) {
        *self.seen.entry(kind.to_owned()).or_default() += 1;
        self.times.push(time);
    }
    fn put(&mut self, record: &Record<'_>) {
        self.rows.push(format!("{record:?}"));
    }
    fn ignored(&mut self, kind: &str) {
        *self.ignored.entry(kind.to_owned()).or_default() += 1;
    }
    fn skipped(&mut self, place: u64, reason: &str) {
        self.skipped.push((place, reason.to_owned()));
    }
}

/// A sink that only counts.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Records by kind.
    pub(crate) seen: BTreeMap<&'static str, u64>,
    /// Rows.
    pub(crate) rows: u64,
    /// Ignored records.
    pub(crate) ignored: u64,
    /// Skipped records.
    pub(crate) skipped: Vec<(u64, String)>,
}

impl Sink for Counts {
    fn seen(&mut self, kind: &'static str, _time: Option<Micros>) {
        *self.seen.entry(kind).or_default() += 1;
    }
    fn put(&mut self, _record: &Record<'_>) {
        self.rows += 1;
    }
    fn ignored(&mut self, _kind: &str) {
        self.ignored += 1;
    }
    fn skipped(&mut self, place: u64, reason: &str) {
        self.skipped.push((place, reason.to_owned()));
    }
}

/// An input for tests.
pub(crate) const INPUT: InputInfo<'static> = InputInfo { input: 3, name: "test", sensor: "test" };

/// Real captures below the data folder; `None`, with a line that says so, where they are missing.
pub(crate) fn capture(path: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test may be told where the captures are")]
    let root = std::env::var("LOPSIDE_DATA").map_or_else(
        |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: no {path} below {}", root.display());
    None
}

/// Numbers without order for mutations: xorshift, the same on every machine.
#[derive(Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `limit` (above 0).
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    /// A damaged copy: bytes changed, cut, doubled, or swapped for others that matter to a grammar.
    pub(crate) fn damage(&mut self, sample: &[u8]) -> Vec<u8> {
        const TELLING: &[u8] = b"\"{}[]:,\\<>/&;'-0\x00\xff\xc3";
        let mut bytes = sample.to_vec();
        for _ in 0..1 + self.below(6) {
            if bytes.is_empty() {
                break;
            }
            let at = self.below(bytes.len());
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => bytes[at] = self.below(256) as u8,
                2 => bytes[at] = TELLING[self.below(TELLING.len())],
                3 => drop(bytes.drain(at..(at + 1 + self.below(40)).min(bytes.len()))),
                4 => bytes.insert(at, TELLING[self.below(TELLING.len())]),
                _ => {
                    let end = (at + 1 + self.below(60)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
            }
        }
        bytes
    }
}
