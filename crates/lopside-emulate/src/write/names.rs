//! What sensors say beside flows: names in TLS, QUIC and HTTP, and queries to name servers.

use std::net::Ipv4Addr;

use crate::applications::Proto;
use crate::atlas::Atlas;
use crate::chance::Chance;
use crate::error::EmulateError;
use crate::session::Talk;
use crate::write::wire::{Ends, Wire, tuple};
use crate::write::zeek::{Cell, Log};

/// A query and its answer.
pub(super) struct Query<'a> {
    pub(super) rtt: i64,
    pub(super) name: &'a str,
    /// The record type's number and name.
    pub(super) kind: (u64, &'static str),
    pub(super) answers: Vec<String>,
    pub(super) ttl: u32,
}

/// A request over HTTP.
struct Request {
    method: &'static str,
    host: String,
    path: String,
    bodies: (u64, u64),
    message: &'static str,
}

impl Request {
    /// The request of a conversation: to a proxy, or one that sends or fetches.
    fn of(talk: &Talk, ends: Ends<'_>, chance: &mut Chance) -> Self {
        if let Some(name) = &talk.proxied {
            let host = format!("{name}:443");
            let path = host.clone();
            return Self { method: "CONNECT", host, path, bodies: (0, 0), message: "Connection established" };
        }
        let sends = talk.out > talk.back;
        let host = ends.place.name.as_deref().map_or_else(|| ends.place.address.to_string(), str::to_owned);
        Self {
            method: if sends { "POST" } else { "GET" },
            host,
            path: format!("/{}/{}", crate::names::word(chance), crate::names::word(chance)),
            bodies: (if sends { talk.out.saturating_sub(400) } else { 0 }, talk.back.saturating_sub(300)),
            message: "OK",
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let mut cells = vec![
            Cell::Count(1),
            Cell::Text(self.method),
            Cell::Text(&self.host),
            Cell::Text(&self.path),
            Cell::Unset,
            Cell::Text("1.1"),
            Cell::Text("Mozilla/5.0 (Windows NT 10.0; Win64; x64)"),
            Cell::Unset,
            Cell::Count(self.bodies.0),
            Cell::Count(self.bodies.1),
            Cell::Count(200),
            Cell::Text(self.message),
            Cell::Unset,
            Cell::Unset,
            Cell::Empty,
        ];
        cells.extend(std::iter::repeat_n(Cell::Unset, 9));
        cells
    }
}

impl Wire {
    /// Writes what the sensor reads of names at the start of a conversation.
    pub(super) fn names(
        &mut self,
        talk: &Talk,
        at: i64,
        ends: Ends<'_>,
        sensor: usize,
        uid: &str,
        chance: &mut Chance,
    ) -> Result<(), EmulateError> {
        let name = ends.place.name.as_deref();
        let server = name.map_or(Cell::Unset, Cell::Text);
        let mut cells = tuple(at + chance.range(8_000, 60_000), uid, ends, talk.port, talk.inbound);
        match talk.service.as_ref() {
            "ssl" => {
                let modern = chance.happens(0.8);
                cells.extend([
                    Cell::Text(if modern { "TLSv13" } else { "TLSv12" }),
                    Cell::Text(if modern {
                        "TLS_AES_256_GCM_SHA384"
                    } else {
                        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
                    }),
                    Cell::Text("x25519"),
                    server,
                    Cell::Flag(chance.happens(0.3)),
                    Cell::Unset,
                    if chance.happens(0.6) { Cell::Text("h2") } else { Cell::Unset },
                    Cell::Flag(true),
                    Cell::Text("CsiI"),
                    Cell::Unset,
                    Cell::Unset,
                    Cell::Unset,
                ]);
                self.put(sensor, Log::Ssl, at + 70_000, &cells)
            }
            "quic" => {
                let (first, second, third) = (chance.hex(16), chance.hex(8), chance.hex(16));
                cells.extend([
                    Cell::Text("1"),
                    Cell::Text(&first),
                    Cell::Text(&second),
                    Cell::Text(&third),
                    server,
                    Cell::Text("h3"),
                    Cell::Text("ISisH"),
                ]);
                self.put(sensor, Log::Quic, at + 70_000, &cells)
            }
            "http" => {
                let request = Request::of(talk, ends, chance);
                cells.extend(request.cells());
                self.put(sensor, Log::Http, at + 90_000, &cells)
            }
            "dns" if talk.proto == Proto::Udp => self.queries(talk, at, ends, sensor, uid, chance),
            _ => Ok(()),
        }
    }

    /// Queries to a foreign name server: one, or many with data in them.
    fn queries(
        &mut self,
        talk: &Talk,
        at: i64,
        ends: Ends<'_>,
        sensor: usize,
        uid: &str,
        chance: &mut Chance,
    ) -> Result<(), EmulateError> {
        let zone = Atlas::rare(&mut Chance::of(
            0,
            "zone of a name server",
            u64::from(ends.place.address.to_bits()),
            0,
        ));
        let carries = talk.out > 2_000;
        for query in 0..if carries { 8 } else { 1 } {
            let name = if carries {
                format!("{}.{}.{zone}", chance.hex(50).to_lowercase(), chance.hex(30).to_lowercase())
            } else {
                Atlas::rare(chance).to_string()
            };
            let answer = if carries {
                format!("TXT 60 {}", chance.hex(60))
            } else {
                Ipv4Addr::from_bits(chance.word() as u32 | 0x0100_0000).to_string()
            };
            let found = Query {
                rtt: chance.range(2_000, 60_000),
                name: &name,
                kind: if carries { (16, "TXT") } else { (1, "A") },
                answers: vec![answer],
                ttl: 60,
            };
            let start = at + query * talk.length / 8;
            self.query(start, uid, ends, sensor, found, chance)?;
        }
        Ok(())
    }

    pub(super) fn query(
        &mut self,
        at: i64,
        uid: &str,
        ends: Ends<'_>,
        sensor: usize,
        query: Query<'_>,
        chance: &mut Chance,
    ) -> Result<(), EmulateError> {
        let found = !query.answers.is_empty();
        let ttls = vec![query.ttl; query.answers.len()];
        let mut cells = tuple(at, uid, ends, 53, false);
        cells.extend([
            Cell::Text("udp"),
            Cell::Count(chance.below(65_536) as u64),
            Cell::Interval(query.rtt),
            Cell::Text(query.name),
            Cell::Count(1),
            Cell::Text("C_INTERNET"),
            Cell::Count(query.kind.0),
            Cell::Text(query.kind.1),
            Cell::Count(if found { 0 } else { 3 }),
            Cell::Text(if found { "NOERROR" } else { "NXDOMAIN" }),
            Cell::Flag(false),
            Cell::Flag(false),
            Cell::Flag(true),
            Cell::Flag(true),
            Cell::Count(0),
            if found { Cell::Texts(query.answers) } else { Cell::Unset },
            if found { Cell::Intervals(ttls) } else { Cell::Unset },
            Cell::Flag(false),
        ]);
        self.put(sensor, Log::Dns, at + query.rtt, &cells)
    }
}
