//! What a finding could be instead, and where to look next: by what the finding itself shows.

use lopside_model::finding::{FactorState, Finding};
use lopside_model::net::Scope;
use lopside_score::AccountContext;

use crate::output::findings_table::host;
use crate::output::units;

/// The other readings, the more likely first, each with what would tell.
pub(super) fn could_be(finding: &Finding) -> Vec<String> {
    let unusual = |name: &str| {
        finding.factors.iter().any(|factor| factor.name == name && factor.state == FactorState::Unusual)
    };
    let inside = finding.destination.scope == Scope::Internal;
    let mut readings: Vec<String> = Vec::new();
    if let Some(envelope) = finding.envelope.as_ref().filter(|envelope| envelope.standing == "outside") {
        readings.push(format!(
            "the sanctioned sender {:?} with more to do than was agreed: {} answers for it and can say why",
            envelope.entry, envelope.owner
        ));
    }
    if finding.process.is_none() {
        readings.push(if inside {
            "a backup, a copy to a file server or a deployment: then it recurs, and other hosts do the same".into()
        } else {
            "an ordinary upload whose process was not logged (browser, synchronisation, backup): endpoint events of this host would tell"
                .into()
        });
    } else if unusual("process_novelty") || unusual("look_alikes") {
        let what = if inside {
            "deployment or administration tool"
        } else {
            "synchronisation, backup or support tool"
        };
        readings.push(format!(
            "a new {what}: then others of its kind follow within days, and somebody ordered it"
        ));
    }
    if unusual("user_context") {
        readings.push("a scheduled job, or somebody who worked late: the task scheduler, logons of that time and the user can say".into());
    }
    if unusual("destination_rarity") || unusual("novelty") {
        let place = if inside { "a new server" } else { "a new partner, customer portal or service" };
        readings
            .push(format!("{place} that one person deals with: the user or the owner of the host knows it"));
    }
    if unusual("port_rarity") && finding.destination.transport.as_deref() == Some("udp") {
        readings.push(
            "a call or a screen share straight to another peer: then it lasts about as long as a meeting"
                .into(),
        );
    }
    if unusual("launch") || unusual("masquerade") || unusual("place") {
        readings.push(
            "a portable or home-made tool that somebody ran from where it lay: its file and its author tell"
                .into(),
        );
    }
    if readings.is_empty() {
        readings.push("one large upload by hand: the user can say what it was".into());
    }
    readings.push("nothing here proves an intrusion: it is a behaviour to be judged".into());
    readings
}

/// Where to look next, the quickest first.
pub(super) fn look_next(finding: &Finding) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    let (from, to) = (units::minute(finding.first_seen), units::minute(finding.last_seen));
    match &finding.process {
        Some(process) => {
            if let Some(image) = &process.image {
                let maker = match &process.company {
                    Some(company) => {
                        format!("; it says it is by {company}, which its signature must bear out")
                    }
                    None => String::new(),
                };
                places.push(if image.eq_ignore_ascii_case("system") {
                    "the kernel sends for others: shares and WebDAV folders that were open, drivers that were loaded".into()
                } else {
                    format!("the file {image}: hash, signature, when it was written{maker}")
                });
            }
            if let Some(parent) = &process.parent_image {
                places.push(format!("what started it: {parent}, and what started that"));
            }
            if let Some(user) = &process.user {
                places.push(format!(
                    "what else {user} ran and opened on {} from {from} to {to} UTC: archives, copies, logons",
                    host(finding)
                ));
            }
        }
        None => places.push(format!(
            "which process of {} it was: Sysmon 3 or Security 5156 around {from} UTC",
            host(finding)
        )),
    }
    let address = finding.destination.ips.first().map_or("the destination".into(), ToString::to_string);
    let name = finding.destination.domain.as_deref().map_or(String::new(), |name| format!("{name} and "));
    places.push(format!("{name}{address} in proxy, DNS and firewall logs, and on other hosts"));
    if finding.unmeasured {
        places.push("the same conversation at a sensor that sees both directions".into());
    }
    let owner = finding.owner.as_deref().map_or_else(
        || "whoever runs this host: no owner is known".to_owned(),
        |owner| format!("{owner}, who answers for it"),
    );
    places.push(format!("ask {owner}"));
    places
}

/// Accounts that say nothing of who it was.
fn is_on_every_machine(user: &str) -> bool {
    AccountContext::of(user) == AccountContext::System || user.to_lowercase().starts_with(r"nt authority\")
}

/// Other findings that share something with this one, with what was decided of them.
pub(super) fn see_also(finding: &Finding, all: &[Finding]) -> Vec<String> {
    const TOLD: usize = 6;
    let image = |finding: &Finding| {
        finding.process.as_ref().and_then(|process| process.image.clone()).map(|image| image.to_lowercase())
    };
    let user = |finding: &Finding| {
        let user = finding.process.as_ref().and_then(|process| process.user.clone());
        user.filter(|user| !is_on_every_machine(user))
    };
    let mut alike: Vec<(usize, &Finding, String)> = Vec::new();
    for other in all.iter().filter(|other| other.id != finding.id) {
        let place = |finding: &Finding| {
            (finding.destination.domain.clone(), finding.destination.ips.first().copied())
        };
        let shared: Vec<&str> = [
            ("destination", place(other) == place(finding)),
            ("process", image(other).is_some() && image(other) == image(finding)),
            ("host", other.host.name.is_some() && other.host.name == finding.host.name),
            ("user", user(other).is_some() && user(other) == user(finding)),
        ]
        .into_iter()
        .filter_map(|(word, same)| same.then_some(word))
        .collect();
        if !shared.is_empty() {
            alike.push((shared.len(), other, shared.join(", ")));
        }
    }
    let more = alike.len().saturating_sub(TOLD);
    alike.sort_by(|one, other| {
        other
            .0
            .cmp(&one.0)
            .then_with(|| other.1.score.total_cmp(&one.1.score))
            .then_with(|| one.1.id.cmp(&other.1.id))
    });
    let mut lines: Vec<String> = alike
        .iter()
        .take(TOLD)
        .map(|(_, other, shared)| {
            let decided = other
                .decision
                .as_ref()
                .map_or(String::new(), |decision| format!("; {}", decision.verdict.replace('_', " ")));
            format!(
                "{} {} {} (same {shared}{decided})",
                other.id.get(..8).unwrap_or(&other.id),
                other.severity.name(),
                other.title
            )
        })
        .collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample::sample;

    /// A finding of another host, process and place, by the same user.
    fn another(user: &str) -> Finding {
        let mut other = sample();
        other.id = "99".into();
        other.host.name = Some("ws-18".into());
        other.destination.ips = vec!["198.51.100.99".parse().unwrap()];
        let process = other.process.as_mut().unwrap();
        (process.image, process.user) = (Some("C:\\other.exe".into()), Some(user.into()));
        other
    }

    #[test]
    fn an_account_of_every_machine_connects_nothing() {
        let mut finding = sample();
        assert_eq!(see_also(&finding, &[another("CORP\\jo")]).len(), 1);
        for user in [r"NT AUTHORITY\SYSTEM", r"NT-AUTORITÄT\SYSTEM", r"nt authority\network service"] {
            finding.process.as_mut().unwrap().user = Some(user.into());
            assert_eq!(see_also(&finding, &[another(user)]), [""; 0], "{user}");
        }
    }

    #[test]
    fn the_kernel_is_no_file() {
        let mut finding = sample();
        assert!(look_next(&finding)[0].starts_with("the file C:\\ProgramData"));
        finding.process.as_mut().unwrap().image = Some("System".into());
        assert!(look_next(&finding)[0].starts_with("the kernel sends for others"));
    }
}
