//! Records that say themselves how long they are: a type, a length, content.

use super::{Read, big, little, place};

/// How a record is written: the width of its type and of its length, and whether the length counts these.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scheme {
    kind: usize,
    width: usize,
    read: Read,
    counts_all: bool,
}

/// The ways in which records are written.
pub(crate) const SCHEMES: [Scheme; 13] = {
    const fn scheme(kind: usize, width: usize, read: Read, counts_all: bool) -> Scheme {
        Scheme { kind, width, read, counts_all }
    }
    [
        scheme(1, 2, big, false),
        scheme(1, 2, little, false),
        scheme(1, 1, big, false),
        scheme(2, 2, big, false),
        scheme(2, 2, little, false),
        scheme(0, 2, big, false),
        scheme(0, 2, little, false),
        scheme(4, 4, big, false),
        scheme(4, 4, little, false),
        scheme(1, 4, big, false),
        scheme(1, 4, little, false),
        scheme(2, 2, big, true),
        scheme(2, 2, little, true),
    ]
};

/// A record of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// Its type as it stands; empty where records have none.
    pub(crate) kind: &'a [u8],
    pub(crate) content: &'a [u8],
    /// Where it ends.
    pub(crate) end: usize,
}

impl Scheme {
    /// The record at a place; `None` where none is, or it is longer than the message.
    pub(crate) fn record<'a>(&self, message: &'a [u8], at: usize) -> Option<Record<'a>> {
        let kind = message.get(at..at.checked_add(self.kind)?)?;
        let said = place((self.read)(message, at + self.kind, self.width)?);
        let head = self.kind + self.width;
        let held = if self.counts_all { said.checked_sub(head)? } else { said };
        let end = (at + head).checked_add(held)?;
        Some(Record { kind, content: message.get(at + head..end)?, end })
    }

    /// The records from a place on, where they make up the rest of the message.
    pub(crate) fn records<'a>(&self, message: &'a [u8], start: usize) -> Option<Vec<Record<'a>>> {
        let (mut found, mut at) = (Vec::new(), start);
        while at < message.len() {
            let record =
                self.record(message, at).filter(|record| !record.content.is_empty() || self.kind > 0)?;
            at = record.end;
            found.push(record);
            if found.len() > MOST {
                return None;
            }
        }
        Some(found)
    }
}

/// More records of one message are not told apart.
const MOST: usize = 64;
/// The longest header before the first record.
const HEADER: usize = 16;

/// Where records start and how they are written, where they account for nearly all of some messages to their last byte, several in each,
/// and some hold text; of several ways the one that makes most texts.
pub(crate) fn find(messages: &[&[u8]]) -> Option<(usize, Scheme)> {
    const LEAST: usize = 4;
    if messages.len() < LEAST {
        return None;
    }
    let text = |record: &&Record<'_>| record.content.len() >= 4 && crate::class::is_text(record.content);
    let texts = |message: &[u8], start: usize, scheme: &Scheme| {
        let records = scheme.records(message, start).filter(|records| records.len() >= 2);
        records.map_or(0, |records| records.iter().filter(text).count())
    };
    let mut best: Option<(usize, usize, Scheme)> = None;
    for (start, scheme) in (0..=HEADER).flat_map(|start| SCHEMES.iter().map(move |scheme| (start, scheme))) {
        let first = messages.first().map_or(0, |message| texts(message, start, scheme));
        if first <= best.map_or(0, |(texts, ..)| texts) {
            continue;
        }
        let held = messages.iter().filter(|message| texts(message, start, scheme) > 0).count();
        if held * 10 >= messages.len() * 9 {
            best = Some((first, start, *scheme));
        }
    }
    best.map(|(_, start, scheme)| (start, scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_where_they_account_for_messages() {
        let message = |name: &[u8], text: &[u8]| {
            let mut message = vec![7, 7, 0, 9];
            for (kind, content) in [(1u8, name), (2, text)] {
                message.push(kind);
                message.extend_from_slice(&u16::try_from(content.len()).unwrap().to_be_bytes());
                message.extend_from_slice(content);
            }
            message
        };
        let messages: Vec<Vec<u8>> =
            (0..6u8).map(|n| message(b"a host", &vec![b'a' + n; 20 + usize::from(n)])).collect();
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let (start, scheme) = find(&messages).unwrap();
        assert_eq!(start, 4);
        let records = scheme.records(messages[1], start).unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!((records[0].kind, records[0].content), (&[1][..], &b"a host"[..]));
        assert!(scheme.records(&messages[1][..20], start).is_none());
        let texts: Vec<&[u8]> = vec![b"plain text of a message"; 8];
        assert!(find(&texts).is_none());
    }
}
