//! Reads and hashes every file that a set of gates names, once each.

use super::context::Context;
use super::find::{Found, find};
use crate::base::digest::sha256_hex;
use crate::base::files::ReadError;
use crate::model::gate::{ArtifactSpec, Demand, Format, Gate};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A file as it was read.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    pub(super) sha256: String,
}

/// A table's paths, and whether they are globs: what decides which files it stands for.
pub(super) type Asked = (Vec<String>, bool);

/// The bytes of every artifact of a set of gates. jsonl artifacts are not among them: they are streamed.
#[derive(Debug)]
pub struct Sources {
    found: BTreeMap<Asked, Found>,
    files: BTreeMap<String, Result<Content, ReadError>>,
    /// How each file is asked for.
    wanted: BTreeSet<(String, Format, Demand)>,
    /// The tables with `many = true`.
    lists: BTreeSet<(Asked, Format)>,
    /// Where the summary of the run judged stands, whoever asks for it.
    summary: Option<String>,
}

impl Sources {
    /// Finds, reads and hashes what the gates name, and the run's summary, in parallel. What is absent or cannot be read is kept as such.
    pub fn read(gates: &[&Gate], ctx: &Context<'_>) -> Sources {
        let specs: Vec<&ArtifactSpec> = gates.iter().flat_map(|gate| gate.artifacts.values()).collect();
        let distinct: BTreeMap<Asked, &ArtifactSpec> =
            specs.iter().map(|spec| (asked(spec), *spec)).collect();
        let found: BTreeMap<Asked, Found> =
            distinct.into_par_iter().map(|(asked, spec)| (asked, find(spec, ctx))).collect();
        let mut wanted = BTreeSet::new();
        let mut lists = BTreeSet::new();
        for spec in specs {
            let asked = asked(spec);
            if let Some(Found::Files(files)) = found.get(&asked) {
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
        let files = whole
            .into_par_iter()
            .map(|path| {
                let content = ctx.root.read(path, ctx.limits.bytes).map(|bytes| {
                    let sha256 = sha256_hex(&bytes);
                    Content { bytes, sha256 }
                });
                (path.clone(), content)
            })
            .collect();
        Sources { found, files, wanted, lists, summary }
    }

    pub(super) fn found(&self, spec: &ArtifactSpec) -> Option<&Found> {
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

    /// The lists to build: the table's key and the files.
    pub(super) fn lists(&self) -> impl Iterator<Item = (&Asked, Format, &[String])> {
        self.lists.iter().filter_map(|(asked, format)| match self.found.get(asked) {
            Some(Found::Files(files)) => Some((asked, *format, &files[..])),
            _ => None,
        })
    }
}

pub(super) fn asked(spec: &ArtifactSpec) -> Asked {
    (spec.paths.clone(), spec.many)
}
