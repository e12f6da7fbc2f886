//! Quirks of JSON objects, each by name, and the scanner against serde_json.

use serde_json::Value as Json;

use super::*;
use crate::input::Numbers;

const EVENT: Slot = Slot(0);
const IMAGE: Slot = Slot(1);
const PID: Slot = Slot(2);
const TAGS: Slot = Slot(3);
const TIME: Slot = Slot(4);

/// Wants members `0` to `4` at the top and below `e`; `r` replaces slot 0; `b` is an integer or an object.
struct Sample;

impl Shape for Sample {
    type State = bool;

    fn root(&self) -> bool {
        false
    }

    fn step(&self, _: bool, key: &[u8]) -> Step<bool> {
        match key {
            b"EventID" => Step::Either(EVENT, true),
            b"#text" => Step::Take(EVENT),
            b"Image" => Step::Take(IMAGE),
            b"ProcessId" | b"ProcessID" => Step::Take(PID),
            b"Tags" => Step::Take(TAGS),
            b"ts" => Step::Take(TIME),
            b"r" => Step::Replace(EVENT),
            b"e" => Step::Enter(true),
            _ => Step::Skip,
        }
    }
}

fn read(json: &str) -> Fields {
    let mut fields = Fields::new(5);
    fields.read_json(&Sample, json.as_bytes()).unwrap();
    fields
}

fn fails(json: &[u8]) -> JsonError {
    let mut fields = Fields::new(5);
    let error = fields.read_json(&Sample, json).unwrap_err();
    assert!((0..5).all(|slot| fields.kind(Slot(slot)) == Kind::Absent));
    error
}

#[test]
fn wanted_scalars_are_kept_and_the_rest_is_skipped() {
    let fields = read(
        r#" { "x" : {"Image":"no","y":[1,{"z":"}\"]"}]}, "Image":"C:\\a \"b\" \u00e9\ud83d\ude00\/" ,
        "EventID": 3, "ProcessId":"0x1F4", "ts":1700000000.123456, "Tags":["a",1,null,true,{"no":1},[2]] } "#,
    );
    assert_eq!(fields.text(IMAGE), Some("C:\\a \"b\" \u{e9}\u{1f600}/"));
    assert_eq!((fields.kind(EVENT), fields.int(EVENT), fields.text(EVENT)), (Kind::Int, Some(3), None));
    assert_eq!((fields.kind(PID), fields.int(PID), fields.uint(PID)), (Kind::Text, Some(500), Some(500)));
    assert_eq!((fields.kind(TIME), fields.number_text(TIME)), (Kind::Float, Some("1700000000.123456")));
    assert_eq!(fields.list(TAGS).collect::<Vec<_>>(), ["a", "1", "true"]);
    assert_eq!(fields.list(IMAGE).count(), 1);
    assert_eq!(fields.list(Slot(9)).count(), 0);
}

#[test]
fn nesting_is_entered_as_the_shape_says() {
    assert_eq!(read(r##"{"EventID":{"#text":4,"#attributes":{"EventID":9}}}"##).int(EVENT), Some(4));
    assert_eq!(read(r#"{"e":{"Image":"deep"}}"#).text(IMAGE), Some("deep"));
    assert_eq!(read(r#"{"e":[{"x":1},{"Image":"in a list"},7,"s"]}"#).text(IMAGE), Some("in a list"));
    assert_eq!(read(r#"{"e":"scalar","Image":"i"}"#).text(IMAGE), Some("i"));
    assert_eq!(read(r#"{"Image":{"e":{"Image":"no"}}}"#).kind(IMAGE), Kind::Absent);
    assert_eq!(read(r#"{"\u0049mage":"escaped name"}"#).text(IMAGE), Some("escaped name"));
}

#[test]
fn the_first_that_is_not_null_wins_unless_replaced() {
    assert_eq!(read(r#"{"ProcessID":1,"ProcessId":2}"#).int(PID), Some(1));
    assert_eq!(read(r#"{"ProcessID":null,"ProcessId":2}"#).int(PID), Some(2));
    assert_eq!(read(r#"{"ProcessID":null}"#).kind(PID), Kind::Null);
    assert_eq!(read(r#"{"EventID":1,"r":2}"#).int(EVENT), Some(2));
}

#[test]
fn numbers_keep_their_text_and_their_limits() {
    let number = |json: &str| read(&format!("{{\"EventID\":{json}}}"));
    assert_eq!(number("9223372036854775807").int(EVENT), Some(i64::MAX));
    assert_eq!(number("9223372036854775808").int(EVENT), None);
    assert_eq!(number("18446744073709551615").uint(EVENT), Some(u64::MAX));
    assert_eq!(number("-1").int(EVENT), Some(-1));
    assert_eq!(number("-1").uint(EVENT), None);
    assert_eq!(number("1.0E7").int(EVENT), Some(10_000_000));
    assert_eq!(number("1.5").int(EVENT), None);
    assert_eq!(number("1e999").float(EVENT), None);
    assert_eq!(number("\" 42 \"").int(EVENT), Some(42));
    assert_eq!(number("\"0xFFFFFFFFFFFFFFFF\"").uint(EVENT), Some(u64::MAX));
    assert_eq!(number("\"0x\"").int(EVENT), None);
    assert_eq!(number("\"12a\"").int(EVENT), None);
    assert_eq!(number("\"1.25\"").number_text(EVENT), Some("1.25"));
    assert_eq!(number("\"x\"").number_text(EVENT), None);
    assert_eq!((number("true").bool(EVENT), number("\"False\"").bool(EVENT)), (Some(true), Some(false)));
    assert_eq!(number("\"\"").text(EVENT), Some(""));
    for wrong in ["01", "1.", ".5", "+1", "1e", "-", "NaN", "nul", "tru", ""] {
        assert!(
            matches!(fails(format!("{{\"EventID\":{wrong}}}").as_bytes()), JsonError::Damaged(_)),
            "{wrong}"
        );
    }
}

#[test]
fn what_is_not_one_object_is_an_error() {
    assert_eq!(fails(b""), JsonError::NotAnObject);
    assert_eq!(fails(b"[1]"), JsonError::NotAnObject);
    assert_eq!(fails(b"{} x"), JsonError::Trailing(3));
    assert_eq!(fails(b"{}{}"), JsonError::Trailing(2));
    for cut in 1..40 {
        let whole = br#"{"Image":"a\\\"b","x":[{"y":"z"}],"ts":1}"#;
        assert_eq!(fails(&whole[..cut]), JsonError::Truncated, "cut at {cut}");
    }
    assert!(matches!(fails(br#"{"Image":"\q"}"#), JsonError::Damaged(_)));
    assert!(matches!(fails(br#"{"Image":"a",}"#), JsonError::Damaged(_)));
    assert!(matches!(fails(br#"{"Image" "a"}"#), JsonError::Damaged(_)));
    assert_eq!(fails("{\"e\":".repeat(1000).as_bytes()), JsonError::TooDeep);
    assert_eq!(fails(&[b"{\"e\":".as_slice(), &b"[".repeat(1_000_000)].concat()), JsonError::TooDeep);
    assert_eq!(fails(&[b"{\"x\":".as_slice(), &b"[".repeat(1_000_000)].concat()), JsonError::Truncated);
}

#[test]
fn invalid_utf_8_and_lone_surrogates_become_replacement_characters() {
    let mut fields = Fields::new(5);
    fields
        .read_json(&Sample, b"{\"Tags\":[\"a\xff\",\"b\"],\"Image\":\"\xc3\x28x\",\"ts\":1,\"q\":\"\xfe\"}")
        .unwrap();
    assert_eq!(fields.text(IMAGE), Some("\u{fffd}(x"));
    assert_eq!(fields.list(TAGS).collect::<Vec<_>>(), ["a\u{fffd}", "b"]);
    assert_eq!(fields.int(TIME), Some(1));
    assert_eq!(read(r#"{"Image":"\ud83d x \udc00"}"#).text(IMAGE), Some("\u{fffd} x \u{fffd}"));
}

#[test]
fn fields_are_reused_and_set_by_hand() {
    let mut fields = Fields::new(5);
    fields.read_json(&Sample, br#"{"Image":"one","ts":1}"#).unwrap();
    fields.read_json(&Sample, br#"{"EventID":2}"#).unwrap();
    assert_eq!((fields.kind(IMAGE), fields.int(EVENT)), (Kind::Absent, Some(2)));
    fields.clear();
    fields.set_text(IMAGE, "two");
    fields.set_text(PID, "7");
    assert_eq!(
        (fields.text(IMAGE), fields.int(PID), fields.kind(EVENT)),
        (Some("two"), Some(7), Kind::Absent)
    );
    fields.read_json(&Sample, br#"{"Image":"three"}"#).unwrap();
    assert_eq!((fields.text(IMAGE), fields.kind(PID)), (Some("three"), Kind::Absent));
}

const SAMPLES: [&str; 3] = [
    r#"{"EventID":3,"Image":"C:\\Windows\\x.exe","ProcessId":"0x1f4","Tags":["a","b",1,true,null],"ts":1.5e3,"Message":"a\r\nb: \"c\"\\"}"#,
    r##"{"e":{"e":{"Image":"\u00e9\ud83d\ude00"},"ts":-0.25},"ProcessID":4,"x":[[{"y":{}}],[]],"z":null,"EventID":{"#text":7}}"##,
    r#"{ "Tags" : [ ] , "EventID" : 18446744073709551615 , "Image" : "" , "r" : "last" }"#,
];

/// Where serde_json reads an object the scanner reads it too, and the values at the top are equal.
#[test]
fn mutated_objects_are_read_as_serde_json_reads_them() {
    let mut numbers = Numbers(2);
    let mut fields = Fields::new(5);
    let mut sound = 0;
    for round in 0..30_000 {
        let bytes = numbers.mutate(SAMPLES[round % 3].as_bytes());
        let scanned = fields.read_json(&Sample, &bytes);
        let kept: usize =
            (0..5).flat_map(|slot| fields.list(Slot(slot)).map(str::len).collect::<Vec<_>>()).sum();
        assert!(kept <= 3 * bytes.len());
        let Ok(Json::Object(members)) = serde_json::from_slice::<Json>(&bytes) else { continue };
        let shown = String::from_utf8_lossy(&bytes);
        assert_eq!(scanned, Ok(()), "{shown}");
        sound += 1;
        // serde_json keeps the last of several equal names: compare where there is only one.
        if shown.matches("Image").count() == 1 && !shown.contains("\"e\"") && !shown.contains("\\u") {
            let expected = members.get("Image").and_then(Json::as_str);
            assert_eq!(fields.text(IMAGE), expected, "{shown}");
        }
        if shown.matches("ts").count() == 1 && !shown.contains("\"e\"") && !shown.contains("\\u") {
            let expected = members.get("ts").filter(|value| value.is_number()).and_then(Json::as_f64);
            let is_number = matches!(fields.kind(TIME), Kind::Int | Kind::Float);
            // serde_json rounds the last digit otherwise.
            let difference =
                fields.float(TIME).filter(|_| is_number).zip(expected).map(|(one, other)| one - other);
            assert!(
                difference.is_none_or(|gap| gap.abs() <= 1e-12 * expected.unwrap_or(0.0).abs()),
                "{shown}"
            );
            assert_eq!(is_number, expected.is_some(), "{shown}");
        }
    }
    assert!(sound > 1000, "{sound}");
}

/// All that fields hold.
fn held(fields: &Fields) -> Vec<(Kind, Option<String>, Vec<String>)> {
    let slots = (0..5).map(Slot);
    let own = |text: &str| text.to_owned();
    slots
        .map(|slot| (fields.kind(slot), fields.scalar(slot).map(own), fields.list(slot).map(own).collect()))
        .collect()
}

#[test]
fn what_was_read_before_changes_nothing() {
    let samples = [
        r#"{"ts":1.5,"v":"same","EventID":"3","e":{"Image":"C:\\a.exe","x":"y"},"ProcessID":"12","Tags":["a",1],"end":{"k":"z"}}"#,
        r##"{"ts":2,"v":"same","EventID":{"#text":4},"e":"none","ProcessId":null,"r":"again","Image":"\u00e9"}"##,
        r#"{"ts":3,"v":"other","EventID":"5","e":[{"Image":"in an array"}],"Tags":"one"}"#,
        r#"{ "ts" : 4 , "r" : "x" , "r" : "y" , "Image" : "" }"#,
    ];
    let mut numbers = Numbers(7);
    let mut old = Fields::new(5);
    for round in 0..20_000 {
        let mut record = samples[numbers.below(samples.len())].as_bytes().to_vec();
        if round % 3 == 0 {
            let at = numbers.below(record.len());
            record[at] = b"\"{}[]:,\\ x1\xc3"[numbers.below(12)];
        }
        if round % 50 == 0 {
            record.truncate(numbers.below(record.len()));
        }
        let mut fresh = Fields::new(5);
        assert_eq!(old.read_json(&Sample, &record), fresh.read_json(&Sample, &record));
        assert_eq!(held(&old), held(&fresh), "{}", String::from_utf8_lossy(&record));
    }
}
