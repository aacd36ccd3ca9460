//! The verdicts that stand in the output folder, and those that a person names.

use serde::de::DeserializeOwned;
use tollgate_core::model::verdict::{SCHEMA, Verdict};
use tollgate_core::report::text::terminal;
use tollgate_host::files::{self, ReadError, Root};
use tollgate_text::show::show;
use tollgate_text::time::parse_rfc3339;

/// The most that is read of a verdict; a larger file is refused.
pub const MAX_BYTES: u64 = 64 << 20;

/// The files a lane writes, in the order that decides between equally new ones.
pub const FILES: &[&str] =
    &["full_suite_verdict.json", "certification_verdict.json", "preflight_verdict.json"];

/// The newest verdict in the output folder (workspace-relative), and its path. `None` when there is none; an error, one
/// sentence, when one cannot be read, because that one might be the newest.
pub fn newest(root: &Root, output: &str) -> Result<Option<(String, Verdict)>, String> {
    let mut best: Option<(chrono::DateTime<chrono::FixedOffset>, String, Verdict)> = None;
    for file in FILES {
        let path = format!("{}/{file}", output.trim_end_matches('/'));
        let bytes = match root.read(&path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(ReadError::Missing(_)) => continue,
            Err(error) => return Err(error.to_string()),
        };
        let verdict = parse_verdict(&path, &bytes)?;
        let at = parse_rfc3339(&verdict.generated_at)
            .map_err(|why| format!("{}: its generated_at: {why}", show(&path)))?;
        if best.as_ref().is_none_or(|(newest, _, _)| at > *newest) {
            best = Some((at, path, verdict));
        }
    }
    Ok(best.map(|(_, path, verdict)| (path, verdict)))
}

/// A verdict from the bytes of a file; the error is one sentence that names it.
pub fn parse_verdict(path: &str, bytes: &[u8]) -> Result<Verdict, String> {
    let verdict: Verdict = parse(path, bytes, "a verdict")?;
    if verdict.schema == SCHEMA {
        Ok(verdict)
    } else {
        Err(format!("{}: its schema is `{}`, not {SCHEMA}", show(path), terminal(&verdict.schema)))
    }
}

/// Typed JSON; the error is one sentence with line and column.
pub fn parse<T: DeserializeOwned>(path: &str, bytes: &[u8], what: &str) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|e| {
        let why = e.to_string();
        let why = why.split(" at line ").next().unwrap_or("");
        format!("{}:{}:{}: it is not {what}: {}", show(path), e.line(), e.column(), terminal(why))
    })
}

/// Reads a file that a person named on the command line.
pub fn read_named(path: &std::path::Path) -> Result<Vec<u8>, ReadError> {
    files::read(path, MAX_BYTES)
}

/// A verdict that a person named on the command line; the error is one sentence that names the file.
pub fn named(path: &std::path::Path) -> Result<Verdict, String> {
    let bytes = read_named(path).map_err(|e| e.to_string())?;
    parse_verdict(&path.display().to_string(), &bytes)
}
