//! One host from day to day: who is there, what runs, whom it talks to.

mod habits;
pub(crate) mod places;
mod talking;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::Arc;

use crate::applications::{Account, Application, Life};
use crate::calendar::{DAY, HOUR, MINUTE, SECOND};
use crate::chance::Chance;
use crate::error::EmulateError;
use crate::fleet::Fleet;
use crate::hosts::Host;
use crate::machine::{Machine, Process, Program};
use crate::senders;
use crate::write::{Accept, Connection, Recorder, Wire};

/// What is known about one planted sender and one of its destinations.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    pub(crate) scenario: &'static str,
    pub(crate) host: String,
    pub(crate) host_ips: BTreeSet<Ipv4Addr>,
    pub(crate) domain: Option<Arc<str>>,
    pub(crate) ips: BTreeSet<Ipv4Addr>,
    pub(crate) ports: BTreeMap<u16, u64>,
    /// By process id; 0 where there is no process.
    pub(crate) senders: BTreeMap<u32, Sender>,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) bytes: u64,
    /// An endpoint event names the sender.
    pub(crate) named: bool,
}

/// What one process of a planted sender sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sender {
    pub(crate) bytes: u64,
    /// Image and user.
    pub(crate) process: Option<(Arc<str>, Arc<str>)>,
}

/// One host across the days.
#[derive(Debug)]
pub(crate) struct HostRun<'f> {
    pub(crate) fleet: &'f Fleet,
    pub(crate) host: &'f Host,
    pub(crate) machine: Machine,
    recorder: Recorder<'f>,
    /// Connections from other hosts, by time, latest first.
    accepts: Vec<Accept>,
    tallies: BTreeMap<(u32, String), Tally>,
    /// Processes of planted senders that outlive a day.
    pub(crate) kept: BTreeMap<u32, Rc<Process>>,
    boot: i64,
    days_present: u64,
}

/// One day of one host while it is played.
pub(crate) struct Scene<'s, 'f> {
    pub(crate) run: &'s mut HostRun<'f>,
    wire: &'s mut Wire,
    accepts: &'s mut [Vec<Accept>],
    pub(crate) chance: Chance,
    pub(crate) day: i64,
    /// When the host is on, and when its person works; both empty where not.
    pub(crate) on: (i64, i64),
    pub(crate) work: Option<(i64, i64)>,
    pub(crate) address: Ipv4Addr,
    /// No sensor sees it today.
    away: bool,
    known_names: BTreeSet<Arc<str>>,
    /// A resolved place stays for the day.
    resolved: BTreeMap<Arc<str>, Ipv4Addr>,
}

impl<'f> HostRun<'f> {
    /// A host before its first day.
    pub(crate) fn new(fleet: &'f Fleet, host: &'f Host, mut accepts: Vec<Accept>) -> Self {
        let seed = fleet.plan.seed;
        let mut chance = Chance::of(seed, "machine", host.index.into(), 0);
        accepts.sort_unstable_by(|a, b| b.cmp(a));
        let boot = fleet.calendar.start - chance.range(2 * DAY, 20 * DAY);
        let format = match fleet.plan.endpoint {
            crate::plan::EndpointFormat::Mixed => host.format,
            one => one,
        };
        let span = (fleet.calendar.start, fleet.calendar.end());
        Self {
            fleet,
            host,
            machine: Machine::new(host, boot, &mut chance),
            recorder: Recorder::new(host, format, fleet.calendar.zone, span, chance),
            accepts,
            tallies: BTreeMap::new(),
            kept: BTreeMap::new(),
            boot,
            days_present: 0,
        }
    }

    /// Days on which the host was on.
    pub(crate) fn days_present(&self) -> u64 {
        self.days_present
    }

    /// What was planted on this host.
    pub(crate) fn into_tallies(self) -> impl Iterator<Item = Tally> {
        self.tallies.into_values()
    }

    /// Appends the events of a local day that can no longer change their order.
    pub(crate) fn flush(&mut self, day: i64, lines: &mut String) {
        let before = if day >= i64::from(self.fleet.plan.days) {
            i64::MAX / 2
        } else {
            self.fleet.calendar.local(day + 1, 0.0) - 30 * MINUTE
        };
        self.recorder.flush(before, lines);
    }

    /// Plays a local day.
    pub(crate) fn day(
        &mut self,
        day: i64,
        wire: &mut Wire,
        accepts: &mut [Vec<Accept>],
    ) -> Result<(), EmulateError> {
        let (fleet, host) = (self.fleet, self.host);
        let mut chance = Chance::of(fleet.plan.seed, "day", host.index.into(), (day + 1) as u64);
        let planned: Vec<_> = fleet
            .attacks
            .iter()
            .filter(|planned| planned.host == host.index && planned.on(day))
            .cloned()
            .collect();
        let work = self.working(day, !planned.is_empty(), &mut chance);
        let on = self.on(day, work, &mut chance);
        let Some(on) = on.filter(|_| host.exists(day)) else { return Ok(()) };
        let away = host.laptop && planned.is_empty() && chance.happens(0.2);
        if (0..i64::from(fleet.plan.days)).contains(&day) {
            self.days_present += 1;
        }
        let address = if away {
            Ipv4Addr::new(192, 168, chance.one(&[0, 1, 2, 178, 50]), chance.range(20, 250) as u8)
        } else {
            fleet.address(host, day)
        };
        let mut scene = Scene {
            run: self,
            wire,
            accepts,
            chance,
            day,
            on,
            work,
            address,
            away,
            known_names: BTreeSet::new(),
            resolved: BTreeMap::new(),
        };
        scene.morning()?;
        if host.role.is_windows() {
            scene.habits()?;
            scene.noise();
        } else {
            scene.device()?;
        }
        for planned in &planned {
            senders::play(&mut scene, planned)?;
        }
        scene.answer_calls();
        scene.evening();
        Ok(())
    }

    /// When the host's person works on a day.
    fn working(&self, day: i64, wanted: bool, chance: &mut Chance) -> Option<(i64, i64)> {
        let (host, calendar) = (self.host, &self.fleet.calendar);
        let habits = host.habits;
        let free = calendar.is_free(day);
        let comes = if free { habits.weekend } else { 0.94 };
        if !host.role.is_windows() || (!chance.happens(comes) && !wanted) {
            return None;
        }
        if host.role.is_server() {
            // An administrator looks in now and then.
            let hour = chance.real(8.5, 15.0);
            return Some((calendar.local(day, hour), calendar.local(day, hour + chance.real(0.3, 2.0))));
        }
        let from = habits.from + 0.4 * chance.normal() + if free { 2.0 } else { 0.0 };
        let mut until = (habits.until + 0.5 * chance.normal()).max(from + 2.0) - if free { 4.0 } else { 0.0 };
        if chance.happens(habits.evening) {
            until = until.max(20.0) + chance.real(0.0, 2.0);
        }
        Some((calendar.local(day, from), calendar.local(day, until.clamp(from + 1.0, 23.6))))
    }

    /// When the host is on.
    fn on(&self, day: i64, work: Option<(i64, i64)>, chance: &mut Chance) -> Option<(i64, i64)> {
        let calendar = &self.fleet.calendar;
        if self.host.always_on {
            return Some((calendar.local(day, 0.0), calendar.local(day, 24.0)));
        }
        let early = chance.range(2 * MINUTE, 10 * MINUTE);
        let late = chance.range(MINUTE, 20 * MINUTE);
        work.map(|(from, until)| (from - early, until + late))
    }
}

impl Scene<'_, '_> {
    /// The host boots, its person logs on, it asks for an address.
    fn morning(&mut self) -> Result<(), EmulateError> {
        let (host, fleet) = (self.run.host, self.run.fleet);
        let boots = if host.always_on { self.chance.happens(0.04) } else { self.chance.happens(0.6) };
        if host.role.is_windows() && boots && self.day >= 0 {
            let at = self.on.0 + self.chance.range(0, 20 * SECOND);
            self.run.machine = Machine::new(host, at, &mut self.chance);
            self.run.kept.clear();
            self.run.boot = at;
        }
        if host.fixed.is_none() && !self.away {
            let at = self.on.0 + self.chance.range(5 * SECOND, 50 * SECOND);
            if at >= fleet.calendar.start && at < fleet.calendar.end() {
                let lease = (host.name.as_str(), host.mac.as_str(), self.address);
                self.wire.lease(at, host.sensor, lease, &fleet.company.domain, &mut self.chance)?;
            }
        }
        Ok(())
    }

    /// The session ends, and the host goes off where it does.
    fn evening(&mut self) {
        let off = self.on.1;
        let session_end = self.work.map_or(off, |(_, until)| until.min(off));
        let list: Vec<usize> = self.run.machine.running.keys().copied().collect();
        let shuts_down = !self.run.host.always_on && self.chance.happens(0.5);
        for application in list {
            let life = self.run.fleet.applications[application].life;
            let ends = life == Life::Day || (life == Life::Boot && shuts_down);
            if let Some(process) = ends.then(|| self.run.machine.running.remove(&application)).flatten() {
                let at =
                    if life == Life::Day { session_end } else { off } - self.chance.range(0, 40 * SECOND);
                self.end(&process, at);
            }
        }
        self.run.machine.end_session();
    }

    /// Starts a process whose parent has an image.
    pub(crate) fn start(&mut self, program: &Program, parent: &str, at: i64) -> Rc<Process> {
        let parent = self.run.machine.parent(parent, at, &mut self.chance);
        self.start_below(program, parent, at)
    }

    /// Starts a process below another.
    pub(crate) fn start_below(&mut self, program: &Program, parent: Rc<Process>, at: i64) -> Rc<Process> {
        let process = self.run.machine.spawn(program, Some(parent), at, &mut self.chance);
        self.run.recorder.start(&process, at);
        process
    }

    /// Ends a process.
    pub(crate) fn end(&mut self, process: &Rc<Process>, at: i64) {
        self.run.recorder.end(process, at);
        self.run.machine.release(process);
    }

    /// The running process of an application, started where it is not.
    pub(crate) fn process_of(&mut self, index: usize, at: i64, words: &Words) -> Rc<Process> {
        if let Some(process) = self.run.machine.running.get(&index) {
            return process.clone();
        }
        let fleet = self.run.fleet;
        let application = &fleet.applications[index];
        let at = match application.life {
            Life::Boot => self.run.boot + self.chance.range(2 * SECOND, 90 * SECOND),
            Life::Day => {
                let from = self.work.map_or(self.on.0, |(from, _)| from);
                (from + self.chance.range(5 * SECOND, 40 * MINUTE)).min(at - SECOND)
            }
            Life::Run => at - self.chance.range(60_000, 3 * SECOND),
        };
        let at = at.min(self.on.1);
        let process = self.launch(application, at, words);
        if application.life != Life::Run {
            self.run.machine.running.insert(index, process.clone());
        }
        process
    }

    /// Starts an application; below a process of its own where it has such a root.
    pub(crate) fn launch(&mut self, application: &Application, at: i64, words: &Words) -> Rc<Process> {
        let account = self.run.host.account.clone();
        let image = application.image_for(&account);
        if image == "System" {
            return self.run.machine.kernel();
        }
        let program = Program {
            original: application
                .original
                .clone()
                .unwrap_or_else(|| image.rsplit('\\').next().unwrap_or(&image).to_owned()),
            company: application.company.clone(),
            product: application.product.clone(),
            command: words.fill(&application.command, &account),
            account: application.user,
            image,
        };
        let parent = application.parent.replace("%USERPROFILE%", &crate::names::profile(&account));
        if !application.root {
            return self.start(&program, &parent, at);
        }
        let root = self.start(&Program { command: String::new(), ..program.clone() }, &parent, at);
        let later = at + self.chance.range(80_000, 900_000);
        self.start_below(&program, root, later)
    }

    /// One process opens another.
    pub(crate) fn access(&mut self, source: &Process, target: &Process, at: i64, granted: u32, trace: &str) {
        self.run.recorder.access(source, target, at, granted, trace);
    }

    /// Records this host's side of connections that others opened to it.
    fn answer_calls(&mut self) {
        let until = self.run.fleet.calendar.local(self.day + 1, 0.0);
        while let Some(accept) = self.run.accepts.pop_if(|accept| accept.time < until) {
            let application = match accept.port {
                7680 => "delivery-optimization",
                8003 => "inventory",
                443 | 80 => "web-server",
                53 | 88 | 389 | 123 => continue,
                _ => "smb",
            };
            // Most configurations leave the server's side of file sharing out.
            if accept.port == 445 && !self.chance.happens(0.35) {
                continue;
            }
            let Some(index) =
                self.run.fleet.applications.iter().position(|candidate| candidate.name == application)
            else {
                continue;
            };
            let process = self.process_of(index, accept.time, &Words::none());
            let connection = Connection {
                proto: accept.proto,
                initiated: false,
                source: accept.from,
                destination: (self.address, accept.port),
                destination_name: None,
                source_name: None,
            };
            self.run.recorder.connection(&process, accept.time, &connection);
        }
    }

    /// Starts and ends that send nothing, and accesses that mean nothing.
    fn noise(&mut self) {
        const TOOLS: &[(&str, &str, Account)] = &[
            ("C:\\Windows\\System32\\notepad.exe", "", Account::User),
            ("C:\\Windows\\System32\\conhost.exe", "0x4", Account::User),
            ("C:\\Windows\\System32\\RuntimeBroker.exe", "-Embedding", Account::User),
            ("C:\\Windows\\System32\\cmd.exe", "/c dir", Account::User),
            ("C:\\Windows\\System32\\taskhostw.exe", "", Account::System),
            ("C:\\Windows\\System32\\wbem\\WmiPrvSE.exe", "-secured -Embedding", Account::Network),
            ("C:\\Program Files\\7-Zip\\7z.exe", "a -tzip {document} {word}", Account::User),
            ("C:\\Windows\\System32\\msiexec.exe", "/i {word}.msi /qn", Account::System),
        ];
        for _ in 0..self.chance.times(9.0) {
            let Some(at) = self.moment(crate::applications::When::Any) else { return };
            let (image, command, account) = TOOLS[self.chance.below(TOOLS.len())];
            let words = Words::draw(&mut self.chance, "");
            let program = Program::windows(image, &words.fill(command, ""), account);
            let parent = chance_parent(account, &mut self.chance);
            let process = self.start(&program, parent, at);
            let end = at + self.chance.spread(20e6, 1.5) as i64;
            self.end(&process, end);
        }
        for _ in 0..self.chance.times(4.0) {
            self.harmless_access();
        }
    }

    fn harmless_access(&mut self) {
        let Some(at) = self.moment(crate::applications::When::Any) else { return };
        let list: Vec<Rc<Process>> = self.run.machine.running.values().cloned().collect();
        if list.len() < 2 {
            return;
        }
        let source = list[self.chance.below(list.len())].clone();
        let target = list[self.chance.below(list.len())].clone();
        if source.pid == 4 || target.pid == 4 || source.pid == target.pid {
            return;
        }
        let granted = self.chance.one(&[0x1000, 0x1400, 0x1410, 0x1410, 0x40, 0x101541, 0x1f_ffff, 0x143a]);
        self.access(&source, &target, at, granted, CALL_TRACE);
    }
}

/// What Sysmon prints of a call stack.
pub(crate) const CALL_TRACE: &str =
    "C:\\Windows\\SYSTEM32\\ntdll.dll+9d4c4|C:\\Windows\\System32\\KERNELBASE.dll+2c13e";

fn chance_parent(account: Account, chance: &mut Chance) -> &'static str {
    match account {
        Account::User => chance.pick(&[
            "C:\\Windows\\explorer.exe",
            "C:\\Windows\\explorer.exe",
            "C:\\Windows\\System32\\cmd.exe",
        ]),
        _ => "C:\\Windows\\System32\\svchost.exe",
    }
}

/// Words for the blanks of a command line.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub(crate) destination: String,
    word: String,
    document: String,
}

impl Words {
    /// Blanks stay empty.
    pub(crate) fn none() -> Self {
        Self { destination: String::new(), word: "main".to_owned(), document: "file.dat".to_owned() }
    }

    /// Draws words.
    pub(crate) fn draw(chance: &mut Chance, destination: &str) -> Self {
        Self {
            destination: destination.to_owned(),
            word: crate::names::word(chance),
            document: crate::names::document(chance),
        }
    }

    /// The same with one of the few scripts that a host runs again and again; the first of them runs on all hosts.
    pub(crate) fn with_habit(
        mut self,
        seed: u64,
        host: u32,
        application: usize,
        chance: &mut Chance,
    ) -> Self {
        if chance.happens(0.9) {
            let script = chance.below(3) as u64;
            let of = if script == 0 { 0 } else { u64::from(host) + 1 };
            self.word =
                crate::names::word(&mut Chance::of(seed, "scripts", of, (application as u64) << 2 | script));
        }
        self
    }

    /// Fills the blanks of a command line.
    pub(crate) fn fill(&self, command: &str, account: &str) -> String {
        if !command.contains(['{', '%']) {
            return command.to_owned();
        }
        command
            .replace("{destination}", &self.destination)
            .replace("{word}", &self.word)
            .replace("{document}", &self.document)
            .replace("%USERPROFILE%", &crate::names::profile(account))
    }
}

/// Hours in the middle of the night, local.
pub(crate) const NIGHT: (f64, f64) = (0.5, 4.5);

/// The longest conversation that is played.
pub(crate) const LONGEST: i64 = 20 * HOUR;
