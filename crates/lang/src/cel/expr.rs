//! A compiled expression, and what can be done with it.

use super::ast::{Ast, CelNode, Func};
use super::errors::{CompileError, EvalError, Lint};
use super::eval::Eval;
use super::lint;
use super::lower::compile;
use super::meter::Meter;
use super::parts::{ExprPart, Taker};
use super::scope::Scope;
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
        compile(text).map(|ast| Expr { ast: Arc::new(ast) })
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

    /// Whether it looks at files by a function: `files`, `exists`, `sha256`, `valid`, `grep`.
    pub fn looks_at_files(&self) -> bool {
        let of_host = [Func::Files, Func::Exists, Func::Sha256, Func::Valid, Func::Grep];
        self.ast.nodes.iter().any(|node| matches!(node, CelNode::Call(func, _) if of_host.contains(func)))
    }

    /// `!=` against a string, an `.all(` that an empty list satisfies, `true` alone.
    pub fn lints(&self) -> Vec<Lint> {
        lint::lints(&self.ast)
    }

    /// Evaluates. What the value holds stays counted by the meter: who is done with it releases it.
    pub fn eval<'v>(&'v self, scope: &dyn Scope<'v>, meter: &Meter) -> Result<Value<'v>, EvalError> {
        self.run(scope, meter, None)
    }

    /// Evaluates and adds to `reads` what it looked at, whether it has a value or not: for messages, so of a list of millions
    /// only the first elements. To find the pointers the documents are walked, which takes time of the meter too.
    pub fn eval_traced<'v>(
        &'v self,
        scope: &dyn Scope<'v>,
        meter: &Meter,
        reads: &mut Reads,
    ) -> Result<Value<'v>, EvalError> {
        let mut touched = Touched::for_message();
        let value = self.run(scope, meter, Some(&mut touched));
        touched.into_reads(reads, meter)?;
        value
    }

    /// As `eval_traced`, but notes only which nodes were looked at (`Reads::pointers_in`): no document is walked.
    pub fn eval_noted<'v>(
        &'v self,
        scope: &dyn Scope<'v>,
        meter: &Meter,
        reads: &mut Reads,
    ) -> Result<Value<'v>, EvalError> {
        let mut touched = Touched::of_all();
        let value = self.run(scope, meter, Some(&mut touched));
        touched.note(reads);
        value
    }

    /// Every part with its value or error, in reading order, outer parts before inner ones; below a macro for the first
    /// element that decides it, else the first. For people: each part is evaluated anew, within the meter's time.
    pub fn parts<'v>(&'v self, scope: &dyn Scope<'v>, meter: &Meter) -> Vec<ExprPart> {
        let eval = self.start(scope, meter, None);
        let mut taker = Taker { eval, parts: Vec::new() };
        taker.take(self.ast.root, 0);
        taker.parts
    }

    fn run<'e, 'v>(
        &'v self,
        scope: &'e dyn Scope<'v>,
        meter: &'e Meter,
        touched: Option<&'e mut Touched<'v>>,
    ) -> Result<Value<'v>, EvalError> {
        meter.begin()?;
        self.start(scope, meter, touched).eval(self.ast.root)
    }

    fn start<'e, 'v>(
        &'v self,
        scope: &'e dyn Scope<'v>,
        meter: &'e Meter,
        touched: Option<&'e mut Touched<'v>>,
    ) -> Eval<'e, 'v> {
        Eval {
            ast: &self.ast,
            scope,
            meter,
            slots: Vec::with_capacity(self.ast.slots),
            known: Vec::new(),
            touched,
        }
    }
}
