//! Answers that do not end, and what keeps them alive.

use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose;
use crate::junk::web::Web;

/// Server-sent events in chunks, with comments in between so that no proxy closes the connection. Some servers send
/// two kilobytes of blanks or a long comment first.
pub(super) fn events(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    let fields = prose::fields(&mut order.chance);
    talk.out(web.request("GET", &path, &[("Cache-Control", "no-cache".to_owned())], None));
    let mut head = web.response(
        "200 OK",
        &[
            ("Cache-Control", "no-cache".to_owned()),
            ("Content-Type", "text/event-stream".to_owned()),
            ("Transfer-Encoding", "chunked".to_owned()),
        ],
        None,
    );
    let mark = b"Content-Length: 0\r\n";
    if let Some(at) = head.windows(mark.len()).position(|part| part == mark) {
        head.drain(at..at + mark.len());
    }
    talk.back(head);
    if order.chance.happens(0.4) {
        let blank = format!(":{}\n\n", " ".repeat(2_048));
        talk.back(chunk(blank.as_bytes()));
    }
    let idle = order.chance.real(0.1, 0.8);
    for turn in 0..order.messages {
        if order.chance.happens(idle) {
            let comment =
                order.chance.pick(&[":\n\n", ": keep-alive\n\n", ": ping\n\n", "event: ping\ndata: {}\n\n"]);
            talk.back(chunk(comment.as_bytes()));
        } else {
            let size = order.size();
            let data = prose::json(&mut order.chance, &fields, size);
            talk.back(chunk(format!("id: {turn}\nevent: update\ndata: {data}\n\n").as_bytes()));
        }
    }
    talk.back(b"0\r\n\r\n".to_vec());
    talk
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// Long answers in JSON whose server sends blanks or line feeds until it knows more.
pub(super) fn blanks(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    let fields = prose::fields(&mut order.chance);
    let blank = order.chance.pick(&[" ", "\n", "\r\n", "    "]);
    for _ in 0..order.messages.div_ceil(4) {
        talk.out(web.request("POST", &path, &[], Some(("application/json", b"{\"wait\":true}"))));
        let mut body = String::new();
        for _ in 0..order.chance.below(60) {
            body.push_str(blank);
        }
        let size = order.size();
        body.push_str(&prose::json(&mut order.chance, &fields, size));
        talk.back(web.response("200 OK", &[], Some(("application/json", body.as_bytes()))));
    }
    talk
}

/// Frames of a web socket: what the client sends is masked with four random bytes each.
pub(super) fn web_socket(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let web = Web::new(order);
    let path = web.path(&mut order.chance);
    let key = crate::junk::encode::base64(&order.chance.bytes(16));
    let accept = crate::junk::encode::base64(&order.chance.bytes(20));
    talk.out(web.request(
        "GET",
        &path,
        &[
            ("Upgrade", "websocket".to_owned()),
            ("Connection", "Upgrade".to_owned()),
            ("Sec-WebSocket-Version", "13".to_owned()),
            ("Sec-WebSocket-Key", key),
        ],
        None,
    ));
    talk.back(format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n").into_bytes());
    let fields = prose::fields(&mut order.chance);
    for turn in 0..order.messages {
        let size = order.size();
        let text = prose::json(&mut order.chance, &fields, size).into_bytes();
        let side = order.sender(turn);
        let masked = side == Side::Out;
        let mut frame = vec![0x81];
        let bit = if masked { 0x80 } else { 0 };
        match text.len() {
            length @ 0..=125 => frame.push(bit | length as u8),
            length => {
                frame.push(bit | 126);
                frame.extend((length.min(65_535) as u16).to_be_bytes());
            }
        }
        if masked {
            let mask = order.chance.bytes(4);
            frame.extend(&mask);
            frame.extend(text.iter().take(65_535).zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        } else {
            frame.extend(text.iter().take(65_535));
        }
        talk.say(side, frame, 0);
    }
    talk
}
