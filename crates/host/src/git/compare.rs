//! The files of a commit and of the index, held to what stands on disk.

use crate::git::content::{Conversions, is_blob, is_checked_out, lfs, mode};
use crate::git::index::{HeldObject, Index, ObjectName, SeenFile, listed};
use crate::git::scan::{FileInfo, Scan, ScannedKind, look_at};
use crate::git::state::{hex, named, state};
use crate::git::{GitError, line, run, run_of};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use tollgate_core::model::tree::TreeFile;

/// Paths that stand on one command line.
pub(super) const ASKED: usize = 500;
/// Bytes of a blob that can be a pointer of Git LFS.
const POINTER: usize = 1 << 10;

/// A path that the commit or the index has.
pub(super) struct Tracked<'t> {
    pub path: Cow<'t, [u8]>,
    /// What the commit has there.
    pub base: Option<HeldObject>,
    /// What the index has there, and what git saw then.
    pub index: Option<(HeldObject, SeenFile)>,
    /// What stands there.
    pub there: Option<FileInfo>,
}

impl Tracked<'_> {
    pub(super) fn is_module(&self) -> bool {
        let module = |held: &HeldObject| held.mode == 0o160_000;
        self.base.as_ref().is_some_and(module) || self.index.as_ref().is_some_and(|(held, _)| module(held))
    }
}

/// When a file was written: seconds and nanoseconds.
pub(super) type IndexTime = (u32, u32);

/// A repository whose files are compared with its commit.
pub(super) struct Compare<'l> {
    pub top: &'l Path,
    /// Bytes of an object.
    pub hash: usize,
    /// When the index was written.
    pub written: IndexTime,
    /// Paths of which the index may hold another content than it saw.
    pub converted: HashSet<Vec<u8>>,
}

/// What became of a tracked path whose content differs, before conversions are asked about.
struct Differs<'t> {
    tracked: &'t Tracked<'t>,
    state: TreeFile,
    /// Its content is that of the commit: only the mode differs.
    same_content: bool,
}

impl Compare<'_> {
    /// Every path of the commit and the index. Where the index is the commit's tree it says both; else git lists the commit.
    pub(super) fn tracked<'t>(
        &self,
        index: &'t Index<'_>,
        tree: ObjectName,
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
        let mut base: BTreeMap<Cow<'_, [u8]>, Option<HeldObject>> =
            listing.into_iter().map(|entry| (entry.path, entry.held)).collect();
        for one in &mut tracked {
            one.base = base.remove(&*one.path).flatten();
        }
        for (path, held) in base {
            // Taken out of the index, and in the commit all the same.
            let there = look_at(self.top, &path)?;
            tracked.push(Tracked { path: Cow::Owned(path.into_owned()), base: held, index: None, there });
        }
        Ok(tracked)
    }

    /// Which files are not as in the commit; submodules are looked at elsewhere.
    pub(super) fn changed(&self, tracked: &[Tracked<'_>]) -> Result<Vec<TreeFile>, GitError> {
        let differs: Vec<Differs<'_>> = tracked
            .par_iter()
            .filter(|one| !one.is_module())
            .filter_map(|one| self.differs(one).transpose())
            .collect::<Result<_, _>>()?;
        self.without_conversions(differs)
    }

    /// Whether the system says of the file what it said when git saw the content of the index in it. Of a file that was written when
    /// the index was, or later, it would say so too if it had been written once more since.
    fn is_as_seen(&self, one: &Tracked<'_>) -> Option<HeldObject> {
        let ((held, seen), there) = (one.index?, one.there?);
        let same = seen == there.seen && Some(held.mode) == mode(there) && seen.modified < self.written;
        same.then_some(held)
    }

    fn differs<'t>(&self, one: &'t Tracked<'t>) -> Result<Option<Differs<'t>>, GitError> {
        let is_converted = self.converted.contains(&*one.path);
        if !is_converted && one.base.is_some() && self.is_as_seen(one) == one.base {
            return Ok(None);
        }
        let there = one.there.and_then(|there| Some((there, mode(there)?)));
        let Some((there, mode)) = there else {
            // A folder or a FIFO in place of a file: the file is not there.
            let gone = TreeFile { path: named(&one.path), mode: None, content: None };
            return Ok(one.base.map(|_| Differs { tracked: one, state: gone, same_content: false }));
        };
        let same_content = match one.base {
            Some(base)
                if (base.mode == 0o120_000) == (mode == 0o120_000) || there.kind != ScannedKind::Link =>
            {
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
    fn without_conversions(&self, differs: Vec<Differs<'_>>) -> Result<Vec<TreeFile>, GitError> {
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

    fn without_checked_out(&self, differs: &[Differs<'_>]) -> Result<Vec<TreeFile>, GitError> {
        let is_file =
            |d: &&Differs<'_>| d.tracked.base.is_some() && d.state.mode.as_deref() != Some("120000");
        let asked: Vec<&str> = differs
            .iter()
            .filter(|d| d.state.content.is_some())
            .filter(is_file)
            .filter_map(|d| std::str::from_utf8(&d.tracked.path).ok())
            .collect();
        let attributes = self.attributes(&asked)?;
        let of = |one: &Differs<'_>| attributes.get(std::str::from_utf8(&one.tracked.path).ok()?).copied();
        let is_lfs = |one: &&Differs<'_>| of(one).is_some_and(|attributes| attributes.lfs);
        let pointers = self.pointers(differs.iter().filter(is_lfs).filter_map(|one| one.tracked.base))?;
        let mut changed = Vec::new();
        let mut converts = None;
        for one in differs {
            let (Some(attributes), Some(base), Some(there)) = (of(one), one.tracked.base, one.tracked.there)
            else {
                changed.push(one.state.clone());
                continue;
            };
            // The blob of a file of Git LFS names its content.
            let pointer = pointers.get(&hex(&base.object, self.hash)).filter(|_| attributes.lfs);
            if let Some((digest, _)) = pointer.and_then(|pointer| lfs(pointer)) {
                if one.state.content.as_deref() != Some(digest.as_str()) {
                    changed.push(one.state.clone());
                }
                continue;
            }
            let line_ends = match attributes.text {
                Some(text) => text,
                None => *match &converts {
                    Some(known) => known,
                    None => converts.insert(self.autocrlf()?),
                },
            };
            let by = Conversions { line_ends, ident: attributes.ident };
            if !is_checked_out(self.top, &one.tracked.path, there, (base, self.hash), by)? {
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
        let mut arguments = vec!["check-attr", "-z", "filter", "ident", "text", "eol", "--"];
        arguments.extend(paths);
        let answer = run(self.top, &arguments)?;
        let mut found: BTreeMap<String, Attributes> = BTreeMap::new();
        let words: Vec<&[u8]> = answer.split(|b| *b == 0).collect();
        for triple in words.chunks_exact(3) {
            let [path, name, value] = triple else { continue };
            let attributes = found.entry(String::from_utf8_lossy(path).into_owned()).or_default();
            match (*name, *value) {
                (b"filter", value) => attributes.lfs = value == b"lfs",
                (b"ident", value) => attributes.ident = value == b"set",
                (b"text", b"unset") => attributes.text = Some(false),
                (b"text" | b"eol", value) if !matches!(value, b"unspecified" | b"unset") => {
                    attributes.text = Some(attributes.text.unwrap_or(true));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// The blobs among these that may be pointers of Git LFS, by their names.
    fn pointers(
        &self,
        blobs: impl Iterator<Item = HeldObject>,
    ) -> Result<BTreeMap<String, Vec<u8>>, GitError> {
        let named: Vec<String> = blobs.map(|held| hex(&held.object, self.hash)).collect();
        if named.is_empty() {
            return Ok(BTreeMap::new());
        }
        let sizes = run_of(self.top, &["cat-file", "--batch-check"], listing(&named))?;
        let is_small = |said: &str| {
            let mut words = said.split(' ');
            let name = words.next().filter(|_| words.next() == Some("blob"))?;
            words.next()?.parse::<usize>().ok().filter(|size| *size <= POINTER)?;
            Some(name.to_string())
        };
        let small: Vec<String> = line(sizes)?.lines().filter_map(is_small).collect();
        if small.is_empty() {
            return Ok(BTreeMap::new());
        }
        let contents = run_of(self.top, &["cat-file", "--batch"], listing(&small))?;
        blobs_of(&contents)
            .ok_or_else(|| GitError::Failed("says what blobs hold in a form that is not understood".into()))
    }
}

/// Names, one a line.
fn listing(names: &[String]) -> Vec<u8> {
    names.iter().flat_map(|name| [name.as_bytes(), b"\n"]).flatten().copied().collect()
}

/// Reads `cat-file --batch`: of each `<object> <type> <size>`, a line end, the content, a line end.
fn blobs_of(mut rest: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest)?;
        let said = std::str::from_utf8(&rest[..end]).ok()?;
        let (name, size) = (said.split(' ').next()?, said.rsplit(' ').next()?.parse::<usize>().ok()?);
        let content = rest.get(end + 1..)?.get(..size)?;
        found.insert(name.to_string(), content.to_vec());
        rest = rest.get(end + 1 + size + 1..)?;
    }
    Some(found)
}

/// What git's attributes say of a path.
#[derive(Debug, Clone, Copy, Default)]
struct Attributes {
    /// It is a file of Git LFS.
    lfs: bool,
    /// `$Id$` is written out in it.
    ident: bool,
    /// Whether its line ends are converted; `None`: the settings say.
    text: Option<bool>,
}
