//! Whether another process opened the sender before it sent.
//!
//! Measures: a process access (Sysmon 10) with rights to write into the sender or to start threads in it, within the hour before.
//! Usual: how many other hosts' senders the same image opens: security products and debuggers do, and Windows opens what it serves; who
//! starts a process opens it by that. Silent when: no access was
//! recorded, which most configurations leave out. Limits: access is not injection; who starts the sender and writes into it at once
//! looks like any parent. Source of the formula: rights × rarity of the opener.

use super::{Factor, NO_PROCESS, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use lopside_model::channel::AccessNote;

/// See the module.
pub(super) struct ProcessAccess;

/// PROCESS_CREATE_THREAD, PROCESS_VM_OPERATION, PROCESS_VM_WRITE.
const INTO: u32 = 0x0002 | 0x0008 | 0x0020;

/// Microseconds from a start within which its parent still opens the process by starting it.
const STARTING: i64 = 5_000_000;
/// Rarity that is expected of an opener where few hosts were seen.
const EXPECTED: f64 = 0.5;

fn strength(case: &Case<'_>, access: &AccessNote) -> f64 {
    if is_its_start(case, access) {
        return 0.0;
    }
    let rights = f64::from((access.granted & INTO).count_ones()) / 3.0;
    let prior = case.usual.prior();
    let expected = if prior.opens_by_itself(&access.source_image) { 0.0 } else { EXPECTED };
    rights * case.usual.accessor_peers(&access.source_image).rarity_with(expected, prior.hosts)
}

/// Whether the parent of a sender opened it as it started it.
fn is_its_start(case: &Case<'_>, access: &AccessNote) -> bool {
    case.day.senders.iter().any(|sender| {
        let parent = sender.process.parent_image.as_deref();
        let since = sender.started.map(|started| access.time.0.saturating_sub(started.0));
        parent.is_some_and(|parent| parent.eq_ignore_ascii_case(&access.source_image))
            && since.is_some_and(|since| (-STARTING..=STARTING).contains(&since))
    })
}

impl Factor for ProcessAccess {
    fn name(&self) -> &'static str {
        "process_access"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Access]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        if !case.has_process() {
            return Weighed::NotMeasured(NO_PROCESS);
        }
        match &case.day.access {
            Some(access) => Weighed::Evidence([(Term::Access, strength(case, access))].into()),
            None => Weighed::NotMeasured("no process access to it was recorded"),
        }
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let Some(access) = &case.day.access else { return Told::default() };
        let peers = case.usual.accessor_peers(&access.source_image).words();
        Told {
            value: Some(format!("0x{:x} by {}", access.granted, access.source_image)),
            usual: Some(format!("the same image opens senders on {peers}")),
            text: format!(
                "opened at {} by {} with rights 0x{:x}{}; the same image opens senders on {peers}",
                access.time,
                access.source_image,
                access.granted,
                if is_its_start(case, access) {
                    ", as it started it"
                } else if case.usual.prior().opens_by_itself(&access.source_image) {
                    ", as it opens what it serves"
                } else {
                    ""
                }
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use lopside_model::channel::{Channel, Origin};
    use lopside_model::time::Micros;

    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};

    /// A sender of a single host that was opened by an image so many seconds after its start.
    fn opened(by: &str, seconds: i64) -> Channel {
        let mut it = on(channel("h", Some(r"c:\x.exe"), "d"), 1, 1 << 26, 0);
        let started = Micros(it.days[0].first.0 - 60_000_000);
        it.days[0].senders[0].started = Some(started);
        it.days[0].senders[0].process.parent_image = Some(r"C:\Windows\System32\cmd.exe".into());
        it.days[0].access = Some(Box::new(AccessNote {
            time: started.plus(seconds * 1_000_000),
            source_image: by.into(),
            granted: 0x1f_ffff,
            origin: Origin { input: 0, record: 1 },
        }));
        it
    }

    fn of(channel: &Channel) -> f64 {
        strength(&ProcessAccess, channel, &usual_of(std::slice::from_ref(channel)), Term::Access)
    }

    #[test]
    fn windows_and_a_parent_that_starts_it_open_what_they_serve() {
        assert_eq!(of(&opened(r"C:\Windows\system32\lsass.exe", 30)), 0.0);
        assert_eq!(of(&opened(r"C:\Windows\System32\cmd.exe", 0)), 0.0);
        assert!(of(&opened(r"C:\Windows\System32\cmd.exe", 30)) > 0.4);
        assert!(of(&opened(r"C:\Users\jo\lsass.exe", 30)) > 0.4);
        assert!(of(&opened(r"C:\tools\inject.exe", 0)) > 0.4);
    }
}
