//! What stands in a workspace, as far as `init` looks: names of files, and the texts of those that say how tests are run. Nothing
//! of it is executed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;
use tollgate_host::files::{ReadError, Root};
use tollgate_host::machine;
use tollgate_text::show::show;

/// Bytes of a file that is looked into.
const TEXT: u64 = 1 << 20;
/// Entries of folders that are looked at.
const ENTRIES: usize = 20_000;
/// Folders below the root that are looked into.
const DEPTH: usize = 16;
/// Odd names that are told of.
const TOLD: usize = 3;
/// Folders that hold what somebody else wrote, what a build made, or what tests read.
const PASSED_OVER: [&str; 26] = [
    "__fixtures__",
    "__pycache__",
    "_build",
    "bower_components",
    "build",
    "cmake-build-debug",
    "deps",
    "dist",
    "env",
    "example",
    "examples",
    "external",
    "extern",
    "fixtures",
    "node_modules",
    "obj",
    "out",
    "Pods",
    "site-packages",
    "target",
    "template",
    "templates",
    "testdata",
    "third_party",
    "vendor",
    "venv",
];
/// Folders with a dot that say how tests are run.
const HIDDEN: [&str; 3] = [".circleci", ".config", ".github"];

/// The workspace, and the machine that it stands on.
pub(super) struct ProjectTree<'r> {
    root: &'r Root,
    env: &'r BTreeMap<String, String>,
    /// Folders, parents first; the root is `""`.
    pub folders: Vec<String>,
    /// Files and whatever else is no folder, from the root.
    pub files: BTreeSet<String>,
    notes: RefCell<Vec<String>>,
}

impl<'r> ProjectTree<'r> {
    /// Looks at the folders, names in order, links not followed. `env` says where programs are.
    pub fn look(root: &'r Root, env: &'r BTreeMap<String, String>) -> ProjectTree<'r> {
        let (folders, files, notes) = (Vec::new(), BTreeSet::new(), RefCell::default());
        let mut tree = ProjectTree { root, env, folders, files, notes };
        let mut left = ENTRIES;
        let (mut odd, mut level) = (Vec::new(), vec![String::new()]);
        for depth in 0..=DEPTH {
            let mut below = Vec::new();
            for folder in level {
                tree.folder(&folder, &mut left, &mut below, &mut odd);
                tree.folders.push(folder);
            }
            level = if depth < DEPTH { below } else { Vec::new() };
        }
        if left == 0 {
            tree.note(format!("only the first {ENTRIES} files and folders were looked at"));
        }
        if !odd.is_empty() {
            let more = odd.len().saturating_sub(TOLD);
            let told = odd[..odd.len().min(TOLD)].join(", ");
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            tree.note(format!("not looked at, for the characters in their names: {told}{more}"));
        }
        tree
    }

    fn folder(&mut self, folder: &str, left: &mut usize, below: &mut Vec<String>, odd: &mut Vec<String>) {
        let path = self.root.real().join(folder);
        let entries = match std::fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) => {
                let shown = if folder.is_empty() { "the workspace".into() } else { show(folder) };
                return self
                    .note(format!("{shown} cannot be looked into: {}", tollgate_text::show::plain(&error)));
            }
        };
        let mut names: Vec<(std::ffi::OsString, bool)> = Vec::new();
        for entry in entries.flatten() {
            if *left == 0 {
                break;
            }
            *left -= 1;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            names.push((entry.file_name(), is_folder));
        }
        names.sort();
        // What has a repository of its own is another project.
        if !folder.is_empty() && names.iter().any(|(name, _)| name == ".git") {
            return;
        }
        for (name, is_folder) in names {
            let Some(name) = plain_name(&name) else {
                odd.push(show(&name.to_string_lossy()));
                continue;
            };
            let path = if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
            let passed_over =
                PASSED_OVER.contains(&name) || (name.starts_with('.') && !HIDDEN.contains(&name));
            match is_folder {
                true if !passed_over => below.push(path),
                true => {}
                false => drop(self.files.insert(path)),
            }
        }
    }

    /// The text of a file; `None` where there is none that can be read, which a note says.
    pub fn text(&self, path: &str) -> Option<String> {
        if !self.files.contains(path) {
            return None;
        }
        match self.root.read(path, TEXT) {
            Ok(bytes) => {
                let text = String::from_utf8(bytes);
                if text.is_err() {
                    self.note(format!("{} is not looked into: it is not UTF-8", show(path)));
                }
                text.ok().map(|text| text.strip_prefix('\u{feff}').map_or(text.clone(), String::from))
            }
            Err(ReadError::Missing(_)) => None,
            Err(error) => {
                self.note(format!("not looked into: {error}"));
                None
            }
        }
    }

    /// Whether a program of that name is installed.
    pub fn has_program(&self, name: &str) -> bool {
        let path = OsStr::new(self.env.get("PATH").map_or("", String::as_str));
        let cargo = || {
            let homes = [
                self.env.get("CARGO_HOME").cloned(),
                self.env.get("HOME").map(|home| format!("{home}/.cargo")),
            ];
            homes
                .into_iter()
                .flatten()
                .any(|home| machine::is_executable(&Path::new(&home).join("bin").join(name)))
        };
        machine::find_program(name, path, self.root.real()).is_some()
            || (name.starts_with("cargo-") && cargo())
    }

    /// Says something to whoever reads what `init` prints, once.
    pub fn note(&self, sentence: String) {
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&sentence) {
            notes.push(sentence);
        }
    }

    /// What was said.
    pub fn notes(&self) -> Vec<String> {
        self.notes.borrow().clone()
    }
}

/// A name that can stand in `tollgate.toml` as it is: no control character, no brace that would be a placeholder.
fn plain_name(name: &OsStr) -> Option<&str> {
    let name = name.to_str()?;
    let plain = !name.chars().any(|c| c.is_control() || matches!(c, '{' | '}' | '\\')) && show(name) == name;
    plain.then_some(name)
}
