//! What a red `check` says: which test failed, where, and the command that repeats it, in every format.

use crate::support::{LIBTEST_TOML as TOML, Ws};
use serde_json::{Value, json};

/// What Rust's harness prints of a test that fails in `src/lib.rs`, and one that passes.
const LIBTEST: &str = "
running 2 tests
test tests::adds ... FAILED
test tests::subtracts ... ok

failures:

---- tests::adds stdout ----

thread 'tests::adds' panicked at src/lib.rs:4:25:
assertion `left == right` failed: the sum
  left: 4
 right: 5


failures:
    tests::adds

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

";

/// A workspace whose suite prints `output` and ends with `code`, run once.
fn ran(output: &str, code: u8) -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML).put("output.txt", output);
    ws.put("run.sh", format!("cat output.txt\nexit {code}\n")).put("src/lib.rs", "//\n//\n//\n// the sum\n");
    run(&ws, 1);
    ws
}

/// Runs the suites. What they print is not ours, and so not held to what tollgate itself may print.
fn run(ws: &Ws, code: i32) {
    let ended = ws.command(&["run", "--out", "runs/20260901T000000Z"]).output().expect("it starts");
    assert_eq!(ended.status.code(), Some(code), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// What a `check` in this format shows, whatever stream it goes to.
fn shown(ws: &Ws, format: &str, code: i32) -> String {
    let run = ws.run(&["check", "--format", format]).expect(code);
    run.stdout + &run.stderr
}

fn found(ws: &Ws, gate: &str) -> Vec<Value> {
    let judged = ws.run(&["check", "--format", "json"]).gate(gate);
    judged.value["findings"].as_array().unwrap().clone()
}

#[test]
fn the_failed_test_is_named_with_its_place_and_its_command() {
    let ws = ran(LIBTEST, 101);
    let findings = found(&ws, "pass_rate");
    let [only] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!(only["title"], "tests::adds (unit lib)");
    assert_eq!(only["at"], json!({"path": "src/lib.rs", "line": 4, "column": 25}));
    assert_eq!(only["reproduce"], "sh run.sh tests::adds");
    let message = only["message"].as_str().unwrap();
    assert!(message.starts_with("assertion `left == right` failed: the sum\n"), "{message}");
    assert!(message.ends_with("\ncause: assertion_failure"), "{message}");

    for (format, parts) in [
        (
            "human",
            &["tests::adds (unit lib)", "src/lib.rs:4:25", "failed: the sum", "sh run.sh tests::adds"][..],
        ),
        ("github", &["::error file=src/lib.rs,line=4,", "title=FAIL%3A tests%3A%3Aadds (unit lib)::"]),
        (
            "markdown",
            &["**tests::adds \\(unit lib\\)** at `src/lib.rs:4:25`", "again `sh run.sh tests::adds`"],
        ),
        (
            "junit",
            &[
                "<testcase name=\"tests::adds (unit lib)\" classname=\"tollgate.full.pass_rate\" file=\"src/lib.rs\" line=\"4\">",
            ],
        ),
        ("sarif", &["\"uri\": \"src/lib.rs\"", "\"startLine\": 4", "tests::adds (unit lib): assertion"]),
    ] {
        let text = shown(&ws, format, 1);
        for part in parts {
            assert!(text.contains(part), "{format}: {part}\n{text}");
        }
        assert!(!text.contains("filter("), "{format} shows an expression\n{text}");
    }
}

#[test]
fn a_build_that_failed_is_one_finding_with_the_compilers_first_error() {
    let output = "   Compiling demo v0.1.0\nerror[E0308]: mismatched types\n --> src/lib.rs:3:40\n  |\n\n\
                  error: could not compile `demo` (lib test) due to 1 previous error\n";
    let ws = ran(output, 101);
    let findings = found(&ws, "pass_rate");
    let [none, only] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!(none["message"], "no test ran that counts");
    assert_eq!(only["title"], "unit lib");
    assert_eq!(only["at"]["path"], "src/lib.rs");
    assert_eq!(only["at"]["line"], 3);
    assert!(only["message"].as_str().unwrap().contains("error[E0308]: mismatched types"), "{only:#}");
}

#[test]
fn a_suite_without_a_failed_test_and_a_lint_step_are_named() {
    let ws = Ws::new();
    let toml = TOML.replace("libtest", "exit").replace("single", "# single");
    ws.put("tollgate.toml", format!("{toml}[lint]\nstyle = \"sh lint.sh\"\n"));
    ws.put("src/a.c", "x\n").put("lint.sh", "echo 'src/a.c:1: error: too long'; exit 1\n");
    ws.put("run.sh", "echo 'src/a.c:1: error: the shelf holds 2 books, not 3'; exit 3\n");
    run(&ws, 1);
    let findings = found(&ws, "pass_rate");
    let of = |title: &str| {
        findings.iter().find(|f| f["title"] == title).unwrap_or_else(|| panic!("{findings:#?}"))
    };
    assert!(of("lint step style")["message"].as_str().unwrap().contains("too long"));
    assert_eq!(of("lint step style")["reproduce"], "sh lint.sh");
    assert_eq!(of("lint step style")["at"]["path"], "src/a.c");
    assert!(of("unit lib")["message"].as_str().unwrap().contains("the shelf holds 2 books"));
    assert_eq!(of("unit lib")["reproduce"], "sh run.sh");
}

#[test]
fn ten_thousand_failures_are_cut_with_a_count() {
    let mut output = String::from("running 10000 tests\n");
    (0..10_000).for_each(|n| output.push_str(&format!("test t{n} ... FAILED\n")));
    output.push_str("\nfailures:\n");
    (0..10_000).for_each(|n| output.push_str(&format!("    t{n}\n")));
    output.push_str("\ntest result: FAILED. 0 passed; 10000 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n");
    let ws = ran(&output, 101);
    let judged = ws.run(&["check", "--format", "json"]).gate("pass_rate");
    let findings = judged.value["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 26);
    assert_eq!(findings[25]["message"], "9975 more of check `pass-rate` are not listed");
    assert!(
        judged.detail.starts_with("t0 (unit lib): ") && judged.detail.ends_with("(and 9999 more)"),
        "{}",
        judged.detail
    );
    for format in ["human", "markdown", "github", "junit", "sarif"] {
        let text = shown(&ws, format, 1);
        assert!(text.len() < 200_000, "{format}: {} bytes", text.len());
    }
}

#[test]
fn names_and_messages_stay_text() {
    let name = format!("a\u{1b}[31mred\u{202e}`**<b>@org](x) {}", "y".repeat(1 << 20));
    let output = LIBTEST
        .replace("tests::adds", &name)
        .replace("the sum", "\u{1b}[31m::error::x ##[group] <script>\u{202e}");
    let ws = ran(&output, 101);
    for format in ["json", "human", "markdown", "github", "junit", "sarif"] {
        let text = shown(&ws, format, 1);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{format}");
        assert!(text.len() < 100_000, "{format}: {} bytes", text.len());
        let command = |line: &str| line.trim_start().starts_with("::error::") || line.contains("##[group]");
        assert!(!text.lines().any(command), "{format}\n{text}");
        assert!(!matches!(format, "markdown" | "junit") || !text.contains("<script>"), "{format}");
    }
}

#[test]
fn before_the_first_run_one_sentence_says_what_makes_it() {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML);
    let said = "there is no run yet: run `tollgate run` first";
    let text = shown(&ws, "human", 1);
    assert!(text.contains("There is no run yet: run `tollgate run` first"), "{text}");
    assert!(
        !text.contains("waiver add") && !text.contains("YYYYMMDD") && text.lines().count() < 30,
        "{text}"
    );
    let text = shown(&ws, "github", 1);
    assert_eq!(text.matches("::error").count(), 1, "{text}");
    let text = ws.run(&["doctor"]).stdout;
    assert_eq!(text.matches(said).count(), 1, "{text}");
    assert!(!text.contains("YYYYMMDD"), "{text}");
    assert_eq!(ws.run(&["reproduce"]).expect(0).stdout.trim_end(), said);
    std::fs::remove_dir_all(ws.at("out")).unwrap();
    let none = ws.run(&["reproduce"]).expect(3);
    assert!(none.stderr.contains(said), "{}", none.stderr);
}

#[test]
fn flaky_tests_are_named_in_a_green_verdict() {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML);
    ws.put(
        "report.xml",
        "<testsuite name='lib' tests='2' failures='0'><testcase name='adds' classname='c'><flakyFailure message='late'/>\
         </testcase><testcase name='subtracts' classname='c'/></testsuite>",
    );
    ws.run(&["ingest", "junit", "report.xml", "--out", "runs/20260901T000000Z"]).expect(0);
    let run = ws.run(&["check", "--gate", "minimum_tests"]).expect(0);
    let text = run.stdout + &run.stderr;
    assert!(text.contains("a test failed and passed (flaky): c.adds (unit lib)"), "{text}");
}

/// A gate over a document with a list of faults.
fn own(ws: &Ws, told: &str) -> Vec<Value> {
    ws.put("tollgate.toml", "[workspace]\npacks = []\ngates = [\"gates\"]\n");
    ws.put("src/a.py", "x\n").put("doc.json", r#"{"faults": [{"id": "one", "file": "src/a.py", "line": 7}, {"id": "two", "file": "gone.py", "line": 1}]}"#);
    ws.put("schemas/doc.json", r#"{"$id": "doc.v1", "type": "object"}"#);
    ws.put(
        "gates/own.toml",
        format!(
            "name = 'Own'\nwhy = 'w'\nowner = 'o'\nblocking = true\nlanes = ['full']\nreproduce = 'make'\n\
             [artifacts.doc]\npath = 'doc.json'\nshape = 'any'\n[[checks]]\nid = 'c'\n{told}"
        ),
    );
    found(ws, "own")
}

#[test]
fn any_gate_says_what_each_finding_is_about() {
    let ws = Ws::new();
    let listed = own(
        &ws,
        "assert = 'size(doc.faults) == 0'\nfindings = 'doc.faults'\nmessage = 'fault {it.id}'\n\
         title = 'it.id'\nat = \"it.file + ':' + string(it.line)\"\nreproduce = \"'make ' + it.id\"\n",
    );
    assert_eq!(listed[0]["title"], "one");
    assert_eq!(listed[0]["at"], json!({"path": "src/a.py", "line": 7}));
    assert_eq!(listed[0]["reproduce"], "make one");
    assert_eq!(listed[0]["message"], "fault one");
    // A place that is not in the workspace is told, and nothing points at it.
    assert_eq!(listed[1]["at"], Value::Null);
    assert_eq!(listed[1]["message"], "fault two\nat gone.py:1");

    let each = own(
        &ws,
        "for_each = 'doc.faults'\nassert = \"it.id == 'none'\"\ntitle = 'it.id'\nat = \"{'path': it.file, 'line': it.line}\"\n",
    );
    assert_eq!(each.len(), 2);
    assert_eq!(each[0]["at"], json!({"path": "src/a.py", "line": 7}));
    assert_eq!(each[0]["pointer"], "/faults/0");
}

#[test]
fn what_cannot_be_told_changes_no_verdict() {
    let ws = Ws::new();
    for told in [
        "findings = 'doc.gone'\nmessage = 'x'\n",
        "findings = 'doc.faults.filter(f, false)'\nmessage = 'x'\n",
        "findings = '7'\nmessage = 'x'\n",
        "title = 'doc.gone'\nat = '7'\nreproduce = 'doc.gone'\nmessage = 'x'\n",
        "at = \"'../outside.py:3'\"\nmessage = 'x'\n",
    ] {
        let found = own(&ws, &format!("assert = 'size(doc.faults) == 0'\n{told}"));
        assert_eq!(found.len(), 1, "{told}: {found:#?}");
        assert_eq!(found[0]["reason"], "assertion");
        assert_eq!(found[0]["at"], Value::Null);
        assert!(!found[0]["message"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_place_is_found_where_one_tracked_file_can_be_meant() {
    let ws = ran(&LIBTEST.replace("src/lib.rs:4:25", "deep.rs:9:1"), 101);
    ws.put("crates/one/deep.rs", "x\n").put(".gitignore", "/runs\n/out\n");
    ws.git(&["init", "-q", "-b", "main"]);
    ws.commit();
    let again = |ws: &Ws| {
        std::fs::remove_dir_all(ws.at("runs")).unwrap();
        run(ws, 1);
        found(ws, "pass_rate")[0]["at"].clone()
    };
    assert_eq!(again(&ws), json!({"path": "crates/one/deep.rs", "line": 9, "column": 1}));
    ws.put("crates/two/deep.rs", "y\n");
    ws.git(&["add", "-A"]);
    ws.commit();
    assert_eq!(again(&ws), Value::Null, "two files can be meant");
}
