//! Messages of HTTP: their heads, their bodies and the parts of these.

use std::borrow::Cow;

use super::{Carrier, Exchange, Reading, Stretch, Unit};
use crate::content::archives::inflated;
use crate::content::{document, http, mime, web_socket};

impl<'a> Reading<'a> {
    /// Messages of HTTP, one after the other.
    pub(super) fn http(&mut self, stretch: &'a Stretch<'a>) {
        let bytes = stretch.bytes.as_ref();
        let (mut at, mut delimited) = (0, false);
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(message) = http::read(rest, stretch.whole) else {
                if self.web_socket(stretch.turn, rest) {
                    return;
                }
                // What is left is no message of HTTP.
                if delimited && stretch.whole {
                    self.behind_bodies.push((rest, bytes.len()));
                }
                self.units.push(Unit {
                    tail: stretch.tail,
                    length: stretch.length.saturating_sub(at as u64),
                    whole: stretch.whole,
                    headless: at > 0,
                    partial: true,
                    ..Unit::new(Cow::Borrowed(rest), stretch.turn, Carrier::Stream)
                });
                return;
            };
            at += message.end.max(1);
            delimited = message.delimited && message.whole;
            self.http_message(stretch, message, at >= bytes.len());
        }
    }

    /// Takes messages of WebSocket where the head asked for or granted the upgrade; whether these are some.
    pub(super) fn web_socket(&mut self, turn: u32, bytes: &[u8]) -> bool {
        let upgrades = self.slots.get("header.upgrade");
        let upgraded =
            upgrades.into_iter().flatten().any(|value| value.bytes.eq_ignore_ascii_case(b"websocket"));
        let Some(sent) = upgraded.then(|| web_socket::messages(bytes)).flatten() else { return false };
        self.pings.extend(sent.pings);
        for (is_text, message) in sent.messages {
            let declared = if is_text { "text/plain".to_owned() } else { String::new() };
            self.content(Unit { declared, ..Unit::new(Cow::Owned(message), turn, Carrier::Stream) }, 0, None);
        }
        true
    }

    fn http_message(&mut self, stretch: &'a Stretch<'a>, message: http::Message<'a>, last: bool) {
        let turn = stretch.turn;
        self.head(turn, &message);
        self.exchanges.push(exchange(turn, &message));
        if message.body.is_empty() {
            return;
        }
        let declared = message.declared();
        let partial = message.status() == Some(206) || message.header("content-range").is_some();
        let boundary = boundary(&message).map(<[u8]>::to_vec);
        let whole = message.whole;
        let encoded =
            message.header("content-encoding").is_some_and(|value| !value.eq_ignore_ascii_case(b"identity"));
        let Some((body, inflated)) = opened(message) else { return };
        if declared == "multipart/encrypted" {
            return;
        }
        if declared.starts_with("multipart/")
            && let Some(boundary) = boundary
        {
            self.parts(turn, &body, &boundary, whole);
            return;
        }
        self.fields(turn, &declared, &body);
        match declared.as_str() {
            "text/html" => self.comments(turn, &body),
            "text/plain" | "text/css" => self.script_comments(turn, &body),
            kind if kind.ends_with("javascript") => self.script_comments(turn, &body),
            _ => {}
        }
        self.units.push(Unit {
            tail: if whole || !last { &[][..] } else { stretch.tail },
            length: match &body {
                _ if whole => body.len() as u64,
                // It goes on to the end of the message.
                Cow::Borrowed(body) if last => stretch.length - (stretch.bytes.len() - body.len()) as u64,
                _ => 0,
            },
            whole,
            declared,
            partial,
            undecoded: encoded && whole && !inflated,
            ..Unit::new(body, turn, Carrier::Http)
        });
    }

    fn parts(&mut self, turn: u32, body: &[u8], boundary: &[u8], whole: bool) {
        let Some(parts) = mime::split(body, boundary) else { return };
        self.beside_parts.push((parts.before.to_vec(), parts.after.to_vec(), body.len()));
        for part in &parts.parts {
            let declared = mime::header(part.head, "content-type").unwrap_or_default().to_ascii_lowercase();
            let file = mime::header(part.head, "content-disposition").is_some_and(|value| {
                crate::content::find(&value.to_ascii_lowercase(), b"filename", 0).is_some()
            });
            let set = crate::content::find(&declared, b"charset=", 0).is_some();
            let says_text = declared.starts_with(b"text/") && set && !file;
            if let Some(name) = mime::header(part.head, "content-disposition")
                .filter(|_| !file)
                .and_then(|value| field_name(&value))
            {
                self.value(format!("part.{name}"), turn, part.body.to_vec());
            }
            let declared = declared.split(|byte| *byte == b';').next().unwrap_or_default();
            self.units.push(Unit {
                whole,
                declared: String::from_utf8_lossy(declared).trim().to_owned(),
                says_text,
                ..Unit::new(Cow::Owned(part.body.to_vec()), turn, Carrier::Part)
            });
        }
    }
}

/// The name that a disposition gives to a field of a form.
fn field_name(disposition: &[u8]) -> Option<String> {
    let start = crate::content::find(disposition, b" name=\"", 0)? + 7;
    let name = disposition.get(start..)?.split(|byte| *byte == b'"').next()?;
    Some(String::from_utf8_lossy(name.get(..name.len().min(60))?).into_owned())
}

/// What is kept of a message beside its content.
fn exchange(turn: u32, message: &http::Message<'_>) -> Exchange {
    let sum = |sum: u64, byte: &u8| sum.wrapping_mul(31).wrapping_add(u64::from(*byte));
    let sets = message.headers.iter().filter(|(name, _)| name == "set-cookie");
    Exchange {
        turn,
        request: message.request(),
        method: message.method().to_vec(),
        target: if message.request() { message.target().to_vec() } else { Vec::new() },
        status: message.status().unwrap_or(0),
        body: (message.body.len() as u64, message.body.iter().fold(0, sum)),
        sets: sets
            .filter_map(|(_, value)| value.split(|byte| *byte == b'=').next())
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect(),
    }
}

/// The boundary between the parts of a body.
fn boundary<'m>(message: &'m http::Message<'_>) -> Option<&'m [u8]> {
    let declared = message.headers.iter().find(|(name, _)| name == "content-type");
    declared.and_then(|(_, value)| mime::boundary(value))
}

/// The body without its encoding and whether one was undone, as it is where that cannot be; `None` for Brotli and others, which have no
/// reader here: what they hold is not judged.
fn opened<'a>(message: http::Message<'a>) -> Option<(Cow<'a, [u8]>, bool)> {
    let encoded = message.header("content-encoding").map(<[u8]>::to_ascii_lowercase);
    let (body, whole) = (message.body, message.whole);
    match encoded.as_deref() {
        None | Some(b"identity" | b"") => Some((body, false)),
        Some(b"gzip" | b"x-gzip" | b"deflate") => {
            let document =
                document::at_start(&body, whole).filter(|found| found.complete && found.end == body.len());
            Some(match document {
                Some(document) => (Cow::Owned(inflated(&body, document.kind)), true),
                None => (body, false),
            })
        }
        Some(_) => None,
    }
}
