//! Frames of every link layer that is read: tags, tunnels, fragments, extension headers, datagrams.
#![no_main]

use lopside_fuzz::capture::{Capture, Given};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    const LINKS: [u32; 12] = [1, 0, 9, 12, 50, 51, 101, 108, 113, 228, 229, 276];
    let mut given = Given(bytes);
    let mut capture = Capture::new(LINKS[usize::from(given.byte()) % LINKS.len()]);
    let mut second = 1_773_220_440;
    while !given.0.is_empty() {
        second += u32::from(given.byte() >> 4);
        let length = usize::from(given.byte()) * 2;
        let frame = given.take(length);
        capture.frame(second, frame);
    }
    lopside_fuzz::read_stream(&capture.0);
});
