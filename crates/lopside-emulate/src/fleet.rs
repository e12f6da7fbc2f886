//! A fleet before its first day: company, hosts, what is installed where, servers within, who is to be attacked.

use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::applications::{Application, ordinary_applications, pilot_applications, rare_applications};
use crate::atlas::Atlas;
use crate::calendar::Calendar;
use crate::chance::Chance;
use crate::error::EmulateError;
use crate::faults::SensorFaults;
use crate::hosts::{Company, Host, Installed, Role, draw_hosts};
use crate::plan::FleetPlan;
use crate::senders::{Planned, plan_attacks};
use crate::session::Place;

/// Everything about a fleet that does not change from day to day.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) plan: FleetPlan,
    pub(crate) company: Company,
    pub(crate) calendar: Calendar,
    pub(crate) atlas: Atlas,
    pub(crate) applications: Vec<Application>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) sensors: Vec<(&'static str, SensorFaults)>,
    pub(crate) attacks: Vec<Planned>,
    /// Hosts at each site.
    pools: Vec<u32>,
    /// Web traffic of browsers goes through a proxy.
    pub(crate) proxy: bool,
    pub(crate) temper: Temper,
}

/// How this company differs from the next: what no score may rely on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Temper {
    /// Median bytes that a planted sender takes.
    pub(crate) theft: f64,
    /// The chance that one on a machine that is always on waits for the evening.
    pub(crate) after_hours: f64,
    /// The chance, on hard fleets, that one sends all in one flow although its kind would take several.
    pub(crate) in_one_flow: f64,
    /// How often people hand large files to portals, and tools send once in a while, against the list.
    pub(crate) one_offs: f64,
    /// How much more rare software arrives while the telemetry is written.
    arrivals: f64,
}

impl Temper {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut chance = Chance::of(seed, "temper", 0, 0);
        Self {
            theft: chance.spread(170_000_000.0, 0.45).clamp(60_000_000.0, 450_000_000.0),
            after_hours: chance.real(0.15, 0.6),
            one_offs: chance.spread(1.0, 0.4).clamp(0.4, 2.2),
            arrivals: chance.spread(1.0, 0.4).clamp(0.4, 2.2),
            in_one_flow: chance.real(0.0, 0.2),
        }
    }
}

impl Fleet {
    /// Draws a fleet.
    pub(crate) fn draw(plan: &FleetPlan) -> Result<Self, EmulateError> {
        let seed = plan.seed;
        let calendar = Calendar::draw(seed, plan.days);
        let company = Company::draw(seed);
        let mut applications = ordinary_applications()?;
        let ordinary = applications.len();
        applications.extend(rare_applications(seed, (plan.hosts * 2).div_ceil(3)));
        let rare = applications.len();
        if plan.hard {
            applications.extend(pilot_applications(seed, plan.hosts.div_ceil(80)));
        }
        let mut hosts = draw_hosts(seed, plan.hosts, &company, &calendar);
        let temper = Temper::draw(seed);
        install(plan, &applications[..rare], ordinary, temper, &mut hosts);
        install_pilots(plan, &applications, rare, &mut hosts);
        for host in &mut hosts {
            set_pace(host, &applications, plan.flows_per_host_day);
        }
        let sites = hosts.iter().map(|host| host.site).max().unwrap_or(0) + 1;
        let pools =
            (0..sites).map(|site| hosts.iter().filter(|host| host.site == site).count() as u32).collect();
        let names: &[&str] = if sites == 2 { &["core", "branch", "edge"] } else { &["core", "edge"] };
        let mut chance = Chance::of(seed, "sensors", 0, 0);
        let mut sensors: Vec<_> = Vec::new();
        for name in names {
            let faults = SensorFaults::draw(&mut chance, sensors.is_empty());
            sensors.push((*name, faults));
        }
        if !hosts.iter().any(|host| host.second.is_some()) {
            sensors.pop();
        }
        let attacks = plan_attacks(plan, &calendar, &hosts);
        let proxy = chance.happens(0.15);
        Ok(Self {
            plan: plan.clone(),
            company,
            calendar,
            atlas: Atlas::draw(seed),
            applications,
            hosts,
            sensors,
            attacks,
            pools,
            proxy,
            temper,
        })
    }

    /// A host's address on a day.
    pub(crate) fn address(&self, host: &Host, day: i64) -> Ipv4Addr {
        host.address(day, self.pools[host.site])
    }

    /// A server within, of a kind that the list of applications names.
    pub(crate) fn internal(&self, kind: &str, me: &Host, day: i64, chance: &mut Chance) -> Option<Place> {
        let role = match kind {
            "file" => Role::FileServer,
            "dc" => Role::DomainController,
            "printer" => Role::Printer,
            other => return self.unmonitored(other),
        };
        let list: Vec<&Host> = self
            .hosts
            .iter()
            .filter(|host| host.role == role && host.index != me.index && host.exists(day))
            .collect();
        if list.is_empty() {
            return self.unmonitored(kind);
        }
        // Each host has the server that it mostly uses.
        let usual = me.index as usize % list.len();
        let host = list[if chance.happens(0.85) { usual } else { chance.below(list.len()) }];
        Some(self.host_place(host, day))
    }

    /// A workstation that is written later, so that its side can still be recorded.
    pub(crate) fn peer(&self, me: &Host, day: i64, chance: &mut Chance) -> Option<Place> {
        let later = self.hosts.get(me.index as usize + 1..)?;
        let list: Vec<&Host> = later
            .iter()
            .filter(|host| host.site == me.site && host.exists(day) && !host.laptop)
            .filter(|host| host.role.is_desk() || host.role == Role::Kiosk)
            .take(40)
            .collect();
        (!list.is_empty()).then(|| self.host_place(list[chance.below(list.len())], day))
    }

    fn host_place(&self, host: &Host, day: i64) -> Place {
        Place {
            name: Some(host.fqdn.to_lowercase().into()),
            address: self.address(host, day),
            host: Some(host.index),
        }
    }

    /// A server that no agent runs on and that is not counted among the hosts.
    fn unmonitored(&self, kind: &str) -> Option<Place> {
        let (name, last) = match kind {
            "collector" => ("logs01", 21),
            "distribution" => ("sccm01", 22),
            "backup" => ("bkp01", 23),
            "proxy" => ("proxy01", 24),
            "file" => ("filer01", 25),
            "dc" => ("adc01", 26),
            "printer" => ("mfp01", 27),
            _ => return None,
        };
        let name: Arc<str> = format!("{name}.{}", self.company.domain).into();
        Some(Place { name: Some(name), address: Ipv4Addr::new(10, 20, 250, last), host: None })
    }
}

/// Decides what is installed where.
fn install(
    plan: &FleetPlan,
    applications: &[Application],
    ordinary: usize,
    temper: Temper,
    hosts: &mut [Host],
) {
    let seed = plan.seed;
    for (index, application) in applications.iter().enumerate().take(ordinary) {
        let mut chance = Chance::of(seed, "roll-out", index as u64, 0);
        let arrival = chance.range(1, i64::from(plan.days).max(2) - 1) as u32;
        for host in hosts.iter_mut().filter(|host| application.suits(host.role)) {
            if !chance.happens(application.share) {
                continue;
            }
            let from_day = if application.rollout {
                arrival + chance.one(&[0, 0, 0, 1, 1, 2])
            } else {
                late(application.late, plan.days, &mut chance)
            };
            host.installed.push(installed(index, from_day, &mut chance));
        }
    }
    let windows: Vec<usize> =
        hosts.iter().enumerate().filter(|(_, host)| host.role.is_windows()).map(|(index, _)| index).collect();
    for (index, application) in applications.iter().enumerate().skip(ordinary) {
        let mut chance = Chance::of(seed, "rare installation", index as u64, 0);
        if windows.is_empty() {
            break;
        }
        let from_day = late(application.late * temper.arrivals, plan.days, &mut chance);
        for _ in 0..chance.one(&[1, 1, 1, 2, 3]) {
            let host = &mut hosts[chance.one(&windows)];
            if host.installed.iter().all(|present| present.application != index) {
                host.installed.push(installed(index, from_day, &mut chance));
            }
        }
    }
}

/// Software that a few hosts are given together: most of it in the days that are written.
fn install_pilots(plan: &FleetPlan, applications: &[Application], from: usize, hosts: &mut [Host]) {
    let windows: Vec<usize> =
        hosts.iter().enumerate().filter(|(_, host)| host.role.is_windows()).map(|(index, _)| index).collect();
    for index in from..applications.len() {
        let mut chance = Chance::of(plan.seed, "pilot", index as u64, 0);
        let arrival = late(0.6, plan.days, &mut chance);
        for _ in 0..chance.range(2, 9) {
            let Some(host) = windows.get(chance.below(windows.len())).and_then(|at| hosts.get_mut(*at))
            else {
                return;
            };
            if host.installed.iter().all(|present| present.application != index) {
                let from_day = if arrival == 0 { 0 } else { arrival + chance.one(&[0, 0, 0, 1, 1, 2]) };
                host.installed.push(installed(index, from_day, &mut chance));
            }
        }
    }
}

fn late(share: f64, days: u32, chance: &mut Chance) -> u32 {
    if chance.happens(share) { chance.below(days as usize) as u32 } else { 0 }
}

fn installed(application: usize, from_day: u32, chance: &mut Chance) -> Installed {
    Installed {
        application,
        from_day,
        pace: 1.0,
        weight: chance.spread(1.0, 0.3),
        growth: if chance.happens(0.2) { chance.real(0.97, 1.12) } else { 1.0 },
    }
}

/// Scales what can be scaled to the plan's flows a day, name lookups included.
fn set_pace(host: &mut Host, applications: &[Application], flows: u32) {
    let (mut scaled, mut fixed) = (0.0, 0.0);
    for present in &host.installed {
        for line in &applications[present.application].traffic {
            *(if line.fixed { &mut fixed } else { &mut scaled }) += line.per_day * line.days;
        }
    }
    let pace = ((f64::from(flows) * 0.85 - fixed) / f64::max(scaled, 1.0)).max(0.02);
    for present in &mut host.installed {
        present.pace = pace * host.habits.pace;
    }
}
