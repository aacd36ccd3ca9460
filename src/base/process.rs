//! Processes: started in a group of their own, under a timeout, the whole group ended.
//!
//! duct ends direct children only, and a grandchild that holds the pipe would keep a reader waiting for ever. So the
//! leader's end is noticed without reaping it (while it is a zombie its group id cannot be given to anyone else), the
//! group is swept, what stands in the pipe is read, and only then is the leader reaped and the pipe closed, whoever
//! still holds the other end.

use crate::base::clock::Stopwatch;
use crate::base::command::CommandLine;
use crate::base::files::{plain, show};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::collections::VecDeque;
use std::io::{PipeReader, Read as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// How long one wait for output lasts; a leader's end, a signal and the timeout are noticed this fast.
const TICK: Duration = Duration::from_millis(20);
/// What members of the group that outlive their leader and hold the pipe get between TERM and KILL.
const STRAGGLERS: Duration = Duration::from_millis(250);
/// The most that is read after the leader's end from a pipe that somebody keeps filling.
const LAST_WORDS: usize = 1 << 20;

/// Where and how long a command may run.
#[derive(Debug, Clone, Copy)]
pub struct Limits<'a> {
    /// The folder it runs in; a program with a `/` is looked up from there.
    pub dir: &'a Path,
    /// After this the group is told to end.
    pub timeout: Duration,
    /// What the group gets between TERM (or a forwarded signal) and KILL.
    pub grace: Duration,
    /// How many bytes of output are kept; the last ones, because failures stand at the end.
    pub keep: usize,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this exit code.
    Exited(i32),
    /// By this signal, which tollgate did not send.
    Signalled(i32),
    /// Ended by tollgate at the timeout.
    TimedOut,
    /// Ended because tollgate got SIGINT (2) or SIGTERM (15).
    Interrupted(i32),
}

/// A command that ran.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// How it ended.
    pub ending: Ending,
    /// The last `keep` bytes of what it wrote to stdout and stderr, in the order written.
    pub output: Vec<u8>,
    /// How many bytes came before those.
    pub dropped: u64,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// Why a command could not be started. `Display` is one sentence that names the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{program}` cannot be started: {why}")]
pub struct StartError {
    /// The program, as shown.
    pub program: String,
    /// The system's words.
    pub why: String,
}

/// Runs a command to its end. `output` gets every block of stdout and stderr as it comes. stdin is empty: a command in
/// a group of its own would be stopped when it reads the terminal.
pub fn run(
    command: &CommandLine,
    limits: &Limits<'_>,
    output: &mut dyn FnMut(&[u8]),
) -> Result<Finished, StartError> {
    let watch = Stopwatch::start();
    let signals = Watch::start();
    let fail = |e: &std::io::Error| StartError { program: show(command.program()), why: plain(e) };
    let (reader, writer) = std::io::pipe().map_err(|e| fail(&e))?;
    let handle = {
        // The expression owns our copy of the pipe's writing end; dropping it leaves the children's copies alone.
        let expression = expression(command, limits.dir).map_err(|e| fail(&e))?.stdout_file(writer);
        expression.start().map_err(|e| fail(&e))?
    };
    let pid = handle.pids().first().and_then(|p| i32::try_from(*p).ok()).and_then(Pid::from_raw);
    let mut pipe = Pipe { reader, open: true, tail: VecDeque::new(), keep: limits.keep, dropped: 0, output };
    let stopped = match pid {
        Some(pid) => supervise(pid, limits, &watch, &signals, &mut pipe),
        None => None,
    };
    let status = handle.wait().map_err(|e| fail(&e))?.status;
    pipe.drain();
    let ending = stopped.unwrap_or_else(|| match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited(code),
        (None, signal) => Ending::Signalled(signal.unwrap_or(0)),
    });
    Ok(Finished { ending, output: pipe.tail.into(), dropped: pipe.dropped, seconds: watch.seconds() })
}

fn expression(command: &CommandLine, dir: &Path) -> std::io::Result<duct::Expression> {
    // duct resolves a relative program against the parent's folder, not against `dir`.
    let dir = std::fs::canonicalize(dir)?;
    let program = if command.program().contains('/') {
        dir.join(command.program()).into_os_string()
    } else {
        command.program().into()
    };
    let mut expression = duct::cmd(program, command.arguments())
        .dir(dir)
        .stdin_null()
        .stderr_to_stdout()
        .unchecked()
        .before_spawn(|c| {
            c.process_group(0);
            Ok(())
        });
    for (name, value) in command.env() {
        expression = expression.env(name, value);
    }
    Ok(expression)
}

/// Passes output on until the leader has ended, ends the group when it must, and sweeps what the leader left behind.
/// Gives the reason when it was tollgate that ended it. The leader is not reaped here.
fn supervise(
    group: Pid,
    limits: &Limits<'_>,
    watch: &Stopwatch,
    signals: &Watch,
    pipe: &mut Pipe<'_>,
) -> Option<Ending> {
    let mut stopped: Option<(Ending, f64)> = None;
    let mut killed = false;
    while !has_ended(group) {
        pipe.pump(TICK);
        let now = watch.seconds();
        match stopped {
            None => {
                let (ending, signal) = match signals.caught() {
                    Some(SIGINT) => (Ending::Interrupted(SIGINT), Signal::INT),
                    Some(other) => (Ending::Interrupted(other), Signal::TERM),
                    None if now >= limits.timeout.as_secs_f64() => (Ending::TimedOut, Signal::TERM),
                    None => continue,
                };
                tell(group, signal);
                stopped = Some((ending, now));
            }
            Some((_, since)) if !killed && now - since >= limits.grace.as_secs_f64() => {
                tell(group, Signal::KILL);
                killed = true;
            }
            Some(_) => {}
        }
    }
    pipe.drain();
    tell(group, Signal::TERM);
    let end = watch.seconds() + STRAGGLERS.as_secs_f64();
    while pipe.open && watch.seconds() < end {
        pipe.pump(TICK);
    }
    tell(group, Signal::KILL);
    stopped.map(|(ending, _)| ending)
}

/// Whether the leader has ended, without reaping it. An error means that there is nothing to wait for.
fn has_ended(pid: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    match waitid(WaitId::Pid(pid), options) {
        Ok(status) => status.is_some(),
        Err(rustix::io::Errno::INTR) => false,
        Err(_) => true,
    }
}

fn tell(group: Pid, signal: Signal) {
    // The only failures are that nobody is left, or (macOS) that only the zombie is.
    let _ = kill_process_group(group, signal);
}

/// The reading end of a command's output.
struct Pipe<'a> {
    reader: PipeReader,
    open: bool,
    tail: VecDeque<u8>,
    keep: usize,
    dropped: u64,
    output: &'a mut dyn FnMut(&[u8]),
}

impl Pipe<'_> {
    /// Waits up to `wait` for output and passes one block on; gives its length.
    fn pump(&mut self, wait: Duration) -> usize {
        if !self.open {
            std::thread::sleep(wait);
            return 0;
        }
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(wait.subsec_nanos()) };
        let mut fds = [PollFd::new(&self.reader, PollFlags::IN)];
        if !matches!(poll(&mut fds, Some(&timeout)), Ok(1..)) {
            return 0;
        }
        let mut block = [0u8; 16 * 1024];
        match self.reader.read(&mut block) {
            Ok(0) => {
                self.open = false;
                0
            }
            Ok(n) => {
                self.take(&block[..n]);
                n
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => 0,
            Err(_) => {
                self.open = false;
                0
            }
        }
    }

    /// Passes on what already stands in the pipe, and no more than that of a writer that never stops.
    fn drain(&mut self) {
        let mut total = 0;
        while self.open && total < LAST_WORDS {
            match self.pump(Duration::ZERO) {
                0 => break,
                n => total += n,
            }
        }
    }

    fn take(&mut self, block: &[u8]) {
        (self.output)(block);
        self.tail.extend(block);
        let over = self.tail.len().saturating_sub(self.keep);
        self.tail.drain(..over);
        self.dropped += over as u64;
    }
}

/// SIGINT and SIGTERM as they concern running commands. While none runs the signals do what they always do.
struct Signals {
    idle: Arc<AtomicBool>,
    caught: Arc<AtomicUsize>,
    running: Mutex<usize>,
}

fn signals() -> &'static Signals {
    static SIGNALS: OnceLock<Signals> = OnceLock::new();
    SIGNALS.get_or_init(|| {
        let idle = Arc::new(AtomicBool::new(true));
        let caught = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM] {
            let number = usize::try_from(signal).unwrap_or(0);
            // Registering fails for signals that nobody may catch, which these are not; were it to fail, the signal
            // keeps its default and tollgate ends.
            let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&idle));
            let _ = signal_hook::flag::register_usize(signal, Arc::clone(&caught), number);
        }
        Signals { idle, caught, running: Mutex::new(0) }
    })
}

/// One running command's interest in signals.
struct Watch {
    seen: AtomicI32,
}

impl Watch {
    fn start() -> Watch {
        let signals = signals();
        let mut running = signals.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        signals.idle.store(false, Ordering::SeqCst);
        Watch { seen: AtomicI32::new(0) }
    }

    /// The signal that came since the first of the running commands started.
    fn caught(&self) -> Option<i32> {
        let number = i32::try_from(signals().caught.load(Ordering::SeqCst)).unwrap_or(0);
        if number != 0 {
            self.seen.store(number, Ordering::SeqCst);
        }
        Some(self.seen.load(Ordering::SeqCst)).filter(|n| *n != 0)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let signals = signals();
        let mut running = signals.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = running.saturating_sub(1);
        if *running == 0 {
            signals.caught.store(0, Ordering::SeqCst);
            signals.idle.store(true, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(dir: &Path) -> Limits<'_> {
        Limits { dir, timeout: Duration::from_secs(60), grace: Duration::from_millis(200), keep: 1 << 16 }
    }

    fn go(text: &str, limits: &Limits<'_>) -> Finished {
        run(&CommandLine::parse(text).unwrap(), limits, &mut |_| {}).unwrap()
    }

    #[test]
    fn output_is_shown_and_kept_and_the_code_is_told() {
        let mut seen = Vec::new();
        let command = CommandLine::parse("WORD=out sh -c 'echo $WORD; echo err >&2; exit 3'").unwrap();
        let done =
            run(&command, &limits(Path::new(".")), &mut |block| seen.extend_from_slice(block)).unwrap();
        assert_eq!(done.ending, Ending::Exited(3));
        assert_eq!(String::from_utf8(done.output.clone()).unwrap(), "out\nerr\n");
        assert_eq!(seen, done.output);
    }

    #[test]
    fn the_end_of_long_output_is_kept() {
        let dir = Path::new(".");
        let done = go(
            "sh -c 'i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done'",
            &Limits { keep: 100, ..limits(dir) },
        );
        assert_eq!(done.output.len(), 100);
        assert!(done.dropped > 20_000);
        assert!(done.output.ends_with(b"line 2999\n"));
    }

    #[test]
    fn a_timeout_ends_the_whole_group_even_when_it_ignores_term() {
        let dir = tempfile::tempdir().unwrap();
        let text =
            "sh -c 'trap \"\" TERM; (trap \"\" TERM; sleep 600) & echo $! > child; echo up; wait; sleep 600'";
        let done = go(text, &Limits { timeout: Duration::from_secs(2), ..limits(dir.path()) });
        assert_eq!(done.ending, Ending::TimedOut);
        assert_eq!(done.output, b"up\n");
        assert!(is_gone(dir.path()));
    }

    #[test]
    fn what_a_leader_leaves_behind_is_swept_and_holds_nobody_up() {
        let dir = tempfile::tempdir().unwrap();
        let done = go("sh -c 'sleep 600 & echo $! > child; echo left'", &limits(dir.path()));
        assert_eq!(done.ending, Ending::Exited(0));
        assert_eq!(done.output, b"left\n");
        assert!(done.seconds < 50.0);
        assert!(is_gone(dir.path()));
    }

    /// Whether the process named in `child` has ended; it may stay a zombie for as long as its new parent likes.
    fn is_gone(dir: &Path) -> bool {
        let pid = fs_err::read_to_string(dir.join("child")).unwrap();
        for _ in 0..500 {
            let ps = duct::cmd("ps", ["-o", "stat=", "-p", pid.trim()]).unchecked().stdout_capture().run();
            let state = String::from_utf8(ps.unwrap().stdout).unwrap();
            if state.trim().is_empty() || state.trim().starts_with('Z') {
                return true;
            }
            std::thread::sleep(TICK);
        }
        false
    }

    #[test]
    fn a_crash_is_told_by_its_signal() {
        assert_eq!(go("sh -c 'kill -SEGV $$'", &limits(Path::new("."))).ending, Ending::Signalled(11));
    }

    #[test]
    fn a_relative_program_stands_in_the_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        fs_err::create_dir(dir.path().join("bin")).unwrap();
        let tool = dir.path().join("bin/tool");
        fs_err::write(&tool, "#!/bin/sh\necho here: \"$1\"\n").unwrap();
        fs_err::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(go("bin/tool 'a  b'", &limits(dir.path())).output, b"here: a  b\n");
    }

    #[test]
    fn what_is_not_there_is_a_sentence() {
        let command = CommandLine::parse("no-such-program-of-tollgate x").unwrap();
        let error = run(&command, &limits(Path::new(".")), &mut |_| {}).unwrap_err();
        insta::assert_snapshot!(error, @"`no-such-program-of-tollgate` cannot be started: No such file or directory");
    }
}
