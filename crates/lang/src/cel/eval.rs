//! Evaluation: a walk over the compiled tree, operands from the left, and the first error ends it.
//!
//! The CEL specification lets `&&`, `||` and the macros forget an error when another operand decides. A gate may not:
//! `broken || true` would be a pass on evidence that is not there. So an operand that is evaluated and has no value is
//! an error, and what was decided before it (`true || broken`, `false && broken`) stands because it is never evaluated.

use super::ast::{Ast, CelNode, CelOperator, Func, NodeId};
use super::compare::{equal, order, scalars_equal};
use super::errors::{EvalError, fault};
use super::functions;
use super::host::holds;
use super::meter::Meter;
use super::operators;
use super::scope::Scope;
use super::show::shown;
use super::trace::Touched;
use super::value::Value;
use std::borrow::Cow;
use std::cmp::Ordering;
use tollgate_text::json::Json;

/// The most arguments that a function takes, the receiver counted.
const MAX_ARGS: usize = 4;

/// The most characters of the source that a message quotes.
const QUOTED: usize = 80;

/// One evaluation.
pub(super) struct Eval<'e, 'v> {
    pub(super) ast: &'v Ast,
    pub(super) scope: &'e dyn Scope<'v>,
    pub(super) meter: &'e Meter,
    /// What macros have bound, outermost first.
    pub(super) slots: Vec<Value<'v>>,
    /// The values of free names that were asked for inside a macro, by number.
    pub(super) known: Vec<Option<Value<'v>>>,
    /// What was read, where somebody wants to know.
    pub(super) touched: Option<&'e mut Touched<'v>>,
}

/// What a node comes to.
pub(super) type Evaluated<'v> = Result<Value<'v>, EvalError>;

impl<'v> Eval<'_, 'v> {
    pub(super) fn eval(&mut self, id: NodeId) -> Evaluated<'v> {
        let ast = self.ast;
        match ast.node(id) {
            CelNode::Literal(literal) => Ok(literal.value()),
            CelNode::Name(name) => self.variable(*name),
            CelNode::Slot(slot) => match self.slots.get(*slot as usize) {
                Some(value) => Ok(value.clone()),
                None => fault("a name is not bound here"),
            },
            CelNode::Select(of, field) => self.select(*of, field),
            CelNode::Has(of, field) => self.has(*of, field),
            CelNode::Index(of, key) => self.index(*of, *key),
            CelNode::And(terms) => self.chain(terms, false),
            CelNode::Or(terms) => self.chain(terms, true),
            CelNode::Not(of) => Ok(Value::Bool(!self.truth(*of)?)),
            CelNode::Negate(of) => operators::negate(self.eval(*of)?),
            CelNode::Binary(op, left, right) => self.binary(*op, *left, *right),
            CelNode::If(test, yes, no) => {
                let branch = if self.truth(*test)? { *yes } else { *no };
                self.eval(branch)
            }
            CelNode::List(items) => {
                self.meter.list(items.len())?;
                let items = items.iter().map(|item| self.eval(*item)).collect::<Result<Vec<_>, _>>()?;
                Ok(Value::list(items))
            }
            CelNode::Map(members) => self.map(members),
            CelNode::Fold(fold) => self.fold(fold),
            CelNode::Pairs(of) => self.pairs(*of),
            CelNode::Call(func, args) => self.call(id, *func, args),
            CelNode::Matches(of, pattern) => match self.eval(*of)? {
                Value::Str(text) => pattern.is_match(&text, self.meter).map(Value::Bool),
                other => fault(format!("{} is {}, not a string", self.source(*of), shown(&other))),
            },
        }
    }

    /// The source of a node for a message.
    pub(super) fn source(&self, id: NodeId) -> Cow<'v, str> {
        let source = self.ast.source(id);
        match source.char_indices().nth(QUOTED) {
            Some((at, _)) => Cow::Owned(format!("{}…", &source[..at])),
            None => Cow::Borrowed(source),
        }
    }

    fn variable(&mut self, number: u32) -> Evaluated<'v> {
        let at = number as usize;
        if let Some(Some(value)) = self.known.get(at) {
            return Ok(value.clone());
        }
        let name = self.ast.names.get(at).map_or("", |n| n);
        let value = match self.scope.variable(name) {
            Some(value) => value?.plain(),
            None => return fault(format!("nothing is bound to the name `{name}`")),
        };
        if let Some(touched) = self.touched.as_deref_mut() {
            touched.variable(name, &value);
        }
        // Asking is cheap once and may not be for each element.
        if !self.slots.is_empty() {
            if self.known.is_empty() {
                self.known.resize(self.ast.names.len(), None);
            }
            self.known[at] = Some(value.clone());
        }
        Ok(value)
    }

    pub(super) fn touch(&mut self, json: &'v Json<'v>) {
        if let Some(touched) = self.touched.as_deref_mut() {
            touched.node(json);
        }
    }

    /// A JSON node as a value, and looked at.
    #[inline]
    pub(super) fn lent(&mut self, json: &'v Json<'v>) -> Value<'v> {
        self.touch(json);
        Value::from_json(json)
    }

    fn select(&mut self, of: NodeId, field: &'v str) -> Evaluated<'v> {
        match self.eval(of)? {
            Value::Json(Json::Object(object)) => match object.get(field) {
                Some(json) => Ok(self.lent(json)),
                None => self.no_field(of, field),
            },
            Value::Map(members) => {
                match members.iter().find(|(k, _)| matches!(k, Value::Str(k) if **k == *field)) {
                    Some((_, value)) => Ok(value.clone()),
                    None => self.no_field(of, field),
                }
            }
            other => self.no_object(of, field, &other),
        }
    }

    #[cold]
    fn no_field<T>(&self, of: NodeId, field: &str) -> Result<T, EvalError> {
        fault(format!("no field `{}` in {}", field.escape_debug(), self.source(of)))
    }

    #[cold]
    fn no_object<T>(&self, of: NodeId, field: &str, found: &Value<'_>) -> Result<T, EvalError> {
        fault(format!(
            "no field `{}` in {}: it is {}, not an object",
            field.escape_debug(),
            self.source(of),
            shown(found)
        ))
    }

    fn has(&mut self, of: NodeId, field: &'v str) -> Evaluated<'v> {
        match self.eval(of)? {
            Value::Json(Json::Object(object)) => {
                let found = object.get(field);
                if let Some(json) = found {
                    self.touch(json);
                }
                Ok(Value::Bool(found.is_some()))
            }
            Value::Map(members) => {
                Ok(Value::Bool(members.iter().any(|(k, _)| matches!(k, Value::Str(k) if **k == *field))))
            }
            other => self.no_object(of, field, &other),
        }
    }

    fn index(&mut self, of: NodeId, key: NodeId) -> Evaluated<'v> {
        let target = self.eval(of)?;
        let key_value = self.eval(key)?;
        if let Value::Json(Json::Object(object)) = &target {
            return match &key_value {
                Value::Str(k) => match self.meter.text(k.len()).map(|()| object.get(k))? {
                    Some(json) => Ok(self.lent(json)),
                    None => self.no_field(of, k),
                },
                other => fault(format!("no key {} in {}", shown(other), self.source(of))),
            };
        }
        if let Value::Map(_) = &target {
            return match target.lookup(&key_value) {
                Some(value) => Ok(value),
                None => fault(format!("no key {} in {}", shown(&key_value), self.source(of))),
            };
        }
        let Some(items) = target.items() else {
            return fault(format!("{} is {}, which has no elements", self.source(of), shown(&target)));
        };
        let at = match key_value {
            Value::Int(i) => usize::try_from(i).ok(),
            Value::UInt(u) => usize::try_from(u).ok(),
            Value::Float(f) if f.fract() == 0.0 && (0.0..1e15).contains(&f) => Some(f as usize),
            _ => return fault(format!("{} is no index of a list: {}", self.source(key), shown(&key_value))),
        };
        let out_of_range = || {
            let (shown, len) = (key_value.quoted(), items.len());
            fault(format!("no element {shown} in {}: it has {len}", self.source(of)))
        };
        let Some(at) = at else { return out_of_range() };
        if let Value::Json(Json::Array(array)) = &target {
            return match array.get(at) {
                Some(json) => Ok(self.lent(json)),
                None => out_of_range(),
            };
        }
        items.get(at).map_or_else(out_of_range, Ok)
    }

    /// The value of a node that must be a bool.
    #[inline]
    pub(super) fn truth(&mut self, id: NodeId) -> Result<bool, EvalError> {
        match self.eval(id)? {
            Value::Bool(b) => Ok(b),
            other => fault(format!("{} is {}, not a bool", self.source(id), shown(&other))),
        }
    }

    /// `&&` and `||`: `decisive` ends the chain.
    fn chain(&mut self, terms: &'v [NodeId], decisive: bool) -> Evaluated<'v> {
        for term in terms {
            if self.truth(*term)? == decisive {
                return Ok(Value::Bool(decisive));
            }
        }
        Ok(Value::Bool(!decisive))
    }

    fn binary(&mut self, op: CelOperator, left: NodeId, right: NodeId) -> Evaluated<'v> {
        if op == CelOperator::In {
            return self.is_in(left, right);
        }
        let a = self.eval(left)?;
        let b = self.eval(right)?;
        match op {
            CelOperator::Equal | CelOperator::Unequal => {
                let same = equal(&a, &b, self.meter)?;
                Ok(Value::Bool(same == (op == CelOperator::Equal)))
            }
            CelOperator::Less => self.ordered(left, right, &a, &b, Ordering::is_lt),
            CelOperator::LessEqual => self.ordered(left, right, &a, &b, Ordering::is_le),
            CelOperator::Greater => self.ordered(left, right, &a, &b, Ordering::is_gt),
            CelOperator::GreaterEqual => self.ordered(left, right, &a, &b, Ordering::is_ge),
            _ => operators::arithmetic(op, a, b, self.meter),
        }
    }

    #[inline]
    fn ordered(
        &self,
        left: NodeId,
        right: NodeId,
        a: &Value<'v>,
        b: &Value<'v>,
        test: fn(Ordering) -> bool,
    ) -> Evaluated<'v> {
        match order(a, b, self.meter)? {
            Some(order) => Ok(Value::Bool(test(order))),
            None => fault(format!(
                "{} ({}) and {} ({}) have no order",
                self.source(left),
                a.type_of().name(),
                self.source(right),
                b.type_of().name()
            )),
        }
    }

    fn is_in(&mut self, left: NodeId, right: NodeId) -> Evaluated<'v> {
        let value = self.eval(left)?;
        // A list of literals is compared where it stands, without making it.
        if let CelNode::List(items) = self.ast.node(right)
            && items.iter().all(|item| matches!(self.ast.node(*item), CelNode::Literal(_)))
        {
            let literal = |item: &NodeId| match self.ast.node(*item) {
                CelNode::Literal(literal) => scalars_equal(&literal.value(), &value) == Some(true),
                _ => false,
            };
            return Ok(Value::Bool(items.iter().any(literal)));
        }
        let range = self.eval(right)?;
        if let Some(items) = range.items() {
            return holds(items, &value, self.meter).map(Value::Bool);
        }
        match range.members() {
            Some(_) => {
                if let Value::Str(text) = &value {
                    self.meter.text(text.len())?;
                }
                Ok(Value::Bool(range.lookup(&value).is_some()))
            }
            None => fault(format!("{} is {}, neither a list nor a map", self.source(right), shown(&range))),
        }
    }

    fn map(&mut self, members: &'v [(NodeId, NodeId)]) -> Evaluated<'v> {
        let mut out: Vec<(Value<'v>, Value<'v>)> = Vec::with_capacity(members.len());
        for (key, value) in members {
            let k = self.eval(*key)?;
            if !matches!(k, Value::Str(_) | Value::Int(_) | Value::UInt(_) | Value::Bool(_)) {
                return fault(format!("{} is {}, which is no key of a map", self.source(*key), shown(&k)));
            }
            self.meter.charge(out.len() as u64 / 8)?;
            self.meter.hold(2 * size_of::<Value<'_>>() as u64)?;
            if out.iter().any(|(other, _)| scalars_equal(other, &k) == Some(true)) {
                return fault(format!("the key {} stands twice in one map", k.quoted()));
            }
            out.push((k, self.eval(*value)?));
        }
        Ok(Value::Map(out.into()))
    }

    fn call(&mut self, id: NodeId, func: Func, args: &'v [NodeId]) -> Evaluated<'v> {
        let mut values = [const { Value::Null }; MAX_ARGS];
        for (value, arg) in values.iter_mut().zip(args) {
            *value = self.eval(*arg)?;
        }
        let values = values.get(..args.len()).unwrap_or(&[]);
        functions::call(func, values, self.scope, self.meter).map_err(|error| match error {
            EvalError::Expression(why) => EvalError::Expression(format!("{}: {why}", self.source(id))),
            limit => limit,
        })
    }
}
