//! ExUnit.

use super::place::ProjectFolder;
use super::proposal::{Need, Proposal};
use tollgate_core::model::suite::ResultReader;

/// A suite for a `mix.exs` with tests.
pub(super) fn find(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    let tested = place.files().any(|path| path.ends_with("_test.exs"));
    let Some(mix) = place.text("mix.exs").filter(|_| tested) else { return Vec::new() };
    let need = Need::Program("mix", "https://elixir-lang.org/install.html");
    let umbrella = mix.contains("apps_path");
    match app(&mix).filter(|_| mix.contains(":junit_formatter") && !umbrella) {
        Some(app) => vec![
            Proposal::new("exunit", place.folder, "mix test --formatter JUnitFormatter --formatter ExUnit.CLIFormatter")
                .reading(ResultReader::Junit, format!("_build/test/lib/{app}/test-junit-report.xml"))
                .saying("ExUnit, by junit_formatter. No `single`: a replay runs the suite whole.")
                .needing(need),
        ],
        None => vec![
            Proposal::new("exunit", place.folder, "mix test")
                .saying("ExUnit is judged by its exit code. For names of tests add {:junit_formatter, \"~> 3.4\", only: :test} to mix.exs,")
                .saying("then `tollgate init --force`.")
                .needing(need),
        ],
    }
}

/// `app: :name` of a project.
fn app(mix: &str) -> Option<&str> {
    let (_, rest) = mix.split_once("app: :")?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    (end > 0).then(|| &rest[..end])
}
