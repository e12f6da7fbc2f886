//! What sensors' logs tell of the content of a conversation, in words: files and bodies by type and length, long request targets, long
//! names that were asked for. No verdict: content was not read, and a type is the sensor's guess.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use lopside_model::record::SeenKind;
use lopside_model::tables::FileSeen;

use crate::exchange::Batch;
use crate::intake::uid_hash;
use crate::order::Sorted;

/// What logs tell, by the uid of the flow.
pub struct FilesByUid<'a> {
    /// By the hash of the uid, which is the key of these rows in the exchange.
    files: Sorted<'a, FileSeen<'static>>,
}

impl<'a> FilesByUid<'a> {
    /// Sorts the rows of a partition by uid.
    pub fn new(batches: &'a [Batch<FileSeen<'static>>]) -> FilesByUid<'a> {
        // Sums do not depend on the order of what is summed.
        FilesByUid { files: Sorted::new(batches, |_, _| Ordering::Equal) }
    }

    /// What was seen in the flow of this uid, in words: `application/zip (2 files, 2,181,167 bytes) from the initiator`. Bodies whose
    /// length alone is known are told where no file was seen from that end.
    pub fn describe(&self, uid: &str) -> Option<String> {
        if self.files.is_empty() {
            return None;
        }
        let places = self.files.of(uid_hash(Some(uid)));
        let own = places.filter_map(|place| self.files.at(place)).filter(|seen| seen.uid == uid);
        let all: Vec<FileSeen<'a>> = own.collect();
        if all.is_empty() {
            return None;
        }
        let kind = |seen: &FileSeen<'_>| SeenKind::from_code(seen.kind);
        let told_by_files =
            |end: Option<u8>| all.iter().any(|file| kind(file) == SeenKind::File && file.from_source == end);
        let mut sums: BTreeMap<(bool, SeenKind, &str), Seen<'_>> = BTreeMap::new();
        for file in all.iter().filter(|file| kind(file) != SeenKind::Body || !told_by_files(file.from_source))
        {
            let key = (file.from_source != Some(1), kind(file), file.mime.unwrap_or("unknown type"));
            sums.entry(key).or_default().add(file);
        }
        let words: Vec<String> = sums
            .iter()
            .map(|((from_responder, kind, mime), seen)| {
                let side = if *from_responder { "responder" } else { "initiator" };
                format!("{} from the {side}", seen.words(*kind, mime))
            })
            .collect();
        Some(words.join("; "))
    }
}

/// Parts of one kind and type from one end.
#[derive(Default)]
struct Seen<'a> {
    count: u64,
    bytes: u64,
    missing: u64,
    longest: u64,
    names: BTreeSet<&'a str>,
}

impl<'a> Seen<'a> {
    fn add(&mut self, part: &FileSeen<'a>) {
        let length = part.seen_bytes.unwrap_or(0);
        self.count += 1;
        self.bytes = self.bytes.saturating_add(length);
        self.missing = self.missing.saturating_add(part.missing_bytes.unwrap_or(0));
        self.longest = self.longest.max(length);
        self.names.extend(part.name);
    }

    fn words(&self, kind: SeenKind, mime: &str) -> String {
        let (bytes, longest) = (self.bytes, self.longest);
        match kind {
            SeenKind::File => format!("{mime} ({}{})", self.counted("file", "files"), self.missed()),
            SeenKind::Body => format!("{mime} ({}{})", self.counted("body", "bodies"), self.missed()),
            SeenKind::Target => {
                format!(
                    "long request targets ({}, the longest {longest})",
                    self.counted("request", "requests")
                )
            }
            SeenKind::Query => {
                let names = self.names.len() as u64;
                let names = format!("{names} different {}", if names == 1 { "name" } else { "names" });
                let queries = if self.count == 1 { "query" } else { "queries" };
                format!(
                    "queries for {names} with long labels ({} {queries}, {bytes} bytes of names, the longest {longest})",
                    self.count
                )
            }
        }
    }

    fn counted(&self, one: &str, many: &str) -> String {
        format!("{} {}, {} bytes", self.count, if self.count == 1 { one } else { many }, self.bytes)
    }

    fn missed(&self) -> String {
        if self.missing > 0 { format!(", {} bytes missed", self.missing) } else { String::new() }
    }
}
