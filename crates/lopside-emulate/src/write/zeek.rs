//! Zeek's logs: their columns, and rows as tab-separated text or JSON.

use std::net::Ipv4Addr;

use crate::calendar::SECOND;
use crate::plan::NetworkFormat;
use crate::write::render::text;

/// A log of a sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Log {
    Conn,
    ConnLong,
    Dns,
    Ssl,
    Http,
    Quic,
    Dhcp,
}

/// One column of a row.
#[derive(Debug, Clone)]
pub(crate) enum Cell<'a> {
    Unset,
    /// A set or vector without members.
    Empty,
    /// Microseconds since 1970.
    Time(i64),
    /// Microseconds.
    Interval(i64),
    Count(u64),
    Flag(bool),
    Text(&'a str),
    Address(Ipv4Addr),
    Texts(Vec<String>),
    Intervals(Vec<u32>),
}

impl Log {
    /// All logs, in the order of their numbers.
    pub(crate) const ALL: &[Self] =
        &[Self::Conn, Self::ConnLong, Self::Dns, Self::Ssl, Self::Http, Self::Quic, Self::Dhcp];

    /// Its name.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Conn => "conn",
            Self::ConnLong => "conn_long",
            Self::Dns => "dns",
            Self::Ssl => "ssl",
            Self::Http => "http",
            Self::Quic => "quic",
            Self::Dhcp => "dhcp",
        }
    }

    /// Its columns: names and types.
    pub(crate) fn columns(self) -> Vec<(&'static str, &'static str)> {
        const TUPLE: &[(&str, &str)] = &[
            ("ts", "time"),
            ("uid", "string"),
            ("id.orig_h", "addr"),
            ("id.orig_p", "port"),
            ("id.resp_h", "addr"),
            ("id.resp_p", "port"),
        ];
        let own = match self {
            Self::Conn | Self::ConnLong => CONN,
            Self::Dns => DNS,
            Self::Ssl => SSL,
            Self::Http => HTTP,
            Self::Quic => QUIC,
            Self::Dhcp => return DHCP.to_vec(),
        };
        [TUPLE, own].concat()
    }
}

const CONN: &[(&str, &str)] = &[
    ("proto", "enum"),
    ("service", "string"),
    ("duration", "interval"),
    ("orig_bytes", "count"),
    ("resp_bytes", "count"),
    ("conn_state", "string"),
    ("local_orig", "bool"),
    ("local_resp", "bool"),
    ("missed_bytes", "count"),
    ("history", "string"),
    ("orig_pkts", "count"),
    ("orig_ip_bytes", "count"),
    ("resp_pkts", "count"),
    ("resp_ip_bytes", "count"),
    ("tunnel_parents", "set[string]"),
];

const DNS: &[(&str, &str)] = &[
    ("proto", "enum"),
    ("trans_id", "count"),
    ("rtt", "interval"),
    ("query", "string"),
    ("qclass", "count"),
    ("qclass_name", "string"),
    ("qtype", "count"),
    ("qtype_name", "string"),
    ("rcode", "count"),
    ("rcode_name", "string"),
    ("AA", "bool"),
    ("TC", "bool"),
    ("RD", "bool"),
    ("RA", "bool"),
    ("Z", "count"),
    ("answers", "vector[string]"),
    ("TTLs", "vector[interval]"),
    ("rejected", "bool"),
];

const SSL: &[(&str, &str)] = &[
    ("version", "string"),
    ("cipher", "string"),
    ("curve", "string"),
    ("server_name", "string"),
    ("resumed", "bool"),
    ("last_alert", "string"),
    ("next_protocol", "string"),
    ("established", "bool"),
    ("ssl_history", "string"),
    ("cert_chain_fps", "vector[string]"),
    ("client_cert_chain_fps", "vector[string]"),
    ("sni_matches_cert", "bool"),
];

const HTTP: &[(&str, &str)] = &[
    ("trans_depth", "count"),
    ("method", "string"),
    ("host", "string"),
    ("uri", "string"),
    ("referrer", "string"),
    ("version", "string"),
    ("user_agent", "string"),
    ("origin", "string"),
    ("request_body_len", "count"),
    ("response_body_len", "count"),
    ("status_code", "count"),
    ("status_msg", "string"),
    ("info_code", "count"),
    ("info_msg", "string"),
    ("tags", "set[enum]"),
    ("username", "string"),
    ("password", "string"),
    ("proxied", "set[string]"),
    ("orig_fuids", "vector[string]"),
    ("orig_filenames", "vector[string]"),
    ("orig_mime_types", "vector[string]"),
    ("resp_fuids", "vector[string]"),
    ("resp_filenames", "vector[string]"),
    ("resp_mime_types", "vector[string]"),
];

const QUIC: &[(&str, &str)] = &[
    ("version", "string"),
    ("client_initial_dcid", "string"),
    ("client_scid", "string"),
    ("server_scid", "string"),
    ("server_name", "string"),
    ("client_protocol", "string"),
    ("history", "string"),
];

const DHCP: &[(&str, &str)] = &[
    ("ts", "time"),
    ("uids", "set[string]"),
    ("client_addr", "addr"),
    ("server_addr", "addr"),
    ("mac", "string"),
    ("host_name", "string"),
    ("client_fqdn", "string"),
    ("domain", "string"),
    ("requested_addr", "addr"),
    ("assigned_addr", "addr"),
    ("lease_time", "interval"),
    ("client_message", "string"),
    ("server_message", "string"),
    ("msg_types", "vector[string]"),
    ("duration", "interval"),
];

/// The lines before the first row of a tab-separated log.
pub(crate) fn head(log: Log, opened: &str) -> String {
    let (mut names, mut types) = ("#fields".to_owned(), "#types".to_owned());
    for (name, kind) in log.columns() {
        names.push('\t');
        names.push_str(name);
        types.push('\t');
        types.push_str(kind);
    }
    let path = log.path();
    format!(
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n#open\t{opened}\n{names}\n{types}\n"
    )
}

/// The line after the last row.
pub(crate) fn foot(closed: &str) -> String {
    format!("#close\t{closed}\n")
}

/// One row as a line. `cells` stand in the order of the log's columns.
pub(crate) fn row(log: Log, format: NetworkFormat, cells: &[Cell<'_>]) -> String {
    let mut line = String::with_capacity(220);
    match format {
        NetworkFormat::ZeekTsv => {
            for (index, cell) in cells.iter().enumerate() {
                if index > 0 {
                    line.push('\t');
                }
                tsv(cell, &mut line);
            }
        }
        NetworkFormat::ZeekJson => {
            line.push('{');
            for ((name, _), cell) in log.columns().into_iter().zip(cells) {
                json(name, cell, &mut line);
            }
            line.push('}');
        }
    }
    line.push('\n');
    line
}

fn seconds(micros: i64) -> String {
    format!("{}.{:06}", micros.div_euclid(SECOND), micros.rem_euclid(SECOND))
}

fn tsv(cell: &Cell<'_>, line: &mut String) {
    match cell {
        Cell::Unset => line.push('-'),
        Cell::Empty => line.push_str("(empty)"),
        Cell::Time(micros) | Cell::Interval(micros) => line.push_str(&seconds(*micros)),
        Cell::Count(count) => line.push_str(&count.to_string()),
        Cell::Flag(flag) => line.push(if *flag { 'T' } else { 'F' }),
        Cell::Text(words) => line.push_str(words),
        Cell::Address(address) => line.push_str(&address.to_string()),
        Cell::Texts(list) => line.push_str(&list.join(",")),
        Cell::Intervals(list) => {
            let list: Vec<_> = list.iter().map(|value| format!("{value}.000000")).collect();
            line.push_str(&list.join(","));
        }
    }
}

fn json(name: &str, cell: &Cell<'_>, line: &mut String) {
    if matches!(cell, Cell::Unset) {
        return;
    }
    if line.len() > 1 {
        line.push(',');
    }
    line.push('"');
    line.push_str(name);
    line.push_str("\":");
    match cell {
        Cell::Unset => {}
        Cell::Empty => line.push_str("[]"),
        Cell::Time(micros) | Cell::Interval(micros) => line.push_str(&seconds(*micros)),
        Cell::Count(count) => line.push_str(&count.to_string()),
        Cell::Flag(flag) => line.push_str(if *flag { "true" } else { "false" }),
        Cell::Text(words) => text(words, line),
        Cell::Address(address) => line.push_str(&format!("\"{address}\"")),
        Cell::Texts(list) => {
            line.push('[');
            for (index, words) in list.iter().enumerate() {
                if index > 0 {
                    line.push(',');
                }
                text(words, line);
            }
            line.push(']');
        }
        Cell::Intervals(list) => {
            let list: Vec<_> = list.iter().map(|value| format!("{value}.0")).collect();
            line.push_str(&format!("[{}]", list.join(",")));
        }
    }
}
