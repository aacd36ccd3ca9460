//! `cargo bench --bench runner [-- ROUNDS]`: 500 suites that do nothing, two at a time, against `xargs -P2` in the same
//! round. Wall seconds, and the median of the ratios.
#![expect(clippy::unwrap_used, reason = "a bench that cannot prepare its input has nothing to measure")]

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tollgate_host::clock::Stopwatch;
use tollgate_host::process::Ending;
use tollgate_host::run::{EndedAttempt, Job, JobStep, LogTo, Next, Observer, Options, execute, marks_of};
use tollgate_text::command::CommandLine;
use tollgate_text::redact::Masker;

const SUITES: usize = 500;

struct Count(AtomicUsize);

impl Observer for Count {
    fn starts(&self, _: usize, _: u32) {}
    fn output(&self, _: usize, _: &[u8]) {}
    fn ended(&self, _: usize, attempt: EndedAttempt) -> Next {
        assert_eq!(attempt.steps[0].ending, Ending::Exited(0));
        self.0.fetch_add(1, Ordering::SeqCst);
        Next::Done
    }
}

fn ours(dir: &std::path::Path, files: bool) -> f64 {
    let jobs: Vec<Job> = (0..SUITES)
        .map(|n| Job {
            name: format!("suite-{n}"),
            kind: "unit".into(),
            steps: vec![JobStep { command: CommandLine::parse("/bin/true").unwrap(), test: None }],
            dir: dir.to_path_buf(),
            env: vec![],
            timeout: Duration::from_secs(600),
            log: if files { LogTo::File(dir.join(format!("out/{n}/output.log"))) } else { LogTo::Memory },
        })
        .collect();
    let mask = Arc::new(Masker::new([("A_TOKEN", "hunter2hunter2")], |_| false).unwrap());
    let grace = Duration::from_secs(5);
    let marks = marks_of("run", None);
    let options = Options { jobs: 2, fail_fast: None, grace, mask, spool: dir.to_path_buf(), marks };
    let count = Count(AtomicUsize::new(0));
    let watch = Stopwatch::start();
    execute(&jobs, &options, &count);
    let seconds = watch.seconds();
    assert_eq!(count.0.load(Ordering::SeqCst), SUITES);
    seconds
}

fn xargs(list: &std::path::Path) -> f64 {
    let watch = Stopwatch::start();
    duct::cmd!("xargs", "-a", list, "-P2", "-n1", "/bin/true").run().unwrap();
    watch.seconds()
}

fn main() {
    let rounds: usize = std::env::args().filter_map(|a| a.parse().ok()).next().unwrap_or(15);
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list");
    fs_err::write(&list, (0..SUITES).map(|n| format!("{n}\n")).collect::<String>()).unwrap();
    let out = &mut std::io::stdout();
    let (mut memory, mut files) = (vec![], vec![]);
    for _ in 0..rounds {
        let (peer, kept, written) = (xargs(&list), ours(dir.path(), false), ours(dir.path(), true));
        fs_err::remove_dir_all(dir.path().join("out")).unwrap();
        writeln!(out, "xargs {peer:.3}  in memory {kept:.3}  log files {written:.3}").unwrap();
        memory.push(kept / peer);
        files.push(written / peer);
    }
    for (name, mut ratios) in [("in memory", memory), ("log files", files)] {
        ratios.sort_by(f64::total_cmp);
        let median = ratios[ratios.len() / 2];
        writeln!(out, "{name}: median ratio to xargs {median:.2}, best {:.2}", ratios[0]).unwrap();
    }
}
