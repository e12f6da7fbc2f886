//! pcap: a header, then frames one after the other. Both byte orders, micro- and nanoseconds, and the variant with longer
//! frame headers.

use std::io::Read;

use lopside_model::Micros;
use lopside_model::time::SECOND;
use pcap_parser::{LegacyPcapBlock, PcapHeader};

use super::frame::{Frame, Frames, LONGEST_FRAME};
use super::window::Window;

const FILE_HEADER: usize = 24;
const FRAME_HEADER: usize = 16;
/// Header of a frame in the variant of the patched libpcap.
const LONG_FRAME_HEADER: usize = 24;
/// Frames in a row that must make sense before reading goes on after damage.
const SOUND_FRAMES: usize = 3;
/// Bytes that are searched for them.
const SEARCHED: u64 = 64 << 20;
/// Seconds that neighbouring frames may lie apart to be taken for frames while searching.
const NEIGHBOURS: u32 = 86_400;

/// Reads frames to the end of the stream.
pub(super) fn read<R: Read>(window: &mut Window<R>, frames: &mut impl Frames) {
    let header = match pcap_parser::parse_pcap_header(window.see(FILE_HEADER)) {
        Ok((_, header)) => header,
        Err(_) => return frames.damage(0, "the header of the capture is cut off or damaged"),
    };
    window.pass(FILE_HEADER);
    let form = Form::of(&header);
    let mut number = 0;
    let mut last_second = None;
    loop {
        match form.next(window) {
            Next::End => return,
            Next::Frame { header, length } => {
                number += 1;
                last_second = Some(header.seconds);
                let seen = window.see(length);
                let data = seen.get(form.header_length()..length).unwrap_or_default();
                frames.frame(&form.frame(number, header, data));
                window.pass(length);
            }
            Next::Cut => {
                return frames.damage(number + 1, "the capture ends inside of this frame");
            }
            Next::Damaged => {
                frames.damage(number + 1, "the header of this frame is damaged");
                if !form.search(window, last_second) {
                    return frames
                        .damage(number + 1, "no frame makes sense after this; the rest was left out");
                }
            }
        }
    }
}

/// How the frames of a file are written.
struct Form {
    big_endian: bool,
    long_headers: bool,
    nanoseconds: bool,
    link: u16,
    snap: u32,
}

/// The header of a frame.
#[derive(Clone, Copy, Debug)]
struct Head {
    seconds: u32,
    fraction: u32,
    captured: u32,
    original: u32,
}

enum Next {
    End,
    Frame { header: Head, length: usize },
    Cut,
    Damaged,
}

impl Form {
    fn of(header: &PcapHeader) -> Form {
        Form {
            big_endian: header.is_bigendian(),
            long_headers: header.is_modified_format(),
            nanoseconds: header.is_nanosecond_precision(),
            // The upper half may hold the length of the frame check sequence.
            link: (header.network.0 & 0xffff) as u16,
            snap: header.snaplen,
        }
    }

    fn header_length(&self) -> usize {
        if self.long_headers { LONG_FRAME_HEADER } else { FRAME_HEADER }
    }

    fn next<R: Read>(&self, window: &mut Window<R>) -> Next {
        let header_length = self.header_length();
        let seen = window.see(header_length);
        if seen.is_empty() {
            return Next::End;
        }
        let Some(header) = self.head(seen) else { return Next::Cut };
        if !self.believable(&header) {
            return Next::Damaged;
        }
        let length = header_length + header.captured as usize;
        if window.see(length).len() < length { Next::Cut } else { Next::Frame { header, length } }
    }

    /// The header at the start of these bytes; `None` where there are too few.
    fn head(&self, bytes: &[u8]) -> Option<Head> {
        // The parser is given the header alone: how much may follow is decided here.
        let bytes = bytes.get(..self.header_length())?;
        let mut empty = [0; LONG_FRAME_HEADER];
        let copy = empty.get_mut(..bytes.len())?;
        copy.copy_from_slice(bytes);
        let captured = copy.get_mut(8..12)?;
        let length: [u8; 4] = (&*captured).try_into().ok()?;
        captured.fill(0);
        let parsed = match (self.big_endian, self.long_headers) {
            (true, _) => pcap_parser::parse_pcap_frame_be(copy),
            (false, true) => pcap_parser::parse_pcap_frame_modified(copy),
            (false, false) => pcap_parser::parse_pcap_frame(copy),
        };
        let (_, LegacyPcapBlock { ts_sec, ts_usec, origlen, .. }) = parsed.ok()?;
        let captured = if self.big_endian { u32::from_be_bytes(length) } else { u32::from_le_bytes(length) };
        Some(Head { seconds: ts_sec, fraction: ts_usec, captured, original: origlen })
    }

    fn believable(&self, header: &Head) -> bool {
        let most = if self.snap == 0 { LONGEST_FRAME } else { self.snap.clamp(1 << 18, LONGEST_FRAME) };
        header.captured <= most
    }

    /// Stricter, for bytes that may be anything.
    fn plausible(&self, header: &Head, near: Option<u32>) -> bool {
        let fractions = if self.nanoseconds { 1_000_000_000 } else { 1_000_000 };
        self.believable(header)
            && header.captured > 0
            && header.original >= header.captured
            && header.original <= LONGEST_FRAME
            && header.fraction < fractions
            && near.is_none_or(|near| near.abs_diff(header.seconds) < NEIGHBOURS)
    }

    fn frame<'a>(&self, number: u64, header: Head, data: &'a [u8]) -> Frame<'a> {
        let micros = if self.nanoseconds { header.fraction / 1_000 } else { header.fraction };
        let time = Micros(i64::from(header.seconds) * SECOND + i64::from(micros));
        Frame { number, time: Some(time), link: self.link, data, original: header.original }
    }

    /// Moves to the next place where several frames in a row make sense.
    fn search<R: Read>(&self, window: &mut Window<R>, near: Option<u32>) -> bool {
        let from = window.place();
        while window.place() - from < SEARCHED {
            window.pass(1);
            let seen = window.see(1 << 16);
            if seen.len() < self.header_length() {
                return false;
            }
            if self.sound(seen, near) {
                return true;
            }
        }
        false
    }

    /// Whether frames stand here, as far as can be seen: several, or all to the end.
    fn sound(&self, seen: &[u8], mut near: Option<u32>) -> bool {
        let mut at = 0;
        for found in 0..SOUND_FRAMES {
            let Some(header) = seen.get(at..).and_then(|rest| self.head(rest)) else {
                return found > 0 && at == seen.len();
            };
            if !self.plausible(&header, near) {
                return false;
            }
            near = Some(header.seconds);
            at += self.header_length() + header.captured as usize;
        }
        true
    }
}
