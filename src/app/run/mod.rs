//! `tollgate run`: from a plan to a run folder.

mod begun;
mod bundle;
mod execute;
mod expected;
mod goes_by;
mod lint;
mod list;
mod listed;
mod output_end;
mod output_line;
mod prepare;
mod replayed;
mod request;
mod results;
mod resume;
mod retry;
mod room;
mod seen;
mod session;
mod steps;
mod stopped;
mod text;
mod tracked;

pub use bundle::bundle_differences;
pub use execute::{RunAnswer, run};
pub use list::{Listed, list as run_list};
pub use output_end::log_end;
pub use output_line::{Line, read as read_line};
pub(super) use request::GRACE;
pub use request::{RunRequest, Source, Watcher};
pub(super) use results::Results;
pub(super) use steps::{addressed, commands_of, read as read_results, steps};
pub use text::{end as run_end, line as run_line, lint_line, planned as run_planned};
pub(super) use tracked::{refuse_linked, refuse_tracked};
