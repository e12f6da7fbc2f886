//! The result of a profile.

/// What the content of a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Too little content, or too much of it missing, for any rule.
    TooLittle,
    /// A protocol whose content is encrypted by design.
    NotApplicable,
    /// Random-looking content without a contradiction.
    Opaque,
    /// Text or binary content without a format that is read here.
    Plain,
    /// Compressed content, verified by reading it.
    Compressed,
    /// Content of a format, verified by reading it.
    Structured,
    /// Declared or conventional padding.
    Padded,
    /// Statistics speak for junk, structure does not.
    Suspect,
    /// Structure contradicts the bytes.
    Junk,
}

/// The direction a profile speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// What the source of the flow sent.
    Out,
    /// What it received.
    In,
    /// Both.
    Both,
}

/// The profile of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// What it is.
    pub verdict: Verdict,
    /// `Junk` or, at lower confidence, `Suspect`.
    pub junk: bool,
    /// How sure the verdict is: 0 to 1.
    pub confidence: f64,
    /// In words and numbers, the strongest first.
    pub reasons: Vec<String>,
    /// Bytes of content looked at.
    pub sampled_bytes: u64,
    /// Entropy of them in bits a byte.
    pub entropy_bits: f64,
    /// What as many evenly random bytes would give.
    pub expected_bits: f64,
    /// Which direction.
    pub side: Side,
    /// The statistic of the strongest reason in standard deviations, or of the bytes.
    pub deviations: Option<f64>,
    /// The share of the content that the strongest reason speaks of.
    pub share: Option<f64>,
}
