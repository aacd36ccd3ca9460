//! From how a suite's attempts ended to its record, and to the files of its folder: for `run` and `ingest` alike.

use super::commands::Replays;
use super::error::Error;
use super::masking::mask_names;
use crate::base::redact::Masker;
use crate::ingest;
use crate::model::plan::Item;
use crate::model::record::SuiteRecord;
use crate::model::run::Identity;
use crate::model::suite::{Reader, SuiteResult};
use crate::model::test::{Case, Failure, TestStatus};
use crate::model::waiver::Entry;
use crate::plan;
use crate::record::{Folder, SuiteFolders};
use crate::triage::attempts::{self, Attempt, Combined};
use crate::triage::{self, Causes, Facts, ToDigest};

/// Failures of one suite that its record keeps with their texts.
const FAILURES: usize = 100;
/// Bytes of a failure's text in the record.
const TEXT: usize = 4 << 10;

/// What is known of a suite when its attempts are over.
pub(super) struct SuiteEnd {
    /// The suite.
    pub item: Item,
    /// At least one.
    pub attempts: Vec<Attempt>,
    /// Wall time of all attempts.
    pub duration_ms: u64,
    /// What read its results.
    pub reader: Reader,
    /// The command, as people are shown it.
    pub command: String,
    /// Where it ran, workspace-relative.
    pub cwd: String,
    /// Its output, workspace-relative.
    pub log: String,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339.
    pub finished_at: String,
    /// Processes that outlived it.
    pub leftovers: u64,
    /// Secrets masked in its output.
    pub masked: u64,
}

/// The record of a suite, its cases for the digest, and what a person should know: failures of what is quarantined that
/// block all the same.
pub(super) struct Recorded {
    /// The record.
    pub record: SuiteRecord,
    /// Every case, with its first failure.
    pub cases: Vec<Case>,
    /// One sentence each.
    pub notes: Vec<String>,
}

/// Judges a suite. `tail` is the end of its output, masked.
pub(super) fn record_of(end: SuiteEnd, masker: &Masker, quarantines: &[Entry], tail: &str) -> Recorded {
    let mut combined = attempts::combine(&end.attempts);
    let masked =
        end.masked + mask(&mut combined, masker) + mask_names(&mut combined.cases, end.reader, masker);
    let signature = |case: &Case| triage::signature(case.failure.as_ref(), &case.name);
    let attempts = u32::try_from(end.attempts.len()).unwrap_or(u32::MAX);
    let (name, kind) = (&end.item.name, &end.item.kind);
    let mut result = attempts::result(name, kind, &combined, attempts, end.duration_ms, &signature);
    let outside = combined.fault.as_ref().filter(|_| result.status.is_failure());
    let outside = outside.map(|fault| triage::signature(Some(&Failure::new(fault, "", None)), fault));
    // In Go the test around a failed one fails with it.
    let carried = (end.reader == Reader::Go)
        .then(|| triage::signature(Some(&Failure::new(ingest::SUBTEST_FAILED, "", None)), ""));
    let notes = quarantine(&mut result, quarantines, outside.as_deref(), carried.as_deref());
    let failed = result.status.is_failure();
    let first = combined.cases.iter().find(|c| c.status == TestStatus::Failed);
    let facts = Facts { status: result.status, signal: result.signal, fault: combined.fault.as_deref() };
    let failure = first.and_then(|c| c.failure.as_ref());
    let cause = failed.then(|| triage::cause(Causes::embedded(), facts, failure, tail));
    let own = first.map(signature).or(outside);
    let record = SuiteRecord {
        role: end.item.role,
        result,
        reader: end.reader.name().into(),
        command: end.command,
        cwd: end.cwd,
        log: end.log,
        started_at: end.started_at,
        finished_at: end.finished_at,
        fault: combined.fault,
        root_cause_class: cause,
        signature: own.filter(|_| failed),
        failures: kept(&combined.cases),
        leftovers: end.leftovers,
        masked,
    };
    Recorded { record, cases: combined.cases, notes }
}

/// Masks secrets in what the results say, which came past the masking of the output; gives their number.
fn mask(combined: &mut Combined, masker: &Masker) -> u64 {
    let mut count = 0;
    let mut hide = |text: &str| {
        let (text, n) = masker.mask(text);
        count += n;
        text
    };
    for failure in combined.cases.iter_mut().filter_map(|c| c.failure.as_mut()) {
        *failure = Failure::new(&hide(&failure.message), &hide(&failure.text), failure.place.clone());
    }
    combined.fault = combined.fault.as_deref().map(&mut hide);
    count
}

/// The failed and flaky cases that the record keeps, their texts cut short.
fn kept(cases: &[Case]) -> Vec<Case> {
    let red = cases.iter().filter(|c| matches!(c.status, TestStatus::Failed | TestStatus::Flaky));
    let short = |failure: &Failure| {
        let end = (0..=failure.text.len().min(TEXT)).rev().find(|at| failure.text.is_char_boundary(*at));
        Failure::new(&failure.message, &failure.text[..end.unwrap_or(0)], failure.place.clone())
    };
    red.take(FAILURES).map(|c| Case { failure: c.failure.as_ref().map(short), ..c.clone() }).collect()
}

/// Relabels what quarantine entries cover; `outside` is the signature of a failure outside any test, `carried` that of a test
/// that only fails by those within it.
fn quarantine(
    result: &mut SuiteResult,
    entries: &[Entry],
    outside: Option<&str>,
    carried: Option<&str>,
) -> Vec<String> {
    let SuiteResult { name, status, tests, .. } = &*result;
    let outcome = plan::Outcome { suite: name, status: *status, tests, outside, carried };
    let judged = plan::quarantine(entries, &outcome);
    result.status = judged.status;
    for (test, status) in result.tests.iter_mut().zip(judged.tests) {
        test.status = status;
    }
    result.recount();
    judged.notes
}

/// Writes the files of a suite's folder: its result, and when it failed its digest and timeline.
pub(super) fn write_suite(
    folder: &Folder,
    folders: &SuiteFolders,
    identity: &Identity,
    recorded: &Recorded,
    tail: &str,
    replays: &Replays<'_>,
) -> Result<(), Error> {
    let record = &recorded.record;
    let own = folders.of(&record.result.kind, &record.result.name);
    folder.write_result(&own, identity, record)?;
    if record.result.status.is_failure() {
        let from = ToDigest {
            identity,
            record,
            cases: &recorded.cases,
            log_tail: tail,
            commands: replays.pointer(record),
        };
        let mut digested = triage::digest(Causes::embedded(), from);
        // The index and the record say the same of the suite as its digest.
        if let Some(signature) = &record.signature {
            digested.digest.signature.clone_from(signature);
        }
        if let Some(class) = record.root_cause_class {
            digested.digest.root_cause_class = class;
        }
        folder.write_digest(&own, &digested.digest)?;
        folder.write_timeline(&own, &digested.timeline)?;
    }
    Ok(())
}
