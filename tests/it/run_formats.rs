//! What `run`, `ingest`, `merge` and `diff` say of a failure: on the terminal, in markdown, and to GitHub.

use crate::support::{LIBTEST_TOML as TOML, Run, Ws, finish};

const LIBTEST: &str = "
running 3 tests
test tests::subtracts ... ok
test tests::divides ... \u{1b}[32mok\u{1b}[0m
test tests::adds ... \u{1b}[31mFAILED\u{1b}[0m

failures:

---- tests::adds stdout ----

thread 'tests::adds' panicked at src/lib.rs:4:25:
assertion `left == right` failed: \u{1b}[1mthe sum\u{1b}[0m
  left:\t4
 right:\t5
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:647:5
   1: lib::tests::adds
             at ./src/lib.rs:4:25


failures:
    tests::adds

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

";

const JUNIT: &str = r##"<testsuites><testsuite name="pytest" tests="2" failures="1" errors="0">
<testcase classname="test_a" name="test_adds" time="0.1"><failure message="assert 4 == 5&#10;#x1B[31m +  where 4#x1B[0m">#x1B[1m#x1B[31mtest_a.py#x1B[0m:2: AssertionError</failure></testcase>
<testcase classname="test_a" name="test_more" time="0.1"/>
</testsuite></testsuites>
"##;

fn workspace(output: &str, code: u8) -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML).put("output.txt", output);
    ws.put("run.sh", format!("cat output.txt\nexit {code}\n")).put("src/lib.rs", "//\n//\n//\n// the sum\n");
    ws
}

const GREEN: &str = "
running 3 tests
test tests::subtracts ... ok
test tests::divides ... ok
test tests::adds ... ok

test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

";

/// What a run shows people. The panics of its tests are in it, so that it is not held to what tollgate itself may print.
fn shown(ws: &Ws, args: &[&str], code: i32) -> String {
    let ended = ws.command(args).output().expect("it starts");
    let text = String::from_utf8(ended.stderr).expect("UTF-8");
    assert_eq!(ended.status.code(), Some(code), "{text}");
    text
}

/// A verb as a step of GitHub Actions runs it, with what it added to the two files.
fn step(ws: &Ws, args: &[&str], code: i32) -> (Run, String, String) {
    let mut command = ws.command(args);
    command.env("GITHUB_STEP_SUMMARY", ws.at("step.md")).env("GITHUB_OUTPUT", ws.at("step.txt"));
    let run = finish(command).expect(code);
    let read = |path| std::fs::read_to_string(ws.at(path)).unwrap();
    let read = (read("step.md"), read("step.txt"));
    ws.remove("step.md").remove("step.txt");
    (run, read.0, read.1)
}

#[test]
fn the_terminal_shows_what_a_newcomer_needs() {
    let ws = workspace(LIBTEST, 101);
    let run = shown(&ws, &["run", "--jobs", "1", "--out", "runs/a"], 1);
    let time = regex::Regex::new(r" *\d+\.\d\d s").unwrap();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("run_failed_test", time.replace_all(&run, "  TIME"));
    });
}

#[test]
fn an_estimate_comes_from_suites_that_ran() {
    let ws = workspace(LIBTEST, 101);
    ws.put("tollgate.toml", TOML.replace("sh run.sh\"", "no-such-program\""));
    ws.run(&["run", "--out", "runs/20260101T000000Z"]).expect(1);
    ws.put("tollgate.toml", TOML);
    let second = shown(&ws, &["run", "--out", "runs/20260102T000000Z"], 1);
    assert!(second.contains("profile ci: 1 suite into runs/20260102T000000Z\n"), "{}", second);
    let third = shown(&ws, &["run", "--out", "runs/20260103T000000Z"], 1);
    assert!(third.contains(" by earlier runs\n"), "{}", third);
}

#[test]
fn github_gets_the_failed_test_at_its_place() {
    let ws = workspace(LIBTEST, 101);
    let (run, summary, outputs) = step(&ws, &["run", "--out", "runs/a", "--format", "github"], 1);
    let first = run.stdout.lines().next().unwrap();
    assert_eq!(
        first,
        "::error file=src/lib.rs,line=4,col=25,title=FAIL%3A tests%3A%3Aadds (unit lib)::\
         assertion `left == right` failed: the sum%0A  left:\t4%0A right:\t5%0Aagain: sh run.sh tests::adds"
    );
    assert!(
        run.stdout.ends_with("tollgate run FAILED: 1 suite failed; tests: 2 passed, 1 failed\n"),
        "{}",
        run.stdout
    );
    assert!(outputs.starts_with("verdict=fail\nstatus=failed\npassed=2\nfailed=1\n"), "{outputs}");
    assert!(outputs.contains("\nsummary-path=runs/a/summary.json\nfailed-suites=lib\n"), "{outputs}");
    assert!(summary.contains("- **tests::adds \\(unit lib\\)** at `src/lib.rs:4:25`\n"), "{summary}");
    assert!(summary.contains("  - again `sh run.sh tests::adds`\n"), "{summary}");
    let markdown = ws.run(&["run", "--out", "runs/b", "--format", "markdown"]).expect(1).stdout;
    let but_time =
        |text: &str| text.replace("runs/b", "runs/a").lines().filter(|l| !l.contains(", at 2")).count();
    assert_eq!(but_time(&markdown), but_time(&summary));

    ws.put("output.txt", GREEN).put("run.sh", "cat output.txt\n");
    let (run, summary, outputs) = step(&ws, &["run", "--out", "runs/c", "--format", "github"], 0);
    assert_eq!(run.stdout, "tollgate run PASSED: 1 suite passed; tests: 3 passed\n");
    assert!(outputs.starts_with("verdict=pass\nstatus=passed\npassed=3\nfailed=0\n"), "{outputs}");
    assert!(summary.starts_with("## tollgate run: PASSED\n"), "{summary}");
    // What is green is not said where GitHub could not keep it.
    let mut command = ws.command(&["run", "--out", "runs/d", "--format", "github"]);
    command.env("GITHUB_STEP_SUMMARY", ws.at("src")).env("GITHUB_OUTPUT", ws.at("o"));
    let refused = finish(command).expect(4);
    assert!(
        !refused.stdout.contains("PASSED") && refused.stderr.contains("GITHUB_STEP_SUMMARY"),
        "{}",
        refused.stderr
    );

    let (run, summary, outputs) = step(&ws, &["diff", "runs/c", "runs/a", "--format", "github"], 1);
    assert!(run.stdout.starts_with("::error title=tollgate::tests::adds (unit lib): regression, passed -> failed; again: sh run.sh tests::adds\n"), "{}", run.stdout);
    assert!(outputs.starts_with("verdict=fail\nstatus=regression\nregressions=1\n"), "{outputs}");
    assert!(summary.contains("| 1 |") && summary.contains("`sh run.sh tests::adds`"), "{summary}");
    let markdown = ws.run(&["diff", "runs/c", "runs/a", "--format", "markdown"]).expect(1).stdout;
    assert_eq!(markdown, summary);
    let (run, _, outputs) = step(&ws, &["diff", "runs/a", "runs/c", "--format", "github"], 0);
    assert_eq!(run.stdout, "tollgate diff stable: 1 fixed\n");
    assert!(outputs.starts_with("verdict=pass\nstatus=stable\n"), "{outputs}");
}

#[test]
fn results_that_are_taken_in_are_told_in_the_same_way() {
    let ws = workspace(LIBTEST, 101);
    ws.put("junit.xml", JUNIT).put("test_a.py", "def test_adds():\n    assert 4 == 5\n");
    let (run, summary, outputs) =
        step(&ws, &["ingest", "pytest", "junit.xml", "--out", "runs/a", "--format", "github"], 1);
    assert!(run.stdout.starts_with("::error file=test_a.py,line=2,title=FAIL%3A "), "{}", run.stdout);
    assert!(run.stdout.contains("::assert 4 == 5%0A +  where 4%0A"), "{}", run.stdout);
    assert!(!(run.stdout + &summary).contains("x1B"), "{summary}");
    assert!(outputs.contains("\nfailed=1\n"), "{outputs}");
    let human = ws.run(&["ingest", "pytest", "junit.xml", "--out", "runs/b"]).expect(1).stderr;
    assert!(
        human.contains("  at       test_a.py:2\n  says     assert 4 == 5\n            +  where 4\n"),
        "{human}"
    );
    assert!(human.contains("\nFAILED   1 suite failed; tests: 1 passed, 1 failed\n"), "{human}");
}

#[test]
fn shards_that_are_merged_are_told_in_the_same_way() {
    let ws = workspace(LIBTEST, 101);
    let shard = ["--shard-kind", "unit", "--shard-total", "1", "--shard-index", "0"];
    let told = shown(&ws, &[&["run", "--out", "runs/s"], &shard[..]].concat(), 1);
    let planned = "profile ci, unit shard 0 of 1 (--shard-index 0 --shard-total 1): 1 suite into runs/s";
    assert!(told.contains(planned), "{told}");
    let (run, summary, outputs) = step(&ws, &["merge", "runs/s", "--out", "runs/m", "--format", "github"], 1);
    assert!(run.stdout.starts_with("::error file=src/lib.rs,line=4,col=25,"), "{}", run.stdout);
    assert!(run.stdout.contains("%0Aagain: sh run.sh tests::adds\n"), "{}", run.stdout);
    assert!(summary.contains("`src/lib.rs:4:25`") && outputs.contains("failed-suites=lib"), "{summary}");
}

#[test]
fn what_another_verb_cannot_say_is_refused_before_anything_runs() {
    let ws = workspace(LIBTEST, 101);
    let of_run = |kind: &str| {
        format!(
            "error: invalid value '{kind}' for '--format <KIND[:PATH]>'\n  [possible values: human, json, markdown, github]\n"
        )
    };
    for (args, said) in [
        (&["run", "--format", "junit"][..], of_run("junit")),
        // Where it stands before the verb, and where it has a file.
        (&["--format", "junit", "run"], of_run("junit")),
        (&["--format", "junit:x.xml", "run"], of_run("junit")),
        (&["run", "--format", "xml:x"], of_run("xml")),
        (&["--format", "a\n::error::b", "run"], of_run("a\\n\\u{3a}")),
        (&["ingest", "junit", "x", "--format", "sarif"], of_run("sarif")),
        (
            &["run", "--list", "--format", "github"],
            "error: --format github: this verb answers in human or json\n".into(),
        ),
    ] {
        let refused = ws.run(args).expect(2);
        assert!(refused.stderr.starts_with(&said), "{}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
    for args in [&["waiver", "list", "--format", "sarif"][..], &["--format", "sarif", "waiver", "list"]] {
        let refused = ws.run(args).expect(2);
        let said =
            "error: invalid value 'sarif' for '--format <KIND[:PATH]>'\n  [possible values: human, json]\n";
        assert!(refused.stderr.starts_with(said), "{}", refused.stderr);
    }
    assert!(!ws.at("runs").exists());
}

/// 10,000 failed tests with names and messages that would like to be commands.
#[test]
fn very_many_hostile_failures_are_told_in_bounds() {
    let ws = workspace("", 0);
    let cases: String = (0..10_000)
        .map(|n| format!("<testcase classname=\"c\" name=\"::error::{n} ##[group]`@team` &lt;b&gt;\"><failure message=\"::stop-commands::x&#10;##vso[task]```\">text</failure></testcase>"))
        .collect();
    ws.put("junit.xml", format!("<testsuites><testsuite name=\"many\" tests=\"10000\" failures=\"10000\">{cases}</testsuite></testsuites>"));
    let (run, summary, _) =
        step(&ws, &["ingest", "junit", "junit.xml", "--out", "runs/a", "--format", "github"], 1);
    assert_eq!(run.stdout.lines().filter(|line| line.starts_with("::error ")).count(), 10, "{}", run.stdout);
    assert!(run.stdout.contains("9991 more failures: "), "{}", run.stdout);
    let free = run.stdout.lines().filter(|line| !line.starts_with("::error "));
    assert!(free.clone().all(|line| !line.trim_start().starts_with("::")), "{}", run.stdout);
    assert!(!run.stdout.contains("##[") && !run.stdout.contains("##vso["), "{}", run.stdout);
    assert!(
        summary.len() < 1_000_000 && !summary.contains("##[") && !summary.contains("@team"),
        "{}",
        summary.len()
    );
    let human = ws.run(&["ingest", "junit", "junit.xml", "--out", "runs/b"]).expect(1).stderr;
    assert!(human.contains("  and 9980 more failed tests\n"), "{human}");
}
