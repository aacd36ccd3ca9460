//! The tests that a tool's own list names as failed, where its results do not tell of them: they broke off, or are not there.

use crate::ingest::go::frame::failed_frame;
use crate::ingest::libtest::line;
use crate::model::suite::ResultReader;
use crate::model::test::Failure;
use std::collections::BTreeMap;
use tollgate_text::ansi::without_ansi;

/// Names that are taken from one output.
const MOST: usize = 1_000;

/// By name, what the list says of each.
pub fn listed(reader: ResultReader, output: &str) -> BTreeMap<String, Failure> {
    let text = without_ansi(output);
    let found: Box<dyn Iterator<Item = (&str, &str)>> = match reader {
        ResultReader::Pytest => Box::new(text.lines().filter_map(of_pytest)),
        ResultReader::Go => {
            Box::new(text.lines().filter_map(|line| Some((failed_frame(line.trim_start())?, ""))))
        }
        ResultReader::Tap => Box::new(text.lines().filter_map(of_tap)),
        ResultReader::Libtest => Box::new(of_libtest(&text)),
        ResultReader::Exit
        | ResultReader::Nextest
        | ResultReader::Junit
        | ResultReader::Node
        | ResultReader::Playwright
        | ResultReader::Jest => Box::new(std::iter::empty()),
    };
    let said = |why: &str| match why.is_empty() {
        true => {
            Failure::new("its tool lists it among what failed, and its results do not tell of it", "", None)
        }
        false => Failure::new(why, "", None),
    };
    found.take(MOST).map(|(name, why)| (name.to_string(), said(why))).collect()
}

/// `FAILED tests/test_a.py::test_x - assert 1 == 2`, `ERROR tests/test_a.py::test_y - …`. What has no `::` is a file and no test.
fn of_pytest(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR "))?;
    let (id, why) = rest.split_once(" - ").unwrap_or((rest, ""));
    id.contains(".py::").then(|| (id.trim(), why.trim()))
}

/// `#   Failed test 'it works'` of Perl, and points themselves.
fn of_tap(line: &str) -> Option<(&str, &str)> {
    if let Some(rest) = line.trim_start().strip_prefix("#   Failed test '") {
        return Some((rest.strip_suffix('\'')?, ""));
    }
    let rest = line.strip_prefix("not ok ")?;
    let (_, name) = rest.split_once(" - ")?;
    let upper = name.to_ascii_uppercase();
    (!upper.contains("# TODO") && !upper.contains("# SKIP")).then(|| (name.trim(), ""))
}

/// The names below the last `failures:`.
fn of_libtest(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let (_, list) = text.rsplit_once("\nfailures:\n").unwrap_or(("", ""));
    let names = list.lines().take_while(|line| line.starts_with("    ") || line.is_empty());
    let names = names.filter_map(|line| line.strip_prefix("    "));
    names
        .filter(|name| !name.is_empty() && !name.contains(' ') && line::name(name) == *name)
        .map(|name| (name, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(reader: ResultReader, output: &str) -> String {
        let found = listed(reader, output);
        found.iter().map(|(name, f)| format!("{name}: {}", f.message)).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn each_tool_s_own_list() {
        let pytest = "=== short test summary info ===\nFAILED tests/test_a.py::test_x[a b] - assert 1 == 2\nERROR tests/test_a.py::test_y\nERROR tests/test_b.py\n1 failed";
        assert_eq!(
            of(ResultReader::Pytest, pytest),
            "tests/test_a.py::test_x[a b]: assert 1 == 2; tests/test_a.py::test_y: its tool lists it among what failed, and its results do not tell of it"
        );
        let names = |reader, output: &str| listed(reader, output).into_keys().collect::<Vec<_>>();
        assert_eq!(
            names(ResultReader::Go, "--- FAIL: TestA (0.01s)\n    --- FAIL: TestA/b (0.00s)\nFAIL"),
            ["TestA", "TestA/b"]
        );
        assert_eq!(
            names(ResultReader::Tap, "not ok 2 - adds\nnot ok 3 - later # TODO\n#   Failed test 'x y'\n"),
            ["adds", "x y"]
        );
        let rust = "failures:\n\n---- a stdout ----\nx\n\nfailures:\n    a\n    m::b\n\ntest result: FAILED.";
        assert_eq!(names(ResultReader::Libtest, rust), ["a", "m::b"]);
        assert!(names(ResultReader::Junit, pytest).is_empty());
    }
}
