//! The files of a check, each whole or not at all.

use super::error::Error;
use crate::base::files::{self, write_atomic};
use crate::model::lane::Lane;
use crate::model::report::Report;
use crate::report;
use std::path::Path;

/// Writes the verdict and what belongs to it into `out`. The verdict comes last: when it is there, so is the rest. A
/// `replay_bundle.json` of an earlier red check is taken away when nothing failed, so that it misleads nobody.
pub fn write(out: &Path, report: &Report) -> Result<(), Error> {
    let lane = report.verdict.lane;
    let stem = lane.stem();
    if lane != Lane::Preflight {
        write_atomic(&out.join(format!("{stem}_events.jsonl")), report::events::report(report).as_bytes())?;
        write_atomic(&out.join(format!("{stem}_report.md")), report::markdown::report(report).as_bytes())?;
    }
    write_atomic(&out.join("waiver_audit.json"), report::audit::report(report).as_bytes())?;
    let bundle = out.join("replay_bundle.json");
    if let Some(text) = report::bundle::report(report) {
        write_atomic(&bundle, text.as_bytes())?;
    } else if let Err(error) = std::fs::remove_file(&bundle)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        let shown = files::show(&bundle.display().to_string());
        return Err(Error::Work(format!("{shown} cannot be removed: {}", files::plain(&error))));
    }
    write_atomic(&out.join(format!("{stem}_verdict.json")), report::json::report(report).as_bytes())?;
    Ok(())
}
