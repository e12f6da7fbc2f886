//! Bytes after a document that says itself where it ends.
//!
//! Speaks for: content that no reader of the document sees. Silent for: white space, another document, terminators, and tails as long as
//! signatures and checksums are. Minimum: one whole document with more than 64 bytes behind it, or three with tails of different lengths.

use super::Look;
use crate::class::{Class, class};
use crate::content::document::{self, Document, Kind};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut tails: Vec<(u32, usize, usize, Kind)> = Vec::new();
    let mut documents = 0;
    for unit in &look.reading.units {
        let Some(found) = document::at_start(&unit.bytes, unit.whole).filter(|found| found.complete) else {
            continue;
        };
        documents += 1;
        let tail = unit.bytes.get(found.end..).unwrap_or_default();
        if is_undeclared(unit, &found, tail, look.limit) {
            tails.push((unit.turn, tail.len(), unit.bytes.len(), found.kind));
        }
    }
    let Some((_, first, _, kind)) = tails.first().copied() else { return Vec::new() };
    let varied = tails.iter().any(|(_, length, _, _)| length.abs_diff(first) > 3);
    let conventional = !varied && is_signature(first);
    let enough = (tails.len() >= 3 && !conventional) || (first > 64 && !is_signature(first));
    if !enough {
        return Vec::new();
    }
    let (junk, all) =
        tails.iter().fold((0, 0), |(junk, all), (_, tail, length, _)| (junk + tail, all + length));
    let share = junk as f64 / all.max(1) as f64;
    let text = format!(
        "{} of {documents} {} documents have undeclared bytes behind their end: {junk} bytes, {:.0} % of them",
        tails.len(),
        kind.name(),
        share * 100.0
    );
    vec![Evidence::contradiction(tails.len(), share, text)]
}

/// Lengths of signatures, checksums and message authentication codes, as bytes or encoded.
pub(crate) fn is_signature(length: usize) -> bool {
    length <= 16
        || matches!(
            length,
            20 | 24 | 28 | 32 | 33 | 40 | 44 | 48 | 56 | 64 | 65 | 70
                ..=73 | 86 | 88 | 96 | 128 | 256 | 344 | 512
        )
}

fn is_undeclared(unit: &Unit<'_>, found: &Document, tail: &[u8], limit: f64) -> bool {
    let trimmed = tail.trim_ascii();
    let trimmed = trimmed.strip_prefix(b"\0").unwrap_or(trimmed);
    if trimmed.len() <= 4 || unit.partial {
        return false;
    }
    // Another document, a line of them, markup behind the closing tag.
    if document::at_start(trimmed, unit.whole).is_some()
        || (found.kind == Kind::Html && trimmed.starts_with(b"<"))
    {
        return false;
    }
    match class(tail, unit.whole, limit) {
        // Zeros and spaces fill buffers; that is padding.
        Class::Fill(0 | b' ' | 0xFF) => unit.carrier == Carrier::Http,
        _ => true,
    }
}
