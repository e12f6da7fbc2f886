//! How the process was started: by whom, and with which arguments.
//!
//! Measures: parents that seldom start what sends (script hosts, office programs), against the parents of the same process on other
//! hosts; arguments that upload or hide; programs of Windows that seldom send by themselves. Usual: the parents of this process
//! elsewhere. Silent when: no start event was read. Limits: administrators script too. Source of the formula: lists of the prior,
//! steps set by hand.

use super::{Factor, NO_PROCESS, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::fragment::parent_name;
use lopside_model::channel::Sender;

/// See the module.
pub(super) struct Launch;

/// What is odd about the start of a sender: strength and words.
fn odd(case: &Case<'_>, sender: &Sender) -> Option<(f64, String)> {
    let prior = case.usual.prior();
    let name = sender.process.name.as_deref().unwrap_or_default().to_ascii_lowercase();
    let mut found = Vec::new();
    if let Some(parent) = parent_name(sender.process.parent_image.as_deref()) {
        let (all, own) = case.usual.process();
        let others = all.and_then(|part| part.parents.get(&parent)).copied().unwrap_or(0);
        let others =
            others.saturating_sub(own.and_then(|part| part.parents.get(&parent)).copied().unwrap_or(0));
        let peers = case.process_peers().hosts;
        let known = f64::from(others) / (f64::from(peers) + 1.0);
        if prior.odd_parents.contains(&parent) {
            found.push((0.8 * (1.0 - known), format!("started by {parent}")));
        } else if peers >= 5 && others == 0 {
            found.push((0.4, format!("started by {parent}, which starts it on none of {peers} other hosts")));
        }
    }
    if let Some(command_line) = &sender.process.command_line {
        let line = command_line.to_ascii_lowercase();
        if let Some(word) = prior.telling_arguments.iter().find(|word| line.contains(word.as_str())) {
            found.push((0.7, format!("its command line holds \"{}\"", word.trim())));
        }
    }
    if prior.quiet_images.contains(&name) {
        found.push((0.7, format!("{name} seldom sends by itself")));
    } else if prior.upload_tools.contains(&name) {
        found.push((0.4, format!("{name} is a tool that uploads")));
    }
    let together = 1.0 - found.iter().map(|(strength, _)| 1.0 - strength).product::<f64>();
    let words: Vec<&str> = found.iter().map(|(_, words)| words.as_str()).collect();
    (!found.is_empty()).then(|| (together, words.join("; ")))
}

fn oddest(case: &Case<'_>) -> Option<(f64, String)> {
    case.day.senders.iter().filter_map(|sender| odd(case, sender)).max_by(|a, b| a.0.total_cmp(&b.0))
}

impl Factor for Launch {
    fn name(&self) -> &'static str {
        "launch"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Launch]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        if !case.has_process() {
            return Weighed::NotMeasured(NO_PROCESS);
        }
        let known =
            |sender: &Sender| sender.process.parent_image.is_some() || sender.process.command_line.is_some();
        match oddest(case) {
            Some((strength, _)) => Weighed::Evidence([(Term::Launch, strength)].into()),
            None if case.day.senders.iter().any(known) => Weighed::Usual,
            None => Weighed::NotMeasured("no start event of the process was read"),
        }
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        match oddest(case) {
            Some((_, text)) => Told { value: Some(text.clone()), usual: None, text },
            None => Told { text: "parent and command line as elsewhere".into(), ..Told::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};

    #[test]
    fn script_hosts_as_parents_are_odd_unless_they_are_elsewhere() {
        let with_parent = |host: &str| {
            let mut c = on(channel(host, Some("x.exe"), "d"), 1, 1 << 30, 0);
            c.days[0].senders[0].process.parent_image = Some(r"C:\Windows\System32\wscript.exe".into());
            c
        };
        let all: Vec<_> = (0..30).map(|n| with_parent(&format!("h{n}"))).collect();
        let alone = strength(&Launch, &all[0], &usual_of(&all[..1]), Term::Launch);
        let among = strength(&Launch, &all[0], &usual_of(&all), Term::Launch);
        assert!(alone > 0.7 && among < 0.1, "{alone} {among}");
    }
}
