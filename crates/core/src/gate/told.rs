//! What a check tells of a finding beside its message: what it is about, where to look, and the command that repeats it. It decides
//! nothing: what cannot be told is said in the message.

use super::scope::GateScope;
use super::spell::one_line;
use crate::model::finding::{Finding, SourceAt};
use crate::model::gate::ToldByCheck;
use tollgate_lang::cel::{EvalError, Expr, Meter, Scope as _, Type, Value};
use tollgate_text::escape::fit;

/// Longest title, in characters.
const TITLE: usize = 300;
/// Longest place, in characters.
const PLACE: usize = 4_096;
/// Longest command, in characters; one that was cut would do something else.
const COMMAND: usize = 8_000;

/// Completes a finding with what its check tells of it in `scope`.
pub(super) fn complete(finding: &mut Finding, told: &ToldByCheck, scope: &GateScope<'_>, meter: &Meter) {
    let mut asides = Vec::new();
    let title = value(told.title.as_deref(), scope, meter, &mut asides);
    let at = value(told.at.as_deref(), scope, meter, &mut asides);
    let reproduce = value(told.reproduce.as_deref(), scope, meter, &mut asides);
    finding.title =
        title.map(|title| fit(&first_line(&title.text(COMMAND)), TITLE)).filter(|t| !t.is_empty());
    if let Some(command) = reproduce.map(|command| command.text(COMMAND + 1)).filter(|c| !c.trim().is_empty())
    {
        match command.chars().count() > COMMAND || command.contains(['\n', '\r']) {
            false => finding.reproduce = Some(command),
            true => asides.push("the command that repeats it is no single line that could be shown".into()),
        }
    }
    match at.as_ref().map(|at| (place(at), at)) {
        None => {}
        Some((None, at)) => asides.push(format!("<at: {} is no place>", at.show())),
        // A place that is not in the workspace is told, and nothing points at it.
        Some((Some(place), _)) => match scope.host().exists(&place.path, meter) {
            Ok(true) => finding.at = Some(place),
            Ok(false) | Err(_) => asides.push(format!("at {}", place.show())),
        },
    }
    for aside in asides {
        finding.message.push('\n');
        finding.message.push_str(&aside);
    }
}

/// The value of an expression, where there is one and it is not null.
fn value<'s>(
    expr: Option<&'s Expr>,
    scope: &'s GateScope<'s>,
    meter: &Meter,
    asides: &mut Vec<String>,
) -> Option<Value<'s>> {
    let expr = expr?;
    match expr.eval(scope, meter) {
        Ok(Value::Null) => None,
        Ok(value) => Some(value),
        Err(EvalError::Expression(why) | EvalError::Limit(why)) => {
            asides.push(format!("<{}: {why}>", one_line(expr)));
            None
        }
    }
}

fn first_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().trim_end().to_string()
}

/// `"path"`, `"path:line"`, `"path:line:column"`, or a map of `path`, `line` and `column`.
fn place(at: &Value<'_>) -> Option<SourceAt> {
    if at.type_of() == Type::Map {
        let number = |name: &str| match at.field(name)?.show().parse::<u64>() {
            Ok(0) | Err(_) => None,
            Ok(number) => Some(number),
        };
        let path = at.field("path").filter(|path| path.type_of() == Type::Str)?;
        return Some(SourceAt { path: path.text(PLACE), line: number("line"), column: number("column") });
    }
    if at.type_of() != Type::Str {
        return None;
    }
    let text = at.text(PLACE);
    let cut = |text: &str| -> Option<(String, u64)> {
        let (before, digits) = text.rsplit_once(':')?;
        let number = digits.parse::<u64>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
        (!before.is_empty()).then(|| (before.to_string(), number))
    };
    let known = |number: u64| Some(number).filter(|n| *n > 0);
    let place = match cut(&text) {
        None => SourceAt { path: text, line: None, column: None },
        Some((before, last)) => match cut(&before) {
            None => SourceAt { path: before, line: known(last), column: None },
            Some((path, line)) => SourceAt { path, line: known(line), column: known(last) },
        },
    };
    (!place.path.trim().is_empty()).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_text::json::Json;

    fn at(value: serde_json::Value) -> Option<String> {
        let json = Json::from_value(&value);
        place(&Value::from_json(&json)).map(|place| place.show())
    }

    #[test]
    fn a_place_is_a_path_with_numbers_behind_it_or_a_map() {
        for (value, shown) in [
            (serde_json::json!("a/b.rs"), Some("a/b.rs")),
            (serde_json::json!("a/b.rs:7"), Some("a/b.rs:7")),
            (serde_json::json!("a/b.rs:7:3"), Some("a/b.rs:7:3")),
            (serde_json::json!("a/b.rs:0:3"), Some("a/b.rs")),
            (serde_json::json!("a:b/c:9"), Some("a:b/c:9")),
            (serde_json::json!({"path": "a.py", "line": 6, "column": 0}), Some("a.py:6")),
            (serde_json::json!({"path": "a.py", "line": null}), Some("a.py")),
            (serde_json::json!({"line": 6}), None),
            (serde_json::json!(7), None),
            (serde_json::json!(""), None),
            (serde_json::json!([["a.py", 6]]), None),
        ] {
            assert_eq!(at(value.clone()).as_deref(), shown, "{value}");
        }
    }
}
