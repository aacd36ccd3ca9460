//! What one gate sees.

use super::date::{commit, dated, stale};
use super::documents::{Documents, FoundDocument, unread};
use super::fault::FileFault;
use super::find::FoundFiles as Files;
use super::parse::places;
use super::read::asked;
use std::collections::BTreeMap;
use tollgate_core::model::artifact::{Bound, Evidence};
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::{ArtifactSpec, Format, Gate, GateCheck};
use tollgate_core::model::verdict::ArtifactRecord;
use tollgate_text::json::{Json, TextPlace, plain};

impl<'s> Documents<'s> {
    /// The evidence of a gate, which must be one of those that the sources were read for: anything else was not read, and says
    /// so.
    pub fn evidence(&self, gate: &Gate) -> Evidence<'_> {
        let mut evidence = Evidence { bound: BTreeMap::new(), faults: Vec::new(), records: Vec::new() };
        for (name, spec) in &gate.artifacts {
            match self.sources.found(spec) {
                Some(Files::Files(files)) => {
                    self.bind(name, spec, files, may_be_empty(gate, spec), &mut evidence);
                }
                Some(Files::None(path, fault)) => {
                    evidence.records.push(record(name, path));
                    if fault.reason == Reason::Missing && !spec.required {
                        evidence.bound.insert(name.clone(), Bound::Absent);
                    } else {
                        evidence.faults.push(fault.finding(Some(name), path));
                    }
                }
                None => {
                    let path = spec.paths.first().map_or("", String::as_str);
                    evidence.records.push(record(name, path));
                    evidence.faults.push(unread().finding(Some(name), path));
                }
            }
        }
        evidence
    }

    /// Binds an artifact, unless one of its files has a fault other than being stale. A stream without a line is one, unless
    /// it `may_be_empty`.
    fn bind<'d>(
        &'d self,
        name: &str,
        spec: &ArtifactSpec,
        files: &[String],
        may_be_empty: bool,
        evidence: &mut Evidence<'d>,
    ) {
        let mut whole = true;
        let mut bound = None;
        for path in files {
            let (found, mut faults) = self.look(path, spec.format, &spec.demand);
            if may_be_empty && matches!(&found, FoundDocument::Stream(stream) if stream.survey.count == 0) {
                faults.retain(|fault| fault.reason != Reason::Malformed);
            }
            whole &= faults.is_empty();
            let (record, late) = self.date(name, spec, path, &found);
            if faults.is_empty() {
                faults.extend(late);
                faults.extend(self.faults_of_run(spec, path).cloned());
            }
            evidence.records.push(record);
            evidence.faults.extend(faults.iter().map(|f| f.finding(Some(name), path)));
            bound = match found {
                FoundDocument::Whole(document, _) => Some(Bound::Doc(document)),
                FoundDocument::Stream(stream) => Some(Bound::Lines(stream)),
                FoundDocument::Broken(_) => None,
            };
        }
        if spec.many && whole {
            bound = self.bound_list(&asked(spec), spec.format).map(Bound::Doc);
            if bound.is_none() {
                let clause = format!("{}: its files cannot be bound as one list", files.join(", "));
                evidence.faults.push(FileFault::new(Reason::Limit, clause).finding(Some(name), &files[0]));
            }
        }
        if let (true, Some(bound)) = (whole, bound) {
            evidence.bound.insert(name.to_string(), bound);
        }
    }

    /// The record of one file, and why it is stale.
    fn date(
        &self,
        name: &str,
        spec: &ArtifactSpec,
        path: &str,
        found: &FoundDocument<'_>,
    ) -> (ArtifactRecord, Vec<FileFault>) {
        let (document, bytes, sha256, fields, line) = match found {
            FoundDocument::Whole(document, content) => {
                (Some(*document), content.bytes.len() as u64, &content.sha256, &["generated_at"][..], None)
            }
            FoundDocument::Stream(stream) => {
                let survey = &stream.survey;
                let place = TextPlace { line: survey.count.max(1), column: 1 };
                (survey.last.as_ref(), survey.bytes, &survey.sha256, &["generated_at", "ts"][..], Some(place))
            }
            FoundDocument::Broken(Some(content)) => {
                let (bytes, sha256) = (Some(content.bytes.len() as u64), Some(content.sha256.clone()));
                return (ArtifactRecord { bytes, sha256, ..record(name, path) }, Vec::new());
            }
            FoundDocument::Broken(None) => return (record(name, path), Vec::new()),
        };
        let undated = Json::Null;
        let document = document.unwrap_or(&undated);
        let date = dated(document, fields, self.ctx.now);
        let record = ArtifactRecord {
            sha256: Some(sha256.clone()),
            bytes: Some(bytes),
            generated_at: date.generated_at,
            age_seconds: date.age_seconds,
            ..record(name, path)
        };
        let late = stale(document, fields, spec.max_age, self.ctx.now);
        let late = late.into_iter().chain(self.other_commit(spec, document));
        let placed = late.map(|fault| {
            let place = line.or_else(|| match (found, fault.pointer.as_deref()) {
                (FoundDocument::Whole(_, content), Some(p)) if !p.is_empty() => {
                    places(spec.format, &content.bytes, &[p]).pop().flatten()
                }
                _ => None,
            });
            fault.at(place)
        });
        (record, placed.collect())
    }

    /// Why a document that must be of the judged commit is not.
    fn other_commit(&self, spec: &ArtifactSpec, document: &Json<'_>) -> Option<FileFault> {
        let of_run = spec.paths.iter().any(|p| p.contains("{run}"));
        let says_one = !matches!(spec.format, Format::Text | Format::Junit);
        let judged = self.ctx.commit.as_deref();
        // The default asks only where there is a commit to compare with, or should be one.
        let asked = self.ctx.unborn || (says_one && judged.is_some());
        if !spec.commit_same.unwrap_or(of_run && asked) {
            return None;
        }
        let found = commit(document);
        let clause = match (judged, found) {
            (Some(judged), Some((_, found))) if judged == found => return None,
            (Some(judged), Some((_, found))) => {
                format!("it is of commit {}, not of {}", plain(found), plain(judged))
            }
            (Some(judged), None) => format!("it names no commit, and must be of {}", plain(judged)),
            (None, _) if self.ctx.unborn => {
                "it must be of the judged commit, and HEAD is on a branch that has none yet: \
                                             commit what is judged, then run again"
                    .into()
            }
            (None, _) => "it must be of the judged commit, and which one that is cannot be told".into(),
        };
        Some(FileFault {
            pointer: Some(found.map_or("", |(pointer, _)| pointer).into()),
            expected: judged.map(|c| format!("commit {}", plain(c)).into()),
            actual: found.map(|(_, c)| plain(c).into()),
            ..FileFault::new(Reason::Stale, clause)
        })
    }
}

/// Whether the gate says that this jsonl artifact may hold no line: `empty = "ok"` on a check that walks it
/// (`docs/gates.md`).
fn may_be_empty(gate: &Gate, spec: &ArtifactSpec) -> bool {
    let walks =
        |check: &GateCheck| check.for_each.as_ref().is_some_and(|list| list.text().trim() == spec.name);
    spec.format == Format::Jsonl
        && !spec.many
        && gate.checks.iter().any(|check| check.empty_ok && walks(check))
}

fn record(name: &str, path: &str) -> ArtifactRecord {
    ArtifactRecord {
        name: name.to_string(),
        path: path.to_string(),
        sha256: None,
        bytes: None,
        generated_at: None,
        age_seconds: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::EvidenceContext;
    use super::super::read::Sources;
    use super::super::run_folder::newest;
    use super::super::weight::EVIDENCE;
    use crate::embedded_in_tests::SCHEMAS;
    use crate::files::Root;
    use std::io::Write as _;
    use std::path::Path;
    use tollgate_core::model::gate::{Blocking, Demand, GateOrigin, Region};
    use tollgate_lang::schema::{Registry, SchemaSource};
    use tollgate_text::json::JsonLimits;
    use tollgate_text::time::Now;

    use super::*;

    const SCHEMA: &str = r#"{"$id": "e.v1", "type": "object", "required": ["n"],
        "properties": {"n": {"type": "integer", "minimum": 0}}}"#;

    fn region() -> Region {
        Region { path: "gates/g.toml".into(), line: 1, column: 1, end_line: 1, end_column: 2 }
    }

    fn spec(name: &str, paths: &[&str], format: Format, demand: Demand) -> ArtifactSpec {
        ArtifactSpec {
            name: name.into(),
            paths: paths.iter().map(|p| p.to_string()).collect(),
            many: false,
            format,
            demand,
            max_age: None,
            required: true,
            commit_same: None,
            region: region(),
        }
    }

    fn json(name: &str, path: &str) -> ArtifactSpec {
        spec(name, &[path], Format::Json, Demand::Schema("e.v1".into()))
    }

    fn gate(specs: Vec<ArtifactSpec>) -> Gate {
        Gate {
            id: "g".into(),
            name: "g".into(),
            why: String::new(),
            owner: String::new(),
            blocking: Blocking::Yes,
            lanes: Vec::new(),
            runbook: None,
            reproduce: "true".into(),
            applies_when: None,
            artifacts: specs.into_iter().map(|s| (s.name.clone(), s)).collect(),
            checks: Vec::new(),
            except: Vec::new(),
            origin: GateOrigin::Workspace,
            region: region(),
            digest: String::new(),
            replaces: None,
        }
    }

    struct Workspace {
        dir: tempfile::TempDir,
        commit: Option<String>,
        unborn: bool,
    }

    impl Workspace {
        fn new(files: &[(&str, &[u8])]) -> Self {
            let workspace = Workspace { dir: tempfile::tempdir().unwrap(), commit: None, unborn: false };
            files.iter().for_each(|(path, bytes)| workspace.put(path, bytes));
            workspace
        }

        fn put(&self, path: &str, bytes: &[u8]) {
            let path = self.dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
        }

        fn path(&self) -> &Path {
            self.dir.path()
        }

        /// Bindings, then faults, then records, each a line.
        fn see(&self, specs: Vec<ArtifactSpec>) -> String {
            self.see_within(specs, EVIDENCE)
        }

        /// As `see`; all evidence together takes at most `most` bytes in memory.
        fn see_within(&self, specs: Vec<ArtifactSpec>, most: u64) -> String {
            let root = Root::open(self.path()).unwrap();
            let registry =
                Registry::new(SCHEMAS, vec![SchemaSource::read("e.json", "e.json", SCHEMA.into()).unwrap()])
                    .unwrap();
            let ctx = EvidenceContext {
                root: &root,
                run_dir: newest(&root, "results"),
                now: Now::parse("2026-11-20T12:00:00Z").unwrap(),
                commit: self.commit.clone(),
                unborn: self.unborn,
                limits: JsonLimits { depth: 128, bytes: 4_000 },
            };
            let gate = gate(specs);
            let sources = Sources::read_within(&[&gate, &gate], &ctx, most);
            let documents = Documents::parse_within(&sources, &registry, &ctx, most);
            let evidence = documents.evidence(&gate);
            let mut out = Vec::new();
            for (name, bound) in &evidence.bound {
                out.push(match bound {
                    Bound::Doc(doc) => format!("{name} = {}", doc.to_value()),
                    Bound::Lines(lines) => format!("{name} = {} lines", lines.count()),
                    Bound::Absent => format!("{name} is absent"),
                });
            }
            for f in &evidence.faults {
                let pointer = f.pointer.as_ref().map_or(String::new(), |p| format!(" [{p}]"));
                out.push(format!(
                    "! {} {}: {}{pointer}",
                    f.artifact.as_deref().unwrap_or("-"),
                    f.reason.name(),
                    f.message
                ));
            }
            for r in &evidence.records {
                let digest = r.sha256.as_deref().map_or("none".to_string(), |d| d[..8].to_string());
                out.push(format!(
                    "{} {} {digest} {:?} {:?} {:?}",
                    r.name, r.path, r.bytes, r.generated_at, r.age_seconds
                ));
            }
            out.join("\n")
        }
    }

    #[test]
    fn what_is_there_is_bound_and_what_is_wrong_is_told() {
        let workspace = Workspace::new(&[
            ("ok.json", br#"{"schema": "e.v1", "n": 1, "generated_at": "2026-11-20T11:00:00Z"}"#),
            ("other.json", b"{\"schema\":\n \"e.v2\", \"n\": 1}"),
            ("none.json", br#"{"n": 1}"#),
            ("broken.json", b"{\"schema\": \"e.v1\",\n  \"n\": -1.5}"),
            ("torn.json", b"{\"schema\": \"e.v1\","),
            ("large.json", &[b' '; 5_000]),
            ("old.json", b"{\"schema\": \"e.v1\", \"n\": 1,\n \"generated_at\": \"2026-11-01T00:00:00Z\"}"),
            ("a.toml", b"schema = \"e.v1\"\nn = 1\ngenerated_at = 2026-11-20T11:59:00Z\n"),
            ("log.txt", b"one\ntwo\n"),
            ("nul.txt", b"S\0K\0I\0P\0"),
            ("r.xml", b"<testsuite name='x'><testcase name='a'/></testsuite>"),
            ("e.jsonl", b"{\"n\": 1}\n{\"n\": 2, \"ts\": \"2026-11-20T11:59:30Z\"}\n"),
            ("torn.jsonl", b"{\"n\": 1}\n{\"n\": 2}"),
        ]);
        std::fs::create_dir(workspace.path().join("folder.json")).unwrap();
        let shape = || Demand::Shape("e.v1".into());
        let week = |s: ArtifactSpec| ArtifactSpec { max_age: Some(7 * 86_400), ..s };
        let specs = vec![
            week(json("ok", "ok.json")),
            json("other", "other.json"),
            json("none", "none.json"),
            spec("shaped", &["none.json"], Format::Json, shape()),
            spec("own", &["ok.json"], Format::Json, Demand::Own),
            spec("own_none", &["none.json"], Format::Json, Demand::Own),
            spec("unknown", &["other.json"], Format::Json, Demand::Own),
            spec("unregistered", &["ok.json"], Format::Json, Demand::Shape("x.v9".into())),
            json("broken", "broken.json"),
            json("torn", "torn.json"),
            json("large", "large.json"),
            week(json("old", "old.json")),
            week(spec("undated", &["none.json"], Format::Json, shape())),
            json("folder", "folder.json"),
            json("gone", "gone.json"),
            json("outside", "../x.json"),
            ArtifactSpec { required: false, ..json("optional", "gone.json") },
            spec("first", &["gone.json", "ok.json", "torn.json"], Format::Json, Demand::Own),
            ArtifactSpec { required: false, ..json("run", "{run}/summary.json") },
            json("needs_run", "{run}/summary.json"),
            week(spec("toml", &["a.toml"], Format::Toml, Demand::Own)),
            spec("text", &["log.txt"], Format::Text, Demand::Own),
            spec("nul", &["nul.txt"], Format::Text, Demand::Own),
            spec("junit", &["r.xml"], Format::Junit, Demand::Own),
            week(spec("lines", &["e.jsonl"], Format::Jsonl, shape())),
            spec("lines_own", &["e.jsonl"], Format::Jsonl, Demand::Own),
            spec("lines_torn", &["torn.jsonl"], Format::Jsonl, shape()),
        ];
        insta::assert_snapshot!(workspace.see(specs), @r#"
        first = {"generated_at":"2026-11-20T11:00:00Z","n":1,"schema":"e.v1"}
        junit = {"errors":0,"failures":0,"skipped":0,"suites":[{"name":"x","tests":[{"classname":null,"message":null,"name":"a","status":"passed","time_ms":null}]}],"tests":1}
        lines = 2 lines
        ok = {"generated_at":"2026-11-20T11:00:00Z","n":1,"schema":"e.v1"}
        old = {"generated_at":"2026-11-01T00:00:00Z","n":1,"schema":"e.v1"}
        optional is absent
        own = {"generated_at":"2026-11-20T11:00:00Z","n":1,"schema":"e.v1"}
        run is absent
        shaped = {"n":1}
        text = "one\ntwo\n"
        toml = {"generated_at":"2026-11-20T11:59:00Z","n":1,"schema":"e.v1"}
        undated = {"n":1}
        ! broken schema: broken.json:2:8: /n: found -1.5, but the schema asks for at least 0 [/n]
        ! broken schema: broken.json:2:8: /n: found -1.5, but the schema asks for an integer [/n]
        ! folder unreadable: folder.json is a folder, not a regular file
        ! gone missing: gone.json does not exist
        ! large limit: large.json has 5000 bytes, more than the limit of 4000
        ! lines_own schema: e.jsonl:1:1: it has no `schema` field, so nothing says what it must look like: name one with `shape` in the gate, or --schema []
        ! lines_own schema: e.jsonl:2:1: it has no `schema` field, so nothing says what it must look like: name one with `shape` in the gate, or --schema []
        ! lines_torn malformed: torn.jsonl:2:1: the last line has no end: the file is torn
        ! needs_run missing: results/YYYYMMDDTHHMMSSZ/summary.json cannot be found: no run folder results/YYYYMMDDTHHMMSSZ exists
        ! none schema: none.json:1:1: it has no `schema` field, but e.v1 is demanded []
        ! nul malformed: nul.txt:1:2: a NUL byte stands in the text
        ! old stale: old.json:2:18: it is 19 d 12 h old (generated_at 2026-11-01T00:00:00Z), more than 7 d [/generated_at]
        ! other schema: other.json:2:2: its `schema` is "e.v2", but e.v1 is demanded [/schema]
        ! outside unreadable: ../x.json leaves the workspace: it holds `..`
        ! own_none schema: none.json:1:1: it has no `schema` field, so nothing says what it must look like: name one with `shape` in the gate, or --schema []
        ! torn malformed: torn.json:1:19: the text ends inside an object
        ! undated stale: none.json: it has no `generated_at`, so its age cannot be told []
        ! unknown schema: other.json:2:2: the schema `e.v2` is not registered [/schema]
        ! unregistered schema: ok.json:1:1: the schema `x.v9` is not registered []
        broken broken.json 90124bb1 Some(31) None None
        first ok.json a9b7a9c8 Some(66) Some("2026-11-20T11:00:00Z") Some(3600)
        folder folder.json none None None None
        gone gone.json none None None None
        junit r.xml eef89335 Some(52) None None
        large large.json none None None None
        lines e.jsonl 40239766 Some(48) Some("2026-11-20T11:59:30Z") Some(30)
        lines_own e.jsonl 40239766 Some(48) Some("2026-11-20T11:59:30Z") Some(30)
        lines_torn torn.jsonl b43ac65e Some(17) None None
        needs_run results/YYYYMMDDTHHMMSSZ/summary.json none None None None
        none none.json e5d5f7c1 Some(8) None None
        nul nul.txt 31d1ba34 Some(8) None None
        ok ok.json a9b7a9c8 Some(66) Some("2026-11-20T11:00:00Z") Some(3600)
        old old.json 3e9fd209 Some(67) Some("2026-11-01T00:00:00Z") Some(1684800)
        optional gone.json none None None None
        other other.json 90d886c7 Some(27) None None
        outside ../x.json none None None None
        own ok.json a9b7a9c8 Some(66) Some("2026-11-20T11:00:00Z") Some(3600)
        own_none none.json e5d5f7c1 Some(8) None None
        run results/YYYYMMDDTHHMMSSZ/summary.json none None None None
        shaped none.json e5d5f7c1 Some(8) None None
        text log.txt c3f9c8c2 Some(8) None None
        toml a.toml d6106260 Some(58) Some("2026-11-20T11:59:00Z") Some(60)
        torn torn.json 637b854f Some(18) None None
        undated none.json e5d5f7c1 Some(8) None None
        unknown other.json 90d886c7 Some(27) None None
        unregistered ok.json a9b7a9c8 Some(66) Some("2026-11-20T11:00:00Z") Some(3600)
        "#);
    }

    #[test]
    fn many_files_are_one_list() {
        let workspace = Workspace::new(&[
            ("results/20261120T101500Z/b/digest.json", br#"{"schema": "e.v1", "n": 2}"#),
            ("results/20261120T101500Z/a/digest.json", br#"{"schema": "e.v1", "n": 1}"#),
            ("results/20261119T101500Z/z/digest.json", br#"{"schema": "e.v1", "n": 9}"#),
        ]);
        let many = |name: &str, glob: &str| ArtifactSpec { many: true, ..json(name, glob) };
        let optional = ArtifactSpec { required: false, ..many("nothing", "none/*.json") };
        insta::assert_snapshot!(workspace.see(vec![many("digests", "{run}/*/digest.json"), optional]), @r#"
        digests = [{"doc":{"n":1,"schema":"e.v1"},"path":"results/20261120T101500Z/a/digest.json","stem":"digest"},{"doc":{"n":2,"schema":"e.v1"},"path":"results/20261120T101500Z/b/digest.json","stem":"digest"}]
        nothing is absent
        digests results/20261120T101500Z/a/digest.json 4f901170 Some(26) None None
        digests results/20261120T101500Z/b/digest.json 30fea6d4 Some(26) None None
        nothing none/*.json none None None None
        "#);
        workspace.put("results/20261120T101500Z/c/digest.json", br#"{"schema": "e.v1", "n": -3}"#);
        workspace.put("results/20261120T101500Z/d/digest.json", b"{");
        let specs = vec![
            many("digests", "{run}/*/digest.json"),
            many("out", "../*.json"),
            many("nothing", "none/*.json"),
        ];
        insta::assert_snapshot!(workspace.see(specs), @r#"
        ! digests schema: results/20261120T101500Z/c/digest.json:1:25: /n: found -3, but the schema asks for at least 0 [/n]
        ! digests malformed: results/20261120T101500Z/d/digest.json:1:2: the text ends inside an object
        ! nothing missing: none/*.json: no file matches
        ! out unreadable: ../*.json leaves the workspace: it holds `..`
        digests results/20261120T101500Z/a/digest.json 4f901170 Some(26) None None
        digests results/20261120T101500Z/b/digest.json 30fea6d4 Some(26) None None
        digests results/20261120T101500Z/c/digest.json c8512c10 Some(27) None None
        digests results/20261120T101500Z/d/digest.json 021fb596 Some(1) None None
        nothing none/*.json none None None None
        out ../*.json none None None None
        "#);
    }

    #[test]
    fn a_run_artifact_is_of_the_judged_commit() {
        let mut workspace = Workspace::new(&[
            ("results/20261120T101500Z/same.json", br#"{"schema": "e.v1", "n": 2, "commit": "aaaa"}"#),
            (
                "results/20261120T101500Z/other.json",
                br#"{"schema": "e.v1", "n": 2, "environment": {"git_sha": "bbbb"}}"#,
            ),
            ("results/20261120T101500Z/none.json", br#"{"schema": "e.v1", "n": 2}"#),
            ("results/20261120T101500Z/log.txt", b"x"),
        ]);
        let specs = || {
            let all = vec![
                json("same", "{run}/same.json"),
                json("other", "{run}/other.json"),
                json("none", "{run}/none.json"),
                ArtifactSpec { commit_same: Some(false), ..json("any", "{run}/none.json") },
                spec("log", &["{run}/log.txt"], Format::Text, Demand::Own),
            ];
            all
        };
        let faults =
            |seen: String| seen.lines().filter(|l| l.starts_with('!')).collect::<Vec<_>>().join("\n");
        assert_eq!(faults(workspace.see(specs())), "", "without git nothing is asked by default");
        workspace.unborn = true;
        insta::assert_snapshot!(faults(workspace.see(specs())), @r#"
        ! log stale: results/20261120T101500Z/log.txt: it must be of the judged commit, and HEAD is on a branch that has none yet: commit what is judged, then run again []
        ! none stale: results/20261120T101500Z/none.json: it must be of the judged commit, and HEAD is on a branch that has none yet: commit what is judged, then run again []
        ! other stale: results/20261120T101500Z/other.json:1:55: it must be of the judged commit, and HEAD is on a branch that has none yet: commit what is judged, then run again [/environment/git_sha]
        ! same stale: results/20261120T101500Z/same.json:1:38: it must be of the judged commit, and HEAD is on a branch that has none yet: commit what is judged, then run again [/commit]
        "#);
        workspace.unborn = false;
        let asked = ArtifactSpec { commit_same: Some(true), ..json("same", "{run}/same.json") };
        insta::assert_snapshot!(faults(workspace.see(vec![asked])), @r#"! same stale: results/20261120T101500Z/same.json:1:38: it must be of the judged commit, and which one that is cannot be told [/commit]"#);
        workspace.commit = Some("aaaa".into());
        insta::assert_snapshot!(faults(workspace.see(specs())), @r#"
        ! none stale: results/20261120T101500Z/none.json: it names no commit, and must be of aaaa []
        ! other stale: results/20261120T101500Z/other.json:1:55: it is of commit bbbb, not of aaaa [/environment/git_sha]
        "#);
    }

    #[test]
    fn all_evidence_together_is_bounded_in_the_order_of_the_paths() {
        let zeros = format!("[{}0]", "0,".repeat(900));
        let workspace = Workspace::new(&[
            ("a.json", zeros.as_bytes()),
            ("b.json", zeros.as_bytes()),
            ("c.json", b"[0]"),
            ("l.jsonl", "[0,0,0]\n".repeat(100).as_bytes()),
        ]);
        let any = Demand::Shape("any.v1".into());
        let of = |name: &str, format| {
            let path = format!("{name}.{}", if format == Format::Jsonl { "jsonl" } else { "json" });
            ArtifactSpec { max_age: None, ..spec(name, &[&path], format, any.clone()) }
        };
        let specs = || vec![of("a", Format::Json), of("b", Format::Json), of("c", Format::Json)];
        let told = |seen: String| {
            let wanted = |l: &&str| l.starts_with('!') && l.contains("limit");
            seen.lines().filter(wanted).map(str::to_string).collect::<Vec<_>>()
        };
        // Two trees of 901 values, and the files; then too little for the second tree, then too little for its bytes.
        assert_eq!(told(workspace.see_within(specs(), 80_000)), [""; 0]);
        let tree = "! b limit: b.json: with it the evidence of the check takes more than the 0 MiB that it may take in memory";
        assert_eq!(told(workspace.see_within(specs(), 50_000)), [tree]);
        let bytes = "! b limit: b.json has 1803 bytes, with which the evidence of the check has more than the 3000 that it may hold";
        assert!(told(workspace.see_within(specs(), 3_000)).contains(&bytes.to_string()));
        // Each tree of a list stands there once more.
        let many =
            || vec![ArtifactSpec { many: true, ..spec("m", &["[ab].json"], Format::Json, any.clone()) }];
        assert_eq!(told(workspace.see_within(many(), 150_000)), [""; 0]);
        assert_eq!(told(workspace.see_within(many(), 100_000)).len(), 1);
        // A stream is walked whatever it holds; as a list it counts.
        assert_eq!(told(workspace.see_within(vec![of("l", Format::Jsonl)], 100)), [""; 0]);
    }

    #[test]
    fn violations_are_listed_up_to_fifty() {
        let doc = format!("[{}]", vec!["-1"; 200].join(","));
        let workspace = Workspace::new(&[("many.json", doc.as_bytes())]);
        let root = Root::open(workspace.path()).unwrap();
        let text = r#"{"$id": "l.v1", "items": {"minimum": 0}}"#;
        let registry =
            Registry::new(SCHEMAS, vec![SchemaSource::read("l.json", "l.json", text.into()).unwrap()])
                .unwrap();
        let ctx = EvidenceContext {
            root: &root,
            run_dir: newest(&root, "results"),
            now: Now::parse("2026-11-20T12:00:00Z").unwrap(),
            commit: None,
            unborn: false,
            limits: JsonLimits::default(),
        };
        let gate = gate(vec![spec("many", &["many.json"], Format::Json, Demand::Shape("l.v1".into()))]);
        let sources = Sources::read(&[&gate], &ctx);
        let documents = Documents::parse(&sources, &registry, &ctx);
        let evidence = documents.evidence(&gate);
        assert_eq!(evidence.faults.len(), 51);
        assert_eq!(evidence.faults[50].message, "many.json: 150 more faults of this file are not listed");
        assert!(evidence.bound.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_fifo_and_a_link_out_are_unreadable() {
        let workspace = Workspace::new(&[]);
        let outside = tempfile::tempdir().unwrap();
        std::fs::File::create(outside.path().join("x.json")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("x.json"), workspace.path().join("link.json"))
            .unwrap();
        let made = duct::cmd!("mkfifo", workspace.path().join("fifo.json")).run();
        assert!(made.is_ok());
        let specs = vec![
            json("fifo", "fifo.json"),
            json("link", "link.json"),
            ArtifactSpec { required: false, ..json("optional_link", "link.json") },
            spec("stream", &["fifo.json"], Format::Jsonl, Demand::Own),
        ];
        insta::assert_snapshot!(workspace.see(specs), @r#"
        ! fifo unreadable: fifo.json is a FIFO, not a regular file
        ! link unreadable: link.json leaves the workspace: a symbolic link leads out of it
        ! optional_link unreadable: link.json leaves the workspace: a symbolic link leads out of it
        ! stream unreadable: fifo.json is a FIFO, not a regular file
        fifo fifo.json none None None None
        link link.json none None None None
        optional_link link.json none None None None
        stream fifo.json none None None None
        "#);
    }
}
