//! `tollgate reproduce [GATE]... [--verdict FILE] [--exec]`: the commands of failing gates, printed or run.
//!
//! A verdict is an artifact, and an artifact may come from anyone. It says which gates failed; what is run comes from
//! the gate files alone. A command in it that is not the gate's own is shown and refused.

pub mod answer;
pub mod args;
mod recorded;

use self::recorded::{is_recorded_as, run_of, without_prefix};
use crate::verb::reproduce::answer::{Came, Planned, RanCommand, Refused, Reproduction};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use tollgate_core::ingest::ran_no_test;
use tollgate_core::model::gate::{ForRun, Gate};
use tollgate_core::model::verdict::Status;
use tollgate_core::report::text::terminal;
use tollgate_core::runbook::nearest;
use tollgate_flow::judging::for_run::stands_in;
use tollgate_flow::verdict_read::{newest, parse, parse_verdict, read_named};
use tollgate_host::files::Root;
use tollgate_host::process::{CommandLimits, Ending, run};
use tollgate_text::command::CommandLine;
use tollgate_text::redact::Masker;

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
    /// What `{run}` stands for: the newest run folder, or what takes its place.
    pub run: &'a ForRun,
    /// What makes the first run, one sentence, where there is none yet.
    pub no_run: Option<&'a str>,
    /// `[reproduce] prefix`.
    pub prefix: &'a str,
    /// Whether to run the commands.
    pub exec: bool,
    /// Each command's timeout.
    pub timeout: Duration,
    /// What is masked in what is shown; the commands that run are the gate files' own.
    pub masker: &'a Masker,
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
    /// No verdict, no gate named, and nothing that could be judged.
    #[error("{0}")]
    NoRun(String),
    /// A verdict that cannot be read.
    #[error("{0}")]
    Verdict(String),
}

impl ReproduceError {
    /// 2 for a wrong command line, 3 when there is nothing to go by, 4 for a verdict that cannot be read.
    pub fn exit_code(&self) -> u8 {
        match self {
            ReproduceError::UnknownGate { .. } => 2,
            ReproduceError::NoVerdict(_) | ReproduceError::NoRun(_) => 3,
            ReproduceError::Verdict(_) => 4,
        }
    }
}

fn hint(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}

/// What happens while commands run, secrets masked.
#[derive(Debug, Clone, Copy)]
pub enum ReproduceStep<'a> {
    /// A command starts.
    Start(&'a Planned),
    /// Its output, as it comes.
    Output(&'a [u8]),
    /// It ended.
    End(&'a RanCommand),
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
    step: &mut dyn FnMut(ReproduceStep<'_>),
) -> Result<Reproduction, ReproduceError> {
    let (verdict, recorded) = match evidence(request)? {
        Some((path, recorded)) => (Some(path), recorded),
        None if request.names.is_empty() => {
            if let Some(said) = request.no_run {
                return Err(ReproduceError::NoRun(said.to_string()));
            }
            return Err(ReproduceError::NoVerdict(request.output.to_string()));
        }
        None => (None, Vec::new()),
    };
    let mut answer = Reproduction {
        verdict,
        commands: vec![],
        refused: vec![],
        ran: vec![],
        not_run: vec![],
        no_run: None,
    };
    for id in selected(request, &recorded)? {
        let ours = request.gates.iter().find(|g| g.id == id);
        match judge(request, &id, ours, recorded.iter().filter(|r| r.id == id)) {
            Ok(planned) => answer.commands.push(planned),
            Err(refused) => answer.refused.push(refused),
        }
    }
    let waits =
        |planned: &Planned| request.gates.iter().any(|gate| gate.id == planned.id && gate.depends_on_run());
    if request.names.is_empty() && !answer.commands.is_empty() && answer.commands.iter().all(waits) {
        answer.no_run = request.no_run.map(String::from);
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

fn from_verdict(verdict: tollgate_core::model::verdict::Verdict) -> Vec<Recorded> {
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
    let named = recorded.iter().find_map(|r| run_of(gate, &r.command, request.results)).map(ForRun::Folder);
    // One that had nothing to replay says `tollgate run`, and that alone.
    let whole = recorded.iter().any(|r| without_prefix(&r.command, request.prefix) == "tollgate run");
    let again = whole.then(|| request.run.clone().of_no_use());
    let run = named.as_ref().or(again.as_ref()).unwrap_or(request.run);
    let command = gate.reproduce_command(run, request.prefix);
    for entry in &recorded {
        // A verdict written where no prefix was set, or of a run that another command stood in for, is of the same command.
        let same = [command.clone(), gate.reproduce_command(run, ""), gate.reproduce.clone()];
        let stood_in = || {
            let own = without_prefix(&entry.command, request.prefix);
            gate.depends_on_run() && stands_in(own, request.results)
        };
        if !same.iter().any(|own| is_recorded_as(own, &entry.command)) && !stood_in() {
            return Err(refuse(Some(entry), Some(command), "the recorded command is not the gate's own"));
        }
    }
    if let ForRun::Instead { why_not: Some(why), .. } = run
        && gate.depends_on_run()
    {
        if request.exec {
            return Err(refuse(None, Some(command), why));
        }
        return Ok(Planned { id: id.to_string(), command, note: Some(why.clone()) });
    }
    Ok(Planned { id: id.to_string(), command, note: None })
}

fn execute(
    request: &ReproduceRequest<'_>,
    answer: &mut Reproduction,
    step: &mut dyn FnMut(ReproduceStep<'_>),
) {
    let mut interrupted = false;
    for planned in &answer.commands {
        if interrupted {
            answer.not_run.push(planned.id.clone());
            continue;
        }
        let Planned { id, mut command, note } = planned.clone();
        request.masker.hide(&mut command);
        step(ReproduceStep::Start(&Planned { id, command, note }));
        let ran = execute_one(request, planned, step);
        step(ReproduceStep::End(&ran));
        interrupted = ran.came == Came::Interrupted;
        answer.ran.push(ran);
    }
}

fn execute_one(
    request: &ReproduceRequest<'_>,
    planned: &Planned,
    step: &mut dyn FnMut(ReproduceStep<'_>),
) -> RanCommand {
    // What is kept is the end of what was masked.
    let limits = CommandLimits { dir: request.root.real(), timeout: request.timeout, grace: GRACE, keep: 0 };
    let mut stream = request.masker.stream();
    let mut kept = Vec::new();
    let mut pass = |part: &[u8], step: &mut dyn FnMut(ReproduceStep<'_>)| {
        kept.extend_from_slice(part);
        if kept.len() > 2 * KEEP {
            kept.drain(..kept.len() - KEEP);
        }
        step(ReproduceStep::Output(part));
    };
    let mut ran = RanCommand {
        id: planned.id.clone(),
        command: planned.command.clone(),
        came: Came::NotStarted,
        exit_code: None,
        detail: String::new(),
        seconds: 0.0,
        output: String::new(),
    };
    let done = CommandLine::parse(&planned.command).and_then(|command| {
        run(&command, &limits, &mut |block| stream.push(block, &mut |part| pass(part, step)))
            .map_err(|e| e.to_string())
    });
    stream.finish(&mut |part| pass(part, step));
    request.masker.hide(&mut ran.command);
    let done = match done {
        Ok(done) => done,
        Err(why) => return RanCommand { detail: request.masker.mask(&why).0, ..ran },
    };
    ran.seconds = done.seconds;
    ran.output = String::from_utf8_lossy(&kept[kept.len().saturating_sub(KEEP)..]).into_owned();
    (ran.came, ran.exit_code, ran.detail) = match done.ending {
        Ending::Exited(0) if ran_no_test(&ran.output) => {
            let why = "exit code 0: no test ran, so neither reproduced nor not";
            (Came::NotStarted, Some(0), why.into())
        }
        Ending::Exited(0) => (Came::NotReproduced, Some(0), "did not reproduce: exit code 0".into()),
        Ending::Exited(code) if ran_no_test(&ran.output) => {
            let why = format!("exit code {code}: no test ran, so neither reproduced nor not");
            (Came::NotStarted, Some(code), why)
        }
        Ending::Exited(code) => match undecided(&planned.command, code) {
            Some(why) => (Came::NotStarted, Some(code), format!("exit code {code}: {why}")),
            None => (Came::Reproduced, Some(code), format!("reproduced: exit code {code}")),
        },
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

/// Why a failure shows nothing of what failed before: the command itself never got to it.
fn undecided(command: &str, code: i32) -> Option<&'static str> {
    let own = command.split_whitespace().find(|word| !word.contains('='));
    let own = own.is_some_and(|word| word.rsplit('/').next() == Some(env!("CARGO_PKG_NAME")));
    match code {
        126 | 127 => Some("what it was to run cannot be run, so neither reproduced nor not"),
        2..=4 if own => Some("tollgate judged nothing, so neither reproduced nor not"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{gate, verdict};
    use super::*;
    use crate::verb::reproduce::answer::human;
    use tempfile::TempDir;

    const RUN: &str = "tests/e2e_results/20261120T101500Z";
    const OLD: &str = "tests/e2e_results/20261101T101500Z";

    struct Case {
        dir: TempDir,
        gates: Vec<Gate>,
        exec: bool,
        prefix: &'static str,
        timeout: Duration,
        run: ForRun,
    }

    fn case(gates: Vec<Gate>) -> Case {
        Case {
            dir: TempDir::new().unwrap(),
            gates,
            exec: false,
            prefix: "",
            timeout: Duration::from_secs(60),
            run: ForRun::Folder(RUN.into()),
        }
    }

    impl Case {
        fn write(&self, name: &str, text: &str) {
            let path = self.dir.path().join("out").join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }

        fn records(self, gates: &[(&str, Status, &str)]) -> Case {
            self.write("full_suite_verdict.json", &serde_json::to_string(&verdict(gates)).unwrap());
            self
        }

        fn ask(&self, names: &[&str], file: Option<&str>) -> Result<Reproduction, ReproduceError> {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            let file = file.map(|f| self.dir.path().join("out").join(f));
            let request = ReproduceRequest {
                root: &Root::open(self.dir.path()).unwrap(),
                gates: &self.gates,
                names: &names,
                verdict: file.as_deref(),
                output: "out",
                results: "tests/e2e_results",
                run: &self.run,
                no_run: None,
                prefix: self.prefix,
                exec: self.exec,
                timeout: self.timeout,
                masker: &Masker::new([("A_TOKEN", "s3cr3t-value")], |_| false).unwrap(),
            };
            reproduce(&request, &mut |_| {})
        }

        fn go(&self) -> Reproduction {
            self.ask(&[], None).unwrap()
        }
    }

    fn fails(command: &str) -> Case {
        case(vec![gate("g", command)]).records(&[("g", Status::Fail, command)])
    }

    #[test]
    fn failing_gates_are_listed_as_the_runbook_does() {
        let case = case(vec![gate("a", "cargo test a"), gate("b", "cargo test b"), gate("c", "true")])
            .records(&[
                ("b", Status::Fail, "cargo test b"),
                ("a", Status::Fail, "cargo test a"),
                ("c", Status::Pass, "true"),
            ]);
        let answer = case.go();
        assert_eq!(answer.lines(), "a: cargo test a\nb: cargo test b\n");
        assert_eq!(answer.exit_code(), 0);
        assert_eq!(case.ask(&["c"], None).unwrap().lines(), "c: true\n");
    }

    #[test]
    fn without_a_run_the_command_makes_one() {
        let mut case = case(vec![gate("g", "look {run}/x"), gate("h", "look")]);
        assert_eq!(case.ask(&["g", "h"], None).unwrap().lines(), format!("g: look {RUN}/x\nh: look\n"));
        case.run = ForRun::none();
        let answer = case.ask(&["g", "h"], None).unwrap();
        assert_eq!((answer.lines().as_str(), answer.exit_code()), ("g: tollgate run\nh: look\n", 0));
    }

    #[test]
    fn an_ingested_run_is_not_repeated_here() {
        let ingest =
            ForRun::Instead { command: "tollgate ingest go FILE".into(), why_not: Some("elsewhere".into()) };
        let mut case = case(vec![gate("g", "look {run}/x"), gate("h", "true")])
            .records(&[("g", Status::Fail, "tollgate ingest go FILE"), ("h", Status::Fail, "true")]);
        case.run = ingest;
        let answer = case.go();
        assert_eq!(answer.lines(), "g: tollgate ingest go FILE\nh: true\n");
        assert!(human(&answer).contains("g: elsewhere"), "{}", human(&answer));
        case.exec = true;
        let answer = case.go();
        assert_eq!(
            (answer.exit_code(), answer.refused[0].why.as_str(), answer.ran.len()),
            (1, "elsewhere", 1)
        );
    }

    #[test]
    fn a_command_that_ran_no_test_reproduces_nothing() {
        for (says, code, came) in [
            (
                "running 0 tests; test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out",
                0,
                Came::NotStarted,
            ),
            (
                "running 1 test; test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out",
                0,
                Came::NotReproduced,
            ),
            ("collected 0 items", 5, Came::NotStarted),
            ("collected 1 item", 1, Came::Reproduced),
        ] {
            let script =
                format!("sh -c 'echo \"{}\"; exit {code}'", says.replace("; test", "\"; echo \"test"));
            let mut case = fails(&script);
            case.exec = true;
            let answer = case.go();
            assert_eq!(answer.ran[0].came, came, "{says}: {answer:?}");
            assert_eq!(
                answer.exit_code(),
                match came {
                    Came::NotStarted => 4,
                    Came::Reproduced => 1,
                    _ => 0,
                }
            );
        }
    }

    #[test]
    fn a_recorded_command_that_is_not_the_gates_own_is_refused_and_never_run() {
        let mut case = case(vec![gate("g", "touch own")])
            .records(&[("g", Status::Fail, "touch evil\u{1b}[2J"), ("ghost", Status::Fail, "touch ghost")]);
        case.exec = true;
        let answer = case.go();
        assert_eq!((answer.exit_code(), answer.lines().as_str(), answer.ran.len()), (1, "", 0));
        insta::assert_snapshot!(human(&answer), @r#"
refused g: the recorded command is not the gate's own; it is not run
  recorded: touch evil\u{1b}[2J
  gate's own: touch own
refused ghost: no gate file of this workspace knows this gate; it is not run
  recorded: touch ghost
"#);
        for name in ["evil", "own", "ghost"] {
            assert!(!case.dir.path().join(name).exists());
        }
        assert_eq!(case.ask(&["g"], None).unwrap().exit_code(), 1);
    }

    #[test]
    fn a_bundle_is_held_to_the_same() {
        let case = case(vec![gate("g", "true")]);
        let bundle = |command: &str| {
            format!(
                r#"{{"schema":"tollgate.gate.replay.v1","failed_gates":[{{"id":"g","reproduce_command":"{command}"}}]}}"#
            )
        };
        case.write("b.json", &bundle("true"));
        assert_eq!(case.ask(&[], Some("b.json")).unwrap().lines(), "g: true\n");
        case.write("b.json", &bundle("rm -rf /"));
        assert_eq!(case.ask(&[], Some("b.json")).unwrap().exit_code(), 1);
    }

    #[test]
    fn the_run_folder_is_the_verdicts_when_it_is_a_run_folder() {
        let own = "tollgate run --rerun-from {run}/summary.json";
        let filled = |run: &str| own.replace("{run}", run);
        let ask = |recorded: &str| case(vec![gate("g", own)]).records(&[("g", Status::Fail, recorded)]).go();
        for run in [RUN, OLD] {
            assert_eq!(ask(&filled(run)).lines(), format!("g: {}\n", filled(run)));
        }
        assert_eq!(ask(own).lines(), format!("g: {}\n", filled(RUN)));
        for run in [
            "tests/elsewhere/20261101T101500Z",
            "tests/e2e_results/../20261101T101500Z",
            "tests/e2e_results/20261101T101500Z/..",
            "tests/e2e_results/20261101T101500Z --yes",
            "tests/e2e_results/evil",
            "tests/e2e_results/ääääääääääääääää",
            "/etc",
            "--help",
            "$(touch evil)",
        ] {
            let answer = ask(&filled(run));
            assert_eq!((answer.exit_code(), answer.commands.len()), (1, 0), "{run}");
        }
    }

    #[test]
    fn a_prefix_stands_before_the_command() {
        let mut case = fails("VCR_MODE=playback cargo test");
        case.prefix = "rch exec --";
        assert_eq!(case.go().lines(), "g: rch exec -- env VCR_MODE=playback cargo test\n");
    }

    #[test]
    fn the_newest_verdict_counts() {
        let case = fails("true");
        let mut later = verdict(&[("g", Status::Pass, "true")]);
        later.generated_at = "2026-11-20T14:00:01+02:00".into();
        case.write("preflight_verdict.json", &serde_json::to_string(&later).unwrap());
        let answer = case.go();
        assert_eq!(answer.verdict.as_deref(), Some("out/preflight_verdict.json"));
        insta::assert_snapshot!(human(&answer), @"nothing fails in out/preflight_verdict.json");
        assert_eq!(answer.exit_code(), 0);
    }

    #[test]
    fn what_cannot_be_read_is_no_pass() {
        let case = fails("true");
        let error = |result: Result<Reproduction, ReproduceError>| {
            let error = result.unwrap_err();
            format!("{} {error}", error.exit_code())
        };
        insta::assert_snapshot!(error(case.ask(&["h"], None)), @"2 there is no gate `h`; did you mean g?");
        insta::assert_snapshot!(error(case.ask(&["gg"], None)), @"2 there is no gate `gg`; did you mean g?");
        case.write("certification_verdict.json", "{\"schema\": 1}");
        insta::assert_snapshot!(error(case.ask(&[], None)), @"4 out/certification_verdict.json:1:12: it is not a verdict: invalid type: integer `1`, expected a string");
        fs_err::remove_dir_all(case.dir.path().join("out")).unwrap();
        insta::assert_snapshot!(error(case.ask(&[], None)), @"3 out holds no verdict; run `tollgate check` first, name a gate, or name a file with --verdict");
        assert_eq!(case.ask(&["g"], None).unwrap().lines(), "g: true\n");
    }

    #[test]
    fn a_command_that_never_got_to_it_has_reproduced_nothing() {
        let commands = [("a", "sh -c 'no-such-tool'"), ("b", "sh -c 'exit 2'")];
        let mut case = case(commands.iter().map(|(id, c)| gate(id, c)).collect())
            .records(&commands.map(|(id, c)| (id, Status::Fail, c)));
        case.exec = true;
        let came: Vec<Came> = case.go().ran.iter().map(|r| r.came).collect();
        assert_eq!(came, [Came::NotStarted, Came::Reproduced]);
        for command in ["tollgate run x", "A=1 tollgate check", "/usr/bin/tollgate check --gate g"] {
            assert!(undecided(command, 2).is_some() && undecided(command, 1).is_none(), "{command}");
        }
        assert_eq!(undecided("cargo test -p tollgate", 2), None);
    }

    #[test]
    fn exec_says_which_reproduced() {
        let commands = [
            ("a", "sh -c 'echo seen; exit 7'"),
            ("b", "true"),
            ("c", "sh -c 'sleep 600'"),
            ("d", "no-such-tool"),
        ];
        let mut case = case(commands.iter().map(|(id, c)| gate(id, c)).collect())
            .records(&commands.map(|(id, c)| (id, Status::Fail, c)));
        (case.exec, case.timeout) = (true, Duration::from_secs(3));
        let answer = case.go();
        let came: Vec<Came> = answer.ran.iter().map(|r| r.came).collect();
        assert_eq!(came, [Came::Reproduced, Came::NotReproduced, Came::TimedOut, Came::NotStarted]);
        assert_eq!((answer.ran[0].output.as_str(), answer.ran[0].exit_code), ("seen\n", Some(7)));
        assert_eq!(answer.exit_code(), 1);
        let green = Case { exec: true, ..fails("true") }.go();
        assert_eq!(green.exit_code(), 0);
        let absent = Case { exec: true, ..fails("no-such-tool") }.go();
        assert_eq!(absent.exit_code(), 4);
    }
}
