//! How documents of a workspace name what stands on disk.

use crate::files::Root;
use std::path::{Component, Path, PathBuf};

impl Root {
    /// A path as documents of the workspace name it: relative to its folder, by way of `..` where it stands outside; what is
    /// there is named by where it really stands. `.` for the folder itself.
    pub fn spell(&self, path: &Path) -> String {
        let Ok(real) = std::fs::canonicalize(path) else { return path.to_string_lossy().into_owned() };
        let (mut here, mut there) = (self.real().components().peekable(), real.components().peekable());
        while here.peek().is_some() && here.peek() == there.peek() {
            here.next();
            there.next();
        }
        let rel: PathBuf = here.map(|_| Component::ParentDir).chain(there).collect();
        if rel.as_os_str().is_empty() { ".".into() } else { rel.to_string_lossy().into_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_starts_from_the_workspace() {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        for folder in ["work/sub", "work-2", "out/run"] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        let root = Root::open(&at("work")).unwrap();
        for (path, spelled) in [
            ("work", "."),
            ("work/sub", "sub"),
            ("work/sub/../../out/run", "../out/run"),
            ("work-2", "../work-2"),
            (".", ".."),
        ] {
            assert_eq!(root.spell(&at(path)), spelled);
        }
        assert_eq!(root.spell(Path::new("not/there")), "not/there");
    }
}
