//! A run's summary, or the result of one suite, as the policy in force judges it. The run said what its own entries covered and what
//! is flaky; those are claims. What no entry in force covers, and what its attempts do not show, is failed, and everything that the
//! document says of that is worked out again. Nothing that failed becomes green here.

use super::flake_claim::Claimed;
use super::quarantine::quarantine;
use crate::model::signature::{Basis, Signed};
use crate::model::suite::{SuiteResult, SuiteSpec, SuiteStatus};
use crate::model::test::{TestResult, TestStatus};
use crate::model::waiver::WaiverEntry;
use std::borrow::Cow;
use tollgate_text::json::{Json, JsonObject};
use tollgate_text::show::show;

/// Notes of one document; a last one counts the rest.
const NOTES: usize = 20;

const QUARANTINED: &str = "quarantined";
const FLAKY: &str = "flaky";
const FAILED: &str = "failed";

/// A summary's lists of suites, each with its failed names and its figure.
const LISTS: [(&str, &str, &str); 2] =
    [("suites", "failed_names", "passed_suites"), ("units", "failed_unit_names", "passed_units")];

/// Which document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgedKind {
    /// `summary.json`
    Summary,
    /// A suite's `result.json`
    Result,
}

/// What claims are held to.
#[derive(Debug, Clone, Copy)]
pub struct ClaimRules<'p> {
    /// The quarantine entries.
    pub entries: &'p [WaiverEntry],
    /// The kinds, with their rules for flakes.
    pub suites: &'p [SuiteSpec],
}

/// A document of which something that was quarantined or flaky is failed.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedDocument<'a> {
    /// The document with that as its status, and with lists and figures that say so; whatever else it holds as it was.
    pub document: Json<'a>,
    /// Why, one sentence each.
    pub notes: Vec<String>,
}

/// Whether the document calls anything quarantined or flaky: only then is there something to judge.
pub fn has_claims(kind: JudgedKind, document: &Json<'_>) -> bool {
    let is = |entry: &Json<'_>| matches!(status(entry), Some(QUARANTINED | FLAKY));
    let suite = |suite: &Json<'_>| is(suite) || suite.items("tests").iter().any(is);
    match kind {
        JudgedKind::Result => suite(document),
        JudgedKind::Summary => LISTS.iter().any(|(list, ..)| document.items(list).iter().any(suite)),
    }
}

/// The document as judged; `None` where all that it calls quarantined is covered, and all that it calls flaky is shown.
pub fn judged<'a>(kind: JudgedKind, document: &Json<'a>, held: ClaimRules<'_>) -> Option<JudgedDocument<'a>> {
    if !has_claims(kind, document) {
        return None;
    }
    let mut notes = Vec::new();
    let document = match kind {
        JudgedKind::Result => Turn::of(document, held, &mut notes)?.apply(document),
        JudgedKind::Summary => summary(document, held, &mut notes)?,
    };
    let more = notes.len().saturating_sub(NOTES);
    notes.truncate(NOTES);
    if more > 0 {
        notes.push(format!("{more} more that the run calls quarantined or flaky are judged as failed"));
    }
    Some(JudgedDocument { document, notes })
}

fn summary<'a>(document: &Json<'a>, held: ClaimRules<'_>, notes: &mut Vec<String>) -> Option<Json<'a>> {
    let turns = LISTS.map(|(list, ..)| {
        let suites = document.items(list).iter();
        suites.map(|suite| Turn::of(suite, held, notes)).collect::<Vec<_>>()
    });
    let all = || turns.iter().flatten().flatten();
    let count = all().map(Turn::count).fold(0, i64::saturating_add);
    if count == 0 {
        return None;
    }
    let red = all().any(|turn| turn.suite);
    Some(with_members(document, |key, value| {
        for ((list, failed, passed), turns) in LISTS.iter().zip(&turns) {
            let names = || turns.iter().flatten().filter(|turn| turn.suite).map(|turn| turn.name.as_str());
            match value {
                Json::Array(suites) if key == *list => return Some(applied(suites, turns)),
                Json::Array(known) if key == *failed => return Some(with_names(known, names())),
                Json::Int(n) if key == *passed => {
                    let left = n.saturating_sub(i64::try_from(names().count()).unwrap_or(i64::MAX));
                    return Some(Json::Int(left.max(0)));
                }
                _ => {}
            }
        }
        match (key, value) {
            ("status", Json::Str(status)) if red && status == "passed" => Some(text(FAILED)),
            ("triage_diff", Json::Object(_)) => Some(with_members(value, |key, value| match (key, value) {
                ("status", _) => Some(text("regression")),
                ("regression_count", Json::Int(n)) => Some(Json::Int(n.saturating_add(count))),
                _ => None,
            })),
            _ => None,
        }
    }))
}

/// What becomes of one suite.
struct Turn {
    name: String,
    /// Its tests that are failed, by their place.
    tests: Vec<usize>,
    /// How many of them were called flaky.
    flaky: i64,
    /// It is failed itself.
    suite: bool,
}

impl Turn {
    /// `None` where nothing of it changes.
    fn of(suite: &Json<'_>, held: ClaimRules<'_>, notes: &mut Vec<String>) -> Option<Turn> {
        let tests = suite.items("tests");
        let claims = |entry: &Json<'_>| status(entry) == Some(QUARANTINED);
        let claimed = Claimed::of(suite, held.suites);
        let unshown: Vec<(usize, &str)> =
            tests.iter().enumerate().filter_map(|(at, test)| Some((at, claimed.doubt_test(test)?))).collect();
        let doubt = claimed.doubt_suite();
        if !claims(suite) && !tests.iter().any(claims) && unshown.is_empty() && doubt.is_none() {
            return None;
        }
        let read = read(suite);
        let judged = quarantine(held.entries, &read);
        let is_failed = |at: &usize| claims(&tests[*at]) && judged.tests[*at] != TestStatus::Quarantined;
        let uncovered: Vec<usize> = (0..tests.len()).filter(is_failed).collect();
        let passed = status(suite).and_then(SuiteStatus::parse).is_some_and(SuiteStatus::is_pass);
        let holds = !claims(suite) || judged.status == SuiteStatus::Quarantined;
        let mut failed: Vec<usize> =
            uncovered.iter().copied().chain(unshown.iter().map(|(at, _)| *at)).collect();
        failed.sort_unstable();
        let red = !holds || doubt.is_some() || (passed && !failed.is_empty());
        let flaky = i64::try_from(unshown.len()).unwrap_or(i64::MAX);
        let turn = Turn { suite: red, tests: failed, flaky, name: read.name };
        if turn.count() == 0 {
            return None;
        }
        if claims(suite) || tests.iter().any(claims) {
            turn.uncovered(&uncovered, &read.tests, judged.notes, notes);
        }
        let owner = show(&turn.name);
        let told =
            unshown.iter().map(|(at, why)| (format!("{owner}::{}", show(&read.tests[*at].name)), *why));
        let own = doubt.filter(|_| unshown.is_empty()).map(|why| (owner.clone(), why));
        notes.extend(
            told.chain(own)
                .map(|(name, why)| format!("{name} was called flaky, and {why}: it is judged as failed")),
        );
        Some(turn)
    }

    /// Says which claims of quarantine do not hold.
    fn uncovered(&self, at: &[usize], tests: &[TestResult], told: Vec<String>, notes: &mut Vec<String>) {
        notes.extend(told);
        let owner = show(&self.name);
        let because = "was quarantined when it ran, and no quarantine entry in force covers that: it is judged as failed";
        if self.tests.is_empty() {
            notes.push(format!("{owner} {because}"));
        }
        notes.extend(at.iter().map(|at| format!("{owner}::{} {because}", show(&tests[*at].name))));
    }

    /// How many failures it adds: those of tests, else its own.
    fn count(&self) -> i64 {
        match self.tests.len() {
            0 => i64::from(self.suite),
            tests => i64::try_from(tests).unwrap_or(i64::MAX),
        }
    }

    fn apply<'a>(&self, suite: &Json<'a>) -> Json<'a> {
        let failed = |at: usize, test: &Json<'a>| match self.tests.binary_search(&at) {
            Ok(_) => with_members(test, |key, _| (key == "status").then(|| text(FAILED))),
            Err(_) => test.clone(),
        };
        with_members(suite, |key, value| match (key, value) {
            ("status", _) if self.suite => Some(text(FAILED)),
            ("tests", Json::Array(tests)) => {
                Some(Json::Array(tests.iter().enumerate().map(|(at, test)| failed(at, test)).collect()))
            }
            ("failed", Json::Int(n)) => {
                Some(Json::Int(n.saturating_add(i64::try_from(self.tests.len()).unwrap_or(i64::MAX))))
            }
            (FLAKY, Json::Int(n)) => Some(Json::Int(n.saturating_sub(self.flaky).max(0))),
            _ => None,
        })
    }
}

fn applied<'a>(suites: &[Json<'a>], turns: &[Option<Turn>]) -> Json<'a> {
    let one = |(suite, turn): (&Json<'a>, &Option<Turn>)| match turn {
        Some(turn) => turn.apply(suite),
        None => suite.clone(),
    };
    Json::Array(suites.iter().zip(turns).map(one).collect())
}

/// Names with more of them, in order.
fn with_names<'a, 'n>(known: &[Json<'a>], more: impl Iterator<Item = &'n str>) -> Json<'a> {
    let mut names: Vec<Json<'a>> = known.to_vec();
    names.extend(more.map(|name| Json::Str(Cow::Owned(name.to_string()))));
    names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Json::Array(names)
}

/// The object with some of its members changed.
fn with_members<'a>(object: &Json<'a>, change: impl Fn(&str, &Json<'a>) -> Option<Json<'a>>) -> Json<'a> {
    let Json::Object(members) = object else { return object.clone() };
    let changed = members.iter().map(|(key, value)| {
        let value = change(key, value).unwrap_or_else(|| value.clone());
        (key.clone(), value)
    });
    Json::Object(JsonObject::from_members(changed.collect()))
}

/// A suite as it was before quarantine: what is called quarantined has failed. A test that the run itself calls failed has no
/// signature here: nothing is to cover it.
fn read(suite: &Json<'_>) -> SuiteResult {
    let name = |entry: &Json<'_>| entry.get("name").and_then(Json::as_str).unwrap_or_default().to_string();
    let test = |entry: &Json<'_>| {
        let told = TestResult::of(&name(entry), TestStatus::Failed);
        match status(entry) {
            Some(QUARANTINED) => TestResult {
                signature: entry.get("signature").and_then(Json::as_str).map(String::from),
                basis: basis(entry),
                others: signatures(entry.get("others")),
                carried: matches!(entry.get("carried"), Some(Json::Bool(true))),
                ..told
            },
            Some(FAILED) => told,
            _ => TestResult { status: TestStatus::Passed, ..told },
        }
    };
    SuiteResult {
        status: SuiteStatus::Failed,
        outside: signatures(suite.get("outside")),
        tests: suite.items("tests").iter().map(test).collect(),
        ..SuiteResult::not_run(&name(suite), "")
    }
}

fn basis(entry: &Json<'_>) -> Option<Basis> {
    entry.get("basis").and_then(Json::as_str).and_then(Basis::parse)
}

/// A list of signatures. One that cannot be read is a failure that nothing covers.
fn signatures(list: Option<&Json<'_>>) -> Vec<Signed> {
    let one = |entry: &Json<'_>| {
        let signature = entry.get("signature").and_then(Json::as_str).unwrap_or_default().to_string();
        Signed { signature, basis: basis(entry).unwrap_or_default() }
    };
    match list {
        None => Vec::new(),
        Some(Json::Array(entries)) => entries.iter().map(one).collect(),
        Some(other) => vec![one(other)],
    }
}

fn status<'j>(entry: &'j Json<'_>) -> Option<&'j str> {
    entry.get("status").and_then(Json::as_str)
}

fn text(word: &'static str) -> Json<'static> {
    Json::Str(Cow::Borrowed(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::waiver::{EntryKind, EntryState};
    use serde_json::{Value, json};
    use tollgate_text::json::{JsonLimits, parse};

    fn entry(id: &str, signature: &str, state: EntryState) -> WaiverEntry {
        let blank = WaiverEntry::blank(EntryKind::Quarantine, id, state);
        WaiverEntry { signature: Some(signature.into()), ..blank }
    }

    /// A run in which `a::x` and the suite `c` by itself are quarantined; `own` is of a field that tollgate does not know.
    fn run() -> Value {
        let test = |name: &str, status: &str| json!({"name": name, "status": status, "signature": null});
        let known =
            json!({"name": "x", "status": "quarantined", "signature": "s", "basis": "exception", "own": 1});
        let suite = |name: &str, status: &str, tests: Vec<Value>, outside: Value| {
            json!({"name": name, "kind": "unit", "status": status, "passed": 1, "failed": 0, "outside": outside,
                   "tests": tests, "own": {"a": [1]}})
        };
        json!({
            "schema": "tollgate.run.summary.v1", "status": "passed", "own": true,
            "failed_names": [], "failed_unit_names": [], "passed_suites": 1, "passed_units": 2,
            "triage_diff": {"path": "p", "status": "stable", "regression_count": 0},
            "suites": [suite("c", "quarantined", vec![], json!([{"signature": "hang", "basis": "timeout"}]))],
            "units": [suite("a", "quarantined", vec![test("o", "passed"), known], json!([])),
                      suite("b", "passed", vec![test("o", "passed")], json!([]))],
        })
    }

    fn both(state: EntryState) -> Vec<WaiverEntry> {
        vec![entry("a::x", "s", state), entry("c", "hang", state)]
    }

    fn judge(document: &Value, entries: &[WaiverEntry]) -> Option<(Value, Vec<String>)> {
        let text = document.to_string();
        let document = parse(text.as_bytes(), &JsonLimits::default()).unwrap();
        judged(JudgedKind::Summary, &document, ClaimRules { entries, suites: &[] })
            .map(|j| (j.document.to_value(), j.notes))
    }

    #[test]
    fn what_holding_entries_cover_stays_and_nothing_is_copied() {
        assert_eq!(judge(&run(), &both(EntryState::Due)), None);
        let mut green = run();
        green["units"] = json!([]);
        green["suites"] = json!([]);
        assert_eq!(judge(&green, &[]), None);
    }

    #[test]
    fn what_no_entry_covers_is_failed_everywhere_and_the_rest_is_as_it_was() {
        for entries in [vec![], both(EntryState::Expired)] {
            let (found, notes) = judge(&run(), &entries).unwrap();
            let mut wanted = run();
            wanted["status"] = "failed".into();
            wanted["failed_names"] = json!(["c"]);
            wanted["failed_unit_names"] = json!(["a"]);
            wanted["passed_suites"] = 0.into();
            wanted["passed_units"] = 1.into();
            wanted["suites"][0]["status"] = "failed".into();
            wanted["units"][0]["status"] = "failed".into();
            wanted["units"][0]["failed"] = 1.into();
            wanted["units"][0]["tests"][1]["status"] = "failed".into();
            wanted["triage_diff"]["status"] = "regression".into();
            wanted["triage_diff"]["regression_count"] = 2.into();
            assert_eq!(found, wanted);
            assert!(notes.iter().any(|n| n.starts_with("a::x was quarantined when it ran")), "{notes:?}");
            assert!(notes.iter().any(|n| n.starts_with("c was quarantined when it ran")), "{notes:?}");
        }
    }

    #[test]
    fn one_failure_more_or_a_claim_without_its_basis_is_not_covered() {
        let entries = both(EntryState::Active);
        let change = |at: &str, value: Value| {
            let mut run = run();
            *run.pointer_mut(at).unwrap() = value;
            judge(&run, &entries).map(|(found, _)| found)
        };
        let status = |found: Option<Value>, at: &str| found.unwrap().pointer(at).unwrap().clone();
        for basis in [json!("fallback"), json!(null), json!(7), json!("words")] {
            assert_eq!(status(change("/units/0/tests/1/basis", basis), "/units/0/tests/1/status"), "failed");
        }
        let mut other = run()["units"][0]["tests"][1].clone();
        other["others"] = json!([{"signature": "new", "basis": "exception"}]);
        assert_eq!(status(change("/units/0/tests/1", other), "/units/0/status"), "failed");
        for outside in [json!([]), json!(null), json!([{"signature": "hang"}]), json!([1]), json!("hang")] {
            assert_eq!(status(change("/suites/0/outside", outside), "/failed_names/0"), "c");
        }
        // Of a suite whose tests are covered, what failed outside them is not.
        let outside = json!([{"signature": "new", "basis": "crash"}]);
        let found = change("/units/0/outside", outside);
        assert_eq!(status(found.clone(), "/units/0/tests/1/status"), "quarantined");
        assert_eq!(status(found, "/failed_unit_names/0"), "a");
    }

    #[test]
    fn an_entry_makes_nothing_green_that_the_run_calls_failed() {
        let mut failed = run();
        failed["units"][0]["tests"][0] =
            json!({"name": "o", "status": "failed", "signature": "s", "basis": "exception"});
        let entries = [entry("a", "s", EntryState::Active), entry("c", "hang", EntryState::Active)];
        let (found, _) = judge(&failed, &entries).unwrap();
        assert_eq!(found["units"][0]["status"], "failed");
        assert_eq!(found["units"][0]["tests"], failed["units"][0]["tests"]);
        // A suite that passed by its own word has a test that nothing covers.
        let mut passed = run();
        passed["units"][0]["status"] = "passed".into();
        let (found, _) = judge(&passed, &entries[1..]).unwrap();
        assert_eq!((&found["units"][0]["status"], &found["passed_units"]), (&json!("failed"), &json!(1)));
    }

    #[test]
    fn a_test_that_fails_by_those_within_it_goes_with_them() {
        let test = |name: &str, signature: &str, basis: &str, carried: bool| json!({"name": name, "status": "quarantined", "signature": signature, "basis": basis, "carried": carried});
        let mut nested = run();
        nested["units"][0]["tests"] =
            json!([test("T/a", "s", "assertion", false), test("T", "a-subtest-failed", "fallback", true)]);
        let entries = |id: &str| [entry(id, "s", EntryState::Active), entry("c", "hang", EntryState::Active)];
        assert_eq!(judge(&nested, &entries("a::T/a")), None);
        let (found, _) = judge(&nested, &entries("a::T")).unwrap();
        let statuses = [&found["units"][0]["tests"][0]["status"], &found["units"][0]["tests"][1]["status"]];
        assert_eq!(statuses, ["failed", "failed"]);
    }

    #[test]
    fn many_are_counted() {
        let known = json!({"name": "x", "status": "quarantined", "signature": "s", "basis": "exception"});
        let mut many = run();
        many["units"][0]["tests"] = Value::Array(vec![known; 50]);
        let (found, notes) = judge(&many, &[]).unwrap();
        assert_eq!((&found["units"][0]["failed"], notes.len()), (&json!(50), NOTES + 1));
        assert!(
            notes[NOTES].ends_with("more that the run calls quarantined or flaky are judged as failed"),
            "{notes:?}"
        );
    }

    #[test]
    fn a_suites_result_is_judged_alone() {
        let result = run()["units"][0].to_string();
        let document = parse(result.as_bytes(), &JsonLimits::default()).unwrap();
        assert!(
            judged(
                JudgedKind::Result,
                &document,
                ClaimRules { entries: &both(EntryState::Active), suites: &[] }
            )
            .is_none()
        );
        let found = judged(JudgedKind::Result, &document, ClaimRules { entries: &[], suites: &[] })
            .unwrap()
            .document
            .to_value();
        assert_eq!((&found["status"], &found["tests"][1]["status"]), (&json!("failed"), &json!("failed")));
    }

    #[test]
    fn what_is_called_flaky_and_not_shown_is_failed_everywhere() {
        let mut run = run();
        run["suites"] = json!([]);
        let tries = json!([{"attempt": 1, "status": "flaky"}]);
        let test = |tries: &Value| json!({"name": "x", "status": "flaky", "signature": "s", "tries": tries});
        run["units"] = json!([{"name": "a", "kind": "unit", "status": "flaky", "attempts": 1, "passed": 0, "failed": 0, "flaky": 1,
                               "tests": [test(&tries)]}]);
        assert_eq!(judge(&run, &[]), None);
        run["units"][0]["tests"] = json!([test(&json!([]))]);
        let (found, notes) = judge(&run, &[]).unwrap();
        let unit = &found["units"][0];
        assert_eq!((&unit["status"], &unit["tests"][0]["status"]), (&json!("failed"), &json!("failed")));
        assert_eq!((&unit["failed"], &unit["flaky"]), (&json!(1), &json!(0)));
        assert_eq!((&found["status"], &found["failed_unit_names"]), (&json!("failed"), &json!(["a"])));
        assert_eq!(found["passed_units"], 1);
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(
            notes[0].starts_with("a::x was called flaky, and its attempts show no failure and pass"),
            "{notes:?}"
        );
    }

    #[test]
    fn only_what_is_called_quarantined_or_flaky_is_a_claim() {
        let claims = |kind: JudgedKind, document: Value| {
            has_claims(kind, &parse(document.to_string().as_bytes(), &JsonLimits::default()).unwrap())
        };
        for (suite, test, wanted) in [
            ("passed", "passed", false),
            ("failed", "failed", false),
            ("quarantined", "passed", true),
            ("flaky", "passed", true),
            ("passed", "quarantined", true),
            ("failed", "flaky", true),
            ("quarantined", "flaky", true),
        ] {
            let result = json!({"name": "a", "status": suite, "tests": [{"name": "x", "status": test}]});
            assert_eq!(claims(JudgedKind::Result, result.clone()), wanted, "{suite} {test}");
            for list in ["suites", "units"] {
                let summary = json!({"status": "passed", list: [{"name": "b", "status": "passed"}, result]});
                assert_eq!(claims(JudgedKind::Summary, summary), wanted, "{list} {suite} {test}");
            }
            // A list of another name is none of suites, and a summary is no result.
            assert!(!claims(JudgedKind::Summary, json!({"tests": [result], "status": "quarantined"})));
        }
        assert!(!claims(JudgedKind::Result, json!({"name": "a", "tests": "quarantined"})));
        assert!(!claims(JudgedKind::Summary, json!([])));
    }

    #[test]
    fn each_list_is_counted_by_its_own_names() {
        let mut run = run();
        let more = |name: &str| {
            let mut unit = run["units"][0].clone();
            unit["name"] = name.into();
            unit
        };
        let (first, last) = (more("d"), more("0"));
        run["units"].as_array_mut().unwrap().extend([first, last]);
        run["passed_units"] = 7.into();
        run["passed_suites"] = 5.into();
        run["failed_unit_names"] = json!(["aa", "z"]);
        run["own_count"] = 9.into();
        run["own_list"] = json!(["q"]);
        let (found, notes) = judge(&run, &[]).unwrap();
        assert_eq!((&found["passed_units"], &found["passed_suites"]), (&json!(4), &json!(4)));
        assert_eq!(found["failed_unit_names"], json!(["0", "a", "aa", "d", "z"]));
        assert_eq!(found["failed_names"], json!(["c"]));
        assert_eq!((&found["own_count"], &found["own_list"]), (&json!(9), &json!(["q"])));
        assert_eq!(found["triage_diff"], json!({"path": "p", "status": "regression", "regression_count": 4}));
        let because = "was quarantined when it ran, and no quarantine entry in force covers that: it is judged as failed";
        let wanted = ["c", "a::x", "d::x", "0::x"].map(|name| format!("{name} {because}"));
        assert_eq!(notes, wanted);
        // A figure is never less than nothing.
        run["passed_units"] = 1.into();
        assert_eq!(judge(&run, &[]).unwrap().0["passed_units"], 0);
    }

    #[test]
    fn a_suite_that_failed_by_its_own_word_stays_as_it_was() {
        for own in ["failed", "crashed", "timed_out"] {
            let mut run = run();
            run["suites"] = json!([]);
            run["status"] = "failed".into();
            run["failed_unit_names"] = json!(["a"]);
            run["units"][0]["status"] = own.into();
            run["units"][0]["tests"][0]["status"] = "failed".into();
            // What holds in it changes nothing of it.
            assert_eq!(judge(&run, &both(EntryState::Active)), None, "{own}");
            // What does not is one failed test more; the suite is counted already.
            let (found, notes) = judge(&run, &[]).unwrap();
            let mut wanted = run.clone();
            wanted["units"][0]["tests"][1]["status"] = "failed".into();
            wanted["units"][0]["failed"] = 1.into();
            wanted["triage_diff"]["status"] = "regression".into();
            wanted["triage_diff"]["regression_count"] = 1.into();
            assert_eq!((found, notes.len()), (wanted, 1), "{own}");
        }
    }

    #[test]
    fn a_run_is_failed_where_it_said_that_it_passed_and_a_suite_is_red() {
        let status = |own: &str, unit: &str| {
            let mut run = run();
            run["suites"] = json!([]);
            run["status"] = own.into();
            run["units"][0]["status"] = unit.into();
            judge(&run, &[]).unwrap().0["status"].clone()
        };
        assert_eq!(status("passed", "quarantined"), "failed");
        assert_eq!(status("passed", "passed"), "failed");
        assert_eq!(status("interrupted", "quarantined"), "interrupted");
        assert_eq!(status("incomplete", "failed"), "incomplete");
        // A run that contradicts itself is held to itself elsewhere.
        assert_eq!(status("passed", "failed"), "passed");
    }

    #[test]
    fn notes_are_told_up_to_a_number() {
        let many = |count: usize| {
            let known = json!({"name": "x", "status": "quarantined", "signature": "s", "basis": "exception"});
            let mut many = run();
            many["suites"] = json!([]);
            many["units"][0]["tests"] = Value::Array(vec![known; count]);
            let (found, mut notes) = judge(&many, &[]).unwrap();
            assert_eq!(found["triage_diff"]["regression_count"], count);
            let last = notes.pop().unwrap();
            (notes.len(), last)
        };
        let said = "a::x was quarantined when it ran, and no quarantine entry in force covers that: it is judged as failed";
        assert_eq!(many(1), (0, said.to_string()));
        assert_eq!(many(NOTES), (NOTES - 1, said.to_string()));
        let more = |n| format!("{n} more that the run calls quarantined or flaky are judged as failed");
        assert_eq!(many(NOTES + 1), (NOTES, more(1)));
        assert_eq!(many(50), (NOTES, more(30)));
    }
}
