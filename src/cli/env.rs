//! The one reader of the environment.

use std::collections::BTreeMap;

/// The environment as it was at the start; names and values that are not UTF-8 are left out.
#[derive(Debug, Clone, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// Reads it.
    pub fn from_machine() -> Self {
        Env(std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .collect())
    }

    /// The value of `name`; `None` when unset or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// Everything.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}
