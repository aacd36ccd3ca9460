//! The verbs beside `check`: each asks its room on floor 5 and shows the answer.

use super::args;
use super::env::Env;
use super::output::{self, Target};
use super::progress::Progress;
use super::request::open_request;
use super::term;
use crate::app::validate::ValidateRequest;
use crate::app::{
    self, DiffRequest, Error, ExplainRequest, GateListRequest, GateNewRequest, InitRequest, ReproduceRequest,
    Step, TryRequest, Workspace, exit,
};
use crate::base::clock::Now;
use crate::base::escape;
use crate::base::files::{self, ReadError, Root};
use crate::base::json::Limits;
use crate::config;
use crate::lang::schema::Registry;
use crate::model::lane::Lane;
use crate::report::text::terminal;
use crate::report::{self, Kind};
use crate::waiver::NewWaiver;
use args::Global;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Shows an answer in each format asked for: as JSON, or as the text for people on stdout.
pub(super) fn show(
    targets: &[Target],
    answer: &impl Serialize,
    human: &dyn Fn(bool) -> String,
    env: &Env,
) -> Result<(), Error> {
    for target in targets {
        let text = match target.kind {
            Kind::Json => {
                let text = serde_json::to_string_pretty(answer);
                escape::json(
                    text.map_err(|e| Error::Work(format!("the answer cannot be written as JSON: {e}")))?,
                )
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
        run: &workspace.for_run(),
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
        run: &workspace.for_run(),
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
            term::complain(&error);
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

pub(super) fn diff(global: &Global, now: Now, env: &Env, verb: &args::Diff) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let out: Vec<&Path> =
        targets.iter().filter_map(|t| t.path.as_deref()).chain(verb.out.as_deref()).collect();
    let (root, all) = (&global.root, env.all());
    let request = DiffRequest { root, base: &verb.base, current: &verb.current, out: &out, now, env: all };
    let triage = app::diff(&request)?;
    if let Some(out) = &verb.out {
        let text = serde_json::to_string_pretty(&triage);
        let text = text.map_err(|e| Error::Work(format!("the answer cannot be written as JSON: {e}")))?;
        let text = escape::json(text);
        files::write_atomic(out, text.as_bytes())?;
    }
    show(&targets, &triage, &|_| app::diff_human(&triage), env)?;
    Ok(app::diff_exit_code(&triage))
}

pub(super) fn flake_report(global: &Global, env: &Env, summaries: &[PathBuf]) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let answer = app::flake_report(summaries)?;
    show(&targets, &answer, &|_| app::flake_human(&answer), env)?;
    Ok(exit::PASS)
}

/// `completions --format json`.
#[derive(Serialize)]
struct Script {
    shell: String,
    script: String,
}

pub(super) fn completions(global: &Global, env: &Env, verb: &args::Completions) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let mut script = Vec::new();
    clap_complete::generate(verb.shell, &mut args::command(), "tollgate", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let answer = Script { shell: verb.shell.to_string(), script };
    show(&targets, &answer, &|_| answer.script.clone(), env)?;
    Ok(exit::PASS)
}

/// `man --format json`: the page, or the files that were written.
#[derive(Serialize)]
struct Manual {
    page: Option<String>,
    written: Vec<String>,
}

pub(super) fn man(global: &Global, env: &Env, verb: &args::Man) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let command = args::command();
    let mut manual = Manual { page: None, written: Vec::new() };
    match &verb.out {
        None => manual.page = Some(String::from_utf8_lossy(&page(command)?).into_owned()),
        Some(dir) => write_pages(dir, &command, "tollgate", &mut manual.written)?,
    }
    show(&targets, &manual, &|_| manual.page.clone().unwrap_or_default(), env)?;
    Ok(exit::PASS)
}

fn page(command: clap::Command) -> Result<Vec<u8>, Error> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command).render(&mut page);
    rendered.map_err(|e| Error::Work(format!("the man page cannot be made: {e}")))?;
    Ok(page)
}

/// The page of a command, and of each of its verbs: `tollgate-waiver-add.1`.
fn write_pages(
    dir: &Path,
    command: &clap::Command,
    name: &str,
    written: &mut Vec<String>,
) -> Result<(), Error> {
    let named = command.clone().display_name(name.to_string());
    let file = dir.join(format!("{name}.1"));
    files::write_atomic(&file, &page(named)?)?;
    written.push(file.display().to_string());
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        write_pages(dir, sub, &format!("{name}-{}", sub.get_name()), written)?;
    }
    Ok(())
}

/// The embedded schemas, and over them the workspace's own where there is a `tollgate.toml`.
fn schemas(global: &Global) -> Result<Registry, Error> {
    let root = Root::open(&global.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
    match root.resolve(config::FILE) {
        Err(ReadError::Missing(_)) => {
            Registry::new(Vec::new()).map_err(|problems| Error::Usage(problems.join("\n")))
        }
        _ => Ok(config::schemas(&root)?),
    }
}

pub(super) fn validate(global: &Global, now: Now, env: &Env, verb: &args::Validate) -> Result<u8, Error> {
    let targets = output::targets(&global.format)?;
    let registry = schemas(global)?;
    let request = ValidateRequest {
        inputs: verb.paths.clone(),
        schema: verb.schema.clone(),
        registry: &registry,
        now,
        limits: Limits::default(),
    };
    let validation = app::validate::validate(&request).map_err(|e| Error::Usage(e.to_string()))?;
    for target in &targets {
        let mut style = term::look(env);
        style.colour &= target.path.is_none();
        let text = if target.kind == Kind::Github {
            let github = report::github::validation(&validation);
            output::append(env, "GITHUB_STEP_SUMMARY", &github.summary)?;
            output::append(env, "GITHUB_OUTPUT", &github.output)?;
            github.commands
        } else {
            report::render_validation(target.kind, &validation, &style)
        };
        // What was asked for is the answer itself: for people too it goes to stdout.
        output::deliver(target, &text, true)?;
    }
    Ok(match (validation.files.is_empty(), validation.invalid) {
        (true, _) => exit::NOTHING,
        (false, 0) => exit::PASS,
        (false, _) => exit::FAIL,
    })
}

pub(super) fn schema(global: &Global, env: &Env, verb: &args::Schema) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let registry = schemas(global)?;
    match verb {
        args::Schema::List => {
            let listed = app::schema::list(&registry);
            show(&targets, &listed, &|_| app::schema::human(&listed), env)?;
        }
        args::Schema::Show { id } => {
            let text = escape::json(app::schema::show(&registry, id).map_err(Error::Usage)?.to_string());
            for target in &targets {
                output::deliver(target, &text, true)?;
            }
        }
    }
    Ok(exit::PASS)
}

pub(super) fn waiver(global: &Global, now: Now, env: &Env, verb: &args::Waiver) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let open = open_request(global, now, env, None, &[], None);
    let edit = match verb {
        args::Waiver::List | args::Waiver::Audit => {
            let audit = app::waiver_audit(&open)?;
            show(&targets, &audit, &|_| app::waiver_audit_human(&audit), env)?;
            let audits = matches!(verb, args::Waiver::Audit);
            return Ok(if audits { audit.exit_code() } else { audit.list_exit_code() });
        }
        args::Waiver::Add(new) => app::waiver_add(
            &open,
            &NewWaiver {
                gate: new.gate.clone(),
                owner: new.owner.clone(),
                reason: new.reason.clone(),
                issue: new.issue.clone(),
                exit_criteria: new.exit_criteria.clone(),
                lanes: new.lanes.iter().map(|lane| Lane::from(*lane)).collect(),
                checks: new.checks.clone(),
                reasons: new.reasons.clone(),
                days: new.days,
            },
        )?,
        args::Waiver::Renew { gate, days } => app::waiver_renew(&open, gate, *days)?,
        args::Waiver::Remove { gate } => app::waiver_remove(&open, gate)?,
    };
    show(&targets, &edit, &|_| app::waiver_edit_human(&edit), env)?;
    Ok(exit::PASS)
}

pub(super) fn gate(global: &Global, now: Now, env: &Env, verb: &args::Gate) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    match verb {
        args::Gate::List => {
            let list =
                app::gate_list(&GateListRequest { root: &global.root, lane: None, policy_from: None })?;
            show(&targets, &list, &|_| app::gate_list_human(&list), env)?;
            Ok(exit::PASS)
        }
        args::Gate::New { id } => {
            let new = app::gate_new(&GateNewRequest { root: &global.root, id })?;
            show(&targets, &new, &|_| app::gate_new_human(&new), env)?;
            Ok(exit::PASS)
        }
        args::Gate::Try { expr, on } => {
            let root = Root::open(&global.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
            let registry = schemas(global)?;
            let request = TryRequest {
                expression: expr,
                on,
                root: &root,
                registry: &registry,
                now,
                limits: Limits::default(),
            };
            let tried = app::gate_try(&request)?;
            show(&targets, &tried, &|_| app::gate_try_human(&tried), env)?;
            Ok(tried.exit_code())
        }
    }
}

pub(super) fn init(global: &Global, env: &Env, verb: &args::Init) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let request = InitRequest { root: &global.root, force: verb.force, copy_gates: verb.copy_gates };
    let init = app::init(&request)?;
    show(&targets, &init, &|_| app::init_human(&init), env)?;
    Ok(exit::PASS)
}
