//! Messages of HTTP: their heads, their bodies and the parts of these.

use std::borrow::Cow;

use super::{Carrier, Exchange, Reading, Stretch, Unit};
use crate::class::Class;
use crate::content::{document, http, mime};

impl<'a> Reading<'a> {
    /// Messages of HTTP, one after the other.
    pub(super) fn http(&mut self, stretch: &'a Stretch<'a>) {
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
}
