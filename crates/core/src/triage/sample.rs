//! Runs for tests, from short texts: `suite status: test status, test status/signature; suite status: ...`. A suite whose
//! name begins with `e2e` is of that kind and list, others are units; one whose status ends in `!` is cut.

use crate::model::columns::{Columns, RunHead, SuiteRow, TestRow};
use crate::model::suite::{SuiteRole, SuiteStatus};
use crate::model::test::TestStatus;

/// The run of a commit, in the tree of that commit.
pub(super) fn run(commit: &str, text: &str) -> Columns<'static> {
    let mut columns = Columns {
        head: RunHead {
            commit: Some(commit.into()),
            tree: Some(format!("tree of {commit}")),
            ..RunHead::default()
        },
        suites: Vec::new(),
        tests: Vec::new(),
        ..Columns::default()
    };
    for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let (suite, tests) = part.split_once(':').unwrap_or((part, ""));
        let (name, status) = suite.trim().split_once(' ').unwrap();
        let first = columns.tests.len() as u32;
        for test in tests.split(',').map(str::trim).filter(|t| !t.is_empty()) {
            let (name, status) = test.rsplit_once(' ').unwrap();
            let (status, signature) = status.split_once('/').map_or((status, None), |(s, g)| (s, Some(g)));
            let at = columns.tests.len() as u32;
            let status = TestStatus::parse(status).unwrap();
            columns.tests.push(TestRow { name: name.to_string().into(), at, status });
            columns.signatures.extend(signature.map(|s| (at, s.to_string().into())));
        }
        let e2e = name.starts_with("e2e");
        columns.suites.push(SuiteRow {
            role: if e2e { SuiteRole::Suite } else { SuiteRole::Unit },
            kind: if e2e { "e2e" } else { "unit" }.into(),
            name: name.to_string().into(),
            status: SuiteStatus::parse(status.trim_end_matches('!')).unwrap(),
            cut: status.ends_with('!'),
            environment: Some("e0".into()),
            tests: first..columns.tests.len() as u32,
        });
    }
    columns.settle(Vec::new());
    columns
}
