//! Long runs that are drawn evenly from an alphabet that no encoder of content uses.
//!
//! Letters alone, letters of one case with all digits, letters and digits without the two marks of base64, or all printable characters:
//! ciphertext and compressed content as text is base64, base32, hex or base85. Silent for: language (its letters are uneven), and tokens,
//! which are short or of one length, and the padding of a comment that says so. Minimum: by alphabet, in runs of at least | all together:
//! letters of one case 48 | 192; of both cases 96 | 192; one case and digits 72 | 288; letters and digits 240 | 720; printable 96 | 384.
//! Where 4 runs or more have as many lengths, 8 apart: 20 | 128; 24 | 160; 32 | 256; 48 | 320; printable 20 | 256 (base64 has none of its
//! two marks in 320 symbols once in 25,000 times).

use super::Look;
use crate::content::document::Kind;
use crate::content::find as find_bytes;
use crate::evidence::Evidence;
use crate::noise::{Run, runs};
use crate::reading::Unit;
use crate::spans;
use crate::statistics::{Alphabet, even, even_among, histogram, without_stand_ins};

/// What a run has to have.
struct Useless {
    alphabet: Alphabet,
    /// The shortest run, and the fewest symbols of all runs.
    run: usize,
    all: usize,
    /// The same where lengths vary.
    varied: Option<(usize, usize)>,
}

const USELESS: [Useless; 5] = [
    Useless { alphabet: Alphabet::Letters, run: 48, all: 192, varied: Some((20, 128)) },
    Useless { alphabet: Alphabet::BothCases, run: 96, all: 192, varied: Some((24, 160)) },
    Useless { alphabet: Alphabet::Base36, run: 72, all: 288, varied: Some((32, 256)) },
    Useless { alphabet: Alphabet::Base62, run: 240, all: 720, varied: Some((48, 320)) },
    Useless { alphabet: Alphabet::Printable, run: 96, all: 384, varied: Some((20, 256)) },
];

/// The shortest run that is looked at.
const SHORTEST: usize = 20;
/// Bytes at the end of a text in which a comment may say that it is padding.
const LAST: usize = 512;
/// Of a run as long as this, the middle half is enough: what stands before and behind the noise is none.
const MANY: usize = 384;
/// Runs looked at in one text.
const RUNS: usize = 64;

/// The runs of one alphabet.
#[derive(Default)]
struct Runs {
    symbols: Vec<u8>,
    lengths: Vec<usize>,
    around: usize,
    /// How many texts they stand in, and the last of these.
    texts: usize,
    last: Option<usize>,
}

impl Runs {
    /// Takes a piece of a run of the text with this number. The length is that of the run: what is left of it without possible words
    /// varies by chance.
    fn put(&mut self, (piece, length): (&[u8], usize), number: usize, around: usize) {
        self.texts += usize::from(self.last != Some(number));
        self.last = Some(number);
        if self.symbols.len() < 16 << 10 {
            self.symbols.extend_from_slice(piece);
        }
        self.lengths.push(length);
        self.around += around;
    }

    /// At least four lengths that lie apart, of few runs in each text: a list of passwords has many. No list has any of characters of all
    /// kinds that are so long.
    fn varied(&self, alphabet: Alphabet) -> bool {
        let long = self.lengths.iter().filter(|length| **length >= 40).count() >= 6;
        if self.lengths.len() > 3 * self.texts && !(alphabet == Alphabet::Printable && long) {
            return false;
        }
        let mut distinct = self.lengths.clone();
        distinct.sort_unstable();
        distinct.dedup();
        distinct.len() >= 4
            && distinct.last().zip(distinct.first()).is_some_and(|(most, least)| most - least >= 8)
    }

    fn told(&self, alphabet: Alphabet, least: usize) -> Option<Evidence> {
        (self.symbols.len() >= least && uses_all(alphabet, &self.symbols)).then(|| {
            let share = (self.symbols.len() as f64 / self.around as f64).min(1.0);
            let text = format!(
                "{} {} in {} long runs are drawn evenly: no encoding of content has this alphabet",
                self.symbols.len(),
                alphabet.name(),
                self.lengths.len()
            );
            Evidence::contradiction(self.lengths.len(), share, text).with_example(&self.symbols)
        })
    }
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let slots = || look.reading.slots.iter();
    let values = slots().filter(|(name, _)| is_on_its_own(name)).flat_map(|(_, values)| values);
    let units = look.reading.units.iter().filter(|unit| unit.document.is_none_or(|found| found.kind.text()));
    let json = |unit: &Unit<'_>| unit.document.is_some_and(|found| found.kind == Kind::Json);
    let texts = units
        .map(|unit| (without_padding(&unit.bytes), json(unit)))
        .chain(values.map(|value| (without_padding(&value.bytes), false)));
    let mut long: [Runs; USELESS.len()] = Default::default();
    let mut short: [Runs; USELESS.len()] = Default::default();
    let mut marked = 0;
    // Fields of JSON hold tokens of all kinds; what has symbols that no token has counts, and is taken from the fields, without the marks
    // around them.
    let fields = slots().filter(|(name, _)| name.starts_with("json")).flat_map(|(_, values)| values);
    for (number, value) in fields.enumerate() {
        let run = value.bytes.rsplit(|byte| *byte == b'|').next().unwrap_or_default();
        if let (Some(piece), [.., printable]) = (all_kinds(run, look.limit), &mut short) {
            printable.put((piece, piece.len()), usize::MAX - number, value.bytes.len());
        }
    }
    for (number, (text, is_json)) in texts.enumerate() {
        // Fields of a table stand between its marks.
        let mark = column_mark(text);
        let graphic = |byte: u8| byte.is_ascii_graphic() && Some(byte) != mark;
        for run in spans::runs(text, SHORTEST, graphic).take(RUNS) {
            for (alphabet, piece, length) in pieces(run, look.limit) {
                if is_json && alphabet == Alphabet::Printable {
                    continue;
                }
                if alphabet == Alphabet::Base64 {
                    marked += piece.len();
                }
                let Some(place) = USELESS.iter().position(|useless| useless.alphabet == alphabet) else {
                    continue;
                };
                let (Some(useless), Some(long), Some(short)) =
                    (USELESS.get(place), long.get_mut(place), short.get_mut(place))
                else {
                    continue;
                };
                if piece.len() >= useless.run {
                    long.put((piece, length), number, text.len());
                }
                if useless.varied.is_some_and(|(least, _)| piece.len() >= least) {
                    short.put((piece, length), number, text.len());
                }
            }
        }
    }
    let told = USELESS.iter().zip(long.iter().zip(&short)).filter_map(|(useless, (long, short))| {
        // Runs of base64 that have none of its marks by chance stand beside others that have.
        let chosen = |runs: &Runs| in_base64(useless.alphabet) && marked * 8 > runs.symbols.len();
        let told = |runs: &Runs, least| runs.told(useless.alphabet, least).filter(|_| !chosen(runs));
        told(long, useless.all).or_else(|| {
            let (_, least) = useless.varied.filter(|_| short.varied(useless.alphabet))?;
            told(short, least)
        })
    });
    told.collect()
}

/// Whether values of this name are judged one by one: fields of JSON are not, and parts of a form are units as well.
fn is_on_its_own(name: &str) -> bool {
    !name.starts_with("json") && !name.starts_with("part.")
}

/// A text up to a comment at its end that says in words that it is padding: answers get one of random length, so that the sizes of
/// compressed pages tell nothing (BREACH). Who pads on purpose says so.
fn without_padding(text: &[u8]) -> &[u8] {
    const WORDS: [&[u8]; 3] = [b"random-length", b"random length", b"padding"];
    let from = text.len().saturating_sub(LAST);
    let last = text.get(from..).unwrap_or_default();
    let place = WORDS.iter().find_map(|words| find_bytes(last, words, 0));
    place.and_then(|place| text.get(..from + place)).unwrap_or(text)
}

/// The mark between the columns of a table: in its first line twice or more, and as often in the others or more.
fn column_mark(text: &[u8]) -> Option<u8> {
    let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let first = lines.next().filter(|line| line.len() < 400)?;
    let few: Vec<&[u8]> = lines.take(4).collect();
    let count = |line: &[u8], mark: u8| line.iter().filter(|byte| **byte == mark).count();
    b";,\t|".iter().copied().find(|mark| {
        let columns = count(first, *mark);
        columns >= 2 && few.len() >= 2 && few.iter().all(|line| count(line, *mark) >= columns)
    })
}

/// The evenly drawn pieces of a run, with the lengths that they have with what may be words beside them: all of it, or all but what may
/// be words and quotes at an end, or the noise between marks.
fn pieces(run: &[u8], limit: f64) -> Vec<(Alphabet, &[u8], usize)> {
    let run = without_fill(run);
    if run.len() >= 48 {
        for piece in
            [Some(run), run.get(12..), run.get(..run.len() - 12), run.get(24..)].into_iter().flatten()
        {
            if let Some(even) = even(piece, limit) {
                // Words before long noise of all kinds hardly count in one run, and do in many.
                let long = even.alphabet == Alphabet::Printable && run.len() >= 72;
                let quarter = run.len() / 4;
                let inner = match run.len() {
                    MANY.. => run.get(quarter..run.len() - quarter),
                    _ => run.get(24..),
                };
                let piece = if long { inner.unwrap_or(piece) } else { piece };
                return vec![(even.alphabet, piece, run.len())];
            }
        }
    }
    if let Some(piece) = all_kinds(run, limit) {
        return vec![(Alphabet::Printable, piece, run.len())];
    }
    // Beside a mark of base64's other variant, or one with a percent sign for it, a run is a piece of it.
    let alphabet = |found: &Run<'_>| {
        let (before, behind) = run.split_at_checked(found.start).unwrap_or_default();
        let behind = behind.get(found.token.len()..).unwrap_or_default();
        let marked = [before.last(), behind.first()].into_iter().flatten().any(|byte| b"-_".contains(byte))
            || before.ends_with(b"%") && is_escaped_mark(found.token)
            || behind.strip_prefix(b"%").is_some_and(is_escaped_mark);
        if marked && in_base64(found.alphabet) { Alphabet::Base64 } else { found.alphabet }
    };
    runs(run, limit).into_iter().map(|found| (alphabet(&found), found.core, found.token.len())).collect()
}

/// A run without the signs that fill the last group of base64: with them it would be one of characters of all kinds.
fn without_fill(run: &[u8]) -> &[u8] {
    let end = run.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    run.get(..end).unwrap_or(run)
}

/// Whether what follows a percent sign stands for a mark of base64, or for its fill.
fn is_escaped_mark(behind: &[u8]) -> bool {
    let digits = behind.get(..2).map(<[u8]>::to_ascii_uppercase);
    digits.is_some_and(|digits| matches!(digits.as_slice(), b"2B" | b"2F" | b"3D"))
}

/// A short run of characters of all kinds: enough of them are judged all together.
fn all_kinds(run: &[u8], limit: f64) -> Option<&[u8]> {
    let marks = run.iter().filter(|byte| byte.is_ascii_punctuation());
    let kinds = || marks.fold(0u128, |kinds, mark| kinds | 1 << mark).count_ones();
    let graphic = || run.iter().all(u8::is_ascii_graphic);
    let drawn = || even(run, limit).is_some_and(|even| even.alphabet == Alphabet::Printable);
    (run.len() >= SHORTEST && graphic() && kinds() >= 5 && drawn()).then_some(run)
}

/// Whether a run of base64 has this alphabet where some of its symbols happen to be missing.
fn in_base64(alphabet: Alphabet) -> bool {
    matches!(alphabet, Alphabet::Base62 | Alphabet::BothCases)
}

/// Whether the symbols that tell an alphabet from a narrower one come as often as the others.
pub(super) fn uses_all(alphabet: Alphabet, symbols: &[u8]) -> bool {
    let telling: &[u8] = match alphabet {
        Alphabet::Base36 => b"01wxyz89",
        // Sequences of amino acids leave these out, those of nucleotides more.
        Alphabet::Letters => b"bjouxz",
        // base58 leaves these out.
        Alphabet::Base62 => b"0OIl",
        Alphabet::Printable => return is_beyond_encoders(symbols),
        _ => return true,
    };
    let counts = histogram(symbols);
    let upper = alphabet == Alphabet::Base36 && symbols.iter().any(u8::is_ascii_uppercase);
    let seen = |byte: &u8| match alphabet {
        Alphabet::Letters => counts[usize::from(*byte)] + counts[usize::from(byte.to_ascii_uppercase())],
        _ => counts[usize::from(if upper { byte.to_ascii_uppercase() } else { *byte })],
    };
    let total: u32 = telling.iter().map(seen).sum();
    let expected = symbols.len() as f64 * telling.len() as f64 / alphabet.symbols() as f64;
    let distinct = counts.iter().filter(|count| **count > 0).count();
    f64::from(total) > expected * 0.6
        && telling.iter().all(|byte| seen(byte) > 0)
        && distinct * 16 >= alphabet.symbols() * 15
}

/// Whether characters are drawn evenly from those that occur, and each encoding with marks leaves some of these out, those of 85 symbols
/// (three variants) and of 91, or has several that never occur.
fn is_beyond_encoders(symbols: &[u8]) -> bool {
    const LEFT_OUT: [&[u8]; 4] = [b"\"',./:[\\]", b"\"',;\\_`|~", b"vwxyz{|}~", b"-\\'"];
    let counts = histogram(symbols);
    let seen = |byte: &u8| counts[usize::from(*byte)] > 0;
    // Signs that stand for others are of all kinds, and come too often.
    let drawn = without_stand_ins(&counts);
    let Some((kinds, uneven)) = even_among(drawn.as_ref().unwrap_or(&counts)) else { return false };
    let least = symbols.len() / kinds.max(1) / 4;
    let spread = |byte: &u8| counts[usize::from(*byte)] as usize > least;
    // An even draw of so many leaves out a symbol that it has once in 3,000 times.
    let enough = symbols.len() >= 8 * kinds;
    let never = |left_out: &[u8]| {
        let own = (b'!'..=b'~').filter(|byte| !left_out.contains(byte));
        enough && own.filter(|byte| !seen(byte)).count() >= NEVER
    };
    kinds >= 70
        && uneven.abs() <= 4.0
        && LEFT_OUT.iter().all(|left_out| {
            // The z of ascii85 stands for zeros.
            let beyond = left_out.iter().filter(|byte| **byte != b'z' && seen(byte) && spread(byte));
            beyond.count() > 0 || never(left_out)
        })
}

/// Symbols of an encoding that never occur where it is none.
const NEVER: usize = 4;

#[cfg(test)]
mod tests;
