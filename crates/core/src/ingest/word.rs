//! The last word of a tool in its output, where its results are a file of their own: green results never outvote it.

use crate::model::suite::ResultReader;
use tollgate_text::ansi::without_ansi;

/// What pytest counts in its last line.
const COUNTED: [&str; 12] = [
    "failed",
    "passed",
    "skipped",
    "deselected",
    "xfailed",
    "xpassed",
    "warnings",
    "warning",
    "error",
    "errors",
    "rerun",
    "subtests passed",
];

/// The line in which the tool says that something failed; `None` where it says nothing of the kind.
pub fn says_it_failed(reader: ResultReader, output: &str) -> Option<String> {
    let framed = match reader {
        ResultReader::Pytest => false,
        // Of any other tool's results pytest's own frame has to tell whose line it is.
        ResultReader::Junit => true,
        _ => return None,
    };
    let text = without_ansi(output);
    let (line, red) = text.lines().rev().find_map(|line| of_pytest(line, framed))?;
    red.then(|| line.chars().take(200).collect())
}

/// `==== 1 failed, 3 passed in 0.12s ====`, with `-q` without the frame: the line and whether it counts a failure.
fn of_pytest(line: &str, framed: bool) -> Option<(&str, bool)> {
    let line = line.trim();
    let bare = line.trim_matches('=').trim();
    if framed && bare.len() == line.len() {
        return None;
    }
    let (counts, time) = bare.split_once(" in ")?;
    let seconds = time.split(' ').next().unwrap_or_default();
    seconds.strip_suffix('s')?.parse::<f64>().ok()?;
    let mut red = false;
    for part in counts.split(", ") {
        let (n, what) = part.split_once(' ')?;
        if n.is_empty() || !n.bytes().all(|b| b.is_ascii_digit()) || !COUNTED.contains(&what) {
            return None;
        }
        red |= matches!(what, "failed" | "error" | "errors") && n.bytes().any(|b| b != b'0');
    }
    Some((bare, red))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_pytest_counts() {
        for (output, is) in [
            ("==== 1 failed, 3 passed in 0.12s ====\n", Some("1 failed, 3 passed in 0.12s")),
            (
                "\u{1b}[31m1 failed\u{1b}[0m, 2 warnings in 61.00s (0:01:01)\n",
                Some("1 failed, 2 warnings in 61.00s (0:01:01)"),
            ),
            ("=== 2 passed, 1 error in 0.1s ===\nbye\n", Some("2 passed, 1 error in 0.1s")),
            (
                "=== 99999999999999999999999 failed in 0.1s ===\n",
                Some("99999999999999999999999 failed in 0.1s"),
            ),
            // What a test printed of a run of its own.
            ("=== 1 failed in 0.1s ===\n=== 4 passed in 0.3s ===\n", None),
            ("=== 4 passed, 1 xfailed, 1 rerun in 0.3s ===\n", None),
            ("1 failed to connect in 3s\n", None),
            ("", None),
        ] {
            assert_eq!(says_it_failed(ResultReader::Pytest, output).as_deref(), is, "{output}");
        }
        assert_eq!(says_it_failed(ResultReader::Junit, "1 failed in 0.1s\n"), None);
        assert!(says_it_failed(ResultReader::Junit, "=== 1 failed in 0.1s ===\n").is_some());
    }
}
