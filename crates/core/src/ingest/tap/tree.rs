//! Test points with their subtests, which stand before them or in braces behind them.

use crate::ingest::basis::is_whole;
use crate::ingest::collect::{ReadingDraft, Room, append, cut, keep_end};
use crate::ingest::fault::ReadFault;
use crate::ingest::hook::is_mocha_hook;
use crate::ingest::node::entry;
use crate::ingest::panic;
use crate::ingest::place::{of_bats, of_end};
use crate::ingest::tap::line::{Directive, Point};
use crate::ingest::timed::is_bats_hook;
use crate::ingest::yaml;
use crate::model::signature::Basis;
use crate::model::test::{Failure, SourcePlace, TestCase, TestStatus};
use std::collections::BTreeSet;

/// Levels of subtests; what is indented further is output.
pub(in crate::ingest) const LEVELS: usize = 64;
/// Bytes of diagnostics held for points whose parents have not come.
const HELD: usize = 64 << 20;

/// A point with what stands below it.
struct Node {
    point: Point,
    /// Its block of YAML, or the comments behind a point that failed.
    yaml: String,
    /// A second block came: what is read of the first does not tell of it.
    twice: bool,
    comments: String,
    /// Of a point of `node --test` that failed, what was printed before it.
    said: String,
    children: Vec<Node>,
}

/// The numbers of a level's points, in whatever order they come.
#[derive(Default)]
struct Numbers {
    /// Each from 1 up to this one came.
    all: u64,
    /// Those that came ahead of others.
    ahead: BTreeSet<u64>,
    twice: Option<u64>,
    /// The first that stood where another was due, and that other.
    early: Option<(u64, u64)>,
}

impl Numbers {
    /// A point without a number has the next one. Gives its number.
    fn take(&mut self, number: Option<u64>) -> u64 {
        let next = self.ahead.last().copied().unwrap_or(self.all).saturating_add(1);
        let number = number.unwrap_or(next);
        if number != next {
            self.early.get_or_insert((number, next));
        }
        if number <= self.all || !self.ahead.insert(number) {
            self.twice.get_or_insert(number);
        }
        while self.ahead.first() == Some(&(self.all + 1)) {
            self.ahead.pop_first();
            self.all += 1;
        }
        number
    }

    /// What is wrong with them. `any_order`: TAP 14 lets them come in whatever order, and before it prove calls that a failure.
    fn fault(&self, what: &str, any_order: bool) -> Option<String> {
        let twice = self.twice.map(|n| format!("{what} holds the number {n} twice"));
        let last = self.ahead.last();
        let wrong = twice.or_else(|| {
            last.map(|last| format!("{what} goes up to the number {last} and has no {}", self.all + 1))
        });
        let early = self.early.filter(|_| !any_order);
        wrong.or_else(|| early.map(|(is, due)| format!("{what} holds the number {is} where {due} is due")))
    }
}

#[derive(Default)]
struct Level {
    numbers: Numbers,
    nodes: Vec<Node>,
    plan: Option<u64>,
    /// A comment said that subtests follow.
    marked: bool,
    /// The last node's subtests follow in braces.
    open: bool,
}

/// The points of one document.
#[derive(Default)]
pub(in crate::ingest) struct PointTree {
    pub(in crate::ingest) draft: ReadingDraft,
    levels: Vec<Level>,
    held: usize,
    /// Points at the top that are in the draft already.
    flushed: u64,
    /// Points that are `not ok` and not to do, subtests and their parents among them.
    pub(in crate::ingest) red: u64,
    /// Anything of the format was there.
    pub(in crate::ingest) known: bool,
    /// It says itself why its plan is not reached: it bailed out, or Perl's own words for that stand behind it.
    pub(in crate::ingest) ended: bool,
    /// Its version lets numbers come in any order.
    pub(in crate::ingest) any_order: bool,
    /// It is of `node --test`: files and suites are points too, and the numbers of files are not among those of tests.
    node: bool,
    /// What was printed at the top since the last point.
    said: String,
}

impl PointTree {
    pub(in crate::ingest) fn new(node: bool) -> PointTree {
        PointTree { node, ..PointTree::default() }
    }

    /// A line that a file of `node --test` printed; its point follows.
    pub(in crate::ingest) fn printed(&mut self, line: &str) {
        if self.node {
            keep_end(&mut self.said, &line.replace("\\#", "#").replace("\\\\", "\\"));
        }
    }

    fn level(&mut self, level: usize) -> &mut Level {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Level::default);
        }
        &mut self.levels[level]
    }

    pub(in crate::ingest) fn plan(&mut self, level: usize, count: u64) {
        let at = self.level(level);
        // The first plan stands; a second one at the top is a fault of its own.
        let second = at.plan.is_some();
        at.plan.get_or_insert(count);
        if level == 0 {
            self.known = true;
            if second {
                self.draft.fault("the output holds two plans");
            }
        }
    }

    pub(in crate::ingest) fn mark(&mut self, level: usize) {
        self.level(level).marked = true;
    }

    pub(in crate::ingest) fn point(
        &mut self,
        room: &mut Room,
        level: usize,
        mut point: Point,
    ) -> Result<(), ReadFault> {
        if level == 0 {
            self.known |= point.number.is_some();
            self.flush(room)?;
        }
        if !point.ok && point.directive != Some(Directive::Todo) {
            self.red += 1;
        }
        // Behind it bats runs none of the file's tests, and says so.
        self.ended |= level == 0 && is_hook(&point);
        let passed = point.ok && point.directive.is_none();
        let children = if point.opens { Vec::new() } else { self.collapse(level + 1, passed) };
        let open = point.opens;
        let said = if level == 0 { std::mem::take(&mut self.said) } else { String::new() };
        let said = if point.ok { String::new() } else { said };
        let (top, nth) = (self.node && level == 0, self.flushed + 1);
        let at = self.level(level);
        // Node numbers a file by its place among files, and a test by its place among all.
        let number = if top { nth } else { at.numbers.take(point.number) };
        if point.name.is_empty() {
            point.name = format!("test {number}");
        }
        at.nodes.push(Node {
            point,
            yaml: String::new(),
            twice: false,
            comments: String::new(),
            said,
            children,
        });
        at.open = open;
        Ok(())
    }

    /// `}` ends the subtests of the level's last point.
    pub(in crate::ingest) fn close(&mut self, level: usize) {
        if self.levels.get(level).is_some_and(|l| l.open) {
            let children = self.collapse(level + 1, false);
            let at = self.level(level);
            at.open = false;
            if let Some(node) = at.nodes.last_mut() {
                node.children = children;
            }
        }
    }

    /// Text that belongs to the last point of a level.
    pub(in crate::ingest) fn text(&mut self, level: usize, text: &str, is_yaml: bool) {
        if self.held > HELD {
            return;
        }
        let Some(node) = self.levels.get_mut(level).and_then(|l| l.nodes.last_mut()) else { return };
        if node.point.ok && !is_yaml {
            return;
        }
        node.twice |= is_yaml && !node.yaml.is_empty();
        let kept = if is_yaml { &mut node.yaml } else { &mut node.comments };
        let before = kept.len();
        append(kept, text, Failure::TEXT);
        append(kept, "\n", Failure::TEXT);
        self.held += kept.len() - before;
    }

    /// Takes everything from a level on. Indented points without a plan or a word of subtests are a test's own output; where the test
    /// itself `passed`, those that failed are kept: whether they are output nobody knows.
    fn collapse(&mut self, from: usize, passed: bool) -> Vec<Node> {
        let any_order = self.any_order;
        let mut orphans = Vec::new();
        for level in (from..self.levels.len()).rev() {
            let Level { mut nodes, plan, marked, numbers, .. } = std::mem::take(&mut self.levels[level]);
            if plan.is_none() && !marked {
                nodes.retain(|node| passed && is_red(node));
            } else if plan.unwrap_or(0) != nodes.len() as u64 {
                self.draft.fault(mismatch("its subtests", plan, nodes.len() as u64));
            } else if let Some(fault) = numbers.fault("a list of subtests", any_order) {
                self.draft.fault(fault);
            }
            nodes.append(&mut orphans);
            orphans = nodes;
        }
        self.levels.truncate(from.max(1));
        orphans
    }

    /// Moves the points of the top level into the draft; what belongs to the last of them has come.
    fn flush(&mut self, room: &mut Room) -> Result<(), ReadFault> {
        let Some(top) = self.levels.first_mut() else { return Ok(()) };
        if top.nodes.is_empty() {
            return Ok(());
        }
        let nodes = std::mem::take(&mut top.nodes);
        self.flushed += nodes.len() as u64;
        self.held = 0;
        for node in nodes {
            put(&mut self.draft, room, node, "", self.node)?;
        }
        Ok(())
    }

    /// The document is over; `partial`: its last line has no end. One that does not reach its plan is cut off.
    pub(in crate::ingest) fn finish(
        mut self,
        room: &mut Room,
        partial: bool,
    ) -> Result<ReadingDraft, ReadFault> {
        self.close(0);
        let orphans = self.collapse(1, false);
        self.flush(room)?;
        for orphan in orphans {
            let sentence = "subtests have no test that they belong to: the output is cut off";
            self.draft.fault_or_cut(!self.ended, sentence);
            put(&mut self.draft, room, orphan, "", self.node)?;
        }
        let any_order = self.any_order;
        let plan = self.levels.first().and_then(|l| l.plan);
        if plan != Some(self.flushed) {
            let short = partial || plan.is_none_or(|plan| plan > self.flushed);
            self.draft.fault_or_cut(short && !self.ended, mismatch("the output", plan, self.flushed));
        }
        if let Some(fault) = self.levels.first().and_then(|l| l.numbers.fault("the output", any_order)) {
            self.draft.fault(fault);
        }
        self.draft.take_off_times();
        Ok(self.draft)
    }
}

fn mismatch(what: &str, plan: Option<u64>, seen: u64) -> String {
    match plan {
        Some(plan) => format!("the plan of {what} says {plan}, but {seen} have results"),
        None => format!("{what} of {seen} has no plan: it is cut off"),
    }
}

/// Puts the leaves below a point into the draft, named `parent > child`. A parent is a case itself only where it failed and none
/// below it did, or where it says that it failed on its own.
fn put(
    draft: &mut ReadingDraft,
    room: &mut Room,
    node: Node,
    within: &str,
    of_node: bool,
) -> Result<bool, ReadFault> {
    let name =
        if within.is_empty() { node.point.name.clone() } else { format!("{within} > {}", node.point.name) };
    let name = cut(&name, 16 << 10).to_string();
    let parent = !node.children.is_empty();
    let mut below = false;
    for child in node.children {
        below |= put(draft, room, child, &name, of_node)?;
    }
    let status = match (node.point.directive, node.point.ok) {
        (Some(Directive::Todo | Directive::Skip), _) => TestStatus::Ignored,
        (_, false) => TestStatus::Failed,
        (_, true) => TestStatus::Passed,
    };
    let failed = status == TestStatus::Failed;
    let own = yaml::value(&node.yaml, "failureType").is_some_and(|t| t != "subtestsFailed");
    if parent && (!failed || (below && !own)) {
        return Ok(failed || below);
    }
    if of_node && status == TestStatus::Passed && entry::is_suite(&node.yaml) {
        return Ok(false);
    }
    let no_test =
        (of_node && failed).then(|| entry::of_point(&name, within.is_empty(), &node.yaml, &node.said));
    if let Some(fault) = no_test.flatten() {
        draft.fault_too(fault);
        return Ok(true);
    }
    let stated = yaml::value(&node.yaml, "duration_ms").and_then(|ms| ms.parse().ok());
    let duration_ms =
        node.point.duration_ms.or_else(|| stated.and_then(crate::ingest::collect::milliseconds));
    let failure = failed.then(|| match node.yaml.is_empty() {
        false if node.twice => yaml::failure(&node.yaml).resting_on(Basis::Fallback),
        false => yaml::failure(&node.yaml),
        true => of_comments(&node.comments),
    });
    if within.is_empty() && is_hook(&node.point) {
        draft.fault_of_hook(&name, failure.as_ref());
        return Ok(true);
    }
    draft.push(room, TestCase { name, status, duration_ms, failure, later: Vec::new(), selector: None })?;
    Ok(failed)
}

/// Whether a point, or one within it, failed.
fn is_red(node: &Node) -> bool {
    let own = !node.point.ok && node.point.directive.is_none();
    own || node.children.iter().any(is_red)
}

/// Whether a point is a hook of bats or mocha and no test: one that failed, as they show no other.
fn is_hook(point: &Point) -> bool {
    !point.ok && point.directive.is_none() && (is_bats_hook(&point.name) || is_mocha_hook(&point.name))
}

/// Perl's way: `#   Failed test 'x'`, `#   at t/a.t line 3.`, `#          got: '2'`. Comments are whatever a test prints; only both
/// sides of a comparison are words of the cause.
fn of_comments(comments: &str) -> Failure {
    if comments.lines().any(|l| panic::thread(l).is_some()) {
        return panic::failure(comments, Failure::TEXT);
    }
    let place = comments.lines().find_map(|line| of_bats(line).or_else(|| perl_place(line)));
    let place = place.or_else(|| comments.lines().find_map(of_end));
    let told = |l: &&str| !l.is_empty() && !l.starts_with("Looks like you failed");
    let lines = || comments.lines().map(str::trim);
    let sides = |side: &str| lines().filter(|l| l.starts_with(side)).count();
    let message = lines().find(told).unwrap_or_default();
    // bats says first where it failed, then by which words, then what was printed.
    if comments.lines().any(|line| of_bats(line).is_some()) {
        let told =
            lines().filter(|l| !l.is_empty() && of_bats(l).is_none() && !l.starts_with("(from function"));
        let told = told.collect::<Vec<_>>().join("\n");
        if !told.is_empty() {
            let test = comments.lines().filter(|line| line.contains("in test file ")).find_map(of_bats);
            let basis = if is_whole(comments, Failure::TEXT) { Basis::Assertion } else { Basis::Fallback };
            return Failure::new(&told, comments.trim_end(), test.or(place)).resting_on(basis);
        }
    }
    if sides("got: ") == 0 || sides("expected: ") == 0 {
        return Failure::new(message, comments.trim_end(), place);
    }
    let told = lines().filter(told).filter(|l| perl_place(l).is_none()).collect::<Vec<_>>().join("\n");
    let basis = if is_whole(comments, Failure::TEXT) { Basis::Assertion } else { Basis::Fallback };
    Failure::new(&told, comments.trim_end(), place).resting_on(basis)
}

fn perl_place(line: &str) -> Option<SourcePlace> {
    let (_, rest) = line.split_once("at ")?;
    let (file, line) = rest.split_once(" line ")?;
    let line = line.trim_end_matches('.').parse().ok()?;
    (!file.is_empty()).then(|| SourcePlace { file: cut(file, 4096).into(), line, column: 0 })
}
