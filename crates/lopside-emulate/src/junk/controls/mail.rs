//! Mail with attachments.

use crate::chance::Chance;
use crate::junk::encode::base64_lines;
use crate::junk::formats;
use crate::junk::order::{Carrier, Order, Talk};
use crate::junk::prose;

/// A message with an attachment of about so many bytes, or one that is encrypted as a whole.
fn message(chance: &mut Chance, bytes: usize) -> String {
    let (from, to) = (prose::person(chance), prose::person(chance));
    let subject = prose::words(chance, 30);
    let head = format!(
        "From: {from}@corp.example\r\nTo: {to}@partner.example\r\nSubject: {subject}\r\nDate: Tue, 3 Mar 2026 07:12:00 +0000\r\nMIME-Version: 1.0\r\n"
    );
    if chance.happens(0.2) {
        let size = bytes * 3 / 4;
        let armour = base64_lines(&chance.bytes(size), 64);
        return format!(
            "{head}Content-Type: text/plain\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n{armour}-----END PGP MESSAGE-----\r\n"
        );
    }
    let size = bytes * 3 / 4;
    let (name, kind, file) = match chance.below(5) {
        0 => ("scan.pdf", "application/pdf", formats::pdf(chance, size)),
        1 => (
            "report.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            formats::docx(chance, size),
        ),
        2 => ("photo.jpg", "image/jpeg", formats::jpeg(chance, size)),
        3 => ("smime.p7m", "application/pkcs7-mime", sealed(chance, size)),
        _ => ("archive.zip", "application/zip", formats::zip(chance, size)),
    };
    let boundary = chance.hex(20);
    let text = prose::sentences(chance, 150).replace('\n', "\r\n");
    format!(
        "{head}Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--{boundary}\r\nContent-Type: {kind}; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{}\r\n--{boundary}--\r\n",
        base64_lines(&file, 76)
    )
}

/// Mail that is encrypted as S/MIME does: an object identifier and octets, in DER.
fn sealed(chance: &mut Chance, bytes: usize) -> Vec<u8> {
    let long = |tag: u8, body: &[u8]| {
        let length = (body.len() as u32).to_be_bytes();
        [&[tag, 0x84][..], &length, body].concat()
    };
    let octets = long(0x04, &chance.bytes(bytes.next_multiple_of(16)));
    let kind = [0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
    long(0x30, &[&kind[..], &long(0xa0, &octets)].concat())
}

/// SMTP.
pub(super) fn smtp(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    talk.back(format!("220 {} ESMTP ready\r\n", order.host).into_bytes());
    talk.out(b"EHLO client.corp.example\r\n".to_vec());
    talk.back(format!("250-{}\r\n250-SIZE 35882577\r\n250 8BITMIME\r\n", order.host).into_bytes());
    for _ in 0..order.messages.div_ceil(4) {
        let person = prose::person(&mut order.chance);
        talk.out(format!("MAIL FROM:<{person}@corp.example>\r\n").into_bytes());
        talk.back(b"250 2.1.0 OK\r\n".to_vec());
        talk.out(b"RCPT TO:<office@partner.example>\r\n".to_vec());
        talk.back(b"250 2.1.5 OK\r\n".to_vec());
        talk.out(b"DATA\r\n".to_vec());
        talk.back(b"354 Go ahead\r\n".to_vec());
        let size = order.size() * 4;
        let text = message(&mut order.chance, size).replace("\r\n.", "\r\n..");
        talk.out(format!("{text}.\r\n").into_bytes());
        talk.back(format!("250 2.0.0 queued as {}\r\n", order.chance.hex(10)).into_bytes());
    }
    talk.out(b"QUIT\r\n".to_vec());
    talk.back(b"221 2.0.0 Bye\r\n".to_vec());
    talk
}

/// IMAP.
pub(super) fn imap(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    talk.back(b"* OK IMAP4rev1 ready\r\n".to_vec());
    talk.out(b"a1 LOGIN user password\r\n".to_vec());
    talk.back(b"a1 OK logged in\r\n".to_vec());
    talk.out(b"a2 SELECT INBOX\r\n".to_vec());
    talk.back(b"* 40 EXISTS\r\na2 OK [READ-WRITE] done\r\n".to_vec());
    for turn in 0..order.messages.div_ceil(2) {
        let size = order.size() * 2;
        let text = message(&mut order.chance, size);
        talk.out(format!("a{} FETCH {} BODY[]\r\n", turn + 3, turn + 1).into_bytes());
        talk.back(
            format!(
                "* {} FETCH (BODY[] {{{}}}\r\n{text})\r\na{} OK done\r\n",
                turn + 1,
                text.len(),
                turn + 3
            )
            .into_bytes(),
        );
    }
    talk
}
