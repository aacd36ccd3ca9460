//! What stands for `{run}` in the command that reproduces a gate: a run folder, or where no folder can be replayed what makes one.

use super::commands::{flagged, path_word};
use crate::base::command::CommandLine;
use crate::base::files::{ReadError, Root};
use crate::base::json::{self, Json, Limits};
use crate::model::gate::ForRun;
use crate::model::suite::Reader;

/// Bytes of a summary at most.
const SUMMARY: u64 = 512 << 20;
/// Why the command of an ingested run is not run.
const INGESTED: &str = "the run was ingested, and tollgate cannot repeat it here: run its tests where they ran, and ingest \
                        their results";

/// Of the run folder judged; `summary` is its `summary.json`, where that could be read.
///
/// Nothing in the summary is ever run: of a run that was ingested it tells the format and the kind, and no file.
pub fn for_run(root: &Root, run: Option<&str>, summary: Option<&Json<'_>>) -> ForRun {
    let Some(run) = run else { return ForRun::none() };
    match summary {
        Some(summary) => match ingested(summary) {
            Some(command) => ForRun::Instead { command, why_not: Some(INGESTED.into()) },
            None => ForRun::Folder(run.to_string()),
        },
        None => unfinished(root, run),
    }
}

/// The same, the summary looked for in the folder.
pub fn for_run_folder(root: &Root, run: Option<&str>) -> ForRun {
    let bytes = run.and_then(|run| root.read(&format!("{run}/summary.json"), SUMMARY).ok());
    let limits = Limits { bytes: SUMMARY, ..Limits::default() };
    let summary = bytes.as_deref().and_then(|bytes| json::parse(bytes, &limits).ok());
    for_run(root, run, summary.as_ref())
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
    let format = words.iter().copied().find(|w| Reader::parse(w).is_some_and(|r| r != Reader::Exit));
    let kind =
        ["/suites/0/kind", "/units/0/kind"].iter().find_map(|at| text(at)).filter(|kind| *kind != "unit");
    let kind = kind.map_or(String::new(), |kind| format!("{} ", flagged("--kind", kind)));
    Some(format!("tollgate ingest {kind}{} FILE", format.unwrap_or("FORMAT")))
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
        for_run_folder(&Root::open(dir.path()).unwrap(), Some(RUN))
    }

    fn instead(run: &ForRun) -> &str {
        match run {
            ForRun::Folder(_) => "the folder",
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
        for (files, wanted) in [
            (vec![("summary.json", r#"{"profile": "ci"}"#.to_string())], "the folder"),
            (vec![("summary.json", "{".to_string())], "the folder"),
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
        assert_eq!(for_run_folder(&Root::open(dir.path()).unwrap(), None), ForRun::none());
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
