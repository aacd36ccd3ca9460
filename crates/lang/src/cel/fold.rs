//! The macros: a range, a name for its elements, a body, and what they come to.

use super::ast::{Fold, FoldKind, NodeId};
use super::errors::{EvalError, fault};
use super::eval::{Eval, Evaluated};
use super::show::shown;
use super::value::{Shared, Value};
use std::sync::Arc;
use tollgate_text::json::Json;

/// What a macro has come to.
struct Run<'v> {
    found: usize,
    out: Vec<Value<'v>>,
}

/// What a macro binds.
enum Element<'v> {
    Lent(&'v Json<'v>),
    Made(Value<'v>),
    /// A key of an object, and the value under it.
    Key(&'v str, &'v Json<'v>),
}

impl<'v> Eval<'_, 'v> {
    pub(super) fn fold(&mut self, fold: &'v Fold) -> Evaluated<'v> {
        let range = self.eval(fold.range)?;
        let mut run = Run { found: 0, out: Vec::new() };
        let decided = match &range {
            Value::Json(Json::Array(items)) => {
                let items: &'v [Json<'v>] = items;
                self.walk(fold, &mut run, items.iter().map(Element::Lent))?
            }
            Value::List(items) => self.walk(fold, &mut run, items.iter().cloned().map(Element::Made))?,
            // A map is walked by its keys.
            Value::Json(Json::Object(object)) => {
                let keys = object.iter().map(|(key, value)| Element::Key(key, value));
                self.walk(fold, &mut run, keys)?
            }
            Value::Map(members) => {
                self.walk(fold, &mut run, members.iter().map(|(key, _)| Element::Made(key.clone())))?
            }
            other => return self.no_range(fold.range, other),
        };
        Ok(match fold.kind {
            FoldKind::All => Value::Bool(!decided),
            FoldKind::Exists => Value::Bool(decided),
            FoldKind::ExistsOne => Value::Bool(run.found == 1),
            FoldKind::Map | FoldKind::Filter => Value::list(run.out),
        })
    }

    fn no_range<T>(&self, range: NodeId, found: &Value<'v>) -> Result<T, EvalError> {
        fault(format!("{} is {}, neither a list nor a map", self.source(range), shown(found)))
    }

    /// Of a list each number with its element, of a map each key with its value, as lists of two.
    pub(super) fn pairs(&mut self, of: NodeId) -> Evaluated<'v> {
        let range = self.eval(of)?;
        let Some(len) = range.items().map(|items| items.len()).or_else(|| range.members()) else {
            return self.no_range(of, &range);
        };
        self.meter.list(len)?;
        self.meter.hold((len as u64).saturating_mul(4 * size_of::<Value<'_>>() as u64))?;
        let mut out = Vec::with_capacity(len);
        match &range {
            Value::Json(Json::Object(object)) => {
                for (key, value) in object.iter() {
                    let value = self.lent(value);
                    out.push(Value::list(vec![Value::str(key), value]));
                }
            }
            Value::Map(members) => {
                out.extend(members.iter().map(|(k, v)| Value::list(vec![k.clone(), v.clone()])));
            }
            Value::Json(Json::Array(items)) => {
                let items: &'v [Json<'v>] = items;
                for (item, at) in items.iter().zip(0..) {
                    let item = self.lent(item);
                    out.push(Value::list(vec![Value::Int(at), item]));
                }
            }
            Value::List(items) => {
                let numbered = items.iter().zip(0..);
                out.extend(numbered.map(|(item, at)| Value::list(vec![Value::Int(at), item.clone()])));
            }
            _ => {}
        }
        Ok(Value::list(out))
    }

    /// Binds each element and evaluates the body, until one decides.
    fn walk(
        &mut self,
        fold: &'v Fold,
        run: &mut Run<'v>,
        elements: impl Iterator<Item = Element<'v>>,
    ) -> Result<bool, EvalError> {
        // What the range itself bound is gone, so that the slot is the next one.
        self.slots.truncate(fold.slot as usize);
        self.slots.push(Value::Null);
        let mut kept = 0;
        for (at, element) in elements.enumerate() {
            let step = self.meter.charge(1).and_then(|()| {
                let value = match element {
                    Element::Lent(json) => self.lent(json),
                    Element::Made(value) => value,
                    Element::Key(key, value) => {
                        self.touch(value);
                        Value::str(key)
                    }
                };
                if let Some(slot) = self.slots.get_mut(fold.slot as usize) {
                    *slot = value;
                }
                let held = self.meter.held();
                let step = self.step(fold, run)?;
                // What the body of a `map` came to is kept; of any other macro nothing that it made is.
                match run.out.last() {
                    Some(Value::List(_) | Value::Map(_) | Value::Bytes(_)) if fold.kind == FoldKind::Map => {}
                    Some(Value::Str(Shared::Made(text))) if fold.kind == FoldKind::Map => {
                        self.meter.release(held);
                        // One that others hold too is paid for already.
                        if Arc::strong_count(text) == 1 {
                            self.meter.bytes(text.len())?;
                        }
                    }
                    _ => self.meter.release(held),
                }
                if matches!(fold.kind, FoldKind::Filter | FoldKind::Map) {
                    self.meter.list(run.out.len() - kept)?;
                    kept = run.out.len();
                }
                Ok(step)
            });
            match step {
                Ok(false) => {}
                Ok(true) => {
                    self.slots.truncate(fold.slot as usize);
                    return Ok(true);
                }
                Err(EvalError::Expression(why)) => {
                    self.slots.truncate(fold.slot as usize);
                    return fault(format!("{why} (element {at} of {})", self.source(fold.range)));
                }
                Err(limit) => return Err(limit),
            }
        }
        self.slots.truncate(fold.slot as usize);
        Ok(false)
    }

    /// One element; true when the rest need not be looked at.
    #[inline]
    fn step(&mut self, fold: &'v Fold, run: &mut Run<'v>) -> Result<bool, EvalError> {
        match fold.kind {
            FoldKind::All => Ok(!self.truth(fold.body)?),
            FoldKind::Exists => self.truth(fold.body),
            FoldKind::ExistsOne => {
                run.found += usize::from(self.truth(fold.body)?);
                Ok(false)
            }
            FoldKind::Filter => {
                if self.truth(fold.body)?
                    && let Some(value) = self.slots.get(fold.slot as usize)
                {
                    run.out.push(value.clone());
                }
                Ok(false)
            }
            FoldKind::Map => {
                if match fold.when {
                    Some(when) => self.truth(when)?,
                    None => true,
                } {
                    let value = self.eval(fold.body)?;
                    run.out.push(value);
                }
                Ok(false)
            }
        }
    }
}
