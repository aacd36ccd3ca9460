//! The working tree in which a run took place: `tree` of `summary.json` and `environment.json` (`docs/tree.md`).

pub mod state;

use serde::{Deserialize, Serialize};

/// Paths that a list has at most; past it they are counted.
pub const LISTED: usize = 1_000;

/// The state of a working tree before the first suite started, and what the run itself wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WorkingTree {
    /// The name of the commit's tree where no tracked file differs from it, else a digest over it and what differs. What is left out does
    /// not count.
    pub tracked: String,
    /// Tracked files that differed from the commit.
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub changed: Files,
    /// Those of them that the settings of the run leave out: a judge applies his own.
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub left_out: Files,
    /// Files that were neither tracked nor ignored.
    pub untracked: Untracked,
    /// A digest over the names of files that are ignored, without those of tools; nothing where there are none, or it was not looked. Two runs
    /// of one digest began with the same caches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
    /// Untracked files that appeared, changed or went while the run lasted, as it left them.
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub written: Files,
    /// Tracked files that changed while the run lasted, as it left them: no suite after that ran in the tree that the run began in.
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub rewritten: Files,
}

impl WorkingTree {
    /// What stands for a digest that is not known: it is the same as none.
    pub const UNKNOWN: &str = "unknown";
}

/// The untracked files of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Untracked {
    /// Over the names and contents of all of them.
    pub digest: String,
    /// The first of them.
    #[serde(flatten)]
    pub listed: Files,
    /// Folders that were not looked into: where runs and verdicts are written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// A list of files that has an end.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Files {
    /// Sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<TreeFile>,
    /// How many more there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Files {
    /// Those of a list, the first `LISTED` by name; files beyond are counted.
    pub fn of(mut files: Vec<TreeFile>) -> Files {
        files.sort();
        files.dedup();
        let more = files.len().saturating_sub(LISTED) as u64;
        files.truncate(LISTED);
        Files { files, more }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.more == 0
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Files) -> Files {
        let more = self.more.max(other.more);
        let both = Files::of(self.files.into_iter().chain(other.files).collect());
        Files { more: both.more.saturating_add(more), ..both }
    }
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TreeFile {
    /// From the top of the repository, `/`-separated.
    pub path: String,
    /// As git has it: `100644`, `100755`, `120000` (a link), `160000` (a repository); null where nothing is there.
    pub mode: Option<String>,
    /// SHA-256 of the content, of a submodule its commit; null where nothing is there.
    pub content: Option<String>,
}

impl TreeFile {
    /// Whether both are known to be the same. What is there and could not be read is the same as nothing.
    pub fn agrees(&self, other: &TreeFile) -> bool {
        !self.is_unknown() && self.mode == other.mode && self.content == other.content
    }

    /// Whether something is there that could not be read.
    pub fn is_unknown(&self) -> bool {
        self.mode.is_some() && self.content.is_none()
    }

    /// Whether nothing is there.
    pub fn is_absent(&self) -> bool {
        self.mode.is_none()
    }
}

/// Where the time of an ingested run comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatedBy {
    /// The report says it.
    Report,
    /// When its file was written.
    File,
    /// `--as-of`: whoever ingested it says it.
    AsOf,
}

impl DatedBy {
    /// The name in `summary.json`.
    pub fn name(self) -> &'static str {
        match self {
            DatedBy::Report => "report",
            DatedBy::File => "file",
            DatedBy::AsOf => "as-of",
        }
    }
}
