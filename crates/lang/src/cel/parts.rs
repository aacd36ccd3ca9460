//! An expression taken apart, for `gate try`: what each part of it comes to.

use super::ast::{Ast, CelNode, Fold, FoldKind, NodeId};
use super::errors::EvalError;
use super::eval::Eval;
use super::value::Value;

/// One part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExprPart {
    /// Its source; for the element that a macro binds, the element's name.
    pub text: String,
    /// Byte offset into the expression.
    pub offset: usize,
    /// How deep it stands, the whole expression at 0.
    pub depth: usize,
    /// What it comes to.
    pub outcome: PartOutcome,
    /// For the element that a macro binds: its number in the list, from 0. The parts below are shown for this one.
    pub element: Option<usize>,
}

/// What a part comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartOutcome {
    /// Its value as CEL writes it, strings in quotes, cut at 200 characters.
    Value(String),
    /// Why it has none.
    Error(String),
    /// The expression never gets there: something before it has decided, or failed.
    NotReached,
}

/// Takes an expression apart in reading order, outer parts before inner ones.
pub(super) struct Taker<'e, 'v> {
    pub(super) eval: Eval<'e, 'v>,
    pub(super) parts: Vec<ExprPart>,
}

impl<'v> Taker<'_, 'v> {
    fn ast(&self) -> &'v Ast {
        self.eval.ast
    }

    fn value(&mut self, id: NodeId) -> Result<Value<'v>, EvalError> {
        // Each part is paid for anew: an inner part must not fail because the outer one has spent the budget.
        self.eval.meter.renew();
        self.eval.eval(id)
    }

    fn push(&mut self, id: NodeId, depth: usize, outcome: PartOutcome) {
        let (text, offset) = (self.ast().source(id).to_string(), self.ast().offset(id));
        self.parts.push(ExprPart { text, offset, depth, outcome, element: None });
    }

    /// Shows a node and what is below it, and says whether it has a value.
    pub(super) fn take(&mut self, id: NodeId, depth: usize) -> Option<Value<'v>> {
        let result = self.value(id);
        if depth == 0 || !is_silent(self.ast(), id) {
            let outcome = match &result {
                Ok(value) => PartOutcome::Value(value.quoted()),
                Err(error) => PartOutcome::Error(error.message().to_string()),
            };
            self.push(id, depth, outcome);
        }
        if !is_silent(self.ast(), id) {
            self.below(id, depth + 1, result.is_ok());
        }
        result.ok()
    }

    fn below(&mut self, id: NodeId, depth: usize, has_value: bool) {
        let ast = self.ast();
        match ast.node(id) {
            // A chain of fields is one part, unless the field at fault is to be found.
            CelNode::Select(of, _) | CelNode::Has(of, _) if has_value && is_chain(ast, *of) => {}
            CelNode::Index(of, key) if has_value && is_chain(ast, *of) => drop(self.take(*key, depth)),
            CelNode::And(terms) => self.chain(terms, depth, false),
            CelNode::Or(terms) => self.chain(terms, depth, true),
            CelNode::If(test, yes, no) => {
                let test = self.take(*test, depth);
                for (branch, wanted) in [(*yes, true), (*no, false)] {
                    match test {
                        Some(Value::Bool(b)) if b == wanted => drop(self.take(branch, depth)),
                        _ => self.push(branch, depth, PartOutcome::NotReached),
                    }
                }
            }
            CelNode::Fold(fold) => self.fold(fold, depth),
            _ => {
                let mut going = true;
                for child in ast.children(id) {
                    if going {
                        going = self.take(child, depth).is_some();
                    } else if !is_silent(ast, child) {
                        self.push(child, depth, PartOutcome::NotReached);
                    }
                }
            }
        }
    }

    fn chain(&mut self, terms: &[NodeId], depth: usize, decisive: bool) {
        let mut going = true;
        for term in terms {
            if going {
                going = matches!(self.take(*term, depth), Some(Value::Bool(b)) if b != decisive);
            } else {
                self.push(*term, depth, PartOutcome::NotReached);
            }
        }
    }

    /// The range, and the body for the element that decides: the first that fails, else the first.
    fn fold(&mut self, fold: &'v Fold, depth: usize) {
        let written = self.ast().range(fold);
        let shown = self.take(written, depth);
        let walked = if written == fold.range { shown } else { self.value(fold.range).ok() };
        let Some(range) = walked else {
            self.push(fold.body, depth, PartOutcome::NotReached);
            return;
        };
        let elements: Vec<Value<'v>> = match range.items() {
            Some(items) => items.iter().collect(),
            None => range.pairs().map(|(key, _)| key).collect(),
        };
        self.eval.meter.renew();
        let decisive = elements.iter().position(|element| {
            self.bind(fold, element.clone());
            self.decides(fold)
        });
        // A `map` with a filter: the first element that passes it tells more than one that does not.
        let passing = |taker: &mut Self, when| {
            elements.iter().position(|element| {
                taker.bind(fold, element.clone());
                matches!(taker.eval.eval(when), Ok(Value::Bool(true)))
            })
        };
        let at = decisive.or_else(|| fold.when.and_then(|when| passing(self, when))).unwrap_or(0);
        match elements.into_iter().nth(at) {
            None => self.push(fold.body, depth, PartOutcome::NotReached),
            Some(element) => {
                let outcome = PartOutcome::Value(element.quoted());
                let (text, offset) = (fold.name.to_string(), self.ast().offset(fold.body));
                self.parts.push(ExprPart { text, offset, depth, outcome, element: Some(at) });
                self.bind(fold, element);
                let wanted = match fold.when {
                    None => true,
                    Some(when) => matches!(self.take(when, depth + 1), Some(Value::Bool(true))),
                };
                self.bind_again(fold);
                if wanted {
                    self.take(fold.body, depth + 1);
                } else {
                    self.push(fold.body, depth + 1, PartOutcome::NotReached);
                }
            }
        }
        self.eval.slots.truncate(fold.slot as usize);
    }

    fn bind(&mut self, fold: &Fold, element: Value<'v>) {
        self.eval.slots.truncate(fold.slot as usize);
        self.eval.slots.push(element);
    }

    /// Drops what macros below have bound beside the element.
    fn bind_again(&mut self, fold: &Fold) {
        self.eval.slots.truncate(fold.slot as usize + 1);
    }

    /// Whether the bound element is the one that makes the macro come to what it comes to.
    fn decides(&mut self, fold: &Fold) -> bool {
        let truth = |result: Result<Value<'v>, EvalError>| match result {
            Ok(Value::Bool(b)) => Ok(b),
            _ => Err(()),
        };
        if self.eval.meter.charge(1).is_err() {
            return true;
        }
        if let Some(when) = fold.when {
            match truth(self.eval.eval(when)) {
                Ok(true) => {}
                Ok(false) => return false,
                Err(()) => return true,
            }
        }
        let body = self.eval.eval(fold.body);
        match fold.kind {
            FoldKind::Map => body.is_err(),
            FoldKind::All => truth(body) != Ok(true),
            FoldKind::Exists => truth(body) != Ok(false),
            FoldKind::ExistsOne | FoldKind::Filter => truth(body).is_err(),
        }
    }
}

/// What tells nothing: constants, and the element that a macro binds, which is shown where it is bound.
fn is_silent(ast: &Ast, id: NodeId) -> bool {
    match ast.node(id) {
        CelNode::Literal(_) | CelNode::Slot(_) => true,
        CelNode::List(_) | CelNode::Map(_) => ast.children(id).into_iter().all(|child| is_silent(ast, child)),
        _ => false,
    }
}

/// Fields of fields of a name, indexed by literals at most.
fn is_chain(ast: &Ast, id: NodeId) -> bool {
    match ast.node(id) {
        CelNode::Name(_) | CelNode::Slot(_) => true,
        CelNode::Select(of, _) => is_chain(ast, *of),
        CelNode::Index(of, key) => is_chain(ast, *of) && matches!(ast.node(*key), CelNode::Literal(_)),
        _ => false,
    }
}
