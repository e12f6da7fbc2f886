//! How few others reach the destination.
//!
//! Measures: distinct other hosts that send to the destination group, and on how many other hosts this process does; hosts that send much
//! and only pass by count little while they are few. Usual: what the process does elsewhere: the share of its places that only one host reaches (a browser
//! reaches unique places all day, so that a unique place says little of it; one that never leaves its places and does so now departs from
//! its habit), and on how many of its hosts the program sends as much to such a place. Silent when: never; with few hosts a prior (a list
//! of domains in use everywhere) stands in, and the text says so. Limits: a common cloud hides who is behind it; the pair of process and place tells then. Source of the formula:
//! distinct hosts with a logarithmic fade instead of a cliff.

use lopside_model::net::Scope;

use super::{Factor, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::fragment::{is_nameless, media_share, port_key};
use crate::gate::ramp;
use crate::peers::Peers;
use crate::words;

/// See the module.
pub(super) struct DestinationRarity;

/// Rarity that is expected of a place that is not in use everywhere, where few hosts were seen: with a name, and without.
const NAMED: f64 = 0.6;
const UNNAMED: f64 = 0.8;

/// Rarity at which it begins to tell and tells wholly: a place of some hosts is not half as rare as one of a single host.
const RARE: (f64, f64) = (0.4, 1.0);

/// log10 of 1 to the share of places of one host alone among all that a process reaches: from 1 in 8 to 1 in 200. It takes many
/// places of many hosts to say so.
const NEVER: (f64, f64) = (0.9, 2.3);

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
    case.settled_destination_peers().rarity_with(expected, prior.hosts)
}

/// A common destination or a common process, and yet a pair that hardly any other host has.
fn pairing(case: &Case<'_>) -> f64 {
    let (places, processes) = (case.destination_peers(), case.process_peers());
    let common = |peers: Peers| peers.commonness((0.25 * f64::from(peers.of)).clamp(4.0, 40.0));
    let seen = f64::from(places.of) / (f64::from(places.of) + case.usual.prior().hosts);
    seen * case.settled_pair_peers().rarity() * common(places).max(common(processes))
}

/// How surprising it is that the process sends as much to a place of one host alone: 0 to 1.
fn alone(case: &Case<'_>) -> Peers {
    let size = (case.sum.bytes_out.max(1).ilog2() as u8).saturating_sub(2);
    let own = case.usual.lone_senders(size);
    if case.has_process() {
        return own;
    }
    // It may be of any process of the host that uses the port.
    let largest =
        case.day.ports.iter().reduce(|best, next| if next.bytes_out > best.bytes_out { next } else { best });
    let port = largest.map_or(0, |port| port_key(port.port, port.protocol.0));
    let plausible = case.usual.plausible_lone_senders(port, media_share(case.day) >= 0.5, size);
    if plausible.of > 0 && plausible.share() > own.share() { plausible } else { own }
}

fn nameless(case: &Case<'_>) -> bool {
    is_nameless(case.channel)
}

/// 1 where the process reaches no place without a name elsewhere, 0 where it does so on each host.
fn unusually_nameless(case: &Case<'_>) -> f64 {
    if !nameless(case) {
        return 0.0;
    }
    case.usual.nameless_peers().surprise()
}

/// How sure it is that an internal place is one that others use: few hosts say little of which are servers.
fn internal(case: &Case<'_>) -> f64 {
    if case.channel.scope != Scope::Internal {
        return 0.0;
    }
    let seen = f64::from(case.destination_peers().of);
    0.3 + 0.7 * seen / (seen + case.usual.prior().hosts)
}

/// On how many other hosts that run it the program sends as much to such a place, in words; `None` where none is known that may be it.
fn habit(case: &Case<'_>, alone: Peers) -> Option<String> {
    let who = match (case.has_process(), alone.of) {
        (true, 0) => return Some("this program sends from no other host".into()),
        (false, 0) => return None,
        (true, _) => "this program",
        (false, _) => "what may be behind it",
    };
    Some(format!(
        "{who} sends as much to places of one host alone on {} of {} other hosts",
        alone.hosts, alone.of
    ))
}

impl Factor for DestinationRarity {
    fn name(&self) -> &'static str {
        "destination_rarity"
    }

    fn terms(&self) -> &'static [Term] {
        &[
            Term::Rarity,
            Term::RarityUnattributed,
            Term::Lone,
            Term::LoneUnattributed,
            Term::Pairing,
            Term::Departure,
            Term::Nameless,
            Term::Internal,
        ]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        let rarity = rarity(case);
        let surprise = alone(case).surprise();
        // Events get lost: where a known process of the host sends to the same place, this is most likely its.
        let open = if !case.has_process() && case.usual.explained() { EXPLAINED } else { 1.0 };
        let nameless = (Term::Nameless, unusually_nameless(case) * open);
        let internal = (Term::Internal, internal(case));
        if !case.has_process() {
            return Weighed::Evidence(
                [
                    (Term::RarityUnattributed, rarity * open),
                    (Term::LoneUnattributed, rarity * surprise * open),
                    nameless,
                    internal,
                ]
                .into(),
            );
        }
        let lone_places = case.usual.unique_share();
        let habit = 1.0 - lone_places;
        let never = ramp(-lone_places.max(1e-6).log10(), NEVER);
        Weighed::Evidence(
            [
                (Term::Rarity, ramp(rarity * habit, RARE)),
                (Term::Lone, rarity * surprise),
                (Term::Pairing, ramp(pairing(case) * habit, RARE)),
                (Term::Departure, rarity * never),
                nameless,
                internal,
            ]
            .into(),
        )
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let peers = case.destination_peers();
        let mut text = format!("reached by {}", peers.words());
        if case.has_process() && peers.hosts > 0 {
            let pair = case.pair_peers();
            text.push_str(&format!(", by this process on {} of them", pair.hosts));
        }
        if case.usual.passing() > 0 {
            text.push_str(&format!("; {} much and in passing, which excuses little", case.usual.passing()));
        }
        let habit = habit(case, alone(case));
        if let Some(habit) = &habit {
            text.push_str(&format!("; {habit}"));
        }
        if nameless(case) {
            text.push_str("; no name is known for it");
        }
        if !case.has_process() && case.usual.explained() {
            text.push_str("; a known process of this host sends there too");
        }
        if peers.of < case.usual.prior().few_hosts {
            let prior = &case.usual.prior().name;
            text.push_str(&format!(
                "; with {} this rests mostly on the prior \"{prior}\"",
                words::count(peers.of as usize + 1, "host")
            ));
        }
        Told { value: Some(peers.words()), usual: habit, text }
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
    fn a_process_that_never_leaves_its_places_departs() {
        let agents = |hosts: usize| {
            let mut all: Vec<Channel> = (0..hosts)
                .map(|n| on(channel(&format!("h{n}"), Some("agent"), "vendor.example"), 1, 1 << 30, 0))
                .collect();
            all.push(on(channel("h0", Some("agent"), "drop.example"), 2, 1 << 30, 0));
            let usual = usual_of(&all);
            let of = |place: usize| strength(&DestinationRarity, &all[place], &usual, Term::Departure);
            (of(hosts), of(0))
        };
        let ((few, _), (many, at_home)) = (agents(4), agents(100));
        assert!(few < 0.1 && many > 0.6 && at_home < 0.1, "{few} {many} {at_home}");
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
        assert!(of(2) < 0.1 && of(1) > 0.5, "{} {}", of(2), of(1));
    }

    /// The strength of a term for one channel among some of other hosts.
    fn among(one: &Channel, others: &[Channel], term: Term) -> f64 {
        let all = [std::slice::from_ref(one), others].concat();
        strength(&DestinationRarity, one, &usual_of(&all), term)
    }

    #[test]
    fn domains_in_use_everywhere_are_not_expected_to_be_rare() {
        let of = |place: &str| {
            among(&on(channel("h", Some("x"), place), 1, 1 << 30, 0), &[], Term::Departure)
                + among(&on(channel("h", None, place), 1, 1 << 30, 0), &[], Term::RarityUnattributed)
        };
        assert!(of("cdn.microsoft.com") < 0.05 && of("drop.example") > 0.2);
    }

    #[test]
    fn places_inside_are_told_apart() {
        let mut inside = on(channel("h", Some("x"), "10.0.0.7"), 1, 1 << 30, 0);
        assert_eq!(among(&inside, &[], Term::Internal), 0.0);
        inside.scope = Scope::Internal;
        assert!(among(&inside, &[], Term::Internal) >= 0.3);
    }

    #[test]
    fn a_place_without_a_name_tells_where_the_process_reaches_none_elsewhere() {
        let others: Vec<Channel> = (0..100)
            .map(|n| on(channel(&format!("o{n}"), Some("x"), "vendor.example"), 1, 1 << 20, 0))
            .collect();
        let to = |place: &str| on(channel("h", Some("x"), place), 1, 1 << 30, 0);
        assert!(among(&to("203.0.113.9"), &others, Term::Nameless) > 0.5);
        assert_eq!(among(&to("drop.example"), &others, Term::Nameless), 0.0);
    }

    #[test]
    fn what_a_known_process_sends_to_explains_what_nobody_is_known_for() {
        let of = |known: &str| {
            let lost = on(channel("h", None, "drop.example"), 1, 1 << 30, 0);
            let known = on(channel("h", Some("x"), known), 1, 1 << 30, 0);
            among(&lost, &[known], Term::RarityUnattributed)
        };
        assert!(
            of("drop.example") < 0.5 * of("other.example"),
            "{} {}",
            of("drop.example"),
            of("other.example")
        );
    }
}
