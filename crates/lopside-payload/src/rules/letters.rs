//! Long runs that are drawn evenly from an alphabet that no encoder of content uses.
//!
//! Letters alone, letters of one case with all digits, letters and digits without the two marks of base64, or all printable characters:
//! ciphertext and compressed content as text is base64, base32, hex or base85. Silent for: language (its letters are uneven), and tokens, which are
//! short. Minimum: by alphabet, in runs of at least | all together: letters of one case 48 | 192; of both cases 96 | 192; one case and digits 72 | 288;
//! letters and digits 240 | 720; printable 96 | 384.

use super::Look;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even, histogram};

/// An alphabet, the shortest run, and the fewest symbols of all runs.
const USELESS: [(Alphabet, usize, usize); 5] = [
    (Alphabet::Letters, 48, 192),
    (Alphabet::BothCases, 96, 192),
    (Alphabet::Base36, 72, 288),
    (Alphabet::Base62, 240, 720),
    (Alphabet::Printable, 96, 384),
];

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let values = look
        .reading
        .slots
        .iter()
        .filter(|(name, _)| !name.starts_with("json"))
        .flat_map(|(_, values)| values);
    let units = look.reading.units.iter().filter(|unit| unit.document.is_none_or(|found| found.kind.text()));
    let texts = units.map(|unit| unit.bytes.as_ref()).chain(values.map(|value| value.bytes.as_slice()));
    let mut found = [const { (Vec::new(), 0usize, 0usize) }; USELESS.len()];
    for text in texts {
        for run in text.split(|byte| !byte.is_ascii_graphic()).filter(|run| run.len() >= 48).take(64) {
            // Words beside a run, and quotes around it, are not it.
            for piece in
                [run, run.get(12..).unwrap_or_default(), run.get(..run.len() - 12).unwrap_or_default()]
            {
                let Some(even) = even(piece, look.limit) else { continue };
                let slot = USELESS.iter().position(|(alphabet, shortest, _)| {
                    even.alphabet == *alphabet && piece.len() >= *shortest
                });
                let Some((symbols, around, count)) = slot.and_then(|slot| found.get_mut(slot)) else {
                    continue;
                };
                if symbols.len() < 16 << 10 {
                    symbols.extend_from_slice(piece);
                }
                *around += text.len();
                *count += 1;
                break;
            }
        }
    }
    let told = USELESS.iter().zip(&found).filter(|((alphabet, _, least), (symbols, _, _))| {
        symbols.len() >= *least && uses_all(*alphabet, symbols)
    });
    told.map(|((alphabet, _, _), (symbols, around, count))| {
        let share = (symbols.len() as f64 / *around as f64).min(1.0);
        let text = format!(
            "{} {} in {count} long runs are drawn evenly: no encoding of content has this alphabet",
            symbols.len(),
            alphabet.name()
        );
        Evidence::contradiction(*count, share, text).with_example(symbols)
    })
    .collect()
}

/// Whether the symbols that tell an alphabet from a narrower one come as often as the others.
fn uses_all(alphabet: Alphabet, symbols: &[u8]) -> bool {
    let telling: &[u8] = match alphabet {
        Alphabet::Base36 => b"01wxyz89",
        // base85 has none of these, base91 only some.
        Alphabet::Printable => b"vwxyz{|}~-\\'",
        _ => return true,
    };
    let counts = histogram(symbols);
    let upper = alphabet == Alphabet::Base36 && symbols.iter().any(u8::is_ascii_uppercase);
    let seen = |byte: &u8| counts[usize::from(if upper { byte.to_ascii_uppercase() } else { *byte })];
    let total: u32 = telling.iter().map(seen).sum();
    let expected = symbols.len() as f64 * telling.len() as f64 / alphabet.symbols() as f64;
    let distinct = counts.iter().filter(|count| **count > 0).count();
    f64::from(total) > expected * 0.6
        && telling.iter().all(|byte| seen(byte) > 0)
        && distinct * 16 >= alphabet.symbols() * 15
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    #[test]
    fn even_letters_are_junk_and_language_is_not() {
        let mut chance = Chance::new(8);
        let mut talk = Talk::default();
        for _ in 0..4 {
            talk.send(&[b"v=1;d=".as_slice(), &chance.of(b"abcdefghijklmnopqrstuvwxyz", 90)].concat());
            talk.answer(b"ok");
        }
        assert!(talk.judge().junk);
        let mut talk = Talk::default();
        for _ in 0..4 {
            talk.send("itwasthebestoftimesitwastheworstoftimesitwastheageofwisdom".repeat(3).as_bytes());
            talk.answer(b"ok");
        }
        assert!(!talk.judge().junk);
    }
}
