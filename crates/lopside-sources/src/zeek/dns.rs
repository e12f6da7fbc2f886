//! `dns.log`: a lookup for each address in an answer, and names that are long. The name is the one that was asked for, not the last of
//! its aliases.

use lopside_model::record::{EventClass, Record, SeenKind};
use lopside_model::tables::{FileSeen, Lookup};
use lopside_model::{Micros, Protocol, name, net};

use super::field::{self, Field, Row, Wrong};
use super::read::Writer;
use super::seen;

/// Addresses of one answer that are kept.
const MOST_ANSWERS: usize = 256;

/// One record to a lookup for each address.
pub(super) fn read(row: &impl Row, time: Micros, writer: &mut Writer<'_>) -> Result<(), Wrong> {
    let Some(query) = row.text(Field::Query).and_then(|query| name::clean(&query)) else { return Ok(()) };
    long_name(row, time, &query, writer);
    let mut addresses = Vec::new();
    let mut place = 0_usize;
    row.each(Field::Answers, &mut |answer| {
        if addresses.len() < MOST_ANSWERS
            && let Some(ip) = net::parse_ip(answer)
        {
            addresses.push((place, net::bits(ip)));
        }
        place += 1;
    });
    if addresses.is_empty() {
        return Ok(());
    }
    let client = field::address(row, Field::OrigIp).ok_or("id.orig_h is not an address")?.0;
    let mut seconds: Vec<Option<u32>> = Vec::new();
    row.each(Field::Ttls, &mut |ttl| {
        if seconds.len() < place {
            seconds.push(whole_seconds(ttl));
        }
    });
    for (place, answer) in addresses {
        writer.put(&Record::Lookup(Lookup {
            host: None,
            client_ip: Some(client),
            class: EventClass::Sensor.code(),
            time: time.0,
            name: &query,
            answer,
            ttl: seconds.get(place).copied().flatten(),
            pid: None,
            guid: None,
        }));
    }
    Ok(())
}

/// A label from this length on is told: hosts and services are seldom called so, encoded data is.
const LONG_LABEL: usize = 16;

/// A name with a long label: what a tunnel, or junk in names, is made of. Services make up such names too: it is told and no verdict.
fn long_name(row: &impl Row, time: Micros, query: &str, writer: &mut Writer<'_>) {
    if query.split('.').all(|label| label.len() < LONG_LABEL) {
        return;
    }
    let protocol = row.raw(Field::Proto).and_then(Protocol::parse).unwrap_or(Protocol::UDP);
    let length = Some(query.len() as u64);
    let kind = SeenKind::Query.code();
    let seen = FileSeen { kind, name: Some(query), seen_bytes: length, ..FileSeen::default() };
    seen::put(row, time, protocol, seen, writer);
}

/// Seconds without their fraction; `None` for what is no length of time.
pub(super) fn whole_seconds(text: &str) -> Option<u32> {
    if let Some(whole) = text.strip_suffix(".000000").or(Some(text))
        && (1..=9).contains(&whole.len())
        && whole.bytes().all(|byte| byte.is_ascii_digit())
    {
        return whole.parse().ok();
    }
    let seconds: f64 = text.parse().ok()?;
    (0.0..=f64::from(u32::MAX)).contains(&seconds).then_some(seconds as u32)
}
