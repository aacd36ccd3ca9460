//! What every verb writes holds no secret: screens, formats, files, commands that are run.

use super::support::{NOW, Run, Ws, check, finish};

const SECRET: &str = "s3cr3t-deploy-Value-99";
const ENV: [(&str, &str); 1] = [("DEPLOY_TOKEN", SECRET)];
const ANY: &str = r#"{"$id": "any.v1"}"#;

fn with_secret(ws: &Ws, args: &[&str]) -> Run {
    let mut command = ws.command(args);
    command.envs(ENV);
    finish(command)
}

fn said(run: &Run) -> String {
    format!("{}{}", run.stdout, run.stderr)
}

/// A gate over `d.json`, bound as `doc`, that is red and says `message`.
fn red(ws: &Ws, message: &str) {
    let artifact = "[artifacts.doc]\npath = 'd.json'\nshape = 'any.v1'\n";
    ws.put("schemas/any.v1.json", ANY);
    ws.gate("g", &format!("{artifact}{}message = '{message}'", check("c", "doc.n == 'x'")));
}

/// A red gate whose evidence, message, command and waiver hold the secret.
fn leaky() -> Ws {
    let ws = Ws::new();
    let escaped = SECRET.replace('-', "\\u002d");
    let evidence =
        format!(r#"{{"header": "Authorization: Bearer {SECRET}", "{SECRET}": 1, "esc": "{escaped}"}}"#);
    ws.put("d.json", evidence).put("schemas/any.v1.json", ANY);
    let command = format!("'sh -c \"printenv DEPLOY_TOKEN; : {SECRET}; exit 3\"'");
    let body = format!(
        "[artifacts.d]\npath = 'd.json'\nshape = 'any.v1'\n{}message = 'the header is {{d.header}}, {{d.esc}} and {{d}}'\n",
        check("c", &format!("d.header == \"{SECRET}\""))
    );
    ws.gate_with("leaks", &[("'see it'", &command)], &body);
    let waiver = format!(
        "[waiver.leaks]\nowner = \"o {SECRET}\"\nreason = \"r {SECRET}\"\nissue = \"https://x/{SECRET}\"\nlanes = [\"full\"]\n\
         created = 2026-11-01\nexpires = 2026-11-02\nexit_criteria = \"{SECRET}\"\n"
    );
    ws.put("tests/suite_classification.toml", waiver);
    ws
}

#[test]
fn no_format_and_no_file_of_a_check_holds_a_secret() {
    let ws = leaky();
    for lane in ["preflight", "full", "certification"] {
        for format in ["human", "json", "junit", "sarif", "markdown", "github"] {
            let file = format!("{format}:made/{lane}-{format}");
            let args = ["check", "--now", NOW, "--lane", lane, "--format", format, "--format", &file];
            let mut command = ws.command(&args);
            command.envs(ENV).env("GITHUB_STEP_SUMMARY", ws.at("made/summary.md"));
            command.env("GITHUB_OUTPUT", ws.at("made/output.txt"));
            let run = finish(command);
            assert_eq!(run.code, 1, "{}", run.stderr);
            assert!(!said(&run).contains(SECRET) && said(&run).contains("[masked]"), "{}", said(&run));
        }
    }
    let mut files = 0;
    for folder in ["out", "made"] {
        for entry in std::fs::read_dir(ws.at(folder)).expect("a folder").flatten() {
            let text = std::fs::read_to_string(entry.path()).expect("text");
            assert!(!text.contains(SECRET), "{}\n{text}", entry.path().display());
            files += 1;
        }
    }
    assert!(files >= 25, "{files} files were looked at");
    let verdict = ws.json("out/full_suite_verdict.json");
    assert!(verdict["masked"].as_u64() > Some(5), "{verdict:#}");
    let gate = &verdict["gates"][0];
    assert_eq!((&gate["id"], &gate["status"]), (&"leaks".into(), &"fail".into()));
}

#[test]
fn no_other_verb_shows_a_secret() {
    let ws = leaky();
    with_secret(&ws, &["check", "--now", NOW]);
    let expression = format!("doc.header == '{SECRET}'");
    let calls: Vec<Vec<&str>> = vec![
        vec!["explain", "leaks"],
        vec!["explain", SECRET],
        vec!["doctor"],
        vec!["prove"],
        vec!["reproduce"],
        vec!["reproduce", "--exec"],
        vec!["waiver", "list"],
        vec!["waiver", "audit"],
        vec!["gate", "list"],
        vec!["gate", "try", &expression, "--on", "d.json"],
        vec!["validate", "d.json", "--schema", "e.v1"],
        vec!["check", "--gate", SECRET],
    ];
    for call in calls {
        for format in ["human", "json"] {
            let mut args = call.clone();
            args.extend(["--now", NOW, "--format", format]);
            let run = with_secret(&ws, &args);
            assert!(!said(&run).contains(SECRET) && !said(&run).is_empty(), "{args:?}\n{}", said(&run));
        }
    }
}

/// The verdict holds the command with a mask; what runs is the gate's own.
#[test]
fn a_command_with_a_secret_is_still_the_gates_own() {
    let ws = leaky();
    with_secret(&ws, &["check", "--now", NOW]);
    for here in [true, false] {
        let args = ["reproduce", "--exec", "--format", "json"];
        let run = if here { with_secret(&ws, &args) } else { ws.run(&args) };
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(answer["refused"], serde_json::json!([]), "{answer:#}");
        let ran = &answer["ran"][0];
        assert_eq!(ran["exit_code"], 3, "{answer:#}");
        // printenv finds the variable where it is set.
        assert_eq!(ran["output"], if here { "[masked]\n" } else { "" });
    }
    let text = ws.text("out/full_suite_verdict.json").replace("exit 3", "exit 4");
    ws.put("out/full_suite_verdict.json", text);
    let run = with_secret(&ws, &["reproduce", "--exec"]);
    assert!(
        run.code == 1 && run.stderr.contains("the recorded command is not the gate's own"),
        "{}",
        run.stderr
    );
}

/// What is shown of a long value is its beginning: that of a secret is one.
#[test]
fn a_secret_that_a_message_cuts_short_is_masked() {
    let ws = Ws::new();
    for padding in [60, 70, 185, 190] {
        ws.put("d.json", format!(r#"{{"n": "{}{SECRET}"}}"#, "-".repeat(padding)));
        ws.reads("h", "d.json", "schema = 'e.v1'", "doc.n == 1");
        red(&ws, "it is {doc.n} {doc}");
        let run = ws.check_env(&[], &ENV);
        assert_eq!(run.code, 1);
        assert!(!said(&run).contains(&SECRET[..5]), "{padding}\n{}", said(&run));
    }
}

#[test]
fn test_data_is_let_through_and_said() {
    let ws = Ws::new();
    let toml = ws.text("tollgate.toml");
    ws.put("d.json", r#"{"n": "db://user:pass@host/x and db://user:real-one@host/x"}"#);
    red(&ws, "{doc.n}");
    let plain = ws.check(&[]).gate("g").messages[0].clone();
    assert_eq!(plain, "db://user:[masked]@host/x and db://user:[masked]@host/x");
    ws.put("tollgate.toml", format!("{toml}[mask]\nallow = ['user:pass@host']\n"));
    let run = ws.check(&[]);
    assert_eq!(run.gate("g").messages[0], "db://user:pass@host/x and db://user:[masked]@host/x");
    let verdict = run.verdict();
    assert!(
        verdict["mask_allowed"].as_u64() > Some(0) && verdict["masked"].as_u64() > Some(0),
        "{verdict:#}"
    );
    let text = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("`[mask] allow` let through"), "{text}");

    let suite =
        "[suites.unit]\nnames = ['a']\ncommand = \"echo db://user:pass@host db://u:secret@host {name}\"\n";
    ws.put("tollgate.toml", format!("{toml}{suite}[mask]\nallow = ['user:pass@host']\n"));
    let run = ws.run(&["run", "--out", "r"]).expect(0);
    assert!(run.stderr.contains("1 secret masked; 1 text let through by [mask] allow"), "{}", run.stderr);
    assert_eq!(ws.text("r/a/output.log"), "db://user:pass@host db://u:[masked]@host a\n");
    let summary = ws.json("r/summary.json");
    assert_eq!((&summary["masked"], &summary["mask_allowed"]), (&1.into(), &1.into()));
    ws.run(&["validate", "r"]).expect(0);
}

/// From a ref it is the ref's word: a change cannot call its own secrets test data.
#[test]
fn what_is_let_through_is_the_policys_word() {
    let ws = leaky();
    ws.repository();
    let toml = ws.text("tollgate.toml");
    ws.put("tollgate.toml", format!("{toml}[mask]\nallow = ['{SECRET}']\n"));
    assert!(ws.check_env(&[], &ENV).stdout.contains(SECRET));
    let from = ws.check_env(&["--policy-from", "HEAD"], &ENV);
    assert!(from.code == 1 && !said(&from).contains(SECRET), "{}", said(&from));
}

/// What happens to be called as a secret is: ids, lanes, statuses and digests are tollgate's own and stay, in every format.
#[test]
fn ids_and_statuses_stay_whatever_is_secret() {
    let ws = Ws::new();
    ws.gate("leaks", &check("first-check", "1 == 2"));
    let env = [
        ("A_KEY", "leaks"),
        ("B_KEY", "first-check"),
        ("C_TOKEN", "fail"),
        ("D_KEY", "full"),
        ("E_KEY", "tollgate"),
    ];
    let run = ws.check_env(&[], &env).expect(1);
    let (plain, verdict) = (ws.check(&[]).verdict(), run.verdict());
    for key in
        ["schema", "tool", "lane", "mode", "verdict", "exit_code", "summary", "policy", "correlation_id"]
    {
        assert_eq!(verdict[key], plain[key], "{key}");
    }
    let gate = |verdict: &serde_json::Value| verdict["gates"][0].clone();
    for key in ["id", "status", "reason", "blocking"] {
        assert_eq!(gate(&verdict)[key], gate(&plain)[key], "{key}");
    }
    assert_eq!(gate(&verdict)["findings"][0]["check"], "first-check");
    for (format, wanted) in
        [("junit", "name=\"leaks\""), ("sarif", "\"ruleId\": \"leaks\""), ("github", "FAIL: leaks")]
    {
        let mut command = ws.command(&["check", "--now", NOW, "--format", format]);
        command.envs(env);
        let run = finish(command);
        assert!(run.stdout.replace("%3A", ":").contains(wanted), "{}", run.stdout);
    }
}

/// Nothing to mask: the bytes are those of before, and nothing is said.
#[test]
fn where_nothing_is_masked_nothing_changes() {
    let ws = Ws::new();
    ws.asserts("g", "size(gate_ids) == 1");
    let plain = ws.check(&[]);
    let with = ws.check_env(&[], &ENV);
    assert_eq!((plain.code, &plain.stdout), (0, &with.stdout));
    assert!(!plain.stdout.contains("mask"), "{}", plain.stdout);
}
