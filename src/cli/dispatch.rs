//! From the parsed command line to the verbs and back to an exit code.

use super::args::{self, Cli, Global, ModeArg, Verb};
use super::env::Env;
use super::output::{self, Answer, FormatTarget};
use super::progress::Progress;
use super::request::open_request;
use super::{quarantine, term, verbs, words};
use crate::verb::check::CheckRequest;
use clap::Parser as _;
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_core::model::report::CheckReport;
use tollgate_core::model::verdict::VerdictOutcome;
use tollgate_core::report::text::terminal;
use tollgate_core::report::{self, ReportKind};
use tollgate_flow::error::{Error, exit};
use tollgate_host::clock;
use tollgate_host::files::WriteError;
use tollgate_text::redact::Masked;
use tollgate_text::show::show;
use tollgate_text::time::Now;

/// What `--version` says.
const VERSION: &str = concat!("tollgate ", env!("CARGO_PKG_VERSION"), "\n");

/// Parses the command line, runs the verb, and says how it ended.
pub fn main() -> ExitCode {
    // The tree of every verb's options is a third of what starting costs; who asks for the version alone needs none of it.
    let mut words = std::env::args_os().skip(1);
    if let (Some(word), None) = (words.next(), words.next())
        && (word == "--version" || word == "-V")
    {
        return ExitCode::from(if term::stdout(VERSION).is_ok() { exit::PASS } else { exit::WORK });
    }
    let cli = match Cli::try_parse_from(words::of_machine(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => return not_parsed(error),
    };
    let env = Env::from_machine();
    let code = run(&cli, &env).unwrap_or_else(|error| {
        complain(&error, &env);
        error.exit_code()
    });
    ExitCode::from(code)
}

/// Shows help, or what is wrong with the command line. The words that clap quotes may come from a file's name or a test: they are
/// parsed once more as they may be shown, each on one line.
fn not_parsed(error: clap::Error) -> ExitCode {
    let words = words::of_machine(std::env::args_os()).into_iter();
    let shown = words.map(|word| terminal(&word.to_string_lossy()));
    let error = if error.use_stderr() { Cli::try_parse_from(shown).err().unwrap_or(error) } else { error };
    let text = error.render();
    let colour = term::look(&Env::from_machine()).colour;
    let text = if colour { text.ansi().to_string() } else { text.to_string() };
    if error.use_stderr() {
        term::stderr(&text);
        return ExitCode::from(exit::USAGE);
    }
    ExitCode::from(if term::stdout(&text).is_ok() { exit::PASS } else { exit::WORK })
}

fn run(cli: &Cli, env: &Env) -> Result<u8, Error> {
    // Verbs that start commands pass signals on to them first.
    let starts = matches!(
        cli.verb,
        Verb::Reproduce(_) | Verb::Run(_) | Verb::Replay(_) | Verb::Flake(args::FlakeArgs::Check(_))
    );
    if !starts {
        exit_on_signals()?;
    }
    let global = &cli.global;
    let now = match &global.now {
        Some(text) => Now::parse(text).map_err(|why| Error::Usage(format!("--now: {why}")))?,
        None => clock::now(),
    };
    match &cli.verb {
        Verb::Check(verb) => check(global, now, env, verb),
        Verb::Validate(verb) => verbs::validate(global, now, env, verb),
        Verb::Schema(verb) => verbs::schema(global, now, env, verb),
        Verb::Waiver(verb) => verbs::waiver(global, now, env, verb),
        Verb::Quarantine(verb) => quarantine::quarantine(global, now, env, verb),
        Verb::Explain(verb) => verbs::explain(global, now, env, verb),
        Verb::Reproduce(verb) => verbs::reproduce(global, now, env, verb),
        Verb::Prove(verb) => verbs::prove(global, now, env, verb),
        Verb::Gate(verb) => verbs::gate(global, now, env, verb),
        Verb::Init(verb) => verbs::init(global, now, env, verb),
        Verb::Doctor(verb) => verbs::doctor(global, now, env, verb),
        Verb::Run(verb) => super::run::run(global, now, env, verb),
        Verb::Replay(verb) => super::run::replay(global, now, env, verb),
        Verb::Ingest(verb) => super::run::ingest(global, now, env, verb),
        Verb::Merge(verb) => super::run::merge(global, now, env, verb),
        Verb::Events(verb) => super::run::events(global, now, env, verb),
        Verb::Flake(args::FlakeArgs::Check(check)) => super::run::flake_check(global, now, env, check),
        Verb::Diff(verb) => super::diff::diff(global, now, env, verb),
        Verb::Flake(args::FlakeArgs::Report { summaries }) => {
            verbs::flake_report(global, now, env, summaries)
        }
        Verb::Completions(verb) => verbs::completions(global, now, env, verb),
        Verb::Man(verb) => verbs::man(global, now, env, verb),
    }
}

/// Says why a verb ended; the problems of a policy with the lines they are on.
fn complain(error: &Error, env: &Env) {
    match error {
        Error::Policy(problems) => {
            let mut text = problems.render(term::look(env).colour, &terminal);
            term::hide(&mut text, env);
            term::stderr(&text);
        }
        Error::Usage(_) | Error::Work(_) => term::complain(error, env),
    }
}

/// A signal ends the process with the code of the table: nothing is half-written, files are replaced whole.
fn exit_on_signals() -> Result<(), Error> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let always = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    for (signal, code) in [(SIGINT, exit::INTERRUPTED), (SIGTERM, exit::TERMINATED)] {
        signal_hook::flag::register_conditional_shutdown(signal, i32::from(code), always.clone())
            .map_err(|e| Error::Work(format!("signals cannot be handled: {e}")))?;
    }
    Ok(())
}

fn mode(verb: &args::CheckArgs, env: &Env) -> Result<Mode, Error> {
    match (verb.mode, env.get("CI_GATE_PROMOTION_MODE")) {
        (Some(ModeArg::Strict), _) | (None, None | Some("strict")) => Ok(Mode::Strict),
        (Some(ModeArg::Rollback), _) | (None, Some("rollback")) => Ok(Mode::Rollback),
        (None, Some(other)) => Err(Error::Usage(format!(
            "CI_GATE_PROMOTION_MODE is `{}`; it may be `strict` or `rollback`",
            show(other)
        ))),
    }
}

fn check(global: &Global, now: Now, env: &Env, verb: &args::CheckArgs) -> Result<u8, Error> {
    let targets = output::targets(&global.format)?;
    let lane = Lane::from(verb.lane);
    let mut open = open_request(global, now, env, Some(lane), &verb.gate, verb.run.as_deref());
    open.policy_from = verb.policy_from.as_deref();
    let progress = Progress::start(0);
    let request = CheckRequest {
        open,
        lane,
        mode: mode(verb, env)?,
        previous: verb.previous.as_deref(),
        deterministic: verb.deterministic,
        progress: &|gate| progress.tick(gate),
    };
    let (workspace, report) = crate::verb::check::check(&request)?;
    progress.finish();
    keep_and_show(workspace.output(verb.out.as_deref()), report, &targets, env)
}

/// Writes the files of a check and shows it. Everything is delivered that can be: an operator with a full disk still learns what
/// failed. That all is well is said only where it is kept.
fn keep_and_show(
    out: Result<PathBuf, Error>,
    report: Masked<CheckReport>,
    targets: &[FormatTarget],
    env: &Env,
) -> Result<u8, Error> {
    let file = format!("{}_verdict.json", report.verdict.lane.stem());
    let path = out.as_ref().ok().map(|out| out.join(file).display().to_string());
    let report = report.adding(|report, _| report.verdict_path = path);
    let written = out.and_then(|out| {
        let named = answer(&report, targets, env, |answer| answer.files())?;
        tollgate_flow::verdict_write::write(&out, &report, &named, &mut || append(&report, targets, env))
    });
    let Err(error) = written else {
        answer(&report, targets, env, |answer| answer.show())?;
        return Ok(report.verdict.exit_code);
    };
    if report.verdict.verdict == VerdictOutcome::Fail {
        let report = report.adding(|report, _| {
            report.verdict_path = None;
            report.unwritten = Some(error.to_string());
        });
        // The first error is told; what else fails is of the same kind.
        let _ = answer(&report, targets, env, |answer| answer.deliver(Vec::new()));
    }
    Err(error)
}

/// What the runner of GitHub reads beside the annotations, where these are asked for.
fn append(report: &CheckReport, targets: &[FormatTarget], env: &Env) -> Result<(), WriteError> {
    if targets.iter().any(|target| target.kind == ReportKind::Github) {
        let github = report::github::report(report);
        output::append(env, "GITHUB_STEP_SUMMARY", &github.summary)?;
        output::append(env, "GITHUB_OUTPUT", &github.output)?;
    }
    Ok(())
}

fn answer<T>(
    report: &Masked<CheckReport>,
    targets: &[FormatTarget],
    env: &Env,
    then: impl FnOnce(&Answer<'_>) -> T,
) -> T {
    let text = |target: &FormatTarget| {
        let mut style = term::look(env);
        style.colour &= target.path.is_none();
        Ok(report::render(target.kind, report, &style))
    };
    let green = report.verdict.verdict == VerdictOutcome::Pass;
    then(&Answer { targets, text: &text, human_to_stdout: false, green })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_is_what_clap_would_say() {
        assert_eq!(super::VERSION, crate::cli::command().render_version());
    }
}
