//! Patterns of names and paths: `*` stands for anything within one folder or word, `**` for anything, `\**\` for any folders
//! between (or none). Case does not count. Matching is bounded: pattern times text, whatever either holds.

/// Characters that a pattern may have.
const LONGEST: usize = 1_024;

/// A pattern, ready to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
    /// Whether it has no star.
    exact: bool,
    /// The letters before the first star and behind the last one: most texts differ there.
    ends: (Vec<u8>, Vec<u8>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Letter(u8),
    /// Anything but a backslash.
    Within,
    /// Anything.
    Anything,
    /// Nothing, or anything that ends with a backslash.
    Folders,
}

impl Pattern {
    /// The pattern of a text; `None` where it is empty or too long.
    pub fn new(text: &str) -> Option<Pattern> {
        let text = text.trim().to_lowercase();
        if text.is_empty() || text.len() > LONGEST {
            return None;
        }
        let bytes = text.as_bytes();
        let mut parts: Vec<Part> = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let ahead = |offset: usize| bytes.get(at + offset).copied();
            let after_folder = matches!(parts.last(), None | Some(Part::Letter(b'\\')));
            let part = match (byte, ahead(1), ahead(2)) {
                (b'*', Some(b'*'), Some(b'\\')) if after_folder => {
                    at += 2;
                    Part::Folders
                }
                (b'*', Some(b'*'), _) => {
                    at += 1;
                    Part::Anything
                }
                (b'*', ..) => Part::Within,
                (byte, ..) => Part::Letter(*byte),
            };
            parts.push(part);
            at += 1;
        }
        let exact = parts.iter().all(|part| matches!(part, Part::Letter(_)));
        let letters = |part: &Part| match part {
            Part::Letter(letter) => Some(*letter),
            _ => None,
        };
        let head: Vec<u8> = parts.iter().map_while(letters).collect();
        let mut tail: Vec<u8> = parts.iter().rev().map_while(letters).collect();
        tail.reverse();
        Some(Pattern { text, parts, exact, ends: (head, tail) })
    }

    /// The pattern in lower case, as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it stands for one text alone.
    pub fn exact(&self) -> bool {
        self.exact
    }

    /// Letters that must be met: the more, the narrower.
    pub fn letters(&self) -> usize {
        self.parts.iter().filter(|part| matches!(part, Part::Letter(_))).count()
    }

    /// Whether a text fits, whatever its case.
    pub fn fits(&self, text: &str) -> bool {
        self.fits_lower(&text.to_lowercase())
    }

    /// Whether a text that is in lower case already fits.
    pub(crate) fn fits_lower(&self, lower: &str) -> bool {
        if self.exact {
            return lower == self.text;
        }
        let bytes = lower.as_bytes();
        if !bytes.starts_with(&self.ends.0) || !bytes.ends_with(&self.ends.1) {
            return false;
        }
        // Which places of the text the pattern so far can end at.
        let mut reach = vec![false; bytes.len() + 1];
        if let Some(start) = reach.first_mut() {
            *start = true;
        }
        for part in &self.parts {
            reach = step(part, bytes, &reach);
            if !reach.contains(&true) {
                return false;
            }
        }
        reach.last().copied().unwrap_or(false)
    }

    /// Whether everything that `other` stands for fits here, as far as its own text tells.
    pub fn holds(&self, other: &Pattern) -> bool {
        self == other || self.fits(&other.text)
    }
}

/// The places that one more part of a pattern leads to.
fn step(part: &Part, text: &[u8], reach: &[bool]) -> Vec<bool> {
    let mut next = vec![false; reach.len()];
    let mut open = false;
    for (at, slot) in next.iter_mut().enumerate() {
        let here = reach.get(at).copied().unwrap_or(false);
        let before = at.checked_sub(1);
        let letter = before.and_then(|before| text.get(before)).copied();
        let from_before = before.and_then(|before| reach.get(before)).copied().unwrap_or(false);
        *slot = match part {
            Part::Letter(expected) => from_before && letter == Some(*expected),
            Part::Within => {
                open = here || (open && letter != Some(b'\\'));
                open
            }
            Part::Anything => {
                open |= here;
                open
            }
            Part::Folders => {
                let folders = open && letter == Some(b'\\');
                open |= here;
                here || folders
            }
        };
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap().fits(text)
    }

    #[test]
    fn a_star_stays_within_a_folder() {
        assert!(fits(r"%programfiles%\*\a.exe", r"%ProgramFiles%\Foo\A.exe"));
        assert!(!fits(r"%programfiles%\*\a.exe", r"%programfiles%\foo\bar\a.exe"));
        assert!(fits(r"%programfiles%\**\a.exe", r"%programfiles%\foo\bar\a.exe"));
        assert!(fits(r"%programfiles%\**\a.exe", r"%programfiles%\a.exe"));
        assert!(!fits(r"%programfiles%\**\a.exe", r"%programfiles%\xa.exe"));
        assert!(fits("srv-*", "SRV-0012") && !fits("srv-*", "ws-1"));
        assert!(fits("**", r"a\b") && fits("*", "") && !fits("a", ""));
    }

    #[test]
    fn hostile_patterns_end() {
        let pattern = Pattern::new(&"*a".repeat(500)).unwrap();
        assert!(pattern.fits(&"a".repeat(5_000)) && !pattern.fits(&"a".repeat(499)));
        assert!(!pattern.fits(&"ab".repeat(3_000)));
        assert!(Pattern::new("").is_none() && Pattern::new(&"x".repeat(2_000)).is_none());
    }

    #[test]
    fn what_is_narrower_is_held() {
        let holds =
            |wide: &str, narrow: &str| Pattern::new(wide).unwrap().holds(&Pattern::new(narrow).unwrap());
        assert!(holds("srv-*", "srv-1*") && holds("*", "x") && !holds("srv-1*", "srv-*"));
    }
}
