//! The `history` of a conversation as a set of letters: what either side did, upper-case for the originator.

/// The letters of a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    /// A bit for each letter, by the low six bits of its code: `A` to `Z` from bit 1, `a` to `z` from bit 33.
    letters: u64,
    /// The sensor turned source and destination round by a guess (`^`).
    pub(super) turned: bool,
}

impl History {
    /// The letters in a text; other characters mean nothing.
    pub(super) fn of(text: &str) -> History {
        let mut history = History::default();
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' => history.letters |= bit(byte),
                b'^' => history.turned = true,
                _ => {}
            }
        }
        history
    }

    /// Whether any of these letters is there.
    pub(super) fn any(self, letters: &[u8]) -> bool {
        let wanted = letters.iter().fold(0, |set, letter| set | bit(*letter));
        self.letters & wanted != 0
    }

    /// Whether packets of the source were looked at, and whether some were dropped for a bad checksum.
    pub(super) fn source(self) -> (bool, bool) {
        let own = self.letters & 0xffff_ffff;
        (own & !bit(b'C') != 0, own & bit(b'C') != 0)
    }

    /// The same of the destination.
    pub(super) fn destination(self) -> (bool, bool) {
        let own = self.letters >> 32 << 32;
        (own & !bit(b'c') != 0, own & bit(b'c') != 0)
    }
}

fn bit(letter: u8) -> u64 {
    1 << (letter & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_told_by_case() {
        let history = History::of("^hCadf");
        assert!(history.turned);
        assert_eq!(history.source(), (false, true));
        assert_eq!(history.destination(), (true, false));
        assert!(history.any(b"Sh") && !history.any(b"SDH"));
        assert_eq!(History::of("ShADdc").destination(), (true, true));
        assert_eq!(History::of("-?\u{e9}"), History::default());
    }
}
