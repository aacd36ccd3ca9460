//! Swift packages.

use super::place::ProjectFolder;
use super::proposal::{Need, Proposal};
use tollgate_core::model::suite::ResultReader;

/// A suite for a `Package.swift` with tests.
pub(super) fn find(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    let tested = place.files().any(|path| path.starts_with("Tests/") && path.ends_with(".swift"));
    if !place.has("Package.swift") || !tested {
        return Vec::new();
    }
    // Without --parallel SwiftPM writes no report; it writes those of Swift Testing into a file beside it.
    let run = "swift test --parallel --xunit-output {out}/junit.xml";
    vec![
        Proposal::new("swift", place.folder, run)
            .single(format!("{run} --filter '{{class_regex}}/{{name_regex}}$'"))
            .reading(ResultReader::Junit, "{out}/*.xml")
            .saying("Swift: XCTest, and Swift Testing beside it.")
            .slow()
            .needing(Need::Program("swift", "https://www.swift.org/install")),
    ]
}
