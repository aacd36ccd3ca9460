//! What stands on disk at the paths that a repository tracks, and what stands beside them: one look into each folder.

use crate::git::GitError;
use crate::git::index::SeenFile;
use rayon::prelude::*;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, openat, statat};
use rustix::io::Errno;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use tollgate_text::show::show;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScannedKind {
    /// A regular file; whether its owner may execute it.
    File { executable: bool },
    /// A symbolic link.
    Link,
    /// A folder.
    Folder,
    /// A FIFO, a socket, a device.
    Other,
}

/// What stands at a path, as the system tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileInfo {
    pub kind: ScannedKind,
    pub seen: SeenFile,
}

/// What was found at the paths that were asked for, in their order, and the paths beside them.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// `None`: nothing is there.
    pub there: Vec<Option<FileInfo>>,
    /// Files, links and whole folders that are none of the paths and hold none, from the top.
    pub beside: Vec<Vec<u8>>,
}

struct Folder {
    there: Vec<(usize, FileInfo)>,
    beside: Vec<Vec<u8>>,
    /// Folders of paths that are no folders.
    no_folders: Vec<Vec<u8>>,
}

/// Looks at `paths` below `top`, sorted by bytes. A path behind a symbolic link is not there: what the link leads to is no part of
/// the tree.
pub(super) fn scan(top: &Path, paths: &[&[u8]]) -> Result<Scan, GitError> {
    let mut files: BTreeMap<&[u8], Vec<usize>> = BTreeMap::from([(&[][..], Vec::new())]);
    let mut below: BTreeMap<&[u8], BTreeSet<&[u8]>> = BTreeMap::new();
    let mut first = 0;
    // Files of one folder mostly stand together: each such row is looked up once.
    for row in paths.chunk_by(|a, b| parent(a) == parent(b)) {
        let nths = first..first + row.len();
        first = nths.end;
        let mut folder = row.first().map_or(&[][..], |path| parent(path));
        if let Some(known) = files.get_mut(folder) {
            known.extend(nths);
            continue;
        }
        files.insert(folder, nths.collect());
        while !folder.is_empty() {
            let above = parent(folder);
            below.entry(above).or_default().insert(name(folder));
            files.entry(above).or_default();
            folder = above;
        }
    }
    let folders: Vec<(&&[u8], &Vec<usize>)> = files.iter().collect();
    let none = BTreeSet::new();
    let found: Vec<Folder> = folders
        .par_iter()
        .map(|(folder, files)| look_into(top, folder, files, paths, below.get(**folder).unwrap_or(&none)))
        .collect::<Result<_, _>>()?;
    let no_folders: BTreeSet<&[u8]> = found.iter().flat_map(|f| &f.no_folders).map(Vec::as_slice).collect();
    let hidden = |folder: &[u8]| {
        let mut at = folder;
        loop {
            if no_folders.contains(at) {
                return true;
            }
            if at.is_empty() {
                return false;
            }
            at = parent(at);
        }
    };
    let mut scan = Scan { there: vec![None; paths.len()], beside: Vec::new() };
    for ((folder, _), found) in folders.iter().zip(&found) {
        if !no_folders.is_empty() && hidden(folder) {
            continue;
        }
        for (nth, there) in &found.there {
            scan.there[*nth] = Some(*there);
        }
        scan.beside.extend(found.beside.iter().cloned());
    }
    Ok(scan)
}

fn parent(path: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', path).map_or(&[], |slash| &path[..slash])
}

fn name(path: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', path).map_or(path, |slash| &path[slash + 1..])
}

pub(super) fn on_disk(top: &Path, path: &[u8]) -> PathBuf {
    if path.is_empty() { top.to_path_buf() } else { top.join(OsStr::from_bytes(path)) }
}

fn cannot(path: &[u8], error: Errno) -> GitError {
    let why = tollgate_text::show::plain(&std::io::Error::from(error));
    let path = if path.is_empty() { ".".into() } else { show(&String::from_utf8_lossy(path)) };
    GitError::Failed(format!("tracks {path}, which cannot be looked at: {why}"))
}

/// Looks into one folder, at its files and at what else is in it. `files` are numbers of `paths`, sorted, and `below` names of folders.
fn look_into(
    top: &Path,
    folder: &[u8],
    files: &[usize],
    paths: &[&[u8]],
    below: &BTreeSet<&[u8]>,
) -> Result<Folder, GitError> {
    let mut found =
        Folder { there: Vec::with_capacity(files.len()), beside: Vec::new(), no_folders: Vec::new() };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = match openat(rustix::fs::CWD, on_disk(top, folder), flags, Mode::empty()) {
        Ok(opened) => opened,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {
            found.no_folders.push(folder.to_vec());
            return Ok(found);
        }
        Err(error) => return Err(cannot(folder, error)),
    };
    let mut listing = Dir::new(opened).map_err(|e| cannot(folder, e))?;
    while let Some(entry) = listing.read() {
        let entry = entry.map_err(|e| cannot(folder, e))?;
        let entry_name = entry.file_name().to_bytes();
        if matches!(entry_name, b"." | b".." | b".git") {
            continue;
        }
        let kind = entry.file_type();
        let is_beside = if below.contains(entry_name) {
            !matches!(kind, FileType::Directory | FileType::Unknown)
        } else {
            let is_tracked = files.binary_search_by(|nth| name(paths[*nth]).cmp(entry_name)).is_ok();
            !is_tracked || kind == FileType::Directory
        };
        if is_beside {
            let slash: &[u8] = if folder.is_empty() { b"" } else { b"/" };
            found.beside.push([folder, slash, entry_name].concat());
        }
    }
    let opened = listing.fd().map_err(|e| cannot(folder, e))?;
    for nth in files {
        let path = paths[*nth];
        match statat(opened, OsStr::from_bytes(name(path)), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => found.there.push((*nth, there(&stat))),
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(error) => return Err(cannot(path, error)),
        }
    }
    Ok(found)
}

/// What stands at one path; `None` where nothing does, or a link stands above it.
pub(super) fn look_at(top: &Path, path: &[u8]) -> Result<Option<FileInfo>, GitError> {
    let mut at = 0;
    while let Some(slash) = memchr::memchr(b'/', &path[at..]) {
        let folder = &path[..at + slash];
        match stat(top, folder)? {
            Some(FileInfo { kind: ScannedKind::Folder, .. }) => at += slash + 1,
            _ => return Ok(None),
        }
    }
    stat(top, path)
}

fn stat(top: &Path, path: &[u8]) -> Result<Option<FileInfo>, GitError> {
    match statat(rustix::fs::CWD, on_disk(top, path), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(there(&stat))),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(cannot(path, error)),
    }
}

#[expect(clippy::unnecessary_cast, reason = "the widths of these fields differ between systems")]
fn there(stat: &Stat) -> FileInfo {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => ScannedKind::File { executable: stat.st_mode & 0o100 != 0 },
        FileType::Symlink => ScannedKind::Link,
        FileType::Directory => ScannedKind::Folder,
        _ => ScannedKind::Other,
    };
    // As git keeps them: the lower 32 bits.
    let seen = SeenFile {
        changed: (stat.st_ctime as u32, stat.st_ctime_nsec as u32),
        modified: (stat.st_mtime as u32, stat.st_mtime_nsec as u32),
        inode: stat.st_ino as u32,
        user: stat.st_uid as u32,
        group: stat.st_gid as u32,
        bytes: stat.st_size as u32,
    };
    FileInfo { kind, seen }
}
