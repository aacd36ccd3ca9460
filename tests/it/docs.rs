//! What README and `docs/` show is true: commands are read by the program's own parser, settings and gates are loaded, links lead
//! somewhere. `docs_run.rs` runs what is marked as runnable.

use crate::docs_pages::{Block, page, pages, repository, spans};
use crate::support::{HEAD, NOW, Ws};
use clap::error::ErrorKind;
use std::collections::BTreeSet;
use std::path::Path;
use toml::Table;

/// The calls of tollgate in a line for a shell, each in words. What stands around them in YAML is taken off.
fn calls(line: &str) -> Vec<Vec<String>> {
    let mut line = line.trim();
    for lead in ["- ", "run: ", "command: ", "$ "] {
        line = line.strip_prefix(lead).unwrap_or(line);
    }
    if !line.contains("tollgate ") {
        return Vec::new();
    }
    let words = shlex::split(line).unwrap_or_default();
    let ends = |word: &String| matches!(word.as_str(), "&&" | "||" | "|" | ";");
    let mut calls = Vec::new();
    for part in words.split(ends) {
        let part: Vec<String> = part.iter().take_while(|word| !word.starts_with('>')).cloned().collect();
        if part.first().is_some_and(|word| word == "tollgate") {
            calls.push(part);
        }
    }
    calls
}

/// Why clap refuses a call; in prose a call may leave out what it needs.
fn refused(words: &[String], prose: bool) -> Option<String> {
    // A number that prose leaves open.
    let mut words: Vec<String> =
        words.iter().map(|word| if prose && word == "N" { "1".into() } else { word.clone() }).collect();
    let text =
        words.get(1).is_some_and(|verb| verb == "explain") && words.get(2).is_some_and(|w| w != "--list");
    if text {
        // The text of `explain` is put behind `--`, as the program does.
        words.insert(2, "--".into());
    }
    let error = tollgate::cli::command().try_get_matches_from(words).err()?;
    let open = [
        ErrorKind::MissingRequiredArgument,
        ErrorKind::MissingSubcommand,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
    ];
    let fine = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        kind => prose && open.contains(&kind),
    };
    (!fine).then(|| error.to_string())
}

#[test]
fn every_command_is_one_that_the_program_takes() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for page in pages() {
        for block in &page.blocks {
            let joined = block.text.replace("\\\n", " ");
            for words in joined.lines().flat_map(calls) {
                // `tollgate 0.1.0` begins a report.
                if words.get(1).is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
                    continue;
                }
                seen += 1;
                wrong.extend(refused(&words, false).map(|why| format!("{}: {words:?}\n{why}", block.at)));
            }
        }
        for words in spans(&page.prose).iter().flat_map(|span| calls(span)) {
            if words.get(1).is_some_and(|verb| verb == "VERB") {
                continue;
            }
            seen += 1;
            wrong.extend(refused(&words, true).map(|why| format!("{}: {words:?}\n{why}", page.path)));
        }
    }
    assert!(seen > 100, "{seen} commands");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_command_that_is_none_is_found() {
    let of = |line: &str| calls(line).iter().filter_map(|words| refused(words, false)).count();
    assert_eq!(of("- run: tollgate run --out x || [ $? -eq 1 ]"), 0);
    assert_eq!(of("cd a && tollgate chek"), 1);
    assert_eq!(of("tollgate check --gates x"), 1);
    assert_eq!(of("$ tollgate explain '--- FAIL: TestX'  # a text"), 0);
    assert_eq!(of("tollgate merge a b"), 1);
    assert!(refused(&calls("tollgate merge a b")[0], true).is_none());
}

#[test]
fn every_block_holds() {
    let mut wrong = Vec::new();
    for page in pages() {
        for block in &page.blocks {
            if let Err(why) = holds(block) {
                wrong.push(format!("{}: {why}", block.at));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn holds(block: &Block) -> Result<(), String> {
    match block.lang.as_str() {
        "toml" => toml_holds(block),
        "json" => serde_json::from_str::<serde_json::Value>(&block.text).map(drop).map_err(|e| e.to_string()),
        "yaml" => {
            let mut events = saphyr_parser::Parser::new_from_str(&block.text);
            events.find_map(Result::err).map_or(Ok(()), |e| Err(e.to_string()))
        }
        // A shell's words; what is tollgate's own is held to its parser above.
        "sh" | "console" => {
            let joined = block.text.replace("\\\n", " ");
            let open = joined.lines().find(|line| shlex::split(line).is_none() && !line.trim().is_empty());
            let open = open.filter(|line| !line.trim_start().starts_with('#'));
            open.map_or(Ok(()), |line| Err(format!("no shell reads `{line}`")))
        }
        // Evaluated, in `docs_samples`.
        "text" | "rust" | "cel" => Ok(()),
        other => Err(format!("`{other}` is held by no test: say which language it is")),
    }
}

/// Loads a block by what its top keys say it is: settings, a gate, the classification file, a runbook entry.
fn toml_holds(block: &Block) -> Result<(), String> {
    let mut table: Table = block.text.parse().map_err(|e: toml::de::Error| e.to_string())?;
    let has = |table: &Table, keys: &[&str]| keys.iter().any(|key| table.contains_key(*key));
    if block.info.ends_with("Cargo.toml") || block.info == ".config/nextest.toml" {
        return Ok(());
    }
    let ws = Ws::new();
    let settings = "[workspace]\npacks = ['starter']\nresults = 'runs'\noutput = 'out'\ngit = false\n";
    ws.put("tollgate.toml", settings);
    if has(&table, &["workspace", "suites", "lint", "profiles", "mask", "reproduce"])
        && !has(&table, &["owner"])
    {
        complete(&mut table);
        ws.put("tollgate.toml", table.to_string());
        for folder in ["gates", "schemas", "runbook"] {
            std::fs::create_dir_all(ws.at(folder)).unwrap();
        }
        return loads(&ws, &["gate", "list"]);
    }
    if has(&table, &["checks", "artifacts"]) {
        let whole = if has(&table, &["name"]) { block.text.clone() } else { format!("{HEAD}{}", block.text) };
        ws.put("gates/shown.toml", whole);
        return loads(&ws, &["gate", "list"]);
    }
    if has(&table, &["waiver", "quarantine", "rollback", "suite"]) {
        ws.put("tests/suite_classification.toml", &block.text);
        return entries_hold(&ws);
    }
    if has(&table, &["patterns", "summary"]) {
        ws.put("runbook/shown.toml", &block.text);
        return loads(&ws, &["explain", "--list"]);
    }
    Err("nothing says which file this is: name it behind `toml`".into())
}

/// A part of `[suites.X]` is shown alone where the rest is said elsewhere.
fn complete(table: &mut Table) {
    let kinds = table.get_mut("suites").and_then(toml::Value::as_table_mut);
    for (_, suite) in kinds.into_iter().flat_map(|kinds| kinds.iter_mut()) {
        let Some(suite) = suite.as_table_mut() else { continue };
        let has = |key: &str| suite.contains_key(key);
        let (named, run) = (has("names") || has("glob") || has("from"), !has("command") && !has("evidence"));
        let read = has("reader") || !has("retry_limit");
        if !named {
            suite.insert("names".into(), vec!["a"].into());
        }
        if run {
            suite.insert("command".into(), "true".into());
        }
        if !read {
            suite.insert("reader".into(), "tap".into());
        }
    }
}

fn loads(ws: &Ws, args: &[&str]) -> Result<(), String> {
    let run = ws.run(args);
    if run.code == 0 { Ok(()) } else { Err(run.stderr) }
}

/// Waivers and quarantine entries are judged as of the day that the pages speak of.
fn entries_hold(ws: &Ws) -> Result<(), String> {
    for verb in ["waiver", "quarantine"] {
        let run = ws.run(&[verb, "list", "--now", NOW]);
        if run.code != 0 || run.stdout.lines().any(|line| line.starts_with("INVALID")) {
            return Err(run.stdout + &run.stderr);
        }
    }
    if ws.text("tests/suite_classification.toml").contains("[rollback]") {
        let run = ws.run(&["check", "--mode", "rollback", "--now", NOW, "--lane", "certification"]);
        return if run.code == 2 { Err(run.stderr) } else { Ok(()) };
    }
    Ok(())
}

/// GitHub's anchor of a heading.
fn anchor(heading: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
    heading.trim().to_lowercase().chars().filter(|c| kept(*c)).collect::<String>().replace(' ', "-")
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    let all = pages();
    for page in &all {
        let folder = Path::new(&page.path).parent().unwrap().to_path_buf();
        // What stands in backticks is no link.
        let prose: String = page.prose.split('`').step_by(2).collect::<Vec<_>>().join("x");
        for (at, _) in prose.match_indices("](") {
            let target = prose[at + 2..].split(')').next().unwrap_or_default();
            if let Some(rest) = target.strip_prefix("https://") {
                let host = rest.split('/').next().unwrap_or_default();
                if !host.contains('.') || target.contains(char::is_whitespace) {
                    wrong.push(format!("{}: {target} is no address", page.path));
                }
                continue;
            }
            let (file, place) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.path.clone() } else { clean(&folder.join(file)) };
            if !repository().join(&path).exists() {
                wrong.push(format!("{}: {target} is not there", page.path));
                continue;
            }
            let heading = |text: &str| {
                text.lines().any(|l| l.starts_with('#') && anchor(l.trim_start_matches('#')) == place)
            };
            let found = all.iter().find(|page| page.path == path).is_some_and(|page| heading(&page.prose));
            if !place.is_empty() && !found {
                wrong.push(format!("{}: {target} has no such heading", page.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn clean(path: &Path) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.to_str().unwrap().split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn the_index_lists_every_page() {
    let index = std::fs::read_to_string(repository().join("docs/README.md")).unwrap();
    let own = |path: &str| {
        path.starts_with("docs/") && path != "docs/README.md" && !path.starts_with("docs/recipes/")
    };
    let listed: BTreeSet<String> =
        pages().iter().filter(|p| own(&p.path)).map(|p| p.path["docs/".len()..].to_string()).collect();
    for page in listed {
        assert!(index.contains(&format!("({page})")), "docs/README.md does not list {page}");
    }
}

#[test]
fn the_readme_is_short_and_begins_with_its_two_commands() {
    let text = std::fs::read_to_string(repository().join("README.md")).unwrap();
    assert!(text.lines().count() <= 130, "{} lines", text.lines().count());
    let start = text.split("## ").nth(1).unwrap();
    assert!(start.starts_with("Start\n"), "{start}");
    let readme = page("README.md");
    let first: Vec<&str> = readme.blocks.iter().take(2).map(|block| block.text.trim()).collect();
    let judged = "cargo run --release -- check --root fixtures/workspaces/parity --now 2026-11-20T12:00:00Z --out target/verdict";
    assert_eq!(first, [judged, "cargo test"]);
    assert_eq!(start.matches("```sh").count(), 2, "Start has exactly two commands");
}
