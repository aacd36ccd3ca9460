//! What the policy asks of a run, over the tree that is judged; what the working tree would alter of that; and what the run
//! lacks of it (`run_gaps`).

use super::for_run;
use super::whole_text;
use crate::commands::flagged;
use crate::error::Error;
use crate::plan_secrets::literals_of;
use crate::suite_names::{Lists, stems};
use glob::{MatchOptions, Pattern};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::ForRun;
use tollgate_core::model::suite::{EvidenceFrom, Names};
use tollgate_core::model::whole::{AskedOfWhole, Gap, PlanChange};
use tollgate_core::plan::{self, Altered, Side, SuiteNames};
use tollgate_core::waiver::{self, ClassificationFile};
use tollgate_host::artifact::NoRun;
use tollgate_host::config::{Classification, PolicyInForce, TreePlan};
use tollgate_host::files::{ReadError, Root, is_there};
use tollgate_host::git::Repository;
use tollgate_text::json::Json;
use tollgate_text::redact::Masker;

/// The folder whose files the classification file lists by their stems.
const CLASSIFIED: &str = "tests";

/// What a whole run is here.
pub struct WholePlan {
    /// What is asked; `None` where the policy knows no suites, an error where it cannot be told.
    pub asked: Result<Option<AskedOfWhole>, String>,
    /// What the working tree would alter of it, where the policy is a ref's.
    pub changes: Vec<PlanChange>,
    /// What of that takes something out of the plan.
    lost: Vec<Gap>,
    /// The command that runs the whole.
    pub command: String,
    /// Of each kind that something else runs the line that takes its results in.
    taken_in: BTreeMap<String, String>,
}

/// What a check says of the run beside its gates.
#[derive(Default)]
pub struct RunSaid {
    /// One sentence each.
    pub notes: Vec<String>,
    /// Why the run may not be promoted: it is not whole. A sentence.
    pub against: Option<String>,
}

/// The command that runs the whole of a profile.
pub fn command(profile: &str) -> String {
    match profile {
        "ci" => "tollgate run".into(),
        profile => format!("tollgate run {}", flagged("--profile", profile)),
    }
}

fn command_of(run: &ForRun) -> String {
    match run {
        ForRun::Instead { command, .. } => command.clone(),
        ForRun::Folder(_) | ForRun::Whole(_) => "tollgate run".into(),
    }
}

impl WholePlan {
    /// Of the policy in force. Errors about the plan are kept: they are of every gate that reads `run_gaps`, and of no other.
    pub fn of(
        root: &Root,
        policy: &PolicyInForce,
        env: &BTreeMap<String, String>,
    ) -> Result<WholePlan, Error> {
        let whole = &policy.settings.whole;
        let ingested = policy.runs.suites.iter().filter(|spec| spec.evidence == EvidenceFrom::Ingest);
        let taken_in: BTreeMap<String, String> =
            ingested.map(|spec| (spec.kind.clone(), command_of(&for_run::taken_in(spec)))).collect();
        let command = match for_run::makes_one(&policy.runs.suites) {
            elsewhere @ ForRun::Instead { why_not: Some(_), .. } => command_of(&elsewhere),
            _ => command(whole),
        };
        let mut found =
            WholePlan { asked: Ok(None), changes: Vec::new(), lost: Vec::new(), command, taken_in };
        if policy.runs.suites.is_empty() && policy.tree.is_none() {
            return Ok(found);
        }
        let (names, gone) = match own_names(root, policy) {
            Ok(names) => names,
            Err(why) => {
                found.asked = Err(format!("what a whole run is cannot be told: {why}"));
                return Ok(found);
            }
        };
        found.asked = plan::asked(&policy.runs, &names, whole)
            .map_err(|why| format!("what a whole run is cannot be told: {why}"));
        let asked = found.asked.as_ref().ok().and_then(Option::as_ref);
        let ours = Side { runs: &policy.runs, whole, names: &names, asked };
        let altered = match &policy.tree {
            None => return Ok(found),
            Some(Err(why)) => plan::unreadable(asked, why),
            Some(Ok(tree)) => compare(root, &ours, tree),
        };
        // What the working tree has for a command is shown as a change, and a run by it is a run of this change.
        if let (Ok(Some(asked)), Some(Ok(tree))) = (&mut found.asked, &policy.tree) {
            for (of, digests) in plan::definitions(&tree.runs) {
                asked.definitions.entry(of).or_default().extend(digests);
            }
        }
        found.changes = altered.changes.into_iter().chain(gone).collect();
        found.lost = altered.lost;
        found.mask(policy, env)?;
        let from = policy.from.as_deref().unwrap_or_default();
        for gap in &mut found.lost {
            gap.detail = format!("{}: {}", gap.detail, whole_text::lets_go(from));
        }
        Ok(found)
    }

    /// Commands and variables of `tollgate.toml` may hold secrets; of the working tree's anyone may have written them.
    fn mask(&mut self, policy: &PolicyInForce, env: &BTreeMap<String, String>) -> Result<(), Error> {
        if self.changes.is_empty() {
            return Ok(());
        }
        let tree = policy.tree.iter().filter_map(|tree| tree.as_ref().ok()).map(|tree| &tree.runs);
        let set = tree.chain([&policy.runs]).flat_map(literals_of);
        let all = env.iter().map(|(name, value)| (name.clone(), value.clone())).chain(set);
        let masker = Masker::new(all, is_there).map_err(Error::Work)?;
        let texts = self.changes.iter_mut().flat_map(|change| [&mut change.before, &mut change.after]);
        for text in texts.flatten() {
            masker.hide(text);
        }
        Ok(())
    }

    /// What the run lacks, `None` where nothing is asked of it; or why that cannot be known.
    pub fn gaps(
        &self,
        run: &Result<String, NoRun>,
        summary: Option<&Json<'_>>,
    ) -> Result<Option<Vec<Gap>>, String> {
        let Some(asked) = self.asked.as_ref().map_err(Clone::clone)? else { return Ok(None) };
        let command = &self.command;
        let run = run.as_ref().map_err(|none| format!("{}: `{command}` makes one", none.why))?;
        let summary = summary.ok_or_else(|| {
            format!("what {run} lacks cannot be told: its summary.json is not there or no JSON")
        })?;
        let mut found = plan::gaps(asked, summary)
            .map_err(|why| format!("what {run} lacks cannot be told from its summary.json: {why}"))?;
        for lost in &self.lost {
            let same = |gap: &&mut Gap| (&gap.kind, &gap.name) == (&lost.kind, &lost.name);
            match found.iter_mut().find(same) {
                Some(gap) => gap.detail = format!("{}; {}", gap.detail, lost.detail),
                None => found.push(lost.clone()),
            }
        }
        Ok(Some(found))
    }

    /// What brings what is lacking, a clause: of what something else runs, how its results are taken in.
    fn way(&self, gaps: &[Gap]) -> String {
        let line = |gap: &Gap| self.taken_in.get(&gap.kind);
        let lines: BTreeSet<String> = gaps.iter().filter_map(line).map(|line| format!("`{line}`")).collect();
        let lines: Vec<String> = lines.into_iter().collect();
        let taken = format!("{} takes in what ran elsewhere", lines.join(" and "));
        match (lines.is_empty(), gaps.iter().any(|gap| line(gap).is_none())) {
            (true, _) => format!("`{}` runs the whole", self.command),
            (false, true) => format!("`{}` runs the rest, and {taken}", self.command),
            (false, false) => taken,
        }
    }

    /// What a check says of a run that is not whole. A workspace without any run judges something else.
    pub fn said(&self, run: &Result<String, NoRun>, summary: Option<&Json<'_>>) -> RunSaid {
        let no_run = run.as_ref().is_err_and(|none| none.reason == Reason::Missing);
        match (self.gaps(run, summary), &self.asked) {
            (Ok(Some(gaps)), Ok(Some(asked))) if !gaps.is_empty() => RunSaid {
                notes: vec![whole_text::note(&gaps, asked, &self.way(&gaps))],
                against: Some(whole_text::condition(&gaps, asked, &self.way(&gaps))),
            },
            (Err(_), Ok(Some(_))) if no_run => RunSaid::default(),
            (Err(why), _) => RunSaid { notes: Vec::new(), against: Some(why) },
            _ => RunSaid::default(),
        }
    }
}

/// The suites of the policy by kind, over the judged tree; and those that its patterns find at the ref and no longer here.
fn own_names(root: &Root, policy: &PolicyInForce) -> Result<(SuiteNames, Vec<PlanChange>), String> {
    let classification = parsed(&policy.classification, &policy.settings.classification);
    let lists = Lists {
        root,
        classification: classification.as_ref().map_err(Clone::clone),
        path: &policy.settings.classification,
    };
    let mut names = lists.all(&policy.runs.suites).map_err(|wrong| wrong.join("; "))?;
    let Some(commit) = &policy.from_commit else { return Ok((names, Vec::new())) };
    let mut gone = Vec::new();
    let by_pattern = |spec: &&tollgate_core::model::suite::SuiteSpec| !matches!(spec.names, Names::Listed(_));
    let mut repository = None;
    for spec in policy.runs.suites.iter().filter(by_pattern) {
        let repository = match &repository {
            Some(found) => found,
            None => repository.insert(Repository::find(root.real()).map_err(|e| e.to_string())?),
        };
        let here = names.entry(spec.kind.clone()).or_default();
        let taken = match &spec.names {
            Names::Listed(_) => Vec::new(),
            Names::Glob(pattern) => {
                let there = stems(matching(repository, commit, pattern)?.iter().map(String::as_str));
                there.into_iter().filter(|name| !here.contains(name)).collect()
            }
            Names::Classification => without_file(root, repository, commit, here)?,
        };
        here.retain(|name| !taken.contains(name));
        gone.extend(taken.into_iter().map(|name| PlanChange {
            what: "name".into(),
            kind: spec.kind.clone(),
            name,
            before: Some("its file is there".into()),
            after: None,
            red: false,
        }));
    }
    Ok((names, gone))
}

/// The names of the ref's list whose file the ref has and the judged tree has not: such a suite is gone, and not left out.
fn without_file(
    root: &Root,
    repository: &Repository,
    commit: &str,
    listed: &[String],
) -> Result<Vec<String>, String> {
    let files = repository.list(commit, CLASSIFIED).map_err(|e| e.to_string())?;
    let files: BTreeSet<&str> = files.iter().filter_map(|file| file.path.strip_suffix(".rs")).collect();
    let is_gone = |name: &&String| {
        let path = format!("{CLASSIFIED}/{name}.rs");
        files.contains(name.as_str()) && matches!(root.resolve(&path), Err(ReadError::Missing(_)))
    };
    Ok(listed.iter().filter(is_gone).cloned().collect())
}

/// The files of a commit that a pattern finds.
fn matching(repository: &Repository, commit: &str, pattern: &str) -> Result<Vec<String>, String> {
    let clean = Root::clean(pattern).map_err(|e| e.to_string())?;
    let compiled = Pattern::new(&clean).map_err(|e| e.msg.to_string())?;
    let plain: Vec<&str> = clean.split('/').take_while(|part| !part.contains(['*', '?', '['])).collect();
    let folder = if plain.join("/") == clean { String::new() } else { plain.join("/") };
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: false,
    };
    let below = |path: &str| if folder.is_empty() { path.to_string() } else { format!("{folder}/{path}") };
    let files = repository.list(commit, &folder).map_err(|e| e.to_string())?;
    let paths = files.iter().map(|file| below(&file.path));
    Ok(paths.filter(|path| compiled.matches_with(path, options)).collect())
}

fn parsed(found: &Classification, path: &str) -> Result<ClassificationFile, String> {
    match found {
        Classification::Absent => Ok(ClassificationFile::default()),
        Classification::Unreadable(why) => Err(why.clone()),
        Classification::Text(text) => waiver::parse(path, text).map_err(|fault| fault.to_string()),
    }
}

/// The policy's plan against that of the working tree, each with the classification file of its own.
fn compare(root: &Root, ours: &Side<'_>, tree: &TreePlan) -> Altered {
    let classification = parsed(&tree.classification, &tree.settings.classification);
    let lists = Lists {
        root,
        classification: classification.as_ref().map_err(Clone::clone),
        path: &tree.settings.classification,
    };
    let names = match lists.all(&tree.runs.suites) {
        Ok(names) => names,
        Err(wrong) => return plan::unreadable(ours.asked, &wrong.join("; ")),
    };
    match plan::asked(&tree.runs, &names, &tree.settings.whole) {
        Err(why) => plan::unreadable(ours.asked, &why),
        Ok(asked) => {
            let whole = &tree.settings.whole;
            plan::altered(ours, &Side { runs: &tree.runs, whole, names: &names, asked: asked.as_ref() })
        }
    }
}
