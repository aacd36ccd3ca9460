//! go.

use super::place::ProjectFolder;
use super::proposal::{Need, Proposal};
use tollgate_core::model::suite::ResultReader;

/// `./...` stops at the next module.
pub(super) fn own(place: &ProjectFolder<'_>) -> bool {
    place.has("go.mod")
}

/// A suite for a module; for one below the root only where it has tests.
pub(super) fn find(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    let tested = || place.files().any(|path| path.ends_with("_test.go"));
    if !place.has("go.mod") || !(place.folder.is_empty() || tested()) {
        return Vec::new();
    }
    // Go answers a second run from its cache unless it is told to count.
    vec![
        Proposal::new("go", place.folder, "go test -count=1 -json ./...")
            .single("go test -count=1 -json -run '^{test}$' ./...")
            .read_by(ResultReader::Go)
            .saying("go: every package of the module.")
            .needing(Need::Program("go", "https://go.dev/dl")),
    ]
}
