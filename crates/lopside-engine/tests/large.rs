//! Partitions that are too large to be held whole are sorted on disk and taken slice by slice: what comes out is the same.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod world;

use std::collections::BTreeMap;

use lopside_engine::driver::Outcome;
use lopside_model::channel::Channel;
use lopside_model::record::Method;
use world::{Conn, Connect, Row, START, World, guid};

/// Flows of the one conversation, each seen by two sensors: more records than are folded at once, and more transfers than are summed at
/// once.
const FLOWS: u32 = 66_000;

/// One five-tuple that is used again and again, seen by two sensors whose records do not come in order; a connection for nearly
/// every flow and names for some; flows of a day and longer that reach over every border; beside it conversations of other hosts.
fn world() -> World {
    let mut world = World::default();
    for number in (0..FLOWS).rev() {
        let start = START + f64::from(number) * 0.9;
        let duration = if number % 9_000 == 11 { 100_000.0 } else { 0.3 };
        let flow = Conn {
            uid: format!("A{number}"),
            start,
            duration,
            bytes: (u64::from(number % 1_000) * 70 + 10, 20),
            ..Conn::default()
        };
        world.conn(Conn { sensor: "other", uid: format!("B{number}"), start: start + 0.01, ..flow.clone() });
        if number % 5_000 == 7 {
            world.ssl(&flow, &format!("n{number}.example"));
        }
        world.conn(flow);
        if number % 1_000 != 500 {
            let pid = number + 1;
            world.connect(Connect { time: start + 0.1, guid: guid(pid), pid, ..Connect::default() });
        }
    }
    for number in 0..300_u32 {
        let start = START + f64::from(number) * 60.0;
        let from = (["10.20.30.42", "10.20.30.43", "10.20.30.44"][number as usize % 3], 50_000);
        let to = ("198.51.100.7", 443);
        world.conn(Conn { uid: format!("C{number}"), start, from, to, ..Conn::default() });
        let host = ["WS-2", "WS-3", "WS-4"][number as usize % 3];
        world.connect(Connect {
            host,
            time: start + 400.0,
            guid: guid(number),
            from,
            to,
            ..Connect::default()
        });
    }
    // A five-tuple that no sensor saw, with more connections than are folded at once.
    for number in 0..66_000_u32 {
        let from = ("10.20.30.46", 51_000);
        let time = START + f64::from(number) * 0.5;
        let pid = 5 + number % 7;
        world.connect(Connect { host: "WS-6", time, guid: guid(pid), pid, from, ..Connect::default() });
    }
    // A datagram socket of which no connection speaks but those of other peers, on a host with many contacts.
    for number in 0..400_u32 {
        let time = START + f64::from(number) * 500.0;
        let from = ("10.20.30.45", 3_478);
        let to = (["192.0.2.1", "192.0.2.2", "192.0.2.3"][number as usize % 3], 3_478 + number as u16);
        let contact = Connect {
            host: "WS-5",
            time,
            guid: guid(number % 4),
            proto: "udp",
            from,
            to,
            ..Connect::default()
        };
        world.connect(contact.clone());
        if number % 20 == 0 {
            // A stream says surely whose the address is.
            world.connect(Connect { proto: "tcp", from: ("10.20.30.45", 50_000), ..contact });
        }
        if number % 40 == 0 {
            let to = ("192.0.2.99", 3_478);
            let uid = format!("D{number}");
            world.conn(Conn { uid, start: time + 100.0, from, to, proto: "udp", ..Conn::default() });
        }
    }
    world
}

fn channels(outcome: &Outcome) -> BTreeMap<String, String> {
    let all = outcome.all_channels().unwrap().into_iter().flatten();
    all.map(|channel: Channel| (format!("{:?}", channel.key), format!("{channel:?}"))).collect()
}

#[test]
fn a_partition_that_is_not_held_gives_what_one_that_is_held_gives() {
    let mut world = world();
    let (rows, whole) = world.run_at(2, 2);
    assert_eq!(whole.spilled, 0);
    let of_tuple: Vec<&Row> = rows.iter().filter(|row| row.source == "10.20.30.41:51544").collect();
    // No border comes between the two records of a flow.
    assert_eq!(of_tuple.len(), FLOWS as usize);
    assert!(of_tuple.iter().all(|row| row.sources == 2));
    let known = of_tuple.iter().filter(|row| row.method == Method::Tuple).count();
    assert_eq!(known, FLOWS as usize / 1_000 * 999);
    assert!(of_tuple.iter().any(|row| row.domain.as_deref() == Some("n5007.example")));
    let by_port = rows.iter().filter(|row| row.destination == "192.0.2.99:3478");
    assert!(
        by_port.clone().count() == 10 && by_port.clone().all(|row| row.method == Method::LocalPort),
        "{:#?}",
        by_port.collect::<Vec<_>>()
    );
    assert_eq!(whole.coverage["ws-5"].contacts.values().sum::<u64>(), 420);
    let expected = channels(&whole);
    // Every batch a run of its own; and some runs, at more threads and partitions.
    for (partitions, threads, memory) in [(2, 1, 1), (5, 8, 1 << 20)] {
        world.memory = Some(memory);
        let (again, outcome) = world.run_at(partitions, threads);
        assert!(outcome.spilled > 0);
        let differs = rows.iter().zip(&again).find(|(a, b)| a != b);
        assert!(
            again.len() == rows.len() && differs.is_none(),
            "{partitions}, {threads}, {memory}: {differs:#?}"
        );
        assert_eq!(outcome.join, whole.join);
        assert_eq!(outcome.coverage, whole.coverage);
        assert_eq!(outcome.usage, whole.usage);
        assert_eq!(outcome.contacts, whole.contacts);
        assert!(channels(&outcome) == expected, "{partitions}, {threads}, {memory}");
    }
}
