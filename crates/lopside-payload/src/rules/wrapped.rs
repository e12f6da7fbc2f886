//! One and the same page, script or text around an encoded value of many lengths.
//!
//! Speaks for: messages that begin and end alike, byte for byte, for the most part of them, with one run of symbols of base64, hex or
//! half bytes between, which is new in each and of many lengths: whoever reads it throws the rest away. Silent for: JSON and XML, whose
//! values have a place, values that hold documents (a form of SAML), lengths of cipher blocks (the state of a page), tokens of few
//! lengths. Minimum: 6 messages that share 400 bytes, 64 at each end and half of all; 5 lengths that lie 16 apart.

use std::collections::BTreeSet;

use super::around_data::{is_data, is_half_bytes};
use super::shared_ends::{HEADER, heads, tails};
use super::{Look, Pool};
use crate::content::document::Kind;
use crate::content::encoding::{base64_value, is_base64};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};

/// The fewest messages, and lengths of what stands in them.
const MESSAGES: usize = 6;
const LENGTHS: usize = 5;
const APART: u32 = 16;
/// The fewest bytes that they share, at one end and in all.
const END: usize = 64;
const SHARED: usize = 400;
/// The shortest value, and all of them.
const SHORTEST: usize = 12;
const ALL: usize = 256;
/// Lengths that are all multiples of this, or as much more, are those of ciphers.
const BLOCK: usize = 16;
/// The most symbols of the value that all messages share, or of a word right before it.
const BEGUN: usize = 12;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut seen = BTreeSet::new();
    let units = look.reading.units.iter().filter(|unit| {
        let carried = unit.is_raw() || unit.carrier == Carrier::Http;
        carried
            && unit.whole
            && !unit.headless
            && !unit.partial
            && unit.bytes.len() >= SHARED
            && !has_places(unit)
    });
    let messages: Vec<&[u8]> =
        units.map(|unit| unit.bytes.as_ref()).filter(|bytes| seen.insert(*bytes)).collect();
    if messages.len() < MESSAGES {
        return Vec::new();
    }
    judge(&messages).into_iter().collect()
}

/// Formats in which every value has a place.
fn has_places(unit: &Unit<'_>) -> bool {
    unit.document.is_some_and(|found| !matches!(found.kind, Kind::Html))
}

fn judge(messages: &[&[u8]]) -> Option<Evidence> {
    let found = heads(messages)?;
    let head = found.block.len();
    // Values that begin alike are of a format: a document, the state of a page.
    let begun = found.block.iter().rev().take_while(|byte| is_base64(**byte)).count();
    if begun > BEGUN {
        return None;
    }
    let alike: Vec<&[u8]> =
        found.starts.iter().filter_map(|(index, start)| messages.get(*index)?.get(*start..)).collect();
    let (tail, count) = tails(&alike)?;
    let (mut pool, mut shared) = (Pool::default(), 0);
    let (mut lengths, mut held) = (BTreeSet::new(), BTreeSet::new());
    for message in alike.iter().filter(|message| message.ends_with(tail)) {
        // The last symbols of a value may be the first that the ends share.
        let between = message.get(head..(message.len() - tail.len()).max(head))?;
        let Some(value) = value(between).filter(|value| is_data(value) || is_half_bytes(value)) else {
            continue;
        };
        pool.put(value, message.len() + HEADER, true);
        shared += message.len() - between.len();
        lengths.insert(u32::try_from(value.len()).unwrap_or(u32::MAX));
        held.insert(value.iter().filter(|byte| **byte != b'=').count() * 6 / 8);
    }
    let apart = lengths.last()? - lengths.first()? >= APART;
    let blocks = held.iter().map(|bytes| bytes % BLOCK).collect::<BTreeSet<_>>().len() <= 2;
    let enough = pool.count >= MESSAGES && pool.count * 10 >= count * 9 && count * 4 >= messages.len() * 3;
    let framed = head >= END && tail.len() >= END && head + tail.len() >= SHARED && shared * 2 >= pool.around;
    if !enough || !framed || !apart || lengths.len() < LENGTHS || blocks || pool.total < ALL || pool.same {
        return None;
    }
    let text = format!(
        "{} of {} messages are the same {} bytes but for one encoded value in their midst, of {} lengths",
        pool.count,
        messages.len(),
        head + tail.len(),
        lengths.len()
    );
    let share = shared as f64 / pool.around.max(1) as f64;
    Some(Evidence::statistic(pool.count, share.min(1.0), 0.6, text).with_example(&pool.first))
}

/// The one run of symbols between what messages share.
fn value(between: &[u8]) -> Option<&[u8]> {
    let symbols = between.iter().all(|byte| is_base64(*byte) && !matches!(byte, b'\r' | b'\n'));
    let varied =
        between.iter().filter(|byte| base64_value(**byte).is_some()).collect::<BTreeSet<_>>().len() >= 8;
    (between.len() >= SHORTEST && symbols && varied).then_some(between)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const SCRIPT: &str =
        "var h=/^[a-z]+$/,c={},p=Object.prototype.has;function v(f,x){var t=f.length;return t>x?c:p}";
    const PAGE: &str =
        "<p>The shipping of the order is late.</p><div class=\"row\"><a href=\"/orders/7\">order</a></div>";

    fn is_junk(kind: &str, ends: (&str, &str), value: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(17);
        let mut talk = Talk::default();
        for _ in 0..12 {
            let value = String::from_utf8(value(&mut chance)).unwrap();
            talk.page("/lib.min.js", kind, format!("{}{value}{}", ends.0, ends.1).as_bytes());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("in their midst"))
    }

    fn noise(chance: &mut Chance) -> Vec<u8> {
        let length = 20 + chance.below(200);
        encode(&chance.bytes(length))
    }

    #[test]
    fn values_of_many_lengths_in_the_same_page_are_suspect() {
        let (script, page) = (SCRIPT.repeat(3), PAGE.repeat(3));
        assert!(is_junk(
            "application/javascript",
            (&format!("{script};P=\""), &format!("\".{script}")),
            noise
        ));
        assert!(is_junk(
            "text/html",
            (&format!("<!DOCTYPE html><html>{page}<p>see "), &format!("</p>{page}</html>")),
            noise
        ));
        let text = "the harbour was busy on that day and nobody saw who came and who went. ".repeat(4);
        assert!(is_junk("text/plain", (&text, &text), noise));
    }

    #[test]
    fn tokens_states_and_documents_have_their_place() {
        let page = PAGE.repeat(4);
        let field = |name: &str| {
            (
                format!("<!DOCTYPE html><html>{page}<input name=\"{name}\" value=\""),
                format!("\">{page}</html>"),
            )
        };
        let token = field("csrf");
        assert!(!is_junk("text/html", (&token.0, &token.1), |chance| encode(&chance.bytes(33))));
        let state = field("state");
        assert!(!is_junk("text/html", (&state.0, &state.1), |chance| {
            let length = 16 * (4 + chance.below(12));
            encode(&chance.bytes(length))
        }));
        let saml = field("SAMLResponse");
        assert!(!is_junk("text/html", (&saml.0, &saml.1), |chance| {
            let text = "<Response><Subject>somebody</Subject></Response>";
            encode(
                format!("<?xml version=\"1.0\"?><!-- {} -->{text}", "x".repeat(chance.below(60))).as_bytes(),
            )
        }));
        let (before, behind) = (
            format!("{{\"a\":\"{}\",\"b\":\"", PAGE.replace('"', "").repeat(4)),
            format!("\",\"c\":\"{}\"}}", PAGE.replace('"', "").repeat(3)),
        );
        assert!(!is_junk("application/json", (&before, &behind), noise));
    }
}
