//! `lopside demo`.

mod common;

use common::{lopside, stdout};

#[test]
fn tells_what_was_planted_and_what_became_of_it_and_keeps_the_fleet_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("company");
    let told = stdout(lopside().arg("demo").arg("--keep").arg(&kept));
    let truth: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(kept.join("truth.json")).unwrap()).unwrap();
    let planted = truth["attacks"].as_array().unwrap().len();
    let lines = told.lines().skip_while(|line| !line.starts_with("What was planted")).skip(1);
    let senders = lines
        .take_while(|line| !line.is_empty())
        .filter(|line| ["  found", "  listed", "  missed"].iter().any(|word| line.starts_with(word)))
        .count();
    assert_eq!(senders, planted, "{told}");
    assert!(told.starts_with("An invented company: 40 hosts over 7 days, "), "{told}");
    assert!(told.contains(&format!(" of {planted} planted senders found at medium or above")), "{told}");
    lopside().arg("demo").arg("--keep").arg(&kept).assert().code(2);
}
