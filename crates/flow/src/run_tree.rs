//! The working tree of a run: looked at before the first suite starts and after the last, and again where the run is judged.

use super::error::Error;
use super::ground::Ground;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use tollgate_core::model::embedded::Embedded;
use tollgate_core::model::gate::Gate;
use tollgate_core::model::tree::state::TreeState;
use tollgate_core::model::tree::{Files, TreeFile, Untracked, WorkingTree};
use tollgate_core::model::workspace::Settings;
use tollgate_core::plan::{self, Here, LeftOutPaths, TreeDifference};
use tollgate_host::changes::names_at;
use tollgate_host::config;
use tollgate_host::files::{self, Root};
use tollgate_host::git::tree;
use tollgate_host::git::{GitError, Repository};
use tollgate_text::redact::Masker;
use tollgate_text::show::show;

/// Paths that a sentence names.
const NAMED: usize = 10;
/// Bytes at the head of a document in which its schema stands.
const HEAD: usize = 256;
/// The documents by which a run folder is known, whatever it is called.
const OF_RUN: [&str; 3] = ["/run_events.jsonl", "/summary.json", "/ingest_error.json"];

/// A look at the tree that goes on beside other work.
pub struct Observing(Option<JoinHandle<Option<Result<TreeState, GitError>>>>);

impl Observing {
    /// Begins, where the root is the top folder of a repository: most of the time it is, and its tree is wanted. What the answer is used
    /// for is decided later.
    pub fn begin(embedded: &'static Embedded, root: &Path) -> Observing {
        let Ok(root) = Root::open(root) else { return Observing(None) };
        if !matches!(Repository::is_top(root.real()), Ok(true)) {
            return Observing(None);
        }
        let look = move || {
            // What is wrong with the settings is said elsewhere, by who needs them.
            let settings = config::settings(embedded, &root).unwrap_or_else(|_| config::defaults());
            // Where the working tree asks for no git the policy may all the same, and then it is looked at later.
            if settings.git == Some(false) {
                return None;
            }
            let left_out = LeftOutPaths::of(&settings, &[], "", None);
            Some(tree::observe(root.real(), &|path| left_out.is_written(path)))
        };
        Observing(std::thread::Builder::new().spawn(look).ok())
    }

    /// The tree, where git says which commit is checked out.
    pub fn of_commit(self, ground: &Ground) -> Result<Option<Observed>, Error> {
        ground.commit.as_ref().map(|_| self.finish(&ground.root, &ground.settings)).transpose()
    }

    /// The tree; one that could not be begun before is looked at now.
    pub fn finish(self, root: &Root, settings: &Settings) -> Result<Observed, Error> {
        let begun =
            self.0.and_then(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        if let Some(state) = begun {
            return Observed::of(state, root.real().to_path_buf(), String::new());
        }
        Observed::look(root, settings)
    }
}

/// A tree as it was found.
pub struct Observed {
    state: TreeState,
    top: PathBuf,
    /// The workspace below the top.
    prefix: String,
}

impl Observed {
    fn look(root: &Root, settings: &Settings) -> Result<Observed, Error> {
        let found = Repository::find(root.real()).map_err(|e| untold(&e))?;
        let left_out = LeftOutPaths::of(settings, &[], found.prefix(), None);
        let state = tree::observe(found.top(), &|path| left_out.is_written(path));
        Observed::of(state, found.top().to_path_buf(), found.prefix().to_string())
    }

    fn of(state: Result<TreeState, GitError>, top: PathBuf, prefix: String) -> Result<Observed, Error> {
        let mut state = state.map_err(|e| untold(&e))?;
        let runs = run_folders(&top, &state);
        state.untracked.retain(|file| !runs.iter().any(|run| file.path.starts_with(run)));
        Ok(Observed { state, top, prefix })
    }

    /// The commit that is checked out.
    pub fn commit(&self) -> &str {
        &self.state.commit
    }

    /// What is left out of it by these settings and gates.
    pub fn left_out(&self, settings: &Settings, gates: &[Gate], run: Option<&str>) -> LeftOutPaths {
        LeftOutPaths::of(settings, gates, &self.prefix, run)
    }

    /// The tree as a run states it, before anything ran.
    pub fn tree(&self, left_out: &LeftOutPaths, masker: &Masker) -> WorkingTree {
        let (out, changed): (Vec<TreeFile>, Vec<TreeFile>) = masked(&self.state.changed, masker)
            .into_iter()
            .partition(|file| left_out.has_tracked(&file.path));
        let mut untracked = masked(&self.state.untracked, masker);
        untracked.retain(|file| !left_out.is_written(&file.path));
        WorkingTree {
            tracked: plan::tree_digest(&self.state.tree, &changed),
            changed: Files::of(changed),
            left_out: Files::of(out),
            untracked: Untracked {
                digest: plan::files_digest(&untracked),
                listed: Files::of(untracked),
                left_out: left_out.written().to_vec(),
            },
            ignored: None,
            written: Files::default(),
            rewritten: Files::default(),
        }
    }

    /// What the names of the ignored files are known by; files of tools, and what is left out, do not count.
    pub fn ignored(&self, left_out: &LeftOutPaths) -> Option<String> {
        let found = names_at(&self.top, &self.state.beside, &|path| left_out.has(path));
        found.unwrap_or_else(|_| Some(WorkingTree::UNKNOWN.into()))
    }

    fn here(&self, masker: &Masker) -> Here {
        let mut added: Vec<String> = self.state.added.iter().map(|path| masker.mask(path).0).collect();
        added.sort();
        Here {
            tree: self.state.tree.clone(),
            changed: masked(&self.state.changed, masker),
            added,
            untracked: masked(&self.state.untracked, masker),
        }
    }

    /// How this tree differs from that of a run at the same commit.
    pub fn compare(
        &self,
        run: &WorkingTree,
        left_out: &LeftOutPaths,
        masker: &Masker,
    ) -> Result<TreeDifference, Error> {
        let look = |path: &str| tree::state_at(&self.top, path);
        plan::compare(run, &self.here(masker), left_out, &look).map_err(|e| untold(&e))
    }

    /// In how many tracked files, and by how many untracked ones, the tree differs from its commit.
    pub fn counts(&self, left_out: &LeftOutPaths) -> (Vec<String>, usize) {
        let changed = self.state.changed.iter().filter(|s| !left_out.has_tracked(&s.path));
        let untracked = self.state.untracked.iter().filter(|s| !left_out.has(&s.path));
        (changed.map(|s| s.path.clone()).collect(), untracked.count())
    }
}

/// What a run changed in the tree that it began in: the tree with that, and what a person should know.
pub fn after(
    before: &Observed,
    tree: WorkingTree,
    root: &Root,
    settings: &Settings,
    (left_out, masker): (&LeftOutPaths, &Masker),
) -> (WorkingTree, Option<String>) {
    let unknown = |why: String| {
        (WorkingTree { rewritten: Files { files: Vec::new(), more: 1 }, ..tree.clone() }, Some(why))
    };
    let now = match Observed::look(root, settings) {
        Ok(now) => now,
        Err(error) => return unknown(format!("what the run changed cannot be told: {error}")),
    };
    if now.state.commit != before.state.commit {
        return unknown(
            "another commit was checked out while the run lasted: check calls the run stale".into(),
        );
    }
    let differing = |then: &[TreeFile], now: &[TreeFile], look: bool| -> Vec<TreeFile> {
        let paths: HashSet<&str> = now.iter().map(|n| n.path.as_str()).collect();
        let before_then: BTreeSet<&TreeFile> = then.iter().collect();
        let gone = then.iter().filter(|t| !paths.contains(t.path.as_str())).map(|t| {
            // What is as in the commit again has a state too.
            let found = if look { tree::state_at(&before.top, &t.path).ok() } else { None };
            found.unwrap_or(TreeFile { path: t.path.clone(), mode: None, content: None })
        });
        let fresh = now.iter().filter(|n| !before_then.contains(n)).cloned();
        let all: Vec<TreeFile> = gone.chain(fresh).collect();
        let is_ours = |path: &str| if look { left_out.is_of_run(path) } else { left_out.is_written(path) };
        masked(&all, masker).into_iter().filter(|file| !is_ours(&file.path)).collect()
    };
    let written = differing(&before.state.untracked, &now.state.untracked, false);
    let rewritten: Vec<TreeFile> = differing(&before.state.changed, &now.state.changed, true);
    let told: Vec<String> =
        rewritten.iter().filter(|f| !left_out.has_tracked(&f.path)).map(|f| f.path.clone()).collect();
    let note = (!told.is_empty()).then(|| {
        format!(
            "the run changed files that git tracks, so its suites ran in different trees, and check calls it stale: {} (commit what \
             they write, ignore it, or name it under `tree_exclude` of [workspace])",
            some(&told)
        )
    });
    let written = tree.written.clone().and(Files::of(written));
    (WorkingTree { written, rewritten: Files::of(rewritten), ..tree }, note)
}

/// Refuses to go on with a run in another tree than the one it was begun in: what is done there proves nothing of this one. `folder` is
/// the run's.
pub fn still(
    began: &WorkingTree,
    now: &Observed,
    settings: &Settings,
    folder: &str,
    masker: &Masker,
) -> Result<(), Error> {
    let left_out = now.left_out(settings, &[], Some(folder));
    let compared = now.compare(began, &left_out, masker)?;
    let differ = match &compared.tracked[..] {
        [] => compared.beyond,
        paths => Some(format!("tracked files are not as they were when it was started: {}", some(paths))),
    };
    match differ {
        None => Ok(()),
        Some(why) => Err(Error::Usage(format!(
            "the run cannot be taken up in another tree: {why}; bring them back, or start a new run"
        ))),
    }
}

/// Up to ten paths, the others counted.
pub fn some(paths: &[String]) -> String {
    let shown: Vec<String> = paths.iter().take(NAMED).map(|path| show(path)).collect();
    match paths.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn untold(error: &GitError) -> Error {
    Error::Work(format!("git does not say in which state the working tree is: {error}"))
}

/// The files with secrets in their names masked.
fn masked(states: &[TreeFile], masker: &Masker) -> Vec<TreeFile> {
    let one = |state: &TreeFile| TreeFile { path: masker.mask(&state.path).0, ..state.clone() };
    states.iter().map(one).collect()
}

/// Run folders that stand elsewhere than below the results folder (`--out`), each ending in `/`: folders in which nothing is tracked, with a
/// document of a run in them.
fn run_folders(top: &Path, state: &TreeState) -> Vec<String> {
    let is_beside = |folder: &str| {
        let is_in = |beside: &String| {
            folder.strip_prefix(beside.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        state.beside.iter().any(is_in)
    };
    let folder = |file: &TreeFile| {
        let folder = OF_RUN.iter().find_map(|name| file.path.strip_suffix(name))?;
        let head = || head(&top.join(&file.path)).is_some_and(|head| head.contains("tollgate.run."));
        (is_beside(folder) && head()).then(|| format!("{folder}/"))
    };
    state.untracked.iter().filter_map(folder).collect()
}

fn head(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let (file, _) = files::open_regular(path, "").ok()?;
    let mut head = Vec::new();
    file.take(HEAD as u64).read_to_end(&mut head).ok()?;
    Some(String::from_utf8_lossy(&head).into_owned())
}

#[cfg(test)]
mod tests;
