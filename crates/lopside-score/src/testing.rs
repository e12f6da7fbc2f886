//! Channels for tests.

use lopside_model::bytes::{Layer, Quality};
use lopside_model::channel::{Channel, ChannelDay, ChannelKey, FlowNote, Hours, PortSum, Sender, Sum};
use lopside_model::identity::Place;
use lopside_model::name::registrable;
use lopside_model::net::{Protocol, Scope};
use lopside_model::process::{Process, file_name};
use lopside_model::record::{Method, NameSource};
use lopside_model::time::{DAY, HOUR, Micros};

/// A channel of nobody in particular without days.
pub(crate) fn channel(host: &str, identity: Option<&str>, destination: &str) -> Channel {
    let named = destination.parse::<std::net::IpAddr>().is_err();
    Channel {
        key: ChannelKey {
            host: host.into(),
            identity: identity.map(str::to_owned),
            user: Some(r"corp\jo".into()),
            destination: registrable(destination).into(),
        },
        host_ips: vec!["10.0.0.1".parse().unwrap()],
        monitored: identity.is_some(),
        place: if identity.is_some() { Place::Programs } else { Place::Unknown },
        scope: Scope::External,
        name: named.then(|| (destination.to_owned(), NameSource::Sni)),
        days: Vec::new(),
    }
}

/// The channel as a process that was started for it leaves it: each day's bytes in one noted flow of so many seconds, ten seconds after
/// the start.
pub(crate) fn started_to_send(mut channel: Channel, seconds: i64) -> Channel {
    for day in &mut channel.days {
        let (start, end) = (day.first, day.first.plus(seconds * 1_000_000));
        for sender in &mut day.senders {
            sender.started = Some(start.plus(-10_000_000));
        }
        day.largest = vec![FlowNote {
            start,
            end,
            ip: "203.0.113.9".parse().unwrap(),
            port: 443,
            bytes_out: Some(day.sum.bytes_out),
            bytes_in: Some(day.sum.bytes_in),
            quality: (Quality::Exact, Quality::Exact),
            origins: Vec::new(),
            connection: None,
            files: None,
        }];
    }
    channel
}

/// The channel with one more day, sent at ten o'clock to 443/tcp.
pub(crate) fn on(mut channel: Channel, day: i32, bytes_out: u64, bytes_in: u64) -> Channel {
    let mut sum = Sum::default();
    sum.add(bytes_out, bytes_in);
    let mut hours = Hours::default();
    hours.add(10, bytes_out);
    let start = i64::from(day) * DAY + 10 * HOUR;
    let image = channel.key.identity.clone();
    channel.days.push(ChannelDay {
        day,
        sum,
        layer: Layer::Payload,
        quality: (Quality::Exact, Quality::Exact),
        lopsided: if bytes_out >= 65_536 && bytes_out / 4 >= bytes_in { sum } else { Sum::default() },
        hours,
        ports: vec![PortSum {
            port: 443,
            protocol: Protocol::TCP,
            service: Some("ssl".into()),
            flows: 1,
            bytes_out,
            bytes_in,
        }],
        ips: vec!["203.0.113.9".parse().unwrap()],
        first: Micros(start),
        last: Micros(start + HOUR / 2),
        senders: image
            .map(|image| Sender {
                process: Process {
                    name: Some(file_name(&image).to_owned()),
                    image: Some(image),
                    pid: Some(4_412),
                    user: channel.key.user.clone(),
                    instances: 1,
                    ..Process::default()
                },
                started: None,
                parent_command_line: None,
                original_name: None,
                company: None,
                bytes_out,
                origin: None,
            })
            .into_iter()
            .collect(),
        instances: 1,
        method: if channel.key.identity.is_some() { Method::Tuple } else { Method::None },
        confidence: if channel.key.identity.is_some() { 950 } else { 0 },
        reason: "same 5-tuple".into(),
        ..ChannelDay::default()
    });
    channel
}
