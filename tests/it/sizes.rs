//! How long a file of the program may be, and how full a folder. How long a function may be is held by clippy (`too_many_lines`).

use crate::sources::{files, program};
use std::collections::BTreeMap;
use std::path::Path;

/// Lines of a file, those of its tests left out.
const LINES: usize = 400;
/// Files of one folder.
const FILES: usize = 30;

#[test]
fn no_file_of_the_program_is_too_long_to_be_read_at_once() {
    let sources = program();
    let long: Vec<_> = sources.iter().filter(|f| f.lines > LINES).map(|f| (&f.path, f.lines)).collect();
    assert!(long.is_empty(), "more than {LINES} lines without tests: divide by meaning {long:#?}");
}

#[test]
fn no_folder_of_the_program_is_too_full_to_be_looked_over() {
    let files = files();
    let mut folders: BTreeMap<&Path, usize> = BTreeMap::new();
    for file in &files {
        *folders.entry(file.parent().expect("a folder")).or_default() += 1;
    }
    let full: Vec<_> = folders.iter().filter(|(_, files)| **files > FILES).collect();
    assert!(full.is_empty(), "more than {FILES} files in one folder: divide by meaning {full:#?}");
}
