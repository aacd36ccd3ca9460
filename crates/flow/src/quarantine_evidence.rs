//! The failure signature that a quarantine entry without one of its own takes from its evidence.
//!
//! A digest has one signature, that of the first test which failed. An entry for another test of the suite would by it cover
//! nothing, or a failure that nobody looked at. So the test's own is taken, from the results of the same run that stand
//! beside the digest, or from the digest where that test alone failed.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use tollgate_core::model::run::schema;
use tollgate_core::model::signature::Basis;
use tollgate_core::waiver::{ClassificationFile, RawEntry};
use tollgate_host::files::Root;
use tollgate_host::git::Repository;
use tollgate_text::escape::is_blank;
use tollgate_text::json::{self, Json, JsonLimits};

/// Bytes of a failure digest at most.
const DIGEST_BYTES: u64 = 16 << 20;
/// Bytes of a suite's result or of a summary at most.
const RESULT_BYTES: u64 = 512 << 20;
/// What is to be done where the evidence does not give it.
const STATE: &str = "state its `signature` (`quarantine add --signature`)";

/// What has no words of the cause covers nothing.
const WORDLESS: &str = "shows a signature that rests on no words of the cause (`basis` is fallback): other failures look \
                        the same, so no quarantine can rest on it";

/// Where evidence is read: what a change can alter must not speak for an entry that it cannot.
pub enum EvidenceSource<'r> {
    /// The working tree.
    Tree(&'r Root),
    /// The commit that the policy comes from.
    Commit(&'r Repository, &'r str),
    /// The policy comes from a commit in which nothing can be looked up.
    Nowhere,
}

impl EvidenceSource<'_> {
    fn read(&self, path: &str, most: u64) -> Option<Vec<u8>> {
        match self {
            EvidenceSource::Tree(root) => root.read(path, most).ok(),
            EvidenceSource::Commit(repository, commit) => {
                let path = Root::clean(path).ok()?;
                let file = repository.find_node(commit, &path).ok()??;
                repository.read(&file, most).ok()
            }
            EvidenceSource::Nowhere => None,
        }
    }
}

/// By entry, the signature that its evidence gives to an entry without one of its own, or why there is none: the end of a
/// sentence that begins with the path. An entry with its own is among them only where its evidence shows that nothing can rest on
/// that.
pub fn signatures(
    source: &EvidenceSource<'_>,
    file: &ClassificationFile,
) -> BTreeMap<String, Result<String, String>> {
    let told = |q: &RawEntry| {
        let path = q.fields.get("evidence")?;
        match q.fields.get("signature") {
            None => Some((q.id.clone(), signature(source, &q.id, path))),
            // The failure of a run says the same of itself, so it need not be looked up in a commit.
            Some(own) if matches!(source, EvidenceSource::Tree(_)) && is_wordless(source, path, own) => {
                Some((q.id.clone(), Err(WORDLESS.to_string())))
            }
            Some(_) => None,
        }
    };
    file.quarantines.iter().filter_map(told).collect()
}

/// Whether the digest at `path`, or the result beside it, says of this signature that it rests on no words of the cause.
fn is_wordless(source: &EvidenceSource<'_>, path: &str, own: &str) -> bool {
    let digest: Option<Signature> = read(source, path);
    let beside: Option<Suite> = read(source, &beside(path, "result.json"));
    let tests = beside.into_iter().flat_map(|suite| suite.tests).map(|test| test.signed);
    digest
        .into_iter()
        .chain(tests)
        .any(|signed| signed.signature.as_deref() == Some(own) && signed.is_wordless())
}

/// The signature that the evidence at `path` gives to the entry `id`; the error is the end of a sentence that begins with the path.
pub fn signature(source: &EvidenceSource<'_>, id: &str, path: &str) -> Result<String, String> {
    let bytes = source.read(path, DIGEST_BYTES).ok_or_else(|| "cannot be read".to_string())?;
    let document =
        json::parse(&bytes, &JsonLimits::default()).map_err(|e| format!("is malformed: {}", e.message))?;
    let text = |key: &str| document.get(key).and_then(Json::as_str);
    let stated = ["signature", "failure_signature"].iter().find_map(|key| text(key));
    let stated = stated.filter(|s| !is_blank(s)).ok_or_else(|| "states no signature".to_string())?;
    let stated = Signature { signature: Some(stated.to_string()), basis: text("basis").map(String::from) };
    // Evidence that names no suite is no digest of tollgate's: whoever named it vouches for it.
    let Some(suite) = text("suite") else { return stated.told() };
    if id == suite {
        return stated.told();
    }
    let shown = |name: &str| name.escape_debug().to_string();
    let Some(test) = id.strip_prefix(suite).and_then(|rest| rest.strip_prefix("::")) else {
        return Err(format!("is of the suite `{}`: {STATE}", shown(suite)));
    };
    let of = Of { run: text("run_id"), suite, kind: text("kind") };
    match of.told(source, path) {
        Some(tests) => {
            let own = tests.into_iter().filter(|t| t.name == test).find(|t| t.signed.signature.is_some());
            let none = || format!("is of a run in which `{}` did not fail: {STATE}", shown(test));
            own.ok_or_else(none)?.signed.told()
        }
        None if failed_alone(&document, test) => stated.told(),
        None => Err(format!(
            "does not tell how `{}` failed, nor do results of its run beside it: {STATE}",
            shown(test)
        )),
    }
}

/// A file in the folder of another one.
fn beside(path: &str, file: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{file}"),
        None => file.to_string(),
    }
}

/// A signature with what it rests on, as documents state it. An older one does not say.
#[derive(Deserialize)]
struct Signature {
    #[serde(default)]
    signature: Option<String>,
    #[serde(default)]
    basis: Option<String>,
}

impl Signature {
    fn is_wordless(&self) -> bool {
        self.basis.as_deref() == Some(Basis::Fallback.name())
    }

    fn told(self) -> Result<String, String> {
        if self.is_wordless() {
            return Err(WORDLESS.to_string());
        }
        self.signature.ok_or_else(|| "states no signature".to_string())
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
    #[serde(flatten)]
    signed: Signature,
}

impl Of<'_> {
    /// The suite's tests, from `result.json` in the digest's folder, else from `summary.json` in the one above. What is not
    /// there, cannot be read or is of another run or suite tells nothing.
    fn told(&self, source: &EvidenceSource<'_>, digest: &str) -> Option<Vec<Test>> {
        let run = self.run?;
        let result: Option<Told> = read(source, &beside(digest, "result.json"));
        let result = result.filter(|r| r.schema == schema::RESULT && r.run_id == run && self.is(&r.suite));
        if let Some(result) = result {
            return Some(result.suite.tests);
        }
        let folder = digest.rsplit_once('/').map_or("", |(folder, _)| folder);
        let summary: Summary = read(source, &beside(folder, "summary.json"))?;
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

fn read<T: DeserializeOwned>(source: &EvidenceSource<'_>, path: &str) -> Option<T> {
    serde_json::from_slice(&source.read(path, RESULT_BYTES)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use tollgate_host::files::write_atomic;

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
        signature(&EvidenceSource::Tree(&Root::open(dir.path()).unwrap()), id, DIGEST)
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
    fn what_rests_on_no_words_is_refused() {
        let dir = workspace(&["a", "b"]);
        let mut told = result("r");
        for (nth, basis) in [(0, "assertion"), (1, "fallback")] {
            told["tests"][nth]["basis"] = basis.into();
        }
        put(&dir, "run/s/result.json", &told);
        assert_eq!(of(&dir, "s::a").unwrap(), "of-a");
        assert_eq!(of(&dir, "s::b").unwrap_err(), WORDLESS);
        let root = Root::open(dir.path()).unwrap();
        let known = |source: &EvidenceSource<'_>, signature: &str| {
            let text = format!("[quarantine.'s::b']\nevidence = '{DIGEST}'\nsignature = '{signature}'\n");
            signatures(source, &tollgate_core::waiver::parse("f.toml", &text).unwrap())
        };
        assert_eq!(known(&EvidenceSource::Tree(&root), "of-b")["s::b"], Err(WORDLESS.to_string()));
        assert!(known(&EvidenceSource::Tree(&root), "of-a").is_empty());
        assert!(known(&EvidenceSource::Nowhere, "of-b").is_empty());
        // The suite's own, as its digest states it.
        let digest =
            json!({"run_id": "r", "suite": "s", "kind": "unit", "signature": "lines", "basis": "fallback"});
        put(&dir, DIGEST, &digest);
        assert_eq!(of(&dir, "s").unwrap_err(), WORDLESS);
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
