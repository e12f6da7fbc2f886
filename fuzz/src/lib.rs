//! What the fuzz targets share: a sink that checks what it gets, and ways to read bytes.

pub mod capture;

use std::io::Cursor;

use lopside_model::Micros;
use lopside_model::record::Record;
use lopside_sources::fields::Fields;
use lopside_sources::input::Limits;
use lopside_sources::read::{Progress, ReadOptions, read_paths};
use lopside_sources::source::{InputInfo, Outcome, Sink};

/// Counts, and looks at every row.
#[derive(Debug, Default)]
pub struct Watching {
    /// Records told.
    pub told: u64,
}

impl Sink for Watching {
    fn seen(&mut self, _kind: &'static str, time: Option<Micros>) {
        assert!(time.is_none_or(Micros::plausible));
        self.told += 1;
    }

    fn put(&mut self, record: &Record<'_>) {
        assert!(!format!("{record:?}").is_empty());
    }

    fn ignored(&mut self, _kind: &str) {
        self.told += 1;
    }

    fn skipped(&mut self, _place: u64, reason: &str) {
        assert!(!reason.is_empty());
        self.told += 1;
    }
}

/// An input of no particular name.
pub const INPUT: InputInfo<'static> = InputInfo { input: 0, name: "conn.log", sensor: "sensor" };

/// Reads a whole stream as the product does: containers, recognition, and the source that it belongs to.
pub fn read_stream(bytes: &[u8]) {
    let limits = Limits {
        ratio_after: 1 << 20,
        inflated: 16 << 20,
        line: 1 << 20,
        spool: 16 << 20,
        ..Limits::default()
    };
    let options = ReadOptions { threads: 1, limits, hash: false, temporary: std::env::temp_dir(), payload: Some(lopside_payload::Settings::default()) };
    let stdin = Box::new(Cursor::new(bytes.to_vec()));
    let report = read_paths(
        &["-".into()],
        Some(stdin),
        &options,
        &Watching::default,
        &mut |_| {},
        &Progress::default(),
    );
    let report = report.expect("one thread can be started");
    // A reader that panics is caught by the product; here it is what is looked for.
    let told = format!("{report:?}");
    assert!(!told.contains("the reader failed on its content"), "{told}");
}

/// Reads each line as one object. Each is told once, or belongs to another source.
pub fn read_objects(
    bytes: &[u8],
    mut fields: Fields,
    read: fn(&InputInfo<'_>, &mut Fields, &[u8], u64, &mut dyn Sink) -> Outcome,
) {
    for (place, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let mut sink = Watching::default();
        let outcome = read(&INPUT, &mut fields, line, place as u64, &mut sink);
        assert_eq!(sink.told, u64::from(outcome == Outcome::Done));
    }
}
