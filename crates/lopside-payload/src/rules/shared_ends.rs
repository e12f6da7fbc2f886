//! What the messages of one direction share at their starts and at their ends.

use crate::content;

/// The longest header before what messages share.
pub(super) const HEADER: usize = 24;
/// Bytes behind the longest header by which messages that start alike are found.
const PROBE: usize = 32;

/// A block that most of some messages hold at their starts, behind a header of each.
#[derive(Debug, PartialEq)]
pub(super) struct Heads<'m> {
    /// The block.
    pub(super) block: &'m [u8],
    /// The messages that hold it, by place, and where it begins in each.
    pub(super) starts: Vec<(usize, usize)>,
}

/// The block that three in four of some messages share, behind a header that may change; `None` where they share fewer than about sixty
/// bytes.
pub(super) fn heads<'m>(messages: &[&'m [u8]]) -> Option<Heads<'m>> {
    let model: &'m [u8] = messages.get(messages.len() / 2)?;
    let probe = model.get(HEADER..HEADER + PROBE)?;
    let find = |message: &[u8]| {
        let near = message.get(..message.len().min(2 * HEADER + PROBE))?;
        content::find(near, probe, 0)
    };
    let mut found = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let Some(place) = find(message) else { continue };
        let (head, rest) = (message.get(..place)?, message.get(place..)?);
        let before = alike(model.get(..HEADER)?.iter().rev(), head.iter().rev());
        let behind = alike(model.get(HEADER..)?.iter(), rest.iter());
        found.push((behind, before, index, place));
    }
    if found.len() * 4 < messages.len() * 3 {
        return None;
    }
    let mut lengths: Vec<usize> = found.iter().map(|(behind, ..)| *behind).collect();
    lengths.sort_unstable();
    // The model is one of them, and shares all of itself.
    let behind = lengths.get((lengths.len() - 1) / 4).copied()?;
    found.retain(|(shared, ..)| *shared >= behind);
    let before = found.iter().map(|(_, before, ..)| *before).min()?;
    Some(Heads {
        block: model.get(HEADER - before..HEADER + behind)?,
        starts: found.iter().map(|(_, _, index, place)| (*index, place - before)).collect(),
    })
}

/// The bytes that three in four of some messages end with, and how many do.
pub(super) fn tails<'m>(messages: &[&'m [u8]]) -> Option<(&'m [u8], usize)> {
    let model: &'m [u8] = messages.get(messages.len() / 2)?;
    let lengths: Vec<usize> =
        messages.iter().map(|message| alike(model.iter().rev(), message.iter().rev())).collect();
    let mut sorted = lengths.clone();
    sorted.sort_unstable();
    let common = sorted.get((sorted.len() - 1) / 4).copied()?;
    let count = lengths.iter().filter(|length| **length >= common).count();
    Some((model.get(model.len() - common..)?, count))
}

/// How many symbols are alike from the start of both.
pub(super) fn alike<'a>(a: impl Iterator<Item = &'a u8>, b: impl Iterator<Item = &'a u8>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &[u8] = b"a block of sixty-four bytes and more, which all of the messages hold";

    #[test]
    fn what_messages_share_is_found_behind_headers_of_several_lengths() {
        let headers = ["9 12\r\n", "10 9\r\n", "11 120\r\n", "1234 9\r\n", "x"];
        let held: Vec<Vec<u8>> = headers
            .iter()
            .zip(0u8..)
            .map(|(header, number)| [header.as_bytes(), BLOCK, &[number; 9]].concat())
            .collect();
        let messages: Vec<&[u8]> = held.iter().map(Vec::as_slice).collect();
        let found = heads(&messages).unwrap();
        assert_eq!(found.block, BLOCK);
        assert_eq!(found.starts, [(0, 6), (1, 6), (2, 8), (3, 8), (4, 1)]);
        assert_eq!(heads(&[BLOCK.get(..40).unwrap()]), None);
        assert_eq!(heads(&[]), None);
    }

    #[test]
    fn ends_are_found_from_the_last_byte_on() {
        let held: Vec<Vec<u8>> = (0..5u8).map(|number| [&[number; 3], BLOCK].concat()).collect();
        let messages: Vec<&[u8]> = held.iter().map(Vec::as_slice).collect();
        assert_eq!(tails(&messages), Some((BLOCK, 5)));
        assert_eq!(tails(&[]), None);
    }
}
