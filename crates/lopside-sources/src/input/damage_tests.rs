//! Thousands of mutations of containers: no panic, and no more output than the limits allow.

use super::tests::{gzip, open, tar, zip};
use super::*;

/// A small generator of numbers (splitmix64), so that a failure can be repeated from its seed.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// Some bytes changed, cut out, repeated or put in.
    pub(crate) fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let place = self.below(bytes.len());
            let length = self.below(16).min(bytes.len() - place);
            match self.below(6) {
                0 => bytes.truncate(place),
                1 => drop(bytes.drain(place..place + length)),
                2 => {
                    let again = bytes[place..place + length].to_vec();
                    bytes.splice(place..place, again);
                }
                3 => bytes.insert(place, b"{}[]\",:\\\n\0\xff0"[self.below(12)]),
                4 if !bytes.is_empty() => bytes[place] ^= 1 << self.below(8),
                _ if !bytes.is_empty() => bytes[place] = self.next() as u8,
                _ => {}
            }
        }
        bytes
    }
}

#[test]
fn mutated_containers_never_panic_and_stay_bounded() {
    let text = b"{\"EventID\":3,\"Image\":\"C:\\\\x.exe\"}\n".repeat(40);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.iter().flat_map(|byte| [*byte, 0])).collect();
    let inner = zip(&[("a.json", &text), ("b.json", &utf16)]);
    let samples = [
        gzip(&text),
        [gzip(&text), gzip(b"x\n")].concat(),
        zstd::encode_all(&text[..], 3).unwrap(),
        inner.clone(),
        tar(&[("a.json", &text), ("b.zip", &inner)]),
        gzip(&tar(&[("a.json", &text), ("b.gz", &gzip(&text))])),
        utf16,
    ];
    let limits = Limits { inflated: 1 << 20, spool: 1 << 20, entries: 50, ..Limits::default() };
    let mut numbers = Numbers(1);
    for round in 0..500 {
        for sample in &samples {
            let bytes = numbers.mutate(sample);
            let (streams, opened) = open(&bytes, &limits, round % 2 == 0);
            let total: usize = streams.iter().map(|stream| stream.1.len()).sum();
            assert!(total <= 4 << 20, "round {round}: {total} bytes");
            assert!(streams.len() <= 51 && opened.errors.len() <= 101);
        }
    }
}
