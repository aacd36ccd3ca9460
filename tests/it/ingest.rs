//! The readers of test results, over recorded outputs of the tools (`fixtures/ingest/<format>/`) and over broken ones.

use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use tollgate_core::ingest::{ReadFault, read};
use tollgate_core::model::suite::ResultReader;
use tollgate_core::model::test::{FaultKind, Reading, TestStatus};

fn recorded(reader: ResultReader) -> Vec<(String, Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ingest").join(reader.name());
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let named = |file: PathBuf| {
        (file.file_name().unwrap().to_str().unwrap().to_string(), std::fs::read(&file).unwrap())
    };
    files.into_iter().map(named).collect()
}

fn read_bytes(reader: ResultReader, mut bytes: &[u8]) -> Result<Vec<Reading>, ReadFault> {
    read(reader, &mut bytes)
}

/// One line a case: status, name, time, and what failed where.
fn shown(result: Result<Vec<Reading>, ReadFault>) -> String {
    let readings = match result {
        Ok(readings) => readings,
        Err(fault) => return format!("  refused: {fault}\n"),
    };
    let mut out = String::new();
    for reading in readings {
        let time = reading.duration_ms.map_or(String::new(), |ms| format!(" in {ms} ms"));
        writeln!(out, "  [{}]{time}", reading.name).unwrap();
        if let Some(fault) = reading.fault {
            let kind = if fault.kind == FaultKind::Truncated { "cut off" } else { "fault" };
            writeln!(out, "    {kind}: {}", fault.sentence).unwrap();
        }
        for case in reading.cases {
            let time = case.duration_ms.map_or(String::new(), |ms| format!(" {ms} ms"));
            write!(out, "    {} {}{time}", case.status.name(), case.name).unwrap();
            if let Some(failure) = case.failure {
                let place =
                    failure.place.map_or("-".into(), |p| format!("{}:{}:{}", p.file, p.line, p.column));
                let bytes = failure.text.len();
                let more =
                    if case.later.is_empty() { String::new() } else { format!(" +{}", case.later.len()) };
                let basis = failure.basis.name();
                write!(out, " | {:?} @ {place} ({bytes} bytes) {basis}{more}", failure.message).unwrap();
            }
            out.push('\n');
        }
    }
    out
}

fn all_shown(reader: ResultReader) -> String {
    recorded(reader)
        .into_iter()
        .map(|(name, bytes)| format!("{name}\n{}", shown(read_bytes(reader, &bytes))))
        .collect()
}

#[test]
fn ingest_reads_what_the_tools_wrote() {
    for reader in ResultReader::ALL.into_iter().filter(|r| *r != ResultReader::Exit) {
        insta::assert_snapshot!(format!("ingest_{}", reader.name()), all_shown(reader));
    }
}

#[test]
fn ingest_never_passes_what_is_no_evidence() {
    let inputs = [
        "",
        "\n\n",
        "all tests passed, 12 of 12\n",
        "ok\n",
        "{}",
        "{\"a\": 1}\n",
        "<html></html>",
        "\u{0}\u{1}",
    ];
    let mut out = String::new();
    for reader in ResultReader::ALL {
        writeln!(out, "{}", reader.name()).unwrap();
        for input in inputs {
            let fault = read_bytes(reader, input.as_bytes()).expect_err(input);
            writeln!(out, "  {input:?}: {fault}").unwrap();
        }
    }
    insta::assert_snapshot!("ingest_no_evidence", out);
}

/// Failures, and whether anything says that this is not all.
fn weight(result: &Result<Vec<Reading>, ReadFault>) -> (usize, bool) {
    match result {
        Ok(readings) => {
            let cases = readings.iter().flat_map(|r| &r.cases);
            let red = |s: TestStatus| matches!(s, TestStatus::Failed | TestStatus::Flaky);
            (cases.filter(|c| red(c.status)).count(), readings.iter().any(|r| r.fault.is_some()))
        }
        Err(_) => (0, true),
    }
}

/// What is written whole or not at all: every byte short of the last value is a fault.
const DOCUMENTS: [ResultReader; 4] =
    [ResultReader::Junit, ResultReader::Pytest, ResultReader::Playwright, ResultReader::Jest];

#[test]
fn ingest_documents_cut_short_are_faults() {
    for reader in DOCUMENTS {
        for (name, bytes) in recorded(reader) {
            let whole = weight(&read_bytes(reader, &bytes));
            let step = (bytes.len() / 150).max(1);
            for end in (0..bytes.len()).step_by(step) {
                let (red, fault) = weight(&read_bytes(reader, &bytes[..end]));
                let same = bytes[end..].iter().all(u8::is_ascii_whitespace);
                assert!(fault || (same && red == whole.0), "{name} cut at {end}");
            }
        }
    }
}

/// Formats whose end is told: a cut one has a fault, or lost nothing. Rust's harness, nextest's JSON and `go test` say nothing
/// at the end of several binaries or packages, so a cut between two of them cannot be seen, and is not claimed.
#[test]
fn ingest_streams_cut_short_lose_no_failure_silently() {
    let single = |name: &str| {
        !name.starts_with("all_targets") && !name.starts_with("json") && !name.starts_with("packages")
    };
    for reader in [
        ResultReader::Libtest,
        ResultReader::Nextest,
        ResultReader::Tap,
        ResultReader::Node,
        ResultReader::Go,
    ] {
        for (name, bytes) in recorded(reader).into_iter().filter(|(name, _)| single(name)) {
            let whole = weight(&read_bytes(reader, &bytes));
            let step = (bytes.len() / 100).max(1);
            for end in (0..bytes.len()).step_by(step) {
                let (red, fault) = weight(&read_bytes(reader, &bytes[..end]));
                assert!(
                    fault || red >= whole.0,
                    "{}/{name} cut at {end}: {red} of {}",
                    reader.name(),
                    whole.0
                );
            }
        }
    }
}

/// Whether nothing may be made of it: it could not be read, or a reading says that it is cut off.
fn refused(result: &Result<Vec<Reading>, ReadFault>) -> bool {
    let cut = |r: &Reading| r.fault.as_ref().is_some_and(|f| f.kind == FaultKind::Truncated);
    result.as_ref().map_or(true, |readings| readings.iter().any(cut))
}

/// A cut within what the last run, binary or package says is seen, at whatever byte; one between two binaries or packages cannot
/// be, nor one behind the last thing that is counted.
#[test]
fn ingest_streams_cut_off_are_told_from_streams_that_say_what_failed() {
    let (mut silent, mut cuts) = (String::new(), 0);
    for reader in [
        ResultReader::Libtest,
        ResultReader::Nextest,
        ResultReader::Tap,
        ResultReader::Node,
        ResultReader::Go,
    ] {
        for (name, bytes) in recorded(reader) {
            if refused(&read_bytes(reader, &bytes)) {
                writeln!(silent, "{}/{name} refused as a whole", reader.name()).unwrap();
                continue;
            }
            for percent in [10, 25, 50, 75, 90] {
                let cut = &bytes[..bytes.len() * percent / 100];
                cuts += 1;
                if !refused(&read_bytes(reader, cut)) {
                    let end = String::from_utf8_lossy(&cut[cut.len().saturating_sub(60)..]).into_owned();
                    writeln!(silent, "{}/{name} at {percent} %: {end:?}", reader.name()).unwrap();
                }
            }
        }
    }
    insta::assert_snapshot!("ingest_cut_off", format!("{cuts} cuts\n{silent}"));
}

#[test]
fn ingest_names_are_unique_and_statuses_are_those_of_readers() {
    for reader in ResultReader::ALL.into_iter().filter(|r| *r != ResultReader::Exit) {
        for (file, bytes) in recorded(reader) {
            let Ok(readings) = read_bytes(reader, &bytes) else { continue };
            let faulty = readings.iter().any(|r| r.fault.is_some());
            for reading in readings {
                let mut names: Vec<&str> = reading.cases.iter().map(|c| c.name.as_str()).collect();
                names.sort_unstable();
                assert!(names.windows(2).all(|w| w[0] != w[1]), "{file}");
                // What was left out is never said without a fault beside it.
                let known = |s| s != TestStatus::Quarantined && (faulty || s != TestStatus::NotRun);
                assert!(reading.cases.iter().all(|c| known(c.status)), "{file}");
            }
        }
    }
}

/// A recorded file with some of its lines doubled, dropped or replaced, and cut somewhere.
fn mangled(reader: ResultReader) -> impl Strategy<Value = Vec<u8>> {
    let files: Vec<Vec<u8>> =
        recorded(reader).into_iter().map(|(_, bytes)| bytes).filter(|b| b.len() < 20_000).collect();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, "[ -~é\n\u{1b}]{0,12}"), 0..6);
    (prop::sample::select(files), edits, any::<prop::sample::Index>()).prop_map(|(bytes, edits, end)| {
        let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        for (at, edit, text) in edits {
            if lines.is_empty() {
                break;
            }
            let at = at.index(lines.len());
            match edit {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines[at] = text.into_bytes(),
                _ => lines[at].splice(0..0, text.into_bytes()).for_each(drop),
            }
        }
        let mut bytes = lines.concat();
        bytes.truncate(end.index(bytes.len() + 1).max(bytes.len() / 2));
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ingest_survives_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for reader in ResultReader::ALL {
            let _ = read_bytes(reader, &bytes);
        }
    }

    #[test]
    fn ingest_survives_mangled_output(
        (reader, bytes) in prop::sample::select(&ResultReader::ALL[1..]).prop_flat_map(|r| (Just(r), mangled(r)))
    ) {
        if let Ok(readings) = read_bytes(reader, &bytes) {
            prop_assert!(!readings.is_empty(), "{}", reader.name());
        }
    }
}
