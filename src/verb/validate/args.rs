//! The command line of `validate`, and its answer.

use super::{ValidateRequest, validate};
use crate::verb::answer::{Answer, Answered, Call, refused};
use crate::verb::formats;
use crate::verb::schema::known;
use clap::{Args, ValueEnum};
use tollgate_core::model::validation::Validation;
use tollgate_core::report::github::{self, Github};
use tollgate_core::report::{ReportKind, TermStyle};
use tollgate_flow::error::{Error, exit};
use tollgate_host::files::Root;
use tollgate_lang::schema;
use tollgate_text::json::JsonLimits;
use tollgate_text::redact::Masked;

/// `tollgate validate`
#[derive(Debug, Args)]
#[command(arg = formats::of_validation())]
pub struct Validate {
    /// Files, folders (walked) or globs
    #[arg(required = true, value_name = "PATH|GLOB")]
    pub paths: Vec<String>,
    /// Hold every document to this schema instead of the one it names
    #[arg(long, value_name = "ID|FILE")]
    pub schema: Option<String>,
    /// Whether `format` constrains values or only describes them
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    pub formats: FormatKeyword,
}

/// What `format` does in a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FormatKeyword {
    /// A value in another format breaks the schema
    #[default]
    Assertion,
    /// It constrains nothing
    Annotation,
}

/// Validates what is named.
pub fn answer(call: &Call<'_>, asked: &Validate) -> Result<Answered, Error> {
    let root = Root::open(call.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
    let registry = known(call.root)?.with_formats(match asked.formats {
        FormatKeyword::Assertion => schema::FormatRule::Assertion,
        FormatKeyword::Annotation => schema::FormatRule::Annotation,
    });
    let request = ValidateRequest {
        inputs: asked.paths.clone(),
        schema: asked.schema.clone(),
        registry: &registry,
        root: &root,
        now: call.now,
        limits: JsonLimits::default(),
    };
    let validation = validate(&request).map_err(|e| Error::Usage(e.to_string()))?;
    Ok(Answered::of(call.masked(validation)?))
}

impl Answer for Masked<Validation> {
    fn kinds(&self) -> Vec<ReportKind> {
        ReportKind::telling(|format| format.validation.is_some())
    }

    fn text(&self, kind: ReportKind, style: &TermStyle) -> Result<String, Error> {
        let render = kind.format().validation.ok_or_else(|| refused(kind, &self.kinds()))?;
        Ok(render(self, style))
    }

    fn exit_code(&self) -> u8 {
        match (self.files.is_empty(), self.invalid) {
            (true, _) => exit::NOTHING,
            (false, 0) => exit::PASS,
            (false, _) => exit::FAIL,
        }
    }

    fn step(&self) -> Option<Github> {
        Some(github::validation(self))
    }
}
