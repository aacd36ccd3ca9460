//! pytest and unittest.

use super::place::{ProjectFolder, base, mentions};
use super::proposal::{Need, Proposal};
use tollgate_core::model::suite::ResultReader;

/// Files that are looked into for what their tests are written with.
const SAMPLE: usize = 40;

/// What pytest writes is read with the names that pytest itself uses (`xunit1` has the file of each test).
const REPORT: &str = "-o junit_family=xunit1 --junitxml={out}/junit.xml";

/// A suite for a folder with tests of Python; none where the files say nothing of tests.
pub(super) fn find(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    let tests = Tests::of(place);
    let requirements = requirements(place);
    let asked = mentions(&requirements, "pytest");
    if configured(place) || (tests.any() && (asked || tests.pytest || has_conftest(place))) {
        return vec![pytest(place, &requirements)];
    }
    if place.has("manage.py") && tests.unittest {
        return vec![
            Proposal::new("django", place.folder, format!("{} manage.py test", python(place)))
                .saying("Django's own runner names no tests in a file. pytest with pytest-django does: tests are then named, one by one.")
                .needing(Need::Program("python3", "https://www.python.org")),
        ];
    }
    if tests.unittest {
        let from =
            place.first(&["tests/__init__.py", "test/__init__.py"]).and_then(|init| init.split('/').next());
        let top = tests.folder.as_deref().filter(|_| from.is_none());
        // Discovery enters packages alone: a folder of tests that is none is named.
        let more = top.map(|folder| format!(" discover -s {folder}")).unwrap_or_default();
        return vec![
            Proposal::new("unittest", place.folder, format!("{} -m unittest{more}", python(place)))
                .saying("unittest names no tests in a file: the exit code says whether the suite passed, its output why not.")
                .saying("pytest runs these tests as they are and names them: ask for it in the requirements, then `tollgate init --force`.")
                .needing(Need::Program("python3", "https://www.python.org")),
        ];
    }
    Vec::new()
}

fn pytest(place: &ProjectFolder<'_>, requirements: &str) -> Proposal {
    let python = python(place);
    let parallel = parallel(place);
    let more = if parallel { " -n auto" } else { "" };
    let need = if python == "python3" {
        Need::Module("pytest", "python3 -m pip install pytest")
    } else {
        Need::Program("python3", "https://www.python.org")
    };
    let found = Proposal::new("pytest", place.folder, format!("{python} -m pytest{more} {REPORT}"))
        .single(format!("{python} -m pytest {REPORT} {{test}}"))
        .reading(ResultReader::Pytest, "{out}/junit.xml")
        .needing(need);
    let xdist = requirements.contains("pytest-xdist") || requirements.contains("pytest_xdist");
    match (parallel, xdist) {
        (true, _) => {
            found.saying("pytest, on all cores as this repository runs it elsewhere (-n auto, pytest-xdist).")
        }
        (false, true) if !divided(requirements) => found.saying(
            "pytest. pytest-xdist is asked for: `-n auto` behind pytest runs the tests on all cores.",
        ),
        _ => found.saying("pytest."),
    }
}

/// The words that start the project's Python: what its lock file is for, where that is installed.
fn python(place: &ProjectFolder<'_>) -> &'static str {
    let locks = [
        ("uv.lock", "uv", "uv run python"),
        ("poetry.lock", "poetry", "poetry run python"),
        ("pdm.lock", "pdm", "pdm run python"),
        ("Pipfile", "pipenv", "pipenv run python"),
    ];
    let found =
        locks.into_iter().find(|(lock, program, _)| place.has(lock) && place.tree.has_program(program));
    found.map_or("python3", |(_, _, words)| words)
}

/// Whether the folder says itself that pytest runs its tests.
fn configured(place: &ProjectFolder<'_>) -> bool {
    let says = |name: &str, mark: &str| place.text(name).is_some_and(|text| text.contains(mark));
    place.has("pytest.ini")
        || place.has(".pytest.ini")
        || says("pyproject.toml", "[tool.pytest")
        || says("setup.cfg", "[tool:pytest]")
        || says("tox.ini", "[pytest]")
}

fn has_conftest(place: &ProjectFolder<'_>) -> bool {
    !place.named("conftest.py").is_empty()
}

/// What the folder's files say must be installed, as one text.
fn requirements(place: &ProjectFolder<'_>) -> String {
    let is_list = |path: &&str| {
        let name = base(path);
        let list = name.ends_with(".txt") || name.ends_with(".in");
        (list && (name.contains("requirements") || path.starts_with("requirements/")))
            && path.matches('/').count() < 2
    };
    let named =
        ["pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "Pipfile", "environment.yml", "noxfile.py"];
    let lists = place.files().filter(is_list);
    lists.chain(named).filter_map(|name| place.text(name)).fold(String::new(), |all, text| all + &text + "\n")
}

/// Whether options that hold for every run of pytest divide the tests already.
fn divided(requirements: &str) -> bool {
    requirements.lines().any(|line| line.contains("addopts") && has_count(line))
}

/// Whether the repository's CI runs pytest on several cores.
fn parallel(place: &ProjectFolder<'_>) -> bool {
    let runs = |line: &str| mentions(line, "pytest") && has_count(line);
    place.ci_texts().iter().any(|text| text.lines().any(runs))
}

fn has_count(line: &str) -> bool {
    let mut words = line.split([' ', '\t', '"', '\'', ',', '[', ']', '=']).filter(|word| !word.is_empty());
    words.any(|word| word == "--numprocesses" || word == "-nauto" || word == "-n")
}

/// What the files are written with that a runner would collect.
#[derive(Default)]
struct Tests {
    pytest: bool,
    unittest: bool,
    /// The folder that they stand in, where it is one and not the root.
    folder: Option<String>,
    files: usize,
}

impl Tests {
    fn of(place: &ProjectFolder<'_>) -> Tests {
        let mut found = Tests::default();
        let collected = place.files().filter(|path| is_collected(path));
        for path in collected {
            found.files += 1;
            let folder = path.split_once('/').map(|(folder, _)| folder.to_string());
            if found.files == 1 {
                found.folder = folder;
            } else if found.folder != folder {
                found.folder = None;
            }
            if found.files > SAMPLE {
                continue;
            }
            let text = place.text(path).unwrap_or_default();
            found.unittest |= text.contains("unittest") || text.contains("TestCase");
            let bare = |line: &str| line.starts_with("def test") || line.starts_with("async def test");
            found.pytest |= mentions(&text, "pytest") || text.lines().any(bare);
        }
        found
    }

    fn any(&self) -> bool {
        self.files > 0
    }
}

/// Whether pytest takes a file for one of tests, or Django does.
fn is_collected(path: &str) -> bool {
    let Some(stem) = base(path).strip_suffix(".py") else { return false };
    stem.starts_with("test_") || stem.ends_with("_test") || stem == "tests"
}
