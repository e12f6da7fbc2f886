#![no_main]

use libfuzzer_sys::fuzz_target;
use lopside_fuzz::read_objects;
use lopside_sources::vmconnection;

fuzz_target!(|bytes: &[u8]| {
    read_objects(bytes, vmconnection::new_fields(), vmconnection::read_object);
});
