//! The workspace: every path of it is resolved below it and never leaves it, whatever is swapped meanwhile.

use super::beneath;
use super::ledger::{Changed, Ledger};
use super::read_error::{ReadError, io_error};
use super::reading::{hash_opened, not_opened, open_regular, read_opened, regular};
use std::collections::{BTreeMap, HashMap};
use std::fs::{File, Metadata};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tollgate_text::show::show;

/// The folder that is gated. Every path an artifact, gate or expression names is resolved below it and may not leave it.
#[derive(Debug, Clone)]
pub struct Root {
    dir: PathBuf,
    real: PathBuf,
    /// Workspace-relative path -> the file that stands in for it, or nothing at all.
    instead: BTreeMap<String, Option<PathBuf>>,
    /// Clean folder below `real` -> where it stands once links are resolved, inside the workspace. A verb looks at many
    /// files of few folders, and resolving asks the system once for each part of a path.
    folders: Arc<RwLock<HashMap<String, PathBuf>>>,
    /// `real`, opened.
    opened: Arc<OwnedFd>,
    /// What was seen at its paths, where the workspace is judged.
    ledger: Option<Arc<Ledger>>,
}

impl Root {
    /// Opens the folder; an error when it is not one.
    pub fn open(dir: &Path) -> Result<Self, ReadError> {
        let shown = dir.display().to_string();
        let real = std::fs::canonicalize(dir).map_err(|e| io_error(&shown, &e))?;
        if !real.is_dir() {
            return Err(ReadError::Io { path: shown, why: "it is not a folder".into() });
        }
        let opened = Arc::new(beneath::folder(&real).map_err(|e| io_error(&shown, &e))?);
        let (instead, folders) = (BTreeMap::new(), Arc::default());
        Ok(Root { dir: dir.to_path_buf(), real, instead, folders, opened, ledger: None })
    }

    /// The same workspace, to be judged: what is read of a path, or said to be there, stays what it was at the first look,
    /// and a later look that finds something else is the error `Changed`. A path that `with_instead` replaces is not held
    /// to that.
    pub fn sealed(self) -> Root {
        Root { ledger: Some(Arc::default()), ..self }
    }

    /// What is known of a clean path that is read as it stands.
    fn ledger(&self, clean: &str) -> Option<&Ledger> {
        self.ledger.as_deref().filter(|_| !self.instead.contains_key(clean))
    }

    /// The folder as it was named.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder with every symbolic link resolved.
    pub fn real(&self) -> &Path {
        &self.real
    }

    /// The same workspace with the file at `rel` replaced by another file, or taken away (`None`). Nothing on disk changes:
    /// this is how `prove` judges what never happened.
    pub fn with_instead(&self, rel: &str, file: Option<PathBuf>) -> Root {
        let mut other = self.clone();
        other.instead.insert(rel.to_string(), file);
        other
    }

    /// Whether the file at a clean workspace-relative path was taken away by `with_instead`.
    pub fn is_taken_away(&self, rel: &str) -> bool {
        self.instead.get(rel).is_some_and(Option::is_none)
    }

    /// Checks the text of a workspace-relative path: relative, `/`-separated, without `..`; `.` parts are dropped.
    pub fn clean(rel: &str) -> Result<String, ReadError> {
        let outside = |why: &str| ReadError::Outside { path: show(rel), why: why.into() };
        if rel.is_empty() {
            return Err(outside("the path is empty"));
        }
        if rel.contains('\0') {
            return Err(outside("the path holds a NUL byte"));
        }
        let mut parts = Vec::new();
        for part in Path::new(rel).components() {
            match part {
                Component::Normal(p) => parts.push(p.to_string_lossy().into_owned()),
                Component::CurDir => {}
                Component::ParentDir => return Err(outside("it holds `..`")),
                Component::RootDir | Component::Prefix(_) => return Err(outside("it is absolute")),
            }
        }
        Ok(parts.join("/"))
    }

    /// Where a workspace-relative path stands on disk, every symbolic link resolved and found inside the workspace.
    /// `Missing` when nothing is there, `Dangling` when a link is there that leads to nothing.
    pub fn resolve(&self, rel: &str) -> Result<PathBuf, ReadError> {
        let clean = Self::clean(rel)?;
        match self.instead.get(&clean) {
            Some(Some(file)) => return Ok(file.clone()),
            Some(None) => return Err(ReadError::Missing(show(&clean))),
            None => {}
        }
        let (folder, name) = clean.rsplit_once('/').unwrap_or(("", &clean));
        if let Some(folder) = self.folder(folder).filter(|_| !name.is_empty()) {
            let path = folder.join(name);
            let found = path.symlink_metadata().map_err(|e| io_error(&show(&clean), &e))?;
            if !found.is_symlink() {
                return Ok(path);
            }
        }
        self.follow(&clean)
    }

    /// Resolves every part of a clean path.
    fn follow(&self, clean: &str) -> Result<PathBuf, ReadError> {
        let real = match std::fs::canonicalize(self.real.join(clean)) {
            Ok(real) => real,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && self.dangles(clean) => {
                return Err(ReadError::Dangling(show(clean)));
            }
            Err(e) => return Err(io_error(&show(clean), &e)),
        };
        if real.starts_with(&self.real) {
            Ok(real)
        } else {
            Err(ReadError::Outside { path: show(clean), why: "a symbolic link leads out of it".into() })
        }
    }

    /// Where a clean folder stands, when it is there and inside the workspace. Only what was found is kept: what is not
    /// there yet may come.
    fn folder(&self, clean: &str) -> Option<PathBuf> {
        if clean.is_empty() {
            return Some(self.real.clone());
        }
        if let Some(known) = self.folders.read().unwrap_or_else(PoisonError::into_inner).get(clean) {
            return Some(known.clone());
        }
        let found = self.follow(clean).ok()?;
        let mut folders = self.folders.write().unwrap_or_else(PoisonError::into_inner);
        Some(folders.entry(clean.to_string()).or_insert(found).clone())
    }

    /// Whether a path that leads to nothing does so by a symbolic link: its first part that is not there is one.
    fn dangles(&self, clean: &str) -> bool {
        let mut at = self.real.clone();
        for part in clean.split('/') {
            at.push(part);
            if std::fs::metadata(&at).is_err() {
                return std::fs::symlink_metadata(&at).is_ok();
            }
        }
        false
    }

    /// Where a workspace-relative file is to be written: behind the symbolic links of the workspace, never outside it.
    /// The file, and folders above it, need not be there yet.
    pub fn target(&self, rel: &str) -> Result<PathBuf, ReadError> {
        let clean = Self::clean(rel)?;
        let mut parts: Vec<&str> = clean.split('/').filter(|part| !part.is_empty()).collect();
        let mut missing = Vec::new();
        loop {
            let inside = if parts.is_empty() { ".".to_string() } else { parts.join("/") };
            match (self.resolve(&inside), parts.pop()) {
                (Ok(found), _) => {
                    return Ok(missing.iter().rev().fold(found, |at: PathBuf, part| at.join(part)));
                }
                (Err(ReadError::Missing(_)), Some(part)) => missing.push(part),
                (Err(error), _) => return Err(error),
            }
        }
    }

    /// Opens a regular file of the workspace for reading. Whatever is swapped meanwhile: it is a file of the workspace, and a
    /// FIFO is not waited for.
    pub fn open_file(&self, rel: &str) -> Result<(File, Metadata), ReadError> {
        let clean = Self::clean(rel)?;
        match self.instead.get(&clean) {
            Some(Some(file)) => return open_regular(file, &show(rel)),
            Some(None) => return Err(ReadError::Missing(show(&clean))),
            None => {}
        }
        if let Some(file) = beneath::below(&self.opened, &clean) {
            return regular(file, &show(rel));
        }
        // Not there, no file, or behind a link that is absolute and may lead back: the path says which.
        let real = self.resolve(rel)?;
        let inside = real.strip_prefix(&self.real).unwrap_or(&real);
        match beneath::directly(&self.opened, inside) {
            Ok(file) => regular(file, &show(rel)),
            Err(e) if beneath::is_link(&e) => Err(ReadError::Changed(show(rel))),
            Err(e) => Err(not_opened(&real, &show(rel), &e)),
        }
    }

    /// Reads a whole regular file of at most `limit` bytes.
    pub fn read(&self, rel: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        if self.ledger.is_some() {
            return self.read_hashed(rel, limit).map(|(bytes, _)| bytes);
        }
        read_opened(self.open_file(rel)?, &show(rel), limit)
    }

    /// As `read`, with the SHA-256 of the bytes, lower-case hex.
    pub fn read_hashed(&self, rel: &str, limit: u64) -> Result<(Vec<u8>, String), ReadError> {
        self.hashed(self.open_file(rel)?, rel, limit)
    }

    /// As `read_hashed`, of a file that `open_file` opened at `rel`.
    pub fn hashed(
        &self,
        opened: (File, Metadata),
        rel: &str,
        limit: u64,
    ) -> Result<(Vec<u8>, String), ReadError> {
        let (bytes, sha256) = hash_opened(opened, &show(rel), limit)?;
        self.seal(rel, &sha256)?;
        Ok((bytes, sha256))
    }

    /// Says that bytes with this digest were read at the path: for who reads a file that `open_file` opened by himself.
    pub fn seal(&self, rel: &str, sha256: &str) -> Result<(), ReadError> {
        let clean = Self::clean(rel)?;
        let sealed = self.ledger(&clean).map_or(Ok(()), |ledger| ledger.bytes(&clean, sha256));
        sealed.map_err(|Changed| ReadError::Changed(show(rel)))
    }

    /// The SHA-256 of the bytes that were read at the path, where the workspace is judged and they were.
    pub fn digest_seen(&self, rel: &str) -> Option<String> {
        let clean = Self::clean(rel).ok()?;
        self.ledger(&clean)?.digest(&clean)
    }

    /// Whether something stands at the path. What cannot be looked at, a link that leads to nothing among it, is an error.
    pub fn exists(&self, rel: &str) -> Result<bool, ReadError> {
        let clean = Self::clean(rel)?;
        if let Some(there) = self.ledger(&clean).and_then(|ledger| ledger.there(&clean)) {
            return Ok(there);
        }
        let there = match self.resolve(rel) {
            Ok(_) => true,
            Err(ReadError::Missing(_)) => false,
            Err(other) => return Err(other),
        };
        self.saw(rel, there)?;
        Ok(there)
    }

    /// Says that something, or nothing, was seen at the path.
    pub fn saw(&self, rel: &str, there: bool) -> Result<(), ReadError> {
        let clean = Self::clean(rel)?;
        let said = self.ledger(&clean).map_or(Ok(()), |ledger| ledger.saw(&clean, there));
        said.map_err(|Changed| ReadError::Changed(show(rel)))
    }

    /// The names in a folder (clean, `""` for the root), sorted; `list` reads them where that was not done yet.
    pub fn names<E: From<ReadError>>(
        &self,
        folder: &str,
        list: impl FnOnce() -> Result<Vec<String>, E>,
    ) -> Result<Arc<[String]>, E> {
        if let Some(names) = self.ledger.as_ref().and_then(|ledger| ledger.names(folder)) {
            return Ok(names);
        }
        let mut names = list()?;
        names.sort();
        match &self.ledger {
            None => Ok(names.into()),
            Some(ledger) => {
                ledger.listed(folder, names).map_err(|Changed| ReadError::Changed(show(folder)).into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::fs::symlink;

    fn workspace(files: &[(&str, &str)]) -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        files.iter().for_each(|(path, text)| put(&dir, path, text));
        let root = Root::open(dir.path()).unwrap();
        (dir, root)
    }

    fn put(dir: &tempfile::TempDir, path: &str, text: &str) {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn links_are_followed_inside_also_absolute_ones_and_refused_outside() {
        let (dir, root) = workspace(&[("a/f", "text")]);
        let outside = tempfile::tempdir().unwrap();
        put(&outside, "secret", "s");
        symlink("a/f", dir.path().join("relative")).unwrap();
        symlink(dir.path().canonicalize().unwrap().join("a/f"), dir.path().join("absolute")).unwrap();
        symlink(dir.path().canonicalize().unwrap().join("a"), dir.path().join("folder")).unwrap();
        for path in ["a/f", "./a//f", "relative", "absolute", "folder/f"] {
            assert_eq!(root.read(path, 9).as_deref(), Ok(&b"text"[..]), "{path}");
        }
        symlink(outside.path().join("secret"), dir.path().join("out")).unwrap();
        symlink(outside.path(), dir.path().join("a/out")).unwrap();
        symlink("gone", dir.path().join("dangling")).unwrap();
        for path in ["out", "a/out/secret", "../x", "/etc/passwd"] {
            assert!(matches!(root.read(path, 9), Err(ReadError::Outside { .. })), "{path}");
        }
        assert!(matches!(root.read("dangling", 9), Err(ReadError::Dangling(_))));
        assert!(matches!(root.read("none", 9), Err(ReadError::Missing(_))));
        assert!(matches!(root.read("a/f/x", 9), Err(ReadError::Missing(_))));
        for path in ["a", "."] {
            let NotAFile { what } = not_a_file(root.read(path, 9));
            assert_eq!(what, "a folder", "{path}");
        }
    }

    struct NotAFile {
        what: &'static str,
    }

    fn not_a_file(read: Result<Vec<u8>, ReadError>) -> NotAFile {
        match read {
            Err(ReadError::NotAFile { what, .. }) => NotAFile { what },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_file_is_named_and_not_waited_for() {
        let (dir, root) = workspace(&[]);
        assert!(duct::cmd!("mkfifo", dir.path().join("fifo")).run().is_ok());
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
        assert_eq!(not_a_file(root.read("fifo", 9)).what, "a FIFO");
        assert_eq!(not_a_file(root.read("socket", 9)).what, "a socket");
    }

    #[test]
    fn a_folder_that_became_a_link_is_not_followed() {
        // The root remembers where `d` stood; what was a folder then is a link out of the workspace now.
        let (dir, root) = workspace(&[("d/f", "inside")]);
        assert!(root.resolve("d/f").is_ok());
        let outside = tempfile::tempdir().unwrap();
        put(&outside, "f", "outside");
        std::fs::rename(dir.path().join("d"), dir.path().join("e")).unwrap();
        symlink(outside.path(), dir.path().join("d")).unwrap();
        assert!(root.read("d/f", 9).is_err());
    }

    #[test]
    fn while_it_is_judged_the_first_look_counts() {
        let (dir, root) = workspace(&[("f", "one"), ("d/g", "one")]);
        let root = root.sealed();
        assert_eq!(root.digest_seen("f"), None);
        assert_eq!(root.read("f", 9).as_deref(), Ok(&b"one"[..]));
        put(&dir, "f", "two");
        assert_eq!(root.read("f", 9), Err(ReadError::Changed("f".into())));
        assert_eq!(root.read("./f", 9), Err(ReadError::Changed("./f".into())));
        assert!(root.digest_seen("f").is_some());
        put(&dir, "f", "one");
        assert_eq!(root.read("f", 9).as_deref(), Ok(&b"one"[..]));
        // What stands in for a file is no change of it.
        put(&dir, "other", "two");
        let mutant = root.with_instead("f", Some(dir.path().join("other")));
        assert_eq!(mutant.read("f", 9).as_deref(), Ok(&b"two"[..]));
        assert_eq!(mutant.digest_seen("f"), None);
        assert!(matches!(root.with_instead("f", None).read("f", 9), Err(ReadError::Missing(_))));
        // Whether something is there is seen once, too.
        assert_eq!((root.exists("h"), root.exists("d/g")), (Ok(false), Ok(true)));
        put(&dir, "h", "x");
        std::fs::remove_file(dir.path().join("d/g")).unwrap();
        assert_eq!((root.exists("h"), root.exists("d/g")), (Ok(false), Ok(true)));
        assert_eq!(root.read("h", 9), Err(ReadError::Changed("h".into())));
        assert!(matches!(root.read("d/g", 9), Err(ReadError::Missing(_))));
    }
}
