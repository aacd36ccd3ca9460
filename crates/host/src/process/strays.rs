//! What a command leaves behind. Processes of its group are reached by the group; one that called `setsid` or was forked
//! twice is not. On Linux tollgate is a child subreaper: whoever loses its parent becomes tollgate's own child, and is
//! known by its group or by the mark in its environment. What cannot be told apart (its environment was emptied while
//! other commands run) waits for the end of the run. A child in tollgate's own group is one that tollgate started for
//! itself (git), and no stray unless it bears a mark.
//!
//! Only children of tollgate are signalled one by one: they stay unreaped until a sweep reaps them, so that no id is ever
//! one that the system gave to somebody else. A tree is taken down from its top, each level becoming tollgate's in turn.

use rustix::process::{Pid, Signal, kill_process_group};
use std::time::Duration;

/// What a process that outlives its leader gets to end by itself, before it counts as left behind.
const LINGER: f64 = 0.05;
/// What it gets between TERM and KILL.
const STRAGGLERS: f64 = 0.25;
/// How long a sweep waits for a process that is between two programs, or ending, to show its environment.
const UNSURE: f64 = 0.25;
/// When a sweep gives up on what cannot be killed.
const HOPELESS: f64 = 5.0;
/// How long it waits before it looks again.
const PAUSE: Duration = Duration::from_millis(5);

/// Whose strays are swept.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    /// The group's leader, ended and not reaped; `None`: whoever is left when nothing runs any more.
    pub(super) leader: Option<Pid>,
    /// The mark it was started with.
    pub(super) mark: Option<&'a str>,
}

pub(super) fn tell(group: Pid, signal: Signal) {
    // The only failures are that nobody is left, or (macOS) that only the zombie is.
    let _ = kill_process_group(group, signal);
}

/// Sweeps what no command could be found for. Called when no command runs; says how many were ended.
pub fn sweep_rest() -> u64 {
    sweep(Owner { leader: None, mark: None }, &mut |wait| {
        std::thread::sleep(wait);
        false
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn adopt() {}

#[cfg(not(target_os = "linux"))]
pub(super) fn reap() {}

/// Ends what is left of the group; says 1 when something was. `wait` passes time, and says whether somebody still holds
/// the pipe.
#[cfg(not(target_os = "linux"))]
pub(super) fn sweep(owner: Owner<'_>, wait: &mut dyn FnMut(Duration) -> bool) -> u64 {
    let Some(group) = owner.leader else { return 0 };
    // With only the zombie left the answer is EPERM.
    if rustix::process::test_kill_process_group(group).is_err() {
        return 0;
    }
    let watch = crate::clock::Stopwatch::start();
    tell(group, Signal::TERM);
    tell(group, Signal::CONT);
    while watch.seconds() < STRAGGLERS && rustix::process::test_kill_process_group(group).is_ok() {
        wait(PAUSE);
    }
    tell(group, Signal::KILL);
    let _ = (LINGER, UNSURE, HOPELESS, owner.mark);
    1
}

#[cfg(target_os = "linux")]
pub(super) use linux::{adopt, reap, sweep};

#[cfg(target_os = "linux")]
mod linux {
    use super::{HOPELESS, LINGER, Owner, PAUSE, STRAGGLERS, UNSURE, tell};
    use crate::clock::Stopwatch;
    use crate::process::groups::{Groups, groups};
    use crate::process::table::{Process, all, look, marks};
    use rustix::process::{
        Pid, Signal, WaitId, WaitIdOptions, getpgrp, getpid, kill_process, set_child_subreaper, waitid,
    };
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs::File;
    use std::os::unix::fs::FileExt as _;
    use std::sync::{Mutex, OnceLock, PoisonError};
    use std::time::Duration;

    /// What tollgate learned when it became a subreaper.
    struct Nest {
        /// The children of the main thread, which the orphans are given to. Absent on kernels built without it.
        children: Option<File>,
        /// Children that were there before: id and start time. They are nobody's strays.
        before: BTreeSet<(i32, u64)>,
    }

    fn nest() -> &'static Nest {
        static NEST: OnceLock<Nest> = OnceLock::new();
        NEST.get_or_init(|| {
            // An error means a kernel before 3.4: groups are swept all the same.
            let _ = set_child_subreaper(Some(getpid()));
            let own = getpid().as_raw_nonzero();
            let children = File::open(format!("/proc/self/task/{own}/children")).ok();
            let groups = groups();
            let there = orphans(children.as_ref());
            let before = there.iter().filter(|p| !groups.leads(p.pid)).map(|p| (p.pid, p.start)).collect();
            Nest { children, before }
        })
    }

    /// Makes tollgate the parent of whoever loses its own.
    pub(in crate::process) fn adopt() {
        nest();
    }

    /// Children of tollgate that it may not have started itself.
    fn orphans(children: Option<&File>) -> Vec<Process> {
        let own = getpid().as_raw_nonzero().get();
        let Some(file) = children else {
            return all().unwrap_or_default().into_iter().filter(|p| p.parent == own).collect();
        };
        let (mut text, mut block) = (Vec::new(), [0; 4096]);
        while let Ok(n @ 1..) = file.read_at(&mut block, text.len() as u64) {
            text.extend_from_slice(&block[..n]);
        }
        let text = String::from_utf8_lossy(&text);
        let pids = text.split_ascii_whitespace().filter_map(|p| p.parse().ok());
        pids.filter_map(look).filter(|p| p.parent == own).collect()
    }

    fn is_marked(pid: i32, mark: &str) -> bool {
        // A tollgate below writes its own mark behind this one.
        let below = format!("{mark},");
        marks(pid).is_some_and(|value| value == mark || value.starts_with(&below))
    }

    /// The living strays of `owner`, and whether there is a process that cannot be told yet.
    fn strays(owner: Owner<'_>, groups: &Groups) -> (Vec<Process>, bool) {
        let leader = owner.leader.map(|p| p.as_raw_nonzero().get());
        let own = getpgrp().as_raw_nonzero().get();
        let alone = groups.alone(leader);
        let (found, others): (Vec<_>, Vec<_>) = adopted(groups).into_iter().partition(|p| {
            let by_place = Some(p.group) == leader || (alone && p.group != own);
            by_place || owner.mark.is_some_and(|mark| is_marked(p.pid, mark))
        });
        let unsure = owner.mark.is_some() && others.iter().any(|p| !p.loaded && p.group != own);
        (found, unsure)
    }

    /// The living children that tollgate did not start. Dead ones, whoever left them, are reaped on the way.
    fn adopted(groups: &Groups) -> Vec<Process> {
        let nest = nest();
        let own = getpgrp().as_raw_nonzero().get();
        let mut found = orphans(nest.children.as_ref());
        found.retain(|p| !groups.leads(p.pid) && !nest.before.contains(&(p.pid, p.start)));
        for dead in found.iter().filter(|p| p.zombie && p.group != own && groups.settled()) {
            if let Some(pid) = Pid::from_raw(dead.pid) {
                let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
            }
        }
        found.retain(|p| !p.zombie);
        found
    }

    fn has_children() -> bool {
        !nest().children.as_ref().is_some_and(|c| matches!(c.read_at(&mut [0], 0), Ok(0)))
    }

    /// One sweep at a time, so that what one found is not reaped by another.
    static SWEEP: Mutex<()> = Mutex::new(());

    /// Reaps orphans that have ended: a suite that runs for long may leave more of them than the system has ids.
    pub(in crate::process) fn reap() {
        if has_children() {
            let _one = SWEEP.lock().unwrap_or_else(PoisonError::into_inner);
            adopted(&groups());
        }
    }

    /// The strays and everyone below them: id and start time, which together are one process.
    fn with_descendants(strays: &[Process]) -> BTreeSet<(i32, u64)> {
        let mut below: BTreeMap<i32, Vec<Process>> = BTreeMap::new();
        for process in all().unwrap_or_default() {
            below.entry(process.parent).or_default().push(process);
        }
        let mut found = BTreeSet::new();
        let mut todo = strays.to_vec();
        while let Some(process) = todo.pop() {
            if !process.zombie && found.insert((process.pid, process.start)) {
                todo.extend(below.get(&process.pid).into_iter().flatten());
            }
        }
        found
    }

    /// Ends what `owner` left behind; says how many processes that were. `wait` passes time, and says whether somebody
    /// still holds the pipe. Costs one short read when nothing was left.
    pub(in crate::process) fn sweep(owner: Owner<'_>, wait: &mut dyn FnMut(Duration) -> bool) -> u64 {
        if !has_children() {
            return 0;
        }
        let watch = Stopwatch::start();
        let (mut counted, mut told) = (BTreeSet::new(), BTreeSet::new());
        loop {
            let one = SWEEP.lock().unwrap_or_else(PoisonError::into_inner);
            let groups = groups();
            let (found, unsure) = strays(owner, &groups);
            let now = watch.seconds();
            if (found.is_empty() && !(unsure && now < UNSURE)) || now > HOPELESS {
                return counted.len() as u64;
            }
            let fresh: Vec<Process> =
                found.iter().copied().filter(|p| !told.contains(&(p.pid, p.start))).collect();
            if now >= LINGER && !fresh.is_empty() {
                counted.extend(with_descendants(&fresh));
                told.extend(fresh.iter().map(|p| (p.pid, p.start)));
                signal_all(owner, &fresh, Signal::TERM);
            }
            if now >= LINGER + STRAGGLERS {
                signal_all(owner, &found, Signal::KILL);
            }
            drop((groups, one));
            wait(PAUSE);
        }
    }

    fn signal_all(owner: Owner<'_>, found: &[Process], signal: Signal) {
        if let Some(group) =
            owner.leader.filter(|g| found.iter().any(|p| p.group == g.as_raw_nonzero().get()))
        {
            tell(group, signal);
        }
        for pid in found.iter().filter_map(|p| Pid::from_raw(p.pid)) {
            let _ = kill_process(pid, signal);
            // One that was stopped would not see TERM.
            let _ = kill_process(pid, Signal::CONT);
        }
    }
}
