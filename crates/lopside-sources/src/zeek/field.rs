//! The fields of all logs that are read, under one numbering, and how a mapping asks a record for them.

use std::borrow::Cow;

use lopside_model::Micros;

macro_rules! fields {
    ($($name:ident = $($zeek:literal)|+;)*) => {
        /// A field of some log.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Field { $($name,)* }

        /// Every name that a field has in some version of Zeek.
        pub(super) const NAMES: &[(&str, Field)] = &[$($(($zeek, Field::$name),)+)*];

        /// How many fields there are.
        pub(super) const COUNT: usize = [$(Field::$name,)*].len();
    };
}

fields! {
    Ts = "ts";
    Uid = "uid";
    OrigIp = "id.orig_h";
    OrigPort = "id.orig_p";
    RespIp = "id.resp_h";
    RespPort = "id.resp_p";
    Proto = "proto";
    IpProto = "ip_proto";
    Service = "service";
    Duration = "duration";
    OrigBytes = "orig_bytes";
    RespBytes = "resp_bytes";
    ConnState = "conn_state";
    LocalOrig = "local_orig";
    LocalResp = "local_resp";
    MissedBytes = "missed_bytes";
    History = "history";
    OrigPackets = "orig_pkts";
    OrigIpBytes = "orig_ip_bytes";
    RespPackets = "resp_pkts";
    RespIpBytes = "resp_ip_bytes";
    TunnelParents = "tunnel_parents";
    Query = "query";
    Answers = "answers";
    Ttls = "TTLs";
    ServerName = "server_name";
    Subject = "subject";
    Validation = "validation_status";
    Host = "host";
    Uri = "uri";
    Fuid = "fuid";
    ConnUids = "conn_uids";
    IsOrig = "is_orig";
    MimeType = "mime_type";
    FileName = "filename";
    SeenBytes = "seen_bytes";
    MissingBytes = "missing_bytes";
    RequestBody = "request_body_len";
    RequestTypes = "orig_mime_types";
    AssignedIp = "assigned_addr" | "assigned_ip";
    Mac = "mac";
    HostName = "host_name";
    ClientFqdn = "client_fqdn";
    LeaseTime = "lease_time";
    MessageTypes = "msg_types";
    Path = "_path" | "@stream" | "@path";
    System = "_system_name" | "@system";
    Cipher = "cipher";
    Established = "established";
    ClientDcid = "client_initial_dcid";
    Method = "method";
    TransDepth = "trans_depth";
    StatusCode = "status_code";
    QueryType = "qtype";
    ResponseCode = "rcode";
}

/// One record, whatever its notation.
pub(super) trait Row {
    /// A scalar as it was written; `None` where it is unset.
    fn raw(&self, field: Field) -> Option<&str>;

    /// A text with its escapes resolved; `None` where it is unset or empty.
    fn text(&self, field: Field) -> Option<Cow<'_, str>>;

    /// The elements of a set or vector, in order.
    fn each(&self, field: Field, take: &mut dyn FnMut(&str));

    /// Whether the record has such a field at all, set or not.
    fn has(&self, field: Field) -> bool;

    /// Whether it is written in the Elastic Common Schema, which has no payload bytes and lengths of time in nanoseconds.
    fn is_ecs(&self) -> bool {
        false
    }
}

/// A field that makes a record unreadable, and what is wrong with it.
pub(super) type Wrong = &'static str;

/// A time: seconds or milliseconds since 1970, or ISO 8601.
pub(super) fn time(row: &impl Row) -> Result<Micros, Wrong> {
    let text = row.raw(Field::Ts).ok_or("ts is missing")?;
    if let Some(time) = usual_time(text.as_bytes()) {
        return Ok(time);
    }
    let exact = if text.as_bytes().get(4) == Some(&b'-') {
        Micros::parse_iso(text)
    } else {
        Micros::parse_epoch(text)
    };
    exact.or_else(|| rounded(text)).ok_or("ts is not a time between 1601 and 9999")
}

/// The one notation of TSV, `1773220442.091862`.
fn usual_time(text: &[u8]) -> Option<Micros> {
    let digits: &[u8; 17] = text.try_into().ok()?;
    let mut micros = 0_i64;
    for (place, byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if place == 10 {
            if *byte != b'.' {
                return None;
            }
        } else if digit > 9 {
            return None;
        } else {
            micros = micros * 10 + i64::from(digit);
        }
    }
    Some(Micros(micros))
}

/// A time in the notation of floats with an exponent.
fn rounded(text: &str) -> Option<Micros> {
    if !text.bytes().any(|byte| matches!(byte, b'e' | b'E')) {
        return None;
    }
    let seconds: f64 = text.parse().ok()?;
    let micros = Micros((seconds * 1e6).round() as i64);
    (seconds.is_finite() && micros.plausible()).then_some(micros)
}

/// A length of time in microseconds, from seconds; `None` where it is unset or nonsense.
pub(super) fn interval(row: &impl Row, field: Field) -> Option<i64> {
    // A thousand years: longer than any conversation, and far from overflow.
    const LONGEST: i64 = 31_536_000_000 * lopside_model::time::SECOND;
    let text = row.raw(field)?;
    if let Some(usual) = usual_interval(text.as_bytes()) {
        return Some(usual);
    }
    let micros = match Micros::parse_epoch(text) {
        Some(exact) => exact.0,
        None => (text.parse::<f64>().ok().filter(|seconds| seconds.is_finite())? * 1e6).round() as i64,
    };
    (0..=LONGEST).contains(&micros).then_some(micros)
}

/// The one notation of TSV, `92.224516`: up to eight digits, a dot and six more.
fn usual_interval(text: &[u8]) -> Option<i64> {
    let (whole, fraction) = text.split_last_chunk::<7>()?;
    if whole.is_empty() || whole.len() > 8 || fraction.first() != Some(&b'.') {
        return None;
    }
    let mut micros = 0_i64;
    for byte in whole.iter().chain(fraction.iter().skip(1)) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        micros = micros * 10 + i64::from(digit);
    }
    Some(micros)
}

/// A count; the second is the complaint for what is no count below 2^63.
pub(super) fn count(row: &impl Row, field: Field, wrong: Wrong) -> Result<Option<u64>, Wrong> {
    let Some(text) = row.raw(field) else { return Ok(None) };
    parse_count(text).map(Some).ok_or(wrong)
}

fn parse_count(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > 19 {
        return whole_float(text);
    }
    let mut value = 0_u64;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return whole_float(text);
        }
        value = value * 10 + u64::from(digit);
    }
    (value <= i64::MAX as u64).then_some(value)
}

/// JSON writers of other languages turn counts into floats.
#[cold]
fn whole_float(text: &str) -> Option<u64> {
    text.strip_suffix(".0").filter(|whole| !whole.contains('.')).and_then(parse_count)
}

/// A truth value; `None` where it is unset or none.
pub(super) fn flag(row: &impl Row, field: Field) -> Option<bool> {
    match row.raw(field)? {
        "T" | "true" => Some(true),
        "F" | "false" => Some(false),
        _ => None,
    }
}

/// The two ends of a record.
pub(super) struct Ends {
    pub(super) source_ip: u128,
    pub(super) source_port: u16,
    pub(super) destination_ip: u128,
    pub(super) destination_port: u16,
    /// Whether the source's address is of version 6.
    pub(super) six: bool,
}

/// Reads the two ends.
pub(super) fn ends(row: &impl Row) -> Result<Ends, Wrong> {
    let (source_ip, six) = address(row, Field::OrigIp).ok_or("id.orig_h is not an address")?;
    let (destination_ip, _) = address(row, Field::RespIp).ok_or("id.resp_h is not an address")?;
    let source_port = port(row, Field::OrigPort).ok_or("id.orig_p is not a port from 0 to 65535")?;
    let destination_port = port(row, Field::RespPort).ok_or("id.resp_p is not a port from 0 to 65535")?;
    Ok(Ends { source_ip, source_port, destination_ip, destination_port, six })
}

/// An address as 128 bits, and whether it is of version 6.
pub(super) fn address(row: &impl Row, field: Field) -> Option<(u128, bool)> {
    let ip = lopside_model::net::parse_ip(row.raw(field)?)?;
    Some((lopside_model::net::bits(ip), ip.is_ipv6()))
}

/// A port; an unset one is 0.
fn port(row: &impl Row, field: Field) -> Option<u16> {
    let Some(text) = row.raw(field) else { return Some(0) };
    u16::try_from(parse_count(text)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_agree_with_the_library() {
        for text in [
            "1773220442.091862",
            "0000000000.000001",
            "1773220442.09186",
            "17732204420.91862",
            "1773220442,091862",
        ] {
            if let Some(time) = usual_time(text.as_bytes()) {
                assert_eq!(Micros::parse_epoch(text), Some(time), "{text}");
            }
        }
        assert_eq!(usual_time(b"1773220442.091862"), Some(Micros(1_773_220_442_091_862)));
    }

    #[test]
    fn intervals_agree_with_the_library() {
        for text in [
            "92.224516",
            "0.000001",
            "99999999.999999",
            "1.5",
            "-1.224516",
            "x.224516",
            "92.22451a",
            ".224516",
        ] {
            if let Some(micros) = usual_interval(text.as_bytes()) {
                assert_eq!(Micros::parse_epoch(text), Some(Micros(micros)), "{text}");
            }
        }
        assert_eq!(usual_interval(b"92.224516"), Some(92_224_516));
        assert_eq!(usual_interval(b"92.22451a"), None);
    }

    #[test]
    fn counts_below_2_to_the_63() {
        assert_eq!(parse_count("9223372036854775807"), Some(i64::MAX as u64));
        for text in
            ["9223372036854775808", "18446744073709551616", "-1", "+1", "", "1.5", "1e3", "12.0.0", ".0"]
        {
            assert_eq!(parse_count(text), None, "{text}");
        }
        assert_eq!(parse_count("12.0"), Some(12));
    }
}
