//! The few values that are needed of the YAML behind a TAP test point. It is shown whole; these only say where to look first.

use super::basis::{is_whole, told};
use super::place::{of_end, of_javascript};
use crate::model::signature::Basis;
use crate::model::test::{Failure, SourcePlace};

/// The failure that a block tells of.
pub(super) fn failure(block: &str) -> Failure {
    let message = ["error", "message", "reason"].into_iter().find_map(|key| value(block, key));
    let message = message.or_else(|| comparison(block)).unwrap_or_default();
    let failure = Failure::new(message.trim(), block.trim_end(), place(block));
    match value(block, "failureType").as_deref() {
        Some("testTimeoutFailure") => failure.resting_on(Basis::Timeout),
        // It says nothing of its own.
        Some("subtestsFailed" | "cancelledByParent") => failure,
        _ if !is_whole(block, Failure::TEXT) => failure,
        _ => told(failure),
    }
}

/// tape names the comparison and both sides instead of a message.
fn comparison(block: &str) -> Option<String> {
    let part = |key| value(block, key).unwrap_or_else(|| "nothing".into());
    if let Some(operator) = value(block, "operator") {
        return Some(format!("{operator}: expected {}, actual {}", part("expected"), part("actual")));
    }
    // ava names its assertion, and both sides in texts of their own.
    let assertion = value(block, "assertion")?;
    let sides: Vec<&str> = below(block, "values").into_iter().map(str::trim_end).collect();
    // The name of the assertion alone would be the same for every failure of it.
    (!sides.is_empty()).then(|| format!("{assertion}\n{}", sides.join("\n")))
}

/// The lines below a key that has no value of its own, without the indentation that all have.
fn below<'b>(block: &'b str, key: &str) -> Vec<&'b str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = block.lines();
    let is_key = |line: &&str| line.trim() == format!("{key}:");
    let Some(at) = lines.find(is_key).map(indent) else { return Vec::new() };
    let found: Vec<&str> = lines.take_while(|line| line.trim().is_empty() || indent(line) > at).collect();
    let depth = found.iter().filter(|l| !l.trim().is_empty()).map(|l| indent(l)).min().unwrap_or(0);
    found.into_iter().map(|line| line.get(depth..).unwrap_or_default()).collect()
}

/// The value of a key at any depth: a scalar, quotes removed, or a block (`|-`, `>-`) without its indentation.
pub(super) fn value(block: &str, key: &str) -> Option<String> {
    let mut lines = block.lines();
    let (indent, scalar) = lines.find_map(|line| {
        let text = line.trim_start();
        let scalar = text.strip_prefix(key)?.strip_prefix(':')?;
        (scalar.is_empty() || scalar.starts_with(' ')).then(|| (line.len() - text.len(), scalar.trim()))
    })?;
    if !matches!(scalar, "|" | "|-" | "|+" | ">" | ">-" | ">+") {
        return Some(unquoted(scalar)).filter(|s| !s.is_empty());
    }
    let deeper = |line: &&str| line.trim().is_empty() || line.len() - line.trim_start().len() > indent;
    let lines: Vec<&str> = lines.take_while(deeper).collect();
    let depth = lines.iter().filter(|l| !l.trim().is_empty()).map(|l| l.len() - l.trim_start().len()).min();
    let lines = lines.iter().map(|l| l.get(depth.unwrap_or(0)..).unwrap_or_default().trim_end());
    let text = lines.collect::<Vec<_>>().join("\n");
    Some(text.trim_end().to_string()).filter(|s| !s.is_empty())
}

fn unquoted(scalar: &str) -> String {
    let single = scalar.strip_prefix('\'').and_then(|s| s.strip_suffix('\''));
    let double = scalar.strip_prefix('"').and_then(|s| s.strip_suffix('"'));
    match (single, double) {
        (Some(text), _) => text.replace("''", "'").replace("\\'", "'"),
        (_, Some(text)) => text.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\"),
        _ => scalar.to_string(),
    }
}

/// Where the assertion stands: a frame of the stack, `at: f (file:1:2)`, `file` and `line`, else where the test is written.
fn place(block: &str) -> Option<SourcePlace> {
    let stack =
        value(block, "stack").and_then(|s| of_javascript(&s).or_else(|| of_javascript(&format!("at {s}"))));
    stack
        .or_else(|| of_javascript(&format!("at {}", value(block, "at")?)))
        .or_else(|| keys(block))
        .or_else(|| of_end(&value(block, "location")?))
}

fn keys(block: &str) -> Option<SourcePlace> {
    let file = value(block, "fileName").or_else(|| value(block, "file"))?;
    let number =
        |keys: [&str; 2]| keys.into_iter().find_map(|k| value(block, k)?.parse::<u32>().ok()).unwrap_or(0);
    let (line, column) = (number(["lineNumber", "line"]), number(["columnNumber", "column"]));
    Some(SourcePlace { file, line, column })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_blocks() {
        let block = "  error: |-\n    Expected:\n    \n    1 !== 2\n    \n  code: 'ERR'\n  at: run (/a/b.js:3:4)\n  q: \"x\\\"y\"\n";
        assert_eq!(value(block, "error").as_deref(), Some("Expected:\n\n1 !== 2"));
        assert_eq!(value(block, "code").as_deref(), Some("ERR"));
        assert_eq!(value(block, "q").as_deref(), Some("x\"y"));
        assert_eq!(value(block, "err"), None);
        let place = failure(block).place.unwrap();
        assert_eq!((place.file.as_str(), place.line, place.column), ("/a/b.js", 3, 4));
        let ava = "  name: AssertionError\n  assertion: is\n  values:\n    'Difference (- actual, + expected):': |-\n      - 1\n      + 2\n  at: 'file:///a/t.js:3:5'\n";
        assert_eq!(failure(ava).message, "is\n'Difference (- actual, + expected):': |-\n  - 1\n  + 2");
        let bare = failure("  name: AssertionError\n  assertion: is\n");
        assert_eq!((bare.message.as_str(), bare.basis.tells()), ("", false));
        let place = failure("at:\n  fileName: t.js\n  lineNumber: 7\n").place.unwrap();
        assert_eq!((place.file.as_str(), place.line), ("t.js", 7));
    }
}
