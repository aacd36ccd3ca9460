//! Why a command failed, as far as its output says: for what no results tell of.

use super::panic::panics;
use super::place;
use crate::model::signature::Basis;
use crate::model::test::{Failure, SourcePlace};
use tollgate_text::ansi::without_ansi;

/// Last lines that belong to the message of a command of which its exit code alone is known.
const LAST: usize = 3;
/// Lines that tell of an error which are taken into the message.
const ERRORS: usize = 5;
/// Lines that are kept as the failure's text.
const KEPT: usize = 20;
/// Lines after a telling one in which its place is looked for.
const NEAR: usize = 8;

/// The failure that a command's output tells of: every panic of a Rust program, else every traceback of a Python one that no
/// other followed from, else the line that `telling` finds and those that call themselves an error, each with its file. With
/// `last`, where nothing but the output tells, the errors and the last lines are part of it in any case: what was survived is no
/// reason, and what came after it may be. Last lines alone are no words of a cause; nor are a few lines of what a test tool
/// wrote, which may be of any of its tests. `None` where it tells nothing.
pub fn said(
    output: &str,
    telling: &dyn for<'t> Fn(&'t str) -> Option<&'t str>,
    last: bool,
) -> Option<Failure> {
    let output = readable(output);
    let known = panicked(&output).or_else(|| traceback(&output));
    let errors = errors(&output, telling(&output), known.is_some());
    let is_known = known.is_some();
    let told_until = known.as_ref().map_or(0, |known| known.end).max(errors.end);
    let Said { mut lines, place, end } = known.unwrap_or_default();
    let place = place.or(errors.place);
    if !is_known || last {
        let new = |line: &String| !lines.iter().any(|l| l.trim() == line.trim() || within(line, l));
        let more: Vec<String> = errors.lines.into_iter().filter(new).collect();
        lines.extend(more);
    }
    let tells = !lines.is_empty() && !errors.more && (is_known || !last || !is_test_tool(&output));
    let after: Vec<&str> = output.lines().skip(end).filter(|line| !is_trace(line)).collect();
    let ending = final_lines(&after, if last { LAST } else { 0 });
    let is_new =
        |line: &&str| !lines.iter().any(|l| l.lines().any(|l| l.trim() == line.trim() || within(l, line)));
    let ending: Vec<String> = ending.into_iter().map(str::trim).filter(is_new).map(String::from).collect();
    lines.extend(ending);
    let message = lines.join("\n");
    let place = place.or_else(|| of_start(&message));
    let text = final_lines(&output.lines().collect::<Vec<_>>(), KEPT).join("\n");
    // What failed may stand behind what is told, in words that nobody looked at.
    let behind = output.lines().skip(told_until).filter(|l| !l.trim().is_empty() && !is_trace(l));
    let unseen = behind.filter(|l| !message.lines().any(|m| m.trim() == l.trim())).count();
    let seen = unseen == 0 || (!last && unseen <= LAST);
    let basis = if tells && seen { Basis::Exception } else { Basis::Fallback };
    (!message.trim().is_empty()).then(|| Failure::new(&message, &text, place).resting_on(basis))
}

/// What an output tells of.
#[derive(Default)]
struct Said {
    /// Messages, each once.
    lines: Vec<String>,
    /// Where the first of them stands.
    place: Option<SourcePlace>,
    /// The number of the line behind the last of them.
    end: usize,
}

/// Every panic that says anything.
fn panicked(output: &str) -> Option<Said> {
    let all = panics(output);
    let mut said = Said::default();
    for panic in all.into_iter().filter(|p| !p.message.trim().is_empty()) {
        if said.lines.is_empty() {
            said.place = panic.place;
        }
        said.end = panic.end;
        if !said.lines.contains(&panic.message) {
            said.lines.push(panic.message);
        }
    }
    (!said.lines.is_empty()).then_some(said)
}

/// A line that a panic or a traceback leaves behind its message.
fn is_trace(line: &str) -> bool {
    let line = line.trim_start();
    let frame = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("note: ")
        || line.starts_with("stack backtrace:")
        || line.starts_with("at ")
        || (frame.len() < line.len() && frame.starts_with(": "))
}

/// Whether a test tool counts its tests in it: then one line of it tells of one of them.
fn is_test_tool(output: &str) -> bool {
    let begins = [
        "Tests:",
        "Test Suites:",
        "Snapshots:",
        "Tests run:",
        "test result:",
        "# tests ",
        "# fail ",
        "# pass ",
        "\u{2139} tests ",
        "not ok ",
        "--- FAIL",
        "FAILED (",
    ];
    let counts = |line: &str| {
        let words: Vec<&str> =
            line.trim_matches(['=', ' ']).split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let counted = |pair: &[&str]| {
            pair[0].parse::<u64>().is_ok()
                && matches!(pair[1], "failed" | "failing" | "passed" | "passing" | "failures" | "tests")
        };
        words.len() < 12 && words.windows(2).any(counted)
    };
    output.lines().map(str::trim_start).any(|l| begins.iter().any(|b| l.starts_with(b)) || counts(l))
}

/// Whether the first line is the second with the file it is about.
fn within(line: &str, bare: &str) -> bool {
    line.strip_prefix(bare.trim()).is_some_and(|rest| rest.starts_with(" (") && rest.ends_with(')'))
}

/// What lines of an output tell of errors.
struct Errors {
    lines: Vec<String>,
    place: Option<SourcePlace>,
    /// There are more of them.
    more: bool,
    /// The number of the line behind the last of them.
    end: usize,
}

/// The lines that tell of errors, that of `telling` first, each with the file that is named below it; the place is that of the
/// first. Of a `known` failure only those that call themselves an error.
fn errors(output: &str, telling: Option<&str>, known: bool) -> Errors {
    let lines: Vec<&str> = output.lines().collect();
    let telling = telling.filter(|_| !known);
    let told = telling.and_then(|telling| lines.iter().position(|line| line.trim() == telling.trim()));
    let is_other = |at: &usize| {
        // `… due to 2 previous errors` counts warnings too.
        Some(*at) != told && is_error(lines[*at]) && !lines[*at].contains(" previous error")
    };
    let mut found = Errors { lines: Vec::new(), place: None, more: false, end: 0 };
    for at in told.into_iter().chain((0..lines.len()).filter(is_other)) {
        let (line, place) = (lines[at].trim(), near(&lines[at..]));
        let file = place.as_ref().map(|p| p.file.as_str()).filter(|file| !line.contains(file));
        let told = file.map_or(line.to_string(), |file| format!("{line} ({file})"));
        found.end = found.end.max(at + 1);
        if found.lines.contains(&told) {
            continue;
        }
        if found.lines.len() == ERRORS {
            found.more = true;
            break;
        }
        found.place = found.place.or(place);
        found.lines.push(told);
    }
    found
}

/// The text without terminal escapes, and of a line that was written over only what stood there last.
fn readable(output: &str) -> String {
    let plain = without_ansi(output);
    let shown = |line: &str| {
        let line = line.trim_end();
        line.rsplit_once('\r').map_or(line, |(_, after)| after).to_string()
    };
    plain.lines().map(shown).collect::<Vec<_>>().join("\n")
}

/// `error: …`, `fatal: …`, `tool: error[x]: …`, `a.yml:3: error: …`.
fn is_error(line: &str) -> bool {
    // What follows the last `: ` is no label.
    let Some((labels, _)) = line.rsplit_once(": ") else { return false };
    labels.split(": ").take(2).any(|part| {
        let label = part.trim().split('[').next().unwrap_or_default();
        ["error", "fatal", "fatal error"].iter().any(|word| label.eq_ignore_ascii_case(word))
    })
}

/// The last lines that say anything, at most so many.
fn final_lines<'l>(lines: &[&'l str], most: usize) -> Vec<&'l str> {
    let lines: Vec<&str> = lines.iter().copied().filter(|l| !l.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(most)..].to_vec()
}

const TRACEBACK: &str = "Traceback (most recent call last):";

/// The exceptions that tracebacks end with, but for those from which another one followed, the last one first; and the last
/// frame of that one that is no library's, else its last.
fn traceback(output: &str) -> Option<Said> {
    let lines: Vec<&str> = output.lines().collect();
    let mut said = Said::default();
    for begins in (0..lines.len()).filter(|at| lines[*at] == TRACEBACK) {
        let block = &lines[begins + 1..];
        let Some(end) = block.iter().position(|l| !l.starts_with([' ', '\t']) && !l.is_empty()) else {
            continue;
        };
        if block[end] == TRACEBACK {
            continue;
        }
        let next = block[end + 1..].iter().find(|l| !l.trim().is_empty());
        let leads = ["During handling of the above exception", "The above exception was the direct cause"];
        if next.is_some_and(|next| leads.iter().any(|lead| next.starts_with(lead))) {
            continue;
        }
        said.lines.retain(|line| line != block[end]);
        said.lines.insert(0, block[end].to_string());
        said.place = frame(&block[..end]);
        said.end = begins + 1 + end + 1;
    }
    (!said.lines.is_empty()).then_some(said)
}

fn frame(block: &[&str]) -> Option<SourcePlace> {
    let frame = |line: &&str| {
        let (file, rest) = line.trim().strip_prefix("File \"")?.split_once("\", line ")?;
        place::place(file, rest.split(',').next()?.parse().ok()?, 0)
    };
    let frames: Vec<SourcePlace> = block.iter().filter_map(frame).collect();
    let own = |p: &&SourcePlace| {
        !["/lib/python", "/site-packages/", "/dist-packages/", "<frozen"].iter().any(|l| p.file.contains(l))
    };
    frames.iter().rev().find(own).or(frames.last()).cloned()
}

/// The place that the first of these lines begins with, else the one that those after it name.
fn near(lines: &[&str]) -> Option<SourcePlace> {
    let after = &lines[..lines.len().min(NEAR)];
    let arrow = || after.iter().find_map(|l| place::of_end(l.trim().strip_prefix("--> ")?));
    of_start(after.first()?).or_else(arrow).or_else(|| place::of_any(&after.join("\n"), ""))
}

/// `src/a.c:12:5: error: …`, `run.sh: line 12: …`, `run.sh: 12: …`, `prog: a.c:12: main: Assertion …`.
fn of_start(line: &str) -> Option<SourcePlace> {
    let line = line.lines().next()?.trim_start();
    let (file, rest) = line.split_once(": ")?;
    let number =
        rest.strip_prefix("line ").unwrap_or(rest).split_once(": ").and_then(|(n, _)| n.parse().ok());
    if let Some(number) = number {
        return place::place(file, number, 0)
            .filter(|p| p.file.contains(['.', '/']) && !p.file.contains(' '));
    }
    let named = |part: &str| place::of_end(part).filter(|p| p.file.contains('.') && !p.file.contains(' '));
    line.split(": ").take(2).find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<&str> {
        None
    }

    fn of(output: &str, telling: &dyn for<'t> Fn(&'t str) -> Option<&'t str>, last: bool) -> String {
        let Some(found) = said(output, telling, last) else { return "-".into() };
        let place = found.place.map_or("-".into(), |p| format!("{}:{}:{}", p.file, p.line, p.column));
        format!("{} @ {place}", found.message)
    }

    #[test]
    fn a_panic_and_a_traceback_go_before_any_line() {
        let panic = "start\nthread 'main' (9) panicked at src/main.rs:3:5:\nno shelf\nnote: run with `RUST_BACKTRACE=1` x\n";
        assert_eq!(of(panic, &none, true), "no shelf @ src/main.rs:3:5");
        let python = "Traceback (most recent call last):\n  File \"a.py\", line 9, in <module>\n    f()\nKeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    g()\n  File \"lib/b.py\", line 7, in g\n    raise E(1)\nE: one\n";
        assert_eq!(of(python, &none, false), "E: one @ lib/b.py:7:0");
        let library = python.replace("lib/b.py", "/usr/lib/python3.11/json/decoder.py");
        assert_eq!(of(&library, &none, false), "E: one @ a.py:3:0");
    }

    #[test]
    fn a_telling_line_has_the_place_at_its_beginning_or_below_it() {
        let with = |output: &str, at: usize| of(output, &move |text: &str| text.lines().nth(at), false);
        assert_eq!(
            with("a\nrun.sh: line 12: frob: command not found\nb", 1),
            "run.sh: line 12: frob: command not found @ run.sh:12:0"
        );
        assert_eq!(with("./c.sh: 2: frob: not found", 0), "./c.sh: 2: frob: not found @ ./c.sh:2:0");
        assert_eq!(with("sh: 1: frob: not found", 0), "sh: 1: frob: not found @ -");
        assert_eq!(with("a.c:3:7: error: x\n", 0), "a.c:3:7: error: x @ a.c:3:7");
        assert_eq!(
            with("prog: a.c:12: main: Assertion `x' failed.", 0),
            "prog: a.c:12: main: Assertion `x' failed. @ a.c:12:0"
        );
        assert_eq!(
            with("error[E0425]: no `x`\n --> src/lib.rs:7:5\n", 0),
            "error[E0425]: no `x` (src/lib.rs) @ src/lib.rs:7:5"
        );
        assert_eq!(
            with("E       assert 3 == 4\n\ntests/test_a.py:8: AssertionError", 0),
            "E       assert 3 == 4 (tests/test_a.py) @ tests/test_a.py:8:0"
        );
        assert_eq!(with("expected 200: got 503 at 10:20: no", 0), "expected 200: got 503 at 10:20: no @ -");
    }

    #[test]
    fn every_error_is_told_and_what_came_after_it() {
        fn first(text: &str) -> Option<&str> {
            text.lines().next()
        }
        let output = "WARN connection refused\n retried\nFATAL: data corrupted\nbye\n";
        assert_eq!(
            of(output, &first, true),
            "WARN connection refused\nFATAL: data corrupted\nretried\nbye @ -"
        );
        let build = "error[E0308]: mismatched types\n --> src/a.rs:1:1\nerror[E0308]: mismatched types\n --> src/b.rs:9:1\nerror: could not compile `x` due to 2 previous errors; 3 warnings emitted\n";
        assert_eq!(
            of(build, &none, false),
            "error[E0308]: mismatched types (src/a.rs)\nerror[E0308]: mismatched types (src/b.rs) @ src/a.rs:1:1"
        );
    }

    #[test]
    fn what_the_words_are() {
        let basis = |output: &str, last| said(output, &none, last).map(|failure| failure.basis);
        for output in [
            "start\nerror: the queue stalls\n",
            "error: the queue stalls\nerror: all books are lost\n",
            "thread 'main' (9) panicked at src/main.rs:3:5:\nno shelf\nnote: run with `RUST_BACKTRACE=1` x\n",
            "Traceback (most recent call last):\n  File \"a.py\", line 9, in f\n    f()\nKeyError: 'x'\n",
        ] {
            assert_eq!(basis(output, true), Some(Basis::Exception), "{output}");
        }
        for output in [
            "one\ntwo\n",
            // What comes after an error that was survived may be the reason.
            "error: retried\na\nb\nc\nd\n",
            "error: 1\nerror: 2\nerror: 3\nerror: 4\nerror: 5\nerror: 6\n",
            // Of a test tool's output a line or two are of any of its tests.
            "error: the queue stalls\nTests: 1 failed, 52 total\nSnapshots: 0 total\n",
            "E   error: the queue stalls\n1 failed, 3 passed in 0.1s\n",
        ] {
            assert_eq!(basis(output, true), Some(Basis::Fallback), "{output}");
        }
        // Every panic, and the errors beside it.
        let both = "thread 'w' (3) panicked at a.rs:1:1:\nsurvived\nthread 'main' (9) panicked at b.rs:3:5:\nno shelf\n";
        assert_eq!(of(both, &none, true), "survived\nno shelf @ a.rs:1:1");
        assert_eq!(
            of(&format!("error: lost\n{both}"), &none, true),
            "survived\nno shelf\nerror: lost @ a.rs:1:1"
        );
    }

    #[test]
    fn the_last_lines_tell_where_nothing_else_does_and_where_that_is_asked() {
        let output = "one\n\n10 %\r55 %\r100 %\n\u{1b}[31mtwo\u{1b}[0m\n  \nthree\r\n";
        assert_eq!(of(output, &none, true), "100 %\ntwo\nthree @ -");
        assert_eq!(of(output, &none, false), "-");
        assert_eq!(of("", &none, true), "-");
        assert_eq!(of(" \n\n", &none, true), "-");
        assert_eq!(of("one\nError: no shelf\ntwo\n", &none, false), "Error: no shelf @ -");
        assert_eq!(
            of("one\ntool: error[x2]: a.yml:7: no\ntwo", &none, false),
            "tool: error[x2]: a.yml:7: no @ -"
        );
        assert_eq!(of("no errors: fine\nan error", &none, false), "-");
        assert_eq!(of("deploy.sh:9: not reached\n", &none, true), "deploy.sh:9: not reached @ deploy.sh:9:0");
    }
}
