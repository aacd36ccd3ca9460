//! What an `ingest` that failed leaves behind: a run folder with nothing in it but why, so that no run before it is the newest.

use crate::embedded::EMBEDDED;
use crate::verb::ingest::request::IngestRequest;
use serde::Serialize;
use std::path::Path;
use tollgate_core::model::run::schema;
use tollgate_host::config;
use tollgate_host::files::{self, Root, is_there};
use tollgate_host::record::Folder;
use tollgate_text::redact::Masker;

/// The file's name.
const FILE: &str = "ingest_error.json";

/// `ingest_error.json`.
#[derive(Debug, Serialize)]
struct IngestError<'e> {
    schema: &'static str,
    generated_at: String,
    format: &'e str,
    files: Vec<String>,
    error: String,
}

/// Takes it away where a folder that is named again holds nothing else: an `ingest` that failed may be made again.
pub(super) fn clear(out: &Path) {
    let names =
        std::fs::read_dir(out).map(|entries| entries.map(|e| e.map(|e| e.file_name())).collect::<Vec<_>>());
    if let Ok([Ok(name)]) = names.as_deref()
        && name == FILE
    {
        // What stays keeps the folder from being taken, which says so.
        let _ = std::fs::remove_file(out.join(FILE));
    }
}

/// Writes it into the folder that the run would have had. `made` is that folder where it was made already: what stands in it is of no run
/// and goes. What cannot be written is for the exit code to say: nothing else is left to do.
pub(super) fn leave(request: &IngestRequest<'_>, made: Option<Folder>, why: &str) {
    let Ok(root) = Root::open(request.root) else { return };
    let masker = Masker::new(request.env.iter().map(|(k, v)| (k.clone(), v.clone())), is_there);
    // Without a masker nothing of what was read is repeated.
    let mask = |text: &str| masker.as_ref().map_or_else(|_| String::new(), |masker| masker.mask(text).0);
    if let Some(folder) = made {
        folder.discard();
    }
    let folder = match request.out {
        Some(out) => {
            clear(out);
            Folder::create(&root, out)
        }
        None => {
            let settings = config::settings(&EMBEDDED, &root).unwrap_or_else(|_| config::defaults());
            Folder::create_default(&root, &settings.results, request.now)
        }
    };
    let Ok(folder) = folder else { return };
    let document = IngestError {
        schema: schema::INGEST_ERROR,
        generated_at: request.now.rfc3339(),
        format: request.format,
        files: request.files.iter().map(|file| mask(&root.spell(file))).collect(),
        error: mask(why),
    };
    if let Ok(mut text) = serde_json::to_vec_pretty(&document) {
        text.push(b'\n');
        // The folder alone says as much: without a summary it is no run that passes.
        let _ = files::write_atomic(&folder.dir().join(FILE), &text);
    }
}
