//! What reading came to: per input, per kind, and what was left out and why.

use lopside_model::Micros;
use serde::Serialize;

use crate::input::InputError;
use crate::recognise::EMPTY;

/// Distinct reasons that are kept for one input; the rest is counted as "other reasons".
const KEPT_REASONS: usize = 32;
/// Distinct kinds of ignored records that are kept for one input.
const KEPT_IGNORED: usize = 128;
/// Characters of a reason or a kind that are kept.
const LONGEST_TEXT: usize = 200;
/// Reasons that a report of all inputs tells.
const TOLD_REASONS: usize = 3;
/// Errors that a report keeps in full.
const KEPT_ERRORS: usize = 1_000;

/// Why records were skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkipReason {
    /// The reason.
    pub reason: String,
    /// How many records.
    pub count: u64,
    /// Display name of the input in which it happened first.
    pub input: String,
    /// Line or record number of the first.
    pub place: u64,
}

/// One input: a file, or one stream of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InputReport {
    /// Its number, which rows carry. Ascending, with gaps.
    pub number: u32,
    /// Its display name: `folder/archive.zip!inner/conn.log`.
    pub path: String,
    /// SHA-256 of the file on disk, where it was asked for.
    pub sha256: Option<String>,
    /// Bytes on disk of the file, for the first stream of it; 0 for the others.
    pub bytes: u64,
    /// What it was read as (`zeek-tsv`, `evtx`, …), `unrecognised`, or what is known but not read.
    pub kind: String,
    /// Whether it was read.
    pub recognised: bool,
    /// Records that were read.
    pub records: u64,
    /// Records that were known and not used.
    pub ignored: u64,
    /// Records that could not be read.
    pub skipped: u64,
    /// Time of the first record.
    pub first: Option<Micros>,
    /// Time of the last record.
    pub last: Option<Micros>,
    /// Why records were skipped, most frequent first.
    pub reasons: Vec<SkipReason>,
    /// Conversations of a packet capture that were closed before they were over, to stay within the memory.
    pub closed_early: u64,
}

/// All records of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KindReport {
    /// `sysmon-3`, `zeek-conn`, …
    pub kind: String,
    /// Inputs that had such records.
    pub files: u64,
    /// Records that were read.
    pub records: u64,
    /// Records that were skipped in inputs that held mostly this kind.
    pub skipped: u64,
    /// Time of the first.
    pub first: Option<Micros>,
    /// Time of the last.
    pub last: Option<Micros>,
}

/// How many of something that was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// What it is.
    pub kind: String,
    /// Inputs with it.
    pub files: u64,
    /// Records of it, where they were counted.
    pub records: u64,
}

/// One thing that could not be opened or read to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadFault {
    /// Display name.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// What reading all inputs came to. It is the same whatever the number of threads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReadReport {
    /// Each input, in the order of their numbers.
    pub inputs: Vec<InputReport>,
    /// Each kind of record that was read, by name.
    pub kinds: Vec<KindReport>,
    /// Kinds of records that are known and not used, by name.
    pub ignored: Vec<LeftOut>,
    /// Formats that are known and not supported yet, by name.
    pub unsupported: Vec<LeftOut>,
    /// Inputs that nothing recognised; in `records`, objects and records that nothing recognised in inputs that were read.
    pub unrecognised: LeftOut,
    /// The most frequent reasons for skipping, at most three.
    pub reasons: Vec<SkipReason>,
    /// What could not be opened or read to its end; the first thousand.
    pub errors: Vec<ReadFault>,
    /// How many there were.
    pub error_count: u64,
    /// Records that were read.
    pub records: u64,
    /// Records that were skipped.
    pub skipped: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Files that were reached again by a link or a repeated path.
    pub repeated: u64,
}

impl ReadReport {
    /// Name of the input with this number.
    pub fn input_name(&self, number: u32) -> Option<&str> {
        let place = self.inputs.binary_search_by_key(&number, |input| input.number).ok()?;
        self.inputs.get(place).map(|input| input.path.as_str())
    }

    /// Whether any input was recognised and read.
    pub fn recognised_anything(&self) -> bool {
        self.inputs.iter().any(|input| input.recognised)
    }

    /// Time of the first and of the last record.
    pub fn span(&self) -> Option<(Micros, Micros)> {
        let first = self.kinds.iter().filter_map(|kind| kind.first).min()?;
        let last = self.kinds.iter().filter_map(|kind| kind.last).max()?;
        Some((first, last))
    }

    /// Adds one input; called in the order of their numbers.
    pub(crate) fn add(&mut self, mut input: InputReport, tally: &Tally) {
        let mostly = tally
            .kinds
            .iter()
            .max_by(|one, other| one.1.records.cmp(&other.1.records).then(other.0.cmp(one.0)));
        let mostly = mostly.map_or(input.kind.clone(), |(kind, _)| (*kind).to_owned());
        for (kind, tallied) in &tally.kinds {
            input.records += tallied.records;
            input.first = earlier(input.first, tallied.first);
            input.last = input.last.max(tallied.last);
            let total = self.kind(kind);
            total.files += 1;
            total.records += tallied.records;
            total.first = earlier(total.first, tallied.first);
            total.last = total.last.max(tallied.last);
        }
        input.skipped = tally.skipped;
        input.closed_early = tally.closed_early;
        input.ignored = tally.ignored.iter().map(|(_, count)| count).sum();
        if tally.skipped > 0 {
            self.kind(&mostly).skipped += tally.skipped;
        }
        input.reasons = told(&tally.reasons, &input.path);
        for reason in &input.reasons {
            self.add_reason(reason);
        }
        for (kind, count) in &tally.ignored {
            left_out(&mut self.ignored, kind, *count);
        }
        for (kind, count) in &tally.unsupported {
            left_out(&mut self.unsupported, kind, *count);
        }
        if input.kind == UNRECOGNISED {
            self.unrecognised.files += 1;
        } else if !input.recognised && input.kind != EMPTY && tally.unsupported.is_empty() {
            left_out(&mut self.unsupported, &input.kind, 0);
        }
        self.unrecognised.records += tally.unrecognised;
        self.records += input.records;
        self.skipped += input.skipped;
        self.bytes += input.bytes;
        self.inputs.push(input);
    }

    /// Adds streams that are not read and too many to list.
    pub(crate) fn add_unlisted(&mut self, kind: &str, count: u64) {
        match self.unsupported.iter_mut().find(|known| known.kind == kind) {
            _ if kind == UNRECOGNISED => self.unrecognised.files += count,
            Some(known) => known.files += count,
            None if kind == EMPTY => {}
            None => self.unsupported.push(LeftOut { kind: kind.to_owned(), files: count, records: 0 }),
        }
    }

    /// Adds what could not be read.
    pub(crate) fn add_error(&mut self, error: &InputError) {
        self.error_count += 1;
        if self.errors.len() < KEPT_ERRORS {
            self.errors.push(ReadFault { path: error.name.clone(), message: error.fault.to_string() });
        }
    }

    /// Brings the lists into their order.
    pub(crate) fn finish(mut self) -> ReadReport {
        UNRECOGNISED.clone_into(&mut self.unrecognised.kind);
        self.kinds.sort_by(|one, other| one.kind.cmp(&other.kind));
        self.ignored.sort_by(|one, other| one.kind.cmp(&other.kind));
        self.unsupported.sort_by(|one, other| one.kind.cmp(&other.kind));
        self.reasons
            .sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.reason.cmp(&other.reason)));
        self.reasons.truncate(TOLD_REASONS);
        self
    }

    fn kind(&mut self, name: &str) -> &mut KindReport {
        let place = self.kinds.iter().position(|kind| kind.kind == name).unwrap_or(self.kinds.len());
        if place == self.kinds.len() {
            self.kinds.push(KindReport { kind: name.to_owned(), ..KindReport::default() });
        }
        &mut self.kinds[place]
    }

    fn add_reason(&mut self, reason: &SkipReason) {
        if let Some(known) = self.reasons.iter_mut().find(|known| known.reason == reason.reason) {
            known.count += reason.count;
        } else if self.reasons.len() < 8 * KEPT_REASONS {
            self.reasons.push(reason.clone());
        }
    }
}

/// The kind of an input that nothing recognised.
pub(crate) const UNRECOGNISED: &str = "unrecognised";

fn earlier(one: Option<Micros>, other: Option<Micros>) -> Option<Micros> {
    one.into_iter().chain(other).min()
}

fn left_out(list: &mut Vec<LeftOut>, kind: &str, records: u64) {
    match list.iter_mut().find(|known| known.kind == kind) {
        Some(known) => {
            known.files += 1;
            known.records += records;
        }
        None => list.push(LeftOut { kind: kind.to_owned(), files: 1, records }),
    }
}

fn told(reasons: &[Reason], input: &str) -> Vec<SkipReason> {
    let mut told: Vec<SkipReason> = reasons
        .iter()
        .map(|known| SkipReason {
            reason: known.text.clone(),
            count: known.count,
            input: input.to_owned(),
            place: known.place,
        })
        .collect();
    told.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.reason.cmp(&other.reason)));
    told
}

/// Counts of one input, or of a stretch of it. Bounded in size whatever is counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    kinds: Vec<(&'static str, KindTally)>,
    ignored: Vec<(String, u64)>,
    pub(crate) unsupported: Vec<(&'static str, u64)>,
    pub(crate) unrecognised: u64,
    pub(crate) closed_early: u64,
    sources: Vec<&'static str>,
    taken: u64,
    skipped: u64,
    reasons: Vec<Reason>,
}

#[derive(Clone, Copy, Debug, Default)]
struct KindTally {
    records: u64,
    first: Option<Micros>,
    last: Option<Micros>,
}

#[derive(Clone, Debug)]
struct Reason {
    text: String,
    count: u64,
    place: u64,
}

impl Tally {
    /// One record was read.
    pub(crate) fn seen(&mut self, kind: &'static str, time: Option<Micros>) {
        self.taken += 1;
        let tallied = self.kind(kind);
        tallied.records += 1;
        tallied.first = earlier(tallied.first, time);
        tallied.last = tallied.last.max(time);
    }

    /// One record is of no use.
    pub(crate) fn ignore(&mut self, kind: &str) {
        self.taken += 1;
        self.add_ignored(kind, 1);
    }

    /// One record cannot be read.
    pub(crate) fn skip(&mut self, place: u64, reason: &str) {
        self.skipped += 1;
        self.add_reason(&shortened(reason), 1, place);
    }

    /// Some records cannot be read.
    pub(crate) fn skip_many(&mut self, place: u64, reason: &str, count: u64) {
        self.skipped += count;
        self.add_reason(&shortened(reason), count, place);
    }

    /// Records of a format that is not supported.
    pub(crate) fn unsupported(&mut self, kind: &'static str, count: u64) {
        match self.unsupported.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, known)) => *known += count,
            None => self.unsupported.push((kind, count)),
        }
    }

    /// A source took an object.
    pub(crate) fn used(&mut self, source: &'static str) {
        if !self.sources.contains(&source) {
            self.sources.push(source);
        }
    }

    /// Records that were read or ignored.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// The sources that took objects, by name.
    pub(crate) fn sources(&self) -> Option<String> {
        let mut names = self.sources.clone();
        names.sort_unstable();
        (!names.is_empty()).then(|| names.join("+"))
    }

    /// Adds what comes after.
    pub(crate) fn merge(&mut self, later: &Tally) {
        for (kind, tallied) in &later.kinds {
            let mine = self.kind(kind);
            mine.records += tallied.records;
            mine.first = earlier(mine.first, tallied.first);
            mine.last = mine.last.max(tallied.last);
        }
        for (kind, count) in &later.ignored {
            self.add_ignored(kind, *count);
        }
        for (kind, count) in &later.unsupported {
            self.unsupported(kind, *count);
        }
        self.unrecognised += later.unrecognised;
        self.closed_early += later.closed_early;
        later.sources.iter().for_each(|source| self.used(source));
        self.taken += later.taken;
        self.skipped += later.skipped;
        for reason in &later.reasons {
            self.add_reason(&reason.text, reason.count, reason.place);
        }
    }

    fn kind(&mut self, kind: &'static str) -> &mut KindTally {
        let place = self.kinds.iter().position(|(known, _)| std::ptr::eq(*known, kind) || *known == kind);
        let place = place.unwrap_or(self.kinds.len());
        if place == self.kinds.len() {
            self.kinds.push((kind, KindTally::default()));
        }
        &mut self.kinds[place].1
    }

    fn add_ignored(&mut self, kind: &str, count: u64) {
        if let Some((_, known)) = self.ignored.iter_mut().find(|(known, _)| known == kind) {
            *known += count;
        } else if self.ignored.len() < KEPT_IGNORED || kind == OTHER_KINDS {
            self.ignored.push((shortened(kind), count));
        } else {
            self.add_ignored(OTHER_KINDS, count);
        }
    }

    fn add_reason(&mut self, reason: &str, count: u64, place: u64) {
        if let Some(known) = self.reasons.iter_mut().find(|known| known.text == reason) {
            known.count += count;
            known.place = known.place.min(place);
        } else if self.reasons.len() < KEPT_REASONS || reason == OTHER_REASONS {
            self.reasons.push(Reason { text: reason.to_owned(), count, place });
        } else {
            self.add_reason(OTHER_REASONS, count, place);
        }
    }
}

const OTHER_REASONS: &str = "other reasons";
const OTHER_KINDS: &str = "other";

/// A reason without what makes each one different: its place in the record, and more than a line of text.
fn shortened(reason: &str) -> String {
    let reason = match reason.split_once(" at byte ") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|character: char| character.is_ascii_digit());
            format!("{before}{rest}")
        }
        None => reason.to_owned(),
    };
    reason.chars().take(LONGEST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_billion_reasons_stay_few() {
        let mut tally = Tally::default();
        for place in 0..10_000_u64 {
            tally.skip(place, &format!("reason {place}"));
            tally.ignore(&format!("kind {place}"));
        }
        assert!(tally.reasons.len() <= KEPT_REASONS + 1);
        assert!(tally.ignored.len() <= KEPT_IGNORED + 1);
        assert_eq!(tally.skipped, 10_000);
        assert_eq!(tally.reasons.iter().map(|reason| reason.count).sum::<u64>(), 10_000);
        assert_eq!(tally.ignored.iter().map(|(_, count)| count).sum::<u64>(), 10_000);
    }

    #[test]
    fn places_in_a_record_do_not_make_reasons_differ() {
        assert_eq!(shortened("json is damaged at byte 37"), "json is damaged");
        assert_eq!(
            shortened("json object is followed by something else at byte 9"),
            "json object is followed by something else"
        );
    }

    #[test]
    fn the_first_place_and_the_most_frequent_reasons_are_told() {
        let mut tally = Tally::default();
        for (place, reason) in [(9, "a"), (3, "b"), (4, "b"), (1, "c"), (2, "c"), (5, "c"), (6, "d")] {
            tally.skip(place, reason);
        }
        let mut report = ReadReport::default();
        report.add(
            InputReport {
                path: "x".into(),
                kind: "zeek-tsv".into(),
                recognised: true,
                ..InputReport::default()
            },
            &tally,
        );
        let report = report.finish();
        let told: Vec<_> =
            report.reasons.iter().map(|known| (known.reason.as_str(), known.count, known.place)).collect();
        assert_eq!(told, [("c", 3, 1), ("b", 2, 3), ("a", 1, 9)]);
    }
}
