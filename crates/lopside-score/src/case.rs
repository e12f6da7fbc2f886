//! One channel-day as factors see it: which sum is judged, and what came before.

use lopside_model::bytes::log_ratio;
use lopside_model::channel::{Channel, ChannelDay, Sum};
use lopside_model::net::Scope;

use crate::fragment::HostPart;
use crate::gate;
use crate::peers::Peers;
use crate::seen::Seen;
use crate::settings::Settings;

/// Which flows of a channel-day are the evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// All that were measured in both directions.
    #[default]
    Sum,
    /// The most lopsided of them, where the sum would hide them.
    Lopsided,
    /// Those of which a direction was not measured.
    Unmeasured,
}

/// What is taken to be otherwise than it was, to say what would change the judgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Assume {
    /// So many more hosts that send to the destination.
    pub(crate) destination_hosts: u32,
    /// So many more hosts that run the process.
    pub(crate) process_hosts: u32,
    /// So many more days before on which the channel sent as much.
    pub(crate) days: usize,
}

/// A channel-day to be judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    /// The channel.
    pub(crate) channel: &'a Channel,
    /// The day.
    pub(crate) day: &'a ChannelDay,
    /// The days before it, oldest first.
    pub(crate) before: &'a [ChannelDay],
    /// The days after it.
    pub(crate) after: &'a [ChannelDay],
    /// What is judged.
    pub(crate) basis: Basis,
    /// The bytes of it.
    pub(crate) sum: Sum,
    /// What is usual.
    pub(crate) usual: Seen<'a>,
    /// What the user set.
    pub(crate) settings: &'a Settings,
    /// What is taken to be otherwise.
    pub(crate) assume: Assume,
}

impl<'a> Case<'a> {
    /// The day at `index` of a channel on a basis; `None` where there are no such flows, or the basis says nothing new.
    pub(crate) fn new(
        seen: Seen<'a>,
        index: usize,
        basis: Basis,
        settings: &'a Settings,
    ) -> Option<Case<'a>> {
        let channel = seen.channel;
        let (before, rest) = channel.days.split_at_checked(index)?;
        let (day, after) = rest.split_first()?;
        let sum = sum_of(day, basis);
        let says_something = match basis {
            Basis::Lopsided => sum.flows > 0 && sum != day.sum,
            Basis::Sum | Basis::Unmeasured => sum.flows > 0,
        };
        says_something.then_some(Case {
            channel,
            day,
            before,
            after,
            basis,
            sum,
            usual: seen,
            settings,
            assume: Assume::default(),
        })
    }

    /// The gate of this case: 0 to 1.
    pub(crate) fn gate(&self) -> f64 {
        if self.channel.scope == Scope::Local {
            return 0.0;
        }
        match self.basis {
            Basis::Unmeasured => gate::gate(self.window_out(), self.sum.bytes_out, None),
            _ => {
                let back = gate::of_the_peer(self.day, self.sum.bytes_in);
                gate::gate(self.window_out(), self.sum.bytes_out, Some(back))
            }
        }
    }

    /// Whether both directions were measured.
    pub(crate) fn measured(&self) -> bool {
        self.basis != Basis::Unmeasured
    }

    /// Bytes sent on the day, or half of those of the whole window where that is more: a drip adds up.
    pub(crate) fn window_out(&self) -> u64 {
        let first = self.day.day.saturating_sub(self.settings.window_days() - 1);
        let earlier = self.before.iter().rev().take_while(|day| day.day >= first);
        let window = earlier
            .fold(self.sum.bytes_out, |sum, day| sum.saturating_add(sum_of(day, self.basis).bytes_out));
        self.sum.bytes_out.max(window / 2)
    }

    /// Bytes sent on the day and on the six days before.
    pub(crate) fn week_out(&self) -> u64 {
        let first = self.day.day.saturating_sub(6);
        let earlier = self.before.iter().rev().take_while(|day| day.day >= first);
        earlier.fold(self.sum.bytes_out, |sum, day| sum.saturating_add(sum_of(day, self.basis).bytes_out))
    }

    /// log2 of the bytes sent.
    pub(crate) fn log_out(&self) -> f64 {
        (self.sum.bytes_out.max(1) as f64).log2()
    }

    /// log2 of sent to received, shrunk.
    pub(crate) fn log_ratio(&self) -> f64 {
        log_ratio(self.sum.bytes_out, self.sum.bytes_in)
    }

    /// Bytes sent on another day of the channel, on the basis of this case.
    pub(crate) fn out_on(&self, day: &ChannelDay) -> u64 {
        sum_of(day, self.basis).bytes_out
    }

    /// Other hosts that send to the destination.
    pub(crate) fn destination_peers(&self) -> Peers {
        self.usual.destination_peers().and(self.assume.destination_hosts)
    }

    /// Other hosts that send to the destination, a few that only pass by not counted.
    pub(crate) fn settled_destination_peers(&self) -> Peers {
        self.usual.settled_destination_peers().and(self.assume.destination_hosts)
    }

    /// Other hosts on which the process sends to the destination, a few that only pass by not counted.
    pub(crate) fn settled_pair_peers(&self) -> Peers {
        self.usual.settled_pair_peers().and(self.assume.destination_hosts.min(self.process_peers().hosts))
    }

    /// Other hosts on which the process sends to the destination.
    pub(crate) fn pair_peers(&self) -> Peers {
        self.usual.pair_peers().and(self.assume.destination_hosts.min(self.process_peers().hosts))
    }

    /// Other hosts on which the process sends.
    pub(crate) fn process_peers(&self) -> Peers {
        self.usual.process_peers().and(self.assume.process_hosts)
    }

    /// What is known of the host.
    pub(crate) fn host(&self) -> Option<&'a HostPart> {
        self.usual.host()
    }

    /// Days on which the host sent before the channel's first; before it first sent to the destination at all, where no process is
    /// known.
    pub(crate) fn history(&self) -> u32 {
        let mut first = self.channel.days.first().map_or(self.day.day, |day| day.day);
        if !self.has_process() {
            first = first.min(self.usual.first_reached().unwrap_or(first));
        }
        self.host().map_or(0, |host| host.days.range(..first).count() as u32)
    }

    /// Whether a process is known.
    pub(crate) fn has_process(&self) -> bool {
        self.channel.key.identity.is_some()
    }
}

/// The bytes of a day on a basis.
pub(crate) fn sum_of(day: &ChannelDay, basis: Basis) -> Sum {
    match basis {
        Basis::Sum => day.sum,
        Basis::Lopsided => day.lopsided,
        Basis::Unmeasured => day.unmeasured,
    }
}
