//! Quirks of JSON documents, each by name.

use std::io::Read;

use super::*;
use crate::input::Numbers;

/// A reader that gives one byte at a time.
struct Bytewise<'a>(&'a [u8]);

impl Read for Bytewise<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(1);
        self.0.read(&mut buffer[..most])
    }
}

fn collect(reader: impl Read, limit: usize) -> Vec<Result<String, (u64, Problem)>> {
    let mut documents = Documents::new(reader, limit);
    let mut found = Vec::new();
    while let Some(document) = documents.next_document().unwrap() {
        match document {
            Document::Object { ordinal, bytes, .. } => {
                assert_eq!(ordinal, found.len() as u64);
                found.push(Ok(String::from_utf8_lossy(bytes).into_owned()));
            }
            Document::Bad(bad) => found.push(Err((bad.offset, bad.problem))),
        }
    }
    assert_eq!(documents.next_document().unwrap(), None, "the end stays the end");
    found
}

/// The same whatever the reader gives at once.
fn all(text: &str) -> Vec<Result<String, (u64, Problem)>> {
    let found = collect(text.as_bytes(), 1000);
    assert_eq!(collect(Bytewise(text.as_bytes()), 1000), found);
    found
}

fn objects(text: &str) -> Vec<String> {
    all(text).into_iter().map(Result::unwrap).collect()
}

#[test]
fn objects_come_from_arrays_lines_and_one_after_the_other() {
    let expected = [r#"{"a":1}"#, r#"{"b":"}{\""}"#];
    assert_eq!(objects(r#"[{"a":1},{"b":"}{\""}]"#), expected);
    assert_eq!(objects("\r\n[\r\n{\"a\":1},\r\n\r\n{\"b\":\"}{\\\"\"}\r\n]\r\n"), expected);
    assert_eq!(objects(r#"{"a":1}{"b":"}{\""}"#), expected);
    assert_eq!(objects("{\"a\":1}\n{\"b\":\"}{\\\"\"}\n"), expected);
    assert_eq!(objects("[{\"a\":1}]\n[{\"b\":\"}{\\\"\"}]"), expected);
    assert_eq!(objects("[[{\"a\":1}],[],[{\"b\":\"}{\\\"\"}]]"), expected);
    assert!(objects("").is_empty() && objects("[]").is_empty() && objects(" \n").is_empty());
}

#[test]
fn printed_objects_keep_their_lines() {
    let pretty = "{\n  \"a\": {\n    \"b\": [\n      {\n        \"c\": 1\n      }\n    ]\n  }\n}";
    assert_eq!(objects(&format!("{pretty}\n{pretty}\n")), [pretty, pretty]);
    assert_eq!(objects(&format!("[\n{pretty},\n{pretty}\n]")), [pretty, pretty]);
}

#[test]
fn wrappers_are_unwrapped() {
    for name in WRAPPERS {
        let text = format!(
            r#"{{"took":5,"meta":{{"x":[1,{{}}]}},"{name}":[{{"a":1}},{{"b":2}}],"next":"u","n":[{{}}]}}"#
        );
        assert_eq!(objects(&text), [r#"{"a":1}"#, r#"{"b":2}"#], "{name}");
    }
    let hits = r#"{"took":1,"_shards":{"total":1},"hits":{"total":{"value":2},"max_score":1.0,"hits":[{"_source":{"a":1}},{"_source":{"value":[{"b":1}]}}]},"x":1}"#;
    assert_eq!(objects(hits), [r#"{"_source":{"a":1}}"#, r#"{"_source":{"value":[{"b":1}]}}"#]);
    let lines = "{\"records\":[{\"a\":1}]}\n{\"records\":[{\"b\":1},{\"c\":1}]}\n";
    assert_eq!(objects(lines).len(), 3);
    assert_eq!(objects(r#"{"value":[{"a":1}],"records":[{"b":1}]}"#).len(), 2);
}

#[test]
fn objects_that_only_look_like_wrappers_stay_whole() {
    for text in [
        r#"{"value":[1,2]}"#,
        r#"{"records":[]}"#,
        r#"{"value":{"value":[{"a":1}]}}"#,
        r#"{"x":{"hits":[{"a":1}]}}"#,
        r#"{"x":"value","y":[{"a":1}]}"#,
        r#"{"winlog":{"records":[{"a":1}]}}"#,
    ] {
        assert_eq!(objects(text), [text]);
    }
}

#[test]
fn damage_is_reported_with_its_place_and_reading_goes_on() {
    let text = "[\n{\"a\":1},\n{\"b\":\"x},\n{\"c\":1},\n{\"d\":[1},\n{\"e\":1}\n]";
    let expected = [
        Ok(r#"{"a":1}"#.to_owned()),
        Err((11, Problem::Damaged)),
        Ok(r#"{"c":1}"#.to_owned()),
        Err((30, Problem::Damaged)),
        Ok(r#"{"e":1}"#.to_owned()),
    ];
    assert_eq!(all(text), expected);
    // A record that lacks its end does not swallow the next line.
    let text = "{\"a\":1}\n{\"b\":1,\n{\"c\":1}\n";
    assert_eq!(all(text), [Ok("{\"a\":1}".into()), Err((8, Problem::Damaged)), Ok("{\"c\":1}".into())]);
    assert_eq!(all("[{\"a\":1},{\"b\":"), [Ok("{\"a\":1}".into()), Err((9, Problem::Truncated))]);
    assert_eq!(all("[{\"a\":1},"), [Ok("{\"a\":1}".into()), Err((9, Problem::Truncated))]);
}

#[test]
fn what_is_no_object_is_reported_once() {
    let expected = [Err((0, Problem::NotAnObject)), Ok("{\"a\":1}".to_owned())];
    assert_eq!(all("rest of a line {\"a\":1}"), expected);
    assert_eq!(all("[1,2,3,{\"a\":1}]").len(), 2);
    assert_eq!(all("]}\n").len(), 1);
}

#[test]
fn an_object_over_the_limit_is_skipped_without_being_kept() {
    let long = format!("[{{\"a\":1}},{{\"b\":\"{}\"}},{{\"c\":1}}]", "x".repeat(3000));
    let expected = [Ok("{\"a\":1}".into()), Err((9, Problem::TooLong)), Ok("{\"c\":1}".into())];
    assert_eq!(all(&long), expected);
    let endless = b"[{\"a\":\"".chain(std::io::repeat(b'x').take(50 << 20));
    assert_eq!(collect(endless, 1000), [Err((1, Problem::Truncated))]);
    // What stands around the records may be longer than a record.
    let wrapper = format!("{{\"meta\":\"{}\",\"value\":[{{\"a\":1}}]}}", "x".repeat(3000));
    assert_eq!(objects(&wrapper), ["{\"a\":1}"]);
}

#[test]
fn framing_is_told_from_the_first_lines() {
    for (text, framing) in [
        ("{\"a\":1}\n{\"b\":1}\n", Framing::Lines),
        ("\n{\"a\":1}\r\n{\"b\":1}", Framing::Lines),
        ("{\"a\":\n{\"b\":1}\n", Framing::Lines),
        ("of a line\"}\n{\"b\":1}\n", Framing::Lines),
        ("{\"a\":1}", Framing::Documents),
        ("{\"a\":1}{\"b\":1}\n", Framing::Documents),
        ("{\n  \"a\": 1\n}\n{\n  \"a\": 1\n}\n", Framing::Documents),
        ("[{\"a\":1},\n{\"b\":1}]", Framing::Documents),
        ("{\"value\":[{\"a\":1}]}\n", Framing::Documents),
    ] {
        assert_eq!(Framing::of(text.as_bytes()), framing, "{text}");
    }
}

#[test]
fn documents_become_lines_whose_number_is_the_record() {
    let text = "[{\n\"a\":\n1},\n{\"b\":\"x},\n{\"c\":1}]";
    let mut lines = DocumentLines::new(text.as_bytes(), 1000);
    let mut out = String::new();
    lines.read_to_string(&mut out).unwrap();
    assert_eq!(out, "{ \"a\": 1}\n\n{\"c\":1}\n");
    assert_eq!((lines.bad(), lines.first_bad()[0].ordinal), (1, 1));
}

#[test]
fn mutated_documents_never_panic_and_stay_bounded() {
    let samples = [
        r#"[{"a":1},{"b":"}{\""},[{"c":[]}]]"#,
        r#"{"took":1,"hits":{"total":1,"hits":[{"_source":{"a":1}},{"_source":{}}]},"x":[1]}"#,
        "{\n \"a\": [\n{\"b\":1}\n]\n}\n{\"value\":[{\"a\":\"x\\\\\"}]}\n",
    ];
    let mut numbers = Numbers(3);
    for round in 0..20_000 {
        let bytes = numbers.mutate(samples[round % samples.len()].as_bytes());
        let found = collect(&bytes[..], 60);
        assert_eq!(collect(Bytewise(&bytes), 60), found, "{}", String::from_utf8_lossy(&bytes));
        let kept: usize = found.iter().flatten().map(String::len).sum();
        assert!(kept <= 3 * bytes.len() && found.len() <= bytes.len());
        let framing = Framing::of(&bytes);
        assert!(matches!(framing, Framing::Lines | Framing::Documents));
    }
}
