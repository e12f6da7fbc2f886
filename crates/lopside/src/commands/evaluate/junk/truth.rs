//! The truth about captures with junk, as `truth.json` holds it: read leniently, since other generators write it too.

use std::net::IpAddr;
use std::path::Path;

use anyhow::Context;
use lopside_model::net::{Protocol, parse_ip};
use lopside_model::{Micros, payload::Verdict};
use serde::Deserialize;

/// What the captures hold.
#[derive(Clone, Debug)]
pub(super) struct JunkTruth {
    /// The captures, below the folder; empty where the truth does not say.
    pub(super) captures: Vec<String>,
    /// Every conversation.
    pub(super) conversations: Vec<Conversation>,
}

/// One conversation.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    /// Its ends.
    pub(super) ends: Ends,
    /// First packet, in microseconds.
    pub(super) start: i64,
    /// Last packet, in microseconds.
    pub(super) end: i64,
    /// The family or the control.
    pub(super) name: String,
    /// Which variant of it.
    pub(super) variant: String,
    /// The class of the family or the control.
    pub(super) class: String,
    /// What carries it.
    pub(super) carrier: String,
    /// Whether it holds junk.
    pub(super) junk: bool,
    /// Whether anybody could tell.
    pub(super) decidable: bool,
    /// Junk bytes by bytes of the sides that carry junk.
    pub(super) share: Option<f64>,
    /// Verdicts that are right; none where the truth does not say.
    pub(super) expected: Vec<Verdict>,
}

/// A protocol and two ends, whoever of them began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ends {
    protocol: u8,
    one: (IpAddr, u16),
    other: (IpAddr, u16),
}

impl Ends {
    /// The ends in an order of their own.
    pub(super) fn new(protocol: u8, source: (IpAddr, u16), destination: (IpAddr, u16)) -> Ends {
        Ends { protocol, one: source.min(destination), other: source.max(destination) }
    }
}

impl std::fmt::Display for Ends {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ((one, one_port), (other, other_port)) = (self.one, self.other);
        write!(to, "{} {one} {one_port} - {other} {other_port}", Protocol(self.protocol).name())
    }
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    captures: Vec<String>,
    conversations: Vec<WrittenConversation>,
}

#[derive(Deserialize)]
struct WrittenConversation {
    start: String,
    end: Option<String>,
    transport: String,
    src_ip: String,
    src_port: u16,
    dst_ip: String,
    dst_port: u16,
    #[serde(alias = "family", alias = "control")]
    name: String,
    #[serde(default)]
    variant: String,
    #[serde(default)]
    class: String,
    #[serde(default)]
    carrier: String,
    junk: bool,
    #[serde(default = "yes")]
    decidable: bool,
    share: Option<f64>,
    #[serde(default)]
    expected: Vec<Verdict>,
}

fn yes() -> bool {
    true
}

impl JunkTruth {
    /// Whether the `truth.json` of a folder speaks of conversations.
    pub(super) fn recognise(folder: &Path) -> bool {
        #[derive(Deserialize)]
        struct Known {
            #[serde(rename = "conversations")]
            _conversations: Vec<serde::de::IgnoredAny>,
        }
        std::fs::read_to_string(folder.join("truth.json"))
            .is_ok_and(|text| serde_json::from_str::<Known>(&text).is_ok())
    }

    /// Reads the truth of a folder.
    ///
    /// # Errors
    /// When the folder has none, or it cannot be understood.
    pub(super) fn load(folder: &Path) -> anyhow::Result<JunkTruth> {
        let path = folder.join("truth.json");
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("cannot read {}; name a folder that `lopside emulate junk` wrote", path.display())
        })?;
        JunkTruth::parse(&text)
            .with_context(|| format!("{} is no truth of captures with junk", path.display()))
    }

    /// Reads the text of a `truth.json`.
    ///
    /// # Errors
    /// When a key is missing or a time or an address cannot be read.
    pub(super) fn parse(text: &str) -> anyhow::Result<JunkTruth> {
        let written: Written = serde_json::from_str(text)?;
        let read = |(number, written): (usize, WrittenConversation)| {
            Conversation::read(written).with_context(|| format!("conversation {}", number + 1))
        };
        let conversations =
            written.conversations.into_iter().enumerate().map(read).collect::<anyhow::Result<_>>()?;
        Ok(JunkTruth { captures: written.captures, conversations })
    }
}

impl Conversation {
    fn read(written: WrittenConversation) -> anyhow::Result<Conversation> {
        let time = |text: &str| match Micros::parse_iso(text) {
            Some(time) => Ok(time.0),
            None => Err(anyhow::anyhow!("{text:?} is no time")),
        };
        let address = |text: &str| parse_ip(text).with_context(|| format!("{text:?} is no address"));
        let protocol = match written.transport.as_str() {
            "tcp" => Protocol::TCP,
            "udp" => Protocol::UDP,
            other => anyhow::bail!("{other:?} is neither tcp nor udp"),
        };
        let start = time(&written.start)?;
        let source = (address(&written.src_ip)?, written.src_port);
        let destination = (address(&written.dst_ip)?, written.dst_port);
        Ok(Conversation {
            ends: Ends::new(protocol.0, source, destination),
            start,
            end: written.end.as_deref().map_or(Ok(start), time)?.max(start),
            name: written.name,
            variant: written.variant,
            class: written.class,
            carrier: written.carrier,
            junk: written.junk,
            decidable: written.decidable,
            share: written.share.filter(|_| written.junk),
            expected: written.expected,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = r#"{"conversations":[{"start":"2026-03-03T06:00:00Z","transport":"udp","src_ip":"10.0.0.1","src_port":9,
        "dst_ip":"2001:db8::1","dst_port":53,"family":"labels","junk":true}]}"#;

    #[test]
    fn few_keys_are_enough() {
        let truth = JunkTruth::parse(LEAST).unwrap();
        let conversation = &truth.conversations[0];
        assert!(
            conversation.decidable && conversation.name == "labels" && conversation.end == conversation.start
        );
        assert_eq!(conversation.ends.to_string(), "udp 10.0.0.1 9 - 2001:db8::1 53");
    }

    #[test]
    fn wrong_truths_are_refused() {
        assert!(JunkTruth::parse("{}").is_err());
        for (right, wrong) in [("udp", "sctp"), ("10.0.0.1", "ten"), ("06:00:00Z", "late")] {
            let told = JunkTruth::parse(&LEAST.replace(right, wrong)).unwrap_err();
            assert!(format!("{told:#}").contains("conversation 1"), "{told:#}");
        }
    }

    #[test]
    fn ends_have_no_order() {
        let (one, other) = ((IpAddr::from([10, 0, 0, 1]), 9), (IpAddr::from([10, 0, 0, 2]), 53));
        assert_eq!(Ends::new(6, one, other), Ends::new(6, other, one));
    }
}
