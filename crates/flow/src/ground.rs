//! What every verb about runs stands on: the root, `tollgate.toml`, git's facts, the classification file.

use super::error::Error;
use super::quarantine_evidence::{EvidenceSource, signatures};
use super::suite_names::Lists;
use super::workspace::{git_records, head};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;
use tollgate_core::model::embedded::Embedded;
use tollgate_core::model::plan::RunSettings;
use tollgate_core::model::suite::SuiteSpec;
use tollgate_core::model::waiver::WaiverEntry;
use tollgate_core::model::workspace::Settings;
use tollgate_core::triage::Causes;
use tollgate_core::waiver::{self, ClassificationFile};
use tollgate_host::config;
use tollgate_host::files::{ReadError, Root};
use tollgate_text::show::show;
use tollgate_text::time::Now;

/// Bytes of the classification file at most.
const CLASSIFICATION: u64 = 16 << 20;

/// A workspace as runs see it.
pub struct Ground {
    /// What the binary brings.
    pub embedded: &'static Embedded,
    /// The folder.
    pub root: Root,
    /// `tollgate.toml`, or the embedded default.
    pub settings: Settings,
    /// Suites, lint steps, profiles; empty without a `tollgate.toml`.
    pub run: RunSettings,
    /// HEAD, where a run says of which commit it is.
    pub commit: Option<String>,
    /// Its branch.
    pub branch: Option<String>,
    /// Quarantine entries with their states.
    pub quarantines: Vec<WaiverEntry>,
    /// The classification file, or why it cannot be read.
    classification: Result<ClassificationFile, String>,
    causes: OnceLock<Causes>,
}

impl Ground {
    /// Opens a workspace that must have a `tollgate.toml`.
    pub fn open(embedded: &'static Embedded, root: &Path, now: Now) -> Result<Ground, Error> {
        let root = Root::open(root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
        let (settings, run) = config::run_settings(embedded, &root)?;
        Self::of(embedded, root, (settings, run), now)
    }

    /// Opens a workspace that may have none: then the embedded default holds and no suite is known.
    pub fn open_bare(embedded: &'static Embedded, root: &Path, now: Now) -> Result<Ground, Error> {
        let opened = Root::open(root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
        match opened.resolve(config::FILE) {
            Err(ReadError::Missing(_)) => {
                let run = RunSettings { suites: Vec::new(), lint: Vec::new(), profiles: Vec::new() };
                Self::of(embedded, opened, (config::defaults(), run), now)
            }
            _ => Self::open(embedded, root, now),
        }
    }

    fn of(
        embedded: &'static Embedded,
        root: Root,
        (settings, run): (Settings, RunSettings),
        now: Now,
    ) -> Result<Ground, Error> {
        let (commit, branch) = head(&root, git_records(&root, settings.git)?)?;
        let classification = classification(&root, &settings.classification);
        let quarantines = match &classification {
            Ok(file) => {
                let signatures = signatures(&EvidenceSource::Tree(&root), file);
                let gates = BTreeMap::new();
                let context =
                    waiver::EntryContext { today: now.date(), gates: &gates, signatures: &signatures };
                waiver::entries(file, &context).1
            }
            Err(_) => Vec::new(),
        };
        let causes = OnceLock::new();
        Ok(Ground { embedded, root, settings, run, commit, branch, quarantines, classification, causes })
    }

    /// What a person should know about the quarantine: an unreadable file, entries that do not hold.
    pub fn quarantine_notes(&self) -> Vec<String> {
        let fault = self.classification.as_ref().err().map(|why| format!("no quarantine holds: {why}"));
        let lapsed = self.quarantines.iter().filter(|q| !q.state.holds());
        let lapsed = lapsed.map(|q| {
            format!("the quarantine of {} does not hold, it is {}: {}", show(&q.id), q.state.name(), q.detail)
        });
        fault.into_iter().chain(lapsed).collect()
    }

    /// The patterns of root causes, compiled when they are first asked for.
    pub fn causes(&self) -> &Causes {
        self.causes.get_or_init(|| Causes::of(self.embedded))
    }

    /// The kind's settings.
    pub fn spec(&self, kind: &str) -> Option<&SuiteSpec> {
        self.run.suites.iter().find(|s| s.kind == kind)
    }

    /// By kind, the names of its suites, sorted. What is wrong with any of them is in the error, all at once.
    pub fn names(&self) -> Result<BTreeMap<String, Vec<String>>, Error> {
        let lists = Lists {
            root: &self.root,
            classification: self.classification.as_ref().map_err(Clone::clone),
            path: &self.settings.classification,
        };
        lists.all(&self.run.suites).map_err(|wrong| Error::Usage(wrong.join("\n")))
    }
}

/// The classification file; an absent one holds nothing.
fn classification(root: &Root, path: &str) -> Result<ClassificationFile, String> {
    let bytes = match root.read(path, CLASSIFICATION) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing(_)) => return Ok(ClassificationFile::default()),
        Err(other) => return Err(other.to_string()),
    };
    let text =
        tollgate_text::toml_text::text_of(&bytes).map_err(|f| format!("{}: {}", show(path), f.message))?;
    waiver::parse(path, text).map_err(|fault| fault.to_string())
}
