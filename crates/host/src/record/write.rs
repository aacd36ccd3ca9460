//! The documents of a run as they are written: whole or not at all.

use super::folder::{File, Folder, SuiteFile};
use super::layout::pretty;
use crate::files::WriteError;
use crate::files::unlinked::Beneath;
use serde::Serialize;
use std::path::Path;
use tollgate_core::model::bundle::ReplayBundle;
use tollgate_core::model::event::TimelineLine;
use tollgate_core::model::failure::{FailureDigest, FailureIndex};
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::run::{Environment, Identity, RunSummary, schema};
use tollgate_core::model::triage::TriageDiff;
use tollgate_text::escape;
use tollgate_text::show::show;

/// `result.json`: who and when, and what the runner knows of the suite.
#[derive(Serialize)]
struct ResultDocument<'a> {
    schema: &'a str,
    #[serde(flatten)]
    identity: &'a Identity,
    #[serde(flatten)]
    record: &'a SuiteRecord,
}

impl Folder {
    /// `summary.json`
    pub fn write_summary(&self, summary: &RunSummary) -> Result<(), WriteError> {
        self.json(&self.path(File::Summary), summary)
    }

    /// `environment.json`
    pub fn write_environment(&self, environment: &Environment) -> Result<(), WriteError> {
        self.json(&self.path(File::Environment), environment)
    }

    /// `replay_bundle.json`
    pub fn write_bundle(&self, bundle: &ReplayBundle) -> Result<(), WriteError> {
        self.json(&self.path(File::ReplayBundle), bundle)
    }

    /// `failure_diagnostics_index.json`
    pub fn write_index(&self, index: &FailureIndex) -> Result<(), WriteError> {
        self.json(&self.path(File::FailureIndex), index)
    }

    /// `triage_diff.json`
    pub fn write_triage(&self, triage: &TriageDiff) -> Result<(), WriteError> {
        self.json(&self.path(File::TriageDiff), triage)
    }

    /// `junit.xml`; the text comes from `junit`.
    pub fn write_junit(&self, text: &str) -> Result<(), WriteError> {
        self.write(&self.path(File::Junit), text.as_bytes())
    }

    /// `run_report.md`; the text comes from `run_report`.
    pub fn write_report(&self, text: &str) -> Result<(), WriteError> {
        self.write(&self.path(File::Report), text.as_bytes())
    }

    /// A suite's `result.json`.
    pub fn write_result(
        &self,
        folder: &str,
        identity: &Identity,
        record: &SuiteRecord,
    ) -> Result<(), WriteError> {
        let document = ResultDocument { schema: schema::RESULT, identity, record };
        self.json(&self.suite_path(folder, SuiteFile::Result), &document)
    }

    /// A suite's `failure_digest.json`.
    pub fn write_digest(&self, folder: &str, digest: &FailureDigest) -> Result<(), WriteError> {
        self.json(&self.suite_path(folder, SuiteFile::Digest), digest)
    }

    /// A suite's `failure_timeline.jsonl`.
    pub fn write_timeline(&self, folder: &str, lines: &[TimelineLine]) -> Result<(), WriteError> {
        let path = self.suite_path(folder, SuiteFile::Timeline);
        let mut text = String::new();
        for line in lines {
            text.push_str(&serde_json::to_string(line).map_err(|e| failed(&path, &e))?);
            text.push('\n');
        }
        self.write(&path, escape::json(text).as_bytes())
    }

    /// Takes `summary.json` away before the documents of the run are written anew: whoever finds one finds those of its run.
    pub fn remove_summary(&self) -> Result<(), WriteError> {
        let path = self.path(File::Summary);
        let removed = Beneath::open(self.dir()).and_then(|run| run.remove(Path::new(File::Summary.name())));
        removed
            .map(drop)
            .map_err(|e| WriteError { path: show(&path.display().to_string()), why: format!("it {e}") })
    }

    fn json<T: Serialize>(&self, path: &Path, document: &T) -> Result<(), WriteError> {
        self.write(path, &pretty(document).map_err(|e| failed(path, &e))?)
    }

    /// A file of the run, never behind a link that a suite put in the place of a folder.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        let below = path.strip_prefix(self.dir()).unwrap_or(path);
        Beneath::make(self.dir())?.write(below, bytes)
    }
}

fn failed(path: &Path, error: &serde_json::Error) -> WriteError {
    WriteError { path: show(&path.display().to_string()), why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::super::read::{read_bundle, read_summary};
    use super::super::sample;
    use super::*;
    use crate::files::Root;

    fn folder() -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().expect("a folder");
        let root = Root::open(dir.path()).expect("a workspace");
        let folder = Folder::create(&root, &dir.path().join("run")).expect("a run folder");
        (dir, folder)
    }

    #[test]
    fn every_document_is_of_its_schema_and_the_schema_lists_its_fields() {
        let (_dir, folder) = folder();
        folder.write_summary(&sample::summary()).expect("written");
        folder.write_environment(&sample::environment()).expect("written");
        folder.write_bundle(&sample::bundle()).expect("written");
        folder.write_index(&sample::index()).expect("written");
        folder.write_triage(&sample::triage()).expect("written");
        let record = &sample::records()[0];
        folder.write_result("parser", &sample::identity(), record).expect("written");
        folder.write_digest("parser", &sample::digest()).expect("written");
        folder.write_timeline("parser", &sample::timeline()).expect("written");
        let written = |path: std::path::PathBuf| crate::files::read(&path, 1 << 30).expect("written");
        for (file, id) in [
            (File::Summary, schema::SUMMARY),
            (File::Environment, schema::ENVIRONMENT),
            (File::ReplayBundle, schema::REPLAY_BUNDLE),
            (File::FailureIndex, schema::FAILURE_INDEX),
            (File::TriageDiff, schema::TRIAGE_DIFF),
        ] {
            sample::holds(id, &written(folder.path(file)));
        }
        for (file, id) in [(SuiteFile::Result, schema::RESULT), (SuiteFile::Digest, schema::FAILURE_DIGEST)] {
            sample::holds(id, &written(folder.suite_path("parser", file)));
        }
        let timeline = written(folder.suite_path("parser", SuiteFile::Timeline));
        for line in timeline.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            sample::holds(schema::TIMELINE, line);
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (_dir, folder) = folder();
        folder.write_summary(&sample::summary()).expect("written");
        folder.write_bundle(&sample::bundle()).expect("written");
        let (summary, sha256) = read_summary(folder.dir()).expect("read");
        assert_eq!(summary, sample::summary());
        let bytes = crate::files::read(&folder.path(File::Summary), 1 << 30).expect("written");
        assert_eq!(sha256, tollgate_text::digest::sha256_hex(&bytes));
        assert_eq!(read_bundle(&folder.path(File::ReplayBundle)).expect("read").0, sample::bundle());
    }

    #[test]
    fn the_summary_as_it_stands_in_a_file() {
        let text = String::from_utf8(pretty(&sample::summary()).expect("written")).expect("UTF-8");
        insta::assert_snapshot!(text);
    }
}
