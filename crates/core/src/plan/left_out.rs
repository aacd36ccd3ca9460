//! What of a working tree is judged by its own digest, and so is no part of the tree that a run is held to. Where runs and
//! verdicts are written nobody looks at untracked files; what git tracks there a suite may start as well as what it tracks
//! elsewhere, and it is compared.

use crate::model::gate::Gate;
use crate::model::lane::Lane;
use crate::model::workspace::Settings;
use glob::{MatchOptions, Pattern};

/// The file that settings are read from.
const SETTINGS: &str = "tollgate.toml";
/// tollgate's own folder.
const OWN: &str = ".tollgate";

/// Paths that are left out of a tree. They are from the top of the repository.
#[derive(Debug, Clone, Default)]
pub struct LeftOutPaths {
    files: Vec<String>,
    folders: Vec<String>,
    /// The run folder.
    run: Option<String>,
    /// Files that stand directly in a folder and end so.
    endings: Vec<(String, &'static str)>,
    globs: Vec<Pattern>,
    /// Where runs and verdicts are written: there nothing untracked is looked at.
    written: Vec<String>,
}

impl LeftOutPaths {
    /// What these settings leave out, and the evidence of these gates; `prefix` is the workspace below the top of its repository, `""` or
    /// ending in `/`. `run` is the run folder, which may stand anywhere.
    pub fn of(settings: &Settings, gates: &[Gate], prefix: &str, run: Option<&str>) -> LeftOutPaths {
        let whole = |path: &str| format!("{prefix}{path}");
        let mut left = LeftOutPaths {
            files: vec![whole(SETTINGS), whole(&settings.classification)],
            run: run.map(whole),
            written: [&settings.results, &settings.output, OWN].iter().map(|path| whole(path)).collect(),
            ..LeftOutPaths::default()
        };
        // A verdict that somebody committed is written anew by each check.
        let output = settings.output.trim_end_matches('/');
        let output = if output.is_empty() { String::new() } else { format!("{output}/") };
        left.files.extend(Lane::files().iter().map(|name| whole(&format!("{output}{name}"))));
        for (folders, ending) in
            [(&settings.gates, ".toml"), (&settings.schemas, ".json"), (&settings.runbook, ".toml")]
        {
            // In the root folder stand files that are no gates: `Cargo.toml`, `package.json`.
            let named = folders.iter().filter(|folder| !folder.is_empty());
            left.endings.extend(named.map(|folder| (whole(folder), ending)));
        }
        for path in &settings.tree_exclude {
            left.add(&whole(path), true);
        }
        let specs = gates.iter().flat_map(|gate| gate.artifacts.values());
        for (path, many) in specs.flat_map(|spec| spec.paths.iter().map(|path| (path, spec.many))) {
            if path.contains("{run}") {
                continue;
            }
            match many {
                true => left.add(&whole(path.trim_start_matches("./")), false),
                false => left.files.push(whole(path.trim_start_matches("./"))),
            }
        }
        left
    }

    /// What these paths and patterns of the workspace name, folders with all that is in them.
    pub fn outputs(paths: &[String]) -> LeftOutPaths {
        let mut left = LeftOutPaths::default();
        paths.iter().for_each(|path| left.add(path, true));
        left
    }

    /// Whether a folder is one that something stands in that is named.
    pub fn leads_to(&self, folder: &str) -> bool {
        self.files.iter().chain(&self.folders).any(|path| is_in(path, folder))
    }

    /// A file, a pattern, or with `folders` a folder with all that is in it.
    fn add(&mut self, path: &str, folders: bool) {
        match Pattern::new(path) {
            Ok(pattern) if path.contains(['*', '?', '[']) => self.globs.push(pattern),
            _ if folders => self.folders.push(path.trim_end_matches('/').to_string()),
            _ => self.files.push(path.to_string()),
        }
    }

    /// Whether an untracked path is left out.
    pub fn has(&self, path: &str) -> bool {
        self.is_written(path) || self.has_tracked(path)
    }

    /// Whether a path that git tracks is left out.
    pub fn has_tracked(&self, path: &str) -> bool {
        const NAMES: MatchOptions = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        let ends = |(folder, ending): &(String, &str)| {
            let name = path.strip_prefix(folder.as_str()).and_then(|rest| rest.strip_prefix('/'));
            name.is_some_and(|name| !name.contains('/') && name.ends_with(ending))
        };
        self.is_of_run(path)
            || self.files.iter().any(|file| file == path)
            || self.folders.iter().any(|folder| is_in(path, folder))
            || self.endings.iter().any(ends)
            || self.globs.iter().any(|glob| glob.matches_with(path, NAMES))
    }

    /// Whether it stands where runs and verdicts are written, or in the run folder.
    pub fn is_written(&self, path: &str) -> bool {
        self.is_of_run(path) || self.written.iter().any(|folder| is_in(path, folder))
    }

    /// Whether it stands in the run folder.
    pub fn is_of_run(&self, path: &str) -> bool {
        self.run.iter().any(|folder| is_in(path, folder))
    }

    /// Where runs and verdicts are written.
    pub fn written(&self) -> &[String] {
        &self.written
    }
}

/// Whether a path is the folder or stands in it.
fn is_in(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            packs: Vec::new(),
            gates: vec!["gates".into(), String::new()],
            schemas: vec!["schemas".into()],
            runbook: vec!["runbook".into()],
            results: "out/runs".into(),
            output: "out/verdict".into(),
            classification: "tests/c.toml".into(),
            env: Vec::new(),
            whole: "ci".into(),
            mask_allow: Vec::new(),
            git: None,
            prefix: String::new(),
            timeout: 1,
            untracked: None,
            tree_exclude: vec!["vendor/".into(), "docs/**/*.md".into()],
        }
    }

    #[test]
    fn what_has_its_own_digest_is_left_out_and_nothing_beside() {
        let left = LeftOutPaths::of(&settings(), &[], "sub/", Some("elsewhere/run"));
        for path in [
            "sub/tollgate.toml",
            "sub/tests/c.toml",
            "sub/gates/a.toml",
            "sub/schemas/a.json",
            "sub/out/runs/20261120T120000Z/summary.json",
            "sub/out/verdict/v.json",
            "sub/.tollgate/x",
            "sub/vendor/a/b.c",
            "sub/docs/a/b/c.md",
            "sub/elsewhere/run/summary.json",
        ] {
            assert!(left.has(path), "{path}");
            let is_only_written = ["sub/out/runs/", "sub/.tollgate/"].iter().any(|at| path.starts_with(at));
            assert_eq!(left.has_tracked(path), !is_only_written && !path.ends_with("/v.json"), "{path}");
        }
        for name in Lane::files() {
            assert!(left.has_tracked(&format!("sub/out/verdict/{name}")), "{name}");
            assert!(!left.has(&format!("sub/{name}")), "{name}");
        }
        for path in [
            "tollgate.toml",
            "sub/gates/a.py",
            "sub/gates/deep/a.toml",
            "sub/schemas/a.toml",
            "sub/out/runs2/a",
            "sub/vendored",
            "sub/docs/a.txt",
            "sub/src/x.toml",
            "sub/Cargo.toml",
        ] {
            assert!(!left.has(path), "{path}");
        }
    }
}
