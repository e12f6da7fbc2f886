//! Ordinary days: what the installed applications do, and what devices do.

use crate::applications::{Account, Life, Proto, To, Traffic, When};
use crate::calendar::SECOND;
use crate::chance::Chance;
use crate::day::{LONGEST, NIGHT, Scene, Words};
use crate::error::EmulateError;
use crate::hosts::{Installed, Role};
use crate::session::{Place, Talk};
use crate::write::Ends;

/// From so many bytes on a transfer may go in parts.
const IN_PARTS: u64 = 5_000_000;

impl Scene<'_, '_> {
    /// Everything that the installed applications do today.
    pub(crate) fn habits(&mut self) -> Result<(), EmulateError> {
        let host = self.run.host;
        let fleet = self.run.fleet;
        for present in &host.installed {
            if self.day < i64::from(present.from_day) {
                continue;
            }
            let application = &fleet.applications[present.application];
            if present.from_day > 0 && self.day == i64::from(present.from_day) {
                self.install(&application.product);
            }
            if application.life == Life::Day && self.work.is_none() && !host.always_on {
                continue;
            }
            for (line, habit) in (0u64..).zip(&application.traffic) {
                self.habit(present, line, habit)?;
            }
        }
        if host.role == Role::WebServer {
            self.scans()?;
        }
        Ok(())
    }

    /// An installer runs.
    fn install(&mut self, product: &str) {
        let Some(at) = self.moment(When::Any) else { return };
        let command = format!("/i \"C:\\Windows\\ccmcache\\{}.msi\" /qn", product.replace(' ', ""));
        let program =
            crate::machine::Program::windows("C:\\Windows\\System32\\msiexec.exe", &command, Account::System);
        let process = self.start(&program, "C:\\Windows\\System32\\services.exe", at);
        self.end(&process, at + 40 * SECOND);
    }

    fn habit(&mut self, present: &Installed, line: u64, habit: &Traffic) -> Result<(), EmulateError> {
        let host = self.run.host;
        let rare = habit.to == To::Portal || habit.days < 0.5;
        let one_offs = if rare { self.run.fleet.temper.one_offs } else { 1.0 };
        if !self.chance.happens((habit.days * if habit.days < 0.5 { one_offs } else { 1.0 }).min(1.0)) {
            return Ok(());
        }
        let day_off = self.work.is_none() && habit.when == When::Work;
        let server = host.role.is_server() && habit.when == When::Work;
        let share = if day_off {
            0.0
        } else if server {
            0.3
        } else {
            1.0
        };
        let portal = if habit.to == To::Portal && habit.days >= 0.5 { one_offs } else { 1.0 };
        let mean = habit.per_day * share * portal * if habit.fixed { 1.0 } else { present.pace };
        for _ in 0..self.chance.times(mean) {
            let Some(at) = self.moment(habit.when) else { return Ok(()) };
            let Some(place) = self.place(&habit.to) else { return Ok(()) };
            let talk = self.draw(present, line, habit, at);
            if self.run.fleet.plan.hard && rare && talk.out > IN_PARTS && self.chance.happens(0.02) {
                self.in_parts(present.application, &place, &talk)?;
                continue;
            }
            let (mut talk, mut place) = (talk, place);
            if self.run.fleet.proxy
                && habit.to == To::Popular
                && habit.proto == Proto::Tcp
                && let Some(proxy) = self.run.fleet.internal("proxy", host, self.day, &mut self.chance)
            {
                (talk.port, talk.service) = (3128, "http".into());
                talk.proxied = place.name.take();
                place = proxy;
            }
            self.play(present.application, &place, talk)?;
        }
        Ok(())
    }

    /// Has a conversation in parts of like size, one after the other, as uploads that can be resumed do.
    fn in_parts(&mut self, application: usize, place: &Place, whole: &Talk) -> Result<(), EmulateError> {
        let parts = self.chance.range(2, 8) as u64;
        let mut at = whole.start;
        for _ in 0..parts {
            let share = self.chance.real(0.6, 1.3) / parts as f64;
            let of = |bytes: u64| ((bytes as f64 * share) as u64).max(1);
            let mut part = Talk { start: at, out: of(whole.out), back: of(whole.back), ..whole.clone() };
            part.length = (part.out as f64 / self.line_speed() * SECOND as f64) as i64 + SECOND / 2;
            at = part.end() + self.chance.range(20_000, 20 * SECOND);
            self.play(application, place, part)?;
        }
        Ok(())
    }

    /// Draws one conversation of a habit.
    fn draw(&mut self, present: &Installed, line: u64, habit: &Traffic, at: i64) -> Talk {
        let host = self.run.host;
        let key = (present.application as u64) << 8 | line;
        let mut fixed = Chance::of(self.run.fleet.plan.seed, "steady", host.index.into(), key);
        let steady = fixed.spread(1.0, habit.steady);
        let port = if habit.port == 0 { fixed.range(1_024, 65_000) as u16 } else { habit.port };
        let growth = present.growth.powi((self.day - i64::from(present.from_day)).max(0) as i32);
        let weight = if habit.fixed { present.weight * host.habits.weight } else { 1.0 };
        let out = self.chance.spread(habit.out.0, habit.out.1) * steady * weight * growth;
        let back = self.chance.spread(habit.back.0, habit.back.1);
        // What comes back grows with what is sent, by acknowledgements of the application.
        let back =
            if habit.out.0 > 20.0 * habit.back.0 { back * (out / habit.out.0).powf(0.6) } else { back };
        let mut length = (self.chance.spread(habit.seconds.0, habit.seconds.1) * SECOND as f64) as i64;
        // On hard fleets what is sent in one go takes as long as its size; other connections are held open, or throttled.
        let in_one_go = habit.proto == Proto::Tcp && out > 500_000.0 && habit.out.0 > 5.0 * habit.back.0;
        if self.run.fleet.plan.hard && in_one_go && self.chance.happens(0.5) {
            length = ((out / self.line_speed() + self.chance.real(0.2, 4.0)) * SECOND as f64) as i64;
        }
        let mut talk = Talk::new(at, length.min(LONGEST), out.max(1.0) as u64, back.max(1.0) as u64);
        talk.proto = habit.proto;
        talk.port = if habit.port == 0 && habit.proto == Proto::Udp {
            self.chance.range(1_024, 65_000) as u16
        } else {
            port
        };
        talk.service = habit.service.as_str().into();
        talk.inbound = habit.to == To::Callers;
        talk
    }

    /// Has a conversation as an application.
    fn play(&mut self, application: usize, place: &Place, mut talk: Talk) -> Result<(), EmulateError> {
        let fleet = self.run.fleet;
        let life = fleet.applications[application].life;
        let destination = place.name.as_deref().map_or_else(|| place.address.to_string(), str::to_owned);
        let words = Words::draw(&mut self.chance, &destination).with_habit(
            fleet.plan.seed,
            self.run.host.index,
            application,
            &mut self.chance,
        );
        if talk.out > 5_000_000 && self.work.is_some() && self.chance.happens(0.12) {
            self.pack(&words, talk.start);
        }
        let process = self.process_of(application, talk.start, &words);
        if life != Life::Run {
            self.talk(Some(&process), place, talk)?;
            return Ok(());
        }
        talk.start = talk.start.max(self.on.0 + SECOND);
        let end = self.talk(Some(&process), place, talk)?;
        let end = end + self.chance.range(40_000, 4 * SECOND);
        self.end(&process, end);
        Ok(())
    }

    /// Somebody packs what is about to be sent.
    fn pack(&mut self, words: &Words, before: i64) {
        let command = words.fill("a -tzip {document} D:\\{word}", "");
        let mut program =
            crate::machine::Program::windows("C:\\Program Files\\7-Zip\\7z.exe", &command, Account::User);
        (program.company, program.product) = ("Igor Pavlov".to_owned(), "7-Zip".to_owned());
        let at = before - self.chance.range(2 * 60, 45 * 60) * SECOND;
        let process = self.start(&program, "C:\\Windows\\explorer.exe", at);
        let done = at + self.chance.range(3, 90) * SECOND;
        self.end(&process, done);
    }

    /// A moment for a habit; none where the host is off or nobody works.
    pub(crate) fn moment(&mut self, when: When) -> Option<i64> {
        let calendar = &self.run.fleet.calendar;
        match when {
            When::Work => {
                let (from, until) = self.work?;
                let length = (until - from) as f64;
                // Two humps with lunch between them.
                let centre = self.chance.one(&[0.27, 0.75]);
                let share = (centre + 0.17 * self.chance.normal()).clamp(0.0, 0.999);
                Some(from + (length * share) as i64)
            }
            When::Logon => self.work.map(|(from, _)| from + self.chance.range(SECOND, 600 * SECOND)),
            When::Night if self.run.host.always_on => {
                let hour = self.chance.real(NIGHT.0, NIGHT.1);
                Some(calendar.local(self.day, hour))
            }
            When::Night => self.work.map(|(from, _)| from + self.chance.range(60 * SECOND, 5_400 * SECOND)),
            When::Any => Some(self.on.0 + self.chance.below((self.on.1 - self.on.0).max(1) as usize) as i64),
        }
    }

    /// Calls from outside that go nowhere.
    fn scans(&mut self) -> Result<(), EmulateError> {
        let (fleet, host) = (self.run.fleet, self.run.host);
        for _ in 0..self.chance.times(40.0) {
            let Some(at) = self.moment(When::Any) else { return Ok(()) };
            if at < fleet.calendar.start || at >= fleet.calendar.end() {
                continue;
            }
            let from = fleet.atlas.address(crate::atlas::Reach::Residential, &mut self.chance);
            let place = Place::bare(from);
            let port = self.chance.one(&[22, 23, 80, 443, 445, 3389, 8080, 5555, 8443, 6379]);
            let ends = Ends {
                address: self.address,
                port: 0,
                place: &place,
                sensor: host.sensor,
                second: None,
                one_sided: false,
            };
            self.wire.scan(at, from, ends, port, &mut self.chance)?;
        }
        Ok(())
    }

    /// What printers, cameras, storage and gateways do.
    pub(crate) fn device(&mut self) -> Result<(), EmulateError> {
        // Destination, transport, port, service, conversations a day, bytes out, bytes in, seconds.
        type Line = (&'static str, Proto, u16, &'static str, f64, f64, f64, f64);
        const PRINTER: &[Line] = &[
            ("name:telemetry.printworks.example", Proto::Tcp, 443, "ssl", 5.0, 30_000.0, 9_000.0, 5.0),
            ("internal:file", Proto::Tcp, 445, "gssapi,smb", 4.0, 5_000_000.0, 30_000.0, 20.0),
            ("internal:dc", Proto::Udp, 123, "ntp", 10.0, 68.0, 68.0, 0.02),
        ];
        const CAMERA: &[Line] = &[
            ("internal:file", Proto::Tcp, 8554, "-", 24.0, 160_000_000.0, 400_000.0, 3_500.0),
            ("name:p2p.camview.example", Proto::Udp, 32_100, "-", 30.0, 4_000.0, 4_000.0, 60.0),
            ("name:cloud.camview.example", Proto::Tcp, 443, "ssl", 4.0, 3_000_000.0, 20_000.0, 60.0),
        ];
        const STORAGE: &[Line] = &[
            ("name:update.storebox.example", Proto::Tcp, 443, "ssl", 3.0, 6_000.0, 60_000.0, 6.0),
            (
                "name:backup.storebox-cloud.example",
                Proto::Tcp,
                443,
                "ssl",
                1.0,
                400_000_000.0,
                900_000.0,
                900.0,
            ),
            ("internal:dc", Proto::Tcp, 389, "ldap", 20.0, 2_000.0, 6_000.0, 2.0),
        ];
        const GATEWAY: &[Line] = &[
            ("resolver", Proto::Udp, 53, "dns", 60.0, 48.0, 160.0, 0.03),
            ("popular", Proto::Tcp, 443, "ssl", 40.0, 4_000.0, 30_000.0, 15.0),
            ("rare", Proto::Tcp, 443, "ssl", 6.0, 4_000.0, 30_000.0, 15.0),
            ("portal", Proto::Tcp, 443, "ssl", 0.15, 30_000_000.0, 150_000.0, 60.0),
        ];
        let lines = match self.run.host.role {
            Role::Printer => PRINTER,
            Role::Camera => CAMERA,
            Role::Storage => STORAGE,
            _ => GATEWAY,
        };
        for (to, proto, port, service, per_day, out, back, seconds) in lines {
            let Ok(to) = To::try_from((*to).to_owned()) else { continue };
            for _ in 0..self.chance.times(*per_day) {
                let (Some(at), Some(place)) = (self.moment(When::Any), self.place(&to)) else { break };
                let length = (self.chance.spread(*seconds, 0.5) * SECOND as f64) as i64;
                let out = self.chance.spread(*out, 0.7) as u64;
                let back = self.chance.spread(*back, 0.5) as u64;
                let mut talk = Talk::new(at, length, out.max(1), back.max(1));
                (talk.proto, talk.port, talk.service) = (*proto, *port, (*service).into());
                self.talk(None, &place, talk)?;
            }
        }
        Ok(())
    }
}
