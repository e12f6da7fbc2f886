//! DNS as resolvers speak it.

use crate::chance::Chance;
use crate::junk::dns::{self, Edns, Question};
use crate::junk::encode::{base32, base64, hex};
use crate::junk::order::{Carrier, Order, Talk};
use crate::junk::prose;

fn ask(order: &mut Order, edns: Option<(&Edns, &Edns)>) -> Talk {
    let mut talk = Talk::default();
    for _ in 0..order.messages {
        let chance = &mut order.chance;
        let name = format!(
            "{}.{}-{}.example.{}",
            chance.pick(&["www", "mail", "api", "cdn", "img"]),
            prose::word(chance),
            prose::word(chance),
            chance.pick(&["com", "net", "org"])
        );
        let kind = chance.one(&[dns::A, dns::A, dns::AAAA, dns::HTTPS]);
        let name = longer(order, name);
        let chance = &mut order.chance;
        let question = Question { id: chance.word() as u16, name, kind };
        talk.out(dns::query(&question, edns.map(|(query, _)| query)));
        let records = match kind {
            dns::A => (0..1 + chance.below(3)).map(|_| (dns::A, chance.bytes(4))).collect(),
            dns::AAAA => vec![(dns::AAAA, [vec![0x20, 1, 0xd, 0xb8], chance.bytes(12)].concat())],
            _ => Vec::new(),
        };
        talk.back(dns::answer(&question, &records, edns.map(|(_, answer)| answer)));
    }
    talk
}

/// Without EDNS.
pub(super) fn plain(order: &mut Order, _: Carrier) -> Talk {
    ask(order, None)
}

/// Padded as RFC 8467 recommends: queries to 128 bytes, answers to 468.
pub(super) fn padded(order: &mut Order, _: Carrier) -> Talk {
    let query = Edns { block: Some(128), ..Edns::default() };
    let answer = Edns { block: Some(468), ..Edns::default() };
    ask(order, Some((&query, &answer)))
}

/// One question and its answer after another, as a function makes them.
fn series(
    order: &mut Order,
    edns: Option<&Edns>,
    mut next: impl FnMut(&mut Chance) -> (String, u16, Vec<(u16, Vec<u8>)>),
) -> Talk {
    let mut talk = Talk::default();
    for _ in 0..order.messages {
        let (name, kind, records) = next(&mut order.chance);
        let name = longer(order, name);
        let question = Question { id: order.chance.word() as u16, name, kind };
        talk.out(dns::query(&question, edns));
        talk.back(if records.is_empty() {
            dns::no_such_name(&question)
        } else {
            dns::answer(&question, &records, edns)
        });
    }
    talk
}

/// Names are as long in all conversations as the order wants them: regions, services and tenants stand before.
fn longer(order: &mut Order, mut name: String) -> String {
    let size = order.size().min(110) * 3 / 5;
    while name.len() < size {
        name = format!("{}{}{name}", prose::word(&mut order.chance), order.chance.pick(&[".", "-", "."]));
    }
    name
}

fn address(chance: &mut Chance) -> Vec<(u16, Vec<u8>)> {
    vec![(dns::A, chance.bytes(4))]
}

/// With cookies against forged answers.
pub(super) fn cookies(order: &mut Order, _: Carrier) -> Talk {
    let (client, server) = (order.chance.bytes(8), order.chance.bytes(16));
    let edns = Edns { options: vec![(dns::COOKIE, [client, server].concat())], block: None };
    series(order, Some(&edns), |chance| {
        let name = format!("{}.{}.example.com", prose::word(chance), prose::word(chance));
        (name, dns::A, address(chance))
    })
}

/// Long names of delivery networks and clouds, with other names behind them.
pub(super) fn delivery(order: &mut Order, _: Carrier) -> Talk {
    series(order, None, |chance| {
        let digest = chance.hex(14).to_lowercase();
        let name = match chance.below(4) {
            0 => format!("d{digest}.cloudfront.example.net"),
            1 => format!(
                "{}-{}.{}.elb.eu-west-1.cloud.example.com",
                prose::word(chance),
                chance.below(2_000_000_000),
                prose::word(chance)
            ),
            2 => format!("e{}.dscb.edge.example.net", chance.below(99_999)),
            _ => format!("{}-{}.azure.example.net", prose::word(chance), prose::uuid(chance)),
        };
        let other = format!("{}.edge.example.net", chance.hex(10).to_lowercase());
        let records = vec![(dns::CNAME, dns::wire_name(&other)), (dns::A, chance.bytes(4))];
        (name, dns::A, records)
    })
}

/// Digests of files and addresses looked up in lists of what is known to be bad.
pub(super) fn reputation(order: &mut Order, _: Carrier) -> Talk {
    let style = order.chance.below(3);
    series(order, None, move |chance| {
        let name = match style {
            0 => format!("{}.{}.avqs.example.com", base32(&chance.bytes(16)), base32(&chance.bytes(5))),
            1 => format!("{}.hash.malware.example.net", hex(&chance.bytes(20))),
            _ => format!(
                "{}.{}.{}.{}.zen.example.org",
                chance.below(256),
                chance.below(256),
                chance.below(256),
                chance.below(256)
            ),
        };
        let listed = chance.happens(0.1);
        (
            name,
            if style == 1 { dns::TXT } else { dns::A },
            if listed || style == 0 {
                vec![(
                    if style == 1 { dns::TXT } else { dns::A },
                    if style == 1 { dns::texts(b"1772517600 86") } else { vec![127, 0, 0, 2] },
                )]
            } else {
                Vec::new()
            },
        )
    })
}

/// Answers with signatures.
pub(super) fn signed(order: &mut Order, _: Carrier) -> Talk {
    let edns = Edns::default();
    let length = order.chance.one(&[64, 128, 256]);
    series(order, Some(&edns), move |chance| {
        let zone = format!("{}.example", prose::word(chance));
        let mut signature = vec![0, 1, 13, 2];
        signature.extend(300u32.to_be_bytes());
        signature.extend(1_775_000_000u32.to_be_bytes());
        signature.extend(1_772_400_000u32.to_be_bytes());
        signature.extend((chance.word() as u16).to_be_bytes());
        signature.extend(dns::wire_name(&zone));
        signature.extend(chance.bytes(length));
        (format!("www.{zone}"), dns::A, vec![(dns::A, chance.bytes(4)), (dns::RRSIG, signature)])
    })
}

/// Keys and rules for mail in texts.
pub(super) fn mail_keys(order: &mut Order, _: Carrier) -> Talk {
    series(order, None, |chance| {
        let domain = format!("{}-{}.example.com", prose::word(chance), prose::word(chance));
        match chance.below(3) {
            0 => {
                let key = format!(
                    "v=DKIM1; k=rsa; p={}",
                    base64(&[&[0x30, 0x82, 1, 0x22][..], &chance.bytes(290)].concat())
                );
                (
                    format!("s{}._domainkey.{domain}", chance.below(20)),
                    dns::TXT,
                    vec![(dns::TXT, dns::texts(key.as_bytes()))],
                )
            }
            1 => (
                domain,
                dns::TXT,
                vec![(dns::TXT, dns::texts(b"v=spf1 include:_spf.mail.example ip4:192.0.2.0/24 -all"))],
            ),
            _ => (
                domain.clone(),
                dns::MX,
                vec![(dns::MX, [vec![0, 10], dns::wire_name(&format!("mx1.{domain}"))].concat())],
            ),
        }
    })
}

/// Names of devices and tenants with identifiers, and names for addresses.
pub(super) fn devices(order: &mut Order, _: Carrier) -> Talk {
    series(order, None, |chance| {
        if chance.happens(0.3) {
            let name = format!("{}.{}.20.10.in-addr.arpa", chance.below(256), chance.below(12));
            return (
                name,
                dns::PTR,
                vec![(dns::PTR, dns::wire_name(&format!("{}.corp.example", prose::word(chance))))],
            );
        }
        let name = format!("{}.iot.{}.example.com", prose::uuid(chance), chance.pick(&["eu", "us", "ap"]));
        (name, dns::AAAA, vec![(dns::AAAA, chance.bytes(16))])
    })
}

/// Random single names, with which browsers find out whether the network lies.
pub(super) fn probes(order: &mut Order, _: Carrier) -> Talk {
    series(order, None, |chance| {
        if chance.happens(0.4) {
            let length = 7 + chance.below(9);
            let name: String = (0..length).map(|_| char::from(b'a' + chance.below(26) as u8)).collect();
            return (name, dns::A, Vec::new());
        }
        (format!("{}.example.org", prose::word(chance)), dns::A, address(chance))
    })
}
