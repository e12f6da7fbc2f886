//! What a finding does not know, in words.

use lopside_model::bytes::Quality;
use lopside_model::record::Method;

use super::spell::Spell;
use crate::calibration::Calibration;
use crate::case::Case;
use crate::factors::payload::unjudged;
use crate::words;

/// What was not seen or not measured, the gravest first.
pub(super) fn not_seen(case: &Case<'_>, spell: &Spell<'_>, calibration: &Calibration) -> Vec<String> {
    let mut list = Vec::new();
    if !spell.measured() {
        let why = spell.days.iter().find_map(|day| day.unmeasured_why.clone());
        let why = why.unwrap_or_else(|| "a direction was not measured".into());
        list.push(format!(
            "bytes in both directions: {why}; record both sides of the conversation (no dropped packets; checksum offload off, or a \
             sensor that ignores checksums) to settle it"
        ));
    } else if case.day.unmeasured.flows > 0 {
        let flows = words::count(usize::try_from(case.day.unmeasured.flows).unwrap_or(usize::MAX), "flow");
        list.push(format!("{flows} more of this channel: a direction was not measured"));
    }
    if spell.measured() && spell.quality.0.worse(spell.quality.1) == Quality::LowerBound {
        list.push("some packets: the counts are lower bounds".into());
    }
    if !case.has_process() {
        let why = if spell.channel.monitored {
            format!("the process: {}", case.day.reason)
        } else {
            "the process: no endpoint event of this host was read".into()
        };
        list.push(why);
    } else if case.day.method == Method::Ambiguous {
        list.push("which of several processes it was".into());
    }
    let weakness = spell.channel.name.as_ref().and_then(|(_, source)| source.weakness());
    if let Some(weakness) = weakness {
        list.push(format!("which name this host asked for: the one that is told is weak, {weakness}"));
    }
    if case.day.payload.as_deref().is_none_or(|sum| sum.judged() == 0) {
        let why = unjudged(case.day.payload.as_deref());
        let files = case.day.largest.iter().find_map(|flow| flow.files.as_deref());
        let told = files.map_or(String::new(), |files| {
            format!("; a sensor's log tells of {files}, of which the content was not assessed")
        });
        list.push(format!("payload: {why}{told}"));
    }
    if case.history() < case.usual.prior().few_days {
        list.push(format!(
            "history: {} of this host before it",
            words::count(case.history() as usize, "day")
        ));
    }
    if calibration.by_reference() {
        list.push(calibration.rests_on());
    }
    list
}
