//! Reads and hashes every file that a set of gates names, once each.

use super::context::EvidenceContext;
use super::find::{FoundFiles, find};
use super::weight::{EVIDENCE, fill};
use crate::files::ReadError;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, Metadata};
use tollgate_core::model::gate::{ArtifactSpec, Demand, Format, Gate};
use tollgate_text::figures::total;
use tollgate_text::show::show;

/// A file as it was read.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    pub(super) sha256: String,
}

/// A table's paths, and whether they are globs: what decides which files it stands for.
pub(super) type AskedPaths = (Vec<String>, bool);

/// The bytes of every artifact of a set of gates. jsonl artifacts are not among them: they are streamed.
#[derive(Debug)]
pub struct Sources {
    found: BTreeMap<AskedPaths, FoundFiles>,
    files: BTreeMap<String, Result<Content, ReadError>>,
    /// How each file is asked for.
    wanted: BTreeSet<(String, Format, Demand)>,
    /// The tables with `many = true`.
    lists: BTreeSet<(AskedPaths, Format)>,
    /// Where the summary of the run judged stands, whoever asks for it.
    summary: Option<String>,
}

impl Sources {
    /// Finds, reads and hashes what the gates name, and the run's summary, in parallel. What is absent or cannot be read is kept as such.
    pub fn read(gates: &[&Gate], ctx: &EvidenceContext<'_>) -> Sources {
        Self::read_within(gates, ctx, EVIDENCE)
    }

    /// As `read`; all files together have at most `most` bytes, and one that is too many by then is not read.
    pub fn read_within(gates: &[&Gate], ctx: &EvidenceContext<'_>, most: u64) -> Sources {
        let specs: Vec<&ArtifactSpec> = gates.iter().flat_map(|gate| gate.artifacts.values()).collect();
        let distinct: BTreeMap<AskedPaths, &ArtifactSpec> =
            specs.iter().map(|spec| (asked(spec), *spec)).collect();
        let found: BTreeMap<AskedPaths, FoundFiles> =
            distinct.into_par_iter().map(|(asked, spec)| (asked, find(spec, ctx))).collect();
        let mut wanted = BTreeSet::new();
        let mut lists = BTreeSet::new();
        for spec in specs {
            let asked = asked(spec);
            if let Some(FoundFiles::Files(files)) = found.get(&asked) {
                wanted.extend(files.iter().map(|f| (f.clone(), spec.format, spec.demand.clone())));
                if spec.many {
                    lists.insert((asked, spec.format));
                }
            }
        }
        let whole: BTreeSet<&String> =
            wanted.iter().filter(|(_, format, _)| *format != Format::Jsonl).map(|(path, ..)| path).collect();
        let summary = ctx.run_dir.as_ref().ok().map(|dir| format!("{dir}/summary.json"));
        let whole: BTreeSet<&String> = whole.into_iter().chain(&summary).collect();
        let files = contents(whole.into_iter().collect(), ctx, most);
        Sources { found, files, wanted, lists, summary }
    }

    pub(super) fn found(&self, spec: &ArtifactSpec) -> Option<&FoundFiles> {
        self.found.get(&asked(spec))
    }

    pub(super) fn file(&self, path: &str) -> Option<&Result<Content, ReadError>> {
        self.files.get(path)
    }

    /// Where the summary of the run judged stands; `None` where there is no run.
    pub(super) fn summary(&self) -> Option<&str> {
        self.summary.as_deref()
    }

    pub(super) fn wanted(&self) -> &BTreeSet<(String, Format, Demand)> {
        &self.wanted
    }

    /// How many bytes were read.
    pub(super) fn bytes(&self) -> u64 {
        total(self.files.values().flatten().map(|content| content.bytes.len() as u64))
    }

    /// The lists to build: the table's key and the files.
    pub(super) fn lists(&self) -> impl Iterator<Item = (&AskedPaths, Format, &[String])> {
        self.lists.iter().filter_map(|(asked, format)| match self.found.get(asked) {
            Some(FoundFiles::Files(files)) => Some((asked, *format, &files[..])),
            _ => None,
        })
    }
}

/// Files that are open at one time at most.
const OPEN: usize = 128;

/// Bytes by which a file may grow while it is read.
const GROWTH: u64 = 1 << 20;

type Opened = Result<(File, Metadata), ReadError>;

/// Reads files, some at a time: they are opened first, so that the sizes of those before it say whether one is read.
fn contents(
    paths: Vec<&String>,
    ctx: &EvidenceContext<'_>,
    most: u64,
) -> BTreeMap<String, Result<Content, ReadError>> {
    let mut files = BTreeMap::new();
    let mut room = most;
    for paths in paths.chunks(OPEN) {
        let opened: Vec<Opened> = paths.par_iter().map(|path| ctx.root.open_file(path)).collect();
        // Of a file that is too large by itself nothing is read.
        let size = |opened: &Opened| match opened {
            Ok((_, meta)) if meta.len() <= ctx.limits.bytes => meta.len(),
            _ => 0,
        };
        let sizes: Vec<u64> = opened.iter().map(size).collect();
        let fits = fill(&sizes, room);
        let read = |(path, (opened, (size, fits))): (&&String, (Opened, (u64, bool)))| {
            let too_much = || ReadError::TooMuch { path: show(path), bytes: size, limit: most };
            let content = opened.and_then(|opened| if fits { Ok(opened) } else { Err(too_much()) });
            // It may still be written to; but for a little it is held to the size that was counted.
            let grown = if size > 0 { size.saturating_add(GROWTH) } else { ctx.limits.bytes };
            let content =
                content.and_then(|opened| ctx.root.hashed(opened, path, grown.min(ctx.limits.bytes)));
            (path.to_string(), content.map(|(bytes, sha256)| Content { bytes, sha256 }))
        };
        room -= total(sizes.iter().zip(&fits).filter(|(_, fits)| **fits).map(|(size, _)| *size)).min(room);
        let judged = opened.into_par_iter().zip(sizes.into_par_iter().zip(fits));
        files.par_extend(paths.par_iter().zip(judged).map(read));
    }
    files
}

pub(super) fn asked(spec: &ArtifactSpec) -> AskedPaths {
    (spec.paths.clone(), spec.many)
}
