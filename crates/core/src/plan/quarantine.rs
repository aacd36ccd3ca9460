//! Which failures a quarantine entry covers: those that fail as the entry says, and no others. The one place
//! that decides it: a run asks of what failed, and `check` asks again of what a run says was covered.

use crate::model::signature::{Basis, Signed};
use crate::model::suite::{SuiteResult, SuiteStatus};
use crate::model::test::{TestResult, TestStatus};
use crate::model::waiver::{EntryKind, WaiverEntry};
use tollgate_text::show::show;

/// A suite with quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedSuite {
    /// The suite's status: `Quarantined` where everything that failed it is covered.
    pub status: SuiteStatus,
    /// The status of each test, in the order given.
    pub tests: Vec<TestStatus>,
    /// Failures of what is quarantined that block all the same, one sentence each.
    pub notes: Vec<String>,
}

/// Relabels what the entries cover, of a suite as it is without quarantine. An entry covers a failure of its suite, or of its one
/// test, while it holds and when the failure has the entry's signature and that rests on words of the cause. A test is covered
/// when each of its failures is; the suite, when each test that failed is, and each failure outside the tests.
pub fn quarantine(entries: &[WaiverEntry], suite: &SuiteResult) -> QuarantinedSuite {
    let mut notes = Vec::new();
    let mut tests: Vec<TestStatus> = suite
        .tests
        .iter()
        .map(|test| {
            let covered =
                |failure: &Failed<'_>| covered(entries, &suite.name, Some(&test.name), failure, &mut notes);
            let is_covered = test.status == TestStatus::Failed && failures(test).iter().all(covered);
            if is_covered { TestStatus::Quarantined } else { test.status }
        })
        .collect();
    carry(suite, &mut tests);
    let failed = tests.contains(&TestStatus::Failed);
    let relabelled = tests.iter().zip(&suite.tests).any(|(now, then)| *now != then.status);
    let is_covered = |outside: &Signed| covered(entries, &suite.name, None, &Failed::of(outside), &mut notes);
    let status = match (suite.status, suite.outside.as_slice()) {
        (status, _) if !status.is_failure() || failed => status,
        // Its tests alone failed it, and all of those are covered.
        (SuiteStatus::Failed, []) if relabelled => SuiteStatus::Quarantined,
        (_, [_, ..]) if suite.outside.iter().all(is_covered) => SuiteStatus::Quarantined,
        (status, _) => status,
    };
    QuarantinedSuite { status, tests, notes }
}

/// A failure as an entry sees it. What is not known covers nothing.
struct Failed<'f> {
    signature: Option<&'f str>,
    basis: Option<Basis>,
}

impl<'f> Failed<'f> {
    fn of(signed: &'f Signed) -> Failed<'f> {
        Failed { signature: Some(&signed.signature), basis: Some(signed.basis) }
    }
}

/// The first failure of a test, known or not, and every other one.
fn failures(test: &TestResult) -> Vec<Failed<'_>> {
    let first = Failed { signature: test.signature.as_deref(), basis: test.basis };
    std::iter::once(first).chain(test.others.iter().map(Failed::of)).collect()
}

/// Relabels a test that fails by nothing but the tests within it, when all of those that failed are covered.
fn carry(suite: &SuiteResult, tests: &mut [TestStatus]) {
    for (at, outer) in suite.tests.iter().enumerate() {
        if tests[at] != TestStatus::Failed || !outer.carried {
            continue;
        }
        let within = |test: &TestResult| {
            test.name.strip_prefix(&*outer.name).is_some_and(|rest| rest.starts_with('/'))
        };
        let all = suite.tests.iter().zip(tests.iter());
        let mut own = all
            .filter(|(test, _)| test.status == TestStatus::Failed && within(test) && !test.carried)
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
    entries: &[WaiverEntry],
    suite: &str,
    test: Option<&str>,
    failure: &Failed<'_>,
    notes: &mut Vec<String>,
) -> bool {
    let own = test.map(|test| format!("{suite}::{test}"));
    let is_for = |entry: &&WaiverEntry| {
        entry.kind == EntryKind::Quarantine
            && (entry.id == suite || own.as_deref() == Some(entry.id.as_str()))
    };
    let tells = failure.basis.is_some_and(Basis::tells);
    let covers = |entry: &WaiverEntry| {
        entry.state.holds()
            && tells
            && failure.signature.is_some()
            && entry.signature.as_deref() == failure.signature
    };
    if entries.iter().filter(is_for).any(covers) {
        return true;
    }
    for entry in entries.iter().filter(is_for) {
        let what = own.as_deref().map_or_else(|| show(suite), show);
        notes.push(format!("{what} fails and blocks: {}", why_not(entry, failure)));
    }
    false
}

/// Why an entry that is for a failure does not cover it.
fn why_not(entry: &WaiverEntry, failure: &Failed<'_>) -> String {
    let id = show(&entry.id);
    if !entry.state.holds() {
        return format!("its quarantine entry `{id}` is {}: {}", entry.state.name(), entry.detail);
    }
    match failure.basis {
        None if failure.signature.is_some() => format!(
            "what it ran in does not say what its signature rests on (`basis`), so its quarantine entry `{id}` cannot be \
             held to it"
        ),
        Some(Basis::Fallback) => format!(
            "its signature rests on no words of the cause (`basis` is fallback): other failures look the same, and the \
             quarantine entry `{id}` covers none of them"
        ),
        _ => {
            let said = entry.signature.as_deref().map_or("none".into(), show);
            let found = failure.signature.map_or("none".into(), show);
            format!("its signature is {found}, and that of its quarantine entry `{id}` is {said}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::suite;
    use super::*;
    use crate::model::waiver::EntryState;

    fn entry(id: &str, state: EntryState, signature: Option<&str>) -> WaiverEntry {
        let blank = WaiverEntry::blank(EntryKind::Quarantine, id, state);
        WaiverEntry { signature: signature.map(String::from), ..blank }
    }

    fn signed(signature: &str) -> Signed {
        Signed { signature: signature.into(), basis: Basis::Exception }
    }

    fn judge(
        entries: &[WaiverEntry],
        status: SuiteStatus,
        tests: &[(&str, TestStatus)],
        outside: Option<&str>,
    ) -> QuarantinedSuite {
        let outside: Vec<Signed> = outside.map(signed).into_iter().collect();
        quarantine(entries, &SuiteResult { outside, ..suite("tui", "e2e", status, tests) })
    }

    const F: TestStatus = TestStatus::Failed;
    const P: TestStatus = TestStatus::Passed;
    const Q: TestStatus = TestStatus::Quarantined;

    #[test]
    fn an_attempt_that_failed_otherwise_blocks() {
        let ran = suite("tui", "e2e", SuiteStatus::Failed, &[("p", P), ("x", F)]);
        let first = ran.tests[1].signature.clone().unwrap();
        let entries = [entry("tui::x", EntryState::Active, Some(&first))];
        let after = |others: &[&str]| {
            let mut ran = ran.clone();
            ran.tests[1].others = others.iter().map(|s| signed(s)).collect();
            let judged = quarantine(&entries, &ran);
            (judged.status, judged.notes.len())
        };
        assert_eq!(after(&[&first, &first]), (SuiteStatus::Quarantined, 0));
        assert_eq!(after(&[&first, "other-00000000"]), (SuiteStatus::Failed, 1));
    }

    #[test]
    fn the_same_signature_is_quarantined_and_another_blocks() {
        for state in [EntryState::Active, EntryState::Due] {
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
        let judged = judge(
            &[entry("tui::x", EntryState::Active, Some("other"))],
            SuiteStatus::Failed,
            &[("x", F)],
            None,
        );
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
        for (state, signature) in [
            (EntryState::Expired, Some("sig:x")),
            (EntryState::Invalid, Some("sig:x")),
            (EntryState::Active, None),
        ] {
            let judged = judge(&[entry("tui::x", state, signature)], SuiteStatus::Failed, &[("x", F)], None);
            assert_eq!((judged.status, judged.tests, judged.notes.len()), (SuiteStatus::Failed, vec![F], 1));
        }
        let waiver =
            WaiverEntry { kind: EntryKind::Waiver, ..entry("tui::x", EntryState::Active, Some("sig:x")) };
        assert_eq!(judge(&[waiver], SuiteStatus::Failed, &[("x", F)], None).tests, [F]);
        // A failure without a signature is covered by nothing, least of all by an entry without one.
        let mut ran = suite("tui", "e2e", SuiteStatus::Failed, &[("x", F)]);
        ran.tests[0].signature = None;
        assert_eq!(quarantine(&[entry("tui", EntryState::Active, None)], &ran).tests, [F]);
    }

    #[test]
    fn only_words_of_the_cause_are_covered() {
        let entries = [
            entry("tui::x", EntryState::Active, Some("sig:x")),
            entry("tui", EntryState::Active, Some("hang")),
        ];
        let mut ran = suite("tui", "e2e", SuiteStatus::Failed, &[("x", F)]);
        let status = |ran: &SuiteResult| quarantine(&entries, ran).status;
        assert_eq!(status(&ran), SuiteStatus::Quarantined);
        for basis in [None, Some(Basis::Fallback)] {
            ran.tests[0].basis = basis;
            assert_eq!(status(&ran), SuiteStatus::Failed, "{basis:?}");
        }
        assert!(quarantine(&entries, &ran).notes[0].contains("rests on no words of the cause"));
        ran.tests[0].basis = Some(Basis::Assertion);
        ran.tests[0].others = vec![Signed { signature: "sig:x".into(), basis: Basis::Fallback }];
        assert_eq!(status(&ran), SuiteStatus::Failed);
        ran.tests[0].others.clear();
        ran.outside = vec![Signed { signature: "hang".into(), basis: Basis::Fallback }];
        assert_eq!(status(&ran), SuiteStatus::Failed);
        ran.outside[0].basis = Basis::Timeout;
        assert_eq!(status(&ran), SuiteStatus::Quarantined);
    }

    #[test]
    fn one_uncovered_failure_blocks_the_suite() {
        let entries = [entry("tui::x", EntryState::Active, Some("sig:x"))];
        let judged = judge(&entries, SuiteStatus::Failed, &[("x", F), ("y", F)], None);
        assert_eq!((judged.status, judged.tests), (SuiteStatus::Failed, vec![Q, F]));
    }

    #[test]
    fn a_failure_outside_the_tests_needs_an_entry_of_the_suite() {
        let on_test = [entry("tui::x", EntryState::Active, Some("sig:x"))];
        let both = [
            entry("tui::x", EntryState::Active, Some("sig:x")),
            entry("tui", EntryState::Active, Some("hang")),
        ];
        for status in [SuiteStatus::TimedOut, SuiteStatus::Crashed, SuiteStatus::Missing, SuiteStatus::Failed]
        {
            let of = |entries: &[WaiverEntry], outside| judge(entries, status, &[("x", F)], outside).status;
            assert_eq!(of(&on_test, Some("hang")), status);
            assert_eq!(of(&both, Some("hang")), SuiteStatus::Quarantined);
            assert_eq!(of(&both, Some("other")), status);
        }
        // Each attempt must have failed so.
        for (second, wanted) in [("hang", SuiteStatus::Quarantined), ("other", SuiteStatus::Crashed)] {
            let outside = vec![signed("hang"), signed(second)];
            let ran = SuiteResult { outside, ..suite("tui", "e2e", SuiteStatus::Crashed, &[]) };
            assert_eq!(quarantine(&both, &ran).status, wanted);
        }
        // A timeout whose signature nobody knows is not explained by its tests.
        assert_eq!(judge(&both, SuiteStatus::TimedOut, &[("x", F)], None).status, SuiteStatus::TimedOut);
        assert_eq!(judge(&both, SuiteStatus::Failed, &[("y", P)], None).status, SuiteStatus::Failed);
    }

    #[test]
    fn what_did_not_fail_keeps_its_status() {
        let all = [entry("tui", EntryState::Active, Some("sig:x"))];
        let tests = [("x", TestStatus::Flaky), ("y", TestStatus::Ignored), ("z", P)];
        let judged = judge(&all, SuiteStatus::Flaky, &tests, None);
        assert_eq!(judged.status, SuiteStatus::Flaky);
        assert_eq!(judged.tests, [TestStatus::Flaky, TestStatus::Ignored, P]);
    }

    #[test]
    fn a_test_that_fails_by_those_within_it_is_covered_with_them() {
        let f = TestStatus::Failed;
        let names = ["T", "T/a", "T/b", "T/b/c", "Tx", "Tx/a"];
        let statuses = |quarantined: &[&str], carried| {
            let entries: Vec<WaiverEntry> = quarantined
                .iter()
                .map(|test| entry(&format!("go::{test}"), EntryState::Active, Some(&format!("sig:{test}"))))
                .collect();
            let mut ran = suite("go", "unit", SuiteStatus::Failed, &names.map(|name| (name, f)));
            for outer in [0, 2, 4] {
                ran.tests[outer].carried = carried;
            }
            let judged = quarantine(&entries, &ran);
            let names = names.iter().zip(&judged.tests).filter(|(_, s)| **s == f).map(|(n, _)| *n);
            (judged.status, names.collect::<Vec<_>>())
        };
        let all = ["T/a", "T/b/c", "Tx/a"];
        assert_eq!(statuses(&all, true), (SuiteStatus::Quarantined, vec![]));
        assert_eq!(statuses(&all, false), (SuiteStatus::Failed, vec!["T", "T/b", "Tx"]));
        assert_eq!(statuses(&all[..2], true), (SuiteStatus::Failed, vec!["Tx", "Tx/a"]));
        assert_eq!(statuses(&all[1..], true), (SuiteStatus::Failed, vec!["T", "T/a"]));
    }

    #[test]
    fn what_is_believed_to_be_quarantined_and_blocks_says_why() {
        let noted = |entry: WaiverEntry, signature: Option<&str>, basis: Option<Basis>| {
            let mut ran = suite("tui", "e2e", SuiteStatus::Failed, &[("x", F)]);
            (ran.tests[0].signature, ran.tests[0].basis) = (signature.map(String::from), basis);
            let judged = quarantine(&[entry], &ran);
            assert_eq!((judged.status, judged.tests), (SuiteStatus::Failed, vec![F]));
            judged.notes
        };
        let active = |signature| entry("tui::x", EntryState::Active, signature);
        let (sig, told) = (Some("sig:x"), Some(Basis::Assertion));
        for (found, why) in [
            (
                noted(entry("tui", EntryState::Expired, sig), sig, told),
                "its quarantine entry `tui` is expired: 9 days left",
            ),
            (
                noted(active(sig), sig, None),
                "what it ran in does not say what its signature rests on (`basis`), so its quarantine entry `tui::x` \
                 cannot be held to it",
            ),
            (
                noted(active(sig), sig, Some(Basis::Fallback)),
                "its signature rests on no words of the cause (`basis` is fallback): other failures look the same, and \
                 the quarantine entry `tui::x` covers none of them",
            ),
            (
                noted(active(None), sig, told),
                "its signature is sig:x, and that of its quarantine entry `tui::x` is none",
            ),
            (
                noted(active(sig), None, None),
                "its signature is none, and that of its quarantine entry `tui::x` is sig:x",
            ),
            (
                noted(active(None), None, told),
                "its signature is none, and that of its quarantine entry `tui::x` is none",
            ),
        ] {
            assert_eq!(found, [format!("tui::x fails and blocks: {why}")]);
        }
        // An entry of the suite is for what fails outside its tests; one of a test, or of another suite, is not.
        let outside = |id: &str| {
            judge(&[entry(id, EntryState::Active, Some("s"))], SuiteStatus::Crashed, &[], Some("hang")).notes
        };
        assert_eq!(
            outside("tui"),
            ["tui fails and blocks: its signature is hang, and that of its quarantine entry `tui` is s"]
        );
        assert_eq!((outside("tui::x"), outside("cli")), (vec![], vec![]));
    }

    #[test]
    fn a_test_without_a_failure_within_it_fails_by_itself() {
        // It says that it fails by others; none of them failed.
        let entries = [entry("go::y", EntryState::Active, Some("sig:y"))];
        let mut ran = suite("go", "unit", SuiteStatus::Failed, &[("T", F), ("T/a", P), ("y", F)]);
        ran.tests[0].carried = true;
        let judged = quarantine(&entries, &ran);
        assert_eq!((judged.status, judged.tests), (SuiteStatus::Failed, vec![F, P, Q]));
    }
}
