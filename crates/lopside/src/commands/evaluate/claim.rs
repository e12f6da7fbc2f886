//! What a detector says: this host sent to this place, on these days. Findings and the hits of rules alike.

use std::collections::BTreeSet;
use std::net::IpAddr;

use lopside_model::channel::{Channel, ChannelDay};
use lopside_model::finding::{Finding, Severity};

use super::truth::Attack;

/// One statement of a detector.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Claim {
    /// The host's name.
    pub(crate) host: Option<String>,
    /// Its addresses.
    pub(crate) host_ips: BTreeSet<IpAddr>,
    /// The image.
    pub(crate) image: Option<String>,
    /// The destination's name.
    pub(crate) domain: Option<String>,
    /// Its addresses.
    pub(crate) ips: BTreeSet<IpAddr>,
    /// First and last day, UTC.
    pub(crate) days: (i32, i32),
    /// Rank: the higher, the surer.
    pub(crate) score: f64,
    /// Breaks ties of the rank.
    pub(crate) tie: (f64, String),
    /// Whether it would be shown to an analyst (medium and above).
    pub(crate) alert: bool,
}

impl Claim {
    /// A finding.
    pub(crate) fn of_finding(finding: &Finding) -> Claim {
        Claim {
            host: finding.host.name.clone(),
            host_ips: finding.host.ips.iter().copied().collect(),
            image: finding.process.as_ref().and_then(|process| process.image.clone()),
            domain: finding.destination.domain.clone(),
            ips: finding.destination.ips.iter().copied().collect(),
            days: (finding.first_seen.day(), finding.last_seen.day()),
            score: finding.score,
            tie: (finding.total, finding.id.clone()),
            alert: finding.severity >= Severity::Medium,
        }
    }

    /// One day of a channel, by a rule that ranks by `score`.
    pub(crate) fn of_day(channel: &Channel, day: &ChannelDay, score: f64) -> Claim {
        let host = channel.key.host.as_str();
        Claim {
            host: Some(host.to_owned()),
            host_ips: channel.host_ips.iter().copied().collect(),
            image: day.senders.first().and_then(|sender| sender.process.image.clone()),
            domain: channel.name.as_ref().map(|(name, _)| name.clone()),
            ips: day.ips.iter().copied().collect(),
            days: (day.day, day.day),
            score,
            tie: (0.0, format!("{host} {} {:?} {}", channel.key.destination, channel.key.identity, day.day)),
            alert: true,
        }
    }

    /// Whether host, destination and image are those of an attack; days are another question.
    pub(crate) fn matches(&self, attack: &Attack) -> bool {
        self.host_is(attack) && self.destination_is(attack) && self.image_is(attack)
    }

    /// Whether host and destination are those of an attack, whatever the image: events get lost.
    pub(crate) fn matches_place(&self, attack: &Attack) -> bool {
        self.host_is(attack) && self.destination_is(attack)
    }

    fn host_is(&self, attack: &Attack) -> bool {
        let named = self.host.as_deref().is_some_and(|name| same_host(name, &attack.host));
        let address =
            || lopside_model::net::parse_ip(&attack.host).is_some_and(|ip| self.host_ips.contains(&ip));
        let claimed = || self.host.as_deref().and_then(lopside_model::net::parse_ip);
        named || address() || claimed().is_some_and(|ip| attack.host_ips.contains(&ip))
    }

    /// By name, or by most of the addresses that it names.
    fn destination_is(&self, attack: &Attack) -> bool {
        if let (Some(mine), Some(theirs)) = (&self.domain, &attack.domain)
            && mine.eq_ignore_ascii_case(theirs)
        {
            return true;
        }
        let common = self.ips.intersection(&attack.ips).count();
        common > 0 && common * 2 > self.ips.len()
    }

    /// The image, or none where no event names it.
    fn image_is(&self, attack: &Attack) -> bool {
        match (&self.image, &attack.image) {
            (Some(mine), Some(theirs)) => same_image(mine, theirs),
            (Some(_), None) => false,
            (None, _) => !attack.attributable,
        }
    }

    /// What makes two false claims of one day the same.
    pub(crate) fn key(&self) -> (String, String, String) {
        let lower = |text: &Option<String>| text.as_deref().unwrap_or("").to_lowercase();
        let address = self.ips.first().map(IpAddr::to_string);
        let destination =
            if self.domain.is_some() { lower(&self.domain) } else { address.unwrap_or_default() };
        let host = self.host.as_deref().map_or_else(
            || self.host_ips.first().map(IpAddr::to_string).unwrap_or_default(),
            |name| short(name).to_lowercase(),
        );
        (host, lower(&self.image), destination)
    }
}

/// The first label of a name, or a whole address.
fn short(name: &str) -> &str {
    if lopside_model::net::parse_ip(name).is_some() { name } else { name.split('.').next().unwrap_or(name) }
}

/// Names with and without a domain are one; two that both have one must agree.
fn same_host(mine: &str, theirs: &str) -> bool {
    let both = mine.contains('.') && theirs.contains('.');
    if both { mine.eq_ignore_ascii_case(theirs) } else { short(mine).eq_ignore_ascii_case(short(theirs)) }
}

/// Full paths agree, or the names where one of the two has no path (`System`).
fn same_image(mine: &str, theirs: &str) -> bool {
    let has_path = |image: &str| image.contains(['\\', '/']);
    if has_path(mine) && has_path(theirs) {
        return mine.eq_ignore_ascii_case(theirs);
    }
    let name = lopside_model::process::file_name;
    name(mine).eq_ignore_ascii_case(name(theirs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::evaluate::matching::tests::{attack, claim};

    #[test]
    fn host_destination_and_image_must_match() {
        let attack = attack("drip", 3, 5);
        let right = claim(3, 3, 50.0);
        assert!(right.matches(&attack));
        assert!(Claim { host: Some("ws-1".into()), ..right.clone() }.matches(&attack));
        assert!(!Claim { host: Some("WS-2".into()), ..right.clone() }.matches(&attack));
        assert!(!Claim { image: Some(r"C:\other.exe".into()), ..right.clone() }.matches(&attack));
        assert!(!Claim { domain: Some("b.example".into()), ips: BTreeSet::new(), ..right }.matches(&attack));
    }

    #[test]
    fn a_destination_without_the_name_needs_most_of_its_addresses() {
        let attack = attack("drip", 3, 5);
        let of = |texts: &[&str]| Claim {
            domain: None,
            ips: texts.iter().map(|text| text.parse().unwrap()).collect(),
            ..claim(3, 3, 50.0)
        };
        assert!(of(&["203.0.113.9"]).matches(&attack));
        assert!(!of(&["203.0.113.9", "198.51.100.1"]).matches(&attack));
        assert!(of(&["203.0.113.9", "203.0.113.10", "198.51.100.1"]).matches(&attack));
        assert!(!of(&[]).matches(&attack));
    }

    #[test]
    fn no_image_is_right_only_where_none_could_be_known() {
        let mut attack = attack("drip", 3, 5);
        let nameless = Claim { image: None, ..claim(3, 3, 50.0) };
        assert!(!nameless.matches(&attack));
        attack.attributable = false;
        assert!(nameless.matches(&attack));
        assert!(claim(3, 3, 50.0).matches(&attack));
        attack.image = None;
        assert!(!claim(3, 3, 50.0).matches(&attack));
    }

    #[test]
    fn hosts_by_address() {
        let mut attack = attack("device", 3, 3);
        attack.host = "10.0.0.7".into();
        assert!(claim(3, 3, 1.0).matches(&attack));
        assert!(!same_host("10.0.0.7", "10.0.0.8"));
        assert!(same_host("ws-1.corp.example", "WS-1"));
        assert!(!same_host("ws-1.corp.example", "ws-1.other.example"));
        assert!(same_image("System", "System") && same_image("curl.exe", r"C:\Windows\System32\CURL.EXE"));
    }
}
