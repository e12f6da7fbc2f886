//! Fields that are padded with random values, fields that mean nothing, and identifiers that are new each time.

use crate::junk::carry::Carry;
use crate::junk::encode::percent;
use crate::junk::noise::{Alphabet, Law};
use crate::junk::order::{Carrier, Order, Talk};
use crate::junk::prose;
use crate::junk::web::{Body, Web};

/// Values with a random rest of varying length.
pub(super) fn padded(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let fields = prose::fields(&mut order.chance);
    let victims: Vec<bool> = fields.iter().map(|_| order.chance.happens(0.4)).collect();
    let alphabet = order.chance.one(Alphabet::TEXT);
    let mean = order.junk_median() / victims.iter().filter(|victim| **victim).count().max(1) as f64;
    let low = (mean * order.chance.real(0.0, 0.3)) as usize;
    let law = Law::Uniform(low, ((2.0 * mean) as usize).max(low + 6));
    let form = order.chance.happens(0.4);
    talk.mark(&format!("{} {}", if form { "form" } else { "json" }, alphabet.word()));
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let (mut pairs, mut junk) = (Vec::new(), 0);
        for (number, field) in fields.iter().enumerate() {
            let mut value = prose::value(&mut order.chance, field).trim_matches('"').to_owned();
            if victims[number] || number == 0 && !victims.contains(&true) {
                let length = law.next(&mut order.chance);
                value.push_str(&alphabet.text(&mut order.chance, length));
                junk += length;
            }
            pairs.push(if form {
                format!("{field}={}", percent(value.as_bytes()))
            } else {
                format!("\"{field}\":\"{value}\"")
            });
        }
        let (kind, text) = if form {
            ("application/x-www-form-urlencoded", pairs.join("&"))
        } else {
            ("application/json", format!("{{{}}}", pairs.join(",")))
        };
        web.exchange(order, &mut talk, turn, &Body::new(kind, text).with_junk(junk));
    }
    talk.expected = Some(&["suspect", "junk"]);
    talk.undecidable = order.messages < 24 || mean < 6.0;
    talk
}

/// Fields whose whole value is noise of varying length, some with names that are noise too.
pub(super) fn noise(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let fields = prose::fields(&mut order.chance);
    let alphabet = if order.hard {
        order.chance.one(&[Alphabet::Words, Alphabet::Alnum, Alphabet::Hex])
    } else {
        order.chance.one(Alphabet::TEXT)
    };
    let fresh_names = order.chance.happens(0.3);
    let count = 1 + order.chance.below(3);
    let mean = order.junk_median() / count as f64;
    let low = (mean * order.chance.real(0.0, 0.4)) as usize;
    let law = Law::Uniform(low, ((2.0 * mean) as usize).max(low + 6));
    let names: Vec<&str> = (0..count)
        .map(|_| order.chance.pick(&["pad", "data", "ctx", "nonce", "x", "meta", "blob", "r"]))
        .collect();
    talk.mark(&format!("{}{}", alphabet.word(), if fresh_names { " fresh names" } else { "" }));
    let mut carry = Carry::new(order, carrier, true);
    for turn in 0..order.messages {
        let (real, _) = order.split();
        let mut text = prose::json(&mut order.chance, &fields, real);
        text.pop();
        let mut junk = 0;
        for (number, name) in names.iter().enumerate() {
            let length = law.next(&mut order.chance);
            let value = alphabet.text(&mut order.chance, length);
            let name = if fresh_names {
                Alphabet::Lower.text(&mut order.chance, 4 + length % 7)
            } else {
                format!("{name}{number}")
            };
            text.push_str(&format!(",\"{name}\":\"{value}\""));
            junk += length + name.len() + 6;
        }
        text.push('}');
        carry.put(order, &mut talk, turn, "application/json", text.into_bytes(), junk);
    }
    talk.expected = Some(&["suspect", "junk"]);
    talk.undecidable = order.messages * count < 24 || mean < 6.0 || alphabet == Alphabet::Words;
    talk
}

/// Random identifiers of a constant length in fields: nobody can tell them from session keys.
pub(super) fn identifiers(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let fields = prose::fields(&mut order.chance);
    let alphabet = order.chance.one(&[Alphabet::Hex, Alphabet::Alnum, Alphabet::Base64]);
    let length = order.chance.one(&[8, 16, 24, 32, 40, 64]);
    talk.mark(&format!("{} {length}", alphabet.word()));
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let (real, _) = order.split();
        let mut text = prose::json(&mut order.chance, &fields, real);
        text.pop();
        let (a, b) = (alphabet.text(&mut order.chance, length), alphabet.text(&mut order.chance, length));
        text.push_str(&format!(",\"rid\":\"{a}\",\"tag\":\"{b}\"}}"));
        web.exchange(order, &mut talk, turn, &Body::new("application/json", text).with_junk(2 * length));
    }
    talk.undecidable = true;
    talk
}
