//! A workspace whose suites are a few lines of shell that speak TAP, and runs of it that are waited for.

use crate::support::Ws;
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Patience with a process that is about to do something.
const SOON: Duration = Duration::from_secs(60);

pub const TOML: &str = r#"
[workspace]
packs = ["starter"]
git = false
results = "runs"

[suites.unit]
names   = ["alpha", "beta", "gamma"]
command = "sh suite.sh {name}"
single  = "sh suite.sh {name} {test}"
reader  = "tap"
timeout = "60s"

[suites.e2e]
names   = ["smoke"]
command = "sh suite.sh {name}"
single  = "sh suite.sh {name} {test}"
reader  = "tap"

[profiles.ci]
kinds = ["unit", "e2e"]
lint  = false
"#;

/// Every suite has the tests one, two, three. `red/<suite>` lists those that fail; `crash/<suite>` ends it by a signal.
pub const SUITE: &str = r#"
name=$1; only=$2
echo "$name${only:+ $only}" >> started.txt
tests=${only:-"one two three"}
set -- $tests
[ -f "crash/$name" ] && { echo "TAP version 13"; kill -9 $$; }
echo "1..$#"
code=0; n=0
for t in $tests; do
  n=$((n+1))
  if [ -f "red/$name" ] && grep -qx "$t" "red/$name"; then
    echo "not ok $n - $t"; echo "  ---"; echo "  message: $t is not what it was"; echo "  ..."; code=1
  else echo "ok $n - $t"; fi
done
exit $code
"#;

pub fn workspace() -> Ws {
    workspace_of(SUITE)
}

/// The same with another script for its suites.
pub fn workspace_of(suite: &str) -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML).put("suite.sh", suite);
    ws
}

impl Ws {
    pub fn red(&self, suite: &str, tests: &str) -> &Ws {
        self.put(&format!("red/{suite}"), format!("{tests}\n"))
    }

    /// Names a file that suites write as none of the state that they begin in.
    pub fn no_state(&self, path: &str) -> &Ws {
        let toml = self.text("tollgate.toml");
        assert!(toml.contains("[workspace]\n"));
        self.put(
            "tollgate.toml",
            toml.replace("[workspace]\n", &format!("[workspace]\ntree_exclude = ['{path}']\n")),
        )
    }

    pub fn started(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.at("started.txt")).unwrap_or_default();
        let mut lines: Vec<String> = text.lines().map(String::from).collect();
        lines.sort();
        lines
    }

    pub fn forget(&self) -> &Ws {
        let _ = std::fs::remove_file(self.at("started.txt"));
        self
    }
}

/// Name, status, and the tests with theirs, of every suite of a summary.
pub fn told(summary: &Value) -> Vec<String> {
    let text = |v: &Value| v.as_str().unwrap_or("-").to_string();
    let mut lines = Vec::new();
    for list in ["suites", "units"] {
        for suite in summary[list].as_array().unwrap() {
            let tests: Vec<String> = suite["tests"]
                .as_array()
                .unwrap()
                .iter()
                .map(|t| format!("{}={}", text(&t["name"]), text(&t["status"])))
                .collect();
            lines.push(format!("{} {} {}", text(&suite["name"]), text(&suite["status"]), tests.join(" ")));
        }
    }
    lines
}

/// Every document of a folder is valid by the schema that it names.
pub fn valid(ws: &Ws, folder: &str) {
    let run = ws.run(&["validate", folder]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

/// Starts the binary and goes on.
pub fn start(ws: &Ws, args: &[&str]) -> Child {
    let mut command = ws.command(args);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits for what is about to come to pass.
pub fn until(what: &str, mut came: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !came() {
        assert!(begun.elapsed() < SOON, "still not: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whole lines of a file; none where there is no file.
pub fn lines_of(file: &Path) -> usize {
    std::fs::read(file).map_or(0, |bytes| bytes.iter().filter(|b| **b == b'\n').count())
}

#[test]
fn a_results_file_that_git_tracks_is_kept() {
    let ws = Ws::new();
    let toml = "[workspace]\npacks = []\nresults = 'runs'\n[suites.unit]\nnames = ['a']\nreader = 'tap'\n\
                command = 'sh a.sh'\nresults = 'src/{name}.tap'\n";
    ws.put("tollgate.toml", toml).put("a.sh", "echo 1..1 > src/a.tap; echo ok >> src/a.tap\n");
    ws.put("src/a.tap", "mine\n").repository();
    for args in [&["run"][..], &["flake", "check", "a", "--runs", "1"]] {
        let run = ws.run(args).expect(2);
        let said = "`results` of `[suites.unit]` is src/a.tap, which git tracks";
        assert!(run.stderr.contains(said) && run.stderr.lines().count() == 1, "{}", run.stderr);
        assert_eq!((ws.text("src/a.tap").as_str(), ws.at("runs").exists()), ("mine\n", false));
    }
    // A report that was committed is an old one, and no results.
    ws.put(
        "tollgate.toml",
        toml.replace("'tap'", "'junit'").replace("a.sh", "none.sh").replace(".tap'", ".xml'"),
    );
    ws.put("none.sh", "")
        .put("src/a.xml", "<testsuite name='a'><testcase name='t'/></testsuite>\n")
        .git(&["add", "."]);
    ws.run(&["run", "--out", "junit"]).expect(1);
    assert_eq!(ws.json("junit/summary.json")["units"][0]["status"], "missing");
    ws.put("tollgate.toml", toml);
    // What is there and is not tracked was left by a run before.
    ws.git(&["rm", "-q", "--cached", "src/a.tap"]);
    ws.run(&["run"]).expect(0);
    ws.put("src/a.tap", "1..1\nok\n");
    // Out of the workspace no file is touched.
    let inner = toml.replace("src/{name}.tap", "../src/a.tap");
    ws.put("w/tollgate.toml", inner);
    let run = ws.run(&["run", "--root", "w"]).expect(2);
    assert!(run.stderr.contains("leads out of the workspace"), "{}", run.stderr);
    ws.put("w/tollgate.toml", toml.replace("src/{name}.tap", "{name}.tap").replace("['a']", "['../src/a']"));
    let run = ws.run(&["run", "--root", "w"]).expect(1);
    assert!(run.stderr.contains("is not removed"), "{}", run.stderr);
    assert_eq!(ws.text("src/a.tap"), "1..1\nok\n");
}

#[test]
fn what_is_said_of_a_run_in_a_folder_of_ones_choice_is_true() {
    let ws = Ws::new();
    let toml = "[workspace]\npacks = []\ngit = false\nresults = 'runs'\n[suites.unit]\nnames = ['a']\ncommand = 'true'\n";
    ws.put("w/tollgate.toml", toml);
    let inside = |args: &[&str]| {
        let mut command = ws.command(args);
        command.current_dir(ws.at("w"));
        crate::support::finish(command)
    };
    let run = inside(&["run", "--out", "in side"]).expect(0);
    assert!(run.stderr.contains("note: `tollgate check --run 'in side'` judges this run"), "{}", run.stderr);
    let run = inside(&["run", "--out", "../x"]).expect(0);
    let said = "note: ../x is outside of the workspace, and `tollgate check` judges no run there";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    // A comparison in which nothing fails names no replay.
    let run = inside(&["diff", "in side", "../x"]).expect(0);
    assert!(!run.stdout.contains("replay what fails"), "{}", run.stdout);
    for (args, said) in [
        (&["run", "--fail-fast", "0"][..], "error: --fail-fast 0 would run nothing\n"),
        (&["run", "--resume", "in side", "--list"], "error: --list does not go with --resume: "),
    ] {
        let run = inside(args).expect(2);
        assert!(run.stderr.starts_with(said), "{}", run.stderr);
    }
}
