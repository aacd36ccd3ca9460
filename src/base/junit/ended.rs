//! What became of a testcase, by its elements and its own words: the one answer for every reader of JUnit.

use super::report::{Case, Kind, Report};

/// What became of a testcase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It ran and passed.
    Passed,
    /// It failed and then passed.
    Flaky,
    /// It was skipped, disabled, suppressed: it did not run, and was not meant to.
    LeftOut,
    /// It was meant to run, and its tool stopped before it.
    NotRun,
    /// It failed.
    Failed,
    /// It broke otherwise than by an assertion.
    Error,
}

/// What a word in `status` or `result` says beside the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Bad,
    LeftOut,
}

/// Words of a test that did not pass, in small letters, without what stands between them.
const BAD: &[&str] = &[
    "failed",
    "fail",
    "failure",
    "error",
    "errored",
    "broken",
    "incomplete",
    "aborted",
    "interrupted",
    "cancelled",
    "canceled",
    "timeout",
    "timedout",
    "crashed",
    "killed",
    "notrunnable",
];

/// Words of a test that did not run. GoogleTest says of a disabled one only `status="notrun" result="suppressed"`.
const LEFT_OUT: &[&str] = &[
    "notrun",
    "norun",
    "didnotrun",
    "notexecuted",
    "unexecuted",
    "notstarted",
    "notselected",
    "skipped",
    "skip",
    "disabled",
    "suppressed",
    "ignored",
    "ignore",
    "pending",
    "todo",
    "inconclusive",
    "deselected",
    "excluded",
    "filtered",
    "untested",
    "undefined",
    "blocked",
    "inactive",
];

fn word(said: &str) -> Option<Word> {
    let said: String = said.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let is = |words: &[&str]| words.contains(&said.as_str());
    if is(BAD) {
        Some(Word::Bad)
    } else if is(LEFT_OUT) {
        Some(Word::LeftOut)
    } else {
        None
    }
}

impl Case {
    /// What became of it. A failure stands whatever else is said; `<rerunFailure>` alone is a failure, and `<flakyFailure>` one
    /// that a passing run followed. Where no element says that it did not pass, `status` and `result` may.
    pub fn ended(&self) -> Ended {
        let has = |kind| self.outcomes.iter().any(|o| o.kind == kind);
        if has(Kind::Error) {
            Ended::Error
        } else if has(Kind::Failure) || has(Kind::Rerun) {
            Ended::Failed
        } else if has(Kind::Flaky) {
            Ended::Flaky
        } else if has(Kind::Skipped) || self.says(Word::LeftOut).is_some() {
            Ended::LeftOut
        } else if self.unreached {
            Ended::NotRun
        } else {
            Ended::Passed
        }
    }

    /// The attribute, and its value, by which it says that it did not pass.
    pub(super) fn bad_word(&self) -> Option<(&'static str, &str)> {
        self.says(Word::Bad)
    }

    fn says(&self, wanted: Word) -> Option<(&'static str, &str)> {
        let said = [("status", self.status.as_deref()), ("result", self.result.as_deref())];
        said.into_iter().find_map(|(name, value)| Some((name, value.filter(|v| word(v) == Some(wanted))?)))
    }
}

impl Report {
    /// Marks the testcases of vitest that its `--bail` did not come to: it shows them as if they had passed, in no time at all.
    /// Those that ran stand before them and took some; a reporter that rounds times down is none of which that can be told.
    pub(super) fn mark_unreached(&mut self) {
        let red = |case: &Case| matches!(case.ended(), Ended::Failed | Ended::Error);
        if !self.of_vitest || !self.suites.iter().flat_map(|s| &s.cases).any(red) {
            return;
        }
        let untimed = |case: &Case| case.outcomes.is_empty() && case.time_ms == Some(0.0);
        let rounds = self.suites.iter().any(|suite| {
            let first = suite.cases.iter().position(untimed).unwrap_or(suite.cases.len());
            suite.cases[first..].iter().any(|case| case.outcomes.is_empty() && !untimed(case))
        });
        if !rounds {
            let cases = self.suites.iter_mut().flat_map(|s| &mut s.cases);
            cases.filter(|case| untimed(case)).for_each(|case| case.unreached = true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::base::json::Limits;

    fn of(text: &str) -> Vec<Ended> {
        let report = parse(text.as_bytes(), &Limits::default(), true).unwrap();
        report.suites.iter().flat_map(|s| &s.cases).map(Case::ended).collect()
    }

    fn one(attributes: &str, elements: &str) -> Ended {
        of(&format!("<testsuite name='s'><testcase name='a' {attributes}>{elements}</testcase></testsuite>"))
            [0]
    }

    #[test]
    fn words_beside_the_elements() {
        for said in
            ["notrun", "NOTRUN", " not run ", "not_run", "Disabled", "suppressed", "Not-Executed", "pending"]
        {
            assert_eq!(one(&format!("status='{said}'"), ""), Ended::LeftOut, "{said}");
            assert_eq!(one(&format!("status='run' result='{said}'"), ""), Ended::LeftOut, "{said}");
            assert_eq!(one(&format!("status='{said}'"), "<failure/>"), Ended::Failed, "{said}");
        }
        for said in ["failed", "TIMED_OUT", "cancelled"] {
            assert_eq!(one(&format!("result='{said}'"), ""), Ended::Failed, "{said}");
            assert_eq!(one(&format!("status='notrun' result='{said}'"), ""), Ended::Failed, "{said}");
        }
        for said in ["run", "completed", "passed", "PASS", "SUCCESSFUL", "0", ""] {
            assert_eq!(one(&format!("status='{said}'"), ""), Ended::Passed, "{said}");
        }
    }

    #[test]
    fn elements() {
        assert_eq!(one("", "<rerunFailure/>"), Ended::Failed);
        assert_eq!(one("", "<flakyFailure/>"), Ended::Flaky);
        assert_eq!(one("", "<failure/><error/>"), Ended::Error);
        assert_eq!(one("", "<skipped/>"), Ended::LeftOut);
    }

    #[test]
    fn what_vitest_did_not_come_to() {
        let of = |name: &str, first: &str, last: &str| {
            of(&format!(
                "<testsuites name='{name}'><testsuite name='a'><testcase name='a' time='{first}'/><testcase name='b' time='0.1'><failure/></testcase><testcase name='c' time='{last}'/></testsuite></testsuites>"
            ))[2]
        };
        assert_eq!(of("vitest tests", "0.01", "0"), Ended::NotRun);
        assert_eq!(of("vitest tests", "0.01", "0.002"), Ended::Passed);
        assert_eq!(of("vitest tests", "0", "0.002"), Ended::Passed, "times are rounded");
        assert_eq!(of("jest tests", "0.01", "0"), Ended::Passed);
        let green = "<testsuites name='vitest tests'><testsuite name='a'><testcase name='a' time='0'/></testsuite></testsuites>";
        assert_eq!(super::tests::of(green), [Ended::Passed]);
    }
}
