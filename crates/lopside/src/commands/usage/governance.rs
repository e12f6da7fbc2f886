//! Which part of usage is inside of envelopes, and who answers for it.
//!
//! Usage is summed by image, envelopes judge channels by process identity. Where several images (versions of one program) are one
//! identity, what is inside is shared among them by the bytes they sent.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use lopside_engine::driver::Outcome;
use lopside_engine::host::usage::{UsageKey, UsageSum};
use lopside_model::identity::{Identity, ProcessFacts};
use lopside_model::net::Scope;
use lopside_score::envelope::{Envelopes, Standing, Verdict, image_and_runs};
use lopside_score::owners::{Owners, Subject};

/// What a part of usage gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    /// Bytes sent inside of envelopes.
    pub(super) inside: u64,
    /// Who answers for it.
    pub(super) owner: Option<String>,
}

/// Envelopes and owners over a run's channels.
#[derive(Debug, Default)]
pub(super) struct Governance<'g> {
    owners: Option<&'g Owners>,
    /// Anything to govern by.
    pub(super) known: bool,
    inside: BTreeMap<Group, (u64, Option<String>)>,
    /// Bytes sent of the usage of a group.
    totals: BTreeMap<Group, u64>,
    addresses: BTreeMap<String, BTreeSet<IpAddr>>,
}

/// What usage and channels have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    host: String,
    image: Option<String>,
    service: Option<String>,
    user: Option<String>,
    destination: String,
    scope: Scope,
}

impl<'g> Governance<'g> {
    /// Judges the channels of a run.
    ///
    /// # Errors
    /// When channels that were put aside cannot be read back.
    pub(super) fn new(
        outcome: &Outcome,
        envelopes: &Envelopes,
        owners: &'g Owners,
    ) -> anyhow::Result<Governance<'g>> {
        let known = !envelopes.is_empty() || !owners.is_empty();
        let mut governance = Governance { owners: Some(owners), known, ..Governance::default() };
        if !known {
            return Ok(governance);
        }
        for (key, sum) in &outcome.usage {
            let total = governance.totals.entry(Group::of_usage(key)).or_default();
            *total = total.saturating_add(sum.bytes_out);
        }
        for kept in &outcome.channels {
            let channels = kept.load()?;
            let verdicts = envelopes.judge(&channels);
            for (channel, verdicts) in channels.iter().zip(&verdicts) {
                let addresses = governance.addresses.entry(channel.key.host.clone()).or_default();
                addresses.extend(channel.host_ips.iter().copied());
                for (day, verdict) in channel.days.iter().zip(verdicts) {
                    let Some(Verdict { entry, standing: Standing::Inside }) = verdict else { continue };
                    let slot = governance.inside.entry(Group::of_channel(channel)).or_default();
                    slot.0 = slot.0.saturating_add(day.sum.bytes_out);
                    let owner = envelopes.list.get(*entry).map(|envelope| envelope.written.owner.clone());
                    slot.1 = slot.1.take().or(owner);
                }
            }
        }
        Ok(governance)
    }

    /// The share of one part of usage.
    pub(super) fn of(&self, key: &UsageKey, sum: &UsageSum) -> Share {
        if !self.known {
            return Share::default();
        }
        let group = Group::of_usage(key);
        let (inside, by_envelope) = match self.inside.get(&group) {
            Some((inside, owner)) => (*inside, owner.clone()),
            None => (0, None),
        };
        let total = self.totals.get(&group).copied().unwrap_or(0).max(1);
        let part = u128::from(inside) * u128::from(sum.bytes_out) / u128::from(total);
        let ips: Vec<IpAddr> = self.addresses.get(&key.host).into_iter().flatten().copied().collect();
        let subject = Subject {
            image: key.image.as_deref(),
            host: &key.host,
            host_ips: &ips,
            user: key.user.as_deref(),
            destination: Some(&key.destination),
            destination_ips: &[],
        };
        let owner = self.owners.and_then(|owners| owners.of(&subject)).map(|owned| owned.owner);
        Share {
            inside: u64::try_from(part).unwrap_or(u64::MAX).min(sum.bytes_out),
            owner: owner.or(by_envelope),
        }
    }
}

impl Group {
    fn of_usage(key: &UsageKey) -> Group {
        let facts = ProcessFacts { image: key.image.as_deref(), ..ProcessFacts::default() };
        Group {
            host: key.host.clone(),
            image: Identity::of(&facts).map(|identity| identity.key),
            service: key.service.as_deref().map(str::to_lowercase),
            user: key.user.as_deref().map(str::to_lowercase),
            destination: key.destination.clone(),
            scope: key.scope,
        }
    }

    fn of_channel(channel: &lopside_model::channel::Channel) -> Group {
        let parts = channel.key.identity.as_deref().map(image_and_runs);
        // Usage tells the service of a service host and nothing else that runs in an image.
        let service = parts.filter(|(image, _)| image.ends_with("\\svchost.exe")).and_then(|(_, runs)| runs);
        Group {
            host: channel.key.host.clone(),
            image: parts.map(|(image, _)| image.to_owned()),
            service: service.map(str::to_owned),
            user: channel.key.user.clone(),
            destination: channel.key.destination.clone(),
            scope: channel.scope,
        }
    }
}
