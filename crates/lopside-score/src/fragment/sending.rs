//! What a process or a user sends on a host: day by day, with its hours and ports.

use lopside_model::bytes::log_ratio;
use lopside_model::channel::{ChannelDay, PortSum, Sum};

use super::{hour_mask, port_key};
use crate::spread::{bucket_of_bytes, bucket_of_ratio};

/// What is remembered of sending, joined by union, the most and the least.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sending {
    /// Days, ascending.
    pub(crate) days: Vec<SendingDay>,
    /// Ports, ascending.
    pub(crate) ports: Vec<PortUse>,
}

/// A day: its largest channel, by buckets, and its hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SendingDay {
    /// The day.
    pub(crate) day: i32,
    /// Bytes sent by the largest channel; 0 where no flow was measured both ways.
    pub(crate) out: u8,
    /// Its log-ratio; 0 where none was measured.
    pub(crate) ratio: u8,
    /// Bytes that it received; 0 for none.
    pub(crate) back: u8,
    /// Hours in which any channel sent (bits 0 to 23, UTC).
    pub(crate) hours: u32,
}

/// A port and transport, and since when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PortUse {
    /// Port × 256 + protocol.
    pub(crate) port: u32,
    /// The first day.
    pub(crate) first: i32,
}

/// The bucket of bytes, 0 for none.
pub(super) fn bucket(bytes: u64) -> u8 {
    if bytes == 0 { 0 } else { bucket_of_bytes(bytes).max(1) }
}

impl SendingDay {
    /// What a channel sent on a day.
    pub(super) fn of(day: &ChannelDay) -> SendingDay {
        let Sum { bytes_out, bytes_in, .. } = day.sum;
        let out = bucket(bytes_out);
        let ratio = if out == 0 { 0 } else { bucket_of_ratio(log_ratio(bytes_out, bytes_in)) };
        SendingDay { day: day.day, out, ratio, back: bucket(bytes_in), hours: hour_mask(day) }
    }

    /// Whether any flow was measured both ways.
    pub(crate) fn is_measured(&self) -> bool {
        self.out > 0
    }

    /// Takes in another channel, or another memory, of the same day.
    fn join(&mut self, other: &SendingDay) {
        let hours = self.hours | other.hours;
        if (other.out, other.ratio, other.back) > (self.out, self.ratio, self.back) {
            *self = *other;
        }
        self.hours = hours;
    }
}

impl Sending {
    /// Notes a day of a channel; to be settled when all are noted.
    pub(super) fn add(&mut self, new: SendingDay, ports: &[PortSum]) {
        match self.days.binary_search_by_key(&new.day, |known| known.day) {
            Ok(place) => {
                if let Some(known) = self.days.get_mut(place) {
                    known.join(&new);
                }
            }
            Err(place) => self.days.insert(place, new),
        }
        for port in ports {
            let used = PortUse { port: port_key(port.port, port.protocol.0), first: new.day };
            if self.ports.last().is_none_or(|last| last.port != used.port || last.first > used.first) {
                self.ports.push(used);
            }
        }
    }

    /// Joins another memory; to be settled after.
    pub(crate) fn join(&mut self, other: Sending) {
        self.days.extend(other.days);
        self.ports.extend(other.ports);
    }

    /// Sorts, and joins what is the same.
    pub(crate) fn settle(&mut self) {
        self.days.sort_unstable();
        self.days.dedup_by(|next, first| {
            let same = next.day == first.day;
            if same {
                first.join(next);
            }
            same
        });
        settle_ports(&mut self.ports);
    }

    /// The first day.
    pub(crate) fn first_day(&self) -> Option<i32> {
        self.days.first().map(|day| day.day)
    }

    /// Adds to each hour the days on which there was sending in it.
    pub(crate) fn count_hours(&self, hours: &mut [u32; 24]) {
        for day in &self.days {
            for (hour, slot) in hours.iter_mut().enumerate() {
                *slot = slot.saturating_add(day.hours >> hour & 1);
            }
        }
    }
}

/// Sorts ports and keeps of each the first day.
pub(crate) fn settle_ports(ports: &mut Vec<PortUse>) {
    ports.sort_unstable();
    ports.dedup_by_key(|used| used.port);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};

    fn sending(days: &[(i32, u64, u64)]) -> Sending {
        let mut sending = Sending::default();
        for (day, out, back) in days {
            for day in &on(channel("h", Some("x"), "d"), *day, *out, *back).days {
                sending.add(SendingDay::of(day), &day.ports);
            }
        }
        sending.settle();
        sending
    }

    #[test]
    fn the_largest_channel_of_a_day_and_all_its_hours() {
        let mut early = on(channel("h", Some("x"), "d"), 3, 1 << 20, 1 << 10).days.remove(0);
        early.hours = Default::default();
        early.hours.add(2, 1 << 20);
        let mut late = on(channel("h", Some("x"), "e"), 3, 1 << 30, 0).days.remove(0);
        late.hours = Default::default();
        late.hours.add(23, 1 << 30);
        for order in [[&early, &late], [&late, &early]] {
            let mut sending = Sending::default();
            order.into_iter().for_each(|day| sending.add(SendingDay::of(day), &day.ports));
            sending.settle();
            let [day] = sending.days.as_slice() else { panic!("one day") };
            assert_eq!((day.day, day.out, day.back, day.hours), (3, 60, 0, 1 << 2 | 1 << 23));
        }
    }

    #[test]
    fn what_was_not_measured_is_no_size() {
        let mut day = on(channel("h", Some("x"), "d"), 3, 0, 0).days.remove(0);
        day.unmeasured.bytes_out = 1 << 30;
        let mut unmeasured = Sending::default();
        unmeasured.add(SendingDay::of(&day), &day.ports);
        assert!(!unmeasured.days[0].is_measured() && unmeasured.days[0].hours != 0);
        assert!(sending(&[(3, 1, 0)]).days[0].is_measured());
    }

    #[test]
    fn ports_have_their_first_day_in_any_order() {
        let both = sending(&[(9, 1, 1), (4, 1, 1), (6, 1, 1)]);
        assert_eq!(both.ports.iter().map(|used| used.first).collect::<Vec<_>>(), [4]);
        let mut merged = sending(&[(9, 1, 1)]);
        merged.join(sending(&[(6, 1, 1)]));
        merged.join(sending(&[(4, 1, 1)]));
        merged.settle();
        assert_eq!(merged, both);
    }
}
