//! One claim: who answers for a process, host, user, network or destination.

use lopside_model::identity::{Identity, ProcessFacts};
use serde::{Deserialize, Serialize};

use crate::envelope::pattern::Pattern;
use crate::envelope::place::{Destination, network};

/// What a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An image, by path or name.
    Process,
    /// A host, by name or address.
    Host,
    /// A user.
    User,
    /// A network that hosts stand in.
    Network,
    /// A domain or network that is sent to.
    Destination,
}

impl Kind {
    /// All, in the order in which they name the owner.
    pub const ALL: [Kind; 5] = [Kind::Process, Kind::Host, Kind::User, Kind::Network, Kind::Destination];

    /// The word of files.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Process => "process",
            Kind::Host => "host",
            Kind::User => "user",
            Kind::Network => "network",
            Kind::Destination => "destination",
        }
    }

    /// The kind of a word, whatever its case.
    pub fn of_name(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(word.trim()))
    }
}

/// How much depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Criticality {
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// The organisation.
    Critical,
}

impl Criticality {
    /// The word of files.
    pub fn name(self) -> &'static str {
        match self {
            Criticality::Low => "low",
            Criticality::Medium => "medium",
            Criticality::High => "high",
            Criticality::Critical => "critical",
        }
    }

    /// The criticality of a word, whatever its case.
    pub fn of_name(word: &str) -> Option<Criticality> {
        let all = [Criticality::Low, Criticality::Medium, Criticality::High, Criticality::Critical];
        all.into_iter().find(|known| known.name().eq_ignore_ascii_case(word.trim()))
    }
}

/// Why a claim cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// It names nobody.
    #[error("no owner is named for {0} {1:?}")]
    NoOwner(&'static str, String),
    /// It is about nothing, or about more than one thing.
    #[error("a claim is about exactly one of process, host, user, network and destination")]
    Subject,
    /// What it is about cannot be read.
    #[error("{0} {1:?} cannot be read; write {2}")]
    Match(&'static str, String, &'static str),
    /// The criticality is no word that is known.
    #[error("criticality {0:?} is not one of low, medium, high, critical")]
    Criticality(String),
}

/// A claim as TOML writes it: one of the five subjects, the owner, the criticality.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WrittenClaim {
    /// An image.
    pub process: Option<String>,
    /// A host.
    pub host: Option<String>,
    /// A user.
    pub user: Option<String>,
    /// A network.
    pub network: Option<String>,
    /// A destination.
    pub destination: Option<String>,
    /// Who answers for it.
    pub owner: String,
    /// How much depends on it.
    pub criticality: Option<String>,
}

/// A claim, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What it is about.
    pub kind: Kind,
    /// Which one, as it was written.
    pub text: String,
    /// Who answers for it.
    pub owner: String,
    /// How much depends on it.
    pub criticality: Option<Criticality>,
    /// Where it was written, for people.
    pub place: String,
    pub(super) key: Key,
}

/// What a claim is looked up by.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    /// One text, lower-case.
    Exact(String),
    /// Many texts.
    Pattern(Pattern),
    /// A place.
    Place(Destination),
}

impl Claim {
    /// Checks a claim.
    ///
    /// # Errors
    /// When it names nobody, or its subject or criticality cannot be read.
    pub fn new(
        kind: Kind,
        text: &str,
        owner: &str,
        criticality: Option<&str>,
        place: &str,
    ) -> Result<Claim, ClaimError> {
        let text = text.trim();
        let wrong = |expected| ClaimError::Match(kind.name(), text.to_owned(), expected);
        if owner.trim().is_empty() {
            return Err(ClaimError::NoOwner(kind.name(), text.to_owned()));
        }
        let criticality = match criticality.map(str::trim).filter(|word| !word.is_empty()) {
            None => None,
            Some(word) => {
                Some(Criticality::of_name(word).ok_or_else(|| ClaimError::Criticality(word.to_owned()))?)
            }
        };
        let key = match kind {
            Kind::Destination => Key::Place(
                Destination::read(text).ok_or_else(|| wrong("a domain or a network like 203.0.113.0/24"))?,
            ),
            Kind::Network => match network(text) {
                Some((ip, prefix)) => Key::Place(Destination::Network(ip, prefix)),
                None => return Err(wrong("a network like 10.0.5.0/24")),
            },
            Kind::Process => named(&folded(text)).ok_or_else(|| wrong("the path or the name of an image"))?,
            Kind::Host | Kind::User => named(text).ok_or_else(|| wrong("a name"))?,
        };
        Ok(Claim {
            kind,
            text: text.to_owned(),
            owner: owner.trim().to_owned(),
            criticality,
            place: place.to_owned(),
            key,
        })
    }

    /// Checks a claim as TOML writes it.
    ///
    /// # Errors
    /// As [`Claim::new`], and when it has not exactly one subject.
    pub fn of(written: &WrittenClaim, place: &str) -> Result<Claim, ClaimError> {
        let subjects = [
            (Kind::Process, &written.process),
            (Kind::Host, &written.host),
            (Kind::User, &written.user),
            (Kind::Network, &written.network),
            (Kind::Destination, &written.destination),
        ];
        let mut given = subjects.iter().filter_map(|(kind, text)| Some((*kind, text.as_deref()?)));
        match (given.next(), given.next()) {
            (Some((kind, text)), None) => {
                Claim::new(kind, text, &written.owner, written.criticality.as_deref(), place)
            }
            _ => Err(ClaimError::Subject),
        }
    }
}

fn named(text: &str) -> Option<Key> {
    let pattern = Pattern::new(text)?;
    Some(if pattern.exact() { Key::Exact(text.to_lowercase()) } else { Key::Pattern(pattern) })
}

/// An image as process identities tell it; a bare name stays one.
pub(super) fn folded(image: &str) -> String {
    let facts = ProcessFacts { image: Some(image), ..ProcessFacts::default() };
    Identity::of(&facts).map_or_else(String::new, |identity| identity.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_claims_say_what_is_wrong() {
        let error = |kind, text: &str, owner: &str, criticality| {
            Claim::new(kind, text, owner, criticality, "x").unwrap_err().to_string()
        };
        assert!(error(Kind::Host, "a", " ", None).contains("no owner"));
        assert!(error(Kind::Network, "a", "o", None).contains("network like"));
        assert!(error(Kind::Host, "a", "o", Some("huge")).contains("huge"));
        assert!(error(Kind::User, "", "o", None).contains("user"));
        assert_eq!(Claim::of(&WrittenClaim::default(), "x"), Err(ClaimError::Subject));
    }
}
