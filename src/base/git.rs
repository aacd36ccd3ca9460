//! git, asked through its command line. It only reads: no hook, filter, pager or helper of a repository runs, nothing
//! is fetched, and no `GIT_*` variable of the caller can point it at another repository.

use crate::base::files::plain;
use std::path::{Path, PathBuf};

/// Why git gave no answer. `Display` is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// The folder is in no repository.
    #[error("{0} is in no git repository")]
    NoRepository(String),
    /// The ref is not one, or names nothing.
    #[error("`{name}` is not a ref of the repository: {why}")]
    Ref {
        /// As it was given, escaped.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// git is not there, or refuses.
    #[error("git {0}")]
    Failed(String),
}

/// Variables that would point git at another repository, index, object store or configuration, or replace a helper.
const CLEARED: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_INDEX_VERSION",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_QUARANTINE_PATH",
    "GIT_ATTR_SOURCE",
    "GIT_EXTERNAL_DIFF",
    "GIT_EXEC_PATH",
    "GIT_TEMPLATE_DIR",
    "GIT_PAGER",
    "GIT_EDITOR",
    "GIT_ASKPASS",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_PROXY_COMMAND",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_TRACE2_PERF",
    "GIT_TRACE_SETUP",
    "GIT_REDIRECT_STDIN",
    "GIT_REDIRECT_STDOUT",
    "GIT_REDIRECT_STDERR",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_FLUSH",
    "GIT_REF_PARANOIA",
];

/// What the head of a repository is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// 40 (or with SHA-256 repositories 64) lower-case hex; `None` before the first commit.
    pub commit: Option<String>,
    /// The branch; `None` when the head is detached.
    pub branch: Option<String>,
}

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// Relative to the folder that was listed or asked for, `/`-separated.
    pub path: String,
    /// Its blob.
    pub object: String,
    /// Its size.
    pub bytes: u64,
    /// A regular file; symbolic links, submodules are not.
    pub regular: bool,
}

/// The repository a folder stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    top: PathBuf,
    prefix: String,
}

impl Repository {
    /// The repository that `dir` stands in; `NoRepository` when it stands in none.
    pub fn find(dir: &Path) -> Result<Repository, GitError> {
        let top = line(run(dir, &["rev-parse", "--show-toplevel"])?)?;
        let prefix = line(run(dir, &["rev-parse", "--show-prefix"])?)?;
        Ok(Repository { top: PathBuf::from(top), prefix })
    }

    /// Whether a `.git` stands in `dir`: it is the top folder of a repository (or means to be).
    pub fn is_top(dir: &Path) -> bool {
        dir.join(".git").symlink_metadata().is_ok()
    }

    /// The repository's top folder, every symbolic link resolved.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The folder asked about relative to the top folder: `""`, or ending in `/`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The head's commit and branch.
    pub fn head(&self) -> Result<Head, GitError> {
        let branch = match run(&self.top, &["symbolic-ref", "--quiet", "HEAD"]) {
            Ok(text) => line(text)?.strip_prefix("refs/heads/").map(String::from),
            // Exit code 1 without a word: the head is detached.
            Err(GitError::Failed(_)) => None,
            Err(error) => return Err(error),
        };
        let commit = match run(&self.top, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]) {
            Ok(text) => Some(hex(line(text)?)?),
            Err(GitError::Failed(_)) if branch.is_some() => None,
            Err(error) => return Err(error),
        };
        Ok(Head { commit, branch })
    }

    /// The commit that `name` (a branch, tag, commit) stands for, as hex. A name that begins with `-` is refused: git
    /// would take it for an option.
    pub fn resolve(&self, name: &str) -> Result<String, GitError> {
        let refuse = |why: &str| {
            let shown: String = name.chars().take(100).collect();
            Err(GitError::Ref { name: shown.escape_debug().to_string(), why: why.into() })
        };
        if name.trim().is_empty() {
            return refuse("it is empty");
        }
        if name.starts_with('-') {
            return refuse("it begins with `-`");
        }
        if name.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return refuse("it holds a space or control character");
        }
        match run(&self.top, &["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")]) {
            Ok(text) => hex(line(text)?),
            Err(GitError::Failed(_)) => refuse("no commit is known by that name; was it fetched?"),
            Err(error) => Err(error),
        }
    }

    /// The regular files and links under `folder` (relative to the folder asked about, `""` for itself) at `commit`,
    /// paths relative to `folder`, in byte order; empty when the folder is not there.
    pub fn list(&self, commit: &str, folder: &str) -> Result<Vec<TreeFile>, GitError> {
        let inside = format!("{}{folder}", self.prefix);
        let inside = inside.trim_end_matches('/');
        let tree = hex(commit.to_string())?;
        let mut arguments = vec!["ls-tree", "-r", "-l", "-z", "--full-tree", tree.as_str()];
        let pattern = format!("{inside}/");
        if !inside.is_empty() {
            arguments.extend(["--", pattern.as_str()]);
        }
        let below = if inside.is_empty() { "" } else { pattern.as_str() };
        Ok(tree_files(&run(&self.top, &arguments)?)?
            .into_iter()
            .filter_map(|file| {
                let path = file.path.strip_prefix(below)?.to_string();
                Some(TreeFile { path, ..file })
            })
            .collect())
    }

    /// The file at `path` (relative to the folder asked about) at `commit`; `None` when there is none.
    pub fn find_file(&self, commit: &str, path: &str) -> Result<Option<TreeFile>, GitError> {
        let whole = format!("{}{path}", self.prefix);
        let tree = hex(commit.to_string())?;
        let listed = run(&self.top, &["ls-tree", "-l", "-z", "--full-tree", &tree, "--", &whole])?;
        Ok(tree_files(&listed)?
            .into_iter()
            .find(|file| file.path == whole)
            .map(|file| TreeFile { path: path.to_string(), ..file }))
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

    /// The bytes of a file that `list` or `find_file` gave, of at most `limit`; filters and conversions do not run.
    pub fn read(&self, file: &TreeFile, limit: u64) -> Result<Vec<u8>, GitError> {
        let shown = crate::base::files::show(&file.path);
        if !file.regular {
            return Err(GitError::Failed(format!("has {shown} as a link, not as a regular file")));
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

/// Runs git in `dir` and returns what it prints. Its children are its own affair: it starts none with these settings.
pub(super) fn run(dir: &Path, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    let fixed = ["--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false"];
    let fixed = fixed.into_iter().chain(["-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"]);
    let mut command = duct::cmd("git", fixed.chain(arguments.iter().copied()))
        .dir(dir)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C")
        .stdin_null()
        .stdout_capture()
        .stderr_capture()
        .unchecked();
    for name in CLEARED {
        command = command.env_remove(name);
    }
    let output = command
        .run()
        .map_err(|error| GitError::Failed(format!("could not be started: {}", plain(&error))))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("gave no answer");
    if said.contains("not a git repository") {
        return Err(GitError::NoRepository(crate::base::files::show(&dir.display().to_string())));
    }
    let said: String = said.chars().take(300).collect();
    Err(GitError::Failed(format!("refuses: {}", said.trim_start_matches("fatal: ").escape_debug())))
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

/// Reads `ls-tree -l -z`: `<mode> <type> <object> <size>\t<path>\0`, the size right-aligned.
fn tree_files(bytes: &[u8]) -> Result<Vec<TreeFile>, GitError> {
    let broken = || GitError::Failed("lists a tree in a form that is not understood".into());
    let mut files = Vec::new();
    for record in bytes.split(|b| *b == 0).filter(|r| !r.is_empty()) {
        // A name that is not UTF-8 cannot be one that a setting or gate file names.
        let Ok(record) = std::str::from_utf8(record) else { continue };
        let (meta, path) = record.split_once('\t').ok_or_else(broken)?;
        let mut words = meta.split_ascii_whitespace();
        let (Some(mode), Some(kind), Some(object), Some(size)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(broken());
        };
        if kind != "blob" {
            continue;
        }
        files.push(TreeFile {
            path: path.to_string(),
            object: object.to_string(),
            bytes: size.parse().map_err(|_| broken())?,
            regular: matches!(mode, "100644" | "100755" | "100664"),
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs git in a test repository, whatever the user's own configuration says.
    #[expect(clippy::disallowed_methods, reason = "a test makes its own repository")]
    fn git(dir: &Path, arguments: &[&str]) {
        let status = std::process::Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(dir)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .unwrap();
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    }

    fn repository() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        git(dir.path(), &["init", "-q", "-b", "main"]);
        dir
    }

    fn put(dir: &Path, path: &str, text: &str) {
        crate::base::files::write_atomic(&dir.join(path), text.as_bytes()).unwrap();
    }

    #[test]
    fn head_branch_and_files_of_a_commit() {
        let dir = repository();
        let repo = Repository::find(dir.path()).unwrap();
        assert_eq!(repo.head().unwrap(), Head { commit: None, branch: Some("main".into()) });
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
        let files = repo.list(&commit, "gates").unwrap();
        assert_eq!(files.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["a.toml", "deep/b.toml"]);
        assert_eq!(repo.read(&files[0], 10).unwrap(), b"a");
        assert_eq!(repo.read(&files[1], 10).unwrap(), b"b\r\n");
        assert!(repo.read(&files[1], 2).unwrap_err().to_string().contains("more than the limit of 2"));
        assert!(repo.list(&commit, "nowhere").unwrap().is_empty());
        assert_eq!(repo.find_file(&commit, "gates2/c.toml").unwrap().unwrap().bytes, 1);
        assert_eq!(repo.find_file(&commit, "gates2").unwrap(), None);
        assert_eq!(repo.find_file(&commit, "gates2/*").unwrap(), None);

        git(dir.path(), &["checkout", "-q", "--detach"]);
        assert_eq!(repo.head().unwrap(), Head { commit: Some(commit), branch: None });
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
    fn a_symbolic_link_of_a_commit_is_not_read() {
        let dir = repository();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link.toml")).unwrap();
        git(dir.path(), &["add", "."]);
        git(dir.path(), &["commit", "-q", "-m", "x"]);
        let repo = Repository::find(dir.path()).unwrap();
        let commit = repo.resolve("HEAD").unwrap();
        let link = repo.find_file(&commit, "link.toml").unwrap().unwrap();
        assert!(repo.read(&link, 100).unwrap_err().to_string().contains("as a link"));
    }

    #[test]
    fn no_repository_says_so() {
        let dir = tempfile::tempdir().unwrap();
        // Only where the folder for temporary files is in no repository itself.
        if let Err(error) = Repository::find(dir.path()) {
            assert!(matches!(error, GitError::NoRepository(_)), "{error}");
        }
        assert!(!Repository::is_top(dir.path()));
        assert!(Repository::is_top(repository().path()));
    }
}
