//! `summary.json` into columns, in one walk and without a tree.
//!
//! What a comparison does not need is skipped, but read as strictly: a document that is not JSON, holds a key twice or
//! states an unknown status is refused with its place. Counts and lists of names that the tests themselves tell are not
//! trusted, and not read.

use crate::base::json::{Limits, ParseError, ParseErrorKind, Place, Pull, Stop, pull};
use crate::model::columns::{Columns, NotRunRow, SuiteRow, TestRow};
use crate::model::plan::{Shard, ShardKind};
use crate::model::run::{RunStatus, schema};
use crate::model::suite::{Role, SuiteStatus};
use crate::model::test::TestStatus;
use std::borrow::Cow;

/// The columns of a `tollgate.run.summary.v1` document, settled. `most` is how many bytes it may have. The error has a
/// clause and its place.
pub fn columns(bytes: &[u8], most: u64) -> Result<Columns<'_>, ParseError> {
    let limits = Limits { bytes: most, ..Limits::default() };
    let mut reader = Reader::default();
    pull(bytes, &limits, |p| reader.summary(p))?;
    let mut columns = reader.columns;
    columns.settle(reader.not_run).map_err(|message| {
        let place = Place { line: 1, column: 1 };
        ParseError { kind: ParseErrorKind::Malformed, message, place }
    })?;
    Ok(columns)
}

#[derive(Default)]
struct Reader<'a> {
    columns: Columns<'a>,
    not_run: Vec<NotRunRow<'a>>,
}

impl<'a> Reader<'a> {
    fn summary(&mut self, p: &mut Pull<'_, 'a>) -> Result<(), Stop> {
        let start = p.offset();
        let (mut named, mut suites, mut units) = (false, false, false);
        p.members(|p, key| {
            let head = &mut self.columns.head;
            match &*key {
                "schema" => {
                    named = true;
                    return is_summary(p);
                }
                "run_id" => head.run_id = text(p)?,
                "correlation_id" => head.correlation_id = text(p)?,
                "commit" => head.commit = text(p)?,
                "branch" => head.branch = text(p)?,
                "profile" => head.profile = text(p)?,
                "rerun_from" => head.rerun_from = text(p)?,
                "status" => head.status = Some(known(p, run_status)?),
                "shard" => head.shard = shard(p)?,
                "not_run" => return p.elements(|p| self.left_out(p)),
                "suites" => {
                    suites = true;
                    return p.elements(|p| self.suite(p, Role::Suite));
                }
                "units" => {
                    units = true;
                    return p.elements(|p| self.suite(p, Role::Unit));
                }
                _ => return p.skip(),
            }
            Ok(())
        })?;
        for (there, name) in [(named, "schema"), (suites, "suites"), (units, "units")] {
            if !there {
                return p.refuse(start, format!("it is no run summary: it has no `{name}`"));
            }
        }
        Ok(())
    }

    fn suite(&mut self, p: &mut Pull<'_, 'a>, role: Role) -> Result<(), Stop> {
        let start = p.offset();
        let (mut name, mut kind, mut status, mut cut) = (None, Cow::Borrowed(""), None, false);
        let first = self.count(p)?;
        p.members(|p, key| {
            match &*key {
                "name" => name = Some(p.string()?),
                "kind" => kind = p.string()?,
                "status" => status = Some(known(p, SuiteStatus::parse)?),
                "incomplete" => cut = p.boolean()?,
                "tests" => return p.elements(|p| self.test(p)),
                _ => return p.skip(),
            }
            Ok(())
        })?;
        match (name, status) {
            (Some(name), Some(status)) => {
                let tests = first..self.count(p)?;
                self.columns.suites.push(SuiteRow { role, kind, name, status, cut, tests });
                Ok(())
            }
            (None, _) => p.refuse(start, "a suite has no `name`"),
            (_, None) => p.refuse(start, "a suite has no `status`"),
        }
    }

    #[inline]
    fn test(&mut self, p: &mut Pull<'_, 'a>) -> Result<(), Stop> {
        let start = p.offset();
        let (mut name, mut status, mut signature) = (None, None, None);
        p.members(|p, key| {
            match &*key {
                "name" => name = Some(p.string()?),
                "status" => status = Some(known(p, TestStatus::parse)?),
                "signature" => signature = p.string_or_null()?,
                _ => return p.skip(),
            }
            Ok(())
        })?;
        match (name, status) {
            (Some(name), Some(status)) => {
                let at = self.count(p)?;
                self.columns.tests.push(TestRow { name, at, status });
                if let Some(signature) = signature {
                    self.columns.signatures.push((at, signature));
                }
                Ok(())
            }
            (None, _) => p.refuse(start, "a test has no `name`"),
            (_, None) => p.refuse(start, "a test has no `status`"),
        }
    }

    /// How many tests are read so far.
    fn count(&self, p: &mut Pull<'_, 'a>) -> Result<u32, Stop> {
        let count = u32::try_from(self.columns.tests.len());
        count.or_else(|_| p.refuse(p.offset(), "it holds more than 4294967295 tests"))
    }

    fn left_out(&mut self, p: &mut Pull<'_, 'a>) -> Result<(), Stop> {
        let start = p.offset();
        let (mut name, mut kind, mut role, mut tests) = (None, Cow::Borrowed(""), None, None);
        p.members(|p, key| {
            match &*key {
                "name" => name = Some(p.string()?),
                "kind" => kind = p.string()?,
                "role" => role = Some(known(p, role_of)?),
                "tests" if p.is_null() => return p.skip(),
                "tests" => {
                    let mut names = Vec::new();
                    p.elements(|p| {
                        names.push(p.string()?);
                        Ok(())
                    })?;
                    tests = Some(names);
                }
                _ => return p.skip(),
            }
            Ok(())
        })?;
        match (name, role) {
            (Some(name), Some(role)) => {
                self.not_run.push(NotRunRow { role, kind, name, tests });
                Ok(())
            }
            (None, _) => p.refuse(start, "an entry of `not_run` has no `name`"),
            (_, None) => p.refuse(start, "an entry of `not_run` has no `role`"),
        }
    }
}

fn is_summary(p: &mut Pull<'_, '_>) -> Result<(), Stop> {
    let start = p.offset();
    let found = p.string()?;
    if found == schema::SUMMARY {
        return Ok(());
    }
    let shown: String = found.chars().take(80).flat_map(char::escape_debug).collect();
    p.refuse(start, format!("its schema is `{shown}`, not {}", schema::SUMMARY))
}

fn text(p: &mut Pull<'_, '_>) -> Result<Option<String>, Stop> {
    Ok(p.string_or_null()?.map(Cow::into_owned))
}

/// One of the names that `parse` knows.
#[inline]
fn known<T>(p: &mut Pull<'_, '_>, parse: impl Fn(&str) -> Option<T>) -> Result<T, Stop> {
    let start = p.offset();
    let name = p.string()?;
    match parse(&name) {
        Some(known) => Ok(known),
        None => {
            let shown: String = name.chars().take(80).flat_map(char::escape_debug).collect();
            p.refuse(start, format!("`{shown}` is none of the names that may stand here"))
        }
    }
}

fn run_status(name: &str) -> Option<RunStatus> {
    [RunStatus::Passed, RunStatus::Failed, RunStatus::Aborted].into_iter().find(|s| s.name() == name)
}

fn role_of(name: &str) -> Option<Role> {
    match name {
        "suite" => Some(Role::Suite),
        "unit" => Some(Role::Unit),
        _ => None,
    }
}

fn shard_kind(name: &str) -> Option<ShardKind> {
    [ShardKind::None, ShardKind::Suite, ShardKind::Unit].into_iter().find(|k| k.name() == name)
}

/// The shard; null, or one that names no kind, is the undivided run.
fn shard(p: &mut Pull<'_, '_>) -> Result<Option<Shard>, Stop> {
    if p.is_null() {
        p.skip()?;
        return Ok(None);
    }
    let mut shard = Shard { kind: ShardKind::None, index: 0, total: 1, plan_digest: String::new() };
    let number = |p: &mut Pull<'_, '_>, to: &mut u32| {
        let start = p.offset();
        let read = u32::try_from(p.count()?);
        *to = read.or_else(|_| p.refuse(start, "the number of a shard is past 4294967295"))?;
        Ok(())
    };
    p.members(|p, key| match &*key {
        _ if p.is_null() => p.skip(),
        "kind" => known(p, shard_kind).map(|kind| shard.kind = kind),
        "index" => number(p, &mut shard.index),
        "total" => number(p, &mut shard.total),
        "plan_digest" => p.string().map(|digest| shard.plan_digest = digest.into_owned()),
        _ => p.skip(),
    })?;
    Ok(Some(shard))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::run::Summary;
    use proptest::prelude::*;
    use serde_json::json;

    fn error(text: &str) -> String {
        let e = columns(text.as_bytes(), 1 << 20).unwrap_err();
        format!("{}:{} {}", e.place.line, e.place.column, e.message)
    }

    fn with(units: &str) -> String {
        format!(r#"{{"schema":"tollgate.run.summary.v1","suites":[],"units":{units}}}"#)
    }

    #[test]
    fn one_clause_with_a_place() {
        assert_eq!(error("[]"), "1:1 an object is expected, not an array");
        assert_eq!(error("{}"), "1:1 it is no run summary: it has no `schema`");
        assert_eq!(error(r#"{"schema":"x"}"#), "1:11 its schema is `x`, not tollgate.run.summary.v1");
        assert_eq!(
            error(r#"{"schema":"tollgate.run.summary.v1","suites":[]}"#),
            "1:1 it is no run summary: it has no `units`"
        );
        assert_eq!(error(&with("[{}]")), "1:58 a suite has no `name`");
        assert_eq!(error(&with(r#"[{"name":"a"}]"#)), "1:58 a suite has no `status`");
        assert_eq!(
            error(&with("[\n{\"name\":\"a\",\"status\":\"ok\"}]")),
            "2:22 `ok` is none of the names that may stand here"
        );
        let test =
            |test: &str| with(&format!("[{{\"name\":\"a\",\"status\":\"passed\",\"tests\":[\n{test}]}}]"));
        assert_eq!(error(&test("{\"name\":\"t\"}")), "2:1 a test has no `status`");
        assert_eq!(error(&test("7")), "2:1 an object is expected, not a number");
        assert_eq!(
            error(&test("{\"x\":1,\"name\":\"t\",\"x\":2}")),
            "2:19 the key `x` stands twice in one object"
        );
        let twice = r#"{"name":"a","kind":"k","status":"passed"}"#;
        assert_eq!(
            error(&with(&format!("[{twice},{twice}]"))),
            "1:1 the suite `a` of the kind `k` stands twice"
        );
        let cut = with("[]");
        assert_eq!(error(&cut[..cut.len() - 1]), "1:59 the text ends inside an object");
        assert!(
            columns(with("[]").as_bytes(), 10).unwrap_err().message.contains("more than the limit of 10")
        );
    }

    #[test]
    fn the_head_and_what_did_not_run() {
        let text = json!({
            "schema": "tollgate.run.summary.v1", "run_id": "r", "correlation_id": null, "commit": "c", "profile": "ci",
            "status": "aborted", "rerun_from": "s.json", "not_run": [
                {"name": "a", "kind": "e2e", "role": "suite"},
                {"name": "b", "kind": "unit", "role": "unit", "tests": ["t"]}],
            "shard": {"kind": "suite", "index": 1, "total": 3, "plan_digest": "d"}, "suites": [], "units": [],
        })
        .to_string();
        let columns = columns(text.as_bytes(), 1 << 20).unwrap();
        let head = &columns.head;
        assert_eq!((head.run_id.as_deref(), head.correlation_id.as_deref()), (Some("r"), None));
        assert_eq!((head.status, head.rerun_from.as_deref()), (Some(RunStatus::Aborted), Some("s.json")));
        let shard = head.shard.as_ref().unwrap();
        assert_eq!((shard.kind, shard.index, shard.total), (ShardKind::Suite, 1, 3));
        let names: Vec<_> = columns.suites.iter().map(|s| (s.role, &*s.name, s.cut)).collect();
        assert_eq!(names, [(Role::Suite, "a", true), (Role::Unit, "b", false)]);
        assert_eq!(columns.tests[0].name, "t");
    }

    #[test]
    fn an_incomplete_suite_is_cut() {
        let unit = |more: &str| with(&format!("[{{\"name\":\"a\",\"status\":\"failed\"{more}}}]"));
        let cut = |text: &str| columns(text.as_bytes(), 1 << 20).unwrap().suites[0].cut;
        assert!(cut(&unit(",\"incomplete\":true")));
        assert!(!cut(&unit(",\"incomplete\":false")) && !cut(&unit("")));
        assert!(error(&unit(",\"incomplete\":1")).ends_with("a boolean is expected, not a number"));
    }

    const STATUSES: [TestStatus; 6] = [
        TestStatus::Passed,
        TestStatus::Failed,
        TestStatus::Flaky,
        TestStatus::Ignored,
        TestStatus::Quarantined,
        TestStatus::NotRun,
    ];

    proptest! {
        /// The typed reader of the whole document says the same.
        #[test]
        fn agrees_with_the_typed_document(
            suites in proptest::collection::vec(
                (any::<bool>(), proptest::collection::vec(("[a-c\"\\\\é]{1,3}", 0usize..6, any::<bool>()), 0..8)), 0..5),
        ) {
            let (mut e2e, mut units) = (Vec::new(), Vec::new());
            for (nth, (unit, tests)) in suites.iter().enumerate() {
                let tests: Vec<_> = tests.iter().map(|(name, status, signed)| json!({
                    "name": name, "status": STATUSES[*status].name(), "duration_ms": 3,
                    "signature": signed.then_some("s"),
                })).collect();
                let suite = json!({"name": format!("s{}", 9 - nth), "kind": "k", "status": "passed", "exit_code": 0,
                    "signal": null, "duration_ms": 1, "attempts": 1, "passed": 0, "failed": 0, "flaky": 0, "ignored": 0,
                    "tests": tests});
                if *unit { units.push(suite) } else { e2e.push(suite) }
            }
            let document = json!({"schema": "tollgate.run.summary.v1", "generated_at": "", "run_id": "r",
                "correlation_id": "c", "commit": null, "branch": null, "profile": "ci", "status": "passed",
                "baseline": null, "shard": {"kind": "none", "index": 0, "total": 1, "plan_digest": ""},
                "plan": {"suites": 0, "units": 0}, "failed_names": [], "failed_unit_names": [], "passed_suites": 0,
                "total_suites": 0, "passed_units": 0, "total_units": 0,
                "replay_bundle": {"path": "", "one_command_replay": "x"}, "triage_diff": null, "not_run": [], "masked": 0,
                "suites": e2e, "units": units});
            let typed: Summary = serde_json::from_value(document.clone()).unwrap();
            let text = document.to_string();
            let columns = columns(text.as_bytes(), 1 << 20).unwrap();
            let mut mine: Vec<(Role, String, String, TestStatus, Option<String>)> = Vec::new();
            for suite in &columns.suites {
                for test in columns.tests_of(suite) {
                    let signature = columns.signature(test).map(str::to_string);
                    mine.push((suite.role, suite.name.to_string(), test.name.to_string(), test.status, signature));
                }
            }
            let mut theirs = Vec::new();
            for (role, suite) in typed.all() {
                for test in &suite.tests {
                    theirs.push((role, suite.name.clone(), test.name.clone(), test.status, test.signature.clone()));
                }
            }
            mine.sort();
            theirs.sort();
            prop_assert_eq!(mine, theirs);
        }
    }
}
