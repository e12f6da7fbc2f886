//! The long tail: software that only one to three hosts have, each with its own vendor. Some of it sends a lot.

use std::sync::Arc;

use crate::applications::{Account, Application, Life, Proto, To, Traffic, When};
use crate::chance::Chance;
use crate::names::{self, Software};

/// Invents `count` rare applications.
pub(crate) fn rare_applications(seed: u64, count: u32) -> Vec<Application> {
    (0..count)
        .map(|index| draw(&mut Chance::of(seed, "rare application", u64::from(index), 0), index))
        .collect()
}

/// Invents `count` applications that a few hosts are given at a time: pilots of new software, and collectors that support
/// runs for its maker, which do nothing but send.
pub(crate) fn pilot_applications(seed: u64, count: u32) -> Vec<Application> {
    (0..count)
        .map(|index| {
            let mut chance = Chance::of(seed, "pilot application", u64::from(index), 0);
            let mut pilot = draw(&mut chance, index);
            pilot.name = format!("pilot-{index}");
            if chance.happens(0.3) {
                collect(&mut pilot, &mut chance);
            }
            pilot
        })
        .collect()
}

/// Makes a collector of an application: it runs now and then, sends what it has found, and ends.
fn collect(pilot: &mut Application, chance: &mut Chance) {
    let Some(mut line) = pilot.traffic.pop() else { return };
    let size = chance.spread(25_000_000.0, 0.8);
    line.out = (size, 0.6);
    line.back = (size * 0.004 + 4_000.0, 0.8);
    (line.per_day, line.days, line.seconds) = (1.0, chance.real(0.08, 0.5), (60.0, 0.8));
    pilot.traffic = vec![line];
    pilot.life = Life::Run;
}

fn draw(chance: &mut Chance, index: u32) -> Application {
    let software = Software::draw(chance);
    let vendor = names::domain(chance, &software.vendor);
    let life = chance.one(&[Life::Day, Life::Day, Life::Boot, Life::Run]);
    let user = match (life, software.per_user) {
        (Life::Boot, _) => Account::System,
        (_, true) => Account::User,
        _ => chance.one(&[Account::User, Account::User, Account::System]),
    };
    let parents: &[&str] = match (life, user) {
        (Life::Boot, _) => &["C:\\Windows\\System32\\services.exe"],
        (_, Account::System) => &["C:\\Windows\\System32\\svchost.exe", "C:\\Windows\\System32\\taskeng.exe"],
        _ => &[
            "C:\\Windows\\explorer.exe",
            "C:\\Windows\\explorer.exe",
            "C:\\Windows\\System32\\cmd.exe",
            "C:\\Windows\\System32\\svchost.exe",
        ],
    };
    Application {
        name: format!("rare-{index}"),
        image: format!("{}\\{}", software.folder, software.file),
        original: Some(software.original.clone()),
        company: if chance.happens(0.2) { "-".to_owned() } else { software.company.clone() },
        product: software.product.clone(),
        command: command(chance),
        parent: chance.pick(parents).to_owned(),
        user,
        life,
        root: false,
        share: 0.0,
        roles: Vec::new(),
        rollout: false,
        late: 0.07,
        traffic: traffic(chance, &vendor),
    }
}

/// A command line's tail, as ordinary and planted software may have it.
pub(crate) fn command(chance: &mut Chance) -> String {
    match chance.below(9) {
        0 | 1 => String::new(),
        2 => "--background".to_owned(),
        3 => format!("-c {}.conf", names::word(chance)),
        4 => format!("--profile {} --quiet", names::word(chance)),
        5 => format!("sync D:\\{} {}:", names::word(chance), names::word(chance)),
        6 => format!("/run {} /log", names::word(chance)),
        7 => format!(
            "copy \"%USERPROFILE%\\Documents\" {}:{} --transfers 4",
            names::word(chance),
            names::word(chance)
        ),
        _ => format!("-s {} -p {}", names::word(chance), chance.range(1, 9)),
    }
}

/// What a sensor finds in a conversation on this port.
fn service(chance: &mut Chance, port: u16) -> &'static str {
    match port {
        80 => "http",
        22 => "ssh",
        443 | 8443 | 9443 | 10443 => "ssl",
        _ => chance.pick(&["ssl", "-"]),
    }
}

fn traffic(chance: &mut Chance, vendor: &str) -> Vec<Traffic> {
    let port = chance
        .one(&[443, 443, 443, 443, 8443, 80, 5671, 9443, 22, 8883, 7443, 6443, 10443, 4433, 50051, 2083]);
    let service = service(chance, port);
    let to = place(chance, vendor);
    let line = |per_day: f64, out: f64, spread: f64, back: f64, seconds: f64| Traffic {
        to: to.clone(),
        proto: Proto::Tcp,
        port,
        service: service.to_owned(),
        per_day,
        days: 1.0,
        when: When::Work,
        out: (out, spread),
        back: (back, 0.8),
        seconds: (seconds, 1.0),
        fixed: true,
        steady: 0.5,
    };
    let any = if chance.happens(0.4) { When::Any } else { When::Work };
    let chatter = Traffic {
        to: To::Name(host(chance, vendor)),
        port: 443,
        service: "ssl".to_owned(),
        when: any,
        ..line(chance.real(1.0, 12.0), 5_000.0, 1.0, 14_000.0, 8.0)
    };
    let mut lines = vec![chatter];
    match chance.below(100) {
        // Little more than chatter.
        0..=73 => lines.push(line(chance.real(0.3, 4.0), 60_000.0, 1.4, 70_000.0, 15.0)),
        // Gets more than it sends.
        74..=85 => lines.push(line(chance.real(0.5, 6.0), 40_000.0, 1.2, 4_000_000.0, 40.0)),
        // Sends a little much every day.
        86..=90 => {
            lines
                .push(Traffic { when: any, ..line(chance.real(0.8, 5.0), 2_500_000.0, 0.8, 30_000.0, 20.0) });
        }
        // Sends much every day, in pieces or at once.
        91..=95 => {
            let pieces = chance.real(1.0, 20.0);
            let size = chance.spread(22_000_000.0, 0.9) / pieces;
            lines.push(Traffic { when: any, ..line(pieces, size, 0.5, size * 0.01 + 4_000.0, 40.0) });
        }
        // A backup by night.
        96..=97 => {
            let size = chance.spread(120_000_000.0, 0.9);
            let days = chance.real(0.6, 1.0);
            lines.push(Traffic { when: When::Night, days, ..line(1.0, size, 0.4, size * 0.004, 700.0) });
        }
        // Sends much now and then, sometimes only once.
        _ => {
            let size = chance.spread(16_000_000.0, 0.9);
            let days = chance.real(0.06, 0.4);
            lines.push(Traffic { days, ..line(1.2, size, 0.6, size * 0.005 + 4_000.0, 120.0) });
        }
    }
    lines
}

/// Mostly a host of the vendor, now and then storage that somebody rents.
fn place(chance: &mut Chance, vendor: &str) -> To {
    match chance.below(20) {
        0 => To::Tenant("blob.core.windows.net".to_owned()),
        1 => To::Tenant("s3.amazonaws.com".to_owned()),
        2 => To::Server,
        _ => To::Name(host(chance, vendor)),
    }
}

fn host(chance: &mut Chance, vendor: &str) -> Arc<str> {
    format!("{}.{vendor}", names::label(chance)).into()
}
