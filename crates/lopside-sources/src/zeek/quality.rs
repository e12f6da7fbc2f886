//! How far the two byte counts of a conn.log record can be believed.
//!
//! Zeek takes TCP counts from sequence numbers and writes 0 for a direction whose packets it never saw, so a count alone says
//! little. What was seen of a direction follows from the packets and from `history`, whose letters are upper-case for the
//! originator and lower-case for the responder (`C`, a packet dropped for a bad checksum, shows that packets were *not* looked at).
//!
//! | the direction | quality |
//! |---|---|
//! | no packet of it was looked at, and it must have had some | `unmeasured`; `sequence_only` where a count above 0 came from the other side's acknowledgements |
//! | TCP, `missed_bytes` at least half of a count that exceeds its IP bytes | `sequence_only` |
//! | TCP, `missed_bytes` above 0, or not written | `lower_bound` |
//! | UDP and ICMP, some packets dropped for their checksum | `lower_bound` |
//! | neither packets nor `history` are written | `lower_bound` |
//! | no count written (a single packet) | `unmeasured` |
//! | else, offloaded packets (count above the IP bytes) included | `exact` |
//!
//! A direction must have had packets where
//! - it is the source's: whoever opens a conversation has sent something (`orig_pkts` 0, `^d`, `^hadf`);
//! - it is the destination's and the source acknowledged, sent data or closed over TCP, which nobody does alone. In each state:
//!
//! | state | `history` | source | destination |
//! |---|---|---|---|
//! | S1 SF S2 S3 RSTO RSTR | both cases | by count | by count |
//! | S0 | `S` | by count | 0 or absent, as written: nobody answered |
//! | S0, OTH | `SAD`, `DA`, `A` | by count | unmeasured: one-sided |
//! | REJ | `Sr` | by count | by count |
//! | RSTOS0 | `SR`, `R` | by count | as written |
//! | SH | `SF`, `SADF` | by count | unmeasured: one-sided |
//! | SHR RSTRH OTH | `^hadf`, `^r`, `Cd`, `h` | unmeasured: one-sided | by count |
//! | OTH | `DdA` | by count | by count |
//! | UDP S0, ICMP | `D`, none | by count | 0 or absent, as written: a datagram needs no answer |
//! | UDP SHR | `d`, `^d` | unmeasured | by count |

use lopside_model::bytes::Weight;
use lopside_model::{Bytes, Quality};

use super::history::History;

/// What conn.log says about one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Direction {
    pub(super) bytes: Option<u64>,
    pub(super) packets: Option<u64>,
    pub(super) ip_bytes: Option<u64>,
}

impl Direction {
    /// What it came to below the payload. Zeek counts no frames.
    pub(super) fn weight(self) -> Weight {
        Weight { packets: self.packets, ip_bytes: self.ip_bytes, frame_bytes: None }
    }
}

/// What a record says as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) tcp: bool,
    pub(super) history: Option<History>,
    pub(super) missed: Option<u64>,
    pub(super) source: Direction,
    pub(super) destination: Direction,
}

/// What is believed of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) source: Bytes,
    pub(super) destination: Bytes,
    /// Why a direction has no measured count, in words.
    pub(super) why: Option<&'static str>,
}

const SOURCE_UNSEEN: &str = "the sensor saw no packets of the source, only the answers (one-sided capture)";
const SOURCE_DROPPED: &str =
    "the sensor dropped the packets of the source for bad checksums (offload; run zeek with -C)";
const DESTINATION_UNSEEN: &str =
    "the sensor saw no packets of the destination though it must have answered (one-sided capture)";
const DESTINATION_DROPPED: &str =
    "the sensor dropped the packets of the destination for bad checksums (offload; run zeek with -C)";
const SEQUENCE: &str = "the sensor missed most of the content and took the count from sequence numbers";
const NOT_WRITTEN: &str = "the sensor wrote no byte counts for this flow (a single packet)";

/// What `history` and the packet count show of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown {
    /// Packets of it were looked at; absent where the record tells nothing about that.
    seen: Option<bool>,
    /// Packets of it were dropped for their checksum.
    dropped: bool,
}

impl Counts {
    /// What to believe of both directions.
    pub(super) fn judge(&self) -> Judged {
        let source = self.shown(self.source, History::source);
        let destination = self.shown(self.destination, History::destination);
        let (source_bytes, source_why) = match source.seen {
            Some(false) => unseen(self.source, if source.dropped { SOURCE_DROPPED } else { SOURCE_UNSEEN }),
            _ => self.seen(self.source, source),
        };
        let (destination_bytes, destination_why) = match destination.seen {
            Some(false) if destination.dropped => unseen(self.destination, DESTINATION_DROPPED),
            Some(false) if self.must_have_answered() => unseen(self.destination, DESTINATION_UNSEEN),
            _ => self.seen(self.destination, destination),
        };
        Judged { source: source_bytes, destination: destination_bytes, why: source_why.or(destination_why) }
    }

    /// Whether both ends spoke, seen or unseen: an unanswered scan and a refused one are no conversation.
    pub(super) fn answered(&self) -> bool {
        let source = self.shown(self.source, History::source);
        let destination = self.shown(self.destination, History::destination);
        if !self.tcp {
            // A destination that speaks answers somebody, seen or not; a source alone may have spoken to nobody.
            return destination.seen.unwrap_or(self.destination.bytes > Some(0)) || destination.dropped;
        }
        let Some(history) = self.history else {
            return source.seen != Some(false)
                && destination.seen.unwrap_or(self.destination.bytes > Some(0))
                || self.destination.bytes > Some(0);
        };
        // Over TCP nobody sends data alone; a lone `r` refuses, a lone `A` or `F` probes.
        history.any(b"Dhadfc") || self.source.bytes > Some(0) || self.destination.bytes > Some(0)
    }

    /// Whether the source did what only an answer makes possible.
    fn must_have_answered(&self) -> bool {
        if !self.tcp {
            return false;
        }
        match self.history {
            Some(history) => history.any(b"ADFH"),
            None => self.source.bytes > Some(0),
        }
    }

    fn shown(&self, direction: Direction, of: fn(History) -> (bool, bool)) -> Shown {
        let Some((looked_at, dropped)) = self.history.map(of) else {
            return Shown { seen: direction.packets.map(|packets| packets > 0), dropped: false };
        };
        Shown { seen: Some(looked_at && direction.packets != Some(0)), dropped }
    }

    /// A direction of which packets were looked at, or which may well have had none.
    fn seen(&self, direction: Direction, shown: Shown) -> (Bytes, Option<&'static str>) {
        let Some(count) = direction.bytes else { return (Bytes::UNMEASURED, Some(NOT_WRITTEN)) };
        let quality = if !self.tcp {
            if shown.dropped || shown.seen.is_none() { Quality::LowerBound } else { Quality::Exact }
        } else {
            match self.missed {
                Some(missed) if mostly_missed(count, missed, direction.ip_bytes) => Quality::SequenceOnly,
                Some(0) if shown.seen.is_some() => Quality::Exact,
                _ => Quality::LowerBound,
            }
        };
        (Bytes::new(Some(count), quality), (quality == Quality::SequenceOnly).then_some(SEQUENCE))
    }
}

/// A direction of which no packet was looked at. Its 0 means nothing; a count above comes from acknowledgements.
fn unseen(direction: Direction, why: &'static str) -> (Bytes, Option<&'static str>) {
    match direction.bytes {
        Some(count) if count > 0 => (Bytes::new(Some(count), Quality::SequenceOnly), Some(SEQUENCE)),
        _ => (Bytes::UNMEASURED, Some(why)),
    }
}

fn mostly_missed(count: u64, missed: u64, ip_bytes: Option<u64>) -> bool {
    missed > 0 && missed >= count.div_ceil(2) && ip_bytes.is_some_and(|ip_bytes| count > ip_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row: history, source (bytes, packets, IP bytes), destination, missed bytes.
    fn tcp(history: &str, source: [u64; 3], destination: [u64; 3], missed: u64) -> Counts {
        let direction = |[bytes, packets, ip_bytes]: [u64; 3]| Direction {
            bytes: Some(bytes),
            packets: Some(packets),
            ip_bytes: Some(ip_bytes),
        };
        Counts {
            tcp: true,
            history: Some(History::of(history)),
            missed: Some(missed),
            source: direction(source),
            destination: direction(destination),
        }
    }

    fn udp(history: &str, source: [u64; 3], destination: [u64; 3]) -> Counts {
        Counts { tcp: false, ..tcp(history, source, destination, 0) }
    }

    fn qualities(counts: Counts) -> (Quality, Quality) {
        let judged = counts.judge();
        (judged.source.quality, judged.destination.quality)
    }

    use Quality::{Exact, LowerBound, SequenceOnly, Unmeasured};

    #[test]
    fn every_state() {
        for (state, counts, expected, answered) in [
            ("SF", tcp("ShADadFf", [900, 9, 1300], [500, 7, 800], 0), (Exact, Exact), true),
            ("S1", tcp("ShADad", [900, 9, 1300], [500, 7, 800], 0), (Exact, Exact), true),
            ("S2", tcp("ShADadF", [900, 9, 1300], [500, 7, 800], 0), (Exact, Exact), true),
            ("S3", tcp("ShADadf", [900, 9, 1300], [500, 7, 800], 0), (Exact, Exact), true),
            ("RSTO", tcp("ShADadR", [900, 9, 1300], [500, 7, 800], 0), (Exact, Exact), true),
            ("RSTR", tcp("ShADadr", [900, 9, 1300], [500, 7, 800], 0), (Exact, Exact), true),
            ("S0", tcp("S", [0, 2, 80], [0, 0, 0], 0), (Exact, Exact), false),
            ("REJ", tcp("Sr", [0, 1, 44], [0, 1, 40], 0), (Exact, Exact), false),
            ("RSTOS0", tcp("SR", [0, 2, 84], [0, 0, 0], 0), (Exact, Exact), false),
            ("RSTRH", tcp("^hadr", [0, 0, 0], [403, 5, 615], 0), (Unmeasured, Exact), true),
            ("RSTRH alone", tcp("^r", [0, 0, 0], [0, 1, 40], 0), (Unmeasured, Exact), false),
            ("SH", tcp("SADF", [900, 9, 1300], [0, 0, 0], 0), (Exact, Unmeasured), true),
            ("SHR", tcp("^hadf", [0, 0, 0], [403, 5, 615], 0), (Unmeasured, Exact), true),
            ("OTH midstream", tcp("DdA", [900, 9, 1300], [500, 7, 800], 0), (Exact, Exact), true),
            ("OTH one-sided", tcp("DA", [900, 9, 1300], [0, 0, 0], 0), (Exact, Unmeasured), true),
            ("OTH probe", tcp("A", [0, 1, 40], [0, 0, 0], 0), (Exact, Unmeasured), false),
            ("OTH answer alone", tcp("h", [0, 0, 0], [0, 1, 44], 0), (Unmeasured, Exact), true),
            ("UDP SF", udp("Dd", [39, 1, 67], [55, 1, 83]), (Exact, Exact), true),
            ("UDP S0", udp("D", [3900, 10, 4180], [0, 0, 0]), (Exact, Exact), false),
            ("UDP SHR", udp("^d", [0, 0, 0], [24, 2, 80]), (Unmeasured, Exact), true),
            ("UDP dropped", udp("Cd", [0, 0, 0], [111, 1, 139]), (Unmeasured, Exact), true),
            ("UDP some dropped", udp("DCd", [39, 1, 67], [111, 1, 139]), (LowerBound, Exact), true),
            ("UDP answer dropped", udp("Dc", [39, 1, 67], [0, 0, 0]), (Exact, Unmeasured), true),
        ] {
            assert_eq!(qualities(counts), expected, "{state}");
            assert_eq!(counts.answered(), answered, "{state}");
        }
    }

    #[test]
    fn zeek_writes_0_for_packets_it_never_looked_at() {
        // Two packets of the source were counted, none was looked at: the outbound bytes of a shell that sent 54 MiB.
        let counts = tcp("^hadtf", [0, 2, 92], [1_151_667, 6_553, 1_415_341], 0);
        let judged = counts.judge();
        assert_eq!(judged.source, Bytes::UNMEASURED);
        assert_eq!(judged.destination, Bytes::new(Some(1_151_667), Exact));
        assert_eq!(judged.why, Some(SOURCE_UNSEEN));
        assert_eq!(tcp("^hCadf", [0, 0, 0], [5, 3, 160], 0).judge().why, Some(SOURCE_DROPPED));
    }

    #[test]
    fn a_count_from_sequence_numbers() {
        let counts = tcp("^hadDGGGGf", [26_310_415, 1, 64_280], [544_495, 5_183, 756_627], 26_310_415);
        let judged = counts.judge();
        assert_eq!(judged.source, Bytes::new(Some(26_310_415), SequenceOnly));
        assert_eq!(judged.destination, Bytes::new(Some(544_495), LowerBound));
        assert_eq!(judged.why, Some(SEQUENCE));
        // Half is enough, less is not, and neither is it where the packets account for the count.
        assert_eq!(qualities(tcp("ShADad", [1000, 9, 900], [5, 3, 160], 500)).0, SequenceOnly);
        assert_eq!(qualities(tcp("ShADad", [1000, 9, 900], [5, 3, 160], 499)).0, LowerBound);
        assert_eq!(qualities(tcp("ShADad", [1000, 9, 1300], [5, 3, 160], 900)).0, LowerBound);
        assert_eq!(qualities(tcp("hadf", [700, 0, 0], [5, 3, 160], 700)).0, SequenceOnly);
    }

    #[test]
    fn offload_above_the_ip_bytes_is_exact() {
        assert_eq!(qualities(tcp("ShADdaR", [4_020, 12, 1_307], [1_681, 11, 2_133], 0)), (Exact, Exact));
    }

    #[test]
    fn what_is_not_written_is_not_measured() {
        let nothing = Counts {
            tcp: false,
            history: Some(History::of("D")),
            missed: Some(0),
            source: Direction { bytes: None, packets: Some(1), ip_bytes: Some(76) },
            destination: Direction { bytes: None, packets: Some(0), ip_bytes: Some(0) },
        };
        assert_eq!(qualities(nothing), (Unmeasured, Unmeasured));
        assert_eq!(nothing.judge().why, Some(NOT_WRITTEN));
        // Without packets and history nobody can say whether both sides were seen.
        let bare = Direction { bytes: Some(7), packets: None, ip_bytes: None };
        let counts = Counts { tcp: true, history: None, missed: Some(0), source: bare, destination: bare };
        assert_eq!(qualities(counts), (LowerBound, LowerBound));
        assert!(counts.answered());
        // ICMP has no history: its packets tell.
        let icmp = Counts {
            tcp: false,
            history: None,
            missed: Some(0),
            source: Direction { bytes: Some(64), packets: Some(2), ip_bytes: Some(120) },
            destination: Direction { bytes: Some(0), packets: Some(0), ip_bytes: Some(0) },
        };
        assert_eq!(qualities(icmp), (Exact, Exact));
        assert!(!icmp.answered());
    }
}
