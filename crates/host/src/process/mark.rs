//! What names the processes of a run.

/// The environment variable that names what a process belongs to; each process that a suite starts inherits it.
pub const MARK: &str = "TOLLGATE_SUITE_ID";
