//! The JUnit reporter of `node --test`.

use crate::ingest::collect::{ReadingDraft, Room, counted, finish, outside};
use crate::ingest::fault::ReadFault;
use crate::ingest::junit::{case, faults};
use crate::ingest::node::entry;
use crate::ingest::{document, place};
use crate::model::signature::Basis;
use crate::model::test::{Reading, SourcePlace, TestCase, TestStatus};
use std::collections::BTreeSet;
use tollgate_text::junit::{JunitCase as Element, JunitReport, OutcomeKind};

/// Reads a report. A file that failed, and a hook outside all tests, is a fault of the run. A hook of a suite that failed stands nowhere
/// in such a report: only node's exit code tells of it.
pub(in crate::ingest) fn read(bytes: &[u8]) -> Result<Vec<Reading>, ReadFault> {
    let report = document::junit_bytes(bytes)?;
    let (mut room, mut draft) = (Room::default(), ReadingDraft::default());
    let mut names: Vec<String> = Vec::with_capacity(report.suites.len());
    let around = of_root_hooks(&report);
    for (nth, suite) in report.suites.iter().enumerate() {
        let name = match suite.within {
            _ if around.contains(&nth) => String::new(),
            Some(outer) if !names[outer].is_empty() => format!("{} > {}", names[outer], suite.name),
            _ => suite.name.clone(),
        };
        for element in &suite.cases {
            let full =
                if name.is_empty() { element.name.clone() } else { format!("{name} > {}", element.name) };
            let mut case = case(element, full);
            // A test that is to do is skipped, and its failure stands beside.
            if element.outcomes.iter().any(|o| o.kind == OutcomeKind::Skipped) {
                (case.status, case.failure) = (TestStatus::Ignored, None);
                case.later.clear();
            }
            if let Some(failure) = &mut case.failure {
                failure.place = cause(&failure.text).or_else(|| failure.place.take());
            }
            match no_test(element, &case) {
                Some(fault) => draft.fault_too(fault),
                None => draft.push(&mut room, case).map(|_| ())?,
            }
        }
        names.push(name);
    }
    if let Some(fault) = miscounted(bytes, &report, &draft) {
        draft.fault(fault);
    }
    let mut drafts = vec![draft];
    drafts.extend(faults(&report, false).into_iter().map(|(_, sentence)| outside(sentence)).take(1));
    Ok(finish(drafts))
}

/// The elements that node writes around what follows a hook outside all tests: they are no suites, and not there once it is mended.
fn of_root_hooks(report: &JunitReport) -> BTreeSet<usize> {
    let stated = report.stated.iter().filter(|(_, clause)| clause.contains("<undefined>"));
    stated.filter_map(|(suite, _)| *suite).collect()
}

/// The fault that a failed element is, where it is a file or a hook of one.
fn no_test(element: &Element, case: &TestCase) -> Option<(String, Basis)> {
    let failure = case.failure.as_ref().filter(|_| case.status == TestStatus::Failed)?;
    let (_, code) = failure.text.split_once("exitCode: ").unwrap_or_default();
    let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
    let hook = failure.text.contains("failureType: 'hookFailed'")
        && failure.place.as_ref().is_some_and(|at| entry::is_file_at(&element.name, at));
    let file = entry::is_file(&element.name) && !digits.is_empty();
    (file || hook).then(|| {
        let code = Some(digits.as_str()).filter(|digits| !digits.is_empty());
        entry::fault(&element.name, &failure.message, "", code)
    })
}

/// What node counts at the end as failed (`<!-- fail 2 -->`), where less is shown: a test that has subtests and fails by itself has no
/// element of its own. One with a failed subtest may be counted beside it.
fn miscounted(bytes: &[u8], report: &JunitReport, draft: &ReadingDraft) -> Option<String> {
    let count = |what: &str| {
        let comment = |line: &[u8]| {
            let text = std::str::from_utf8(line).ok()?.trim().strip_prefix("<!-- ")?.strip_suffix(" -->")?;
            text.strip_prefix(what)?.trim().parse::<u64>().ok()
        };
        bytes.rsplit(|b| *b == b'\n').take(64).find_map(comment).unwrap_or(0)
    };
    let stated = count("fail ").saturating_add(count("cancelled "));
    let red = |element: &Element| {
        element.outcomes.iter().any(|o| matches!(o.kind, OutcomeKind::Failure | OutcomeKind::Error))
    };
    let around = report.suites.iter().filter(|suite| suite.cases.iter().any(red)).count() as u64;
    let elements = report.suites.iter().flat_map(|suite| &suite.cases).filter(|e| red(e)).count() as u64;
    let shown = draft.count(&[TestStatus::Failed]).max(elements);
    (stated > shown.saturating_add(around))
        .then(|| format!("its end counts {}, but it shows {shown}", counted(stated, "failure")))
}

/// The frame below `cause:`: what stands above it is the runner's own.
fn cause(text: &str) -> Option<SourcePlace> {
    place::of_javascript(text.split_once("cause: ")?.1)
}
