//! Of which files git's index may hold another content than the one it saw. Where an attribute has a file converted on its way into
//! a commit, an index that says "unchanged" says so of what the conversion made: what the configuration names as a filter
//! can make anything of anything, and `ident` and encodings leave differences out. Of such files the bytes are compared.

use crate::files::{self, ReadError};
use crate::git::scan::on_disk;
use crate::git::{GitError, run, run_of};
use memchr::memmem;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The attributes by which more than line ends is converted.
const CONVERT: [&str; 3] = ["filter", "ident", "working-tree-encoding"];
/// The file of a folder that has attributes.
const NAME: &[u8] = b".gitattributes";
/// Bytes of such a file that are looked through; git is asked about what a larger one says.
const MOST: u64 = 1 << 20;

/// What git says of its settings (`git var -l`), among them where attributes stand outside of a repository. It is asked while
/// other work is done.
pub(super) fn settings(top: &Path) -> Option<Vec<u8>> {
    // Where it does not say, it is asked for the attributes themselves.
    run(top, &["var", "-l"]).ok()
}

/// The paths among `tracked` whose files git converts by more than line ends. `beside` is what stands beside them, `info` the
/// repository's own file of attributes. Git is asked for the attributes only where a file that it reads them from names one.
pub(super) fn converted(
    top: &Path,
    tracked: &[&[u8]],
    beside: &[Vec<u8>],
    info: &Path,
    settings: Option<&[u8]>,
) -> Result<HashSet<Vec<u8>>, GitError> {
    let paths = || tracked.iter().copied().chain(beside.iter().map(Vec::as_slice));
    let is_asked = !tracked.is_empty()
        && (mentions(info, false)
            || outside(settings)
            // A file that is tracked and gone is read from the index.
            || paths().filter(|path| is_attributes(path)).any(|path| mentions(&on_disk(top, path), true)));
    if !is_asked {
        return Ok(HashSet::new());
    }
    let mut input = Vec::new();
    for path in tracked {
        input.extend_from_slice(path);
        input.push(0);
    }
    let arguments = [&["check-attr", "--stdin", "-z"][..], &CONVERT].concat();
    let answer = run_of(top, &arguments, input)?;
    let words: Vec<&[u8]> = answer.split(|b| *b == 0).collect();
    let is_set = |value: &[u8]| !matches!(value, b"unspecified" | b"unset");
    let said = words.chunks_exact(3);
    Ok(said.filter(|said| is_set(said[2])).map(|said| said[0].to_vec()).collect())
}

/// File systems that do not tell letters apart are asked for the same file by any of them.
fn is_attributes(path: &[u8]) -> bool {
    let name = memchr::memrchr(b'/', path).map_or(path, |slash| &path[slash + 1..]);
    name.eq_ignore_ascii_case(NAME)
}

/// Whether a file may set one of the attributes; of one that cannot be looked at nobody knows.
fn mentions(path: &Path, where_absent: bool) -> bool {
    match files::read(path, MOST) {
        Ok(bytes) => CONVERT.iter().any(|name| memmem::find(&bytes, name.as_bytes()).is_some()),
        Err(ReadError::Missing(_)) => where_absent,
        Err(_) => true,
    }
}

/// Whether the attributes of the machine, of the user or of a tree that the configuration names may set one. An older git
/// does not say where they stand.
fn outside(settings: Option<&[u8]>) -> bool {
    let Some(settings) = settings else { return true };
    let mut is_told = false;
    for setting in settings.split(|b| *b == b'\n') {
        let (system, user) =
            (setting.strip_prefix(b"GIT_ATTR_SYSTEM="), setting.strip_prefix(b"GIT_ATTR_GLOBAL="));
        is_told |= system.is_some();
        let file = system.or(user).map(|path| Path::new(OsStr::from_bytes(path)));
        if setting.starts_with(b"attr.tree=") || file.is_some_and(|file| mentions(file, false)) {
            return true;
        }
    }
    !is_told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_outside_of_the_repository_are_looked_through() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = dir.path().join(name);
            files::write_atomic(&path, text.as_bytes()).unwrap();
            path.display().to_string()
        };
        let (plain, filters) = (put("plain", "* text=auto\n"), put("filters", "*.sh filter=x\n"));
        let asks = |text: &str| outside(Some(text.as_bytes()));
        assert!(!asks(&format!("user.name=x\nGIT_ATTR_SYSTEM=/nowhere\nGIT_ATTR_GLOBAL={plain}\n")));
        assert!(!asks("GIT_ATTR_SYSTEM=/nowhere\n"));
        assert!(asks(&format!("GIT_ATTR_SYSTEM=/nowhere\nGIT_ATTR_GLOBAL={filters}\n")));
        assert!(asks(&format!("GIT_ATTR_SYSTEM={filters}\n")));
        assert!(asks("attr.tree=HEAD\nGIT_ATTR_SYSTEM=/nowhere\n"));
        assert!(asks("user.name=x\n") && outside(None), "an older git");
        let folder = dir.path().display();
        assert!(asks(&format!("GIT_ATTR_SYSTEM={folder}\n")), "what cannot be read");
    }

    #[test]
    fn a_file_of_attributes_is_known_by_its_name() {
        for path in [&b".gitattributes"[..], b"a/b/.gitattributes", b"a/.GitAttributes"] {
            assert!(is_attributes(path));
        }
        assert!(!is_attributes(b".gitattributes/x") && !is_attributes(b"x.gitattributes"));
    }
}
