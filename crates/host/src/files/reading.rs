//! Bounded reads of regular files. What was opened is looked at, never the path a second time.

use super::beneath;
use super::read_error::{ReadError, io_error};
use std::fs::{File, Metadata};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;
use tollgate_text::digest::Running;
use tollgate_text::show::show;

/// Reads a regular file that the user named (no confinement) of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let shown = show(&path.display().to_string());
    read_opened(open_regular(path, &shown)?, &shown, limit)
}

/// As `read`, into a buffer that is used again: what it held is gone.
pub fn read_into(path: &Path, limit: u64, buffer: &mut Vec<u8>) -> Result<(), ReadError> {
    let shown = show(&path.display().to_string());
    buffer.clear();
    fill(open_regular(path, &shown)?, &shown, limit, buffer)
}

/// As `read`, with the SHA-256 of the bytes, lower-case hex. Hashed block by block while the bytes are still near.
pub fn read_hashed(path: &Path, limit: u64) -> Result<(Vec<u8>, String), ReadError> {
    let shown = show(&path.display().to_string());
    hash_opened(open_regular(path, &shown)?, &shown, limit)
}

pub(super) fn hash_opened(
    (file, meta): (File, Metadata),
    shown: &str,
    limit: u64,
) -> Result<(Vec<u8>, String), ReadError> {
    let too_large = |bytes| ReadError::TooLarge { path: shown.into(), bytes, limit };
    if meta.len() > limit {
        return Err(too_large(meta.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
    let mut hash = Running::default();
    loop {
        let known = bytes.len();
        (&file).take(HASHED_BLOCK).read_to_end(&mut bytes).map_err(|e| io_error(shown, &e))?;
        if bytes.len() == known {
            return Ok((bytes, hash.hex()));
        }
        // The file may grow while it is read.
        if bytes.len() as u64 > limit {
            return Err(too_large(bytes.len() as u64));
        }
        hash.update(&bytes[known..]);
    }
}

/// Small enough to stay in a core's cache between the reading and the hashing.
const HASHED_BLOCK: u64 = 256 << 10;

/// As `read`, and UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<String, ReadError> {
    String::from_utf8(read(path, limit)?)
        .map_err(|_| ReadError::Io { path: show(&path.display().to_string()), why: "it is not UTF-8".into() })
}

/// Opens a regular file. What was opened is looked at, not the path again, and a FIFO is not waited for.
pub fn open_regular(path: &Path, shown: &str) -> Result<(File, Metadata), ReadError> {
    match beneath::anywhere(path) {
        Ok(file) => regular(file, shown),
        Err(e) => Err(not_opened(path, shown, &e)),
    }
}

/// What was opened, if it is a regular file.
pub(super) fn regular(file: File, shown: &str) -> Result<(File, Metadata), ReadError> {
    let meta = file.metadata().map_err(|e| io_error(shown, &e))?;
    if !meta.is_file() {
        return Err(ReadError::NotAFile { path: shown.into(), what: kind_name(&meta) });
    }
    Ok((file, meta))
}

/// Why nothing was opened: a socket, or a FIFO that one may not read, is no file whatever else the system says.
pub(super) fn not_opened(path: &Path, shown: &str, error: &std::io::Error) -> ReadError {
    match std::fs::metadata(path) {
        Ok(meta) if !meta.is_file() => ReadError::NotAFile { path: shown.into(), what: kind_name(&meta) },
        _ => io_error(shown, error),
    }
}

pub(super) fn read_opened(opened: (File, Metadata), shown: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    fill(opened, shown, limit, &mut bytes)?;
    Ok(bytes)
}

fn fill(
    (file, meta): (File, Metadata),
    shown: &str,
    limit: u64,
    bytes: &mut Vec<u8>,
) -> Result<(), ReadError> {
    let too_large = |bytes| ReadError::TooLarge { path: shown.into(), bytes, limit };
    if meta.len() > limit {
        return Err(too_large(meta.len()));
    }
    // The file may grow while it is read: one byte more than the limit tells.
    bytes.reserve(usize::try_from(meta.len()).unwrap_or(0) + 1);
    file.take(limit + 1).read_to_end(bytes).map_err(|e| io_error(shown, &e))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(())
}

pub(super) fn kind_name(meta: &Metadata) -> &'static str {
    let kind = meta.file_type();
    if kind.is_fifo() {
        return "a FIFO";
    }
    if kind.is_socket() {
        return "a socket";
    }
    if kind.is_block_device() || kind.is_char_device() {
        return "a device";
    }
    if meta.is_dir() { "a folder" } else { "something else" }
}

/// The end of a regular file, at most so many bytes of it; `None` where it cannot be read. `shown` is its name in words.
pub fn read_tail(path: &Path, shown: &str, most: u64) -> Option<Vec<u8>> {
    let (mut file, meta) = open_regular(path, shown).ok()?;
    file.seek(SeekFrom::Start(meta.len().saturating_sub(most))).ok()?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Whether two names lead to one file: the same name, a link, or another name of the same inode. What is not there is no file.
pub fn same(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    id(one).is_some_and(|found| Some(found) == id(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::write_atomic;
    use tollgate_text::digest::sha256_hex;

    #[test]
    fn what_is_read_block_by_block_is_the_file_and_its_digest() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let block = usize::try_from(HASHED_BLOCK).unwrap();
        for length in [0, 1, block - 1, block, block + 1, 3 * block] {
            let text: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            write_atomic(&path, &text).unwrap();
            let (bytes, digest) = read_hashed(&path, length as u64).unwrap();
            assert!(bytes == text && digest == sha256_hex(&text), "{length}");
            if let Some(less) = length.checked_sub(1) {
                assert!(matches!(read_hashed(&path, less as u64), Err(ReadError::TooLarge { .. })));
            }
        }
        assert!(matches!(read_hashed(dir.path(), 9), Err(ReadError::NotAFile { .. })));
        assert!(matches!(read_hashed(&dir.path().join("g"), 9), Err(ReadError::Missing(_))));
    }
}
