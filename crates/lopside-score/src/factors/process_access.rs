//! Whether another process opened the sender before it sent.
//!
//! Measures: a process access (Sysmon 10) with rights to write into the sender or to start threads in it, within the hour before.
//! Usual: how many other hosts' senders the same image opens: security products and debuggers do. Silent when: no access was
//! recorded, which most configurations leave out. Limits: access is not injection. Source of the formula: rights × rarity of the
//! opener.

use super::{Factor, NO_PROCESS, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use lopside_model::channel::AccessNote;

/// See the module.
pub(super) struct ProcessAccess;

/// PROCESS_CREATE_THREAD, PROCESS_VM_OPERATION, PROCESS_VM_WRITE.
const INTO: u32 = 0x0002 | 0x0008 | 0x0020;

fn strength(case: &Case<'_>, access: &AccessNote) -> f64 {
    let rights = f64::from((access.granted & INTO).count_ones()) / 3.0;
    rights * case.usual.accessor_peers(&access.source_image).rarity_with(0.5, case.usual.prior().hosts)
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
                "opened at {} by {} with rights 0x{:x}; the same image opens senders on {peers}",
                access.time, access.source_image, access.granted
            ),
        }
    }
}
