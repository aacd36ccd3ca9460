//! From the parsed command line to the verbs and back to an exit code.

use super::args::{self, Cli, Global, ModeArg, Verb};
use super::env::Env;
use super::output::{self, Target};
use super::progress::Progress;
use super::request::open_request;
use super::{quarantine, term, verbs};
use crate::app::{self, CheckRequest, Error, exit};
use crate::base::clock::Now;
use crate::base::files;
use crate::model::lane::{Lane, Mode};
use crate::report::text::terminal;
use crate::report::{self, Kind};
use clap::Parser as _;
use std::process::ExitCode;

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
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.render();
            let colour = term::look(&Env::from_machine()).colour;
            let text = if colour { text.ansi().to_string() } else { text.to_string() };
            if error.use_stderr() {
                term::stderr(&text);
                return ExitCode::from(exit::USAGE);
            }
            return ExitCode::from(if term::stdout(&text).is_ok() { exit::PASS } else { exit::WORK });
        }
    };
    let env = Env::from_machine();
    let code = run(&cli, &env).unwrap_or_else(|error| {
        complain(&error, &env);
        error.exit_code()
    });
    ExitCode::from(code)
}

fn run(cli: &Cli, env: &Env) -> Result<u8, Error> {
    // Verbs that start commands pass signals on to them first.
    let starts = matches!(
        cli.verb,
        Verb::Reproduce(_) | Verb::Run(_) | Verb::Replay(_) | Verb::Flake(args::Flake::Check(_))
    );
    if !starts {
        exit_on_signals()?;
    }
    let global = &cli.global;
    let now = match &global.now {
        Some(text) => Now::parse(text).map_err(|why| Error::Usage(format!("--now: {why}")))?,
        None => Now::from_machine(),
    };
    match &cli.verb {
        Verb::Check(verb) => check(global, now, env, verb),
        Verb::Validate(verb) => verbs::validate(global, now, env, verb),
        Verb::Schema(verb) => verbs::schema(global, env, verb),
        Verb::Waiver(verb) => verbs::waiver(global, now, env, verb),
        Verb::Quarantine(verb) => quarantine::quarantine(global, now, env, verb),
        Verb::Explain(verb) => verbs::explain(global, now, env, verb),
        Verb::Reproduce(verb) => verbs::reproduce(global, now, env, verb),
        Verb::Prove(verb) => verbs::prove(global, now, env, verb),
        Verb::Gate(verb) => verbs::gate(global, now, env, verb),
        Verb::Init(verb) => verbs::init(global, env, verb),
        Verb::Doctor(verb) => verbs::doctor(global, now, env, verb),
        Verb::Run(verb) => super::run::run(global, now, env, verb),
        Verb::Replay(verb) => super::run::replay(global, now, env, verb),
        Verb::Ingest(verb) => super::run::ingest(global, now, env, verb),
        Verb::Merge(verb) => super::run::merge(global, now, env, verb),
        Verb::Events(verb) => super::run::events(global, verb),
        Verb::Flake(args::Flake::Check(check)) => super::run::flake_check(global, now, env, check),
        Verb::Diff(verb) => verbs::diff(global, now, env, verb),
        Verb::Flake(args::Flake::Report { summaries }) => verbs::flake_report(global, env, summaries),
        Verb::Completions(verb) => verbs::completions(global, env, verb),
        Verb::Man(verb) => verbs::man(global, env, verb),
    }
}

/// Says why a verb ended; the problems of a policy with the lines they are on.
fn complain(error: &Error, env: &Env) {
    match error {
        Error::Policy(problems) => term::stderr(&problems.render(term::look(env).colour, &terminal)),
        Error::Usage(_) | Error::Work(_) => term::complain(error),
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

fn mode(verb: &args::Check, env: &Env) -> Result<Mode, Error> {
    match (verb.mode, env.get("CI_GATE_PROMOTION_MODE")) {
        (Some(ModeArg::Strict), _) | (None, None | Some("strict")) => Ok(Mode::Strict),
        (Some(ModeArg::Rollback), _) | (None, Some("rollback")) => Ok(Mode::Rollback),
        (None, Some(other)) => Err(Error::Usage(format!(
            "CI_GATE_PROMOTION_MODE is `{}`; it may be `strict` or `rollback`",
            files::show(other)
        ))),
    }
}

fn check(global: &Global, now: Now, env: &Env, verb: &args::Check) -> Result<u8, Error> {
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
    let (workspace, mut report) = app::check(&request)?;
    progress.finish();
    let out = workspace.output(verb.out.as_deref());
    let written = out.and_then(|out| app::write_verdict(&out, &report).map(|()| out));
    match &written {
        Ok(out) => {
            let file = format!("{}_verdict.json", lane.stem());
            report.verdict_path = Some(out.join(file).display().to_string());
        }
        Err(error) => report.notes.push(format!(
            "the verdict files are not whole, so tollgate ends with exit code {}: {error}",
            error.exit_code()
        )),
    }
    // Everything is delivered that can be: an operator with a full disk still learns what failed.
    let delivered: Vec<_> = targets.iter().map(|target| deliver(target, &report, env)).collect();
    delivered.into_iter().collect::<Result<(), _>>()?;
    written?;
    Ok(report.verdict.exit_code)
}

fn deliver(target: &Target, report: &crate::model::report::Report, env: &Env) -> Result<(), Error> {
    let mut style = term::look(env);
    if target.path.is_some() {
        style.colour = false;
    }
    if target.kind == Kind::Github {
        let github = report::github::report(report);
        output::append(env, "GITHUB_STEP_SUMMARY", &github.summary)?;
        output::append(env, "GITHUB_OUTPUT", &github.output)?;
        return output::deliver(target, &github.commands, false);
    }
    output::deliver(target, &report::render(target.kind, report, &style), false)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_is_what_clap_would_say() {
        assert_eq!(super::VERSION, crate::cli::command().render_version());
    }
}
