//! The narrowest entry for a finding, and which findings an entry hides. Amounts and hours are those of the finding's days, each of which
//! an envelope judges by itself. Findings without days (a direction was not measured, or an earlier version saved them) are taken as one
//! day with the amounts of the whole.

use lopside_model::bytes::Quality;
use lopside_model::channel::{Channel, ChannelDay, ChannelKey, Hours, PortSum, Sender, Sum};
use lopside_model::finding::{Finding, FindingDay};
use lopside_model::identity::{Identity, Place, ProcessFacts};
use lopside_model::name::registrable;
use lopside_model::net::Protocol;
use lopside_model::process::Process;
use lopside_model::record::{Method, NameSource};

use super::entry::{Envelope, image_and_runs};
use super::file::Envelopes;
use super::judge::{Standing, Verdict};
use super::reading::{EntryError, day_of, hours_within};
use super::written::{Amount, Written};

/// Hours that an entry names at most: with one more it would name the day.
const MOST_HOURS: u32 = 23;
/// Addresses that an entry names; more are no narrow entry.
const ADDRESSES: usize = 32;

/// The narrowest entry that a finding is inside of, without owner, reason and dates. What the telemetry does not say (who made the
/// image) is left out.
///
/// # Errors
/// When no process is known, or no path of it: nothing could be told from another sender.
pub fn propose(finding: &Finding) -> Result<Written, EntryError> {
    let unknown = || EntryError::NoProcess(finding.id.clone());
    let process = finding.process.as_ref().ok_or_else(unknown)?;
    let image = process.image.clone().ok_or_else(unknown)?;
    let identity = identity(process).ok_or_else(unknown)?;
    let runs = image_and_runs(&identity.key).1.map(str::to_owned);
    let one = |text: &Option<String>| text.iter().cloned().collect::<Vec<_>>().into();
    let destination = &finding.destination;
    let mut destinations: Vec<String> = destination.domain.iter().cloned().collect();
    if destinations.is_empty() {
        destinations = destination.ips.iter().take(ADDRESSES).map(ToString::to_string).collect();
    }
    let transport = destination.transport.as_deref().filter(|_| destination.ports.len() == 1);
    let port = |port: &u16| match transport {
        Some(transport @ ("tcp" | "udp")) => Amount::Text(format!("{port}/{transport}")),
        _ => Amount::Number(u64::from(*port)),
    };
    Ok(Written {
        image: vec![image].into(),
        runs: one(&runs),
        signer: one(&process.company),
        product: one(&process.product),
        hosts: one(&finding.host.name),
        users: one(&process.user),
        destinations: destinations.into(),
        ports: destination.ports.iter().map(port).collect(),
        hours: hours(finding),
        max_bytes_per_day: Some(Amount::Text(headroom(most_in_a_day(finding)))),
        max_ratio: largest_ratio(finding).map(rounded_up),
        ..Written::default()
    })
}

/// The findings that an entry hides.
pub fn hides<'f>(envelope: &Envelope, findings: &'f [Finding]) -> Vec<&'f Finding> {
    let envelopes = Envelopes { list: vec![envelope.clone()], ..Envelopes::default() };
    let inside = |finding: &&Finding| {
        let Some(channel) = channel(finding) else { return false };
        let verdicts = envelopes.judge(std::slice::from_ref(&channel));
        let mut days = verdicts.iter().flatten().peekable();
        let inside = |day: &Option<Verdict>| day.as_ref().is_some_and(|day| day.standing == Standing::Inside);
        days.peek().is_some() && days.all(inside)
    };
    findings.iter().filter(inside).collect()
}

/// The most that the channel sent in a day of the finding.
fn most_in_a_day(finding: &Finding) -> u64 {
    let days = finding.days.iter().map(|day| day.bytes_out).max();
    days.or(finding.channel_bytes_out).or(finding.bytes_out).unwrap_or(0)
}

/// The largest ratio of a day; `None` where nothing came back on one, since no limit would hold it.
fn largest_ratio(finding: &Finding) -> Option<f64> {
    if finding.days.is_empty() {
        return finding.ratio.filter(|_| finding.bytes_in.is_some_and(|bytes| bytes > 0));
    }
    let all_answered = finding.days.iter().all(|day| day.bytes_in > 0);
    finding.days.iter().map(|day| day.ratio).filter(|_| all_answered).reduce(f64::max)
}

/// Hours of the UTC day: those of the days, else of a finding of one day.
fn hours(finding: &Finding) -> Option<String> {
    if !finding.days.is_empty() {
        let hours = finding.days.iter().flat_map(|day| &day.hours).filter(|hour| **hour < 24);
        return hours_within(hours.fold(0, |mask, hour| mask | 1 << hour), MOST_HOURS);
    }
    let (first, last) = (finding.first_seen, finding.last_seen);
    (first.day() == last.day()).then(|| format!("{:02}-{:02}", first.hour(), last.hour() + 1))
}

/// A size with a little room, in two figures: `2.0 GB`.
pub(super) fn headroom(bytes: u64) -> String {
    let mut unit = 1_u64;
    let mut name = "B";
    for (next, word) in [(1_000, "kB"), (1_000_000, "MB"), (1_000_000_000, "GB"), (1_000_000_000_000, "TB")] {
        if bytes >= next {
            (unit, name) = (next, word);
        }
    }
    let value = rounded_up(bytes.max(1) as f64 / unit as f64);
    if value < 10.0 && unit > 1 { format!("{value:.1} {name}") } else { format!("{value:.0} {name}") }
}

/// The next number of two figures.
pub(super) fn rounded_up(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let step = 10_f64.powf(value.log10().floor() - 1.0);
    let rounded = (value / step).ceil() * step;
    // Powers of ten below one are not exact: told with two figures they are.
    if step < 1.0 { (rounded * 1e6).round() / 1e6 } else { rounded.round() }
}

fn identity(process: &Process) -> Option<Identity> {
    Identity::of(&ProcessFacts {
        image: process.image.as_deref(),
        command_line: process.command_line.as_deref(),
        company: process.company.as_deref(),
        parent_image: process.parent_image.as_deref(),
        original_name: None,
    })
}

/// A finding as the channel it may have been.
fn channel(finding: &Finding) -> Option<Channel> {
    let process = finding.process.as_ref()?;
    let identity = identity(process);
    let destination = &finding.destination;
    let group = match (&destination.domain, destination.ips.first()) {
        (Some(domain), _) => registrable(domain).to_owned(),
        (None, Some(ip)) => ip.to_string(),
        (None, None) => return None,
    };
    let place = identity.as_ref().map_or(Place::Unknown, |identity| identity.place);
    Some(Channel {
        key: ChannelKey {
            host: finding.host.name.clone().unwrap_or_default(),
            identity: identity.map(|identity| identity.key),
            user: process.user.as_deref().map(str::to_lowercase),
            destination: group,
        },
        host_ips: finding.host.ips.clone(),
        monitored: finding.host.monitored,
        place,
        scope: destination.scope,
        name: destination.domain.clone().map(|domain| (domain, NameSource::Sni)),
        days: days(finding, process),
    })
}

/// The days of a finding as those of its channel.
fn days(finding: &Finding, process: &Process) -> Vec<ChannelDay> {
    let whole = whole(finding, process);
    if finding.days.is_empty() {
        return vec![whole];
    }
    let of = |told: &FindingDay| {
        let mut day = ChannelDay { day: day_of(&told.date)?, ..whole.clone() };
        (day.sum, day.hours) = (Sum::default(), Hours::default());
        day.sum.add(told.bytes_out, told.bytes_in);
        told.hours.iter().filter(|hour| **hour < 24).for_each(|hour| day.hours.add(*hour, 1));
        Some(day)
    };
    finding.days.iter().filter_map(of).collect()
}

/// All of a finding as one day.
fn whole(finding: &Finding, process: &Process) -> ChannelDay {
    let (out, back) =
        (finding.channel_bytes_out.or(finding.bytes_out), finding.channel_bytes_in.or(finding.bytes_in));
    let mut sum = Sum::default();
    let mut unmeasured = Sum::default();
    let slot = if finding.unmeasured { &mut unmeasured } else { &mut sum };
    slot.add(out.unwrap_or(0), back.unwrap_or(0));
    let (first, last) = (finding.first_seen, finding.last_seen);
    let mut hours = Hours::default();
    let end = if first.day() == last.day() { last.hour() } else { 23 };
    (first.hour()..=end).for_each(|hour| hours.add(hour, 1));
    let protocol = match finding.destination.transport.as_deref() {
        Some("udp") => Protocol::UDP,
        _ => Protocol::TCP,
    };
    let ports = finding.destination.ports.iter().map(|port| PortSum {
        port: *port,
        protocol,
        service: None,
        flows: 1,
        bytes_out: 1,
        bytes_in: 0,
    });
    ChannelDay {
        day: first.day(),
        sum,
        layer: finding.byte_layer,
        quality: (finding.bytes_out_quality, finding.bytes_in_quality),
        unmeasured,
        hours,
        ports: ports.collect(),
        ips: finding.destination.ips.iter().copied().take(ADDRESSES).collect(),
        first,
        last,
        senders: vec![Sender {
            process: process.clone(),
            started: None,
            parent_command_line: None,
            original_name: None,
            company: process.company.clone(),
            bytes_out: out.unwrap_or(0),
            origin: None,
        }],
        instances: process.instances,
        method: if finding.bytes_out_quality == Quality::Unmeasured { Method::None } else { Method::Tuple },
        ..ChannelDay::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_above_in_two_figures() {
        assert_eq!(headroom(1_899_999_984), "1.9 GB");
        assert_eq!(headroom(1_900_000_001), "2.0 GB");
        assert_eq!(headroom(12), "12 B");
        assert_eq!(headroom(123_456_789), "130 MB");
        for bytes in [1, 17, 999, 1_000, 99_999, 1 << 40, u64::MAX / 4] {
            assert!(
                super::super::reading::size(&headroom(bytes)).unwrap() >= bytes,
                "{bytes} {}",
                headroom(bytes)
            );
        }
        assert_eq!(rounded_up(158.3), 160.0);
        assert_eq!(rounded_up(0.123), 0.13);
        assert_eq!(rounded_up(f64::NAN), 1.0);
    }
}
