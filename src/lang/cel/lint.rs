//! What an author would regret (`gates.md`, Fail-closed).

use super::ast::{Ast, FoldKind, Func, Id, Literal, Node, Op};
use super::errors::Lint;

/// All findings, in reading order.
pub(super) fn lints(ast: &Ast) -> Vec<Lint> {
    let mut lints = Vec::new();
    if let Node::Literal(Literal::Bool(true)) = ast.node(ast.root) {
        lints.push(Lint { message: "`true` alone asserts nothing".into(), offset: ast.offset(ast.root) });
    }
    visit(ast, ast.root, &mut Vec::new(), &mut lints);
    lints.sort_by_key(|l| l.offset);
    lints
}

/// Walks down with the conditions that hold where the node is reached.
fn visit(ast: &Ast, id: Id, given: &mut Vec<Id>, lints: &mut Vec<Lint>) {
    match ast.node(id) {
        Node::Binary(Op::Unequal, a, b) if is_string(ast, *a) || is_string(ast, *b) => {
            unequal(ast, id, lints)
        }
        Node::Not(of) => {
            if let Node::Binary(Op::Equal, a, b) = ast.node(*of)
                && (is_string(ast, *a) || is_string(ast, *b))
            {
                unequal(ast, id, lints);
            }
        }
        Node::Fold(fold) if fold.kind == FoldKind::All => {
            let range = ast.source(fold.range);
            if !never_empty(ast, fold.range) && !given.iter().any(|g| filled(ast, *g, range)) {
                lints.push(Lint {
                    message: format!(
                        "`.all(` holds for an empty list: write `size({range}) > 0 && {range}.all(…)`"
                    ),
                    offset: ast.offset(id),
                });
            }
        }
        _ => {}
    }
    let before = given.len();
    if let Node::And(terms) = ast.node(id) {
        // Whichever stands first, a conjunction is true only if all its terms are.
        given.extend(terms);
    }
    if let Node::If(test, yes, no) = ast.node(id) {
        visit(ast, *test, given, lints);
        given.push(*test);
        visit(ast, *yes, given, lints);
        given.truncate(before);
        visit(ast, *no, given, lints);
        return;
    }
    if let Node::Or(_) | Node::Not(_) = ast.node(id) {
        // Below these the conjunction may be false and the whole still true; what was given above still holds.
    }
    for child in children(ast, id) {
        visit(ast, child, given, lints);
    }
    given.truncate(before);
}

fn unequal(ast: &Ast, id: Id, lints: &mut Vec<Lint>) {
    let source = ast.source(id);
    let shown: String = source.chars().take(80).collect();
    lints.push(Lint {
        message: format!(
            "`{shown}` is true when the field is null or of another type: write `in [...]` or `==`"
        ),
        offset: ast.offset(id),
    });
}

fn is_string(ast: &Ast, id: Id) -> bool {
    matches!(ast.node(id), Node::Literal(Literal::Str(_)))
}

/// A range that cannot be empty: a list or map that is written out.
fn never_empty(ast: &Ast, id: Id) -> bool {
    match ast.node(id) {
        Node::List(items) => !items.is_empty(),
        Node::Map(members) => !members.is_empty(),
        _ => false,
    }
}

/// Whether a condition says that the range written as `range` has an element: `size(range) > 0` in any spelling.
fn filled(ast: &Ast, id: Id, range: &str) -> bool {
    let Node::Binary(op, a, b) = ast.node(id) else { return false };
    let sized = |id: Id| match ast.node(id) {
        Node::Call(Func::Size, args) => args.first().is_some_and(|arg| ast.source(*arg) == range),
        _ => false,
    };
    let whole = |id: Id| match ast.node(id) {
        Node::Literal(Literal::Int(i)) => Some(*i),
        Node::Literal(Literal::UInt(u)) => i64::try_from(*u).ok(),
        _ => None,
    };
    let (op, n) = match (sized(*a).then(|| whole(*b)).flatten(), sized(*b).then(|| whole(*a)).flatten()) {
        (Some(n), _) => (*op, n),
        (None, Some(n)) => (mirrored(*op), n),
        (None, None) => return false,
    };
    match op {
        Op::Greater => n >= 0,
        Op::GreaterEqual | Op::Equal => n >= 1,
        Op::Unequal => n == 0,
        _ => false,
    }
}

fn mirrored(op: Op) -> Op {
    match op {
        Op::Less => Op::Greater,
        Op::LessEqual => Op::GreaterEqual,
        Op::Greater => Op::Less,
        Op::GreaterEqual => Op::LessEqual,
        same => same,
    }
}

/// The nodes directly below, in reading order.
pub(super) fn children(ast: &Ast, id: Id) -> Vec<Id> {
    match ast.node(id) {
        Node::Literal(_) | Node::Name(_) | Node::Slot(_) => Vec::new(),
        Node::Select(of, _) | Node::Has(of, _) | Node::Not(of) | Node::Negate(of) | Node::Matches(of, _) => {
            vec![*of]
        }
        Node::Index(a, b) | Node::Binary(_, a, b) => vec![*a, *b],
        Node::If(test, yes, no) => vec![*test, *yes, *no],
        Node::And(items) | Node::Or(items) | Node::List(items) | Node::Call(_, items) => items.to_vec(),
        Node::Map(members) => members.iter().flat_map(|(k, v)| [*k, *v]).collect(),
        Node::Fold(fold) => [Some(fold.range), fold.when, Some(fold.body)].into_iter().flatten().collect(),
    }
}
