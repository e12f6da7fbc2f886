//! What the envelopes of sanctioned senders came to in a run, for its end and its summary.

use lopside_engine::sanctioned::Sanctioned;
use lopside_score::envelope::Envelopes;
use serde::Serialize;

use crate::output::units;
use crate::redact::{Kind, Redactor};
use crate::summary::Counts;

/// Counts over all envelopes, and of each that had to do with the data.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct SanctionedCounts {
    channels: u64,
    channel_days: u64,
    bytes_out: u64,
    bytes_in: u64,
    /// Bytes of external channels, and those of them that are inside.
    external_bytes_out: u64,
    external_bytes_out_inside: u64,
    hidden_findings: Counts,
    channel_days_outside: u64,
    channel_days_unproven: u64,
    channel_days_contradicted: u64,
    channel_days_expired: u64,
    entries: Vec<EntryCounts>,
}

/// Counts of one envelope.
#[derive(Clone, Debug, Serialize)]
struct EntryCounts {
    id: String,
    channels: u64,
    channel_days: u64,
    bytes_out: u64,
    bytes_in: u64,
    outside: u64,
    unproven: u64,
    contradicted: u64,
    expired: u64,
}

impl SanctionedCounts {
    /// What a run came to.
    pub(crate) fn of(
        envelopes: &Envelopes,
        sanctioned: &Sanctioned,
        redact: Option<&Redactor>,
    ) -> SanctionedCounts {
        let hidden: Vec<_> = sanctioned.hidden.iter().map(|(_, finding)| finding.clone()).collect();
        let (external_bytes_out, external_bytes_out_inside) = sanctioned.external;
        let mut counts = SanctionedCounts {
            hidden_findings: Counts::of(&hidden),
            external_bytes_out,
            external_bytes_out_inside,
            ..SanctionedCounts::default()
        };
        for (envelope, tally) in envelopes.list.iter().zip(&sanctioned.tallies) {
            counts.channels += tally.channels;
            counts.channel_days += tally.days;
            counts.bytes_out = counts.bytes_out.saturating_add(tally.bytes_out);
            counts.bytes_in = counts.bytes_in.saturating_add(tally.bytes_in);
            counts.channel_days_outside += tally.outside;
            counts.channel_days_unproven += tally.unproven;
            counts.channel_days_contradicted += tally.contradicted;
            counts.channel_days_expired += tally.expired;
            if tally.hit() {
                counts.entries.push(EntryCounts {
                    id: redact.map_or_else(
                        || envelope.id().to_owned(),
                        |redact| redact.token(Kind::Entry, envelope.id()),
                    ),
                    channels: tally.channels,
                    channel_days: tally.days,
                    bytes_out: tally.bytes_out,
                    bytes_in: tally.bytes_in,
                    outside: tally.outside,
                    unproven: tally.unproven,
                    contradicted: tally.contradicted,
                    expired: tally.expired,
                });
            }
        }
        counts
    }

    /// How much was inside, in words.
    pub(crate) fn words(&self) -> String {
        if self.channels == 0 {
            return "nothing is inside of an envelope".into();
        }
        let used = self.entries.iter().filter(|entry| entry.channels > 0).count() as u64;
        let hidden = self.hidden_findings.total();
        let kept = match hidden {
            0 => "no finding among them".to_owned(),
            _ => format!("{} not shown", units::counted(hidden, "finding")),
        };
        format!(
            "{} inside of {} sent {}; {kept}",
            units::counted(self.channels, "channel"),
            units::counted(used, "envelope"),
            units::bytes(self.bytes_out)
        )
    }

    /// What an envelope has to do with and does not cover, in words.
    pub(crate) fn not_applied(&self) -> Option<String> {
        let parts: Vec<String> = [
            (self.channel_days_outside, "outside of its limits"),
            (self.channel_days_unproven, "of a sender that cannot be told"),
            (self.channel_days_contradicted, "of another program with its path"),
            (self.channel_days_expired, "after its end"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{} {words}", units::counted(count, "channel-day")))
        .collect();
        (!parts.is_empty())
            .then(|| format!("not covered: {}; lopside allow audit PATH says which", parts.join(", ")))
    }
}
