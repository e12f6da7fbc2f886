//! JSON with a list of steps, of which some mean nothing: a bit of their time says which.

use crate::chance::Chance;
use crate::junk::encode::{base64, deflate};
use crate::junk::noise::Law;
use crate::junk::order::{Bulk, Carrier, Order, Side, Talk};
use crate::junk::prose::{self, Text};
use crate::junk::web::Web;

/// Requests with steps; what is sent is deflated, obfuscated with one byte and split over the messages of steps.
pub(super) fn make(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let (user, session) = (prose::uuid(&mut order.chance), prose::uuid(&mut order.chance));
    let (event, name) = if order.chance.happens(0.5) {
        ("Orion", "EventManager")
    } else {
        (prose::word(&mut order.chance), prose::word(&mut order.chance))
    };
    let piece = (order.median / order.chance.real(3.0, 9.0)).clamp(12.0, 400.0);
    let law = Law::Uniform((piece * 0.3) as usize, (piece * 1.7) as usize);
    let kind =
        order.chance.pick(&["application/octet-stream", "application/octet-stream", "application/json"]);
    let key = order.chance.word() as u8;
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    talk.mark(kind);
    let (mut index, mut time, mut dummies) =
        (order.chance.below(90), 1_772_000_000_u64 + order.chance.below(90_000) as u64, 0);
    for _ in 0..order.messages {
        let (real, junk) = order.split();
        let steps = pieces(&mut order.chance, law, key, real, junk);
        let (mut texts, mut count) = (Vec::new(), 0);
        for (real, bytes) in steps {
            time = (time + 1 + order.chance.below(300) as u64) & !2 | if real { 2 } else { 0 };
            index += 1;
            let step = format!(
                "{{\"Timestamp\":\"/Date({time})/\",\"Index\":{index},\"EventType\":\"{event}\",\"EventName\":\"{name}\",\"DurationMs\":{},\"Succeeded\":{},\"Message\":\"{}\"}}",
                order.chance.below(900),
                order.chance.happens(0.8),
                base64(&bytes)
            );
            if !real {
                count += step.len();
                dummies += 1;
            }
            texts.push(step);
        }
        let body =
            format!("{{\"userId\":\"{user}\",\"sessionId\":\"{session}\",\"steps\":[{}]}}", texts.join(","));
        let method = order.chance.pick(&["POST", "PUT"]);
        talk.say(Side::Out, web.request(method, &path, &[], Some((kind, body.as_bytes()))), count);
        talk.back(web.short_answer(&mut order.chance));
    }
    order.bulk = Bulk::Out;
    talk.undecidable = dummies < 24;
    talk
}

/// What is meant, deflated, obfuscated and in pieces, and random pieces anywhere between; true for what is meant.
fn pieces(chance: &mut Chance, law: Law, key: u8, real: usize, junk: usize) -> Vec<(bool, Vec<u8>)> {
    let clear = Text::Listing.make(chance, (real * 2).max(32));
    let mut payload: Vec<u8> = deflate(clear.as_bytes()).into_iter().map(|byte| byte ^ key).collect();
    payload.truncate(real.max(16));
    let mut pieces: Vec<(bool, Vec<u8>)> = Vec::new();
    while !payload.is_empty() {
        let length = law.next(chance).clamp(1, payload.len());
        pieces.push((true, payload.drain(..length).collect()));
    }
    let mut left = junk;
    while left > 0 {
        let length = law.next(chance).max(1);
        left = left.saturating_sub(length);
        let at = chance.below(pieces.len() + 1);
        pieces.insert(at, (false, chance.bytes(length)));
    }
    pieces
}
