//! The verbs that run suites and bring results together.

use super::args::Global;
use super::env::Env;
use super::output::{self, Answer, FormatTarget};
use super::run_args::{self as args, ArtifactsArg, How, ShardKindArg};
use super::screen::Screen;
use super::term;
use super::verbs::masked;
use crate::verb::run::{RunAnswer, RunRequest, SelectionSource};
use serde::Serialize;
use tollgate_core::model::plan::{Artifacts, ShardKind};
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::plan::{self, Division};
use tollgate_core::report::text::terminal;
use tollgate_core::report::{ReportKind, run_github, run_markdown};
use tollgate_flow::error::{Error, exit};
use tollgate_host::config::parse_duration;
use tollgate_text::time::Now;

/// What is asked, from the words of the command line that `run` and `replay` share.
fn request<'a>(
    global: &'a Global,
    now: Now,
    env: &'a Env,
    how: &'a How,
    source: SelectionSource<'a>,
) -> Result<RunRequest<'a>, Error> {
    Ok(RunRequest {
        root: &global.root,
        now,
        env: env.all(),
        profile: None,
        suites: &[],
        units: &[],
        skip_lint: false,
        jobs: jobs(how.jobs)?,
        timeout: timeout(how.timeout.as_deref())?,
        retries: how.retries,
        fail_fast: fail_fast(how.fail_fast)?,
        source,
        diff_from: None,
        shard: None,
        timings: &[],
        out: how.out.as_deref(),
        artifacts: how.artifacts.map(|artifacts| match artifacts {
            ArtifactsArg::All => Artifacts::All,
            ArtifactsArg::Failed => Artifacts::Failed,
        }),
    })
}

fn jobs(asked: Option<usize>) -> Result<usize, Error> {
    match asked {
        Some(0) => Err(Error::Usage("--jobs 0 would run nothing".into())),
        Some(n) => Ok(n),
        None => Ok(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)),
    }
}

fn fail_fast(asked: Option<u32>) -> Result<Option<u32>, Error> {
    match asked {
        Some(0) => Err(Error::Usage("--fail-fast 0 would run nothing".into())),
        asked => Ok(asked),
    }
}

fn timeout(text: Option<&str>) -> Result<Option<u64>, Error> {
    text.map(parse_duration).transpose().map_err(|why| Error::Usage(format!("--timeout: {why}")))
}

fn max_age(text: Option<&str>) -> Result<Option<u64>, Error> {
    text.map(parse_duration).transpose().map_err(|why| Error::Usage(format!("--max-age: {why}")))
}

pub(super) fn run(global: &Global, now: Now, env: &Env, verb: &args::RunArgs) -> Result<u8, Error> {
    let source = match (&verb.rerun_from, &verb.resume) {
        (Some(summary), _) => SelectionSource::Rerun(summary),
        (None, Some(dir)) => SelectionSource::Resume(dir),
        (None, None) => SelectionSource::Fresh,
    };
    if source != SelectionSource::Fresh
        && (verb.shard_kind.is_some()
            || verb.shard.is_some()
            || verb.shard_index.is_some()
            || verb.shard_total.is_some())
    {
        return Err(Error::Usage(
            "a replay runs in the shard of its source; leave the shard flags out".into(),
        ));
    }
    if verb.list && matches!(source, SelectionSource::Resume(_)) {
        return Err(Error::Usage(
            "--list does not go with --resume: what is left is said by the journal, once the run is taken up"
                .into(),
        ));
    }
    let mut request = request(global, now, env, &verb.how, source)?;
    request.profile = verb.profile.as_deref();
    request.suites = &verb.suite;
    request.units = &verb.unit_target;
    request.skip_lint = verb.skip_lint;
    request.diff_from = verb.diff_from.as_deref();
    request.timings = &verb.timings;
    let targets = output::of_run(&global.format)?;
    if source == SelectionSource::Fresh {
        request.shard = shard(verb, env)?;
    }
    if verb.list {
        return list(&request, &output::json_or_human(&global.format)?);
    }
    go(&request, &verb.how, env, &targets)
}

pub(super) fn replay(global: &Global, now: Now, env: &Env, verb: &args::ReplayArgs) -> Result<u8, Error> {
    let targets = output::of_run(&global.format)?;
    for difference in crate::verb::run::bundle_differences(&global.root, &verb.bundle, now, env.all())? {
        term::stderr(&format!("note: {}", terminal(&difference)));
    }
    let request = request(global, now, env, &verb.how, SelectionSource::Bundle(&verb.bundle))?;
    go(&request, &verb.how, env, &targets)
}

/// The shard that the flags name; with `--shard auto` what they leave open comes from the CI's variables.
fn shard(verb: &args::RunArgs, env: &Env) -> Result<Option<Division>, Error> {
    let given = plan::Given { index: verb.shard_index, total: verb.shard_total };
    let auto = match verb.shard {
        Some(_) => {
            plan::auto(env.all(), given).map_err(|why| Error::Usage(format!("--shard auto: {why}")))?
        }
        None => None,
    };
    let index = auto.as_ref().map_or(verb.shard_index, |a| Some(a.index));
    let total = auto.as_ref().map_or(verb.shard_total, |a| Some(a.total));
    let kind = verb.shard_kind.map(|kind| match kind {
        ShardKindArg::Suite => ShardKind::Suite,
        ShardKindArg::Unit => ShardKind::Unit,
    });
    match (kind, index, total) {
        (None, None, None) if verb.shard.is_none() => Ok(None),
        (Some(kind), Some(index), Some(total)) => Ok(Some(Division { kind, index, total })),
        (_, Some(_), None) => Err(Error::Usage("a shard's index without its total says nothing; give --shard-total".into())),
        (_, None, Some(_)) => Err(Error::Usage("a shard's total without its index says nothing; give --shard-index".into())),
        (None, ..) => Err(Error::Usage("which list is divided? give --shard-kind suite or --shard-kind unit".into())),
        (Some(_), None, None) => Err(Error::Usage(
            "--shard-kind needs --shard-index and --shard-total, or --shard auto where the CI's variables say them".into(),
        )),
    }
}

fn list(request: &RunRequest<'_>, targets: &[FormatTarget]) -> Result<u8, Error> {
    let listed = crate::verb::run::run_list(request)?;
    let code = if listed.is_empty() { exit::NOTHING } else { exit::PASS };
    answer(targets, &listed, &|_| listed.human(), code)
}

/// Shows an answer as JSON or as people read it; gives the exit code where that can be kept. Its text was masked as it was made.
fn answer(
    targets: &[FormatTarget],
    answer: &impl Serialize,
    human: &dyn Fn(&FormatTarget) -> String,
    code: u8,
) -> Result<u8, Error> {
    let text = |target: &FormatTarget| match target.kind {
        ReportKind::Json => output::json(answer),
        _ => Ok(human(target)),
    };
    let answer = Answer { targets, text: &text, human_to_stdout: true, green: code == exit::PASS };
    answer.deliver(Vec::new()).map(|()| code)
}

fn go(request: &RunRequest<'_>, how: &How, env: &Env, targets: &[FormatTarget]) -> Result<u8, Error> {
    let style = term::look(env);
    let screen = Screen::new(style, how.show_output, request.jobs);
    let answer = crate::verb::run::run(request, &screen);
    screen.close();
    let Some(answer) = answer? else {
        term::stderr("nothing was selected: nothing ran, and nothing was written");
        return Ok(exit::NOTHING);
    };
    let tail = |record: &SuiteRecord| {
        screen.shows_failures().then(|| crate::verb::run::log_end(request.root, &record.log))
    };
    let code = answer.exit_code();
    tell(&answer, &tail, targets, env, code)
}

/// A run in each format asked for: as people read it to stderr, else to stdout.
fn tell(
    run: &RunAnswer,
    tail: &dyn Fn(&SuiteRecord) -> Option<String>,
    targets: &[FormatTarget],
    env: &Env,
    code: u8,
) -> Result<u8, Error> {
    let told = run.told(code == exit::PASS);
    let text = |target: &FormatTarget| match target.kind {
        ReportKind::Json => output::json(told.summary),
        ReportKind::Markdown => Ok(run_markdown::run(&told)),
        ReportKind::Github => Ok(run_github::run(&told).commands),
        _ => {
            let mut style = term::look(env);
            style.colour &= target.path.is_none();
            Ok(crate::verb::run::run_end(run, tail, &style))
        }
    };
    let answer = Answer { targets, text: &text, human_to_stdout: false, green: told.green };
    output::deliver_step(&answer, Vec::new(), env, &|| run_github::run(&told)).map(|()| code)
}

pub(super) fn ingest(global: &Global, now: Now, env: &Env, verb: &args::Ingest) -> Result<u8, Error> {
    let targets = output::of_run(&global.format)?;
    let request = crate::verb::ingest::request::IngestRequest {
        root: &global.root,
        now,
        env: env.all(),
        format: &verb.format_name,
        files: &verb.files,
        kind: &verb.kind,
        repeats: verb.repeats.as_deref(),
        diff_from: verb.diff_from.as_deref(),
        out: verb.out.as_deref(),
        as_of: verb.as_of.as_deref(),
        max_age: max_age(verb.max_age.as_deref())?,
    };
    let written = match crate::verb::ingest::ingest(&request)? {
        crate::verb::ingest::TakenIn::Run(written) => *written,
        crate::verb::ingest::TakenIn::Nothing(why) => {
            term::stderr(&format!("{}: nothing but why was written", terminal(&why)));
            return Ok(exit::NOTHING);
        }
    };
    if let Some(dated) = crate::verb::ingest::dated(&written.summary) {
        term::stderr(&format!("note: {}", terminal(&dated)));
    }
    if let Some(note) = &written.note {
        term::stderr(&format!("note: {}", terminal(note)));
    }
    let answer = RunAnswer { written, interrupted: None, whole: None };
    let code = exit::of_run(&answer.written.summary);
    tell(&answer, &|_| None, &targets, env, code)
}

pub(super) fn merge(global: &Global, now: Now, env: &Env, verb: &args::Merge) -> Result<u8, Error> {
    let targets = output::of_run(&global.format)?;
    let request = crate::verb::merge::MergeRequest {
        root: &global.root,
        now,
        env: env.all(),
        shards: &verb.shards,
        diff_from: verb.diff_from.as_deref(),
        out: &verb.out,
    };
    let (written, notes) = match crate::verb::merge::merge(&request) {
        Ok(merged) => merged,
        Err(crate::verb::merge::MergeError::Unfit(problems)) => {
            problems.iter().for_each(|problem| term::complain(problem, env));
            return Ok(exit::FAIL);
        }
        Err(crate::verb::merge::MergeError::Other(error)) => return Err(error),
    };
    for note in &notes {
        term::stderr(&format!("note: {}", terminal(note)));
    }
    let answer = RunAnswer { written, interrupted: None, whole: None };
    let code = exit::of_run(&answer.written.summary);
    tell(&answer, &|_| None, &targets, env, code)
}

pub(super) fn events(global: &Global, now: Now, env: &Env, verb: &args::EventsArgs) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let counted = masked(crate::verb::events::events(&verb.files)?, global, now, env)?;
    for fault in crate::verb::events::text::faults(&counted) {
        term::complain(&fault, env);
    }
    answer(&targets, &*counted, &|_| crate::verb::events::text::human(&counted), counted.exit_code())
}

pub(super) fn flake_check(
    global: &Global,
    now: Now,
    env: &Env,
    check: &args::FlakeCheck,
) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    if check.runs == 0 {
        return Err(Error::Usage("--runs 0 proves nothing".into()));
    }
    let request = crate::verb::flake::check::FlakeCheckRequest {
        root: &global.root,
        now,
        env: env.all(),
        test: &check.test,
        runs: check.runs,
        jobs: jobs(Some(check.jobs))?,
        timeout: timeout(check.timeout.as_deref())?,
    };
    let checked = crate::verb::flake::check::flake_check(&request)?;
    answer(&targets, &checked, &|_| checked.human(), checked.exit_code())
}
