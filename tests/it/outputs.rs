//! What is written and removed: one set of files, nothing behind a link, the same bytes each time.

use super::support::{NOW, Run, Ws, finish};
use std::os::unix::fs::{MetadataExt as _, symlink};

/// A gate that passes where `d.json` says 1.
fn ws() -> Ws {
    let ws = Ws::new();
    ws.reads("g", "d.json", "shape = 'e.v1'", "doc.n == 1");
    set(&ws, 1);
    ws
}

fn set(ws: &Ws, n: i32) {
    ws.put("d.json", format!(r#"{{"n": {n}}}"#));
}

fn said(run: &Run) -> String {
    format!("{}{}", run.stdout, run.stderr)
}

#[test]
fn a_red_check_that_cannot_be_written_leaves_no_green_verdict() {
    let ws = ws();
    ws.check(&[]).expect(0);
    set(&ws, 2);
    ws.remove("out/full_suite_report.md").put("out/full_suite_report.md/x", "");
    let run = ws.check(&[]).expect(4);
    assert!(!ws.at("out/full_suite_verdict.json").exists());
    // An operator still learns what failed, and what became of it.
    let text = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("FAIL") && text.contains("exit code 4, not 1: the files of this check are not written"),
        "{text}"
    );
    assert!(text.contains("full_suite_report.md cannot be written: it is a folder"), "{text}");
}

#[test]
fn a_green_check_that_cannot_be_written_is_not_said_to_pass() {
    for format in ["human", "json", "junit", "sarif", "markdown", "github"] {
        let ws = ws();
        ws.put("taken", "a file");
        for more in [
            vec!["--out", "taken"],
            vec!["--out", "v", "--format", "junit:taken/x"],
            vec!["--out", "v", "--format", "sarif:schemas"],
        ] {
            let mut args = vec!["check", "--now", NOW, "--format", format];
            args.extend(&more);
            let run = ws.run(&args).expect(4);
            assert!(!said(&run).contains("PASS") && !said(&run).contains("exit code 0"), "{}", said(&run));
            assert!(run.stdout.is_empty() && run.stderr.contains("cannot be written"), "{}", said(&run));
            assert!(!ws.at("v/full_suite_verdict.json").exists(), "{args:?}");
        }
    }
}

#[test]
fn a_green_answer_that_cannot_be_written_is_not_said_to_pass() {
    let ws = ws();
    ws.put("taken", "a file");
    let args = ["validate", "d.json", "--schema", "e.v1", "--format", "human", "--format", "json:taken/x"];
    let run = ws.run(&args).expect(4);
    assert!(run.stdout.is_empty(), "{}", said(&run));
    ws.put("d.json", "{}");
    let run = ws.run(&args).expect(4);
    assert!(run.stdout.contains("FAIL"), "{}", said(&run));
}

#[test]
fn two_formats_to_one_file_are_refused_whatever_they_call_it() {
    let ws = ws();
    ws.put("old", "");
    symlink(".", ws.at("here")).unwrap();
    symlink("old", ws.at("link")).unwrap();
    for (one, other) in [("a", "a"), ("a", "./a"), ("a", "here/a"), ("old", "link")] {
        let (one, other) = (format!("json:{one}"), format!("junit:{other}"));
        let run = ws.run(&["check", "--now", NOW, "--format", &one, "--format", &other]).expect(2);
        assert!(run.stderr.contains("another format is written to that file"), "{}", said(&run));
    }
    let run = ws.run(&["check", "--now", NOW, "--format", "junit:out/full_suite_verdict.json"]).expect(4);
    assert!(run.stderr.contains("another output is written to that file"), "{}", said(&run));
    assert!(!ws.at("out/full_suite_verdict.json").exists());
}

/// Several checks at once: the folder is of one of them.
#[test]
fn checks_at_once_leave_the_files_of_one() {
    let ws = ws();
    for round in 0..4 {
        std::thread::scope(|scope| {
            for nth in 0..6 {
                let ws = &ws;
                scope.spawn(move || {
                    let now = format!("2026-11-20T12:0{round}:0{nth}Z");
                    finish(ws.command(&["check", "--now", &now, "--format", "junit:j/shared.xml"]));
                });
            }
        });
        let verdict = ws.json("out/full_suite_verdict.json");
        let at = verdict["generated_at"].as_str().unwrap();
        assert!(ws.text("out/full_suite_report.md").contains(at));
        assert!(ws.text("out/full_suite_events.jsonl").lines().all(|line| line.contains(at)));
        assert!(ws.text("j/shared.xml").contains(&at[..19]));
        assert_eq!(ws.json("out/waiver_audit.json")["generated_at"], at);
    }
    let names: Vec<_> = std::fs::read_dir(ws.at("out")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
}

const GREEN: &str =
    r#"<testsuites><testsuite name="s" tests="1"><testcase name="t"/></testsuite></testsuites>"#;

/// Several runs into one folder: all but the first find it filled.
#[test]
fn one_folder_has_one_run() {
    let ws = ws();
    ws.put("j.xml", GREEN);
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let run = || ws.run(&["ingest", "junit", "j.xml", "--out", "r"]).code;
        let all: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 2).count(), 3, "{codes:?}");
}

fn suite(ws: &Ws, results: &str, command: &str) {
    let toml = "[workspace]\npacks = []\ngit = false\nresults = 'runs'\n";
    let suite = format!("names = ['a']\ncommand = \"{command}\"\nreader = 'junit'\nresults = '{results}'\n");
    ws.put("tollgate.toml", format!("{toml}[suites.unit]\n{suite}"));
}

/// Whatever link leads there, in or out of the workspace: a file behind it is nobody's to remove.
#[test]
fn results_behind_a_link_are_refused_and_not_removed() {
    let ws = Ws::new();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("junit.xml"), "precious").unwrap();
    ws.put("real/junit.xml", "precious").put("real/sub/junit.xml", "precious").put("x/y", "");
    symlink(outside.path(), ws.at("far")).unwrap();
    symlink("real", ws.at("near")).unwrap();
    for (results, link) in [
        ("far/junit.xml", "far"),
        ("near/junit.xml", "near"),
        ("near/sub/junit.xml", "near"),
        ("x/../near/junit.xml", "near"),
    ] {
        suite(&ws, results, "true {name}");
        for args in [vec!["run", "--out", "o"], vec!["flake", "check", "a", "--runs", "1"]] {
            let run = ws.run(&args).expect(2);
            assert!(
                run.stderr.contains(&format!("is behind {link}, which is a symbolic link")),
                "{}",
                run.stderr
            );
        }
        assert!(!ws.at("o").exists());
    }
    assert_eq!(std::fs::read_to_string(outside.path().join("junit.xml")).unwrap(), "precious");
    let kept = [ws.text("real/junit.xml"), ws.text("real/sub/junit.xml")];
    assert_eq!(kept, ["precious", "precious"]);
}

/// A suite that puts a link in the place of its results' folder, or of its own folder of the run, has nothing removed or
/// written there.
#[test]
fn a_link_that_a_suite_makes_leads_nowhere() {
    let ws = Ws::new();
    let outside = tempfile::tempdir().unwrap();
    let keep = ["junit.xml", "result.json", "failure_digest.json", "output.log", "output.attempt_2.log"];
    for name in keep {
        std::fs::write(outside.path().join(name), "precious").unwrap();
    }
    let out = outside.path().display();
    // The second attempt would remove what is behind the link that the first one made.
    suite(&ws, "sub/junit.xml", &format!("sh -c 'ln -sfn {out} sub; exit 1' {{name}}"));
    ws.run(&["run", "--out", "o", "--retries", "2"]).expect(1);
    std::fs::remove_file(ws.at("sub")).unwrap();
    let own = format!("sh -c 'mv $1 $1.old; ln -s {out} $1; exit 1' {{name}} {{out}}");
    suite(&ws, "{out}/junit.xml", &own);
    ws.run(&["run", "--out", "p", "--retries", "2"]).expect(1);
    for name in keep {
        assert_eq!(std::fs::read_to_string(outside.path().join(name)).unwrap(), "precious", "{name}");
    }
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), keep.len(), "nothing was added");
}

/// Ordinary: results in folders of the workspace, made by the suite or there before.
#[test]
fn ordinary_results_are_read_and_replaced() {
    let ws = Ws::new();
    ws.put("green.xml", GREEN).put("target/old/junit.xml", "an old report");
    for results in
        ["target/old/junit.xml", "target/new/junit.xml", "./target/./new/junit.xml", "{out}/junit.xml"]
    {
        let path = results.replace("{out}", "$1");
        let command = format!("sh -c 'mkdir -p $(dirname {path}); cp green.xml {path}' {{name}} {{out}}");
        suite(&ws, results, &command);
        std::fs::remove_dir_all(ws.at("o")).ok();
        ws.run(&["run", "--out", "o"]).expect(0);
    }
    suite(&ws, "target/old/junit.xml", "true {name}");
    ws.run(&["run", "--out", "q"]).expect(1);
    assert!(!ws.at("target/old/junit.xml").exists(), "an old report proves nothing");
}

fn shards(ws: &Ws) {
    let suite = "[suites.unit]\nnames = ['a', 'b']\ncommand = 'true {name}'\n";
    ws.put("tollgate.toml", format!("[workspace]\npacks = []\ngit = false\n{suite}"));
    for (kind, index, total, out) in
        [("unit", "0", "2", "s0"), ("unit", "1", "2", "s1"), ("suite", "0", "1", "s2")]
    {
        let shard = ["--shard-kind", kind, "--shard-index", index, "--shard-total", total, "--out", out];
        ws.run(&[&["run"][..], &shard].concat()).expect(0);
    }
}

#[test]
fn a_merge_keeps_holes_and_bounds_bytes() {
    let ws = Ws::new();
    shards(&ws);
    let file = std::fs::File::create(ws.at("s0/a/big")).unwrap();
    file.set_len(1 << 30).unwrap();
    ws.run(&["merge", "s0", "s1", "s2", "--out", "m"]).expect(0);
    let copied = std::fs::metadata(ws.at("m/a/big")).unwrap();
    assert_eq!(copied.len(), 1 << 30);
    assert!(copied.blocks() * 512 < 1 << 20, "{} blocks", copied.blocks());
    file.set_len((2 << 30) + 1).unwrap();
    let run = ws.run(&["merge", "s0", "s1", "s2", "--out", "n"]).expect(4);
    assert!(run.stderr.contains("holds more than 2147483648 bytes"), "{}", said(&run));
    assert!(!ws.at("n").exists(), "nothing is written");
}

/// The same red twice is the same bytes: which test a fault names does not change from run to run.
#[test]
fn the_same_fault_names_the_same_test() {
    let ws = Ws::new();
    let lines: String = (0..40).map(|n| format!("✖ t{n} (1.0ms)\n")).collect();
    let counts = "ℹ tests 40\nℹ suites 0\nℹ pass 0\nℹ fail 40\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\nℹ duration_ms 5\n";
    ws.put("n.txt", format!("{lines}{counts}"));
    for nth in 0..4 {
        let run = ws.run(&["ingest", "node", "n.txt", "--out", &format!("o{nth}")]).expect(4);
        assert!(run.stderr.contains("the error of `t0` is missing"), "{}", said(&run));
    }
}

/// Playwright states each count: one that lacks is no 0.
#[test]
fn counts_that_playwright_leaves_out_are_a_fault() {
    let ws = Ws::new();
    let test = r#"{"expectedStatus": "passed", "results": [{"status": "passed", "duration": 1, "errors": []}], "status": "expected"}"#;
    let spec = format!(r#"{{"title": "t", "file": "a.spec.js", "line": 1, "column": 1, "tests": [{test}]}}"#);
    let suites = format!(r#"[{{"title": "a.spec.js", "file": "a.spec.js", "specs": [{spec}]}}]"#);
    let put = |stats: &str| {
        let report = format!(r#"{{"config": {{}}, "suites": {suites}, "errors": [], "stats": {{{stats}}}}}"#);
        ws.put("p.json", report);
    };
    let all = [r#""expected": 1"#, r#""skipped": 0"#, r#""unexpected": 0"#, r#""flaky": 0"#];
    put(&all.join(", "));
    ws.run(&["ingest", "playwright", "p.json", "--out", "all"]).expect(0);
    for (nth, left_out) in all.iter().enumerate() {
        let stats: Vec<&str> = all.iter().filter(|stat| stat != &left_out).copied().collect();
        put(&stats.join(", "));
        let run = ws.run(&["ingest", "playwright", "p.json", "--out", &format!("o{nth}")]).expect(1);
        assert!(said(&run).contains("its stats do not count"), "{left_out}\n{}", said(&run));
    }
}
