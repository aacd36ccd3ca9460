//! Results that a suite leaves in several files, and tests that are picked by a pattern.

use crate::support::Ws;

const NOW: &str = "2026-11-20T12:00:00Z";

fn workspace(command: &str, more: &str) -> Ws {
    let ws = Ws::new();
    let text = format!(
        "[workspace]\npacks = []\ngit = false\n[suites.unit]\nnames = ['s']\ncommand = '''{command}'''\nreader = 'junit'\n\
         results = 'r/**/TEST-*.xml'\n{more}\n"
    );
    ws.put("tollgate.toml", text);
    ws
}

fn report(class: &str, inner: &str) -> String {
    format!(
        "<testsuite name=\"{class}\" tests=\"1\"><testcase classname=\"{class}\" name=\"t (0)\">{inner}</testcase></testsuite>"
    )
}

fn tests(ws: &Ws, folder: &str) -> Vec<String> {
    let summary = ws.json(&format!("{folder}/summary.json"));
    let of = |test: &serde_json::Value| {
        format!("{} {}", test["name"].as_str().unwrap(), test["status"].as_str().unwrap())
    };
    summary["units"][0]["tests"].as_array().unwrap().iter().map(of).collect()
}

/// Every file that the suite wrote is read, and none that was there before, behind a link or in somebody else's folder.
#[test]
fn what_a_suite_wrote_is_read_and_nothing_else() {
    let ws = workspace("cp -r new/. r", "");
    ws.put("new/a/TEST-A.xml", report("A", ""))
        .put("new/b/TEST-B.xml", report("B", "<failure message='no'/>"));
    ws.put("r/old/TEST-Old.xml", report("Old", "<failure message='old'/>")).put("r/other.xml", "not read");
    ws.put("r/node_modules/TEST-X.xml", report("X", "<failure message='x'/>"));
    std::fs::write(ws.outside("TEST-Z.xml"), report("Z", "<failure message='z'/>")).unwrap();
    std::os::unix::fs::symlink(ws.outside("TEST-Z.xml"), ws.at("r/TEST-Z.xml")).unwrap();
    ws.run(&["run", "--now", NOW, "--out", "o"]).expect(1);
    assert_eq!(tests(&ws, "o"), ["A t (0) passed", "B t (0) failed"]);
    assert!(!ws.at("r/old/TEST-Old.xml").exists() && ws.at("r/other.xml").exists());
    assert!(std::fs::metadata(ws.outside("TEST-Z.xml")).is_ok(), "what a link leads to is kept");
}

#[test]
fn without_a_file_there_are_no_results_and_a_broken_one_is_red() {
    let ws = workspace("true", "");
    ws.put("r/TEST-Old.xml", report("Old", ""));
    let run = ws.run(&["run", "--now", NOW, "--out", "o"]).expect(1);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("r/**/TEST-*.xml, are not there"), "{said}");
    let ws = workspace("cp -r new/. r", "");
    ws.put("new/TEST-A.xml", report("A", "")).put("new/TEST-B.xml", "<testsuite").put("r/x", "");
    let run = ws.run(&["run", "--now", NOW, "--out", "o"]).expect(1);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("r/TEST-B.xml"), "{said}");
}

/// The name of a test as a pattern reaches the command of that test alone, and the replay.
#[test]
fn one_test_by_a_pattern() {
    let single = "single = '''sh -c 'printf \"%s\" \"$1\" > \"$2\"; cp -r new/. r' sh '^{class_regex} {name_regex}$' {out}/asked'''";
    let ws = workspace("cp -r new/. r", single);
    ws.put("new/TEST-A.xml", report("a.B", "<failure message='no'/>")).put("r/x", "");
    ws.run(&["run", "--now", NOW, "--out", "o"]).expect(1);
    ws.run(&["run", "--now", NOW, "--rerun-from", "o", "--out", "p"]).expect(1);
    assert_eq!(ws.text("p/s/asked"), r"^a[./\\:]+B t [(]0[)]$");
}
