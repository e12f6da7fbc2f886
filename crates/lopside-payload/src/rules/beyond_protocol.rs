//! Bytes beyond the end that the protocol of a message itself declares.
//!
//! Speaks for: messages of protocols that say themselves where they end (see `content::protocols`), behind which, or inside whose length but beyond what they
//! hold, evenly drawn bytes stand that begin no other message. Silent for: the next message, cut or not, authenticators and codes of one length, zeros, constant
//! bytes, streams that turn into something else. Minimum: 3 messages, 48 bytes in all, lengths that vary by 4 or more; of values that are written in bytes without a
//! protocol (ASN.1, MessagePack and the like), behind which a sender may have put ciphertext, 6 messages, lengths that are flat or too short for it.

use super::{Look, Pool, is_signature};
use crate::content::http;
use crate::content::protocols::{self, Over, Protocol};
use crate::evidence::Evidence;
use crate::reading::Carrier;
use crate::statistics::{Alphabet, Even, SizeLaw, even, size_law_from};

/// The fewest messages with a stranger, of a protocol and of bare values, and the fewest bytes of strangers.
const LEAST: usize = 3;
const LEAST_BARE: usize = 6;
const BYTES: usize = 48;
/// Shorter strangers are not told from checks and line ends.
const SHORTEST: usize = 4;
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
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let upgraded = look.reading.exchanges.iter().chain(&look.other.exchanges).any(|one| one.status == 101);
    let sent = sent(look, upgraded);
    let held = held(look);
    let mut found = Vec::new();
    for protocol in protocols::all() {
        let all: &[Sent<'_>] = match protocol.over {
            Over::Upgraded if !upgraded => continue,
            Over::Anything if !held.is_empty() => &held,
            _ => &sent,
        };
        found.extend(judge(protocol, all, look.limit));
    }
    found.truncate(1);
    found
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
    plain.map(|stretch| Sent { bytes: &stretch.bytes, datagram: stretch.datagram }).collect()
}

/// What frames and bodies hold.
fn held<'a>(look: &Look<'a>) -> Vec<Sent<'a>> {
    let framed = look.reading.framing.is_some();
    let units = look.reading.units.iter().filter(|unit| {
        let carried = unit.carrier == Carrier::Http && !unit.partial || framed && unit.is_raw();
        carried && unit.whole && !unit.headless && unit.document.is_none() && unit.bytes.len() >= 16
    });
    units.map(|unit| Sent { bytes: &unit.bytes, datagram: true }).collect()
}

fn judge(protocol: &Protocol, all: &[Sent<'_>], limit: f64) -> Option<Evidence> {
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
    let (mut pool, mut speak) = (Pool::default(), 0);
    for sent in all.iter().filter(fits) {
        let Some(strangers) = strangers(protocol, *sent) else { continue };
        speak += 1;
        for stranger in strangers {
            pool.put(stranger, sent.bytes.len(), true);
        }
    }
    let varied = pool.lengths.iter().max()? - pool.lengths.iter().min()? >= 4;
    let enough =
        pool.count >= LEAST && pool.count * 5 >= speak && pool.total >= BYTES && speak * 10 >= asked * 8;
    if !enough || !varied || pool.same || is_usual_code(&pool.lengths) {
        return None;
    }
    let drawn = drawn(&pool, limit)?;
    if protocol.bare && !(pool.count >= LEAST_BARE && is_no_ciphertext(&pool.lengths, drawn.alphabet)) {
        return None;
    }
    let text = format!(
        "{} of {speak} messages of {} have undeclared bytes behind their end: {} bytes ({}, {:.1} standard deviations), {:.0} % of them",
        pool.count,
        protocol.name,
        pool.total,
        drawn.alphabet.name(),
        drawn.deviations,
        pool.share() * 100.0
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

/// The strangers in what was sent; `None` where it does not begin with a message of the protocol.
fn strangers<'a>(protocol: &Protocol, sent: Sent<'a>) -> Option<Vec<&'a [u8]>> {
    let (bytes, mut at, mut found) = (sent.bytes, 0, Vec::new());
    let mut put = |piece: &'a [u8]| {
        let piece = trimmed(piece);
        let fill = piece.iter().all(|byte| Some(byte) == piece.first());
        if piece.len() >= SHORTEST && !fill {
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
            put(rest.get(..end).unwrap_or_default());
            at += end;
            continue;
        };
        if sent.datagram && extent.end > rest.len() {
            return None;
        }
        put(rest.get(extent.hole).unwrap_or_default());
        at += extent.end.max(1);
    }
    Some(found)
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

/// Whether most strangers have the one length of a code or a signature.
fn is_usual_code(lengths: &[u32]) -> bool {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
    let alike = sorted.iter().filter(|length| **length == usual).count();
    alike * 10 >= sorted.len() * 8 && is_signature(usual as usize)
}

/// Whether strangers have lengths that ciphertext of real messages has not: some are less than a code takes, or all are flat, or no encoder gives them.
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
mod tests {
    use crate::testing::{Chance, Talk};

    fn judged(make: impl Fn(&mut Chance, u32) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(3);
        let mut talk = Talk::default();
        for n in 0..12 {
            talk.datagram(&make(&mut chance, n));
        }
        talk.judge().junk
    }

    fn stun(chance: &mut Chance, length: u8) -> Vec<u8> {
        [&[0, 1, 0, length, 0x21, 0x12, 0xA4, 0x42], chance.bytes(12).as_slice()].concat()
    }

    fn ntp(chance: &mut Chance, n: u32) -> Vec<u8> {
        [&[0x23, 0, 6, 0xE9][..], &[0; 36], &(3_981_506_400 + n * 64).to_be_bytes(), &chance.bytes(4)]
            .concat()
    }

    #[test]
    fn bytes_behind_the_end_are_junk() {
        let law = |chance: &mut Chance| 10 + chance.below(60);
        assert!(judged(|c, _| {
            let n = law(c);
            [stun(c, 0), c.bytes(n)].concat()
        }));
        assert!(judged(|c, n| {
            let length = law(c);
            [ntp(c, n), c.of(b"abcdefghijklmnopqrstuvwxyz", length)].concat()
        }));
    }

    #[test]
    fn attributes_extensions_and_authenticators_are_not() {
        assert!(!judged(|c, _| [stun(c, 12), vec![0, 0x20, 0, 8], c.bytes(8)].concat()));
        assert!(!judged(ntp));
        assert!(!judged(|c, n| [ntp(c, n), vec![0, 0, 0, 1], c.bytes(16)].concat()));
        let extended = |c: &mut Chance, n: u32| {
            let length = 4 * (4 + c.below(9));
            [ntp(c, n), vec![1, 4, 0, length as u8], c.bytes(length - 4), vec![2, 4, 0, 32], c.bytes(28)]
                .concat()
        };
        assert!(!judged(extended));
    }

    /// A conversation in which one end sends messages, each with a tail, and whether what stands behind them is told.
    fn is_told(
        message: impl Fn(&mut Chance, u32) -> Vec<u8>,
        tail: impl Fn(&mut Chance, u32) -> Vec<u8>,
    ) -> bool {
        let mut chance = Chance::new(5);
        let mut talk = Talk::default();
        for n in 0..40 {
            let (message, tail) = (message(&mut chance, n), tail(&mut chance, n));
            talk.send(&[message, tail].concat());
            talk.reply(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("behind their end"))
    }

    fn drawn(chance: &mut Chance, _: u32) -> Vec<u8> {
        let length = 6 + chance.below(40);
        chance.bytes(length)
    }

    fn ldap(chance: &mut Chance, n: u32) -> Vec<u8> {
        let name = format!("cn=depot-{},dc=example", chance.below(90_000));
        let (number, length) = (n as u8 + 1, name.len() as u8);
        [&[0x30, length + 7, 2, 1, number, 0x42, length + 2, 4, length][..], name.as_bytes()].concat()
    }

    fn modbus(chance: &mut Chance, n: u32) -> Vec<u8> {
        vec![0, n as u8, 0, 0, 0, 6, 1, 3, 0, chance.below(99) as u8, 0, 8]
    }

    fn redis(chance: &mut Chance, n: u32) -> Vec<u8> {
        let text = "quiet ".repeat(1 + chance.below(6));
        format!("*3\r\n$3\r\nSET\r\n$3\r\nk{n:02}\r\n${}\r\n{text}\r\n", text.len()).into_bytes()
    }

    fn syslog(chance: &mut Chance, _: u32) -> Vec<u8> {
        let text = format!("<34>1 - depot-{} app - - - all is quiet", chance.below(90_000));
        format!("{} {text}", text.len()).into_bytes()
    }

    #[test]
    fn bytes_behind_messages_of_streams_are_junk() {
        for message in [ldap, modbus, redis, syslog] {
            assert!(is_told(message, drawn));
            assert!(is_told(message, |chance, _| {
                let length = 6 + chance.below(40);
                chance.of(b"0123456789abcdef", length)
            }));
            // Behind a mark, and before the next message.
            assert!(is_told(message, |chance, n| [vec![0xFF, 0x7E], drawn(chance, n)].concat()));
            assert!(is_told(message, |chance, n| [drawn(chance, n), message(chance, n)].concat()));
        }
    }

    #[test]
    fn more_messages_cut_ones_codes_and_zeros_are_not() {
        for message in [ldap, modbus, redis, syslog] {
            assert!(!is_told(message, |_, _| Vec::new()));
            assert!(!is_told(message, message));
            assert!(!is_told(message, |chance, n| {
                let mut next = message(chance, n);
                next.truncate(2 + chance.below(next.len()));
                next
            }));
            assert!(!is_told(message, |chance, _| chance.bytes(16)));
            assert!(!is_told(message, |chance, _| vec![0; chance.below(60)]));
            assert!(!is_told(message, |chance, _| b"all is quiet in the depot "[..chance.below(26)].to_vec()));
        }
    }

    #[test]
    fn streams_that_are_sealed_from_some_message_on_are_not() {
        // SASL: four bytes of length and what they count.
        assert!(!is_told(
            |chance, n| if n < 6 { ldap(chance, n) } else { Vec::new() },
            |chance, n| if n < 6 {
                Vec::new()
            } else {
                let sealed = drawn(chance, n);
                [(sealed.len() as u32).to_be_bytes().as_slice(), &sealed].concat()
            }
        ));
    }

    #[test]
    fn ciphertext_behind_a_header_of_values_is_not() {
        let header = |chance: &mut Chance, n: u32| {
            format!(
                "\u{30}\u{17}\u{2}\u{1}{}\u{c}\u{8}dep-{:04}0\u{8}\u{13}\u{6}status",
                char::from(n as u8),
                chance.below(9999)
            )
            .into_bytes()
        };
        let sealed = |chance: &mut Chance| {
            let length = 28 + (chance.unit() * chance.unit() * chance.unit() * 600.0) as usize;
            chance.bytes(length)
        };
        assert!(!is_told(header, |chance, _| sealed(chance)));
        assert!(is_told(header, drawn));
    }
}
