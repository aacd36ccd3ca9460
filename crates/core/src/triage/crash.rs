//! Failures that no later pass excuses: crashes, and what sanitizers report.

use super::step::SuiteAttempt;
use crate::model::suite::{ResultReader, SuiteStatus};
use crate::model::test::TestCase;

/// What sanitizers and race detectors print, wherever it stands.
const REPORTS: [&str; 9] = [
    "ERROR: AddressSanitizer",
    "ERROR: LeakSanitizer",
    "WARNING: MemorySanitizer",
    "WARNING: ThreadSanitizer",
    "SUMMARY: UndefinedBehaviorSanitizer",
    "ERROR: HWAddressSanitizer",
    "WARNING: DATA RACE",
    "race detected during execution of test",
    "error: Undefined Behavior:",
];

/// What the failure of a test says where a process died by it, or broke its memory.
const SIGNS: [&str; 29] = [
    ": runtime error: ",
    "fatal error: concurrent map",
    "fatal error: all goroutines are asleep",
    "fatal runtime error:",
    "Fatal Python error",
    "Segmentation fault",
    "segmentation fault",
    "SIGSEGV",
    "SIGABRT",
    "SIGBUS",
    "SIGILL",
    "SIGFPE",
    "signal: 4,",
    "signal: 6,",
    "signal: 7,",
    "signal: 11,",
    "core dumped",
    "double free or corruption",
    "free(): invalid",
    "malloc(): ",
    "munmap_chunk(): invalid",
    "corrupted size vs. prev_size",
    "stack smashing detected",
    "has overflowed its stack",
    "pure virtual method called",
    "terminate called ",
    "A fatal error has been detected by the Java Runtime",
    "AccessViolationException",
    "JavaScript heap out of memory",
];

/// Whether a line of output is of a report of a sanitizer or race detector.
pub fn is_report(text: &str) -> bool {
    REPORTS.iter().any(|report| text.contains(report))
}

/// Whether a test that failed in an attempt did so by more than its own assertions.
pub(super) fn is_crash(attempt: &SuiteAttempt, case: &TestCase, reader: ResultReader) -> bool {
    let told = |text: &str| is_report(text) || SIGNS.iter().any(|sign| text.contains(sign));
    let mut failures = case.failures();
    ended_abnormally(attempt, reader)
        || failures.any(|f| told(&f.message) || told(&f.text) || told(&f.output))
}

/// Whether the attempt ended otherwise than a tool does whose tests failed.
fn ended_abnormally(attempt: &SuiteAttempt, reader: ResultReader) -> bool {
    let abrupt =
        matches!(attempt.status, SuiteStatus::Crashed | SuiteStatus::TimedOut | SuiteStatus::Missing);
    let by_code = |code: i32| code != 0 && (!reader.fails_with(code) || of_signal(code));
    attempt.reported || abrupt || attempt.exit_code.is_some_and(by_code)
}

/// What a shell says of a command that a signal of a fault ended: ILL, TRAP, ABRT, BUS, FPE, KILL, SEGV, SYS.
fn of_signal(code: i32) -> bool {
    matches!(code, 132..=137 | 139 | 159)
}

#[cfg(test)]
mod tests {
    use super::super::attempts::{JudgedStep, StepEnded, attempt};
    use super::*;
    use crate::model::test::{Failure, Reading, TestStatus};

    fn red(code: i32, message: &str) -> (SuiteAttempt, TestCase) {
        let case = TestCase {
            name: "a".into(),
            status: TestStatus::Failed,
            duration_ms: None,
            failure: Some(Failure::new(message, "", None)),
            later: Vec::new(),
            selector: None,
        };
        let read = Some(Ok(vec![Reading { cases: vec![case.clone()], ..Reading::default() }]));
        let step =
            JudgedStep { ended: StepEnded::Exited(code), read, asked: None, told: None, trouble: None };
        (attempt("s", &[step]), case)
    }

    #[test]
    fn an_assertion_is_no_crash_and_a_report_is() {
        let is = |code, message: &str, reader| {
            let (attempt, case) = red(code, message);
            is_crash(&attempt, &case, reader)
        };
        assert!(!is(1, "assertion failed: left == right", ResultReader::Tap));
        for said in [
            "==1==ERROR: AddressSanitizer: heap-use-after-free",
            "WARNING: DATA RACE",
            "panic: runtime error: invalid memory address",
            "x.c:3:4: runtime error: signed integer overflow",
            "Segmentation fault (core dumped)",
            "process didn't exit successfully: `t` (signal: 11, SIGSEGV: invalid memory reference)",
        ] {
            assert!(is(1, said, ResultReader::Tap), "{said}");
        }
        // A shell's word for a signal, whatever reads the suite; and a code that the tool has no use for.
        assert!(
            is(139, "red", ResultReader::Exit)
                && is(134, "red", ResultReader::Tap)
                && is(3, "red", ResultReader::Go)
        );
        assert!(!is(3, "red", ResultReader::Exit) && !is(101, "red", ResultReader::Libtest));
    }

    #[test]
    fn a_report_in_the_output_is_of_every_test_that_failed() {
        let (mut attempt, case) = red(1, "left is not right");
        attempt.reported = true;
        assert!(is_crash(&attempt, &case, ResultReader::Tap));
    }
}
