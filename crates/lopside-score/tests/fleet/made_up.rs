//! A generator of channels: ordinary programs, what looks like theft and is none, and twelve kinds of lopsided sender.

use lopside_model::identity::Place;
use lopside_model::net::Scope;
use lopside_model::process::file_name;

mod attacks;
mod channels;

use attacks::KINDS;

/// Splitmix: the same numbers everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
    fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }
    fn yes(&mut self, p: f64) -> bool {
        self.unit() < p
    }
    /// Log-normal around a median, with a spread in doublings.
    fn bytes(&mut self, median: f64, spread: f64) -> u64 {
        let gauss: f64 = (0..6).map(|_| self.unit()).sum::<f64>() - 3.0;
        (median * (gauss * 1.41 * spread).exp2()) as u64
    }
    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

const MB: f64 = 1e6;

/// What is sent on one day.
#[derive(Clone)]
struct Send {
    host: usize,
    image: Option<String>,
    place: Place,
    user: Option<String>,
    destination: String,
    port: (u16, u8),
    scope: Scope,
    day: i32,
    out: u64,
    received: u64,
    hour: usize,
    hours: usize,
    parent: Option<String>,
    original: Option<String>,
    command_line: Option<String>,
    attack: Option<&'static str>,
}

pub(crate) struct Fleet {
    chance: Chance,
    sends: Vec<Send>,
    hosts: usize,
    days: i32,
    word: usize,
}

fn place_of(image: &str) -> Place {
    Place::of(image)
}

impl Fleet {
    fn base(
        &mut self,
        host: usize,
        day: i32,
        image: &str,
        destination: &str,
        out: u64,
        received: u64,
    ) -> Send {
        let start = 7 + host % 3;
        Send {
            host,
            image: Some(image.to_owned()),
            place: place_of(image),
            user: Some(format!(r"corp\u{host}")),
            destination: destination.to_owned(),
            port: (443, 6),
            scope: Scope::External,
            day,
            out,
            received,
            hour: start + self.chance.below(8),
            hours: 2,
            parent: Some(r"c:\windows\explorer.exe".into()),
            original: Some(file_name(image).to_owned()),
            command_line: None,
            attack: None,
        }
    }
    fn ip(&mut self) -> String {
        format!("198.{}.{}.{}", 18 + self.chance.below(60), self.chance.below(256), self.chance.below(256))
    }
    fn name(&mut self) -> String {
        self.word += 1;
        let n = self.chance.below(1_000_000);
        format!("w{}x{n}.example", self.word)
    }
    /// A folder and name that benign rare software and attackers share.
    fn image(&mut self) -> String {
        let stem = format!(
            "{}{}",
            self.chance.pick(&["sync", "update", "agent", "helper", "cad", "lab", "conn", "data"]),
            self.chance.pick(&["svc", "er", "tool", "x", "hub", "ctl", "mon", "d"])
        );
        let n = self.chance.pick(&[
            "kestrel", "orion", "vega", "lumen", "talos", "zephyr", "mica", "onyx", "quill", "rook", "sable",
            "tern",
        ]);
        let folder = match self.chance.below(10) {
            0..=3 => format!(r"%programfiles%\{n}"),
            4..=6 => format!(r"%userprofile%\appdata\local\{n}"),
            7 => format!(r"%programdata%\{n}"),
            8 => format!(r"\tools\{n}"),
            _ => r"%userprofile%\appdata\local\temp".to_owned(),
        };
        format!(r"{folder}\{stem}.exe")
    }
    fn weekday(&self, day: i32) -> bool {
        day.rem_euclid(7) < 5
    }

    fn ordinary(&mut self) {
        for host in 0..self.hosts {
            let server = host.is_multiple_of(20);
            for day in 0..self.days {
                if !server && (!self.weekday(day) && !self.chance.yes(0.15) || self.chance.yes(0.06)) {
                    continue;
                }
                self.system(host, day);
                if !server {
                    self.office(host, day);
                }
            }
        }
    }

    fn system(&mut self, host: usize, day: i32) {
        let system = |mut send: Send| {
            send.user = Some(r"nt authority\system".into());
            send.parent = Some(r"c:\windows\system32\services.exe".into());
            send.hours = 8;
            send
        };
        for (image, destination, port, out, received, spread, scope) in [
            (
                r"%systemroot%\system32\svchost.exe/diagtrack",
                "data.microsoft.com",
                443,
                2.0,
                0.1,
                1.5,
                Scope::External,
            ),
            (
                r"%systemroot%\system32\svchost.exe/wuauserv",
                "windowsupdate.com",
                443,
                0.3,
                60.0,
                2.0,
                Scope::External,
            ),
            (r"%systemroot%\system32\svchost.exe/dosvc", "10.1.0.9", 7680, 20.0, 15.0, 2.5, Scope::Internal),
            (
                r"%programfiles%\defender\mssense.exe",
                "endpoint.security.microsoft.com",
                443,
                6.0,
                1.0,
                1.0,
                Scope::External,
            ),
            (r"%programfiles%\splunk\forwarder.exe", "10.1.0.20", 9997, 60.0, 0.3, 1.5, Scope::Internal),
            ("system", "10.1.0.5", 445, 40.0, 80.0, 2.5, Scope::Internal),
        ] {
            let (out, received) =
                (self.chance.bytes(out * MB, spread), self.chance.bytes(received * MB, 1.0));
            let mut send = system(self.base(host, day, image, destination, out, received));
            send.port.0 = port;
            send.scope = scope;
            self.sends.push(send);
        }
        if host % 5 < 3 && self.chance.yes(0.9) {
            let (out, received) = (self.chance.bytes(900.0 * MB, 1.5), self.chance.bytes(8.0 * MB, 1.0));
            let mut send = system(self.base(
                host,
                day,
                r"%programfiles%\vault\backupagent.exe",
                "vaultbackup.example",
                out,
                received,
            ));
            send.hour = 1;
            self.sends.push(send);
        }
    }

    fn office(&mut self, host: usize, day: i32) {
        let browser = if host.is_multiple_of(3) {
            r"%programfiles%\google\chrome\application\chrome.exe"
        } else {
            r"%programfiles%\microsoft\edge\application\msedge.exe"
        };
        for _ in 0..12 + self.chance.below(20) {
            let destination = if self.chance.yes(0.75) {
                let rank = (self.chance.unit().powi(3) * 400.0) as usize;
                format!("site{rank}.example")
            } else {
                self.name()
            };
            let (out, received) = (self.chance.bytes(0.15 * MB, 2.5), self.chance.bytes(3.0 * MB, 2.5));
            let send = self.base(host, day, browser, &destination, out, received);
            self.sends.push(send);
        }
        for (image, destination, out, received, p) in [
            (
                r"%userprofile%\appdata\local\microsoft\onedrive\onedrive.exe",
                "corp.sharepoint.com",
                30.0,
                20.0,
                0.8,
            ),
            (r"%programfiles%\microsoft office\outlook.exe", "office365.com", 8.0, 30.0, 0.95),
            (r"%programfiles%\windowsapps\msteams_#\ms-teams.exe", "teams.microsoft.com", 20.0, 30.0, 0.9),
        ] {
            if self.chance.yes(p) {
                let (out, received) =
                    (self.chance.bytes(out * MB, 3.0), self.chance.bytes(received * MB, 2.0));
                let send = self.base(host, day, image, destination, out, received);
                self.sends.push(send);
            }
        }
        // Calls, some with a shared screen, to addresses of their own.
        if self.chance.yes(0.5) {
            let share = self.chance.yes(0.3);
            let (out, received) = (
                self.chance.bytes(150.0 * MB, 1.5),
                self.chance.bytes(if share { 12.0 } else { 160.0 } * MB, 1.0),
            );
            let destination = if self.chance.yes(0.4) {
                self.ip()
            } else {
                format!("52.112.{}.{}", self.chance.below(4), self.chance.below(30))
            };
            let mut send = self.base(
                host,
                day,
                r"%programfiles%\windowsapps\msteams_#\ms-teams.exe",
                &destination,
                out,
                received,
            );
            send.port =
                if self.chance.yes(0.6) { (3479, 17) } else { (50_000 + self.chance.below(20) as u16, 17) };
            self.sends.push(send);
        }
        if self.chance.yes(0.4) {
            let (out, received) = (self.chance.bytes(5.0 * MB, 2.0), 30_000);
            let mut send = self.base(
                host,
                day,
                r"%systemroot%\system32\spoolsv.exe",
                &format!("10.1.2.{}", host / 25),
                out,
                received,
            );
            send.port = (9100, 6);
            send.scope = Scope::Internal;
            send.user = Some(r"nt authority\system".into());
            self.sends.push(send);
        }
    }

    pub(crate) fn new(seed: u64, hosts: usize, days: i32) -> Fleet {
        let mut fleet = Fleet { chance: Chance(seed), sends: Vec::new(), hosts, days, word: 0 };
        fleet.ordinary();
        fleet.unusual();
        for _ in 0..2 {
            for kind in KINDS {
                fleet.attack(kind);
            }
        }
        // A part of all endpoint events is lost.
        let mut chance = Chance(seed ^ 99);
        for send in &mut fleet.sends {
            if chance.yes(0.04) {
                send.image = None;
                send.user = None;
                send.place = Place::Unknown;
            }
        }
        fleet
    }
}
