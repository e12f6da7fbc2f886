//! Characters of the great scripts that are drawn evenly.
//!
//! Of the twenty thousand characters of Chinese and Japanese, and the eleven thousand syllables of Korean, a few hundred make up most of
//! any text, and come again within a line; who draws them has them from everywhere, and hardly one twice.
//!
//! Speaks for: runs of such characters in texts and values that come from all rows of the table evenly, and again as seldom as chance has
//! it. Silent for: languages. Minimum: runs of 12 characters, 2 of them, 96 characters in all from 24 rows.

use std::collections::{BTreeMap, BTreeSet};

use super::Look;
use crate::evidence::Evidence;
use crate::spans;
use crate::statistics::collision;

/// The shortest run, and the fewest runs, characters and rows.
const RUN: usize = 12;
const RUNS: usize = 2;
const CHARACTERS: usize = 96;
const ROWS: usize = 24;
/// Characters in one row.
const ROW: u32 = 256;
/// Bytes that a character takes, and what is looked at of a text.
const WIDTH: usize = 3;
const LOOKED_AT: usize = 16 << 10;
/// Ideographs and syllables.
const SCRIPTS: [std::ops::RangeInclusive<char>; 2] = ['\u{4E00}'..='\u{9FFF}', '\u{AC00}'..='\u{D7A3}'];

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found: [Found; 2] = Default::default();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let values = look.reading.slots.values().flatten().map(|value| value.bytes.as_slice());
    for text in values.chain(look.reading.units.iter().map(|unit| unit.bytes.as_ref())) {
        let start = text.get(..text.len().min(LOOKED_AT)).unwrap_or(text);
        if start.is_ascii() || spans::runs(start, WIDTH * RUN, |byte| byte >= 128).next().is_none() {
            continue;
        }
        for valid in start.utf8_chunks().map(|chunk| chunk.valid()) {
            for (script, found) in SCRIPTS.iter().zip(&mut found) {
                let runs = valid.split(|c: char| !script.contains(&c));
                runs.filter(|run| run.len() >= WIDTH * RUN && seen.insert(run))
                    .for_each(|run| found.put(run, text.len()));
            }
        }
    }
    found.iter().find_map(|found| found.told(look.limit)).into_iter().collect()
}

#[derive(Default)]
struct Found {
    characters: Vec<u32>,
    runs: usize,
    around: usize,
    first: Vec<u8>,
}

impl Found {
    fn put(&mut self, run: &str, around: usize) {
        if self.runs == 0 {
            self.first = run.as_bytes().to_vec();
        }
        self.characters.extend(run.chars().map(u32::from));
        self.runs += 1;
        self.around += around;
    }

    fn told(&self, limit: f64) -> Option<Evidence> {
        if self.runs < RUNS || self.characters.len() < CHARACTERS {
            return None;
        }
        let (mut rows, mut kinds) = (BTreeMap::<u32, u32>::new(), BTreeMap::<u32, u32>::new());
        for character in &self.characters {
            *rows.entry(character / ROW).or_default() += 1;
            *kinds.entry(*character).or_default() += 1;
        }
        // The last row may be cut short, and noise may be of a part of the table.
        let (first, last) = (*rows.first_key_value()?.0, *rows.last_key_value()?.0);
        let count = (last - first + 1) as usize;
        let even = collision(rows.into_values(), count)?;
        let again = collision(kinds.into_values(), count * ROW as usize)?;
        if count < ROWS || even.abs() > limit || again.abs() > limit {
            return None;
        }
        let text = format!(
            "{} runs hold {} characters of a great script that are drawn evenly from {count} rows of its table ({even:.1} standard deviations), as no language has them",
            self.runs,
            self.characters.len()
        );
        let share = (WIDTH * self.characters.len()) as f64 / self.around.max(1) as f64;
        Some(
            Evidence::contradiction(self.runs, share.min(1.0), text)
                .with_deviations(even)
                .with_example(&self.first),
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_junk(make: impl Fn(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(109);
        let mut talk = Talk::default();
        for number in 0..12 {
            let text = make(&mut chance);
            talk.post(
                "application/json",
                format!("{{\"番号\":{number},\"備考\":\"二番目のポンプは静かです。{text}\"}}").as_bytes(),
            );
            talk.answer(b"{}");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("great script"))
    }

    #[test]
    fn characters_drawn_from_the_whole_table_are_junk_and_languages_are_not() {
        for (first, all) in [(0x4E00, 20_900), (0xAC00, 11_172)] {
            assert!(is_junk(|chance| {
                let length = 20 + chance.below(60);
                (0..length).filter_map(|_| char::from_u32(first + chance.below(all) as u32)).collect()
            }));
        }
        let words = [
            "委員会",
            "来週",
            "会議",
            "報告書",
            "提出",
            "契約書",
            "確認",
            "部品",
            "交換",
            "予定",
            "圧力試験",
            "実施",
            "請求書",
            "送付",
            "経理",
            "担当者",
        ];
        assert!(!is_junk(|chance| (0..20).map(|_| words[chance.below(words.len())]).collect()));
        let words = [
            "위원회는",
            "다음주",
            "회의에서",
            "보고서를",
            "제출합니다",
            "계약서",
            "확인",
            "부품",
            "교체",
            "예정",
            "압력시험",
            "실시",
        ];
        assert!(!is_junk(|chance| (0..20).map(|_| words[chance.below(words.len())]).collect()));
    }

    #[test]
    fn one_title_is_not() {
        let mut talk = Talk::default();
        talk.post(
            "application/json",
            "{\"標題\":\"電力公司關於颱風後變壓器檢修與饋線程序說明會\"}".as_bytes(),
        );
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("great script")));
    }
}
