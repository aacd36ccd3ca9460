//! What expressions see of the workspace: read-only, confined to it, each answer kept for the invocation.

use super::fault::Fault;
use super::glob::glob;
use super::jsonl::parse_line;
use super::lines::blocks;
use super::parse::{format_of, parse};
use super::schema::hold;
use crate::base::digest::Running;
use crate::base::files::{ReadError, Root, plain, show};
use crate::base::json::{Json, Limits};
use crate::lang::cel::Host;
use crate::lang::schema::Registry;
use crate::model::finding::Reason;
use crate::model::gate::{Demand, Format};
use regex::bytes::{Regex, RegexBuilder};
use std::collections::HashMap;
use std::hash::Hash;
use std::io::Read;
use std::sync::{Mutex, PoisonError};

/// Matches that one `grep` returns at most.
const MATCHES: usize = 10_000;
/// Bytes hashed at a time.
const BLOCK: usize = 1 << 16;

type Kept<K, V> = Mutex<HashMap<K, Result<V, String>>>;
type Grep = Vec<(String, u64, String)>;

/// The workspace as `files`, `exists`, `sha256`, `valid` and `grep` see it.
pub struct WorkspaceHost<'w> {
    root: &'w Root,
    registry: &'w Registry,
    limits: Limits,
    files: Kept<String, Vec<String>>,
    digests: Kept<String, String>,
    validity: Kept<String, bool>,
    greps: Kept<(String, Vec<String>), Grep>,
}

impl<'w> WorkspaceHost<'w> {
    /// A host over `root`; one an invocation, so that a question asked twice has one answer.
    pub fn new(root: &'w Root, registry: &'w Registry, limits: Limits) -> Self {
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
    fn search(&self, pattern: &str, needles: &[String]) -> Result<Grep, String> {
        if needles.iter().any(String::is_empty) {
            return Err("grep: an empty text stands on every line".into());
        }
        let searches: Vec<(&String, Regex)> = needles
            .iter()
            .map(|needle| {
                let built = RegexBuilder::new(&regex::escape(needle)).case_insensitive(true).build();
                built.map(|regex| (needle, regex)).map_err(|e| format!("grep: {e}"))
            })
            .collect::<Result<_, _>>()?;
        let files = self.files(pattern)?;
        if files.is_empty() {
            return Err(format!("grep: no file matches {}", show(pattern)));
        }
        let mut found = Vec::new();
        for path in files {
            let bytes = self.root.read(&path, self.limits.bytes).map_err(|e| format!("grep: {e}"))?;
            // UTF-16 hides every text between NUL bytes.
            if memchr::memchr(0, &bytes).is_some() {
                return Err(format!("grep: {} holds NUL bytes, so it is no text", show(&path)));
            }
            for (line, needle) in hits(&bytes, &searches) {
                if found.len() == MATCHES {
                    return Err(format!("grep: more than {MATCHES} matches of {}", show(pattern)));
                }
                found.push((path.clone(), line, needle));
            }
        }
        Ok(found)
    }

    fn judge(&self, path: &str) -> Result<bool, String> {
        let Some(format) = format_of(path) else {
            return Err(format!("valid: {} is neither .json, .jsonl, .ndjson nor .toml", show(path)));
        };
        // A path that leaves the workspace is an error; a file that is not there or not a file is not valid.
        let unreadable = |error: ReadError| match error {
            error @ ReadError::Outside { .. } => Err(error.to_string()),
            _ => Ok(false),
        };
        if format == Format::Jsonl {
            let file = match self.root.open_file(path) {
                Ok((file, _)) => file,
                Err(error) => return unreadable(error),
            };
            return Ok(self.lines_hold(file));
        }
        let bytes = match self.root.read(path, self.limits.bytes) {
            Ok(bytes) => bytes,
            Err(error) => return unreadable(error),
        };
        let Ok(document) = parse(format, &bytes, &self.limits) else { return Ok(false) };
        Ok(self.holds(&document, format))
    }

    /// As `holds`, for every line; a file without one is not valid.
    fn lines_hold(&self, file: impl Read) -> bool {
        let mut any = false;
        let torn = blocks(file, self.limits.bytes, |block| {
            any = true;
            for (number, line) in block.lines() {
                let document = parse_line(line, number, &self.limits)?;
                if !self.holds(&document, Format::Jsonl) {
                    return Err(Fault::new(Reason::Schema, "a line breaks its schema"));
                }
            }
            Ok(())
        });
        any && torn.is_ok_and(|torn| torn.is_empty())
    }

    /// A document that names no schema (cassettes, bills of materials) only has to parse; to demand one is the artifact
    /// table's business.
    fn holds(&self, document: &Json<'_>, format: Format) -> bool {
        document.get("schema").is_none()
            || hold(document, format, &[], &Demand::Own, self.registry, 1).faults.is_empty()
    }

    fn digest(&self, path: &str) -> Result<String, String> {
        let (mut file, meta) = self.root.open_file(path).map_err(|e| e.to_string())?;
        let mut hash = Running::default();
        // Most files are far smaller than a block.
        let whole = usize::try_from(meta.len()).unwrap_or(BLOCK).saturating_add(1);
        let mut block = vec![0; whole.min(BLOCK)];
        loop {
            match file
                .read(&mut block)
                .map_err(|e| format!("{} cannot be read: {}", show(path), plain(&e)))?
            {
                0 => return Ok(hash.hex()),
                n => hash.update(&block[..n]),
            }
        }
    }
}

/// (line from 1, needle) for every line that holds a needle, by line and then in the needles' order.
fn hits(bytes: &[u8], searches: &[(&String, Regex)]) -> Vec<(u64, String)> {
    let mut found: Vec<(u64, usize)> = Vec::new();
    for (nth, (_, regex)) in searches.iter().enumerate() {
        let (mut line, mut counted) = (1u64, 0);
        for hit in regex.find_iter(bytes) {
            line += memchr::memchr_iter(b'\n', &bytes[counted..hit.start()]).count() as u64;
            counted = hit.start();
            if found.last() != Some(&(line, nth)) {
                found.push((line, nth));
            }
            // One more than is allowed is enough to say so.
            if found.len() > MATCHES {
                break;
            }
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(line, nth)| (line, searches[nth].0.clone())).collect()
}

impl Host for WorkspaceHost<'_> {
    fn files(&self, pattern: &str) -> Result<Vec<String>, String> {
        kept(&self.files, pattern.to_string(), || glob(self.root, pattern))
    }

    fn exists(&self, path: &str) -> Result<bool, String> {
        match self.root.resolve(path) {
            Ok(_) => Ok(true),
            Err(ReadError::Missing(_)) => Ok(false),
            Err(other) => Err(other.to_string()),
        }
    }

    fn sha256(&self, path: &str) -> Result<String, String> {
        kept(&self.digests, path.to_string(), || self.digest(path))
    }

    fn valid(&self, path: &str) -> Result<bool, String> {
        kept(&self.validity, path.to_string(), || self.judge(path))
    }

    fn grep(&self, pattern: &str, needles: &[String]) -> Result<Grep, String> {
        kept(&self.greps, (pattern.to_string(), needles.to_vec()), || self.search(pattern, needles))
    }
}

/// The kept answer, or a new one that is kept. Two threads may both find it out; they find the same.
fn kept<K: Eq + Hash, V: Clone>(
    kept: &Kept<K, V>,
    key: K,
    find: impl FnOnce() -> Result<V, String>,
) -> Result<V, String> {
    if let Some(known) = kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return known.clone();
    }
    let found = find();
    kept.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::schema::Source;
    use std::fs;
    use std::io::Write as _;

    fn with_host(files: &[(&str, &str)], ask: impl Fn(&WorkspaceHost<'_>, &std::path::Path)) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        let root = Root::open(dir.path()).unwrap();
        let schema =
            Source::read("e.json", "e.json", r#"{"$id": "e.v1", "required": ["n"]}"#.into()).unwrap();
        let registry = Registry::new(vec![schema]).unwrap();
        ask(&WorkspaceHost::new(&root, &registry, Limits::default()), dir.path());
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
            let found = host.grep("[ab].log", &needles).unwrap();
            assert_eq!(
                found,
                [
                    ("a.log".to_string(), 2, needles[0].clone()),
                    ("a.log".to_string(), 2, needles[1].clone()),
                    ("b.log".to_string(), 1, needles[2].clone()),
                ]
            );
            assert_eq!(host.grep("a.log", &["none".into()]), Ok(vec![]));
            for (pattern, needle) in [("none.log", "x"), ("a.log", ""), ("../*", "x"), ("z.log", "a")] {
                assert!(host.grep(pattern, &[needle.into()]).is_err(), "{pattern}");
            }
        });
    }

    #[test]
    fn too_many_matches_are_an_error() {
        with_host(&[("a.log", &"x\n".repeat(MATCHES + 1)), ("b.log", &"x\n".repeat(MATCHES))], |host, _| {
            assert!(host.grep("a.log", &["x".into()]).is_err());
            assert_eq!(host.grep("b.log", &["x".into()]).map(|f| f.len()), Ok(MATCHES));
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
                assert_eq!(host.valid(good), Ok(true), "{good}");
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
                assert_eq!(host.valid(bad), Ok(false), "{bad}");
            }
            assert!(host.valid("a.txt").is_err());
            assert!(host.valid("../x.json").is_err());
        });
    }

    #[test]
    fn digests_and_existence_are_confined() {
        with_host(&[("a", "abc"), ("d/e", "")], |host, _| {
            let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
            assert_eq!(host.sha256("a").as_deref(), Ok(abc));
            assert!(host.sha256("none").is_err());
            assert!(host.sha256("d").is_err());
            assert_eq!(host.exists("d/e"), Ok(true));
            assert_eq!(host.exists("d/f"), Ok(false));
            assert!(host.exists("/etc/passwd").is_err());
            assert!(host.exists("d/../../x").is_err());
        });
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_is_an_error_for_all() {
        with_host(&[("a", "abc")], |host, dir| {
            let outside = tempfile::tempdir().unwrap();
            fs::File::create(outside.path().join("x.json")).unwrap();
            std::os::unix::fs::symlink(outside.path().join("x.json"), dir.join("x.json")).unwrap();
            assert!(host.exists("x.json").is_err());
            assert!(host.sha256("x.json").is_err());
            assert!(host.valid("x.json").is_err());
            assert!(host.files("*.json").is_err());
            assert!(host.grep("*.json", &["x".into()]).is_err());
        });
    }
}
