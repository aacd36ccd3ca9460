//! The command line of `waiver`, and its answers.

use super::audit::{self, waiver_audit};
use super::edit::{self, waiver_add, waiver_remove, waiver_renew};
use crate::verb::answer::{Answered, Call};
use crate::verb::formats;
use crate::verb::lane::LaneArg;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use tollgate_core::model::finding::Reason;
use tollgate_core::model::lane::Lane;
use tollgate_core::waiver::NewWaiver;
use tollgate_flow::error::{Error, exit};

/// `tollgate waiver`
#[derive(Debug, Subcommand)]
#[command(arg = formats::of_data())]
pub enum Waiver {
    /// List every waiver with its state
    List,
    /// List every waiver and quarantine entry; exit 1 when one is expired or invalid
    Audit,
    /// Add a waiver for a gate
    Add(WaiverAdd),
    /// Start a waiver's time again from today
    Renew {
        /// The gate's id
        gate: String,
        /// Days from today to the last day, at most 30
        #[arg(long, default_value_t = 14)]
        days: u32,
    },
    /// Remove a waiver
    Remove {
        /// The gate's id
        gate: String,
    },
}

/// `tollgate waiver add`
#[derive(Debug, Args)]
pub struct WaiverAdd {
    /// The gate's id
    pub gate: String,
    /// Who answers for it
    #[arg(long)]
    pub owner: String,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// The tracking issue
    #[arg(long)]
    pub issue: String,
    /// What ends it
    #[arg(long)]
    pub exit_criteria: String,
    /// The lanes it holds in [default: all]
    #[arg(long = "lane", value_enum, value_name = "LANE")]
    pub lanes: Vec<LaneArg>,
    /// Cover only this check; may be given several times [default: every check]
    #[arg(long = "check", value_name = "ID")]
    pub checks: Vec<String>,
    /// Cover evidence that is at fault in this way too; may be given several times [default: none]
    #[arg(long = "reason-kind", value_name = "KIND", value_parser = PossibleValuesParser::new(Reason::OF_EVIDENCE.map(Reason::name)))]
    pub reasons: Vec<String>,
    /// Days from today to the last day, at most 30
    #[arg(long, default_value_t = 14)]
    pub days: u32,
}

/// Lists the waivers, or edits them.
pub fn answer(call: &Call<'_>, asked: &Waiver) -> Result<Answered, Error> {
    let open = call.open(&[], None);
    let edit = match asked {
        Waiver::List | Waiver::Audit => {
            let audit = waiver_audit(&open)?;
            let audits = matches!(asked, Waiver::Audit);
            let exit = if audits { audit.exit_code() } else { audit.list_exit_code() };
            return call.data(audit, |audit, _| audit::human(audit), exit);
        }
        Waiver::Add(new) => waiver_add(
            &open,
            &NewWaiver {
                gate: new.gate.clone(),
                owner: new.owner.clone(),
                reason: new.reason.clone(),
                issue: new.issue.clone(),
                exit_criteria: new.exit_criteria.clone(),
                lanes: new.lanes.iter().map(|lane| Lane::from(*lane)).collect(),
                checks: new.checks.clone(),
                reasons: new.reasons.clone(),
                days: new.days,
            },
        )?,
        Waiver::Renew { gate, days } => waiver_renew(&open, gate, *days)?,
        Waiver::Remove { gate } => waiver_remove(&open, gate)?,
    };
    call.data(edit, |edit, _| edit::human(edit), exit::PASS)
}
