//! Documents of runs as the judge walks them: without the types, for a foreign runner leaves out what it does not know.

use tollgate_core::model::suite::{SuiteRole, SuiteStatus};
use tollgate_core::model::test::TestStatus;
use tollgate_text::escape::fit;
use tollgate_text::json::Json;

/// Names told of one kind.
const NAMED: usize = 10;
/// Longest name, in characters.
const NAME: usize = 400;

/// The suites and units of a summary with the list that each stands in.
pub fn suites<'s>(summary: &'s Json<'s>) -> impl Iterator<Item = (SuiteRole, &'s Json<'s>)> {
    let of = |list, role| summary.items(list).iter().map(move |suite| (role, suite));
    of("suites", SuiteRole::Suite).chain(of("units", SuiteRole::Unit))
}

/// The status of a suite, where it is one that is known.
pub fn status(suite: &Json<'_>) -> Option<SuiteStatus> {
    suite.get("status").and_then(|status| serde_json::from_value(status.to_value()).ok())
}

/// Whether a suite was selected and did not start.
pub fn is_unrun(suite: &Json<'_>) -> bool {
    status(suite) == Some(SuiteStatus::NotRun)
}

/// Whether a test failed.
pub fn fails(test: &Json<'_>) -> bool {
    test.text("status") == Some(TestStatus::Failed.name())
}

/// Whether a test was selected and did not start.
pub fn is_left(test: &Json<'_>) -> bool {
    test.text("status") == Some(TestStatus::NotRun.name())
}

/// What of the run judged is not simply green and does not fail it either, by name: one sentence a kind.
pub fn noted(summary: &Json<'_>) -> Vec<String> {
    let of = |status: TestStatus| -> Vec<String> {
        let tests = suites(summary).flat_map(|(_, suite)| {
            let shown =
                format!("{} {}", suite.text("kind").unwrap_or("?"), suite.text("name").unwrap_or("?"));
            let of_status =
                suite.items("tests").iter().filter(|test| test.text("status") == Some(status.name()));
            of_status.map(move |test| format!("{} ({shown})", test.text("name").unwrap_or("?")))
        });
        tests.collect()
    };
    let listed = |names: Vec<String>, one: &str, several: &str| -> Option<String> {
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let said = if names.len() == 1 { one } else { several };
        let shown: Vec<String> = names.iter().take(NAMED).map(|name| fit(name, NAME)).collect();
        (!names.is_empty()).then(|| format!("{said}: {}{more}", shown.join(", ")))
    };
    let flaky =
        listed(of(TestStatus::Flaky), "a test failed and passed (flaky)", "tests failed and passed (flaky)");
    let held = of(TestStatus::Quarantined);
    let held = listed(held, "a test failed and is quarantined", "tests failed and are quarantined");
    flaky.into_iter().chain(held).collect()
}
