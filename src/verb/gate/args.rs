//! The command line of `gate`, and its answers.

use super::list::{self, GateListRequest, gate_list};
use super::new::{self, GateNewRequest, gate_new};
use super::try_on::{TryRequest, gate_try};
use super::try_text;
use crate::verb::answer::{Answered, Call};
use crate::verb::formats;
use crate::verb::schema::known;
use clap::Subcommand;
use tollgate_flow::error::{Error, exit};
use tollgate_host::files::Root;
use tollgate_text::json::JsonLimits;

/// `tollgate gate`
#[derive(Debug, Subcommand)]
#[command(arg = formats::of_data())]
pub enum GateArgs {
    /// Write a commented gate file into the workspace's gate folder
    New {
        /// The new gate's id, which is its file's stem
        id: String,
        /// Make it a gate of this embedded pack, with its schema, evidence and overlays; in tollgate's own repository
        #[arg(long, value_name = "PACK")]
        pack: Option<String>,
    },
    /// Evaluate an expression and show the value of each part
    Try {
        /// A CEL expression; one that begins with `-` is an expression too
        #[arg(allow_hyphen_values = true)]
        expr: String,
        /// Bind a JSON or TOML file, as `doc` or by NAME; may be given several times
        #[arg(long, value_name = "[NAME=]FILE")]
        on: Vec<String>,
    },
    /// List the gates in force
    List,
}

/// Lists the gates, writes one, or tries an expression.
pub fn answer(call: &Call<'_>, asked: &GateArgs) -> Result<Answered, Error> {
    match asked {
        GateArgs::List => {
            let request = GateListRequest { root: call.root, lane: None, policy_from: None };
            call.data(gate_list(&request)?, |list, _| list::human(list), exit::PASS)
        }
        GateArgs::New { id, pack } => {
            let new = gate_new(&GateNewRequest { root: call.root, id, pack: pack.as_deref() })?;
            call.data(new, |new, _| new::human(new), exit::PASS)
        }
        GateArgs::Try { expr, on } => {
            let root = Root::open(call.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
            let registry = known(call.root)?;
            let request = TryRequest {
                expression: expr,
                on,
                root: &root,
                registry: &registry,
                now: call.now,
                limits: JsonLimits::default(),
            };
            let tried = gate_try(&request)?;
            let exit = tried.exit_code();
            call.data(tried, |tried, _| try_text::human(tried), exit)
        }
    }
}
