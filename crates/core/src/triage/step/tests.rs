//! The policy as a table: how a command ended, what its results say, and what that comes to.

use super::*;
use std::fmt::Write as _;

const WANTED: &str = "T/wanted";

/// Every way in which a command ends.
fn endings() -> Vec<(&'static str, StepEnded)> {
    vec![
        ("exit 0", StepEnded::Exited(0)),
        ("exit 3", StepEnded::Exited(3)),
        ("signal", StepEnded::Signalled(11)),
        ("timeout", StepEnded::TimedOut { exit_code: None, signal: Some(15) }),
        ("no start", StepEnded::NotStarted("no such file".into())),
    ]
}

fn case(name: &str, status: TestStatus) -> TestCase {
    let failure = (status == TestStatus::Failed).then(|| Failure::new("wrong", "", None));
    TestCase { name: name.into(), status, duration_ms: None, failure, later: Vec::new(), selector: None }
}

fn holding(cases: &[(&str, TestStatus)]) -> Reading {
    Reading { cases: cases.iter().map(|(name, status)| case(name, *status)).collect(), ..Reading::default() }
}

fn faulty(kind: FaultKind, sentence: &str) -> Reading {
    let fault = ReadingFault { kind, sentence: sentence.into(), basis: Basis::Exception };
    Reading { fault: Some(fault), ..holding(&[(WANTED, TestStatus::Passed)]) }
}

type Read = Option<Result<Vec<Reading>, Unread>>;

/// Every kind of thing that results say.
fn results() -> Vec<(&'static str, Read)> {
    use TestStatus::{Failed, Ignored, NotRun, Passed};
    let of = |cases: &[(&str, TestStatus)]| Some(Ok(vec![holding(cases)]));
    vec![
        ("by exit code", None),
        ("passed", of(&[(WANTED, Passed), ("b", Passed)])),
        ("failed", of(&[(WANTED, Failed), ("b", Passed)])),
        ("another failed", of(&[(WANTED, Passed), ("b", Failed)])),
        ("the outer failed", of(&[(WANTED, Ignored), ("T", Failed)])),
        ("skipped", of(&[(WANTED, Ignored), ("b", Passed)])),
        ("left", of(&[(WANTED, NotRun), ("b", Passed)])),
        ("another one", of(&[("b", Passed)])),
        ("empty", of(&[])),
        ("stopped", Some(Ok(vec![Reading { stopped: true, ..holding(&[(WANTED, Failed)]) }]))),
        ("states a fault", Some(Ok(vec![faulty(FaultKind::Stated, "it broke")]))),
        ("cut off", Some(Ok(vec![faulty(FaultKind::Truncated, "it ends early")]))),
        (
            "two faults",
            Some(Ok(vec![
                faulty(FaultKind::Truncated, "it ends early"),
                faulty(FaultKind::Stated, "it broke"),
            ])),
        ),
        ("missing", Some(Err(Unread::Missing("x.xml is not there".into())))),
        ("unreadable", Some(Err(Unread::Wrong("x.xml:1: no results".into())))),
    ]
}

fn told() -> Failure {
    Failure::new("boom (a.rs)", "", None).resting_on(Basis::Assertion)
}

fn judged(step: &JudgedStep) -> SuiteAttempt {
    judge_step("suite", step, &TestNames::new())
}

/// What an attempt came to, on one line.
fn line(found: &SuiteAttempt) -> String {
    let mut line = format!("{:9}", found.status.name());
    let marks = [(found.absent, "absent"), (found.skipped, "skipped"), (found.stopped.is_some(), "stopped")];
    for (_, mark) in marks.iter().filter(|(is, _)| *is) {
        let _ = write!(line, " <{mark}>");
    }
    let code = found.exit_code.map(|code| format!(" code {code}"));
    let signal = found.signal.map(|signal| format!(" signal {signal}"));
    let _ = write!(line, "{}{}", code.unwrap_or_default(), signal.unwrap_or_default());
    let fault = found.fault.as_deref().unwrap_or("-");
    let basis = if found.fault.is_some() || found.basis.tells() { found.basis.name() } else { "-" };
    let cases: Vec<String> = found
        .cases
        .iter()
        .map(|case| {
            let why = case.failures().next().map(|f| format!(": {} ({})", f.message, f.basis.name()));
            format!("{} {}{}", case.name, case.status.name(), why.unwrap_or_default())
        })
        .collect();
    let _ = write!(line, " | {fault} | {basis} | {}", cases.join("; "));
    line.replace('\n', "\\n")
}

/// Each way to end with each kind of results, of a command whose output says nothing and of one whose output says why.
fn table(asked: Option<&str>) -> String {
    let mut lines = String::new();
    for (ending, ended) in endings() {
        for (what, read) in results() {
            let step = JudgedStep {
                ended: ended.clone(),
                read,
                asked: asked.map(str::to_string),
                told: None,
                trouble: None,
            };
            let (silent, telling) =
                (line(&judged(&step)), line(&judged(&JudgedStep { told: Some(told()), ..step })));
            let _ = writeln!(lines, "{ending:8} {what:16} {silent}");
            if telling != silent {
                let _ = writeln!(lines, "{:8} {:16} {telling}", "", "  and told why");
            }
        }
    }
    lines
}

#[test]
fn what_a_command_for_a_whole_suite_comes_to() {
    insta::assert_snapshot!("whole_suite", table(None));
}

#[test]
fn what_a_command_for_one_test_comes_to() {
    insta::assert_snapshot!("one_test", table(Some(WANTED)));
}

/// A log that could not be written makes a command fail, and is told where nothing that says more is: what ended the command,
/// what its results lack, what it was asked for and did not run.
#[test]
fn a_trouble_beside_the_command_is_told_last_but_for_what_an_exit_code_and_unrun_tests_say() {
    let mut told = 0;
    for (_, ended) in endings() {
        for (_, read) in results() {
            for asked in [None, Some(WANTED.to_string())] {
                let step =
                    JudgedStep { ended: ended.clone(), read: read.clone(), asked, told: None, trouble: None };
                let troubled = judged(&JudgedStep { trouble: Some("no log".into()), ..step.clone() });
                let plain = judged(&step);
                let fault = plain.fault.as_deref().filter(|f| {
                    !f.starts_with("it ended with exit code") && !f.ends_with("of its tests did not run")
                });
                match fault {
                    Some(_) => assert_eq!(troubled, plain, "{step:?}"),
                    None => {
                        told += 1;
                        assert_eq!(
                            (troubled.fault.as_deref(), troubled.basis),
                            (Some("no log"), Basis::Fallback)
                        );
                        assert_ne!(troubled.status, SuiteStatus::Passed);
                        assert_eq!(troubled.cases, plain.cases);
                    }
                }
            }
        }
    }
    assert!(told > 20, "{told}");
}

/// A test that is known by two names is looked for by both, and each that is not there is told of in its turn.
#[test]
fn a_test_that_is_known_by_two_names_is_missed_by_each() {
    let names = crate::model::test::test_names([(WANTED, "g a"), (WANTED, "h a")]);
    let step = JudgedStep {
        ended: StepEnded::Exited(0),
        read: Some(Ok(vec![holding(&[])])),
        asked: Some(WANTED.into()),
        told: None,
        trouble: None,
    };
    insta::assert_snapshot!(line(&judge_step("suite", &step, &names)), @"failed    <absent> code 0 | the command for the test `g a` ran no such test | fallback | g a failed: its command ran no test of that name (fallback); h a failed: the command for the test `g a` ran no such test (fallback)");
}
