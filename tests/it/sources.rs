//! The sources of the program without those of its tests, for the tests that hold the program itself to something.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A file of the program.
pub struct SourceFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds, modules of tests too that stand in it.
    pub text: String,
    /// Its lines, those of such modules left out.
    pub lines: usize,
}

/// The folder of the workspace.
pub fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `src` and `crates/*/src`, by path, but those that are declared as modules of tests.
pub fn program() -> Vec<SourceFile> {
    let (mut found, mut tests) = (Vec::new(), BTreeSet::new());
    for path in files() {
        let text = std::fs::read_to_string(&path).expect("readable");
        let (lines, declared) = without_tests(&text);
        tests.extend(declared.iter().flat_map(|module| places(&path, module)));
        found.push(SourceFile { path, text, lines });
    }
    let all = found.len();
    found.retain(|file| !file.path.ancestors().any(|at| tests.contains(at)));
    assert!(found.len() > 300 && found.len() < all, "{} of {all}: the sources were not found", found.len());
    found
}

/// Every file below these folders, those of tests too.
pub fn files() -> Vec<PathBuf> {
    let crates = std::fs::read_dir(top().join("crates")).expect("readable");
    let crates = crates.map(|entry| entry.expect("readable").path().join("src"));
    let folders = crates.filter(|folder| folder.is_dir()).chain([top().join("src")]);
    let all = folders.flat_map(|folder| walkdir::WalkDir::new(folder).sort_by_file_name());
    let mut files: Vec<PathBuf> = all.map(|entry| entry.expect("readable").into_path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    files
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
    let name = of.file_stem().expect("a name").to_str().expect("UTF-8");
    let folder = match name {
        "lib" | "main" | "mod" => of.with_file_name(""),
        _ => of.with_extension(""),
    };
    [folder.join(format!("{module}.rs")), folder.join(module)]
}

/// Whether an item is there for tests alone.
pub fn is_of_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => attribute.path().is_ident("cfg") && list.tokens.to_string() == "test",
        _ => attribute.path().is_ident("test"),
    })
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
