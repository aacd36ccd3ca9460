//! What the crates do not say of who may know whom: rooms of one crate that never see each other, no circle among files, and
//! nothing of the machine in what is pure. Paths are read by `syn`, in whatever form they are written, in macros too.

use crate::sources::{SourceFile, is_of_tests, program, top};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// Rooms on one floor of a crate. They see those of the floors below.
enum Floor {
    /// They see each other too.
    Together(&'static [&'static str]),
    /// None of them sees another one.
    Apart(&'static [&'static str]),
}

/// A crate, and its rooms by floor, the lowest first. Without any its files are all of one room.
struct Crate {
    name: &'static str,
    sources: &'static str,
    pure: bool,
    floors: &'static [Floor],
}

const CRATES: &[Crate] = &[
    Crate { name: "tollgate_text", sources: "crates/text/src", pure: true, floors: &[] },
    Crate {
        name: "tollgate_lang",
        sources: "crates/lang/src",
        pure: true,
        floors: &[Floor::Apart(&["cel", "schema"])],
    },
    Crate {
        name: "tollgate_core",
        sources: "crates/core/src",
        pure: true,
        floors: &[
            Floor::Apart(&["model"]),
            Floor::Apart(&[
                "gate", "ingest", "plan", "proof", "report", "runbook", "triage", "verdict", "waiver",
            ]),
        ],
    },
    Crate {
        name: "tollgate_host",
        sources: "crates/host/src",
        pure: false,
        floors: &[
            Floor::Together(&["changes", "clock", "files", "git", "machine", "process"]),
            Floor::Apart(&["artifact", "config", "record", "run"]),
        ],
    },
    Crate { name: "tollgate_flow", sources: "crates/flow/src", pure: false, floors: &[] },
    Crate {
        name: "tollgate",
        sources: "src",
        pure: false,
        floors: &[Floor::Apart(&["embedded"]), Floor::Apart(&["verb"]), Floor::Apart(&["cli"])],
    },
];

/// What a pure crate never names of the standard library. Its `clippy.toml` bans the types and methods that are used most; this
/// refuses every other path as well.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net",
    "std::os::fd",
    "std::os::unix::fs",
    "std::os::unix::net",
    "std::os::unix::process",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// Of one file: its module and every path that its code names, tests left out. A path is absolute where it can be: `crate`, `super` and `self`
/// are resolved to the name of the crate and its modules.
struct Source {
    file: PathBuf,
    module: Vec<String>,
    paths: BTreeSet<Vec<String>>,
}

struct Paths<'c> {
    name: &'c str,
    module: Vec<String>,
    found: BTreeSet<Vec<String>>,
    /// What is imported of `std`, by the name that it has in the file.
    of_std: BTreeMap<String, Vec<String>>,
}

impl Paths<'_> {
    fn add(&mut self, segments: &[String]) {
        let up = segments.iter().take_while(|s| *s == "super").count();
        let (base, rest) = match segments.first().map(String::as_str) {
            Some("crate") => (Vec::new(), &segments[1..]),
            Some("self") => (self.module.clone(), &segments[1..]),
            Some("super") => (self.module[..self.module.len().saturating_sub(up)].to_vec(), &segments[up..]),
            _ => {
                self.found.insert(segments.to_vec());
                return;
            }
        };
        let own = std::iter::once(self.name.to_string());
        self.found.insert(own.chain(base).chain(rest.iter().cloned()).collect());
    }

    fn tree(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) if name.ident == "self" => {
                self.add(before);
                if let Some(last) = before.last().cloned() {
                    self.note(before, last);
                }
            }
            syn::UseTree::Name(name) => self.named(&with(&name.ident), &name.ident),
            syn::UseTree::Rename(name) if name.ident == "self" => self.named(before, &name.rename),
            syn::UseTree::Rename(name) => self.named(&with(&name.ident), &name.rename),
            syn::UseTree::Glob(_) => self.add(&[before, &["*".to_string()]].concat()),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(before, tree)),
        }
    }

    fn named(&mut self, segments: &[String], name: &syn::Ident) {
        self.add(segments);
        self.note(segments, name.to_string());
    }

    fn note(&mut self, segments: &[String], name: String) {
        if segments[0] == "std" {
            self.of_std.insert(name, segments.to_vec());
        }
    }

    /// Every path, those through what is imported of `std` whole.
    fn whole(self) -> BTreeSet<Vec<String>> {
        let longer = |path: &Vec<String>| Some([self.of_std.get(&path[0])?, &path[1..]].concat());
        let through: Vec<Vec<String>> = self.found.iter().filter_map(longer).collect();
        self.found.into_iter().chain(through).collect()
    }

    /// Paths among the words of a macro, which `syn` leaves as they are.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut colons): (Vec<String>, usize) = (Vec::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.take(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Group(group) => {
                    self.take(&mut path);
                    self.tokens(group.stream());
                    colons = 0;
                }
                _ => {
                    self.take(&mut path);
                    colons = 0;
                }
            }
        }
        self.take(&mut path);
    }

    fn take(&mut self, path: &mut Vec<String>) {
        if path.len() > 1 {
            self.add(path);
        }
        path.clear();
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if is_of_tests(&item.attrs) || item.content.is_none() {
            return;
        }
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_of_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_of_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_of_tests(&item.attrs) {
            self.tree(&[], &item.tree);
        }
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.found.insert(vec![item.ident.to_string()]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if segments.len() > 1 {
            self.add(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
    }
}

/// `src/verb/check.rs` -> ["verb", "check"]; `mod.rs` stands for its folder, `lib.rs` and `main.rs` for the crate.
fn module_of(file: &Path, sources: &Path) -> Vec<String> {
    let rel = file.strip_prefix(sources).expect("below the sources").with_extension("");
    let mut parts: Vec<String> = rel.iter().map(|p| p.to_str().expect("UTF-8").to_string()).collect();
    if parts.last().is_some_and(|p| p == "mod")
        || matches!(&parts[..], [one] if one == "lib" || one == "main")
    {
        parts.pop();
    }
    parts
}

fn sources_of(krate: &Crate) -> Vec<Source> {
    let dir = top().join(krate.sources);
    let of_crate = program().into_iter().filter(|file| file.path.starts_with(&dir));
    let read = |file: SourceFile| {
        let module = module_of(&file.path, &dir);
        let paths = paths_of(krate.name, &module, &file.text);
        Source { file: file.path, module, paths }
    };
    of_crate.map(read).collect()
}

fn paths_of(name: &str, module: &[String], text: &str) -> BTreeSet<Vec<String>> {
    let file = syn::parse_file(text).expect("it compiles");
    let mut paths = Paths { name, module: module.to_vec(), found: BTreeSet::new(), of_std: BTreeMap::new() };
    paths.visit_file(&file);
    paths.whole()
}

/// The floor of a room, and whether those beside it may be seen.
fn floor_of(krate: &Crate, room: &str) -> Option<(usize, bool)> {
    krate.floors.iter().enumerate().find_map(|(nth, floor)| {
        let (rooms, together) = match floor {
            Floor::Together(rooms) => (rooms, true),
            Floor::Apart(rooms) => (rooms, false),
        };
        rooms.contains(&room).then_some((nth, together))
    })
}

/// What is wrong with the paths of a file.
fn trespasses(krate: &Crate, module: &[String], paths: &BTreeSet<Vec<String>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in paths {
        let shown = path.join("::");
        let is_at =
            |of: &str| shown == of || shown.strip_prefix(of).is_some_and(|rest| rest.starts_with("::"));
        // A whole `std` under another name would hide what is taken of it, and so would a star.
        let below = shown.strip_suffix('*').unwrap_or("std::-");
        let is_impure = |of: &&str| is_at(of) || of.starts_with(below);
        if krate.pure && (shown == "std" || IMPURE.iter().any(is_impure)) {
            wrong.push(format!("{shown} is of the machine, and {} is pure", krate.name));
        }
        let (Some(room), Some(target)) = (module.first(), path.get(1).filter(|_| path[0] == krate.name))
        else {
            continue;
        };
        let Some((here, together)) = floor_of(krate, room) else { continue };
        let Some((there, _)) = floor_of(krate, target) else { continue };
        if room != target && (there > here || (there == here && !together)) {
            wrong.push(format!("{shown} is not below {room}"));
        }
    }
    wrong
}

#[test]
fn paths_only_point_down() {
    let mut wrong = Vec::new();
    for krate in CRATES {
        let sources = sources_of(krate);
        assert!(!sources.is_empty(), "{} was not found", krate.name);
        for source in sources {
            let found = trespasses(krate, &source.module, &source.paths);
            wrong.extend(found.into_iter().map(|why| format!("{}: {why}", source.file.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A room that nobody has is not named here, and none is left out.
#[test]
fn every_room_is_there() {
    for krate in CRATES.iter().filter(|krate| !krate.floors.is_empty()) {
        let rooms = sources_of(krate).into_iter().filter_map(|s| s.module.first().cloned());
        let there: BTreeSet<String> = rooms.collect();
        let named = krate.floors.iter().flat_map(|floor| match floor {
            Floor::Together(rooms) | Floor::Apart(rooms) => rooms.iter().map(|room| (*room).to_string()),
        });
        assert_eq!(there, named.collect(), "{}", krate.name);
    }
}

#[test]
fn no_crate_stands_beside_these() {
    let crates = std::fs::read_dir(top().join("crates")).expect("readable");
    let there: BTreeSet<String> = crates
        .map(|e| e.expect("readable"))
        .filter(|e| e.path().is_dir())
        .map(|e| format!("crates/{}/src", e.file_name().display()))
        .collect();
    let named = CRATES.iter().map(|krate| krate.sources.to_string()).filter(|s| s != "src");
    // The files that tests need: no code of the program.
    assert_eq!(there, named.chain(["crates/testing/src".to_string()]).collect());
}

#[test]
fn files_of_one_crate_have_no_circle() {
    for krate in CRATES {
        let sources = sources_of(krate);
        let modules: BTreeSet<&Vec<String>> = sources.iter().map(|s| &s.module).collect();
        let mut edges: BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> = BTreeMap::new();
        for source in &sources {
            // A module whose children stand below it re-exports them: it is no sibling of theirs.
            let is_parent = |of: &[String]| of.len() > source.module.len() && of.starts_with(&source.module);
            for path in source.paths.iter().filter(|path| path[0] == krate.name) {
                let target = (1..path.len()).rev().find_map(|n| modules.get(&path[1..=n].to_vec()));
                let Some(target) = target.filter(|t| **t != &source.module && !is_parent(t)) else {
                    continue;
                };
                // What a folder re-exports of its own is a matter between siblings.
                if !source.module.starts_with(target) {
                    edges.entry(&source.module).or_default().insert(target);
                }
            }
        }
        for start in edges.keys() {
            let (mut todo, mut seen) = (edges[start].iter().copied().collect::<Vec<_>>(), BTreeSet::new());
            while let Some(at) = todo.pop() {
                assert!(at != *start, "{}: {} comes back to itself", krate.name, start.join("::"));
                if seen.insert(at) {
                    todo.extend(edges.get(at).into_iter().flatten().copied());
                }
            }
        }
    }
}

/// In whatever form a path is written.
#[test]
fn what_points_up_or_out_is_seen() {
    let core = &CRATES[2];
    assert_eq!(core.name, "tollgate_core");
    let seen = |text: &str| {
        let module = ["gate".to_string(), "trace".to_string()];
        !trespasses(core, &module, &paths_of(core.name, &module, text)).is_empty()
    };
    for text in [
        "fn f() { super::super::plan::digest(); }",
        "use crate::{\n    model::test::Case,\n    plan::{digest},\n};",
        "mod inner { use super::super::super::plan; }",
        "fn f() { let x = std::fs::File::open(\"/etc/hostname\"); }",
        "use std::{collections::BTreeMap, fs};",
        "use std::fs::*;",
        "use std as s;",
        "extern crate std as s;",
        "fn f() { println!(\"{:?}\", std::env::var(\"HOME\")); }",
        "fn f(at: std::time::SystemTime) {}",
        "use std::time::{Duration, Instant};",
        "use std::time::*;",
        "fn f() { <std::process::Command>::new(\"x\"); }",
        "type T = Vec<std::net::TcpStream>;",
        "use std::time; fn f() { time::Instant::now(); }",
        "use std::io::{self as i, Read}; fn f() { i::stdin(); }",
    ] {
        assert!(seen(text), "{text}");
    }
    for text in [
        "use crate::model::test::Case; use super::scope::Facts;",
        "use std::time::Duration; use std::io::{BufRead, Read};",
        "#[cfg(test)] mod tests { use std::fs; }",
        "// std::fs\nfn f() { let x = \"std::fs::read\"; }",
    ] {
        assert!(!seen(text), "{text}");
    }
}

/// What the workspace bans is banned in the pure crates too: clippy reads one file only.
#[test]
fn pure_crates_ban_what_all_do() {
    let read = |path: &str| std::fs::read_to_string(top().join(path)).expect("readable");
    let (all, pure) = (read("clippy.toml"), read("crates/pure.clippy.toml"));
    for line in all.lines().filter(|line| !line.trim_start().starts_with('#')) {
        assert!(pure.contains(line), "crates/pure.clippy.toml lacks: {line}");
    }
    for krate in CRATES.iter().filter(|krate| krate.pure) {
        let own = top().join(krate.sources).join("../clippy.toml");
        assert_eq!(std::fs::read_to_string(own).expect("readable"), pure, "{}", krate.name);
    }
}
