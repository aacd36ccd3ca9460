//! Gates, as a gate file states them, with every expression compiled.

use crate::model::lane::Lane;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use tollgate_lang::cel::Expr;
use tollgate_text::command::{self, CommandLine};
use tollgate_text::json::TextPlaces;

/// A region of a file of the workspace, counted from 1, the end column one past the last character (as SARIF has it).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region {
    /// Workspace-relative, `/`-separated.
    pub path: String,
    /// First line.
    pub line: u64,
    /// First column, in characters.
    pub column: u64,
    /// Last line.
    pub end_line: u64,
    /// One past the last column.
    pub end_column: u64,
}

impl Region {
    /// The region of a byte range of the file at `path`, whose text has these places.
    pub fn of(path: &str, places: &TextPlaces<'_>, span: Range<usize>) -> Region {
        let start = places.place(span.start);
        let end = places.place(span.end.max(span.start));
        Region {
            path: path.to_string(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// The region from byte `offset` to the end of its line.
    pub fn to_end_of_line(path: &str, places: &TextPlaces<'_>, offset: usize) -> Region {
        Region::of(path, places, offset..places.line(offset).end)
    }
}

/// Where a gate was loaded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateOrigin {
    /// Embedded: the pack's name.
    Pack(String),
    /// A file of the workspace.
    Workspace,
}

/// What a failing gate does to the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocking {
    /// It fails it.
    Yes,
    /// It is a `warn`.
    No,
    /// Judged and shown, never counted.
    Shadow,
}

/// How an artifact is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// One JSON document.
    Json,
    /// One JSON document a line, streamed.
    Jsonl,
    /// TOML; dates are bound as strings.
    Toml,
    /// UTF-8 text, bound as one string.
    Text,
    /// A JUnit XML report, bound as an object (see `artifact`).
    Junit,
}

impl Format {
    /// The name in a gate file.
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Toml => "toml",
            Format::Text => "text",
            Format::Junit => "junit",
        }
    }
}

/// Which schema an artifact must pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Demand {
    /// `schema = ID`: the document's `schema` field says so, and it validates.
    Schema(String),
    /// `shape = ID`: it validates; what it names is not looked at.
    Shape(String),
    /// Neither: the document's own `schema` field decides; none fails (json, jsonl, toml).
    Own,
}

/// One `[artifacts.<name>]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct ArtifactSpec {
    /// The name it is bound to in expressions.
    pub name: String,
    /// Workspace-relative paths, the first that exists is read; `{run}` stands for the run folder.
    pub paths: Vec<String>,
    /// The path is a glob and every match is bound.
    pub many: bool,
    /// How it is read.
    pub format: Format,
    /// Which schema it must pass.
    pub demand: Demand,
    /// Oldest age allowed, in seconds, against its own `generated_at`.
    pub max_age: Option<u64>,
    /// Its absence fails the gate.
    pub required: bool,
    /// `commit = "same"`; `None` is the default (same for `{run}` artifacts where git holds).
    pub commit_same: Option<bool>,
    /// Where the table stands.
    pub region: Region,
}

/// One piece of a message.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Literal text.
    Text(String),
    /// `{expression}`.
    Expr(Arc<Expr>),
}

/// One `[[checks]]` table.
#[derive(Debug, Clone)]
pub struct GateCheck {
    /// Unique within the gate.
    pub id: String,
    /// Judged only when this is true; an error in it fails the check.
    pub when: Option<Arc<Expr>>,
    /// A list, a map or a jsonl artifact, each element bound to `it`.
    pub for_each: Option<Arc<Expr>>,
    /// `empty = "ok"`: an empty `for_each` is no failure.
    pub empty_ok: bool,
    /// Passes on `true` alone.
    pub assert: Arc<Expr>,
    /// Shown when it fails; the assertion's text when absent.
    pub message: Option<Vec<Piece>>,
    /// What is told of each finding beside its message.
    pub told: ToldByCheck,
    /// Where the table stands.
    pub region: Region,
}

/// What a check tells of each finding beside its message. None of it decides anything.
#[derive(Debug, Clone, Default)]
pub struct ToldByCheck {
    /// A list: where the assertion is false, one finding for each element, bound to `it`, and not one for the whole.
    pub findings: Option<Arc<Expr>>,
    /// A string: what the finding is about.
    pub title: Option<Arc<Expr>>,
    /// Where to look: `"path"`, `"path:line"`, `"path:line:column"`, a map of `path`, `line` and `column`, or null.
    pub at: Option<Arc<Expr>>,
    /// A string: the command that repeats it; or null.
    pub reproduce: Option<Arc<Expr>>,
}

impl ToldByCheck {
    /// Its expressions.
    pub fn expressions(&self) -> impl Iterator<Item = &Arc<Expr>> {
        self.findings.iter().chain(&self.title).chain(&self.at).chain(&self.reproduce)
    }
}

/// What every judgement gives an expression, whatever the evidence.
const GIVEN: [&str; 3] = ["lane", "mode", "now"];

impl GateCheck {
    /// Whether its verdict can depend on evidence: its list or its assertion names something beside the lane, the mode and the
    /// moment, or looks at files. A `when` decides whether it is asked, and not what it says.
    pub fn reads_evidence(&self) -> bool {
        self.for_each
            .iter()
            .chain(std::iter::once(&self.assert))
            .any(|expr| expr.looks_at_files() || expr.names().iter().any(|name| !GIVEN.contains(name)))
    }
}

/// A mutation of `prove` that rightly stays green.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Except {
    /// `"<artifact> <op> <pointer pattern>"`.
    pub mutation: String,
    /// The author's reason.
    pub why: String,
}

/// A loaded, linted, compiled gate.
#[derive(Debug, Clone)]
pub struct Gate {
    /// The file's stem.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// Why it exists.
    pub why: String,
    /// Who answers for it.
    pub owner: String,
    /// What its failure does.
    pub blocking: Blocking,
    /// The lanes that judge it.
    pub lanes: Vec<Lane>,
    /// Runbook entry id.
    pub runbook: Option<String>,
    /// The command that reproduces it, `{run}` not yet filled in.
    pub reproduce: String,
    /// Judged only when true; an error is no skip.
    pub applies_when: Option<Arc<Expr>>,
    /// Artifacts, by name.
    pub artifacts: BTreeMap<String, ArtifactSpec>,
    /// Checks in file order.
    pub checks: Vec<GateCheck>,
    /// `[[prove.except]]`.
    pub except: Vec<Except>,
    /// Where it comes from.
    pub origin: GateOrigin,
    /// For SARIF: the gate file's first table, or for a packed gate the `packs` line of `tollgate.toml`.
    pub region: Region,
    /// SHA-256 of the gate file's bytes.
    pub digest: String,
    /// The pack whose gate of the same id this one replaces.
    pub replaces: Option<String>,
}

/// The command that makes a run.
const RUN: &str = "tollgate run";
/// How a command begins that replays the run judged.
const REPLAY: &str = "tollgate run --rerun-from {run}";

/// What a gate's `reproduce` comes to where it holds `{run}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForRun {
    /// It is filled with the run folder judged, workspace-relative.
    Folder(String),
    /// As `Folder`, but a replay of it would repeat nothing of use: nothing failed there, or it is no evidence of what is judged.
    /// `tollgate run` takes the place of a replay.
    Whole(String),
    /// No folder can stand there: this command takes the place of the gate's own.
    Instead {
        /// What makes the evidence that the gate reads.
        command: String,
        /// Why nobody can run it here, one sentence; `None` where it can be run.
        why_not: Option<String>,
    },
}

impl ForRun {
    /// Before any run: the command that makes one.
    pub fn none() -> ForRun {
        ForRun::Instead { command: RUN.into(), why_not: None }
    }

    /// The same, where the evidence of the run is of no use: what is replayed of it would be of none either.
    #[must_use]
    pub fn of_no_use(self) -> ForRun {
        match self {
            ForRun::Folder(run) => ForRun::Whole(run),
            other => other,
        }
    }
}

impl Gate {
    /// Whether the command that reproduces it names a run folder.
    pub fn reproduces_by_run(&self) -> bool {
        self.reproduce.contains("{run}")
    }

    /// Whether the command that reproduces it depends on the run: it names its folder, or makes a run as it is made here.
    pub fn depends_on_run(&self) -> bool {
        self.reproduces_by_run() || self.reproduce == RUN
    }

    /// The command that reproduces the gate, as a person types it: the gate file's own text, `{run}` filled with the run
    /// folder judged, or what stands in for that where there is none, after the workspace's `[reproduce] prefix`.
    ///
    /// The run folder stays one word whatever its name. A command that begins with `NAME=value` gets `env` between
    /// itself and a prefix: a prefix starts a program and would take the assignment for one.
    pub fn reproduce_command(&self, run: &ForRun, prefix: &str) -> String {
        let text = match run {
            ForRun::Instead { command, .. } if self.depends_on_run() => command.clone(),
            ForRun::Whole(_) if self.reproduce.starts_with(REPLAY) => RUN.into(),
            ForRun::Folder(run) | ForRun::Whole(run) if is_plain_path(run) => {
                self.reproduce.replace("{run}", run)
            }
            _ if !self.reproduces_by_run() => self.reproduce.clone(),
            ForRun::Instead { command, .. } => command.clone(),
            ForRun::Folder(run) | ForRun::Whole(run) => match CommandLine::parse(&self.reproduce) {
                Ok(line) => line.filled("{run}", run).to_string(),
                Err(_) => self.reproduce.replace("{run}", &command::quote(run)),
            },
        };
        match prefix.trim() {
            "" => text,
            prefix if command::begins_with_environment(&text) => format!("{prefix} env {text}"),
            prefix => format!("{prefix} {text}"),
        }
    }

    /// Whether an expression of the gate mentions `name`.
    pub fn mentions(&self, name: &str) -> bool {
        self.expressions().any(|e| e.mentions(name))
    }

    /// Whether anything of the gate, messages and what they tell included, mentions `name`.
    pub fn tells_of(&self, name: &str) -> bool {
        let shown = self.checks.iter().flat_map(|check| {
            let pieces = check.message.iter().flatten().filter_map(|piece| match piece {
                Piece::Text(_) => None,
                Piece::Expr(expr) => Some(expr),
            });
            pieces.chain(check.told.expressions())
        });
        self.expressions().chain(shown).any(|expr| expr.mentions(name))
    }

    /// Every expression that decides something (not those in messages).
    pub fn expressions(&self) -> impl Iterator<Item = &Arc<Expr>> {
        self.applies_when.iter().chain(
            self.checks
                .iter()
                .flat_map(|c| c.when.iter().chain(c.for_each.iter()).chain(std::iter::once(&c.assert))),
        )
    }
}

/// A relative path that means itself to a shell and to every program: no quoting needed, no option, no way up.
pub fn is_plain_path(path: &str) -> bool {
    path.split('/').all(|part| {
        let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        plain && !matches!(part, "" | "." | "..") && !part.starts_with('-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gate(reproduce: &str) -> Gate {
        let region = Region { path: "g.toml".into(), line: 1, column: 1, end_line: 1, end_column: 2 };
        Gate {
            id: "g".into(),
            name: "G".into(),
            why: "because".into(),
            owner: "o".into(),
            blocking: Blocking::Yes,
            lanes: vec![Lane::Full],
            runbook: None,
            reproduce: reproduce.into(),
            applies_when: None,
            artifacts: BTreeMap::new(),
            checks: Vec::new(),
            except: Vec::new(),
            origin: GateOrigin::Workspace,
            region,
            digest: String::new(),
            replaces: None,
        }
    }

    #[test]
    fn the_command_is_the_files_own() {
        let plain = gate("cargo test --test x -- 'a b'");
        let none = ForRun::none();
        let folder = |run: &str| ForRun::Folder(run.to_string());
        assert_eq!(plain.reproduce_command(&none, ""), "cargo test --test x -- 'a b'");
        assert_eq!(
            plain.reproduce_command(&folder("r/1"), "rch exec --"),
            "rch exec -- cargo test --test x -- 'a b'"
        );
        let env = gate("VCR_MODE=playback cargo test");
        assert_eq!(
            env.reproduce_command(&none, "rch exec --"),
            "rch exec -- env VCR_MODE=playback cargo test"
        );
        let run = gate("tollgate run --rerun-from {run}/summary.json");
        assert_eq!(
            run.reproduce_command(&folder("out/20261120T101500Z"), ""),
            "tollgate run --rerun-from out/20261120T101500Z/summary.json"
        );
        assert_eq!(run.reproduce_command(&none, ""), "tollgate run");
        // What replays nothing is no way to see it again; what only looks at the folder is.
        let whole = folder("out/20261120T101500Z").of_no_use();
        assert_eq!(run.reproduce_command(&whole, ""), "tollgate run");
        assert_eq!(gate("look {run}/x").reproduce_command(&whole, ""), "look out/20261120T101500Z/x");
        let ingest = ForRun::Instead { command: "tollgate ingest go FILE".into(), why_not: Some("w".into()) };
        assert_eq!(gate("tollgate run").reproduce_command(&ingest, ""), "tollgate ingest go FILE");
        assert_eq!(gate("tollgate run").reproduce_command(&whole, ""), "tollgate run");
        assert_eq!(plain.reproduce_command(&ingest, ""), "cargo test --test x -- 'a b'");
        assert_eq!(run.reproduce_command(&none, "rch exec --"), "rch exec -- tollgate run");
    }

    proptest! {
        #[test]
        fn a_run_folder_of_any_name_is_one_word(run in "[^\\pC]{1,20}") {
            let line = gate("tool {run}/x last").reproduce_command(&ForRun::Folder(run.clone()), "");
            let words = CommandLine::parse(&line).unwrap();
            prop_assert_eq!(words.arguments(), [format!("{run}/x"), "last".to_string()]);
        }
    }
}
