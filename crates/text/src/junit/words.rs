//! Words that reporters have for what became of a test, in an attribute (`status`, `result`) or as an element: one table for every reader
//! of JUnit. `docs/readers.md` is its documentation.

/// What a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatusWord {
    /// It ran, or passed.
    Good,
    /// It did not run, and was not meant to.
    LeftOut,
    /// It failed and then passed.
    Flaky,
    /// It is none of the words below. No evidence, no passage: what is not known to be a pass is none.
    Unknown,
    /// It failed, broke, or was ended.
    Bad,
}

/// Words in small letters, without what stands between them.
const GOOD: &[&str] = &[
    "run",
    "ran",
    "pass",
    "passed",
    "passes",
    "passing",
    "ok",
    "okay",
    "success",
    "successful",
    "succeeded",
    "succeed",
    "complete",
    "completed",
    "done",
    "finished",
    "executed",
    "good",
    "green",
    "fixed",
    "expected",
    "true",
    "yes",
    "0",
    "stable",
    "active",
    "valid",
    "bpass",
    "warn",
    "warning",
    "warnings",
];

const BAD: &[&str] = &[
    "failed",
    "fail",
    "fails",
    "failing",
    "failure",
    "failures",
    "error",
    "errored",
    "errors",
    "broken",
    "incomplete",
    "unfinished",
    "aborted",
    "abort",
    "interrupted",
    "cancelled",
    "canceled",
    "timeout",
    "timedout",
    "crashed",
    "crash",
    "killed",
    "terminated",
    "panicked",
    "panic",
    "blocked",
    "unstable",
    "invalid",
    "notrunnable",
    "nonrunnable",
    "unexpected",
    "regression",
    "red",
    "false",
    "no",
    "ko",
    "xpass",
    "xpassed",
    "unexpectedpass",
    "unexpectedsuccess",
    "buildfail",
    "buildfailed",
    "exception",
    "fatal",
    "rejected",
    "dead",
    "hung",
    "stuck",
];

/// GoogleTest says of a disabled one only `status="notrun" result="suppressed"`.
const LEFT_OUT: &[&str] = &[
    "notrun",
    "norun",
    "didnotrun",
    "neverrun",
    "unrun",
    "notexecuted",
    "unexecuted",
    "notstarted",
    "notselected",
    "nottested",
    "notapplicable",
    "na",
    "skipped",
    "skip",
    "skips",
    "disabled",
    "disable",
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
    "inactive",
    "explicit",
    "omitted",
    "bypassed",
    "xfail",
    "xfailed",
    "expectedfailure",
    "expectedfail",
    "bfail",
    "bskip",
    "bxfail",
    "bxpass",
];

/// What a text of an attribute says; `None` where it is blank. One of several words says the worst of them: `Skipped:Ignored`,
/// `Failed (Child)`. A word of denial before others makes of them what is not known.
pub(super) fn word(said: &str) -> Option<StatusWord> {
    // As nearly every reporter writes it.
    if let Some(word) = of_table(said) {
        return Some(word);
    }
    let joined = plain(said);
    if joined.is_empty() {
        return None;
    }
    if let Some(word) = of_table(&joined) {
        return Some(word);
    }
    let parts: Vec<String> =
        said.split(|c: char| !c.is_alphanumeric()).map(plain).filter(|part| !part.is_empty()).collect();
    let any = |wanted| parts.iter().any(|part| of_table(part) == Some(wanted));
    let denied = parts.iter().any(|part| matches!(part.as_str(), "not" | "no" | "never" | "non" | "without"));
    Some(if any(StatusWord::Bad) && !denied {
        StatusWord::Bad
    } else if denied {
        StatusWord::Unknown
    } else if any(StatusWord::LeftOut) {
        StatusWord::LeftOut
    } else if any(StatusWord::Flaky) {
        StatusWord::Flaky
    } else if any(StatusWord::Good) {
        StatusWord::Good
    } else {
        StatusWord::Unknown
    })
}

/// A word as it stands in the tables.
pub(super) fn plain(said: &str) -> String {
    said.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What a word of the tables says.
pub(super) fn of_table(word: &str) -> Option<StatusWord> {
    match word {
        "flaky" | "flake" => Some(StatusWord::Flaky),
        word if BAD.contains(&word) => Some(StatusWord::Bad),
        word if LEFT_OUT.contains(&word) => Some(StatusWord::LeftOut),
        word if GOOD.contains(&word) => Some(StatusWord::Good),
        _ => None,
    }
}

/// Whether NUnit's stylesheet counts a test of this word as an error, though it is none.
pub(super) fn is_undecided(said: &str) -> bool {
    ["inconclusive", "warning"].iter().any(|word| said.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_stands_in_two_tables() {
        let mut all: Vec<&str> = [GOOD, BAD, LEFT_OUT].concat();
        assert!(all.iter().all(|w| *w == plain(w)));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn whatever_the_spelling() {
        for (said, is) in [
            ("NotRunnable", StatusWord::Bad),
            ("Skipped:Ignored", StatusWord::LeftOut),
            ("skipped: needs the network", StatusWord::LeftOut),
            ("Failed(Child)", StatusWord::Bad),
            ("failed: not found", StatusWord::Unknown),
            ("Timed Out", StatusWord::Bad),
            ("build-fail", StatusWord::Bad),
            ("Passed (2 retries)", StatusWord::Good),
            ("not passed", StatusWord::Unknown),
            ("passed, 1 error", StatusWord::Bad),
            ("Flaky", StatusWord::Flaky),
            ("200", StatusWord::Unknown),
            ("frobbed", StatusWord::Unknown),
        ] {
            assert_eq!(word(said), Some(is), "{said}");
        }
        assert_eq!((word(""), word(" - ")), (None, None));
    }
}
