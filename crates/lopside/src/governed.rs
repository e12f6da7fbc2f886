//! What findings get from people: their owner, and what was decided of them.

use lopside_model::finding::Finding;
use lopside_score::owners::{Owners, Subject};

use crate::args::Common;
use crate::decisions::{self, Line};
use crate::owners_file::OwnersPlace;

/// Owners and decisions.
#[derive(Debug, Default)]
pub(crate) struct Governed {
    /// Who answers for what.
    pub(crate) owners: Owners,
    decisions: Vec<Line>,
}

impl Governed {
    /// Reads owners and decisions, before any work.
    ///
    /// # Errors
    /// When a file cannot be read, or says what cannot be: file, line and cause.
    pub(crate) fn load(common: &Common) -> anyhow::Result<Governed> {
        Ok(Governed {
            owners: OwnersPlace::load(&common.config)?,
            decisions: decisions::read(&common.config)?,
        })
    }

    /// Gives findings their owner and the last decision.
    pub(crate) fn complete(&self, findings: &mut [Finding]) {
        for finding in findings.iter_mut() {
            self.own(finding);
        }
        decisions::apply(&self.decisions, findings);
    }

    fn own(&self, finding: &mut Finding) {
        let process = finding.process.as_ref();
        let owned = self.owners.of(&Subject {
            image: process.and_then(|process| process.image.as_deref()),
            host: finding.host.name.as_deref().unwrap_or(""),
            host_ips: &finding.host.ips,
            user: process.and_then(|process| process.user.as_deref()),
            destination: finding.destination.domain.as_deref(),
            destination_ips: &finding.destination.ips,
        });
        finding.criticality = owned.as_ref().and_then(|owned| Some(owned.criticality?.name().to_owned()));
        let by_envelope = || finding.envelope.as_ref().map(|envelope| envelope.owner.clone());
        finding.owner = owned.map(|owned| owned.owner).or_else(by_envelope);
    }
}
