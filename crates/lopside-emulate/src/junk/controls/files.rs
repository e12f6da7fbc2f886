//! Files: images, archives, documents.

use crate::chance::Chance;
use crate::junk::encode::base64;
use crate::junk::formats;
use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose;
use crate::junk::web::{Body, Web};

fn send(order: &mut Order, kind: &str, make: fn(&mut Chance, usize) -> Vec<u8>) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let size = order.size();
        let file = make(&mut order.chance, size);
        web.exchange(order, &mut talk, turn, &Body::new(kind, file));
    }
    talk
}

/// PNG images.
pub(super) fn png(order: &mut Order, _: Carrier) -> Talk {
    send(order, "image/png", formats::png)
}

/// JPEG images.
pub(super) fn jpeg(order: &mut Order, _: Carrier) -> Talk {
    send(order, "image/jpeg", formats::jpeg)
}

/// Zip archives.
pub(super) fn zip(order: &mut Order, _: Carrier) -> Talk {
    send(order, "application/zip", formats::zip)
}

/// Tar archives, which zeros fill up.
pub(super) fn tar(order: &mut Order, _: Carrier) -> Talk {
    send(order, "application/x-tar", formats::tar)
}

/// Documents of a word processor.
pub(super) fn office(order: &mut Order, _: Carrier) -> Talk {
    send(order, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", formats::docx)
}

/// Images in base64 in fields of JSON.
pub(super) fn data_uris(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let size = order.size() * 3 / 4;
        let (kind, image) = if order.chance.happens(0.5) {
            ("png", formats::png(&mut order.chance, size))
        } else {
            ("jpeg", formats::jpeg(&mut order.chance, size))
        };
        let text = format!(
            "{{\"name\":\"{}\",\"image\":\"data:image/{kind};base64,{}\"}}",
            prose::word(&mut order.chance),
            base64(&image)
        );
        web.exchange(order, &mut talk, turn, &Body::new("application/json", text));
    }
    talk
}

/// One archive, piece by piece.
pub(super) fn ranges(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let path = format!("{}.zip", web.path(&mut order.chance));
    let total = (order.median as usize * order.messages).clamp(2_000, 2_000_000);
    let file = formats::zip(&mut order.chance, total);
    let mut at = 0;
    while at < file.len() {
        let end = (at + order.size().max(file.len() / 200)).min(file.len());
        talk.out(web.request("GET", &path, &[("Range", format!("bytes={at}-{}", end - 1))], None));
        let range = [("Content-Range", format!("bytes {at}-{}/{}", end - 1, file.len()))];
        talk.back(web.response("206 Partial Content", &range, Some(("application/zip", &file[at..end]))));
        at = end;
    }
    talk
}

/// Forms with a PDF document among the fields.
pub(super) fn pdf_multipart(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    for _ in 0..order.messages {
        let boundary = format!("----WebKitFormBoundary{}", order.chance.hex(16));
        let size = order.size();
        let (name, title) = (prose::word(&mut order.chance), prose::words(&mut order.chance, 30));
        let mut body = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n{title}\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}.pdf\"\r\nContent-Type: application/pdf\r\n\r\n").into_bytes();
        body.extend(formats::pdf(&mut order.chance, size));
        body.extend(format!("\r\n--{boundary}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={boundary}");
        talk.say(Side::Out, web.request("POST", &path, &[], Some((&kind, &body))), 0);
        talk.back(web.short_answer(&mut order.chance));
    }
    talk
}
