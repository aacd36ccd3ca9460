//! The macros that bind two names: the number of an element and the element, or the key of a map and its value.

use super::ast::FoldKind;
use super::parse::{Cst, IdedExpr};

/// A call that is such a macro.
pub(super) struct TwoNames<'c> {
    pub(super) kind: FoldKind,
    pub(super) names: [&'c str; 2],
    /// The filter of `transformList` with four arguments.
    pub(super) when: Option<&'c IdedExpr>,
    pub(super) body: &'c IdedExpr,
}

impl<'c> TwoNames<'c> {
    /// The macro of a member call; the parser knows macros of one name alone.
    pub(super) fn of(name: &str, args: &'c [IdedExpr]) -> Option<TwoNames<'c>> {
        let [first, second, rest @ ..] = args else { return None };
        let (Cst::Ident(first), Cst::Ident(second)) = (&first.expr, &second.expr) else { return None };
        let (kind, when, body) = match (name, rest) {
            ("all", [body]) => (FoldKind::All, None, body),
            ("exists", [body]) => (FoldKind::Exists, None, body),
            ("exists_one" | "existsOne", [body]) => (FoldKind::ExistsOne, None, body),
            ("transformList", [body]) => (FoldKind::Map, None, body),
            ("transformList", [when, body]) => (FoldKind::Map, Some(when), body),
            _ => return None,
        };
        Some(TwoNames { kind, names: [first, second], when, body })
    }
}
