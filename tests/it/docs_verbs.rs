//! What the pages list of verbs is what these do: formats, outputs for GitHub, whether they need settings, readers.

use crate::docs_pages::{page, part, spans};
use crate::docs_run::rows;
use crate::support::{NOW, Ws, finish};
use std::collections::{BTreeMap, BTreeSet};

/// The verbs that do something, as they are typed.
pub fn leaves() -> Vec<String> {
    fn below(command: &clap::Command, lead: &str, found: &mut Vec<String>) {
        for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
            let name = format!("{lead}{}", verb.get_name());
            match verb.get_subcommands().next() {
                Some(_) => below(verb, &format!("{name} "), found),
                None => found.push(name),
            }
        }
    }
    let mut found = Vec::new();
    below(&tollgate::cli::command(), "", &mut found);
    found
}

/// A call of a verb that its command line takes, over the workspace of `docs_exit`.
pub fn call(verb: &str) -> String {
    let entry = "--owner o --reason r --issue i --exit-criteria e";
    let rest = match verb {
        "validate" => "doc.json".into(),
        "schema show" => "any".into(),
        "waiver add" => format!("ok {entry}"),
        "waiver renew" | "waiver remove" | "explain" | "reproduce" => "ok".into(),
        "quarantine add" => {
            format!("bad {entry} --category FLAKE-ENV --reproduce c --evidence one/bad/failure_digest.json")
        }
        "quarantine remove" => "bad".into(),
        "gate new" => "other".into(),
        "gate try" => "true".into(),
        "init" => "--force --root empty".into(),
        "run" => String::new(),
        "replay" => "one".into(),
        "ingest" => "tap a.tap".into(),
        "merge" => "0 1 --out all".into(),
        "diff" => "one two".into(),
        "flake check" => "good --runs 1".into(),
        "flake report" | "events" => "one".into(),
        "completions" => "bash".into(),
        "check" | "schema list" | "waiver list" | "waiver audit" | "quarantine list" | "quarantine audit"
        | "prove" | "gate list" | "doctor" | "man" => String::new(),
        other => panic!("{other}: say how it is called"),
    };
    format!("tollgate {verb} {rest}").trim_end().to_string()
}

#[test]
fn each_verb_has_the_formats_of_the_table() {
    const KINDS: [&str; 6] = ["human", "json", "junit", "sarif", "markdown", "github"];
    let table = rows(&part("docs/formats.md", "## Which verb has which"));
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in &table {
        for verb in spans(&row[0]) {
            assert!(told.insert(verb.clone(), spans(&row[1])).is_none(), "{verb} stands twice");
        }
    }
    let ws = Ws::new();
    ws.remove("tollgate.toml");
    for verb in leaves() {
        // `waiver` stands for each of its verbs.
        let of = |name: &str| told.get(name).cloned();
        let group = verb.split(' ').next().unwrap();
        let formats = of(&verb)
            .or_else(|| of(group))
            .unwrap_or_else(|| panic!("docs/formats.md has no row for {verb}"));
        let call = call(&verb);
        for kind in KINDS {
            let words: Vec<&str> = call.split(' ').skip(1).chain(["--format", kind, "--now", NOW]).collect();
            let refused = ws.run(&words).stderr.contains("for '--format <KIND[:PATH]>'");
            assert_eq!(!refused, formats.iter().any(|format| format == kind), "{verb} --format {kind}");
        }
    }
    let kinds: Vec<String> = spans(
        &rows(&part("docs/formats.md", "# Formats of reports"))
            .iter()
            .map(|row| row[0].clone())
            .collect::<Vec<_>>()
            .join(" "),
    );
    for kind in KINDS {
        assert!(kinds.iter().any(|name| name == kind), "docs/formats.md does not describe {kind}");
    }
}

#[test]
fn the_verbs_that_need_no_settings_are_those_that_the_page_names() {
    let text = part("docs/verbs.md", "## What holds for every verb");
    let told = text.split("\n\n").find(|paragraph| paragraph.contains("need no `tollgate.toml`")).unwrap();
    let told: BTreeSet<String> = spans(told).into_iter().collect();
    let ws = Ws::new();
    ws.remove("tollgate.toml").put("doc.json", "{}").put("a.tap", "1..1\nok 1 - a\n").put("empty/x", "");
    for out in ["one", "two"] {
        ws.run(&["ingest", "tap", "a.tap", "--out", out]).expect(0);
    }
    for verb in leaves() {
        let call = call(&verb);
        let words: Vec<&str> = call.split(' ').skip(1).chain(["--now", NOW]).collect();
        let run = ws.run(&words);
        let needs_none = told.contains(&verb) || told.contains(verb.split(' ').next().unwrap());
        assert_eq!(run.code != 2, needs_none, "{verb} ends with {}: {}", run.code, run.stderr);
        let _ = std::fs::remove_file(ws.at("tollgate.toml"));
    }
}

/// The names of the outputs that a call leaves for GitHub, in order.
fn outputs(ws: &Ws, call: &[&str]) -> Vec<String> {
    let mut command = ws.command(call);
    command.args(["--now", NOW, "--format", "github"]).env("GITHUB_OUTPUT", ws.at("outputs"));
    finish(command);
    let text = ws.text("outputs");
    ws.remove("outputs");
    text.lines().map(|line| line.split('=').next().unwrap().to_string()).collect()
}

#[test]
fn each_verb_has_the_outputs_of_the_table() {
    let ws = Ws::new();
    let suite = "[suites.unit]\nnames = ['a']\ncommand = 'true'\n";
    ws.put("tollgate.toml", ws.text("tollgate.toml") + suite)
        .put("doc.json", "{}")
        .put("a.tap", "1..1\nok 1 - a\n");
    ws.asserts("g", "true");
    let calls: [(&str, &[&str]); 7] = [
        ("check", &["check"]),
        ("validate", &["validate", "--schema", "any", "doc.json"]),
        ("run", &["run", "--out", "one"]),
        ("replay", &["replay", "red"]),
        ("ingest", &["ingest", "tap", "a.tap", "--out", "two"]),
        ("merge", &["merge", "0", "1", "--out", "all"]),
        ("diff", &["diff", "one", "red"]),
    ];
    let shard = |index: &str| {
        let call =
            ["run", "--shard-kind", "unit", "--shard-total", "2", "--shard-index", index, "--out", index];
        ws.run(&call).expect(0);
    };
    shard("0");
    shard("1");
    let settings = ws.text("tollgate.toml");
    ws.put("tollgate.toml", settings.replace("'true'", "'false'")).run(&["run", "--out", "red"]).expect(1);
    ws.put("tollgate.toml", settings);
    let table = rows(&outputs_of_the_page());
    for (verb, call) in calls {
        let row = table.iter().find(|row| spans(&row[0]).iter().any(|name| name == verb));
        let row = row.unwrap_or_else(|| panic!("docs/formats.md does not list the outputs of {verb}"));
        assert_eq!(spans(&row[1]), outputs(&ws, call), "{verb}");
    }
}

fn outputs_of_the_page() -> String {
    part("docs/formats.md", "### Outputs for GitHub")
}

#[test]
fn the_readers_are_those_of_the_tables() {
    let ws = Ws::new();
    let said = ws.run(&["ingest", "exit", "x"]).expect(2).stderr;
    let known: BTreeSet<String> =
        said.split("known are ").nth(1).unwrap().trim().split(", ").map(String::from).collect();
    let table = rows(&part("docs/readers.md", "## The readers"));
    let told: BTreeSet<String> = table.iter().flat_map(|row| spans(&row[0])).collect();
    let all: BTreeSet<String> = known.iter().cloned().chain(["exit".to_string()]).collect();
    assert_eq!(told, all);
    let prose = page("docs/own-ci.md").prose;
    let sentence = prose.split("The formats are ").nth(1).unwrap().split(';').next().unwrap();
    assert_eq!(spans(sentence).into_iter().collect::<BTreeSet<_>>(), known);
    let settings = rows(&part("docs/tollgate-toml.md", "## `[suites.KIND]`"));
    let reader = settings.iter().find(|row| row[0] == "`reader`").unwrap();
    assert!(all.is_subset(&spans(&reader[2]).into_iter().collect()), "{reader:?}");
    for row in table {
        let name = row[0].trim_matches('`');
        let suite = format!("[suites.unit]\nnames = ['a']\ncommand = 'true'\nreader = '{name}'\n");
        ws.put("tollgate.toml", format!("[workspace]\npacks = []\ngit = false\n{suite}"));
        let needs = spans(&row[2]).iter().any(|word| word == "results");
        let run = ws.run(&["run", "--list"]);
        assert_eq!(run.code == 2, needs, "{name}: {}", run.stderr);
    }
}
