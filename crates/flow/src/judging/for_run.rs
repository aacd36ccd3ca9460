//! What stands for `{run}` in the command that reproduces a gate: a run folder, or where no folder can be replayed what makes one.

use crate::commands::{flagged, path_word};
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::{ForRun, Gate};
use tollgate_core::model::suite::{EvidenceFrom, ResultReader, SuiteSpec};
use tollgate_host::artifact::NoRun;
use tollgate_host::files::{ReadError, Root};
use tollgate_text::command::CommandLine;
use tollgate_text::json::{self, Json, JsonLimits};

/// Bytes of a summary at most.
const SUMMARY: u64 = 512 << 20;
/// Why the command of an ingested run is not run.
const INGESTED: &str = "the run was ingested, and tollgate cannot repeat it here: run its tests where they ran, and ingest \
                        their results";

/// Why the command of a kind that something else runs is not run.
const ELSEWHERE: &str = "something else runs its tests: run them there, and ingest their results";

/// What makes a run here: `tollgate run`, or where something else runs every suite, the line that takes its results in.
pub fn makes_one(suites: &[SuiteSpec]) -> ForRun {
    let elsewhere = suites.iter().all(|spec| spec.evidence == EvidenceFrom::Ingest);
    suites.first().filter(|_| elsewhere).map_or_else(ForRun::none, taken_in)
}

/// What is said where there is no run yet: the command that makes the first, and a sentence; `None` where there is one, or something
/// that cannot be looked at stands in its place.
pub fn first_run(run: &Result<String, NoRun>, suites: &[SuiteSpec]) -> Option<(String, String)> {
    // Without suites nothing here makes a run: what the gates read comes from elsewhere, and each says what it misses.
    run.as_ref().err().filter(|none| none.reason == Reason::Missing && !suites.is_empty())?;
    let (command, why_not) = match makes_one(suites) {
        ForRun::Instead { command, why_not } => (command, why_not),
        ForRun::Folder(_) | ForRun::Whole(_) => ("tollgate run".to_string(), None),
    };
    let said = match why_not {
        None => format!("there is no run yet: run `{command}` first"),
        Some(why) => format!("there is no run yet: `{command}` makes the first ({why})"),
    };
    Some((command, said))
}

/// The `ingest` line of a kind, with `FILE` for the files that something else leaves.
pub fn taken_in(spec: &SuiteSpec) -> ForRun {
    let format = if spec.reader == ResultReader::Exit { "FORMAT" } else { spec.reader.name() };
    ForRun::Instead { command: ingest_line(&spec.kind, format), why_not: Some(ELSEWHERE.into()) }
}

fn ingest_line(kind: &str, format: &str) -> String {
    let kind = if kind == "unit" { String::new() } else { format!("{} ", flagged("--kind", kind)) };
    format!("tollgate ingest {kind}{format} FILE")
}

/// Of the run folder judged; `summary` is its `summary.json`, where that could be read.
///
/// Nothing in the summary is ever run: of a run that was ingested it tells the format and the kind, and no file.
pub fn for_run(root: &Root, run: Option<&str>, summary: Option<&Json<'_>>, suites: &[SuiteSpec]) -> ForRun {
    let Some(run) = run else { return makes_one(suites) };
    match summary {
        Some(summary) => match ingested(summary) {
            Some(command) => ForRun::Instead { command, why_not: Some(INGESTED.into()) },
            None if nothing_failed(summary) => ForRun::Whole(run.to_string()),
            None => ForRun::Folder(run.to_string()),
        },
        None => unfinished(root, run),
    }
}

/// The same, the summary looked for in the folder.
pub fn for_run_folder(root: &Root, run: Option<&str>, suites: &[SuiteSpec]) -> ForRun {
    let bytes = run.and_then(|run| root.read(&format!("{run}/summary.json"), SUMMARY).ok());
    let limits = JsonLimits { bytes: SUMMARY, ..JsonLimits::default() };
    let summary = bytes.as_deref().and_then(|bytes| json::parse(bytes, &limits).ok());
    for_run(root, run, summary.as_ref(), suites)
}

/// Whether the summary says that there is nothing to replay. One that does not say it may have something.
fn nothing_failed(summary: &Json<'_>) -> bool {
    let empty = |list: &Json<'_>| matches!(list, Json::Array(items) if items.is_empty());
    let passed = |step: &Json<'_>| step.get("passed") == Some(&Json::Bool(true));
    let all_passed = |lint: &Json<'_>| matches!(lint, Json::Array(steps) if steps.iter().all(passed));
    ["failed_names", "failed_unit_names", "not_run"].iter().all(|list| summary.get(list).is_some_and(empty))
        && summary.get("lint_not_run").is_none_or(empty)
        && summary.get("lint").is_none_or(all_passed)
}

/// A run without a summary that can be read: one that was killed is taken up again. A folder that something else made is named
/// as it is.
fn unfinished(root: &Root, run: &str) -> ForRun {
    let is_gone = |name: &str| matches!(root.resolve(&format!("{run}/{name}")), Err(ReadError::Missing(_)));
    if !is_gone("summary.json") {
        ForRun::Folder(run.to_string())
    } else if !is_gone("run_events.jsonl") {
        ForRun::Instead { command: format!("tollgate run --resume {}", path_word(run)), why_not: None }
    } else if !is_gone("ingest_error.json") {
        ForRun::Instead { command: "tollgate ingest FORMAT FILE".into(), why_not: Some(INGESTED.into()) }
    } else {
        ForRun::Folder(run.to_string())
    }
}

/// The `ingest` line of a run that was ingested and whose suites `tollgate.toml` does not know, with `FILE` for its files.
fn ingested(summary: &Json<'_>) -> Option<String> {
    let text = |pointer: &str| summary.pointer(pointer).and_then(Json::as_str);
    if text("/profile") != Some("ingest") {
        return None;
    }
    let said = CommandLine::parse(text("/replay_bundle/one_command_replay").unwrap_or_default()).ok();
    let words: Vec<&str> = said.iter().flat_map(|line| line.arguments().iter().map(String::as_str)).collect();
    if words.first() == Some(&"run") {
        return None;
    }
    let format =
        words.iter().copied().find(|w| ResultReader::parse(w).is_some_and(|r| r != ResultReader::Exit));
    let kind = ["/suites/0/kind", "/units/0/kind"].iter().find_map(|at| text(at));
    Some(ingest_line(kind.unwrap_or("unit"), format.unwrap_or("FORMAT")))
}

/// The first thing to do where a gate failed because the evidence of the run is not there or of something else: make it again.
pub fn again(gate: &Gate, failed_by: Option<Reason>, run: &ForRun, command: &str) -> Option<String> {
    if !matches!(failed_by, Some(Reason::Missing | Reason::Stale)) || !gate.depends_on_run() {
        return None;
    }
    Some(match run {
        ForRun::Instead { why_not: Some(_), .. } => {
            format!("Run the tests again where they run, then `{command}`, then `tollgate check`.")
        }
        _ => format!("Run again: `{command}`, then `tollgate check`."),
    })
}

/// Whether a recorded command is one of those that stand in for a run folder: an older verdict may have been of another run.
pub fn stands_in(command: &str, results: &str) -> bool {
    let Ok(line) = CommandLine::parse(command) else { return false };
    let words: Vec<&str> = line.arguments().iter().map(String::as_str).collect();
    let below = |run: &str| {
        let name = run.strip_prefix(results.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
        name.is_some_and(|name| !name.is_empty() && !name.contains('/') && name != "..")
    };
    line.env().is_empty()
        && line.program() == "tollgate"
        && match words[..] {
            ["run"] => true,
            ["run", "--resume", run] => below(run),
            ["ingest", .., "FILE"] => true,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "runs/20261120T101500Z";

    fn of(files: &[(&str, &str)]) -> ForRun {
        let dir = tempfile::tempdir().unwrap();
        fs_err::create_dir_all(dir.path().join(RUN)).unwrap();
        for (name, text) in files {
            fs_err::write(dir.path().join(RUN).join(name), text).unwrap();
        }
        for_run_folder(&Root::open(dir.path()).unwrap(), Some(RUN), &[])
    }

    fn instead(run: &ForRun) -> &str {
        match run {
            ForRun::Folder(_) => "the folder",
            ForRun::Whole(_) => "a whole run",
            ForRun::Instead { command, .. } => command,
        }
    }

    #[test]
    fn a_command_for_each_state_of_a_run() {
        let ingest = |kind: &str, replay: &str| {
            format!(
                r#"{{"profile": "ingest", "replay_bundle": {{"one_command_replay": "{replay}"}}, "units": [{{"kind": "{kind}"}}]}}"#
            )
        };
        let lists = |failed: &str, more: &str| {
            format!(
                r#"{{"profile": "ci", "failed_names": [], "failed_unit_names": {failed}, "not_run": []{more}}}"#
            )
        };
        for (files, wanted) in [
            (vec![("summary.json", r#"{"profile": "ci"}"#.to_string())], "the folder"),
            (vec![("summary.json", "{".to_string())], "the folder"),
            (vec![("summary.json", lists("[]", r#", "lint": [{"passed": true}]"#))], "a whole run"),
            (vec![("summary.json", lists("[]", r#", "lint": [{"passed": false}]"#))], "the folder"),
            (vec![("summary.json", lists("[]", r#", "lint_not_run": ["fmt"]"#))], "the folder"),
            (vec![("summary.json", lists("[\"a\"]", ""))], "the folder"),
            (vec![("run_events.jsonl", String::new())], "tollgate run --resume runs/20261120T101500Z"),
            (vec![("ingest_error.json", String::new())], "tollgate ingest FORMAT FILE"),
            (vec![], "the folder"),
            (
                vec![("summary.json", ingest("unit", "tollgate ingest junit a.xml"))],
                "tollgate ingest junit FILE",
            ),
            (
                vec![("summary.json", ingest("-x y", "tollgate ingest --kind '-x y' go 'a b'"))],
                "tollgate ingest --kind='-x y' go FILE",
            ),
            (vec![("summary.json", ingest("unit", "rm -rf /"))], "tollgate ingest FORMAT FILE"),
            (vec![("summary.json", ingest("unit", "tollgate run --rerun-from x"))], "the folder"),
        ] {
            let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
            assert_eq!(instead(&of(&files)), wanted, "{files:?}");
        }
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(for_run_folder(&Root::open(dir.path()).unwrap(), None, &[]), ForRun::none());
    }

    #[test]
    fn what_stands_in_is_known_again() {
        for command in [
            "tollgate run",
            "tollgate run --resume runs/20261120T101500Z",
            "tollgate ingest --kind e2e go FILE",
        ] {
            assert!(stands_in(command, "runs"), "{command}");
        }
        for command in [
            "rm -rf /",
            "tollgate run --resume /etc",
            "A=b tollgate run",
            "tollgate check",
            "sh -c 'tollgate run'",
        ] {
            assert!(!stands_in(command, "runs"), "{command}");
        }
    }
}
