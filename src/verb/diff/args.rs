//! The command line of `diff`, and its answer.

use super::{DiffRequest, diff, exit_code};
use crate::verb::answer::{Answer, Answered, Call, json, refused};
use crate::verb::formats;
use clap::Args;
use std::path::{Path, PathBuf};
use tollgate_core::model::triage::TriageDiff;
use tollgate_core::report::github::Github;
use tollgate_core::report::{ReportKind, TermStyle, run_github};
use tollgate_flow::error::Error;
use tollgate_host::files::file_set::Output;
use tollgate_text::redact::Masked;

/// `tollgate diff`
#[derive(Debug, Args)]
#[command(
    arg = formats::of_diff(),
    after_help = "On one line: regressions (passed in the baseline, fails now), fixed, still_failing, new_failures (fails, and \
                  is not in the baseline), new_passes, removed. Exit code 1 with a regression or a new failure. Formats: human, \
                  json, markdown and github, which adds to the files that GITHUB_STEP_SUMMARY and GITHUB_OUTPUT name."
)]
pub struct Diff {
    /// The baseline: a run folder, or its summary.json
    pub base: PathBuf,
    /// The run: a run folder, or its summary.json
    pub current: PathBuf,
    /// Write the triage diff into this file too
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Compares two runs.
pub fn answer(call: &Call<'_>, asked: &Diff) -> Result<Answered, Error> {
    let out: Vec<&Path> = call.files.iter().copied().chain(asked.out.as_deref()).collect();
    let Call { root, now, env, .. } = *call;
    let found = diff(&DiffRequest { root, base: &asked.base, current: &asked.current, out: &out, now, env })?;
    Ok(Answered::of(Comparison { found: call.masked(found)?, out: asked.out.clone() }))
}

/// A comparison, and the file that it is written to whatever the formats.
struct Comparison {
    found: Masked<TriageDiff>,
    out: Option<PathBuf>,
}

impl Answer for Comparison {
    fn kinds(&self) -> Vec<ReportKind> {
        ReportKind::telling(|format| format.diff.is_some())
    }

    fn text(&self, kind: ReportKind, _style: &TermStyle) -> Result<String, Error> {
        let render = kind.format().diff.ok_or_else(|| refused(kind, &self.kinds()))?;
        Ok(render(&self.found, self.is_green()))
    }

    fn exit_code(&self) -> u8 {
        exit_code(&self.found)
    }

    fn step(&self) -> Option<Github> {
        Some(run_github::diff(&self.found, self.is_green()))
    }

    fn beside(&self) -> Result<Vec<Output>, Error> {
        self.out.iter().map(|path| Ok(Output::deciding(path.clone(), json(&*self.found)?))).collect()
    }
}
