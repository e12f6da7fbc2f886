//! Segments of TCP in whatever order, with whatever numbers.
#![no_main]

use lopside_fuzz::capture::{Capture, Given};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut given = Given(bytes);
    let mut capture = Capture::new(101);
    let mut second = 1_773_220_440_u32;
    while !given.0.is_empty() {
        let choice = given.byte();
        // Near numbers mostly, else none of the segments meet.
        let near = |given: &mut Given<'_>| if choice & 2 > 0 { u32::from(given.byte()) } else { given.number() };
        let (seq, ack) = (near(&mut given), near(&mut given));
        if choice & 4 > 0 {
            second = second.wrapping_add(given.number() >> (choice >> 3));
        }
        let flags = given.byte();
        let length = usize::from(given.byte());
        let content = given.take(length);
        capture.segment(second, choice & 1 > 0, (seq, ack, flags), content);
    }
    lopside_fuzz::read_stream(&capture.0);
});
