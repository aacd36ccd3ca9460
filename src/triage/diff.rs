//! A run against its baseline, test by test.
//!
//! A test is known by the list, kind and name of its suite and its own name. Tests of one name in one suite are compared the
//! n-th worst of one run with the n-th worst of the other, so that their order proves nothing.
//!
//! What the current run was not asked for is not compared: the suites that another shard runs, the kinds that another
//! profile selects, and, in a replay, all but what it replays. How many suites that are is counted (`not_compared`).
//! What it was asked for and has no result of is `not_run` where something kept it from running (its suite failed by
//! itself, the run was aborted, `not_run` names it), else `removed`. Neither alters the status: that says what fails.
//! They are counted and listed, and a gate may hold a run to their counts.

use super::change::{fails_itself, of_suite, of_test};
use super::rank;
use crate::model::columns::{Columns, SuiteRow, TestRow};
use crate::model::plan::{Shard, ShardKind};
use crate::model::run::RunStatus;
use crate::model::suite::{Role, SuiteStatus};
use crate::model::test::TestStatus;
use crate::model::triage::{Change, Diagnostic, TriageCounts, TriageStatus};
use std::cmp::Ordering;

/// Builds the command that replays a suite, or one test of it: (suite, kind, role, test). `None` where `tollgate.toml` does
/// not know the suite. Nothing of a summary is ever part of a command but by this.
pub type Replay<'r> = &'r dyn Fn(&str, &str, Role, Option<&str>) -> Option<String>;

/// What two runs differ in.
#[derive(Debug, Clone, PartialEq)]
pub struct Triage {
    /// `Regression` where something fails that the baseline does not show failing, `KnownFailuresOnly` where something else
    /// fails, else `Stable`.
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

/// One difference: of a test, or of a suite where neither test is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'c, 'a> {
    pub(super) change: Change,
    pub(super) before: Option<&'c SuiteRow<'a>>,
    pub(super) after: Option<&'c SuiteRow<'a>>,
    pub(super) was: Option<&'c TestRow<'a>>,
    pub(super) is: Option<&'c TestRow<'a>>,
}

/// Compares two settled runs. `most` diagnostics are listed.
pub fn diff(base: &Columns<'_>, current: &Columns<'_>, most: usize, replay: Replay<'_>) -> Triage {
    let mut walk = Walk::new(base, current);
    walk.suites();
    let Walk { counts: summary, items, not_compared, .. } = walk;
    let status = match summary {
        TriageCounts { regression_count: 1.., .. } => TriageStatus::Regression,
        TriageCounts { still_failing_count: 1.., .. } => TriageStatus::KnownFailuresOnly,
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
    items: Vec<Item<'c, 'a>>,
    not_compared: u64,
}

impl<'c, 'a> Walk<'c, 'a> {
    fn new(base: &'c Columns<'a>, current: &'c Columns<'a>) -> Self {
        let scope = Scope::of(base, current);
        Walk { base, current, scope, counts: TriageCounts::default(), items: Vec::new(), not_compared: 0 }
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
        if let Some(change) = of_suite((self.base, before), (self.current, after)) {
            self.state(Item { change, before, after: Some(after), was: None, is: None });
        }
        let gone = self.scope.gone(self.current, after);
        let mut old = before.map(|b| self.base.tests_of(b)).unwrap_or_default();
        let mut new = self.current.tests_of(after);
        loop {
            let order = match (old.first(), new.first()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.name.cmp(&b.name),
            };
            let was = if order.is_le() { old.split_off_first() } else { None };
            let is = if order.is_ge() { new.split_off_first() } else { None };
            let change = match (was, is) {
                (was, Some(is)) => of_test(was.map(|t| t.status), is.status),
                (Some(was), None) => gone.of(was.status),
                (None, None) => None,
            };
            if let Some(change) = change {
                self.state(Item { change, before, after: Some(after), was, is });
            }
        }
    }

    /// A suite of the baseline that the current run does not have.
    fn absent(&mut self, before: &'c SuiteRow<'a>) {
        let gone = self.scope.gone_suite(before);
        if gone == Gone::NotAsked {
            self.not_compared += 1;
            return;
        }
        let (tests, after) = (self.base.tests_of(before), None);
        if tests.is_empty() || (gone == Gone::Asked && fails_itself(self.base, before)) {
            // As its only test would count: in a replay only where it failed or did not run.
            let failed = fails_itself(self.base, before) || before.status == SuiteStatus::NotRun;
            let status = if failed { TestStatus::Failed } else { TestStatus::Passed };
            if let Some(change) = gone.of(status) {
                self.state(Item { change, before: Some(before), after, was: None, is: None });
            }
        }
        for was in tests {
            if let Some(change) = gone.of(was.status) {
                self.state(Item { change, before: Some(before), after, was: Some(was), is: None });
            }
        }
    }

    fn state(&mut self, item: Item<'c, 'a>) {
        let counts = &mut self.counts;
        match item.change {
            Change::Regression => counts.regression_count += 1,
            Change::NewFailure => {
                counts.regression_count += 1;
                counts.new_failure_count += 1;
            }
            Change::KnownFailure => counts.still_failing_count += 1,
            Change::Fixed => counts.fixed_count += 1,
            Change::Flaky => counts.flaky_count += 1,
            Change::Removed => counts.removed_count += 1,
            Change::NotRun => counts.not_run_count += 1,
            Change::NewPass => {
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
    fn of(self, was: TestStatus) -> Option<Change> {
        match self {
            Gone::Removed => Some(Change::Removed),
            Gone::NotRun => Some(Change::NotRun),
            Gone::Asked => matches!(was, TestStatus::Failed | TestStatus::NotRun).then_some(Change::NotRun),
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
    divides: Option<Role>,
    same_part: bool,
    /// The kinds that the current run has, where its profile is another one; sorted.
    kinds: Option<Vec<(Role, &'c str)>>,
}

impl<'c> Scope<'c> {
    fn of(base: &Columns<'_>, current: &'c Columns<'_>) -> Self {
        let (old, new) = (&base.head, &current.head);
        let tied = new.correlation_id.is_some() && old.correlation_id == new.correlation_id;
        let other_profile = old.profile.is_some() && new.profile.is_some() && old.profile != new.profile;
        let kinds = other_profile.then(|| {
            let mut kinds: Vec<(Role, &str)> = current.suites.iter().map(|s| (s.role, &*s.kind)).collect();
            kinds.dedup();
            kinds
        });
        Scope {
            replay: new.rerun_from.is_some(),
            of_baseline: tied,
            aborted: new.status == Some(RunStatus::Aborted),
            divides: new.shard.as_ref().and_then(divided),
            same_part: old.shard == new.shard,
            kinds,
        }
    }

    /// A test without a result in a suite that the current run has.
    fn gone(&self, current: &Columns<'_>, suite: &SuiteRow<'_>) -> Gone {
        if self.replay {
            return if self.of_baseline { Gone::Asked } else { Gone::NotAsked };
        }
        let kept = self.aborted || suite.cut || suite.status == SuiteStatus::NotRun;
        if kept || fails_itself(current, suite) { Gone::NotRun } else { Gone::Removed }
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
        if of_another_part || of_another_profile { Gone::NotAsked } else { Gone::Removed }
    }
}

fn divided(shard: &Shard) -> Option<Role> {
    match shard.kind {
        ShardKind::None => None,
        ShardKind::Suite => Some(Role::Suite),
        ShardKind::Unit => Some(Role::Unit),
    }
}
