//! Whether the run judged is a whole one: the judge holds it to the suites, names and lint steps of the policy, and what a
//! change alters of those stands in every report.

#![expect(clippy::expect_used, reason = "helpers of tests, which stop at once")]

use super::support::{NOW, Run, Ws};
use serde_json::Value;

const HEAD: &str = "[workspace]\npacks = ['starter']\noutput = 'out'\nresults = 'runs'\ngit = false\n";
const UNITS: &str = "[suites.unit]\nnames = ['a', 'b']\ncommand = 'sh s.sh {name}'\n";
const E2E: &str = "[suites.e2e]\nnames = ['x']\ncommand = 'sh s.sh {name}'\n";
const LINT: &str = "[lint]\nfmt = 'true'\n";
/// Passes for every name but those that stand in the file `red`.
const SCRIPT: &str = "! grep -qx \"$1\" red\n";

/// A workspace of the starter pack with these sections.
fn ws(sections: &[&str]) -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", format!("{HEAD}{}", sections.concat())).put("s.sh", SCRIPT).put("red", "");
    ws
}

/// `run` at a minute of its own, so that the folders have names of their own.
fn run(ws: &Ws, minute: u8, args: &[&str]) -> Run {
    let now = format!("2026-11-20T11:{minute:02}:00Z");
    let mut all = vec!["run", "--now", &now];
    all.extend(args);
    ws.run(&all)
}

/// The reasons and findings of `whole_run` in a lane.
fn whole(ws: &Ws, args: &[&str]) -> (Run, String, Vec<String>) {
    let checked = ws.check(args);
    let gate = checked.gate("whole_run");
    (checked, gate.status, gate.messages)
}

fn promotion(run: &Run) -> (bool, String) {
    let verdict = run.verdict();
    let conditions: Vec<&str> = verdict["promotion"]["conditions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    (verdict["promotion"]["allowed"].as_bool().expect("a flag"), conditions.join(" | "))
}

#[test]
fn a_run_of_the_whole_profile_is_whole_and_promoted() {
    let ws = ws(&[UNITS, E2E, LINT]);
    run(&ws, 0, &[]).expect(0);
    let (checked, status, _) = whole(&ws, &["--lane", "certification"]);
    assert_eq!((checked.code, status.as_str()), (0, "pass"), "{}", checked.stderr);
    assert_eq!(promotion(&checked), (true, String::new()));
    // More than is asked for is fine.
    let more = "[suites.slow]\nnames = ['z']\ncommand = 'true'\n[profiles.ci]\nkinds = ['unit']\n";
    ws.put("tollgate.toml", format!("{HEAD}{UNITS}{E2E}{LINT}{more}"));
    run(&ws, 1, &["--profile", "full"]).expect(0);
    assert_eq!(whole(&ws, &[]).1, "pass");
}

#[test]
fn a_part_is_not_whole_and_says_what_never_ran() {
    let ws = ws(&[UNITS, E2E, LINT]);
    let cases: [(&[&str], &str, &str); 6] = [
        (&["--shard-kind", "unit", "--shard-index", "0", "--shard-total", "2"], "shard", "unit/b"),
        (&["--unit-target", "a"], "choice", "unit/b"),
        (&["--skip-lint"], "lint", "lint fmt"),
        (&["--profile", "quick"], "suites", "e2e/x"),
        (&["--suite", "x", "--unit-target", "a", "--unit-target", "b", "--skip-lint"], "lint", "lint fmt"),
        (&["--shard-kind", "suite", "--shard-index", "0", "--shard-total", "1"], "shard", "unit/a"),
    ];
    for (minute, (args, check, named)) in (0..).zip(cases) {
        run(&ws, minute, args).expect(0);
        let (checked, status, _) = whole(&ws, &["--lane", "certification"]);
        assert_eq!((checked.code, status.as_str()), (1, "fail"), "{args:?}");
        let findings = checked.gate("whole_run").value["findings"].clone();
        assert!(findings.as_array().expect("a list").iter().any(|f| f["check"] == check), "{findings:#}");
        assert!(checked.stderr.contains("the run is not whole"), "{}", checked.stderr);
        assert!(checked.stderr.contains(named) && checked.stderr.contains("`tollgate run` runs the whole"));
        let (allowed, conditions) = promotion(&checked);
        assert!(!allowed && conditions.contains("the run judged must be whole"), "{conditions}");
        // A focused run and the preflight lane go together: the lane tells early, and certifies nothing.
        let early = ws.check(&["--lane", "preflight"]);
        assert_eq!(early.code, 0, "{}", early.stderr);
    }
}

#[test]
fn shards_that_are_merged_are_whole() {
    let ws = ws(&[UNITS, E2E, LINT]);
    let parts = [("unit", "0", "2"), ("unit", "1", "2"), ("suite", "0", "1")];
    for (minute, (kind, index, total)) in (0..).zip(parts) {
        let out = format!("part{minute}");
        run(
            &ws,
            minute,
            &["--shard-kind", kind, "--shard-index", index, "--shard-total", total, "--out", &out],
        )
        .expect(0);
    }
    ws.run(&["merge", "--now", NOW, "--out", "runs/20261120T113000Z", "part0", "part1", "part2"]).expect(0);
    let (checked, status, _) = whole(&ws, &["--lane", "certification"]);
    assert_eq!((checked.code, status.as_str()), (0, "pass"), "{}", checked.stderr);
    assert!(promotion(&checked).0);
    // One shard of one that covers everything is whole as well.
    let alone = self::ws(&[UNITS, LINT]);
    run(&alone, 0, &["--shard-kind", "unit", "--shard-index", "0", "--shard-total", "1"]).expect(0);
    assert_eq!(whole(&alone, &[]).1, "pass");
}

#[test]
fn a_green_replay_says_to_run_the_whole_and_is_none() {
    let ws = ws(&[UNITS, LINT]);
    ws.put("red", "b\n");
    run(&ws, 0, &[]).expect(1);
    ws.put("red", "");
    let replay = run(&ws, 1, &["--rerun-from", "runs/20261120T110000Z/summary.json"]).expect(0);
    let said = format!("{}{}", replay.stdout, replay.stderr);
    assert!(said.trim_end().ends_with("now run the whole: tollgate run"), "{said}");
    assert_eq!(ws.json("runs/20261120T110100Z/summary.json")["units"][0]["ran"], "whole");
    let (checked, status, messages) = whole(&ws, &[]);
    assert_eq!((checked.code, status.as_str()), (1, "fail"));
    assert!(messages.concat().contains("unit/a") && !messages.concat().contains("unit/b"), "{messages:?}");
    run(&ws, 2, &[]).expect(0);
    assert_eq!(whole(&ws, &[]).1, "pass");
    // A replay of everything is whole: what is covered counts, not what it is called.
    ws.put("red", "a\nb\n");
    run(&ws, 3, &["--skip-lint"]).expect(1);
    ws.put("red", "").put("tollgate.toml", format!("{HEAD}{UNITS}"));
    run(&ws, 4, &["--rerun-from", "runs/20261120T110300Z/summary.json"]).expect(0);
    assert_eq!(whole(&ws, &[]).1, "pass");
}

#[test]
fn a_replay_of_single_tests_is_no_whole_suite() {
    let suite = "[suites.unit]\nnames = ['a']\nreader = 'tap'\ncommand = 'cat {name}.tap'\n\
                 single = 'cat one.tap {test}.args'\n";
    let ws = ws(&[suite]);
    ws.put("a.tap", "TAP version 13\n1..2\nok 1 - one\nnot ok 2 - two\n");
    ws.put("one.tap", "TAP version 13\n1..1\nok 1 - two\n").put("two.args", "");
    run(&ws, 0, &[]).expect(1);
    run(&ws, 1, &["--rerun-from", "runs/20261120T110000Z/summary.json"]).expect(0);
    assert_eq!(ws.json("runs/20261120T110100Z/summary.json")["units"][0]["ran"], "tests");
    let (_, status, messages) = whole(&ws, &[]);
    assert_eq!(status, "fail");
    assert!(messages[0].contains("of unit/a only the tests that were replayed ran"), "{messages:?}");
}

#[test]
fn a_replay_by_something_that_does_not_say_how_much_ran_is_none() {
    let ws = ws(&[UNITS]);
    run(&ws, 0, &[]).expect(0);
    let path = "runs/20261120T110000Z/summary.json";
    let mut summary = ws.json(path);
    summary["rerun_from"] = "runs/other/summary.json".into();
    ws.put(path, summary.to_string());
    let (_, status, messages) = whole(&ws, &[]);
    assert_eq!(status, "fail");
    assert!(messages[0].contains("does not say how much"), "{messages:?}");
}

#[test]
fn without_suites_nothing_is_asked() {
    let ws = ws(&[]);
    ws.put("r.xml", "<testsuite name='anything'><testcase classname='c' name='t' time='1'/></testsuite>");
    ws.run(&["ingest", "junit", "r.xml", "--now", "2026-11-20T11:00:00Z"]).expect(0);
    let (checked, status, _) = whole(&ws, &["--lane", "certification"]);
    assert_eq!((checked.code, status.as_str()), (0, "skip"), "{}", checked.stderr);
    assert_eq!(checked.gate("whole_run").reason, "not_applicable");
    assert!(promotion(&checked).0);
}

#[test]
fn a_kind_that_is_ingested_is_held_by_its_names() {
    let kind = "[suites.junit]\nnames = ['web', 'api']\nevidence = 'ingest'\n";
    let ws = ws(&[kind]);
    let report = |suites: &[&str]| {
        let one = |name: &&str| {
            format!("<testsuite name='{name}'><testcase classname='c' name='t' time='1'/></testsuite>")
        };
        format!("<testsuites>{}</testsuites>", suites.iter().map(one).collect::<String>())
    };
    ws.put("r.xml", report(&["web", "api", "more"]));
    // The kind of the ingest does not count, with it or without it.
    for (minute, kind) in (0..).zip(["unit", "junit"]) {
        let now = format!("2026-11-20T11:{minute:02}:00Z");
        ws.run(&["ingest", "--kind", kind, "junit", "r.xml", "--now", &now]).expect(0);
        let (checked, status, _) = whole(&ws, &["--lane", "certification"]);
        assert_eq!((checked.code, status.as_str()), (0, "pass"), "{}", checked.stderr);
    }
    ws.put("r.xml", report(&["web"]));
    ws.run(&["ingest", "junit", "r.xml", "--now", "2026-11-20T11:30:00Z"]).expect(0);
    let (_, status, messages) = whole(&ws, &[]);
    assert_eq!(status, "fail");
    assert!(messages[0].contains("junit/api"), "{messages:?}");
    // Nothing here runs it, and that is said.
    let said = run(&ws, 40, &[]).expect(3);
    assert!(said.stderr.contains("[suites.junit] has no `command`"), "{}", said.stderr);
    let said = run(&ws, 41, &["--unit-target", "web"]).expect(2);
    assert!(said.stderr.contains("cannot be run"), "{}", said.stderr);
}

#[test]
fn more_retries_than_the_policy_allows_do_not_happen_and_are_a_gap() {
    let suite =
        |most: u32| format!("[suites.unit]\nnames = ['a']\ncommand = 'sh once.sh'\nmax_retries = {most}\n");
    let ws = ws(&[&suite(1)]);
    let seen = ws.outside("seen");
    ws.put("once.sh", format!("[ -e {seen} ] || {{ touch {seen}; exit 1; }}\n"));
    run(&ws, 0, &["--retries", "5"]).expect(0);
    assert_eq!(whole(&ws, &[]).1, "pass");
    ws.put("tollgate.toml", format!("{HEAD}{}", suite(0)));
    let (_, status, messages) = whole(&ws, &[]);
    assert_eq!(status, "fail");
    assert!(messages[0].contains("was started 2 times"), "{messages:?}");
    std::fs::remove_file(seen).unwrap();
    run(&ws, 1, &["--retries", "5"]).expect(1);
    assert_eq!(ws.json("runs/20261120T110100Z/summary.json")["units"][0]["attempts"], 1);
}

#[test]
fn what_cannot_be_told_is_an_error_and_no_gap() {
    let own = |ws: &Ws| {
        ws.asserts("own", "size(run_gaps) >= 0");
    };
    // No run; a summary that is no JSON; a plan that cannot be read.
    let ws = ws(&[UNITS]);
    own(&ws);
    let judged = ws.check(&["--gate", "own"]).gate("own");
    assert_eq!((judged.status.as_str(), judged.reason.as_str()), ("fail", "expression"));
    assert!(judged.messages[0].contains("`tollgate run` makes one"), "{:?}", judged.messages);
    assert_eq!(ws.check(&["--gate", "whole_run"]).gate("whole_run").status, "fail");
    run(&ws, 0, &[]).expect(0);
    assert_eq!(ws.check(&["--gate", "own"]).gate("own").status, "pass");
    let path = "runs/20261120T110000Z/summary.json";
    let good = ws.text(path);
    for broken in ["", "{", "{}", &good.replace("\"units\"", "\"other\"")] {
        ws.put(path, broken);
        assert_eq!(ws.check(&["--gate", "own"]).gate("own").reason, "expression", "{broken}");
    }
    ws.put(path, good);
    ws.put("tollgate.toml", format!("{HEAD}[suites.unit]\nfrom = 'classification'\ncommand = 'true'\n"));
    ws.put("tests/suite_classification.toml", "[suite.unit\n");
    assert_eq!(ws.check(&["--gate", "own"]).gate("own").reason, "expression");
    // A profile that selects nothing asks nothing, and no run is whole by it.
    ws.remove("tests/suite_classification.toml");
    let judged = ws.check(&["--gate", "whole_run"]).gate("whole_run");
    assert!(judged.status == "fail" && judged.messages[0].contains("selects nothing"), "{judged:?}");
}

#[test]
fn promotion_is_held_to_the_whole_in_every_pack() {
    let ws = ws(&[UNITS]);
    ws.put("tollgate.toml", format!("{}{UNITS}", HEAD.replace("['starter']", "[]")));
    ws.asserts("own", "true == (1 == 1)");
    // Without any run the workspace judges something else.
    assert!(promotion(&ws.check(&["--lane", "certification"]).expect(0)).0);
    run(&ws, 0, &["--unit-target", "a"]).expect(0);
    let (allowed, conditions) = promotion(&ws.check(&["--lane", "certification"]).expect(0));
    assert!(!allowed && conditions.contains("unit/b"), "{conditions}");
    run(&ws, 1, &[]).expect(0);
    assert!(promotion(&ws.check(&["--lane", "certification"]).expect(0)).0);
    // The newest run came to no end.
    ws.put("runs/20261120T115000Z/run_events.jsonl", "");
    let (allowed, conditions) = promotion(&ws.check(&["--lane", "certification"]).expect(0));
    assert!(!allowed && conditions.contains("summary.json"), "{conditions}");
}

#[test]
fn a_waiver_of_the_gate_lets_a_part_go_and_stands_in_the_promotion() {
    let ws = ws(&[UNITS]);
    run(&ws, 0, &["--unit-target", "a"]).expect(0);
    ws.put(
        "tests/suite_classification.toml",
        "[waiver.whole_run]\nowner = 'o'\nreason = 'r'\nissue = 'https://x.example/1'\nlanes = ['full', 'certification']\n\
         created = 2026-11-19\nexpires = 2026-11-25\nexit_criteria = 'e'\nchecks = ['choice']\n",
    );
    let (checked, status, _) = whole(&ws, &["--lane", "certification"]);
    assert_eq!((checked.code, status.as_str()), (0, "waived"), "{}", checked.stderr);
    let (allowed, conditions) = promotion(&checked);
    assert!(
        allowed && conditions.contains("the waiver of `whole_run`") && conditions.contains("unit/b"),
        "{conditions}"
    );
    // It covers that gap and no other.
    ws.put("tollgate.toml", format!("{HEAD}{UNITS}{LINT}"));
    run(&ws, 1, &["--unit-target", "a", "--skip-lint"]).expect(0);
    assert_eq!(whole(&ws, &["--lane", "certification"]).1, "fail");
}

#[test]
fn doctor_says_what_a_whole_run_is_before_there_is_one() {
    let ws = ws(&[UNITS, E2E, LINT]);
    let said = ws.run(&["doctor", "--now", NOW]).stdout;
    assert!(said.contains("whole   the profile ci asks for 3 suites of 2 kinds and 1 lint steps"), "{said}");
    assert!(said.contains("there is no run yet: run `tollgate run` first"), "{said}");
    run(&ws, 0, &["--suite", "x"]).expect(0);
    let said = ws.run(&["doctor", "--now", NOW]).stdout;
    assert!(said.contains("the newest run lacks 2 of it: unit/a, unit/b"), "{said}");
    ws.put(
        "tollgate.toml",
        format!("{}{UNITS}{E2E}{LINT}[profiles.all]\n", HEAD.replace("output", "whole = 'all'\noutput")),
    );
    let json = ws.run(&["doctor", "--now", NOW, "--format", "json"]);
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(
        (&json["whole"]["profile"], &json["whole"]["command"]),
        (&"all".into(), &"tollgate run --profile all".into())
    );
    assert_eq!(json["whole"]["gaps"].as_array().map(Vec::len), Some(2));
}

/// A repository whose `main` asks for both kinds; the working tree holds the change.
fn repository(sections: &[&str]) -> Ws {
    let ws = ws(sections);
    ws.put("tollgate.toml", ws.text("tollgate.toml").replace("git = false\n", ""));
    ws.put(".gitignore", "out/\nruns/\n");
    ws.git(&["init", "-q", "-b", "main"]);
    ws.commit();
    ws
}

fn change(ws: &Ws, sections: &[&str]) {
    let head = HEAD.replace("git = false\n", "");
    ws.put("tollgate.toml", format!("{head}{}", sections.concat()));
    ws.git(&["checkout", "-q", "-B", "change"]);
    ws.commit();
}

const FROM: &[&str] = &["--policy-from", "main", "--lane", "certification"];

#[test]
fn a_change_cannot_take_a_suite_or_step_out_of_what_judges_it() {
    let removed: [(&[&str], &str); 5] = [
        (
            &["[suites.unit]\nnames = ['a']\ncommand = 'sh s.sh {name}'\n", E2E, LINT],
            "the suite b of the kind unit",
        ),
        (&[UNITS, LINT], "[suites.e2e]"),
        (&[UNITS, E2E], "the lint step fmt"),
        (&[UNITS, E2E, LINT, "[profiles.ci]\nskip = ['b']\n"], "the profile ci"),
        (&[UNITS, E2E, LINT, "[profiles.ci]\nlint = false\n"], "the profile ci"),
    ];
    for (sections, said) in removed {
        let ws = repository(&[UNITS, E2E, LINT]);
        change(&ws, sections);
        run(&ws, 0, &[]).expect(0);
        // What it says of itself is whole.
        assert_eq!(whole(&ws, &[]).1, "pass");
        let (checked, status, messages) = whole(&ws, FROM);
        assert_eq!((checked.code, status.as_str()), (1, "fail"), "{}", checked.stderr);
        let both = "a waiver of `whole_run` on main, or `policy-from: worktree` by a person, lets it go";
        assert!(messages[0].contains(both), "{messages:?}");
        assert!(checked.stderr.contains("What the change alters"), "{}", checked.stderr);
        assert!(checked.stderr.contains(&format!("taken out of the plan: {said}")), "{}", checked.stderr);
        let verdict = checked.verdict();
        assert!(verdict["policy"]["changes"].as_array().expect("a list").iter().any(|c| c["red"] == true));
        assert_eq!(verdict["policy"]["altered"], serde_json::json!(["whole_run"]));
        assert!(!promotion(&checked).0);
        for format in ["github", "markdown", "junit", "sarif"] {
            let mut args = vec!["check", "--now", NOW, "--format", format];
            args.extend(FROM);
            let report = ws.run(&args);
            assert!(report.stdout.contains("taken out of the plan"), "{format}: {}", report.stdout);
        }
    }
}

#[test]
fn what_is_taken_out_is_red_even_where_this_run_still_shows_it() {
    let ws = repository(&[UNITS, LINT]);
    run(&ws, 0, &[]).expect(0);
    let head = HEAD.replace("git = false\n", "");
    ws.put("tollgate.toml", format!("{head}{UNITS}"));
    assert_eq!(whole(&ws, &["--policy-from", "main"]).1, "fail");
}

#[test]
fn a_change_that_adds_or_alters_stays_green_and_is_shown() {
    let ws = repository(&[UNITS, LINT]);
    let units = "[suites.unit]\nnames = ['a', 'b', 'c']\ncommand = 'sh s.sh {name} --loud'\ntimeout = '1m'\n";
    change(&ws, &[units, E2E, "[lint]\nfmt = 'sh -c true'\nmore = 'true'\n"]);
    run(&ws, 0, &[]).expect(0);
    let (checked, status, _) = whole(&ws, FROM);
    assert_eq!((checked.code, status.as_str()), (0, "pass"), "{}", checked.stderr);
    let verdict = checked.verdict();
    let changes = verdict["policy"]["changes"].as_array().expect("a list");
    assert!(changes.iter().all(|c| c["red"] == false), "{changes:#?}");
    for said in [
        "`command` of [suites.unit] was: sh s.sh {name}; would be: sh s.sh {name} --loud",
        "`timeout` of [suites.unit] was: 600 s; would be: 60 s",
        "the suite c of the kind unit would be new",
        "[suites.e2e] would be new",
        "the lint step fmt was: true; would be: sh -c true",
    ] {
        assert!(checked.stderr.contains(said), "{said}\n{}", checked.stderr);
    }
}

#[test]
fn a_file_that_is_gone_is_shown_and_one_that_is_only_not_listed_is_red() {
    let glob = "[suites.unit]\nglob = 'tests/*.rs'\ncommand = 'sh s.sh {name}'\n";
    let ws = ws(&[glob]);
    ws.put("tollgate.toml", ws.text("tollgate.toml").replace("git = false\n", ""))
        .put(".gitignore", "out/\nruns/\n");
    ws.put("tests/a.rs", "").put("tests/b.rs", "").git(&["init", "-q", "-b", "main"]);
    ws.commit();
    ws.remove("tests/b.rs");
    change(&ws, &[glob]);
    run(&ws, 0, &[]).expect(0);
    let (checked, status, _) = whole(&ws, FROM);
    assert_eq!((checked.code, status.as_str()), (0, "pass"), "{}", checked.stderr);
    assert!(checked.stderr.contains("the suite b of the kind unit would be gone"), "{}", checked.stderr);
    // A pattern that finds less is another matter.
    ws.put("tests/b.rs", "");
    change(&ws, &[&glob.replace("*.rs", "a*.rs")]);
    run(&ws, 1, &[]).expect(0);
    assert_eq!(whole(&ws, FROM).1, "fail");
}

#[test]
fn the_list_of_the_base_decides_what_is_classified() {
    let listed = "[suites.unit]\nfrom = 'classification'\ncommand = 'sh s.sh {name}'\n";
    let ws = ws(&[listed]);
    ws.put("tollgate.toml", ws.text("tollgate.toml").replace("git = false\n", ""))
        .put(".gitignore", "out/\nruns/\n");
    ws.put("tests/a.rs", "").put("tests/b.rs", "");
    ws.put("tests/suite_classification.toml", "[suite.unit]\nfiles = ['a', 'b']\n");
    ws.git(&["init", "-q", "-b", "main"]);
    ws.commit();
    // Taken off the list with its file left where it is: the failing suite would be in nobody's way.
    ws.put("tests/suite_classification.toml", "[suite.unit]\nfiles = ['a']\n");
    change(&ws, &[listed]);
    run(&ws, 0, &[]).expect(0);
    let (_, status, messages) = whole(&ws, FROM);
    assert_eq!(status, "fail");
    assert!(messages[0].contains("unit/b"), "{messages:?}");
    // Taken away with its file: shown.
    ws.remove("tests/b.rs");
    ws.commit();
    run(&ws, 1, &[]).expect(0);
    let (checked, status, _) = whole(&ws, FROM);
    assert_eq!((checked.code, status.as_str()), (0, "pass"), "{}", checked.stderr);
    assert!(checked.stderr.contains("the suite b of the kind unit would be gone"), "{}", checked.stderr);
}

#[test]
fn a_change_whose_own_plan_cannot_be_read_takes_everything_out() {
    let ws = repository(&[UNITS]);
    run(&ws, 0, &[]).expect(0);
    ws.put("tollgate.toml", "[workspace\n");
    let (checked, status, _) = whole(&ws, &["--policy-from", "main"]);
    assert_eq!(status, "fail", "{}", checked.stderr);
    ws.remove("tollgate.toml");
    assert_eq!(whole(&ws, &["--policy-from", "main"]).1, "fail");
}

#[test]
fn secrets_of_a_changed_plan_are_masked() {
    let ws = repository(&[UNITS]);
    let units = "[suites.unit]\nnames = ['a', 'b']\ncommand = 'API_TOKEN=hunter2hunter2 sh s.sh {name}'\n\
                 env = { DB_PASSWORD = 'swordfish-swordfish' }\n";
    change(&ws, &[units]);
    run(&ws, 0, &[]).expect(0);
    let checked = ws.check(FROM);
    let said = format!("{}{}", checked.stdout, checked.stderr);
    assert!(said.contains("`command` of [suites.unit]") && said.contains("`env` of [suites.unit]"), "{said}");
    assert!(!said.contains("hunter2") && !said.contains("swordfish"), "{said}");
}

#[test]
fn a_clone_of_its_own_judges_the_run_of_another() {
    let ws = repository(&[UNITS, LINT]);
    run(&ws, 0, &[]).expect(0);
    let clone = Ws::new();
    let (from, to) = (ws.dir().display().to_string(), clone.at("c").display().to_string());
    ws.git(&["clone", "-q", &from, &to]);
    let path = "20261120T110000Z/summary.json";
    clone.put(&format!("c/runs/{path}"), ws.text(&format!("runs/{path}")));
    let checked = clone.check(&[
        "--root",
        "c",
        "--out",
        "out",
        "--policy-from",
        "origin/main",
        "--lane",
        "certification",
    ]);
    assert_eq!(checked.gate("whole_run").status, "pass", "{}", checked.stderr);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
}

#[test]
fn the_parity_workspace_is_whole_and_promoted() {
    let ws = Ws::new();
    let parity = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/workspaces/parity");
    let checked = ws.check(&["--root", parity, "--out", "out", "--lane", "certification"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    assert_eq!(promotion(&checked), (true, String::new()));
    let said = ws.run(&["doctor", "--root", parity, "--now", NOW]).stdout;
    assert!(
        said.contains("48 suites of 3 kinds and 1 lint steps\n        the newest run shows all of it"),
        "{said}"
    );
}

#[test]
fn what_ran_by_another_command_than_tollgate_toml_has_is_no_part_of_the_whole() {
    let ws = ws(&[UNITS, LINT]);
    let own = ws.text("tollgate.toml");
    for (nth, (from, to, told)) in [
        ("'sh s.sh {name}'", "'true {name}'", "ran otherwise than [suites.unit] of tollgate.toml has it"),
        (
            "'sh s.sh {name}'",
            "'sh s.sh {name}'\nenv = {RED = '0'}",
            "ran otherwise than [suites.unit] of tollgate.toml has it",
        ),
        ("fmt = 'true'", "fmt = 'true --quick'", "fmt ran by another command than tollgate.toml has for it"),
    ]
    .into_iter()
    .enumerate()
    {
        ws.put("tollgate.toml", own.replacen(from, to, 1));
        run(&ws, nth as u8, &[]).expect(0);
        assert_eq!(whole(&ws, &[]).1, "pass", "by the file that it ran by");
        ws.put("tollgate.toml", &own);
        let (_, status, messages) = whole(&ws, &[]);
        assert_eq!(status, "fail");
        assert!(messages.iter().any(|m| m.contains(told)), "{messages:?}");
    }
    // How long it may take and how one test of it is run changes nothing that it shows.
    ws.put(
        "tollgate.toml",
        own.replacen("'sh s.sh {name}'", "'sh s.sh {name}'\ntimeout = '7s'\nsingle = 'x {test}'", 1),
    );
    run(&ws, 9, &[]).expect(0);
    ws.put("tollgate.toml", &own);
    assert_eq!(whole(&ws, &[]).1, "pass");
}

#[test]
fn a_summary_that_another_document_of_its_folder_contradicts_is_not_believed() {
    let red = ws(&[UNITS]);
    red.put("red", "b\n");
    run(&red, 0, &[]).expect(1);
    let green = ws(&[UNITS]);
    run(&green, 0, &[]).expect(0);
    let newest = |ws: &Ws| {
        let mut all: Vec<_> =
            std::fs::read_dir(ws.at("runs")).expect("runs").map(|e| e.expect("entry").file_name()).collect();
        all.retain(|name| name.to_string_lossy().starts_with("2026"));
        format!("runs/{}", all.iter().max().expect("a run").to_string_lossy())
    };
    // The green summary of another run, in the folder of the red one.
    let path = format!("{}/summary.json", newest(&red));
    let taken = green.text(&format!("{}/summary.json", newest(&green)));
    red.put(&path, taken);
    let checked = red.check(&[]).expect(1);
    let gate = checked.gate("pass_rate");
    assert_eq!(gate.status, "fail");
    let told = format!(
        "of b its run says one thing in summary.json, and status \"failed\" in {}/b/result.json",
        newest(&red)
    );
    assert!(gate.messages.iter().any(|m| m.contains(&told)), "{:?}", gate.messages);
    // A document that is gone says nothing, one that cannot be read may say anything.
    red.remove(&format!("{}/b/result.json", newest(&red)));
    assert!(red.check(&[]).gate("pass_rate").messages.iter().all(|m| !m.contains("b/result.json")));
    red.put(&format!("{}/a/result.json", newest(&red)), "{");
    let messages = red.check(&[]).expect(1).gate("pass_rate").messages;
    assert!(messages.iter().any(|m| m.contains("something that is no JSON in")), "{messages:?}");
}

#[test]
fn a_suite_called_passed_that_ended_otherwise_is_red() {
    let ws = ws(&[UNITS]);
    run(&ws, 0, &[]).expect(0);
    let path = std::fs::read_dir(ws.at("runs"))
        .expect("runs")
        .map(|e| e.expect("entry").path().join("summary.json"))
        .find(|p| p.exists())
        .expect("a summary");
    let text = std::fs::read_to_string(&path).expect("text");
    for (from, to) in [("\"exit_code\": 0", "\"exit_code\": 3"), ("\"signal\": null", "\"signal\": 9")] {
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replacen(from, to, 1)).expect("written");
        for folder in ["a", "b"] {
            let _ = std::fs::remove_file(path.with_file_name(folder).join("result.json"));
        }
        let messages = ws.check(&[]).expect(1).gate("pass_rate").messages;
        assert!(
            messages.iter().any(|m| m.contains("a is called passed, and did not end with")),
            "{messages:?}"
        );
    }
}
