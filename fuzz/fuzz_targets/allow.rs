#![no_main]

use libfuzzer_sys::fuzz_target;
use lopside_score::envelope::{Envelopes, line_of};

// What cannot be used is told with a line of the file; what is read is narrow enough to be used, and is read the same again.
fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Envelopes::parse(text) {
        Ok(envelopes) => {
            for envelope in &envelopes.list {
                assert!(!envelope.written.image.is_empty() && !envelope.written.destinations.is_empty());
                assert!(envelopes.find(envelope.id()).is_some());
            }
            assert!(Envelopes::parse(text).is_ok_and(|again| again == envelopes));
        }
        Err(error) => {
            assert!((1..=line_of(text, text.len())).contains(&error.line));
            assert!(!error.cause.contains(['\n', '\r']));
        }
    }
});
