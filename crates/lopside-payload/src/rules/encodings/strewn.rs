//! Foreign symbols among evenly drawn ones: where what is left decodes to nothing that reads.

use crate::content::encoding::base64_value;
use crate::spans;
use crate::statistics::{Alphabet, even, histogram};

/// Marks that need no escape in an address: codes of a log-in are drawn from letters, digits and these (RFC 7636, 4.1).
const UNRESERVED: &[u8] = b"-._~";

/// Tokens joined by one or two kinds of separators: not strewn. No encoder gives a token of one symbol more than a group.
pub(super) fn separated(value: &[u8]) -> bool {
    let mut kinds: Vec<u8> =
        value.iter().copied().filter(|byte| base64_value(*byte).is_none() && *byte != b'=').collect();
    let count = kinds.len();
    kinds.sort_unstable();
    kinds.dedup();
    let usual = kinds.iter().all(|byte| b".:|,;~ &$@%\r\n\t".contains(byte));
    usual && kinds.len() <= 2 && count * 16 < value.len() && !breaks_groups(value)
}

/// Whether the stretches between strangers have many lengths, and often one to which no bytes encode; or are single symbols.
fn breaks_groups(value: &[u8]) -> bool {
    let mut stretches: Vec<usize> = value
        .split(|byte| base64_value(*byte).is_none())
        .map(<[u8]>::len)
        .filter(|length| *length > 0)
        .collect();
    let impossible = stretches.iter().filter(|length| *length % 4 == 1).count();
    let enough = stretches.len() >= 6 && impossible >= 2 && impossible * 8 >= stretches.len();
    let single = stretches.iter().filter(|length| **length == 1).count();
    if stretches.len() >= SINGLE && single * 10 >= stretches.len() * 9 {
        return true;
    }
    stretches.sort_unstable();
    stretches.dedup();
    enough && stretches.len() >= 4
}

/// Single symbols that are no list of digits.
const SINGLE: usize = 48;

/// A value with strangers among symbols that are drawn evenly.
#[derive(Debug, PartialEq)]
pub(super) struct Strewn {
    pub(super) alphabet: Alphabet,
    pub(super) clean: Vec<u8>,
    pub(super) strangers: Vec<u8>,
}

/// Strangers among symbols that are drawn evenly. Blanks are some where the stretches between them are no words of an encoding, and
/// the marks of one variant of base64 where those of the other are drawn as often as all its symbols.
pub(super) fn strewn(value: &[u8], limit: f64) -> Option<Strewn> {
    let blanks = value.iter().any(u8::is_ascii_whitespace);
    let breaks = value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | b'\t'));
    if separated(value) || breaks || blanks && !breaks_groups(value) {
        return None;
    }
    let count = |marks: &[u8]| value.iter().filter(|byte| marks.contains(byte)).count();
    let (plain, url): (&[u8], &[u8]) = (b"+/", b"-_");
    let mixed = count(plain) > 0 && count(url) > 0;
    // The two marks of a variant are two of 64 symbols: a few blanks of a form beside a token make none.
    let alphanumeric = spans::count(value, |byte| byte.is_ascii_alphanumeric());
    let variants = [plain, url]
        .into_iter()
        .filter(|marks| mixed && (count(marks) * 64 >= value.len() || count(marks) * 48 >= alphanumeric));
    variants.chain([b"+/-_".as_slice()]).find_map(|own| strewn_among(value, own, limit))
}

fn strewn_among(value: &[u8], own: &[u8], limit: f64) -> Option<Strewn> {
    let is_own = |byte: &u8| byte.is_ascii_alphanumeric() || own.contains(byte);
    let body: Vec<u8> = value.iter().copied().filter(|byte| *byte != b'=').collect();
    let (clean, strangers): (Vec<u8>, Vec<u8>) = body.iter().partition(|byte| is_own(byte));
    // Marks of a few kinds may be as many as the symbols between them.
    let mut kinds = strangers.clone();
    kinds.sort_unstable();
    kinds.dedup();
    let few = kinds.len() <= 8 && kinds.iter().all(u8::is_ascii_punctuation) && breaks_groups(value);
    let most = if few { 8 * clean.len() } else { clean.len() / 2 };
    if clean.len() < 32 || strangers.len() < 4 || strangers.len() > most {
        return None;
    }
    let alphabet = even(&clean, limit)?.alphabet;
    let encodes = matches!(
        alphabet,
        Alphabet::Base64 | Alphabet::Base62 | Alphabet::Hex | Alphabet::Base32 | Alphabet::Base36
    );
    // Marks before and behind a token are quotes and brackets.
    let often = if few && strangers.len() > clean.len() { 8 } else { 3 };
    (encodes && spread(&body, is_own, often)).then_some(Strewn { alphabet, clean, strangers })
}

/// Whether symbols are those of a wider encoding: it uses all of them, and equally often.
pub(super) fn is_wider(clean: &[u8], strangers: &[u8], alphabet: Alphabet) -> bool {
    let kinds = histogram(strangers).iter().filter(|count| **count > 0).count();
    let share = strangers.len() as f64 / (clean.len() + strangers.len()) as f64;
    let rate = share / (kinds as f64 / (alphabet.symbols() + kinds) as f64);
    let is_code = strangers.iter().all(|stranger| UNRESERVED.contains(stranger))
        && !clean.iter().any(|symbol| matches!(symbol, b'+' | b'/'));
    // Codes with few of the marks are not looked at, and some count as of the variant that has two of them.
    if is_code && (0.3..=3.0).contains(&rate) {
        return true;
    }
    // Few strangers that are all different may be a sample of many kinds.
    (kinds >= 12 || strangers.len() < 2 * kinds) && (0.6..=1.6).contains(&rate)
}

/// Strangers stand in many places, not in one: one in `often` begins a place of its own.
fn spread(body: &[u8], is_own: impl Fn(&u8) -> bool, often: usize) -> bool {
    let places: Vec<usize> =
        body.iter().enumerate().filter(|(_, byte)| !is_own(byte)).map(|(place, _)| place).collect();
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return false };
    (last - first) * 2 > body.len()
        && places.windows(2).filter(|pair| matches!(pair, [a, b] if b - a > 1)).count() * often
            >= places.len() - 1
}
