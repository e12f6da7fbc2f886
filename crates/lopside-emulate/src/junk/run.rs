//! Writes the captures of a plan, file after file, and the truth.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path as FilePath;

use super::controls::CONTROLS;
use super::families::FAMILIES;
use super::kind::{Deck, Kind};
use super::order::{Bulk, Carrier, Side, Talk};
use super::plan::JunkPlan;
use super::scene::{Scene, Scenes};
use super::truth::{JunkConversation, JunkTruth};
use super::wire::{Packet, PcapWriter, tcp_packets, udp_packets};
use crate::chance::Chance;
use crate::error::EmulateError;

/// 2026-03-03T06:00:00Z.
const BEGIN: i64 = 1_772_517_600_000_000;
const HOUR: i64 = 3_600_000_000;
/// Conversations of one file are held in memory until it is written.
const PER_FILE: u32 = 150;

/// Writes labelled captures below a folder that is new or empty: `captures/*.pcap`, and the truth in `truth.json`.
///
/// `progress` is told, file by file, how many bytes have been written so far.
///
/// # Errors
///
/// The plan cannot be made, the folder is not empty, or something could not be written.
pub fn write_junk(
    plan: &JunkPlan,
    out: &FilePath,
    progress: &mut dyn FnMut(u64),
) -> Result<JunkTruth, EmulateError> {
    plan.check()?;
    fs::create_dir_all(out).map_err(EmulateError::at(out))?;
    if fs::read_dir(out).map_err(EmulateError::at(out))?.next().is_some() {
        return Err(EmulateError::NotEmpty(out.to_path_buf()));
    }
    let folder = out.join("captures");
    fs::create_dir_all(&folder).map_err(EmulateError::at(&folder))?;
    let mut writer = Writer::new(plan);
    let files = plan.conversations.div_ceil(PER_FILE).max(3).min(plan.conversations);
    let mut captures = Vec::new();
    for file in 0..files {
        let name = format!("captures/part-{:03}.pcap", file + 1);
        let path = out.join(&name);
        // As even as whole numbers allow.
        let (first, end) =
            (share(plan.conversations, file, files), share(plan.conversations, file + 1, files));
        let packets = writer.file(&name, first..end, BEGIN + i64::from(file) * HOUR);
        let size = write(&path, &packets).map_err(EmulateError::at(&path))?;
        writer.written += size;
        progress(writer.written);
        captures.push(name);
    }
    let mut conversations = writer.conversations;
    conversations.sort_by(|a, b| (&a.start, &a.src_ip, a.src_port).cmp(&(&b.start, &b.src_ip, b.src_port)));
    let truth =
        JunkTruth { kind: "junk".to_owned(), seed: plan.seed, hard: plan.hard, captures, conversations };
    let path = out.join("truth.json");
    let mut text = serde_json::to_string_pretty(&truth)
        .map_err(|source| EmulateError::at(&path)(std::io::Error::other(source)))?;
    text.push('\n');
    fs::write(&path, text).map_err(EmulateError::at(&path))?;
    Ok(truth)
}

fn share(count: u32, part: u32, parts: u32) -> u32 {
    (u64::from(count) * u64::from(part) / u64::from(parts)) as u32
}

fn write(path: &FilePath, packets: &[(usize, Packet)]) -> std::io::Result<u64> {
    let mut pcap = PcapWriter::new(BufWriter::new(File::create(path)?))?;
    let mut size = 24;
    for (_, packet) in packets {
        pcap.frame(packet.micros, &packet.frame)?;
        size += 16 + packet.frame.len() as u64;
    }
    pcap.finish()?;
    Ok(size)
}

struct Writer {
    seed: u64,
    hard: bool,
    scenes: Scenes,
    decks: BTreeMap<(Carrier, bool), Deck>,
    dealer: Chance,
    conversations: Vec<JunkConversation>,
    written: u64,
}

impl Writer {
    fn new(plan: &JunkPlan) -> Self {
        let mut decks = BTreeMap::new();
        for carrier in [Carrier::Http, Carrier::Tcp, Carrier::Udp, Carrier::Dns] {
            for (junk, kinds) in [(true, FAMILIES), (false, CONTROLS)] {
                let fits = |kind: &Kind| kind.carriers.contains(&carrier) && (plan.hard || !kind.hard);
                let cards = (0..kinds.len()).filter(|number| fits(&kinds[*number])).collect();
                decks.insert((carrier, junk), Deck::new(cards));
            }
        }
        Self {
            seed: plan.seed,
            hard: plan.hard,
            scenes: Scenes::new(plan.seed, plan.hard),
            decks,
            dealer: Chance::of(plan.seed, "junk decks", 0, 0),
            conversations: Vec::new(),
            written: 0,
        }
    }

    /// The packets of one file, by time.
    fn file(&mut self, name: &str, numbers: std::ops::Range<u32>, from: i64) -> Vec<(usize, Packet)> {
        let mut all = Vec::new();
        for number in numbers {
            let mut scene = self.scenes.draw(u64::from(number) | u64::from(self.hard) << 40, from);
            let kinds = if scene.junk { FAMILIES } else { CONTROLS };
            let Some(deck) = self.decks.get_mut(&(scene.carrier, scene.junk)) else { continue };
            let Some(card) = deck.deal(&mut self.dealer) else { continue };
            let kind = &kinds[card];
            let mut talk = (kind.make)(&mut scene.order, scene.carrier);
            if talk.messages.is_empty() {
                talk.out(b"\n".to_vec());
            }
            if !scene.carrier.over_tcp() {
                talk.initiator_first();
            }
            let mut chance = Chance::of(self.seed, "junk packets", u64::from(number), 0);
            let packets = if scene.carrier.over_tcp() {
                tcp_packets(&scene.path, &talk.messages, scene.pace, &mut chance)
            } else {
                udp_packets(&scene.path, &talk.messages, scene.pace, &mut chance)
            };
            self.conversations.push(told(name, &scene, kind, &talk, &packets));
            all.extend(packets.into_iter().map(|packet| (number as usize, packet)));
        }
        // Stable, so packets of one conversation keep their order.
        all.sort_by_key(|(number, packet)| (packet.micros, *number));
        all
    }
}

fn told(name: &str, scene: &Scene, kind: &Kind, talk: &Talk, packets: &[Packet]) -> JunkConversation {
    let sum = |side: Side, count: fn(&super::order::Message) -> usize| -> u64 {
        talk.messages.iter().filter(|message| message.side == side).map(|message| count(message) as u64).sum()
    };
    let bytes = [sum(Side::Out, |message| message.bytes.len()), sum(Side::In, |message| message.bytes.len())];
    let junk = [sum(Side::Out, |message| message.junk), sum(Side::In, |message| message.junk)];
    let carrying: u64 = bytes.iter().zip(junk).filter(|(_, junk)| *junk > 0).map(|(bytes, _)| bytes).sum();
    let side = match (junk[0] > 0, junk[1] > 0) {
        (true, false) => "out",
        (false, true) => "in",
        (true, true) => "both",
        (false, false) => match scene.order.bulk {
            Bulk::Out => "out",
            Bulk::In => "in",
            Bulk::Both => "both",
        },
    };
    let undecided: &[&str] = &["opaque", "structured", "plain", "padded", "too_little", "suspect", "junk"];
    let expected = match (talk.expected, scene.junk && talk.undecidable) {
        (Some(expected), _) => expected,
        (None, true) => undecided,
        (None, false) => kind.expected,
    };
    JunkConversation {
        capture: name.to_owned(),
        start: moment(packets.first()),
        end: moment(packets.last()),
        transport: if scene.carrier.over_tcp() { "tcp" } else { "udp" }.to_owned(),
        src_ip: scene.path.client.ip.to_string(),
        src_port: scene.path.client.port,
        dst_ip: scene.path.server.ip.to_string(),
        dst_port: scene.path.server.port,
        carrier: scene.carrier.word().to_owned(),
        name: kind.name.to_owned(),
        variant: talk.variant.clone(),
        class: kind.class.to_owned(),
        junk: scene.junk,
        decidable: !talk.undecidable,
        share: (1e4 * junk.iter().sum::<u64>() as f64 / carrying.max(1) as f64).round() / 1e4,
        side: side.to_owned(),
        messages: talk.messages.len() as u32,
        bytes_out: bytes[0],
        bytes_in: bytes[1],
        expected: expected.iter().map(|verdict| (*verdict).to_owned()).collect(),
    }
}

fn moment(packet: Option<&Packet>) -> String {
    let micros = packet.map_or(BEGIN, |packet| packet.micros);
    jiff::Timestamp::from_microsecond(micros).map(|moment| format!("{moment:.6}")).unwrap_or_default()
}
