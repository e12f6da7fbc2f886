//! What factors say reads as people would say it, whatever there is to compare with.

use lopside_model::channel::Channel;
use lopside_model::finding::Factor;

use crate::case::{Basis, Case};
use crate::findings::told;
use crate::seen::Seen;
use crate::settings::{AccountContext, Settings};
use crate::testing::{channel, on};
use crate::weigh::tests::usual_of;

/// What is told of the last day of a channel among others.
fn told_of(channel: &Channel, others: &[Channel], settings: &Settings) -> Vec<Factor> {
    let all: Vec<Channel> = others.iter().chain([channel]).cloned().collect();
    let usual = usual_of(&all);
    told(&Case::new(Seen::new(channel, &usual), channel.days.len() - 1, Basis::Sum, settings).unwrap())
}

fn sentence<'f>(factors: &'f [Factor], name: &str) -> &'f str {
    factors.iter().find(|factor| factor.name == name).unwrap().text.as_str()
}

fn fleet() -> Vec<Channel> {
    (0..9).map(|n| on(channel(&format!("h{n}"), Some("y"), "common.example"), 1, 9_000_000, 9_000)).collect()
}

#[test]
fn nothing_is_compared_with_none_of_nothing() {
    for identity in [Some(r"c:\x.exe"), None] {
        for others in [vec![], fleet()] {
            let sender = on(on(channel("h", identity, "203.0.113.9"), 1, 1 << 30, 9), 2, 1 << 30, 9);
            for factor in told_of(&sender, &others, &Settings::default()) {
                for odd in [" 0 of 0 ", " 0 of its 0 ", "on 0 of them", " 1 days", " 1 hosts"] {
                    assert!(!factor.text.contains(odd), "{}: {}", factor.name, factor.text);
                }
            }
        }
    }
}

#[test]
fn what_has_no_process_is_not_called_this_process() {
    let mut others: Vec<Channel> =
        (0..9).map(|n| on(channel(&format!("h{n}"), None, "a.example"), 1, 9_000_000, 9_000)).collect();
    others.extend(fleet());
    let sender = on(channel("h", None, "203.0.113.9"), 1, 1 << 30, 9);
    for factor in told_of(&sender, &others, &Settings::default()) {
        assert!(!factor.text.contains("this process on other hosts"), "{}", factor.text);
    }
    let text = told_of(&sender, &others, &Settings::default());
    assert!(sentence(&text, "volume").contains("what has no process on other hosts (9 host-days)"));
}

#[test]
fn what_others_send_is_not_told_where_it_was_not_measured() {
    let mut other = on(channel("h2", Some("y"), "a.example"), 1, 0, 0);
    other.days[0].unmeasured.add(9_000_000, 0);
    let sender = on(channel("h", Some(r"c:\x.exe"), "203.0.113.9"), 1, 1 << 30, 9);
    let factors = told_of(&sender, &[other], &Settings::default());
    assert!(
        sentence(&factors, "volume").ends_with("; what others send was not measured"),
        "{}",
        sentence(&factors, "volume")
    );
}

#[test]
fn an_account_that_is_not_expected_names_the_tunable() {
    let settings = Settings { user_context: vec![AccountContext::Service], ..Settings::default() };
    let sender = on(channel("h", Some(r"c:\x.exe"), "203.0.113.9"), 1, 1 << 30, 9);
    let usual = told_of(&sender, &fleet(), &Settings::default());
    assert!(sentence(&usual, "user_context").starts_with(r"ran as corp\jo (an interactive user)"));
    assert!(!sentence(&usual, "user_context").contains("UserContext"));
    let narrow = told_of(&sender, &fleet(), &settings);
    assert!(sentence(&narrow, "user_context").contains("not expected to send (UserContext)"));
    let points = |factors: &[Factor]| {
        factors.iter().find(|factor| factor.name == "user_context").map_or(0.0, |factor| factor.points)
    };
    assert!(points(&narrow) > points(&usual));
}

#[test]
fn what_tells_most_says_against_what() {
    let sender = crate::testing::started_to_send(
        on(channel("h", Some(r"c:\x.exe"), "203.0.113.9"), 1, 1 << 30, 9),
        60,
    );
    for factor in told_of(&sender, &fleet(), &Settings::default()) {
        if ["volume", "asymmetry", "bursts", "destination_rarity", "purpose"].contains(&factor.name.as_str())
        {
            assert!(factor.usual.is_some(), "{}", factor.name);
        }
    }
}
