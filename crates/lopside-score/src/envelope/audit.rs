//! What is wrong with envelopes: too wide, past their end, never used, within another one.

use lopside_model::identity::Place;
use lopside_model::name::registrable;

use super::entry::{Envelope, User};
use super::file::Envelopes;
use super::place::Destination;
use super::reading::date_of;
use super::tally::Tally;

/// Ports of one entry from which it is wide.
const MANY_PORTS: u32 = 1_024;
/// Networks that are wider than this many bits of IPv4 and IPv6 are wide.
const WIDE_NETWORK: (u8, u8) = (16, 32);
/// Days before its end from which an entry is told to end soon.
const SOON: i32 = 30;
/// Days that an entry may hold.
const LONG: i32 = 366;

/// What an audit says of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The entry, by its place in the file.
    pub entry: usize,
    /// What kind of remark it is.
    pub kind: RemarkKind,
    /// In words, with what to do.
    pub text: String,
}

/// Kinds of remark, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RemarkKind {
    /// Its end has passed.
    Expired,
    /// It covers more than a sender.
    OverBroad,
    /// Nothing in the data has to do with it.
    NeverHit,
    /// Another entry covers all of it.
    Shadowed,
    /// Its sender left it, or cannot be told from another one.
    Left,
    /// It ends soon, or never.
    Ends,
}

impl RemarkKind {
    /// The word of the interface.
    pub fn name(self) -> &'static str {
        match self {
            RemarkKind::Expired => "expired",
            RemarkKind::OverBroad => "over_broad",
            RemarkKind::NeverHit => "never_hit",
            RemarkKind::Shadowed => "shadowed",
            RemarkKind::Left => "left",
            RemarkKind::Ends => "ends",
        }
    }
}

/// Remarks on every entry, in the order of the file; `tallies` are those of the data, where some were read, `today` in days since
/// 1970-01-01.
pub fn audit(envelopes: &Envelopes, tallies: Option<&[Tally]>, today: i32) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (entry, envelope) in envelopes.list.iter().enumerate() {
        let mut add = |kind, text: String| remarks.push(Remark { entry, kind, text });
        envelope.ends(today, &mut add);
        for text in envelope.too_wide() {
            add(RemarkKind::OverBroad, text);
        }
        let tally = tallies.and_then(|tallies| tallies.get(entry));
        if let Some(tally) = tally {
            used(tally, &mut add);
        }
        if let Some(text) = shadow(envelopes, entry) {
            add(RemarkKind::Shadowed, text);
        }
    }
    remarks.sort_by_key(|remark| (remark.entry, remark.kind));
    remarks
}

impl Envelope {
    fn ends(&self, today: i32, add: &mut dyn FnMut(RemarkKind, String)) {
        match (self.expires, self.created) {
            (None, _) => {
                add(RemarkKind::Ends, "it has no end: give expires, so that somebody looks again".into());
            }
            (Some(end), _) if end < today => {
                let days = today - end;
                add(
                    RemarkKind::Expired,
                    format!(
                        "it held until {}, {days} days ago: renew it with its owner, or remove it",
                        date_of(end)
                    ),
                );
            }
            (Some(end), _) if end - today <= SOON => {
                add(
                    RemarkKind::Ends,
                    format!("it ends on {}: ask its owner whether it goes on", date_of(end)),
                );
            }
            (Some(end), Some(created)) if end.saturating_sub(created) > LONG => {
                add(
                    RemarkKind::Ends,
                    format!("it holds until {}, more than a year: look at it more often", date_of(end)),
                );
            }
            _ => {}
        }
    }

    /// What of it is wider than a sender needs.
    fn too_wide(&self) -> Vec<String> {
        let mut told = Vec::new();
        for image in &self.images {
            let name = image.path.text().rsplit('\\').next().unwrap_or("");
            if matches!(name, "*" | "**" | "*.exe" | "**.exe" | "*.*") {
                told.push(format!("image {} is every program of a folder: name the file", image.path.text()));
            }
            if !matches!(image.place, Place::Kernel | Place::Windows | Place::Programs) {
                told.push(format!(
                    "image {} lies where users can write: it counts only where the telemetry names its maker",
                    image.path.text()
                ));
            }
        }
        for maker in self.signers.iter().chain(&self.products) {
            if maker.letters() < 3 {
                told.push(format!("signer or product {:?} fits nearly every maker: name it", maker.text()));
            }
        }
        for destination in &self.destinations {
            match destination {
                Destination::Any => told.push("destination * is anywhere: name domains or networks".into()),
                Destination::Domain(domain) if is_suffix(domain) => {
                    told.push(format!(
                        "destination {domain} is shared by many tenants: name your own below it"
                    ));
                }
                Destination::Network(ip, prefix) => {
                    let widest = if ip.is_ipv4() { WIDE_NETWORK.0 } else { WIDE_NETWORK.1 };
                    if *prefix < widest {
                        told.push(format!(
                            "destination {ip}/{prefix} is a very wide network: name smaller ones"
                        ));
                    }
                }
                _ => {}
            }
        }
        let ports: u32 = self.ports.iter().map(|ports| ports.count()).fold(0, u32::saturating_add);
        if ports >= MANY_PORTS {
            told.push(format!("{ports} ports: name those that are used"));
        }
        if self.ports.is_empty() {
            told.push("any port will do: name those that are used".into());
        }
        if self.max_bytes.is_none() {
            told.push("it has no max_bytes_per_day: a hijacked sender could send without limit".into());
        }
        if self.hosts.is_empty() && self.users.is_empty() {
            told.push("it holds for every user of every host: name a group, or a kind of account".into());
        } else if self.users.iter().any(|user| matches!(user, User::Named(pattern) if pattern.letters() < 2))
        {
            told.push("it holds for every user: name them, or a kind of account".into());
        }
        told
    }
}

/// Whether a domain is one below which others are registered by somebody else, so that it covers many tenants.
fn is_suffix(domain: &str) -> bool {
    let tenant = format!("tenant.{domain}");
    registrable(&tenant) == tenant
}

/// How the data used it.
fn used(tally: &Tally, add: &mut dyn FnMut(RemarkKind, String)) {
    if !tally.hit() {
        let text = if tally.elsewhere > 0 {
            "its process sends in these data, but never where it may: is its place still right?"
        } else {
            "nothing in these data has to do with it: remove it, or look at more days"
        };
        add(RemarkKind::NeverHit, text.into());
        return;
    }
    for (count, what) in [
        (tally.outside, "left its limits: look at the findings, or agree on new ones"),
        (
            tally.unproven,
            "could not be told to be its sender: record process starts (Sysmon 1), or move it where only administrators can write",
        ),
        (tally.contradicted, "came from another program with its path: look at those"),
    ] {
        if count > 0 {
            add(
                RemarkKind::Left,
                format!(
                    "{} {what}",
                    crate::words::count(usize::try_from(count).unwrap_or(usize::MAX), "channel-day")
                ),
            );
        }
    }
}

/// The entry that covers all of another one.
fn shadow(envelopes: &Envelopes, entry: usize) -> Option<String> {
    let own = envelopes.list.get(entry)?;
    let covers = |(index, other): &(usize, &Envelope)| {
        *index != entry && other.covers(own) && (!own.covers(other) || *index < entry)
    };
    let (_, other) = envelopes.list.iter().enumerate().find(covers)?;
    Some(format!("{:?} (line {}) covers all of it: keep one of them", other.id(), other.line))
}

impl Envelope {
    /// Whether everything inside of the other one is inside of this one.
    fn covers(&self, other: &Envelope) -> bool {
        fn all<T>(wide: &[T], narrow: &[T], holds: impl Fn(&T, &T) -> bool) -> bool {
            narrow.iter().all(|narrow| wide.iter().any(|wide| holds(wide, narrow)))
        }
        /// Nothing named is everything.
        fn open<T>(wide: &[T], narrow: &[T], holds: impl Fn(&T, &T) -> bool) -> bool {
            wide.is_empty() || (!narrow.is_empty() && all(wide, narrow, holds))
        }
        let limit = |wide: Option<f64>, narrow: Option<f64>| match (wide, narrow) {
            (None, _) => true,
            (Some(wide), Some(narrow)) => narrow <= wide,
            (Some(_), None) => false,
        };
        let bytes = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64);
        let day = |day: Option<i32>| day.map(f64::from);
        let runs = self.runs == other.runs
            || (!other.runs.is_empty() && all(&self.runs, &other.runs, |wide, narrow| wide.holds(narrow)));
        all(&self.images, &other.images, |wide, narrow| wide.path.holds(&narrow.path))
            && runs
            && open(&self.signers, &other.signers, |wide, narrow| wide.holds(narrow))
            && open(&self.products, &other.products, |wide, narrow| wide.holds(narrow))
            && open(&self.hosts, &other.hosts, |wide, narrow| wide.holds(narrow))
            && open(&self.users, &other.users, User::holds)
            && all(&self.destinations, &other.destinations, |wide, narrow| wide.holds(narrow))
            && open(&self.ports, &other.ports, |wide, narrow| wide.holds(narrow))
            && self.hours.is_none_or(|mask| other.hours.is_some_and(|narrow| narrow & !mask == 0))
            && limit(bytes(self.max_bytes), bytes(other.max_bytes))
            && limit(self.max_ratio, other.max_ratio)
            && limit(day(self.expires), day(other.expires))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::testing::entry;
    use super::super::written::{Amount, Date, Texts, Written};
    use super::*;

    fn made(changes: &[&dyn Fn(&mut Written)]) -> Envelopes {
        let make = |(index, change): (usize, &&dyn Fn(&mut Written))| {
            let mut written = entry();
            written.id = format!("e{index}");
            change(&mut written);
            Envelope::new(written, &BTreeMap::new(), index + 1).unwrap()
        };
        Envelopes { list: changes.iter().enumerate().map(make).collect(), ..Envelopes::default() }
    }

    fn kinds(envelopes: &Envelopes, tallies: Option<&[Tally]>, today: i32) -> Vec<(usize, &'static str)> {
        audit(envelopes, tallies, today).iter().map(|remark| (remark.entry, remark.kind.name())).collect()
    }

    #[test]
    fn a_narrow_entry_in_use_has_no_remarks() {
        let narrow: &dyn Fn(&mut Written) = &|written| written.hosts = vec!["srv-*".to_owned()].into();
        let hit = [Tally { days: 1, ..Tally::default() }];
        assert_eq!(kinds(&made(&[narrow]), Some(&hit), 100), []);
        assert_eq!(kinds(&made(&[narrow]), Some(&[Tally::default()]), 100), [(0, "never_hit")]);
        assert_eq!(kinds(&made(&[narrow]), None, 400), [(0, "expired")]);
        assert_eq!(kinds(&made(&[narrow]), None, 350), [(0, "ends")]);
    }

    #[test]
    fn what_is_too_wide_is_named() {
        let wide: &dyn Fn(&mut Written) = &|written| {
            written.image = vec![r"%LOCALAPPDATA%\Vendor\*.exe".to_owned()].into();
            written.signer = vec!["*".to_owned()].into();
            written.destinations =
                vec!["*".to_owned(), "blob.core.windows.net".to_owned(), "10.0.0.0/8".to_owned()].into();
            written.ports = vec![Amount::Text("1-65535".into())];
            written.max_bytes_per_day = None;
            written.expires = None;
        };
        let told: Vec<String> =
            audit(&made(&[wide]), None, 100).into_iter().map(|remark| remark.text).collect();
        let told = told.join("\n");
        for part in [
            "every program",
            "users can write",
            "fits nearly every",
            "anywhere",
            "many tenants",
            "very wide",
            "65535 ports",
            "no max_bytes",
            "every user",
            "no end",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!is_suffix("backup.example") && !is_suffix("wd.microsoft.com"));
        assert!(is_suffix("blob.core.windows.net") && is_suffix("co.uk"));
    }

    #[test]
    fn what_another_entry_covers_is_shadowed() {
        let wide: &dyn Fn(&mut Written) = &|written| {
            written.hosts = vec!["srv-*".to_owned()].into();
            written.max_bytes_per_day = Some(Amount::Text("2 GB".into()));
        };
        let narrow: &dyn Fn(&mut Written) = &|written| written.hosts = vec!["srv-1*".to_owned()].into();
        assert_eq!(kinds(&made(&[narrow, wide]), None, 100), [(0, "shadowed")]);
        let longer: &dyn Fn(&mut Written) = &|written| {
            written.hosts = vec!["srv-1*".to_owned()].into();
            written.expires = Some(Date::Text("1971-06-01".into()));
            written.created = None;
        };
        assert_eq!(kinds(&made(&[wide, longer]), None, 100), []);
        // Of two that are the same the later one.
        assert_eq!(kinds(&made(&[wide, wide]), None, 100), [(1, "shadowed")]);
        let open: &dyn Fn(&mut Written) = &|written| written.hosts = Texts::default();
        assert!(kinds(&made(&[open, narrow]), None, 100).contains(&(1, "shadowed")));
    }
}
