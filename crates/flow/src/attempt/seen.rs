//! In which states of files the attempts at one suite began.

use std::path::Path;
use tollgate_host::changes::{Began, Changes, FileTime, SeenChanges, Start};

/// What stood there, when they began, and what had changed when each ended. Errors are clauses.
#[derive(Default)]
pub struct SeenStates {
    /// What stood there when the first began; `None` where nothing is run again.
    pub start: Option<Result<Start, String>>,
    /// One for each attempt that began.
    pub began: Vec<Option<FileTime>>,
    /// One for each that ended and was followed by another, or followed one.
    pub looks: Vec<Result<SeenChanges, String>>,
    /// Why an attempt began with what the one before it wrote into the folder of the suite, one for each that began.
    pub filled: Vec<Option<String>>,
}

impl SeenStates {
    /// In what it differs now from when the first began.
    pub fn look(&self, changes: &Changes) -> Result<SeenChanges, String> {
        match &self.start {
            Some(Ok(start)) => changes.look(start),
            Some(Err(why)) => Err(why.clone()),
            None => Err("nobody looked at it".into()),
        }
    }

    /// In what the states differ that two attempts began in, counted from 0.
    pub fn differ(
        &self,
        earlier: usize,
        later: usize,
        own: &dyn Fn(&Path) -> bool,
    ) -> Result<Vec<String>, String> {
        for nth in [earlier, later] {
            if let Some(Some(why)) = self.filled.get(nth) {
                return Err(why.clone());
            }
        }
        let none = || "nobody looked at it".to_string();
        let start = self.start.as_ref().ok_or_else(none)?.as_ref().map_err(Clone::clone)?;
        let look = |nth: usize| self.looks.get(nth).ok_or_else(none)?.as_ref().map_err(Clone::clone);
        let began = |nth: usize| -> Result<Began<'_>, String> {
            let before = nth.checked_sub(1).map(look).transpose()?;
            Ok(Began { before, at: self.began.get(nth).copied().flatten(), after: look(nth)? })
        };
        start.between(&began(earlier)?, &began(later)?, own)
    }
}
