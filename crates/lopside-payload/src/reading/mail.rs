//! Mail: what its parts hold, once their transfer encoding is undone.

use std::borrow::Cow;

use super::{Carrier, Reading, Unit};
use crate::content::{encoding, find, mime};

/// Parts of one mail.
const PARTS: usize = 16;
/// Bytes in which the head of a mail ends.
const HEAD: usize = 4 << 10;

impl Reading<'_> {
    /// The parts of a mail that are encoded as base64: what they hold, or as they stand where that is no base64.
    pub(super) fn mail(&mut self, turn: u32, bytes: &[u8], whole: bool) {
        let Some((head, body)) = split_head(bytes) else { return };
        let single = mime::Part { head, body };
        let parts = match mime::header(head, "content-type").as_deref().and_then(mime::boundary) {
            Some(boundary) => {
                let split = mime::split(body, boundary).unwrap_or_default();
                self.beside_parts.push((split.before.to_vec(), split.after.to_vec(), body.len()));
                split.parts
            }
            None => vec![single],
        };
        let last = parts.len();
        for (place, part) in parts.into_iter().enumerate().take(PARTS) {
            let encoded = mime::header(part.head, "content-transfer-encoding")
                .is_some_and(|encoding| encoding.eq_ignore_ascii_case(b"base64"));
            if encoded {
                let whole = whole || place + 1 < last;
                self.units.push(Unit { whole, ..decoded(&part, turn) });
            }
        }
    }
}

/// The head of a mail and what follows it, where the head says what follows.
fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = bytes.get(..bytes.len().min(HEAD))?;
    let end = find(start, b"\r\n\r\n", 0).map(|end| end + 2)?;
    let (head, body) = bytes.split_at_checked(end)?;
    mime::header(head, "mime-version").or_else(|| mime::header(head, "content-transfer-encoding"))?;
    // A mail ends with a dot alone, or with the bracket around what IMAP fetched.
    let end = [b"\r\n.\r\n".as_slice(), b"\r\n)"].iter().filter_map(|end| find(body, end, 0)).min();
    Some((head, body.get(..end.unwrap_or(body.len()))?))
}

/// What a part holds under its declared type; a part with strangers among its symbols as it stands, under none.
fn decoded<'a>(part: &mime::Part<'_>, turn: u32) -> Unit<'a> {
    let text = part.body.trim_ascii();
    match encoding::base64(text) {
        Some(content) => {
            let declared = mime::header(part.head, "content-type").unwrap_or_default().to_ascii_lowercase();
            let declared = declared.split(|byte| *byte == b';').next().unwrap_or_default();
            Unit {
                declared: String::from_utf8_lossy(declared).trim().to_owned(),
                ..Unit::new(Cow::Owned(content), turn, Carrier::Part)
            }
        }
        None => Unit::new(Cow::Owned(text.to_vec()), turn, Carrier::Part),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use crate::testing::{Chance, Talk, encode};
    use lopside_model::payload::Verdict;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// Mails with an archive, whose base64 or content `change` changes.
    fn judged(change: impl Fn(&mut Chance, Vec<u8>) -> Vec<u8>, behind: usize) -> Verdict {
        judged_with(change, behind, |_| Vec::new())
    }

    /// The same with something behind the last boundary.
    fn judged_with(
        change: impl Fn(&mut Chance, Vec<u8>) -> Vec<u8>,
        behind: usize,
        after: impl Fn(&mut Chance) -> Vec<u8>,
    ) -> Verdict {
        let mut chance = Chance::new(91);
        let mut talk = Talk::default();
        for _ in 0..8 {
            let length = 60 + chance.below(90);
            let text = "the image of the pump in hall four ".repeat(length / 30);
            let behind = behind + chance.below(behind + 1);
            let noise = chance.bytes(behind);
            let content = [packed(text.as_bytes()), noise].concat();
            let encoded = change(&mut chance, encode(&content));
            let lines: Vec<u8> = encoded.chunks(76).flat_map(|line| [line, b"\r\n"].concat()).collect();
            talk.send(b"DATA\r\n");
            talk.reply(b"354 go on\r\n");
            let head = "From: a@a.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"bd\"\r\n\r\n--bd\r\nContent-Type: text/plain\r\n\r\nas was promised\r\n--bd\r\nContent-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n";
            let after = after(&mut chance);
            talk.send(&[head.as_bytes(), &lines, b"--bd--\r\n", &after, b".\r\n"].concat());
            talk.reply(b"250 queued\r\n");
        }
        talk.judge().verdict
    }

    #[test]
    fn what_is_attached_to_a_mail_that_was_fetched_ends_where_imap_says() {
        let told = |behind: usize| {
            let mut chance = Chance::new(92);
            let mut talk = Talk::default();
            for number in 0..8 {
                talk.send(b"a1 UID FETCH 9 (BODY[])\r\n");
                let text = format!("meeting {number} is at noon in the small room, as it always is");
                let behind = behind + chance.below(behind + 1);
                let encoded = encode(&[packed(text.as_bytes()), chance.bytes(behind)].concat());
                let head = "* 1 FETCH (BODY[] {99}\r\nContent-Transfer-Encoding: base64\r\n\r\n";
                talk.reply(&[head.as_bytes(), &encoded, b"\r\n)\r\na1 OK Fetch completed\r\n"].concat());
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("behind their end"))
        };
        assert!(told(20));
        assert!(!told(0));
    }

    #[test]
    fn what_is_attached_is_read() {
        assert!(!judged(|_, encoded| encoded, 0).is_junk());
        assert_eq!(judged(|_, encoded| encoded, 20), Verdict::Junk);
        let strewn = |chance: &mut Chance, encoded: Vec<u8>| {
            let strangers =
                |chance: &mut Chance| if chance.below(9) == 0 { Some(b"!*;"[chance.below(3)]) } else { None };
            encoded.into_iter().flat_map(|symbol| [strangers(chance), Some(symbol)]).flatten().collect()
        };
        assert_eq!(judged(strewn, 0), Verdict::Junk);
    }

    #[test]
    fn noise_behind_the_last_boundary_of_a_mail_is_junk_and_a_note_is_not() {
        let symbols = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%$&/()=";
        let lines = |chance: &mut Chance| -> Vec<u8> {
            let line = |chance: &mut Chance| {
                let length = 20 + chance.below(50);
                [chance.of(symbols, length), b"\r\n".to_vec()].concat()
            };
            (0..1 + chance.below(9)).flat_map(|_| line(chance)).collect()
        };
        assert_eq!(judged_with(|_, encoded| encoded, 0, lines), Verdict::Junk);
        let note = |_: &mut Chance| {
            b"Sent by the list of the house, see its page for how to leave it.\r\n".repeat(2)
        };
        assert!(!judged_with(|_, encoded| encoded, 0, note).is_junk());
    }
}
