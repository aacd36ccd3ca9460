//! What retries and repeated runs prove: product bugs that a retry heals are not called flaky, and flakes are.

use crate::support::{NOW, Run, Ws};
use serde_json::Value;

/// `say NAME CODE` prints the result of a test; the second argument of the script is the one test that is asked for.
const HEAD: &str = "only=$2; n=0; code=0\n\
    wanted() { [ -z \"$only\" ] || [ \"$only\" = \"$1\" ]; }\n\
    say() {\n  wanted $1 || return 0; n=$((n+1))\n\
      if [ $2 = 0 ]; then echo \"ok $n - $1\"; return 0; fi\n\
      echo \"not ok $n - $1\"; echo '  ---'; echo '  message: left is not right'; echo '  ...'; code=1\n}\n";

const TOML: &str = "[workspace]\npacks = ['starter']\nresults = 'runs'\ngit = false\n\
    [suites.unit]\nnames = ['u']\ncommand = 'sh u.sh {name}'\nreader = 'tap'\n";
const SINGLE: &str = "single = 'sh u.sh {name} {test}'\n";

/// A repository with one suite, whose script is this; `@` is a folder outside of it.
fn scenario(keys: &str, script: &str) -> Ws {
    let ws = Ws::new();
    let script = format!("{HEAD}{script}\necho 1..$n\nexit $code\n").replace('@', &ws.outside(""));
    ws.put("tollgate.toml", format!("{TOML}{keys}")).put("u.sh", script).put("src", "1\n");
    ws.repository();
    ws.put(".gitignore", "out/\nruns/\ncache/\nvar/\n").commit();
    ws
}

fn run(ws: &Ws, retries: &str, out: &str) -> Run {
    ws.run(&["run", "--retries", retries, "--out", &format!("out/{out}")])
}

/// The suite in a run's summary.
fn unit(ws: &Ws, out: &str) -> Value {
    ws.json(&format!("out/{out}/summary.json"))["units"][0].clone()
}

fn test(unit: &Value, name: &str) -> Value {
    unit["tests"].as_array().unwrap().iter().find(|test| test["name"] == name).unwrap().clone()
}

/// That a test is failed by a run, and why.
fn failed(ws: &Ws, retries: &str, name: &str, flake: &str) -> Run {
    let run = run(ws, retries, "o").expect(1);
    let unit = unit(ws, "o");
    let test = test(&unit, name);
    let told = (test["status"].as_str().unwrap(), test["flake"].as_str().unwrap_or(""));
    assert_eq!(told, ("failed", flake), "{unit:#}");
    assert_eq!((&unit["status"], &unit["flaky"]), (&"failed".into(), &0.into()));
    ws.run(&["validate", "out/o"]).expect(0);
    run
}

/// What the report over two runs says of the only test that failed.
fn habit(ws: &Ws) -> String {
    let report = ws.run(&["flake", "report", "out/a", "out/b", "--format", "json"]).expect(0);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    report["tests"][0]["habit"].as_str().unwrap().to_string()
}

#[test]
fn a_cold_cache_that_the_first_attempt_heals() {
    for script in [
        "r=0; [ -f cache/x ] || { r=1; mkdir -p cache; touch cache/x; }; say a $r",
        // Touched anew by each attempt, as caches are.
        "r=0; [ -f cache/x ] || r=1; mkdir -p cache; touch cache/x; say a $r",
        // Neither tracked nor ignored.
        "r=0; [ -f new ] || r=1; touch new; say a $r",
        // A folder alone.
        "r=0; [ -d cache/y ] || r=1; mkdir -p cache/y; say a $r",
    ] {
        for keys in ["", SINGLE] {
            let run = failed(&scenario(keys, script), "3", "a", "other_state");
            assert!(
                run.stderr.contains("did not begin in the state of the failed attempt"),
                "{}",
                run.stderr
            );
        }
        // The same over two runs.
        let ws = scenario("", script);
        self::run(&ws, "0", "a").expect(1);
        self::run(&ws, "0", "b").expect(0);
        assert_eq!(habit(&ws), "changed", "{script}");
    }
}

#[test]
fn a_test_that_depends_on_those_before_it() {
    // `b` is red wherever `a` ran before it.
    let script = "wanted a && seen=1; say a 0; say b ${seen:-0}";
    let ws = scenario(SINGLE, script);
    let said = failed(&ws, "2", "b", "order_dependent");
    assert!(said.stderr.contains("it fails with others and passes alone"), "{}", said.stderr);
    assert!(ws.text("out/o/junit.xml").contains("it fails with others and passes alone"));
    assert!(ws.text("out/o/run_report.md").contains("it fails with others and passes alone"));
    assert_eq!(test(&unit(&ws, "o"), "b")["passes_alone"], true);
    // Its replay is of the suite: alone it would be green.
    ws.run(&["replay", "out/o", "--out", "out/again"]).expect(1);
    assert_eq!(unit(&ws, "again")["ran"], "whole");
    let ws = scenario(SINGLE, script);
    let said = failed(&ws, "1", "b", "no_budget");
    assert!(said.stderr.contains("no retry was left to run it with the others"), "{}", said.stderr);
    failed(&scenario("", script), "2", "b", "");
}

#[test]
fn state_that_was_left_behind_and_is_taken_away() {
    let ws = scenario("", "r=0; [ -f var/lock ] && { rm var/lock; r=1; }; say a $r");
    ws.put("var/lock", "");
    failed(&ws, "2", "a", "other_state");
    // A file that the failing attempt repairs.
    let ws = scenario(
        "",
        "grep -q 1 var/db; r=$?; echo 1 > var/db.new; cmp -s var/db var/db.new || cp var/db.new var/db; say a $r",
    );
    ws.put("var/db", "0\n").put("var/db.new", "");
    failed(&ws, "2", "a", "other_state");
}

#[test]
fn an_edit_that_was_never_committed() {
    let ws = scenario("", "r=0; grep -q 1 src || r=1; say a $r");
    ws.put("src", "2\n");
    run(&ws, "0", "a").expect(1);
    ws.put("src", "1\n");
    run(&ws, "0", "b").expect(0);
    assert_eq!(habit(&ws), "changed");
    // The same between two attempts of one run.
    let ws = scenario("", "r=0; grep -q 1 src || { r=1; echo 1 > src; }; say a $r");
    ws.put("src", "2\n");
    failed(&ws, "1", "a", "other_state");
}

#[test]
fn a_locale_a_time_zone_and_a_feature_variable() {
    let script = "r=0; [ \"$LC_ALL$TZ$FEATURE\" = good ] || r=1; say a $r";
    for name in ["LC_ALL", "TZ"] {
        let ws = scenario("", script);
        for (value, out, code) in [("bad", "a", 1), ("good", "b", 0)] {
            let mut command = ws.command(&["run", "--out", &format!("out/{out}")]);
            command.env(name, value);
            crate::support::finish(command).expect(code);
        }
        assert_eq!(habit(&ws), "changed", "{name}");
    }
    let ws = scenario("env = { FEATURE = 'bad' }\n", script);
    run(&ws, "0", "a").expect(1);
    let toml = ws.text("tollgate.toml").replace("'bad'", "'good'");
    ws.put("tollgate.toml", toml);
    run(&ws, "0", "b").expect(0);
    assert_eq!(habit(&ws), "changed");
}

/// Runs the second part from the second start on.
fn then(first: &str) -> String {
    format!("if [ ! -e @/seen ]; then touch @/seen; {first}; else say a 0; fi")
}

#[test]
fn a_race_that_is_reported_and_a_crash() {
    for (first, status, flake) in [
        ("echo 'WARNING: DATA RACE' >&2; say a 1", "failed", ""),
        ("echo '=1=ERROR: AddressSanitizer: heap-use-after-free'; say a 1", "failed", ""),
        ("kill -SEGV $$", "crashed", "crash"),
        // A shell around it tells of the signal.
        ("say a 1; code=139", "failed", ""),
        // Ended by its own clock, and without a result.
        ("exit 124", "failed", "crash"),
    ] {
        for allowed in [false, true] {
            let keys = if allowed { "flaky_crash = 'allow'\n" } else { "" };
            let ws = scenario(keys, &then(first));
            run(&ws, "1", "o").expect(i32::from(!allowed));
            let unit = unit(&ws, "o");
            if allowed {
                assert_eq!(unit["status"], "flaky", "{first}: {unit:#}");
                continue;
            }
            assert_eq!(unit["status"], status, "{first}: {unit:#}");
            let test = test(&unit, "a");
            let told = if flake.is_empty() { &test["flake"] } else { &unit["flake"] };
            assert_eq!(told, "crash", "{first}: {unit:#}");
        }
    }
}

#[test]
fn a_process_that_holds_what_the_next_test_needs() {
    // Alone `b` is green: what `a` left is ended with its attempt.
    let script = "r=0; wanted a && { sleep 300 & echo $! > @/pid; }; say a 0\n\
                  [ -e @/pid ] && kill -0 $(cat @/pid) 2>/dev/null && r=1; say b $r";
    failed(&scenario(SINGLE, script), "2", "b", "order_dependent");
}

#[test]
fn a_file_that_tests_share() {
    let script = "wanted a && touch @/shared; say a 0; r=0; [ -e @/shared ] && r=1; say b $r";
    failed(&scenario(SINGLE, script), "3", "b", "");
}

/// Red in so many of a hundred starts: which they are is the same in each test.
fn flake(percent: u32) -> String {
    format!(
        "k=$(cat @/count 2>/dev/null || echo 0); k=$((k+1)); echo $k > @/count\n\
         r=0; [ $((k * 7937 % 100)) -lt {percent} ] && r=1; say a 0; say b $r"
    )
}

/// The first start from which on a test is red, then green as often as `then` says.
fn start(percent: u32, then: &[bool]) -> u32 {
    let red = |k: u32| k * 7937 % 100 < percent;
    (0..1_000).find(|k| red(k + 1) && then.iter().zip(2..).all(|(wanted, n)| red(k + n) == *wanted)).unwrap()
}

#[test]
fn a_flake_is_called_one() {
    for percent in [5, 20, 50] {
        for (keys, retries, then) in [("", "1", &[false][..]), (SINGLE, "2", &[false, false])] {
            let ws = scenario(keys, &flake(percent));
            std::fs::write(ws.outside("count"), start(percent, then).to_string()).unwrap();
            run(&ws, retries, "o").expect(0);
            let unit = unit(&ws, "o");
            assert_eq!((&unit["status"], &test(&unit, "b")["status"]), (&"flaky".into(), &"flaky".into()));
            ws.run(&["validate", "out/o"]).expect(0);
        }
        // Over runs that retry nothing.
        let ws = scenario("", &flake(percent));
        let first = start(percent, &[false]);
        std::fs::write(ws.outside("count"), first.to_string()).unwrap();
        run(&ws, "0", "a").expect(1);
        run(&ws, "0", "b").expect(0);
        assert_eq!(habit(&ws), "flaky", "{percent}");
    }
    // Half of the time red with the others too, after it passed alone: one more run of the suite shows it.
    let ws = scenario(SINGLE, &flake(50));
    std::fs::write(ws.outside("count"), start(50, &[false, true, false]).to_string()).unwrap();
    run(&ws, "3", "o").expect(0);
}

#[test]
fn what_was_there_and_both_attempts_change() {
    for script in [
        // A stale file of a cache, a tracked file, a database that grows, a link, a folder that is built anew.
        "grep -q new var/db || r=1; echo new > var/db",
        "grep -q 2 src || r=1; echo 2 > src",
        "[ $(wc -l < var/db) -gt 1 ] || r=1; echo row >> var/db",
        "[ $(readlink var/cur) = v2 ] || r=1; ln -sfn v2 var/cur",
        "grep -q new cache/x || r=1; rm -rf cache; mkdir cache; echo new > cache/x",
        "[ -x var/db ] || r=1; chmod 755 var/db; touch var/db",
        // An empty file says when it was touched.
        "[ var/stamp -nt src ] || r=1; touch var/stamp",
        // What is moved keeps its times.
        "[ -d var/v3 ] || { r=1; mv var/v1 var/v3; }",
        // What tests write below a build folder.
        "[ -f target/tmp/x ] || r=1; mkdir -p target/tmp; echo 1 > target/tmp/x",
    ] {
        let ws = scenario("", &format!("r=0; {script}; say a $r"));
        ws.put("var/db", "old\n")
            .put("var/stamp", "")
            .put("var/v1/x", "")
            .put("var/v2/x", "")
            .put("cache/x", "old\n");
        ws.put("target/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n").put("target/x", "");
        std::os::unix::fs::symlink("v1", ws.at("var/cur")).unwrap();
        let stamp = std::fs::File::options().write(true).open(ws.at("var/stamp")).unwrap();
        stamp.set_modified(std::time::UNIX_EPOCH).unwrap();
        failed(&ws, "2", "a", "other_state");
    }
}

#[test]
fn what_is_written_anew_as_it_was_is_no_state() {
    let more = "echo old > var/db; rm -rf cache; mkdir cache; echo old > cache/x; echo $k > .coverage; \
                mkdir -p target coverage htmlcov; echo $k > target/x; echo $k > coverage/lcov.info; echo $k > htmlcov/x\n\
                echo 'Signature: 8a477f597d28d172789f06886806bc55' > target/CACHEDIR.TAG\n";
    for percent in [5, 20, 50] {
        let ws = scenario("", &format!("{}; {more}", flake(percent)));
        ws.put("var/db", "old\n").put("cache/x", "old\n");
        std::fs::write(ws.outside("count"), start(percent, &[false]).to_string()).unwrap();
        run(&ws, "1", "o").expect(0);
        assert_eq!(unit(&ws, "o")["status"], "flaky", "{percent}");
    }
}

#[test]
fn what_a_kind_names_as_outputs_is_no_state() {
    let script = "k=$(cat @/k 2>/dev/null || echo 0); echo $((k+1)) > @/k; mkdir -p var/new; echo $k >> var/log; echo $k > var/new/y; say a $((1 - k % 2))";
    for (keys, code) in [
        ("", 1),
        ("outputs = ['var/log']\n", 1),
        ("outputs = ['var/log', 'var/new']\n", 0),
        ("outputs = ['var/*', 'var/new/**']\n", 0),
        ("outputs = ['var/log', 'var/new/y']\n", 0),
    ] {
        let ws = scenario(keys, script);
        ws.put("var/log", "0\n");
        run(&ws, "1", "o").expect(code);
        assert_eq!(unit(&ws, "o")["status"] == "flaky", code == 0, "{keys}");
    }
    // Where it was not there before, one more failure from where it is shows it.
    let script = "k=$(cat @/k 2>/dev/null || echo 0); echo $((k+1)) > @/k; mkdir -p var; echo 1 > var/log; say a $((1 - k % 2))";
    for (retries, code) in [("1", 1), ("2", 1), ("3", 0)] {
        run(&scenario("", script), retries, "o").expect(code);
    }
    // Nor is what the settings leave out.
    let ws = scenario("", "r=0; [ -f cache/x ] || { r=1; mkdir -p cache; touch cache/x; }; say a $r");
    let toml = ws.text("tollgate.toml").replace("results", "tree_exclude = ['cache']\nresults");
    ws.put("tollgate.toml", toml);
    run(&ws, "1", "o").expect(0);
    // A change that names more is seen.
    let ws = scenario("", "say a 0");
    let toml = ws.text("tollgate.toml");
    ws.put("tollgate.toml", format!("{toml}outputs = ['var']\n"));
    ws.run(&["run", "--now", NOW, "--out", "out/o"]).expect(0);
    let whole = ws.check(&["--run", "out/o", "--policy-from", "HEAD"]).gate("whole_run");
    assert!(
        whole.messages.iter().any(|m| m.contains("lets more files change between attempts")),
        "{:?}",
        whole.messages
    );
}

#[test]
fn the_folder_of_the_suite_is_empty_for_each_attempt() {
    let ws = scenario(
        "env = { OUT = '{out}' }\n",
        "r=0; [ -f $OUT/cache/x ] || r=1; mkdir -p $OUT/cache; echo $r > $OUT/cache/x; say a $r",
    );
    failed(&ws, "2", "a", "");
    for path in ["attempt_1/cache/x", "attempt_2/cache/x", "cache/x", "output.log", "output.attempt_3.log"] {
        assert!(ws.at("out/o/u").join(path).is_file(), "{path}");
    }
    assert!(!ws.at("out/o/u~1").exists());
}

#[test]
fn a_folder_outside_behind_a_link() {
    let script = "r=0; [ -f cache/x ] || r=1; touch cache/x; say a $r";
    for (keys, code) in [("", 1), ("outputs = ['cache']\n", 0)] {
        let ws = scenario(keys, script);
        std::fs::create_dir_all(ws.outside("cache")).unwrap();
        std::os::unix::fs::symlink(ws.outside("cache"), ws.at("cache")).unwrap();
        let said = run(&ws, "1", "o").expect(code);
        assert_eq!(said.stderr.contains("cache leads out of the workspace"), code == 1, "{}", said.stderr);
    }
    // A file is looked at where it stands.
    let ws = scenario("", "r=0; grep -q 1 var/x || r=1; echo 1 > @/x; say a $r");
    std::fs::write(ws.outside("x"), "0\n").unwrap();
    ws.put("var/y", "");
    std::os::unix::fs::symlink(ws.outside("x"), ws.at("var/x")).unwrap();
    failed(&ws, "1", "a", "other_state");
}

#[test]
fn other_tests_before_it_or_another_order() {
    for (second, flake) in [
        // As `--last-failed`, `--failed-first` and a shuffled order have it.
        ("say b 0", "other_tests"),
        ("say b 0; say a 0; say c 0", "other_tests"),
        ("say c 0; say a 0; say b 0", "other_tests"),
        ("say a 0; echo '# Randomized with seed 2'; say b 0; say c 0", "other_tests"),
        // What stands behind it did not run yet.
        ("say a 0; say b 0", ""),
        ("say a 0; say b 0; say c 0; say d 0", ""),
    ] {
        let script =
            format!("if [ ! -e @/seen ]; then touch @/seen; say a 0; say b 1; say c 0; else {second}; fi");
        let ws = scenario("", &script);
        if flake.is_empty() {
            run(&ws, "1", "o").expect(0);
            assert_eq!(test(&unit(&ws, "o"), "b")["status"], "flaky", "{second}");
        } else {
            let said = failed(&ws, "1", "b", flake);
            assert!(said.stderr.contains("with other tests before it"), "{}", said.stderr);
            assert_eq!(test(&unit(&ws, "o"), "b")["tries"][1]["company"], 2);
        }
    }
    // Where the exit code alone is read, the words of the command say it.
    for (words, code) in [("", 0), (" --lf", 1)] {
        let ws = scenario("", &then("exit 1"));
        let toml = ws.text("tollgate.toml").replace("'tap'", "'exit'");
        ws.put("tollgate.toml", toml.replace("'sh u.sh {name}'", &format!("\"sh u.sh {{name}} ''{words}\"")));
        run(&ws, "1", "o").expect(code);
    }
}

#[test]
fn runs_of_one_test_are_held_to_the_state_that_they_begin_in() {
    let check = |ws: &Ws, code: i32| -> Value {
        let said = ws.run(&["flake", "check", "u", "--runs", "3", "--format", "json"]).expect(code);
        serde_json::from_str(&said.stdout).unwrap()
    };
    let ws = scenario("", "r=0; [ -f cache/x ] || { r=1; mkdir -p cache; touch cache/x; }; say a $r");
    let said = check(&ws, 1);
    assert_eq!((&said["flake"], &said["failures"]), (&"other_state".into(), &1.into()), "{said:#}");
    assert_eq!(said["changed"], serde_json::json!(["cache", "cache/x"]));
    // A flake is one; what changes beside it is said.
    let ws = scenario("", &then("say a 1"));
    let said = check(&ws, 1);
    assert_eq!(
        (said.get("flake"), said.get("changed"), &said["notes"]),
        (None, None, &serde_json::json!([]))
    );
    let ws = scenario("", "echo 1 >> var/log; say a 0");
    ws.put("var/log", "");
    for jobs in ["1", "2"] {
        let said = ws.run(&["flake", "check", "u", "--runs", "3", "--jobs", jobs]).expect(0);
        assert!(said.stdout.contains("did not begin in one state of files"), "{}", said.stdout);
        assert!(said.stdout.contains("var/log changed in between"), "{}", said.stdout);
    }
}

#[test]
fn a_flake_fails_where_its_kind_says_so_and_an_outage_is_none() {
    let ws = scenario("flaky_result = 'fail'\n", &then("say a 1"));
    failed(&ws, "1", "a", "flaky");
    let outage = then("say a 1; say b 1; say c 0").replace("else say a 0", "else say a 0; say b 0; say c 0");
    for (limit, code, attempts) in [("50%", 1, 1), ("67%", 0, 2)] {
        let ws = scenario(&format!("retry_limit = '{limit}'\n"), &outage);
        let said = run(&ws, "3", "o").expect(code);
        assert_eq!(unit(&ws, "o")["attempts"], attempts);
        assert_eq!(
            said.stderr.contains("2 of its 3 tests failed, more than the 50% that `retry_limit`"),
            code == 1
        );
    }
}

#[test]
fn a_judge_believes_no_flake_that_the_attempts_do_not_show() {
    let ws = scenario("", &then("say a 1"));
    let now = ["--now", NOW];
    ws.run(&[&["run", "--retries", "1", "--out", "out/o"], &now[..]].concat()).expect(0);
    let judged = |args: &[&str]| ws.check(&[&["--run", "out/o"], args].concat()).gate("pass_rate");
    assert_eq!(judged(&[]).status, "pass", "{:?}", judged(&[]));
    let summary = ws.text("out/o/summary.json");
    let mut edited: Value = serde_json::from_str(&summary).unwrap();
    edited["units"][0]["tests"][0].as_object_mut().unwrap().remove("tries");
    ws.put("out/o/summary.json", edited.to_string());
    assert_eq!(judged(&[]).status, "fail");
    ws.put("out/o/summary.json", summary);
    let toml = ws.text("tollgate.toml");
    ws.put("tollgate.toml", format!("{toml}flaky_result = 'fail'\n"));
    assert_eq!(judged(&[]).status, "fail");
    // A change that lets flakes pass does not judge itself, and is seen.
    ws.commit();
    ws.put("tollgate.toml", toml);
    assert_eq!(judged(&["--policy-from", "HEAD"]).status, "fail");
    let whole = ws.check(&["--run", "out/o", "--policy-from", "HEAD"]).gate("whole_run");
    assert_eq!(whole.status, "fail");
    assert!(whole.messages.iter().any(|m| m.contains("lets flaky tests pass")), "{:?}", whole.messages);
}
