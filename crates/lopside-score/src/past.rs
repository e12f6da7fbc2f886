//! A channel with the days that came before the data: those that a baseline remembers stand before its own.

use std::borrow::Cow;

use lopside_model::bytes::{Layer, Quality};
use lopside_model::channel::{Channel, ChannelDay, PortSum, Sum};
use lopside_model::net::Protocol;
use lopside_model::time::{DAY, Micros};

use crate::fragment::{Past, UsedDay};
use crate::spread::log_of_bytes;
use crate::usual::Usual;

/// The channel with earlier days before its own, and how many those are.
pub(crate) fn with_past<'c>(channel: &'c Channel, usual: &Usual) -> (Cow<'c, Channel>, usize) {
    let (Some(past), Some(first)) = (usual.past(channel), channel.days.first()) else {
        return (Cow::Borrowed(channel), 0);
    };
    let mut days: Vec<ChannelDay> =
        past.days.iter().filter(|used| used.day < first.day).map(|used| day(used, past)).collect();
    let earlier = days.len();
    if earlier == 0 {
        return (Cow::Borrowed(channel), 0);
    }
    days.extend_from_slice(&channel.days);
    (Cow::Owned(Channel { days, ..shell(channel) }), earlier)
}

/// A channel without its days.
fn shell(channel: &Channel) -> Channel {
    Channel {
        key: channel.key.clone(),
        host_ips: channel.host_ips.clone(),
        monitored: channel.monitored,
        place: channel.place,
        scope: channel.scope,
        name: channel.name.clone(),
        days: Vec::new(),
    }
}

/// A day of which only sizes are remembered, each as the middle of its bucket.
fn day(used: &UsedDay, past: &Past) -> ChannelDay {
    let bytes = |bucket: u8| if bucket == 0 { 0 } else { log_of_bytes(f64::from(bucket)).exp2() as u64 };
    let sum = |bucket: u8| Sum { flows: u64::from(bucket > 0), bytes_out: bytes(bucket), bytes_in: 0 };
    let start = Micros(i64::from(used.day).saturating_mul(DAY));
    let port = |key: &u32| PortSum {
        port: (key >> 8) as u16,
        protocol: Protocol((key & 0xff) as u8),
        service: None,
        flows: 1,
        bytes_out: 0,
        bytes_in: 0,
    };
    ChannelDay {
        day: used.day,
        sum: sum(used.out),
        layer: Layer::Payload,
        quality: (Quality::Exact, Quality::Exact),
        lopsided: sum(used.lopsided),
        unmeasured: sum(used.unmeasured),
        ports: past.ports.iter().map(port).collect(),
        first: start,
        last: start,
        ..ChannelDay::default()
    }
}
