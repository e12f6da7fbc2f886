//! The truth about a labelled fleet, as `truth.json` holds it: read leniently, since other generators write it too.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, bail};
use lopside_model::Micros;
use lopside_model::net::parse_ip;
use serde::Deserialize;

/// What was planted.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    /// What the fleet was drawn from, hosts and days.
    pub(crate) seed: Option<u64>,
    /// What wrote it, where it says so.
    pub(crate) generator: Option<String>,
    /// Hosts.
    pub(crate) hosts: u64,
    /// Days.
    pub(crate) days: u64,
    /// Days on which a host was there, summed over hosts.
    pub(crate) host_days: u64,
    /// The planted senders.
    pub(crate) attacks: Vec<Attack>,
}

/// One planted sender and one of its destinations.
#[derive(Clone, Debug)]
pub(crate) struct Attack {
    /// The kind of sender.
    pub(crate) scenario: String,
    /// The host's name, or its address.
    pub(crate) host: String,
    /// Addresses that the host sent from, where the truth tells them.
    pub(crate) host_ips: BTreeSet<IpAddr>,
    /// The image; absent for a device.
    pub(crate) image: Option<String>,
    /// The destination's name.
    pub(crate) domain: Option<String>,
    /// Its addresses.
    pub(crate) ips: BTreeSet<IpAddr>,
    /// Its port.
    pub(crate) port: Option<u16>,
    /// First packet.
    pub(crate) start: Micros,
    /// Last packet.
    pub(crate) end: Micros,
    /// Bytes that were sent.
    pub(crate) bytes_out: Option<u64>,
    /// Whether an endpoint event names the sender.
    pub(crate) attributable: bool,
}

#[derive(Deserialize)]
struct Written {
    seed: Option<u64>,
    generator: Option<String>,
    #[serde(default)]
    hosts: u64,
    #[serde(default)]
    days: u64,
    host_days: Option<u64>,
    attacks: Vec<WrittenAttack>,
}

#[derive(Deserialize)]
struct WrittenAttack {
    #[serde(default)]
    scenario: String,
    host: String,
    #[serde(default)]
    host_ips: Vec<String>,
    image: Option<String>,
    domain: Option<String>,
    #[serde(default)]
    ips: Vec<String>,
    port: Option<u16>,
    start: String,
    end: String,
    bytes_out: Option<u64>,
    #[serde(default = "yes")]
    attributable: bool,
}

fn yes() -> bool {
    true
}

impl Truth {
    /// Reads the truth of a fleet's folder.
    ///
    /// # Errors
    /// When the folder has none, or it cannot be understood.
    pub(crate) fn load(fleet: &Path) -> anyhow::Result<Truth> {
        let path = fleet.join("truth.json");
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("cannot read {}; name a folder that `lopside emulate fleet` wrote", path.display())
        })?;
        Truth::parse(&text).with_context(|| format!("{} is no truth of a labelled fleet", path.display()))
    }

    /// Reads the text of a `truth.json`.
    ///
    /// # Errors
    /// When a key is missing or a time or an address cannot be read.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Truth> {
        let written: Written = serde_json::from_str(text)?;
        let attacks = written
            .attacks
            .into_iter()
            .enumerate()
            .map(|(number, attack)| Attack::read(attack).with_context(|| format!("attack {}", number + 1)))
            .collect::<anyhow::Result<_>>()?;
        Ok(Truth {
            seed: written.seed,
            generator: written.generator,
            hosts: written.hosts,
            days: written.days,
            host_days: written.host_days.unwrap_or(written.hosts.saturating_mul(written.days)),
            attacks,
        })
    }
}

impl Attack {
    fn read(written: WrittenAttack) -> anyhow::Result<Attack> {
        let time = |text: &str| Micros::parse_iso(text).with_context(|| format!("{text:?} is no time"));
        let (start, end) = (time(&written.start)?, time(&written.end)?);
        if end < start {
            bail!("ends before it starts");
        }
        let full = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(Attack {
            scenario: written.scenario,
            host: written.host,
            host_ips: addresses(&written.host_ips)?,
            image: full(written.image),
            domain: full(written.domain),
            ips: addresses(&written.ips)?,
            port: written.port,
            start,
            end,
            bytes_out: written.bytes_out,
            attributable: written.attributable,
        })
    }
}

fn addresses(texts: &[String]) -> anyhow::Result<BTreeSet<IpAddr>> {
    texts.iter().map(|text| parse_ip(text).with_context(|| format!("{text:?} is no address"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interface_s_keys_are_enough() {
        let text = r#"{"seed":1,"hosts":3,"days":2,"host_days":5,"attacks":[{"scenario":"drip","host":"WS-1","image":"C:\\x.exe",
            "pid":4,"user":"CORP\\jo","domain":null,"ips":["203.0.113.9"],"port":8443,"start":"2026-03-05T19:02:00Z",
            "end":"2026-03-06T01:00:00Z","bytes_out":7,"attributable":false,"more":[]}]}"#;
        let truth = Truth::parse(text).unwrap();
        assert_eq!(truth.host_days, 5);
        let attack = &truth.attacks[0];
        assert_eq!(
            (attack.end.day() - attack.start.day(), attack.attributable, attack.ips.len()),
            (1, false, 1)
        );
    }

    #[test]
    fn wrong_truths_are_refused() {
        assert!(Truth::parse("{}").is_err());
        let wrong = r#"{"attacks":[{"host":"a","ips":["x"],"start":"2026-03-05T19:02:00Z","end":"2026-03-05T19:02:00Z"}]}"#;
        assert!(format!("{:#}", Truth::parse(wrong).unwrap_err()).contains("attack 1"));
        assert!(Truth::load(Path::new("/nowhere")).is_err());
    }
}
