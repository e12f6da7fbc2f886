//! Fields that remember earlier records must read each record as fresh ones do.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lopside_sources::fields::{Fields, Shape, Slot, Step};

struct Any;

impl Shape for Any {
    type State = ();

    fn root(&self) {}

    fn step(&self, (): (), key: &[u8]) -> Step<()> {
        match key.first() {
            Some(b'a') => Step::Take(Slot(0)),
            Some(b'b') => Step::Replace(Slot(1)),
            Some(b'c') => Step::Enter(()),
            Some(b'd') => Step::Either(Slot(2), ()),
            _ => Step::Skip,
        }
    }
}

fn values(fields: &Fields) -> Vec<(Option<&str>, Vec<&str>)> {
    (0..3).map(|slot| (fields.scalar(Slot(slot)), fields.list(Slot(slot)).collect())).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let mut old = Fields::new(3);
    // Often enough that it is remembered.
    for _ in 0..40 {
        for line in bytes.split(|byte| *byte == b'\n') {
            let mut fresh = Fields::new(3);
            assert_eq!(old.read_json(&Any, line), fresh.read_json(&Any, line));
            assert_eq!(values(&old), values(&fresh));
        }
    }
});
