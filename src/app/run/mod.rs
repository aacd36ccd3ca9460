//! `tollgate run`: from a plan to a run folder.

mod execute;
mod judge;
mod lint;
mod prepare;
mod request;
mod session;
mod text;

pub use execute::{RunAnswer, run};
pub use request::{Artifacts, RunRequest, Source, Watcher};
pub use text::{end as run_end, line as run_line, lint_line, list as run_list, planned as run_planned};
