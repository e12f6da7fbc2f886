//! Which protocol a port stands for: what content is held against.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

const LIST: &str = include_str!("services.tsv");
const TCP: u8 = 6;
const UDP: u8 = 17;

static CLAIMS: LazyLock<FxHashMap<(u8, u16), &'static str>> =
    LazyLock::new(|| LIST.lines().filter_map(line).collect());

/// The protocols that belong on a port, the usual one first; none where the port stands for none.
pub(super) fn claimed(protocol: u8, port: u16) -> Option<impl Iterator<Item = &'static str>> {
    CLAIMS.get(&(protocol, port)).map(|words| words.split(','))
}

/// The service of a flow as a row tells it: what the content is, then, with a minus before it, the protocol that the port stands for and
/// the content is not. So does Zeek write a protocol that it had expected and did not find.
pub(in crate::pcap) fn told(found: Option<&str>, looked_at: bool, protocol: u8, port: u16) -> Option<String> {
    let mut claims = claimed(protocol, port);
    let usual = claims.as_mut().and_then(Iterator::next);
    match (found, usual) {
        (Some(found), Some(usual))
            if found != usual && !claims.is_some_and(|mut others| others.any(|other| other == found)) =>
        {
            Some(format!("{found},-{usual}"))
        }
        (Some(found), _) => Some(found.to_owned()),
        (None, Some(usual)) if looked_at => Some(format!("-{usual}")),
        (None, _) => None,
    }
}

fn line(line: &'static str) -> Option<((u8, u16), &'static str)> {
    let mut cells = line.split('\t');
    let port = cells.next()?.parse().ok()?;
    let protocol = if cells.next()? == "tcp" { TCP } else { UDP };
    Some(((protocol, port), cells.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_once() {
        let lines = LIST.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(CLAIMS.len(), lines);
    }

    #[test]
    fn a_mismatch_is_seen_and_a_match_is_not() {
        assert_eq!(told(Some("ssl"), true, TCP, 443).as_deref(), Some("ssl"));
        assert_eq!(told(Some("ssh"), true, TCP, 443).as_deref(), Some("ssh,-ssl"));
        assert_eq!(told(Some("ssl"), true, TCP, 3_389).as_deref(), Some("ssl"));
        assert_eq!(told(Some("http"), true, TCP, 4_444).as_deref(), Some("http"));
        assert_eq!(told(None, true, UDP, 53).as_deref(), Some("-dns"));
        assert_eq!(told(None, false, UDP, 53), None);
        assert_eq!(told(None, true, TCP, 50_000), None);
    }
}
