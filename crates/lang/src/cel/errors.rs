//! What can be wrong with an expression: before it runs, and while it runs.

/// An expression that does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// One sentence.
    pub message: String,
    /// Byte offset into the expression.
    pub offset: usize,
}

/// Something an author would regret (`docs/gates.md`: what is refused when a gate is loaded).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// One sentence.
    pub message: String,
    /// Byte offset into the expression.
    pub offset: usize,
}

/// Why an evaluation has no value.
#[derive(Debug, Clone, PartialEq)]
pub enum EvalError {
    /// An error of the expression: no such field, wrong type, overflow, a function's own error. One sentence.
    Expression(String),
    /// The budget is spent. One sentence.
    Limit(String),
}

impl EvalError {
    /// The sentence.
    pub fn message(&self) -> &str {
        match self {
            EvalError::Expression(text) | EvalError::Limit(text) => text,
        }
    }
}

impl std::fmt::Display for EvalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message())
    }
}

/// An error of the expression.
pub(super) fn fault<T>(message: impl Into<String>) -> Result<T, EvalError> {
    Err(EvalError::Expression(message.into()))
}
