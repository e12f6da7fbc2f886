//! A finding for the tests of what results look like.

use lopside_model::bytes::{Quality, Wire};
use lopside_model::finding::{
    Attribution, Destination, Evidence, Factor, FactorState, Finding, FindingHost, SCHEMA, Severity,
};
use lopside_model::net::Scope;
use lopside_model::process::Process;
use lopside_model::{Layer, Micros};

/// A finding with everything that is told.
pub(crate) fn sample() -> Finding {
    let factor = |name: &str, state, points, text: &str| Factor {
        name: name.into(),
        state,
        value: Some("1.9 GB".into()),
        usual: Some("210 MB".into()),
        points,
        text: text.into(),
        excerpt: None,
    };
    Finding {
        schema: SCHEMA.into(),
        id: "7f3a91c2d4e5".into(),
        analytic: "AN0030".into(),
        severity: Severity::High,
        score: 55.0,
        total: 71.2,
        confidence: 0.81,
        title: "syncd.exe on ws-17 sent 1.9 GB to 198.51.100.23:8443".into(),
        reason: "C:\\ProgramData\\Kestrel\\syncd.exe as CORP\\jo on ws-17 sent 1.9 GB.".into(),
        first_seen: Micros::parse_iso("2026-03-05T19:02:00Z").unwrap(),
        last_seen: Micros::parse_iso("2026-03-05T22:12:00Z").unwrap(),
        host: FindingHost {
            name: Some("ws-17".into()),
            ips: vec!["10.0.0.17".parse().unwrap()],
            monitored: true,
        },
        process: Some(Process {
            image: Some("C:\\ProgramData\\Kestrel\\syncd.exe".into()),
            name: Some("syncd.exe".into()),
            pid: Some(4_412),
            user: Some("CORP\\jo".into()),
            instances: 1,
            ..Process::default()
        }),
        destination: Destination {
            domain: None,
            domain_source: None,
            ips: vec!["198.51.100.23".parse().unwrap()],
            port: Some(8_443),
            ports: vec![8_443],
            transport: Some("tcp".into()),
            app_protocol: Some("ssl".into()),
            scope: Scope::External,
        },
        bytes_out: Some(1_900_000_000),
        bytes_in: Some(12_000_000),
        ratio: Some(158.3),
        bytes_out_quality: Quality::Exact,
        bytes_in_quality: Quality::LowerBound,
        byte_layer: Layer::Payload,
        flows: 24,
        channel_bytes_out: Some(1_900_000_000),
        channel_bytes_in: Some(12_000_000),
        days: Vec::new(),
        wire: Some(Wire {
            packets_out: Some(1_312_400),
            packets_in: Some(660_110),
            ip_bytes_out: Some(1_954_000_000),
            ip_bytes_in: Some(39_400_000),
            ..Wire::default()
        }),
        attribution: Attribution {
            method: "tuple".into(),
            confidence: 0.95,
            reason: Some("same 5-tuple".into()),
        },
        factors: vec![
            factor("volume", FactorState::Unusual, 12.0, "more than this process sends on other hosts"),
            factor("destination_rarity", FactorState::Unusual, 24.4, "none of 199 other hosts reaches it"),
            factor("look_alikes", FactorState::Usual, -3.0, "two other hosts send as much"),
            factor("port_rarity", FactorState::Usual, 0.0, "a usual port"),
            factor("payload", FactorState::NotMeasured, 0.0, "not measured: no content was read"),
        ],
        counterfactual: "below medium if the ratio were under 3".into(),
        not_seen: vec!["payload: no content was read".into(), "history: 1 day of this host before it".into()],
        evidence: vec![Evidence {
            file: "conn.log".into(),
            record: "9".into(),
            kind: "flow".into(),
            ..Evidence::default()
        }],
        owner: None,
        criticality: None,
        envelope: None,
        decision: None,
        techniques: Vec::new(),
        rests_on: None,
        unmeasured: false,
    }
}
