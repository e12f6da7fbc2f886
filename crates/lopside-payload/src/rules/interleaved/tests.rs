use crate::testing::{Chance, Talk};
use lopside_model::payload::Verdict;

const TEXT: &str = "GET /updates/check?version=10.0.19041&host=WKS-0012&user=jo and tell me what to do with the files in the folder";

/// Few letters of honest text at wide periods were once taken for noise.
#[test]
fn wide_periods_need_many_places() {
    let told = |messages: usize| {
        let mut chance = Chance::new(5);
        let mut talk = Talk::default();
        for _ in 0..messages {
            let pieces = TEXT
                .as_bytes()
                .chunks(12)
                .map(|piece| [piece, &chance.of(b"abcdefghijklmnopqrstuvwxyz", 1)].concat());
            talk.send(&pieces.collect::<Vec<_>>().concat());
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("at every 13. place"))
    };
    assert!(told(40));
    assert!(!told(12));
}

#[test]
fn noise_between_every_few_characters_is_junk() {
    let mut chance = Chance::new(3);
    for every in 1..=4 {
        let mut talk = Talk::default();
        for _ in 0..6 {
            let mut mixed = Vec::new();
            for (place, byte) in TEXT.bytes().enumerate() {
                mixed.push(byte);
                if place % every == every - 1 {
                    mixed.push(b'a' + chance.below(26) as u8);
                }
            }
            talk.send(&mixed);
            talk.answer(b"ok");
        }
        assert_eq!(talk.judge().verdict, Verdict::Junk, "{every}");
    }
}

#[test]
fn noise_through_a_whole_query_is_junk_and_a_query_is_not() {
    let mut chance = Chance::new(4);
    for every in 0..=3 {
        let mut talk = Talk::default();
        for number in 0..10 {
            let query = format!("id={number}&host=WKS-0012&user=jo.miller&state=waiting&task=list-folders");
            let mut mixed = b"GET /gate.php?".to_vec();
            for (place, byte) in query.bytes().enumerate() {
                mixed.push(byte);
                if every > 0 && place % every == every - 1 {
                    mixed.push(b'a' + chance.below(26) as u8);
                }
            }
            mixed.extend_from_slice(b" HTTP/1.1\r\nHost: a.example\r\n\r\n");
            talk.send(&mixed);
            talk.answer(b"ok");
        }
        assert_eq!(talk.judge().junk, every > 0, "{every}");
    }
}

const FOREIGN: &str = "\u{421}\u{43e}\u{432}\u{435}\u{449}\u{430}\u{43d}\u{438}\u{435} \u{43f}\u{435}\u{440}\u{435}\u{43d}\u{435}\u{441}\u{435}\u{43d}\u{43e} \u{43d}\u{430} 22.11, ";

/// Texts of another script with something behind every so many characters.
fn judged_foreign(every: impl Fn(usize) -> usize, noise: impl Fn(&mut Chance, usize) -> Vec<u8>) -> Verdict {
    let mut chance = Chance::new(6);
    let mut talk = Talk::default();
    for n in 0..12 {
        let mut mixed = Vec::new();
        for (place, character) in format!("{n} {}", FOREIGN.repeat(4 + n % 3)).chars().enumerate() {
            mixed.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            if every(n) > 0 && place % every(n) == every(n) - 1 {
                mixed.extend(noise(&mut chance, n));
            }
        }
        let mut body = b"{\"text\":\"".to_vec();
        body.extend_from_slice(&mixed);
        body.extend_from_slice(b"\"}");
        talk.post("application/json", &body);
        talk.answer(b"ok");
    }
    talk.judge().verdict
}

#[test]
fn noise_between_characters_of_several_bytes_is_junk() {
    let letter = |chance: &mut Chance, _: usize| chance.of(b"abcdefghijklmnopqrstuvwxyz", 1);
    assert_eq!(judged_foreign(|_| 2, letter), Verdict::Junk);
    // Each text has a period and an alphabet of its own.
    let any = |chance: &mut Chance, n: usize| match n % 2 {
        0 => chance.of(b"0123456789", 1),
        _ => chance.of(b"abcdefghijklmnopqrstuvwxyz$%#", 1),
    };
    assert_eq!(judged_foreign(|n| 1 + n % 3, any), Verdict::Junk);
    assert_eq!(judged_foreign(|_| 0, letter), Verdict::Structured);
}

#[test]
fn marks_at_every_few_places_are_junk() {
    let judged = |every: usize| {
        let mut chance = Chance::new(9);
        let mut talk = Talk::default();
        for n in 0..10 {
            let mut mixed = Vec::new();
            for (place, byte) in format!("{n}{TEXT}").bytes().enumerate() {
                mixed.push(byte);
                if every > 0 && place % every == every - 1 {
                    mixed.extend(chance.of(b"-=^_.*%~+", 1));
                }
            }
            talk.send(&mixed);
            talk.answer(b"ok");
        }
        talk.judge().junk
    };
    assert!(judged(3));
    assert!(!judged(0));
}

#[test]
fn wide_characters_and_sound_are_not() {
    let mut chance = Chance::new(3);
    let mut talk = Talk::default();
    for _ in 0..6 {
        talk.send(&TEXT.bytes().flat_map(|byte| [byte, 0]).collect::<Vec<u8>>());
        talk.send_later(
            &(0..800)
                .flat_map(|n| [chance.below(256) as u8, ((n as f64 / 9.0).sin() * 20.0) as i8 as u8])
                .collect::<Vec<u8>>(),
        );
    }
    assert!(!talk.judge().junk);
}

#[test]
fn keys_in_groups_are_no_text_with_noise_between() {
    let mut chance = Chance::new(8);
    let mut talk = Talk::default();
    for number in 0..16 {
        let mut group = || String::from_utf8(chance.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 5)).unwrap();
        let keys: Vec<String> =
            (0..12).map(|_| [group(), group(), group(), group(), group()].join("-")).collect();
        talk.post(
            "application/json",
            format!("{{\"n\":{number},\"keys\":\"{}\"}}", keys.join(" ")).as_bytes(),
        );
        talk.answer(b"ok");
    }
    assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("text with noise at every")));
}
