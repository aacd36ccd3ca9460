//! Real suites: `sh` with faults. Nothing here waits for a fixed time; where something must come to pass it is asked for
//! again and again, and given up on after a minute.

use super::*;
use crate::clock::Stopwatch;
use crate::process::Ending;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tollgate_text::command::CommandLine;
use tollgate_text::redact::Masker;

/// Keeps what it is told, and retries as often as it is asked to.
#[derive(Default)]
struct Told {
    lines: Mutex<Vec<String>>,
    output: Mutex<Vec<u8>>,
    attempts: Mutex<Vec<(usize, EndedAttempt)>>,
    retries: u32,
}

impl Observer for Told {
    fn starts(&self, job: usize, attempt: u32) {
        self.lines.lock().unwrap().push(format!("starts {job}.{attempt}"));
    }

    fn output(&self, _: usize, bytes: &[u8]) {
        self.output.lock().unwrap().extend_from_slice(bytes);
    }

    fn ended(&self, job: usize, attempt: EndedAttempt) -> Next {
        let passed = attempt.steps.iter().all(|s| s.ending == Ending::Exited(0));
        let number = attempt.number;
        self.lines.lock().unwrap().push(format!("ended {job}.{number} {passed}"));
        self.attempts.lock().unwrap().push((job, attempt));
        match passed {
            true => Next::Done,
            false if number <= self.retries => Next::Retry(vec![step("sh again")], LogTo::Memory),
            false => Next::Failed,
        }
    }
}

impl Told {
    fn one(self) -> EndedAttempt {
        let mut attempts = self.attempts.into_inner().unwrap();
        assert_eq!(attempts.len(), 1);
        attempts.remove(0).1
    }

    fn of(&self, job: usize) -> String {
        let attempts = self.attempts.lock().unwrap();
        text(&attempts.iter().rfind(|(j, _)| *j == job).unwrap().1)
    }
}

fn step(command: &str) -> JobStep {
    JobStep { command: CommandLine::parse(command).unwrap(), test: None }
}

fn job(dir: &Path, command: &str) -> Job {
    Job {
        name: "suite".into(),
        kind: "unit".into(),
        steps: vec![step(command)],
        dir: dir.to_path_buf(),
        env: vec![],
        timeout: Duration::from_secs(600),
        log: LogTo::Memory,
    }
}

fn options(dir: &Path, jobs: usize) -> Options {
    Options {
        jobs,
        fail_fast: None,
        grace: Duration::from_millis(300),
        mask: Arc::new(Masker::new([("SOME_TOKEN", "hunter2-hunter2")], |_| false).unwrap()),
        spool: dir.to_path_buf(),
        marks: "marks-of-these-tests".into(),
    }
}

/// Runs one suite whose script stands in a file.
fn script(dir: &Path, text: &str) -> EndedAttempt {
    fs_err::write(dir.join("script"), text).unwrap();
    let told = Told::default();
    assert_eq!(execute(&[job(dir, "sh script")], &options(dir, 1), &told), LoopEnd::default());
    told.one()
}

fn text(attempt: &EndedAttempt) -> String {
    let mut text = String::new();
    attempt.log.reader().read_to_string(&mut text).unwrap();
    text
}

/// Whether the process whose id stands in a file has ended; it may stay a zombie for as long as its parent likes.
fn is_gone(file: &Path) -> bool {
    let pid = fs_err::read_to_string(file).unwrap();
    eventually(|| {
        let ps = duct::cmd("ps", ["-o", "stat=", "-p", pid.trim()]).unchecked().stdout_capture().run();
        let state = String::from_utf8(ps.unwrap().stdout).unwrap();
        state.trim().is_empty() || state.trim().starts_with('Z')
    })
}

fn eventually(mut holds: impl FnMut() -> bool) -> bool {
    let watch = Stopwatch::start();
    while watch.seconds() < 60.0 {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn suites_run_in_order_and_each_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let jobs: Vec<Job> =
        (0..6).map(|n| job(dir.path(), &format!("sh -c 'echo {n}; exit {}'", n % 2))).collect();
    let told = Told::default();
    assert_eq!(execute(&jobs, &options(dir.path(), 1), &told), LoopEnd::default());
    let expected: Vec<String> =
        (0..6).flat_map(|n| [format!("starts {n}.1"), format!("ended {n}.1 {}", n % 2 == 0)]).collect();
    assert_eq!(*told.lines.lock().unwrap(), expected);
    assert_eq!(*told.output.lock().unwrap(), b"0\n1\n2\n3\n4\n5\n");
    let attempts = told.attempts.lock().unwrap();
    assert_eq!(attempts[3].1.steps[0].ending, Ending::Exited(1));
    assert!(attempts.iter().all(|(_, a)| a.started_micros <= a.finished_micros && a.leftovers == 0));
}

#[test]
fn every_suite_runs_once_whatever_the_number_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let jobs: Vec<Job> = (0..40).map(|n| job(dir.path(), &format!("echo {n}"))).collect();
    for at_once in [0, 3, 100] {
        let told = Told::default();
        assert_eq!(execute(&jobs, &options(dir.path(), at_once), &told), LoopEnd::default());
        for n in 0..40 {
            assert_eq!(told.of(n), format!("{n}\n"));
        }
        assert_eq!(told.attempts.lock().unwrap().len(), 40);
    }
}

#[test]
fn fail_fast_starts_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let jobs: Vec<Job> = ["false", "true", "false", "true", "false"].map(|c| job(dir.path(), c)).into();
    let told = Told::default();
    let options = Options { fail_fast: Some(2), ..options(dir.path(), 1) };
    assert_eq!(execute(&jobs, &options, &told), LoopEnd { not_started: vec![3, 4], ..LoopEnd::default() });
}

#[test]
fn a_retry_gets_its_own_steps_and_log() {
    let dir = tempfile::tempdir().unwrap();
    fs_err::write(dir.path().join("again"), "echo again").unwrap();
    let told = Told { retries: 1, ..Told::default() };
    execute(&[job(dir.path(), "sh -c 'echo first; exit 1'")], &options(dir.path(), 2), &told);
    let attempts = told.attempts.lock().unwrap();
    let seen: Vec<(u32, String)> = attempts.iter().map(|(_, a)| (a.number, text(a))).collect();
    assert_eq!(seen, [(1, "first\n".into()), (2, "again\n".into())]);
}

#[test]
fn steps_share_a_log_and_a_program_that_is_not_there_stops_none() {
    let dir = tempfile::tempdir().unwrap();
    fs_err::write(dir.path().join("data"), "").unwrap();
    fs_err::write(dir.path().join("lost"), "#!/no/such/interpreter\n").unwrap();
    let chmod = duct::cmd!("chmod", "755", dir.path().join("lost")).run();
    chmod.unwrap();
    let commands = [
        "echo one",
        "no-such-program-of-tollgate hunter2-hunter2",
        "./data",
        "./lost",
        "./gone hunter2-hunter2",
        "./",
        "echo two",
    ];
    let told = Told::default();
    let steps = commands.map(step).into();
    execute(&[Job { steps, ..job(dir.path(), "true") }], &options(dir.path(), 1), &told);
    let attempt = told.one();
    let codes: Vec<Ending> = attempt.steps.iter().map(|s| s.ending).collect();
    assert_eq!(codes, [0, 127, 126, 127, 127, 126, 0].map(Ending::Exited));
    let errors: Vec<&str> = attempt.steps.iter().filter_map(|s| s.start_error.as_deref()).collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
    `no-such-program-of-tollgate` cannot be started: No such file or directory
    `./data` cannot be started: it is not executable
    `./lost` cannot be started: the interpreter that its first line names does not exist
    `./gone` cannot be started: No such file or directory
    `./` cannot be started: it is a folder
    ");
    let last = &attempt.steps[6];
    let mut second = String::new();
    attempt.log.range(last.log_start, last.log_end).read_to_string(&mut second).unwrap();
    assert_eq!((second.as_str(), text(&attempt).as_str()), ("two\n", "one\ntwo\n"));
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let told = Told::default();
    execute(&[job(&dir.path().join("gone"), "true")], &options(dir.path(), 1), &told);
    let error = told.one().steps[0].start_error.clone().unwrap();
    assert_eq!(
        error,
        format!("`true` cannot be started: the folder {} does not exist", dir.path().join("gone").display())
    );
}

#[test]
fn stdin_is_empty_and_the_environment_is_the_jobs() {
    let dir = tempfile::tempdir().unwrap();
    let told = Told::default();
    let env = vec![("A".to_string(), "job".to_string()), ("B".into(), "job".into())];
    let command = "B=line sh -c 'cat; echo $A $B'";
    execute(&[Job { env, ..job(dir.path(), command) }], &options(dir.path(), 1), &told);
    assert_eq!(told.of(0), "job line\n");
}

#[test]
fn secrets_are_masked_in_the_log_and_for_the_observer() {
    let dir = tempfile::tempdir().unwrap();
    let told = Told::default();
    let command = "sh -c 'printf hunter2-; sleep 0.2; echo hunter2; echo done'";
    execute(&[job(dir.path(), command)], &options(dir.path(), 1), &told);
    assert_eq!(*told.output.lock().unwrap(), b"[masked]\ndone\n");
    let attempt = told.one();
    assert_eq!((text(&attempt).as_str(), attempt.masked), ("[masked]\ndone\n", 1));
}

#[test]
fn binary_output_passes_through() {
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..=255u8).cycle().take(100_000).collect();
    fs_err::write(dir.path().join("bytes"), &bytes).unwrap();
    let told = Told::default();
    execute(&[job(dir.path(), "cat bytes")], &options(dir.path(), 1), &told);
    assert!(*told.output.lock().unwrap() == bytes);
    assert!(told.one().log.tail(200_000).unwrap() == bytes);
}

#[test]
fn much_output_is_not_kept_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    struct Deaf(Mutex<Option<EndedAttempt>>);
    impl Observer for Deaf {
        fn starts(&self, _: usize, _: u32) {}
        fn output(&self, _: usize, _: &[u8]) {}
        fn ended(&self, _: usize, attempt: EndedAttempt) -> Next {
            *self.0.lock().unwrap() = Some(attempt);
            Next::Done
        }
    }
    let deaf = Deaf(Mutex::new(None));
    let before = peak();
    execute(&[job(dir.path(), "head -c 200000000 /dev/zero")], &options(dir.path(), 1), &deaf);
    let attempt = deaf.0.into_inner().unwrap().unwrap();
    assert_eq!(attempt.log.len(), 200_000_000);
    // Other tests run beside this one: a bound far below the output.
    assert!(peak() - before < 100_000, "{} KiB more", peak() - before);
}

/// The most memory this process ever had, in KiB; 0 where the system does not say.
fn peak() -> u64 {
    let status = crate::files::read(Path::new("/proc/self/status"), 1 << 20).unwrap_or_default();
    let status = String::from_utf8_lossy(&status).into_owned();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0 kB").to_string();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_suite_that_never_ends_is_ended_with_its_children_and_its_next_step_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let text = "trap '' TERM; (trap '' TERM; sleep 600) & echo $! > child; echo up; wait; sleep 600";
    fs_err::write(dir.path().join("script"), text).unwrap();
    let told = Told::default();
    let steps = vec![step("sh script"), step("echo never")];
    let jobs = [
        Job { steps, timeout: Duration::from_secs(1), ..job(dir.path(), "true") },
        job(dir.path(), "echo other"),
    ];
    execute(&jobs, &options(dir.path(), 1), &told);
    assert_eq!(told.of(1), "other\n");
    let attempts = told.attempts.into_inner().unwrap();
    let endings: Vec<Ending> = attempts[0].1.steps.iter().map(|s| s.ending).collect();
    assert_eq!(endings, [Ending::TimedOut]);
    // It does not hear TERM: the second signal ended it.
    assert_eq!((attempts[0].1.steps[0].exit_code, attempts[0].1.steps[0].signal), (None, Some(9)));
    assert!(is_gone(&dir.path().join("child")));
}

#[test]
fn a_suite_that_ends_by_itself_after_its_timeout_has_its_code() {
    let dir = tempfile::tempdir().unwrap();
    fs_err::write(dir.path().join("script"), "trap 'exit 7' TERM; while :; do sleep 0.05; done").unwrap();
    let told = Told::default();
    let mut options = options(dir.path(), 1);
    options.grace = Duration::from_secs(60);
    let late =
        Job { steps: vec![step("sh script")], timeout: Duration::from_secs(2), ..job(dir.path(), "true") };
    execute(&[late], &options, &told);
    let attempts = told.attempts.into_inner().unwrap();
    let end = &attempts[0].1.steps[0];
    assert_eq!((end.ending, end.exit_code, end.signal), (Ending::TimedOut, Some(7), None));
}

#[test]
fn what_forks_and_leaves_is_swept_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let attempt = script(dir.path(), "sleep 600 & echo $! > child; echo left\n");
    assert_eq!((text(&attempt).as_str(), attempt.steps[0].ending), ("left\n", Ending::Exited(0)));
    assert!(is_gone(&dir.path().join("child")));
    assert_eq!(attempt.leftovers, 1);
}

#[cfg(target_os = "linux")]
mod linux {
    use super::*;

    /// A process in a session of its own that has lost its parent, its id in `child`.
    const DAEMON: &str = "setsid sh -c 'echo $$ > child.new; mv child.new child; trap \"\" TERM; sleep 600' &\n\
        while [ ! -e child ]; do sleep 0.01; done; echo up\n";

    #[test]
    fn what_left_the_group_is_swept_too() {
        let dir = tempfile::tempdir().unwrap();
        let attempt = script(dir.path(), DAEMON);
        assert_eq!((text(&attempt).as_str(), attempt.steps[0].ending), ("up\n", Ending::Exited(0)));
        assert!(is_gone(&dir.path().join("child")));
        // The shell, and the `sleep` below it if it was started by then.
        assert!((1..=2).contains(&attempt.leftovers), "{}", attempt.leftovers);
    }

    #[test]
    fn a_suite_that_ends_takes_no_other_suite_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let folder = |name: &str| dir.path().join(name);
        for name in ["a", "b"] {
            fs_err::create_dir(folder(name)).unwrap();
            fs_err::write(folder(name).join("script"), DAEMON).unwrap();
        }
        // `a` has a daemon that must live while suites `b` come and go, each leaving one of its own.
        let late =
            "sh script; while [ ! -e ../b/done ]; do sleep 0.01; done; kill -0 $(cat child) && echo alive";
        fs_err::write(folder("a").join("late"), late).unwrap();
        let jobs = [
            job(&folder("a"), "sh late"),
            job(&folder("b"), "sh script"),
            job(
                &folder("b"),
                "sh -c 'while [ ! -e ../a/child ]; do sleep 0.01; done; rm -f child; sh script'",
            ),
            job(&folder("b"), "sh -c 'rm -f child; sh script'"),
            job(&folder("b"), "touch done"),
        ];
        let told = Told::default();
        execute(&jobs, &options(dir.path(), 2), &told);
        assert_eq!(told.of(0), "up\nalive\n");
        assert!(is_gone(&folder("a").join("child")) && is_gone(&folder("b").join("child")));
        let attempts = told.attempts.lock().unwrap();
        let leftovers = |n: usize| attempts.iter().find(|(j, _)| *j == n).unwrap().1.leftovers;
        assert!((0..4).all(|n| leftovers(n) >= 1) && leftovers(4) == 0);
    }

    #[test]
    fn orphans_that_end_by_themselves_are_reaped_and_not_counted() {
        let dir = tempfile::tempdir().unwrap();
        let attempt = script(dir.path(), "for i in 1 2 3 4 5; do (true &) ; done; sleep 0.2\n");
        assert_eq!(attempt.leftovers, 0);
    }

    #[test]
    fn a_pipe_that_a_stray_holds_holds_nobody_up() {
        let dir = tempfile::tempdir().unwrap();
        let text =
            "trap '' TERM; setsid sh -c 'trap \"\" TERM; while :; do echo noise; done' & sleep 0.1; exit 7\n";
        let attempt = script(dir.path(), text);
        assert_eq!(attempt.steps[0].ending, Ending::Exited(7));
        assert!(attempt.leftovers >= 1);
    }
}

#[test]
fn a_suite_that_deletes_its_folder_is_told_of_and_harms_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let log = |name: &str| LogTo::File(dir.path().join("out").join(name).join("output.log"));
    let commands = [
        "sh -c 'echo before; rm -r out/a; echo after'",
        "sh -c 'echo x; rm out/b/output.log; echo forged > out/b/output.log'",
        "sh -c 'echo x; while [ ! -s out/c/output.log ]; do sleep 0.01; done; : > out/c/output.log; echo y'",
        "echo fine",
    ];
    let jobs: Vec<Job> = commands
        .iter()
        .zip(["a", "b", "c", "d"])
        .map(|(c, n)| Job { log: log(n), ..job(dir.path(), c) })
        .collect();
    let told = Told::default();
    execute(&jobs, &options(dir.path(), 1), &told);
    assert_eq!(told.of(0), "before\nafter\n");
    assert_eq!(told.of(1), "x\n");
    let attempts = told.attempts.into_inner().unwrap();
    let shown = dir.path().display().to_string();
    let errors: Vec<String> =
        attempts.iter().map(|(_, a)| a.log_error.clone().unwrap_or_default().replace(&shown, "")).collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
    /out/a/output.log was removed while the suite ran
    /out/b/output.log was replaced while the suite ran
    /out/c/output.log was changed while the suite ran
    ");
    assert_eq!(fs_err::read_to_string(dir.path().join("out/d/output.log")).unwrap(), "fine\n");
}

#[test]
fn a_crash_is_told_by_its_signal() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(script(dir.path(), "kill -SEGV $$\n").steps[0].ending, Ending::Signalled(11));
}

/// What the tests below run in a process of their own, because a signal concerns a whole process. Says how it ended in
/// `ended`.
#[test]
#[ignore = "run by the tests of signals, in the folder that they prepare"]
fn in_a_process_of_its_own() {
    let dir = std::env::current_dir().unwrap();
    let Ok(commands) = fs_err::read_to_string(dir.join("commands")) else { return };
    let jobs: Vec<Job> = commands.lines().map(|c| job(&dir, c)).collect();
    let told = Told::default();
    let grace = Duration::from_secs(if dir.join("patient").exists() { 600 } else { 1 });
    let ended = execute(&jobs, &Options { grace, ..options(&dir, 2) }, &told);
    let mut said = format!("{:?} {:?}\n", ended.interrupted, ended.not_started);
    if dir.join("count").exists() {
        said.push_str(&format!("leftovers {}\n", ended.leftovers));
    }
    let mut attempts = told.attempts.into_inner().unwrap();
    attempts.sort_by_key(|(job, _)| *job);
    for (job, attempt) in attempts {
        said.push_str(&format!("{job} {:?} {:?}\n", attempt.steps[0].ending, text(&attempt)));
    }
    fs_err::write(dir.join("ended"), said).unwrap();
}

/// Runs the commands in a process of its own; gives its handle. `name=` lines of a shell would be lost in `ps`: files say
/// how far it is.
fn own_process(dir: &Path, commands: &[&str]) -> duct::Handle {
    fs_err::write(dir.join("commands"), commands.join("\n")).unwrap();
    let test = "run::execute::tests::in_a_process_of_its_own";
    let own = std::env::current_exe().unwrap();
    let command = duct::cmd!(own, "--exact", test, "--ignored", "--test-threads=1", "--nocapture");
    command.dir(dir).stdout_null().stderr_null().unchecked().start().unwrap()
}

fn send(handle: &duct::Handle, signal: &str) {
    duct::cmd!("kill", signal, handle.pids()[0].to_string()).run().unwrap();
}

const WAITS: &str = "sh -c 'trap \"echo got TERM; exit 3\" TERM; trap \"echo got INT; exit 3\" INT; touch up; \
    while :; do sleep 0.05; done'";
const STUBBORN: &str = "sh -c 'trap \"touch told\" TERM; touch stubborn; while :; do sleep 0.05; done'";

#[test]
fn a_signal_is_passed_on_and_nothing_new_starts() {
    for (signal, number, name) in [("-TERM", 15, "TERM"), ("-INT", 2, "INT")] {
        let dir = tempfile::tempdir().unwrap();
        let handle = own_process(dir.path(), &[WAITS, "sh -c 'touch other; exec sleep 600'", "echo never"]);
        assert!(eventually(|| dir.path().join("up").exists() && dir.path().join("other").exists()));
        send(&handle, signal);
        handle.wait().unwrap();
        let said = fs_err::read_to_string(dir.path().join("ended")).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], format!("Some({number}) [2]"));
        // Some shells say of their own children that they were ended.
        assert!(lines[1].starts_with(&format!("0 Interrupted({number}) ")), "{said}");
        assert!(lines[1].contains(&format!("got {name}")), "{said}");
        assert_eq!(lines[2..], [format!("1 Interrupted({number}) \"\"")]);
    }
}

#[test]
fn a_second_signal_kills_at_once() {
    let dir = tempfile::tempdir().unwrap();
    fs_err::write(dir.path().join("patient"), "").unwrap();
    let handle = own_process(dir.path(), &[STUBBORN]);
    assert!(eventually(|| dir.path().join("stubborn").exists()));
    send(&handle, "-TERM");
    assert!(eventually(|| dir.path().join("told").exists()));
    assert!(handle.try_wait().unwrap().is_none());
    send(&handle, "-INT");
    assert!(eventually(|| handle.try_wait().unwrap().is_some()));
    let said = fs_err::read_to_string(dir.path().join("ended")).unwrap();
    assert!(said.starts_with("Some(15) []\n0 Interrupted(15) "), "{said}");
}

#[test]
fn a_suite_that_ends_its_parent_interrupts_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let handle = own_process(dir.path(), &["sh -c 'kill -TERM $PPID; sleep 600'", WAITS, "echo never"]);
    handle.wait().unwrap();
    let said = fs_err::read_to_string(dir.path().join("ended")).unwrap();
    assert!(said.starts_with("Some(15) ["), "{said}");
    assert!(said.contains("0 Interrupted(15)") && !said.contains("never"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_stray_without_a_mark_is_swept_when_nothing_else_runs() {
    let dir = tempfile::tempdir().unwrap();
    fs_err::write(dir.path().join("count"), "").unwrap();
    let stray = "env -i PATH=/usr/bin:/bin setsid sh -c 'echo $$ > child.new; mv child.new child; exec sleep 600' &\n\
        while [ ! -e child ]; do sleep 0.01; done; touch left\n";
    fs_err::write(dir.path().join("stray"), stray).unwrap();
    // The second suite outlives the first by more than a sweep lasts, and the stray lives as long as it does.
    let other = "while [ ! -e left ]; do sleep 0.01; done; sleep 2; kill -0 $(cat child) && echo alive; \
        while [ ! -e last ]; do sleep 0.01; done";
    fs_err::write(dir.path().join("other"), other).unwrap();
    let commands = ["sh stray", "sh other", "touch last"];
    own_process(dir.path(), &commands).wait().unwrap();
    let said = fs_err::read_to_string(dir.path().join("ended")).unwrap();
    assert!(said.contains("1 Exited(0) \"alive\\n\""), "{said}");
    assert!(is_gone(&dir.path().join("child")));
}
