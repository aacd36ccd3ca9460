//! Secrets of the environment and of `tollgate.toml`: in nothing that is written, and counted.

use crate::support::{NOW, Run, Ws, finish};

const TOKEN: &str = "tok-abcdef123456";
const OTHER: &str = "tok-uvwxyz987654";
const SHAPE: &str = "ghp_a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2";

const TOML: &str = r#"
[workspace]
packs = ["starter"]
git = false
results = "runs"

[profiles.ci]
kinds = ["unit"]
lint  = true
"#;

const JUNIT: &str = r#"
[suites.unit]
names   = ["alpha"]
command = "sh suite.sh {out}"
single  = "sh suite.sh {out} {test}"
reader  = "junit"
results = "{out}/r.xml"
"#;

/// Two failed tests that only their secrets tell apart, and one with a token of a known shape.
fn results() -> String {
    format!(
        "<testsuite name='s'><testcase classname='c' name='t[{TOKEN}]' file='{TOKEN}.py' line='3'>\
         <failure message='m {TOKEN}'/></testcase><testcase classname='c' name='t[{OTHER}]'>\
         <failure message='m'/></testcase><testcase classname='{SHAPE}' name='u'/></testsuite>"
    )
}

fn with_secrets(ws: &Ws, args: &[&str]) -> Run {
    let mut command = ws.command(args);
    command.env("MY_TOKEN", TOKEN).env("OTHER_SECRET", OTHER).env("DB_PASSWORD", "pa&ss<word>99");
    finish(command)
}

/// Nothing of these stands in any file of the folder, its name, or what was printed.
fn nowhere(ws: &Ws, folder: &str, run: &Run, secrets: &[&str]) {
    for secret in secrets {
        assert!(!run.stderr.contains(secret) && !run.stdout.contains(secret), "{secret}: {}", run.stderr);
        for entry in walkdir::WalkDir::new(ws.at(folder)) {
            let path = entry.unwrap().into_path();
            assert!(!path.display().to_string().contains(secret), "{}", path.display());
            if path.is_file() {
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                assert!(!text.contains(secret), "{secret} stands in {}", path.display());
            }
        }
    }
}

fn masked(ws: &Ws, folder: &str) -> u64 {
    ws.json(&format!("{folder}/summary.json"))["masked"].as_u64().unwrap()
}

fn names(ws: &Ws, folder: &str) -> Vec<String> {
    let summary = ws.json(&format!("{folder}/summary.json"));
    let tests = summary["units"][0]["tests"].as_array().unwrap().clone();
    tests.iter().map(|t| t["name"].as_str().unwrap().to_string()).collect()
}

#[test]
fn names_of_tests_are_masked_and_their_suite_is_replayed_whole() {
    let ws = Ws::new();
    ws.put("tollgate.toml", format!("{TOML}{JUNIT}")).put("results.xml", results());
    ws.put("suite.sh", "echo \"$@\" | sed 's/^[^ ]* *//' >> started.txt\ncp results.xml $1/r.xml\nexit 1\n");
    let run = with_secrets(&ws, &["run", "--now", NOW, "--out", "first"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    nowhere(&ws, "first", &run, &[TOKEN, OTHER, SHAPE]);
    let found = names(&ws, "first");
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].ends_with("t[[masked]]") && found[1] == format!("{} #2", found[0]), "{found:?}");
    assert!(masked(&ws, "first") >= 5);
    ws.run(&["validate", "first"]).expect(0);
    let bundle = ws.json("first/replay_bundle.json");
    assert_eq!(bundle["failed_units"][0]["targeted_replay"], serde_json::Value::Null, "{bundle:#}");
    let replays: [&[&str]; 2] =
        [&["run", "--rerun-from", "first", "--out", "again"], &["replay", "first", "--out", "bundle"]];
    for args in replays {
        ws.put("started.txt", "");
        let run = with_secrets(&ws, args);
        assert!(
            run.stderr.contains("`alpha` is replayed whole: a secret is masked in the name of its test `"),
            "{}",
            run.stderr
        );
        assert_eq!((run.code, ws.text("started.txt")), (1, "\n".to_string()));
    }
    // What an earlier run wrote that did not know the secret is handed on as little.
    ws.run(&["run", "--now", NOW, "--out", "bare"]).expect(1);
    assert!(ws.text("bare/summary.json").contains(TOKEN));
    let list = with_secrets(&ws, &["run", "--rerun-from", "bare", "--list"]);
    assert_eq!((list.stdout.as_str(), list.stderr.as_str()), ("unit unit alpha\n", ""));
    let replay = with_secrets(&ws, &["run", "--rerun-from", "bare", "--out", "of-bare"]);
    nowhere(&ws, "of-bare", &replay, &[TOKEN, OTHER, SHAPE]);
}

#[test]
fn results_of_utf_16_are_masked_in_the_run_folder() {
    let ws = Ws::new();
    let bytes: Vec<u8> = format!("\u{feff}{}", results()).encode_utf16().flat_map(u16::to_le_bytes).collect();
    ws.put("tollgate.toml", format!("{TOML}{JUNIT}")).put("results.xml", bytes);
    ws.put("suite.sh", "cp results.xml $1/r.xml\nexit 1\n");
    let run = with_secrets(&ws, &["run", "--now", NOW, "--out", "first"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(names(&ws, "first").len(), 3);
    nowhere(&ws, "first", &run, &[TOKEN, OTHER, SHAPE]);
    let kept = std::fs::read(ws.at("first/alpha/r.xml")).unwrap();
    let units: Vec<u16> = kept.chunks(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
    let text = String::from_utf16(&units).unwrap();
    assert!(text.starts_with("\u{feff}<testsuite") && text.contains("[masked]"), "{text}");
    assert!([TOKEN, OTHER, SHAPE].iter().all(|secret| !text.contains(secret)), "{text}");
}

#[test]
fn ingested_names_are_masked() {
    let ws = Ws::new();
    let suites = format!(
        "<testsuites>{}<testsuite name='w {TOKEN}'><testcase name='x'/></testsuite>\
         <testsuite name='w {OTHER}'><testcase name='x'/></testsuite></testsuites>",
        results()
    );
    ws.put("r.xml", suites);
    let run = with_secrets(&ws, &["ingest", "junit", "r.xml", "--out", "out"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    nowhere(&ws, "out", &run, &[TOKEN, OTHER, SHAPE]);
    assert_eq!(ws.json("out/summary.json")["total_units"], 3);
    assert!(masked(&ws, "out") >= 7);
}

#[test]
fn secrets_of_the_settings_are_masked_and_no_command_shows_them() {
    let ws = Ws::new();
    let toml = r#"
[suites.unit]
names   = ["alpha"]
command = "LEAD_SECRET=lead-sec-888 sh suite.sh tok-abcdef123456"
single  = "ONE_SECRET='o n\"e-999' sh suite.sh {test}"
reader  = "tap"
env     = { INNER_TOKEN = "cfg-inner-tok-777", NAME_TOKEN = "of-{name}-55" }

[lint]
fmt = "FMT_KEY=fmt-key-666 sh lint.sh"
"#;
    ws.put("tollgate.toml", format!("{TOML}{toml}"));
    ws.put(
        "suite.sh",
        "echo \"# $INNER_TOKEN $LEAD_SECRET $ONE_SECRET $NAME_TOKEN\"\necho 1..1; echo not ok 1 - t; exit 1\n",
    );
    ws.put("lint.sh", "echo \"$FMT_KEY $MY_TOKEN\"\nexit 1\n");
    let run = with_secrets(&ws, &["run", "--now", NOW, "--out", "out"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let secrets = [TOKEN, "lead-sec-888", "cfg-inner-tok-777", "of-alpha-55", "o n\"e-999", "fmt-key-666"];
    nowhere(&ws, "out", &run, &secrets);
    let bundle = ws.json("out/replay_bundle.json");
    assert_eq!(bundle["failed_units"][0]["cargo_replay"], "tollgate run --profile ci --unit-target alpha");
    // Three in the output of the suite, two in that of the lint step.
    let summary = ws.json("out/summary.json");
    assert_eq!((masked(&ws, "out"), &summary["lint"][0]["masked"]), (5, &2.into()), "{summary:#}");
    ws.run(&["validate", "out"]).expect(0);
    let again = with_secrets(&ws, &["run", "--rerun-from", "out", "--out", "again"]);
    nowhere(&ws, "again", &again, &secrets);
}

#[test]
fn shards_whose_folders_were_not_kept_are_counted_all_the_same() {
    let ws = Ws::new();
    let toml = "[suites.unit]\nnames = ['a', 'b']\ncommand = 'sh suite.sh'\n[lint]\nfmt = 'sh suite.sh'\n";
    ws.put("tollgate.toml", format!("{TOML}{toml}")).put("suite.sh", "echo $MY_TOKEN\n");
    for (index, out) in [("0", "s0"), ("1", "s1")] {
        let shard = ["--shard-kind", "unit", "--shard-index", index, "--shard-total", "2"];
        let rest = ["run", "--artifacts", "failed", "--now", NOW, "--out", out];
        let run = with_secrets(&ws, &[&rest[..], &shard].concat());
        assert_eq!((run.code, masked(&ws, out)), (0, 2), "{}", run.stderr);
    }
    ws.run(&["merge", "s0", "s1", "--out", "all"]).expect(0);
    assert_eq!(masked(&ws, "all"), 4);
}

#[test]
fn results_in_xml_are_masked_as_xml_escapes_them() {
    let ws = Ws::new();
    ws.put("tollgate.toml", format!("{TOML}{JUNIT}"));
    let forms = ["pa&amp;ss&lt;word&gt;99", "pa&#38;ss&#60;word&#62;99", "pa&#x26;ss&#x3c;word>99"];
    let [a, b, c] = forms;
    ws.put(
        "suite.sh",
        format!("cat > $1/r.xml <<'E'\n<testsuite name='s'><testcase name='t'><system-out>{a} {b}</system-out></testcase><testcase name='{c}'/></testsuite>\nE\n"),
    );
    let run = with_secrets(&ws, &["run", "--now", NOW, "--out", "out"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    nowhere(&ws, "out", &run, &forms);
    nowhere(&ws, "out", &run, &["pa&ss<word>99"]);
    assert!(ws.text("out/alpha/r.xml").contains("<system-out>[masked] [masked]</system-out>"));
}

#[test]
fn a_flake_check_shows_no_secret() {
    let ws = Ws::new();
    ws.put("tollgate.toml", format!("{TOML}{JUNIT}")).put("results.xml", results());
    ws.put("suite.sh", "cp results.xml $1/r.xml\nexit 1\n");
    let run = with_secrets(&ws, &["flake", "check", "alpha", "--runs", "2"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("[masked]") && !run.stdout.contains(TOKEN), "{}", run.stdout);
    let named = with_secrets(&ws, &["flake", "check", &format!("alpha::t[{TOKEN}]"), "--runs", "2"]);
    assert_eq!(named.code, 2, "{}", named.stdout);
    let refused = "a secret is masked in the name of the test `t[[masked]]`: only the whole suite can be run";
    assert!(named.stderr.contains(refused) && !named.stderr.contains(TOKEN), "{}", named.stderr);
    let unknown = with_secrets(&ws, &["flake", "check", TOKEN, "--runs", "2"]);
    assert!(unknown.stderr.contains("no suite is called `[masked]`"), "{}", unknown.stderr);
}

#[test]
fn results_that_cannot_be_read_are_told_of_without_the_secret_in_them() {
    let ws = Ws::new();
    ws.put("r.xml", format!("<testsuite name='s'><testcase name='t'></{TOKEN}></testsuite>"));
    let run = with_secrets(&ws, &["ingest", "junit", "r.xml", "--out", "out"]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert!(run.stderr.contains("r.xml:1") && !run.stderr.contains(TOKEN), "{}", run.stderr);
}

/// What writers of JSON and XML make of `pa&ss<word>99`, once and twice.
#[test]
fn output_is_masked_however_a_secret_is_escaped() {
    let ws = Ws::new();
    let forms = [
        r"pa\u0026ss\u003cword\u003e99",
        r"pa&ss\u003Cword\u003E99",
        r"pa&#38;ss&lt;word&#x3E;99",
        r"pa\u0026amp;ss\u0026lt;word\u0026gt;99",
        r"pa\\u0026ss\\u003cword\\u003e99",
    ];
    ws.put(
        "tollgate.toml",
        format!("{TOML}\n[suites.unit]\nnames = [\"go\"]\ncommand = \"cat out.json\"\nreader = \"go\"\n"),
    );
    let line = |rest: &str| format!("{{\"Package\":\"a\",\"Test\":\"TestA\",{rest}}}\n");
    let printed = forms.map(|form| line(&format!("\"Action\":\"output\",\"Output\":\"got {form}\\n\"")));
    let text = [
        line("\"Action\":\"run\""),
        printed.concat(),
        line("\"Action\":\"fail\",\"Elapsed\":0"),
        "{\"Package\":\"a\",\"Action\":\"fail\",\"Elapsed\":0}\n".into(),
    ];
    ws.put("out.json", text.concat());
    let run = with_secrets(&ws, &["run", "--now", NOW, "--out", "out"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    nowhere(&ws, "out", &run, &forms);
    nowhere(&ws, "out", &run, &["pa&ss<word>99", "word"]);
    assert_eq!(ws.text("out/go/output.log").matches("got [masked]\\n").count(), forms.len());
    assert_eq!(names(&ws, "out"), ["TestA"]);
}

#[test]
fn a_branch_is_masked() {
    let ws = Ws::new();
    ws.repository();
    ws.put("tollgate.toml", format!("{TOML}{JUNIT}").replace("git = false", "git = true"));
    ws.put("suite.sh", "echo \"<testsuite name='s'><testcase name='t'/></testsuite>\" > $1/r.xml\n");
    ws.put("r.xml", results());
    ws.commit();
    ws.git(&["checkout", "-q", "-b", &format!("fix/{TOKEN}")]);
    let run = with_secrets(&ws, &["run", "--out", "out"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let ingested = with_secrets(&ws, &["ingest", "junit", "r.xml", "--out", "in"]);
    // A shard of a run that did not know the secret.
    for index in ["0", "1"] {
        let shard = ["--shard-kind", "unit", "--shard-index", index, "--shard-total", "2"];
        ws.run(&[&["run", "--out", &format!("s{index}")][..], &shard].concat()).expect(0);
    }
    let merged = with_secrets(&ws, &["merge", "s0", "s1", "--out", "all"]);
    for (folder, run) in [("out", run), ("in", ingested), ("all", merged)] {
        nowhere(&ws, folder, &run, &[TOKEN]);
        assert_eq!(ws.json(&format!("{folder}/summary.json"))["branch"], "fix/[masked]", "{}", run.stderr);
    }
}

#[test]
fn no_command_of_an_ingest_has_a_mask_in_it() {
    let ws = Ws::new();
    ws.put(&format!("d-{TOKEN}/in.xml"), results());
    let run = with_secrets(&ws, &["ingest", "junit", &format!("d-{TOKEN}/in.xml"), "--out", "out"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    nowhere(&ws, "out", &run, &[TOKEN]);
    assert!(!run.stderr.contains("tollgate ingest junit 'd-"), "{}", run.stderr);
    for file in walkdir::WalkDir::new(ws.at("out")).into_iter().flatten().filter(|e| e.path().is_file()) {
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(!text.contains("ingest junit 'd-"), "{}", file.path().display());
    }
    assert!(ws.text("out/replay_bundle.json").contains("tollgate ingest junit FILE"));
}
