//! Protocols of text whose messages end by a length, a checksum or a mark.

use super::{Extent, Over, Protocol, protocol};
use crate::content::{decimal, find, place};

pub(super) const ALL: &[Protocol] = &[
    protocol("SIP", Over::Both, sip),
    protocol("RTSP", Over::Streams, rtsp),
    protocol("SSDP", Over::Datagrams, ssdp),
    protocol("calls behind a head of text", Over::Streams, headed),
    protocol("Syslog", Over::Streams, syslog),
    protocol("FIX", Over::Streams, fix),
    protocol("HL7", Over::Streams, hl7),
    protocol("NMEA", Over::Both, nmea),
];

/// The longest head, and the longest message that is believed.
const HEAD: usize = 8192;
const LONGEST: u64 = 1 << 26;

/// Where a head of lines ends, and the length that it says.
fn head(bytes: &[u8]) -> Option<(usize, Option<usize>)> {
    let end = find(bytes.get(..bytes.len().min(HEAD))?, b"\r\n\r\n", 0)? + 4;
    let lines = bytes.get(..end)?.split(|byte| *byte == b'\n');
    let mut said = lines.filter_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        let (name, value) = line.split_at_checked(colon)?;
        let known = matches!(name.trim_ascii().to_ascii_lowercase().as_slice(), b"content-length" | b"l");
        known.then(|| decimal(value.get(1..)?.trim_ascii()).filter(|length| *length < LONGEST).map(place))
    });
    Some((end, said.next_back().flatten()))
}

/// Line ends between messages keep connections alive.
fn with_breaks(bytes: &[u8], end: usize) -> Extent {
    let breaks = bytes.get(end..).unwrap_or_default();
    Extent::to(end + breaks.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count())
}

/// Whether the first line begins or ends with the name of a protocol.
fn speaks(bytes: &[u8], name: &[u8]) -> bool {
    let first = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    let line = first.split(|byte| *byte == b'\r').next().unwrap_or_default();
    line.len() < first.len() && (line.starts_with(name) || line.ends_with(name))
}

/// By the length that its head says (RFC 3261).
fn sip(bytes: &[u8]) -> Option<Extent> {
    let (end, said) = speaks(bytes, b"SIP/2.0").then(|| head(bytes))??;
    Some(with_breaks(bytes, end + said?))
}

/// By the length that its head says, where one does; media stand between its messages (RFC 2326 and 7826).
fn rtsp(bytes: &[u8]) -> Option<Extent> {
    if let [b'$', 0..=15, high, low, ..] = bytes {
        return Some(Extent::to(4 + (usize::from(*high) << 8 | usize::from(*low))));
    }
    let known = speaks(bytes, b"RTSP/1.0") || speaks(bytes, b"RTSP/2.0");
    let (end, said) = known.then(|| head(bytes))??;
    Some(with_breaks(bytes, end + said.unwrap_or(0)))
}

/// At the end of its head: it has no body.
fn ssdp(bytes: &[u8]) -> Option<Extent> {
    let starts = [b"M-SEARCH * HTTP/1.1\r\n".as_slice(), b"NOTIFY * HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\n"];
    let known = starts.iter().any(|start| bytes.starts_with(start));
    let (end, said) = known.then(|| head(bytes))??;
    Some(with_breaks(bytes, end + said.unwrap_or(0)))
}

/// By the length that a head says of calls of servers of languages and debuggers.
fn headed(bytes: &[u8]) -> Option<Extent> {
    let known = matches!(bytes.get(..8)?.to_ascii_lowercase().as_slice(), b"content-");
    let (end, said) = known.then(|| head(bytes))??;
    Some(Extent::to(end + said?))
}

/// By its length in digits before it (RFC 6587).
fn syslog(bytes: &[u8]) -> Option<Extent> {
    let digits = bytes.iter().take(7).position(|byte| *byte == b' ')?;
    let length = place(decimal(bytes.get(..digits)?)?);
    let rest = bytes.get(digits + 1..)?;
    let severity = rest.iter().take(5).position(|byte| *byte == b'>')?;
    let known = rest.first() == Some(&b'<') && decimal(rest.get(1..severity)?)? < 192 && length > severity;
    known.then(|| Extent::to(digits + 1 + length))
}

/// By the length of its body, behind which its checksum ends it.
fn fix(bytes: &[u8]) -> Option<Extent> {
    let head = bytes.get(..bytes.len().min(40))?;
    let at = head.starts_with(b"8=FIX").then(|| find(head, b"\x019=", 0))?? + 3;
    let digits = memchr::memchr(1, head.get(at..)?)?;
    let end = at + digits + 1 + place(decimal(head.get(at..at + digits)?)?) + 7;
    let sum = bytes.get(end - 7..end);
    sum.is_none_or(|sum| sum.starts_with(b"10=") && sum.ends_with(b"\x01")).then(|| Extent::to(end))
}

/// Between marks of a block.
fn hl7(bytes: &[u8]) -> Option<Extent> {
    let known = matches!(bytes.get(..4)?, b"\x0BMSH" | b"\x0BFHS" | b"\x0BBHS");
    let end = known.then(|| find(bytes, b"\x1C\r", 0))??;
    Some(Extent::to(end + 2))
}

/// At its checksum, and the line end behind it.
fn nmea(bytes: &[u8]) -> Option<Extent> {
    let head = bytes.get(..bytes.len().min(120))?;
    let star = memchr::memchr(b'*', head)?;
    let [b'$' | b'!', words @ ..] = head.get(..star)? else { return None };
    let sum = u8::from_str_radix(std::str::from_utf8(head.get(star + 1..star + 3)?).ok()?, 16).ok()?;
    let fits = words.len() >= 6 && words.iter().fold(0, |sum, byte| sum ^ byte) == sum;
    fits.then(|| with_breaks(bytes, star + 3))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Sample;

    pub(in super::super) const SAMPLES: &[Sample] = &[
        ("SIP", || b"SIP/2.0 200 OK\r\nContent-Length: 4\r\n\r\nbody".to_vec()),
        ("RTSP", || b"OPTIONS rtsp://a RTSP/1.0\r\nCSeq: 1\r\n\r\n".to_vec()),
        ("SSDP", || b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n".to_vec()),
        ("calls behind a head of text", || b"Content-Length: 2\r\n\r\n{}".to_vec()),
        ("Syslog", || b"14 <34>1 message!".to_vec()),
        ("FIX", || b"8=FIX.4.4\x019=5\x0135=0\x0110=161\x01".to_vec()),
        ("HL7", || b"\x0BMSH|^~\\&|LAB\r\x1C\r".to_vec()),
        ("NMEA", || b"$GPGLL,4916.45,N,12311.12,W,225444,A*31\r\n".to_vec()),
    ];
}
