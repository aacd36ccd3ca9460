//! The sentences of violations.

use super::violation::Violation;
use serde_json::Value;
use tollgate_text::json::Json;

/// `found X, but Y is asked for`, and Y.
pub(super) fn wanted(found: &str, asked: impl Into<String>) -> (String, Option<String>) {
    let asked = asked.into();
    (format!("found {found}, but the schema asks for {asked}"), Some(asked))
}

/// `string` -> `a string`.
pub(super) fn article(name: &str) -> String {
    match name {
        "null" => "null".into(),
        "array" | "integer" | "object" => format!("an {name}"),
        other => format!("a {other}"),
    }
}

/// How many options of an `enum` a message names.
const NAMED: usize = 12;

/// The options of an `enum`.
pub(super) fn choices(options: &Value) -> String {
    let all: Vec<String> =
        options.as_array().into_iter().flatten().map(|o| Json::from_value(o).brief()).collect();
    match all.len() {
        0 => "nothing that exists".into(),
        1 => all.concat(),
        n if n > NAMED => format!("one of {}, … ({n} in all)", all[..NAMED].join(", ")),
        _ => format!("one of {}", all.join(", ")),
    }
}

/// What to say of a value that fits none of several alternatives: the violations of the one that it comes nearest to,
/// or, where none is nearer than the others, one violation that sums them up.
pub(super) fn nearest(whole: Violation, branches: Vec<Vec<Violation>>) -> Vec<Violation> {
    let depth = |pointer: &str| pointer.matches('/').count();
    let base = depth(&whole.pointer);
    // An alternative whose own `const` or `enum` one level down says "not me" comes after one that does not.
    let disowned = |branch: &[Violation]| {
        branch.iter().any(|v| matches!(v.keyword.as_str(), "const" | "enum") && depth(&v.pointer) == base + 1)
    };
    // Deeper faults are nearer: more of the value fitted. Then fewer are.
    let score = |branch: &Vec<Violation>| {
        let shallowest = branch.iter().map(|v| depth(&v.pointer)).min().unwrap_or(base);
        // Nor does one that the value misses as a whole come before one of which it misses a part.
        let missed = branch
            .iter()
            .any(|v| matches!(v.keyword.as_str(), "type" | "const" | "enum") && v.pointer == whole.pointer);
        (disowned(branch) || missed, std::cmp::Reverse(shallowest), branch.len())
    };
    let count = branches.len();
    let Some(best) = branches.iter().map(score).min() else { return vec![whole] };
    let mut nearest: Vec<&Vec<Violation>> = branches.iter().filter(|b| score(b) == best).collect();
    if let (1, Some(branch)) = (nearest.len(), nearest.pop()) {
        return branch
            .iter()
            .map(|v| Violation {
                message: format!("{} (by the nearest of {count} alternatives)", v.message),
                ..v.clone()
            })
            .collect();
    }
    vec![summed_up(whole, &branches)]
}

/// One violation for several alternatives of which none is nearest.
fn summed_up(mut whole: Violation, branches: &[Vec<Violation>]) -> Violation {
    let found = whole.actual.clone().unwrap_or_else(|| "nothing".into());
    let mut asked: Vec<String> = Vec::new();
    for branch in branches {
        let of_branch: Vec<String> = branch
            .iter()
            .map(|v| match (&v.expected, v.pointer.strip_prefix(&whole.pointer)) {
                (Some(expected), Some("")) => expected.clone(),
                (Some(expected), Some(below)) => format!("{expected} at {below}"),
                _ => v.message.clone(),
            })
            .collect();
        let text = of_branch.join(" and ");
        if !asked.contains(&text) {
            asked.push(text);
        }
    }
    let more = asked.len().saturating_sub(4);
    asked.truncate(4);
    let mut asked = asked.join(", or ");
    if more > 0 {
        asked.push_str(&format!(", or {more} more"));
    }
    (whole.message, whole.expected) = wanted(&found, asked);
    whole
}
