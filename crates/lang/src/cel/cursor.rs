//! The tokens of an expression, taken one after another.

use super::errors::CompileError;
use super::parse::{Kind, Token};

/// The tokens that a node was written as, first and last; the parentheses around it included.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) first: usize,
    pub(super) last: usize,
}

/// Where the lowering stands among the tokens.
pub(super) struct Cursor<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    /// For each bracket the number of the other one of its pair.
    partners: Vec<usize>,
    /// By token: an opening parenthesis that only groups.
    group: Vec<bool>,
    /// The number of the next token.
    pub(super) at: usize,
}

impl<'t> Cursor<'t> {
    /// At the first token.
    pub(super) fn new(text: &'t str, tokens: Vec<Token>) -> Self {
        let (partners, group) = (partners(&tokens), vec![false; tokens.len()]);
        Cursor { text, tokens, partners, group, at: 0 }
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    pub(super) fn word(&self, at: usize) -> &str {
        self.tokens.get(at).and_then(|t| self.text.get(t.start..t.end)).unwrap_or("")
    }

    pub(super) fn offset(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(self.text.len(), |t| t.start)
    }

    /// The tree and the tokens disagree: nothing that was not understood may be evaluated.
    pub(super) fn astray(&self) -> CompileError {
        CompileError { message: "the expression cannot be parsed here".into(), offset: self.offset(self.at) }
    }

    /// Steps over parentheses that open a group, and with `signs` over unary signs that cancel each other.
    pub(super) fn open_groups(&mut self, signs: bool) {
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
    pub(super) fn close_groups(&mut self) {
        while self.kind(self.at) == Some(Kind::TokRightParen) {
            let open = self.partners[self.at];
            if !self.group.get(open).copied().unwrap_or(false) {
                return;
            }
            self.at += 1;
        }
    }

    /// Takes a token of this kind that stands between or after operands.
    pub(super) fn take(&mut self, kind: Kind) -> Result<usize, CompileError> {
        self.close_groups();
        self.take_next(kind)
    }

    pub(super) fn take_next(&mut self, kind: Kind) -> Result<usize, CompileError> {
        if self.kind(self.at) != Some(kind) {
            return Err(self.astray());
        }
        self.at += 1;
        Ok(self.at - 1)
    }

    /// Takes the bracket that closes the one at `open`.
    pub(super) fn close(&mut self, open: usize) -> Result<usize, CompileError> {
        self.close_groups();
        if self.partners[open] != self.at {
            return Err(self.astray());
        }
        self.at += 1;
        Ok(self.at - 1)
    }

    /// Takes `.field`; the number of the field's token.
    pub(super) fn field(&mut self, field: &str) -> Result<usize, CompileError> {
        self.take(Kind::TokDot)?;
        if self.word(self.at).trim_matches('`') != field {
            return Err(self.astray());
        }
        self.at += 1;
        Ok(self.at - 1)
    }

    /// Takes the parentheses that close groups; nothing may come after them.
    pub(super) fn end(&mut self) -> Result<(), CompileError> {
        self.close_groups();
        if self.at == self.tokens.len() { Ok(()) } else { Err(self.astray()) }
    }

    /// The bytes from the start of one token to the end of another.
    pub(super) fn bytes(&self, first: usize, last: usize) -> (usize, usize) {
        (self.offset(first), self.tokens.get(last).map_or(0, |t| t.end))
    }

    /// The extent and the parentheses around it.
    pub(super) fn widened(&self, extent: Extent) -> Extent {
        let Extent { mut first, mut last } = extent;
        while first > 0 && self.group[first - 1] && self.partners[first - 1] == last + 1 {
            (first, last) = (first - 1, last + 1);
        }
        Extent { first, last }
    }
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
