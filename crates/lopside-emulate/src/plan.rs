//! What fleet to write: the one thing that decides every byte of it.

use crate::error::EmulateError;

/// A fleet to write. The same plan writes the same bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetPlan {
    /// Hosts, devices that never send endpoint events (printers, cameras) included: 1 to 100,000.
    pub hosts: u32,
    /// Days in UTC: 1 to 366.
    pub days: u32,
    /// What everything is drawn from.
    pub seed: u64,
    /// Network flows that a host in use has on a working day, on average and including its name lookups.
    pub flows_per_host_day: u32,
    /// Compress every file with gzip.
    pub gzip: bool,
    /// One folder of network logs for each day instead of one file for all.
    pub rotate: bool,
    /// How endpoint events are rendered.
    pub endpoint: EndpointFormat,
    /// How network logs are rendered.
    pub network: NetworkFormat,
    /// How many lopsided senders are planted.
    pub attacks: Attacks,
    /// How many campaigns are planted beside them: one program that sends to one place from 2 to 6 hosts.
    pub campaigns: Attacks,
    /// Ordinary traffic that is closer to planted senders, and senders that are closer to ordinary traffic: campaigns, more
    /// senders of a single flow, ordinary transfers that take as long as their size asks for, uploads in parts, and software that
    /// a few hosts get together.
    pub hard: bool,
}

impl Default for FleetPlan {
    fn default() -> Self {
        Self {
            hosts: 20,
            days: 4,
            seed: 1,
            flows_per_host_day: 200,
            gzip: false,
            rotate: false,
            endpoint: EndpointFormat::Mixed,
            network: NetworkFormat::ZeekTsv,
            attacks: Attacks::Scaled,
            campaigns: Attacks::Scaled,
            hard: false,
        }
    }
}

impl FleetPlan {
    /// Refuses what cannot be made.
    pub(crate) fn check(&self) -> Result<(), EmulateError> {
        let refuse = |what: &str| Err(EmulateError::Plan(what.to_owned()));
        match self {
            Self { hosts: 0 | 100_001.., .. } => refuse("that many hosts: ask for 1 to 100,000"),
            Self { days: 0 | 367.., .. } => refuse("that many days: ask for 1 to 366"),
            Self { flows_per_host_day: 0 | 100_001.., .. } => {
                refuse("that many flows per host and day: ask for 1 to 100,000")
            }
            _ => Ok(()),
        }
    }
}

/// How many lopsided senders are planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attacks {
    /// None: what remains is an ordinary fleet.
    None,
    /// Senders: about one for seven hosts, at least seven, and every kind at least once from 60 hosts on. Campaigns: on
    /// hard fleets one for a hundred hosts, at least one from 60 hosts on, and none where no senders are planted; none on others.
    Scaled,
    /// That many, as far as there are hosts that can bear them.
    Count(u32),
}

/// How endpoint events are rendered, always as one JSON object a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointFormat {
    /// One of the others, drawn for each host.
    Mixed,
    /// Winlogbeat 7 and later: `winlog.event_data` as nested objects, every value a string.
    Winlogbeat,
    /// The `evtx` crate's `evtx_dump`: `Event.System` and `Event.EventData`, values typed.
    EvtxDump,
    /// NXLog `im_msvistalog`: flat, `EventTime` local and without a zone.
    Nxlog,
    /// Winlogbeat 6, as HELK keeps it: `event_id`, `event_data`.
    Helk,
    /// Velociraptor `parse_evtx`: `System` and `EventData`, times as seconds since 1970.
    Velociraptor,
}

/// How network logs are rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkFormat {
    /// Zeek's own tab-separated logs with header lines.
    ZeekTsv,
    /// Zeek's JSON logs, one object a line, keys like `id.orig_h`.
    ZeekJson,
}
