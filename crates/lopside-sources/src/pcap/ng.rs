//! pcapng: blocks, of which some hold frames. Several sections, each with its byte order and interfaces; every resolution and offset of
//! time; enhanced, simple and obsolete packet blocks; blocks of names.

use std::io::Read;

use lopside_model::time::SECOND;
use lopside_model::{Micros, net};
use pcap_parser::pcapng::{NameRecordType, NameResolutionBlock};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, InterfaceDescriptionBlock, OptionCode};

use super::frame::{Frame, Frames, LONGEST_FRAME};
use super::window::Window;

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const NAMES: u32 = 4;
const STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// Bytes of the longest block that is looked into: a frame with its options.
const LONGEST_BLOCK: u64 = LONGEST_FRAME as u64 + (1 << 20);
/// Interfaces of a section that are kept.
const MOST_INTERFACES: usize = 4_096;
/// Bytes that are searched for a block after damage.
const SEARCHED: u64 = 64 << 20;

/// Reads blocks to the end of the stream.
pub(super) fn read<R: Read>(window: &mut Window<R>, frames: &mut impl Frames) {
    let mut reader = Reader { big_endian: false, interfaces: Vec::new(), number: 0 };
    loop {
        match reader.block(window, frames) {
            Step::Read => {}
            Step::End => return,
            Step::Cut => return frames.damage(reader.number + 1, "the capture ends inside of a block"),
            Step::Damaged(reason) => {
                frames.damage(reader.number + 1, reason);
                if !reader.search(window) {
                    return frames
                        .damage(reader.number + 1, "no block makes sense after this; the rest was left out");
                }
            }
        }
    }
}

struct Reader {
    big_endian: bool,
    interfaces: Vec<Interface>,
    number: u64,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u16,
    snap: u32,
    resolution: Resolution,
    /// Seconds to be added.
    offset: i64,
}

/// Units of a second.
#[derive(Clone, Copy, Debug)]
enum Resolution {
    /// 10 to this power.
    Decimal(u8),
    /// 2 to this power.
    Binary(u8),
}

enum Step {
    Read,
    End,
    Cut,
    Damaged(&'static str),
}

impl Reader {
    fn block<R: Read>(&mut self, window: &mut Window<R>, frames: &mut impl Frames) -> Step {
        let seen = window.see(12);
        if seen.is_empty() {
            return Step::End;
        }
        let Some(kind) = seen.first_chunk::<4>().map(|bytes| self.number_of(*bytes)) else {
            return Step::Cut;
        };
        if kind == SECTION {
            match seen.get(8..12) {
                Some([0x4d, 0x3c, 0x2b, 0x1a]) => self.big_endian = false,
                Some([0x1a, 0x2b, 0x3c, 0x4d]) => self.big_endian = true,
                Some(_) => return Step::Damaged("the byte order of a section is none"),
                None => return Step::Cut,
            }
        }
        let Some(length) = seen.get(4..8).and_then(|bytes| bytes.first_chunk::<4>()) else {
            return Step::Cut;
        };
        let length = self.number_of(*length);
        if length < 12 || !length.is_multiple_of(4) {
            return Step::Damaged("the length of a block is none");
        }
        if !wanted(kind) {
            return if window.pass_far(u64::from(length)) { Step::Read } else { Step::Cut };
        }
        if u64::from(length) > LONGEST_BLOCK {
            return Step::Damaged("a block is too long to hold a frame");
        }
        let length = length as usize;
        let Some(bytes) = window.see(length).get(..length) else { return Step::Cut };
        if bytes.last_chunk::<4>() != bytes.get(4..8).and_then(|bytes| bytes.first_chunk()) {
            return Step::Damaged("a block has two lengths");
        }
        let read = self.content(kind, bytes, frames);
        match read {
            Ok(()) => {}
            // The frame of the block is lost, the blocks after it are not.
            Err(reason) => frames.damage(self.number + u64::from(!is_packet(kind)), reason),
        }
        window.pass(length);
        Step::Read
    }

    fn content(&mut self, kind: u32, bytes: &[u8], frames: &mut impl Frames) -> Result<(), &'static str> {
        if is_packet(kind) {
            self.number += 1;
        }
        if kind == OLD_PACKET {
            return self.old_packet(bytes, frames);
        }
        let parsed = if self.big_endian {
            pcap_parser::parse_block_be(bytes)
        } else {
            pcap_parser::parse_block_le(bytes)
        };
        let block = parsed.map_err(|_| "the content of a block is damaged")?.1;
        match block {
            Block::SectionHeader(_) => self.interfaces.clear(),
            Block::InterfaceDescription(interface) => {
                if self.interfaces.len() >= MOST_INTERFACES {
                    return Err("a section has too many interfaces");
                }
                let interface = self.interface(&interface);
                self.interfaces.push(interface);
            }
            Block::EnhancedPacket(packet) => {
                let interface = self.interface_of(packet.if_id)?;
                let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                let time = interface.time(ticks).ok_or("the time of a frame is out of range")?;
                if packet.caplen as usize > packet.data.len() {
                    return Err("a frame is longer than its block");
                }
                frames.frame(&Frame {
                    number: self.number,
                    time: Some(time),
                    link: interface.link,
                    data: packet.packet_data(),
                    original: packet.origlen,
                });
            }
            Block::SimplePacket(packet) => {
                let interface = self.interface_of(0)?;
                let snap = if interface.snap == 0 { usize::MAX } else { interface.snap as usize };
                let data = packet.packet_data();
                frames.frame(&Frame {
                    number: self.number,
                    time: None,
                    link: interface.link,
                    data: data.get(..snap.min(data.len())).unwrap_or(data),
                    original: packet.origlen,
                });
            }
            Block::NameResolution(names) => self.names(&names, frames),
            _ => {}
        }
        Ok(())
    }

    fn interface_of(&self, number: u32) -> Result<Interface, &'static str> {
        let found = self.interfaces.get(number as usize);
        found.copied().ok_or("a frame names an interface that the section has not")
    }

    fn interface(&self, block: &InterfaceDescriptionBlock<'_>) -> Interface {
        let option = |code| block.options.iter().find(|option| option.code == code);
        // The parser's own reading knows neither powers of two nor the other byte order.
        let offset = option(OptionCode::IfTsoffset).and_then(|option| option.value.first_chunk::<8>());
        let offset =
            offset.map(
                |bytes| {
                    if self.big_endian { i64::from_be_bytes(*bytes) } else { i64::from_le_bytes(*bytes) }
                },
            );
        let resolution = match block.if_tsresol {
            binary if binary & 0x80 != 0 => Resolution::Binary(binary & 0x7f),
            decimal => Resolution::Decimal(decimal),
        };
        Interface {
            link: (block.linktype.0 & 0xffff) as u16,
            snap: block.snaplen,
            resolution,
            offset: offset.unwrap_or(0),
        }
    }

    /// The packet block of the first drafts.
    fn old_packet(&mut self, bytes: &[u8], frames: &mut impl Frames) -> Result<(), &'static str> {
        const SHORT: &str = "the content of a block is damaged";
        let word = |at: usize| {
            let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
            bytes.map(|bytes| self.number_of(*bytes)).ok_or(SHORT)
        };
        let identity = bytes.get(8..).and_then(|rest| rest.first_chunk::<2>()).ok_or(SHORT)?;
        let identity =
            if self.big_endian { u16::from_be_bytes(*identity) } else { u16::from_le_bytes(*identity) };
        let interface = self.interface_of(u32::from(identity))?;
        let ticks = u64::from(word(12)?) << 32 | u64::from(word(16)?);
        let captured = word(20)? as usize;
        let end = captured.checked_add(28).filter(|end| *end <= bytes.len().saturating_sub(4));
        let data = end.and_then(|end| bytes.get(28..end)).ok_or("a frame is longer than its block")?;
        let time = interface.time(ticks).ok_or("the time of a frame is out of range")?;
        frames.frame(&Frame {
            number: self.number,
            time: Some(time),
            link: interface.link,
            data,
            original: word(24)?,
        });
        Ok(())
    }

    fn names(&self, block: &NameResolutionBlock<'_>, frames: &mut impl Frames) {
        for record in &block.nr {
            let (address, names) = match record.record_type {
                NameRecordType::Ipv4 => match record.record_value.split_first_chunk::<4>() {
                    Some((address, names)) => (net::bits(std::net::IpAddr::from(*address)), names),
                    None => continue,
                },
                NameRecordType::Ipv6 => match record.record_value.split_first_chunk::<16>() {
                    Some((address, names)) => (net::bits(std::net::IpAddr::from(*address)), names),
                    None => continue,
                },
                _ => continue,
            };
            let first = names.split(|byte| *byte == 0).find(|name| !name.is_empty());
            if let Some(name) = first.and_then(|name| std::str::from_utf8(name).ok()) {
                frames.name(address, name);
            }
        }
    }

    /// Moves to the next place where a block makes sense.
    fn search<R: Read>(&self, window: &mut Window<R>) -> bool {
        let from = window.place();
        while window.place() - from < SEARCHED {
            window.pass(4);
            let seen = window.see(1 << 16);
            let Some(kind) = seen.first_chunk::<4>().map(|bytes| self.number_of(*bytes)) else {
                return false;
            };
            let Some(length) = seen.get(4..8).and_then(|bytes| bytes.first_chunk::<4>()) else {
                return false;
            };
            let length = self.number_of(*length);
            if !wanted(kind) || length < 12 || !length.is_multiple_of(4) {
                continue;
            }
            let length = length as usize;
            let again = length.checked_sub(4).and_then(|at| seen.get(at..length));
            if again.is_some() && again == seen.get(4..8) {
                return true;
            }
        }
        false
    }

    fn number_of(&self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}

impl Interface {
    /// A count of units as a time; `None` where it is out of range.
    fn time(&self, ticks: u64) -> Option<Micros> {
        let ticks = u128::from(ticks);
        let micros = match self.resolution {
            Resolution::Decimal(power @ 0..=6) => ticks * 10_u128.pow(u32::from(6 - power)),
            Resolution::Decimal(power @ 7..=36) => ticks / 10_u128.pow(u32::from(power - 6)),
            Resolution::Decimal(_) => 0,
            // 2^64 units by 10^6 fit in 84 bits.
            Resolution::Binary(power) => (ticks * 1_000_000).checked_shr(u32::from(power)).unwrap_or(0),
        };
        let micros = i64::try_from(micros).ok()?.checked_add(self.offset.checked_mul(SECOND)?)?;
        Some(Micros(micros)).filter(|time| time.plausible())
    }
}

fn wanted(kind: u32) -> bool {
    matches!(kind, SECTION | INTERFACE | NAMES | STATISTICS) || is_packet(kind)
}

fn is_packet(kind: u32) -> bool {
    matches!(kind, OLD_PACKET | SIMPLE_PACKET | ENHANCED_PACKET)
}

/// Whether a stream begins with a section header.
pub(super) fn recognise(head: &[u8]) -> bool {
    let order = head.get(8..12).and_then(|bytes| bytes.first_chunk::<4>());
    head.starts_with(&SECTION.to_be_bytes())
        && order.is_some_and(|order| {
            u32::from_be_bytes(*order) == ORDER_MAGIC || u32::from_le_bytes(*order) == ORDER_MAGIC
        })
}
