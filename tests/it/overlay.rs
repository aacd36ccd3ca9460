//! The workspace of a fixture: the parity workspace with what an overlay changes in it.
//!
//! An overlay is a folder. Its `expect.toml` says what must be red and, beside that, what is patched; every other file in it
//! stands whole in the workspace. Several overlays that begin in the same state name it with `on`: `fixtures/bases/<name>/`,
//! a folder of the same kind whose patch is its `patch.toml`. `CONTRIBUTING.md` says the keys.

use crate::patched::Document;
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};

/// The parity workspace, in `fixtures/`.
const PARITY: &str = "workspaces/parity";
/// The run folder of the parity workspace: `{run}` in `file`.
const RUN: &str = "tests/e2e_results/20261120T101500Z";
/// The pack of the parity workspace's own `tollgate.toml`.
const PARITY_PACK: &str = "runbook";
/// The files of an overlay that are not laid into the workspace.
const OWN: [&str; 2] = ["expect.toml", "patch.toml"];
/// The keys of `expect.toml` that are read here and say nothing of what is expected.
const KEYS: [&str; 4] = ["on", "set", "remove", "replace"];

/// What is changed, in this order: the base, whole files, `set`, `remove`, `replace`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Patch {
    /// The folder of `fixtures/bases/` that is laid first.
    on: Option<String>,
    set: Vec<Set>,
    remove: Vec<Remove>,
    replace: Vec<Replace>,
}

/// A value of a JSON or JSONL file that becomes another, given in one of three ways.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    file: String,
    pointer: String,
    /// The new value.
    value: Option<toml::Value>,
    /// Members of the object there.
    members: Option<toml::Table>,
    /// The new value as JSON text, which is put in as it stands: for null, and for objects whose keys have an order.
    json: Option<String>,
}

/// A member or element that goes, or a whole file or folder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remove {
    file: String,
    pointer: Option<String>,
}

/// Text of any file that becomes another.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replace {
    file: String,
    from: String,
    to: String,
    /// Every occurrence; else there must be exactly one.
    #[serde(default)]
    all: bool,
}

/// Makes the workspace of `overlay` in the empty folder `into`; `put` brings the files of the parity workspace there. Answers
/// what `expect.toml` says beside the patch.
pub fn lay(
    overlay: &Path,
    into: &Path,
    put: impl Fn(&Path, &Path) -> io::Result<()>,
) -> Result<toml::Table, String> {
    let (patch, expected) = read(overlay)?;
    let parity = fixtures_of(overlay)?.join(PARITY);
    for name in files(&parity)? {
        let to = into.join(&name);
        folder_of(&to)?;
        put(&parity.join(&name), &to).map_err(|e| format!("{}: {e}", to.display()))?;
    }
    let pack = expected.get("pack").and_then(toml::Value::as_str).unwrap_or(PARITY_PACK);
    if pack != PARITY_PACK {
        // The parity workspace's waiver names a gate of the runbook pack: without that pack it would be invalid.
        let settings = format!("[workspace]\npacks = [\"{pack}\", \"{PARITY_PACK}\"]\ngit = false\n");
        write(&into.join("tollgate.toml"), &settings)?;
    }
    apply(overlay, &patch, into, 0)?;
    Ok(expected)
}

/// The `fixtures/` that an overlay or a base stands in.
fn fixtures_of(dir: &Path) -> Result<&Path, String> {
    let found = dir.ancestors().find(|above| above.join(PARITY).is_dir());
    found.ok_or_else(|| format!("{}: no folder above it has {PARITY}", dir.display()))
}

/// Every file below `dir`, relative to it.
fn files(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(dir).sort_by_file_name() {
        let entry = entry.map_err(|e| e.to_string())?;
        if !entry.file_type().is_dir() {
            found.push(entry.path().strip_prefix(dir).map_err(|e| e.to_string())?.to_path_buf());
        }
    }
    Ok(found)
}

/// The patch of an overlay or a base, and what else its file says.
fn read(dir: &Path) -> Result<(Patch, toml::Table), String> {
    let path = OWN.iter().map(|name| dir.join(name)).find(|path| path.exists());
    let path = path.ok_or_else(|| format!("{}: neither expect.toml nor patch.toml", dir.display()))?;
    let at = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let text = std::fs::read_to_string(&path).map_err(|e| at(&e))?;
    let mut rest: toml::Table = toml::from_str(&text).map_err(|e| at(&e))?;
    let keys = KEYS.iter().filter_map(|key| Some(((*key).to_string(), rest.remove(*key)?)));
    let patch = keys.collect::<toml::Table>().try_into().map_err(|e| at(&e))?;
    if !rest.is_empty() && path.ends_with("patch.toml") {
        return Err(at(&format!("unknown keys: {:?}", rest.keys().collect::<Vec<_>>())));
    }
    Ok((patch, rest))
}

fn apply(dir: &Path, patch: &Patch, into: &Path, depth: usize) -> Result<(), String> {
    if depth > 8 {
        return Err(format!("{}: `on` leads in a circle", dir.display()));
    }
    if let Some(name) = &patch.on {
        let base = fixtures_of(dir)?.join("bases").join(name);
        apply(&base, &read(&base)?.0, into, depth + 1)?;
    }
    for name in files(dir)?.iter().filter(|name| OWN.iter().all(|own| *name != Path::new(own))) {
        let to = into.join(name);
        folder_of(&to)?;
        unlink(&to)?;
        std::fs::copy(dir.join(name), &to).map_err(|e| format!("{}: {e}", to.display()))?;
    }
    for set in &patch.set {
        edit(into, &set.file, |text| {
            let mut document = Document::new(&set.file, text);
            match (&set.value, &set.members, &set.json) {
                (Some(value), None, None) => document.set(&set.pointer, value)?,
                (None, Some(members), None) => {
                    for (key, value) in members {
                        document.set(&format!("{}/{}", set.pointer, escaped(key)), value)?;
                    }
                }
                (None, None, Some(json)) => document.set_json(&set.pointer, json)?,
                _ => return Err("a [[set]] has one of `value`, `members` and `json`".to_string()),
            }
            Ok(document.text)
        })?;
    }
    for remove in &patch.remove {
        match &remove.pointer {
            Some(pointer) => edit(into, &remove.file, |text| {
                let mut document = Document::new(&remove.file, text);
                document.remove(pointer)?;
                Ok(document.text)
            })?,
            None => {
                let path = place(into, &remove.file);
                let gone =
                    if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
                gone.map_err(|e| format!("[[remove]] {}: {e}", remove.file))?;
            }
        }
    }
    for replace in &patch.replace {
        edit(into, &replace.file, |text| replaced(replace, &text))?;
    }
    Ok(())
}

/// A key as a step of a pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn replaced(replace: &Replace, text: &str) -> Result<String, String> {
    match text.matches(&replace.from).count() {
        0 => Err(format!("{:?} does not stand there", replace.from)),
        1 => Ok(text.replace(&replace.from, &replace.to)),
        _ if replace.all => Ok(text.replace(&replace.from, &replace.to)),
        times => Err(format!("{:?} stands there {times} times: say `all = true`", replace.from)),
    }
}

fn place(into: &Path, file: &str) -> PathBuf {
    into.join(file.replace("{run}", RUN))
}

fn edit(
    into: &Path,
    file: &str,
    change: impl FnOnce(String) -> Result<String, String>,
) -> Result<(), String> {
    let path = place(into, file);
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{file}: {e}"))?;
    let changed = change(text.clone()).map_err(|e| format!("{file}: {e}"))?;
    if changed == text {
        return Err(format!("{file}: a patch changes nothing"));
    }
    write(&path, &changed)
}

/// Writes a file anew: it may be a hard link, and what is written must not reach the file that it shares.
fn write(path: &Path, text: &str) -> Result<(), String> {
    unlink(path)?;
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn unlink(path: &Path) -> Result<(), String> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(format!("{}: {e}", path.display())),
        _ => Ok(()),
    }
}

fn folder_of(path: &Path) -> Result<(), String> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(|e| format!("{}: {e}", path.display()))
}
