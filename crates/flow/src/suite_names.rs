//! The suites of each kind, as `names`, `glob` or `from` of its section resolve: for runs, and for what is asked of one.

use std::collections::BTreeMap;
use std::path::Path;
use tollgate_core::model::suite::{Names, SuiteSpec};
use tollgate_core::waiver::ClassificationFile;
use tollgate_host::artifact;
use tollgate_host::files::Root;

/// Where names are looked up.
pub struct Lists<'l> {
    /// The tree.
    pub root: &'l Root,
    /// The classification file, or why it cannot be read.
    pub classification: Result<&'l ClassificationFile, String>,
    /// What that file is called.
    pub path: &'l str,
}

impl Lists<'_> {
    /// By kind, the names of its suites, sorted. What is wrong with any of them is in the error, one sentence each.
    pub fn all(&self, suites: &[SuiteSpec]) -> Result<BTreeMap<String, Vec<String>>, Vec<String>> {
        let mut names = BTreeMap::new();
        let mut wrong = Vec::new();
        for spec in suites {
            match self.of(spec) {
                Ok(found) => {
                    names.insert(spec.kind.clone(), found);
                }
                Err(why) => wrong.push(format!("[suites.{}]: {why}", spec.kind)),
            }
        }
        if wrong.is_empty() { Ok(names) } else { Err(wrong) }
    }

    fn of(&self, spec: &SuiteSpec) -> Result<Vec<String>, String> {
        let mut names = match &spec.names {
            Names::Listed(names) => names.clone(),
            Names::Glob(pattern) => stems(artifact::glob(self.root, pattern)?.iter().map(String::as_str)),
            Names::Classification => {
                let file = self.classification.as_ref().map_err(Clone::clone)?;
                let suite = file.suites.get(&spec.kind);
                if let Some(fault) = suite.and_then(|s| s.faults.first()) {
                    return Err(format!("[suite.{}] of {}: {fault}", spec.kind, self.path));
                }
                suite.map(|s| s.files.clone()).unwrap_or_default()
            }
        };
        names.sort();
        Ok(names)
    }
}

/// The stems of files.
pub fn stems<'p>(paths: impl Iterator<Item = &'p str>) -> Vec<String> {
    paths.filter_map(|path| Path::new(path).file_stem()?.to_str().map(String::from)).collect()
}
