//! TAP 12 to 14: one reading a document.

mod line;
mod tree;

use super::collect::{ReadingDraft, Room, append, finish, milliseconds};
use super::fault::ReadFault;
use super::lines::StreamLines;
use crate::ingest::tap::line::{Says, Version, parse};
use crate::ingest::tap::tree::{LEVELS, PointTree};
use crate::model::signature::Basis;
use crate::model::test::{Failure, Reading, TestStatus};

/// Reads one or more documents; `what` names them in the error; those of `node` end with the time that they took. `# SKIP` and
/// `# TODO` are ignored tests, `not ok` or not: TAP 14 says that neither is a failure.
pub(super) fn read(lines: &mut StreamLines<'_>, what: &str, node: bool) -> Result<Vec<Reading>, ReadFault> {
    let mut output = Output { node, tree: PointTree::new(node), ..Output::default() };
    while let Some(line) = lines.next()? {
        output.partial = !line.ended;
        output.line(&line.text)?;
    }
    output.end(what)
}

/// By how much what is within a test is indented: TAP 14 says four, KTAP two.
const UNIT: usize = 4;
const KERNEL: usize = 2;

fn is_subtest(comment: &str) -> bool {
    comment.starts_with("Subtest: ") || comment == "Subtest"
}

/// The last line of `prove -v` where a script failed.
const PROVE_FAILED: &str = "Result: FAIL";

/// `Looks like you failed 2 tests of 5.`: how many, as Perl's Test::Builder counts them.
fn failed(comment: &str) -> Option<u64> {
    let (count, rest) = comment.strip_prefix("Looks like you failed ")?.split_once(' ')?;
    rest.starts_with("test").then(|| count.parse().ok())?
}

/// A block of YAML that is not over.
struct Block {
    level: usize,
    indent: usize,
    text: String,
}

#[derive(Default)]
struct Output {
    room: Room,
    done: Vec<ReadingDraft>,
    tree: PointTree,
    block: Option<Block>,
    /// The level of the last point.
    last: usize,
    /// A document began with its version.
    version: bool,
    /// By how much what is within a test is indented, once a line within one has come.
    unit: Option<usize>,
    /// Failures, by the comments at the end (`# fail 2`, `# cancelled 1`).
    stated: u64,
    /// `prove -v` called the whole failed, and no point came behind that.
    prove_failed: bool,
    /// Perl's words for a script that died, or ran another number of tests than it planned.
    died: Option<String>,
    /// The documents are those of `node --test`.
    node: bool,
    /// The last of its comments came: `# duration_ms 12`.
    timed: bool,
    /// The last line has no end.
    partial: bool,
}

impl Output {
    fn line(&mut self, line: &str) -> Result<(), ReadFault> {
        if self.in_block(line) {
            return Ok(());
        }
        let (indent, says) = parse(line);
        let (level, whole) = self.level(indent, &says);
        if line == PROVE_FAILED {
            self.prove_failed = true;
        } else if matches!(says, Says::Plan(_) | Says::Point(_)) {
            // What a test printed is not its last word.
            self.prove_failed = false;
        }
        if level >= LEVELS {
            return Ok(());
        }
        match says {
            Says::Version(version) if level == 0 => {
                if self.version || self.tree.known {
                    self.next_document()?;
                }
                self.version = true;
                self.tree.known = true;
                self.tree.any_order = matches!(version, Version::Tap(14..) | Version::Kernel);
                self.unit = (version == Version::Kernel).then_some(KERNEL);
            }
            Says::Version(_) => self.tree.mark(level),
            Says::Plan(count) if whole => self.tree.plan(level, count),
            // What failed is taken wherever it stands.
            Says::Point(point) if whole || !point.ok => {
                self.last = level;
                self.tree.point(&mut self.room, level, point)?;
            }
            Says::Bail(reason) => {
                let reason: String = reason.chars().take(300).collect();
                (self.tree.known, self.tree.ended) = (true, true);
                let basis = if reason.is_empty() { Basis::Fallback } else { Basis::Exception };
                let fault = format!("it bailed out: {reason}").trim_end_matches([' ', ':']).to_string();
                self.tree.draft.fault_told(fault, basis);
            }
            Says::Yaml if indent == self.last * self.unit.unwrap_or(UNIT) + 2 => {
                self.block = Some(Block { level: self.last, indent, text: String::new() });
            }
            Says::Close if whole => self.tree.close(level),
            Says::Comment(comment) => self.comment(level, comment),
            _ => {}
        }
        Ok(())
    }

    /// How deep a line stands, and whether exactly there. The first that is indented and can be nothing else shows by how much; a point
    /// between two depths is of the deeper one.
    fn level(&mut self, indent: usize, says: &Says<'_>) -> (usize, bool) {
        let within = match says {
            Says::Plan(_) | Says::Point(_) | Says::Version(_) => true,
            Says::Comment(comment) => is_subtest(comment),
            _ => false,
        };
        if indent > 0 && indent.is_multiple_of(KERNEL) && within && self.unit.is_none() {
            self.unit = Some(if indent < UNIT { KERNEL } else { UNIT });
        }
        let unit = self.unit.unwrap_or(UNIT);
        let level = if matches!(says, Says::Point(_)) { indent.div_ceil(unit) } else { indent / unit };
        (level, indent.is_multiple_of(unit))
    }

    /// Takes a line of a block of YAML; one that is indented less than the block ends it.
    fn in_block(&mut self, line: &str) -> bool {
        let Some(block) = &mut self.block else { return false };
        let indent = line.len() - line.trim_start_matches(' ').len();
        let over = indent == block.indent && line.trim() == "...";
        let broken = indent < block.indent && !line.trim().is_empty();
        if !over && !broken {
            append(&mut block.text, line.get(block.indent..).unwrap_or_default(), Failure::TEXT);
            append(&mut block.text, "\n", Failure::TEXT);
            return true;
        }
        if let Some(block) = self.block.take() {
            self.tree.text(block.level, block.text.trim_end(), true);
        }
        over
    }

    fn comment(&mut self, level: usize, comment: &str) {
        if is_subtest(comment) {
            // Before TAP 14 the comment stands at the parent's level; its subtests are one deeper. In KTAP it stands among them.
            self.tree.mark(if self.unit == Some(KERNEL) { level.max(1) } else { level + 1 });
            return;
        }
        if level > 0 {
            self.tree.text(self.last, comment, false);
            return;
        }
        let mut words = comment.split_whitespace();
        match (words.next(), words.next().and_then(|n| n.parse::<f64>().ok()), words.next()) {
            (Some("fail" | "cancelled"), Some(n), None) => self.stated = self.stated.saturating_add(n as u64),
            (Some("duration_ms"), Some(ms), None) => {
                self.timed = true;
                self.tree.draft.reading.duration_ms = milliseconds(ms);
            }
            _ => {
                // Perl's Test::Builder, where a script died or ran another number of tests than it planned.
                if let Some(failed) = failed(comment) {
                    self.stated = self.stated.max(failed);
                }
                let own = ["Looks like your test ", "Looks like you planned "];
                if !self.node && own.iter().any(|word| comment.starts_with(word)) {
                    self.tree.ended = true;
                    self.died.get_or_insert_with(|| comment.chars().take(300).collect());
                }
                // Of node what stands at the top was printed by the file whose point follows.
                if self.node {
                    self.tree.printed(comment);
                } else {
                    self.tree.text(self.last, comment, false);
                }
            }
        }
    }

    fn next_document(&mut self) -> Result<(), ReadFault> {
        self.room.reading()?;
        let mut tree = std::mem::replace(&mut self.tree, PointTree::new(self.node));
        if let Some(block) = self.block.take() {
            tree.text(block.level, &block.text, true);
        }
        let (red, stated) = (tree.red, std::mem::take(&mut self.stated));
        let untimed = self.node && !std::mem::take(&mut self.timed) && !tree.ended;
        let mut draft = tree.finish(&mut self.room, self.partial)?;
        if untimed {
            draft.cut_off("its counts are missing: the output ends before the run did");
        }
        if let Some(died) = self.died.take() {
            draft.fault(format!("it says itself: {}", died.trim_end_matches('.')));
        }
        if stated > red {
            draft.fault(format!("its end counts {stated} failures, but its tests show {red}"));
        }
        self.done.push(draft);
        (self.last, self.unit) = (0, None);
        Ok(())
    }

    fn end(mut self, what: &str) -> Result<Vec<Reading>, ReadFault> {
        if !self.tree.known && self.done.is_empty() {
            return Err(ReadFault::holds_no(what));
        }
        self.next_document()?;
        // A script that exits with another code than 0 has failed though each of its points is ok, and only prove says so.
        let red =
            |draft: &ReadingDraft| draft.count(&[TestStatus::Failed]) > 0 || draft.reading.fault.is_some();
        if self.prove_failed
            && !self.done.iter().any(red)
            && let Some(last) = self.done.last_mut()
        {
            last.fault(format!("prove says itself: {PROVE_FAILED}"));
        }
        Ok(finish(self.done))
    }
}
