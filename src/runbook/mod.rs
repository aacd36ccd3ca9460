//! Edge: the runbook. Entries are files, the folder is the registry; texts in, entries and answers out.

mod load;
mod matching;
mod nearest;

pub use crate::base::ansi::without_ansi;
pub use load::{Problem, Runbook, load};
pub use matching::{GENERIC_LINES, Match, matches};
pub use nearest::{nearest, same_name};
