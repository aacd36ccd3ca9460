//! The panic that a Rust test's output tells of.

use super::basis::{is_whole, told};
use super::place::of_end;
use crate::model::signature::Basis;
use crate::model::test::{Failure, SourcePlace};

/// A panic's message and place. The message keeps its lines.
pub(super) struct Panic {
    pub(super) message: String,
    pub(super) place: Option<SourcePlace>,
    /// The number of the line behind it.
    pub(super) end: usize,
}

/// Why a Rust test failed, from what it printed: every panic, whichever thread's, else the error that it returned, else the
/// harness's note. `bound`: where the text would have been cut, and with it perhaps a panic.
pub(super) fn failure(text: &str, bound: usize) -> Failure {
    let panics = panics(text);
    let first = panics.first().and_then(|p| p.place.clone());
    let (message, place, basis) = match (note(text), panics.as_slice()) {
        // What the first panic said stands in the note.
        (Some(note), panics) => {
            let place = of_note(&note).or(first);
            (joined([note.as_str()].into_iter().chain(said(panics.get(1..)))), place, Basis::Assertion)
        }
        (None, []) => {
            let (line, basis) = plainly(text);
            (line, None, basis)
        }
        (None, panics) => {
            let message = joined(said(Some(panics)));
            let basis = told(Failure::new(&message, "", None)).basis;
            let silent = panics.iter().any(|p| p.message.trim().is_empty());
            (message, first, if silent { Basis::Fallback } else { basis })
        }
    };
    let basis = if is_whole(text, bound) { basis } else { Basis::Fallback };
    Failure::new(&message, text.trim_matches('\n'), place).resting_on(basis)
}

fn said(panics: Option<&[Panic]>) -> impl Iterator<Item = &str> {
    panics.unwrap_or_default().iter().map(|p| p.message.as_str())
}

/// Each of them once, one below the other.
fn joined<'m>(messages: impl Iterator<Item = &'m str>) -> String {
    let mut all: Vec<&str> = Vec::new();
    for message in messages {
        if !all.contains(&message) {
            all.push(message);
        }
    }
    all.join("\n")
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

/// The error of a test that returned one, a doc test that does not compile; else the first line that says anything, which may be
/// about anything.
fn plainly(text: &str) -> (String, Basis) {
    let said = |prefix: &str| text.lines().find(|l| l.starts_with(prefix));
    match said("Error: ").or_else(|| said("error[")).or_else(|| said("error: ")) {
        Some(line) => (line.trim().to_string(), Basis::Exception),
        None => {
            let line = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
            (line.trim().to_string(), Basis::Fallback)
        }
    }
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

/// The panics that a text tells of, at most so many.
const PANICS: usize = 1_000;

/// Every panic that a text tells of.
pub(super) fn panics(text: &str) -> Vec<Panic> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = (0..lines.len()).filter(|at| thread(lines[*at]).is_some());
    begins.take(PANICS).filter_map(|at| panic_at(&lines, at)).collect()
}

/// The panic whose first line stands at this place.
fn panic_at(lines: &[&str], begins: usize) -> Option<Panic> {
    let at = lines[begins].split_once("panicked at ")?.1;
    let more = lines[begins + 1..].iter().take_while(|l| !is_trailer(l));
    let message: Vec<&str> = more.copied().collect();
    let end = begins + 1 + message.len();
    // Up to Rust 1.72: `panicked at 'message', src/a.rs:1:2`.
    if let Some(quoted) = at.strip_prefix('\'') {
        let whole = [&[quoted], message.as_slice()].concat().join("\n");
        let (message, place) = whole.rsplit_once("', ").unwrap_or((&whole, ""));
        let place = of_end(place.lines().next().unwrap_or_default());
        return Some(Panic { message: message.into(), place, end });
    }
    Some(Panic { message: message.join("\n").trim_end().to_string(), place: of_end(at), end })
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
        let failure = failure(text, Failure::TEXT);
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

    #[test]
    fn every_panic_is_told_and_what_rests_on_words() {
        let basis = |text: &str, bound| failure(text, bound).basis;
        let worker = "thread 'worker' (3) panicked at src/a.rs:1:2:\nsurvived\n";
        let own = "thread 't' (2) panicked at src/b.rs:9:9:\nassertion failed: kept\n";
        let both = format!("{worker}{own}{own}");
        assert_eq!(said(&both), "survived\nassertion failed: kept @ src/a.rs:1:2");
        assert_eq!(basis(&both, Failure::TEXT), Basis::Assertion);
        assert_eq!(basis(worker, Failure::TEXT), Basis::Exception);
        // What was printed before it failed, a panic without a message, and what may have been cut off.
        assert_eq!(basis("starting\nworking\n", Failure::TEXT), Basis::Fallback);
        assert_eq!(basis("thread 't' panicked at src/b.rs:9:9:\n\n", Failure::TEXT), Basis::Fallback);
        assert_eq!(basis(&both, both.len()), Basis::Fallback);
    }
}
