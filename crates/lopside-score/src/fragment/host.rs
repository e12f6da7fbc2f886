//! What the channels of one host teach.

use std::collections::{BTreeMap, BTreeSet};

use lopside_model::bytes::log_ratio;
use lopside_model::channel::{Channel, ChannelDay};
use lopside_model::net::StableHash;

use super::parts::{HostPart, ProcessPart};
use super::{
    Flagged, NO_PROCESS, UNMONITORED, hash_of_pair, heavy_size, hour_mask, is_nameless, media_share,
    parent_name, port_key,
};
use crate::settings::AccountContext;
use crate::spread::{bucket_of_bytes, bucket_of_ratio};

/// At most so many new places of a process count on one host and day.
const NEW_PLACES_A_DAY: u32 = 5;

impl HostPart {
    pub(super) fn add_hours(&mut self, channel: &Channel) {
        let Some(user) = &channel.key.user else { return };
        let days = self.users.entry(user.clone()).or_default();
        for day in &channel.days {
            let mask = hour_mask(day);
            let hours = days.entry(day.day).or_default();
            *hours = (hours.0 | mask, hours.1 | (hours.0 & mask));
        }
    }

    /// Counts one process of this host; also notes its destinations, with the largest heavy size.
    pub(super) fn add_process(
        &mut self,
        identity: &str,
        channels: &[&Channel],
        flagged: &Flagged,
        destinations: &mut BTreeMap<String, Option<u8>>,
    ) -> ProcessPart {
        let host_first = self.first_day();
        let mut part = ProcessPart::default();
        let mut largest: BTreeMap<i32, (u64, f64)> = BTreeMap::new();
        let mut first_seen: BTreeMap<&str, i32> = BTreeMap::new();
        let mut parents = BTreeSet::new();
        let mut heavy = None;
        for channel in channels {
            let ordinary = |day: &&ChannelDay| !flagged.contains(&channel.key, day.day);
            for day in channel.days.iter().filter(ordinary) {
                let first = first_seen.entry(&channel.key.destination).or_insert(day.day);
                *first = (*first).min(day.day);
                let size = heavy_size(day);
                heavy = heavy.max(size);
                if let Some(size) = size {
                    let heaviest =
                        part.heavy_destinations.entry(channel.key.destination.clone()).or_insert((1, size));
                    heaviest.1 = heaviest.1.max(size);
                    if media_share(day) >= 0.5 {
                        part.media = 1;
                    }
                }
                if is_nameless(channel) {
                    part.nameless = 1;
                }
                let noted = destinations.entry(channel.key.destination.clone()).or_default();
                *noted = (*noted).max(size);
                let entry = largest.entry(day.day).or_insert((0, 0.0));
                if day.sum.bytes_out >= entry.0 {
                    *entry = (day.sum.bytes_out, log_ratio(day.sum.bytes_out, day.sum.bytes_in));
                }
                for port in &day.ports {
                    part.ports.insert(port_key(port.port, port.protocol.0), 1);
                }
                if let Some(user) = &channel.key.user
                    && let Some(slot) = part.accounts.get_mut(AccountContext::of(user).index())
                {
                    *slot = 1;
                }
                parents.extend(
                    day.senders
                        .iter()
                        .filter_map(|sender| parent_name(sender.process.parent_image.as_deref())),
                );
                self.accessors
                    .extend(day.access.iter().map(|access| access.source_image.to_ascii_lowercase()));
            }
        }
        if first_seen.is_empty() {
            return part;
        }
        part.hosts = 1;
        part.parents = parents.into_iter().map(|parent| (parent, 1)).collect();
        part.heavy = heavy.map(|size| (size, 1)).into_iter().collect();
        part.first_day = largest.keys().next().copied();
        part.days = largest.len() as u32;
        part.days_at_risk = largest.keys().filter(|day| Some(**day) > host_first).count() as u32;
        part.pairs = first_seen.len() as u32;
        part.heavy_pairs = part.heavy_destinations.len() as u32;
        let mut new_places: BTreeMap<i32, u32> = BTreeMap::new();
        for (destination, first) in first_seen {
            let hash = StableHash::of(destination.as_bytes());
            for hash in [hash, hash_of_pair(identity, destination)] {
                let reached = self.reached.entry(hash).or_insert(first);
                *reached = (*reached).min(first);
            }
            if identity != NO_PROCESS && identity != UNMONITORED {
                self.explained.insert(hash);
            }
            part.destinations.insert(destination.to_owned(), 1);
            if Some(first) > host_first {
                *new_places.entry(first).or_default() += 1;
            }
        }
        part.new_places = new_places.values().map(|count| (*count).min(NEW_PLACES_A_DAY)).sum();
        for (bytes_out, ratio) in largest.values() {
            part.out.add(bucket_of_bytes(*bytes_out));
            part.ratio.add(bucket_of_ratio(*ratio));
        }
        part
    }
}
