//! `tollgate reproduce [GATE]... [--verdict FILE] [--exec]`: the commands of failing gates, printed or run.
//!
//! A verdict is an artifact, and an artifact may come from anyone. It says which gates failed; what is run comes from
//! the gate files alone. A command in it that is not the gate's own is shown and refused.

use super::last_verdict::{newest, parse, parse_verdict, read_named};
use crate::base::command::CommandLine;
use crate::base::files::Root;
use crate::base::process::{Ending, Limits, run};
use crate::model::gate::{Gate, is_plain_path};
use crate::model::verdict::Status;
use crate::report::text::terminal;
use crate::runbook::nearest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// The default of `[reproduce] timeout`.
pub const TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// What a command gets between TERM and KILL.
const GRACE: Duration = Duration::from_secs(10);
/// How much of each command's output the result keeps.
const KEEP: usize = 64 << 10;
/// The schema of `replay_bundle.json`.
const BUNDLE: &str = "tollgate.gate.replay.v1";

/// What is asked.
pub struct ReproduceRequest<'a> {
    /// Where commands run.
    pub root: &'a Root,
    /// Every gate of the workspace, whatever its lane.
    pub gates: &'a [Gate],
    /// Gates named on the command line; none: those that the verdict shows as failing.
    pub names: &'a [String],
    /// `--verdict`: a verdict or a `replay_bundle.json`; `None`: the newest in the output folder.
    pub verdict: Option<&'a Path>,
    /// The output folder, workspace-relative.
    pub output: &'a str,
    /// The folder of run folders, workspace-relative.
    pub results: &'a str,
    /// The newest run folder, workspace-relative.
    pub run: Option<&'a str>,
    /// `[reproduce] prefix`.
    pub prefix: &'a str,
    /// Whether to run the commands.
    pub exec: bool,
    /// Each command's timeout.
    pub timeout: Duration,
}

/// Why nothing could be done. `Display` is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReproduceError {
    /// A name on the command line that neither the gate files nor the verdict know.
    #[error("there is no gate `{}`{}", terminal(name), hint(near))]
    UnknownGate {
        /// As typed.
        name: String,
        /// Names that may have been meant.
        near: Vec<String>,
    },
    /// No verdict, and no gate named.
    #[error("{} holds no verdict; run `tollgate check` first, name a gate, or name a file with --verdict", terminal(.0))]
    NoVerdict(String),
    /// A verdict that cannot be read.
    #[error("{0}")]
    Verdict(String),
}

impl ReproduceError {
    /// 2 for a wrong command line, 3 when there is nothing to go by, 4 for a verdict that cannot be read.
    pub fn exit_code(&self) -> u8 {
        match self {
            ReproduceError::UnknownGate { .. } => 2,
            ReproduceError::NoVerdict(_) => 3,
            ReproduceError::Verdict(_) => 4,
        }
    }
}

fn hint(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}

/// A command that may be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// The gate.
    pub id: String,
    /// The gate file's own command, filled in.
    pub command: String,
}

/// A gate whose command is not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The gate, as the verdict or the command line names it.
    pub id: String,
    /// What the verdict would have run: text of unknown origin.
    pub recorded: Option<String>,
    /// The gate file's own command; null when no gate file knows the gate.
    pub own: Option<String>,
    /// One sentence.
    pub why: String,
}

/// How a run of one command came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// It failed again.
    Reproduced,
    /// It ended with exit code 0.
    NotReproduced,
    /// It was ended at the timeout: neither.
    TimedOut,
    /// It could not be started.
    NotStarted,
    /// tollgate was told to stop.
    Interrupted,
}

/// One command that was run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ran {
    /// The gate.
    pub id: String,
    /// What was run.
    pub command: String,
    /// How it came out.
    pub came: Came,
    /// Its exit code, when it exited.
    pub exit_code: Option<i32>,
    /// One sentence.
    pub detail: String,
    /// Wall time.
    pub seconds: f64,
    /// The end of its output, not UTF-8 made visible.
    pub output: String,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reproduction {
    /// The file that says what failed; null when gates were named and there was none.
    pub verdict: Option<String>,
    /// In gate order.
    pub commands: Vec<Planned>,
    /// In gate order.
    pub refused: Vec<Refused>,
    /// With `--exec`, in the order run.
    pub ran: Vec<Ran>,
    /// Commands that an interrupt kept from starting.
    pub not_run: Vec<String>,
}

impl Reproduction {
    /// 130 or 143 when interrupted; 1 when a command was refused, failed again, or was ended at the timeout; 4 when one
    /// could not be started; else 0.
    pub fn exit_code(&self) -> u8 {
        if let Some(ran) = self.ran.iter().find(|r| r.came == Came::Interrupted) {
            return if ran.exit_code == Some(143) { 143 } else { 130 };
        }
        let any = |came| self.ran.iter().any(|r| r.came == came);
        if !self.refused.is_empty() || any(Came::Reproduced) || any(Came::TimedOut) {
            1
        } else if any(Came::NotStarted) {
            4
        } else {
            0
        }
    }

    /// What goes to stdout: `id: command`, one a line.
    pub fn lines(&self) -> String {
        let line = |c: &Planned| format!("{}: {}\n", terminal(&c.id), terminal(&c.command));
        self.commands.iter().map(line).collect()
    }
}

/// What happens while commands run.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// A command starts.
    Start(&'a Planned),
    /// Its output, as it comes.
    Output(&'a [u8]),
    /// It ended.
    End(&'a Ran),
}

/// What a verdict or a bundle says of one gate.
struct Recorded {
    id: String,
    command: String,
    failed: bool,
}

#[derive(Deserialize)]
struct Named {
    schema: String,
}

#[derive(Deserialize)]
struct Bundle {
    failed_gates: Vec<BundleGate>,
}

#[derive(Deserialize)]
struct BundleGate {
    id: String,
    reproduce_command: String,
}

/// Finds the commands and, when asked to, runs them one after another.
pub fn reproduce(
    request: &ReproduceRequest<'_>,
    step: &mut dyn FnMut(Step<'_>),
) -> Result<Reproduction, ReproduceError> {
    let (verdict, recorded) = match evidence(request)? {
        Some((path, recorded)) => (Some(path), recorded),
        None if request.names.is_empty() => {
            return Err(ReproduceError::NoVerdict(request.output.to_string()));
        }
        None => (None, Vec::new()),
    };
    let mut answer =
        Reproduction { verdict, commands: vec![], refused: vec![], ran: vec![], not_run: vec![] };
    for id in selected(request, &recorded)? {
        let ours = request.gates.iter().find(|g| g.id == id);
        match judge(request, &id, ours, recorded.iter().filter(|r| r.id == id)) {
            Ok(planned) => answer.commands.push(planned),
            Err(refused) => answer.refused.push(refused),
        }
    }
    if request.exec {
        execute(request, &mut answer, step);
    }
    Ok(answer)
}

/// The verdict's path and what it says; `None` when there is none to be found.
fn evidence(request: &ReproduceRequest<'_>) -> Result<Option<(String, Vec<Recorded>)>, ReproduceError> {
    let Some(path) = request.verdict else {
        let found = newest(request.root, request.output).map_err(ReproduceError::Verdict)?;
        return Ok(found.map(|(path, verdict)| (path, from_verdict(verdict))));
    };
    let bytes = read_named(path).map_err(|e| ReproduceError::Verdict(e.to_string()))?;
    let shown = path.display().to_string();
    let recorded = recorded(&shown, &bytes).map_err(ReproduceError::Verdict)?;
    Ok(Some((shown, recorded)))
}

fn recorded(path: &str, bytes: &[u8]) -> Result<Vec<Recorded>, String> {
    let named: Named = parse(path, bytes, "a verdict or a replay bundle")?;
    if named.schema != BUNDLE {
        return parse_verdict(path, bytes).map(from_verdict);
    }
    let bundle: Bundle = parse(path, bytes, "a replay bundle")?;
    let one = |g: BundleGate| Recorded { id: g.id, command: g.reproduce_command, failed: true };
    Ok(bundle.failed_gates.into_iter().map(one).collect())
}

fn from_verdict(verdict: crate::model::verdict::Verdict) -> Vec<Recorded> {
    let gates = verdict.gates.into_iter();
    gates
        .map(|g| Recorded { id: g.id, command: g.reproduce_command, failed: g.status == Status::Fail })
        .collect()
}

/// The ids to reproduce, in gate order.
fn selected(
    request: &ReproduceRequest<'_>,
    recorded: &[Recorded],
) -> Result<BTreeSet<String>, ReproduceError> {
    if request.names.is_empty() {
        return Ok(recorded.iter().filter(|r| r.failed).map(|r| r.id.clone()).collect());
    }
    for name in request.names {
        let known = request.gates.iter().any(|g| g.id == *name) || recorded.iter().any(|r| r.id == *name);
        if !known {
            let near = nearest(name, request.gates.iter().map(|g| g.id.as_str()));
            let near = near.into_iter().map(String::from).collect();
            return Err(ReproduceError::UnknownGate { name: name.clone(), near });
        }
    }
    Ok(request.names.iter().cloned().collect())
}

/// The gate's own command, unless what is recorded differs from it.
fn judge<'r>(
    request: &ReproduceRequest<'_>,
    id: &str,
    gate: Option<&Gate>,
    recorded: impl Iterator<Item = &'r Recorded>,
) -> Result<Planned, Refused> {
    let recorded: Vec<&Recorded> = recorded.collect();
    let refuse = |recorded: Option<&Recorded>, own: Option<String>, why: &str| Refused {
        id: id.to_string(),
        recorded: recorded.map(|r| r.command.clone()),
        own,
        why: why.to_string(),
    };
    let Some(gate) = gate else {
        let first = recorded.first().copied();
        return Err(refuse(first, None, "no gate file of this workspace knows this gate"));
    };
    // What was judged may be an older run than the newest: the verdict may say which, and nothing else.
    let named = recorded.iter().find_map(|r| run_of(gate, &r.command, request));
    let own = |run: Option<&str>| gate.reproduce_command(run, request.prefix);
    let command = own(named.as_deref().or(request.run));
    for entry in &recorded {
        // A verdict written where no prefix was set, or where no run folder was, is the same command.
        let run = named.as_deref().or(request.run);
        let same = [command.clone(), gate.reproduce_command(run, ""), own(None), gate.reproduce.clone()];
        if !same.contains(&entry.command) {
            return Err(refuse(Some(entry), Some(command), "the recorded command is not the gate's own"));
        }
    }
    if request.exec && command.contains("{run}") {
        return Err(refuse(None, Some(command), "there is no run folder that `{run}` could stand for"));
    }
    Ok(Planned { id: id.to_string(), command })
}

/// The run folder that a recorded command names where the gate's own has `{run}`: a folder named by its time, directly
/// below the results folder, and nothing else.
fn run_of(gate: &Gate, recorded: &str, request: &ReproduceRequest<'_>) -> Option<String> {
    let (before, after) = gate.reproduce.split_once("{run}")?;
    let results = request.results.trim_end_matches('/');
    for (at, _) in recorded.match_indices(before) {
        let rest = &recorded[at + before.len()..];
        let Some(name) =
            rest.strip_prefix(results).and_then(|r| r.strip_prefix('/')).and_then(|r| r.get(..16))
        else {
            continue;
        };
        let follows = rest.get(results.len() + 17..).unwrap_or("");
        let run = format!("{results}/{name}");
        let tail = after.split("{run}").next().unwrap_or("");
        if is_stamp(name) && is_plain_path(&run) && follows.starts_with(tail) {
            return Some(run);
        }
    }
    None
}

/// `YYYYMMDDTHHMMSSZ`.
fn is_stamp(name: &str) -> bool {
    name.len() == 16
        && name.bytes().enumerate().all(|(at, b)| match at {
            8 => b == b'T',
            15 => b == b'Z',
            _ => b.is_ascii_digit(),
        })
}

fn execute(request: &ReproduceRequest<'_>, answer: &mut Reproduction, step: &mut dyn FnMut(Step<'_>)) {
    let mut interrupted = false;
    for planned in &answer.commands {
        if interrupted {
            answer.not_run.push(planned.id.clone());
            continue;
        }
        step(Step::Start(planned));
        let ran = execute_one(request, planned, step);
        step(Step::End(&ran));
        interrupted = ran.came == Came::Interrupted;
        answer.ran.push(ran);
    }
}

fn execute_one(request: &ReproduceRequest<'_>, planned: &Planned, step: &mut dyn FnMut(Step<'_>)) -> Ran {
    let limits = Limits { dir: request.root.real(), timeout: request.timeout, grace: GRACE, keep: KEEP };
    let mut ran = Ran {
        id: planned.id.clone(),
        command: planned.command.clone(),
        came: Came::NotStarted,
        exit_code: None,
        detail: String::new(),
        seconds: 0.0,
        output: String::new(),
    };
    let done = CommandLine::parse(&planned.command).and_then(|command| {
        run(&command, &limits, &mut |block| step(Step::Output(block))).map_err(|e| e.to_string())
    });
    let done = match done {
        Ok(done) => done,
        Err(why) => return Ran { detail: why, ..ran },
    };
    ran.seconds = done.seconds;
    ran.output = String::from_utf8_lossy(&done.output).into_owned();
    (ran.came, ran.exit_code, ran.detail) = match done.ending {
        Ending::Exited(0) => (Came::NotReproduced, Some(0), "did not reproduce: exit code 0".into()),
        Ending::Exited(code) => (Came::Reproduced, Some(code), format!("reproduced: exit code {code}")),
        Ending::Signalled(signal) => {
            (Came::Reproduced, None, format!("reproduced: ended by signal {signal}"))
        }
        Ending::TimedOut => {
            let seconds = request.timeout.as_secs();
            (Came::TimedOut, None, format!("ended at the timeout of {seconds} s: neither reproduced nor not"))
        }
        Ending::Interrupted(signal) => (Came::Interrupted, Some(128 + signal), "interrupted".into()),
    };
    ran
}

/// What people read on stderr after the commands: what was refused, and what came of the rest.
pub fn human(answer: &Reproduction) -> String {
    let mut lines = Vec::new();
    if answer.commands.is_empty() && answer.refused.is_empty() {
        let verdict = answer.verdict.as_deref().unwrap_or("the verdict");
        lines.push(format!("nothing fails in {}", terminal(verdict)));
    }
    for refused in &answer.refused {
        lines.push(format!("refused {}: {}; it is not run", terminal(&refused.id), terminal(&refused.why)));
        if let Some(recorded) = &refused.recorded {
            let cut: String = recorded.chars().take(500).collect();
            lines.push(format!("  recorded: {}", terminal(&cut)));
        }
        if let Some(own) = &refused.own {
            lines.push(format!("  gate's own: {}", terminal(own)));
        }
    }
    for ran in &answer.ran {
        lines.push(format!("{}: {} ({:.1} s)", terminal(&ran.id), terminal(&ran.detail), ran.seconds));
    }
    if !answer.ran.is_empty() {
        let count = |came| answer.ran.iter().filter(|r| r.came == came).count();
        let (again, not) = (count(Came::Reproduced), count(Came::NotReproduced));
        let other = answer.ran.len() - again - not + answer.not_run.len();
        lines.push(format!("{again} reproduced, {not} did not, {other} undecided"));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}
