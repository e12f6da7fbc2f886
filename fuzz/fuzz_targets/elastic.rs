#![no_main]

use libfuzzer_sys::fuzz_target;
use lopside_fuzz::read_objects;
use lopside_sources::elastic;

fuzz_target!(|bytes: &[u8]| {
    read_objects(bytes, elastic::new_fields(), elastic::read_object);
});
