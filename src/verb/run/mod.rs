//! `tollgate run`: from a plan to a run folder.

mod answer;
pub mod args;
pub mod asked;
mod begun;
mod bundle;
mod execute;
mod expected;
mod goes_by;
mod lint;
mod list;
mod listed;
mod listeners;
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

pub use answer::RunAnswer;
pub use bundle::bundle_differences;
pub use execute::run;
pub use list::{ListedPlan, list as run_list};
pub use listeners::Listener;
pub use output_line::{OutputLine, read as read_line};
pub use request::{RunRequest, SelectionSource, Watcher};
