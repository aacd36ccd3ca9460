//! A run as an answer: of `run` and `replay`, and of those that bring results together.

use super::output_end::log_end;
use crate::verb::answer::{Answer, PeopleRead, refused};
use std::path::PathBuf;
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::told::RunTold;
use tollgate_core::report::github::Github;
use tollgate_core::report::{ReportKind, TermStyle, run_github};
use tollgate_flow::error::{Error, exit};
use tollgate_flow::made::documents::Written;

/// What became of a run. Its text was masked as it was made.
pub struct RunAnswer {
    /// The documents.
    pub written: Written,
    /// SIGINT (2), SIGTERM (15) or SIGHUP (1), where one ended the run.
    pub interrupted: Option<i32>,
    /// After a green replay, which shows nothing of the rest: the command that runs the whole.
    pub whole: Option<String>,
    /// The workspace, where the ends of failed suites' outputs are to be shown.
    pub ends_in: Option<PathBuf>,
}

impl From<Written> for RunAnswer {
    fn from(written: Written) -> RunAnswer {
        RunAnswer { written, interrupted: None, whole: None, ends_in: None }
    }
}

impl RunAnswer {
    /// As reports tell it.
    fn told<T>(&self, tell: impl FnOnce(&RunTold<'_>) -> T) -> T {
        let Written { summary, summary_path, records, failed, diff, replay, .. } = &self.written;
        let output = |record: &SuiteRecord| self.ends_in.as_ref().map(|root| log_end(root, &record.log));
        tell(&RunTold {
            summary,
            summary_path,
            records,
            output: &output,
            failed,
            diff: diff.as_ref(),
            replay,
            whole: self.whole.as_deref(),
            green: self.is_green(),
        })
    }
}

impl Answer for RunAnswer {
    fn kinds(&self) -> Vec<ReportKind> {
        ReportKind::telling(|format| format.run.is_some())
    }

    fn text(&self, kind: ReportKind, style: &TermStyle) -> Result<String, Error> {
        let render = kind.format().run.ok_or_else(|| refused(kind, &self.kinds()))?;
        Ok(self.told(|told| render(told, style)))
    }

    /// 0 passed, 1 failed, 3 suites without a test, 130 or 143 interrupted.
    fn exit_code(&self) -> u8 {
        self.interrupted.map_or_else(|| exit::of_run(&self.written.summary), exit::of_signal)
    }

    fn people_read(&self) -> PeopleRead {
        PeopleRead::OnStderr
    }

    fn step(&self) -> Option<Github> {
        Some(self.told(run_github::run))
    }
}
