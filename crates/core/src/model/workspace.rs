//! The workspace as `tollgate.toml` resolves it.

/// Settings in force, paths workspace-relative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Embedded packs, in the order named.
    pub packs: Vec<String>,
    /// Folders of the workspace's own gates.
    pub gates: Vec<String>,
    /// Folders of its own schemas.
    pub schemas: Vec<String>,
    /// Folders of its own runbook entries.
    pub runbook: Vec<String>,
    /// Run folders, and nothing else.
    pub results: String,
    /// Verdicts.
    pub output: String,
    /// Suites, waivers, quarantine, rollback.
    pub classification: String,
    /// Names of the environment that expressions may see.
    pub env: Vec<String>,
    /// The profile whose suites and lint steps a whole run shows.
    pub whole: String,
    /// Whether the root belongs to the repository it stands in; `None`: only where it is its top folder.
    pub git: Option<bool>,
    /// Put before every reproduce command (`rch exec --`); empty for none.
    pub prefix: String,
    /// Texts that are test data: what is found in them is not masked (`[mask] allow`).
    pub mask_allow: Vec<String>,
    /// Seconds that `reproduce --exec` gives each command: 30 minutes.
    pub timeout: u64,
    /// `untracked`: whether a run whose untracked files are not those of the tree judged is stale; `None`: in lane certification.
    pub untracked: Option<UntrackedRule>,
    /// `tree_exclude`: files, folders and patterns that a run is not held to.
    pub tree_exclude: Vec<String>,
}

/// What other untracked files than those of the run mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UntrackedRule {
    /// A note.
    Allow,
    /// The run is stale.
    Fail,
}

impl UntrackedRule {
    /// The word in `tollgate.toml`.
    pub fn name(self) -> &'static str {
        match self {
            UntrackedRule::Allow => "allow",
            UntrackedRule::Fail => "fail",
        }
    }
}
