//! How seldom the process uses the port.
//!
//! Measures: the mean, weighed by bytes sent, of the surprise at each port and transport. Usual: the share of other hosts on which
//! this process uses the port, drawn to the share of hosts on which any process does, and that to a prior of well-known ports.
//! Silent when: the flows have no port. Limits: a tunnel on 443 is no surprise. Source of the formula: conditional probability with
//! pseudo-counts; high numbers alone are no evidence.

use super::{Factor, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::fragment::port_key;
use crate::gate::ramp;
use crate::words;
use lopside_model::channel::{ChannelDay, PortSum};

/// See the module.
pub(super) struct PortRarity;

/// Hosts that the wider group weighs as much as.
const BACK_OFF: f64 = 2.0;

/// The chance that this process uses the port.
fn chance(case: &Case<'_>, port: &PortSum) -> f64 {
    let (of_process, anywhere) = case.usual.port_peers(port_key(port.port, port.protocol.0));
    let prior = case.usual.prior();
    let known = prior.port(port.port, &port.protocol.name());
    let wide = (f64::from(anywhere.hosts) + prior.hosts * known) / (f64::from(anywhere.of) + prior.hosts);
    let peers = if case.has_process() { f64::from(case.process_peers().hosts) } else { 0.0 };
    (f64::from(of_process.hosts.min(peers as u32)) + BACK_OFF * wide) / (peers + BACK_OFF)
}

/// The ports of the day that carry bytes, with their share.
fn shares<'a>(case: &Case<'a>) -> Vec<(&'a PortSum, f64)> {
    let ports = || case.day.ports.iter().filter(|port| port.protocol.has_ports());
    let total: f64 = ports().map(|port| port.bytes_out as f64).sum();
    if total <= 0.0 {
        return Vec::new();
    }
    ports().map(|port| (port, port.bytes_out as f64 / total)).collect()
}

/// What the channel's own days before take from the surprise.
fn worn(case: &Case<'_>, port: &PortSum) -> f64 {
    let used = |day: &&ChannelDay| uses(day, port);
    1.0 / (1.0 + 0.5 * case.before.iter().rev().take(14).filter(used).count() as f64)
}

/// Since when the process uses the port. The channel's own days count here even where they stand out and teach nothing.
fn since(case: &Case<'_>, port: &PortSum) -> String {
    let by = if case.has_process() { "by this process" } else { "by what has no process" };
    let (anywhere, here) = case.usual.first_use_of_port(port_key(port.port, port.protocol.0));
    let own = case.channel.days.iter().find(|day| uses(day, port)).map(|day| day.day);
    let Some(here) = here.into_iter().chain(own).min() else { return String::new() };
    match anywhere.filter(|first| *first < here) {
        Some(first) => {
            format!("; first used {by} on {}, on this host on {}", words::day(first), words::day(here))
        }
        None => format!("; first used {by} on {}, on this host", words::day(here)),
    }
}

fn uses(day: &ChannelDay, port: &PortSum) -> bool {
    day.ports.iter().any(|other| (other.port, other.protocol) == (port.port, port.protocol))
}

impl Factor for PortRarity {
    fn name(&self) -> &'static str {
        "port_rarity"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Port]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        let shares = shares(case);
        if shares.is_empty() {
            return Weighed::NotMeasured("the flows have no port");
        }
        let surprise = |(port, share): &(&PortSum, f64)| {
            share * worn(case, port) * ramp(-chance(case, port).max(1e-6).log10(), (1.0, 2.2))
        };
        Weighed::Evidence([(Term::Port, shares.iter().map(surprise).sum())].into())
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let mut shares = shares(case);
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        let Some((port, share)) = shares.first() else { return Told::default() };
        let value = format!("{}/{}", port.port, port.protocol.name());
        let (of_process, anywhere) = case.usual.port_peers(port_key(port.port, port.protocol.0));
        let usual = match (case.has_process(), case.process_peers().hosts) {
            _ if anywhere.of == 0 => anywhere.words(),
            (true, 0) => format!("used by other processes on {}", anywhere.words()),
            (true, peers) => format!(
                "used by this process on {} of its {peers} other hosts, by any on {}",
                of_process.hosts,
                anywhere.words()
            ),
            (false, _) => format!("used on {}", anywhere.words()),
        };
        Told {
            text: format!(
                "{:.0} % of the bytes went to {value}, {usual}{}",
                share * 100.0,
                since(case, port)
            ),
            value: Some(value),
            usual: Some(usual),
        }
    }
}

#[cfg(test)]
mod tests {
    use lopside_model::channel::Channel;

    use super::*;
    use crate::case::Basis;
    use crate::seen::Seen;
    use crate::settings::Settings;
    use crate::testing::{channel, on};
    use crate::usual::Usual;
    use crate::weigh::tests::{strength, usual_of};

    #[test]
    fn a_port_of_its_own_is_a_surprise_and_a_common_one_is_not() {
        let mut all: Vec<_> =
            (0..60).map(|n| on(channel(&format!("h{n}"), Some("x"), "d"), 1, 1_000, 1_000)).collect();
        let usual_port = on(channel("h0", Some("x"), "e"), 1, 1 << 30, 0);
        let mut odd = usual_port.clone();
        odd.days[0].ports[0].port = 4_444;
        all.push(odd.clone());
        let usual = usual_of(&all);
        assert!(strength(&PortRarity, &odd, &usual, Term::Port) > 0.9);
        let told = |channel: &Channel, usual: &Usual| {
            let settings = Settings::default();
            let last = channel.days.len() - 1;
            let case = Case::new(Seen::new(channel, usual), last, Basis::Sum, &settings).unwrap();
            PortRarity.tell(&case).text
        };
        assert!(told(&odd, &usual).ends_with("; first used by this process on 1970-01-02, on this host"));
        // The days of a finding teach nothing; its own days are still known.
        let untaught = usual_of(&all[..60]);
        assert!(told(&odd, &untaught).ends_with("; first used by this process on 1970-01-02, on this host"));
        let late = on(channel("h0", Some("x"), "f"), 9, 1 << 30, 0);
        let text = told(&late, &usual_of(&[&all[1..60], std::slice::from_ref(&late)].concat()));
        assert!(
            text.ends_with("; first used by this process on 1970-01-02, on this host on 1970-01-10"),
            "{text}"
        );
        assert!(strength(&PortRarity, &usual_port, &usual, Term::Port) < 0.05);
    }
}
