//! The panic that a Rust test's output tells of.

use super::place::of_end;
use crate::model::test::{Failure, SourcePlace};

/// A panic's message and place. The message keeps its lines.
pub(super) struct Panic {
    pub(super) message: String,
    pub(super) place: Option<SourcePlace>,
}

/// Why a Rust test failed, from what it printed: the first panic, else the error that it returned, else the harness's note.
pub(super) fn failure(text: &str) -> Failure {
    let panic = first_panic(text);
    if let Some(note) = note(text) {
        let place = of_note(&note).or_else(|| panic.and_then(|p| p.place));
        return Failure::new(&note, text.trim_matches('\n'), place);
    }
    let (message, place) = match panic {
        Some(panic) => (panic.message, panic.place),
        None => (plainly(text), None),
    };
    Failure::new(&message, text.trim_matches('\n'), place)
}

/// `note: test did not panic as expected at src/lib.rs:63:8`
fn of_note(note: &str) -> Option<SourcePlace> {
    of_end(note.strip_prefix("test did not panic as expected at ")?)
}

/// What the harness says of a `should_panic` test that failed; all three lines of it.
fn note(text: &str) -> Option<String> {
    let mut lines = text.lines();
    lines
        .find_map(|line| {
            let note = line.strip_prefix("note: ").unwrap_or(line);
            (note.starts_with("test did not panic as expected")
                || note.starts_with("panic did not contain expected string"))
            .then(|| note.to_string())
        })
        .map(|note| {
            let more = lines
                .map(str::trim)
                .take_while(|l| l.starts_with("panic message:") || l.starts_with("expected substring:"));
            more.fold(note, |note, line| format!("{note}\n{line}"))
        })
}

/// The error of a test that returned one, a doc test that does not compile, else the first line that says anything.
fn plainly(text: &str) -> String {
    let said = |prefix: &str| text.lines().find(|l| l.starts_with(prefix));
    let line = said("Error: ").or_else(|| said("error[")).or_else(|| said("error: "));
    line.or_else(|| text.lines().find(|l| !l.trim().is_empty())).unwrap_or_default().trim().to_string()
}

/// The name of the thread that a line says panicked: `thread 'a::b' (12) panicked at src/a.rs:1:2:`.
pub(super) fn thread(line: &str) -> Option<&str> {
    let (name, rest) = line.trim_start().strip_prefix("thread '")?.split_once('\'')?;
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('(') {
        Some(id) => id.split_once(')')?.1.trim_start(),
        None => rest,
    };
    rest.starts_with("panicked at ").then_some(name)
}

pub(super) fn first_panic(text: &str) -> Option<Panic> {
    let mut lines = text.lines();
    let line = lines.find(|l| thread(l).is_some())?;
    let at = line.split_once("panicked at ")?.1;
    // Up to Rust 1.72: `panicked at 'message', src/a.rs:1:2`.
    if let Some(quoted) = at.strip_prefix('\'') {
        let mut whole = quoted.to_string();
        for more in lines.take_while(|l| !is_trailer(l)) {
            whole.push('\n');
            whole.push_str(more);
        }
        let (message, place) = whole.rsplit_once("', ").unwrap_or((&whole, ""));
        return Some(Panic {
            message: message.into(),
            place: of_end(place.lines().next().unwrap_or_default()),
        });
    }
    let message: Vec<&str> = lines.take_while(|l| !is_trailer(l)).collect();
    Some(Panic { message: message.join("\n").trim_end().to_string(), place: of_end(at) })
}

/// Where a panic's message is over.
pub(super) fn is_trailer(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("note: run with `RUST_BACKTRACE")
        || line.starts_with("stack backtrace:")
        || thread(line).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let failure = failure(text);
        let place = failure.place.map_or("-".into(), |p| format!("{}:{}:{}", p.file, p.line, p.column));
        format!("{} @ {place}", failure.message)
    }

    #[test]
    fn panics_of_all_forms() {
        let new = "out\nthread 'a::b' (7) panicked at src/lib.rs:33:9:\nleft\n right\nnote: run with `RUST_BACKTRACE=1`";
        assert_eq!(said(new), "left\n right @ src/lib.rs:33:9");
        let old = "thread 'a' panicked at 'it's\nbad', src/a.rs:1:2\nnote: run with `RUST_BACKTRACE=1`";
        assert_eq!(said(old), "it's\nbad @ src/a.rs:1:2");
        assert_eq!(said("x\nError: \"no shelf\"\n"), "Error: \"no shelf\" @ -");
        let note = "note: test did not panic as expected at src/lib.rs:63:8";
        assert_eq!(said(note), "test did not panic as expected at src/lib.rs:63:8 @ src/lib.rs:63:8");
        let other = "thread 'a' panicked at s.rs:5:9:\nyes\nnote: panic did not contain expected string\n      panic message: \"yes\"\n expected substring: \"other\"\n";
        assert_eq!(
            said(other),
            "panic did not contain expected string\npanic message: \"yes\"\nexpected substring: \"other\" @ s.rs:5:9"
        );
        assert_eq!(said(""), " @ -");
    }
}
