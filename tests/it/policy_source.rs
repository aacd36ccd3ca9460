//! Where the policy comes from: what cannot be looked at is never absent, in the working tree and in a commit, and the
//! repository is the one whose `.git` stands there, however the workspace looks.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests fail as tests do"
)]

use crate::support::{NOW, Run, Ws, skipped};
use std::fs::{create_dir_all, remove_file, rename};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

const WAIVERS: &str = "tests/suite_classification.toml";

/// A repository with a red gate, a schema, a runbook entry and a classification file, all committed.
fn red() -> Ws {
    let ws = Ws::new();
    ws.asserts("red", "lane == 'x'").put(WAIVERS, "[suite.unit]\nfiles = []\n");
    ws.put("runbook/mine.toml", include_str!("../../runbook/perf_budget.toml"));
    ws.repository();
    ws
}

/// As a change that only its working tree knows.
fn green() -> Ws {
    let ws = Ws::new();
    ws.asserts("ok", "lane == 'full'").put(WAIVERS, "[suite.unit]\nfiles = []\n");
    ws.repository();
    ws
}

fn refused(run: Run, names: &str) {
    let run = run.expect(2);
    assert!(run.stderr.contains(names) && run.stdout.is_empty(), "{names}: {}", run.stderr);
}

#[test]
fn a_policy_path_through_a_link_or_a_submodule_of_the_ref_is_refused_by_name() {
    for (path, named) in [
        ("gates", "gates is "),
        ("schemas", "schemas is "),
        ("runbook", "runbook is "),
        ("tests", "tests is "),
        ("tollgate.toml", "tollgate.toml is "),
        ("gates/red.toml", "gates/red.toml is "),
        ("schemas/e.v1.json", "schemas/e.v1.json is "),
        (WAIVERS, "tests/suite_classification.toml is "),
    ] {
        let ws = red();
        ws.check(&["--policy-from", "main"]).expect(1);
        // The same files, elsewhere: in the working tree nothing changes.
        create_dir_all(ws.at("moved").join(path).parent().expect("a parent")).expect("folders");
        rename(ws.at(path), ws.at("moved").join(path)).expect("moved");
        let up = "../".repeat(path.matches('/').count());
        symlink(format!("{up}moved/{path}"), ws.at(path)).expect("a link");
        let head = ws.commit();
        ws.check(&[]).expect(1);
        refused(ws.check(&["--policy-from", "main"]), &format!("{named}a symbolic link"));
        ws.git(&["rm", "-q", "--cached", path]);
        ws.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},{path}")]);
        ws.git(&["commit", "-q", "-m", "module"]);
        refused(ws.check(&["--policy-from", "main"]), &format!("{named}a submodule"));
    }
}

#[test]
fn a_linked_parent_hides_no_folder_of_the_ref() {
    let ws = red();
    let settings = "[workspace]\npacks = []\ngates = ['a/b/gates', 'gates']\nschemas = ['a/b/schemas']\noutput = 'out'\n";
    ws.put("tollgate.toml", settings).put("real/gates/more.toml", ws.text("gates/red.toml"));
    create_dir_all(ws.at("a")).expect("a folder");
    symlink("../real", ws.at("a/b")).expect("a link");
    ws.commit();
    ws.check(&[]).expect(1);
    refused(ws.check(&["--policy-from", "main"]), "a/b is a symbolic link");
    // Nothing at all is absent, as ever.
    remove_file(ws.at("a/b")).expect("removed");
    ws.commit();
    let run = ws.check(&["--policy-from", "main"]).expect(1);
    assert!(run.stderr.contains("the folder a/b/gates of tollgate.toml is not there"), "{}", run.stderr);
}

#[test]
fn a_file_where_a_folder_belongs_is_an_error_in_both_trees() {
    let ws = red();
    std::fs::remove_dir_all(ws.at("gates")).expect("removed");
    ws.put("gates", "x");
    ws.commit();
    refused(ws.check(&[]), "gates is a file where a folder belongs");
    refused(ws.check(&["--policy-from", "main"]), "gates is a file where a folder belongs");
    remove_file(ws.at("gates")).expect("removed");
    ws.put("gates/red.toml/deep.txt", "x");
    ws.commit();
    refused(ws.check(&[]), "gates/red.toml is a folder");
    refused(ws.check(&["--policy-from", "main"]), "gates/red.toml as a folder");
}

#[test]
fn in_the_working_tree_a_link_is_followed_inside_and_refused_elsewhere() {
    let ws = red();
    rename(ws.at("gates"), ws.at("elsewhere")).expect("moved");
    symlink("elsewhere", ws.at("gates")).expect("a link");
    ws.check(&[]).expect(1);
    for to in ["/usr", "nowhere", "gates"] {
        remove_file(ws.at("gates")).expect("removed");
        symlink(to, ws.at("gates")).expect("a link");
        refused(ws.check(&[]), "gates");
    }
}

#[test]
fn a_misspelt_name_is_refused_in_both_trees() {
    for (name, rename_to) in [
        ("gates/blue.TOML", "rename it to blue.toml"),
        ("gates/x.Toml", "rename it to x.toml"),
        ("gates/x.toml ", "rename it to x.toml"),
        ("gates/x.toml\u{200b}", "rename it to x.toml"),
        ("schemas/s.JSON", "rename it to s.json"),
        ("runbook/r.tomL", "rename it to r.toml"),
    ] {
        let ws = green();
        ws.put(name, "x");
        refused(ws.check(&[]), rename_to);
        ws.commit();
        refused(ws.check(&["--policy-from", "main"]), rename_to);
        // Judged by a ref that has it not, the change is named.
        let run = ws.check(&["--policy-from", "HEAD~1"]).expect(0);
        assert!(run.stderr.contains(rename_to), "{}", run.stderr);
    }
}

#[test]
fn a_name_that_is_not_utf_8_is_refused_in_both_trees() {
    for (folder, name) in [("gates", &b"x\xff.toml"[..]), ("gates", b"x.tom\xff"), ("schemas", b"\xff")] {
        let ws = green();
        let file = ws.at(folder).join(std::ffi::OsStr::from_bytes(name));
        // Some file systems know no such names.
        if let Err(error) = std::fs::File::create(file) {
            skipped(&format!("this file system takes no such name ({error})"));
            return;
        }
        refused(ws.check(&[]), "the name is not UTF-8");
        ws.commit();
        refused(ws.check(&["--policy-from", "main"]), "the name is not UTF-8");
    }
}

#[test]
fn backups_and_readmes_are_no_gates_and_what_is_too_deep_is_named_alike() {
    let ws = green();
    for name in ["README.md", "ok.toml~", "#ok.toml#", "ok.toml.bak", ".ok.toml.swp", ".gitkeep", "._ok.toml"]
    {
        ws.put(&format!("gates/{name}"), "x");
    }
    symlink("me@host.1:2", ws.at("gates/.#ok.toml")).expect("a link");
    ws.put("gates/a/b/c/deep.toml", "x").put("gates/a/near.TOML", "x").put("gates/a/README.md", "x");
    ws.commit();
    let notes = |run: Run| {
        let lines = run.stderr.lines().filter(|line| line.contains("not loaded"));
        lines.map(|line| line.trim().to_string()).collect::<Vec<_>>()
    };
    let tree = notes(ws.check(&[]).expect(0));
    assert_eq!(tree.len(), 2, "{tree:?}");
    assert!(
        tree[0].contains("gates/a/b/c/deep.toml is not loaded: files stand directly in gates"),
        "{tree:?}"
    );
    assert_eq!(tree, notes(ws.check(&["--policy-from", "main"]).expect(0)));
    symlink("a", ws.at("gates/linked")).expect("a link");
    ws.commit();
    for args in [&[][..], &["--policy-from", "main"]] {
        let notes = notes(ws.check(args).expect(0));
        assert!(
            notes.iter().any(|n| n.contains("gates/linked is not loaded: it is a symbolic link")),
            "{notes:?}"
        );
    }
}

#[test]
fn a_schema_in_the_place_of_an_embedded_one_is_named() {
    let ws = green();
    ws.reads("ask", "s.json", "schema = 'tollgate.run.summary.v1'", "doc.status == 'passed'");
    ws.put("s.json", r#"{"schema": "tollgate.run.summary.v1", "generated_at": "2026-11-20T11:00:00Z", "status": "passed"}"#);
    ws.commit();
    ws.check(&[]).expect(1);
    // A copy of it is another file and no other contract.
    let own = include_str!("../../schemas/tollgate.run.summary.v1.json");
    ws.put("schemas/mine.json", own);
    let run = ws.check(&[]).expect(1);
    assert!(!run.stderr.contains("replaces the embedded"), "{}", run.stderr);
    ws.put("schemas/mine.json", r#"{"$id": "tollgate.run.summary.v1"}"#);
    let run = ws.check(&[]).expect(0);
    let said = "schemas/mine.json replaces the embedded schema tollgate.run.summary.v1";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    let run = ws.run(&["check", "--now", NOW, "--format", "markdown"]).expect(0);
    assert!(run.stdout.contains("replaces the embedded schema"), "{}", run.stdout);
    let run = ws.check(&["--policy-from", "main"]).expect(1);
    assert_eq!(run.verdict()["policy"]["altered"], serde_json::json!(["ask"]));
    let said = "alters the schema tollgate.run.summary.v1: schemas/mine.json replaces the embedded one";
    let unwrapped: Vec<&str> = run.stderr.split_whitespace().collect();
    assert!(unwrapped.join(" ").contains(said), "{}", run.stderr);
}

#[test]
fn files_that_look_like_a_repository_do_not_move_the_policy() {
    for at in ["services", "services/x"] {
        let mono = Ws::new();
        for name in ["tollgate.toml", "schemas/e.v1.json"] {
            mono.put(&format!("services/x/{name}"), mono.text(name));
        }
        mono.put("services/x/tollgate.toml", "[workspace]\npacks = []\ngit = true\noutput = 'out'\n");
        mono.asserts("red", "lane == 'x'");
        mono.put("services/x/gates/red.toml", mono.text("gates/red.toml"));
        let base = mono.repository();
        let root = mono.at("services/x");
        let judge = || mono.check(&["--root", root.to_str().expect("UTF-8"), "--policy-from", "main"]);
        judge().expect(1);
        mono.git(&["init", "-q", "--bare", "-b", "main", at]);
        mono.git(&["config", "-f", &format!("{at}/config"), "core.bare", "false"]);
        mono.git(&["config", "-f", &format!("{at}/config"), "core.worktree", "."]);
        let verdict = judge().expect(1).verdict();
        assert_eq!((verdict["commit"].as_str(), verdict["branch"].as_str()), (Some(&*base), Some("main")));
    }
}

#[test]
fn nothing_of_the_environment_points_git_elsewhere() {
    let (ws, other) = (red(), green());
    let git_dir = other.at(".git");
    let git_dir = git_dir.to_str().expect("UTF-8");
    let objects = format!("{git_dir}/objects");
    let env = [
        ("GIT_DIR", git_dir),
        ("GIT_WORK_TREE", other.dir().to_str().expect("UTF-8")),
        ("GIT_OBJECT_DIRECTORY", &objects),
        ("GIT_COMMON_DIR", git_dir),
        ("GIT_INDEX_FILE", "/nowhere"),
        ("GIT_NAMESPACE", "evil"),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.worktree"),
        ("GIT_CONFIG_VALUE_0", "/"),
        ("GIT_DEFAULT_HASH", "sha256"),
        ("GIT_TRACE", "1"),
    ];
    assert_eq!(ws.check_env(&["--policy-from", "main"], &env).expect(1).statuses(), ["red fail assertion"]);
}

#[test]
fn another_owner_is_named_with_the_line_that_settles_it() {
    let ws = green();
    // Only root may give a folder away.
    for path in [".git", "."] {
        if std::os::unix::fs::chown(ws.at(path), Some(12_345), None).is_err() {
            skipped("a folder can be given to another owner by root alone");
            return;
        }
    }
    for args in [&[][..], &["--policy-from", "main"]] {
        let run = ws.check(args).expect(4);
        assert!(run.stderr.contains("git config --global --add safe.directory"), "{}", run.stderr);
        assert!(!run.stderr.contains("no git repository"), "{}", run.stderr);
    }
    ws.run(&["gate", "list"]).expect(0);
}

#[test]
fn a_git_that_the_change_brings_is_not_started() {
    use std::os::unix::fs::PermissionsExt as _;
    let ws = red();
    ws.put("bin/git", format!("#!/bin/sh\ntouch {}\n", ws.at("started").display()));
    std::fs::set_permissions(ws.at("bin/git"), std::fs::Permissions::from_mode(0o755)).expect("permissions");
    let path = std::env::var("PATH").expect("a PATH");
    let path = format!("bin::{}:{path}", ws.at("bin").display());
    ws.check_env(&["--policy-from", "main"], &[("PATH", &path)]).expect(1);
    assert!(!ws.at("started").exists());
    let run = ws.check_env(&["--policy-from", "main"], &[("PATH", "bin")]).expect(4);
    assert!(run.stderr.contains("git is not found in PATH"), "{}", run.stderr);
}

#[test]
fn evidence_of_a_run_is_stale_on_a_branch_without_a_commit() {
    for evidence in [r#""commit": "COMMIT""#, r#""commit": null"#, r#""n2": 1"#] {
        let ws = Ws::new();
        ws.reads("run", "{run}/s.json", "schema = 'e.v1'", "doc.n == 1");
        ws.put(".gitignore", "runs/\n");
        let commit = ws.repository();
        let text = format!(r#"{{"schema": "e.v1", "n": 1, {evidence}}}"#).replace("COMMIT", &commit);
        ws.put("runs/20261120T101500Z/s.json", text);
        ws.git(&["checkout", "-q", "--orphan", "new"]);
        let run = ws.check(&[]).expect(1);
        assert_eq!(run.gate("run").reason, "stale", "{evidence}");
        assert!(run.stderr.contains("HEAD is on a branch that has none yet"), "{}", run.stderr);
    }
    // What is of no run is judged as before the first commit of any repository.
    let ws = Ws::new();
    ws.asserts("ok", "lane == 'full'").put("tollgate.toml", "[workspace]\npacks = []\noutput = 'out'\n");
    ws.git(&["init", "-q", "-b", "main"]);
    ws.check(&[]).expect(0);
}

#[test]
fn ordinary_checkouts_are_judged_by_the_base() {
    let origin = green();
    let holder = Ws::new();
    let url = format!("file://{}", origin.dir().display());
    let at = |name: &str| holder.at(name).to_str().expect("UTF-8").to_string();
    origin.git(&["worktree", "add", "-q", "-b", "topic", &at("worktree")]);
    origin.git(&["worktree", "add", "-q", "--detach", &at("detached")]);
    holder.git(&["clone", "-q", "--depth", "1", &url, "shallow"]);
    holder.git(&["clone", "-q", &url, "super"]);
    let local = ["-C", "super", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add"];
    holder.git(&[&local[..], &[&url, "module"]].concat());
    holder.git(&["clone", "-q", "--separate-git-dir", "kept", &url, "apart"]);
    symlink(origin.dir(), holder.at("linked")).expect("a link");
    let mono = holder.at("mono/team/ws");
    create_dir_all(&mono).expect("folders");
    holder.git(&["init", "-q", "-b", "main", "mono"]);
    holder.put("mono/team/ws/tollgate.toml", "[workspace]\npacks = []\ngit = true\noutput = 'out'\n");
    holder.put("mono/team/ws/gates/ok.toml", origin.text("gates/ok.toml"));
    holder.git(&["-C", "mono", "add", "-A"]);
    holder.git(&["-C", "mono", "commit", "-q", "-m", "x"]);
    for root in
        ["worktree", "detached", "shallow", "super", "super/module", "apart", "linked", "mono/team/ws"]
    {
        let from = if Path::new(root).starts_with("worktree") { "main" } else { "HEAD" };
        for args in [vec!["--root", root], vec!["--root", root, "--policy-from", from]] {
            let run = holder.check(&args);
            assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
            assert!(run.verdict()["commit"].is_string(), "{args:?}");
        }
    }
}
