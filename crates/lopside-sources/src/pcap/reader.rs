//! A capture from its first byte to its last: frames to conversations.

use std::io::Read;

use lopside_model::record::{EventClass, Record};
use lopside_model::tables::Lookup;
use lopside_model::{Micros, name};
use rustc_hash::FxHashMap;

use super::conversation::{Conversation, Weight};
use super::fragments::{Fragments, Whole};
use super::frame::{Frame, Frames};
use super::ip::{self, Packet};
use super::link::{self, Carried};
use super::names::dns::Answer;
use super::sampling::Sampling;
use super::table::{Envelope, Over, Table};
use super::transport::{self, Content};
use super::window::Window;
use super::{classic, ng, row};
use crate::input::{InputStream, Limits};
use crate::job::Job;
use crate::source::{InputInfo, Sink};

/// What the report calls packets.
const PACKET: &str = "packet";
/// Tunnels inside of each other that are followed.
const MOST_TUNNELS: u32 = 4;
/// Names of addresses that are kept of a capture.
const MOST_NAMES: usize = 100_000;

/// Whether a stream begins like a capture.
pub(crate) fn recognise(head: &[u8]) -> bool {
    const MAGICS: [[u8; 4]; 5] = [
        *b"\xd4\xc3\xb2\xa1",
        *b"\xa1\xb2\xc3\xd4",
        *b"\x4d\x3c\xb2\xa1",
        *b"\xa1\xb2\x3c\x4d",
        *b"\x34\xcd\xb2\xa1",
    ];
    head.first_chunk::<4>().is_some_and(|magic| MAGICS.contains(magic)) || ng::recognise(head)
}

/// How a capture is read.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// Bytes of memory for conversations that go on.
    pub(super) memory: usize,
    /// How content is sampled and judged, where it is.
    pub(super) payload: Option<lopside_payload::Settings>,
}

impl Default for Options {
    fn default() -> Self {
        Options { memory: Limits::default().conversations, payload: None }
    }
}

/// Reads a capture.
pub(crate) fn read(stream: InputStream<'_>, job: &Job<'_>) {
    let mut stream = Some(stream);
    job.stretch(0, |stretch| {
        if let Some(stream) = stream.take() {
            let options = Options { memory: job.limits.conversations, payload: job.payload.cloned() };
            let sections = ng::recognise(stream.head());
            stretch.tally.closed_early = read_from(&job.info, stream, sections, &options, stretch);
        }
    });
}

/// Reads a capture in memory; how many conversations were closed before they were over, for want of memory.
#[cfg(test)]
pub(super) fn read_bytes(info: &InputInfo<'_>, bytes: &[u8], options: &Options, sink: &mut dyn Sink) -> u64 {
    read_from(info, bytes, ng::recognise(bytes), options, sink)
}

fn read_from(
    info: &InputInfo<'_>,
    stream: impl Read,
    sections: bool,
    options: &Options,
    sink: &mut dyn Sink,
) -> u64 {
    let mut window = Window::new(stream);
    let mut reader = Reader::new(info, options, sink);
    if sections {
        ng::read(&mut window, &mut reader);
    } else {
        classic::read(&mut window, &mut reader);
    }
    reader.finish()
}

/// Everything that one capture needs while it is read.
struct Reader<'a, 's> {
    table: Table,
    fragments: Fragments,
    rows: Rows<'a, 's>,
    /// The time of the last frame, for those that have none.
    time: Option<Micros>,
}

/// Where rows go.
struct Rows<'a, 's> {
    info: &'a InputInfo<'a>,
    sink: &'s mut dyn Sink,
    /// Names that the capture itself gives to addresses.
    names: FxHashMap<u128, String>,
}

impl Over for Rows<'_, '_> {
    fn over(&mut self, conversation: &Conversation) {
        let resolved = |address: u128| self.names.get(&address).map(String::as_str);
        row::tell(self.info, conversation, &resolved, &mut |record: &Record<'_>| self.sink.put(record));
    }

    fn answer(&mut self, client: u128, time: i64, answer: &Answer) {
        for (address, ttl) in &answer.addresses {
            self.sink.put(&Record::Lookup(Lookup {
                host: None,
                client_ip: Some(client),
                class: EventClass::Sensor.code(),
                time,
                name: &answer.name,
                answer: *address,
                ttl: Some(*ttl),
                pid: None,
                guid: None,
            }));
        }
    }
}

impl<'a, 's> Reader<'a, 's> {
    fn new(info: &'a InputInfo<'a>, options: &Options, sink: &'s mut dyn Sink) -> Self {
        Reader {
            table: Table::new(options.memory, Sampling::new(options.payload.clone(), options.memory)),
            fragments: Fragments::default(),
            rows: Rows { info, sink, names: FxHashMap::default() },
            time: None,
        }
    }

    /// Closes what is open; how many conversations had to be closed before.
    fn finish(mut self) -> u64 {
        let Reader { table, fragments, rows, time } = &mut self;
        let time = time.unwrap_or_default();
        fragments.finish(&mut |whole| count_whole(table, rows, whole, time, 0));
        table.finish(rows);
        table.pressed_out
    }

    fn carried(&mut self, frame: &Frame<'_>, time: Micros) -> Result<(), Unread> {
        let packet = match link::open(frame.link, frame.data) {
            Carried::Ip(packet) => packet,
            Carried::Other(kind) | Carried::UnreadLink(kind) => return Err(Unread::Other(kind)),
            Carried::Damaged(why) => return Err(Unread::Damaged(why)),
        };
        let captured = frame.data.len() as u32;
        // Some sensors write rubbish for the length on the wire: the packet's own length decides below it.
        let on_wire = frame.original.max(captured);
        let before = captured - packet.len() as u32;
        let packet = ip::open(packet, on_wire - before).map_err(Unread::Damaged)?;
        let weight =
            Weight { packets: 1, ip: packet.total, frame: packet.total.max(captured - before) + before };
        if let Some(fragment) = packet.fragment {
            let Reader { table, fragments, rows, .. } = self;
            fragments.add(&packet, fragment, weight.frame, time.0, &mut |whole| {
                count_whole(table, rows, whole, time, frame.number);
            });
            return Ok(());
        }
        count(&mut self.table, &mut self.rows, &packet, Place { time, number: frame.number, lost: 0, weight })
            .map_err(Unread::Damaged)
    }
}

/// Why nothing was made of a frame.
enum Unread {
    Other(&'static str),
    Damaged(&'static str),
}

impl Frames for Reader<'_, '_> {
    fn frame(&mut self, frame: &Frame<'_>) {
        let Some(time) = frame.time.or(self.time).filter(|time| time.plausible()) else {
            return self.rows.sink.skipped(frame.number, "a frame has no time, and none before it has one");
        };
        self.time = Some(time);
        match self.carried(frame, time) {
            Ok(()) => self.rows.sink.seen(PACKET, Some(time)),
            Err(Unread::Other(kind)) => self.rows.sink.ignored(kind),
            Err(Unread::Damaged(why)) => self.rows.sink.skipped(frame.number, why),
        }
    }

    fn name(&mut self, address: u128, name: &str) {
        if self.rows.names.len() < MOST_NAMES
            && let Some(name) = name::clean(name)
        {
            self.rows.names.entry(address).or_insert(name);
        }
    }

    fn damage(&mut self, number: u64, reason: &str) {
        self.rows.sink.skipped(number, reason);
    }
}

/// When and where a packet was captured, and what is missing of it.
#[derive(Clone, Copy)]
struct Place {
    time: Micros,
    number: u64,
    lost: u32,
    weight: Weight,
}

/// Counts a packet that was put together.
fn count_whole(table: &mut Table, rows: &mut Rows<'_, '_>, whole: &Whole, time: Micros, number: u64) {
    let packet = Packet {
        source: whole.source,
        destination: whole.destination,
        protocol: whole.protocol,
        content: &whole.content,
        length: whole.length,
        total: whole.length,
        fragment: None,
    };
    let weight = Weight { packets: whole.packets, ip: whole.ip_bytes, frame: whole.frame_bytes };
    if let Err(why) = count(table, rows, &packet, Place { time, number, lost: whole.lost, weight }) {
        rows.sink.skipped(number, why);
    }
}

/// Counts a whole packet, and those in it.
fn count(
    table: &mut Table,
    rows: &mut Rows<'_, '_>,
    packet: &Packet<'_>,
    place: Place,
) -> Result<(), &'static str> {
    let mut packet = *packet;
    let mut weight = place.weight;
    let mut tunnel = None;
    for _ in 0..=MOST_TUNNELS {
        let envelope = Envelope {
            source: packet.source,
            destination: packet.destination,
            protocol: packet.protocol,
            time: place.time,
            number: place.number,
            tunnel,
            weight,
        };
        match transport::open(&packet)? {
            Content::Tcp(segment) => {
                table.segment(&envelope, &segment, rows);
                return Ok(());
            }
            Content::Datagram(datagram) => {
                table.datagram(&envelope, &datagram, place.lost, rows);
                return Ok(());
            }
            Content::Inner(inner) => {
                let room = inner.packet.len() as u32;
                let cut = packet.length.saturating_sub(packet.content.len() as u32);
                let number = table.datagram(&envelope, &inner.outer, place.lost, rows);
                packet = ip::open(inner.packet, room + cut)?;
                if packet.fragment.is_some() {
                    // Fragments inside of a tunnel stay fragments: their bytes are counted with the tunnel.
                    return Ok(());
                }
                weight = Weight { packets: 1, ip: packet.total, frame: packet.total };
                tunnel = Some(number);
            }
        }
    }
    Err("a packet has too many tunnels in one another")
}
