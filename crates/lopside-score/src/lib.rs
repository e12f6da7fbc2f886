//! Factors, what is usual, and how they become findings: pure functions over channels.
//!
//! The way through: [`Fragment::of`] each partition's channels, merged by [`Fragment::merge`], gives [`Usual::from`]; [`weigh()`] scores
//! each day of a channel; [`Totals`] of all scores give a [`Calibration`]; [`findings()`] makes spells into findings. A second round
//! with [`Fragment::without`] the days that were flagged keeps an earlier case from making the next one look usual.

mod baseline;
mod calibration;
mod case;
mod counterfactual;
mod counts;
pub mod envelope;
mod evidence;
mod factors;
mod findings;
mod fit;
mod fleet;
mod fragment;
mod gate;
mod names;
pub mod owners;
mod past;
mod peers;
mod ports;
mod prior;
mod reference;
mod seen;
mod settings;
mod spread;
#[cfg(test)]
mod testing;
mod totals;
mod usual;
mod weigh;
mod weights;
mod words;

pub use baseline::{
    BASELINE_VERSION, Baseline, BaselineError, Changed, DestinationTold, HideError, HostTold, Kind,
    MergeError, NameKey, ProcessTold, Quantity, REMEMBERED, Summary, UserTold, most,
};
pub use calibration::{Calibration, FEW};
pub use case::Basis;
pub use counts::Counts;
pub use evidence::{Evidence, TERMS, Term};
pub use factors::factor_names;
pub use findings::{RawFinding, Trace, findings, findings_within};
pub use fit::{Sample, fit};
pub use fleet::Fleet;
pub use fragment::{DestinationPart, Flagged, Fragment, HostPart, NO_PROCESS, ProcessPart, UNMONITORED};
pub use peers::Peers;
pub use ports::{PortSeen, Ports};
pub use prior::{Prelude, Prior};
pub use reference::{Reference, References, references_text};
pub use settings::{AccountContext, Settings};
pub use spread::Spread;
pub use totals::Totals;
pub use usual::{Context, Usual};
pub use weigh::{DayScore, evidence, weigh};
pub use weights::{DECIBANS, Weights, WeightsError};

/// The id of the analytic that findings come from.
pub const ANALYTIC: &str = "AN0030";
