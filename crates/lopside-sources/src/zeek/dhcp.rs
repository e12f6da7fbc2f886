//! `dhcp.log`: an address that a client got. Since Zeek 2.6 a record holds a whole exchange, which is a lease where the server
//! acknowledged (`msg_types`); before, each record was one.

use lopside_model::record::Record;
use lopside_model::tables::Lease;
use lopside_model::{Micros, net};

use super::dns::whole_seconds;
use super::field::{self, Field, Row, Wrong};
use super::read::Writer;

/// One record to a lease, where it is one.
pub(super) fn read(row: &impl Row, time: Micros, writer: &mut Writer<'_>) -> Result<(), Wrong> {
    let mut messages = 0_usize;
    let mut acknowledged = false;
    row.each(Field::MessageTypes, &mut |message| {
        messages += 1;
        acknowledged |= message.eq_ignore_ascii_case("ACK") || message.eq_ignore_ascii_case("DHCP_ACK");
    });
    if messages > 0 && !acknowledged || row.raw(Field::AssignedIp).is_none() {
        return Ok(());
    }
    let ip = field::address(row, Field::AssignedIp).ok_or("assigned_addr is not an address")?.0;
    if ip == 0 || net::from_bits(ip).is_unspecified() {
        return Ok(());
    }
    let host = row.text(Field::HostName).or_else(|| row.text(Field::ClientFqdn));
    let host = host.and_then(|name| short_name(&name));
    let mac = row.text(Field::Mac).map(|mac| mac.to_ascii_lowercase());
    writer.put(&Record::Lease(Lease {
        ip,
        host: host.as_deref(),
        mac: mac.as_deref(),
        time: time.0,
        seconds: row.raw(Field::LeaseTime).and_then(whole_seconds),
    }));
    Ok(())
}

/// The lower-case label before the first dot.
fn short_name(name: &str) -> Option<String> {
    let label = name.split('.').next().unwrap_or_default().trim();
    (!label.is_empty()).then(|| label.to_lowercase())
}
