//! What a replay of whole suites shows of the tests that it was made for.

use super::request::Watcher;
use std::collections::BTreeSet;
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::run::NotRun;
use tollgate_core::model::suite::SuiteResult;
use tollgate_core::model::test::{TestNames, TestStatus};
use tollgate_core::plan;
use tollgate_text::show::show;

/// Names that are said of one suite.
const SAID: usize = 5;

/// The tests that did not run of suites that ran whole, each suite said in one sentence: what is not there any more, or was
/// skipped, is no fix.
pub(super) fn unproven(expected: &[NotRun], records: &[SuiteRecord], watcher: &dyn Watcher) -> Vec<NotRun> {
    let mut found = Vec::new();
    for suite in expected {
        let is_it = |r: &&SuiteRecord| (&r.result.kind, &r.result.name) == (&suite.kind, &suite.name);
        let Some(record) = records.iter().find(is_it) else { continue };
        let mut names = plan::unproven(&suite.expected, &record.result);
        if names.is_empty() {
            continue;
        }
        watcher.note(&sentence(&suite.name, &names, &record.result));
        let tests = Some(names.keys().cloned().collect());
        names.retain(|selector, names| names.iter().any(|name| name != selector));
        found.push(NotRun { role: record.role, tests, names, expected: TestNames::new(), ..suite.clone() });
    }
    found
}

fn sentence(suite: &str, names: &TestNames, result: &SuiteResult) -> String {
    let ran = |t: &&tollgate_core::model::test::TestResult| {
        !matches!(t.status, TestStatus::Ignored | TestStatus::NotRun)
    };
    let ran: BTreeSet<&str> = result.tests.iter().filter(ran).map(|t| t.name.as_str()).collect();
    let all: BTreeSet<&str> = names.values().flatten().map(String::as_str).collect();
    let mut lacking: Vec<&str> = all.difference(&ran).copied().collect();
    if lacking.is_empty() {
        lacking = all.into_iter().collect();
    }
    let more = lacking.len().saturating_sub(SAID);
    let shown: Vec<String> = lacking.iter().take(SAID).map(|name| format!("`{}`", show(name))).collect();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let what = if lacking.len() == 1 { "its test" } else { "its tests" };
    format!(
        "`{}` was replayed whole, and {what} {}{more} did not run: what is gone or skipped is not shown to pass, and the replay \
         fails by it",
        show(suite),
        shown.join(", ")
    )
}
