//! The failure signature that a quarantine entry without one of its own takes from its evidence.
//!
//! A digest has one signature, that of the first test which failed. An entry for another test of the suite would by it cover
//! nothing, or a failure that nobody looked at. So the test's own is taken, from the results of the same run that stand
//! beside the digest, or from the digest where that test alone failed.

use crate::base::escape::is_blank;
use crate::base::files::Root;
use crate::base::json::{self, Json, Limits};
use crate::model::run::schema;
use crate::waiver::ClassificationFile;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Bytes of a failure digest at most.
const DIGEST_BYTES: u64 = 16 << 20;
/// Bytes of a suite's result or of a summary at most.
const RESULT_BYTES: u64 = 512 << 20;
/// What is to be done where the evidence does not give it.
const STATE: &str = "state its `signature` (`quarantine add --signature`)";

/// By entry, the signature that its evidence gives to an entry without one of its own, or why there is none: the end of a
/// sentence that begins with the path.
pub(super) fn signatures(root: &Root, file: &ClassificationFile) -> BTreeMap<String, Result<String, String>> {
    let unsigned = file.quarantines.iter().filter(|q| !q.fields.contains_key("signature"));
    let named = unsigned.filter_map(|q| Some((&q.id, q.fields.get("evidence")?)));
    named.map(|(id, path)| (id.clone(), signature(root, id, path))).collect()
}

/// The signature that the evidence at `path` gives to the entry `id`; the error is the end of a sentence that begins with the path.
pub(super) fn signature(root: &Root, id: &str, path: &str) -> Result<String, String> {
    let bytes = root.read(path, DIGEST_BYTES).map_err(|_| "cannot be read".to_string())?;
    let document =
        json::parse(&bytes, &Limits::default()).map_err(|e| format!("is malformed: {}", e.message))?;
    let text = |key: &str| document.get(key).and_then(Json::as_str);
    let stated = ["signature", "failure_signature"].iter().find_map(|key| text(key));
    let stated = stated.filter(|s| !is_blank(s)).ok_or_else(|| "states no signature".to_string());
    // Evidence that names no suite is no digest of tollgate's: whoever named it vouches for it.
    let Some(suite) = text("suite") else { return stated.map(String::from) };
    if id == suite {
        return stated.map(String::from);
    }
    let shown = |name: &str| name.escape_debug().to_string();
    let Some(test) = id.strip_prefix(suite).and_then(|rest| rest.strip_prefix("::")) else {
        return Err(format!("is of the suite `{}`: {STATE}", shown(suite)));
    };
    let of = Of { run: text("run_id"), suite, kind: text("kind") };
    match of.told(root, path) {
        Some(tests) => {
            let own = tests.into_iter().filter(|t| t.name == test).find_map(|t| t.signature);
            own.ok_or_else(|| format!("is of a run in which `{}` did not fail: {STATE}", shown(test)))
        }
        None if failed_alone(&document, test) => stated.map(String::from),
        None => Err(format!(
            "does not tell how `{}` failed, nor do results of its run beside it: {STATE}",
            shown(test)
        )),
    }
}

/// Whether the digest names the test, and no other, as failed; one that names none at all is not of tollgate's making.
fn failed_alone(digest: &Json<'_>, test: &str) -> bool {
    match digest.get("impacted_scenario_ids") {
        None => true,
        Some(Json::Array(failed)) => failed.len() == 1 && failed[0].as_str() == Some(test),
        Some(_) => false,
    }
}

/// What a digest is of.
struct Of<'d> {
    run: Option<&'d str>,
    suite: &'d str,
    kind: Option<&'d str>,
}

/// `result.json`, as far as it is needed.
#[derive(Deserialize)]
struct Told {
    schema: String,
    run_id: String,
    #[serde(flatten)]
    suite: Suite,
}

/// `summary.json`, as far as it is needed.
#[derive(Deserialize)]
struct Summary {
    schema: String,
    run_id: String,
    suites: Vec<Suite>,
    units: Vec<Suite>,
}

#[derive(Deserialize)]
struct Suite {
    name: String,
    kind: String,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    name: String,
    #[serde(default)]
    signature: Option<String>,
}

impl Of<'_> {
    /// The suite's tests, from `result.json` in the digest's folder, else from `summary.json` in the one above. What is not
    /// there, cannot be read or is of another run or suite tells nothing.
    fn told(&self, root: &Root, digest: &str) -> Option<Vec<Test>> {
        let run = self.run?;
        let folder = digest.rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside = |folder: &str, file: &str| {
            if folder.is_empty() { file.to_string() } else { format!("{folder}/{file}") }
        };
        let result: Option<Told> = read(root, &beside(folder, "result.json"));
        let result = result.filter(|r| r.schema == schema::RESULT && r.run_id == run && self.is(&r.suite));
        if let Some(result) = result {
            return Some(result.suite.tests);
        }
        let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
        let summary: Summary = read(root, &beside(above, "summary.json"))?;
        if summary.schema != schema::SUMMARY || summary.run_id != run {
            return None;
        }
        let mut all = summary.suites.into_iter().chain(summary.units);
        all.find(|suite| self.is(suite)).map(|suite| suite.tests)
    }

    fn is(&self, suite: &Suite) -> bool {
        suite.name == self.suite && self.kind.is_none_or(|kind| kind == suite.kind)
    }
}

fn read<T: DeserializeOwned>(root: &Root, path: &str) -> Option<T> {
    serde_json::from_slice(&root.read(path, RESULT_BYTES).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::files::write_atomic;
    use serde_json::{Value, json};

    const DIGEST: &str = "run/s/failure_digest.json";

    fn workspace(failed: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let digest = json!({"run_id": "r", "suite": "s", "kind": "unit", "signature": "of-a", "impacted_scenario_ids": failed});
        put(&dir, DIGEST, &digest);
        dir
    }

    fn put(dir: &tempfile::TempDir, path: &str, value: &Value) {
        write_atomic(&dir.path().join(path), value.to_string().as_bytes()).unwrap();
    }

    fn suite() -> Value {
        let test = |name: &str, signature: Option<&str>| json!({"name": name, "status": "x", "signature": signature});
        json!({"name": "s", "kind": "unit",
               "tests": [test("a", Some("of-a")), test("b", Some("of-b")), test("fine", None)]})
    }

    fn result(run: &str) -> Value {
        let mut result = suite();
        result["schema"] = schema::RESULT.into();
        result["run_id"] = run.into();
        result
    }

    fn of(dir: &tempfile::TempDir, id: &str) -> Result<String, String> {
        signature(&Root::open(dir.path()).unwrap(), id, DIGEST)
    }

    #[test]
    fn a_test_has_its_own_signature_from_the_results_of_the_run() {
        let dir = workspace(&["a", "b"]);
        assert_eq!(of(&dir, "s").unwrap(), "of-a");
        let unknown = "does not tell how `b` failed, nor do results of its run beside it: state its `signature` (`quarantine add --signature`)";
        assert_eq!(of(&dir, "s::b").unwrap_err(), unknown);
        put(&dir, "run/s/result.json", &result("another"));
        assert_eq!(of(&dir, "s::b").unwrap_err(), unknown);
        put(&dir, "run/s/result.json", &result("r"));
        assert_eq!((of(&dir, "s::a").unwrap(), of(&dir, "s::b").unwrap()), ("of-a".into(), "of-b".into()));
        for test in ["s::fine", "s::gone"] {
            assert!(of(&dir, test).unwrap_err().starts_with("is of a run in which"), "{test}");
        }
        assert!(of(&dir, "t::a").unwrap_err().starts_with("is of the suite `s`: "));
    }

    #[test]
    fn a_summary_tells_it_too_and_a_digest_of_one_failure_alone() {
        let dir = workspace(&["a", "b"]);
        let summary =
            |run: &str| json!({"schema": schema::SUMMARY, "run_id": run, "suites": [], "units": [suite()]});
        put(&dir, "run/summary.json", &summary("another"));
        assert!(of(&dir, "s::b").is_err());
        put(&dir, "run/summary.json", &summary("r"));
        assert_eq!(of(&dir, "s::b").unwrap(), "of-b");
        let dir = workspace(&["a"]);
        assert_eq!(of(&dir, "s::a").unwrap(), "of-a");
        assert!(of(&dir, "s::b").is_err());
        // The suite itself failed, no test of it.
        let dir = workspace(&[]);
        assert!(of(&dir, "s").is_ok() && of(&dir, "s::a").is_err());
    }
}
