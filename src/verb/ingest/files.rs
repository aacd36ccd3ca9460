//! The files given to one `ingest`: which are read, and how much they may hold. The same report given twice, by name and by glob or as a copy, counts once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use tollgate_core::ingest;
use tollgate_core::model::test::{FaultKind, Reading};
use tollgate_flow::error::Error;
use tollgate_host::files::open_regular;
use tollgate_text::digest::Running;
use tollgate_text::show::{plain, show};

/// The files without those that were there before, in the order given, and what is said of what was left out. A file that cannot be looked
/// at stays, for whoever opens it to say why.
pub(super) fn once(files: &[PathBuf]) -> Result<(Vec<&Path>, Option<String>), Error> {
    let mut places = BTreeSet::new();
    let (mut kept, mut again): (Vec<&Path>, Vec<(&Path, &Path)>) = (Vec::new(), Vec::new());
    // Only files of one length can be of the same bytes.
    let mut lengths: BTreeMap<u64, Vec<&Path>> = BTreeMap::new();
    let mut digests: BTreeMap<&Path, String> = BTreeMap::new();
    for file in files {
        let Ok(real) = std::fs::canonicalize(file) else {
            kept.push(file);
            continue;
        };
        if !places.insert(real) {
            again.push((file, file));
            continue;
        }
        let Some(same_length) = length(file).map(|bytes| lengths.entry(bytes).or_default()) else {
            kept.push(file);
            continue;
        };
        let mut copy_of = None;
        for earlier in same_length.iter() {
            if digest(earlier, &mut digests)? == digest(file, &mut digests)? {
                copy_of = Some(*earlier);
                break;
            }
        }
        match copy_of {
            Some(earlier) => again.push((file, earlier)),
            None => {
                same_length.push(file);
                kept.push(file);
            }
        }
    }
    Ok((kept, said(&again)))
}

/// The bytes of a regular file that holds any.
fn length(file: &Path) -> Option<u64> {
    let meta = std::fs::metadata(file).ok()?;
    (meta.is_file() && meta.len() > 0).then_some(meta.len())
}

fn digest<'f>(file: &'f Path, known: &mut BTreeMap<&'f Path, String>) -> Result<String, Error> {
    if let Some(digest) = known.get(file) {
        return Ok(digest.clone());
    }
    let shown = show(&file.display().to_string());
    let (opened, _) = open_regular(file, &shown).map_err(|e| Error::Work(e.to_string()))?;
    let found = of_stream(opened).map_err(|e| Error::Work(format!("{shown}: {}", plain(&e))))?;
    known.insert(file, found.clone());
    Ok(found)
}

fn of_stream(mut file: File) -> std::io::Result<String> {
    let (mut digest, mut block) = (Running::default(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(digest.hex()),
            Ok(read) => digest.update(&block[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// One sentence; of many files the first is named.
fn said(again: &[(&Path, &Path)]) -> Option<String> {
    let (file, earlier) = again.first()?;
    let name = |path: &Path| show(&path.display().to_string());
    let why = match file == earlier {
        true => "it was given more than once".to_string(),
        false => format!("it holds the same bytes as {}", name(earlier)),
    };
    let more = match again.len() - 1 {
        0 => String::new(),
        1 => ", and so is 1 more".into(),
        n => format!(", and so are {n} more"),
    };
    Some(format!("{} is read once: {why}{more}", name(file)))
}

/// All files of one call together may hold as much as one of them: each suite becomes a folder, and each test is held until the
/// summary is written.
pub(super) fn bounded(suites: usize, tests: usize) -> Result<(), Error> {
    let over = [(suites, ingest::READINGS, "suites"), (tests, ingest::CASES, "tests")];
    match over.into_iter().find(|(held, most, _)| held > most) {
        None => Ok(()),
        Some((held, most, what)) => Err(Error::Work(format!(
            "the files hold {held} {what}, and one ingest may take in at most {most}: ingest fewer of them"
        ))),
    }
}

/// Why a reading is not all that its tool wrote. Nobody knows what the rest would say, so nothing is made of it.
pub(super) fn cut_off(reading: &Reading) -> Option<String> {
    let fault = reading.fault.as_ref().filter(|f| f.kind == FaultKind::Truncated)?;
    let name = reading.name.trim();
    let of = if name.is_empty() { String::new() } else { format!("`{}`: ", show(name)) };
    Some(format!("{of}{}", show(&fault.sentence)))
}
