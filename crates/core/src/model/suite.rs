//! A suite: how it is run, and what became of it.

pub use crate::model::reader::{Repeats, ResultReader};

use crate::model::flake::{FlakeRules, FlakeVerdict};
use crate::model::signature::Signed;
use crate::model::test::{TestResult, TestStatus, is_zero};
use serde::{Deserialize, Serialize};
use tollgate_text::command::{CommandLine, quote};

/// Which of the summary's two lists a kind belongs to (`[suites.X] as`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuiteRole {
    /// An E2E suite: `suites[]`, `failed_names`.
    Suite,
    /// A unit target: `units[]`, `failed_unit_names`.
    Unit,
}

/// Where the names of a kind's suites come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// Written out in `tollgate.toml`.
    Listed(Vec<String>),
    /// The stems of the files that match.
    Glob(String),
    /// `[suite.<kind>] files` of the classification file.
    Classification,
}

/// Where the evidence of a kind comes from (`[suites.X] evidence`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EvidenceFrom {
    /// `tollgate run` runs its suites.
    #[default]
    Run,
    /// Something else runs them, and `tollgate ingest` reads what that left: a suite is known by its name alone.
    Ingest,
}

/// `[suites.<kind>]`: how every suite of one kind is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteSpec {
    /// The kind.
    pub kind: String,
    /// Which list its suites belong to.
    pub role: SuiteRole,
    /// Its suites.
    pub names: Names,
    /// Where its evidence comes from.
    pub evidence: EvidenceFrom,
    /// The command, with `{name}` and `{out}` in its words; `None` only where the evidence is ingested: then nothing here
    /// runs its suites.
    pub command: Option<CommandLine>,
    /// The command of one test, with `{test}` too.
    pub single: Option<CommandLine>,
    /// What reads the results.
    pub reader: ResultReader,
    /// The file that the reader reads, with placeholders; `None`: the suite's output.
    pub results: Option<String>,
    /// Seconds a suite may take.
    pub timeout: u64,
    /// Environment beside tollgate's own, values with placeholders.
    pub env: Vec<(String, String)>,
    /// The folder it runs in, workspace-relative.
    pub cwd: String,
    /// How often what failed is run again at most, whatever the run is asked; `None`: no bound.
    pub max_retries: Option<u32>,
    /// What several entries of one title in its JUnit results are.
    pub repeats: Repeats,
    /// What a retry that passes proves, and where nothing is retried.
    pub flaky: FlakeRules,
    /// Files, folders and patterns that its suites write and never read: no state that an attempt begins in.
    pub outputs: Vec<String>,
}

impl SuiteSpec {
    /// Every key of the section but its names, each with its value as text, in a fixed order; `None`: the key is not given.
    pub fn keys(&self) -> [(&'static str, Option<String>); 15] {
        let pairs = |pairs: &[(String, String)]| -> Option<String> {
            let one = |(name, value): &(String, String)| format!("{name}={}", quote(value));
            (!pairs.is_empty()).then(|| pairs.iter().map(one).collect::<Vec<_>>().join(" "))
        };
        // A shell would need the quotes around a placeholder; a reader does not.
        let line = |command: &CommandLine| {
            let text = command.to_string();
            ["{name}", "{out}", "{test}", "{test_regex}", "{class_regex}", "{name_regex}"]
                .iter()
                .fold(text, |text, word| text.replace(&format!("'{word}'"), word))
        };
        let [result, crash, limit] = self.flaky.keys();
        [
            ("as", Some(if self.role == SuiteRole::Suite { "suite".into() } else { "unit".into() })),
            ("evidence", (self.evidence == EvidenceFrom::Ingest).then(|| "ingest".into())),
            ("command", self.command.as_ref().map(line)),
            ("single", self.single.as_ref().map(line)),
            ("reader", Some(self.reader.name().into())),
            ("results", self.results.clone()),
            ("timeout", Some(format!("{} s", self.timeout))),
            ("env", pairs(&self.env)),
            ("cwd", Some(self.cwd.clone())),
            ("max_retries", self.max_retries.map(|n| n.to_string())),
            ("repeats", (self.repeats == Repeats::Attempts).then(|| self.repeats.name().into())),
            result,
            crash,
            limit,
            ("outputs", (!self.outputs.is_empty()).then(|| self.outputs.join(" "))),
        ]
    }
}

/// How much of a suite a replay ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RanPart {
    /// All of it.
    Whole,
    /// The tests that it was asked for, one by one.
    Tests,
}

/// What became of a suite (`docs/run-folder.md`, Statuses).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuiteStatus {
    /// Its command ended well and no test failed.
    Passed,
    /// A test failed, or its command did.
    Failed,
    /// As passed, with a test or a whole attempt that failed first.
    Flaky,
    /// No test of it ran: every one was ignored, or it holds none.
    Ignored,
    /// It failed as its quarantine entry says it does.
    Quarantined,
    /// It was selected and did not start.
    NotRun,
    /// It was ended at its timeout.
    TimedOut,
    /// It was ended by a signal that tollgate did not send.
    Crashed,
    /// Its program could not be started, or the results it should leave are not there.
    Missing,
}

impl SuiteStatus {
    /// The name in `summary.json`.
    pub fn name(self) -> &'static str {
        match self {
            SuiteStatus::Passed => "passed",
            SuiteStatus::Failed => "failed",
            SuiteStatus::Flaky => "flaky",
            SuiteStatus::Ignored => "ignored",
            SuiteStatus::Quarantined => "quarantined",
            SuiteStatus::NotRun => "not_run",
            SuiteStatus::TimedOut => "timed_out",
            SuiteStatus::Crashed => "crashed",
            SuiteStatus::Missing => "missing",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<SuiteStatus> {
        [
            SuiteStatus::Passed,
            SuiteStatus::Failed,
            SuiteStatus::Flaky,
            SuiteStatus::Ignored,
            SuiteStatus::Quarantined,
            SuiteStatus::NotRun,
            SuiteStatus::TimedOut,
            SuiteStatus::Crashed,
            SuiteStatus::Missing,
        ]
        .into_iter()
        .find(|s| s.name() == name)
    }

    /// Whether the run fails by it: it is named in `failed_names` or `failed_unit_names`.
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            SuiteStatus::Failed | SuiteStatus::TimedOut | SuiteStatus::Crashed | SuiteStatus::Missing
        )
    }

    /// Whether it counts as passed in `passed_suites` or `passed_units`.
    pub fn is_pass(self) -> bool {
        !self.is_failure() && self != SuiteStatus::NotRun
    }
}

/// One attempt at a suite; a document lists them where there were several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteTry {
    /// Which attempt, counted from 1.
    pub attempt: u32,
    /// All of it, or tests of it alone.
    pub ran: RanPart,
    /// How it ended.
    pub status: SuiteStatus,
    /// The first attempt that began in the same state of files.
    pub state: u32,
    /// It failed otherwise than by its tests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside: bool,
    /// Of the attempts at as much of the suite that began in the same state the first with the same tests; 0: the first of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub company: u32,
}

/// A suite or unit target as `summary.json` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteResult {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// What became of it.
    pub status: SuiteStatus,
    /// Of its last attempt, where it exited; of an earlier one that failed it for good.
    pub exit_code: Option<i32>,
    /// Of the same attempt, where a signal ended it.
    pub signal: Option<i32>,
    /// Wall time of all attempts, in milliseconds.
    pub duration_ms: u64,
    /// Whether its results may lack tests: no attempt at all of it was without a failure outside its tests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// In a replay, how much of it ran; absent in other runs, which run suites whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ran: Option<RanPart>,
    /// SHA-256, lower-case hex, of how `[suites.<kind>]` said that it runs; absent of one whose results were ingested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// How often it was started.
    pub attempts: u32,
    /// Each of its attempts, where there were several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<SuiteTry>,
    /// Why it is failed though it passed too, where that is no matter of a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flake: Option<FlakeVerdict>,
    /// A digest of the environment that it ran in: system, architecture, locale, time zone, and the variables and the command that
    /// `tollgate.toml` gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests that failed and then passed.
    pub flaky: u64,
    /// Tests that were ignored.
    pub ignored: u64,
    /// Failures outside any test, of every attempt and each signature once: a timeout, a crash, a build that broke.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<Signed>,
    /// Its tests, in the order reported.
    pub tests: Vec<TestResult>,
}

impl SuiteResult {
    /// A suite that was selected and did not start.
    pub fn not_run(name: &str, kind: &str) -> SuiteResult {
        SuiteResult {
            name: name.to_string(),
            kind: kind.to_string(),
            status: SuiteStatus::NotRun,
            exit_code: None,
            signal: None,
            incomplete: false,
            ran: None,
            definition: None,
            duration_ms: 0,
            attempts: 0,
            tries: Vec::new(),
            flake: None,
            environment: None,
            passed: 0,
            failed: 0,
            flaky: 0,
            ignored: 0,
            outside: Vec::new(),
            tests: Vec::new(),
        }
    }

    /// Whether a test of it failed with the others and passed alone: alone it shows nothing of that failure.
    pub fn fails_in_company(&self) -> bool {
        self.tests.iter().any(|test| test.passes_alone && test.status == TestStatus::Failed)
    }

    /// Sets the four counts to what the tests say.
    pub fn recount(&mut self) {
        let count = |status| self.tests.iter().filter(|t| t.status == status).count() as u64;
        let counts = [TestStatus::Passed, TestStatus::Failed, TestStatus::Flaky, TestStatus::Ignored];
        let [passed, failed, flaky, ignored] = counts.map(count);
        (self.passed, self.failed, self.flaky, self.ignored) = (passed, failed, flaky, ignored);
    }
}
