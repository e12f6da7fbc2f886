#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

use lopside_fuzz::{INPUT, Watching};
use lopside_sources::{evtx, windows};

fuzz_target!(|bytes: &[u8]| {
    let mut fields = windows::new_fields();
    drop(evtx::read(&INPUT, Cursor::new(bytes), &mut fields, &mut Watching::default()));
});
