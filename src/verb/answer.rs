//! What every verb is called with, and what it gives back: an answer that can be told in each format that the verb has, and the exit
//! code. How it is delivered is decided once, in `cli/output.rs`.

use crate::embedded::EMBEDDED;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Deref;
use std::path::Path;
use tollgate_core::report::github::Github;
use tollgate_core::report::{ReportKind, TermStyle};
use tollgate_flow::error::{Error, exit};
use tollgate_flow::masking::masker_near;
use tollgate_flow::workspace::OpenRequest;
use tollgate_host::files::WriteError;
use tollgate_host::files::file_set::{Output, write_set};
use tollgate_text::escape;
use tollgate_text::redact::{FreeText, Masked};
use tollgate_text::time::Now;

/// What is said beside the answer while a verb works, on standard error. Texts are escaped by whoever says them, but what is complained
/// of.
pub trait Aside: Sync {
    /// A line.
    fn line(&self, text: &str);
    /// Something is wrong; it is no reason to end.
    fn complain(&self, error: &dyn Display);
    /// A gate is done: progress, where there is a terminal.
    fn tick(&self, gate: &str);
    /// Output of a command, as it comes.
    fn echo(&self, block: &[u8]);
    /// The command whose output that was has ended.
    fn end_of_output(&self);
}

/// What every verb is called with.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The workspace.
    pub root: &'a Path,
    /// The moment.
    pub now: Now,
    /// The environment.
    pub env: &'a BTreeMap<String, String>,
    /// The files that the answer is written to.
    pub files: &'a [&'a Path],
    /// Where is said what is not the answer.
    pub aside: &'a dyn Aside,
}

impl<'a> Call<'a> {
    /// What a verb opens the workspace with.
    pub fn open(&self, gates: &'a [String], run: Option<&'a Path>) -> OpenRequest<'a> {
        let Call { root, now, env, .. } = *self;
        OpenRequest { root, now, lane: None, gates, run, policy_from: None, env }
    }

    /// An answer with its text masked.
    pub fn masked<T: FreeText>(&self, answer: T) -> Result<Masked<T>, Error> {
        Ok(Masked::new(answer, &masker_near(&EMBEDDED, self.root, self.now, self.env)?))
    }

    /// What a verb says that answers in data and as people read it.
    pub fn data<T: FreeText + Serialize + 'static>(
        &self,
        value: T,
        human: fn(&T, &TermStyle) -> String,
        exit: u8,
    ) -> Result<Answered, Error> {
        Ok(Answered::Answer(Box::new(DataAnswer { value: self.masked(value)?, human, exit, after: None })))
    }
}

/// What a verb gives back.
pub enum Answered {
    /// An answer.
    Answer(Box<dyn Answer>),
    /// There is none: all that there is to say was said aside. The exit code.
    Ended(u8),
}

impl Answered {
    /// An answer.
    pub fn of(answer: impl Answer + 'static) -> Answered {
        Answered::Answer(Box::new(answer))
    }
}

/// Where people read an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeopleRead {
    /// It is what was asked for.
    OnStdout,
    /// It is a report of what was done.
    OnStderr,
}

/// An answer, its text masked.
pub trait Answer {
    /// The formats that it has.
    fn kinds(&self) -> Vec<ReportKind>;

    /// Its text in a format that it has.
    fn text(&self, kind: ReportKind, style: &TermStyle) -> Result<String, Error>;

    /// What the verb ends with, where the answer can be kept.
    fn exit_code(&self) -> u8;

    /// Whether it says that all is well: then it is not shown where it cannot be kept.
    fn is_green(&self) -> bool {
        self.exit_code() == exit::PASS
    }

    /// Where its text for people goes.
    fn people_read(&self) -> PeopleRead {
        PeopleRead::OnStdout
    }

    /// What people read on standard error once it was delivered.
    fn after(&self) -> Option<String> {
        None
    }

    /// Files that it is written into whatever the formats.
    fn beside(&self) -> Result<Vec<Output>, Error> {
        Ok(Vec::new())
    }

    /// What the runner of GitHub reads beside the annotations.
    fn step(&self) -> Option<Github> {
        None
    }

    /// Writes what is kept of it: the files that were `named`, as one set, and by `step` what the runner of GitHub reads. What is green
    /// is written nowhere if that cannot be.
    fn keep(
        &self,
        named: Vec<Output>,
        step: &mut dyn FnMut() -> Result<(), WriteError>,
    ) -> Result<(), Error> {
        let told = step();
        if self.is_green() {
            told.clone()?;
        }
        write_set(&named, &mut || Ok(())).and(told).map_err(Error::from)
    }

    /// What is told instead of what is red and could not be kept; `None`: it is shown as it is.
    fn unkept(&self, _error: &Error) -> Option<Box<dyn Answer>> {
        None
    }
}

/// The error of a format that an answer does not have: a sentence.
pub fn refused(kind: ReportKind, kinds: &[ReportKind]) -> Error {
    Error::Usage(format!("--format {}: this verb answers in {}", kind.name(), listed(kinds)))
}

/// `human, json or github`
pub fn listed(kinds: &[ReportKind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => names.concat(),
    }
}

/// A document of ours as JSON.
pub fn json(document: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string_pretty(document)
        .map(escape::json)
        .map_err(|e| Error::Work(format!("the answer cannot be written as JSON: {e}")))
}

/// What is answered in data and as people read it. `V` is `Masked`, or `Box` of what was masked as it was made.
pub struct DataAnswer<V: Deref> {
    /// The answer.
    pub value: V,
    /// Its text for people.
    pub human: fn(&V::Target, &TermStyle) -> String,
    /// The exit code.
    pub exit: u8,
    /// What people read on standard error behind it.
    pub after: Option<fn(&V::Target) -> String>,
}

impl<V: Deref<Target: Serialize + Sized>> Answer for DataAnswer<V> {
    fn kinds(&self) -> Vec<ReportKind> {
        ReportKind::OF_DATA.to_vec()
    }

    fn text(&self, kind: ReportKind, style: &TermStyle) -> Result<String, Error> {
        match kind {
            ReportKind::Human => Ok((self.human)(&self.value, style)),
            ReportKind::Json => json(&*self.value),
            other => Err(refused(other, ReportKind::OF_DATA)),
        }
    }

    fn exit_code(&self) -> u8 {
        self.exit
    }

    fn after(&self) -> Option<String> {
        self.after.map(|after| after(&self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_listed_as_people_say_it() {
        for (kinds, said) in [
            (&[][..], ""),
            (&[ReportKind::Json], "json"),
            (ReportKind::OF_DATA, "human or json"),
            (&[ReportKind::Human, ReportKind::Json, ReportKind::Sarif], "human, json or sarif"),
        ] {
            assert_eq!(listed(kinds), said);
        }
    }

    #[test]
    fn data_has_two_formats_and_no_other() {
        let human = |v: &Vec<u8>, _: &TermStyle| format!("{v:?}");
        let data = DataAnswer { value: Box::new(vec![1]), human, exit: 3, after: None };
        assert_eq!(data.text(ReportKind::Human, &TermStyle::PLAIN).unwrap(), "[1]");
        assert_eq!(data.text(ReportKind::Json, &TermStyle::PLAIN).unwrap(), "[\n  1\n]");
        for kind in ReportKind::ALL.iter().filter(|kind| !data.kinds().contains(kind)) {
            let error = data.text(*kind, &TermStyle::PLAIN).unwrap_err().to_string();
            assert_eq!(error, format!("--format {}: this verb answers in human or json", kind.name()));
        }
    }
}
