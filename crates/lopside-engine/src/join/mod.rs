//! The stage join: flow records of all sensors and connections of all hosts become transfers.
//!
//! [`survey`] looks at each partition of conversations once and emits fragments that merge by addition: clock differences. Claims
//! of addresses and uids of tunnels were noted while reading. [`attribute`] looks at it again with the clocks and owners of the whole run and gives each flow its
//! process, or the reason why it has none.

pub mod attribute;
pub mod clock;
pub mod context;
pub mod conversation;
pub mod duplicates;
mod ends;
pub mod files;
pub mod large;
mod matching;
mod names;
pub mod owners;
mod slices;
pub mod survey;
mod telling;
