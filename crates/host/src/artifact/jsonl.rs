//! A jsonl file: streamed in blocks, hashed, parsed and held to its schema line by line; walked again on demand.

use super::fault::{Capped, FileFault};
use super::lines::{LineBlock, blocks};
use super::schema::{breaches, demanded};
use super::weight::{LINE, WeightLook, too_heavy, weight};
use crate::files::Root;
use rayon::prelude::*;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::OnceLock;
use tollgate_core::model::artifact::JsonlLines;
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::{Demand, Format};
use tollgate_lang::schema::{CompiledSchema, Registry};
use tollgate_text::decode::{foreign, unmarked};
use tollgate_text::digest::Running;
use tollgate_text::figures::total;
use tollgate_text::json::{self, Json, JsonLimits, TextPlace, locate};

/// What one pass over a jsonl file found.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// Their number.
    pub bytes: u64,
    /// How many lines there are.
    pub count: u64,
    /// The last line's document.
    pub last: Option<Json<'static>>,
    /// What all documents as one list take in memory, at most.
    pub weight: u64,
    /// What is wrong with the lines themselves: torn, blank, not JSON, too long.
    pub faults: Vec<FileFault>,
    /// For each demand, in the order given, where lines break it.
    pub breaches: Vec<Vec<FileFault>>,
}

/// Reads a jsonl file once: hashes it, parses each line, holds it to each of the demands. At most `most` faults of each kind
/// are listed, a last one counts the rest. An error is a fault of the file as a whole.
pub fn survey(
    file: impl Read,
    demands: &[Demand],
    registry: &Registry,
    limits: &JsonLimits,
    most: usize,
) -> Result<Survey, FileFault> {
    let mut hash = Running::default();
    let (mut bytes, mut count, mut last, mut heavy) = (0u64, 0u64, Vec::new(), 0u64);
    let mut faults = Capped::new(most);
    let mut broken: Vec<Capped> = demands.iter().map(|_| Capped::new(most)).collect();
    let torn = blocks(file, limits.bytes.min(LINE_BYTES), |block| {
        let judge = || judge_block(&block, demands, registry, limits, most);
        let (_, judged) = rayon::join(|| hash.update(block.bytes), judge);
        for line in judged {
            match line {
                LineFaults::Malformed(fault) => faults.extend([fault]),
                LineFaults::Broken(nth, found) => broken[nth].extend(found),
            }
        }
        // A list has strings of its own.
        let own =
            total([weight(Format::Jsonl, block.bytes, WeightLook::Crude), 3 * block.bytes.len() as u64]);
        heavy = heavy.saturating_add(own);
        bytes += block.bytes.len() as u64;
        if let Some((number, line)) = block.lines().last() {
            count = number;
            last.clear();
            last.extend_from_slice(first_unmarked(line, number));
        }
        Ok(())
    })?;
    hash.update(&torn);
    bytes += torn.len() as u64;
    if !torn.is_empty() {
        count += 1;
        let clause = "the last line has no end: the file is torn";
        faults.extend([FileFault::new(Reason::Malformed, clause).at(line_place(count))]);
    } else if count == 0 {
        faults.extend([FileFault::new(Reason::Malformed, "the file is empty").at(line_place(1))]);
    }
    let last = json::parse(&last, limits).ok().map(Json::into_owned);
    let breaches = broken.into_iter().map(Capped::finish).collect();
    Ok(Survey { sha256: hash.hex(), bytes, count, last, weight: heavy, faults: faults.finish(), breaches })
}

/// Bytes of one line at most.
const LINE_BYTES: u64 = 64 << 20;

fn line_place(line: u64) -> Option<TextPlace> {
    Some(TextPlace { line, column: 1 })
}

enum LineFaults {
    Malformed(FileFault),
    /// Of the demand with this number.
    Broken(usize, Vec<FileFault>),
}

/// Lines that one task judges.
const CHUNK: usize = 256;

fn judge_block(
    block: &LineBlock<'_>,
    demands: &[Demand],
    registry: &Registry,
    limits: &JsonLimits,
    most: usize,
) -> Vec<LineFaults> {
    let lines: Vec<(u64, &[u8])> = block.lines().collect();
    let chunks: Vec<Vec<LineFaults>> = lines
        .par_chunks(CHUNK)
        .map(|chunk| {
            let mut found = Vec::new();
            // Nearly every line names the schema of the line before.
            let mut known: Vec<Option<(&str, &CompiledSchema)>> = vec![None; demands.len()];
            for (number, line) in chunk {
                match parse_line(line, *number, limits) {
                    Err(fault) => found.push(LineFaults::Malformed(fault)),
                    Ok(document) => {
                        for (nth, demand) in demands.iter().enumerate() {
                            let faults =
                                judge_line(&document, line, *number, demand, registry, &mut known[nth], most);
                            if !faults.is_empty() {
                                found.push(LineFaults::Broken(nth, faults));
                            }
                        }
                    }
                }
            }
            found
        })
        .collect();
    chunks.into_iter().flatten().collect()
}

fn judge_line<'r>(
    document: &Json<'_>,
    line: &[u8],
    number: u64,
    demand: &'r Demand,
    registry: &'r Registry,
    known: &mut Option<(&'r str, &'r CompiledSchema)>,
    most: usize,
) -> Vec<FileFault> {
    let own = document.get("schema").and_then(Json::as_str);
    let same = known.filter(|(id, _)| matches!(demand, Demand::Shape(_)) || own == Some(*id));
    let found = match same.map_or_else(|| demanded(document, demand, registry), Ok) {
        Ok((id, schema)) => {
            *known = Some((id, schema));
            breaches(document, schema, Format::Jsonl, line, most)
        }
        Err(fault) => {
            let place = fault.pointer.as_deref().and_then(|p| locate(first_unmarked(line, number), p));
            vec![fault.at(place)]
        }
    };
    found.into_iter().map(|fault| on_line(fault, number)).collect()
}

/// Moves a fault of a line's text to the line's place in the file.
fn on_line(fault: FileFault, number: u64) -> FileFault {
    let column = fault.place.map_or(1, |place| place.column);
    FileFault { place: Some(TextPlace { line: number, column }), ..fault }
}

/// A byte order mark before the first line is no part of it.
fn first_unmarked(line: &[u8], number: u64) -> &[u8] {
    if number == 1 { unmarked(line) } else { line }
}

pub(super) fn parse_line<'a>(
    line: &'a [u8],
    number: u64,
    limits: &JsonLimits,
) -> Result<Json<'a>, FileFault> {
    if line.trim_ascii().is_empty() {
        return Err(FileFault::new(Reason::Malformed, "the line is blank").at(line_place(number)));
    }
    if let Some(fault) = too_heavy(Format::Jsonl, line, LINE) {
        return Err(fault.at(line_place(number)));
    }
    if number == 1
        && let Some(clause) = foreign(line)
    {
        return Err(FileFault::new(Reason::Malformed, clause).at(line_place(number)));
    }
    json::parse(first_unmarked(line, number), limits).map_err(|e| on_line(FileFault::of_parse(e), number))
}

/// Values of a stream as a list: a backstop for memory.
const LISTED_VALUES: usize = 1 << 23;

/// A jsonl artifact that passed its survey and can be walked again.
pub(super) struct JsonlStream<'s> {
    root: &'s Root,
    path: String,
    limits: JsonLimits,
    pub(super) survey: Survey,
    /// It is not read as a list: all evidence would take more than these bytes.
    pub(super) refused: Option<u64>,
    list: OnceLock<Result<Json<'static>, String>>,
}

impl<'s> JsonlStream<'s> {
    pub(super) fn new(root: &'s Root, path: &str, limits: JsonLimits, survey: Survey) -> Self {
        JsonlStream { root, path: path.to_string(), limits, survey, refused: None, list: OnceLock::new() }
    }

    fn collect(&self) -> Result<Json<'static>, String> {
        if let Some(most) = self.refused {
            let most = most >> 20;
            return Err(format!(
                "with {} as a list the evidence of the check takes more than the {most} MiB that it may take in memory",
                self.path
            ));
        }
        if self.survey.bytes > self.limits.bytes {
            let (bytes, limit) = (self.survey.bytes, self.limits.bytes);
            return Err(format!("{} has {bytes} bytes; as a list it may have at most {limit}", self.path));
        }
        let (mut all, mut left) = (Vec::new(), LISTED_VALUES);
        self.each(&mut |_, document| match left.checked_sub(document.values()) {
            Some(rest) => {
                left = rest;
                all.push(document.clone().into_owned());
                ControlFlow::Continue(())
            }
            None => {
                all.clear();
                ControlFlow::Break(())
            }
        })?;
        if all.is_empty() && self.survey.count > 0 {
            return Err(format!("{} as a list holds more than {LISTED_VALUES} values", self.path));
        }
        Ok(Json::Array(all))
    }
}

impl JsonlLines for JsonlStream<'_> {
    fn each(&self, visit: &mut dyn FnMut(u64, &Json<'_>) -> ControlFlow<()>) -> Result<(), String> {
        let changed = || format!("{} is no longer the file that was hashed and validated", self.path);
        let (file, _) = self.root.open_file(&self.path).map_err(|e| e.to_string())?;
        let mut hash = Running::default();
        let mut going = true;
        let torn = blocks(file, self.limits.bytes.min(LINE_BYTES), |block| {
            // Hashed to the end even when the visitor has seen enough: what it saw must be what was judged.
            hash.update(block.bytes);
            for (number, line) in block.lines().take_while(|_| going) {
                let document = parse_line(line, number, &self.limits)?;
                if visit(number, &document).is_break() {
                    going = false;
                    break;
                }
            }
            Ok(())
        });
        match torn {
            Ok(torn) if torn.is_empty() && hash.hex() == self.survey.sha256 => Ok(()),
            _ => Err(changed()),
        }
    }

    fn count(&self) -> u64 {
        self.survey.count
    }

    fn list(&self) -> Result<&Json<'_>, String> {
        match self.list.get_or_init(|| self.collect()) {
            Ok(list) => Ok(list),
            Err(why) => Err(why.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded_in_tests::SCHEMAS;
    use tollgate_lang::schema::SchemaSource;

    fn registry() -> Registry {
        let text = r#"{"$id": "e.v1", "type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}"#;
        Registry::new(SCHEMAS, vec![SchemaSource::read("e.json", "e.json", text.into()).unwrap()]).unwrap()
    }

    fn shape() -> Demand {
        Demand::Shape("e.v1".into())
    }

    fn said(text: &[u8], demand: Demand) -> String {
        let survey = survey(text, &[demand], &registry(), &JsonLimits::default(), 3).unwrap();
        let faults = survey.faults.iter().chain(&survey.breaches[0]);
        faults.map(|f| f.finding(None, "e.jsonl").message).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_line_is_held_to_its_schema() {
        insta::assert_snapshot!(said(b"{\"n\": 1}\n{\"n\":\n", shape()), @r#"e.jsonl:2:6: the text ends where a value is expected"#);
        insta::assert_snapshot!(said(b"{\"n\": 1}\n{\"n\": \"x\"}\n{}\n", shape()), @r#"
        e.jsonl:2:7: /n: found "x", but the schema asks for an integer
        e.jsonl:3:1: the property `n` is missing
        "#);
        insta::assert_snapshot!(said(b"{\"n\": 1}\n\n{\"n\": 2}\n", shape()), @r#"e.jsonl:2:1: the line is blank"#);
        insta::assert_snapshot!(said(b"{\"n\": 1}\n{\"n\": 2}", shape()), @r#"e.jsonl:2:1: the last line has no end: the file is torn"#);
        insta::assert_snapshot!(said(b"", shape()), @r#"e.jsonl:1:1: the file is empty"#);
        assert_eq!(
            said(b"\xEF\xBB\xBF{\"n\": 1}\n", shape()),
            "",
            "a mark before the first line is no part of it"
        );
        insta::assert_snapshot!(said(b"\xEF\xBB\xBF{\"n\": \"x\"}\n\xEF\xBB\xBF{\"n\": 1}\n", shape()), @r#"
        e.jsonl:2:1: it begins with a byte order mark (BOM)
        e.jsonl:1:7: /n: found "x", but the schema asks for an integer
        "#);
        insta::assert_snapshot!(said("{}\n".repeat(9).as_bytes(), shape()), @r#"
        e.jsonl:1:1: the property `n` is missing
        e.jsonl:2:1: the property `n` is missing
        e.jsonl:3:1: the property `n` is missing
        e.jsonl: 6 more faults of this file are not listed
        "#);
        let own = b"{\"schema\": \"e.v1\", \"n\": 1}\n{\"n\": 1}\n{\"schema\": \"e.v1\", \"n\": 1.5}\n{\"schema\": \"z\"}\n";
        insta::assert_snapshot!(said(own, Demand::Own), @r#"
        e.jsonl:2:1: it has no `schema` field, so nothing says what it must look like: name one with `shape` in the gate, or --schema
        e.jsonl:3:25: /n: found 1.5, but the schema asks for an integer
        e.jsonl:4:12: the schema `z` is not registered
        "#);
        insta::assert_snapshot!(said(own, Demand::Schema("e.v1".into())), @r#"
        e.jsonl:2:1: it has no `schema` field, but e.v1 is demanded
        e.jsonl:3:25: /n: found 1.5, but the schema asks for an integer
        e.jsonl:4:12: its `schema` is "z", but e.v1 is demanded
        "#);
    }

    #[test]
    fn walks_again_and_notices_a_change() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("e.jsonl");
        let text: String = (0..5_000).map(|n| format!("{{\"n\": {n}}}\n")).collect();
        std::fs::File::create(&file)
            .and_then(|mut f| std::io::Write::write_all(&mut f, text.as_bytes()))
            .unwrap();
        let root = Root::open(dir.path()).unwrap();
        let found = survey(text.as_bytes(), &[shape()], &registry(), &JsonLimits::default(), 3).unwrap();
        assert_eq!(found.last, Some(json::parse(b"{\"n\": 4999}", &JsonLimits::default()).unwrap()));
        let stream = JsonlStream::new(&root, "e.jsonl", JsonLimits::default(), found);
        let mut sum = 0;
        let counted = stream.each(&mut |number, doc| {
            assert_eq!(doc.get("n"), Some(&Json::Int(number as i64 - 1)));
            sum += number;
            if number == 100 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!((counted, sum), (Ok(()), 5050));
        assert!(matches!(stream.list(), Ok(Json::Array(all)) if all.len() == 5_000));
        std::fs::File::options()
            .append(true)
            .open(&file)
            .and_then(|mut f| std::io::Write::write_all(&mut f, b"{\"n\": 1}\n"))
            .unwrap();
        let again = stream.each(&mut |_, _| ControlFlow::Continue(()));
        assert_eq!(again.unwrap_err(), "e.jsonl is no longer the file that was hashed and validated");
        assert!(stream.list().is_ok(), "the list that was read stays");
    }
}
