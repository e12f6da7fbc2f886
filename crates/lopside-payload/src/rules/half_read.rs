//! Values and messages of which one part reads and the other is noise.
//!
//! Speaks for: encoded text (hex or base64) with noise before, inside or behind it that its encoder cannot have made: drawn evenly from
//! another alphabet, or so long that no group of symbols begins where the text does; text, encoded or not, beside noise that always has
//! one length, which no nonce, key or signature has, or lengths that are flat, with nothing between. Silent for: codes and signatures,
//! ciphertext behind a readable head (its lengths are those of real messages), files with texts in them, values with a mark between their
//! parts. Minimum: 6 values under one name, 3 where they are longer than the sample, 24 symbols of noise and 32 bytes of text in each.

use std::borrow::Cow;

use super::encodings::text_runs;
use super::{Look, Pool, is_signature};
use crate::class::{behind_header, words};
use crate::content::encoding::{base64_from, base64_value, hex};
use crate::content::json;
use crate::evidence::Evidence;
use crate::reading::{Reading, Unit};
use crate::statistics::{Alphabet, Even, SizeLaw, even, size_law_from};

/// The fewest values, and the most that are looked at under one name.
const LEAST: usize = 6;
const MOST: usize = 64;
/// Of messages that are longer than the sample fewer are kept.
const LEAST_LONG: usize = 3;
/// The shortest value, the fewest bytes of text and symbols of noise.
const SHORTEST: usize = 64;
const TEXT: usize = 32;
const NOISE: usize = 24;
/// Of a longer value its ends are looked at, so many bytes of each.
const END: usize = 4 << 10;
/// Symbols at a seam that may belong to either part, and those of a word beside symbols.
const SEAM: usize = 4;
const WORD: usize = 16;
/// No code is so long.
const BEYOND: u32 = 1 << 13;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let slots = look.reading.slots.iter().filter(|(name, _)| *name != "path").filter_map(|(name, values)| {
        let long = values.iter().filter(|value| value.bytes.len() >= SHORTEST).take(MOST);
        let values: Vec<Value<'_>> = long.map(|value| Value::whole(&value.bytes)).collect();
        judge(&super::padded_fields::told(name), &values, LEAST, look.limit)
    });
    let messages = judge("messages", &messages(look.reading), LEAST, look.limit);
    let cut = judge("the last values of long messages", &cut(look.reading), LEAST_LONG, look.limit);
    slots.chain(messages).chain(cut).collect()
}

/// A value, of which the middle may be missing.
struct Value<'a> {
    bytes: Cow<'a, [u8]>,
    /// Where bytes are missing, and how many.
    gap: (usize, usize),
}

impl<'a> Value<'a> {
    fn whole(bytes: &'a [u8]) -> Value<'a> {
        match (bytes.get(..END), bytes.len().checked_sub(END).and_then(|from| bytes.get(from..))) {
            (Some(head), Some(tail)) if bytes.len() > 2 * END => {
                Value { bytes: Cow::Owned([head, tail].concat()), gap: (END, bytes.len() - 2 * END) }
            }
            _ => Value { bytes: Cow::Borrowed(bytes), gap: (0, 0) },
        }
    }

    /// From what was kept of it, and how many bytes lie between.
    fn cut(head: &'a [u8], tail: &'a [u8], missing: usize) -> Value<'a> {
        let (start, end) = (head.len().min(END), tail.len().saturating_sub(END));
        let missing = missing + head.len() - start + end;
        let parts = [head.get(..start).unwrap_or_default(), tail.get(end..).unwrap_or_default()];
        Value { bytes: Cow::Owned(parts.concat()), gap: (start, missing) }
    }

    /// How many bytes a stretch of what was kept stands for.
    fn length(&self, from: usize, until: usize) -> usize {
        let (place, missing) = self.gap;
        until - from + if missing > 0 && from < place && until >= place { missing } else { 0 }
    }
}

/// Whole messages of no format that is read, behind their headers.
fn messages<'a>(reading: &'a Reading<'_>) -> Vec<Value<'a>> {
    let plain = |unit: &&Unit<'_>| {
        unit.document.is_none()
            && unit.whole
            && !unit.headless
            && !unit.partial
            && unit.bytes.len() >= SHORTEST
    };
    let units = reading.units.iter().filter(plain).take(MOST);
    units.map(|unit| Value::whole(behind_header(&unit.bytes))).collect()
}

/// The values at whose midst long messages were cut, with their ends.
fn cut<'a>(reading: &'a Reading<'_>) -> Vec<Value<'a>> {
    let long =
        |unit: &&Unit<'_>| !unit.tail.is_empty() && !unit.headless && unit.length > unit.bytes.len() as u64;
    let units = reading.units.iter().filter(long).take(MOST);
    units
        .filter_map(|unit| {
            let head = open_value(unit)?;
            let end =
                unit.tail.iter().rposition(|byte| !b"\"]>}\r\n ".contains(byte)).map_or(0, |last| last + 1);
            let tail = unit.tail.get(..end)?;
            let tail = match tail.iter().rposition(|byte| matches!(byte, b'"' | b'<')) {
                Some(last) if unit.document.is_some() => tail.get(..last)?,
                _ => tail,
            };
            let missing =
                usize::try_from(unit.length).ok()?.checked_sub(unit.bytes.len() + unit.tail.len())?;
            Some(Value::cut(head, tail, missing))
        })
        .collect()
}

/// What the last value of a cut message begins with.
fn open_value<'a>(unit: &'a Unit<'_>) -> Option<&'a [u8]> {
    let bytes = behind_header(&unit.bytes);
    if let Some(read) = json::read(bytes) {
        let last = read.texts.last().filter(|last| last.end == bytes.len())?;
        return bytes.get(last.start..);
    }
    let name = bytes.iter().take(512).rposition(|byte| matches!(byte, b'>' | b'[' | b':' | b' '));
    Some(bytes.get(name.map_or(0, |place| place + 1)..).unwrap_or(bytes))
}

/// How the part of a value that reads was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    Hex,
    Base64,
    Plain,
}

/// A value of two parts: where its text stands, and where its noise.
#[derive(Clone, Copy, Debug)]
struct Parts {
    maker: Maker,
    noise: (usize, usize),
    /// The text behind the noise begins where no group of symbols does, or goes on at another place of its groups than before it.
    misaligned: bool,
    /// The noise stands at the start of the value.
    first: bool,
}

fn judge(name: &str, values: &[Value<'_>], least: usize, limit: f64) -> Option<Evidence> {
    if values.len() < least {
        return None;
    }
    let first = values.iter().take(LEAST).filter(|value| parts(&value.bytes, limit).is_some()).count();
    if first * 2 < least {
        return None;
    }
    let (mut pool, mut makers, mut misaligned, mut marks, mut texts) =
        (Pool::default(), Vec::new(), 0, Vec::new(), Vec::new());
    let mut noises: Vec<(&[u8], bool)> = Vec::new();
    for value in values {
        let Some(parts) = parts(&value.bytes, limit) else { continue };
        let (from, until) = parts.noise;
        let noise = value.bytes.get(from..until).unwrap_or_default();
        pool.put(noise, value.bytes.len(), false);
        noises.push((noise, parts.first));
        let length = u32::try_from(value.length(from, until)).unwrap_or(u32::MAX);
        if let Some(last) = pool.lengths.last_mut() {
            *last = length;
        }
        texts.push(value.length(0, value.bytes.len()) - length as usize);
        makers.push(parts.maker);
        misaligned += usize::from(parts.misaligned);
        marks.push(mark(&value.bytes, parts));
    }
    let maker = *makers.first()?;
    let one = makers.iter().filter(|other| **other == maker).count() * 10 >= makers.len() * 9;
    if pool.count < least || pool.count * 10 < values.len() * 6 || pool.same || !one {
        return None;
    }
    let drawn = even(&pool.bytes, limit).or_else(|| without_words(&noises, maker, limit))?;
    let may_be_told = maker != Maker::Plain && !is_code(&pool.lengths);
    let impossible = if may_be_told && is_foreign(maker, drawn.alphabet) {
        Some("which its encoder does not have".to_owned())
    } else if may_be_told && misaligned * 2 > pool.count {
        Some("at which no group of its symbols ends".to_owned())
    } else {
        None
    };
    let contradicts = impossible.is_some();
    let why = impossible.or_else(|| law(&pool, &texts, &marks, maker))?;
    let text = format!(
        "{name}: {} of {} values read but for {} symbols of noise from {} ({:.1} standard deviations), {:.0} % of them, {why}",
        pool.count,
        values.len(),
        pool.total,
        drawn.alphabet.name(),
        drawn.deviations,
        pool.share() * 100.0
    );
    let found = if contradicts {
        Evidence::contradiction(pool.count, pool.share(), text)
    } else {
        Evidence::statistic(pool.count, pool.share(), 0.65, text)
    };
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

/// Noise beside text as far as all values have it, but for a quarter of them: what some have more is a word of the text, and one may be
/// cut where it is text.
fn without_words(noises: &[(&[u8], bool)], maker: Maker, limit: f64) -> Option<Even> {
    let least = noises.iter().map(|(noise, _)| noise.len()).min().filter(|_| maker == Maker::Plain)?;
    let far = |(noise, first): &(&'_ [u8], bool)| {
        let part = if *first { noise.get(..least) } else { noise.get(noise.len() - least..) };
        part.filter(|part| even(part, limit).is_some()).map(<[u8]>::to_vec)
    };
    let parts: Vec<Vec<u8>> = noises.iter().filter_map(far).collect();
    (parts.len() * 4 >= noises.len() * 3).then(|| even(&parts.concat(), limit)).flatten()
}

/// Whether an encoder of text cannot have made noise of an alphabet: some 64 symbols of its own would hold others too.
fn is_foreign(maker: Maker, alphabet: Alphabet) -> bool {
    match maker {
        Maker::Hex => alphabet != Alphabet::Hex && alphabet != Alphabet::Digits,
        Maker::Base64 => !matches!(alphabet, Alphabet::Base64 | Alphabet::Base62 | Alphabet::BothCases),
        Maker::Plain => false,
    }
}

/// Whether nearly all lengths are that of one code, but for symbols at the seam.
fn is_code(lengths: &[u32]) -> bool {
    let most = lengths.iter().max().copied().unwrap_or(0);
    let near = lengths.iter().filter(|length| most - **length <= SEAM as u32).count();
    let codes =
        (most.saturating_sub(SEAM as u32)..=most + SEAM as u32).any(|length| is_signature(length as usize));
    near * 10 >= lengths.len() * 9 && codes && most <= 520
}

/// Whether noise beside texts is as long as a code, as it stands or in hex or base64; a few symbols of the shortest may be of its text.
fn is_encoded_code(least: usize) -> bool {
    (least.saturating_sub(SEAM)..=least).any(|length| {
        let bytes = [length, length / 2, length * 3 / 4, (length * 3 / 4).saturating_sub(1)];
        bytes.into_iter().any(is_signature)
    })
}

/// In words, what the lengths of noise say, where nothing stands between it and text of many lengths.
fn law(pool: &Pool, texts: &[usize], marks: &[Option<u8>], maker: Maker) -> Option<String> {
    let divided =
        marks.first().is_some_and(|first| first.is_some() && marks.iter().all(|mark| mark == first));
    let varied =
        texts.iter().max().zip(texts.iter().min()).is_some_and(|(most, least)| most - least > 2 * SEAM);
    if divided || !varied {
        return None;
    }
    // A few symbols of noise decode to text now and then, and some texts end in long words.
    let mut lengths = pool.lengths.clone();
    lengths.sort_unstable();
    // Of six as long as no code is, that four agree by chance is out of the question.
    let beyond = lengths.len() >= LEAST && lengths.iter().all(|length| *length >= BEYOND);
    let few = (lengths.len() / 10).max(usize::from(beyond));
    let (least, most) = (*lengths.get(few)?, *lengths.get(lengths.len() - 1 - few)?);
    let seam = if maker == Maker::Plain { WORD } else { 2 * SEAM };
    if most - least <= seam as u32 {
        let code =
            if maker == Maker::Plain { is_encoded_code(least as usize) } else { is_code(&pool.lengths) };
        let long = most as usize >= 2 * NOISE && !code;
        let always = if maker == Maker::Plain { least } else { most };
        return long.then(|| format!("always {always}, which is no length of a nonce or a signature"));
    }
    match size_law_from(&pool.lengths, 24) {
        SizeLaw::Flat { least, most, advantage } if advantage > 4.0 && maker != Maker::Plain => {
            Some(format!("with lengths flat from {least} to {most}, as no ciphertext of real messages has"))
        }
        _ => None,
    }
}

/// The mark between noise and text, where one stands there.
fn mark(value: &[u8], parts: Parts) -> Option<u8> {
    let (from, until) = parts.noise;
    let place = if parts.first { Some(until) } else { from.checked_sub(1) };
    let byte = place.and_then(|place| value.get(place)).copied()?;
    (!byte.is_ascii_alphanumeric()).then_some(byte)
}

/// The parts of a value.
fn parts(value: &[u8], limit: f64) -> Option<Parts> {
    encoded(value, limit).or_else(|| plain(value, limit))
}

/// Text that was encoded: the widest stretch that decodes to it, and the widest that does not.
fn encoded(value: &[u8], limit: f64) -> Option<Parts> {
    let (start, symbols) = longest(value, |byte| base64_value(byte).is_some())?;
    let best = [(Maker::Hex, 2, 1), (Maker::Base64, 4, 3)].into_iter().filter_map(|(maker, group, bytes)| {
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for offset in 0..group {
            let decoded = decoded(maker, symbols, offset);
            for (from, length) in text_runs(&decoded).into_iter().filter(|(_, length)| *length * 2 >= TEXT) {
                runs.push((offset + from * group / bytes, offset + (from + length) * group / bytes, offset));
            }
        }
        runs.sort_unstable();
        let covered: usize = runs.iter().map(|(from, until, _)| until - from).sum();
        (covered * bytes >= TEXT * group).then_some((covered, maker, runs))
    });
    let (_, maker, runs) = best.max_by_key(|(covered, ..)| *covered)?;
    if runs.len() > 8 || runs.windows(2).any(|pair| matches!(pair, [a, b] if b.0 + SEAM < a.1)) {
        return None;
    }
    // Stretches that do not read: before, between and behind those that do.
    let mut gaps: Vec<(usize, usize, bool)> = Vec::new();
    let (mut at, mut before) = (0, 0);
    for (from, until, offset) in runs {
        // Stretches of two offsets may share the symbols of a seam.
        gaps.push((at, at.max(start + from), offset != before));
        (at, before) = (start + until, offset);
    }
    gaps.push((at, value.len(), false));
    let widest = gaps.iter().max_by_key(|(from, until, _)| until - from)?;
    let others: usize =
        gaps.iter().map(|(from, until, _)| until - from).sum::<usize>() - (widest.1 - widest.0);
    let (from, until, misaligned) = *widest;
    let (from, until) = (
        if from == 0 { 0 } else { from + SEAM },
        if until == value.len() { until } else { until.saturating_sub(SEAM) },
    );
    let noise = value
        .get(from..until)
        .filter(|noise| noise.len() >= NOISE && others * 4 <= noise.len() + 4 * SEAM * gaps.len())?;
    even(noise.get(..noise.len().min(2048))?, 1.5 * limit)?;
    Some(Parts { maker, noise: (from, until), misaligned, first: from == 0 })
}

/// What symbols decode to from one of them on.
fn decoded(maker: Maker, symbols: &[u8], offset: usize) -> Vec<u8> {
    if maker == Maker::Base64 {
        return base64_from(symbols, offset);
    }
    // Pairs that are no hex digits decode to a byte that text cannot hold.
    let pairs = symbols.get(offset..).unwrap_or_default().chunks_exact(2);
    pairs.map(|pair| hex(pair).and_then(|byte| byte.first().copied()).unwrap_or(0)).collect()
}

/// The longest stretch of symbols.
fn longest(value: &[u8], is_symbol: impl Fn(u8) -> bool) -> Option<(usize, &[u8])> {
    let (mut best, mut start) = ((0, 0), 0);
    for run in value.chunk_by(|a, b| is_symbol(*a) == is_symbol(*b)) {
        if run.first().is_some_and(|byte| is_symbol(*byte)) && run.len() > best.1 {
            best = (start, run.len());
        }
        start += run.len();
    }
    let (start, length) = best;
    (length >= SHORTEST).then(|| Some((start, value.get(start..start + length)?)))?
}

/// Text as it stands, with one stretch of symbols beside it that is drawn evenly.
fn plain(value: &[u8], limit: f64) -> Option<Parts> {
    let (start, run) =
        longest(value, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))?;
    let end = start + run.len();
    if start != 0 && end != value.len() {
        return None;
    }
    let rest = if start == 0 { value.get(end..)? } else { value.get(..start)? };
    // A word of the text may stand at the seam.
    let core = if start == 0 { run.get(..run.len() - WORD)? } else { run.get(WORD..)? };
    let core = core.get(..core.len().min(2048)).filter(|core| core.len() >= SHORTEST - WORD)?;
    let reads = rest.len() >= TEXT && crate::class::is_text(rest) && words(rest);
    (reads && even(core, limit).is_some()).then_some(Parts {
        maker: Maker::Plain,
        noise: (start, end),
        misaligned: false,
        first: start == 0,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};
    use lopside_model::payload::Verdict;

    fn text(chance: &mut Chance) -> Vec<u8> {
        const WORDS: [&str; 8] =
            ["list", "the folders", "and send", "report 17", "of the week", "to", "him;", "wait"];
        let count = 30 + chance.below(60);
        (0..count).map(|_| WORDS[chance.below(8)]).collect::<Vec<_>>().join(" ").into_bytes()
    }

    fn hexed(bytes: &[u8]) -> Vec<u8> {
        bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
    }

    fn judged(make: impl Fn(&mut Chance) -> Vec<u8>) -> Verdict {
        let mut chance = Chance::new(31);
        let mut talk = Talk::default();
        for _ in 0..20 {
            let value = make(&mut chance);
            talk.post("application/json", &[br#"{"data":""#.as_slice(), &value, br#""}"#].concat());
            talk.answer(b"ok");
        }
        talk.judge().verdict
    }

    const HEX: &[u8] = b"0123456789abcdef";
    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    #[test]
    fn noise_of_another_alphabet_beside_encoded_text_is_junk() {
        assert_eq!(judged(|c| [c.of(HEX, 300), encode(&text(c))].concat()), Verdict::Junk);
        assert_eq!(judged(|c| [hexed(&text(c)), c.of(BASE64, 1_200)].concat()), Verdict::Junk);
        let inside = judged(|c| {
            let value = encode(&text(c));
            [&value[..40], &c.of(HEX, 300)[..], &value[40..]].concat()
        });
        assert_eq!(inside, Verdict::Junk);
    }

    #[test]
    fn long_noise_of_one_length_is_suspect() {
        let verdict = judged(|c| [c.of(BASE64, 1_404), encode(&text(c))].concat());
        assert!(matches!(verdict, Verdict::Suspect | Verdict::Junk));
        let tail = judged(|c| encode(&[text(c), c.bytes(700)].concat()));
        assert!(matches!(tail, Verdict::Suspect | Verdict::Junk));
        // Words beside the noise count with it.
        let behind_words = judged(|c| {
            [&text(c), [b"yard".as_slice(), b"order;", b"him"][c.below(3)], &c.of(HEX, 1_842)].concat()
        });
        assert_eq!(behind_words, Verdict::Suspect);
        assert!([512, 684, 768, 1_024].into_iter().all(super::is_encoded_code));
        assert!([700, 1_842, 2_046, 2_600].into_iter().all(|length| !super::is_encoded_code(length)));
        for length in [512, 1_024] {
            let signed = judged(|c| {
                [&text(c), [b"yard".as_slice(), b"order;", b"him"][c.below(3)], &c.of(HEX, length)].concat()
            });
            assert!(!matches!(signed, Verdict::Suspect | Verdict::Junk), "{length}");
        }
    }

    #[test]
    fn texts_at_two_offsets_may_share_symbols() {
        // The last bytes of one text and the first of the next are read from the same symbols.
        let mut chance = Chance::new(34);
        for cut in 0..400 {
            let (a, b) = (encode(&text(&mut chance)), encode(&text(&mut chance)));
            let value = [&a[..160 + cut % 9], &b[cut % 4..], &chance.of(BASE64, 120)].concat();
            assert!(super::parts(&value, 4.0).is_none_or(|parts| parts.noise.1 <= value.len()));
        }
    }

    #[test]
    fn values_longer_than_the_sample_are_judged_by_their_ends() {
        let verdict = judged(|c| [c.of(BASE64, 43_033), encode(&text(c))].concat());
        assert!(matches!(verdict, Verdict::Suspect | Verdict::Junk));
    }

    #[test]
    fn frames_longer_than_the_sample_are_judged_by_their_ends() {
        let mut chance = Chance::new(33);
        let mut talk = Talk::default();
        for _ in 0..16 {
            let content = [chance.of(BASE64, 33_351), text(&mut chance)].concat();
            let length = u32::try_from(content.len()).unwrap().to_be_bytes();
            talk.send(&[length.as_slice(), &content].concat());
            talk.reply(b"\0\0\0\x02ok");
        }
        assert_eq!(talk.judge().verdict, Verdict::Suspect);
    }

    #[test]
    fn codes_sealed_content_and_tokens_are_no_noise() {
        // A checksum before or behind encoded text.
        assert_eq!(judged(|c| [c.of(HEX, 64), encode(&text(c))].concat()), Verdict::Structured);
        assert_eq!(judged(|c| [encode(&text(c)), c.of(HEX, 40)].concat()), Verdict::Structured);
        // A readable head before ciphertext.
        let sealed = judged(|c| {
            let length = 100 + (1_000.0 * c.unit() * c.unit() * c.unit()) as usize;
            encode(
                &[b"algorithm: aes-256-gcm, version 2, key of the year\n".to_vec(), c.bytes(length)].concat(),
            )
        });
        assert!(!matches!(sealed, Verdict::Suspect | Verdict::Junk));
        // A signed text: 256 bytes behind it.
        let signed = judged(|c| encode(&[text(c), c.bytes(256)].concat()));
        assert!(!matches!(signed, Verdict::Suspect | Verdict::Junk));
        // A token, a space, words.
        let token = judged(|c| [c.of(BASE64, 400), b" ".to_vec(), text(c)].concat());
        assert!(!matches!(token, Verdict::Suspect | Verdict::Junk));
    }
}
