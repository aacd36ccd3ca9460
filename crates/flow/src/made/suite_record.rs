//! From how a suite's attempts ended to its record, and to the files of its folder: for `run` and `ingest` alike.

use crate::commands::Replays;
use crate::error::Error;
use crate::ground::Ground;
use crate::masking::{mask_failures, mask_names};
use tollgate_core::model::flake::FlakeRules;
use tollgate_core::model::plan::PlannedSuite;
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::run::Identity;
use tollgate_core::model::signature::Basis;
use tollgate_core::model::suite::{RanPart, ResultReader, SuiteResult};
use tollgate_core::model::test::{Failure, TestCase, TestStatus};
use tollgate_core::model::waiver::WaiverEntry;
use tollgate_core::plan;
use tollgate_core::triage::attempts::{self, Combined, Judging, SuiteAttempt};
use tollgate_core::triage::{self, Causes, Digested, SuiteFacts, ToDigest};
use tollgate_host::record::{Folder, SuiteFolders};
use tollgate_text::figures::total;
use tollgate_text::redact::Masker;
use tollgate_text::show::show;

/// Failures of one suite that its record keeps with their texts.
const FAILURES: usize = 100;
/// Bytes of a first failure's text in the record.
const TEXT: usize = 4 << 10;
/// Bytes of all further failures of one suite; past it no more is kept than that there was one.
const LATER: usize = 256 << 10;
/// Attempts whose faults the record keeps.
const FAULTS: usize = 100;

/// What is known of a suite when its attempts are over.
pub struct SuiteEnd {
    /// The suite.
    pub item: PlannedSuite,
    /// In a replay, how much of it ran.
    pub ran: Option<RanPart>,
    /// The digest of how it was said to run, where tollgate ran it.
    pub definition: Option<String>,
    /// At least one.
    pub attempts: Vec<SuiteAttempt>,
    /// Wall time of all attempts.
    pub duration_ms: u64,
    /// What read its results.
    pub reader: ResultReader,
    /// What a retry that passed proves.
    pub rules: FlakeRules,
    /// The digest of the environment that it ran in, where that is known.
    pub environment: Option<String>,
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
    /// What was let through in it.
    pub mask_allowed: u64,
}

/// The record of a suite, its cases for the digest, and what a person should know: failures of what is quarantined that
/// block all the same.
pub struct Recorded {
    /// The record.
    pub record: SuiteRecord,
    /// Every case, with its failures.
    pub cases: Vec<TestCase>,
    /// One sentence each.
    pub notes: Vec<String>,
}

/// Judges a suite. `tail` is the end of its output, masked.
pub fn record_of(end: SuiteEnd, masker: &Masker, ground: &Ground, tail: &str) -> Recorded {
    let judging = Judging { reader: end.reader, rules: end.rules };
    let mut combined = attempts::combine(&end.attempts, &judging);
    let masked = end.masked + mask(&mut combined, end.reader, masker);
    let attempts = u32::try_from(end.attempts.len()).unwrap_or(u32::MAX);
    let (name, kind) = (&end.item.name, &end.item.kind);
    let mut result = triage::result(name, kind, &combined, attempts, end.duration_ms);
    (result.ran, result.definition, result.environment) = (end.ran, end.definition, end.environment);
    // Of a suite that is read by its exit code the one test is the suite.
    if let (ResultReader::Exit, [test]) = (end.reader, result.tests.as_mut_slice()) {
        (test.duration_ms, result.incomplete) = (Some(end.duration_ms), false);
    }
    let of_fault =
        |fault: &str, basis| triage::signature(Some(&Failure::new(fault, "", None).resting_on(basis)), name);
    let unexplained = unexplained(&end.attempts, end.reader);
    let faults = combined.faults.iter().map(|f| (f.fault.as_str(), f.basis));
    // How it ended says that there was more than its tests, and not what.
    let faults = faults.chain(unexplained.as_deref().map(|fault| (fault, Basis::Fallback)));
    if result.status.is_failure() {
        result.outside = triage::distinct(faults.map(|(fault, basis)| of_fault(fault, basis)), None);
    }
    // Of one attempt `fault` says it already.
    combined.faults.truncate(if end.attempts.len() > 1 { FAULTS } else { 0 });
    let mut notes = quarantine(&mut result, &ground.quarantines);
    if let Some(stopped) = stopped(&end.attempts) {
        notes.push(format!("`{}`: {stopped}; a replay runs it whole", show(name)));
    }
    let failed = result.status.is_failure();
    if failed && result.failed == 0 && combined.fault.is_none() {
        (combined.fault, combined.basis) = (unexplained, Basis::Fallback);
    }
    // A quarantined test did not fail the suite: neither its signature nor its cause is the suite's.
    let mut told = combined.cases.iter().zip(&result.tests);
    let first = told.find(|(_, test)| test.status == TestStatus::Failed).map(|(case, _)| case);
    let facts = SuiteFacts { status: result.status, signal: result.signal, fault: combined.fault.as_deref() };
    let failure = first.and_then(|c| c.failure.as_ref());
    let cause = failed.then(|| triage::cause(ground.causes(), facts, failure, tail));
    let signed = |case: &TestCase| triage::signature(case.failure.as_ref(), &case.name);
    let own = first.map(signed).or_else(|| Some(of_fault(combined.fault.as_deref()?, combined.basis)));
    let own = own.filter(|_| failed);
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
        basis: own.as_ref().map(|own| own.basis),
        signature: own.map(|own| own.signature),
        failures: kept(&combined.cases),
        faults: combined.faults,
        leftovers: end.leftovers,
        masked,
        mask_allowed: end.mask_allowed,
    };
    Recorded { record, cases: combined.cases, notes }
}

/// Why what the suite left out is not known, where no attempt at it came to its end: a sentence.
fn stopped(attempts: &[SuiteAttempt]) -> Option<&str> {
    let ran_on = |a: &SuiteAttempt| a.whole && a.stopped.is_none() && a.fault.is_none();
    let said = attempts.iter().find_map(|a| a.stopped.as_deref());
    said.filter(|_| !attempts.iter().any(ran_on))
}

/// What the failed tests of an attempt do not explain, one sentence: it did not end as it does when tests fail. While such a
/// test blocks, that is all there is to say; where all of them are quarantined, this is not.
fn unexplained(attempts: &[SuiteAttempt], reader: ResultReader) -> Option<String> {
    let by_tests =
        |a: &&SuiteAttempt| a.fault.is_none() && a.cases.iter().any(|c| c.status == TestStatus::Failed);
    if let Some(stopped) = stopped(attempts) {
        return Some(stopped.to_string());
    }
    attempts.iter().filter(by_tests).find_map(|attempt| {
        let code = attempt.exit_code.filter(|code| *code != 0 && !reader.fails_with(*code))?;
        Some(format!("it ended with exit code {code}, and not as `{}` does when tests fail", reader.name()))
    })
}

/// Masks secrets in what the results say, which came past the masking of the output; gives their number.
fn mask(combined: &mut Combined, reader: ResultReader, masker: &Masker) -> u64 {
    let faults = combined.faults.iter_mut().map(|f| &mut f.fault).chain(&mut combined.fault);
    let of_faults: u64 = total(faults.map(|fault| masker.hide(fault)));
    of_faults + mask_failures(&mut combined.cases, masker) + mask_names(&mut combined.cases, reader, masker)
}

/// The failed and flaky cases that the record keeps, their texts cut short. Of the others only how often they failed is kept,
/// where that is more than once, so that every failed attempt is told of.
fn kept(cases: &[TestCase]) -> Vec<TestCase> {
    let red = cases.iter().filter(|c| matches!(c.status, TestStatus::Failed | TestStatus::Flaky));
    let mut left = LATER;
    let mut later = |failure: &Failure| {
        let fits = if failure.size() <= left { failure.short(TEXT) } else { Failure::default() };
        left -= fits.size();
        fits
    };
    let keep = |(nth, case): (usize, &TestCase)| {
        let (failure, later) = if nth < FAILURES {
            let first = case.failure.as_ref().map(|f| f.short(TEXT));
            (first, case.later.iter().map(&mut later).collect())
        } else if case.later.is_empty() {
            return None;
        } else {
            (Some(Failure::default()), vec![Failure::default(); case.later.len()])
        };
        Some(TestCase { failure, later, ..bare(case) })
    };
    red.enumerate().filter_map(keep).collect()
}

/// The case without its failures.
fn bare(case: &TestCase) -> TestCase {
    let (name, selector) = (case.name.clone(), case.selector.clone());
    let (status, duration_ms) = (case.status, case.duration_ms);
    TestCase { name, status, duration_ms, failure: None, later: Vec::new(), selector }
}

/// Relabels what quarantine entries cover.
fn quarantine(result: &mut SuiteResult, entries: &[WaiverEntry]) -> Vec<String> {
    let judged = plan::quarantine(entries, result);
    result.status = judged.status;
    for (test, status) in result.tests.iter_mut().zip(judged.tests) {
        test.status = status;
    }
    result.recount();
    judged.notes
}

/// Writes the files of a suite's folder: its result, and when it failed its digest and timeline.
pub fn write_suite(
    folder: &Folder,
    folders: &SuiteFolders,
    identity: &Identity,
    recorded: &Recorded,
    tail: &str,
    replays: &Replays<'_>,
    ground: &Ground,
) -> Result<(), Error> {
    let record = &recorded.record;
    let own = folders.of(&record.result.kind, &record.result.name);
    folder.write_result(&own, identity, record)?;
    if record.result.status.is_failure() {
        let digested = digested(ground.causes(), identity, record, &recorded.cases, tail, replays);
        folder.write_digest(&own, &digested.digest)?;
        folder.write_timeline(&own, &digested.timeline)?;
    }
    Ok(())
}

/// The digest and the timeline of a suite that failed.
pub fn digested(
    causes: &Causes,
    identity: &Identity,
    record: &SuiteRecord,
    cases: &[TestCase],
    log_tail: &str,
    replays: &Replays<'_>,
) -> Digested {
    let commands = replays.pointer(record);
    let mut digested = triage::digest(causes, ToDigest { identity, record, cases, log_tail, commands });
    // The index and the record say the same of the suite as its digest.
    if let Some(signature) = &record.signature {
        digested.digest.signature.clone_from(signature);
        digested.digest.basis = record.basis;
    }
    if let Some(class) = record.root_cause_class {
        digested.digest.root_cause_class = class;
    }
    digested
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failed_attempt_is_kept_within_bounds() {
        let failure = Failure::new("it is red", &"x".repeat(60_000), None).printed(&"y".repeat(60_000));
        let case = |nth: usize| TestCase {
            name: format!("t{nth}"),
            status: if nth.is_multiple_of(2) { TestStatus::Flaky } else { TestStatus::Failed },
            duration_ms: Some(1),
            failure: Some(failure.clone()),
            later: vec![failure.clone(); 9],
            selector: None,
        };
        let mut cases: Vec<TestCase> = (0..2 * FAILURES).map(case).collect();
        cases[FAILURES + 1].later.clear();
        cases.push(TestCase { status: TestStatus::Passed, failure: None, later: Vec::new(), ..case(0) });
        let kept = kept(&cases);
        assert_eq!(kept.len(), 2 * FAILURES - 1, "one failure alone is no news past the first tests");
        assert!(kept.iter().all(|c| c.failures().count() == 10));
        let size: usize = total(kept.iter().flat_map(TestCase::failures).map(Failure::size));
        assert!(size <= LATER + FAILURES * (TEXT + Failure::OUTPUT + failure.message.len()), "{size}");
        assert_eq!(kept[0].later[0].text.len(), TEXT);
    }
}
