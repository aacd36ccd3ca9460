//! How long a file of the program may be, and how full a folder. How long a function may be is held by clippy (`too_many_lines`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Lines of a file, those of its tests left out.
const MOST: usize = 400;

/// The files of the program and of its tests below `crates/*/src` and `src`, by path.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let crates =
        std::fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path().join("src"));
    let folders: Vec<PathBuf> = crates.filter(|folder| folder.is_dir()).chain([root.join("src")]).collect();
    assert!(folders.len() > 5, "{folders:?}");
    for folder in folders {
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let path = entry.unwrap().into_path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The lines of a file without what stands in a module of tests, and the modules of tests that are files of their own.
fn without_tests(text: &str) -> (usize, Vec<String>) {
    let mut count = 0;
    let mut files = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        count += 1;
        if line != "#[cfg(test)]" {
            continue;
        }
        let Some(next) = lines.next() else { break };
        count += 1;
        let name = next.trim_start_matches("pub ").strip_prefix("mod ");
        if let Some(file) = name.and_then(|name| name.strip_suffix(';')) {
            files.push(file.to_string());
        } else if name.is_some_and(|name| name.ends_with(" {")) {
            count -= 2;
            // rustfmt sets the end of what stands at the left edge there.
            lines.by_ref().find(|line| *line == "}");
        }
    }
    (count, files)
}

/// Where the file or folder of a module stands.
fn places(of: &Path, module: &str) -> [PathBuf; 2] {
    let name = of.file_stem().unwrap().to_str().unwrap();
    let folder = match name {
        "lib" | "main" | "mod" => of.with_file_name(""),
        _ => of.with_extension(""),
    };
    [folder.join(format!("{module}.rs")), folder.join(module)]
}

#[test]
fn no_file_of_the_program_is_too_long_to_be_read_at_once() {
    let sources = sources();
    let mut counts = Vec::new();
    let mut tests = BTreeSet::new();
    for path in &sources {
        let (count, files) = without_tests(&std::fs::read_to_string(path).unwrap());
        counts.push((path, count));
        tests.extend(files.iter().flat_map(|module| places(path, module)));
    }
    let is_test = |path: &Path| path.ancestors().any(|at| tests.contains(at));
    let judged: Vec<_> = counts.into_iter().filter(|(path, _)| !is_test(path)).collect();
    assert!(judged.len() > 300 && judged.len() < sources.len(), "{} of {}", judged.len(), sources.len());
    let long: Vec<_> = judged.iter().filter(|(_, count)| *count > MOST).collect();
    assert!(long.is_empty(), "more than {MOST} lines without tests: divide by meaning {long:#?}");
}

/// Files of one folder.
const FILES: usize = 30;

#[test]
fn no_folder_of_the_program_is_too_full_to_be_looked_over() {
    let mut folders: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for path in sources() {
        *folders.entry(path.parent().unwrap().to_path_buf()).or_default() += 1;
    }
    let full: Vec<_> = folders.iter().filter(|(_, files)| **files > FILES).collect();
    assert!(full.is_empty(), "more than {FILES} files in one folder: divide by meaning {full:#?}");
}

#[test]
fn lines_of_tests_do_not_count() {
    let text = "one\n#[cfg(test)]\nmod tests {\n    three\n}\ntwo\n";
    assert_eq!(without_tests(text), (2, vec![]));
    assert_eq!(without_tests("#[cfg(test)]\nmod sample;\nfn x() {\n}\n"), (4, vec!["sample".to_string()]));
    assert_eq!(without_tests("#[cfg(test)]\nfn x() {\n}\n"), (3, vec![]));
    assert_eq!(places(Path::new("a/b.rs"), "tests")[0], Path::new("a/b/tests.rs"));
    assert_eq!(places(Path::new("a/mod.rs"), "tests")[1], Path::new("a/tests"));
}
