//! Texts of CBOR that are no characters.
//!
//! CBOR has a type for bytes and another for texts, which are UTF-8 (RFC 8949, 3.1): libraries refuse to write, and to read, texts that
//! are not.
//!
//! Speaks for: messages and frames that are one item of CBOR from their start to their end in which texts break UTF-8 and are drawn
//! evenly. Silent for: strings of bytes, texts cut in a character, other code pages. Minimum: 3 texts, 128 bytes in them.

use super::{Look, Pool};
use crate::content::{big, place};
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even};

/// The fewest texts, the shortest of them, and the bytes of all.
const TEXTS: usize = 3;
const SHORTEST: usize = 16;
const BYTES: usize = 128;
/// The deepest item, and items looked at of one message.
const DEPTH: usize = 16;
const ITEMS: usize = 4096;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pool = Pool::default();
    let mut around = 0;
    for unit in look.reading.whole_raw(SHORTEST) {
        let Some(texts) = texts(&unit.bytes) else { continue };
        around += unit.bytes.len();
        for text in
            texts.into_iter().filter(|text| text.len() >= SHORTEST && std::str::from_utf8(text).is_err())
        {
            pool.put(text, 0, true);
        }
    }
    if pool.count < TEXTS || pool.total < BYTES {
        return Vec::new();
    }
    let Some(drawn) = even(&pool.bytes, look.limit).filter(|drawn| drawn.alphabet == Alphabet::Bytes) else {
        return Vec::new();
    };
    let text =
        format!("{} texts of CBOR are no UTF-8 but {} bytes that are drawn evenly", pool.count, pool.total);
    let share = pool.total as f64 / around.max(1) as f64;
    vec![
        Evidence::contradiction(pool.count, share, text)
            .with_deviations(drawn.deviations)
            .with_example(&pool.first),
    ]
}

/// The texts of an item that takes all the bytes; `None` for anything else.
fn texts(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    // A message is a map or a list.
    if !matches!(bytes.first()?, 0x80..=0xBF) {
        return None;
    }
    let mut reader = Reader { bytes, at: 0, items: 0, texts: Vec::new() };
    reader.item(0)?;
    (reader.at == bytes.len()).then_some(reader.texts)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    items: usize,
    texts: Vec<&'a [u8]>,
}

impl Reader<'_> {
    fn item(&mut self, depth: usize) -> Option<()> {
        self.items += 1;
        if depth > DEPTH || self.items > ITEMS {
            return None;
        }
        let first = *self.bytes.get(self.at)?;
        self.at += 1;
        let (major, short) = (first >> 5, first & 0x1F);
        let number = match short {
            0..24 => u64::from(short),
            24..28 => {
                let width = 1 << (short - 24);
                let number = big(self.bytes, self.at, width)?;
                self.at += width;
                number
            }
            _ => return None,
        };
        match major {
            2 | 3 => {
                let end = self.at.checked_add(place(number))?;
                let content = self.bytes.get(self.at..end)?;
                if major == 3 {
                    self.texts.push(content);
                }
                self.at = end;
            }
            4 => (0..number).try_for_each(|_| self.item(depth + 1))?,
            5 => (0..number.checked_mul(2)?).try_for_each(|_| self.item(depth + 1))?,
            6 => self.item(depth + 1)?,
            _ => {}
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_junk(kind: u8, make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(103);
        let mut talk = Talk::default();
        for number in 0..8u8 {
            let mut message = vec![0xA2, 0x62, b'i', b'd', 0x18, 100 + number, 0x62, b'e', b'v', 0x83];
            for _ in 0..3 {
                let text = make(&mut chance);
                message.extend([0xA1, 0x63, b'm', b's', b'g', kind << 5 | 25]);
                message.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
                message.extend(text);
            }
            let length = u32::try_from(message.len()).unwrap().to_be_bytes();
            talk.send(&[length.as_slice(), &message].concat());
            talk.reply(b"\0\0\0\x02\xA0\xF6");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("texts of CBOR"))
    }

    #[test]
    fn texts_that_are_noise_are_junk_and_strings_of_bytes_and_words_are_not() {
        let noise = |chance: &mut Chance| {
            let length = 40 + chance.below(120);
            chance.bytes(length)
        };
        assert!(is_junk(3, noise));
        assert!(!is_junk(2, noise));
        assert!(!is_junk(3, |chance| format!("die Pumpe läuft mit {} Umdrehungen", chance.below(9999))
            .into_bytes()));
        // Another code page.
        assert!(!is_junk(3, |_| {
            b"die Pr\xFCfung der Anl\xE4ge l\xE4uft, gr\xF6\xDFere Sch\xE4den gibt es nicht".to_vec()
        }));
    }

    #[test]
    fn one_digest_written_as_a_text_is_not() {
        let mut chance = Chance::new(104);
        let mut talk = Talk::default();
        for number in 0..8u8 {
            let mut message = vec![0xA2, 0x62, b'i', b'd', 0x18, 100 + number, 0x62, b'e', b'v', 0x78, 64];
            if number < 2 {
                message.extend(chance.bytes(64));
            } else {
                message.extend([b'a'; 64]);
            }
            talk.datagram(&message);
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("texts of CBOR")));
    }

    #[test]
    fn letters_that_tell_a_kind_are_no_types_of_texts() {
        // A letter for the kind of a message, a length in some kinds, and sealed content.
        let mut chance = Chance::new(105);
        let mut talk = Talk::default();
        for number in 0..40u8 {
            let length = 40 + chance.below(120);
            let content = chance.bytes(length);
            if number % 2 == 0 {
                talk.datagram(&[b"x".as_slice(), &[length as u8], &content].concat());
            } else {
                talk.datagram(&[b"s".as_slice(), &content].concat());
            }
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("texts of CBOR")));
    }

    #[test]
    fn lists_in_lists_without_end_are_read_no_deeper() {
        let mut talk = Talk::default();
        for _ in 0..3 {
            talk.datagram(&[0x81; 15 << 10]);
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("texts of CBOR")));
    }
}
