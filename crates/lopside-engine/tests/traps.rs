//! What goes wrong when endpoint events meet network flows, each trap by name, through the whole pipeline.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod world;

use lopside_model::net::{Direction, Scope};
use lopside_model::record::Method;
use world::{Conn, Connect, START, World, guid};

const HOST: &str = "WS-0417.corp.example";

/// Six flows that fix the clock of the host's connections at this many seconds ahead.
fn with_clock(world: &mut World, ahead: f64) {
    for index in 0..6_u16 {
        let start = START + 600.0 + f64::from(index) * 60.0;
        let from = ("10.20.30.41", 52_000 + index);
        world.conn(Conn {
            uid: format!("K{index}"),
            start,
            from,
            to: ("198.51.100.9", 443),
            bytes: (500, 900),
            ..Conn::default()
        });
        world.connect(Connect {
            time: start + ahead,
            guid: guid(77),
            pid: 77,
            image: r"C:\Program Files\Kite\kite.exe",
            from,
            to: ("198.51.100.9", 443),
            ..Connect::default()
        });
    }
}

#[test]
fn a_flow_and_a_connection_become_a_transfer() {
    let mut world = World::default();
    world.conn(Conn::default()).connect(Connect { time: START + 0.2, ..Connect::default() });
    world.start(
        HOST,
        START - 4.0,
        guid(0),
        6_120,
        r"C:\ProgramData\Kestrel\syncd.exe",
        "ignored: another process",
    );
    world.start(
        HOST,
        START - 2.0,
        "{7b1f22c0-3256-69b1-4e02-000000001f00}",
        6_120,
        r"C:\ProgramData\Kestrel\syncd.exe",
        "syncd.exe copy",
    );
    let row = world.row();
    assert_eq!(row.host.as_deref(), Some("ws-0417"));
    assert_eq!(row.method, Method::Tuple);
    assert_eq!(row.image.as_deref(), Some(r"C:\ProgramData\Kestrel\syncd.exe"));
    assert_eq!(row.command_line.as_deref(), Some("syncd.exe copy"));
    assert_eq!((row.bytes_out, row.bytes_in), (Some(180_000_000), Some(40_000)));
    assert_eq!((row.direction, row.scope), (Direction::Outbound, Scope::External));
}

#[test]
fn the_connection_clock_is_wrong_by_days() {
    let mut world = World::default();
    with_clock(&mut world, -483_279.6);
    world.conn(Conn::default()).connect(Connect { time: START - 483_279.6, ..Connect::default() });
    let rows = world.rows();
    assert!(rows.iter().all(|row| row.method == Method::Tuple), "{rows:#?}");
    assert!(rows.iter().all(|row| (row.offset as f64 / 1e6 + 483_279.6).abs() < 0.5), "{rows:#?}");
}

#[test]
fn a_wrong_clock_without_enough_pairs_joins_nothing() {
    let mut world = World::default();
    world.conn(Conn::default()).connect(Connect { time: START + 4_000.0, ..Connect::default() });
    let row = world.row();
    assert_eq!((row.method, row.image), (Method::None, None));
    assert!(row.reason.contains("at another time"), "{}", row.reason);
}

#[test]
fn local_twelve_hour_times_with_a_false_z_are_corrected_by_mode() {
    let mut world = World::default();
    // Local time is UTC-4; the export writes 12-hour times, so that afternoons are 12 hours further off.
    for index in 0..24_u16 {
        let start = START + f64::from(index) * 3_600.0;
        let from = ("10.20.30.41", 53_000 + index);
        world.conn(Conn { uid: format!("K{index}"), start, from, ..Conn::default() });
        let local = (start - 4.0 * 3_600.0) as i64;
        let (day, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let shown = day * 86_400 + if second >= 12 * 3_600 { second - 12 * 3_600 } else { second };
        let time = lopside_model::Micros(shown * 1_000_000).to_string();
        world.audit(
            HOST,
            &time,
            6_120,
            r"\device\harddiskvolume3\programdata\kestrel\syncd.exe",
            true,
            6,
            from,
            ("203.0.113.77", 8_443),
        );
    }
    let (rows, outcome) = world.run_at(2, 1);
    assert!(rows.iter().all(|row| row.method == Method::Tuple), "{rows:#?}");
    let modes: Vec<i64> = outcome
        .clocks
        .iter()
        .flat_map(|(.., clock)| clock.report())
        .map(|mode| mode.offset.div_euclid(3_600_000_000))
        .collect();
    assert_eq!(modes.len(), 2, "{modes:?}");
}

#[test]
fn one_connection_many_flow_records_of_a_datagram_session() {
    let mut world = World::default();
    for index in 0..4 {
        world.conn(Conn {
            uid: format!("U{index}"),
            start: START + f64::from(index) * 300.0,
            proto: "udp",
            history: "Dd",
            bytes: (1_000, 900),
            ..Conn::default()
        });
    }
    world.connect(Connect { proto: "udp", ..Connect::default() });
    let methods: Vec<Method> = world.rows().iter().map(|row| row.method).collect();
    assert_eq!(methods, [Method::Tuple, Method::Continuation, Method::Continuation, Method::Continuation]);
}

#[test]
fn many_events_of_one_process_for_one_flow() {
    let mut world = World::default();
    world.conn(Conn::default()).connect(Connect { time: START + 0.1, ..Connect::default() });
    world.audit(
        HOST,
        "2026-03-11T09:14:02.0921877Z",
        6_120,
        r"\device\harddiskvolume3\programdata\kestrel\syncd.exe",
        true,
        6,
        ("10.20.30.41", 51_544),
        ("203.0.113.77", 8_443),
    );
    let row = world.row();
    assert_eq!(row.method, Method::Tuple);
    assert_eq!(row.image.as_deref(), Some(r"C:\ProgramData\Kestrel\syncd.exe"));
}

#[test]
fn a_port_is_used_again_by_another_process() {
    let mut world = World::default();
    for (index, image) in [r"C:\a\one.exe", r"C:\a\two.exe", r"C:\a\three.exe"].into_iter().enumerate() {
        let time = START + index as f64 * 240.0;
        let number = u32::try_from(index).unwrap() + 1;
        world.conn(Conn { uid: format!("R{index}"), start: time, ..Conn::default() });
        world.connect(Connect {
            time: time + 0.5,
            guid: guid(number),
            pid: 100 + number,
            image,
            ..Connect::default()
        });
    }
    let images: Vec<String> = world.rows().iter().filter_map(|row| row.image.clone()).collect();
    assert_eq!(images, [r"C:\a\one.exe", r"C:\a\two.exe", r"C:\a\three.exe"]);
}

#[test]
fn a_process_id_is_used_again() {
    let mut world = World::default();
    for (index, image) in [r"C:\a\one.exe", r"C:\a\two.exe"].into_iter().enumerate() {
        let time = START + index as f64 * 4_000.0;
        let from = ("10.20.30.41", 51_000 + u16::try_from(index).unwrap());
        world.start(HOST, time - 10.0, guid(u32::try_from(index).unwrap() + 1), 700, image, image);
        world.conn(Conn { uid: format!("R{index}"), start: time, from, ..Conn::default() });
        world.audit(
            HOST,
            &lopside_model::Micros((time * 1e6) as i64).to_string(),
            700,
            "-",
            true,
            6,
            from,
            ("203.0.113.77", 8_443),
        );
    }
    let lines: Vec<String> = world.rows().iter().filter_map(|row| row.command_line.clone()).collect();
    assert_eq!(lines, [r"C:\a\one.exe", r"C:\a\two.exe"]);
}

#[test]
fn a_connection_is_logged_after_its_process_ended() {
    let mut world = World::default();
    let own = "{7b1f22c0-3256-69b1-4e02-000000001f00}";
    let image = r"C:\ProgramData\Kestrel\syncd.exe";
    world.start(HOST, START - 2.0, own, 6_120, image, "syncd.exe copy").end(
        HOST,
        START + 0.5,
        own,
        6_120,
        image,
    );
    world
        .conn(Conn { duration: 0.4, ..Conn::default() })
        .connect(Connect { time: START + 2.5, ..Connect::default() });
    assert_eq!(world.row().command_line.as_deref(), Some("syncd.exe copy"));
}

#[test]
fn an_unknown_process_stays_unknown() {
    let mut world = World::default();
    world.conn(Conn::default());
    world.connect(Connect {
        image: "<unknown process>",
        guid: "{00000000-0000-0000-0000-000000000000}",
        pid: 4_412,
        ..Connect::default()
    });
    let row = world.row();
    assert_eq!(row.image, None);
    assert_eq!(row.pid, Some(4_412));
}

#[test]
fn two_sensors_see_one_flow() {
    let mut world = World::default();
    world.conn(Conn { sensor: "north", uid: "N1".into(), ..Conn::default() });
    world.conn(Conn { sensor: "south", uid: "S1".into(), start: START + 0.004, ..Conn::default() });
    let row = world.row();
    assert_eq!((row.sources, row.bytes_out), (2, Some(180_000_000)));
}

#[test]
fn a_tunnel_and_what_it_carries_are_counted_once() {
    let mut world = World::default();
    world.conn(Conn {
        uid: "OUTER".into(),
        from: ("10.20.30.41", 40_000),
        to: ("198.51.100.1", 4_754),
        ..Conn::default()
    });
    world.conn(Conn { uid: "INNER".into(), tunnel: "OUTER", ..Conn::default() });
    let (rows, outcome) = world.run_at(7, 2);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].destination, "203.0.113.77:8443");
    assert_eq!(outcome.join.tunnels, 1);
}

#[test]
fn an_internal_conversation_has_a_process_at_both_ends() {
    let mut world = World::default();
    let (from, to) = (("10.20.30.41", 51_544), ("10.20.30.99", 445));
    world.conn(Conn { from, to, ..Conn::default() });
    world.connect(Connect { from, to, image: "System", pid: 4, ..Connect::default() });
    world.connect(Connect {
        host: "FS-01.corp.example",
        from,
        to,
        initiated: false,
        guid: guid(9),
        pid: 1_234,
        image: r"C:\srv\smbd.exe",
        ..Connect::default()
    });
    let row = world.row();
    assert_eq!(row.host.as_deref(), Some("ws-0417"));
    assert_eq!((row.direction, row.scope), (Direction::Internal, Scope::Internal));
    assert_eq!(row.image.as_deref(), Some("System"));
    assert_eq!(
        (row.peer_host.as_deref(), row.peer_image.as_deref()),
        (Some("fs-01"), Some(r"C:\srv\smbd.exe"))
    );
}

#[test]
fn an_address_moves_from_one_host_to_another() {
    let mut world = World::default();
    for (host, hour) in [("WS-0001", 0.0), ("WS-0002", 40.0)] {
        for index in 0..3_u16 {
            let start = START + hour * 3_600.0 + f64::from(index) * 600.0;
            let from = ("10.20.30.41", 51_000 + index);
            world.conn(Conn { uid: format!("{host}{index}"), start, from, ..Conn::default() });
            if index != 1 {
                world.connect(Connect { host, time: start, from, ..Connect::default() });
            }
        }
    }
    let hosts: Vec<String> = world.rows().iter().filter_map(|row| row.host.clone()).collect();
    assert_eq!(hosts, ["ws-0001", "ws-0001", "ws-0001", "ws-0002", "ws-0002", "ws-0002"]);
}

#[test]
fn direction_comes_from_ownership_not_from_private_ranges() {
    let mut world = World::default();
    // A host with a public address: only its own events say that it is local.
    let (from, to) = (("147.32.84.165", 51_544), ("203.0.113.77", 443));
    world.conn(Conn { from, to, ..Conn::default() }).connect(Connect { from, to, ..Connect::default() });
    world.conn(Conn {
        uid: "IN".into(),
        start: START + 60.0,
        from: ("192.0.2.66", 40_000),
        to: ("147.32.84.165", 3_389),
        bytes: (500, 700),
        ..Conn::default()
    });
    let rows = world.rows();
    assert_eq!(rows[0].direction, Direction::Outbound);
    assert_eq!(
        (rows[1].direction, rows[1].host.as_deref(), rows[1].bytes_out),
        (Direction::Inbound, Some("ws-0417"), Some(700))
    );
}

#[test]
fn a_datagram_event_that_calls_itself_accepted_still_has_a_local_source() {
    let mut world = World::default();
    world.connect(Connect { from: ("10.20.30.41", 40_001), ..Connect::default() });
    world.conn(Conn { proto: "udp", history: "Dd", from: ("10.20.30.41", 51_544), ..Conn::default() });
    world.connect(Connect { proto: "udp", initiated: false, ..Connect::default() });
    let row = world.row();
    assert_eq!((row.method, row.direction), (Method::Tuple, Direction::Outbound));
}

#[test]
fn several_processes_at_one_moment_are_ambiguous_and_stay_named() {
    let mut world = World::default();
    world.conn(Conn::default());
    world.connect(Connect { time: START + 0.1, ..Connect::default() });
    world.connect(Connect {
        time: START + 0.3,
        guid: guid(2),
        pid: 2,
        image: r"C:\other.exe",
        ..Connect::default()
    });
    let row = world.row();
    assert_eq!((row.method, row.image), (Method::Ambiguous, None));
    let candidates = row.candidates.unwrap();
    assert!(candidates.contains("syncd.exe") && candidates.contains("other.exe"), "{candidates}");
}

#[test]
fn an_unmeasured_direction_is_absent_and_says_why() {
    let mut world = World::default();
    world
        .conn(Conn { bytes: (0, 9_000), history: "^hadf", state: "SHR", ..Conn::default() })
        .connect(Connect::default());
    let row = world.row();
    assert_eq!((row.bytes_out, row.bytes_in), (None, Some(9_000)));
    assert!(row.why.unwrap().contains("one-sided"));
}

#[test]
fn traffic_of_a_host_with_itself_is_local() {
    let mut world = World::default();
    let (from, to) = (("10.20.30.41", 51_544), ("10.20.30.41", 8_080));
    world.conn(Conn { from, to, ..Conn::default() });
    world.connect(Connect { from, to, ..Connect::default() });
    world.connect(Connect {
        from,
        to,
        initiated: false,
        guid: guid(3),
        pid: 3,
        image: r"C:\server.exe",
        ..Connect::default()
    });
    let row = world.row();
    assert_eq!((row.direction, row.scope, row.method), (Direction::Local, Scope::Local, Method::Tuple));
    assert_eq!(row.image.as_deref(), Some(r"C:\ProgramData\Kestrel\syncd.exe"));
}

#[test]
fn the_same_bytes_at_any_number_of_partitions_and_threads() {
    let mut world = World::default();
    with_clock(&mut world, 75.2);
    for index in 0..200_u16 {
        let start = START + f64::from(index) * 31.0;
        let from = ("10.20.30.41", 54_000 + index);
        world.conn(Conn {
            uid: format!("M{index}"),
            start,
            from,
            to: ("203.0.113.80", 443 + index % 5),
            bytes: (u64::from(index) * 1_000, 700),
            ..Conn::default()
        });
        if index % 3 != 0 {
            world.connect(Connect {
                time: start + 75.4,
                from,
                to: ("203.0.113.80", 443 + index % 5),
                ..Connect::default()
            });
        }
    }
    let (rows, outcome) = world.run_at(1, 1);
    let sent: u64 = rows.iter().filter_map(|row| row.bytes_out).sum();
    assert_eq!(
        sent,
        (0..200).map(|index| index * 1_000).sum::<u64>() + 6 * 500,
        "bytes are conserved from record to transfer"
    );
    let channels = format!("{:?}", outcome.all_channels().unwrap().concat());
    // With one byte of memory, every row is spilled and every channel put aside.
    for (partitions, threads, memory) in [(2, 1, None), (7, 2, None), (64, 8, None), (7, 2, Some(1))] {
        world.memory = memory;
        let (again, outcome) = world.run_at(partitions, threads);
        assert_eq!(again, rows, "{partitions} partitions, {threads} threads, {memory:?}");
        assert_eq!(outcome.spilled > 0, memory.is_some());
        let mut all = outcome.all_channels().unwrap().concat();
        all.sort_by(|a, b| a.key.cmp(&b.key));
        assert_eq!(format!("{all:?}"), channels);
    }
}

#[test]
fn a_responder_with_a_process_tells_of_a_caller_without_events() {
    let mut world = World::default();
    let (from, to) = (("10.20.30.200", 40_000), ("10.20.30.41", 8_080));
    world.conn(Conn { from, to, bytes: (700, 900), ..Conn::default() });
    world.connect(Connect { from, to, initiated: false, image: r"C:\srv\web.exe", ..Connect::default() });
    let row = world.row();
    assert_eq!((row.host.as_deref(), row.image.as_deref()), (Some("ws-0417"), Some(r"C:\srv\web.exe")));
    assert_eq!((row.bytes_out, row.direction), (Some(900), Direction::Internal));
    assert!(row.source.starts_with("10.20.30.200"));
}

#[test]
fn very_many_flows_on_one_tuple_are_folded_in_slices() {
    let mut world = World::default();
    let count = 70_000_u32;
    for number in 0..count {
        let start = START + f64::from(number) * 20.0;
        world.conn(Conn {
            uid: format!("R{number}"),
            start,
            duration: 1.0,
            bytes: (10, 20),
            ..Conn::default()
        });
        if number % 1_000 < 2 || number > 65_530 {
            let image = if number % 2 == 0 { r"C:\a\even.exe" } else { r"C:\a\odd.exe" };
            world.connect(Connect {
                time: start + 0.3,
                guid: guid(number + 1),
                pid: number + 1,
                image,
                ..Connect::default()
            });
        }
    }
    let rows = world.rows();
    assert_eq!(rows.len(), 70_000);
    assert_eq!(rows.iter().filter_map(|row| row.bytes_out).sum::<u64>(), 700_000);
    let last = rows.get(65_531..).unwrap_or_default();
    assert!(last.iter().all(|row| row.method == Method::Tuple), "across the border of two slices");
    let wrong = rows.iter().enumerate().filter(|(number, row)| {
        let expected = if number % 2 == 0 { "even.exe" } else { "odd.exe" };
        row.image.as_deref().is_some_and(|image| !image.ends_with(expected))
    });
    assert_eq!(wrong.count(), 0);
}
