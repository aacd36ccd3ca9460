//! The content of what stands at a path: as git would name it without any filter, and as a SHA-256.

use crate::git::GitError;
use crate::git::index::{HeldObject, ObjectName};
use crate::git::scan::{FileInfo, ScannedKind, on_disk};
use rustix::fs::{Mode, OFlags, openat};
use sha1::{Digest as _, Sha1};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use tollgate_text::digest::Running;
use tollgate_text::show::show;

/// Bytes that are read at once.
const BLOCK: usize = 128 << 10;

fn cannot(path: &[u8], error: &std::io::Error) -> GitError {
    let path = show(&String::from_utf8_lossy(path));
    GitError::Failed(format!(
        "has {path} in its tree, which cannot be read: {}",
        tollgate_text::show::plain(error)
    ))
}

/// The mode that git has for it; `None` of what git does not keep.
pub(super) fn mode(there: FileInfo) -> Option<u32> {
    match there.kind {
        ScannedKind::File { executable: false } => Some(0o100_644),
        ScannedKind::File { executable: true } => Some(0o100_755),
        ScannedKind::Link => Some(0o120_000),
        ScannedKind::Folder | ScannedKind::Other => None,
    }
}

/// Opens a regular file, and nothing that took its place meanwhile.
fn open(top: &Path, path: &[u8]) -> Result<File, GitError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = openat(rustix::fs::CWD, on_disk(top, path), flags, Mode::empty());
    let file = File::from(opened.map_err(|e| cannot(path, &e.into()))?);
    let meta = file.metadata().map_err(|e| cannot(path, &e))?;
    let changed = || std::io::Error::other("it is no regular file any more");
    if meta.is_file() { Ok(file) } else { Err(cannot(path, &changed())) }
}

/// Gives the content block by block: of a link its target.
fn each_block(top: &Path, path: &[u8], there: FileInfo, take: &mut dyn FnMut(&[u8])) -> Result<(), GitError> {
    if there.kind == ScannedKind::Link {
        let target = std::fs::read_link(on_disk(top, path)).map_err(|e| cannot(path, &e))?;
        take(target.as_os_str().as_bytes());
        return Ok(());
    }
    let mut file = open(top, path)?;
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(length) => take(&block[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(cannot(path, &error)),
        }
    }
}

/// The SHA-256 of the content, lower-case hex, and its length.
pub(super) fn sha256(top: &Path, path: &[u8], there: FileInfo) -> Result<(String, u64), GitError> {
    let (mut running, mut length) = (Running::default(), 0);
    each_block(top, path, there, &mut |block| {
        running.update(block);
        length += block.len() as u64;
    })?;
    Ok((running.hex(), length))
}

/// Whether the content is that of the blob, byte for byte. `hash` is how many bytes an object of the repository has.
pub(super) fn is_blob(
    top: &Path,
    path: &[u8],
    there: FileInfo,
    held: HeldObject,
    hash: usize,
) -> Result<bool, GitError> {
    if there.kind == ScannedKind::Link {
        let mut target = Vec::new();
        each_block(top, path, there, &mut |block| target.extend_from_slice(block))?;
        return Ok(blob(&target, hash) == held.object);
    }
    let length = open(top, path)?.metadata().map_err(|e| cannot(path, &e))?.len();
    let mut running = Blob::new(length, hash);
    let mut read = 0;
    each_block(top, path, there, &mut |block| {
        running.update(block);
        read += block.len() as u64;
    })?;
    // Of a file that grew meanwhile the length that was said first is wrong: then it is not this blob.
    Ok(read == length && running.object() == held.object)
}

/// The object of a blob, worked out as its content comes.
enum Blob {
    Sha1(Sha1),
    Sha256(Running),
}

impl Blob {
    fn new(length: u64, hash: usize) -> Blob {
        let mut blob = if hash == 32 { Blob::Sha256(Running::default()) } else { Blob::Sha1(Sha1::new()) };
        blob.update(format!("blob {length}\0").as_bytes());
        blob
    }

    fn update(&mut self, block: &[u8]) {
        match self {
            Blob::Sha1(running) => running.update(block),
            Blob::Sha256(running) => running.update(block),
        }
    }

    fn object(self) -> ObjectName {
        let mut object = [0; 32];
        match self {
            Blob::Sha1(running) => object[..20].copy_from_slice(&running.finalize()),
            Blob::Sha256(running) => {
                object = crate::git::index::unhex(running.hex().as_bytes()).unwrap_or(object);
            }
        }
        object
    }
}

/// The object of a blob with this content.
fn blob(content: &[u8], hash: usize) -> ObjectName {
    let mut blob = Blob::new(content.len() as u64, hash);
    blob.update(content);
    blob.object()
}

/// What git itself converts, without a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conversions {
    /// Line ends.
    pub line_ends: bool,
    /// `$Id$`.
    pub ident: bool,
}

/// Whether the content is what git itself writes into the working tree for the blob, by the conversions that need no command.
pub(super) fn is_checked_out(
    top: &Path,
    path: &[u8],
    there: FileInfo,
    (held, hash): (HeldObject, usize),
    by: Conversions,
) -> Result<bool, GitError> {
    if !by.line_ends && !by.ident {
        return Ok(false);
    }
    let mut content = Vec::new();
    each_block(top, path, there, &mut |block| content.extend_from_slice(block))?;
    if by.ident {
        content = without_ident(&content, held.object, hash);
    }
    if !by.line_ends {
        return Ok(blob(&content, hash) == held.object);
    }
    let mut plain = Vec::with_capacity(content.len());
    for (nth, byte) in content.iter().enumerate() {
        if *byte != b'\r' || content.get(nth + 1) != Some(&b'\n') {
            plain.push(*byte);
        }
    }
    Ok(blob(&plain, hash) == held.object)
}

/// The content with the names of its own blob, which git writes at a checkout, taken out. What else stands in a `$Id: … $` git takes
/// out too, and somebody wrote it.
fn without_ident(content: &[u8], object: ObjectName, hash: usize) -> Vec<u8> {
    let name: String = object.iter().take(hash).map(|byte| format!("{byte:02x}")).collect();
    let written = format!("$Id: {name} $");
    let mut plain = Vec::with_capacity(content.len());
    let mut at = 0;
    for found in memchr::memmem::find_iter(content, written.as_bytes()) {
        plain.extend_from_slice(&content[at..found]);
        plain.extend_from_slice(b"$Id$");
        at = found + written.len();
    }
    plain.extend_from_slice(&content[at..]);
    plain
}

/// The SHA-256 and the length that a pointer of Git LFS names.
pub(super) fn lfs(pointer: &[u8]) -> Option<(String, u64)> {
    let text = std::str::from_utf8(pointer).ok()?;
    let mut lines = text.lines();
    if lines.next()? != "version https://git-lfs.github.com/spec/v1" {
        return None;
    }
    let (mut digest, mut length) = (None, None);
    for line in lines {
        if let Some(hex) = line.strip_prefix("oid sha256:") {
            digest = Some(hex.to_string());
        } else if let Some(size) = line.strip_prefix("size ") {
            length = size.parse().ok();
        }
    }
    Some((digest.filter(|d| d.len() == 64)?, length?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::index::unhex;

    #[test]
    fn a_blob_is_named_as_git_names_it() {
        let sha1 = unhex(b"ce013625030ba8dba906f756967f9e9ca394464a").unwrap();
        assert_eq!(blob(b"hello\n", 20), sha1);
        let sha256 = unhex(b"2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4").unwrap();
        assert_eq!(blob(b"hello\n", 32), sha256);
    }

    #[test]
    fn only_the_name_of_its_own_blob_is_taken_out() {
        let object = unhex(b"ce013625030ba8dba906f756967f9e9ca394464a").unwrap();
        let text = b"a $Id: ce013625030ba8dba906f756967f9e9ca394464a $ b $Id: exit 0 $";
        assert_eq!(without_ident(text, object, 20), b"a $Id$ b $Id: exit 0 $");
        assert_eq!(without_ident(b"", object, 20), b"");
    }

    #[test]
    fn a_pointer_names_its_content() {
        let digest = "a".repeat(64);
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 12\n");
        assert_eq!(lfs(pointer.as_bytes()), Some((digest, 12)));
        assert_eq!(lfs(b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12\n"), None);
        assert_eq!(lfs(b"hello"), None);
    }
}
