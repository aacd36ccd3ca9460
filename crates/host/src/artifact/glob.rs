//! Globs over the workspace, folder by folder, so that only folders that the pattern can reach are looked into.

use crate::files::{ReadError, Root, io_error};
use ::glob::Pattern;
use std::collections::BTreeSet;
use std::sync::Arc;
use tollgate_text::show::show;

/// Names that one glob looks at: a backstop against a folder without end.
const LOOKED_AT: usize = 1_000_000;
/// Folders in folders: a link that leads back into its own parent ends here.
const DEPTH: usize = 64;

/// Every file that matches, workspace-relative, `/`-separated, sorted by bytes. `*`, `?` and `[…]` stay inside one name, `**`
/// stands for any folders. Folders do not match; `**` never enters `.git`. Links are followed inside the workspace; one that
/// the pattern reaches and that leads out of it is an error, and so is a name that is not UTF-8. A broken link counts as a
/// file: reading it says what is wrong.
pub fn glob(root: &Root, pattern: &str) -> Result<Vec<String>, String> {
    let clean = Root::clean(pattern).map_err(|e| e.to_string())?;
    let parts: Result<Vec<Part>, String> = clean
        .split('/')
        .map(|part| match part {
            "**" => Ok(Part::Folders),
            part if !part.contains(['*', '?', '[']) => Ok(Part::Name(part.to_string())),
            part => Pattern::new(part)
                .map(Part::Wild)
                .map_err(|e| format!("{} is no glob: {}", show(pattern), e.msg)),
        })
        .collect();
    let mut walk = Walk { root, found: BTreeSet::new(), left: LOOKED_AT, pattern };
    walk.step("", &parts?, 0)?;
    Ok(walk.found.into_iter().collect())
}

enum Part {
    Name(String),
    Wild(Pattern),
    Folders,
}

struct Walk<'w> {
    root: &'w Root,
    found: BTreeSet<String>,
    left: usize,
    pattern: &'w str,
}

enum Kind {
    Folder,
    File,
    Nothing,
}

impl Walk<'_> {
    /// Matches `parts` below the folder `at`.
    fn step(&mut self, at: &str, parts: &[Part], depth: usize) -> Result<(), String> {
        let Some((part, rest)) = parts.split_first() else { return Ok(()) };
        if depth > DEPTH {
            return Err(format!("{}: folders stand more than {DEPTH} deep", show(self.pattern)));
        }
        match part {
            Part::Name(name) => self.enter(&join(at, name), rest, depth, true),
            Part::Wild(pattern) => {
                for name in self.names(at)?.iter() {
                    if pattern.matches(name) {
                        self.enter(&join(at, name), rest, depth, false)?;
                    }
                }
                Ok(())
            }
            Part::Folders => {
                // As glob has it, a `**` at the end stands for everything below.
                let every = [Part::Wild(Pattern::default())];
                if rest.is_empty() {
                    for name in self.names(at)?.iter() {
                        self.enter(&join(at, name), &every[..0], depth, false)?;
                    }
                } else {
                    self.step(at, rest, depth + 1)?;
                }
                for name in self.names(at)?.iter() {
                    let below = join(at, name);
                    if name != ".git" && matches!(self.kind(&below, false)?, Kind::Folder) {
                        self.step(&below, parts, depth + 1)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// `path` matched a part: it is found if no part is left, else the rest is matched below it.
    fn enter(&mut self, path: &str, rest: &[Part], depth: usize, literal: bool) -> Result<(), String> {
        match self.kind(path, literal)? {
            Kind::File if rest.is_empty() => {
                self.found.insert(path.to_string());
                Ok(())
            }
            Kind::Folder if !rest.is_empty() => self.step(path, rest, depth + 1),
            // `a/**` also matches the file `a`? No: `**` stands for folders.
            _ => Ok(()),
        }
    }

    /// What stands at `path`, links followed. A `literal` name need not be there.
    fn kind(&self, path: &str, literal: bool) -> Result<Kind, String> {
        let saw = |there| self.root.saw(path, there).map_err(|e| e.to_string());
        match self.root.resolve(path) {
            Ok(real) => {
                saw(true)?;
                Ok(if real.is_dir() { Kind::Folder } else { Kind::File })
            }
            Err(ReadError::Missing(_))
                if literal && self.root.real().join(path).symlink_metadata().is_err() =>
            {
                saw(false)?;
                Ok(Kind::Nothing)
            }
            Err(ReadError::Missing(_)) if self.root.is_taken_away(path) => Ok(Kind::Nothing),
            Err(ReadError::Missing(_) | ReadError::Dangling(_)) => Ok(Kind::File),
            Err(other) => Err(other.to_string()),
        }
    }

    /// The names in a folder, sorted: those that were seen there at the first look.
    fn names(&mut self, folder: &str) -> Result<Arc<[String]>, String> {
        let names =
            self.root.names(folder, || self.list(folder).map_err(Unlisted)).map_err(|Unlisted(why)| why)?;
        self.left = self
            .left
            .checked_sub(names.len())
            .ok_or_else(|| format!("{}: more than {LOOKED_AT} names to look at", show(self.pattern)))?;
        Ok(names)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let real = match folder {
            "" => self.root.real().to_path_buf(),
            folder => self.root.resolve(folder).map_err(|e| e.to_string())?,
        };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(real).map_err(|e| io_error(&show(folder), &e).to_string())? {
            let entry = entry.map_err(|e| io_error(&show(folder), &e).to_string())?;
            match entry.file_name().into_string() {
                Ok(name) => names.push(name),
                Err(name) => {
                    return Err(format!(
                        "the name {} is not UTF-8",
                        show(&join(folder, &name.to_string_lossy()))
                    ));
                }
            }
        }
        Ok(names)
    }
}

/// Why a folder is not listed, in words.
struct Unlisted(String);

impl From<ReadError> for Unlisted {
    fn from(error: ReadError) -> Self {
        Unlisted(error.to_string())
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn workspace() -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        for path in ["a.rs", "t/b.rs", "t/c.txt", "t/u/d.rs", "t/u/.hidden.rs", ".git/x.rs", "t/[z].rs"] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(path).unwrap();
        }
        let root = Root::open(dir.path()).unwrap();
        (dir, root)
    }

    #[test]
    fn finds_files_sorted() {
        let (_dir, root) = workspace();
        let all = |p: &str| glob(&root, p).unwrap().join(" ");
        assert_eq!(all("*.rs"), "a.rs");
        assert_eq!(all("t/*.rs"), "t/[z].rs t/b.rs");
        assert_eq!(all("**/*.rs"), "a.rs t/[z].rs t/b.rs t/u/.hidden.rs t/u/d.rs");
        assert_eq!(all("t/**/d.rs"), "t/u/d.rs");
        assert_eq!(all("t/**"), "t/[z].rs t/b.rs t/c.txt t/u/.hidden.rs t/u/d.rs");
        assert_eq!(all("./t//b.rs"), "t/b.rs");
        assert_eq!(all("t/[[]z].rs"), "t/[z].rs");
        assert_eq!(all("none/*.rs"), "");
        assert_eq!(all("t"), "");
        assert_eq!(all(".git/*"), ".git/x.rs");
    }

    #[test]
    fn what_is_taken_away_is_not_found() {
        let (_dir, root) = workspace();
        let without = root.with_instead("t/b.rs", None);
        assert_eq!(glob(&without, "t/*.rs").unwrap(), ["t/[z].rs"]);
        assert_eq!(glob(&without, "t/b.rs").unwrap(), [""; 0]);
        assert_eq!(glob(&without, "**/b.rs").unwrap(), [""; 0]);
    }

    #[test]
    fn a_pattern_stays_inside() {
        let (_dir, root) = workspace();
        for bad in ["../*", "/etc/*", "t/../../*", "", "a[", "t/***"] {
            assert!(glob(&root, bad).is_err(), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_inside_and_refused_outside() {
        use std::os::unix::fs::symlink;
        let (dir, root) = workspace();
        let outside = tempfile::tempdir().unwrap();
        fs::File::create(outside.path().join("secret.rs")).unwrap();
        symlink(dir.path().join("t/u"), dir.path().join("inner")).unwrap();
        assert_eq!(glob(&root, "inner/*.rs").unwrap(), ["inner/.hidden.rs", "inner/d.rs"]);
        assert_eq!(glob(&root, "inn*/d.rs").unwrap(), ["inner/d.rs"]);
        symlink(dir.path().join("gone"), dir.path().join("t/dangling.rs")).unwrap();
        assert!(glob(&root, "t/*.rs").unwrap().contains(&"t/dangling.rs".to_string()));
        symlink(outside.path(), dir.path().join("t/out")).unwrap();
        assert!(glob(&root, "t/out/*.rs").is_err());
        assert!(glob(&root, "**/*.rs").is_err());
        assert_eq!(glob(&root, "t/u/*.rs").unwrap().len(), 2);
        symlink(dir.path(), dir.path().join("t/u/loop")).unwrap();
        assert!(glob(&root, "inner/**/*.rs").is_err(), "a loop ends");
    }
}
