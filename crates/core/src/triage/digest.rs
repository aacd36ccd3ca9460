//! The digest of one failed suite: why it failed, which tests are hit, and how to see it again.

use super::cause::{Causes, SuiteFacts, because};
use super::signature::signature;
use crate::model::event::TimelineLine;
use crate::model::failure::{Assertion, FailureDigest, RemediationPointer};
use crate::model::record::SuiteRecord;
use crate::model::run::{Identity, schema};
use crate::model::signature::Signed;
use crate::model::suite::SuiteStatus;
use crate::model::test::{Failure, TestCase, TestResult, TestStatus};
use std::collections::BTreeMap;

/// Most failed tests that a timeline lists; the digest names them all.
const LISTED: usize = 1_000;

/// What a digest is made from.
#[derive(Debug, Clone)]
pub struct ToDigest<'a> {
    /// Of the run.
    pub identity: &'a Identity,
    /// What the runner knows of the suite.
    pub record: &'a SuiteRecord,
    /// What the reader found in the attempt that counts.
    pub cases: &'a [TestCase],
    /// The end of its output, masked.
    pub log_tail: &'a str,
    /// Built from `tollgate.toml`.
    pub commands: RemediationPointer,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Digested {
    /// `failure_digest.json`
    pub digest: FailureDigest,
    /// `failure_timeline.jsonl`
    pub timeline: Vec<TimelineLine>,
}

/// The digest and the timeline of a failed suite. Its signature is that of the first failed test, and where no test failed
/// one of the fault and of the line that told the cause.
pub fn digest(causes: &Causes, from: ToDigest<'_>) -> Digested {
    let ToDigest { identity, record, cases, log_tail, commands } = from;
    let result = &record.result;
    let failures = failures(cases);
    let failed: Vec<(&TestResult, Option<&Failure>)> = result
        .tests
        .iter()
        .filter(|t| t.status == TestStatus::Failed)
        .map(|t| (t, failures.get(t.name.as_str()).copied()))
        .collect();
    let first = failed.iter().find_map(|(test, failure)| Some((*test, (*failure)?)));
    let facts = SuiteFacts { status: result.status, signal: result.signal, fault: record.fault.as_deref() };
    let (class, line) = because(causes, facts, first.map(|(_, failure)| failure), log_tail);
    let assertion = first.and_then(|(test, failure)| assertion(test, failure));
    let signed = suite_signature(record, &failed, line.as_deref());
    let digest = FailureDigest {
        schema: schema::FAILURE_DIGEST.into(),
        identity: identity.clone(),
        suite: result.name.clone(),
        kind: result.kind.clone(),
        status: result.status.name().into(),
        root_cause_class: class,
        signature: signed.signature,
        basis: Some(signed.basis),
        impacted_scenario_ids: failed.iter().map(|(test, _)| test.name.clone()).collect(),
        first_failing_assertion: assertion.clone(),
        remediation_pointer: commands,
    };
    let timeline = timeline(identity, record, &failed, assertion);
    Digested { digest, timeline }
}

/// By test; of several cases of one name the first that says why.
fn failures(cases: &[TestCase]) -> BTreeMap<&str, &Failure> {
    let mut by_name = BTreeMap::new();
    for case in cases {
        if let Some(failure) = &case.failure {
            by_name.entry(case.name.as_str()).or_insert(failure);
        }
    }
    by_name
}

fn assertion(test: &TestResult, failure: &Failure) -> Option<Assertion> {
    let said = Some(failure.message.trim()).filter(|m| !m.is_empty());
    let message = said.or_else(|| failure.text.lines().map(str::trim).find(|l| !l.is_empty()))?;
    Some(Assertion {
        test: Some(test.name.clone()),
        location: failure.place.clone(),
        message: message.to_string(),
    })
}

fn suite_signature(
    record: &SuiteRecord,
    failed: &[(&TestResult, Option<&Failure>)],
    line: Option<&str>,
) -> Signed {
    let known = failed.iter().find_map(|(test, failure)| {
        let stated = test.signature.clone();
        let stated = stated.map(|signature| Signed { signature, basis: test.basis.unwrap_or_default() });
        stated.or_else(|| failure.map(|f| signature(Some(f), &test.name)))
    });
    known.unwrap_or_else(|| {
        let status = record.result.status.name().replace('_', " ");
        let said = [Some(status.as_str()), record.fault.as_deref(), line];
        signature(None, &said.into_iter().flatten().collect::<Vec<_>>().join(" "))
    })
}

/// What was seen of a failed suite.
enum Seen<'a> {
    Started,
    Assertion(Assertion),
    Failed(&'a TestResult, Option<&'a Failure>),
    /// So many more failed than are listed.
    More(usize),
    Fault(&'a str),
    TimedOut(String),
    Killed(String),
    Leftovers(u64),
    Finished,
}

impl Seen<'_> {
    /// The line of it, the `seq`-th of the timeline.
    fn line(self, seq: u64, identity: &Identity, record: &SuiteRecord) -> TimelineLine {
        let SuiteRecord { result, command, started_at, finished_at, .. } = record;
        let line = |event: &str, message: String| TimelineLine {
            schema: schema::TIMELINE.into(),
            seq,
            ts: finished_at.clone(),
            run_id: identity.run_id.clone(),
            event: event.into(),
            suite: result.name.clone(),
            test: None,
            message,
            location: None,
            duration_ms: None,
        };
        match self {
            Seen::Started => {
                TimelineLine { ts: started_at.clone(), ..line("suite.started", command.clone()) }
            }
            Seen::Assertion(Assertion { test, location, message }) => {
                TimelineLine { test, location, ..line("assertion.failed", message) }
            }
            Seen::Failed(test, failure) => {
                let said = failure.and_then(|f| f.message.lines().map(str::trim).find(|l| !l.is_empty()));
                TimelineLine {
                    test: Some(test.name.clone()),
                    location: failure.and_then(|f| f.place.clone()),
                    duration_ms: test.duration_ms,
                    ..line("test.failed", said.unwrap_or("failed").to_string())
                }
            }
            Seen::More(count) => line("test.failed", format!("{count} more tests failed")),
            Seen::Fault(fault) => line("suite.fault", fault.to_string()),
            Seen::TimedOut(how) => line("suite.timed_out", how),
            Seen::Killed(how) => line("suite.killed", how),
            Seen::Leftovers(count) => {
                let many = if count == 1 { "process" } else { "processes" };
                line("suite.leftovers", format!("{count} {many} outlived the suite and were ended"))
            }
            Seen::Finished => TimelineLine {
                duration_ms: Some(result.duration_ms),
                ..line("suite.finished", result.status.name().into())
            },
        }
    }
}

fn timeline(
    identity: &Identity,
    record: &SuiteRecord,
    failed: &[(&TestResult, Option<&Failure>)],
    assertion: Option<Assertion>,
) -> Vec<TimelineLine> {
    let more = failed.len().saturating_sub(LISTED);
    let leftovers = record.leftovers;
    let mut seen = vec![Seen::Started];
    seen.extend(assertion.map(Seen::Assertion));
    seen.extend(failed.iter().take(LISTED).map(|(test, failure)| Seen::Failed(test, *failure)));
    seen.extend((more > 0).then_some(Seen::More(more)));
    seen.extend(record.fault.as_deref().map(Seen::Fault));
    seen.extend(ending(record));
    seen.extend((leftovers > 0).then_some(Seen::Leftovers(leftovers)));
    seen.push(Seen::Finished);
    (0..).zip(seen).map(|(seq, seen)| seen.line(seq, identity, record)).collect()
}

/// How it was ended, where it did not end by itself.
fn ending(record: &SuiteRecord) -> Option<Seen<'static>> {
    let signal = record.result.signal.map(|s| format!("signal {s} ended it"));
    if record.result.status != SuiteStatus::TimedOut {
        return signal.map(Seen::Killed);
    }
    let late = format!("it was ended at its timeout after {} ms", record.result.duration_ms);
    Some(Seen::TimedOut(signal.map_or(late.clone(), |signal| format!("{late}; {signal}"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded_in_tests::EMBEDDED;
    use crate::model::failure::RootCause;
    use crate::model::suite::{SuiteResult, SuiteRole};
    use crate::model::test::SourcePlace;

    fn test(name: &str, status: TestStatus) -> TestResult {
        TestResult { duration_ms: Some(5), ..TestResult::of(name, status) }
    }

    fn record(status: SuiteStatus, tests: Vec<TestResult>) -> SuiteRecord {
        let mut result = SuiteResult {
            name: "parser".into(),
            kind: "unit".into(),
            status,
            exit_code: Some(101),
            signal: None,
            incomplete: false,
            ran: None,
            definition: None,
            duration_ms: 1200,
            attempts: 1,
            tries: Vec::new(),
            flake: None,
            environment: None,
            passed: 0,
            failed: 0,
            flaky: 0,
            ignored: 0,
            outside: Vec::new(),
            tests,
        };
        result.recount();
        SuiteRecord {
            role: SuiteRole::Unit,
            result,
            reader: "libtest".into(),
            command: "cargo test --test parser -- --nocapture".into(),
            cwd: ".".into(),
            log: "tests/e2e_results/20261120T101500Z/parser/output.log".into(),
            started_at: "2026-11-20T10:15:09.000Z".into(),
            finished_at: "2026-11-20T10:15:10.200Z".into(),
            fault: None,
            root_cause_class: None,
            signature: None,
            basis: None,
            failures: Vec::new(),
            faults: Vec::new(),
            leftovers: 0,
            masked: 0,
            mask_allowed: 0,
        }
    }

    fn case(name: &str, message: &str, line: u32) -> TestCase {
        let place = SourcePlace { file: "tests/parser.rs".into(), line, column: 5 };
        TestCase {
            name: name.into(),
            status: TestStatus::Failed,
            duration_ms: Some(5),
            failure: Some(Failure::new(message, "", Some(place))),
            later: Vec::new(),
            selector: None,
        }
    }

    fn of(record: &SuiteRecord, cases: &[TestCase], log_tail: &str) -> Digested {
        let identity = Identity { run_id: "run-1".into(), ..Identity::default() };
        let commands = RemediationPointer {
            replay_command: "cargo test --test parser -- reads --exact".into(),
            suite_replay_command: record.command.clone(),
            targeted_test_replay_command: None,
        };
        digest(&Causes::of(&EMBEDDED), ToDigest { identity: &identity, record, cases, log_tail, commands })
    }

    fn events(digested: &Digested) -> Vec<(&str, Option<&str>, &str)> {
        let lines = digested.timeline.iter();
        lines.map(|l| (l.event.as_str(), l.test.as_deref(), l.message.as_str())).collect()
    }

    #[test]
    fn a_failed_test_is_the_first_assertion() {
        let record = record(
            SuiteStatus::Failed,
            vec![
                test("reads", TestStatus::Passed),
                test("quarantined", TestStatus::Quarantined),
                test("writes", TestStatus::Failed),
                test("closes", TestStatus::Failed),
            ],
        );
        let cases = [
            case("quarantined", "connection refused", 1),
            case("writes", "assertion `left == right` failed\n  left: 1\n right: 2", 31),
            case("closes", "assertion failed: closed", 40),
        ];
        let digested = of(&record, &cases, "connection refused");
        let digest = &digested.digest;
        assert_eq!(digest.root_cause_class, RootCause::AssertionFailure);
        assert_eq!(digest.impacted_scenario_ids, ["writes", "closes"]);
        assert!(digest.signature.starts_with("assertion-left-right-"), "{}", digest.signature);
        let assertion = digest.first_failing_assertion.as_ref().expect("an assertion");
        assert_eq!(assertion.test.as_deref(), Some("writes"));
        assert_eq!(assertion.location.as_ref().map(|p| p.line), Some(31));
        let found = events(&digested);
        assert_eq!(
            found,
            [
                ("suite.started", None, "cargo test --test parser -- --nocapture"),
                (
                    "assertion.failed",
                    Some("writes"),
                    "assertion `left == right` failed\n  left: 1\n right: 2"
                ),
                ("test.failed", Some("writes"), "assertion `left == right` failed"),
                ("test.failed", Some("closes"), "assertion failed: closed"),
                ("suite.finished", None, "failed"),
            ]
        );
        assert!(digested.timeline.iter().enumerate().all(|(at, line)| line.seq == at as u64));
        assert_eq!(digested.timeline[0].ts, record.started_at);
        assert_eq!(digested.timeline[4].duration_ms, Some(1200));
    }

    /// Each line has the moment, the test, the place and the time that are its own, and no other line's.
    #[test]
    fn every_line_has_what_is_its_own() {
        let failed = |nth: usize| test(&format!("t{nth}"), TestStatus::Failed);
        let mut record = record(SuiteStatus::Failed, (0..LISTED + 2).map(failed).collect());
        record.fault = Some("it broke".into());
        record.result.signal = Some(9);
        record.leftovers = 1;
        let digested = of(&record, &[case("t0", "boom\nmore", 7)], "");
        let line = |line: &TimelineLine| {
            let ts = if line.ts == record.started_at { "start" } else { "end" };
            let place = line.location.as_ref().map(|place| place.line);
            let TimelineLine { seq, event, message, test, duration_ms, .. } = line;
            format!("{seq} {ts} {event}: {message} | {test:?} {place:?} {duration_ms:?}")
        };
        let lines: Vec<String> = digested.timeline.iter().map(line).collect();
        // Behind the first failed test 999 more stand, which no assertion is of.
        for (nth, line) in lines[3..LISTED + 2].iter().enumerate() {
            let (seq, nth) = (nth + 3, nth + 1);
            assert_eq!(*line, format!("{seq} end test.failed: failed | Some(\"t{nth}\") None Some(5)"));
        }
        let rest: Vec<&str> = lines[..3].iter().chain(&lines[LISTED + 2..]).map(String::as_str).collect();
        insta::assert_snapshot!(rest.join("\n"), @r#"
        0 start suite.started: cargo test --test parser -- --nocapture | None None None
        1 end assertion.failed: boom
        more | Some("t0") Some(7) None
        2 end test.failed: boom | Some("t0") Some(7) Some(5)
        1002 end test.failed: 2 more tests failed | None None None
        1003 end suite.fault: it broke | None None None
        1004 end suite.killed: signal 9 ended it | None None None
        1005 end suite.leftovers: 1 process outlived the suite and were ended | None None None
        1006 end suite.finished: failed | None None Some(1200)
        "#);
    }

    #[test]
    fn a_suite_that_timed_out_says_so() {
        let mut record = record(SuiteStatus::TimedOut, vec![]);
        record.result.exit_code = None;
        record.result.signal = Some(15);
        record.leftovers = 2;
        let digested = of(&record, &[], "assertion failed: x");
        assert_eq!(digested.digest.root_cause_class, RootCause::Timeout);
        assert_eq!(digested.digest.first_failing_assertion, None);
        assert!(digested.digest.signature.starts_with("timed-out-"), "{}", digested.digest.signature);
        assert_eq!(
            events(&digested)[1..],
            [
                ("suite.timed_out", None, "it was ended at its timeout after 1200 ms; signal 15 ended it"),
                ("suite.leftovers", None, "2 processes outlived the suite and were ended"),
                ("suite.finished", None, "timed_out"),
            ]
        );
    }

    #[test]
    fn a_build_that_broke_is_known_by_its_line() {
        let mut record = record(SuiteStatus::Failed, vec![]);
        record.fault = Some("the results show no test".into());
        let one = of(&record, &[], "error[E0425]: cannot find value `x`\n --> src/lib.rs:7:5\n");
        let same =
            of(&record, &[], "   Compiling\nerror[E0425]: cannot find value `x`\n --> src/lib.rs:9:5\n");
        let other = of(&record, &[], "error[E0425]: cannot find value `y`\n --> src/lib.rs:7:5\n");
        assert_eq!(one.digest.root_cause_class, RootCause::BuildFailure);
        assert_eq!(one.digest.signature, same.digest.signature);
        assert_ne!(one.digest.signature, other.digest.signature);
        assert_eq!(events(&one)[1], ("suite.fault", None, "the results show no test"));
    }

    #[test]
    fn a_failure_without_words_is_still_one() {
        let record = record(SuiteStatus::Failed, vec![test("reads", TestStatus::Failed)]);
        let digested = of(&record, &[], "");
        assert_eq!(digested.digest.root_cause_class, RootCause::Unknown);
        assert_eq!(digested.digest.impacted_scenario_ids, ["reads"]);
        assert_eq!(digested.digest.first_failing_assertion, None);
        assert_eq!(events(&digested)[1], ("test.failed", Some("reads"), "failed"));
    }
}
