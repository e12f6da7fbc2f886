//! What was sent: whether it holds data that means nothing.
//!
//! Measures: the verdicts on the content of the channel's flows, and the share of its bytes that was sent in flows marked as
//! meaningless. Usual: content that parses as what it says it is. Silent when: no content was read, it is encrypted, or there is too
//! little of it. Limits: encrypted content is never evidence; a bare burst of random bytes is not either, since nobody could tell it
//! from ciphertext; how sure a mark is comes with the verdict. Source of the formula: confidence times the root of the share, so that
//! decoys among real requests still count; what marks content is said in `docs/payload.md`.

use lopside_model::channel::PayloadSum;
use lopside_model::payload::Verdict;

use super::{Factor, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::words;

/// See the module.
pub(super) struct Payload;

impl Factor for Payload {
    fn name(&self) -> &'static str {
        NAME
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Junk]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        let sum = match case.day.payload.as_deref() {
            Some(sum) if sum.judged() > 0 => sum,
            sum => return Weighed::NotMeasured(unjudged(sum)),
        };
        match &sum.clearest {
            Some((clearest, _)) => {
                Weighed::Evidence([(Term::Junk, clearest.confidence * share(case, sum).sqrt())].into())
            }
            None => Weighed::Usual,
        }
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let Some(sum) = case.day.payload.as_deref() else { return Told::default() };
        let kinds: Vec<String> = sum
            .verdicts
            .iter()
            .rev()
            .map(|(verdict, flows)| format!("{} in {}", words_of(*verdict), counted(*flows)))
            .collect();
        let value = kinds.join(", ");
        let text = match sum.clearest.as_ref().and_then(|(clearest, _)| clearest.reasons.first()) {
            Some(reason) => format!("{value}: {reason}"),
            None => value.clone(),
        };
        Told { value: Some(value), usual: Some("content that parses as what it says it is".into()), text }
    }

    fn excerpt(&self, case: &Case<'_>) -> Option<String> {
        case.day.payload.as_deref()?.clearest.as_ref()?.0.excerpt.clone()
    }
}

/// The factor's name in findings.
pub(crate) const NAME: &str = "payload";

/// Why the content of a channel-day cannot be judged.
pub(crate) fn unjudged(sum: Option<&PayloadSum>) -> &'static str {
    match sum {
        None => "no content was read",
        Some(sum) if sum.verdicts.contains_key(&Verdict::NotApplicable) => {
            "its content is encrypted by its protocol"
        }
        Some(_) => "too little of its content was seen",
    }
}

/// The share of what was sent that was sent in flows marked as meaningless.
fn share(case: &Case<'_>, sum: &PayloadSum) -> f64 {
    let all = case.day.sum.bytes_out.saturating_add(case.day.unmeasured.bytes_out);
    (sum.junk_bytes_out as f64 / all.max(1) as f64).min(1.0)
}

fn words_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Junk => "meaningless data",
        Verdict::Suspect => "data that seems meaningless",
        Verdict::Padded => "padding",
        Verdict::Opaque => "opaque content",
        Verdict::Compressed => "compressed content",
        Verdict::Structured => "structured content",
        Verdict::Plain => "plain text",
        Verdict::TooLittle => "too little to judge",
        Verdict::NotApplicable => "encrypted content",
    }
}

fn counted(flows: u64) -> String {
    words::count(usize::try_from(flows).unwrap_or(usize::MAX), "flow")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};
    use lopside_model::channel::{Channel, Origin};
    use lopside_model::payload::{Payload as Judged, Side};

    fn with(verdict: Verdict, side: Side) -> Channel {
        let mut channel = on(channel("h", Some("x"), "d"), 0, 4 << 20, 1_000);
        let judged = Judged {
            junk: verdict.is_junk(),
            confidence: 0.9,
            verdict,
            reasons: vec!["4,096 undeclared bytes after a document".into()],
            sampled_bytes: 8_192,
            entropy_bits: None,
            expected_bits: None,
            side,
            deviations: None,
            junk_share: None,
            profile: Vec::new(),
            shape: None,
            excerpt: Some("\\x9A\\x01".into()),
        };
        let mut sum = PayloadSum::default();
        sum.add(judged, 4 << 20, Origin { input: 0, record: 1 });
        channel.days[0].payload = Some(Box::new(sum));
        channel
    }

    #[test]
    fn junk_that_was_sent_is_evidence_and_what_came_back_is_not() {
        let of = |channel: &Channel| {
            strength(&Payload, channel, &usual_of(std::slice::from_ref(channel)), Term::Junk)
        };
        assert_eq!(of(&with(Verdict::Junk, Side::Out)), 0.9);
        assert_eq!(of(&with(Verdict::Junk, Side::In)), 0.0);
        assert_eq!(of(&with(Verdict::Opaque, Side::Out)), 0.0);
    }

    #[test]
    fn why_content_was_not_judged() {
        assert_eq!(unjudged(None), "no content was read");
        let sealed = with(Verdict::NotApplicable, Side::Both);
        assert!(unjudged(sealed.days[0].payload.as_deref()).contains("encrypted"));
    }
}
