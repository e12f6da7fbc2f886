//! Who owns an address when: a sorted union of intervals from connections, leases and records that name host and address
//! themselves, split where two hosts claim one address.
//!
//! In: claims (address, host, class of event, uncorrected time), merged per partition into intervals. Out: [`Owners`], given to
//! every partition.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};
use lopside_model::Micros;
use lopside_model::net::{AddressClass, bits, class};
use lopside_model::record::EventClass;
use lopside_model::time::HOUR;

use crate::join::clock::Clocks;
use crate::numbers::Numbers;

/// Claims closer than this are one interval.
const GAP: i64 = 4 * HOUR;

/// Who claims which address: the address as tables hold it, the number of the host, and the code of the class of event (its clock;
/// `Sensor` for a lease).
type Claim = (u128, u32, u8);

/// Spans of time that do not touch: start to end.
type Spans = BTreeMap<i64, i64>;

/// Intervals of uncorrected event time in which a host claims an address; they merge by union.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    hosts: Numbers,
    spans: HashMap<Claim, Spans>,
}

impl Claims {
    /// Adds a claim at one moment. Loopback, multicast and unspecified addresses are nobody's.
    pub fn add(&mut self, ip: IpAddr, host: &str, event: EventClass, time: Micros) {
        self.add_span(ip, host, event, time.0, time.0);
    }

    /// Adds a claim over a span of microseconds.
    pub fn add_span(&mut self, ip: IpAddr, host: &str, event: EventClass, first: i64, last: i64) {
        use AddressClass::{Broadcast, Loopback, Multicast, Platform, Unspecified};
        if matches!(class(ip), Loopback | Multicast | Broadcast | Unspecified | Platform) {
            return;
        }
        let claim = (bits(ip), self.hosts.of(host), event.code());
        union(self.spans.entry(claim).or_default(), first, last.max(first));
    }

    /// Adds all claims of another partition.
    pub fn merge(&mut self, other: Claims) {
        let numbers = self.hosts.translation(&other.hosts);
        for ((ip, host, event), spans) in other.spans {
            let Some(host) = usize::try_from(host).ok().and_then(|host| numbers.get(host)) else { continue };
            let target = self.spans.entry((ip, *host, event)).or_default();
            for (first, last) in spans {
                union(target, first, last);
            }
        }
    }

    /// Every claim in the order of address, host and class.
    fn sorted(&self) -> Vec<(u128, &str, EventClass, &Spans)> {
        let mut sorted: Vec<(u128, &str, EventClass, &Spans)> = self
            .spans
            .iter()
            .map(|((ip, host, event), spans)| {
                (*ip, self.hosts.text(*host), EventClass::from_code(*event), spans)
            })
            .collect();
        sorted.sort_unstable_by_key(|(ip, host, event, _)| (*ip, *host, *event));
        sorted
    }
}

impl PartialEq for Claims {
    fn eq(&self, other: &Claims) -> bool {
        self.sorted() == other.sorted()
    }
}

impl Eq for Claims {}

/// Adds a span to disjoint spans (start → end), joining those that come within the gap.
fn union(spans: &mut Spans, mut first: i64, mut last: i64) {
    if let Some((start, end)) = spans.range(..=first).next_back().map(|(start, end)| (*start, *end))
        && end.saturating_add(GAP) >= first
    {
        if end >= last {
            return;
        }
        spans.remove(&start);
        first = start;
        last = last.max(end);
    }
    while let Some((start, end)) = spans.range(first..).next().map(|(start, end)| (*start, *end)) {
        if start > last.saturating_add(GAP) {
            break;
        }
        spans.remove(&start);
        last = last.max(end);
    }
    spans.insert(first, last);
}

/// Who owns which address when.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    by_ip: HashMap<u128, Held>,
}

/// Who holds one address.
#[derive(Clone, Debug)]
enum Held {
    /// One host at any time, whether or not its endpoint events were read: most addresses, and no time need be looked at.
    Alone(String, bool),
    /// Several hosts, by time.
    ByTime(Vec<Tenure>),
}

impl Held {
    fn of(mut tenures: Vec<Tenure>) -> Held {
        if let [first, rest @ ..] = tenures.as_slice()
            && rest.iter().all(|tenure| tenure.host == first.host)
        {
            return Held::Alone(first.host.clone(), first.monitored);
        }
        tenures.sort_by(|a, b| (a.first, a.last, &a.host).cmp(&(b.first, b.last, &b.host)));
        Held::ByTime(tenures)
    }
}

/// A host's hold on an address, corrected times.
#[derive(Clone, Debug)]
struct Tenure {
    first: i64,
    last: i64,
    host: String,
    monitored: bool,
}

/// Who holds an address at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holder<'o> {
    /// The host; the first by name where several claim the address.
    pub host: Option<&'o str>,
    /// Whether any endpoint event of the host was read.
    pub monitored: bool,
    /// Whether several hosts claim it at that moment.
    pub contested: bool,
}

impl Owners {
    /// Corrects the claims by the hosts' clocks and sorts them. Of the monitored hosts an endpoint event was read: noted here once, so
    /// that it is not looked for with every flow.
    pub fn new(claims: &Claims, clocks: &Clocks, monitored: &HashSet<String>) -> Owners {
        let mut by_ip: HashMap<u128, Vec<Tenure>> = HashMap::new();
        for same_host in claims.sorted().chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let mut held = Spans::new();
            for (_, host, event, spans) in same_host {
                for (first, last) in *spans {
                    // With several modes the claim stands for each of them: a wider hold costs nothing where nobody else claims.
                    for corrected in clocks.correct(host, *event, Micros(*first), None) {
                        union(
                            &mut held,
                            first.saturating_sub(corrected.offset),
                            last.saturating_sub(corrected.offset),
                        );
                    }
                }
            }
            if let Some((ip, host, ..)) = same_host.first() {
                let monitored = monitored.contains(*host);
                let tenures = held.into_iter().map(|(first, last)| {
                    let host = (*host).to_owned();
                    Tenure { first, last, host, monitored }
                });
                by_ip.entry(*ip).or_default().extend(tenures);
            }
        }
        Owners { by_ip: by_ip.into_iter().map(|(ip, tenures)| (ip, Held::of(tenures))).collect() }
    }

    /// Who holds an address at a moment. Outside every interval it is the host of the nearest one, since an address stays with its
    /// host while nobody else claims it.
    pub fn at(&self, ip: IpAddr, time: Micros) -> Holder<'_> {
        self.find(ip, time).unwrap_or_default()
    }

    /// As [`Owners::at`]; `None` where nobody ever held the address.
    pub fn find(&self, ip: IpAddr, time: Micros) -> Option<Holder<'_>> {
        let tenures = match self.by_ip.get(&bits(ip))? {
            Held::Alone(host, monitored) => {
                return Some(Holder { host: Some(host), monitored: *monitored, contested: false });
            }
            Held::ByTime(tenures) => tenures,
        };
        let mut best: Option<(u64, &Tenure)> = None;
        let mut contested = false;
        for tenure in tenures {
            let distance = match () {
                () if time.0 < tenure.first => tenure.first.abs_diff(time.0),
                () if time.0 > tenure.last => time.0.abs_diff(tenure.last),
                () => 0,
            };
            contested |=
                distance == 0 && best.is_some_and(|(least, known)| least == 0 && known.host != tenure.host);
            if best.is_none_or(|(least, known)| (distance, &tenure.host) < (least, &known.host)) {
                best = Some((distance, tenure));
            }
        }
        let best = best.map(|(_, tenure)| tenure);
        Some(Holder {
            host: best.map(|tenure| tenure.host.as_str()),
            monitored: best.is_some_and(|tenure| tenure.monitored),
            contested,
        })
    }

    /// Whether any host ever held the address.
    pub fn knows(&self, ip: IpAddr) -> bool {
        self.by_ip.contains_key(&bits(ip))
    }

    /// Whether this host ever held the address.
    pub fn held_by(&self, ip: IpAddr, host: &str) -> bool {
        self.by_ip.get(&bits(ip)).is_some_and(|held| match held {
            Held::Alone(alone, _) => alone == host,
            Held::ByTime(tenures) => tenures.iter().any(|tenure| tenure.host == host),
        })
    }

    /// How many addresses have an owner.
    pub fn len(&self) -> usize {
        self.by_ip.len()
    }

    /// Whether no address has an owner.
    pub fn is_empty(&self) -> bool {
        self.by_ip.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip() -> IpAddr {
        "10.20.30.41".parse().unwrap()
    }

    fn hours(count: i64) -> Micros {
        Micros(count * HOUR)
    }

    #[test]
    fn an_address_moves_between_hosts() {
        let mut claims = Claims::default();
        for hour in [0, 2, 5] {
            claims.add(ip(), "ws-1", EventClass::Sysmon3, hours(hour));
        }
        claims.add(ip(), "ws-2", EventClass::Sysmon3, hours(24));
        let owners = Owners::new(&claims, &Clocks::default(), &HashSet::new());
        assert_eq!(owners.at(ip(), hours(3)).host, Some("ws-1"));
        assert_eq!(owners.at(ip(), hours(8)).host, Some("ws-1"));
        assert_eq!(owners.at(ip(), hours(23)).host, Some("ws-2"));
        assert_eq!(owners.at("10.0.0.9".parse().unwrap(), hours(3)), Holder::default());
    }

    #[test]
    fn conflicting_claims_name_both() {
        let mut claims = Claims::default();
        claims.add_span(ip(), "ws-1", EventClass::Sysmon3, 0, 10 * HOUR);
        claims.add_span(ip(), "ws-2", EventClass::Sysmon3, 5 * HOUR, 6 * HOUR);
        let owners = Owners::new(&claims, &Clocks::default(), &HashSet::new());
        assert_eq!(
            owners.at(ip(), Micros(5 * HOUR + 1)),
            Holder { host: Some("ws-1"), monitored: false, contested: true }
        );
    }

    #[test]
    fn unions_do_not_depend_on_the_order() {
        let spans = [(0, 1), (10 * HOUR, 11 * HOUR), (3 * HOUR, 7 * HOUR), (30 * HOUR, 31 * HOUR)];
        let mut forward = Claims::default();
        let mut backward = Claims::default();
        for (first, last) in spans {
            forward.add_span(ip(), "a", EventClass::Sensor, first, last);
        }
        for (first, last) in spans.iter().rev() {
            backward.add_span(ip(), "a", EventClass::Sensor, *first, *last);
        }
        assert_eq!(forward, backward);
    }

    #[test]
    fn it_is_noted_of_which_hosts_an_event_was_read() {
        let mut claims = Claims::default();
        claims.add(ip(), "ws-1", EventClass::Sysmon3, hours(1));
        claims.add(ip(), "printer-7", EventClass::Sensor, hours(24));
        let owners = Owners::new(&claims, &Clocks::default(), &HashSet::from(["ws-1".to_owned()]));
        assert!(owners.at(ip(), hours(1)).monitored);
        assert!(!owners.at(ip(), hours(24)).monitored);
    }

    #[test]
    fn loopback_is_nobodys() {
        let mut claims = Claims::default();
        claims.add("127.0.0.1".parse().unwrap(), "ws-1", EventClass::Sysmon3, hours(1));
        assert!(Owners::new(&claims, &Clocks::default(), &HashSet::new()).is_empty());
    }
}
