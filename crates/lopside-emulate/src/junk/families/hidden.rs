//! Junk in places that nobody reads: behind the last boundary, in extensions of chunks, in comments, in blanks between
//! tokens, behind datagrams that say how long they are, in lines and digits that do not belong.

use crate::chance::Chance;
use crate::junk::carry::Carry;
use crate::junk::dns::{self, Question};
use crate::junk::encode::{base64, hex};
use crate::junk::formats;
use crate::junk::noise::{Alphabet, Law};
use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose::{self, Text};
use crate::junk::web::{Body, Web};

/// Makes a file of about so many bytes.
type Maker = fn(&mut Chance, usize) -> Vec<u8>;

fn law(order: &mut Order) -> Law {
    let mean = order.junk_median();
    Law::around(&mut order.chance, mean)
}

/// Forms with bytes before the first boundary or behind the last one.
pub(super) fn multipart(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let law = law(order);
    let front = order.chance.happens(0.4);
    let alphabet = order.chance.one(Alphabet::ALL);
    talk.mark(&format!("{} {}", if front { "before" } else { "behind" }, alphabet.word()));
    let mut web = Web::new(order);
    let mut total = 0;
    for turn in 0..order.messages {
        let boundary = format!("----WebKitFormBoundary{}", order.chance.hex(16));
        let (size, _) = order.split();
        let length = law.next(&mut order.chance);
        let junk = alphabet.noise(&mut order.chance, length);
        total += length;
        let mut body = Vec::new();
        if front {
            body.extend(&junk);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n{}\r\n--{boundary}--\r\n", prose::sentences(&mut order.chance, size)).as_bytes());
        if !front {
            body.extend(&junk);
        }
        let kind = format!("multipart/form-data; boundary={boundary}");
        web.exchange(order, &mut talk, turn, &Body::new(&kind, body).with_junk(length));
    }
    talk.undecidable = total < 48;
    talk
}

/// Chunks with extensions that mean nothing.
pub(super) fn chunk_extensions(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let law = law(order);
    let alphabet = order.chance.one(Alphabet::TEXT);
    talk.mark(alphabet.word());
    let fields = prose::fields(&mut order.chance);
    let web = Web::new(order);
    let path = web.path(&mut order.chance);
    for _ in 0..order.messages {
        let (size, _) = order.split();
        let text = prose::json(&mut order.chance, &fields, size);
        let mut head = web.request(
            "POST",
            &path,
            &[("Transfer-Encoding", "chunked".to_owned()), ("Content-Type", "application/json".to_owned())],
            None,
        );
        let mut junk = 0;
        for part in text.as_bytes().chunks(300) {
            let length = law.next(&mut order.chance).min(900);
            head.extend(
                format!(
                    "{:x};{}={}\r\n",
                    part.len(),
                    alphabet.text(&mut order.chance, 3),
                    alphabet.text(&mut order.chance, length)
                )
                .as_bytes(),
            );
            head.extend(part);
            head.extend(b"\r\n");
            junk += length;
        }
        head.extend(b"0\r\n\r\n");
        talk.say(Side::Out, head, junk);
        talk.back(b"HTTP/1.1 204 No Content\r\nServer: nginx\r\n\r\n".to_vec());
    }
    talk
}

/// Comments in pages and documents, each with noise.
pub(super) fn comments(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let law = law(order);
    let alphabet = order.chance.one(&[Alphabet::Base64, Alphabet::Alnum, Alphabet::Hex, Alphabet::Lower]);
    let kind = order.chance.pick(&["text/html", "text/xml", "application/javascript"]);
    talk.mark(&format!("{kind} {}", alphabet.word()));
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let (size, _) = order.split();
        let length = law.next(&mut order.chance);
        let noise = alphabet.text(&mut order.chance, length);
        let text = match kind {
            "text/html" => {
                prose::html(&mut order.chance, size).replacen("<body>", &format!("<body><!--{noise}-->"), 1)
            }
            "text/xml" => prose::xml(&mut order.chance, size).replacen(
                "<orders>",
                &format!("<orders><!--{noise}-->"),
                1,
            ),
            _ => format!("/*{noise}*/var t=\"{}\";", prose::words(&mut order.chance, size)),
        };
        web.exchange(order, &mut talk, turn, &Body::new(kind, text).with_junk(length));
    }
    talk.expected = Some(&["suspect", "junk"]);
    talk.undecidable = order.messages < 24;
    talk
}

/// JSON with any number of blanks between its tokens.
pub(super) fn blanks(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mean = (order.share / (1.0 - order.share.min(0.9)) * 8.0).max(1.2);
    let fields = prose::fields(&mut order.chance);
    let mut carry = Carry::new(order, carrier, false);
    for turn in 0..order.messages {
        let size = (order.size() as f64 * (1.0 - order.share.min(0.8))) as usize;
        let text = prose::json(&mut order.chance, &fields, size.max(30));
        let (mut out, mut junk, mut quoted) = (String::new(), 0, false);
        for letter in text.chars() {
            out.push(letter);
            quoted ^= letter == '"';
            if !quoted && matches!(letter, ',' | ':' | '{' | '[') {
                let count = Law::Uniform(0, (2.0 * mean) as usize).next(&mut order.chance);
                for _ in 0..count {
                    out.push(order.chance.one(&[' ', ' ', '\t', '\n']));
                }
                junk += count;
            }
        }
        carry.put(order, &mut talk, turn, "application/json", out.into_bytes(), junk);
    }
    talk.expected = Some(&["padded", "suspect", "junk", "structured", "plain"]);
    // Nothing in it is noise that a person could name with certainty; a formatter without taste does the same.
    talk.undecidable = true;
    talk
}

/// Bytes behind datagrams that say themselves how long they are.
pub(super) fn datagram_tails(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let law = law(order);
    let alphabet = order.chance.one(&[Alphabet::Bytes, Alphabet::Alnum, Alphabet::Hex]);
    let what = if carrier == Carrier::Dns { "dns" } else { order.chance.pick(&["ntp", "stun", "json"]) };
    talk.mark(&format!("{what} {}", alphabet.word()));
    let mut total = 0;
    for turn in 0..order.messages {
        let length = law.next(&mut order.chance).min(900);
        total += length;
        let mut bytes = match what {
            "dns" => dns::query(
                &Question {
                    id: order.chance.word() as u16,
                    name: format!(
                        "{}.{}.example.com",
                        prose::word(&mut order.chance),
                        prose::word(&mut order.chance)
                    ),
                    kind: dns::A,
                },
                None,
            ),
            "ntp" => [
                &[0x23, 0, 6, 0xe9][..],
                &[0; 36],
                &(3_981_506_400u32 + turn as u32 * 64).to_be_bytes(),
                &order.chance.bytes(4),
            ]
            .concat(),
            "stun" => [&[0, 1, 0, 0][..], &0x2112_a442u32.to_be_bytes(), &order.chance.bytes(12)].concat(),
            _ => prose::record(&mut order.chance, &["id", "name", "status"]).into_bytes(),
        };
        bytes.extend(alphabet.noise(&mut order.chance, length));
        talk.say(Side::Out, bytes, length);
    }
    talk.undecidable = total < 48;
    talk
}

/// Hexadecimal digits with letters among them that are none.
pub(super) fn hex_digits(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let share = order.share.clamp(0.05, 0.5);
    let text = Text::draw(&mut order.chance);
    let mut carry = Carry::new(order, carrier, true);
    for turn in 0..order.messages {
        let size = (order.size() as f64 * (1.0 - share) / 2.0) as usize;
        let clear = text.make(&mut order.chance, size.max(20));
        let (mut out, mut junk) = (String::new(), 0);
        for digit in hex(clear.as_bytes()).chars() {
            out.push(digit);
            if order.chance.happens(share / (1.0 - share)) {
                out.push(char::from(b'g' + order.chance.below(20) as u8));
                junk += 1;
            }
        }
        carry.put(order, &mut talk, turn, "text/plain", out.into_bytes(), junk);
    }
    talk
}

/// Lines of base64 with lines of noise among them, in armour that says what it holds.
pub(super) fn lines(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let share = order.share.clamp(0.05, 0.6);
    let mut carry = Carry::new(order, carrier, false);
    for turn in 0..order.messages {
        let size = (order.size() as f64 * (1.0 - share) * 0.7) as usize;
        let clear = prose::sentences(&mut order.chance, size.max(200));
        let encoded = base64(clear.as_bytes());
        let (mut out, mut junk) = (String::from("-----BEGIN DATA-----\n"), 0);
        for line in encoded.as_bytes().chunks(64) {
            out.extend(line.iter().map(|letter| *letter as char));
            out.push('\n');
            if order.chance.happens(share / (1.0 - share)) {
                out.push_str(&format!("#{}\n", Alphabet::Printable.text(&mut order.chance, 62)));
                junk += 64;
            }
        }
        out.push_str("-----END DATA-----\n");
        carry.put(order, &mut talk, turn, "text/plain", out.into_bytes(), junk);
    }
    talk
}

/// Bytes behind archives and documents of offices and pictures.
pub(super) fn file_tails(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let law = law(order);
    let makers: [(&str, &str, Maker); 4] = [
        ("zip", "application/zip", formats::zip),
        ("pdf", "application/pdf", formats::pdf),
        ("jpeg", "image/jpeg", formats::jpeg),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", formats::docx),
    ];
    let (word, kind, make) = order.chance.one(&makers);
    talk.mark(word);
    let mut web = Web::new(order);
    let mut total = 0;
    for turn in 0..order.messages {
        let (size, _) = order.split();
        let mut file = make(&mut order.chance, size);
        let length = law.next(&mut order.chance);
        file.extend(order.chance.bytes(length));
        total += length;
        web.exchange(order, &mut talk, turn, &Body::new(kind, file).with_junk(length));
    }
    talk.undecidable = total < 48;
    talk
}

/// Parameters of a query with random names and values, as many as come.
pub(super) fn parameters(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let alphabet = order.chance.one(Alphabet::TEXT);
    let mean = (order.junk_median() / 3.0).clamp(6.0, 300.0);
    let law = Law::Uniform(2, (2.0 * mean) as usize);
    talk.mark(alphabet.word());
    let mut web = Web::new(order);
    for _ in 0..order.messages {
        let mut target = format!("{}?id={}", web.path(&mut order.chance), order.chance.below(9_000));
        let mut junk = 0;
        for _ in 0..1 + order.chance.below(5) {
            let (name, length) = (Alphabet::Lower.text(&mut order.chance, 5), law.next(&mut order.chance));
            let value = if alphabet == Alphabet::Base64 { Alphabet::Bytes } else { alphabet }
                .text(&mut order.chance, length);
            target.push_str(&format!("&{name}={value}"));
            junk += length + 7;
        }
        talk.say(Side::Out, web.request("GET", &target, &[], None), junk);
        talk.back(web.short_answer(&mut order.chance));
    }
    talk.expected = Some(&["suspect", "junk"]);
    talk.undecidable = order.messages < 24;
    talk
}
