//! `tollgate ingest`: results of a run that something else made, as a run folder.

pub mod args;
pub mod error;
pub mod files;
mod planned;
pub mod request;
pub mod time;

use crate::embedded::EMBEDDED;
use crate::verb::ingest::error::{clear, leave};
use crate::verb::ingest::files::{bounded, cut_off, once};
use crate::verb::ingest::planned::{again, default_role, planned, reader};
use crate::verb::ingest::request::IngestRequest;
use crate::verb::ingest::time::{RunDate, Times};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::Path;
use tollgate_core::ingest;
use tollgate_core::model::flake::FlakeRules;
use tollgate_core::model::plan::PlannedSuite;
use tollgate_core::model::run::{Chosen, Identity, RunSummary};
use tollgate_core::model::suite::{Repeats, ResultReader, SuiteRole, SuiteSpec};
use tollgate_core::model::test::{Reading, TestStatus};
use tollgate_core::model::tree::{DatedBy, WorkingTree};
use tollgate_core::plan;
use tollgate_core::triage::attempts::{JudgedStep, StepEnded, attempt};
use tollgate_flow::attempt::steps::addressed;
use tollgate_flow::commands::Replays;
use tollgate_flow::error::Error;
use tollgate_flow::ground::Ground;
use tollgate_flow::made::baseline::Baseline;
use tollgate_flow::made::documents::{self, RunOutcome, Written};
use tollgate_flow::made::environment;
use tollgate_flow::made::harness::judged;
use tollgate_flow::made::suite_record::{SuiteEnd, record_of, write_suite};
use tollgate_flow::masking::{branch, let_through, masker};
use tollgate_flow::run_id;
use tollgate_flow::run_tree::{Observed, Observing};
use tollgate_host::files::{Root, open_regular};
use tollgate_host::record::{Folder, SuiteFolders};
use tollgate_text::digest::sha256_hex;
use tollgate_text::escape::is_blank;
use tollgate_text::figures::total;
use tollgate_text::redact::Masker;
use tollgate_text::show::show;

/// One suite that a file names.
struct Found {
    name: String,
    file: String,
    reading: Reading,
    /// Secrets masked in its name.
    masked: u64,
    /// What was let through in what its results say.
    mask_allowed: u64,
}

/// What became of the files.
pub enum TakenIn {
    /// A run folder.
    Run(Box<Written>),
    /// They hold no tests: a sentence.
    Nothing(String),
}

/// Reads the files and writes the run folder. Where they hold no tests, and where a file cannot be read or is cut short, the run
/// folder holds nothing but `ingest_error.json`: whoever looks for the newest run finds one that is none, and not the one before.
pub fn ingest(request: &IngestRequest<'_>) -> Result<TakenIn, Error> {
    let mut made = None;
    let answer = take_in(request, &mut made);
    match &answer {
        Ok(TakenIn::Nothing(why)) => leave(request, made, why),
        Err(Error::Work(why)) => leave(request, made, why),
        _ => {}
    }
    answer
}

fn take_in(request: &IngestRequest<'_>, made: &mut Option<Folder>) -> Result<TakenIn, Error> {
    let reader = reader(request.format)?;
    let observing = Observing::begin(&EMBEDDED, request.root);
    let ground = Ground::open_bare(&EMBEDDED, request.root, request.now)?;
    let masker = masker(request.env, &ground)?;
    let Gathered { found, dated, stale, notes } = gather(request, reader, &ground, &masker)?;
    if found.iter().all(|f| f.reading.cases.is_empty() && f.reading.fault.is_none()) {
        return Ok(TakenIn::Nothing(nothing(&found)));
    }
    let baseline = request.diff_from.map(|path| Baseline::open(path, &ground.root)).transpose()?;
    let role = ground.spec(request.kind).map_or(default_role(request.kind), |spec| spec.role);
    let folder = &*made.insert(folder_of(request, &ground)?);
    let tree = observing.of_commit(&ground)?.map(|seen| tree_of(&seen, &ground, folder, &masker));
    let again = again(request, &ground.root, &masker);
    let names = ground.names().unwrap_or_default();
    let replays = Replays::new(&ground.run, "ci", &masker).knowing(&names, &again);
    let identity = identity(&ground, &masker, &dated, &found);
    let folders = SuiteFolders::new(found.iter().map(|f| (request.kind, f.name.as_str())));
    let mut records = Vec::new();
    let rules = ground.spec(request.kind).map(|spec| spec.flaky).unwrap_or_default();
    for one in &found {
        let item = item(one, request.kind, role);
        let end = SuiteEnd { rules, ..suite_end(one, &item, reader, &again, &dated) };
        let recorded = record_of(end, &masker, &ground, "");
        write_suite(folder, &folders, &identity, &recorded, "", &replays, &ground)?;
        records.push(recorded.record);
    }
    let all_known = records
        .iter()
        .filter(|r| r.result.status.is_failure())
        .all(|r| replays.knows(&r.result.kind, &r.result.name) || replays.targeted(&r.result).is_some());
    let facts = environment::facts_of_the_machine(ground.root.real(), &ground.run, request.env);
    let (shard, plan) = planned(&records);
    let outcome = RunOutcome {
        ground: &ground,
        identity,
        tree,
        dated_by: Some(dated.by),
        stale,
        profile: "ingest".into(),
        aborted: false,
        baseline: baseline.as_ref(),
        rerun_from: None,
        selection: Chosen::default(),
        timeout: None,
        shard,
        plan,
        records,
        not_run: Vec::new(),
        lint: Vec::new(),
        lint_not_run: Vec::new(),
        masked: 0,
        mask_allowed: 0,
        rerunnable: all_known,
        again: again.clone(),
        replays,
        facts: &facts,
    };
    let written = documents::write(folder, &folders, outcome)?;
    let note = (!notes.is_empty()).then(|| notes.join("; "));
    Ok(TakenIn::Run(Box::new(Written { note, ..written })))
}

/// What the files hold, and what is known of them all.
struct Gathered {
    found: Vec<Found>,
    dated: RunDate,
    /// Why they are no evidence of what is checked out.
    stale: Option<String>,
    /// What a person should know, one sentence each.
    notes: Vec<String>,
}

fn gather(
    request: &IngestRequest<'_>,
    reader: ResultReader,
    ground: &Ground,
    masker: &Masker,
) -> Result<Gathered, Error> {
    let repeats = repeats(request, reader, ground)?;
    let (files, twice) = once(request.files)?;
    let (mut found, times) = read(&files, (reader, repeats), &ground.root, masker)?;
    let notes: Vec<String> = twice.into_iter().chain(repeated(&found)).collect();
    let dated = time::dated(&times, request.as_of, request.now)?;
    let stale = match time::committed(request.files, ground)? {
        Some(why) => Some(why),
        None => time::stale(&dated, ground, time::max_age(request.max_age, request.env), request.now)?,
    };
    if let Some(spec) = ground.spec(request.kind).filter(|spec| spec.reader == reader) {
        address(&mut found, spec);
    }
    Ok(Gathered { found, dated, stale, notes })
}

/// Selects tests as the kind's command for one test takes them apart.
fn address(found: &mut [Found], spec: &SuiteSpec) {
    for one in found {
        let readings = addressed(vec![std::mem::take(&mut one.reading)], spec);
        one.reading = readings.into_iter().next().unwrap_or_default();
    }
}

/// The run folder that is asked for, emptied, or a new one.
fn folder_of(request: &IngestRequest<'_>, ground: &Ground) -> Result<Folder, Error> {
    let folder = match request.out {
        Some(out) => {
            clear(out);
            Folder::create(&ground.root, out)
        }
        None => Folder::create_default(&ground.root, &ground.settings.results, request.now),
    };
    folder.map_err(|e| Error::of_folder(&e))
}

/// What was found, as an item of a plan.
fn item(one: &Found, kind: &str, role: SuiteRole) -> PlannedSuite {
    PlannedSuite {
        name: one.name.clone(),
        kind: kind.to_string(),
        role,
        tests: None,
        names: Default::default(),
        expected: Default::default(),
    }
}

/// Why there is no test, where a reader knows it.
fn nothing(found: &[Found]) -> String {
    let why = found.iter().find_map(|f| Some(format!("{}: {}", f.file, f.reading.nothing.as_ref()?)));
    let why = why.map_or(String::new(), |why| format!(": {why}"));
    format!("the files hold no tests{why}")
}

/// When the results are of and how that is known, and why they are no evidence of what is checked out, where they are none: one sentence
/// for whoever took them in.
pub fn dated(summary: &RunSummary) -> Option<String> {
    let at = &summary.identity.generated_at;
    let how = match summary.dated_by? {
        DatedBy::Report => "the report says so",
        DatedBy::File => "its file was written then",
        DatedBy::AsOf => "--as-of says so",
    };
    let stale =
        summary.stale.as_ref().map_or(String::new(), |why| format!("; `check` calls it stale: {why}"));
    Some(format!("the results are of {at}: {how}{stale}"))
}

/// The tree in which the results are taken in. The tests ran before: each untracked file may be one that they wrote.
fn tree_of(observed: &Observed, ground: &Ground, folder: &Folder, masker: &Masker) -> WorkingTree {
    let mut tree = observed.tree(&observed.left_out(&ground.settings, &[], Some(folder.shown())), masker);
    tree.written = std::mem::take(&mut tree.untracked.listed);
    tree.untracked.digest = plan::files_digest(&[]);
    tree
}

/// What several entries of one title are: as the call says, else as `tollgate.toml` says of the kind.
fn repeats(request: &IngestRequest<'_>, reader: ResultReader, ground: &Ground) -> Result<Repeats, Error> {
    let of_kind = || ground.spec(request.kind).filter(|spec| spec.reader == reader).map(|spec| spec.repeats);
    let Some(word) = request.repeats else { return Ok(of_kind().unwrap_or_default()) };
    let found = Repeats::parse(word)
        .ok_or_else(|| Error::Usage(format!("--repeats is `tests` or `attempts`, not `{}`", show(word))))?;
    match reader {
        ResultReader::Junit => Ok(found),
        _ => Err(Error::Usage(
            "--repeats is for the format junit: others show themselves what is an attempt".into(),
        )),
    }
}

/// What is said where another reading of JUnit would say otherwise: a test failed whose title another one has that passed.
fn repeated(found: &[Found]) -> Option<String> {
    let mut count = 0_usize;
    for reading in found.iter().map(|f| &f.reading) {
        let mut seen: BTreeMap<_, [bool; 2]> = BTreeMap::new();
        for (origin, case) in reading.origins.iter().zip(&reading.cases) {
            let title = (origin.name.as_str(), origin.class.as_deref(), origin.file.as_deref());
            let [failed, passed] = seen.entry(title).or_default();
            *failed |= case.status == TestStatus::Failed;
            *passed |= case.status == TestStatus::Passed;
        }
        count += seen.values().filter(|both| **both == [true, true]).count();
    }
    (count > 0).then(|| {
        let of = if count == 1 { "1 title stands".into() } else { format!("{count} titles stand") };
        format!("{of} there more than once, failed and passed: each entry is read as a test of its own; where later ones are attempts at the first, say --repeats attempts, or repeats = \"attempts\" in tollgate.toml")
    })
}

fn read(
    files: &[&Path],
    (reader, repeats): (ResultReader, Repeats),
    root: &Root,
    masker: &Masker,
) -> Result<(Vec<Found>, Vec<Times>), Error> {
    let (mut found, mut times) = (Vec::new(), Vec::new());
    let (mut suites, mut tests) = (0_usize, 0_usize);
    for path in files.iter().copied() {
        let shown = show(&path.display().to_string());
        let (opened, meta) = open_regular(path, &shown).map_err(|e| Error::Work(e.to_string()))?;
        let unread = |fault: ingest::ReadFault| {
            let line = fault.line.map_or(String::new(), |line| format!(":{line}"));
            Error::Work(masker.mask(&format!("{shown}{line}: {}", fault.message)).0)
        };
        let mut stated = Vec::new();
        let input = &mut BufReader::with_capacity(1 << 16, &opened);
        let readings = ingest::read_dated(reader, repeats, input, &mut stated).map_err(unread)?;
        let readings = judged(readings, None, root, true);
        if let Some(why) = readings.iter().find_map(cut_off) {
            return Err(Error::Work(format!("{shown} is cut off: {why}")));
        }
        suites = suites.saturating_add(readings.len());
        tests = tests.saturating_add(total(readings.iter().map(|r| r.cases.len())));
        bounded(suites, tests)?;
        let written = meta.modified().ok().map(DateTime::<Utc>::from);
        times.push(Times { stated, written, shown: shown.clone() });
        let stem = path.file_stem().map_or_else(|| "results".into(), |s| s.to_string_lossy().into_owned());
        let stem = ingest::undated(&stem).to_string();
        let file = masker.mask(&root.spell(path)).0;
        found.extend(readings.into_iter().map(|reading| {
            // Names of these suites are no settings: whatever wrote the file made them up.
            let mut name = if is_blank(&reading.name) { stem.clone() } else { reading.name.clone() };
            let masked = masker.hide(&mut name);
            let mask_allowed = let_through(&reading.cases, masker);
            Found { name, file: file.clone(), reading, masked, mask_allowed }
        }));
    }
    distinguish(&mut found);
    Ok((found, times))
}

/// Gives suites of one name different ones: with their file before them, then with a number behind.
fn distinguish(found: &mut [Found]) {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for one in found.iter() {
        *count.entry(one.name.clone()).or_default() += 1;
    }
    let mut used = BTreeSet::new();
    // Where to begin to count for each name: thousands of one name are not counted from the start each.
    let mut next: BTreeMap<String, usize> = BTreeMap::new();
    for one in found.iter_mut() {
        if count.get(&one.name).is_some_and(|n| *n > 1) {
            let stem = Path::new(&one.file).file_stem().map(|s| s.to_string_lossy().into_owned());
            one.name = format!("{}/{}", stem.unwrap_or_default(), one.name);
        }
        let plain = one.name.clone();
        while !used.insert(one.name.clone()) {
            let number = next.entry(plain.clone()).or_insert(2);
            one.name = format!("{plain} #{number}");
            *number += 1;
        }
    }
}

fn suite_end(
    one: &Found,
    item: &PlannedSuite,
    reader: ResultReader,
    command: &str,
    dated: &RunDate,
) -> SuiteEnd {
    let red = one.reading.cases.iter().any(|c| c.status == TestStatus::Failed) || one.reading.fault.is_some();
    let duration: u64 = total(one.reading.cases.iter().filter_map(|c| c.duration_ms));
    let step = JudgedStep {
        ended: StepEnded::Exited(i32::from(red)),
        read: Some(Ok(vec![one.reading.clone()])),
        asked: None,
        told: None,
        trouble: None,
    };
    let mut attempt = attempt(&item.name, &[step]);
    // The exit code is not known here: what the results say decides.
    attempt.exit_code = None;
    // Nor is whether its command would have run more.
    attempt.stopped = None;
    SuiteEnd {
        item: item.clone(),
        ran: None,
        definition: None,
        attempts: vec![attempt],
        duration_ms: one.reading.duration_ms.unwrap_or(duration),
        reader,
        rules: FlakeRules::default(),
        environment: None,
        command: command.to_string(),
        cwd: ".".into(),
        log: one.file.clone(),
        started_at: dated.text(),
        finished_at: dated.text(),
        leftovers: 0,
        masked: one.masked,
        mask_allowed: one.mask_allowed,
    }
}

fn identity(ground: &Ground, masker: &Masker, dated: &RunDate, found: &[Found]) -> Identity {
    let names: Vec<&str> = found.iter().map(|f| f.name.as_str()).collect();
    let commit = ground.commit.as_deref().unwrap_or("");
    Identity {
        generated_at: dated.text(),
        run_id: run_id::ingest(),
        correlation_id: sha256_hex(format!("{}\0{commit}", names.join("\0")).as_bytes())[..32].to_string(),
        commit: ground.commit.clone(),
        branch: branch(ground, masker),
    }
}
