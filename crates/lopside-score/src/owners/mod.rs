//! Who answers for what: hosts, users, processes, destinations and networks, each with a business owner and a criticality.
//!
//! In: claims, from the configuration and imported files. Out: the owner of a sender ([`Owners::of`]). Of several kinds of claim the
//! first that fits names the owner: process, host, user, network of the host, destination; of several claims of one kind the narrowest.
//! The criticality is the highest of all that fit. Pure: files are the binary's.

mod claim;
mod map;

pub use claim::{Claim, ClaimError, Criticality, Kind, WrittenClaim};
pub use map::{Contradiction, Owned, Owners, Subject};
