//! Which files an `[artifacts.<name>]` table stands for.

use super::context::EvidenceContext;
use super::fault::FileFault;
use super::glob::glob;
use super::run_folder::NoRun;
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::ArtifactSpec;
use tollgate_text::show::show;

/// What was found for one table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FoundFiles {
    /// One file; with `many = true` one or more, sorted. They may still turn out to be unreadable.
    Files(Vec<String>),
    /// Nothing is there, or it cannot be told: what was looked for, and a fault whose clause says so.
    None(String, FileFault),
}

/// Finds the files of a table: the first path that exists, or with `many = true` every match of every path.
pub(super) fn find(spec: &ArtifactSpec, ctx: &EvidenceContext<'_>) -> FoundFiles {
    let place = ctx.run_dir.as_ref().err().map_or("{run}", |none| none.place.as_str());
    let named = spec.paths.first().map(|path| path.replace("{run}", place)).unwrap_or_default();
    let mut paths = Vec::new();
    let mut no_run = None;
    for path in &spec.paths {
        match fill(path, &ctx.run_dir) {
            Ok(path) => paths.push(path),
            Err(none) => {
                // `{run}` says nothing to whoever reads the verdict.
                let path = path.replace("{run}", &none.place);
                let clause = format!("{} cannot be found: {}", show(&path), none.why);
                let fault = FoundFiles::None(path, FileFault::new(none.reason, clause));
                // Where there is no run at all, its file does not exist and a later path may; a run that cannot be looked
                // into is never passed over.
                if none.reason != Reason::Missing {
                    return fault;
                }
                no_run.get_or_insert(fault);
            }
        }
    }
    let shown = paths.first().cloned().unwrap_or(named);
    let missing = || {
        if let Some(fault) = no_run.clone() {
            return fault;
        }
        let what: Vec<String> = paths.iter().map(|p| show(p)).collect();
        let clause = match (spec.many, &what[..]) {
            (false, [one]) => format!("{one} does not exist"),
            (false, [first, rest @ ..]) => format!("{first} does not exist, nor does {}", rest.join(", ")),
            (false, []) => "no path is given".into(),
            (true, globs) => format!("{}: no file matches", globs.join(" or ")),
        };
        FoundFiles::None(shown.clone(), FileFault::new(Reason::Missing, clause))
    };
    if !spec.many {
        // What is there and cannot be read is found: it is never passed over for a later path.
        let there = paths.iter().find(|p| !matches!(ctx.root.exists(p), Ok(false)));
        return there.map_or_else(missing, |path| FoundFiles::Files(vec![path.clone()]));
    }
    let mut files = Vec::new();
    for path in &paths {
        match glob(ctx.root, path) {
            Ok(found) => files.extend(found),
            Err(why) => return FoundFiles::None(path.clone(), FileFault::new(Reason::Unreadable, why)),
        }
    }
    files.sort();
    files.dedup();
    if files.is_empty() { missing() } else { FoundFiles::Files(files) }
}

/// `{run}` filled in.
fn fill(path: &str, run_dir: &Result<String, NoRun>) -> Result<String, NoRun> {
    if !path.contains("{run}") {
        return Ok(path.to_string());
    }
    run_dir.clone().map(|run| path.replace("{run}", &run))
}
