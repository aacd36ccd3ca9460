//! What a failure's message is, as far as its words show it: a reader that knows better says so itself.

use crate::model::signature::Basis;
use crate::model::test::Failure;

/// What libraries of assertions say, whatever the language.
const ASSERTIONS: [&str; 5] = ["assert", "expect", "should", "!=", "mismatch"];

/// What test tools say of a test that ran too long, and of one whose process died: of any such test the same.
const LATE: [&str; 4] = ["test timed out", "test timeout", "exceeded timeout of", "time limit exceeded"];
const DIED: [&str; 3] = ["aborted with signal", "terminated by signal", "killed by signal"];

/// The failure whose message its tool gives as the failure's own.
pub(super) fn told(failure: Failure) -> Failure {
    let said = failure.message.to_ascii_lowercase();
    let basis = match said.trim() {
        "" => Basis::Fallback,
        said if LATE.iter().any(|late| said.contains(late)) => Basis::Timeout,
        said if DIED.iter().any(|died| said.contains(died)) => Basis::Crash,
        said if ASSERTIONS.iter().any(|word| said.contains(word)) => Basis::Assertion,
        _ => Basis::Exception,
    };
    failure.resting_on(basis)
}

/// Whether a text is all that was said: what readers keep of one ends at a bound.
pub(super) fn is_whole(text: &str, bound: usize) -> bool {
    text.len() + 4 < bound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_is() {
        for (message, basis) in [
            ("AssertionError: 1 != 2", Basis::Assertion),
            ("Expected: 1", Basis::Assertion),
            ("no shelf", Basis::Exception),
            ("Test timed out in 5000ms.", Basis::Timeout),
            ("process aborted with signal 11 (SIGSEGV)", Basis::Crash),
            (" \n", Basis::Fallback),
        ] {
            assert_eq!(told(Failure::new(message, "", None)).basis, basis, "{message}");
        }
    }
}
