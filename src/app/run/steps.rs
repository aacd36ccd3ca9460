//! What is run of an item, and what its results say.

use crate::app::commands;
use crate::base::command::CommandLine;
use crate::ingest;
use crate::model::suite::{Reader, SuiteSpec, SuiteStatus};
use crate::model::test::{Reading, numbered};
use crate::plan;
use crate::run;
use crate::triage::attempts::{Attempt, Unread};
use std::collections::HashSet;
use std::io::BufRead;

/// The commands of an item: one for the whole suite, or one for each test that was asked for.
pub(in crate::app) fn commands_of(
    spec: &SuiteSpec,
    name: &str,
    tests: Option<&[String]>,
    out: &str,
) -> Vec<(CommandLine, Option<String>)> {
    match (tests, &spec.single) {
        (Some(tests), Some(_)) => tests
            .iter()
            .filter_map(|test| Some((commands::single(spec, name, test, out)?, Some(test.clone()))))
            .collect(),
        _ => commands::whole(spec, name, out).map(|command| (command, None)).into_iter().collect(),
    }
}

/// Whether a command of the whole suite runs test binaries one after another and leaves out those behind one that failed: cargo
/// without `--no-fail-fast`, and not for a single target. Of what else prints cargo's words nobody knows.
pub(super) fn leaves_out(command: &CommandLine) -> bool {
    let words = std::iter::once(command.program()).chain(command.arguments().iter().map(String::as_str));
    let words: Vec<&str> = words.take_while(|word| *word != "--").collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let tests = words.iter().any(|w| *w == "cargo" || w.ends_with("/cargo")) && has(&["test", "t"]);
    let named = |word: &&&str| {
        ["--test", "--bin", "--example", "--bench"]
            .iter()
            .any(|flag| word.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    };
    let targets =
        words.iter().filter(named).count() + usize::from(has(&["--lib"])) + usize::from(has(&["--doc"]));
    tests && !has(&["--no-fail-fast"]) && (targets != 1 || has(&["--workspace", "--all"]))
}

/// The same as the loop takes them.
pub(in crate::app) fn steps(commands: Vec<(CommandLine, Option<String>)>) -> Vec<run::Step> {
    commands.into_iter().map(|(command, test)| run::Step { command, test }).collect()
}

/// The tests that the next attempt runs alone: where nothing else is wrong than that tests failed, and their names reach
/// them.
pub(super) fn narrow(attempt: &Attempt, spec: &SuiteSpec) -> Option<Vec<String>> {
    if spec.reader == Reader::Exit || spec.single.is_none() || attempt.status != SuiteStatus::Failed {
        return None;
    }
    let failed = attempt.failed_alone()?;
    // Of several tests of one name a command for one may run another.
    let names: HashSet<&str> = failed.iter().map(|case| case.name.as_str()).collect();
    if attempt.cases.iter().filter_map(|case| numbered(&case.name)).any(|plain| names.contains(plain)) {
        return None;
    }
    let failed = failed.iter().map(|case| case.selector().to_string()).collect();
    plan::by_name(spec.reader, failed).ok().map(|tests| tests.into_iter().collect())
}

/// Reads what one command of an attempt left: a file, or its part of the log. `shown` is how errors call it.
pub(in crate::app) fn read(
    reader: Reader,
    input: &mut dyn BufRead,
    shown: &str,
) -> Result<Vec<Reading>, Unread> {
    ingest::read(reader, input).map_err(|fault| {
        let line = fault.line.map_or(String::new(), |line| format!(":{line}"));
        Unread::Wrong(format!("{shown}{line}: {}", fault.message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_leaves_binaries_out_where_there_may_be_several() {
        let of = |text: &str| leaves_out(&CommandLine::parse(text).unwrap());
        for several in [
            "cargo test",
            "A=b /x/cargo +nightly t -- --lib",
            "cargo test --test a --test=b",
            "cargo test --workspace --lib",
        ] {
            assert!(of(several), "{several}");
        }
        for one in [
            "cargo test --no-fail-fast",
            "cargo test --lib",
            "cargo test --locked --test a -- --nocapture",
            "sh cargo.sh test",
            "cargo build",
        ] {
            assert!(!of(one), "{one}");
        }
    }
}
