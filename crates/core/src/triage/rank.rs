//! Differences in the order in which a person should look at them, and why.
//!
//! `blocker`: what counts as a regression. `major`: what did not run, and what still crashes, times out or cannot be
//! started. `minor`: what was removed, ignored or flaky, and a known failure that fails in another way. `info`: known
//! failures and what is fixed. Within a severity failures that share their signature with most others come first, since one
//! cause explains them all; then suites by name and tests in the order reported.

use super::change::{DiffItem, ReplayCommand, is_abrupt};
use crate::model::columns::{Columns, SuiteRow, TestRow};
use crate::model::run::RunStatus;
use crate::model::suite::{SuiteRole, SuiteStatus};
use crate::model::test::TestStatus;
use crate::model::triage::{Diagnostic, DiffChange};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Diagnostics that a triage diff lists.
pub const LIMIT: usize = 1000;

const SEVERITIES: [&str; 4] = ["blocker", "major", "minor", "info"];

/// The `most` worst as diagnostics.
pub(super) fn diagnostics<'c, 'a>(
    base: &'c Columns<'a>,
    current: &'c Columns<'a>,
    mut items: Vec<DiffItem<'c, 'a>>,
    most: usize,
    replay: ReplayCommand<'_>,
) -> Vec<Diagnostic> {
    let view = View::new(base, current, &mut items);
    if items.len() > most {
        // Only what is listed needs an order.
        items.select_nth_unstable_by(most, |a, b| view.key(a).cmp(&view.key(b)));
        items.truncate(most);
    }
    items.sort_by(|a, b| view.key(a).cmp(&view.key(b)));
    (1..).zip(&items).filter_map(|(rank, item)| view.diagnostic(rank, item, replay)).collect()
}

/// What the place of one difference depends on beside itself.
struct View<'c, 'a> {
    base: &'c Columns<'a>,
    current: &'c Columns<'a>,
    /// Suite, how many tests of it fail now, and the number of the first; in the order of suites.
    failing: Vec<(&'c SuiteRow<'a>, u64, u32)>,
}

type Key<'c> = (u8, u8, Reverse<u32>, &'c str, (SuiteRole, &'c str, &'c str), u64, &'c str);

impl<'c, 'a> View<'c, 'a> {
    fn new(base: &'c Columns<'a>, current: &'c Columns<'a>, items: &mut [DiffItem<'c, 'a>]) -> Self {
        let mut clusters: HashMap<&str, u32> = HashMap::new();
        let mut failing: Vec<(&SuiteRow<'a>, u64, u32)> = Vec::new();
        for (suite, test) in items.iter().filter_map(failure) {
            match failing.last_mut() {
                Some((last, count, first)) if std::ptr::eq(*last, suite) => {
                    *count += 1;
                    *first = test.at.min(*first);
                }
                _ => failing.push((suite, 1, test.at)),
            }
            if let Some(signature) = current.signature(test) {
                *clusters.entry(signature).or_default() += 1;
            }
        }
        for item in items {
            let signature = failure(item).and_then(|(_, test)| current.signature(test));
            item.cluster = signature.and_then(|s| clusters.get(s)).copied().unwrap_or(0);
        }
        View { base, current, failing }
    }

    fn key(&self, item: &DiffItem<'c, 'a>) -> Key<'c> {
        // A signature that no other test has orders nothing.
        let (size, signature) = match item.is {
            Some(test) if item.cluster > 1 => (item.cluster, self.current.signature(test).unwrap_or("")),
            _ => (0, ""),
        };
        let suite = item.after.or(item.before).map_or((SuiteRole::Suite, "", ""), SuiteRow::key);
        let test = item.is.or(item.was);
        // The suite itself stands before its tests.
        let at = test.map_or(0, |t| 1 + u64::from(t.at));
        let name = test.map_or("", |t| &*t.name);
        (self.severity(item), item.change as u8, Reverse(size), signature, suite, at, name)
    }

    /// An index into `SEVERITIES`.
    fn severity(&self, item: &DiffItem<'_, '_>) -> u8 {
        match item.change {
            DiffChange::Regression | DiffChange::NewFailure => 0,
            DiffChange::NotRun if item.is.is_some_and(|t| t.status == TestStatus::Ignored) => 2,
            DiffChange::NotRun => 1,
            DiffChange::KnownFailure
                if item.is.is_none() && item.after.is_some_and(|s| is_abrupt(s.status)) =>
            {
                1
            }
            DiffChange::KnownFailure if self.signatures(item).is_some() => 2,
            DiffChange::Removed | DiffChange::Flaky => 2,
            DiffChange::KnownFailure | DiffChange::Fixed | DiffChange::NewPass => 3,
        }
    }

    /// The signatures before and now of a test that fails in another way.
    fn signatures(&self, item: &DiffItem<'_, '_>) -> Option<(&str, &str)> {
        let (was, is) = (self.base.signature(item.was?)?, self.current.signature(item.is?)?);
        (was != is).then_some((was, is))
    }

    fn diagnostic(
        &self,
        rank: u64,
        item: &DiffItem<'c, 'a>,
        replay: ReplayCommand<'_>,
    ) -> Option<Diagnostic> {
        let suite = item.after.or(item.before)?;
        let test = item.is.or(item.was).map(|t| &*t.name);
        let whole = |s: &SuiteRow<'_>| s.status.name().to_string();
        let (before, after) = match test {
            Some(_) => (item.was.map(|t| t.status.name().into()), item.is.map(|t| t.status.name().into())),
            None => (item.before.map(whole), item.after.map(whole)),
        };
        // Nothing is left to replay of what is gone, and no reason to where it passes.
        let replays = !matches!(item.change, DiffChange::Removed | DiffChange::Fixed | DiffChange::NewPass);
        let selector = match (item.is, item.was) {
            (Some(test), _) => Some(self.current.selector(test)),
            (None, was) => was.map(|test| self.base.selector(test)),
        };
        let replay_command =
            replays.then(|| replay(&suite.name, &suite.kind, suite.role, selector)).flatten();
        Some(Diagnostic {
            rank,
            change: item.change,
            severity: SEVERITIES[usize::from(self.severity(item))].into(),
            suite: suite.name.to_string(),
            kind: suite.kind.to_string(),
            test: test.map(str::to_string),
            before,
            after,
            signature: item.is.and_then(|t| self.current.signature(t)).map(str::to_string),
            reasons: self.reasons(item),
            replay_command,
        })
    }

    fn reasons(&self, item: &DiffItem<'c, 'a>) -> Vec<String> {
        let mut reasons = vec![match item.change {
            DiffChange::Regression | DiffChange::NewFailure => self.new_failure(item),
            DiffChange::NotRun => self.not_run(item),
            DiffChange::KnownFailure if self.signatures(item).is_some() => {
                "it failed in the baseline too, with another signature".into()
            }
            DiffChange::KnownFailure => "it failed in the baseline too".into(),
            DiffChange::Flaky => "it failed and then passed in the same run".into(),
            DiffChange::Removed
                if item.was.map_or_else(
                    || item.before.is_some_and(|s| s.status.is_failure()),
                    |t| t.status == TestStatus::Failed,
                ) =>
            {
                "it failed in the baseline and is no longer there: that is no fix".into()
            }
            DiffChange::Removed if item.after.is_none() => {
                "its whole suite is in the baseline and not in this run".into()
            }
            DiffChange::Removed => "it is in the baseline and its suite no longer has it".into(),
            DiffChange::Fixed => "it failed in the baseline".into(),
            DiffChange::NewPass => "it is not in the baseline".into(),
        }];
        if let (Some(suite), None) = (item.after, item.is)
            && item.was.is_none()
            && matches!(
                item.change,
                DiffChange::Regression | DiffChange::NewFailure | DiffChange::KnownFailure
            )
        {
            reasons.push(format!("the suite itself {}", words(suite.status)));
        }
        if item.cluster > 1 {
            reasons.push(format!("the same signature fails in {} tests", item.cluster));
        }
        if let Some((suite, test)) = failure(item)
            && let Ok(nth) = self.failing.binary_search_by(|(s, _, _)| s.key().cmp(&suite.key()))
            && self.failing[nth].2 == test.at
        {
            reasons.push(match self.failing[nth].1 {
                1 => "the only failing test of its suite".into(),
                n => format!("the first of {n} failing tests of its suite"),
            });
        }
        reasons
    }

    fn new_failure(&self, item: &DiffItem<'_, '_>) -> String {
        let status = match (item.is, item.was, item.before) {
            (Some(_), Some(test), _) => Some(test.status.name()),
            (None, _, Some(suite)) => Some(suite.status.name()),
            _ => None,
        };
        match status {
            None => "it is not in the baseline".into(),
            Some("not_run") => "it did not run in the baseline".into(),
            Some("passed") => "it passed in the baseline".into(),
            Some("quarantined") => {
                "it was quarantined in the baseline, and its quarantine does not cover this failure".into()
            }
            Some("failed") => "tests of it failed in the baseline, the suite itself did not".into(),
            Some(other) => format!("it was {other} in the baseline"),
        }
    }

    fn not_run(&self, item: &DiffItem<'_, '_>) -> String {
        let replay = self.current.head.rerun_from.is_some();
        let was = item.was.map_or("ran", |t| match t.status {
            TestStatus::Failed => "failed",
            TestStatus::Passed => "passed",
            _ => "was listed",
        });
        // A quarantined suite that is cut failed too.
        let failed = |s: &SuiteRow<'_>| s.status.is_failure() || (s.cut && s.status != SuiteStatus::NotRun);
        match (item.is.map(|t| t.status), item.after) {
            (Some(TestStatus::Ignored), _) => format!("it {was} in the baseline and is ignored now"),
            (None, Some(suite)) if failed(suite) && item.was.is_some() => {
                format!("it has no result: its suite {}", words(suite.status))
            }
            (None, Some(suite)) if item.was.is_none() && suite.status == SuiteStatus::Ignored => {
                "the suite is ignored now".into()
            }
            (None, _) if replay => "the run replays the baseline and has no result of it".into(),
            _ if self.current.head.status == Some(RunStatus::Aborted) => {
                "it was selected, and the run was aborted".into()
            }
            _ => "it was selected and did not start".into(),
        }
    }
}

/// The test that fails now, and its suite.
fn failure<'c, 'a>(item: &DiffItem<'c, 'a>) -> Option<(&'c SuiteRow<'a>, &'c TestRow<'a>)> {
    item.after.zip(item.is.filter(|test| test.status == TestStatus::Failed))
}

fn words(status: SuiteStatus) -> &'static str {
    match status {
        SuiteStatus::Crashed => "crashed",
        SuiteStatus::TimedOut => "timed out",
        SuiteStatus::Missing => "could not be started or left no results",
        _ => "failed",
    }
}
