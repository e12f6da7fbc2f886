//! One input being read: who it is, where its rows go, and the counting beside.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lopside_model::Micros;
use lopside_model::record::Record;

use crate::input::{Fault, Limits, LongLines};
use crate::objects::Dispatcher;
use crate::report::Tally;
use crate::source::{InputInfo, Sink};

/// Lends sinks to workers: as many are made as are ever lent at once.
pub(crate) struct Sinks<'a, S> {
    free: Mutex<Vec<S>>,
    make: &'a (dyn Fn() -> S + Sync),
}

/// What lends a sink of any kind.
pub(crate) trait Lend: Sync {
    /// Calls back with a sink that nobody else uses meanwhile.
    fn lend(&self, call: &mut dyn FnMut(&mut dyn Sink));
}

impl<'a, S: Sink + Send> Sinks<'a, S> {
    pub(crate) fn new(make: &'a (dyn Fn() -> S + Sync)) -> Self {
        Sinks { free: Mutex::new(Vec::new()), make }
    }

    /// All sinks, once nobody uses them.
    pub(crate) fn into_all(self) -> Vec<S> {
        self.free.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Sink + Send> Lend for Sinks<'_, S> {
    fn lend(&self, call: &mut dyn FnMut(&mut dyn Sink)) {
        let free = lock(&self.free).pop();
        let sink = free.unwrap_or_else(|| (self.make)());
        let mut lent = Lent { sink: Some(sink), free: &self.free };
        if let Some(sink) = &mut lent.sink {
            call(sink);
        }
    }
}

/// A sink on loan: comes back also where its reader panicked.
struct Lent<'a, S> {
    sink: Option<S>,
    free: &'a Mutex<Vec<S>>,
}

impl<S> Drop for Lent<'_, S> {
    fn drop(&mut self) {
        if let Some(sink) = self.sink.take() {
            lock(self.free).push(sink);
        }
    }
}

/// One input while it is read. Stretches of it may be read side by side; their counts are added up in their order, so that they
/// do not depend on the threads.
pub(crate) struct Job<'a> {
    /// Who the input is.
    pub(crate) info: InputInfo<'a>,
    /// What it may cost.
    pub(crate) limits: &'a Limits,
    /// What reads objects, while nobody uses it.
    pub(crate) dispatchers: &'a Dispatchers,
    /// How content is sampled and judged, where it is.
    pub(crate) payload: Option<&'a lopside_payload::Settings>,
    sinks: &'a dyn Lend,
    counted: Mutex<Counted>,
}

/// Readers of objects of all inputs that nobody uses now.
#[derive(Debug, Default)]
pub(crate) struct Dispatchers(Mutex<Vec<Dispatcher>>);

impl Dispatchers {
    /// One of them.
    pub(crate) fn take(&self) -> Option<Dispatcher> {
        lock(&self.0).pop()
    }

    /// Gives one back.
    pub(crate) fn give(&self, dispatcher: Dispatcher) {
        lock(&self.0).push(dispatcher);
    }
}

#[derive(Default)]
struct Counted {
    total: Tally,
    next: u64,
    faults: Vec<Fault>,
    /// Stretches that are done before one that comes first.
    waiting: BTreeMap<u64, Tally>,
}

impl<'a> Job<'a> {
    pub(crate) fn new(
        info: InputInfo<'a>,
        limits: &'a Limits,
        sinks: &'a dyn Lend,
        dispatchers: &'a Dispatchers,
    ) -> Self {
        Job { info, limits, dispatchers, payload: None, sinks, counted: Mutex::default() }
    }

    /// The same with a profile of content.
    pub(crate) fn with_payload(self, payload: Option<&'a lopside_payload::Settings>) -> Self {
        Job { payload, ..self }
    }

    /// Reads one stretch: the one with this number, of stretches that are numbered from 0 without gaps.
    pub(crate) fn stretch(&self, number: u64, mut read: impl FnMut(&mut Stretch<'_>)) {
        let mut tally = Tally::default();
        self.sinks.lend(&mut |sink| read(&mut Stretch { sink, tally: &mut tally }));
        let mut counted = lock(&self.counted);
        counted.waiting.insert(number, tally);
        while let Some(tally) = {
            let next = counted.next;
            counted.waiting.remove(&next)
        } {
            counted.total.merge(&tally);
            counted.next += 1;
        }
    }

    /// Counts the lines that were too long to be read.
    pub(crate) fn long_lines(&self, lines: &LongLines) {
        if let Some(first) = lines.first.first() {
            let reason = format!("line is longer than {} bytes", self.limits.line);
            lock(&self.counted).total.skip_many(first.number, &reason, lines.count);
        }
    }

    /// Counts records that could not be read.
    pub(crate) fn skip(&self, place: u64, reason: &str, count: u64) {
        lock(&self.counted).total.skip_many(place, reason, count);
    }

    /// Says that the input could not be read, or not to its end.
    pub(crate) fn fail(&self, fault: Fault) {
        lock(&self.counted).faults.push(fault);
    }

    /// The counts of the whole input, and what was wrong with it.
    pub(crate) fn into_tally(self) -> (Tally, Vec<Fault>) {
        let Counted { mut total, waiting, faults, .. } =
            self.counted.into_inner().unwrap_or_else(PoisonError::into_inner);
        for tally in waiting.values() {
            total.merge(tally);
        }
        (total, faults)
    }
}

/// The sink of one stretch: hands everything on and counts it.
pub(crate) struct Stretch<'a> {
    sink: &'a mut dyn Sink,
    pub(crate) tally: &'a mut Tally,
}

impl Sink for Stretch<'_> {
    fn seen(&mut self, kind: &'static str, time: Option<Micros>) {
        self.tally.seen(kind, time);
        self.sink.seen(kind, time);
    }

    fn put(&mut self, record: &Record<'_>) {
        self.sink.put(record);
    }

    fn ignored(&mut self, kind: &str) {
        self.tally.ignore(kind);
        self.sink.ignored(kind);
    }

    fn skipped(&mut self, place: u64, reason: &str) {
        self.tally.skip(place, reason);
        self.sink.skipped(place, reason);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
