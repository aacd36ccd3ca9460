//! The two scripts of the GitHub action, run by bash as the runner runs them, over repositories that a pull request made.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests fail as tests do"
)]

use crate::support::{Run, Ws, finish};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const ACTION: &str = include_str!("../../.github/actions/tollgate/action.yml");

/// The `run: |` block of a step, without its indentation.
fn script(step: &str) -> String {
    let mut lines = ACTION.lines().skip_while(|line| line.trim() != format!("- name: {step}"));
    let head = lines.by_ref().find(|line| line.trim() == "run: |").expect("the step has a script");
    let indent = head.len() - head.trim_start().len() + 2;
    let body: Vec<&str> = lines
        .take_while(|line| line.is_empty() || line.len() - line.trim_start().len() >= indent)
        .map(|line| line.get(indent..).unwrap_or(""))
        .collect();
    assert!(body.len() > 10, "the script of {step} was found");
    body.join("\n")
}

/// A checkout and the runner's folder beside it.
struct Runner {
    ws: Ws,
    temp: tempfile::TempDir,
}

impl Runner {
    fn of(ws: Ws) -> Runner {
        Runner { ws, temp: tempfile::tempdir().expect("a folder") }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    fn bash(&self, step: &str, inputs: &[(&str, &str)]) -> Run {
        std::fs::write(self.at("script.sh"), script(step)).expect("a script");
        for name in ["output", "summary"] {
            std::fs::write(self.at(name), "").expect("a file");
        }
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(self.at("script.sh"));
        command.current_dir(self.ws.dir()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.temp.path());
        command.env("GITHUB_WORKSPACE", self.ws.dir()).env("RUNNER_TEMP", self.temp.path());
        command.env("GITHUB_OUTPUT", self.at("output")).env("GITHUB_STEP_SUMMARY", self.at("summary"));
        command.envs(inputs.iter().copied());
        finish(command)
    }

    /// The step `Judge` of a pull request to `base`.
    fn judge(&self, base: &str, more: &[(&str, &str)]) -> Run {
        let mut inputs = vec![
            ("TOLLGATE", env!("CARGO_BIN_EXE_tollgate")),
            ("INPUT_LANE", "full"),
            ("INPUT_ROOT", "."),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("BASE_SHA", base),
        ];
        inputs.extend(
            ["INPUT_RUN", "INPUT_MODE", "INPUT_POLICY_FROM", "INPUT_GATES", "INPUT_FORMATS"].map(|n| (n, "")),
        );
        inputs.extend(more);
        self.bash("Judge", &inputs)
    }

    fn outputs(&self) -> String {
        std::fs::read_to_string(self.at("output")).expect("outputs")
    }

    /// Ends with this code and says that nothing passed.
    fn is_red(&self, run: &Run, code: i32) {
        assert_eq!(run.code, code, "{}\n{}", run.stdout, run.stderr);
        let outputs = self.outputs();
        assert!(outputs.contains(&format!("exit-code={code}\n")), "{outputs}");
        assert!(!outputs.contains("introduced") && !outputs.contains("verdict=pass"), "{outputs}");
    }

    fn is_introduced(&self, run: &Run) {
        assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
        assert_eq!(self.outputs(), "exit-code=0\nverdict=introduced\n");
        assert!(run.stdout.contains("::notice title=tollgate::introduces tollgate"), "{}", run.stdout);
        assert!(
            std::fs::read_to_string(self.at("summary")).expect("a summary").contains("introduces tollgate")
        );
    }
}

/// A repository whose gate `g` asks for `expr`, and its commit.
fn repository(expr: &str) -> (Runner, String) {
    let ws = Ws::new();
    ws.asserts("g", expr);
    let base = ws.repository();
    ws.git(&["checkout", "-q", "-b", "pr"]);
    (Runner::of(ws), base)
}

/// A repository whose base has no tollgate.toml, and a branch that adds one.
fn introducing() -> (Runner, String) {
    let ws = Ws::new();
    let settings = ws.text("tollgate.toml").replace("git = false\n", "");
    ws.remove("tollgate.toml").put("README.md", "x");
    ws.git(&["init", "-q", "-b", "main"]);
    let base = ws.commit();
    ws.git(&["checkout", "-q", "-b", "pr"]);
    ws.put("tollgate.toml", settings).asserts("g", "lane == 'full'");
    ws.commit();
    (Runner::of(ws), base)
}

fn program(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("a program");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("permissions");
}

#[test]
fn green_and_red_are_the_bases_word() {
    let (runner, base) = repository("lane == 'full'");
    let run = runner.judge(&base, &[]).expect(0);
    assert!(runner.outputs().contains("verdict=pass") && runner.outputs().contains("exit-code=0"), "{run:?}");
    let (runner, base) = repository("lane == 'x'");
    runner.ws.asserts("g", "lane == 'full'");
    runner.ws.commit();
    runner.is_red(&runner.judge(&base, &[]), 1);
    let own = runner.judge(&base, &[("INPUT_POLICY_FROM", "worktree")]);
    assert_eq!(own.code, 0, "a person may ask for the working tree's: {}", own.stderr);
    runner.is_red(&runner.judge("", &[]), 2);
    runner.is_red(&runner.judge(&base, &[("INPUT_POLICY_FROM", "--help")]), 2);
}

#[test]
fn a_change_that_introduces_tollgate_is_green_and_says_so() {
    let (runner, base) = introducing();
    runner.is_introduced(&runner.judge(&base, &[]));
    runner.is_introduced(&runner.judge(&base, &[("INPUT_POLICY_FROM", "main")]));
    runner.is_introduced(&runner.judge(&base, &[("INPUT_ROOT", runner.ws.dir().to_str().expect("UTF-8"))]));
    // The program alone stays red, and so does any other event.
    let run = runner.ws.run(&["check", "--policy-from", "main"]).expect(2);
    assert!(run.stderr.contains("the commit of main has no tollgate.toml"), "{}", run.stderr);
    runner.is_red(&runner.judge(&base, &[("GITHUB_EVENT_NAME", "push"), ("INPUT_POLICY_FROM", "main")]), 2);
    // A tag that is not the base tells nothing of the base.
    runner.ws.git(&["commit", "-q", "--allow-empty", "-m", "later"]);
    let later = runner.ws.git(&["rev-parse", "HEAD"]);
    runner.is_red(&runner.judge(&later, &[("INPUT_POLICY_FROM", "main")]), 2);
}

#[test]
fn what_only_looks_like_an_introduction_is_red() {
    // The change has none either: the root is misspelt.
    let (runner, base) = introducing();
    runner.ws.remove("tollgate.toml");
    runner.is_red(&runner.judge(&base, &[]), 2);
    // The base's tree cannot be read.
    let (runner, base) = introducing();
    let tree = runner.ws.git(&["rev-parse", &format!("{base}^{{tree}}")]);
    runner.ws.remove(&format!(".git/objects/{}/{}", &tree[..2], &tree[2..]));
    runner.is_red(&runner.judge(&base, &[]), 4);
    // Nor can a folder on the way.
    let (runner, _) = introducing();
    runner.ws.git(&["checkout", "-q", "main"]);
    runner.ws.put("a/b/x", "x");
    let base = runner.ws.commit();
    runner.ws.put("a/b/tollgate.toml", "[workspace]\npacks = []\ngit = true\n");
    runner.is_introduced(&runner.judge(&base, &[("INPUT_ROOT", "a/b")]));
    let tree = runner.ws.git(&["rev-parse", &format!("{base}:a/b")]);
    runner.ws.remove(&format!(".git/objects/{}/{}", &tree[..2], &tree[2..]));
    runner.is_red(&runner.judge(&base, &[("INPUT_ROOT", "a/b")]), 4);
    // The commit cannot be had.
    let (runner, _) = introducing();
    runner.is_red(&runner.judge(&"1".repeat(40), &[]), 4);
}

#[test]
fn a_link_of_the_change_does_not_choose_the_root() {
    let (runner, _) = repository("lane == 'x'");
    let ws = &runner.ws;
    ws.git(&["checkout", "-q", "main"]);
    for name in ["tollgate.toml", "gates/g.toml", "schemas/e.v1.json"] {
        ws.put(&format!("x/{name}"), ws.text(name));
    }
    let base = ws.commit();
    runner.is_red(&runner.judge(&base, &[("INPUT_ROOT", "x")]), 1);
    // To a folder that the base does not have.
    std::fs::rename(ws.at("x"), ws.at("y")).expect("moved");
    symlink("y", ws.at("x")).expect("a link");
    ws.put("y/gates/g.toml", ws.text("y/gates/g.toml").replace("'x'", "'full'"));
    runner.is_red(&runner.judge(&base, &[("INPUT_ROOT", "x")]), 2);
    runner.is_red(&runner.judge(&base, &[("INPUT_ROOT", "./x/")]), 2);
    // The base has a link there: what it leads to is not of its tree.
    let base = ws.commit();
    std::fs::remove_file(ws.at("x")).expect("removed");
    std::fs::rename(ws.at("y"), ws.at("x")).expect("moved");
    runner.is_red(&runner.judge(&base, &[("INPUT_ROOT", "x")]), 2);
}

#[test]
fn a_folder_that_looks_like_a_repository_is_none() {
    let (runner, _) = repository("lane == 'x'");
    let ws = &runner.ws;
    ws.git(&["checkout", "-q", "main"]);
    for name in ["gates/g.toml", "schemas/e.v1.json"] {
        ws.put(&format!("x/{name}"), ws.text(name));
    }
    ws.put("x/tollgate.toml", "[workspace]\npacks = []\noutput = 'out'\n");
    let base = ws.commit();
    let pwned = runner.at("pwned");
    ws.git(&["init", "-q", "--bare", "-b", "main", "x"]);
    ws.git(&["config", "-f", "x/config", "core.bare", "false"]);
    ws.git(&["config", "-f", "x/config", "core.worktree", "."]);
    ws.git(&["config", "-f", "x/config", "core.fsmonitor", &format!("touch {}", pwned.display())]);
    runner.is_red(&runner.judge(&base, &[("INPUT_ROOT", "x")]), 1);
    assert!(!pwned.exists());
}

#[test]
fn a_shallow_checkout_fetches_the_base_and_starts_nothing_else() {
    let (origin, base) = repository("lane == 'full'");
    origin.ws.put("more", "x");
    origin.ws.commit();
    let (runner, pwned) = (Runner::of(Ws::new()), origin.at("pwned"));
    let url = format!("file://{}", origin.ws.dir().display());
    let checkout = runner.ws.at("clone");
    runner.ws.git(&["clone", "-q", "--depth", "1", "-b", "pr", &url, checkout.to_str().expect("UTF-8")]);
    for key in ["core.fsmonitor", "remote.origin.uploadpack", "core.sshCommand", "credential.helper"] {
        runner.ws.git(&["-C", "clone", "config", key, &format!("touch {};", pwned.display())]);
    }
    program(&checkout.join("bin/git"), &format!("touch {}", pwned.display()));
    let path = format!("bin:{}/bin:{}", checkout.display(), std::env::var("PATH").expect("a PATH"));
    let inputs =
        [("INPUT_ROOT", "clone"), ("PATH", &path), ("GIT_DIR", "/nowhere"), ("GIT_INDEX_FILE", "/nowhere")];
    let run = runner.judge(&base, &inputs);
    assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
    assert!(!pwned.exists());
}

#[test]
fn the_judge_is_compiled_where_no_change_says_by_what() {
    let runner = Runner::of(Ws::new());
    let tools = tempfile::tempdir().expect("a folder");
    let said = runner.at("said");
    let build = r#"pwd > SAID; env >> SAID; while [ "$1" != --target-dir ]; do shift; done
mkdir -p "$2/release"; printf '#!/bin/sh\n' > "$2/release/tollgate"; chmod +x "$2/release/tollgate""#;
    program(&tools.path().join("cargo"), &build.replace("SAID", said.to_str().expect("UTF-8")));
    program(&runner.ws.at("bin/cargo"), "exit 9");
    runner.ws.put(".cargo/config.toml", "[build]\nrustc-wrapper = 'evil'\n");
    let system = std::env::var("PATH").expect("a PATH");
    let path = format!("bin:{}:{}:{system}", runner.ws.at("bin").display(), tools.path().display());
    let home = runner.ws.at("cargo-home");
    std::fs::create_dir(&home).expect("a folder");
    let action = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/actions/tollgate");
    let inputs = [
        ("INPUT_BUILD", "true"),
        ("PATH", path.as_str()),
        ("ACTION_DIR", action.to_str().expect("UTF-8")),
        ("RUSTC_WRAPPER", "evil"),
        ("CARGO_BUILD_RUSTC", "evil"),
        ("RUSTUP_TOOLCHAIN", "./evil"),
        ("CARGO_HOME", home.to_str().expect("UTF-8")),
    ];
    runner.bash("Install tollgate", &inputs).expect(0);
    let said = std::fs::read_to_string(said).expect("cargo was started");
    let temp = runner.temp.path().canonicalize().expect("a path");
    assert_eq!(said.lines().next().map(PathBuf::from), Some(temp), "{said}");
    for name in ["evil", "CARGO_HOME", "RUSTUP_TOOLCHAIN", "INPUT_BUILD"] {
        assert!(!said.contains(name), "{name}: {said}");
    }
    assert!(runner.outputs().starts_with("bin="), "{}", runner.outputs());
}

#[test]
fn curl_reads_no_configuration_and_what_it_brings_is_held_to_its_digest() {
    let runner = Runner::of(Ws::new());
    let tools = tempfile::tempdir().expect("a folder");
    let said = runner.at("said");
    let fetch = r#"pwd > SAID; echo "$1" >> SAID; while [ "$1" != --output ]; do shift; done; printf '#!/bin/sh\n' > "$2""#;
    program(&tools.path().join("curl"), &fetch.replace("SAID", said.to_str().expect("UTF-8")));
    let path = format!("{}:{}", tools.path().display(), std::env::var("PATH").expect("a PATH"));
    let sha256 = tollgate::base::digest::sha256_hex(b"#!/bin/sh\n");
    let inputs = |sha256| {
        [
            ("INPUT_BUILD", "false"),
            ("INPUT_VERSION", "1.2.3"),
            ("INPUT_SHA256", sha256),
            ("INPUT_REPOSITORY", "o/n"),
            ("PATH", path.as_str()),
            ("ACTION_DIR", env!("CARGO_MANIFEST_DIR")),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_ARCH", "X64"),
        ]
    };
    runner.bash("Install tollgate", &inputs(&sha256)).expect(0);
    let said = std::fs::read_to_string(said).expect("curl was started");
    let temp = runner.temp.path().canonicalize().expect("a path");
    assert_eq!(said, format!("{}\n-q\n", temp.display()));
    let other = "0".repeat(64);
    let run = runner.bash("Install tollgate", &inputs(&other)).expect(4);
    assert!(run.stdout.contains("does not have the sha256"), "{}", run.stdout);
    assert!(!runner.outputs().contains("bin="));
}
