//! The verbs beside `check`: each asks its room on floor 5 and shows the answer.

use super::args;
use super::env::Env;
use super::output::{self, Answer, FormatTarget};
use super::progress::Progress;
use super::request::open_request;
use super::term;
use crate::embedded::EMBEDDED;
use crate::verb::explain::ExplainRequest;
use crate::verb::gate::list::GateListRequest;
use crate::verb::gate::new::GateNewRequest;
use crate::verb::gate::try_on::TryRequest;
use crate::verb::init::InitRequest;
use crate::verb::reproduce::{ReproduceRequest, ReproduceStep};
use crate::verb::validate::ValidateRequest;
use args::Global;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tollgate_core::model::gate::ForRun;
use tollgate_core::model::lane::Lane;
use tollgate_core::report::text::terminal;
use tollgate_core::report::{self, ReportKind};
use tollgate_core::runbook::Runbook;
use tollgate_core::waiver::NewWaiver;
use tollgate_flow::error::{Error, exit};
use tollgate_flow::workspace::Workspace;
use tollgate_host::config;
use tollgate_host::files::file_set::Output;
use tollgate_host::files::{self, ReadError, Root};
use tollgate_lang::schema::{FormatRule, Registry};
use tollgate_text::ci::Echo;
use tollgate_text::escape;
use tollgate_text::json::JsonLimits;
use tollgate_text::redact::{FreeText, Masked, free_text};
use tollgate_text::time::Now;

/// Shows an answer in each format asked for: as JSON, or as the text for people on stdout. `exit` is what the verb ends with where that
/// can be kept.
pub(super) fn show<T: Serialize>(
    targets: &[FormatTarget],
    answer: &Masked<T>,
    human: &dyn Fn(&T, bool) -> String,
    env: &Env,
    exit: u8,
) -> Result<u8, Error> {
    deliver(targets, answer, human, env, exit, Vec::new())
}

fn deliver<T: Serialize>(
    targets: &[FormatTarget],
    answer: &Masked<T>,
    human: &dyn Fn(&T, bool) -> String,
    env: &Env,
    exit: u8,
    more: Vec<Output>,
) -> Result<u8, Error> {
    let text = |target: &FormatTarget| match target.kind {
        ReportKind::Json => output::json(&**answer),
        _ => Ok(human(answer, target.path.is_none() && term::stdout_colour(env))),
    };
    let answer = Answer { targets, text: &text, human_to_stdout: true, green: exit == exit::PASS };
    answer.deliver(more).map(|()| exit)
}

/// An answer with its text masked.
pub(super) fn masked<T: FreeText>(
    answer: T,
    global: &Global,
    now: Now,
    env: &Env,
) -> Result<Masked<T>, Error> {
    Ok(Masked::new(answer, &tollgate_flow::masking::masker_near(&EMBEDDED, &global.root, now, env.all())?))
}

pub(super) fn explain(global: &Global, now: Now, env: &Env, verb: &args::Explain) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    // What everyday failures mean is known everywhere, in a folder without a tollgate.toml too.
    let workspace = match Workspace::open(&EMBEDDED, &open_request(global, now, env, None, &[], None)) {
        Ok(workspace) => Some(workspace),
        Err(_) if tollgate_flow::workspace::is_no_workspace(&global.root) => None,
        Err(error) => return Err(error),
    };
    let runbook = workspace.as_ref().map_or_else(|| Ok(Runbook::of(&EMBEDDED)), Workspace::runbook)?;
    if verb.list {
        let list = masked(crate::verb::explain::list::explain_list(&runbook), global, now, env)?;
        return show(&targets, &list, &crate::verb::explain::list::human, env, exit::PASS);
    }
    let last = match (&verb.verdict, &workspace) {
        (Some(path), _) => tollgate_flow::verdict_read::named(path).map(Some),
        (None, None) => Ok(None),
        (None, Some(workspace)) => {
            tollgate_flow::verdict_read::newest(&workspace.root, &workspace.policy.settings.output)
                .map(|v| v.map(|(_, v)| v))
        }
    };
    let run_dir = |w: &'_ Workspace| w.run_dir.as_deref().ok().map(String::from);
    let run = workspace.as_ref().and_then(run_dir);
    let answer = crate::verb::explain::explain(&ExplainRequest {
        query: &verb.query.join(" "),
        gates: workspace.as_ref().map_or(&[], |w| w.policy.gates.as_slice()),
        runbook: &runbook,
        newest_run: workspace.as_ref().map(|w| &w.root).zip(run.as_deref()),
        last: last.as_ref().map(Option::as_ref).map_err(String::as_str),
        run: &workspace.as_ref().map_or_else(ForRun::none, Workspace::for_run),
        prefix: workspace.as_ref().map_or("", |w| &w.policy.settings.prefix),
    });
    let exit = answer.exit_code();
    show(&targets, &masked(answer, global, now, env)?, &crate::verb::explain::text::human, env, exit)
}

pub(super) fn reproduce(global: &Global, now: Now, env: &Env, verb: &args::Reproduce) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let workspace = Workspace::open(&EMBEDDED, &open_request(global, now, env, None, &[], None))?;
    let settings = &workspace.policy.settings;
    let masker = tollgate_flow::masking::masker_near(&EMBEDDED, &global.root, now, env.all())?;
    let first_run = workspace.first_run();
    let request = ReproduceRequest {
        root: &workspace.root,
        gates: &workspace.policy.gates,
        names: &verb.gates,
        verdict: verb.verdict.as_deref(),
        output: &settings.output,
        results: &settings.results,
        run: &workspace.for_run(),
        no_run: first_run.as_deref(),
        prefix: &settings.prefix,
        exec: verb.exec,
        timeout: Duration::from_secs(settings.timeout),
        masker: &masker,
    };
    let mut echo = Echo::default();
    let answer = crate::verb::reproduce::reproduce(&request, &mut |step| match step {
        ReproduceStep::Start(planned) => {
            term::stderr(&format!("== {}: {}", terminal(&planned.id), terminal(&planned.command)));
        }
        // What a person asked to run is shown as it comes.
        ReproduceStep::Output(bytes) => term::stderr_echo(&mut echo, bytes),
        ReproduceStep::End(ran) => {
            term::stderr_end_line(&mut echo);
            term::stderr(&format!("== {}: {}", terminal(&ran.id), terminal(&ran.detail)));
        }
    });
    let answer = match answer {
        Ok(answer) => Masked::new(answer, &masker),
        Err(error) => {
            term::complain(&error, env);
            return Ok(error.exit_code());
        }
    };
    let exit = show(&targets, &answer, &|answer, _| answer.lines(), env, answer.exit_code())?;
    term::stderr(&crate::verb::reproduce::answer::human(&answer));
    Ok(exit)
}

pub(super) fn prove(global: &Global, now: Now, env: &Env, verb: &args::Prove) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let progress = Progress::start(0);
    let open = open_request(global, now, env, None, &verb.gate, verb.run.as_deref());
    let proof = crate::verb::prove::prove(&open, &|gate| progress.tick(gate))?;
    progress.finish();
    let exit = proof.exit_code();
    show(
        &targets,
        &masked(proof, global, now, env)?,
        &|proof, _| crate::verb::prove::text::human(proof),
        env,
        exit,
    )
}

pub(super) fn doctor(global: &Global, now: Now, env: &Env, verb: &args::Doctor) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let diagnosis =
        crate::verb::doctor::doctor(&open_request(global, now, env, None, &[], verb.run.as_deref()))?;
    let exit = if diagnosis.is_sound() { exit::PASS } else { exit::FAIL };
    show(
        &targets,
        &masked(diagnosis, global, now, env)?,
        &|found, _| crate::verb::doctor::text::human(found),
        env,
        exit,
    )
}

pub(super) fn flake_report(global: &Global, now: Now, env: &Env, summaries: &[PathBuf]) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let answer = crate::verb::flake::report::flake_report(summaries)?;
    show(
        &targets,
        &masked(answer, global, now, env)?,
        &|answer, _| crate::verb::flake::text::human(answer),
        env,
        exit::PASS,
    )
}

/// `completions --format json`.
#[derive(Serialize)]
struct Script {
    shell: String,
    script: String,
}

free_text!(Script { ; shell, script });

pub(super) fn completions(
    global: &Global,
    now: Now,
    env: &Env,
    verb: &args::Completions,
) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let mut script = Vec::new();
    clap_complete::generate(verb.shell, &mut args::command(), "tollgate", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let answer = Script { shell: verb.shell.to_string(), script };
    show(&targets, &masked(answer, global, now, env)?, &|answer, _| answer.script.clone(), env, exit::PASS)
}

/// `man --format json`: the page, or the files that were written.
#[derive(Serialize)]
struct Manual {
    page: Option<String>,
    written: Vec<String>,
}

free_text!(Manual { ; page, written });

pub(super) fn man(global: &Global, now: Now, env: &Env, verb: &args::Man) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let command = args::command();
    let mut manual = Manual { page: None, written: Vec::new() };
    match &verb.out {
        None => manual.page = Some(String::from_utf8_lossy(&page(command)?).into_owned()),
        Some(dir) => write_pages(dir, &command, "tollgate", &mut manual.written)?,
    }
    let human = |manual: &Manual, _| manual.page.clone().unwrap_or_default();
    show(&targets, &masked(manual, global, now, env)?, &human, env, exit::PASS)
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
            Registry::new(EMBEDDED.schemas, Vec::new()).map_err(|problems| Error::Usage(problems.join("\n")))
        }
        _ => Ok(config::schemas(&EMBEDDED, &root)?),
    }
}

pub(super) fn validate(global: &Global, now: Now, env: &Env, verb: &args::Validate) -> Result<u8, Error> {
    let targets = output::targets(&global.format)?;
    let root = Root::open(&global.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
    let registry = schemas(global)?.with_formats(match verb.formats {
        args::FormatKeyword::Assertion => FormatRule::Assertion,
        args::FormatKeyword::Annotation => FormatRule::Annotation,
    });
    let request = ValidateRequest {
        inputs: verb.paths.clone(),
        schema: verb.schema.clone(),
        registry: &registry,
        root: &root,
        now,
        limits: JsonLimits::default(),
    };
    let validation = crate::verb::validate::validate(&request).map_err(|e| Error::Usage(e.to_string()))?;
    let exit = match (validation.files.is_empty(), validation.invalid) {
        (true, _) => exit::NOTHING,
        (false, 0) => exit::PASS,
        (false, _) => exit::FAIL,
    };
    let validation = masked(validation, global, now, env)?;
    let text = |target: &FormatTarget| {
        let mut style = term::look(env);
        style.colour &= target.path.is_none();
        Ok(report::render_validation(target.kind, &validation, &style))
    };
    if targets.iter().any(|target| target.kind == ReportKind::Github) {
        let github = report::github::validation(&validation);
        output::append(env, "GITHUB_STEP_SUMMARY", &github.summary)?;
        output::append(env, "GITHUB_OUTPUT", &github.output)?;
    }
    // What was asked for is the answer itself: for people too it goes to stdout.
    let answer = Answer { targets: &targets, text: &text, human_to_stdout: true, green: exit == exit::PASS };
    answer.deliver(Vec::new()).map(|()| exit)
}

pub(super) fn schema(global: &Global, now: Now, env: &Env, verb: &args::SchemaArgs) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let registry = schemas(global)?;
    match verb {
        args::SchemaArgs::List => {
            let listed = crate::verb::schema::list(&registry);
            let listed = masked(listed, global, now, env)?;
            show(&targets, &listed, &|listed, _| crate::verb::schema::human(listed), env, exit::PASS)
        }
        args::SchemaArgs::Show { id } => {
            let text = crate::verb::schema::show(&registry, id).map_err(Error::Usage)?;
            let text = |_: &FormatTarget| Ok(escape::json(text.to_string()));
            let answer = Answer { targets: &targets, text: &text, human_to_stdout: true, green: true };
            answer.deliver(Vec::new()).map(|()| exit::PASS)
        }
    }
}

pub(super) fn waiver(global: &Global, now: Now, env: &Env, verb: &args::Waiver) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let open = open_request(global, now, env, None, &[], None);
    let edit = match verb {
        args::Waiver::List | args::Waiver::Audit => {
            let audit = crate::verb::waiver::audit::waiver_audit(&open)?;
            let audits = matches!(verb, args::Waiver::Audit);
            let exit = if audits { audit.exit_code() } else { audit.list_exit_code() };
            let audit = masked(audit, global, now, env)?;
            return show(&targets, &audit, &|audit, _| crate::verb::waiver::audit::human(audit), env, exit);
        }
        args::Waiver::Add(new) => crate::verb::waiver::edit::waiver_add(
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
        args::Waiver::Renew { gate, days } => crate::verb::waiver::edit::waiver_renew(&open, gate, *days)?,
        args::Waiver::Remove { gate } => crate::verb::waiver::edit::waiver_remove(&open, gate)?,
    };
    show(
        &targets,
        &masked(edit, global, now, env)?,
        &|edit, _| crate::verb::waiver::edit::human(edit),
        env,
        exit::PASS,
    )
}

pub(super) fn gate(global: &Global, now: Now, env: &Env, verb: &args::GateArgs) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    match verb {
        args::GateArgs::List => {
            let list = crate::verb::gate::list::gate_list(&GateListRequest {
                root: &global.root,
                lane: None,
                policy_from: None,
            })?;
            let list = masked(list, global, now, env)?;
            show(&targets, &list, &|list, _| crate::verb::gate::list::human(list), env, exit::PASS)
        }
        args::GateArgs::New { id, pack } => {
            let request = GateNewRequest { root: &global.root, id, pack: pack.as_deref() };
            let new = crate::verb::gate::new::gate_new(&request)?;
            let new = masked(new, global, now, env)?;
            show(&targets, &new, &|new, _| crate::verb::gate::new::human(new), env, exit::PASS)
        }
        args::GateArgs::Try { expr, on } => {
            let root = Root::open(&global.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
            let registry = schemas(global)?;
            let request = TryRequest {
                expression: expr,
                on,
                root: &root,
                registry: &registry,
                now,
                limits: JsonLimits::default(),
            };
            let tried = crate::verb::gate::try_on::gate_try(&request)?;
            let exit = tried.exit_code();
            let tried = masked(tried, global, now, env)?;
            show(&targets, &tried, &|tried, _| crate::verb::gate::try_text::human(tried), env, exit)
        }
    }
}

pub(super) fn init(global: &Global, now: Now, env: &Env, verb: &args::InitArgs) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let request =
        InitRequest { root: &global.root, force: verb.force, copy_gates: verb.copy_gates, env: env.all() };
    let init = crate::verb::init::init(&request)?;
    show(
        &targets,
        &masked(init, global, now, env)?,
        &|init, _| crate::verb::init::human(init),
        env,
        exit::PASS,
    )
}
