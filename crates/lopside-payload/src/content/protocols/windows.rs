//! Protocols of Windows networks, and calls to remote procedures.

use super::{Extent, Over, Protocol, mutual};
use crate::content::{big, little, place};

pub(super) const ALL: &[Protocol] = &[
    mutual("SMB", Over::Streams, smb),
    mutual("DCE/RPC", Over::Streams, dce_rpc),
    mutual("TDS", Over::Streams, tds),
    mutual("ONC RPC", Over::Streams, onc_rpc),
];

/// By the length of its session (RFC 1002).
fn smb(bytes: &[u8]) -> Option<Extent> {
    if matches!(bytes, [0x85, 0, 0, 0, ..]) {
        return Some(Extent::to(4));
    }
    let known = *bytes.first()? == 0 && matches!(bytes.get(4..8)?, [0xFC..=0xFF, b'S', b'M', b'B']);
    known.then(|| Extent::to(4 + place(big(bytes, 1, 3).unwrap_or(0))))
}

/// By the length of its fragment.
fn dce_rpc(bytes: &[u8]) -> Option<Extent> {
    let known = matches!(bytes, [5, 0 | 1, 0..=20, _, 0x00 | 0x10, 0, 0, 0, ..]);
    let length = place(little(bytes, 8, 2)?);
    let fits = length >= 16 && place(little(bytes, 10, 2)?) < length;
    (known && fits).then(|| Extent::to(length))
}

/// By its length field.
fn tds(bytes: &[u8]) -> Option<Extent> {
    let known = matches!(bytes, [1..=4 | 6 | 7 | 14..=18, 0 | 1 | 4 | 8 | 9, _, _, _, _, _, 0, ..]);
    let length = place(big(bytes, 2, 2)?);
    (known && (9..=32_767).contains(&length)).then(|| Extent::to(length))
}

/// By the lengths of its fragments (RFC 5531).
fn onc_rpc(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 0, 4)? & 0x7FFF_FFFF);
    let known = match (big(bytes, 8, 4)?, big(bytes, 12, 4)?) {
        (0, version) => version == 2,
        (1, status) => status <= 1,
        _ => false,
    };
    let whole = bytes.first()? & 0x80 != 0;
    (known && whole && (16..1 << 24).contains(&length)).then(|| Extent::to(4 + length))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Sample;

    pub(in super::super) const SAMPLES: &[Sample] = &[
        ("SMB", || b"\0\0\0\x08\xFESMB\x40\0\0\0".to_vec()),
        ("DCE/RPC", || [&[5, 0, 0, 3, 0x10, 0, 0, 0, 20, 0, 0, 0][..], &[0; 8]].concat()),
        ("TDS", || b"\x01\x01\0\x0C\0\0\x01\0S\0E\0".to_vec()),
        ("ONC RPC", || [&[0x80, 0, 0, 20, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 2][..], &[0; 8]].concat()),
    ];
}
