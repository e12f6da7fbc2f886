//! How few others reach the destination.
//!
//! Measures: distinct other hosts that send to the destination group, and on how many other hosts this process does. Usual: what the
//! process does elsewhere: the share of its places that only one host reaches. A browser reaches unique places all day, so that a
//! unique place says little of it. Silent when: never; with few hosts a prior (a list of domains in use everywhere) stands in, and
//! the text says so. Limits: a common cloud hides who is behind it; the pair of process and place tells then. Source of the formula:
//! distinct hosts with a logarithmic fade instead of a cliff.

use lopside_model::net::Scope;
use lopside_model::record::NameSource;

use super::{Factor, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::fragment::port_key;
use crate::usual::Peers;

/// See the module.
pub(super) struct DestinationRarity;

/// Rarity that is expected of a place that is not in use everywhere, where few hosts were seen: with a name, and without.
const NAMED: f64 = 0.6;
const UNNAMED: f64 = 0.8;

/// How far what has no process is taken to be one of the host's that use the port.
const PLAUSIBLE: f64 = 0.8;

/// What is left of the rarity where a known process of the host reaches the place as well.
const EXPLAINED: f64 = 0.3;

/// Rarity of the destination among hosts, drawn to the prior where few hosts were seen.
fn rarity(case: &Case<'_>) -> f64 {
    let prior = case.usual.prior();
    let expected = match &case.channel.name {
        _ if prior.is_common(&case.channel.key.destination) => 0.0,
        Some(_) => NAMED,
        None => UNNAMED,
    };
    case.destination_peers().rarity_with(expected, prior.hosts)
}

/// A common destination or a common process, and yet a pair that hardly any other host has.
fn pairing(case: &Case<'_>) -> f64 {
    let (places, processes) = (case.destination_peers(), case.process_peers());
    let common = |peers: Peers| peers.commonness((0.25 * f64::from(peers.of)).clamp(4.0, 40.0));
    let seen = f64::from(places.of) / (f64::from(places.of) + case.usual.prior().hosts);
    seen * case.pair_peers().rarity() * common(places).max(common(processes))
}

/// The share of unique places: of all places of a process; of what has no process, only heavy sending is compared (its small places
/// are those of every program), with the processes of the host that use the port besides.
fn habit_of_unique(case: &Case<'_>) -> f64 {
    if case.has_process() {
        return case.usual.unique_share(case.channel);
    }
    let largest =
        case.day.ports.iter().reduce(|best, next| if next.bytes_out > best.bytes_out { next } else { best });
    let plausible = largest.map_or(0.0, |port| {
        case.usual.plausible_unique_share(case.channel, port_key(port.port, port.protocol.0))
    });
    case.usual.heavy_unique_share(case.channel).max(PLAUSIBLE * plausible)
}

fn nameless(case: &Case<'_>) -> bool {
    let trusted = |source: &NameSource| *source != NameSource::ReverseDns;
    !case.channel.name.as_ref().is_some_and(|(_, source)| trusted(source))
        && case.channel.scope == Scope::External
}

impl Factor for DestinationRarity {
    fn name(&self) -> &'static str {
        "destination_rarity"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Rarity, Term::RarityUnattributed, Term::Pairing, Term::Nameless, Term::Internal]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        let habit = 1.0 - habit_of_unique(case);
        let rarity = rarity(case) * habit;
        let mut evidence = vec![(Term::Nameless, if nameless(case) { habit } else { 0.0 })];
        if case.has_process() {
            evidence.push((Term::Rarity, rarity));
            evidence.push((Term::Pairing, pairing(case) * habit));
        } else {
            // Events get lost: where a known process of the host sends to the same place, this is most likely its.
            let open = if case.usual.explained(case.channel) { EXPLAINED } else { 1.0 };
            evidence.push((Term::RarityUnattributed, rarity * open));
        }
        if case.channel.scope == Scope::Internal {
            // Few hosts say little of which internal places are servers that all use.
            let seen = f64::from(case.destination_peers().of);
            evidence.push((Term::Internal, 0.3 + 0.7 * seen / (seen + case.usual.prior().hosts)));
        }
        Weighed::Evidence(evidence)
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let peers = case.destination_peers();
        let share = habit_of_unique(case);
        let mut text = format!("reached by {}", peers.words());
        if case.has_process() {
            let pair = case.pair_peers();
            text.push_str(&format!(", by this process on {} of them", pair.hosts));
        }
        let of = if case.has_process() { "this process" } else { "what has no process here" };
        text.push_str(&format!(
            "; of the places of {of} {:.0} % are reached by one host only",
            share * 100.0
        ));
        if nameless(case) {
            text.push_str("; no name is known for it");
        }
        if !case.has_process() && case.usual.explained(case.channel) {
            text.push_str("; a known process of this host sends there too");
        }
        if peers.of < case.usual.prior().few_hosts {
            let prior = &case.usual.prior().name;
            text.push_str(&format!(
                "; with {} hosts this rests mostly on the prior \"{prior}\"",
                peers.of + 1
            ));
        }
        Told {
            value: Some(peers.words()),
            usual: Some(format!("{:.0} % of the places of {of} are reached by one host only", share * 100.0)),
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use lopside_model::channel::Channel;

    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};

    #[test]
    fn fades_with_hosts() {
        let mut last = 1.0;
        for hosts in 1..40 {
            let channels: Vec<Channel> = (0..hosts)
                .map(|n| on(channel(&format!("h{n}"), Some("x"), "d.example"), 1, 1 << 30, 0))
                .collect();
            let mut all = channels.clone();
            all.extend(
                (0..100).map(|n| on(channel(&format!("o{n}"), Some("y"), "other.example"), 1, 1_000, 0)),
            );
            let now = strength(&DestinationRarity, &channels[0], &usual_of(&all), Term::Rarity);
            assert!(now <= last, "{hosts}: {now} {last}");
            last = now;
        }
        assert!(last < 0.1);
    }

    #[test]
    fn a_habit_of_unique_places_says_little_of_one() {
        let mut all = Vec::new();
        for host in 0..50 {
            for place in 0..20 {
                all.push(on(
                    channel(&format!("h{host}"), Some("browser"), &format!("p{host}-{place}.example")),
                    1,
                    1_000,
                    9_000,
                ));
            }
        }
        all.push(on(channel("h1", Some("browser"), "new.example"), 2, 1 << 30, 0));
        all.push(on(channel("h1", Some("tool"), "other.example"), 2, 1 << 30, 0));
        let usual = usual_of(&all);
        let of = |n: usize| strength(&DestinationRarity, &all[all.len() - n], &usual, Term::Rarity);
        assert!(of(2) < 0.1 && of(1) > 0.7, "{} {}", of(2), of(1));
    }
}
