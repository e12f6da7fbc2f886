//! What the content of a conversation looked like, where content was seen.

use serde::{Deserialize, Serialize};

/// What a payload is judged to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Encrypted by protocol: statistics of content say nothing.
    NotApplicable,
    /// Too few bytes, or gaps, for every rule.
    TooLittle,
    /// Text, verified by parsing.
    Plain,
    /// A format that parses.
    Structured,
    /// Compressed content that decodes.
    Compressed,
    /// Looks random, and nothing contradicts that: ciphertext, or a bare burst of random bytes.
    Opaque,
    /// Declared or conventional padding.
    Padded,
    /// Only statistics speak against it.
    Suspect,
    /// Structure contradicts the bytes.
    Junk,
}

impl Verdict {
    /// The word of the interface.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::NotApplicable => "not_applicable",
            Verdict::TooLittle => "too_little",
            Verdict::Plain => "plain",
            Verdict::Structured => "structured",
            Verdict::Compressed => "compressed",
            Verdict::Opaque => "opaque",
            Verdict::Padded => "padded",
            Verdict::Suspect => "suspect",
            Verdict::Junk => "junk",
        }
    }

    /// Whether it stands for meaningless data: junk, and at lower confidence suspect.
    pub fn is_junk(self) -> bool {
        matches!(self, Verdict::Junk | Verdict::Suspect)
    }
}

/// Whose content the verdict is about: a flow's record speaks of its source as `out`, a transfer of its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What was sent.
    Out,
    /// What was received.
    In,
    /// Both.
    Both,
}

impl Side {
    /// The same content, told from the other end.
    #[must_use]
    pub fn turned(self) -> Side {
        match self {
            Side::Out => Side::In,
            Side::In => Side::Out,
            Side::Both => Side::Both,
        }
    }

    /// Whether it covers what was sent.
    pub fn sent(self) -> bool {
        self != Side::In
    }
}

/// What the content of a direction looks like beside how evenly its bytes are drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// The share of printable ASCII, line ends and tabs, 0 to 1.
    pub printable: f64,
    /// What deflate leaves of the first 4 KiB, as a share of them; absent below 64 bytes.
    pub compressed: Option<f64>,
    /// The longest run of one value in these, in bytes.
    pub longest_run: u64,
    /// The shortest distance, 2 to 64, at which more than half of the first 1,024 bytes come again, runs left out.
    pub period: Option<u64>,
    /// The share of the first 32 places of messages that hold one value in nine of ten; absent below four messages.
    pub steady_places: Option<f64>,
    /// The law of the sizes of messages, or of frames, in words, where they follow one.
    pub sizes: Option<String>,
}

/// The judgement of a conversation's content, with the numbers behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// Whether it is [`Verdict::is_junk`].
    pub junk: bool,
    /// 0 to 1.
    pub confidence: f64,
    /// What it is.
    pub verdict: Verdict,
    /// Why, in words and numbers; made here, never content.
    pub reasons: Vec<String>,
    /// Bytes of content that were looked at.
    pub sampled_bytes: u64,
    /// Shannon entropy of the sample in bits a byte; absent where nothing was sampled.
    pub entropy_bits: Option<f64>,
    /// What random bytes of the same length would have.
    pub expected_bits: Option<f64>,
    /// The side it is about.
    pub side: Side,
    /// How far the statistic of the strongest reason lies from its null, in standard deviations, where it has one.
    #[serde(default)]
    pub deviations: Option<f64>,
    /// The share of the payload that means nothing, 0 to 1, where it is known.
    #[serde(default)]
    pub junk_share: Option<f64>,
    /// Along the messages from start to end, a sixteenth each: how evenly the bytes there are drawn, in hundredths of what as many
    /// random bytes would show. Empty where too little was sampled for that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profile: Vec<u8>,
    /// What else its content looks like; absent where nothing was sampled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
    /// A few bytes of what the verdict rests on, escaped to printable ASCII. Only where it was asked for: content can be personal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}

impl Payload {
    /// The text that a table keeps.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The inverse of [`Payload::encode`]; `None` for other text.
    pub fn decode(text: &str) -> Option<Payload> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_comes_back() {
        let payload = Payload {
            junk: true,
            confidence: 0.9,
            verdict: Verdict::Junk,
            reasons: vec!["4,096 undeclared bytes after a JSON document".into()],
            sampled_bytes: 8_192,
            entropy_bits: Some(7.9),
            expected_bits: None,
            side: Side::Out,
            deviations: Some(12.5),
            junk_share: Some(0.5),
            profile: vec![60; 16],
            shape: Some(Shape { printable: 0.25, sizes: Some("always 64".into()), ..Shape::default() }),
            excerpt: Some("\\x1F{".into()),
        };
        assert_eq!(Payload::decode(&payload.encode()), Some(payload));
        assert_eq!(Payload::decode("{}"), None);
    }
}
