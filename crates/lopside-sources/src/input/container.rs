//! Containers, recognised by their first bytes.

use std::fmt;

/// A container of other inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Container {
    /// The file itself.
    Plain,
    /// Gzip, of any number of members.
    Gzip,
    /// Zstandard, of any number of frames.
    Zstd,
    /// Zip, stored or deflated.
    Zip,
    /// Tar.
    Tar,
}

impl Container {
    /// The container that starts with these bytes, `Plain` where none is recognised. 512 bytes suffice.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Self::Zip,
            _ if is_tar(head) => Self::Tar,
            _ => Self::Plain,
        }
    }
}

/// True for a tar header block: its checksum is right. This covers the old format without a magic as well.
fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.get(..512) else { return false };
    let (Some(field), Some(name)) = (block.get(148..156), block.first()) else { return false };
    if *name == 0 {
        return false;
    }
    let digits: Vec<u8> = field.iter().copied().filter(|byte| *byte != b' ' && *byte != 0).collect();
    let Some(stored) = std::str::from_utf8(&digits).ok().and_then(|text| u64::from_str_radix(text, 8).ok())
    else {
        return false;
    };
    let others = block.iter().enumerate().filter(|(place, _)| !(148..156).contains(place));
    others.map(|(_, byte)| u64::from(*byte)).sum::<u64>() + 8 * u64::from(b' ') == stored
}

impl fmt::Display for Container {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
            Self::Tar => "tar",
        })
    }
}
