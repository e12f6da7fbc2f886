//! Base64 with symbols in it that do not belong there: it decodes only after cleaning.

use crate::chance::Chance;
use crate::junk::carry::Carry;
use crate::junk::encode::{base64, deflate};
use crate::junk::order::{Bulk, Carrier, Order, Side, Talk};
use crate::junk::prose::{self, Text};
use crate::junk::web::Web;

/// What is put into base64.
#[derive(Debug, Clone)]
struct Pollution {
    pieces: Vec<String>,
    /// Real symbols between two pieces, from and to.
    gap: (usize, usize),
}

impl Pollution {
    fn draw(order: &mut Order, for_request: bool) -> Self {
        let chance = &mut order.chance;
        let single: &[&str] = if for_request {
            &["~", "-", "_", ".", "!", "*", "'", "(", ")"]
        } else {
            &["!", "#", "$", "*", ":", ",", ";", " ", ".", "-", "_", "~", "|", "{", "}"]
        };
        let long: &[&str] = &[".gif", ".htm", ".jpg", "/img", "?id", ".php"];
        let mut pieces: Vec<String> =
            (0..1 + chance.below(4)).map(|_| chance.pick(single).to_owned()).collect();
        if for_request || chance.happens(0.2) {
            pieces.extend((0..1 + chance.below(2)).map(|_| chance.pick(long).to_owned()));
        }
        let mean_length = pieces.iter().map(String::len).sum::<usize>() as f64 / pieces.len() as f64;
        let share = order.share.clamp(0.02, 0.5);
        let mean = (mean_length * (1.0 - share) / share).clamp(1.0, 60.0);
        Self { pieces, gap: ((mean * 0.4).max(1.0) as usize, (mean * 1.6).ceil() as usize) }
    }

    fn pollute(&self, chance: &mut Chance, text: &str) -> (String, usize) {
        let (mut out, mut junk) = (String::with_capacity(text.len() * 2), 0);
        let mut left = chance.range(self.gap.0 as i64, self.gap.1 as i64);
        for symbol in text.chars() {
            if left <= 0 {
                let piece = &self.pieces[chance.below(self.pieces.len())];
                out.push_str(piece);
                junk += piece.len();
                left = chance.range(self.gap.0 as i64, self.gap.1 as i64);
            }
            out.push(symbol);
            left -= 1;
        }
        (out, junk)
    }
}

fn content(order: &mut Order, bytes: usize, text: Text, packed: bool) -> String {
    if packed {
        let clear = text.make(&mut order.chance, bytes * 3);
        base64(&deflate(clear.as_bytes()))
    } else {
        base64(text.make(&mut order.chance, bytes).as_bytes())
    }
}

/// Whole bodies, or a field of JSON.
pub(super) fn body(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let pollution = Pollution::draw(order, false);
    let text = Text::draw(&mut order.chance);
    let packed = order.chance.happens(0.4);
    let place = order.chance.pick(&["body", "body", "field"]);
    let kind = if place == "field" {
        "application/json"
    } else {
        order.chance.pick(&["text/plain", "application/octet-stream", "text/html"])
    };
    talk.mark(&format!("{place}{}", if packed { " packed" } else { "" }));
    let mut carry = Carry::new(order, carrier, true);
    let (mut symbols, mut foreign) = (0, 0);
    for turn in 0..order.messages {
        let size = (order.size() as f64 * 0.7 * (1.0 - order.share.min(0.5))) as usize;
        let encoded = content(order, size.max(24), text, packed);
        let (mut polluted, junk) = pollution.pollute(&mut order.chance, &encoded);
        symbols += encoded.len();
        foreign += junk;
        if place == "field" {
            polluted = format!("{{\"id\":{},\"data\":\"{polluted}\"}}", order.chance.below(90_000));
        }
        carry.put(order, &mut talk, turn, kind, polluted.into_bytes(), junk);
    }
    talk.undecidable = symbols < 200 || foreign < 8;
    talk
}

/// The request line or a cookie.
pub(super) fn request(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let pollution = Pollution::draw(order, true);
    let place = order.chance.pick(&["path", "query", "cookie"]);
    talk.mark(place);
    let text = Text::draw(&mut order.chance);
    let packed = order.chance.happens(0.3);
    let mut web = Web::new(order);
    let (path, name) = (web.path(&mut order.chance), prose::word(&mut order.chance));
    let (mut symbols, mut foreign) = (0, 0);
    for _ in 0..order.messages {
        let size = (order.size().min(1_500) as f64 * 0.7 * (1.0 - order.share.min(0.5))) as usize;
        let encoded = content(order, size.max(24), text, packed).replace('+', "%2B").replace('=', "%3D");
        let encoded = if place == "cookie" { encoded } else { encoded.replace('/', "%2F") };
        let (polluted, junk) = pollution.pollute(&mut order.chance, &encoded);
        symbols += encoded.len();
        foreign += junk;
        let bytes = match place {
            "path" => web.request("GET", &format!("{path}/{polluted}"), &[], None),
            "query" => web.request("GET", &format!("{path}?{name}={polluted}"), &[], None),
            _ => web.request("GET", &path, &[("Cookie", format!("{name}={polluted}"))], None),
        };
        talk.say(Side::Out, bytes, junk);
        talk.back(web.short_answer(&mut order.chance));
    }
    order.bulk = Bulk::Out;
    talk.undecidable = symbols < 200 || foreign < 8;
    talk
}
