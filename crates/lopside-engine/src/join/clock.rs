//! Host clocks: how far the clock of a host's events is ahead of the sensors'.
//!
//! In: time differences (event minus flow start) of conversations that both sides saw exactly once, as histograms per host, event
//! class and stretch of time, which merge by addition. Out: for each one or more modes, or the statement that nothing could be
//! estimated. Nothing is applied silently: every mode is reported with its spread and the number of matches.
//!
//! Source of the rules: densest window over pairs of unique tuples, with a minimum of pairs and mass; several modes where an
//! export wrote local or 12-hour times.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use lopside_model::Micros;
use lopside_model::record::EventClass;
use rayon::prelude::*;

/// Width of a histogram bin in microseconds.
const BIN: i64 = 100_000;
/// A mode's pairs lie within this many bins (5 s).
const WINDOW: i64 = 50;
/// Length of a stretch of time: a clock is taken as steady within it.
const STRETCH: i64 = 6 * lopside_model::time::HOUR;
/// Fewest pairs that a mode rests on.
const FEWEST: u64 = 5;
/// At most this many modes of one clock.
const MODES: usize = 6;

/// Events of one host and class share a clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockKey {
    /// The host.
    pub host: String,
    /// The event class.
    pub class: EventClass,
    /// Whether this is the clock of the log's own time rather than of the event's.
    pub logged: bool,
}

/// Time differences of one clock: a histogram over stretches of event time and bins of 0.1 s.
#[derive(Clone, Debug, Default)]
pub struct Differences {
    /// Stretch, bin and count: sorted and each once as far as `settled`, then as they came.
    counts: Vec<(i64, i64, u64)>,
    settled: usize,
}

/// Counts that are left unsorted at least, before they are added up.
const UNSETTLED: usize = 256;

impl Differences {
    /// Adds one pair.
    pub fn add(&mut self, event: Micros, flow_start: Micros) {
        let bin = event.since(flow_start).div_euclid(BIN);
        self.counts.push((event.0.div_euclid(STRETCH), bin, 1));
        if self.counts.len() > 2 * self.settled + UNSETTLED {
            self.settle();
        }
    }

    /// Adds all pairs of another histogram.
    pub fn merge(&mut self, other: Differences) {
        if self.counts.is_empty() {
            *self = other;
            return;
        }
        self.counts.extend(other.counts);
        if self.counts.len() > 2 * self.settled + UNSETTLED {
            self.settle();
        }
    }

    /// Adds up what came unsorted.
    fn settle(&mut self) {
        self.counts.sort_unstable();
        self.counts.dedup_by(|next, sum| {
            let same = (next.0, next.1) == (sum.0, sum.1);
            sum.2 += if same { next.2 } else { 0 };
            same
        });
        self.settled = self.counts.len();
    }

    /// The bins of each stretch.
    fn stretches(&self) -> BTreeMap<i64, BTreeMap<i64, u64>> {
        let mut stretches: BTreeMap<i64, BTreeMap<i64, u64>> = BTreeMap::new();
        for (stretch, bin, count) in &self.counts {
            *stretches.entry(*stretch).or_default().entry(*bin).or_insert(0) += count;
        }
        stretches
    }

    /// The bins of the whole time.
    fn all(&self) -> BTreeMap<i64, u64> {
        let mut all: Vec<(i64, u64)> = self.counts.iter().map(|(_, bin, count)| (*bin, *count)).collect();
        all.sort_unstable();
        all.dedup_by(|next, sum| {
            let same = next.0 == sum.0;
            sum.1 += if same { next.1 } else { 0 };
            same
        });
        all.into_iter().collect()
    }
}

impl PartialEq for Differences {
    fn eq(&self, other: &Differences) -> bool {
        self.stretches() == other.stretches()
    }
}

impl Eq for Differences {}

/// One value that a clock's error takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mode {
    /// Host minus sensor, microseconds: positive where the host is ahead.
    pub offset: i64,
    /// Interquartile range of the pairs, microseconds.
    pub spread: i64,
    /// Pairs that it rests on.
    pub matches: u64,
}

/// What is known of one clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clock {
    /// The modes over the whole time, most matches first; empty where nothing could be estimated.
    pub modes: Vec<Mode>,
    /// Modes of single stretches, where the whole time has no common one (drift, steps), by stretch.
    stretches: BTreeMap<i64, Mode>,
    /// Pairs in all.
    pub pairs: u64,
}

impl Clock {
    /// Estimates a clock.
    pub fn fit(differences: &Differences) -> Clock {
        let all = differences.all();
        let pairs = all.values().sum();
        let modes = modes(all);
        if !modes.is_empty() {
            return Clock { modes, stretches: BTreeMap::new(), pairs };
        }
        let mut stretches = BTreeMap::new();
        for (stretch, bins) in differences.stretches() {
            if let Some(mode) = self::modes(bins).first() {
                stretches.insert(stretch, *mode);
            }
        }
        Clock { modes: Vec::new(), stretches, pairs }
    }

    /// Whether any offset was estimated.
    pub fn known(&self) -> bool {
        !self.modes.is_empty() || !self.stretches.is_empty()
    }

    /// The offsets that an event at this (uncorrected) time may have, most likely first; empty where nothing is known.
    pub fn offsets(&self, event: Micros) -> impl Iterator<Item = i64> + '_ {
        let stretch = event.0.div_euclid(STRETCH);
        let near = self
            .stretches
            .range(..=stretch)
            .next_back()
            .into_iter()
            .chain(self.stretches.range(stretch..).next())
            .min_by_key(|(at, _)| at.abs_diff(stretch))
            .map(|(_, mode)| mode.offset);
        self.modes.iter().map(|mode| mode.offset).chain(near)
    }

    /// All modes for the report: of the whole time, else one for each stretch.
    pub fn report(&self) -> Vec<Mode> {
        if self.modes.is_empty() { self.stretches.values().copied().collect() } else { self.modes.clone() }
    }

    /// The offset that most pairs agree on.
    pub fn main(&self) -> Option<Mode> {
        self.report().into_iter().max_by_key(|mode| (mode.matches, std::cmp::Reverse(mode.offset)))
    }
}

/// Finds the modes of a histogram: one where most of the mass is, or several that together hold it.
fn modes(mut bins: BTreeMap<i64, u64>) -> Vec<Mode> {
    let total: u64 = bins.values().sum();
    let mut found: Vec<Mode> = Vec::new();
    let mut covered = 0;
    while found.len() < MODES {
        let Some((first, mass)) = densest(&bins) else { break };
        if mass < FEWEST || mass * 20 < total {
            break;
        }
        let window: Vec<(i64, u64)> =
            bins.range(first..=first + WINDOW).map(|(bin, count)| (*bin, *count)).collect();
        for (bin, _) in &window {
            bins.remove(bin);
        }
        covered += mass;
        let mode = describe(&window, mass);
        // The tail of a mode is not another one.
        if !found
            .iter()
            .any(|known| known.offset.abs_diff(mode.offset) < 10 * WINDOW.unsigned_abs() * BIN.unsigned_abs())
        {
            found.push(mode);
        }
        if found.len() == 1
            && (mass * 10 >= total * 6 || (mass >= 20 && mass * 10 >= total * 3 && alone(&bins, mass)))
        {
            return found;
        }
    }
    if covered * 10 >= total * 6 { found } else { Vec::new() }
}

/// Whether what is left holds no second mode of a size that would make the first one doubtful.
fn alone(rest: &BTreeMap<i64, u64>, mass: u64) -> bool {
    densest(rest).is_none_or(|(_, next)| next * 3 < mass)
}

/// The first bin of the window that holds most pairs, and how many.
fn densest(bins: &BTreeMap<i64, u64>) -> Option<(i64, u64)> {
    let list: Vec<(i64, u64)> = bins.iter().map(|(bin, count)| (*bin, *count)).collect();
    let mut best: Option<(i64, u64)> = None;
    let (mut from, mut mass) = (0, 0);
    for (bin, count) in &list {
        mass += count;
        while let Some((first, dropped)) = list.get(from) {
            if bin - first <= WINDOW {
                break;
            }
            mass -= dropped;
            from += 1;
        }
        if best.is_none_or(|(_, most)| mass > most)
            && let Some((first, _)) = list.get(from)
        {
            best = Some((*first, mass));
        }
    }
    best
}

/// Median and interquartile range of a window.
fn describe(window: &[(i64, u64)], mass: u64) -> Mode {
    let quantile = |numerator: u64| {
        let rank = (mass * numerator).div_ceil(4).max(1);
        let mut seen = 0;
        for (bin, count) in window {
            seen += count;
            if seen >= rank {
                return bin * BIN + BIN / 2;
            }
        }
        0
    };
    Mode { offset: quantile(2), spread: quantile(3) - quantile(1), matches: mass }
}

/// The few clocks of a host, by class and whether it is the log's own time.
type HostClocks = Vec<((EventClass, bool), Clock)>;

/// All clocks of a run.
#[derive(Clone, Debug, Default)]
pub struct Clocks {
    hosts: HashMap<String, HostClocks>,
}

/// How the time of an event was corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// The corrected time.
    pub time: Micros,
    /// The offset that was taken off, microseconds.
    pub offset: i64,
    /// Whether the offset rests on matches with flows.
    pub verified: bool,
}

impl Clocks {
    /// Estimates every clock.
    pub fn fit(differences: &BTreeMap<ClockKey, Differences>) -> Clocks {
        let fitted: Vec<(&ClockKey, Clock)> =
            differences.par_iter().map(|(key, pairs)| (key, Clock::fit(pairs))).collect();
        let mut hosts: HashMap<String, HostClocks> = HashMap::new();
        for (key, clock) in fitted {
            hosts.entry(key.host.clone()).or_default().push(((key.class, key.logged), clock));
        }
        Clocks { hosts }
    }

    /// The clock of a host's events of one class. Lookups (Sysmon 22) share the clock of connections (Sysmon 3), Windows
    /// security events share theirs.
    pub fn get(&self, host: &str, class: EventClass) -> Option<&Clock> {
        let shared = match class {
            EventClass::Sysmon22 => EventClass::Sysmon3,
            EventClass::Security4688
            | EventClass::Security4689
            | EventClass::Security5157
            | EventClass::Security5158 => EventClass::Security5156,
            other => other,
        };
        self.of(host, shared, false)
    }

    fn of(&self, host: &str, class: EventClass, logged: bool) -> Option<&Clock> {
        let mut clocks = self.hosts.get(host)?.iter();
        clocks.find(|(own, _)| *own == (class, logged)).map(|(_, clock)| clock)
    }

    /// The possible corrected times of an event, most likely first; at least one.
    pub fn correct(
        &self,
        host: &str,
        class: EventClass,
        time: Micros,
        logged: Option<Micros>,
    ) -> impl Iterator<Item = Corrected> {
        let own = self.get(host, class).filter(|clock| clock.known()).map(|clock| (clock, time));
        let basis = own.or_else(|| {
            let clock = self.of(host, class, true).filter(|clock| clock.known())?;
            Some((clock, logged?))
        });
        let corrected = basis.into_iter().flat_map(|(clock, time)| {
            clock.offsets(time).map(move |offset| Corrected {
                time: time.plus(-offset),
                offset,
                verified: true,
            })
        });
        let unverified = basis.is_none().then_some(Corrected { time, offset: 0, verified: false });
        corrected.chain(unverified)
    }

    /// The most likely corrected time of an event.
    pub fn corrected(&self, host: &str, class: EventClass, time: Micros) -> Micros {
        self.correct(host, class, time, None).next().map_or(time, |corrected| corrected.time)
    }

    /// Every clock in the order of host and class, for the report.
    pub fn iter(&self) -> impl Iterator<Item = (&str, EventClass, bool, &Clock)> {
        // Fitted in the order of their keys, so that those of a host are in order.
        let hosts: BTreeMap<&str, _> =
            self.hosts.iter().map(|(host, clocks)| (host.as_str(), clocks)).collect();
        hosts.into_iter().flat_map(|(host, clocks)| {
            clocks.iter().map(move |((class, logged), clock)| (host, *class, *logged, clock))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(offsets: impl IntoIterator<Item = f64>) -> Differences {
        let mut differences = Differences::default();
        for (index, offset) in offsets.into_iter().enumerate() {
            let start = Micros(1_773_220_442_000_000 + index as i64 * 60_000_000);
            differences.add(start.plus((offset * 1e6) as i64), start);
        }
        differences
    }

    #[test]
    fn an_offset_of_days_is_found_among_noise() {
        let noise = (0..30).map(|i| f64::from(i) * 997.0 - 20_000.0);
        let clock =
            Clock::fit(&differences((0..98).map(|i| -483_279.6 + f64::from(i % 7) * 0.05).chain(noise)));
        let mode = clock.main().unwrap();
        assert!((mode.offset as f64 / 1e6 + 483_279.5).abs() < 0.5, "{mode:?}");
        assert!(mode.spread < 1_000_000);
    }

    #[test]
    fn twelve_hour_times_make_two_modes() {
        let clock = Clock::fit(&differences((0..60).map(|i| if i % 2 == 0 { -14_400.0 } else { -57_600.0 })));
        assert_eq!(clock.modes.len(), 2);
        assert_eq!(clock.modes[0].offset.abs_diff(clock.modes[1].offset) / 1_000_000, 43_200);
    }

    #[test]
    fn five_pairs_are_needed() {
        assert!(!Clock::fit(&differences([3.0; 4])).known());
        assert!(Clock::fit(&differences([3.0; 5])).known());
        assert!(!Clock::fit(&differences((0..50).map(|i| f64::from(i) * 100.0))).known());
    }

    #[test]
    fn a_drifting_clock_has_an_offset_for_each_stretch() {
        let mut differences = Differences::default();
        for minute in 0..4_000_i64 {
            let start = Micros(1_773_220_442_000_000 + minute * 60_000_000);
            differences.add(start.plus(minute * 30_000), start);
        }
        let clock = Clock::fit(&differences);
        assert!(clock.known());
        let event = Micros(1_773_220_442_000_000 + 2_000 * 60_000_000);
        let offset = clock.offsets(event).next().unwrap();
        assert!((offset - 60_000_000).abs() < 8_000_000, "{offset}");
    }

    #[test]
    fn histograms_merge_by_addition() {
        let all = differences((0..20).map(f64::from));
        let mut parts = differences((0..10).map(f64::from));
        let mut second = Differences::default();
        for index in 10..20_i64 {
            let start = Micros(1_773_220_442_000_000 + index * 60_000_000);
            second.add(start.plus(index * 1_000_000), start);
        }
        parts.merge(second);
        assert_eq!(parts, all);
    }

    #[test]
    fn an_unknown_clock_is_left_alone_and_says_so() {
        let clocks = Clocks::default();
        let time = Micros(5);
        assert_eq!(
            clocks.correct("ws", EventClass::Sysmon3, time, None).collect::<Vec<_>>(),
            [Corrected { time, offset: 0, verified: false }]
        );
    }
}
