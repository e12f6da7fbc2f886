//! The collision (pair) chi-square: how evenly symbols are drawn.
//!
//! For N symbols drawn evenly from k, X = k/N · Σ count² − N has the mean k−1 and the variance 2(k−1)(N−1)/N, exactly and for every
//! N, so that one number of standard deviations means the same for 40 bytes and for 40,000.

/// How often each byte value occurs.
pub(crate) type Counts = [u32; 256];

/// Standard deviations of the collision statistic from that of `symbols` values drawn evenly; about 0 for random content, large for
/// anything with structure. `counts` holds the values of the alphabet. `None` for fewer than two draws.
pub(crate) fn collision(counts: impl Iterator<Item = u32>, symbols: usize) -> Option<f64> {
    let (mut drawn, mut squares) = (0u64, 0u64);
    for count in counts {
        drawn += u64::from(count);
        squares += u64::from(count) * u64::from(count);
    }
    deviations(drawn, squares, symbols)
}

/// The same for pairs of neighbouring symbols, told apart by `index` (a place below `symbols`, or `None` for a stranger, which
/// breaks the pair). Pairs do not overlap, so that they are independent draws.
pub(crate) fn pair_collision(
    bytes: &[u8],
    symbols: usize,
    index: impl Fn(u8) -> Option<usize>,
) -> Option<f64> {
    let pairs = symbols.checked_mul(symbols)?;
    let mut seen: Vec<u32> = bytes
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [first, second] => Some(u32::try_from(index(*first)? * symbols + index(*second)?).unwrap_or(0)),
            _ => None,
        })
        .collect();
    deviations(seen.len() as u64, squares(&mut seen), pairs)
}

/// Fewer values are sorted sooner than parted.
const FEW: usize = 512;

/// The sum of the squares of how often each value occurs. The order of the values is lost.
fn squares(values: &mut [u32]) -> u64 {
    const WIDTH: usize = 256;
    if values.len() < FEW || values.iter().any(|value| *value as usize >= WIDTH * WIDTH) {
        values.sort_unstable();
        return values.chunk_by(|a, b| a == b).map(|run| (run.len() * run.len()) as u64).sum();
    }
    // Parted by their lower half, the values of each part are counted by their upper half.
    let mut ends = [0usize; WIDTH];
    values.iter().for_each(|value| ends[*value as usize % WIDTH] += 1);
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum - *end;
    }
    let mut parted = vec![0u8; values.len()];
    for value in values {
        let end = &mut ends[*value as usize % WIDTH];
        parted[*end] = (*value as usize / WIDTH % WIDTH) as u8;
        *end += 1;
    }
    let (mut counts, mut squares, mut from) = ([0u32; WIDTH], 0, 0);
    for end in ends {
        let part = &parted[from..end];
        for upper in part {
            let count = &mut counts[usize::from(*upper)];
            squares += 2 * u64::from(*count) + 1;
            *count += 1;
        }
        part.iter().for_each(|upper| counts[usize::from(*upper)] = 0);
        from = end;
    }
    squares
}

/// Standard deviations of the statistic of so many draws from so many symbols, whose counts have this sum of squares.
pub(super) fn deviations(drawn: u64, squares: u64, symbols: usize) -> Option<f64> {
    if drawn < 2 || symbols < 2 {
        return None;
    }
    let (n, k) = (drawn as f64, symbols as f64);
    let statistic = k / n * squares as f64 - n;
    Some((statistic - (k - 1.0)) / (2.0 * (k - 1.0) * (n - 1.0) / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::histogram;
    use crate::testing::Chance;

    #[test]
    fn random_bytes_are_near_zero_at_every_length() {
        let mut chance = Chance::new(1);
        for length in [16, 40, 100, 1000, 30_000] {
            let mut total = 0.0;
            for _ in 0..50 {
                let z = collision(histogram(&chance.bytes(length)).into_iter(), 256).unwrap();
                assert!(z.abs() < 6.0, "{length}: {z}");
                total += z;
            }
            assert!((total / 50.0f64).abs() < 0.6, "{length}: {}", total / 50.0);
        }
    }

    #[test]
    fn text_is_far_away() {
        let text = b"the quick brown fox jumps over the lazy dog and runs away from it";
        assert!(collision(histogram(text).into_iter(), 256).unwrap() > 20.0);
    }

    #[test]
    fn a_pattern_of_evenly_used_bytes_shows_in_pairs() {
        let ramp: Vec<u8> = (0..2048u32).map(|n| n as u8).collect();
        assert!(collision(histogram(&ramp).into_iter(), 256).unwrap() < 0.0);
        assert!(pair_collision(&ramp, 256, |byte| Some(usize::from(byte))).unwrap() > 10.0);
    }

    #[test]
    fn squares_are_the_same_sorted_and_parted() {
        for (count, far) in [(300, false), (1200, false), (1200, true)] {
            let mut values: Vec<u32> = (0..count).map(|n| n * n % 97 * 600).collect();
            let again = values.iter().map(|value| values.iter().filter(|other| value == *other).count());
            let expected = again.sum::<usize>() as u64 + u64::from(far);
            values.extend(far.then_some(1 << 20));
            assert_eq!(squares(&mut values), expected, "{count} {far}");
        }
        assert_eq!(squares(&mut []), 0);
    }

    #[test]
    fn one_symbol_tells_nothing() {
        assert_eq!(collision([1].into_iter(), 256), None);
        assert_eq!(pair_collision(b"abc", 256, |byte| Some(usize::from(byte))), None);
    }
}
