//! One command from its start to its end.

use crate::clock::Stopwatch;
use crate::process::groups::{Leader, Starting};
use crate::process::order::{CommandOrder, CommandOutcome, Ending, StartError};
use crate::process::pipe::Pipe;
use crate::process::signals::Watch;
use crate::process::start::start;
use crate::process::strays::{Owner, adopt, reap, sweep, tell};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};
use signal_hook::consts::SIGINT;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::time::Duration;

/// How long a wait lasts where the system cannot wait for a process, and after a signal.
const TICK: Duration = Duration::from_millis(20);
/// The same once the output has ended: the process is about to.
const SHORT_TICK: Duration = Duration::from_millis(1);
/// No wait lasts longer, and so often orphans are reaped.
const LONGEST: Duration = Duration::from_secs(5);

/// Runs a command to its end. `output` gets every block of stdout and stderr as it comes; `block` is memory that is used
/// again. stdin is empty. The signals that `watch` catches are passed on to the command's group.
pub fn supervise(
    order: &CommandOrder<'_>,
    watch: &Watch,
    block: &mut Vec<u8>,
    output: &mut dyn FnMut(&[u8]),
) -> Result<CommandOutcome, StartError> {
    adopt();
    let clock = Stopwatch::start();
    let starting = Starting::new();
    let (child, reader) = start(order)?;
    let id = i32::try_from(child.id()).unwrap_or(0);
    let pid = Pid::from_raw(id).unwrap_or(Pid::INIT);
    let mut group = Group { child, pid, _leader: starting.leads(id), reaped: false };
    let mut pipe = Pipe::new(reader, block, output);
    let stopped = until_the_end(pid, order, &clock, watch, &mut pipe);
    let seconds = clock.seconds();
    let leftovers = sweep(Owner { leader: Some(pid), mark: order.mark }, &mut |wait| {
        if pipe.is_open() {
            pipe.wait(None, None, wait);
        } else {
            std::thread::sleep(wait);
        }
        pipe.is_open()
    });
    pipe.drain();
    let status = group.reap();
    Ok(CommandOutcome {
        ending: stopped.unwrap_or_else(|| ending(status)),
        exit_code: status.and_then(|s| s.code()),
        signal: status.and_then(|s| s.signal()),
        seconds,
        leftovers,
    })
}

fn ending(status: Option<ExitStatus>) -> Ending {
    match status.map(|s| (s.code(), s.signal())) {
        Some((Some(code), _)) => Ending::Exited(code),
        Some((None, Some(signal))) => Ending::Signalled(signal),
        // Somebody else reaped it: nothing is known, which is no success.
        _ => Ending::Signalled(0),
    }
}

/// A started command. However tollgate leaves it, it does not live on.
struct Group {
    child: Child,
    pid: Pid,
    _leader: Leader,
    reaped: bool,
}

impl Group {
    fn reap(&mut self) -> Option<ExitStatus> {
        self.reaped = true;
        self.child.wait().ok()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.reaped {
            tell(self.pid, Signal::KILL);
            let _ = self.reap();
        }
    }
}

/// Passes output on until the leader has ended, and ends the group when it must. Gives the reason when it was tollgate
/// that ended it. The leader is not reaped here.
fn until_the_end(
    group: Pid,
    order: &CommandOrder<'_>,
    clock: &Stopwatch,
    watch: &Watch,
    pipe: &mut Pipe<'_>,
) -> Option<Ending> {
    let handle = handle(group);
    let timeout = order.timeout.as_secs_f64();
    let mut stopped: Option<(Ending, f64)> = None;
    let (mut killed, mut reaped) = (false, 0.0);
    loop {
        let now = clock.seconds();
        if now - reaped >= LONGEST.as_secs_f64() {
            reap();
            reaped = now;
        }
        let caught = watch.caught();
        match stopped {
            None => {
                let reason = match caught {
                    Some((SIGINT, _)) => Some((Ending::Interrupted(SIGINT), Signal::INT)),
                    Some((other, _)) => Some((Ending::Interrupted(other), Signal::TERM)),
                    None if now >= timeout => Some((Ending::TimedOut, Signal::TERM)),
                    None => None,
                };
                if let Some((ending, signal)) = reason {
                    tell(group, signal);
                    // One that was stopped would not see it.
                    tell(group, Signal::CONT);
                    stopped = Some((ending, now));
                }
            }
            Some((_, since)) => {
                let over = now - since >= order.grace.as_secs_f64();
                if !killed && (over || is_final(stopped, caught)) {
                    tell(group, Signal::KILL);
                    killed = true;
                }
            }
        }
        let wait = match (stopped, &handle) {
            (None, Some(_)) => {
                Duration::try_from_secs_f64(timeout - now).unwrap_or(Duration::ZERO).min(LONGEST)
            }
            (None, None) if !pipe.is_open() => SHORT_TICK,
            _ => TICK,
        };
        // After a signal its byte stands in the pipe for ever: nothing to wait for.
        let wake = if stopped.is_none() { watch.wake() } else { None };
        let woken = pipe.wait(handle.as_ref(), wake, wait);
        if woken.ended || (handle.is_none() && has_ended(group)) {
            return stopped.map(|(ending, _)| ending);
        }
    }
}

/// Whether the group gets no more grace: a second signal after the first, or any after a timeout.
fn is_final(stopped: Option<(Ending, f64)>, caught: Option<(i32, bool)>) -> bool {
    match stopped {
        Some((Ending::Interrupted(_), _)) => caught.is_some_and(|(_, again)| again),
        Some(_) => caught.is_some(),
        None => false,
    }
}

/// Something to wait on for the process's end; `None` where the system has no such thing.
#[cfg(target_os = "linux")]
fn handle(pid: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn handle(_: Pid) -> Option<OwnedFd> {
    None
}

/// Whether the leader has ended, without reaping it. An error means that there is nothing to wait for.
fn has_ended(pid: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    match waitid(WaitId::Pid(pid), options) {
        Ok(status) => status.is_some(),
        Err(rustix::io::Errno::INTR) => false,
        Err(_) => true,
    }
}
