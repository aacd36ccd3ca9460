//! Which failures a quarantine entry covers: those that fail as the entry says, and no others (`mission.md` R3).

use crate::base::files::show;
use crate::model::suite::SuiteStatus;
use crate::model::test::{TestResult, TestStatus};
use crate::model::waiver::{Entry, Kind};

/// A suite that ran.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'o> {
    /// Its name.
    pub suite: &'o str,
    /// Its status without quarantine.
    pub status: SuiteStatus,
    /// Its tests, each failed one with the signature of its first failure.
    pub tests: &'o [TestResult],
    /// The signatures of each test's failures in further attempts, in the order of `tests`; a test past its end has none.
    pub later: &'o [Vec<String>],
    /// The signatures of failures outside any test, one an attempt at most: a timeout, a crash, a build that broke. Empty where
    /// only tests failed.
    pub outside: &'o [String],
    /// The signature of a test that fails by nothing but the tests within it (`TestA` by `TestA/b`), where the reader
    /// tells of such.
    pub carried: Option<&'o str>,
}

/// The same with quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The suite's status: `Quarantined` where everything that failed it is covered.
    pub status: SuiteStatus,
    /// The status of each test, in the order given.
    pub tests: Vec<TestStatus>,
    /// Failures of what is quarantined that block all the same, one sentence each.
    pub notes: Vec<String>,
}

/// Relabels what the entries cover. An entry covers a failure of its suite, or of its one test, while it holds and when the
/// failure has the entry's signature: another signature is another failure, and blocks. An entry without a signature, or
/// a failure without one, covers and is covered by nothing.
pub fn quarantine(entries: &[Entry], outcome: &Outcome<'_>) -> Judged {
    let mut notes = Vec::new();
    let mut tests: Vec<TestStatus> = outcome
        .tests
        .iter()
        .enumerate()
        .map(|(at, test)| {
            let later = outcome.later.get(at).into_iter().flatten().map(|s| Some(s.as_str()));
            // Every attempt must have failed as the entry says: one that failed otherwise is another failure.
            let mut each = std::iter::once(test.signature.as_deref()).chain(later);
            let is_covered = test.status == TestStatus::Failed
                && each.all(|own| covered(entries, outcome.suite, Some(&test.name), own, &mut notes));
            if is_covered { TestStatus::Quarantined } else { test.status }
        })
        .collect();
    carry(outcome, &mut tests);
    let failed = tests.contains(&TestStatus::Failed);
    let relabelled = tests.iter().zip(outcome.tests).any(|(now, then)| *now != then.status);
    let is_covered = |outside: &String| covered(entries, outcome.suite, None, Some(outside), &mut notes);
    let status = match (outcome.status, outcome.outside) {
        (status, _) if !status.is_failure() || failed => status,
        // Its tests alone failed it, and all of those are covered.
        (SuiteStatus::Failed, []) if relabelled => SuiteStatus::Quarantined,
        (_, [_, ..]) if outcome.outside.iter().all(is_covered) => SuiteStatus::Quarantined,
        (status, _) => status,
    };
    Judged { status, tests, notes }
}

/// Relabels a test that fails by nothing but the tests within it, when all of those that failed are covered.
fn carry(outcome: &Outcome<'_>, tests: &mut [TestStatus]) {
    let Some(carried) = outcome.carried else { return };
    let is_carried = |test: &TestResult| test.signature.as_deref() == Some(carried);
    for (at, outer) in outcome.tests.iter().enumerate() {
        if tests[at] != TestStatus::Failed || !is_carried(outer) {
            continue;
        }
        let within = |test: &TestResult| {
            test.name.strip_prefix(&*outer.name).is_some_and(|rest| rest.starts_with('/'))
        };
        let all = outcome.tests.iter().zip(tests.iter());
        let mut own = all
            .filter(|(test, _)| test.status == TestStatus::Failed && within(test) && !is_carried(test))
            .map(|(_, now)| *now == TestStatus::Quarantined)
            .peekable();
        if own.peek().is_some() && own.all(|covered| covered) {
            tests[at] = TestStatus::Quarantined;
        }
    }
}

/// Whether an entry covers a failure of the suite (`test` is `None`) or of a test. An entry that is for it and does not
/// cover it is worth a note: somebody believes that it is quarantined.
fn covered(
    entries: &[Entry],
    suite: &str,
    test: Option<&str>,
    signature: Option<&str>,
    notes: &mut Vec<String>,
) -> bool {
    let own = test.map(|test| format!("{suite}::{test}"));
    let is_for = |entry: &&Entry| {
        entry.kind == Kind::Quarantine && (entry.id == suite || own.as_deref() == Some(entry.id.as_str()))
    };
    let covers =
        |entry: &Entry| entry.state.holds() && signature.is_some() && entry.signature.as_deref() == signature;
    if entries.iter().filter(is_for).any(covers) {
        return true;
    }
    for entry in entries.iter().filter(is_for) {
        let id = show(&entry.id);
        let what = own.as_deref().map_or_else(|| show(suite), show);
        notes.push(if !entry.state.holds() {
            format!("{what} fails and blocks: its quarantine entry `{id}` is {}: {}", entry.state.name(), entry.detail)
        } else {
            let said = entry.signature.as_deref().map_or("none".into(), show);
            let found = signature.map_or("none".into(), show);
            format!("{what} fails and blocks: its signature is {found}, and that of its quarantine entry `{id}` is {said}")
        });
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::sample::suite;
    use super::*;
    use crate::model::waiver::State;

    fn entry(id: &str, state: State, signature: Option<&str>) -> Entry {
        Entry {
            id: id.into(),
            kind: Kind::Quarantine,
            state,
            detail: "9 days left".into(),
            days_remaining: Some(9),
            owner: None,
            reason: None,
            issue: None,
            created: None,
            expires: None,
            exit_criteria: None,
            lanes: None,
            checks: None,
            reasons: None,
            renewals: None,
            category: None,
            evidence: None,
            reproduce: None,
            signature: signature.map(String::from),
            region: None,
        }
    }

    fn judge(
        entries: &[Entry],
        status: SuiteStatus,
        tests: &[(&str, TestStatus)],
        outside: Option<&str>,
    ) -> Judged {
        let outside: Vec<String> = outside.map(String::from).into_iter().collect();
        let ran = suite("tui", "e2e", status, tests);
        quarantine(
            entries,
            &Outcome {
                suite: "tui",
                status,
                tests: &ran.tests,
                later: &[],
                outside: &outside,
                carried: None,
            },
        )
    }

    const F: TestStatus = TestStatus::Failed;
    const P: TestStatus = TestStatus::Passed;
    const Q: TestStatus = TestStatus::Quarantined;

    #[test]
    fn an_attempt_that_failed_otherwise_blocks() {
        let ran = suite("tui", "e2e", SuiteStatus::Failed, &[("p", P), ("x", F)]);
        let first = ran.tests[1].signature.clone().unwrap();
        let entries = [entry("tui::x", State::Active, Some(&first))];
        let after = |later: &[&str]| {
            let later = [Vec::new(), later.iter().map(|s| s.to_string()).collect()];
            let (status, tests) = (SuiteStatus::Failed, ran.tests.as_slice());
            let outcome = Outcome { suite: "tui", status, tests, later: &later, outside: &[], carried: None };
            let judged = quarantine(&entries, &outcome);
            (judged.status, judged.notes.len())
        };
        assert_eq!(after(&[&first, &first]), (SuiteStatus::Quarantined, 0));
        assert_eq!(after(&[&first, "other-00000000"]), (SuiteStatus::Failed, 1));
    }

    #[test]
    fn the_same_signature_is_quarantined_and_another_blocks() {
        for state in [State::Active, State::Due] {
            for id in ["tui", "tui::x"] {
                let judged = judge(
                    &[entry(id, state, Some("sig:x"))],
                    SuiteStatus::Failed,
                    &[("x", F), ("y", P)],
                    None,
                );
                assert_eq!((judged.status, judged.tests), (SuiteStatus::Quarantined, vec![Q, P]), "{id}");
                assert_eq!(judged.notes, [""; 0]);
            }
        }
        let judged =
            judge(&[entry("tui::x", State::Active, Some("other"))], SuiteStatus::Failed, &[("x", F)], None);
        assert_eq!((judged.status, judged.tests), (SuiteStatus::Failed, vec![F]));
        assert_eq!(
            judged.notes,
            [
                "tui::x fails and blocks: its signature is sig:x, and that of its quarantine entry `tui::x` is other"
            ]
        );
    }

    #[test]
    fn an_entry_that_does_not_hold_covers_nothing() {
        for (state, signature) in
            [(State::Expired, Some("sig:x")), (State::Invalid, Some("sig:x")), (State::Active, None)]
        {
            let judged = judge(&[entry("tui::x", state, signature)], SuiteStatus::Failed, &[("x", F)], None);
            assert_eq!((judged.status, judged.tests, judged.notes.len()), (SuiteStatus::Failed, vec![F], 1));
        }
        let waiver = Entry { kind: Kind::Waiver, ..entry("tui::x", State::Active, Some("sig:x")) };
        assert_eq!(judge(&[waiver], SuiteStatus::Failed, &[("x", F)], None).tests, [F]);
        // A failure without a signature is covered by nothing, least of all by an entry without one.
        let ran =
            [TestResult { name: "x".into(), status: F, duration_ms: None, signature: None, selector: None }];
        let outcome = Outcome {
            suite: "tui",
            status: SuiteStatus::Failed,
            tests: &ran,
            later: &[],
            outside: &[],
            carried: None,
        };
        assert_eq!(quarantine(&[entry("tui", State::Active, None)], &outcome).tests, [F]);
    }

    #[test]
    fn one_uncovered_failure_blocks_the_suite() {
        let entries = [entry("tui::x", State::Active, Some("sig:x"))];
        let judged = judge(&entries, SuiteStatus::Failed, &[("x", F), ("y", F)], None);
        assert_eq!((judged.status, judged.tests), (SuiteStatus::Failed, vec![Q, F]));
    }

    #[test]
    fn a_failure_outside_the_tests_needs_an_entry_of_the_suite() {
        let on_test = [entry("tui::x", State::Active, Some("sig:x"))];
        let both = [entry("tui::x", State::Active, Some("sig:x")), entry("tui", State::Active, Some("hang"))];
        for status in [SuiteStatus::TimedOut, SuiteStatus::Crashed, SuiteStatus::Missing, SuiteStatus::Failed]
        {
            let of = |entries: &[Entry], outside| judge(entries, status, &[("x", F)], outside).status;
            assert_eq!(of(&on_test, Some("hang")), status);
            assert_eq!(of(&both, Some("hang")), SuiteStatus::Quarantined);
            assert_eq!(of(&both, Some("other")), status);
        }
        // Each attempt must have failed so.
        let ran = suite("tui", "e2e", SuiteStatus::Failed, &[]);
        for (second, wanted) in [("hang", SuiteStatus::Quarantined), ("other", SuiteStatus::Crashed)] {
            let outside = ["hang".to_string(), second.to_string()];
            let (status, tests) = (SuiteStatus::Crashed, ran.tests.as_slice());
            let outcome =
                Outcome { suite: "tui", status, tests, later: &[], outside: &outside, carried: None };
            assert_eq!(quarantine(&both, &outcome).status, wanted);
        }
        // A timeout whose signature nobody knows is not explained by its tests.
        assert_eq!(judge(&both, SuiteStatus::TimedOut, &[("x", F)], None).status, SuiteStatus::TimedOut);
        assert_eq!(judge(&both, SuiteStatus::Failed, &[("y", P)], None).status, SuiteStatus::Failed);
    }

    #[test]
    fn what_did_not_fail_keeps_its_status() {
        let all = [entry("tui", State::Active, Some("sig:x"))];
        let tests = [("x", TestStatus::Flaky), ("y", TestStatus::Ignored), ("z", P)];
        let judged = judge(&all, SuiteStatus::Flaky, &tests, None);
        assert_eq!(judged.status, SuiteStatus::Flaky);
        assert_eq!(judged.tests, [TestStatus::Flaky, TestStatus::Ignored, P]);
    }

    #[test]
    fn a_test_that_fails_by_those_within_it_is_covered_with_them() {
        let f = TestStatus::Failed;
        let names = ["T", "T/a", "T/b", "T/b/c", "Tx", "Tx/a"];
        let mut ran = suite("go", "unit", SuiteStatus::Failed, &names.map(|name| (name, f))).tests;
        for outer in [0, 2, 4] {
            ran[outer].signature = Some("carried".into());
        }
        let statuses = |quarantined: &[&str], carried| {
            let entries: Vec<Entry> = quarantined
                .iter()
                .map(|test| entry(&format!("go::{test}"), State::Active, Some(&format!("sig:{test}"))))
                .collect();
            let outcome = Outcome {
                suite: "go",
                status: SuiteStatus::Failed,
                tests: &ran,
                later: &[],
                outside: &[],
                carried,
            };
            let judged = quarantine(&entries, &outcome);
            let names = names.iter().zip(&judged.tests).filter(|(_, s)| **s == f).map(|(n, _)| *n);
            (judged.status, names.collect::<Vec<_>>())
        };
        let all = ["T/a", "T/b/c", "Tx/a"];
        assert_eq!(statuses(&all, Some("carried")), (SuiteStatus::Quarantined, vec![]));
        assert_eq!(statuses(&all, None), (SuiteStatus::Failed, vec!["T", "T/b", "Tx"]));
        assert_eq!(statuses(&all[..2], Some("carried")), (SuiteStatus::Failed, vec!["Tx", "Tx/a"]));
        assert_eq!(statuses(&all[1..], Some("carried")), (SuiteStatus::Failed, vec!["T", "T/a"]));
    }
}
