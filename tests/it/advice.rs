//! What people are told to type next is what helps: no replay of what did not fail, no run of what something else runs; and a
//! verdict over chosen gates says of what it is not.

use crate::support::{NOW, Run, Ws, starter};

const HEAD: &str = "[workspace]\npacks = ['starter']\noutput = 'out'\nresults = 'runs'\n";
const UNITS: &str = "[suites.unit]\nnames = ['a', 'b', 'c']\ncommand = 'sh s.sh {name}'\n";
const RUN: &str = "runs/20261120T110000Z";

fn ws(sections: &str) -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", format!("{HEAD}git = false\n{sections}"));
    ws.put("s.sh", "! grep -qx \"$1\" red\n").put("red", "");
    ws
}

fn run(ws: &Ws, args: &[&str]) -> Run {
    ws.run(&[&["run", "--now", "2026-11-20T11:00:00Z"], args].concat())
}

/// The command of a gate, and the first thing that is to be done.
fn told(checked: &Run, gate: &str) -> (String, String) {
    let gate = checked.gate(gate).value;
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_string();
    (text(&gate["reproduce_command"]), text(&gate["remediation"][0]))
}

const AGAIN: &str = "Run again: `tollgate run`, then `tollgate check`.";

#[test]
fn chosen_gates_promote_nothing_and_say_what_they_are_not() {
    let ws = ws(UNITS);
    ws.put("red", "a\n");
    run(&ws, &[]).expect(1);
    let formats = ["markdown", "junit", "sarif", "github"];
    let files: Vec<String> = formats.iter().map(|f| format!("{f}:r.{f}")).collect();
    let mut args = vec!["--gate", "waiver_lifecycle", "--lane", "certification"];
    args.extend(files.iter().flat_map(|file| ["--format", file.as_str()]));
    let checked = ws.check(&args).expect(0);
    let verdict = checked.verdict();
    assert_eq!((&verdict["promotion"]["allowed"], &verdict["promotion"]["by"]), (&false.into(), &().into()));
    let mut others = starter();
    others.retain(|gate| *gate != "waiver_lifecycle");
    assert_eq!(verdict["not_judged"], serde_json::json!(others));
    assert_eq!(verdict, ws.json("out/certification_verdict.json"));
    let condition = verdict["promotion"]["conditions"][0].as_str().expect("a text");
    assert!(
        condition.contains(&format!("the whole lane must be judged, and `{}`", others[0])),
        "{condition}"
    );
    let told = format!("{} gates of the lane not judged", others.len());
    assert!(checked.stderr.contains(&told), "{}", checked.stderr);
    for format in formats {
        let text = ws.text(&format!("r.{format}"));
        assert!(text.contains("not judged") || text.contains("not_judged"), "{format}: {text}");
    }
    // Every gate of the lane, chosen one by one, is the lane.
    ws.put("red", "");
    std::fs::remove_dir_all(ws.at("runs")).expect("removed");
    run(&ws, &[]).expect(0);
    let mut all = vec!["--lane", "certification", "--gate", "waiver_lifecycle"];
    all.extend(others.iter().flat_map(|gate| ["--gate", gate]));
    let verdict = ws.check(&all).expect(0).verdict();
    assert_eq!((verdict.get("not_judged"), &verdict["promotion"]["allowed"]), (None, &true.into()));
}

#[test]
fn before_a_run_and_after_a_stale_one_the_whole_is_run() {
    let ws = ws(UNITS);
    let none = ws.check(&[]).expect(1);
    assert_eq!(told(&none, "pass_rate"), ("tollgate run".into(), AGAIN.into()));
    let settings = ws.text("tollgate.toml");
    ws.put("tollgate.toml", settings.replace("git = false\n", "git = true\n"))
        .put(".gitignore", "out/\nruns/\n");
    ws.git(&["init", "-q", "-b", "main"]);
    ws.commit();
    for red in ["", "a\n"] {
        ws.put("red", red).commit();
        let _ = std::fs::remove_dir_all(ws.at("runs"));
        run(&ws, &[]).expect(i32::from(!red.is_empty()));
        ws.put("more", red).commit();
        let checked = ws.check(&[]).expect(1);
        assert_eq!(checked.gate("pass_rate").reason, "stale");
        assert_eq!(told(&checked, "pass_rate"), ("tollgate run".into(), AGAIN.into()), "{red}");
        let said = ws.run(&["reproduce", "pass_rate"]).expect(0);
        assert_eq!(said.stdout, "pass_rate: tollgate run\n", "{red}");
    }
}

#[test]
fn what_failed_is_replayed_and_what_did_not_is_not() {
    let ws = ws(UNITS);
    ws.put("red", "a\n");
    run(&ws, &[]).expect(1);
    let replay = format!("tollgate run --rerun-from {RUN}/summary.json");
    let checked = ws.check(&[]).expect(1);
    assert_eq!(told(&checked, "pass_rate").0, replay);
    assert!(!told(&checked, "pass_rate").1.contains("Run again"));
    let mut summary = ws.json(&format!("{RUN}/summary.json"));
    ws.put("red", "");
    std::fs::remove_dir_all(ws.at("runs")).expect("removed");
    run(&ws, &[]).expect(0);
    assert_eq!(told(&ws.check(&[]).expect(0), "pass_rate").0, "tollgate run");
    // A list that is not there says nothing: what it would name may be replayed.
    summary.as_object_mut().expect("an object").remove("not_run");
    ws.put(&format!("{RUN}/summary.json"), summary.to_string());
    assert_eq!(told(&ws.check(&[]).expect(1), "pass_rate").0, replay);
}

#[test]
fn an_honest_early_stop_is_not_called_a_contradiction() {
    let ws = ws(UNITS);
    ws.put("red", "a\n");
    run(&ws, &["--fail-fast", "1", "--jobs", "1"]).expect(1);
    let summary = ws.json(&format!("{RUN}/summary.json"));
    assert_ne!(summary["not_run"], serde_json::json!([]), "{summary:#}");
    let gate = ws.check(&[]).expect(1).gate("pass_rate");
    assert!(
        gate.messages.iter().any(|m| m.contains("it was selected and did not run")),
        "{:?}",
        gate.messages
    );
    assert!(!gate.messages.iter().any(|m| m.contains("say otherwise")), "{:?}", gate.messages);
    // One that nothing says was left out is.
    let mut summary = summary;
    summary["not_run"] = serde_json::json!([]);
    ws.put(&format!("{RUN}/summary.json"), summary.to_string());
    let gate = ws.check(&[]).expect(1).gate("pass_rate");
    assert!(gate.messages.iter().any(|m| m.contains("say otherwise")), "{:?}", gate.messages);
}

#[test]
fn what_something_else_runs_is_ingested() {
    let kind = "[suites.e2e]\nnames = ['web', 'api']\nevidence = 'ingest'\nreader = 'junit'\n";
    let line = "tollgate ingest --kind e2e junit FILE";
    let only = ws(kind);
    let none = only.check(&[]).expect(1);
    for gate in ["pass_rate", "whole_run"] {
        let (command, first) = told(&none, gate);
        assert_eq!(command, line);
        assert!(first.starts_with("Run the tests again where they run, then `tollgate ingest"), "{first}");
    }
    assert!(!none.stderr.contains("`tollgate run` makes one"), "{}", none.stderr);
    only.put("r.xml", "<testsuite name='web'><testcase classname='c' name='t' time='1'/></testsuite>");
    only.run(&["ingest", "--kind", "e2e", "junit", "r.xml", "--now", "2026-11-20T11:00:00Z"]).expect(0);
    let checked = only.check(&[]).expect(1);
    assert_eq!(told(&checked, "whole_run").0, line);
    assert!(checked.stderr.contains("takes in what ran elsewhere"), "{}", checked.stderr);
    assert!(!checked.stderr.contains("`tollgate run` runs"), "{}", checked.stderr);
    let said = only.run(&["reproduce", "whole_run"]).expect(0);
    assert_eq!(said.stdout, format!("whole_run: {line}\n"));
    only.run(&["reproduce", "--exec", "whole_run"]).expect(1);
    // Beside kinds that tollgate runs, and in a run of its own.
    let mixed = ws(&format!("{UNITS}{kind}"));
    run(&mixed, &[]).expect(0);
    assert_eq!(told(&mixed.check(&[]).expect(1), "whole_run").0, line);
}

#[test]
fn one_ingest_takes_in_so_much_and_says_so() {
    let ws = Ws::new();
    let suites = |from: usize, to: usize| {
        let one = |n| format!("<testsuite name='s{n}'><testcase name='t'/></testsuite>");
        format!("<testsuites>{}</testsuites>", (from..to).map(one).collect::<String>())
    };
    ws.put("a.xml", suites(0, 20_001)).put("b.xml", suites(0, 10_001)).put("c.xml", suites(0, 10_000));
    for (files, said) in [
        (&["a.xml"][..], "more than 20000 suites"),
        (&["b.xml", "c.xml"], "the files hold 20001 suites, and one ingest may take in at most 20000"),
    ] {
        let run = ws.run(&[&["ingest", "junit"], files, &["--out", "r", "--now", NOW]].concat()).expect(4);
        assert!(run.stderr.contains(said), "{}", run.stderr);
        let mut left = std::fs::read_dir(ws.at("r")).expect("a folder");
        assert_eq!(left.next().expect("a file").expect("an entry").file_name(), "ingest_error.json");
        assert!(left.next().is_none());
    }
}
