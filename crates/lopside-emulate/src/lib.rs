//! Labelled telemetry to test Lopside with: an invented company, its hosts and their people, what their programs
//! send on ordinary days, some lopsided senders among them, and the truth about those.
//!
//! ```text
//! plan ──> fleet (hosts, applications, destinations) ──> one host, one day: processes and conversations
//!      ──> what sensors and endpoints make of them (faults) ──> files below OUT/telemetry and OUT/truth.json
//! ```
//!
//! Everything is drawn from the plan's seed: the same plan writes the same bytes. Hosts are written one after the
//! other and network records go through buckets of one day, so that memory does not grow with the fleet.

mod applications;
mod atlas;
mod calendar;
mod chance;
mod day;
mod error;
mod faults;
mod fleet;
mod hosts;
mod junk;
mod machine;
mod names;
mod plan;
mod senders;
mod session;
mod truth;
mod write;

pub use error::EmulateError;
pub use junk::{JunkConversation, JunkPlan, JunkTruth, PcapWriter, write_junk};
pub use plan::{Attacks, EndpointFormat, FleetPlan, NetworkFormat};
pub use truth::{Attack, Truth};
pub use write::write_fleet;
