use lopside_model::channel::Channel;

use super::*;
use crate::fragment::Flagged;
use crate::ports::PortSeen;
use crate::settings::Settings;
use crate::testing::{channel, on};
use crate::usual::{Context, Usual};
use crate::weigh::weigh;

/// Hosts that browse and back up on some days, one of them with a tool of its own.
fn channels(hosts: std::ops::Range<u32>, days: std::ops::Range<i32>) -> Vec<Channel> {
    let mut all = Vec::new();
    for host in hosts {
        let host = format!("h{host:02}.corp.example");
        for (image, place, size) in [
            (r"%programfiles%\browser\browser.exe", "news.example", 1_u64 << 15),
            (r"%programfiles%\browser\browser.exe", "203.0.113.7", 1 << 12),
            (r"%systemroot%\system32\svchost.exe/dosvc", "update.example", 1 << 16),
            (r"%programfiles%\copy\copy.exe", "vault.example", 1 << 30),
        ] {
            let mut c = channel(&host, Some(image), place);
            for day in days.clone() {
                c = on(c, day, size + u64::from(day.unsigned_abs()), size / 4);
            }
            all.push(c);
        }
    }
    all
}

fn learned(channels: &[Channel]) -> Baseline {
    let usual = Usual::from(Fragment::of(channels), Context::default());
    let scores = channels.iter().map(|c| weigh(c, &usual, &Settings::default())).collect();
    let fragment = Fragment::remembering(channels, &Flagged::default());
    Baseline::learn(fragment, &[scores], &Context::default().weights)
}

fn merged(parts: &[&Baseline]) -> Baseline {
    let mut all = parts[0].clone();
    for part in &parts[1..] {
        all.merge((*part).clone()).unwrap();
    }
    all
}

#[test]
fn bytes_bring_back_what_was_written() {
    let baseline = learned(&channels(0..5, 10..16));
    let bytes = baseline.to_bytes();
    let read = Baseline::from_bytes(&bytes).unwrap();
    assert_eq!(read.to_bytes(), bytes);
    assert_eq!(read.summary(), baseline.summary());
    assert_eq!((read.hosts(), read.host_days(), read.span()), (5, 30, Some((10, 15))));
    assert_eq!(read.processes(), baseline.processes());
    assert_eq!(read.host_rows(), baseline.host_rows());
    assert_eq!(read.users(), baseline.users());
    assert_eq!(read.destinations(), baseline.destinations());
    let empty = Baseline::default().to_bytes();
    assert_eq!(Baseline::from_bytes(&empty).unwrap().to_bytes(), empty);
}

#[test]
fn any_order_of_merging_gives_the_same_bytes() {
    // Hosts and days overlap.
    let (a, b, c) =
        (learned(&channels(0..4, 10..14)), learned(&channels(2..6, 12..17)), learned(&channels(5..7, 3..5)));
    let whole = merged(&[&a, &b, &c]).to_bytes();
    for order in [[&a, &c, &b], [&b, &a, &c], [&b, &c, &a], [&c, &a, &b], [&c, &b, &a]] {
        assert!(merged(&order).to_bytes() == whole);
    }
    assert!(merged(&[&a, &merged(&[&b, &c])]).to_bytes() == whole);
}

#[test]
fn processes_hosts_and_users_have_bytes_each_way_hours_and_ports_with_their_first_day() {
    let mut early = channels(0..3, 10..13);
    for day in early.iter_mut().flat_map(|c| &mut c.days) {
        day.hours = Default::default();
        day.hours.add(4, day.sum.bytes_out);
    }
    let baseline = merged(&[&learned(&channels(2..5, 20..22)), &learned(&early)]);
    let port = u32::from(443_u16) << 8 | 6;
    let processes = baseline.processes();
    let copy = &processes[r"%programfiles%\copy\copy.exe"];
    let told = |hosts| PortSeen { port, hosts, first: 10 };
    assert_eq!(
        (*copy.ports.get(port).unwrap(), copy.quantity.hours[4], copy.quantity.hours[10]),
        (told(5), 9, 6)
    );
    // 1 GiB there and a quarter of it back, by buckets of half a doubling.
    assert!(copy.quantity.bytes(0.5).unwrap().abs_diff(1 << 30) < 1 << 29);
    assert!(copy.quantity.bytes_back(0.5).unwrap().abs_diff(1 << 28) < 1 << 27);
    let users = baseline.users();
    let jo = &users[r"corp\jo"];
    assert_eq!((jo.hosts, jo.host_days, jo.days), (5, 15, Some((10, 21))));
    assert_eq!((*jo.ports.get(port).unwrap(), jo.quantity.hours[4], jo.destinations.len()), (told(5), 9, 4));
    assert_eq!(jo.quantity.bytes(1.0), copy.quantity.bytes(1.0), "the largest of all that run as jo");
    let host = &baseline.host_rows()["h02.corp.example"];
    // Three processes on five days.
    assert_eq!(
        (*host.ports.get(port).unwrap(), host.quantity.hours[4], host.quantity.hours[10]),
        (told(1), 9, 6)
    );
    assert_eq!(baseline.fleet().hours.iter().sum::<u32>(), 3 * 15);
}

#[test]
fn what_was_not_measured_has_no_size_in_a_row_and_users_that_come_are_told() {
    let mut all = channels(0..3, 10..12);
    for channel in all.iter_mut().filter(|channel| channel.key.host.starts_with("h02")) {
        for day in &mut channel.days {
            day.unmeasured = std::mem::take(&mut day.sum);
        }
    }
    let baseline = learned(&all);
    let copy = &baseline.processes()[r"%programfiles%\copy\copy.exe"];
    assert_eq!((copy.host_days, copy.quantity.by_bytes().iter().map(|(_, n)| n).sum::<u32>()), (6, 4));
    let nobody = Baseline::default().changes(&baseline);
    let users: Vec<&str> =
        nobody.iter().filter(|change| change.kind == Kind::User).map(|change| change.name.as_str()).collect();
    assert_eq!(users, [r"corp\jo"]);
}

#[test]
fn the_same_day_twice_is_one_day() {
    let a = learned(&channels(0..4, 10..14));
    let twice = merged(&[&a, &a]);
    assert_eq!((twice.host_days(), twice.processes()), (a.host_days(), a.processes()));
}

#[test]
fn the_order_of_channels_and_partitions_does_not_matter() {
    let all = channels(0..6, 10..14);
    let weights = Context::default().weights;
    let of = |partitions: &[Vec<Channel>]| {
        let mut fragment = Fragment::default();
        for channels in partitions {
            fragment.merge(Fragment::remembering(channels, &Flagged::default()));
        }
        Baseline::learn(fragment, &[], &weights).to_bytes()
    };
    let one = of(std::slice::from_ref(&all));
    let mut parts: Vec<Vec<Channel>> =
        all.chunk_by(|a, b| a.key.host == b.key.host).map(<[Channel]>::to_vec).collect();
    parts.reverse();
    parts.iter_mut().for_each(|part| part.reverse());
    assert!(of(&parts) == one);
}

#[test]
fn what_one_process_of_a_host_fills_it_with_is_bounded_in_any_order() {
    let of = |names: std::ops::Range<u32>| {
        let mut all = channels(0..2, 10..14);
        for n in names {
            let mut c = channel("h00.corp.example", Some("crawler"), &format!("made-up-{n:03}.example"));
            for day in 10..11 + (n % 3) as i32 {
                c = on(c, day, if n == 33 { 1 << 30 } else { 900 }, 900);
            }
            all.push(c);
        }
        learned(&all)
    };
    let (a, b) = (of(0..60), of(40..100));
    let bounded = |parts: [&Baseline; 2]| {
        let mut baseline = merged(&parts);
        baseline.bound_to(20);
        baseline
    };
    let one = bounded([&a, &b]);
    assert!(one.to_bytes() == bounded([&b, &a]).to_bytes());
    let crawler = &one.processes()["crawler"];
    assert_eq!((crawler.destinations.len(), crawler.pairs, one.summary().forgotten), (20, 100, 80));
    // What is large stays, then what was used on the most days, then by name.
    assert!(crawler.destinations.contains_key("made-up-033.example"));
    assert!(crawler.destinations.contains_key("made-up-002.example"));
    assert!(!crawler.destinations.contains_key("made-up-001.example"));
    // Names that nobody reaches any more are gone, others are untouched, and the file says so again when it is read.
    assert_eq!(one.destinations().len(), 20 + 4);
    assert_eq!(one.users()[r"corp\jo"].destinations.len(), 20 + 4);
    let read = Baseline::from_bytes(&one.to_bytes()).unwrap();
    assert!(read.to_bytes() == one.to_bytes() && read.summary() == one.summary());
    let mut whole = learned(&channels(0..5, 10..16));
    let before = whole.to_bytes();
    whole.bound();
    assert!(whole.to_bytes() == before);
}

#[test]
fn damage_is_told_and_never_more() {
    let bytes = learned(&channels(0..3, 10..13)).to_bytes();
    for cut in 0..bytes.len() {
        assert!(Baseline::from_bytes(&bytes[..cut]).is_err(), "{cut}");
    }
    let mut refused = 0;
    for at in 0..bytes.len() {
        for with in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= with;
            match Baseline::from_bytes(&damaged) {
                // What is read can be used, and is what was there.
                Ok(read) => {
                    assert_eq!(Baseline::from_bytes(&read.to_bytes()).unwrap().to_bytes(), read.to_bytes());
                    drop((read.processes(), read.destinations(), read.host_rows()));
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > bytes.len());
}

#[test]
fn counts_that_promise_too_much_make_no_room() {
    let mut bytes = Baseline::default().to_bytes();
    bytes.truncate(bytes.len() - 5);
    // As many processes as fit into 63 bits.
    bytes.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
    assert_eq!(Baseline::from_bytes(&bytes).unwrap_err(), BaselineError::Short);
}

#[test]
fn other_versions_and_other_files_are_refused() {
    let mut bytes = learned(&channels(0..2, 1..3)).to_bytes();
    bytes[16] = 9;
    let told = Baseline::from_bytes(&bytes).unwrap_err().to_string();
    assert!(told.contains("version 9") && told.contains("version 3"), "{told}");
    assert_eq!(Baseline::from_bytes(b"PK\x03\x04").unwrap_err(), BaselineError::Other);
}

#[test]
fn hashed_names_match_with_the_key_alone() {
    let all = channels(0..6, 10..14);
    let (clear, mut hidden) = (learned(&all), learned(&all));
    let key = NameKey::new(b"sixteen bytes or more").unwrap();
    hidden.hide(&key).unwrap();
    assert_eq!(hidden.hide(&key).unwrap_err(), HideError::Twice);
    let bytes = hidden.to_bytes();
    for name in ["h03", "corp", "news.example", "vault", "browser", "copy", "dosvc", "203.0.113"] {
        assert!(!bytes.windows(name.len()).any(|window| window == name.as_bytes()), "{name}");
    }
    assert!(bytes.windows(11).any(|window| window == b"svchost.exe"));
    let mut read = Baseline::from_bytes(&bytes).unwrap();
    assert_eq!(read.unlock(None).unwrap_err(), HideError::NoKey);
    let other = NameKey::new(b"sixteen other bytes").unwrap();
    assert_eq!(read.unlock(Some(other)).unwrap_err(), HideError::WrongKey);
    read.unlock(Some(key)).unwrap();
    let today = channels(0..6, 14..15);
    let judged = |baseline: &Baseline| {
        let own = Fragment::of(&today);
        let mut fragment = baseline.teach(&own);
        fragment.merge(own);
        let usual = Usual::from(fragment, Context::default());
        today.iter().map(|c| weigh(c, &usual, &Settings::default())).collect::<Vec<_>>()
    };
    assert_eq!(judged(&read), judged(&clear));
    assert_eq!(merged_error(&clear, &read), MergeError::Hidden);
    assert_eq!(NameKey::new(b"short").unwrap_err(), HideError::Short);
}

fn merged_error(a: &Baseline, b: &Baseline) -> MergeError {
    a.clone().merge(b.clone()).unwrap_err()
}

#[test]
fn another_site_has_the_same_programs_and_other_hosts() {
    let mut there = learned(&channels(0..40, 10..14));
    let key = NameKey::new(b"sixteen bytes or more").unwrap();
    there.hide(&key).unwrap();
    there.unlock(Some(key)).unwrap();
    let here = [on(
        channel("pc1.other.example", Some(r"%programfiles%\copy\copy.exe"), "vault.example"),
        20,
        1 << 30,
        0,
    )];
    let own = Fragment::of(&here);
    let mut fragment = there.teach(&own);
    fragment.merge(own);
    let usual = Usual::from(fragment, Context::default());
    assert_eq!(usual.fleet_process(r"%programfiles%\copy\copy.exe").unwrap().hosts, 41);
    assert_eq!(usual.fleet_destination("vault.example").unwrap().hosts, 41);
}

#[test]
fn one_host_teaches_no_more_than_one_host_however_long_it_is_remembered() {
    let mut all = channels(0..5, 10..14);
    let mut loud = channel("loud.corp.example", Some("tool"), "place.example");
    for day in -400..14 {
        loud = on(loud, day, 1 << 33, 0);
    }
    all.push(loud);
    let usual = Usual::from(learned(&all).teach(&Fragment::default()), Context::default());
    let tool = usual.fleet_process("tool").unwrap();
    assert_eq!((tool.hosts, tool.pairs), (1, 1));
    assert_eq!(usual.fleet_destination("place.example").unwrap().hosts, 1);
    // A host's share of what all send is one observation a day.
    assert_eq!(tool.out.quantile_without(None, 0.5).map(|(_, days)| days), Some(414));
}

#[test]
fn doubling_every_day_for_two_weeks_does_not_lift_its_own_baseline_without_end() {
    let others = channels(0..50, 0..14);
    let mut sender = channel("h07.corp.example", Some(r"%temp%\x.exe"), "203.0.113.9");
    for day in 0..14 {
        sender = on(sender, day, 1 << (16 + day), 100);
    }
    let until = |channel: &Channel, day: i32| {
        let days = channel.days.iter().filter(|known| known.day < day).cloned().collect();
        Channel { days, ..channel.clone() }
    };
    let mut open = Vec::new();
    for day in 1..14 {
        // Each day is judged by a baseline of all days before it, in which nothing was flagged.
        let before: Vec<Channel> =
            others.iter().chain([&sender]).map(|channel| until(channel, day)).collect();
        let days = sender.days.iter().filter(|known| known.day == day).cloned().collect();
        let today = Channel { days, ..sender.clone() };
        let mut fragment = learned(&before).teach(&Fragment::default());
        fragment.merge(Fragment::of(std::slice::from_ref(&today)));
        let usual = Usual::from(fragment, Context::default());
        let score = weigh(&today, &usual, &Settings::default())[0];
        if score.gate > 0.5 {
            open.push(score.total);
        }
    }
    // However much it sent before, sending twice as much never counts for less.
    assert!(open.len() > 5 && open.is_sorted(), "{open:?}");
}
