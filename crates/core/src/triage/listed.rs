//! A suite as summaries list it, with the signatures of everything that failed in it.

use super::attempts::{Combined, TestTries};
use super::signature::signature;
use crate::model::signature::{Basis, Signed};
use crate::model::suite::SuiteResult;
use crate::model::test::{TestCase, TestResult, TestStatus};
use std::collections::HashSet;

/// The most signatures of one test beside its first, and of one suite outside its tests. Past it one stands for the rest that
/// nothing covers.
const SIGNATURES: usize = 64;

/// Each of them once, within bounds, without those that are `known`.
pub fn distinct(signatures: impl IntoIterator<Item = Signed>, known: Option<&Signed>) -> Vec<Signed> {
    let mut seen: HashSet<Signed> = known.cloned().into_iter().collect();
    let mut kept = Vec::new();
    for signed in signatures {
        if !seen.insert(signed.clone()) {
            continue;
        }
        if kept.len() == SIGNATURES {
            kept.push(Signed { signature: "more".into(), basis: Basis::Fallback });
            break;
        }
        kept.push(signed);
    }
    kept
}

fn test_result((case, tried): (&TestCase, &TestTries)) -> TestResult {
    let bad = matches!(case.status, TestStatus::Failed | TestStatus::Flaky);
    let first = bad.then(|| signature(case.failure.as_ref(), &case.name));
    let later = case.later.iter().filter(|_| bad).map(|failure| signature(Some(failure), &case.name));
    TestResult {
        duration_ms: case.duration_ms,
        others: distinct(later, first.as_ref()),
        basis: first.as_ref().map(|first| first.basis),
        signature: first.map(|first| first.signature),
        carried: bad && case.failure.is_some() && case.failures().all(|failure| failure.carried),
        passes_alone: tried.passes_alone,
        flake: tried.flake,
        tries: tried.tries.clone(),
        selector: case.selector.clone(),
        ..TestResult::of(&case.name, case.status)
    }
}

/// The suite as the summary lists it.
pub fn result(name: &str, kind: &str, combined: &Combined, attempts: u32, duration_ms: u64) -> SuiteResult {
    let tests = combined.cases.iter().zip(&combined.tried).map(test_result);
    let mut result = SuiteResult {
        status: combined.status,
        exit_code: combined.exit_code,
        signal: combined.signal,
        incomplete: combined.incomplete,
        duration_ms,
        attempts,
        tries: combined.tries.clone(),
        flake: combined.flake,
        tests: tests.collect(),
        ..SuiteResult::not_run(name, kind)
    };
    result.recount();
    result
}
