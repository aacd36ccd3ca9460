//! The results file of a suite whose reader reads one. It counts only when the command wrote it: what stood there before is
//! taken away, and what a step wrote is read before the next one writes over it.

use super::steps::read;
use crate::base::command::fill;
use crate::base::decode::Utf16;
use crate::base::files::{self, ReadError, show};
use crate::base::redact::Masker;
use crate::base::unlinked::{Beneath, Unreached};
use crate::model::suite::{Reader, Repeats, SuiteSpec};
use crate::model::test::Reading;
use crate::triage::attempts::Unread;
use std::path::{Path, PathBuf};

/// Bytes of a results file at most.
const LIMIT: u64 = 1 << 30;

/// Where a suite's results stand.
pub(in crate::app) struct Results<'a> {
    path: PathBuf,
    reader: Reader,
    repeats: Repeats,
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
        Some(Results {
            path: root.join(&spec.cwd).join(path),
            reader: spec.reader,
            repeats: spec.repeats,
            root,
            folder,
        })
    }

    /// As messages name it.
    pub(in crate::app) fn shown(&self) -> String {
        let below = self.path.strip_prefix(self.root).unwrap_or(&self.path);
        show(&below.display().to_string())
    }

    /// Where it stands in the workspace.
    pub(in crate::app) fn below(&self) -> Option<&Path> {
        self.path.strip_prefix(self.root).ok()
    }

    /// The folder that the results stand below, and where. A name of a suite may lead out of the folder that the path begins with.
    fn place(&self) -> Option<(&'a Path, &Path)> {
        let below = |dir: &'a Path| Some((dir, self.path.strip_prefix(dir).ok()?));
        below(self.folder).or_else(|| below(self.root))
    }

    /// The same, opened: no link on the way is followed.
    fn beneath(&self) -> Result<(Beneath, &Path), Unreached> {
        let (dir, below) = self.place().ok_or(Unreached::Outside)?;
        Ok((Beneath::open(dir)?, below))
    }

    /// Whether the results are in a folder that is a symbolic link: tollgate would remove, before each start, a file that stands somewhere
    /// else. The error is a clause that follows the path.
    pub(in crate::app) fn linked(&self) -> Option<Unreached> {
        let reached = self.beneath().and_then(|(dir, below)| dir.has_no_link(below));
        reached.err().filter(|error| matches!(error, Unreached::Linked(_)))
    }

    /// Takes away what an earlier run left and makes the folder that the suite writes into. The error is a sentence.
    pub(in crate::app) fn clear(&self) -> Result<(), String> {
        if self.path.starts_with(self.folder) {
            let made = self.beneath().and_then(|(dir, below)| dir.make_folders(below));
            made.map_err(|e| format!("the folder of {} cannot be made: it {e}", self.shown()))?;
        }
        self.remove()
    }

    /// Takes away what a step wrote inside the workspace, outside the run folder, so that the next one cannot pass by it.
    pub(in crate::app) fn clear_for_next(&self) -> Result<(), String> {
        if self.path.starts_with(self.folder) { Ok(()) } else { self.remove() }
    }

    /// What cannot be taken away would be taken for what the command wrote: the error must keep the suite from passing.
    fn remove(&self) -> Result<(), String> {
        let removed = self.beneath().and_then(|(dir, below)| dir.remove(below));
        match removed {
            Ok(_) => Ok(()),
            // Nothing that is there is taken for results of this suite.
            Err(Unreached::Outside) if std::fs::symlink_metadata(&self.path).is_err() => Ok(()),
            Err(error) => Err(format!(
                "{} was there before the suite started and is not removed: it {error}",
                self.shown()
            )),
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
        let found =
            read(self.reader, self.repeats, &mut std::io::BufReader::with_capacity(1 << 16, file), &shown);
        self.mask(masker).map_err(Unread::Wrong)?;
        found
    }

    fn mask(&self, masker: &Masker) -> Result<(), String> {
        if !self.path.starts_with(self.folder) {
            return Ok(());
        }
        let bytes = files::read(&self.path, LIMIT).map_err(|e| e.to_string())?;
        // Secrets are looked for as bytes of UTF-8.
        let utf16 = Utf16::read(&bytes);
        let text = utf16.as_ref().map_or(&bytes[..], |utf16| utf16.text.as_bytes());
        let mut out = Vec::new();
        let mut stream = masker.stream();
        stream.push(text, &mut |part| out.extend_from_slice(part));
        stream.finish(&mut |part| out.extend_from_slice(part));
        if stream.masked() == 0 {
            return Ok(());
        }
        if let Some(utf16) = &utf16 {
            out = utf16.bytes(&String::from_utf8_lossy(&out));
        }
        let (dir, below) =
            self.beneath().map_err(|e| format!("a secret stays unmasked: {} {e}", self.shown()))?;
        dir.write(below, &out).map_err(|e| format!("a secret stays unmasked: {e}"))
    }
}
