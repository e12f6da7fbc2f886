//! How far a run is, on standard error: stage, bytes read of all, rate, time left. Nothing unless a person watches.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lopside_engine::driver::Watch;
use lopside_sources::read::Progress;

use crate::output::units;
use crate::terminal::Terminal;

/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(200);

/// Draws one line until it is dropped.
pub(crate) struct Shown {
    state: Arc<State>,
    drawing: Option<JoinHandle<()>>,
}

struct State {
    progress: Progress,
    stage: Mutex<&'static str>,
    done: AtomicBool,
    began: Instant,
    width: usize,
}

impl Shown {
    /// Begins to draw, where that is wanted.
    pub(crate) fn new(wanted: bool, terminal: &Terminal) -> Shown {
        let state = Arc::new(State {
            progress: Progress::default(),
            stage: Mutex::new("reading"),
            done: AtomicBool::new(false),
            began: Instant::now(),
            width: terminal.width,
        });
        let drawn = Arc::clone(&state);
        Shown { drawing: wanted.then(|| std::thread::spawn(move || drawn.draw())), state }
    }
}

impl Watch for Shown {
    fn progress(&self) -> &Progress {
        &self.state.progress
    }

    fn stage(&self, name: &'static str) {
        *self.state.stage.lock().unwrap_or_else(PoisonError::into_inner) = name;
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.state.done.store(true, Ordering::Relaxed);
        if let Some(drawing) = self.drawing.take() {
            drawing.thread().unpark();
            // Had the drawing failed, the run would still stand.
            drop(drawing.join());
        }
    }
}

impl State {
    fn draw(&self) {
        while !self.done.load(Ordering::Relaxed) {
            let stage = *self.stage.lock().unwrap_or_else(PoisonError::into_inner);
            let bytes = self.progress.bytes.load(Ordering::Relaxed);
            let total = self.progress.total_bytes.load(Ordering::Relaxed);
            let line = line(stage, bytes, total, self.began.elapsed());
            let line: String = line.chars().take(self.width.saturating_sub(1)).collect();
            show(&format!("\r\x1b[K{line}"));
            std::thread::park_timeout(EVERY);
        }
        show("\r\x1b[K");
    }
}

fn show(text: &str) {
    let mut error = io::stderr().lock();
    // A terminal that went away must not end the run.
    drop(error.write_all(text.as_bytes()).and_then(|()| error.flush()));
}

/// `reading  1.2 GB of 2.4 GB (50 %), 210 MB/s, 6 s left`.
fn line(stage: &str, bytes: u64, total: u64, elapsed: Duration) -> String {
    if stage != "reading" {
        return format!("{stage}  {} read in all, {} s", units::bytes(bytes), elapsed.as_secs());
    }
    let rate = bytes as f64 / elapsed.as_secs_f64().max(0.001);
    let mut line = format!(
        "reading  {} of {} ({})",
        units::bytes(bytes),
        units::bytes(total),
        units::share(bytes, total)
    );
    if elapsed > Duration::from_millis(500) && bytes > 0 {
        line.push_str(&format!(", {}/s", units::bytes(rate as u64)));
        let left = total.saturating_sub(bytes) as f64 / rate;
        line.push_str(&format!(", {left:.0} s left"));
    }
    line
}

/// The most memory that this process had at a time, where the system tells (Linux).
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_how_long_it_takes() {
        let half = line("reading", 1_200_000_000, 2_400_000_000, Duration::from_secs(6));
        assert_eq!(half, "reading  1.2 GB of 2.4 GB (50 %), 200 MB/s, 6 s left");
        assert_eq!(line("reading", 0, 0, Duration::ZERO), "reading  0 B of 0 B (-)");
        assert!(line("joining", 5, 5, Duration::from_secs(2)).starts_with("joining  5 B"));
    }

    #[test]
    fn memory_is_known_on_linux() {
        assert_eq!(peak_memory().is_some(), cfg!(target_os = "linux"));
    }
}
