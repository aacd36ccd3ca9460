//! The tree that a run begins in, and what the run made of it.

use super::request::Watcher;
use std::collections::BTreeSet;
use tollgate_core::model::tree::{Files, TreeFile, WorkingTree};
use tollgate_core::plan::LeftOutPaths;
use tollgate_flow::ground::Ground;
use tollgate_flow::run_tree::{self, Observed};
use tollgate_text::redact::Masker;

/// The tree that a run began in.
pub(super) struct Begun {
    observed: Observed,
    left_out: LeftOutPaths,
    /// As its documents state it.
    pub tree: WorkingTree,
}

impl Begun {
    /// The tree before anything ran; `folder` is the run's. Of a run that is taken up, whose tree `resumed` is where its journal says it, it is
    /// the one that it was started in, with what its suites wrote since. `None` where nothing is known of it.
    pub(super) fn new(
        ground: &Ground,
        observed: Option<Observed>,
        folder: &str,
        masker: &Masker,
        resumed: Option<Option<WorkingTree>>,
    ) -> Option<Begun> {
        let observed = observed?;
        let left_out = observed.left_out(&ground.settings, &[], Some(folder));
        let now = observed.tree(&left_out, masker);
        let tree = match resumed {
            Some(began) => {
                let began = began?;
                let before: BTreeSet<&TreeFile> = began.untracked.listed.files.iter().collect();
                let all = now.untracked.listed.files.iter();
                let written = Files::of(all.filter(|file| !before.contains(file)).cloned().collect());
                WorkingTree { written: began.written.clone().and(written), ..began }
            }
            None => WorkingTree { ignored: observed.ignored(&left_out), ..now },
        };
        Some(Begun { observed, left_out, tree })
    }

    /// The tree with what the run changed in it, of which a person is told.
    pub(super) fn after(&self, ground: &Ground, masker: &Masker, watcher: &dyn Watcher) -> WorkingTree {
        let means = (&self.left_out, masker);
        let tree = self.tree.clone();
        let (tree, note) = run_tree::after(&self.observed, tree, &ground.root, &ground.settings, means);
        note.iter().for_each(|note| watcher.note(note));
        tree
    }
}
