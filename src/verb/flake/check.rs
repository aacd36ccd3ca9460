//! `tollgate flake check TEST --runs N`: one test again and again, and what that proves.

use crate::embedded::EMBEDDED;
use crate::verb::flake::checked::{FlakeChecked, RunEnd, checked};
use crate::verb::flake::series::{FlakeTarget, Series};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tollgate_core::model::flake::FlakeVerdict;
use tollgate_core::model::plan::PlannedSuite;
use tollgate_core::model::run::RunSummary;
use tollgate_core::model::suite::{ResultReader, SuiteSpec};
use tollgate_core::model::test::TestNames;
use tollgate_core::plan;
use tollgate_flow::attempt::GRACE;
use tollgate_flow::attempt::tracked::{refuse_linked, refuse_tracked};
use tollgate_flow::attempt::watching::watch;
use tollgate_flow::error::Error;
use tollgate_flow::ground::Ground;
use tollgate_flow::masking::masker;
use tollgate_host::clock::unique;
use tollgate_host::process::MARK;
use tollgate_host::record;
use tollgate_host::run::{self, Job, Options};
use tollgate_text::redact::{MASK, Masker};
use tollgate_text::time::Now;

/// Runs that a test's name is looked up in.
const LOOKED_AT: usize = 20;

/// What is asked.
pub struct FlakeCheckRequest<'a> {
    /// The workspace.
    pub root: &'a Path,
    /// The moment.
    pub now: Now,
    /// The environment.
    pub env: &'a BTreeMap<String, String>,
    /// `SUITE` or `SUITE::TEST`.
    pub test: &'a str,
    /// How often; at least 1.
    pub runs: u32,
    /// At once.
    pub jobs: usize,
    /// Seconds of one run, over the suite's own.
    pub timeout: Option<u64>,
}

/// Runs it.
pub fn flake_check(request: &FlakeCheckRequest<'_>) -> Result<FlakeChecked, Error> {
    let ground = Ground::open(&EMBEDDED, request.root, request.now)?;
    let masker = Arc::new(masker(request.env, &ground)?);
    let (spec, suite, test) = find(&ground, request.test, &masker)?;
    if let Some(test) = &test {
        bare(test, &masker)?;
    }
    if spec.command.is_none() {
        let kind = &spec.kind;
        return Err(Error::Usage(format!("[suites.{kind}] has no `command`: nothing here runs its suites")));
    }
    let fixed = spec.results.as_deref().is_some_and(|path| !path.contains("{out}"));
    if fixed && request.jobs > 1 {
        return Err(Error::Usage(format!(
            "[suites.{}] writes its results into one file, whichever run it is: use --jobs 1, or put {{out}} into `results`",
            spec.kind
        )));
    }
    let mut notes = Vec::new();
    let test = match test {
        Some(test) if spec.single.is_some() => Some(reachable(&ground, spec, &suite, test)?),
        Some(test) => {
            nameable(spec, &suite, &test)?;
            notes.push(format!(
                "[suites.{}] has no `single`: each run was of the whole suite, and only this test was looked at",
                spec.kind
            ));
            Some(test)
        }
        None => None,
    };
    let target = match &test {
        Some(test) if spec.single.is_some() => FlakeTarget::Alone(test),
        Some(test) => FlakeTarget::Within(test),
        None => FlakeTarget::Suite,
    };
    let item = PlannedSuite {
        name: suite.clone(),
        kind: spec.kind.clone(),
        role: spec.role,
        tests: None,
        names: TestNames::new(),
        expected: TestNames::new(),
    };
    refuse_linked(&ground, std::slice::from_ref(&item))?;
    refuse_tracked(&ground, &[item])?;
    let (ended, interrupted, (flake, changed, untold)) =
        series(request, &ground, &masker, spec, &suite, target)?;
    let checked = checked(request.test, suite, request.runs, &ended);
    if checked.rate.is_none() && interrupted.is_none() {
        return Err(Error::Usage(unproven(spec, &checked.suite, target, &ended)));
    }
    Ok(FlakeChecked { interrupted, notes, ..checked }.held(flake, changed, untold))
}

/// Why what failed and passed is no flake, what changed between the runs, and why that is not known.
type Held = (Option<FlakeVerdict>, Vec<String>, Option<String>);

/// Makes the runs; gives what each that came to its end says, and the signal that ended them all, if one did.
fn series(
    request: &FlakeCheckRequest<'_>,
    ground: &Ground,
    masker: &Arc<Masker>,
    spec: &SuiteSpec,
    suite: &str,
    target: FlakeTarget<'_>,
) -> Result<(Vec<RunEnd>, Option<i32>, Held), Error> {
    let scratch =
        tempfile::tempdir().map_err(|e| Error::Work(format!("no scratch folder can be made: {e}")))?;
    let scratch = scratch.path();
    // The clock that tells what changed is that of the file system of the workspace.
    let changes = (request.runs > 1).then(|| watch(ground, None, ground.root.real()));
    let in_turn = request.jobs <= 1;
    let seen = Mutex::default();
    let series = Series { ground, spec, suite, target, scratch, masker, changes, in_turn, seen };
    let options = Options {
        jobs: request.jobs,
        fail_fast: None,
        grace: GRACE,
        mask: Arc::clone(masker),
        spool: scratch.to_path_buf(),
        marks: run::marks_of(&unique().to_string(), request.env.get(MARK).map(String::as_str)),
    };
    let timeout = Duration::from_secs(request.timeout.unwrap_or(spec.timeout));
    let jobs: Vec<Job> = (0..request.runs).map(|number| series.job(number, timeout)).collect();
    let ended = run::execute(&jobs, &options, &series);
    let held = series.held();
    let seen = series.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((seen.ended, ended.interrupted, held))
}

/// Why no run had a result, one sentence.
fn unproven(spec: &SuiteSpec, suite: &str, target: FlakeTarget<'_>, ended: &[RunEnd]) -> String {
    let skipped = ended.contains(&RunEnd::Skipped);
    let suite = suite.escape_debug();
    let why = match target {
        FlakeTarget::Suite => format!("no run of `{suite}` ran a test"),
        FlakeTarget::Alone(test) | FlakeTarget::Within(test) if skipped => {
            format!("the test `{}` was skipped", test.escape_debug())
        }
        FlakeTarget::Alone(test) => {
            format!("`single` of [suites.{}] ran no test called `{}`", spec.kind, test.escape_debug())
        }
        FlakeTarget::Within(test) => format!("`{suite}` ran no test called `{}`", test.escape_debug()),
    };
    format!("{why}: nothing is proven")
}

/// The suite that `named` is, or that it begins with; the longest name wins.
fn find<'g>(
    ground: &'g Ground,
    named: &str,
    masker: &Masker,
) -> Result<(&'g SuiteSpec, String, Option<String>), Error> {
    let names = ground.names()?;
    let mut best: Option<(&SuiteSpec, &String)> = None;
    for spec in &ground.run.suites {
        for name in names.get(&spec.kind).into_iter().flatten() {
            let fits =
                named == name || named.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with("::"));
            if fits && best.is_none_or(|(_, known)| known.len() < name.len()) {
                best = Some((spec, name));
            }
        }
    }
    let Some((spec, name)) = best else {
        let all = names.values().flatten().map(String::as_str);
        let hint = tollgate_text::toml_text::suggestion(named, all.collect::<Vec<_>>());
        return Err(Error::Usage(format!(
            "no suite is called `{}`, nor begins it{hint}",
            masker.mask(named).0.escape_debug()
        )));
    };
    let test = named[name.len()..].strip_prefix("::").map(String::from);
    Ok((spec, name.clone(), test))
}

/// Whether a test can be told by its name: where a secret is masked in it, it is not the name that results give.
fn bare(test: &str, masker: &Masker) -> Result<(), Error> {
    let shown = masker.mask(test).0;
    if shown.contains(MASK) {
        return Err(Error::Usage(format!(
            "a secret is masked in the name of the test `{}`: only the whole suite can be run",
            shown.escape_debug()
        )));
    }
    Ok(())
}

/// The name by which `single` reaches a test: what the last run that tells of it says, else the name itself.
fn reachable(ground: &Ground, spec: &SuiteSpec, suite: &str, test: String) -> Result<String, Error> {
    let named = last_runs(ground).find_map(|summary| {
        let (_, result) = summary.all().find(|(_, s)| s.kind == spec.kind && s.name == suite)?;
        let known = result.tests.iter().find(|t| t.name == test)?;
        known.selector.clone()
    });
    let name = named.unwrap_or(test);
    plan::by_name(spec, BTreeSet::from([name.clone()]))
        .map_err(|why| Error::Usage(format!("it cannot be run alone: {why}")))?;
    Ok(name)
}

/// Whether the results of the suite can have a test of that name.
fn nameable(spec: &SuiteSpec, suite: &str, test: &str) -> Result<(), Error> {
    if test.is_empty() {
        return Err(Error::Usage("no test is named behind `::`".into()));
    }
    if spec.reader == ResultReader::Exit && test != suite {
        return Err(Error::Usage(format!(
            "`{}` is read by its exit code and has no test called `{}`: only the whole suite can be run",
            suite.escape_debug(),
            test.escape_debug()
        )));
    }
    Ok(())
}

/// The summaries of the last runs that can be read, the newest first.
fn last_runs(ground: &Ground) -> impl Iterator<Item = RunSummary> {
    let results = ground.root.resolve(&ground.settings.results).ok();
    let entries = results.and_then(|dir| std::fs::read_dir(dir).ok());
    let mut folders: Vec<_> = entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    let newest = folders.into_iter().rev().take(LOOKED_AT);
    newest.filter_map(|folder| record::read_summary(&folder).ok()).map(|(summary, _)| summary)
}
