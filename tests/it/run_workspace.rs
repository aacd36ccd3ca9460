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
