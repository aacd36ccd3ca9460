//! Whether tests can be run one at a time by the names that their reader gives.

use super::address::address;
use crate::model::suite::{ResultReader, SuiteSpec};
use crate::model::test::numbered;
use std::collections::BTreeSet;
use tollgate_text::redact::MASK;
use tollgate_text::show::show;

/// The selectors to run one after another by the kind's command for one test, so that together they run what is asked for. The
/// error is the end of a sentence: why a selector would not reach its test.
pub fn by_name(spec: &SuiteSpec, tests: BTreeSet<String>) -> Result<BTreeSet<String>, String> {
    let tests = by_reader(spec.reader, tests)?;
    match tests.iter().find(|test| address(spec, "", test).is_none()) {
        Some(test) => Err(format!("the class or the file of its test `{}` is not known", show(test))),
        None => Ok(tests),
    }
}

/// The names to run one after another, so that together they run what is asked for. The error is the end of a sentence:
/// why a name would not reach its test.
fn by_reader(reader: ResultReader, tests: BTreeSet<String>) -> Result<BTreeSet<String>, String> {
    if reader == ResultReader::Exit {
        return Err("its reader names no tests".into());
    }
    let tests = if reader == ResultReader::Go { leaves(tests) } else { tests };
    for test in &tests {
        let shown = show(test);
        if !is_word(test) {
            return Err(format!("the name of its test `{shown}` could be taken for an option, or is none"));
        }
        if test.contains(MASK) {
            return Err(format!("a secret is masked in the name of its test `{shown}`"));
        }
        if let Some(name) = numbered(test) {
            return Err(format!("its results name `{}` more than once", show(name)));
        }
        // rustdoc splits what it is handed at spaces, and would find none of its tests.
        if reader == ResultReader::Libtest && test.contains(' ') {
            return Err(if test.contains("(line ") {
                format!("its test `{shown}` is a documentation test, which cannot be run by its name")
            } else {
                format!("no test of Rust has a space in its name, as `{shown}` has")
            });
        }
        if reader == ResultReader::Tap && is_number(test) {
            return Err(format!("its test `{shown}` has no name but its number"));
        }
    }
    Ok(tests)
}

/// Whether a name can be one argument that no program takes for an option.
fn is_word(test: &str) -> bool {
    !test.is_empty() && !test.starts_with('-') && !test.contains('\0')
}

/// What a TAP test point without a description is called: by its number alone.
fn is_number(test: &str) -> bool {
    let digits = test.strip_prefix("test ").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// In Go a test fails with its subtest, and a subtest is only run by the test it stands in: what has a subtest here is run
/// with it.
fn leaves(tests: BTreeSet<String>) -> BTreeSet<String> {
    let parents: BTreeSet<String> =
        tests.iter().flat_map(|test| test.match_indices('/').map(|(at, _)| test[..at].to_string())).collect();
    tests.into_iter().filter(|test| !parents.contains(test)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(reader: ResultReader, tests: &[&str]) -> Result<Vec<String>, String> {
        by_reader(reader, tests.iter().map(|t| t.to_string()).collect())
            .map(|found| found.into_iter().collect())
    }

    #[test]
    fn names_reach_their_tests_or_do_not() {
        assert_eq!(of(ResultReader::Libtest, &["b::c", "a"]).unwrap(), ["a", "b::c"]);
        assert_eq!(of(ResultReader::Pytest, &["t.py::test_a[x y]"]).unwrap(), ["t.py::test_a[x y]"]);
        let errors = [
            of(ResultReader::Exit, &["a"]),
            of(ResultReader::Libtest, &["src/lib.rs - add (line 1)"]),
            of(ResultReader::Libtest, &["outer a"]),
            of(ResultReader::Junit, &["a", "a #2"]),
            of(ResultReader::Tap, &["--help"]),
            of(ResultReader::Tap, &[""]),
            of(ResultReader::Tap, &["a\0"]),
            of(ResultReader::Tap, &["test 6"]),
            of(ResultReader::Go, &["TestA", "TestA/[masked]"]),
            of(ResultReader::Junit, &["t[[masked]] #2"]),
        ]
        .map(Result::unwrap_err);
        insta::assert_snapshot!(errors.join("\n"), @r"
        its reader names no tests
        its test `src/lib.rs - add (line 1)` is a documentation test, which cannot be run by its name
        no test of Rust has a space in its name, as `outer a` has
        its results name `a` more than once
        the name of its test `--help` could be taken for an option, or is none
        the name of its test `` could be taken for an option, or is none
        the name of its test `a\0` could be taken for an option, or is none
        its test `test 6` has no name but its number
        a secret is masked in the name of its test `TestA/[masked]`
        a secret is masked in the name of its test `t[[masked]] #2`
        ");
        assert!(of(ResultReader::Tap, &["see #", "a #b", "#2", "test", "test 6a"]).is_ok());
        assert!(of(ResultReader::Go, &["TestA/a+b"]).is_ok(), "its command quotes it");
    }

    #[test]
    fn a_go_test_is_run_with_its_subtest() {
        let tests = ["TestA", "TestA/x", "TestA/x/y", "TestA/z", "TestAB", "TestB"];
        assert_eq!(of(ResultReader::Go, &tests).unwrap(), ["TestA/x/y", "TestA/z", "TestAB", "TestB"]);
        assert_eq!(of(ResultReader::Tap, &["a", "a/b"]).unwrap().len(), 2);
    }
}
