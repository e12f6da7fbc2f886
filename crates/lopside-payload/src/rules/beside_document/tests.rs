use crate::testing::{Chance, Talk};
use lopside_model::payload::Verdict;

const JSON: &str =
    r#"{"host":"WKS-0012","user":"jo","tasks":[{"id":1,"state":"idle"},{"id":2,"state":"done"}]}"#;

fn judged(make: impl Fn(&mut Chance, usize) -> Vec<u8>) -> Verdict {
    let mut chance = Chance::new(11);
    let mut talk = Talk::default();
    for n in 0..12 {
        let body = make(&mut chance, n);
        talk.post("application/json", &body);
        talk.answer(b"{\"ok\":true}");
    }
    talk.judge().verdict
}

#[test]
fn noise_at_the_head_the_tail_and_inside_is_junk() {
    assert_eq!(judged(|_, _| JSON.into()), Verdict::Structured);
    let law = |chance: &mut Chance| 20 + chance.below(300);
    assert_eq!(
        judged(|c, _| {
            let n = law(c);
            [JSON.as_bytes(), &c.bytes(n)].concat()
        }),
        Verdict::Junk
    );
    assert_eq!(
        judged(|c, _| {
            let n = law(c);
            [&c.bytes(n), JSON.as_bytes()].concat()
        }),
        Verdict::Junk
    );
    assert_eq!(
        judged(|c, _| [&c.of(b"abcdefghijklmnopqrstuvwxyz", 137), JSON.as_bytes()].concat()),
        Verdict::Junk
    );
    assert_eq!(
        judged(|c, _| [
            &JSON.as_bytes()[..30],
            &c.of(b"abcdefghijklmnopqrstuvwxyz", 50),
            &JSON.as_bytes()[30..]
        ]
        .concat()),
        Verdict::Junk
    );
    assert_eq!(judged(|_, n| [JSON.as_bytes(), &vec![b'A'; 1024 - JSON.len() - n]].concat()), Verdict::Junk);
}

#[test]
fn noise_behind_a_document_of_a_few_bytes_is_junk() {
    let small = |c: &mut Chance| format!("{{\"s\":{}}}", c.below(9)).into_bytes();
    assert_eq!(
        judged(|c, _| {
            let length = 100 + c.below(900);
            [small(c), c.bytes(length)].concat()
        }),
        Verdict::Junk
    );
    assert_eq!(judged(|c, _| small(c)), Verdict::Structured);
}

#[test]
fn words_behind_a_body_that_is_declared_to_be_json_are_junk_where_they_change() {
    const WORDS: [&str; 6] = ["uput", "lomukompk", "tkpre", "andakk", "rddp", "nurel"];
    let salad = |c: &mut Chance| (0..20).map(|_| WORDS[c.below(6)]).collect::<Vec<_>>().join(" ");
    assert_eq!(judged(|c, _| format!("{JSON}\n{}", salad(c)).into()), Verdict::Junk);
    assert_eq!(
        judged(|_, _| format!("{JSON}\nno more than this was found today").into()),
        Verdict::Structured
    );
}

#[test]
fn what_belongs_to_a_document_is_not() {
    assert_eq!(judged(|_, _| format!("{JSON}\n{JSON}\n").into()), Verdict::Structured);
    assert_eq!(judged(|_, _| format!(")]}}',\n{JSON}").into()), Verdict::Structured);
    assert_eq!(judged(|_, _| format!("callback_17({JSON});").into()), Verdict::Structured);
    assert_eq!(
        judged(|c, _| format!("{JSON}.{}", String::from_utf8(c.of(b"0123456789abcdef", 64)).unwrap()).into()),
        Verdict::Structured
    );
}

fn raw(count: usize, make: impl Fn(&mut Chance, usize) -> Vec<u8>) -> bool {
    let mut chance = Chance::new(12);
    let mut talk = Talk::default();
    for n in 0..count {
        talk.datagram(&make(&mut chance, n));
    }
    talk.judge().junk
}

#[test]
fn short_heads_of_varied_length_before_documents_are_suspect_and_headers_are_not() {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let varied = |chance: &mut Chance| 4 + chance.below(12);
    assert!(raw(16, |c, _| {
        let length = varied(c);
        [&c.of(letters, length), JSON.as_bytes()].concat()
    }));
    assert!(!raw(16, |c, _| [&c.of(letters, 8), JSON.as_bytes()].concat()));
    assert!(
        !raw(16, |_, n| [format!("host-{}/{}: ", n * n * 97, n % 3).as_bytes(), JSON.as_bytes()].concat())
    );
    assert!(!raw(16, |c, n| {
        let name = "sensor".repeat(1 + n % 3);
        [&[1, 0, name.len() as u8], name.as_bytes(), &c.bytes(2), JSON.as_bytes()].concat()
    }));
}

#[test]
fn a_header_of_words_before_a_document_is_not() {
    let words = [
        "the report of monday",
        "a letter to the customer of the north",
        "minutes",
        "invoice for the second quarter of the year",
    ];
    let verdict = judged(|c, n| {
        let title = format!("{} {n}", words[c.below(4)]);
        [
            &[1, 1, 0, 11, title.len() as u8, 0, 0x47],
            title.as_bytes(),
            b"\x03\0\x09compressed",
            JSON.as_bytes(),
        ]
        .concat()
    });
    assert!(!verdict.is_junk());
}

#[test]
fn printable_noise_behind_documents_is_junk_though_it_has_points_and_commas() {
    let symbols: Vec<u8> = (33..127).collect();
    let verdict = judged(|c, _| {
        let length = 70 + c.below(60);
        [JSON.as_bytes(), b"\n", &c.of(&symbols, length)].concat()
    });
    assert_eq!(verdict, Verdict::Junk);
}

#[test]
fn noise_behind_the_line_end_of_a_document_of_a_stream_is_junk() {
    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let xml = "<?xml version=\"1.0\"?>\n<orders><order>of somebody</order></orders>\n";
    assert!(raw(12, |c, _| {
        let length = 20 + c.below(50);
        [xml.as_bytes(), &c.of(BASE64, length)].concat()
    }));
    assert!(!raw(12, |c, _| [xml.as_bytes(), &c.bytes(32)].concat()));
}

#[test]
fn a_few_bytes_that_text_cannot_hold_in_many_documents_are_junk() {
    const HTML: &str = "<!DOCTYPE html>\n<html><head><title>the order of august</title></head><body><p>each the had</p></body></html>";
    let page = |make: fn(&mut Chance, &[u8], &[u8]) -> Vec<u8>| {
        let mut chance = Chance::new(13);
        let mut talk = Talk::default();
        for n in 0..12 {
            let (before, behind) = HTML.as_bytes().split_at(30 + 5 * n);
            talk.post("text/html", &make(&mut chance, before, behind));
            talk.answer(b"ok");
        }
        talk.judge().junk
    };
    assert!(page(|chance, before, behind| [before, &chance.bytes(18), behind].concat()));
    assert!(!page(|_, before, behind| [before, "Größe: ä, ö, ü und ß".as_bytes(), behind].concat()));
    // Latin-1, and a form feed.
    assert!(!page(
        |_, before, behind| [before, b"Gr\xF6\xDFe \xE4, \xF6, \xFC und \xDF \x0C\x0C", behind].concat()
    ));
}

#[test]
fn noise_between_images_in_one_message_is_junk() {
    let image = include_bytes!("../../../tests/dot.png").as_slice();
    let mut chance = Chance::new(14);
    let mut judged = |noise: bool| {
        let mut talk = Talk::default();
        for _ in 0..6 {
            let mut piece = || {
                let length = if noise { 30 + chance.below(200) } else { 0 };
                chance.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", length)
            };
            talk.send(&[image, &piece(), image, &piece()].concat());
            talk.reply(b"ok");
        }
        talk.judge().junk
    };
    assert!(judged(true) && !judged(false));
}

#[test]
fn tags_by_chance_in_ascii85_are_no_documents() {
    let symbols: Vec<u8> = (33..118).collect();
    let mut chance = Chance::new(15);
    let mut talk = Talk::default();
    for n in 0..12 {
        let (before, inside, behind) = (60 + n, 30 + n, 90);
        let mut of = |length| chance.of(&symbols, length);
        talk.post(
            "text/plain",
            &[b"<~", of(before).as_slice(), b"<m", &of(inside), b"/>", &of(behind), b"~>"].concat(),
        );
        talk.answer(b"ok");
    }
    assert!(!talk.judge().junk);
}

#[test]
fn ciphertext_behind_a_short_answer_in_one_message_is_the_next_message() {
    let judged = |sealed: usize| {
        let mut chance = Chance::new(16);
        let mut talk = Talk::default();
        for n in 0..12 {
            let answer = format!("{{\"ok\":true,\"number\":{n}}}");
            talk.send(&[answer.as_bytes(), &chance.bytes(900)].concat());
            talk.reply(b"OK");
            for _ in 0..sealed {
                talk.send(&chance.bytes(900));
                talk.reply(b"OK");
            }
        }
        talk.judge().junk
    };
    assert!(judged(0) && !judged(2));
}

#[test]
fn a_length_and_a_code_before_a_few_documents_are_a_header() {
    let judged = |extra: usize| {
        let mut chance = Chance::new(17);
        let mut talk = Talk::default();
        for _ in 0..3 {
            let (header, code) = (chance.bytes(4), chance.bytes(64 + extra));
            talk.send(&[header.as_slice(), &code, JSON.as_bytes()].concat());
            talk.reply(b"OK");
        }
        talk.judge().junk
    };
    assert!(judged(11) && !judged(0));
}

#[test]
fn files_that_hold_documents_among_bytes_of_their_own_are_left_alone() {
    let mut chance = Chance::new(40);
    let mut talk = Talk::default();
    for n in 0..12 {
        let text =
            format!("{{\"columns\":[\"id\",\"name\",\"mail\"],\"rows\":{n},\"creator\":\"writer 15.0.2\"}}");
        let head = 40 + chance.below(300);
        let tail = 30 + chance.below(40);
        let table =
            [b"PAR1".to_vec(), chance.bytes(head), text.into_bytes(), chance.bytes(tail), b"PAR1".to_vec()]
                .concat();
        talk.post("application/octet-stream", &table);
        talk.answer(b"");
    }
    assert!(!talk.judge().junk);
}

#[test]
fn noise_between_documents_of_one_line_is_junk_and_codes_there_are_not() {
    let judged = |behind: fn(&mut Chance) -> Vec<u8>| {
        let mut chance = Chance::new(37);
        let mut talk = Talk::default();
        for turn in 0..12 {
            let lines = (0..6).flat_map(|line| {
                let document = format!("{{\"turn\":{turn},\"line\":{line},\"note\":\"all is quiet here\"}}");
                [document.as_bytes(), &behind(&mut chance), b"\n"].concat()
            });
            talk.send(&lines.collect::<Vec<u8>>());
            talk.reply(b"ok\n");
        }
        talk.judge().verdict
    };
    assert_eq!(
        judged(|chance| {
            let length = 10 + chance.below(12);
            chance.bytes(length).into_iter().map(|byte| if byte == b'\n' { 7 } else { byte }).collect()
        }),
        Verdict::Junk
    );
    assert!(!judged(|chance| chance.of(b"0123456789abcdef", 16)).is_junk());
    assert!(!judged(|_| Vec::new()).is_junk());
}
