//! What the summary of a run shows of its plan: read from the document as it was judged, because whoever wrote it may have
//! been another program. What cannot be understood is an error, never nothing.

use crate::model::suite::{RanPart, SuiteStatus};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_text::json::Json;
use tollgate_text::show::show;

/// A run, as far as it says what it covered.
#[derive(Debug, Default)]
pub struct Shown<'s> {
    /// By name and kind (`""` where the document names none), each entry of `suites` and `units`.
    suites: BTreeMap<&'s str, BTreeMap<&'s str, Vec<SuiteShown<'s>>>>,
    /// Kind and name of what was selected and did not run, or not all of it; of what is listed by its name alone without kind.
    left: BTreeSet<(Option<&'s str>, &'s str)>,
    /// Lint steps that ran, with the digest of the command where the document says it.
    lint: BTreeMap<&'s str, Option<&'s str>>,
    /// The profile.
    pub profile: Option<&'s str>,
    /// The run that it replays.
    pub rerun_from: Option<&'s str>,
    /// Whether suites were chosen on the command line.
    pub chosen: bool,
    /// Index and total of a shard.
    pub shard: Option<(i64, i64)>,
}

/// One suite of it.
#[derive(Debug, Clone, Copy)]
pub struct SuiteShown<'s> {
    /// What became of it.
    pub status: SuiteStatus,
    /// In a replay, how much of it ran.
    pub ran: Option<RanPart>,
    /// Whether its results may lack tests.
    pub incomplete: bool,
    /// Whether a test of it did not run.
    pub left_tests: bool,
    /// How often it was started; `None` where the document does not say.
    pub attempts: Option<i64>,
    /// The digest of how it was said to run, where the document says it.
    pub definition: Option<&'s str>,
}

impl<'s> Shown<'s> {
    /// Reads a summary. The error is a clause: what of it is not understood.
    pub fn of(summary: &'s Json<'_>) -> Result<Shown<'s>, String> {
        let mut shown = Shown {
            profile: text(summary, "profile")?,
            rerun_from: text(summary, "rerun_from")?,
            ..Shown::default()
        };
        for list in ["suites", "units"] {
            let Some(Json::Array(entries)) = summary.get(list) else {
                return Err(format!("its `{list}` is no list"));
            };
            for entry in entries {
                shown.suite(entry)?;
            }
        }
        shown.lists(summary)?;
        shown.chosen = match summary.get("selection") {
            None | Some(Json::Null) => false,
            Some(Json::Object(members)) => {
                members.iter().any(|(_, list)| !matches!(list, Json::Array(names) if names.is_empty()))
            }
            Some(_) => return Err("its `selection` is no object".into()),
        };
        shown.shard = shard(summary)?;
        Ok(shown)
    }

    fn suite(&mut self, entry: &'s Json<'_>) -> Result<(), String> {
        let name = text(entry, "name")?.ok_or("a suite of it has no name")?;
        let wrong = |what: &str| format!("its suite `{}` has no readable {what}", show(name));
        let status = text(entry, "status")?.and_then(SuiteStatus::parse).ok_or_else(|| wrong("status"))?;
        let ran = match text(entry, "ran")? {
            None => None,
            Some("whole") => Some(RanPart::Whole),
            Some("tests") => Some(RanPart::Tests),
            Some(_) => return Err(wrong("`ran`")),
        };
        let incomplete = match entry.get("incomplete") {
            None => false,
            Some(Json::Bool(flag)) => *flag,
            Some(_) => return Err(wrong("`incomplete`")),
        };
        let attempts = match entry.get("attempts") {
            None => None,
            Some(Json::Int(n)) => Some(*n),
            Some(_) => return Err(wrong("`attempts`")),
        };
        let left_tests = match entry.get("tests") {
            None => false,
            Some(Json::Array(tests)) => {
                tests.iter().any(|test| test.get("status").and_then(Json::as_str) == Some("not_run"))
            }
            Some(_) => return Err(wrong("`tests`")),
        };
        let kind = text(entry, "kind")?.unwrap_or("");
        let definition = text(entry, "definition")?;
        let found = SuiteShown { status, ran, incomplete, left_tests, attempts, definition };
        self.suites.entry(name).or_default().entry(kind).or_default().push(found);
        Ok(())
    }

    fn lists(&mut self, summary: &'s Json<'_>) -> Result<(), String> {
        for left in list(summary, "not_run")? {
            let key = match left {
                Json::Str(name) => (None, name.as_ref()),
                left => {
                    (text(left, "kind")?, text(left, "name")?.ok_or("an entry of `not_run` has no name")?)
                }
            };
            self.left.insert(key);
        }
        for step in list(summary, "lint")? {
            let ended = matches!(step.get("passed"), Some(Json::Bool(_)));
            let name = text(step, "name")?.filter(|_| ended).ok_or("a lint step of it is not readable")?;
            self.lint.insert(name, text(step, "definition")?);
        }
        for step in list(summary, "lint_not_run")? {
            self.lint.remove(step.as_str().ok_or("an entry of `lint_not_run` is no text")?);
        }
        Ok(())
    }

    /// The entries of a suite: of this kind, or with `None` of any.
    pub fn entries(&self, kind: Option<&str>, name: &str) -> Vec<SuiteShown<'s>> {
        let Some(kinds) = self.suites.get(name) else { return Vec::new() };
        match kind {
            Some(kind) => kinds.get(kind).cloned().unwrap_or_default(),
            None => kinds.values().flatten().copied().collect(),
        }
    }

    /// The kinds that it has a suite of this name of.
    pub fn kinds(&self, name: &str) -> Vec<&'s str> {
        self.suites.get(name).map(|kinds| kinds.keys().copied().collect()).unwrap_or_default()
    }

    /// Whether a suite, or some of its tests, is listed as not run.
    pub fn is_left(&self, kind: Option<&str>, name: &str) -> bool {
        match kind {
            Some(kind) => self.left.contains(&(Some(kind), name)) || self.left.contains(&(None, name)),
            None => self.left.iter().any(|(_, left)| *left == name),
        }
    }

    /// Where a lint step came to its end, passed or failed: the digest of its command, where the document says it.
    pub fn lint(&self, name: &str) -> Option<Option<&'s str>> {
        self.lint.get(name).copied()
    }
}

/// A member that is a text; `None` where it is absent or null.
fn text<'s>(of: &'s Json<'_>, key: &str) -> Result<Option<&'s str>, String> {
    match of.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Str(text)) => Ok(Some(text)),
        Some(_) => Err(format!("a `{key}` in it is no text")),
    }
}

/// A member that is a list; empty where it is absent.
fn list<'s, 'j>(of: &'s Json<'j>, key: &str) -> Result<&'s [Json<'j>], String> {
    match of.get(key) {
        None | Some(Json::Null) => Ok(&[]),
        Some(Json::Array(items)) => Ok(items),
        Some(_) => Err(format!("its `{key}` is no list")),
    }
}

fn shard(summary: &Json<'_>) -> Result<Option<(i64, i64)>, String> {
    let of = match summary.get("shard") {
        None | Some(Json::Null) => return Ok(None),
        Some(of @ Json::Object(_)) => of,
        Some(_) => return Err("its `shard` is no object".into()),
    };
    let number = |key: &str| match of.get(key) {
        Some(Json::Int(n)) => *n,
        _ => 0,
    };
    let divided = text(of, "kind")?.is_some_and(|kind| kind != "none");
    Ok(divided.then(|| (number("index"), number("total"))))
}
