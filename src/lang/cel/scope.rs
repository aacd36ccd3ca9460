//! What an expression sees: names, the workspace, the moment.

use super::errors::EvalError;
use super::value::Value;

/// What an evaluation may cost: the product of nested comprehension sizes, and wall time as a backstop.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Comprehension steps, nested ones multiplied: 10^7.
    pub steps: u64,
    /// Seconds: 10.
    pub seconds: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { steps: 10_000_000, seconds: 10 }
    }
}

/// What an expression sees of the workspace: read-only, confined to it. Errors are sentences.
pub trait Host: Sync {
    /// `files(glob)`: workspace-relative, `/`, sorted.
    fn files(&self, glob: &str) -> Result<Vec<String>, String>;
    /// `exists(path)`
    fn exists(&self, path: &str) -> Result<bool, String>;
    /// `sha256(path)`: lower-case hex.
    fn sha256(&self, path: &str) -> Result<String, String>;
    /// `valid(path)`: parses, and passes the schema it names.
    fn valid(&self, path: &str) -> Result<bool, String>;
    /// `grep(glob, strings)`: (path, line, match), ignoring case.
    fn grep(&self, glob: &str, needles: &[String]) -> Result<Vec<(String, u64, String)>, String>;
}

/// The names an expression can use.
pub trait Scope<'v> {
    /// The value of a free name; `None` when nothing binds it; an error when it is bound to something that cannot be read.
    fn variable(&self, name: &str) -> Option<Result<Value<'v>, EvalError>>;
    /// The workspace.
    fn host(&self) -> &dyn Host;
    /// The moment of the invocation, for `age` and `days_until`.
    fn now(&self) -> chrono::DateTime<chrono::Utc>;
}
