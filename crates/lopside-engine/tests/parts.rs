//! A day with more transfers than are held together is summed in parts: the sums are those of the whole.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod world;

use std::collections::BTreeMap;

use lopside_model::channel::{Channel, ChannelDay};
use lopside_model::time::HOUR;
use world::{Conn, Connect, Row, START, World, guid};

const FLOWS: u32 = 70_000;

/// One busy day: every flow half a second after the one before, over two ports; ten of them by processes that an event tells, and two flows
/// of another destination, hours apart.
fn busy() -> World {
    let mut world = World::default();
    for number in 0..FLOWS {
        let start = START + f64::from(number) * 0.5;
        let from = ("10.20.30.41", 1_024 + (number % 60_000) as u16);
        let to = match number {
            7 | 69_900 => ("203.0.113.99", 443),
            _ => ("203.0.113.77", if number % 3 == 0 { 8_443 } else { 8_444 }),
        };
        world.conn(Conn {
            uid: format!("R{number}"),
            start,
            duration: 0.2,
            from,
            to,
            bytes: (u64::from(number % 1_000) * 7 + 10, 20),
            ..Conn::default()
        });
        if number % 7_000 == 3 {
            world.connect(Connect {
                time: start + 0.1,
                guid: guid(number + 1),
                pid: number + 1,
                from,
                to,
                ..Connect::default()
            });
        }
    }
    world
}

fn sent(rows: &[&Row]) -> (u64, u64) {
    (rows.len() as u64, rows.iter().filter_map(|row| row.bytes_out).sum())
}

fn day(channel: &Channel) -> &ChannelDay {
    assert_eq!(channel.days.len(), 1);
    &channel.days[0]
}

#[test]
fn a_day_in_parts_has_the_sums_of_the_whole() {
    let (rows, outcome) = busy().run_at(3, 2);
    let channels: Vec<Channel> = outcome.all_channels().unwrap().into_iter().flatten().collect();
    let mut expected: BTreeMap<(bool, &str), Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        let (ip, _) = row.destination.rsplit_once(':').unwrap();
        expected.entry((row.image.is_some(), ip)).or_default().push(row);
    }
    assert_eq!((expected.len(), channels.len()), (3, 3), "{:?}", expected.keys());
    for channel in &channels {
        let own = &expected[&(channel.key.identity.is_some(), channel.key.destination.as_str())];
        let day = day(channel);
        assert_eq!((day.sum.flows, day.sum.bytes_out), sent(own));
        assert_eq!(day.hours.iter().map(|(_, bytes)| bytes).sum::<u64>(), day.sum.bytes_out);
        assert_eq!(day.ports.iter().map(|port| port.bytes_out).sum::<u64>(), day.sum.bytes_out);
        assert!(day.ports.is_sorted());
        assert_eq!(day.first.0, own.iter().map(|row| row.start).min().unwrap());
        let processes: std::collections::BTreeSet<_> = own.iter().filter_map(|row| row.pid).collect();
        assert_eq!(day.instances as usize, processes.len());
        let detailed = day.sum.bytes_out >= 131_072;
        assert_eq!(day.reason.is_empty(), !detailed);
        let kept = if detailed { own.len().min(16) } else { 0 };
        let mut largest: Vec<_> =
            own.iter().map(|row| (std::cmp::Reverse(row.bytes_out), row.start)).collect();
        largest.sort_unstable();
        largest.truncate(kept);
        let told: Vec<_> =
            day.largest.iter().map(|flow| (std::cmp::Reverse(flow.bytes_out), flow.start.0)).collect();
        assert_eq!(told, largest);
        assert_eq!(day.senders.len(), if detailed { processes.len().min(4) } else { 0 });
    }
    let apart = channels.iter().find(|channel| channel.key.destination == "203.0.113.99").unwrap();
    assert!(day(apart).last.0 - day(apart).first.0 > 9 * HOUR, "one flow in each part");
}
