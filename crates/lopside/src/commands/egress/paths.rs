//! External paths, summed over hosts, users and days.

use std::collections::{BTreeMap, BTreeSet};

use lopside_engine::driver::Outcome;
use lopside_model::Micros;
use lopside_model::channel::{Channel, ChannelDay, PortSum};
use lopside_model::net::{Protocol, Scope};
use lopside_model::process::file_name;
use lopside_score::envelope::{Envelopes, Standing, Verdict};
use lopside_score::owners::{Owners, Subject};

/// What a path is summed by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The process identity; absent where no process could be attached.
    pub(super) identity: Option<String>,
    /// The destination group.
    pub(super) destination: String,
    /// Port of the peer.
    pub(super) port: u16,
    /// Transport; absent where only endpoint events speak of it.
    pub(super) protocol: Option<Protocol>,
}

/// A path.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    /// A full path of its image.
    pub(super) image: Option<String>,
    pub(super) hosts: BTreeSet<String>,
    pub(super) users: BTreeSet<String>,
    pub(super) flows: u64,
    /// Bytes each way; absent where nothing was measured.
    pub(super) bytes: Option<(u64, u64)>,
    /// Bytes sent on days inside of an envelope.
    pub(super) bytes_inside: u64,
    /// Channel-days, and those inside of an envelope.
    days: (u64, u64),
    pub(super) envelopes: BTreeSet<String>,
    pub(super) seen: Option<(Micros, Micros)>,
    /// Bytes sent by owner; by none under nothing.
    owners: BTreeMap<Option<String>, u64>,
    /// Hosts that only endpoint events speak of.
    pub(super) further_hosts: u64,
}

/// How much of a path is inside of envelopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sanctioned {
    /// Every day of every channel.
    Yes,
    /// Some.
    Partly,
    /// None.
    No,
}

impl Sanctioned {
    pub(super) fn name(self) -> &'static str {
        match self {
            Sanctioned::Yes => "yes",
            Sanctioned::Partly => "partly",
            Sanctioned::No => "no",
        }
    }
}

impl Path {
    /// How much of it is inside of envelopes.
    pub(super) fn sanctioned(&self) -> Sanctioned {
        match self.days {
            (_, 0) => Sanctioned::No,
            (all, inside) if all == inside => Sanctioned::Yes,
            _ => Sanctioned::Partly,
        }
    }

    /// Who answers for most of its bytes, and for how many owners there are.
    pub(super) fn owner(&self) -> (Option<&str>, usize) {
        let named = || self.owners.iter().filter_map(|(owner, bytes)| Some((owner.as_deref()?, *bytes)));
        let most = named().max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(one.0)));
        (most.map(|(owner, _)| owner), named().count())
    }

    /// How many hosts use it.
    pub(super) fn host_count(&self) -> u64 {
        (self.hosts.len() as u64).saturating_add(self.further_hosts)
    }

    fn see(&mut self, first: Micros, last: Micros) {
        let (known_first, known_last) = self.seen.unwrap_or((first, last));
        self.seen = Some((known_first.min(first), known_last.max(last)));
    }

    fn add(&mut self, channel: &Channel, day: &ChannelDay, port: &PortSum, inside: Option<&str>) {
        self.flows = self.flows.saturating_add(port.flows);
        let (out, back) = self.bytes.unwrap_or((0, 0));
        self.bytes = Some((out.saturating_add(port.bytes_out), back.saturating_add(port.bytes_in)));
        self.see(day.first, day.last);
        self.days.0 += 1;
        if let Some(id) = inside {
            self.days.1 += 1;
            self.bytes_inside = self.bytes_inside.saturating_add(port.bytes_out);
            if !self.envelopes.contains(id) {
                self.envelopes.insert(id.to_owned());
            }
        }
        if !self.hosts.contains(&channel.key.host) {
            self.hosts.insert(channel.key.host.clone());
        }
        if let Some(user) = channel.key.user.as_ref().filter(|user| !self.users.contains(*user)) {
            self.users.insert(user.clone());
        }
        if self.image.is_none() {
            let images = day.senders.iter().filter_map(|sender| sender.process.image.as_ref());
            self.image = images.min().cloned();
        }
    }
}

/// Every external path, those that few need first.
///
/// # Errors
/// When channels that were put aside cannot be read back.
pub(super) fn paths(
    outcome: &Outcome,
    envelopes: &Envelopes,
    owners: &Owners,
) -> anyhow::Result<Vec<(Key, Path)>> {
    let mut paths: BTreeMap<Key, Path> = BTreeMap::new();
    for kept in &outcome.channels {
        let channels = kept.load()?;
        let verdicts = envelopes.judge(&channels);
        for (channel, verdicts) in channels.iter().zip(&verdicts) {
            if channel.scope == Scope::External {
                add(&mut paths, channel, verdicts, envelopes, owners);
            }
        }
    }
    contacts(&mut paths, outcome);
    let mut paths: Vec<(Key, Path)> = paths.into_iter().collect();
    paths.sort_by(|(one_key, one), (other_key, other)| {
        (one.host_count(), one.users.len())
            .cmp(&(other.host_count(), other.users.len()))
            .then_with(|| other.bytes.cmp(&one.bytes))
            .then_with(|| one_key.cmp(other_key))
    });
    Ok(paths)
}

fn add(
    paths: &mut BTreeMap<Key, Path>,
    channel: &Channel,
    verdicts: &[Option<Verdict>],
    envelopes: &Envelopes,
    owners: &Owners,
) {
    let subject = Subject {
        image: channel.key.identity.as_deref().map(image_of),
        host: &channel.key.host,
        host_ips: &channel.host_ips,
        user: channel.key.user.as_deref(),
        destination: Some(channel.name.as_ref().map_or(channel.key.destination.as_str(), |(name, _)| name)),
        destination_ips: &[],
    };
    let mapped = owners.of(&subject).map(|owned| owned.owner);
    for (index, day) in channel.days.iter().enumerate() {
        let envelope = match verdicts.get(index).and_then(Option::as_ref) {
            Some(Verdict { entry, standing: Standing::Inside }) => envelopes.list.get(*entry),
            _ => None,
        };
        let owner = mapped.clone().or_else(|| envelope.map(|envelope| envelope.written.owner.clone()));
        for port in &day.ports {
            let key = Key {
                identity: channel.key.identity.clone(),
                destination: channel.key.destination.clone(),
                port: port.port,
                protocol: Some(port.protocol),
            };
            let path = paths.entry(key).or_default();
            path.add(channel, day, port, envelope.map(lopside_score::envelope::Envelope::id));
            let sum = path.owners.entry(owner.clone()).or_default();
            *sum = sum.saturating_add(port.bytes_out);
        }
    }
}

/// Connections that no flow speaks of: to a known path they add hosts that were not counted, else they are paths without bytes.
fn contacts(paths: &mut BTreeMap<Key, Path>, outcome: &Outcome) {
    for (contact, sum) in &outcome.contacts {
        let key = Key {
            identity: sum.example_image.as_deref().map(folded).or_else(|| contact.process.clone()),
            destination: contact.destination.clone(),
            port: contact.port,
            protocol: None,
        };
        let path = paths.entry(key).or_default();
        path.see(sum.first, sum.last);
        path.flows = path.flows.saturating_add(sum.connections);
        path.image = path.image.take().or_else(|| sum.example_image.clone());
        path.hosts.insert(sum.example_host.clone());
        path.further_hosts = path.further_hosts.saturating_add(sum.hosts.saturating_sub(1));
        path.owners.entry(None).or_default();
        path.days.0 += 1;
    }
}

fn folded(image: &str) -> String {
    use lopside_model::identity::{Identity, ProcessFacts};
    let facts = ProcessFacts { image: Some(image), ..ProcessFacts::default() };
    Identity::of(&facts).map_or_else(|| file_name(image).to_lowercase(), |identity| identity.key)
}

/// The image of an identity, without what it runs.
pub(crate) fn image_of(identity: &str) -> &str {
    lopside_score::envelope::image_and_runs(identity).0
}
