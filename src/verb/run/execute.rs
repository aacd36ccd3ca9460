//! `tollgate run` and `tollgate replay`: plan -> run folder -> lint -> suites -> documents.

use super::answer::RunAnswer;
use super::begun::Begun;
use super::expected::expected;
use super::listeners::Listeners;
use super::prepare::{self, Prepared, listed};
use super::replayed;
use super::request::{RunRequest, SelectionSource};
use super::resume::{self, TakenUp};
use super::retry;
use super::room::{headroom, new_folder};
use super::session::{Session, SuiteState};
use crate::embedded::EMBEDDED;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tollgate_core::model::event::{RunEvent, Started};
use tollgate_core::model::plan::ShardKind;
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::run::{Identity, LintResult, NotRun, RunStatus};
use tollgate_flow::attempt::GRACE;
use tollgate_flow::attempt::tracked::{refuse_linked, refuse_tracked};
use tollgate_flow::clock::RunClock;
use tollgate_flow::commands::{Replays, path_word, replay_again, run_again, under_rules};
use tollgate_flow::error::Error;
use tollgate_flow::ground::Ground;
use tollgate_flow::judging::whole::command;
use tollgate_flow::made::documents::{self, RunOutcome, Written};
use tollgate_flow::made::environment;
use tollgate_flow::masking::{branch, masker};
use tollgate_flow::run_id;
use tollgate_flow::run_tree::{self, Observing};
use tollgate_host::machine;
use tollgate_host::process::MARK;
use tollgate_host::record::{File, Folder, Journal, Replayed, SuiteFolders};
use tollgate_host::run::{self, Options};
use tollgate_text::redact::Masker;

/// Runs it. `Ok(None)`: nothing was selected, and nothing was written.
pub fn run(request: &RunRequest<'_>, watcher: &dyn super::Watcher) -> Result<Option<RunAnswer>, Error> {
    let clock = RunClock::start(request.now);
    // The tree is looked at while git says which commit is checked out.
    let observing = Observing::begin(&EMBEDDED, request.root);
    let ground = Ground::open(&EMBEDDED, request.root, request.now)?;
    let observed = observing.of_commit(&ground)?;
    let masker = Arc::new(masker(request.env, &ground)?);
    let (prepared, folder, resumed) = match request.source {
        SelectionSource::Resume(dir) => {
            let folder = Folder::open(&ground.root, dir).map_err(|e| Error::Usage(e.to_string()))?;
            let path = folder.path(File::Events);
            let resumed = Journal::resume(&path, move || clock.stamp());
            let (journal, replayed) = resumed.map_err(|e| Error::Work(e.to_string()))?;
            headroom(machine::free_bytes(folder.dir()).ok())?;
            let prepared = prepare::resumed(&ground, request, &replayed)?;
            if let (Some(began), Some(now)) = (&replayed.started.tree, &observed) {
                run_tree::still(began, now, &ground.settings, folder.shown(), &masker)?;
            }
            refuse_linked(&ground, &prepared.plan.items)?;
            refuse_tracked(&ground, &prepared.plan.items)?;
            (prepared, folder, Some((journal, replayed)))
        }
        _ => {
            let prepared = prepare::prepare(&ground, request, &masker)?;
            if prepared.is_nothing() {
                prepared.notes.iter().for_each(|note| watcher.note(note));
                return Ok(None);
            }
            refuse_linked(&ground, &prepared.plan.items)?;
            refuse_tracked(&ground, &prepared.plan.items)?;
            (prepared, new_folder(&ground, request)?, None)
        }
    };
    if request.out.is_some() {
        watcher.note(&judged_by(folder.shown(), &ground.settings.results));
    }
    for note in ground.quarantine_notes().iter().chain(&prepared.notes) {
        watcher.note(note);
    }
    let taken = |(journal, replayed)| TakenUp::new(journal, replayed, &folder, &prepared.plan, watcher);
    let resumed = resumed.map(taken).transpose()?;
    let began = resumed.as_ref().map(|taken| taken.replayed.started.tree.clone());
    let tree = Begun::new(&ground, observed, folder.shown(), &masker, began);
    let (ground, prepared, folder) = (&ground, &prepared, &folder);
    let under_way = UnderWay { request, ground, prepared, folder, clock, masker, tree };
    under_way.go(resumed, watcher).map(Some)
}

/// Which `check` looks at a run that was written to a folder of the user's choice.
fn judged_by(folder: &str, results: &str) -> String {
    if folder.starts_with("../") || folder.starts_with('/') {
        return format!(
            "{folder} is outside of the workspace, and `tollgate check` judges no run there: the newest below {results} is judged"
        );
    }
    let word = path_word(folder);
    format!(
        "`tollgate check --run {word}` judges this run; without --run the newest below {results} is judged"
    )
}

struct UnderWay<'a> {
    request: &'a RunRequest<'a>,
    ground: &'a Ground,
    prepared: &'a Prepared,
    folder: &'a Folder,
    clock: RunClock,
    masker: Arc<Masker>,
    tree: Option<Begun>,
}

impl UnderWay<'_> {
    fn go(&self, resumed: Option<TakenUp>, watcher: &dyn super::Watcher) -> Result<RunAnswer, Error> {
        let plan = &self.prepared.plan;
        let left = |item| resumed.as_ref().map_or(0, |taken| taken.leftovers_of(item));
        let states =
            plan.items.iter().map(|item| Mutex::new(SuiteState::with_leftovers(left(item)))).collect();
        let (journal, first, done) = self.begin(resumed)?;
        let listeners = Listeners::new(&journal, vec![watcher]);
        listeners.tell(&first);
        watcher.planned(plan, self.folder.shown(), self.expected());
        let identity = self.identity(&journal);
        // Of a resumed run the suites that are done have folders too.
        let done_suites = done.iter().flat_map(|d| &d.done).map(|r| (&r.result.kind, &r.result.name));
        let all = plan.items.iter().map(|i| (&i.kind, &i.name)).chain(done_suites);
        let folders = SuiteFolders::new(all.map(|(kind, name)| (kind.as_str(), name.as_str())));
        if done.is_some() {
            let lost = self.prepared.lost.len();
            resume::clear(self.folder, &folders, &plan.items[..plan.items.len().saturating_sub(lost)])?;
        }
        let session = Session {
            ground: self.ground,
            plan,
            folder: self.folder,
            folders: &folders,
            listeners: &listeners,
            clock: self.clock,
            identity: &identity,
            masker: &self.masker,
            rules: self.prepared.rules,
            watcher,
            env: self.request.env,
            lost: &self.prepared.lost,
            zone: environment::time_zone(),
            changes: retry::watched(self.ground, plan, self.folder, self.prepared.rules),
            replays: self.prepared.rerun_from.is_some(),
            states,
            records: Mutex::default(),
        };
        let mut lint = done.as_ref().map_or_else(Vec::new, |d| d.lint.clone());
        session.give_up();
        let (facts, ended) = self.execute(&session, journal.run_id(), &mut lint)?;
        let mut records = done.map_or_else(Vec::new, |d| d.done);
        records.extend(session.records.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
        let written = self.write(&journal, &folders, records, lint, (&facts, &ended), watcher)?;
        listeners.tell(&RunEvent::Finished { status: written.summary.status });
        self.close(journal, watcher);
        let green = written.summary.status == RunStatus::Passed && self.prepared.rerun_from.is_some();
        let whole = green.then(|| command(&self.ground.settings.whole));
        Ok(RunAnswer { interrupted: ended.interrupted, whole, ..RunAnswer::from(written) })
    }

    /// Writes the documents.
    fn write(
        &self,
        journal: &Journal,
        folders: &SuiteFolders,
        records: Vec<SuiteRecord>,
        lint: Vec<LintResult>,
        (facts, ended): (&environment::MachineFacts, &run::LoopEnd),
        watcher: &dyn super::Watcher,
    ) -> Result<Written, Error> {
        let plan = &self.prepared.plan;
        let mut not_run = self.not_run(&records);
        not_run.extend(replayed::unproven(&self.prepared.expected, &records, watcher));
        let ran = |step: &&String| lint.iter().any(|l| l.name == **step);
        let lint_not_run = self.prepared.lint.iter().filter(|step| !ran(step)).cloned().collect();
        let outcome = RunOutcome {
            ground: self.ground,
            identity: self.identity(journal),
            tree: self.tree.as_ref().map(|tree| tree.after(self.ground, &self.masker, watcher)),
            dated_by: None,
            stale: None,
            profile: plan.profile.clone(),
            aborted: ended.interrupted.is_some(),
            baseline: self.prepared.baseline.as_ref(),
            rerun_from: self.prepared.rerun_from.clone(),
            selection: self.prepared.selection.clone(),
            timeout: self.prepared.rules.timeout,
            shard: plan.shard.clone(),
            plan: plan.whole,
            records,
            not_run,
            lint,
            lint_not_run,
            masked: 0,
            mask_allowed: 0,
            rerunnable: true,
            again: self.again(),
            replays: Replays::new(&self.ground.run, &plan.profile, &self.masker),
            facts,
        };
        documents::write(self.folder, folders, outcome)
    }

    /// Who the run is, as of now; one that was taken up is as old as what it keeps.
    fn identity(&self, journal: &Journal) -> Identity {
        Identity {
            generated_at: self.prepared.dated.clone().unwrap_or_else(|| self.clock.seconds()),
            run_id: journal.run_id().to_string(),
            correlation_id: self.prepared.correlation_id.clone(),
            commit: self.ground.commit.clone(),
            branch: branch(self.ground, &self.masker),
        }
    }

    /// Runs the lint steps and the suites, and asks the machine what it is meanwhile.
    fn execute(
        &self,
        session: &Session<'_>,
        run_id: &str,
        lint: &mut Vec<LintResult>,
    ) -> Result<(environment::MachineFacts, run::LoopEnd), Error> {
        let options = self.options(run_id);
        let (facts, ended) = std::thread::scope(|scope| {
            // Tools that are slow to say their version do so beside the suites.
            let facts = scope
                .spawn(|| environment::facts(self.ground.root.real(), &self.ground.run, self.request.env));
            let ended = match self.lint(session.listeners, &options, lint) {
                Some(signal) => run::LoopEnd { interrupted: Some(signal), ..run::LoopEnd::default() },
                None => run::execute(&session.jobs(), &options, session),
            };
            (facts.join(), ended)
        });
        match ended.leftovers {
            0 => {}
            1 => session.watcher.note("1 process that belonged to no suite outlived the run and was ended"),
            n => session
                .watcher
                .note(&format!("{n} processes that belonged to no suite outlived the run and were ended")),
        }
        let facts = facts.map_err(|_| Error::Work("the machine could not be asked what it is".into()))?;
        Ok((facts, ended))
    }

    fn close(&self, journal: Journal, watcher: &dyn super::Watcher) {
        for warning in journal.close() {
            watcher.note(&warning);
        }
        if !self.folder.path(File::Events).is_file() {
            watcher.note(&format!("{} was removed while the run lasted", self.folder.rel(File::Events)));
        }
    }

    /// The journal, what is the first to be told by this invocation, and what stood in it before.
    fn begin(&self, resumed: Option<TakenUp>) -> Result<(Journal, RunEvent, Option<Replayed>), Error> {
        let Some(taken) = resumed else {
            return Ok((self.open_journal()?, RunEvent::Started(Box::new(self.started())), None));
        };
        let (done, leftovers) = (taken.replayed.done.len() as u64, taken.leftovers());
        Ok((taken.journal, RunEvent::Resumed { done, leftovers }, Some(taken.replayed)))
    }

    fn open_journal(&self) -> Result<Journal, Error> {
        let run_id = run_id::run(self.request.now);
        let clock = self.clock;
        let journal = Journal::create(&self.folder.path(File::Events), &run_id, move || clock.stamp());
        journal.map_err(|e| Error::Work(e.to_string()))
    }

    fn started(&self) -> Started {
        let plan = &self.prepared.plan;
        Started {
            profile: plan.profile.clone(),
            commit: self.ground.commit.clone(),
            branch: branch(self.ground, &self.masker),
            tree: self.tree.as_ref().map(|begun| begun.tree.clone()),
            correlation_id: self.prepared.correlation_id.clone(),
            shard: plan.shard.clone(),
            plan: plan.whole,
            selected: plan.items.iter().map(listed).collect(),
            baseline: self.prepared.baseline.as_ref().map(|b| b.shown.clone()),
            rerun_from: self.prepared.rerun_from.clone(),
            retries: self.prepared.rules.retries,
            timeout: self.prepared.rules.timeout,
            artifacts: self.prepared.rules.artifacts,
            lint: !self.prepared.lint.is_empty(),
            lint_steps: self.prepared.lint.clone(),
            chosen: self.prepared.selection.clone(),
            flags: self.prepared.flags.clone(),
            gone: self.prepared.gone.clone(),
            goes_by: self.prepared.goes_by.clone(),
        }
    }

    fn options(&self, run_id: &str) -> Options {
        Options {
            jobs: self.request.jobs,
            fail_fast: self.request.fail_fast,
            grace: GRACE,
            mask: Arc::clone(&self.masker),
            spool: self.folder.dir().to_path_buf(),
            marks: run::marks_of(run_id, self.request.env.get(MARK).map(String::as_str)),
        }
    }

    /// Runs the lint steps one after another, those that a resumed run has done already left out; the signal that ended
    /// one, if any. A failing step stops nothing: the evidence of the suites is wanted too.
    fn lint(
        &self,
        listeners: &Listeners<'_>,
        options: &Options,
        results: &mut Vec<LintResult>,
    ) -> Option<i32> {
        for (name, command) in &self.ground.run.lint {
            if !self.prepared.lint.contains(name) || results.iter().any(|done| done.name == *name) {
                continue;
            }
            listeners.tell(&RunEvent::LintStarted { name: name.clone() });
            let (result, interrupted) = super::lint::step(name, command, self.ground, self.folder, options);
            if interrupted.is_some() {
                return interrupted;
            }
            listeners.tell(&RunEvent::LintFinished(result.clone()));
            results.push(result);
        }
        None
    }

    /// What was selected and has no record: it did not start, was interrupted, or is no longer there.
    fn not_run(&self, records: &[SuiteRecord]) -> Vec<NotRun> {
        let done: BTreeSet<_> = records.iter().map(|r| (r.role, &r.result.kind, &r.result.name)).collect();
        let has = |item: &&tollgate_core::model::plan::PlannedSuite| {
            !done.contains(&(item.role, &item.kind, &item.name))
        };
        let left = self.prepared.plan.items.iter().filter(has).map(listed);
        left.chain(self.prepared.gone.iter().cloned()).collect()
    }

    /// The command that repeats the run.
    fn again(&self) -> String {
        let plan = &self.prepared.plan;
        let baseline = self.prepared.baseline.as_ref().map(|b| b.shown.as_str());
        let shard = &plan.shard;
        let divided = (shard.kind != ShardKind::None).then(|| (shard.kind.name(), shard.index, shard.total));
        let again = match &self.prepared.rerun_from {
            Some(source) => replay_again(source, &self.prepared.flags, baseline),
            None => {
                run_again(&plan.profile, &self.prepared.selection, &self.prepared.flags, baseline, divided)
            }
        };
        let rules = &self.prepared.rules;
        under_rules(again, rules.retries, rules.timeout)
    }

    /// How long it is going to take, where earlier runs tell.
    fn expected(&self) -> Option<u64> {
        let results = self.ground.root.resolve(&self.ground.settings.results).ok()?;
        expected(&results, self.folder.dir(), &self.prepared.plan.items, self.request.jobs)
    }
}
