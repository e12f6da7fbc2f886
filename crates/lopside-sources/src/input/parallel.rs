//! The blocks of one stream, parsed on all threads.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::lines::BlockPlace;
use super::{Block, LineBlocks, LongLines};

/// Buffers that a thread keeps for its next stream, and how long one may be.
const SPARE: usize = 4;
const SPARE_BYTES: usize = 2 << 20;

thread_local! {
    /// Buffers of streams that are done: fresh memory costs more than reading into it.
    static SPARES: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer of an earlier stream, or a new one.
fn spare() -> Vec<u8> {
    SPARES.with(|spares| spares.try_borrow_mut().ok().and_then(|mut spares| spares.pop())).unwrap_or_default()
}

/// Keeps buffers for later streams.
fn put_by(buffers: Vec<Vec<u8>>) {
    SPARES.with(|spares| {
        let Ok(mut spares) = spares.try_borrow_mut() else { return };
        let room = SPARE.saturating_sub(spares.len());
        spares.extend(buffers.into_iter().filter(|buffer| buffer.capacity() <= SPARE_BYTES).take(room));
    });
}

/// What was in a stream of lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockCounts {
    /// Lines, blank and over-long ones included.
    pub lines: u64,
    /// Bytes of the decoded stream.
    pub bytes: u64,
    /// Lines that were skipped because they are longer than the limit.
    pub long_lines: LongLines,
    /// The reader's error where it failed before the end; streams of [`super::Opening`] never do.
    pub error: Option<String>,
}

/// Parses the lines of a stream block by block, on the threads of the present rayon pool. Blocks are parsed in any
/// order ([`Block::index`] says which is which), and all are done when this returns.
///
/// The calling thread reads (and inflates) ahead of the parsers; when twice as many blocks as threads are waiting
/// it parses one itself. So memory is bounded, and one thread suffices.
pub fn for_each_block<R: Read>(
    reader: R,
    line_limit: usize,
    parse: impl Fn(Block<'_>) + Sync,
) -> BlockCounts {
    for_each_block_with(LineBlocks::new(reader, line_limit), |_| (), |block, ()| parse(block))
}

/// The same with a step that sees the blocks one after the other, in order, on the calling thread, and gives the
/// parser something for each: such as the header that holds where a block starts.
pub fn for_each_block_with<R: Read, C: Send>(
    mut blocks: LineBlocks<R>,
    mut prepare: impl FnMut(&Block<'_>) -> C,
    parse: impl Fn(Block<'_>, C) + Sync,
) -> BlockCounts {
    let threads = rayon::current_num_threads().max(1);
    let shared = Shared { state: Mutex::new(State::default()), idle: Condvar::new(), parse: &parse };
    let mut error = None;
    rayon::in_place_scope(|scope| {
        loop {
            let free = shared.lock().free.pop();
            let mut buffer = free.unwrap_or_else(spare);
            let filled = blocks.fill(&mut buffer).unwrap_or_else(|failure| {
                error = Some(failure.to_string());
                None
            });
            let Some(place) = filled else {
                // The last of the stream, and often its only one: the next stream needs it.
                shared.lock().free.push(buffer);
                break;
            };
            let context = prepare(&place.block(&buffer));
            let mut state = shared.lock();
            state.queue.push_back(Waiting { buffer, place, context });
            let (waiting, helpers) = (state.queue.len(), state.helpers);
            let help = helpers + 1 < threads;
            state.helpers += usize::from(help);
            drop(state);
            if help {
                scope.spawn(|_| shared.help());
            }
            if threads == 1 || waiting >= 2 * threads {
                shared.parse_one();
            }
        }
        // The rest is parsed here as well, and this thread waits for the last blocks of the others: left to the
        // scope it would take up another input meanwhile, and input upon input.
        while shared.parse_one() {}
        shared.wait();
    });
    put_by(std::mem::take(&mut shared.lock().free));
    BlockCounts { lines: blocks.lines(), bytes: blocks.bytes(), long_lines: blocks.into_skipped(), error }
}

struct Shared<'p, C, P> {
    state: Mutex<State<C>>,
    idle: Condvar,
    parse: &'p P,
}

struct State<C> {
    queue: VecDeque<Waiting<C>>,
    free: Vec<Vec<u8>>,
    /// Helpers that were spawned and have not ended.
    helpers: usize,
    /// Blocks that helpers are parsing.
    parsing: usize,
}

impl<C> Default for State<C> {
    fn default() -> Self {
        Self { queue: VecDeque::new(), free: Vec::new(), helpers: 0, parsing: 0 }
    }
}

struct Waiting<C> {
    buffer: Vec<u8>,
    place: BlockPlace,
    context: C,
}

impl<C, P: Fn(Block<'_>, C) + Sync> Shared<'_, C, P> {
    /// A parser that panics must not make the others hang or panic.
    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Parses blocks until none waits.
    fn help(&self) {
        while self.parse_one() {}
        self.lock().helpers -= 1;
    }

    /// Parses the block that waits longest; false where none does.
    fn parse_one(&self) -> bool {
        let waiting = {
            let mut state = self.lock();
            let Some(waiting) = state.queue.pop_front() else { return false };
            state.parsing += 1;
            waiting
        };
        let done = Done(self);
        (self.parse)(waiting.place.block(&waiting.buffer), waiting.context);
        drop(done);
        self.lock().free.push(waiting.buffer);
        true
    }

    /// Waits until nobody parses.
    fn wait(&self) {
        let mut state = self.lock();
        while state.parsing > 0 {
            state = self.idle.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Says that a block is done, also when its parser panicked.
struct Done<'s, 'p, C, P: Fn(Block<'_>, C) + Sync>(&'s Shared<'p, C, P>);

impl<C, P: Fn(Block<'_>, C) + Sync> Drop for Done<'_, '_, C, P> {
    fn drop(&mut self) {
        self.0.lock().parsing -= 1;
        self.0.idle.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_stream_takes_the_buffer_of_the_one_before() {
        let parse = |text: &'static str| {
            let place = Mutex::new(0);
            let counts = for_each_block(text.as_bytes(), 1 << 21, |block| {
                *place.lock().unwrap() = block.bytes.as_ptr() as usize;
            });
            assert_eq!(counts.lines, 1);
            place.into_inner().unwrap()
        };
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let (first, second) = one.install(|| (parse("one\n"), parse("two\n")));
        assert_eq!(first, second);
        assert_eq!(one.install(|| SPARES.with(|spares| spares.borrow().len())), 1);
    }
}
