//! Whatever stands in an artifact, a gate file, `tollgate.toml`, a waiver file, a schema or on the command line: no panic,
//! no silent pass, one sentence that names the file, and every other gate is still judged.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests fail as tests do"
)]

use crate::support::{HEAD, Run, Ws, check, finish};
use std::fs::File;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

/// More than 2 GB, and nothing on the disk.
fn sparse(path: &Path) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    File::create(path).and_then(|f| f.set_len((2 << 30) + 1)).expect("a sparse file");
}

fn fifo(path: &Path) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
}

fn link(target: &Path, path: &Path) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    symlink(target, path).expect("a link");
}

/// The user of the tests reads everything.
fn is_root(ws: &Ws) -> bool {
    ws.put("closed", "x");
    std::fs::set_permissions(ws.at("closed"), std::fs::Permissions::from_mode(0o0)).expect("permissions");
    let open = File::open(ws.at("closed")).is_ok();
    ws.remove("closed");
    open
}

fn nested(open: &str, close: &str, levels: usize) -> String {
    format!("{}{}", open.repeat(levels), close.repeat(levels))
}

/// Format, bytes, reason, and what the sentence holds after the file's name.
type Case = (&'static str, &'static str, Vec<u8>, &'static str, &'static str);

fn artifacts() -> Vec<Case> {
    let doc = |rest: &str| format!("{{\"schema\": \"e.v1\", \"n\": 1,\n {rest}}}").into_bytes();
    let b = |text: &str| text.as_bytes().to_vec();
    let mut cases: Vec<Case> = vec![
        ("utf8", "json", b"{\"schema\": \"e.v1\",\n \"n\": \"\xff\"}".to_vec(), "malformed", ":2:8: "),
        ("utf16", "json", b"\xff\xfe{\0}\0".to_vec(), "malformed", ":1:1: "),
        ("bom", "json", b("\u{feff}\u{feff}{\"schema\": \"e.v1\", \"n\": 1}"), "malformed", ":1:1: "),
        ("nul_after", "json", b("{\"schema\": \"e.v1\", \"n\": 1}\0"), "malformed", ":1:27: "),
        ("nul_in_text", "json", b("{\"schema\": \"e.v1\", \"n\": 1, \"t\": \"\0\"}"), "malformed", ":1:"),
        ("deep_lists", "json", nested("[", "]", 10_000).into_bytes(), "limit", ":1:129: "),
        ("deep_maps", "json", nested("{\"a\":", "}", 10_000).into_bytes(), "limit", ":1:"),
        ("deep_open", "json", "[".repeat(1_000_000).into_bytes(), "limit", ":1:129: "),
        ("past_u64", "json", doc("\"x\": 18446744073709551616"), "malformed", ":2:7: "),
        ("past_i64", "json", doc("\"x\": -9223372036854775809"), "malformed", ":2:7: "),
        ("past_float", "json", doc("\"x\": 1e400"), "malformed", ":2:7: "),
        ("nan", "json", doc("\"x\": NaN"), "malformed", ":2:7: "),
        ("infinity", "json", doc("\"x\": -Infinity"), "malformed", ":2:"),
        ("twice", "json", doc("\"x\": 1, \"x\": 2"), "malformed", ":2:10: "),
        ("twice_escaped", "json", doc("\"x\": 1, \"\\u0078\": 2"), "malformed", ":2:10: "),
        ("twice_schema", "json", doc("\"schema\": \"e.v1\""), "malformed", ":2:2: "),
        ("surrogate", "json", doc("\"x\": \"\\ud800\""), "malformed", ":2:"),
        ("empty", "json", b(""), "malformed", ":1:1: "),
        ("blank", "json", b(" \n\t"), "malformed", ":"),
        ("cut", "json", b("{\"schema\": \"e.v1\",\n"), "malformed", ":"),
        ("two_documents", "json", b("{\"schema\": \"e.v1\", \"n\": 1} {}"), "malformed", ":1:28: "),
        ("comment", "json", b("{\"schema\": \"e.v1\", \"n\": 1} // x"), "malformed", ":1:28: "),
        ("other_schema", "json", b("{\"schema\":\n \"e.v2\", \"n\": 1}"), "schema", ":2:2: "),
        ("no_schema", "json", b("{\"n\": 1}"), "schema", "no `schema`"),
        ("schema_number", "json", b("{\"schema\":\n 7, \"n\": 1}"), "schema", ":2:2: "),
        ("breaks_schema", "json", b("{\"schema\": \"e.v1\",\n \"n\": \"1\"}"), "schema", ":2:7: "),
        ("lacks_field", "json", b("{\"schema\": \"e.v1\"}"), "schema", "`n` is missing"),
        ("list", "json", b("[]"), "schema", ""),
        ("t_utf8", "toml", b"schema = 'e.v1'\nn = 1\nx = '\xff'\n".to_vec(), "malformed", ":3:6: "),
        ("t_bom", "toml", b("\u{feff}schema = 'e.v1'\nn = 1\n"), "malformed", ":1:1: "),
        ("t_nul", "toml", b("schema = 'e.v1'\nn = 1\nx = '\0'\n"), "malformed", ":3:6: "),
        ("t_empty", "toml", b(""), "malformed", ":1:1: "),
        ("t_twice", "toml", b("schema = 'e.v1'\nn = 1\nn = 2\n"), "malformed", ":3:1: "),
        ("t_past", "toml", b("schema = 'e.v1'\nn = 1\nx = 9223372036854775808\n"), "malformed", ":3:5: "),
        ("t_nan", "toml", b("schema = 'e.v1'\nn = 1\nx = nan\n"), "malformed", ":3:5: "),
        ("t_inf", "toml", b("schema = 'e.v1'\nn = 1\nx = [-inf]\n"), "malformed", ":3:6: "),
        ("t_deep", "toml", format!("x = {}", nested("[", "]", 10_000)).into_bytes(), "limit", ":1:"),
        (
            "t_deep_tables",
            "toml",
            format!("x = {}1{}", "{a = ".repeat(10_000), "}".repeat(10_000)).into_bytes(),
            "limit",
            ":1:",
        ),
        (
            "t_deep_keys",
            "toml",
            format!("{}a = 1", "a.".repeat(10_000)).into_bytes(),
            "limit",
            "nested too deeply",
        ),
        (
            "t_deep_headers",
            "toml",
            format!("[{}a]", "a.".repeat(10_000)).into_bytes(),
            "limit",
            "nested too deeply",
        ),
        ("x_utf8", "junit", b"<testsuite name='\xff'/>".to_vec(), "malformed", ":1:18: "),
        ("x_nul", "junit", b("<testsuite name='\0'><testcase name='a'/></testsuite>"), "malformed", ":1:"),
        ("x_empty", "junit", b(""), "malformed", ":1:1: "),
        ("x_cut", "junit", b("<testsuite name='x'><testcase name='a'/>"), "malformed", ":1:"),
        (
            "x_doctype",
            "junit",
            b("<!DOCTYPE x [<!ENTITY a 'b'>]>\n<testsuite name='x'/>"),
            "malformed",
            ":1:",
        ),
        (
            "x_deep",
            "junit",
            nested("<testsuite name='x'>", "</testsuite>", 10_000).into_bytes(),
            "limit",
            ":1:",
        ),
        ("x_text", "junit", b("hello"), "malformed", ":1:"),
        ("w_utf8", "text", b"ok\n\xff".to_vec(), "malformed", ":2:1: "),
        ("w_nul", "text", b("ok\na\0b"), "malformed", ":2:2: "),
        ("w_bom", "text", b("\u{feff}ok\n"), "malformed", ":1:1: "),
    ];
    let lines = |text: &str| text.replace("E", "{\"schema\": \"e.v1\", \"n\": 1}").into_bytes();
    cases.extend([
        ("l_utf8", "jsonl", [lines("E\n"), b"\"\xff\"\n".to_vec()].concat(), "malformed", ":2:2: "),
        ("l_bom", "jsonl", lines("E\n\u{feff}E\n"), "malformed", ":2:1: "),
        ("l_nul", "jsonl", lines("E\n\0\nE\n"), "malformed", ":2:1: "),
        ("l_deep", "jsonl", format!("{}\n", nested("[", "]", 10_000)).into_bytes(), "limit", ":1:129: "),
        (
            "l_past",
            "jsonl",
            lines("E\n{\"schema\": \"e.v1\", \"n\": 18446744073709551616}\n"),
            "malformed",
            ":2:25: ",
        ),
        ("l_twice", "jsonl", lines("E\nE\n{\"n\": 1, \"n\": 1}\n"), "malformed", ":3:10: "),
        ("l_torn", "jsonl", lines("E\nE"), "malformed", ":2:1: "),
        ("l_cut", "jsonl", lines("E\n{\"schema\""), "malformed", ":2:"),
        ("l_blank", "jsonl", lines("E\n\nE\n"), "malformed", ":2:1: "),
        ("l_blank_end", "jsonl", lines("E\n\n"), "malformed", ":2:1: "),
        ("l_empty", "jsonl", b(""), "malformed", ":1:1: "),
        ("l_other", "jsonl", lines("E\n{\"schema\": \"e.v2\"}\n"), "schema", ":2:12: "),
        ("l_broken", "jsonl", lines("E\n{\"schema\": \"e.v1\", \"n\": null}\n"), "schema", ":2:25: "),
        ("l_none", "jsonl", lines("{\"n\": 1}\n"), "schema", ":1:1: "),
    ]);
    cases
}

/// What a gate that must be red is held to; returns what is wrong.
fn wrong(run: &Run, id: &str, path: &str, reason: &str, holds: &str) -> Option<String> {
    let gate = run.gate(id);
    let said = gate.messages.first().cloned().unwrap_or_default();
    let named = said.starts_with(path) && (holds.is_empty() || said[path.len()..].contains(holds));
    let placed = !holds.starts_with(':') || said[path.len().min(said.len())..].starts_with(holds);
    let one_line = !said.contains('\n') && said.chars().count() < 400;
    // Said once: the file's name is not repeated.
    let once = said.matches(path).count() == 1;
    let right = gate.status == "fail" && gate.reason == reason && named && placed && one_line && once;
    (!right)
        .then(|| format!("{id}: {} {}, wanted {reason} `{path}…{holds}`: {said}", gate.status, gate.reason))
}

#[test]
fn every_bad_artifact_is_one_sentence_and_every_other_gate_is_judged() {
    let ws = Ws::new();
    let cases = artifacts();
    for (id, format, bytes, _, _) in &cases {
        ws.put(&format!("art/{id}.txt"), bytes);
        let demand = if matches!(*format, "text" | "junit") { "" } else { "schema = 'e.v1'\n" };
        ws.reads(id, &format!("art/{id}.txt"), &format!("format = '{format}'\n{demand}"), "doc != null");
        if let ("json", true) = (*format, *id == "no_schema") {
            ws.reads("own", "art/no_schema.txt", "", "doc.n == 1");
        }
    }
    ws.put("good.json", "{\"schema\": \"e.v1\", \"n\": 1}").reads(
        "good",
        "good.json",
        "schema = 'e.v1'",
        "doc.n == 1",
    );
    ws.reads("absent", "nowhere/x.json", "", "doc.n == 1");
    ws.reads("unknown_schema", "unknown.json", "", "doc.n == 1");
    ws.put("unknown.json", "{\"schema\": \"never.heard.of\", \"n\": 1}");
    let run = ws.check(&[]).expect(1);
    let mut faults: Vec<String> = cases
        .iter()
        .filter_map(|(id, _, _, reason, holds)| wrong(&run, id, &format!("art/{id}.txt"), reason, holds))
        .collect();
    faults.extend(wrong(&run, "own", "art/no_schema.txt", "schema", "no `schema` field"));
    faults.extend(wrong(&run, "absent", "nowhere/x.json", "missing", "does not exist"));
    faults.extend(wrong(
        &run,
        "unknown_schema",
        "unknown.json",
        "schema",
        "`never.heard.of` is not registered",
    ));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(run.gate("good").status, "pass");
    assert_eq!(run.verdict()["gates"].as_array().map(Vec::len), Some(cases.len() + 4));
}

#[test]
fn a_mark_before_json_is_no_part_of_it() {
    let ws = Ws::new();
    ws.put("art/a.json", "\u{feff}{\"schema\": \"e.v1\", \"n\": 1}");
    ws.put("art/b.jsonl", "\u{feff}{\"schema\": \"e.v1\", \"n\": 1}\n{\"schema\": \"e.v1\", \"n\": 2}\n");
    ws.put("art/bad.json", "\u{feff}{\"schema\": \"e.v1\", \"n\": null}");
    ws.put(
        "art/c.xml",
        "\u{feff}<?xml version='1.0' encoding='utf8'?><testsuite name='s'><testcase name='a'/></testsuite>",
    );
    ws.reads("a", "art/a.json", "schema = 'e.v1'", "doc.n == 1 && valid('art/a.json')");
    ws.reads(
        "b",
        "art/b.jsonl",
        "format = 'jsonl'\nschema = 'e.v1'",
        "doc.all(l, l.n > 0) && size(doc) == 2 && valid('art/b.jsonl')",
    );
    ws.reads("bad", "art/bad.json", "schema = 'e.v1'", "doc.n == 1");
    ws.reads("c", "art/c.xml", "format = 'junit'", "doc.tests == 1");
    let run = ws.check(&[]).expect(1);
    for id in ["a", "b", "c"] {
        assert_eq!(run.gate(id).status, "pass", "{:?}", run.gate(id).messages);
    }
    assert!(
        run.gate("bad").messages[0].starts_with("art/bad.json:1:25: /n: "),
        "{:?}",
        run.gate("bad").messages
    );
}

#[test]
fn what_is_no_file_is_refused_and_never_waited_for() {
    let ws = Ws::new();
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("e.json"), "{\"schema\": \"e.v1\", \"n\": 1}").expect("written");
    fifo(&ws.at("art/fifo"));
    std::fs::create_dir_all(ws.at("art/folder")).expect("a folder");
    link(&outside.path().join("e.json"), &ws.at("art/link_out"));
    link(outside.path(), &ws.at("art/folder_out"));
    link(Path::new("nothing"), &ws.at("art/dangling"));
    link(&outside.path().join("nothing"), &ws.at("art/dangling_out"));
    link(Path::new("loop"), &ws.at("art/loop"));
    link(Path::new("/dev/zero"), &ws.at("art/device"));
    link(Path::new("fifo"), &ws.at("art/to_fifo"));
    sparse(&ws.at("art/huge"));
    sparse(&ws.at("art/huge_lines"));
    let cases = [
        ("fifo", "unreadable", "a FIFO"),
        ("to_fifo", "unreadable", "a FIFO"),
        ("folder", "unreadable", "a folder"),
        ("link_out", "unreadable", "leaves the workspace"),
        ("folder_out/e.json", "unreadable", "leaves the workspace"),
        ("device", "unreadable", "leaves the workspace"),
        ("dangling", "unreadable", "leads to nothing"),
        ("dangling_out", "unreadable", "leads to nothing"),
        ("loop", "unreadable", "cannot be read"),
        ("huge", "limit", "bytes"),
    ];
    let mut wanted = Vec::new();
    for (name, reason, holds) in cases {
        for format in ["json", "jsonl", "toml", "text", "junit"] {
            if (name, format) == ("huge", "jsonl") {
                continue;
            }
            let id = format!("{}-{format}", name.replace('/', "."));
            let demand = if matches!(format, "text" | "junit") { "" } else { "schema = 'e.v1'" };
            ws.reads(&id, &format!("art/{name}"), &format!("format = '{format}'\n{demand}"), "doc != null");
            wanted.push((id, name, reason, holds));
        }
    }
    wanted.push(("huge_lines".into(), "huge_lines", "limit", ":1:1: "));
    ws.reads("huge_lines", "art/huge_lines", "format = 'jsonl'\nshape = 'e.v1'", "size(doc) > 0");
    ws.put("good.json", "{\"schema\": \"e.v1\", \"n\": 1}").reads(
        "good",
        "good.json",
        "schema = 'e.v1'",
        "doc.n == 1",
    );
    if !is_root(&ws) {
        ws.put("art/closed", "{}").reads("closed", "art/closed", "", "doc != null");
        std::fs::set_permissions(ws.at("art/closed"), std::fs::Permissions::from_mode(0o0))
            .expect("permissions");
        wanted.push(("closed".into(), "closed", "unreadable", "cannot be read"));
    }
    let run = ws.check(&[]).expect(1);
    let faults: Vec<String> = wanted
        .iter()
        .filter_map(|(id, name, reason, holds)| wrong(&run, id, &format!("art/{name}"), reason, holds))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(run.gate("good").status, "pass");
}

#[test]
fn what_cannot_be_read_is_never_taken_for_absent() {
    let ws = Ws::new();
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("e.json"), "{}").expect("written");
    link(&outside.path().join("e.json"), &ws.at("art/out"));
    fifo(&ws.at("art/fifo"));
    std::fs::create_dir_all(ws.at("art/folder")).expect("a folder");
    link(Path::new("nothing"), &ws.at("art/dangling"));
    link(&outside.path().join("nothing"), &ws.at("art/dangling_out"));
    link(Path::new("nothing"), &ws.at("art/dangling_folder"));
    ws.put("art/bad", "{").put("art/good", "{\"schema\": \"e.v1\", \"n\": 1}");
    for name in ["out", "fifo", "folder", "bad", "dangling", "dangling_out", "dangling_folder/x"] {
        let id = name.replace('/', ".");
        ws.reads(&format!("optional_{id}"), &format!("art/{name}"), "required = false", "doc == null");
        ws.gate(
            &format!("list_{id}"),
            &format!("[artifacts.doc]\npath = ['art/{name}', 'art/good']\n{}", check("c", "doc.n == 1")),
        );
    }
    let run = ws.check(&[]).expect(1);
    for line in run.statuses() {
        assert!(line.ends_with(" fail unreadable") || line.ends_with("_bad fail malformed"), "{line}");
    }
}

#[test]
fn ages_and_commits() {
    let ws = Ws::new();
    let dated = |at: &str| format!("{{\"schema\": \"e.v1\", \"n\": 1,\n \"generated_at\": {at}}}");
    let cases = [
        ("fresh", "\"2026-11-13T12:00:00Z\"", "pass"),
        ("offset", "\"2026-11-13T13:00:00+01:00\"", "pass"),
        ("ahead_5_min", "\"2026-11-20T12:05:00Z\"", "pass"),
        ("ahead_more", "\"2026-11-20T12:05:01Z\"", "stale"),
        ("ahead_far", "\"9999-12-31T23:59:59Z\"", "stale"),
        ("old", "\"2026-11-13T11:59:59Z\"", "stale"),
        ("no_zone", "\"2026-11-20T11:00:00\"", "stale"),
        ("date", "\"2026-11-20\"", "stale"),
        ("number", "1763640000", "stale"),
        ("null", "null", "stale"),
        ("blank", "\"\"", "stale"),
        ("words", "\"yesterday\"", "stale"),
        ("february", "\"2026-02-30T00:00:00Z\"", "stale"),
        ("leap_second", "\"2026-11-20T23:59:61Z\"", "stale"),
        ("year_zero", "\"0000-01-01T00:00:00Z\"", "stale"),
    ];
    for (id, at, _) in cases {
        ws.put(&format!("{id}.json"), dated(at));
        ws.reads(id, &format!("{id}.json"), "schema = 'e.v1'\nmax_age = '7d'", "doc.n == 1");
        ws.put(
            &format!("{id}.jsonl"),
            format!("{}\n", dated(at).replace('\n', "").replace("generated_at", "ts")),
        );
        ws.reads(
            &format!("{id}-lines"),
            &format!("{id}.jsonl"),
            "format = 'jsonl'\nmax_age = '7d'",
            "size(doc) == 1",
        );
    }
    ws.put("undated.json", "{\"schema\": \"e.v1\", \"n\": 1}");
    ws.reads("undated", "undated.json", "schema = 'e.v1'\nmax_age = '7d'", "doc.n == 1");
    // The future and a time without a zone are stale whether or not an age is asked for.
    ws.reads("future_anyway", "ahead_more.json", "schema = 'e.v1'", "doc.n == 1");
    ws.reads("zone_anyway", "no_zone.json", "schema = 'e.v1'", "doc.n == 1");
    let run = ws.check(&[]).expect(1);
    let mut faults = Vec::new();
    let more = [("undated", "stale"), ("future_anyway", "stale"), ("zone_anyway", "stale")];
    let all = cases
        .iter()
        .flat_map(|(id, _, wanted)| [(id.to_string(), *wanted), (format!("{id}-lines"), *wanted)]);
    for (id, wanted) in all.chain(more.map(|(id, wanted)| (id.to_string(), wanted))) {
        let gate = run.gate(&id);
        let is = if gate.status == "pass" { "pass" } else { gate.reason.as_str() };
        if is != wanted || (wanted == "stale" && !gate.detail.contains(".json")) {
            faults.push(format!("{id} is {is}, not {wanted}: {}", gate.detail));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let old = run.gate("old").messages.concat();
    assert!(old.starts_with("old.json:2:18: it is 7 d 1 s old"), "{old}");
}

#[test]
fn evidence_of_another_commit_is_stale() {
    let ws = Ws::new();
    ws.reads("run", "{run}/s.json", "schema = 'e.v1'", "doc.n == 1");
    ws.reads("same", "same.json", "schema = 'e.v1'\ncommit = 'same'", "doc.n == 1");
    ws.reads("any", "{run}/s.json", "schema = 'e.v1'\ncommit = 'any'", "doc.n == 1");
    let doc = |commit: &str| format!("{{\"schema\": \"e.v1\", \"n\": 1,\n \"git_sha\": \"{commit}\"}}");
    let run_file = "runs/20261120T101500Z/s.json";
    let head = ws.repository();
    ws.put(run_file, doc(&head)).put("same.json", doc(&head).replace("git_sha", "commit"));
    let run = ws.check(&[]).expect(0);
    assert_eq!(run.verdict()["commit"], head.as_str());
    assert_eq!(run.verdict()["branch"], "main");
    for other in ["0".repeat(40), head[..12].to_string(), head.to_uppercase(), String::new()] {
        ws.put(run_file, doc(&other)).put("same.json", doc(&other));
        let run = ws.check(&[]).expect(1);
        assert_eq!(run.statuses(), ["any pass -", "run fail stale", "same fail stale"], "{other}");
        assert!(run.gate("run").detail.starts_with(&format!("{run_file}:2:13: it is of commit")), "{run:#?}");
    }
    ws.put(run_file, "{\"schema\": \"e.v1\", \"n\": 1}");
    assert_eq!(ws.check(&["--gate", "run"]).expect(1).statuses(), ["run fail stale"]);
    // Without git the default asks for nothing, and `same` cannot be told.
    ws.put("tollgate.toml", "[workspace]\npacks = []\nresults = 'runs'\ngit = false\n");
    let run = ws.check(&[]).expect(1);
    assert_eq!(run.statuses(), ["any pass -", "run pass -", "same fail stale"]);
    assert_eq!(run.verdict()["commit"], serde_json::Value::Null);
}

/// Runs `check`, which must end with 2, judge nothing, write nothing, and name what is wrong in one line.
fn refused(ws: &Ws, args: &[&str], wanted: &[&str]) -> Option<String> {
    let run = ws.check(args);
    let said = run.stderr.trim_end();
    let held = wanted.iter().all(|w| said.contains(w));
    let short = said.lines().all(|l| l.chars().count() < 500);
    let right = run.code == 2 && run.stdout.is_empty() && held && short && !ws.at("out").exists();
    (!right).then(|| format!("{args:?} {wanted:?}: exit {}: {said}", run.code))
}

#[test]
fn a_bad_gate_file_is_exit_2_with_its_place() {
    let good = format!("{HEAD}{}", check("c", "1 == 1"));
    let expr = |e: &str| format!("{HEAD}{}", check("c", e)).into_bytes();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"name = '\xff'\n".to_vec(), "gates/g.toml:1:9"),
        (format!("\u{feff}{good}").into_bytes(), "gates/g.toml:1:1"),
        (good.replace("'N'", "'N\0'").into_bytes(), "gates/g.toml:1:10"),
        (b"".to_vec(), "gates/g.toml:1:1"),
        (format!("name = 'again'\n{good}").into_bytes(), "gates/g.toml:2:1"),
        (good.replace("'N'", "nan").into_bytes(), "gates/g.toml:1:8"),
        (good.replace("'N'", "99999999999999999999").into_bytes(), "gates/g.toml:1:8"),
        (format!("x = {}\n{good}", nested("[", "]", 10_000)).into_bytes(), "gates/g.toml:1:"),
        (format!("{}a = 1\n{good}", "a.".repeat(10_000)).into_bytes(), "gates/g.toml:1:"),
        (expr(&nested("(", ")", 10_000)), "gates/g.toml:9:"),
        (expr(&format!("{}1{} == 1", "(".repeat(1_000), ")".repeat(1_000))), ""),
        (expr(&nested("[", "]", 10_000)), "gates/g.toml:9:"),
        (expr(&format!("{}true", "!".repeat(10_000))), "gates/g.toml:9:"),
        (expr(&format!("1 == {}1", "-".repeat(10_000))), "gates/g.toml:9:"),
        (expr(&format!("lane{}", ".a".repeat(10_000))), "gates/g.toml:9:"),
        (expr(&format!("lane{} == 1", "[0]".repeat(1_000))), "gates/g.toml:9:"),
        (expr(&format!("true{}", " && true".repeat(10_000))), "gates/g.toml:9:"),
        (expr(&format!("{}true", "true ? true : ".repeat(10_000))), "gates/g.toml:9:"),
        (expr(&format!("{}true{}", "true ? ".repeat(60), " : true".repeat(60))), ""),
        (expr(&nested("size([", "])", 500)), "gates/g.toml:9:"),
        (expr(&nested("[1].map(x, ", ")", 300)), "gates/g.toml:9:"),
        (expr("1 == 18446744073709551616"), "gates/g.toml:9:"),
        (expr("'a' ="), "gates/g.toml:9:"),
        (expr("\u{0}"), "gates/g.toml:9:"),
        (expr("lane.matches('(')"), "gates/g.toml:9:"),
        (expr("lane.matches('((a{1000}){1000}){1000}')"), "gates/g.toml:9:"),
        (expr("nothing == 1"), "gates/g.toml:9:13"),
        (expr("shell('rm -rf /')"), "gates/g.toml:9:"),
    ];
    let mut faults = Vec::new();
    for (bytes, at) in cases {
        let ws = Ws::new();
        ws.put("gates/g.toml", &bytes).asserts("fine", "1 == 1");
        if at.is_empty() {
            let run = ws.check(&[]);
            assert!(run.code == 0 || run.code == 2, "{run:#?}");
            continue;
        }
        faults.extend(refused(&ws, &[], &[at]).map(|f| f.chars().take(700).collect::<String>()));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_gate_file_that_is_no_file_is_exit_2_and_never_passed_over() {
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("g.toml"), format!("{HEAD}{}", check("c", "1 == 1")))
        .expect("written");
    let make: [(&str, &dyn Fn(&Ws)); 6] = [
        ("a FIFO", &|ws| fifo(&ws.at("gates/g.toml"))),
        ("a folder", &|ws| std::fs::create_dir_all(ws.at("gates/g.toml")).expect("a folder")),
        ("leaves the workspace", &|ws| link(&outside.path().join("g.toml"), &ws.at("gates/g.toml"))),
        ("leads to nothing", &|ws| link(Path::new("nowhere"), &ws.at("gates/g.toml"))),
        ("more than the limit", &|ws| sparse(&ws.at("gates/g.toml"))),
        ("id", &|ws| {
            ws.put("gates/g g.toml", "x");
        }),
    ];
    let mut faults = Vec::new();
    for (wanted, make) in make {
        let ws = Ws::new();
        ws.asserts("fine", "1 == 1");
        make(&ws);
        faults.extend(refused(&ws, &[], &["gates/g", wanted]));
    }
    // A name that is not UTF-8 is no gate's id; the gate is not left out without a word.
    {
        use std::os::unix::ffi::OsStrExt as _;
        let ws = Ws::new();
        ws.asserts("fine", "1 == 1");
        let name = ws.at("gates").join(std::ffi::OsStr::from_bytes(b"g\xff.toml"));
        std::fs::write(name, "x").expect("written");
        faults.extend(refused(&ws, &[], &["gates/g", "not UTF-8"]));
    }
    // The folder itself leads out, or is a file.
    let ws = Ws::new();
    link(outside.path(), &ws.at("gates"));
    faults.extend(refused(&ws, &[], &["gates", "leaves the workspace"]));
    let ws = Ws::new();
    ws.put("gates", "x");
    faults.extend(refused(&ws, &[], &["gates", "folder"]));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_bad_tollgate_toml_is_exit_2() {
    let mut faults = Vec::new();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"[workspace]\npacks = ['\xff']\n".to_vec(), "tollgate.toml:2:11"),
        (b"\xef\xbb\xbf[workspace]\n".to_vec(), "tollgate.toml:1:1"),
        (b"[workspace]\0\n".to_vec(), "tollgate.toml:1:12"),
        (b"[workspace]\npacks = []\npacks = []\n".to_vec(), "tollgate.toml:3:1"),
        (format!("[workspace]\nx = {}", nested("[", "]", 10_000)).into_bytes(), "tollgate.toml:2:"),
        (format!("[{}a]\n", "a.".repeat(10_000)).into_bytes(), "tollgate.toml:1:"),
        (b"[workspace]\ngates = ['../gates']\n".to_vec(), "tollgate.toml:2:10"),
        (b"[workspace]\noutput = '/tmp'\n".to_vec(), "tollgate.toml:2:10"),
        (b"[workspace]\ngit = 99999999999999999999\n".to_vec(), "tollgate.toml:2:7"),
        (b"[workspace]\ngit = nan\n".to_vec(), "tollgate.toml:2:7"),
    ];
    for (bytes, at) in cases {
        let ws = Ws::new();
        ws.put("tollgate.toml", bytes).asserts("fine", "1 == 1");
        faults.extend(refused(&ws, &[], &[at]).map(|f| f.chars().take(700).collect::<String>()));
    }
    let make: [(&str, &dyn Fn(&Ws)); 5] = [
        ("a FIFO", &|ws| fifo(&ws.at("tollgate.toml"))),
        ("a folder", &|ws| std::fs::create_dir_all(ws.at("tollgate.toml")).expect("a folder")),
        ("leaves the workspace", &|ws| link(Path::new("/etc/hostname"), &ws.at("tollgate.toml"))),
        ("tollgate init", &|_| {}),
        ("more than the limit", &|ws| sparse(&ws.at("tollgate.toml"))),
    ];
    for (wanted, make) in make {
        let ws = Ws::new();
        ws.remove("tollgate.toml").asserts("fine", "1 == 1");
        make(&ws);
        faults.extend(refused(&ws, &[], &["tollgate.toml", wanted]));
    }
    // An empty file is the default, which is no error; it judges the starter pack.
    let ws = Ws::new();
    assert_eq!(ws.put("tollgate.toml", "").check(&[]).code, 1);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_schema_that_does_not_compile_fails_its_gate_and_no_other() {
    for schema in [
        r#"{"type": "objekt"}"#,
        r#"{"pattern": "("}"#,
        r#"{"$ref": "http://example.org/x.json"}"#,
        r#"{"$ref": "file:///etc/hostname"}"#,
        r##"{"$ref": "#/$defs/none"}"##,
    ] {
        let ws = Ws::new();
        ws.put("schemas/s.json", schema).put("doc.json", "{}").asserts("fine", "1 == 1");
        ws.reads("needs", "doc.json", "shape = 's'", "true");
        let run = ws.check(&[]).expect(1);
        assert_eq!(run.statuses(), ["fine pass -", "needs fail schema"], "{schema}");
        assert!(run.stderr.contains("  - schemas/s.json: the schema does not compile"), "{}", run.stderr);
    }
}

#[test]
fn a_bad_schema_is_exit_2() {
    let mut faults = Vec::new();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"{\"$id\": \"\xff\"}".to_vec(), "schemas/s.json:1:10"),
        (b"\xef\xbb\xbf{}".to_vec(), "schemas/s.json:1:1"),
        (b"{}\0".to_vec(), "schemas/s.json:1:3"),
        (b"".to_vec(), "schemas/s.json:1:1"),
        (b"[]".to_vec(), "schemas/s.json"),
        (b"{\"type\": \"object\",\n \"type\": \"object\"}".to_vec(), "schemas/s.json:2:2"),
        (nested("{\"not\":", "}", 10_000).into_bytes(), "schemas/s.json:1:"),
        (b"{\"minimum\": 1e999}".to_vec(), "schemas/s.json:1:13"),
        (b"{\"minimum\": NaN}".to_vec(), "schemas/s.json:1:13"),
        (b"{\"$id\": \"e.v1\"}".to_vec(), "e.v1"),
    ];
    for (bytes, at) in cases {
        let ws = Ws::new();
        ws.put("schemas/s.json", bytes).asserts("fine", "1 == 1");
        faults.extend(refused(&ws, &[], &[at]).map(|f| f.chars().take(700).collect::<String>()));
    }
    let make: [(&str, &dyn Fn(&Ws)); 4] = [
        ("a FIFO", &|ws| fifo(&ws.at("schemas/s.json"))),
        ("a folder", &|ws| std::fs::create_dir_all(ws.at("schemas/s.json")).expect("a folder")),
        ("leaves the workspace", &|ws| link(Path::new("/etc/hostname"), &ws.at("schemas/s.json"))),
        ("more than the limit", &|ws| sparse(&ws.at("schemas/s.json"))),
    ];
    for (wanted, make) in make {
        let ws = Ws::new();
        ws.asserts("fine", "1 == 1");
        make(&ws);
        faults.extend(refused(&ws, &[], &["schemas/s.json", wanted]));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_schema_that_turns_in_a_circle_ends() {
    let ws = Ws::new();
    let circles = [
        ("self", r##"{"$ref": "#"}"##),
        (
            "pair",
            r##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##,
        ),
        ("all", r##"{"allOf": [{"$ref": "#"}]}"##),
        ("tree", r##"{"type": "object", "properties": {"a": {"$ref": "#"}}}"##),
    ];
    for (id, schema) in circles {
        ws.put(&format!("schemas/{id}.json"), schema);
        ws.put(&format!("{id}.json"), "{\"a\": {\"a\": 1}}");
        ws.reads(id, &format!("{id}.json"), &format!("shape = '{id}'"), "doc.a != null");
    }
    let run = ws.check(&[]);
    assert!(run.code == 1 || run.code == 2, "{run:#?}");
    assert!(run.code == 2 || run.gate("tree").reason == "schema", "{run:#?}");
}

const WAIVER: &str = "[waiver.red]\nowner = 'o'\nreason = 'r'\nissue = 'i'\nlanes = ['full']\ncreated = 2026-11-19\n\
                      expires = 2026-11-30\nexit_criteria = 'e'\n";

#[test]
fn a_waiver_file_that_cannot_be_read_waives_nothing_and_turns_the_lifecycle_red() {
    let path = "tests/suite_classification.toml";
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("utf8", [WAIVER.as_bytes(), b"x = '\xff'\n"].concat()),
        ("bom", [b"\xef\xbb\xbf", WAIVER.as_bytes()].concat()),
        ("nul", [WAIVER.as_bytes(), b"\0"].concat()),
        ("twice", [WAIVER, WAIVER].concat().into_bytes()),
        ("key twice", WAIVER.replace("reason = 'r'\n", "reason = 'r'\nreason = 's'\n").into_bytes()),
        ("deep", format!("{WAIVER}x = {}\n", nested("[", "]", 10_000)).into_bytes()),
        ("deep keys", format!("{}a = 1\n{WAIVER}", "a.".repeat(10_000)).into_bytes()),
        ("nan", "waiver = nan\n".to_string().into_bytes()),
        ("text", b"hello".to_vec()),
    ];
    let lifecycle = "[[checks]]\nid = 'valid'\nfor_each = 'waivers'\nempty = 'ok'\nassert = \"!(it.state in ['expired', 'invalid'])\"\n";
    let ready = || {
        let ws = Ws::new();
        ws.asserts("red", "1 == 2").asserts("fine", "1 == 1").gate("waiver_lifecycle", lifecycle);
        ws
    };
    let ws = ready();
    ws.put(path, WAIVER);
    assert_eq!(
        ws.check(&[]).expect(0).statuses(),
        ["fine pass -", "red waived assertion", "waiver_lifecycle pass -"]
    );
    let red = ["fine pass -", "red fail assertion", "waiver_lifecycle fail expression"];
    for (what, bytes) in cases {
        let ws = ready();
        let run = ws.put(path, bytes).check(&[]).expect(1);
        assert_eq!(run.statuses(), red, "{what}");
        let said = run.gate("waiver_lifecycle").detail;
        assert!(said.contains(&format!("{path}:")) && said.chars().count() < 400, "{what}: {said}");
        assert!(run.stderr.contains("no waiver holds"), "{what}: {}", run.stderr);
    }
    let make: [(&str, &dyn Fn(&Ws)); 5] = [
        ("a FIFO", &|ws| fifo(&ws.at(path))),
        ("a folder", &|ws| std::fs::create_dir_all(ws.at(path)).expect("a folder")),
        ("leaves the workspace", &|ws| link(Path::new("/etc/hostname"), &ws.at(path))),
        ("leads to nothing", &|ws| link(Path::new("nowhere"), &ws.at(path))),
        ("more than the limit", &|ws| sparse(&ws.at(path))),
    ];
    for (what, make) in make {
        let ws = ready();
        make(&ws);
        let run = ws.check(&[]).expect(1);
        assert_eq!(run.statuses(), red, "{what}");
        assert!(run.gate("waiver_lifecycle").detail.contains(what), "{run:#?}");
    }
}

#[test]
fn bad_words_on_the_command_line_are_exit_2() {
    let ws = Ws::new();
    ws.asserts("fine", "1 == 1").put("a_file", "x").put("bad.json", "{").put("verdictless.json", "{}");
    std::fs::create_dir_all(ws.at("runs/latest")).expect("a folder");
    fifo(&ws.at("pipe"));
    let cases: &[(&[&str], &[&str])] = &[
        (&["--lane", "fast"], &["fast", "preflight"]),
        (&["--mode", "loose"], &["loose", "strict"]),
        (&["--gate", "fin"], &["`fin`", "did you mean `fine`"]),
        (&["--gate", ""], &["no gate has the id"]),
        (&["--gate", "../fine"], &["no gate has the id"]),
        (&["--run", "nowhere"], &["--run", "nowhere"]),
        (&["--run", ".."], &["--run", ".."]),
        (&["--run", "a_file"], &["--run", "a_file"]),
        (&["--run", "/"], &["--run", "/"]),
        (&["--root", "nowhere"], &["--root", "nowhere"]),
        (&["--root", "a_file"], &["--root", "a_file"]),
        (&["--previous", "nowhere.json"], &["--previous", "nowhere.json"]),
        (&["--previous", "bad.json"], &["--previous", "bad.json:1:"]),
        (&["--previous", "verdictless.json"], &["--previous", "verdictless.json"]),
        (&["--previous", "pipe"], &["--previous", "a FIFO"]),
        (&["--previous", "."], &["--previous", "a folder"]),
        (&["--policy-from", "main"], &["policy", "git"]),
        (&["--format", "yaml"], &["yaml"]),
        (&["--format", "json:"], &["json:"]),
        (&["--format", ""], &["--format"]),
        (&["--format", "sarif"], &["json", "sarif", "standard output"]),
        (&["--nonsense"], &["--nonsense"]),
        (&["extra"], &["extra"]),
    ];
    let faults: Vec<String> = cases.iter().filter_map(|(args, wanted)| refused(&ws, args, wanted)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for now in ["2026-11-20T12:00:00", "2026-11-20", "tomorrow", "", "2026-13-01T00:00:00Z"] {
        let run = ws.run(&["check", "--now", now]).expect(2);
        assert!(run.stderr.contains("--now") && !run.stderr.trim_end().contains('\n'), "{run:#?}");
    }
    for args in [&[][..], &["chekc"], &["check", "--gate"]] {
        ws.run(args).expect(2);
    }
    assert_eq!(ws.check_env(&[], &[("CI_GATE_PROMOTION_MODE", "yolo")]).expect(2).stdout, "");
    use std::os::unix::ffi::OsStrExt as _;
    for flag in ["--gate", "--root", "--run", "--out", "--format", "--now"] {
        let mut command = ws.command(&["check", flag]);
        command.arg(std::ffi::OsStr::from_bytes(b"x\xff"));
        let run = finish(command);
        assert!(run.code == 2 || flag == "--out" && run.code == 0, "{flag}: {run:#?}");
    }
}

#[test]
fn a_write_that_fails_is_exit_4_after_the_report_and_leaves_no_verdict() {
    let ws = Ws::new();
    ws.asserts("red", "1 == 2").put("a_file", "old");
    let run = ws.check(&["--out", "a_file/below"]).expect(4);
    assert!(run.stderr.contains("a_file/below") && run.stderr.contains("cannot be written"), "{run:#?}");
    assert_eq!(run.gate("red").status, "fail", "the report is shown all the same");
    assert_eq!(ws.text("a_file"), "old");

    // Where its successor cannot be written whole the old verdict says nothing any more.
    ws.check(&[]).expect(1);
    ws.remove("out/waiver_audit.json");
    std::fs::create_dir(ws.at("out/waiver_audit.json")).expect("a folder in the way");
    ws.asserts("red", "1 == 1");
    let run = ws.check(&[]).expect(4);
    assert!(run.stderr.contains("out/waiver_audit.json"), "{run:#?}");
    assert!(!ws.at("out/full_suite_verdict.json").exists());
    let left: Vec<_> = std::fs::read_dir(ws.at("out"))
        .expect("listed")
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "temporary files stay: {left:?}");
}

#[test]
fn what_is_no_plain_file_is_never_replaced_by_output() {
    let ws = Ws::new();
    ws.asserts("fine", "1 == 1");
    fifo(&ws.at("pipe"));
    std::fs::create_dir(ws.at("folder")).expect("a folder");
    for (path, what) in [("pipe", "a FIFO"), ("folder", "a folder"), ("pipe/\n::error::x", "")] {
        let run = ws.run(&["check", "--format", &format!("json:{path}")]).expect(4);
        assert!(run.stderr.contains("cannot be written") && run.stderr.contains(what), "{path}: {run:#?}");
        assert!(run.stderr.lines().all(|l| !l.trim_start().starts_with("::")), "{run:#?}");
    }
    use std::os::unix::fs::FileTypeExt as _;
    assert!(ws.at("pipe").symlink_metadata().expect("there").file_type().is_fifo());
    let full = Path::new("/dev/full");
    if full.symlink_metadata().is_ok_and(|m| m.file_type().is_char_device()) {
        // Through a link, so that a fault here cannot take the machine's device away.
        link(full, &ws.at("full"));
        let run = ws.run(&["check", "--format", "json:full"]).expect(4);
        assert!(run.stderr.contains("full") && run.stderr.contains("cannot be written"), "{run:#?}");
        assert!(ws.at("full").symlink_metadata().expect("there").file_type().is_symlink());
    }
}

/// Where the option stands before and behind the verb, nothing that was asked for is lost.
#[test]
fn formats_before_and_behind_the_verb_are_all_given() {
    let ws = Ws::new();
    let before = |more: &[&str]| {
        let words = [&["--format", "junit:j.xml", "--format=sarif:s.json", "check"], more].concat();
        let code = ws.run(&words).code;
        let there = ["j.xml", "s.json", "m.md"].map(|file| std::fs::remove_file(ws.at(file)).is_ok());
        (code, there)
    };
    assert_eq!(before(&[]).1, [true, true, false]);
    assert_eq!(before(&["--format", "markdown:m.md"]).1, [true, true, true]);
    assert_eq!(before(&["--format", "junit:j.xml"]), (2, [false, false, false]));
    assert_eq!(before(&["--format", "yaml"]).0, 2);
}

#[test]
fn a_full_disk_on_standard_output_is_exit_4() {
    let ws = Ws::new();
    ws.asserts("red", "1 == 2");
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    let mut command =
        ws.command(&["check", "--format", "json", "--format", "human", "--format", "sarif:s.json"]);
    let output = command.stdout(full).output().expect("run");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("standard output cannot be written"), "{stderr}");
    // The other formats are delivered all the same.
    assert!(ws.at("s.json").exists() && stderr.contains("red"), "{stderr}");
}

#[test]
fn the_output_folder_is_not_followed_out_of_the_workspace() {
    let outside = tempfile::tempdir().expect("a folder");
    let ws = Ws::new();
    ws.asserts("red", "1 == 2");
    link(outside.path(), &ws.at("out"));
    let run = ws.check(&[]).expect(4);
    assert_eq!(run.statuses(), ["red fail assertion"], "the operator still learns what failed");
    assert!(
        run.stderr.contains("error: the verdict is not written: out leaves the workspace"),
        "{}",
        run.stderr
    );
    assert_eq!(outside.path().read_dir().expect("a folder").count(), 0);
    // A folder that a person names, and a link inside the workspace, are followed.
    ws.check(&["--out", "out"]).expect(1);
    assert!(outside.path().join("full_suite_verdict.json").is_file());
    ws.remove("out");
    std::fs::create_dir(ws.at("inside")).expect("a folder");
    link(Path::new("inside"), &ws.at("out"));
    ws.check(&[]).expect(1);
    assert!(ws.at("inside/full_suite_verdict.json").is_file());
}
