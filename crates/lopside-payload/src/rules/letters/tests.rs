use crate::testing::{Chance, Talk};

fn fields(alphabet: &[u8], length: impl Fn(&mut Chance) -> usize) -> bool {
    let mut chance = Chance::new(5);
    let mut talk = Talk::default();
    for n in 0..12 {
        let length = length(&mut chance);
        let value = String::from_utf8(chance.of(alphabet, length)).unwrap();
        talk.post(
            "application/json",
            format!("{{\"id\":{n},\"state\":\"idle\",\"note\":\"{value}\"}}").as_bytes(),
        );
        talk.answer(b"ok");
    }
    talk.judge().junk
}

#[test]
fn marks_that_encodings_have_and_noise_never_shows_tell_them_apart() {
    let plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let symbols = [plain, "!#*+-?@_^"].concat().into_bytes();
    assert!(!super::is_beyond_encoders(&Chance::new(7).of(&symbols, 400)));
    assert!(super::is_beyond_encoders(&Chance::new(7).of(&symbols, 4000)));
    let rfc1924 = [plain, "!#$%&()*+-;<=>?@^_`{|}~"].concat().into_bytes();
    assert!(!super::is_beyond_encoders(&Chance::new(7).of(&rfc1924, 4000)));
}

#[test]
fn cookies_that_are_set_with_escapes_are_base64() {
    let mut chance = Chance::new(6);
    let mut talk = Talk::default();
    for _ in 0..30 {
        let length = 16 * (9 + chance.below(12));
        let cookie = String::from_utf8(crate::testing::encode(&chance.bytes(length))).unwrap();
        let cookie = cookie.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
        talk.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        talk.reply(
            format!("HTTP/1.1 200 OK\r\nSet-Cookie: s={cookie}; path=/\r\nContent-Length: 0\r\n\r\n")
                .as_bytes(),
        );
    }
    assert!(!talk.judge().junk);
}

/// The state of a page is text for the most part, so that the form is not drawn evenly; the code behind it is, between its marks.
#[test]
fn codes_in_forms_are_base64_between_its_escapes() {
    let judged = |before: &str, behind: &str| {
        let mut chance = Chance::new(16);
        let mut talk = Talk::default();
        for n in 0..40 {
            let words = "all is quiet in the building tonight and nobody knows ".repeat(9 + n % 3);
            let state = String::from_utf8(crate::testing::encode(words.as_bytes())).unwrap();
            let length = 50 + chance.below(30);
            let code = chance.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length);
            let code = String::from_utf8(code).unwrap();
            talk.post("text/plain", format!("state:{state};code:{before}{code}{behind};end").as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("no encoding of content has"))
    };
    assert!(judged("", "") && judged("%20", "%21"));
    assert!(!judged("%2B", "") && !judged("", "%2f") && !judged("", "%3D%3D"));
}

#[test]
fn the_fill_of_base64_makes_no_characters_of_all_kinds_of_it() {
    let run = crate::testing::encode(&Chance::new(4).bytes(64));
    let pieces = super::pieces(&run, 4.0);
    assert!(matches!(pieces.as_slice(), [(crate::statistics::Alphabet::Base64, _, 86)]), "{pieces:?}");
    assert!(super::pieces(b"==", 4.0).is_empty());
}

#[test]
fn letters_between_the_marks_of_long_tokens_are_pieces_of_them() {
    const URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut chance = Chance::new(15);
    let mut talk = Talk::default();
    for n in 0..40 {
        let parts: Vec<Vec<u8>> = (0..3).map(|part| chance.of(URL, [342, 22, 700][part] + n)).collect();
        talk.post("application/jose", &parts.join(&b'.'));
        talk.answer(b"ok");
    }
    assert!(!talk.judge().junk);
}

#[test]
fn runs_of_base64_without_marks_are_a_choice() {
    const URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut chance = Chance::new(5);
    let mut talk = Talk::default();
    for n in 0..60 {
        let tokens: Vec<Vec<u8>> =
            (0..3).map(|part| chance.of(URL, [48, 64, 86][part] + 4 * (n % 5))).collect();
        let token = String::from_utf8(tokens.join(&b'.')).unwrap();
        talk.send(format!("GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n").as_bytes());
        talk.answer(b"ok");
    }
    assert!(!talk.judge().junk);
}

#[test]
fn padding_that_says_so_is_left_alone() {
    let judged = |words: &str| {
        let mut chance = Chance::new(5);
        let mut talk = Talk::default();
        for n in 0..12 {
            let length = 20 + chance.below(80);
            let noise = String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz", length)).unwrap();
            let page = format!("<html><body><p>page {n}</p></body></html>\n<!-- {words} {noise} -->");
            talk.page(&format!("/p/{n}"), "text/html", page.as_bytes());
        }
        talk.judge().junk
    };
    assert!(judged("see"));
    assert!(!judged("This is a random-length comment:"));
}

#[test]
fn lists_of_passwords_are_not() {
    let mut chance = Chance::new(5);
    let mut talk = Talk::default();
    for _ in 0..6 {
        let list: Vec<Vec<u8>> = (0..20)
            .map(|_| {
                let length = 48 + chance.below(30);
                chance.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
            })
            .collect();
        talk.post("text/plain", &list.join(&b'\n'));
        talk.answer(b"ok");
    }
    assert!(!talk.judge().junk);
}

#[test]
fn runs_of_varied_lengths_are_junk_and_tokens_of_one_length_are_not() {
    const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for alphabet in [b"abcdefghijklmnopqrstuvwxyz", BASE62] {
        assert!(fields(alphabet, |chance| 48 + chance.below(30)));
        assert!(!fields(alphabet, |_| 32));
    }
}

#[test]
fn sessions_of_letters_have_one_length() {
    let mut chance = Chance::new(12);
    let mut talk = Talk::default();
    for n in 0..40 {
        let session = String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz", 32)).unwrap();
        let request = format!("GET /page/{n} HTTP/1.1\r\nHost: a\r\nCookie: sessionid={session}\r\n\r\n");
        talk.send(request.as_bytes());
        talk.answer(b"ok");
    }
    assert!(!talk.judge().junk);
}

#[test]
fn characters_of_all_kinds_are_junk_and_base85_is_not() {
    const BASE85: &[u8] =
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    let judged = |alphabet: &[u8]| {
        let mut chance = Chance::new(13);
        let mut talk = Talk::default();
        for n in 0..20 {
            let length = 24 + chance.below(60);
            let noise = String::from_utf8(chance.of(alphabet, length)).unwrap();
            talk.send(format!("<13>Mar  3 13:10:36 host app[{n}]: all is quiet tonight. {noise}").as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().verdict == lopside_model::payload::Verdict::Junk
    };
    let all: Vec<u8> = (33..127).collect();
    assert!(judged(&all));
    assert!(!judged(BASE85));
}

#[test]
fn noise_behind_encoded_text_is_junk_though_the_text_counts_in_many() {
    let graphic: Vec<u8> = (33..127).filter(|byte| !b";,%\"".contains(byte)).collect();
    let mut chance = Chance::new(29);
    let mut talk = Talk::default();
    for n in 0..40 {
        let text = crate::testing::encode("send the list of the files home, all of it".repeat(2).as_bytes());
        let length = 500 + chance.below(700);
        let cookie = String::from_utf8([text.as_slice(), b".", &chance.of(&graphic, length)].concat());
        talk.send(format!("GET /task/{n} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        let head = format!("HTTP/1.1 200 OK\r\nSet-Cookie: t={}; path=/\r\n", cookie.unwrap());
        talk.reply(format!("{head}Content-Length: 2\r\n\r\nok").as_bytes());
    }
    assert!(talk.judge().reasons.iter().any(|reason| reason.contains("no encoding of content has")));
}

#[test]
fn even_letters_are_junk_and_language_is_not() {
    let mut chance = Chance::new(8);
    let mut talk = Talk::default();
    for _ in 0..4 {
        talk.send(&[b"v=1;d=".as_slice(), &chance.of(b"abcdefghijklmnopqrstuvwxyz", 90)].concat());
        talk.answer(b"ok");
    }
    assert!(talk.judge().junk);
    let mut talk = Talk::default();
    for _ in 0..4 {
        talk.send("itwasthebestoftimesitwastheworstoftimesitwastheageofwisdom".repeat(3).as_bytes());
        talk.answer(b"ok");
    }
    assert!(!talk.judge().junk);
}

#[test]
fn sequences_of_amino_acids_and_nucleotides_are_not() {
    let judged = |symbols: &[u8]| {
        let mut chance = Chance::new(91);
        let mut talk = Talk::default();
        for number in 0..12 {
            let mut text = format!(">sequence {number}\n").into_bytes();
            for _ in 0..4 {
                text.extend(chance.of(symbols, 60));
                text.push(b'\n');
            }
            talk.post("text/plain", &text);
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("no encoding of content has this alphabet"))
    };
    assert!(!judged(b"ACDEFGHIKLMNPQRSTVWY"));
    assert!(!judged(b"ACGT"));
    assert!(judged(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
}
