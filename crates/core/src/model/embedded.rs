//! What the binary brings along. The one value of it is made where the files are embedded and handed down from there.

/// Files by their path below their folder, sorted by path.
pub type FileTable = &'static [(&'static str, &'static str)];

/// Gate packs, schemas, runbook entries and the patterns of root causes.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// `<pack>/<id>.toml`
    pub gates: FileTable,
    /// `<id>.json`
    pub schemas: FileTable,
    /// `<id>.toml`, `<group>/<id>.toml`
    pub runbook: FileTable,
    /// `runbook/root_causes.toml`
    pub root_causes: &'static str,
}
