//! Content that means something: sentences, records, logs, tables, pages. Both junk's real part and the controls are
//! made of it.

use std::sync::LazyLock;

use super::encode::hex;
use crate::chance::Chance;

const WORDS: &str = "the of and to in is that for it was on are as with his they at be this have from or one had by \
    word but not what all were we when your can said there use an each which she do how their if will up other about \
    out many then them these so some her would make like him into time has look two more write go see number no way \
    could people my than first water been call who oil its now find long down day did get come made may part order \
    invoice customer account payment delivery address service contract report meeting schedule project manager budget \
    review update request approved pending shipment warehouse stock supplier quantity price total discount currency \
    department employee office printer network server backup password policy training holiday quarter annual forecast \
    revenue margin campaign marketing product release version feature error warning failed success timeout connection \
    database table index query user session login logout token file folder document archive image picture attachment \
    message subject reply forward calendar reminder task issue ticket priority status assigned resolved closed open \
    temperature pressure sensor device firmware battery signal station region country city street building floor room \
    monday tuesday wednesday thursday friday january february march april june july august september october november \
    december morning evening please thanks regards attached following discussed regarding confirm available possible \
    required between during before after while because however therefore although without within against through";

static LIST: LazyLock<Vec<&'static str>> = LazyLock::new(|| WORDS.split_ascii_whitespace().collect());

const NAMES: &[&str] = &[
    "anna", "boris", "carla", "deniz", "emil", "fatima", "george", "hanna", "igor", "julia", "karim", "lena",
    "marco", "nadia", "omar", "petra", "quentin", "rosa", "stefan", "tanya", "uwe", "vera", "wanda", "yusuf",
];

const FIELDS: &[&str] = &[
    "id", "name", "status", "created", "updated", "owner", "region", "count", "total", "price", "comment",
    "title", "type", "version", "enabled", "email", "path", "duration", "source", "target", "label", "group",
    "score", "limit", "offset", "note",
];

/// One word.
pub(crate) fn word(chance: &mut Chance) -> &'static str {
    // Small words are the frequent ones, as in any language.
    LIST[chance.popular(LIST.len())]
}

/// Words with spaces, about so many bytes.
pub(crate) fn words(chance: &mut Chance, bytes: usize) -> String {
    let list = &*LIST;
    let mut text = String::with_capacity(bytes + 16);
    while text.len() < bytes {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(list[chance.popular(list.len())]);
    }
    text
}

/// Sentences, about so many bytes.
pub(crate) fn sentences(chance: &mut Chance, bytes: usize) -> String {
    let list = &*LIST;
    let mut text = String::with_capacity(bytes + 80);
    while text.len() < bytes {
        let count = 4 + chance.below(14);
        for number in 0..count {
            let word = list[chance.popular(list.len())];
            if number == 0 {
                let mut letters = word.chars();
                text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                text.push_str(letters.as_str());
            } else {
                text.push_str(if chance.happens(0.06) { ", " } else { " " });
                text.push_str(word);
            }
        }
        text.push_str(if chance.happens(0.15) { ".\n" } else { ". " });
    }
    text
}

/// Syllables that look like words and are none, exactly so many bytes.
pub(crate) fn babble(chance: &mut Chance, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 8);
    while text.len() < bytes {
        for _ in 0..1 + chance.below(3) {
            text.push_str(
                chance.pick(&["b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "st", "tr"]),
            );
            text.push_str(chance.pick(&["a", "e", "i", "o", "u", "ea", "ou"]));
            if chance.happens(0.3) {
                text.push_str(chance.pick(&["n", "r", "s", "l", "t"]));
            }
        }
        text.push(' ');
    }
    text.truncate(bytes);
    text
}

/// The name of somebody.
pub(crate) fn person(chance: &mut Chance) -> &'static str {
    chance.pick(NAMES)
}

/// An identifier like `3f2b…-…`.
pub(crate) fn uuid(chance: &mut Chance) -> String {
    let mut bytes = chance.bytes(16);
    bytes[6] = bytes[6] & 15 | 64;
    bytes[8] = bytes[8] & 63 | 128;
    let digits = hex(&bytes);
    let mut text = String::with_capacity(36);
    for (place, digit) in digits.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

/// A moment in 2026 as text.
pub(crate) fn moment(chance: &mut Chance) -> String {
    format!(
        "2026-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        1 + chance.below(12),
        1 + chance.below(28),
        chance.below(24),
        chance.below(60),
        chance.below(60),
        chance.below(1_000)
    )
}

/// The value of a field, as JSON.
pub(crate) fn value(chance: &mut Chance, field: &str) -> String {
    match field {
        "id" | "count" | "duration" | "limit" | "offset" => format!("{}", chance.below(100_000)),
        "total" | "price" | "score" => format!("{:.2}", chance.spread(80.0, 1.2)),
        "enabled" => format!("{}", chance.happens(0.5)),
        "created" | "updated" => format!("\"{}\"", moment(chance)),
        "email" => format!("\"{}@{}.example\"", person(chance), word(chance)),
        "path" => format!("\"/{}/{}/{}\"", word(chance), word(chance), chance.below(900)),
        "name" | "owner" => format!("\"{} {}\"", person(chance), person(chance)),
        "comment" | "note" | "title" => {
            let bytes = chance.spread(40.0, 0.7) as usize;
            format!("\"{}\"", words(chance, bytes))
        }
        _ => format!("\"{}\"", word(chance)),
    }
}

/// One record as a JSON object on one line.
pub(crate) fn record(chance: &mut Chance, fields: &[&str]) -> String {
    let pairs: Vec<String> =
        fields.iter().map(|field| format!("\"{field}\":{}", value(chance, field))).collect();
    format!("{{{}}}", pairs.join(","))
}

/// Fields that the records of a conversation have in common.
pub(crate) fn fields(chance: &mut Chance) -> Vec<&'static str> {
    let mut all = FIELDS.to_vec();
    chance.shuffle(&mut all);
    all.truncate(4 + chance.below(8));
    all
}

/// A JSON document of about so many bytes: an object, with a list of records where there is room.
pub(crate) fn json(chance: &mut Chance, fields: &[&str], bytes: usize) -> String {
    let mut text = record(chance, fields);
    if text.len() > bytes {
        text = record(chance, &fields[..fields.len().min(2)]);
    }
    if text.len() + 40 >= bytes {
        return text;
    }
    let mut out = format!("{{\"page\":{},\"items\":[{text}", chance.below(40));
    while out.len() + text.len() / 2 < bytes {
        out.push(',');
        out.push_str(&record(chance, fields));
    }
    out.push_str("]}");
    out
}

/// Lines of a log, about so many bytes.
pub(crate) fn log(chance: &mut Chance, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 120);
    while text.len() < bytes {
        let line = format!(
            "{} {} [{}] {}: {}\n",
            moment(chance),
            chance.pick(&["INFO", "INFO", "INFO", "WARN", "ERROR", "DEBUG"]),
            chance.below(64),
            chance.pick(&["http.server", "worker", "scheduler", "db.pool", "auth", "cache"]),
            {
                let length = 20 + chance.below(60);
                words(chance, length)
            }
        );
        text.push_str(&line);
    }
    text
}

/// What a command printed, about so many bytes: files or processes.
pub(crate) fn listing(chance: &mut Chance, bytes: usize) -> String {
    let mut text = String::from(" Volume in drive C has no label.\r\n Directory of C:\\Users\r\n\r\n");
    while text.len() < bytes {
        text.push_str(&format!(
            "{:02}/{:02}/2026  {:02}:{:02} {}    {:>14} {}_{}.{}\r\n",
            1 + chance.below(12),
            1 + chance.below(28),
            1 + chance.below(12),
            chance.below(60),
            chance.pick(&["AM", "PM"]),
            chance.spread(40_000.0, 2.0) as u64,
            word(chance),
            word(chance),
            chance.pick(&["docx", "xlsx", "pdf", "txt", "png", "zip"])
        ));
    }
    text
}

/// A page of about so many bytes.
pub(crate) fn html(chance: &mut Chance, bytes: usize) -> String {
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n<body>\n",
        words(chance, 20)
    );
    while text.len() + 16 < bytes {
        let length = (30 + chance.below(200)).min(bytes);
        text.push_str(&format!(
            "<{0} class=\"{1}\">{2}</{0}>\n",
            chance.pick(&["p", "p", "li", "h2", "div", "span"]),
            word(chance),
            words(chance, length)
        ));
    }
    text.push_str("</body></html>\n");
    text
}

/// A document of about so many bytes.
pub(crate) fn xml(chance: &mut Chance, bytes: usize) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<orders>\n");
    while text.len() + 10 < bytes {
        text.push_str(&format!(
            "  <order id=\"{}\"><name>{}</name><date>{}</date><note>{}</note></order>\n",
            chance.below(100_000),
            person(chance),
            moment(chance),
            words(chance, 30)
        ));
    }
    text.push_str("</orders>\n");
    text
}

/// A table of about so many bytes.
pub(crate) fn csv(chance: &mut Chance, bytes: usize) -> String {
    let mut text = String::from("id,name,date,quantity,price,comment\r\n");
    while text.len() < bytes {
        text.push_str(&format!(
            "{},{} {},{},{},{:.2},{}\r\n",
            chance.below(1_000_000),
            person(chance),
            person(chance),
            moment(chance),
            chance.below(400),
            chance.spread(50.0, 1.0),
            words(chance, 20)
        ));
    }
    text
}

/// Text of some kind that a conversation keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    /// Sentences.
    Sentences,
    /// Lines of a log.
    Log,
    /// Files.
    Listing,
    /// A table.
    Csv,
    /// Records.
    Json,
}

impl Text {
    /// One kind.
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        chance.one(&[Self::Sentences, Self::Log, Self::Listing, Self::Csv, Self::Json])
    }

    /// Exactly so many bytes of it, but JSON, which is not cut.
    pub(crate) fn make(self, chance: &mut Chance, bytes: usize) -> String {
        let mut text = match self {
            Self::Sentences => sentences(chance, bytes),
            Self::Log => log(chance, bytes),
            Self::Listing => listing(chance, bytes),
            Self::Csv => csv(chance, bytes),
            Self::Json => return json(chance, &["id", "name", "status", "note", "total"], bytes),
        };
        text.truncate(bytes.max(1));
        text
    }
}
