//! What an operator is told, so that nobody is led astray: why a waiver does not help, that no commit binds the evidence, which
//! evidence a gate that does not apply goes without.

use crate::support::{NOW, Ws};

const WAIVER: &str = "[waiver.g]\nowner = 'a'\nreason = 'b'\nissue = 'c'\nlanes = ['full']\ncreated = 2026-11-20\n\
                      expires = 2026-12-04\nexit_criteria = 'd'\n";

/// Pasting a second `[waiver.g]` would make the file unreadable, and then no waiver would hold.
#[test]
fn a_waiver_that_does_not_cover_is_explained_and_not_offered_twice() {
    let ws = Ws::new();
    ws.reads("g", "gone.json", "schema = 'e.v1'", "doc.n == 1");
    let bare = ws.check(&[]);
    assert_eq!(bare.code, 1);
    assert!(bare.stderr.contains("[waiver.g]"), "{}", bare.stderr);

    let file = "tests/suite_classification.toml";
    ws.put(file, format!("{WAIVER}checks = ['c']\n"));
    let narrow = ws.check(&[]);
    assert_eq!(narrow.code, 1);
    let note =
        "waiver `g` does not cover what failed: it covers c alone, and the evidence itself is at fault";
    let said = narrow.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(note), "{}", narrow.stderr);
    assert!(!narrow.stderr.contains("[waiver.g]"), "{}", narrow.stderr);

    let elsewhere = ws.check(&["--lane", "certification"]);
    assert_eq!(elsewhere.code, 1);
    assert!(elsewhere.stderr.contains("it is for full"), "{}", elsewhere.stderr);

    ws.put(file, format!("{WAIVER}reasons = ['missing']\n"));
    let waived = ws.check(&[]);
    assert_eq!(waived.code, 0, "{}", waived.stderr);
    assert!(!waived.stderr.contains("does not cover"), "{}", waived.stderr);
}

#[test]
fn evidence_that_no_commit_binds_is_named() {
    let ws = Ws::new();
    ws.asserts("g", "size(gate_ids) == 1");
    let note = "the evidence is not held to a commit";
    assert!(!ws.check(&[]).stderr.contains(note), "`git = false` was somebody's choice");
    ws.put("tollgate.toml", ws.text("tollgate.toml").replace("git = false\n", ""));
    let outside = ws.check(&[]);
    assert_eq!(outside.code, 0, "{}", outside.stderr);
    assert!(outside.stderr.contains(note), "{}", outside.stderr);
    ws.git(&["init", "-q", "-b", "main"]);
    let unborn = ws.check(&[]);
    assert!(unborn.stderr.contains("HEAD is on a branch that has none yet"), "{}", unborn.stderr);
    ws.commit();
    assert!(!ws.check(&[]).stderr.contains(note));
}

#[test]
fn the_doctor_misses_nothing_that_a_gate_in_force_does_not_need() {
    let ws = Ws::new();
    ws.put("a.json", r#"{"schema": "e.v1", "n": 1}"#);
    let tables = "[artifacts.a]\npath = 'a.json'\nschema = 'e.v1'\n[artifacts.doc]\npath = 'b.json'\nschema = 'e.v1'\n";
    let check = "[[checks]]\nid = 'c'\nassert = 'doc.n == 1'\n";
    ws.gate("g", &format!("applies_when = 'a.n == 2'\n{tables}{check}"));
    let sound = ws.run(&["doctor", "--now", NOW]);
    assert_eq!(sound.code, 0, "{}{}", sound.stdout, sound.stderr);
    let said = format!("{}{}", sound.stdout, sound.stderr);
    assert!(said.contains("skip   g  (1 sound, does not apply)"), "{said}");
    ws.put("a.json", r#"{"schema": "e.v1", "n": 2}"#);
    assert_eq!(ws.run(&["doctor", "--now", NOW]).code, 1);
    // In one lane is enough.
    ws.gate("g", &format!("applies_when = 'lane == \"certification\"'\n{tables}{check}"));
    assert_eq!(ws.run(&["doctor", "--now", NOW]).code, 1);
}

#[test]
fn a_part_of_the_lane_is_not_taken_for_the_whole() {
    let ws = Ws::new();
    ws.asserts("g", "size(gate_ids) == 2").asserts("h", "size(gate_ids) == 3");
    let part = ws.check(&["--gate", "g"]);
    assert_eq!(part.code, 0, "{}", part.stderr);
    let said = part.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("not of the whole lane; not judged are `h`"), "{said}");
    assert!(!ws.check(&[]).stderr.contains("not of the whole lane"));
}

/// The line that a person is told to paste is not asked for when it is what they pasted.
#[test]
fn explain_does_not_ask_for_the_line_that_it_has() {
    let ws = Ws::new();
    let asked = "paste the line";
    let given = ws.run(&["explain", "test a::b ... FAILED"]);
    assert_eq!(given.code, 1);
    assert!(!given.stdout.contains(asked) && given.stdout.contains("no entry knows it"), "{}", given.stdout);
    assert!(ws.run(&["explain", "process ended with exit code 1"]).stdout.contains(asked));
}

/// A gate file breaks its lines for its own readers; a report does not show `\n`.
#[test]
fn an_expression_of_many_lines_stands_on_one() {
    let ws = Ws::new();
    ws.asserts("g", "size(gate_ids) == 1\n  && size(gate_ids) == 2");
    let run = ws.check(&[]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("size(gate_ids) == 1 && size(gate_ids) == 2"), "{}", run.stderr);
    assert!(!run.stderr.contains("\\n"), "{}", run.stderr);
}
