//! Bytes beyond the end that the protocol of a message itself declares.
//!
//! Speaks for: messages of protocols that say themselves where they end (see `content::protocols`), behind which, or inside whose length
//! but beyond what they hold, evenly drawn bytes stand that begin no other message; bodies of HTTP among them. Silent for: the next
//! message, cut or not, authenticators and codes of one length, zeros, constant bytes, streams that turn into something else, what the
//! other end does not answer in the same protocol where both speak it. Minimum: 3 messages, 48 bytes in all, lengths that vary by 4 or
//! more or are three, or one from 24 on that no code has in 6 messages; of values that are written in bytes without a protocol (ASN.1,
//! MessagePack and the like), behind which a sender may have put ciphertext, 6 messages, lengths that are flat or too short for it.

use super::{Look, Pool, is_signature};
use crate::content::http;
use crate::content::protocols::{self, Over, Protocol};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Exchange, Reading};
use crate::statistics::{Alphabet, Even, SizeLaw, even, size_law_from};

/// The fewest messages with a stranger, of a protocol and of bare values, and the fewest bytes of strangers.
const LEAST: usize = 3;
const LEAST_BARE: usize = 6;
const BYTES: usize = 48;
/// Shorter strangers are not told from line ends and from what keeps a connection alive.
const SHORTEST: usize = 2;
/// The shortest that is asked of the other end.
const SAID: usize = 4;
/// A stranger of one length that no code has is no shorter.
const ODD: u32 = 24;
/// How far behind a stranger the next message is looked for.
const NEXT: usize = 2048;
/// More messages of a stream are not followed.
const MOST: usize = 512;
/// A nonce and a code have as many bytes or more, and how much likelier the flat law has to be, as a natural logarithm.
const SEALED: u32 = 12;
const ADVANTAGE: f64 = 3.0;

/// What one end sends: the messages of a stream, or a datagram.
#[derive(Clone, Copy)]
struct Sent<'a> {
    bytes: &'a [u8],
    datagram: bool,
    /// All of it is there.
    whole: bool,
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let upgraded = look.reading.exchanges.iter().chain(&look.other.exchanges).any(|one| one.status == 101);
    let sent = sent(look, upgraded);
    let held = held(look);
    let mut best: Option<(usize, Evidence)> = None;
    for protocol in protocols::all() {
        let all: &[Sent<'_>] = match protocol.over {
            Over::Upgraded if !upgraded => continue,
            Over::Anything if !held.is_empty() => &held,
            _ => &sent,
        };
        let Some(heard) = hear(protocol, all, look.framed).filter(|_| is_answered(protocol, look.other))
        else {
            continue;
        };
        if heard.pool.count == 0 && heard.full * 10 >= heard.speak * 9 && !protocol.bare {
            // It leaves nothing over: the others took it for what it is not.
            return Vec::new();
        }
        let left = heard.pool.total;
        if best.as_ref().is_none_or(|(least, _)| left < *least)
            && let Some(evidence) = weigh(protocol.name, protocol.bare, &heard, look.limit)
        {
            best = Some((left, evidence));
        }
    }
    best.map(|(_, evidence)| evidence).or_else(|| behind_bodies(look)).into_iter().collect()
}

/// What stands behind the bodies of HTTP, unless the connection turned into something else.
fn behind_bodies(look: &Look<'_>) -> Option<Evidence> {
    if look.reading.behind_bodies.len() < LEAST {
        return None;
    }
    let turns = |one: &Exchange| one.status == 101 || one.method == b"CONNECT" || one.method == b"PRI";
    if look.reading.exchanges.iter().chain(&look.other.exchanges).any(turns) {
        return None;
    }
    let mut pool = Pool::default();
    for (rest, around) in &look.reading.behind_bodies {
        let rest = trimmed(rest);
        if is_stranger(rest) {
            pool.put(rest, *around, true);
        }
    }
    weigh("HTTP", false, &Heard { speak: look.reading.exchanges.len(), full: 0, pool }, look.limit)
}

/// What was sent, as it was sent. Messages of HTTP have a reader of their own.
fn sent<'a>(look: &Look<'a>, upgraded: bool) -> Vec<Sent<'a>> {
    if !look.reading.exchanges.is_empty() && !upgraded {
        return Vec::new();
    }
    let stretches =
        look.reading.stretches.iter().filter(|stretch| !stretch.headless && stretch.bytes.len() >= 4);
    let stretches = stretches.filter(|stretch| stretch.whole || !stretch.datagram);
    let plain = stretches.filter(|stretch| !upgraded || !http::starts(&stretch.bytes));
    plain
        .map(|stretch| Sent { bytes: &stretch.bytes, datagram: stretch.datagram, whole: stretch.whole })
        .collect()
}

/// What frames and bodies hold.
fn held<'a>(look: &Look<'a>) -> Vec<Sent<'a>> {
    let framed = look.reading.framing.is_some();
    let units = look.reading.units.iter().filter(|unit| {
        let carried = unit.carrier == Carrier::Http && !unit.partial || framed && unit.is_raw();
        carried && unit.whole && !unit.headless && unit.document.is_none() && unit.bytes.len() >= 16
    });
    units.map(|unit| Sent { bytes: &unit.bytes, datagram: true, whole: true }).collect()
}

/// Whether the other end speaks the protocol too, where both do and it says anything.
fn is_answered(protocol: &Protocol, other: &Reading<'_>) -> bool {
    let said = other.stretches.iter().filter(|stretch| !stretch.headless && stretch.bytes.len() >= SAID);
    let plain: Vec<&[u8]> =
        said.map(|stretch| stretch.bytes.as_ref()).filter(|bytes| !http::starts(bytes)).take(16).collect();
    let spoken = plain.iter().filter(|bytes| (protocol.extent)(bytes).is_some()).count();
    !protocol.mutual || plain.len() < LEAST || spoken * 2 >= plain.len()
}

/// What was heard of a protocol.
struct Heard {
    /// How many messages speak it.
    speak: usize,
    /// How many of them end where what was sent ends.
    full: usize,
    /// What stands beyond them.
    pool: Pool,
}

/// Listens for a protocol; `None` where most of what was sent does not speak it. Where messages are `framed`, a length says that all of
/// them belongs to them, and only what they do not hold inside is beyond them.
fn hear(protocol: &Protocol, all: &[Sent<'_>], framed: bool) -> Option<Heard> {
    let fits = |sent: &&Sent<'_>| match protocol.over {
        Over::Datagrams => sent.datagram,
        Over::Streams | Over::Upgraded => !sent.datagram,
        Over::Both | Over::Anything => true,
    };
    let asked = all.iter().filter(fits).count();
    let first =
        all.iter().filter(fits).take(8).filter(|sent| (protocol.extent)(sent.bytes).is_some()).count();
    if asked < LEAST || first * 3 < asked.min(8) * 2 {
        return None;
    }
    let (mut pool, mut speak, mut full) = (Pool::default(), 0, 0);
    for sent in all.iter().filter(fits) {
        let inside = framed && protocol.over != Over::Anything;
        let Some((strangers, end)) = strangers(protocol, *sent, inside) else { continue };
        speak += 1;
        full += usize::from(end == sent.bytes.len());
        for stranger in strangers {
            pool.put(stranger, sent.bytes.len(), true);
        }
    }
    (speak * 10 >= asked * 8).then_some(Heard { speak, full, pool })
}

/// What the strangers behind so many messages say.
fn weigh(name: &str, bare: bool, heard: &Heard, limit: f64) -> Option<Evidence> {
    let Heard { speak, pool, .. } = heard;
    let enough = pool.count >= LEAST && pool.count * 5 >= *speak && pool.total >= BYTES;
    if !enough || pool.same || !are_lengths_of_none(&pool.lengths) {
        return None;
    }
    let drawn = drawn(pool, limit)?;
    if bare && !(pool.count >= LEAST_BARE && is_no_ciphertext(&pool.lengths, drawn.alphabet)) {
        return None;
    }
    let text = format!(
        "{} of {speak} messages of {name} have undeclared bytes behind their end: {} bytes ({}, {:.1} standard deviations), {:.0} % of them",
        pool.count,
        pool.total,
        drawn.alphabet.name(),
        drawn.deviations,
        pool.share() * 100.0
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

/// The strangers in what was sent, those `inside` of messages alone or all, and where the last message ends; `None` where it does not
/// begin with a message of the protocol.
fn strangers<'a>(protocol: &Protocol, sent: Sent<'a>, inside: bool) -> Option<(Vec<&'a [u8]>, usize)> {
    let (bytes, mut at, mut found) = (sent.bytes, 0, Vec::new());
    let mut put = |piece: &'a [u8]| {
        let piece = trimmed(piece);
        if is_stranger(piece) {
            found.push(piece);
        }
    };
    for _ in 0..MOST {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty());
        let Some(rest) = rest else { break };
        let Some(extent) = (protocol.extent)(rest) else {
            if at == 0 {
                return None;
            }
            // A stream goes on behind a stranger.
            let next = if sent.datagram { None } else { next(protocol, rest) };
            let end = next.unwrap_or(rest.len());
            if !inside {
                put(rest.get(..end).unwrap_or_default());
            }
            at += end;
            continue;
        };
        // What is cut at its first message may be anything.
        if at == 0 && sent.whole && extent.end > rest.len() {
            return None;
        }
        if sent.datagram && extent.end > rest.len() {
            // No message goes on in another datagram.
            put(rest);
            break;
        }
        put(rest.get(extent.hole).unwrap_or_default());
        at += extent.end.max(1);
    }
    Some((found, at))
}

/// Whether a piece is long enough and no fill.
fn is_stranger(piece: &[u8]) -> bool {
    piece.len() >= SHORTEST && piece.iter().any(|byte| Some(byte) != piece.first())
}

/// Without the line end that belongs to what stands before or behind.
fn trimmed(piece: &[u8]) -> &[u8] {
    if piece.is_ascii() { piece.trim_ascii() } else { piece }
}

/// Where the next whole message begins behind a stranger.
fn next(protocol: &Protocol, rest: &[u8]) -> Option<usize> {
    let within = rest.len().min(NEXT);
    (1..within).find(|at| {
        let here = rest.get(*at..).unwrap_or_default();
        (protocol.extent)(here).is_some_and(|extent| extent.end <= here.len())
    })
}

/// How the strangers are drawn, where they are, but for the first bytes of each, which may be a mark.
fn drawn(pool: &Pool, limit: f64) -> Option<Even> {
    [0, 1, 2, 4, 8].into_iter().find_map(|marks| {
        let (mut rest, mut bytes) = (pool.bytes.as_slice(), Vec::with_capacity(pool.bytes.len()));
        for length in &pool.lengths {
            let Some((piece, more)) = rest.split_at_checked(*length as usize) else { break };
            bytes.extend_from_slice(piece.get(marks..).unwrap_or_default());
            rest = more;
        }
        even(&bytes, limit).filter(|_| bytes.len() * 3 >= pool.bytes.len())
    })
}

/// Whether strangers have lengths that no code or signature gives them: many, or one that none has.
fn are_lengths_of_none(lengths: &[u32]) -> bool {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let (Some(least), Some(most)) = (sorted.first().copied(), sorted.last().copied()) else { return false };
    let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
    let alike = sorted.iter().filter(|length| **length == usual).count();
    if alike * 10 >= sorted.len() * 8 {
        return lengths.len() >= LEAST_BARE && usual >= ODD && !is_signature(usual as usize);
    }
    // Signatures in DER differ by a byte or two.
    sorted.dedup();
    most - least >= 4 || sorted.len() >= 3 && usual < 64
}

/// Whether strangers have lengths that ciphertext of real messages has not: some are less than a code takes, or all are flat, or no
/// encoder gives them.
fn is_no_ciphertext(lengths: &[u32], alphabet: Alphabet) -> bool {
    let short = lengths.iter().filter(|length| **length < SEALED).count();
    let flat = matches!(size_law_from(lengths, 24), SizeLaw::Flat { advantage, .. } if advantage > ADVANTAGE);
    let impossible = match alphabet {
        Alphabet::Base62 | Alphabet::Base64 | Alphabet::BothCases => {
            lengths.iter().filter(|length| **length % 4 == 1).count() * 8 >= lengths.len()
        }
        Alphabet::Hex => lengths.iter().filter(|length| **length % 2 == 1).count() * 4 >= lengths.len(),
        Alphabet::Letters | Alphabet::Base36 | Alphabet::Printable => true,
        _ => false,
    };
    flat || impossible || short >= 3 && short * 20 >= lengths.len()
}
#[cfg(test)]
mod tests;
