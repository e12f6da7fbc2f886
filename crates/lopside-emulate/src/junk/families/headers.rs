//! Cookies and headers that are large, new with each request, and of no use.

use crate::junk::noise::{Alphabet, Law};
use crate::junk::order::{Bulk, Carrier, Order, Side, Talk};
use crate::junk::prose;
use crate::junk::web::Web;

/// Cookies that no server has set.
pub(super) fn cookies(order: &mut Order, _: Carrier) -> Talk {
    make(order, true)
}

/// Headers that no client knows.
pub(super) fn headers(order: &mut Order, _: Carrier) -> Talk {
    make(order, false)
}

/// The name of a cookie or a header.
fn name(order: &mut Order, cookie: bool) -> String {
    if cookie {
        return format!("{}{}", prose::word(&mut order.chance), order.chance.below(90));
    }
    let first = order.chance.pick(&["Request", "Client", "Trace", "Session", "Cache", "Edge"]);
    format!("X-{first}-{}", order.chance.pick(&["Data", "Token", "Info", "Key", "Ctx", "Tag"]))
}

fn make(order: &mut Order, cookie: bool) -> Talk {
    let mut talk = Talk::default();
    let alphabet = order.chance.one(&[
        Alphabet::Alnum,
        Alphabet::Base64,
        Alphabet::Hex,
        Alphabet::Lower,
        Alphabet::Bytes,
    ]);
    let count = 1 + order.chance.below(4);
    let mean = (order.junk_median() * 1.2).clamp(16.0, 3_500.0) / count as f64;
    let law = match order.chance.below(5) {
        0 => Law::Constant(mean.max(12.0) as usize),
        _ => Law::Uniform((mean * order.chance.real(0.0, 0.5)) as usize, (mean * 1.6).max(14.0) as usize),
    };
    let names: Vec<String> = (0..count).map(|_| name(order, cookie)).collect();
    talk.mark(&format!("{} {}", alphabet.word(), law.word()));
    let method = order.chance.pick(&["GET", "GET", "POST"]);
    let fields = prose::fields(&mut order.chance);
    let mut web = Web::new(order);
    for _ in 0..order.messages {
        let mut junk = 0;
        let mut values = Vec::new();
        for name in &names {
            let length = law.next(&mut order.chance);
            values.push((name, alphabet.text(&mut order.chance, length)));
            junk += length;
        }
        let more: Vec<(&str, String)> = if cookie {
            let pairs: Vec<String> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
            vec![("Cookie", pairs.join("; "))]
        } else {
            values.into_iter().map(|(name, value)| (name.as_str(), value)).collect()
        };
        let path = web.path(&mut order.chance);
        let bytes = if method == "GET" {
            web.request("GET", &path, &more, None)
        } else {
            let (real, _) = order.split();
            let body = prose::json(&mut order.chance, &fields, real);
            web.request("POST", &path, &more, Some(("application/json", body.as_bytes())))
        };
        talk.say(Side::Out, bytes, junk);
        talk.back(web.short_answer(&mut order.chance));
    }
    order.bulk = Bulk::Out;
    talk.expected = Some(&["suspect", "junk"]);
    // Of one length, they may be tokens that are renewed.
    talk.undecidable = matches!(law, Law::Constant(_)) || order.messages < 24 || mean < 12.0;
    talk
}
