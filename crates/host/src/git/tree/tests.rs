use super::*;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use tollgate_testing::git;

struct Repo {
    dir: tempfile::TempDir,
}

impl Repo {
    /// A repository with `a`, `sub/b` (which may be executed) and a link `l`, and `*.log` ignored.
    fn new(more: &[&str]) -> Repo {
        let repo = Repo { dir: tempfile::tempdir().unwrap() };
        let init = [&["init", "-q", "-b", "main"], more].concat();
        git(repo.path(), &init);
        repo.put("a", "one\n").put("sub/b", "#!/bin/sh\n").put(".gitignore", "*.log\ntarget/\n");
        repo.mode("sub/b", 0o755);
        symlink("a", repo.at("l")).unwrap();
        repo.commit();
        repo
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn put(&self, path: &str, text: &str) -> &Repo {
        std::fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        // In place: the file stays the one that git saw.
        let mut file = std::fs::File::create(self.at(path)).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        self
    }

    fn mode(&self, path: &str, mode: u32) -> &Repo {
        std::fs::set_permissions(self.at(path), std::fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    fn git(&self, arguments: &[&str]) -> &Repo {
        git(self.path(), arguments);
        self
    }

    fn commit(&self) -> &Repo {
        self.git(&["add", "-A"]).git(&["commit", "-q", "-m", "x"])
    }

    fn look(&self) -> TreeState {
        observe(self.path(), &|_| false).unwrap()
    }

    /// Changed paths with their modes, then untracked ones behind a `+`.
    fn see(&self) -> Vec<String> {
        let state = self.look();
        let shown = |s: &TreeFile| format!("{} {}", s.path, s.mode.as_deref().unwrap_or("gone"));
        let untracked = state.untracked.iter().map(|s| format!("+{}", shown(s)));
        state.changed.iter().map(shown).chain(untracked).collect()
    }
}

#[test]
fn a_clean_tree_is_its_commit() {
    for more in [&[][..], &["--object-format=sha256"]] {
        let repo = Repo::new(more);
        let state = repo.look();
        assert_eq!(state.commit, git(repo.path(), &["rev-parse", "HEAD"]).trim());
        assert_eq!(state.tree, git(repo.path(), &["rev-parse", "HEAD^{tree}"]).trim());
        assert_eq!((state.changed.len(), state.untracked.len()), (0, 0), "{state:?}");
        repo.put("x.log", "x").put("target/y", "y");
        assert!(repo.see().is_empty(), "{:?}", repo.see());
        // Written again, and the same: other times, nothing else.
        repo.put("a", "one\n");
        assert!(repo.see().is_empty(), "{:?}", repo.see());
        repo.put("a", "two\n");
        assert_eq!(repo.see(), ["a 100644"]);
    }
}

/// What is done, and what is seen then.
type Way = (fn(&Repo), &'static [&'static str]);

#[test]
fn every_way_to_change_a_file_is_seen() {
    let ways: [Way; 12] = [
        (
            |r| {
                r.put("a", "two\n");
            },
            &["a 100644"],
        ),
        (
            |r| {
                r.put("a", "two\n").git(&["add", "a"]);
            },
            &["a 100644"],
        ),
        // Staged and taken back: what a test sees is the commit.
        (
            |r| {
                r.put("a", "two\n").git(&["add", "a"]).put("a", "one\n");
            },
            &[],
        ),
        (
            |r| {
                r.git(&["rm", "-q", "--cached", "a"]);
            },
            &[],
        ),
        (|r| std::fs::remove_file(r.at("a")).unwrap(), &["a gone"]),
        (
            |r| {
                r.mode("a", 0o755);
            },
            &["a 100755"],
        ),
        (
            |r| {
                r.mode("sub/b", 0o644);
            },
            &["sub/b 100644"],
        ),
        (
            |r| {
                std::fs::remove_file(r.at("l")).unwrap();
                symlink("sub/b", r.at("l")).unwrap();
            },
            &["l 120000"],
        ),
        (|r| std::fs::rename(r.at("a"), r.at("c")).unwrap(), &["a gone", "+c 100644"]),
        (
            |r| {
                r.put("c", "x").git(&["add", "c"]);
            },
            &["c 100644"],
        ),
        (
            |r| {
                r.put("c", "x").git(&["add", "-N", "c"]);
            },
            &["c 100644"],
        ),
        (
            |r| {
                std::fs::remove_file(r.at("a")).unwrap();
                r.put("a/in", "x");
            },
            &["a gone", "+a/in 100644"],
        ),
    ];
    for (way, wanted) in ways {
        let repo = Repo::new(&[]);
        way(&repo);
        assert_eq!(repo.see(), wanted);
    }
}

#[test]
fn no_mark_of_the_index_hides_a_change() {
    for mark in ["--assume-unchanged", "--skip-worktree"] {
        let repo = Repo::new(&[]);
        repo.git(&["update-index", mark, "a"]).put("a", "two\n");
        assert_eq!(repo.see(), ["a 100644"], "{mark}");
        std::fs::remove_file(repo.at("a")).unwrap();
        assert_eq!(repo.see(), ["a gone"], "{mark}");
    }
}

#[test]
fn a_file_of_the_same_size_and_time_is_seen() {
    let repo = Repo::new(&[]);
    let was = std::fs::metadata(repo.at("a")).unwrap().modified().unwrap();
    repo.put("a", "two\n");
    let file = std::fs::File::options().write(true).open(repo.at("a")).unwrap();
    file.set_modified(was).unwrap();
    assert_eq!(repo.see(), ["a 100644"]);
}

#[test]
fn what_stands_behind_a_link_is_no_part_of_the_tree() {
    let repo = Repo::new(&[]);
    let outside = tempfile::tempdir().unwrap();
    std::fs::rename(repo.at("sub"), outside.path().join("sub")).unwrap();
    symlink(outside.path().join("sub"), repo.at("sub")).unwrap();
    assert_eq!(repo.see(), ["sub/b gone", "+sub 120000"]);
    assert_eq!(state_at(repo.path(), "sub/b").unwrap().mode, None);
}

#[test]
fn other_forms_of_the_index_are_read() {
    for form in [&["update-index", "--index-version", "4"][..], &["update-index", "--split-index"]] {
        let repo = Repo::new(&[]);
        for nth in 0..50 {
            repo.put(&format!("deep/folder/file{nth}"), "x");
        }
        repo.commit().git(form);
        assert!(repo.see().is_empty(), "{form:?} {:?}", repo.see());
        repo.put("deep/folder/file7", "y");
        assert_eq!(repo.see(), ["deep/folder/file7 100644"], "{form:?}");
    }
}

#[test]
fn what_git_converts_is_no_change() {
    let repo = Repo::new(&[]);
    repo.put(".gitattributes", "*.txt text eol=crlf\n*.bin filter=lfs\n*.own filter=own\n");
    repo.put("t.txt", "a\r\nb\r\n").put("raw", "a\nb\n").commit();
    assert!(repo.see().is_empty(), "{:?}", repo.see());
    // As another checkout has them: other times, the same content.
    repo.put("t.txt", "a\r\nb\r\n");
    assert!(repo.see().is_empty(), "{:?}", repo.see());
    repo.put("raw", "a\r\nb\r\n");
    assert_eq!(repo.see(), ["raw 100644"], "no conversion is asked for there");
    repo.put("raw", "a\nb\n").put("t.txt", "a\r\nc\r\n");
    assert_eq!(repo.see(), ["t.txt 100644"]);
    // The blob of a file of Git LFS names what stands in the tree.
    let digest = tollgate_text::digest::sha256_hex(b"content");
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 7\n");
    repo.put("t.txt", "a\r\nb\r\n").put("x.bin", &pointer);
    repo.git(&["-c", "filter.lfs.clean=cat", "add", "x.bin"]).git(&["commit", "-q", "-m", "y"]);
    repo.put("x.bin", "content");
    assert!(repo.see().is_empty(), "{:?}", repo.see());
    repo.put("x.bin", "another");
    assert_eq!(repo.see(), ["x.bin 100644"]);
}

#[test]
fn no_filter_runs() {
    let repo = Repo::new(&[]);
    let ran = repo.at("ran.log");
    repo.put(".gitattributes", "a filter=x\n").commit();
    let clean = format!("touch {}; cat", ran.display());
    repo.git(&["config", "filter.x.clean", &clean]).put("a", "two\n");
    assert_eq!(repo.see(), ["a 100644"]);
    assert!(!ran.exists());
}

#[test]
fn modes_count_where_the_file_system_has_them() {
    let repo = Repo::new(&[]);
    repo.git(&["config", "core.fileMode", "false"]).mode("a", 0o755);
    assert!(repo.see().is_empty(), "{:?}", repo.see());
}

#[test]
fn a_submodule_is_its_commit_and_what_differs_in_it() {
    let (outer, inner) = (Repo::new(&[]), Repo::new(&[]));
    let source = inner.path().display().to_string();
    outer.git(&["submodule", "--quiet", "add", &source, "mod"]).commit();
    assert!(outer.see().is_empty(), "{:?}", outer.see());
    outer.put("mod/a", "two\n").put("mod/new", "x");
    assert_eq!(outer.see(), ["mod/a 100644", "+mod/new 100644"]);
    git(&outer.at("mod"), &["add", "-A"]);
    git(&outer.at("mod"), &["commit", "-q", "-m", "y"]);
    assert_eq!(outer.see(), ["mod 160000"]);
    // One that is not checked out is as it should be.
    let clone = tempfile::tempdir().unwrap();
    let from = outer.path().display().to_string();
    git(clone.path(), &["clone", "-q", &from, "c"]);
    let state = observe(&clone.path().join("c"), &|_| false).unwrap();
    assert_eq!((state.changed.len(), state.untracked.len()), (0, 0), "{state:?}");
}

#[test]
fn a_repository_in_the_tree_is_one_untracked_thing() {
    let repo = Repo::new(&[]);
    git(repo.path(), &["init", "-q", "-b", "main", "nested"]);
    repo.put("nested/x", "1");
    git(&repo.at("nested"), &["add", "-A"]);
    git(&repo.at("nested"), &["commit", "-q", "-m", "x"]);
    let before = repo.look().untracked;
    assert_eq!(repo.see(), ["+nested 160000"]);
    assert_eq!(repo.look().untracked, before);
    repo.put("nested/x", "2");
    assert_ne!(repo.look().untracked, before);
}

#[test]
fn what_is_skipped_is_not_looked_at() {
    let repo = Repo::new(&[]);
    repo.put("runs/1/x", "1").put("other", "2");
    let state = observe(repo.path(), &|path| path == "runs" || path.starts_with("runs/")).unwrap();
    assert_eq!(state.untracked.iter().map(|s| s.path.as_str()).collect::<Vec<_>>(), ["other"]);
    assert_eq!(state.beside, ["other", "runs"]);
}

#[test]
fn before_the_first_commit_there_is_no_tree() {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q"]);
    assert!(observe(dir.path(), &|_| false).is_err());
}

#[test]
fn a_linked_worktree_has_an_index_of_its_own() {
    let repo = Repo::new(&[]);
    let beside = tempfile::tempdir().unwrap();
    let path = beside.path().join("w");
    repo.git(&["worktree", "add", "-q", "--detach", path.to_str().unwrap()]);
    let look = || observe(&path, &|_| false).unwrap();
    assert!(look().changed.is_empty());
    std::fs::remove_file(path.join("a")).unwrap();
    assert_eq!(look().changed.len(), 1);
    assert!(repo.see().is_empty());
}

#[test]
fn a_commit_says_when_it_was_made() {
    let repo = Repo::new(&[]);
    let head = repo.look().commit;
    let said = git(repo.path(), &["show", "-s", "--format=%ct", "HEAD"]);
    assert_eq!(committed_at(repo.path(), &head).unwrap().to_string(), said.trim());
    assert!(committed_at(repo.path(), "--help").is_err());
}

/// Writes a file as an edit of before, and has git see it.
fn seen_by_git(repo: &Repo, path: &str, text: &str) {
    repo.put(path, text);
    let file = std::fs::File::options().write(true).open(repo.at(path)).unwrap();
    let before = file.metadata().unwrap().modified().unwrap() - std::time::Duration::from_secs(60);
    file.set_modified(before).unwrap();
    repo.git(&["add", path]);
    assert_eq!(git(repo.path(), &["status", "--porcelain", path]), "", "git calls it unchanged");
}

/// Where an attribute stands, and how it comes there.
type Attribute = (&'static str, fn(&Repo));

#[test]
fn what_a_filter_makes_of_a_file_is_not_taken_for_the_file() {
    let ways: [Attribute; 5] = [
        ("tracked", |r| {
            r.put(".gitattributes", "t.sh filter=x\n").git(&["add", ".gitattributes"]);
        }),
        ("of a folder, ignored", |r| {
            r.put(".git/info/exclude", ".gitattributes\n").put(".gitattributes", "*.sh filter=x\n");
        }),
        ("of the repository", |r| {
            r.put(".git/info/attributes", "*.sh filter=x\n");
        }),
        ("of the configuration", |r| {
            let path = r.at("attributes.log").display().to_string();
            r.put("attributes.log", "t.sh filter=x\n").git(&["config", "core.attributesFile", &path]);
        }),
        ("by a macro", |r| {
            r.put(".git/info/attributes", "[attr]own filter=x\n*.sh own\n");
        }),
    ];
    for (name, way) in ways {
        let repo = Repo::new(&[]);
        repo.put("t.sh", "exit 1\n").commit();
        way(&repo);
        repo.git(&["config", "filter.x.clean", "sed s/0/1/"]);
        seen_by_git(&repo, "t.sh", "exit 0\n");
        assert!(repo.see().contains(&"t.sh 100644".to_string()), "{name}: {:?}", repo.see());
        seen_by_git(&repo, "t.sh", "exit 1\n");
        assert!(!repo.see().contains(&"t.sh 100644".to_string()), "{name}: {:?}", repo.see());
    }
}

#[test]
fn what_only_a_filter_could_tell_is_the_same_on_both_sides() {
    let repo = Repo::new(&[]);
    repo.put(".gitattributes", "secret filter=x\n").git(&["config", "filter.x.clean", "tr a-m n-z"]);
    repo.put("secret", "abc\n").commit();
    let (first, again) = (repo.look(), repo.look());
    assert_eq!((repo.see(), first.clone()), (vec!["secret 100644".to_string()], again));
    seen_by_git(&repo, "secret", "abc\n");
    assert_eq!(repo.look().changed, first.changed);
}

#[test]
fn an_ident_hides_no_edit_and_is_none_itself() {
    let repo = Repo::new(&[]);
    repo.put(".gitattributes", "t.sh ident\n").put("t.sh", "$Id$\nexit 1\n").commit();
    std::fs::remove_file(repo.at("t.sh")).unwrap();
    repo.git(&["checkout", "-q", "t.sh"]);
    let written = files::read(&repo.at("t.sh"), 100).unwrap();
    assert!(written.starts_with(b"$Id: "), "git writes the name of the blob there");
    assert!(repo.see().is_empty(), "{:?}", repo.see());
    seen_by_git(&repo, "t.sh", "$Id: ; exit 0;$\nexit 1\n");
    assert_eq!(repo.see(), ["t.sh 100644"]);
}

#[test]
fn a_file_of_git_lfs_is_what_its_pointer_names_whatever_its_filter_says() {
    let repo = Repo::new(&[]);
    let digest = tollgate_text::digest::sha256_hex(b"content");
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 7\n");
    repo.put(".gitattributes", "*.bin filter=lfs\n").put("pointer.log", &pointer);
    repo.put("big.bin", &"x".repeat(5_000)).put("x.bin", &pointer).put("y.bin", &pointer).commit();
    let clean = format!("cat '{}'", repo.at("pointer.log").display());
    repo.git(&["config", "filter.lfs.clean", &clean]);
    seen_by_git(&repo, "x.bin", "content");
    seen_by_git(&repo, "y.bin", "another");
    repo.put("big.bin", "small");
    assert_eq!(repo.see(), ["big.bin 100644", "y.bin 100644"]);
}
