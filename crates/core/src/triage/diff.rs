//! A run against its baseline, test by test.
//!
//! A test is known by the list, kind and name of its suite and its own name. Tests of one name in one suite are compared by their
//! outcomes, so that their order proves nothing (`same_name`).
//!
//! What the current run was not asked for is not compared: the suites that another shard runs, the kinds that another
//! profile selects, what was not among the names chosen on the command line, and, in a replay, all but what it replays. How
//! many suites that are is counted (`not_compared`).
//! What it was asked for and has no result of is `not_run` where something kept it from running (its suite failed by
//! itself, the run was aborted, `not_run` names it), else `removed`. They are counted and listed, and a gate may hold a run
//! to their counts. Where such a one failed in the baseline nothing shows that it is fixed: the status is not `stable`.

use super::change::{DiffItem, ReplayCommand, fails_itself, is_abrupt, of_suite, of_test};
use super::rank;
use super::same_name::{Pair, pairs, repeats};
use crate::model::columns::{Columns, SuiteRow};
use crate::model::plan::{Shard, ShardKind};
use crate::model::run::{Chosen, RunStatus};
use crate::model::suite::{SuiteRole, SuiteStatus};
use crate::model::test::TestStatus;
use crate::model::triage::{Diagnostic, DiffChange, TriageCounts, TriageStatus};
use std::cmp::Ordering;

/// What two runs differ in.
#[derive(Debug, Clone, PartialEq)]
pub struct Triage {
    /// `Regression` where something fails that the baseline does not show failing, `KnownFailuresOnly` where something else
    /// fails or what failed in the baseline is gone or did not run, else `Stable`.
    pub status: TriageStatus,
    /// How many of each.
    pub summary: TriageCounts,
    /// Worst first, at most `LIMIT`.
    pub ranked_diagnostics: Vec<Diagnostic>,
    /// How many more there are.
    pub omitted: u64,
    /// Suites of the baseline that the current run was not asked for.
    pub not_compared: u64,
    /// The replays of the diagnostics, in order, each once.
    pub commands: Vec<String>,
}

/// Compares two settled runs. `most` diagnostics are listed.
pub fn diff(base: &Columns<'_>, current: &Columns<'_>, most: usize, replay: ReplayCommand<'_>) -> Triage {
    let mut walk = Walk::new(base, current);
    walk.suites();
    let Walk { counts: summary, items, not_compared, unproven, .. } = walk;
    let status = match summary {
        TriageCounts { regression_count: 1.., .. } => TriageStatus::Regression,
        TriageCounts { still_failing_count: 1.., .. } => TriageStatus::KnownFailuresOnly,
        _ if unproven => TriageStatus::KnownFailuresOnly,
        _ => TriageStatus::Stable,
    };
    let listed = items.len().min(most);
    let omitted = (items.len() - listed) as u64;
    let ranked_diagnostics = rank::diagnostics(base, current, items, most, replay);
    let mut commands: Vec<String> = Vec::new();
    for command in ranked_diagnostics.iter().filter_map(|d| d.replay_command.as_ref()) {
        if !commands.contains(command) {
            commands.push(command.clone());
        }
    }
    Triage { status, summary, ranked_diagnostics, omitted, not_compared, commands }
}

struct Walk<'c, 'a> {
    base: &'c Columns<'a>,
    current: &'c Columns<'a>,
    scope: Scope<'c>,
    counts: TriageCounts,
    items: Vec<DiffItem<'c, 'a>>,
    not_compared: u64,
    /// Whether something that failed in the baseline is gone or did not run.
    unproven: bool,
}

impl<'c, 'a> Walk<'c, 'a> {
    fn new(base: &'c Columns<'a>, current: &'c Columns<'a>) -> Self {
        let scope = Scope::of(base, current);
        let (counts, items) = (TriageCounts::default(), Vec::new());
        Walk { base, current, scope, counts, items, not_compared: 0, unproven: false }
    }

    /// Walks both lists of suites together: both stand in one order.
    fn suites(&mut self) {
        let mut old = self.base.suites.iter().peekable();
        let mut new = self.current.suites.iter().peekable();
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.key().cmp(&b.key()),
            };
            let before = if order.is_le() { old.next() } else { None };
            let after = if order.is_ge() { new.next() } else { None };
            match (before, after) {
                (before, Some(after)) => self.suite(before, after),
                (Some(before), None) => self.absent(before),
                (None, None) => break,
            }
        }
    }

    fn suite(&mut self, before: Option<&'c SuiteRow<'a>>, after: &'c SuiteRow<'a>) {
        let gone = self.scope.gone(self.current, after);
        let mut old = before.map(|b| self.base.tests_of(b)).unwrap_or_default();
        let mut new = self.current.tests_of(after);
        let mut lost = false;
        if repeats(old) || repeats(new) {
            for pair in pairs(old, new) {
                lost |= self.test((before, after), pair, gone);
            }
            (old, new) = (&[], &[]);
        }
        loop {
            let order = match (old.first(), new.first()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.name.cmp(&b.name),
            };
            let was = if order.is_le() { old.split_off_first() } else { None };
            let is = if order.is_ge() { new.split_off_first() } else { None };
            lost |= self.test((before, after), (was, is), gone);
        }
        if let Some(change) = of_suite((self.base, before), (self.current, after), lost) {
            self.state(DiffItem { change, before, after: Some(after), was: None, is: None, cluster: 0 });
        }
    }

    /// One test of a suite that the current run has; whether it has no result there.
    fn test(
        &mut self,
        (before, after): (Option<&'c SuiteRow<'a>>, &'c SuiteRow<'a>),
        (was, is): Pair<'c, 'a>,
        gone: Gone,
    ) -> bool {
        let change = match (was, is) {
            (was, Some(is)) => of_test(was.map(|t| t.status), is.status),
            (Some(was), None) => gone.of(was.status),
            (None, None) => None,
        };
        let Some(change) = change else { return false };
        self.state(DiffItem { change, before, after: Some(after), was, is, cluster: 0 });
        is.is_none()
    }

    /// A suite of the baseline that the current run does not have.
    fn absent(&mut self, before: &'c SuiteRow<'a>) {
        let gone = self.scope.gone_suite(before);
        if gone == Gone::NotAsked {
            self.not_compared += 1;
            return;
        }
        let (tests, after) = (self.base.tests_of(before), None);
        if tests.is_empty() || fails_itself(self.base, before) {
            // As its only test would count: in a replay only where it failed or did not run.
            let failed = fails_itself(self.base, before) || before.status == SuiteStatus::NotRun;
            let status = if failed { TestStatus::Failed } else { TestStatus::Passed };
            if let Some(change) = gone.of(status) {
                self.state(DiffItem { change, before: Some(before), after, was: None, is: None, cluster: 0 });
            }
        }
        for was in tests {
            if let Some(change) = gone.of(was.status) {
                self.state(DiffItem {
                    change,
                    before: Some(before),
                    after,
                    was: Some(was),
                    is: None,
                    cluster: 0,
                });
            }
        }
    }

    fn state(&mut self, item: DiffItem<'c, 'a>) {
        if matches!(item.change, DiffChange::Removed | DiffChange::NotRun) {
            self.unproven |= match (item.was, item.before) {
                (Some(test), _) => test.status == TestStatus::Failed,
                // A test that the baseline does not have did not fail there.
                (None, Some(suite)) => item.is.is_none() && fails_itself(self.base, suite),
                (None, None) => false,
            };
        }
        let counts = &mut self.counts;
        match item.change {
            DiffChange::Regression => counts.regression_count += 1,
            DiffChange::NewFailure => {
                counts.regression_count += 1;
                counts.new_failure_count += 1;
            }
            DiffChange::KnownFailure => counts.still_failing_count += 1,
            DiffChange::Fixed => counts.fixed_count += 1,
            DiffChange::Flaky => counts.flaky_count += 1,
            DiffChange::Removed => counts.removed_count += 1,
            DiffChange::NotRun => counts.not_run_count += 1,
            DiffChange::NewPass => {
                // Counted; there is nothing to look into.
                counts.new_pass_count += 1;
                return;
            }
        }
        self.items.push(item);
    }
}

/// What the lack of a result means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gone {
    /// It is no longer there.
    Removed,
    /// Something kept it from running.
    NotRun,
    /// The run replays what failed or did not run in the baseline, and nothing else.
    Asked,
    /// The run was not asked for it.
    NotAsked,
}

impl Gone {
    fn of(self, was: TestStatus) -> Option<DiffChange> {
        match self {
            Gone::Removed => Some(DiffChange::Removed),
            Gone::NotRun => Some(DiffChange::NotRun),
            Gone::Asked => {
                matches!(was, TestStatus::Failed | TestStatus::NotRun).then_some(DiffChange::NotRun)
            }
            Gone::NotAsked => None,
        }
    }
}

/// What of the baseline the current run was asked for.
struct Scope<'c> {
    replay: bool,
    /// The replay's source is the baseline: they share the id that ties a replay to its source.
    of_baseline: bool,
    aborted: bool,
    /// What the current run divides; `None` where it divides nothing.
    divides: Option<SuiteRole>,
    same_part: bool,
    /// The names that the current run was asked for.
    chosen: &'c Chosen,
    /// The kinds that the current run has, where its profile is another one; sorted.
    kinds: Option<Vec<(SuiteRole, &'c str)>>,
}

impl<'c> Scope<'c> {
    fn of(base: &Columns<'_>, current: &'c Columns<'_>) -> Self {
        let (old, new) = (&base.head, &current.head);
        let tied = new.correlation_id.is_some() && old.correlation_id == new.correlation_id;
        let other_profile = old.profile.is_some() && new.profile.is_some() && old.profile != new.profile;
        let kinds = other_profile.then(|| {
            let mut kinds: Vec<(SuiteRole, &str)> =
                current.suites.iter().map(|s| (s.role, &*s.kind)).collect();
            kinds.dedup();
            kinds
        });
        Scope {
            replay: new.rerun_from.is_some(),
            of_baseline: tied,
            aborted: new.status == Some(RunStatus::Aborted),
            divides: new.shard.as_ref().and_then(divided),
            same_part: old.shard == new.shard,
            chosen: &new.selection,
            kinds,
        }
    }

    /// A test without a result in a suite that the current run has.
    fn gone(&self, current: &Columns<'_>, suite: &SuiteRow<'_>) -> Gone {
        if self.replay {
            return if self.of_baseline { Gone::Asked } else { Gone::NotAsked };
        }
        let kept = self.aborted || suite.cut || suite.status == SuiteStatus::NotRun;
        if kept || is_abrupt(suite.status) || fails_itself(current, suite) {
            Gone::NotRun
        } else {
            Gone::Removed
        }
    }

    /// A suite that the current run does not have.
    fn gone_suite(&self, suite: &SuiteRow<'_>) -> Gone {
        if self.replay {
            let failed = suite.status.is_failure() || suite.status == SuiteStatus::NotRun;
            return if self.of_baseline && failed { Gone::Asked } else { Gone::NotAsked };
        }
        let of_another_part = self.divides.is_some_and(|role| role != suite.role || !self.same_part);
        let of_another_profile =
            self.kinds.as_ref().is_some_and(|k| k.binary_search(&(suite.role, &*suite.kind)).is_err());
        let not_chosen = !self.chosen.has(suite.role, &suite.name);
        if of_another_part || of_another_profile || not_chosen { Gone::NotAsked } else { Gone::Removed }
    }
}

fn divided(shard: &Shard) -> Option<SuiteRole> {
    match shard.kind {
        ShardKind::None => None,
        ShardKind::Suite => Some(SuiteRole::Suite),
        ShardKind::Unit => Some(SuiteRole::Unit),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::run;
    use super::*;
    use crate::model::columns::{NotRunRow, TestRow};
    use proptest::prelude::*;
    use tollgate_text::figures;

    fn compare(base: &Columns<'_>, current: &Columns<'_>) -> Triage {
        diff(base, current, 1000, &|_, _, _, _| None)
    }

    /// The status, and a line for each diagnostic in order.
    fn says(base: &Columns<'_>, current: &Columns<'_>) -> (&'static str, Vec<String>) {
        let triage = compare(base, current);
        let line = |d: &Diagnostic| {
            let test = d.test.as_deref().map_or(String::new(), |t| format!(".{t}"));
            format!("{} {} {}{test}: {}", d.severity, d.change.name(), d.suite, d.reasons.join("; "))
        };
        (triage.status.name(), triage.ranked_diagnostics.iter().map(line).collect())
    }

    fn texts(base: &str, current: &str) -> (&'static str, Vec<String>) {
        says(&run("c1", base), &run("c2", current))
    }

    #[test]
    fn each_change_of_a_test() {
        let base = "s failed: a passed, b failed, c failed, d passed, e passed, g passed, h quarantined, i failed, j failed";
        let now = "s failed: a failed, b failed, c passed, d flaky, f failed, g ignored, h failed, i ignored, k passed, j quarantined";
        let (status, lines) = texts(base, now);
        assert_eq!(status, "regression");
        assert_eq!(
            lines,
            [
                "blocker regression s.a: it passed in the baseline; the first of 4 failing tests of its suite",
                "blocker regression s.h: it was quarantined in the baseline, and its quarantine does not cover this failure",
                "blocker new_failure s.f: it is not in the baseline",
                "minor flaky s.d: it failed and then passed in the same run",
                "minor removed s.e: it is in the baseline and its suite no longer has it",
                "minor not_run s.g: it passed in the baseline and is ignored now",
                "minor not_run s.i: it failed in the baseline and is ignored now",
                "info known_failure s.b: it failed in the baseline too",
                "info fixed s.c: it failed in the baseline",
            ]
        );
        let counts = compare(&run("a", base), &run("b", now)).summary;
        assert_eq!((counts.regression_count, counts.new_failure_count, counts.new_pass_count), (3, 1, 1));
        assert_eq!((counts.still_failing_count, counts.fixed_count, counts.removed_count), (1, 1, 1));
        assert_eq!((counts.flaky_count, counts.not_run_count), (1, 2));
    }

    #[test]
    fn incomplete_results_keep_tests_from_running() {
        let (_, lines) = texts("s passed: a passed, b passed", "s failed!: a failed");
        assert_eq!(
            lines,
            [
                "blocker regression s.a: it passed in the baseline; the only failing test of its suite",
                "major not_run s.b: it has no result: its suite failed",
            ]
        );
        let (_, lines) = texts("s passed: b passed; t quarantined!:", "s quarantined!:; t quarantined!:");
        assert_eq!(lines, ["major not_run s.b: it has no result: its suite failed"]);
    }

    #[test]
    fn a_crash_keeps_its_tests_from_running_and_is_a_failure_of_its_own() {
        let (status, lines) = texts("s failed: a failed, b passed", "s crashed: a failed");
        assert_eq!(status, "regression");
        assert_eq!(
            lines,
            [
                "blocker regression s: tests of it failed in the baseline, the suite itself did not; the suite itself crashed",
                "major not_run s.b: it has no result: its suite crashed",
                "info known_failure s.a: it failed in the baseline too; the only failing test of its suite",
            ]
        );
        let (status, lines) = texts("s timed_out: a passed", "s crashed: a passed");
        assert_eq!(status, "known_failures_only");
        assert_eq!(lines, ["major known_failure s: it failed in the baseline too; the suite itself crashed"]);
        // Where it lost nothing, its failing test speaks for it.
        let (status, lines) = texts("s failed: s failed", "s timed_out: s failed");
        assert_eq!((status, lines.len()), ("known_failures_only", 1));
        let (_, lines) = texts("s timed_out: s failed", "s passed: s passed");
        assert_eq!(lines, ["info fixed s.s: it failed in the baseline"]);
        // It broke before any test had a name.
        let (_, lines) = texts("s passed: a passed", "s failed");
        assert_eq!(
            lines,
            [
                "blocker regression s: it passed in the baseline; the suite itself failed",
                "major not_run s.a: it has no result: its suite failed"
            ]
        );
        let (status, lines) = texts("s crashed", "s passed: a passed");
        assert_eq!((status, lines), ("stable", vec!["info fixed s: it failed in the baseline".into()]));
    }

    #[test]
    fn suites_that_come_and_go() {
        let (status, lines) =
            texts("a passed: x passed, y failed; b passed", "c failed: x failed; d missing; e passed");
        assert_eq!(status, "regression");
        assert_eq!(
            lines,
            [
                "blocker new_failure c.x: it is not in the baseline; the only failing test of its suite",
                "blocker new_failure d: it is not in the baseline; the suite itself could not be started or left no results",
                "minor removed a.x: its whole suite is in the baseline and not in this run",
                "minor removed a.y: it failed in the baseline and is no longer there: that is no fix",
                "minor removed b: its whole suite is in the baseline and not in this run",
            ]
        );
        // A suite that failed by itself is gone too, beside its tests; nothing shows that it is fixed.
        let (status, lines) = texts("a crashed: x passed; b passed", "b passed");
        assert_eq!(status, "known_failures_only");
        assert_eq!(
            lines,
            [
                "minor removed a: it failed in the baseline and is no longer there: that is no fix",
                "minor removed a.x: its whole suite is in the baseline and not in this run",
            ]
        );
        // What is only gone is stable, counted and listed.
        let gone = compare(&run("a", "s passed: x passed, y passed"), &run("b", "s passed: x passed"));
        assert_eq!((gone.status, gone.summary.removed_count), (TriageStatus::Stable, 1));
        assert_eq!(gone.ranked_diagnostics[0].test.as_deref(), Some("y"));
    }

    #[test]
    fn a_failure_that_is_gone_or_did_not_run_is_not_stable() {
        for (base, now) in [
            ("s failed: a failed, b passed", "s passed: b passed"),
            ("s failed: a failed, b passed", "s passed: a ignored, b passed"),
            ("s failed: a failed, b passed", "s passed: a not_run, b passed"),
            ("s failed: a failed; t passed", "t passed"),
            ("s failed; t passed", "t passed"),
            ("s crashed; t passed", "s not_run; t passed"),
            ("s crashed; t passed", "s ignored; t passed"),
            ("s crashed: a passed; t passed", "s ignored: a ignored; t passed"),
            ("s crashed; t passed", "s ignored: a ignored; t passed"),
        ] {
            assert_eq!(texts(base, now).0, "known_failures_only", "{base} => {now}");
            // The same where it passed.
            let base = base.replace("failed", "passed").replace("crashed", "passed");
            assert_eq!(texts(&base, now).0, "stable", "{base} => {now}");
        }
        assert_eq!(texts("s failed: a failed", "s passed: a passed").0, "stable");
        assert_eq!(texts("s quarantined: a quarantined, b passed", "s passed: b passed").0, "stable");
        // A test that the baseline does not have did not fail there, though its suite crashed.
        assert_eq!(texts("s crashed: b passed", "s passed: b passed, c not_run").0, "stable");
    }

    #[test]
    fn what_was_not_chosen_is_not_compared() {
        let base = run(
            "a",
            "e2e_a passed: x passed; e2e_b failed: x failed; t passed; u passed: x passed, y passed",
        );
        let mut current = run("b", "u passed: x passed");
        assert_eq!(compare(&base, &current).summary.removed_count, 4);
        current.head.selection = Chosen { suites: vec!["e2e_a".into()], units: vec!["u".into()] };
        let found = compare(&base, &current);
        // Of what was chosen all is compared: a suite that is gone, and a test.
        assert_eq!(
            (found.status, found.summary.removed_count, found.not_compared),
            (TriageStatus::Stable, 2, 2)
        );
        // What was chosen in the baseline bounds nothing.
        let mut part = base.clone();
        part.head.selection = current.head.selection.clone();
        current.head.selection = Chosen::default();
        assert_eq!(compare(&part, &current).summary.removed_count, 4);
    }

    #[test]
    fn what_was_selected_and_did_not_start() {
        let base = run("a", "s passed: x passed; t passed: y passed; u passed");
        let mut current = run("b", "s passed: x passed");
        current.head.status = Some(RunStatus::Aborted);
        let row = |name: &str| NotRunRow {
            role: SuiteRole::Unit,
            kind: "unit".into(),
            name: name.to_string().into(),
            tests: None,
        };
        current.settle(vec![row("t"), row("u"), row("w")]);
        let (status, lines) = says(&base, &current);
        assert_eq!(status, "stable");
        let aborted = "it was selected, and the run was aborted";
        let wanted = ["t.y", "u", "w"].map(|n| format!("major not_run {n}: {aborted}"));
        assert_eq!(lines, wanted);
        // Such a run is no proof of anything as a baseline.
        assert_eq!(says(&current, &run("c", "w failed: z failed; t failed: y failed")).0, "regression");
        let again =
            compare(&current, &run("c", "s passed: x passed; t passed: y passed; u passed; w passed"));
        assert_eq!((again.summary.new_pass_count, again.summary.removed_count), (3, 0));
    }

    #[test]
    fn a_replay_answers_for_what_it_replays_alone() {
        let mut base = run(
            "a",
            "s failed: x failed, y passed, w failed; t passed: z passed; v crashed; u failed: q failed",
        );
        base.head.correlation_id = Some("k".into());
        let mut current = run("a", "s passed: x passed");
        current.head.correlation_id = Some("k".into());
        current.head.rerun_from = Some("summary.json".into());
        let (status, lines) = says(&base, &current);
        assert_eq!(status, "known_failures_only");
        let missing = "the run replays the baseline and has no result of it";
        assert_eq!(
            lines,
            [
                format!("major not_run s.w: {missing}"),
                format!("major not_run u.q: {missing}"),
                format!("major not_run v: {missing}"),
                "info fixed s.x: it failed in the baseline".into(),
            ]
        );
        assert_eq!(compare(&base, &current).not_compared, 1);
        // Of another run than the baseline: nobody knows what it was asked for.
        current.head.correlation_id = Some("other".into());
        let other = compare(&base, &current);
        assert_eq!((other.ranked_diagnostics.len(), other.not_compared), (1, 3));
    }

    #[test]
    fn what_another_shard_or_profile_runs_is_not_removed() {
        let base = run("a", "e2e_a passed: x passed; e2e_b passed: x passed; u passed: x passed");
        let mut current = run("b", "e2e_a passed: x passed");
        assert_eq!(compare(&base, &current).summary.removed_count, 2);
        let shard = |index, digest: &str| {
            Some(Shard { kind: ShardKind::Suite, index, total: 2, plan_digest: digest.into() })
        };
        current.head.shard = shard(0, "d");
        let found = compare(&base, &current);
        assert_eq!((found.summary.removed_count, found.not_compared), (0, 2));
        // The same part of the same plan as before: then it is gone.
        let mut same = base.clone();
        same.head.shard = shard(0, "d");
        let found = compare(&same, &current);
        assert_eq!((found.summary.removed_count, found.not_compared), (1, 1));
        same.head.shard = shard(0, "e");
        assert_eq!(compare(&same, &current).not_compared, 2);
        // Tests of a suite that it runs are compared all the same.
        let found = compare(&run("a", "e2e_a passed: x passed, y passed"), &current);
        assert_eq!(found.summary.removed_count, 1);
        // Another profile: the kinds that it has are compared.
        let mut quick = run("b", "u2 passed: x passed");
        quick.head.profile = Some("quick".into());
        let mut full = base.clone();
        full.head.profile = Some("full".into());
        let found = compare(&full, &quick);
        assert_eq!((found.summary.removed_count, found.not_compared), (1, 2));
    }

    #[test]
    fn tests_of_one_name_are_compared_worst_with_worst() {
        assert_eq!(
            texts("s failed: a passed, a failed", "s failed: a failed, a passed").0,
            "known_failures_only"
        );
        assert_eq!(texts("s failed: a passed, a failed", "s failed: a failed, a failed").0, "regression");
        let (status, lines) = texts("s failed: a failed, a passed", "s failed: a failed");
        assert_eq!((status, lines.len()), ("known_failures_only", 2));
        // The one that is gone may be the one that failed.
        for base in [
            "s failed: a failed, a passed",
            "s failed: a failed, a #2 passed",
            "s failed: a passed, a #2 failed",
        ] {
            let base = run("c1", base);
            let (status, lines) = says(&base, &run("c2", "s passed: a passed"));
            assert_eq!((status, lines.len()), ("known_failures_only", 1));
            assert!(lines[0].starts_with("minor removed s.a"), "{lines:?}");
            assert_eq!(says(&base, &run("c2", "s passed: a passed, a #2 passed")).0, "stable");
        }
    }

    #[test]
    fn one_cause_comes_first_and_commands_stand_once() {
        let base =
            run("a", "s passed: a passed, b passed; t passed: c passed, d passed; u failed: e failed/x");
        let now = "s failed: a failed/one, b failed/two; t failed: c failed/two, d failed/two; u failed: e failed/y";
        let current = run("b", now);
        let replay = |suite: &str, kind: &str, _: SuiteRole, _: Option<&str>| {
            (suite != "u").then(|| format!("replay {kind} {suite}"))
        };
        let found = diff(&base, &current, 4, &replay);
        let names: Vec<_> = found.ranked_diagnostics.iter().map(|d| d.test.as_deref().unwrap()).collect();
        assert_eq!((names, found.omitted), (vec!["b", "c", "d", "a"], 1));
        assert_eq!(found.ranked_diagnostics[0].reasons[1], "the same signature fails in 3 tests");
        assert_eq!(found.commands, ["replay unit s", "replay unit t"]);
        let last = &compare(&base, &current).ranked_diagnostics[4];
        assert_eq!(last.severity, "minor");
        assert!(last.reasons[0].contains("another signature"), "{:?}", last.reasons);
    }

    const STATUSES: [&str; 6] = ["passed", "failed", "flaky", "ignored", "quarantined", "not_run"];
    const WHOLE: [&str; 9] =
        ["passed", "failed", "flaky", "ignored", "quarantined", "not_run", "timed_out", "crashed", "missing"];

    fn text() -> impl Strategy<Value = String> {
        let tests = proptest::collection::vec(("[a-d]( #[23])?", 0usize..6), 0..5);
        proptest::collection::btree_map("[s-v]|e2e[xy]", (0usize..9, tests), 0..5).prop_map(|suites| {
            let suite = |(name, (status, tests)): (String, (usize, Vec<(String, usize)>))| {
                let tests: Vec<String> = tests
                    .iter()
                    .map(|(t, status)| format!("{t} {}/{}", STATUSES[*status], &t[..1]))
                    .collect();
                format!("{name} {}: {}", WHOLE[status], tests.join(", "))
            };
            suites.into_iter().map(suite).collect::<Vec<_>>().join("; ")
        })
    }

    proptest! {
        #[test]
        fn counts_status_and_list_agree(old in text(), new in text(), most in 0usize..6) {
            let (base, current) = (run("a", &old), run("b", &new));
            let all = compare(&base, &current);
            let c = all.summary;
            let listed = c.regression_count + c.still_failing_count + c.fixed_count + c.removed_count + c.flaky_count
                + c.not_run_count;
            prop_assert_eq!(all.ranked_diagnostics.len() as u64, listed);
            let failing = current.tests.iter().filter(|t| t.status == TestStatus::Failed).count()
                + current.suites.iter().filter(|s| fails_itself(&current, s)).count();
            // More only by suites that crashed beside a failing test and lost others.
            prop_assert!(c.regression_count + c.still_failing_count >= failing as u64);
            let gone = |d: &Diagnostic| matches!(d.change, DiffChange::Removed | DiffChange::NotRun);
            let unproven = all.ranked_diagnostics.iter().any(|d| {
                let before = d.before.as_deref();
                gone(d) && (before == Some("failed") || (d.test.is_none() && matches!(before, Some("crashed" | "timed_out" | "missing"))))
            });
            let status = match () {
                () if c.regression_count > 0 => "regression",
                () if failing > 0 || unproven => "known_failures_only",
                () => "stable",
            };
            prop_assert_eq!(all.status.name(), status);
            let blockers = all.ranked_diagnostics.iter().filter(|d| d.severity == "blocker").count() as u64;
            prop_assert_eq!(blockers, c.regression_count);
            prop_assert!(all.ranked_diagnostics.iter().all(|d| !d.reasons.is_empty()));
            // The list is cut at its end, not chosen otherwise.
            let some = diff(&base, &current, most, &|_, _, _, _| None);
            let most = most.min(all.ranked_diagnostics.len());
            prop_assert_eq!(&some.ranked_diagnostics[..], &all.ranked_diagnostics[..most]);
            prop_assert_eq!(some.omitted, listed - most as u64);
        }

        #[test]
        fn a_run_beside_itself_changes_nothing(text in text()) {
            let same = compare(&run("a", &text), &run("a", &text));
            prop_assert_ne!(same.status, TriageStatus::Regression);
            let c = same.summary;
            prop_assert_eq!((c.fixed_count, c.removed_count, c.new_pass_count), (0, 0, 0));
        }

        /// As many tests of a name as the run lacks are counted, whatever else happens.
        #[test]
        fn nothing_vanishes(old in text(), new in text()) {
            let (base, current) = (run("a", &old), run("b", &new));
            let found = compare(&base, &current);
            for suite in &base.suites {
                let key = |name: &str| name.split(" #").next().unwrap_or_default().to_string();
                for test in base.tests_of(suite) {
                    let name = key(&test.name);
                    let of = |tests: &[TestRow<'_>]| tests.iter().filter(|t| key(&t.name) == name).count();
                    let there = current.suites.iter().filter(|s| s.key() == suite.key());
                    let there: usize = figures::total(there.map(|s| of(current.tests_of(s))));
                    let told = found.ranked_diagnostics.iter().filter(|d| {
                        d.suite == suite.name && d.test.as_deref().is_some_and(|t| key(t) == name)
                            && matches!(d.change, DiffChange::Removed | DiffChange::NotRun)
                    });
                    prop_assert!(there + told.count() >= of(base.tests_of(suite)), "{} {}", suite.name, test.name);
                }
            }
        }
    }
}
