//! The files of a check: one set, of which the verdict decides.

use super::error::Error;
use std::path::Path;
use tollgate_core::model::lane::Lane;
use tollgate_core::model::report::CheckReport;
use tollgate_core::report;
use tollgate_host::files::WriteError;
use tollgate_host::files::file_set::{Output, write_set};
use tollgate_text::redact::Masked;

/// Writes the verdict and what belongs to it into `out`, and with it the files that the command line names. The verdict comes last:
/// when it is there, so is the rest, and where something cannot be written it is not there, nor is that of before. Checks that
/// write into one folder at once wait for each other. A `replay_bundle.json` of an earlier red check is taken away when nothing
/// failed, so that it misleads nobody. `before` is done just before the verdict is there.
pub fn write(
    out: &Path,
    report: &Masked<CheckReport>,
    named: &[Output],
    before: &mut dyn FnMut() -> Result<(), WriteError>,
) -> Result<(), Error> {
    let lane = report.verdict.lane;
    let stem = lane.stem();
    let mut set = Vec::new();
    if lane != Lane::Preflight {
        set.push(Output::file(out.join(format!("{stem}_events.jsonl")), report::events::report(report)));
        set.push(Output::file(out.join(format!("{stem}_report.md")), report::markdown::report(report)));
    }
    set.push(Output::file(out.join("waiver_audit.json"), report::audit::report(report)));
    let bundle = out.join("replay_bundle.json");
    set.push(match report::bundle::report(report) {
        Some(text) => Output::file(bundle, text),
        None => Output::gone(bundle),
    });
    set.extend_from_slice(named);
    set.push(Output::deciding(out.join(format!("{stem}_verdict.json")), report::json::report(report)));
    Ok(write_set(&set, before)?)
}
