//! Where in words one sign stands: people and programs that part words do so between syllables, never behind the first letter or before
//! the last.

/// The shortest word that is looked at, in letters.
const LETTERS: usize = 5;
/// The fewest signs behind the first letters of words, and before the last.
const PLACES: usize = 12;
/// The most of all gaps that hold the sign: words that are spelled have it in each.
const MOST: f64 = 0.7;

/// Gaps of one sort between letters, and how many of them hold the sign.
#[derive(Clone, Copy, Debug, Default)]
struct Gaps {
    all: usize,
    held: usize,
}

impl Gaps {
    fn take(&mut self, held: bool) {
        self.all += 1;
        self.held += usize::from(held);
    }

    fn rate(self) -> f64 {
        self.held as f64 / self.all.max(1) as f64
    }
}

/// Whether a sign stands as often behind the first letter of words and before the last as between the others, but for a factor of two.
pub(super) fn stands_anywhere<'t>(texts: impl Iterator<Item = &'t str>, sign: char) -> bool {
    let (mut first, mut inner, mut last) = (Gaps::default(), Gaps::default(), Gaps::default());
    for word in texts.flat_map(|text| text.split(move |c: char| !c.is_alphabetic() && c != sign)) {
        // Before each letter but the first: does the sign stand there?
        let mut gaps: Vec<bool> = Vec::new();
        let mut held = false;
        for c in word.trim_matches(sign).chars() {
            if c == sign {
                held = true;
            } else {
                gaps.push(held);
                held = false;
            }
        }
        if let [_, behind_first, between @ .., before_last] = gaps.as_slice()
            && gaps.len() >= LETTERS
        {
            first.take(*behind_first);
            last.take(*before_last);
            between.iter().for_each(|held| inner.take(*held));
        }
    }
    let (least, most) = [first, inner, last]
        .into_iter()
        .map(Gaps::rate)
        .fold((f64::INFINITY, 0.0f64), |(least, most), rate| (least.min(rate), most.max(rate)));
    first.held.min(last.held) >= PLACES && least * 2.0 >= most && inner.rate() <= MOST
}
