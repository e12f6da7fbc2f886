//! Envelopes meet the score: days inside are not findings, days outside are weighed by what they left, and the finding says so.
//!
//! A day outside of its envelope is judged against the envelope and not against habit: whatever spoke for it as usual counts 0, and the
//! breach adds its points. So a slow increase within what has become usual does not excuse what nobody agreed to.

use std::borrow::Cow;

use lopside_model::channel::Channel;
use lopside_model::finding::{EnvelopeNote, Factor, FactorState};

use super::entry::Envelope;
use super::file::Envelopes;
use super::judge::{Standing, Verdict};
use super::reading::date_of;
use crate::case::Case;
use crate::findings::told;
use crate::past::with_past;
use crate::seen::Seen;
use crate::settings::Settings;
use crate::usual::Usual;
use crate::weigh::DayScore;
use crate::words;

/// The name of the factor.
const NAME: &str = "envelope";

/// What the envelopes say of one channel.
#[derive(Clone, Copy, Debug)]
pub struct Sanction<'e> {
    envelopes: Option<&'e Envelopes>,
    verdicts: &'e [Option<Verdict>],
}

impl<'e> Sanction<'e> {
    /// Nothing.
    pub const NONE: Sanction<'static> = Sanction { envelopes: None, verdicts: &[] };

    /// The verdicts on the days of a channel.
    pub fn new(envelopes: &'e Envelopes, verdicts: &'e [Option<Verdict>]) -> Sanction<'e> {
        Sanction { envelopes: Some(envelopes), verdicts }
    }

    /// The envelope of a day, by its place in the channel, and how the day stands to it.
    pub fn of(&self, index: usize) -> Option<(&'e Envelope, &'e Standing)> {
        let verdict = self.verdicts.get(index)?.as_ref()?;
        Some((self.envelopes?.list.get(verdict.entry)?, &verdict.standing))
    }

    /// The scores as they are under the envelopes: without days inside, with the points of a breach on days outside.
    pub(crate) fn adjust<'s>(
        &self,
        channel: &Channel,
        scores: &'s [DayScore],
        usual: &Usual,
        settings: &Settings,
    ) -> Cow<'s, [DayScore]> {
        if self.verdicts.iter().all(Option::is_none) {
            return Cow::Borrowed(scores);
        }
        let adjusted = |score: &DayScore| match self.of(score.index) {
            Some((_, Standing::Inside)) => None,
            Some((_, Standing::Outside(_))) => {
                let (long, earlier) = with_past(channel, usual);
                let case = Case::new(Seen::new(&long, usual), score.index + earlier, score.basis, settings)?;
                let mut factors = told(&case);
                self.tell(score.index, &mut factors);
                Some(DayScore { total: factors.iter().map(|factor| factor.points).sum(), ..*score })
            }
            _ => Some(*score),
        };
        Cow::Owned(scores.iter().filter_map(adjusted).collect())
    }

    /// Adds the factor of a day's envelope to the others.
    pub(crate) fn tell(&self, index: usize, factors: &mut Vec<Factor>) {
        let Some((envelope, standing)) = self.of(index) else { return };
        if matches!(standing, Standing::Outside(_)) {
            for factor in factors.iter_mut().filter(|factor| factor.points < 0.0) {
                factor.points = 0.0;
                factor.text.push_str(" (counts 0: judged against its envelope, not against habit)");
            }
        }
        factors.push(factor(envelope, standing));
    }

    /// What a finding says of its envelope.
    pub(crate) fn note(&self, index: usize) -> Option<EnvelopeNote> {
        let (envelope, standing) = self.of(index)?;
        Some(EnvelopeNote {
            entry: envelope.id().to_owned(),
            standing: standing.name().to_owned(),
            owner: envelope.written.owner.clone(),
            reason: envelope.written.reason.clone(),
        })
    }

    /// What would make a breach less than it is.
    pub(crate) fn counterfactual(&self, index: usize) -> Option<String> {
        match self.of(index)? {
            (envelope, Standing::Outside(_)) => Some(format!(
                "would be inside of the envelope {:?}, and not shown, within {}",
                envelope.id(),
                envelope.limits()
            )),
            _ => None,
        }
    }
}

fn factor(envelope: &Envelope, standing: &Standing) -> Factor {
    let id = envelope.id();
    let answers = format!("{id:?} ({}: {})", envelope.written.owner, envelope.written.reason);
    let (state, points, value, text) = match standing {
        Standing::Outside(breach) => {
            let points = breach.points();
            let state = if points >= 0.5 { FactorState::Unusual } else { FactorState::Usual };
            let how = breach.words();
            (state, points, Some(how.clone()), format!("outside of its envelope {answers}: {how}"))
        }
        Standing::Inside => (FactorState::Usual, 0.0, None, format!("inside of its envelope {answers}")),
        Standing::Unproven(why) => {
            let text = format!("not measured: it may be the sender of the envelope {answers}, but {why}");
            (FactorState::NotMeasured, 0.0, None, text)
        }
        Standing::Contradicted(why) => {
            let text = format!("has the path of the envelope {id:?} and is not its sender: {why}");
            (FactorState::Usual, 0.0, Some(why.clone()), text)
        }
        Standing::Expired => {
            let date = envelope.expires().map_or_else(String::new, date_of);
            let text = format!("its envelope {answers} held until {date}: judged as any other");
            (FactorState::Usual, 0.0, Some(format!("expired {date}")), text)
        }
        Standing::Elsewhere => {
            let text = format!("its envelope {answers} is for other destinations: judged as any other");
            (FactorState::Usual, 0.0, None, text)
        }
    };
    let usual = Some(format!("envelope {id:?}: {}", envelope.limits()));
    Factor { name: NAME.into(), state, value, usual, points, text, excerpt: None }
}

impl Standing {
    /// The word of the interface.
    pub fn name(&self) -> &'static str {
        match self {
            Standing::Inside => "inside",
            Standing::Outside(_) => "outside",
            Standing::Unproven(_) => "unproven",
            Standing::Contradicted(_) => "contradicted",
            Standing::Expired => "expired",
            Standing::Elsewhere => "elsewhere",
        }
    }
}

impl Envelope {
    /// Its limits in words.
    pub fn limits(&self) -> String {
        let written = &self.written;
        let mut parts = vec![format!("to {}", written.destinations.list().join(", "))];
        if !written.ports.is_empty() {
            let ports: Vec<String> = written.ports.iter().map(super::written::Amount::text).collect();
            parts.push(format!("ports {}", ports.join(", ")));
        }
        parts.extend(written.hours.as_ref().map(|hours| format!("hours {hours} UTC")));
        parts.extend(self.max_bytes.map(|bytes| format!("at most {} a day and host", words::bytes(bytes))));
        parts.extend(self.max_ratio.map(|ratio| format!("at most {ratio}:1")));
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::envelope;
    use super::*;
    use crate::calibration::Calibration;
    use crate::findings::findings_within;
    use crate::reference::Reference;
    use crate::testing::{channel, on};
    use crate::totals::Totals;
    use crate::weigh::{tests::usual_of, weigh};

    fn found(bytes_out: u64) -> Vec<lopside_model::finding::Finding> {
        let mut sender = channel("h", Some(r"%programfiles%\vendor\agent.exe"), "backup.example");
        for day in 0..9 {
            sender = on(sender, day, 800_000_000, 1_000_000);
        }
        sender = on(sender, 9, bytes_out, bytes_out / 800);
        let settings = Settings::default();
        let usual = usual_of(std::slice::from_ref(&sender));
        let scores = weigh(&sender, &usual, &settings);
        let envelopes = Envelopes { list: vec![envelope()], ..Envelopes::default() };
        let verdicts = envelopes.judge(std::slice::from_ref(&sender));
        let calibration = Calibration::new(Totals::default(), 1, &settings, Reference::shipped(200));
        let sanction = Sanction::new(&envelopes, &verdicts[0]);
        let raw = findings_within(&sender, &scores, sanction, &usual, &calibration, &settings);
        raw.into_iter().map(|raw| raw.finding).collect()
    }

    #[test]
    fn inside_is_no_finding_and_outside_says_by_how_much() {
        assert!(found(900_000_000).is_empty());
        let findings = found(9_000_000_000);
        assert_eq!(findings.len(), 1);
        let finding = &findings[0];
        assert!(finding.severity >= lopside_model::finding::Severity::Medium, "{finding:#?}");
        let told = finding.factors.iter().find(|factor| factor.name == NAME).unwrap();
        assert!(told.text.contains("9.0 GB in the day where 1.0 GB") && told.points == 40.0, "{told:?}");
        assert_eq!(finding.total, finding.factors.iter().map(|factor| factor.points).sum::<f64>());
        assert!(finding.factors.iter().all(|factor| factor.points >= 0.0));
        assert!(finding.counterfactual.contains("inside of the envelope"));
        assert_eq!(finding.envelope.as_ref().unwrap().standing, "outside");
    }
}
