//! Whether the tree that is judged is the tree that was tested.

use super::left_out::LeftOutPaths;
use crate::model::tree::state;
use crate::model::tree::{Files, TreeFile, WorkingTree};
use std::collections::{BTreeMap, BTreeSet};

/// The tree that is judged, nothing left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// The name of the commit's tree.
    pub tree: String,
    /// Tracked files that differ from the commit.
    pub changed: Vec<TreeFile>,
    /// Paths of `changed` that the commit does not have: they were added since.
    pub added: Vec<String>,
    /// Files that are neither tracked nor ignored.
    pub untracked: Vec<TreeFile>,
}

/// In what two trees differ: paths, each sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeDifference {
    /// Tracked files.
    pub tracked: Vec<String>,
    /// Tracked files that the run itself changed.
    pub rewritten: Vec<String>,
    /// What keeps the tracked files from being compared: one clause.
    pub beyond: Option<String>,
    /// Untracked files whose content is another one.
    pub contents: Vec<String>,
    /// Untracked files of the run that are not there.
    pub missing: Vec<String>,
    /// Whether others of them are.
    pub some_there: bool,
    /// Untracked files that the run did not have.
    pub extra: Vec<String>,
    /// What of the run's untracked files is not known: one clause.
    pub unseen: Option<String>,
}

impl TreeDifference {
    /// Whether the run took place in another tree, whatever is allowed of untracked files.
    pub fn is_other(&self) -> bool {
        let lists = [&self.tracked, &self.rewritten, &self.contents];
        lists.iter().any(|list| !list.is_empty())
            || self.beyond.is_some()
            || (self.some_there && !self.missing.is_empty())
    }

    /// Whether it did where untracked files count too.
    pub fn is_other_strictly(&self) -> bool {
        self.is_other() || !self.missing.is_empty() || !self.extra.is_empty() || self.unseen.is_some()
    }
}

/// The digest of a tree and what differs from it.
pub fn digest(tree: &str, changed: &[TreeFile]) -> String {
    state::digest(tree, changed.iter())
}

/// The digest of files.
pub fn digest_of(files: &[TreeFile]) -> String {
    state::digest_of(files.iter())
}

/// What stood at a path: of merged runs several files may have.
type ByPath<'t> = BTreeMap<&'t str, Vec<&'t TreeFile>>;

fn by_path<'t>(files: impl Iterator<Item = &'t TreeFile>, is_left_out: impl Fn(&str) -> bool) -> ByPath<'t> {
    let mut found = ByPath::new();
    for file in files.filter(|f| !is_left_out(&f.path)) {
        found.entry(&file.path).or_default().push(file);
    }
    found
}

/// Whether one of these is what stands there now.
fn any_is(then: Option<&Vec<&TreeFile>>, now: &TreeFile) -> bool {
    then.is_some_and(|then| then.iter().any(|then| then.agrees(now)))
}

/// Holds the tree that is judged to the tree of a run; both are of one commit. `look` says what stands at a path now: a file that was
/// compared by its content on one side and taken for unchanged on the other is the same where its content is.
///
/// # Errors
/// Those of `look`.
pub fn compare<E>(
    run: &WorkingTree,
    here: &Here,
    left_out: &LeftOutPaths,
    look: &dyn Fn(&str) -> Result<TreeFile, E>,
) -> Result<TreeDifference, E> {
    let tracked = |path: &str| left_out.has_tracked(path);
    let untracked = |path: &str| left_out.has(path);
    let changed = by_path(run.changed.files.iter().chain(&run.left_out.files), tracked);
    // An older run, say, that was added to the index since: while it was untracked nobody looked at it.
    let unseen = |path: &str| {
        left_out.is_written(path)
            && !changed.contains_key(path)
            && here.added.binary_search_by(|added| added.as_str().cmp(path)).is_ok()
    };
    let changed_here = by_path(here.changed.iter(), |path| tracked(path) || unseen(path));
    let sides = Sides {
        untracked: by_path(run.untracked.listed.files.iter(), untracked),
        written: by_path(run.written.files.iter(), untracked),
        untracked_here: by_path(here.untracked.iter(), untracked),
        changed_here,
        changed,
        look,
    };
    let mut found = TreeDifference::default();
    sides.tracked(run, here, left_out, &mut found)?;
    let rewritten =
        run.rewritten.files.iter().map(|f| f.path.as_str()).filter(|path| !left_out.has_tracked(path));
    found.rewritten = rewritten.map(String::from).collect();
    if run.rewritten.more > 0 {
        found.beyond = Some("the run changed tracked files that it does not name".into());
    }
    sides.untracked(run, here, left_out, &mut found)?;
    Ok(found)
}

struct Sides<'t, E> {
    changed: ByPath<'t>,
    untracked: ByPath<'t>,
    written: ByPath<'t>,
    changed_here: ByPath<'t>,
    untracked_here: ByPath<'t>,
    look: &'t dyn Fn(&str) -> Result<TreeFile, E>,
}

impl<E> Sides<'_, E> {
    /// What stands at a path now.
    fn now(&self, path: &str) -> Result<TreeFile, E> {
        let known = self.changed_here.get(path).or_else(|| self.untracked_here.get(path));
        match known.and_then(|known| known.first()) {
            Some(file) => Ok((*file).clone()),
            None => (self.look)(path),
        }
    }

    fn tracked(
        &self,
        run: &WorkingTree,
        here: &Here,
        left_out: &LeftOutPaths,
        found: &mut TreeDifference,
    ) -> Result<(), E> {
        if run.changed.more > 0 || run.left_out.more > 0 {
            found.beyond = beyond(run, here, left_out);
            return Ok(());
        }
        if digest(&here.tree, &run.changed.files) != run.tracked {
            found.beyond = Some("its list of changed files is not what its digest says".into());
            return Ok(());
        }
        let paths: BTreeSet<&str> = self.changed.keys().chain(self.changed_here.keys()).copied().collect();
        for path in paths {
            let agrees = match (self.changed.get(path), self.changed_here.get(path)) {
                (then @ Some(_), _) => any_is(then, &self.now(path)?),
                // What was untracked then may have been added since.
                (None, _) => {
                    let now = self.now(path)?;
                    any_is(self.untracked.get(path), &now) || any_is(self.written.get(path), &now)
                }
            };
            if !agrees {
                found.tracked.push(path.to_string());
            }
        }
        Ok(())
    }

    fn untracked(
        &self,
        run: &WorkingTree,
        here: &Here,
        left_out: &LeftOutPaths,
        found: &mut TreeDifference,
    ) -> Result<(), E> {
        for (path, then) in self.untracked.iter().filter(|(path, _)| !self.written.contains_key(*path)) {
            let now = self.now(path)?;
            if now.is_absent() {
                found.missing.push((*path).to_string());
            } else if any_is(Some(then), &now) {
                found.some_there = true;
            } else if now.is_unknown() || then.iter().any(|then| then.is_unknown()) {
                found.unseen = Some(unreadable(path));
            } else {
                found.contents.push((*path).to_string());
            }
        }
        for (path, left) in &self.written {
            let now = self.now(path)?;
            let known = any_is(Some(left), &now) || any_is(self.untracked.get(path), &now);
            if now.is_unknown() {
                found.unseen = Some(unreadable(path));
            } else if !now.is_absent() && !known {
                found.contents.push((*path).to_string());
            }
        }
        found.contents.sort();
        let known = |path: &&str| {
            [&self.untracked, &self.written, &self.changed].iter().any(|side| side.contains_key(path))
        };
        let whole = |files: &Files| files.more == 0;
        if whole(&run.untracked.listed) && whole(&run.written) {
            let extra = self.untracked_here.keys().copied().filter(|path| !known(path));
            found.extra = extra.map(String::from).collect();
        } else if digest_of(&here.untracked) != run.untracked.digest {
            found.unseen = Some("it had or wrote more untracked files than it names".into());
        }
        let unseen = |folder: &&String| !left_out.is_written(folder);
        if let Some(folder) = run.untracked.left_out.iter().find(unseen) {
            found.unseen = Some(format!("it did not look into {}", tollgate_text::show::show(folder)));
        }
        Ok(())
    }
}

fn unreadable(path: &str) -> String {
    format!("{} could not be read", tollgate_text::show::show(path))
}

/// Of a run with more changed files than it names only the digest can be held against the tree.
fn beyond(run: &WorkingTree, here: &Here, left_out: &LeftOutPaths) -> Option<String> {
    let foreign = run.left_out.files.iter().any(|file| !left_out.has_tracked(&file.path));
    let judged: Vec<TreeFile> =
        here.changed.iter().filter(|f| !left_out.has_tracked(&f.path)).cloned().collect();
    let same = run.left_out.more == 0 && !foreign && digest(&here.tree, &judged) == run.tracked;
    (!same).then(|| {
        let count = run.changed.files.len() as u64 + run.changed.more;
        format!("{count} tracked files differed from the commit when it ran, too many to be named, and now others do")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, content: Option<&str>) -> TreeFile {
        TreeFile { path: path.into(), mode: Some("100644".into()), content: content.map(String::from) }
    }

    fn run(untracked: Vec<TreeFile>) -> WorkingTree {
        let mut tree = WorkingTree { tracked: "t".into(), ..WorkingTree::default() };
        tree.untracked.listed = Files::of(untracked);
        tree
    }

    fn held(run: &WorkingTree, untracked: Vec<TreeFile>) -> TreeDifference {
        let here = Here { tree: "t".into(), changed: Vec::new(), added: Vec::new(), untracked };
        let absent = |path: &str| Ok::<_, ()>(TreeFile { path: path.into(), mode: None, content: None });
        compare(run, &here, &LeftOutPaths::default(), &absent).unwrap()
    }

    #[test]
    fn what_could_not_be_read_is_neither_the_same_nor_another() {
        for (then, now) in [(None, Some("1")), (Some("1"), None), (None, None)] {
            let found = held(&run(vec![file("a", then)]), vec![file("a", now)]);
            assert_eq!((found.is_other(), found.is_other_strictly()), (false, true), "{found:?}");
            assert_eq!(found.unseen.as_deref(), Some("a could not be read"));
        }
        let same = held(&run(vec![file("a", Some("1"))]), vec![file("a", Some("1"))]);
        assert!(!same.is_other_strictly());
    }

    #[test]
    fn of_merged_runs_each_may_have_left_a_file_its_own_way() {
        let mut tree = run(Vec::new());
        tree.written = Files::of(vec![file("a", Some("1")), file("a", Some("2"))]);
        for content in ["1", "2"] {
            assert!(!held(&tree, vec![file("a", Some(content))]).is_other_strictly());
        }
        assert!(held(&tree, vec![file("a", Some("3"))]).is_other());
    }

    #[test]
    fn a_summary_that_says_another_tree_than_its_list_is_told() {
        let tree = WorkingTree { tracked: "other".into(), ..run(Vec::new()) };
        assert!(held(&tree, Vec::new()).beyond.is_some());
    }
}
