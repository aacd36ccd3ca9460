//! What was found at the paths of a workspace while it is judged. Evidence may change under the eyes of the judge; what is
//! said of a path twice must then not be put together into a state that never was, so the first look at it counts, and a
//! later one that finds something else is an error.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A path that is no longer what it was at the first look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Changed;

/// The first looks, by clean workspace-relative path. A few words are kept of each, never a file's bytes or its descriptor.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<Looks>);

#[derive(Debug, Default)]
struct Looks {
    /// SHA-256 of the bytes.
    digests: HashMap<String, String>,
    /// By folder.
    folders: HashMap<String, Folder>,
}

#[derive(Debug, Default)]
struct Folder {
    /// By name: whether something stands there.
    there: BTreeMap<String, bool>,
    /// All names, sorted.
    names: Option<Arc<[String]>>,
}

impl Ledger {
    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The digest of the bytes that were seen at the path, where they were.
    pub(super) fn digest(&self, path: &str) -> Option<String> {
        self.looks().digests.get(path).cloned()
    }

    /// Bytes with this digest were seen at the path.
    pub(super) fn bytes(&self, path: &str, sha256: &str) -> Result<(), Changed> {
        let mut looks = self.looks();
        looks.saw(path, true)?;
        match looks.digests.get(path) {
            Some(known) if known == sha256 => Ok(()),
            Some(_) => Err(Changed),
            None => {
                looks.digests.insert(path.to_string(), sha256.to_string());
                Ok(())
            }
        }
    }

    /// What was said of the path before: whether something stands there.
    pub(super) fn there(&self, path: &str) -> Option<bool> {
        let (folder, name) = split(path);
        let looks = self.looks();
        let folder = looks.folders.get(folder)?;
        folder.there.get(name).copied()
    }

    /// Something, or nothing, was seen at the path.
    pub(super) fn saw(&self, path: &str, there: bool) -> Result<(), Changed> {
        self.looks().saw(path, there)
    }

    /// The names in a folder, where they were listed.
    pub(super) fn names(&self, folder: &str) -> Option<Arc<[String]>> {
        self.looks().folders.get(folder)?.names.clone()
    }

    /// These names, sorted, were seen in a folder. Gives those that count: of two threads that list a folder at once the
    /// first one's.
    pub(super) fn listed(&self, folder: &str, names: Vec<String>) -> Result<Arc<[String]>, Changed> {
        let mut looks = self.looks();
        let known = looks.folders.entry(folder.to_string()).or_default();
        if let Some(names) = &known.names {
            return Ok(names.clone());
        }
        if known.there.iter().any(|(name, there)| names.binary_search(name).is_ok() != *there) {
            return Err(Changed);
        }
        let names: Arc<[String]> = names.into();
        known.names = Some(names.clone());
        Ok(names)
    }
}

impl Looks {
    fn saw(&mut self, path: &str, there: bool) -> Result<(), Changed> {
        let (folder, name) = split(path);
        if !self.folders.contains_key(folder) {
            self.folders.insert(folder.to_string(), Folder::default());
        }
        let Some(folder) = self.folders.get_mut(folder) else { return Ok(()) };
        match folder.there.get(name) {
            Some(known) if *known == there => return Ok(()),
            Some(_) => return Err(Changed),
            None => {}
        }
        // `.` is in no listing.
        if let Some(names) = folder.names.as_ref().filter(|_| !name.is_empty())
            && names.binary_search_by(|n| n.as_str().cmp(name)).is_ok() != there
        {
            return Err(Changed);
        }
        folder.there.insert(name.to_string(), there);
        Ok(())
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_look_counts() {
        let ledger = Ledger::default();
        assert_eq!(ledger.bytes("d/a", "1"), Ok(()));
        assert_eq!(ledger.bytes("d/a", "1"), Ok(()));
        assert_eq!(ledger.bytes("d/a", "2"), Err(Changed));
        assert_eq!((ledger.digest("d/a").as_deref(), ledger.there("d/a")), (Some("1"), Some(true)));
        assert_eq!(ledger.saw("d/a", false), Err(Changed));
        assert_eq!(ledger.saw("d/b", false), Ok(()));
        assert_eq!(ledger.bytes("d/b", "1"), Err(Changed));
        assert_eq!(ledger.there("d/c"), None);
    }

    #[test]
    fn a_listing_and_its_paths_say_the_same() {
        let names = |all: &[&str]| all.iter().map(|n| n.to_string()).collect::<Vec<_>>();
        let ledger = Ledger::default();
        ledger.saw("d/a", true).unwrap();
        ledger.saw("d/b", false).unwrap();
        assert_eq!(ledger.listed("d", names(&["a", "b"])), Err(Changed), "b is there now");
        assert_eq!(ledger.listed("d", names(&["c"])), Err(Changed), "a is gone");
        assert!(ledger.listed("d", names(&["a", "c"])).is_ok());
        assert_eq!(ledger.listed("d", names(&["z"])).unwrap().len(), 2, "the first listing counts");
        assert_eq!(ledger.saw("d/c", true), Ok(()));
        assert_eq!(ledger.saw("d/e", true), Err(Changed));
        assert_eq!(ledger.saw("d/c", false), Err(Changed));
        assert_eq!(ledger.names("d").unwrap().len(), 2);
        assert!(ledger.names("").is_none());
    }
}
