//! Content that is not of its declared type.
//!
//! Speaks for: bytes that only the label makes an image, a document or an archive. Silent for: parts of files, errors told as text, other
//! formats than declared (servers mislabel), and encrypted bodies labelled as text or JSON. Bodies that begin as JSON and go on as
//! printable noise speak too: no encoder has so many symbols. Texts of syslog that are noise speak as well. A page, which is the label of
//! answers whose program sets none, counts in requests only. Minimum: 64 bytes of content in one message; 2 requests with pages; 4 bodies
//! of JSON with 256 characters of noise; 3 messages of syslog with 48 bytes.

use super::{Look, Pool};
use crate::class::{Class, is_text};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::{Alphabet, even};

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pool = Pool::default();
    let mut declared = "";
    for unit in look.reading.units.iter().filter(|unit| matches!(unit.carrier, Carrier::Http | Carrier::Part))
    {
        if is_belied(unit) {
            declared = &unit.declared;
            pool.put(&unit.bytes, unit.bytes.len(), true);
        }
    }
    let mut found: Vec<Evidence> =
        [pages(look), broken_json(look), syslog(look)].into_iter().flatten().collect();
    if pool.count > 0 {
        let text = format!(
            "{} bodies are declared as {} and are not: {} bytes of neither that nor another format",
            pool.count,
            plain(declared),
            pool.total
        );
        found.push(Evidence::contradiction(pool.count, 1.0, text).with_example(&pool.first));
    }
    found
}

/// Requests that send what they call a page, and is drawn evenly from its first byte to its last.
fn pages(look: &Look<'_>) -> Option<Evidence> {
    let mut pool = Pool::default();
    for unit in look.reading.units.iter().filter(|unit| unit.carrier == Carrier::Http && !unit.partial) {
        let asked =
            look.reading.exchanges.iter().any(|exchange| exchange.turn == unit.turn && exchange.request);
        let noise = matches!(unit.class, Class::Random(even) if even.alphabet == Alphabet::Bytes);
        if asked && noise && unit.declared == "text/html" && unit.bytes.len() >= 64 {
            pool.put(&unit.bytes, unit.bytes.len(), true);
        }
    }
    (pool.count >= 2 && !pool.same).then(|| {
        let text = format!(
            "{} requests send pages by their label and nothing that reads: {} bytes that are drawn evenly",
            pool.count, pool.total
        );
        Evidence::contradiction(pool.count, 1.0, text)
    })
}

/// Messages of syslog, which is text by its standards (RFC 3164 and 5424), whose text is noise.
fn syslog(look: &Look<'_>) -> Option<Evidence> {
    let (mut pool, mut messages) = (Pool::default(), 0);
    for unit in look.reading.units.iter().filter(|unit| unit.is_raw() && !unit.headless) {
        let Some(text) = syslog_text(&unit.bytes) else { continue };
        messages += 1;
        if text.len() >= SYSLOG && !is_text(text) {
            pool.put(text, unit.bytes.len(), true);
        }
    }
    let varied = pool.lengths.iter().collect::<std::collections::BTreeSet<_>>().len() >= 3;
    let noise = pool.count >= 3 && pool.count * 4 >= messages && varied;
    let drawn = noise.then(|| even(&pool.bytes, look.limit)).flatten()?;
    (drawn.alphabet == Alphabet::Bytes).then(|| {
        let text = format!(
            "{} of {messages} messages of syslog hold {} bytes of noise for a text ({:.1} standard deviations)",
            pool.count, pool.total, drawn.deviations
        );
        Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)
    })
}

/// The fewest bytes of the text of a message.
const SYSLOG: usize = 48;

/// What follows the head of a message of syslog: its priority, and words up to the last blank before what is no text.
fn syslog_text(bytes: &[u8]) -> Option<&[u8]> {
    let close = bytes.iter().take(5).position(|byte| *byte == b'>')?;
    let priority = bytes.first() == Some(&b'<') && close >= 2;
    let digits = bytes.get(1..close)?.iter().all(u8::is_ascii_digit);
    let words = bytes.iter().take_while(|byte| matches!(byte, b' '..=b'~')).count();
    let head = bytes.get(..words)?.iter().rposition(|byte| *byte == b' ')? + 1;
    (priority && digits && head >= 16).then(|| bytes.get(head..)).flatten()
}

/// Bodies that begin as JSON and go on as printable noise.
fn broken_json(look: &Look<'_>) -> Option<Evidence> {
    let (mut pool, mut bodies) = (Pool::default(), 0);
    for unit in look.reading.units.iter().filter(|unit| unit.declared.ends_with("json") && !unit.partial) {
        bodies += 1;
        let broken = unit.document.is_none_or(|found| found.broken && found.end * 4 < unit.bytes.len());
        let begins = matches!(unit.bytes.first(), Some(b'{' | b'['));
        let noise = unit.bytes.get(HEAD..).unwrap_or_default();
        let graphic = noise.iter().all(|byte| matches!(byte, 32..=126));
        if broken && begins && graphic && noise.len() >= 16 {
            pool.put(noise, unit.bytes.len(), true);
        }
    }
    let drawn =
        (pool.count >= 4 && pool.total >= 256 && !pool.same).then(|| printable(&pool.bytes, look.limit));
    drawn.flatten().map(|deviations| {
        let text = format!(
            "{} of {bodies} bodies that are declared as JSON begin as such and go on as {} printable characters that are drawn evenly ({deviations:.1} standard deviations)",
            pool.count, pool.total
        );
        Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)
    })
}

/// What may be read of a document before it goes on as noise.
const HEAD: usize = 16;

/// Standard deviations of characters from an even law over those that occur, where these are more than any encoder has.
fn printable(bytes: &[u8], limit: f64) -> Option<f64> {
    let (kinds, deviations) = crate::statistics::even_among(&crate::statistics::histogram(bytes))?;
    (kinds >= 70 && deviations.abs() <= limit).then_some(deviations)
}

/// A type with its odd characters left out: it comes from the wire and goes into a sentence.
fn plain(declared: &str) -> String {
    declared.chars().filter(|c| c.is_ascii_alphanumeric() || "/+.-".contains(*c)).take(60).collect()
}

fn is_belied(unit: &Unit<'_>) -> bool {
    if unit.partial || unit.bytes.len() < 64 || !promises(&unit.declared) {
        return false;
    }
    let bytes = unit.bytes.as_ref();
    if magic(bytes) {
        // A magic in front of something else: the document breaks at once.
        return unit.document.is_some_and(|found| found.broken && found.end * 4 < bytes.len());
    }
    match unit.class {
        Class::Document(_) | Class::Text | Class::Short => false,
        Class::Random(even) => even.alphabet == Alphabet::Bytes || unit.declared.starts_with("image/"),
        Class::Fill(_) | Class::Binary => !is_text(bytes),
    }
}

/// Types whose content starts in a known way.
fn promises(declared: &str) -> bool {
    const TYPES: [&str; 16] = [
        "image/png",
        "image/jpeg",
        "image/jpg",
        "image/gif",
        "image/webp",
        "image/bmp",
        "image/x-icon",
        "image/vnd.microsoft.icon",
        "application/pdf",
        "application/zip",
        "application/gzip",
        "application/x-gzip",
        "font/woff",
        "font/woff2",
        "audio/wav",
        "audio/ogg",
    ];
    TYPES.contains(&declared) || declared.starts_with("application/vnd.openxmlformats")
}

/// How files of such types start, beside those that are read.
fn magic(bytes: &[u8]) -> bool {
    const STARTS: [&[u8]; 24] = [
        b"\x89PNG",
        b"\xFF\xD8\xFF",
        b"GIF8",
        b"RIFF",
        b"BM",
        b"\0\0\x01\0",
        b"\0\0\x02\0",
        b"%PDF",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x1F\x8B",
        b"wOFF",
        b"wOF2",
        b"OggS",
        b"II*\0",
        b"MM\0*",
        b"\xD0\xCF\x11\xE0",
        b"\0\0\0\x0CjP",
        b"\xFF\x0A",
        b"<",
        b"ID3",
        b"fLaC",
        b"\x1A\x45\xDF\xA3",
        b"FWS",
    ];
    STARTS.iter().any(|start| bytes.starts_with(start)) || bytes.get(4..8) == Some(b"ftyp")
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    #[test]
    fn noise_labelled_as_an_image_is_junk_and_labelled_as_json_is_opaque() {
        let mut chance = Chance::new(5);
        for (label, verdict) in [
            ("image/png", Verdict::Junk),
            ("application/json", Verdict::Opaque),
            ("application/octet-stream", Verdict::Opaque),
        ] {
            let mut talk = Talk::default();
            for _ in 0..8 {
                let length = 100 + chance.below(900);
                talk.post(label, &chance.bytes(length));
                talk.answer(b"");
            }
            assert_eq!(talk.judge().verdict, verdict, "{label}");
        }
    }

    #[test]
    fn syslog_holds_text() {
        let judged = |make: &dyn Fn(&mut Chance) -> Vec<u8>| {
            let mut chance = Chance::new(8);
            let mut talk = Talk::default();
            for number in 0..8 {
                let head = format!("<30>May 19 16:57:0{number} srv app[6133]: ");
                talk.datagram(&[head.as_bytes(), &make(&mut chance)].concat());
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("of syslog"))
        };
        assert!(judged(&|chance| {
            let length = 60 + chance.below(300);
            chance.bytes(length)
        }));
        // Codes among them are text.
        assert!(judged(&|chance| {
            let length = 60 + chance.below(300);
            let noise = chance.bytes(length);
            if length % 2 == 0 { crate::testing::encode(&noise) } else { noise }
        }));
        assert!(!judged(&|_| {
            "die Prüfung der Anlage wurde für heute verschoben, größere Schäden gibt es nicht".into()
        }));
        assert!(!judged(&|chance| crate::testing::encode(&chance.bytes(90))));
    }

    #[test]
    fn a_page_of_noise_counts_in_requests_alone() {
        let mut chance = Chance::new(6);
        let (mut sent, mut answered) = (Talk::default(), Talk::default());
        for _ in 0..4 {
            let noise = chance.bytes(600);
            sent.post("text/html", &noise);
            sent.answer(b"ok");
            answered.post("text/plain", b"a=1");
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n",
                noise.len()
            );
            answered.reply(&[head.as_bytes(), &noise].concat());
        }
        assert_eq!((sent.judge().verdict, answered.judge().verdict), (Verdict::Junk, Verdict::Opaque));
    }

    #[test]
    fn json_that_goes_on_as_printable_noise_is_junk_and_careless_json_is_not() {
        let judged = |make: fn(&mut Chance) -> String| {
            let mut chance = Chance::new(14);
            let mut talk = Talk::default();
            for _ in 0..8 {
                talk.post("application/json", make(&mut chance).as_bytes());
                talk.answer(b"");
            }
            talk.judge().verdict
        };
        let noise = |chance: &mut Chance| {
            let length = 60 + chance.below(90);
            let all: Vec<u8> = (33..127).collect();
            format!("{{\"ab\":{}", String::from_utf8(chance.of(&all, length)).unwrap())
        };
        assert_eq!(judged(noise), Verdict::Junk);
        let careless = |chance: &mut Chance| {
            format!(
                "{{'host': 'WKS-{:04}', 'state': 'idle', 'note': 'all is quiet tonight and in the morning'}}",
                chance.below(9999)
            )
        };
        assert_ne!(judged(careless), Verdict::Junk);
    }
}
