use super::symbols;
use crate::testing::{Chance, Talk, encode};

const RUSSIAN: &str =
    "Сборка номер 17 упала на этапе тестов, просьба согласовать отпуск сотрудника до пятницы";
const FRENCH: &str =
    "Le patient a été transféré en cardiologie à 14:05, chambre 12, merci de rappeler la famille";

/// A symbol of noise after every few characters.
fn woven(chance: &mut Chance, text: &str, symbols: &[u8], every: usize) -> Vec<u8> {
    let mut mixed = Vec::new();
    for (place, character) in text.chars().enumerate() {
        mixed.extend(character.to_string().bytes());
        if place % every == every - 1 {
            mixed.extend(chance.of(symbols, 1));
        }
    }
    mixed
}

fn in_json(text: &[u8], number: usize) -> Vec<u8> {
    format!("{{\"num\":{number},\"text\":\"{}\"}}", String::from_utf8_lossy(text)).into_bytes()
}

#[test]
fn noise_between_letters_of_any_script_is_junk() {
    let mut chance = Chance::new(5);
    for text in [RUSSIAN, FRENCH] {
        for noise in [b"abcdefghijklmnopqrstuvwxyz".as_slice(), b"0123456789"] {
            for every in 1..=3 {
                let mut talk = Talk::default();
                for number in 0..8 {
                    let text: String = text.chars().skip(number * 3).collect();
                    let mixed = woven(&mut chance, &text, noise, every);
                    talk.post("application/json", &in_json(&mixed, number));
                    talk.answer(b"{}");
                }
                assert!(talk.judge().junk, "{every} {text}");
            }
        }
    }
}

#[test]
fn bytes_between_letters_of_one_byte_are_junk() {
    let mut chance = Chance::new(6);
    // Windows-1251: the letters of Russian stand at 0xC0 and up.
    let single: Vec<u8> = RUSSIAN
        .chars()
        .map(|c| if c.is_ascii() { c as u8 } else { (u32::from(c) - 0x410 + 0xC0) as u8 })
        .collect();
    for every in [0, 1, 3] {
        let mut talk = Talk::default();
        for number in 0..8 {
            let mut mixed = Vec::new();
            for (place, byte) in single.iter().skip(number).enumerate() {
                mixed.push(*byte);
                if every > 0 && place % every == every - 1 {
                    mixed.extend(chance.of(b"abcdefghijklmnopqrstuvwxyz#$%", 1));
                }
            }
            talk.send(&mixed);
            talk.reply(b"next\r\n");
        }
        assert_eq!(talk.judge().junk, every > 0, "{every}");
    }
}

#[test]
fn text_tables_dumps_and_keys_are_not() {
    let mut chance = Chance::new(7);
    let mut texts: Vec<Vec<u8>> = Vec::new();
    texts.push(RUSSIAN.repeat(9).into_bytes());
    texts.push(FRENCH.repeat(9).into_bytes());
    texts.push(RUSSIAN.repeat(9).encode_utf16().flat_map(u16::to_le_bytes).collect());
    texts.push(RUSSIAN.repeat(9).encode_utf16().flat_map(u16::to_be_bytes).collect());
    texts.push(FRENCH.bytes().flat_map(|byte| format!("{byte:02x} ").into_bytes()).collect());
    let groups: Vec<Vec<u8>> = (0..200).map(|_| chance.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 4)).collect();
    texts.push(groups.join(&b'-'));
    texts.push(
        (0..300).flat_map(|_| [b"MF"[chance.below(2)], b',', b"12345"[chance.below(5)], b'\n']).collect(),
    );
    texts.push(encode(&chance.bytes(600)));
    for text in texts {
        let mut talk = Talk::default();
        for number in 0..6 {
            talk.send(text.get(number * 8..).unwrap());
            talk.reply(b"ok\r\n");
        }
        assert!(
            !talk.judge().reasons.iter().any(|reason| reason.contains("character:")),
            "{:?}",
            text.get(..40)
        );
    }
}

#[test]
fn a_character_is_one_symbol() {
    assert_eq!(symbols("aбв1".as_bytes()).len(), 4);
    assert_eq!(symbols(b"a\xFF1").len(), 3);
}
