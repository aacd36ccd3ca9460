//! The secrets that `tollgate.toml` sets: for runs, and for what is shown of a plan.

use tollgate_core::model::plan::RunSettings;
use tollgate_core::model::suite::SuiteSpec;
use tollgate_text::redact::is_secret_name;

/// What the variables of secret names are set to, by kinds and lint steps; a suite's name in them is not filled in.
pub fn literals_of(run: &RunSettings) -> Vec<(String, String)> {
    let secret = |(key, _): &&(String, String)| is_secret_name(key);
    let of_kinds = run.suites.iter().flat_map(variables).filter(secret);
    let lint = run.lint.iter().flat_map(|(_, command)| command.env()).filter(secret);
    let parts = |(key, value): &(String, String)| literals(key, &value.replace("{name}", "{test}"));
    of_kinds.chain(lint).flat_map(parts).collect()
}

/// Every variable that a kind sets.
pub fn variables(spec: &SuiteSpec) -> impl Iterator<Item = &(String, String)> {
    let single = spec.single.iter().flat_map(|command| command.env());
    let whole = spec.command.iter().flat_map(|command| command.env());
    spec.env.iter().chain(whole).chain(single)
}

/// The value, or where the runner fills something in what stands around that; what follows `{out}/` is a path in the run folder,
/// and no secret.
pub fn literals(key: &str, value: &str) -> Vec<(String, String)> {
    let parts = value.split("{out}").flat_map(|part| part.split("{test}"));
    let parts = parts.enumerate().filter(|(at, part)| *at == 0 || !part.starts_with('/'));
    parts.map(|(_, part)| (key.to_string(), part.to_string())).collect()
}
