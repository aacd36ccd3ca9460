//! What a JUnit report holds, as plain values.

/// How the message of a failure ends that an attribute of its testcase states and nothing explains.
pub const UNSAID: &str = ", and nothing says why";

/// A report: a root `<testsuites>`, or a `<testsuite>` that stands alone.
#[derive(Debug, Clone, Default)]
pub struct JunitReport {
    /// The suites in document order; a nested one stands after the one it is in.
    pub suites: Vec<JunitSuite>,
    /// What `<testsuites>` counts.
    pub counts: JunitCounts,
    /// What its other attributes say of what became of it.
    pub claims: Vec<Claim>,
    /// What it says of a suite, or of itself where there is no number, that is no testcase's: one clause each. A failure or error
    /// that stands outside any testcase, a count that is no number.
    pub stated: Vec<(Option<usize>, String)>,
    /// Every `timestamp` of the root and its suites, in document order.
    pub timestamps: Vec<String>,
    /// Whether its producer counts something other than testcases in `tests`.
    pub counts_otherwise: bool,
    /// Whether vitest wrote it.
    pub of_vitest: bool,
    /// It is a list of tests, of which none ran.
    pub only_lists: bool,
}

/// What a suite or a report says that it holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JunitCounts {
    /// Tests.
    pub tests: u64,
    /// Failures.
    pub failures: u64,
    /// Errors.
    pub errors: u64,
    /// Tests that were skipped.
    pub skipped: u64,
    /// Tests that were left out under whatever name: skipped, disabled, ignored.
    pub left_out: u64,
}

/// One `<testsuite>`; testcases that stand in the root stand in a suite without a name.
#[derive(Debug, Clone, Default)]
pub struct JunitSuite {
    /// Its own name; empty where it has none.
    pub name: String,
    /// The number of the suite it stands in.
    pub within: Option<usize>,
    /// Its testcases.
    pub cases: Vec<JunitCase>,
    /// What it counts, nested suites among it.
    pub counts: JunitCounts,
    /// What its other attributes say of what became of it.
    pub claims: Vec<Claim>,
    /// The attribute `hostname`: Playwright's project, of others a machine.
    pub host: Option<String>,
    /// Wall time in milliseconds, as it says.
    pub time_ms: Option<f64>,
}

/// One `<testcase>`.
#[derive(Debug, Clone, Default)]
pub struct JunitCase {
    /// Its name; its classname where it has none, else its place in its suite.
    pub name: String,
    /// The attribute `classname`.
    pub classname: Option<String>,
    /// The attribute `file`.
    pub file: Option<String>,
    /// The attribute `line`.
    pub line: Option<u32>,
    /// The attribute `status`, which some reporters have beside the elements.
    pub status: Option<String>,
    /// The attribute `result`, which GoogleTest has beside it.
    pub result: Option<String>,
    /// What further attributes say of what became of it.
    pub claims: Vec<Claim>,
    /// What an element within it says of itself that failed, and is no failure of the test by itself.
    pub step: Option<String>,
    /// Wall time in milliseconds.
    pub time_ms: Option<f64>,
    /// Its tool stopped before it, and shows it as if it had passed.
    pub unreached: bool,
    /// Its suite says that it was skipped, and shows it as if it had passed.
    pub unshown_skip: bool,
    /// The assertions that it counts.
    pub assertions: u64,
    /// The outcomes in document order; none: see `ended`. One whose `status` or `result`
    /// says that it failed, and nothing else does, has a failure that says so.
    pub outcomes: Vec<CaseOutcome>,
    /// The characters of its `<system-out>` and `<system-err>`, at most 16 KiB of them.
    pub output: String,
}

/// One attribute that says something of its element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its name as it stands there.
    pub name: String,
    /// Its value, cut short.
    pub value: String,
}

/// What an outcome says; the last two are those of reporters that run a failed test again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    /// `<skipped>`
    Skipped,
    /// `<failure>`
    Failure,
    /// `<error>`
    Error,
    /// `<rerunFailure>`, `<rerunError>`, `<rerun>`: a further failure of a test that failed.
    Rerun,
    /// `<flakyFailure>`, `<flakyError>`: a failure of a test that then passed.
    Flaky,
}

/// An element of a testcase that says what became of it.
#[derive(Debug, Clone)]
pub struct CaseOutcome {
    /// Which element.
    pub kind: OutcomeKind,
    /// The attribute `type`.
    pub class: Option<String>,
    /// The attribute `message`.
    pub message: Option<String>,
    /// Its characters and those of a `<stackTrace>` in it, at most 64 KiB of them.
    pub text: String,
    /// Those of the `<system-out>` and `<system-err>` in it, at most 16 KiB of them.
    pub output: String,
}

impl JunitReport {
    /// The name of a suite with those it stands in: `outer/inner`.
    pub fn path(&self, suite: usize) -> String {
        let mut names = Vec::new();
        let mut at = Some(suite);
        while let Some(here) = at {
            names.push(self.suites[here].name.as_str());
            at = self.suites[here].within;
        }
        names.reverse();
        names.join("/")
    }
}
