//! What is asked of the loop.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tollgate_text::command::CommandLine;
use tollgate_text::redact::Masker;

/// One suite to run. Commands are already filled in.
#[derive(Debug, Clone)]
pub struct Job {
    /// The suite.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// What is run, one after another: one command for the suite, or one for each test.
    pub steps: Vec<JobStep>,
    /// The folder it runs in, absolute.
    pub dir: PathBuf,
    /// Environment beside tollgate's own; what a command line assigns wins over it.
    pub env: Vec<(String, String)>,
    /// What one attempt may take, all its steps together.
    pub timeout: Duration,
    /// Where the first attempt's output goes.
    pub log: LogTo,
}

/// One command of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStep {
    /// What to start.
    pub command: CommandLine,
    /// The one test it runs; `None`: the whole suite.
    pub test: Option<String>,
}

/// Where an attempt's output goes, masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTo {
    /// A file, made as the attempt starts, with the folders above it. What stood there is replaced.
    File(PathBuf),
    /// Memory, and past `IN_MEMORY` bytes a file without a name in the spool folder: gone when the attempt is dropped,
    /// unless `Log::keep_as` keeps it.
    Memory,
}

/// How the loop runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many suites at once; 0 counts as 1.
    pub jobs: usize,
    /// No suite starts any more after so many failed ones; 0 counts as 1.
    pub fail_fast: Option<u32>,
    /// What a group gets between TERM (or a forwarded signal) and KILL.
    pub grace: Duration,
    /// What is masked in output.
    pub mask: Arc<Masker>,
    /// The folder for output that does not fit into memory; it should be on a disk, which `/tmp` often is not.
    pub spool: PathBuf,
    /// What the marks of what is started have in front, as `marks_of` gives it.
    pub marks: String,
}
