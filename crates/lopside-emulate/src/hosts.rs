//! Hosts: what they are for, who uses them and when, where they stand, what records them.

use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::calendar::Calendar;
use crate::chance::Chance;
use crate::faults::HostFaults;
use crate::names;
use crate::plan::EndpointFormat;

/// What a host is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Role {
    Office,
    Developer,
    Finance,
    Admin,
    Kiosk,
    FileServer,
    WebServer,
    BuildServer,
    DomainController,
    PrintServer,
    Printer,
    Camera,
    Storage,
    Gateway,
}

impl Role {
    /// All roles.
    #[cfg(test)]
    pub(crate) const ALL: &[Self] = &[
        Self::Office,
        Self::Developer,
        Self::Finance,
        Self::Admin,
        Self::Kiosk,
        Self::FileServer,
        Self::WebServer,
        Self::BuildServer,
        Self::DomainController,
        Self::PrintServer,
        Self::Printer,
        Self::Camera,
        Self::Storage,
        Self::Gateway,
    ];

    /// Its name in the list of applications.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Developer => "developer",
            Self::Finance => "finance",
            Self::Admin => "admin",
            Self::Kiosk => "kiosk",
            Self::FileServer => "file",
            Self::WebServer => "web",
            Self::BuildServer => "build",
            Self::DomainController => "dc",
            Self::PrintServer => "print",
            Self::Printer => "printer",
            Self::Camera => "camera",
            Self::Storage => "nas",
            Self::Gateway => "gateway",
        }
    }

    /// Whether Windows runs on it.
    pub(crate) fn is_windows(self) -> bool {
        !matches!(self, Self::Printer | Self::Camera | Self::Storage | Self::Gateway)
    }

    /// Whether a person sits at it.
    pub(crate) fn is_desk(self) -> bool {
        matches!(self, Self::Office | Self::Developer | Self::Finance | Self::Admin)
    }

    /// Whether it is a Windows server.
    pub(crate) fn is_server(self) -> bool {
        self.is_windows() && !self.is_desk() && self != Self::Kiosk
    }
}

/// What records a host's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recording {
    Sysmon,
    SysmonAndSecurity,
    Security,
    /// Nothing: a device, or a host without an agent.
    Nothing,
}

/// When the person at a host works, in local hours, and how much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    pub(crate) from: f64,
    pub(crate) until: f64,
    /// Probability of working on a free day, and in an evening.
    pub(crate) weekend: f64,
    pub(crate) evening: f64,
    /// A factor on everything that is done.
    pub(crate) pace: f64,
    /// A factor on the bytes.
    pub(crate) weight: f64,
}

/// An application on a host.
#[derive(Debug, Clone)]
pub(crate) struct Installed {
    /// Its place in the fleet's list.
    pub(crate) application: usize,
    pub(crate) from_day: u32,
    /// Conversations of what is scaled to the plan, a factor on the bytes, and growth from day to day.
    pub(crate) pace: f64,
    pub(crate) weight: f64,
    pub(crate) growth: f64,
}

/// One host.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(crate) index: u32,
    pub(crate) name: String,
    pub(crate) fqdn: String,
    pub(crate) role: Role,
    pub(crate) site: usize,
    /// `DOMAIN\account` of its person, and the account alone.
    pub(crate) user: Arc<str>,
    pub(crate) account: String,
    pub(crate) habits: Habits,
    pub(crate) recording: Recording,
    pub(crate) format: EndpointFormat,
    pub(crate) faults: HostFaults,
    /// Taken home now and then.
    pub(crate) laptop: bool,
    pub(crate) always_on: bool,
    /// The days on which it exists.
    pub(crate) life: (u32, u32),
    /// It is still there after the last day.
    pub(crate) stays: bool,
    /// Its address, where it keeps one; else its place in the pool.
    pub(crate) fixed: Option<Ipv4Addr>,
    pub(crate) slot: u32,
    pub(crate) mac: String,
    /// The sensors that see it: all its traffic, and what leaves the company.
    pub(crate) sensor: usize,
    pub(crate) second: Option<usize>,
    pub(crate) installed: Vec<Installed>,
    /// What Sysmon puts first into every GUID.
    pub(crate) machine: u32,
}

/// What the company is called and how it names its hosts.
#[derive(Debug, Clone)]
pub(crate) struct Company {
    pub(crate) short: String,
    pub(crate) domain: String,
    pub(crate) netbios: String,
    scheme: usize,
    lower: bool,
}

impl Company {
    /// Draws a company.
    pub(crate) fn draw(seed: u64) -> Self {
        let mut chance = Chance::of(seed, "company", 0, 0);
        let short = names::word(&mut chance);
        Self {
            domain: format!("{}.{short}.example", chance.pick(&["corp", "ad", "int"])),
            netbios: short.to_uppercase().chars().take(12).collect(),
            short,
            scheme: chance.below(3),
            lower: chance.happens(0.3),
        }
    }

    /// The name of a host.
    fn host(&self, role: Role, number: u32, chance: &mut Chance) -> String {
        let kind = match role {
            Role::Office | Role::Finance | Role::Developer | Role::Admin => {
                chance.pick(&["WKS", "WKS", "NB"])
            }
            Role::Kiosk => "ROOM",
            Role::FileServer => "FS",
            Role::WebServer => "WEB",
            Role::BuildServer => "BLD",
            Role::DomainController => "DC",
            Role::PrintServer => "PRN",
            Role::Printer => "MFP",
            Role::Camera => "CAM",
            Role::Storage => "NAS",
            Role::Gateway => "GW",
        };
        let short: String = self.short.to_uppercase().chars().take(3).collect();
        let name = match self.scheme {
            0 => format!("{kind}-{number:04}"),
            1 => format!("{short}-{kind}{number:04}"),
            _ => format!("{short}{kind}{number:04}"),
        };
        if self.lower { name.to_lowercase() } else { name }
    }
}

/// Draws all hosts of a fleet.
pub(crate) fn draw_hosts(seed: u64, count: u32, company: &Company, calendar: &Calendar) -> Vec<Host> {
    let roles = draw_roles(seed, count);
    let sites = if count >= 40 { 2 } else { 1 };
    let edge = (count >= 8).then_some(sites);
    let mut slots = vec![0u32; sites];
    let mut hosts = Vec::with_capacity(roles.len());
    for (index, role) in (0..).zip(roles) {
        let mut chance = Chance::of(seed, "host", u64::from(index), 0);
        // Servers stand at the main site.
        let site = if role.is_server() || chance.happens(0.7) { 0 } else { sites - 1 };
        let slot = slots[site];
        slots[site] += 1;
        hosts.push(draw_host(&mut chance, index, role, (site, slot, edge), company, calendar));
    }
    hosts
}

/// Servers that every company has come first, then the rest by its usual share, in random order.
fn draw_roles(seed: u64, count: u32) -> Vec<Role> {
    const SHARES: &[(Role, f64)] = &[
        (Role::Office, 0.40),
        (Role::Developer, 0.16),
        (Role::Finance, 0.10),
        (Role::Admin, 0.05),
        (Role::Kiosk, 0.05),
        (Role::FileServer, 0.03),
        (Role::WebServer, 0.04),
        (Role::BuildServer, 0.03),
        (Role::DomainController, 0.015),
        (Role::PrintServer, 0.01),
        (Role::Printer, 0.04),
        (Role::Camera, 0.035),
        (Role::Storage, 0.02),
        (Role::Gateway, 0.01),
    ];
    const NEEDED: &[Role] = &[
        Role::DomainController,
        Role::Office,
        Role::Developer,
        Role::FileServer,
        Role::Office,
        Role::Finance,
        Role::Printer,
        Role::Camera,
        Role::WebServer,
        Role::Admin,
    ];
    let mut chance = Chance::of(seed, "roles", 0, 0);
    let weights: Vec<f64> = SHARES.iter().map(|(_, share)| *share).collect();
    let mut roles: Vec<Role> = NEEDED.iter().copied().take(count as usize).collect();
    while roles.len() < count as usize {
        roles.push(SHARES[chance.weighted(&weights)].0);
    }
    chance.shuffle(&mut roles);
    // Servers are written last: by then everything that calls them is known.
    roles.sort_by_key(|role| role.is_server());
    roles
}

fn draw_host(
    chance: &mut Chance,
    index: u32,
    role: Role,
    (site, slot, edge): (usize, u32, Option<usize>),
    company: &Company,
    calendar: &Calendar,
) -> Host {
    let name = company.host(role, index + 1, chance);
    let account = names::account(chance);
    let desk = role.is_desk();
    let last = calendar.days.saturating_sub(1);
    let life = match chance.below(20) {
        0 if desk => (chance.below(calendar.days as usize) as u32, last),
        1 if desk => (0, chance.below(calendar.days as usize) as u32),
        _ => (0, last),
    };
    let fixed = (!desk && role != Role::Kiosk && role != Role::Camera)
        .then(|| Ipv4Addr::new(10, 20 + 10 * site as u8, 1 + (slot / 200) as u8, 10 + (slot % 200) as u8));
    Host {
        index,
        fqdn: format!("{name}.{}", company.domain),
        name,
        role,
        site,
        user: format!("{}\\{account}", company.netbios).into(),
        account,
        habits: draw_habits(chance),
        recording: draw_recording(chance, role),
        format: chance.one(&[
            EndpointFormat::Winlogbeat,
            EndpointFormat::Winlogbeat,
            EndpointFormat::Winlogbeat,
            EndpointFormat::EvtxDump,
            EndpointFormat::EvtxDump,
            EndpointFormat::Nxlog,
            EndpointFormat::Helk,
            EndpointFormat::Velociraptor,
        ]),
        faults: HostFaults::draw(chance),
        laptop: desk && chance.happens(0.5),
        always_on: !desk || chance.happens(0.25),
        stays: life.1 == last,
        life,
        fixed,
        slot,
        mac: mac(chance),
        sensor: site,
        second: if site == 0 { edge.filter(|_| chance.happens(0.4)) } else { None },
        installed: Vec::new(),
        machine: chance.word() as u32,
    }
}

fn draw_habits(chance: &mut Chance) -> Habits {
    let from = (8.6 + 0.9 * chance.normal()).clamp(5.0, 12.0);
    Habits {
        from,
        until: (from + 8.8 + 0.8 * chance.normal()).clamp(from + 3.0, 21.5),
        weekend: if chance.happens(0.2) { 0.5 } else { 0.06 },
        evening: if chance.happens(0.25) { 0.4 } else { 0.05 },
        pace: chance.spread(1.0, 0.35),
        weight: chance.spread(1.0, 0.5),
    }
}

fn draw_recording(chance: &mut Chance, role: Role) -> Recording {
    if !role.is_windows() {
        return Recording::Nothing;
    }
    match chance.below(100) {
        0..=69 => Recording::Sysmon,
        70..=84 => Recording::SysmonAndSecurity,
        85..=94 => Recording::Security,
        _ => Recording::Nothing,
    }
}

fn mac(chance: &mut Chance) -> String {
    let word = chance.word().to_be_bytes();
    format!(
        "{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}",
        word[0] & 0xfc,
        word[1],
        word[2],
        word[3],
        word[4],
        word[5]
    )
}

impl Host {
    /// The host's address on a day. Hosts without a fixed one swap theirs every other day, half of them.
    pub(crate) fn address(&self, day: i64, pool: u32) -> Ipv4Addr {
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        let slot = if self.slot % 2 == 1 {
            // The odd places of the pool rotate among themselves.
            let places = (pool / 2).max(1);
            2 * ((self.slot / 2 + ((day + 2) / 2) as u32 * 3) % places) + 1
        } else {
            self.slot
        };
        Ipv4Addr::new(10, 20 + 10 * self.site as u8, 100 + (slot / 200 % 150) as u8, 10 + (slot % 200) as u8)
    }

    /// Whether the host exists on a day.
    pub(crate) fn exists(&self, day: i64) -> bool {
        let (first, last) = self.life;
        (first == 0 || day >= i64::from(first)) && (self.stays || day <= i64::from(last))
    }
}
