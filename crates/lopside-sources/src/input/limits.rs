//! How much one input may cost.

/// The most that one input may take of memory, disk and time before it ends with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Inflated bytes for each byte on disk; more is taken for a bomb.
    pub ratio: u64,
    /// Inflated bytes of an input before `ratio` is looked at.
    pub ratio_after: u64,
    /// Inflated bytes of one input, all its entries and layers together.
    pub inflated: u64,
    /// Containers in one another.
    pub depth: usize,
    /// Entries of archives in one input.
    pub entries: u64,
    /// Bytes of one line, or of one JSON element; a longer one is skipped and counted.
    pub line: usize,
    /// Bytes of one temporary file, for formats that must seek inside of a stream.
    pub spool: u64,
    /// Bytes of memory for the conversations that go on at one time in a packet capture; beyond it the one that is idle for longest
    /// is closed.
    pub conversations: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ratio: 1_000,
            ratio_after: 64 << 20,
            inflated: 1 << 40,
            depth: 4,
            entries: 1_000_000,
            line: 16 << 20,
            spool: 8 << 30,
            conversations: 128 << 20,
        }
    }
}
