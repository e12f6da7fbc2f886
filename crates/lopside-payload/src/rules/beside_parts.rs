//! Noise before the first and behind the last boundary of a multipart body or mail, where no reader looks.
//!
//! Speaks for: evenly drawn bytes of any alphabet there, and a block again and again. Silent for: notes for readers without MIME, which
//! are words, and white space. Minimum: 24 bytes, in 2 bodies; of a block three times in each, or in the longest.

use super::periods::is_block;
use super::{Look, Pool};
use crate::class;
use crate::evidence::Evidence;
use crate::statistics::even;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut before, mut behind) = ((Pool::default(), Vec::new()), (Pool::default(), Vec::new()));
    for (first, last, around) in &look.reading.beside_parts {
        for ((pool, pieces), piece) in [(&mut before, first), (&mut behind, last)] {
            let piece = piece.strip_suffix(b"\r\n").unwrap_or(piece);
            let piece = piece.strip_prefix(b"\r\n").unwrap_or(piece);
            if piece.len() >= 2 {
                pool.put(piece, *around, true);
                pieces.push(piece);
            }
        }
    }
    let told = |(place, (pool, pieces)): (&str, (Pool, Vec<&[u8]>))| {
        let enough = pool.count >= 2 && pool.total >= 24;
        let what = match enough {
            true if !pool.same && is_noise(&pool.bytes, look.limit) => Some("noise"),
            true if are_filled(&pieces) => Some("a block again and again"),
            _ => None,
        };
        what.map(|what| {
            let text = format!(
                "{} multipart bodies have {what} {place}: {} bytes, {:.0} % of them",
                pool.count,
                pool.total,
                pool.share() * 100.0
            );
            Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)
        })
    };
    [("before their first boundary", before), ("behind their last boundary", behind)]
        .into_iter()
        .filter_map(told)
        .collect()
}

/// Whether pieces are drawn evenly, as they stand or without the ends of their lines.
fn is_noise(pieces: &[u8], limit: f64) -> bool {
    let lines: Vec<u8> = pieces.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    even(pieces, limit).is_some() || class::is_noise(&lines, limit)
}

/// Whether pieces are a block three times or more each, or begin as the longest of them does, which is.
fn are_filled(pieces: &[&[u8]]) -> bool {
    let Some(longest) = pieces.iter().max_by_key(|piece| piece.len()) else { return false };
    pieces.iter().all(|piece| is_filled(piece) || is_filled(longest) && longest.starts_with(piece))
}

/// Whether a piece is a block three times or more that is no white space, zeros or ruler.
fn is_filled(piece: &[u8]) -> bool {
    piece.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 128) && is_block(piece)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn judged(make: impl Fn(&mut Chance, usize) -> (Vec<u8>, Vec<u8>)) -> bool {
        let mut chance = Chance::new(12);
        let mut talk = Talk::default();
        for n in 0..6 {
            let (before, behind) = make(&mut chance, n);
            let form = format!(
                "--xyz{n}\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nwhat people write in number {n}\r\n--xyz{n}--\r\n"
            );
            let body = [before, form.into_bytes(), behind].concat();
            talk.post(&format!("multipart/form-data; boundary=xyz{n}"), &body);
            talk.answer(b"ok");
        }
        talk.judge().junk
    }

    #[test]
    fn noise_beside_parts_is_junk_and_notes_are_not() {
        let printable: Vec<u8> = (33..127).collect();
        assert!(judged(|c, _| (Vec::new(), {
            let length = 5 + c.below(9);
            c.of(&printable, length)
        })));
        assert!(judged(|c, _| ([c.bytes(7), b"\r\n".to_vec()].concat(), Vec::new())));
        assert!(!judged(|_, _| (
            b"This is a message with multiple parts in MIME format.\r\n".to_vec(),
            b"\r\n".to_vec()
        )));
        assert!(judged(|c, _| (Vec::new(), b"PADPADPAD_".repeat(4 + c.below(40)))));
        assert!(judged(|_, n| (Vec::new(), b"PADPADPAD_".repeat(4).get(..29 + n).unwrap().to_vec())));
        assert!(!judged(|_, _| (Vec::new(), b"----------------------------------------\r\n".to_vec())));
        assert!(!judged(|_, n| (format!("Part list {n} of the mail\r\n").into_bytes(), Vec::new())));
    }
}
