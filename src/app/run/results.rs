//! The results file of a suite whose reader reads one. It counts only when the command wrote it: what stood there before is
//! taken away, and what a step wrote is read before the next one writes over it.

use super::steps::read;
use crate::base::command::fill;
use crate::base::files::{self, ReadError, show};
use crate::base::redact::Masker;
use crate::model::suite::{Reader, SuiteSpec};
use crate::model::test::Reading;
use crate::triage::attempts::Unread;
use std::path::{Component, Path, PathBuf};

/// Bytes of a results file at most.
const LIMIT: u64 = 1 << 30;

/// Where a suite's results stand.
pub(in crate::app) struct Results<'a> {
    path: PathBuf,
    reader: Reader,
    /// The workspace.
    root: &'a Path,
    /// The run folder.
    folder: &'a Path,
}

impl<'a> Results<'a> {
    /// `None` for a suite that is read by its output or its exit code. A relative path is looked up from the folder that the
    /// suite runs in.
    pub(in crate::app) fn of(
        spec: &SuiteSpec,
        name: &str,
        out: &str,
        root: &'a Path,
        folder: &'a Path,
    ) -> Option<Results<'a>> {
        let text = spec.results.as_deref().filter(|_| spec.reader != Reader::Exit)?;
        let path = fill(text, &[("{name}", name), ("{out}", out)]);
        Some(Results { path: root.join(&spec.cwd).join(path), reader: spec.reader, root, folder })
    }

    fn shown(&self) -> String {
        let below = self.path.strip_prefix(self.root).unwrap_or(&self.path);
        show(&below.display().to_string())
    }

    /// Takes away what an earlier run left and makes the folder that the suite writes into. The error is a sentence.
    pub(in crate::app) fn clear(&self) -> Result<(), String> {
        if let Some(dir) = self.path.parent().filter(|dir| dir.starts_with(self.folder)) {
            std::fs::create_dir_all(dir).map_err(|e| {
                format!("{} cannot be made: {}", show(&dir.display().to_string()), files::plain(&e))
            })?;
        }
        self.remove()
    }

    /// Takes away what a step wrote inside the workspace, outside the run folder, so that the next one cannot pass by it.
    pub(in crate::app) fn clear_for_next(&self) -> Result<(), String> {
        if self.path.starts_with(self.folder) { Ok(()) } else { self.remove() }
    }

    /// What cannot be taken away would be taken for what the command wrote: the error must keep the suite from passing.
    fn remove(&self) -> Result<(), String> {
        // A name of a suite may lead out of the folder that the path begins with.
        let climbs = self.path.components().any(|part| part == Component::ParentDir);
        let inside = |dir: &Path| match climbs {
            false => self.path.starts_with(dir),
            true => std::fs::canonicalize(self.path.parent().unwrap_or(&self.path))
                .is_ok_and(|real| std::fs::canonicalize(dir).is_ok_and(|dir| real.starts_with(dir))),
        };
        let inside = inside(self.root) || inside(self.folder);
        let stays = |why: &str| Err(format!("{} was there before the suite started and {why}", self.shown()));
        match std::fs::symlink_metadata(&self.path) {
            Ok(meta) if !inside || meta.is_dir() => stays("is not removed"),
            Ok(_) => std::fs::remove_file(&self.path)
                .or_else(|e| stays(&format!("cannot be removed: {}", files::plain(&e)))),
            Err(e) => match files::io_error(&self.shown(), &e) {
                ReadError::Missing(_) => Ok(()),
                other => Err(other.to_string()),
            },
        }
    }

    /// Reads what was written. In the run folder it is evidence that is passed on: secrets in it are masked.
    pub(in crate::app) fn read(&self, masker: &Masker) -> Result<Vec<Reading>, Unread> {
        let shown = self.shown();
        let (file, meta) = files::open_regular(&self.path, &shown).map_err(|error| match error {
            ReadError::Missing(_) => Unread::Missing(format!("its results, {shown}, are not there")),
            other => Unread::Wrong(other.to_string()),
        })?;
        if meta.len() > LIMIT {
            return Err(Unread::Wrong(format!(
                "{shown} has {} bytes, more than the limit of {LIMIT}",
                meta.len()
            )));
        }
        let found = read(self.reader, &mut std::io::BufReader::with_capacity(1 << 16, file), &shown);
        self.mask(masker).map_err(Unread::Wrong)?;
        found
    }

    fn mask(&self, masker: &Masker) -> Result<(), String> {
        if !self.path.starts_with(self.folder) {
            return Ok(());
        }
        let bytes = files::read(&self.path, LIMIT).map_err(|e| e.to_string())?;
        let mut out = Vec::new();
        let mut stream = masker.stream();
        stream.push(&bytes, &mut |part| out.extend_from_slice(part));
        stream.finish(&mut |part| out.extend_from_slice(part));
        if stream.masked() == 0 {
            return Ok(());
        }
        files::write_atomic(&self.path, &out).map_err(|e| format!("a secret stays unmasked: {e}"))
    }
}
