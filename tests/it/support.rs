//! A tiny workspace in a folder of its own, and the built binary run over it with a clean environment.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests fail as tests do, write files and start the binary"
)]

use serde_json::Value;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The moment that every test judges at.
pub const NOW: &str = "2026-11-20T12:00:00Z";
/// A verdict that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// The first six lines of every gate: what is required.
pub const HEAD: &str = "name = 'N'\nwhy = 'W'\nowner = 'o'\nblocking = true\n\
                        lanes = ['preflight', 'full', 'certification']\nreproduce = 'see it'\n";

/// A workspace with one suite, whose results are what `run.sh` prints of Rust's harness.
pub const LIBTEST_TOML: &str = r#"[workspace]
packs = ["starter"]
results = "runs"
output = "out"
[suites.unit]
names = ["lib"]
command = "sh run.sh"
single = "sh run.sh {test}"
reader = "libtest"
timeout = "1m"
[profiles.ci]
kinds = ["unit"]
"#;

/// The gates of the starter pack, in their order: what is counted grows with it.
pub fn starter() -> Vec<&'static str> {
    let paths = tollgate::embedded::GATES.iter().filter_map(|(path, _)| path.strip_prefix("starter/"));
    paths.map(|name| name.trim_end_matches(".toml")).collect()
}

/// A workspace with no packs, outside of git, with the schema `e.v1`: an object whose `n` is an integer.
pub struct Ws {
    dir: tempfile::TempDir,
    outside: tempfile::TempDir,
}

impl Ws {
    pub fn new() -> Ws {
        let folder = || tempfile::tempdir().expect("a folder");
        let ws = Ws { dir: folder(), outside: folder() };
        ws.put("tollgate.toml", "[workspace]\npacks = []\noutput = 'out'\nresults = 'runs'\ngit = false\n");
        ws.put(
            "schemas/e.v1.json",
            r#"{"$id": "e.v1", "type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}"#,
        );
        ws
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A path of a folder outside of the workspace: what a suite counts there is no state of the files that it is tested in.
    pub fn outside(&self, path: &str) -> String {
        self.outside.path().join(path).display().to_string()
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub fn put(&self, path: &str, bytes: impl AsRef<[u8]>) -> &Ws {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(&path, bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        self
    }

    pub fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.at(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    pub fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    pub fn remove(&self, path: &str) -> &Ws {
        std::fs::remove_file(self.at(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        self
    }

    /// A gate: the required lines and `body`, whose first lines may be top keys.
    pub fn gate(&self, id: &str, body: &str) -> &Ws {
        self.put(&format!("gates/{id}.toml"), format!("{HEAD}{body}\n"))
    }

    /// A gate of other required lines: each `(from, to)` replaces a part of `HEAD`.
    pub fn gate_with(&self, id: &str, changes: &[(&str, &str)], body: &str) -> &Ws {
        let mut head = HEAD.to_string();
        for (from, to) in changes {
            assert!(head.contains(from), "{from} is no part of the head");
            head = head.replace(from, to);
        }
        self.put(&format!("gates/{id}.toml"), format!("{head}{body}\n"))
    }

    /// A gate that asserts `expr`.
    pub fn asserts(&self, id: &str, expr: &str) -> &Ws {
        self.gate(id, &check("c", expr))
    }

    /// A gate that reads `path` as `doc` (`more` adds keys to its table) and asserts `expr`.
    pub fn reads(&self, id: &str, path: &str, more: &str, expr: &str) -> &Ws {
        self.gate(id, &format!("[artifacts.doc]\npath = '{path}'\n{more}\n{}", check("c", expr)))
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.args(args).current_dir(self.dir()).env_clear().env("PATH", path).env("HOME", self.dir());
        command.env("RUST_BACKTRACE", "0");
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        finish(self.command(args))
    }

    /// `check` with the verdict on stdout and the human report on stderr.
    pub fn check(&self, args: &[&str]) -> Run {
        self.check_env(args, &[])
    }

    pub fn check_env(&self, args: &[&str], env: &[(&str, &str)]) -> Run {
        let mut all = vec!["check", "--now", NOW, "--deterministic", "--format", "json", "--format", "human"];
        all.extend(args);
        let mut command = self.command(&all);
        command.envs(env.iter().copied());
        finish(command)
    }

    /// `git` in the workspace, without the machine's configuration.
    pub fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(args)
            .current_dir(self.dir())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .envs([("GIT_AUTHOR_NAME", "t"), ("GIT_AUTHOR_EMAIL", "t@example.org")])
            .envs([("GIT_COMMITTER_NAME", "t"), ("GIT_COMMITTER_EMAIL", "t@example.org")])
            .envs([
                ("GIT_AUTHOR_DATE", "2026-11-20T11:00:00Z"),
                ("GIT_COMMITTER_DATE", "2026-11-20T11:00:00Z"),
            ])
            .output()
            .expect("git");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_string()
    }

    /// Makes the workspace a repository of its own (`git` left to its default) and commits everything.
    pub fn repository(&self) -> String {
        let settings = self.text("tollgate.toml").replace("git = false\n", "");
        self.put("tollgate.toml", settings).put(".gitignore", "out/\n");
        self.git(&["init", "-q", "-b", "main"]);
        self.commit()
    }

    pub fn commit(&self) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
        self.git(&["rev-parse", "HEAD"])
    }
}

/// A `[[checks]]` table.
pub fn check(id: &str, expr: &str) -> String {
    format!("[[checks]]\nid = '{id}'\nassert = '''{expr}'''\n")
}

/// How the binary ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Waits for it with patience; output goes through files, so that no full pipe stops it.
pub fn finish(mut command: Command) -> Run {
    let dir = tempfile::tempdir().expect("a folder");
    let (out, err) = (dir.path().join("out"), dir.path().join("err"));
    command.stdin(Stdio::null());
    command.stdout(File::create(&out).expect("a file")).stderr(File::create(&err).expect("a file"));
    let mut child = command.spawn().expect("the binary starts");
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a status") {
            break status;
        }
        if started.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{command:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(3));
    };
    let read = |path| String::from_utf8(std::fs::read(path).expect("output")).expect("UTF-8 output");
    let (stdout, stderr) = (read(&out), read(&err));
    let code = status.code().unwrap_or_else(|| panic!("{command:?} was killed: {status}\n{stderr}"));
    assert!(!stderr.contains("panicked"), "{command:?}\n{stderr}");
    Run { code, stdout, stderr }
}

impl Run {
    pub fn verdict(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no verdict: {e}\n{self:#?}"))
    }

    /// Status, reason and every finding's message of a gate; and that each gate has its command.
    pub fn gate(&self, id: &str) -> Judged {
        let verdict = self.verdict();
        let gates = verdict["gates"].as_array().expect("gates");
        for gate in gates {
            assert!(gate["reproduce_command"].as_str().is_some_and(|c| !c.is_empty()), "{gate:#}");
        }
        let gate =
            gates.iter().find(|g| g["id"] == id).unwrap_or_else(|| panic!("no gate {id}: {verdict:#}"));
        let text = |v: &Value| v.as_str().unwrap_or("-").to_string();
        let findings = gate["findings"].as_array().expect("findings");
        Judged {
            status: text(&gate["status"]),
            reason: text(&gate["reason"]),
            detail: text(&gate["detail"]),
            messages: findings.iter().map(|f| text(&f["message"])).collect(),
            value: gate.clone(),
        }
    }

    pub fn expect(self, code: i32) -> Run {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// `id status reason` of each gate, in order.
    pub fn statuses(&self) -> Vec<String> {
        let verdict = self.verdict();
        let gates = verdict["gates"].as_array().expect("gates");
        let text = |v: &Value| v.as_str().unwrap_or("-").to_string();
        gates.iter().map(|g| [text(&g["id"]), text(&g["status"]), text(&g["reason"])].join(" ")).collect()
    }
}

/// One gate of a verdict.
#[derive(Debug)]
pub struct Judged {
    pub status: String,
    pub reason: String,
    pub detail: String,
    pub messages: Vec<String>,
    pub value: Value,
}

/// Says that the test under way ends without having shown anything. Past the capture of the harness, which shows nothing of a
/// test that passes.
pub fn skipped(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_string();
    let line = format!("skipped: {test}: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error can be written");
}

/// Says that a test is skipped because a tool does not run here. In CI every tool is there: `.ci/run` installs them, and a test
/// that is skipped would show nothing to anybody.
pub fn tool_is_missing(command: &str) {
    let ci = std::env::var("CI").unwrap_or_default();
    assert!(!must_be_there(&ci), "`{command}` does not run here, and CI={ci} says that it must");
    skipped(&format!("`{command}` does not run here"));
}

/// Whether this value of `CI` says that it is one, as `tollgate` itself takes it.
fn must_be_there(ci: &str) -> bool {
    !ci.is_empty() && ci != "false"
}

#[test]
fn a_missing_tool_fails_in_ci_alone() {
    assert!(must_be_there("true") && must_be_there("1"));
    assert!(!must_be_there("") && !must_be_there("false"));
}
