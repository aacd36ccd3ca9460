//! The floor plan: an import may only point down a floor, rooms of one floor never see each other, and files of one
//! room import each other without a cycle. No exemption list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Room -> floor. A room that is not here fails the test.
const FLOORS: &[(&str, u8)] = &[
    ("base", 0),
    ("lang", 1),
    ("model", 2),
    ("config", 3),
    ("artifact", 3),
    ("ingest", 3),
    ("runbook", 3),
    ("run", 3),
    ("record", 3),
    ("gate", 3),
    ("waiver", 3),
    ("plan", 3),
    ("triage", 3),
    ("verdict", 3),
    ("audit", 3),
    ("proof", 3),
    ("trace", 3),
    ("store", 3),
    ("github", 3),
    ("report", 3),
    ("mender", 4),
    ("app", 5),
    ("serve", 6),
    ("cli", 7),
    ("main", 7),
];

fn source_files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() {
            source_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Every `crate::a::b` path in the code of a file, comments and strings left out.
fn imports(text: &str) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or("");
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            let (path, group) = split_path(rest);
            found.insert(path.clone());
            for name in group {
                let mut path = path.clone();
                path.push(name);
                found.insert(path);
            }
        }
    }
    found
}

/// `a::b::{c, d::e}` -> (["a", "b"], ["c", "d"]).
fn split_path(text: &str) -> (Vec<String>, Vec<String>) {
    let mut path = Vec::new();
    let mut rest = text;
    loop {
        if let Some(inner) = rest.strip_prefix('{') {
            let names =
                inner.split([',', '}']).map(|n| n.trim().split("::").next().unwrap_or("").to_string());
            return (path, names.filter(|n| !n.is_empty()).collect());
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if end == 0 {
            return (path, Vec::new());
        }
        path.push(rest[..end].to_string());
        match rest[end..].strip_prefix("::") {
            Some(next) => rest = next,
            None => return (path, Vec::new()),
        }
    }
}

/// `src/app/check.rs` -> ["app", "check"]; `mod.rs` stands for its folder; `main.rs` and `lib.rs` for themselves.
fn module_of(file: &Path, src: &Path) -> Vec<String> {
    let rel = file.strip_prefix(src).expect("below src").with_extension("");
    let mut parts: Vec<String> = rel.iter().map(|p| p.to_str().expect("UTF-8").to_string()).collect();
    if parts.last().is_some_and(|p| p == "mod") {
        parts.pop();
    }
    parts
}

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, f)| *f)
}

#[test]
fn imports_only_point_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&src, &mut files);
    assert!(files.len() > 20, "the source was not found");
    let mut wrong = Vec::new();
    for file in files {
        let module = module_of(&file, &src);
        let room = module[0].as_str();
        if room == "lib" {
            continue;
        }
        let Some(here) = floor(room) else {
            wrong.push(format!("{}: room `{room}` has no floor", file.display()));
            continue;
        };
        let text = std::fs::read_to_string(&file).expect("readable");
        for import in imports(&text) {
            let Some(target) = import.first() else { continue };
            if target == room {
                continue;
            }
            match floor(target) {
                Some(there) if there < here => {}
                _ => wrong
                    .push(format!("{}: imports crate::{target}, which is not below {room}", file.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_of_one_room_have_no_cycle() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&src, &mut files);
    let modules: BTreeSet<Vec<String>> = files.iter().map(|f| module_of(f, &src)).collect();
    let mut edges: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for file in &files {
        // A `mod.rs` only re-exports its children: it is no sibling of theirs.
        if file.file_name().is_some_and(|n| n == "mod.rs" || n == "lib.rs") {
            continue;
        }
        let here = module_of(file, &src);
        let text = std::fs::read_to_string(file).expect("readable");
        let code = text.split("#[cfg(test)]").next().unwrap_or("");
        let mut paths = imports(code);
        // `super::x` names a sibling.
        for line in code.lines() {
            let code = line.split("//").next().unwrap_or("");
            for (at, _) in code.match_indices("super::") {
                let (path, group) = split_path(&code[at + "super::".len()..]);
                let parent = here[..here.len() - 1].to_vec();
                let heads =
                    path.first().cloned().into_iter().chain(group.into_iter().filter(|_| path.is_empty()));
                paths.extend(heads.map(|h| [parent.clone(), vec![h]].concat()));
            }
        }
        for path in paths {
            let target = (1..=path.len()).rev().map(|n| path[..n].to_vec()).find(|p| modules.contains(p));
            if let Some(target) = target.filter(|t| *t != here && t.first() == here.first() && t.len() > 1) {
                edges.entry(here.clone()).or_default().insert(target);
            }
        }
    }
    for start in edges.keys() {
        let (mut todo, mut seen) = (edges[start].iter().cloned().collect::<Vec<_>>(), BTreeSet::new());
        while let Some(at) = todo.pop() {
            assert!(at != *start, "{} imports itself through its siblings", start.join("::"));
            if seen.insert(at.clone()) {
                todo.extend(edges.get(&at).into_iter().flatten().cloned());
            }
        }
    }
}
