//! `init`, `run`, a replay, `diff` and `check` over projects of cargo, pytest, go and npm, with the tools themselves. Where one
//! is not installed its test says so and ends, and fails where `CI` is set: its recorded outputs in `fixtures/ingest/` are read by `ingest.rs`.

use crate::support::{Run, Ws, tool_is_missing};
use serde_json::Value;
use std::process::{Command, Stdio};

/// A project whose tests pass, and what makes one of them fail.
struct Project {
    /// As `init` calls it.
    tool: &'static str,
    files: &'static [(&'static str, &'static str)],
    suite: &'static str,
    /// The file of the test, what stands in it, and what makes it fail.
    broken: (&'static str, &'static str, &'static str),
    /// The tests that fail then, by name.
    failing: &'static [&'static str],
    /// The tests that a replay runs.
    replayed: &'static [&'static str],
    /// How many there are.
    tests: u64,
}

const CARGO: Project = Project {
    tool: "cargo",
    files: &[
        ("Cargo.toml", "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        (".gitignore", "/target/\n"),
        (
            "src/lib.rs",
            "/// Adds.\n///\n/// ```\n/// assert_eq!(tiny::add(1, 2), 3);\n/// ```\n\
             pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n\n\
             #[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() {\n        assert_eq!(super::add(1, 2), 3);\n    }\n}\n",
        ),
        (
            "tests/outer.rs",
            "#[test]\nfn adds() {\n    assert_eq!(tiny::add(1, 2), 3);\n}\n\n\
             #[test]\nfn other() {\n    assert_eq!(tiny::add(1, 3), 4);\n}\n",
        ),
    ],
    suite: "workspace",
    broken: ("tests/outer.rs", "tiny::add(1, 3), 4", "tiny::add(1, 3), 5"),
    failing: &["outer other"],
    replayed: &["outer other"],
    tests: 4,
};

const PYTEST: Project = Project {
    tool: "pytest",
    files: &[
        (".gitignore", "__pycache__/\n.pytest_cache/\n"),
        ("conftest.py", ""),
        ("calc.py", "def add(a, b):\n    return a + b\n"),
        (
            "tests/test_calc.py",
            "import pytest\nfrom calc import add\n\n\ndef test_adds():\n    assert add(1, 2) == 3\n\n\n\
             @pytest.mark.parametrize(\"a,b\", [(1, 2), (\"x y\", \"$z\")])\ndef test_table(a, b):\n    assert add(a, b)\n\n\n\
             class TestCalc:\n    def test_zero(self):\n        assert add(0, 0) == 0\n",
        ),
    ],
    suite: "pytest",
    broken: ("tests/test_calc.py", "    assert add(a, b)\n", "    assert add(a, b) == 3\n"),
    failing: &["tests/test_calc.py::test_table[x y-$z]"],
    replayed: &["tests/test_calc.py::test_table[x y-$z]"],
    tests: 4,
};

const GO: Project = Project {
    tool: "go",
    files: &[
        ("go.mod", "module example.test/tiny\n\ngo 1.19\n"),
        ("calc/calc.go", "package calc\n\n// Add adds.\nfunc Add(a, b int) int { return a + b }\n"),
        (
            "calc/calc_test.go",
            "package calc\n\nimport \"testing\"\n\nfunc TestAdd(t *testing.T) {\n\tif Add(1, 2) != 3 {\n\t\tt.Fatal(\"wrong\")\n\t}\n}\n\n\
             func TestTable(t *testing.T) {\n\tfor name, want := range map[string]int{\"one two\": 0, \"zero\": 0} {\n\
             \t\tt.Run(name, func(t *testing.T) {\n\t\t\tif got := Add(0, 0); got != want {\n\t\t\t\tt.Errorf(\"got %d\", got)\n\t\t\t}\n\t\t})\n\t}\n}\n",
        ),
        (
            "more/more_test.go",
            "package more\n\nimport \"testing\"\n\nfunc TestTableOfMore(t *testing.T) {\n\tt.Run(\"nonzero\", func(t *testing.T) {})\n}\n",
        ),
    ],
    suite: "go",
    broken: ("calc/calc_test.go", "\"zero\": 0}", "\"zero\": 1}"),
    failing: &["example.test/tiny/calc TestTable", "example.test/tiny/calc TestTable/zero"],
    // The test around it runs with it.
    replayed: &["example.test/tiny/calc TestTable", "example.test/tiny/calc TestTable/zero"],
    tests: 6,
};

const NPM: Project = Project {
    tool: "node",
    files: &[
        (
            "package.json",
            "{\"name\": \"tiny\", \"version\": \"0.1.0\", \"private\": true, \"scripts\": {\"test\": \"node --test\"}}\n",
        ),
        ("calc.js", "exports.add = (a, b) => a + b;\n"),
        (
            "test/calc.test.js",
            "const { test, describe, it } = require('node:test');\nconst assert = require('node:assert');\n\
             const { add } = require('../calc.js');\n\ntest('adds', () => assert.strictEqual(add(1, 2), 3));\n\
             describe('calc', () => {\n  it('adds zero (0)', () => assert.strictEqual(add(0, 2), 2));\n\
             \x20 it('adds', () => assert.strictEqual(add(2, 2), 4));\n});\n",
        ),
    ],
    suite: "node",
    broken: ("test/calc.test.js", "add(0, 2), 2", "add(0, 2), 3"),
    failing: &["calc > adds zero (0)"],
    // There is no command for one test: the suite is replayed whole.
    replayed: &["adds", "calc > adds", "calc > adds zero (0)"],
    tests: 3,
};

/// The environment that the tools need beside `PATH`.
fn equip(command: &mut Command) {
    for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "PYENV_ROOT"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    command
        .envs([
            ("GOPROXY", "off"),
            ("GOTOOLCHAIN", "local"),
            ("GOFLAGS", "-mod=mod"),
            ("CARGO_NET_OFFLINE", "true"),
        ])
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("GOCACHE", cache.join("go-cache"))
        .env("npm_config_cache", cache.join("npm-cache"))
        .env("npm_config_update_notifier", "false");
}

/// Whether a command runs here at all.
fn there(words: &[&str]) -> bool {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    let found = command.status().is_ok_and(|status| status.success());
    if !found {
        tool_is_missing(&words.join(" "));
    }
    found
}

fn pytest() -> bool {
    there(&["python3", "-m", "pytest", "--version"])
}

struct Real<'p> {
    ws: Ws,
    project: &'p Project,
}

impl<'p> Real<'p> {
    /// A fresh repository with one commit, and `init` run in it.
    fn new(project: &'p Project) -> Real<'p> {
        let ws = Ws::new();
        ws.remove("tollgate.toml").remove("schemas/e.v1.json");
        for (path, text) in project.files {
            ws.put(path, text);
        }
        ws.git(&["init", "-q", "-b", "main"]);
        ws.git(&["add", "-A"]);
        ws.git(&["commit", "-q", "-m", "one"]);
        let real = Real { ws, project };
        let init = real.go(0, &["init"]);
        let proposed = format!("\n  unit  {}  ", project.tool);
        assert!(init.stdout.contains(&proposed), "{}", init.stdout);
        real
    }

    fn go(&self, code: i32, args: &[&str]) -> Run {
        let mut command = self.ws.command(args);
        equip(&mut command);
        // Not `finish`: what is shown of a failed Rust test says that it panicked.
        let output = command.stdin(Stdio::null()).output().expect("the binary starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8 output");
        let code_of = output.status.code().unwrap_or(-1);
        Run { code: code_of, stdout: text(output.stdout), stderr: text(output.stderr) }.expect(code)
    }

    /// A run at that second of the day, into the folder that is named after it.
    fn run(&self, code: i32, second: u32, more: &[&str]) -> (String, Value, Run) {
        let now = format!("2026-11-20T12:00:{second:02}Z");
        let run = self.go(code, &[&["run", "--now", &now], more].concat());
        let folder = format!(".tollgate/runs/20261120T1200{second:02}Z");
        let summary = self.ws.json(&format!("{folder}/summary.json"));
        (folder, summary, run)
    }

    fn check(&self, code: i32, more: &[&str]) -> Run {
        self.go(code, &[&["check", "--now", "2026-11-20T12:01:00Z"], more].concat())
    }

    fn replace(&self, from: &str, to: &str) {
        let (path, ..) = self.project.broken;
        let text = self.ws.text(path);
        assert!(text.contains(from), "{path} has no {from}");
        self.ws.put(path, text.replace(from, to));
    }

    fn break_it(&self) {
        self.replace(self.project.broken.1, self.project.broken.2);
    }

    fn mend_it(&self) {
        self.replace(self.project.broken.2, self.project.broken.1);
    }
}

/// The tests of a summary, sorted, with that status or with any.
fn tests<'s>(summary: &'s Value, status: Option<&str>) -> Vec<&'s str> {
    let units = summary["units"].as_array().unwrap().iter();
    let all = units.flat_map(|unit| unit["tests"].as_array().unwrap());
    let mut names: Vec<&str> = all
        .filter(|test| status.is_none_or(|wanted| test["status"] == wanted))
        .map(|test| test["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names
}

/// What issue and README promise of a fresh repository.
fn drive(project: &Project) {
    let real = Real::new(project);
    let ws = &real.ws;
    let (green, summary, _) = real.run(0, 0, &[]);
    assert_eq!(tests(&summary, Some("passed")).len() as u64, project.tests, "{summary}");
    real.check(0, &[]);

    real.break_it();
    let (red, summary, _) = real.run(1, 1, &["--diff-from", &green]);
    assert_eq!(tests(&summary, Some("failed")), project.failing);
    assert_eq!(tests(&summary, None).len() as u64, project.tests);
    let report = real.check(1, &["--format", "json"]);
    let red_gates = report.statuses().into_iter().filter(|gate| gate.contains(" fail "));
    assert_eq!(red_gates.collect::<Vec<_>>(), ["no_regression fail assertion", "pass_rate fail assertion"]);

    let (_, summary, _) = real.run(1, 2, &["--rerun-from", &red]);
    assert_eq!(tests(&summary, None), project.replayed);
    assert_eq!(tests(&summary, Some("failed")), project.failing);
    // A name that begins or ends alike is not run beside it.
    let log = ws.text(&format!(".tollgate/runs/20261120T120002Z/{}/output.log", project.suite));
    assert!(!log.contains("TestTableOfMore/nonzero"), "{log}");
    real.mend_it();
    let (mended, summary, run) = real.run(0, 3, &["--rerun-from", &red]);
    assert_eq!(tests(&summary, Some("passed")), project.replayed);
    let whole = "is replayed whole: [suites.unit] has no `single`";
    let alone = project.replayed == project.failing;
    assert_eq!(format!("{}{}", run.stdout, run.stderr).contains(whole), !alone, "{}", run.stderr);
    let diff = real.go(0, &["diff", &red, &mended]);
    let fixed = format!("regressions 0 fixed {} still_failing 0", project.failing.len());
    assert!(diff.stdout.starts_with(&fixed), "{}", diff.stdout);
    assert!(diff.stdout.contains("not_run 0"), "{}", diff.stdout);

    real.run(0, 4, &["--diff-from", &green]);
    real.check(0, &[]);
    real.go(0, &["validate", &red, &mended]);
    // Runs and verdicts are ignored by the file that `init` put beside them.
    let status = ws.git(&["status", "--porcelain", "--untracked-files=all"]);
    let mut seen: Vec<&str> = status.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    // Cargo writes its lock file in the form of its own version.
    seen.retain(|path| *path != "Cargo.lock");
    assert_eq!(seen, ["tollgate.toml"]);
}

/// A failing test in quarantine by its digest: it fails no run, and with it no gate.
fn quarantine(project: &Project) {
    let real = Real::new(project);
    real.break_it();
    let (red, summary, _) = real.run(1, 0, &["--retries", "1"]);
    assert_eq!(tests(&summary, Some("failed")), project.failing);
    assert_eq!(summary["units"][0]["attempts"], 2);
    let test = format!("{}::{}", project.suite, project.failing.last().unwrap());
    let digest = format!("{red}/{}/failure_digest.json", project.suite);
    let add = ["quarantine", "add", &test, "--category", "FLAKE-LOGIC", "--owner", "o", "--reason", "r"];
    let more = ["--issue", "X-1", "--evidence", &digest, "--reproduce", "tollgate run"];
    let last = ["--exit-criteria", "mended", "--now", "2026-11-20T12:00:30Z"];
    real.go(0, &[&add[..], &more, &last].concat());
    let (_, summary, _) = real.run(0, 1, &[]);
    assert_eq!(tests(&summary, Some("quarantined")), project.failing);
    assert_eq!(summary["units"][0]["status"], "quarantined");
    real.check(0, &[]);
}

/// One test again and again: it is reached by the name that summaries give it, and a name that reaches none proves nothing.
fn flake_check(project: &Project) {
    let real = Real::new(project);
    real.break_it();
    real.run(1, 0, &[]);
    let test = format!("{}::{}", project.suite, project.failing.last().unwrap());
    let red = real.go(1, &["flake", "check", &test, "--runs", "2"]);
    assert!(red.stdout.contains("2 of 2"), "{}", red.stdout);
    real.mend_it();
    let green = real.go(0, &["flake", "check", &test, "--runs", "2"]);
    assert!(green.stdout.contains("0 of 2"), "{}", green.stdout);
    let none = real.go(2, &["flake", "check", &format!("{test}_gone"), "--runs", "1"]);
    let said = ["nothing is proven", "cannot be run alone"];
    assert!(said.iter().any(|said| none.stderr.contains(said)), "{}", none.stderr);
}

#[test]
fn cargo() {
    drive(&CARGO);
    flake_check(&CARGO);
    quarantine(&CARGO);
}

#[test]
fn pytest_with_python() {
    if pytest() {
        drive(&PYTEST);
        flake_check(&PYTEST);
        quarantine(&PYTEST);
    }
}

#[test]
fn go() {
    if there(&["go", "version"]) {
        drive(&GO);
        flake_check(&GO);
        quarantine(&GO);
    }
}

#[test]
fn npm() {
    if there(&["npm", "--version"]) && there(&["node", "--test", "--version"]) {
        drive(&NPM);
        quarantine(&NPM);
    }
}

/// A test that fails at first is flaky; two suites in two shards make the whole; and the gates of the runbook that any project
/// can meet are met by what a run writes.
#[test]
fn pytest_flaky_in_shards_and_by_the_runbook() {
    if !pytest() {
        return;
    }
    let real = Real::new(&PYTEST);
    let ws = &real.ws;
    let toml = ws.text("tollgate.toml");
    let toml = toml.replacen("names   = [\"pytest\"]", "names   = [\"test_calc\", \"test_two\"]", 1);
    let toml = toml.replacen("{out}/junit.xml\"\n", "{out}/junit.xml tests/{name}.py\"\n", 1);
    ws.put("tollgate.toml", toml.replacen("[\"starter\"]", "[\"runbook\"]", 1));
    ws.put(
        "tests/test_two.py",
        format!(
            "import pathlib\n\n\ndef test_at_first():\n    seen = pathlib.Path('{}')\n    there = seen.exists()\n    seen.touch()\n    assert there\n",
            ws.outside("seen")
        ),
    );
    let (whole, summary, _) = real.run(0, 0, &["--retries", "2"]);
    assert_eq!(tests(&summary, Some("flaky")), ["tests/test_two.py::test_at_first"]);
    assert_eq!(tests(&summary, None).len(), 5);

    for index in ["0", "1"] {
        let shard = ["--shard-kind", "unit", "--shard-total", "2", "--shard-index", index];
        let out = format!("shards/{index}");
        let run = ["run", "--now", "2026-11-20T12:00:01Z", "--diff-from", &whole, "--out", &out];
        real.go(0, &[&run[..], &shard].concat());
    }
    let merged = ".tollgate/runs/20261120T120002Z";
    real.go(0, &["merge", "shards/1", "shards/0", "--out", merged, "--now", "2026-11-20T12:00:02Z"]);
    let summary = ws.json(&format!("{merged}/summary.json"));
    assert_eq!(tests(&summary, Some("passed")).len(), 5);

    real.run(0, 3, &["--diff-from", merged]);
    let gates = ["e2e_log_contract", "replay_bundle_integrity", "triage_regression"];
    real.check(0, &gates.map(|gate| ["--gate", gate]).concat());
}
