//! Captures made by hand, and a reader that keeps what it gets, for tests.

use std::path::Path;

use lopside_model::Micros;
use lopside_model::record::Record;
use lopside_model::tables::Flow;

use super::reader::{Options, read_bytes};
use crate::source::{InputInfo, Sink};

/// What a capture came to.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    /// Its flows, by start.
    pub(super) flows: Vec<Flow<'static>>,
    /// Names that conversations carry.
    pub(super) names: Vec<String>,
    /// Lookups: name and address.
    pub(super) lookups: Vec<(String, u128)>,
    /// Packets.
    pub(super) packets: u64,
    /// Frames that are known and not used.
    pub(super) ignored: Vec<String>,
    /// Places and reasons.
    pub(super) skipped: Vec<(u64, String)>,
}

impl Sink for Told {
    fn seen(&mut self, _kind: &'static str, time: Option<Micros>) {
        assert!(time.is_some_and(Micros::plausible));
        self.packets += 1;
    }

    fn put(&mut self, record: &Record<'_>) {
        match record {
            Record::Flow(flow) => {
                let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
                self.flows.push(Flow {
                    sensor: "test",
                    uid: flow.uid.map(leak),
                    unmeasured_why: flow.unmeasured_why.map(leak),
                    service: flow.service.map(leak),
                    state: flow.state.map(leak),
                    tunnel_parents: flow.tunnel_parents.map(leak),
                    remote_name: flow.remote_name.map(leak),
                    payload: flow.payload.map(leak),
                    host: None,
                    guid: None,
                    image: None,
                    user: None,
                    ..*flow
                });
            }
            Record::FlowName(name) => self.names.push(name.name.to_owned()),
            Record::Lookup(lookup) => self.lookups.push((lookup.name.to_owned(), lookup.answer)),
            other => panic!("{other:?}"),
        }
    }

    fn ignored(&mut self, kind: &str) {
        self.ignored.push(kind.to_owned());
    }

    fn skipped(&mut self, place: u64, reason: &str) {
        self.skipped.push((place, reason.to_owned()));
    }
}

/// Reads a capture.
pub(super) fn read(bytes: &[u8]) -> Told {
    read_with(bytes, &Options::default())
}

/// Reads a capture in a certain way.
pub(super) fn read_with(bytes: &[u8], options: &Options) -> Told {
    let mut told = Told::default();
    let info = InputInfo { input: 3, name: "test.pcap", sensor: "test" };
    read_bytes(&info, bytes, options, &mut told);
    told.flows.sort_by_key(|flow| (flow.start, flow.record, flow.uid));
    told
}

/// Reads a capture from disk.
pub(super) fn read_file(path: &Path) -> Told {
    read(&std::fs::read(path).unwrap())
}
