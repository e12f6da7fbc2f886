//! What the channels of one host teach.

use lopside_model::channel::{Channel, ChannelDay, Sum};

use super::habits::{HostHabits, Past, Place, ProcessHabits, UsedDay};
use super::sending::{SendingDay, bucket};
use super::{
    Flagged, Fragment, heavy_size, hour_mask, identity_of, is_nameless, media_share, parent_name, port_key,
};
use crate::settings::AccountContext;

impl Fragment {
    /// The habits of a host, of all its channels in the order of their keys.
    pub(super) fn learn(&mut self, channels: &[&Channel], flagged: &Flagged, depth: Depth) -> HostHabits {
        let mut habits = HostHabits::default();
        let mut days: Vec<i32> = Vec::new();
        for channel in channels {
            habits.add_hours(channel);
            days.extend(channel.days.iter().map(|day| day.day));
        }
        days.sort_unstable();
        habits.days =
            days.chunk_by(|a, b| a == b).filter_map(|day| Some((*day.first()?, day.len() as u32))).collect();
        for channels in channels.chunk_by(|a, b| identity_of(a) == identity_of(b)) {
            let learned = self.learn_process(channels, flagged, depth, &mut habits);
            if !learned.places.is_empty() {
                habits.processes.push(learned);
            }
        }
        if depth == Depth::Days {
            habits.forget_lone_hours();
        }
        habits.settle();
        habits
    }

    fn learn_process(
        &mut self,
        channels: &[&Channel],
        flagged: &Flagged,
        depth: Depth,
        host: &mut HostHabits,
    ) -> ProcessHabits {
        let mut habits = ProcessHabits::default();
        let mut whole = Whole::default();
        for channel in channels {
            let flagged = flagged.of(&channel.key);
            let mut seen: Option<SeenPlace> = None;
            let mut of_user = channel.key.user.as_ref().and_then(|user| host.users.get_mut(user));
            for day in channel.days.iter().filter(|day| !flagged.contains(&day.day)) {
                seen.get_or_insert(SeenPlace { first: day.day, heavy: None, used: 0 }).add(day);
                whole.add(day, &mut habits);
                let sent = SendingDay::of(day);
                habits.sending.add(sent, &day.ports);
                if let Some(user) = &mut of_user {
                    user.sending.add(sent, &day.ports);
                }
                host.accessors
                    .extend(day.access.iter().map(|access| access.source_image.to_ascii_lowercase()));
            }
            let Some(SeenPlace { first, heavy, used }) = seen else { continue };
            let destination = self.names.destinations.number(&channel.key.destination);
            if let Some(user) = of_user {
                user.places.push(destination);
            }
            habits.places.push(Place {
                destination,
                first,
                heavy,
                used,
                past: (depth == Depth::Days).then(|| Box::new(past(channel, &flagged))),
            });
            habits.nameless |= is_nameless(channel);
            whole.account(channel, &mut habits);
        }
        if let (Some(channel), false) = (channels.first(), habits.places.is_empty()) {
            habits.process = self.names.processes.number(identity_of(channel));
        }
        whole.finish(&mut habits);
        habits
    }
}

/// A destination while the ordinary days of its channel are gone through.
struct SeenPlace {
    first: i32,
    heavy: Option<u8>,
    used: u32,
}

impl SeenPlace {
    fn add(&mut self, day: &ChannelDay) {
        self.first = self.first.min(day.day);
        self.heavy = self.heavy.max(heavy_size(day));
        self.used += 1;
    }
}

/// What a process does over all its channels, while they are gone through.
#[derive(Default)]
struct Whole<'c> {
    parents: Vec<&'c str>,
    last_user: Option<&'c String>,
}

impl<'c> Whole<'c> {
    fn add(&mut self, day: &'c ChannelDay, habits: &mut ProcessHabits) {
        habits.media |= heavy_size(day).is_some() && media_share(day) >= 0.5;
        for parent in day.senders.iter().filter_map(|sender| sender.process.parent_image.as_deref()) {
            if self.parents.last() != Some(&parent) {
                self.parents.push(parent);
            }
        }
    }

    /// Notes the kind of account that the channel's process ran as.
    fn account(&mut self, channel: &'c Channel, habits: &mut ProcessHabits) {
        if let Some(user) = &channel.key.user
            && self.last_user != Some(user)
            && let Some(slot) = habits.accounts.get_mut(AccountContext::of(user).index())
        {
            *slot = true;
            self.last_user = Some(user);
        }
    }

    fn finish(mut self, habits: &mut ProcessHabits) {
        self.parents.sort_unstable();
        self.parents.dedup();
        habits.parents = self.parents.into_iter().filter_map(|parent| parent_name(Some(parent))).collect();
    }
}

/// What is remembered of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// What they did at all.
    Sums,
    /// Also on which days, for those who come later.
    Days,
}

/// The ordinary days of a channel.
fn past(channel: &Channel, flagged: &[i32]) -> Past {
    let bucket = |sum: &Sum| bucket(sum.bytes_out);
    let days = channel.days.iter().filter(|day| !flagged.contains(&day.day));
    Past {
        days: days
            .map(|day| UsedDay {
                day: day.day,
                out: bucket(&day.sum),
                lopsided: bucket(&day.lopsided),
                unmeasured: bucket(&day.unmeasured),
            })
            .collect(),
        ports: channel
            .days
            .iter()
            .flat_map(|day| day.ports.iter().map(|port| port_key(port.port, port.protocol.0)))
            .collect(),
    }
}

impl HostHabits {
    /// Keeps of the hours of users those in which at least two channels sent: so no channel makes its own hours usual.
    fn forget_lone_hours(&mut self) {
        for hours in self.users.values_mut().flat_map(|habits| habits.hours.values_mut()) {
            hours.0 = hours.1;
        }
    }

    fn add_hours(&mut self, channel: &Channel) {
        let Some(user) = &channel.key.user else { return };
        let habits = match self.users.get_mut(user) {
            Some(habits) => habits,
            None => self.users.entry(user.clone()).or_default(),
        };
        for day in &channel.days {
            let mask = hour_mask(day);
            let hours = habits.hours.entry(day.day).or_default();
            *hours = (hours.0 | mask, hours.1 | (hours.0 & mask));
        }
    }
}
