//! Edge: the runbook. Entries are files, the folder is the registry; texts in, entries and answers out.

mod generic;
mod load;
mod matching;
mod nearest;

pub use generic::{GENERIC_LINES, generic};
pub use load::{EntryProblem, Runbook, load};
pub use matching::Match;
pub use nearest::{nearest, same_name};
pub use tollgate_text::ansi::without_ansi;
