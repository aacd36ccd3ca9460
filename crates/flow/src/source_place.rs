//! From a place as a test tool names it to a file of the workspace. Tools name files relative to where they ran, to a package, to a
//! folder of another machine, or by their name alone; a place is given only where exactly one file of the workspace can be meant.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use tollgate_core::model::finding::SourceAt;
use tollgate_core::model::suite::SuiteSpec;
use tollgate_core::model::test::{Failure, SourcePlace};
use tollgate_host::files::Root;
use tollgate_host::git::Repository;

/// Names of files in a message that are looked at.
const LOOKED: usize = 20;

/// The files of a workspace as places in test reports are looked up in it.
pub struct SourcePlaces<'w> {
    root: &'w Root,
    /// The kinds of suites: tools name files relative to where they ran.
    suites: &'w [SuiteSpec],
    /// The commit whose files are the tracked ones, where there is one.
    commit: Option<&'w str>,
    /// The tracked files by their own name, asked for when the first place is not where it says.
    tracked: OnceCell<BTreeMap<String, Vec<String>>>,
}

impl<'w> SourcePlaces<'w> {
    /// In this workspace, whose suites are `suites` and whose HEAD is `commit`.
    pub fn new(root: &'w Root, suites: &'w [SuiteSpec], commit: Option<&'w str>) -> SourcePlaces<'w> {
        SourcePlaces { root, suites, commit, tracked: OnceCell::new() }
    }

    /// Where a failure stands: the place that its report gives, else the first in its message that is a file here. `kind` is that of
    /// its suite, `test` its name.
    pub fn of_failure(&self, kind: Option<&str>, test: Option<&str>, failure: &Failure) -> Option<SourceAt> {
        let cwd = kind.and_then(|kind| self.suites.iter().find(|s| s.kind == kind));
        let cwd = cwd.map_or(".", |spec| spec.cwd.as_str());
        if let Some(place) = &failure.place
            && let Some(path) = self.find(cwd, test, &place.file)
        {
            return Some(at(path, place.line, place.column));
        }
        if failure.place.is_some() {
            return None;
        }
        let said = places_in(&failure.message);
        said.take(LOOKED).find_map(|place| {
            let path = self.find(cwd, test, &place.file)?;
            Some(at(path, place.line, place.column))
        })
    }

    fn find(&self, cwd: &str, test: Option<&str>, named: &str) -> Option<String> {
        let named = named.trim().trim_start_matches("file://").replace('\\', "/");
        let root = self.root;
        let inside = [root.real(), root.dir()].into_iter().find_map(|dir| {
            let dir = dir.to_str()?.trim_end_matches('/');
            named.strip_prefix(dir)?.strip_prefix('/')
        });
        if let Some(inside) = inside {
            return file(root, inside);
        }
        if !named.starts_with('/') {
            let below = if cwd == "." { None } else { file(root, &format!("{cwd}/{named}")) };
            if let Some(found) = below.or_else(|| file(root, &named)) {
                return Some(found);
            }
        }
        self.by_name(test, &named)
    }

    /// The one tracked file that ends like the path; where several do, the one whose folder the test's name holds, as Go's do.
    fn by_name(&self, test: Option<&str>, named: &str) -> Option<String> {
        let parts: Vec<&str> = named.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
        let same_name = self.tracked().get(*parts.last()?)?;
        // The longest end of the path that a file has. Of a path of another machine the name alone is too little.
        let common = |path: &str| {
            let theirs = path.rsplit('/');
            theirs.zip(parts.iter().rev()).take_while(|(theirs, ours)| theirs == *ours).count()
        };
        let longest = same_name.iter().map(|path| common(path)).max()?;
        if longest < parts.len() && (longest < 2 || !named.starts_with('/')) {
            return None;
        }
        let best: Vec<&String> = same_name.iter().filter(|path| common(path) == longest).collect();
        if let [only] = best.as_slice() {
            return file(self.root, only);
        }
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_string());
        let held = |path: &&&String| {
            folder(path).is_some_and(|folder| test.is_some_and(|test| test.contains(&folder)))
        };
        let longest = best.iter().filter(held).max_by_key(|path| path.len())?;
        file(self.root, longest)
    }

    fn tracked(&self) -> &BTreeMap<String, Vec<String>> {
        self.tracked.get_or_init(|| {
            let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
            // Where git does not tell, a place that is not where it says is not pointed at.
            let Some(commit) = self.commit else { return by_name };
            let Ok(repository) = Repository::find(self.root.real()) else { return by_name };
            for path in repository.files(commit).unwrap_or_default() {
                let name = path.rsplit('/').next().unwrap_or(&path).to_string();
                by_name.entry(name).or_default().push(path);
            }
            by_name
        })
    }
}

fn at(path: String, line: u32, column: u32) -> SourceAt {
    let known = |n: u32| Some(u64::from(n)).filter(|n| *n > 0);
    SourceAt { path, line: known(line), column: known(column) }
}

/// The path in its plainest form, where a regular file of the workspace stands there.
fn file(root: &Root, path: &str) -> Option<String> {
    let clean = Root::clean(path).ok()?;
    root.resolve(&clean).ok().filter(|found| found.is_file()).map(|_| clean)
}

/// What in a text looks like `path:line` or `path:line:column`, in order.
fn places_in(text: &str) -> impl Iterator<Item = SourcePlace> {
    let words = text.split(|c: char| c.is_whitespace() || "()[]{}<>,;'\"`".contains(c));
    words.filter_map(|word| {
        let mut parts = word.trim_end_matches([':', '.']).split(':');
        let file = parts.next().filter(|file| file.contains('.') && !file.is_empty())?;
        let line = parts.next()?.parse().ok()?;
        let column = parts.next().and_then(|column| column.parse().ok()).unwrap_or(0);
        Some(SourcePlace { file: file.to_string(), line, column })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_words() {
        let found = |text: &str| -> Vec<String> {
            places_in(text).map(|p| format!("{} {} {}", p.file, p.line, p.column)).collect()
        };
        assert_eq!(
            found("error[E0308]: mismatched types (src/lib.rs:5:40); a.go:7: undefined, at 10:30:00 v1.2:x"),
            ["src/lib.rs 5 40", "a.go 7 0"]
        );
    }
}
