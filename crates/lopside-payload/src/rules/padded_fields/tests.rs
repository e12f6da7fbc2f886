use crate::testing::{Chance, Talk, encode};
use lopside_model::payload::Verdict;

fn judged(make: impl Fn(&mut Chance, usize) -> Vec<u8>) -> Verdict {
    let mut chance = Chance::new(31);
    let mut talk = Talk::default();
    for n in 0..64 {
        let body = make(&mut chance, n);
        talk.post("application/json", &body);
        talk.answer(b"{\"ok\":true}");
    }
    talk.judge().verdict
}

fn with(n: usize, field: &[u8]) -> Vec<u8> {
    format!(r#"{{"host":"WKS-{:04}","state":"idle","ref":"{}"}}"#, n * 7, String::from_utf8_lossy(field))
        .into_bytes()
}

#[test]
fn tokens_of_oauth_may_have_any_length() {
    let answer = |name: &'static str| {
        judged(move |c, n| {
            let length = 900 + c.below(300);
            let token = c.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", length);
            let token = String::from_utf8(token).unwrap();
            format!(r#"{{"token_type":"Bearer","expires_in":{n},"{name}":"{token}"}}"#).into_bytes()
        })
    };
    assert!(!answer("access_token").is_junk());
    assert!(answer("reference").is_junk());
}

#[test]
fn sealed_fields_and_states_that_come_back_are_left_alone() {
    let sealed = |c: &mut Chance, n: usize| {
        let length = 10 + c.below(240);
        let text = |bytes: &[u8]| String::from_utf8(encode(bytes)).unwrap();
        let (iv, tag, inner) = (text(&c.bytes(12)), text(&c.bytes(16)), text(&c.bytes(length)));
        format!(r#"{{"n":{n},"box":{{"iv":"{iv}","data":"{inner}","tag":"{tag}"}}}}"#).into_bytes()
    };
    assert!(!judged(sealed).is_junk());
    let mut chance = Chance::new(34);
    let mut talk = Talk::default();
    let mut state = "none".to_owned();
    for _ in 0..64 {
        talk.post(
            "application/x-www-form-urlencoded",
            format!("state={}&go=on", state.replace('+', "%2B")).as_bytes(),
        );
        let length = 10 + chance.below(240);
        state = String::from_utf8(encode(&chance.bytes(length))).unwrap();
        talk.answer(
            format!("<html><form><input name=\"state\" value=\"{state}\"/></form></html>").as_bytes(),
        );
    }
    assert!(!talk.judge().junk);
}

#[test]
fn names_of_code_and_strings_with_a_mark_of_their_own_are_left_alone() {
    const URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = |mark: &'static str| {
        move |c: &mut Chance, n: usize| {
            // Lengths as real values have them: none is flat.
            let length = 60 + c.below(40) + c.below(40) + c.below(40);
            with(n, &[mark.as_bytes(), &c.of(URL, length)].concat())
        }
    };
    assert_eq!(judged(value("")), Verdict::Junk);
    assert!(!judged(value("CP")).is_junk());
}

#[test]
fn fields_with_flat_lengths_are_suspect() {
    assert_eq!(
        judged(|c, n| {
            let length = 10 + c.below(240);
            with(n, &encode(&c.bytes(length)))
        }),
        Verdict::Suspect
    );
}

#[test]
fn elements_of_xml_are_fields_too() {
    let soap = |make: fn(&mut Chance) -> Vec<u8>| {
        let mut chance = Chance::new(33);
        let mut talk = Talk::default();
        for n in 0..40 {
            let value = String::from_utf8(make(&mut chance)).unwrap();
            let body =
                format!("<?xml version=\"1.0\"?><o:order><o:id>{n}</o:id><o:note>{value}</o:note></o:order>");
            talk.post("text/xml", body.as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().junk
    };
    assert!(soap(|chance| {
        let length = 20 + chance.below(200);
        encode(&chance.bytes(length))
    }));
    assert!(!soap(|chance| encode(&chance.bytes(32))));
    assert!(!soap(|chance| {
        let length = 20 + (chance.unit() * chance.unit() * chance.unit() * 900.0) as usize;
        encode(&chance.bytes(length))
    }));
}

#[test]
fn a_few_short_ends_of_something_cut_hide_no_flat_lengths() {
    let verdict = judged(|c, n| {
        let length = 12 + c.below(240);
        let value = if n % 8 == 0 { encode(&[n as u8, 0, 0]) } else { encode(&c.bytes(length)) };
        with(n, &value)
    });
    assert_eq!(verdict, Verdict::Suspect);
}

#[test]
fn rests_behind_words_and_short_values_of_flat_lengths_are_suspect() {
    let mut chance = Chance::new(23);
    let mut talk = Talk::default();
    for _ in 0..30 {
        let mut of = |most: usize| {
            let length = 4 + chance.below(most - 3);
            String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz", length)).unwrap()
        };
        let body = format!(r#"{{"host":"WKS-0012|{}","user":"jo|{}"}}"#, of(40), of(40));
        talk.post("application/json", body.as_bytes());
        talk.answer(b"{}");
    }
    assert!(talk.judge().junk);
    let mut talk = Talk::default();
    for _ in 0..40 {
        let pieces: Vec<String> = (0..6)
            .map(|_| {
                let length = 1 + chance.below(20);
                let text = encode(&chance.bytes(length));
                format!(r#"{{"Message":"{}"}}"#, String::from_utf8(text).unwrap())
            })
            .collect();
        talk.post("application/json", format!(r#"{{"steps":[{}]}}"#, pieces.join(",")).as_bytes());
        talk.answer(b"{}");
    }
    assert!(talk.judge().junk);
}

#[test]
fn tokens_and_ciphertext_are_not() {
    assert_eq!(judged(|c, n| with(n, &encode(&c.bytes(32)))), Verdict::Structured);
    // Lengths of messages that people write: short ones more often.
    let real = |c: &mut Chance| 30 + (c.unit() * c.unit() * c.unit() * 700.0) as usize;
    assert_eq!(
        judged(|c, n| {
            let length = real(c);
            with(n, &encode(&c.bytes(length)))
        }),
        Verdict::Structured
    );
    assert_eq!(
        judged(|c, n| {
            let length = real(c) / 16 * 16 + 16;
            with(n, &encode(&c.bytes(length)))
        }),
        Verdict::Structured
    );
}

#[test]
fn a_field_that_fills_its_message_is_junk() {
    let fill = |c: &mut Chance, n: usize| {
        let bare =
            format!(r#"{{"host":"WKS-{n:04}","text":"{}","ref":""}}"#, "word ".repeat(n % 17)).into_bytes();
        let pad = c.of(b"0123456789abcdef", 512 - bare.len());
        [&bare[..bare.len() - 2], &pad, b"\"}"].concat()
    };
    assert_eq!(judged(fill), Verdict::Junk);
}

#[test]
fn several_values_in_one_message_fill_nothing() {
    let mut chance = Chance::new(33);
    let mut talk = Talk::default();
    talk.reply(b":srv 001 al :Welcome\r\n");
    let lines = (0..16).map(|_| {
        let length = 48 + 24 * chance.below(9);
        let sealed = String::from_utf8(encode(&chance.bytes(length))).unwrap();
        format!("PRIVMSG #dev :+OK *{sealed}\r\n")
    });
    talk.send(lines.collect::<String>().as_bytes());
    assert!(!talk.judge().junk);
}

#[test]
fn sealed_records_of_even_lengths_are_left_alone_and_short_ones_are_not() {
    let field = |least: usize, most: usize| {
        judged(move |chance, n| {
            let records = (0..4).map(|_| {
                let length = least + chance.below(most - least);
                format!(r#"{{"data":"{}"}}"#, String::from_utf8(encode(&chance.bytes(length))).unwrap())
            });
            format!(r#"{{"n":{n},"records":[{}]}}"#, records.collect::<Vec<_>>().join(",")).into_bytes()
        })
    };
    assert!(field(20, 345).is_junk());
    assert!(!field(95, 420).is_junk());
}

#[test]
fn encoded_rests_count_but_for_those_behind_tildes() {
    let rest = |mark: char| {
        judged(move |chance, n| {
            let length = 3 + chance.below(240);
            let rest = String::from_utf8(encode(&chance.bytes(length))).unwrap();
            with(n, format!("ready{mark}{rest}").as_bytes())
        })
    };
    assert!(rest('|').is_junk());
    assert!(!rest('~').is_junk());
}

#[test]
fn comments_of_xml_are_fields_too() {
    let mut chance = Chance::new(36);
    let mut talk = Talk::default();
    for n in 0..40 {
        let length = 3 + chance.below(240);
        let noise = String::from_utf8(encode(&chance.bytes(length))).unwrap();
        let body = format!("<msg><id>desk-{n}<!--{noise}--></id><state>idle</state></msg>");
        talk.post("application/xml", body.as_bytes());
        talk.answer(b"ok");
    }
    assert!(talk.judge().verdict.is_junk());
}
