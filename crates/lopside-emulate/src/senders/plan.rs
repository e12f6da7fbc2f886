//! Which planted sender goes where and when.

use crate::calendar::{Calendar, HOUR, MINUTE, SECOND};
use crate::chance::Chance;
use crate::day::Scene;
use crate::fleet::Temper;
use crate::hosts::{Host, Recording};
use crate::plan::{Attacks, FleetPlan};

/// A kind of planted sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    RenamedSyncTool,
    OwnToolHighPort,
    CurlUpload,
    PowershellUpload,
    SecureCopy,
    Drip,
    HijackedAgent,
    TrustedCloud,
    UnattributedHost,
    BareAddress,
    InjectedProcess,
    BrowserOffHours,
    SeveralDestinations,
    HiddenInDownloads,
    ScriptInterpreter,
    WebDav,
    BitsUpload,
    MailClient,
    RemoteTool,
    StagedArchive,
    DnsTunnel,
    OddDatagrams,
    EchoTunnel,
    /// One of the others, from several hosts.
    Campaign,
}

/// Ways that a campaign can go.
const CAMPAIGNS: [Kind; 10] = [
    Kind::OwnToolHighPort,
    Kind::OwnToolHighPort,
    Kind::RenamedSyncTool,
    Kind::RenamedSyncTool,
    Kind::BareAddress,
    Kind::HiddenInDownloads,
    Kind::RemoteTool,
    Kind::PowershellUpload,
    Kind::CurlUpload,
    Kind::ScriptInterpreter,
];

impl Kind {
    /// All kinds of a single host.
    pub(crate) const ALL: &[Self] = &[
        Self::RenamedSyncTool,
        Self::OwnToolHighPort,
        Self::CurlUpload,
        Self::PowershellUpload,
        Self::SecureCopy,
        Self::Drip,
        Self::HijackedAgent,
        Self::TrustedCloud,
        Self::UnattributedHost,
        Self::BareAddress,
        Self::InjectedProcess,
        Self::BrowserOffHours,
        Self::SeveralDestinations,
        Self::HiddenInDownloads,
        Self::ScriptInterpreter,
        Self::WebDav,
        Self::BitsUpload,
        Self::MailClient,
        Self::RemoteTool,
        Self::StagedArchive,
        Self::DnsTunnel,
        Self::OddDatagrams,
        Self::EchoTunnel,
    ];

    /// Its name in the truth.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RenamedSyncTool => "renamed_sync_tool",
            Self::OwnToolHighPort => "own_tool_high_port",
            Self::CurlUpload => "curl_upload",
            Self::PowershellUpload => "powershell_upload",
            Self::SecureCopy => "secure_copy",
            Self::Drip => "drip",
            Self::HijackedAgent => "hijacked_agent",
            Self::TrustedCloud => "trusted_cloud",
            Self::UnattributedHost => "unattributed_host",
            Self::BareAddress => "bare_address",
            Self::InjectedProcess => "injected_process",
            Self::BrowserOffHours => "browser_off_hours",
            Self::SeveralDestinations => "several_destinations",
            Self::HiddenInDownloads => "hidden_in_downloads",
            Self::ScriptInterpreter => "script_interpreter",
            Self::WebDav => "web_dav",
            Self::BitsUpload => "bits_upload",
            Self::MailClient => "mail_client",
            Self::RemoteTool => "remote_tool",
            Self::StagedArchive => "staged_archive",
            Self::DnsTunnel => "dns_tunnel",
            Self::OddDatagrams => "odd_datagrams",
            Self::EchoTunnel => "echo_tunnel",
            Self::Campaign => "campaign",
        }
    }

    /// Whether a host can bear it.
    fn suits(self, host: &Host) -> bool {
        let quiet = host.recording == Recording::Nothing;
        match self {
            Self::UnattributedHost => quiet,
            // Where the machine is off, nothing is sent out of hours.
            Self::BrowserOffHours => !quiet && host.role.is_desk() && host.always_on,
            Self::MailClient | Self::StagedArchive => !quiet && host.role.is_desk(),
            _ => !quiet && host.role.is_windows(),
        }
    }
}

/// A planted sender.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// Its place in the fleet's list.
    pub(crate) mark: u32,
    pub(crate) kind: Kind,
    /// What it does: its kind, or that of the campaign.
    pub(crate) way: Kind,
    /// The first of those that share program and place: itself, or that of the campaign.
    pub(crate) campaign: u32,
    /// All goes out in one flow, but for what is drawn out by its nature.
    pub(crate) in_one_flow: bool,
    pub(crate) host: u32,
    pub(crate) first: i64,
    pub(crate) days: u32,
    /// The local hour at which it starts on each day.
    hour: f64,
}

impl Planned {
    /// Whether it sends on a local day.
    pub(crate) fn on(&self, day: i64) -> bool {
        (self.first..self.first + i64::from(self.days)).contains(&day)
    }

    /// When it starts on the scene's day: while the host is on, and within the capture.
    pub(crate) fn moment(&self, scene: &mut Scene<'_, '_>) -> i64 {
        let calendar = &scene.run.fleet.calendar;
        let (first, last) = (calendar.start + 20 * MINUTE, calendar.end() - 3 * HOUR);
        let wish = calendar.local(scene.day, self.hour) + scene.chance.range(-40 * MINUTE, 40 * MINUTE);
        let (on, off) = (scene.on.0 + 2 * MINUTE, (scene.on.1 - 90 * MINUTE).max(scene.on.0 + 3 * MINUTE));
        wish.clamp(on, off).clamp(first, last.max(first)) + scene.chance.range(0, 999_999) % SECOND
    }
}

/// Plans the senders of a fleet.
pub(crate) fn plan_attacks(plan: &FleetPlan, calendar: &Calendar, hosts: &[Host]) -> Vec<Planned> {
    let mut chance = Chance::of(plan.seed, "plan of senders", 0, 0);
    let temper = Temper::draw(plan.seed);
    let wanted = match plan.attacks {
        Attacks::None => 0,
        Attacks::Count(count) => count as usize,
        Attacks::Scaled => {
            let scaled = (f64::from(plan.hosts) / chance.real(6.0, 8.0)).round() as usize;
            if plan.hosts >= 60 { scaled.max(Kind::ALL.len()) } else { scaled.max(7) }
        }
    };
    let mut free: Vec<&Host> =
        hosts.iter().filter(|host| !host.faults.one_sided && host.stays && host.life.0 == 0).collect();
    chance.shuffle(&mut free);
    let mut kinds: Vec<Kind> = Vec::new();
    while kinds.len() < wanted {
        let mut round = Kind::ALL.to_vec();
        chance.shuffle(&mut round);
        if !kinds.is_empty() || plan.hosts < 60 {
            // A small fleet shows the plain kinds first, and what is planted twice is more often plain.
            round.sort_by_key(|kind| *kind > Kind::BrowserOffHours);
        }
        kinds.extend(round);
    }
    kinds.truncate(wanted);
    let mut planned = Vec::new();
    for kind in kinds {
        let Some(at) = free.iter().position(|host| kind.suits(host)) else { continue };
        let host = free.remove(at);
        let mark = planned.len() as u32;
        planned.push(draw(&mut chance, kind, mark, host, calendar, temper.after_hours));
    }
    plan_campaigns(plan, calendar, &mut free, &mut planned);
    for (sender, mark) in planned.iter_mut().zip(0..) {
        let first = if sender.kind == Kind::Campaign { sender.campaign } else { mark };
        sender.campaign = first;
        sender.in_one_flow =
            plan.hard && Chance::of(plan.seed, "in one flow", first.into(), 0).happens(temper.in_one_flow);
    }
    planned
}

/// Adds the campaigns, on hosts that are free.
fn plan_campaigns(plan: &FleetPlan, calendar: &Calendar, free: &mut Vec<&Host>, planned: &mut Vec<Planned>) {
    let mut chance = Chance::of(plan.seed, "plan of campaigns", 0, 0);
    let after_hours = Temper::draw(plan.seed).after_hours;
    let wanted = match (plan.attacks, plan.campaigns) {
        (Attacks::None, Attacks::Scaled) | (_, Attacks::None) => 0,
        (_, Attacks::Count(count)) => count as usize,
        (_, Attacks::Scaled) if !plan.hard || plan.hosts < 60 => 0,
        (_, Attacks::Scaled) => (f64::from(plan.hosts) / 100.0).round().max(1.0) as usize,
    };
    for _ in 0..wanted {
        let (way, hosts) = (chance.one(&CAMPAIGNS), chance.range(2, 6) as usize);
        let (campaign, days) = (planned.len() as u32, i64::from(calendar.days));
        let start = chance.range(0, (days - 2).max(0));
        let after_hours = if chance.happens(after_hours) { 1.0 } else { 0.0 };
        for _ in 0..hosts {
            let Some(at) = free.iter().position(|host| way.suits(host)) else { break };
            let (host, mark) = (free.remove(at), planned.len() as u32);
            let mut sender = draw(&mut chance, way, mark, host, calendar, after_hours);
            // Hosts follow within a day or two.
            let length = i64::from(sender.days);
            sender.first = (start + chance.one(&[0, 0, 0, 1, 1, 2])).min(days - length).max(0);
            (sender.kind, sender.campaign) = (Kind::Campaign, campaign);
            planned.push(sender);
        }
    }
}

fn draw(
    chance: &mut Chance,
    kind: Kind,
    mark: u32,
    host: &Host,
    calendar: &Calendar,
    after_hours: f64,
) -> Planned {
    let length = i64::from(calendar.days);
    let wished = match kind {
        Kind::Drip => chance.range(3, 7),
        Kind::DnsTunnel | Kind::EchoTunnel => chance.range(1, 3),
        _ => chance.one(&[1, 1, 1, 1, 2, 3]),
    };
    let days = wished.min(length);
    let first = chance.range(0, length - days);
    let habits = host.habits;
    let inside = chance.real(habits.from + 0.3, habits.until - 0.8);
    let outside = chance.real(19.0, 29.0) % 24.0;
    let hour = match kind {
        Kind::BrowserOffHours => outside,
        _ if host.always_on && chance.happens(after_hours) => outside,
        _ => inside,
    };
    Planned {
        mark,
        kind,
        way: kind,
        campaign: mark,
        in_one_flow: false,
        host: host.index,
        first,
        days: days as u32,
        hour,
    }
}
