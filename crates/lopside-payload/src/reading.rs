//! One direction of a sample, read by the protocols that its content speaks.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::class::{Class, class};
use crate::content::document::{self, Document, Kind};
use crate::content::framing::Framing;
use crate::content::known::{self, Known};
use crate::content::{dns, encoding, http, json, mime};
use crate::peel::peel;
use crate::sample::{Message, Side};
use crate::settings::Settings;

/// Messages that belong together: usually one, several where a message of HTTP was sent in parts.
#[derive(Debug)]
pub(crate) struct Stretch<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    /// Its last bytes, where it is not whole.
    pub(crate) tail: &'a [u8],
    pub(crate) turn: u32,
    pub(crate) index: u64,
    pub(crate) length: u64,
    pub(crate) datagram: bool,
    /// All of it is there.
    pub(crate) whole: bool,
    /// Its start was not captured.
    pub(crate) headless: bool,
}

/// Some content with what was declared about it.
#[derive(Debug)]
pub(crate) struct Unit<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    /// The last bytes of content that is not whole.
    pub(crate) tail: &'a [u8],
    /// Its place in the conversation.
    pub(crate) turn: u32,
    /// The length of all of it, where known.
    pub(crate) length: u64,
    pub(crate) whole: bool,
    pub(crate) headless: bool,
    pub(crate) carrier: Carrier,
    /// The declared type in lower case; empty where none is.
    pub(crate) declared: String,
    /// It is one part of something: a range, a chunk of an upload.
    pub(crate) partial: bool,
    /// The document at its start.
    pub(crate) document: Option<Document>,
    /// What it is.
    pub(crate) class: Class,
}

impl<'a> Unit<'a> {
    /// Whole content of which nothing is declared.
    fn new(bytes: Cow<'a, [u8]>, turn: u32, carrier: Carrier) -> Unit<'a> {
        Unit {
            length: bytes.len() as u64,
            bytes,
            tail: &[],
            turn,
            whole: true,
            headless: false,
            carrier,
            declared: String::new(),
            partial: false,
            document: None,
            class: Class::Short,
        }
    }
}

/// What carried a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// The body of an HTTP message.
    Http,
    /// A part of a multipart body or of a mail.
    Part,
    /// A message of a stream.
    Stream,
    /// A datagram.
    Datagram,
    /// What an encoded value holds.
    Layer,
    /// A text in a record of DNS.
    Text,
}

/// A request or a response of HTTP.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) turn: u32,
    pub(crate) request: bool,
    pub(crate) method: Vec<u8>,
    pub(crate) target: Vec<u8>,
    pub(crate) status: u64,
    /// Length and a sum of the body.
    pub(crate) body: (u64, u64),
    /// Names of cookies that a response sets.
    pub(crate) sets: Vec<String>,
}

/// A value under one name.
#[derive(Debug)]
pub(crate) struct Value {
    pub(crate) turn: u32,
    pub(crate) bytes: Vec<u8>,
}

/// All that was read.
#[derive(Debug, Default)]
pub(crate) struct Reading<'a> {
    pub(crate) units: Vec<Unit<'a>>,
    /// Values by the name of their place: `cookie.sid`, `query.q`, `json.steps[].Message`.
    pub(crate) slots: BTreeMap<String, Vec<Value>>,
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) dns: Vec<dns::Dns>,
    /// The protocols recognised, with how many messages each.
    pub(crate) known: BTreeMap<Known, usize>,
    /// Messages read.
    pub(crate) messages: usize,
    /// The first name of each form.
    pub(crate) form_starts: Vec<Vec<u8>>,
    /// What stands before the first and behind the last boundary of multipart bodies, and their lengths.
    pub(crate) beside_parts: Vec<(Vec<u8>, Vec<u8>, usize)>,
    /// Extensions of chunks.
    pub(crate) extensions: Vec<Vec<u8>>,
    /// The framing of raw messages.
    pub(crate) framing: Option<Framing>,
    /// Sizes of the contents of frames.
    pub(crate) frame_sizes: Vec<u32>,
}

/// At most so many values are kept under all names.
const VALUES: usize = 6000;
/// At most so many frames of one message become units.
const FRAMES: usize = 256;
/// Encoded values looked into.
const LAYERS: usize = 128;
/// Shorter values are not looked into.
const SHORTEST_ENCODED: usize = 24;
/// Shorter values say nothing.
const SHORTEST_VALUE: usize = 6;

/// Puts messages together that belong together.
pub(crate) fn stretches<'a>(side: &'a Side, settings: &Settings) -> Vec<Stretch<'a>> {
    let mut stretches: Vec<Stretch<'a>> = Vec::with_capacity(side.messages.len());
    let mut last_index = None;
    for message in &side.messages {
        let follows = last_index.is_some_and(|index: u64| index + 1 == message.index);
        last_index = Some(message.index);
        if follows
            && !message.datagram
            && !message.cut_start
            && let Some(last) = stretches.last_mut()
            && last.whole
            && http::starts(&last.bytes)
            && !http::starts(&message.head)
        {
            last.bytes.to_mut().extend_from_slice(&message.bytes());
            last.length += message.length;
            last.whole = message.complete();
            last.tail = tail(message, settings);
            continue;
        }
        stretches.push(Stretch {
            bytes: message.bytes(),
            tail: tail(message, settings),
            turn: message.turn,
            index: message.index,
            length: message.length,
            datagram: message.datagram,
            whole: message.complete(),
            headless: message.cut_start,
        });
    }
    stretches
}

fn tail<'a>(message: &'a Message, settings: &Settings) -> &'a [u8] {
    if message.complete() || message.cut_end { &[] } else { message.tail(settings.message_tail) }
}

/// Reads the stretches of one direction.
pub(crate) fn read<'a>(stretches: &'a [Stretch<'a>], ports: [u16; 2], limit: f64) -> Reading<'a> {
    let mut reading = Reading { messages: stretches.len(), ..Reading::default() };
    let datagrams: Vec<(u64, &[u8])> =
        stretches.iter().filter(|s| s.datagram).map(|s| (s.index, s.bytes.as_ref())).collect();
    let by_sequence = if known::rtp(&datagrams) {
        Some(Known::Rtp)
    } else if ports.contains(&4500) && known::esp(&datagrams) {
        Some(Known::Esp)
    } else if known::open_vpn(&datagrams) {
        Some(Known::OpenVpn)
    } else {
        None
    };
    let mut raw = Vec::new();
    for stretch in stretches {
        let bytes = stretch.bytes.as_ref();
        let known = if stretch.datagram {
            known::datagram(bytes, stretch.length).or(by_sequence)
        } else {
            known::stream(bytes)
        };
        if let Some(known) = known {
            *reading.known.entry(known).or_default() += 1;
            continue;
        }
        if let Some(message) = dns_message(stretch) {
            reading.texts(stretch.turn, &message);
            reading.dns.push(message);
            continue;
        }
        if !stretch.datagram && http::starts(bytes) {
            reading.http(stretch);
            continue;
        }
        raw.push(stretch);
    }
    reading.raw(&raw);
    reading.layers();
    for unit in &mut reading.units {
        unit.document = document::at_start(&unit.bytes, unit.whole);
        unit.class = class(&unit.bytes, unit.document, limit);
    }
    reading
}

fn dns_message(stretch: &Stretch<'_>) -> Option<dns::Dns> {
    let bytes = stretch.bytes.as_ref();
    if stretch.datagram {
        return dns::read(bytes);
    }
    let length = crate::content::big(bytes, 0, 2)?;
    (length + 2 == stretch.length).then(|| dns::read(bytes.get(2..)?)).flatten()
}

impl<'a> Reading<'a> {
    /// Messages of HTTP, one after the other.
    fn http(&mut self, stretch: &'a Stretch<'a>) {
        let bytes = stretch.bytes.as_ref();
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(message) = http::read(rest, stretch.whole) else {
                // What is left is no message of HTTP.
                self.units.push(Unit {
                    bytes: Cow::Borrowed(rest),
                    tail: stretch.tail,
                    turn: stretch.turn,
                    length: stretch.length.saturating_sub(at as u64),
                    whole: stretch.whole,
                    headless: at > 0,
                    carrier: Carrier::Stream,
                    declared: String::new(),
                    partial: true,
                    document: None,
                    class: Class::Short,
                });
                return;
            };
            at += message.end.max(1);
            self.http_message(stretch, message, at >= bytes.len());
        }
    }

    fn http_message(&mut self, stretch: &'a Stretch<'a>, message: http::Message<'a>, last: bool) {
        let turn = stretch.turn;
        self.head(turn, &message);
        let declared = message.declared();
        let partial = message.status() == Some(206) || message.header("content-range").is_some();
        let sum =
            message.body.iter().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        self.exchanges.push(Exchange {
            turn,
            request: message.request(),
            method: message.method().to_vec(),
            target: if message.request() { message.target().to_vec() } else { Vec::new() },
            status: message.status().unwrap_or(0),
            body: (message.body.len() as u64, sum),
            sets: message
                .headers
                .iter()
                .filter(|(name, _)| name == "set-cookie")
                .filter_map(|(_, value)| value.split(|byte| *byte == b'=').next())
                .map(|name| String::from_utf8_lossy(name).into_owned())
                .collect(),
        });
        if message.body.is_empty() {
            return;
        }
        let encoded = message.header("content-encoding").map(<[u8]>::to_ascii_lowercase);
        let (mut body, whole) = (message.body, message.whole);
        match encoded.as_deref() {
            None | Some(b"identity" | b"") => {}
            Some(b"gzip" | b"x-gzip" | b"deflate") => {
                if let Some(document) =
                    document::at_start(&body, whole).filter(|found| found.complete && found.end == body.len())
                {
                    body = Cow::Owned(crate::content::archives::inflated(&body, document.kind));
                }
            }
            // Brotli and others have no reader here: what they hold is not judged.
            Some(_) => return,
        }
        let tail = if whole || !last { &[][..] } else { stretch.tail };
        let length = if whole { body.len() as u64 } else { 0 };
        if declared == "multipart/encrypted" {
            return;
        }
        if declared.starts_with("multipart/")
            && let Some(boundary) = message
                .headers
                .iter()
                .find(|(name, _)| name == "content-type")
                .and_then(|(_, value)| mime::boundary(value))
        {
            self.parts(turn, &body, boundary, whole);
            return;
        }
        self.fields(turn, &declared, &body);
        if declared == "text/html" {
            self.comments(turn, &body);
        }
        self.units.push(Unit {
            bytes: body,
            tail,
            turn,
            length,
            whole,
            headless: false,
            carrier: Carrier::Http,
            declared,
            partial,
            document: None,
            class: Class::Short,
        });
    }

    /// Comments of a page, those that are conditions or notes of words left out by what their values look like later.
    fn comments(&mut self, turn: u32, body: &[u8]) {
        let mut at = 0;
        while let Some(start) = crate::content::find(body, b"<!--", at) {
            let Some(end) = crate::content::find(body, b"-->", start + 4) else { break };
            self.value(
                "comment".into(),
                turn,
                body.get(start + 4..end).unwrap_or_default().trim_ascii().to_vec(),
            );
            at = end + 3;
        }
    }

    /// The values of a head.
    fn head(&mut self, turn: u32, message: &http::Message<'_>) {
        if message.request() {
            let target = message.target();
            let query = memchr::memchr(b'?', target);
            let path = target.get(..query.unwrap_or(target.len())).unwrap_or_default();
            self.value("path".into(), turn, path.to_vec());
            if let Some(query) = query {
                self.pairs("query", turn, target.get(query + 1..).unwrap_or_default(), b'&');
            }
        }
        for (name, value) in &message.headers {
            match name.as_str() {
                "cookie" => self.pairs("cookie", turn, value, b';'),
                _ => self.value(format!("header.{name}"), turn, value.to_vec()),
            }
        }
        let room = VALUES.saturating_sub(self.extensions.len());
        self.extensions.extend(message.extensions.iter().take(room).map(|extension| extension.to_vec()));
    }

    /// `name=value` pairs.
    fn pairs(&mut self, prefix: &str, turn: u32, text: &[u8], separator: u8) {
        if prefix == "form"
            && let Some(first) = text.split(|byte| *byte == b'=').next()
        {
            self.form_starts.push(first.get(..first.len().min(4096)).unwrap_or(first).to_vec());
        }
        for pair in text.split(|byte| *byte == separator).take(256) {
            let pair = pair.trim_ascii();
            let Some(equals) = memchr::memchr(b'=', pair) else {
                self.value(format!("{prefix}."), turn, pair.to_vec());
                continue;
            };
            let name = String::from_utf8_lossy(pair.get(..equals.min(60)).unwrap_or_default()).into_owned();
            let value = encoding::percent(pair.get(equals + 1..).unwrap_or_default(), false);
            self.value(format!("{prefix}.{name}"), turn, value);
        }
    }

    /// The values of a body: JSON strings or fields of a form.
    fn fields(&mut self, turn: u32, declared: &str, body: &[u8]) {
        if let Some(json) = json::read(body) {
            self.json(turn, body, &json);
        } else if piped(body) {
            self.pairs("line", turn, body, b'|');
        } else if declared == "application/x-www-form-urlencoded" || form(body) {
            self.pairs("form", turn, body, b'&');
        }
    }

    fn json(&mut self, turn: u32, body: &[u8], json: &json::Json) {
        for text in &json.texts {
            let value = body.get(text.start..text.end).unwrap_or_default();
            let value = if memchr::memchr(b'\\', value).is_some() { unescape(value) } else { value.to_vec() };
            self.value(format!("json{}", text.path), turn, value);
        }
    }

    fn parts(&mut self, turn: u32, body: &[u8], boundary: &[u8], whole: bool) {
        let Some(parts) = mime::split(body, boundary) else { return };
        self.beside_parts.push((parts.before.to_vec(), parts.after.to_vec(), body.len()));
        for part in &parts.parts {
            let declared = mime::header(part.head, "content-type").unwrap_or_default();
            let declared = declared.split(|byte| *byte == b';').next().unwrap_or_default();
            self.units.push(Unit {
                bytes: Cow::Owned(part.body.to_vec()),
                tail: &[],
                turn,
                length: part.body.len() as u64,
                whole,
                headless: false,
                carrier: Carrier::Part,
                declared: String::from_utf8_lossy(declared).trim().to_ascii_lowercase(),
                partial: false,
                document: None,
                class: Class::Short,
            });
        }
    }

    /// Texts of DNS answers, as units of their own.
    fn texts(&mut self, turn: u32, message: &dns::Dns) {
        for text in message.texts.iter().filter(|text| text.len() >= 16) {
            self.units.push(Unit::new(Cow::Owned(text.clone()), turn, Carrier::Text));
        }
    }

    /// Messages of no protocol that is read here: by frames where a framing accounts for them.
    fn raw(&mut self, stretches: &[&'a Stretch<'a>]) {
        let usable = stretches
            .iter()
            .filter(|stretch| !stretch.headless && (stretch.whole || stretch.bytes.len() >= 64));
        let messages: Vec<(&[u8], u64)> =
            usable.take(64).map(|stretch| (stretch.bytes.as_ref(), stretch.length)).collect();
        self.framing = Framing::find(&messages);
        for stretch in stretches {
            let carrier = if stretch.datagram { Carrier::Datagram } else { Carrier::Stream };
            let bytes = stretch.bytes.as_ref();
            let Some(framing) = self.framing.filter(|_| !stretch.headless) else {
                self.content(Unit {
                    tail: stretch.tail,
                    length: stretch.length,
                    whole: stretch.whole,
                    headless: stretch.headless,
                    ..Unit::new(Cow::Borrowed(bytes), stretch.turn, carrier)
                });
                continue;
            };
            let contents = framing.contents(bytes, stretch.length);
            let last = contents.len();
            for (place, (content, whole)) in contents.into_iter().enumerate().take(FRAMES) {
                self.frame_sizes.push(u32::try_from(content.len()).unwrap_or(u32::MAX));
                let tail = if whole || place + 1 < last { &[][..] } else { stretch.tail };
                self.content(Unit {
                    whole,
                    tail,
                    ..Unit::new(Cow::Borrowed(content), stretch.turn, carrier)
                });
            }
        }
    }

    fn content(&mut self, unit: Unit<'a>) {
        if let Some(document) = document::at_start(&unit.bytes, unit.whole) {
            if document.kind == Kind::Json {
                self.fields(unit.turn, "", &unit.bytes);
            }
        } else if piped(&unit.bytes) {
            self.pairs("line", unit.turn, &unit.bytes, b'|');
        } else if form(&unit.bytes) {
            self.pairs("form", unit.turn, &unit.bytes, b'&');
        }
        self.units.push(unit);
    }

    /// What encoded values hold, as units of their own.
    fn layers(&mut self) {
        let mut layers = Vec::new();
        for values in self.slots.values() {
            for value in values.iter().filter(|value| value.bytes.len() >= SHORTEST_ENCODED).take(64) {
                if layers.len() < LAYERS
                    && let Some(inner) =
                        peel(&value.bytes).filter(|inner| inner.reads || holds_text(&inner.bytes))
                {
                    layers.push((value.turn, inner));
                }
            }
        }
        for unit in &self.units {
            if layers.len() < LAYERS
                && unit.bytes.len() >= SHORTEST_ENCODED
                && unit.whole
                && let Some(inner) = peel(&unit.bytes).filter(|inner| inner.reads || holds_text(&inner.bytes))
            {
                layers.push((unit.turn, inner));
            }
        }
        for (turn, inner) in layers {
            if let Some(json) = json::read(&inner.bytes) {
                self.json(turn, &inner.bytes, &json);
            }
            self.units.push(Unit::new(Cow::Owned(inner.bytes), turn, Carrier::Layer));
        }
    }

    fn value(&mut self, name: String, turn: u32, bytes: Vec<u8>) {
        if bytes.len() < SHORTEST_VALUE || self.slots.len() > VALUES {
            return;
        }
        let values = self.slots.entry(name).or_default();
        if values.len() < VALUES / 8 {
            values.push(Value { turn, bytes });
        }
    }
}

/// Whether a good part of some bytes is text.
fn holds_text(bytes: &[u8]) -> bool {
    let printable = |byte: &u8| matches!(byte, 32..=126 | b'\n' | b'\r' | b'\t');
    let runs = bytes.split(|byte| !printable(byte)).filter(|run| run.len() >= 16);
    runs.map(<[u8]>::len).sum::<usize>() * 10 >= bytes.len() * 3
}

/// Whether text is `name=value` pairs joined by `|`.
fn piped(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(200)).unwrap_or(bytes);
    let named = |pair: &[u8]| {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        (1..pair.len()).contains(&name.len())
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte))
    };
    let cut = start.len() < bytes.len();
    let mut pairs: Vec<&[u8]> = start.split(|byte| *byte == b'|').collect();
    if cut && pairs.len() > 1 {
        pairs.pop();
    }
    pairs.len() >= 2
        && pairs.iter().all(|pair| named(pair))
        && start.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether text is `name=value` pairs joined by `&`.
fn form(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(200)).unwrap_or(bytes);
    let name = start.iter().position(|byte| *byte == b'=').unwrap_or(0);
    (1..=180).contains(&name)
        && start.get(..name).is_some_and(|name| {
            name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]%".contains(byte))
        })
        && start.iter().all(|byte| byte.is_ascii_graphic())
}

/// Resolves the escapes of a JSON string, those of four hex digits left as they are.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut escaped = false;
    for byte in text {
        if escaped {
            escaped = false;
            match byte {
                b'n' => bytes.push(b'\n'),
                b'r' => bytes.push(b'\r'),
                b't' => bytes.push(b'\t'),
                b'u' => bytes.extend_from_slice(b"\\u"),
                other => bytes.push(*other),
            }
        } else if *byte == b'\\' {
            escaped = true;
        } else {
            bytes.push(*byte);
        }
    }
    bytes
}
