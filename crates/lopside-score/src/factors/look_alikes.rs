//! Whether others do the same: as large, as lopsided.
//!
//! Measures: distinct other hosts on which the same process sends heavily (large and lopsided) at least half as much, as far as to
//! the same kind of place (its usual ones, or unique ones where those are its habit); other hosts that send as much to the same
//! destination, by whatever process, of which those that only pass by (they use it on no more than half of their days since, or on
//! fewer than three where it is new to them) count little while they are few and wholly from 32 on; media in datagrams and updates for other machines (7680/tcp), where the process
//! sends such elsewhere. Usual: that is what makes it usual. Silent when: never. Limits: one tool that stays in use on many victims looks
//! like a roll-out, and a roll-out of the last two days to a few hosts like a campaign; days that are findings themselves do not count as
//! peers. Source of the formula: logarithm of distinct hosts.

use super::{Factor, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::fragment::media_share;

/// See the module.
pub(super) struct LookAlikes;

/// Hosts at which there is nothing special left.
const MANY: f64 = 10.0;
/// The same where media go out in datagrams.
const MEDIA: f64 = 8.0;

fn size(case: &Case<'_>) -> u8 {
    (case.sum.bytes_out.max(1).ilog2() as u8).saturating_sub(1)
}

impl Factor for LookAlikes {
    fn name(&self) -> &'static str {
        "look_alikes"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::LookAlikes, Term::SharedUse, Term::Media]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        let shared = case.usual.settled_heavy_peers(size(case)).commonness(MANY);
        let media = (Term::Media, media_share(case.day) * case.usual.media_peers().commonness(MEDIA));
        if !case.has_process() {
            return Weighed::Evidence([(Term::SharedUse, shared), media].into());
        }
        // A process that sends much to its own places elsewhere does not do the same here when this place is none of them: then
        // those count that send to a place of their host alone as well.
        let another = case.settled_pair_peers().rarity();
        let alone =
            case.settled_destination_peers().rarity() * case.usual.lone_senders(size(case)).commonness(MANY);
        let same = case.usual.heavy_peers(size(case)).commonness(MANY);
        let alike = another * alone + (1.0 - another) * same;
        Weighed::Evidence([(Term::LookAlikes, alike), (Term::SharedUse, shared), media].into())
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let shared = case.usual.heavy_destination_peers(size(case)).words();
        let text = if case.has_process() {
            let alike = case.usual.heavy_peers(size(case)).words();
            format!(
                "this process sends as much, as lopsidedly, on {alike}; as much goes to this destination from {shared}"
            )
        } else {
            format!("as much goes to this destination from {shared}")
        };
        Told { value: None, usual: None, text }
    }
}

#[cfg(test)]
mod tests {
    use lopside_model::channel::Channel;

    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};

    #[test]
    fn a_roll_out_speaks_against_each_of_its_hosts() {
        let mut last = 0.0;
        for hosts in 1..20 {
            let all: Vec<Channel> =
                (0..hosts).map(|n| on(channel(&format!("h{n}"), Some("x"), "d"), 1, 1 << 30, 0)).collect();
            let now = strength(&LookAlikes, &all[0], &usual_of(&all), Term::LookAlikes);
            assert!((last..=1.0).contains(&now));
            last = now;
        }
        assert!(last > 0.8);
    }

    #[test]
    fn a_campaign_excuses_less_than_settled_use() {
        let sending = |days: std::ops::Range<i32>| {
            let mut all = Vec::new();
            for n in 0..6 {
                let mut sends = channel(&format!("h{n}"), Some("x"), "d");
                for day in days.clone() {
                    sends = on(sends, day, 1 << 30, 0);
                }
                all.push(sends);
            }
            for n in 0..60 {
                let mut other = channel(&format!("h{n}"), Some("y"), "e");
                for day in 0..7 {
                    other = on(other, day, 9_000, 9_000);
                }
                all.push(other);
            }
            strength(&LookAlikes, &all[0], &usual_of(&all), Term::SharedUse)
        };
        // In use since the first day or for days; once, in the middle; on the last day.
        assert!(sending(0..7) > 0.7 && sending(3..7) > 0.7);
        assert!(sending(3..4) < 0.1 && sending(6..7) < 0.1, "{} {}", sending(3..4), sending(6..7));
    }

    #[test]
    fn much_to_its_own_vendor_elsewhere_does_not_excuse_another_place() {
        let mut all: Vec<Channel> = (0..40)
            .map(|n| on(channel(&format!("h{n}"), Some("x"), "vendor.example"), 1, 1 << 30, 0))
            .collect();
        all.push(on(channel("h1", Some("x"), "elsewhere.example"), 1, 1 << 30, 0));
        let usual = usual_of(&all);
        assert!(strength(&LookAlikes, &all[40], &usual, Term::LookAlikes) < 0.1);
        assert!(strength(&LookAlikes, &all[0], &usual, Term::LookAlikes) > 0.9);
    }
}
