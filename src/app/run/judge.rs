//! From how a suite's attempts ended to its record and its digest.

use crate::app::commands::{self, Replays};
use crate::base::redact::Masker;
use crate::ingest;
use crate::model::plan::Item;
use crate::model::run::{RemediationPointer, SuiteRecord};
use crate::model::suite::{Reader, SuiteResult, SuiteStatus};
use crate::model::test::{Case, Failure, Reading, TestStatus};
use crate::model::waiver::Entry;
use crate::plan;
use crate::triage::attempts::{self, Attempt, Combined, Unread};
use crate::triage;
use std::io::BufRead;

/// Failures of one suite that its record keeps with their texts.
const FAILURES: usize = 100;
/// Bytes of a failure's text in the record.
const TEXT: usize = 4 << 10;

/// Reads what one command of an attempt left: a file, or its part of the log.
pub(super) fn read(reader: Reader, input: &mut dyn BufRead, shown: &str) -> Result<Vec<Reading>, Unread> {
    ingest::read(reader, input).map_err(|fault| {
        let line = fault.line.map_or(String::new(), |line| format!(":{line}"));
        Unread::Wrong(format!("{shown}{line}: {}", fault.message))
    })
}

/// A failure's texts with secrets masked and cut short; how many were masked is added to `count`.
fn masked(failure: &Failure, masker: &Masker, count: &mut u64) -> Failure {
    let mut hide = |text: &str| {
        let (text, n) = masker.mask(text);
        *count += n;
        text
    };
    let (message, text) = (hide(&failure.message), hide(&failure.text));
    let place = failure.place.clone();
    let mut end = text.len().min(TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Failure::new(&message, &text[..end], place)
}

/// What is known of a suite when its attempts are over.
pub(super) struct Finished<'a> {
    pub item: &'a Item,
    pub attempts: &'a [Attempt],
    pub duration_ms: u64,
    pub reader: Reader,
    pub command: String,
    pub cwd: String,
    pub log: String,
    pub started_at: String,
    pub finished_at: String,
    pub leftovers: u64,
    pub masked: u64,
}

/// The suite's record, and its cases for the digest.
pub(super) fn record(
    finished: Finished<'_>,
    masker: &Masker,
    quarantines: &[Entry],
    log_tail: &str,
) -> (SuiteRecord, Vec<Case>) {
    let mut combined = attempts::combine(finished.attempts);
    let mut count = finished.masked;
    for case in &mut combined.cases {
        if let Some(failure) = &case.failure {
            case.failure = Some(masked(failure, masker, &mut count));
        }
    }
    combined.fault = combined.fault.map(|fault| {
        let (text, n) = masker.mask(&fault);
        count += n;
        text
    });
    let item = finished.item;
    let signature = |case: &Case| triage::signature(case.failure.as_ref(), &case.name);
    let attempts = u32::try_from(finished.attempts.len()).unwrap_or(u32::MAX);
    let mut result =
        attempts::result(&item.name, &item.kind, &combined, attempts, finished.duration_ms, &signature);
    let failed = result.status.is_failure();
    let cause = failed.then(|| triage::cause(result.status, result.signal, &combined, log_tail));
    let own = failed.then(|| suite_signature(&combined));
    quarantine(&mut result, quarantines, own.as_deref().filter(|_| combined.fault.is_some()));
    let failed = result.status.is_failure();
    let failures = combined
        .cases
        .iter()
        .filter(|c| matches!(c.status, TestStatus::Failed | TestStatus::Flaky))
        .take(FAILURES)
        .cloned()
        .collect();
    let record = SuiteRecord {
        role: item.role,
        result,
        reader: finished.reader.name().into(),
        command: masker.mask(&finished.command).0,
        cwd: finished.cwd,
        log: finished.log,
        started_at: finished.started_at,
        finished_at: finished.finished_at,
        fault: combined.fault,
        root_cause_class: cause.filter(|_| failed),
        signature: own.filter(|_| failed),
        failures,
        leftovers: finished.leftovers,
        masked: count,
    };
    (record, combined.cases)
}

/// Relabels what quarantine entries cover; `outside` is the signature of a failure outside any test.
fn quarantine(result: &mut SuiteResult, entries: &[Entry], outside: Option<&str>) {
    let outcome =
        plan::Outcome { suite: &result.name, status: result.status, tests: &result.tests, outside };
    let judged = plan::quarantine(entries, &outcome);
    result.status = judged.status;
    for (test, status) in result.tests.iter_mut().zip(judged.tests) {
        test.status = status;
    }
    result.recount();
}

/// The signature of a suite's failure: that of its first failed test, else of what went wrong outside any.
fn suite_signature(combined: &Combined) -> String {
    let first = combined.cases.iter().find(|c| c.status == TestStatus::Failed);
    match (first, &combined.fault) {
        (Some(case), _) => triage::signature(case.failure.as_ref(), &case.name),
        (None, Some(fault)) => triage::signature(Some(&Failure::new(fault, "", None)), fault),
        (None, None) => triage::signature(None, combined.status.name()),
    }
}

/// The commands of a digest.
pub(super) fn pointer(replays: &Replays<'_>, record: &SuiteRecord) -> RemediationPointer {
    let result = &record.result;
    let suite = replays.suite(record.role, &result.kind, &result.name);
    let first = result.tests.iter().find(|t| t.status == TestStatus::Failed);
    let test = first.and_then(|t| {
        replays.test(&result.kind, &result.name, t.selector.as_deref().unwrap_or(&t.name))
    });
    RemediationPointer {
        replay_command: test.clone().unwrap_or_else(|| suite.clone()),
        suite_replay_command: suite,
        targeted_test_replay_command: test,
    }
}

/// The steps of the next attempt at what failed: the failed tests alone where nothing else is wrong and the kind has a
/// command for one test, else the whole suite.
pub(super) fn narrow(attempt: &Attempt, reader: Reader) -> Option<Vec<String>> {
    if reader == Reader::Exit || attempt.status != SuiteStatus::Failed {
        return None;
    }
    Some(attempt.failed_alone()?.iter().map(|case| case.selector().to_string()).collect())
}

/// The command of an item as people are shown it.
pub(super) fn shown_command(replays: &Replays<'_>, item: &Item) -> String {
    match item.tests.as_deref() {
        Some([test]) => replays
            .test(&item.kind, &item.name, test)
            .unwrap_or_else(|| replays.suite(item.role, &item.kind, &item.name)),
        _ => replays.suite(item.role, &item.kind, &item.name),
    }
}

/// The commands of an item: one for the whole suite, or one for each test that was asked for.
pub(super) fn commands_of(
    spec: &crate::model::suite::SuiteSpec,
    name: &str,
    tests: Option<&[String]>,
    out: &str,
) -> Vec<(crate::base::command::CommandLine, Option<String>)> {
    match (tests, &spec.single) {
        (Some(tests), Some(_)) => tests
            .iter()
            .filter_map(|test| Some((commands::single(spec, name, test, out)?, Some(test.clone()))))
            .collect(),
        _ => vec![(commands::whole(spec, name, out), None)],
    }
}
