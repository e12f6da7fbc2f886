//! Tokens, cookies and requests of ordinary clients.

use crate::chance::Chance;
use crate::junk::encode::{base64, base64_url, hex};
use crate::junk::order::{Bulk, Carrier, Order, Side, Talk};
use crate::junk::prose;
use crate::junk::web::Web;

/// A token of three parts, signed.
fn jwt(chance: &mut Chance) -> String {
    let head = base64_url(b"{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
    let claims = format!(
        "{{\"sub\":\"{}\",\"name\":\"{}\",\"iat\":17725{},\"scope\":\"{}\"}}",
        prose::uuid(chance),
        prose::person(chance),
        10_000 + chance.below(80_000),
        prose::words(chance, 40)
    );
    format!("{head}.{}.{}", base64_url(claims.as_bytes()), base64_url(&chance.bytes(256)))
}

fn call(
    order: &mut Order,
    web: &mut Web,
    talk: &mut Talk,
    turn: usize,
    headers: &[(&str, String)],
    fields: &[&str],
) {
    let size = order.size();
    let text = prose::json(&mut order.chance, fields, size);
    let path = web.path(&mut order.chance);
    if order.sender(turn) == Side::Out {
        talk.out(web.request("POST", &path, headers, Some(("application/json", text.as_bytes()))));
        talk.back(web.short_answer(&mut order.chance));
    } else {
        talk.out(web.request("GET", &path, headers, None));
        talk.back(web.response("200 OK", &[], Some(("application/json", text.as_bytes()))));
    }
}

/// Calls with a token that is renewed after a while.
pub(super) fn bearer(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let fields = prose::fields(&mut order.chance);
    let life = 3 + order.chance.below(40);
    let mut token = jwt(&mut order.chance);
    for turn in 0..order.messages {
        if turn % life == life - 1 {
            token = jwt(&mut order.chance);
        }
        call(order, &mut web, &mut talk, turn, &[("Authorization", format!("Bearer {token}"))], &fields);
    }
    talk
}

/// The server sets a new session with each answer, and the client sends it back with the next request.
pub(super) fn renewed(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    // Sealed sessions are as long as what they hold, and that varies a little.
    let length = (order.median * 0.4).clamp(24.0, 1_600.0);
    let sealed = order.chance.happens(0.5);
    let name = order.chance.pick(&["session", "SESSIONID", ".AspNetCore.Session", "laravel_session", "auth"]);
    let draw = |chance: &mut Chance| {
        let length = if sealed {
            (length + 16.0 * chance.below(4) as f64) as usize / 16 * 16
        } else {
            length as usize
        };
        base64(&chance.bytes(length)).replace('+', "-").replace('/', "_").replace('=', "")
    };
    let mut session = draw(&mut order.chance);
    for _ in 0..order.messages {
        let path = web.path(&mut order.chance);
        talk.out(web.request("GET", &path, &[("Cookie", format!("{name}={session}; lang=en"))], None));
        session = draw(&mut order.chance);
        let set = [("Set-Cookie", format!("{name}={session}; Path=/; HttpOnly; SameSite=Lax"))];
        let size = order.size();
        let page = prose::html(&mut order.chance, size);
        talk.back(web.response("200 OK", &set, Some(("text/html; charset=utf-8", page.as_bytes()))));
    }
    talk
}

/// Many cookies, large and constant, a time among them.
pub(super) fn analytics(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let fields = prose::fields(&mut order.chance);
    let mut cookies: Vec<String> = (0..3 + order.chance.below(9))
        .map(|_| {
            let length = 10 + order.chance.below(150);
            format!("_{}={}", prose::word(&mut order.chance), base64_url(&order.chance.bytes(length)))
        })
        .collect();
    cookies.push(format!(
        "_ga=GA1.1.{}.17725{}",
        order.chance.below(2_000_000_000),
        10_000 + order.chance.below(80_000)
    ));
    let mut time = 1_772_517_600 + order.chance.below(80_000);
    for turn in 0..order.messages {
        time += 1 + order.chance.below(60);
        let cookie = format!("{}; _last={time}", cookies.join("; "));
        call(order, &mut web, &mut talk, turn, &[("Cookie", cookie)], &fields);
    }
    talk
}

/// Requests that are signed with a key, as stores of objects ask for.
pub(super) fn signed_requests(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let fields = prose::fields(&mut order.chance);
    let key = order.chance.hex(20);
    for turn in 0..order.messages {
        let (signature, digest) = (hex(&order.chance.bytes(32)), hex(&order.chance.bytes(32)));
        let trace = format!("00-{}-{}-01", hex(&order.chance.bytes(16)), hex(&order.chance.bytes(8)));
        let headers = [
            ("X-Amz-Date", "20260303T070000Z".to_owned()),
            ("X-Amz-Content-Sha256", digest),
            (
                "Authorization",
                format!(
                    "AWS4-HMAC-SHA256 Credential={key}/20260303/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature={signature}"
                ),
            ),
            ("traceparent", trace),
        ];
        call(order, &mut web, &mut talk, turn, &headers, &fields);
    }
    talk
}

/// A pixel with identifiers in its query, again and again.
pub(super) fn beacons(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    let (visitor, page) = (prose::uuid(&mut order.chance), prose::word(&mut order.chance));
    for turn in 0..order.messages {
        let event = prose::word(&mut order.chance);
        let size = order.size().min(1_200);
        let title = prose::words(&mut order.chance, size / 2).replace(' ', "%20");
        let burst = hex(&order.chance.bytes(8));
        let target =
            format!("{path}?v=1&t={event}&cid={visitor}&dl=%2F{page}&seq={turn}&z={burst}&dt={title}");
        talk.out(web.request("GET", &target, &[], None));
        talk.back(web.response("204 No Content", &[], None));
    }
    order.bulk = Bulk::Out;
    talk
}

/// The same question over and over, mostly with the answer that nothing is new.
pub(super) fn polling(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    let fields = prose::fields(&mut order.chance);
    let mut tag = order.chance.hex(16).to_lowercase();
    for _ in 0..order.messages {
        talk.out(web.request("GET", &path, &[("If-None-Match", format!("\"{tag}\""))], None));
        if order.chance.happens(0.8) {
            talk.back(web.response("304 Not Modified", &[("ETag", format!("\"{tag}\""))], None));
        } else {
            tag = order.chance.hex(16).to_lowercase();
            let size = order.size();
            let text = prose::json(&mut order.chance, &fields, size);
            talk.back(web.response(
                "200 OK",
                &[("ETag", format!("\"{tag}\""))],
                Some(("application/json", text.as_bytes())),
            ));
        }
    }
    talk
}

/// Pages by names and numbers, some of which do not exist.
pub(super) fn browsing(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for _ in 0..order.messages {
        let chance = &mut order.chance;
        let target = match chance.below(4) {
            0 => format!("/{}", chance.hex(12).to_lowercase()),
            1 => format!("/{}/{}", prose::word(chance), prose::uuid(chance)),
            2 => format!("/{}.{}.js", prose::word(chance), chance.hex(8).to_lowercase()),
            _ => format!("/{}/{}?v={}", prose::word(chance), prose::word(chance), chance.below(900)),
        };
        talk.out(web.request("GET", &target, &[], None));
        if order.chance.happens(0.15) {
            talk.back(web.response(
                "404 Not Found",
                &[],
                Some(("text/html", b"<html><body>not found</body></html>")),
            ));
        } else {
            let size = order.size();
            let page = prose::html(&mut order.chance, size);
            talk.back(web.response("200 OK", &[], Some(("text/html", page.as_bytes()))));
        }
    }
    talk
}
