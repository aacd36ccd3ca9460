//! Writes the tables of embedded packs, schemas and runbook entries: the folder is the registry, so a new file
//! needs no list. cargo reruns this when a file in one of the folders appears, changes or goes.
#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a build script speaks to cargo by printing, reads its environment, and stops the build by panicking"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Stands in the runbook's folder and is no entry of it: it has a shape and a reader (`triage/cause.rs`) of its own.
const ROOT_CAUSES: &str = "runbook/root_causes.toml";

fn main() {
    let root = top(PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut text = String::new();
    for (name, dir, ext) in
        [("GATES", "gates", "toml"), ("SCHEMAS", "schemas", "json"), ("RUNBOOK", "runbook", "toml")]
    {
        let mut files = Vec::new();
        collect(&root.join(dir), ext, &mut files);
        files.retain(|file| *file != root.join(ROOT_CAUSES));
        files.sort();
        println!("cargo::rerun-if-changed={}", root.join(dir).display());
        writeln!(text, "/// Every embedded `{dir}/**/*.{ext}`: path below `{dir}/`, text; sorted by path.")
            .unwrap();
        writeln!(text, "pub static {name}: &[(&str, &str)] = &[").unwrap();
        for file in files {
            let rel =
                file.strip_prefix(root.join(dir)).expect("below the folder").to_str().expect("UTF-8 name");
            writeln!(text, "    ({:?}, include_str!({:?})),", rel.replace('\\', "/"), file).unwrap();
        }
        writeln!(text, "];").unwrap();
    }
    writeln!(text, "/// `{ROOT_CAUSES}`: the patterns that tell why a suite failed.").unwrap();
    writeln!(text, "pub static ROOT_CAUSES: &str = include_str!({:?});", root.join(ROOT_CAUSES)).unwrap();
    fs::write(out.join("embedded.rs"), text).expect("OUT_DIR can be written");
}

/// The folder that holds the files: that of the package, or, for the crate whose tests read them too, the workspace's.
fn top(package: PathBuf) -> PathBuf {
    let mut folders = package.ancestors();
    folders
        .find(|dir| dir.join(ROOT_CAUSES).is_file())
        .expect("the runbook stands in the workspace")
        .to_path_buf()
}

/// Files below `dir` that end in `.ext`, folders first watched so that a new file is noticed.
fn collect(dir: &Path, ext: &str, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    println!("cargo::rerun-if-changed={}", dir.display());
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            collect(&path, ext, files);
        } else if path.extension().is_some_and(|e| e == ext) {
            files.push(path);
        }
    }
}
