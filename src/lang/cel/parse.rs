//! From text to the compiled tree. The only file that names the `cel` crate.
//!
//! The crate's pratt parser says what an expression means, but forgets where its parts stand. So the tree is lowered
//! along the crate's own tokens: each node takes the tokens it was written as, and a token that is not the expected one
//! is a compile error. That gives every node its source, and checks the parser on the way.

use super::ast::{Ast, Fold, FoldKind, Id, Literal, Node, Op, Span};
use super::errors::CompileError;
use super::resolve;
use super::value::Type;
use cel::common::ast::{self as cst, CallExpr, ComprehensionExpr, EntryExpr, Expr as Cst, IdedExpr};
use cel::parser::pratt_parser::{Lexer, PrattParser, Token, TokenKind as Kind};

/// Longest expression, in bytes and in tokens. The parser recurses along chains of `?` and of unary signs, and the tree
/// of a chain of operators is as deep as the chain is long: these bounds keep both off the end of the stack.
const MAX_BYTES: usize = 64 << 10;
const MAX_TOKENS: usize = 4096;
const MAX_TERNARIES: usize = 64;
const MAX_SIGNS: usize = 64;

/// Deepest tree that is compiled, and so evaluated by recursion.
const MAX_DEPTH: usize = 128;

/// Compiles.
pub(super) fn parse(text: &str) -> Result<Ast, CompileError> {
    let tokens = tokens(text)?;
    let tree = tree(text)?;
    let partners = partners(&tokens);
    let mut lower = Lower {
        text,
        group: vec![false; tokens.len()],
        tokens,
        partners,
        at: 0,
        depth: 0,
        bound: Vec::new(),
        ast: Ast {
            text: text.to_string(),
            nodes: Vec::with_capacity(16),
            spans: Vec::with_capacity(16),
            root: 0,
            names: Vec::new(),
            slots: 0,
        },
    };
    let (root, _) = lower.node(&tree)?;
    lower.close_groups();
    if lower.at != lower.tokens.len() {
        return Err(lower.astray());
    }
    lower.ast.root = root;
    Ok(lower.ast)
}

fn error<T>(offset: usize, message: impl Into<String>) -> Result<T, CompileError> {
    Err(CompileError { message: message.into(), offset })
}

/// The tokens without white space and comments, within the bounds.
fn tokens(text: &str) -> Result<Vec<Token>, CompileError> {
    if text.len() > MAX_BYTES {
        return error(0, format!("the expression has {} bytes, more than {MAX_BYTES}", text.len()));
    }
    let mut lexer = Lexer::new(text);
    let mut tokens = Vec::with_capacity(text.len() / 3 + 1);
    let (mut ternaries, mut signs) = (0, 0);
    loop {
        let token = lexer.lex();
        match token.kind {
            Kind::TokEnd => break,
            Kind::TokWhitespace | Kind::TokComment => continue,
            Kind::TokError => {
                let what = lexer.get_error().map_or("unexpected character", |e| e.message.as_str());
                return error(token.start, what);
            }
            Kind::TokQuestion => ternaries += 1,
            _ => {}
        }
        signs = if matches!(token.kind, Kind::TokExclamation | Kind::TokMinus) { signs + 1 } else { 0 };
        if tokens.len() == MAX_TOKENS || ternaries > MAX_TERNARIES || signs > MAX_SIGNS {
            return error(token.start, "the expression is too long");
        }
        tokens.push(token);
    }
    if tokens.is_empty() {
        return error(0, "the expression is empty");
    }
    Ok(tokens)
}

/// What the crate parses. A panic in it is a compile error.
fn tree(text: &str) -> Result<IdedExpr, CompileError> {
    let parse = || {
        PrattParser::new()
            .enable_optional_syntax(false)
            .enable_ident_escape_syntax(true)
            .enable_variadic_operator_asts(true)
            .parse(text)
    };
    match std::panic::catch_unwind(parse) {
        Err(_) => error(0, "the expression cannot be parsed"),
        Ok(Ok(tree)) => Ok(tree),
        Ok(Err(errors)) => match errors.errors.first() {
            Some(first) => {
                let offset = offset_of(text, first.pos);
                error(offset, plain(&first.msg, offset == text.len()))
            }
            None => error(0, "the expression cannot be parsed"),
        },
    }
}

/// The crate's words without its jargon.
fn plain(message: &str, at_end: bool) -> String {
    if message.contains("recursion limit") {
        return "the expression is nested too deeply".into();
    }
    let text = message.trim_start_matches("Syntax error: ");
    let wanted = ["mismatched input '<EOF>' expecting ", "mismatched input <EOF> expecting ", "expected "]
        .iter()
        .find_map(|start| text.strip_prefix(start));
    match wanted {
        Some("expression") => "the expression ends too early, expected an operand".into(),
        Some(wanted) if at_end => format!("the expression ends too early, expected {wanted}"),
        _ => text
            .replace("mismatched input ", "unexpected ")
            .replace(" expecting <EOF>", "")
            .replace(" expecting ", ", expected "),
    }
}

/// The byte offset of the crate's line and column (both from 1, columns in bytes).
fn offset_of(text: &str, (line, column): (isize, isize)) -> usize {
    let (Ok(line), Ok(column)) = (usize::try_from(line - 1), usize::try_from(column - 1)) else { return 0 };
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    (start + column).min(text.len())
}

/// For each opening bracket the number of its closing one, and the other way round.
fn partners(tokens: &[Token]) -> Vec<usize> {
    let mut partners = vec![usize::MAX; tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::TokLeftParen | Kind::TokLeftBracket | Kind::TokLeftBrace => open.push(at),
            Kind::TokRightParen | Kind::TokRightBracket | Kind::TokRightBrace => {
                if let Some(other) = open.pop() {
                    partners[other] = at;
                    partners[at] = other;
                }
            }
            _ => {}
        }
    }
    partners
}

/// The tokens that a node was written as, first and last; the parentheses around it included.
#[derive(Clone, Copy)]
struct Extent {
    first: usize,
    last: usize,
}

struct Lower<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    partners: Vec<usize>,
    /// By token: an opening parenthesis that only groups.
    group: Vec<bool>,
    at: usize,
    depth: usize,
    /// The names that macros bind, outermost first.
    bound: Vec<String>,
    ast: Ast,
}

type Lowered = Result<(Id, Extent), CompileError>;

impl Lower<'_> {
    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).and_then(|t| self.text.get(t.start..t.end)).unwrap_or("")
    }

    fn offset(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(self.text.len(), |t| t.start)
    }

    /// The tree and the tokens disagree: nothing that was not understood may be evaluated.
    fn astray(&self) -> CompileError {
        CompileError { message: "the expression cannot be parsed here".into(), offset: self.offset(self.at) }
    }

    /// Steps over parentheses that open a group, and with `signs` over unary signs that cancel each other.
    fn open_groups(&mut self, signs: bool) {
        loop {
            match self.kind(self.at) {
                Some(Kind::TokLeftParen) => self.group[self.at] = true,
                Some(Kind::TokExclamation | Kind::TokMinus) if signs => {}
                _ => return,
            }
            self.at += 1;
        }
    }

    /// Steps over parentheses that close a group.
    fn close_groups(&mut self) {
        while self.kind(self.at) == Some(Kind::TokRightParen) {
            let open = self.partners[self.at];
            if !self.group.get(open).copied().unwrap_or(false) {
                return;
            }
            self.at += 1;
        }
    }

    /// Takes a token of this kind that stands between or after operands.
    fn take(&mut self, kind: Kind) -> Result<usize, CompileError> {
        self.close_groups();
        self.take_next(kind)
    }

    fn take_next(&mut self, kind: Kind) -> Result<usize, CompileError> {
        if self.kind(self.at) != Some(kind) {
            return Err(self.astray());
        }
        self.at += 1;
        Ok(self.at - 1)
    }

    /// Adds a node with the tokens it was written as, and widens them by the parentheses around it.
    fn add(&mut self, node: Node, first: usize, last: usize) -> Lowered {
        let id = self.ast.nodes.len() as Id;
        self.ast.nodes.push(node);
        let end = self.tokens.get(last).map_or(0, |t| t.end);
        self.ast.spans.push(Span { start: self.offset(first) as u32, end: end as u32 });
        let (mut first, mut last) = (first, last);
        while first > 0 && self.group[first - 1] && self.partners[first - 1] == last + 1 {
            (first, last) = (first - 1, last + 1);
        }
        Ok((id, Extent { first, last }))
    }

    fn node(&mut self, node: &IdedExpr) -> Lowered {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return error(self.offset(self.at), "the expression is nested too deeply");
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
            Cst::Struct(_) => {
                error(self.offset(self.at), "messages cannot be made; write a map with its keys in quotes")
            }
            Cst::Unspecified => Err(self.astray()),
        };
        self.depth -= 1;
        lowered
    }

    fn literal(&mut self, literal: &cst::LiteralValue) -> Lowered {
        use cst::LiteralValue as L;
        let negative = match literal {
            L::Int(i) => *i.inner() < 0,
            L::Double(f) => f.inner().is_sign_negative(),
            _ => false,
        };
        self.open_groups(true);
        let last = self.at;
        let (value, kinds): (Literal, &[Kind]) = match literal {
            L::Null => (Literal::Null, &[Kind::TokNull]),
            L::Boolean(b) => (Literal::Bool(*b.inner()), &[Kind::TokTrue, Kind::TokFalse]),
            L::Int(i) => (Literal::Int(*i.inner()), &[Kind::TokInt]),
            L::UInt(u) => (Literal::UInt(*u.inner()), &[Kind::TokUint]),
            L::Double(f) => (Literal::Float(*f.inner()), &[Kind::TokFloat]),
            L::String(s) => (Literal::Str(s.inner().into()), &[Kind::TokString]),
            L::Bytes(b) => (Literal::Bytes(b.inner().into()), &[Kind::TokBytes]),
        };
        if !self.kind(last).is_some_and(|k| kinds.contains(&k)) {
            return Err(self.astray());
        }
        self.at += 1;
        let first = if negative && last > 0 { last - 1 } else { last };
        self.add(Node::Literal(value), first, last)
    }

    fn ident(&mut self, name: &str) -> Lowered {
        self.open_groups(true);
        let at = self.at;
        if self.word(at) != name {
            return error(self.offset(at), "a name cannot begin with a dot");
        }
        self.at += 1;
        let node = match self.bound.iter().rposition(|b| b == name) {
            Some(slot) => Node::Slot(slot as u32),
            None => match Type::named(name) {
                Some(kind) => Node::Literal(Literal::Type(kind)),
                None => Node::Name(self.free(name)),
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

    /// Takes `.field`; the number of the field's token.
    fn field(&mut self, field: &str) -> Result<usize, CompileError> {
        self.take(Kind::TokDot)?;
        if self.word(self.at).trim_matches('`') != field {
            return Err(self.astray());
        }
        self.at += 1;
        Ok(self.at - 1)
    }

    fn select(&mut self, operand: &IdedExpr, field: &str) -> Lowered {
        let (of, extent) = self.node(operand)?;
        let last = self.field(field)?;
        self.add(Node::Select(of, field.into()), extent.first, last)
    }

    fn has(&mut self, operand: &IdedExpr, field: &str) -> Lowered {
        self.open_groups(true);
        let first = self.at;
        if self.word(first) != "has" {
            return Err(self.astray());
        }
        self.at += 1;
        let open = self.take_next(Kind::TokLeftParen)?;
        let (of, _) = self.node(operand)?;
        self.field(field)?;
        let last = self.close(open)?;
        self.add(Node::Has(of, field.into()), first, last)
    }

    /// Takes the bracket that closes the one at `open`.
    fn close(&mut self, open: usize) -> Result<usize, CompileError> {
        self.close_groups();
        if self.partners[open] != self.at {
            return Err(self.astray());
        }
        self.at += 1;
        Ok(self.at - 1)
    }

    /// Takes operands with commas between them and the closing bracket; a comma before it is allowed where the parser
    /// allowed it.
    fn operands(&mut self, open: usize, items: &[IdedExpr]) -> Result<(Box<[Id]>, usize), CompileError> {
        let mut ids = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.take(Kind::TokComma)?;
            }
            ids.push(self.node(item)?.0);
        }
        self.close_groups();
        if !items.is_empty() && self.kind(self.at) == Some(Kind::TokComma) {
            self.at += 1;
        }
        Ok((ids.into(), self.close(open)?))
    }

    fn list(&mut self, elements: &[IdedExpr]) -> Lowered {
        self.open_groups(true);
        let open = self.take_next(Kind::TokLeftBracket)?;
        let (items, last) = self.operands(open, elements)?;
        self.add(Node::List(items), open, last)
    }

    fn map(&mut self, entries: &[cst::IdedEntryExpr]) -> Lowered {
        self.open_groups(true);
        let open = self.take_next(Kind::TokLeftBrace)?;
        let mut members = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let EntryExpr::MapEntry(entry) = &entry.expr else { return Err(self.astray()) };
            if at > 0 {
                self.take(Kind::TokComma)?;
            }
            let (key, _) = self.node(&entry.key)?;
            self.take(Kind::TokColon)?;
            members.push((key, self.node(&entry.value)?.0));
        }
        self.close_groups();
        if !entries.is_empty() && self.kind(self.at) == Some(Kind::TokComma) {
            self.at += 1;
        }
        let last = self.close(open)?;
        self.add(Node::Map(members.into()), open, last)
    }

    fn call(&mut self, call: &CallExpr) -> Lowered {
        use cst::operators as o;
        let name = call.func_name.as_str();
        match (name, call.target.as_deref(), call.args.as_slice()) {
            (o::LOGICAL_AND, None, terms) => self.chain(Kind::TokLogicalAnd, terms),
            (o::LOGICAL_OR, None, terms) => self.chain(Kind::TokLogicalOr, terms),
            (o::LOGICAL_NOT, None, [operand]) => self.unary(Kind::TokExclamation, operand),
            (o::NEGATE, None, [operand]) => self.unary(Kind::TokMinus, operand),
            (o::CONDITIONAL, None, [test, yes, no]) => {
                let (test, extent) = self.node(test)?;
                self.take(Kind::TokQuestion)?;
                let (yes, _) = self.node(yes)?;
                self.take(Kind::TokColon)?;
                let (no, end) = self.node(no)?;
                self.add(Node::If(test, yes, no), extent.first, end.last)
            }
            (o::INDEX, None, [operand, key]) => {
                let (of, extent) = self.node(operand)?;
                let open = self.take(Kind::TokLeftBracket)?;
                let (key, _) = self.node(key)?;
                let last = self.close(open)?;
                self.add(Node::Index(of, key), extent.first, last)
            }
            (_, None, [left, right]) if operator(name).is_some() => {
                let (left, extent) = self.node(left)?;
                let Some((op, kind)) = operator(name) else { return Err(self.astray()) };
                self.take(kind)?;
                let (right, end) = self.node(right)?;
                self.add(Node::Binary(op, left, right), extent.first, end.last)
            }
            (_, None, args) => self.global(name, args),
            (_, Some(target), args) => self.method(name, target, args),
        }
    }

    fn chain(&mut self, kind: Kind, terms: &[IdedExpr]) -> Lowered {
        let (mut ids, mut extent) = (Vec::with_capacity(terms.len()), None::<Extent>);
        for (at, term) in terms.iter().enumerate() {
            if at > 0 {
                self.take(kind)?;
            }
            let (id, e) = self.node(term)?;
            ids.push(id);
            extent = Some(Extent { first: extent.map_or(e.first, |x| x.first), last: e.last });
        }
        let Some(extent) = extent.filter(|_| ids.len() > 1) else { return Err(self.astray()) };
        let node = if kind == Kind::TokLogicalAnd { Node::And(ids.into()) } else { Node::Or(ids.into()) };
        self.add(node, extent.first, extent.last)
    }

    fn unary(&mut self, kind: Kind, operand: &IdedExpr) -> Lowered {
        self.open_groups(false);
        // Signs that cancel each other (`!!`) leave no node: step over them to the one that counts.
        while self.kind(self.at) != Some(kind) {
            match self.kind(self.at) {
                Some(Kind::TokExclamation | Kind::TokMinus) => self.at += 1,
                _ => return Err(self.astray()),
            }
        }
        let first = self.take_next(kind)?;
        let (of, end) = self.node(operand)?;
        self.add(if kind == Kind::TokMinus { Node::Negate(of) } else { Node::Not(of) }, first, end.last)
    }

    fn global(&mut self, name: &str, args: &[IdedExpr]) -> Lowered {
        self.open_groups(true);
        let first = self.at;
        if self.word(first) != name {
            return error(self.offset(first), "a name cannot begin with a dot");
        }
        self.at += 1;
        let open = self.take_next(Kind::TokLeftParen)?;
        let (args, last) = self.operands(open, args)?;
        let node = resolve::call(&self.ast, name, None, args).or_else(|m| error(self.offset(first), m))?;
        self.add(node, first, last)
    }

    fn method(&mut self, name: &str, target: &IdedExpr, args: &[IdedExpr]) -> Lowered {
        let (of, extent) = self.node(target)?;
        let word = self.field(name)?;
        let open = self.take_next(Kind::TokLeftParen)?;
        let (args, last) = self.operands(open, args)?;
        let node = resolve::call(&self.ast, name, Some(of), args).or_else(|m| error(self.offset(word), m))?;
        self.add(node, extent.first, last)
    }

    fn fold(&mut self, fold: &ComprehensionExpr) -> Lowered {
        let (range, extent) = self.node(&fold.iter_range)?;
        self.take(Kind::TokDot)?;
        let word = self.at;
        let Some(kind) = FoldKind::named(self.word(word)) else { return Err(self.astray()) };
        self.at += 1;
        let open = self.take_next(Kind::TokLeftParen)?;
        self.open_groups(false);
        if self.word(self.at) != fold.iter_var || fold.iter_var2.is_some() {
            return Err(self.astray());
        }
        self.at += 1;
        let Some((when, body)) = parts_of(kind, &fold.loop_step) else { return Err(self.astray()) };
        let slot = self.bound.len() as u32;
        self.bound.push(fold.iter_var.clone());
        self.ast.slots = self.ast.slots.max(self.bound.len());
        let when = match when {
            None => None,
            Some(when) => {
                self.take(Kind::TokComma)?;
                Some(self.node(when)?.0)
            }
        };
        self.take(Kind::TokComma)?;
        let (body, _) = self.node(body)?;
        self.bound.pop();
        let last = self.close(open)?;
        self.add(
            Node::Fold(Fold { kind, range, slot, name: fold.iter_var.as_str().into(), when, body }),
            extent.first,
            last,
        )
    }
}

/// The filter and the body out of the crate's expansion of a macro.
fn parts_of(kind: FoldKind, step: &IdedExpr) -> Option<(Option<&IdedExpr>, &IdedExpr)> {
    use cst::operators as o;
    match kind {
        FoldKind::All => Some((None, operands_of(step, o::LOGICAL_AND)?.get(1)?)),
        FoldKind::Exists => Some((None, operands_of(step, o::LOGICAL_OR)?.get(1)?)),
        FoldKind::ExistsOne | FoldKind::Filter => Some((None, operands_of(step, o::CONDITIONAL)?.first()?)),
        FoldKind::Map => match operands_of(step, o::CONDITIONAL) {
            Some(args) => Some((Some(args.first()?), element_of(args.get(1)?)?)),
            None => Some((None, element_of(step)?)),
        },
    }
}

fn operands_of<'c>(node: &'c IdedExpr, name: &str) -> Option<&'c [IdedExpr]> {
    match &node.expr {
        Cst::Call(call) if call.func_name == name && call.target.is_none() => Some(&call.args),
        _ => None,
    }
}

/// The `f` of `@result + [f]`.
fn element_of(step: &IdedExpr) -> Option<&IdedExpr> {
    match &operands_of(step, cst::operators::ADD)?.get(1)?.expr {
        Cst::List(list) => list.elements.first(),
        _ => None,
    }
}

/// The operator of a call that the parser made of one, and its token.
fn operator(name: &str) -> Option<(Op, Kind)> {
    use cst::operators as o;
    Some(match name {
        o::EQUALS => (Op::Equal, Kind::TokEqualEqual),
        o::NOT_EQUALS => (Op::Unequal, Kind::TokExclamationEqual),
        o::LESS => (Op::Less, Kind::TokLess),
        o::LESS_EQUALS => (Op::LessEqual, Kind::TokLessEqual),
        o::GREATER => (Op::Greater, Kind::TokGreater),
        o::GREATER_EQUALS => (Op::GreaterEqual, Kind::TokGreaterEqual),
        o::IN => (Op::In, Kind::TokIn),
        o::ADD => (Op::Add, Kind::TokPlus),
        o::SUBSTRACT => (Op::Subtract, Kind::TokMinus),
        o::MULTIPLY => (Op::Multiply, Kind::TokAsterisk),
        o::DIVIDE => (Op::Divide, Kind::TokSlash),
        o::MODULO => (Op::Modulo, Kind::TokPercent),
        _ => return None,
    })
}
