//! `--format` as each verb takes it: help lists what the verb has, and another format is refused by the command line.

use super::answer::listed;
use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use std::ffi::OsStr;
use tollgate_core::report::ReportKind;

/// The option's id: that of the option which every verb has, so that this one stands in its place.
pub const ID: &str = "format";
/// Where `--help` lists what every verb takes: after the verb's own options, not among them.
pub const EVERY: &str = "Options of every verb";

/// What `--help` says of the formats of verbs that tell of a run.
pub const OF_RUN: &str = "Formats: human (to standard error), json, markdown and github. github prints an annotation for each \
                          failure and adds to the files that GITHUB_STEP_SUMMARY and GITHUB_OUTPUT name.";

/// Of a verb that gives a verdict.
pub fn of_report() -> Arg {
    of(ReportKind::telling(|format| format.report.is_some()))
}

/// Of `validate`.
pub fn of_validation() -> Arg {
    of(ReportKind::telling(|format| format.validation.is_some()))
}

/// Of a verb that tells of a run.
pub fn of_run() -> Arg {
    of(ReportKind::telling(|format| format.run.is_some()))
}

/// Of `diff`.
pub fn of_diff() -> Arg {
    of(ReportKind::telling(|format| format.diff.is_some()))
}

/// Of a verb that answers in data and as people read it.
pub fn of_data() -> Arg {
    of(ReportKind::OF_DATA.to_vec())
}

/// What `--help` says of the option.
pub fn help(kinds: &[ReportKind]) -> String {
    format!("{}; with :PATH into a file; may be given several times", listed(kinds))
}

fn of(kinds: Vec<ReportKind>) -> Arg {
    Arg::new(ID)
        .long(ID)
        .global(true)
        .action(ArgAction::Append)
        .value_name("KIND[:PATH]")
        .help(help(&kinds))
        .help_heading(EVERY)
        // Behind `--root` and `--now`, where it stands in the help of the program.
        .display_order(2)
        .hide_possible_values(true)
        .value_parser(Kinds(kinds))
}

/// The name in `NAME[:PATH]`.
fn name(value: &str) -> &str {
    value.split_once(':').map_or(value, |(name, _)| name)
}

/// Takes `KIND[:PATH]` of these.
#[derive(Debug, Clone)]
struct Kinds(Vec<ReportKind>);

impl TypedValueParser for Kinds {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        let Some(text) = value.to_str() else {
            return Err(clap::Error::new(ErrorKind::InvalidUtf8).with_cmd(command));
        };
        if self.0.iter().any(|kind| kind.name() == name(text)) {
            return Ok(text.to_string());
        }
        let known = self.0.iter().map(|kind| kind.name().to_string()).collect();
        Err(refusal(command, arg, text, known))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(|kind| PossibleValue::new(kind.name()))))
    }
}

fn refusal(command: &Command, arg: Option<&Arg>, value: &str, known: Vec<String>) -> clap::Error {
    let mut error = clap::Error::new(ErrorKind::InvalidValue).with_cmd(command);
    let option = arg.map_or_else(|| format!("--{ID}"), ToString::to_string);
    error.insert(ContextKind::InvalidArg, ContextValue::String(option));
    error.insert(ContextKind::InvalidValue, ContextValue::String(name(value).to_string()));
    error.insert(ContextKind::ValidValue, ContextValue::Strings(known));
    error
}

/// Holds the formats to those of a verb: where the option stood before it, no verb was known yet.
pub fn hold(command: &Command, verb: &str, formats: &[String]) -> Result<(), clap::Error> {
    let Some(verb) = command.find_subcommand(verb) else { return Ok(()) };
    let Some(option) = verb.get_arguments().find(|arg| arg.get_id() == ID) else { return Ok(()) };
    let known = option.get_possible_values();
    let known: Vec<String> = known.iter().map(|value| value.get_name().to_string()).collect();
    match formats.iter().find(|format| !known.iter().any(|known| known == name(format))) {
        Some(other) => Err(refusal(verb, Some(option), other, known)),
        None => Ok(()),
    }
}
