//! Cookies and headers that a client makes up anew for every request.
//!
//! Speaks for: cookies that change each time though no answer set them, and long headers of the same kind, with lengths that vary:
//! cookies come from servers, and tokens keep their length. Silent for: sessions that the server renews, values of one length, headers
//! that sign a request. Minimum: 6 requests.

use super::Look;
use super::padded_fields::{Opaque, is_set, told};
use crate::evidence::Evidence;

/// Headers whose value may be new each time, by their standards.
const FRESH: [&str; 14] = [
    "authorization",
    "proxy-authorization",
    "dpop",
    "digest",
    "signature",
    "x-amz-date",
    "x-amz-security-token",
    "traceparent",
    "tracestate",
    "x-request-id",
    "sec-websocket-key",
    "sec-websocket-accept",
    "etag",
    "content-type",
];

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for (name, values) in &look.reading.slots {
        let cookie = name.strip_prefix("cookie.");
        let header =
            name.strip_prefix("header.").filter(|header| !FRESH.contains(header) && *header != "set-cookie");
        if cookie.or(header).is_none() && name != "comment" || values.len() < 6 || is_set(look, name) {
            continue;
        }
        let Some(opaque) = Opaque::of(values, look.limit) else { continue };
        let (least, most) = (
            opaque.lengths.iter().min().copied().unwrap_or(0),
            opaque.lengths.iter().max().copied().unwrap_or(0),
        );
        let median = median(&opaque.lengths);
        if median < 24 || most - least < 24 || most - least < median / 4 {
            continue;
        }
        let text = format!(
            "{}: {} values, new in each message, {least} to {most} bytes, {}",
            told(name),
            opaque.lengths.len(),
            if cookie.is_some() { "that no answer set" } else { "that nothing asked for" }
        );
        found.push(Evidence::statistic(
            opaque.lengths.len(),
            opaque.share,
            if cookie.is_some() { 0.7 } else { 0.6 },
            text,
        ));
    }
    found
}

fn median(lengths: &[u32]) -> u32 {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    fn judged(set: bool, constant: bool) -> bool {
        let mut chance = Chance::new(31);
        let mut talk = Talk::default();
        for _ in 0..16 {
            let length = if constant { 64 } else { 60 + chance.below(700) };
            let cookie = String::from_utf8(encode(&chance.bytes(length))).unwrap();
            talk.send(
                format!(
                    "GET /status HTTP/1.1\r\nHost: a.example\r\nCookie: theme=dark; sid={cookie}\r\n\r\n"
                )
                .as_bytes(),
            );
            let line = if set { format!("Set-Cookie: sid={cookie}; Path=/\r\n") } else { String::new() };
            talk.reply(format!("HTTP/1.1 200 OK\r\n{line}Content-Length: 2\r\n\r\nok").as_bytes());
        }
        talk.judge().junk
    }

    #[test]
    fn cookies_that_nobody_set_are_suspect() {
        assert!(judged(false, false));
        assert!(!judged(true, false));
        assert!(!judged(false, true));
    }
}
