//! The logs of lint steps in a merged run: every shard may have run every step.

use crate::verb::merge::suites::ShardPart;
use std::collections::BTreeMap;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use tollgate_core::model::record::lint_log;
use tollgate_flow::error::Error;
use tollgate_host::files::open_regular;
use tollgate_host::files::tree::{Size, copy_file};
use tollgate_host::record::{Folder, lint_log_of_shard};
use tollgate_text::show::show;

/// A log that is kept, and its name in the merged run's folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kept {
    from: PathBuf,
    to: String,
    size: Size,
}

/// What all of them take.
pub(super) fn size(kept: &[Kept]) -> Size {
    kept.iter().map(|log| log.size).fold(Size::default(), Size::and)
}

/// Finds the logs. A step's own name has the log of the shard whose result the merged summary states: the first in which it
/// failed, else the first; what another shard's log says otherwise is kept under the shard's name. No link is followed.
pub(super) fn find(parts: &[ShardPart]) -> Result<Vec<Kept>, Error> {
    let mut steps: BTreeMap<String, Vec<(bool, &ShardPart, &str, PathBuf)>> = BTreeMap::new();
    for part in parts {
        for step in &part.summary.lint {
            let name = lint_log(&step.name);
            let path = part.folder.join(&name);
            if std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file()) {
                steps.entry(name).or_default().push((step.passed, part, &step.name, path));
            }
        }
    }
    let mut kept = Vec::new();
    for (name, mut logs) in steps {
        // The order in which the shards are named does not count.
        logs.sort_by_key(|(passed, part, ..)| (*passed, part.summary.shard.kind, part.summary.shard.index));
        let Some((first, others)) = logs.split_first() else { continue };
        kept.push(Kept::of(&first.3, name)?);
        for (_, part, step, path) in others {
            if !same(&first.3, path)? {
                let to = lint_log_of_shard(step, &part.summary.shard);
                kept.push(Kept::of(path, to)?);
            }
        }
    }
    Ok(kept)
}

impl Kept {
    fn of(from: &Path, to: String) -> Result<Kept, Error> {
        Ok(Kept { from: from.to_path_buf(), to, size: Size::of(from)? })
    }
}

/// Copies them.
pub(super) fn put(kept: &[Kept], folder: &Folder) -> Result<(), Error> {
    for log in kept {
        copy_file(&log.from, &folder.dir().join(&log.to), log.size.bytes)?;
    }
    Ok(())
}

/// Whether two files hold the same bytes.
fn same(one: &PathBuf, other: &PathBuf) -> Result<bool, Error> {
    let open = |path: &PathBuf| {
        open_regular(path, &show(&path.display().to_string())).map_err(|e| Error::Work(e.to_string()))
    };
    let ((one, of_one), (other, of_other)) = (open(one)?, open(other)?);
    if of_one.len() != of_other.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(one).bytes(), BufReader::new(other).bytes());
    // A byte that cannot be read is no byte that is the same.
    Ok(one.by_ref().zip(other.by_ref()).all(|pair| matches!(pair, (Ok(a), Ok(b)) if a == b))
        && one.next().is_none()
        && other.next().is_none())
}
