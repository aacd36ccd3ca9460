//! One check: `when`, `for_each`, `assert`. The place where anything but `true` becomes a finding.

use super::scope::GateScope;
use super::spell::{chain, escape_token, one_line};
use super::told;
use crate::model::artifact::Bound;
use crate::model::finding::{Finding, Reason};
use crate::model::gate::{Gate, GateCheck, Piece};
use crate::model::waiver::EntryKind;
use std::ops::ControlFlow;
use tollgate_lang::cel::{EvalError, Expr, Meter, Read, Reads, Scope as _, Type, Value};
use tollgate_text::json::{Json, TextPlace};

/// Findings of one check that are told in full; the rest is counted.
const TOLD: usize = 25;
/// Values that a false assertion is shown with.
const SHOWN: usize = 6;
/// Characters of a text that a check lists one by one (`findings`), as the message of a failed test.
const LISTED: usize = 4_000;

/// Judges `check` in `scope` and adds what is wrong to `findings`. `meter` is the gate's. Whether it applied: a check
/// whose every `when` was false has judged nothing; one over a list that may be empty, and is, has. And how many findings of it are
/// counted and not told.
pub(super) fn judge(
    gate: &Gate,
    check: &GateCheck,
    scope: &GateScope<'_>,
    meter: &Meter,
    findings: &mut Vec<Finding>,
) -> CheckEnd {
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
pub(super) struct CheckEnd {
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
    place: Option<TextPlace>,
}

struct Sink<'a> {
    gate: &'a Gate,
    check: &'a GateCheck,
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

    fn close(self) -> CheckEnd {
        if self.left_out > 0 {
            let reason = self.findings.last().map_or(Reason::Assertion, |f| f.reason);
            let message = format!("{} more of check `{}` are not listed", self.left_out, self.check.id);
            self.findings
                .push(Finding { check: Some(self.check.id.clone()), ..Finding::new(reason, message) });
        }
        CheckEnd { applied: self.applied, left_out: self.left_out }
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
                place: Some(TextPlace { line: number, column: 1 }),
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
            spot.place = Some(TextPlace { line: region.line, column: region.column });
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
    let lifecycle = check.for_each.iter().chain([&check.assert]).any(|e| about.iter().any(|n| e.mentions(n)));
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
fn message(check: &GateCheck, scope: &GateScope<'_>, meter: &Meter) -> String {
    let Some(pieces) = &check.message else {
        return format!("`{}` is false", one_line(&check.assert));
    };
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(literal) => text.push_str(literal),
            Piece::Expr(expr) => match expr.eval(scope, meter) {
                Ok(value) if check.told.findings.is_some() => text.push_str(&value.text(LISTED)),
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
        "waivers" => EntryKind::Waiver,
        "quarantines" => EntryKind::Quarantine,
        _ => return None,
    };
    scope.facts.place_of(kind, &it.field("id")?.show())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{AMPLE, Ground, NoHost, check, entry, expr, facts, gate_of, region};
    use super::super::scope::BoundFacts;
    use super::*;
    use crate::model::waiver::EntryState;
    use serde_json::{Value as Raw, json};
    use tollgate_lang::cel::Budget;

    const ARTIFACTS: [&str; 3] = ["doc", "log", "other"];

    /// Whether the check applied, and what it found.
    fn within(check: &GateCheck, ground: &Ground, facts: &BoundFacts) -> (bool, Vec<Finding>) {
        let (gate, evidence, meter) =
            (gate_of(&ARTIFACTS, None, Vec::new()), ground.evidence(), facts.meter());
        let scope = GateScope { evidence: &evidence, facts, host: &NoHost, it: None };
        let mut findings = Vec::new();
        let applied = judge(&gate, check, &scope, &meter, &mut findings).applied;
        assert_eq!(meter.held(), 0, "what a check held is given back");
        (applied, findings)
    }

    fn judged(check: &GateCheck, ground: &Ground) -> (bool, Vec<Finding>) {
        within(check, ground, &facts(AMPLE))
    }

    /// The one finding.
    fn one_of(check: &GateCheck, ground: &Ground) -> Finding {
        let (applied, mut findings) = judged(check, ground);
        assert!(applied);
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.remove(0)
    }

    fn document(value: Raw) -> Ground {
        Ground::default().document("doc", value)
    }

    fn wanted(reason: Reason, message: &str, expected: &str, actual: Option<&str>) -> Finding {
        Finding {
            check: Some("c".into()),
            expected: Some(expected.into()),
            actual: actual.map(String::from),
            ..Finding::new(reason, message)
        }
    }

    /// As `wanted`, of an artifact.
    fn at_pointer(artifact: &str, pointer: &str, finding: Finding) -> Finding {
        Finding {
            artifact: Some(artifact.into()),
            path: Some(format!("run/{artifact}.json")),
            pointer: Some(pointer.into()),
            ..finding
        }
    }

    #[test]
    fn a_false_assertion_says_what_it_looked_at_and_where() {
        let ground = document(json!({"total": 3, "passed": 1, "tot": 9}));
        let text = "doc.total ==\n    doc.passed";
        let found = wanted(
            Reason::Assertion,
            "`doc.total == doc.passed` is false",
            "doc.total == doc.passed",
            Some("doc.passed = 1, doc.total = 3"),
        );
        assert_eq!(one_of(&check("c", None, text), &ground), at_pointer("doc", "/passed", found));
        // A name that begins as another does is not below it, and the last of a branch is what was used.
        let found = wanted(
            Reason::Assertion,
            "`doc.tot + doc.total == 1` is false",
            "doc.tot + doc.total == 1",
            Some("doc.tot = 9, doc.total = 3"),
        );
        let both = check("c", None, "doc.tot + doc.total == 1");
        assert_eq!(one_of(&both, &ground), at_pointer("doc", "/tot", found));
        assert_eq!(judged(&check("c", None, "doc.total == 3"), &ground), (true, vec![]));
    }

    #[test]
    fn the_place_is_the_first_artifact_of_the_gate_that_was_read() {
        let mut facts = facts(AMPLE);
        facts.bind("lane", Ok(json!("full")));
        let ground = document(json!({"a": "x"})).document("other", json!({"b": "y"}));
        let of = |text: &str| within(&check("c", None, text), &ground, &facts).1.remove(0);
        let both = of("other.b == doc.a");
        assert_eq!((both.artifact.as_deref(), both.pointer.as_deref()), (Some("doc"), Some("/a")));
        assert_eq!(
            (both.path.as_deref(), both.actual.as_deref()),
            (Some("run/doc.json"), Some("doc.a = \"x\", other.b = \"y\""),)
        );
        assert_eq!(of("other.b == 'z'").path.as_deref(), Some("run/other.json"));
        // A fact is shown and is no place.
        let fact = of("lane == 'preflight'");
        assert_eq!((fact.artifact, fact.path, fact.pointer, fact.place), (None, None, None, None));
        assert_eq!(fact.actual.as_deref(), Some("lane = \"full\""));
        let after = of("lane == other.b");
        assert_eq!((after.artifact.as_deref(), after.pointer.as_deref()), (Some("other"), Some("/b")));
        // What looks at nothing shows nothing.
        assert_eq!(of("1 == 2"), wanted(Reason::Assertion, "`1 == 2` is false", "1 == 2", None));
    }

    #[test]
    fn six_values_are_shown_and_more_are_hinted_at() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let members = names.iter().map(|name| (name.to_string(), json!(1))).collect();
        let ground = document(Raw::Object(members));
        let sum = |count: usize| {
            let terms: Vec<_> = names[..count].iter().map(|name| format!("doc.{name}")).collect();
            one_of(&check("c", None, &format!("{} == 0", terms.join(" + "))), &ground).actual.unwrap()
        };
        let six = "doc.a = 1, doc.b = 1, doc.c = 1, doc.d = 1, doc.e = 1, doc.f = 1";
        assert_eq!(sum(5), six[..six.len() - ", doc.f = 1".len()]);
        assert_eq!(sum(6), six);
        assert_eq!(sum(7), format!("{six}, …"));
        assert_eq!(sum(8), format!("{six}, …"));
    }

    #[test]
    fn an_element_stands_at_its_pointer() {
        let ground = document(
            json!({"rows": [{"x": 2}, {"x": 0, "key": "k"}], "by": {"a/b~c": 0, "d": 5}, "n": [1, 0]}),
        )
        .document("other", json!({"least": 1}));
        let of = |list: &str, assert: &str| one_of(&check("c", Some(list), assert), &ground);
        let found = wanted(
            Reason::Assertion,
            "`it.x >= other.least` is false",
            "it.x >= other.least",
            Some("it.x = 0, other.least = 1"),
        );
        assert_eq!(of("doc.rows", "it.x >= other.least"), at_pointer("doc", "/rows/1", found));
        let found = wanted(Reason::Assertion, "`it > 0` is false", "it > 0", Some("it = 0"));
        assert_eq!(of("doc.n", "it > 0"), at_pointer("doc", "/n/1", found));
        let member = of("doc.by", "it.value > 0");
        assert_eq!(member.pointer.as_deref(), Some("/by/a~1b~0c"));
        assert_eq!(member.artifact.as_deref(), Some("doc"));
        assert_eq!(member.path.as_deref(), Some("run/doc.json"));
        // Of what the key or the value of a member holds the place is told, and no value that is not it.
        let maps = document(json!({"by": {"a": {"x": 0}}}));
        let deep = one_of(&check("c", Some("doc.by"), "it.value.x > 0"), &maps);
        assert_eq!((deep.pointer.as_deref(), deep.actual), (Some("/by/a"), None));
        // A list that an expression makes has no place of its own.
        let made = of("doc.n.filter(n, true)", "it > 0");
        assert_eq!(made, wanted(Reason::Assertion, "`it > 0` is false", "it > 0", Some("it = 0")));
        let whole = Ground::default().document("doc", json!([[1], []]));
        let row = one_of(&check("c", Some("doc"), "size(it) == 1"), &whole);
        assert_eq!(row.pointer.as_deref(), Some("/1"));
    }

    #[test]
    fn an_element_of_a_fact_has_no_place_in_evidence() {
        let mut facts = facts(AMPLE);
        facts.bind("run_gaps", Ok(json!(["a"])));
        let (_, found) = within(&check("c", Some("run_gaps"), "it == ''"), &Ground::default(), &facts);
        let finding = wanted(Reason::Assertion, "`it == \'\'` is false", "it == ''", Some("it = \"a\""));
        assert_eq!(found, [finding]);
    }

    #[test]
    fn a_line_stands_at_its_number() {
        let ground = Ground::default().lines("log", &[json!({"n": 1}), json!({"n": 0}), json!({"n": 2})]);
        let found = wanted(Reason::Assertion, "`it.n > 0` is false", "it.n > 0", Some("it.n = 0"));
        let found = Finding { place: Some(TextPlace { line: 2, column: 1 }), ..at_pointer("log", "", found) };
        let each = check("c", Some("log"), "it.n > 0");
        assert_eq!(one_of(&each, &ground), found);
        // With another artifact beside it, the path is its own.
        assert_eq!(one_of(&each, &ground.document("doc", json!(1))).path.as_deref(), Some("run/log.json"));
        let ground = Ground::default().lines("log", &[json!({"n": 1})]);
        assert_eq!(judged(&each, &ground), (true, vec![]));
        let listed = one_of(&check("c", None, "log[0].n == 2"), &ground);
        assert_eq!(
            (listed.pointer.as_deref(), listed.actual.as_deref()),
            (Some("/0/n"), Some("log.0.n = 1"))
        );
        // What is walked and has changed meanwhile says so, whatever the lines said.
        let swapped = ground.swapped("log", "its bytes have changed");
        assert_eq!(
            one_of(&each, &swapped),
            wanted(Reason::Unreadable, "its bytes have changed", "log", None)
        );
    }

    #[test]
    fn entries_are_named_by_where_they_stand() {
        let mut facts = facts(AMPLE);
        let waivers = [
            entry(EntryKind::Waiver, "g", EntryState::Expired, Some(region(5, 3))),
            entry(EntryKind::Waiver, "h", EntryState::Active, Some(region(7, 1))),
        ];
        let quarantines = [
            entry(EntryKind::Quarantine, "g", EntryState::Expired, Some(region(9, 2))),
            entry(EntryKind::Quarantine, "nowhere", EntryState::Expired, None),
        ];
        facts.bind_entries(&waivers, &quarantines);
        let of = |list: &str| {
            within(&check("c", Some(list), "it.state == 'active'"), &Ground::default(), &facts).1
        };
        let found = |place: Option<(u64, u64)>| Finding {
            path: place.map(|_| "f.toml".into()),
            place: place.map(|(line, column)| TextPlace { line, column }),
            ..wanted(
                Reason::Waiver,
                "`it.state == 'active'` is false",
                "it.state == 'active'",
                Some("it.state = \"expired\""),
            )
        };
        assert_eq!(of("waivers"), [found(Some((5, 3)))]);
        assert_eq!(of("quarantines"), [found(Some((9, 2))), found(None)]);
        let reason = |check: &GateCheck| within(check, &Ground::default(), &facts).1[0].reason;
        assert_eq!(reason(&check("c", None, "size(waivers) == 0")), Reason::Waiver);
        assert_eq!(reason(&check("c", None, "size(quarantines) == 0")), Reason::Waiver);
        assert_eq!(reason(&check("c", Some("[1]"), "size(quarantines) == 0")), Reason::Waiver);
        assert_eq!(reason(&check("c", Some("waivers.map(w, w.id)"), "it == 'x'")), Reason::Waiver);
        assert_eq!(reason(&check("c", Some("[1]"), "it == 2")), Reason::Assertion);
    }

    #[test]
    fn a_check_applies_where_its_condition_is_true() {
        let ground = document(json!({"rows": [1, 2, 3], "on": false}));
        let when = |when: &str, list: Option<&str>, assert: &str| {
            judged(&GateCheck { when: Some(expr(when)), ..check("c", list, assert) }, &ground)
        };
        assert_eq!(when("doc.on", None, "false"), (false, vec![]));
        assert_eq!(when("!doc.on", None, "true"), (true, vec![]));
        assert_eq!(when("it > 3", Some("doc.rows"), "false"), (false, vec![]));
        assert_eq!(when("it == 2", Some("doc.rows"), "it == 2"), (true, vec![]));
        let (applied, found) = when("it == 2", Some("doc.rows"), "it == 3");
        assert_eq!((applied, found.len(), found[0].pointer.as_deref()), (true, 1, Some("/rows/1")));
        // What is neither true nor false, and an error, is no skip.
        let (applied, found) = when("doc.rows[0]", None, "true");
        let odd =
            wanted(Reason::Expression, "`doc.rows[0]` is 1, not true or false", "doc.rows[0]", Some("1"));
        assert_eq!((applied, found), (true, vec![odd]));
        let (applied, found) = when("doc.gone", None, "true");
        assert_eq!((applied, found.len(), found[0].reason), (true, 1, Reason::Expression));
    }

    #[test]
    fn what_is_no_answer_is_a_finding() {
        let ground = document(json!({"n": 3, "text": "a\nb", "rows": [1, "x", 2]}));
        let of = |assert: &str| one_of(&check("c", None, assert), &ground);
        assert_eq!(
            of("doc.n"),
            wanted(Reason::Expression, "`doc.n` is 3, not true or false", "doc.n", Some("3"))
        );
        let error = of("doc.gone == 1");
        let why = error.actual.clone().unwrap();
        let message = format!("`doc.gone == 1` cannot be evaluated: {why}");
        assert_eq!(error, wanted(Reason::Expression, &message, "doc.gone == 1", Some(&why)));
        // An error in one element hides no other.
        let (_, found) = judged(&check("c", Some("doc.rows"), "it + 1 > 2"), &ground);
        let places: Vec<_> = found.iter().map(|f| (f.reason, f.pointer.as_deref().unwrap())).collect();
        assert_eq!(places, [(Reason::Assertion, "/rows/0"), (Reason::Expression, "/rows/1")]);
        // Nor is what cannot be walked a list without elements.
        let list = |list: &str| one_of(&check("c", Some(list), "true"), &ground);
        assert_eq!(list("doc.n"), {
            let message = "`doc.n` is 3, not a list, a map or a jsonl artifact";
            wanted(Reason::Expression, message, "doc.n", Some("3"))
        });
        assert_eq!(list("doc.gone").reason, Reason::Expression);
        assert_eq!(list("doc.gone").expected.as_deref(), Some("doc.gone"));
    }

    #[test]
    fn an_empty_list_has_checked_nothing() {
        let ground = document(json!({"rows": [], "by": {}})).lines("log", &[]);
        for list in ["doc.rows", "doc.by", "log", "doc.rows.map(r, r)"] {
            let each = check("c", Some(list), "true");
            let message = format!("`{list}` is empty: nothing was checked");
            assert_eq!(one_of(&each, &ground), wanted(Reason::Assertion, &message, list, Some("empty")));
            assert_eq!(judged(&GateCheck { empty_ok: true, ..each }, &ground), (true, vec![]), "{list}");
        }
    }

    #[test]
    fn twenty_five_are_told_and_the_rest_is_counted() {
        let rows = |count: usize| document(json!({"rows": (0..count).collect::<Vec<_>>()}));
        for (assert, reason) in
            [("it < 0", Reason::Assertion), ("it.x", Reason::Expression), ("it", Reason::Expression)]
        {
            for (count, told, more) in [(24, 24, None), (25, 25, None), (26, 25, Some(1)), (40, 25, Some(15))]
            {
                let (applied, found) = judged(&check("c", Some("doc.rows"), assert), &rows(count));
                assert!(applied);
                assert_eq!(found.len(), told + usize::from(more.is_some()), "{assert} {count}");
                for (at, finding) in found[..told].iter().enumerate() {
                    assert_eq!(finding.pointer, Some(format!("/rows/{at}")));
                    assert_eq!(finding.reason, reason);
                }
                if let Some(more) = more {
                    let message = format!("{more} more of check `c` are not listed");
                    let last = Finding { check: Some("c".into()), ..Finding::new(reason, message) };
                    assert_eq!(found[told], last);
                }
            }
        }
    }

    #[test]
    fn a_limit_is_told_after_all_that_is_told_and_ends_the_list() {
        let dear = "d.all(a, d.all(b, a + b >= 0))";
        let budget = Budget { steps: 1_000, gate_steps: 5_000, ..AMPLE };
        let ground = |count: usize| {
            document(json!((0..count).collect::<Vec<_>>())).document("d", json!((0..100).collect::<Vec<_>>()))
        };
        let limit = |told: &Finding, at: usize, expected: &str| {
            let why = "the expression needs more than its 1000 comprehension steps";
            let message = format!("`{expected}` cannot be evaluated: {why}");
            let found = wanted(Reason::Limit, &message, expected, Some(why));
            assert_eq!(*told, at_pointer("doc", &format!("/{at}"), found));
        };
        let assert = format!("it >= 30 && {dear}");
        let (applied, found) = within(&check("c", Some("doc"), &assert), &ground(40), &facts(budget));
        assert!(applied);
        assert_eq!(found.len(), 27);
        assert!(found[..25].iter().all(|finding| finding.reason == Reason::Assertion));
        limit(&found[25], 30, &assert);
        let rest = Finding::new(Reason::Limit, "5 more of check `c` are not listed");
        assert_eq!(found[26], Finding { check: Some("c".into()), ..rest });
        // A condition that meets it ends the list, too.
        let when = GateCheck { when: Some(expr(dear)), ..check("c", Some("doc"), "true") };
        let (applied, found) = within(&when, &ground(3), &facts(budget));
        assert_eq!((applied, found.len()), (true, 1));
        limit(&found[0], 0, dear);
        // Lines as well.
        let lines = Ground::default()
            .lines("log", &[json!(1), json!(2)])
            .document("d", json!((0..100).collect::<Vec<_>>()));
        let (_, found) = within(&check("c", Some("log"), dear), &lines, &facts(budget));
        let found: Vec<_> = found.iter().map(|f| (f.reason, f.place.map(|place| place.line))).collect();
        assert_eq!(found, [(Reason::Limit, Some(1))]);
    }

    #[test]
    fn of_what_is_only_counted_no_message_is_worked_out() {
        let rows = document(json!({"rows": (0..100).collect::<Vec<_>>()}));
        let message = Some(vec![Piece::Expr(expr("size(doc.rows.map(a, a))"))]);
        // The assertion takes a step, so that it would notice that none are left.
        let costly = GateCheck { message, ..check("c", Some("doc.rows"), "[it].exists(i, i < 0)") };
        // Enough for 25 messages, and not for all.
        let budget = Budget { steps: 1_000, gate_steps: 8_000, ..AMPLE };
        let (_, found) = within(&costly, &rows, &facts(budget));
        assert!(found[..25].iter().all(|finding| finding.message == "100"), "{found:?}");
        assert_eq!(found[25].message, "75 more of check `c` are not listed");
        assert_eq!((found.len(), found[25].reason), (26, Reason::Assertion));
    }

    #[test]
    fn a_message_shows_its_values_and_its_errors() {
        let ground = document(json!({"n": 3, "names": ["a"], "text": "t"}));
        let message = vec![
            Piece::Text("n is ".into()),
            Piece::Expr(expr("doc.n")),
            Piece::Text(", ".into()),
            Piece::Expr(expr("doc.text")),
            Piece::Text(" of ".into()),
            Piece::Expr(expr("doc.names")),
        ];
        let told = GateCheck { message: Some(message), ..check("c", None, "doc.n == 4") };
        assert_eq!(one_of(&told, &ground).message, "n is 3, t of [\"a\"]");
        let broken = GateCheck { message: Some(vec![Piece::Expr(expr("1 +\n doc.text"))]), ..told };
        let found = one_of(&broken, &ground);
        assert!(found.message.starts_with("<1 + doc.text: ") && found.message.ends_with('>'), "{found:?}");
        assert_eq!(found.reason, Reason::Assertion);
    }

    #[test]
    fn an_expression_is_one_line_unless_it_has_a_comment() {
        for (text, wanted) in [
            ("a", "a"),
            ("  a  ", "a"),
            ("a &&\n    b", "a && b"),
            ("a &&\r\n\n   \n  b\n", "a && b"),
            ("a && // why\n  b", "a && // why\n  b"),
        ] {
            assert_eq!(one_line(&expr(text)), wanted);
        }
    }

    #[test]
    fn only_a_chain_of_names_has_a_pointer() {
        for (text, wanted) in [
            ("a", Some(("a", ""))),
            (" a.b ", Some(("a", "/b"))),
            ("a.b_1.C", Some(("a", "/b_1/C"))),
            ("_a1._", Some(("_a1", "/_"))),
            ("", None),
            (".a", None),
            ("a.", None),
            ("a..b", None),
            ("1a", None),
            ("a.1", None),
            ("a.1b", None),
            ("a[0]", None),
            ("a.b[0].c", None),
            ("a . b", None),
            ("a.map(x", None),
            ("ä", None),
            ("a-b.c", None),
        ] {
            let found = chain(text);
            let found = found.as_ref().map(|(name, pointer)| (name.as_str(), pointer.as_str()));
            assert_eq!(found, wanted, "{text:?}");
        }
    }

    #[test]
    fn a_key_is_escaped_as_a_pointer_has_it() {
        for (key, wanted) in [("a", "a"), ("a/b", "a~1b"), ("a~b", "a~0b"), ("~1", "~01"), ("", "")] {
            assert_eq!(escape_token(key), wanted);
        }
    }
}
