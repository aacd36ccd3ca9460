//! Test binaries whose harness is their own (`harness = false`): criterion under `cargo test --all-targets`, trybuild-like runners,
//! plain programs. Their output is nothing that the reader of Rust's harness reads, so they are judged by how they ended, by name.
//!
//! That a binary is one of these its package says. One that has Rust's harness and said nothing died, or its output is cut off.

use std::path::Path;
use tollgate_core::model::signature::Basis;
use tollgate_core::model::test::{Failure, FaultKind, Reading, ReadingFault, Silent, TestCase, TestStatus};
use tollgate_host::files::{self, Root};
use tollgate_host::process::Ending;
use tollgate_host::run::StepEnd;

/// Bytes of a `Cargo.toml` at most.
const MANIFEST: u64 = 1 << 20;
/// Entries of folders that are looked at for packages, and how deep below the workspace they are looked for.
const ENTRIES: usize = 100_000;
const DEPTH: usize = 12;

/// The readings with those of such binaries judged; `exit_code`: that of the whole command, where it is known. `apart`: each reading is
/// a suite of its own, and keeps its name.
pub fn judged(mut readings: Vec<Reading>, exit_code: Option<i32>, root: &Root, apart: bool) -> Vec<Reading> {
    if readings.iter().all(|reading| reading.silent.is_none()) {
        return readings;
    }
    // Looked for once, and only where there is something to ask.
    let packages = Packages::below(root.real());
    for reading in &mut readings {
        let Some(silent) = reading.silent.take() else { continue };
        if silent.target.is_empty() {
            // Nothing was to be run, and it ended well.
            reading.fault = reading.fault.take().filter(|_| exit_code != Some(0));
        } else if silent.says_so || packages.as_ref().is_some_and(|all| all.have_own_harness(&silent)) {
            judge(reading, silent, exit_code, apart);
        } else if let Some(fault) = &mut reading.fault {
            fault.sentence.push_str(&hint(&silent));
        }
    }
    readings
}

/// The exit code of a command that ended by itself.
pub fn exit_code_of(end: &StepEnd) -> Option<i32> {
    match (&end.start_error, end.ending) {
        (None, Ending::Exited(code)) => Some(code),
        _ => None,
    }
}

/// What helps whoever knows that the binary has a harness of its own.
fn hint(silent: &Silent) -> String {
    let source = if silent.source.is_empty() { &silent.target } else { &silent.source };
    format!("; no `Cargo.toml` of this workspace gives {} `harness = false`", source.escape_debug())
}

fn judge(reading: &mut Reading, silent: Silent, exit_code: Option<i32>, apart: bool) {
    let failed = silent.failed.or(silent.says_so.then_some(false)).or(exit_code.map(|code| code != 0));
    let Some(failed) = failed else {
        let kind = reading.fault.as_ref().map_or(FaultKind::Stated, |fault| fault.kind);
        let sentence = "it has a harness of its own, and nothing behind it says how it ended: `tollgate run` goes by its exit code";
        reading.fault = Some(ReadingFault { kind, sentence: sentence.into(), basis: Basis::Fallback });
        return;
    };
    let name = reading.name.clone();
    let source = if silent.source.is_empty() { "harness = false".to_string() } else { silent.source.clone() };
    let case = TestCase {
        status: if failed { TestStatus::Failed } else { TestStatus::Passed },
        failure: failed.then(|| failure(silent)),
        duration_ms: None,
        later: Vec::new(),
        // It is no test that a name selects: where it failed the whole suite is run again.
        selector: Some(format!("{name} ({source})")),
        name,
    };
    (reading.fault, reading.cases) = (None, vec![case]);
    if !apart {
        reading.name.clear();
    }
}

fn failure(silent: Silent) -> Failure {
    let ended = format!("it ended with {}", silent.how.as_deref().unwrap_or("a failure"));
    match silent.said {
        Some(said) => Failure { message: format!("{}\n{ended}", said.message), ..said },
        None => Failure::new(&format!("{ended} and printed nothing"), "", None),
    }
}

/// A target that a `Cargo.toml` spells out.
struct Target {
    name: String,
    /// The paths that its source may have.
    paths: Vec<String>,
    harness: bool,
}

/// A package: its folder, and the targets that its `Cargo.toml` spells out.
struct Package {
    folder: std::path::PathBuf,
    targets: Vec<Target>,
}

/// The packages below a folder.
struct Packages(Vec<Package>);

impl Packages {
    /// `None` where there is more than is looked at: then nothing is known of any.
    fn below(root: &Path) -> Option<Packages> {
        let (mut found, mut left) = (Vec::new(), ENTRIES);
        let mut folders = vec![(root.to_path_buf(), 0_usize)];
        while let Some((folder, depth)) = folders.pop() {
            for entry in std::fs::read_dir(&folder).ok()? {
                let entry = entry.ok()?;
                left = left.checked_sub(1)?;
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let kind = entry.file_type().ok()?;
                // What a link leads to is another place's.
                if kind.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
                    if depth == DEPTH {
                        return None;
                    }
                    folders.push((entry.path(), depth + 1));
                } else if kind.is_file() && name == "Cargo.toml" {
                    found.extend(package(&folder, &entry.path()));
                }
            }
        }
        Some(Packages(found))
    }

    /// Whether every package that has the target says that its harness is its own.
    fn have_own_harness(&self, silent: &Silent) -> bool {
        let mut found = self.0.iter().filter_map(|package| package.own_harness(silent)).peekable();
        found.peek().is_some() && found.all(|own| own)
    }
}

impl Package {
    /// `None` where the package has no such target.
    fn own_harness(&self, silent: &Silent) -> Option<bool> {
        let spelled = self.targets.iter().find(|target| {
            let here = silent.source.is_empty() || target.paths.contains(&silent.source);
            here && plain(&target.name) == plain(&silent.target)
        });
        match spelled {
            Some(target) => Some(!target.harness),
            // One that cargo finds by itself has Rust's.
            None if silent.source.is_empty() => None,
            None => self.folder.join(&silent.source).is_file().then_some(false),
        }
    }
}

/// A crate's name: what stands in its file's.
fn plain(name: &str) -> String {
    name.replace('-', "_")
}

/// A package by its `Cargo.toml`; none where that is of a workspace alone, or cargo itself could not read it.
fn package(folder: &Path, manifest: &Path) -> Option<Package> {
    let bytes = files::read(manifest, MANIFEST).ok()?;
    let table: toml::Table = std::str::from_utf8(&bytes).ok()?.parse().ok()?;
    let own = table.get("package").or_else(|| table.get("project"))?.get("name")?.as_str()?.to_string();
    let mut targets = Vec::new();
    if let Some(lib) = table.get("lib") {
        targets.extend(target(lib, Some(&own), |_| vec!["src/lib.rs".into()]));
    }
    for (key, dir) in [("test", "tests"), ("bench", "benches"), ("example", "examples"), ("bin", "src/bin")] {
        let paths = |name: &str| {
            let main = (key == "bin" && name == own).then(|| "src/main.rs".to_string());
            let own = [format!("{dir}/{name}.rs"), format!("{dir}/{name}/main.rs")];
            own.into_iter().chain(main).collect()
        };
        let all = table.get(key).and_then(toml::Value::as_array);
        targets.extend(all.into_iter().flatten().filter_map(|one| target(one, None, paths)));
    }
    Some(Package { folder: folder.to_path_buf(), targets })
}

fn target(value: &toml::Value, name: Option<&str>, paths: impl Fn(&str) -> Vec<String>) -> Option<Target> {
    let name = value.get("name").and_then(toml::Value::as_str).or(name)?.to_string();
    let path = value.get("path").and_then(toml::Value::as_str);
    let path = path.map(|path| path.replace('\\', "/").trim_start_matches("./").to_string());
    let paths = path.map_or_else(|| paths(&name), |path| vec![path]);
    let harness = value.get("harness").and_then(toml::Value::as_bool).unwrap_or(true);
    Some(Target { name, paths, harness })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST_TEXT: &str = "[package]\nname = \"shelf\"\n\n[[bench]]\nname = \"sums\"\nharness = false\n\n\
         [[test]]\nname = \"ui-runner\"\npath = \"tests/ui/run.rs\"\nharness = false\n\n\
         [[test]]\nname = \"plain\"\n\n[lib]\nharness = false\n";

    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fn workspace(more: &[(&str, &str)]) -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in [("Cargo.toml", MANIFEST_TEXT)].iter().chain(more) {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let root = Root::open(dir.path()).unwrap();
        (dir, root)
    }

    fn silent(target: &str, source: &str, failed: Option<bool>) -> Reading {
        let silent = Silent { target: target.into(), source: source.into(), failed, ..Silent::default() };
        let fault =
            ReadingFault { kind: FaultKind::Stated, sentence: "silent".into(), basis: Basis::Fallback };
        Reading { name: target.into(), fault: Some(fault), silent: Some(silent), ..Reading::default() }
    }

    fn said(root: &Root, reading: Reading, code: Option<i32>) -> String {
        let found = judged(vec![reading], code, root, true).remove(0);
        let cases = found.cases.iter().map(|c| format!("{} {}", c.name, c.status.name()));
        cases.chain(found.fault.map(|f| f.sentence)).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_harness_of_its_own_is_what_the_package_says() {
        let (_dir, root) = workspace(&[("tests/plain.rs", ""), ("tests/found.rs", "")]);
        for (target, source) in
            [("sums", "benches/sums.rs"), ("ui_runner", "tests/ui/run.rs"), ("shelf", "src/lib.rs")]
        {
            assert_eq!(said(&root, silent(target, source, Some(false)), None), format!("{target} passed"));
            assert_eq!(said(&root, silent(target, source, Some(true)), Some(0)), format!("{target} failed"));
            assert_eq!(said(&root, silent(target, source, None), Some(0)), format!("{target} passed"));
            assert_eq!(said(&root, silent(target, source, None), Some(101)), format!("{target} failed"));
            assert!(
                said(&root, silent(target, source, None), None).starts_with("it has a harness of its own")
            );
        }
        // Rust's own harness, which says nothing where it died: spelled out, found by cargo, and of no package here.
        for (target, source) in
            [("plain", "tests/plain.rs"), ("found", "tests/found.rs"), ("gone", "tests/gone.rs")]
        {
            let found = said(&root, silent(target, source, Some(false)), Some(0));
            assert!(found.starts_with("silent; no `Cargo.toml`"), "{found}");
        }
    }

    #[test]
    fn every_package_that_has_the_target_must_say_so() {
        let other = "[package]\nname = \"other\"\n";
        let (_dir, root) = workspace(&[("other/Cargo.toml", other), ("other/benches/sums.rs", "")]);
        assert!(said(&root, silent("sums", "benches/sums.rs", Some(false)), Some(0)).starts_with("silent"));
        // What was built is no package of the workspace.
        let (_dir, root) =
            workspace(&[("target/package/o/Cargo.toml", other), ("target/package/o/benches/sums.rs", "")]);
        assert_eq!(said(&root, silent("sums", "benches/sums.rs", Some(false)), Some(0)), "sums passed");
    }

    #[test]
    fn nothing_to_run_is_no_cut_where_the_command_ended_well() {
        let (_dir, root) = workspace(&[]);
        let mut nothing = silent("", "", None);
        nothing.silent = Some(Silent::default());
        assert_eq!(said(&root, nothing.clone(), Some(0)), "");
        assert_eq!(said(&root, nothing.clone(), Some(101)), "silent");
        assert_eq!(said(&root, nothing, None), "silent");
    }

    #[test]
    fn what_criterion_says_of_itself_needs_no_package() {
        let (_dir, root) = workspace(&[]);
        let mut reading = silent("speed", "benches/speed.rs", None);
        reading.silent.as_mut().unwrap().says_so = true;
        assert_eq!(said(&root, reading.clone(), None), "speed passed");
        reading.silent.as_mut().unwrap().failed = Some(true);
        assert_eq!(said(&root, reading, None), "speed failed");
    }
}
