//! A folder of the workspace in which a project may stand.

use super::tree::ProjectTree;

/// A folder, and what stands below it.
#[derive(Clone, Copy)]
pub(super) struct ProjectFolder<'t> {
    /// The workspace.
    pub tree: &'t ProjectTree<'t>,
    /// The folder from the root; `""` is the root.
    pub folder: &'t str,
}

impl<'t> ProjectFolder<'t> {
    /// A path of the folder, from the root.
    pub fn path(&self, name: &str) -> String {
        if self.folder.is_empty() { name.to_string() } else { format!("{}/{name}", self.folder) }
    }

    /// Whether a file stands there.
    pub fn has(&self, name: &str) -> bool {
        self.tree.files.contains(&self.path(name))
    }

    /// The first of the files that stands there.
    pub fn first<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|name| self.has(name))
    }

    /// The text of a file there.
    pub fn text(&self, name: &str) -> Option<String> {
        self.tree.text(&self.path(name))
    }

    /// The files below the folder, from there.
    pub fn files(&self) -> impl Iterator<Item = &'t str> + use<'t> {
        let above = if self.folder.is_empty() { String::new() } else { format!("{}/", self.folder) };
        self.tree.files.iter().filter_map(move |path| path.strip_prefix(above.as_str()))
    }

    /// The files below that have that name.
    pub fn named(&self, name: &str) -> Vec<&'t str> {
        self.files().filter(|path| base(path) == name).collect()
    }

    /// The texts of the files that say what a CI runs, of the whole workspace.
    pub fn ci_texts(&self) -> Vec<String> {
        let is_ci = |path: &&String| {
            let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
            let named = [".gitlab-ci.yml", "Makefile", "justfile", "Justfile", "noxfile.py", "tox.ini"];
            (yaml && (path.starts_with(".github/workflows/") || path.starts_with(".circleci/")))
                || named.contains(&path.as_str())
        };
        self.tree.files.iter().filter(is_ci).filter_map(|path| self.tree.text(path)).collect()
    }

    /// The folder above, and those above it.
    pub fn above(&self) -> impl Iterator<Item = ProjectFolder<'t>> + use<'t> {
        let tree = self.tree;
        std::iter::successors(parent(self.folder), |folder| parent(folder))
            .map(move |folder| ProjectFolder { tree, folder })
    }
}

fn parent(folder: &str) -> Option<&str> {
    (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(parent, _)| parent))
}

/// The last part of a path.
pub(super) fn base(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, base)| base)
}

/// Whether a text has a word: no letter, digit or `_` stands beside it.
pub(super) fn mentions(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}
