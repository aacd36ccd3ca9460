//! Whether the documents of the run judged say the same of it. A summary that another document of its folder contradicts was edited,
//! or is of another run: nothing that the run made is believed then.

use rayon::prelude::*;
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::Format;
use tollgate_host::artifact::{FileFault, parse};
use tollgate_host::files::{ReadError, Root};
use tollgate_host::record::SuiteFolders;
use tollgate_text::json::{Json, JsonLimits};
use tollgate_text::show::show;

/// Bytes of one document.
const LARGEST: u64 = 64 << 20;
/// Contradictions that are told.
const TOLD: usize = 5;
/// What a summary and the result of a suite both say of it.
const OF_SUITE: [&str; 11] = [
    "status",
    "exit_code",
    "signal",
    "incomplete",
    "ran",
    "definition",
    "attempts",
    "passed",
    "failed",
    "flaky",
    "ignored",
];

/// Where a document of the folder `run` says other than its summary does. A document that is not there says nothing: a run may be asked
/// to keep none, and a foreign runner writes none.
pub fn contradictions(root: &Root, run: &str, summary: &Json<'_>) -> Vec<FileFault> {
    let suites: Vec<(&str, &str, &Json<'_>)> = ["suites", "units"]
        .into_iter()
        .flat_map(|list| summary.items(list))
        .filter_map(|entry| Some((entry.text("kind")?, entry.text("name")?, entry)))
        .collect();
    let folders = SuiteFolders::new(suites.iter().map(|(kind, name, _)| (*kind, *name)));
    let of_suites: Vec<FileFault> = suites
        .par_iter()
        .filter_map(|(kind, name, entry)| {
            let path = format!("{run}/{}/result.json", folders.of(kind, name));
            with(root, &path, defined(entry), &|result| suite(entry, result))
                .map(|clause| said(&show(name), &path, &clause))
        })
        .collect();
    let path = format!("{run}/environment.json");
    let environment = with(root, &path, summary.get("tree").is_some(), &|environment| {
        let commit = |document: &Json<'_>| document.text("commit").map(String::from);
        let tree = |document: &Json<'_>| document.get("tree")?.text("tracked").map(String::from);
        // One that states no tree is of a machine that merged, or of something else than this runner.
        tree(environment)?;
        let other = |ours: Option<String>, theirs: Option<String>| theirs.is_some() && ours != theirs;
        if other(commit(summary), commit(environment)) {
            return Some("another commit".into());
        }
        other(tree(summary), tree(environment)).then(|| "another tree".into())
    });
    let environment = environment.map(|clause| said("the run", &path, &clause));
    of_suites.into_iter().chain(environment).take(TOLD).collect()
}

fn said(of: &str, path: &str, clause: &str) -> FileFault {
    let clause = format!("of {of} its run says one thing in summary.json, and {clause} in {}", show(path));
    FileFault::new(Reason::Malformed, clause)
}

/// What `differs` says of a document; nothing where none is there. One that cannot be looked at may say anything, where it must be `ours`:
/// the summary is one of this runner.
fn with(
    root: &Root,
    path: &str,
    ours: bool,
    differs: &dyn Fn(&Json<'_>) -> Option<String>,
) -> Option<String> {
    let unlike = |what: &str| ours.then(|| what.to_string());
    let bytes = match root.read(path, LARGEST) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing(_)) => return None,
        Err(_) => return unlike("something that cannot be read"),
    };
    match parse(Format::Json, &bytes, &JsonLimits::default()) {
        Ok(document) => differs(&document),
        Err(_) => unlike("something that is no JSON"),
    }
}

/// In what the two differ. They are held to each other where one of them says how its suite ran: what an older version or something
/// else wrote is not.
fn suite(entry: &Json<'_>, result: &Json<'_>) -> Option<String> {
    if !defined(entry) && !defined(result) {
        return None;
    }
    let value =
        |of: &Json<'_>, key: &str| of.get(key).filter(|value| **value != Json::Null).map(Json::to_value);
    let key = OF_SUITE.iter().find(|key| value(entry, key) != value(result, key));
    if let Some(key) = key {
        let there = value(result, key).map_or_else(|| "nothing".into(), |value| show(&value.to_string()));
        return Some(format!("{key} {there}"));
    }
    let tests = |of: &Json<'_>| -> Vec<(Option<String>, Option<String>)> {
        let own = |test: &Json<'_>, key| test.text(key).map(String::from);
        of.items("tests").iter().map(|test| (own(test, "name"), own(test, "status"))).collect()
    };
    (tests(entry) != tests(result)).then(|| "other tests".into())
}

/// Whether a document says how its suite was run.
fn defined(of: &Json<'_>) -> bool {
    of.get("definition").is_some()
}
