//! Which run folder is judged: `{run}`.

use crate::files::{ReadError, Root, io_error};
use std::path::Path;
use tollgate_core::model::finding::Reason;
use tollgate_text::show::show;

/// Why there is no run folder to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRun {
    /// `Missing` when there is none; `Unreadable` when there is one that cannot be looked into, which no optional artifact
    /// may pass over as absent.
    pub reason: Reason,
    /// One sentence.
    pub why: String,
    /// What a run folder would be called: what is shown where `{run}` stands.
    pub place: String,
}

/// The last folder by name, below `results`, that is called `YYYYMMDDTHHMMSSZ`, workspace-relative. An incomplete newest
/// one is never passed over for an older one: whether it is complete is for the gates to say.
pub fn newest(root: &Root, results: &str) -> Result<String, NoRun> {
    let place = format!("{}/YYYYMMDDTHHMMSSZ", show(results.trim_end_matches('/')));
    let none = || NoRun {
        reason: Reason::Missing,
        why: format!("no run folder {place} exists"),
        place: place.clone(),
    };
    let broken = |why: String| NoRun { reason: Reason::Unreadable, why, place: place.clone() };
    let folder = match root.resolve(results) {
        Ok(folder) => folder,
        Err(ReadError::Missing(_)) => return Err(none()),
        Err(other) => return Err(broken(other.to_string())),
    };
    let unreadable = |e: std::io::Error| broken(io_error(&show(results), &e).to_string());
    let mut last: Option<String> = None;
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if let Some(name) = name.to_str().filter(|n| is_run_name(n))
            && last.as_deref().is_none_or(|l| l < name)
        {
            last = Some(name.to_string());
        }
    }
    let clean = Root::clean(results).map_err(|e| broken(e.to_string()))?;
    let relative = format!("{clean}/{}", last.ok_or_else(none)?);
    match root.resolve(&relative) {
        Ok(path) if path.is_dir() => Ok(relative),
        Ok(_) => Err(broken(format!("{relative} is the newest run and is not a folder"))),
        Err(error) => Err(broken(error.to_string())),
    }
}

/// The run folder a user named, workspace-relative; it must be a folder below the root.
pub fn named(root: &Root, dir: &Path) -> Result<String, String> {
    let shown = show(&dir.display().to_string());
    let real = std::fs::canonicalize(dir).map_err(|e| io_error(&shown, &e).to_string())?;
    if !real.is_dir() {
        return Err(format!("{shown} is not a folder"));
    }
    let below = real.strip_prefix(root.real()).map_err(|_| format!("{shown} is not below the root"))?;
    let parts: Option<Vec<&str>> = below.iter().map(|p| p.to_str()).collect();
    match parts {
        Some(parts) if !parts.is_empty() => Ok(parts.join("/")),
        Some(_) => Err(format!("{shown} is the root itself, not a run folder")),
        None => Err(format!("{shown} is not UTF-8")),
    }
}

/// `YYYYMMDDTHHMMSSZ`: digits at the digits' places.
fn is_run_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() == 16
        && bytes[8] == b'T'
        && bytes[15] == b'Z'
        && bytes[..8].iter().chain(&bytes[9..15]).all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn workspace(runs: &[&str]) -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        for run in runs {
            fs::create_dir_all(dir.path().join("results").join(run)).unwrap();
        }
        let root = Root::open(dir.path()).unwrap();
        (dir, root)
    }

    #[test]
    fn the_newest_by_name_even_if_empty() {
        let (dir, root) = workspace(&[
            "20261101T000000Z",
            "20261120T101500Z/unit",
            "latest",
            "20261121T1015Z",
            "99999999T999999",
        ]);
        assert_eq!(newest(&root, "results/").unwrap(), "results/20261120T101500Z");
        fs::create_dir(dir.path().join("results/20261120T101501Z")).unwrap();
        assert_eq!(newest(&root, "results").unwrap(), "results/20261120T101501Z");
        fs::File::create(dir.path().join("results/20261120T101502Z")).unwrap();
        assert_eq!(
            newest(&root, "results").unwrap_err().reason,
            Reason::Unreadable,
            "a file is not passed over"
        );
    }

    #[test]
    fn none_says_so() {
        let (_dir, root) = workspace(&["latest"]);
        let none = newest(&root, "results").unwrap_err();
        assert_eq!(none.why, "no run folder results/YYYYMMDDTHHMMSSZ exists");
        assert_eq!(newest(&root, "other").unwrap_err().reason, Reason::Missing);
        assert_eq!(newest(&root, "../x").unwrap_err().reason, Reason::Unreadable);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_is_refused() {
        let (dir, root) = workspace(&["20261101T000000Z"]);
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("results/20261120T101500Z")).unwrap();
        assert_eq!(newest(&root, "results").unwrap_err().reason, Reason::Unreadable);
    }

    #[test]
    fn a_named_run_is_below_the_root() {
        let (dir, root) = workspace(&["20261101T000000Z"]);
        assert_eq!(
            named(&root, &dir.path().join("results/20261101T000000Z")).unwrap(),
            "results/20261101T000000Z"
        );
        assert!(named(&root, dir.path()).is_err());
        assert!(named(&root, &dir.path().join("..")).is_err());
        assert!(named(&root, &dir.path().join("none")).is_err());
    }
}
