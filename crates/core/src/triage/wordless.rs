//! Messages that name no cause: they say that something failed, or what it is called, and would say so of any failure.

/// Words that say no more than that something failed, ended or was counted.
const FILLER: [&str; 69] = [
    "a",
    "an",
    "and",
    "any",
    "as",
    "assertion",
    "assertionerror",
    "assertions",
    "at",
    "box",
    "by",
    "case",
    "cases",
    "child",
    "code",
    "command",
    "dyn",
    "ended",
    "err",
    "error",
    "errored",
    "errors",
    "exception",
    "exit",
    "exited",
    "explicit",
    "fail",
    "failed",
    "failing",
    "fails",
    "failure",
    "failures",
    "fatal",
    "finished",
    "had",
    "has",
    "in",
    "is",
    "it",
    "masked",
    "non",
    "nonzero",
    "of",
    "ok",
    "one",
    "panic",
    "panicked",
    "process",
    "program",
    "returned",
    "run",
    "script",
    "status",
    "subtest",
    "subtests",
    "suite",
    "suites",
    "test",
    "testcase",
    "tests",
    "that",
    "the",
    "there",
    "this",
    "unknown",
    "was",
    "were",
    "with",
    "zero",
];

/// What compares two values: then they are words.
const COMPARES: [&str; 6] = ["==", "!=", "<", ">", "\u{2260}", "="];

/// Whether a message, what varies taken out of it, names no cause; `owner` is what failed.
pub(super) fn is_wordless(message: &str, owner: &str) -> bool {
    let compares = COMPARES.iter().any(|sign| message.contains(sign));
    let is_word = |word: &String| {
        let number = word.chars().all(|c| c.is_ascii_digit());
        if number { compares } else { !FILLER.contains(&word.as_str()) }
    };
    let said: Vec<String> = words(message).filter(is_word).collect();
    if said.is_empty() {
        return true;
    }
    let name: Vec<String> = words(owner).filter(is_word).collect();
    name.windows(said.len()).any(|part| part == said)
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let parts = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    parts.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cause_is_named() {
        for (message, owner) in [
            ("", "t"),
            ("Failed", "t"),
            ("1 subtest failed", "t"),
            ("Test failed with exit code 1", "t"),
            ("explicit panic", "t"),
            ("Box<dyn Any>", "t"),
            ("Failed test 'adds two'", "math > adds two"),
            ("adds two", "math > adds two"),
            ("[masked]", "t"),
            ("AssertionError", "t"),
        ] {
            assert!(is_wordless(message, owner), "{message}");
        }
    }

    #[test]
    fn a_cause_is_named() {
        for (message, owner) in [
            ("redraw timeout", "e2e::redraw"),
            ("AssertionError: 1 != 2", "t"),
            ("left: 1 right: 2", "left"),
            ("assertion failed: x", "t"),
            ("file not found", "returns not found when the file is missing"),
            ("alpha is off", "a"),
            ("error: no such table", "t"),
        ] {
            assert!(!is_wordless(message, owner), "{message}");
        }
    }
}
