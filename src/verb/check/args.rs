//! The command line of `check`, and its answer.

use super::{CheckRequest, check};
use crate::verb::answer::{Answer, Answered, Call, PeopleRead, refused};
use crate::verb::formats;
use crate::verb::lane::LaneArg;
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_core::model::report::CheckReport;
use tollgate_core::model::verdict::VerdictOutcome;
use tollgate_core::report::github::{self, Github};
use tollgate_core::report::{ReportKind, TermStyle};
use tollgate_flow::error::Error;
use tollgate_flow::verdict_write;
use tollgate_host::files::WriteError;
use tollgate_host::files::file_set::{Output, write_set};
use tollgate_text::redact::Masked;
use tollgate_text::show::show;

/// The mode, as the command line spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// Promotion only on a green verdict
    Strict,
    /// Promotion by a valid [rollback] record; the verdict stays what it is
    Rollback,
}

/// `tollgate check`
#[derive(Debug, Args)]
#[command(arg = formats::of_report())]
pub struct CheckArgs {
    /// Which gates are judged
    #[arg(long, value_enum, default_value = "full")]
    pub lane: LaneArg,
    /// Judge only this gate; may be given several times
    #[arg(long, value_name = "ID")]
    pub gate: Vec<String>,
    /// Judge this run folder instead of the newest
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// How promotion is decided [default: $CI_GATE_PROMOTION_MODE, else strict]
    #[arg(long, value_enum)]
    pub mode: Option<ModeArg>,
    /// Write the verdict files into this folder [default: the workspace's output folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Load gates, schemas, waivers and tollgate.toml from this git ref
    #[arg(long, value_name = "REF")]
    pub policy_from: Option<String>,
    /// Mark what is new, known or fixed since this verdict
    #[arg(long, value_name = "VERDICT")]
    pub previous: Option<PathBuf>,
    /// Fix the run id and durations too: the same inputs give the same bytes
    #[arg(long)]
    pub deterministic: bool,
}

fn mode(asked: &CheckArgs, env: &BTreeMap<String, String>) -> Result<Mode, Error> {
    let set = env.get("CI_GATE_PROMOTION_MODE").map(String::as_str).filter(|mode| !mode.is_empty());
    match (asked.mode, set) {
        (Some(ModeArg::Strict), _) | (None, None | Some("strict")) => Ok(Mode::Strict),
        (Some(ModeArg::Rollback), _) | (None, Some("rollback")) => Ok(Mode::Rollback),
        (None, Some(other)) => Err(Error::Usage(format!(
            "CI_GATE_PROMOTION_MODE is `{}`; it may be `strict` or `rollback`",
            show(other)
        ))),
    }
}

/// Judges the workspace.
pub fn answer(call: &Call<'_>, asked: &CheckArgs) -> Result<Answered, Error> {
    let lane = Lane::from(asked.lane);
    let mut open = call.open(&asked.gate, asked.run.as_deref());
    open.lane = Some(lane);
    open.policy_from = asked.policy_from.as_deref();
    let request = CheckRequest {
        open,
        lane,
        mode: mode(asked, call.env)?,
        previous: asked.previous.as_deref(),
        deterministic: asked.deterministic,
        progress: &|gate| call.aside.tick(gate),
    };
    let (workspace, report) = check(&request)?;
    let out = workspace.output(asked.out.as_deref());
    let file = format!("{}_verdict.json", report.verdict.lane.stem());
    let path = out.as_ref().ok().map(|out| out.join(file).display().to_string());
    let report = report.adding(|report, _| report.verdict_path = path);
    Ok(Answered::of(CheckAnswer { report, out }))
}

/// A verdict, and the folder that its files go to.
struct CheckAnswer {
    report: Masked<CheckReport>,
    out: Result<PathBuf, Error>,
}

impl Answer for CheckAnswer {
    fn kinds(&self) -> Vec<ReportKind> {
        ReportKind::telling(|format| format.report.is_some())
    }

    fn text(&self, kind: ReportKind, style: &TermStyle) -> Result<String, Error> {
        let render = kind.format().report.ok_or_else(|| refused(kind, &self.kinds()))?;
        Ok(render(&self.report, style))
    }

    fn exit_code(&self) -> u8 {
        self.report.verdict.exit_code
    }

    fn is_green(&self) -> bool {
        self.report.verdict.verdict == VerdictOutcome::Pass
    }

    fn people_read(&self) -> PeopleRead {
        PeopleRead::OnStderr
    }

    fn step(&self) -> Option<Github> {
        Some(github::report(&self.report))
    }

    /// The files of the output folder and those that were named are one set, and the runner of GitHub is told between what does not
    /// decide and what does.
    fn keep(
        &self,
        named: Vec<Output>,
        step: &mut dyn FnMut() -> Result<(), WriteError>,
    ) -> Result<(), Error> {
        let out = self.out.as_ref().map_err(Clone::clone)?;
        verdict_write::write(out, &self.report, &named, step)
    }

    /// Everything is delivered that can be: an operator with a full disk still learns what failed.
    fn unkept(&self, error: &Error) -> Option<Box<dyn Answer>> {
        let report = self.report.clone().adding(|report, _| {
            report.verdict_path = None;
            report.unwritten = Some(error.to_string());
        });
        Some(Box::new(Unwritten(CheckAnswer { report, out: Err(error.clone()) })))
    }
}

/// A red verdict whose files could not be written: those that were named are tried again, without the others.
struct Unwritten(CheckAnswer);

impl Answer for Unwritten {
    fn kinds(&self) -> Vec<ReportKind> {
        self.0.kinds()
    }

    fn text(&self, kind: ReportKind, style: &TermStyle) -> Result<String, Error> {
        self.0.text(kind, style)
    }

    fn exit_code(&self) -> u8 {
        self.0.exit_code()
    }

    fn is_green(&self) -> bool {
        false
    }

    fn people_read(&self) -> PeopleRead {
        self.0.people_read()
    }

    fn keep(
        &self,
        named: Vec<Output>,
        _step: &mut dyn FnMut() -> Result<(), WriteError>,
    ) -> Result<(), Error> {
        write_set(&named, &mut || Ok(())).map_err(Error::from)
    }
}
