//! Progress on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_core::report::text::terminal_cut;
use tollgate_host::clock::Stopwatch;

/// Work that takes less shows nothing.
const PATIENCE_MICROS: u64 = 500_000;

/// A progress line on standard error. It shows only where standard error is a terminal and the work takes longer than
/// half a second; elsewhere a tick costs one atomic addition. Threads may share it.
#[derive(Debug)]
pub struct Progress {
    total: u64,
    done: AtomicU64,
    watch: Stopwatch,
    bar: Option<OnceLock<ProgressBar>>,
}

impl Progress {
    /// Starts counting to `total` steps.
    pub fn start(total: usize) -> Progress {
        Progress::with_terminal(total, std::io::stderr().is_terminal())
    }

    fn with_terminal(total: usize, terminal: bool) -> Progress {
        Progress {
            total: total as u64,
            done: AtomicU64::new(0),
            watch: Stopwatch::start(),
            bar: terminal.then(OnceLock::new),
        }
    }

    /// One step, called `name`, is done.
    pub fn tick(&self, name: &str) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let Some(slot) = &self.bar else { return };
        if slot.get().is_none() && !is_due(self.watch.micros()) {
            return;
        }
        let bar = slot.get_or_init(|| bar(self.total));
        bar.set_position(done);
        bar.set_message(terminal_cut(name, 60));
    }
}

/// Takes the line off the screen.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.as_ref().and_then(OnceLock::get) {
            bar.finish_and_clear();
        }
    }
}

fn is_due(micros: u64) -> bool {
    micros >= PATIENCE_MICROS
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("[{bar:24}] {pos}/{len} {wide_msg}") {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_sees_nothing_and_every_step_is_counted() {
        let progress = Progress::with_terminal(100, false);
        let callback: &(dyn Fn(&str) + Sync) = &|name| progress.tick(name);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..25).for_each(|_| callback("gate")));
            }
        });
        assert_eq!(progress.done.load(Ordering::Relaxed), 100);
        assert!(progress.bar.is_none());
    }

    #[test]
    fn quick_work_shows_nothing() {
        assert!(!is_due(499_999));
        assert!(is_due(500_000));
    }
}
