//! `summary.json` into columns, in one walk and without a tree.
//!
//! What a comparison does not need is skipped, but read as strictly: a document that is not JSON, holds a key twice or
//! states an unknown status is refused with its place. Counts and lists of names that the tests themselves tell are not
//! built upon, but held to the tests: a document that contradicts itself was edited.

use super::columns_tree::tree;
use super::columns_values::{figure, known, text};
use super::consistent::{
    COUNTS, CountTable, ListClaim, NotRunEntry, StatedCounts, SuiteClaim, TestTally, claims,
};
use super::error::RecordError;
use std::borrow::Cow;
use tollgate_core::model::columns::{Columns, NotRunRow, SuiteRow, TestRow};
use tollgate_core::model::plan::{SelectionCounts as PlanCounts, Shard, ShardKind};
use tollgate_core::model::run::{Chosen, RunStatus, schema};
use tollgate_core::model::suite::{SuiteRole, SuiteStatus};
use tollgate_core::model::test::TestStatus;
use tollgate_text::json::{JsonLimits, ParseStop, Pull, pull};

/// The columns of a `tollgate.run.summary.v1` document, settled. `most` is how many bytes it may have, `shown` what it is
/// called.
///
/// # Errors
/// A sentence: what is no such document has its place, what contradicts itself is said in the words of `read_summary`. A
/// field that is not there is not held to anything.
pub fn columns<'a>(shown: &str, bytes: &'a [u8], most: u64) -> Result<Columns<'a>, RecordError> {
    let limits = JsonLimits { bytes: most, ..JsonLimits::default() };
    let mut reader = Reader::default();
    pull(bytes, &limits, |p| reader.summary(p)).map_err(|fault| RecordError::Document {
        path: format!("{shown}:{}:{}", fault.place.line, fault.place.column),
        why: fault.message,
    })?;
    claims(&reader.claims()).map_err(|why| RecordError::contradiction(shown, &why))?;
    let Reader { mut columns, not_run, .. } = reader;
    columns.settle(not_run);
    Ok(columns)
}

#[derive(Default)]
struct Reader<'a> {
    columns: Columns<'a>,
    not_run: Vec<NotRunRow<'a>>,
    /// What each suite of `columns` states beside its status: whether it has a kind, and its counts.
    says: Vec<(bool, CountTable)>,
    /// What the document states of its suites, and of its units.
    lists: [Stated<'a>; 2],
    /// Whether there is a `not_run`.
    left: bool,
    /// Whether every lint step that ran passed.
    lint: Option<bool>,
    /// Whether a lint step was to run and did not.
    lint_left: bool,
    plan: Option<PlanCounts>,
    /// `replay_bundle.one_command_replay`
    replay: Option<Cow<'a, str>>,
}

/// Failed names and figures of one of the two lists.
#[derive(Default)]
struct Stated<'a> {
    failed: Option<Vec<Cow<'a, str>>>,
    passed: Option<u64>,
    total: Option<u64>,
}

impl<'a> Reader<'a> {
    fn summary(&mut self, p: &mut Pull<'_, 'a>) -> Result<(), ParseStop> {
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
                "selection" => head.selection = chosen(p)?,
                "status" => head.status = Some(known(p, run_status)?),
                "shard" => head.shard = shard(p)?,
                "tree" => head.tree = tree(p)?,
                "plan" => self.plan = plan(p)?,
                "failed_names" => self.lists[0].failed = names(p)?,
                "failed_unit_names" => self.lists[1].failed = names(p)?,
                "passed_suites" => self.lists[0].passed = figure(p)?,
                "passed_units" => self.lists[1].passed = figure(p)?,
                "total_suites" => self.lists[0].total = figure(p)?,
                "total_units" => self.lists[1].total = figure(p)?,
                "lint" => self.lint = lint(p)?,
                "lint_not_run" => self.lint_left = names(p)?.is_some_and(|left| !left.is_empty()),
                "replay_bundle" => self.replay = replay(p)?,
                "not_run" => {
                    self.left = true;
                    return p.elements(|p| self.left_out(p));
                }
                "suites" => {
                    suites = true;
                    return p.elements(|p| self.suite(p, SuiteRole::Suite));
                }
                "units" => {
                    units = true;
                    return p.elements(|p| self.suite(p, SuiteRole::Unit));
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

    fn suite(&mut self, p: &mut Pull<'_, 'a>, role: SuiteRole) -> Result<(), ParseStop> {
        let start = p.offset();
        let (mut name, mut kind, mut status, mut says) = (None, None, None, CountTable::default());
        let (mut cut, mut environment) = (false, None);
        let first = self.count(p)?;
        p.members(|p, key| {
            match &*key {
                "name" => name = Some(p.string()?),
                "kind" => kind = Some(p.string()?),
                "status" => status = Some(known(p, SuiteStatus::parse)?),
                "incomplete" => cut = p.boolean()?,
                "environment" => environment = p.string_or_null()?,
                "tests" => return p.elements(|p| self.test(p)),
                other => match COUNTS.iter().position(|count| *count == other) {
                    Some(nth) => says[nth] = figure(p)?,
                    None => return p.skip(),
                },
            }
            Ok(())
        })?;
        match (name, status) {
            (Some(name), Some(status)) => {
                let tests = first..self.count(p)?;
                self.says.push((kind.is_some(), says));
                let kind = kind.unwrap_or_default();
                self.columns.suites.push(SuiteRow { role, kind, name, status, cut, environment, tests });
                Ok(())
            }
            (None, _) => p.refuse(start, "a suite has no `name`"),
            (_, None) => p.refuse(start, "a suite has no `status`"),
        }
    }

    #[inline]
    fn test(&mut self, p: &mut Pull<'_, 'a>) -> Result<(), ParseStop> {
        let start = p.offset();
        let (mut name, mut status, mut signature, mut selector) = (None, None, None, None);
        p.members(|p, key| {
            match &*key {
                "name" => name = Some(p.string()?),
                "status" => status = Some(known(p, TestStatus::parse)?),
                "signature" => signature = p.string_or_null()?,
                "selector" => selector = p.string_or_null()?,
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
                if let Some(selector) = selector {
                    self.columns.selectors.push((at, selector));
                }
                Ok(())
            }
            (None, _) => p.refuse(start, "a test has no `name`"),
            (_, None) => p.refuse(start, "a test has no `status`"),
        }
    }

    /// How many tests are read so far.
    fn count(&self, p: &mut Pull<'_, 'a>) -> Result<u32, ParseStop> {
        let count = u32::try_from(self.columns.tests.len());
        count.or_else(|_| p.refuse(p.offset(), "it holds more than 4294967295 tests"))
    }

    fn left_out(&mut self, p: &mut Pull<'_, 'a>) -> Result<(), ParseStop> {
        let start = p.offset();
        let (mut name, mut kind, mut role, mut tests) = (None, Cow::Borrowed(""), None, None);
        p.members(|p, key| {
            match &*key {
                "name" => name = Some(p.string()?),
                "kind" => kind = p.string()?,
                "role" => role = Some(known(p, role_of)?),
                "tests" => tests = names(p)?,
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

impl<'a> Reader<'a> {
    /// What was read, as far as a document is held to it. The columns are not settled yet: suites and tests stand as the
    /// document has them.
    fn claims(&self) -> StatedCounts<'_> {
        let suites = self.columns.suites.iter().zip(&self.says).map(|(row, (kind, says))| SuiteClaim {
            role: row.role,
            name: &row.name,
            kind: kind.then_some(&*row.kind),
            status: row.status,
            says: *says,
            tests: TestTally::of(self.columns.tests_of(row).iter().map(|t| (&*t.name, t.status))),
        });
        let left = self.not_run.iter();
        let left = left.map(|n| NotRunEntry {
            role: n.role,
            kind: &n.kind,
            name: &n.name,
            whole: n.tests.is_none(),
        });
        let head = &self.columns.head;
        let undivided = head.shard.as_ref().is_some_and(|shard| shard.kind == ShardKind::None);
        StatedCounts {
            run_id: head.run_id.as_deref(),
            shard: head.shard.as_ref().map(|s| (s.index, s.total)),
            plan: self.plan.filter(|_| undivided && head.rerun_from.is_none()),
            suites: suites.collect(),
            lists: self.lists.each_ref().map(|list| ListClaim {
                failed_names: list.failed.as_ref().map(|names| names.iter().map(|n| &**n).collect()),
                passed: list.passed,
                total: list.total,
            }),
            not_run: self.left.then(|| left.collect()),
            lint: if self.lint_left { Some(false) } else { self.lint },
            replay: self.replay.as_deref(),
            status: head.status,
        }
    }
}

fn is_summary(p: &mut Pull<'_, '_>) -> Result<(), ParseStop> {
    let start = p.offset();
    let found = p.string()?;
    if found == schema::SUMMARY {
        return Ok(());
    }
    let shown: String = found.chars().take(80).flat_map(char::escape_debug).collect();
    p.refuse(start, format!("its schema is `{shown}`, not {}", schema::SUMMARY))
}

/// A list of names; null states none.
fn names<'a>(p: &mut Pull<'_, 'a>) -> Result<Option<Vec<Cow<'a, str>>>, ParseStop> {
    if p.is_null() {
        return p.skip().map(|()| None);
    }
    let mut names = Vec::new();
    p.elements(|p| {
        names.push(p.string()?);
        Ok(())
    })?;
    Ok(Some(names))
}

/// The names that were chosen; null states none.
fn chosen(p: &mut Pull<'_, '_>) -> Result<Chosen, ParseStop> {
    let mut found = Chosen::default();
    if p.is_null() {
        p.skip()?;
        return Ok(found);
    }
    let owned = |p: &mut Pull<'_, '_>| -> Result<Vec<String>, ParseStop> {
        Ok(names(p)?.unwrap_or_default().into_iter().map(Cow::into_owned).collect())
    };
    p.members(|p, key| {
        match &*key {
            "suites" => found.suites = owned(p)?,
            "units" => found.units = owned(p)?,
            _ => return p.skip(),
        }
        Ok(())
    })?;
    Ok(found)
}

/// Whether every lint step passed; null states none.
fn lint(p: &mut Pull<'_, '_>) -> Result<Option<bool>, ParseStop> {
    if p.is_null() {
        return p.skip().map(|()| None);
    }
    let mut all = true;
    p.elements(|p| {
        let (start, mut passed) = (p.offset(), None);
        p.members(|p, key| if key == "passed" { p.boolean().map(|b| passed = Some(b)) } else { p.skip() })?;
        match passed {
            Some(passed) => all &= passed,
            None => return p.refuse(start, "a lint step has no `passed`"),
        }
        Ok(())
    })?;
    Ok(Some(all))
}

/// The command of `replay_bundle`; null states none.
fn replay<'a>(p: &mut Pull<'_, 'a>) -> Result<Option<Cow<'a, str>>, ParseStop> {
    let mut command = None;
    if p.is_null() {
        p.skip()?;
        return Ok(None);
    }
    p.members(
        |p, key| {
            if key == "one_command_replay" { p.string_or_null().map(|c| command = c) } else { p.skip() }
        },
    )?;
    Ok(command)
}

/// One of the names that `parse` knows.
#[inline]
fn run_status(name: &str) -> Option<RunStatus> {
    [RunStatus::Passed, RunStatus::Failed, RunStatus::Aborted].into_iter().find(|s| s.name() == name)
}

fn role_of(name: &str) -> Option<SuiteRole> {
    match name {
        "suite" => Some(SuiteRole::Suite),
        "unit" => Some(SuiteRole::Unit),
        _ => None,
    }
}

fn shard_kind(name: &str) -> Option<ShardKind> {
    [ShardKind::None, ShardKind::Suite, ShardKind::Unit].into_iter().find(|k| k.name() == name)
}

/// How many suites and units the plan has; what it does not say is none.
fn plan(p: &mut Pull<'_, '_>) -> Result<Option<PlanCounts>, ParseStop> {
    let mut plan = PlanCounts::default();
    p.members(|p, key| match &*key {
        "suites" => p.count().map(|suites| plan.suites = suites),
        "units" => p.count().map(|units| plan.units = units),
        _ => p.skip(),
    })?;
    Ok(Some(plan))
}

/// The shard; null, or one that names no kind, is the undivided run.
fn shard(p: &mut Pull<'_, '_>) -> Result<Option<Shard>, ParseStop> {
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
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use tollgate_core::model::run::RunSummary;

    fn error(text: &str) -> String {
        columns("F", text.as_bytes(), 1 << 20).unwrap_err().to_string()
    }

    fn with(units: &str) -> String {
        format!(r#"{{"schema":"tollgate.run.summary.v1","suites":[],"units":{units}}}"#)
    }

    #[test]
    fn one_clause_with_a_place() {
        assert_eq!(error("[]"), "F:1:1: an object is expected, not an array");
        assert_eq!(error("{}"), "F:1:1: it is no run summary: it has no `schema`");
        assert_eq!(error(r#"{"schema":"x"}"#), "F:1:11: its schema is `x`, not tollgate.run.summary.v1");
        assert_eq!(
            error(r#"{"schema":"tollgate.run.summary.v1","suites":[]}"#),
            "F:1:1: it is no run summary: it has no `units`"
        );
        assert_eq!(error(&with("[{}]")), "F:1:58: a suite has no `name`");
        assert_eq!(error(&with(r#"[{"name":"a"}]"#)), "F:1:58: a suite has no `status`");
        assert_eq!(
            error(&with("[\n{\"name\":\"a\",\"status\":\"ok\"}]")),
            "F:2:22: `ok` is none of the names that may stand here"
        );
        let test =
            |test: &str| with(&format!("[{{\"name\":\"a\",\"status\":\"passed\",\"tests\":[\n{test}]}}]"));
        assert_eq!(error(&test("{\"name\":\"t\"}")), "F:2:1: a test has no `status`");
        assert_eq!(error(&test("7")), "F:2:1: an object is expected, not a number");
        assert_eq!(
            error(&test("{\"x\":1,\"name\":\"t\",\"x\":2}")),
            "F:2:19: the key `x` stands twice in one object"
        );
        let twice = r#"{"name":"a","kind":"k","status":"passed"}"#;
        assert_eq!(
            error(&with(&format!("[{twice},{twice}]"))),
            "F: it contradicts itself: the suite `a` of the kind `k` stands twice"
        );
        let cut = with("[]");
        assert_eq!(error(&cut[..cut.len() - 1]), "F:1:59: the text ends inside an object");
        assert!(
            columns("F", with("[]").as_bytes(), 10)
                .unwrap_err()
                .to_string()
                .contains("more than the limit of 10")
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
        let columns = columns("F", text.as_bytes(), 1 << 20).unwrap();
        let head = &columns.head;
        assert_eq!((head.run_id.as_deref(), head.correlation_id.as_deref()), (Some("r"), None));
        assert_eq!((head.status, head.rerun_from.as_deref()), (Some(RunStatus::Aborted), Some("s.json")));
        let shard = head.shard.as_ref().unwrap();
        assert_eq!((shard.kind, shard.index, shard.total), (ShardKind::Suite, 1, 3));
        let names: Vec<_> = columns.suites.iter().map(|s| (s.role, &*s.name, s.cut)).collect();
        assert_eq!(names, [(SuiteRole::Suite, "a", true), (SuiteRole::Unit, "b", false)]);
        assert_eq!(columns.tests[0].name, "t");
    }

    #[test]
    fn an_incomplete_suite_is_cut() {
        let unit = |more: &str| with(&format!("[{{\"name\":\"a\",\"status\":\"failed\"{more}}}]"));
        let cut = |text: &str| columns("F", text.as_bytes(), 1 << 20).unwrap().suites[0].cut;
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

    /// A suite: whether it is a unit, and its tests by name, status and whether they are signed.
    type Drawn = (bool, Vec<(String, usize, bool)>);

    /// A document that says the same everywhere.
    fn consistent(suites: &[Drawn]) -> RunSummary {
        let (mut e2e, mut units) = (Vec::new(), Vec::new());
        for (nth, (unit, tests)) in suites.iter().enumerate() {
            let status = if tests.iter().any(|(_, s, _)| STATUSES[*s] == TestStatus::Failed) {
                "failed"
            } else {
                "passed"
            };
            let tests: Vec<_> = tests.iter().map(|(name, status, signed)| json!({
                "name": name, "status": STATUSES[*status].name(), "duration_ms": 3, "signature": signed.then_some("s"),
            })).collect();
            let suite = json!({"name": format!("s{}", 9 - nth), "kind": "k", "status": status, "exit_code": 0,
                "signal": null, "duration_ms": 1, "attempts": 1, "passed": 0, "failed": 0, "flaky": 0, "ignored": 0,
                "tests": tests});
            if *unit { units.push(suite) } else { e2e.push(suite) }
        }
        let document = json!({"schema": "tollgate.run.summary.v1", "generated_at": "", "run_id": "r",
            "correlation_id": "c", "commit": null, "branch": null, "profile": "ci", "status": "passed",
            "baseline": null, "shard": {"kind": "none", "index": 0, "total": 1, "plan_digest": ""},
            "plan": {"suites": 0, "units": 0}, "failed_names": [], "failed_unit_names": [], "passed_suites": 0,
            "total_suites": 0, "passed_units": 0, "total_units": 0,
            "replay_bundle": {"path": "", "one_command_replay": "x"}, "triage_diff": null, "masked": 0,
            "not_run": [{"name": "left", "kind": "k", "role": "unit"}],
            "lint": [{"name": "fmt", "passed": true, "duration_ms": 1}],
            "suites": e2e, "units": units});
        let mut summary: RunSummary = serde_json::from_value(document).unwrap();
        summary.recompute();
        summary
    }

    /// An edit by hand: of a number, a text, a list or a flag somewhere in the document.
    fn edit(value: &mut Value, at: &mut usize, to: u8) {
        let here = *at == 0;
        *at = at.wrapping_sub(1);
        match value {
            Value::Array(items) if here && to.is_multiple_of(2) => drop(items.pop()),
            Value::Array(items) if here => items.extend(items.first().cloned()),
            Value::Array(items) => items.iter_mut().for_each(|item| edit(item, at, to)),
            Value::Object(members) => members.values_mut().for_each(|member| edit(member, at, to)),
            Value::Number(_) if here => *value = json!(to % 4),
            Value::Bool(b) if here => *b = !*b,
            Value::String(text) if here => {
                *text =
                    ["passed", "failed", "s8", "not_run", "", "unit", "aborted"][usize::from(to) % 7].into();
            }
            _ => {}
        }
    }

    #[test]
    fn what_a_document_does_not_say_it_is_not_held_to() {
        let tests = r#"[{"name":"t","status":"failed"}]"#;
        let text = with(&format!(r#"[{{"name":"a","status":"failed","tests":{tests}}}]"#));
        let whole = columns("F", text.as_bytes(), 1 << 20).unwrap();
        assert_eq!((whole.suites.len(), whole.tests.len()), (1, 1));
        let and = |more: &str| text.replace("\"suites\"", &format!("{more},\"suites\""));
        let null = and(r#""lint":null,"failed_names":null,"total_suites":null,"replay_bundle":null"#);
        assert!(columns("F", null.as_bytes(), 1 << 20).is_ok());
        // Of a run whose lint steps are not told it is unknown what failed.
        let green = with("[]").replace("\"suites\"", "\"status\":\"failed\",\"not_run\":[],\"suites\"");
        assert!(columns("F", green.as_bytes(), 1 << 20).is_ok());
        for (more, wanted) in [
            (r#""lint":[{}]"#, "F:1:45: a lint step has no `passed`"),
            (r#""lint":[{"passed":1}]"#, "F:1:55: a boolean is expected, not a number"),
            (r#""passed_units":-1"#, "F:1:52: a whole number from 0 is expected, not a number"),
            (r#""passed_units":1"#, "F: it contradicts itself: `passed_units` is 1, and `units` shows 0"),
            (
                r#""status":"passed""#,
                "F: it contradicts itself: `status` is passed, and something failed or did not run",
            ),
        ] {
            assert_eq!(error(&and(more)), wanted);
        }
    }

    proptest! {
        /// The typed reader of the whole document says the same.
        #[test]
        fn agrees_with_the_typed_document(
            suites in proptest::collection::vec(
                (any::<bool>(), proptest::collection::vec(("[a-c\"\\\\é]{1,3}", 0usize..6, any::<bool>()), 0..8)), 0..5),
        ) {
            let typed = consistent(&suites);
            let text = serde_json::to_string(&typed).unwrap();
            let columns = columns("F", text.as_bytes(), 1 << 20).unwrap();
            let mut mine: Vec<(SuiteRole, String, String, TestStatus, Option<String>)> = Vec::new();
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

        /// What one reader refuses the other refuses, in the same words.
        #[test]
        fn an_edit_is_refused_alike(
            suites in proptest::collection::vec(
                (any::<bool>(), proptest::collection::vec(("[ab]", 0usize..6, any::<bool>()), 0..4)), 0..4),
            at in 0usize..150,
            to in any::<u8>(),
        ) {
            let mut document = serde_json::to_value(consistent(&suites)).unwrap();
            edit(&mut document, &mut at.clone(), to);
            let read: Result<RunSummary, _> = serde_json::from_value(document.clone());
            prop_assume!(read.as_ref().is_ok_and(|s| s.schema == schema::SUMMARY));
            let said = super::super::consistent::summary(&read.unwrap());
            let text = document.to_string();
            let columns = columns("F", text.as_bytes(), 1 << 20).map(drop);
            prop_assert_eq!(columns, said.map_err(|why| RecordError::contradiction("F", &why)));
        }
    }
}
