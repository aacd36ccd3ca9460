//! `tollgate events FILE...`: what happened in a run, or in any other stream of events, counted.

pub mod args;
pub mod count;
pub mod tally;
pub mod text;

use crate::verb::events::count::{StreamCounts, StreamFault};
use serde::Serialize;
use std::path::{Path, PathBuf};
use tollgate_flow::error::{Error, exit};
use tollgate_host::files;
use tollgate_host::record::File;
use tollgate_text::json::JsonLimits;
use tollgate_text::show::show;

/// The counts of each stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamReport {
    /// In the order given.
    pub files: Vec<CountedStream>,
}

/// One stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountedStream {
    /// The file as it was named; of a run folder its journal.
    pub path: String,
    /// What is wrong with it, one sentence that names the file, and line and column where there is one.
    pub fault: Option<String>,
    /// Whether it could not be read at all.
    pub unreadable: bool,
    /// What it holds; nothing of a stream with a fault.
    #[serde(flatten)]
    pub counts: Option<StreamCounts>,
}

impl StreamReport {
    /// The worst of all files: one that cannot be read, one that is malformed, one that is empty.
    pub fn exit_code(&self) -> u8 {
        if self.files.iter().any(|file| file.unreadable) {
            exit::WORK
        } else if self.files.iter().any(|file| file.fault.is_some()) {
            exit::FAIL
        } else if self.files.iter().any(|file| file.counts.as_ref().is_none_or(|c| c.lines == 0)) {
            exit::NOTHING
        } else {
            exit::PASS
        }
    }
}

/// Counts each stream; a file named twice is an error, because who adds the counts up would count it twice.
pub fn events(named: &[PathBuf]) -> Result<StreamReport, Error> {
    for (nth, path) in named.iter().enumerate() {
        if named[..nth].contains(path) {
            let path = show(&path.display().to_string());
            return Err(Error::Usage(format!("{path} is named twice")));
        }
    }
    Ok(StreamReport { files: named.iter().map(|path| stream(path)).collect() })
}

fn stream(named: &Path) -> CountedStream {
    let path = if named.is_dir() { named.join(File::Events.name()) } else { named.to_path_buf() };
    let shown = show(&path.display().to_string());
    let limits = JsonLimits::default();
    let (fault, unreadable, counts) = match files::open_regular(&path, &shown) {
        Err(error) => (Some(error.to_string()), true, None),
        Ok((file, _)) => match count::count(file, &limits) {
            Ok(counts) => (None, false, Some(counts)),
            Err(StreamFault::Unreadable(why)) => (Some(format!("{shown} cannot be read: {why}")), true, None),
            Err(StreamFault::Malformed(why, None)) => (Some(format!("{shown}: {why}")), false, None),
            Err(StreamFault::Malformed(why, Some(place))) => {
                (Some(format!("{shown}:{}:{}: {why}", place.line, place.column)), false, None)
            }
        },
    };
    CountedStream { path: shown, fault, unreadable, counts }
}
