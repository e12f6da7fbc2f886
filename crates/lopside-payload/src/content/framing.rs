//! Length fields that account for the messages: who declares what it sends, hides nothing beside it.

use super::{big, decimal, little, place};

/// How the messages of one direction say their length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Framing {
    scheme: Scheme,
    /// Bytes before the content of a frame, where they are of a fixed number.
    header: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    /// A number of `width` bytes at `at`; the frame is so long and `extra` more.
    Binary { at: usize, width: usize, least_first: bool, extra: u64 },
    /// Digits, then `:` or a space.
    Digits,
    /// Four hex digits, themselves included.
    Packets,
    /// Seven bits a byte, after one byte of type.
    SevenBits,
    /// A line of text whose number at one place among its numbers says how many bytes follow it, but for `extra`.
    Line { number: usize, extra: u64 },
}

/// The longest line that says a length, and the numbers of it that are tried.
const LINE: usize = 96;
const NUMBERS: usize = 4;

/// The fewest messages, and the fewest different lengths among them.
pub(crate) const LEAST_MESSAGES: usize = 4;
const LEAST_LENGTHS: usize = 3;

impl Framing {
    /// The framing that accounts for all messages: each is a sequence of frames, each frame of the length that stands in it.
    /// `messages` are pairs of bytes and whole length. `None` where none does, or where there are too few to say.
    pub(crate) fn find(messages: &[(&[u8], u64)]) -> Option<Framing> {
        let mut lengths: Vec<u64> = messages.iter().map(|(_, length)| *length).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let few = messages.len() < LEAST_MESSAGES || lengths.len() < LEAST_LENGTHS;
        if messages.iter().map(|(_, length)| length).sum::<u64>() < 64 {
            return None;
        }
        binary(messages, few).or_else(|| {
            let schemes = [Scheme::Digits, Scheme::Packets, Scheme::SevenBits];
            let lines = (0..NUMBERS).flat_map(|number| [0, 1, 2].map(|extra| Scheme::Line { number, extra }));
            schemes
                .into_iter()
                .chain(lines)
                .map(|scheme| Framing { scheme, header: 0 })
                .find(|framing| framing.fills(messages, few))
        })
    }

    /// The contents of the frames of a message, in order; each with whether all of it is there.
    pub(crate) fn contents(self, bytes: &[u8], length: u64) -> Vec<(&[u8], bool)> {
        let mut contents = Vec::new();
        let mut at = 0u64;
        while at < length {
            let from = place(at);
            let Some(next) = self.frame(bytes, from).filter(|next| *next > 0) else { break };
            let end = place(at + next);
            let whole = end <= bytes.len();
            let start = from + self.head(bytes, from);
            let content = bytes.get(start..end.min(bytes.len())).unwrap_or_default();
            // The comma that ends a netstring is none of it.
            let is_netstring =
                self.scheme == Scheme::Digits && whole && start > 0 && bytes.get(start - 1) == Some(&b':');
            let content = content.strip_suffix(b",").filter(|_| is_netstring).unwrap_or(content);
            contents.push((content, whole));
            at += next;
        }
        contents
    }

    /// Bytes before the content of the frame at `from`.
    fn head(self, bytes: &[u8], from: usize) -> usize {
        match self.scheme {
            Scheme::Binary { .. } => self.header,
            Scheme::Packets => 4,
            Scheme::Digits => {
                let rest = bytes.get(from..).unwrap_or_default();
                rest.iter().take(12).position(|byte| !byte.is_ascii_digit()).map_or(0, |end| end + 1)
            }
            Scheme::SevenBits => {
                let rest = bytes.get(from + 1..).unwrap_or_default();
                rest.iter().take(4).position(|byte| byte & 0x80 == 0).map_or(0, |end| end + 2)
            }
            Scheme::Line { .. } => bytes.get(from..).and_then(line).map_or(0, |line| line.len() + 1),
        }
    }

    /// The length of the frame at `from`.
    fn frame(self, bytes: &[u8], from: usize) -> Option<u64> {
        match self.scheme {
            Scheme::Binary { at, width, least_first, extra } => {
                let read = if least_first { little } else { big };
                read(bytes, from.checked_add(at)?, width)?.checked_add(extra)
            }
            Scheme::Digits => {
                let rest = bytes.get(from..)?;
                let end =
                    rest.iter().take(12).position(|byte| !byte.is_ascii_digit()).filter(|end| *end > 0)?;
                let extra = u64::from(rest.get(end) == Some(&b':'));
                matches!(rest.get(end), Some(b':' | b' '))
                    .then_some(decimal(rest.get(..end)?)? + end as u64 + 1 + extra)
            }
            Scheme::Packets => {
                let text = std::str::from_utf8(bytes.get(from..from.checked_add(4)?)?).ok()?;
                // The ends of a section of packets have no content.
                u64::from_str_radix(text, 16).ok().map(|length| length.max(4))
            }
            Scheme::SevenBits => {
                let mut length = 0u64;
                for place in 0..4 {
                    let byte = *bytes.get(from + 1 + place)?;
                    length |= u64::from(byte & 0x7F) << (7 * place);
                    if byte & 0x80 == 0 {
                        return Some(length + place as u64 + 2);
                    }
                }
                None
            }
            Scheme::Line { number, extra } => {
                let line = line(bytes.get(from..)?)?;
                let mut numbers =
                    line.split(|byte| !byte.is_ascii_digit()).filter(|digits| !digits.is_empty());
                Some(decimal(numbers.nth(number)?)? + line.len() as u64 + 1 + extra)
            }
        }
    }

    /// Whether frames fill every message to its end, as far as it is there.
    fn fills(self, messages: &[(&[u8], u64)], few: bool) -> bool {
        // The lengths of frames are read again and again: each way to write them is a walk of its own.
        match self.scheme {
            Scheme::Binary { at, width, least_first, extra } => match (width, least_first) {
                (1, _) => self.walk(messages, few, |bytes, from| field::<1, false>(bytes, from, at, extra)),
                (2, false) => {
                    self.walk(messages, few, |bytes, from| field::<2, false>(bytes, from, at, extra))
                }
                (2, true) => self.walk(messages, few, |bytes, from| field::<2, true>(bytes, from, at, extra)),
                (4, false) => {
                    self.walk(messages, few, |bytes, from| field::<4, false>(bytes, from, at, extra))
                }
                (4, true) => self.walk(messages, few, |bytes, from| field::<4, true>(bytes, from, at, extra)),
                _ => self.walk(messages, few, |bytes, from| self.frame(bytes, from)),
            },
            _ => self.walk(messages, few, |bytes, from| self.frame(bytes, from)),
        }
    }

    /// The same, where `frame` gives the length of the frame at a place.
    fn walk(self, messages: &[(&[u8], u64)], few: bool, frame: impl Fn(&[u8], usize) -> Option<u64>) -> bool {
        let (least, most) = self.frame_lengths();
        // A single message proves nothing unless many frames fill it.
        // A cut one is filled by any lengths: only ends that were met count, and a single byte meets them by chance.
        let narrow = matches!(self.scheme, Scheme::Binary { width: 1, .. } | Scheme::SevenBits);
        let ends = if narrow { 3 } else { 1 };
        // An end is met where the last frame begins in what is there.
        let near =
            messages.iter().filter(|(bytes, length)| *length < most.saturating_add(bytes.len() as u64));
        if near.count() < ends {
            return false;
        }
        let (mut frames, mut lengths, mut verified, mut many) = (0u32, [0u64; 4], 0, 0u32);
        for (bytes, length) in messages {
            let (mut at, before) = (0u64, frames);
            while at < *length {
                let from = place(at);
                if from >= bytes.len() {
                    break;
                }
                let Some(next) = frame(bytes, from) else {
                    // A header that the end of the sample cut.
                    if bytes.len() as u64 == *length || bytes.len() - from > 16 {
                        return false;
                    }
                    break;
                };
                if next < least || next > most || at + next > *length {
                    return false;
                }
                if !lengths.contains(&next) {
                    lengths.rotate_right(1);
                    lengths[0] = next;
                }
                frames += 1;
                at += next;
            }
            verified += usize::from(at == *length);
            many = many.max(frames - before);
        }
        let different = lengths.iter().filter(|length| **length > 0).count();
        // Messages that are all alike prove no more than one.
        frames >= if few { 8 } else { 4 }
            && (!few || many >= 8)
            && different >= LEAST_LENGTHS
            && verified >= ends
    }

    /// The lengths that a frame may have.
    fn frame_lengths(self) -> (u64, u64) {
        let widest = 1 << 26;
        match self.scheme {
            Scheme::Binary { at, width, extra, .. } => {
                let number = if width < 4 { (1 << (8 * width)) - 1 } else { widest };
                (((at + width) as u64).max(2), widest.min(number + extra))
            }
            Scheme::Packets => (4, widest),
            _ => (2, widest),
        }
    }
}

/// The line of text at the start, without its end; `None` where there is none.
fn line(bytes: &[u8]) -> Option<&[u8]> {
    let near = bytes.get(..LINE.min(bytes.len()))?;
    let line = near.get(..memchr::memchr(b'\n', near)?)?;
    line.iter().all(|byte| matches!(byte, b'\t' | b'\r' | 32..=126)).then_some(line)
}

/// The length of a frame by its field of `N` bytes.
fn field<const N: usize, const LEAST_FIRST: bool>(
    bytes: &[u8],
    from: usize,
    at: usize,
    extra: u64,
) -> Option<u64> {
    let field: &[u8; N] = bytes.get(from.checked_add(at)?..)?.first_chunk()?;
    let number = if LEAST_FIRST {
        field.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    } else {
        field.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    };
    Some(number + extra)
}

fn binary(messages: &[(&[u8], u64)], few: bool) -> Option<Framing> {
    for width in [4, 2, 3, 8, 1] {
        for at in 0..=16 {
            // A single byte has one order.
            let orders: &[bool] = if width == 1 { &[false] } else { &[false, true] };
            for &least_first in orders {
                if !few && let Some(extra) = one_frame_each(messages, at, width, least_first) {
                    let header = (at + width).max(place(extra));
                    return Some(Framing {
                        scheme: Scheme::Binary { at, width, least_first, extra },
                        header,
                    });
                }
                let mut extras = [0, (at + width) as u64, 1, 2, 4, 5, 8, 9, 12, 16, 20, 24, 32].into_iter();
                let framing = |extra| Framing {
                    scheme: Scheme::Binary { at, width, least_first, extra },
                    header: at + width,
                };
                if let Some(extra) = extras.find(|extra| framing(*extra).fills(messages, few)) {
                    return Some(framing(extra));
                }
            }
        }
    }
    None
}

/// One frame a message: its field and its length differ by the same number everywhere.
fn one_frame_each(messages: &[(&[u8], u64)], at: usize, width: usize, least_first: bool) -> Option<u64> {
    let read = if least_first { little } else { big };
    let mut difference = None;
    for (bytes, length) in messages {
        let this = length.wrapping_sub(read(bytes, at, width)?);
        if *difference.get_or_insert(this) != this || this > 64 {
            return None;
        }
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Chance;

    fn find_in(messages: &[Vec<u8>]) -> Option<Framing> {
        Framing::find(
            &messages.iter().map(|bytes| (bytes.as_slice(), bytes.len() as u64)).collect::<Vec<_>>(),
        )
    }

    #[test]
    fn a_field_that_accounts_for_every_message_is_found() {
        let mut chance = Chance::new(4);
        let framed: Vec<Vec<u8>> = (0..6)
            .map(|_| {
                let body = {
                    let length = 20 + chance.below(900);
                    chance.bytes(length)
                };
                [&[1, 7][..], &(body.len() as u16).to_be_bytes(), &body].concat()
            })
            .collect();
        let framing = find_in(&framed).unwrap();
        assert_eq!(framing.contents(&framed[0], framed[0].len() as u64), [(&framed[0][4..], true)]);
        let stream = vec![framed.iter().chain(&framed).flatten().copied().collect::<Vec<u8>>()];
        assert!(find_in(&stream).is_some());
    }

    #[test]
    fn lengths_in_digits_are_found() {
        let frames: Vec<Vec<u8>> =
            (0..6).map(|n| format!("{}:{},", 10 + n, "x".repeat(10 + n)).into_bytes()).collect();
        let framing = find_in(&frames).unwrap();
        assert_eq!(framing.contents(&frames[0], frames[0].len() as u64), [(&b"xxxxxxxxxx"[..], true)]);
    }

    #[test]
    fn lines_that_say_a_length_are_found() {
        let contents = ["x".repeat(30), "a line\nand 20 more\n".into(), String::new(), "y".repeat(300)];
        for (before, behind, ends) in [
            ("MSG 007 ", "\r\n", ""),
            ("{\"seq\": 12, \"len\": ", ", \"op\": \"put\"}\n", ""),
            ("PUB a.b ", "\r\n", "\r\n"),
            ("set key3 0 0 ", "\r\n", "\r\n"),
        ] {
            let frames: Vec<Vec<u8>> = contents
                .iter()
                .map(|content| format!("{before}{}{behind}{content}{ends}", content.len()).into_bytes())
                .collect();
            let framing = find_in(&frames).unwrap();
            let found = framing.contents(&frames[1], frames[1].len() as u64);
            assert_eq!(found, [(format!("{}{ends}", contents[1]).as_bytes(), true)], "{before}");
        }
        // Numbers that say something else.
        let logs = ["took 30 ms\n", "took 4 ms for 2 of 8\nand more\n", "took 9 ms\nx\n", "12\n"];
        assert_eq!(find_in(&logs.map(|log| log.repeat(3).into_bytes())), None);
    }

    #[test]
    fn noise_has_no_framing() {
        let mut chance = Chance::new(8);
        for _ in 0..100 {
            let noise: Vec<Vec<u8>> = (0..5)
                .map(|_| {
                    let length = 20 + chance.below(300);
                    chance.bytes(length)
                })
                .collect();
            assert_eq!(find_in(&noise), None);
        }
    }
}
