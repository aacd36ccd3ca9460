//! cargo and nextest.

use super::place::ProjectFolder;
use super::proposal::{Need, Proposal};
use tollgate_core::model::suite::ResultReader;

/// What stands beside it belongs to the workspace that the manifest above names, unless it says that it is one of its own.
pub(super) fn own(place: &ProjectFolder<'_>) -> bool {
    super::place::base(place.folder) != "fuzz"
        && place.text("Cargo.toml").is_some_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
}

/// A suite for a `Cargo.toml`.
pub(super) fn find(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    if !place.has("Cargo.toml") {
        return Vec::new();
    }
    let wanted = place.has(".config/nextest.toml") || (place.folder.is_empty() && runs_nextest(place));
    let there = wanted && place.tree.has_program("cargo-nextest");
    let found = if there {
        // A list of tests and statuses is asked for in words: the summary at the end names only what failed.
        Proposal::new("nextest", place.folder, "cargo nextest run --workspace --no-fail-fast")
            .single("cargo nextest run --workspace --no-fail-fast -E 'test(={test})'")
            .read_by(ResultReader::Nextest)
            .suite("nextest")
            .saying("nextest, which runs no documentation tests: `cargo test --doc` does.")
    } else {
        Proposal::new("cargo", place.folder, "cargo test --workspace --no-fail-fast")
            .single("cargo test --workspace --no-fail-fast -- {test} --exact")
            .read_by(ResultReader::Libtest)
            .suite("workspace")
            .saying("cargo: the tests of all packages, documentation tests too.")
    };
    let found = if wanted && !there {
        found.saying("nextest is configured, but not installed here: cargo install --locked cargo-nextest")
    } else {
        found
    };
    vec![found.slow().needing(Need::Program("cargo", "https://rustup.rs"))]
}

/// Whether a CI file or a Makefile calls nextest.
fn runs_nextest(place: &ProjectFolder<'_>) -> bool {
    place
        .ci_texts()
        .iter()
        .any(|text| text.contains("cargo nextest run") || text.contains("cargo-nextest nextest run"))
}
