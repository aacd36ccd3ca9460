//! How text is laid out on a terminal. The caller decides from the terminal, NO_COLOR and CLICOLOR_FORCE.

use crate::model::verdict::Status;
use anstyle::{AnsiColor, Style as Ansi};

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TermStyle {
    /// Whether ANSI colours are written.
    pub colour: bool,
    /// Columns that prose is wrapped to; 0 never wraps. Commands and tables ready to paste are never wrapped.
    pub width: usize,
}

impl TermStyle {
    /// No colour, 100 columns: what a pipe gets.
    pub const PLAIN: TermStyle = TermStyle { colour: false, width: 100 };

    /// Width that is left after `indent` columns, never less than 20; 0 stays 0.
    pub(super) fn room(&self, indent: usize) -> usize {
        if self.width == 0 { 0 } else { self.width.saturating_sub(indent).max(20) }
    }

    /// `text` in `ansi` where colour is on.
    pub(super) fn paint(&self, ansi: Ansi, text: &str) -> String {
        if self.colour { format!("{ansi}{text}{ansi:#}") } else { text.to_string() }
    }

    /// Bold.
    pub(super) fn bold(&self, text: &str) -> String {
        self.paint(Ansi::new().bold(), text)
    }

    /// Less important.
    pub(super) fn dim(&self, text: &str) -> String {
        self.paint(Ansi::new().dimmed(), text)
    }

    /// `PASS`, `FAIL`, …, padded to the longest of them and coloured. The words survive a log without colour.
    pub(super) fn status(&self, status: Status, shadow: bool) -> String {
        let colour = match status {
            _ if shadow && status != Status::Pass => AnsiColor::Magenta,
            Status::Pass => AnsiColor::Green,
            Status::Fail => AnsiColor::Red,
            Status::Warn => AnsiColor::Yellow,
            Status::Skip => AnsiColor::Blue,
            Status::Waived => AnsiColor::Cyan,
        };
        let padded = format!("{:<6}", status.name().to_ascii_uppercase());
        self.paint(colour.on_default().bold(), &padded)
    }

    /// A word such as `PASS` or `TIMEOUT`, padded to eight columns: red for a failure, green for `PASS` and `PASSED`, else
    /// yellow.
    pub fn outcome(&self, word: &str, failed: bool) -> String {
        let colour = match word {
            _ if failed => AnsiColor::Red,
            "PASS" | "PASSED" => AnsiColor::Green,
            _ => AnsiColor::Yellow,
        };
        self.paint(colour.on_default().bold(), &format!("{word:<8}"))
    }
}
