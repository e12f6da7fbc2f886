//! From what is sent to channels.

use std::collections::BTreeMap;

use lopside_model::bytes::{Layer, Quality};
use lopside_model::channel::{Channel, ChannelDay, ChannelKey, FlowNote, PortSum, Sender};
use lopside_model::net::Protocol;
use lopside_model::process::{Process, file_name};
use lopside_model::record::{Method, NameSource};
use lopside_model::time::{DAY, HOUR, Micros};

use super::{Fleet, Send};

impl Fleet {
    pub(crate) fn channels(&self) -> (Vec<Channel>, BTreeMap<(ChannelKey, i32), &'static str>) {
        let mut channels: BTreeMap<ChannelKey, Channel> = BTreeMap::new();
        let mut truth = BTreeMap::new();
        let mut sends = self.sends.clone();
        sends.sort_by_key(|send| send.day);
        for send in &sends {
            let host = format!("ws-{:04}", send.host);
            let key = ChannelKey {
                host,
                identity: send.image.clone(),
                user: send.user.clone(),
                destination: send.destination.clone(),
            };
            if let Some(kind) = send.attack {
                truth.insert((key.clone(), send.day), kind);
            }
            let named = send.destination.parse::<std::net::IpAddr>().is_err();
            let channel = channels.entry(key.clone()).or_insert_with(|| Channel {
                key,
                host_ips: vec!["10.0.0.1".parse().unwrap()],
                monitored: true,
                place: send.place,
                scope: send.scope,
                name: named.then(|| (send.destination.clone(), NameSource::Sni)),
                days: Vec::new(),
            });
            if channel.days.last().is_none_or(|last| last.day != send.day) {
                channel.days.push(empty_day(send));
            }
            let Some(day) = channel.days.last_mut() else { continue };
            day.sum.add(send.out, send.received);
            if send.out >= 65_536 && send.out / 4 >= send.received {
                day.lopsided.add(send.out, send.received);
            }
            for hour in 0..send.hours {
                day.hours.add(((send.hour + hour) % 24) as u8, send.out / send.hours as u64);
            }
            day.largest.push(note(send, day.first));
            day.last = day.last.max(day.largest.last().map_or(day.last, |flow| flow.end));
            day.ports.push(PortSum {
                port: send.port.0,
                protocol: Protocol(send.port.1),
                service: None,
                flows: 1,
                bytes_out: send.out,
                bytes_in: send.received,
            });
        }
        (channels.into_values().collect(), truth)
    }
}

/// The flow of a sending, at a speed that is the same for all: what is planted is told by nothing but what it is.
fn note(send: &Send, start: Micros) -> FlowNote {
    let seconds = (send.out / 2_000_000).clamp(1, 36_000) as i64;
    FlowNote {
        start,
        end: start.plus(seconds * 1_000_000),
        ip: "203.0.113.9".parse().unwrap(),
        port: send.port.0,
        bytes_out: Some(send.out),
        bytes_in: Some(send.received),
        quality: (Quality::Exact, Quality::Exact),
        origins: Vec::new(),
        connection: None,
        files: None,
    }
}

fn empty_day(send: &Send) -> ChannelDay {
    let start = i64::from(send.day) * DAY + send.hour as i64 * HOUR;
    let sender = send.image.as_ref().map(|image| {
        let path = image.split(['/', ':']).next().unwrap_or_default();
        Sender {
            process: Process {
                image: Some(path.to_owned()),
                name: Some(file_name(path).to_owned()),
                parent_image: send.parent.clone(),
                command_line: send.command_line.clone(),
                user: send.user.clone(),
                instances: 1,
                ..Process::default()
            },
            started: None,
            parent_command_line: None,
            original_name: send
                .original
                .clone()
                .map(|name| name.split(['/', ':']).next().unwrap_or_default().to_owned()),
            company: None,
            bytes_out: send.out,
            origin: None,
        }
    });
    ChannelDay {
        day: send.day,
        layer: Layer::Payload,
        quality: (Quality::Exact, Quality::Exact),
        first: Micros(start),
        last: Micros(start),
        senders: sender.into_iter().collect(),
        instances: 1,
        method: if send.image.is_some() { Method::Tuple } else { Method::None },
        confidence: 900,
        reason: "5-tuple".into(),
        ..ChannelDay::default()
    }
}
