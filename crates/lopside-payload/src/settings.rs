//! How much content is sampled, and when a statistic speaks.

/// Sizes of the sample and the one threshold of the profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Bytes kept from the start of each sampled message.
    pub message_head: usize,
    /// Bytes kept from the end of each sampled message that is longer than its head.
    pub message_tail: usize,
    /// How many messages from the start of each direction are sampled, whatever follows.
    pub first_messages: usize,
    /// How many messages are sampled from all later ones, evenly spread.
    pub later_messages: usize,
    /// Bytes of content kept for each direction of a conversation; half of it for the first messages.
    pub side_bytes: usize,
    /// How many sizes of messages are kept for each direction.
    pub sizes: usize,
    /// A silence in one direction after which the next bytes are a new message, in microseconds.
    pub pause_micros: i64,
    /// `PayloadEntropyThreshold`.
    pub entropy_threshold: EntropyThreshold,
    /// Whether a few bytes of what a verdict rests on are kept as text.
    pub excerpts: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            message_head: 16 << 10,
            message_tail: 4 << 10,
            first_messages: 32,
            later_messages: 32,
            side_bytes: 160 << 10,
            sizes: 512,
            pause_micros: 500_000,
            entropy_threshold: EntropyThreshold::default(),
            excerpts: false,
        }
    }
}

/// `PayloadEntropyThreshold`: how many standard deviations the byte statistic of content may lie from that of evenly random bytes
/// of exactly that length and still count as random.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct EntropyThreshold(f64);

impl EntropyThreshold {
    /// The smallest value that can be set.
    pub const LEAST: f64 = 2.0;
    /// The largest value that can be set.
    pub const MOST: f64 = 8.0;

    /// A threshold in standard deviations; `None` outside [`EntropyThreshold::LEAST`] to [`EntropyThreshold::MOST`].
    pub fn new(deviations: f64) -> Option<EntropyThreshold> {
        (EntropyThreshold::LEAST..=EntropyThreshold::MOST)
            .contains(&deviations)
            .then_some(EntropyThreshold(deviations))
    }

    /// Standard deviations.
    pub fn deviations(self) -> f64 {
        self.0
    }

    /// The same threshold as entropy for a length: content of `length` bytes below this many bits a byte is not random. For people;
    /// the rules use the deviations.
    pub fn bits(self, length: usize) -> f64 {
        let null = crate::statistics::entropy_of_random(length);
        (null.mean - self.0 * null.deviation).max(0.0)
    }
}

impl Default for EntropyThreshold {
    fn default() -> EntropyThreshold {
        EntropyThreshold(4.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_outside_its_range_is_refused() {
        assert_eq!(EntropyThreshold::new(1.9), None);
        assert_eq!(EntropyThreshold::new(f64::NAN), None);
        assert_eq!(EntropyThreshold::new(8.1), None);
        assert_eq!(EntropyThreshold::new(4.0), Some(EntropyThreshold::default()));
    }

    #[test]
    fn the_threshold_in_bits_follows_the_length() {
        // Means less four deviations, measured independently over 40 to 400 draws.
        for (length, bits) in [(32, 4.57), (128, 6.29), (512, 7.46), (1460, 7.82), (4096, 7.94)] {
            let shown = EntropyThreshold::default().bits(length);
            assert!((shown - bits).abs() < 0.05, "{length}: {shown} against {bits}");
        }
    }
}
