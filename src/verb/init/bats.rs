//! bats.

use super::place::{ProjectFolder, base};
use super::proposal::{Need, Proposal};
use std::collections::BTreeSet;
use tollgate_core::model::suite::ResultReader;
use tollgate_text::command::quote;

/// Files that are named one by one at most; of more their folder is.
const FOLDERS: usize = 6;

/// A suite for the files of bats below.
pub(super) fn find(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    let files: Vec<&str> = place.files().filter(|path| base(path).ends_with(".bats")).collect();
    if files.is_empty() || !place.folder.is_empty() {
        return Vec::new();
    }
    let folders: BTreeSet<&str> =
        files.iter().map(|path| path.rsplit_once('/').map_or(".", |(folder, _)| folder)).collect();
    let named: Vec<_> = folders.iter().copied().map(quote).collect();
    let place_of = if named.len() > FOLDERS { "-r .".to_string() } else { named.join(" ") };
    // A copy that is checked in beside the tests is the one that they were written for.
    let program = ["test/bats/bin/bats", "tests/bats/bin/bats"]
        .into_iter()
        .find(|path| place.has(path))
        .unwrap_or("bats");
    // Its JUnit report is written by a process that nobody waits for, so what it prints is read.
    let found = Proposal::new("bats", place.folder, format!("{program} --tap {place_of}"))
        .single(format!("{program} --tap --filter '^{{test_regex}}$' {place_of}"))
        .read_by(ResultReader::Tap)
        .saying("bats, by the TAP that it prints.");
    vec![if program == "bats" { found.needing(Need::Program("bats", "npm install -g bats")) } else { found }]
}
