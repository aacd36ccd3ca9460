//! What a run would have planned that wrote the files: their reader, the role of their kind, no shard, and the call itself.

use crate::verb::ingest::request::IngestRequest;
use tollgate_core::model::plan::{SelectionCounts, Shard, ShardKind};
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::suite::{ResultReader, SuiteRole};
use tollgate_core::plan;
use tollgate_flow::commands::{flagged, path_word};
use tollgate_flow::error::Error;
use tollgate_host::files::Root;
use tollgate_text::redact::Masker;
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

/// The call itself, ready to be made again. Where a secret stands in the name of a file, only its form: with a mask in its
/// place nobody could make it.
pub(super) fn again(request: &IngestRequest<'_>, root: &Root, masker: &Masker) -> String {
    let mut words = vec!["tollgate ingest".to_string()];
    if request.kind != "unit" {
        words.push(flagged("--kind", request.kind));
    }
    if let Some(repeats) = request.repeats {
        words.push(flagged("--repeats", repeats));
    }
    words.push(request.format.to_string());
    let files: Vec<String> = request.files.iter().map(|f| root.spell(f)).collect();
    // Quoted for a shell a secret may be another text: both are looked at, as in commands of suites.
    let secret = files.iter().any(|file| masker.finds(file) || masker.finds(&path_word(file)));
    match secret {
        true => words.push("FILE".into()),
        false => words.extend(files.iter().map(|file| path_word(file))),
    }
    words.join(" ")
}
