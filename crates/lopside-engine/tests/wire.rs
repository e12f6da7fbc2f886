//! Packets and bytes below the payload, from record to channel.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod world;

use lopside_model::bytes::Wire;
use world::{Conn, Connect, START, World};

/// What `World::conn` writes for 1,400,000 bytes sent and 14,000 received.
fn wire() -> Wire {
    Wire {
        packets_out: Some(1_003),
        packets_in: Some(12),
        ip_bytes_out: Some(1_400_000 + 40 * 1_003),
        ip_bytes_in: Some(14_000 + 40 * 12),
        frame_bytes_out: None,
        frame_bytes_in: None,
    }
}

fn upload() -> Conn {
    Conn { bytes: (1_400_000, 14_000), ..Conn::default() }
}

#[test]
fn a_sensors_counts_below_the_payload_come_with_its_flow() {
    let mut world = World::default();
    world.conn(upload()).connect(Connect::default());
    assert_eq!(world.row().wire, wire());
}

#[test]
fn a_channel_sums_what_all_its_flows_know() {
    let mut world = World::default();
    world.conn(upload()).connect(Connect::default());
    let from = ("10.20.30.41", 51_545);
    let second = Conn { uid: "C2".into(), start: START + 60.0, from, ..upload() };
    world.conn(second).connect(Connect { time: START + 60.0, from, ..Connect::default() });
    let day = |world: &World| {
        let channels = world.run_at(3, 2).1.all_channels().unwrap().concat();
        assert_eq!(channels.len(), 1);
        channels[0].days[0].wire.as_deref().copied()
    };
    assert_eq!(day(&world), Some(wire().plus(wire())));
    // A flow of which one direction was not seen is not in the sum, neither above nor below the payload.
    let from = ("10.20.30.41", 51_546);
    let uid = "C3".to_owned();
    world.conn(Conn { uid, from, start: START + 90.0, history: "SAD", state: "OTH", ..upload() });
    world.connect(Connect { time: START + 90.0, from, ..Connect::default() });
    assert_eq!(day(&world), Some(wire().plus(wire())));
}

#[test]
fn zeros_of_a_direction_that_was_not_seen_are_no_counts() {
    let mut world = World::default();
    world.conn(Conn { bytes: (0, 9_000), history: "^hadf", state: "SHR", ..Conn::default() });
    world.connect(Connect::default());
    let wire = world.row().wire;
    assert_eq!((wire.packets_out, wire.ip_bytes_out), (None, None));
    assert_eq!((wire.packets_in, wire.ip_bytes_in), (Some(8), Some(9_000 + 40 * 8)));
}
