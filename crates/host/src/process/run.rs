//! One command whose last output is kept: what `reproduce` runs.

use crate::process::order::{CommandOrder, Ending, StartError};
use crate::process::signals::Watch;
use crate::process::supervise::supervise;
use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;
use tollgate_text::command::CommandLine;

/// Where and how long a command may run.
#[derive(Debug, Clone, Copy)]
pub struct CommandLimits<'a> {
    /// The folder it runs in; a program with a `/` is looked up from there.
    pub dir: &'a Path,
    /// After this the group is told to end.
    pub timeout: Duration,
    /// What the group gets between TERM (or a forwarded signal) and KILL.
    pub grace: Duration,
    /// How many bytes of output are kept; the last ones, because failures stand at the end.
    pub keep: usize,
}

/// A command that ran.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// How it ended.
    pub ending: Ending,
    /// The last `keep` bytes of what it wrote to stdout and stderr, in the order written.
    pub output: Vec<u8>,
    /// How many bytes came before those.
    pub dropped: u64,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// Runs a command to its end. `output` gets every block of stdout and stderr as it comes. stdin is empty: a command in
/// a group of its own would be stopped when it reads the terminal.
pub fn run(
    command: &CommandLine,
    limits: &CommandLimits<'_>,
    output: &mut dyn FnMut(&[u8]),
) -> Result<Finished, StartError> {
    let watch = Watch::start();
    let (mut tail, mut dropped) = (VecDeque::new(), 0);
    let (timeout, grace) = (limits.timeout, limits.grace);
    let order = CommandOrder { command, dir: limits.dir, env: &[], timeout, grace, mark: None };
    let outcome = supervise(&order, &watch, &mut Vec::new(), &mut |block| {
        output(block);
        tail.extend(block);
        let over = tail.len().saturating_sub(limits.keep);
        tail.drain(..over);
        dropped += over as u64;
    })?;
    Ok(Finished { ending: outcome.ending, output: tail.into(), dropped, seconds: outcome.seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(dir: &Path) -> CommandLimits<'_> {
        CommandLimits {
            dir,
            timeout: Duration::from_secs(60),
            grace: Duration::from_millis(200),
            keep: 1 << 16,
        }
    }

    fn go(text: &str, limits: &CommandLimits<'_>) -> Finished {
        run(&CommandLine::parse(text).unwrap(), limits, &mut |_| {}).unwrap()
    }

    #[test]
    fn output_is_shown_and_kept_and_the_code_is_told() {
        let mut seen = Vec::new();
        let command = CommandLine::parse("WORD=out sh -c 'echo $WORD; echo err >&2; exit 3'").unwrap();
        let done =
            run(&command, &limits(Path::new(".")), &mut |block| seen.extend_from_slice(block)).unwrap();
        assert_eq!(done.ending, Ending::Exited(3));
        assert_eq!(String::from_utf8(done.output.clone()).unwrap(), "out\nerr\n");
        assert_eq!(seen, done.output);
    }

    #[test]
    fn the_end_of_long_output_is_kept() {
        let dir = Path::new(".");
        let done = go(
            "sh -c 'i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done'",
            &CommandLimits { keep: 100, ..limits(dir) },
        );
        assert_eq!(done.output.len(), 100);
        assert!(done.dropped > 20_000);
        assert!(done.output.ends_with(b"line 2999\n"));
    }

    #[test]
    fn a_timeout_ends_the_whole_group_even_when_it_ignores_term() {
        let dir = tempfile::tempdir().unwrap();
        let text =
            "sh -c 'trap \"\" TERM; (trap \"\" TERM; sleep 600) & echo $! > child; echo up; wait; sleep 600'";
        let done = go(text, &CommandLimits { timeout: Duration::from_secs(2), ..limits(dir.path()) });
        assert_eq!(done.ending, Ending::TimedOut);
        assert_eq!(done.output, b"up\n");
        assert!(is_gone(dir.path()));
    }

    #[test]
    fn what_a_leader_leaves_behind_is_swept_and_holds_nobody_up() {
        let dir = tempfile::tempdir().unwrap();
        let done = go("sh -c 'sleep 600 & echo $! > child; echo left'", &limits(dir.path()));
        assert_eq!(done.ending, Ending::Exited(0));
        assert_eq!(done.output, b"left\n");
        assert!(done.seconds < 50.0);
        assert!(is_gone(dir.path()));
    }

    /// Whether the process named in `child` has ended; it may stay a zombie for as long as its new parent likes.
    fn is_gone(dir: &Path) -> bool {
        let pid = fs_err::read_to_string(dir.join("child")).unwrap();
        for _ in 0..500 {
            let ps = duct::cmd("ps", ["-o", "stat=", "-p", pid.trim()]).unchecked().stdout_capture().run();
            let state = String::from_utf8(ps.unwrap().stdout).unwrap();
            if state.trim().is_empty() || state.trim().starts_with('Z') {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    #[test]
    fn a_crash_is_told_by_its_signal() {
        assert_eq!(go("sh -c 'kill -SEGV $$'", &limits(Path::new("."))).ending, Ending::Signalled(11));
    }

    #[test]
    fn a_relative_program_stands_in_the_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        fs_err::create_dir(dir.path().join("bin")).unwrap();
        let tool = dir.path().join("bin/tool");
        fs_err::write(&tool, "#!/bin/sh\necho here: \"$1\"\n").unwrap();
        fs_err::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(go("bin/tool 'a  b'", &limits(dir.path())).output, b"here: a  b\n");
    }

    #[test]
    fn what_is_not_there_is_a_sentence() {
        let command = CommandLine::parse("no-such-program-of-tollgate x").unwrap();
        let error = run(&command, &limits(Path::new(".")), &mut |_| {}).unwrap_err();
        insta::assert_snapshot!(error, @"`no-such-program-of-tollgate` cannot be started: No such file or directory");
    }
}
