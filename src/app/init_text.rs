//! What `tollgate init` writes: every setting with its default as a comment, and a suite for what the folder holds.

use crate::base::files::Root;
use crate::base::json::{self, Json, Limits};
use std::path::Path;

/// Bytes of a `package.json` that is looked into.
const PACKAGE: u64 = 1 << 20;

/// A kind of project, and the suite that is proposed for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// `cargo`, `npm`, `go`, `pytest`.
    pub tool: &'static str,
    /// The body of its `[suites.*]` section.
    pub body: &'static str,
}

const CARGO: &str = r#"# One suite for everything. To divide it between machines: glob = "tests/*.rs", command = "cargo test --test {name}".
names   = ["workspace"]
command = "cargo test --workspace --no-fail-fast"
single  = "cargo test --workspace --no-fail-fast -- {test} --exact"   # one test, for replays
reader  = "libtest"
timeout = "30m"
"#;

const NPM: &str = r#"names   = ["npm"]
command = "npm test"
reader  = "exit"        # the exit code alone; junit, tap and node see single tests
timeout = "10m"
"#;

// Node picks tests by a pattern over their own titles, which other tests may have too: no `single` would be exact.
const NODE: &str = r#"# No `single`: node picks tests by a pattern that others may fit too, so a replay runs the suite whole.
names   = ["npm"]
command = "npm test"
reader  = "node"        # what `node --test` prints, by its spec, tap or junit reporter
timeout = "10m"
"#;

const NODE_ALONE: &str = r#"# No `single`: node picks tests by a pattern that others may fit too, so a replay runs the suite whole.
names   = ["npm"]
command = "node --test"
reader  = "node"        # what `node --test` prints, by its spec, tap or junit reporter
timeout = "10m"
"#;

// Go answers a second run from its cache unless it is told to count.
const GO: &str = r#"names   = ["go"]
command = "go test -count=1 -json ./..."
single  = "go test -count=1 -json -run '^{test}$' ./..."   # one test, for replays
reader  = "go"
timeout = "10m"
"#;

const PYTEST: &str = r#"names   = ["pytest"]
command = "python3 -m pytest -o junit_family=xunit1 --junitxml={out}/junit.xml"
single  = "python3 -m pytest -o junit_family=xunit1 --junitxml={out}/junit.xml {test}"   # one test, for replays
reader  = "pytest"
results = "{out}/junit.xml"
timeout = "10m"
"#;

const ALL: [Proposal; 4] = [
    Proposal { tool: "cargo", body: CARGO },
    Proposal { tool: "npm", body: NPM },
    Proposal { tool: "go", body: GO },
    Proposal { tool: "pytest", body: PYTEST },
];

/// Looks for the files that each kind of project has.
pub fn detect(root: &Root) -> Vec<Proposal> {
    let there = |name: &str| root.resolve(name).is_ok_and(|path| path.is_file());
    let mut found = Vec::new();
    if there("Cargo.toml") {
        found.push(Proposal { tool: "cargo", body: CARGO });
    }
    if there("package.json") {
        found.push(Proposal { tool: "npm", body: npm(root) });
    }
    if there("go.mod") {
        found.push(Proposal { tool: "go", body: GO });
    }
    let configured = ["pytest.ini", "pyproject.toml", "conftest.py", "setup.cfg", "tox.ini"];
    if configured.iter().any(|name| there(name)) || ["", "tests", "test"].iter().any(|dir| pytests(root, dir))
    {
        found.push(Proposal { tool: "pytest", body: PYTEST });
    }
    found
}

/// Whether a folder holds files that pytest collects by itself.
fn pytests(root: &Root, dir: &str) -> bool {
    let real: &Path = root.real();
    let collected = |name: &str| {
        name.strip_suffix(".py").is_some_and(|stem| stem.starts_with("test_") || stem.ends_with("_test"))
    };
    let Ok(entries) = std::fs::read_dir(real.join(dir)) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_str().is_some_and(collected))
}

/// Which suite a `package.json` asks for: single tests are seen where its test script is `node --test` with a reporter that
/// can be read, and without a script of its own `node --test` is what finds them.
fn npm(root: &Root) -> &'static str {
    let Ok(bytes) = root.read("package.json", PACKAGE) else { return NPM };
    let Ok(package) = json::parse(&bytes, &Limits::default()) else { return NPM };
    let script = package.get("scripts").and_then(|s| s.get("test")).and_then(Json::as_str);
    match script {
        None => NODE_ALONE,
        Some(script) if script.contains("no test specified") => NODE_ALONE,
        Some(script) => {
            let words: Vec<&str> = script.split_whitespace().collect();
            let node = words.iter().position(|word| *word == "node");
            let tests = node.is_some_and(|at| words[at..].contains(&"--test"));
            let reported = words.iter().any(|word| word.starts_with("--test-reporter"));
            if tests && !reported { NODE } else { NPM }
        }
    }
}

/// The text of `tollgate.toml`. With `copied` gates the pack is not named: the copies stand in its place.
pub fn text(found: &[Proposal], copied: bool) -> String {
    let (packs, said) = if copied {
        ("[]         ", "the starter pack's gates stand in gates/")
    } else {
        ("[\"starter\"]", "embedded packs: \"starter\", \"runbook\"; [] for none")
    };
    let mut out = HEAD.replace("@PACKS@", packs).replace("@SAID@", said);
    let mut kinds = Vec::new();
    if found.is_empty() {
        out.push_str(NOTHING);
    }
    for (index, proposal) in found.iter().enumerate() {
        let kind = if index == 0 { "unit" } else { proposal.tool };
        out.push_str(&format!("[suites.{kind}]\n{}\n", proposal.body));
        kinds.push(format!("\"{kind}\""));
    }
    for proposal in ALL.iter().filter(|p| found.iter().all(|f| f.tool != p.tool)) {
        out.push_str(&format!("# For {}:\n", proposal.tool));
        for line in format!("[suites.unit]\n{}", proposal.body).lines() {
            out.push_str(&format!("# {line}\n"));
        }
        out.push('\n');
    }
    let kinds = kinds.join(", ");
    if found.is_empty() {
        out.push_str("# [profiles.ci]\n# kinds = [\"unit\"]\n");
    } else {
        out.push_str(&format!("[profiles.ci]\nkinds = [{kinds}]\n"));
    }
    out.push_str(TAIL);
    out
}

const HEAD: &str = r#"# What `tollgate check` judges this repository by. A setting behind `# ` shows its default.

[workspace]
packs = @PACKS@                # @SAID@
# gates = ["gates"]                  # folders of gates of your own; `tollgate gate new ID` writes one
# schemas = ["schemas"]              # folders of JSON Schemas of your own, by `$id` or file stem
# runbook = ["runbook"]              # folders of runbook entries of your own
# results = "tests/e2e_results"      # run folders, and nothing else
# output = "tests/full_suite_gate"   # verdicts
# classification = "tests/suite_classification.toml"   # suites, waivers, quarantine
# whole = "ci"                       # the profile whose suites and lint steps a whole run shows
# env = []                           # the environment names that expressions may see
#
# git = true    # the root belongs to the repository it stands in; not set: where the root is its top folder, and with --policy-from

# How a gate is reproduced.
# [reproduce]
# prefix = ""        # put before every command, for example "rch exec --" for a remote worker
# timeout = "30m"    # what `tollgate reproduce --exec` gives each command

# The suites that `tollgate run` runs. A command is split into words once, by the quoting rules of a shell but without one.
"#;

const NOTHING: &str = r#"# Nothing here says which: no Cargo.toml, package.json, go.mod or pytest configuration was found. Take one of the sections
# below, or write one for any command: `names` are the suites, {name} stands for each in turn, and without a `reader` the
# exit code alone says whether it passed.

"#;

const TAIL: &str = r#"# lint  = true        # whether the steps of [lint] run first
# skip  = ["*_live"]  # suites that are left out

# [lint]
# fmt = "cargo fmt --check"
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::files::write_atomic;
    use crate::config;
    use std::collections::BTreeSet;

    fn workspace(files: &[&str]) -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            write_atomic(&dir.path().join(file), b"x").unwrap();
        }
        let root = Root::open(dir.path()).unwrap();
        (dir, root)
    }

    #[test]
    fn what_is_written_is_the_default_and_so_is_what_is_commented() {
        let (dir, root) = workspace(&[]);
        for every_comment in [false, true] {
            let mut written = text(&detect(&root), false);
            if every_comment {
                let setting = |line: &str| {
                    let bare = line.strip_prefix("# ")?;
                    let (key, value) = bare.split_once(" = ")?;
                    let known = ["gates", "schemas", "runbook", "results", "output", "classification", "env"];
                    (known.contains(&key) || (key == "timeout" && value.starts_with("\"30m\"")))
                        .then(|| bare.to_string())
                };
                let uncommented = |line: &str| {
                    if line == "# [reproduce]" {
                        "[reproduce]".into()
                    } else {
                        setting(line).unwrap_or(line.into())
                    }
                };
                let (settings, suites) = written.split_once("# The suites").unwrap();
                let settings: String = settings.lines().map(|line| uncommented(line) + "\n").collect();
                written = format!("{settings}# The suites{suites}");
                assert!(written.contains("\nresults = ") && written.contains("\ntimeout = "), "{written}");
            }
            write_atomic(&dir.path().join("tollgate.toml"), written.as_bytes()).unwrap();
            assert_eq!(config::settings(&root).unwrap(), config::defaults());
        }
    }

    #[test]
    fn a_suite_is_proposed_for_what_is_there() {
        for (files, tools, wanted) in [
            (&["Cargo.toml"][..], &["cargo"][..], "\ncommand = \"cargo test --workspace --no-fail-fast\"\n"),
            (
                &["package.json", "go.mod"],
                &["npm", "go"],
                "[suites.go]\nnames   = [\"go\"]\ncommand = \"go test",
            ),
            (
                &["Cargo.toml", "package.json", "go.mod", "conftest.py"],
                &["cargo", "npm", "go", "pytest"],
                "kinds = [\"unit\", \"npm\", \"go\", \"pytest\"]",
            ),
            (&["conftest.py"], &["pytest"], "kinds = [\"unit\"]"),
            (&[], &[], "# [profiles.ci]"),
        ] {
            let (dir, root) = workspace(files);
            let found = detect(&root);
            assert_eq!(found.iter().map(|p| p.tool).collect::<Vec<_>>(), tools);
            let written = text(&found, false);
            assert!(written.contains(wanted), "{written}");
            write_atomic(&dir.path().join("tollgate.toml"), written.as_bytes()).unwrap();
            let (_, runs) = config::run_settings(&root).unwrap();
            assert_eq!(runs.suites.len(), tools.len());
            // Suites of one list that share a name could not be told apart, and nothing would run.
            let names: BTreeSet<_> = runs.suites.iter().map(|s| format!("{:?}", s.names)).collect();
            assert_eq!(names.len(), tools.len());
            let ci = runs.profiles.iter().find(|p| p.name == "ci").unwrap();
            assert_eq!(
                (ci.kinds.len(), ci.lint, ci.skip.as_slice()),
                (tools.len(), true, &["*_live".to_string()][..])
            );
        }
    }

    #[test]
    fn a_package_json_says_whether_single_tests_can_be_seen() {
        for (package, body) in [
            (r#"{"scripts": {"test": "node --test"}}"#, NODE),
            (r#"{"scripts": {"test": "tsc && node --import=tsx --test test/"}}"#, NODE),
            (r#"{"scripts": {"test": "node --test --test-reporter=dot"}}"#, NPM),
            (r#"{"scripts": {"test": "jest --test"}}"#, NPM),
            (r#"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}"#, NODE_ALONE),
            (r#"{"scripts": {"build": "tsc"}}"#, NODE_ALONE),
            (r#"{"name": "x"}"#, NODE_ALONE),
            ("not JSON", NPM),
        ] {
            let (dir, root) = workspace(&[]);
            write_atomic(&dir.path().join("package.json"), package.as_bytes()).unwrap();
            let found = detect(&root);
            assert_eq!(found, [Proposal { tool: "npm", body }], "{package}");
            let written = text(&found, false);
            write_atomic(&dir.path().join("tollgate.toml"), written.as_bytes()).unwrap();
            assert_eq!(config::run_settings(&root).unwrap().1.suites.len(), 1, "{package}");
        }
    }

    #[test]
    fn tests_alone_are_a_pytest_project() {
        for (file, seen) in
            [("test_a.py", true), ("tests/test_a.py", true), ("test/a_test.py", true), ("a.py", false)]
        {
            let (_dir, root) = workspace(&[file]);
            assert_eq!(detect(&root).iter().any(|p| p.tool == "pytest"), seen, "{file}");
        }
    }

    #[test]
    fn what_is_commented_can_be_taken_as_it_is() {
        for proposal in ALL {
            let (dir, root) = workspace(&[]);
            let written = text(&[], false);
            let section = written.split(&format!("# For {}:\n", proposal.tool)).nth(1).unwrap();
            let section: Vec<&str> = section.lines().map_while(|line| line.strip_prefix("# ")).collect();
            write_atomic(&dir.path().join("tollgate.toml"), section.join("\n").as_bytes()).unwrap();
            assert_eq!(config::run_settings(&root).unwrap().1.suites.len(), 1, "{}", proposal.tool);
        }
    }

    #[test]
    fn the_text_for_a_folder_that_holds_nothing_known() {
        let written = text(&[], false);
        let (_, suites) = written.split_once("# The suites").unwrap();
        insta::assert_snapshot!(suites);
    }

    #[test]
    fn the_text_for_a_cargo_project() {
        let (_dir, root) = workspace(&["Cargo.toml"]);
        insta::assert_snapshot!(text(&detect(&root), false));
    }
}
