//! In which states of files the attempts at one suite began.

use crate::base::changes::{Look, Stamp};

/// When they began, and what had changed when each ended.
#[derive(Default)]
pub(super) struct Seen {
    /// One for each attempt that began.
    pub began: Vec<Option<Stamp>>,
    /// One for each that ended and was followed by another, or followed one.
    pub looks: Vec<Look>,
}
