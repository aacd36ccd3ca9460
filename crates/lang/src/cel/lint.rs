//! What an author would regret (`docs/gates.md`: what is refused when a gate is loaded).

use super::ast::{Ast, CelNode, CelOperator, FoldKind, Func, Literal, NodeId};
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
fn visit(ast: &Ast, id: NodeId, given: &mut Vec<NodeId>, lints: &mut Vec<Lint>) {
    match ast.node(id) {
        CelNode::Binary(CelOperator::Unequal, a, b) if is_string(ast, *a) || is_string(ast, *b) => {
            unequal(ast, id, lints)
        }
        CelNode::Binary(op @ (CelOperator::Divide | CelOperator::Modulo), _, b) if is_zero(ast, *b) => {
            let what = if *op == CelOperator::Divide { "division" } else { "modulo" };
            lints.push(Lint { message: format!("{what} by zero has no value"), offset: ast.offset(*b) });
        }
        CelNode::Call(Func::Div, args) if args.get(1).is_some_and(|b| is_zero(ast, *b)) => {
            lints.push(Lint { message: "division by zero has no value".into(), offset: ast.offset(id) });
        }
        CelNode::Binary(CelOperator::Modulo, a, b) if is_fraction(ast, *a) || is_fraction(ast, *b) => {
            lints.push(Lint { message: "% takes whole numbers".into(), offset: ast.offset(id) });
        }
        CelNode::Not(of) => {
            if let CelNode::Binary(CelOperator::Equal, a, b) = ast.node(*of)
                && (is_string(ast, *a) || is_string(ast, *b))
            {
                unequal(ast, id, lints);
            }
        }
        CelNode::Fold(fold)
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
    if let CelNode::And(terms) = ast.node(id) {
        // Whichever stands first, a conjunction is true only if all its terms are.
        given.extend(terms);
    }
    if let CelNode::If(test, yes, no) = ast.node(id) {
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

fn unequal(ast: &Ast, id: NodeId, lints: &mut Vec<Lint>) {
    let source = ast.source(id);
    let shown: String = source.chars().take(80).collect();
    lints.push(Lint {
        message: format!(
            "`{shown}` is true when the field is null or of another type: write `in [...]` or `==`"
        ),
        offset: ast.offset(id),
    });
}

fn is_string(ast: &Ast, id: NodeId) -> bool {
    matches!(ast.node(id), CelNode::Literal(Literal::Str(_)))
}

/// A number that is written out as 0.
fn is_zero(ast: &Ast, id: NodeId) -> bool {
    match ast.node(id) {
        CelNode::Literal(Literal::Int(i)) => *i == 0,
        CelNode::Literal(Literal::UInt(u)) => *u == 0,
        CelNode::Literal(Literal::Float(f)) => *f == 0.0,
        _ => false,
    }
}

fn is_fraction(ast: &Ast, id: NodeId) -> bool {
    matches!(ast.node(id), CelNode::Literal(Literal::Float(_)))
}

/// A range that cannot be empty: a list or map that is written out.
fn never_empty(ast: &Ast, id: NodeId) -> bool {
    match ast.node(id) {
        CelNode::List(items) => !items.is_empty(),
        CelNode::Map(members) => !members.is_empty(),
        _ => false,
    }
}

/// Whether a condition says that the range has an element: `size(range) > 0` in any spelling.
fn filled(ast: &Ast, id: NodeId, range: NodeId) -> bool {
    let CelNode::Binary(op, a, b) = ast.node(id) else { return false };
    let sized = |id: NodeId| match ast.node(id) {
        CelNode::Call(Func::Size, args) => args.first().is_some_and(|arg| same(ast, *arg, range)),
        _ => false,
    };
    let whole = |id: NodeId| match ast.node(id) {
        CelNode::Literal(Literal::Int(i)) => Some(*i),
        CelNode::Literal(Literal::UInt(u)) => i64::try_from(*u).ok(),
        _ => None,
    };
    let (op, n) = match (sized(*a).then(|| whole(*b)).flatten(), sized(*b).then(|| whole(*a)).flatten()) {
        (Some(n), _) => (*op, n),
        (None, Some(n)) => (mirrored(*op), n),
        (None, None) => return false,
    };
    match op {
        CelOperator::Greater => n >= 0,
        CelOperator::GreaterEqual | CelOperator::Equal => n >= 1,
        CelOperator::Unequal => n == 0,
        _ => false,
    }
}

/// Whether two ranges are written alike and mean the same; what is not sure is not the same.
fn same(ast: &Ast, a: NodeId, b: NodeId) -> bool {
    if a == b {
        return true;
    }
    match (ast.node(a), ast.node(b)) {
        (CelNode::Name(a), CelNode::Name(b)) => a == b,
        (CelNode::Slot(a), CelNode::Slot(b)) => a == b,
        (CelNode::Select(a, x), CelNode::Select(b, y)) => x == y && same(ast, *a, *b),
        (CelNode::Index(a, x), CelNode::Index(b, y)) => same(ast, *a, *b) && same(ast, *x, *y),
        (CelNode::Call(f, a), CelNode::Call(g, b)) => {
            f == g && a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(ast, *a, *b))
        }
        (CelNode::Binary(f, a, x), CelNode::Binary(g, b, y)) => {
            f == g && same(ast, *a, *b) && same(ast, *x, *y)
        }
        (CelNode::Pairs(a), CelNode::Pairs(b)) => same(ast, *a, *b),
        (CelNode::Fold(a), CelNode::Fold(b)) => {
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
        (CelNode::Literal(a), CelNode::Literal(b)) => scalars_equal(&a.value(), &b.value()) == Some(true),
        _ => false,
    }
}

fn mirrored(op: CelOperator) -> CelOperator {
    match op {
        CelOperator::Less => CelOperator::Greater,
        CelOperator::LessEqual => CelOperator::GreaterEqual,
        CelOperator::Greater => CelOperator::Less,
        CelOperator::GreaterEqual => CelOperator::LessEqual,
        same => same,
    }
}
