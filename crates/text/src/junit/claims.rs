//! Attributes that say what became of a test or a suite, by whatever name: `outcome="failed"`, `success="false"`, `crashed="1"`.
//!
//! Reporters write far more attributes than these; only names that can mean nothing else are looked at, and of those a value that says
//! nothing (`failed="0"`, `success="true"`) is passed over.

use super::attributes::{Attributes, whole};
use super::report::Claim;
use super::words::{StatusWord, plain, word};
use crate::json;

/// Characters of the longest name of the table, without what stands between them.
const LONGEST: usize = 13;

/// What an attribute says, as far as its name goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Its value is a word of the tables. `status` and `result` of a testcase are fields of it.
    Word,
    /// True of what passed.
    Passed,
    /// True of what ran.
    Ran,
    /// True of what failed, a count of failures, or what went wrong.
    Failed,
    /// True of what did not run, or why it did not.
    LeftOut,
}

/// The table. Every attribute of every testcase is looked up, and hardly one is found.
fn says(name: &str) -> Option<Says> {
    let mut room = [0; LONGEST];
    Some(match small(name, &mut room)? {
        "status" | "result" | "outcome" | "state" | "verdict" | "conclusion" | "teststatus"
        | "testresult" | "overallresult" => Says::Word,
        "success" | "successful" | "succeeded" | "passed" | "pass" | "ok" => Says::Passed,
        "executed" | "ran" => Says::Ran,
        "failed" | "fail" | "fails" | "failure" | "failures" | "error" | "errors" | "errored" | "crashed"
        | "crashes" | "crash" | "broken" | "aborted" | "killed" | "timedout" | "unexpected" | "fatal"
        | "panicked" => Says::Failed,
        "skipped" | "skip" | "ignored" | "ignore" | "disabled" | "notrun" | "deselected" => Says::LeftOut,
        _ => return None,
    })
}

/// A name in small letters without what stands between them, where it is no longer than any of the table.
fn small<'r>(name: &str, room: &'r mut [u8; LONGEST]) -> Option<&'r str> {
    let mut length = 0;
    for c in name.chars().filter(|c| c.is_alphanumeric()) {
        // The table is of ASCII.
        *room.get_mut(length)? = u8::try_from(c).ok().filter(u8::is_ascii)?.to_ascii_lowercase();
        length += 1;
    }
    std::str::from_utf8(&room[..length]).ok()
}

/// Those of a suite that are counts wherever they are numbers, and are held to what it shows as such.
const COUNTS: [&str; 6] = ["failures", "errors", "skipped", "skips", "disabled", "ignored"];
/// Characters of a value that are kept.
const VALUE: usize = 200;

/// Whether a value says yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Yes,
    No,
    /// It is a text: a word, or what went wrong.
    Text,
}

fn truth(value: &str) -> Option<Truth> {
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    if let Some(count) = whole(value) {
        return Some(if count == 0 { Truth::No } else { Truth::Yes });
    }
    Some(match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "t" => Truth::Yes,
        "false" | "no" | "n" | "f" | "none" | "null" | "nil" | "undefined" | "nothing" => Truth::No,
        _ => Truth::Text,
    })
}

/// What an attribute says of a test; `None` for one that says nothing of it.
fn of_test(name: &str, value: &str) -> Option<StatusWord> {
    let says = says(name)?;
    if says == Says::Word {
        return word(value);
    }
    let said = truth(value)?;
    match (says, said) {
        (Says::Word, _) | (Says::Passed, Truth::Text) => word(value),
        (Says::Passed, Truth::Yes) => Some(StatusWord::Good),
        (Says::Passed, Truth::No) => Some(StatusWord::Bad),
        (Says::Ran, Truth::No) => Some(StatusWord::LeftOut),
        (Says::Ran, Truth::Yes) | (Says::Failed | Says::LeftOut, Truth::No) => None,
        (Says::Ran, Truth::Text) => {
            word(value).filter(|word| matches!(word, StatusWord::Bad | StatusWord::LeftOut))
        }
        (Says::Failed, _) => Some(StatusWord::Bad),
        (Says::LeftOut, _) => Some(StatusWord::LeftOut),
    }
}

impl Claim {
    fn of(name: &str, value: &str) -> Claim {
        Claim { name: name.to_string(), value: value.chars().take(VALUE).collect() }
    }

    /// What it says of a testcase.
    pub(super) fn word(&self) -> Option<StatusWord> {
        of_test(&self.name, &self.value)
    }

    /// What it says of a suite that does not agree with the tests that it shows: one clause.
    pub(super) fn against(&self, told: &ClaimsShown) -> Option<String> {
        let (name, value) = (json::plain(&self.name), json::plain(&self.value));
        let unseen = |what: &str| Some(format!("says `{name}` is `{value}`, and {what}"));
        let count = whole(&self.value);
        let says = says(&self.name);
        let of_none = count == Some(0) && matches!(plain(&self.name).as_str(), "passed" | "pass");
        // A count of passes that is too low is none of what is missing.
        let word = if of_none { None } else { self.word() }?;
        match word {
            StatusWord::Bad if !told.red => match count.filter(|_| says == Some(Says::Failed)) {
                Some(count) if count <= told.undecided => None,
                _ => unseen("none of its tests is shown to fail"),
            },
            StatusWord::LeftOut if told.passed && !told.left_out => unseen("its tests are shown as passed"),
            StatusWord::Unknown if !told.red && says == Some(Says::Word) => {
                unseen("that is no word for what passed")
            }
            _ => None,
        }
    }
}

/// What a suite, or the report, shows.
pub(super) struct ClaimsShown {
    /// A failure.
    pub(super) red: bool,
    /// A test that passed.
    pub(super) passed: bool,
    /// A test that did not run.
    pub(super) left_out: bool,
    /// Tests that their reporter counts as failures, and that are none.
    pub(super) undecided: u64,
}

/// What the attributes of a testcase say beside its `status` and `result`.
pub(super) fn of_case(attributes: &Attributes) -> Vec<Claim> {
    let none = |value| whole(value) == Some(0);
    // Assertions that were counted, where there were none.
    let counts = || attributes.all().any(|(name, value)| says(name) == Some(Says::Failed) && none(value));
    let said = attributes.all().filter(|(name, value)| {
        let own = !matches!(*name, "status" | "result");
        own && of_test(name, value).is_some()
            && !(says(name) == Some(Says::Passed) && none(value) && counts())
    });
    said.map(|(name, value)| Claim::of(name, value)).collect()
}

/// What the attributes of a suite, or of the report, say of it.
pub(super) fn of_suite(attributes: &Attributes) -> Vec<Claim> {
    let said = attributes.all().filter(|(name, value)| {
        let number = value.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.' | ' '));
        let counted = number && COUNTS.contains(&plain(name).as_str());
        !counted && of_test(name, value).is_some()
    });
    said.map(|(name, value)| Claim::of(name, value)).collect()
}

/// What an element within a testcase says of itself that failed: a step, an attempt.
pub(super) fn of_step(attributes: &Attributes) -> Option<Claim> {
    let failed =
        |(name, value): &(&str, &str)| says(name) == Some(Says::Word) && word(value) == Some(StatusWord::Bad);
    attributes.all().find(failed).map(|(name, value)| Claim::of(name, value))
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::super::{CaseEnd, JunitCase};
    use super::{Says, says};
    use crate::json::JsonLimits;

    fn one(attributes: &str, elements: &str) -> CaseEnd {
        let text =
            format!("<testsuite name='s'><testcase name='a' {attributes}>{elements}</testcase></testsuite>");
        let report = parse(&text, &JsonLimits::default(), true).unwrap();
        report.suites.iter().flat_map(|s| &s.cases).map(JunitCase::ended).next().unwrap()
    }

    #[test]
    fn a_name_is_found_however_it_is_spelt() {
        for name in ["overall-result", "OverallResult", "overall_result", "result"] {
            assert_eq!(says(name), Some(Says::Word), "{name}");
        }
        assert_eq!((says("Timed-Out"), says("didnotfail"), says("")), (Some(Says::Failed), None, None));
        for name in ["overallresults2", "état", "\u{212A}illed", "classname"] {
            assert_eq!(says(name), None, "{name}");
        }
    }

    #[test]
    fn whatever_a_reporter_calls_it() {
        for said in [
            "success='false'",
            "Success='False'",
            "success='0'",
            "passed='false'",
            "failed='true'",
            "failures='1'",
            "errors='2'",
            "outcome='failed'",
            "state='error'",
            "verdict='FAIL'",
            "conclusion='timed_out'",
            "error='boom'",
            "crashed='yes'",
            "outcome='frobbed'",
            "executed='true' success='false'",
            "failed='1' passed='2'",
        ] {
            assert_eq!(one(said, ""), CaseEnd::Failed, "{said}");
            assert_eq!(one(said, "<skipped/>"), CaseEnd::LeftOut, "{said}");
        }
        for said in [
            "executed='false'",
            "skipped='true'",
            "disabled='needs a shelf'",
            "outcome='skipped'",
            "notrun='1'",
        ] {
            assert_eq!(one(said, ""), CaseEnd::LeftOut, "{said}");
            assert_eq!(one(said, "<failure/>"), CaseEnd::Failed, "{said}");
        }
        for said in [
            "executed='True' success='True' result='Success'",
            "failed='0' passed='0'",
            "failures='0' errors='0'",
            "error=''",
            "skipped='false' disabled='0'",
            "flaky='true' retries='2' assertions='0' id='7' hostname='fail'",
            "failed='none'",
            "file='a' line='5' outcome='passed'",
            "errors='null'",
            "passed='3' failed='0' state='done'",
        ] {
            assert_eq!(one(said, ""), CaseEnd::Passed, "{said}");
        }
        assert_eq!(one("outcome='flaky'", ""), CaseEnd::Flaky);
        assert_eq!(one("status='failed'", "<flakyFailure/>"), CaseEnd::Failed);
    }

    #[test]
    fn failures_that_stand_deeper() {
        for within in [
            "<properties><failure message='x'/></properties>",
            "<step><error/></step>",
            "<a><b><failed/></b></a>",
            "<attempts><attempt><failure/></attempt><attempt/></attempts>",
            "<step status='failed'/>",
            "<a><step result='FAIL'/></a>",
            "<skipped><failure/></skipped>",
        ] {
            assert!(matches!(one("", within), CaseEnd::Failed | CaseEnd::Error), "{within}");
        }
        for within in [
            "<system-out><failure/></system-out>",
            "<step><system-out><error/></system-out></step>",
            "<step status='passed'/>",
            "<properties><property name='error' value='1'/></properties>",
            "<a><warning/><skipped/></a>",
        ] {
            assert_eq!(one("", within), CaseEnd::Passed, "{within}");
        }
        // The test's own word decides what a step of it means.
        assert_eq!(one("status='passed'", "<step status='failed'/>"), CaseEnd::Passed);
        assert_eq!(one("", "<flakyFailure><failure/></flakyFailure>"), CaseEnd::Flaky);
    }

    fn of_suite(attributes: &str, cases: &str) -> String {
        let text = format!("<testsuites><testsuite name='s' {attributes}>{cases}</testsuite></testsuites>");
        let report = parse(&text, &JsonLimits::default(), true).unwrap();
        report.against_itself(false).into_iter().map(|(_, clause)| clause).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn what_a_suite_says_of_itself() {
        let green = "<testcase name='a'/>";
        for said in [
            "status='failed'",
            "result='Failed(Child)'",
            "success='false'",
            "failed='1'",
            "crashed='2'",
            "state='error'",
            "status='frobbed'",
            "executed='false'",
            "disabled='true'",
            "success='0'",
            "failed='true'",
            "error='boom'",
        ] {
            assert!(of_suite(said, green).starts_with("says `"), "{said}");
            if !said.starts_with("executed") && !said.starts_with("disabled") {
                assert_eq!(of_suite(said, "<testcase name='a'><failure/></testcase>"), "", "{said}");
            }
        }
        for said in [
            "status='success' success='2' failed='0'",
            "passed='0'",
            "result='Passed' stage='complete'",
            "crashed='0'",
            "executed='1' skipped='0' timeout='60'",
            "errors='0' error=''",
            "flakes='1'",
        ] {
            assert_eq!(of_suite(said, green), "", "{said}");
        }
        let left = "<testcase name='a'/><testcase name='b'><skipped/></testcase>";
        assert_eq!(
            of_suite("result='Skipped'", left),
            "",
            "NUnit says so where one of its tests was ignored"
        );
        let root =
            "<testsuites success='false'><testsuite name='s'><testcase name='a'/></testsuite></testsuites>";
        let report = parse(root, &JsonLimits::default(), true).unwrap();
        let clause = "says `success` is `false`, and none of its tests is shown to fail".to_string();
        assert_eq!(report.against_itself(false), [(None, clause)]);
    }
}
