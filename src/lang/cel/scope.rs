//! What an expression sees: names, the workspace, the moment.

use super::errors::EvalError;
use super::meter::Meter;
use super::value::Value;

/// What the expressions of one gate may cost: the product of nested comprehension sizes, bytes, and wall time as a backstop.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Comprehension steps of one expression, nested ones multiplied: 10^7.
    pub steps: u64,
    /// Steps of all expressions of the gate, over all elements that it walks: 10^8.
    pub gate_steps: u64,
    /// Bytes that they may hold at one time: 128 MiB.
    pub bytes: u64,
    /// Seconds for all of them together: 10.
    pub seconds: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { steps: 10_000_000, gate_steps: 100_000_000, bytes: 128 << 20, seconds: 10 }
    }
}

/// What an expression sees of the workspace: read-only, confined to it. What may take long looks at the meter's clock; a
/// limit that it meets is the caller's own and is never kept as an answer.
pub trait Host: Sync {
    /// `files(glob)`: workspace-relative, `/`, sorted.
    fn files(&self, glob: &str, meter: &Meter) -> Result<Vec<String>, EvalError>;
    /// `exists(path)`
    fn exists(&self, path: &str, meter: &Meter) -> Result<bool, EvalError>;
    /// `sha256(path)`: lower-case hex.
    fn sha256(&self, path: &str, meter: &Meter) -> Result<String, EvalError>;
    /// `valid(path)`: parses, and passes the schema it names.
    fn valid(&self, path: &str, meter: &Meter) -> Result<bool, EvalError>;
    /// `grep(glob, strings)`: (path, line, match), ignoring case.
    fn grep(
        &self,
        glob: &str,
        needles: &[String],
        meter: &Meter,
    ) -> Result<Vec<(String, u64, String)>, EvalError>;
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
