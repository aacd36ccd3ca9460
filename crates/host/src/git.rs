//! git, asked through its command line. It only reads: no hook, filter, pager or helper of a repository runs, nothing
//! is fetched, no `GIT_*` variable of the caller can point it at another repository, and no file of the workspace can
//! pass for one.

mod attributes;
mod compare;
mod content;
mod index;
mod scan;
mod state;
pub mod tree;

mod error;
mod node;
mod place;
mod refs;
mod start;

pub use error::GitError;
pub use node::{CommitNode, NodeKind};
pub use place::{RepositoryPlace, link_on_the_way};

use std::path::{Path, PathBuf};

/// What the head of a repository is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GitHead {
    /// 40 (or with SHA-256 repositories 64) lower-case hex; `None` before the first commit.
    pub commit: Option<String>,
    /// The branch; `None` when the head is detached.
    pub branch: Option<String>,
}

/// The repository a folder stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    top: PathBuf,
    prefix: String,
}

impl Repository {
    /// The repository that `dir` stands in; `NoRepository` when it stands in none. git is asked in the folder that holds the
    /// `.git`, and its answer held to that: what else a folder holds makes no repository of it.
    pub fn find(dir: &Path) -> Result<Repository, GitError> {
        let place = RepositoryPlace::find(dir)?
            .ok_or_else(|| GitError::NoRepository(tollgate_text::show::show(&dir.display().to_string())))?;
        place.confirm(&run(&place.top, &["rev-parse", "--show-toplevel", "--absolute-git-dir"])?)?;
        let prefix = place.prefix();
        if place.below.to_str().is_none() {
            return Err(GitError::Failed(format!("is not asked for {prefix}, a name that is not UTF-8")));
        }
        Ok(Repository { top: place.top, prefix })
    }

    /// Whether a `.git` stands in `dir`: it is the top folder of a repository (or means to be). An error is that it cannot
    /// be told.
    pub fn is_top(dir: &Path) -> Result<bool, GitError> {
        Ok(RepositoryPlace::find(dir)?.is_some_and(|place| place.below.as_os_str().is_empty()))
    }

    /// The repository's top folder, every symbolic link resolved.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The folder asked about relative to the top folder: `""`, or ending in `/`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The head's commit and branch. Without a commit there is a branch, and that has none yet.
    pub fn head(&self) -> Result<GitHead, GitError> {
        let branch = match self.quiet(&["symbolic-ref", "--quiet", "HEAD"])? {
            Some(text) => Some(line(text)?),
            // The head is detached.
            None => None,
        };
        let short = branch.as_deref().and_then(|name| name.strip_prefix("refs/heads/")).map(String::from);
        match self.quiet(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])? {
            Some(text) => Ok(GitHead { commit: Some(hex(line(text)?)?), branch: short }),
            None => {
                self.unborn(branch.as_deref())?;
                Ok(GitHead { commit: None, branch: short })
            }
        }
    }

    /// Nothing but a branch that has no commit yet may have none: one whose commit cannot be read is broken.
    fn unborn(&self, branch: Option<&str>) -> Result<(), GitError> {
        let broken = || GitError::Failed("cannot read the commit that HEAD names".into());
        let branch = branch.ok_or_else(broken)?;
        let asked = start::ask(&self.top, &["for-each-ref", "--format=%(refname)", "--", branch])?;
        let complains = !asked.complaint.trim().is_empty();
        let listed = asked.success(&self.top)?;
        let there = listed.split(|b| *b == b'\n').any(|name| name == branch.as_bytes());
        if there || complains { Err(broken()) } else { Ok(()) }
    }

    /// What git prints, or `None` where it answers that nothing is there.
    fn quiet(&self, arguments: &[&str]) -> Result<Option<Vec<u8>>, GitError> {
        let answer = start::ask(&self.top, arguments)?;
        if answer.is_no() { Ok(None) } else { answer.success(&self.top).map(Some) }
    }

    /// What stands below `folder` (relative to the folder asked about, `""` for itself) at `commit`, paths relative to
    /// `folder`, in byte order: at every depth, but of the folder asked about itself only what stands directly in it. Empty
    /// when there is no such folder: `find` says what is there instead.
    pub fn list(&self, commit: &str, folder: &str) -> Result<Vec<CommitNode>, GitError> {
        let inside = format!("{}{folder}", self.prefix);
        let inside = inside.trim_end_matches('/');
        let tree = hex(commit.to_string())?;
        let below = if inside.is_empty() { String::new() } else { format!("{inside}/") };
        let mut arguments = vec!["ls-tree", "-l", "-z", "--full-tree"];
        if !folder.is_empty() {
            arguments.extend(["-r", "-t"]);
        }
        arguments.push(&tree);
        if !below.is_empty() {
            arguments.extend(["--", &below]);
        }
        let inner =
            |node: CommitNode| Some(CommitNode { path: node.path.strip_prefix(&below)?.to_string(), ..node });
        Ok(node::nodes(&run(&self.top, &arguments)?)?.into_iter().filter_map(inner).collect())
    }

    /// Every file below the folder asked about at `commit`, relative to it, in byte order.
    pub fn files(&self, commit: &str) -> Result<Vec<String>, GitError> {
        let tree = hex(commit.to_string())?;
        let arguments = ["ls-tree", "-r", "-z", "--full-tree", "--name-only", &tree];
        let names = run(&self.top, &arguments)?;
        let names = names.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok());
        let inside = names.filter_map(|name| name.strip_prefix(&self.prefix).filter(|name| !name.is_empty()));
        Ok(inside.map(String::from).collect())
    }

    /// What stands at `path` (relative to the folder asked about) at `commit`; `None` when nothing does. A symbolic link or a
    /// submodule on the way is an error that names it.
    pub fn find_node(&self, commit: &str, path: &str) -> Result<Option<CommitNode>, GitError> {
        let whole = format!("{}{path}", self.prefix);
        let whole = whole.trim_end_matches('/');
        let tree = hex(commit.to_string())?;
        let ends = whole.match_indices('/').map(|(at, _)| at).chain([whole.len()]);
        let steps: Vec<&str> = ends.map(|end| &whole[..end]).collect();
        let mut arguments = vec!["ls-tree", "-t", "-l", "-z", "--full-tree", &tree, "--"];
        arguments.extend(&steps);
        let listed = node::nodes(&run(&self.top, &arguments)?)?;
        for step in &steps {
            let Some(node) = listed.iter().find(|node| node.utf8 && node.path == *step) else {
                return Ok(None);
            };
            match node.kind {
                _ if *step == whole => {
                    return Ok(Some(CommitNode { path: path.to_string(), ..node.clone() }));
                }
                NodeKind::Folder => {}
                // Below a file there is nothing.
                NodeKind::File => return Ok(None),
                NodeKind::Link | NodeKind::Submodule => return Err(leads_away(node)),
            }
        }
        Ok(None)
    }

    /// Which of `paths` (relative to the folder asked about) are files that git tracks.
    pub fn tracked(&self, paths: &[&str]) -> Result<Vec<String>, GitError> {
        let whole: Vec<String> = paths.iter().map(|path| format!("{}{path}", self.prefix)).collect();
        let mut arguments = vec!["ls-files", "-z", "--"];
        arguments.extend(whole.iter().map(String::as_str));
        let listed = run(&self.top, &arguments)?;
        let listed: Vec<&[u8]> = listed.split(|b| *b == 0).collect();
        let is_listed = |path: &&str| listed.contains(&format!("{}{path}", self.prefix).as_bytes());
        Ok(paths.iter().copied().filter(is_listed).map(String::from).collect())
    }

    /// The bytes of a file that `list` or `find_node` gave, of at most `limit`; filters and conversions do not run.
    pub fn read(&self, file: &CommitNode, limit: u64) -> Result<Vec<u8>, GitError> {
        let shown = tollgate_text::show::show(&file.path);
        match file.kind {
            NodeKind::File => {}
            NodeKind::Folder => {
                return Err(GitError::Failed(format!("has {shown} as a folder, not as a file")));
            }
            NodeKind::Link | NodeKind::Submodule => return Err(leads_away(file)),
        }
        if file.bytes > limit {
            return Err(GitError::Failed(format!(
                "has {shown} with {} bytes, more than the limit of {limit}",
                file.bytes
            )));
        }
        run(&self.top, &["cat-file", "blob", &hex(file.object.clone())?])
    }
}

/// The error of a path that is a link or a submodule.
pub fn leads_away(node: &CommitNode) -> GitError {
    GitError::LeadsAway { path: tollgate_text::show::show(&node.path), what: node.kind.name() }
}

/// Runs git in the top folder of a repository and returns what it prints. Its children are its own affair: it starts none
/// with these settings.
pub(super) fn run(top: &Path, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    start::ask(top, arguments)?.success(top)
}

/// As `run`, with what git reads.
pub(super) fn run_of(top: &Path, arguments: &[&str], input: Vec<u8>) -> Result<Vec<u8>, GitError> {
    start::ask_of(top, arguments, input)?.success(top)
}

/// What git printed, as text without its last line end.
pub(super) fn line(bytes: Vec<u8>) -> Result<String, GitError> {
    let text = String::from_utf8(bytes)
        .map_err(|_| GitError::Failed("answers with a name that is not UTF-8".into()))?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_string())
}

/// A full object id; anything else is refused, so that none can be taken for an option or a path.
fn hex(text: String) -> Result<String, GitError> {
    let shaped = matches!(text.len(), 40 | 64)
        && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if shaped {
        Ok(text)
    } else {
        Err(GitError::Failed(format!("answers `{}` where an object id belongs", text.escape_debug())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_testing::git;

    fn repository() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        git(dir.path(), &["init", "-q", "-b", "main"]);
        dir
    }

    fn put(dir: &Path, path: &str, text: &str) {
        crate::files::write_atomic(&dir.join(path), text.as_bytes()).unwrap();
    }

    #[test]
    fn head_branch_and_files_of_a_commit() {
        let dir = repository();
        let repo = Repository::find(dir.path()).unwrap();
        assert_eq!(repo.head().unwrap(), GitHead { commit: None, branch: Some("main".into()) });
        put(dir.path(), "sub/gates/a.toml", "a");
        put(dir.path(), "sub/gates/deep/b.toml", "b\r\n");
        put(dir.path(), "sub/gates2/c.toml", "c");
        git(dir.path(), &["add", "."]);
        git(dir.path(), &["commit", "-q", "-m", "x"]);
        put(dir.path(), "sub/gates/a.toml", "changed");

        let repo = Repository::find(&dir.path().join("sub")).unwrap();
        assert_eq!(repo.prefix(), "sub/");
        let head = repo.head().unwrap();
        let commit = head.commit.unwrap();
        assert_eq!((commit.len(), head.branch.as_deref()), (40, Some("main")));
        assert_eq!(repo.resolve("main").unwrap(), commit);
        let nodes = repo.list(&commit, "gates").unwrap();
        assert_eq!(
            nodes.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(),
            ["a.toml", "deep", "deep/b.toml"]
        );
        assert_eq!(repo.read(&nodes[0], 10).unwrap(), b"a");
        assert_eq!(repo.read(&nodes[2], 10).unwrap(), b"b\r\n");
        assert!(repo.read(&nodes[2], 2).unwrap_err().to_string().contains("more than the limit of 2"));
        assert!(repo.read(&nodes[1], 2).unwrap_err().to_string().contains("as a folder"));
        assert!(repo.list(&commit, "nowhere").unwrap().is_empty());
        let top: Vec<String> = repo.list(&commit, "").unwrap().into_iter().map(|f| f.path).collect();
        assert_eq!(top, ["gates", "gates2"], "of the folder itself only what stands directly in it");
        assert_eq!(repo.find_node(&commit, "gates2/c.toml").unwrap().unwrap().bytes, 1);
        assert_eq!(repo.find_node(&commit, "gates2").unwrap().unwrap().kind, NodeKind::Folder);
        assert_eq!(repo.find_node(&commit, "gates2/*").unwrap(), None);
        assert_eq!(repo.find_node(&commit, "gates2/c.toml/x").unwrap(), None);

        git(dir.path(), &["checkout", "-q", "--detach"]);
        assert_eq!(repo.head().unwrap(), GitHead { commit: Some(commit), branch: None });
    }

    #[test]
    fn a_ref_that_is_none_is_refused() {
        let dir = repository();
        let repo = Repository::find(dir.path()).unwrap();
        for (name, why) in [
            ("--output=x", "begins with `-`"),
            ("", "empty"),
            ("a b", "space or control"),
            ("nope", "no commit is known"),
            ("a\u{1b}[31m", "control"),
        ] {
            let said = repo.resolve(name).unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
            assert!(!said.contains('\u{1b}'));
        }
    }

    #[test]
    fn what_a_commit_has_behind_a_link_or_in_a_submodule_is_not_read() {
        let dir = repository();
        put(dir.path(), "real/a.toml", "a");
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link.toml")).unwrap();
        std::os::unix::fs::symlink("real", dir.path().join("linked")).unwrap();
        git(dir.path(), &["add", "."]);
        let commit = "1".repeat(40);
        git(dir.path(), &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},real/module")]);
        git(dir.path(), &["commit", "-q", "-m", "x"]);
        let repo = Repository::find(dir.path()).unwrap();
        let commit = repo.resolve("HEAD").unwrap();
        let link = repo.find_node(&commit, "link.toml").unwrap().unwrap();
        assert_eq!(link.kind, NodeKind::Link);
        assert!(repo.read(&link, 100).unwrap_err().to_string().starts_with("link.toml is a symbolic link"));
        assert!(repo.list(&commit, "linked").unwrap().is_empty());
        let said = repo.find_node(&commit, "linked/a.toml").unwrap_err().to_string();
        assert!(said.starts_with("linked is a symbolic link"), "{said}");
        let said = repo.find_node(&commit, "real/module/deep/a.toml").unwrap_err().to_string();
        assert!(said.starts_with("real/module is a submodule"), "{said}");
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_listed() {
        use std::os::unix::ffi::OsStrExt as _;
        let dir = repository();
        let name = std::ffi::OsStr::from_bytes(b"bad\xff.toml");
        // Some file systems know no such names.
        if std::fs::File::create(dir.path().join(name)).is_err() {
            return;
        }
        git(dir.path(), &["add", "."]);
        git(dir.path(), &["commit", "-q", "-m", "x"]);
        let repo = Repository::find(dir.path()).unwrap();
        let nodes = repo.list(&repo.resolve("HEAD").unwrap(), "").unwrap();
        assert_eq!((nodes.len(), nodes[0].utf8), (1, false));
    }

    #[test]
    fn a_head_that_cannot_be_read_is_not_one_without_a_commit() {
        let dir = repository();
        let repo = Repository::find(dir.path()).unwrap();
        assert_eq!(repo.head().unwrap(), GitHead { commit: None, branch: Some("main".into()) });
        for broken in ["1".repeat(40), "garbage".into()] {
            put(dir.path(), ".git/refs/heads/main", &format!("{broken}\n"));
            assert!(repo.head().is_err(), "{broken}");
        }
    }

    #[test]
    fn files_that_look_like_a_repository_make_none() {
        let dir = repository();
        put(dir.path(), "a/b/x", "x");
        git(dir.path(), &["add", "."]);
        git(dir.path(), &["commit", "-q", "-m", "x"]);
        let real = dir.path().canonicalize().unwrap();
        let commit = Repository::find(&real).unwrap().head().unwrap().commit;
        for inside in ["a", "a/b"] {
            git(&real, &["init", "-q", "--bare", "-b", "evil", inside]);
            git(&real.join(inside), &["config", "core.bare", "false"]);
            git(&real.join(inside), &["config", "core.worktree", "."]);
        }
        let found = Repository::find(&real.join("a/b")).unwrap();
        assert_eq!((found.top(), found.prefix()), (real.as_path(), "a/b/"));
        assert_eq!(found.head().unwrap(), GitHead { commit, branch: Some("main".into()) });
        assert!(!Repository::is_top(&real.join("a")).unwrap());
    }

    #[test]
    fn a_git_file_may_not_lead_where_a_change_can_write() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let mono = base.join("mono");
        git(&base, &["init", "-q", "-b", "main", "mono"]);
        git(&base, &["init", "-q", "--bare", "-b", "evil", "mono/evil"]);
        git(&mono.join("evil"), &["config", "core.bare", "false"]);
        put(&mono, "ws/tollgate.toml", "");
        git(&base, &["init", "-q", "-b", "evil", "mono/inner"]);
        std::fs::rename(mono.join("inner/.git"), mono.join("ws/store")).unwrap();
        for (leads, why) in [
            ("../evil", "into the working tree of another repository"),
            ("store", "into its own working tree"),
            ("../.git", "to the repository of a folder above it"),
        ] {
            put(&mono, "ws/.git", &format!("gitdir: {leads}\n"));
            let said = Repository::find(&mono.join("ws")).unwrap_err().to_string();
            assert!(said.contains(why), "{leads}: {said}");
        }
        put(&mono, "ws/.git", "gitdir: ../nowhere\n");
        assert!(matches!(Repository::find(&mono.join("ws")), Err(GitError::Failed(_))));
        std::fs::remove_file(mono.join("ws/.git")).unwrap();
        std::os::unix::fs::symlink("../evil", mono.join("ws/.git")).unwrap();
        assert!(matches!(Repository::find(&mono.join("ws")), Err(GitError::Unbelieved { .. })));
        std::fs::remove_file(mono.join("ws/.git")).unwrap();
        // An empty `.git` hides the repository above: what was meant cannot be told.
        std::fs::create_dir(mono.join("ws/.git")).unwrap();
        assert!(matches!(Repository::find(&mono.join("ws")), Err(GitError::Unbelieved { .. })));
    }

    #[test]
    fn worktrees_submodules_and_separate_folders_are_repositories() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        git(&base, &["init", "-q", "-b", "main", "main"]);
        put(&base, "main/x", "x");
        git(&base.join("main"), &["add", "."]);
        git(&base.join("main"), &["commit", "-q", "-m", "x"]);
        git(&base.join("main"), &["worktree", "add", "-q", "-b", "outside", "../outside"]);
        git(&base.join("main"), &["worktree", "add", "-q", "-b", "inside", "trees/inside"]);
        let local = ["-c", "protocol.file.allow=always"];
        git(
            &base.join("main"),
            &[&local[..], &["submodule", "--quiet", "add", "../main", "module"]].concat(),
        );
        git(&base, &["clone", "-q", "--separate-git-dir", "kept", "main", "apart"]);
        git(&base, &["clone", "-q", "--bare", "main", "project/.bare"]);
        put(&base, "project/.git", "gitdir: ./.bare\n");
        git(&base.join("project"), &["worktree", "add", "-q", "feature", "main"]);
        std::os::unix::fs::symlink(base.join("main"), base.join("linked")).unwrap();
        for (path, top) in [
            ("outside", "outside"),
            ("main/trees/inside", "main/trees/inside"),
            ("main/module", "main/module"),
            ("apart", "apart"),
            ("project/feature", "project/feature"),
            ("linked", "main"),
        ] {
            let found = Repository::find(&base.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
            assert_eq!((found.top(), found.prefix()), (base.join(top).as_path(), ""), "{path}");
            assert!(found.head().unwrap().commit.is_some(), "{path}");
        }
    }

    #[test]
    fn a_link_on_the_way_is_named_where_a_change_could_have_made_it() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        git(&base, &["init", "-q", "-b", "main", "repo"]);
        put(&base, "repo/real/deep/x", "x");
        std::os::unix::fs::symlink("real", base.join("repo/lent")).unwrap();
        std::os::unix::fs::symlink("repo", base.join("outer")).unwrap();
        std::os::unix::fs::symlink(base.join("outer/lent"), base.join("both")).unwrap();
        let on = |path: &str| link_on_the_way(&base.join(path)).unwrap();
        assert_eq!(on("repo/real/deep"), None);
        assert_eq!(on("outer/real/deep"), None, "a link outside of the repository is the machine's");
        let lent = Some(base.join("repo/lent"));
        assert_eq!(
            (on("repo/lent/deep"), on("outer/lent"), on("both/deep")),
            (lent.clone(), lent.clone(), lent)
        );
        std::os::unix::fs::symlink("circle", base.join("circle")).unwrap();
        assert!(link_on_the_way(&base.join("circle")).is_err());
        assert!(link_on_the_way(&base.join("nowhere")).is_err());
    }

    #[test]
    fn what_a_repository_is_configured_to_start_is_not_started() {
        let dir = repository();
        put(dir.path(), "a.toml", "a");
        git(dir.path(), &["add", "."]);
        git(dir.path(), &["commit", "-q", "-m", "x"]);
        let touch = format!("touch {}", dir.path().join("started").display());
        for key in [
            "core.fsmonitor",
            "core.pager",
            "core.sshCommand",
            "filter.x.smudge",
            "filter.x.process",
            "alias.ls-tree",
        ] {
            git(dir.path(), &["config", key, &touch]);
        }
        put(dir.path(), ".git/info/attributes", "* filter=x\n");
        put(dir.path(), "a.toml", "b");
        let repo = Repository::find(dir.path()).unwrap();
        let commit = repo.head().unwrap().commit.unwrap();
        let node = repo.find_node(&commit, "a.toml").unwrap().unwrap();
        assert_eq!(repo.read(&node, 10).unwrap(), b"a");
        assert_eq!(repo.tracked(&["a.toml", "b"]).unwrap(), ["a.toml"]);
        assert!(!dir.path().join("started").exists());
    }

    #[test]
    fn no_repository_says_so() {
        let dir = tempfile::tempdir().unwrap();
        // Only where the folder for temporary files is in no repository itself.
        if let Err(error) = Repository::find(dir.path()) {
            assert!(matches!(error, GitError::NoRepository(_)), "{error}");
        }
        assert!(!Repository::is_top(dir.path()).unwrap());
        assert!(Repository::is_top(repository().path()).unwrap());
    }
}
