//! What a page marks as runnable is run: `sh run` blocks one after another in one fresh folder, with the files that the page shows.
//! `sh run=1` ends with that code. A block marked `output` or `errors` is what the command before it printed, one marked `of PATH` is
//! that file. Then what the pages list is held to the code: expressions, keys, names.

use crate::docs_pages::{Block, Page, page, pages, repository};
use crate::docs_samples::{json_shows, text_shows};
use crate::support::{NOW, Ws};
use regex::Regex;
use std::collections::BTreeSet;
use std::process::Command;

/// A folder in which a page is followed; its files appear where the page shows them.
pub struct Follower {
    pub ws: Ws,
}

impl Follower {
    pub fn new() -> Follower {
        let ws = Ws::new();
        ws.remove("tollgate.toml").remove("schemas/e.v1.json");
        std::fs::remove_dir(ws.at("schemas")).unwrap();
        Follower { ws }
    }

    /// Follows the page up to its block of that number (all with `None`) and returns what the last one printed.
    pub fn follow(&self, page: &Page, last: Option<usize>) {
        let mut nth = 0;
        let mut said = (String::new(), String::new());
        for block in &page.blocks {
            let info = block.info.as_str();
            if block.runs() {
                let code: i32 = info.strip_prefix("run=").map_or(0, |code| code.parse().unwrap());
                let output = self.shell(&block.text).output().expect("a shell");
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                said = (text(&output.stdout), text(&output.stderr));
                let (out, err) = &said;
                assert_eq!(output.status.code(), Some(code), "{}\n{}\n{out}\n{err}", block.at, block.text);
                nth += 1;
                if Some(nth) == last {
                    return;
                }
            } else if let Some(path) = info.strip_prefix("of ") {
                self.compare(block, &self.ws.text(path));
            } else if info == "output" {
                self.compare(block, &said.0);
            } else if info == "errors" {
                self.compare(block, &said.1);
            } else if !info.is_empty() && block.lang != "cel" {
                self.ws.put(info, &block.text);
            }
        }
    }

    /// Holds a sample to what is there, and a document of ours to its schema: what is there, not what is shown of it.
    fn compare(&self, block: &Block, real: &str) {
        let shown = match block.lang.as_str() {
            "json" => json_shows(&block.text, real),
            _ => text_shows(&block.text, real),
        };
        shown.unwrap_or_else(|why| panic!("{}: {why}\n{real}", block.at));
        let document = serde_json::from_str::<serde_json::Value>(real).unwrap_or_default();
        if document["schema"].as_str().is_some_and(|id| id.starts_with("tollgate.")) {
            self.ws.put("compared.json", real);
            let run = self.ws.run(&["validate", "compared.json"]);
            assert_eq!(run.code, 0, "{}: {}", block.at, run.stdout);
            self.ws.remove("compared.json");
        }
    }

    /// A shell that finds the built tollgate, and what cargo and git need.
    pub fn shell(&self, text: &str) -> Command {
        let built = std::path::Path::new(env!("CARGO_BIN_EXE_tollgate")).parent().unwrap();
        let path = format!("{}:{}", built.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("sh");
        command.args(["-e", "-c", text]).current_dir(self.ws.dir()).env_clear().env("PATH", path);
        for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .envs([("CARGO_NET_OFFLINE", "true"), ("RUST_BACKTRACE", "0")])
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")])
            .envs([("GIT_AUTHOR_NAME", "t"), ("GIT_AUTHOR_EMAIL", "t@example.org")])
            .envs([("GIT_COMMITTER_NAME", "t"), ("GIT_COMMITTER_EMAIL", "t@example.org")]);
        command
    }
}

#[test]
fn getting_started_can_be_followed() {
    let page = page("docs/getting-started.md");
    let follower = Follower::new();
    follower.follow(&page, None);
    // What the page says of the last step.
    let shell = |text: &str| follower.shell(text).output().unwrap().status.code();
    assert_eq!(shell("tollgate check --gate size"), Some(0));
}

#[test]
fn every_page_with_steps_can_be_followed() {
    let mut followed = Vec::new();
    for page in pages().iter().filter(|page| page.path != "docs/getting-started.md") {
        if page.blocks.iter().any(Block::runs) {
            Follower::new().follow(page, None);
            followed.push(page.path.clone());
            continue;
        }
        let compared = |block: &&Block| {
            ["output", "errors"].contains(&block.info.as_str()) || block.info.starts_with("of ")
        };
        if let Some(block) = page.blocks.iter().find(compared) {
            panic!("{}: nothing on the page is run that this could be held to", block.at);
        }
    }
    for page in ["gates", "evidence", "verdict", "lanes", "runs", "run-folder"] {
        assert!(followed.contains(&format!("docs/{page}.md")), "{page} shows no step: {followed:?}");
    }
}

/// Rows of the tables in a part of a page: the cells, `\|` read as `|`.
pub fn rows(text: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        let line = line.replace("\\|", "\u{1}");
        line.trim_matches('|').split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
    };
    text.lines().filter(|l| l.starts_with("| `")).map(cells).collect()
}

fn source(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn every_example_of_an_expression_is_true() {
    let text = source("docs/expressions.md");
    let tables = text.split("## Operators").nth(1).unwrap().split("## Numbers").next().unwrap();
    let ws = Ws::new();
    ws.put("data/a.txt", "foo\n")
        .put("data/b.txt", "bar\n")
        .put("data/event.json", r#"{"schema": "e.v1", "n": 1}"#);
    let mut checks = String::new();
    let mut count = 0;
    for row in rows(tables) {
        let [_, _, example] = row.as_slice() else { panic!("{row:?} has no example") };
        let example =
            example.strip_prefix('`').and_then(|e| e.strip_suffix('`')).unwrap_or_else(|| panic!("{row:?}"));
        count += 1;
        checks.push_str(&format!("[[checks]]\nid = 'c{count}'\nassert = {}\n", toml::Value::from(example)));
    }
    assert!(count > 60, "{count} examples");
    ws.gate("shown", &checks);
    let run = ws.run(&["check", "--now", NOW, "--format", "json"]);
    assert_eq!(run.code, 0, "{}{}", run.stderr, run.stdout);
}

#[test]
fn the_table_of_functions_is_that_of_the_code() {
    let row = Regex::new(r#"row\("(\w+)", CallStyle::(\w+), (\d), (\d),"#).unwrap();
    let code = source("crates/lang/src/cel/ast.rs");
    let known: Vec<_> = row.captures_iter(&code).map(|c| c.extract::<4>().1).collect();
    assert!(known.len() > 40, "{known:?}");
    let text = source("docs/expressions.md");
    let part = text.split("## Functions").nth(1).unwrap().split("## Numbers").next().unwrap();
    let form = Regex::new(r"`(?:(\w)\.)?(\w+)\(([^)]*)\)`").unwrap();
    let mut shown = BTreeSet::new();
    for cells in rows(part) {
        for found in form.captures_iter(&cells[0]) {
            let (member, name) = (found.get(1).is_some(), &found[2]);
            let arguments =
                found[3].split(',').filter(|a| !a.trim().is_empty()).count() + usize::from(member);
            let fits = |[known, style, least, most]: &[&str; 4]| {
                let (least, most): (usize, usize) = (least.parse().unwrap(), most.parse().unwrap());
                let styled = *style == "Both" || (*style == "Member") == member;
                *known == name && styled && (least..=most).contains(&arguments)
            };
            assert!(known.iter().any(fits), "{} is not called so", &found[0]);
            shown.insert(name.to_string());
        }
    }
    for [name, ..] in known {
        assert!(shown.contains(name), "docs/expressions.md does not show {name}()");
    }
}

/// The keys that the readers of these files ask for.
fn keys(files: &[&str]) -> BTreeSet<String> {
    let asked = r#"(?:required_line|required_text|optional_text|is_second|texts?|value|boolean|tables?|list_of_tables)\((?:&\w+, )?"([a-z_]+)""#;
    let asked = Regex::new(asked).unwrap();
    let code: String =
        files.iter().map(|file| source(file).split("#[cfg(test)]").next().unwrap().to_string()).collect();
    asked.captures_iter(&code).map(|found| found[1].to_string()).collect()
}

/// Each name begins a row of a table of the page (or stands in one, `anywhere`), or is the section of a heading.
fn shows(page: &str, names: &BTreeSet<String>, apart: &[&str], anywhere: bool) {
    show(&[page], names, apart, anywhere);
}

/// The same where the rows stand on several pages.
fn show(pages: &[&str], names: &BTreeSet<String>, apart: &[&str], anywhere: bool) {
    let text: String = pages.iter().map(|page| source(page)).collect();
    let cells = if anywhere { ".*" } else { "[^|]*" };
    for name in names.iter().filter(|name| !apart.contains(&name.as_str())) {
        let row = Regex::new(&format!(r"(?m)^(?:\|{cells}`{name}`|## `\[{name}[.\]])")).unwrap();
        assert!(row.is_match(&text), "{pages:?}: no row for `{name}`");
    }
}

#[test]
fn every_key_of_a_gate_and_of_the_settings_is_shown() {
    let gate = keys(&["crates/host/src/config/raw.rs"]);
    assert!(gate.len() > 25, "{gate:?}");
    show(&["docs/gates.md", "docs/evidence.md"], &gate, &["except"], false);
    let settings = ["resolve", "run_sections", "run_profiles", "flake_rules"]
        .map(|file| format!("crates/host/src/config/{file}.rs"));
    let settings = keys(&settings.each_ref().map(String::as_str));
    assert!(settings.len() > 25, "{settings:?}");
    shows("docs/tollgate-toml.md", &settings, &[], false);
}

#[test]
fn every_name_that_expressions_see_is_shown() {
    let code = source("crates/host/src/config/lint.rs");
    let list = code.split("pub const BOUND").nth(1).unwrap().split("];").next().unwrap();
    let names: BTreeSet<String> = list.split('"').skip(1).step_by(2).map(String::from).collect();
    assert!(names.contains("run_failures") && names.len() > 10, "{names:?}");
    shows("docs/expressions.md", &names, &[], false);
    let failure = source("crates/flow/src/judging/failures.rs");
    let fields = failure.split("struct RunFailure {").nth(1).unwrap().split("\n}").next().unwrap();
    let field = Regex::new(r"(?m)^    (\w+): ").unwrap();
    let fields: BTreeSet<String> = field.captures_iter(fields).map(|found| found[1].to_string()).collect();
    assert!(fields.len() > 10, "{fields:?}");
    shows("docs/expressions.md", &fields, &[], false);
}

#[test]
fn every_variable_of_a_shard_and_every_gate_of_the_starter_pack_is_shown() {
    let code = source("crates/core/src/plan/auto.rs");
    let list = code.split("const PAIRS").nth(1).unwrap().split("];").next().unwrap();
    let names: BTreeSet<String> = list.split('"').skip(1).step_by(2).map(String::from).collect();
    assert_eq!(names.len(), 10, "{names:?}");
    shows("docs/shards.md", &names, &[], true);
    let stem = |entry: std::fs::DirEntry| entry.path().file_stem().unwrap().to_str().unwrap().to_string();
    let gates = std::fs::read_dir(repository().join("gates/starter")).unwrap().flatten().map(stem).collect();
    shows("docs/packs.md", &gates, &[], false);
}
