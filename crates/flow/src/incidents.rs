//! The incident records that expressions see as `incidents`.

use serde_json::{Value, json};
use tollgate_host::files::{ReadError, Root};

/// Where incident records stand, workspace-relative; one JSON document each.
pub const FOLDER: &str = ".tollgate/incidents";
/// Bytes of one record at most.
const LIMIT: u64 = 1 << 20;
/// Bytes of all records together at most.
const TOGETHER: u64 = 64 << 20;

/// The list of `{id, severity, state}`, sorted by file name. A workspace without the folder has none; a record that
/// cannot be read is an error, never an empty list.
pub fn read(root: &Root) -> Result<Value, String> {
    let folder = match root.resolve(FOLDER) {
        Ok(folder) => folder,
        Err(ReadError::Missing(_)) => return Ok(json!([])),
        Err(other) => return Err(other.to_string()),
    };
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{FOLDER} cannot be listed: {e}"))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| format!("{FOLDER} cannot be listed: {e}"))?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| format!("{FOLDER} holds a name that is not UTF-8"))?;
        if name.ends_with(".json") {
            names.push(name);
        }
    }
    names.sort();
    let mut left = TOGETHER;
    names
        .iter()
        .map(|name| record(root, &format!("{FOLDER}/{name}"), &mut left))
        .collect::<Result<_, _>>()
        .map(Value::Array)
}

fn record(root: &Root, path: &str, left: &mut u64) -> Result<Value, String> {
    let bytes = root.read(path, LIMIT).map_err(|e| format!("the incident record {e}"))?;
    *left = left
        .checked_sub(bytes.len() as u64)
        .ok_or_else(|| format!("the incident records have more than {} MiB together", TOGETHER >> 20))?;
    let document =
        tollgate_text::json::parse(&bytes, &tollgate_text::json::JsonLimits::default()).map_err(|e| {
            format!(
                "the incident record {path}:{}:{} is malformed: {}",
                e.place.line, e.place.column, e.message
            )
        })?;
    let text = |key: &str| {
        let found = document.get(key).and_then(|v| v.as_str());
        found.map(String::from).ok_or_else(|| format!("the incident record {path} has no text `{key}`"))
    };
    Ok(json!({ "id": text("id")?, "severity": text("severity")?, "state": text("state")? }))
}
