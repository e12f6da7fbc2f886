#![no_main]

use libfuzzer_sys::fuzz_target;
use lopside_fuzz::read_objects;
use lopside_sources::{windows, winjson};

fuzz_target!(|bytes: &[u8]| {
    read_objects(bytes, windows::new_fields(), winjson::read_object);
});
