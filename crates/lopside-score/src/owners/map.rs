//! All claims, ready to be asked.

use std::collections::BTreeMap;
use std::net::IpAddr;

use lopside_model::net::parse_ip;
use lopside_model::process::file_name;

use super::claim::{Claim, Criticality, Key, Kind, folded};
use crate::envelope::pattern::Pattern;
use crate::envelope::place::{Destination, within};

/// Two claims about one thing that say different things.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {kind} {text:?} belongs to {owner:?} here and to {other:?} in {earlier}; keep one of them")]
pub struct Contradiction {
    kind: &'static str,
    text: String,
    owner: String,
    other: String,
    earlier: String,
    place: String,
}

/// Who sends, as far as claims may be about it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'s> {
    /// The image: a path, or an identity's.
    pub image: Option<&'s str>,
    /// The host.
    pub host: &'s str,
    /// Its addresses.
    pub host_ips: &'s [IpAddr],
    /// The user.
    pub user: Option<&'s str>,
    /// The destination: a name, a destination group or an address.
    pub destination: Option<&'s str>,
    /// Its addresses.
    pub destination_ips: &'s [IpAddr],
}

/// Who answers for a sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Who.
    pub owner: String,
    /// By which claim, in words: `host srv-*`.
    pub by: String,
    /// The highest of all claims that fit.
    pub criticality: Option<Criticality>,
}

/// All claims.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    claims: Vec<Claim>,
    exact: BTreeMap<(Kind, String), usize>,
    patterns: BTreeMap<Kind, Vec<usize>>,
}

impl Owners {
    /// Makes a map of claims.
    ///
    /// # Errors
    /// When two of them name different owners for one thing.
    pub fn new(claims: Vec<Claim>) -> Result<Owners, Box<Contradiction>> {
        let mut seen: BTreeMap<(Kind, String), usize> = BTreeMap::new();
        let mut owners = Owners::default();
        for claim in claims {
            let name = (claim.kind, claim.text.to_lowercase());
            if let Some(earlier) = seen.get(&name).and_then(|index| owners.claims.get(*index)) {
                if (&earlier.owner, earlier.criticality) != (&claim.owner, claim.criticality) {
                    return Err(Box::new(Contradiction {
                        kind: claim.kind.name(),
                        text: claim.text.clone(),
                        owner: told(&claim),
                        other: told(earlier),
                        earlier: earlier.place.clone(),
                        place: claim.place,
                    }));
                }
                continue;
            }
            let index = owners.claims.len();
            seen.insert(name, index);
            match &claim.key {
                Key::Exact(text) => {
                    owners.exact.entry((claim.kind, text.clone())).or_insert(index);
                }
                _ => owners.patterns.entry(claim.kind).or_default().push(index),
            }
            owners.claims.push(claim);
        }
        Ok(owners)
    }

    /// Whether there is no claim.
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// Who answers for a sender, where anybody does.
    pub fn of(&self, subject: &Subject<'_>) -> Option<Owned> {
        let mut owned: Option<Owned> = None;
        for kind in Kind::ALL {
            let fitting = self.fitting(kind, subject);
            let critical = fitting.iter().filter_map(|claim| claim.criticality).max();
            if let (None, Some(claim)) = (&owned, fitting.first()) {
                let by = format!("{} {}", kind.name(), claim.text);
                owned = Some(Owned { owner: claim.owner.clone(), by, criticality: None });
            }
            if let Some(owned) = &mut owned {
                owned.criticality = owned.criticality.max(critical);
            }
        }
        owned
    }

    /// Claims of a kind that fit, the narrowest first.
    fn fitting(&self, kind: Kind, subject: &Subject<'_>) -> Vec<&Claim> {
        let exact = names(kind, subject).into_iter().filter_map(|name| self.exact.get(&(kind, name)));
        let mut fitting: Vec<(usize, usize)> = exact.map(|index| (usize::MAX, *index)).collect();
        for index in self.patterns.get(&kind).into_iter().flatten() {
            if let Some(narrow) = self.claims.get(*index).and_then(|claim| claim.fits(subject)) {
                fitting.push((narrow, *index));
            }
        }
        fitting.sort_by_key(|(narrow, index)| (std::cmp::Reverse(*narrow), *index));
        fitting.dedup_by_key(|(_, index)| *index);
        fitting.iter().filter_map(|(_, index)| self.claims.get(*index)).collect()
    }
}

impl Claim {
    /// How narrowly a claim with a pattern or place fits; `None` where it does not.
    fn fits(&self, subject: &Subject<'_>) -> Option<usize> {
        match &self.key {
            Key::Exact(_) => None,
            Key::Pattern(pattern) => {
                let any = names(self.kind, subject).iter().any(|name| pattern.fits(name));
                any.then(|| Pattern::letters(pattern))
            }
            Key::Place(place) if self.kind == Kind::Network => match place {
                Destination::Network(ip, prefix) => {
                    let own = parse_ip(subject.host);
                    let mut ips = subject.host_ips.iter().copied().chain(own);
                    ips.any(|address| within(address, *ip, *prefix)).then_some(usize::from(*prefix))
                }
                _ => None,
            },
            Key::Place(place) => place.fits(subject),
        }
    }
}

impl Destination {
    /// How narrowly it fits where a subject sends to.
    fn fits(&self, subject: &Subject<'_>) -> Option<usize> {
        let name = subject.destination.unwrap_or("");
        match self {
            Destination::Any => Some(0),
            Destination::Internal => None,
            Destination::Domain(domain) => {
                let rest = name.strip_suffix(domain.as_str())?;
                (rest.is_empty() || rest.ends_with('.')).then(|| domain.len() + 128)
            }
            Destination::Network(ip, prefix) => {
                let own = parse_ip(name);
                let mut ips = subject.destination_ips.iter().copied().chain(own).peekable();
                let all = ips.peek().is_some() && ips.all(|address| within(address, *ip, *prefix));
                all.then_some(usize::from(*prefix))
            }
        }
    }
}

/// What a subject may be called in claims of a kind, lower-case.
fn names(kind: Kind, subject: &Subject<'_>) -> Vec<String> {
    match kind {
        Kind::Process => {
            let Some(image) = subject.image else { return Vec::new() };
            let path = folded(image);
            let name = file_name(&path).to_owned();
            vec![path, name]
        }
        Kind::Host => {
            let host = subject.host.to_lowercase();
            let mut names: Vec<String> = subject.host_ips.iter().map(ToString::to_string).collect();
            names.insert(0, host);
            names
        }
        Kind::User => {
            let Some(user) = subject.user.map(str::to_lowercase) else { return Vec::new() };
            let name = user.rsplit_once('\\').map(|(_, name)| name.to_owned());
            std::iter::once(user).chain(name).collect()
        }
        Kind::Network | Kind::Destination => Vec::new(),
    }
}

fn told(claim: &Claim) -> String {
    match claim.criticality {
        Some(criticality) => format!("{} ({})", claim.owner, criticality.name()),
        None => claim.owner.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners(claims: &[(Kind, &str, &str, Option<&str>)]) -> Result<Owners, Box<Contradiction>> {
        let place = |line: usize| format!("owners.csv, line {line}");
        let made = claims.iter().enumerate().map(|(line, (kind, text, owner, criticality))| {
            Claim::new(*kind, text, owner, *criticality, &place(line + 1)).unwrap()
        });
        Owners::new(made.collect())
    }

    fn subject<'s>(ips: &'s [IpAddr]) -> Subject<'s> {
        Subject {
            image: Some(r"C:\Program Files\Vendor\agent.exe"),
            host: "SRV-1",
            host_ips: ips,
            user: Some(r"CORP\svc"),
            destination: Some("a.backup.example"),
            destination_ips: &[],
        }
    }

    #[test]
    fn the_first_kind_names_the_owner_and_the_highest_criticality_stands() {
        let ips = ["10.0.5.9".parse().unwrap()];
        let all = owners(&[
            (Kind::Destination, "backup.example", "dest", Some("critical")),
            (Kind::Network, "10.0.5.0/24", "net", None),
            (Kind::User, "svc", "user", None),
            (Kind::Host, "srv-*", "servers", Some("high")),
            (Kind::Host, "srv-1", "this server", Some("low")),
        ])
        .unwrap();
        let owned = all.of(&subject(&ips)).unwrap();
        assert_eq!((owned.owner.as_str(), owned.by.as_str()), ("this server", "host srv-1"));
        assert_eq!(owned.criticality, Some(Criticality::Critical));
        assert_eq!(all.of(&Subject { host: "ws-9", ..Subject::default() }), None);
    }

    #[test]
    fn processes_by_path_and_by_name() {
        for text in [r"%ProgramFiles%\Vendor\agent.exe", "agent.exe", r"C:\Program Files\*\agent.exe"] {
            let all = owners(&[(Kind::Process, text, "backup", None)]).unwrap();
            assert_eq!(all.of(&subject(&[])).unwrap().owner, "backup", "{text}");
        }
        let identity = Subject { image: Some(r"%programfiles%\vendor\agent.exe"), ..Subject::default() };
        let all = owners(&[(Kind::Process, r"%ProgramFiles%\Vendor\agent.exe", "backup", None)]).unwrap();
        assert!(all.of(&identity).is_some());
    }

    #[test]
    fn contradictions_are_named_with_both_places() {
        let twice = owners(&[(Kind::Host, "a", "one", None), (Kind::Host, "A", "two", None)])
            .unwrap_err()
            .to_string();
        assert!(twice.contains("line 1") && twice.contains("line 2") && twice.contains("\"two\""), "{twice}");
        assert!(owners(&[(Kind::Host, "a", "one", None), (Kind::Host, "A", "one", None)]).is_ok());
    }
}
