//! Requests that mean nothing, before, between and around the ones that do.

use crate::junk::encode::base64_url;
use crate::junk::noise::Alphabet;
use crate::junk::order::{Bulk, Carrier, Order, Side, Talk};
use crate::junk::prose::{self, Text};
use crate::junk::web::Web;

/// Hosts that everybody visits.
const POPULAR: &[&str] = &[
    "www.search.example",
    "news.portal.example",
    "www.videos.example",
    "www.encyclopedia.example",
    "maps.search.example",
];

/// Tiny dummy requests of nearly one size with random names, all answered alike, and a real one now and then.
pub(super) fn dummies(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let (alphabet, length) =
        (order.chance.one(&[Alphabet::Lower, Alphabet::Alnum, Alphabet::Hex]), 6 + order.chance.below(20));
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    let place = order.chance.pick(&["path", "query"]);
    let answer = order.chance.pick(&["404 Not Found", "200 OK", "204 No Content"]);
    talk.mark(&format!("{place} {} {}", alphabet.word(), answer.get(..3).unwrap_or_default()));
    let real_every = (1.0 / (1.0 - order.share.clamp(0.3, 0.9))).round() as usize;
    let mut dummies = 0;
    for number in 0..order.messages {
        if number % (real_every + 1) == real_every {
            let size = order.size();
            let body = Text::Listing.make(&mut order.chance, size);
            let data = base64_url(body.as_bytes());
            talk.out(web.request(
                "POST",
                &path,
                &[],
                Some(("application/x-www-form-urlencoded", format!("d={data}").as_bytes())),
            ));
            talk.back(web.short_answer(&mut order.chance));
            continue;
        }
        let token = {
            let jitter = order.chance.below(3);
            alphabet.text(&mut order.chance, length + jitter)
        };
        let target = if place == "path" {
            format!("/{token}")
        } else {
            format!("{path}?{}={token}", alphabet.text(&mut order.chance, 3))
        };
        let bytes = web.request("GET", &target, &[], None);
        let junk = bytes.len();
        talk.say(Side::Out, bytes, junk);
        talk.back(web.response(answer, &[], None));
        dummies += 1;
    }
    order.bulk = Bulk::Out;
    talk.expected = Some(&["suspect", "junk"]);
    talk.undecidable = dummies < 12;
    talk
}

/// Through a proxy: visits to popular places around each real message.
pub(super) fn around(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    let each = 1 + order.chance.below(4);
    talk.mark(&format!("{each} around"));
    for _ in 0..order.messages {
        for _ in 0..each {
            let target = format!(
                "http://{}/{}?q={}",
                order.chance.pick(POPULAR),
                prose::word(&mut order.chance),
                prose::word(&mut order.chance)
            );
            let bytes = web.request("GET", &target, &[], None);
            let junk = bytes.len();
            talk.say(Side::Out, bytes, junk);
            let page = {
                let size = order.size();
                prose::html(&mut order.chance, size)
            };
            talk.back(web.response("200 OK", &[], Some(("text/html", page.as_bytes()))));
        }
        let size = order.size();
        let data = order.chance.bytes(size);
        let target = format!("http://{}{path}", order.host);
        talk.out(web.request("POST", &target, &[], Some(("application/octet-stream", &data))));
        talk.back(web.short_answer(&mut order.chance));
    }
    order.bulk = Bulk::Out;
    // What a person visits through a proxy looks the same.
    talk.undecidable = true;
    talk
}
