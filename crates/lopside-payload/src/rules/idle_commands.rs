//! Noise in what asks for nothing: commands that do nothing, and pings.
//!
//! A command that does nothing takes no argument in most protocols, and what a ping carries comes back as it is: a counter, a time or a
//! few bytes, which tell one answer from another. Speaks for: arguments of such commands (`NOOP`, `PING`) and contents of pings and pongs of
//! WebSocket that are drawn evenly, new in each and of many lengths. Silent for: numbers, words, tokens of few lengths. Minimum: 6 of
//! them, 5 lengths, 8 apart, 160 bytes.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_noise;
use crate::evidence::Evidence;

/// Commands that do nothing but keep a connection, in capitals.
const COMMANDS: [&[u8]; 6] = [b"NOOP", b"NOP", b"PING", b"PONG", b"NULL", b"KEEPALIVE"];
/// The fewest pieces, lengths and bytes, and how far the lengths lie apart.
const PIECES: usize = 6;
const LENGTHS: usize = 5;
const BYTES: usize = 160;
const APART: u32 = 8;
/// Shorter ones are counters and times.
const SHORTEST: usize = 8;
/// Lines of one message.
const LINES: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut commands, mut pings) = (Pool::default(), Pool::default());
    for unit in look.reading.whole_raw(SHORTEST) {
        for line in unit.bytes.split(|byte| *byte == b'\n').take(LINES) {
            if let Some(argument) = argument(line) {
                commands.put(argument, unit.bytes.len(), false);
            }
        }
    }
    for ping in look.reading.pings.iter().filter(|ping| ping.len() >= SHORTEST) {
        pings.put(ping, ping.len(), false);
    }
    let told = |(what, pool): (&str, &Pool)| {
        let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
        let apart = lengths.last().zip(lengths.first()).is_some_and(|(most, least)| most - least >= APART);
        let enough = pool.count >= PIECES && lengths.len() >= LENGTHS && apart && pool.total >= BYTES;
        (enough && is_noise(&pool.distinct(), look.limit)).then(|| {
            let text = format!(
                "{} {what} carry {} bytes that are drawn evenly, of {} lengths",
                pool.count,
                pool.total,
                lengths.len()
            );
            Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)
        })
    };
    [("commands that do nothing", &commands), ("pings or pongs", &pings)]
        .into_iter()
        .filter_map(told)
        .collect()
}

/// What stands behind the name of a command that does nothing, which a tag may stand before.
fn argument(line: &[u8]) -> Option<&[u8]> {
    let mut rest = line.trim_ascii();
    for _ in 0..2 {
        let blank = rest.iter().take(24).position(|byte| *byte == b' ')?;
        let (word, behind) = rest.split_at_checked(blank)?;
        rest = behind.trim_ascii_start();
        if COMMANDS.iter().any(|command| word.eq_ignore_ascii_case(command)) {
            let argument = rest.strip_prefix(b":").unwrap_or(rest);
            return Some(argument).filter(|argument| argument.len() >= SHORTEST);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!?=&";

    fn is_junk(count: usize, line: impl Fn(&mut Chance, usize) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(51);
        let mut talk = Talk::default();
        for n in 0..count {
            talk.send(&[line(&mut chance, n), b"\r\n".to_vec()].concat());
            talk.reply(b"200 ok\r\n");
            talk.send(format!("STAT the shipment of hall {n}\r\n").as_bytes());
            talk.reply(b"211 it is there\r\n");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("that do nothing"))
    }

    fn noise(chance: &mut Chance, least: usize, width: usize) -> Vec<u8> {
        let length = least + chance.below(width);
        chance.of(SYMBOLS, length)
    }

    #[test]
    fn noise_behind_commands_that_do_nothing_is_junk() {
        assert!(is_junk(12, |c, _| [b"NOOP ".to_vec(), noise(c, 20, 200)].concat()));
        assert!(is_junk(12, |c, n| [format!("a{n} noop ").into_bytes(), noise(c, 20, 200)].concat()));
        assert!(is_junk(12, |c, _| [b"PING :".to_vec(), noise(c, 20, 200)].concat()));
    }

    #[test]
    fn few_of_them_other_commands_tokens_and_words_are_not() {
        assert!(!is_junk(5, |c, _| [b"NOOP ".to_vec(), noise(c, 20, 200)].concat()));
        assert!(!is_junk(12, |c, _| [b"STOR ".to_vec(), noise(c, 20, 200)].concat()));
        assert!(!is_junk(12, |c, _| [b"PING :".to_vec(), noise(c, 40, 1)].concat()));
        assert!(!is_junk(12, |c, _| [b"PING :".to_vec(), noise(c, 40, 6)].concat()));
        assert!(!is_junk(12, |c, n| [b"PING :".to_vec(), noise(c, 30 + 20 * (n % 3), 1)].concat()));
        assert!(!is_junk(6, |c, _| [b"PING :".to_vec(), noise(c, 8, 12)].concat()));
        assert!(!is_junk(12, |_, n| format!("NOOP waiting for the lift {}", "and waiting ".repeat(n))
            .into_bytes()));
        assert!(!is_junk(12, |_, n| format!("PING {}", "1772517600".repeat(1 + n)).into_bytes()));
    }

    /// Pings whose contents `make` draws.
    fn are_pings_junk(make: impl Fn(&mut Chance, usize) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(52);
        let mut talk = Talk::default();
        talk.send(b"GET /s HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
        talk.reply(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
        for n in 0..12 {
            let content = make(&mut chance, n);
            talk.send(&[&[0x89, u8::try_from(content.len()).unwrap()], content.as_slice()].concat());
            talk.reply(b"\x81\x02ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("pings or pongs"))
    }

    #[test]
    fn pings_of_noise_are_junk_and_counters_and_codes_are_not() {
        assert!(are_pings_junk(|chance, _| {
            let length = 60 + chance.below(60);
            chance.bytes(length)
        }));
        assert!(!are_pings_junk(|chance, _| chance.bytes(32)));
        assert!(!are_pings_junk(|chance, _| chance.bytes(4)));
        assert!(!are_pings_junk(
            |_, n| format!("{{\"ping\":{},\"of\":\"the monitor\"}}", n * 977).into_bytes()
        ));
    }
}
