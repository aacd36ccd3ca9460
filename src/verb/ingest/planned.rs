//! What a run would have planned that wrote the files: their reader, the role of their kind, and no shard.

use tollgate_core::model::plan::{SelectionCounts, Shard, ShardKind};
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::suite::{ResultReader, SuiteRole};
use tollgate_core::plan;
use tollgate_flow::error::Error;
use tollgate_text::show::show;

/// The reader of that name; the exit code alone is none of a file.
pub(super) fn reader(name: &str) -> Result<ResultReader, Error> {
    let readers = ResultReader::ALL.iter().filter(|r| **r != ResultReader::Exit).map(|r| r.name());
    match ResultReader::parse(name).filter(|r| *r != ResultReader::Exit) {
        Some(reader) => Ok(reader),
        None => {
            let hint = tollgate_text::toml_text::suggestion(name, readers);
            Err(Error::Usage(format!("no reader is called `{}`{hint}", show(name))))
        }
    }
}

/// An E2E kind is a suite, every other a unit, where `tollgate.toml` does not say.
pub(super) fn default_role(kind: &str) -> SuiteRole {
    if kind == "e2e" { SuiteRole::Suite } else { SuiteRole::Unit }
}

/// The plan that would have run what was found: it is no shard of another.
pub(super) fn planned(records: &[SuiteRecord]) -> (Shard, SelectionCounts) {
    let items = records.iter().map(|r| (r.role, r.result.kind.as_str(), r.result.name.as_str()));
    let plan_digest = plan::digest("ingest", items);
    let count = |role| records.iter().filter(|r| r.role == role).count() as u64;
    let plan = SelectionCounts { suites: count(SuiteRole::Suite), units: count(SuiteRole::Unit) };
    (Shard { kind: ShardKind::None, index: 0, total: 1, plan_digest }, plan)
}
