//! Long runs of letters that are drawn evenly: an alphabet that no encoder uses.
//!
//! Base64, base32 and hex have digits or marks in them; ciphertext as text is one of these. Letters alone, evenly drawn, say nothing to
//! anybody. Silent for: language (its letters are uneven). Minimum: 192 letters of one case in runs of at least 48, or of both cases in runs of at least 96.

use super::Look;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even};

const LEAST: usize = 192;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut letters, mut around, mut count) = (Vec::new(), 0, 0);
    let values = look
        .reading
        .slots
        .iter()
        .filter(|(name, _)| !name.starts_with("json"))
        .flat_map(|(_, values)| values);
    let texts = look
        .reading
        .units
        .iter()
        .map(|unit| unit.bytes.as_ref())
        .chain(values.map(|value| value.bytes.as_slice()));
    for text in texts {
        let before = letters.len();
        for run in text.split(|byte| !byte.is_ascii_alphabetic()).filter(|run| run.len() >= 48) {
            if letters.len() > 32 << 10 {
                break;
            }
            for piece in runs(run) {
                if even(piece, look.limit)
                    .is_some_and(|even| matches!(even.alphabet, Alphabet::Letters | Alphabet::BothCases))
                {
                    letters.extend_from_slice(piece);
                }
            }
        }
        if letters.len() > before {
            count += 1;
            around += text.len();
        }
    }
    if letters.len() < LEAST {
        return Vec::new();
    }
    let share = letters.len() as f64 / around as f64;
    let text = format!(
        "{} letters in long runs of {count} messages or values are drawn evenly: no encoding has this alphabet",
        letters.len()
    );
    vec![Evidence::contradiction(count, share.min(1.0), text)]
}

/// The parts of a run of letters that are long enough: in one case, or in both.
fn runs(run: &[u8]) -> Vec<&[u8]> {
    let lower = run.iter().all(u8::is_ascii_lowercase);
    let upper = run.iter().all(u8::is_ascii_uppercase);
    if lower || upper || run.len() >= 96 {
        return vec![run];
    }
    Vec::new()
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
