//! Requests of one connection to sites that have nothing to do with each other.
//!
//! Speaks for: requests in origin form with the names of many sites, for values that are drawn evenly or fill of one symbol, with one and
//! the same answer to all, or answers of noise. A client opens a connection for each site; to a proxy it tells the whole address; what
//! serves many sites for others answers each with something of its own. Silent for: hosts of one site, proxies, sites that answer.
//! Minimum: 6 such requests to 4 sites, 48 symbols.

use std::collections::{BTreeMap, BTreeSet};

use super::Look;
use crate::class::Class;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even};

/// The fewest requests, sites and symbols of values.
const LEAST: usize = 6;
const SITES: usize = 4;
const SYMBOLS: usize = 48;
/// The shortest value.
const VALUE: usize = 6;

/// Status, and length and sum of the body; `None` for a body of noise.
type Answer = Option<(u64, (u64, u64))>;

/// The value that a request asks for, and of which site.
type Asked<'r> = (&'r [u8], &'r Vec<u8>);

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let Some(hosts) = look.reading.slots.get("header.host").filter(|hosts| hosts.len() >= LEAST) else {
        return Vec::new();
    };
    let sites: BTreeMap<u32, Vec<u8>> =
        hosts.iter().filter_map(|host| Some((host.turn, site(&host.bytes)?))).collect();
    if sites.values().collect::<BTreeSet<_>>().len() < SITES {
        return Vec::new();
    }
    let noise: BTreeSet<u32> = look
        .other
        .units
        .iter()
        .filter(|unit| matches!(unit.class, Class::Random(_)))
        .map(|unit| unit.turn)
        .collect();
    let answer = |turn: u32| -> Option<Answer> {
        let answer = look.other.exchanges.iter().find(|answer| !answer.request && answer.turn > turn)?;
        Some((!noise.contains(&answer.turn)).then_some((answer.status, answer.body)))
    };
    let mut by_answer: BTreeMap<Answer, Vec<Asked<'_>>> = BTreeMap::new();
    let mut asked = 0;
    for request in look.reading.exchanges.iter().filter(|exchange| exchange.request) {
        asked += 1;
        if let Some(value) = value(&request.target)
            && let (Some(site), Some(answer)) = (sites.get(&request.turn), answer(request.turn))
        {
            by_answer.entry(answer).or_default().push((value, site));
        }
    }
    let Some(mut found) = by_answer.into_values().max_by_key(Vec::len) else { return Vec::new() };
    // What is asked for again is the real talk, which may be answered alike.
    let again: BTreeSet<&[u8]> = {
        let mut seen = BTreeSet::new();
        found
            .iter()
            .filter(|(value, _)| !is_fill(value) && !seen.insert(*value))
            .map(|(value, _)| *value)
            .collect()
    };
    found.retain(|(value, _)| !again.contains(value));
    let sites: BTreeSet<&Vec<u8>> = found.iter().map(|(_, site)| *site).collect();
    let values: Vec<u8> = found.iter().flat_map(|(value, _)| value.iter().copied()).collect();
    if found.len() < LEAST
        || sites.len() < SITES
        || values.len() < SYMBOLS
        || !is_empty_talk(&found, look.limit)
    {
        return Vec::new();
    }
    let text = format!(
        "{} of {asked} requests on one connection are to {} sites that have nothing to do with each other, for {} symbols that mean nothing, and get answers that mean nothing",
        found.len(),
        sites.len(),
        values.len()
    );
    let share = found.len() as f64 / asked.max(1) as f64;
    vec![Evidence::contradiction(found.len(), share, text).with_example(&values)]
}

/// Whether values are drawn evenly, or are fill of one symbol.
fn is_empty_talk(found: &[Asked<'_>], limit: f64) -> bool {
    let symbols: Vec<u8> = found.iter().flat_map(|(value, _)| value.iter().copied()).collect();
    found.iter().all(|(value, _)| is_fill(value))
        || even(&symbols, limit).is_some_and(|drawn| drawn.alphabet != Alphabet::Digits)
}

fn is_fill(value: &[u8]) -> bool {
    value.iter().all(|byte| value.first() == Some(byte))
}

/// The value of the only parameter of a request in origin form, or the last part of its path where it has none.
fn value(target: &[u8]) -> Option<&[u8]> {
    let target = target.strip_prefix(b"/")?;
    let mut parts = target.splitn(2, |byte| *byte == b'?');
    let path = parts.next()?;
    let value = match parts.next() {
        Some(query) if query.contains(&b'&') => return None,
        Some(query) => query.splitn(2, |byte| *byte == b'=').last()?,
        None => path.rsplit(|byte| *byte == b'/').next()?,
    };
    (value.len() >= VALUE).then_some(value)
}

/// The part of a host's name that one owner has; `None` for an address and a name of one part.
fn site(host: &[u8]) -> Option<Vec<u8>> {
    let name = host.split(|byte| *byte == b':').next()?.to_ascii_lowercase();
    let labels: Vec<&[u8]> = name.split(|byte| *byte == b'.').filter(|label| !label.is_empty()).collect();
    let [.., second, last] = labels.as_slice() else { return None };
    if !last.first()?.is_ascii_alphabetic() {
        return None;
    }
    // `co.uk`, `com.au`: names below them are of many owners.
    let kept = if last.len() == 2 && second.len() <= 3 { 3 } else { 2 };
    Some(labels.get(labels.len().saturating_sub(kept)..)?.join(&b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Chance, Talk};

    const SITES_OF_MANY: [&str; 6] = [
        "www.example.org",
        "shop.example.com",
        "news.example.net",
        "example.co.uk",
        "www.search.test",
        "mail.test",
    ];

    /// Whether requests are told, with what they ask for and what each is answered.
    fn is_junk(ask: impl Fn(&str, &str) -> String, answer: impl Fn(usize, &mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(44);
        let mut talk = Talk::default();
        for number in 0..14 {
            let host = SITES_OF_MANY[number % SITES_OF_MANY.len()];
            let value = String::from_utf8(chance.of(b"0123456789abcdef", 32)).unwrap();
            talk.send(ask(host, &value).as_bytes());
            let body = answer(number, &mut chance);
            talk.answer(&body);
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("nothing to do with each other"))
    }

    fn origin(host: &str, value: &str) -> String {
        format!("GET /?q={value} HTTP/1.1\r\nHost: {host}\r\n\r\n")
    }

    #[test]
    fn values_for_many_sites_that_all_answer_nothing_are_junk() {
        assert!(is_junk(origin, |_, _| Vec::new()));
        assert!(is_junk(origin, |number, chance| chance.bytes(60 + number)));
        // Among real talk, the answers to which are no others.
        let among = |host: &str, value: &str| {
            let decoy = origin(host, value);
            if host == "mail.test" {
                "GET /gate.php HTTP/1.1\r\nHost: gate.test\r\n\r\n".to_owned()
            } else {
                decoy
            }
        };
        assert!(is_junk(among, |_, _| Vec::new()));
        let fill = |host: &str, _: &str| origin(host, &"A".repeat(64));
        assert!(is_junk(fill, |_, _| b"ok".to_vec()));
    }

    #[test]
    fn proxies_and_hosts_of_one_site_are_not() {
        let proxied = |host: &str, value: &str| {
            format!("GET http://{host}/?q={value} HTTP/1.1\r\nHost: {host}\r\n\r\n")
        };
        assert!(!is_junk(proxied, |_, _| Vec::new()));
        let one = |host: &str, value: &str| origin(&format!("{}.example.org", host.replace('.', "-")), value);
        assert!(!is_junk(one, |_, _| Vec::new()));
        // A server of many sites in front of which something stands.
        assert!(!is_junk(origin, |number, _| format!("<p>page {number} of the site</p>").into_bytes()));
        // Checks of health.
        let check = |host: &str, _: &str| format!("GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert!(!is_junk(check, |_, _| b"ok".to_vec()));
    }

    #[test]
    fn a_site_is_what_one_owner_has() {
        for (host, expected) in [
            ("www.Example.org:8080", Some("example.org")),
            ("a.b.example.co.uk", Some("example.co.uk")),
            ("example.de", Some("example.de")),
            ("localhost", None),
            ("192.0.2.7", None),
            ("", None),
        ] {
            assert_eq!(site(host.as_bytes()), expected.map(|name| name.as_bytes().to_vec()), "{host}");
        }
    }
}
