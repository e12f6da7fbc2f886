//! The truth about a labelled fleet, as `truth.json` holds it.

use serde::{Deserialize, Serialize};

/// What was planted in a fleet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// What wrote the fleet; absent for `emulate fleet` as it is without options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// The seed that the fleet was drawn from.
    pub seed: u64,
    /// Hosts, devices without endpoint events included.
    pub hosts: u32,
    /// Days in UTC.
    pub days: u32,
    /// Days on which a host was there, summed over hosts.
    pub host_days: u64,
    /// The planted senders, by start. One that sent to several destination groups has an entry for each.
    pub attacks: Vec<Attack>,
}

/// One planted sender and one of its destination groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attack {
    /// The kind of sender.
    pub scenario: String,
    /// The sending host: the name that its events or leases carry, else its address.
    pub host: String,
    /// Every address that the host sent from during the attack.
    #[serde(default)]
    pub host_ips: Vec<String>,
    /// The sending process; `null` for a device.
    pub image: Option<String>,
    /// The process instance that sent most.
    pub pid: Option<u32>,
    /// The account that the process ran under.
    pub user: Option<String>,
    /// The destination's name; `null` where it was reached by address alone.
    pub domain: Option<String>,
    /// The addresses that were sent to.
    pub ips: Vec<String>,
    /// The port that was sent to, the busiest where there were several.
    pub port: u16,
    /// Start of the first flow, RFC 3339 in UTC.
    pub start: String,
    /// End of the last flow, RFC 3339 in UTC.
    pub end: String,
    /// Payload bytes sent, as the network log states them.
    pub bytes_out: u64,
    /// Whether any endpoint event names the sender of any of these flows.
    pub attributable: bool,
}
