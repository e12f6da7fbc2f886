//! From paths to rows: opens everything below the paths, finds the source of each input, and reads them side by side.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::input::{Fault, InputError, InputFile, InputStream, Inputs, Limits, Opened, Opening, Place, walk};
use crate::job::{Dispatchers, Job, Lend, Sinks};
use crate::recognise::{EMPTY, stream_source, unsupported};
use crate::report::{InputReport, ReadReport, Tally, UNRECOGNISED};
use crate::source::{InputInfo, Sink};
use crate::zeek::sensor_of;

/// Streams of one archive that nobody recognises and that are still listed by name; more are only counted.
const LISTED_STREAMS: u64 = 1_000;

/// How to read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Threads, at least one.
    pub threads: usize,
    /// What one input may cost.
    pub limits: Limits,
    /// Whether to compute the SHA-256 of each file.
    pub hash: bool,
    /// Folder for temporary files.
    pub temporary: PathBuf,
    /// How the content of conversations is sampled and judged; without, no content is kept.
    pub payload: Option<lopside_payload::Settings>,
}

/// How far reading has come; may be looked at from another thread.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes on disk of all inputs, once they were found.
    pub total_bytes: AtomicU64,
    /// Bytes read from disk.
    pub bytes: AtomicU64,
    /// Files found.
    pub total_files: AtomicU64,
    /// Files read.
    pub files: AtomicU64,
}

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No threads.
    #[error("cannot start {threads} threads ({reason}); use fewer with --threads")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// What the system says.
        reason: String,
    },
}

/// Reads everything below the paths. `-` stands for standard input, which is read from `stdin`.
///
/// Rows go to sinks from `make_sink`: one for each worker, or less. Each goes to `done_sink` at the end. Which rows a sink gets,
/// and in which order, depends on the threads; all sinks together get the same, and so does the report. A file that cannot be
/// read is told in the report and stops nothing.
///
/// # Errors
/// When the threads cannot be started.
pub fn read_paths<S: Sink + Send>(
    paths: &[PathBuf],
    stdin: Option<Box<dyn Read + Send>>,
    options: &ReadOptions,
    make_sink: &(dyn Fn() -> S + Sync),
    done_sink: &mut dyn FnMut(S),
    progress: &Progress,
) -> Result<ReadReport, ReadError> {
    let threads = options.threads.max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| ReadError::Threads { threads, reason: error.to_string() })?;
    let inputs = walk(paths);
    progress.total_bytes.store(inputs.total_bytes(), Ordering::Relaxed);
    progress.total_files.store(inputs.files.len() as u64, Ordering::Relaxed);
    let sinks = Sinks::new(make_sink);
    let reading = Reading::new(&inputs, options, &sinks, progress, stdin);
    pool.scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|_| reading.work());
        }
    });
    let report = reading.into_report();
    sinks.into_all().into_iter().for_each(done_sink);
    Ok(report)
}

/// Everything that the workers share.
struct Reading<'a> {
    inputs: &'a Inputs,
    /// Places in `inputs`, largest first, so that no large one is left for the end.
    order: Vec<usize>,
    next: AtomicUsize,
    options: &'a ReadOptions,
    sinks: &'a dyn Lend,
    dispatchers: Dispatchers,
    progress: &'a Progress,
    stdin: Mutex<Option<Box<dyn Read + Send>>>,
    done: Mutex<Vec<FileDone>>,
}

/// What came of one file.
struct FileDone {
    index: usize,
    streams: Vec<(InputReport, Tally)>,
    /// Kinds of streams that are not read and not listed either, and how many of each.
    unlisted: BTreeMap<&'static str, u64>,
    errors: Vec<InputError>,
}

impl<'a> Reading<'a> {
    fn new(
        inputs: &'a Inputs,
        options: &'a ReadOptions,
        sinks: &'a dyn Lend,
        progress: &'a Progress,
        stdin: Option<Box<dyn Read + Send>>,
    ) -> Self {
        let mut order: Vec<usize> = (0..inputs.files.len()).collect();
        order.sort_by_key(|place| std::cmp::Reverse(inputs.files.get(*place).map(|file| file.bytes)));
        Reading {
            inputs,
            order,
            next: AtomicUsize::new(0),
            options,
            sinks,
            dispatchers: Dispatchers::default(),
            progress,
            stdin: Mutex::new(stdin),
            done: Mutex::default(),
        }
    }

    /// Reads files until none is left.
    fn work(&self) {
        loop {
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = self.order.get(turn).and_then(|place| self.inputs.files.get(*place)) else {
                return;
            };
            let done = self.read_file(file);
            lock(&self.done).push(done);
            self.progress.files.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn read_file(&self, file: &InputFile) -> FileDone {
        let opening = Opening {
            limits: &self.options.limits,
            spool_folder: &self.options.temporary,
            progress: &self.progress.bytes,
            hash: self.options.hash,
        };
        let mut streams = Streams {
            reading: self,
            found: Vec::new(),
            unlisted: BTreeMap::new(),
            unread: 0,
            errors: Vec::new(),
        };
        let mut visit = |stream: InputStream<'_>| streams.read(stream);
        let opened = match file.place {
            Place::StandardInput => match lock(&self.stdin).take() {
                Some(mut stdin) => opening.open_reader(file, &mut stdin, &mut visit),
                None => Opened::default(),
            },
            Place::Path(_) => opening.open(file, &mut visit),
        };
        streams.into_done(file.index, opened)
    }

    /// The number of a stream: ascending with file and place in it, unique, and known before other files are opened.
    fn number(&self, index: usize, ordinal: u64) -> u32 {
        let files = u32::try_from(self.inputs.files.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let shift = files.leading_zeros();
        let last = (1_u64 << shift) - 1;
        // Streams beyond the last number share it.
        u32::try_from((index as u64) << shift | ordinal.min(last)).unwrap_or(u32::MAX)
    }

    fn into_report(self) -> ReadReport {
        let mut report = ReadReport { repeated: self.inputs.repeated, ..ReadReport::default() };
        for error in &self.inputs.errors {
            report.add_error(error);
        }
        let mut done = self.done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|file| file.index);
        for file in done {
            for (input, tally) in file.streams {
                report.add(input, &tally);
            }
            for (kind, count) in &file.unlisted {
                report.add_unlisted(kind, *count);
            }
            for error in &file.errors {
                report.add_error(error);
            }
        }
        report.finish()
    }
}

/// The streams of one file.
struct Streams<'r, 'a> {
    reading: &'r Reading<'a>,
    found: Vec<(InputReport, Tally)>,
    unlisted: BTreeMap<&'static str, u64>,
    unread: u64,
    errors: Vec<InputError>,
}

impl Streams<'_, '_> {
    fn read(&mut self, stream: InputStream<'_>) {
        let number = self.reading.number(stream.index, stream.ordinal);
        let name = stream.name.clone();
        let sensor = sensor_of(&name);
        let info = InputInfo { input: number, name: &name, sensor: &sensor };
        let job = Job::new(info, &self.reading.options.limits, self.reading.sinks, &self.reading.dispatchers)
            .with_payload(self.reading.options.payload.as_ref());
        let empty = stream.head().is_empty();
        let unread = if empty { EMPTY } else { unsupported(stream.head()).unwrap_or(UNRECOGNISED) };
        let (kind, read) = match stream_source(stream.head()) {
            Some(source) if !empty => {
                // A panic in a library must not end the run; what was read of the input stands.
                let read = catch_unwind(AssertUnwindSafe(|| (source.read)(stream, &job)));
                if read.is_err() {
                    let fault =
                        Fault::Unreadable("the reader failed on its content; please report this".into());
                    job.fail(fault);
                }
                (source.name, true)
            }
            _ => (unread, false),
        };
        let (tally, faults) = job.into_tally();
        self.errors.extend(faults.into_iter().map(|fault| InputError { name: name.clone(), fault }));
        let mut input = InputReport {
            number,
            path: name,
            kind: kind.to_owned(),
            recognised: read,
            ..InputReport::default()
        };
        if read {
            settle(&mut input, &tally);
        }
        if !input.recognised {
            self.unread += 1;
            if self.unread > LISTED_STREAMS && !read {
                *self.unlisted.entry(kind).or_default() += 1;
                return;
            }
        }
        self.found.push((input, tally));
    }

    fn into_done(mut self, index: usize, opened: Opened) -> FileDone {
        if let Some((first, _)) = self.found.first_mut() {
            first.bytes = opened.bytes;
        }
        if let Some(sha256) = &opened.sha256 {
            for (input, _) in &mut self.found {
                input.sha256 = Some(sha256.clone());
            }
        }
        self.errors.extend(opened.errors);
        FileDone { index, streams: self.found, unlisted: self.unlisted, errors: self.errors }
    }
}

/// Says what a stream was read as, where its objects decide that.
fn settle(input: &mut InputReport, tally: &Tally) {
    if let Some(sources) = tally.sources() {
        input.kind = sources;
    } else if input.kind == "json" {
        input.recognised = false;
        input.kind = tally.unsupported.first().map_or(UNRECOGNISED, |(kind, _)| kind).to_owned();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
