//! The processes of one host: which run, with which ids. Ids are reused as Windows reuses them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::applications::Account;
use crate::calendar::{MINUTE, SECOND};
use crate::chance::{Chance, hash};
use crate::hosts::Host;

/// What is to be started.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) image: String,
    /// What follows the quoted image.
    pub(crate) command: String,
    /// `OriginalFileName`; `-` for none.
    pub(crate) original: String,
    pub(crate) company: String,
    pub(crate) product: String,
    pub(crate) account: Account,
}

impl Program {
    /// A program that ships with Windows.
    pub(crate) fn windows(image: &str, command: &str, account: Account) -> Self {
        Self {
            image: image.to_owned(),
            command: command.to_owned(),
            original: image.rsplit('\\').next().unwrap_or(image).to_owned(),
            company: "Microsoft Corporation".to_owned(),
            product: "Microsoft Windows Operating System".to_owned(),
            account,
        }
    }
}

/// A process that runs or ran.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) guid: Arc<str>,
    pub(crate) image: Arc<str>,
    pub(crate) command: Arc<str>,
    pub(crate) original: Arc<str>,
    pub(crate) company: Arc<str>,
    pub(crate) product: Arc<str>,
    pub(crate) user: Arc<str>,
    pub(crate) account: Account,
    pub(crate) hashes: Arc<str>,
    pub(crate) parent: Option<Rc<Process>>,
}

/// The processes of one host.
#[derive(Debug)]
pub(crate) struct Machine {
    machine: u32,
    user: Arc<str>,
    used: BTreeSet<u32>,
    sequence: u32,
    /// Processes that others start from, by image.
    core: BTreeMap<String, Rc<Process>>,
    /// Services and session programs that run, by the application's place in the fleet's list.
    pub(crate) running: BTreeMap<usize, Rc<Process>>,
    kernel: Rc<Process>,
}

impl Machine {
    /// A machine that was started at a time.
    pub(crate) fn new(host: &Host, boot: i64, chance: &mut Chance) -> Self {
        let kernel = Process {
            pid: 4,
            guid: guid(host.machine, boot, 0x03eb, chance),
            image: "System".into(),
            command: "".into(),
            original: "-".into(),
            company: "-".into(),
            product: "-".into(),
            user: "NT AUTHORITY\\SYSTEM".into(),
            account: Account::System,
            hashes: "-".into(),
            parent: None,
        };
        let mut machine = Self {
            machine: host.machine,
            user: host.user.clone(),
            used: BTreeSet::new(),
            sequence: 0x0400,
            core: BTreeMap::new(),
            running: BTreeMap::new(),
            kernel: Rc::new(kernel),
        };
        machine.start_core(boot, chance);
        machine
    }

    /// The kernel.
    pub(crate) fn kernel(&self) -> Rc<Process> {
        self.kernel.clone()
    }

    /// Takes an id and makes a process; who records it is not decided here.
    pub(crate) fn spawn(
        &mut self,
        program: &Program,
        parent: Option<Rc<Process>>,
        at: i64,
        chance: &mut Chance,
    ) -> Rc<Process> {
        let pid = self.free_pid(chance);
        self.sequence = self.sequence.wrapping_add(chance.range(1, 40) as u32);
        let command = if program.image == "System" {
            String::new()
        } else {
            format!("\"{}\" {}", program.image, program.command).trim_end().to_owned()
        };
        Rc::new(Process {
            pid,
            guid: guid(self.machine, at, self.sequence, chance),
            image: program.image.as_str().into(),
            command: command.into(),
            original: program.original.as_str().into(),
            company: program.company.as_str().into(),
            product: program.product.as_str().into(),
            user: match program.account {
                Account::User => self.user.clone(),
                Account::System => "NT AUTHORITY\\SYSTEM".into(),
                Account::Network => "NT AUTHORITY\\NETWORK SERVICE".into(),
                Account::Local => "NT AUTHORITY\\LOCAL SERVICE".into(),
            },
            account: program.account,
            hashes: hashes(program).into(),
            parent,
        })
    }

    /// Gives an id back.
    pub(crate) fn release(&mut self, process: &Process) {
        self.used.remove(&process.pid);
    }

    /// A process that others start from; made up as already running where it is not known yet.
    pub(crate) fn parent(&mut self, image: &str, at: i64, chance: &mut Chance) -> Rc<Process> {
        if let Some(known) = self.core.get(image) {
            return known.clone();
        }
        if image.is_empty() || image == "System" {
            return self.kernel();
        }
        let account =
            if image.contains("\\Users\\") || image.ends_with("explorer.exe") || image.ends_with("cmd.exe") {
                Account::User
            } else {
                Account::System
            };
        let command = if image.ends_with("svchost.exe") { "-k netsvcs -p -s Schedule" } else { "" };
        let above = if image.ends_with("explorer.exe") { None } else { self.core.get(SERVICES).cloned() };
        let started = at - chance.range(5 * SECOND, 90 * MINUTE);
        let process = self.spawn(&Program::windows(image, command, account), above, started, chance);
        self.core.insert(image.to_owned(), process.clone());
        process
    }

    /// Forgets the processes of the user's session.
    pub(crate) fn end_session(&mut self) {
        let gone: Vec<_> = self
            .core
            .iter()
            .filter(|(_, process)| process.account == Account::User)
            .map(|(i, _)| i.clone())
            .collect();
        for image in gone {
            if let Some(process) = self.core.remove(&image) {
                self.release(&process);
            }
        }
    }

    fn start_core(&mut self, boot: i64, chance: &mut Chance) {
        const CORE: &[&str] = &[
            "C:\\Windows\\System32\\smss.exe",
            "C:\\Windows\\System32\\csrss.exe",
            "C:\\Windows\\System32\\wininit.exe",
            SERVICES,
            "C:\\Windows\\System32\\winlogon.exe",
        ];
        let mut parent = Some(self.kernel());
        for image in CORE {
            let program = Program::windows(image, "", Account::System);
            let process = self.spawn(&program, parent.clone(), boot, chance);
            self.core.insert((*image).to_owned(), process.clone());
            parent = Some(process);
        }
    }

    fn free_pid(&mut self, chance: &mut Chance) -> u32 {
        loop {
            let pid = 4 * chance.range(140, 3_900) as u32;
            // With thousands of processes any id will do.
            if self.used.insert(pid) || self.used.len() > 3_000 {
                return pid;
            }
        }
    }
}

const SERVICES: &str = "C:\\Windows\\System32\\services.exe";

/// A Sysmon GUID: machine, start in seconds, then what tells processes of one second apart.
fn guid(machine: u32, start: i64, sequence: u32, chance: &mut Chance) -> Arc<str> {
    let seconds = start.div_euclid(SECOND) as u32;
    let tail = chance.range(0x0100, 0x7fff);
    format!(
        "{{{machine:08x}-{:04x}-{:04x}-{:04x}-0000{tail:04x}0000}}",
        seconds & 0xffff,
        seconds >> 16,
        sequence & 0xffff
    )
    .into()
}

/// Hashes of a program: the same program has the same ones on every host.
fn hashes(program: &Program) -> String {
    let name = program.image.rsplit('\\').next().unwrap_or(&program.image);
    let mut chance = Chance::of(hash(name), "hashes", hash(&program.company), hash(&program.product));
    format!("SHA256={},IMPHASH={}", chance.hex(64), chance.hex(32))
}
