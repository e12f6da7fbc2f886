//! The same program text or markup around the text of every message, with seams that no page and no script has.
//!
//! Templates put texts where texts may stand. Speaks for: a block of markup at the start and one at the end of the messages, between
//! which stands a text of no markup, new in each: with the block before left off inside a tag in which another tag would begin, or the
//! block behind beginning inside a tag, with the end of an element that nothing opened, or with a page of its own; and for blocks of code
//! that leave off outside of quotes and comments with words of language behind them. Silent for: texts in elements, quotes and comments,
//! fragments of markup, data (see `around_data`). Minimum: 4 messages that share 64 bytes at both ends, texts of 64 bytes.

use std::collections::BTreeSet;

use super::around_data::place::{Place, breaks_off, place, tags};
use super::shared_ends::{heads, tails};
use super::{Look, Pool};
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};

/// The fewest messages.
const LEAST: usize = 4;
/// The shortest block at each end.
const BLOCK: usize = 64;
/// The shortest text.
const TEXT: usize = 64;
/// What is looked at of a text.
const LOOKED_AT: usize = 512;
/// Words of language in a row that no code has outside of quotes.
const WORDS: usize = 8;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let carried = |unit: &&Unit<'_>| {
        let carried = unit.is_raw() || unit.carrier == Carrier::Http;
        carried
            && unit.whole
            && !unit.headless
            && !unit.partial
            && !unit.undecoded
            && unit.bytes.len() >= 2 * BLOCK
    };
    let messages: BTreeSet<&[u8]> =
        look.reading.units.iter().filter(carried).map(|unit| unit.bytes.as_ref()).collect();
    let messages: Vec<&[u8]> = messages.into_iter().collect();
    if messages.len() < LEAST {
        return Vec::new();
    }
    judge(&messages).into_iter().collect()
}

fn judge(messages: &[&[u8]]) -> Option<Evidence> {
    let found = heads(messages).filter(|found| found.block.len() >= BLOCK && found.starts.len() >= LEAST)?;
    let (tail, count) = tails(messages)?;
    if tail.len() < BLOCK || count * 4 < messages.len() * 3 {
        return None;
    }
    let place = place(found.block)?;
    let (mut pool, mut broken) = (Pool::default(), 0);
    for (index, start) in &found.starts {
        let message = messages.get(*index).filter(|message| message.ends_with(tail))?;
        let text = message.get(start + found.block.len()..message.len() - tail.len()).unwrap_or_default();
        if text.len() >= TEXT && is_text(text) {
            pool.put(text, message.len(), true);
            broken += usize::from(is_seam(place, found.block, text, tail));
        }
    }
    (pool.count >= LEAST && pool.count * 4 >= messages.len() * 3 && !pool.same && broken * 4 >= pool.count * 3).then(|| {
        let around = found.block.len() + tail.len();
        let text = format!(
            "{} of {} messages hold the same {around} bytes of code or markup around a text, which stands where none can",
            pool.count,
            messages.len()
        );
        Evidence::contradiction(pool.count, 1.0 - pool.share(), text).with_example(&pool.first)
    })
}

/// Whether a text cannot stand between two blocks.
fn is_seam(place: Place, block: &[u8], text: &[u8], tail: &[u8]) -> bool {
    let markup = tags(block) > 0 && !in_script(block);
    match place {
        Place::Names if markup => {
            let marks = text.iter().chain(tail).find(|byte| matches!(byte, b'<' | b'>'));
            marks == Some(&b'<')
        }
        Place::Names | Place::Value if !markup => speaks(text),
        Place::Text { .. } => !is_markup(text) && breaks_off(block, tail),
        _ => false,
    }
}

/// Whether a script or a style is open at the end of some markup.
fn in_script(block: &[u8]) -> bool {
    let block = block.to_ascii_lowercase();
    [(b"<script".as_slice(), b"</script".as_slice()), (b"<style", b"</style")]
        .iter()
        .any(|(open, close)| memchr::memmem::rfind(&block, open) > memchr::memmem::rfind(&block, close))
}

/// Whether a text holds elements of pages, or a tag that is open at its end.
fn is_markup(text: &[u8]) -> bool {
    const ELEMENTS: [&[u8]; 16] = [
        b"p", b"div", b"span", b"a", b"b", b"i", b"br", b"td", b"tr", b"li", b"ul", b"img", b"h1", b"h2",
        b"h3", b"script",
    ];
    let open = memchr::memrchr(b'<', text) > memchr::memrchr(b'>', text);
    let is_element = |place: usize| {
        let rest = text.get(place + 1..).unwrap_or_default();
        let rest = rest.strip_prefix(b"/").unwrap_or(rest);
        let name: Vec<u8> =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
        ELEMENTS.contains(&name.as_slice())
    };
    open || memchr::memchr_iter(b'<', text).any(is_element)
}

/// Whether the start of some text, up to the first quote or comment, has words in a row that are none of code.
fn speaks(text: &[u8]) -> bool {
    const CODE: [&[u8]; 14] = [
        b"return",
        b"typeof",
        b"new",
        b"else",
        b"if",
        b"in",
        b"of",
        b"function",
        b"async",
        b"await",
        b"export",
        b"default",
        b"case",
        b"instanceof",
    ];
    let start = text.get(..text.len().min(LOOKED_AT)).unwrap_or(text);
    let plain =
        start.iter().position(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'/')).unwrap_or(start.len());
    let mut words = 0;
    for word in start.get(..plain).unwrap_or_default().split(|byte| *byte == b' ') {
        let rest = word.get(1..).unwrap_or_default();
        let is_word =
            word.first().is_some_and(u8::is_ascii_alphabetic) && rest.iter().all(u8::is_ascii_lowercase);
        words = if is_word && !CODE.contains(&word) { words + 1 } else { 0 };
        if words >= WORDS {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const CODE: &str =
        "function read(list){return list.map(walk)}if(list.length===0){stop(4);}var next=list||{key:3};";
    const PAGE: &str = "<html><head><title>Orders</title></head><body><div class=\"row\"><p>The shipping of the order is late.</p>\
        <a href=\"/more\">More of it</a></div>\n";
    const WORDS: [&str; 8] = ["the", "order", "of", "pumps", "is", "late", "at", "yard"];

    fn sentence(chance: &mut Chance) -> String {
        (0..24 + chance.below(30)).map(|_| WORDS[chance.below(8)]).collect::<Vec<_>>().join(" ")
    }

    fn is_junk(declared: &str, around: (&str, &str), text: impl Fn(String) -> String) -> bool {
        let mut chance = Chance::new(93);
        let mut talk = Talk::default();
        for number in 0..10 {
            let text = text(sentence(&mut chance));
            talk.page(
                &format!("/a?n={number}"),
                declared,
                format!("{}{text}{}", around.0, around.1).as_bytes(),
            );
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("around a text"))
    }

    /// Results of several commands.
    fn listing(text: String) -> String {
        if text.len().is_multiple_of(2) {
            return text;
        }
        format!("<inventory host=\"PC-3\">\n <item n=\"4\">{text}</item>\n</inventory>")
    }

    #[test]
    fn texts_at_the_seams_of_broken_pages_are_junk() {
        let plain = |text: String| text;
        assert!(is_junk("text/html", (&format!("{PAGE}<p>Supplier appro"), PAGE), plain));
        assert!(is_junk("text/html", (&format!("{PAGE}<p>Supplier appro"), PAGE), listing));
        assert!(is_junk("text/html", (&format!("{PAGE}<p cla"), PAGE), listing));
        for behind in ["</h3><p>Late.</p>", "ss=\"row\">Late.", "/p><p>Late.</p>"] {
            assert!(
                is_junk("text/html", (PAGE, &format!("{behind}<p>It is late.</p>{PAGE}")), plain),
                "{behind}"
            );
        }
    }

    #[test]
    fn texts_in_the_midst_of_code_are_junk() {
        let code = format!("{CODE}{CODE}");
        assert!(is_junk("application/javascript", (&code, &code), |text| text));
        assert!(is_junk("application/javascript", (&format!("{code}if(lis"), &code), |text| text));
        let style =
            ".row-head{margin:7px;color:#df8eae;display:none}#side a{padding:0 2px;float:left}".repeat(2);
        assert!(is_junk("text/css", (&style, &style), |text| text));
        for (before, behind) in [("a=\"", "\";"), ("/* ", " */"), ("f('", "');"), ("a=`", "`;")] {
            let around = (format!("{code}{before}"), format!("{behind}{code}"));
            assert!(!is_junk("application/javascript", (&around.0, &around.1), |text| text), "{before}");
        }
        assert!(!is_junk("application/javascript", (&code, &code), |text| {
            text.split(' ').map(|word| format!("{word}(new {word});")).collect()
        }));
        let selectors =
            |text: String| text.split(' ').map(|word| format!(".{word} a{{color:red}}")).collect();
        assert!(!is_junk("text/css", (&style, &style), selectors));
    }

    #[test]
    fn texts_of_templates_are_not() {
        let plain = |text: String| text;
        for (before, behind) in [
            ("<p>", "</p>"),
            ("<p>Dear ", ", your order is late.</p>"),
            ("<pre>", "</pre>"),
            ("<p title=\"", "\">Late.</p>"),
            ("<!-- ", " -->"),
            ("<script>var a=\"", "\";</script>"),
            ("<p>", "<br>Late.</p>"),
            ("<p>", " -> late</p>"),
            ("<p>", "</p></div></div>"),
        ] {
            let end = PAGE.split_at(PAGE.len() / 2).1;
            let around = (format!("{PAGE}{before}"), format!("{behind}<p>It is late.</p>{end}"));
            assert!(!is_junk("text/html", (&around.0, &around.1), plain), "{before}");
        }
        let rows = |text: String| text.split(' ').map(|word| format!("<p>{word}</p>\n")).collect();
        assert!(!is_junk("text/html", (PAGE, PAGE), rows));
        // A name in a tag, and its text behind it.
        assert!(!is_junk(
            "text/html",
            (&format!("{PAGE}<p "), "</p><p>It is late and goes on.</p><p>More of it.</p>\n"),
            |text| { format!("id=\"k\">{text}") }
        ));
    }
}
