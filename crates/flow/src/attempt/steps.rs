//! What is run of an item, and what its results say.

use crate::commands;
use std::collections::HashSet;
use std::io::BufRead;
use tollgate_core::ingest;
use tollgate_core::model::suite::{Repeats, ResultReader, SuiteSpec, SuiteStatus};
use tollgate_core::model::test::{Reading, numbered};
use tollgate_core::plan;
use tollgate_core::triage::attempts::{SuiteAttempt, Unread};
use tollgate_host::run;
use tollgate_text::command::CommandLine;

/// The commands of an item: one for the whole suite, or one for each test that was asked for.
pub fn commands_of(
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

/// Commands with the test that each is asked for, as the loop that runs them takes them.
pub fn steps(commands: Vec<(CommandLine, Option<String>)>) -> Vec<run::JobStep> {
    commands.into_iter().map(|(command, test)| run::JobStep { command, test }).collect()
}

/// The tests that the next attempt runs alone: where nothing else is wrong than that tests failed, and their names reach
/// them.
pub fn narrow(attempt: &SuiteAttempt, spec: &SuiteSpec) -> Option<Vec<String>> {
    if spec.reader == ResultReader::Exit || spec.single.is_none() || attempt.status != SuiteStatus::Failed {
        return None;
    }
    let failed = attempt.failed_alone()?;
    // Of several tests of one name a command for one may run another.
    let names: HashSet<&str> = failed.iter().map(|case| case.name.as_str()).collect();
    if attempt.cases.iter().filter_map(|case| numbered(&case.name)).any(|plain| names.contains(plain)) {
        return None;
    }
    let failed = failed.iter().map(|case| case.selector().to_string()).collect();
    plan::by_name(spec, failed).ok().map(|tests| tests.into_iter().collect())
}

/// Readings whose tests are selected as the kind's command for one test takes them apart.
pub fn addressed(mut readings: Vec<Reading>, spec: &SuiteSpec) -> Vec<Reading> {
    let single = spec.single.as_ref().filter(|single| plan::takes_apart(single));
    for reading in &mut readings {
        let origins = std::mem::take(&mut reading.origins);
        if let Some(single) = single {
            for (case, origin) in reading.cases.iter_mut().zip(&origins) {
                case.selector = plan::selector(single, &case.name, origin);
            }
        }
    }
    readings
}

/// Reads what one command of an attempt left: a file, or its part of the log. `shown` is how errors call it.
pub fn read(
    reader: ResultReader,
    repeats: Repeats,
    input: &mut dyn BufRead,
    shown: &str,
) -> Result<Vec<Reading>, Unread> {
    ingest::read_as(reader, repeats, input).map_err(|fault| {
        let line = fault.line.map_or(String::new(), |line| format!(":{line}"));
        Unread::Wrong(format!("{shown}{line}: {}", fault.message))
    })
}
