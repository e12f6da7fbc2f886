//! The logs of Zeek by name: which are read, and which are known but hold nothing that Lopside uses.

/// A log that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Log {
    Conn,
    ConnLong,
    Dns,
    Ssl,
    Quic,
    Http,
    Files,
    Dhcp,
    /// Known or at least written by Zeek, but not used.
    Other,
}

/// Logs that are read, by the name that Zeek gives them.
const READ: [(&str, Log); 8] = [
    ("conn", Log::Conn),
    ("conn_long", Log::ConnLong),
    ("dns", Log::Dns),
    ("ssl", Log::Ssl),
    ("quic", Log::Quic),
    ("http", Log::Http),
    ("files", Log::Files),
    ("dhcp", Log::Dhcp),
];

/// Logs that Zeek and its common packages write and that hold nothing that is used here, with the kind under which they are
/// counted.
const UNUSED: [(&str, &str); 58] = [
    ("analyzer", "zeek-analyzer"),
    ("broker", "zeek-broker"),
    ("capture_loss", "zeek-capture_loss"),
    ("cluster", "zeek-cluster"),
    ("config", "zeek-config"),
    ("conn_red", "zeek-conn_red"),
    ("dce_rpc", "zeek-dce_rpc"),
    ("dnp3", "zeek-dnp3"),
    ("dpd", "zeek-dpd"),
    ("ftp", "zeek-ftp"),
    ("intel", "zeek-intel"),
    ("irc", "zeek-irc"),
    ("kerberos", "zeek-kerberos"),
    ("known_certs", "zeek-known_certs"),
    ("known_hosts", "zeek-known_hosts"),
    ("known_modbus", "zeek-known_modbus"),
    ("known_services", "zeek-known_services"),
    ("ldap", "zeek-ldap"),
    ("ldap_search", "zeek-ldap_search"),
    ("loaded_scripts", "zeek-loaded_scripts"),
    ("modbus", "zeek-modbus"),
    ("mqtt_connect", "zeek-mqtt_connect"),
    ("mqtt_publish", "zeek-mqtt_publish"),
    ("mqtt_subscribe", "zeek-mqtt_subscribe"),
    ("mysql", "zeek-mysql"),
    ("netcontrol", "zeek-netcontrol"),
    ("notice", "zeek-notice"),
    ("notice_alarm", "zeek-notice_alarm"),
    ("ntlm", "zeek-ntlm"),
    ("ntp", "zeek-ntp"),
    ("ocsp", "zeek-ocsp"),
    ("packet_filter", "zeek-packet_filter"),
    ("pe", "zeek-pe"),
    ("postgresql", "zeek-postgresql"),
    ("print", "zeek-print"),
    ("prof", "zeek-prof"),
    ("radius", "zeek-radius"),
    ("rdp", "zeek-rdp"),
    ("redis", "zeek-redis"),
    ("reporter", "zeek-reporter"),
    ("rfb", "zeek-rfb"),
    ("signatures", "zeek-signatures"),
    ("sip", "zeek-sip"),
    ("smb_cmd", "zeek-smb_cmd"),
    ("smb_files", "zeek-smb_files"),
    ("smb_mapping", "zeek-smb_mapping"),
    ("smtp", "zeek-smtp"),
    ("snmp", "zeek-snmp"),
    ("socks", "zeek-socks"),
    ("software", "zeek-software"),
    ("ssh", "zeek-ssh"),
    ("stats", "zeek-stats"),
    ("syslog", "zeek-syslog"),
    ("telemetry", "zeek-telemetry"),
    ("traceroute", "zeek-traceroute"),
    ("tunnel", "zeek-tunnel"),
    ("weird", "zeek-weird"),
    ("x509", "zeek-x509"),
];

impl Log {
    /// The log of this name; `Other` for all that is not read.
    pub(super) fn of(name: &str) -> Log {
        READ.iter().find(|(known, _)| *known == name).map_or(Log::Other, |(_, log)| *log)
    }

    /// The kind under which its records are counted.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Log::Conn => "zeek-conn",
            Log::ConnLong => "zeek-conn_long",
            Log::Dns => "zeek-dns",
            Log::Ssl => "zeek-ssl",
            Log::Quic => "zeek-quic",
            Log::Http => "zeek-http",
            Log::Files => "zeek-files",
            Log::Dhcp => "zeek-dhcp",
            Log::Other => "zeek-other",
        }
    }
}

/// The kind under which the records of a log that is not used are counted: its own where it is known, so that a hostile stream
/// of made-up names cannot fill the report.
pub(super) fn unused_kind(name: &str) -> &'static str {
    UNUSED.iter().find(|(known, _)| *known == name).map_or("zeek-other", |(_, kind)| *kind)
}

/// Whether Zeek or a common package of it writes a log of this name.
pub(super) fn is_known(name: &str) -> bool {
    Log::of(name) != Log::Other || UNUSED.iter().any(|(known, _)| *known == name)
}

/// The log that a file name speaks of, with the bytes of the name that say so: the longest name of a log that stands between
/// separators (`NASHUA_conn.log`, `smb_files.09:00:00-10:00:00.log.gz`).
pub(super) fn in_file_name(name: &str) -> Option<(&'static str, std::ops::Range<usize>)> {
    let known = READ.iter().map(|(log, _)| *log).chain(UNUSED.iter().map(|(log, _)| *log));
    let mut best: Option<(&'static str, std::ops::Range<usize>)> = None;
    for log in known {
        for (start, found) in name.match_indices(log) {
            let end = start + found.len();
            let apart = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
            let before = start.checked_sub(1).and_then(|place| name.as_bytes().get(place));
            let stands_alone = apart(before) && apart(name.as_bytes().get(end));
            // Of names as long as one another the last is the log's: `files_conn.log` is a conn.log of `files`.
            if stands_alone
                && best.as_ref().is_none_or(|(other, at)| (log.len(), start) > (other.len(), at.start))
            {
                best = Some((log, start..end));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_speak_of_logs() {
        let log = |name: &str| in_file_name(name).map(|(log, _)| log);
        assert_eq!(log("NASHUA_conn.log"), Some("conn"));
        assert_eq!(log("conn_long.log"), Some("conn_long"));
        assert_eq!(log("smb_files.09:00:00-10:00:00.log.gz"), Some("smb_files"));
        assert_eq!(log("json_streaming_dns.log.1"), Some("dns"));
        assert_eq!(log("conn-26-03-11_09.00.00.log"), Some("conn"));
        assert_eq!(log("labeled-conn.log"), Some("conn"));
        assert_eq!(log("connections.json"), None);
    }
}
