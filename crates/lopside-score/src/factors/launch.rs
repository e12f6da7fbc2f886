//! How the process was started: by whom, and with which arguments.
//!
//! Measures: parents that seldom start what sends (script hosts, office programs), against the parents of the same process on other
//! hosts; arguments that upload or hide; programs of Windows that seldom send by themselves. Usual: the parents of this process
//! elsewhere. Silent when: no start event was read. Limits: administrators script too. Source of the formula: presence in the
//! lists of the prior, a term each.

use super::{Factor, NO_PROCESS, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::fragment::{ProcessPart, parent_name};
use lopside_model::channel::Sender;

/// See the module.
pub(super) struct Launch;

/// What is odd about a start, by its kind.
#[derive(Clone, Debug, Default, PartialEq)]
struct Odd {
    arguments: f64,
    parent: f64,
    sender: f64,
    words: Vec<String>,
}

impl Odd {
    fn of(case: &Case<'_>, sender: &Sender) -> Odd {
        let mut odd = Odd::default();
        odd.judge_parent(case, sender);
        let prior = case.usual.prior();
        if let Some(command_line) = &sender.process.command_line {
            let line = command_line.to_ascii_lowercase();
            if let Some(word) = prior.telling_arguments.iter().find(|word| line.contains(word.as_str())) {
                odd.arguments = 1.0;
                odd.words.push(format!("its command line holds \"{}\"", word.trim()));
            }
        }
        let name = sender.process.name.as_deref().unwrap_or_default().to_ascii_lowercase();
        if prior.quiet_images.contains(&name) {
            odd.sender = 1.0;
            odd.words.push(format!("{name} seldom sends by itself"));
        } else if prior.upload_tools.contains(&name) {
            odd.sender = 0.5;
            odd.words.push(format!("{name} is a tool that uploads"));
        }
        odd
    }

    fn judge_parent(&mut self, case: &Case<'_>, sender: &Sender) {
        let Some(parent) = parent_name(sender.process.parent_image.as_deref()) else { return };
        let (all, own) = case.usual.process();
        let of = |part: Option<&ProcessPart>| {
            part.and_then(|part| part.parents.get(&parent)).copied().unwrap_or(0)
        };
        let others = of(all).saturating_sub(of(own));
        let peers = case.process_peers().hosts;
        if case.usual.prior().odd_parents.contains(&parent) {
            self.parent = 1.0 - f64::from(others) / (f64::from(peers) + 1.0);
            self.words.push(format!("started by {parent}"));
        } else if peers >= 5 && others == 0 {
            self.parent = 0.5;
            self.words.push(format!("started by {parent}, which starts it on none of {peers} other hosts"));
        }
    }

    fn strength(&self) -> f64 {
        self.arguments + self.parent + self.sender
    }
}

fn oddest(case: &Case<'_>) -> Odd {
    let all = case.day.senders.iter().map(|sender| Odd::of(case, sender));
    all.reduce(|best, next| if next.strength() > best.strength() { next } else { best }).unwrap_or_default()
}

impl Factor for Launch {
    fn name(&self) -> &'static str {
        "launch"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Launch, Term::Parent, Term::Sender]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        if !case.has_process() {
            return Weighed::NotMeasured(NO_PROCESS);
        }
        let known =
            |sender: &Sender| sender.process.parent_image.is_some() || sender.process.command_line.is_some();
        let odd = oddest(case);
        if odd.strength() > 0.0 {
            let strengths =
                [(Term::Launch, odd.arguments), (Term::Parent, odd.parent), (Term::Sender, odd.sender)];
            Weighed::Evidence(strengths.into())
        } else if case.day.senders.iter().any(known) {
            Weighed::Usual
        } else {
            Weighed::NotMeasured("no start event of the process was read")
        }
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let text = oddest(case).words.join("; ");
        if text.is_empty() {
            return Told { text: "parent and command line as elsewhere".into(), ..Told::default() };
        }
        Told { value: Some(text.clone()), usual: None, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Basis;
    use crate::seen::Seen;
    use crate::settings::Settings;
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
        let alone = strength(&Launch, &all[0], &usual_of(&all[..1]), Term::Parent);
        let among = strength(&Launch, &all[0], &usual_of(&all), Term::Parent);
        assert!(alone > 0.7 && among < 0.1, "{alone} {among}");
    }

    #[test]
    fn arguments_and_tools_are_pieces_of_their_own() {
        let mut c = on(channel("h", Some(r"c:\tools\rclone.exe"), "d"), 1, 1 << 30, 0);
        c.days[0].senders[0].process.command_line = Some("rclone copy D:\\x remote:y".into());
        let usual = usual_of(std::slice::from_ref(&c));
        assert_eq!(strength(&Launch, &c, &usual, Term::Launch), 1.0);
        assert_eq!(strength(&Launch, &c, &usual, Term::Sender), 0.5);
        assert_eq!(strength(&Launch, &c, &usual, Term::Parent), 0.0);
    }

    fn weighed(channel: &lopside_model::channel::Channel) -> Weighed {
        let settings = Settings::default();
        let usual = usual_of(std::slice::from_ref(channel));
        Launch.weigh(&Case::new(Seen::new(channel, &usual), 0, Basis::Sum, &settings).unwrap())
    }

    #[test]
    fn images_that_seldom_send_tell_more_than_tools_and_others_nothing() {
        let of = |image: &str| {
            let c = on(channel("h", Some(image), "d"), 1, 1 << 30, 0);
            strength(&Launch, &c, &usual_of(std::slice::from_ref(&c)), Term::Sender)
        };
        let rundll = of(r"c:\windows\system32\rundll32.exe");
        assert_eq!((rundll, of(r"c:\tools\rclone.exe"), of(r"c:\x.exe")), (1.0, 0.5, 0.0));
    }

    #[test]
    fn a_parent_that_no_other_host_has_tells_where_there_are_some() {
        let started = |host: usize, parent: &str| {
            let mut c = on(channel(&format!("h{host}"), Some("x.exe"), "d"), 1, 1 << 30, 0);
            c.days[0].senders[0].process.parent_image = Some(parent.into());
            c
        };
        let of = |hosts: usize, parent: &str| {
            let mut all: Vec<_> = (1..=hosts).map(|host| started(host, r"c:\shell.exe")).collect();
            all.push(started(0, parent));
            strength(&Launch, &all[hosts], &usual_of(&all), Term::Parent)
        };
        assert_eq!(of(5, r"c:\other.exe"), 0.5);
        assert_eq!((of(4, r"c:\other.exe"), of(5, r"c:\shell.exe")), (0.0, 0.0));
    }

    #[test]
    fn the_oddest_of_several_senders_counts() {
        let mut c = on(channel("h", Some(r"c:\x.exe"), "d"), 1, 1 << 30, 0);
        let mut tool = c.days[0].senders[0].clone();
        tool.process.name = Some("rclone.exe".into());
        for order in [false, true] {
            c.days[0].senders.truncate(1);
            c.days[0].senders.insert(usize::from(order), tool.clone());
            let usual = usual_of(std::slice::from_ref(&c));
            assert_eq!(strength(&Launch, &c, &usual, Term::Sender), 0.5);
            if !order {
                c.days[0].senders.remove(0);
            }
        }
    }

    #[test]
    fn what_was_not_seen_is_not_usual() {
        let mut c = on(channel("h", Some(r"c:\x.exe"), "d"), 1, 1 << 30, 0);
        assert!(matches!(weighed(&c), Weighed::NotMeasured("no start event of the process was read")));
        c.days[0].senders[0].process.command_line = Some("x".into());
        assert!(matches!(weighed(&c), Weighed::Usual));
        c.days[0].senders[0].process.command_line = None;
        c.days[0].senders[0].process.parent_image = Some(r"c:\shell.exe".into());
        assert!(matches!(weighed(&c), Weighed::Usual));
        let nobody = on(channel("h", None, "d"), 1, 1 << 30, 0);
        assert!(matches!(weighed(&nobody), Weighed::NotMeasured(NO_PROCESS)));
    }
}
