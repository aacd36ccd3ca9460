//! What an author would regret (`docs/gates.md`: what is refused when a gate is loaded).

use super::ast::{Ast, FoldKind, Func, Id, Literal, Node, Op};
use super::compare::scalars_equal;
use super::errors::Lint;

/// All findings, in reading order.
pub(super) fn lints(ast: &Ast) -> Vec<Lint> {
    let mut lints = Vec::new();
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
        Node::Binary(op @ (Op::Divide | Op::Modulo), _, b) if is_zero(ast, *b) => {
            let what = if *op == Op::Divide { "division" } else { "modulo" };
            lints.push(Lint { message: format!("{what} by zero has no value"), offset: ast.offset(*b) });
        }
        Node::Call(Func::Div, args) if args.get(1).is_some_and(|b| is_zero(ast, *b)) => {
            lints.push(Lint { message: "division by zero has no value".into(), offset: ast.offset(id) });
        }
        Node::Binary(Op::Modulo, a, b) if is_fraction(ast, *a) || is_fraction(ast, *b) => {
            lints.push(Lint { message: "% takes whole numbers".into(), offset: ast.offset(id) });
        }
        Node::Not(of) => {
            if let Node::Binary(Op::Equal, a, b) = ast.node(*of)
                && (is_string(ast, *a) || is_string(ast, *b))
            {
                unequal(ast, id, lints);
            }
        }
        Node::Fold(fold)
            if fold.kind == FoldKind::All
                && !never_empty(ast, ast.range(fold))
                && !given.iter().any(|g| filled(ast, *g, ast.range(fold))) =>
        {
            let range: String = ast.source(fold.range).chars().take(80).collect();
            let message =
                format!("`.all(` holds for an empty list: write `size({range}) > 0 && {range}.all(…)`");
            lints.push(Lint { message, offset: ast.offset(id) });
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
    for child in ast.children(id) {
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

/// A number that is written out as 0.
fn is_zero(ast: &Ast, id: Id) -> bool {
    match ast.node(id) {
        Node::Literal(Literal::Int(i)) => *i == 0,
        Node::Literal(Literal::UInt(u)) => *u == 0,
        Node::Literal(Literal::Float(f)) => *f == 0.0,
        _ => false,
    }
}

fn is_fraction(ast: &Ast, id: Id) -> bool {
    matches!(ast.node(id), Node::Literal(Literal::Float(_)))
}

/// A range that cannot be empty: a list or map that is written out.
fn never_empty(ast: &Ast, id: Id) -> bool {
    match ast.node(id) {
        Node::List(items) => !items.is_empty(),
        Node::Map(members) => !members.is_empty(),
        _ => false,
    }
}

/// Whether a condition says that the range has an element: `size(range) > 0` in any spelling.
fn filled(ast: &Ast, id: Id, range: Id) -> bool {
    let Node::Binary(op, a, b) = ast.node(id) else { return false };
    let sized = |id: Id| match ast.node(id) {
        Node::Call(Func::Size, args) => args.first().is_some_and(|arg| same(ast, *arg, range)),
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

/// Whether two ranges are written alike and mean the same; what is not sure is not the same.
fn same(ast: &Ast, a: Id, b: Id) -> bool {
    if a == b {
        return true;
    }
    match (ast.node(a), ast.node(b)) {
        (Node::Name(a), Node::Name(b)) => a == b,
        (Node::Slot(a), Node::Slot(b)) => a == b,
        (Node::Select(a, x), Node::Select(b, y)) => x == y && same(ast, *a, *b),
        (Node::Index(a, x), Node::Index(b, y)) => same(ast, *a, *b) && same(ast, *x, *y),
        (Node::Call(f, a), Node::Call(g, b)) => {
            f == g && a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(ast, *a, *b))
        }
        (Node::Binary(f, a, x), Node::Binary(g, b, y)) => f == g && same(ast, *a, *b) && same(ast, *x, *y),
        (Node::Pairs(a), Node::Pairs(b)) => same(ast, *a, *b),
        (Node::Fold(a), Node::Fold(b)) => {
            let when = match (a.when, b.when) {
                (None, None) => true,
                (Some(a), Some(b)) => same(ast, a, b),
                _ => false,
            };
            a.kind == b.kind
                && a.slot == b.slot
                && when
                && same(ast, a.range, b.range)
                && same(ast, a.body, b.body)
        }
        (Node::Literal(a), Node::Literal(b)) => scalars_equal(&a.value(), &b.value()) == Some(true),
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
