//! Text behind zeros that fill a body to a size.
//!
//! Speaks for: bodies and parts declared as text that begin with zeros or another symbol that text does not hold, in many lengths, so
//! that all sizes are multiples of one: what reads text would show them, or in one length before texts that begin in many ways; bodies
//! and parts with zeros behind the text (these by lengths alone). Silent for: logs that were cut and kept writing (one file, one size), binary
//! content. Minimum: 6 bodies with 16 bytes of fill, 4 lengths of fill, half of all bodies; 4 beginnings behind 64 bytes of one length.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::{behind_header, is_text};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::{SizeLaw, size_law};

/// The fewest bodies.
const LEAST: usize = 6;
/// The fewest bytes of fill.
const FILL: usize = 16;
/// The fewest bytes of fill that is always the same, and of the text behind it.
const ALWAYS: usize = 64;
/// How many lengths of fill there are.
const LENGTHS: usize = 4;
/// The fewest bytes of text behind it.
const TEXT: usize = 8;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    before(look)
        .or_else(|| always(look))
        .or_else(|| behind(look))
        .or_else(|| behind_raw(look))
        .into_iter()
        .collect()
}

fn before(look: &Look<'_>) -> Option<Evidence> {
    let texts = look.reading.units.iter().filter(|unit| is_declared_text(unit));
    let Filled { pool, count, law, .. } = fills(texts, |bytes| bytes.get(..fill_before_text(bytes)?))?;
    let text = format!(
        "{} of {count} bodies that are declared as text begin with zeros or the like, {} bytes, that fill them to {law}",
        pool.count, pool.total
    );
    Some(Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first))
}

/// The same fill before texts that begin in many ways: a hole in a log stands before one beginning.
fn always(look: &Look<'_>) -> Option<Evidence> {
    const BEGINNING: usize = 16;
    const BEGINNINGS: usize = 4;
    let is_text = |unit: &&Unit<'_>| is_declared(unit) && !unit.partial && !unit.headless;
    let (mut pool, mut beginnings, mut bodies) = (Pool::default(), BTreeSet::new(), 0);
    for unit in look.reading.units.iter().filter(is_text) {
        bodies += 1;
        // Of a body that begins with more than is kept, the last bytes tell what it goes on with.
        let end = if unit.whole { None } else { Some(unit.tail) };
        let Some((fill, text)) = fill_and_text(&unit.bytes, end) else { continue };
        beginnings.insert(text.get(..BEGINNING.min(text.len())).unwrap_or_default());
        pool.put(fill, unit.bytes.len() + unit.tail.len(), true);
    }
    if pool.count * 2 < bodies || !pool.same || beginnings.len() < BEGINNINGS {
        return None;
    }
    let text = format!(
        "{} of {bodies} bodies that are declared as text begin with the same {} zeros or the like",
        pool.count,
        pool.first.len()
    );
    Some(Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first))
}

/// Zeros behind texts, each of which is another: a file that was filled once is one text.
fn behind(look: &Look<'_>) -> Option<Evidence> {
    let bodies = look.reading.units.iter().filter(|unit| is_declared_text(unit));
    let texts: BTreeSet<&[u8]> = bodies.clone().map(|unit| unit.bytes.as_ref()).collect();
    if texts.len() < LEAST {
        return None;
    }
    let Filled { pool, count, law, .. } = fills(bodies, |bytes| bytes.get(fill_behind_text(bytes)?..))?;
    let text = format!(
        "{} of {count} bodies that are declared as text go on with zeros, {} bytes, that fill them to {law}",
        pool.count, pool.total
    );
    Some(Evidence::statistic(pool.count, pool.share(), 0.6, text))
}

/// Zeros that fill text of messages of no protocol to several multiples of a size, never by as much as that size: records have one size,
/// and buffers are sent as far as they are used.
fn behind_raw(look: &Look<'_>) -> Option<Evidence> {
    let messages: Vec<&Unit<'_>> = look.reading.whole_raw(2 * FILL).collect();
    let texts: BTreeSet<&[u8]> = messages.iter().map(|unit| unit.bytes.as_ref()).collect();
    let sizes: BTreeSet<usize> = messages.iter().map(|unit| unit.bytes.len()).collect();
    if texts.len() < 2 * LEAST || sizes.len() < 3 {
        return None;
    }
    let Filled { pool, count, law, step } = fills(messages.into_iter(), |bytes| {
        bytes.get(fill_behind_text(behind_header(bytes))? + bytes.len() - behind_header(bytes).len()..)
    })?;
    let step = step?;
    let less = pool.lengths.iter().all(|length| *length < step);
    let text = format!(
        "{} of {count} messages of text go on with zeros, {} bytes, that fill them to {law}, in {} sizes",
        pool.count,
        pool.total,
        sizes.len()
    );
    (less && step >= 64).then(|| Evidence::statistic(pool.count, pool.share(), 0.55, text))
}

/// Bodies that fill makes round.
struct Filled {
    pool: Pool,
    /// How many bodies there are, filled or not.
    count: usize,
    /// The law of their sizes, in words.
    law: String,
    /// Of what their sizes are multiples, where they differ.
    step: Option<u32>,
}

/// What fills half of the bodies or more, in how many, and to which sizes, in words.
fn fills<'r>(
    units: impl Iterator<Item = &'r Unit<'r>>,
    fill: impl Fn(&'r [u8]) -> Option<&'r [u8]>,
) -> Option<Filled> {
    let (mut pool, mut sizes, mut count) = (Pool::default(), Vec::new(), 0);
    for unit in units {
        count += 1;
        if let Some(fill) = fill(&unit.bytes) {
            pool.put(fill, unit.bytes.len(), true);
            sizes.push(u32::try_from(unit.bytes.len()).unwrap_or(u32::MAX));
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let (law, step) = match size_law(&sizes) {
        SizeLaw::Constant(size) => (format!("a constant size of {size} bytes"), None),
        SizeLaw::Quantised(step) => (format!("multiples of {step} bytes"), Some(step)),
        _ => return None,
    };
    let enough = pool.count >= LEAST && pool.count * 2 >= count && lengths.len() >= LENGTHS;
    enough.then_some(Filled { pool, count, law, step })
}

/// Where the zeros behind a text begin.
fn fill_behind_text(bytes: &[u8]) -> Option<usize> {
    let text = bytes.iter().rposition(|byte| *byte != 0)? + 1;
    let reads = text >= TEXT && bytes.get(..text).is_some_and(is_text);
    (reads && bytes.len() - text >= FILL).then_some(text)
}

fn is_declared_text(unit: &Unit<'_>) -> bool {
    is_declared(unit) && unit.whole && !unit.partial
}

fn is_declared(unit: &Unit<'_>) -> bool {
    let declared = unit.declared.as_str();
    let text = declared.starts_with("text/") || declared.ends_with("json") || declared.ends_with("xml");
    matches!(unit.carrier, Carrier::Http | Carrier::Part) && text
}

/// What fills the start of a body, and the text behind it, as far as both were kept: `end` is the end of a body that is not whole. Fill
/// behind the text is none of it.
fn fill_and_text<'b>(bytes: &'b [u8], end: Option<&'b [u8]>) -> Option<(&'b [u8], &'b [u8])> {
    let first = bytes.first().filter(|first| !matches!(first, b'\t' | b'\n' | b'\r' | 32..=126))?;
    let filled = |bytes: &[u8]| bytes.iter().take_while(|byte| *byte == first).count();
    let fill = filled(bytes);
    let rest = bytes.get(fill..).filter(|rest| !rest.is_empty()).or(end)?;
    let rest = rest.get(filled(rest)..)?;
    let text = rest.get(..rest.iter().rposition(|byte| byte != first)? + 1)?;
    // How much is kept of a body depends on its head.
    let shown = if fill == bytes.len() { fill & !1023 } else { fill };
    (shown >= ALWAYS && text.len() >= ALWAYS && is_text(text)).then_some((bytes.get(..shown)?, text))
}

/// The length of what fills the start of a text, where the symbol is none of text.
fn fill_before_text(bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    let foreign = !matches!(first, b'\t' | b'\n' | b'\r' | 32..=126);
    let fill = bytes.iter().take_while(|byte| **byte == first).count();
    let rest = bytes.get(fill..)?;
    (foreign && fill >= FILL && rest.len() >= TEXT && is_text(rest)).then_some(fill)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    fn judged(make: impl Fn(&mut Chance) -> Vec<u8>) -> Verdict {
        let mut chance = Chance::new(9);
        let mut talk = Talk::default();
        for _ in 0..10 {
            let body = make(&mut chance);
            talk.post("text/plain", &body);
            talk.answer(b"ok");
        }
        talk.judge().verdict
    }

    fn text(chance: &mut Chance) -> Vec<u8> {
        let count = 1 + chance.below(20);
        let words: String = (0..count).map(|_| format!("{} ", chance.below(9999))).collect();
        format!("list the folders and wait {words}").into_bytes()
    }

    #[test]
    fn zeros_before_text_are_junk_and_behind_it_suspect() {
        let before = judged(|chance| {
            let text = text(chance);
            [vec![0; 256 - text.len()], text].concat()
        });
        assert_eq!(before, Verdict::Junk);
        let behind = judged(|chance| {
            let mut text = text(chance);
            text.resize(256, 0);
            text
        });
        assert_eq!(behind, Verdict::Suspect);
        // And in parts of a form.
        let mut chance = Chance::new(6);
        let mut talk = Talk::default();
        for _ in 0..10 {
            let mut text = text(&mut chance);
            text.resize(256, 0);
            let head =
                b"--bd\r\nContent-Disposition: form-data; name=\"f\"\r\nContent-Type: text/plain\r\n\r\n";
            let body = [head.as_slice(), &text, b"\r\n--bd--\r\n"].concat();
            talk.post("multipart/form-data; boundary=bd", &body);
            talk.answer(b"ok");
        }
        assert_eq!(talk.judge().verdict, Verdict::Suspect);
        // Messages of no protocol, of several multiples of a size.
        let raw = |lengths: usize, more: usize| {
            let mut chance = Chance::new(5);
            let mut talk = Talk::default();
            for _ in 0..24 {
                let mut text = text(&mut chance).repeat(1 + chance.below(lengths));
                text.resize(text.len().next_multiple_of(256) + 256 * more, 0);
                talk.send(&text);
                talk.reply(b"ok");
            }
            talk.judge().verdict
        };
        assert_eq!(raw(8, 0), Verdict::Suspect);
        assert_eq!(raw(1, 0), Verdict::Padded);
        // Buffers that are larger than what is in them.
        assert_eq!(raw(8, 1), Verdict::Padded);
        // One file that was made in whole pages.
        let file = judged(|_| {
            let mut text = b"list the folders and wait".to_vec();
            text.resize(256, 0);
            text
        });
        assert_eq!(file, Verdict::Padded);
        // A log that was cut while it was written begins with a hole of any size.
        let hole = judged(|chance| {
            let text = text(chance);
            [vec![0; 100], text].concat()
        });
        assert!(!hole.is_junk());
    }

    #[test]
    fn the_same_zeros_before_texts_that_begin_in_many_ways_are_junk() {
        let beginning = |chance: &mut Chance| {
            let words: String =
                (0..14).map(|_| format!("{} pumps of the order, ", chance.below(9999))).collect();
            words.into_bytes()
        };
        for zeros in [70, 900, 40_000] {
            assert_eq!(judged(|chance| [vec![0; zeros], beginning(chance)].concat()), Verdict::Junk);
            let around = judged(|chance| [vec![0; zeros], beginning(chance), vec![0; 80]].concat());
            assert_eq!(around, Verdict::Junk);
        }
        // A log that grows, with a hole at its start.
        let start = beginning(&mut Chance::new(3));
        assert_ne!(judged(|chance| [vec![0; 900], start.clone(), text(chance)].concat()), Verdict::Junk);
    }
}
