//! The verbs beside `check`: each asks its room on floor 5 and shows the answer.

use super::args;
use super::dispatch::open_request;
use super::env::Env;
use super::output::{self, Target};
use super::progress::Progress;
use super::term;
use crate::app::{self, Error, ExplainRequest, ReproduceRequest, Step, Workspace, exit};
use crate::base::clock::Now;
use crate::base::files;
use crate::report::Kind;
use crate::report::text::terminal;
use args::Global;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// Shows an answer in each format asked for: as JSON, or as the text for people on stdout.
fn show(
    targets: &[Target],
    answer: &impl Serialize,
    human: &dyn Fn(bool) -> String,
    env: &Env,
) -> Result<(), Error> {
    for target in targets {
        let text = match target.kind {
            Kind::Json => {
                let text = serde_json::to_string_pretty(answer);
                text.map_err(|e| Error::Work(format!("the answer cannot be written as JSON: {e}")))?
            }
            _ => human(target.path.is_none() && term::stdout_colour(env)),
        };
        output::deliver(target, &text, true)?;
    }
    Ok(())
}

pub(super) fn explain(global: &Global, now: Now, env: &Env, verb: &args::Explain) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let workspace = Workspace::open(&open_request(global, now, env, None, &[], None))?;
    let runbook = workspace.runbook()?;
    let query = verb.query.join(" ");
    let last = match &verb.verdict {
        Some(path) => app::named_verdict(path).map(Some),
        None => {
            app::newest_verdict(&workspace.root, &workspace.policy.settings.output).map(|v| v.map(|(_, v)| v))
        }
    };
    let answer = app::explain(&ExplainRequest {
        query: &query,
        gates: &workspace.policy.gates,
        runbook: &runbook,
        last: last.as_ref().map(Option::as_ref).map_err(String::as_str),
        run: workspace.run_dir.as_deref().ok(),
        prefix: &workspace.policy.settings.prefix,
    });
    show(&targets, &answer, &|colour| app::explain_human(&answer, colour), env)?;
    Ok(answer.exit_code())
}

pub(super) fn reproduce(global: &Global, now: Now, env: &Env, verb: &args::Reproduce) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let workspace = Workspace::open(&open_request(global, now, env, None, &[], None))?;
    let settings = &workspace.policy.settings;
    let request = ReproduceRequest {
        root: &workspace.root,
        gates: &workspace.policy.gates,
        names: &verb.gates,
        verdict: verb.verdict.as_deref(),
        output: &settings.output,
        results: &settings.results,
        run: workspace.run_dir.as_deref().ok(),
        prefix: &settings.prefix,
        exec: verb.exec,
        timeout: Duration::from_secs(settings.timeout),
    };
    let answer = app::reproduce(&request, &mut |step| match step {
        Step::Start(planned) => {
            term::stderr(&format!("== {}: {}", terminal(&planned.id), terminal(&planned.command)));
        }
        // What a person asked to run is shown as it comes.
        Step::Output(bytes) => term::stderr_raw(bytes),
        Step::End(ran) => term::stderr(&format!("== {}: {}", terminal(&ran.id), terminal(&ran.detail))),
    });
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            term::stderr(&format!("error: {error}"));
            return Ok(error.exit_code());
        }
    };
    show(&targets, &answer, &|_| answer.lines(), env)?;
    term::stderr(&app::reproduce_human(&answer));
    Ok(answer.exit_code())
}

pub(super) fn prove(global: &Global, now: Now, env: &Env, verb: &args::Prove) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let progress = Progress::start(0);
    let open = open_request(global, now, env, None, &verb.gate, verb.run.as_deref());
    let proof = app::prove(&open, &|gate| progress.tick(gate))?;
    progress.finish();
    show(&targets, &proof, &|_| app::prove_human(&proof), env)?;
    Ok(proof.exit_code())
}

pub(super) fn doctor(global: &Global, now: Now, env: &Env, verb: &args::Doctor) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let diagnosis = app::doctor(&open_request(global, now, env, None, &[], verb.run.as_deref()))?;
    show(&targets, &diagnosis, &|_| app::doctor_human(&diagnosis), env)?;
    Ok(if diagnosis.is_sound() { exit::PASS } else { exit::FAIL })
}

pub(super) fn completions(verb: &args::Completions) -> Result<u8, Error> {
    let mut script = Vec::new();
    clap_complete::generate(verb.shell, &mut args::command(), "tollgate", &mut script);
    term::stdout(&String::from_utf8_lossy(&script)).map_err(Error::Work)?;
    Ok(exit::PASS)
}

pub(super) fn man(verb: &args::Man) -> Result<u8, Error> {
    let page = |command: clap::Command| -> Result<Vec<u8>, Error> {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(command).render(&mut page);
        rendered.map_err(|e| Error::Work(format!("the man page cannot be made: {e}")))?;
        Ok(page)
    };
    let command = args::command();
    match &verb.out {
        None => term::stdout(&String::from_utf8_lossy(&page(command)?)).map_err(Error::Work)?,
        Some(dir) => write_pages(dir, &command, "tollgate", &page)?,
    }
    Ok(exit::PASS)
}

/// The page of a command, and of each of its verbs: `tollgate-waiver-add.1`.
fn write_pages(
    dir: &Path,
    command: &clap::Command,
    name: &str,
    page: &dyn Fn(clap::Command) -> Result<Vec<u8>, Error>,
) -> Result<(), Error> {
    let named = command.clone().display_name(name.to_string());
    files::write_atomic(&dir.join(format!("{name}.1")), &page(named)?)?;
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        write_pages(dir, sub, &format!("{name}-{}", sub.get_name()), page)?;
    }
    Ok(())
}
