//! The same program text or markup around the data of every message.
//!
//! Speaks for: a block of code, style or markup that is the same at the start or at the end of the messages and runs into encoded data
//! without anything between: where only names may stand, inside a tag, behind the letters of a word that the groups of the encoding do
//! not take in, with a text or an element left open at the end, before the rest of a tag, the end of an element that nothing opened or a
//! new page, or with code right behind data that begins the message. Silent for: values in quotes, elements and comments, behind equals
//! signs and slashes, words, and whatever is no code and no markup (forms, armour, tables). Minimum: 4 messages that share 64 bytes, data
//! of 40 symbols in each (128 before code), 256 in all.

pub(super) mod place;

use std::collections::BTreeSet;

use super::shared_ends::{HEADER, heads, tails};
use super::{Look, Pool};
use crate::content::encoding::{base64_from, hex};
use crate::evidence::Evidence;
use crate::noise::is_language;
use crate::reading::{Carrier, Unit};
use place::{Place, breaks_off, goes_on, place};

/// The fewest messages.
const LEAST: usize = 4;
/// The shortest block.
const BLOCK: usize = 64;
/// The fewest symbols of data, of data before code, and of all data.
const SHORTEST: usize = 40;
const SHORTEST_BEFORE: usize = 128;
const ALL: usize = 256;
/// The most symbols of an encoding at the end of a block: what has more is encoded itself.
const JOINED: usize = 96;
/// Bits of a symbol of hex, the narrowest encoding.
const BITS: f64 = 4.0;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut seen = BTreeSet::new();
    let units = look.reading.units.iter().filter(|unit| {
        let carried = unit.is_raw() || unit.carrier == Carrier::Http;
        carried && !unit.headless && !unit.partial && !unit.undecoded && unit.bytes.len() >= BLOCK
    });
    let units: Vec<&Unit<'_>> =
        units.filter(|unit| seen.insert((unit.bytes.as_ref(), unit.tail, unit.length))).collect();
    if units.len() < LEAST {
        return Vec::new();
    }
    behind_block(&units).or_else(|| before_block(&units)).into_iter().collect()
}

/// Data that a block runs into.
fn behind_block(units: &[&Unit<'_>]) -> Option<Evidence> {
    let messages: Vec<&[u8]> = units.iter().map(|unit| unit.bytes.as_ref()).collect();
    let found = heads(&messages)?;
    let joined = found.block.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let code = found.block.get(..found.block.len() - joined)?;
    if found.block.len() < BLOCK || joined > JOINED || found.starts.len() < LEAST {
        return None;
    }
    let place = place(code)?;
    let (mut pool, mut glued, mut last, mut broken) = (Pool::default(), 0, 0, 0);
    for (index, start) in &found.starts {
        let (unit, message) = (units.get(*index)?, messages.get(*index)?);
        let rest = message.get(start + code.len()..)?;
        let data = rest.iter().take_while(|byte| is_symbol(byte) || matches!(byte, b'-' | b'_')).count();
        let data = rest.get(..data)?;
        if data.len() >= SHORTEST && (is_data(data) || is_half_bytes(data.get(joined..)?)) {
            pool.put(data, message.len(), true);
            glued += usize::from(first_group(data).is_some_and(|place| place.1 && place.0 <= joined));
            let padding = rest.get(data.len()..)?.iter().take_while(|byte| **byte == b'=').count();
            let behind = rest.get(data.len() + padding..)?;
            last += usize::from(unit.whole && behind.is_empty());
            broken += usize::from(place == Place::Text { open: false } && breaks_off(code, behind));
        }
    }
    if !is_enough(&pool, found.starts.len()) {
        return None;
    }
    let (glued, last) = (glued * 4 >= pool.count * 3, last * 10 >= pool.count * 9);
    let broken = broken * 4 >= pool.count * 3;
    let contradicts = match place {
        Place::Names => true,
        Place::Value => glued,
        Place::Text { open } => glued || broken || open && last,
        Place::Held => last,
        Place::Tag => false,
    };
    contradicts.then(|| told(&pool, units.len(), found.block.len() - joined, "behind"))
}

/// Data at the start of a message that runs into a block.
fn before_block(units: &[&Unit<'_>]) -> Option<Evidence> {
    let ends = |unit: &Unit<'_>| if unit.whole { unit.bytes.len() } else { unit.tail.len() };
    let units: Vec<&Unit<'_>> = units.iter().copied().filter(|unit| ends(unit) >= BLOCK).collect();
    let messages: Vec<&[u8]> =
        units.iter().map(|unit| if unit.whole { unit.bytes.as_ref() } else { unit.tail }).collect();
    let (block, count) = tails(&messages)?;
    let joined = block.iter().take_while(|byte| is_symbol(byte) || **byte == b'=').count();
    let (word, code) = block.split_at_checked(joined)?;
    if count < LEAST || block.len() < BLOCK || joined > JOINED || !goes_on(word, code) {
        return None;
    }
    let mut pool = Pool::default();
    for (unit, message) in units.iter().zip(&messages).filter(|(_, message)| message.ends_with(block)) {
        let before = message.get(..message.len() - code.len())?;
        let data = before.iter().rev().take_while(|byte| is_symbol(byte) || **byte == b'=').count();
        let data = before.get(before.len() - data..)?;
        // What the sample left out is taken for what its two sides are.
        let starts = if unit.whole {
            before.len() - data.len() <= HEADER
        } else {
            let head = unit.bytes.get(HEADER..).unwrap_or_default();
            before.len() == data.len() && head.iter().all(is_symbol)
        };
        if starts && data.len() >= SHORTEST_BEFORE && is_data(data) {
            pool.put(data, message.len(), true);
        }
    }
    is_enough(&pool, count).then(|| told(&pool, units.len(), code.len(), "before"))
}

fn told(pool: &Pool, units: usize, block: usize, side: &str) -> Evidence {
    let text = format!(
        "{} of {units} messages hold the same {block} bytes of code or markup, which run into encoded data {side} them where no value can stand",
        pool.count
    );
    let share = (block * pool.count) as f64 / (pool.around.max(1)) as f64;
    Evidence::contradiction(pool.count, share.min(1.0), text).with_example(&pool.first)
}

/// Whether most of the messages hold data, new in most.
fn is_enough(pool: &Pool, messages: usize) -> bool {
    pool.count >= LEAST && pool.count * 4 >= messages * 3 && pool.total >= ALL && !pool.same
}

fn is_symbol(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Symbols that are no words and no number.
pub(super) fn is_data(symbols: &[u8]) -> bool {
    let digits = symbols.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits < symbols.len()
        && digits * 24 >= symbols.len()
        && !symbols.starts_with(b"0x")
        && !is_language(symbols, BITS)
}

/// The fewest half bytes that are told from words.
const HALVES: usize = 64;

/// Half bytes written as letters from `a` to `p`, as NetBIOS has them: no language does without the others for so long.
pub(super) fn is_half_bytes(symbols: &[u8]) -> bool {
    [b'a'..=b'p', b'A'..=b'P'].iter().any(|range| {
        let run = symbols.iter().take_while(|byte| range.contains(byte)).count();
        let kinds = symbols.iter().take(run).collect::<BTreeSet<_>>().len();
        run >= HALVES && run + 24 >= symbols.len() && kinds >= 8
    })
}

/// The symbol near their start from which on some symbols decode to text, and whether what stands before that is of no groups of the
/// encoding.
fn first_group(symbols: &[u8]) -> Option<(usize, bool)> {
    const LOOKED: usize = 96;
    let looked = symbols.get(..symbols.len().min(LOOKED))?;
    let from = (0..=looked.len().checked_sub(SHORTEST)?).find(|from| decodes(looked.get(*from..)))?;
    let (before, text) = looked.split_at_checked(from)?;
    let is_hex = |symbols: &[u8]| symbols.iter().all(u8::is_ascii_hexdigit);
    let left_out =
        if is_hex(text) { !from.is_multiple_of(2) || !is_hex(before) } else { !from.is_multiple_of(4) };
    Some((from, left_out))
}

/// Whether groups that begin with the first of some symbols are text throughout.
fn decodes(symbols: Option<&[u8]>) -> bool {
    let Some(symbols) = symbols else { return false };
    let digits = symbols.get(..symbols.len() & !1).filter(|rest| rest.iter().all(u8::is_ascii_hexdigit));
    let bytes = digits.and_then(hex).unwrap_or_else(|| base64_from(symbols, 0));
    let control =
        bytes.iter().any(|byte| *byte < 32 && !matches!(byte, b'\t' | b'\r' | b'\n') || *byte == 127);
    !control && std::str::from_utf8(&bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const CODE: &str =
        "function read(list){return list.map(walk)}if(list.length===0){stop(4);}var next=list||{key:3};";
    const MARKUP: &str =
        "<div class=\"row\"><p>The shipping of the order is late.</p></div>\n<li id=\"k4\">order</li>\n";
    /// The start of a page with an element that waits for its end.
    const OPEN: &str = "<div class=\"row\"><p>Late.</p><a href=\"/a\">b</a><span>order of the team ";

    /// Base64 or hex of a list, each time another.
    fn data(chance: &mut Chance, hexadecimal: bool) -> String {
        let lines: String = (0..12 + chance.below(9))
            .map(|number| format!("{number};{};order of pumps\n", chance.below(99_999)))
            .collect();
        if hexadecimal {
            return lines.bytes().map(|byte| format!("{byte:02x}")).collect();
        }
        String::from_utf8(encode(lines.as_bytes())).unwrap()
    }

    fn is_junk(declared: &str, hexadecimal: bool, around: (&str, &str)) -> bool {
        let mut chance = Chance::new(91);
        let (mut talk, mut raw) = (Talk::default(), Talk::default());
        for number in 0..10 {
            let body = format!("{}{}{}", around.0, data(&mut chance, hexadecimal), around.1);
            talk.page(&format!("/a?n={number}"), declared, body.as_bytes());
            raw.send_later(&[b"\x01\x07".as_slice(), &[number], body.as_bytes()].concat());
        }
        let told = |talk: Talk| talk.judge().reasons.iter().any(|reason| reason.contains("code or markup"));
        let (told, told_raw) = (told(talk), told(raw));
        assert_eq!(told, told_raw, "{around:?}");
        told
    }

    #[test]
    fn code_that_runs_into_data_is_junk() {
        let code = |end: &str| format!("{CODE}{CODE}{end}");
        for hexadecimal in [false, true] {
            for end in ["", "if(list.", "function next(l){ret", "var a={b:12,ke"] {
                assert!(is_junk("application/javascript", hexadecimal, (&code(end), "")), "{end}");
                assert!(is_junk("application/javascript", hexadecimal, (&code(end), CODE)), "{end}");
            }
            assert!(is_junk("application/javascript", hexadecimal, ("", CODE)));
            assert!(is_junk("application/javascript", hexadecimal, ("", &format!("var a={{}};{CODE}"))));
            // A text that nothing closes.
            assert!(is_junk("application/javascript", hexadecimal, (&code("a={key:\"va"), "")));
        }
    }

    #[test]
    fn markup_that_runs_into_data_is_junk() {
        let page = |end: &str| format!("{MARKUP}{MARKUP}{end}");
        for end in ["<div class=\"a\"><p>Supplier team d", "<di", "<div cl", OPEN, "<div class=\"ro"] {
            assert!(is_junk("text/html", false, (&page(end), "")), "{end}");
        }
        assert!(is_junk("text/html", false, (&page("<p>Supplier team d"), MARKUP)));
        assert!(is_junk("text/html", false, ("", &page(""))));
    }

    const STYLE: &str = ".row-head{margin:7px;color:#df8eae;display:none}\n#side a{padding:0 2px;float:left}";

    #[test]
    fn style_that_runs_into_data_is_junk() {
        for hexadecimal in [false, true] {
            for end in ["", ".row{margin:3px;c", ".row{", "a:hover{color:#1f1;display:block}"] {
                let style = format!("{STYLE}{STYLE}{end}");
                assert!(is_junk("text/css", hexadecimal, (&style, "")), "{end}");
                assert!(is_junk("text/css", hexadecimal, (&style, STYLE)), "{end}");
            }
        }
        for (before, behind) in [
            (".a{background:url(data:image/png;base64,", ")}"),
            (".a{src:url(\"data:font/woff;base64,", "\")}"),
            ("/*# sourceMappingURL=data:application/json;base64,", " */"),
            (".a{--state:", "}"),
            (".", "{color:red}"),
        ] {
            let style = (format!("{STYLE}{STYLE}{before}"), format!("{behind}{STYLE}"));
            assert!(!is_junk("text/css", false, (&style.0, &style.1)), "{before}");
        }
    }

    #[test]
    fn half_bytes_as_letters_in_the_midst_of_code_are_junk() {
        let judged = |around: (&str, &str)| {
            let mut chance = Chance::new(92);
            let mut talk = Talk::default();
            for number in 0..10 {
                let lines =
                    format!("{number};{};order of pumps;{}\n", chance.below(99_999), chance.below(999))
                        .repeat(2);
                let halves = lines.bytes().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| b'a' + half);
                let data = String::from_utf8(halves.collect()).unwrap();
                let body = format!("{CODE}{CODE}{}{data}{}{CODE}", around.0, around.1);
                talk.page(&format!("/a?n={number}"), "application/javascript", body.as_bytes());
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("code or markup"))
        };
        assert!(judged(("function next(l){return l.ma", "nction e(i){return i}")));
        assert!(!judged(("a=\"", "\";")));
    }

    #[test]
    fn markup_that_goes_on_where_no_text_leaves_it_is_junk() {
        let page = format!("{MARKUP}{MARKUP}");
        for behind in
            ["</h3><p>Late.</p>", "ss=\"row\">Late.", "/p><p>Late.</p>", "<!DOCTYPE html><html><body>"]
        {
            assert!(is_junk("text/html", false, (&page, &format!("{behind}{MARKUP}"))), "{behind}");
        }
        for behind in ["<p>Late.</p>", " -> the order", "</div></div>", "<br>", "</p>"] {
            assert!(!is_junk("text/html", false, (&page, &format!("{behind}{MARKUP}"))), "{behind}");
        }
    }

    #[test]
    fn values_that_templates_hold_are_not() {
        for (before, behind) in [
            ("a={key:\"", "\"};"),
            ("a('", "');"),
            ("/* ", " */"),
            ("// ", "\n"),
            ("a=`", "`;"),
            ("\ncat <<EOF\n", "\nEOF\n"),
            ("\n", "\n"),
        ] {
            let code = (format!("{CODE}{CODE}{before}"), format!("{behind}{CODE}"));
            assert!(!is_junk("application/javascript", false, (&code.0, &code.1)), "{before}");
        }
        for (before, behind) in [
            ("<pre>", "</pre>"),
            ("<p>Your key: ", "</p>"),
            ("<input value=\"", "\">"),
            ("<a href=/get/", ">get</a>"),
            ("<!-- ", " -->"),
            ("<img src=\"data:image/png;base64,", "\">"),
            ("<script>var a=\"", "\";</script>"),
            ("<p>Your key: ", "\n<p>Keep it."),
        ] {
            let page = (format!("{MARKUP}{MARKUP}{before}"), format!("{behind}{MARKUP}"));
            assert!(!is_junk("text/html", false, (&page.0, &page.1)), "{before}");
        }
    }

    #[test]
    fn other_frames_are_not() {
        let disclaimer =
            "\n-- \nThis message is meant for whom it is addressed to; please tell us if it was not you.\n";
        assert!(!is_junk("text/plain", false, ("", disclaimer)));
        let armour = "-----BEGIN CERTIFICATE-----\n";
        assert!(!is_junk("text/plain", false, (&armour.repeat(3), "\n-----END CERTIFICATE-----\n")));
        let form = "name=order&kind=pump&state=late&from=the+team+of+the+shipping+yard&lines=all&data=";
        assert!(!is_junk("application/x-www-form-urlencoded", false, (form, "&end=1")));
        let json = "{\"order\":{\"kind\":\"pump\",\"state\":[\"late\",\"lost\"],\"team\":{\"name\":\"yard\"}},\"data\":\"";
        assert!(!is_junk("application/json", false, (json, "\"}")));
        // One page, and words that change.
        let mut talk = Talk::default();
        for word in ["order", "supplier", "shipping", "invoice", "budget", "contract"] {
            talk.page("/a", "text/html", format!("{MARKUP}<p>{}</p>{MARKUP}", word.repeat(20)).as_bytes());
        }
        assert!(!talk.judge().junk);
    }
}
