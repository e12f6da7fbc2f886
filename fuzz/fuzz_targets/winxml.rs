#![no_main]

use libfuzzer_sys::fuzz_target;
use lopside_fuzz::{INPUT, Watching};
use lopside_sources::{windows, winxml};

fuzz_target!(|bytes: &[u8]| {
    let mut fields = windows::new_fields();
    // Damage is told as an error; it must not do more.
    drop(winxml::read(&INPUT, bytes, &mut fields, &mut Watching::default()));
});
