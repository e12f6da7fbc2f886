//! Replies that are wrapped into a constant amount of filler before and behind.

use crate::junk::encode::base64;
use crate::junk::noise::Alphabet;
use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose::{self, Text};
use crate::junk::web::Web;

/// The server's replies: the same front and back each time, and what is meant between.
pub(super) fn make(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let total = order.junk_median().max(200.0) * order.chance.real(0.6, 1.4);
    let front = (total * order.chance.real(0.3, 0.6)) as usize;
    let back = (total as usize).saturating_sub(front);
    let look = order.chance.pick(&["script", "noise", "image", "script binary", "page noise"]);
    let (kind, head, tail) = match look {
        "script" | "script binary" => ("application/javascript", script(order, front), script(order, back)),
        "image" => {
            let mut head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
            head.extend(order.chance.bytes(front));
            ("image/png", head, order.chance.bytes(back))
        }
        "page noise" => {
            let noise = |order: &mut Order, bytes: usize| Alphabet::Alnum.text(&mut order.chance, bytes);
            let (head, tail) = (noise(order, front), noise(order, back));
            (
                "text/html",
                format!("<html><body>{head}").into_bytes(),
                format!("{tail}</body></html>").into_bytes(),
            )
        }
        _ => ("application/octet-stream", order.chance.bytes(front), order.chance.bytes(back)),
    };
    talk.mark(look);
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    for _ in 0..order.messages {
        let size = (order.size() as f64 * (1.0 - order.share.min(0.9))).max(16.0) as usize;
        let clear = Text::Sentences.make(&mut order.chance, size);
        let meant = match look {
            "script binary" | "image" | "noise" => order.chance.bytes(size),
            _ => base64(clear.as_bytes()).into_bytes(),
        };
        let body = [&head[..], &meant, &tail].concat();
        talk.out(web.request("GET", &path, &[], None));
        let bytes = web.response("200 OK", &[], Some((kind, &body)));
        talk.say(Side::In, bytes, head.len() + tail.len());
    }
    // A template of a server with a text in the middle, or a container with a constant head, look the same.
    talk.undecidable = matches!(look, "script" | "noise");
    talk
}

fn script(order: &mut Order, bytes: usize) -> Vec<u8> {
    let mut text = String::new();
    while text.len() < bytes {
        let chance = &mut order.chance;
        text.push_str(&format!(
            "function {}(e,t){{var n=e.{}||{};return n?t.{}(n):\"{}\"}}\n",
            prose::word(chance),
            prose::word(chance),
            chance.below(900),
            prose::word(chance),
            prose::words(chance, 20)
        ));
    }
    text.truncate(bytes);
    text.into_bytes()
}
