//! SIGINT, SIGTERM and SIGHUP as they concern running commands. While none runs the signals do what they always do.

use rustix::io::ioctl_fionread;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::{PipeReader, Read as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

struct Signals {
    idle: Arc<AtomicBool>,
    /// The number of the last signal.
    last: Arc<AtomicUsize>,
    /// One byte a signal. Never read while a command runs, so that it wakes everyone who waits, and its length counts.
    bytes: Option<PipeReader>,
    state: Mutex<State>,
}

struct State {
    running: usize,
    /// The signal that is answered to; a later one does not change it.
    first: Option<i32>,
}

fn signals() -> &'static Signals {
    static SIGNALS: OnceLock<Signals> = OnceLock::new();
    SIGNALS.get_or_init(|| {
        let idle = Arc::new(AtomicBool::new(true));
        let last = Arc::new(AtomicUsize::new(0));
        let (bytes, writer) = std::io::pipe().ok().unzip();
        // Under nohup a terminal that closes ends nothing.
        let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
        for signal in [SIGINT, SIGTERM].into_iter().chain(hangup) {
            let number = usize::try_from(signal).unwrap_or(0);
            // Registering fails for signals that nobody may catch, which these are not; were it to fail, the signal
            // keeps its default and tollgate ends.
            let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&idle));
            let _ = signal_hook::flag::register_usize(signal, Arc::clone(&last), number);
            if let Some(writer) = writer.as_ref().and_then(|w| w.try_clone().ok()) {
                let _ = signal_hook::low_level::pipe::register(signal, std::os::fd::OwnedFd::from(writer));
            }
        }
        Signals { idle, last, bytes, state: Mutex::new(State { running: 0, first: None }) }
    })
}

/// Whether the signal was ignored when tollgate started; where nothing tells, it was not.
fn is_ignored(signal: i32) -> bool {
    let status = crate::files::read(std::path::Path::new("/proc/self/status"), 64 << 10).unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|m| u64::from_str_radix(m.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

impl Signals {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) -> u64 {
        let stands = self.bytes.as_ref().map(|b| ioctl_fionread(b).unwrap_or(0));
        stands.unwrap_or_else(|| u64::from(self.last.load(Ordering::SeqCst) != 0))
    }
}

/// An interest in SIGINT, SIGTERM and SIGHUP: while one is held, the signals are kept for `caught` and do not end tollgate.
#[derive(Debug)]
pub struct Watch(());

impl Watch {
    /// Takes an interest. Signals count from the moment the first of several interests was taken.
    pub fn start() -> Watch {
        let signals = signals();
        let mut state = signals.state();
        state.running += 1;
        signals.idle.store(false, Ordering::SeqCst);
        Watch(())
    }

    /// The first signal that came, and whether another came after it.
    pub fn caught(&self) -> Option<(i32, bool)> {
        let signals = signals();
        let last = i32::try_from(signals.last.load(Ordering::SeqCst)).unwrap_or(0);
        if last == 0 {
            return None;
        }
        let mut state = signals.state();
        let first = *state.first.get_or_insert(last);
        Some((first, signals.count() > 1))
    }

    /// Readable from the first signal on.
    pub(super) fn wake(&self) -> Option<&'static PipeReader> {
        signals().bytes.as_ref()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let signals = signals();
        let mut state = signals.state();
        state.running = state.running.saturating_sub(1);
        if state.running == 0 {
            state.first = None;
            signals.last.store(0, Ordering::SeqCst);
            if let Some(mut bytes) = signals.bytes.as_ref() {
                let mut stands = vec![0; usize::try_from(signals.count()).unwrap_or(0)];
                // Reading what stands there does not wait; were it to fail, an old byte would count again.
                let _ = bytes.read_exact(&mut stands);
            }
            signals.idle.store(true, Ordering::SeqCst);
        }
    }
}
