//! JSON of any layout: cut into objects, and each given to the source that it belongs to.

use std::io::Read;

use crate::fields::{DocumentLines, Fields, Framing, JsonError, Shape, Step};
use crate::input::{Block, InputStream, Line, LineBlocks, for_each_block_with};
use crate::job::{Job, Stretch};
use crate::recognise::{OBJECTS, unsupported_object};
use crate::source::{Outcome, Sink};

/// Lines at the start of a stream that may be something else, such as the rest of a line that was cut.
const LINES_BEFORE: usize = 3;

/// Readers of longer objects are not kept: they hold as much memory.
const KEPT_LENGTH: usize = 1 << 20;

/// Whether a stream that begins so is JSON made of objects.
pub(crate) fn recognise(head: &[u8]) -> bool {
    let start = head.trim_ascii_start();
    let object = |text: &[u8]| {
        text.strip_prefix(b"{")
            .is_some_and(|rest| matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}') | None))
    };
    match start.first() {
        Some(b'[') => {
            let rest = start.get(1..).unwrap_or_default().trim_ascii_start();
            matches!(rest.first(), None | Some(b']')) || object(rest)
        }
        Some(b'{') => object(start),
        _ => {
            start.split(|byte| *byte == b'\n').skip(1).take(LINES_BEFORE).any(|line| line.starts_with(b"{\""))
        }
    }
}

/// Reads a stream, one object a line or laid out otherwise.
pub(crate) fn read(stream: InputStream<'_>, job: &Job<'_>) {
    match Framing::of(stream.head()) {
        Framing::Lines => read_lines(stream, job),
        Framing::Documents => {
            let mut lines = DocumentLines::new(stream, job.limits.line);
            read_lines(&mut lines, job);
            for bad in lines.first_bad() {
                job.skip(bad.ordinal + 1, &bad.problem.to_string(), 1);
            }
            let told = lines.first_bad().len() as u64;
            if lines.bad() > told {
                job.skip(0, "is damaged json", lines.bad() - told);
            }
        }
    }
}

fn read_lines(reader: impl Read, job: &Job<'_>) {
    let blocks = LineBlocks::new(reader, job.limits.line);
    let counts = for_each_block_with(blocks, |_| (), |block, ()| read_block(block, job));
    job.long_lines(&counts.long_lines);
}

fn read_block(block: Block<'_>, job: &Job<'_>) {
    job.stretch(block.index, |stretch| {
        // One that has read before knows the layouts of objects.
        let mut dispatcher = job.dispatchers.take().unwrap_or_else(Dispatcher::new);
        // What is asked first must not depend on what was read before.
        dispatcher.last = 0;
        let mut longest = 0;
        for line in block.lines() {
            longest = longest.max(line.bytes.len());
            dispatcher.read(&line, job, stretch);
        }
        if longest <= KEPT_LENGTH {
            job.dispatchers.give(dispatcher);
        }
    });
}

/// Gives each object to its source. The one that took the last object is asked first, since most streams hold one kind.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    fields: Vec<Fields>,
    /// For objects of nobody.
    checked: Fields,
    last: usize,
}

impl Dispatcher {
    fn new() -> Dispatcher {
        let fields = OBJECTS.iter().map(|source| (source.fields)()).collect();
        Dispatcher { fields, checked: Fields::new(0), last: 0 }
    }

    fn read(&mut self, line: &Line<'_>, job: &Job<'_>, stretch: &mut Stretch<'_>) {
        let others = (0..OBJECTS.len()).filter(|place| *place != self.last);
        for place in std::iter::once(self.last).chain(others) {
            let (Some(source), Some(fields)) = (OBJECTS.get(place), self.fields.get_mut(place)) else {
                continue;
            };
            let before = stretch.tally.taken();
            let outcome = (source.read)(&job.info, fields, line.bytes, line.number, stretch);
            if outcome == Outcome::Done {
                // A damaged object is nobody's in particular.
                if stretch.tally.taken() > before {
                    stretch.tally.used(source.name);
                    self.last = place;
                }
                return;
            }
        }
        self.leave(line, stretch);
    }

    /// Nobody's object: of a format that is not read, damaged, or unknown.
    fn leave(&mut self, line: &Line<'_>, stretch: &mut Stretch<'_>) {
        match self.checked.read_json(&Nothing, line.bytes) {
            Ok(()) => match unsupported_object(line.bytes) {
                Some(kind) => stretch.tally.unsupported(kind, 1),
                None => stretch.tally.unrecognised += 1,
            },
            Err(error @ (JsonError::NotAnObject | JsonError::Truncated)) => {
                stretch.skipped(line.number, &error.to_string());
            }
            Err(_) => stretch.skipped(line.number, "json is damaged"),
        }
    }
}

/// Wants nothing: only checks.
struct Nothing;

impl Shape for Nothing {
    type State = ();

    fn root(&self) {}

    fn step(&self, (): (), _key: &[u8]) -> Step<()> {
        Step::Skip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_made_of_objects() {
        for text in ["{\"a\":1}\n", " [ {\"a\":1}]", "[]", "[", "{", "rest of a line\"}\n{\"a\":1}\n"] {
            assert!(recognise(text.as_bytes()), "{text}");
        }
        for text in ["", "[2026-03-11] started", "{ code }", "# title\n", "a,b\n1,2\n"] {
            assert!(!recognise(text.as_bytes()), "{text}");
        }
    }
}
