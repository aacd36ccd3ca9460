//! The official suites of JSON Schema and of CEL, on a copy that `tests/conformance/run` fetches. What is not passed is
//! listed here with its reason, and the list is held to be exact.

use crate::textproto::{self, Field, Message};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_lang::cel::{Budget, EvalError, Expr, Host, Meter, Scope, Shared, Type, Value};
use tollgate_lang::schema::{Beside, FormatRule, Registry, SchemaSource};
use tollgate_text::json::{self, JsonLimits};

/// The folder that an environment variable names.
fn suite(variable: &str) -> PathBuf {
    let folder = std::env::var_os(variable);
    PathBuf::from(
        folder
            .unwrap_or_else(|| panic!("{variable} names the folder of the suite: see tests/conformance/run")),
    )
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{} holds no .{extension}", folder.display());
    found
}

/// What the suite calls `http://localhost:1234/` is the folder that this schema stands in.
const PUBLISHED: &str = r#"{"$id": "http://localhost:1234/published.json"}"#;

/// How many tests of a folder give their answer, and the others: `file: group: test`.
fn schemas(suite: &Path, draft: &str, folder: &str, formats: FormatRule) -> (usize, BTreeSet<String>) {
    let (mut right, mut wrong) = (0, BTreeSet::new());
    let remotes = suite.join("remotes");
    let mut look = |path: &str| match fs::read_to_string(remotes.join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Ok(None),
    };
    for file in files(&suite.join("tests").join(folder), "json") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let groups: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for group in groups.as_array().unwrap() {
            let mut schema = group["schema"].clone();
            // A draft is said by the schema; where the suite leaves it to the folder it is added.
            if let Some(members) = schema.as_object_mut().filter(|m| !m.contains_key("$schema")) {
                members.insert("$schema".into(), draft.into());
            }
            let sources = vec![
                SchemaSource::read("published.json", "published.json", PUBLISHED.into()).unwrap(),
                SchemaSource {
                    uri: None,
                    ..SchemaSource::read("case.json", "case.json", schema.to_string()).unwrap()
                },
            ];
            let id = sources[1].id.clone();
            let beside = Beside::look(tollgate::embedded::SCHEMAS, &sources, &mut look);
            let registry = Registry::new(tollgate::embedded::SCHEMAS, sources)
                .unwrap()
                .beside(beside)
                .with_formats(formats);
            let schema = registry.get(&id).unwrap();
            for test in group["tests"].as_array().unwrap() {
                let text = test["data"].to_string();
                let said = json::parse(text.as_bytes(), &JsonLimits::default())
                    .map_err(|e| e.message)
                    .and_then(|data| {
                        let schema = schema.map_err(str::to_string)?;
                        let valid = schema.is_valid(&data);
                        assert_eq!(
                            valid,
                            schema.violations(&data).is_empty(),
                            "the two walks of the engine agree"
                        );
                        Ok(valid)
                    });
                if said.as_ref().ok() == test["valid"].as_bool().as_ref() {
                    right += 1;
                } else {
                    let (group, test) = (&group["description"], &test["description"]);
                    wrong.insert(format!("{name}: {}: {}", group.as_str().unwrap(), test.as_str().unwrap()));
                }
            }
        }
    }
    (right, wrong)
}

#[test]
#[ignore = "needs the JSON Schema Test Suite: tests/conformance/run"]
fn json_schema() {
    let suite = suite("TOLLGATE_JSON_SCHEMA_SUITE");
    let mut lines = Vec::new();
    for (draft, folder) in [
        ("http://json-schema.org/draft-04/schema#", "draft4"),
        ("http://json-schema.org/draft-06/schema#", "draft6"),
        ("http://json-schema.org/draft-07/schema#", "draft7"),
        ("https://json-schema.org/draft/2019-09/schema", "draft2019-09"),
        ("https://json-schema.org/draft/2020-12/schema", "draft2020-12"),
    ] {
        let (right, wrong) = schemas(&suite, draft, folder, FormatRule::Annotation);
        lines.push(format!("{folder}, formats as annotations: {right} of {}", right + wrong.len()));
        lines.extend(wrong.iter().map(|test| format!("    {test}")));
        let (right, strict) = schemas(&suite, draft, folder, FormatRule::Assertion);
        lines.push(format!("{folder}, formats as assertions: {right} of {}", right + strict.len()));
        // By default a format is a demand; those who want it to be none say so.
        assert!(strict.difference(&wrong).all(|test| test.starts_with("format.json: ")), "{strict:#?}");
        let past_64_bits =
            |test: &String| test.starts_with("bignum.json: ") || test.contains("large integer");
        assert!(wrong.iter().all(past_64_bits), "{folder}: {wrong:#?}");
        let formats = format!("{folder}/optional/format");
        let (right, wrong) = schemas(&suite, draft, &formats, FormatRule::Assertion);
        lines.push(format!("{formats}: {right} of {}", right + wrong.len()));
        lines.extend(wrong.iter().map(|test| format!("    {test}")));
    }
    write("json_schema", &lines);
}

/// Puts the figures where `TOLLGATE_CONFORMANCE_OUT` says.
fn write(name: &str, lines: &[String]) {
    if let Some(folder) = std::env::var_os("TOLLGATE_CONFORMANCE_OUT") {
        fs::write(Path::new(&folder).join(name), format!("{}\n", lines.join("\n"))).unwrap();
    }
}

/// Files of CEL's suite that are about what the language of gates does not have.
const LEFT_OUT: [(&str, &str); 14] = [
    ("bindings_ext", "cel.bind, an extension"),
    ("block_ext", "cel.block, an extension for compilers"),
    ("dynamic", "messages of protocol buffers"),
    ("encoders_ext", "base64, an extension"),
    ("enums", "messages of protocol buffers"),
    ("math_ext", "math.*, an extension"),
    ("network_ext", "addresses, an extension"),
    ("optionals", "optional values, an extension"),
    ("proto2", "messages of protocol buffers"),
    ("proto2_ext", "messages of protocol buffers"),
    ("proto3", "messages of protocol buffers"),
    ("type_deduction", "answers of a type checker; types are looked at when an expression runs"),
    ("unknowns", "it holds no test"),
    ("wrappers", "messages of protocol buffers"),
];

/// Names of one test; there is no workspace.
struct Bound(BTreeMap<String, Value<'static>>);

impl Scope<'static> for Bound {
    fn variable(&self, name: &str) -> Option<Result<Value<'static>, EvalError>> {
        self.0.get(name).map(|value| Ok(value.clone()))
    }
    fn host(&self) -> &dyn Host {
        &Nowhere
    }
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::UNIX_EPOCH
    }
}

struct Nowhere;

impl Host for Nowhere {
    fn files(&self, _: &str, _: &Meter) -> Result<Vec<String>, EvalError> {
        Err(EvalError::Expression("there is no workspace".into()))
    }
    fn exists(&self, _: &str, _: &Meter) -> Result<bool, EvalError> {
        Err(EvalError::Expression("there is no workspace".into()))
    }
    fn sha256(&self, _: &str, _: &Meter) -> Result<String, EvalError> {
        Err(EvalError::Expression("there is no workspace".into()))
    }
    fn valid(&self, _: &str, _: &Meter) -> Result<bool, EvalError> {
        Err(EvalError::Expression("there is no workspace".into()))
    }
    fn grep(&self, _: &str, _: &[String], _: &Meter) -> Result<Vec<(String, u64, String)>, EvalError> {
        Err(EvalError::Expression("there is no workspace".into()))
    }
}

/// The value that a file writes down; `None` for a message of protocol buffers.
fn value(message: &Message) -> Option<Value<'static>> {
    let (name, field) = message.first()?;
    let word = || message.word(name).unwrap();
    Some(match name {
        "null_value" => Value::Null,
        "bool_value" => Value::Bool(word() == "true"),
        "int64_value" => Value::Int(word().parse().unwrap()),
        "uint64_value" => Value::UInt(word().parse().unwrap()),
        "double_value" => Value::Float(word().parse().unwrap()),
        "string_value" => Value::Str(message.text(name).into()),
        "bytes_value" => match field {
            Field::Bytes(bytes) => Value::Bytes(Shared::Made(Arc::from(bytes.as_slice()))),
            _ => return None,
        },
        "type_value" => Value::Type(match message.text(name).as_str() {
            "google.protobuf.Timestamp" => Type::Time,
            "google.protobuf.Duration" => Type::Duration,
            other => Type::named(other)?,
        }),
        "list_value" => {
            let list = message.messages(name).next()?;
            Value::list(list.messages("values").map(value).collect::<Option<_>>()?)
        }
        "map_value" => {
            let entries = message.messages(name).next()?.messages("entries").map(|entry| {
                Some((value(entry.messages("key").next()?)?, value(entry.messages("value").next()?)?))
            });
            Value::Map(Arc::new(entries.collect::<Option<_>>()?))
        }
        "object_value" => return any(message.messages(name).next()?),
        _ => return None,
    })
}

/// A timestamp or duration that is written as a message.
fn any(message: &Message) -> Option<Value<'static>> {
    let (name, Field::Message(inner)) = message.first()? else { return None };
    let number = |of: &str| inner.word(of).map_or(0, |word| word.parse::<i64>().unwrap());
    let (seconds, nanos) = (number("seconds"), number("nanos"));
    if name.ends_with("google.protobuf.Timestamp]") {
        return chrono::DateTime::from_timestamp(seconds, u32::try_from(nanos).unwrap()).map(Value::Time);
    }
    name.ends_with("google.protobuf.Duration]")
        .then(|| Value::Duration(chrono::TimeDelta::seconds(seconds) + chrono::TimeDelta::nanoseconds(nanos)))
}

/// A value as text in which the members of maps are sorted.
fn canonical(value: &Value<'_>) -> String {
    match value {
        Value::Map(members) => {
            let mut lines: Vec<String> =
                members.iter().map(|(k, v)| format!("{}: {}", canonical(k), canonical(v))).collect();
            lines.sort();
            format!("{{{}}}", lines.join(", "))
        }
        Value::List(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(", ")),
        other => other.quoted(),
    }
}

/// What is wrong with a test's answer; `None` where it is right.
fn departs(test: &Message) -> Option<String> {
    let expr = test.text("expr");
    let mut names = BTreeMap::new();
    for binding in test.messages("bindings") {
        let bound = binding.messages("value").next().and_then(|v| value(v.messages("value").next()?));
        match bound {
            Some(bound) => drop(names.insert(binding.text("key"), bound)),
            None => return Some("a message is bound".into()),
        }
    }
    let got = Expr::compile(&expr).map_err(|e| format!("compile: {}", e.message)).and_then(|expr| {
        let expr: &'static Expr = Box::leak(Box::new(expr));
        let budget = Budget { seconds: 3_600, ..Budget::default() };
        expr.eval(&Bound(names), &Meter::alone(&budget, tollgate_lang::cel::stopped))
            .map_err(|e| format!("error: {e}"))
    });
    let errors =
        test.messages("eval_error").next().is_some() || test.messages("any_eval_errors").next().is_some();
    let wanted = match test.messages("value").next() {
        _ if errors => Err(()),
        Some(message) => match value(message) {
            Some(value) => Ok(canonical(&value)),
            None => return Some("a message is the answer".into()),
        },
        None if test.messages("unknown").next().is_some() => return Some("an unknown is the answer".into()),
        None => Ok("true".into()),
    };
    match (wanted, got) {
        (Err(()), Err(_)) => None,
        (Err(()), Ok(value)) => Some(format!("is {}, an error is wanted", canonical(&value))),
        (Ok(wanted), Ok(value)) if canonical(&value) == wanted => None,
        (Ok(wanted), Ok(value)) => Some(format!("is {}, {wanted} is wanted", canonical(&value))),
        (Ok(wanted), Err(why)) => Some(format!("{why}; {wanted} is wanted")),
    }
}

#[test]
#[ignore = "needs the conformance files of CEL: tests/conformance/run"]
fn cel() {
    let folder = suite("TOLLGATE_CEL_SUITE");
    let (mut lines, mut right, mut departures) = (Vec::new(), 0, BTreeSet::new());
    for file in files(&folder, "textproto") {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        if let Some((_, why)) = LEFT_OUT.iter().find(|(name, _)| *name == stem) {
            lines.push(format!("{stem}: left out: {why}"));
            continue;
        }
        let message = textproto::parse(&fs::read_to_string(&file).unwrap());
        let (before, mut all) = (right, 0);
        let mut wrong = Vec::new();
        for section in message.messages("section") {
            for test in section.messages("test") {
                all += 1;
                match departs(test) {
                    None => right += 1,
                    Some(why) => {
                        let name = format!("{stem}/{}/{}", section.text("name"), test.text("name"));
                        wrong.push(format!("    {name}: {}: {why}", test.text("expr")));
                        departures.insert(name);
                    }
                }
            }
        }
        lines.push(format!("{stem}: {} of {all}", right - before));
        lines.extend(wrong);
    }
    lines.push(format!("all: {right} of {}", right + departures.len()));
    write("cel", &lines);
    let listed: BTreeSet<String> = include_str!("../conformance/cel_departures.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(": ").map_or(line, |(name, _)| name).to_string())
        .collect();
    assert_eq!(
        departures.difference(&listed).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "departures that are not listed"
    );
    assert_eq!(
        listed.difference(&departures).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "listed, and passed"
    );
}
