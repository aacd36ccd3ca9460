//! A policy loaded from a git ref: what a pull request changes in its working tree does not judge it.

#![expect(clippy::expect_used, reason = "helpers of tests, which stop at once")]

use std::path::Path;
use std::process::Command;
use tollgate_host::config::{Classification, LoadRequest, PolicyInForce, load};
use tollgate_host::files::{Root, write_atomic};

const GATE: &str = "name = 'N'\nwhy = 'W'\nowner = 'o'\nblocking = true\nlanes = ['full']\nreproduce = 'x'\n\
                    [artifacts.doc]\npath = 'doc.json'\nshape = 'my.v1'\n[[checks]]\nid = 'c'\nassert = 'doc.ok'\n";

/// Runs git in a test repository, whatever the user's own configuration says.
#[expect(clippy::disallowed_methods, reason = "a test makes its own repository")]
fn git(dir: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn put(dir: &Path, path: &str, text: &str) {
    write_atomic(&dir.join(path), text.as_bytes()).expect("a file can be written");
}

/// A repository whose folder `ws` is a workspace, committed on `main`.
fn repository() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    git(dir.path(), &["init", "-q", "-b", "main"]);
    put(dir.path(), "ws/tollgate.toml", "[workspace]\npacks = []\n");
    for id in ["a", "b", "c"] {
        put(dir.path(), &format!("ws/gates/{id}.toml"), GATE);
    }
    put(dir.path(), "ws/gates/d.toml", &GATE.replace("'my.v1'", "'tollgate.run.summary.v1'"));
    put(dir.path(), "ws/gates/own.toml", &GATE.replace("shape = 'my.v1'\n", ""));
    put(dir.path(), "ws/schemas/my.v1.json", "{}");
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-q", "-m", "policy"]);
    dir
}

fn policy(dir: &Path, from: Option<&str>) -> Result<PolicyInForce, String> {
    let root = Root::open(&dir.join("ws")).expect("a folder");
    load(&LoadRequest { policy_from: from, ..LoadRequest::all(&tollgate::embedded::EMBEDDED, &root) })
        .map_err(|e| e.to_string())
}

#[test]
fn an_untouched_tree_alters_nothing() {
    let dir = repository();
    let (tree, main) = (policy(dir.path(), None).unwrap(), policy(dir.path(), Some("main")).unwrap());
    assert_eq!(tree.digest, main.digest);
    assert_eq!((main.from.as_deref(), main.altered), (Some("main"), vec![]));
    assert!(main.notes[0].starts_with("the policy is that of main, commit "), "{:?}", main.notes);
    assert_eq!(main.notes.len(), 1);
}

#[test]
fn what_the_tree_changes_is_named_and_does_not_judge() {
    let dir = repository();
    put(dir.path(), "ws/gates/a.toml", &GATE.replace("doc.ok", "true || doc.ok"));
    std::fs::remove_file(dir.path().join("ws/gates/b.toml")).unwrap();
    put(dir.path(), "ws/gates/new.toml", GATE);
    put(
        dir.path(),
        "ws/tests/suite_classification.toml",
        "[waiver.c]\nowner = 'x'\n[rollback]\nowner = 'x'\n",
    );
    let main = policy(dir.path(), Some("main")).unwrap();
    assert_eq!(main.altered, ["a", "b", "c", "new"]);
    assert_eq!(main.gates.iter().map(|g| g.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c", "d", "own"]);
    assert_eq!(main.gates[0].checks[0].assert.text(), "doc.ok");
    assert_eq!(main.classification, Classification::Absent);
    assert!(main.notes.iter().any(|n| n.contains("alters [rollback]")), "{:?}", main.notes);
}

#[test]
fn a_schema_alters_the_gates_that_ask_for_it_and_those_that_ask_for_none() {
    let dir = repository();
    put(dir.path(), "ws/schemas/my.v1.json", "{\"type\": \"object\"}");
    assert_eq!(policy(dir.path(), Some("main")).unwrap().altered, ["a", "b", "c", "own"]);
}

#[test]
fn settings_of_the_tree_are_noted() {
    let dir = repository();
    put(dir.path(), "ws/tollgate.toml", "[workspace]\npacks = []\nresults = 'elsewhere'\n");
    let main = policy(dir.path(), Some("main")).unwrap();
    assert_eq!((main.settings.results.as_str(), main.altered.len()), ("tests/e2e_results", 0));
    assert!(main.notes.iter().any(|n| n.contains("alters the settings")), "{:?}", main.notes);
}

/// A gate whose words hold a name does not read what has it.
#[test]
fn a_setting_alters_the_gates_that_go_by_it_and_no_other() {
    let dir = repository();
    let gate = |id: &str, gate: &str| put(dir.path(), &format!("ws/gates/{id}.toml"), gate);
    gate("a", &GATE.replace("why = 'W'", "why = 'env, commit, branch, run_dir, waivers and run_gaps'"));
    gate("b", &GATE.replace("assert = 'doc.ok'", "assert = \"env.STAGE == 'x'\""));
    gate("c", &GATE.replace("assert = 'doc.ok'", "assert = \"branch == 'main'\""));
    gate("d", &GATE.replace("reproduce = 'x'", "reproduce = 'x {run}'"));
    gate("own", &GATE.replace("shape = 'my.v1'", "shape = 'my.v1'\ncommit = 'same'"));
    gate("w", &GATE.replace("assert = 'doc.ok'", "assert = 'waivers.size() == 0'"));
    let settings =
        |text: &str| put(dir.path(), "ws/tollgate.toml", &format!("[workspace]\npacks = []\n{text}"));
    settings("env = ['STAGE']\n");
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-q", "-m", "gates that go by settings"]);
    for (text, wanted) in [
        ("env = ['STAGE']\n", &[][..]),
        ("env = ['STAGE', 'OTHER']\n", &["b"]),
        ("env = ['STAGE']\nresults = 'elsewhere'\n", &["d"]),
        ("env = ['STAGE']\ngit = false\n", &["c", "d", "own"]),
        ("env = ['STAGE']\nclassification = 'other.toml'\n", &["w"]),
    ] {
        settings(text);
        let main = policy(dir.path(), Some("main")).unwrap();
        assert_eq!(main.altered, wanted, "{text}");
    }
}

#[test]
fn a_tree_that_would_not_load_is_judged_all_the_same() {
    let dir = repository();
    put(dir.path(), "ws/gates/a.toml", "name = ");
    let main = policy(dir.path(), Some("main")).unwrap();
    assert_eq!(main.altered, ["a"]);
    std::fs::remove_file(dir.path().join("ws/tollgate.toml")).unwrap();
    let main = policy(dir.path(), Some("main")).unwrap();
    assert_eq!(main.altered, ["a", "b", "c", "d", "own"]);
    assert!(main.notes.iter().any(|n| n.contains("would not load")), "{:?}", main.notes);
}

#[test]
fn a_ref_that_cannot_be_used_is_an_error() {
    let dir = repository();
    for (name, wanted) in [
        ("nope", "`nope` is not a ref of the repository"),
        ("--help", "it begins with `-`"),
        ("", "it is empty"),
    ] {
        let error = policy(dir.path(), Some(name)).err().unwrap();
        assert!(error.contains(wanted), "{error}");
    }
    git(dir.path(), &["rm", "-q", "ws/tollgate.toml"]);
    git(dir.path(), &["commit", "-q", "-m", "gone"]);
    put(dir.path(), "ws/tollgate.toml", "[workspace]\npacks = []\n");
    let error = policy(dir.path(), Some("main")).err().unwrap();
    assert!(error.contains("the commit of main has no tollgate.toml"), "{error}");
}
