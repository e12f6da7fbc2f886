//! Shipped distributions of the totals of ordinary channel-days, by size of fleet.

use serde::{Deserialize, Serialize};

use crate::totals::Totals;
use crate::weights::WeightsError;

const SHIPPED: &str = include_str!("../data/reference.toml");

/// Channel-days that make a point of a reference, at least.
const LEAST_POINT: u64 = 50;
/// Points of a reference from which it is continued beyond its last.
const SLOPE_POINTS: usize = 4;

/// A shipped distribution of totals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Its name, as findings tell it.
    pub name: String,
    /// For hunts of at least this many hosts.
    pub hosts: u32,
    /// Sending channel-days per host-day.
    pub channel_days_per_host_day: f64,
    /// Totals and the share of ordinary channel-days that reach them, both monotone.
    pub tail: Vec<(f64, f64)>,
}

#[derive(Serialize, Deserialize)]
struct File {
    references: Vec<Reference>,
}

/// The text of a file of references, as it is shipped.
///
/// # Errors
/// Where a number cannot be written.
pub fn references_text(references: &[Reference]) -> Result<String, WeightsError> {
    Ok(toml::to_string(&File { references: references.to_vec() })?)
}

/// Reference distributions, by the size of fleet that each is for.
#[derive(Clone, Debug, PartialEq)]
pub struct References(Vec<Reference>);

impl Default for References {
    /// The shipped ones.
    fn default() -> Self {
        References::load(SHIPPED).unwrap_or_else(|_| References(Vec::new()))
    }
}

impl References {
    /// Reads the text of a file of references.
    ///
    /// # Errors
    /// Where it is no such file.
    pub fn load(text: &str) -> Result<References, WeightsError> {
        Ok(References(toml::from_str::<File>(text)?.references))
    }

    /// The one for a hunt of so many hosts: with few, priors stand in and totals are lower.
    pub fn of(&self, hosts: u32) -> Reference {
        let fits = self.0.iter().filter(|reference| reference.hosts <= hosts);
        fits.max_by_key(|reference| reference.hosts).cloned().unwrap_or(Reference {
            name: "none: no reference could be read".into(),
            hosts: 0,
            channel_days_per_host_day: 30.0,
            tail: vec![(0.0, 1.0), (40.0, 1e-5)],
        })
    }
}

impl Reference {
    /// The shipped reference for a hunt of so many hosts.
    pub fn shipped(hosts: u32) -> Reference {
        References::default().of(hosts)
    }

    /// The share of ordinary channel-days that reach a total: straight between points in the logarithm. Beyond the last point it falls
    /// as it does over the last four, since few channel-days make each of them.
    pub fn share(&self, total: f64) -> f64 {
        let place = self.tail.partition_point(|(at, _)| *at <= total);
        let from = match self.tail.get(place) {
            Some(_) => place.saturating_sub(1),
            None => place.saturating_sub(SLOPE_POINTS),
        };
        let to = place.min(self.tail.len().saturating_sub(1));
        match (self.tail.get(from), self.tail.get(to)) {
            (Some(from), Some(to)) if place == 0 || from == to => to.1,
            (Some(from), Some(to)) => {
                let log = |share: f64| share.max(1e-300).ln();
                let slope = ((log(to.1) - log(from.1)) / (to.0 - from.0).max(1e-9)).min(0.0);
                (log(to.1) + slope * (total - to.0)).exp()
            }
            _ => 1.0,
        }
    }

    /// A reference made from the totals of ordinary channel-days, at every second deciban that at least 50 of them reach.
    pub fn from_totals(name: &str, hosts: u32, totals: &Totals, host_days: u64) -> Reference {
        let count = totals.count().max(1) as f64;
        let mut tail = vec![(0.0, 1.0)];
        for step in 0..100 {
            let total = 0.25 + 2.0 * f64::from(step);
            let reach = totals.at_least(total);
            if reach < LEAST_POINT {
                break;
            }
            tail.push((total, reach as f64 / count));
        }
        Reference {
            name: name.into(),
            hosts,
            channel_days_per_host_day: count / host_days.max(1) as f64,
            tail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_references_load() {
        let references = toml::from_str::<File>(SHIPPED).unwrap().references;
        assert!(references.iter().any(|reference| reference.hosts <= 1));
        assert!(
            references.iter().all(|reference| reference.tail.is_sorted_by(|a, b| a.0 < b.0 && a.1 >= b.1))
        );
    }
}
