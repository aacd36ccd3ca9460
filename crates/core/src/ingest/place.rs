//! Places in source files, as they stand in stacks and messages.

use crate::model::test::SourcePlace;

/// `file:line` or `file:line:column` at the end of a text; a trailing `:` is allowed.
pub(super) fn of_end(text: &str) -> Option<SourcePlace> {
    let text = text.trim_end().trim_end_matches(':');
    let (rest, last) = text.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    match rest.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?))) {
        Some((file, line)) => place(file, line, last),
        None => place(rest, last, 0),
    }
}

pub(super) fn place(file: &str, line: u32, column: u32) -> Option<SourcePlace> {
    let file = file.trim();
    let file = file.strip_prefix("file://").unwrap_or(file);
    (!file.is_empty() && file.len() <= 4096 && line > 0).then(|| SourcePlace {
        file: file.into(),
        line,
        column,
    })
}

/// The first frame of a JavaScript stack that is not Node's own: `at f (file:1:2)`, `at file:1:2`, `f (file:1:2)`.
pub(super) fn of_javascript(stack: &str) -> Option<SourcePlace> {
    stack.lines().map(str::trim).find_map(|line| {
        let line = line.strip_suffix(" {").unwrap_or(line);
        // vitest: `❯ file:1:2`, `❯ f file:1:2`.
        if let Some(rest) = line.strip_prefix("❯ ") {
            let file = rest.rsplit(' ').next().filter(|file| !file.contains("node_modules/"))?;
            return of_end(file).filter(|p| p.column > 0);
        }
        let inner = match line.strip_suffix(')') {
            Some(rest) => rest.rsplit_once('(')?.1,
            None => line.strip_prefix("at ")?.trim_start_matches("async "),
        };
        let own = !inner.starts_with("node:") && !inner.contains("/node_modules/");
        of_end(inner).filter(|p| own && p.column > 0)
    })
}

/// The first place that a Python traceback's last lines name: `tests/test_x.py:8: AssertionError`.
pub(super) fn of_python(text: &str) -> Option<SourcePlace> {
    text.lines().rev().filter(|l| !l.starts_with([' ', '\t', 'E', '>'])).find_map(|line| {
        let (head, _) = line.split_once(": ").or_else(|| line.split_once(":in "))?;
        let (file, number) = head.rsplit_once(':')?;
        place(file, number.parse().ok()?, 0).filter(|p| p.file.ends_with(".py"))
    })
}

/// The frame of a Java stack that stands in `class`, else its first: `at a.B.c(B.java:12)`.
pub(super) fn of_java(stack: &str, class: &str) -> Option<SourcePlace> {
    let mut frames = stack.lines().filter_map(|line| {
        let (method, rest) = line.trim().strip_prefix("at ")?.split_once('(')?;
        let (file, number) =
            rest.strip_suffix(')')?.rsplit_once(':').filter(|(f, _)| !f.contains(['/', ':']))?;
        Some((method, place(file, number.parse().ok()?, 0)?))
    });
    let first = frames.next()?;
    let own = |method: &str| !class.is_empty() && method.starts_with(class);
    if own(first.0) {
        return Some(first.1);
    }
    Some(frames.find(|(method, _)| own(method)).unwrap_or(first).1)
}

/// A line of `go test`: `    shelf_test.go:6: sums differ`, with what follows the place.
pub(super) fn of_go(line: &str) -> Option<(SourcePlace, &str)> {
    let (head, message) = line.trim_start().split_once(": ")?;
    let (file, number) = head.rsplit_once(':')?;
    let place = place(file, number.parse().ok()?, 0)?;
    (place.file.ends_with(".go") && !place.file.contains(' ')).then_some((place, message))
}

/// The frame of a Go stack that stands in a test file: `\t/src/x_test.go:6 +0x28`.
pub(super) fn of_go_stack(text: &str) -> Option<SourcePlace> {
    text.lines().find_map(|line| {
        let frame = line.strip_prefix('\t')?;
        let (head, _) = frame.split_once(" +0x").unwrap_or((frame, ""));
        of_end(head).filter(|p| p.file.ends_with("_test.go"))
    })
}

/// Where a line of bats says that a test failed: `(in test file a.bats, line 2)`, ``(from function `f' in file b.bash, line 3,``.
pub(super) fn of_bats(line: &str) -> Option<SourcePlace> {
    let (_, rest) = line.split_once("in test file ").or_else(|| line.split_once("' in file "))?;
    let (file, number) = rest.rsplit_once(", line ")?;
    place(file, number.trim_end_matches([')', ',']).parse().ok()?, 0)
}

/// A line that is a place in a source file and nothing else, as GoogleTest puts it above what it expected.
pub(super) fn of_line(line: &str) -> Option<SourcePlace> {
    let source = |file: &str| {
        let kind = file.rsplit_once('.').map_or("", |(_, kind)| kind);
        !file.contains(' ') && kind.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    of_end(line).filter(|place| source(&place.file))
}

/// The place in the text of any tool's failure.
pub(super) fn of_any(text: &str, class: &str) -> Option<SourcePlace> {
    of_java(text, class)
        .or_else(|| of_python(text))
        .or_else(|| of_javascript(text))
        .or_else(|| text.lines().find_map(|l| of_go(l).map(|(place, _)| place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(place: Option<SourcePlace>) -> String {
        place.map_or("-".into(), |p| format!("{}:{}:{}", p.file, p.line, p.column))
    }

    #[test]
    fn places_of_each_language() {
        assert_eq!(said(of_end("src/a.rs:1:2:")), "src/a.rs:1:2");
        assert_eq!(said(of_end("C:\\a.rs:1:2")), "C:\\a.rs:1:2");
        assert_eq!(said(of_end("a.go:7")), "a.go:7:0");
        assert_eq!(said(of_end("12:30")), "12:30:0");
        assert_eq!(said(of_end("none")), "-");
        let stack = "Error: x\n    at node:internal/x:1:2\n    at async T.f (file:///a/b.mjs:3:4) {\n";
        assert_eq!(said(of_javascript(stack)), "/a/b.mjs:3:4");
        assert_eq!(said(of_javascript("Error: at noon\n at /a.js:9:1")), "/a.js:9:1");
        assert_eq!(
            said(of_python("def f():\nE   x\n\ntests/test_x.py:8: AssertionError")),
            "tests/test_x.py:8:0"
        );
        assert_eq!(said(of_javascript("x\n\n ❯ calc test/a.test.ts:6:22\n")), "test/a.test.ts:6:22");
        assert_eq!(said(of_bats("# (in test file test/a.bats, line 2)")), "test/a.bats:2:0");
        assert_eq!(said(of_bats("(from function `f' in file lib.bash, line 3,")), "lib.bash:3:0");
        assert_eq!(said(of_line("/src/calc.cpp:4")), "/src/calc.cpp:4:0");
        assert_eq!((said(of_line("at 12:30")), said(of_line("ratio 1.5:2"))), ("-".into(), "-".into()));
        let java = "x\n\tat org.junit.Assert.fail(Assert.java:3)\n\tat a.B.c(B.java:12)\n";
        assert_eq!(said(of_java(java, "a.B")), "B.java:12:0");
        assert_eq!(said(of_java(java, "")), "Assert.java:3:0");
        assert_eq!(
            said(of_go_stack("panic\n\t/go/testing.go:2 +0x1\n\t/a/p_test.go:6 +0x28")),
            "/a/p_test.go:6:0"
        );
        assert_eq!(said(of_go("    s_test.go:6: differ: 1").map(|(p, _)| p)), "s_test.go:6:0");
    }
}
