//! DNS as resolvers speak it.

use crate::junk::dns::{self, Edns, Question};
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
