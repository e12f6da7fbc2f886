//! Extra symbols in encoded DNS labels.
//!
//! Speaks for: labels in hex or base32 with strangers strewn in, so that they decode only after cleaning, or a symbol between every few;
//! letters between those of plain names; names of letters alone among names that decode; labels of many lengths in hex of odd lengths, or
//! in letters and digits beyond base32, to which no bytes encode; noise joined to text inside a label; repeated blocks; encoded pieces
//! behind or before words; words put together anew beside data. Silent for: tunnels that encode and nothing else, names that services make
//! up, and EDNS padding, which is declared. Minimum: 8 different names and 24 strangers; 16 names with words.

mod among_words;
mod between;
mod composed;
mod every_few;
mod filled;
mod joined;
mod nibbles;
mod slips;
mod strewn;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use super::Look;
use super::short_values::{is_whole, varied, widened};
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even};
use words::{behind_words, is_drawn};

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    let padded = look.reading.dns.iter().filter(|dns| dns.padding > 0).count();
    let odd: Vec<u8> = look.reading.dns.iter().flat_map(|dns| dns.odd_padding.iter().copied()).collect();
    if padded > 0 {
        let bytes: usize = look.reading.dns.iter().map(|dns| dns.padding).sum();
        if odd.len() >= 48 && odd.len() * 3 > bytes {
            let text = format!(
                "{padded} messages of DNS declare {bytes} bytes of padding (EDNS) that are noise and not zeros"
            );
            found.push(Evidence::contradiction(padded, 0.5, text).with_example(&odd));
        } else {
            found.push(Evidence::padding(
                padded,
                0.0,
                format!("{padded} messages of DNS declare {bytes} bytes of padding (EDNS)"),
            ));
        }
    }
    // Bytes behind the last record.
    let tails: Vec<usize> =
        look.reading.dns.iter().map(|dns| dns.after).filter(|after| *after >= 4).collect();
    if tails.len() >= 2 {
        let total: usize = tails.iter().sum();
        let text = format!(
            "{} messages of DNS have undeclared bytes behind their last record: {total} bytes",
            tails.len()
        );
        found.push(Evidence::contradiction(tails.len(), 0.3, text));
    }
    let judged = |names: &Names<'_>| {
        let decoded = names
            .cleaned()
            .or_else(|| names.slipped())
            .or_else(|| names.strewn())
            .or_else(|| names.spoiled());
        let decoded = decoded.or_else(|| names.among_words());
        let beside = decoded.or_else(|| names.beside()).or_else(|| names.blocks()).or_else(|| names.filled());
        let joined = beside.or_else(|| names.joined()).or_else(|| names.switched());
        let between = joined.or_else(|| names.between(look.limit)).or_else(|| names.among_texts(look.limit));
        between
            .or_else(|| names.meaningless(look.limit))
            .or_else(|| names.of_letters(look.limit))
            .or_else(|| names.composed())
    };
    found.extend(Names::of_zones(look).iter().find_map(judged));
    found
}

/// The different names that were asked for in one zone, without what they share.
struct Names<'a>(Vec<Vec<&'a [u8]>>);

impl<'a> Names<'a> {
    /// The names of each zone, by the two labels at the end of a name: each zone has its own way to make names.
    fn of_zones(look: &Look<'a>) -> Vec<Names<'a>> {
        let mut zones: BTreeMap<Vec<u8>, BTreeSet<Vec<&[u8]>>> = BTreeMap::new();
        for dns in look.reading.dns.iter().filter(|dns| !dns.response) {
            let labels: Vec<&[u8]> = dns.labels.iter().map(Vec::as_slice).collect();
            let zone = labels.get(labels.len().saturating_sub(2)..).unwrap_or_default().join(&b'.');
            zones.entry(zone.to_ascii_lowercase()).or_default().insert(labels);
        }
        zones.into_values().map(Names::of).collect()
    }

    fn of(asked: BTreeSet<Vec<&'a [u8]>>) -> Names<'a> {
        let shared = asked.iter().next().map_or(0, |first| {
            let common = |name: &Vec<&[u8]>| {
                name.iter()
                    .rev()
                    .zip(first.iter().rev())
                    .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
                    .count()
            };
            asked.iter().map(common).min().unwrap_or(0)
        });
        let data = asked.into_iter().map(|mut name| {
            name.truncate(name.len().saturating_sub(shared.max(1)));
            name.iter_mut().for_each(|label| *label = without_identifier(label));
            name.retain(|label| !label.is_empty());
            name
        });
        Names(if shared == 0 { Vec::new() } else { data.filter(|name| !name.is_empty()).collect() })
    }

    /// Names that decode to text only after strangers are out.
    fn cleaned(&self) -> Option<Evidence> {
        let (mut count, mut strangers, mut all) = (0, 0, 0);
        for name in &self.0 {
            let data = name.concat().to_ascii_lowercase();
            let found = CODES.iter().find_map(|(value, bits)| {
                let foreign = data.iter().filter(|byte| value(**byte).is_none()).count();
                let clean: Vec<u8> = data.iter().filter_map(|byte| value(*byte)).collect();
                let told = |from: usize| clean.get(from..).is_some_and(|clean| reads(&unpack(clean, *bits)));
                // The number of a part may stand before what it holds, with nothing in it.
                let number = data.iter().take(NUMBER).take_while(|byte| value(**byte).is_some()).count();
                let numbered = || clean.len() >= LONG && (1..=number).any(told);
                (foreign > 0 && foreign * 6 < data.len() * 5 && (told(0) || numbered())).then_some(foreign)
            });
            if let Some(foreign) = found {
                count += 1;
                strangers += foreign;
                all += data.len();
            }
        }
        (count >= NAMES && count * 10 >= self.0.len() * 6).then(|| {
            let share = strangers as f64 / all as f64;
            let text = format!("{count} names decode to text only after {strangers} foreign symbols are taken out, {:.0} % of them", share * 100.0);
            Evidence::contradiction(count, share, text)
        })
    }

    /// Labels that decode to text beside labels that decode to nothing, with lengths that vary.
    fn beside(&self) -> Option<Evidence> {
        let (mut count, mut all, mut lengths) = (0, 0, Vec::new());
        let mut noise: Vec<Vec<u8>> = Vec::new();
        for name in self.0.iter().filter(|name| name.len() >= 2) {
            if decodes(name) {
                continue;
            }
            if let Some(extra) = beside_longest(name) {
                count += 1;
                all += name.iter().map(|label| label.len()).sum::<usize>();
                lengths.push(extra.iter().map(|label| label.len()).sum::<usize>());
                noise.extend(extra.into_iter().map(<[u8]>::to_ascii_lowercase));
            }
        }
        let varied = lengths.iter().max()?.abs_diff(*lengths.iter().min()?) >= 4;
        let symbols = noise.concat();
        if count < NAMES
            || !varied
            || symbols.len() < 64
            || !(is_drawn(&symbols) || is_drawn(&behind_words(&noise)))
        {
            return None;
        }
        let share = symbols.len() as f64 / all as f64;
        let text = format!(
            "{count} names have labels that decode to text beside labels that decode to nothing: {} symbols, {:.0} % of them",
            symbols.len(),
            share * 100.0
        );
        Some(Evidence::contradiction(count, share, text))
    }
}

impl Names<'_> {
    /// Labels that no encoder gives: drawn evenly, of many lengths, in hex of which many are odd, or in all letters and digits.
    fn meaningless(&self, limit: f64) -> Option<Evidence> {
        let all: Vec<Vec<u8>> = self.0.iter().filter_map(|name| longest(name)).collect();
        // Names that say something may stand among them: words and numbers with hyphens between, or what is encoded.
        let of = |sort: fn(&u8) -> bool| all.iter().filter(move |label| label.iter().all(sort)).cloned();
        let letters: Vec<Vec<u8>> = of(u8::is_ascii_alphabetic).collect();
        let plain: Vec<Vec<u8>> = of(u8::is_ascii_alphanumeric).collect();
        let told = |labels: &[Vec<u8>], share| self.drawn(labels, share, limit);
        told(&plain, 7).or_else(|| (letters.len() < plain.len()).then(|| told(&letters, 4)).flatten())
    }

    /// The same of some labels, which are so many tenths of all.
    fn drawn(&self, labels: &[Vec<u8>], share: usize, limit: f64) -> Option<Evidence> {
        let slices: Vec<&[u8]> = labels.iter().map(Vec::as_slice).collect();
        let symbols = labels.concat();
        if labels.len() < MEANINGLESS || labels.len() * 10 < self.0.len() * share || !varied(&slices) {
            return None;
        }
        let drawn = even(&symbols, limit)?;
        let told = match widened(drawn.alphabet, &symbols) {
            Alphabet::Hex => {
                let odd = labels.iter().filter(|label| label.len() % 2 == 1).count();
                (odd * 4 >= labels.len())
                    .then(|| format!("hex, {odd} of an odd length, to which no bytes encode"))
            }
            Alphabet::Base36 => {
                let all = symbols.len() >= 160 && is_whole(Alphabet::Base36, &symbols);
                all.then(|| "letters and digits, of which no encoder of content uses all".to_owned())
            }
            Alphabet::Letters => (symbols.len() >= 20 * labels.len())
                .then(|| "letters alone, which no encoder uses".to_owned()),
            _ => None,
        }?;
        let text = format!(
            "{} names have labels that are drawn evenly ({:.1} standard deviations) and of many lengths: {told}",
            labels.len(),
            drawn.deviations
        );
        Some(Evidence::statistic(labels.len(), 0.5, 0.6, text).with_deviations(drawn.deviations))
    }
}

/// The longest label of a name, in small letters; all that are cut to one length with the rest behind them.
fn longest(name: &[&[u8]]) -> Option<Vec<u8>> {
    let first = name.iter().map(|label| label.len()).max().filter(|length| *length >= 4)?;
    let cut = name.iter().take_while(|label| label.len() == first).count();
    let whole = if cut > 0 && first >= CUT {
        name.get(..(cut + 1).min(name.len()))?.concat()
    } else {
        name.iter().find(|label| label.len() == first)?.to_vec()
    };
    Some(whole.to_ascii_lowercase())
}

/// Whether labels that stand one after the other decode to text as they are.
fn decodes(labels: &[&[u8]]) -> bool {
    let data = labels.concat().to_ascii_lowercase();
    let whole = |(value, bits): &(Decoder, usize)| {
        let clean: Option<Vec<u8>> = data.iter().map(|byte| value(*byte)).collect();
        clean.is_some_and(|clean| reads(&unpack(&clean, *bits)))
    };
    data.len() >= 10 && CODES.iter().any(whole)
}

/// What stands beside the longest part of a name that decodes, without the numbers that count the parts of what is sent.
fn beside_longest<'a>(name: &[&'a [u8]]) -> Option<Vec<&'a [u8]>> {
    let parts = (1..name.len()).flat_map(|length| (0..=name.len() - length).map(move |at| at..at + length));
    let decoding = parts.filter(|part| name.get(part.clone()).is_some_and(decodes));
    let symbols = |part: &std::ops::Range<usize>| {
        name.get(part.clone()).unwrap_or_default().iter().map(|label| label.len()).sum::<usize>()
    };
    let longest = decoding.max_by_key(symbols)?;
    let rest = name.iter().enumerate().filter(|(place, _)| !longest.contains(place)).map(|(_, label)| *label);
    let extra = rest.filter(|label| !is_number(label)).collect::<Vec<&[u8]>>();
    (!extra.is_empty()).then_some(extra)
}

fn is_number(label: &[u8]) -> bool {
    label.len() <= 4 && label.iter().all(u8::is_ascii_hexdigit)
}

/// Labels are cut at so many symbols or more.
const CUT: usize = 24;

/// A label without a GUID at its end, whose hyphens stand where they have to; nothing of one that is numbers joined by hyphens.
fn without_identifier(label: &[u8]) -> &[u8] {
    if label.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') {
        return &[];
    }
    let (front, end) = label.split_at(label.len().saturating_sub(36));
    let parts: Vec<usize> = end.split(|byte| *byte == b'-').map(<[u8]>::len).collect();
    let guid = parts == [8, 4, 4, 4, 12] && end.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    if guid { front } else { label }
}

/// The fewest names with labels that mean nothing.
const MEANINGLESS: usize = 16;

/// The value of a symbol.
type Decoder = fn(u8) -> Option<u8>;

/// The codes of labels, with the bits of a symbol.
const CODES: [(Decoder, usize); 3] = [(hex_value, 4), (base32_value, 5), (base32hex_value, 5)];

/// The fewest different names.
const NAMES: usize = 8;
/// The most symbols of a number before what a name holds, and the fewest symbols behind which such a one is looked for.
const NUMBER: usize = 4;
const LONG: usize = 24;

fn hex_value(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn base32_value(byte: u8) -> Option<u8> {
    match byte {
        b'a'..=b'z' => Some(byte - b'a'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    }
}

fn base32hex_value(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(32).and_then(|value| u8::try_from(value).ok())
}

/// Bytes from values of some bits each; what is left over at the end is dropped.
fn unpack(values: &[u8], bits: usize) -> Vec<u8> {
    let (mut bytes, mut word, mut filled) = (Vec::new(), 0u32, 0);
    for value in values {
        word = word << bits | u32::from(*value);
        filled += bits;
        if filled >= 8 {
            filled -= 8;
            bytes.push((word >> filled & 0xFF) as u8);
        }
    }
    bytes
}

/// Text of at least six bytes, the last character of which may be cut.
fn reads(bytes: &[u8]) -> bool {
    let text = match std::str::from_utf8(bytes) {
        Ok(_) => bytes,
        Err(cut) if cut.error_len().is_none() => bytes.get(..cut.valid_up_to()).unwrap_or_default(),
        Err(_) => return false,
    };
    text.len() >= 6 && text.iter().all(|byte| matches!(byte, 32..=126 | 128.. | b'\n' | b'\r' | b'\t'))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    fn question(name: &str) -> Vec<u8> {
        let mut message = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0".to_vec();
        for label in name.split('.') {
            message.push(label.len() as u8);
            message.extend_from_slice(label.as_bytes());
        }
        message.extend_from_slice(b"\0\0\x01\0\x01");
        message
    }

    pub(super) fn judged(make: impl Fn(&mut Chance, usize) -> String) -> Verdict {
        let mut chance = Chance::new(2);
        let mut talk = Talk::default();
        for n in 0..30 {
            talk.datagram(&question(&format!("{}.t.example.com", make(&mut chance, n))));
        }
        talk.judge().verdict
    }

    pub(super) fn hex(text: &str) -> String {
        text.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn symbols_strewn_into_names_are_junk() {
        let plain = |n: usize| hex(&format!("file {n} of some"));
        assert_eq!(judged(|_, n| plain(n)), Verdict::Structured);
        let strewn = |chance: &mut Chance, n: usize| -> String {
            plain(n)
                .chars()
                .flat_map(|c| {
                    [Some(c), (chance.below(4) == 0).then(|| char::from(b'g' + chance.below(20) as u8))]
                })
                .flatten()
                .collect()
        };
        assert_eq!(judged(strewn), Verdict::Junk);
        // The number of the part before it.
        assert_eq!(judged(|chance, n| format!("{n:02x}{}", strewn(chance, n))), Verdict::Junk);
        assert_eq!(judged(|_, n| format!("{n:02x}{}", plain(n))), Verdict::Structured);
        let random = |chance: &mut Chance| -> String {
            chance.bytes(15).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        assert_eq!(judged(|c, _| random(c)), Verdict::Structured);
        assert_eq!(
            judged(|c, _| random(c)
                .chars()
                .flat_map(|h| [Some(h), (c.below(5) == 0).then_some('z')])
                .flatten()
                .collect()),
            Verdict::Junk
        );
    }

    #[test]
    fn labels_of_noise_beside_data_are_junk() {
        let beside = |chance: &mut Chance, n: usize| {
            let length = 4 + chance.below(20);
            format!(
                "{}.{}",
                String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz", length)).unwrap(),
                hex(&format!("file {n} of some"))
            )
        };
        assert_eq!(judged(beside), Verdict::Junk);
        // Letters of both cases that were made small are drawn twice as often as digits.
        let both = |chance: &mut Chance, n: usize| {
            let symbols = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
            let length = 20 + chance.below(30);
            let noise = String::from_utf8(chance.of(symbols, length)).unwrap().to_ascii_lowercase();
            format!("{noise}.{}", hex(&format!("file {n} of some")))
        };
        assert_eq!(judged(both), Verdict::Junk);
    }

    #[test]
    fn labels_of_many_lengths_that_no_encoder_gives_are_suspect() {
        let of = |symbols: &'static [u8]| {
            judged(move |chance, _| {
                let length = 9 + chance.below(20);
                String::from_utf8(chance.of(symbols, length)).unwrap()
            })
        };
        assert_eq!(of(b"0123456789abcdef"), Verdict::Suspect);
        assert_eq!(of(b"abcdefghijklmnopqrstuvwxyz0123456789"), Verdict::Suspect);
        let cut = |symbols: &'static [u8]| {
            judged(move |chance, _| {
                let length = 31 + chance.below(50);
                let name = String::from_utf8(chance.of(symbols, length)).unwrap();
                let (first, rest) = name.split_at(30);
                let (second, third) = rest.split_at(30.min(rest.len()));
                [first, second, third].join(".").trim_end_matches('.').to_owned()
            })
        };
        assert_eq!(cut(b"0123456789abcdef"), Verdict::Suspect);
        assert_eq!(cut(b"abcdefghijklmnopqrstuvwxyz"), Verdict::Suspect);
        let encoded = |chance: &mut Chance, _| {
            let length = 5 + chance.below(20);
            chance.bytes(length).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        assert_eq!(judged(encoded), Verdict::Structured);
        let named = |chance: &mut Chance, _| {
            String::from_utf8(chance.of(b"0123456789abcdefghijklmnopqrstuvwxyz", 13)).unwrap()
        };
        assert_eq!(judged(named), Verdict::Structured);
    }

    #[test]
    fn names_of_letters_alone_among_names_that_say_something_are_suspect() {
        let words = ["harbour", "shipping", "orders", "meeting", "customer", "printer", "budget"];
        let among = |letters: bool| {
            judged(move |chance, n| match n % 5 {
                0 => hex(&format!("file {n} of some")),
                1 => format!("host-{n}-{}", words[n % 7]),
                _ if letters => {
                    let length = 14 + chance.below(24);
                    String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz", length)).unwrap()
                }
                _ => [words[n % 7], words[chance.below(7)], words[chance.below(7)]].concat(),
            })
        };
        assert_eq!(among(false), Verdict::Structured);
        assert_eq!(among(true), Verdict::Suspect);
    }

    #[test]
    fn labels_of_noise_around_data_that_is_counted_are_junk() {
        let around = |chance: &mut Chance, n: usize| {
            let mut noise = |least: usize| {
                let length = least + chance.below(20);
                String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz", length)).unwrap()
            };
            format!("{}.{}.{}.{n}", noise(6), hex(&format!("caf\u{e9} {n} of some")), noise(6))
        };
        assert_eq!(judged(around), Verdict::Junk);
        assert_eq!(judged(|_, n| format!("{}.{n}", hex(&format!("file {n} of some")))), Verdict::Structured);
    }

    #[test]
    fn each_zone_is_judged_by_itself() {
        let mut chance = Chance::new(4);
        let mut talk = Talk::default();
        for n in 0..80 {
            let mut hex = |length| String::from_utf8(chance.of(b"0123456789abcdef", length)).unwrap();
            let name = match n % 4 {
                0 => format!("{}.cdn.example.net", hex(32)),
                1 => format!(
                    "sensor-{}-{}-{}-{}-{}.blob.storage.example",
                    hex(8),
                    hex(4),
                    hex(4),
                    hex(4),
                    hex(12)
                ),
                2 => format!("the-order-{}.of.balance.example.org", 1_003 * (n * n + 71)),
                _ => format!("r{n}---sn-{}.video.example.com", hex(8)),
            };
            talk.datagram(&question(&name));
        }
        assert!(!talk.judge().junk);
    }
}
