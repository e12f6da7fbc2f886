//! Each day of each channel against the envelopes: inside, outside by so much, or not theirs.
//!
//! What a host may send in a day counts over all its channels that the entry covers, so that nobody gets round a limit by more
//! users or destinations. Days count by their own date, never by a clock.

use std::collections::{BTreeMap, HashMap};

use lopside_model::bytes::ratio;
use lopside_model::channel::{Channel, ChannelDay};

use super::breach::{Breach, Left};
use super::entry::{Envelope, Proof};
use super::file::Envelopes;

/// How a channel-day stands to an envelope.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Within all limits: kept, counted and not shown.
    Inside,
    /// Outside of at least one.
    Outside(Breach),
    /// It would be inside, but cannot be checked.
    Unproven(String),
    /// The image is not the one that is meant.
    Contradicted(String),
    /// The envelope had expired.
    Expired,
    /// The process has the envelope for other destinations.
    Elsewhere,
}

/// What the envelopes say of one channel-day.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The entry, by its place in the file.
    pub entry: usize,
    /// How it stands to it.
    pub standing: Standing,
}

/// Verdicts by channel and day, in the order of both; a channel of no envelope has none.
pub type Verdicts = Vec<Vec<Option<Verdict>>>;

impl Envelopes {
    /// Judges channels that are sorted by host, as partitions hold them.
    pub fn judge(&self, channels: &[Channel]) -> Verdicts {
        let mut verdicts: Verdicts = vec![Vec::new(); channels.len()];
        if self.is_empty() {
            return verdicts;
        }
        let mut known: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut start = 0;
        for host in channels.chunk_by(|one, other| one.key.host == other.key.host) {
            let covered: Vec<Vec<usize>> =
                host.iter().map(|channel| self.covering(channel, &mut known)).collect();
            let sums = self.sums(host, &covered);
            for ((channel, entries), slot) in host.iter().zip(&covered).zip(verdicts.iter_mut().skip(start)) {
                if !entries.is_empty() {
                    *slot =
                        channel.days.iter().map(|day| self.verdict(channel, day, entries, &sums)).collect();
                }
            }
            start += host.len();
        }
        verdicts
    }

    /// Entries whose process, host and user are those of a channel.
    fn covering<'c>(&self, channel: &'c Channel, known: &mut HashMap<&'c str, Vec<usize>>) -> Vec<usize> {
        let Some(identity) = channel.key.identity.as_deref() else { return Vec::new() };
        let who = known.entry(identity).or_insert_with(|| {
            let entries = self.list.iter().enumerate();
            entries.filter(|(_, envelope)| envelope.is_who(identity)).map(|(index, _)| index).collect()
        });
        let whose = |index: &usize| self.list.get(*index).is_some_and(|envelope| envelope.is_whose(channel));
        who.iter().copied().filter(whose).collect()
    }

    /// What a host sent within each entry on each day.
    fn sums(&self, host: &[Channel], covered: &[Vec<usize>]) -> BTreeMap<(usize, i32), u64> {
        let mut sums = BTreeMap::new();
        for (channel, entries) in host.iter().zip(covered) {
            for index in entries {
                let Some(envelope) = self.list.get(*index).filter(|envelope| envelope.max_bytes.is_some())
                else {
                    continue;
                };
                for day in channel.days.iter().filter(|day| envelope.is_where(channel, day)) {
                    let sum: &mut u64 = sums.entry((*index, day.day)).or_default();
                    *sum = sum.saturating_add(sent(day));
                }
            }
        }
        sums
    }

    /// The verdict that says most for the sender; the first entry where two say the same.
    fn verdict(
        &self,
        channel: &Channel,
        day: &ChannelDay,
        entries: &[usize],
        sums: &BTreeMap<(usize, i32), u64>,
    ) -> Option<Verdict> {
        let mut best: Option<(f64, Verdict)> = None;
        for index in entries {
            let Some(envelope) = self.list.get(*index) else { continue };
            let sum = sums.get(&(*index, day.day)).copied();
            let Some(standing) = envelope.standing(channel, day, sum) else { continue };
            let rank = standing.rank();
            if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                best = Some((rank, Verdict { entry: *index, standing }));
            }
        }
        best.map(|(_, verdict)| verdict)
    }
}

impl Standing {
    /// The lower, the more it says for the sender.
    fn rank(&self) -> f64 {
        match self {
            Standing::Inside => 0.0,
            Standing::Outside(breach) => 1.0 + breach.strength(),
            Standing::Unproven(_) => 3.0,
            Standing::Expired => 4.0,
            Standing::Contradicted(_) => 5.0,
            Standing::Elsewhere => 6.0,
        }
    }
}

impl Envelope {
    /// How a day of a channel of this process, host and user stands to it; `None` where it says nothing of it.
    fn standing(&self, channel: &Channel, day: &ChannelDay, sum: Option<u64>) -> Option<Standing> {
        let here = self.is_where(channel, day);
        if !here && !self.nowhere_else() {
            return Some(Standing::Elsewhere);
        }
        if self.expires.is_some_and(|last| day.day > last) {
            return Some(Standing::Expired);
        }
        match self.proof(channel, day) {
            Proof::Contradicted(why) => return Some(Standing::Contradicted(why)),
            Proof::Unknown => {
                let why = "who made the image is not known, and it lies where users can write";
                return Some(Standing::Unproven(why.into()));
            }
            Proof::Proven => {}
        }
        let limited = self.max_bytes.is_some() || self.max_ratio.is_some();
        if day.sum.flows == 0 && limited {
            return Some(Standing::Unproven("what it sent was not measured both ways".into()));
        }
        let left = self.left(day, sum, here);
        if left.is_empty() {
            Some(Standing::Inside)
        } else {
            Some(Standing::Outside(Breach { left, sent: sent(day) }))
        }
    }

    fn nowhere_else(&self) -> bool {
        self.written.nowhere_else
    }

    /// The limits that a day leaves.
    fn left(&self, day: &ChannelDay, sum: Option<u64>, here: bool) -> Vec<Left> {
        let mut left = Vec::new();
        if !here {
            left.push(Left::Elsewhere);
        }
        if let Some(limit) = self.max_bytes.filter(|_| here) {
            let sent = sum.unwrap_or_else(|| sent(day));
            if sent > limit {
                left.push(Left::Bytes { sent, limit });
            }
        }
        if let Some(limit) = self.max_ratio {
            let ratio = ratio(day.sum.bytes_out, day.sum.bytes_in);
            if ratio > limit {
                left.push(Left::Ratio { ratio, limit });
            }
        }
        left.extend(self.other_ports(day));
        left.extend(self.other_hours(day));
        left
    }

    fn other_ports(&self, day: &ChannelDay) -> Option<Left> {
        if self.ports.is_empty() {
            return None;
        }
        let others = || day.ports.iter().filter(|sum| !self.ports.iter().any(|ports| ports.has(sum)));
        let most = others().max_by_key(|sum| (sum.bytes_out, std::cmp::Reverse(sum.port)))?;
        let total = |bytes: u64| bytes.max(1) as f64;
        let all = day.ports.iter().fold(0_u64, |all, sum| all.saturating_add(sum.bytes_out));
        let outside = others().fold(0_u64, |all, sum| all.saturating_add(sum.bytes_out));
        Some(Left::Ports { share: outside as f64 / total(all), port: most.port }).filter(|_| outside > 0)
    }

    fn other_hours(&self, day: &ChannelDay) -> Option<Left> {
        let mask = self.hours?;
        let (mut outside, mut all) = (0_u64, 0_u64);
        for (hour, bytes) in day.hours.iter() {
            all = all.saturating_add(bytes);
            if mask & (1 << hour) == 0 {
                outside = outside.saturating_add(bytes);
            }
        }
        (outside > 0).then(|| Left::Hours { share: outside as f64 / all.max(1) as f64 })
    }
}

/// Bytes that a channel sent on a day, as far as they were counted.
pub(super) fn sent(day: &ChannelDay) -> u64 {
    day.sum.bytes_out.saturating_add(day.unmeasured.bytes_out)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::testing::{entry, envelope};
    use super::super::written::Written;
    use super::*;
    use crate::testing::{channel, on};

    const AGENT: &str = r"%programfiles%\vendor\agent.exe";

    fn judged(change: impl Fn(&mut Written), channels: &[Channel]) -> Vec<Standing> {
        let mut written = entry();
        change(&mut written);
        let list = vec![Envelope::new(written, &BTreeMap::new(), 1).unwrap()];
        let envelopes = Envelopes { list, ..Envelopes::default() };
        let verdicts = envelopes.judge(channels);
        verdicts.into_iter().flatten().flatten().map(|verdict| verdict.standing).collect()
    }

    fn agent(bytes_out: u64) -> Channel {
        on(channel("h", Some(AGENT), "backup.example"), 5, bytes_out, bytes_out / 100)
    }

    #[test]
    fn inside_and_outside() {
        assert_eq!(judged(|_| (), &[agent(900_000_000)]), [Standing::Inside]);
        let over = judged(|_| (), &[agent(2_000_000_000)]);
        assert!(matches!(&over[..], [Standing::Outside(breach)] if breach.points() > 10.0), "{over:?}");
        let ports = judged(
            |written| written.ports = vec![super::super::written::Amount::Number(22)],
            &[agent(90_000_000)],
        );
        assert!(
            matches!(&ports[..], [Standing::Outside(breach)] if breach.words().contains("443")),
            "{ports:?}"
        );
        let hours = judged(|written| written.hours = Some("20-08".into()), &[agent(90_000_000)]);
        assert!(matches!(&hours[..], [Standing::Outside(breach)] if breach.points() == 40.0), "{hours:?}");
    }

    #[test]
    fn a_limit_holds_for_all_destinations_of_a_host_together() {
        let mut other = agent(700_000_000);
        other.key.user = Some(r"corp\other".into());
        let both = judged(|_| (), &[agent(700_000_000), other.clone()]);
        assert!(both.iter().all(|standing| matches!(standing, Standing::Outside(_))), "{both:?}");
        other.key.host = "i".into();
        assert_eq!(judged(|_| (), &[agent(700_000_000), other]), [Standing::Inside, Standing::Inside]);
    }

    #[test]
    fn another_place_user_or_host_is_not_covered() {
        let elsewhere = on(channel("h", Some(AGENT), "drop.example"), 5, 1 << 30, 0);
        assert_eq!(judged(|_| (), std::slice::from_ref(&elsewhere)), [Standing::Elsewhere]);
        let breach = judged(|written| written.nowhere_else = true, &[elsewhere]);
        assert!(matches!(&breach[..], [Standing::Outside(_)]));
        assert!(judged(|written| written.hosts = vec!["srv-*".to_owned()].into(), &[agent(1)]).is_empty());
        assert!(judged(|written| written.users = vec!["system".to_owned()].into(), &[agent(1)]).is_empty());
        assert!(
            judged(|_| (), &[on(channel("h", Some(r"%userprofile%\agent.exe"), "backup.example"), 5, 1, 1)])
                .is_empty()
        );
    }

    #[test]
    fn a_claim_that_the_telemetry_contradicts_does_not_count() {
        let mut masked = agent(900_000_000);
        masked.days[0].senders[0].process.company = Some("Somebody Else".into());
        assert!(
            matches!(&judged(|_| (), &[masked.clone()])[..], [Standing::Contradicted(why)] if why.contains("Somebody"))
        );
        masked.days[0].senders[0].process.company = Some("VENDOR GmbH".into());
        masked.days[0].senders[0].process.image = Some(r"E:\Program Files\Vendor\agent.exe".into());
        assert!(
            matches!(&judged(|_| (), &[masked.clone()])[..], [Standing::Contradicted(why)] if why.contains("E:"))
        );
        let mut open = agent(900_000_000);
        open.place = lopside_model::identity::Place::Profile;
        assert!(matches!(&judged(|_| (), &[open])[..], [Standing::Unproven(_)]));
    }

    #[test]
    fn days_count_by_their_own_date() {
        let late = on(channel("h", Some(AGENT), "backup.example"), 400, 1_000_000, 1);
        assert_eq!(judged(|_| (), &[late]), [Standing::Expired]);
    }

    #[test]
    fn what_was_not_measured_is_not_taken_to_be_inside() {
        let mut unmeasured = agent(0);
        unmeasured.days[0].sum = Default::default();
        unmeasured.days[0].unmeasured.add(5_000_000, 0);
        assert!(matches!(&judged(|_| (), &[unmeasured.clone()])[..], [Standing::Unproven(_)]));
        let free = |written: &mut Written| (written.max_bytes_per_day, written.max_ratio) = (None, None);
        assert_eq!(judged(free, &[unmeasured]), [Standing::Inside]);
    }

    #[test]
    fn the_entry_that_says_most_for_the_sender_counts() {
        let mut narrow = entry();
        (narrow.id, narrow.max_bytes_per_day) =
            ("narrow".into(), Some(super::super::written::Amount::Number(1)));
        let list = vec![Envelope::new(narrow, &BTreeMap::new(), 1).unwrap(), envelope()];
        let envelopes = Envelopes { list, ..Envelopes::default() };
        let verdicts = envelopes.judge(&[agent(900_000_000)]);
        assert_eq!(verdicts[0][0], Some(Verdict { entry: 1, standing: Standing::Inside }));
    }
}
