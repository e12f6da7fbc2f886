//! Compressed streams under a mask: every byte joined to the same value by exclusive or, as those obfuscate who know no better.

use std::cell::RefCell;

use flate2::{Decompress, FlushDecompress, Status};

use crate::class::is_text;
use crate::content::document::{self, Kind};

/// How much of a stream is inflated to see that it reads.
const INFLATED: usize = 64 << 10;
/// How much of a first piece is inflated to see that it may read.
const GLIMPSE: usize = 4 << 10;
/// The shortest text that says that a stream was read rightly.
const LEAST: usize = 24;

/// How a stream is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mask {
    /// What every byte is joined to; 0 where nothing is.
    pub(crate) key: u8,
    /// The stream has the header and the checksum of zlib.
    zlib: bool,
    /// The first byte is no part of the stream: some send the key there.
    skipped: usize,
}

impl Mask {
    /// The masks under which some bytes may be the first ones of a compressed text.
    pub(crate) fn possible(first: &[u8]) -> Vec<Mask> {
        let bare = |key, skipped| Mask { key, zlib: false, skipped };
        let zlib = (0..2).filter_map(|skipped| {
            first.get(skipped).map(|byte| Mask { key: byte ^ 0x78, zlib: true, skipped })
        });
        let skipping = first.first().map(|key| bare(*key, 1));
        let masks = zlib.chain((0..=255).map(|key| bare(key, 0))).chain(skipping);
        masks
            .filter(|mask| mask.zlib || may_start(first.get(mask.skipped..).unwrap_or_default(), mask.key))
            .filter(|mask| inflate(*mask, first, GLIMPSE).is_some_and(|run| may_read(&run)))
            .collect()
    }

    /// What a whole stream holds, where it is text or a document: `None` where it is not, or does not end with the bytes.
    pub(crate) fn text(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let run = inflate(self, bytes, INFLATED)?;
        let all = run.ended && run.read + self.skipped == bytes.len() || run.inflated.len() == INFLATED;
        (all && reads(&run.inflated)).then_some(run.inflated)
    }
}

/// What a compressed stream of text inflates to, whatever it is masked with; and the mask.
pub(crate) fn text(bytes: &[u8]) -> Option<(Mask, Vec<u8>)> {
    Mask::possible(bytes).into_iter().find_map(|mask| Some((mask, mask.text(bytes)?)))
}

/// Whether the header of the first block may be one of deflate: cheap, before a decoder is asked.
pub(super) fn may_start(bytes: &[u8], key: u8) -> bool {
    let Some([first, second, third, fourth, fifth]) =
        bytes.get(..5).and_then(|head| <[u8; 5]>::try_from(head).ok())
    else {
        return false;
    };
    let [first, second] = [first ^ key, second ^ key];
    match first >> 1 & 3 {
        // A stored block says its length twice, the second time with all bits turned: a mask does not change that.
        0 => second ^ key ^ fourth == 0xFF && third ^ fifth == 0xFF,
        1 => true,
        2 => first >> 3 <= 29 && second & 31 <= 29,
        _ => false,
    }
}

/// The text that a compressed stream at the start of some bytes inflates to, and where the stream ends.
pub(crate) fn text_at_start(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let first = bytes.get(..bytes.len().min(GLIMPSE)).unwrap_or(bytes);
    Mask::possible(first).into_iter().find_map(|mask| {
        let run = inflate(mask, bytes, INFLATED)?;
        (run.ended && reads(&run.inflated)).then_some((run.inflated, run.read + mask.skipped))
    })
}

/// Nothing comes of the first bytes where these are the codes that the stream is made with.
fn may_read(run: &Run) -> bool {
    is_text(&run.inflated)
}

fn reads(bytes: &[u8]) -> bool {
    let document = || {
        document::at_start(bytes, true)
            .is_some_and(|found| matches!(found.kind, Kind::Json | Kind::Xml | Kind::Html) && !found.broken)
    };
    bytes.len() >= LEAST && (is_text(bytes) || document())
}

/// How far a stream could be inflated.
struct Run {
    inflated: Vec<u8>,
    read: usize,
    ended: bool,
}

thread_local! {
    /// Setting up a decoder takes longer than to see that most bytes are no stream.
    static INFLATER: RefCell<Inflater> = RefCell::default();
}

/// How far a stream can be inflated, up to about so many bytes. `None` where the bytes are no such stream.
fn inflate(mask: Mask, bytes: &[u8], most: usize) -> Option<Run> {
    INFLATER.with_borrow_mut(|inflater| inflater.run(mask, bytes, most))
}

/// A decoder that is used for many streams.
#[derive(Default)]
struct Inflater {
    bare: Option<Decompress>,
    zlib: Option<Decompress>,
    clear: Vec<u8>,
}

impl Inflater {
    /// `None` where the bytes are no such stream.
    fn run(&mut self, mask: Mask, bytes: &[u8], most: usize) -> Option<Run> {
        self.clear.clear();
        self.clear.extend(bytes.get(mask.skipped..)?.iter().map(|byte| byte ^ mask.key));
        if mask.zlib && crate::content::big(&self.clear, 0, 2)? % 31 != 0 {
            return None;
        }
        let decoder = if mask.zlib { &mut self.zlib } else { &mut self.bare };
        let decoder = decoder.get_or_insert_with(|| Decompress::new(mask.zlib));
        decoder.reset(mask.zlib);
        // What a wrong key gives ends within a few bytes: room is made as it is needed.
        let mut inflated = Vec::with_capacity(512);
        loop {
            let read = usize::try_from(decoder.total_in()).ok()?;
            let before = inflated.len();
            let status =
                decoder.decompress_vec(self.clear.get(read..)?, &mut inflated, FlushDecompress::None).ok()?;
            let read_now = usize::try_from(decoder.total_in()).ok()?;
            let ended = status == Status::StreamEnd;
            if ended || inflated.len() >= most || (read_now == read && inflated.len() == before) {
                inflated.truncate(most);
                return Some(Run { inflated, read: read_now, ended });
            }
            if inflated.len() == inflated.capacity() {
                inflated.reserve(inflated.len());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::testing::Chance;

    const TEXT: &[u8] = b"{\"host\":\"WKS-0012\",\"user\":\"jo\",\"task\":\"list the files of the folder\"}";

    fn deflated(zlib: bool) -> Vec<u8> {
        if zlib {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(TEXT).unwrap();
            return encoder.finish().unwrap();
        }
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(TEXT).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn streams_are_read_under_any_mask() {
        for zlib in [false, true] {
            for key in [0, 1, 0x5A, 0xFF] {
                let masked: Vec<u8> = deflated(zlib).iter().map(|byte| byte ^ key).collect();
                let (mask, inner) = text(&masked).unwrap();
                assert_eq!((mask.key, inner.as_slice()), (key, TEXT));
                let behind_key = [&[key], masked.as_slice()].concat();
                assert_eq!(text(&behind_key).unwrap().1, TEXT);
                assert!(text(masked.get(..masked.len() - 3).unwrap()).is_none());
            }
        }
    }

    #[test]
    fn noise_is_no_stream() {
        let mut chance = Chance::new(5);
        for length in [40, 100, 700] {
            for _ in 0..40 {
                assert!(text(&chance.bytes(length)).is_none());
            }
        }
    }
}
