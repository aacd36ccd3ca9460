//! What cannot be seen is blank where a text is asked for, and never reaches an output as it is.

use crate::support::{HEAD, NOW, Ws, check};

/// One of each kind: letters and symbols drawn as nothing, format characters, variation selectors, tags, white space.
const UNSEEN: [char; 17] = [
    '\u{3164}',
    '\u{2800}',
    '\u{34F}',
    '\u{115F}',
    '\u{1160}',
    '\u{FFA0}',
    '\u{FEFF}',
    '\u{FE0F}',
    '\u{E0101}',
    '\u{E0041}',
    '\u{180B}',
    '\u{17B4}',
    '\u{200B}',
    '\u{2060}',
    '\u{3000}',
    '\u{A0}',
    '\u{202E}',
];
const FILE: &str = "tests/suite_classification.toml";

fn assert_seen(text: &str, from: &str) {
    let hidden: Vec<_> =
        text.chars().filter(|c| UNSEEN.contains(c)).map(|c| format!("U+{:X}", u32::from(c))).collect();
    assert!(hidden.is_empty(), "{from} holds {hidden:?}:\n{text}");
}

#[test]
fn required_fields_of_such_characters_are_blank() {
    let ws = Ws::new();
    ws.asserts("red", "1 == 2");
    let fields = ["owner", "reason", "issue", "exit_criteria"];
    for c in UNSEEN {
        for blank in fields {
            let lines: String = fields
                .iter()
                .map(|f| format!("{f} = \"{}\"\n", if *f == blank { format!(" {c}") } else { "x".into() }))
                .collect();
            ws.put(
                FILE,
                format!(
                    "[waiver.red]\n{lines}lanes = ['full']\ncreated = 2026-11-19\nexpires = 2026-11-25\n"
                ),
            );
            let run = ws.check(&[]).expect(1);
            assert_eq!(run.verdict()["waivers"][0]["state"], "invalid", "U+{:X} {blank}", u32::from(c));
        }
    }
    ws.remove(FILE);
    for c in UNSEEN {
        let said = c.to_string();
        let args = [
            "waiver",
            "add",
            "red",
            "--now",
            NOW,
            "--owner",
            &said,
            "--reason",
            "r",
            "--issue",
            "i",
            "--exit-criteria",
            "e",
        ];
        assert!(ws.run(&args).expect(2).stderr.contains("`owner` is blank"));
        let args = [
            "quarantine",
            "add",
            "s::t",
            "--now",
            NOW,
            "--owner",
            "o",
            "--reason",
            &said,
            "--issue",
            "i",
            "--exit-criteria",
            "e",
            "--category",
            "FLAKE-ENV",
            "--evidence",
            "d.json",
            "--reproduce",
            "x",
            "--signature",
            "sig",
        ];
        assert!(ws.run(&args).expect(2).stderr.contains("`reason` is blank"));
        assert!(!ws.at(FILE).exists());
    }
}

#[test]
fn gate_files_and_the_rollback_record_are_held_to_it() {
    let ws = Ws::new();
    for c in UNSEEN {
        let body = check("c", "1 == 1");
        for (field, value) in [("name", "N"), ("why", "W"), ("owner", "o"), ("reproduce", "see it")] {
            let head = HEAD.replace(&format!("{field} = '{value}'"), &format!("{field} = '{c}'"));
            assert_ne!(head, HEAD);
            let run = ws.put("gates/g.toml", format!("{head}{body}")).check(&[]).expect(2);
            assert!(
                run.stderr.contains(&format!("`{field}` of")) && run.stderr.contains("blank"),
                "{}",
                run.stderr
            );
            assert_seen(&run.stderr, "the problems of a gate file");
        }
        ws.put("gates/g.toml", format!("{HEAD}{body}"));
        ws.put(
            FILE,
            format!(
                "[rollback]\nowner = 'o'\nrationale = '{c}'\ncreated = 2026-11-20\nexpires = 2026-11-22\n"
            ),
        );
        let run = ws.check(&["--lane", "certification", "--mode", "rollback"]).expect(2);
        assert!(run.stderr.contains("`rationale` is blank"), "{}", run.stderr);
        ws.remove(FILE);
    }
}

/// Every format of every verb that shows what others wrote.
#[test]
fn no_output_holds_one() {
    let ws = Ws::new();
    let all: String = UNSEEN.iter().map(|c| format!("a{c}")).collect();
    let json = serde_json::to_string(&all).expect("JSON");
    ws.put("e.json", format!("{{\"schema\": \"e.v1\", \"n\": 1, \"t\": {json}}}"));
    ws.put("schemas/own.json", format!("{{\"$id\": \"own.v1\", \"description\": {json}}}"));
    ws.gate_with(
        "g",
        &[("name = 'N'", &format!("name = {json}")), ("owner = 'o'", &format!("owner = {json}"))],
        &format!(
            "[artifacts.doc]\npath = 'e.json'\nschema = 'e.v1'\n[[checks]]\nid = {json}\nassert = \"doc.t == 'b'\"\n\
             message = 'it is {{doc.t}}'\n[[checks]]\nid = 'd'\nassert = \"doc.t == 'a\u{2800}'\"\n"
        ),
    );
    ws.put(
        FILE,
        format!(
            "[waiver.h]\nowner = {json}\nreason = {json}\nissue = 'i'\nlanes = ['full']\ncreated = 2026-11-19\n\
             expires = 2026-11-25\nexit_criteria = 'e'\n[waiver.{json}]\nowner = {json}\n[quarantine.{json}]\nowner = {json}\n"
        ),
    );
    ws.asserts("h", "1 == 2");
    for format in ["human", "json", "junit", "sarif", "markdown", "github"] {
        for lane in ["full", "certification"] {
            let run = ws.run(&["check", "--now", NOW, "--lane", lane, "--format", format]).expect(1);
            assert_seen(&run.stdout, format);
            assert_seen(&run.stderr, format);
            let file = format!("f.{format}");
            ws.run(&["check", "--now", NOW, "--lane", lane, "--format", &format!("{format}:{file}")])
                .expect(1);
            assert_seen(&ws.text(&file), &file);
        }
    }
    for file in std::fs::read_dir(ws.at("out")).expect("verdict files") {
        let path = file.expect("a file").path();
        assert_seen(&std::fs::read_to_string(&path).expect("text"), &path.display().to_string());
    }
    // The data is what it was.
    assert_eq!(ws.json("out/full_suite_verdict.json")["gates"][0]["name"], all);
    let verbs: [&[&str]; 9] = [
        &["waiver", "list"],
        &["waiver", "audit"],
        &["quarantine", "list"],
        &["gate", "list"],
        &["explain", "g"],
        &["reproduce"],
        &["doctor"],
        &["schema", "show", "own.v1"],
        &["waiver", "add", &all, "--owner", "o", "--reason", "r", "--issue", "i", "--exit-criteria", "e"],
    ];
    for verb in verbs {
        for format in ["human", "json"] {
            let run = ws.run(&[verb, &["--now", NOW, "--format", format]].concat());
            assert_seen(&run.stdout, &format!("{verb:?}"));
            assert_seen(&run.stderr, &format!("{verb:?}"));
        }
    }
    let named = format!("e{}.json", UNSEEN[0]);
    ws.put(&named, "{");
    for format in ["human", "json", "junit", "sarif", "markdown", "github"] {
        let run = ws.run(&["validate", &named, "e.json", "--format", format]).expect(1);
        assert_seen(&run.stdout, format);
        assert_seen(&run.stderr, format);
    }
    let run = ws.run(&["gate", "try", &format!("'a{}' == 'b'", UNSEEN[1])]);
    assert_seen(&run.stdout, "gate try");
    assert_seen(&run.stderr, "gate try");
}

#[test]
fn the_documents_of_a_run_hold_none() {
    let ws = Ws::new();
    let all: String = UNSEEN.iter().map(|c| format!("a{c}")).collect();
    ws.put("r.xml", format!("<testsuite name='s' tests='1' failures='1'><testcase name='{all}' classname='{all}'><failure message='{all}'>{all}</failure></testcase></testsuite>"));
    let run = ws.run(&["ingest", "junit", "r.xml", "--out", "runs/20261120T110000Z", "--now", NOW]).expect(1);
    assert_seen(&run.stdout, "ingest");
    assert_seen(&run.stderr, "ingest");
    let mut files = 0;
    for file in walkdir::WalkDir::new(ws.at("runs")).into_iter().map(|e| e.expect("readable")) {
        // A log is the bytes that a command wrote.
        if file.file_type().is_file() && file.file_name() != "output.log" {
            assert_seen(
                &std::fs::read_to_string(file.path()).expect("text"),
                &file.path().display().to_string(),
            );
            files += 1;
        }
    }
    assert!(files > 4, "{files}");
    assert!(ws.text("runs/20261120T110000Z/summary.json").contains("\\u3164"));
}
