//! What is asked of a process, and what became of it.

use std::path::Path;
use std::time::Duration;
use tollgate_text::command::CommandLine;

/// A command to run.
#[derive(Debug, Clone, Copy)]
pub struct CommandOrder<'a> {
    /// What to start.
    pub command: &'a CommandLine,
    /// The folder it runs in; a program with a `/` is looked up from there.
    pub dir: &'a Path,
    /// Environment beside tollgate's own; what the command line assigns wins over it.
    pub env: &'a [(String, String)],
    /// After this the group is told to end; zero: at once.
    pub timeout: Duration,
    /// What the group gets between TERM (or a forwarded signal) and KILL.
    pub grace: Duration,
    /// The value of the environment variable `MARK`: unique to what is swept together, so that a process that left the
    /// group is still known by it. Where `MARK` was set before, it is that value, a comma, and something unique.
    pub mark: Option<&'a str>,
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
    /// Ended because tollgate got SIGINT (2), SIGTERM (15) or SIGHUP (1).
    Interrupted(i32),
}

/// A command that ran, its output handed over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CommandOutcome {
    /// How it ended.
    pub ending: Ending,
    /// The exit code of the process that was started, where it exited, whoever told it to.
    pub exit_code: Option<i32>,
    /// The signal that ended it, whoever sent it.
    pub signal: Option<i32>,
    /// Wall time in seconds, from the start to the end of the process that was started.
    pub seconds: f64,
    /// Processes that outlived it and were ended. Where the system does not tell (no `/proc`), 1 stands for "some".
    pub leftovers: u64,
}

/// Why a command could not be started. `Display` is one sentence that names the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{program}` cannot be started: {why}")]
pub struct StartError {
    /// The program, as shown.
    pub program: String,
    /// The system's words.
    pub why: String,
    /// Whether something stands there that cannot be executed, as against nothing.
    pub found: bool,
}
