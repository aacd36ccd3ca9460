//! `tollgate gate try EXPR [--on [NAME=]FILE]…`: evaluates an expression and shows what each part of it comes to.

use crate::embedded::EMBEDDED;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use tollgate_core::model::gate::Format;
use tollgate_core::report::text::terminal;
use tollgate_flow::error::{Error, exit};
use tollgate_flow::ground::Ground;
use tollgate_flow::judging::judged;
use tollgate_host::artifact::{EVIDENCE, WorkspaceHost, fit_together, format_of, parse, survey};
use tollgate_host::clock;
use tollgate_host::files::{self, Root};
use tollgate_lang::cel::{Budget, EvalError, Expr, Host, Meter, PartOutcome, Scope, Type, Value};
use tollgate_lang::schema::Registry;
use tollgate_text::json::{self, Json, JsonLimits};
use tollgate_text::time::Now;

/// What to evaluate, and over what.
pub struct TryRequest<'r> {
    /// The expression.
    pub expression: &'r str,
    /// `--on`, as typed: `FILE` is bound to `doc`, `NAME=FILE` to NAME. Paths are relative to the current folder and not
    /// confined to a workspace: a person named them.
    pub on: &'r [String],
    /// What `files`, `exists`, `sha256`, `valid` and `grep` see.
    pub root: &'r Root,
    /// What `valid` knows.
    pub registry: &'r Registry,
    /// The moment of `now`, `age` and `days_until`.
    pub now: Now,
    /// What a document may be at most.
    pub limits: JsonLimits,
}

/// What an expression comes to, and its parts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TriedExpression {
    /// `tollgate.gate.try.v1`
    pub schema: String,
    /// The expression.
    pub expression: String,
    /// Whether a check that asserts it would pass.
    pub passes: bool,
    /// Its value as CEL writes it, cut at 200 characters.
    pub value: Option<String>,
    /// Why it has none.
    pub error: Option<String>,
    /// Its parts in reading order, the whole first.
    pub parts: Vec<TriedPart>,
    /// What its author would regret.
    pub lints: Vec<TriedLint>,
    /// The names that are bound, sorted.
    pub bound: Vec<String>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TriedPart {
    /// Its source; for the element that a macro binds, the element's name.
    pub text: String,
    /// How deep it stands, the whole expression at 0.
    pub depth: usize,
    /// Its value as CEL writes it; neither this nor `error` when the expression never gets there.
    pub value: Option<String>,
    /// Why it has none.
    pub error: Option<String>,
    /// The number of the element that a macro binds, from 0.
    pub element: Option<usize>,
}

/// One lint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TriedLint {
    /// One sentence.
    pub message: String,
    /// Column in the expression, in characters from 1.
    pub column: usize,
}

impl TriedExpression {
    /// 0 when the expression is true, else 1.
    pub fn exit_code(&self) -> u8 {
        if self.passes { exit::PASS } else { exit::FAIL }
    }
}

/// Evaluates. An expression that does not compile and a file that cannot be bound are `Error::Usage`.
pub fn gate_try(request: &TryRequest<'_>) -> Result<TriedExpression, Error> {
    let expr = compile(request.expression)?;
    let files = read_all(request.on)?;
    let documents: Vec<(Format, &[u8])> = files.iter().map(|f| (f.format(), f.bytes.as_slice())).collect();
    if !fit_together(&documents) {
        return Err(Error::Usage(format!(
            "--on: it takes more than {} MiB in memory, read and parsed, which is the bound over all evidence of a check",
            EVIDENCE >> 20
        )));
    }
    let policy = || {
        Ground::open_bare(&EMBEDDED, request.root.dir(), request.now)
            .map(|ground| (ground.quarantines, ground.run.suites))
    };
    let documents = files.iter().map(|f| judged::document(f.parse(request)?, policy));
    let documents = documents.collect::<Result<Vec<_>, Error>>()?;
    let host = WorkspaceHost::new(request.root, request.registry, request.limits);
    let mut names = BTreeMap::new();
    for (file, document) in files.iter().zip(&documents) {
        if names.insert(file.name.clone(), document).is_some() {
            return Err(Error::Usage(format!(
                "two files are bound to `{}`; write --on NAME=FILE",
                file.name
            )));
        }
    }
    for (file, document) in files.iter().zip(&documents).filter(|(file, _)| file.name == DOC) {
        bind_members(&mut names, &expr, file, document);
    }
    let scope = TryScope { names: &names, host: &host, now: request.now };
    let meter = Meter::alone(&Budget::default(), clock::ticks);
    let (value, error, passes) = match expr.eval(&scope, &meter) {
        Ok(value) => (Some(value.quoted()), None, matches!(value, Value::Bool(true))),
        Err(error) => (None, Some(error.message().to_string()), false),
    };
    Ok(TriedExpression {
        schema: "tollgate.gate.try.v1".into(),
        expression: request.expression.into(),
        passes,
        value,
        error,
        parts: parts(&expr, &scope, &meter),
        lints: lints(&expr),
        bound: names.keys().cloned().chain([NOW.to_string()]).collect(),
    })
}

/// What a file without a name is bound to.
const DOC: &str = "doc";
/// Bound to the moment.
const NOW: &str = "now";

/// The members of an object are bound by their names where it has at most so many; of a larger one those that the
/// expression uses.
const MEMBERS: usize = 1_000;

fn compile(expression: &str) -> Result<Expr, Error> {
    Expr::compile(expression).map_err(|error| {
        let at = expression.get(..error.offset).unwrap_or(expression);
        let line = at.matches('\n').count() + 1;
        let column = at.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        let place = if expression.contains('\n') {
            format!("line {line}, column {column}")
        } else {
            format!("column {column}")
        };
        Error::Usage(format!("the expression does not compile: {} ({place})", terminal(&error.message)))
    })
}

/// A file to bind: its name, where it is, its bytes.
struct OnFile {
    name: String,
    path: String,
    bytes: Vec<u8>,
}

fn read_all(on: &[String]) -> Result<Vec<OnFile>, Error> {
    let mut room = EVIDENCE;
    let read = |argument: &String| {
        let (name, path) = match argument.split_once('=') {
            Some((name, path)) if is_identifier(name) => (name, path),
            _ => (DOC, argument.as_str()),
        };
        if is_reserved(name) || name == NOW {
            return Err(Error::Usage(format!("--on: `{name}` cannot be bound, it has a meaning of its own")));
        }
        let bytes = files::read(Path::new(path), room).map_err(|e| Error::Usage(format!("--on: {e}")))?;
        room = room.saturating_sub(bytes.len() as u64);
        Ok(OnFile { name: name.into(), path: path.into(), bytes })
    };
    on.iter().map(read).collect()
}

impl OnFile {
    /// The format that the file's name tells; JSON where it tells none.
    fn format(&self) -> Format {
        match format_of(&self.path) {
            Some(format) => format,
            None if self.path.ends_with(".xml") => Format::Junit,
            None if [".log", ".txt"].iter().any(|end| self.path.ends_with(end)) => Format::Text,
            None => Format::Json,
        }
    }

    fn parse(&self, request: &TryRequest<'_>) -> Result<Json<'_>, Error> {
        let wrong = |fault: tollgate_host::artifact::FileFault| {
            Error::Usage(format!("--on: {}", terminal(&fault.finding(None, &self.path).message)))
        };
        match self.format() {
            Format::Jsonl => self.lines(request, wrong),
            format => parse(format, &self.bytes, &request.limits).map_err(wrong),
        }
    }

    /// A jsonl file is a list, as in a gate.
    fn lines(
        &self,
        request: &TryRequest<'_>,
        wrong: impl Fn(tollgate_host::artifact::FileFault) -> Error,
    ) -> Result<Json<'_>, Error> {
        let survey =
            survey(self.bytes.as_slice(), &[], request.registry, &request.limits, 1).map_err(&wrong)?;
        if let Some(fault) = survey.faults.into_iter().next() {
            return Err(wrong(fault));
        }
        let line = |line| {
            json::parse(line, &request.limits)
                .map_err(|e| wrong(tollgate_host::artifact::FileFault::of_parse(e)))
        };
        let lines = self.bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        Ok(Json::Array(lines.map(line).collect::<Result<_, _>>()?))
    }
}

/// The members of an object are bound by their names too, where they can be written and nothing else has the name.
fn bind_members<'d>(
    names: &mut BTreeMap<String, &'d Json<'d>>,
    expr: &Expr,
    file: &OnFile,
    document: &'d Json<'d>,
) {
    let Json::Object(object) = document else { return };
    let few = object.len() <= MEMBERS;
    for (key, member) in object.iter().filter(|(key, _)| few || expr.mentions(key)) {
        if is_identifier(key) && !is_reserved(key) && key != NOW && *key != file.name {
            names.entry(key.to_string()).or_insert(member);
        }
    }
}

fn is_identifier(name: &str) -> bool {
    let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    start && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A word that an expression cannot use as a name: a keyword, a reserved word, a type.
fn is_reserved(name: &str) -> bool {
    Type::named(name).is_some() || Expr::compile(name).is_err() || matches!(name, "true" | "false" | "null")
}

struct TryScope<'s> {
    names: &'s BTreeMap<String, &'s Json<'s>>,
    host: &'s dyn Host,
    now: Now,
}

impl<'s> Scope<'s> for TryScope<'s> {
    fn variable(&self, name: &str) -> Option<Result<Value<'s>, EvalError>> {
        if name == NOW {
            return Some(Ok(Value::Time(self.now.time())));
        }
        let names = self.names;
        names.get(name).map(|json| Ok(Value::from_json(json)))
    }

    fn host(&self) -> &dyn Host {
        self.host
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.now.time()
    }
}

fn parts(expr: &Expr, scope: &TryScope<'_>, meter: &Meter) -> Vec<TriedPart> {
    let part = |part: tollgate_lang::cel::ExprPart| {
        let (value, error) = match part.outcome {
            PartOutcome::Value(value) => (Some(value), None),
            PartOutcome::Error(error) => (None, Some(error)),
            PartOutcome::NotReached => (None, None),
        };
        TriedPart { text: part.text, depth: part.depth, value, error, element: part.element }
    };
    expr.parts(scope, meter).into_iter().map(part).collect()
}

fn lints(expr: &Expr) -> Vec<TriedLint> {
    let column = |offset| expr.text().get(..offset).unwrap_or("").chars().count() + 1;
    expr.lints().into_iter().map(|l| TriedLint { message: l.message, column: column(l.offset) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::SCHEMAS;
    use crate::verb::gate::try_text::human as gate_try_human;
    use std::fs;

    struct Case {
        folder: tempfile::TempDir,
    }

    impl Case {
        fn new(files: &[(&str, &str)]) -> Case {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in files {
                #[expect(clippy::disallowed_methods, reason = "a test's own files")]
                fs::write(folder.path().join(name), text).unwrap();
            }
            Case { folder }
        }

        fn run(&self, expression: &str, on: &[&str]) -> Result<TriedExpression, Error> {
            let place = |argument: &str| match argument.split_once('=') {
                Some((name, file)) => format!("{name}={}", self.folder.path().join(file).display()),
                None => self.folder.path().join(argument).display().to_string(),
            };
            let on: Vec<String> = on.iter().map(|a| place(a)).collect();
            gate_try(&TryRequest {
                expression,
                on: &on,
                root: &Root::open(self.folder.path()).unwrap(),
                registry: &Registry::new(SCHEMAS, Vec::new()).unwrap(),
                now: Now::parse("2026-11-20T12:00:00Z").unwrap(),
                limits: JsonLimits::default(),
            })
        }

        /// The error without the folder's name.
        fn error(&self, expression: &str, on: &[&str]) -> String {
            let error = self.run(expression, on).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            error.to_string().replace(&format!("{}/", self.folder.path().display()), "")
        }
    }

    fn case() -> Case {
        Case::new(&[
            (
                "unit.json",
                r#"{"schema": "x.v1", "totals": {"passed": 3, "failed": 1}, "int": 5, "a-b": 1, "doc": 9}"#,
            ),
            ("lines.jsonl", "{\"n\": 1}\n{\"n\": 2}\n"),
            ("torn.jsonl", "{\"n\": 1}\n{\"n\""),
            ("gate.toml", "owner = \"x\"\ncreated = 2026-11-01\n"),
            ("bad.json", "{\"a\": 1, \"a\": 2}"),
            ("out.log", "SKIP: one\n"),
        ])
    }

    #[test]
    fn the_document_and_its_members_are_bound() {
        let case = case();
        let tried =
            case.run("doc.totals.failed == totals.failed && schema == 'x.v1'", &["unit.json"]).unwrap();
        assert!(tried.passes && tried.exit_code() == 0);
        assert_eq!(tried.value.as_deref(), Some("true"));
        // `int` is a type, `a-b` no name, `doc` is the document itself.
        assert_eq!(tried.bound, ["doc", "schema", "totals", "now"]);
        assert!(case.run("doc.int == 5 && doc['a-b'] == 1 && doc.doc == 9", &["unit.json"]).unwrap().passes);
    }

    #[test]
    fn files_are_bound_by_name() {
        let case = case();
        let on = ["u=unit.json", "events=lines.jsonl", "g=gate.toml", "log=out.log"];
        let text = "u.totals.passed == 3 && events.map(e, e.n) == [1, 2] && g.created == '2026-11-01' && log.contains('SKIP')";
        let tried = case.run(text, &on).unwrap();
        assert!(tried.passes, "{tried:?}");
        assert_eq!(tried.bound, ["events", "g", "log", "u", "now"]);
        assert!(
            case.run("exists('unit.json') && sha256('out.log').size() == 64 && now > timestamp(0)", &[])
                .unwrap()
                .passes
        );
    }

    #[test]
    fn what_is_not_true_does_not_pass() {
        let case = case();
        for text in ["totals.failed == 0", "totals.failed", "doc.missing", "null", "'true'", "nobody"] {
            let tried = case.run(text, &["unit.json"]).unwrap();
            assert!(!tried.passes && tried.exit_code() == 1, "{text}");
        }
        let tried = case.run("doc.missing == 1", &["unit.json"]).unwrap();
        assert_eq!(tried.error.as_deref(), Some("no field `missing` in doc"));
    }

    #[test]
    fn what_cannot_be_tried_says_why() {
        let case = case();
        assert_eq!(
            case.error("siz(doc)", &[]),
            "the expression does not compile: there is no function siz(); did you mean size()? (column 1)"
        );
        assert_eq!(
            case.error("1 ==\n  é", &[]),
            "the expression does not compile: unexpected character (line 2, column 3)"
        );
        assert_eq!(case.error("true", &["none.json"]), "--on: none.json does not exist");
        assert_eq!(case.error("true", &["."]), "--on: . is a folder, not a regular file");
        assert_eq!(
            case.error("true", &["unit.json", "lines.jsonl"]),
            "two files are bound to `doc`; write --on NAME=FILE"
        );
        assert_eq!(
            case.error("true", &["int=unit.json"]),
            "--on: `int` cannot be bound, it has a meaning of its own"
        );
        assert_eq!(
            case.error("true", &["in=unit.json"]),
            "--on: `in` cannot be bound, it has a meaning of its own"
        );
        assert_eq!(
            case.error("true", &["now=unit.json"]),
            "--on: `now` cannot be bound, it has a meaning of its own"
        );
        assert!(
            case.error("true", &["bad.json"]).starts_with("--on: bad.json:1:"),
            "{}",
            case.error("true", &["bad.json"])
        );
        assert!(
            case.error("true", &["torn.jsonl"]).starts_with("--on: torn.jsonl:2"),
            "{}",
            case.error("true", &["torn.jsonl"])
        );
    }

    #[test]
    fn a_page_for_people() {
        let case = case();
        let text = "totals.failed == 0 &&\n  doc.all(k, k != 'x')";
        let tried = case.run(text, &["unit.json"]).unwrap();
        insta::assert_snapshot!(gate_try_human(&tried), @r"
        totals.failed == 0 && doc.all(k, k != 'x')  false
          totals.failed == 0                        false
            totals.failed                           1
          doc.all(k, k != 'x')                      (not reached)
        lint, column 25: `.all(` holds for an empty list: write `size(doc) > 0 && doc.all(…)`
        lint, column 36: `k != 'x'` is true when the field is null or of another type: write `in [...]` or `==`
        false: a check that asserts this fails
        ");
        let tried = case.run("doc.totals.skipped == 0", &["unit.json"]).unwrap();
        insta::assert_snapshot!(gate_try_human(&tried), @r#"
        doc.totals.skipped == 0  error: no field `skipped` in doc.totals
          doc.totals.skipped     error: no field `skipped` in doc.totals
            doc.totals           {"passed": 3, "failed": 1}
        error: no field `skipped` in doc.totals: a check that asserts this fails
        bound: doc, schema, totals, now
        "#);
        let tried = case.run("[doc.schema]", &["unit.json"]).unwrap();
        insta::assert_snapshot!(gate_try_human(&tried), @r#"
        [doc.schema]  ["x.v1"]
          doc.schema  "x.v1"
        ["x.v1"] is not true: a check that asserts this fails
        "#);
    }
}
