//! What is usual, ready to be asked: all hosts together, each host, and the numbers of what they are counted by.

use std::sync::Arc;

use lopside_model::channel::Channel;

use crate::baseline::Baseline;
use crate::fleet::Fleet;
use crate::fragment::{DestinationPart, Fragment, HostPart, Past, ProcessPart, identity_of};
use crate::names::Numbers;
use crate::prior::Prior;
use crate::reference::References;
use crate::weights::Weights;
use crate::words;

/// What the score rests on beside the data: weights, priors, and a baseline where there is one.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The weights of the terms.
    pub weights: Weights,
    /// What is taken to be usual before anything was seen.
    pub prior: Prior,
    /// Totals of ordinary channel-days under these weights.
    pub references: References,
    /// What was usual before the data.
    pub baseline: Option<Arc<Baseline>>,
}

/// What is usual.
#[derive(Clone, Debug)]
pub struct Usual {
    names: Numbers,
    fleet: Fleet,
    hosts: Vec<HostPart>,
    context: Context,
}

impl Usual {
    /// What a merged fragment teaches.
    pub fn from(fragment: Fragment, context: Context) -> Usual {
        let (fleet, hosts) = Fleet::of(fragment.habits, &fragment.names);
        Usual { names: fragment.names, fleet, hosts, context }
    }

    /// What a channel is compared with, in words, where a baseline is part of it.
    pub(crate) fn rests_on(&self, channel: &Channel) -> Option<String> {
        let baseline = self.context.baseline.as_ref()?.summary();
        let first = channel.days.first()?.day;
        let days = self.host(&channel.key.host).map_or(0, |host| host.days.range(..first).count());
        let used =
            self.past(channel).map_or(0, |past| past.days.iter().filter(|used| used.day < first).count());
        Some(format!(
            "what is usual rests on a baseline of {} from {} to {} and on these data; {} of this host and {} of this channel came before",
            words::count(baseline.hosts as usize, "host"),
            words::day(baseline.first_day),
            words::day(baseline.last_day),
            words::count(days, "day"),
            words::count(used, "day"),
        ))
    }

    /// The prior.
    pub fn prior(&self) -> &Prior {
        &self.context.prior
    }

    /// The weights.
    pub fn weights(&self) -> &Weights {
        &self.context.weights
    }

    /// Hosts that send at all.
    pub fn hosts(&self) -> u32 {
        self.hosts.len() as u32
    }

    /// Days on which a host sent, of all hosts.
    pub fn host_days(&self) -> u64 {
        self.fleet.host_days
    }

    /// Sending channel-days per host-day.
    pub fn channel_days_per_host_day(&self) -> f64 {
        self.fleet.channel_days as f64 / (self.fleet.host_days.max(1)) as f64
    }

    /// What all hosts together do of a process identity; `None` where none does.
    pub fn fleet_process(&self, identity: &str) -> Option<&ProcessPart> {
        self.fleet.process(self.process(identity)?)
    }

    /// What all hosts together send to a destination group; `None` where none does.
    pub fn fleet_destination(&self, destination: &str) -> Option<&DestinationPart> {
        self.fleet.destinations.get(self.destination(destination)? as usize)
    }

    /// What is known of a host.
    pub fn host(&self, name: &str) -> Option<&HostPart> {
        self.hosts.get(self.names.hosts.find(name)? as usize)
    }

    /// The days before these data on which a channel was used, where a baseline remembers them.
    pub(crate) fn past(&self, channel: &Channel) -> Option<&Past> {
        let host = self.host(&channel.key.host).filter(|host| !host.past.is_empty())?;
        host.past(self.process(identity_of(channel))?, self.destination(&channel.key.destination)?)
    }

    /// All hosts together.
    pub(crate) fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The number of a process identity.
    pub(crate) fn process(&self, identity: &str) -> Option<u32> {
        self.names.processes.find(identity)
    }

    /// The process identity of a number.
    pub(crate) fn identity(&self, number: u32) -> &str {
        self.names.processes.text(number)
    }

    /// The number of a destination group.
    pub(crate) fn destination(&self, destination: &str) -> Option<u32> {
        self.names.destinations.find(destination)
    }
}
