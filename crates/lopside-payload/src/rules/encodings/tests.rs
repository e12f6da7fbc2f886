use super::*;
use crate::testing::{Chance, Talk, encode};
use lopside_model::payload::Verdict;

const TEXT: &[u8] =
    b"host=WKS-0012;user=jo;task=list the files of the folder and send them home;time=now and then";

#[test]
fn strangers_in_encoded_text_are_found() {
    let mut chance = Chance::new(4);
    let mut dirty = Vec::new();
    for (place, byte) in encode(TEXT).into_iter().enumerate() {
        dirty.push(byte);
        if place % 5 == 1 {
            dirty.push(b"!#*$"[chance.below(4)]);
        }
    }
    assert!(cleaned(&dirty).is_some());
    assert_eq!(cleaned(&encode(TEXT)), None);
    let noise = encode(&chance.bytes(90));
    let mut dirty = noise.clone();
    for place in [7, 19, 40, 41, 66, 90, 100] {
        dirty.insert(place, b"!#*$"[chance.below(4)]);
    }
    assert!(strewn(&dirty, 4.0).is_some());
    assert!(strewn(&noise, 4.0).is_none());
}

#[test]
fn strangers_in_hex_may_be_as_many_as_its_digits() {
    let mut chance = Chance::new(4);
    let digits: String = TEXT.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut dirty = |strangers: usize| -> Vec<u8> {
        let noise = |chance: &mut Chance| chance.of(b"ghijklmnopqrstuvwxyz", strangers);
        digits.bytes().flat_map(|digit| [vec![digit], noise(&mut chance)].concat()).collect()
    };
    assert!(cleaned(&dirty(1)).is_some() && cleaned(&dirty(2)).is_some());
    assert_eq!(cleaned(digits.as_bytes()), None);
    let numbers = b"id,date,price\n1,20260303,31.5\n2,20260304,45.1\n3,20260305,27.9\n4,20260306,62.4";
    assert_eq!(cleaned(numbers), None);
    assert_eq!(cleaned(TEXT), None);
}

#[test]
fn lines_of_noise_between_lines_of_an_encoding_are_found() {
    let judged = |noise: bool| {
        let mut chance = Chance::new(9);
        let mut talk = Talk::default();
        for _ in 0..4 {
            let text = "a letter of some length that is sent home in the evening of this day ".repeat(6);
            let mut body = String::from("-----BEGIN LETTER-----\n");
            for line in encode(text.as_bytes()).chunks(64) {
                body.push_str(&format!("{}\n", String::from_utf8_lossy(line)));
                if noise {
                    let symbols: Vec<u8> = (33..127).collect();
                    body.push_str(&format!("#{}\n", String::from_utf8(chance.of(&symbols, 62)).unwrap()));
                }
            }
            body.push_str("-----END LETTER-----\n");
            talk.post("text/plain", body.as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().junk
    };
    assert!(judged(true) && !judged(false));
}

#[test]
fn noise_joined_to_encoded_text_is_found() {
    let mut chance = Chance::new(4);
    let symbols = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encoded = encode(TEXT);
    assert_eq!(shifted(&encoded), None);
    assert!(shifted(&[chance.of(symbols, 13), encoded.clone()].concat()).is_some());
    assert!(
        shifted(&[encoded[..40].to_vec(), chance.of(symbols, 14), encoded[40..].to_vec()].concat()).is_some()
    );
    assert_eq!(shifted(&encode(&chance.bytes(90))), None);
}

#[test]
fn a_code_whose_first_bytes_pass_for_text_is_one() {
    let code = [26, 24, 26, 25, 17, 26, 24];
    assert!(is_code(&code, 0.8) && !is_code(&code, 1.0));
    assert!(!is_code(&[26, 24, 12, 25, 17, 8, 20], 0.8) && !is_code(&[31, 9, 60, 44], 0.8));
}

#[test]
fn envelopes_and_ends_of_lines_of_an_encoding_are_left_alone() {
    let mut chance = Chance::new(5);
    let (mut soap, mut script) = (Talk::default(), Talk::default());
    for _ in 0..6 {
        let lines: Vec<Vec<u8>> = encode(&chance.bytes(400)).chunks(76).map(<[u8]>::to_vec).collect();
        let body = [
            b"<a><content>".as_slice(),
            &lines.join(b"\r\n".as_slice()),
            b"\r\n</content></Store></soap:Body></soap:Envelope>",
        ]
        .concat();
        soap.post("text/xml", &body);
        soap.answer(b"ok");
        let hex: Vec<String> =
            (0..8).map(|_| String::from_utf8(chance.of(b"0123456789abcdef", 72)).unwrap()).collect();
        script.post(
            "application/postscript",
            format!("image\n{}\n{}>\nshowpage\n", hex.join("\n"), hex[0].split_at(50).0).as_bytes(),
        );
        script.answer(b"ok");
    }
    assert!(!soap.judge().junk && !script.judge().junk);
}

#[test]
fn blanks_strewn_into_ciphertext_are_strangers_and_lists_of_tokens_have_none() {
    let mut chance = Chance::new(5);
    let mut dirty = encode(&chance.bytes(150));
    let mut at = 3;
    while at < dirty.len() {
        dirty.insert(at, b" ,:"[chance.below(3)]);
        at += 4 + chance.below(20);
    }
    assert!(strewn(&dirty, 4.0).is_some());
    let tokens: Vec<Vec<u8>> = (0..9).map(|n| encode(&chance.bytes(9 + 3 * n))).collect();
    assert_eq!(strewn(&tokens.join(&b' '), 4.0), None);
    assert_eq!(
        strewn(b"the meeting of the department is over and nobody knows what it was about at all", 4.0),
        None
    );
}

#[test]
fn other_encodings_and_tokens_are_left_alone() {
    let mut chance = Chance::new(6);
    let wide: Vec<u8> = (33..=117).collect();
    for _ in 0..20 {
        assert!(strewn(&chance.of(&wide, 300), 4.0).is_none_or(|found| is_wider(
            &found.clean,
            &found.strangers,
            found.alphabet
        )));
    }
    let token = [encode(&chance.bytes(40)), encode(&chance.bytes(60)), encode(&chance.bytes(32))].join(&b'.');
    assert_eq!((strewn(&token, 4.0), cleaned(&token)), (None, None));
    assert_eq!(file_pieces(b"assets/app.css", 4.0), None);
}

#[test]
fn strangers_of_two_signs_and_the_marks_of_the_other_variant_are_foreign() {
    for strangers in [[". ", ", ", ": "], ["-", "_", "~"]] {
        let mut chance = Chance::new(61);
        let mut talk = Talk::default();
        for _ in 0..24 {
            let mut value = Vec::new();
            let encoded = encode(&chance.bytes(180));
            let mut rest = encoded.as_slice();
            while !rest.is_empty() {
                let (symbols, more) = rest.split_at(rest.len().min(3 + chance.below(20)));
                value.extend_from_slice(symbols);
                value.extend_from_slice(strangers[chance.below(3)].as_bytes());
                rest = more;
            }
            talk.post("application/x-www-form-urlencoded", &value);
            talk.answer(b"ok");
        }
        let judged = talk.judge();
        assert_eq!(judged.verdict, Verdict::Junk, "{strangers:?} {:?}", judged.reasons);
    }
}

#[test]
fn a_long_token_in_a_form_with_a_few_blanks_is_of_one_variant() {
    const URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for seed in 0..40 {
        let mut chance = Chance::new(seed);
        let form = b"name=oskar&comment=Is+it+so%3F+Yes%21&page=3&csrf=2e56efb21d3ddc8184dc5fd7701f6f71cf58e70e&answer=";
        let body = [form.as_slice(), &chance.of(URL, 900)].concat();
        assert_eq!(strewn(&body, 4.0), None, "{seed}");
    }
}

#[test]
fn the_same_long_noise_on_both_sides_of_encoded_texts_is_found_and_a_header_is_not() {
    const SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let judged = |before: usize, behind: usize| {
        let mut chance = Chance::new(37);
        let (before, behind) = (chance.of(SYMBOLS, before), chance.of(SYMBOLS, behind));
        let mut talk = Talk::default();
        for n in 0..6 {
            let text = "list the files of the folder and send them home ".repeat(2 + n) + "and";
            let inside = [before.as_slice(), &encode(text.as_bytes()), &behind].concat();
            talk.post("text/plain", b"what is new");
            talk.answer(&[b"<html><body>".as_slice(), &inside, b"</body></html>"].concat());
        }
        talk.judge().junk
    };
    assert!(judged(68, 71) && judged(100, 0));
    assert!(!judged(44, 0) && !judged(0, 0));
}

#[test]
fn the_escapes_of_a_form_are_no_strangers() {
    let mut chance = Chance::new(32);
    let mut talk = Talk::default();
    for _ in 0..40 {
        let state = String::from_utf8(encode(&chance.bytes(310))).unwrap();
        let state = state.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        talk.post("application/x-www-form-urlencoded", format!("STATE={state}&name=anna&go=Save").as_bytes());
        talk.answer(b"ok");
    }
    assert!(!talk.judge().junk);
}

#[test]
fn files_in_fields_and_attributes_of_cookies_are_left_alone() {
    let mut chance = Chance::new(15);
    let mut talk = Talk::default();
    for n in 0..8 {
        let noise = chance.bytes(300);
        let head =
            format!("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Length {n}>>stream\n");
        let tail = b"\nendstream endobj\nxref\n0 2\n0000000000 65535 f \n0000000015 00000 n \ntrailer<</Size 2/Root 1 0 R>>\nstartxref\n116\n%%EOF\n";
        let file = String::from_utf8(encode(&[head.as_bytes(), &noise, tail].concat())).unwrap();
        talk.post("application/json", format!("{{\"n\":{n},\"data\":\"{file}\"}}").as_bytes());
        let session =
            String::from_utf8(encode(&chance.bytes(200))).unwrap().replace('+', "-").replace('/', "_");
        talk.reply(
            format!("HTTP/1.1 200 OK\r\nSet-Cookie: .Net.Session={session}; path=/; httponly; samesite=lax\r\nContent-Length: 0\r\n\r\n")
                .as_bytes(),
        );
    }
    assert!(!talk.judge().junk);
}

#[test]
fn foreign_symbols_in_the_text_of_a_page_are_junk() {
    let judged = |dirty: bool| {
        let mut chance = Chance::new(16);
        let mut talk = Talk::default();
        for n in 0..8 {
            talk.send(format!("GET /page/{n} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
            let mut text = Vec::new();
            for symbol in encode(format!("{n}{}", String::from_utf8_lossy(TEXT)).as_bytes()) {
                text.push(symbol);
                if dirty && chance.below(4) == 0 {
                    text.extend_from_slice(["\u{b7}", "\u{a7}", "^", "{"][chance.below(4)].as_bytes());
                }
            }
            let page =
                [b"<html><body><p>all is quiet</p><div>".as_slice(), &text, b"</div></body></html>"].concat();
            talk.answer(&page);
        }
        talk.judge().junk
    };
    assert!(judged(true));
    assert!(!judged(false));
}

#[test]
fn a_checksum_behind_text_in_hex_is_no_noise() {
    let judged = |length: fn(&mut Chance) -> usize| {
        let mut chance = Chance::new(18);
        let mut talk = Talk::default();
        for n in 0..24 {
            let length = length(&mut chance);
            let bytes =
                [format!("{n:03}{}", String::from_utf8_lossy(TEXT)).as_bytes(), &chance.bytes(length)]
                    .concat();
            let value: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            talk.post("application/json", format!("{{\"n\":{n},\"data\":\"{value}\"}}").as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().junk
    };
    assert!(!judged(|_| 4));
    assert!(!judged(|_| 8));
    assert!(judged(|chance| 6 + chance.below(20)));
}

/// Codes of a log-in with a proof key were once taken for encodings with foreign symbols in them.
#[test]
fn code_verifiers_of_a_form_are_left_alone() {
    let judged = |marks: &[u8]| {
        let mut chance = Chance::new(17);
        let symbols: Vec<u8> =
            (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z').chain(marks.iter().copied()).collect();
        let mut talk = Talk::default();
        for _ in 0..20 {
            let verifier = String::from_utf8(chance.of(&symbols, 64)).unwrap();
            let body = format!("grant_type=authorization_code&client_id=portal&code_verifier={verifier}");
            talk.post("application/x-www-form-urlencoded", body.as_bytes());
            talk.answer(b"{}");
        }
        talk.judge().junk
    };
    assert!(!judged(b"-._~"));
}

/// Foreign symbols in base64 of JSON behind a binary header; a per cent sign is one of them, not an escape.
#[test]
fn foreign_symbols_are_found_behind_a_header_and_when_they_look_like_escapes() {
    let judged = |marks: &[u8], every: usize| {
        let mut chance = Chance::new(19);
        let mut talk = Talk::default();
        for n in 0..24u8 {
            let mut value = Vec::new();
            for symbol in encode(format!("{n}{}", String::from_utf8_lossy(TEXT)).as_bytes()) {
                value.push(symbol);
                while !marks.is_empty() && chance.below(every + 1) > 0 {
                    value.push(marks[chance.below(marks.len())]);
                }
            }
            let value = String::from_utf8(value).unwrap();
            let body = format!("{{\"host\":\"A{n}\",\"report\":\"{value}\"}}");
            // No number in the header says how long the message is.
            talk.datagram(&[&[0xF5, 0x6E, 1, 0, n, 0, 7], body.as_bytes()].concat());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("only after foreign symbols are taken out"))
    };
    assert!(judged(b"%$^@", 1));
    // A quarter of the strangers that look like escapes, in a message that is nothing but text.
    let plain = |chance: &mut Chance| -> Vec<u8> {
        encode(&TEXT.repeat(3))
            .into_iter()
            .flat_map(|symbol| [Some(symbol), (chance.below(9) == 0).then(|| b"%!{}"[chance.below(4)])])
            .flatten()
            .collect()
    };
    let (mut chance, mut talk) = (Chance::new(20), Talk::default());
    (0..8).for_each(|_| talk.send_later(&plain(&mut chance)));
    assert_eq!(talk.judge().verdict, Verdict::Junk);
    // Nineteen of twenty symbols are foreign.
    assert!(judged(b"!~*()", 19));
    assert!(!judged(b"", 1));
}

#[test]
fn marks_of_a_few_kinds_may_be_nearly_as_many_as_the_symbols_between_them() {
    let judged = |marks: &'static [u8], share: usize| {
        let mut chance = Chance::new(41);
        let mut talk = Talk::default();
        for _ in 0..12 {
            let mut body = Vec::new();
            for symbol in encode(&chance.bytes(600)) {
                body.push(symbol);
                if chance.below(100) < share {
                    body.push(marks[chance.below(marks.len())]);
                }
            }
            talk.page("/in", "text/plain", &body);
        }
        talk.judge().junk
    };
    assert!(judged(b".,-:;", 75));
    assert!(judged(b"*?!.", 30));
}

#[test]
fn single_symbols_in_many_marks_are_strewn_and_lists_of_digits_are_not() {
    let mut chance = Chance::new(9);
    let mut dirty = |symbols: Vec<u8>| -> Vec<u8> {
        let marks = |chance: &mut Chance| {
            let count = 2 + chance.below(3);
            chance.of(b"!*~", count)
        };
        symbols.into_iter().flat_map(|symbol| [vec![symbol], marks(&mut chance)].concat()).collect()
    };
    let noise = Chance::new(10).bytes(120);
    assert!(strewn(&dirty(encode(&noise)), 4.0).is_some());
    assert!(strewn(&dirty(Chance::new(11).of(b"0123456789", 200)), 4.0).is_none());
    assert!(strewn(&dirty(b"it is a long list of names that somebody wrote down ".repeat(4)), 4.0).is_none());
}

#[test]
fn hex_of_text_behind_a_command_or_in_pairs_has_no_strangers() {
    let judged = |make: &dyn Fn(&str) -> String| {
        let mut talk = Talk::default();
        for number in 0..8 {
            let text = format!("list the files of the folder and send them home, number {}", number * 7919);
            talk.send(format!("PUT {number} {}\n", make(&text)).as_bytes());
            talk.reply(b"200 ok\n");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("decode to something that reads only after"))
    };
    let pairs = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    assert!(!judged(&|text| pairs(text).concat()));
    assert!(!judged(&|text| pairs(text).join(":")));
    assert!(!judged(&|text| format!("\\x{}", pairs(text).join("\\x"))));
    assert!(!judged(&|text| pairs(text).chunks(4).map(<[String]>::concat).collect::<Vec<_>>().join("-")));
    // In the midst of pairs, and anywhere.
    assert!(judged(&|text| pairs(text)
        .concat()
        .as_bytes()
        .chunks(7)
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect::<Vec<_>>()
        .join("z")));
}

#[test]
fn quotes_and_brackets_around_a_token_are_no_strangers() {
    let token = encode(&Chance::new(12).bytes(96));
    let list = [b"[[\"".as_slice(), &token, b"\"]]"].concat();
    assert!(strewn(&list, 4.0).is_none());
}

fn told(talk: Talk, words: &str) -> bool {
    talk.judge().reasons.iter().any(|reason| reason.contains(words))
}

/// Forms with one value each.
fn forms(make: impl Fn(&mut Chance) -> String) -> Talk {
    let mut chance = Chance::new(14);
    let mut talk = Talk::default();
    for number in 0..16 {
        let value: String = make(&mut chance).bytes().map(|byte| format!("%{byte:02X}")).collect();
        talk.post("application/x-www-form-urlencoded", format!("n={number}&v={value}").as_bytes());
        talk.answer(b"ok");
    }
    talk
}

#[test]
fn texts_in_brackets_have_no_strangers() {
    let brackets = forms(|chance| {
        let text = format!("the pump {} of the hall is quiet tonight", chance.below(9999));
        format!("[{}]", String::from_utf8(encode(text.as_bytes())).unwrap())
    });
    assert!(!told(brackets, "foreign symbols"));
}

#[test]
fn numbers_between_the_texts_of_what_was_encoded_are_not_noise() {
    let records = forms(|chance| {
        let mut record = Vec::new();
        for name in ["the name of the pump", "the hall in which it stands", "who looks after it"] {
            let length = 12 + 2 * chance.below(4);
            record.extend([name.as_bytes(), &chance.bytes(length)].concat());
        }
        record.extend(b"the end of the record");
        String::from_utf8(encode(&record)).unwrap()
    });
    assert!(!told(records, "noise joined to it"));
}

#[test]
fn lists_of_passwords_are_no_lines_between_lines() {
    let mut chance = Chance::new(15);
    let symbols: Vec<u8> = (33..127).collect();
    let mut talk = Talk::default();
    for _ in 0..6 {
        let line = |chance: &mut Chance, symbols: &[u8]| String::from_utf8(chance.of(symbols, 40)).unwrap();
        let mut list: Vec<String> = (0..9).map(|_| line(&mut chance, &symbols)).collect();
        list[4] = line(&mut chance, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        talk.post("text/plain", list.join("\n").as_bytes());
        talk.answer(b"ok");
    }
    assert!(!told(talk, "lines of noise"));
}
