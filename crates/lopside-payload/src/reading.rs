//! One direction of a sample, read by the protocols that its content speaks.

mod http_messages;
mod layers;
mod mail;
mod values;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::class::{Class, behind_header, class};
use crate::content::document::{self, Document, Kind};
use crate::content::framing::Framing;
use crate::content::known::{self, Known};
use crate::content::{decimal, dns, http, records};
use crate::sample::{Message, Side};
use crate::settings::Settings;
use values::{cell_mark, form, piped};

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
    /// It is declared as text in a character set, and is no file.
    pub(crate) says_text: bool,
    /// What it holds, encoded, is a unit of its own.
    pub(crate) wraps: bool,
    /// It is one part of something: a range, a chunk of an upload.
    pub(crate) partial: bool,
    /// The encoding that is declared cannot be undone.
    pub(crate) undecoded: bool,
    /// The document at its start.
    pub(crate) document: Option<Document>,
    /// What it is.
    pub(crate) class: Class,
}

impl<'a> Unit<'a> {
    /// Whether it is a message or a frame of which nothing is declared.
    pub(crate) fn is_raw(&self) -> bool {
        matches!(self.carrier, Carrier::Stream | Carrier::Datagram)
    }

    /// Whether it is such a message, seen from its start to its end.
    pub(crate) fn is_whole_and_raw(&self) -> bool {
        self.whole && !self.headless && self.is_raw()
    }

    /// Whole content of which nothing is declared.
    pub(crate) fn new(bytes: Cow<'a, [u8]>, turn: u32, carrier: Carrier) -> Unit<'a> {
        Unit {
            length: bytes.len() as u64,
            bytes,
            tail: &[],
            turn,
            whole: true,
            headless: false,
            carrier,
            declared: String::new(),
            says_text: false,
            wraps: false,
            partial: false,
            undecoded: false,
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
    /// What was read, in order.
    pub(crate) stretches: &'a [Stretch<'a>],
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
    /// What follows, in one stretch, a message of HTTP that says how long its body is and is none itself, and the length of the stretch.
    pub(crate) behind_bodies: Vec<(&'a [u8], usize)>,
    /// What pings and pongs of WebSocket hold.
    pub(crate) pings: Vec<Vec<u8>>,
    /// Extensions of chunks.
    pub(crate) extensions: Vec<Vec<u8>>,
    /// Whole raw messages where a framing was found, as they were before: it may have taken one number for another.
    pub(crate) unframed: Vec<&'a [u8]>,
    /// The framing of raw messages.
    pub(crate) framing: Option<Framing>,
    /// Sizes of the contents of frames.
    pub(crate) frame_sizes: Vec<u32>,
}

/// At most so many values are kept under all names.
const VALUES: usize = 6000;
/// At most so many frames of one message become units.
const FRAMES: usize = 256;
/// The longest header before a document in raw messages, the fewest messages that show one, and how many are looked at.
const LONGEST_HEADER: usize = 32;
const LEAST_HEADERS: usize = 4;
const HEADERS: usize = 64;
/// Messages that are kept as they were before they were cut into frames.
const UNFRAMED: usize = 80;

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
    let mut reading = Reading { stretches, messages: stretches.len(), ..Reading::default() };
    let datagrams: Vec<(u64, &[u8])> =
        stretches.iter().filter(|s| s.datagram).map(|s| (s.index, s.bytes.as_ref())).collect();
    let by_sequence = if known::rtp(&datagrams) {
        Some(Known::Rtp)
    } else if ports.contains(&4500) && known::esp(&datagrams) {
        Some(Known::Esp)
    } else if known::open_vpn(&datagrams) {
        Some(Known::OpenVpn)
    } else if known::quic_later(&datagrams, limit) {
        Some(Known::Quic)
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
        if !stretch.datagram && !stretch.headless && reading.web_socket(stretch.turn, bytes) {
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
    /// The values, and the whole messages of no format that is read, of so many bytes: what may be encoded, each once and in order.
    pub(crate) fn may_be_encoded(&self, lengths: RangeInclusive<usize>) -> BTreeSet<&[u8]> {
        let values = self.slots.values().flatten().map(|value| value.bytes.as_slice());
        let units = self.units.iter().filter(|unit| unit.document.is_none() && unit.whole && !unit.headless);
        let all = values.chain(units.map(|unit| behind_header(&unit.bytes))).map(<[u8]>::trim_ascii);
        all.filter(|value| lengths.contains(&value.len())).collect()
    }

    /// Whole messages of so many bytes or more of no protocol that is read here, or what their frames hold.
    pub(crate) fn whole_raw(&self, least: usize) -> impl Iterator<Item = &Unit<'a>> {
        self.units.iter().filter(move |unit| unit.is_whole_and_raw() && unit.bytes.len() >= least)
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
        let mut units = Vec::with_capacity(stretches.len());
        if self.framing.is_some() {
            let whole = stretches.iter().filter(|stretch| stretch.whole && !stretch.headless);
            self.unframed = whole.take(UNFRAMED).map(|stretch| stretch.bytes.as_ref()).collect();
        }
        for stretch in stretches {
            let carrier = if stretch.datagram { Carrier::Datagram } else { Carrier::Stream };
            let bytes = stretch.bytes.as_ref();
            let Some(framing) = self.framing.filter(|_| !stretch.headless) else {
                units.push(Unit {
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
                let cut = !whole && place + 1 == last;
                let tail = if cut { stretch.tail } else { &[][..] };
                let missing = if cut { stretch.length - bytes.len() as u64 } else { 0 };
                let length = content.len() as u64 + missing;
                units.push(Unit {
                    whole,
                    tail,
                    length,
                    ..Unit::new(Cow::Borrowed(content), stretch.turn, carrier)
                });
            }
        }
        let header = header_of_json(&units);
        let plain =
            units.iter().filter(|unit| unit.is_whole_and_raw() && unit.bytes.len() >= 8).take(HEADERS);
        let plain: Vec<&[u8]> = plain.map(|unit| unit.bytes.as_ref()).collect();
        let records = if header == 0 { records::find(&plain) } else { None };
        let mark = cell_mark(&plain);
        for unit in units {
            if let Some((start, scheme)) = records.filter(|_| unit.whole && !unit.headless) {
                let found = scheme.records(&unit.bytes, start).unwrap_or_default();
                self.records(unit.turn, &found);
            }
            self.content(unit, header, mark);
        }
    }

    /// Takes a raw message and the values in it, those of a document behind a header of so many bytes and of cells with a mark between
    /// them too.
    fn content(&mut self, unit: Unit<'a>, header: usize, mark: Option<u8>) {
        if unit.carrier == Carrier::Stream && !unit.headless {
            self.mail(unit.turn, &unit.bytes, unit.whole);
        }
        if let Some(document) = document_behind(&unit, header) {
            if matches!(document.kind, Kind::Json | Kind::Xml) {
                self.fields(unit.turn, "", unit.bytes.get(header..).unwrap_or_default());
            }
        } else if let Some(document) = behind_any_header(&unit) {
            self.fields(unit.turn, "", document);
        } else if piped(&unit.bytes) {
            self.pairs("line", unit.turn, &unit.bytes, b'|');
        } else if form(netstring(&unit.bytes)) {
            self.pairs("form", unit.turn, netstring(&unit.bytes), b'&');
        } else {
            self.lines(unit.turn, behind_header(&unit.bytes));
            if let Some(mark) = mark.filter(|_| !unit.headless) {
                self.cells(unit.turn, &unit.bytes, mark);
            }
            self.arguments(unit.turn, behind_header(&unit.bytes));
        }
        self.units.push(unit);
    }
}

/// How many bytes of a header stand before the JSON that most raw messages hold; 0 where there is none.
fn header_of_json(units: &[Unit<'_>]) -> usize {
    let looked: Vec<&Unit<'_>> = units.iter().filter(|unit| !unit.headless).take(HEADERS).collect();
    let holding = |header: usize| {
        let holds = |unit: &&&Unit<'_>| {
            document_behind(unit, header)
                .is_some_and(|document| document.kind == Kind::Json && document.end >= 16)
        };
        looked.iter().filter(holds).count()
    };
    let starts = |header: &usize| {
        let starts = |unit: &&&Unit<'_>| matches!(unit.bytes.get(*header), Some(b'{' | b'['));
        looked.iter().filter(starts).count() * 4 >= looked.len() * 3
    };
    if looked.len() < LEAST_HEADERS {
        return 0;
    }
    (0..=LONGEST_HEADER).filter(starts).find(|header| holding(*header) * 4 >= looked.len() * 3).unwrap_or(0)
}

/// The document of a raw message behind a header of so many bytes.
fn document_behind(unit: &Unit<'_>, header: usize) -> Option<Document> {
    document::at_start(unit.bytes.get(header..)?, unit.whole)
}

/// The JSON or XML of a whole raw message that begins behind a header of any length and ends with the message.
fn behind_any_header<'u>(unit: &'u Unit<'_>) -> Option<&'u [u8]> {
    let head = unit.bytes.get(..LONGEST_HEADER.min(unit.bytes.len()))?;
    let start = head.iter().position(|byte| matches!(byte, b'{' | b'<'))?;
    let document = document_behind(unit, start).filter(|_| unit.is_whole_and_raw())?;
    let rest = unit.bytes.get(start..)?;
    let all = matches!(document.kind, Kind::Json | Kind::Xml) && document.complete && document.end >= 16;
    (all && document.end == rest.len()).then_some(rest)
}

/// The content of a netstring (`5:hello,`); anything else as it is.
fn netstring(bytes: &[u8]) -> &[u8] {
    let held = || {
        let colon = bytes.iter().take(10).position(|byte| *byte == b':')?;
        let length = usize::try_from(decimal(bytes.get(..colon)?)?).ok()?;
        let content = bytes.get(colon + 1..)?;
        (content.len() == length || content.len() == length + 1).then(|| content.get(..length)).flatten()
    };
    held().unwrap_or(bytes)
}
