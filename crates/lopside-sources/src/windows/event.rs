//! One event, whatever it was written in.

use std::borrow::Cow;
use std::net::IpAddr;

use lopside_model::net::{self, Protocol};
use lopside_model::{Micros, name, time};

use crate::fields::{Fields, Kind, Slot};

use super::provider::Provider;
use super::{slots, values};

/// Why an event does not become rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not say which machine it is from.
    #[error("event names no computer")]
    NoComputer,
    /// It has no time that can be read.
    #[error("event has no readable time")]
    NoTime,
    /// An address is missing or none.
    #[error("event has no readable {0} address")]
    NoAddress(&'static str),
    /// A port is none: negative, above 65535, or no number.
    #[error("event has a {0} port that is not 0 to 65535")]
    BadPort(&'static str),
    /// The protocol is missing or not known.
    #[error("event has no readable protocol")]
    NoProtocol,
    /// The rights are missing or no number.
    #[error("event has no readable GrantedAccess")]
    NoRights,
}

/// A view of the values of one event: null spellings are absent, numbers are read whatever they are written as.
#[derive(Clone, Copy, Debug)]
pub struct EventFields<'a> {
    fields: &'a Fields,
}

impl<'a> EventFields<'a> {
    /// The event in these fields.
    #[must_use]
    pub fn new(fields: &'a Fields) -> Self {
        Self { fields }
    }

    /// The event id.
    #[must_use]
    pub fn id(self) -> Option<u32> {
        let number = |slot| self.text(slot).and_then(values::process_id);
        number(slots::EVENT_ID).or_else(|| number(slots::EVENT_CODE))
    }

    /// Who wrote it.
    #[must_use]
    pub fn provider(self) -> Provider {
        let text = |slot| self.text(slot);
        Provider::of(text(slots::PROVIDER_GUID), text(slots::PROVIDER_NAME), text(slots::CHANNEL))
    }

    /// The endpoint's key.
    ///
    /// # Errors
    /// Where the event does not name it.
    pub fn host(self) -> Result<Cow<'a, str>, Refusal> {
        let name = self.text(slots::COMPUTER).or_else(|| self.text(slots::HOSTNAME));
        name.and_then(values::host_key).ok_or(Refusal::NoComputer)
    }

    /// When it was written to its log. May be false: some exporters write local time as UTC.
    #[must_use]
    pub fn logged(self) -> Option<Micros> {
        self.time(slots::TIME_CREATED)
            .or_else(|| self.nxlog_time())
            .or_else(|| self.time(slots::TIMESTAMP))
            .or_else(|| self.time(slots::TIME_GENERATED))
    }

    /// When it happened, by Sysmon's own word, else when it was logged.
    ///
    /// # Errors
    /// Where neither can be read.
    pub fn happened(self) -> Result<Micros, Refusal> {
        self.time(slots::UTC_TIME).or_else(|| self.logged()).ok_or(Refusal::NoTime)
    }

    /// A scalar as text, or the first of a list; absent where it is a spelling of nothing.
    #[must_use]
    #[inline]
    pub fn text(self, slot: Slot) -> Option<&'a str> {
        let text = self.fields.scalar(slot).or_else(|| self.fields.list(slot).next());
        text.filter(|text| !values::is_null(text))
    }

    /// A truth value.
    #[must_use]
    pub fn flag(self, slot: Slot) -> Option<bool> {
        match self.text(slot)? {
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// A process id.
    #[must_use]
    pub fn process_id(self, slot: Slot) -> Option<u32> {
        self.text(slot).and_then(values::process_id)
    }

    /// A process GUID.
    #[must_use]
    pub fn guid(self, slot: Slot) -> Option<u128> {
        self.text(slot).and_then(values::guid)
    }

    /// An address; `end` names it in the refusal.
    ///
    /// # Errors
    /// Where it is missing or cannot be read.
    pub fn address(self, slot: Slot, end: &'static str) -> Result<IpAddr, Refusal> {
        self.text(slot).and_then(|text| net::parse_ip(values::trimmed(text))).ok_or(Refusal::NoAddress(end))
    }

    /// A port, 0 where there is none; `end` names it in the refusal.
    ///
    /// # Errors
    /// Where it is there and no port.
    pub fn port(self, slot: Slot, end: &'static str) -> Result<u16, Refusal> {
        match self.text(slot) {
            Some(text) => match values::short_number(text.as_bytes()) {
                Some(port) => u16::try_from(port).map_err(|_| Refusal::BadPort(end)),
                None => text.trim().parse().map_err(|_| Refusal::BadPort(end)),
            },
            None if self.fields.kind(slot) == Kind::List => Err(Refusal::BadPort(end)),
            None => Ok(0),
        }
    }

    /// The protocol, by name or number.
    ///
    /// # Errors
    /// Where it is missing or cannot be read.
    pub fn protocol(self) -> Result<Protocol, Refusal> {
        self.text(slots::PROTOCOL)
            .and_then(|text| Protocol::parse(values::trimmed(text)))
            .ok_or(Refusal::NoProtocol)
    }

    /// A name that the endpoint gives for a peer, in lower case.
    #[must_use]
    pub fn peer_name(self, slot: Slot) -> Option<String> {
        self.text(slot).and_then(name::clean)
    }

    /// `DOMAIN\name` of two members, else the name alone, else the SID.
    #[must_use]
    pub fn account(self, domain: Slot, name: Slot, sid: Slot) -> Option<Cow<'a, str>> {
        match (self.text(domain), self.text(name)) {
            (Some(domain), Some(name)) => Some(Cow::Owned(format!("{domain}\\{name}"))),
            (None, Some(name)) => Some(Cow::Borrowed(name)),
            (_, None) => self.text(sid).filter(|sid| *sid != "S-1-0-0").map(Cow::Borrowed),
        }
    }

    /// The process id of 5156, 5157 and 5158.
    ///
    /// Where event data stand beside the header, a number in `ProcessID` may be the header's (old NXLog: the process
    /// that logged, mostly 4). It is believed only as a string, with the header's own under another name, or for the
    /// kernel.
    #[must_use]
    pub fn filtering_process_id(self) -> Option<u32> {
        let flat = slots::FLAT_PROCESS_ID;
        let trusted = self.fields.kind(flat) != Kind::Int
            || self.text(slots::EXECUTION_PROCESS_ID).is_some()
            || self.text(slots::APPLICATION).is_some_and(|image| image.eq_ignore_ascii_case("System"));
        self.process_id(slots::PROCESS_ID_5156)
            .or_else(|| self.process_id(flat).filter(|_| trusted))
            .or_else(|| self.process_id(slots::PROCESS_ID))
    }

    /// A time in any notation that exporters use.
    fn time(self, slot: Slot) -> Option<Micros> {
        let text = values::trimmed(self.text(slot)?);
        let json_date = || text.strip_prefix("/Date(")?.strip_suffix(")/").and_then(milliseconds);
        Micros::parse_iso(text).or_else(|| Micros::parse_epoch(text)).or_else(json_date)
    }

    /// The time that NXLog writes: local and without a zone. Where the receiver's own clock stands beside it in both
    /// notations, their difference is the zone; else the time of receipt is better than a local time.
    fn nxlog_time(self) -> Option<Micros> {
        const STEP: i64 = 900 * time::SECOND;
        const LATENCY: i64 = 300 * time::SECOND;
        let written = self.time(slots::EVENT_TIME)?;
        if self.text(slots::EVENT_TIME).is_some_and(has_zone) {
            return Some(written);
        }
        let Some(received) = self.time(slots::TIMESTAMP) else { return Some(written) };
        let zone = self.time(slots::EVENT_RECEIVED_TIME).and_then(|local| {
            let apart = received.since(local);
            let zone = (apart.saturating_add(STEP / 2)).div_euclid(STEP) * STEP;
            ((apart - zone).abs() <= LATENCY && zone.abs() <= 14 * time::HOUR).then_some(zone)
        });
        Some(zone.map_or(received, |zone| written.plus(zone)))
    }
}

fn milliseconds(text: &str) -> Option<Micros> {
    let moment = Micros(text.parse::<i64>().ok()?.checked_mul(1_000)?);
    moment.plausible().then_some(moment)
}

/// Whether a time says its zone.
fn has_zone(text: &str) -> bool {
    let clock = text.get(11..).unwrap_or_default();
    clock.ends_with(['Z', 'z']) || clock.contains(['+', '-']) || !text.contains(':')
}
