//! What expressions see of the workspace: read-only, confined to it, each answer kept for the invocation.

use super::fault::FileFault;
use super::glob::glob;
use super::jsonl::parse_line;
use super::lines::{LineBlock, blocks};
use super::parse::{format_of, parse};
use super::schema::hold;
use super::weight::turn;
use crate::files::{ReadError, Root};
use regex::bytes::{Regex, RegexBuilder};
use std::collections::HashMap;
use std::fs::File;
use std::hash::Hash;
use std::io::Read;
use std::sync::{Mutex, PoisonError};
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::{Demand, Format};
use tollgate_lang::cel::{EvalError, Host, Meter};
use tollgate_lang::schema::Registry;
use tollgate_text::digest::Running;
use tollgate_text::json::{Json, JsonLimits};
use tollgate_text::show::{plain, show};

/// Matches that one `grep` returns at most.
const MATCHES: usize = 10_000;
/// Texts that one `grep` looks for at most.
const NEEDLES: usize = 1_000;
/// Bytes hashed at a time.
const BLOCK: usize = 1 << 16;

type Kept<K, V> = Mutex<HashMap<K, Result<V, EvalError>>>;
type Grep = Vec<(String, u64, String)>;

/// The workspace as `files`, `exists`, `sha256`, `valid` and `grep` see it.
pub struct WorkspaceHost<'w> {
    root: &'w Root,
    registry: &'w Registry,
    limits: JsonLimits,
    files: Kept<String, Vec<String>>,
    digests: Kept<String, String>,
    validity: Kept<String, bool>,
    greps: Kept<(String, Vec<String>), Grep>,
}

/// An error of the question asked.
fn fault<T>(why: impl Into<String>) -> Result<T, EvalError> {
    Err(EvalError::Expression(why.into()))
}

fn unread(error: ReadError) -> EvalError {
    match error {
        ReadError::TooLarge { .. } | ReadError::TooMuch { .. } => EvalError::Limit(error.to_string()),
        other => EvalError::Expression(other.to_string()),
    }
}

impl<'w> WorkspaceHost<'w> {
    /// A host over `root`; one an invocation, so that a question asked twice has one answer. Where the root is sealed the
    /// answers are of the bytes that were judged, or an error.
    pub fn new(root: &'w Root, registry: &'w Registry, limits: JsonLimits) -> Self {
        WorkspaceHost {
            root,
            registry,
            limits,
            files: Mutex::default(),
            digests: Mutex::default(),
            validity: Mutex::default(),
            greps: Mutex::default(),
        }
    }

    /// `grep`: every needle that stands on a line, once a line. No file that matches is an error: a log that is not there
    /// holds no bad line either, and that must not pass.
    fn search(&self, pattern: &str, needles: &[String], meter: &Meter) -> Result<Grep, EvalError> {
        let searches = searches(needles, meter)?;
        let files = self.files(pattern, meter)?;
        if files.is_empty() {
            return fault(format!("grep: no file matches {}", show(pattern)));
        }
        let mut found = Vec::new();
        for path in files {
            let most = MATCHES.saturating_sub(found.len());
            let hits = self.search_file(&path, &searches, most, meter)?;
            if hits.len() > most {
                return fault(format!("grep: more than {MATCHES} matches of {}", show(pattern)));
            }
            found.extend(hits.into_iter().map(|(line, nth)| (path.clone(), line, needles[nth].clone())));
        }
        Ok(found)
    }

    /// (line from 1, number of the needle) of one file, which is read block by block; one more than `most` is enough.
    fn search_file(
        &self,
        path: &str,
        searches: &[Regex],
        most: usize,
        meter: &Meter,
    ) -> Result<Vec<(u64, usize)>, EvalError> {
        let file = self.open(path).map_err(|e| prefixed("grep", unread(e)))?;
        let mut found = Vec::new();
        let mut next = 1;
        let mut search = |bytes: &[u8], first: u64| {
            meter.labour((bytes.len() as u64).saturating_mul(searches.len() as u64))?;
            // UTF-16 hides every text between NUL bytes.
            if memchr::memchr(0, bytes).is_some() {
                return fault(format!("grep: {} holds NUL bytes, so it is no text", show(path)));
            }
            if found.len() <= most {
                found.extend(hits(bytes, first, searches, most));
            }
            Ok(())
        };
        let torn = self.each_block(path, file, |bytes, first| {
            next = first + memchr::memchr_iter(b'\n', bytes).count() as u64;
            search(bytes, first)
        });
        let torn = torn.map_err(|e| prefixed("grep", e))?;
        search(&torn, next)?;
        Ok(found)
    }

    fn open(&self, path: &str) -> Result<File, ReadError> {
        self.root.open_file(path).map(|(file, _)| file)
    }

    /// Hands each block of whole lines to `visit` with the number of its first line, and gives what stands behind the last
    /// line's end. The bytes are those that were judged, or this is an error.
    fn each_block(
        &self,
        path: &str,
        file: File,
        mut visit: impl FnMut(&[u8], u64) -> Result<(), EvalError>,
    ) -> Result<Vec<u8>, EvalError> {
        let mut hash = Running::default();
        let mut stopped = None;
        let torn = blocks(file, self.limits.bytes, |block| {
            hash.update(block.bytes);
            visit(block.bytes, block.first).map_err(|error| {
                let fault = FileFault::new(Reason::Unreadable, error.message());
                stopped = Some(error);
                fault
            })
        });
        if let Some(error) = stopped {
            return Err(error);
        }
        let torn = torn.map_err(|fault| {
            let why = format!("{}: {}", show(path), fault.clause);
            if fault.reason == Reason::Limit { EvalError::Limit(why) } else { EvalError::Expression(why) }
        })?;
        hash.update(&torn);
        self.root.seal(path, &hash.hex()).map_err(unread)?;
        Ok(torn)
    }

    fn judge(&self, path: &str, meter: &Meter) -> Result<bool, EvalError> {
        let Some(format) = format_of(path) else {
            return fault(format!("valid: {} is neither .json, .jsonl, .ndjson nor .toml", show(path)));
        };
        // A file that is not there or not a file is not valid; what cannot be looked at is an error.
        let absent = |error: ReadError| match error {
            ReadError::Missing(_) | ReadError::Dangling(_) | ReadError::NotAFile { .. } => Ok(false),
            error => Err(unread(error)),
        };
        if format == Format::Jsonl {
            return match self.open(path) {
                Ok(file) => self.lines_hold(path, file, meter),
                Err(error) => absent(error),
            };
        }
        let bytes = match self.root.read(path, self.limits.bytes) {
            Ok(bytes) => bytes,
            Err(error) => return absent(error),
        };
        let _turn = turn(format, &bytes);
        meter.clock()?;
        match parse(format, &bytes, &self.limits) {
            Ok(document) => Ok(self.holds(&document, format)),
            Err(fault) => not_valid(path, &fault),
        }
    }

    /// As `holds`, for every line; a file without one is not valid.
    fn lines_hold(&self, path: &str, file: File, meter: &Meter) -> Result<bool, EvalError> {
        let (mut any, mut all) = (false, true);
        let torn = self.each_block(path, file, |bytes, first| {
            any = true;
            meter.clock()?;
            for (number, line) in (LineBlock { bytes, first }).lines() {
                if !all {
                    break;
                }
                all = match parse_line(line, number, &self.limits) {
                    Ok(document) => self.holds(&document, Format::Jsonl),
                    Err(fault) => not_valid(path, &fault)?,
                };
            }
            Ok(())
        })?;
        Ok(any && all && torn.is_empty())
    }

    /// A document that names no schema (cassettes, bills of materials) only has to parse; to demand one is the artifact
    /// table's business.
    fn holds(&self, document: &Json<'_>, format: Format) -> bool {
        document.get("schema").is_none()
            || hold(document, format, &[], &Demand::Own, self.registry, 1).faults.is_empty()
    }

    fn digest(&self, path: &str, meter: &Meter) -> Result<String, EvalError> {
        if let Some(seen) = self.root.digest_seen(path) {
            return Ok(seen);
        }
        let (mut file, meta) = self.root.open_file(path).map_err(unread)?;
        let mut hash = Running::default();
        // Most files are far smaller than a block.
        let whole = usize::try_from(meta.len()).unwrap_or(BLOCK).saturating_add(1);
        let mut block = vec![0; whole.min(BLOCK)];
        loop {
            let read = file.read(&mut block);
            match read.or_else(|e| fault(format!("{} cannot be read: {}", show(path), plain(&e))))? {
                0 => break,
                n => {
                    hash.update(&block[..n]);
                    meter.labour(n as u64)?;
                }
            }
        }
        let sha256 = hash.hex();
        self.root.seal(path, &sha256).map_err(unread)?;
        Ok(sha256)
    }
}

/// What does not parse is not valid; what is too large to be told is an error.
fn not_valid(path: &str, fault: &FileFault) -> Result<bool, EvalError> {
    match fault.reason {
        Reason::Limit => Err(EvalError::Limit(format!("valid: {}: {}", show(path), fault.clause))),
        _ => Ok(false),
    }
}

fn prefixed(name: &str, error: EvalError) -> EvalError {
    match error {
        EvalError::Expression(why) if !why.starts_with(name) => {
            EvalError::Expression(format!("{name}: {why}"))
        }
        other => other,
    }
}

/// A search for each needle, in their order.
fn searches(needles: &[String], meter: &Meter) -> Result<Vec<Regex>, EvalError> {
    if needles.len() > NEEDLES {
        return Err(EvalError::Limit(format!("grep: more than {NEEDLES} texts to look for")));
    }
    let search = |needle: &String| {
        meter.clock()?;
        if needle.is_empty() {
            return fault("grep: an empty text stands on every line");
        }
        if needle.contains('\n') {
            return fault("grep: a text with a line break in it stands on no line");
        }
        let built = RegexBuilder::new(&regex::escape(needle)).case_insensitive(true).build();
        built.or_else(|e| fault(format!("grep: {e}")))
    };
    needles.iter().map(search).collect()
}

/// (line, number of the needle) for every line that holds a needle, by line and then in the needles' order; `first` is the
/// number of the first line. One more of a needle than `most` is enough.
fn hits(bytes: &[u8], first: u64, searches: &[Regex], most: usize) -> Vec<(u64, usize)> {
    let mut found: Vec<(u64, usize)> = Vec::new();
    for (nth, regex) in searches.iter().enumerate() {
        let (mut line, mut counted) = (first, 0);
        for hit in regex.find_iter(bytes) {
            line += memchr::memchr_iter(b'\n', &bytes[counted..hit.start()]).count() as u64;
            counted = hit.start();
            if found.last() != Some(&(line, nth)) {
                found.push((line, nth));
            }
            // One more than is allowed is enough to say so.
            if found.len() > most {
                break;
            }
        }
    }
    found.sort_unstable();
    found
}

impl Host for WorkspaceHost<'_> {
    fn files(&self, pattern: &str, _: &Meter) -> Result<Vec<String>, EvalError> {
        kept(&self.files, pattern.to_string(), || glob(self.root, pattern).or_else(fault))
    }

    fn exists(&self, path: &str, _: &Meter) -> Result<bool, EvalError> {
        self.root.exists(path).map_err(unread)
    }

    fn sha256(&self, path: &str, meter: &Meter) -> Result<String, EvalError> {
        kept(&self.digests, path.to_string(), || self.digest(path, meter))
    }

    fn valid(&self, path: &str, meter: &Meter) -> Result<bool, EvalError> {
        kept(&self.validity, path.to_string(), || self.judge(path, meter))
    }

    fn grep(&self, pattern: &str, needles: &[String], meter: &Meter) -> Result<Grep, EvalError> {
        kept(&self.greps, (pattern.to_string(), needles.to_vec()), || self.search(pattern, needles, meter))
    }
}

/// The kept answer, or a new one that is kept. Two threads may both find it out; they find the same. A limit is the asking
/// gate's own and is no answer.
fn kept<K: Eq + Hash, V: Clone>(
    kept: &Kept<K, V>,
    key: K,
    find: impl FnOnce() -> Result<V, EvalError>,
) -> Result<V, EvalError> {
    if let Some(known) = kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return known.clone();
    }
    let found = find();
    if !matches!(found, Err(EvalError::Limit(_))) {
        kept.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded_in_tests::SCHEMAS;
    use std::fs;
    use std::io::Write as _;
    use tollgate_lang::cel::{Budget, stopped};
    use tollgate_lang::schema::SchemaSource;

    fn meter() -> Meter {
        Meter::alone(&Budget { seconds: 36_000, ..Budget::default() }, stopped)
    }

    fn with_host(files: &[(&str, &str)], ask: impl Fn(&WorkspaceHost<'_>, &std::path::Path)) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        let root = Root::open(dir.path()).unwrap();
        let schema =
            SchemaSource::read("e.json", "e.json", r#"{"$id": "e.v1", "required": ["n"]}"#.into()).unwrap();
        let registry = Registry::new(SCHEMAS, vec![schema]).unwrap();
        ask(&WorkspaceHost::new(&root, &registry, JsonLimits::default()), dir.path());
    }

    #[test]
    fn grep_ignores_case_and_tells_lines() {
        let files = [
            ("a.log", "one\nSkip: Node.JS not found; skip: node.js NOT found\r\nthree\n"),
            ("b.log", "ÄRGER\nfine"),
            ("z.log", "a\0b"),
        ];
        with_host(&files, |host, _| {
            let needles = ["SKIP: node.js not found".to_string(), "skip".to_string(), "ärger".to_string()];
            let found = host.grep("[ab].log", &needles, &meter()).unwrap();
            assert_eq!(
                found,
                [
                    ("a.log".to_string(), 2, needles[0].clone()),
                    ("a.log".to_string(), 2, needles[1].clone()),
                    ("b.log".to_string(), 1, needles[2].clone()),
                ]
            );
            assert_eq!(host.grep("a.log", &["none".into()], &meter()), Ok(vec![]));
            for (pattern, needle) in
                [("none.log", "x"), ("a.log", ""), ("../*", "x"), ("z.log", "a"), ("a.log", "one\nskip")]
            {
                assert!(host.grep(pattern, &[needle.into()], &meter()).is_err(), "{pattern}");
            }
        });
    }

    #[test]
    fn too_many_matches_are_an_error() {
        with_host(&[("a.log", &"x\n".repeat(MATCHES + 1)), ("b.log", &"x\n".repeat(MATCHES))], |host, _| {
            assert!(host.grep("a.log", &["x".into()], &meter()).is_err());
            assert_eq!(host.grep("b.log", &["x".into()], &meter()).map(|f| f.len()), Ok(MATCHES));
        });
    }

    #[test]
    fn valid_parses_and_passes_the_schema_it_names() {
        let files = [
            ("good.json", r#"{"schema": "e.v1", "n": 1}"#),
            ("bad.json", r#"{"schema": "e.v1"}"#),
            ("none.json", "{}"),
            ("torn.json", "{"),
            ("good.toml", "schema = \"e.v1\"\nn = 1\n"),
            ("good.jsonl", "{\"schema\": \"e.v1\", \"n\": 1}\n"),
            ("bad.jsonl", "{\"schema\": \"e.v1\", \"n\": 1}\n{\"schema\": \"e.v1\"}\n"),
            ("none.jsonl", "{\"n\": 1}\n[]\n"),
            ("torn.jsonl", "{\"n\": 1}\n[]"),
            ("blank.jsonl", "{}\n\n"),
            ("empty.jsonl", ""),
            ("a.txt", ""),
        ];
        with_host(&files, |host, _| {
            for good in ["good.json", "good.toml", "good.jsonl", "none.json", "none.jsonl"] {
                assert_eq!(host.valid(good, &meter()), Ok(true), "{good}");
            }
            for bad in [
                "bad.json",
                "torn.json",
                "bad.jsonl",
                "torn.jsonl",
                "blank.jsonl",
                "empty.jsonl",
                "missing.json",
            ] {
                assert_eq!(host.valid(bad, &meter()), Ok(false), "{bad}");
            }
            assert!(host.valid("a.txt", &meter()).is_err());
            assert!(host.valid("../x.json", &meter()).is_err());
        });
    }

    #[test]
    fn digests_and_existence_are_confined() {
        with_host(&[("a", "abc"), ("d/e", "")], |host, _| {
            let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
            assert_eq!(host.sha256("a", &meter()).as_deref(), Ok(abc));
            assert!(host.sha256("none", &meter()).is_err());
            assert!(host.sha256("d", &meter()).is_err());
            assert_eq!(host.exists("d/e", &meter()), Ok(true));
            assert_eq!(host.exists("d/f", &meter()), Ok(false));
            assert!(host.exists("/etc/passwd", &meter()).is_err());
            assert!(host.exists("d/../../x", &meter()).is_err());
        });
    }

    /// The answers are of the bytes that were seen first; where that cannot be, they are errors, and never of both.
    #[test]
    fn what_was_judged_is_what_is_asked_about() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            fs::File::create(dir.path().join(path)).unwrap().write_all(text.as_bytes()).unwrap();
        };
        put("d.json", r#"{"schema": "e.v1", "n": 1}"#);
        put("l.jsonl", "{\"n\": 1}\n");
        let root = Root::open(dir.path()).unwrap().sealed();
        let registry = Registry::new(SCHEMAS, Vec::new()).unwrap();
        let (_, document) = root.read_hashed("d.json", 100).unwrap();
        let (_, lines) = root.read_hashed("l.jsonl", 100).unwrap();
        put("d.json", "{}");
        put("l.jsonl", "{\"n\": 2}\n");
        let host = WorkspaceHost::new(&root, &registry, JsonLimits::default());
        assert_eq!(host.sha256("d.json", &meter()), Ok(document));
        assert_eq!(host.sha256("./l.jsonl", &meter()), Ok(lines));
        let changed = |path: &str| EvalError::Expression(format!("{path} changed while it was judged"));
        assert_eq!(host.valid("d.json", &meter()), Err(changed("d.json")));
        assert_eq!(host.valid("l.jsonl", &meter()), Err(changed("l.jsonl")));
        let grep = host.grep("*.json", &["n".into()], &meter());
        assert_eq!(grep, Err(EvalError::Expression("grep: d.json changed while it was judged".into())));
        // A file that is not there when it is asked for does not come.
        assert_eq!(host.exists("late.json", &meter()), Ok(false));
        assert_eq!(host.files("*.toml", &meter()), Ok(vec![]));
        put("late.json", "{}");
        put("late.toml", "");
        assert_eq!(host.exists("late.json", &meter()), Ok(false));
        assert_eq!(host.files("*.tom?", &meter()), Ok(vec![]));
        assert!(host.sha256("late.json", &meter()).is_err());
    }

    #[test]
    fn a_limit_is_the_asking_gates_own() {
        with_host(&[("a.log", &"x\n".repeat(100))], |host, _| {
            let late = Meter::alone(&Budget { seconds: 0, ..Budget::default() }, stopped);
            assert!(matches!(host.grep("a.log", &["x".into()], &late), Err(EvalError::Limit(_))));
            assert_eq!(host.grep("a.log", &["x".into()], &meter()).map(|found| found.len()), Ok(100));
        });
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_is_an_error_for_all() {
        with_host(&[("a", "abc")], |host, dir| {
            let outside = tempfile::tempdir().unwrap();
            fs::File::create(outside.path().join("x.json")).unwrap();
            std::os::unix::fs::symlink(outside.path().join("x.json"), dir.join("x.json")).unwrap();
            assert!(host.exists("x.json", &meter()).is_err());
            assert!(host.sha256("x.json", &meter()).is_err());
            assert!(host.valid("x.json", &meter()).is_err());
            assert!(host.files("*.json", &meter()).is_err());
            assert!(host.grep("*.json", &["x".into()], &meter()).is_err());
        });
    }
}
