//! Version control: pushes over HTTP, fetches over git's own protocol.

use crate::chance::Chance;
use crate::junk::encode::{hex, zlib};
use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose;
use crate::junk::web::Web;

/// A line with its length before.
fn line(text: &[u8]) -> Vec<u8> {
    [format!("{:04x}", text.len() + 4).as_bytes(), text].concat()
}

/// A pack of about so many bytes: blobs and trees, deflated, and a digest of all.
fn pack(chance: &mut Chance, bytes: usize) -> Vec<u8> {
    let mut objects = Vec::new();
    let (mut count, mut size) = (0u32, 32);
    while size < bytes || count == 0 {
        let (kind, content) = if chance.happens(0.7) {
            let length = (chance.spread(900.0, 0.9) as usize).min(bytes * 3);
            (3u8, prose::log(chance, length).into_bytes())
        } else {
            let names = 1 + chance.below(6);
            let entry = |chance: &mut Chance| {
                [b"100644 ", prose::word(chance).as_bytes(), b"\0", &chance.bytes(20)].concat()
            };
            (2, (0..names).flat_map(|_| entry(chance)).collect())
        };
        let mut length = content.len();
        let mut byte = kind << 4 | (length & 15) as u8;
        length >>= 4;
        while length > 0 {
            objects.push(byte | 0x80);
            byte = (length & 127) as u8;
            length >>= 7;
        }
        objects.push(byte);
        objects.extend(zlib(&content));
        count += 1;
        size = objects.len() + 32;
    }
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend(count.to_be_bytes());
    pack.extend(objects);
    let digest = sha1(&pack);
    pack.extend(digest);
    pack
}

/// The digest that git keeps.
fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut state = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut message = bytes.to_vec();
    message.push(0x80);
    message.resize((message.len() + 8).next_multiple_of(64) - 8, 0);
    message.extend((bytes.len() as u64 * 8).to_be_bytes());
    for block in message.chunks_exact(64) {
        let mut words: Vec<u32> = block
            .chunks_exact(4)
            .map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        for place in 16..80 {
            let word = words[place - 3] ^ words[place - 8] ^ words[place - 14] ^ words[place - 16];
            words.push(word.rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (place, word) in words.iter().enumerate() {
            let (mixed, constant) = match place / 20 {
                0 => (b & c | !b & d, 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6u32),
            };
            let next = a
                .rotate_left(5)
                .wrapping_add(mixed)
                .wrapping_add(e)
                .wrapping_add(constant)
                .wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (sum, part) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(part);
        }
    }
    let mut digest = [0; 20];
    for (place, word) in digest.chunks_exact_mut(4).zip(state) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

/// Pushes over HTTP.
pub(super) fn push(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let path = format!("{}.git/git-receive-pack", web.path(&mut order.chance));
    let mut old = hex(&order.chance.bytes(20));
    for _ in 0..order.messages {
        let new = hex(&order.chance.bytes(20));
        let mut body = line(
            format!("{old} {new} refs/heads/main\0 report-status side-band-64k agent=git/2.46.0").as_bytes(),
        );
        body.extend(b"0000");
        let size = order.size();
        body.extend(pack(&mut order.chance, size));
        talk.out(web.request("POST", &path, &[], Some(("application/x-git-receive-pack-request", &body))));
        let report = [line(b"\x01000eunpack ok\n0019ok refs/heads/main\n0000"), b"0000".to_vec()].concat();
        talk.back(web.response("200 OK", &[], Some(("application/x-git-receive-pack-result", &report))));
        old = new;
    }
    talk
}

/// Fetches over git's own protocol.
pub(super) fn fetch(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    talk.out(line(
        format!("git-upload-pack /{}.git\0host={}\0", prose::word(&mut order.chance), order.host).as_bytes(),
    ));
    let mut references = Vec::new();
    for number in 0..3 + order.chance.below(9) {
        references
            .extend(line(format!("{} refs/heads/b{number}\n", hex(&order.chance.bytes(20))).as_bytes()));
    }
    references.extend(b"0000");
    talk.back(references);
    talk.out(
        [
            line(format!("want {} ofs-delta side-band-64k\n", hex(&order.chance.bytes(20))).as_bytes()),
            b"00000009done\n".to_vec(),
        ]
        .concat(),
    );
    talk.back(line(b"NAK\n"));
    let total = (order.median as usize * order.messages).clamp(500, 1_500_000);
    let pack = pack(&mut order.chance, total);
    for part in pack.chunks(order.size().clamp(400, 65_000)) {
        talk.say(Side::In, line(&[&[1], part].concat()), 0);
    }
    talk.back(b"0000".to_vec());
    talk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_digest() {
        assert_eq!(hex(&sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
