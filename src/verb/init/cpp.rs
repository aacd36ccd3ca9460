//! CMake: CTest, and the binaries of GoogleTest and Catch2 where CTest knows of none.

use super::place::{ProjectFolder, base};
use super::proposal::{Need, Proposal};
use tollgate_core::model::suite::ResultReader;
use tollgate_text::command::quote;

/// The suites of a CMake project that has tests.
pub(super) fn find(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    if !place.has("CMakeLists.txt") {
        return Vec::new();
    }
    let lists: Vec<(&str, String)> = place
        .files()
        .filter(|path| base(path) == "CMakeLists.txt" || path.ends_with(".cmake"))
        .filter_map(|path| Some((path, without_comments(&place.text(path)?))))
        .collect();
    let calls = |name: &str| lists.iter().any(|(_, text)| called(text, name).next().is_some());
    let need = Need::Program("cmake", "https://cmake.org");
    let registers = [
        "add_test",
        "gtest_discover_tests",
        "gtest_add_tests",
        "catch_discover_tests",
        "doctest_discover_tests",
    ];
    let listed = calls("enable_testing") || lists.iter().any(|(_, text)| mentions_ctest(text));
    if listed && registers.iter().any(|name| calls(name)) {
        let build = "cmake -S . -B build && cmake --build build && exec ctest --test-dir build --output-on-failure --output-junit";
        return vec![
            Proposal::new("ctest", place.folder, format!("sh -c '{build} \"$1\"' ctest {{out}}/junit.xml"))
                .single(format!("sh -c '{build} \"$1\" -R \"$2\"' ctest {{out}}/junit.xml '^{{test_regex}}$'"))
                .reading(ResultReader::Junit, "{out}/junit.xml")
                .saying("CTest 3.21 or newer, by its own JUnit report. What is to be tested is built first, into build/.")
                .slow()
                .needing(need),
        ];
    }
    lists
        .iter()
        .flat_map(|(path, text)| binaries(place, path, text))
        .map(|found| found.slow().needing(need))
        .collect()
}

/// A suite for each program that a list links to GoogleTest or Catch2.
fn binaries(place: &ProjectFolder<'_>, path: &str, text: &str) -> Vec<Proposal> {
    let folder = path.strip_suffix("CMakeLists.txt").unwrap_or_default();
    let programs = called(text, "add_executable").filter_map(|arguments| arguments.split_whitespace().next());
    let linked = |program: &str, library: &[&str]| {
        called(text, "target_link_libraries").any(|arguments| {
            let mut words = arguments.split_whitespace();
            words.next() == Some(program)
                && words.any(|word| library.iter().any(|name| word.starts_with(name)))
        })
    };
    let plain =
        |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+'));
    let build = "cmake -S . -B build && cmake --build build && exec \"$@\"";
    let mut found = Vec::new();
    for program in programs.filter(plain) {
        let binary = quote(&format!("build/{folder}{program}")).into_owned();
        let run = format!("sh -c '{build}' sh {binary}");
        if linked(program, &["GTest", "gtest", "gmock", "GMock"]) {
            let junit = "--gtest_output=xml:{out}/junit.xml";
            found.push(
                Proposal::new("googletest", place.folder, format!("{run} {junit}"))
                    .single(format!("{run} {junit} '--gtest_filter={{class}}.{{name}}'"))
                    .reading(ResultReader::Junit, "{out}/junit.xml")
                    .suite(program)
                    .saying(
                        "GoogleTest, by the XML that the program writes. It is built first, into build/.",
                    ),
            );
        } else if linked(program, &["Catch2", "catch2", "Catch"]) {
            found.push(
                Proposal::new("catch2", place.folder, format!("{run} --reporter junit --out {{out}}/junit.xml"))
                    .reading(ResultReader::Junit, "{out}/junit.xml")
                    .suite(program)
                    .saying("Catch2, by its JUnit reporter. It is built first, into build/. No `single`: a replay runs the suite whole."),
            );
        }
    }
    found
}

/// What stands between the brackets of each call of a command.
fn called<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = &'t str> {
    text.match_indices(name).filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back();
        let word = before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        let rest = text[at + name.len()..].trim_start().strip_prefix('(').filter(|_| word)?;
        Some(&rest[..rest.find(')').unwrap_or(rest.len())])
    })
}

fn mentions_ctest(text: &str) -> bool {
    called(text, "include").any(|arguments| arguments.trim() == "CTest")
}

fn without_comments(text: &str) -> String {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .fold(String::new(), |all, line| all + line + "\n")
}
