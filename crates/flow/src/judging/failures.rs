//! What failed in the run judged, one entry for each thing that a person would name (`run_failures`): each failed test, each suite
//! that failed without one, each lint step, what did not run. What failed is the summary's word, as it is judged; what is told of it
//! beside that comes from the run's other documents and is only shown. Commands are made from `tollgate.toml`.

use super::for_run::for_run;
use crate::commands::Replays;
use crate::failure_text::{self, lines, lint_command, of_suite};
use crate::ground::Ground;
use crate::judging::json::{fails, is_left, is_unrun, status, suites};
use crate::masking::masker_of_policy;
use crate::source_place::SourcePlaces;
use crate::workspace::Workspace;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io::{Read as _, Seek as _, SeekFrom};
use tollgate_core::gate::BoundFacts;
use tollgate_core::model::failure::{Assertion, RootCause};
use tollgate_core::model::finding::SourceAt;
use tollgate_core::model::gate::{ForRun, Format};
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_core::model::record::lint_log;
use tollgate_core::model::suite::{SuiteRole, SuiteStatus};
use tollgate_core::model::test::{Failure, TestCase, TestStatus};
use tollgate_core::model::told::title;
use tollgate_host::artifact::parse;
use tollgate_host::record::SuiteFolders;
use tollgate_text::json::{Json, JsonLimits};

/// Most entries; the last one then says how many more there are.
const MOST: usize = 10_000;
/// Names told of what did not run.
const NAMED: usize = 10;
/// Lines of a message.
const LINES: usize = 12;
/// Bytes of one document of the run.
const LARGEST: u64 = 64 << 20;
/// Bytes at the end of an output.
const TAIL: u64 = 64 << 10;

/// One entry of `run_failures`.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct RunFailure {
    /// `test`, `suite`, `lint`, `not_run`.
    what: &'static str,
    /// Of the suite; null of a lint step.
    kind: Option<String>,
    /// The suite, or the lint step.
    suite: String,
    /// Null of what is no test.
    test: Option<String>,
    /// The status in the summary.
    status: String,
    /// The test or suite with where it belongs: what a list of failures calls it.
    title: String,
    /// Up to five lines: what it said, or a sentence.
    message: String,
    /// Where it stands in the workspace, where that is known and there.
    at: Option<SourceAt>,
    /// The root-cause class of its suite; null where none is known.
    cause: Option<String>,
    /// The failure signature.
    signature: Option<String>,
    /// The narrowest command that repeats it.
    command: String,
    /// The output, workspace-relative.
    log: Option<String>,
}

/// What `result.json` tells of failures.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    fault: Option<String>,
    root_cause_class: Option<RootCause>,
    log: Option<String>,
    failures: Vec<TestCase>,
}

/// What `failure_digest.json` tells of a suite without a failed test.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Digest {
    first_failing_assertion: Option<Assertion>,
}

/// Everything but the artifacts that gates see, `run_failures` with it where a gate reads or tells of it.
pub fn facts(workspace: &Workspace, lane: Lane, mode: Mode, summary: Option<&Json<'_>>) -> BoundFacts {
    let mut facts = workspace.facts(lane, mode, summary);
    if workspace.policy.gates.iter().any(|gate| gate.tells_of("run_failures")) {
        let found = failures(workspace, summary);
        let found = found.and_then(|found| serde_json::to_value(found).map_err(|e| e.to_string()));
        facts.bind("run_failures", found);
    }
    facts
}

/// What failed in the run of `workspace`, whose summary is `summary` as it is judged.
fn failures(workspace: &Workspace, summary: Option<&Json<'_>>) -> Result<Vec<RunFailure>, String> {
    let run = workspace.run_dir.as_ref().map_err(|none| none.why.clone())?;
    let summary = summary.ok_or_else(|| {
        format!("what failed in {run} cannot be told: its summary.json is not there or no JSON")
    })?;
    if !is_red(summary) {
        return Ok(Vec::new());
    }
    let masker = masker_of_policy(workspace.env(), workspace).map_err(|error| error.to_string())?;
    let ingested = match for_run(&workspace.root, Some(run), Some(summary), &workspace.policy.runs.suites) {
        ForRun::Instead { command, why_not: Some(_) } => Some(command),
        _ => None,
    };
    let names = ingested
        .as_ref()
        .map(|_| Ground::open(workspace.embedded, workspace.root.dir(), workspace.now)?.names());
    let names =
        names.transpose().map_err(|error: crate::error::Error| error.to_string())?.unwrap_or_default();
    let profile = summary.text("profile").unwrap_or("ci");
    let replays = Replays::new(&workspace.policy.runs, profile, &masker);
    let replays = match &ingested {
        Some(command) => replays.knowing(&names, command),
        None => replays,
    };
    let places =
        SourcePlaces::new(&workspace.root, &workspace.policy.runs.suites, workspace.commit.as_deref());
    let mut finder = Finder { workspace, run, replays, places, found: Vec::new() };
    finder.all(summary);
    Ok(cut(finder.found))
}

/// Whether anything in the summary failed or did not run.
fn is_red(summary: &Json<'_>) -> bool {
    let bad = |suite: &Json<'_>| {
        status(suite).is_none_or(|s| s.is_failure() || s == SuiteStatus::NotRun)
            || suite.items("tests").iter().any(|test| fails(test) || is_left(test))
    };
    let lint = summary.items("lint").iter().any(|step| step.get("passed") != Some(&Json::Bool(true)));
    let left = ["not_run", "lint_not_run"].into_iter().any(|list| !summary.items(list).is_empty());
    lint || left || suites(summary).any(|(_, suite)| bad(suite))
}

/// Within the bound, the last entry a count of the rest.
fn cut(mut found: Vec<RunFailure>) -> Vec<RunFailure> {
    let Some(more) = found.len().checked_sub(MOST).filter(|more| *more > 0) else { return found };
    found.truncate(MOST);
    let mut last = found[MOST - 1].clone();
    (last.title, last.message) =
        (format!("{more} more"), format!("{more} more failures are in summary.json"));
    (last.test, last.at, last.signature) = (None, None, None);
    found.push(last);
    found
}

struct Finder<'w> {
    workspace: &'w Workspace,
    run: &'w str,
    replays: Replays<'w>,
    places: SourcePlaces<'w>,
    found: Vec<RunFailure>,
}

/// A suite of the summary.
#[derive(Clone, Copy)]
struct Suite<'s> {
    role: SuiteRole,
    kind: &'s str,
    name: &'s str,
    entry: &'s Json<'s>,
}

impl<'s> Suite<'s> {
    /// One that says what it is called.
    fn of(role: SuiteRole, entry: &'s Json<'s>) -> Option<Suite<'s>> {
        Some(Suite { role, kind: entry.text("kind")?, name: entry.text("name")?, entry })
    }
}

impl Finder<'_> {
    /// Lint steps first, then what kept suites from telling of their tests, then tests, then what did not run: what stands first is
    /// most likely the cause of the rest.
    fn all(&mut self, summary: &Json<'_>) {
        for step in summary.items("lint").iter().filter(|s| s.get("passed") != Some(&Json::Bool(true))) {
            self.lint(step.text("name").unwrap_or_default());
        }
        let all: Vec<Suite<'_>> =
            suites(summary).filter_map(|(role, entry)| Suite::of(role, entry)).collect();
        let folders = SuiteFolders::new(all.iter().map(|suite| (suite.kind, suite.name)));
        let (mut tests, mut left) = (Vec::new(), Vec::new());
        for suite in &all {
            let failed = status(suite.entry).is_some_and(SuiteStatus::is_failure);
            let of_tests: Vec<&Json<'_>> = suite.entry.items("tests").iter().collect();
            let red: Vec<&Json<'_>> = of_tests.iter().copied().filter(|test| fails(test)).collect();
            let out: Vec<&Json<'_>> = of_tests.iter().copied().filter(|test| is_left(test)).collect();
            if !failed && red.is_empty() && out.is_empty() {
                continue;
            }
            let folder = format!("{}/{}", self.run, folders.of(suite.kind, suite.name));
            let told: Told = self.document(&format!("{folder}/result.json"));
            if failed && (red.is_empty() || told.fault.is_some()) {
                let digest: Digest = self.document(&format!("{folder}/failure_digest.json"));
                self.suite(*suite, &told, digest, red.is_empty());
            }
            tests.push((*suite, told, red));
            if !out.is_empty() {
                left.push((*suite, unrun(&out)));
            }
        }
        for (suite, told, red) in tests {
            self.tests(suite, told, &red);
        }
        for (suite, names) in left {
            self.left(suite, names);
        }
        let told: HashSet<(&str, &str)> =
            all.iter().filter(|s| !is_unrun(s.entry)).map(|s| (s.kind, s.name)).collect();
        for entry in summary.items("not_run") {
            // A suite that has a result has told of what it left out.
            let (Some(kind), Some(name)) = (entry.text("kind"), entry.text("name")) else { continue };
            let role = if entry.text("role") == Some("suite") { SuiteRole::Suite } else { SuiteRole::Unit };
            if !told.contains(&(kind, name)) {
                let suite = Suite { role, kind, name, entry };
                self.left(suite, "it was selected and did not run".into());
            }
        }
        for step in summary.items("lint_not_run") {
            let name = step.as_str().unwrap_or_default();
            self.lint_entry(name, "not_run", "not_run", "it was to run and did not".into(), None);
        }
    }

    fn lint(&mut self, name: &str) {
        let path = format!("{}/{}", self.run, lint_log(name));
        let there = self.workspace.root.resolve(&path).is_ok();
        let said = self.said(&path);
        let otherwise =
            if there { format!("it failed; its output is in {path}") } else { "it failed".into() };
        let message = said.as_ref().map(|said| lines(&said.message, LINES)).filter(|said| !said.is_empty());
        let at = said.and_then(|said| self.places.of_failure(None, None, &said));
        self.lint_entry(name, "lint", "failed", message.unwrap_or(otherwise), at);
        if let Some(last) = self.found.last_mut().filter(|_| there) {
            last.log = Some(path);
        }
    }

    /// What the end of an output of the run says of a failure.
    fn said(&self, path: &str) -> Option<Failure> {
        let (mut file, meta) = self.workspace.root.open_file(path).ok()?;
        file.seek(SeekFrom::Start(meta.len().saturating_sub(TAIL))).ok()?;
        let mut tail = Vec::new();
        file.take(TAIL).read_to_end(&mut tail).ok()?;
        failure_text::said(self.workspace.causes(), &String::from_utf8_lossy(&tail))
    }

    fn lint_entry(
        &mut self,
        name: &str,
        what: &'static str,
        status: &str,
        message: String,
        at: Option<SourceAt>,
    ) {
        self.found.push(RunFailure {
            what,
            kind: None,
            suite: name.to_string(),
            test: None,
            status: status.to_string(),
            title: title(None, name, None),
            message,
            at,
            cause: None,
            signature: None,
            command: lint_command(&self.workspace.policy.runs.lint, name, &self.replays),
            log: None,
        });
    }

    /// A suite that failed by something else than its tests.
    fn suite(&mut self, suite: Suite<'_>, told: &Told, digest: Digest, alone: bool) {
        let status = suite.entry.text("status").unwrap_or("failed");
        let assertion = digest.first_failing_assertion.filter(|said| alone && said.test.is_none());
        let own = assertion.as_ref().map(|said| said.message.as_str());
        let message = of_suite(told.fault.as_deref(), own, ended(suite.entry, status), LINES);
        // A fault is one sentence. Where it was, of a build the compiler's first error, stands in the output.
        let in_output = || told.log.as_deref().and_then(|log| self.said(log)).and_then(|said| said.place);
        let place = assertion.and_then(|said| said.location).or_else(in_output);
        let at = self.places.of_failure(Some(suite.kind), None, &Failure::new(&message, "", place));
        let entry = RunFailure { status: status.into(), message, at, ..self.of_suite(suite, "suite", told) };
        self.found.push(entry);
    }

    fn tests(&mut self, suite: Suite<'_>, told: Told, red: &[&Json<'_>]) {
        // Two tests may have one name: their failures are told in their order.
        let mut cases: BTreeMap<&str, VecDeque<&TestCase>> = BTreeMap::new();
        for case in told.failures.iter().filter(|case| case.status == TestStatus::Failed) {
            cases.entry(&case.name).or_default().push_back(case);
        }
        for test in red {
            let Some(name) = test.text("name") else { continue };
            let case = cases.get_mut(name).and_then(VecDeque::pop_front);
            let failure = case.and_then(|case| case.failure.as_ref());
            let mut message = failure.map(|failure| lines(&failure.message, LINES)).unwrap_or_default();
            if message.is_empty() {
                message = "it failed, and its report says no more".into();
            }
            let at =
                failure.and_then(|failure| self.places.of_failure(Some(suite.kind), Some(name), failure));
            let selector = test.text("selector").unwrap_or(name);
            let of_suite = self.of_suite(suite, "test", &told);
            let alone = self.replays.test(suite.kind, suite.name, selector);
            self.found.push(RunFailure {
                test: Some(name.to_string()),
                title: title(Some(suite.kind), suite.name, Some(name)),
                message,
                at,
                signature: test.text("signature").map(String::from),
                command: alone.unwrap_or_else(|| of_suite.command.clone()),
                ..of_suite
            });
        }
    }

    /// An entry of a suite that failed and tells no more than `told`.
    fn of_suite(&self, suite: Suite<'_>, what: &'static str, told: &Told) -> RunFailure {
        let cause = told.root_cause_class.filter(|cause| *cause != RootCause::Unknown);
        let cause = cause.and_then(|cause| serde_json::to_value(cause).ok());
        RunFailure {
            what,
            kind: Some(suite.kind.to_string()),
            suite: suite.name.to_string(),
            test: None,
            status: "failed".into(),
            title: title(Some(suite.kind), suite.name, None),
            message: String::new(),
            at: None,
            cause: cause.as_ref().and_then(|cause| cause.as_str()).map(String::from),
            signature: suite.entry.text("signature").map(String::from),
            command: self.replays.suite(suite.role, suite.kind, suite.name),
            log: told.log.clone().filter(|log| !log.is_empty()),
        }
    }

    fn left(&mut self, suite: Suite<'_>, message: String) {
        let entry = self.of_suite(suite, "not_run", &Told::default());
        self.found.push(RunFailure { status: "not_run".into(), message, ..entry });
    }

    /// A document of the run; what is not there, or cannot be read as one, tells nothing.
    fn document<T: Default + for<'d> Deserialize<'d>>(&self, path: &str) -> T {
        let Ok(bytes) = self.workspace.root.read(path, LARGEST) else { return T::default() };
        let document = parse(Format::Json, &bytes, &JsonLimits::default());
        document.ok().and_then(|json| serde_json::from_value(json.to_value()).ok()).unwrap_or_default()
    }
}

/// `3 tests did not run: a, b, c`.
fn unrun(tests: &[&Json<'_>]) -> String {
    let names: Vec<&str> = tests.iter().take(NAMED).map(|test| test.text("name").unwrap_or("?")).collect();
    let more = match tests.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let noun = if tests.len() == 1 { "test" } else { "tests" };
    format!("{} {noun} did not run: {}{more}", tests.len(), names.join(", "))
}

/// How a suite ended, as far as the summary says.
fn ended(suite: &Json<'_>, status: &str) -> String {
    let number = |key| suite.get(key).filter(|value| **value != Json::Null).map(Json::to_value);
    match (number("exit_code"), number("signal")) {
        (Some(code), _) => format!("is {status}: it ended with exit code {code}"),
        (None, Some(signal)) => format!("is {status}: signal {signal} ended it"),
        (None, None) => format!("is {status}"),
    }
}
