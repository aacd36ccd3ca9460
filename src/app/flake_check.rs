//! `tollgate flake check TEST --runs N`: one test again and again, and what that proves.

use super::commands::environment;
use super::error::{Error, exit};
use super::ground::Ground;
use super::masking::masker;
use super::run::{GRACE, Results, commands_of, read_results, steps};
use crate::base::clock::Now;
use crate::base::process::{Ending, MARK};
use crate::base::redact::Masker;
use crate::model::run::Summary;
use crate::model::suite::{Reader, SuiteSpec};
use crate::model::test::{Case, Failure, Reading, TestStatus};
use crate::plan;
use crate::record;
use crate::report::text::{terminal, terminal_cut};
use crate::run::{self, Job, LogTo, Next, Options};
use crate::triage::attempts::{Attempt, Step, StepEnded, Unread, attempt};
use crate::triage::{self, Rate};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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

/// One way in which it failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failing {
    /// The failure signature.
    pub signature: String,
    /// How many runs failed so.
    pub runs: u64,
    /// What the first of them said.
    pub message: String,
}

/// What the runs show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlakeChecked {
    /// As named.
    pub test: String,
    /// The suite.
    pub suite: String,
    /// The rate, with its bounds.
    #[serde(flatten)]
    pub rate: Rate,
    /// What that proves, in one clause.
    pub proves: String,
    /// The failures by signature, most frequent first.
    pub failures_by_signature: Vec<Failing>,
    /// Runs that a signal to tollgate cut short or kept from starting.
    pub not_run: u64,
}

impl FlakeChecked {
    /// 130 when it was cut short, 1 when a run failed, else 0.
    pub fn exit_code(&self) -> u8 {
        match (self.not_run, self.rate.failures) {
            (1.., _) => exit::INTERRUPTED,
            (0, 0) => exit::PASS,
            (0, _) => exit::FAIL,
        }
    }

    /// As people read it; ends in a newline.
    pub fn human(&self) -> String {
        let mut out = format!("{}: {}\n", terminal(&self.test), self.proves);
        for failing in &self.failures_by_signature {
            let message = terminal_cut(failing.message.lines().next().unwrap_or(""), 200);
            out.push_str(&format!(
                "  {} of the runs: {}  {message}\n",
                failing.runs,
                terminal(&failing.signature)
            ));
        }
        if self.not_run > 0 {
            out.push_str(&format!("  {} runs were cut short or not started\n", self.not_run));
        }
        out
    }
}

/// Runs it.
pub fn flake_check(request: &FlakeCheckRequest<'_>) -> Result<FlakeChecked, Error> {
    let ground = Ground::open(request.root, request.now)?;
    let masker = Arc::new(masker(request.env, &ground)?);
    let (spec, suite, test) = find(&ground, request.test)?;
    if test.is_some() && spec.single.is_none() {
        return Err(Error::Usage(format!(
            "[suites.{}] has no `single`: only the whole suite can be run",
            spec.kind
        )));
    }
    let test = match test {
        Some(test) => Some(reachable(&ground, &masker, spec, &suite, test)?),
        None => None,
    };
    let fixed = spec.results.as_deref().is_some_and(|path| !path.contains("{out}"));
    if fixed && request.jobs > 1 {
        return Err(Error::Usage(format!(
            "[suites.{}] writes its results into one file, whichever run it is: use --jobs 1, or put {{out}} into `results`",
            spec.kind
        )));
    }
    let scratch =
        tempfile::tempdir().map_err(|e| Error::Work(format!("no scratch folder can be made: {e}")))?;
    let series = Series {
        ground: &ground,
        spec,
        suite: &suite,
        test: test.as_deref(),
        scratch: scratch.path(),
        masker: &masker,
        seen: Mutex::default(),
    };
    let options = Options {
        jobs: request.jobs,
        fail_fast: None,
        grace: GRACE,
        mask: Arc::clone(&masker),
        spool: scratch.path().to_path_buf(),
        outer_mark: request.env.get(MARK).cloned(),
    };
    let timeout = Duration::from_secs(request.timeout.unwrap_or(spec.timeout));
    let jobs: Vec<Job> = (0..request.runs).map(|number| series.job(number, timeout)).collect();
    run::execute(&jobs, &options, &series);
    let seen = series.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(test) = test.as_deref().filter(|_| seen.absent) {
        return Err(Error::Usage(format!(
            "`single` of [suites.{}] ran no test called `{}`: nothing is proven",
            spec.kind,
            test.escape_debug()
        )));
    }
    answer(request, masker.mask(request.test).0, suite, &seen.ended)
}

fn answer(
    request: &FlakeCheckRequest<'_>,
    test: String,
    suite: String,
    ended: &[Option<(String, String)>],
) -> Result<FlakeChecked, Error> {
    let runs = ended.len() as u64;
    let mut by: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
    for (signature, message) in ended.iter().flatten() {
        by.entry(signature).or_insert((0, message)).0 += 1;
    }
    let failures = by.values().map(|(n, _)| n).sum();
    let Some(rate) = triage::rate(failures, runs) else {
        return Err(Error::Work("no run came to its end: nothing is proven".into()));
    };
    let mut failing: Vec<Failing> = by
        .into_iter()
        .map(|(signature, (runs, message))| Failing {
            signature: signature.to_string(),
            runs,
            message: message.to_string(),
        })
        .collect();
    failing.sort_by_key(|f| std::cmp::Reverse(f.runs));
    Ok(FlakeChecked {
        test,
        suite,
        proves: rate.sentence(),
        rate,
        failures_by_signature: failing,
        not_run: u64::from(request.runs).saturating_sub(runs),
    })
}

/// The suite that `named` is, or that it begins with; the longest name wins.
fn find<'g>(ground: &'g Ground, named: &str) -> Result<(&'g SuiteSpec, String, Option<String>), Error> {
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
        let hint = crate::base::toml_text::suggestion(named, all.collect::<Vec<_>>());
        return Err(Error::Usage(format!(
            "no suite is called `{}`, nor begins it{hint}",
            named.escape_debug()
        )));
    };
    let test = named[name.len()..].strip_prefix("::").map(String::from);
    Ok((spec, name.clone(), test))
}

/// The name by which `single` reaches a test: what the last run that tells of it says, else the name itself.
fn reachable(
    ground: &Ground,
    masker: &Masker,
    spec: &SuiteSpec,
    suite: &str,
    test: String,
) -> Result<String, Error> {
    let named = last_runs(ground).find_map(|summary| {
        let (_, result) = summary.all().find(|(_, s)| s.kind == spec.kind && s.name == suite)?;
        let known = result.tests.iter().find(|t| t.name == test)?;
        known.selector.clone()
    });
    let name = named.unwrap_or(test);
    plan::by_name(spec.reader, BTreeSet::from([masker.mask(&name).0]))
        .map_err(|why| Error::Usage(format!("it cannot be run alone: {why}")))?;
    Ok(name)
}

/// The summaries of the last runs that can be read, the newest first.
fn last_runs(ground: &Ground) -> impl Iterator<Item = Summary> {
    let results = ground.root.resolve(&ground.settings.results).ok();
    let entries = results.and_then(|dir| std::fs::read_dir(dir).ok());
    let mut folders: Vec<_> = entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    let newest = folders.into_iter().rev().take(LOOKED_AT);
    newest.filter_map(|folder| record::read_summary(&folder).ok()).map(|(summary, _)| summary)
}

#[derive(Default)]
struct Seen {
    /// Whether a command ran no test of the name.
    absent: bool,
    /// One for each run that came to its end: nothing, or the signature and message of its failure.
    ended: Vec<Option<(String, String)>>,
    /// What results files say, by run.
    read: BTreeMap<usize, Result<Vec<Reading>, Unread>>,
}

struct Series<'a> {
    ground: &'a Ground,
    spec: &'a SuiteSpec,
    suite: &'a str,
    test: Option<&'a str>,
    scratch: &'a Path,
    masker: &'a Masker,
    seen: Mutex<Seen>,
}

impl Series<'_> {
    fn out(&self, number: usize) -> String {
        self.scratch.join(format!("run-{number}")).display().to_string()
    }

    fn results(&self, number: usize) -> Option<Results<'_>> {
        Results::of(self.spec, self.suite, &self.out(number), self.ground.root.real(), self.scratch)
    }

    fn job(&self, number: u32, timeout: Duration) -> Job {
        let out = self.out(number as usize);
        let tests = self.test.map(|t| vec![t.to_string()]);
        Job {
            name: self.suite.to_string(),
            kind: self.spec.kind.clone(),
            steps: steps(commands_of(self.spec, self.suite, tests.as_deref(), &out)),
            dir: self.ground.root.real().join(&self.spec.cwd),
            env: environment(self.spec, self.suite, &out),
            timeout,
            log: LogTo::Memory,
        }
    }

    fn judge(&self, job: usize, ended: &run::Attempt) -> Attempt {
        let of_file = self.seen.lock().unwrap_or_else(PoisonError::into_inner).read.remove(&job);
        let step = ended.steps.first().map(|end| Step {
            ended: match (&end.start_error, end.ending) {
                (Some(why), _) => StepEnded::NotStarted(why.clone()),
                (None, Ending::Exited(code)) => StepEnded::Exited(code),
                (None, Ending::Signalled(n) | Ending::Interrupted(n)) => StepEnded::Signalled(n),
                (None, Ending::TimedOut) => StepEnded::TimedOut,
            },
            read: (self.spec.reader != Reader::Exit && end.start_error.is_none()).then(|| {
                of_file
                    .unwrap_or_else(|| read_results(self.spec.reader, &mut ended.log.reader(), "its output"))
            }),
            asked: self.test.map(String::from),
            trouble: ended.log_error.clone(),
        });
        attempt(self.suite, step.as_slice())
    }
}

/// The signature and message of a failed run, masked: results in a file come past the masking of the output.
fn failure(attempt: &Attempt, masker: &Masker) -> (String, String) {
    let hide = |text: &str| masker.mask(text).0;
    let first: Option<&Case> = attempt.cases.iter().find(|c| c.status == TestStatus::Failed);
    match (first.and_then(|c| c.failure.as_ref()), &attempt.fault) {
        (Some(failure), _) => {
            let failure = Failure::new(&hide(&failure.message), &hide(&failure.text), failure.place.clone());
            (triage::signature(Some(&failure), "failed"), failure.message)
        }
        (None, Some(fault)) => {
            let fault = hide(fault);
            (triage::signature(Some(&Failure::new(&fault, "", None)), &fault), fault)
        }
        (None, None) => (triage::signature(None, attempt.status.name()), attempt.status.name().to_string()),
    }
}

impl run::Observer for Series<'_> {
    fn starts(&self, job: usize, _attempt: u32) {
        if let Some(results) = self.results(job)
            && let Err(why) = results.clear()
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.read.insert(job, Err(Unread::Wrong(why)));
        }
    }

    fn output(&self, _job: usize, _block: &[u8]) {}

    fn step_ended(&self, job: usize, _step: usize) {
        if let Some(results) = self.results(job) {
            let read = results.read(self.masker);
            // What could not be cleared is not this run's, whatever it says.
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).read.entry(job).or_insert(read);
        }
    }

    fn ended(&self, job: usize, ended: run::Attempt) -> Next {
        if ended.steps.iter().any(|s| matches!(s.ending, Ending::Interrupted(_))) {
            return Next::Done;
        }
        let judged = self.judge(job, &ended);
        let failed = judged.status.is_failure().then(|| failure(&judged, self.masker));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.absent |= judged.absent;
        seen.ended.push(failed);
        Next::Done
    }
}
