//! What failed in a run that was just written, one entry for each thing that a person would name, with its place in the workspace and
//! the command that repeats it: for the terminal, and for reports. Commands are made from `tollgate.toml` alone.

use crate::commands::Replays;
use crate::failure_text::{lines, lint_command, of_suite, said};
use crate::ground::Ground;
use crate::source_place::SourcePlaces;
use std::collections::{BTreeMap, VecDeque};
use tollgate_core::model::record::{SuiteRecord, lint_log};
use tollgate_core::model::run::RunSummary;
use tollgate_core::model::test::{Failure, TestCase, TestResult, TestStatus};
use tollgate_core::model::told::{AllFailed, FIRST, Failed};
use tollgate_host::files::read_tail;
use tollgate_host::record::{File, Folder};

/// Entries of a run that are told of, but that of each suite `FIRST` tests are.
const MOST: usize = 1_000;
/// Tests of one suite that are told of.
const OF_SUITE: usize = 100;
/// Lines of a message.
const LINES: usize = 8;
/// Bytes at the end of an output that are looked at for what it says.
const TAIL: u64 = 64 << 10;

/// What failed: lint steps first, then suites that failed without a test, then tests. What stands first is most likely the cause of
/// the rest.
pub fn failed(
    ground: &Ground,
    folder: &Folder,
    replays: &Replays<'_>,
    records: &[SuiteRecord],
    summary: &RunSummary,
) -> AllFailed {
    let red: Vec<&SuiteRecord> = records.iter().filter(|r| r.result.status.is_failure()).collect();
    let lint = summary.lint.iter().filter(|step| !step.passed);
    let places = SourcePlaces::new(&ground.root, &ground.run.suites, ground.commit.as_deref());
    let finder = Finder { ground, replays, places };
    let mut all = AllFailed::default();
    for step in lint {
        let tail = folder.lint_tail(&step.name, TAIL).unwrap_or_default();
        let log = folder.rel(File::Summary).replace("summary.json", &lint_log(&step.name));
        put(&mut all, finder.lint(&step.name, &tail, &log), 0);
    }
    for record in red.iter().filter(|r| failed_tests(r).next().is_none()) {
        put(&mut all, finder.suite(record), 0);
    }
    for record in &red {
        finder.tests(record, &mut all);
    }
    all
}

/// Adds an entry where there is room, and counts it else.
fn put(all: &mut AllFailed, entry: Failed, of_suite: usize) {
    let room = all.listed.len() < MOST && of_suite < OF_SUITE;
    if room || (of_suite < FIRST && entry.test.is_some()) { all.listed.push(entry) } else { all.more += 1 }
}

fn failed_tests(record: &SuiteRecord) -> impl Iterator<Item = &TestResult> {
    record.result.tests.iter().filter(|test| test.status == TestStatus::Failed)
}

struct Finder<'g> {
    ground: &'g Ground,
    replays: &'g Replays<'g>,
    places: SourcePlaces<'g>,
}

impl Finder<'_> {
    fn lint(&self, name: &str, tail: &str, log: &str) -> Failed {
        let said = said(self.ground.causes(), tail);
        let message = said.as_ref().map(|said| lines(&said.message, LINES)).filter(|said| !said.is_empty());
        Failed {
            kind: None,
            suite: name.to_string(),
            test: None,
            word: "FAIL",
            message: message.unwrap_or_else(|| format!("it failed: {log}")),
            at: said.and_then(|said| self.places.of_failure(None, None, &said)),
            alone: None,
            again: lint_command(&self.ground.run.lint, name, self.replays),
        }
    }

    /// A suite that failed by something else than its tests.
    fn suite(&self, record: &SuiteRecord) -> Failed {
        let log = (!record.log.is_empty())
            .then(|| read_tail(&self.ground.root.real().join(&record.log), &record.log, TAIL))
            .flatten();
        let said = log.and_then(|tail| said(self.ground.causes(), &String::from_utf8_lossy(&tail)));
        let own = said.as_ref().map(|said| said.message.as_str());
        let message = of_suite(record.fault.as_deref(), own, ended(record), LINES);
        let place = said.and_then(|said| said.place);
        let at = self.places.of_failure(Some(&record.result.kind), None, &Failure::new(&message, "", place));
        Failed { message, at, ..self.of_suite(record) }
    }

    fn tests(&self, record: &SuiteRecord, all: &mut AllFailed) {
        // Two tests may have one name: their failures are told in their order.
        let mut cases: BTreeMap<&str, VecDeque<&TestCase>> = BTreeMap::new();
        for case in record.failures.iter().filter(|case| case.status == TestStatus::Failed) {
            cases.entry(&case.name).or_default().push_back(case);
        }
        for (nth, test) in failed_tests(record).enumerate() {
            if nth >= OF_SUITE || (nth >= FIRST && all.listed.len() >= MOST) {
                all.more += 1;
                continue;
            }
            let case = cases.get_mut(test.name.as_str()).and_then(VecDeque::pop_front);
            let failure = case.and_then(|case| case.failure.as_ref());
            let kind = record.result.kind.as_str();
            let of_suite = self.of_suite(record);
            let alone = self.replays.test(kind, &record.result.name, test.selector());
            let entry = Failed {
                test: Some(test.name.clone()),
                message: failure.map(|failure| lines(&failure.message, LINES)).unwrap_or_default(),
                at: failure.and_then(|failure| self.places.of_failure(Some(kind), Some(&test.name), failure)),
                again: alone.clone().unwrap_or_else(|| of_suite.again.clone()),
                alone,
                ..of_suite
            };
            put(all, entry, nth);
        }
    }

    fn of_suite(&self, record: &SuiteRecord) -> Failed {
        let result = &record.result;
        Failed {
            kind: Some(result.kind.clone()),
            suite: result.name.clone(),
            test: None,
            word: result.status.word(),
            message: String::new(),
            at: None,
            alone: None,
            again: self.replays.suite(record.role, &result.kind, &result.name),
        }
    }
}

/// How a suite ended, where nothing else is said of it.
fn ended(record: &SuiteRecord) -> String {
    match (record.result.exit_code, record.result.signal) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => format!("is {}", record.result.status.name().replace('_', " ")),
    }
}
