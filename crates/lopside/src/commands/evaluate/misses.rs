//! `lopside evaluate --misses`: each planted sender that no alert found, and how near it came.

use lopside_engine::usual::Scored;
use lopside_model::channel::Channel;
use lopside_model::finding::Severity;
use serde::Serialize;

use super::claim::Claim;
use super::matching::Verdicts;
use super::truth::{Attack, Truth};
use crate::output::layout::Grid;
use crate::output::{safe, units};

/// A planted sender that was missed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Miss {
    /// The kind of sender.
    pub(crate) scenario: String,
    /// The host.
    pub(crate) host: String,
    /// The image; absent for a device.
    pub(crate) image: Option<String>,
    /// The destination: its name, or its first address.
    pub(crate) destination: String,
    /// The best total, in decibans, of a day of it that matches in host, image and destination; absent where no channel does.
    pub(crate) total: Option<f64>,
    /// What that total comes to; absent below low.
    pub(crate) severity: Option<Severity>,
}

/// The planted senders that no alert found, in the order of the truth.
pub(super) fn misses(
    channels: &[Vec<Channel>],
    scored: &Scored,
    verdicts: &Verdicts,
    truth: &Truth,
) -> Vec<Miss> {
    let missed: Vec<&Attack> = truth
        .attacks
        .iter()
        .zip(&verdicts.found)
        .filter(|(_, found)| !**found)
        .map(|(attack, _)| attack)
        .collect();
    let mut best: Vec<Option<f64>> = vec![None; missed.len()];
    for (channel, scores) in channels.iter().flatten().zip(scored.scores.iter().flatten()) {
        for score in scores {
            let Some(day) = channel.days.get(score.index) else { continue };
            let claim = Claim::of_day(channel, day, score.total);
            for (attack, best) in missed.iter().zip(&mut best) {
                let on = (attack.start.day()..=attack.end.day()).contains(&score.day);
                if on && claim.matches(attack) && best.is_none_or(|best| score.total > best) {
                    *best = Some(score.total);
                }
            }
        }
    }
    missed.into_iter().zip(best).map(|(attack, total)| miss(attack, total, scored)).collect()
}

fn miss(attack: &Attack, total: Option<f64>, scored: &Scored) -> Miss {
    let address = || attack.ips.first().map(ToString::to_string).unwrap_or_default();
    Miss {
        scenario: attack.scenario.clone(),
        host: attack.host.clone(),
        image: attack.image.clone(),
        destination: attack.domain.clone().unwrap_or_else(address),
        total: total.map(|total| (total * 10.0).round() / 10.0),
        severity: total.and_then(|total| scored.calibration.severity(total)),
    }
}

/// The misses as a table within `columns` columns.
pub(super) fn render(out: &mut String, misses: &[Miss], columns: usize) {
    if misses.is_empty() {
        out.push_str("  no sender was missed\n");
        return;
    }
    out.push_str(&format!("  missed: {}\n", units::counted(misses.len() as u64, "sender")));
    let mut grid = Grid::new(&[
        ("BEST", true),
        ("SEVERITY", false),
        ("KIND", false),
        ("HOST", false),
        ("IMAGE -> DESTINATION", false),
    ]);
    for miss in misses {
        let image = miss.image.as_deref().unwrap_or("an unknown process");
        grid.row(vec![
            miss.total.map_or_else(|| "-".to_owned(), |total| format!("{total:.1}")),
            miss.severity.map_or("below low", Severity::name).to_owned(),
            safe::text(&miss.scenario).into_owned(),
            safe::text(&miss.host).into_owned(),
            format!("{} -> {}", safe::text(image), safe::text(&miss.destination)),
        ]);
    }
    for line in grid.lines(columns.saturating_sub(4)) {
        out.push_str(&format!("    {line}\n"));
    }
}
