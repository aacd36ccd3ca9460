//! A results file is taken away before its suite starts: one that git tracks, or that is reached through a symbolic link, is no
//! file that a suite leaves, and is kept.

use super::results::Results;
use crate::error::Error;
use crate::ground::Ground;
use tollgate_core::model::plan::PlannedSuite;
use tollgate_core::model::suite::{ResultReader, SuiteSpec};
use tollgate_host::git::{GitError, Repository};
use tollgate_text::command::fill;
use tollgate_text::show::show;

/// Refuses a plan whose suites name a file behind a link as their results, before anything starts. What is in the folder of the run is
/// made by the run.
pub fn refuse_linked(ground: &Ground, items: &[PlannedSuite]) -> Result<(), Error> {
    for item in items {
        let Some(spec) = ground
            .spec(&item.kind)
            .filter(|spec| spec.results.as_ref().is_some_and(|r| !r.contains("{out}")))
        else {
            continue;
        };
        let root = ground.root.real();
        let linked = Results::of(spec, &item.name, "", root, root)
            .and_then(|results| Some((results.shown(), results.linked()?)));
        if let Some((path, why)) = linked {
            return Err(Error::Usage(format!(
                "`results` of `[suites.{}]` is {path}, which {why}: tollgate removes the results file before each start, and removes \
                 nothing through a link; name the folder itself, or a file below {{out}}",
                show(&item.kind)
            )));
        }
    }
    Ok(())
}

/// Refuses a plan whose suites name a tracked file as their results, before anything starts. Git is asked once, and only where
/// such a file is there.
pub fn refuse_tracked(ground: &Ground, items: &[PlannedSuite]) -> Result<(), Error> {
    let mut there: Vec<(&str, String)> = Vec::new();
    for item in items {
        let spec = ground.spec(&item.kind).filter(|spec| spec.reader != ResultReader::Exit);
        let Some((spec, path)) = spec.and_then(|spec| Some((spec, fixed(spec, &item.name)?))) else {
            continue;
        };
        if is_report(spec.reader, &path) {
            continue;
        }
        if ground.root.real().join(&path).symlink_metadata().is_ok() && !there.iter().any(|t| t.1 == path) {
            there.push((&item.kind, path));
        }
    }
    if there.is_empty() {
        return Ok(());
    }
    let repository = match Repository::find(ground.root.real()) {
        Ok(repository) => repository,
        // Outside of git nothing is tracked.
        Err(GitError::NoRepository(_)) => return Ok(()),
        Err(error) => {
            let what = "whether git tracks the results files that would be removed cannot be told";
            return Err(Error::Work(format!("{what}: {error}")));
        }
    };
    let paths: Vec<&str> = there.iter().map(|(_, path)| path.as_str()).collect();
    let tracked = repository.tracked(&paths).map_err(|e| Error::Work(e.to_string()))?;
    let Some((kind, path)) = there.iter().find(|(_, path)| tracked.contains(path)) else { return Ok(()) };
    Err(Error::Usage(format!(
        "`results` of `[suites.{}]` is {}, which git tracks: tollgate removes the results file before each start, so it must \
         be one that the suite writes",
        show(kind),
        show(path)
    )))
}

/// Whether a file is named as the reports are that the reader reads: one that somebody committed is an old report all the same.
fn is_report(reader: ResultReader, path: &str) -> bool {
    let wanted = match reader {
        ResultReader::Junit | ResultReader::Pytest => ".xml",
        ResultReader::Jest | ResultReader::Playwright => ".json",
        _ => return false,
    };
    path.ends_with(wanted)
}

/// The results file of a suite, from the workspace; `None` where it stands in the suite's own folder of the run.
fn fixed(spec: &SuiteSpec, name: &str) -> Option<String> {
    let text = spec.results.as_deref().filter(|text| !text.contains("{out}"))?;
    let path = format!("{}/{}", spec.cwd, fill(text, &[("{name}", name)]));
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
