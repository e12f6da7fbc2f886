//! Allow files that were damaged, at many places and in many ways: they are refused with a line of the file, or what is read of them
//! is as narrow as an entry has to be. Nothing panics, and the same text gives the same answer.
#![expect(clippy::string_slice, reason = "a test")]

use lopside_score::envelope::{Envelopes, line_of};

const FILE: &str = r#"# reviewed each quarter
version = 1

[groups]
servers = ["srv-*", "10.0.5.0/24", "2001:db8::/48"]
"büro" = "ws-*"

[[allow]]
id = "backup"
image = '%ProgramFiles%\Vendor\agent.exe'   # not the old one
signer = "Vendor *"
hosts = "@servers"
users = ["system", 'corp\backup*']
destinations = ["backup.example", "203.0.113.0/24", "internal"]
ports = [443, "2500-3300/tcp"]
hours = "22-06"
max_bytes_per_day = "40 GB"
max_ratio = 900.5
nowhere_else = true
owner = "backup@corp.example"
reason = "nightly"
created = 2026-11-25
expires = "2027-05-25"

[[allow]]
id = "bits"
image = '%SystemRoot%\System32\svchost.exe'
runs = ["bits", "wuauserv"]
product = "Microsoft® Windows®*"
hosts = ["@büro", "kiosk-??"]
destinations = "windowsupdate.com"
owner = "clients"
reason = "updates"
"#;

/// What a text comes to: entries, or a line and a cause; both are checked here.
fn check(text: &str) -> Result<usize, String> {
    let told = Envelopes::parse(text);
    assert_eq!(told, Envelopes::parse(text), "{text}");
    match told {
        Ok(envelopes) => {
            for envelope in &envelopes.list {
                let written = &envelope.written;
                let maker = !written.signer.is_empty() || !written.product.is_empty();
                let kernel = written.image.list().iter().all(|image| !image.contains('.'));
                assert!(!written.image.is_empty() && !written.destinations.is_empty(), "{text}");
                assert!((maker || kernel) && !written.owner.trim().is_empty(), "{text}");
                assert!(!written.reason.trim().is_empty() && !written.id.is_empty(), "{text}");
                assert!((1..=line_of(text, text.len())).contains(&envelope.line), "{text}");
            }
            Ok(envelopes.list.len())
        }
        Err(error) => {
            assert!((1..=line_of(text, text.len())).contains(&error.line), "{error}\n{text}");
            assert!(!error.cause.is_empty() && !error.cause.contains(['\n', '\r']), "{error}");
            Err(error.cause)
        }
    }
}

/// Splitmix: the same numbers everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }
}

#[test]
fn the_file_is_good() {
    assert_eq!(check(FILE), Ok(2));
}

#[test]
fn cut_off_anywhere() {
    let mut read = 0;
    for (end, _) in FILE.char_indices() {
        read += usize::from(check(&FILE[..end]).is_ok_and(|entries| entries > 0));
    }
    // Whole entries in front of the cut are read; half ones are not taken for whole ones.
    assert!((1..120).contains(&read), "{read}");
}

#[test]
fn without_any_one_line_or_with_it_twice_or_elsewhere() {
    let lines: Vec<&str> = FILE.lines().collect();
    for at in 0..lines.len() {
        let mut without = lines.clone();
        let line = without.remove(at);
        let told = check(&without.join("\n"));
        if ["image", "owner", "reason", "destinations", "id ="].iter().any(|key| line.starts_with(key)) {
            assert!(told.is_err(), "an entry without its line {line:?} was read");
        }
        let mut twice = lines.clone();
        twice.insert(at, line);
        let told = check(&twice.join("\n"));
        if line.contains(" = ") {
            assert!(told.is_err(), "a key that stands twice was read: {line:?}");
        }
        for to in 0..without.len() {
            let mut elsewhere = without.clone();
            elsewhere.insert(to, line);
            drop(check(&elsewhere.join("\r\n")));
        }
    }
}

#[test]
fn bytes_changed_inserted_removed_and_swapped() {
    const PIECES: [&str; 20] = [
        "\"",
        "'",
        "[",
        "]",
        "[[",
        "\n",
        "\r",
        "\0",
        "=",
        "#",
        "*",
        "\\",
        "/0",
        "99999999999999999999",
        "-1",
        "nan",
        "é",
        "\u{202e}",
        "\"\"\"",
        "@",
    ];
    let mut chance = Chance(7);
    let (mut refused, mut read) = (0, 0);
    for _ in 0..6_000 {
        let mut text: Vec<char> = FILE.chars().collect();
        for _ in 0..=chance.below(4) {
            let at = chance.below(text.len());
            match chance.below(4) {
                0 => drop(text.remove(at)),
                1 => {
                    let with = chance.below(text.len());
                    text.swap(at, with);
                }
                2 => {
                    let until = (at + 1 + chance.below(12)).min(text.len());
                    drop(text.drain(at..until));
                }
                _ => drop(text.splice(at..at, PIECES[chance.below(PIECES.len())].chars())),
            }
        }
        match check(&text.iter().collect::<String>()) {
            Ok(_) => read += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 2_000 && read > 200, "{refused} refused, {read} read");
}

#[test]
fn deep_and_long_texts_end_in_an_error() {
    for text in [
        "[[allow]]\n".repeat(20_000),
        format!("x = {}", "[".repeat(100_000)),
        format!("[groups]\na = \"{}\"\n[[allow]]\nid=\"x\"\nhosts=\"@a\"\n", "*".repeat(200_000)),
        FILE.replace("agent.exe", &"a".repeat(70_000)),
        FILE.replace("backup.example", &"a.".repeat(70_000)),
    ] {
        if let Ok(entries) = check(&text) {
            panic!("{entries} entries of {}", text.chars().take(60).collect::<String>());
        }
    }
    let image = Envelopes::parse(&FILE.replace(r"Vendor\", r"*\*\*\*\*\*\*\*\")).unwrap();
    assert_eq!(image.list.len(), 2);
}
