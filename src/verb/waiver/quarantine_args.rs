//! The command line of `quarantine`, and its answers.

use super::quarantine::{edit_human, list_human, quarantine_add, quarantine_list, quarantine_remove};
use crate::verb::answer::{Answered, Call};
use crate::verb::formats;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use tollgate_core::waiver::{CATEGORIES, NewQuarantine};
use tollgate_flow::error::{Error, exit};

/// `tollgate quarantine`
#[derive(Debug, Subcommand)]
#[command(arg = formats::of_data())]
pub enum Quarantine {
    /// List every quarantine entry with its state
    List,
    /// List every quarantine entry; exit 1 when one is expired or invalid
    Audit,
    /// Quarantine a suite or a test: its failures with one signature no longer block
    Add(QuarantineAdd),
    /// Remove a quarantine entry
    Remove {
        /// A suite, or one test of it
        #[arg(value_name = "SUITE[::TEST]")]
        id: String,
    },
}

/// `tollgate quarantine add`
#[derive(Debug, Args)]
pub struct QuarantineAdd {
    /// A suite, or one test of it
    #[arg(value_name = "SUITE[::TEST]")]
    pub id: String,
    /// What makes it flaky
    #[arg(long, value_parser = PossibleValuesParser::new(CATEGORIES))]
    pub category: String,
    /// Who answers for it
    #[arg(long)]
    pub owner: String,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// The tracking issue
    #[arg(long)]
    pub issue: String,
    /// The failure digest that shows the flake
    #[arg(long, value_name = "PATH")]
    pub evidence: String,
    /// The command that shows it again
    #[arg(long, value_name = "CMD")]
    pub reproduce: String,
    /// What ends it
    #[arg(long)]
    pub exit_criteria: String,
    /// The failure signature it covers [default: from the evidence]
    #[arg(long)]
    pub signature: Option<String>,
    /// Days from today to the last day, at most 21
    #[arg(long, default_value_t = 14)]
    pub days: u32,
}

/// Lists the entries, or edits them.
pub fn answer(call: &Call<'_>, asked: &Quarantine) -> Result<Answered, Error> {
    let open = call.open(&[], None);
    let edit = match asked {
        Quarantine::List | Quarantine::Audit => {
            let list = quarantine_list(&open)?;
            let audits = matches!(asked, Quarantine::Audit);
            let exit = if audits { list.exit_code() } else { list.list_exit_code() };
            return call.data(list, |list, _| list_human(list), exit);
        }
        Quarantine::Add(new) => {
            let new = NewQuarantine {
                id: new.id.clone(),
                category: new.category.clone(),
                owner: new.owner.clone(),
                reason: new.reason.clone(),
                issue: new.issue.clone(),
                evidence: new.evidence.clone(),
                reproduce: new.reproduce.clone(),
                exit_criteria: new.exit_criteria.clone(),
                signature: new.signature.clone(),
                days: new.days,
            };
            quarantine_add(&open, &new)?
        }
        Quarantine::Remove { id } => quarantine_remove(&open, id)?,
    };
    call.data(edit, |edit, _| edit_human(edit), exit::PASS)
}
