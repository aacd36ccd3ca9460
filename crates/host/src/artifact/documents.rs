//! Every document of a set of gates: parsed once, held to each schema that is demanded of it once, in parallel.

use super::context::EvidenceContext;
use super::fault::FileFault;
use super::jsonl::{JsonlStream, survey};
use super::parse::parse;
use super::read::{AskedPaths, Content, Sources};
use super::schema::hold;
use super::weight::{EVIDENCE, WeightLook, fill, fitting, weight};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_core::model::artifact::JsonlLines as _;
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::{ArtifactSpec, Demand, Format};
use tollgate_lang::schema::Registry;
use tollgate_text::figures::total;
use tollgate_text::json::{Json, JsonObject};

/// Schema violations that are listed for one artifact; a last finding counts the rest.
pub(super) const LISTED: usize = 50;

/// The documents of `Sources`, parsed and validated.
pub struct Documents<'s> {
    pub(super) sources: &'s Sources,
    pub(super) ctx: &'s EvidenceContext<'s>,
    pub(super) parsed: BTreeMap<&'s str, OfFormats<Result<Json<'s>, FileFault>>>,
    streams: BTreeMap<&'s str, Result<JsonlStream<'s>, FileFault>>,
    pub(super) breaches: BTreeMap<(&'s str, Format, &'s Demand), Vec<FileFault>>,
    lists: BTreeMap<AskedPaths, OfFormats<Json<'s>>>,
    /// Why everything of the run judged is stale, and why what names no commit itself is of another one.
    of_run: (Vec<FileFault>, Option<FileFault>),
}

/// One for each format that a file is asked for in: nearly always a single one.
pub(super) type OfFormats<T> = Vec<(Format, T)>;

fn of<T>(all: Option<&OfFormats<T>>, format: Format) -> Option<&T> {
    all?.iter().find(|(f, _)| *f == format).map(|(_, one)| one)
}

/// A document and what is wrong with it: its faults are those that leave it unbound.
pub(super) enum FoundDocument<'d> {
    /// A whole document.
    Whole(&'d Json<'d>, &'d Content),
    /// A stream.
    Stream(&'d JsonlStream<'d>),
    /// Neither: nothing of it is known but perhaps its bytes.
    Broken(Option<&'d Content>),
}

impl<'s> Documents<'s> {
    /// Parses and validates everything that the sources hold; streams the jsonl artifacts.
    pub fn parse(sources: &'s Sources, registry: &Registry, ctx: &'s EvidenceContext<'s>) -> Documents<'s> {
        Self::parse_within(sources, registry, ctx, EVIDENCE)
    }

    /// As `parse`; files, trees and the lists of streams take at most `most` bytes together. Which one is too many follows
    /// from their paths and contents alone.
    pub fn parse_within(
        sources: &'s Sources,
        registry: &Registry,
        ctx: &'s EvidenceContext<'s>,
        most: u64,
    ) -> Documents<'s> {
        let wanted = sources.wanted();
        let whole: BTreeSet<(&'s str, Format)> = wanted
            .iter()
            .filter(|(_, format, _)| *format != Format::Jsonl)
            .map(|(path, format, _)| (path.as_str(), *format))
            .chain(sources.summary().map(|path| (path, Format::Json)))
            .collect();
        let mut streamed: BTreeMap<&'s str, Vec<&'s Demand>> = BTreeMap::new();
        for (path, _, demand) in wanted.iter().filter(|(_, format, _)| *format == Format::Jsonl) {
            streamed.entry(path).or_default().push(demand);
        }
        let room = most.saturating_sub(sources.bytes());
        let (whole, room) = allotted(sources, whole.into_iter().collect(), room);
        let (whole, surveyed) = rayon::join(
            || {
                whole
                    .into_par_iter()
                    .map(|(key, fits)| {
                        (key, if fits { parse_one(sources, key, ctx) } else { Err(too_much(most)) })
                    })
                    .collect::<BTreeMap<_, _>>()
            },
            || {
                let one = |(path, demands): (&'s str, Vec<&'s Demand>)| {
                    let (stream, breaches) = stream_one(path, &demands, registry, ctx);
                    (path, stream, breaches)
                };
                streamed.into_par_iter().map(one).collect::<Vec<_>>()
            },
        );
        let mut parsed: BTreeMap<&'s str, OfFormats<Result<Json<'s>, FileFault>>> = BTreeMap::new();
        for ((path, format), document) in whole {
            parsed.entry(path).or_default().push((format, document));
        }
        let breaches: BTreeMap<(&'s str, Format, &'s Demand), Vec<FileFault>> = wanted
            .par_iter()
            .filter(|(_, format, _)| *format != Format::Jsonl)
            .filter_map(|(path, format, demand)| {
                let document = of(parsed.get(path.as_str()), *format)?.as_ref().ok()?;
                let bytes = &sources.file(path)?.as_ref().ok()?.bytes;
                let held = hold(document, *format, bytes, demand, registry, LISTED);
                Some(((path.as_str(), *format, demand), held.faults))
            })
            .collect();
        let refused = unlisted(sources, &surveyed, room);
        let streams = BTreeMap::new();
        let lists = BTreeMap::new();
        let mut documents =
            Documents { sources, ctx, parsed, streams, breaches, lists, of_run: (Vec::new(), None) };
        for (path, mut stream, found) in surveyed {
            if let Ok(stream) = &mut stream {
                stream.refused = refused.contains(path).then_some(most);
            }
            documents.add_stream(path, stream, found);
        }
        documents.build_lists();
        documents
    }

    fn add_stream(
        &mut self,
        path: &'s str,
        stream: Result<JsonlStream<'s>, FileFault>,
        breaches: Vec<(&'s Demand, Vec<FileFault>)>,
    ) {
        let breaches = breaches.into_iter().map(|(demand, faults)| ((path, Format::Jsonl, demand), faults));
        self.breaches.extend(breaches);
        self.streams.insert(path, stream);
    }

    pub(super) fn build_lists(&mut self) {
        self.lists.clear();
        for (asked, format, files) in self.sources.lists() {
            if let Some(list) = self.list(format, files) {
                self.lists.entry(asked.clone()).or_default().push((format, list));
            }
        }
    }

    /// The summary of the run judged, as it was written; `None` where there is no run, or its summary is missing or no JSON.
    pub fn summary(&self) -> Option<&Json<'s>> {
        of(self.parsed.get(self.sources.summary()?), Format::Json)?.as_ref().ok()
    }

    /// Lets every artifact of the run judged have these faults of the run, unless its gate takes any commit's: a run is stale as a whole.
    /// `other_commit` is had by what names no commit itself.
    pub fn bind_run(&mut self, faults: Vec<FileFault>, other_commit: Option<FileFault>) {
        self.of_run = (faults, other_commit);
    }

    /// The faults that an artifact has because the run has them.
    pub(super) fn faults_of_run(&self, spec: &ArtifactSpec, path: &str) -> impl Iterator<Item = &FileFault> {
        let in_folder =
            |dir: &String| path.strip_prefix(dir.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let of_run = spec.commit_same != Some(false)
            && (spec.paths.iter().any(|p| p.contains("{run}"))
                || self.ctx.run_dir.as_ref().is_ok_and(in_folder));
        let nameless = spec.commit_same.is_none() && matches!(spec.format, Format::Text | Format::Junit);
        let (faults, other_commit) = &self.of_run;
        let other_commit = other_commit.iter().filter(move |_| nameless);
        faults.iter().chain(other_commit).filter(move |_| of_run)
    }

    /// Binds the run's summary as it was judged instead of as it was written. Its schema was asked of what was written.
    pub fn judge_summary(&mut self, judged: Json<'s>) {
        let Some(path) = self.sources.summary() else { return };
        let formats = self.parsed.entry(path).or_default();
        match formats.iter_mut().find(|(format, _)| *format == Format::Json) {
            Some((_, document)) => *document = Ok(judged),
            None => formats.push((Format::Json, Ok(judged))),
        }
        self.build_lists();
    }

    /// `{path, stem, doc}` for each file; `None` when one of them has no document.
    fn list(&self, format: Format, files: &[String]) -> Option<Json<'s>> {
        let known = |path: &String| match format {
            Format::Jsonl => self.streams.get(path.as_str()).is_some_and(Result::is_ok),
            _ => of(self.parsed.get(path.as_str()), format).is_some_and(Result::is_ok),
        };
        // Nothing is copied for a list that one of them keeps from being made.
        if !files.iter().all(known) {
            return None;
        }
        let member = |path: &String| {
            let doc = match format {
                Format::Jsonl => {
                    self.streams.get(path.as_str())?.as_ref().ok()?.list().ok()?.clone().into_owned()
                }
                _ => of(self.parsed.get(path.as_str()), format)?.as_ref().ok()?.clone(),
            };
            let name = path.rsplit('/').next().unwrap_or(path);
            let stem =
                name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem });
            let text = |s: &str| Json::Str(Cow::Owned(s.to_string()));
            Some(Json::Object(JsonObject::from_members(vec![
                (Cow::Borrowed("path"), text(path)),
                (Cow::Borrowed("stem"), text(stem)),
                (Cow::Borrowed("doc"), doc),
            ])))
        };
        files.iter().map(member).collect::<Option<Vec<_>>>().map(Json::Array)
    }

    pub(super) fn bound_list(&self, asked: &AskedPaths, format: Format) -> Option<&Json<'s>> {
        of(self.lists.get(asked), format)
    }

    /// What stands at a path that was found, and everything that keeps it from being bound.
    pub(super) fn look(
        &self,
        path: &str,
        format: Format,
        demand: &Demand,
    ) -> (FoundDocument<'_>, Vec<FileFault>) {
        let breaches = || match self.breaches.get(&(path, format, demand)) {
            Some(faults) => faults.clone(),
            None => vec![unread()],
        };
        if format == Format::Jsonl {
            return match self.streams.get(path) {
                Some(Ok(stream)) => {
                    let faults = stream.survey.faults.iter().cloned().chain(breaches()).collect();
                    (FoundDocument::Stream(stream), faults)
                }
                Some(Err(fault)) => (FoundDocument::Broken(None), vec![fault.clone()]),
                None => (FoundDocument::Broken(None), vec![unread()]),
            };
        }
        match (self.sources.file(path), of(self.parsed.get(path), format)) {
            (Some(Ok(content)), Some(Ok(document))) => (FoundDocument::Whole(document, content), breaches()),
            (Some(Ok(content)), Some(Err(fault))) => {
                (FoundDocument::Broken(Some(content)), vec![fault.clone()])
            }
            (Some(Err(error)), _) => (FoundDocument::Broken(None), vec![FileFault::of_read(error)]),
            _ => (FoundDocument::Broken(None), vec![unread()]),
        }
    }
}

/// A document, and whether it is parsed.
type Allotted<'s> = ((&'s str, Format), bool);

/// Which documents are parsed, by what they take in memory, and the room that is left. One that stands in lists stands there
/// once more for each.
fn allotted<'s>(sources: &Sources, whole: Vec<(&'s str, Format)>, room: u64) -> (Vec<Allotted<'s>>, u64) {
    let bytes_of = |path: &str| match sources.file(path) {
        Some(Ok(content)) => &content.bytes[..],
        _ => &[],
    };
    let times = |path: &str, format| 1 + lists_of(sources, path, format);
    let documents: Vec<(Format, &[u8], u64)> =
        whole.iter().map(|(path, format)| (*format, bytes_of(path), times(path, *format))).collect();
    let fits = fitting(&documents, room);
    let held = documents.iter().zip(&fits).filter(|(_, fits)| **fits);
    let taken = |look| total(held.clone().map(|((f, b, n), _)| weight(*f, b, look).saturating_mul(*n)));
    let left = [WeightLook::Size, WeightLook::Crude, WeightLook::Close]
        .into_iter()
        .find_map(|look| room.checked_sub(taken(look)));
    (whole.into_iter().zip(fits.iter().copied()).collect(), left.unwrap_or(0))
}

/// In how many lists a document stands.
fn lists_of(sources: &Sources, path: &str, format: Format) -> u64 {
    let holds = |(_, of, files): &(&AskedPaths, Format, &[String])| {
        *of == format && files.binary_search_by(|file| file.as_str().cmp(path)).is_ok()
    };
    sources.lists().filter(holds).count() as u64
}

/// The streams that are not read as lists, because all of them together would take more than `room`; the smallest come first,
/// so that one that is only walked takes no other's place.
fn unlisted<'s>(sources: &Sources, surveyed: &[Surveyed<'s>], room: u64) -> BTreeSet<&'s str> {
    let mut streams: Vec<(u64, &'s str)> = surveyed
        .iter()
        .filter_map(|(path, stream, _)| {
            let times = 1 + lists_of(sources, path, Format::Jsonl);
            Some((stream.as_ref().ok()?.survey.weight.saturating_mul(times), *path))
        })
        .collect();
    streams.sort_unstable();
    let weights: Vec<u64> = streams.iter().map(|(weight, _)| *weight).collect();
    let fits = fill(&weights, room);
    streams.iter().zip(fits).filter(|(_, fits)| !fits).map(|((_, path), _)| *path).collect()
}

fn too_much(most: u64) -> FileFault {
    let most = most >> 20;
    let clause = format!(
        "with it the evidence of the check takes more than the {most} MiB that it may take in memory"
    );
    FileFault::new(Reason::Limit, clause)
}

/// A gate that was not among those that the sources were read for: nothing is known, so nothing passes.
pub(super) fn unread() -> FileFault {
    FileFault::new(Reason::Unreadable, "it was not read")
}

fn parse_one<'s>(
    sources: &'s Sources,
    (path, format): (&str, Format),
    ctx: &EvidenceContext<'_>,
) -> Result<Json<'s>, FileFault> {
    match sources.file(path) {
        Some(Ok(content)) => parse(format, &content.bytes, &ctx.limits),
        Some(Err(error)) => Err(FileFault::of_read(error)),
        None => Err(unread()),
    }
}

/// A stream by its path, with what breaks the demands.
type Surveyed<'s> = (&'s str, Result<JsonlStream<'s>, FileFault>, Vec<(&'s Demand, Vec<FileFault>)>);

type Streamed<'s> = (Result<JsonlStream<'s>, FileFault>, Vec<(&'s Demand, Vec<FileFault>)>);

fn stream_one<'s>(
    path: &'s str,
    demands: &[&'s Demand],
    registry: &Registry,
    ctx: &'s EvidenceContext<'s>,
) -> Streamed<'s> {
    let file = match ctx.root.open_file(path) {
        Ok((file, _)) => file,
        Err(error) => return (Err(FileFault::of_read(&error)), Vec::new()),
    };
    let owned: Vec<Demand> = demands.iter().map(|d| (*d).clone()).collect();
    match survey(file, &owned, registry, &ctx.limits, LISTED) {
        Ok(mut found) => {
            if let Err(error) = ctx.root.seal(path, &found.sha256) {
                return (Err(FileFault::of_read(&error)), Vec::new());
            }
            let breaches = std::mem::take(&mut found.breaches);
            let breaches = demands.iter().copied().zip(breaches).collect();
            (Ok(JsonlStream::new(ctx.root, path, ctx.limits, found)), breaches)
        }
        Err(fault) => (Err(fault), Vec::new()),
    }
}
