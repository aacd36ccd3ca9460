//! The one promise, over random changes: no test that the base's policy asks for, that its tool did not skip, that no entry of
//! the base covers, and that did not pass in the tree judged, lets `check` exit 0. And an honest whole run of a tree in which
//! all is well is green.

use crate::support::{Run, Ws};
use proptest::prelude::*;

const SUITES: [&str; 3] = ["a", "b", "c"];
const TESTS: [&str; 2] = ["x", "y"];
/// Two failures of one test that are not the same.
const WORDS: [&str; 2] = ["expected blue and got red", "the ledger lost a row"];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Told {
    Passes,
    Skipped,
    Fails(usize),
}

/// What the files of a tree make its suites say.
#[derive(Debug, Clone, PartialEq)]
struct State {
    tests: [[Told; TESTS.len()]; SUITES.len()],
    lint: bool,
}

const FINE: State = State { tests: [[Told::Passes; TESTS.len()]; SUITES.len()], lint: true };

#[derive(Debug, Clone)]
enum Step {
    /// An edit that is not committed.
    Edit(usize, usize, Told),
    Lint(bool),
    Commit,
    /// What is not committed is taken back.
    Revert,
    Run,
    RunOnly(usize),
    RunShard(usize),
    RunWithoutLint,
    Rerun,
    /// The change takes a suite out of its own `tollgate.toml`.
    DropSuite(usize),
    /// The change writes an entry for itself.
    Quarantine(usize, usize, usize),
}

fn told() -> impl Strategy<Value = Told> {
    prop_oneof![4 => Just(Told::Passes), 1 => Just(Told::Skipped), 3 => (0..WORDS.len()).prop_map(Told::Fails)]
}

fn step() -> impl Strategy<Value = Step> {
    let (suite, test) = (0..SUITES.len(), 0..TESTS.len());
    prop_oneof![
        4 => (suite.clone(), test.clone(), told()).prop_map(|(s, t, told)| Step::Edit(s, t, told)),
        1 => any::<bool>().prop_map(Step::Lint),
        3 => Just(Step::Commit),
        2 => Just(Step::Revert),
        6 => Just(Step::Run),
        1 => suite.clone().prop_map(Step::RunOnly),
        1 => (0..2usize).prop_map(Step::RunShard),
        1 => Just(Step::RunWithoutLint),
        1 => Just(Step::Rerun),
        1 => suite.clone().prop_map(Step::DropSuite),
        1 => (suite, test, 0..WORDS.len()).prop_map(|(s, t, w)| Step::Quarantine(s, t, w)),
    ]
}

fn settings(suites: &[&str]) -> String {
    format!(
        "[workspace]\npacks = ['starter']\ngates = []\nschemas = []\noutput = 'out'\nresults = 'runs'\n\
         [suites.unit]\nnames = {suites:?}\ncommand = 'sh suite.sh {{name}}'\nreader = 'tap'\n\
         [lint]\nfmt = 'sh lint.sh'\n[profiles.ci]\nlint = true\nkinds = ['unit']\n"
    )
}

fn entry(suite: usize, test: usize, signature: &str) -> String {
    let (suite, test) = (SUITES[suite], TESTS[test]);
    format!(
        "[quarantine.\"{suite}::{test}\"]\ncategory = 'FLAKE-TIMING'\nowner = 'o'\nreason = 'r'\nissue = 'https://x/1'\n\
         evidence = 'suite.sh'\nreproduce = 'true'\ncreated = 2026-11-19\nexpires = 2026-11-25\nexit_criteria = 'x'\n\
         signature = '{signature}'\n"
    )
}

struct World {
    ws: Ws,
    minute: u32,
    /// What is committed, and what stands in the working tree.
    head: State,
    tree: State,
    dropped: Vec<usize>,
    written: Vec<(usize, usize)>,
    /// The last step was an honest run of the whole.
    ran: bool,
}

impl World {
    fn new(covered: Option<(usize, usize, usize)>) -> World {
        let ws = Ws::new();
        ws.remove("schemas/e.v1.json");
        ws.put("tollgate.toml", settings(&SUITES)).put(".gitignore", "out/\nruns/\n");
        ws.put("suite.sh", "cat state/$1.tap\nif grep -q '^not ok' state/$1.tap; then exit 1; fi\n");
        ws.put("lint.sh", "exit $(cat state/lint)\n");
        let mut world = World {
            ws,
            minute: 0,
            head: FINE,
            tree: FINE,
            dropped: Vec::new(),
            written: Vec::new(),
            ran: false,
        };
        world.write();
        if let Some((suite, test, words)) = covered {
            let signature = signature(words);
            world.ws.put("tests/suite_classification.toml", entry(suite, test, &signature));
            world.written.push((suite, test));
        }
        world.ws.git(&["init", "-q", "-b", "main"]);
        world.ws.commit();
        world.ws.git(&["checkout", "-q", "-b", "pr"]);
        world
    }

    /// The files that make the suites say so.
    fn write(&self) {
        for (suite, tests) in SUITES.iter().zip(&self.tree.tests) {
            let mut text = format!("1..{}\n", tests.len());
            for (at, (name, told)) in TESTS.iter().zip(tests).enumerate() {
                let n = at + 1;
                text += &match told {
                    Told::Passes => format!("ok {n} - {name}\n"),
                    Told::Skipped => format!("ok {n} - {name} # SKIP not here\n"),
                    Told::Fails(words) => {
                        format!("not ok {n} - {name}\n  ---\n  message: '{}'\n  ...\n", WORDS[*words])
                    }
                };
            }
            self.ws.put(&format!("state/{suite}.tap"), text);
        }
        self.ws.put("state/lint", if self.tree.lint { "0" } else { "1" });
    }

    fn tollgate(&mut self, args: &[&str]) -> Run {
        self.minute += 1;
        let now = format!("2026-11-20T11:{:02}:00Z", self.minute);
        let mut all = args.to_vec();
        all.extend(["--now", &now]);
        self.ws.run(&all)
    }

    fn newest(&self) -> Option<String> {
        let runs = std::fs::read_dir(self.ws.at("runs")).ok()?;
        let names = runs.map(|run| run.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with('Z')).max()
    }

    fn take(&mut self, step: &Step) {
        self.ran = false;
        match step {
            Step::Edit(suite, test, told) => self.tree.tests[*suite][*test] = *told,
            Step::Lint(passes) => self.tree.lint = *passes,
            Step::Commit => {
                self.ws.commit();
                self.head = self.tree.clone();
            }
            Step::Revert => self.tree = self.head.clone(),
            Step::Run => {
                self.tollgate(&["run"]);
                self.ran = true;
            }
            Step::RunOnly(suite) => drop(self.tollgate(&["run", "--unit-target", SUITES[*suite]])),
            Step::RunShard(index) => {
                let index = index.to_string();
                self.tollgate(&[
                    "run",
                    "--shard-kind",
                    "unit",
                    "--shard-index",
                    &index,
                    "--shard-total",
                    "2",
                ]);
            }
            Step::RunWithoutLint => drop(self.tollgate(&["run", "--skip-lint"])),
            Step::Rerun => {
                if let Some(newest) = self.newest() {
                    self.tollgate(&["run", "--rerun-from", &format!("runs/{newest}/summary.json")]);
                }
            }
            Step::DropSuite(suite) => {
                if self.dropped.len() + 1 < SUITES.len() && !self.dropped.contains(suite) {
                    self.dropped.push(*suite);
                    let left = SUITES.iter().enumerate().filter(|(at, _)| !self.dropped.contains(at));
                    let left: Vec<&str> = left.map(|(_, name)| *name).collect();
                    self.ws.put("tollgate.toml", settings(&left));
                }
            }
            Step::Quarantine(suite, test, words) => {
                if !self.written.contains(&(*suite, *test)) {
                    self.written.push((*suite, *test));
                    let path = "tests/suite_classification.toml";
                    let known = std::fs::read_to_string(self.ws.at(path)).unwrap_or_default();
                    self.ws.put(path, known + &entry(*suite, *test, &signature(*words)));
                }
            }
        }
        self.write();
    }

    /// Whether everything that the base asks for is well in the tree as it stands.
    fn is_well(&self, covered: Option<(usize, usize, usize)>) -> bool {
        let fine = |(suite, test): (usize, usize)| match self.tree.tests[suite][test] {
            Told::Passes | Told::Skipped => true,
            Told::Fails(words) => covered == Some((suite, test, words)),
        };
        let all = (0..SUITES.len()).flat_map(|suite| (0..TESTS.len()).map(move |test| (suite, test)));
        self.tree.lint && all.into_iter().all(fine)
    }

    /// Whether any test runs at all and passes: a run in which all is skipped shows nothing.
    fn shows_something(&self) -> bool {
        self.tree.tests.iter().flatten().any(|told| *told == Told::Passes)
    }
}

/// The signature of a failure with these words.
fn signature(words: usize) -> String {
    thread_local!(static KNOWN: [String; WORDS.len()] = std::array::from_fn(|words| {
        let ws = Ws::new();
        let text = format!("1..1\nnot ok 1 - x\n  ---\n  message: '{}'\n  ...\n", WORDS[words]);
        ws.put("x.tap", text);
        ws.run(&["ingest", "tap", "x.tap", "--out", "o", "--now", "2026-11-20T11:00:00Z"]).expect(1);
        let summary = ws.json("o/summary.json");
        summary["units"][0]["tests"][0]["signature"].as_str().unwrap().to_string()
    }));
    KNOWN.with(|known| known[words].clone())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_a_tree_that_is_well_is_green(
        covered in prop::option::weighted(0.5, (0..SUITES.len(), 0..TESTS.len(), 0..WORDS.len())),
        steps in prop::collection::vec(step(), 1..7),
        honest in any::<bool>(),
    ) {
        let mut world = World::new(covered);
        for step in &steps {
            world.take(step);
        }
        if honest {
            world.take(&Step::Commit);
            world.take(&Step::Run);
        }
        let answer = world.tollgate(&["check", "--policy-from", "main"]);
        let well = world.is_well(covered);
        prop_assert!(answer.code != 0 || well, "green, and not well\n{}\n{}", answer.stdout, answer.stderr);
        let ordinary = world.ran && well && world.dropped.is_empty() && world.shows_something();
        prop_assert!(!ordinary || answer.code == 0, "well, and not green\n{}\n{}", answer.stdout, answer.stderr);
    }
}
