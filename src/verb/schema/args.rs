//! The command line of `schema`, and its answers.

use super::{human, known, list, show};
use crate::verb::answer::{Answer, Answered, Call, refused};
use crate::verb::formats;
use clap::Subcommand;
use tollgate_core::report::{ReportKind, TermStyle};
use tollgate_flow::error::{Error, exit};
use tollgate_text::escape;

/// `tollgate schema`
#[derive(Debug, Subcommand)]
#[command(arg = formats::of_data())]
pub enum SchemaArgs {
    /// List every registered schema
    List,
    /// Print one
    Show {
        /// The schema's id
        id: String,
    },
}

/// Lists the schemas, or shows one.
pub fn answer(call: &Call<'_>, asked: &SchemaArgs) -> Result<Answered, Error> {
    let registry = known(call.root)?;
    match asked {
        SchemaArgs::List => call.data(list(&registry), |listed, _| human(listed), exit::PASS),
        SchemaArgs::Show { id } => {
            let text = show(&registry, id).map_err(Error::Usage)?;
            Ok(Answered::of(SchemaText(escape::json(text.to_string()))))
        }
    }
}

/// A schema's text as it stands: the document itself, in each format.
struct SchemaText(String);

impl Answer for SchemaText {
    fn kinds(&self) -> Vec<ReportKind> {
        ReportKind::OF_DATA.to_vec()
    }

    fn text(&self, kind: ReportKind, _style: &TermStyle) -> Result<String, Error> {
        if self.kinds().contains(&kind) { Ok(self.0.clone()) } else { Err(refused(kind, &self.kinds())) }
    }

    fn exit_code(&self) -> u8 {
        exit::PASS
    }
}
