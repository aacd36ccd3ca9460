//! A gate file, understood: each value checked on its own. Expressions are still text; `compile` makes the gate.

use crate::config::duration;
use crate::config::problem::SourceText;
use crate::config::raw::{self, RawArtifact, RawBlocking, RawCheck, RawGate, RawTold};
use crate::files::Root;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use tollgate_core::model::gate::{ArtifactSpec, Blocking, Demand, Except, Format, GateOrigin, Region};
use tollgate_core::model::lane::Lane;
use tollgate_text::digest::sha256_hex;
use tollgate_text::json::TextPlaces;
use tollgate_text::toml_text::{self, Faults, TomlFault, TomlText, suggestion};

/// An artifact table, understood, with the places that later checks point at.
#[derive(Debug, Clone)]
pub struct ArtifactDraft {
    /// What it states.
    pub spec: ArtifactSpec,
    /// Its name.
    pub name: TomlText,
    /// Its paths as written.
    pub paths: Vec<TomlText>,
    /// The id under `schema` or `shape`.
    pub demand: Option<TomlText>,
}

/// A `[[checks]]` table, its expressions still text.
#[derive(Debug, Clone)]
pub struct CheckDraft {
    /// Unique within the gate.
    pub id: String,
    /// `when`
    pub when: Option<TomlText>,
    /// `for_each`
    pub for_each: Option<TomlText>,
    /// `empty = "ok"`
    pub empty_ok: bool,
    /// `assert`
    pub assert: Option<TomlText>,
    /// `message`
    pub message: Option<TomlText>,
    /// `findings`, `title`, `at`, `reproduce`
    pub told: RawTold,
    /// Its header.
    pub region: Region,
}

/// A gate file whose values are checked and whose expressions are not yet compiled. What was wrong is absent.
#[derive(Debug, Clone)]
pub struct GateDraft {
    /// The file's stem.
    pub id: String,
    /// Its text.
    pub source: SourceText,
    /// Where it comes from.
    pub origin: GateOrigin,
    /// `name`
    pub name: String,
    /// `why`
    pub why: String,
    /// `owner`
    pub owner: String,
    /// `blocking`
    pub blocking: Blocking,
    /// `lanes`, in the order of `Lane::ALL`.
    pub lanes: Vec<Lane>,
    /// `runbook`
    pub runbook: Option<String>,
    /// `reproduce`
    pub reproduce: String,
    /// `applies_when`
    pub applies_when: Option<TomlText>,
    /// By name.
    pub artifacts: Vec<ArtifactDraft>,
    /// In file order.
    pub checks: Vec<CheckDraft>,
    /// `[[prove.except]]`
    pub except: Vec<Except>,
    /// From `name` to the end of its line.
    pub region: Region,

    /// SHA-256 of the text.
    pub digest: String,
    /// The text is not TOML: what could be read of it is not to be relied on.
    pub broken: bool,
}

/// Whether a text can be a gate's id: it stands in file names, table headers and command lines.
pub fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 100
        && id.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Reads a gate file. What is wrong is in the list; what could be understood is in the draft.
pub fn read(id: &str, source: SourceText, origin: GateOrigin) -> (GateDraft, Vec<TomlFault>) {
    let text = source.text.clone();
    let (table, syntax) = toml_text::parse(&text);
    let broken = !syntax.is_empty();
    let faults = RefCell::new(syntax);
    let raw = raw::gate(&text, table.get_ref(), &faults);
    let places = TextPlaces::of(text.as_bytes());
    let name_at = raw.name.as_ref().map_or(0, |name| line_start(&text, name.span.start));
    let region = Region::to_end_of_line(&source.path, &places, name_at);
    let draft = GateDraft {
        id: id.to_string(),
        name: value(&raw.name),
        why: value(&raw.why),
        owner: value(&raw.owner),
        blocking: blocking(&raw, &faults),
        lanes: lanes(&raw, &faults),
        runbook: raw.runbook.as_ref().map(|t| t.value.clone()),
        reproduce: reproduce(&raw, &faults),
        applies_when: raw.applies_when.clone(),
        artifacts: raw.artifacts.iter().map(|a| artifact(a, &source, &places, &faults)).collect(),
        checks: checks(&raw.checks, &source, &places, &faults),
        except: raw
            .except
            .iter()
            .filter_map(|e| {
                Some(Except {
                    mutation: e.mutation.as_ref()?.value.clone(),
                    why: e.why.as_ref()?.value.clone(),
                })
            })
            .collect(),
        region,
        digest: sha256_hex(text.as_bytes()),
        broken,
        source,
        origin,
    };
    if draft.artifacts.is_empty() && draft.checks.is_empty() {
        let none = "the gate has no check and no artifact: it would pass over nothing".to_string();
        faults.borrow_mut().push(TomlFault { message: none, span: raw.header.clone() });
    }
    let mut faults = faults.into_inner();
    if broken {
        // What follows a syntax error is often only its echo.
        faults.retain(|f| f.message.starts_with("not valid TOML"));
    }
    (draft, faults)
}

fn value(text: &Option<TomlText>) -> String {
    text.as_ref().map(|t| t.value.clone()).unwrap_or_default()
}

fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |i| i + 1)
}

fn report(faults: &Faults, span: &Range<usize>, message: String) {
    faults.borrow_mut().push(TomlFault { message, span: span.clone() });
}

fn blocking(raw: &RawGate, faults: &Faults) -> Blocking {
    match &raw.blocking {
        Some(RawBlocking::Flag(true)) | None => Blocking::Yes,
        Some(RawBlocking::Flag(false)) => Blocking::No,
        Some(RawBlocking::Word(word)) if word.value == "shadow" => Blocking::Shadow,
        Some(RawBlocking::Word(word)) => {
            let said = word.value.escape_debug();
            report(faults, &word.span, format!("`blocking` is true, false or \"shadow\", not \"{said}\""));
            Blocking::Yes
        }
    }
}

fn lanes(raw: &RawGate, faults: &Faults) -> Vec<Lane> {
    let mut found = BTreeSet::new();
    for word in raw.lanes.iter().flatten() {
        match Lane::ALL.iter().find(|lane| lane.name() == word.value) {
            Some(lane) if !found.insert(*lane) => {
                report(faults, &word.span, format!("the lane \"{}\" stands twice in `lanes`", lane.name()));
            }
            Some(_) => {}
            None => {
                let hint = suggestion(&word.value, Lane::ALL.iter().map(|l| l.name()));
                report(
                    faults,
                    &word.span,
                    format!("no lane is called \"{}\"{hint}", word.value.escape_debug()),
                );
            }
        }
    }
    found.into_iter().collect()
}

fn reproduce(raw: &RawGate, faults: &Faults) -> String {
    let Some(text) = &raw.reproduce else { return String::new() };
    for (at, _) in text.value.match_indices('{') {
        let Some(length) = text.value[at..].find('}') else { continue };
        let inner = &text.value[at + 1..at + length];
        let word = !inner.is_empty() && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if word && inner != "run" {
            let what = format!("`reproduce` knows the placeholder {{run}} alone, not {{{inner}}}");
            report(faults, &text.span, what);
        }
    }
    if shlex::split(&text.value).is_none_or(|words| words.is_empty()) {
        let what = "`reproduce` cannot be split into words: a quote or a backslash is left open";
        report(faults, &text.span, what.into());
    }
    text.value.clone()
}

fn artifact(
    raw: &RawArtifact,
    source: &SourceText,
    places: &TextPlaces<'_>,
    faults: &Faults,
) -> ArtifactDraft {
    let label = format!("`[artifacts.{}]`", raw.name.value.escape_debug());
    let format = match &raw.format {
        None => Format::Json,
        Some(word) => {
            let known = [Format::Json, Format::Jsonl, Format::Toml, Format::Text, Format::Junit];
            known.into_iter().find(|f| f.name() == word.value).unwrap_or_else(|| {
                let hint = suggestion(&word.value, known.iter().map(|f| f.name()));
                let said = word.value.escape_debug();
                report(faults, &word.span, format!("no format is called \"{said}\"{hint}"));
                Format::Json
            })
        }
    };
    let many = raw.many.unwrap_or(false);
    let spec = ArtifactSpec {
        name: raw.name.value.clone(),
        paths: paths(raw, many, &label, faults),
        many,
        format,
        demand: demand(raw, format, &label, faults),
        max_age: max_age(raw, format, faults),
        required: raw.required.unwrap_or(true),
        commit_same: commit(raw, faults),
        region: Region::of(&source.path, places, raw.header.clone()),
    };
    let demand = raw.schema.clone().or_else(|| raw.shape.clone());
    ArtifactDraft { spec, name: raw.name.clone(), paths: raw.paths.clone(), demand }
}

fn demand(raw: &RawArtifact, format: Format, label: &str, faults: &Faults) -> Demand {
    let untyped = matches!(format, Format::Text | Format::Junit);
    if let Some(id) = raw.schema.as_ref().or(raw.shape.as_ref()).filter(|_| untyped) {
        let what = format!("{label} is {}, which no schema or shape can hold", format.name());
        report(faults, &id.span, what);
    }
    match (&raw.schema, &raw.shape) {
        (Some(_), Some(shape)) => {
            report(faults, &shape.span, format!("{label} has both `schema` and `shape`; one of them"));
            Demand::Own
        }
        (Some(id), None) => Demand::Schema(id.value.clone()),
        (None, Some(id)) => Demand::Shape(id.value.clone()),
        (None, None) => Demand::Own,
    }
}

fn max_age(raw: &RawArtifact, format: Format, faults: &Faults) -> Option<u64> {
    let text = raw.max_age.as_ref()?;
    if format == Format::Text {
        report(faults, &text.span, "text has no `max_age`: it does not say when it was made".into());
        return None;
    }
    match duration::parse(&text.value) {
        Ok(seconds) => Some(seconds),
        Err(why) => {
            report(faults, &text.span, format!("`max_age`: {why}"));
            None
        }
    }
}

fn commit(raw: &RawArtifact, faults: &Faults) -> Option<bool> {
    let word = raw.commit.as_ref()?;
    match word.value.as_str() {
        "same" => Some(true),
        "any" => Some(false),
        other => {
            let said = other.escape_debug();
            report(faults, &word.span, format!("`commit` is \"same\" or \"any\", not \"{said}\""));
            None
        }
    }
}

/// The paths, each checked: relative, inside the workspace, `{run}` only as the first part.
fn paths(raw: &RawArtifact, many: bool, label: &str, faults: &Faults) -> Vec<String> {
    if many && raw.listed && raw.paths.len() > 1 {
        let what = format!("{label} has `many = true` and several paths; a glob is one path");
        report(faults, &raw.paths[1].span, what);
    }
    raw.paths
        .iter()
        .filter_map(|path| match clean_path(&path.value, many) {
            Ok(clean) => Some(clean),
            Err(why) => {
                report(faults, &path.span, format!("`path` of {label}: {why}"));
                None
            }
        })
        .collect()
}

fn clean_path(path: &str, many: bool) -> Result<String, String> {
    let (prefix, rest) = match path.strip_prefix("{run}") {
        Some(rest) => match rest.strip_prefix('/') {
            Some(rest) => ("{run}/", rest),
            None => return Err("`{run}` is a folder; write `{run}/` and the file's name".into()),
        },
        None => ("", path),
    };
    if rest.contains("{run}") {
        return Err("`{run}` can only stand at the beginning".into());
    }
    if path.chars().any(char::is_control) {
        return Err("it holds a control character".into());
    }
    if path.contains('\\') {
        return Err("it holds a backslash; parts are separated by `/`".into());
    }
    let clean = Root::clean(rest).map_err(|error| error.to_string())?;
    if clean.is_empty() {
        return Err("it names no file".into());
    }
    if many {
        glob::Pattern::new(&clean).map_err(|error| format!("it is no glob: {}", error.msg))?;
    } else if clean.contains(['*', '?']) {
        return Err("it looks like a glob; say `many = true`, or name one file".into());
    }
    Ok(format!("{prefix}{clean}"))
}

fn checks(
    raws: &[RawCheck],
    source: &SourceText,
    places: &TextPlaces<'_>,
    faults: &Faults,
) -> Vec<CheckDraft> {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    let mut found = Vec::new();
    for raw in raws {
        let region = Region::of(&source.path, places, raw.header.clone());
        if let Some(id) = &raw.id {
            if let Some(line) = seen.get(id.value.as_str()) {
                let said = id.value.escape_debug();
                report(faults, &id.span, format!("check `{said}` stands twice, first at line {line}"));
            }
            seen.entry(&id.value).or_insert(region.line);
        }
        if let Some(word) = &raw.empty {
            if word.value != "ok" {
                let said = word.value.escape_debug();
                report(faults, &word.span, format!("`empty` can only be \"ok\", not \"{said}\""));
            } else if raw.for_each.is_none() {
                report(faults, &word.span, "`empty` says nothing without a `for_each`".into());
            }
        }
        if let (Some(list), Some(_)) = (&raw.told.findings, &raw.for_each) {
            let why = "`findings` tells of one assertion; a check with a `for_each` has one for each element";
            report(faults, &list.span, why.into());
        }
        found.push(CheckDraft {
            id: value(&raw.id),
            when: raw.when.clone(),
            for_each: raw.for_each.clone(),
            empty_ok: raw.empty.as_ref().is_some_and(|word| word.value == "ok"),
            assert: raw.assert.clone(),
            message: raw.message.clone(),
            told: raw.told.clone(),
            region,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "name = 'N'\nwhy = 'W'\nowner = 'o'\nblocking = true\nlanes = ['full']\nreproduce = 'run it'\n";

    fn load(text: &str) -> (GateDraft, Vec<String>) {
        let source = SourceText { path: "gates/g.toml".into(), text: text.into() };
        let (draft, faults) = read("g", source, GateOrigin::Workspace);
        (draft, faults.into_iter().map(|f| f.message).collect())
    }

    #[test]
    fn the_example_of_the_contract_is_understood() {
        let text = r#"
name      = "Parameter sweeps artifact integrity"
why       = "Tuning reads these defaults."
owner     = "perf"
blocking  = "shadow"
lanes     = ["certification", "preflight"]
runbook   = "parameter_sweeps_integrity"
reproduce = "cargo test --test gate -- name {run} --exact"
applies_when = "lane in ['full', 'certification']"

[artifacts.sweeps]
path    = ["a/b.json", "{run}/./b.json"]
schema  = "pi.perf.parameter_sweeps.v1"
max_age = "7d"
required = false
commit  = "any"

[artifacts.events]
path   = "tests/*.jsonl"
many   = true
format = "jsonl"
shape  = "tollgate.perf.event.v1"

[[checks]]
id      = "source"
when    = "true"
assert  = "sweeps.x == 1"
message = "it is {sweeps.x}"

[[checks]]
id       = "each"
for_each = "events"
empty    = "ok"
assert   = "it.ok"

[[prove.except]]
mutation = "sweeps value /x"
why      = "because"
"#;
        let (draft, faults) = load(text);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(draft.lanes, [Lane::Preflight, Lane::Certification]);
        assert_eq!(draft.blocking, Blocking::Shadow);
        let spec = |name: &str| &draft.artifacts.iter().find(|a| a.name.value == name).unwrap().spec;
        let sweeps = spec("sweeps");
        assert_eq!(sweeps.paths, ["a/b.json", "{run}/b.json"]);
        assert_eq!(sweeps.demand, Demand::Schema("pi.perf.parameter_sweeps.v1".into()));
        assert_eq!(
            (sweeps.max_age, sweeps.required, sweeps.commit_same),
            (Some(604_800), false, Some(false))
        );
        let events = spec("events");
        assert_eq!((events.many, events.format, events.required), (true, Format::Jsonl, true));
        assert_eq!(events.demand, Demand::Shape("tollgate.perf.event.v1".into()));
        assert_eq!(draft.checks[1].region.line, 30);
        assert!(draft.checks[1].empty_ok && !draft.checks[0].empty_ok);
        assert_eq!(draft.except[0].mutation, "sweeps value /x");
        assert_eq!((draft.region.line, draft.region.column, draft.region.end_column), (2, 1, 50));
    }

    #[test]
    fn everything_that_is_missing_is_named_at_once() {
        let (_, faults) = load("");
        for key in ["name", "why", "owner", "blocking", "lanes", "reproduce"] {
            assert!(faults.contains(&format!("the gate has no `{key}`, which is required")), "{key}");
        }
        assert!(faults.iter().any(|f| f.contains("no check and no artifact")), "{faults:?}");
    }

    #[test]
    fn wrong_values_are_named() {
        let artifact = |body: &str| format!("{HEAD}[artifacts.a]\n{body}\n");
        let check = |body: &str| format!("{HEAD}[[checks]]\nid = 'c'\n{body}\n");
        let cases = [
            (HEAD.replace("'full'", "'ful'"), "no lane is called \"ful\"; did you mean `full`?"),
            (HEAD.replace("['full']", "['full', 'full']"), "stands twice in `lanes`"),
            (HEAD.replace("['full']", "[]"), "`lanes` of the gate is empty"),
            (HEAD.replace("= true", "= 'maybe'"), "`blocking` is true, false or \"shadow\", not \"maybe\""),
            (
                HEAD.replace("= true", "= 1"),
                "`blocking` of the gate must be true, false or \"shadow\", not an integer",
            ),
            (HEAD.replace("'o'", "' '"), "`owner` of the gate is blank"),
            (HEAD.replace("'run it'", "'  '"), "`reproduce` of the gate is blank"),
            (HEAD.replace("'run it'", "\"a\\nb\""), "`reproduce` of the gate holds a control character"),
            (HEAD.replace("'run it'", "'a {out}'"), "knows the placeholder {run} alone, not {out}"),
            (HEAD.replace("'run it'", "\"a 'b\""), "cannot be split into words"),
            (
                HEAD.replace("why = 'W'", "why = 'W'\nwhyy = 'x'"),
                "the gate knows no key `whyy`; did you mean `why`?",
            ),
            (artifact(""), "`[artifacts.a]` has no `path`, which is required"),
            (artifact("path = []"), "is an empty list"),
            (artifact("path = 1"), "must be a string or a list of strings, not an integer"),
            (artifact("path = '../x'"), "leaves the workspace: it holds `..`"),
            (artifact("path = '/x'"), "leaves the workspace: it is absolute"),
            (artifact("path = ''"), "the path is empty"),
            (artifact("path = '.'"), "names no file"),
            (artifact("path = '{run}'"), "`{run}` is a folder"),
            (artifact("path = 'x/{run}/y'"), "can only stand at the beginning"),
            (artifact("path = '{run}/../y'"), "it holds `..`"),
            (artifact("path = 'a/*.json'"), "say `many = true`"),
            (artifact("path = 'a/[.json'\nmany = true"), "it is no glob"),
            (artifact("path = ['a/*', 'b/*']\nmany = true"), "a glob is one path"),
            (artifact("path = 'x'\nformat = 'yaml'"), "no format is called \"yaml\""),
            (artifact("path = 'x'\nschema = 'a'\nshape = 'b'"), "both `schema` and `shape`"),
            (artifact("path = 'x'\nformat = 'text'\nmax_age = '1d'"), "text has no `max_age`"),
            (artifact("path = 'x'\nformat = 'text'\nshape = 'a'"), "which no schema or shape can hold"),
            (artifact("path = 'x'\nmax_age = '1y'"), "is no duration"),
            (artifact("path = 'x'\nmax_age = 7"), "must be a string, not an integer"),
            (artifact("path = 'x'\ncommit = 'old'"), "`commit` is \"same\" or \"any\", not \"old\""),
            (
                artifact("path = 'x'\nrequird = true"),
                "`[artifacts.a]` knows no key `requird`; did you mean `required`?",
            ),
            (check(""), "check `c` has no `assert`, which is required"),
            (check("assert = 'true'\nempty = 'ok'"), "says nothing without a `for_each`"),
            (
                check("assert = 'true'\nfor_each = 'x'\nempty = 'fine'"),
                "`empty` can only be \"ok\", not \"fine\"",
            ),
            (
                check("assert = 'true'\n[[checks]]\nid = 'c'\nassert = 'x'"),
                "check `c` stands twice, first at line 7",
            ),
            (check("assert = 'true'\n[[checks]]\nassert = 'x'"), "[[checks]] number 2 has no `id`"),
            (
                check("assert = 'true'\n[[prove.except]]\nmutation = 'x'"),
                "[[prove.except]] number 1 has no `why`",
            ),
            (check("assert = 'true'\n[prove]\nexcpt = 1"), "`[prove]` knows no key `excpt`"),
        ];
        for (text, wanted) in cases {
            let (_, faults) = load(&text);
            assert!(faults.iter().any(|f| f.contains(wanted)), "{wanted}\n{faults:?}");
        }
    }

    #[test]
    fn a_syntax_error_is_not_followed_by_its_echoes() {
        let (_, faults) = load("name = 'x\nwhy = 'W'\n");
        assert!(!faults.is_empty() && faults.iter().all(|f| f.starts_with("not valid TOML")), "{faults:?}");
    }

    #[test]
    fn ids() {
        for good in ["a", "waiver_lifecycle", "a-b.c", "0a", "_a"] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", "-a", ".a", "a b", "a/b", "é", "a\n", &"a".repeat(101)] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}
