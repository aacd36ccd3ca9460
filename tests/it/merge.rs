//! `tollgate merge`: what stands in the folder of a merged run.

use crate::support::{NOW, Run, Ws, finish};
use serde_json::Value;
use std::path::{Path, PathBuf};

const TOML: &str = r#"
[workspace]
packs = ["starter"]
git = false
results = "runs"

[lint]
fmt  = "sh lint.sh"
docs = "echo fine"

[suites.unit]
names   = ["alpha", "beta", "gamma", "two words"]
command = "sh suite.sh {name}"
single  = "sh suite.sh {name} {test}"
reader  = "tap"
timeout = "60s"

[suites.e2e]
names   = ["smoke"]
command = "sh suite.sh {name}"
reader  = "tap"

[profiles.ci]
kinds = ["unit", "e2e"]
lint  = true
"#;

/// Of two tests; that of `beta` fails, and `gamma` is ended by a signal.
const SUITE: &str = r#"
echo "$1" > "said by $1"
echo 1..2; echo ok 1 - one
[ "$1" = gamma ] && kill -9 $$
[ "$1" = beta ] && { echo not ok 2 - two; exit 1; }
echo ok 2 - two
"#;

/// Says something else in each shard, and fails in the second.
const LINT: &str = "echo x >> runs.txt; cat runs.txt; [ \"$(wc -l < runs.txt)\" -ne 2 ]\n";

const SHARDS: [(&str, &str, &str); 3] = [("suite", "0", "1"), ("unit", "0", "2"), ("unit", "1", "2")];

/// A workspace in which the shards of one run stand in `suite-0`, `unit-0` and `unit-1`, and an earlier whole run in `base`.
fn shards(artifacts: &str) -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML).put("suite.sh", SUITE).put("lint.sh", "echo fine\n");
    ws.run(&["run", "--out", "base", "--now", NOW]).expect(1);
    ws.put("lint.sh", LINT);
    shards_of(&ws, &["--artifacts", artifacts], &[]);
    ws
}

fn shards_of(ws: &Ws, more: &[&str], env: &[(&str, &str)]) {
    for (kind, index, total) in SHARDS {
        let out = format!("{kind}-{index}");
        let of = ["run", "--shard-kind", kind, "--shard-index", index, "--shard-total", total, "--out", &out];
        assert!(run_with(ws, &[&of[..], more, &["--now", NOW]].concat(), env).code <= 1);
    }
}

fn run_with(ws: &Ws, args: &[&str], env: &[(&str, &str)]) -> Run {
    let mut command = ws.command(args);
    command.envs(env.iter().copied());
    finish(command)
}

/// Shards of these flags and this environment, and beside them `whole`: the run that they divide.
fn divided(more: &[&str], env: &[(&str, &str)]) -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML).put("lint.sh", "echo fine\n");
    ws.put("suite.sh", SUITE).run(&["run", "--out", "base", "--now", NOW]).expect(1);
    ws.put("suite.sh", "echo \"$MY_TOKEN\"; echo 1..1; echo ok 1 - one\n");
    run_with(&ws, &[&["run", "--out", "whole", "--now", NOW], more].concat(), env).expect(0);
    shards_of(&ws, more, env);
    ws
}

/// Merges into `one` without a word more than the shards.
fn merge_alone(ws: &Ws, code: i32) -> String {
    ws.run(&["merge", "unit-1", "suite-0", "unit-0", "--now", NOW, "--out", "one"]).expect(code).stderr
}

fn merge(ws: &Ws, out: &str, code: i32) -> String {
    let args = ["merge", "unit-1", "suite-0", "unit-0", "--diff-from", "base", "--now", NOW, "--out", out];
    ws.run(&args).expect(code).stderr
}

/// The shard in which a unit ran.
fn shard_of(ws: &Ws, unit: &str) -> String {
    let has = |shard: &&str| {
        let summary = ws.json(&format!("{shard}/summary.json"));
        summary["units"].as_array().unwrap().iter().any(|u| u["name"] == unit)
    };
    ["unit-0", "unit-1"].into_iter().find(has).unwrap().to_string()
}

/// Every path that a document names, with the key that it stands under.
fn paths(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| paths(item, found)),
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(text) if ["path", "log"].contains(&&**key) || key.ends_with("_path") => {
                        found.push((key.clone(), text.clone()));
                    }
                    Value::String(text) => {
                        let rerun = text.split("--rerun-from ").nth(1);
                        found.extend(rerun.map(|path| (key.clone(), path.trim_matches('\'').to_string())));
                    }
                    other => paths(other, found),
                }
            }
        }
        _ => {}
    }
}

fn documents(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.extension().and_then(|e| e.to_str()) {
            _ if path.is_dir() => documents(&path, found),
            Some("json" | "jsonl") => found.push(path),
            _ => {}
        }
    }
}

/// What the documents of a merged folder name stands in that folder, and they are all of the one run. Gives how many paths
/// they name.
fn nothing_leads_out(ws: &Ws, out: &str) -> usize {
    let run = ws.json(&format!("{out}/summary.json"))["run_id"].clone();
    let (mut files, mut named) = (Vec::new(), 0);
    documents(&ws.at(out), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for document in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
            let mut document = document.unwrap();
            assert_eq!(document["run_id"], run, "{}", file.display());
            if file.ends_with("environment.json") {
                // Where the machine's node stands.
                continue;
            }
            if let Some(compared) = document.get_mut("compared").and_then(Value::as_array_mut) {
                assert_eq!(compared.remove(0)["path"], "base/summary.json");
            }
            let mut found = Vec::new();
            paths(&document, &mut found);
            for (key, path) in found.into_iter().filter(|(_, path)| !path.is_empty()) {
                assert!(path.starts_with(&format!("{out}/")), "{}: {key} is {path}", file.display());
                assert!(ws.at(&path).is_file(), "{}: {key} is {path}", file.display());
                named += 1;
            }
        }
    }
    named
}

#[test]
fn what_merged_documents_name_stands_in_the_merged_folder() {
    for (artifacts, logs) in [("all", 5), ("failed", 2)] {
        let ws = shards(artifacts);
        let gamma = shard_of(&ws, "gamma");
        ws.put(&format!("{gamma}/gamma/traces/deep er/trace.bin"), b"\0\x01")
            .put(&format!("{gamma}/gamma/result/result.json"), "{\"run_id\": \"merge\"}")
            .put(&format!("{gamma}/gamma/note.txt"), "n");
        merge(&ws, "one", 1);
        ws.remove("one/gamma/result/result.json");
        // Digest and timeline of two suites in index and bundle; the summary's own files and commands.
        let named = nothing_leads_out(&ws, "one");
        assert!(named >= logs + 6, "{named}");
        assert_eq!(ws.text("one/gamma/traces/deep er/trace.bin"), "\0\x01");
        assert_eq!(ws.text("one/gamma/note.txt"), "n");
        ws.run(&["validate", "one"]).expect(0);
        // The evidence of failures is taken for that of the merged run.
        let report = ws.run(&["flake", "report", "one", "--format", "json"]).expect(0);
        let report: Value = serde_json::from_str(&report.stdout).unwrap();
        assert_eq!(report["notes"], serde_json::json!([]));
    }
}

#[test]
fn a_shard_of_which_only_the_summary_was_kept_is_merged_too() {
    let ws = shards("all");
    for shard in ["suite-0", "unit-0", "unit-1"] {
        let text = ws.text(&format!("{shard}/summary.json"));
        std::fs::remove_dir_all(ws.at(shard)).unwrap();
        ws.put(&format!("{shard}/summary.json"), text);
    }
    merge(&ws, "one", 1);
    assert!(nothing_leads_out(&ws, "one") > 5);
    ws.run(&["validate", "one"]).expect(0);
    assert_eq!(ws.json("one/gamma/failure_digest.json")["status"], "crashed");
    assert!(!ws.at("one/alpha").exists());
}

#[test]
fn lint_logs_of_shards_are_kept_apart_where_they_differ() {
    let ws = shards("all");
    let said = merge(&ws, "one", 1);
    let lint = &ws.json("one/summary.json")["lint"];
    let passed: Vec<_> = lint.as_array().unwrap().iter().map(|l| (&l["name"], &l["passed"])).collect();
    assert_eq!(format!("{passed:?}"), r#"[(String("fmt"), Bool(false)), (String("docs"), Bool(true))]"#);
    // The step failed in the second shard: what the summary states is what its log shows.
    assert_eq!(ws.text("one/lint-fmt.log"), ws.text("unit-0/lint-fmt.log"));
    assert!(said.contains("one/lint-fmt.log"), "{said}");
    assert_eq!(ws.text("one/lint-fmt.suite-0.log"), ws.text("suite-0/lint-fmt.log"));
    assert_eq!(ws.text("one/lint-fmt.unit-1.log"), ws.text("unit-1/lint-fmt.log"));
    assert_eq!(ws.text("one/lint-docs.log"), "fine\n");
    let logs = std::fs::read_dir(ws.at("one")).unwrap().map(|e| e.unwrap().file_name());
    assert_eq!(logs.filter(|name| name.to_string_lossy().starts_with("lint-")).count(), 4);
    ws.run(&["merge", "unit-0", "unit-1", "suite-0", "--now", NOW, "--out", "two"]).expect(1);
    for log in ["lint-fmt.log", "lint-fmt.suite-0.log", "lint-fmt.unit-1.log"] {
        assert_eq!(ws.text(&format!("one/{log}")), ws.text(&format!("two/{log}")));
    }
    // A link is no log.
    ws.put("elsewhere", "secret").remove("suite-0/lint-fmt.log");
    std::os::unix::fs::symlink(ws.at("elsewhere"), ws.at("suite-0/lint-fmt.log")).unwrap();
    merge(&ws, "three", 1);
    assert!(!ws.at("three/lint-fmt.suite-0.log").exists());
}

#[test]
fn what_is_not_fit_to_be_copied_is_refused_and_nothing_is_written() {
    let ws = shards("all");
    let gamma = format!("{}/gamma", shard_of(&ws, "gamma"));
    let refused = |wanted: &str| {
        let said = merge(&ws, "one", 4);
        assert!(said.contains(wanted) && said.lines().count() == 1, "{said}");
        assert!(!ws.at("one").exists());
    };
    ws.put(&format!("{gamma}/a\nb"), "");
    refused("gamma/a\\nb is not copied: its name is not fit to be shown");
    ws.remove(&format!("{gamma}/a\nb"));
    let deep = format!("{gamma}/{}", vec!["d"; 17].join("/"));
    ws.put(&format!("{deep}/file"), "");
    refused("gamma holds folders nested deeper than 16 and is not copied in part");
    std::fs::remove_dir_all(ws.at(&format!("{gamma}/d"))).unwrap();
    for n in 0..10_000 {
        std::fs::File::create(ws.at(&format!("{gamma}/{n}"))).unwrap();
    }
    refused("gamma holds more than 10000 files and folders and is not copied in part");
    for n in 0..10_000 {
        ws.remove(&format!("{gamma}/{n}"));
    }

    let digest = ws.text(&format!("{gamma}/failure_digest.json"));
    ws.put(&format!("{gamma}/failure_digest.json"), digest.replace("\"gamma\"", "\"beta\""));
    refused("gamma/failure_digest.json does not say what the summary of its run says");
    ws.put(&format!("{gamma}/failure_digest.json"), "{");
    refused("gamma/failure_digest.json:1:1: it is not a failure digest: EOF");
    ws.put(&format!("{gamma}/failure_digest.json"), &digest);
    let timeline = ws.text(&format!("{gamma}/failure_timeline.jsonl"));
    ws.put(&format!("{gamma}/failure_timeline.jsonl"), format!("{timeline}{{\"schema\": 1}}\n"));
    refused(": it is not a failure timeline: ");
    ws.put(&format!("{gamma}/failure_timeline.jsonl"), &timeline);

    // Links are not followed: neither one in a suite's folder, nor one in its place.
    ws.put("elsewhere/secret", "s").put("elsewhere/result.json", "{}");
    std::os::unix::fs::symlink(ws.at("elsewhere"), ws.at(&format!("{gamma}/link"))).unwrap();
    let said = merge(&ws, "linked", 1);
    assert!(said.contains("gamma: what is no regular file in it (1) is not copied"), "{said}");
    assert!(ws.at("linked/gamma/output.log").is_file() && !ws.at("linked/gamma/link").exists());
    std::fs::rename(ws.at(&gamma), ws.at("moved")).unwrap();
    std::os::unix::fs::symlink(ws.at("moved"), ws.at(&gamma)).unwrap();
    refused("gamma is not a folder and is not copied");
}

#[test]
fn secrets_masked_in_the_shards_are_counted_once() {
    for artifacts in ["failed", "all"] {
        let ws = divided(&["--artifacts", artifacts], &[("MY_TOKEN", "s3cr3t-value-99")]);
        merge_alone(&ws, 0);
        let masked = |run: &str| ws.json(&format!("{run}/summary.json"))["masked"].clone();
        assert_eq!((masked("one"), masked("whole")), (5.into(), 5.into()), "{artifacts}");
        // Of which only the summary was kept.
        for shard in ["suite-0", "unit-0", "unit-1"] {
            let text = ws.text(&format!("{shard}/summary.json"));
            std::fs::remove_dir_all(ws.at(shard)).unwrap();
            ws.put(&format!("{shard}/summary.json"), text);
        }
        std::fs::remove_dir_all(ws.at("one")).unwrap();
        let said = merge_alone(&ws, 0);
        assert!(said.contains("no shard has an environment.json beside its summary"), "{said}");
        assert_eq!(masked("one"), 5);
    }
}

#[test]
fn shards_that_were_compared_make_a_run_that_is_compared() {
    let ws = divided(&["--diff-from", "base"], &[]);
    merge_alone(&ws, 0);
    let (whole, one) = (ws.json("whole/triage_diff.json"), ws.json("one/triage_diff.json"));
    for key in ["baseline", "status", "summary", "not_compared"] {
        assert_eq!(one[key], whole[key], "{key}");
    }
    assert_eq!(one["compared"][0], whole["compared"][0]);
    let of = |run: &str| ws.json(&format!("{run}/summary.json"));
    assert_eq!(of("one")["baseline"], "base/summary.json");
    assert_eq!(of("one")["triage_diff"]["status"], of("whole")["triage_diff"]["status"]);
    let again = |run: &str| of(run)["replay_bundle"]["one_command_replay"].clone();
    assert_eq!(again("one"), again("whole"));

    let refused = |why: &str| {
        std::fs::remove_dir_all(ws.at("one")).unwrap_or_default();
        let said = merge_alone(&ws, 2);
        assert!(said.contains(&format!("the shards were compared with {why}")), "{said}");
        assert!(said.contains(": give the baseline with --diff-from") && said.lines().count() == 1, "{said}");
        assert!(!ws.at("one").exists());
    };
    let base = ws.text("base/summary.json");
    ws.put("base/summary.json", base.replacen("\"ci\"", "\"ci\" ", 1));
    refused("base/summary.json, which is no longer the file that unit-1 states");
    // What the caller names is taken as it is.
    merge(&ws, "two", 0);
    ws.put("base/summary.json", &base);
    let diff = ws.text("suite-0/triage_diff.json");
    ws.remove("suite-0/triage_diff.json");
    refused("base/summary.json, of which suite-0 does not keep the SHA-256");
    ws.put("suite-0/triage_diff.json", diff);
    ws.remove("base/summary.json");
    refused("base/summary.json, which cannot be ");
    // No summary leads out of the workspace.
    for shard in ["suite-0", "unit-0", "unit-1"] {
        let path = format!("{shard}/summary.json");
        ws.put(&path, ws.text(&path).replace("\"base/summary.json\"", "\"../base/summary.json\""));
    }
    refused("../base/summary.json, which cannot be read below the root");
    ws.put("base/summary.json", base);
    let diff = ws.text("unit-0/triage_diff.json");
    ws.put("unit-0/triage_diff.json", diff.replace("\"run-", "\"other-"));
    for shard in ["suite-0", "unit-0", "unit-1"] {
        let path = format!("{shard}/summary.json");
        ws.put(&path, ws.text(&path).replace("../base", "base"));
    }
    let said = merge_alone(&ws, 4);
    assert!(said.contains("unit-0/triage_diff.json does not say what the summary of its run says"), "{said}");
}

#[test]
fn a_merged_run_states_where_its_shards_ran() {
    let ws = divided(&[], &[("VCR_MODE", "playback"), ("CI", "true")]);
    let said = merge_alone(&ws, 0);
    assert!(!said.contains("environment"), "{said}");
    let (whole, one) = (ws.json("whole/environment.json"), ws.json("one/environment.json"));
    assert_eq!((&one["vcr_mode"], &one["ci"]), (&"playback".into(), &true.into()));
    for key in ["vcr_mode", "os", "cpus", "ci", "rustc", "node"] {
        assert_eq!(one[key], whole[key], "{key}");
    }
    let bundle = |run: &str| ws.json(&format!("{run}/replay_bundle.json"))["environment"].clone();
    assert_eq!(bundle("one"), bundle("whole"));

    let edit = |shard: &str, key: &str, value: Value| {
        let path = format!("{shard}/environment.json");
        let mut document = ws.json(&path);
        document[key] = value;
        ws.put(&path, document.to_string());
        std::fs::remove_dir_all(ws.at("one")).unwrap_or_default();
    };
    edit("suite-0", "rustc", "1.0.0 (an old one)".into());
    edit("unit-1", "vcr_mode", "record".into());
    let said = merge_alone(&ws, 0);
    let note = "note: the shards differ in their environment (rustc, vcr_mode): it is that of suite-0\n";
    assert!(said.contains(note), "{said}");
    assert_eq!(ws.json("one/environment.json")["rustc"], "1.0.0 (an old one)");
    assert_eq!(bundle("one")["vcr_mode"], "playback");
    ws.remove("suite-0/environment.json");
    edit("unit-1", "vcr_mode", "playback".into());
    let said = merge_alone(&ws, 0);
    let note = "note: suite-0 has no environment.json: the environment is that of unit-0\n";
    assert!(said.contains(note) && !said.contains("differ"), "{said}");
    edit("unit-0", "run_id", "another".into());
    let said = merge_alone(&ws, 4);
    assert!(said.contains("unit-0/environment.json does not say what the summary"), "{said}");
    assert!(!ws.at("one").exists());
}

#[test]
fn each_refusal_is_a_line_of_its_own() {
    let ws = shards("all");
    let run = ws.run(&["merge", "unit-1", "--out", "one"]).expect(1);
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(lines.len() > 1 && lines.iter().all(|line| line.starts_with("error: ")), "{}", run.stderr);
}
