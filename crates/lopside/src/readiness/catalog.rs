//! The list of checks, as the data file holds it.

use serde::{Deserialize, Serialize};

const LIST: &str = include_str!("../../data/checks.toml");

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// As it should be.
    Pass,
    /// There was nothing to judge by.
    Unknown,
    /// Usable, with less than there could be.
    Warn,
    /// What it measures is missing.
    Fail,
}

/// On which side of its thresholds a check passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Better {
    High,
    Low,
}

/// One check.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Entry {
    /// `R01` and on.
    pub(crate) id: String,
    /// A few words.
    pub(crate) title: String,
    /// What its value is.
    pub(crate) measures: String,
    better: Better,
    /// Passes up to (or from) here.
    pub(crate) pass: f64,
    /// Warns up to (or from) here.
    pub(crate) warn: f64,
    remedy: std::collections::BTreeMap<String, String>,
}

impl Entry {
    /// What a value comes to.
    pub(crate) fn status(&self, value: f64) -> Status {
        let within = |limit: f64| match self.better {
            Better::High => value >= limit,
            Better::Low => value <= limit,
        };
        if within(self.pass) {
            Status::Pass
        } else if within(self.warn) {
            Status::Warn
        } else {
            Status::Fail
        }
    }

    /// Every remedy.
    #[cfg(test)]
    pub(crate) fn remedies(&self) -> impl Iterator<Item = &str> {
        self.remedy.values().map(String::as_str)
    }

    /// What to do, for one of the reasons that the data file knows.
    pub(crate) fn remedy(&self, reason: &str) -> Option<&str> {
        self.remedy.get(reason).or_else(|| self.remedy.get("default")).map(String::as_str)
    }
}

/// Every check, in the order they are told.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Catalog {
    check: Vec<Entry>,
}

impl Catalog {
    /// The list that ships with Lopside.
    ///
    /// # Errors
    /// Where the shipped file is broken, which a test rules out.
    pub(crate) fn shipped() -> Result<Catalog, toml::de::Error> {
        toml::from_str(LIST)
    }

    /// One check.
    pub(crate) fn get(&self, id: &str) -> Option<&Entry> {
        self.check.iter().find(|entry| entry.id == id)
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.check.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_every_check_names_a_remedy() {
        let catalog = Catalog::shipped().unwrap();
        let ids: Vec<&str> = catalog.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "R01", "R02", "R03", "R04", "R05", "R06", "R07", "R08", "R09", "R13", "R19", "R20", "R22",
                "R26"
            ]
        );
        for entry in catalog.iter() {
            assert!(entry.remedy("default").is_some_and(|text| text.len() > 20), "{}", entry.id);
            assert!(!entry.title.is_empty() && !entry.measures.is_empty());
            match entry.better {
                Better::High => assert!(entry.pass > entry.warn),
                Better::Low => assert!(entry.pass < entry.warn),
            }
        }
    }

    #[test]
    fn thresholds_belong_to_the_better_side() {
        let catalog = Catalog::shipped().unwrap();
        let process = catalog.get("R03").unwrap();
        assert_eq!(
            [0.8, 0.79, 0.5, 0.49].map(|share| process.status(share)),
            [Status::Pass, Status::Warn, Status::Warn, Status::Fail]
        );
        let one_sided = catalog.get("R07").unwrap();
        assert_eq!(
            [0.02, 0.2, 0.21].map(|share| one_sided.status(share)),
            [Status::Pass, Status::Warn, Status::Fail]
        );
    }
}
