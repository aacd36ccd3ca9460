//! What an earlier tollgate left running when it was killed: SIGKILL leaves it no time to end its suites. They are known by
//! the mark in their environment, which costs their start nothing.
//!
//! Nothing is ended while a tollgate that started any of it lives, and never ourselves, whoever started us, or whom we
//! started. A process is signalled through a descriptor of its own and only after it was seen to be the one that was found,
//! so that an id which the system gave away since hits nobody.

/// What became of the processes of a run whose tollgate is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remains {
    /// None is left. For each that was ended, what its mark says behind the run and the owner.
    Ended(Vec<String>),
    /// The tollgate that started them still runs, under this id. Nothing was ended.
    Owned(i32),
    /// A process that neither TERM nor KILL ended, under this id.
    Stays(i32),
    /// The system does not say which processes there are.
    Unknown,
}

/// This process as no other will ever be: its id and, where the system says it, the moment it started; in hex.
pub fn owner() -> String {
    let pid = std::process::id();
    format!("{pid:x}.{:x}", i32::try_from(pid).ok().and_then(start).unwrap_or(0))
}

#[cfg(target_os = "linux")]
fn start(pid: i32) -> Option<u64> {
    Some(crate::process::table::look(pid)?.start)
}

#[cfg(not(target_os = "linux"))]
fn start(_: i32) -> Option<u64> {
    None
}

/// Ends every process whose mark has a part `<run>-<owner>-...` (`owner` as `owner` gives it), whoever descends from one,
/// and the whole group that one leads. `grace` lies between TERM and KILL.
#[cfg(not(target_os = "linux"))]
pub fn end_remains(_run: &str, _grace: std::time::Duration) -> Remains {
    // `ps -E` of macOS hides the environment of the system's own programs, a shell among them: what it shows is no proof
    // that nothing is left.
    Remains::Unknown
}

#[cfg(target_os = "linux")]
pub use linux::end_remains;

#[cfg(target_os = "linux")]
mod linux {
    use super::Remains;
    use crate::clock::Stopwatch;
    use crate::process::table::{Process, all, look, marks, user};
    use rustix::process::{Pid, PidfdFlags, Signal, geteuid, kill_process, pidfd_open, pidfd_send_signal};
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    /// How long it is waited before one looks again.
    const PAUSE: Duration = Duration::from_millis(20);
    /// How long a process that is between two programs may take to show its environment.
    const UNSURE: f64 = 0.25;
    /// When one gives up on what KILL does not end.
    const HOPELESS: f64 = 5.0;
    /// So many looks in a row must find nothing: one may miss who is being forked.
    const CLEAN: u32 = 2;

    /// Ends every process whose mark has a part `<run>-<owner>-...` (`owner` as `owner` gives it), whoever descends from
    /// one, and the whole group that one leads. `grace` lies between TERM and KILL.
    pub fn end_remains(run: &str, grace: Duration) -> Remains {
        let (watch, grace) = (Stopwatch::start(), grace.as_secs_f64());
        let mut ended: BTreeMap<(i32, u64), String> = BTreeMap::new();
        let mut clean = 0;
        loop {
            let Some(table) = all() else { return Remains::Unknown };
            let seen = Seen::of(&table, run, &ended);
            if let Some(owner) = seen.owner {
                return Remains::Owned(owner);
            }
            let now = watch.seconds();
            let settled = seen.found.is_empty() && !(seen.unsure && now < UNSURE);
            clean = if settled { clean + 1 } else { 0 };
            if clean == CLEAN {
                return Remains::Ended(ended.into_values().collect());
            }
            if let Some((process, _)) = seen.found.first().filter(|_| now > grace + HOPELESS) {
                return Remains::Stays(process.pid);
            }
            for (process, mark) in seen.found {
                let fresh = ended.insert((process.pid, process.start), mark).is_none();
                if fresh {
                    signal(&process, &[Signal::TERM, Signal::CONT]);
                }
                if now >= grace {
                    signal(&process, &[Signal::KILL]);
                }
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// What one look at the table of processes shows.
    struct Seen {
        /// A living tollgate that started one of them.
        owner: Option<i32>,
        /// Whom to end, with what its mark says.
        found: Vec<(Process, String)>,
        /// There is a process whose environment cannot be told yet.
        unsure: bool,
    }

    impl Seen {
        /// `before` are those that an earlier look found: one that emptied its environment loses its place below a process
        /// that has ended since.
        fn of(table: &[Process], run: &str, before: &BTreeMap<(i32, u64), String>) -> Seen {
            let spared = spared(table);
            let user_here = geteuid().as_raw();
            let (mut owner, mut unsure) = (None, false);
            let mut marked: Vec<(Process, String)> = Vec::new();
            let others = table.iter().filter(|p| !p.zombie && !p.kernel && !spared.contains(&p.pid));
            for process in others {
                if let Some(mark) = before.get(&(process.pid, process.start)) {
                    marked.push((*process, mark.clone()));
                    continue;
                }
                if user(process.pid) != Some(user_here) {
                    continue;
                }
                unsure |= !process.loaded;
                let value = marks(process.pid).unwrap_or_default();
                let Some((from, rest)) = value.split(',').find_map(|mark| part(mark, run)) else { continue };
                owner = owner.or_else(|| living(from));
                marked.push((*process, rest.to_string()));
            }
            Seen { owner, found: with_their_own(table, &spared, marked), unsure }
        }
    }

    /// Of a mark of the run its owner and what follows.
    fn part<'m>(mark: &'m str, run: &str) -> Option<(&'m str, &'m str)> {
        mark.strip_prefix(run)?.strip_prefix('-')?.split_once('-')
    }

    /// The id of an owner that is still there.
    fn living(owner: &str) -> Option<i32> {
        let (pid, start) = owner.split_once('.')?;
        let pid = i32::from_str_radix(pid, 16).ok()?;
        let start = u64::from_str_radix(start, 16).ok()?;
        look(pid).filter(|p| p.start == start && !p.zombie).map(|p| p.pid)
    }

    /// Ourselves, who is above us, and who is below.
    fn spared(table: &[Process]) -> BTreeSet<i32> {
        let own = i32::try_from(std::process::id()).unwrap_or(0);
        let parents: BTreeMap<i32, i32> = table.iter().map(|p| (p.pid, p.parent)).collect();
        let above = |pid: i32| {
            let mut seen = BTreeSet::new();
            let mut at = Some(pid);
            while let Some(pid) = at.filter(|pid| seen.insert(*pid)) {
                at = parents.get(&pid).copied();
            }
            seen
        };
        let mut spared = above(own);
        spared.extend(table.iter().map(|p| p.pid).filter(|pid| above(*pid).contains(&own)));
        spared.insert(1);
        spared
    }

    /// Those that are marked, the groups that they lead, and all below: a process may have emptied its environment.
    fn with_their_own(
        table: &[Process],
        spared: &BTreeSet<i32>,
        marked: Vec<(Process, String)>,
    ) -> Vec<(Process, String)> {
        let mut below: BTreeMap<i32, Vec<Process>> = BTreeMap::new();
        for process in table.iter().filter(|p| !p.zombie && !p.kernel && !spared.contains(&p.pid)) {
            below.entry(process.parent).or_default().push(*process);
            if process.group != process.parent {
                below.entry(process.group).or_default().push(*process);
            }
        }
        let mut taken: BTreeSet<i32> = marked.iter().map(|(p, _)| p.pid).collect();
        let (mut todo, mut found) = (marked, Vec::new());
        while let Some((process, mark)) = todo.pop() {
            let more = below.get(&process.pid).into_iter().flatten();
            todo.extend(more.filter(|p| taken.insert(p.pid)).map(|p| (*p, mark.clone())));
            found.push((process, mark));
        }
        found
    }

    fn signal(process: &Process, signals: &[Signal]) {
        let Some(pid) = Pid::from_raw(process.pid) else { return };
        // Kernels before 5.3 have no such descriptor.
        let handle = pidfd_open(pid, PidfdFlags::empty()).ok();
        if look(process.pid).is_none_or(|now| now.start != process.start) {
            return;
        }
        for signal in signals {
            // It may have ended by itself; what cannot be signalled is seen again by the next look.
            let _ = match &handle {
                Some(handle) => pidfd_send_signal(handle, *signal),
                None => kill_process(pid, *signal),
            };
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn process(pid: i32, parent: i32, group: i32) -> Process {
            Process { pid, parent, group, start: 1, zombie: false, loaded: true, kernel: false }
        }

        #[test]
        fn only_marks_of_exactly_this_run_count() {
            assert_eq!(part("ab12-7.1f-5-unit-0-1", "ab12"), Some(("7.1f", "5-unit-0-1")));
            for other in ["ab123-7.1f-5", "ab1-7.1f-5", "xab12-7.1f-5", "ab12", "ab12-7", ""] {
                assert_eq!(part(other, "ab12"), None, "{other}");
            }
        }

        #[test]
        fn an_owner_is_known_by_its_id_and_its_start() {
            let own = crate::process::owner();
            assert_eq!(living(&own), i32::try_from(std::process::id()).ok());
            let (pid, start) = own.split_once('.').unwrap();
            assert_eq!(living(&format!("{pid}.{start}0")), None);
            assert_eq!(living(""), None);
        }

        #[test]
        fn groups_and_descendants_go_with_them_and_we_do_not() {
            let own = i32::try_from(std::process::id()).unwrap();
            // 20 leads a group with 21; 22 left the group and is a child of 21; we are a child of 20, 30 is ours.
            let table = [
                process(1, 0, 1),
                process(20, 1, 20),
                process(21, 1, 20),
                process(22, 21, 22),
                process(own, 20, 20),
                process(30, own, 20),
                process(40, 1, 40),
            ];
            let spared = spared(&table);
            assert!([1, 20, own, 30].iter().all(|pid| spared.contains(pid)));
            let table: Vec<Process> = table.into_iter().filter(|p| p.pid != own && p.pid != 30).collect();
            let spared = BTreeSet::from([1]);
            let found = with_their_own(&table, &spared, vec![(table[1], "m".into())]);
            let pids: BTreeSet<i32> = found.iter().map(|(p, _)| p.pid).collect();
            assert_eq!(pids, BTreeSet::from([20, 21, 22]));
        }

        #[test]
        fn nobody_is_ended_where_nobody_is_marked() {
            assert_eq!(end_remains("no-run-has-this-mark", Duration::ZERO), Remains::Ended(vec![]));
        }
    }
}
