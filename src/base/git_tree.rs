//! The state of a working tree: what differs from the commit that is checked out, and what git does not track and does not ignore.
//!
//! Git is asked what the commit is and which files are ignored; everything else is looked at here. A file of which the system says
//! what it said when git last compared it is taken for unchanged, as git does; of every other the content itself is compared,
//! without any filter. Neither the marks by which a user has git overlook a file nor what is staged count: only what a test sees.

use super::git::{GitError, line, run};
use super::git_content::{is_blob, is_checked_out, mode, of_texts, sha256};
use super::git_index::{Entry, Held, Index, Object, Seen, listed, parse, unhex};
use super::git_scan::{Kind, Scan, There, look_at, on_disk, scan};
use crate::base::files;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// The largest index that is read here: some millions of files.
const INDEX: u64 = 1 << 30;
/// Paths that stand on one command line.
const ASKED: usize = 500;
/// Repositories within repositories.
const NESTED: usize = 8;
/// Bytes of a blob that can be a pointer of Git LFS.
const POINTER: usize = 1 << 10;

/// What stands at one path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathState {
    /// From the top of the repository, `/`-separated; a name that is no UTF-8 escaped and in quotes.
    pub path: String,
    /// `100644`, `100755`, `120000` (a link), `160000` (a repository); `None` where nothing is there.
    pub mode: Option<String>,
    /// SHA-256 of its bytes, of a link of its target, lower-case hex; of a submodule its commit. `None` where nothing is there.
    pub content: Option<String>,
}

/// The state of a working tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeState {
    /// The commit that is checked out.
    pub commit: String,
    /// Its tree.
    pub tree: String,
    /// Paths of the commit or the index that are not as in the commit, sorted.
    pub changed: Vec<PathState>,
    /// Files that are neither tracked nor ignored, sorted.
    pub untracked: Vec<PathState>,
    /// Paths, folders among them, at which and below which nothing is tracked.
    pub beside: Vec<String>,
}

impl TreeState {
    /// The digest of the commit's tree and what differs from it; the tree's own name where nothing does.
    pub fn digest<'p>(tree: &'p str, changed: impl Iterator<Item = &'p PathState>) -> String {
        let mut changed = changed.peekable();
        if changed.peek().is_none() {
            return tree.to_string();
        }
        digest(std::iter::once(tree), changed)
    }
}

/// The digest of what stands at these paths.
pub fn digest_of<'p>(states: impl Iterator<Item = &'p PathState>) -> String {
    digest(std::iter::empty(), states)
}

fn digest<'p>(first: impl Iterator<Item = &'p str>, states: impl Iterator<Item = &'p PathState>) -> String {
    let fields = states.flat_map(|s| [Some(s.path.as_str()), s.mode.as_deref(), s.content.as_deref()]);
    of_texts(first.chain(fields.map(|field| field.unwrap_or("-"))))
}

/// Looks at the working tree whose top folder is `top`. What `skip` says of an untracked path is not looked at; a folder's path ends in
/// `/`.
///
/// # Errors
/// Git gives no answer, there is no commit yet, or something cannot be looked at: what cannot be seen is never taken for absent.
pub fn observe(top: &Path, skip: &(dyn Fn(&str) -> bool + Sync)) -> Result<TreeState, GitError> {
    observe_nested(top, skip, 0)
}

/// When a commit was made, by its committer's clock: seconds since 1970.
pub fn committed_at(dir: &Path, commit: &str) -> Result<i64, GitError> {
    let broken = || GitError::Failed("does not say when the commit was made".into());
    if commit.is_empty() || !commit.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(broken());
    }
    let text = run(dir, &["cat-file", "commit", commit])?;
    let head = text.split(|b| *b == b'\n').take_while(|line| !line.is_empty());
    let committer = head.filter_map(|line| line.strip_prefix(b"committer ")).next().ok_or_else(broken)?;
    let mut words = committer.rsplit(|b| *b == b' ').skip(1);
    let seconds = words.next().and_then(|word| std::str::from_utf8(word).ok());
    seconds.and_then(|seconds| seconds.parse().ok()).ok_or_else(broken)
}

/// What stands at one path of a working tree, named as in a `PathState`.
pub fn state_at(top: &Path, path: &str) -> Result<PathState, GitError> {
    let absent = || PathState { path: path.to_string(), mode: None, content: None };
    match look_at(top, path.as_bytes())? {
        Some(there) => Ok(state(top, path.as_bytes(), there)?.unwrap_or_else(absent)),
        None => Ok(absent()),
    }
}

fn observe_nested(
    top: &Path,
    skip: &(dyn Fn(&str) -> bool + Sync),
    depth: usize,
) -> Result<TreeState, GitError> {
    if depth > NESTED {
        return Err(GitError::Failed(format!("repositories stand more than {NESTED} deep in one another")));
    }
    let head = || run(top, &["rev-parse", "HEAD^{commit}", "HEAD^{tree}"]);
    let look = || -> Result<(Index, Stamp, Scan), GitError> {
        let (index, written) = index(top, 20)?;
        let scanned = scan(top, &paths(&index.entries))?;
        Ok((index, written, scanned))
    };
    // Git says which commit it is while the folders are looked into.
    let (head, looked) = std::thread::scope(|scope| {
        let head = scope.spawn(head);
        let looked = look();
        (head.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), looked)
    });
    let head = line(head?)?;
    let broken = || GitError::Failed("does not say which tree is checked out".into());
    let (commit, tree) = head.split_once('\n').ok_or_else(broken)?;
    let tree_object = unhex(tree.as_bytes()).ok_or_else(broken)?;
    let hash = tree.len() / 2;
    let (index, written, scanned) = if hash == 20 {
        looked?
    } else {
        let (index, written) = self::index(top, hash)?;
        let scanned = scan(top, &paths(&index.entries))?;
        (index, written, scanned)
    };
    let look = Look { top, skip, hash, written, depth };
    let mut state = TreeState {
        commit: commit.to_string(),
        tree: tree.to_string(),
        changed: Vec::new(),
        untracked: Vec::new(),
        beside: scanned.beside.iter().map(|path| named(path)).collect(),
    };
    let tracked = look.tracked(&index, tree_object, &scanned)?;
    look.compare(&tracked, &mut state)?;
    let modules = tracked.iter().filter(|t| t.is_module()).map(|t| &*t.path).collect::<Vec<_>>();
    let beside: Vec<&[u8]> =
        scanned.beside.iter().map(Vec::as_slice).filter(|path| !modules.contains(path)).collect();
    look.untracked(&beside, &mut state)?;
    state.changed.sort();
    state.untracked.sort();
    state.untracked.dedup();
    Ok(state)
}

/// When a file was written: seconds and nanoseconds.
type Stamp = (u32, u32);

fn paths(entries: &[Entry]) -> Vec<&[u8]> {
    let mut paths: Vec<&[u8]> = entries.iter().map(|entry| &entry.path[..]).collect();
    paths.dedup();
    paths
}

/// The index and when it was written. Where it is of a form that is not read here git lists it, and then nothing is known of what it
/// saw: every content is compared.
fn index(top: &Path, hash: usize) -> Result<(Index, Stamp), GitError> {
    let git_dir = top.join(".git");
    let path = match git_dir.is_dir() {
        true => git_dir.join("index"),
        false => top.join(line(run(top, &["rev-parse", "--git-path", "index"])?)?),
    };
    let written = match std::fs::metadata(&path) {
        Ok(meta) => {
            use std::os::unix::fs::MetadataExt as _;
            // As in an index: the lower 32 bits of each.
            (meta.mtime() as u32, meta.mtime_nsec() as u32)
        }
        // Before the first file is added there is none.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((Index::default(), (0, 0))),
        Err(error) => {
            return Err(GitError::Failed(format!("has an index that cannot be read: {}", files::plain(&error))));
        }
    };
    let bytes = files::read(&path, INDEX).map_err(|e| GitError::Failed(format!("has no index: {e}")))?;
    if let Some(index) = parse(&bytes, hash) {
        return Ok((index, written));
    }
    let entries = listed(&run(top, &["ls-files", "-s", "-z", "--full-name"])?);
    let entries = entries.ok_or_else(|| GitError::Failed("lists its index in a form that is not understood".into()))?;
    Ok((Index { entries, tree: None }, written))
}

/// A path that the commit or the index has.
struct Tracked<'t> {
    path: Cow<'t, [u8]>,
    /// What the commit has there.
    base: Option<Held>,
    /// What the index has there, and what git saw then.
    index: Option<(Held, Seen)>,
    /// What stands there.
    there: Option<There>,
}

impl Tracked<'_> {
    fn is_module(&self) -> bool {
        let module = |held: &Held| held.mode == 0o160_000;
        self.base.as_ref().is_some_and(module) || self.index.as_ref().is_some_and(|(held, _)| module(held))
    }
}

struct Look<'l> {
    top: &'l Path,
    skip: &'l (dyn Fn(&str) -> bool + Sync),
    hash: usize,
    written: Stamp,
    depth: usize,
}

/// What became of a tracked path whose content differs, before conversions are asked about.
struct Differs<'t> {
    tracked: &'t Tracked<'t>,
    state: PathState,
    /// Its content is that of the commit: only the mode differs.
    same_content: bool,
}

impl Look<'_> {
    /// Every path of the commit and the index. Where the index is the commit's tree it says both; else git lists the commit.
    fn tracked<'t>(
        &self,
        index: &'t Index,
        tree: Object,
        scanned: &Scan,
    ) -> Result<Vec<Tracked<'t>>, GitError> {
        let mut there = scanned.there.iter();
        let mut tracked: Vec<Tracked<'t>> = Vec::with_capacity(index.entries.len());
        for entry in &index.entries {
            // A path in conflict stands there several times.
            if tracked.last().is_some_and(|last| *last.path == entry.path[..]) {
                continue;
            }
            let index = entry.held.and_then(|held| Some((held, entry.seen?)));
            let there = there.next().copied().flatten();
            tracked.push(Tracked { path: Cow::Borrowed(&entry.path), base: entry.held, index, there });
        }
        if index.tree == Some(tree) {
            return Ok(tracked);
        }
        let listing = run(self.top, &["ls-tree", "-r", "-z", "--full-tree", "HEAD"])?;
        let listing = listed(&listing)
            .ok_or_else(|| GitError::Failed("lists a tree in a form that is not understood".into()))?;
        let mut base: BTreeMap<Vec<u8>, Option<Held>> =
            listing.into_iter().map(|entry| (entry.path, entry.held)).collect();
        for one in &mut tracked {
            one.base = base.remove(&*one.path).flatten();
        }
        for (path, held) in base {
            // Taken out of the index, and in the commit all the same.
            let there = look_at(self.top, &path)?;
            tracked.push(Tracked { path: Cow::Owned(path), base: held, index: None, there });
        }
        Ok(tracked)
    }

    /// Compares what stands at each path with the commit.
    fn compare(&self, tracked: &[Tracked<'_>], state: &mut TreeState) -> Result<(), GitError> {
        let differs: Vec<Differs<'_>> = tracked
            .par_iter()
            .filter(|one| !one.is_module())
            .filter_map(|one| self.differs(one).transpose())
            .collect::<Result<_, _>>()?;
        state.changed.extend(self.without_conversions(differs)?);
        for module in tracked.iter().filter(|one| one.is_module()) {
            self.module(module, state)?;
        }
        Ok(())
    }

    /// Whether the system says of the file what it said when git saw the content of the index in it. Of a file that was written when
    /// the index was, or later, it would say so too if it had been written once more since.
    fn is_as_seen(&self, one: &Tracked<'_>) -> Option<Held> {
        let ((held, seen), there) = (one.index?, one.there?);
        let same = seen == there.seen && Some(held.mode) == mode(there) && seen.modified < self.written;
        same.then_some(held)
    }

    fn differs<'t>(&self, one: &'t Tracked<'t>) -> Result<Option<Differs<'t>>, GitError> {
        if one.base.is_some() && self.is_as_seen(one) == one.base {
            return Ok(None);
        }
        let there = one.there.and_then(|there| Some((there, mode(there)?)));
        let Some((there, mode)) = there else {
            // A folder or a FIFO in place of a file: the file is not there.
            let gone = PathState { path: named(&one.path), mode: None, content: None };
            return Ok(one.base.map(|_| Differs { tracked: one, state: gone, same_content: false }));
        };
        let same_content = match one.base {
            Some(base) if (base.mode == 0o120_000) == (mode == 0o120_000) || there.kind != Kind::Link => {
                is_blob(self.top, &one.path, there, base, self.hash)?
            }
            _ => false,
        };
        if same_content && one.base.is_some_and(|base| base.mode == mode) {
            return Ok(None);
        }
        let state = state(self.top, &one.path, there)?;
        Ok(state.map(|state| Differs { tracked: one, state, same_content }))
    }

    /// What differs, but for what git's own conversions make: they are asked about only where something differs.
    fn without_conversions(&self, differs: Vec<Differs<'_>>) -> Result<Vec<PathState>, GitError> {
        if differs.is_empty() {
            return Ok(Vec::new());
        }
        let (other_mode, mut left): (Vec<_>, Vec<_>) = differs.into_iter().partition(|d| d.same_content);
        let mut changed = Vec::new();
        if !other_mode.is_empty() {
            let (modes, links) = (self.setting("core.filemode")?, self.setting("core.symlinks")?);
            let kept = |d: &Differs<'_>| match d.tracked.base.map(|base| base.mode) {
                Some(0o120_000) => links,
                _ => modes,
            };
            changed.extend(other_mode.into_iter().filter(kept).map(|d| d.state));
        }
        for part in left.chunks_mut(ASKED) {
            changed.extend(self.without_checked_out(part)?);
        }
        Ok(changed)
    }

    /// A setting that is true unless it says otherwise.
    fn setting(&self, name: &str) -> Result<bool, GitError> {
        match run(self.top, &["config", "--type=bool", "--get", name]) {
            Ok(answer) => Ok(line(answer)? != "false"),
            // Exit code 1 without a word: it is not set.
            Err(GitError::Failed(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn without_checked_out(&self, differs: &[Differs<'_>]) -> Result<Vec<PathState>, GitError> {
        let is_file = |d: &&Differs<'_>| d.tracked.base.is_some() && d.state.mode.as_deref() != Some("120000");
        let asked: Vec<&str> = differs
            .iter()
            .filter(|d| d.state.content.is_some())
            .filter(is_file)
            .filter_map(|d| std::str::from_utf8(&d.tracked.path).ok())
            .collect();
        let attributes = self.attributes(&asked)?;
        let mut changed = Vec::new();
        let mut converts = None;
        for one in differs {
            let attributes = std::str::from_utf8(&one.tracked.path).ok().and_then(|path| attributes.get(path));
            let (Some(attributes), Some(base), Some(there)) = (attributes, one.tracked.base, one.tracked.there)
            else {
                changed.push(one.state.clone());
                continue;
            };
            let pointer = match attributes.lfs {
                true => Some(self.pointer(&one.tracked.path)?),
                false => None,
            };
            let line_ends = match attributes.text {
                Some(text) => text,
                None => *match &converts {
                    Some(known) => known,
                    None => converts.insert(self.autocrlf()?),
                },
            };
            let given = (base, self.hash, line_ends);
            if !is_checked_out(self.top, &one.tracked.path, there, given, pointer.as_deref())? {
                changed.push(one.state.clone());
            }
        }
        Ok(changed)
    }

    /// Whether line ends are converted where no attribute says so.
    fn autocrlf(&self) -> Result<bool, GitError> {
        match run(self.top, &["config", "--get", "core.autocrlf"]) {
            Ok(answer) => Ok(matches!(line(answer)?.as_str(), "true" | "input")),
            Err(GitError::Failed(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn attributes(&self, paths: &[&str]) -> Result<BTreeMap<String, Attributes>, GitError> {
        if paths.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut arguments = vec!["check-attr", "-z", "filter", "text", "eol", "--"];
        arguments.extend(paths);
        let answer = run(self.top, &arguments)?;
        let mut found: BTreeMap<String, Attributes> = BTreeMap::new();
        let words: Vec<&[u8]> = answer.split(|b| *b == 0).collect();
        for triple in words.chunks_exact(3) {
            let [path, name, value] = triple else { continue };
            let attributes = found.entry(String::from_utf8_lossy(path).into_owned()).or_default();
            match (*name, *value) {
                (b"filter", value) => attributes.lfs = value == b"lfs",
                (b"text", b"unset") => attributes.text = Some(false),
                (b"text" | b"eol", value) if !matches!(value, b"unspecified" | b"unset") => {
                    attributes.text = Some(attributes.text.unwrap_or(true));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// The blob that the commit has at a path, where it may be a pointer of Git LFS.
    fn pointer(&self, path: &[u8]) -> Result<Vec<u8>, GitError> {
        let name = format!("HEAD:{}", String::from_utf8_lossy(path));
        let size = line(run(self.top, &["cat-file", "-s", &name])?)?;
        match size.parse::<usize>() {
            Ok(size) if size <= POINTER => run(self.top, &["cat-file", "blob", &name]),
            _ => Ok(Vec::new()),
        }
    }

    /// A submodule: which commit is checked out in it, and what differs there. One that is not checked out is as it should be.
    fn module(&self, module: &Tracked<'_>, state: &mut TreeState) -> Result<(), GitError> {
        let inside = on_disk(self.top, &module.path);
        let path = named(&module.path);
        let own = |mode: Option<&str>, content| PathState { path: path.clone(), mode: mode.map(String::from), content };
        if module.there.is_some_and(|there| there.kind != Kind::Folder) {
            state.changed.extend(state_of(self.top, module)?);
            return Ok(());
        }
        let base = module.base.map(|base| hex(&base.object, self.hash));
        if inside.join(".git").symlink_metadata().is_err() {
            if module.base.is_some_and(|base| base.mode != 0o160_000) {
                state.changed.push(own(None, None));
            }
            return Ok(());
        }
        let skip = |below: &str| (self.skip)(&format!("{path}/{below}"));
        let found = observe_nested(&inside, &skip, self.depth + 1)?;
        if base.as_deref() != Some(found.commit.as_str()) {
            state.changed.push(own(Some("160000"), Some(found.commit)));
        }
        let below = |s: PathState| PathState { path: format!("{path}/{}", s.path), ..s };
        state.changed.extend(found.changed.into_iter().map(below));
        state.untracked.extend(found.untracked.into_iter().map(below));
        Ok(())
    }

    /// Which files below what stands beside the tracked ones are not ignored, and what they hold.
    fn untracked(&self, beside: &[&[u8]], state: &mut TreeState) -> Result<(), GitError> {
        let wanted = |path: &[u8]| {
            let path = named(path);
            !(self.skip)(&path) && !(self.skip)(&format!("{path}/"))
        };
        let beside: Vec<&[u8]> = beside.iter().copied().filter(|path| wanted(path)).collect();
        if beside.is_empty() {
            return Ok(());
        }
        let mut arguments = vec!["ls-files", "-o", "-z", "--exclude-standard", "--full-name"];
        let named_paths: Option<Vec<&str>> = match beside.len() {
            0..=ASKED => beside.iter().map(|path| std::str::from_utf8(path).ok()).collect(),
            _ => None,
        };
        if let Some(paths) = &named_paths {
            arguments.push("--");
            arguments.extend(paths);
        }
        let listing = run(self.top, &arguments)?;
        let found: Vec<&[u8]> = listing.split(|b| *b == 0).filter(|path| !path.is_empty()).collect();
        let states: Vec<Option<PathState>> =
            found.into_par_iter().map(|path| self.one_untracked(path)).collect::<Result<_, _>>()?;
        state.untracked.extend(states.into_iter().flatten());
        Ok(())
    }

    fn one_untracked(&self, path: &[u8]) -> Result<Option<PathState>, GitError> {
        if let Some(repository) = path.strip_suffix(b"/") {
            return Ok(self.repository(repository));
        }
        if (self.skip)(&named(path)) {
            return Ok(None);
        }
        match look_at(self.top, path)? {
            Some(there) => state(self.top, path, there),
            // It went away meanwhile.
            None => Ok(None),
        }
    }

    /// A repository that stands in the tree and is no submodule: its commit and what differs from it, as one. Where it cannot be looked
    /// at it has a mode and no content, which is the same as nothing.
    fn repository(&self, path: &[u8]) -> Option<PathState> {
        let shown = named(path);
        if (self.skip)(&format!("{shown}/")) {
            return None;
        }
        let skip = |below: &str| (self.skip)(&format!("{shown}/{below}"));
        let content = observe_nested(&on_disk(self.top, path), &skip, self.depth + 1).ok().map(|found| {
            let all = found.changed.iter().chain(&found.untracked);
            digest(std::iter::once(found.commit.as_str()), all)
        });
        Some(PathState { path: shown, mode: Some("160000".into()), content })
    }
}

/// What git's attributes say of a path.
#[derive(Debug, Clone, Copy, Default)]
struct Attributes {
    /// It is a file of Git LFS.
    lfs: bool,
    /// Whether its line ends are converted; `None`: the settings say.
    text: Option<bool>,
}

fn state_of(top: &Path, tracked: &Tracked<'_>) -> Result<Option<PathState>, GitError> {
    match tracked.there {
        Some(there) => state(top, &tracked.path, there),
        None => Ok(None),
    }
}

/// What stands at a path, where it is something that git keeps.
fn state(top: &Path, path: &[u8], there: There) -> Result<Option<PathState>, GitError> {
    let Some(mode) = mode(there) else { return Ok(None) };
    let (content, _) = sha256(top, path, there)?;
    Ok(Some(PathState { path: named(path), mode: Some(format!("{mode:o}")), content: Some(content) }))
}

fn hex(object: &Object, hash: usize) -> String {
    object.iter().take(hash).map(|byte| format!("{byte:02x}")).collect()
}

/// A path as text.
fn named(path: &[u8]) -> String {
    match std::str::from_utf8(path) {
        Ok(path) => path.to_string(),
        Err(_) => format!("\"{}\"", path.escape_ascii()),
    }
}
