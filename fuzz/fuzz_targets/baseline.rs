#![no_main]

use libfuzzer_sys::fuzz_target;
use lopside_score::Baseline;

// What is read can be told, and is written as it was read.
fuzz_target!(|bytes: &[u8]| {
    if let Ok(baseline) = Baseline::from_bytes(bytes) {
        drop((baseline.processes(), baseline.destinations(), baseline.host_rows()));
        let written = baseline.to_bytes();
        assert!(Baseline::from_bytes(&written).is_ok_and(|again| again.to_bytes() == written));
    }
});
