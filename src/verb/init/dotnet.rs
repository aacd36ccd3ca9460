//! `dotnet test`, by the logger JunitXml.TestLogger where the test projects ask for it.

use super::place::ProjectFolder;
use super::proposal::{Need, Proposal};
use tollgate_core::model::suite::ResultReader;
use tollgate_text::command::quote;

/// A suite for the test projects below.
pub(super) fn find(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    let is_project = |path: &&str| [".csproj", ".fsproj", ".vbproj"].iter().any(|end| path.ends_with(end));
    let here = |path: &str| !path.contains('/');
    let starts = place
        .files()
        .any(|path| here(path) && (path.ends_with(".sln") || path.ends_with(".slnx") || is_project(&path)));
    if !starts {
        return Vec::new();
    }
    let projects: Vec<(&str, String)> =
        place.files().filter(is_project).filter_map(|path| Some((path, place.text(path)?))).collect();
    let tests: Vec<&(&str, String)> = projects.iter().filter(|(_, text)| is_of_tests(text)).collect();
    if tests.is_empty() {
        return Vec::new();
    }
    let logged = tests.iter().all(|(_, text)| text.contains("JunitXml.TestLogger"));
    let need = Need::Program("dotnet", "https://dotnet.microsoft.com");
    if !logged {
        let solution =
            place.files().find(|path| here(path) && (path.ends_with(".sln") || path.ends_with(".slnx")));
        let one = solution.map(|path| format!(" {}", quote(path))).unwrap_or_default();
        return vec![
            Proposal::new("dotnet", place.folder, format!("dotnet test{one}"))
                .saying(".NET is judged by its exit code. For names of tests add the logger to each test project,")
                .saying("`dotnet add package JunitXml.TestLogger`, then `tollgate init --force`.")
                .slow()
                .needing(need),
        ];
    }
    let run = "dotnet test {name} --logger 'junit;LogFilePath={out}/junit.xml'";
    let mut found = Proposal::new("dotnet", place.folder, run)
        .reading(ResultReader::Junit, "{out}/junit.xml")
        .saying(".NET, by the logger JunitXml.TestLogger: a suite for each test project. No `single`: a replay runs the project whole.")
        .slow()
        .needing(need);
    found.names = tests.iter().map(|(path, _)| path.to_string()).collect();
    vec![found]
}

fn is_of_tests(project: &str) -> bool {
    ["Microsoft.NET.Test.Sdk", "<IsTestProject>true", "xunit", "MSTest", "NUnit"]
        .iter()
        .any(|mark| project.contains(mark))
}
