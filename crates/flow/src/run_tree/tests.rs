use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use tollgate_core::model::workspace::Settings;
use tollgate_testing::git;

const TRACKED: [&str; 4] = ["a", "sub/b", "sub/c", "d"];
const PATHS: [&str; 8] = ["a", "sub/b", "sub/c", "d", "u", "sub/v", "new/w", "new/x"];

/// What somebody does to a file.
#[derive(Debug, Clone, Copy)]
enum Edit {
    Write(usize, u8),
    Delete(usize),
    Mode(usize, bool),
    Rename(usize, usize),
    Add(usize),
}

fn put(dir: &Path, path: &str, text: &str) {
    let file = dir.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    tollgate_host::files::write_atomic(&file, text.as_bytes()).unwrap();
}

fn edit(dir: &Path, edit: Edit) {
    let at = |nth: usize| dir.join(PATHS[nth]);
    match edit {
        Edit::Write(nth, content) => put(dir, PATHS[nth], &format!("content {content}\n")),
        Edit::Delete(nth) => drop(std::fs::remove_file(at(nth))),
        Edit::Mode(nth, executable) => {
            let mode = if executable { 0o755 } else { 0o644 };
            drop(std::fs::set_permissions(at(nth), std::fs::Permissions::from_mode(mode)));
        }
        Edit::Rename(from, to) => {
            std::fs::create_dir_all(at(to).parent().unwrap()).unwrap();
            drop(std::fs::rename(at(from), at(to)));
        }
        Edit::Add(nth) if at(nth).exists() => drop(git(dir, &["add", PATHS[nth]])),
        Edit::Add(_) => {}
    }
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let path = || 0..PATHS.len();
    let one = prop_oneof![
        4 => (path(), 0u8..3).prop_map(|(p, c)| Edit::Write(p, c)),
        2 => path().prop_map(Edit::Delete),
        1 => (path(), any::<bool>()).prop_map(|(p, x)| Edit::Mode(p, x)),
        1 => (path(), path()).prop_map(|(a, b)| Edit::Rename(a, b)),
        1 => path().prop_map(Edit::Add),
    ];
    prop::collection::vec(one, 0..4)
}

/// Content and executable bit of every file.
fn snapshot(dir: &Path) -> BTreeMap<&'static str, (Vec<u8>, bool)> {
    let read = |path: &&'static str| {
        let file = dir.join(path);
        let mode = file.metadata().ok()?.permissions().mode();
        Some((*path, (tollgate_host::files::read(&file, 1 << 20).ok()?, mode & 0o100 != 0)))
    };
    PATHS.iter().filter_map(read).collect()
}

fn repository() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "-b", "main"]);
    TRACKED.iter().for_each(|path| put(dir.path(), path, "content 0\n"));
    git(dir.path(), &["add", "-A"]);
    git(dir.path(), &["commit", "-q", "-m", "x"]);
    dir
}

fn settings() -> Settings {
    config::defaults()
}

fn look(dir: &Path) -> Observed {
    Observing(None).finish(&Root::open(dir).unwrap(), &settings()).unwrap()
}

fn masker() -> Masker {
    Masker::new(std::iter::empty::<(String, String)>(), |_| false).unwrap()
}

/// Whether the tree is that of the run: as it counts where untracked files are allowed, and where they are not.
fn judged(dir: &Path, tree: &WorkingTree) -> (bool, bool) {
    let here = look(dir);
    let compared = here.compare(tree, &here.left_out(&settings(), &[], None), &masker()).unwrap();
    (!compared.is_other(), !compared.is_other_strictly())
}

/// A clone in which everything is as in the tree, looked at by nobody before.
fn copy(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    git(copy.path(), &["clone", "-q", &dir.display().to_string(), "c"]);
    let clone = copy.path().join("c");
    let files = snapshot(dir);
    for path in PATHS {
        match files.get(path) {
            None => drop(std::fs::remove_file(clone.join(path))),
            Some((content, executable)) => {
                let same = snapshot(&clone).get(path) == files.get(path);
                if !same {
                    put(&clone, path, std::str::from_utf8(content).unwrap());
                    let nth = PATHS.iter().position(|p| *p == path).unwrap();
                    edit(&clone, Edit::Mode(nth, *executable));
                }
            }
        }
    }
    copy
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    /// Whatever was done to a tree before the run and after it: the evidence holds exactly where the tree judged is the tree tested, in
    /// that folder and in a clone.
    #[test]
    fn evidence_holds_exactly_where_the_tree_is_the_one_tested(before in edits(), after in edits()) {
        let dir = repository();
        before.into_iter().for_each(|e| edit(dir.path(), e));
        let tested = snapshot(dir.path());
        let seen = look(dir.path());
        let tree = seen.tree(&seen.left_out(&settings(), &[], None), &masker());
        prop_assert_eq!(judged(dir.path(), &tree), (true, true), "nothing was done");
        after.into_iter().for_each(|e| edit(dir.path(), e));
        let judged_files = snapshot(dir.path());
        let tracked = TRACKED.iter().all(|p| tested.get(p) == judged_files.get(p));
        let is_untracked = |path: &&&str| !TRACKED.contains(*path);
        let then: Vec<&&str> = tested.keys().filter(is_untracked).collect();
        let contents = then.iter().all(|p| judged_files.get(**p).is_none_or(|now| *now == tested[**p]));
        let some = then.iter().any(|p| judged_files.contains_key(**p));
        let all = then.iter().all(|p| judged_files.contains_key(**p));
        let clone = copy(dir.path());
        let strictly = tested == judged_files;
        let in_clone = judged(&clone.path().join("c"), &tree);
        let here = judged(dir.path(), &tree);
        prop_assert_eq!(in_clone, (tracked && contents && (all || !some), strictly), "in a clone: {:?}", tree);
        prop_assert_eq!(here.1, strictly, "in place: {:?}", tree);
    }
}

#[test]
fn what_the_run_wrote_may_be_as_it_left_it_or_absent() {
    let dir = repository();
    put(dir.path(), "cache", "1");
    let root = Root::open(dir.path()).unwrap();
    let begun = look(dir.path());
    let left_out = begun.left_out(&settings(), &[], None);
    let tree = begun.tree(&left_out, &masker());
    put(dir.path(), "cache", "2");
    put(dir.path(), "cover/x.out", "x");
    let (tree, note) = after(&begun, tree, &root, &settings(), (&left_out, &masker()));
    assert_eq!(note, None);
    let written: Vec<&str> = tree.written.files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(written, ["cache", "cover/x.out"]);
    assert_eq!(judged(dir.path(), &tree), (true, true), "as it was left");
    std::fs::remove_dir_all(dir.path().join("cover")).unwrap();
    std::fs::remove_file(dir.path().join("cache")).unwrap();
    assert_eq!(judged(dir.path(), &tree), (true, true), "as in a clone");
    put(dir.path(), "cache", "1");
    assert_eq!(judged(dir.path(), &tree), (true, true), "as it was before");
    put(dir.path(), "cover/x.out", "y");
    assert_eq!(judged(dir.path(), &tree), (false, false), "as nobody left it");
}

#[test]
fn what_the_run_changed_of_the_commit_is_a_difference_everywhere() {
    let dir = repository();
    let root = Root::open(dir.path()).unwrap();
    let begun = look(dir.path());
    let left_out = begun.left_out(&settings(), &[], None);
    put(dir.path(), "a", "content 1\n");
    let tree = begun.tree(&left_out, &masker());
    let (tree, note) = after(&begun, tree, &root, &settings(), (&left_out, &masker()));
    assert!(note.unwrap().contains("in different trees, and check calls it stale: a ("));
    assert_eq!(judged(dir.path(), &tree), (false, false));
    put(dir.path(), "a", "content 0\n");
    assert_eq!(judged(dir.path(), &tree), (false, false));
    let kept = Settings { tree_exclude: vec!["a".into()], ..settings() };
    let here = look(dir.path());
    let compared = here.compare(&tree, &here.left_out(&kept, &[], None), &masker()).unwrap();
    assert!(!compared.is_other_strictly(), "{compared:?}");
}

#[test]
fn a_run_cannot_hide_by_its_own_settings_what_it_changed() {
    let dir = repository();
    let own = Settings { tree_exclude: vec!["a".into()], results: "new".into(), ..settings() };
    put(dir.path(), "a", "content 1\n");
    put(dir.path(), "new/w", "helper");
    let seen = Observing(None).finish(&Root::open(dir.path()).unwrap(), &own).unwrap();
    let tree = seen.tree(&seen.left_out(&own, &[], None), &masker());
    assert_eq!(tree.tracked, seen.state.tree, "by its own word it is the commit");
    put(dir.path(), "a", "content 0\n");
    assert_eq!(judged(dir.path(), &tree), (false, false));
    put(dir.path(), "a", "content 1\n");
    assert_eq!(judged(dir.path(), &tree), (true, false), "where runs are written is not what the judge says");
    // A list that was cut down is not what the digest says.
    let mut cut = seen.tree(&seen.left_out(&settings(), &[], None), &masker());
    cut.changed = Files::default();
    put(dir.path(), "a", "content 0\n");
    assert_eq!(judged(dir.path(), &cut), (false, false));
}

#[test]
fn more_files_than_are_named_are_held_by_their_digest() {
    let dir = repository();
    let count = tollgate_core::model::tree::LISTED + 5;
    for nth in 0..count {
        put(dir.path(), &format!("many/{nth}"), "0");
    }
    git(dir.path(), &["add", "-A"]);
    git(dir.path(), &["commit", "-q", "-m", "y"]);
    for nth in 0..count {
        put(dir.path(), &format!("many/{nth}"), "1");
    }
    let seen = look(dir.path());
    let tree = seen.tree(&seen.left_out(&settings(), &[], None), &masker());
    assert_eq!((tree.changed.files.len(), tree.changed.more), (count - 5, 5));
    assert_eq!(judged(dir.path(), &tree), (true, true));
    put(dir.path(), "many/999", "2");
    assert_eq!(judged(dir.path(), &tree), (false, false));
}

#[test]
fn a_run_folder_anywhere_is_no_part_of_the_tree() {
    let dir = repository();
    let seen = look(dir.path());
    let tree = seen.tree(&seen.left_out(&settings(), &[], None), &masker());
    put(dir.path(), "shard/summary.json", "{\"schema\": \"tollgate.run.summary.v1\"}");
    put(dir.path(), "shard/unit/output.log", "x");
    assert_eq!(judged(dir.path(), &tree), (true, true));
    // In a folder that git tracks files of nothing is hidden by that.
    put(dir.path(), "sub/summary.json", "{\"schema\": \"tollgate.run.summary.v1\"}");
    assert_eq!(judged(dir.path(), &tree), (true, false));
}
