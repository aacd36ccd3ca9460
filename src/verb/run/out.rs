//! The folder of a suite (`{out}`) between two attempts: each begins with none of what those before it wrote there.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use tollgate_host::record::{Folder, SuiteFile};
use tollgate_text::show::{plain, show};

/// What stands between the folder of a suite and the number of an attempt; no folder of a suite has it in its name.
const ASIDE: char = '~';

/// Takes what the attempt with this number wrote out of the folder of its suite: no later one finds it. The error is a clause.
pub(super) fn set_aside(folder: &Folder, own: &str, attempt: u32) -> Result<(), String> {
    let (dir, aside) = (folder.suite_dir(own), aside(folder, own, attempt));
    let failed = |error: Error| format!("what it wrote into {{out}} stayed there: {}", plain(&error));
    match std::fs::symlink_metadata(&dir) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(meta) if !meta.is_dir() => return Err("{out} is no longer the folder that it was".into()),
        Ok(_) => {}
    }
    for entry in std::fs::read_dir(&dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let is_log = (1..=attempt).any(|n| name == *log_file(n).name());
        if !is_log {
            std::fs::create_dir_all(&aside).map_err(failed)?;
            std::fs::rename(dir.join(&name), aside.join(&name)).map_err(failed)?;
        }
    }
    Ok(())
}

/// Puts what attempts before this one wrote beside their logs, each in a folder `attempt_<n>`. The error is a sentence.
pub(super) fn put_back(folder: &Folder, own: &str, last: u32) -> Result<(), String> {
    let dir = folder.suite_dir(own);
    for attempt in 1..last {
        let aside = aside(folder, own, attempt);
        if std::fs::symlink_metadata(&aside).is_err() {
            continue;
        }
        let moved = std::fs::create_dir_all(&dir)
            .and_then(|()| rename_new(&aside, &dir.join(format!("attempt_{attempt}"))));
        moved.map_err(|error| {
            let stands = show(&format!("{}/{own}{ASIDE}{attempt}", folder.shown()));
            format!("what attempt {attempt} wrote into {{out}} stands in {stands}: {}", plain(&error))
        })?;
    }
    Ok(())
}

/// Takes away what attempts of a suite that is begun anew wrote.
pub(super) fn clear(folder: &Folder, own: &str) -> Result<(), (PathBuf, Error)> {
    let entries = std::fs::read_dir(folder.dir()).map_err(|e| (folder.dir().to_path_buf(), e))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(own)?.strip_prefix(ASIDE));
        if number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit())) {
            std::fs::remove_dir_all(entry.path()).map_err(|e| (entry.path(), e))?;
        }
    }
    Ok(())
}

/// `output.log` of the first attempt; a retry never writes over it.
pub(super) fn log_file(attempt: u32) -> SuiteFile {
    if attempt <= 1 { SuiteFile::Output } else { SuiteFile::Attempt(attempt) }
}

fn aside(folder: &Folder, own: &str, attempt: u32) -> PathBuf {
    folder.suite_dir(&format!("{own}{ASIDE}{attempt}"))
}

/// Renames to where nothing stands.
fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    match std::fs::symlink_metadata(to) {
        Err(e) if e.kind() == ErrorKind::NotFound => std::fs::rename(from, to),
        Err(error) => Err(error),
        Ok(_) => Err(ErrorKind::AlreadyExists.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_host::files::Root;

    #[test]
    fn each_attempt_finds_it_empty_and_all_of_it_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::open(dir.path()).unwrap();
        let folder = Folder::create(&root, &dir.path().join("run")).unwrap();
        let suite = folder.suite_dir("s");
        let put = |path: &str| {
            let path = suite.join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "x").unwrap();
        };
        let names = || {
            let mut names: Vec<_> =
                fs_err::read_dir(&suite).unwrap().map(|e| e.unwrap().file_name()).collect();
            names.sort();
            names
        };
        set_aside(&folder, "s", 1).unwrap();
        // A log of a later attempt is none of tollgate's yet.
        ["output.log", "output.attempt_2.log", "cache/x", "r.xml"].into_iter().for_each(put);
        set_aside(&folder, "s", 1).unwrap();
        assert_eq!(names(), ["output.log"]);
        ["output.attempt_2.log", "r.xml"].into_iter().for_each(put);
        set_aside(&folder, "s", 2).unwrap();
        assert_eq!(names(), ["output.attempt_2.log", "output.log"]);
        put("r.xml");
        put_back(&folder, "s", 3).unwrap();
        assert_eq!(names(), ["attempt_1", "attempt_2", "output.attempt_2.log", "output.log", "r.xml"]);
        assert!(suite.join("attempt_1/cache/x").is_file() && suite.join("attempt_2/r.xml").is_file());
        // What the suite itself made is not written over.
        set_aside(&folder, "s", 1).unwrap();
        put("attempt_1/own");
        let said = put_back(&folder, "s", 2).unwrap_err();
        assert!(said.starts_with("what attempt 1 wrote into {out} stands in run/s~1"), "{said}");
        put("../s~1x/own");
        clear(&folder, "s").unwrap();
        assert!(!suite.join("../s~1").exists() && suite.join("../s~1x").exists());
        // A link in its place is not followed.
        fs_err::remove_dir_all(&suite).unwrap();
        std::os::unix::fs::symlink(dir.path(), &suite).unwrap();
        assert!(set_aside(&folder, "s", 1).is_err());
    }
}
