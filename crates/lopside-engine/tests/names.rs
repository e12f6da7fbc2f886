//! Names of destinations, through the whole pipeline: which of several is told, and which must not be.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod world;

use lopside_engine::driver::Outcome;
use lopside_model::net::Scope;
use lopside_model::record::NameSource;
use world::{Conn, Connect, START, World, guid};

const HOST: &str = "WS-0417.corp.example";
const OTHER: &str = "WS-0999.corp.example";
const PEER: &str = "203.0.113.77";

fn name(world: &World) -> (String, Option<NameSource>) {
    let row = world.row();
    (row.domain.unwrap_or_default(), row.domain_source)
}

#[test]
fn names_by_precedence() {
    let conn = Conn::default();
    let subject = |name: &str| format!("CN={name},O=Kestrel");
    // Two worlds, since a handshake is recorded once: one where the sensor verified the certificate and one where it did not.
    for (verified, source) in
        [("ok", NameSource::Certificate), ("self signed certificate", NameSource::CertificateUnverified)]
    {
        let mut world = World::default();
        world.conn(conn.clone()).connect(Connect { reverse: "reverse.example", ..Connect::default() });
        assert_eq!(name(&world), ("reverse.example".into(), Some(NameSource::ReverseDns)));
        world.tls(&conn, "-", &subject("certificate.example"), verified);
        assert_eq!(name(&world), ("certificate.example".into(), Some(source)));
        world.lookup(OTHER, START - 1.0, guid(8), 8, "other.example", PEER);
        assert_eq!(name(&world), ("other.example".into(), Some(NameSource::DnsOther)));
        world.dns(START - 3.0, "10.20.30.41", "sensor.example", PEER);
        assert_eq!(name(&world), ("sensor.example".into(), Some(NameSource::DnsSensor)));
        world.lookup(HOST, START - 2.0, guid(5), 5, "host.example", PEER);
        assert_eq!(name(&world), ("host.example".into(), Some(NameSource::DnsHost)));
        let own = "{7b1f22c0-3256-69b1-4e02-000000001f00}";
        world.lookup(HOST, START - 9.0, own, 6_120, "own.example", PEER);
        assert_eq!(name(&world), ("own.example".into(), Some(NameSource::DnsProcess)));
        world.ssl(&conn, "sni.example");
        assert_eq!(name(&world), ("sni.example".into(), Some(NameSource::Sni)));
    }
}

#[test]
fn a_certificate_that_nobody_verified_groups_nothing() {
    for (verified, destination) in [("ok", "kestrel.example"), ("self signed certificate", PEER), ("-", PEER)]
    {
        let mut world = World::default();
        let conn = Conn::default();
        world.conn(conn.clone()).connect(Connect::default());
        world.tls(&conn, PEER, "CN=*.kestrel.example", verified);
        let (rows, outcome) = world.run_at(3, 2);
        assert_eq!(rows[0].domain.as_deref(), Some("kestrel.example"), "shown");
        let channels = outcome.all_channels().unwrap().concat();
        assert_eq!(channels[0].key.destination, destination, "{verified}");
    }
}

#[test]
fn another_hosts_lookup_names_an_address_only_at_its_time() {
    for (before, named) in [(-2.0, false), (-0.5, true), (3_500.0, true), (3_700.0, false)] {
        let mut world = World::default();
        world.conn(Conn::default()).connect(Connect::default());
        world.lookup(OTHER, START - before, guid(8), 8, "other.example", PEER);
        assert_eq!(world.row().domain.is_some(), named, "{before} seconds before");
    }
}

#[test]
fn another_hosts_lookup_is_corrected_by_its_own_clock() {
    let mut world = World::default();
    world.conn(Conn::default()).connect(Connect::default());
    // Two hours ahead: what it wrote at eleven it asked at nine.
    for index in 0..6_u16 {
        let start = START - 600.0 - f64::from(index) * 60.0;
        let from = ("10.20.30.99", 52_000 + index);
        let to = ("198.51.100.9", 443);
        world.conn(Conn { uid: format!("K{index}"), start, from, to, ..Conn::default() });
        world.connect(Connect { host: OTHER, time: start + 7_200.0, from, to, ..Connect::default() });
    }
    world.lookup(OTHER, START + 7_200.0 - 5.0, guid(8), 8, "other.example", PEER);
    let rows = world.rows();
    let row = rows.iter().find(|row| row.destination.starts_with(PEER)).unwrap();
    assert_eq!(row.domain.as_deref(), Some("other.example"));
}

#[test]
fn an_address_that_others_know_by_two_domains_has_no_name() {
    let mut world = World::default();
    world.conn(Conn::default()).connect(Connect::default());
    world.lookup(OTHER, START - 5.0, guid(8), 8, "shop.one.example", PEER);
    world.lookup(OTHER, START - 4.0, guid(8), 8, "mail.one.example", PEER);
    assert_eq!(name(&world), ("mail.one.example".into(), Some(NameSource::DnsOther)));
    world.dns(START - 60.0, "10.20.30.98", "two.test", PEER);
    assert_eq!(name(&world), (String::new(), None));
}

#[test]
fn a_private_address_is_another_machine_elsewhere() {
    let mut world = World::default();
    let to = ("10.9.9.9", 445);
    world.conn(Conn { to, ..Conn::default() }).connect(Connect { to, ..Connect::default() });
    world.lookup(OTHER, START - 5.0, guid(8), 8, "files.other-site.example", "10.9.9.9");
    let row = world.row();
    assert_eq!((row.scope, row.domain), (Scope::Internal, None));
    world.lookup(HOST, START - 5.0, guid(8), 8, "files.corp.example", "10.9.9.9");
    assert_eq!(name(&world), ("files.corp.example".into(), Some(NameSource::DnsHost)));
}

/// All channels by key, as text.
fn sorted(outcome: &Outcome) -> String {
    let mut channels = outcome.all_channels().unwrap().concat();
    channels.sort_by(|a, b| a.key.cmp(&b.key));
    format!("{channels:#?}")
}

/// Hosts that ask for some of the addresses which the others reach.
fn many() -> World {
    let mut world = World::default();
    for index in 0..120_u16 {
        let start = START + f64::from(index) * 61.0;
        let host = format!("WS-{:04}.corp.example", index % 12).leak();
        let from = (&*format!("10.20.30.{}", 10 + index % 12).leak(), 53_000 + index);
        let to = (&*format!("203.0.113.{}", index % 31).leak(), 443);
        world.conn(Conn { uid: format!("M{index}"), start, from, to, ..Conn::default() });
        world.connect(Connect { host, time: start, from, to, ..Connect::default() });
        if index % 3 != 0 {
            let name = format!("n{}.site{}.example", index % 2, index % 31 % 7);
            world.lookup(host, start - 1.0, guid(u32::from(index)), 9, &name, to.0);
        }
        if index % 5 == 0 {
            world.dns(start - 2.0, "10.20.30.200", &format!("d.site{}.example", index % 31 % 7), to.0);
        }
    }
    world
}

#[test]
fn the_same_names_at_any_number_of_partitions_and_threads() {
    let mut world = many();
    let (rows, outcome) = world.run_at(1, 1);
    let of = |source| rows.iter().filter(|row| row.domain_source == Some(source)).count();
    let nameless = rows.iter().filter(|row| row.domain.is_none()).count();
    let counts = (of(NameSource::DnsOther), of(NameSource::DnsHost), nameless);
    assert!(counts.0 >= 10 && counts.1 >= 10 && counts.2 >= 1, "{counts:?}");
    let channels = sorted(&outcome);
    for (partitions, threads, memory) in
        [(2, 1, None), (2, 2, None), (7, 2, None), (64, 8, None), (7, 2, Some(1))]
    {
        world.memory = memory;
        let (again, outcome) = world.run_at(partitions, threads);
        assert_eq!(again, rows, "{partitions} partitions, {threads} threads, {memory:?}");
        assert!(sorted(&outcome) == channels, "{partitions} partitions, {threads} threads, {memory:?}");
    }
}
