//! Distinct other hosts that do something, of how many.

use crate::gate::ramp;

/// Hosts that only pass by count wholly from so many on.
const PASSING: u32 = 32;

/// Distinct other hosts that do something, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peers {
    /// Other hosts that do it.
    pub hosts: u32,
    /// Other hosts.
    pub of: u32,
}

impl Peers {
    /// 1 where no other host does it, fading without a cliff to 0 where many do (30, or fewer in a small fleet).
    pub fn rarity(self) -> f64 {
        let many = (0.15 * f64::from(self.of)).clamp(3.0, 30.0);
        (1.0 - f64::from(self.hosts).ln_1p() / many.ln_1p()).max(0.0)
    }

    /// The same with so many more hosts.
    #[must_use]
    pub fn and(self, more: u32) -> Peers {
        Peers { hosts: self.hosts.saturating_add(more), of: self.of.max(self.hosts.saturating_add(more)) }
    }

    /// The same where so many of them only pass by. A few of those count for nothing, since a campaign is of few hosts; 32 and more count
    /// wholly, since that is a roll-out.
    #[must_use]
    pub fn with_passing(self, passing: u32) -> Peers {
        let passing = passing.min(self.hosts);
        let counted = u64::from(passing).pow(2) / u64::from(PASSING);
        Peers { hosts: self.hosts - passing + passing.min(counted as u32), of: self.of }
    }

    /// The rarity, drawn towards a prior that weighs as much as `weight` hosts.
    pub fn rarity_with(self, prior: f64, weight: f64) -> f64 {
        let seen = f64::from(self.of);
        (seen * self.rarity() + weight * prior) / (seen + weight)
    }

    /// The share of hosts that do it, with pseudo-counts: what is expected of one more.
    pub fn share(self) -> f64 {
        (f64::from(self.hosts) + 0.3) / (f64::from(self.of) + 2.0)
    }

    /// How surprising it is of one more: 0 where a third or more do it, 1 where fewer than one in a hundred do.
    pub fn surprise(self) -> f64 {
        ramp(-self.share().log10(), (0.5, 2.0))
    }

    /// 0 where no other host does it, growing to 1 at `many`.
    pub fn commonness(self, many: f64) -> f64 {
        (f64::from(self.hosts).ln_1p() / many.ln_1p()).min(1.0)
    }

    /// `3 of 199 other hosts`, `none of 199 other hosts`.
    pub fn words(self) -> String {
        match (self.hosts, self.of) {
            (_, 0) => "no other host to compare with".into(),
            (0, of) => format!("none of {of} other hosts"),
            (hosts, of) => format!("{hosts} of {of} other hosts"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_passes_by_counts_in_part() {
        let of = |passing| Peers { hosts: 9, of: 50 }.with_passing(passing).hosts;
        assert_eq!((of(0), of(1), of(4), of(9), of(99)), (9, 8, 5, 2, 2));
        let roll_out = Peers { hosts: 60, of: 199 };
        assert_eq!(roll_out.with_passing(60), roll_out);
        assert!((0..60).all(|n| roll_out.with_passing(n).hosts >= 60 - n));
    }

    #[test]
    fn rarity_fades_without_a_cliff() {
        let of = |hosts| Peers { hosts, of: 199 }.rarity();
        assert_eq!(of(0), 1.0);
        for hosts in 0..40 {
            assert!(of(hosts) >= of(hosts + 1) && of(hosts) - of(hosts + 1) < 0.25);
        }
        assert_eq!(of(60), 0.0);
    }
}
