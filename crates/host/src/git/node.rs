//! What a commit holds at a path.

use super::error::GitError;

/// What stands at a path of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// A folder.
    Folder,
    /// The commit of a submodule.
    Submodule,
}

impl NodeKind {
    /// For a sentence: "a symbolic link".
    pub fn name(self) -> &'static str {
        match self {
            NodeKind::File => "a file",
            NodeKind::Link => "a symbolic link",
            NodeKind::Folder => "a folder",
            NodeKind::Submodule => "a submodule",
        }
    }
}

/// One path of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitNode {
    /// Relative to the folder that was listed or asked for, `/`-separated. Bytes that are not UTF-8 are replaced.
    pub path: String,
    /// Whether nothing had to be replaced.
    pub utf8: bool,
    /// Its object.
    pub object: String,
    /// Its size; 0 for what is no file.
    pub bytes: u64,
    /// What it is.
    pub kind: NodeKind,
}

/// Reads `ls-tree -l -z`: `<mode> <type> <object> <size>\t<path>\0`, the size right-aligned. In byte order of the paths.
pub(super) fn nodes(bytes: &[u8]) -> Result<Vec<CommitNode>, GitError> {
    let broken = || GitError::Failed("lists a tree in a form that is not understood".into());
    let mut found = Vec::new();
    for record in bytes.split(|b| *b == 0).filter(|r| !r.is_empty()) {
        let tab = record.iter().position(|b| *b == b'\t').ok_or_else(broken)?;
        let meta = std::str::from_utf8(&record[..tab]).map_err(|_| broken())?;
        let path = String::from_utf8_lossy(&record[tab + 1..]);
        let words: Vec<&str> = meta.split_ascii_whitespace().collect();
        let [mode, _, object, size] = words[..] else { return Err(broken()) };
        let kind = match mode {
            "040000" => NodeKind::Folder,
            "120000" => NodeKind::Link,
            "160000" => NodeKind::Submodule,
            "100644" | "100755" | "100664" => NodeKind::File,
            _ => return Err(broken()),
        };
        let bytes = if kind == NodeKind::File { size.parse().map_err(|_| broken())? } else { 0 };
        let utf8 = std::str::from_utf8(&record[tab + 1..]).is_ok();
        found.push(CommitNode { path: path.into_owned(), utf8, object: object.to_string(), bytes, kind });
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}
