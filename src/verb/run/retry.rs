//! What follows an attempt that failed: which tests are run again, with which others, from which state of files.
//!
//! A test that failed is run alone first, where the kind has a command for that: it is the cheapest, and a failure that stays is known by
//! it. What passes alone is not shown to pass with the others, so the suite is run whole then, as long as there are retries.

use super::out;
use super::request::Rules;
use super::session::{Session, SuiteState};
use tollgate_core::model::flake::FlakeVerdict;
use tollgate_core::model::plan::{Plan, PlannedSuite};
use tollgate_core::model::suite::SuiteSpec;
use tollgate_core::model::test::{TestNames, TestStatus, test_names};
use tollgate_core::triage::attempts::{Combined, Company, Judging, Said, SuiteAttempt, combine};
use tollgate_flow::attempt::steps::{commands_of, narrow, steps};
use tollgate_flow::attempt::watching::{company, own, searched, watch};
use tollgate_flow::commands::{environment, whole};
use tollgate_flow::ground::Ground;
use tollgate_host::changes::{Changes, Start};
use tollgate_host::record::Folder;
use tollgate_host::run::{AttemptLog, Next};
use tollgate_text::show::show;

/// Paths that a note names.
const NAMED: usize = 5;

/// Watches the workspace where a suite of the plan may be run again.
pub(super) fn watched(ground: &Ground, plan: &Plan, folder: &Folder, rules: Rules) -> Option<Changes> {
    let again = |item: &PlannedSuite| ground.spec(&item.kind).is_some_and(|spec| retries(rules, spec) > 0);
    if !plan.items.iter().any(again) {
        return None;
    }
    Some(watch(ground, Some(folder.shown()), folder.dir()))
}

/// How often a suite is run again where it fails: as asked, and no more than its kind allows.
fn retries(rules: Rules, spec: &SuiteSpec) -> u32 {
    rules.retries.min(spec.max_retries.unwrap_or(u32::MAX))
}

impl Session<'_> {
    fn retries(&self, job: usize) -> u32 {
        self.spec(job).map_or(0, |spec| retries(self.rules, spec))
    }

    /// An attempt begins: with an empty folder of its own, in a state that is known.
    pub(super) fn begins(&self, job: usize, state: &mut SuiteState, attempt: u32) {
        let Some(changes) = self.changes.as_ref().filter(|_| self.retries(job) > 0) else { return };
        if attempt == 1 {
            let start = changes.start();
            state.seen.began.push(start.as_ref().ok().map(Start::since));
            state.seen.start = Some(start);
            state.seen.filled.push(None);
            return;
        }
        let item = self.item(job);
        let own = self.folders.of(&item.kind, &item.name);
        state.seen.filled.push(out::set_aside(self.folder, &own, attempt - 1).err());
        state.seen.began.push(changes.tick());
    }

    /// Of a suite that is done: what its earlier attempts wrote is put where their logs stand.
    pub(super) fn keep_outputs(&self, item: &PlannedSuite, last: u32) {
        if let Err(why) = out::put_back(self.folder, &self.folders.of(&item.kind, &item.name), last) {
            self.watcher.note(&why);
        }
    }

    /// An attempt ended: what its output reports, with which tests it ran, and in which state it began.
    pub(super) fn ends(
        &self,
        job: usize,
        state: &mut SuiteState,
        judged: &mut SuiteAttempt,
        log: &AttemptLog,
    ) {
        let number = state.attempts.len() + 1;
        judged.state = u32::try_from(number).unwrap_or(u32::MAX);
        let watched = self.changes.as_ref().filter(|_| self.retries(job) > 0);
        // Of a suite that passes at once nobody asks how.
        let Some(changes) = watched.filter(|_| number > 1 || judged.status.is_failure()) else {
            (judged.reported, judged.state) = (judged.status.is_failure() && searched(log).reported, 1);
            return;
        };
        let found = searched(log);
        judged.reported = judged.status.is_failure() && found.reported;
        judged.company = self.company(job, found.said, judged.state);
        let look = state.seen.look(changes);
        state.seen.looks.push(look);
        let results = self.results(job);
        let own = own(self.spec(job), results.as_ref());
        let seen = &state.seen;
        let differ = |earlier: usize| seen.differ(earlier, number - 1, &own);
        let same = (0..number - 1).find(|earlier| differ(*earlier).is_ok_and(|paths| paths.is_empty()));
        match same {
            Some(earlier) => judged.state = state.attempts[earlier].state,
            None if number > 1 && !judged.status.is_failure() => {
                let failed = state.attempts.iter().position(|a| a.status.is_failure()).unwrap_or(0);
                self.other_state(job, differ(failed));
            }
            None => {}
        }
    }

    /// How an attempt chose and ordered its tests.
    fn company(&self, job: usize, said: Said, number: u32) -> Company {
        let (item, spec) = (self.item(job), self.spec(job));
        let command = spec.and_then(|spec| whole(spec, &item.name, &self.out(item)));
        let (Some(spec), Some(command)) = (spec, command) else { return Company::default() };
        let set = environment(spec, &item.name, &self.out(item));
        let more = self.variable(&command, &set, "PYTEST_ADDOPTS").unwrap_or_default();
        company(spec.reader, said, &command, &more, number)
    }

    /// Says why an attempt that passed proves nothing of those that failed.
    fn other_state(&self, job: usize, differ: Result<Vec<String>, String>) {
        let name = show(&self.item(job).name);
        let why = match differ {
            Err(why) => {
                format!("it cannot be told whether it began in the state of the failed attempt: {why}")
            }
            Ok(paths) => {
                let shown: Vec<String> =
                    paths.iter().take(NAMED).map(|p| show(&self.masker.mask(p).0)).collect();
                let more = match paths.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!(
                    "it did not begin in the state of the failed attempt: {}{more} changed in between (what its suites write and never read can stand \
                     in {{out}}, or under `outputs` of [suites.{}])",
                    shown.join(", "),
                    show(&self.item(job).kind)
                )
            }
        };
        self.watcher.note(&format!("`{name}` passed when it was run again, and {why}"));
    }

    /// What follows the attempt with this number, the last one.
    pub(super) fn next(&self, job: usize, state: &mut SuiteState, number: u32) -> Option<Next> {
        let spec = self.spec(job)?;
        let last = state.attempts.last()?;
        if number > self.retries(job) || (number == 1 && !last.status.is_failure()) {
            return None;
        }
        if number == 1
            && let Some(why) = is_outage(spec, last)
        {
            self.watcher.note(&format!("`{}`: {why}", show(&self.item(job).name)));
            return None;
        }
        let judging = Judging { reader: spec.reader, rules: spec.flaky };
        let combined = combine(&state.attempts, &judging);
        let wanted = last.status.is_failure() || is_open(&combined);
        (combined.status.is_failure() && wanted).then(|| self.again(job, state, number + 1)).flatten()
    }

    /// The next attempt: the failed tests alone where that is possible and none has passed in such an attempt yet, else what was asked for.
    fn again(&self, job: usize, state: &mut SuiteState, number: u32) -> Option<Next> {
        let (item, spec) = (self.item(job), self.spec(job)?);
        let last = state.attempts.last()?;
        let alone =
            |a: &SuiteAttempt| !a.whole && a.cases.iter().any(|case| case.status == TestStatus::Passed);
        let with_others = state.attempts.iter().any(alone);
        let (tests, names) = match narrow(last, spec).filter(|_| !with_others) {
            Some(tests) => (Some(tests), failed_names(last)),
            None => (item.tests.clone(), item.names.clone()),
        };
        let commands = commands_of(spec, &item.name, tests.as_deref(), &self.out(item));
        state.asked = commands.iter().map(|(_, test)| test.clone()).collect();
        state.names = names;
        Some(Next::Retry(steps(commands), self.log_to(item, number)))
    }
}

/// Whether one more attempt may still prove something of what passed.
fn is_open(combined: &Combined) -> bool {
    let open = |flake: &Option<FlakeVerdict>| {
        matches!(flake, Some(FlakeVerdict::NoBudget | FlakeVerdict::OtherState | FlakeVerdict::OtherTests))
    };
    open(&combined.flake) || combined.tried.iter().any(|tried| open(&tried.flake))
}

/// Why nothing of a suite is run again: more of its tests failed than its kind retries. One sentence.
fn is_outage(spec: &SuiteSpec, first: &SuiteAttempt) -> Option<String> {
    let limit = spec.flaky.limit?;
    let ran = first.cases.iter().filter(|c| !matches!(c.status, TestStatus::Ignored | TestStatus::NotRun));
    let (failed, all) = ran
        .fold((0, 0), |(failed, all), case| (failed + u64::from(case.status == TestStatus::Failed), all + 1));
    limit.is_passed_by(failed, all).then(|| {
        format!(
            "{failed} of its {all} tests failed, more than the {} that `retry_limit` lets be run again: an outage is no flake",
            limit.shown()
        )
    })
}

/// What the failed tests of an attempt are called, where that is not what they are selected by.
fn failed_names(attempt: &SuiteAttempt) -> TestNames {
    let failed = attempt.cases.iter().filter(|c| c.status == TestStatus::Failed);
    test_names(failed.map(|c| (c.selector(), c.name.as_str())))
}
