//! One check: `when`, `for_each`, `assert`. The place where anything but `true` becomes a finding.

use super::scope::GateScope;
use super::told;
use crate::base::json::{Json, Place};
use crate::lang::cel::{EvalError, Expr, Meter, Read, Reads, Scope as _, Type, Value};
use crate::model::artifact::Bound;
use crate::model::finding::{Finding, Reason};
use crate::model::gate::{Check, Gate, Piece};
use crate::model::waiver::Kind;
use std::ops::ControlFlow;

/// Findings of one check that are told in full; the rest is counted.
const TOLD: usize = 25;
/// Values that a false assertion is shown with.
const SHOWN: usize = 6;

/// Judges `check` in `scope` and adds what is wrong to `findings`. `meter` is the gate's. Whether it applied: a check
/// whose every `when` was false has judged nothing; one over a list that may be empty, and is, has. And how many findings of it are
/// counted and not told.
pub(super) fn judge(
    gate: &Gate,
    check: &Check,
    scope: &GateScope<'_>,
    meter: &Meter,
    findings: &mut Vec<Finding>,
) -> Ended {
    let mut sink = Sink { gate, check, meter, findings, told: 0, left_out: 0, applied: false };
    let held = meter.held();
    match &check.for_each {
        None => _ = element(&mut sink, scope, &Spot::default()),
        Some(list) => each(&mut sink, scope, list),
    }
    meter.release(held);
    sink.close()
}

/// What became of a check beside its findings.
pub(super) struct Ended {
    /// It judged something.
    pub applied: bool,
    /// Findings that the last one of it counts.
    pub left_out: usize,
}

/// Where in the evidence an element stands.
#[derive(Default, Clone)]
struct Spot {
    artifact: Option<String>,
    pointer: Option<String>,
    path: Option<String>,
    place: Option<Place>,
}

struct Sink<'a> {
    gate: &'a Gate,
    check: &'a Check,
    meter: &'a Meter,
    findings: &'a mut Vec<Finding>,
    told: usize,
    left_out: usize,
    applied: bool,
}

impl Sink<'_> {
    /// Counts one more finding that is not told; whether it is.
    fn is_full(&mut self) -> bool {
        let full = self.told == TOLD;
        self.left_out += usize::from(full);
        full
    }

    fn add(&mut self, reason: Reason, message: String, expected: &Expr, actual: Option<String>, spot: &Spot) {
        self.applied = true;
        if self.is_full() {
            return;
        }
        self.told += 1;
        self.findings.push(Finding {
            check: Some(self.check.id.clone()),
            artifact: spot.artifact.clone(),
            path: spot.path.clone(),
            pointer: spot.pointer.clone(),
            place: spot.place,
            expected: Some(one_line(expected)),
            actual,
            ..Finding::new(reason, message)
        });
    }

    /// One of several things that a false assertion is about.
    fn tell(&mut self, reason: Reason, expected: &Expr, spot: &Spot, finding: Finding) {
        let (message, title) = (finding.message.clone(), finding.title.clone());
        self.add(reason, message, expected, None, spot);
        if let Some(added) = self.findings.last_mut() {
            (added.title, added.at, added.reproduce) = (title, finding.at, finding.reproduce);
        }
    }

    fn close(self) -> Ended {
        if self.left_out > 0 {
            let reason = self.findings.last().map_or(Reason::Assertion, |f| f.reason);
            let message = format!("{} more of check `{}` are not listed", self.left_out, self.check.id);
            self.findings
                .push(Finding { check: Some(self.check.id.clone()), ..Finding::new(reason, message) });
        }
        Ended { applied: self.applied, left_out: self.left_out }
    }
}

fn each(sink: &mut Sink<'_>, scope: &GateScope<'_>, list: &Expr) {
    let (artifact, base) = chain(list.text()).unwrap_or_default();
    if let Some(Bound::Lines(lines)) = scope.evidence.bound.get(list.text()) {
        let path = scope.evidence.records.iter().find(|r| r.name == artifact).map(|r| r.path.clone());
        let walked = lines.each(&mut |number, document| {
            let spot = Spot {
                artifact: Some(artifact.clone()),
                pointer: Some(String::new()),
                path: path.clone(),
                place: Some(Place { line: number, column: 1 }),
            };
            line(sink, scope, document, &spot)
        });
        if let Err(why) = walked {
            sink.add(Reason::Unreadable, why, list, None, &Spot::default());
        } else if lines.count() == 0 {
            empty(sink, list);
        }
        return;
    }
    let value = match list.eval(scope, sink.meter) {
        Ok(value) => value,
        Err(error) => {
            let _ = failed(sink, list, error, &Spot::default());
            return;
        }
    };
    let Some(elements) = value.elements() else {
        let message =
            format!("`{}` is {}, not a list, a map or a jsonl artifact", one_line(list), value.show());
        return sink.add(Reason::Expression, message, list, Some(value.show()), &Spot::default());
    };
    if elements.len() == 0 {
        return empty(sink, list);
    }
    let known = sink.gate.artifacts.contains_key(&artifact);
    let path = scope.evidence.records.iter().find(|r| r.name == artifact).map(|r| r.path.clone());
    for (index, it) in elements.enumerate() {
        let mut spot = Spot::default();
        if known {
            spot.artifact = Some(artifact.clone());
            spot.path = path.clone();
            spot.pointer = Some(match it.field("key").filter(|_| value.type_of() == Type::Map) {
                Some(key) => format!("{base}/{}", escape_token(&key.show())),
                None => format!("{base}/{index}"),
            });
        } else if let Some(region) = entry_region(scope, list.text(), &it) {
            spot.path = Some(region.path.clone());
            spot.place = Some(Place { line: region.line, column: region.column });
        }
        if element(sink, &GateScope { it: Some(it), ..scope.clone() }, &spot).is_break() {
            return;
        }
    }
}

/// One line of a jsonl artifact: its document lives only for the visit.
fn line<'s>(
    sink: &mut Sink<'_>,
    scope: &'s GateScope<'s>,
    document: &'s Json<'s>,
    spot: &Spot,
) -> ControlFlow<()> {
    element(sink, &GateScope { it: Some(Value::from_json(document)), ..scope.clone() }, spot)
}

/// Judges one element; broken off where a limit is met, since the elements behind it would meet it as well.
fn element(sink: &mut Sink<'_>, scope: &GateScope<'_>, spot: &Spot) -> ControlFlow<()> {
    let (meter, held) = (sink.meter, sink.meter.held());
    let flow = one(sink, scope, spot);
    meter.release(held);
    flow
}

fn one(sink: &mut Sink<'_>, scope: &GateScope<'_>, spot: &Spot) -> ControlFlow<()> {
    let (check, meter) = (sink.check, sink.meter);
    if let Some(when) = &check.when {
        match when.eval(scope, meter) {
            Ok(Value::Bool(true)) => {}
            Ok(Value::Bool(false)) => return ControlFlow::Continue(()),
            Ok(other) => {
                not_boolean(sink, when, &other, spot);
                return ControlFlow::Continue(());
            }
            Err(error) => return failed(sink, when, error, spot),
        }
    }
    sink.applied = true;
    match check.assert.eval(scope, meter) {
        Ok(Value::Bool(true)) => {}
        // Of what is only counted nothing is worked out.
        Ok(Value::Bool(false)) if sink.is_full() => {}
        Ok(Value::Bool(false)) => is_false(sink, scope, spot),
        Ok(other) => not_boolean(sink, &check.assert, &other, spot),
        Err(error) => return failed(sink, &check.assert, error, spot),
    }
    ControlFlow::Continue(())
}

/// The assertion is false: one finding, or where the check lists what it is about, one for each.
fn is_false(sink: &mut Sink<'_>, scope: &GateScope<'_>, spot: &Spot) {
    let (check, meter) = (sink.check, sink.meter);
    let about = ["waivers", "quarantines"];
    let lifecycle =
        check.for_each.iter().chain([&check.assert]).any(|e| about.iter().any(|n| e.mentions(n)));
    let reason = if lifecycle { Reason::Waiver } else { Reason::Assertion };
    let seen = evidence_read(sink.gate, scope, &check.assert, spot, meter);
    let untold = match &check.told.findings {
        None => None,
        Some(list) => match listed(sink, scope, list, reason, &seen.spot) {
            Ok(()) => return,
            Err(why) => Some(why),
        },
    };
    let mut finding = Finding::new(reason, "");
    match untold {
        // What is told is of an element, and there is none.
        Some(why) => finding.message = format!("`{}` is false{why}", one_line(&check.assert)),
        None => {
            finding.message = message(check, scope, meter);
            told::complete(&mut finding, &check.told, scope, meter);
        }
    }
    sink.tell(reason, &check.assert, &seen.spot, finding);
    if let Some(added) = sink.findings.last_mut() {
        added.actual = seen.actual;
    }
}

/// One finding for each element of what the check lists; or why there is none, a clause.
fn listed(
    sink: &mut Sink<'_>,
    scope: &GateScope<'_>,
    list: &Expr,
    reason: Reason,
    spot: &Spot,
) -> Result<(), String> {
    let (check, meter) = (sink.check, sink.meter);
    let found = list.eval(scope, meter).map_err(|error| match error {
        EvalError::Expression(why) | EvalError::Limit(why) => format!("; `{}`: {why}", one_line(list)),
    })?;
    let elements = found.elements().filter(|elements| elements.len() > 0);
    let elements = elements.ok_or_else(|| format!(", and `{}` tells nothing of it", one_line(list)))?;
    for it in elements {
        // Of what is only counted nothing is worked out.
        if sink.is_full() {
            continue;
        }
        let held = meter.held();
        let scope = GateScope { it: Some(it), ..scope.clone() };
        let mut finding = Finding::new(reason, message(check, &scope, meter));
        told::complete(&mut finding, &check.told, &scope, meter);
        sink.tell(reason, &check.assert, spot, finding);
        meter.release(held);
    }
    Ok(())
}

fn not_boolean(sink: &mut Sink<'_>, expr: &Expr, value: &Value<'_>, spot: &Spot) {
    let message = format!("`{}` is {}, not true or false", one_line(expr), value.show());
    sink.add(Reason::Expression, message, expr, Some(value.show()), spot);
}

/// The expression as one line of a report: a line break that a gate file holds for its own readers would be shown as `\n`.
/// A comment keeps its line.
pub(super) fn one_line(expr: &Expr) -> String {
    let text = expr.text().trim();
    if text.contains("//") {
        return text.to_string();
    }
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Adds the error; breaks off where it is a limit.
fn failed(sink: &mut Sink<'_>, expr: &Expr, error: EvalError, spot: &Spot) -> ControlFlow<()> {
    let (reason, why, flow) = match error {
        EvalError::Expression(why) => (Reason::Expression, why, ControlFlow::Continue(())),
        EvalError::Limit(why) => (Reason::Limit, why, ControlFlow::Break(())),
    };
    if reason == Reason::Limit {
        // A limit is told whatever else was: it says that the rest was not judged.
        sink.told = sink.told.min(TOLD - 1);
    }
    sink.add(reason, format!("`{}` cannot be evaluated: {why}", one_line(expr)), expr, Some(why), spot);
    flow
}

fn empty(sink: &mut Sink<'_>, list: &Expr) {
    sink.applied = true;
    if !sink.check.empty_ok {
        let message = format!("`{}` is empty: nothing was checked", one_line(list));
        sink.add(Reason::Assertion, message, list, Some("empty".into()), &Spot::default());
    }
}

/// The check's message with its expressions filled in; an error in one is shown and changes nothing.
fn message(check: &Check, scope: &GateScope<'_>, meter: &Meter) -> String {
    let Some(pieces) = &check.message else {
        return format!("`{}` is false", one_line(&check.assert));
    };
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(literal) => text.push_str(literal),
            Piece::Expr(expr) => match expr.eval(scope, meter) {
                Ok(value) => text.push_str(&value.show()),
                Err(EvalError::Expression(why) | EvalError::Limit(why)) => {
                    text.push_str(&format!("<{}: {why}>", one_line(expr)));
                }
            },
        }
    }
    text
}

/// What a false assertion looked at.
struct Seen {
    spot: Spot,
    actual: Option<String>,
}

/// The values that the assertion looked at, and the place of the first of them that is evidence.
fn evidence_read(gate: &Gate, scope: &GateScope<'_>, assert: &Expr, spot: &Spot, meter: &Meter) -> Seen {
    let mut seen = Seen { spot: spot.clone(), actual: None };
    let mut reads = Reads::default();
    // The value is known; only what was looked at is asked for.
    let _ = assert.eval_traced(scope, meter, &mut reads);
    let reads: Vec<&Read> = reads.iter().collect();
    let used = reads.iter().enumerate().filter(|(at, read)| {
        // Sorted: what lies below a node follows it at once.
        let below = |next: &&&Read| {
            next.name == read.name
                && next.pointer.strip_prefix(&read.pointer).is_some_and(|rest| rest.starts_with('/'))
        };
        reads.get(at + 1).filter(below).is_none()
    });
    let mut shown: Vec<String> = Vec::new();
    for (_, read) in used {
        let Some(Ok(root)) = scope.variable(&read.name) else { continue };
        let Some(value) = at(&root, &read.pointer) else { continue };
        if seen.spot.artifact.is_none() && gate.artifacts.contains_key(&read.name) {
            seen.spot.path =
                scope.evidence.records.iter().find(|r| r.name == read.name).map(|r| r.path.clone());
            seen.spot.artifact = Some(read.name.clone());
            seen.spot.pointer = Some(read.pointer.clone());
        }
        if shown.len() == SHOWN {
            shown.push("…".into());
            break;
        }
        let name = format!("{}{}", read.name, read.pointer.replace('/', "."));
        shown.push(format!("{name} = {}", value.quoted()));
    }
    if !shown.is_empty() {
        seen.actual = Some(shown.join(", "));
    }
    seen
}

fn at<'v>(root: &Value<'v>, pointer: &str) -> Option<Value<'v>> {
    match root {
        Value::Json(json) => json.pointer(pointer).map(Value::from_json),
        other if pointer.is_empty() => Some(other.clone()),
        _ => None,
    }
}

/// The waiver or quarantine entry an element of those lists is.
fn entry_region<'s>(
    scope: &'s GateScope<'_>,
    list: &str,
    it: &Value<'_>,
) -> Option<&'s crate::model::gate::Region> {
    let kind = match list {
        "waivers" => Kind::Waiver,
        "quarantines" => Kind::Quarantine,
        _ => return None,
    };
    scope.facts.place_of(kind, &it.field("id")?.show())
}

/// `a.b.c` -> ("a", "/b/c"); `None` for anything that is not a plain chain of names.
fn chain(text: &str) -> Option<(String, String)> {
    let name = |s: &str| {
        !s.is_empty()
            && !s.starts_with(|c: char| c.is_ascii_digit())
            && s.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let mut parts = text.trim().split('.');
    let first = parts.next().filter(|p| name(p))?;
    let mut pointer = String::new();
    for part in parts {
        if !name(part) {
            return None;
        }
        pointer.push('/');
        pointer.push_str(part);
    }
    Some((first.to_string(), pointer))
}

fn escape_token(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}
