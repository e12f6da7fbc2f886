//! What looks like theft and is none, and twelve kinds of lopsided sender.

use lopside_model::identity::Place;
use lopside_model::process::file_name;

use super::{Fleet, MB, Send, place_of};

pub(super) const KINDS: [&str; 12] = [
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

impl Fleet {
    /// Rare and departmental software, developers, one-offs: what is not an attack although it looks like one.
    pub(super) fn unusual(&mut self) {
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

    pub(super) fn attack(&mut self, kind: &'static str) {
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
}
