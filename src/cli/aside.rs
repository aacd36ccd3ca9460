//! What is said on standard error while a verb works.

use super::env::Env;
use super::progress::Progress;
use super::term;
use crate::verb::answer;
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use tollgate_text::ci::Echo;

/// Says it on the machine's standard error.
pub(super) struct TermAside<'e> {
    env: &'e Env,
    progress: Progress,
    echo: Mutex<Echo>,
}

impl TermAside<'_> {
    pub(super) fn new(env: &Env) -> TermAside<'_> {
        TermAside { env, progress: Progress::start(0), echo: Mutex::default() }
    }
}

impl answer::Aside for TermAside<'_> {
    fn line(&self, text: &str) {
        term::stderr(text);
    }

    fn complain(&self, error: &dyn Display) {
        term::complain(error, self.env);
    }

    fn tick(&self, gate: &str) {
        self.progress.tick(gate);
    }

    fn echo(&self, block: &[u8]) {
        term::stderr_echo(&mut self.echo.lock().unwrap_or_else(PoisonError::into_inner), block);
    }

    fn end_of_output(&self) {
        term::stderr_end_line(&mut self.echo.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
