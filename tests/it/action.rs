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
    assert!(body.len() > 8, "the script of {step} was found");
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
    let sha256 = tollgate_text::digest::sha256_hex(b"#!/bin/sh\n");
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

#[test]
fn nothing_asked_for_is_the_commit_of_the_action() {
    let runner = Runner::of(Ws::new());
    let tools = tempfile::tempdir().expect("a folder");
    program(
        &tools.path().join("cargo"),
        r#"while [ "$1" != --target-dir ]; do [ "$1" != --manifest-path ] || echo "$2" > "$HOME/built"; shift; done
mkdir -p "$2/release"; printf '#!/bin/sh\n' > "$2/release/tollgate"; chmod +x "$2/release/tollgate""#,
    );
    let path = format!("{}:{}", tools.path().display(), std::env::var("PATH").expect("a PATH"));
    let top = action_of(&runner, "_actions/o/n/v1");
    for inner in ["", "/.github/actions/tollgate"] {
        let dir = format!("{top}{inner}");
        runner.bash("Install tollgate", &[("PATH", &path), ("ACTION_DIR", &dir)]).expect(0);
        let built = std::fs::read_to_string(runner.at("built")).expect("cargo was started");
        assert_eq!(built, format!("{top}/Cargo.toml\n"));
    }
    let inputs =
        [("PATH", path.as_str()), ("ACTION_DIR", &top), ("INPUT_VERSION", "1.0.0"), ("INPUT_SHA256", "")];
    let run = runner.bash("Install tollgate", &inputs).expect(4);
    assert!(run.stdout.contains("nothing is installed without it"), "{}", run.stdout);
}

/// A checkout of the action in the runner's folder, as it is there for a caller of another repository.
fn action_of(runner: &Runner, folder: &str) -> String {
    let top = runner.temp.path().canonicalize().expect("a path").join(folder);
    std::fs::create_dir_all(top.join(".github/actions/tollgate")).expect("folders");
    std::fs::write(top.join("Cargo.toml"), "[package]\nname = \"tollgate\"\nversion = \"3.2.1\"\n")
        .expect("a file");
    top.to_str().expect("UTF-8").to_string()
}

#[test]
fn the_binary_is_that_of_the_actions_own_repository() {
    let runner = Runner::of(Ws::new());
    let tools = tempfile::tempdir().expect("a folder");
    let fetch = r##"while [ "$1" != --output ]; do shift; done; echo "$3" >> "$HOME/urls"
case "$3" in *.sha256) cat "$HOME/published" ;; *) printf '#!/bin/sh\n' ;; esac > "$2""##;
    program(&tools.path().join("curl"), fetch);
    let path = format!("{}:{}", tools.path().display(), std::env::var("PATH").expect("a PATH"));
    let install = |dir: &str, more: &[(&str, &str)]| {
        let _ = std::fs::remove_file(runner.at("urls"));
        let mut inputs = vec![
            ("PATH", path.as_str()),
            ("ACTION_DIR", dir),
            ("INPUT_SHA256", "published"),
            ("ACTION_REPOSITORY", "caller/its"),
            ("CALLER", "caller/its"),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_ARCH", "ARM64"),
        ];
        inputs.extend(more);
        runner.bash("Install tollgate", &inputs)
    };
    let urls = || std::fs::read_to_string(runner.at("urls")).expect("curl was started");
    let sha256 = tollgate_text::digest::sha256_hex(b"#!/bin/sh\n");
    std::fs::write(runner.at("published"), format!("{sha256}  tollgate-3.2.1\n")).expect("a file");
    let asset = "releases/download/v3.2.1/tollgate-3.2.1-aarch64-unknown-linux-musl";
    for folder in ["_actions/the-owner/tollgate/v3", "_actions/the-owner/tollgate/releases/v3"] {
        let top = action_of(&runner, folder);
        install(&top, &[]).expect(0);
        let url = format!("https://github.com/the-owner/tollgate/{asset}");
        assert_eq!(urls(), format!("{url}\n{url}.sha256\n"));
    }
    let top = action_of(&runner, "_actions/the-owner/tollgate/v3");
    install(&top, &[("INPUT_REPOSITORY", "else/where")]).expect(0);
    assert!(urls().starts_with("https://github.com/else/where/releases/"), "{}", urls());
    install(&top, &[("INPUT_REPOSITORY", "else/where/../x")]).expect(4);
    // In its own checkout it is of the repository that is checked out.
    runner.ws.put("Cargo.toml", "version = \"3.2.1\"\n");
    install(runner.ws.dir().to_str().expect("UTF-8"), &[]).expect(0);
    assert!(urls().starts_with("https://github.com/caller/its/releases/"), "{}", urls());
    for published in ["", "not a digest", &format!("{}\n", "0".repeat(64))] {
        std::fs::write(runner.at("published"), published).expect("a file");
        let run = install(&top, &[]).expect(4);
        assert!(run.stdout.contains("sha256"), "{}", run.stdout);
        assert!(!runner.outputs().contains("bin="));
    }
}

/// GitHub, as far as the step `Comment` asks it: each answer is a file, and each request a line of `asked`.
struct Hub {
    runner: Runner,
    tools: tempfile::TempDir,
}

const MINE: &str = "github-actions[bot]";

impl Hub {
    fn new() -> Hub {
        let hub = Hub { runner: Runner::of(Ws::new()), tools: tempfile::tempdir().expect("a folder") };
        program(
            &hub.tools.path().join("curl"),
            r#"cat > "$HOME/config"; [ "$1" = -q ] || exit 9; method= url= out=
while [ $# -gt 0 ]; do case "$1" in
  --request) method=$2; shift ;; --output) out=$2; shift ;; --) url=$2; shift ;;
  --data-binary) cp "${2#@}" "$HOME/sent"; shift ;; esac; shift; done
echo "$method $url" >> "$HOME/asked"
page=$(printf %s "$url" | sed -n 's/.*&page=//p')
cat "$HOME/$method$page.json" > "$out" 2>/dev/null || cat "$HOME/$method.json" > "$out"
cat "$HOME/$method.status""#,
        );
        hub.answers("GET", 200, "[]");
        hub.answers("POST", 201, &format!(r#"{{"user": {{"login": "{MINE}"}}}}"#));
        hub.answers("PATCH", 200, &format!(r#"{{"user": {{"login": "{MINE}"}}}}"#));
        hub
    }

    fn answers(&self, method: &str, status: u16, body: &str) {
        std::fs::write(self.runner.at(&format!("{method}.status")), status.to_string()).expect("a file");
        std::fs::write(self.runner.at(&format!("{method}.json")), body).expect("a file");
    }

    /// The step over this report; what it asked for, a line each.
    fn comment(&self, report: Option<&str>, more: &[(&str, &str)]) -> (Run, Vec<String>) {
        for name in ["asked", "sent", "config"] {
            let _ = std::fs::remove_file(self.runner.at(name));
        }
        let path = format!("{}:{}", self.tools.path().display(), std::env::var("PATH").expect("a PATH"));
        let file = self.runner.at("report.md");
        std::fs::write(&file, report.unwrap_or("")).expect("a report");
        let mut inputs = vec![
            ("PATH", path.as_str()),
            ("TOKEN", "ghs_secret"),
            ("API_URL", "https://api.example.org"),
            ("REPOSITORY", "o/n"),
            ("NUMBER", "7"),
            ("HEAD", "c0ffee"),
            ("LOG", "https://example.org/log"),
            ("REPORT", file.to_str().expect("UTF-8")),
            ("INPUT_ROOT", "."),
        ];
        inputs.extend(more);
        let run = self.runner.bash("Comment", &inputs);
        assert_eq!(run.code, 0, "what is shown decides nothing: {}\n{}", run.stdout, run.stderr);
        assert!(!run.stdout.contains("ghs_secret") && !run.stderr.contains("ghs_secret"), "{run:?}");
        let asked = std::fs::read_to_string(self.runner.at("asked")).unwrap_or_default();
        (run, asked.lines().map(String::from).collect())
    }

    fn body(&self) -> String {
        let sent = std::fs::read_to_string(self.runner.at("sent")).expect("something was sent");
        let sent: serde_json::Value = serde_json::from_str(&sent).expect("JSON");
        sent["body"].as_str().expect("a body").to_string()
    }

    fn sent(&self) -> bool {
        self.runner.at("sent").exists()
    }
}

const LIST: &str = "GET https://api.example.org/repos/o/n/issues/7/comments?per_page=100&page=1";
const MAKE: &str = "POST https://api.example.org/repos/o/n/issues/7/comments";

#[test]
fn one_comment_is_made_and_then_kept_up_to_date() {
    let hub = Hub::new();
    let (run, asked) = hub.comment(Some("## tollgate: FAIL\n\n`x` \"y\" 名\n"), &[]);
    assert_eq!(asked, [LIST, MAKE], "{}{}", run.stdout, run.stderr);
    let body = hub.body();
    let (mark, rest) = body.split_once('\n').expect("lines");
    assert!(mark.starts_with("<!-- tollgate:") && mark.ends_with(" -->") && mark.len() == 34, "{mark}");
    assert_eq!(
        rest,
        "## tollgate: FAIL\n\n`x` \"y\" 名\n\n<sub>Commit c0ffee, [log](https://example.org/log)</sub>\n"
    );
    let config =
        std::fs::read_to_string(hub.runner.at("config")).expect("the token went in by standard input");
    assert_eq!(config, "header = \"Authorization: Bearer ghs_secret\"\n");

    // Others' comments bear the mark too, and so does one of ours further down or in the middle of a text.
    let comment =
        |id: u32, by: &str, body: &str| serde_json::json!({"id": id, "body": body, "user": {"login": by}});
    let theirs = [
        comment(1, "mallory", &body),
        comment(2, MINE, &format!("they said {mark}")),
        comment(3, "github-actions", &body),
        serde_json::json!({"id": 4, "body": null, "user": null}),
    ];
    let all = |more: &[serde_json::Value]| serde_json::Value::from([&theirs[..], more].concat()).to_string();
    hub.answers("GET", 200, &all(&[]));
    assert_eq!(hub.comment(Some("x\n"), &[]).1, [LIST, MAKE]);
    hub.answers("GET", 200, &all(&[comment(9, MINE, &body), comment(10, MINE, &body)]));
    let change = "PATCH https://api.example.org/repos/o/n/issues/comments/9";
    assert_eq!(hub.comment(Some("x\n"), &[]).1, [LIST, change]);
    assert!(hub.body().starts_with(mark), "the mark stays");
    // Another use of the action has another comment.
    assert_eq!(hub.comment(Some("x\n"), &[("INPUT_ROOT", "sub")]).1, [LIST, MAKE]);
    assert_eq!(hub.comment(Some("x\n"), &[("GITHUB_JOB", "other")]).1, [LIST, MAKE]);
    // On the second page; removed meanwhile.
    let hundred = vec![comment(1, "mallory", &body); 100];
    hub.answers("GET", 200, &serde_json::Value::from(hundred).to_string());
    std::fs::write(
        hub.runner.at("GET2.json"),
        serde_json::Value::from(vec![comment(9, MINE, &body)]).to_string(),
    )
    .expect("a file");
    let second = LIST.replace("&page=1", "&page=2");
    assert_eq!(hub.comment(Some("x\n"), &[]).1, [LIST, second.as_str(), change]);
    hub.answers("PATCH", 404, "{}");
    assert_eq!(hub.comment(Some("x\n"), &[]).1, [LIST, second.as_str(), change, MAKE]);
}

#[test]
fn a_comment_that_may_not_be_made_is_a_note() {
    let hub = Hub::new();
    for status in [401, 403, 404] {
        hub.answers("POST", status, r#"{"message": "Resource not accessible by integration\n::error::x"}"#);
        let (run, asked) = hub.comment(Some("x\n"), &[]);
        assert_eq!(asked, [LIST, MAKE]);
        assert!(
            run.stdout.starts_with("::notice title=tollgate::no comment: the token may not"),
            "{}",
            run.stdout
        );
        assert!(run.stdout.contains("pull-requests: write") && run.stdout.contains("fork"), "{}", run.stdout);
        assert_eq!(run.stdout.lines().count(), 1);
    }
    hub.answers("POST", 500, "<html>");
    let (run, _) = hub.comment(Some("x\n"), &[]);
    assert!(run.stdout.starts_with("::warning") && run.stdout.contains("HTTP 500"), "{}", run.stdout);
    hub.answers("GET", 403, "{}");
    assert_eq!(hub.comment(Some("x\n"), &[]).1, [LIST]);
    // What is no list of comments, of no shape at all, with an id that is a path.
    for list in
        ["<html>", "", "{\"a\": 1}", "[1]", r#"[{"id": "../../x", "body": "B", "user": {"login": "U"}}]"#]
    {
        let mark = {
            hub.answers("GET", 200, "[]");
            hub.answers("POST", 201, "{}");
            hub.comment(Some("x\n"), &[]);
            hub.body().lines().next().expect("a mark").to_string()
        };
        hub.answers(
            "GET",
            200,
            &list.replace("\"B\"", &format!("\"{mark}\"")).replace("\"U\"", &format!("\"{MINE}\"")),
        );
        let (run, asked) = hub.comment(Some("x\n"), &[]);
        assert_eq!(asked, [LIST], "{list}");
        assert!(run.stdout.starts_with("::warning title=tollgate::"), "{list}: {}", run.stdout);
        assert!(!hub.sent(), "{list}");
    }
    for (name, value) in
        [("NUMBER", "7/../8"), ("NUMBER", ""), ("TOKEN", ""), ("TOKEN", "a\nurl = evil"), ("REPOSITORY", "o")]
    {
        let (run, asked) = hub.comment(Some("x\n"), &[(name, value)]);
        assert!(
            asked.is_empty() && run.stdout.starts_with("::notice title=tollgate::no comment"),
            "{name}: {run:?}"
        );
    }
    // Another token is another author, and the note says how it is found again.
    hub.answers("GET", 200, "[]");
    hub.answers("POST", 201, r#"{"user": {"login": "my-app[bot]"}}"#);
    let (run, _) = hub.comment(Some("x\n"), &[]);
    assert!(run.stdout.contains("the comment is of my-app[bot]"), "{}", run.stdout);
}

#[test]
fn a_comment_never_says_what_the_verdict_does_not() {
    let hub = Hub::new();
    hub.comment(None, &[("VERDICT", "introduced"), ("CODE", "0")]);
    assert!(hub.body().contains("## tollgate: introduced\n"), "{}", hub.body());
    for (verdict, code, said) in [("fail", "2", "2"), ("", "", "4"), ("pass", "x\ny", "4")] {
        hub.comment(None, &[("VERDICT", verdict), ("CODE", code)]);
        assert!(hub.body().contains(&format!("## tollgate: FAIL\n\nNothing was judged (exit code {said})")));
    }
    hub.comment(None, &[("REPORT", "/nowhere")]);
    assert!(hub.body().contains("Nothing was judged"));
}

#[test]
fn a_long_report_ends_between_its_blocks() {
    let hub = Hub::new();
    let block = |n: usize| {
        format!(
            "<details><summary>{n}</summary>\n\n````sh\n</details>\n```\n{}\n````\n</details>\n\n",
            "é".repeat(3000)
        )
    };
    let report = format!("## tollgate: FAIL\n\n{}", (0..100).map(block).collect::<String>());
    hub.comment(Some(&report), &[]);
    let body = hub.body();
    assert!(body.len() < 65_000, "{}", body.len());
    let blocks = body.matches("<details>").count();
    assert_eq!(blocks, 9, "as many as fit into 60,000 bytes");
    assert_eq!(body.matches("\n</details>\n").count(), 2 * blocks);
    assert_eq!(body.matches("\n````\n").count(), blocks);
    assert!(body.contains("**The rest was left out here for size"), "{}", &body[body.len() - 300..]);
    // One line that is longer than all there is room for.
    hub.comment(Some(&format!("## tollgate: FAIL\n{}\n", "x".repeat(70_000))), &[]);
    assert!(hub.body().len() < 1_000 && hub.body().contains("## tollgate: FAIL\n"));
}

#[test]
fn the_judge_makes_the_report_that_is_commented() {
    let (runner, base) = repository("lane == 'x'");
    runner.is_red(&runner.judge(&base, &[("INPUT_COMMENT", "true")]), 1);
    let outputs = runner.outputs();
    let file = outputs
        .split("comment<<")
        .nth(1)
        .and_then(|rest| rest.lines().nth(1))
        .expect("the report is an output");
    assert!(std::fs::read_to_string(file).expect("a report").starts_with("## tollgate: FAIL\n"));
    assert!(Path::new(file).starts_with(runner.temp.path()), "outside of the checkout: {file}");
    runner.judge(&base, &[("INPUT_COMMENT", "false")]);
    assert!(!runner.outputs().contains("comment"));
    runner.is_red(&runner.judge(&base, &[("INPUT_COMMENT", "yes")]), 2);
}

#[test]
fn names_that_a_change_chooses_stay_text() {
    let (runner, base) = repository("lane == 'full'");
    let hostile = "a$(touch${IFS}pwned)`touch${IFS}pwned`;touch${IFS}pwned;'\"<!--";
    runner.ws.git(&["checkout", "-q", "-b", hostile]);
    let more = [("GITHUB_HEAD_REF", hostile), ("INPUT_COMMENT", "true"), ("INPUT_GATES", "g")];
    let run = runner.judge(&base, &more);
    assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
    for (name, value) in
        [("INPUT_ROOT", "$(touch pwned)"), ("INPUT_GATES", "$(touch pwned)"), ("INPUT_LANE", "`touch pwned`")]
    {
        assert_eq!(runner.judge(&base, &[(name, value)]).code, 2, "{name}");
    }
    let hub = Hub::new();
    hub.comment(
        Some("x\n"),
        &[("INPUT_ROOT", "$(touch pwned)"), ("GITHUB_WORKFLOW", "`touch pwned`"), ("HEAD", hostile)],
    );
    assert!(hub.body().contains(hostile), "JSON keeps it whole: {}", hub.body());
    for checkout in [&runner, &hub.runner] {
        assert!(!checkout.ws.at("pwned").exists() && !checkout.at("pwned").exists());
    }
    let sarif = [("HEAD", "$(touch pwned)/x"), ("CALLER", "o/n"), ("SENDER", "x")];
    let run = hub.runner.bash("Say that SARIF was not taken", &sarif).expect(0);
    assert!(run.stdout.contains("from a fork may not") && !run.stdout.contains("touch"), "{}", run.stdout);
}

#[test]
fn sarif_that_is_refused_is_a_note_that_says_why() {
    let runner = Runner::of(Ws::new());
    for (head, sender, said) in [
        ("fork/n", "x", "a pull request from a fork"),
        ("o/n", "dependabot[bot]", "a pull request of Dependabot"),
        ("o/n", "x", "security-events: write"),
        ("", "", "security-events: write"),
    ] {
        let inputs = [("HEAD", head), ("CALLER", "o/n"), ("SENDER", sender)];
        let run = runner.bash("Say that SARIF was not taken", &inputs).expect(0);
        assert!(
            run.stdout.starts_with("::notice title=tollgate::") && run.stdout.contains(said),
            "{}",
            run.stdout
        );
    }
    let upload = ACTION
        .split("- name: Upload SARIF")
        .nth(1)
        .and_then(|s| s.split("- name:").next())
        .expect("the step");
    assert!(upload.contains("continue-on-error: true"), "{upload}");
}

const CI: &str = include_str!("../../.github/workflows/ci.yml");
const RELEASE: &str = include_str!("../../.github/workflows/release.yml");

/// The blocks of `yaml` in the pages that show the action.
fn examples() -> Vec<String> {
    let mut found = Vec::new();
    for page in ["README.md", "docs/action.md", "docs/install.md", "docs/security.md"] {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("a page");
        found.extend(
            text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).map(String::from),
        );
    }
    assert!(found.len() > 3, "the pages show the action");
    found
}

#[test]
fn everywhere_the_judge_has_a_job_of_its_own_and_hidden_folders_are_uploaded() {
    let mut judged = 0;
    for text in examples().iter().map(String::as_str).chain([CI]) {
        let uploads = text.split("actions/upload-artifact@").skip(1);
        for upload in uploads.filter_map(|rest| rest.split("- uses:").next()) {
            assert!(upload.contains("include-hidden-files: true"), "{upload}");
        }
        if !text.contains("jobs:\n") {
            continue;
        }
        for job in jobs(text) {
            let judges = job.contains("/tollgate@") || job.contains("name: Judge the merged run");
            if judges {
                judged += 1;
                assert!(job.contains("needs:"), "{job}");
                for runs in ["tollgate run", "npm test", "cargo test", "run-my-tests"] {
                    assert!(!job.contains(runs), "{runs}: {job}");
                }
            }
        }
    }
    assert!(judged >= 3, "{judged} jobs judge");
}

/// The jobs of a workflow, each from its name on.
fn jobs(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let body = text.split("jobs:\n").nth(1).unwrap_or("");
    for line in body.lines() {
        let named = line.starts_with("  ") && !line[2..].starts_with([' ', '#']) && line.ends_with(':');
        match found.last_mut() {
            _ if named => found.push(format!("{line}\n")),
            Some(job) => job.push_str(&format!("{line}\n")),
            None => {}
        }
    }
    found
}

#[test]
fn every_action_that_is_used_is_named_by_its_commit() {
    let mut seen = 0;
    for text in [CI, RELEASE, ACTION] {
        for line in
            text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "))
        {
            seen += 1;
            let own = line == "$/.github/actions/tollgate";
            let commit = line.split_once('@').and_then(|(_, rest)| rest.split(' ').next()).unwrap_or("");
            assert!(own || (commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit())), "{line}");
        }
    }
    assert!(seen > 10);
}

#[test]
fn what_is_released_is_what_the_action_and_binstall_look_for() {
    let manifest: toml::Table = include_str!("../../Cargo.toml").parse().expect("TOML");
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let url = binstall["pkg-url"].as_str().expect("an address");
    assert_eq!(binstall["pkg-fmt"].as_str(), Some("bin"));
    let filled = |text: &str, from: [&str; 3]| {
        from.iter()
            .zip(["R", "V", "T"])
            .fold(text.to_string(), |text, (name, value)| text.replace(name, value))
    };
    let binstall = filled(url, ["{ repo }", "{ version }", "{ target }"]);
    let line = ACTION.lines().find_map(|line| line.trim().strip_prefix("url=\"")).expect("an address");
    let action =
        filled(line.trim_end_matches('"'), ["https://github.com/$repository", "$version", "$target"]);
    assert_eq!(binstall, action);
    let asset = RELEASE.lines().find_map(|line| line.trim().strip_prefix("name=\"")).expect("a name");
    let asset = filled(asset.trim_end_matches('"'), ["$repository", "$version", "$TARGET"]);
    assert_eq!(action, format!("R/releases/download/vV/{asset}"));
    assert!(RELEASE.contains(r#"> "$name.sha256""#), "each has the digest that `published` reads");
    let built = |text: &str| {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c)));
        let targets = words.filter(|w| w.ends_with("-linux-musl") || w.ends_with("-apple-darwin"));
        targets.map(String::from).collect::<std::collections::BTreeSet<_>>()
    };
    let matrix = RELEASE.split("steps:").next().expect("a matrix");
    assert_eq!(built(ACTION), built(matrix));
    assert_eq!(built(matrix).len(), 4);
}

#[test]
fn the_action_at_the_top_is_the_same_file() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml");
    assert_eq!(std::fs::read_to_string(top).expect("action.yml"), ACTION);
}
