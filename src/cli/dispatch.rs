//! From the parsed command line to the verbs and back to an exit code.

use super::args::{self, Cli, Verb};
use super::aside::TermAside;
use super::env::Env;
use super::{output, shell, term, words};
use crate::verb::answer::{Answered, Call};
use crate::verb::{
    check, diff, doctor, events, explain, flake, formats, gate, ingest, init, merge, prove, reproduce,
};
use crate::verb::{schema, validate, waiver};
use clap::{CommandFactory as _, FromArgMatches as _};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use tollgate_core::report::text::terminal;
use tollgate_flow::error::{Error, exit};
use tollgate_host::clock;
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
    let cli = match parse(words::of_machine(std::env::args_os())) {
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

/// The command line. A format that the verb does not have is refused wherever it stands.
fn parse(words: Vec<OsString>) -> Result<Cli, clap::Error> {
    let before = words::formats_before_the_verb(&words);
    let mut command = Cli::command();
    let mut found = command.try_get_matches_from_mut(words)?;
    let verb = found.subcommand_name().map(String::from);
    let mut cli = Cli::from_arg_matches_mut(&mut found).map_err(|error| error.format(&mut command))?;
    if cli.global.format != before {
        cli.global.format.splice(..0, before);
    }
    if let Some(verb) = verb.filter(|_| !cli.global.format.is_empty()) {
        formats::hold(&command, &verb, &cli.global.format)?;
    }
    Ok(cli)
}

/// Shows help, or what is wrong with the command line. The words that clap quotes may come from a file's name or a test: they are
/// parsed once more as they may be shown, each on one line.
fn not_parsed(error: clap::Error) -> ExitCode {
    let words = words::of_machine(std::env::args_os()).into_iter();
    let shown = words.map(|word| OsString::from(terminal(&word.to_string_lossy()))).collect();
    let error = if error.use_stderr() { parse(shown).err().unwrap_or(error) } else { error };
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
        Verb::Reproduce(_) | Verb::Run(_) | Verb::Replay(_) | Verb::Flake(flake::args::FlakeArgs::Check(_))
    );
    if !starts {
        exit_on_signals()?;
    }
    let global = &cli.global;
    let now = match &global.now {
        Some(text) => Now::parse(text).map_err(|why| Error::Usage(format!("--now: {why}")))?,
        None => clock::now(),
    };
    let targets = output::targets(&global.format)?;
    let said = {
        let files: Vec<&Path> = targets.iter().filter_map(|target| target.path.as_deref()).collect();
        let aside = TermAside::new(env);
        let call = Call { root: &global.root, now, env: env.all(), files: &files, aside: &aside };
        said(&cli.verb, &call, env)?
    };
    match said {
        Answered::Answer(answer) => output::deliver(&*answer, &targets, env),
        Answered::Ended(code) => Ok(code),
    }
}

fn said(verb: &Verb, call: &Call<'_>, env: &Env) -> Result<Answered, Error> {
    match verb {
        Verb::Check(verb) => check::args::answer(call, verb),
        Verb::Validate(verb) => validate::args::answer(call, verb),
        Verb::Schema(verb) => schema::args::answer(call, verb),
        Verb::Waiver(verb) => waiver::args::answer(call, verb),
        Verb::Quarantine(verb) => waiver::quarantine_args::answer(call, verb),
        Verb::Explain(verb) => explain::args::answer(call, verb),
        Verb::Reproduce(verb) => reproduce::args::answer(call, verb),
        Verb::Prove(verb) => prove::args::answer(call, verb),
        Verb::Gate(verb) => gate::args::answer(call, verb),
        Verb::Init(verb) => init::args::answer(call, verb),
        Verb::Doctor(verb) => doctor::args::answer(call, verb),
        Verb::Run(verb) => super::run::run(call, env, verb),
        Verb::Replay(verb) => super::run::replay(call, env, verb),
        Verb::Ingest(verb) => ingest::args::answer(call, verb),
        Verb::Merge(verb) => merge::args::answer(call, verb),
        Verb::Events(verb) => events::args::answer(call, verb),
        Verb::Diff(verb) => diff::args::answer(call, verb),
        Verb::Flake(flake::args::FlakeArgs::Check(check)) => flake::args::check(call, check),
        Verb::Flake(flake::args::FlakeArgs::Report { summaries }) => flake::args::report(call, summaries),
        Verb::Completions(verb) => shell::completions(call, verb, args::command()),
        Verb::Man(verb) => shell::man(call, verb, args::command()),
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

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_is_what_clap_would_say() {
        assert_eq!(super::VERSION, crate::cli::command().render_version());
    }
}
