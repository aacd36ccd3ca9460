//! Builds that `go test -json` tells of, which have events of their own since Go 1.24.

use crate::ingest::collect::{append, cut};
use crate::model::signature::Basis;
use std::collections::{BTreeSet, HashMap};

/// Builds whose output is kept.
const BUILDS: usize = 10_000;
/// Actions of a build that is not over, or is over and did not break.
const FINE: [&str; 5] = ["build-output", "build-start", "build-pass", "build-ok", "build-skip"];

/// What was said of builds so far.
#[derive(Default)]
pub(in crate::ingest) struct Builds {
    /// What the compiler said, by the build's import path.
    said: HashMap<String, String>,
    /// Builds that broke, and those of them that a package names as the reason of its failure.
    broken: BTreeSet<String>,
    told: BTreeSet<String>,
    /// Builds that broke and are not kept.
    more: u64,
}

impl Builds {
    /// An event of the build of that import path.
    pub(in crate::ingest) fn event(&mut self, build: &str, action: &str, output: &str) {
        if self.said.len() < BUILDS || self.said.contains_key(build) {
            append(self.said.entry(build.to_string()).or_default(), output, 2 << 10);
        }
        if FINE.contains(&action) {
            return;
        }
        if self.broken.len() < BUILDS || self.broken.contains(build) {
            self.broken.insert(build.to_string());
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Why a package failed that names this build.
    pub(in crate::ingest) fn told(&mut self, build: &str) -> (String, Basis) {
        self.told.insert(build.to_string());
        does_not_build(self.said.get(build).map(String::as_str).unwrap_or_default())
    }

    /// The packages whose builds broke though no package names them: each with its fault. gopls, rerun tools and cut logs leave
    /// the package's own result out.
    pub(in crate::ingest) fn untold(&mut self) -> Vec<(String, (String, Basis))> {
        let untold: Vec<String> = self.broken.difference(&self.told).cloned().collect();
        untold.into_iter().map(|build| (package_of(&build).to_string(), self.told(&build))).collect()
    }

    /// What is said of builds that broke past those that are kept.
    pub(in crate::ingest) fn more(&self) -> Option<String> {
        (self.more > 0).then(|| format!("builds broke past the first {BUILDS}"))
    }
}

/// The package that is tested by a build: `ex.com/a.test`, `ex.com/b [ex.com/a.test]`, `ex.com/a_test [ex.com/a.test]`.
fn package_of(build: &str) -> &str {
    let tested = build.strip_suffix(']').and_then(|b| b.split_once(" [")).map_or(build, |(_, tested)| tested);
    tested.strip_suffix(".test").unwrap_or(tested)
}

/// The first of what the compiler said; only where that is all it is known why the build broke.
pub(in crate::ingest) fn does_not_build(said: &str) -> (String, Basis) {
    let mut lines = said.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty());
    match (lines.next(), lines.next()) {
        (Some(line), None) => (format!("it does not build: {}", cut(line.trim(), 300)), Basis::Exception),
        (Some(line), Some(_)) => (format!("it does not build: {}", cut(line.trim(), 300)), Basis::Fallback),
        (None, _) => ("it does not build".into(), Basis::Fallback),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_of_the_package_that_is_tested() {
        for build in
            ["ex.com/a.test", "ex.com/b [ex.com/a.test]", "ex.com/a_test [ex.com/a.test]", "ex.com/a"]
        {
            assert_eq!(package_of(build), "ex.com/a", "{build}");
        }
    }

    #[test]
    fn what_no_package_names_is_left() {
        let mut builds = Builds::default();
        builds.event("p.test", "build-output", "# p\np_test.go:1:1: no\n");
        builds.event("q.test", "build-timed_out", "");
        builds.event("r.test", "build-output", "a warning\n");
        assert_eq!(builds.untold().len(), 1);
        builds.event("p.test", "build-fail", "");
        assert_eq!(builds.told("p.test").0, "it does not build: p_test.go:1:1: no");
        assert!(builds.untold().is_empty());
    }
}
