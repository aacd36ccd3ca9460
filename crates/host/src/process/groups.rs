//! Which process groups are tollgate's own at this moment: a sweep must never take one for a stray.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The leaders that run, and how many are being started and have no id yet.
#[derive(Default)]
pub(super) struct Groups {
    leaders: BTreeSet<i32>,
    starting: usize,
}

static GROUPS: Mutex<Groups> = Mutex::new(Groups { leaders: BTreeSet::new(), starting: 0 });

/// Holds back starts and ends for as long as the answer lives.
pub(super) fn groups() -> MutexGuard<'static, Groups> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(target_os = "linux")]
impl Groups {
    /// Whether the process leads a running group.
    pub(super) fn leads(&self, pid: i32) -> bool {
        self.leaders.contains(&pid)
    }

    /// Whether no other group runs: what is left behind then belongs to `leader`, or to nobody when there is none.
    pub(super) fn alone(&self, leader: Option<i32>) -> bool {
        self.starting == 0 && self.leaders.iter().all(|l| Some(*l) == leader)
    }

    /// Whether every child of tollgate that a command became is known here.
    pub(super) fn settled(&self) -> bool {
        self.starting == 0
    }
}

/// A group that is being started.
pub(super) struct Starting(());

impl Starting {
    pub(super) fn new() -> Starting {
        groups().starting += 1;
        Starting(())
    }

    /// It runs now.
    pub(super) fn leads(self, pid: i32) -> Leader {
        groups().leaders.insert(pid);
        Leader(pid)
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        let mut groups = groups();
        groups.starting = groups.starting.saturating_sub(1);
    }
}

/// A running group; dropped when its leader is reaped.
pub(super) struct Leader(i32);

impl Drop for Leader {
    fn drop(&mut self) {
        groups().leaders.remove(&self.0);
    }
}
