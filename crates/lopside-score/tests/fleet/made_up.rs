//! A generator of channels: ordinary programs, what looks like theft and is none, and twelve kinds of lopsided sender.

use std::collections::BTreeMap;

use lopside_model::bytes::{Layer, Quality};
use lopside_model::channel::{Channel, ChannelDay, ChannelKey, FlowNote, PortSum, Sender};
use lopside_model::identity::Place;
use lopside_model::net::{Protocol, Scope};
use lopside_model::process::{Process, file_name};
use lopside_model::record::{Method, NameSource};
use lopside_model::time::{DAY, HOUR, Micros};

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

    /// Rare and departmental software, developers, one-offs: what is not an attack although it looks like one.
    fn unusual(&mut self) {
        for app in 0..70 {
            let image = self.image().replace(".exe", &format!("{app}.exe"));
            let vendor = if self.chance.yes(0.7) { self.name() } else { self.ip() };
            let installs = if app < 15 { 5 + self.chance.below(25) } else { 1 + self.chance.below(3) };
            let heavy = self.chance.yes(0.35);
            let (median, back) = if heavy { (60.0 * MB, 1.5 * MB) } else { (0.4 * MB, 0.4 * MB) };
            let from = if self.chance.yes(0.8) { 0 } else { self.chance.below(self.days as usize) as i32 };
            let port = if self.chance.yes(0.8) { 443 } else { 1024 + self.chance.below(9_000) as u16 };
            let daily = self.chance.unit();
            let service = self.chance.yes(0.4);
            for _ in 0..installs {
                let host = self.chance.below(self.hosts);
                for day in from..self.days {
                    if !self.weekday(day) && !service || !self.chance.yes(0.3 + 0.7 * daily) {
                        continue;
                    }
                    let (out, received) = (self.chance.bytes(median, 2.0), self.chance.bytes(back, 1.5));
                    let mut send = self.base(host, day, &image, &vendor, out, received);
                    send.port.0 = port;
                    if service {
                        send.user = Some(r"nt authority\system".into());
                        send.parent = Some(r"c:\windows\system32\services.exe".into());
                        send.hour = self.chance.below(22);
                    }
                    self.sends.push(send);
                }
            }
        }
        // A roll-out in the middle.
        let image = self.image();
        for host in 0..self.hosts / 3 {
            for day in 3 + (host % 2) as i32..self.days {
                let (out, received) = (self.chance.bytes(40.0 * MB, 1.0), self.chance.bytes(1.0 * MB, 1.0));
                let send = self.base(host, day, &image, "rollout-vendor.example", out, received);
                self.sends.push(send);
            }
        }
        for n in 0..30 {
            let (host, day) = (self.chance.below(self.hosts), self.chance.below(self.days as usize) as i32);
            let (out, received) = (self.chance.bytes(180.0 * MB, 2.0), self.chance.bytes(2.0 * MB, 1.0));
            let to = self.name();
            let image = match n {
                0..=17 => r"%programfiles%\microsoft\edge\application\msedge.exe".to_owned(),
                18..=20 => r"%systemroot%\system32\openssh\scp.exe".to_owned(),
                21..=22 => r"%programfiles%\winscp\winscp.exe".to_owned(),
                23..=25 => r"%programfiles%\git\mingw64\bin\git-remote-https.exe".to_owned(),
                _ => self.image(),
            };
            let mut send = self.base(host, day, &image, &to, out, received);
            if (18..23).contains(&n) {
                send.port.0 = 22;
            }
            self.sends.push(send);
        }
        // Developers with servers of their own.
        for dev in 0..8 {
            let (host, server) = (dev * 7 + 1, self.ip());
            for day in 0..self.days {
                if self.weekday(day) && self.chance.yes(0.7) {
                    let (out, received) =
                        (self.chance.bytes(25.0 * MB, 2.5), self.chance.bytes(3.0 * MB, 2.0));
                    let mut send = self.base(
                        host,
                        day,
                        r"%systemroot%\system32\openssh\ssh.exe",
                        &server,
                        out,
                        received,
                    );
                    send.port.0 = 22;
                    self.sends.push(send);
                }
            }
        }
    }

    fn attack(&mut self, kind: &'static str) {
        let mut host = self.chance.below(self.hosts);
        if host.is_multiple_of(20) {
            host += 1;
        }
        let day = self.chance.below(self.days as usize - 1) as i32;
        let size = 4.0 + 400.0 * self.chance.unit().powi(2);
        let (out, received) =
            (self.chance.bytes(size * MB, 1.0).max(4_000_000), self.chance.bytes(size * MB / 60.0, 1.0));
        let to = if self.chance.yes(0.5) { self.name() } else { self.ip() };
        let image = self.image();
        let mut send = self.base(host, day, &image, &to, out, received);
        send.attack = Some(kind);
        if self.chance.yes(0.4) {
            send.port.0 = 1024 + self.chance.below(50_000) as u16;
        }
        if self.chance.yes(0.4) {
            send.hour = (19 + self.chance.below(10)) % 24;
        }
        if self.chance.yes(0.4) {
            send.parent = Some(
                self.chance
                    .pick(&[
                        r"c:\windows\system32\wscript.exe",
                        r"c:\windows\system32\cmd.exe",
                        r"c:\windows\system32\windowspowershell\v1.0\powershell.exe",
                    ])
                    .to_owned(),
            );
        }
        let quiet = [
            r"%systemroot%\system32\notepad.exe",
            r"%systemroot%\explorer.exe",
            r"%systemroot%\system32\rundll32.exe/x.dll|profile",
            r"%systemroot%\system32\dllhost.exe/{1}",
            r"%systemroot%\system32\svchost.exe/diagtrack",
            r"%systemroot%\system32\werfault.exe",
        ];
        let clouds = [
            "corp2.sharepoint.com",
            "dropbox.com",
            "site3.example",
            "site1.example",
            "googleapis.com",
            "data.microsoft.com",
        ];
        let set = |send: &mut Send, image: &str| {
            send.image = Some(image.to_owned());
            send.place = place_of(image);
            send.original = Some(file_name(image).to_owned());
        };
        match kind {
            "renamed" => send.original = self.chance.yes(0.6).then(|| "rclone.exe".to_owned()),
            "drip" => {
                for later in 1..4 {
                    let mut next = send.clone();
                    next.day += later;
                    next.out = self.chance.bytes(13.0 * MB, 0.6);
                    next.received = self.chance.bytes(0.4 * MB, 0.6);
                    if next.day < self.days {
                        self.sends.push(next);
                    }
                }
                (send.out, send.received) =
                    (self.chance.bytes(13.0 * MB, 0.6), self.chance.bytes(0.4 * MB, 0.6));
            }
            "hijacked" => set(&mut send, r"%programfiles%\vault\backupagent.exe"),
            "cloud" => {
                set(
                    &mut send,
                    self.chance.pick(&[
                        r"%systemroot%\system32\windowspowershell\v1.0\powershell.exe:inline:1",
                        r"%systemroot%\system32\curl.exe",
                        r"%systemroot%\system32\svchost.exe/bits",
                        &image,
                    ]),
                );
                send.destination = self.chance.pick(&clouds).to_owned();
                send.port.0 = 443;
            }
            "injected" => set(&mut send, self.chance.pick(&quiet)),
            "injected_cloud" => {
                set(&mut send, self.chance.pick(&quiet));
                send.destination = self.chance.pick(&clouds).to_owned();
                send.port.0 = 443;
            }
            "tunnel" => {
                set(
                    &mut send,
                    self.chance.pick(&[
                        r"%systemroot%\system32\openssh\ssh.exe",
                        r"%programfiles%\putty\plink.exe",
                        &image,
                    ]),
                );
                send.port.0 = self.chance.pick(&[&443_u16, &53, &80]).to_owned();
            }
            "unattributed" => {
                send.image = None;
                send.user = None;
                send.place = Place::Unknown;
            }
            "builtin" => {
                set(
                    &mut send,
                    self.chance.pick(&[
                        r"%systemroot%\system32\curl.exe",
                        r"%systemroot%\system32\svchost.exe/bits",
                        r"%systemroot%\system32\ftp.exe",
                        r"%systemroot%\system32\windowspowershell\v1.0\powershell.exe:encoded-inline:1",
                    ]),
                );
            }
            "campaign" => {
                for n in 1..4 {
                    let mut next = send.clone();
                    next.host = (host + 31 * n) % self.hosts;
                    next.user = Some(format!(r"corp\u{}", next.host));
                    next.out = self.chance.bytes(size * MB, 1.0).max(4_000_000);
                    self.sends.push(next);
                }
            }
            "headless" => {
                set(&mut send, r"%programfiles%\microsoft\edge\application\msedge.exe/remote-controlled");
            }
            _ => {
                set(
                    &mut send,
                    r"%userprofile%\appdata\local\programs\python\python#\python.exe:collect.py|profile",
                );
                send.command_line = Some("python collect.py --upload".into());
            }
        }
        self.sends.push(send);
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

    pub(crate) fn channels(&self) -> (Vec<Channel>, BTreeMap<(ChannelKey, i32), &'static str>) {
        let mut channels: BTreeMap<ChannelKey, Channel> = BTreeMap::new();
        let mut truth = BTreeMap::new();
        let mut sends = self.sends.clone();
        sends.sort_by_key(|send| send.day);
        for send in &sends {
            let host = format!("ws-{:04}", send.host);
            let key = ChannelKey {
                host,
                identity: send.image.clone(),
                user: send.user.clone(),
                destination: send.destination.clone(),
            };
            if let Some(kind) = send.attack {
                truth.insert((key.clone(), send.day), kind);
            }
            let named = send.destination.parse::<std::net::IpAddr>().is_err();
            let channel = channels.entry(key.clone()).or_insert_with(|| Channel {
                key,
                host_ips: vec!["10.0.0.1".parse().unwrap()],
                monitored: true,
                place: send.place,
                scope: send.scope,
                name: named.then(|| (send.destination.clone(), NameSource::Sni)),
                days: Vec::new(),
            });
            if channel.days.last().is_none_or(|last| last.day != send.day) {
                channel.days.push(empty_day(send));
            }
            let Some(day) = channel.days.last_mut() else { continue };
            day.sum.add(send.out, send.received);
            if send.out >= 65_536 && send.out / 4 >= send.received {
                day.lopsided.add(send.out, send.received);
            }
            for hour in 0..send.hours {
                day.hours.add(((send.hour + hour) % 24) as u8, send.out / send.hours as u64);
            }
            day.largest.push(note(send, day.first));
            day.last = day.last.max(day.largest.last().map_or(day.last, |flow| flow.end));
            day.ports.push(PortSum {
                port: send.port.0,
                protocol: Protocol(send.port.1),
                service: None,
                flows: 1,
                bytes_out: send.out,
                bytes_in: send.received,
            });
        }
        (channels.into_values().collect(), truth)
    }
}

/// The flow of a sending, at a speed that is the same for all: what is planted is told by nothing but what it is.
fn note(send: &Send, start: Micros) -> FlowNote {
    let seconds = (send.out / 2_000_000).clamp(1, 36_000) as i64;
    FlowNote {
        start,
        end: start.plus(seconds * 1_000_000),
        ip: "203.0.113.9".parse().unwrap(),
        port: send.port.0,
        bytes_out: Some(send.out),
        bytes_in: Some(send.received),
        quality: (Quality::Exact, Quality::Exact),
        origins: Vec::new(),
        connection: None,
        files: None,
    }
}

fn empty_day(send: &Send) -> ChannelDay {
    let start = i64::from(send.day) * DAY + send.hour as i64 * HOUR;
    let sender = send.image.as_ref().map(|image| {
        let path = image.split(['/', ':']).next().unwrap_or_default();
        Sender {
            process: Process {
                image: Some(path.to_owned()),
                name: Some(file_name(path).to_owned()),
                parent_image: send.parent.clone(),
                command_line: send.command_line.clone(),
                user: send.user.clone(),
                instances: 1,
                ..Process::default()
            },
            started: None,
            parent_command_line: None,
            original_name: send
                .original
                .clone()
                .map(|name| name.split(['/', ':']).next().unwrap_or_default().to_owned()),
            company: None,
            bytes_out: send.out,
            origin: None,
        }
    });
    ChannelDay {
        day: send.day,
        layer: Layer::Payload,
        quality: (Quality::Exact, Quality::Exact),
        first: Micros(start),
        last: Micros(start),
        senders: sender.into_iter().collect(),
        instances: 1,
        method: if send.image.is_some() { Method::Tuple } else { Method::None },
        confidence: 900,
        reason: "5-tuple".into(),
        ..ChannelDay::default()
    }
}

const KINDS: [&str; 12] = [
    "renamed",
    "drip",
    "hijacked",
    "cloud",
    "injected",
    "injected_cloud",
    "tunnel",
    "unattributed",
    "builtin",
    "campaign",
    "headless",
    "script",
];
