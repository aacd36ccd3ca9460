//! Results that a suite leaves in several files: a pattern such as `target/surefire-reports/TEST-*.xml`. No link is followed, so
//! that nothing of another place is read or removed.

use glob::{MatchOptions, Pattern};
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// Files that a suite may leave.
pub const FILES: usize = 20_000;
/// Entries of folders that are looked at.
const ENTRIES: usize = 500_000;
/// Folders that `**` may go through.
const DEPTH: usize = 64;

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// Whether the text of `results` is a pattern.
pub fn is_pattern(text: &str) -> bool {
    text.contains('*')
}

/// Whether a path is one that fits.
pub fn fits(pattern: &Path, path: &Path) -> bool {
    let parts = pattern.components().filter(|part| *part != Component::CurDir).map(|part| {
        let text = part.as_os_str().to_string_lossy();
        if is_pattern(&text) { text.into_owned() } else { Pattern::escape(&text) }
    });
    let text = parts.collect::<Vec<_>>().join("/");
    Pattern::new(&text).is_ok_and(|pattern| pattern.matches_path_with(path, OPTIONS))
}

/// The files below `dir` that fit, as paths from there, in order. The error is a clause.
pub fn matching(dir: &Path, pattern: &Path) -> Result<Vec<PathBuf>, String> {
    let parts: Vec<&OsStr> =
        pattern.components().filter(|part| *part != Component::CurDir).map(|part| part.as_os_str()).collect();
    let mut search = Search { dir, found: Vec::new(), left: ENTRIES };
    search.below(Path::new(""), &parts, 0)?;
    search.found.sort();
    search.found.dedup();
    Ok(search.found)
}

struct Search<'s> {
    dir: &'s Path,
    found: Vec<PathBuf>,
    left: usize,
}

impl Search<'_> {
    fn below(&mut self, at: &Path, parts: &[&OsStr], depth: usize) -> Result<(), String> {
        let Some((first, rest)) = parts.split_first() else { return Ok(()) };
        if depth > DEPTH {
            return Err(format!("goes through more than {DEPTH} folders"));
        }
        let text = first.to_string_lossy();
        if text == "**" {
            self.below(at, rest, depth)?;
            for (path, is_folder) in self.entries(at)? {
                // Nobody's tests of this project.
                let passed_over = [".git", "node_modules"].iter().any(|name| path.ends_with(name));
                if is_folder && !passed_over {
                    self.below(&path, parts, depth + 1)?;
                }
            }
            return Ok(());
        }
        let fits = is_pattern(&text).then(|| Pattern::new(&text)).transpose();
        let fits = fits.map_err(|error| format!("is no pattern: {}", error.msg))?;
        let named = if fits.is_some() { self.entries(at)? } else { self.one(at, first)? };
        for (path, is_folder) in named {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if fits.as_ref().is_some_and(|fits| !fits.matches_with(&name, OPTIONS)) {
                continue;
            }
            match (is_folder, rest.is_empty()) {
                (true, false) => self.below(&path, rest, depth + 1)?,
                (false, true) => self.found.push(path),
                _ => {}
            }
            if self.found.len() > FILES {
                return Err(format!("fits more than {FILES} files"));
            }
        }
        Ok(())
    }

    /// What stands in a folder, and whether it is one; nothing where the folder is not there.
    fn entries(&mut self, at: &Path) -> Result<Vec<(PathBuf, bool)>, String> {
        let entries = match std::fs::read_dir(self.dir.join(at)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unseen(at, &error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            self.left = self
                .left
                .checked_sub(1)
                .ok_or_else(|| format!("looks at more than {ENTRIES} files and folders"))?;
            let entry = entry.map_err(|error| unseen(at, &error))?;
            let kind = entry.file_type().map_err(|error| unseen(at, &error))?;
            if !kind.is_symlink() {
                found.push((at.join(entry.file_name()), kind.is_dir()));
            }
        }
        found.sort();
        Ok(found)
    }

    fn one(&self, at: &Path, name: &OsStr) -> Result<Vec<(PathBuf, bool)>, String> {
        let path = at.join(name);
        match std::fs::symlink_metadata(self.dir.join(&path)) {
            Ok(meta) if meta.is_symlink() => Ok(Vec::new()),
            Ok(meta) => Ok(vec![(path, meta.is_dir())]),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(unseen(&path, &error)),
        }
    }
}

fn unseen(at: &Path, error: &std::io::Error) -> String {
    let shown = tollgate_text::show::show(&at.display().to_string());
    format!("leads to {shown}, which cannot be looked at: {}", tollgate_text::show::plain(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_host::files::write_atomic;

    #[test]
    fn files_of_several_modules_and_nothing_behind_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        for path in [
            "r/TEST-b.xml",
            "r/TEST-a.xml",
            "r/other.xml",
            "r/deep/TEST-c.xml",
            "m/r/TEST-d.xml",
            "m/node_modules/r/TEST-e.xml",
        ] {
            write_atomic(&dir.path().join(path), b"x").unwrap();
        }
        write_atomic(&other.path().join("TEST-z.xml"), b"x").unwrap();
        std::os::unix::fs::symlink(other.path(), dir.path().join("linked")).unwrap();
        std::os::unix::fs::symlink(other.path().join("TEST-z.xml"), dir.path().join("r/TEST-z.xml")).unwrap();
        let found = |pattern: &str| -> Vec<String> {
            let found = matching(dir.path(), Path::new(pattern)).unwrap();
            found.iter().map(|path| path.display().to_string()).collect()
        };
        assert_eq!(found("r/TEST-*.xml"), ["r/TEST-a.xml", "r/TEST-b.xml"]);
        assert_eq!(found("./**/r/TEST-*.xml"), ["m/r/TEST-d.xml", "r/TEST-a.xml", "r/TEST-b.xml"]);
        assert_eq!(found("**/TEST-*.xml").len(), 4);
        assert!(found("linked/*.xml").is_empty() && found("gone/*.xml").is_empty() && found("*").is_empty());
        write_atomic(&dir.path().join("[m]/r/TEST-d.xml"), b"x").unwrap();
        assert_eq!(found("[m]/r/*.xml"), ["[m]/r/TEST-d.xml"]);
        for (path, own) in
            [("[m]/r/TEST-d.xml", true), ("[m]/r/x/TEST-d.xml", false), ("m/r/TEST-d.xml", false)]
        {
            assert_eq!(fits(Path::new("./[m]/r/*.xml"), Path::new(path)), own, "{path}");
        }
        assert!(is_pattern("a/*.xml") && !is_pattern("{out}/junit.xml"));
    }
}
