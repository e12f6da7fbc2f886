//! Noise in cells of a table for which its first line has no name.
//!
//! Speaks for: tables of text (commas, semicolons, tabs, bars; the blanks of a log behind `#Fields:`) whose rows have more cells than
//! their first line names, where the cells that are too many, at the end, at the start or at one place between, are drawn evenly and have
//! many lengths. A reader that goes by the names never sees them. Silent for: rows as wide as the names, cells that are empty or read,
//! quoted cells with marks in them, numbers, cells of one length, rows that begin with their number. Minimum: 3 names, 12 such rows, 4
//! lengths 4 apart, 96 symbols.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even};

/// The fewest names, rows, lengths, and symbols; how far lengths lie apart.
const NAMES: usize = 3;
const ROWS: usize = 12;
const LENGTHS: usize = 4;
const APART: u32 = 4;
const SYMBOLS: usize = 96;
/// Places of cells that are looked at.
const PLACES: usize = 16;
/// The longest name and the longest first line.
const NAME: usize = 40;
const LINE: usize = 2048;
/// What is looked at of a text.
const LOOKED_AT: usize = 16 << 10;
/// The marks between cells.
const MARKS: &[u8] = b",;\t|";

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Found::default();
    let units = look.reading.units.iter().filter(|unit| !unit.headless && unit.bytes.len() >= 32);
    let units = units.map(|unit| (unit.bytes.as_ref(), unit.whole, unit.is_raw()));
    let values = look.reading.slots.values().flatten().map(|value| (value.bytes.as_slice(), true, false));
    let mut last = None;
    for (text, whole, raw) in units.chain(values) {
        let looked = text.get(..text.len().min(LOOKED_AT)).unwrap_or(text);
        let mut lines = looked.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
        let named = if memchr::memchr(b'\n', looked).is_some() { Head::of(&mut lines) } else { None };
        // A stream may send its names once.
        let Some(head) = named.or(if raw { last } else { None }) else { continue };
        let mut rows: Vec<&[u8]> = lines.filter(|line| !line.is_empty()).collect();
        if !whole || looked.len() < text.len() {
            rows.pop();
        }
        if is_text(looked) {
            last = Some(head);
            found.rows(head, &rows);
        }
    }
    found.told(look.limit).into_iter().collect()
}

/// The first line of a table.
#[derive(Clone, Copy)]
struct Head {
    mark: u8,
    names: usize,
}

impl Head {
    /// From the lines of a text, up to the one that names the cells.
    fn of<'t>(lines: &mut (impl Iterator<Item = &'t [u8]> + Clone)) -> Option<Head> {
        let mut ahead = lines.clone();
        for skipped in 0..8 {
            let line = ahead.next().filter(|line| line.len() <= LINE)?;
            let fields = line.strip_prefix(b"#Fields: ").map(|rest| (rest, Some(b' ')));
            let fields = fields.or_else(|| line.strip_prefix(b"#fields\t").map(|rest| (rest, Some(b'\t'))));
            // Lines of a log before its names.
            if fields.is_none() && line.starts_with(b"#") {
                continue;
            }
            let (line, mark) = fields.unwrap_or((line, None));
            let count = |mark: &u8| line.iter().filter(|byte| *byte == mark).count();
            let mark = mark.or_else(|| MARKS.iter().copied().max_by_key(count))?;
            let names = cells(line, mark);
            let distinct: BTreeSet<&[u8]> = names.iter().copied().collect();
            let named = names.len() >= NAMES
                && distinct.len() == names.len()
                && names.iter().all(|name| is_name(name));
            if named {
                lines.nth(skipped);
            }
            return named.then_some(Head { mark, names: names.len() });
        }
        None
    }
}

/// Whether a cell can be the name of a column: it begins with a letter and has few words.
fn is_name(cell: &[u8]) -> bool {
    let name = cell.trim_ascii();
    let blanks = name.iter().filter(|byte| **byte == b' ').count();
    let first = name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte >= 128 || *byte == b'_');
    first && name.len() <= NAME && blanks <= 4
}

/// The cells of a line without the quotes around them; marks in quotes part none.
fn cells(line: &[u8], mark: u8) -> Vec<&[u8]> {
    let (mut cells, mut start, mut quoted) = (Vec::new(), 0, false);
    for (place, byte) in line.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            byte if *byte == mark && !quoted => {
                cells.push(line.get(start..place).unwrap_or_default());
                start = place + 1;
            }
            _ => {}
        }
    }
    cells.push(line.get(start..).unwrap_or_default());
    let plain =
        |cell: &'_ [u8]| -> usize { cell.iter().take_while(|byte| matches!(byte, b'"' | b' ')).count() };
    cells
        .into_iter()
        .map(|cell| {
            let cell = cell.get(plain(cell)..).unwrap_or_default().trim_ascii_end();
            cell.strip_suffix(b"\"").unwrap_or(cell)
        })
        .collect()
}

#[derive(Default)]
struct Found {
    /// The cells that are too many, where these are the last.
    behind: Pool,
    /// The first cells of wide rows, by their places: others may be too many.
    places: [Pool; PLACES],
    rows: usize,
    wide: usize,
}

impl Found {
    fn rows(&mut self, head: Head, rows: &[&[u8]]) {
        let rows: Vec<(&[u8], Vec<&[u8]>)> = rows.iter().map(|row| (*row, cells(row, head.mark))).collect();
        self.rows += rows.len();
        if is_numbered(&rows) {
            return;
        }
        for (row, cells) in rows.iter().filter(|(_, cells)| cells.len() > head.names) {
            self.wide += 1;
            for cell in cells.iter().skip(head.names).filter(|cell| !cell.is_empty()) {
                self.behind.put(cell, row.len(), true);
            }
            for (pool, cell) in self.places.iter_mut().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
                pool.put(cell, row.len(), true);
            }
        }
    }

    fn told(&self, limit: f64) -> Option<Evidence> {
        if self.wide < ROWS || self.wide * 10 < self.rows {
            return None;
        }
        let behind = drawn(&self.behind, limit).filter(|(alphabet, _)| *alphabet != Alphabet::Digits);
        // A column with a name may hold codes and passwords, but none of letters alone.
        let between = || {
            self.places.iter().find_map(|pool| {
                let found = drawn(pool, limit).filter(|(alphabet, _)| is_no_code(*alphabet))?;
                Some((pool, found))
            })
        };
        let (pool, (alphabet, deviations)) = behind.map(|found| (&self.behind, found)).or_else(between)?;
        let text = format!(
            "{} of {} rows have cells that the first line of their table does not name: {} {} drawn evenly ({deviations:.1} standard deviations)",
            self.wide,
            self.rows,
            pool.total,
            alphabet.name()
        );
        let found = Evidence::contradiction(self.wide, pool.share(), text);
        Some(found.with_deviations(deviations).with_example(&pool.first))
    }
}

/// The alphabet of cells that are drawn evenly, have many lengths and are new, and the standard deviations of that.
fn drawn(pool: &Pool, limit: f64) -> Option<(Alphabet, f64)> {
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let apart = lengths.last().zip(lengths.first()).is_some_and(|(most, least)| most - least >= APART);
    let enough = pool.count >= ROWS && pool.total >= SYMBOLS && lengths.len() >= LENGTHS && apart;
    let drawn = enough.then(|| even(&pool.bytes, limit)).flatten()?;
    let distinct = pool.distinct().len();
    (distinct * 10 >= pool.bytes.len() * 8).then_some((drawn.alphabet, drawn.deviations))
}

/// Whether no program writes codes in an alphabet.
fn is_no_code(alphabet: Alphabet) -> bool {
    matches!(alphabet, Alphabet::Letters | Alphabet::BothCases)
}

/// Whether rows begin with their number, for which some programs write no name.
fn is_numbered(rows: &[(&[u8], Vec<&[u8]>)]) -> bool {
    let number = |cells: &Vec<&[u8]>| cells.first().and_then(|cell| crate::content::decimal(cell));
    let numbers: Vec<u64> = rows.iter().map_while(|(_, cells)| number(cells)).collect();
    rows.len() >= 2
        && numbers.len() == rows.len()
        && numbers.windows(2).all(|pair| matches!(pair, [a, b] if *b == a + 1))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

    /// Whether tables of a first line and rows with what `more` adds to them are junk.
    fn is_junk(kind: &str, mark: &str, more: impl Fn(&mut Chance, usize) -> (String, String)) -> bool {
        let mut chance = Chance::new(73);
        let mut talk = Talk::default();
        for number in 0..6 {
            let names = ["date", "name", "unit", "remark"].join(mark);
            let mut body = if kind == "log" {
                format!("#Version: 1.0\n#Fields: {names}\n")
            } else {
                format!("{names}\n")
            };
            for row in 0..8 {
                let (before, behind) = more(&mut chance, row);
                let cells = [
                    "2026-02-24",
                    ["Clara", "Bao", "Ines"][chance.below(3)],
                    "quality",
                    ["late", "early", "none"][row % 3],
                ];
                body += &format!("{before}{}{behind}\n", cells.join(mark));
            }
            if kind == "stream" {
                talk.send(body.as_bytes());
                talk.reply(b"ok\n");
            } else {
                talk.post("text/csv", body.as_bytes());
                talk.answer(format!("ok {number}").as_bytes());
            }
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("does not name"))
    }

    fn noise(chance: &mut Chance, symbols: &[u8]) -> String {
        let length = 2 + chance.below(9);
        String::from_utf8(chance.of(symbols, length)).unwrap()
    }

    #[test]
    fn noise_in_cells_without_a_name_is_junk() {
        for (kind, mark) in [("csv", ","), ("csv", ";"), ("csv", "\t"), ("stream", "|"), ("log", " ")] {
            assert!(
                is_junk(kind, mark, |chance, _| (String::new(), format!("{mark}{}", noise(chance, LETTERS)))),
                "{kind} {mark}"
            );
        }
        assert!(is_junk("csv", ",", |chance, _| (format!("\"{}\",", noise(chance, LETTERS)), String::new())));
        let two = |chance: &mut Chance| format!(",{},{}", noise(chance, LETTERS), noise(chance, LETTERS));
        assert!(is_junk("csv", ",", |chance, row| (
            String::new(),
            if row % 2 == 0 { two(chance) } else { String::new() }
        )));
    }

    #[test]
    fn other_rows_are_not() {
        assert!(!is_junk("csv", ",", |_, _| (String::new(), String::new())));
        assert!(!is_junk("csv", ",", |_, _| (String::new(), ",,".into())));
        // Text with commas, numbers, and codes of one length.
        assert!(!is_junk("csv", ",", |chance, row| (
            String::new(),
            format!(
                ", and {} of {}",
                ["some", "most", "all"][chance.below(3)],
                ["them", "the others", "what is left"][row % 3]
            )
        )));
        assert!(!is_junk("csv", ",", |chance, _| (String::new(), format!(",{}", chance.below(1 << 30)))));
        assert!(!is_junk("csv", ",", |chance, _| (
            String::new(),
            format!(",{}", String::from_utf8(chance.of(LETTERS, 8)).unwrap())
        )));
        // Rows with their number, as statistics programs write them, before passwords.
        assert!(!is_junk("csv", ",", |chance, row| (
            format!("\"{}\",", row + 1),
            format!("-{}", noise(chance, LETTERS))
        )));
    }

    #[test]
    fn a_few_rows_with_a_mark_in_a_password_are_not() {
        let mut chance = Chance::new(74);
        let mut talk = Talk::default();
        for _ in 0..6 {
            let mut body = String::from("user,password\n");
            for row in 0..60 {
                let mark = if row % 20 == 0 { "," } else { "." };
                body += &format!(
                    "user{row},{}{mark}{}\n",
                    noise(&mut chance, LETTERS),
                    noise(&mut chance, LETTERS).repeat(2)
                );
            }
            talk.post("text/csv", body.as_bytes());
            talk.answer(b"ok");
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("does not name")));
    }
}
