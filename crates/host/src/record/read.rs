//! Summaries and bundles read back: strict, of this version, and consistent with themselves.
//!
//! serde reads them straight into the nouns, in one pass and without a tree between, because a summary may have a million
//! tests. It refuses what is no JSON, what is nested too deep, numbers that do not fit, and a key that stands twice among
//! those that mean something here; keys of others are passed over.

use super::consistent;
use super::error::{RecordError, in_words};
use super::folder::File;
use crate::files::{ReadError, read};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use tollgate_core::model::bundle::ReplayBundle;
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::run::{Environment, RunSummary, schema};
use tollgate_core::model::triage::TriageDiff;
use tollgate_text::digest::sha256_hex;
use tollgate_text::json::plain;
use tollgate_text::show::show;

/// Largest document: a summary of ten million tests fits.
const LARGEST: u64 = 2 << 30;

/// A summary and the SHA-256 of its file, lower-case hex. `path` is a run folder or the file itself.
///
/// # Errors
/// A sentence: not there, not JSON, from another version, a field missing or of another type, or figures and names that
/// disagree with the tests and suites.
pub fn read_summary(path: &Path) -> Result<(RunSummary, String), RecordError> {
    document(path, File::Summary, schema::SUMMARY, |s: &RunSummary| &s.schema, consistent::summary)
}

/// A replay bundle and the SHA-256 of its file, as `read_summary`.
pub fn read_bundle(path: &Path) -> Result<(ReplayBundle, String), RecordError> {
    document(
        path,
        File::ReplayBundle,
        schema::REPLAY_BUNDLE,
        |b: &ReplayBundle| &b.schema,
        consistent::bundle,
    )
}

/// A suite's `result.json`; `None` where there is none.
pub fn read_result(path: &Path) -> Result<Option<SuiteRecord>, RecordError> {
    let read = document(path, File::Summary, schema::RESULT, |d: &ResultDocument| &d.schema, |_| Ok(()));
    Ok(optional(read)?.map(|document| document.record))
}

/// An `environment.json`; `None` where there is none.
pub fn read_environment(path: &Path) -> Result<Option<Environment>, RecordError> {
    optional(document(path, File::Environment, schema::ENVIRONMENT, |d: &Environment| &d.schema, |_| Ok(())))
}

/// A `triage_diff.json`; `None` where there is none.
pub fn read_triage(path: &Path) -> Result<Option<TriageDiff>, RecordError> {
    optional(document(path, File::TriageDiff, schema::TRIAGE_DIFF, |d: &TriageDiff| &d.schema, |_| Ok(())))
}

fn optional<T>(read: Result<(T, String), RecordError>) -> Result<Option<T>, RecordError> {
    match read {
        Ok((document, _)) => Ok(Some(document)),
        Err(RecordError::Read(ReadError::Missing(_))) => Ok(None),
        Err(other) => Err(other),
    }
}

#[derive(Deserialize)]
struct ResultDocument {
    schema: String,
    #[serde(flatten)]
    record: SuiteRecord,
}

/// What every document of tollgate has.
#[derive(Deserialize)]
struct Head {
    schema: Option<String>,
}

fn document<T: DeserializeOwned>(
    path: &Path,
    file: File,
    id: &str,
    schema_of: fn(&T) -> &str,
    check: fn(&T) -> Result<(), String>,
) -> Result<(T, String), RecordError> {
    let inside = path.join(file.name());
    let path = if path.is_dir() { inside.as_path() } else { path };
    let shown = show(&path.display().to_string());
    let bytes = read(path, LARGEST)?;
    let digest = sha256_hex(&bytes);
    let fault = |why: String| RecordError::Document { path: shown.clone(), why };
    let document: T = serde_json::from_slice(&bytes).map_err(|error| {
        // A document of another version lacks fields of this one; which of both is the news is asked only now.
        match serde_json::from_slice::<Head>(&bytes) {
            _ if !error.is_data() => not_json(&shown, &error),
            Ok(Head { schema: None }) => fault(format!("it states no `schema`; one of this version is {id}")),
            Ok(Head { schema: Some(found) }) if found != id => fault(of_another_version(&found, id)),
            _ => not_json(&shown, &error),
        }
    })?;
    if schema_of(&document) != id {
        return Err(fault(of_another_version(schema_of(&document), id)));
    }
    drop(bytes);
    check(&document).map_err(|why| RecordError::contradiction(&shown, &why))?;
    Ok((document, digest))
}

fn of_another_version(found: &str, id: &str) -> String {
    let stem = |id: &str| id.rsplit_once(".v").map(|(stem, _)| stem.to_string());
    let found_shown = plain(found);
    if stem(found) == stem(id) {
        format!("it is from another version of tollgate: its schema is {found_shown}, this one reads {id}")
    } else {
        format!("it is another document: its schema is {found_shown}, not {id}")
    }
}

fn not_json(shown: &str, error: &serde_json::Error) -> RecordError {
    let text = error.to_string();
    let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
    let path = format!("{shown}:{}:{}", error.line(), error.column());
    RecordError::Document { path, why: in_words(why) }
}

#[cfg(test)]
mod tests {
    use super::super::{columns, sample};
    use super::*;
    use crate::files::write_atomic;
    use serde_json::{Value, json};

    fn with(text: &[u8]) -> String {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("summary.json");
        write_atomic(&path, text).expect("written");
        let error = read_summary(dir.path()).expect_err("refused").to_string();
        let error = error.replace(&dir.path().display().to_string(), "RUN");
        if error.contains("contradicts itself") {
            // Whoever reads it as columns says the same.
            let columns = columns("RUN/summary.json", text, LARGEST).expect_err("refused").to_string();
            assert_eq!(columns, error);
        }
        error
    }

    fn edited(edit: impl FnOnce(&mut Value)) -> String {
        let mut value = serde_json::to_value(sample::summary()).expect("a value");
        edit(&mut value);
        with(value.to_string().as_bytes())
    }

    #[test]
    fn the_runs_of_the_parity_workspace_are_read() {
        let results =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/workspaces/parity/tests/e2e_results");
        for run in ["20261117T083000Z", "20261120T101500Z"] {
            let (summary, _) = read_summary(&results.join(run)).expect("a summary");
            assert!(summary.total_units > 0);
            read_bundle(&results.join(run)).expect("a bundle");
        }
    }

    #[test]
    fn what_is_no_summary_is_one_sentence() {
        assert_eq!(with(b""), "RUN/summary.json:1:0: EOF while parsing a value");
        assert_eq!(with(b"{\"schema\""), "RUN/summary.json:1:9: EOF while parsing an object");
        assert!(with(b"[]").starts_with("RUN/summary.json:1:"), "{}", with(b"[]"));
        assert!(with(b"[]").ends_with("expected an object"), "{}", with(b"[]"));
        assert!(edited(|v| v["shard"] = json!([])).ends_with("expected an object"));
        assert!(edited(|v| v["units"] = json!(3)).ends_with("expected a list"));
        assert_eq!(
            with(b"{}"),
            "RUN/summary.json: it states no `schema`; one of this version is tollgate.run.summary.v1"
        );
        let deep = [b"[".repeat(200), b"]".repeat(200)].concat();
        assert!(with(&[b"{\"x\": ".as_slice(), &deep, b"}"].concat()).contains("recursion limit"));
        assert!(
            with(b"{\"schema\": \"\xff\"}").contains("unicode")
                || with(b"{\"schema\": \"\xff\"}").contains("UTF-8")
        );
        assert_eq!(
            edited(|v| v["schema"] = json!("tollgate.run.summary.v2")),
            "RUN/summary.json: it is from another version of tollgate: its schema is tollgate.run.summary.v2, this one reads tollgate.run.summary.v1"
        );
        assert!(
            edited(|v| v["schema"] = json!("other\n.v1"))
                .contains("it is another document: its schema is other")
        );
        assert!(edited(|v| v["total_units"] = json!(-1)).contains("invalid value: integer `-1`"));
        assert!(edited(|v| v["total_units"] = json!(1.5)).contains("invalid type: floating point"));
        assert!(
            edited(|v| drop(v.as_object_mut().expect("an object").remove("failed_names")))
                .contains("missing field `failed_names`")
        );
        let missing = read_summary(Path::new("/nowhere/at/all")).expect_err("missing").to_string();
        assert_eq!(missing, "/nowhere/at/all does not exist");
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        let text = serde_json::to_string(&sample::summary()).expect("text");
        for (key, again) in [
            ("failed_names", "[]"),
            ("commit", "null"),
            ("run_id", "\"x\""),
            ("status", "\"passed\""),
            ("schema", "\"tollgate.run.summary.v1\""),
        ] {
            let doubled = format!("{},\"{key}\":{again}}}", text.strip_suffix('}').expect("an object"));
            assert!(with(doubled.as_bytes()).contains(&format!("duplicate field `{key}`")), "{key}");
        }
        let inner = text.replacen(
            "\"status\":\"failed\",\"exit_code\"",
            "\"status\":\"failed\",\"status\":\"passed\",\"exit_code\"",
            1,
        );
        assert_ne!(inner, text);
        assert!(with(inner.as_bytes()).contains("duplicate field `status`"));
    }

    #[test]
    fn a_summary_edited_by_hand_is_refused() {
        for (edit, wanted) in [
            (
                (|v| v["failed_unit_names"] = json!([])) as fn(&mut Value),
                "`parser` failed in `units`, and `failed_unit_names` does not name it",
            ),
            (
                |v| v["failed_names"] = json!(["x"]),
                "`failed_names` names `x`, and `suites` does not show it failing",
            ),
            (|v| v["failed_unit_names"] = json!(["parser", "parser"]), "names `parser`"),
            (|v| v["passed_suites"] = json!(9), "`passed_suites` is 9, and `suites` shows"),
            (|v| v["total_suites"] = json!(9), "`total_suites` is 9, and `suites` shows"),
            (|v| v["passed_units"] = json!(9), "`passed_units` is 9, and `units` shows"),
            (|v| v["total_units"] = json!(9), "`total_units` is 9, and `units` shows"),
            (|v| v["status"] = json!("passed"), "`status` is passed, and something failed or did not run"),
            (
                |v| v["units"][0]["failed"] = json!(0),
                "of the suite `parser` `failed` is 0, and its tests show 1",
            ),
            (
                |v| v["units"][0]["tests"][1]["status"] = json!("passed"),
                "of the suite `parser` `passed` is 1, and its tests show 2",
            ),
            (
                |v| v["units"][0]["status"] = json!("passed"),
                "the suite `parser` is passed, and its test `writes` failed",
            ),
            (
                |v| v["not_run"] = json!([]),
                "the suite `e2e_late` did not run, and `not_run` does not name it",
            ),
            (
                |v| {
                    let flow = json!({"name": "e2e_flow", "kind": "e2e", "role": "suite"});
                    v["not_run"].as_array_mut().expect("a list").push(flow);
                },
                "`not_run` names the suite `e2e_flow`, which ran",
            ),
            (
                |v| v["units"] = json!([v["units"][0], v["units"][0]]),
                "the suite `parser` of the kind `unit` stands twice",
            ),
            (
                |v| v["replay_bundle"]["one_command_replay"] = json!(" "),
                "`replay_bundle.one_command_replay` is empty",
            ),
            (|v| v["shard"]["index"] = json!(3), "shard 3 of 3 does not exist"),
            (|v| v["run_id"] = json!(""), "`run_id` is empty"),
        ] {
            let error = edited(edit);
            assert!(error.starts_with("RUN/summary.json: it contradicts itself: "), "{error}");
            assert!(error.contains(wanted), "{error}, wanted {wanted}");
        }
    }

    #[test]
    fn a_bundle_is_held_to_the_same() {
        let dir = tempfile::tempdir().expect("a folder");
        let refused = |edit: fn(&mut Value)| {
            let mut value = serde_json::to_value(sample::bundle()).expect("a value");
            edit(&mut value);
            write_atomic(&dir.path().join("replay_bundle.json"), value.to_string().as_bytes())
                .expect("written");
            read_bundle(dir.path()).expect_err("refused").to_string()
        };
        assert!(refused(|v| v["one_command_replay"] = json!("")).ends_with("`one_command_replay` is empty"));
        assert!(refused(|v| v["environment"]["shard_total"] = json!(0)).contains("shard 0 of 0"));
        assert!(
            refused(|v| v["failed_units"] = json!([v["failed_units"][0], v["failed_units"][0]]))
                .contains("stands twice")
        );
        assert!(
            refused(|v| v["schema"] = json!("tollgate.run.summary.v1")).contains("it is another document")
        );
    }
}
