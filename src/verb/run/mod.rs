//! `tollgate run`: from a plan to a run folder.

mod begun;
mod bundle;
mod execute;
mod expected;
mod goes_by;
mod lint;
mod list;
mod listed;
mod out;
mod output_end;
mod output_line;
mod prepare;
mod replayed;
mod request;
mod resume;
mod retry;
mod room;
mod session;
mod stopped;
mod text;

pub use bundle::bundle_differences;
pub use execute::{RunAnswer, run};
pub use list::{ListedPlan, list as run_list};
pub use output_end::log_end;
pub use output_line::{OutputLine, read as read_line};
pub use request::{RunRequest, SelectionSource, Watcher};
pub use text::{end as run_end, line as run_line, lint_line, planned as run_planned};
