//! Fresh opaque values under one name whose lengths only padding has.
//!
//! Speaks for: a field, a parameter, a cookie or a header that is random and new in every message and whose decoded length is flat
//! between two bounds, or fills its message to a round size. Silent for: constant lengths (keys, tokens, signatures), lengths in blocks
//! (ciphers), lengths as real messages have them. Minimum: 24 values (flat), 6 (filling).

mod exempt;

use std::collections::BTreeSet;

use super::Look;
use crate::evidence::Evidence;
use crate::peel::{decode, reads};
use crate::reading::{Carrier, Unit, Value};
use crate::statistics::{Alphabet, SizeLaw, even, size_law, size_law_from};
pub(crate) use exempt::is_set;
use exempt::{is_given, is_sealed, is_token};

/// The fewest values for a flat law.
const FLAT: usize = 24;
/// How much likelier a flat law has to be, as a natural logarithm.
const ADVANTAGE: f64 = 4.0;
/// So many symbols of short values that are drawn evenly are no words.
const SHORTS: usize = 192;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    let (mut pooled, mut slots) = (Vec::new(), 0);
    for (name, values) in &look.reading.slots {
        if name == "path" || name == "header.set-cookie" || values.len() < 6 || is_set(look, name) {
            continue;
        }
        let behind;
        let opaque = match Opaque::of(values, look.limit) {
            Some(opaque) => opaque,
            None => {
                behind = rests(values);
                let Some(opaque) = Opaque::of(&behind, look.limit) else { continue };
                opaque
            }
        };
        let share = opaque.share;
        if let Some(text) = impossible(&opaque).filter(|_| !begin_alike(values) && !is_token(look, name)) {
            found.push(Evidence::contradiction(
                opaque.lengths.len(),
                share,
                format!("{}: {text}", told(name)),
            ));
        } else if let Some(step) = filling(look, &opaque) {
            let text = format!(
                "{}: {} fresh opaque values grow as the rest of their messages shrinks, so that all have a multiple of {step} bytes",
                told(name),
                opaque.lengths.len()
            );
            found.push(Evidence::contradiction(opaque.lengths.len(), share, text));
        } else if is_sealed(look, name) || is_token(look, name) || is_given(look, values) {
            // Its lengths are those of what is sealed in it.
        } else if let Some(law) = flat(&opaque.lengths) {
            let text = format!("{}: {} fresh opaque values with {law}", told(name), opaque.lengths.len());
            found.push(Evidence::statistic(opaque.lengths.len(), share, 0.6, text));
        } else if opaque.varied() {
            pooled.extend_from_slice(&opaque.lengths);
            slots += 1;
        }
    }
    if found.is_empty()
        && slots >= 2
        && let Some(law) = flat(&pooled)
    {
        let text = format!("{slots} fields with {} fresh opaque values have {law}", pooled.len());
        found.push(Evidence::statistic(pooled.len(), 0.5, 0.55, text));
    }
    found.extend(fresh_names(look));
    found.extend(form_starts(look));
    found
}

/// What follows a word and a separator in each of the values, where nearly all are made so: a value with a rest that means nothing.
fn rests(values: &[Value]) -> Vec<Value> {
    let rest = |value: &Value| {
        let place = value.bytes.iter().rposition(|byte| b"|:; ~".contains(byte))?;
        let bytes = value.bytes.get(place + 1..)?;
        // Cookies that tell people from programs join encoded parts with tildes.
        let marks: &[u8] = if value.bytes.get(place) == Some(&b'~') { b"" } else { b"+/=" };
        let symbols = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || marks.contains(byte))
            && bytes.iter().any(u8::is_ascii_alphabetic);
        (place > 0 && bytes.len() >= 4 && symbols).then(|| Value { turn: value.turn, bytes: bytes.to_vec() })
    };
    let rests: Vec<Value> = values.iter().filter_map(rest).collect();
    if rests.len() * 10 < values.len() * 8 { Vec::new() } else { rests }
}

/// In words, where lengths are flat: with the shortest left out too, since the last piece of something is shorter than the others.
fn flat(lengths: &[u32]) -> Option<String> {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    [(0, ADVANTAGE), (20, ADVANTAGE), (4, 1.5 * ADVANTAGE)].into_iter().find_map(|(part, enough)| {
        let skip = sorted.len().checked_div(part).unwrap_or(0);
        match size_law_from(sorted.get(skip..)?, FLAT) {
            SizeLaw::Flat { least, most, advantage } if advantage > enough.max(narrow(least, most)) => {
                Some(format!("lengths flat from {least} to {most} (likelihood ratio e^{advantage:.0}), as no ciphertext of real messages has"))
            }
            _ => None,
        }
    })
}

/// How much likelier a flat law has to be where its ends lie close: padding begins near nothing, sealed messages of one kind do not, and
/// chance makes some seem flat.
fn narrow(least: u32, most: u32) -> f64 {
    match most < 6 * least {
        // Each of them may be a sealed record of its own.
        true if least >= 64 => f64::INFINITY,
        true => 3.0 * ADVANTAGE,
        false => ADVANTAGE,
    }
}

/// In words, where values have lengths that no bytes encode to: hex of an odd length, base64 of one symbol more than a group.
fn impossible(opaque: &Opaque) -> Option<String> {
    let mut distinct: Vec<u32> = opaque.raw.iter().map(|(_, length)| *length).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let hex: Vec<u32> = opaque
        .raw
        .iter()
        .filter(|(alphabet, _)| *alphabet == Alphabet::Hex)
        .map(|(_, length)| *length)
        .collect();
    let base: Vec<u32> = opaque
        .raw
        .iter()
        .filter(|(alphabet, _)| matches!(alphabet, Alphabet::Base62 | Alphabet::Base64))
        .map(|(_, length)| *length)
        .collect();
    if distinct.len() < 4 {
        return None;
    }
    let odd = hex.iter().filter(|length| *length % 2 == 1).count();
    if hex.len() >= 8 && odd * 4 >= hex.len() {
        return Some(format!(
            "{odd} of {} hex values have an odd length, to which no bytes encode",
            hex.len()
        ));
    }
    let odd = base.iter().filter(|length| *length % 4 == 1).count();
    (base.len() >= 12 && odd >= 3 && odd * 8 >= base.len()).then(|| {
        format!("{odd} of {} values in base64 symbols have lengths to which no bytes encode", base.len())
    })
}

/// Whether values begin with the same two symbols or more: the mark of a format of their own, as names of code and strings of consent
/// have. What follows it may be of any length.
fn begin_alike(values: &[Value]) -> bool {
    let start = |value: &Value| value.bytes.get(..2).map(<[u8]>::to_vec);
    let first = values.first().and_then(start);
    first.is_some() && values.iter().filter(|value| start(value) == first).count() * 10 >= values.len() * 9
}

/// Forms whose first name begins with noise, new in each, before the name that it is.
fn form_starts(look: &Look<'_>) -> Option<Evidence> {
    let starts = &look.reading.form_starts;
    let first = starts.first()?;
    let shared = starts
        .iter()
        .map(|start| start.iter().rev().zip(first.iter().rev()).take_while(|(a, b)| a == b).count())
        .min()?;
    let mut heads: Vec<&[u8]> = starts
        .iter()
        .filter_map(|start| start.get(..start.len() - shared))
        .filter(|head| head.len() >= 8)
        .collect();
    let count = heads.len();
    heads.sort_unstable();
    heads.dedup();
    let pooled = heads.concat();
    let enough = count >= 6 && heads.len() == count && count * 10 >= starts.len() * 8 && pooled.len() >= 96;
    (enough && even(&pooled, look.limit).is_some()).then(|| {
        let text =
            format!("{count} forms begin with noise before their first name: {} symbols", pooled.len());
        Evidence::contradiction(count, 0.3, text).with_example(&pooled)
    })
}

/// Names of fields that are themselves drawn evenly and never come again, with opaque values.
fn fresh_names(look: &Look<'_>) -> Option<Evidence> {
    let mut names: Vec<u8> = Vec::new();
    let (mut count, mut turns) = (0, Vec::new());
    for (name, values) in &look.reading.slots {
        let Some(key) = name.strip_prefix("json.").or_else(|| name.strip_prefix("form.")) else { continue };
        let key = key.strip_suffix("[]").unwrap_or(key);
        let Some(value) = values.first().filter(|first| values.iter().all(|value| value.turn == first.turn))
        else {
            continue;
        };
        let key = key.rsplit('.').next().unwrap_or(key);
        if key.len() >= 4
            && key.bytes().all(|byte| byte.is_ascii_lowercase())
            && value.bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
        {
            names.extend_from_slice(key.as_bytes());
            count += 1;
            turns.push(value.turn);
        }
    }
    turns.dedup();
    let drawn =
        names.len() >= 64 && even(&names, look.limit).is_some_and(|even| even.alphabet == Alphabet::Letters);
    (count >= 12 && turns.len() >= 6 && drawn).then(|| {
        let text = format!("{count} fields have names that are drawn evenly and never come again");
        Evidence::statistic(count, 0.5, 0.65, text).with_example(&names)
    })
}

/// The name of a place, its odd characters left out: parts of it come from the wire.
pub(crate) fn told(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || ".-_[]".contains(*c)).take(48).collect()
}

/// The opaque values under one name.
pub(crate) struct Opaque {
    /// Their lengths, decoded where they are encoded.
    pub(crate) lengths: Vec<u32>,
    /// Alphabet and length of the undecoded values that are evenly drawn from their first symbol to their last.
    raw: Vec<(Alphabet, u32)>,
    /// Their messages.
    pub(crate) turns: Vec<u32>,
    /// The share of opaque ones among all bytes of the name's messages is not known here: that of the values.
    pub(crate) share: f64,
}

impl Opaque {
    /// Their lengths differ by more than a block.
    fn varied(&self) -> bool {
        let (least, most) = (self.lengths.iter().min(), self.lengths.iter().max());
        least.zip(most).is_some_and(|(least, most)| most - least >= 6)
    }

    /// The values, where nearly all are new and evenly drawn.
    pub(crate) fn of(values: &[Value], limit: f64) -> Option<Opaque> {
        let mut distinct: Vec<&[u8]> = values.iter().map(|value| value.bytes.as_slice()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() * 10 < values.len() * 9 {
            return None;
        }
        let (mut lengths, mut raw, mut turns, mut pooled) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut exact, mut held) = (Vec::new(), Vec::new());
        let mut all_decode = true;
        let (mut opaque, mut shorts) = (0, 0);
        for value in values {
            let bytes = &value.bytes;
            let decoded = decode(bytes);
            if decoded.as_ref().is_some_and(|decoded| reads(decoded)) {
                continue;
            }
            if is_random(bytes, decoded.as_deref(), limit) {
                opaque += 1;
                turns.push(value.turn);
                all_decode &= decoded.is_some();
                lengths.push(length(decoded.as_deref().unwrap_or_default()));
                raw.push(length(bytes));
                held.push(length(trimmed(bytes)) * 3 / 4);
                if bytes.len() >= 18
                    && let Some(even) = even(trimmed(bytes), limit)
                {
                    exact.push((even.alphabet, length(trimmed(bytes))));
                }
                if groups(bytes).len() < 16 {
                    shorts += 1;
                    pooled.extend_from_slice(groups(bytes));
                }
            }
        }
        // Short values may be words: they count drawn evenly all together, and beside as many long ones or where there are many. A few
        // are the ends of something that was cut.
        let enough = shorts * 2 <= opaque || pooled.len() >= SHORTS;
        let few = shorts * 5 <= opaque;
        let short = few || enough && (pooled.len() < 16 || even(&pooled, limit).is_some());
        // Values too short to be told as encoded are taken to be so where most are.
        let encoded = lengths.iter().filter(|length| **length > 0).count() * 2 >= lengths.len();
        let lengths = match (all_decode, encoded) {
            (true, _) => lengths,
            (false, true) => {
                let pairs = lengths.iter().zip(&held);
                pairs.map(|(decoded, held)| if *decoded > 0 { *decoded } else { *held }).collect()
            }
            (false, false) => raw,
        };
        let enough = opaque >= 6 && opaque * 10 >= values.len() * 7 && short;
        enough.then_some(Opaque { lengths, raw: exact, turns, share: opaque as f64 / values.len() as f64 })
    }
}

/// Whether a value, which decodes to something or not, is drawn evenly or too short to say.
fn is_random(bytes: &[u8], decoded: Option<&[u8]>, limit: f64) -> bool {
    match decoded {
        // Compressed content under a simple cipher is a little uneven; what matters here is that it reads as nothing.
        Some(decoded) if decoded.len() >= 16 => even(decoded, 2.0 * limit).is_some(),
        _ if groups(bytes).len() >= 16 => {
            even(groups(bytes), limit).is_some()
                || core(bytes).is_some_and(|core| even(core, limit).is_some())
        }
        _ => bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(byte)),
    }
}

/// A value without what may be a word at its start or its end.
fn core(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(12..).filter(|core| core.len() >= 20)
}

/// A value without the last group of padded base64, which has few symbols that it can end with.
fn groups(value: &[u8]) -> &[u8] {
    let whole = if value.ends_with(b"=") { value.len().saturating_sub(4) } else { value.len() };
    value.get(..whole).unwrap_or_default()
}

/// A value without base64's padding.
fn trimmed(value: &[u8]) -> &[u8] {
    value.strip_suffix(b"==").or_else(|| value.strip_suffix(b"=")).unwrap_or(value)
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// The step to which the messages are filled, where the values make up for what the rest lacks.
fn filling(look: &Look<'_>, opaque: &Opaque) -> Option<u32> {
    let mut sizes = Vec::new();
    // A message that holds several of the values has one size, and says nothing about the others.
    let turns: BTreeSet<u32> = opaque.turns.iter().copied().collect();
    for turn in &turns {
        let whole = |unit: &&Unit<'_>| unit.turn == *turn && unit.carrier != Carrier::Layer && unit.whole;
        sizes.push(length(&look.reading.units.iter().find(whole)?.bytes));
    }
    let mut distinct = opaque.lengths.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let step = match size_law(&sizes) {
        SizeLaw::Constant(size) => size,
        SizeLaw::Quantised(step) if step >= 64 => step,
        _ => return None,
    };
    // The values differ in length although the sizes do not: the rest differs too.
    (distinct.len() >= 4).then_some(step)
}

#[cfg(test)]
mod tests;
