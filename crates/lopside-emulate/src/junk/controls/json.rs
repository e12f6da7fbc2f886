//! JSON as services speak it: plain, gzipped, signed, with encrypted fields, and wholly encrypted under its label.

use crate::chance::Chance;
use crate::junk::carry::Carry;
use crate::junk::encode::{base64, base64_url, gzip, hex};
use crate::junk::order::{Carrier, Order, Talk};
use crate::junk::prose;
use crate::junk::web::{Body, Web};

/// Records.
pub(super) fn plain(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let fields = prose::fields(&mut order.chance);
    let mut carry = Carry::new(order, carrier, true);
    for turn in 0..order.messages {
        let size = order.size();
        let text = prose::json(&mut order.chance, &fields, size);
        carry.put(order, &mut talk, turn, "application/json", text.into_bytes(), 0);
    }
    talk
}

/// Records, gzipped as the header says.
pub(super) fn gzipped(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let fields = prose::fields(&mut order.chance);
    let mut web = Web::new(order);
    let headers = [("Content-Encoding", "gzip".to_owned())];
    for turn in 0..order.messages {
        let size = order.size() * 3;
        let text = prose::json(&mut order.chance, &fields, size);
        let body = Body::new("application/json", gzip(text.as_bytes())).with_headers(&headers);
        web.exchange(order, &mut talk, turn, &body);
    }
    talk
}

/// Records with a signature, a nonce and a time.
pub(super) fn signed(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let fields = prose::fields(&mut order.chance);
    let length = order.chance.one(&[32, 64, 64, 256, 72]);
    let style = order.chance.pick(&["base64", "hex", "jws"]);
    talk.mark(style);
    let mut web = Web::new(order);
    let key = prose::word(&mut order.chance);
    for turn in 0..order.messages {
        let size = order.size();
        let text = prose::json(&mut order.chance, &fields, size);
        let (nonce, signature) = (order.chance.bytes(16), order.chance.bytes(length));
        let text = match style {
            "base64" => format!(
                "{{\"payload\":{text},\"kid\":\"{key}\",\"nonce\":\"{}\",\"signature\":\"{}\"}}",
                base64(&nonce),
                base64(&signature)
            ),
            "hex" => format!(
                "{{\"payload\":{text},\"ts\":\"{}\",\"nonce\":\"{}\",\"sig\":\"{}\"}}",
                prose::moment(&mut order.chance),
                hex(&nonce),
                hex(&signature)
            ),
            _ => {
                let protected = base64_url(format!("{{\"alg\":\"RS256\",\"kid\":\"{key}\"}}").as_bytes());
                format!(
                    "{{\"payload\":\"{}\",\"protected\":\"{protected}\",\"signature\":\"{}\"}}",
                    base64_url(text.as_bytes()),
                    base64_url(&signature)
                )
            }
        };
        web.exchange(order, &mut talk, turn, &Body::new("application/json", text));
    }
    talk
}

/// The length of something that a person writes, as ciphers show it.
pub(super) fn sealed_length(chance: &mut Chance, median: f64, block: bool) -> usize {
    let length = chance.spread(median, 0.7).clamp(2.0, 40_000.0) as usize;
    if block { (length + 1).next_multiple_of(16) } else { length }
}

/// Messages between people, encrypted from end to end in fields of JSON.
pub(super) fn encrypted_fields(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let block = order.chance.happens(0.5);
    talk.mark(if block { "block cipher" } else { "stream cipher" });
    let mut web = Web::new(order);
    let devices: Vec<String> =
        (0..1 + order.chance.below(3)).map(|_| prose::uuid(&mut order.chance)).collect();
    let median = (order.median * 0.6 / devices.len() as f64).max(12.0);
    for turn in 0..order.messages {
        let length = sealed_length(&mut order.chance, median, block);
        let parts: Vec<String> = devices
            .iter()
            .map(|device| {
                let (iv, text, tag) =
                    (order.chance.bytes(12), order.chance.bytes(length), order.chance.bytes(16));
                format!(
                    "{{\"device\":\"{device}\",\"iv\":\"{}\",\"ciphertext\":\"{}\",\"tag\":\"{}\"}}",
                    base64(&iv),
                    base64(&text),
                    base64(&tag)
                )
            })
            .collect();
        let text = format!(
            "{{\"to\":\"{}\",\"timestamp\":{},\"messages\":[{}]}}",
            prose::person(&mut order.chance),
            1_772_517_600_000_u64 + turn as u64 * 977,
            parts.join(",")
        );
        web.exchange(order, &mut talk, turn, &Body::new("application/json", text));
    }
    talk
}

/// Bodies that a library encrypts without changing their type.
pub(super) fn encrypted_whole(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let block = order.chance.happens(0.6);
    let text = order.chance.happens(0.4);
    talk.mark(if block { "block cipher" } else { "stream cipher" });
    talk.mark(if text { "base64" } else { "binary" });
    let headers = [("X-Encrypted", "1".to_owned())];
    let told = order.chance.happens(0.3);
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let size = order.size();
        let length = if block { size.next_multiple_of(16) } else { size };
        let sealed = order.chance.bytes(length);
        let sealed = if text { base64(&sealed).into_bytes() } else { sealed };
        let body = Body::new("application/json", sealed).with_headers(if told { &headers } else { &[] });
        web.exchange(order, &mut talk, turn, &body);
    }
    talk
}

/// Chunks of a backup that its client encrypted.
pub(super) fn encrypted_backup(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut carry = Carry::new(order, carrier, false);
    let block = order.chance.happens(0.5);
    for turn in 0..order.messages {
        let size = order.size();
        let size = if block { size.next_multiple_of(16) + 32 } else { size + 32 };
        let bytes = order.chance.bytes(size);
        carry.put(order, &mut talk, turn, "application/octet-stream", bytes, 0);
    }
    talk
}

/// Records of which most fields are identifiers and digests.
pub(super) fn identifiers(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let digest = order.chance.one(&[16, 20, 32]);
    for turn in 0..order.messages {
        let size = order.size();
        let mut items = Vec::new();
        let mut length = 0;
        while length < size {
            let item = format!(
                "{{\"id\":\"{}\",\"parent\":\"{}\",\"digest\":\"{}\",\"state\":\"{}\"}}",
                prose::uuid(&mut order.chance),
                prose::uuid(&mut order.chance),
                hex(&order.chance.bytes(digest)),
                prose::word(&mut order.chance)
            );
            length += item.len();
            items.push(item);
        }
        let text = format!("{{\"items\":[{}]}}", items.join(","));
        web.exchange(order, &mut talk, turn, &Body::new("application/json", text));
    }
    talk
}
