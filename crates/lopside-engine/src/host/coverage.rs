//! Coverage: what of the analytic's quantities was measured on a host. Plain counts, which merge by addition.

use std::collections::{BTreeMap, BTreeSet};

use lopside_model::Quality;
use lopside_model::net::{AddressClass, Direction, Protocol, Scope, class, from_bits};
use lopside_model::record::{EventClass, Method};
use lopside_model::time::HOUR;

use crate::host::resolve::{HostView, Resolved};

/// What was measured, over flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Flows, those that stay on the host or its link left out.
    pub flows: u64,
    /// Flows with a process.
    pub process_known: u64,
    /// Flows with both byte counts.
    pub bytes_both_known: u64,
    /// Flows with bytes sent.
    pub bytes_out_known: u64,
    /// Flows with bytes received.
    pub bytes_in_known: u64,
    /// Flows with a process and both byte counts: this decides what can be found.
    pub both_known: u64,
    /// Flows with a user.
    pub user_known: u64,
    /// External flows with a name of the destination.
    pub name_known: u64,
    /// External flows.
    pub external: u64,
    /// Flows of which content was seen.
    pub payload_seen: u64,
    /// Bytes sent outside (as far as counted).
    pub external_bytes_out: u64,
    /// Of them, with process, user and destination.
    pub external_bytes_out_explained: u64,
    /// Of them, with a process.
    pub external_bytes_out_process: u64,
    /// Of them, with several candidate processes.
    pub external_bytes_out_ambiguous: u64,
    /// Of them, with a name of the destination.
    pub external_bytes_out_named: u64,
    /// TCP flows that carried something.
    pub tcp_with_data: u64,
    /// Of them, those of which only one side was seen.
    pub one_sided: u64,
    /// Flows of which a count comes from sequence numbers alone.
    pub sequence_only: u64,
    /// Flows whose counts are lower bounds.
    pub lower_bound: u64,
    /// Bytes counted in all, both directions.
    pub bytes: u64,
    /// External TCP flows of a host that is watched, opened by it.
    pub external_tcp: u64,
    /// Of them, with a connection event.
    pub external_tcp_logged: u64,
    /// External IPv6 flows.
    pub external_v6: u64,
    /// Of them, with a process.
    pub external_v6_process: u64,
    /// External UDP flows to port 443.
    pub quic: u64,
    /// Of them, with bytes and process.
    pub quic_both: u64,
}

macro_rules! sum_fields {
    ($self:ident, $other:ident: $($field:ident)*) => { $( $self.$field = $self.$field.saturating_add($other.$field); )* };
}

impl Measured {
    /// Adds the counts of another host or partition.
    pub fn merge(&mut self, other: &Measured) {
        sum_fields!(self, other: flows process_known bytes_both_known bytes_out_known bytes_in_known both_known user_known
            name_known external payload_seen external_bytes_out external_bytes_out_explained external_bytes_out_process
            external_bytes_out_ambiguous external_bytes_out_named tcp_with_data one_sided sequence_only lower_bound bytes
            external_tcp external_tcp_logged external_v6 external_v6_process quic quic_both);
    }
}

/// What is known of one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostCoverage {
    /// Counts over its flows.
    pub measured: Measured,
    /// Whether any endpoint event of it was read.
    pub monitored: bool,
    /// Its addresses in the flows.
    pub ips: BTreeSet<std::net::IpAddr>,
    /// Connections that no flow speaks of, by class.
    pub contacts: BTreeMap<EventClass, u64>,
    /// Of them, those to external peers.
    pub external_contacts: u64,
    /// Process starts, and those with a command line.
    pub starts: (u64, u64),
    /// Different images that opened connections.
    pub images: BTreeSet<String>,
    /// Hours (since 1970) in which a flow began.
    pub flow_hours: BTreeSet<i64>,
    /// Hours (since 1970) in which a process was told by an event.
    pub event_hours: BTreeSet<i64>,
    /// Why directions were not measured.
    pub unmeasured_why: BTreeMap<String, u64>,
}

impl HostCoverage {
    /// Adds what is known of another host, so that both are told as one.
    pub fn merge(&mut self, other: HostCoverage) {
        self.measured.merge(&other.measured);
        self.monitored |= other.monitored;
        self.ips.extend(other.ips);
        self.external_contacts += other.external_contacts;
        self.starts = (self.starts.0 + other.starts.0, self.starts.1 + other.starts.1);
        self.images.extend(other.images);
        self.flow_hours.extend(other.flow_hours);
        self.event_hours.extend(other.event_hours);
        for (class, count) in other.contacts {
            *self.contacts.entry(class).or_insert(0) += count;
        }
        for (why, count) in other.unmeasured_why {
            *self.unmeasured_why.entry(why).or_insert(0) += count;
        }
    }

    /// Counts a part of a host.
    pub fn add_view(&mut self, view: &HostView<'_, '_>) {
        self.starts.0 += view.starts.0;
        self.starts.1 += view.starts.1;
        let mut last = Last::default();
        for transfer in &view.transfers {
            self.add(transfer, &mut last);
            if last.image != transfer.row.image {
                last.image = transfer.row.image;
                self.add_image(transfer.row.image);
            }
        }
        for contact in &view.contacts {
            self.monitored = true;
            *self.contacts.entry(EventClass::from_code(contact.row.class)).or_insert(0) += 1;
            let external = class(from_bits(contact.row.remote_ip)) == AddressClass::Public;
            self.external_contacts += u64::from(external);
            self.event_hours.insert(contact.row.time.div_euclid(HOUR));
            self.add_image(contact.row.image);
        }
        self.monitored |= view.starts.0 > 0;
    }

    fn add_image(&mut self, image: Option<&str>) {
        if let Some(image) = image
            && !self.images.contains(image)
        {
            self.images.insert(image.to_owned());
        }
    }

    fn add(&mut self, transfer: &Resolved<'_>, last: &mut Last<'_>) {
        let row = &transfer.row;
        self.monitored |= row.monitored;
        if Direction::from_code(row.direction) == Direction::Local {
            return;
        }
        let own = if row.host_is_source { row.source_ip } else { row.destination_ip };
        let hour = Some(row.start.div_euclid(HOUR));
        if last.ip.replace(own) != Some(own) {
            self.ips.insert(from_bits(own));
        }
        if last.flow_hour != hour {
            last.flow_hour = hour;
            self.flow_hours.extend(hour);
        }
        let method = Method::from_code(row.method);
        if !matches!(method, Method::None | Method::Ambiguous) && last.event_hour != hour {
            last.event_hour = hour;
            self.event_hours.extend(hour);
        }
        if let Some(why) = row.unmeasured_why {
            match self.unmeasured_why.get_mut(why) {
                Some(count) => *count += 1,
                None => drop(self.unmeasured_why.insert(why.to_owned(), 1)),
            }
        }
        count(&mut self.measured, transfer, method);
    }
}

/// What the transfer before was counted by: most that follow each other are alike.
#[derive(Default)]
struct Last<'t> {
    ip: Option<u128>,
    flow_hour: Option<i64>,
    event_hour: Option<i64>,
    image: Option<&'t str>,
}

fn count(measured: &mut Measured, transfer: &Resolved<'_>, method: Method) {
    let row = &transfer.row;
    let flag = u64::from;
    let (out, received) = (Quality::from_code(row.out_quality), Quality::from_code(row.in_quality));
    let process = !matches!(method, Method::None | Method::Ambiguous);
    let both = out.measured() && received.measured();
    let user = transfer.user().is_some();
    measured.flows += 1;
    measured.process_known += flag(process);
    measured.bytes_both_known += flag(both);
    measured.bytes_out_known += flag(out.measured());
    measured.bytes_in_known += flag(received.measured());
    measured.both_known += flag(process && both);
    measured.user_known += flag(user);
    measured.payload_seen += flag(row.payload.is_some());
    measured.sequence_only += flag(out == Quality::SequenceOnly || received == Quality::SequenceOnly);
    measured.lower_bound += flag(out == Quality::LowerBound || received == Quality::LowerBound);
    let sent = row.bytes_out.unwrap_or(0);
    measured.bytes = measured.bytes.saturating_add(sent).saturating_add(row.bytes_in.unwrap_or(0));
    if row.protocol == Protocol::TCP.0 && (sent > 0 || row.bytes_in.unwrap_or(0) > 0) {
        measured.tcp_with_data += 1;
        measured.one_sided += flag(out == Quality::Unmeasured || received == Quality::Unmeasured);
    }
    if Scope::from_code(row.scope) == Scope::External {
        external(measured, transfer, process, both, user, method);
    }
}

fn external(
    measured: &mut Measured,
    transfer: &Resolved<'_>,
    process: bool,
    both: bool,
    user: bool,
    method: Method,
) {
    let row = &transfer.row;
    let flag = u64::from;
    let sent = row.bytes_out.filter(|_| Quality::from_code(row.out_quality).measured()).unwrap_or(0);
    let of_sent = |condition: bool| if condition { sent } else { 0 };
    let named = transfer.name().is_some();
    measured.external += 1;
    measured.name_known += flag(named);
    measured.external_bytes_out = measured.external_bytes_out.saturating_add(sent);
    measured.external_bytes_out_process += of_sent(process);
    measured.external_bytes_out_ambiguous += of_sent(method == Method::Ambiguous);
    measured.external_bytes_out_named += of_sent(named);
    measured.external_bytes_out_explained += of_sent(process && user);
    if row.protocol == Protocol::TCP.0 && row.host_is_source && row.answered {
        measured.external_tcp += 1;
        measured.external_tcp_logged += flag(process || method == Method::Ambiguous);
    }
    if from_bits(row.destination_ip).is_ipv6() {
        measured.external_v6 += 1;
        measured.external_v6_process += flag(process);
    }
    if row.protocol == Protocol::UDP.0 && row.host_is_source && row.destination_port == 443 {
        measured.quic += 1;
        measured.quic_both += flag(process && both);
    }
}
