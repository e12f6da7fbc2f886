//! Which conversations with junk were marked, and which controls.

use std::collections::BTreeMap;

use lopside_model::payload::{Payload, Verdict};
use lopside_model::time::SECOND;
use serde::Serialize;

use super::truth::{Conversation, Ends, JunkTruth};

/// How far the times of a flow and of its truth may lie apart.
const SLACK: i64 = 2 * SECOND;

/// Upper ends of the shares of junk by which recall is told.
const SHARES: [(f64, &str); 5] =
    [(0.05, "up to 5 %"), (0.15, "5 to 15 %"), (0.4, "15 to 40 %"), (0.7, "40 to 70 %"), (1.0, "over 70 %")];

/// A conversation as the captures gave it.
#[derive(Debug)]
pub(super) struct Judged {
    /// Its ends.
    pub(super) ends: Ends,
    /// First packet, in microseconds.
    pub(super) start: i64,
    /// Last packet.
    pub(super) end: i64,
    /// What its content was judged to be; absent where none was seen.
    pub(super) payload: Option<Payload>,
}

/// Marked, and of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Marked(pub(super) u64, pub(super) u64);

impl Marked {
    fn add(&mut self, marked: bool) {
        self.0 += u64::from(marked);
        self.1 += 1;
    }
}

/// What came out.
#[derive(Debug, Default, Serialize)]
pub(super) struct Counts {
    /// Conversations of the truth.
    pub(super) conversations: u64,
    /// Those of them that no flow was found for.
    pub(super) not_seen: u64,
    /// Junk that can be told.
    pub(super) junk: Marked,
    /// Junk that nobody could tell: marks here are neither right nor wrong.
    pub(super) undecidable: Marked,
    /// Conversations without junk.
    pub(super) controls: Marked,
    /// Verdicts that are among those that the truth calls right.
    pub(super) verdicts_as_expected: Marked,
    /// Junk that can be told, by family.
    pub(super) by_family: BTreeMap<String, Marked>,
    /// The same by class.
    pub(super) by_class: BTreeMap<String, Marked>,
    /// The same by carrier.
    pub(super) by_carrier: BTreeMap<String, Marked>,
    /// The same by the share of junk, in the order of the shares.
    pub(super) by_share: Vec<(String, Marked)>,
    /// Conversations without junk, by control.
    pub(super) by_control: BTreeMap<String, Marked>,
    /// How often each verdict came, by family or control.
    pub(super) verdicts: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// The profiles of each family or control, and whether it is junk.
    #[serde(skip)]
    pub(super) profiles: BTreeMap<String, (bool, Profiles)>,
    /// Junk that was missed and controls that were marked, by start.
    pub(super) wrong: Vec<Wrong>,
}

/// The profiles of conversations of one kind, part by part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Profiles {
    /// How many there are.
    pub(super) count: u64,
    /// Least, sum and most of each part.
    pub(super) parts: Vec<(u8, u64, u8)>,
}

impl Profiles {
    /// Adds those of another set.
    pub(super) fn merge(&mut self, other: &Profiles) {
        self.count += other.count;
        self.parts.resize(other.parts.len().max(self.parts.len()), (u8::MAX, 0, 0));
        for ((least, sum, most), part) in self.parts.iter_mut().zip(&other.parts) {
            *least = (*least).min(part.0);
            *sum += part.1;
            *most = (*most).max(part.2);
        }
    }

    /// Adds one; an empty one says nothing.
    pub(super) fn add(&mut self, profile: &[u8]) {
        if profile.is_empty() {
            return;
        }
        self.count += 1;
        self.parts.resize(profile.len().max(self.parts.len()), (u8::MAX, 0, 0));
        for ((least, sum, most), part) in self.parts.iter_mut().zip(profile) {
            *least = (*least).min(*part);
            *sum += u64::from(*part);
            *most = (*most).max(*part);
        }
    }
}

/// A conversation that was judged wrongly.
#[derive(Debug, Serialize)]
pub(super) struct Wrong {
    /// First packet.
    pub(super) start: String,
    /// Protocol and ends.
    pub(super) ends: String,
    /// The family or the control, and the variant.
    pub(super) name: String,
    /// Which variant of it.
    pub(super) variant: String,
    /// What carries it.
    pub(super) carrier: String,
    /// Whether it holds junk.
    pub(super) junk: bool,
    /// The share of junk.
    pub(super) share: Option<f64>,
    /// What it was judged to be; absent where no content was seen.
    pub(super) verdict: Option<&'static str>,
    /// Why.
    pub(super) reasons: Vec<String>,
}

/// Compares what the captures gave with the truth.
pub(super) fn count(truth: &JunkTruth, judged: &[Judged]) -> Counts {
    let mut by_ends: BTreeMap<Ends, Vec<&Judged>> = BTreeMap::new();
    for one in judged {
        by_ends.entry(one.ends).or_default().push(one);
    }
    let mut counts = Counts {
        by_share: SHARES.map(|(_, name)| (name.to_owned(), Marked::default())).into(),
        ..Counts::default()
    };
    let mut conversations: Vec<&Conversation> = truth.conversations.iter().collect();
    conversations.sort_by_key(|conversation| (conversation.start, conversation.ends));
    for conversation in conversations {
        let near =
            |one: &&&Judged| one.start <= conversation.end + SLACK && one.end >= conversation.start - SLACK;
        let flows = by_ends.get(&conversation.ends);
        let found: Vec<&Judged> = flows.into_iter().flatten().filter(near).copied().collect();
        counts.add(conversation, &found);
    }
    counts
}

/// The verdict that tells most: marked before the rest, then the one that rests on most bytes.
fn strongest<'j>(found: &[&'j Judged]) -> Option<&'j Payload> {
    found
        .iter()
        .filter_map(|one| one.payload.as_ref())
        .max_by_key(|payload| (payload.junk, payload.sampled_bytes))
}

impl Counts {
    fn add(&mut self, of: &Conversation, found: &[&Judged]) {
        self.conversations += 1;
        self.not_seen += u64::from(found.is_empty());
        let payload = strongest(found);
        let marked = payload.is_some_and(|payload| payload.junk);
        let verdict = payload.map(|payload| payload.verdict);
        if !of.expected.is_empty() {
            self.verdicts_as_expected.add(verdict.is_some_and(|verdict| of.expected.contains(&verdict)));
        }
        let told = verdict.map_or("none", Verdict::name);
        *self.verdicts.entry(of.name.clone()).or_default().entry(told).or_default() += 1;
        let (_, profiles) = self.profiles.entry(of.name.clone()).or_insert((of.junk, Profiles::default()));
        profiles.add(payload.map(|payload| payload.profile.as_slice()).unwrap_or_default());
        if of.junk && of.decidable {
            self.junk.add(marked);
            self.by_family.entry(of.name.clone()).or_default().add(marked);
            self.by_class.entry(of.class.clone()).or_default().add(marked);
            self.by_carrier.entry(of.carrier.clone()).or_default().add(marked);
            let place = SHARES.iter().position(|(end, _)| of.share.is_some_and(|share| share <= *end));
            if let Some((_, of_share)) = place.and_then(|place| self.by_share.get_mut(place)) {
                of_share.add(marked);
            }
        } else if of.junk || !of.decidable {
            self.undecidable.add(marked);
        } else {
            self.controls.add(marked);
            self.by_control.entry(of.name.clone()).or_default().add(marked);
        }
        if of.decidable && marked != of.junk {
            self.wrong.push(Wrong {
                start: lopside_model::Micros(of.start).to_string(),
                ends: of.ends.to_string(),
                name: of.name.clone(),
                variant: of.variant.clone(),
                carrier: of.carrier.clone(),
                junk: of.junk,
                share: of.share,
                verdict: verdict.map(Verdict::name),
                reasons: payload.map(|payload| payload.reasons.clone()).unwrap_or_default(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopside_model::payload::Side;

    fn truth() -> JunkTruth {
        let one = |port: u16, name: &str, junk: bool, decidable: bool| {
            format!(
                r#"{{"start":"2026-03-03T06:00:00Z","end":"2026-03-03T06:01:00Z","transport":"tcp","src_ip":"10.0.0.1","src_port":{port},
                "dst_ip":"192.0.2.1","dst_port":80,"name":"{name}","class":"c","junk":{junk},"decidable":{decidable},"share":0.1,
                "expected":["junk"]}}"#
            )
        };
        let list = [
            one(1, "tail", true, true),
            one(2, "tail", true, true),
            one(3, "burst", true, false),
            one(4, "json", false, true),
        ];
        JunkTruth::parse(&format!("{{\"conversations\":[{}]}}", list.join(","))).unwrap()
    }

    fn judged(truth: &JunkTruth, number: usize, later: i64, verdict: Option<Verdict>) -> Judged {
        let of = &truth.conversations[number];
        let payload = verdict.map(|verdict| Payload {
            junk: verdict.is_junk(),
            confidence: 0.9,
            verdict,
            reasons: vec!["because".into()],
            sampled_bytes: 10,
            entropy_bits: Some(1.0),
            expected_bits: Some(1.0),
            side: Side::Out,
            deviations: None,
            junk_share: None,
            profile: Vec::new(),
            shape: None,
            excerpt: None,
        });
        Judged { ends: of.ends, start: of.start + later, end: of.start + later, payload }
    }

    #[test]
    fn junk_and_controls_are_counted_apart() {
        let truth = truth();
        let flows = [
            judged(&truth, 0, 0, Some(Verdict::Plain)),
            judged(&truth, 0, 9 * SECOND, Some(Verdict::Suspect)),
            judged(&truth, 1, 3_600 * SECOND, Some(Verdict::Junk)),
            judged(&truth, 2, 0, Some(Verdict::Opaque)),
            judged(&truth, 3, 0, Some(Verdict::Junk)),
        ];
        let counts = count(&truth, &flows);
        // The second came an hour later: another conversation on the same ports.
        assert_eq!((counts.junk, counts.not_seen), (Marked(1, 2), 1));
        assert_eq!((counts.undecidable, counts.controls), (Marked(0, 1), Marked(1, 1)));
        assert_eq!(counts.by_share[1], ("5 to 15 %".to_owned(), Marked(1, 2)));
        assert_eq!(counts.by_family["tail"], Marked(1, 2));
        let wrong: Vec<(&str, bool)> =
            counts.wrong.iter().map(|wrong| (wrong.name.as_str(), wrong.junk)).collect();
        assert_eq!(wrong, [("tail", true), ("json", false)]);
    }
}
