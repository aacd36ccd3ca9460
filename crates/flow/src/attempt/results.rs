//! The results file of a suite whose reader reads one. It counts only when the command wrote it: what stood there before is
//! taken away, and what a step wrote is read before the next one writes over it.

use super::result_files::{fits, is_pattern, matching};
use super::steps::read;
use std::path::{Path, PathBuf};
use tollgate_core::ingest::READINGS;
use tollgate_core::model::suite::{Repeats, ResultReader, SuiteSpec};
use tollgate_core::model::test::Reading;
use tollgate_core::triage::attempts::Unread;
use tollgate_host::files::unlinked::{Beneath, Unreached};
use tollgate_host::files::{self, ReadError};
use tollgate_text::command::fill;
use tollgate_text::decode::Utf16;
use tollgate_text::redact::Masker;
use tollgate_text::show::show;

/// Bytes of a results file at most.
const LIMIT: u64 = 1 << 30;

/// Where a suite's results stand.
pub struct Results<'a> {
    /// The file, or the pattern that several fit.
    path: PathBuf,
    several: bool,
    reader: ResultReader,
    repeats: Repeats,
    /// The workspace.
    root: &'a Path,
    /// The run folder.
    folder: &'a Path,
}

impl<'a> Results<'a> {
    /// `None` for a suite that is read by its output or its exit code. A relative path is looked up from the folder that the
    /// suite runs in.
    pub fn of(
        spec: &SuiteSpec,
        name: &str,
        out: &str,
        root: &'a Path,
        folder: &'a Path,
    ) -> Option<Results<'a>> {
        let text = spec.results.as_deref().filter(|_| spec.reader != ResultReader::Exit)?;
        let path = fill(text, &[("{name}", name), ("{out}", out)]);
        Some(Results {
            several: is_pattern(text),
            path: root.join(&spec.cwd).join(path),
            reader: spec.reader,
            repeats: spec.repeats,
            root,
            folder,
        })
    }

    /// As messages name it.
    pub fn shown(&self) -> String {
        let below = self.path.strip_prefix(self.root).unwrap_or(&self.path);
        show(&below.display().to_string())
    }

    /// Which paths of the workspace are its results, or folders on the way to them.
    pub fn claims(&self) -> impl Fn(&Path) -> bool + use<> {
        let own = self.path.strip_prefix(self.root).ok().map(Path::to_path_buf);
        let several = self.several;
        move |path| own.as_ref().is_some_and(|own| own.starts_with(path) || (several && fits(own, path)))
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
    pub fn linked(&self) -> Option<Unreached> {
        // Of a pattern nothing is found behind a link.
        let reached = self
            .beneath()
            .and_then(|(dir, below)| if self.several { Ok(()) } else { dir.has_no_link(below) });
        reached.err().filter(|error| matches!(error, Unreached::Linked(_)))
    }

    /// Takes away what an earlier run left and makes the folder that the suite writes into. The error is a sentence.
    pub fn clear(&self) -> Result<(), String> {
        if self.path.starts_with(self.folder) {
            let made = self.beneath().and_then(|(dir, below)| dir.make_folders(below));
            made.map_err(|e| format!("the folder of {} cannot be made: it {e}", self.shown()))?;
        }
        self.remove()
    }

    /// Takes away what a step wrote inside the workspace, outside the run folder, so that the next one cannot pass by it.
    pub fn clear_for_next(&self) -> Result<(), String> {
        if self.path.starts_with(self.folder) { Ok(()) } else { self.remove() }
    }

    /// What cannot be taken away would be taken for what the command wrote: the error must keep the suite from passing.
    fn remove(&self) -> Result<(), String> {
        if self.several {
            return self.remove_all();
        }
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

    fn remove_all(&self) -> Result<(), String> {
        let stay = |why: String| {
            format!("{}: what was there before the suite started is not removed: {why}", self.shown())
        };
        let (dir, _) = self.beneath().map_err(|error| stay(format!("it {error}")))?;
        for path in self.files().map_err(stay)? {
            dir.remove(&path)
                .map_err(|error| stay(format!("{} {error}", show(&path.display().to_string()))))?;
        }
        Ok(())
    }

    /// The files that fit the pattern, from the folder of `place`.
    fn files(&self) -> Result<Vec<PathBuf>, String> {
        let (dir, below) = self.place().ok_or("it is outside of its folder")?;
        matching(dir, below).map_err(|why| format!("it {why}"))
    }

    /// Reads what was written, of a pattern the files in order. In the run folder it is evidence that is passed on: secrets in it are masked.
    pub fn read(&self, masker: &Masker) -> Result<Vec<Reading>, Unread> {
        if !self.several {
            return self.read_one(masker, &mut 0);
        }
        let shown = self.shown();
        let files = self.files().map_err(|why| Unread::Wrong(format!("{shown}: {why}")))?;
        if files.is_empty() {
            return Err(Unread::Missing(format!("its results, {shown}, are not there")));
        }
        let (Some((dir, _)), mut read) = (self.place(), 0) else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for file in files {
            let one = Results { path: dir.join(file), several: false, ..*self };
            all.extend(one.read_one(masker, &mut read)?);
            if all.len() > READINGS {
                return Err(Unread::Wrong(format!("{shown} hold more than {READINGS} suites")));
            }
        }
        Ok(all)
    }

    /// Reads one file; `before` is what was read of others.
    fn read_one(&self, masker: &Masker, before: &mut u64) -> Result<Vec<Reading>, Unread> {
        let shown = self.shown();
        let (file, meta) = files::open_regular(&self.path, &shown).map_err(|error| match error {
            ReadError::Missing(_) => Unread::Missing(format!("its results, {shown}, are not there")),
            other => Unread::Wrong(other.to_string()),
        })?;
        *before = before.saturating_add(meta.len());
        if *before > LIMIT {
            return Err(Unread::Wrong(format!(
                "{shown} has {} bytes, more than the limit of {LIMIT}",
                *before
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
