//! What one host's agents record, with its faults.

use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::applications::Proto;
use crate::calendar::SECOND;
use crate::chance::Chance;
use crate::hosts::{Host, Recording};
use crate::machine::Process;
use crate::plan::EndpointFormat;
use crate::write::event::{Channel, Event};
use crate::write::render::{Origin, render};
use crate::write::sysmon::{Connection, Fields};
use crate::write::{security, sysmon};

/// The events of one host that are not written yet.
#[derive(Debug)]
pub(crate) struct Recorder<'a> {
    host: &'a Host,
    format: EndpointFormat,
    zone: i64,
    /// The capture: what happened before or after it was not recorded.
    span: (i64, i64),
    chance: Chance,
    events: Vec<Event>,
    order: u64,
    record: u64,
}

impl<'a> Recorder<'a> {
    /// A recorder that saw nothing yet.
    pub(crate) fn new(
        host: &'a Host,
        format: EndpointFormat,
        zone: i64,
        span: (i64, i64),
        mut chance: Chance,
    ) -> Self {
        let record = chance.range(1_000, 4_000_000) as u64;
        Self { host, format, zone, span, chance, events: Vec::new(), order: 0, record }
    }

    fn sysmon(&self) -> bool {
        matches!(self.host.recording, Recording::Sysmon | Recording::SysmonAndSecurity)
    }

    fn security(&self) -> bool {
        matches!(self.host.recording, Recording::Security | Recording::SysmonAndSecurity)
    }

    /// A process started.
    pub(crate) fn start(&mut self, process: &Process, at: i64) {
        if self.sysmon() && !self.lost() {
            let fields = sysmon::process_create(process, self.clock(at));
            let late = self.chance.range(0, 30_000);
            self.push(1, Channel::Sysmon, at + late, fields);
        }
        if self.security() {
            self.push(4688, Channel::Security, at, security::process_create(process));
        }
    }

    /// A process ended.
    pub(crate) fn end(&mut self, process: &Process, at: i64) {
        if self.sysmon() && !self.lost() {
            let fields = sysmon::process_end(process, self.clock(at));
            let late = self.chance.range(0, 30_000);
            self.push(5, Channel::Sysmon, at + late, fields);
        }
        if self.security() {
            self.push(4689, Channel::Security, at, security::process_end(process));
        }
    }

    /// A process opened or accepted a connection; says whether any event names it.
    pub(crate) fn connection(&mut self, process: &Process, at: i64, connection: &Connection) -> bool {
        let mut named = false;
        if self.sysmon()
            && connection.proto != Proto::Icmp
            && self.host.faults.records(&process.image)
            && !self.lost()
        {
            let near = at + self.chance.range(200, 90_000);
            let utc = self.clock(near) + self.host.faults.network_clock;
            let late = self.chance.range(SECOND, 3 * SECOND);
            let mut fields = sysmon::connection(process, utc, connection);
            // Now and then the process is gone before its name could be read.
            let gone = self.chance.happens(0.004);
            if gone {
                sysmon::forget_process(&mut fields);
            }
            named |= self.push(3, Channel::Sysmon, near + late, fields) && !gone;
        }
        if self.security() {
            let near = at - self.chance.range(100, 4_000);
            named |= self.push(5156, Channel::Security, near, security::connection(process, connection));
            if connection.proto == Proto::Udp && connection.initiated {
                let port = connection.source.1;
                self.push(
                    5158,
                    Channel::Security,
                    near - 300,
                    security::bind(process, connection.proto, port),
                );
            }
        }
        named
    }

    /// A process asked for a name.
    pub(crate) fn query(
        &mut self,
        process: &Process,
        at: i64,
        name: &Arc<str>,
        answers: &(Option<String>, Vec<Ipv4Addr>),
    ) {
        if self.sysmon() && !self.host.faults.without_names && !self.lost() {
            let utc = self.clock(at) + self.host.faults.network_clock;
            let late = self.chance.range(SECOND / 2, 2 * SECOND);
            self.push(22, Channel::Sysmon, at + late, sysmon::query(process, utc, name, answers));
        }
    }

    /// A process opened another.
    pub(crate) fn access(&mut self, source: &Process, target: &Process, at: i64, granted: u32, trace: &str) {
        if self.sysmon() && !self.lost() {
            let fields = sysmon::process_access(source, target, self.clock(at), granted, trace.to_owned());
            self.push(10, Channel::Sysmon, at + 4_000, fields);
        }
    }

    /// Appends everything that was logged before a time, in the order of the log.
    pub(crate) fn flush(&mut self, before: i64, lines: &mut String) {
        let before = self.clock(before);
        self.events.sort_by_key(|event| (event.time, event.order));
        let count = self.events.partition_point(|event| event.time < before);
        let origin = Origin { host: self.host, format: self.format, zone: self.zone };
        for event in self.events.drain(..count) {
            self.record += 1;
            render(&event, self.record, origin, lines);
        }
    }

    fn clock(&self, at: i64) -> i64 {
        at + self.host.faults.host_clock
    }

    fn lost(&mut self) -> bool {
        self.chance.happens(self.host.faults.dropped)
    }

    fn push(&mut self, id: u16, channel: Channel, at: i64, fields: Fields) -> bool {
        let recorded = at >= self.span.0 && at < self.span.1;
        if recorded {
            self.order += 1;
            // The digit below the microsecond must not follow the order of creation.
            let order = (self.order << 4) | (self.chance.word() & 0xf);
            self.events.push(Event { id, channel, time: self.clock(at), order, fields });
        }
        recorded
    }
}
