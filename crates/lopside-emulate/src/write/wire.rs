//! What sensors make of conversations: flow records with their faults, names, and copies at a second sensor.

use std::net::Ipv4Addr;

use crate::applications::Proto;
use crate::calendar::{DAY, HOUR, MINUTE, SECOND};
use crate::chance::Chance;
use crate::error::EmulateError;
use crate::faults::SensorFaults;
use crate::plan::NetworkFormat;
use crate::session::{Place, Talk};
use crate::write::buckets::{Buckets, Entry};
use crate::write::names::Query;
use crate::write::zeek::{Cell, Log, row};

/// A connection that another host of the fleet accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Accept {
    pub(crate) time: i64,
    pub(crate) from: (Ipv4Addr, u16),
    pub(crate) port: u16,
    pub(crate) proto: Proto,
}

/// Who is on the wire: the host's address and port, what sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends<'a> {
    pub(crate) address: Ipv4Addr,
    pub(crate) port: u16,
    pub(crate) place: &'a Place,
    pub(crate) sensor: usize,
    pub(crate) second: Option<usize>,
    pub(crate) one_sided: bool,
}

/// A piece of a conversation that becomes one record.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: i64,
    length: i64,
    out: u64,
    back: u64,
    first: bool,
    last: bool,
}

/// The sensors of a fleet and what they wrote so far.
#[derive(Debug)]
pub(crate) struct Wire {
    buckets: Buckets,
    format: NetworkFormat,
    start: i64,
    end: i64,
    sensors: Vec<SensorFaults>,
}

impl Wire {
    /// Sensors that wrote nothing yet.
    pub(crate) fn new(
        buckets: Buckets,
        format: NetworkFormat,
        span: (i64, i64),
        sensors: Vec<SensorFaults>,
    ) -> Self {
        Self { buckets, format, start: span.0, end: span.1, sensors }
    }

    /// Gives the buckets back.
    pub(crate) fn into_buckets(self) -> Buckets {
        self.buckets
    }

    /// Records a conversation; says how many bytes out the first sensor recorded, and when it saw the end.
    pub(crate) fn talk(
        &mut self,
        talk: &Talk,
        ends: Ends<'_>,
        chance: &mut Chance,
    ) -> Result<(u64, i64), EmulateError> {
        let pieces = self.pieces(talk, chance);
        let mut sensors = vec![ends.sensor];
        sensors.extend(
            ends.second.filter(|second| *second < self.sensors.len() && !is_local(ends.place.address)),
        );
        let (mut bytes, mut last) = (0, talk.start);
        for (copy, sensor) in sensors.into_iter().enumerate() {
            let late = if copy == 0 { 0 } else { self.sensors[sensor].clock + chance.range(-300, 900) };
            for piece in &pieces {
                let mut piece = *piece;
                piece.start += late;
                // A second sensor may miss a packet or see one twice.
                if copy > 0 && chance.happens(0.15) {
                    piece.back += chance.range(0, 1_400) as u64;
                }
                self.piece(talk, piece, ends, sensor, chance)?;
                if copy == 0 && !ends.one_sided {
                    bytes += piece.out;
                    last = piece.start + piece.length;
                }
            }
        }
        Ok((bytes, last))
    }

    /// Records a name lookup.
    pub(crate) fn lookup(
        &mut self,
        at: i64,
        ends: Ends<'_>,
        query: &str,
        answers: &(Option<String>, Vec<Ipv4Addr>),
        chance: &mut Chance,
    ) -> Result<(), EmulateError> {
        let rtt = chance.range(300, 30_000);
        let size = (query.len() + 18) as u64;
        let mut talk = Talk::new(at, rtt, size, size + 16 * answers.1.len() as u64 + 30);
        (talk.proto, talk.port, talk.service) = (Proto::Udp, 53, "dns".into());
        talk.length = rtt;
        let uid = uid(chance);
        self.conn(&talk, whole(&talk), ends, ends.sensor, &uid, chance)?;
        let mut texts: Vec<String> = answers.0.iter().cloned().collect();
        texts.extend(answers.1.iter().map(Ipv4Addr::to_string));
        let ttl = chance.one(&[20, 60, 60, 300, 300, 3_600]);
        let asked = Query { rtt, name: query, kind: (1, "A"), answers: texts, ttl };
        self.query(at, &uid, ends, ends.sensor, asked, chance)
    }

    /// Records a lease.
    pub(crate) fn lease(
        &mut self,
        at: i64,
        sensor: usize,
        (name, mac, address): (&str, &str, Ipv4Addr),
        domain: &str,
        chance: &mut Chance,
    ) -> Result<(), EmulateError> {
        let [a, b, _, _] = address.octets();
        let cells = [
            Cell::Time(at),
            Cell::Texts(vec![uid(chance)]),
            Cell::Address(address),
            Cell::Address(Ipv4Addr::new(a, b, 0, 1)),
            Cell::Text(mac),
            Cell::Text(name),
            Cell::Unset,
            Cell::Text(domain),
            Cell::Address(address),
            Cell::Address(address),
            Cell::Interval(8 * HOUR),
            Cell::Unset,
            Cell::Unset,
            Cell::Texts(vec!["REQUEST".to_owned(), "ACK".to_owned()]),
            Cell::Interval(chance.range(400, 30_000)),
        ];
        self.put(sensor, Log::Dhcp, at, &cells)
    }

    /// Records a call from outside that nobody answered, or that was refused.
    pub(crate) fn scan(
        &mut self,
        at: i64,
        from: Ipv4Addr,
        ends: Ends<'_>,
        port: u16,
        chance: &mut Chance,
    ) -> Result<(), EmulateError> {
        let refused = chance.happens(0.3);
        let uid = uid(chance);
        let (state, history) = if refused { ("REJ", "Sr") } else { ("S0", "S") };
        let cells = [
            Cell::Time(at),
            Cell::Text(&uid),
            Cell::Address(from),
            Cell::Count(chance.range(1_025, 65_000) as u64),
            Cell::Address(ends.address),
            Cell::Count(port.into()),
            Cell::Text("tcp"),
            Cell::Unset,
            if refused { Cell::Interval(chance.range(40, 400)) } else { Cell::Unset },
            if refused { Cell::Count(0) } else { Cell::Unset },
            if refused { Cell::Count(0) } else { Cell::Unset },
            Cell::Text(state),
            self.local(ends.sensor, false),
            self.local(ends.sensor, true),
            Cell::Count(0),
            Cell::Text(history),
            Cell::Count(1),
            Cell::Count(44),
            Cell::Count(refused.into()),
            Cell::Count(if refused { 40 } else { 0 }),
            Cell::Unset,
        ];
        self.put(ends.sensor, Log::Conn, at, &cells)
    }

    /// Long conversations with pauses become several records.
    fn pieces(&self, talk: &Talk, chance: &mut Chance) -> Vec<Piece> {
        let (share, pause) = match talk.proto {
            Proto::Tcp => (0.12, 310 * SECOND),
            Proto::Udp => (0.35, 65 * SECOND),
            Proto::Icmp => (0.0, 0),
        };
        let most = (talk.length / (pause * 4).max(1)).min(5);
        if most < 2 || talk.out < 2_000 || !chance.happens(share) {
            return vec![whole(talk)];
        }
        let count = chance.range(2, most);
        let slice = talk.length / count;
        let (mut out, mut back) = (talk.out, talk.back);
        let mut pieces = Vec::new();
        for index in 0..count {
            let last = index + 1 == count;
            let part = 1.0 / (count - index) as f64 * chance.real(0.6, 1.3);
            let (o, b) = if last {
                (out, back)
            } else {
                (((out as f64) * part.min(0.9)) as u64, ((back as f64) * part.min(0.9)) as u64)
            };
            out -= o;
            back -= b;
            let rest = pause + chance.range(0, pause / 2);
            pieces.push(Piece {
                start: talk.start + index * slice,
                length: if last { slice } else { (slice - rest).max(SECOND) },
                out: o,
                back: b,
                first: index == 0,
                last,
            });
        }
        pieces
    }

    fn piece(
        &mut self,
        talk: &Talk,
        piece: Piece,
        ends: Ends<'_>,
        sensor: usize,
        chance: &mut Chance,
    ) -> Result<(), EmulateError> {
        let uid = uid(chance);
        self.conn(talk, piece, ends, sensor, &uid, chance)?;
        if piece.first && !ends.one_sided && !talk.midstream {
            self.names(talk, piece.start, ends, sensor, &uid, chance)?;
        }
        Ok(())
    }

    fn conn(
        &mut self,
        talk: &Talk,
        piece: Piece,
        ends: Ends<'_>,
        sensor: usize,
        uid: &str,
        chance: &mut Chance,
    ) -> Result<(), EmulateError> {
        let out = Side::of(piece.out, piece.back, talk.proto, chance);
        let back = Side::of(piece.back, piece.out, talk.proto, chance);
        let (orig, resp) = if talk.inbound { (back, out) } else { (out, back) };
        let one_sided = ends.one_sided && talk.proto == Proto::Tcp;
        let (state, history) = if one_sided {
            ("SHR", "^hadf")
        } else {
            ending(talk, piece, orig.bytes > 0, resp.bytes > 0, chance)
        };
        let (orig, resp) = match (one_sided, talk.inbound) {
            (true, false) => (Side { bytes: 0, packets: 0, ip: 0 }, resp),
            (true, true) => (orig, Side { bytes: 0, packets: 0, ip: 0 }),
            _ => (orig, resp),
        };
        let missed =
            if talk.mark.is_none() && talk.proto == Proto::Tcp && chance.happens(self.sensors[sensor].gaps) {
                (orig.bytes.max(resp.bytes) as f64 * chance.real(0.0, 0.4)) as u64
            } else {
                0
            };
        let service = if piece.first && !one_sided { recognised(talk) } else { Cell::Unset };
        let local_peer = is_local(ends.place.address);
        let mut cells = tuple(piece.start, uid, ends, talk.port, talk.inbound);
        cells.extend([
            Cell::Text(transport(talk.proto)),
            service,
            Cell::Interval(piece.length),
            Cell::Count(orig.bytes),
            Cell::Count(resp.bytes),
            Cell::Text(state),
            self.local(sensor, if talk.inbound { local_peer } else { true }),
            self.local(sensor, if talk.inbound { true } else { local_peer }),
            Cell::Count(missed),
            Cell::Text(history),
            Cell::Count(orig.packets),
            Cell::Count(orig.ip),
            Cell::Count(resp.packets),
            Cell::Count(resp.ip),
            Cell::Unset,
        ]);
        let end = piece.start + piece.length;
        // What goes on after the last day is never written.
        if end <= self.end + 2 * MINUTE {
            let timeout = if piece.last && talk.proto == Proto::Tcp { 0 } else { MINUTE };
            self.put(sensor, Log::Conn, end + timeout, &cells)?;
        }
        self.long(piece, sensor, &mut cells)
    }

    /// Long connections are written while they last, with what they had by then.
    fn long(&mut self, piece: Piece, sensor: usize, cells: &mut [Cell<'_>]) -> Result<(), EmulateError> {
        if !self.sensors[sensor].writes_long {
            return Ok(());
        }
        let full = cells.to_vec();
        for step in [10 * MINUTE, 30 * MINUTE, HOUR, 12 * HOUR] {
            if step >= piece.length || piece.start + step > self.end {
                break;
            }
            let share = step as f64 / piece.length as f64;
            for at in [9, 10, 16, 17, 18, 19] {
                if let (Cell::Count(now), Some(Cell::Count(all))) = (&mut cells[at], full.get(at)) {
                    *now = (*all as f64 * share) as u64;
                }
            }
            cells[8] = Cell::Interval(step);
            cells[11] = Cell::Text("S1");
            self.put(sensor, Log::ConnLong, piece.start + step, cells)?;
        }
        Ok(())
    }

    fn local(&self, sensor: usize, local: bool) -> Cell<'static> {
        if self.sensors[sensor].knows_local { Cell::Flag(local) } else { Cell::Unset }
    }

    pub(super) fn put(
        &mut self,
        sensor: usize,
        log: Log,
        at: i64,
        cells: &[Cell<'_>],
    ) -> Result<(), EmulateError> {
        let line = row(log, self.format, cells);
        let day = (at - self.start).div_euclid(DAY).max(0) as usize;
        self.buckets.put(sensor, day, Entry { log: log as u8, time: at, line: line.as_bytes() })
    }
}

/// What one side sent.
#[derive(Debug, Clone, Copy)]
struct Side {
    bytes: u64,
    packets: u64,
    ip: u64,
}

impl Side {
    fn of(bytes: u64, other: u64, proto: Proto, chance: &mut Chance) -> Self {
        let (size, header, setup) = match proto {
            Proto::Tcp => (1_400, if chance.happens(0.7) { 40 } else { 52 }, 4),
            Proto::Udp => (1_180, 28, 0),
            Proto::Icmp => (1_000, 28, 0),
        };
        let acknowledges = if proto == Proto::Tcp { other / 2_900 } else { 0 };
        let packets = bytes.div_ceil(size) + acknowledges + setup;
        Self { bytes, packets, ip: bytes + packets * header }
    }
}

/// What the sensor recognises in a conversation.
fn recognised(talk: &Talk) -> Cell<'_> {
    match talk.service.as_ref() {
        "-" => Cell::Unset,
        "quic" => Cell::Text("quic,ssl"),
        other => Cell::Text(other),
    }
}

fn transport(proto: Proto) -> &'static str {
    match proto {
        Proto::Tcp => "tcp",
        Proto::Udp => "udp",
        Proto::Icmp => "icmp",
    }
}

fn whole(talk: &Talk) -> Piece {
    Piece { start: talk.start, length: talk.length, out: talk.out, back: talk.back, first: true, last: true }
}

fn ending(
    talk: &Talk,
    piece: Piece,
    out: bool,
    back: bool,
    chance: &mut Chance,
) -> (&'static str, &'static str) {
    match (talk.proto, talk.midstream || !piece.first) {
        (Proto::Udp | Proto::Icmp, _) => match (out, back) {
            (true, false) => ("S0", "D"),
            (false, true) => ("SHR", "^d"),
            _ => ("SF", "Dd"),
        },
        (Proto::Tcp, true) => ("OTH", if piece.last { "DdAaFf" } else { "DadA" }),
        (Proto::Tcp, false) if !piece.last => ("S1", "ShADad"),
        (Proto::Tcp, false) => match chance.below(20) {
            0 => ("RSTO", "ShADadR"),
            1 => ("RSTR", "ShADadr"),
            2 => ("S3", "ShADadf"),
            _ => ("SF", "ShADadFf"),
        },
    }
}

pub(super) fn tuple<'a>(at: i64, uid: &'a str, ends: Ends<'_>, port: u16, inbound: bool) -> Vec<Cell<'a>> {
    let (mine, theirs) = (ends.address, ends.place.address);
    let mut cells = Vec::with_capacity(24);
    cells.extend([Cell::Time(at), Cell::Text(uid)]);
    if inbound {
        cells.extend([
            Cell::Address(theirs),
            Cell::Count(ends.port.into()),
            Cell::Address(mine),
            Cell::Count(port.into()),
        ]);
    } else {
        cells.extend([
            Cell::Address(mine),
            Cell::Count(ends.port.into()),
            Cell::Address(theirs),
            Cell::Count(port.into()),
        ]);
    }
    cells
}

fn is_local(address: Ipv4Addr) -> bool {
    address.is_private()
}

/// A Zeek uid: `C` and 16 or 17 letters and digits.
fn uid(chance: &mut Chance) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut word = u128::from(chance.word()) << 64 | u128::from(chance.word());
    let length = if chance.happens(0.8) { 17 } else { 16 };
    let mut uid = String::with_capacity(18);
    uid.push('C');
    for _ in 0..length {
        uid.push(LETTERS[(word % 62) as usize] as char);
        word /= 62;
    }
    uid
}
