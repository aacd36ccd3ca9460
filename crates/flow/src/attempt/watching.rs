//! What is looked at around an attempt: in which state of files it began, and what its output says beside its results.

use super::results::Results;
use crate::ground::Ground;
use std::io::Read as _;
use std::path::Path;
use tollgate_core::model::suite::{ResultReader, SuiteSpec};
use tollgate_core::plan::LeftOutPaths;
use tollgate_core::triage;
use tollgate_core::triage::attempts::{Company, Said};
use tollgate_host::changes::Changes;
use tollgate_host::run::AttemptLog;
use tollgate_text::ansi::without_ansi;
use tollgate_text::command::CommandLine;

/// Bytes of an output in which the report of a sanitizer is looked for, at a time and in all.
const CHUNK: usize = 64 << 10;
const SEARCHED: u64 = 256 << 20;
/// Bytes of a chunk that are looked at again with the next one: a report's first words may be cut in two.
const OVERLAP: usize = 256;
/// Watches a workspace but for what is judged by its own digest, and what `tree_exclude` leaves out.
pub fn watch(ground: &Ground, run: Option<&str>, scratch: &Path) -> Changes {
    let left_out = LeftOutPaths::of(&ground.settings, &[], "", run);
    Changes::new(ground.root.real(), scratch, Box::new(move |path: &str| left_out.has(path)))
}

/// Whether a path is one that the suites of a kind write and never read: their results, and what the kind names as such.
pub fn own(spec: Option<&SuiteSpec>, results: Option<&Results<'_>>) -> impl Fn(&Path) -> bool {
    let results = results.map(Results::claims);
    let outputs = spec.map(|spec| LeftOutPaths::outputs(&spec.outputs)).unwrap_or_default();
    move |path: &Path| {
        results.as_ref().is_some_and(|results| results(path))
            || path.to_str().is_some_and(|path| outputs.has(path) || outputs.leads_to(path))
    }
}

/// How an attempt chose and ordered its tests, by its output, its command and the words that a variable adds to that.
pub fn company(reader: ResultReader, said: Said, command: &CommandLine, more: &str, number: u32) -> Company {
    let words = std::iter::once(command.program()).chain(command.arguments().iter().map(String::as_str));
    said.company(reader, words.chain(more.split_whitespace()), number)
}

/// What is looked for in an output.
#[derive(Default)]
pub struct Searched {
    /// A sanitizer or race detector reports something. An output that cannot be read is taken to: what it says is not known.
    pub reported: bool,
    /// What it says of the order of tests.
    pub said: Said,
}

/// Looks for both through the whole output, as far as `SEARCHED`.
pub fn searched(log: &AttemptLog) -> Searched {
    let mut input = log.reader().take(SEARCHED);
    let (mut held, mut chunk, mut found) = (Vec::new(), vec![0; CHUNK], Searched::default());
    loop {
        let read = match input.read(&mut chunk) {
            Ok(read) => read,
            Err(_) => return Searched { reported: true, ..found },
        };
        held.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&held);
        found.reported |= triage::is_report(&text);
        found.said.read(&without_ansi(&text), read == 0);
        if read == 0 {
            return found;
        }
        held.drain(..held.len().saturating_sub(OVERLAP));
    }
}
