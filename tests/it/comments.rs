//! What comments cite can be opened: a page that one names is in this repository, and so is the part of it that is named behind it.

use crate::docs_pages::repository;
use regex::Regex;
use std::path::Path;

/// Pages that tollgate writes, and that no repository holds.
const WRITTEN: [&str; 3] = ["run_report.md", "full_suite_report.md", "certification_report.md"];

/// Every file of Rust of this repository: its path from the top, and its text.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["src", "crates", "tests", "benches"] {
        collect(&repository().join(folder), &mut found);
    }
    let build = repository().join("build.rs");
    found.push(("build.rs".into(), std::fs::read_to_string(build).unwrap()));
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let shown = path.strip_prefix(repository()).unwrap().to_str().unwrap().to_string();
            found.push((shown, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The comments of a file, lines that follow each other as one text, each with the number of its first line.
fn comments(text: &str) -> Vec<(usize, String)> {
    let comment = Regex::new(r"(?:^|\s)//[/!]?\s?(.*)$").unwrap();
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (at, line) in text.lines().enumerate() {
        // What stands behind code is a comment of its own.
        let alone = line.trim_start().starts_with("//");
        if let Some(words) = comment.captures(line).map(|found| found[1].to_string()) {
            match found.last_mut().filter(|_| goes_on && alone) {
                Some((_, whole)) => *whole += &format!(" {words}"),
                None => found.push((at + 1, words)),
            }
        }
        goes_on = alone;
    }
    found
}

/// What is wrong with what a comment cites.
fn faults(comment: &str) -> Vec<String> {
    let page = Regex::new(r"[A-Za-z0-9_./-]*[A-Za-z0-9_-]\.md\b").unwrap();
    let part = Regex::new(r"`([A-Za-z0-9_./-]+\.md)`, ([A-Z][A-Za-z ]*[a-z])").unwrap();
    let elsewhere = Regex::new(r"\b(?:[RTM][1-9]|[Ii]ssues? #?[0-9]+)\b|\bmission\b").unwrap();
    let is_file = |path: &str| repository().join(path).is_file();
    let mut wrong: Vec<String> = page
        .find_iter(comment)
        .map(|found| found.as_str())
        .filter(|path| !is_file(path) && !WRITTEN.contains(path))
        .map(|path| format!("{path} is not in this repository"))
        .collect();
    for found in part.captures_iter(comment).filter(|found| is_file(&found[1])) {
        let text = std::fs::read_to_string(repository().join(&found[1])).unwrap();
        if !text.lines().any(|line| line.starts_with('#') && line.trim_start_matches('#').trim() == &found[2])
        {
            wrong.push(format!("{} has no part `{}`", &found[1], &found[2]));
        }
    }
    wrong.extend(elsewhere.find(comment).map(|found| format!("nobody can open `{}`", found.as_str())));
    wrong
}

#[test]
fn what_comments_cite_can_be_opened() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (path, text) in sources() {
        // This file shows what is refused.
        if path == "tests/it/comments.rs" {
            continue;
        }
        for (line, comment) in comments(&text) {
            seen += 1;
            wrong.extend(faults(&comment).into_iter().map(|why| format!("{path}:{line}: {why}")));
        }
    }
    assert!(seen > 2_000, "{seen} comments");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_citation_that_leads_nowhere_is_found() {
    let found = comments("/// One (`gates.md`,\n/// Two).\nlet a = 1; // Three\n\n//! `docs/gates.md`\n");
    let words: Vec<_> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
    assert_eq!(words, [(1, "One (`gates.md`, Two)."), (3, "Three"), (5, "`docs/gates.md`")]);
    assert_eq!(faults("as `gates.md` says"), ["gates.md is not in this repository"]);
    assert_eq!(
        faults("as `docs/gates.md`, Some other part"),
        ["docs/gates.md has no part `Some other part`"]
    );
    assert_eq!(faults("(R5)"), ["nobody can open `R5`"]);
    assert_eq!(faults("see issue 12"), ["nobody can open `issue 12`"]);
    assert!(faults("`docs/gates.md`, Keys of a gate; `run_report.md`").is_empty());
}
