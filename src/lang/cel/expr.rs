//! A compiled expression, and what can be done with it.

use super::ast::Ast;
use super::errors::{CompileError, EvalError, Lint};
use super::eval::Eval;
use super::lint;
use super::meter::Meter;
use super::parse::parse;
use super::parts::{Part, Taker};
use super::scope::{Budget, Scope};
use super::trace::{Reads, Touched};
use super::value::Value;
use std::sync::Arc;

/// A compiled expression; cheap to clone.
#[derive(Debug, Clone)]
pub struct Expr {
    ast: Arc<Ast>,
}

impl Expr {
    /// Compiles; the names of functions and their number of arguments are checked here.
    pub fn compile(text: &str) -> Result<Expr, CompileError> {
        parse(text).map(|ast| Expr { ast: Arc::new(ast) })
    }

    /// The source text.
    pub fn text(&self) -> &str {
        &self.ast.text
    }

    /// The free names, sorted, without those that a macro binds and without the names of types.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.ast.names.iter().map(|n| &**n).collect();
        names.sort_unstable();
        names
    }

    /// Whether `name` is one of the free names.
    pub fn mentions(&self, name: &str) -> bool {
        self.ast.names.iter().any(|n| **n == *name)
    }

    /// `!=` against a string, an `.all(` that an empty list satisfies, `true` alone.
    pub fn lints(&self) -> Vec<Lint> {
        lint::lints(&self.ast)
    }

    /// Evaluates.
    pub fn eval<'v>(&'v self, scope: &dyn Scope<'v>, budget: &Budget) -> Result<Value<'v>, EvalError> {
        self.run(scope, budget, None)
    }

    /// Evaluates and adds to `reads` what it looked at, whether it has a value or not.
    pub fn eval_traced<'v>(
        &'v self,
        scope: &dyn Scope<'v>,
        budget: &Budget,
        reads: &mut Reads,
    ) -> Result<Value<'v>, EvalError> {
        let mut touched = Touched::default();
        let value = self.run(scope, budget, Some(&mut touched));
        touched.into_reads(reads);
        value
    }

    /// Every part with its value or error, in reading order, outer parts before inner ones; below a macro for the first
    /// element that decides it, else the first. For people: each part is evaluated anew.
    pub fn parts<'v>(&'v self, scope: &dyn Scope<'v>, budget: &Budget) -> Vec<Part> {
        let eval = self.start(scope, budget, None);
        let mut taker = Taker { eval, budget: *budget, parts: Vec::new() };
        taker.take(self.ast.root, 0);
        taker.parts
    }

    fn run<'e, 'v>(
        &'v self,
        scope: &'e dyn Scope<'v>,
        budget: &Budget,
        touched: Option<&'e mut Touched<'v>>,
    ) -> Result<Value<'v>, EvalError> {
        self.start(scope, budget, touched).eval(self.ast.root)
    }

    fn start<'e, 'v>(
        &'v self,
        scope: &'e dyn Scope<'v>,
        budget: &Budget,
        touched: Option<&'e mut Touched<'v>>,
    ) -> Eval<'e, 'v> {
        Eval {
            ast: &self.ast,
            scope,
            meter: Meter::new(budget),
            slots: Vec::with_capacity(self.ast.slots),
            known: Vec::new(),
            touched,
        }
    }
}
