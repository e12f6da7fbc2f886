//! An envelope for tests.

use std::collections::BTreeMap;

use super::entry::Envelope;
use super::written::{Amount, Date, Written};

/// A backup agent of the servers.
pub(crate) fn entry() -> Written {
    Written {
        id: "backup".into(),
        image: vec![r"%ProgramFiles%\Vendor\agent.exe".to_owned()].into(),
        signer: vec!["Vendor *".to_owned()].into(),
        destinations: vec!["backup.example".to_owned()].into(),
        ports: vec![Amount::Number(443)],
        hours: Some("08-20".into()),
        max_bytes_per_day: Some(Amount::Text("1 GB".into())),
        max_ratio: Some(1_000.0),
        owner: "backup@corp.example".into(),
        reason: "nightly backup".into(),
        created: Some(Date::Text("1970-01-01".into())),
        expires: Some(Date::Text("1970-12-31".into())),
        ..Written::default()
    }
}

/// The same, checked.
pub(crate) fn envelope() -> Envelope {
    Envelope::new(entry(), &BTreeMap::new(), 1).unwrap()
}
