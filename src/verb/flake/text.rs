//! A flake report as people read it.

use crate::verb::flake::report::FlakeAnswer;
use std::fmt::Write as _;
use tollgate_core::report::text::{terminal, terminal_cut};
use tollgate_core::triage::Habit;

/// The text; ends in a newline.
pub fn human(answer: &FlakeAnswer) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let tests = &answer.report.tests;
    for test in tests {
        let own = test.test.as_ref().map_or(String::new(), |test| format!(" {test}"));
        let name = terminal_cut(&format!("{}/{}{own}", test.kind, test.suite), 300);
        let _ = writeln!(out, "{:<8} {:<13} {name}", test.habit.name(), test.class.name());
        let _ = writeln!(
            out,
            "         failed in {}; passed {}, failed {}, flaky {}",
            test.rate.sentence(),
            test.passed,
            test.failed,
            test.flaky
        );
        if test.failed_apart > 0 {
            let _ = writeln!(
                out,
                "         and failed {} times in trees or environments in which it never passed, which counts apart",
                test.failed_apart
            );
        }
        if !test.disagreeing_commits.is_empty() {
            let commits: Vec<String> = test.disagreeing_commits.iter().map(|c| terminal_cut(c, 64)).collect();
            let _ = writeln!(
                out,
                "         passed and failed in one tree and environment on {}",
                commits.join(", ")
            );
        }
        for evidence in &test.evidence {
            let _ = writeln!(out, "         {}", terminal(evidence));
        }
    }
    for note in &answer.notes {
        let _ = writeln!(out, "note: {}", terminal(note));
    }
    let count = |habit| tests.iter().filter(|t| t.habit == habit).count();
    let _ = writeln!(
        out,
        "runs {} flaky {} changed {} failing {}",
        answer.report.runs,
        count(Habit::Flaky),
        count(Habit::Changed),
        count(Habit::Failing)
    );
    out
}
