//! How a host talks: it looks a name up, connects, sends; agents and sensors record what they see of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::Arc;

use crate::applications::Proto;
use crate::calendar::SECOND;
use crate::day::{Scene, Tally};
use crate::error::EmulateError;
use crate::hosts::{Recording, Role};
use crate::machine::Process;
use crate::session::{Place, Talk};
use crate::write::{Accept, Connection, Ends};

impl Scene<'_, '_> {
    /// Has a conversation: looks the name up, connects, sends; says when it ended.
    pub(crate) fn talk(
        &mut self,
        process: Option<&Rc<Process>>,
        place: &Place,
        talk: Talk,
    ) -> Result<i64, EmulateError> {
        let Some(talk) = self.clip(talk) else { return Ok(self.on.1) };
        let mut talk = talk;
        let host = self.run.host;
        let port = self.chance.range(49_152, 65_535) as u16;
        if let (Some(name), false) = (&place.name, talk.midstream || talk.inbound) {
            self.look_up(process, name, place, &talk)?;
        }
        // The lookup came first.
        talk.start += self.chance.range(500, 40_000);
        let named = match process {
            Some(process) if !talk.midstream => self.connect(process, place, &talk, port),
            _ => false,
        };
        if self.away {
            return Ok(talk.end());
        }
        let ends = self.ends(place, port);
        let (bytes, end) = self.wire.talk(&talk, ends, &mut self.chance)?;
        if let Some(mark) = talk.mark {
            self.count(mark, process, place, &talk, (bytes, end, named));
        }
        if let (Some(peer), Proto::Tcp | Proto::Udp, false) = (place.host, talk.proto, talk.midstream) {
            let accept =
                Accept { time: talk.start, from: (self.address, port), port: talk.port, proto: talk.proto };
            if peer > host.index
                && let Some(list) = self.accepts.get_mut(peer as usize)
            {
                list.push(accept);
            }
        }
        Ok(talk.end())
    }

    fn ends<'p>(&self, place: &'p Place, port: u16) -> Ends<'p> {
        let host = self.run.host;
        Ends {
            address: self.address,
            port,
            place,
            sensor: host.sensor,
            second: host.second,
            one_sided: host.faults.one_sided,
        }
    }

    /// What of a conversation lies within the capture.
    fn clip(&self, mut talk: Talk) -> Option<Talk> {
        let calendar = &self.run.fleet.calendar;
        if talk.start >= calendar.end() - 2 * SECOND || talk.end() <= calendar.start + SECOND {
            return None;
        }
        if talk.start < calendar.start {
            let left = talk.end() - calendar.start;
            let share = left as f64 / talk.length as f64;
            talk.out = (talk.out as f64 * share) as u64;
            talk.back = (talk.back as f64 * share) as u64;
            (talk.start, talk.length, talk.midstream) = (calendar.start + 1, left, true);
        }
        Some(talk)
    }

    fn look_up(
        &mut self,
        process: Option<&Rc<Process>>,
        name: &Arc<str>,
        place: &Place,
        talk: &Talk,
    ) -> Result<(), EmulateError> {
        if !talk.looked_up || self.known_names.contains(name) && !self.chance.happens(0.15) {
            return Ok(());
        }
        self.known_names.insert(name.clone());
        let fleet = self.run.fleet;
        let answers = if place.host.is_some() || place.address.is_private() {
            (None, vec![place.address])
        } else {
            let mut list = fleet.atlas.addresses(name);
            if !list.contains(&place.address) {
                list = vec![place.address];
            }
            (fleet.atlas.canonical(name), list)
        };
        let before = talk.start - self.chance.range(2_000, 60_000);
        self.ask(process, before, name, &answers)?;
        if self.chance.happens(0.03) {
            let word = self.chance.pick(&["wpad", "isatap", "printserver", "update-cache"]);
            let wrong: Arc<str> = format!("{word}.{}", fleet.company.domain).into();
            self.ask(process, before - 90_000, &wrong, &(None, Vec::new()))?;
        }
        Ok(())
    }

    /// Asks the resolver for a name.
    fn ask(
        &mut self,
        process: Option<&Rc<Process>>,
        before: i64,
        name: &Arc<str>,
        answers: &(Option<String>, Vec<Ipv4Addr>),
    ) -> Result<(), EmulateError> {
        let fleet = self.run.fleet;
        if let Some(process) = process {
            self.run.recorder.query(process, before, name, answers);
        }
        if self.away || self.run.host.role == Role::DomainController || before < fleet.calendar.start {
            return Ok(());
        }
        let Some(resolver) = fleet.internal("dc", self.run.host, self.day, &mut self.chance) else {
            return Ok(());
        };
        let port = self.chance.range(49_152, 65_535) as u16;
        if self.run.host.role.is_windows()
            && self.run.host.faults.records_lookups
            && let Some(service) = self.existing("dnscache", before)
        {
            let mut lookup = Talk::new(before, 1_000, 1, 1);
            (lookup.proto, lookup.port) = (Proto::Udp, 53);
            self.connect(&service, &resolver, &lookup, port);
        }
        let ends = self.ends(&resolver, port);
        self.wire.lookup(before, ends, name, answers, &mut self.chance)
    }

    fn connect(&mut self, process: &Rc<Process>, place: &Place, talk: &Talk, port: u16) -> bool {
        let host = self.run.host;
        let (mine, theirs) = if talk.inbound {
            ((self.address, talk.port), (place.address, port))
        } else {
            ((self.address, port), (place.address, talk.port))
        };
        let reverse = |name: Option<Arc<str>>| name.filter(|_| host.faults.reverse_names);
        let my_name: Option<Arc<str>> = reverse(Some(host.fqdn.as_str().into()));
        let their_name = reverse(place.name.clone().filter(|_| place.address.is_private()));
        let (source, destination, source_name, destination_name) = if talk.inbound {
            (theirs, mine, their_name, my_name)
        } else {
            (mine, theirs, my_name, their_name)
        };
        let mut initiated = !talk.inbound;
        if talk.proto == Proto::Udp && self.chance.happens(0.25) {
            // The flag of datagrams cannot be relied on.
            initiated = false;
        }
        let connection =
            Connection { proto: talk.proto, initiated, source, destination, destination_name, source_name };
        self.run.recorder.connection(process, talk.start, &connection)
    }

    fn count(
        &mut self,
        mark: u32,
        process: Option<&Rc<Process>>,
        place: &Place,
        talk: &Talk,
        (bytes, end, named): (u64, i64, bool),
    ) {
        let (host, fleet) = (self.run.host, self.run.fleet);
        let Some(planned) = fleet.attacks.get(mark as usize) else { return };
        let group = place.name.as_ref().map_or_else(|| place.address.to_string(), ToString::to_string);
        let quiet = host.recording == Recording::Nothing;
        let named_by_lease = host.fixed.is_none();
        let tally = self.run.tallies.entry((mark, group)).or_insert_with(|| Tally {
            scenario: planned.kind.name(),
            host: if quiet && !named_by_lease { self.address.to_string() } else { host.name.clone() },
            host_ips: BTreeSet::new(),
            domain: place.name.clone(),
            ips: BTreeSet::new(),
            ports: BTreeMap::new(),
            senders: BTreeMap::new(),
            start: talk.start,
            end,
            bytes: 0,
            named: false,
        });
        tally.host_ips.insert(self.address);
        tally.ips.insert(place.address);
        *tally.ports.entry(talk.port).or_default() += bytes;
        let sender = tally.senders.entry(process.map_or(0, |process| process.pid)).or_default();
        sender.bytes += bytes;
        sender.process = process.map(|process| (process.image.clone(), process.user.clone()));
        tally.start = tally.start.min(talk.start);
        tally.end = tally.end.max(end);
        tally.bytes += bytes;
        tally.named |= named;
    }
}
