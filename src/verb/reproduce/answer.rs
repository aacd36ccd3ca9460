//! What `tollgate reproduce` answers, and how people read it.

use serde::Serialize;
use tollgate_core::report::text::terminal;

/// A command that may be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// The gate.
    pub id: String,
    /// The gate file's own command, filled in.
    pub command: String,
    /// What a person should know before running it, one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A gate whose command is not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The gate, as the verdict or the command line names it.
    pub id: String,
    /// What the verdict would have run: text of unknown origin.
    pub recorded: Option<String>,
    /// The gate file's own command; null when no gate file knows the gate.
    pub own: Option<String>,
    /// One sentence.
    pub why: String,
}

/// How a run of one command came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// It failed again.
    Reproduced,
    /// It ended with exit code 0.
    NotReproduced,
    /// It was ended at the timeout: neither.
    TimedOut,
    /// It could not be started, or ended before it got to what failed.
    NotStarted,
    /// tollgate was told to stop.
    Interrupted,
}

/// One command that was run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RanCommand {
    /// The gate.
    pub id: String,
    /// What was run.
    pub command: String,
    /// How it came out.
    pub came: Came,
    /// Its exit code, when it exited.
    pub exit_code: Option<i32>,
    /// One sentence.
    pub detail: String,
    /// Wall time.
    pub seconds: f64,
    /// The end of its output, not UTF-8 made visible.
    pub output: String,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reproduction {
    /// The file that says what failed; null when gates were named and there was none.
    pub verdict: Option<String>,
    /// In gate order.
    pub commands: Vec<Planned>,
    /// In gate order.
    pub refused: Vec<Refused>,
    /// With `--exec`, in the order run.
    pub ran: Vec<RanCommand>,
    /// Commands that an interrupt kept from starting.
    pub not_run: Vec<String>,
    /// What makes the first run, one sentence, where there is none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_run: Option<String>,
}

impl Reproduction {
    /// 130 or 143 when interrupted; 1 when a command was refused, failed again, or was ended at the timeout; 4 when one
    /// could not be started; else 0.
    pub fn exit_code(&self) -> u8 {
        if let Some(ran) = self.ran.iter().find(|r| r.came == Came::Interrupted) {
            return if ran.exit_code == Some(143) { 143 } else { 130 };
        }
        let any = |came| self.ran.iter().any(|r| r.came == came);
        if !self.refused.is_empty() || any(Came::Reproduced) || any(Came::TimedOut) {
            1
        } else if any(Came::NotStarted) {
            4
        } else {
            0
        }
    }

    /// What goes to stdout: `id: command`, one a line; before the first run what makes it.
    pub fn lines(&self) -> String {
        if let Some(said) = self.no_run.as_ref().filter(|_| self.ran.is_empty()) {
            return format!("{}\n", terminal(said));
        }
        let line = |c: &Planned| format!("{}: {}\n", terminal(&c.id), terminal(&c.command));
        self.commands.iter().map(line).collect()
    }
}

/// What people read on stderr after the commands: what was refused, and what came of the rest.
pub fn human(answer: &Reproduction) -> String {
    let mut lines = Vec::new();
    if answer.commands.is_empty() && answer.refused.is_empty() {
        let verdict = answer.verdict.as_deref().unwrap_or("the verdict");
        lines.push(format!("nothing fails in {}", terminal(verdict)));
    }
    for planned in &answer.commands {
        lines.extend(
            planned.note.as_ref().map(|note| format!("{}: {}", terminal(&planned.id), terminal(note))),
        );
    }
    for refused in &answer.refused {
        lines.push(format!("refused {}: {}; it is not run", terminal(&refused.id), terminal(&refused.why)));
        if let Some(recorded) = &refused.recorded {
            let cut: String = recorded.chars().take(500).collect();
            lines.push(format!("  recorded: {}", terminal(&cut)));
        }
        if let Some(own) = &refused.own {
            lines.push(format!("  gate's own: {}", terminal(own)));
        }
    }
    for ran in &answer.ran {
        lines.push(format!("{}: {} ({:.1} s)", terminal(&ran.id), terminal(&ran.detail), ran.seconds));
    }
    if !answer.ran.is_empty() {
        let count = |came| answer.ran.iter().filter(|r| r.came == came).count();
        let (again, not) = (count(Came::Reproduced), count(Came::NotReproduced));
        let other = answer.ran.len() - again - not + answer.not_run.len();
        lines.push(format!("{again} reproduced, {not} did not, {other} undecided"));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}
