//! Which function a call means: names and numbers of arguments are settled before anything runs.

use super::ast::{Ast, CallStyle, CelNode, FUNCTIONS, FoldKind, Func, Literal, NodeId, Row};
use super::pattern::CompiledPattern;

/// The node of a call, with the receiver as first argument; the error is a sentence.
pub(super) fn call(
    ast: &Ast,
    name: &str,
    target: Option<NodeId>,
    args: &[NodeId],
) -> Result<CelNode, String> {
    let member = target.is_some();
    let fits = |row: &&Row| match row.style {
        CallStyle::Both => true,
        CallStyle::Global => !member,
        CallStyle::Member => member,
    };
    let Some(row) = FUNCTIONS.iter().filter(|r| r.name == name).find(fits) else {
        if let Some(why) = two_names(name, args.len()).filter(|_| member) {
            return Err(why);
        }
        return Err(unknown(name, member));
    };
    let args: Box<[NodeId]> = target.into_iter().chain(args.iter().copied()).collect();
    if args.len() < row.least || args.len() > row.most {
        return Err(wrong_count(row, member, args.len() - usize::from(member)));
    }
    if row.func == Func::Matches
        && let [text, pattern] = *args
        && let CelNode::Literal(Literal::Str(pattern)) = ast.node(pattern)
    {
        return Ok(CelNode::Matches(text, Box::new(CompiledPattern::compile(pattern)?)));
    }
    Ok(CelNode::Call(row.func, args))
}

/// What is wrong with a macro of two names that is not read as one.
fn two_names(name: &str, args: usize) -> Option<String> {
    match (name, args) {
        ("all" | "exists" | "exists_one" | "existsOne", 3) => {
            Some(format!("{name}() with two names is written range.{name}(i, x, condition)"))
        }
        ("transformList", _) => Some(
            "transformList() is written range.transformList(i, x, f) or range.transformList(i, x, condition, f)".into(),
        ),
        ("transformMap" | "transformMapEntry", _) => {
            Some(format!("{name}(), which binds two names and makes a map, is not there"))
        }
        _ => None,
    }
}

fn wrong_count(row: &Row, member: bool, given: usize) -> String {
    let receiver = usize::from(member);
    let (least, most) = (row.least - receiver, row.most - receiver);
    let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let plural = if wanted == "1" { "" } else { "s" };
    format!("{}() takes {wanted} argument{plural}, not {given}", row.name)
}

fn unknown(name: &str, member: bool) -> String {
    let shown: String = name.chars().take(60).collect();
    if FoldKind::named(name).is_some() && (name != "exists" || member) {
        return match name {
            "map" => "map() is written list.map(x, f) or list.map(x, condition, f)".into(),
            _ => format!("{name}() is written list.{name}(x, condition)"),
        };
    }
    if let Some(row) = FUNCTIONS.iter().find(|r| r.name == name) {
        let how =
            if row.style == CallStyle::Member { format!("x.{name}(…)") } else { format!("{name}(…)") };
        return format!("{name}() is written {how}");
    }
    if name == "has" {
        return "has() takes one argument, a field: has(a.b)".into();
    }
    let macros = ["has", "all", "exists", "exists_one", "map", "filter"];
    let known = FUNCTIONS.iter().map(|r| r.name).chain(macros);
    let lower = name.to_lowercase();
    let nearest = known
        .map(|k| (strsim::damerau_levenshtein(&k.to_lowercase(), &lower), k))
        .filter(|(distance, k)| *distance <= 1.max(k.len() / 3))
        .min();
    match nearest {
        Some((_, near)) => format!("there is no function {shown}(); did you mean {near}()?"),
        None => format!("there is no function {shown}()"),
    }
}
