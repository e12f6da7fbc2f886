//! Zeek's conn.log as Filebeat's module renders it in the Elastic Common Schema, nested or dotted, bare or under `_source`.
//!
//! Filebeat drops `orig_bytes` and `resp_bytes` and writes the bytes of IP packets as `source.bytes` and `destination.bytes`: these flows
//! are counted in the layer of IP and never compared with payload. Its other filesets are counted and not read.

use std::borrow::Cow;

use super::field::{Field, Row};
use super::log::{self, Log};
use super::read;
use crate::elastic::shape::{self, EcsShape};
use crate::fields::{Fields, Slot};
use crate::source::{InputInfo, Outcome, Sink};

/// Room for one record.
pub fn fields() -> Fields {
    Fields::new(shape::COUNT)
}

/// Reads one object, if it is a record of Filebeat's Zeek module.
pub fn read_object(
    info: &InputInfo<'_>,
    fields: &mut Fields,
    object: &[u8],
    place: u64,
    sink: &mut dyn Sink,
) -> Outcome {
    if fields.read_json(&EcsShape, object).is_err() {
        return Outcome::NotMine;
    }
    let row = EcsRow(fields);
    let Some(fileset) = row.at(shape::DATASET).and_then(|dataset| dataset.strip_prefix("zeek.")) else {
        return Outcome::NotMine;
    };
    if fileset != "connection" {
        sink.ignored(log::unused_kind(fileset));
    } else if row.time().is_none() {
        sink.skipped(
            place,
            "the record has no time of its packets: it is from before Filebeat's ingest pipeline",
        );
    } else {
        read::record(&row, (Log::Conn, "conn"), info, place, sink);
    }
    Outcome::Done
}

/// One record.
struct EcsRow<'a>(&'a Fields);

impl EcsRow<'_> {
    fn at(&self, slot: Slot) -> Option<&str> {
        self.0.scalar(slot).map(str::trim).filter(|text| !text.is_empty() && *text != "-")
    }

    /// When the conversation began: Zeek's own time, else `@timestamp` once the ingest pipeline has put it there; before that it is the
    /// time of reading. The pipeline leaves the id of the record.
    fn time(&self) -> Option<&str> {
        let piped = self.at(shape::EVENT_ID).is_some();
        self.at(shape::ZEEK_TIME).or_else(|| self.at(shape::TIMESTAMP).filter(|_| piped))
    }

    /// The first of two names of one member.
    fn either(&self, slots: [Slot; 2]) -> Option<&str> {
        let [one, other] = slots;
        self.at(one).or_else(|| self.at(other))
    }
}

impl Row for EcsRow<'_> {
    fn raw(&self, field: Field) -> Option<&str> {
        match field {
            Field::Ts => self.time(),
            Field::Uid => self.at(shape::SESSION),
            Field::OrigIp => self.either([shape::SOURCE_ADDRESS, shape::SOURCE_IP]),
            Field::OrigPort => self.at(shape::SOURCE_PORT),
            Field::RespIp => self.either([shape::DESTINATION_ADDRESS, shape::DESTINATION_IP]),
            Field::RespPort => self.at(shape::DESTINATION_PORT),
            Field::Proto => self.at(shape::TRANSPORT),
            Field::Service => self.either([shape::APPLICATION, shape::SERVICE]),
            Field::Duration => self.at(shape::DURATION),
            Field::ConnState => self.at(shape::ZEEK_STATE),
            Field::LocalOrig => self.at(shape::ZEEK_LOCAL_ORIG),
            Field::LocalResp => self.at(shape::ZEEK_LOCAL_RESP),
            Field::MissedBytes => self.at(shape::ZEEK_MISSED),
            Field::History => self.at(shape::ZEEK_HISTORY),
            Field::OrigPackets => self.at(shape::SOURCE_PACKETS),
            Field::OrigIpBytes => self.at(shape::SOURCE_BYTES),
            Field::RespPackets => self.at(shape::DESTINATION_PACKETS),
            Field::RespIpBytes => self.at(shape::DESTINATION_BYTES),
            Field::System => self.at(shape::AGENT_NAME),
            _ => None,
        }
    }

    fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        self.raw(field).map(Cow::Borrowed)
    }

    fn each(&self, _field: Field, _take: &mut dyn FnMut(&str)) {}

    fn has(&self, field: Field) -> bool {
        self.raw(field).is_some()
    }

    fn is_ecs(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use lopside_model::{Layer, Quality};

    use crate::zeek::testing::{Kept, read};

    /// A record as the module writes it, nested.
    fn record(change: impl Fn(&mut serde_json::Value)) -> Kept {
        let mut record = serde_json::json!({
            "@timestamp": "2026-03-11T09:14:02.091Z", "agent": {"name": "tap-1", "type": "filebeat"},
            "event": {"dataset": "zeek.connection", "module": "zeek", "id": "CnK3x81", "duration": 611_204_418_000_u64},
            "source": {"address": "10.20.30.41", "ip": "10.20.30.41", "port": 51_544, "bytes": 189_460_300, "packets": 131_002},
            "destination": {"address": "203.0.113.77", "port": 8_443, "bytes": 2_678_700, "packets": 66_011},
            "network": {"transport": "tcp", "protocol": "ssl", "bytes": 192_139_000},
            "zeek": {"session_id": "CnK3x81", "connection": {"state": "SF", "history": "ShADadFf", "missed_bytes": 0,
                "local_orig": true, "local_resp": false}},
        });
        change(&mut record);
        read("filebeat.json", record.to_string().as_bytes())
    }

    #[test]
    fn a_record_of_filebeat_is_a_flow_of_ip_bytes() {
        let kept = record(|_| ());
        assert_eq!((kept.skipped.len(), kept.flows.len()), (0, 1), "{kept:#?}");
        let flow = &kept.flows[0];
        assert_eq!((flow.sensor.as_str(), flow.uid.as_deref()), ("tap-1", Some("CnK3x81")));
        assert_eq!(flow.end, Some(flow.start + 611_204_418));
        assert_eq!(flow.out, (Some(189_460_300), Quality::Exact.code()));
        assert_eq!(flow.back, (Some(2_678_700), Quality::Exact.code()));
        assert_eq!(flow.layer, Layer::Ip.code());
        assert_eq!((flow.service.as_deref(), flow.local), (Some("ssl"), [Some(1), Some(0)]));
        let dotted = r#"{"_source":{"@timestamp":1773220442091,"event.dataset":"zeek.connection","event.id":"C","source.address":"10.0.0.1","source.port":5,"source.bytes":103,"source.packets":1,"destination.address":"8.8.8.8","destination.port":53,"destination.bytes":206,"destination.packets":1,"network.transport":"udp","zeek.session_id":"C","zeek.connection.history":"Dd"}}"#;
        let kept = read("export.ndjson", dotted.as_bytes());
        assert_eq!((kept.flows.len(), kept.flows[0].start), (1, 1_773_220_442_091_000), "{kept:#?}");
    }

    #[test]
    fn the_time_of_reading_is_not_the_time_of_the_packets() {
        let before_the_pipeline = |record: &mut serde_json::Value| {
            record["event"].as_object_mut().unwrap().remove("id");
        };
        let kept = record(before_the_pipeline);
        assert_eq!((kept.flows.len(), kept.skipped.len()), (0, 1));
        let kept = record(|record| {
            before_the_pipeline(record);
            record["zeek"]["connection"]["ts"] = 1_773_220_442.091862.into();
        });
        assert_eq!(kept.flows[0].start, 1_773_220_442_091_862);
    }

    #[test]
    fn other_filesets_are_counted_and_what_is_no_zeek_is_left_to_others() {
        let kept = record(|record| record["event"]["dataset"] = "zeek.weird".into());
        assert_eq!((kept.flows.len(), kept.ignored.get("zeek-weird")), (0, Some(&1)));
        let kept = record(|record| record["event"]["dataset"] = "suricata.eve".into());
        assert!(kept.flows.is_empty() && kept.seen.is_empty(), "{kept:#?}");
    }
}
