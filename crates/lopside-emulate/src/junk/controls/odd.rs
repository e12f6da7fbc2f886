//! Ordinary things that break simple rules: prefixes before JSON, documents one after another, texts in two bytes a
//! letter, encodings that nobody remembers, keys in armour, chunks that carry signatures, files within files.

use crate::chance::Chance;
use crate::junk::carry::Carry;
use crate::junk::encode::{base64_lines, gzip, hex};
use crate::junk::formats;
use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose;
use crate::junk::web::{Body, Web};

/// JSON behind a few characters that keep other sites from reading it.
pub(super) fn guarded_json(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let prefix = order.chance.pick(&[")]}',\n", "for(;;);", "while(1);", "\u{feff}"]);
    let fields = prose::fields(&mut order.chance);
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let size = order.size();
        let text = format!("{prefix}{}", prose::json(&mut order.chance, &fields, size));
        web.exchange(order, &mut talk, turn, &Body::new("application/json", text));
    }
    talk
}

/// Records one after another, a line each.
pub(super) fn json_lines(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let fields = prose::fields(&mut order.chance);
    let mut carry = Carry::new(order, carrier, false);
    for turn in 0..order.messages {
        let size = order.size();
        let mut text = String::new();
        while text.len() < size {
            text.push_str(&prose::record(&mut order.chance, &fields));
            text.push('\n');
        }
        carry.put(order, &mut talk, turn, "application/x-ndjson", text.into_bytes(), 0);
    }
    talk
}

/// Text with two bytes a letter.
pub(super) fn wide_text(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut carry = Carry::new(order, carrier, false);
    let big = order.chance.happens(0.3);
    for turn in 0..order.messages {
        let size = order.size() / 2;
        let text = prose::sentences(&mut order.chance, size.max(20));
        let bytes =
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        carry.put(order, &mut talk, turn, "text/plain; charset=utf-16", bytes.collect(), 0);
    }
    talk
}

/// Certificates and keys in armour in fields, with line feeds written out.
pub(super) fn keys_in_json(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let size = order.size().max(200) * 3 / 4;
        let der = [&[0x30, 0x82, (size >> 8) as u8, size as u8][..], &order.chance.bytes(size)].concat();
        let armour = base64_lines(&der, 64).replace("\r\n", "\\n");
        let text = format!(
            "{{\"name\":\"{}\",\"certificate\":\"-----BEGIN CERTIFICATE-----\\n{armour}-----END CERTIFICATE-----\\n\"}}",
            prose::word(&mut order.chance)
        );
        web.exchange(order, &mut talk, turn, &Body::new("application/json", text));
    }
    talk
}

/// Five letters for four bytes.
fn ascii85(bytes: &[u8]) -> String {
    let mut text = String::from("<~");
    for word in bytes.chunks(4) {
        let mut padded = [0; 4];
        padded[..word.len()].copy_from_slice(word);
        let mut value = u32::from_be_bytes(padded);
        let mut letters = [0u8; 5];
        for letter in letters.iter_mut().rev() {
            *letter = b'!' + (value % 85) as u8;
            value /= 85;
        }
        text.extend(letters.iter().take(word.len() + 1).map(|letter| *letter as char));
    }
    text.push_str("~>");
    text
}

/// As mail was sent before base64.
fn uuencoded(bytes: &[u8]) -> String {
    let mut text = String::from("begin 644 data.bin\n");
    let letter = |value: u8| if value == 0 { '`' } else { char::from(32 + value) };
    for line in bytes.chunks(45) {
        text.push(letter(line.len() as u8));
        for part in line.chunks(3) {
            let [a, b, c] = [0, 1, 2].map(|at| part.get(at).copied().unwrap_or(0));
            text.extend([a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63].map(letter));
        }
        text.push('\n');
    }
    text.push_str("`\nend\n");
    text
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for byte in text.bytes() {
        let piece =
            if byte == b'=' || byte > 126 { format!("={byte:02X}") } else { char::from(byte).to_string() };
        if column + piece.len() > 74 {
            out.push_str("=\r\n");
            column = 0;
        }
        column = if byte == b'\n' { 0 } else { column + piece.len() };
        out.push_str(&piece);
    }
    out
}

/// Texts in ASCII85, uuencode or quoted-printable, and lists of password hashes.
pub(super) fn encodings(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let style = order.chance.pick(&["ascii85", "uuencode", "quoted-printable", "hashes"]);
    talk.mark(style);
    let mut carry = Carry::new(order, carrier, false);
    for turn in 0..order.messages {
        let size = order.size();
        let packed = gzip(prose::log(&mut order.chance, size * 2).as_bytes());
        let text = match style {
            "ascii85" => ascii85(&packed),
            "uuencode" => uuencoded(&packed),
            "quoted-printable" => {
                quoted(&prose::sentences(&mut order.chance, size).replace(" a", " \u{e4}").replace('.', "="))
            }
            _ => {
                let mut text = String::new();
                while text.len() < size {
                    let hash = crate::junk::noise::Alphabet::Alnum.text(&mut order.chance, 53);
                    text.push_str(&format!(
                        "{}:$2b$12${hash}:{}\n",
                        prose::person(&mut order.chance),
                        order.chance.below(9_000)
                    ));
                }
                text
            }
        };
        carry.put(order, &mut talk, turn, "text/plain", text.into_bytes(), 0);
    }
    talk
}

/// Uploads in chunks of which each carries a signature.
pub(super) fn signed_chunks(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    for _ in 0..order.messages {
        let size = order.size();
        let text = prose::log(&mut order.chance, size);
        let mut body = Vec::new();
        for part in text.as_bytes().chunks(8_192) {
            body.extend(
                format!("{:x};chunk-signature={}\r\n", part.len(), hex(&order.chance.bytes(32))).as_bytes(),
            );
            body.extend(part);
            body.extend(b"\r\n");
        }
        body.extend(format!("0;chunk-signature={}\r\n\r\n", hex(&order.chance.bytes(32))).as_bytes());
        let headers = [
            ("Content-Encoding", "aws-chunked".to_owned()),
            ("X-Amz-Decoded-Content-Length", text.len().to_string()),
        ];
        talk.out(web.request("PUT", &path, &headers, Some(("text/plain", &body))));
        talk.back(web.response("200 OK", &[("ETag", format!("\"{}\"", hex(&order.chance.bytes(16))))], None));
    }
    talk
}

fn film(chance: &mut Chance, bytes: usize) -> Vec<u8> {
    let part = |kind: &[u8], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat();
    [part(b"ftyp", b"mp42\0\0\0\0mp42isom"), part(b"free", &[]), part(b"mdat", &chance.bytes(bytes))].concat()
}

/// Photographs with a short film behind the picture, as telephones take them.
pub(super) fn motion_photos(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let size = order.size();
        let mut file = formats::jpeg(&mut order.chance, size / 2);
        file.extend(film(&mut order.chance, size / 2));
        web.exchange(order, &mut talk, turn, &Body::new("image/jpeg", file));
    }
    talk
}

/// Documents that were changed: the new parts stand behind the old end.
pub(super) fn changed_documents(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let size = order.size();
        let mut file = formats::pdf(&mut order.chance, size);
        let before = file.windows(6).position(|part| part == b"\nxref\n").map_or(0, |at| at + 1);
        let at = file.len();
        let stamp = prose::words(&mut order.chance, 30);
        file.extend(
            format!(
                "3 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Note ({stamp}) >>\nendobj\n"
            )
            .as_bytes(),
        );
        let start = file.len();
        file.extend(format!("xref\n3 1\n{at:010} 00000 n \ntrailer\n<< /Size 6 /Root 1 0 R /Prev {before} >>\nstartxref\n{start}\n%%EOF\n").as_bytes());
        web.exchange(order, &mut talk, turn, &Body::new("application/pdf", file));
    }
    talk
}

/// Programs that carry their archive behind them.
pub(super) fn self_extracting(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let mut stub = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40".to_vec();
    stub.resize(60, 0);
    stub.extend(128u32.to_le_bytes());
    stub.extend(b"\x0e\x1f\xba\x0e\0\xb4\x09\xcd\x21\xb8\x01\x4c\xcd\x21This program cannot be run in DOS mode.\r\r\n$");
    stub.resize(128, 0);
    stub.extend(b"PE\0\0\x64\x86\x02\0");
    stub.resize(512, 0);
    for turn in 0..order.messages {
        let size = order.size();
        let file = [stub.clone(), formats::zip(&mut order.chance, size)].concat();
        web.exchange(order, &mut talk, turn, &Body::new("application/octet-stream", file));
    }
    talk
}

/// Several gzip members one after another, filled up with zeros as tapes are.
pub(super) fn gzip_members(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let zeros = order.chance.happens(0.5);
    for turn in 0..order.messages {
        let mut file = Vec::new();
        for _ in 0..1 + order.chance.below(4) {
            let size = order.size();
            file.extend(gzip(prose::log(&mut order.chance, size).as_bytes()));
        }
        if zeros {
            file.resize(file.len().next_multiple_of(512), 0);
        }
        web.exchange(order, &mut talk, turn, &Body::new("application/gzip", file));
    }
    talk
}

/// Sealed messages filled up to sizes of a ladder, so that lengths tell little.
pub(super) fn sealed_ladder(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut carry = Carry::new(order, carrier, false);
    for turn in 0..order.messages {
        let size = order.size();
        let ladder = size.next_power_of_two().max(64) / 8;
        let bytes = order.chance.bytes(size.next_multiple_of(ladder).min(order.limit.max(64)));
        carry.put(order, &mut talk, turn, "application/octet-stream", bytes, 0);
    }
    talk
}

/// A tunnel that hides its lengths with random ones: what its makers call obfuscation, and an implant would call junk.
pub(super) fn obfuscated(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let most = order.chance.one(&[64, 255, 900]);
    for turn in 0..order.messages {
        let size = (order.size() + order.chance.below(most)).min(1_350);
        let bytes = order.chance.bytes(size);
        talk.say(order.sender(turn), bytes, 0);
    }
    talk.undecidable = true;
    talk
}

/// Messages of clinics: lines of fields with bars between.
pub(super) fn clinic(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    for turn in 0..order.messages {
        let size = order.size();
        let chance = &mut order.chance;
        let mut text = format!(
            "\x0bMSH|^~\\&|LAB|{}|EHR|{}|20260303||ORU^R01|{turn}|P|2.5\r",
            prose::word(chance),
            prose::word(chance)
        );
        text.push_str(&format!(
            "PID|1||{}^^^MRN||{}^{}\r",
            chance.hex(10),
            prose::person(chance),
            prose::person(chance)
        ));
        while text.len() < size {
            text.push_str(&format!(
                "OBX|{}|NM|{}^{}||{:.1}|mg/dL|3-9|N\r",
                turn + 1,
                chance.below(9_000),
                prose::word(chance),
                chance.real(1.0, 99.0)
            ));
        }
        text.push_str("\x1c\r");
        talk.say(order.sender(turn), text.into_bytes(), 0);
        if order.sender(turn) == Side::Out {
            talk.back(
                format!("\x0bMSH|^~\\&|EHR||LAB||20260303||ACK|{turn}|P|2.5\rMSA|AA|{turn}\r\x1c\r")
                    .into_bytes(),
            );
        }
    }
    talk
}

/// Pictures without compression, whose lowest bits are noise.
pub(super) fn bitmaps(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let pixels = (order.size().saturating_sub(54) / 4).max(4);
        let width = (pixels as f64).sqrt() as usize;
        let height = pixels / width;
        let mut file = b"BM".to_vec();
        file.extend(((54 + 4 * width * height) as u32).to_le_bytes());
        file.extend([0; 4]);
        file.extend(54u32.to_le_bytes());
        file.extend(40u32.to_le_bytes());
        file.extend((width as u32).to_le_bytes());
        file.extend((height as u32).to_le_bytes());
        file.extend([1, 0, 32, 0]);
        file.extend([0; 24]);
        for pixel in 0..width * height {
            let noise = order.chance.word();
            let level = (pixel * 200 / (width * height)) as u8;
            file.extend([
                level + (noise as u8 & 31),
                level + ((noise >> 8) as u8 & 15),
                (noise >> 16) as u8,
                255,
            ]);
        }
        web.exchange(order, &mut talk, turn, &Body::new("image/bmp", file));
    }
    talk
}
