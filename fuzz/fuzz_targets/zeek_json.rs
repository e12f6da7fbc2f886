#![no_main]

use libfuzzer_sys::fuzz_target;
use lopside_fuzz::read_objects;
use lopside_sources::zeek::json;

fuzz_target!(|bytes: &[u8]| {
    read_objects(bytes, json::fields(), json::read_object);
});
