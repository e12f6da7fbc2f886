#![no_main]

use libfuzzer_sys::fuzz_target;
use lopside_fuzz::read_stream;

fuzz_target!(|bytes: &[u8]| {
    read_stream(bytes);
});
