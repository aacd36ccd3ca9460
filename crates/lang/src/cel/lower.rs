//! From the parser's tree to ours.
//!
//! The parser says what an expression means, but forgets where its parts stand. So the tree is lowered along the
//! tokens: each node takes the tokens it was written as, and a token that is not the expected one is a compile error.
//! That gives every node its source, and checks the parser on the way.

use super::ast::{Ast, CelNode, Fold, FoldKind, Literal, NodeId, Span};
use super::cursor::{Cursor, Extent};
use super::errors::CompileError;
use super::kind::Type;
use super::parse::{
    CallExpr, ComprehensionExpr, Cst, EntryExpr, IdedEntryExpr, IdedExpr, Kind, LiteralValue, error,
    operator, operators, parts_of, tokens, tree,
};
use super::resolve;
use super::two_names::TwoNames;

/// Deepest tree that is compiled, and so evaluated by recursion.
const MAX_DEPTH: usize = 128;

/// Compiles.
pub(super) fn compile(text: &str) -> Result<Ast, CompileError> {
    let tokens = tokens(text)?;
    let tree = tree(text)?;
    let ast = Ast {
        text: text.to_string(),
        nodes: Vec::with_capacity(tokens.len()),
        spans: Vec::with_capacity(tokens.len()),
        root: 0,
        names: Vec::new(),
        slots: 0,
    };
    let mut lower = Lower { cursor: Cursor::new(text, tokens), depth: 0, bound: Vec::new(), ast };
    let (root, _) = lower.node(&tree)?;
    lower.cursor.end()?;
    lower.ast.root = root;
    Ok(lower.ast)
}

pub(super) struct Lower<'t> {
    pub(super) cursor: Cursor<'t>,
    depth: usize,
    /// The names that macros bind, outermost first: one, or two of an element and of what it is called.
    pub(super) bound: Vec<Vec<String>>,
    pub(super) ast: Ast,
}

pub(super) type Lowered = Result<(NodeId, Extent), CompileError>;

impl Lower<'_> {
    /// Adds a node with the tokens it was written as, and widens them by the parentheses around it.
    pub(super) fn add(&mut self, node: CelNode, first: usize, last: usize) -> Lowered {
        let id = self.ast.nodes.len() as NodeId;
        self.ast.nodes.push(node);
        let (start, end) = self.cursor.bytes(first, last);
        self.ast.spans.push(Span { start: start as u32, end: end as u32 });
        Ok((id, self.cursor.widened(Extent { first, last })))
    }

    pub(super) fn node(&mut self, node: &IdedExpr) -> Lowered {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return error(self.cursor.offset(self.cursor.at), "the expression is nested too deeply");
        }
        let lowered = match &node.expr {
            Cst::Literal(literal) => self.literal(literal),
            Cst::Ident(name) => self.ident(name),
            Cst::Select(select) if select.test => self.has(&select.operand, &select.field),
            Cst::Select(select) => self.select(&select.operand, &select.field),
            Cst::Call(call) => self.call(call),
            Cst::List(list) => self.list(&list.elements),
            Cst::Map(map) => self.map(&map.entries),
            Cst::Comprehension(fold) => self.fold(fold),
            Cst::Struct(_) => error(
                self.cursor.offset(self.cursor.at),
                "messages cannot be made; write a map with its keys in quotes",
            ),
            Cst::Unspecified => Err(self.cursor.astray()),
        };
        self.depth -= 1;
        lowered
    }

    fn literal(&mut self, literal: &LiteralValue) -> Lowered {
        use LiteralValue as L;
        let negative = match literal {
            L::Int(i) => *i.inner() < 0,
            L::Double(f) => f.inner().is_sign_negative(),
            _ => false,
        };
        self.cursor.open_groups(true);
        let last = self.cursor.at;
        let (value, kinds): (Literal, &[Kind]) = match literal {
            L::Null => (Literal::Null, &[Kind::TokNull]),
            L::Boolean(b) => (Literal::Bool(*b.inner()), &[Kind::TokTrue, Kind::TokFalse]),
            L::Int(i) => (Literal::Int(*i.inner()), &[Kind::TokInt]),
            L::UInt(u) => (Literal::UInt(*u.inner()), &[Kind::TokUint]),
            L::Double(f) => (Literal::Float(*f.inner()), &[Kind::TokFloat]),
            L::String(s) => (Literal::Str(s.inner().into()), &[Kind::TokString]),
            L::Bytes(b) => (Literal::Bytes(b.inner().into()), &[Kind::TokBytes]),
        };
        if !self.cursor.kind(last).is_some_and(|k| kinds.contains(&k)) {
            return Err(self.cursor.astray());
        }
        self.cursor.at += 1;
        let first = if negative && last > 0 { last - 1 } else { last };
        self.add(CelNode::Literal(value), first, last)
    }

    fn ident(&mut self, name: &str) -> Lowered {
        self.cursor.open_groups(true);
        let at = self.cursor.at;
        if self.cursor.word(at) != name {
            return error(self.cursor.offset(at), "a name cannot begin with a dot");
        }
        self.cursor.at += 1;
        let holds = |names: &Vec<String>| names.iter().any(|n| n == name);
        let node = match self.bound.iter().rposition(holds) {
            Some(slot) if self.bound[slot].len() > 1 => return self.one_of_two(slot, name, at),
            Some(slot) => CelNode::Slot(slot as u32),
            None => match Type::named(name) {
                Some(kind) => CelNode::Literal(Literal::Type(kind)),
                None => CelNode::Name(self.free(name)),
            },
        };
        self.add(node, at, at)
    }

    /// The number of a free name.
    fn free(&mut self, name: &str) -> u32 {
        let names = &mut self.ast.names;
        let at = names.iter().position(|n| **n == *name).unwrap_or_else(|| {
            names.push(name.into());
            names.len() - 1
        });
        at as u32
    }

    fn select(&mut self, operand: &IdedExpr, field: &str) -> Lowered {
        if let Some(kind) = Type::of_protobuf(field).filter(|_| self.is_protobuf(operand)) {
            self.cursor.open_groups(true);
            let first = self.cursor.at;
            self.cursor.at += 1;
            self.cursor.field("protobuf")?;
            let last = self.cursor.field(field)?;
            return self.add(CelNode::Literal(Literal::Type(kind)), first, last);
        }
        let (of, extent) = self.node(operand)?;
        let last = self.cursor.field(field)?;
        self.add(CelNode::Select(of, field.into()), extent.first, last)
    }

    /// Whether it is the package `google.protobuf`, and no field of what a macro calls `google`.
    fn is_protobuf(&self, node: &IdedExpr) -> bool {
        let Cst::Select(select) = &node.expr else { return false };
        !select.test
            && select.field == "protobuf"
            && matches!(&select.operand.expr, Cst::Ident(name) if name == "google")
            && !self.bound.iter().flatten().any(|bound| bound == "google")
    }

    fn has(&mut self, operand: &IdedExpr, field: &str) -> Lowered {
        self.cursor.open_groups(true);
        let first = self.cursor.at;
        if self.cursor.word(first) != "has" {
            return Err(self.cursor.astray());
        }
        self.cursor.at += 1;
        let open = self.cursor.take_next(Kind::TokLeftParen)?;
        let (of, _) = self.node(operand)?;
        self.cursor.field(field)?;
        let last = self.cursor.close(open)?;
        self.add(CelNode::Has(of, field.into()), first, last)
    }

    /// Takes operands with commas between them and the closing bracket; a comma before it is allowed where the parser
    /// allowed it.
    fn operands(&mut self, open: usize, items: &[IdedExpr]) -> Result<(Box<[NodeId]>, usize), CompileError> {
        let mut ids = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.cursor.take(Kind::TokComma)?;
            }
            ids.push(self.node(item)?.0);
        }
        self.cursor.close_groups();
        if !items.is_empty() && self.cursor.kind(self.cursor.at) == Some(Kind::TokComma) {
            self.cursor.at += 1;
        }
        Ok((ids.into(), self.cursor.close(open)?))
    }

    fn list(&mut self, elements: &[IdedExpr]) -> Lowered {
        self.cursor.open_groups(true);
        let open = self.cursor.take_next(Kind::TokLeftBracket)?;
        let (items, last) = self.operands(open, elements)?;
        self.add(CelNode::List(items), open, last)
    }

    fn map(&mut self, entries: &[IdedEntryExpr]) -> Lowered {
        self.cursor.open_groups(true);
        let open = self.cursor.take_next(Kind::TokLeftBrace)?;
        let mut members = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let EntryExpr::MapEntry(entry) = &entry.expr else { return Err(self.cursor.astray()) };
            if at > 0 {
                self.cursor.take(Kind::TokComma)?;
            }
            let (key, _) = self.node(&entry.key)?;
            self.cursor.take(Kind::TokColon)?;
            members.push((key, self.node(&entry.value)?.0));
        }
        self.cursor.close_groups();
        if !entries.is_empty() && self.cursor.kind(self.cursor.at) == Some(Kind::TokComma) {
            self.cursor.at += 1;
        }
        let last = self.cursor.close(open)?;
        self.add(CelNode::Map(members.into()), open, last)
    }

    fn call(&mut self, call: &CallExpr) -> Lowered {
        use operators as o;
        let name = call.func_name.as_str();
        match (name, call.target.as_deref(), call.args.as_slice()) {
            (o::LOGICAL_AND, None, terms) => self.chain(Kind::TokLogicalAnd, terms),
            (o::LOGICAL_OR, None, terms) => self.chain(Kind::TokLogicalOr, terms),
            (o::LOGICAL_NOT, None, [operand]) => self.unary(Kind::TokExclamation, operand),
            (o::NEGATE, None, [operand]) => self.unary(Kind::TokMinus, operand),
            (o::CONDITIONAL, None, [test, yes, no]) => {
                let (test, extent) = self.node(test)?;
                self.cursor.take(Kind::TokQuestion)?;
                let (yes, _) = self.node(yes)?;
                self.cursor.take(Kind::TokColon)?;
                let (no, end) = self.node(no)?;
                self.add(CelNode::If(test, yes, no), extent.first, end.last)
            }
            (o::INDEX, None, [operand, key]) => {
                let (of, extent) = self.node(operand)?;
                let open = self.cursor.take(Kind::TokLeftBracket)?;
                let (key, _) = self.node(key)?;
                let last = self.cursor.close(open)?;
                self.add(CelNode::Index(of, key), extent.first, last)
            }
            (_, None, [left, right]) if operator(name).is_some() => {
                let (left, extent) = self.node(left)?;
                let Some((op, kind)) = operator(name) else { return Err(self.cursor.astray()) };
                self.cursor.take(kind)?;
                let (right, end) = self.node(right)?;
                self.add(CelNode::Binary(op, left, right), extent.first, end.last)
            }
            (_, None, args) => self.global(name, args),
            (_, Some(target), args) => self.method(name, target, args),
        }
    }

    fn chain(&mut self, kind: Kind, terms: &[IdedExpr]) -> Lowered {
        let (mut ids, mut extent) = (Vec::with_capacity(terms.len()), None::<Extent>);
        for (at, term) in terms.iter().enumerate() {
            if at > 0 {
                self.cursor.take(kind)?;
            }
            let (id, e) = self.node(term)?;
            ids.push(id);
            extent = Some(Extent { first: extent.map_or(e.first, |x| x.first), last: e.last });
        }
        let Some(extent) = extent.filter(|_| ids.len() > 1) else { return Err(self.cursor.astray()) };
        let node =
            if kind == Kind::TokLogicalAnd { CelNode::And(ids.into()) } else { CelNode::Or(ids.into()) };
        self.add(node, extent.first, extent.last)
    }

    fn unary(&mut self, kind: Kind, operand: &IdedExpr) -> Lowered {
        self.cursor.open_groups(false);
        // Signs that cancel each other (`!!`) leave no node: step over them to the one that counts.
        while self.cursor.kind(self.cursor.at) != Some(kind) {
            match self.cursor.kind(self.cursor.at) {
                Some(Kind::TokExclamation | Kind::TokMinus) => self.cursor.at += 1,
                _ => return Err(self.cursor.astray()),
            }
        }
        let first = self.cursor.take_next(kind)?;
        let (of, end) = self.node(operand)?;
        self.add(if kind == Kind::TokMinus { CelNode::Negate(of) } else { CelNode::Not(of) }, first, end.last)
    }

    fn global(&mut self, name: &str, args: &[IdedExpr]) -> Lowered {
        self.cursor.open_groups(true);
        let first = self.cursor.at;
        if self.cursor.word(first) != name {
            return error(self.cursor.offset(first), "a name cannot begin with a dot");
        }
        self.cursor.at += 1;
        let open = self.cursor.take_next(Kind::TokLeftParen)?;
        let (args, last) = self.operands(open, args)?;
        let node =
            resolve::call(&self.ast, name, None, &args).or_else(|m| error(self.cursor.offset(first), m))?;
        self.add(node, first, last)
    }

    fn method(&mut self, name: &str, target: &IdedExpr, args: &[IdedExpr]) -> Lowered {
        let (of, extent) = self.node(target)?;
        let word = self.cursor.field(name)?;
        let open = self.cursor.take_next(Kind::TokLeftParen)?;
        if let Some(fold) = TwoNames::of(name, args) {
            return self.fold_of_two(&fold, of, extent, open);
        }
        let (args, last) = self.operands(open, args)?;
        let node = resolve::call(&self.ast, name, Some(of), &args)
            .or_else(|m| error(self.cursor.offset(word), m))?;
        self.add(node, extent.first, last)
    }

    fn fold(&mut self, fold: &ComprehensionExpr) -> Lowered {
        let (range, extent) = self.node(&fold.iter_range)?;
        self.cursor.take(Kind::TokDot)?;
        let word = self.cursor.at;
        let Some(kind) = FoldKind::named(self.cursor.word(word)) else { return Err(self.cursor.astray()) };
        self.cursor.at += 1;
        let open = self.cursor.take_next(Kind::TokLeftParen)?;
        self.cursor.open_groups(false);
        if self.cursor.word(self.cursor.at) != fold.iter_var || fold.iter_var2.is_some() {
            return Err(self.cursor.astray());
        }
        self.cursor.at += 1;
        let Some((when, body)) = parts_of(kind, &fold.loop_step) else { return Err(self.cursor.astray()) };
        let slot = self.bound.len() as u32;
        self.bound.push(vec![fold.iter_var.clone()]);
        self.ast.slots = self.ast.slots.max(self.bound.len());
        let when = match when {
            None => None,
            Some(when) => {
                self.cursor.take(Kind::TokComma)?;
                Some(self.node(when)?.0)
            }
        };
        self.cursor.take(Kind::TokComma)?;
        let (body, _) = self.node(body)?;
        self.bound.pop();
        let last = self.cursor.close(open)?;
        self.add(
            CelNode::Fold(Fold { kind, range, slot, name: fold.iter_var.as_str().into(), when, body }),
            extent.first,
            last,
        )
    }
}
