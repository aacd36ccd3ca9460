//! Edits of the classification file at once, and edits that are killed: nothing that was said to be added is lost, and the
//! file is whole at every moment. `TOLLGATE_FAULTS` says how many of each (`.ci/long` asks for 200).

use crate::support::{NOW, Ws, check};
use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const FILE: &str = "tests/suite_classification.toml";
const HEAD: &str = "# The suites.\n[suite.unit]\nfiles = [ \"a\" ]   # kept\n";

fn faults() -> usize {
    std::env::var("TOLLGATE_FAULTS").ok().and_then(|n| n.parse().ok()).unwrap_or(20)
}

/// A workspace with a gate for each waiver: for every other number.
fn workspace(numbers: usize) -> Ws {
    let ws = Ws::new();
    for n in (0..numbers).step_by(2) {
        ws.gate(&format!("g{n:03}"), &check("c", "1 == 2"));
    }
    ws.put(FILE, HEAD);
    ws
}

/// The arguments of an edit: waivers and quarantine entries in turn.
fn add(n: usize) -> Vec<String> {
    let fields = "--owner o --reason r --issue i --exit-criteria e --days 7";
    let line = if n.is_multiple_of(2) {
        format!("waiver add g{n:03} {fields}")
    } else {
        format!(
            "quarantine add s{n:03}::t {fields} --category FLAKE-ENV --evidence d.json --reproduce x --signature sig-{n}"
        )
    };
    line.split(' ').map(String::from).collect()
}

fn remove(n: usize) -> Vec<String> {
    let line = if n.is_multiple_of(2) {
        format!("waiver remove g{n:03}")
    } else {
        format!("quarantine remove s{n:03}::t")
    };
    line.split(' ').map(String::from).collect()
}

fn command(ws: &Ws, words: &[String]) -> Command {
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--now", NOW]).collect();
    let mut command = ws.command(&words);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn start(ws: &Ws, words: &[String]) -> Child {
    command(ws, words).spawn().expect("the binary starts")
}

/// The numbers of the entries that stand in the file, which must be whole: it parses, and each entry has all its fields.
fn there(ws: &Ws) -> BTreeSet<usize> {
    let text = ws.text(FILE);
    assert!(text.starts_with(HEAD), "{text}");
    let table: toml::Table = text.parse().unwrap_or_else(|e| panic!("the file is torn: {e}\n{text}"));
    let mut found = BTreeSet::new();
    for (kind, fields) in [("waiver", 7), ("quarantine", 10)] {
        for (id, entry) in table.get(kind).and_then(toml::Value::as_table).into_iter().flatten() {
            assert!(entry.as_table().is_some_and(|e| e.len() >= fields), "{id}: {entry}");
            let digits: String = id.chars().filter(char::is_ascii_digit).collect();
            found.insert(digits.parse::<usize>().expect("a number"));
        }
    }
    found
}

fn litter(ws: &Ws) -> Vec<String> {
    let files = std::fs::read_dir(ws.at("tests")).expect("the folder");
    let names = files.map(|e| e.expect("readable").file_name().to_string_lossy().into_owned());
    names.filter(|name| name != "suite_classification.toml").collect()
}

#[test]
fn edits_at_once_lose_nothing() {
    let all = faults();
    let ws = workspace(all * 2);
    // Those of the second half stand there before, and are removed or renewed while the others are added.
    for n in all..all + all / 2 {
        assert!(command(&ws, &add(n)).status().expect("it runs").success());
    }
    let gone: BTreeSet<usize> = (all..all + all / 2).filter(|n| n % 4 < 2).collect();
    let mut edits: Vec<Vec<String>> = (0..all).map(add).collect();
    edits.extend(gone.iter().map(|n| remove(*n)));
    let renewed = (all..all + all / 2).filter(|n| n % 2 == 0 && !gone.contains(n));
    edits.extend(renewed.clone().map(|n| vec!["waiver".into(), "renew".into(), format!("g{n:03}")]));
    let started: Vec<Child> = edits.iter().map(|words| start(&ws, words)).collect();
    for (mut child, words) in started.into_iter().zip(&edits) {
        assert!(child.wait().expect("it ends").success(), "{words:?}");
    }
    let wanted: BTreeSet<usize> = (0..all + all / 2).filter(|n| !gone.contains(n)).collect();
    assert_eq!(there(&ws), wanted);
    let text = ws.text(FILE);
    assert_eq!(text.matches("renewals = 1\n").count(), renewed.count());
    assert_eq!(litter(&ws), [""; 0]);
}

/// When an edit is killed. What must hold does not depend on where it then is.
enum Kill {
    /// After this part of the time that a whole edit takes.
    After(f64),
    /// While it writes: it holds the lock, and its half-written file stands there.
    Writing,
    /// While it waits for a lock that another holds.
    Waiting,
}

impl Kill {
    fn of(round: usize) -> Kill {
        match round % 3 {
            // Parts that fill the time evenly, however many rounds there are.
            0 => Kill::After((round as f64 * 0.618) % 1.0 * 1.2),
            1 => Kill::Writing,
            _ => Kill::Waiting,
        }
    }

    /// Kills the edit, unless it ended before.
    fn when(&self, ws: &Ws, edit: &mut Child, whole: Duration) {
        match self {
            Kill::After(part) => std::thread::sleep(whole.mul_f64(*part)),
            Kill::Writing => {
                while litter(ws).is_empty() && edit.try_wait().expect("a status").is_none() {
                    std::thread::yield_now();
                }
            }
            // Longer than it takes to come to the lock, as far as one can say.
            Kill::Waiting => std::thread::sleep(whole * 2),
        }
        let _ = edit.kill();
    }
}

#[test]
fn edits_that_are_killed_lose_nothing_and_leave_a_whole_file() {
    let all = faults();
    let ws = workspace(all * 2);
    let (mut said, mut killed) = (BTreeSet::new(), 0);
    let started = Instant::now();
    assert!(command(&ws, &add(2 * all + 1)).status().expect("it runs").success());
    let whole = started.elapsed();
    said.insert(2 * all + 1);
    for round in 0..all {
        // Another edit is under way: one that is killed must not take it along, nor keep it waiting.
        let (own, other) = (2 * round, 2 * round + 1);
        let kill = Kill::of(round);
        let folder = std::fs::File::open(ws.at("tests")).expect("the folder");
        if matches!(kill, Kill::Waiting) {
            folder.lock().expect("the lock");
        }
        let mut victim = start(&ws, &add(own));
        let mut beside = start(&ws, &add(other));
        kill.when(&ws, &mut victim, whole);
        let ended = victim.wait().expect("it ends");
        drop(folder);
        if matches!(kill, Kill::Waiting) {
            assert!(!ended.success() && !there(&ws).contains(&own), "round {round}: it did not wait");
        }
        if ended.success() {
            said.insert(own);
        } else {
            killed += 1;
        }
        assert!(beside.wait().expect("it ends").success(), "round {round}");
        said.insert(other);
        let found = there(&ws);
        let lost: Vec<_> = said.difference(&found).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?} were said to be added and are not there");
        // What was killed is there whole or not at all, and nothing else is.
        assert!(found.iter().all(|n| said.contains(n) || n % 2 == 0), "{found:?}");
    }
    assert!(killed >= all / 3, "{killed} edits of {all} were killed");
    // The next edit works, and leaves nothing of the others behind.
    assert!(command(&ws, &remove(2 * all + 1)).status().expect("it runs").success());
    assert_eq!(litter(&ws), [""; 0]);
}
