//! `go test -json`: one reading a package.

use super::collect::{Draft, Room, append, cut, finish, outside_or_cut};
use super::fault::ReadFault;
use super::go_package::Package;
use super::lines::Lines;
use crate::base::json::{self, Json, Limits};
use crate::model::signature::Basis;
use crate::model::test::Reading;
use std::collections::HashMap;

/// Builds whose output is kept.
const BUILDS: usize = 10_000;

/// Reads the output of one or more packages. A package that does not build, ends early, or fails outside its tests has a fault;
/// where its own end is missing, or the last line is not whole, the output is cut off. One without test files has no reading.
/// A test with subtests (`Parent/sub`) is a test too, as Go counts it.
pub(super) fn read(lines: &mut Lines<'_>) -> Result<Vec<Reading>, ReadFault> {
    let mut output = Output::default();
    while let Some(line) = lines.next()? {
        if line.cut {
            return Err(ReadFault::at("the line is longer than any that is read", line.number));
        }
        if !line.text.starts_with('{') {
            output.ends_torn &= line.is_blank();
            output.plain(&line.text)?;
            continue;
        }
        let event = json::parse(line.text.as_bytes(), &Limits::default());
        output.ends_torn = event.is_err();
        match event {
            Ok(event) => output.event(&event)?,
            Err(_) => output.torn = output.torn.or(Some(line.number)),
        }
    }
    output.end()
}

#[derive(Default)]
struct Output {
    room: Room,
    packages: Vec<Package>,
    numbers: HashMap<String, usize>,
    /// What the compiler said, by the build's import path.
    builds: HashMap<String, String>,
    /// The last build that the plain text of older versions told of.
    said: String,
    torn: Option<u64>,
    /// The last line is one that is torn.
    ends_torn: bool,
    known: bool,
}

impl Output {
    fn event(&mut self, event: &Json<'_>) -> Result<(), ReadFault> {
        let text = |key: &str| event.get(key).and_then(Json::as_str);
        let Some(action) = text("Action") else { return Ok(()) };
        self.known = true;
        if let Some(build) = text("ImportPath") {
            if self.builds.len() < BUILDS || self.builds.contains_key(build) {
                let said = self.builds.entry(build.to_string()).or_default();
                append(said, text("Output").unwrap_or_default(), 2 << 10);
            }
            return Ok(());
        }
        // `go tool test2json` alone knows no package.
        let nth = self.number(text("Package").unwrap_or_default())?;
        let elapsed = match event.get("Elapsed") {
            Some(Json::Float(s)) => Some(*s),
            Some(Json::Int(s)) => Some(*s as f64),
            _ => None,
        };
        let package = &mut self.packages[nth];
        match (text("Test"), action) {
            (Some(test), "run") => package.run(test),
            (Some(test), "output") => {
                package.output(
                    test,
                    text("Output").unwrap_or_default(),
                    text("OutputType").unwrap_or_default(),
                );
            }
            (Some(test), "pass" | "fail" | "skip" | "bench") => {
                package.result(&mut self.room, test, action, elapsed)?;
            }
            (None, "output") => package.own_output(text("Output").unwrap_or_default()),
            (None, "pass" | "fail" | "skip") => {
                if let Some(build) = text("FailedBuild") {
                    let said = self.builds.get(build).map(String::as_str).unwrap_or_default();
                    let (fault, basis) = does_not_build(said);
                    package.draft.fault_told(fault, basis);
                }
                package.end(&mut self.room, action, elapsed)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn number(&mut self, package: &str) -> Result<usize, ReadFault> {
        if let Some(nth) = self.numbers.get(package) {
            return Ok(*nth);
        }
        self.room.reading()?;
        self.packages.push(Package::new(package));
        self.numbers.insert(package.to_string(), self.packages.len() - 1);
        Ok(self.packages.len() - 1)
    }

    /// Before Go 1.24 a build that breaks is plain text: `# package`, the compiler's lines, `FAIL\tpackage [build failed]`.
    fn plain(&mut self, line: &str) -> Result<(), ReadFault> {
        if line.starts_with("# ") {
            self.said.clear();
        } else if let Some(failed) = line.strip_prefix("FAIL\t").and_then(|l| l.strip_suffix(']')) {
            if let Some((name, why)) = failed.split_once(" [") {
                self.known = true;
                let nth = self.number(name)?;
                let said = std::mem::take(&mut self.said);
                let (fault, basis) = match why {
                    "build failed" => does_not_build(&said),
                    _ => (format!("go says: {why}"), Basis::Fallback),
                };
                self.packages[nth].draft.fault_told(fault, basis);
                self.packages[nth].over = true;
            }
        } else if self.said.len() < 2 << 10 {
            append(&mut self.said, line, 2 << 10);
            append(&mut self.said, "\n", 2 << 10);
        }
        Ok(())
    }

    fn end(mut self) -> Result<Vec<Reading>, ReadFault> {
        if !self.known {
            return Err(ReadFault::holds_no("results of `go test -json`"));
        }
        let mut drafts: Vec<Draft> = Vec::new();
        for mut package in std::mem::take(&mut self.packages) {
            if !package.over {
                package.broken_off(&mut self.room)?;
            }
            if !package.without_files() {
                drafts.push(package.draft);
            }
        }
        let torn = self.torn.map(|line| format!("line {line} begins an event and is not whole JSON"));
        drafts.extend(torn.map(|torn| outside_or_cut(self.ends_torn, torn)));
        if drafts.is_empty() {
            drafts.push(Draft::default());
        }
        Ok(finish(drafts))
    }
}

/// The first of what the compiler said; only where that is all it is known why the build broke.
fn does_not_build(said: &str) -> (String, Basis) {
    let mut lines = said.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty());
    match (lines.next(), lines.next()) {
        (Some(line), None) => (format!("it does not build: {}", cut(line.trim(), 300)), Basis::Exception),
        (Some(line), Some(_)) => (format!("it does not build: {}", cut(line.trim(), 300)), Basis::Fallback),
        (None, _) => ("it does not build".into(), Basis::Fallback),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let mut input = text.as_bytes();
        let readings = read(&mut Lines::new(&mut input)).unwrap();
        let line = |r: &Reading| {
            let cases = r.cases.iter().map(|c| format!("{} {}", c.name, c.status.name()));
            let fault = r.fault.as_ref().map(|f| f.sentence.clone());
            cases.chain(fault).collect::<Vec<_>>().join("; ")
        };
        readings.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_failure_that_no_event_tells_of_is_named() {
        // What a test prints without a line's end stands before Go's own line, and then there is no event.
        let glued = r#"{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"x--- FAIL: TestA (0.00s)\n"}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
"#;
        assert!(said(glued).contains("TestA failed"), "{}", said(glued));
        assert!(!said(glued).contains("did not end"), "{}", said(glued));
        let listed = r#"{"Action":"output","Package":"p","Output":"--- FAIL: TestB (0.00s)\n"}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
"#;
        assert!(said(listed).contains("TestB failed"), "{}", said(listed));
        // What a passing test prints of a run of its own is no failure of the package.
        let inner = r#"{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- FAIL: TestInner (0.00s)\n"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"pass","Package":"p","Elapsed":0.1}
"#;
        assert!(!said(inner).contains("failed"), "{}", said(inner));
    }
}
