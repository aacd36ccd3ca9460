//! Whether a document shows what it calls flaky. The run said so; that is a claim, held to the attempts that it lists and to the rules of
//! the policy in force.

use crate::model::flake::{FlakeRules, FlakyResult};
use crate::model::suite::SuiteSpec;
use tollgate_text::json::Json;

const FLAKY: &str = "flaky";
const UNSHOWN: &str =
    "its attempts show no failure and pass from one state of files and with the same tests before it";

/// One attempt at a suite, as the document lists it.
struct Try<'j> {
    ran: Option<&'j str>,
    state: Option<i64>,
    company: Option<i64>,
    outside: bool,
    passed: bool,
}

/// A suite of a document, with the rules of its kind.
pub(super) struct Claimed<'j, 'a> {
    suite: &'j Json<'a>,
    rules: FlakeRules,
    tries: Vec<Try<'j>>,
}

impl<'j, 'a> Claimed<'j, 'a> {
    /// Held to the rules that the policy has for its kind; a kind that it does not know has those by default.
    pub(super) fn of(suite: &'j Json<'a>, specs: &[SuiteSpec]) -> Claimed<'j, 'a> {
        let kind = suite.text("kind").unwrap_or_default();
        let rules = specs.iter().find(|spec| spec.kind == kind).map(|spec| spec.flaky).unwrap_or_default();
        let one = |entry: &'j Json<'a>| Try {
            ran: entry.text("ran"),
            state: int(entry, "state"),
            company: company(entry),
            outside: is_true(entry, "outside"),
            passed: entry.text("status") == Some("passed"),
        };
        let tries = suite.items("tries").iter().map(one).collect();
        Claimed { suite, rules, tries }
    }

    /// Why a test that is called flaky is failed: a clause.
    pub(super) fn doubt_test(&self, test: &Json<'_>) -> Option<&'static str> {
        if test.text("status") != Some(FLAKY) {
            return None;
        }
        if let Some(why) = self.by_policy() {
            return Some(why);
        }
        let tries = test.items("tries");
        let red = |entry: &&Json<'_>| matches!(entry.text("status"), Some("failed" | FLAKY));
        let fails: Vec<&Json<'_>> = tries.iter().filter(red).collect();
        if !self.rules.crash && fails.iter().any(|entry| is_true(entry, "crash")) {
            return Some("it crashed, which no later pass excuses by the policy (`flaky_crash`)");
        }
        // What a tool ran again itself failed and passed within one attempt.
        let within = |entry: &&Json<'_>| entry.text("status") == Some(FLAKY) && self.place(entry).is_some();
        let passes = |place| {
            let mut green = tries.iter().filter(|entry| entry.text("status") == Some("passed"));
            green.any(|entry| self.place(entry) == Some(place))
        };
        let shown = fails.iter().any(|entry| within(entry) || self.place(entry).is_some_and(passes));
        (!shown).then_some(UNSHOWN)
    }

    /// Why a suite that is called flaky is failed, its tests apart: a clause.
    pub(super) fn doubt_suite(&self) -> Option<&'static str> {
        if self.suite.text("status") != Some(FLAKY) {
            return None;
        }
        let outside: Vec<&Try<'_>> = self.tries.iter().filter(|tried| tried.outside).collect();
        if outside.is_empty() {
            let shown = self.suite.items("tests").iter().any(|test| test.text("status") == Some(FLAKY));
            return (!shown).then_some("no test of it is flaky, and its attempts show nothing else");
        }
        if let Some(why) = self.by_policy() {
            return Some(why);
        }
        if !self.rules.crash {
            return Some(
                "it failed otherwise than by its tests, which no later pass excuses by the policy (`flaky_crash`)",
            );
        }
        let green = |bad: &Try<'_>| {
            self.tries.iter().any(|t| {
                let whole = t.passed && t.state.is_some() && t.company.is_some();
                whole && (t.ran, t.state, t.company) == (bad.ran, bad.state, bad.company)
            })
        };
        (!outside.iter().all(|bad| green(bad))).then_some(UNSHOWN)
    }

    /// What the policy says of every flake of the suite.
    fn by_policy(&self) -> Option<&'static str> {
        if self.rules.result == FlakyResult::Fail {
            return Some("`flaky_result` of the policy calls that a failure");
        }
        let limit = self.rules.limit.filter(|_| self.attempts() > 1)?;
        let (failed, all) = self.first();
        limit
            .is_passed_by(failed, all)
            .then_some("more of its tests failed at first than `retry_limit` of the policy lets be run again")
    }

    /// How many of its tests failed in its first attempt, and how many had a result.
    fn first(&self) -> (u64, u64) {
        let mut counts = (0, 0);
        for test in self.suite.items("tests") {
            let tries = test.items("tries");
            let first = tries.iter().find(|entry| int(entry, "attempt") == Some(1));
            let status = match first {
                Some(first) => first.text("status"),
                None if tries.is_empty() => test.text("status"),
                None => continue,
            };
            if !matches!(status, Some("ignored" | "not_run")) {
                counts.0 += u64::from(!matches!(status, Some("passed" | FLAKY)));
                counts.1 += 1;
            }
        }
        counts
    }

    fn attempts(&self) -> i64 {
        int(self.suite, "attempts").unwrap_or(i64::MAX)
    }

    /// With which tests and from which state an attempt had its result; `None` where the suite lists no such attempt.
    fn place(&self, entry: &Json<'_>) -> Option<(&'j str, i64, i64)> {
        let company = company(entry)?;
        let number = int(entry, "attempt").filter(|number| (1..=self.attempts()).contains(number))?;
        if self.attempts() == 1 {
            return Some(("whole", 1, company));
        }
        let nth = usize::try_from(number - 1).ok()?;
        let tried = self.tries.get(nth)?;
        Some((tried.ran?, tried.state?, company))
    }
}

/// After which tests a result was had; 0 where nothing is said, `None` where that is no number.
fn company(entry: &Json<'_>) -> Option<i64> {
    if entry.get("company").is_none() { Some(0) } else { int(entry, "company") }
}

fn int(value: &Json<'_>, key: &str) -> Option<i64> {
    match value.get(key) {
        Some(Json::Int(n)) => Some(*n),
        _ => None,
    }
}

fn is_true(value: &Json<'_>, key: &str) -> bool {
    // What is neither true nor absent is taken for the worse.
    !matches!(value.get(key), None | Some(Json::Bool(false)))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::model::flake::Share;
    use crate::model::suite::SuiteRole;
    use serde_json::{Value, json};
    use tollgate_text::json::{JsonLimits, parse};

    fn suite() -> Value {
        let tried = |attempt: u32, ran: &str, status: &str, state: u32| json!({"attempt": attempt, "ran": ran, "status": status, "state": state});
        json!({
            "name": "a", "kind": "unit", "status": "flaky", "attempts": 2,
            "tries": [tried(1, "whole", "failed", 1), tried(2, "whole", "passed", 1)],
            "tests": [
                {"name": "x", "status": "flaky",
                 "tries": [{"attempt": 1, "status": "failed"}, {"attempt": 2, "status": "passed"}]},
                {"name": "y", "status": "passed"}, {"name": "z", "status": "passed"},
            ],
        })
    }

    fn doubts(suite: &Value, rules: FlakeRules) -> [bool; 2] {
        let mut spec = sample::spec("unit", SuiteRole::Unit);
        spec.flaky = rules;
        let text = suite.to_string();
        let document = parse(text.as_bytes(), &JsonLimits::default()).unwrap();
        let specs = [spec];
        let claimed = Claimed::of(&document, &specs);
        let tests = document.items("tests");
        [tests.iter().any(|test| claimed.doubt_test(test).is_some()), claimed.doubt_suite().is_some()]
    }

    fn change(at: &str, value: Value) -> Value {
        let mut suite = suite();
        *suite.pointer_mut(at).unwrap() = value;
        suite
    }

    #[test]
    fn what_the_attempts_show_holds() {
        assert_eq!(doubts(&suite(), FlakeRules::default()), [false, false]);
        let mut own = suite();
        own["attempts"] = 1.into();
        own["tests"][0]["tries"] = json!([{"attempt": 1, "status": "flaky"}]);
        own.as_object_mut().unwrap().remove("tries");
        assert_eq!(doubts(&own, FlakeRules::default()), [false, false]);
    }

    #[test]
    fn what_they_do_not_show_is_doubted() {
        for (at, value) in [
            ("/tests/0/tries", json!([])),
            ("/tests/0/tries", json!([{"attempt": 1, "status": "failed"}])),
            ("/tests/0/tries/1/attempt", json!(3)),
            ("/tests/0/tries/1/attempt", json!("2")),
            ("/tests/0/tries/0", json!({"attempt": 1, "status": "failed", "crash": true})),
            ("/tests/0/tries/0", json!({"attempt": 1, "status": "failed", "crash": 0})),
            ("/tests/0/tries/1", json!({"attempt": 2, "status": "passed", "company": 2})),
            ("/tests/0/tries/0", json!({"attempt": 1, "status": "failed", "company": "0"})),
            ("/tries/1/state", json!(2)),
            ("/tries/1/state", json!(null)),
            ("/tries/1/ran", json!("tests")),
            ("/tries", json!([])),
            ("/attempts", json!(0)),
        ] {
            assert!(doubts(&change(at, value.clone()), FlakeRules::default())[0], "{at} {value}");
        }
    }

    #[test]
    fn the_policy_of_the_judge_counts() {
        let rules = |result, crash, limit| FlakeRules { result, crash, limit };
        assert_eq!(doubts(&suite(), rules(FlakyResult::Fail, false, None)), [true, false]);
        let limit = |text| rules(FlakyResult::Pass, false, Share::parse(text));
        assert_eq!((doubts(&suite(), limit("33%"))[0], doubts(&suite(), limit("34%"))[0]), (true, false));
        let crashed = change("/tests/0/tries/0", json!({"attempt": 1, "status": "failed", "crash": true}));
        assert!(!doubts(&crashed, rules(FlakyResult::Pass, true, None))[0]);
        let mut outside = suite();
        outside["tries"][0]["outside"] = true.into();
        outside["tests"][0] = json!({"name": "x", "status": "passed"});
        assert_eq!(doubts(&outside, FlakeRules::default()), [false, true]);
        assert_eq!(doubts(&outside, rules(FlakyResult::Pass, true, None)), [false, false]);
        outside["tries"][1]["state"] = 2.into();
        assert_eq!(doubts(&outside, rules(FlakyResult::Pass, true, None)), [false, true]);
        outside["tries"] = json!([]);
        assert_eq!(doubts(&outside, rules(FlakyResult::Pass, true, None)), [false, true]);
    }
}
