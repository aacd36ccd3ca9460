//! The gate language, as `docs/gates.md` states it: what is bound, what a check passes on, what is refused at load.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests fail as tests do"
)]

use crate::support::{HEAD, Judged, Ws, check};
use std::os::unix::fs::symlink;

/// Judges one gate of a workspace that has others' files only.
fn judged(ws: &Ws, body: &str) -> Judged {
    ws.gate("g", body).check(&["--gate", "g"]).gate("g")
}

/// `status reason`
fn outcome(gate: &Judged) -> String {
    format!("{} {}", gate.status, gate.reason)
}

fn each(list: &str, more: &str, assert: &str) -> String {
    format!("[[checks]]\nid = 'c'\nfor_each = '''{list}'''\n{more}assert = '''{assert}'''\n")
}

const DOC: &str = "[artifacts.doc]\npath = 'doc.json'\nschema = 'e.v1'\n";
const LINES: &str = "[artifacts.lines]\npath = 'lines.jsonl'\nformat = 'jsonl'\nshape = 'e.v1'\n";

fn stocked() -> Ws {
    let ws = Ws::new();
    ws.put(
        "doc.json",
        r#"{"schema": "e.v1", "n": 1, "list": [1, 2, 3], "none": [], "no_keys": {}, "nil": null, "text": "it's",
            "map": {"b/c": {"v": 2}, "a": {"v": 1}}, "big": 9223372036854775807, "unsigned": 18446744073709551615,
            "float": 0.5, "yes": true, "nested": {"names": ["x", "y"]}}"#,
    );
    ws.put("lines.jsonl", "{\"n\": 1}\n{\"n\": 2}\n{\"n\": 3}\n");
    ws
}

#[test]
fn for_each_goes_over_lists_maps_and_lines_and_says_where() {
    let ws = stocked();
    let see = |list: &str, assert: &str| judged(&ws, &format!("{DOC}{LINES}{}", each(list, "", assert)));
    for (list, assert) in [
        ("doc.list", "it < 4"),
        ("lines", "it.n < 4"),
        ("doc.map", "it.value.v < 3 && size(it.key) > 0"),
        ("[1, 2]", "it > 0"),
    ] {
        assert_eq!(outcome(&see(list, assert)), "pass -", "{list}");
    }
    let list = see("doc.list", "it != 2");
    assert_eq!(
        (outcome(&list).as_str(), &list.value["findings"][0]["pointer"]),
        ("fail assertion", &"/list/1".into())
    );
    assert_eq!(list.messages.len(), 1);
    let map = see("doc.map", "it.value.v != 2");
    assert_eq!(map.value["findings"][0]["pointer"], "/map/b~1c");
    assert_eq!(map.value["findings"][0]["artifact"], "doc");
    let lines = see("lines", "it.n != 2");
    let finding = &lines.value["findings"][0];
    assert_eq!(
        (&finding["artifact"], &finding["path"], &finding["line"]),
        (&"lines".into(), &"lines.jsonl".into(), &2.into())
    );
    for list in ["doc.n", "doc.text", "doc.nil", "doc.gone", "doc.yes"] {
        assert_eq!(outcome(&see(list, "it == it")), "fail expression", "{list}");
    }
    // Every element is told, up to a number; the rest is counted.
    let many = see("doc.list.map(x, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).map(l, l.map(y, y)) + [[]]", "it == 0");
    assert!(many.messages.len() == 4, "{many:?}");
}

#[test]
fn an_empty_for_each_fails_unless_it_may_be_empty() {
    let ws = stocked();
    ws.put("empty.json", "{\"schema\": \"e.v1\", \"n\": 0}");
    for list in ["doc.none", "doc.no_keys", "doc.list.filter(x, x > 3)", "[]", "files('nothing/*')"] {
        let gate = judged(&ws, &format!("{DOC}{}", each(list, "", "it == it")));
        assert_eq!(outcome(&gate), "fail assertion", "{list}");
        assert!(gate.detail.contains("empty"), "{}", gate.detail);
        let gate = judged(&ws, &format!("{DOC}{}", each(list, "empty = 'ok'\n", "it == it")));
        assert_eq!(outcome(&gate), "pass -", "{list}");
    }
}

#[test]
fn when_and_message_see_it() {
    let ws = stocked();
    let see = |when: &str, assert: &str, message: &str| {
        let more = format!("when = '''{when}'''\nmessage = '''{message}'''\n");
        judged(&ws, &format!("{LINES}{}", each("lines", &more, assert)))
    };
    assert_eq!(outcome(&see("it.n == 9", "it.n == 0", "m")), "skip not_applicable");
    assert_eq!(see("it.n == 2", "it.n == 0", "{it.n} of {size(lines)}").messages, ["2 of 3"]);
    for when in ["it.gone == 1", "null", "it.n", "'true'", "it.n / (it.n - it.n) == 1"] {
        assert_eq!(
            outcome(&see(when, "it.n > 0", "m")),
            "fail expression",
            "a `when` that is neither: {when}"
        );
    }
    // An error in a message is shown and changes nothing.
    let gate = see("true == true", "it.n != 2", "a {it.gone} b {{c}} {it.n + 1}");
    assert_eq!(outcome(&gate), "fail assertion");
    let said = gate.messages.concat();
    assert!(said.starts_with("a <it.gone: ") && said.ends_with("> b {c} 3"), "{said}");
    assert_eq!(outcome(&see("true == true", "it.n > 0", "{it.gone}")), "pass -");
}

#[test]
fn a_check_passes_on_true_alone() {
    let ws = stocked();
    let cases = [
        ("doc.n == 1", "pass -"),
        ("doc.yes", "pass -"),
        ("doc.n == 2", "fail assertion"),
        ("doc.n", "fail expression"),
        ("doc.nil", "fail expression"),
        ("doc.text", "fail expression"),
        ("doc.list", "fail expression"),
        ("doc.gone", "fail expression"),
        ("doc.gone == null", "fail expression"),
        ("doc.n.gone == 1", "fail expression"),
        ("doc.list[3] == 1", "fail expression"),
        ("doc.list[-1] == 3", "fail expression"),
        ("doc.map['z'] == 1", "fail expression"),
        ("doc.gone == 1 || doc.n == 1", "fail expression"),
        ("doc.n == 1 || doc.gone == 1", "pass -"),
        ("doc.gone == 1 && doc.n == 2", "fail expression"),
        ("!doc.gone", "fail expression"),
        ("doc.nil < 1", "fail expression"),
        ("doc.text < 1", "fail expression"),
        ("doc.nil == 1", "fail assertion"),
        ("doc.big == 9223372036854775807", "pass -"),
        ("doc.big - 1 == 9223372036854775806", "pass -"),
        ("doc.big + 1 > 0", "fail expression"),
        ("doc.unsigned == 18446744073709551615u", "pass -"),
        ("doc.unsigned > doc.big", "pass -"),
        ("doc.float / (doc.float - doc.float) > 1.0", "fail expression"),
        ("doc.n / (doc.n - doc.n) == 0", "fail expression"),
        ("doc.n == 1.0", "pass -"),
        ("doc.list.exists(x, x.gone == 1)", "fail expression"),
        ("doc.list.exists(x, x == 2 || x.gone)", "fail expression"),
        ("doc.list.exists(x, x == 1 || x.gone)", "pass -"),
        ("size(doc.list) > 0 && doc.list.all(x, x.gone)", "fail expression"),
        ("doc.list.exists_one(x, x == 2)", "pass -"),
        ("doc.nested.names == ['x', 'y']", "pass -"),
        ("has(doc.nested.names)", "pass -"),
        ("has(doc.gone)", "fail assertion"),
        ("has(doc.gone.deeper)", "fail expression"),
        ("int(doc.text) == 1", "fail expression"),
        ("timestamp('2026-11-20T12:00:00') == now", "fail expression"),
    ];
    let mut faults = Vec::new();
    for (at, (expr, _)) in cases.iter().enumerate() {
        ws.gate(&format!("c{at:02}"), &format!("{DOC}{}", check("c", expr)));
    }
    let run = ws.check(&[]).expect(1);
    for (at, (expr, wanted)) in cases.iter().enumerate() {
        let gate = run.gate(&format!("c{at:02}"));
        if outcome(&gate) != *wanted {
            faults.push(format!("{expr}: {}, not {wanted}: {}", outcome(&gate), gate.detail));
        }
        if wanted.starts_with("fail") && !gate.detail.contains(expr) {
            faults.push(format!("{expr}: the detail does not say what it was: {}", gate.detail));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn expressions_run_only_over_what_passed_its_schema() {
    let ws = stocked();
    ws.put("bad.json", "{\"schema\": \"e.v1\", \"n\": \"x\"}");
    let body = format!(
        "[artifacts.bad]\npath = 'bad.json'\nschema = 'e.v1'\n{DOC}{}{}",
        check("a", "bad.n == doc.n"),
        check("b", "doc.n == 2")
    );
    let gate = judged(&ws, &body);
    assert_eq!(outcome(&gate), "fail schema");
    assert_eq!(gate.messages.len(), 2, "the fault, and the check that needs only `doc`: {gate:?}");
}

#[test]
fn many_binds_a_sorted_list() {
    let ws = stocked();
    for (name, n) in [("b", 2), ("a", 1), ("c.x", 3)] {
        ws.put(&format!("many/{name}.json"), format!("{{\"n\": {n}}}"));
    }
    ws.put("many/deeper/d.json", "{\"n\": 4}").put("many/e.txt", "x");
    let many = |glob: &str, more: &str, expr: &str| {
        judged(
            &ws,
            &format!(
                "[artifacts.all]\npath = '{glob}'\nmany = true\nshape = 'e.v1'\n{more}{}",
                check("c", expr)
            ),
        )
    };
    let gate = many(
        "many/*.json",
        "",
        "all.map(a, a.path) == ['many/a.json', 'many/b.json', 'many/c.x.json'] && all.map(a, a.stem) == ['a', 'b', 'c.x'] && sum(all.map(a, a.doc.n)) == 6",
    );
    assert_eq!(outcome(&gate), "pass -", "{gate:?}");
    assert_eq!(gate.value["artifacts"].as_array().map(Vec::len), Some(3));
    assert_eq!(outcome(&many("many/**/*.json", "", "size(all) == 4")), "pass -");
    assert_eq!(outcome(&many("many/*.toml", "", "size(all) == 0")), "fail missing");
    assert_eq!(outcome(&many("nowhere/*.json", "", "size(all) == 0")), "fail missing");
    assert_eq!(outcome(&many("many/*.toml", "required = false\n", "all == null")), "pass -");
    assert_eq!(outcome(&many("{run}/*.json", "", "size(all) == 1")), "fail missing");
    ws.put("many/f.json", "{\"n\": \"x\"}");
    let gate = many("many/*.json", "", "size(all) == 4");
    assert_eq!(outcome(&gate), "fail schema");
    assert!(gate.detail.starts_with("many/f.json:1:"), "{}", gate.detail);
    // A link out of the workspace is no file less.
    ws.remove("many/f.json");
    symlink("/etc/hostname", ws.at("many/g.json")).expect("a link");
    assert_eq!(outcome(&many("many/*.json", "", "size(all) == 3")), "fail unreadable");
    ws.remove("many/g.json");
    symlink("nowhere", ws.at("many/g.json")).expect("a link");
    let gate = many("many/*.json", "required = false\n", "size(all) == 3");
    assert_eq!(gate.status, "fail", "a dangling link is not passed over: {gate:?}");
}

#[test]
fn the_newest_run_is_judged_complete_or_not() {
    let ws = stocked();
    ws.reads("run", "{run}/s.json", "shape = 'e.v1'", "doc.n == 1 && run_dir.startsWith('runs/')");
    let see = |args: &[&str]| ws.check(args).gate("run");
    let none = see(&[]);
    assert_eq!(outcome(&none), "fail missing");
    assert!(none.detail.contains("runs/YYYYMMDDTHHMMSSZ"), "{}", none.detail);
    ws.put("runs/20261119T000000Z/s.json", "{\"n\": 1}").put("runs/20261120T000000Z/s.json", "{\"n\": 2}");
    ws.put("runs/latest/s.json", "{\"n\": 1}").put("runs/20261121T0000Z/s.json", "{\"n\": 1}");
    assert_eq!(outcome(&see(&[])), "fail assertion");
    assert_eq!(see(&[]).value["artifacts"][0]["path"], "runs/20261120T000000Z/s.json");
    let older = ws.at("runs/20261119T000000Z").display().to_string();
    assert_eq!(outcome(&see(&["--run", &older])), "pass -");
    assert_eq!(
        outcome(&see(&["--run", "runs/20261119T000000Z/"])),
        "pass -",
        "relative to the current folder"
    );
    std::fs::create_dir(ws.at("runs/20261120T000001Z")).expect("an empty run");
    let empty = see(&[]);
    assert_eq!(outcome(&empty), "fail missing");
    assert!(empty.detail.starts_with("runs/20261120T000001Z/s.json"), "{}", empty.detail);
    // A newest run that is no folder, or leads out, is not passed over either.
    ws.put("runs/20261120T000002Z", "x");
    assert_eq!(outcome(&see(&[])), "fail unreadable");
    ws.remove("runs/20261120T000002Z");
    symlink("/tmp", ws.at("runs/20261120T000003Z")).expect("a link");
    assert_eq!(outcome(&see(&[])), "fail unreadable");
    symlink("nowhere", ws.at("runs/20261120T000004Z")).expect("a link");
    assert_eq!(see(&[]).status, "fail");
}

#[test]
fn optional_artifacts_are_null_and_lists_take_the_first_there_is() {
    let ws = stocked();
    let optional = |path: &str, expr: &str| {
        judged(&ws, &format!("[artifacts.doc]\npath = {path}\nrequired = false\n{}", check("c", expr)))
    };
    assert_eq!(outcome(&optional("'gone.json'", "doc == null")), "pass -");
    assert_eq!(outcome(&optional("'gone.json'", "doc.n == 1")), "fail expression");
    assert_eq!(outcome(&optional("'{run}/gone.json'", "doc == null")), "pass -");
    assert_eq!(outcome(&optional("'doc.json'", "doc.n == 1")), "pass -");
    ws.put("second.json", "{\"schema\": \"e.v1\", \"n\": 7}");
    let gate = optional("['gone.json', 'second.json', 'doc.json']", "doc.n == 7");
    assert_eq!(
        (outcome(&gate).as_str(), &gate.value["artifacts"][0]["path"]),
        ("pass -", &"second.json".into())
    );
    // Without a run its file does not exist: another path of the list may.
    assert_eq!(outcome(&optional("['{run}/gone.json', 'doc.json']", "doc.n == 1")), "pass -");
    assert_eq!(outcome(&optional("['doc.json', '{run}/gone.json']", "doc.n == 1")), "pass -");
    let body =
        format!("[artifacts.doc]\npath = ['{{run}}/a.json', 'lost.json']\n{}", check("c", "doc.n == 1"));
    let gate = judged(&ws, &body);
    assert_eq!(outcome(&gate), "fail missing");
    assert!(
        gate.detail.contains("YYYYMMDDTHHMMSSZ/a.json") && gate.detail.contains("no run folder"),
        "{}",
        gate.detail
    );
    ws.put("runs/20261120T000000Z", "a file");
    assert_eq!(outcome(&optional("['{run}/gone.json', 'doc.json']", "doc.n == 1")), "fail unreadable");
    ws.remove("runs/20261120T000000Z");
    let body = format!("[artifacts.doc]\npath = ['gone.json', 'lost.json']\n{}", check("c", "doc.n == 1"));
    let gate = judged(&ws, &body);
    assert_eq!(outcome(&gate), "fail missing");
    assert!(gate.detail.contains("gone.json") && gate.detail.contains("lost.json"), "{}", gate.detail);
}

#[test]
fn junit_toml_and_text_are_bound() {
    let ws = stocked();
    ws.put(
        "r.xml",
        "<testsuites><testsuite name='s'><testcase name='a'/><testcase name='b'><failure message='m'/></testcase>\
         <testcase name='c'><skipped/></testcase></testsuite></testsuites>",
    );
    ws.put("t.toml", "schema = 'e.v1'\nn = 1\nday = 2026-11-20\nat = 2026-11-20T10:00:00Z\nlocal = 2026-11-20T10:00:00\ntime = 10:00:00\n");
    ws.put("log.txt", "one\nSKIP two\n");
    ws.put("out.json", "x");
    ws.reads("junit", "r.xml", "format = 'junit'", "doc.tests == 3 && doc.failures == 1 && doc.skipped == 1 && doc.suites[0].tests[1].status == 'failed'");
    ws.reads("toml", "t.toml", "format = 'toml'", "doc.day == '2026-11-20' && days_until(doc.day) == 0 && age(doc.at) == duration('2h') && doc.local == '2026-11-20T10:00:00' && doc.time == '10:00:00'");
    ws.reads("zone", "t.toml", "format = 'toml'", "age(doc.local) > duration('0s')");
    ws.reads("text", "log.txt", "format = 'text'", "doc.contains('SKIP') && doc.split('\\n')[0] == 'one'");
    ws.reads("lines", "lines.jsonl", "format = 'jsonl'\nshape = 'e.v1'", "size(lines) == 3");
    let run = {
        ws.gate(
            "lines",
            &format!(
                "{LINES}{}",
                check("c", "size(lines) == 3 && lines[2].n == 3 && lines.map(l, l.n) == [1, 2, 3]")
            ),
        );
        ws.check(&[]).expect(1)
    };
    let wanted = ["junit pass -", "lines pass -", "text pass -", "toml pass -", "zone fail expression"];
    assert_eq!(run.statuses(), wanted, "{run:#?}");
}

#[test]
fn every_function_of_the_contract() {
    let ws = stocked();
    ws.put("a/b/x.log", "fine\nsKiP: now\n")
        .put("a/y.log", "ok\n")
        .put("a/.hidden", "")
        .put("bad.json", "{")
        .put("other.json", "{\"schema\": \"e.v1\"}");
    ws.put("twice.json", "{\"a\": 1, \"a\": 2}");
    let cases = [
        "files('a/**/*.log') == ['a/b/x.log', 'a/y.log']",
        "files('a/*') == ['a/.hidden', 'a/y.log'] || files('a/*') == ['a/y.log']",
        "files('nothing/*') == []",
        "exists('a/y.log') && !exists('a/z.log') && exists('a')",
        "stem('a/b/x.tar.gz') == 'x.tar' && stem('.hidden') == '.hidden' && stem('plain') == 'plain'",
        "sorted([3, 1, 2]) == [1, 2, 3] && sorted(['b', 'B', 'a']) == ['B', 'a', 'b']",
        "distinct([1, 2, 1, 3, 2]) == [1, 2, 3]",
        "difference([3, 1, 2, 1], [2]) == [3, 1, 1]",
        "difference([], [1]) == [] && difference([1], []) == [1]",
        "sum([1, 2, 3]) == 6 && sum([]) == 0 && sum([0.5, 0.5]) == 1.0",
        "age('2026-11-20T11:00:00Z') == duration('1h') && age('2026-11-20T12:05:00Z') < duration('0s')",
        "days_until('2026-11-21') == 1 && days_until('2026-11-20') == 0 && days_until('2026-11-19') == -1",
        "sha256('a/y.log') == 'dc51b8c96c2d745df3bd5590d990230a482fd247123599548e0632fdbf97fc22'",
        "valid('doc.json') && !valid('bad.json') && !valid('other.json') && !valid('gone.json') && !valid('twice.json')",
        "grep('a/**/*.log', ['SKIP']) == [{'path': 'a/b/x.log', 'line': 2, 'match': 'SKIP'}]",
        "grep('a/*.log', ['nothing']) == []",
        "lane == 'full' && mode == 'strict' && now == timestamp('2026-11-20T12:00:00Z') && commit == null && branch == null",
        "gate_ids.exists(g, g == 'f00') && waivers == [] && quarantines == [] && incidents == [] && env == {}",
    ];
    for (at, expr) in cases.iter().enumerate() {
        ws.asserts(&format!("f{at:02}"), expr);
    }
    let run = ws.check(&[]);
    let faults: Vec<String> = cases
        .iter()
        .enumerate()
        .map(|(at, expr)| (expr, run.gate(&format!("f{at:02}"))))
        .filter(|(_, gate)| gate.status != "pass")
        .map(|(expr, gate)| format!("{expr}: {} {}", outcome(&gate), gate.detail))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn functions_refuse_what_leaves_the_workspace_or_is_of_the_wrong_type() {
    let ws = stocked();
    symlink("/etc", ws.at("out_folder")).expect("a link");
    symlink("/etc/hostname", ws.at("out_link.json")).expect("a link");
    let paths = ["../x.json", "/etc/hostname", "a/../../x.json", "out_link.json", "out_folder/hostname", ""];
    let mut cases: Vec<String> = Vec::new();
    for path in paths {
        for call in
            ["exists(P)", "sha256(P) == ''", "valid(P)", "size(files(P)) == 0", "grep(P, ['x']) == []"]
        {
            cases.push(call.replace('P', &format!("'{path}'")));
        }
    }
    let leaving = cases.len();
    for wrong in [
        "sha256('gone.json') == ''",
        "sha256('.') == ''",
        "grep('gone/*', ['x']) == []",
        "grep('doc.json', []) == []",
        "grep('doc.json', ['']) == []",
        "sorted([1, 'a']) == []",
        "sum(['a']) == 0",
        "sum('a') == 0",
        "age('yesterday') > duration('0s')",
        "age('2026-11-20T11:00:00') > duration('0s')",
        "days_until('2026-11-31') == 0",
        "days_until('20.11.2026') == 0",
        "exists(1)",
        "stem(null) == ''",
        "distinct({'a': 1}) == []",
        "env.HOME == ''",
        "valid('doc')",
    ] {
        cases.push(wrong.to_string());
    }
    for (at, expr) in cases.iter().enumerate() {
        ws.asserts(&format!("r{at:02}"), expr);
    }
    let run = ws.check(&[]).expect(1);
    let mut faults = Vec::new();
    for (at, expr) in cases.iter().enumerate() {
        let gate = run.gate(&format!("r{at:02}"));
        if outcome(&gate) != "fail expression"
            || (at < leaving && !expr.starts_with("valid") && !gate.detail.contains("workspace"))
        {
            faults.push(format!("{expr}: {} {}", outcome(&gate), gate.detail));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_the_environment_that_is_let_through_is_seen() {
    let ws = Ws::new();
    ws.put("tollgate.toml", ws.text("tollgate.toml") + "env = ['CHANNEL']\n");
    ws.asserts("seen", "env == {'CHANNEL': 'beta'}").asserts("hidden", "env.SECRET == 's'");
    let run = ws.check_env(&[], &[("CHANNEL", "beta"), ("SECRET", "s")]).expect(1);
    assert_eq!(run.statuses(), ["hidden fail expression", "seen pass -"]);
    assert_eq!(ws.check(&[]).gate("seen").status, "fail");
}

#[test]
fn gates_come_in_the_byte_order_of_their_ids() {
    let ws = Ws::new();
    let ids = ["B", "a", "a-b", "a.b", "a0", "aB", "a_b", "b", "_c", "0"];
    for id in ids {
        ws.asserts(id, "1 == 1");
    }
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    let order: Vec<String> = ws.check(&[]).expect(0).statuses();
    assert_eq!(order, sorted.iter().map(|id| format!("{id} pass -")).collect::<Vec<_>>());
}

#[test]
fn incidents_are_bound_and_an_unreadable_record_is_an_error() {
    let ws = Ws::new();
    ws.asserts("g", "size(incidents.filter(i, i.severity == 'SEV-1' && i.state == 'open')) == 0");
    ws.check(&[]).expect(0);
    let record = |state: &str| format!("{{\"id\": \"i1\", \"severity\": \"SEV-1\", \"state\": \"{state}\"}}");
    ws.put(".tollgate/incidents/i1.json", record("closed"));
    ws.check(&[]).expect(0);
    ws.put(".tollgate/incidents/i1.json", record("open"));
    assert_eq!(outcome(&ws.check(&[]).gate("g")), "fail assertion");
    for bad in ["{", "{}", "[]", "{\"id\": 1, \"severity\": \"SEV-1\", \"state\": \"closed\"}"] {
        ws.put(".tollgate/incidents/i1.json", bad);
        let gate = ws.check(&[]).gate("g");
        assert_eq!(outcome(&gate), "fail expression", "{bad}");
        assert!(gate.detail.contains("i1.json"), "{}", gate.detail);
    }
}

#[test]
fn every_problem_of_every_gate_file_is_told_at_once_with_its_place() {
    let ws = Ws::new();
    ws.put("gates/a.toml", HEAD.replace("owner", "ownr") + &check("c", "nothing == 1"));
    ws.put(
        "gates/b.toml",
        HEAD.replace("['preflight', 'full', 'certification']", "['fulll']") + &check("c", "1 +"),
    );
    ws.put("gates/c.toml", "name = ");
    ws.put("gates/d.toml", HEAD.replace("reproduce = 'see it'\n", "") + &check("c", "1 == 1"));
    ws.put("gates/e.toml", HEAD.replace("'see it'", "''") + &check("c", "1 == 1"));
    ws.put("schemas/s.json", "{");
    let run = ws.check(&[]).expect(2);
    for wanted in [
        "gates/a.toml:3:1: ",
        "did you mean `owner`",
        "gates/a.toml:9:13: nothing binds the name `nothing`",
        "gates/b.toml:5:10: no lane is called \"fulll\"",
        "gates/b.toml:9:",
        "gates/c.toml:1:",
        "gates/d.toml:1:1: the gate has no `reproduce`",
        "gates/e.toml:6:13: ",
        "schemas/s.json:1:2: ",
    ] {
        assert!(run.stderr.contains(wanted), "{wanted}\n{}", run.stderr);
    }
    // A gate of another lane, or one that was not asked for, is checked all the same.
    let ws = Ws::new();
    ws.asserts("fine", "1 == 1").gate_with(
        "other",
        &[("'preflight', 'full', 'certification'", "'preflight'")],
        &check("c", "nothing == 1"),
    );
    let run = ws.check(&["--gate", "fine"]).expect(2);
    assert!(run.stderr.contains("gates/other.toml:9:13"), "{}", run.stderr);
}

#[test]
fn what_an_author_would_regret_is_refused_at_load() {
    let doc = "[artifacts.doc]\npath = 'doc.json'\n";
    let expr = |e: &str| format!("{doc}{}", check("c", e));
    let cases = [
        (expr("dok.n == 1"), "did you mean `doc`"),
        (expr("it.n == 1"), "for_each"),
        (expr("doc.text != 'x'"), "null"),
        (expr("!(doc.text == 'x')"), "null"),
        (expr("'x' != doc.text"), "null"),
        (expr("doc.list.all(x, x == 1)"), "size("),
        (expr("size(doc.other) > 0 && doc.list.all(x, x == 1)"), "size("),
        (expr("size(doc.list) > 0 || doc.list.all(x, x == 1)"), "size("),
        (expr("size(doc.list) >= 0 && doc.list.all(x, x == 1)"), "size("),
        (
            format!("[artifacts.doc]\npath = 'doc.json'\nschema = 'e.v9'\n{}", check("c", "doc.n == 1")),
            "no schema is registered",
        ),
        (
            format!("[artifacts.doc]\npath = 'doc.json'\nshape = 'e.v9'\n{}", check("c", "doc.n == 1")),
            "no schema is registered",
        ),
        (
            format!("[artifacts.doc]\npath = 'out/full_suite_verdict.json'\n{}", check("c", "doc.n == 1")),
            "written by `tollgate check`",
        ),
        (
            format!("[artifacts.doc]\npath = 'out/*.json'\nmany = true\n{}", check("c", "size(doc) == 1")),
            "written by `tollgate check`",
        ),
        (check("c", "valid('out/waiver_audit.json')"), "written by `tollgate check`"),
        (
            format!("{doc}[[checks]]\nid = 'c'\nassert = 'doc.n == 1'\nmessage = '{{nothing}}'\n"),
            "nothing binds",
        ),
        (format!("{doc}[[checks]]\nid = 'c'\nassert = 'doc.n == 1'\nwhen = \"doc.t != 'x'\"\n"), "null"),
        (
            format!(
                "{doc}[[checks]]\nid = 'c'\nfor_each = 'doc.l.filter(x, x.t != \"y\")'\nassert = 'it.n == 1'\n"
            ),
            "null",
        ),
        (format!("applies_when = \"lane != 'full'\"\n{}", check("c", "1 == 1")), "null"),
        (format!("[artifacts.lane]\npath = 'doc.json'\n{}", check("c", "lane.n == 1")), "bound already"),
        (String::new(), "no check and no artifact"),
    ];
    let mut faults = Vec::new();
    for (body, wanted) in cases {
        let ws = Ws::new();
        let run = ws.gate("g", &body).check(&[]);
        if run.code != 2 || !run.stderr.contains(wanted) || !run.stderr.contains("gates/g.toml:") {
            faults.push(format!("{body}\n=> {} {} (wanted {wanted})", run.code, run.stderr));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let ws = stocked();
    for fine in [
        "size(doc.list) > 0 && doc.list.all(x, x < 9)",
        "doc.list.all(x, x < 9) && size(doc.list) > 0",
        "size(doc.list) == 3 && doc.list.all(x, x < 9)",
    ] {
        assert_eq!(outcome(&judged(&ws, &format!("{DOC}{}", check("c", fine)))), "pass -", "{fine}");
    }
}

#[test]
fn limits_fail_the_gate_and_no_other() {
    let ws = stocked();
    let hundred = format!("[{}]", (0..100).map(|n| n.to_string()).collect::<Vec<_>>().join(", "));
    let product = |folds: usize, last: &str| {
        let mut text = last.to_string();
        (0..folds).for_each(|n| text = format!("L.exists(x{n}, {text})"));
        text.replace('L', &hundred)
    };
    ws.asserts("fits", &format!("!({})", product(2, "x0 + x1 < 0")));
    ws.asserts("product", &format!("!({})", product(4, "x0 + x1 < 0")));
    ws.asserts("text", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(a, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(b, 'xxxxxxxxxxxxxxxxxxxx')).map(l, l.join('')).join('').matches('y+') == true");
    let long: String = (0..4_000).map(|n| format!("{{\"n\": {n}}}\n")).collect();
    ws.put("long.jsonl", long);
    ws.gate("streamed", "[artifacts.lines]\npath = 'long.jsonl'\nformat = 'jsonl'\nshape = 'e.v1'\n[[checks]]\nid = 'c'\nfor_each = 'lines'\nassert = 'it.n >= 0'\n");
    let run = ws.check(&[]).expect(1);
    let wanted = ["fits pass -", "product fail limit", "streamed pass -", "text fail assertion"];
    assert_eq!(run.statuses(), wanted, "{run:#?}");
}

#[test]
fn nothing_in_a_gate_file_runs() {
    let ws = Ws::new();
    ws.gate_with("g", &[("'see it'", "'touch pwned; $(touch pwned) `touch pwned`'")], &check("c", "1 == 2"));
    for lane in ["preflight", "full", "certification"] {
        ws.check(&["--lane", lane]).expect(1);
    }
    assert!(!ws.at("pwned").exists());
}

#[test]
fn a_literal_may_be_asserted() {
    let ws = Ws::new();
    ws.asserts("no", "false").asserts("yes", "true").asserts("null", "null").asserts("text", "'true'");
    let run = ws.check(&[]).expect(1);
    assert_eq!(
        run.statuses(),
        ["no fail assertion", "null fail expression", "text fail expression", "yes pass -"]
    );
}

#[test]
fn a_stream_without_a_line_is_a_fault_unless_the_check_that_walks_it_says_ok() {
    let ws = Ws::new();
    ws.put("lines.jsonl", "");
    let ok = "empty = 'ok'\n";
    let walks =
        |more: &str, ok: &str| judged(&ws, &format!("{LINES}{more}{}", each("lines", ok, "it.n == 1")));
    assert_eq!(outcome(&walks("", "")), "fail malformed");
    assert_eq!(outcome(&walks("", ok)), "pass -");
    assert_eq!(outcome(&walks("max_age = '1d'\n", ok)), "fail stale", "it has no age");
    let other = judged(&ws, &format!("{LINES}{}", each("[1].filter(i, i > 1)", ok, "it == 1")));
    assert_eq!(outcome(&other), "fail malformed", "nothing says that this stream may be empty");
    ws.put("lines.jsonl", "\n");
    assert_eq!(outcome(&walks("", ok)), "fail malformed", "a blank line is no empty stream");
    ws.put("lines.jsonl", "{\"n\": 1}");
    assert_eq!(outcome(&walks("", ok)), "fail malformed", "nor is a torn one");
}

#[test]
fn a_time_in_the_future_has_no_age() {
    let ws = Ws::new();
    ws.put("doc.json", "{\"schema\": \"e.v1\", \"n\": 1, \"at\": \"2099-01-01T00:00:00Z\"}");
    let gate = judged(&ws, &format!("{DOC}{}", check("c", "age(doc.at) < duration('168h')")));
    assert_eq!(outcome(&gate), "fail expression");
    assert!(gate.detail.contains("in the future"), "{}", gate.detail);
}
