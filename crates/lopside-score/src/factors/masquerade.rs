//! Whether the image is what it is called.
//!
//! Measures: the file name against the original name in its version resource; names of Windows programs outside the Windows folder.
//! Usual: both agree. Silent when: no process is known. Limits: some vendors ship differing names; a version resource can be forged.
//! Source of the formula: a few steps, set by hand.

use super::{Factor, NO_PROCESS, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use lopside_model::channel::Sender;
use lopside_model::identity::Place;

/// See the module.
pub(super) struct Masquerade;

/// Names that belong below the Windows folder.
const WINDOWS_ONLY: &[&str] = &[
    "svchost.exe",
    "lsass.exe",
    "services.exe",
    "csrss.exe",
    "smss.exe",
    "wininit.exe",
    "winlogon.exe",
    "spoolsv.exe",
    "taskhostw.exe",
    "dllhost.exe",
    "rundll32.exe",
    "regsvr32.exe",
    "conhost.exe",
    "explorer.exe",
    "runtimebroker.exe",
    "searchindexer.exe",
    "wuauclt.exe",
    "sihost.exe",
    "dwm.exe",
    "ctfmon.exe",
];

/// A name without its ending, to be compared.
fn stem(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let name = [".exe", ".mui", ".dll", ".com", ".scr"]
        .iter()
        .fold(name.as_str(), |name, end| name.strip_suffix(end).unwrap_or(name));
    name.chars().filter(|c| c.is_ascii_alphanumeric()).collect()
}

/// What is wrong with a sender, if anything: strength and words.
fn wrong(case: &Case<'_>, sender: &Sender) -> Option<(f64, String)> {
    let name = sender.process.name.as_deref()?;
    if let Some(original) =
        sender.original_name.as_deref().filter(|original| original.len() > 2 && *original != "-")
    {
        let (is, was) = (stem(name), stem(original));
        let alike = is.is_empty() || was.is_empty() || is.contains(&was) || was.contains(&is);
        if !alike {
            let tool = case.usual.prior().upload_tools.iter().any(|tool| tool.eq_ignore_ascii_case(original));
            let strength = if tool { 1.0 } else { 0.6 };
            return Some((strength, format!("{name} was built as {original}")));
        }
    }
    let belongs = matches!(case.channel.place, Place::Windows | Place::Kernel | Place::Unknown);
    let windows = WINDOWS_ONLY.iter().any(|known| known.eq_ignore_ascii_case(name));
    (windows && !belongs)
        .then(|| (1.0, format!("{name} is a program of Windows but does not lie below the Windows folder")))
}

fn worst(case: &Case<'_>) -> Option<(f64, String)> {
    case.day.senders.iter().filter_map(|sender| wrong(case, sender)).max_by(|a, b| a.0.total_cmp(&b.0))
}

impl Factor for Masquerade {
    fn name(&self) -> &'static str {
        "masquerade"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Masquerade]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        if !case.has_process() {
            return Weighed::NotMeasured(NO_PROCESS);
        }
        match worst(case) {
            Some((strength, _)) => Weighed::Evidence([(Term::Masquerade, strength)].into()),
            None if case.day.senders.iter().any(|sender| sender.original_name.is_some()) => Weighed::Usual,
            None => Weighed::NotMeasured("the original name of the image is not known"),
        }
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        match worst(case) {
            Some((_, text)) => {
                Told { value: Some(text.clone()), usual: Some("name and original name agree".into()), text }
            }
            None => Told { text: "name and original name agree".into(), ..Told::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};

    #[test]
    fn renamed_tools_show_and_variants_of_a_name_do_not() {
        let mut c = on(channel("h", Some(r"c:\perflogs\updater.exe"), "d"), 1, 1 << 30, 0);
        c.days[0].senders[0].original_name = Some("rclone.exe".into());
        assert_eq!(strength(&Masquerade, &c, &usual_of(&[]), Term::Masquerade), 1.0);
        c.days[0].senders[0].original_name = Some("Updater".into());
        assert_eq!(strength(&Masquerade, &c, &usual_of(&[]), Term::Masquerade), 0.0);
        let c = on(channel("h", Some(r"%programdata%\svchost.exe"), "d"), 1, 1 << 30, 0);
        assert_eq!(strength(&Masquerade, &c, &usual_of(&[]), Term::Masquerade), 1.0);
    }
}
