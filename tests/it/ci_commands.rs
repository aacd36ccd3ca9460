//! What evidence, output and arguments say is no command of a CI system, on no stream and in no file.

use super::support::{NOW, Run, Ws, check};

fn said(run: &Run) -> String {
    format!("{}{}", run.stdout, run.stderr)
}

const COMMANDS: [&str; 4] =
    ["##[error]pwned", "##vso[task.setvariable variable=x]y", "###[group]", "##teamcity[x]"];

fn assert_no_command(text: &str, what: &str) {
    let word = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    for (at, _) in text.match_indices("##") {
        assert!(!text[at + 2..].trim_start_matches(word).starts_with('['), "{what}\n{text}");
    }
    for line in text.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
        let ours = ["error", "warning", "notice"].iter().any(|c| line.starts_with(&format!("::{c} ")));
        assert!(!line.trim_start().starts_with("::") || ours, "{what}\n{line}");
    }
}

#[test]
fn what_evidence_says_is_no_command_anywhere() {
    let ws = Ws::new();
    let mut all = COMMANDS.join(" ");
    for end in ["\\n", "\\r", "\\u2028", "\\u000b", "\\f", "\\u0085", "\\u2029"] {
        all.push_str(&format!("{end}::error::pwned{end} ::set-output name=x::y"));
    }
    ws.put("d.json", format!(r#"{{"n": "{all}", "{all}": 1}}"#))
        .put("schemas/any.v1.json", r#"{"$id": "any.v1"}"#);
    let artifact = "[artifacts.doc]\npath = 'd.json'\nshape = 'any.v1'\n";
    ws.gate("g", &format!("{artifact}{}message = '{{doc.n}} {{doc}}'", check("c", "doc.n == 'x'")));
    for format in ["human", "json", "junit", "sarif", "markdown", "github"] {
        let run = ws.run(&["check", "--now", NOW, "--format", format]).expect(1);
        assert_no_command(&run.stdout, format);
        assert_no_command(&run.stderr, format);
        if format == "json" {
            let message = run.gate("g").messages[0].clone();
            assert!(message.starts_with(COMMANDS[0]), "the data is the same: {message:?}");
        }
    }
    for entry in std::fs::read_dir(ws.at("out")).unwrap().flatten() {
        assert_no_command(&std::fs::read_to_string(entry.path()).unwrap(), "a file");
    }
    for call in [
        vec!["gate", "try", "doc.n", "--on", "d.json"],
        vec!["validate", "d.json", "--schema", "e.v1"],
        vec!["explain", "##[error]x"],
        vec!["doctor"],
    ] {
        for format in ["human", "json"] {
            let run = ws.run(&[&call[..], &["--format", format]].concat());
            assert_no_command(&said(&run), &format!("{call:?}"));
        }
    }
}

/// Output that is passed on as it comes, and the ends of logs.
#[test]
fn what_a_suite_prints_is_no_command() {
    let ws = Ws::new();
    let script = "printf '##[error]x ##vso[y]\\n::error::a\\r::error::b\\n\\033[1m::add-mask::c'\n\
                  printf '\\n##'; printf '[group]d\\n'; exit 1\n";
    ws.put("say.sh", script);
    let toml = ws.text("tollgate.toml");
    let suites = "[suites.unit]\nnames = ['a', 'b']\ncommand = 'sh say.sh {name}'\n";
    ws.put("tollgate.toml", format!("{toml}{suites}"));
    for (nth, show) in ["failures", "always", "never"].into_iter().enumerate() {
        for jobs in ["1", "2"] {
            let out = format!("r{nth}{jobs}");
            let show_output = format!("--show-output={show}");
            let run = ws.run(&["run", "--out", &out, "--jobs", jobs, &show_output]).expect(1);
            assert_no_command(&said(&run), show);
            assert!(
                show != "always" || jobs == "2" || run.stderr.contains(":\\u{3a}error::a"),
                "{}",
                run.stderr
            );
            assert_no_command(&ws.text(&format!("{out}/junit.xml")), "junit.xml");
            assert_no_command(&ws.text(&format!("{out}/run_report.md")), "run_report.md");
        }
        let run = ws.run(&["run", "--out", &format!("j{nth}"), "--format", "json"]).expect(1);
        assert_no_command(&said(&run), "json");
    }
    ws.gate_with("g", &[("'see it'", "'sh say.sh'")], &check("c", "1 == 2"));
    ws.check(&[]).expect(1);
    for format in ["human", "json"] {
        let run = ws.run(&["reproduce", "--exec", "--format", format]).expect(1);
        assert_no_command(&said(&run), format);
    }
}

#[test]
fn an_argument_that_is_refused_begins_no_line() {
    let ws = Ws::new();
    for bad in [
        "x\n::error::pwned",
        "x\r::error::pwned",
        "::error::pwned",
        "\u{2028}::error::x",
        "##[error]x",
        "a\u{1b}]0;t\u{7}",
    ] {
        for word in [format!("--lane={bad}"), format!("--{bad}"), bad.to_string()] {
            let run = ws.run(&["check", &word]).expect(2);
            assert_no_command(&said(&run), &word);
            let hostile = ['\u{1b}', '\u{7}', '\r', '\u{2028}'];
            assert!(!said(&run).contains(hostile), "{word:?}\n{}", said(&run));
        }
    }
    let run = ws.run(&["chekc"]).expect(2);
    assert!(run.stderr.contains("'check'"), "{}", run.stderr);
}

#[test]
fn an_argument_that_begins_with_a_hyphen_is_text_to_explain() {
    let ws = Ws::new();
    ws.asserts("g", "size(gate_ids) == 1");
    ws.check(&[]).expect(0);
    for args in [
        vec!["explain", "--- FAIL: TestX (0.00s)"],
        vec!["explain", "-foo"],
        vec!["explain", "--", "--root"],
        vec!["explain", "- left", "+ right"],
        vec!["explain", "--verdict", "out/full_suite_verdict.json", "-x", "y"],
    ] {
        let run = ws.run(&args).expect(1);
        assert!(run.stdout.contains("nothing is known of `-"), "{args:?}\n{}", said(&run));
    }
    for args in [vec!["explain", "--", "g"], vec!["explain", "g"]] {
        let run = ws.run(&[&args[..], &[]].concat()).expect(0);
        assert!(run.stdout.starts_with("gate g"), "{}", said(&run));
    }
    let run = ws.run(&["explain", "g", "--format", "json"]).expect(0);
    assert!(run.stdout.contains("\"found\": \"gate\""), "a flag behind the text is still a flag");
}
