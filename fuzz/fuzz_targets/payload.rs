#![no_main]

use libfuzzer_sys::fuzz_target;
use lopside_model::Protocol;
use lopside_payload::{Context, Direction, Sampler, Settings};

// The first byte of a piece says how it came, the next two how long it is.
fuzz_target!(|bytes: &[u8]| {
    let settings = Settings::default();
    let mut sampler = Sampler::new();
    let (mut rest, mut time) = (bytes, 0i64);
    while let [how, high, low, content @ ..] = rest {
        let length = (usize::from(*high) << 8 | usize::from(*low)).min(content.len());
        let (piece, next) = content.split_at(length);
        let direction = if how & 1 == 0 { Direction::Out } else { Direction::In };
        match how >> 1 & 7 {
            0 => sampler.gap(direction, u64::from(*low)),
            1 | 2 => sampler.datagram(&settings, direction, time, piece, length + usize::from(how >> 6)),
            _ => sampler.push(&settings, direction, time, piece),
        }
        time += i64::from(*how) * 10_000;
        rest = next;
    }
    assert!(sampler.memory() < 2 * settings.side_bytes + (1 << 20));
    let context = Context { transport: Protocol(6), source_port: 50_000, destination_port: 4500, service: None };
    if let Some(payload) = sampler.finish(&settings, &context) {
        assert!((0.0..=1.0).contains(&payload.confidence), "{payload:?}");
        assert!(payload.junk == payload.verdict.is_junk(), "{payload:?}");
        assert!(payload.reasons.iter().all(|reason| reason.chars().all(|c| !c.is_control())), "{payload:?}");
    }
});
