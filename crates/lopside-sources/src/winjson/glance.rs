//! A look at an object's bytes that settles most events without walking through them.

use std::sync::LazyLock;

use lopside_model::Micros;
use memchr::memmem::Finder;

use crate::windows::{Provider, is_wanted, process_id, sysmon};

/// What a glance can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Glance {
    /// An event that never becomes rows.
    Useless(Provider, u32),
    /// A Sysmon 10 without the rights that matter, and when it happened.
    HarmlessAccess(Option<Micros>),
    /// The object has to be read.
    Unsettled,
}

/// Bytes at the start of an object in which its number mostly stands.
const HEAD: usize = 384;

static EVENT_ID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"EventID\""));
static EVENT_ID_BEATS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"event_id\""));
static CHANNEL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"hannel\""));
static LOG_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"log_name\""));
static GRANTED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"GrantedAccess\""));
static UTC_TIME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"UtcTime\""));

/// Looks for the event's number and log. It settles nothing unless each stands there exactly once as a member's name,
/// so that no content can pass for it.
pub(super) fn glance(object: &[u8]) -> Glance {
    settle(object).unwrap_or(Glance::Unsettled)
}

fn settle(object: &[u8]) -> Option<Glance> {
    // The first number alone tells that an event has to be read, and most settle it.
    let head = object.get(..HEAD).unwrap_or_default();
    let first = [head, object]
        .into_iter()
        .find_map(|part| first_value(&EVENT_ID_BEATS, part).or_else(|| first_value(&EVENT_ID, part)));
    if first.and_then(process_id).is_none_or(|id| is_wanted(id) && id != 10) {
        return None;
    }
    // An object that was cut off has to be counted as damaged.
    if object.trim_ascii_end().last() != Some(&b'}') {
        return None;
    }
    let id = match (only_value(&EVENT_ID, object), only_value(&EVENT_ID_BEATS, object)) {
        (Some(id), None) | (None, Some(id)) => id,
        _ => return None,
    };
    let id = process_id(id)?;
    if is_wanted(id) && id != 10 {
        return None;
    }
    let channel = only_value(&CHANNEL, object).or_else(|| only_value(&LOG_NAME, object))?;
    let provider = Provider::of_channel(channel);
    if id != 10 {
        return Some(Glance::Useless(provider, id));
    }
    if provider != Provider::Sysmon {
        return None;
    }
    let granted = only_value(&GRANTED, object).and_then(process_id)?;
    if sysmon::is_intrusive(granted) {
        return None;
    }
    // Without a readable time the slow way says what is wrong.
    let time = only_value(&UTC_TIME, object).and_then(Micros::parse_iso)?;
    Some(Glance::HarmlessAccess(Some(time)))
}

/// The value of the first member whose name ends like this.
fn first_value<'a>(name: &Finder<'_>, object: &'a [u8]) -> Option<&'a str> {
    let at = name.find(object)? + name.needle().len();
    object.get(at..).and_then(after_colon).and_then(scalar)
}

/// The value of a member whose name ends like this, where there is exactly one.
fn only_value<'a>(name: &Finder<'_>, object: &'a [u8]) -> Option<&'a str> {
    let mut found = None;
    let mut from = 0;
    while let Some(at) = name.find(object.get(from..)?) {
        from += at + name.needle().len();
        // Inside of a string the closing quote would be an escaped one, and no colon would follow a value.
        let Some(value) = object.get(from..).and_then(after_colon) else { continue };
        if found.replace(value).is_some() {
            return None;
        }
    }
    scalar(found?)
}

fn after_colon(rest: &[u8]) -> Option<&[u8]> {
    rest.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start)
}

/// A string without escapes, or a number, or the text in `{"#text":3,…}` and `{"Value":3}`.
fn scalar(value: &[u8]) -> Option<&str> {
    let (first, rest) = value.split_first()?;
    let bytes = match first {
        b'"' => {
            let end = memchr::memchr2(b'"', b'\\', rest)?;
            if rest.get(end) != Some(&b'"') {
                return None;
            }
            rest.get(..end)?
        }
        b'{' => {
            let inside = rest.trim_ascii_start();
            let inside = inside.strip_prefix(b"\"#text\"").or_else(|| inside.strip_prefix(b"\"Value\""))?;
            return match after_colon(inside)? {
                [b'{', ..] => None,
                inside => scalar(inside),
            };
        }
        b'0'..=b'9' => value.get(..value.iter().take_while(|byte| byte.is_ascii_digit()).count())?,
        _ => return None,
    };
    str::from_utf8(bytes).ok()
}
