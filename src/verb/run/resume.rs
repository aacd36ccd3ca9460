//! A run that is taken up again. What its killed tollgate left behind is out of the way before anything starts: processes
//! that still run, and what they wrote for suites that are not done.

use super::out;
use super::request::Watcher;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use tollgate_core::model::plan::{Plan, PlannedSuite};
use tollgate_flow::attempt::GRACE;
use tollgate_flow::error::Error;
use tollgate_host::process::{Remains, end_remains};
use tollgate_host::record::{Folder, Journal, Replayed, SuiteFolders};
use tollgate_host::run;
use tollgate_text::figures::total;
use tollgate_text::show::{plain, show};

/// A run under way again: its journal, locked, and what stands in it.
pub(super) struct TakenUp {
    pub journal: Journal,
    pub replayed: Replayed,
    /// By the mark of a suite, how many processes of it still ran; under the empty one those of no suite.
    left: BTreeMap<String, u64>,
}

impl TakenUp {
    /// Ends what still runs of it, and says so.
    pub(super) fn new(
        journal: Journal,
        replayed: Replayed,
        folder: &Folder,
        plan: &Plan,
        watcher: &dyn Watcher,
    ) -> Result<TakenUp, Error> {
        let shown = folder.shown();
        let ended = match end_remains(&run::run_mark(journal.run_id()), GRACE) {
            Remains::Ended(marks) => marks,
            Remains::Owned(pid) => {
                return Err(Error::Work(format!(
                    "the run of {shown} still goes on in the process {pid}: wait for it, or end it first"
                )));
            }
            Remains::Stays(pid) => {
                return Err(Error::Work(format!(
                    "the process {pid} of the interrupted run of {shown} does not end, and the suites would run beside it"
                )));
            }
            Remains::Unknown => {
                watcher.note(
                    "this system does not tell whether a suite of the interrupted run still runs; if one does, it \
                     runs beside this run",
                );
                Vec::new()
            }
        };
        let mut left: BTreeMap<String, u64> = BTreeMap::new();
        for rest in &ended {
            *left.entry(run::suite_in(rest).unwrap_or_default().to_string()).or_default() += 1;
        }
        let taken = TakenUp { journal, replayed, left };
        if let Some(note) = taken.note(plan) {
            watcher.note(&note);
        }
        Ok(taken)
    }

    /// How many processes were ended.
    pub(super) fn leftovers(&self) -> u64 {
        total(self.left.values().copied())
    }

    /// How many of them were of this suite.
    pub(super) fn leftovers_of(&self, item: &PlannedSuite) -> u64 {
        self.left.get(&run::suite_mark(&item.kind, &item.name)).copied().unwrap_or(0)
    }

    fn note(&self, plan: &Plan) -> Option<String> {
        let (count, whose) = match self.leftovers() {
            0 => return None,
            1 => ("1 process of the interrupted run still ran and was ended".to_string(), "it belonged to"),
            n => {
                (format!("{n} processes of the interrupted run still ran and were ended"), "they belonged to")
            }
        };
        let of = plan.items.iter().filter(|item| self.leftovers_of(item) > 0);
        let names: Vec<String> = of.map(|item| show(&item.name)).collect();
        Some(if names.is_empty() { count } else { format!("{count}; {whose} {}", names.join(", ")) })
    }
}

/// Takes away the folders of suites that are to be started: files of an attempt that was cut short would stand among those of the
/// next, and a process that was not found may hold one of them open.
pub(super) fn clear(folder: &Folder, folders: &SuiteFolders, items: &[PlannedSuite]) -> Result<(), Error> {
    for item in items {
        let own = folders.of(&item.kind, &item.name);
        let cannot = |dir: &Path, e: &std::io::Error| {
            Error::Work(format!("{} cannot be removed: {}", show(&dir.display().to_string()), plain(e)))
        };
        let dir = folder.suite_dir(&own);
        match std::fs::remove_dir_all(&dir) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(cannot(&dir, &e)),
            _ => {}
        }
        out::clear(folder, &own).map_err(|(dir, e)| cannot(&dir, &e))?;
    }
    Ok(())
}
