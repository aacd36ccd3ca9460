//! `tollgate init`: a commented `tollgate.toml` with the starter pack, and with `--copy-gates` the pack's gate files.

use super::error::Error;
use super::init_text;
use super::waiver_edit::target;
use crate::base::embedded;
use crate::base::files::{Root, write_atomic};
use crate::config;
use serde::Serialize;
use std::path::Path;

/// What to write.
pub struct InitRequest<'r> {
    /// The folder that is to be gated.
    pub root: &'r Path,
    /// Overwrite an existing `tollgate.toml` (and with `copy_gates` existing gate files).
    pub force: bool,
    /// Write the starter pack's gate files into `gates/` for editing.
    pub copy_gates: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Init {
    /// The files, workspace-relative, in the order they were written.
    pub written: Vec<String>,
    /// What the folder was seen to hold: `cargo`, `npm`, `go`, `pytest`; a suite is proposed for each.
    pub detected: Vec<&'static str>,
}

/// Writes the files. Nothing is written when one of them is there already and `force` is not given.
pub fn init(request: &InitRequest<'_>) -> Result<Init, Error> {
    let root = Root::open(request.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
    let found = init_text::detect(&root);
    let mut files = vec![(config::FILE.to_string(), init_text::text(&found, request.copy_gates))];
    if request.copy_gates {
        files.extend(embedded::GATES.iter().filter_map(|(path, text)| {
            let name = path.strip_prefix("starter/")?;
            Some((format!("gates/{name}"), (*text).to_string()))
        }));
    }
    if !request.force {
        let there = |(path, _): &&(String, String)| root.real().join(path).symlink_metadata().is_ok();
        if let Some((path, _)) = files.iter().find(there) {
            return Err(Error::Usage(format!("{path} is there already; --force overwrites it")));
        }
    }
    // tollgate.toml comes last: where it is, the gates it leans on are too.
    files.rotate_left(1);
    let mut written = Vec::new();
    for (path, text) in files {
        write_atomic(&target(&root, &path)?, text.as_bytes())?;
        written.push(path);
    }
    Ok(Init { written, detected: found.iter().map(|suite| suite.tool).collect() })
}

/// As people read it; ends in a newline.
pub fn human(init: &Init) -> String {
    let mut out = String::new();
    for path in &init.written {
        out.push_str(&format!("wrote {path}\n"));
    }
    if init.detected.is_empty() {
        out.push_str("no cargo, npm, go or pytest project was found: add a [suites.*] section by hand\n");
    } else {
        out.push_str(&format!("suites proposed for {}; look them over\n", init.detected.join(", ")));
    }
    out.push_str("next: tollgate check\n");
    out
}
