//! What an expression sees: names, the workspace, the moment.

use super::errors::EvalError;
use super::meter::Meter;
use super::value::Value;

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
