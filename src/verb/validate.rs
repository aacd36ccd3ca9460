//! `tollgate validate`: the artifact validator on its own.

pub mod args;

use crate::verb::schema::nearest;
use ::glob::{MatchOptions, Pattern};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::{Demand, Format};
use tollgate_core::model::validation::{FileResult, Validation};
use tollgate_host::artifact::{FileFault, format_of, hold, parse, survey, turn};
use tollgate_host::files::{self, ReadError, Root, io_error, open_regular};
use tollgate_lang::schema::{Registry, SchemaSource, SchemaStanding};
use tollgate_text::digest::sha256_hex;
use tollgate_text::json::{JsonLimits, plain};
use tollgate_text::show::show;
use tollgate_text::time::Now;
use walkdir::WalkDir;

/// What to validate, and against what.
pub struct ValidateRequest<'r> {
    /// Files, folders and globs as typed, relative to the current folder. They are not confined to a workspace: a person named
    /// them.
    pub inputs: Vec<String>,
    /// `--schema`: the id of a registered schema, else the path of a schema file. `None`: each document's own `schema` field
    /// decides.
    pub schema: Option<String>,
    /// The schemas that are known.
    pub registry: &'r Registry,
    /// The workspace: a schema file in it may refer to the files in it.
    pub root: &'r Root,
    /// The moment, for the report.
    pub now: Now,
    /// What a document may be at most.
    pub limits: JsonLimits,
}

/// Why nothing was validated: exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidateError {
    /// `--schema` names nothing usable. One sentence.
    #[error("{0}")]
    Schema(String),
    /// An input is no usable pattern. One sentence.
    #[error("{0}")]
    Pattern(String),
}

/// Findings listed for one file; past it a last one counts the rest. Every violation is told up to where one hostile file would
/// take the memory of all; it is above what the schema engine looks for in one document, so that the count is never wrong.
const LISTED: usize = 250_000;

/// Bytes of a schema file at most.
const SCHEMA_LIMIT: u64 = 16 << 20;

/// Validates every input, in parallel. A path that is not there and a glob that matches nothing are findings; `files` is empty
/// only when the inputs are folders with nothing to validate in them, and then nothing was judged (exit code 3).
pub fn validate(request: &ValidateRequest<'_>) -> Result<Validation, ValidateError> {
    let (own, demand) = match &request.schema {
        None => (None, Demand::Own),
        Some(named) => chosen(named, request.registry, request.root)?,
    };
    let registry = own.as_ref().unwrap_or(request.registry);
    let mut inputs = Inputs::default();
    for input in &request.inputs {
        inputs.add(input)?;
    }
    let targets: Vec<(String, Target)> = inputs.finish().into_iter().collect();
    let one = |buffer: &mut Vec<u8>, (path, target): (String, Target)| match target {
        Target::Fault(fault) => result(path, None, None, vec![fault]),
        Target::File(file, format) => judge(&file, path, format, &demand, registry, &request.limits, buffer),
    };
    let files: Vec<FileResult> = targets.into_par_iter().map_init(Vec::new, one).collect();
    let invalid = files.iter().filter(|f| !f.findings.is_empty()).count();
    let notes = match &demand {
        Demand::Own => registry.notes(),
        Demand::Shape(id) | Demand::Schema(id) => registry.note(id).into_iter().collect(),
    };
    Ok(Validation {
        schema: "tollgate.validation.v1".into(),
        generated_at: request.now.rfc3339(),
        notes,
        valid: files.len() - invalid,
        invalid,
        files,
    })
}

/// The schema that `--schema` names: registered, or read from a file into a registry of its own.
fn chosen(
    named: &str,
    registry: &Registry,
    root: &Root,
) -> Result<(Option<Registry>, Demand), ValidateError> {
    let wrong = |why: String| ValidateError::Schema(why);
    if let Some(compiled) = registry.get(named) {
        compiled.map_err(|why| wrong(format!("the schema `{}`: {why}", plain(named))))?;
        return Ok((None, Demand::Shape(named.to_string())));
    }
    let text = files::read_text(Path::new(named), SCHEMA_LIMIT).map_err(|error| match error {
        ReadError::Missing(_) => wrong(format!(
            "`{}` is neither a registered schema nor a file{}",
            plain(named),
            nearest(registry, named)
        )),
        other => wrong(other.to_string()),
    })?;
    let source = SchemaSource::read(named, named, text).map_err(wrong)?;
    let id = source.id.clone();
    let own = with_file(registry, &source, Path::new(named), root).map_err(wrong)?;
    if let Some(Err(why)) = own.get(&id) {
        return Err(wrong(format!("{}: {why}", show(named))));
    }
    Ok((Some(own), Demand::Shape(id)))
}

/// The schemas with a file over them that was named. What it refers to is looked for in the workspace if it stands there, else in
/// its own folder and below.
fn with_file(
    registry: &Registry,
    source: &SchemaSource,
    file: &Path,
    root: &Root,
) -> Result<Registry, String> {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let own = Root::open(folder).map_err(|e| e.to_string())?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let inside = own.real().strip_prefix(root.real()).ok().map(|folder| folder.join(&name));
    let inside = inside.as_deref().and_then(Path::to_str);
    let (standing, below) = match inside {
        Some(path) => (SchemaStanding::InWorkspace(path), root),
        None => (SchemaStanding::Alone(&name), &own),
    };
    let mut look = |path: &str| match below.read(path, SCHEMA_LIMIT) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| format!("{} is not UTF-8", show(path))),
        Err(ReadError::Missing(_)) => Ok(None),
        Err(error) => Err(error.to_string()),
    };
    Ok(registry.with_file(source, &standing, &mut look))
}

enum Target {
    File(PathBuf, Format),
    Fault(FileFault),
}

/// What the inputs stand for, by shown path.
#[derive(Default)]
struct Inputs {
    targets: BTreeMap<String, Target>,
    /// Folders that hold nothing to validate.
    barren: Vec<String>,
}

impl Inputs {
    fn add(&mut self, input: &str) -> Result<(), ValidateError> {
        let path = Path::new(input);
        // What is there is taken by its name, whatever characters are in it.
        if path.symlink_metadata().is_ok() {
            self.named(path);
            return Ok(());
        }
        if !input.contains(['*', '?', '[']) {
            self.missing(input, format!("{} does not exist", show(input)));
            return Ok(());
        }
        let matches = glob::glob(input)
            .map_err(|e| ValidateError::Pattern(format!("{} is no glob: {}", show(input), e.msg)))?;
        let mut any = false;
        for entry in matches {
            any = true;
            match entry {
                Ok(path) => self.named(&path),
                Err(e) => self.unreadable(e.path(), e.error()),
            }
        }
        for path in unspeakable(input) {
            any = true;
            self.named(&path);
        }
        if !any {
            self.missing(input, format!("{}: no file matches", show(input)));
        }
        Ok(())
    }

    fn missing(&mut self, path: &str, clause: String) {
        self.targets.insert(path.to_string(), Target::Fault(FileFault::new(Reason::Missing, clause)));
    }

    fn unreadable(&mut self, path: &Path, error: &std::io::Error) {
        let shown = path.display().to_string();
        let fault = FileFault::of_read(&io_error(&show(&shown), error));
        self.targets.insert(shown, Target::Fault(fault));
    }

    /// A file or folder that was named, or that a glob matched.
    fn named(&mut self, path: &Path) {
        if path.is_dir() {
            self.folder(path);
            return;
        }
        let shown = path.display().to_string();
        // Whoever names a file wants it read, whatever its name ends in.
        let format =
            format_of(&shown).unwrap_or(if shown.ends_with(".xml") { Format::Junit } else { Format::Json });
        self.targets.insert(shown, Target::File(path.to_path_buf(), format));
    }

    fn folder(&mut self, folder: &Path) {
        let before = self.targets.len();
        let walk =
            WalkDir::new(folder).follow_links(true).into_iter().filter_entry(|e| e.file_name() != ".git");
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => {
                    let shown = entry.path().display().to_string();
                    if let Some(format) = format_of(&shown) {
                        self.targets.insert(shown, Target::File(entry.into_path(), format));
                    }
                }
                Err(error) => self.not_walked(folder, &error),
            }
        }
        if self.targets.len() == before {
            self.barren.push(folder.display().to_string());
        }
    }

    /// A folder that cannot be read, a link that leads nowhere or back into itself: none is passed over in silence, but for a
    /// broken link that is not named like an artifact.
    fn not_walked(&mut self, folder: &Path, error: &walkdir::Error) {
        let path = error.path().unwrap_or(folder);
        let shown = path.display().to_string();
        match error.io_error() {
            Some(e) if e.kind() == std::io::ErrorKind::NotFound && format_of(&shown).is_none() => {}
            Some(e) => self.unreadable(path, e),
            None => {
                let clause = format!("{} is a link back into a folder that it stands in", show(&shown));
                self.targets.insert(shown, Target::Fault(FileFault::new(Reason::Unreadable, clause)));
            }
        }
    }

    /// All targets; a folder with nothing in it is a fault where there is anything else.
    fn finish(mut self) -> BTreeMap<String, Target> {
        if !self.targets.is_empty() {
            for folder in std::mem::take(&mut self.barren) {
                let clause = format!("{} holds no .json, .jsonl, .ndjson or .toml file", show(&folder));
                self.missing(&folder, clause);
            }
        }
        self.targets
    }
}

/// What a glob matches under a name that is not UTF-8. The `glob` crate passes such names over without a word; here each is
/// matched as it is shown, with U+FFFD for what cannot be read. Folders that cannot be walked are the crate's to tell.
fn unspeakable(pattern: &str) -> Vec<PathBuf> {
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    let Ok(matcher) = Pattern::new(pattern) else { return Vec::new() };
    let wild = |part: &Component| part.as_os_str().to_string_lossy().contains(['*', '?', '[']);
    let fixed: PathBuf = Path::new(pattern).components().take_while(|part| !wild(part)).collect();
    let here = fixed.as_os_str().is_empty();
    let mut walk = WalkDir::new(if here { Path::new(".") } else { &fixed }).follow_links(true);
    if !pattern.contains("**") {
        walk = walk.max_depth(Path::new(pattern).components().count() - fixed.components().count());
    }
    walk.into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().to_str().is_none())
        .map(|entry| if here { entry.path().iter().skip(1).collect() } else { entry.into_path() })
        .filter(|path| matcher.matches_with(&path.to_string_lossy(), options))
        .collect()
}

fn judge(
    file: &Path,
    path: String,
    format: Format,
    demand: &Demand,
    registry: &Registry,
    limits: &JsonLimits,
    buffer: &mut Vec<u8>,
) -> FileResult {
    if format == Format::Jsonl {
        return judge_lines(file, path, demand, registry, limits);
    }
    if let Err(error) = files::read_into(file, limits.bytes, buffer) {
        return result(path, None, None, vec![FileFault::of_read(&error)]);
    }
    let read = Some((sha256_hex(buffer), buffer.len() as u64));
    // Several files are judged at a time; of those that take hundreds of megabytes in memory one.
    let _turn = turn(format, buffer);
    match parse(format, buffer, limits) {
        Err(fault) => result(path, read, None, vec![fault]),
        Ok(document) => {
            let held = hold(&document, format, buffer, demand, registry, LISTED);
            result(path, read, held.schema, held.faults)
        }
    }
}

fn judge_lines(
    file: &Path,
    path: String,
    demand: &Demand,
    registry: &Registry,
    limits: &JsonLimits,
) -> FileResult {
    let opened = match open_regular(file, &show(&path)) {
        Ok((opened, _)) => opened,
        Err(error) => return result(path, None, None, vec![FileFault::of_read(&error)]),
    };
    match survey(opened, std::slice::from_ref(demand), registry, limits, LISTED) {
        Err(fault) => result(path, None, None, vec![fault]),
        Ok(survey) => {
            let schema = match demand {
                Demand::Shape(id) | Demand::Schema(id) => Some(id.clone()),
                Demand::Own => survey
                    .last
                    .as_ref()
                    .and_then(|last| last.get("schema")?.as_str())
                    .filter(|id| registry.source(id).is_some())
                    .map(str::to_string),
            };
            let mut faults = survey.faults;
            faults.extend(survey.breaches.into_iter().flatten());
            // In the order of the lines; a fault of no line counts the rest and stays last.
            faults.sort_by_key(|fault| fault.place.map_or((u64::MAX, 0), |p| (p.line, p.column)));
            result(path, Some((survey.sha256, survey.bytes)), schema, faults)
        }
    }
}

fn result(
    path: String,
    read: Option<(String, u64)>,
    schema: Option<String>,
    faults: Vec<FileFault>,
) -> FileResult {
    let findings = faults.iter().map(|fault| fault.finding(None, &path)).collect();
    let (sha256, bytes) = read.unzip();
    FileResult { path, sha256, bytes, schema, findings }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::SCHEMAS;
    use std::fs;
    use std::io::Write as _;

    const SCHEMA: &str =
        r#"{"$id": "e.v1", "type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}"#;

    fn put(dir: &Path, path: &str, bytes: &[u8]) {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::File::create(path).unwrap().write_all(bytes).unwrap();
    }

    fn registry() -> Registry {
        Registry::new(SCHEMAS, vec![SchemaSource::read("e.json", "e.json", SCHEMA.into()).unwrap()]).unwrap()
    }

    fn run(dir: &Path, inputs: &[&str], schema: Option<&str>) -> Result<Validation, ValidateError> {
        let registry = registry();
        let request = ValidateRequest {
            inputs: inputs.iter().map(|i| dir.join(i).display().to_string()).collect(),
            schema: schema.map(str::to_string),
            registry: &registry,
            root: &Root::open(dir).unwrap(),
            now: Now::parse("2026-11-20T12:00:00Z").unwrap(),
            limits: JsonLimits { depth: 128, bytes: 100_000 },
        };
        validate(&request)
    }

    /// Each file and what is wrong with it, the temporary folder left out.
    fn said(dir: &Path, inputs: &[&str], schema: Option<&str>) -> String {
        let validation = run(dir, inputs, schema).unwrap();
        let mut lines = vec![format!("{} valid, {} invalid", validation.valid, validation.invalid)];
        for file in validation.files {
            let digest = file.sha256.map_or("none".into(), |d| d[..8].to_string());
            lines.push(format!("{} {digest} {:?} {:?}", file.path, file.bytes, file.schema));
            lines.extend(
                file.findings
                    .into_iter()
                    .map(|f| format!("  {}: {} {:?}", f.reason.name(), f.message, f.pointer)),
            );
        }
        lines
            .join("\n")
            .replace(&format!("{}/", dir.display()), "")
            .replace(&dir.display().to_string(), "<root>")
    }

    #[test]
    fn every_violation_is_told_however_many() {
        let temp = tempfile::tempdir().unwrap();
        let wrong = "{\"n\":\"x\"}\n".repeat(12_000);
        put(temp.path(), "lines.jsonl", wrong.as_bytes());
        let list = format!("[{}]", vec!["1"; 30_000].join(","));
        put(temp.path(), "list.json", list.as_bytes());
        put(temp.path(), "s.json", br#"{"$id": "s.v1", "items": {"type": "string"}}"#);
        let told = |name: &str, schema: &str| {
            let findings = run(temp.path(), &[name], Some(schema)).unwrap().files.remove(0).findings;
            (findings.len(), findings.last().unwrap().pointer.clone().unwrap())
        };
        assert_eq!(told("lines.jsonl", "e.v1"), (12_000, "/n".into()));
        let own = temp.path().join("s.json").display().to_string();
        assert_eq!(told("list.json", &own), (30_000, "/29999".into()));
    }

    #[test]
    fn a_folder_is_walked_and_everything_wrong_is_told() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let files: [(&str, &[u8]); 17] = [
            ("a/ok.json", br#"{"schema": "e.v1", "n": 1}"#),
            ("a/ok.toml", b"schema = \"e.v1\"\nn = 1\n"),
            ("a/ok.ndjson", b"{\"schema\": \"e.v1\", \"n\": 1}\n"),
            ("a/bad.toml", b"schema = \"e.v1\"\nn = 1979-05-27\n"),
            ("a/bad.jsonl", b"{\"schema\": \"e.v1\", \"n\": 1}\n{\n\n{\"schema\": \"e.v1\"}\n{\"n\": 1}"),
            ("a/violations.json", b"{\n  \"schema\": \"e.v1\",\n  \"n\": \"x\"\n}"),
            ("a/no_schema.json", b"{\"n\": 1}"),
            ("b/empty.json", b""),
            ("b/bom.json", b"\xEF\xBB\xBF{}"),
            ("b/nul.json", b"{\"a\": \"\0\"}"),
            ("b/latin.json", b"{\"a\": \"\xE9\"}"),
            ("b/deep.json", deep.as_bytes()),
            ("b/past.json", b"{\"n\": 18446744073709551616}"),
            ("b/nan.json", b"{\"n\": NaN}"),
            ("b/twice.json", b"{\"n\": 1,\n \"n\": 2}"),
            ("b/large.json", &[b' '; 100_001]),
            ("b/notes.txt", b"not looked at"),
        ];
        files.iter().for_each(|(path, bytes)| put(dir, path, bytes));
        insta::assert_snapshot!(said(dir, &["a", "b"], None), @r#"
        3 valid, 13 invalid
        a/bad.jsonl 5523375b Some(57) Some("e.v1")
          malformed: a/bad.jsonl:2:2: the text ends inside an object None
          malformed: a/bad.jsonl:3:1: the line is blank None
          schema: a/bad.jsonl:4:1: the property `n` is missing Some("")
          malformed: a/bad.jsonl:5:1: the last line has no end: the file is torn None
        a/bad.toml b02d5cd2 Some(31) Some("e.v1")
          schema: a/bad.toml:2:5: /n: found "1979-05-27", but the schema asks for an integer Some("/n")
        a/no_schema.json e5d5f7c1 Some(8) None
          schema: a/no_schema.json:1:1: it has no `schema` field, so nothing says what it must look like: name one with `shape` in the gate, or --schema Some("")
        a/ok.json 4f901170 Some(26) Some("e.v1")
        a/ok.ndjson 7bccd662 Some(27) Some("e.v1")
        a/ok.toml 5e0fddaa Some(22) Some("e.v1")
        a/violations.json e59e933d Some(34) Some("e.v1")
          schema: a/violations.json:3:8: /n: found "x", but the schema asks for an integer Some("/n")
        b/bom.json aa25e978 Some(5) None
          schema: b/bom.json:1:1: it has no `schema` field, so nothing says what it must look like: name one with `shape` in the gate, or --schema Some("")
        b/deep.json 88b516df Some(20000) None
          limit: b/deep.json:1:129: it is nested too deeply None
        b/empty.json e3b0c442 Some(0) None
          malformed: b/empty.json:1:1: the file is empty None
        b/large.json none None None
          limit: b/large.json has 100001 bytes, more than the limit of 100000 None
        b/latin.json af11cd23 Some(10) None
          malformed: b/latin.json:1:8: it is not UTF-8: byte 0xE9 at offset 7 None
        b/nan.json 66243690 Some(10) None
          malformed: b/nan.json:1:7: `NaN` is no JSON number None
        b/nul.json 136db32c Some(10) None
          malformed: b/nul.json:1:8: a NUL byte stands in a string None
        b/past.json d4a19f62 Some(27) None
          malformed: b/past.json:1:7: the integer 18446744073709551616 is past 64 bits None
        b/twice.json 7d02e464 Some(17) None
          malformed: b/twice.json:2:2: the key `n` stands twice in one object None
        "#);
    }

    #[test]
    fn nothing_is_passed_over_in_silence() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        put(dir, "a.json", br#"{"n": 1}"#);
        put(dir, "notes.txt", br#"{"n": 1}"#);
        put(dir, "[x].json", br#"{"n": "x"}"#);
        fs::create_dir(dir.join("barren")).unwrap();
        fs::create_dir(dir.join("folder.json")).unwrap();
        let inputs = ["a.json", "gone.json", "no*.json", "*.txt", "[x].json", "barren", "folder.json"];
        insta::assert_snapshot!(said(dir, &inputs, Some("e.v1")), @r#"
        2 valid, 5 invalid
        [x].json 8bcddcfb Some(10) Some("e.v1")
          schema: [x].json:1:7: /n: found "x", but the schema asks for an integer Some("/n")
        a.json e5d5f7c1 Some(8) Some("e.v1")
        barren none None None
          missing: barren holds no .json, .jsonl, .ndjson or .toml file None
        folder.json none None None
          missing: folder.json holds no .json, .jsonl, .ndjson or .toml file None
        gone.json none None None
          missing: gone.json does not exist None
        no*.json none None None
          missing: no*.json: no file matches None
        notes.txt e5d5f7c1 Some(8) Some("e.v1")
        "#);
        assert!(run(dir, &["barren"], None).unwrap().files.is_empty());
        assert!(run(dir, &["a[.json"], None).is_err());
    }

    #[test]
    fn the_schema_is_an_id_or_a_file() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        put(dir, "a.json", br#"{"schema": "other", "n": 1}"#);
        put(dir, "s.json", br#"{"type": "object", "required": ["m"]}"#);
        put(dir, "wrong.json", br#"{"type": "strnig"}"#);
        put(dir, "torn.json", b"{");
        let file = |name: &str| dir.join(name).display().to_string();
        assert_eq!(run(dir, &["a.json"], Some("e.v1")).unwrap().valid, 1);
        insta::assert_snapshot!(said(dir, &["a.json"], Some(&file("s.json"))), @r#"
        0 valid, 1 invalid
        a.json 2fad4c1b Some(27) Some("s")
          schema: a.json:1:1: the property `m` is missing Some("")
        "#);
        let wrong = ["e.v2", "nothing", &file("wrong.json"), &file("torn.json"), &file("")];
        let errors: Vec<String> = wrong
            .iter()
            .map(|w| run(dir, &["a.json"], Some(w)).unwrap_err().to_string().replace(&file(""), ""))
            .collect();
        insta::assert_snapshot!(errors.join("\n"), @r#"
        `e.v2` is neither a registered schema nor a file; did you mean e.v1?
        `nothing` is neither a registered schema nor a file
        wrong.json: the schema does not compile at /type: "strnig" is not valid under any of the schemas listed in the 'anyOf' keyword
        torn.json:1:2: the text ends inside an object
         is a folder, not a regular file
        "#);
    }

    /// Hidden from a glob by its name, torn evidence would pass.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_utf_8_hides_nothing_from_a_glob() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt as _;
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        put(dir, "v/a.json", br#"{"schema": "e.v1", "n": 1}"#);
        let at = |name: &[u8]| dir.join("v").join(OsStr::from_bytes(name));
        fs::create_dir(at(b"d\xFF")).unwrap();
        for name in [&b"b\xFF.json"[..], b"c\xFF.txt", b"d\xFF/e.json"] {
            fs::File::create(at(name)).unwrap().write_all(b"torn").unwrap();
        }
        let counts = |pattern: &str| {
            let validation = run(dir, &[pattern], None).unwrap();
            (validation.valid, validation.invalid)
        };
        assert_eq!(counts("v/*.json"), (1, 1));
        assert_eq!(counts("v/?*.json"), (1, 1));
        assert_eq!(counts("*/*.json"), (1, 1));
        assert_eq!(counts("v/*/*.json"), (0, 1));
        assert_eq!(counts("**/*.json"), (1, 2));
        assert_eq!(counts("v/b*.json"), (0, 1));
        assert_eq!(counts("v/a*.json"), (1, 0));
    }

    #[cfg(unix)]
    #[test]
    fn links_and_fifos_are_told() {
        use std::os::unix::fs::symlink;
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        put(dir, "a.json", br#"{"schema": "e.v1", "n": 1}"#);
        symlink(dir.join("a.json"), dir.join("link.json")).unwrap();
        symlink(dir.join("gone"), dir.join("dangling.json")).unwrap();
        symlink(dir.join("gone"), dir.join("dangling")).unwrap();
        symlink(dir, dir.join("loop")).unwrap();
        assert!(duct::cmd!("mkfifo", dir.join("fifo.json"), dir.join("fifo.jsonl")).run().is_ok());
        insta::assert_snapshot!(said(dir, &["."], None), @r#"
        2 valid, 4 invalid
        ./a.json 4f901170 Some(26) Some("e.v1")
        ./dangling.json none None None
          missing: ./dangling.json does not exist None
        ./fifo.json none None None
          unreadable: ./fifo.json is a FIFO, not a regular file None
        ./fifo.jsonl none None None
          unreadable: ./fifo.jsonl is a FIFO, not a regular file None
        ./link.json 4f901170 Some(26) Some("e.v1")
        ./loop none None None
          unreadable: ./loop is a link back into a folder that it stands in None
        "#);
    }
}
