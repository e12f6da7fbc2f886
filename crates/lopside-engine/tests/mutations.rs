//! The whole way over damaged telemetry: any byte of any file may be wrong, and a run still ends, without a panic, with a report.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod world;

use world::{Conn, Connect, START, World, guid};

/// A small generator of numbers (SplitMix64), so that every run damages the same bytes.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below.max(1) as u64).unwrap()
    }
}

fn world() -> World {
    let mut world = World::default();
    for index in 0..12_u16 {
        let start = START + f64::from(index) * 40.0;
        let from = ("10.20.30.41", 52_000 + index);
        let conn = Conn { uid: format!("C{index}"), start, from, ..Conn::default() };
        world.ssl(&conn, "drop.kestrel-sync.example");
        world.conn(conn);
        world.connect(Connect {
            time: start + 0.3,
            from,
            guid: guid(u32::from(index % 3)),
            ..Connect::default()
        });
    }
    world.start(
        "WS-0417.corp.example",
        START - 9.0,
        guid(1),
        6_120,
        r"C:\ProgramData\Kestrel\syncd.exe",
        "syncd.exe copy",
    );
    world.lookup(
        "WS-0417.corp.example",
        START - 1.0,
        guid(1),
        6_120,
        "drop.kestrel-sync.example",
        "203.0.113.77",
    );
    world.dns(START - 1.0, "10.20.30.41", "drop.kestrel-sync.example", "203.0.113.77");
    world
}

fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) {
    const HOSTILE: [&[u8]; 8] = [
        b"\t",
        b"\n",
        b"\"",
        b"{",
        b"-9223372036854775808",
        b"99999999999999999999999",
        b"\xff\xfe",
        b"\x00",
    ];
    for _ in 0..=dice.roll(4) {
        let place = dice.roll(bytes.len());
        match dice.roll(5) {
            0 => bytes.truncate(place),
            1 => bytes.splice(place..place, HOSTILE[dice.roll(HOSTILE.len())].iter().copied()).for_each(drop),
            2 => {
                let end = (place + dice.roll(200)).min(bytes.len());
                bytes.drain(place..end).for_each(drop);
            }
            3 => {
                let end = (place + dice.roll(400)).min(bytes.len());
                let again = bytes.get(place..end).unwrap_or_default().to_vec();
                bytes.splice(place..place, again).for_each(drop);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = u8::try_from(dice.roll(256)).unwrap();
                }
            }
        }
    }
}

#[test]
fn two_hundred_damaged_worlds_are_hunted_without_a_panic() {
    let world = world();
    let (whole, _) = world.run_at(3, 2);
    let sent: u64 = whole.iter().filter_map(|row| row.bytes_out).sum();
    assert_eq!((whole.len(), sent), (12, 12 * 180_000_000));
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let (rows, outcome) = world.run_damaged(3, 2, &mut |bytes| damage(bytes, &mut dice));
        let report = &outcome.report;
        assert!(rows.len() <= 64, "seed {seed}: damage invents no flows: {}", rows.len());
        assert_eq!(
            outcome.join.flows + outcome.join.tunnels,
            rows.len() as u64,
            "seed {seed}: no flow is lost on the way"
        );
        assert!(report.inputs.len() <= 5, "seed {seed}");
    }
}
